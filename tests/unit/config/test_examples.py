"""The runs of the library: they load, name what exists, and explain themselves."""

from __future__ import annotations

from datetime import UTC, datetime
from fnmatch import fnmatchcase

import pytest

from mmod.config import load_run
from mmod.flux import load_flux
from mmod.library import available, resolve

EXAMPLES = sorted(available("run"))
YEAR = 365.25 * 86400.0


def test_the_promised_runs_are_there():
    assert set(EXAMPLES) >= {
        "plate",
        "handbook_cube",
        "two_plates",
        "whipple_cylinder",
        "soyuz_ms_free",
        "soyuz_ms09",
        "soyuz_ms22",
    }


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_loads_and_names_what_exists(name):
    config = load_run(name)
    assert config.name == name
    assert resolve("vehicle", config.vehicle, relative_to=config.folder).is_file()
    for environment in config.environment:
        model = load_flux(
            environment.model, relative_to=config.folder, **environment.options
        )
        assert model.kind == environment.kind
    kinds = [e.kind for e in config.environment if e.in_total]
    assert sorted(kinds) == ["debris", "meteoroid"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_explains_itself(name):
    config = load_run(name)
    text = (config.path.parent / "README.md").read_text(encoding="utf-8")
    assert text.startswith(f"# {name}\n")
    for word in ("**Expect**", "**Source"):
        assert word in text


@pytest.mark.parametrize(
    "name",
    ["plate", "two_plates", "handbook_cube", "whipple_cylinder", "soyuz_ms_free"],
)
def test_exposure_is_the_year_in_which_fluxes_are_quoted(name):
    assert load_run(name).duration == YEAR


def test_ms09_is_the_case_of_the_design():
    config = load_run("soyuz_ms09")
    (phase,) = config.phase
    assert config.vehicle == "iss_2018_soyuz_ms09"
    assert config.seed == 20180830
    assert phase.start == datetime(2018, 6, 8, 13, 1, tzinfo=UTC)
    assert phase.end == datetime(2018, 8, 29, 23, 0, tzinfo=UTC)
    assert (phase.altitude_km, phase.inclination_deg) == (404.0, 51.64)
    assert phase.attitude == (0.0, 0.0, 0.0)
    assert [(e.model, e.in_total) for e in config.environment] == [
        ("master8_iss_ecss", True),
        ("nasa91", False),
        ("grun_ssp", True),
        ("grun_ecss", False),
    ]
    assert config.environment[2].options == {"density": "stepped"}
    assert config.shields == {}
    assert config.sampling.target_relative_error == 0.01


def test_ms22_altitude_is_that_of_the_shared_table(shared):
    rows = (shared / "data/env/iss_altitude_by_year.csv").read_text().splitlines()
    (row,) = [r for r in rows if fnmatchcase(r, "2022,*")]
    assert load_run("soyuz_ms22").phase[0].altitude_km == float(row.split(",")[1])
