"""Shots at similar shields: proportions, scale, and what rules a shot out."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import shot_tables

from mmod.errors import InputError
from mmod.shields import load_shield
from mmod.verification.shots import read_shots
from mmod.verification.similar import (
    database_of,
    measures,
    near,
    similar_shots,
    suspect_note,
)

CARD = """
title = "a Whipple shield"
equation = "whipple.nno"
criterion = "perforation_or_detached_spall"
certainty = "assumption"
source = "invented"
[[layer]]
role = "bumper"
material = "Al 6061-T6"
thickness_mm = 1.3
gap_mm = 100.0
[[layer]]
role = "wall"
material = "Al 2219-T87"
thickness_mm = 3.2
"""
SHIELD = {  # the shot table's shield is the card's
    "bumper_density_g_cm3": 2.7,
    "rear_wall_density_g_cm3": 2.84,
}


@pytest.fixture
def shield(tmp_path):
    card = tmp_path / "mine.toml"
    card.write_text(CARD)
    found = load_shield(card)
    given = measures(found, "whipple")
    bumper, wall = found.layers[0].material, found.layers[1].material
    assert given["bumper"] == pytest.approx(1.3e-3 * bumper.density)
    assert given["wall"] == pytest.approx(3.2e-3 * wall.density)
    assert given["standoff"] == pytest.approx(0.1)
    SHIELD["bumper_density_g_cm3"] = bumper.density / 1e3
    SHIELD["rear_wall_density_g_cm3"] = wall.density / 1e3
    return found


def find(tmp_path, shield, *changes, **options):
    path = shot_tables.write(tmp_path, "whipple", *({**SHIELD, **c} for c in changes))
    return similar_shots(
        shield, {"whipple": read_shots(path)}, density=2800.0, **options
    )


def scaled(factor, **change):
    """Return the card's shield and shot with all lengths times a factor."""
    sizes = {
        "bumper_thickness_cm": 0.13,
        "standoff_cm": 10.0,
        "rear_wall_thickness_cm": 0.32,
        "projectile_diameter_cm": 0.2,
    }
    return {k: factor * v for k, v in sizes.items()} | change


@pytest.mark.parametrize("factor", [1.0, 0.3, 3.5])
def test_a_scaled_copy_comes_to_the_scale_of_the_shield(tmp_path, shield, factor):
    (found,) = find(tmp_path, shield, scaled(factor, perforated=1))
    assert found.scale == pytest.approx(1.0 / factor)
    assert found.diameter == pytest.approx(2.0e-3)
    assert found.perforated


@pytest.mark.parametrize(
    "change",
    [
        scaled(0.2),  # too small
        scaled(5.0),  # too large
        {"standoff_cm": 16.0},  # other proportions
        {"rear_wall_thickness_cm": 0.2},
        {"bumper_thickness_cm": 0.06},
        {"rear_wall_yield_ksi": 30.0},
        {"projectile_density_g_cm3": 7.8},
        {"perforated": ""},
        {"angle_deg": ""},
    ],
)
def test_other_shots_are_left_out(tmp_path, shield, change):
    assert find(tmp_path, shield, change) == []


def test_the_factor_of_the_proportions(tmp_path, shield):
    """Scale 1.6^(1/3); the standoff is off by 1.6^(2/3) = 1.37."""
    change = {"standoff_cm": 16.0}
    assert find(tmp_path, shield, change, like=1.36) == []
    (found,) = find(tmp_path, shield, change, like=1.38)
    assert found.scale == pytest.approx(1.6 ** (-1.0 / 3.0))
    with pytest.raises(InputError, match="a factor above 1"):
        find(tmp_path, shield, change, like=1.0)


def test_shots_belong_to_the_curve_that_they_are_near(tmp_path, shield):
    shots = find(
        tmp_path,
        shield,
        {"angle_deg": 0},
        {"angle_deg": 4},
        {"angle_deg": 44, "velocity_km_s": 7.2},
        {"angle_deg": 52, "velocity_km_s": 5.0},
    )
    lines = [[s.shot.line for s in near(shots, "speed", a)] for a in (0.0, math.pi / 4)]
    assert lines == [[2, 3], [4]]
    assert [s.shot.line for s in near(shots, "obliquity", 7e3)] == [2, 3, 4]


