"""The threat table's contract, and that its validator sees every breach."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr

from mmod.errors import InputError
from mmod.flux import ExposureState, load_flux, validate_threats
from mmod.flux.table import diameter_grid, distinct, normalised

STATE = ExposureState(400e3, math.radians(51.64), 2018.5)


@pytest.fixture(scope="module")
def debris() -> xr.Dataset:
    return load_flux("master8_iss_ecss", directions="handbook_side_ram").threats(STATE)


@pytest.fixture(scope="module")
def meteoroids() -> xr.Dataset:
    return load_flux("grun_ssp").threats(STATE)


def test_shape_of_the_tables(debris: xr.Dataset, meteoroids: xr.Dataset) -> None:
    assert debris.attrs["coupled"] == 1
    assert debris.sizes["size_curve"] == 2
    assert debris["side"].dtype == np.int8
    assert set(np.unique(debris["side"])) == {-1, 1}
    assert meteoroids.attrs["coupled"] == 0
    assert "side" not in meteoroids
    for table in (debris, meteoroids):
        validate_threats(table)
        assert table["size_curve_index"].dtype == np.int32
        assert table["population"].dtype == np.int32
        assert table.attrs["area_convention"] == "cross_section"
        assert table["population"].attrs["population_names"] == table.attrs["kind"]
        assert "units" in table["flux"].attrs
    assert debris.sizes["threat"] <= 1000
    assert meteoroids.sizes["threat"] <= 300_000


def test_coupled_azimuths_follow_from_the_speed(debris: xr.Dataset) -> None:
    for sign in (-1, 1):
        mine = debris.isel(threat=np.nonzero(debris["side"].values == sign)[0])
        for azimuth, speed in (("lower", "upper"), ("upper", "lower")):
            edge = speed if sign > 0 else azimuth
            cosine = mine[f"speed_{edge}"].values / debris.attrs["coupling_speed"]
            np.testing.assert_allclose(
                mine[f"azimuth_{azimuth}"], sign * np.arccos(np.minimum(cosine, 1.0))
            )


def test_meteoroids_are_symmetric_and_out_of_the_shadow(
    meteoroids: xr.Dataset,
) -> None:
    half = meteoroids.sizes["threat"] // 2
    np.testing.assert_array_equal(
        meteoroids["azimuth_upper"][half:], -meteoroids["azimuth_lower"][:half]
    )
    np.testing.assert_allclose(
        meteoroids["weight"][half:], meteoroids["weight"][:half], rtol=1e-9
    )
    # radiant and speed taken back into the Earth frame: outside the cone about nadir
    middle = {
        k: 0.5 * (meteoroids[f"{k}_lower"].values + meteoroids[f"{k}_upper"].values)
        for k in ("azimuth", "sin_elevation", "speed")
    }
    horizontal = np.sqrt(1.0 - middle["sin_elevation"] ** 2)
    radiant = middle["speed"] * np.stack(
        [
            horizontal * np.cos(middle["azimuth"]),
            horizontal * np.sin(middle["azimuth"]),
            middle["sin_elevation"],
        ]
    )
    radiant[0] -= math.sqrt(3.986e14 / 6.778e6)
    speed = np.linalg.norm(radiant, axis=0)
    assert 11.1e3 < speed.min() < 11.6e3
    assert 70e3 < speed.max() < 72.3e3
    assert np.min(radiant[2] / speed) > -math.cos(math.asin(6478 / 6778))


def test_round_trip_through_netcdf(debris: xr.Dataset, tmp_path) -> None:
    debris.to_netcdf(tmp_path / "t.nc")
    with xr.open_dataset(tmp_path / "t.nc") as back:
        validate_threats(back.load())
        xr.testing.assert_identical(back, debris)


def planted(name: str, change: Callable[[np.ndarray], np.ndarray]):
    def apply(table: xr.Dataset) -> xr.Dataset:
        values = change(table[name].values.astype(float).copy())
        return table.assign({name: (table[name].dims, values)})

    return apply


def _set(index: object, value: float) -> Callable[[np.ndarray], np.ndarray]:
    def change(values: np.ndarray) -> np.ndarray:
        values[index] = value
        return values

    return change


@pytest.mark.parametrize(
    "key, breach",
    [
        ("weight of size curve 0", planted("weight", lambda w: w * (1 + 1e-12))),
        ("weight", planted("weight", _set(3, -1e-9))),
        ("weight", planted("weight", _set(3, math.nan))),
        ("azimuth", planted("azimuth_lower", _set(0, 3.0))),
        ("azimuth", planted("azimuth_upper", _set(0, 3.2))),
        ("sin_elevation", planted("sin_elevation_upper", _set(0, 1.1))),
        ("speed", planted("speed_lower", _set(0, -1.0))),
        ("flux", planted("flux", _set((0, -1), 0.0))),
        ("flux", planted("flux", _set((0, 5), 1e9))),
        ("density", planted("density", _set((0, 5), -1.0))),
        ("size_curve_index", planted("size_curve_index", _set(0, 7))),
        ("side", planted("side", _set(0, 0))),
        ("flux", lambda t: t.drop_vars("flux")),
        ("side", lambda t: t.drop_vars("side")),
        ("attrs.model", lambda t: t.drop_attrs().assign_attrs(coupled=1)),
        ("attrs.coupling_speed", lambda t: t.assign_attrs(coupling_speed=math.nan)),
        (
            "attrs.area_convention",
            lambda t: t.assign_attrs(area_convention="tumbling_surface"),
        ),
        ("diameter", lambda t: t.isel(diameter=slice(1, None))),
        ("diameter", lambda t: t.isel(diameter=slice(None, None, -1))),
        ("weight", lambda t: t.rename(threat="thread")),
    ],
)
def test_every_breach_is_named(
    debris: xr.Dataset, key: str, breach: Callable[[xr.Dataset], xr.Dataset]
) -> None:
    with pytest.raises(InputError) as error:
        validate_threats(breach(debris))
    assert key in {problem.key for problem in error.value.problems}


def test_grid_takes_extra_nodes() -> None:
    plain = diameter_grid()
    assert plain[0] == 1e-6
    assert plain[-1] == 1.0
    assert plain.size == 1201
    extra = diameter_grid([1.234e-3, 1e-3 * (1 + 1e-9), 1e-6, 5.0])
    assert extra.size == 1202
    assert 1.234e-3 in extra
    assert 1e-3 * (1 + 1e-9) in extra


def test_distinct_and_normalised() -> None:
    np.testing.assert_array_equal(distinct([2.0, 1.0, 2.0 * (1 + 1e-12)]), [1.0, 2.0])
    weights = normalised(np.geomspace(1e-12, 3.0, 100_001))
    assert math.fsum(weights) == pytest.approx(1.0, abs=1e-15)
