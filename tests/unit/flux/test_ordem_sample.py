"""The real ORDEM 3.2 case (550 km, polar) comes back to its printed digits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from mmod.constants import YEAR
from mmod.flux.readers import ordem
from mmod.flux.readers._environment import ExternalEnvironment
from mmod.flux.readers.ordem_inputs import read_project
from mmod.flux.table import curve_flux

SIZES = np.array([1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0])
DIGITS = 5e-3
"""Half a unit of the third digit of a number that begins with 1."""


@pytest.fixture(scope="module")
def folder(request: pytest.FixtureRequest) -> Path:
    shared: Path = request.getfixturevalue("shared")
    return shared / "data" / "env" / "ordem32_550km_polar"


@pytest.fixture(scope="module")
def environment(folder: Path) -> ExternalEnvironment:
    return ordem.read(folder)


@pytest.fixture(scope="module")
def table(environment: ExternalEnvironment) -> xr.Dataset:
    return environment.table("cross_section")


def printed(folder: Path, name: str, skip: int) -> np.ndarray:
    """Read the numbers in another way than the reader does."""
    return np.loadtxt(folder / name, skiprows=skip)


def by_threat(table: xr.Dataset) -> np.ndarray:
    """Flux of every threat at least as large as the sizes [1/m2/yr], (6, n)."""
    flux = curve_flux(table, SIZES)[table["size_curve_index"].values]
    return np.asarray(flux * table["weight"].values[:, None]).T * YEAR


def test_totals_and_size_spectrum(folder: Path, table: xr.Dataset) -> None:
    own = printed(folder, "SIZEFLUX_SC.OUT", 12)
    sizes = 1e-5 * 10.0 ** (np.arange(501) / 100.0)
    sizes[-1] = 1.0
    flux = curve_flux(table, sizes).sum(axis=0) * YEAR
    assert [f"{f:.2E}" for f in flux] == [f"{f:.2E}" for f in own[:, 1]]
    totals = [f"{f:.2E}" for f in flux[::100]]
    assert totals == [
        "6.91E+03",
        "3.27E+01",
        "1.89E-01",
        "3.50E-05",
        "3.00E-06",
        "1.09E-06",
    ]
    # planted errors: a factor of 4, the length of the year
    for factor in (4.0, 1.0 + 0.25 / 365.0 * 10.0):
        assert [f"{f:.2E}" for f in factor * flux] != [f"{f:.2E}" for f in own[:, 1]]


def test_speed_distribution_and_mean(folder: Path, table: xr.Dataset) -> None:
    own = printed(folder, "VELFLUX_SC.OUT", 15)
    own[own < 1e-98] = 0.0
    middle = 0.5 * (own[:, 0] + own[:, 1])
    low, high = (table[f"speed_{e}"].values / 1e3 for e in ("lower", "upper"))
    for k, flux in enumerate(by_threat(table)):
        mean = np.sum(flux * 0.5 * (low + high)) / flux.sum()
        wanted = np.sum(own[:, 2 + k] * middle) / own[:, 2 + k].sum()
        assert mean == pytest.approx(wanted, rel=2e-4)
        # planted error: half a bin of 1 km/s
        assert mean + 0.5 != pytest.approx(wanted, rel=2e-4)
        shape = np.array(
            [np.sum((flux / (high - low))[(low <= v) & (v < high)]) for v in middle]
        )
        largest = own[:, 2 + k].max()
        np.testing.assert_allclose(
            shape / flux.sum() * own[:, 2 + k].sum() * 0.1,
            own[:, 2 + k],
            rtol=DIGITS,
            atol=1e-6 * largest,
        )


def test_azimuth_fractions(folder: Path, table: xr.Dataset) -> None:
    own = printed(folder, "BFLY_SC.OUT", 15)
    middle = 0.5 * (own[:, 0] + own[:, 1])
    low, high = (np.degrees(table[f"azimuth_{e}"]) for e in ("lower", "upper"))
    centre = 0.5 * (low + high).values
    for k, flux in enumerate(by_threat(table)):
        mine, wanted = [], []
        for start in range(-180, 180, 10):
            inside = (centre > start) & (centre < start + 10)
            mine.append(flux[inside].sum() / flux.sum())
            rows = (middle > start) & (middle < start + 10)
            wanted.append(own[rows, 2 + k].sum() / own[:, 2 + k].sum())
        np.testing.assert_allclose(mine, wanted, rtol=DIGITS)
        # planted errors: half a bin, another zero
        assert not np.allclose(np.roll(mine, 1), wanted, rtol=DIGITS)


def test_side_of_positive_azimuths(folder: Path, table: xr.Dataset) -> None:
    turned = ordem.read(folder, azimuth_positive="starboard").table("cross_section")

    def port(of: xr.Dataset, k: int) -> float:
        flux = by_threat(of)[k]
        side = of["azimuth_lower"].values + of["azimuth_upper"].values > 0.0
        return float(flux[side].sum() / flux[~side].sum())

    own = printed(folder, "BFLY_SC.OUT", 15)
    for k in range(6):
        wanted = own[180:, 2 + k].sum() / own[:180, 2 + k].sum()
        assert port(table, k) == pytest.approx(wanted, rel=1e-5)
        assert port(turned, k) == pytest.approx(1.0 / wanted, rel=1e-5)
        # the case is almost symmetric, yet a swapped sign is seen
        assert port(turned, k) != pytest.approx(wanted, rel=1e-5)


def test_facts_and_sigmas(folder: Path, environment: ExternalEnvironment) -> None:
    facts = environment.facts
    assert facts.altitude_km == (550.0, 550.0)
    assert facts.inclination_deg == (89.0, 89.0)
    assert facts.epoch_year == (2024.0, 2025.0)
    sigma = environment.sigma
    assert sigma is not None
    flux = curve_flux(environment.table("cross_section"), SIZES).sum(axis=0)
    at = np.round(100 * np.log10(SIZES / 1e-5)).astype(int)
    share = sigma.lower[at] / flux
    assert np.round(100 * share).tolist() == [11, 11, 59, 25, 24, 16]
    assert sigma.upper[200] / sigma.lower[200] == pytest.approx(1.05 / 1.11)
    assert {flag.code for flag in environment.notes} == {
        "ordem-marginals",
        "ordem-density",
        "ordem-azimuth-sign",
    }
    names = {path.name for path in environment.files}
    assert names == {
        "SIZEFLUX_SC.OUT",
        "VELFLUX_SC.OUT",
        "BFLY_SC.OUT",
        "ORDEM-Proj.prj",
    }
    case = read_project(folder / "ORDEM-Proj.prj")
    assert case.igloo == "IGLOO_10x10x1.SIG"
    assert case.version == "3.2.0"
