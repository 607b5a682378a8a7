"""Loading, options, validity, flags, epochs."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import numpy as np
import pytest

from mmod.errors import InputError
from mmod.flux import ExposureState, FluxModel, load_flux
from mmod.flux.nasa91 import Nasa91Model
from mmod.library import available, sha256

ISS = math.radians(51.64)
MODELS = ["nasa91", "master8_iss_ecss", "grun_ssp", "grun_ecss"]


def state(
    altitude_km: float = 400.0,
    inclination_deg: float = 51.64,
    epoch: float = 2018.55,
    accept: bool = False,
) -> ExposureState:
    return ExposureState(
        altitude_km * 1e3, math.radians(inclination_deg), epoch, accept
    )


def problems(error: pytest.ExceptionInfo[InputError]) -> dict[str, object]:
    return {problem.key: problem.value for problem in error.value.problems}


@pytest.fixture(params=MODELS)
def model(request: pytest.FixtureRequest) -> FluxModel:
    return load_flux(request.param)


def test_sources_are_hashed(model: FluxModel) -> None:
    assert len(model.sources) == 1 + len(model.card.tables)
    for path, digest in model.sources.items():
        assert sha256(Path(path)) == digest
    assert model.name in repr(model)
    assert model.title == model.card.title


def test_defaults() -> None:
    chosen = {name: load_flux(name).options for name in MODELS}
    assert chosen["nasa91"] == {
        "density": "law",
        "density_kg_m3": 2800.0,
        "area_convention": "cross_section",
        "solar_flux": None,
    }
    assert chosen["master8_iss_ecss"]["directions"] == "nasa91"
    assert chosen["grun_ssp"] == {
        "density": "stepped",
        "density_kg_m3": 1000.0,
        "streams": "none",
    }
    assert chosen["grun_ecss"]["speed_law"] == "conservative"


def test_every_bad_option_is_named() -> None:
    with pytest.raises(InputError) as error:
        load_flux("nasa91", density="heavy", solar_flux=math.nan, colour="red")
    assert set(problems(error)) == {
        "options.density",
        "options.solar_flux",
        "options.colour",
    }


@pytest.mark.parametrize("value", [True, "2000", None, -1.0, 1e6, math.inf])
def test_bad_density(value: object) -> None:
    with pytest.raises(InputError, match="density_kg_m3"):
        load_flux("grun_ssp", density_kg_m3=value)


def test_unknown_model_lists_the_library() -> None:
    with pytest.raises(InputError, match="grun_ssp, master8_iss_ecss, nasa91"):
        load_flux("ordem")


@pytest.mark.parametrize("bad", [0.0, -1e-3, math.nan, math.inf])
def test_bad_diameters(model: FluxModel, bad: float) -> None:
    for call in (lambda d: model.cumulative(d, state()), model.density):
        with pytest.raises(InputError, match="diameter"):
            call([1e-3, bad])


@pytest.mark.parametrize(
    "key, values",
    [
        ("altitude", (math.nan, -1.0, math.inf)),
        ("inclination", (-0.1, 3.2, math.nan)),
        ("epoch", (math.nan, 18.5)),
    ],
)
def test_bad_state(key: str, values: tuple[float, ...]) -> None:
    good = {"altitude": 4e5, "inclination": ISS, "epoch": 2018.5}
    for value in values:
        with pytest.raises(InputError) as error:
            ExposureState(**{**good, key: value})
        assert set(problems(error)) == {key}


@pytest.mark.parametrize("refine", [0, -1, 1.5, True])
def test_bad_refine(refine: object) -> None:
    with pytest.raises(InputError, match="refine"):
        load_flux("nasa91").threats(state(), refine=refine)  # type: ignore[arg-type]


def test_master8_validity() -> None:
    model = load_flux("master8_iss_ecss")
    assert [flag.code for flag in model.validity(state())] == [
        "size-cliff",
        "horizontal-arrivals",
        "extrapolated-epoch_year",
    ]
    assert [flag.code for flag in model.validity(state(epoch=2016.83))] == [
        "size-cliff",
        "horizontal-arrivals",
    ]
    outside = state(800.0, 98.0)
    for call in (
        model.validity,
        model.threats,
        lambda s: model.cumulative(1e-3, s),
    ):
        with pytest.raises(InputError) as error:
            call(outside)
        assert problems(error) == {"altitude_km": 800.0, "inclination_deg": 98.0}
        assert "350 to 450" in str(error.value)
        assert "master8_iss_ecss" in str(error.value)
    accepted = state(800.0, 98.0, accept=True)
    codes = {flag.code for flag in model.validity(accepted)}
    assert {"extrapolated-altitude_km", "extrapolated-inclination_deg"} <= codes
    assert "extrapolated-altitude_km" in model.threats(accepted).attrs["flags"]
    np.testing.assert_array_equal(
        model.cumulative(1e-3, accepted), model.cumulative(1e-3, state())
    )


@pytest.mark.parametrize("edge", [350.0, 450.0])
def test_edges_of_validity_are_inside(edge: float) -> None:
    load_flux("master8_iss_ecss").validity(state(edge))


@pytest.mark.parametrize("name", MODELS)
def test_too_high(name: str) -> None:
    with pytest.raises(InputError, match="altitude_km"):
        load_flux(name).validity(state(2500.0))


def test_nasa91_epochs() -> None:
    model = load_flux("nasa91")
    assert isinstance(model, Nasa91Model)
    assert model.solar_flux(2018.01) == model.solar_flux(2018.99) == 77.0
    assert model.solar_flux(2019.0) == 71.0
    for epoch in (2027.5, 1958.5):
        with pytest.raises(InputError, match="solar_flux"):
            model.cumulative(1e-3, state(epoch=epoch))
    with pytest.raises(InputError, match="solar_flux"):  # extrapolation or not
        model.cumulative(1e-3, state(epoch=2027.5, accept=True))
    given = load_flux("nasa91", solar_flux=77.0)
    assert given.cumulative(1e-3, state(epoch=2027.5)) > given.cumulative(1e-3, state())
    np.testing.assert_array_equal(
        given.cumulative(1e-3, state()), model.cumulative(1e-3, state())
    )
    # before 1968 the linear growth would be negative
    with pytest.raises(InputError, match="1968"):
        model.cumulative(1e-3, state(epoch=1965.5, accept=True))


def test_nasa91_growth_by_hand() -> None:
    model = load_flux("nasa91", solar_flux=100.0)
    tiny, huge = 1e-5, 1.0

    def ratio(d: float, epoch: float) -> float:
        now, base = state(epoch=epoch), state(epoch=1988.0)
        return float(model.cumulative(d, now) / model.cumulative(d, base))

    assert ratio(tiny, 2011.0) == pytest.approx(1.02**23, rel=1e-6)
    assert ratio(tiny, 2013.0) == pytest.approx(1.02**23 * 1.04**2, rel=1e-6)
    fragments = 1.22e-5 * 100**-2.5
    large = 8.1e10 * 800.0**-6
    expected = (fragments * 1.02**10 + large * 1.5) / (fragments + large)
    assert ratio(huge, 1998.0) == pytest.approx(expected, rel=1e-12)


def test_nasa91_by_hand() -> None:
    """The whole expression once, written out with plain numbers (d = 1 cm, 2002.5)."""
    enhancement = math.sqrt(10 ** math.exp(-((0.0 - 0.78) ** 2) / 0.637**2))
    phi1 = 10 ** (400 / 200 - 183.0 / 140 - 1.5)
    psi = 1.020 + (51.64 - 50.0) / 2.0 * 0.010
    growth1, growth2 = 1.02**14.5, 1 + 0.05 * 14.5
    flux = 1.22e-5 * growth1 + 8.1e10 * 701.0**-6 * growth2
    expected = enhancement * phi1 / (phi1 + 1) * psi * flux / (365.25 * 86400)
    got = load_flux("nasa91").cumulative(0.01, state(epoch=2002.5))
    assert got == pytest.approx(expected, rel=1e-12)


def test_area_convention_is_four_and_flagged() -> None:
    printed, surface = (
        load_flux("nasa91", area_convention=c)
        for c in ("cross_section", "tumbling_surface")
    )
    np.testing.assert_allclose(
        surface.cumulative([1e-4, 1e-2], state()),
        4.0 * printed.cumulative([1e-4, 1e-2], state()),
    )
    read = [
        next(f for f in model.validity(state()) if f.code == "area-convention").message
        for model in (printed, surface)
    ]
    assert "numerical inference" in read[0]  # neither choice goes without a word
    assert "per tumbling surface (four times)" in read[1]


def test_inclinations_outside_the_table() -> None:
    model = load_flux("nasa91")
    with pytest.raises(InputError, match="inclination_deg"):
        model.validity(state(inclination_deg=10.0))
    flat = state(inclination_deg=10.0, accept=True)
    codes = [flag.code for flag in model.validity(flat)]
    assert [c for c in codes if "extrapolated" in c] == ["extrapolated-inclination_deg"]
    assert model.threats(flat).sizes["threat"] == 400


def test_densities() -> None:
    law, constant = load_flux("nasa91"), load_flux("nasa91", density="constant")
    np.testing.assert_allclose(constant.density([1e-5, 0.1]), 2800.0)
    np.testing.assert_allclose(
        law.density([1e-5, 6e-3, 1e-2, 0.1]), [4000, 4000, 2800, 2800 * 10**-0.74]
    )
    near = law.density([6.175e-3, 6.2e-3])
    assert near[1] == pytest.approx(2800 * 0.62**-0.74)
    assert near[0] == pytest.approx(4000.0, rel=1e-4)


def test_stepped_density_leaves_gaps() -> None:
    model = load_flux("grun_ssp")
    table = model.threats(state())
    nodes, flux = table["diameter"].values, table["flux"].values[0]
    flat = np.nonzero(np.diff(flux) == 0.0)[0]
    assert flat.size == 2
    for k, mass, dense, light in zip(
        flat, (1e-9, 1e-5), (2000, 1000), (1000, 500), strict=True
    ):
        edges = [(6 * mass / (math.pi * rho)) ** (1 / 3) for rho in (dense, light)]
        np.testing.assert_allclose(nodes[k : k + 2], edges)
        np.testing.assert_allclose(
            table["density"].values[0, k : k + 2], [dense, light]
        )
        inside = math.sqrt(edges[0] * edges[1])
        np.testing.assert_allclose(model.cumulative(inside, state()), flux[k])
    # mass, not diameter, decides: 1e-6 g is heavier than a 0.1 mm water drop
    np.testing.assert_allclose(
        model.cumulative([0.9e-4, 1.3e-4], state()),
        [
            load_flux("grun_ssp", density="constant", density_kg_m3=rho).cumulative(
                d, state()
            )
            for d, rho in ((0.9e-4, 2000.0), (1.3e-4, 1000.0))
        ],
    )


def test_motion_factors_of_meteoroids_agree_with_cumulative() -> None:
    for name in ("grun_ssp", "grun_ecss"):
        model = load_flux(name)
        a, b = (model.cumulative(1e-3, state(h)) for h in (400.0, 800.0))
        assert 1.02 < float(b / a) < 1.09


def copied(tmp_path: Path, name: str) -> Path:
    folder = tmp_path / "mine"
    shutil.copytree(available("flux_model")[name].parent, folder)
    return folder / "model.toml"


@pytest.mark.parametrize(
    "old, new, key",
    [
        ('family = "nasa91"', 'family = "nasa92"', "family"),
        ('kind = "debris"', 'kind = "dust"', "kind"),
        ("schema_version = 1", "schema_version = 2", "schema_version"),
        ("growth_mass = 0.05", 'growth_mass = "x"', "constants.growth_mass"),
        ("growth_mass = 0.05", "growth_mass = nan", "constants.growth_mass"),
        ("growth_mass = 0.05", "growth_mas = 0.05", "constants.growth_mass"),
        ("uncertainty =", "uncertanty =", "uncert"),
        ('"inclination_factor.csv"', '"nothing.csv"', "tables.inclination"),
        ('inclination = "incl', 'inclinations = "incl', "tables.inclination"),
        ("minimum = 24.0", "minimum = 240.0", "validity.inclination_deg"),
        ("default = 2800.0", "default = 1.0", "options.density_kg_m3"),
    ],
)
def test_bad_card_names_the_key(tmp_path: Path, old: str, new: str, key: str) -> None:
    card = copied(tmp_path, "nasa91")
    text = card.read_text()
    assert old in text
    card.write_text(text.replace(old, new))
    with pytest.raises(InputError) as error:
        load_flux(str(card))
    assert any(key in problem.key for problem in error.value.problems)
    assert str(tmp_path) in str(error.value)


@pytest.mark.parametrize(
    "name, file, old, new, expected",
    [
        (
            "nasa91",
            "inclination_factor.csv",
            "inclination_deg,psi",
            "inclination,psi",
            "columns",
        ),
        ("nasa91", "inclination_factor.csv", "1.030", "one", "psi"),
        (
            "master8_iss_ecss",
            "ecss_table_J2_master8_iss.csv",
            "1.42E-04",
            "1.42E+04",
            "N_debris",
        ),
        (
            "grun_ecss",
            "ecss_table_C1_hrmp_velocity.csv",
            "\n1.5,",
            "\n1.6,",
            "regularly spaced",
        ),
    ],
)
def test_bad_table(
    tmp_path: Path, name: str, file: str, old: str, new: str, expected: str
) -> None:
    card = copied(tmp_path, name)
    table = card.with_name(file)
    text = table.read_text()
    assert old in text
    table.write_text(text.replace(old, new))
    with pytest.raises(InputError, match=expected):
        load_flux(str(card))


def test_own_card_by_relative_path(tmp_path: Path) -> None:
    card = copied(tmp_path, "nasa91")
    card.write_text(card.read_text().replace("growth_mass = 0.05", "growth_mass = 0.1"))
    own = load_flux("mine", relative_to=tmp_path)
    assert own.name == "mine"
    assert own.cumulative(1.0, state()) > load_flux("nasa91").cumulative(1.0, state())