@pytest.mark.parametrize(
    ("name", "database"),
    [
        ("node1_cyl", "whipple"),
        ("usl_cyl_sw", "stuffed"),
        ("soyuz_bo", None),
        ("truss", None),
    ],
)
def test_family(name, database):
    assert database_of(load_shield(name)) == database


def test_a_shield_without_its_table_has_no_similar_shots(tmp_path, shield):
    assert similar_shots(load_shield("soyuz_bo"), {}, density=2800.0) == []
    assert similar_shots(shield, {}, density=2800.0) == []


def test_stuffed_shots_carry_the_suspect_factor(tmp_path):
    stuffed = load_shield("usl_cyl_sw")
    given = measures(stuffed, "stuffed")
    path = shot_tables.write(
        tmp_path,
        "stuffed",
        {
            "bumper_density_g_cm3": 2.7,
            "bumper_thickness_cm": given["bumper"] / 27.0,
            "stuffing_areal_density_g_cm2": given["stuffing"] / 10.0,
            "standoff_cm": given["standoff"] * 100.0,
            "rear_wall_thickness_cm": given["wall"] / 28.4,
            "diameter_suspect_factor": 10,
        },
    )
    (found,) = similar_shots(stuffed, {"stuffed": read_shots(path)}, density=2800.0)
    assert found.scale == pytest.approx(1.0)
    assert found.diameter == pytest.approx(2.0e-2)
    assert found.factor == 10.0
    assert found.suspect
    plain = replace(found, factor=1.0)
    assert suspect_note([found, plain, found]).startswith("2 of 3 shots")
    assert "multiplied by 10," in suspect_note([found])
    assert "[unverified]" in suspect_note([found])
    assert suspect_note([plain]) == ""


PANEL = """
title = "a panel"
equation = "{equation}"
criterion = "{criterion}"
certainty = "assumption"
source = "invented"
[[layer]]
role = "bumper"
material = "Al 6061-T6"
thickness_mm = 0.5
gap_mm = 0.0
[[layer]]
role = "core"
{core}
thickness_mm = 25.0
gap_mm = 0.0
[[layer]]
role = "wall"
material = "Al 6061-T6"
thickness_mm = 0.6
"""
CORES = {
    "honeycomb.nno": ("hcsp", 'material = "Al 6061-T6"\ncell_mm = 4.8'),
    "foam_core": (
        "foam",
        'material = "Al 6061-T6"\nrelative_density = 0.08\npores_per_inch = 40',
    ),
}


@pytest.mark.parametrize("equation", CORES)
def test_panels(tmp_path, equation):
    """Standoff is the core; a foam also counts by its areal density."""
    from mmod.shields.equations import EQUATIONS

    database, core = CORES[equation]
    card = tmp_path / "panel.toml"
    criterion = EQUATIONS[equation].criteria[0]
    card.write_text(PANEL.format(equation=equation, core=core, criterion=criterion))
    panel = load_shield(card)
    assert database_of(panel) == database
    density = panel.layers[0].material.density / 1e3
    like = {
        "front_facesheet_density_g_cm3": density,
        "front_facesheet_thickness_cm": 0.05,
        "core_thickness_cm": 2.5,
        "rear_facesheet_density_g_cm3": density,
        "rear_facesheet_thickness_cm": 0.06,
        "rear_facesheet_yield_ksi": 40,
    }
    dense = {}
    if database == "foam":
        like["foam_parent_material_density_g_cm3"] = density
        dense = {"foam_relative_density_percent": 16.0}
    path = shot_tables.write(tmp_path, database, like, {**like, **dense})
    found = similar_shots(panel, {database: read_shots(path)}, density=2800.0)
    assert [s.shot.line for s in found] == ([2] if dense else [2, 3])
    assert found[0].scale == pytest.approx(1.0)
