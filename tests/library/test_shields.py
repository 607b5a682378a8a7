"""The shield cards and the materials table that are shipped."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from mmod import library
from mmod.shields import load_materials, load_shield
from mmod.shields.ballistic_limits.whipple_iss import ISS_COEFFICIENTS
from mmod.shields.equations import EQUATIONS
from mmod.shields.stack import FILLERS
from mmod.units import DEGREE, G_CM3, KM

NAMES = tuple(library.available("shield"))
ISS_CARDS = {
    "usl_cyl": "us_lab_cylinder",
    "usl_ec": "us_lab_endcone",
    "node1_cyl_fwd": "node_forward_cylinder",
    "node1_cyl": "node_aft_cylinder",
    "node1_ec": "node_endcone_1",
    "sm_small_cyl_z6": "sm_small_cylinder",
    "sm_large_cyl_z10_11": "sm_large_cylinder",
}
CERTAINTY = {"memory": "memory, unverified"}


@pytest.fixture(scope="module")
def zones(shared: Path) -> list[dict[str, str]]:
    path = shared / "data" / "geometry" / "shields.csv"
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize("name", NAMES)
def test_card_loads_and_is_finite(name) -> None:
    shield = load_shield(name)
    assert shield.name == name
    assert shield.title
    assert shield.source
    assert shield.sha256 == library.sha256(shield.path)
    assert 0.0 < shield.vulnerable_fraction <= 1.0
    speed = np.geomspace(100.0, 80e3, 40)[:, None, None]
    theta = np.linspace(0.0, 90.0, 19)[None, :, None] * DEGREE
    density = np.array([0.2, 1.0, 2.8, 7.9])[None, None, :] * G_CM3
    diameter = shield.critical_diameter(speed, theta, density)
    assert diameter.shape == (40, 19, 4)
    assert not np.isnan(diameter).any()
    assert (diameter > 0.0).all()
    assert np.isinf(diameter).all() == shield.is_none
    assert shield.valid(speed, theta, density).shape == (40, 19, 4)
    breaks = shield.speed_breaks(theta[0, :, :], density[0])
    assert breaks.shape[:2] == (19, 4)
    assert (np.diff(breaks, axis=-1) >= 0.0).all()
    assert np.isfinite(breaks).all()


def test_each_zone_has_its_card(zones) -> None:
    assert len(zones) == 43
    missing = {zone["zone"].lower() for zone in zones} - set(NAMES)
    assert not missing


def test_cards_keep_certainty_and_numbers(zones) -> None:
    """Layers of the cards against the table, by another path than the loader."""
    for row in zones:
        shield = load_shield(row["zone"].lower())
        certainty = CERTAINTY.get(row["certainty"], row["certainty"])
        assert shield.certainty == certainty, shield.name
        for tag in ("estimate", "memory, unverified"):
            if f"[{tag}]" in row["source"]:
                text = shield.path.read_text(encoding="utf-8")
                assert tag in text, shield.name
        walls = [x for x in shield.layers if x.role in {"wall", "tube"}]
        if walls and row["rear_t_cm"] and shield.name != "beam":
            thickness = walls[0].thickness
            assert thickness == pytest.approx(float(row["rear_t_cm"]) / 100.0)
        if row["published_areal_density_kg_m2"] and shield.name != "soyuz_bo":
            published = float(row["published_areal_density_kg_m2"])
            assert shield.areal_density == pytest.approx(published, rel=0.175)


@pytest.mark.parametrize(
    ("name", "published"),
    [
        ("usl_cyl", 19.7),
        ("usl_cyl_sw", 27.6),
        ("node1_cyl", 15.6),
        ("node1_cyl_fwd", 22.1),
        ("atv_ref", 13.7),
        ("cupola", 22.1),
    ],
)
def test_areal_density_of_the_layers_is_the_published_one(name, published) -> None:
    assert load_shield(name).areal_density == pytest.approx(published, rel=0.015)


def test_standoffs_of_the_cards(zones) -> None:
    for row in zones:
        shield = load_shield(row["zone"].lower())
        standoff = float(row["standoff_cm"] or 0.0)
        if (
            shield.is_none
            or standoff == 0.0
            or "pane" in {x.role for x in shield.layers}
        ):
            continue
        gaps = sum(x.gap for x in shield.layers)
        gaps += sum(x.thickness or 0.0 for x in shield.layers if x.role in FILLERS)
        assert gaps == pytest.approx(standoff / 100.0, rel=1e-9) or (
            shield.name == "usl_cyl_sw" and gaps == pytest.approx(0.107)
        ), shield.name


@pytest.mark.parametrize("name", ISS_CARDS)
def test_iss_cards_hold_the_tabulated_constants(name) -> None:
    given = load_shield(name).card.coefficients
    table = ISS_COEFFICIENTS[ISS_CARDS[name]]
    for key in ("K_H", "K_L", "V_H", "V_L", "x_H", "x_L"):
        assert given[key] == getattr(table, key)
    assert given["e_L"] == pytest.approx(table.e_L)


def test_none_zones() -> None:
    none = {name for name in NAMES if load_shield(name).is_none}
    assert none == {"none", "jem_ef", "solar_array", "truss"}


def test_every_equation_is_listed_with_criteria() -> None:
    for name, equation in EQUATIONS.items():
        assert equation.name == name
        assert equation.criteria
        assert equation.layers


def test_materials_against_the_collected_facts(shared: Path) -> None:
    table = load_materials()
    path = shared / "data" / "ble" / "materials.csv"
    with path.open(newline="", encoding="utf-8") as stream:
        facts = {row["name"]: row for row in csv.DictReader(stream)}
    compared = 0
    for name, material in table.items():
        row = facts.get("AMg6 aluminium" if name == "AMg6" else name)
        if row is None:
            continue
        compared += 1
        if material.density is not None:
            assert material.density == pytest.approx(
                float(row["density_g_cm3"]) * G_CM3
            )
        if row["brinell_hardness_HB"]:
            assert material.brinell == float(row["brinell_hardness_HB"])
        if row["sound_speed_km_s"]:
            assert material.sound_speed == float(row["sound_speed_km_s"]) * KM
        if row["yield_MPa"]:
            assert material.yield_strength == pytest.approx(
                float(row["yield_MPa"]) * 1e6, rel=0.04
            )
    assert compared >= 90


def test_amg6_is_there() -> None:
    amg6 = load_materials()["AMg6"]
    assert amg6.density == 2630.0
    assert amg6.brinell == 73.0
    assert amg6.sound_speed == 5070.0
    assert amg6.source.startswith("NASA/TM-2009-214789")
