"""A cube flown through a run of MEM 3 by the engine: the fluxes of its cube_avg."""

from __future__ import annotations

import math
from pathlib import Path

import mem3_files
import numpy as np
import pytest
from engine_helpers import run_table, sampled, solve

from mmod.constants import YEAR
from mmod.errors import InputError
from mmod.flux import ExposureState, load_flux
from mmod.flux.external import ExternalModel
from mmod.flux.readers.mem3_cube import CUBE_SURFACES, read_cube
from mmod.units import GRAM

pytestmark = pytest.mark.verification

STATE = ExposureState(400e3, math.radians(51.64), 2018.25)
ONE_DENSITY = "#\n#\n999 1001 1.0\n"
LIMIT = float(np.cbrt(6.0 * 1e-6 * GRAM / (math.pi * 1000.0)))
"""Diameter of the limiting mass at the only density [m]."""
BINNING = 1.5e-3
"""Of the cross-sectional flux: what bins of 5 degrees blur at the edge of the shadow."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    model = load_flux("grun_ssp", density="constant")
    flux = mem3_files.per_year(float(model.cumulative(LIMIT, STATE)))
    samples = mem3_files.samples_of(model.threats(STATE), flux)
    run = mem3_files.Run(
        (samples.turned(0.0, 0.6), samples.turned(0.7, 0.4)),
        tables=("igloo", "cube"),
        changes={"hidensity.txt": ONE_DENSITY, "lodensity.txt": ONE_DENSITY},
    )
    return run.write(tmp_path_factory.mktemp("mem3"))


def test_cube_flown_through_the_igloo(folder: Path, tmp_path: Path) -> None:
    card = mem3_files.write_card(tmp_path, folder)
    table = run_table(
        "cube",
        {"model": str(card), "kind": "meteoroid"},
        element_size_m=2.0,
        damage={"impact_diameters_mm": [LIMIT * 1e3, 1.0]},
        sampling={"samples": 400_000, "events_per_zone": 0},
    )
    outcome = sampled(solve(table))
    cubes = [read_cube(folder / p / "cube_avg.txt") for p in ("HiDensity", "LoDensity")]
    names = [name.split()[1] for name in CUBE_SURFACES[:6]]
    zones = [name.rpartition(".")[2] for name in outcome.vehicle.zone_name]
    order = [names.index(zone) for zone in zones]
    due = sum(cube.flux[:6] for cube in cubes)[order]
    total = sum(cube.cross_section for cube in cubes)
    found = outcome.zone_expected[:, 0, 0] / YEAR
    spread = np.sqrt(outcome.zone_variance[:, 0, 0]) / YEAR
    assert np.all(5.0 * spread < 0.02 * due.max())
    limit = BINNING * total + 5.0 * spread
    np.testing.assert_array_less(np.abs(found - due), limit)
    # port for starboard, and a factor of four, would be seen
    other = [names.index(z) ^ (names.index(z) in (2, 3)) for z in zones]
    swapped = sum(cube.flux[:6] for cube in cubes)[other]
    assert np.any(np.abs(found - swapped) > limit)
    assert np.any(np.abs(4.0 * found - due) > limit)


def test_run_far_from_the_orbit_of_the_files(folder: Path, tmp_path: Path) -> None:
    model = load_flux(str(mem3_files.write_card(tmp_path, folder)))
    assert isinstance(model, ExternalModel)
    assert len(model.sources) == 1 + len(model.environment.files)
    codes = {flag.code for flag in model.validity(STATE)}
    assert "mem3-mass-scaling" in codes
    total = float(model.cumulative(LIMIT, STATE))
    grids = [read_cube(folder / p / "cube_avg.txt") for p in ("HiDensity", "LoDensity")]
    assert total == pytest.approx(sum(g.cross_section for g in grids), rel=2e-5)
    far = ExposureState(550e3, math.radians(97.0), 2030.0)
    with pytest.raises(InputError) as caught:
        model.validity(far)
    keys = {problem.key for problem in caught.value.problems}
    assert keys == {"altitude_km", "inclination_deg", "epoch_year"}
    flagged = ExposureState(550e3, math.radians(97.0), 2030.0, True)
    assert len(model.validity(flagged)) >= 3 + len(codes)


def test_card_may_set_options_and_must_not_contradict(
    folder: Path, tmp_path: Path
) -> None:
    option = """
[options.density_nodes]
description = "size curves of a population"
default = 1.0
minimum = 0.0
maximum = 20.0
"""
    card = mem3_files.write_card(tmp_path / "a", folder, more=option)
    model = load_flux(str(card))
    assert model.threats(STATE).sizes["size_curve"] == 2
    wrong = mem3_files.write_card(tmp_path / "b", folder, "tumbling_surface")
    with pytest.raises(InputError, match="area_convention"):
        load_flux(str(wrong))


@pytest.mark.parametrize(
    ("shield", "needed"), [("crater_300um", True), ("aluminium_wall", False)]
)
def test_sizes_below_the_limiting_mass_are_said(
    folder: Path, tmp_path: Path, shield: str, needed: bool
) -> None:
    card = mem3_files.write_card(tmp_path, folder)
    table = run_table(
        "cube",
        {"model": str(card), "kind": "meteoroid"},
        element_size_m=2.0,
        shields={"*": shield},
    )
    words = f"is stated for no particles below {LIMIT * 1e3:.3g} mm"
    flags = [flag for flag in solve(table).flags if words in flag]
    assert len(flags) == int(needed)
    if needed:
        assert "its size curve is continued" in flags[0]
        share = float(flags[0].split("ones make ")[1].split("%")[0])
        # A crater of 0.3 mm is made by a particle of some 0.06 mm at 20 km/s.
        assert 20.0 < share < 80.0
