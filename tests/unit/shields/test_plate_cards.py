"""Cards of plates, panes and heat shields: each equation by name, each error too."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from shield_makers.plates import MAKERS

from mmod.errors import InputError
from mmod.shields import load_shield
from mmod.shields.ballistic_limits import (
    afrsi,
    avcoat,
    glass,
    rcc,
    tile,
    tile_on_aluminium,
    tile_on_honeycomb,
)
from mmod.shields.equations import single_wall, thermal, transparent
from mmod.shields.shield import Shield
from mmod.units import DEGREE, KSI

ELSEWHERE = {
    "single_wall.aluminium",
    "single_wall.steel",
    "transparent.fused_silica",
    "ablator_over_whipple",
}
IMPACT = (9e3, 30 * DEGREE, 2800.0)
PLATE = ("wall", {"thickness_mm": 4.0})
PANE = ("pane", {"thickness_mm": 14.0})
TILE = ("insulation", {"thickness_mm": 40.0, "gap_mm": 0.0})
PANEL = ("structure", {"thickness_mm": 25.0, "gap_mm": 50.0})
WALL = ("wall", {"thickness_mm": 1.5, "material": "Al 2219-T87"})


def material(layer: tuple[str, dict], name: str) -> tuple[str, dict]:
    return layer[0], {**layer[1], "material": name}


def last(layer: tuple[str, dict]) -> tuple[str, dict]:
    return layer[0], {k: v for k, v in layer[1].items() if k != "gap_mm"}


LI_900 = material(TILE, "LI-900 tile")
AVCOAT = ("ablator", {"thickness_mm": 20.0, "material": "Avcoat"})
PICA = ("ablator", {"thickness_mm": 20.0, "material": "PICA"})
# equation: (criterion, layers)
CARDS: dict[str, tuple[str, list[tuple[str, dict]]]] = {
    "single_wall.aluminium": ("perforation", [material(PLATE, "Al 6061-T6")]),
    "single_wall.titanium": ("perforation", [material(PLATE, "Ti-15V-3Cr-3Al-3Sn")]),
    "single_wall.steel": ("perforation", [material(PLATE, "CRES 15-5PH")]),
    "single_wall.cfrp": ("detached_spall", [material(PLATE, "CFRP")]),
    "single_wall.cfrp_original": ("perforation", [material(PLATE, "CFRP")]),
    "single_wall.fibreglass": ("perforation", [material(PLATE, "fibreglass")]),
    "transparent.fused_silica": ("no_crack", [material(PANE, "fused silica")]),
    "transparent.fused_quartz": ("perforation", [material(PANE, "fused quartz")]),
    "transparent.polycarbonate": ("incipient_spall", [material(PANE, "polycarbonate")]),
    "tile.li": ("insulation_penetration", [last(LI_900)]),
    "tile.aetb8": (
        "insulation_penetration",
        [last(material(TILE, "AETB-8 tile with TUFI"))],
    ),
    "tile.on_aluminium": ("perforation", [LI_900, WALL]),
    "tile.on_aluminium_report": ("perforation", [LI_900, WALL]),
    "tile.aetb8_on_honeycomb": ("perforation", [TILE, last(PANEL)]),
    "tile.aetb8_on_honeycomb_over_wall": ("perforation", [TILE, PANEL, WALL]),
    "afrsi": ("insulation_penetration", [last(TILE)]),
    "afrsi.on_honeycomb": ("perforation", [TILE, last(PANEL)]),
    "afrsi.on_honeycomb_over_wall": ("perforation", [TILE, PANEL, WALL]),
    "rcc": ("spall", [material(PLATE, "RCC")]),
    "pica": ("ablator_penetration", [PICA]),
    "pica.report": ("ablator_penetration", [PICA]),
    "avcoat": ("ablator_penetration", [AVCOAT]),
    "ablator_over_whipple": (
        "perforation",
        [("ablator", {**AVCOAT[1], "gap_mm": 20.0}), WALL],
    ),
}
LISTED = {
    e.name: e for family in (single_wall, transparent, thermal) for e in family.LISTED
}


def text(
    equation: str,
    criterion: str,
    layers: list[tuple[str, dict]],
    coefficients: dict[str, float] | None = None,
) -> str:
    lines = ['title = "t"', f'equation = "{equation}"', f'criterion = "{criterion}"']
    lines += ['certainty = "assumption"', 'source = "test"']
    if coefficients:
        lines += ["[coefficients]", *(f"{k} = {v}" for k, v in coefficients.items())]
    for role, keys in layers:
        lines += ["[[layer]]", f'role = "{role}"']
        lines += [
            f'{k} = "{v}"' if isinstance(v, str) else f"{k} = {v}"
            for k, v in keys.items()
        ]
    return "\n".join(lines) + "\n"


def load(folder: Path, card: str) -> Shield:
    (folder / "card.toml").write_text(card, encoding="utf-8")
    return load_shield("card.toml", relative_to=folder)


def problems(folder: Path, card: str) -> dict[str, str]:
    with pytest.raises(InputError) as caught:
        load(folder, card)
    assert all(p.source.endswith("card.toml") for p in caught.value.problems)
    return {p.key: str(p) for p in caught.value.problems}


def test_every_equation_of_the_families_is_covered() -> None:
    """Here by a card, and in the properties by a maker."""
    assert set(CARDS) == set(LISTED)
    made = {name.split(" ")[0] for name in MAKERS}
    assert made | ELSEWHERE == set(LISTED)


@pytest.mark.parametrize("name", CARDS)
def test_each_criterion_from_a_card(tmp_path, name) -> None:
    criterion, layers = CARDS[name]
    allowed = {
        "crater_diameter": {"crater_diameter_mm": 4.0},
        "crater_depth": {"crater_depth_mm": 10.0},
        "hole_diameter": {"hole_diameter_mm": 6.0},
    }
    assert criterion in LISTED[name].criteria
    found = {}
    for other in LISTED[name].criteria:
        shield = load(tmp_path, text(name, other, layers, allowed.get(other)))
        found[other] = float(shield.critical_diameter(*IMPACT))
    assert all(0.0 < d < np.inf for d in found.values())
    assert len(set(found.values())) == len(found)


def test_cards_give_what_the_functions_give(tmp_path) -> None:
    wall = {"wall_thickness": 1.5e-3, "wall_yield": 57 * KSI}
    behind = {**wall, "standoff": 0.05}
    expected = {
        "tile.li": tile.tile(*IMPACT, depth=0.04, tile_density=140.0),
        "tile.on_aluminium": tile_on_aluminium.tile_on_aluminium(
            *IMPACT,
            tile_thickness=0.04,
            tile_density=140.0,
            wall_density=2840.0,
            pad_areal_density=0.0,
            **wall,
        ),
        "tile.aetb8_on_honeycomb": tile_on_honeycomb.aetb8_on_honeycomb(*IMPACT),
        "tile.aetb8_on_honeycomb_over_wall": (
            tile_on_honeycomb.aetb8_on_honeycomb_over_wall(*IMPACT, **behind)
        ),
        "afrsi": afrsi.afrsi(*IMPACT, depth=0.04),
        "afrsi.on_honeycomb": afrsi.afrsi_on_honeycomb(*IMPACT),
        "afrsi.on_honeycomb_over_wall": afrsi.afrsi_on_honeycomb_over_wall(
            *IMPACT, **behind
        ),
        "rcc": rcc.rcc(*IMPACT, thickness=4e-3, criterion="spall"),
        "avcoat": avcoat.avcoat(*IMPACT, depth=0.02),
    }
    for name, diameter in expected.items():
        shield = load(tmp_path, text(name, *CARDS[name]))
        found = shield.critical_diameter(*IMPACT)
        assert found == pytest.approx(float(diameter), rel=1e-12), name


def test_pad_core_and_blanket_of_a_card(tmp_path) -> None:
    pad = ("stuffing", {"material": "Nomex SIP 4 mm", "plies": 1, "gap_mm": 0.0})
    sheet = ("skin", {"thickness_mm": 0.3, "material": "Al 2024-T3", "gap_mm": 0.0})
    core = ("core", {"thickness_mm": 20.0, "gap_mm": 0.0})
    card = text("tile.on_aluminium", "perforation", [LI_900, pad, sheet, core, WALL])
    expected = tile_on_aluminium.tile_on_aluminium(
        *IMPACT,
        tile_thickness=0.04,
        tile_density=140.0,
        wall_thickness=1.5e-3,
        wall_density=2840.0,
        wall_yield=57 * KSI,
        core_thickness=0.02,
    )
    found = load(tmp_path, card).critical_diameter(*IMPACT)
    assert found == pytest.approx(float(expected), rel=1e-12)
    blanket = ("blanket", {"areal_density_kg_m2": 0.5, "gap_mm": 30.0})
    near = ("structure", {**PANEL[1], "gap_mm": 20.0})
    name = "afrsi.on_honeycomb_over_wall"
    card = text(name, "perforation", [TILE, near, blanket, WALL])
    expected = afrsi.afrsi_on_honeycomb_over_wall(
        *IMPACT, standoff=0.05, wall_thickness=1.5e-3, wall_yield=57 * KSI, blanket=0.5
    )
    found = load(tmp_path, card).critical_diameter(*IMPACT)
    assert found == pytest.approx(float(expected), rel=1e-12)


def test_allowed_damage_is_in_millimetres(tmp_path) -> None:
    name = "transparent.fused_quartz"
    given = {"crater_diameter_mm": 4.0}
    shield = load(tmp_path, text(name, "crater_diameter", CARDS[name][1], given))
    expected = glass.fused_quartz(
        *IMPACT, criterion="crater_diameter", crater_diameter=4e-3
    )
    assert shield.critical_diameter(*IMPACT) == pytest.approx(float(expected))


@pytest.mark.parametrize(
    ("name", "criterion", "key"),
    [
        ("transparent.fused_silica", "crater_diameter", "crater_diameter_mm"),
        ("tile.li", "crater_depth", "crater_depth_mm"),
        ("avcoat", "crater_depth", "crater_depth_mm"),
        ("rcc", "hole_diameter", "hole_diameter_mm"),
    ],
)
def test_allowed_damage_must_fit_the_criterion(tmp_path, name, criterion, key) -> None:
    usual, layers = CARDS[name]
    dotted = f"coefficients.{key}"
    missing = problems(tmp_path, text(name, criterion, layers))
    assert criterion in missing[dotted]
    useless = problems(tmp_path, text(name, usual, layers, {key: 1.0}))
    assert f"the criterion {criterion}" in useless[dotted]
    for bad in (0.0, -1.0):
        wrong = problems(tmp_path, text(name, criterion, layers, {key: bad}))
        assert "> 0 [mm]" in wrong[dotted]


def test_depth_beyond_the_layer_is_refused(tmp_path) -> None:
    name = "tile.li"
    deep = {"crater_depth_mm": 41.0}
    wrong = problems(tmp_path, text(name, "crater_depth", CARDS[name][1], deep))
    assert "thickness of the insulation" in wrong["coefficients.crater_depth_mm"]


def test_criteria_that_a_source_does_not_give_are_refused(tmp_path) -> None:
    for name, criterion in (
        ("single_wall.cfrp", "incipient_spall"),
        ("single_wall.fibreglass", "detached_spall"),
        ("transparent.polycarbonate", "no_crack"),
        ("rcc", "detached_spall"),
    ):
        wrong = problems(tmp_path, text(name, criterion, CARDS[name][1]))
        assert LISTED[name].criteria[0] in wrong["criterion"]


def test_missing_facts_name_themselves(tmp_path) -> None:
    soft = [material(PLATE, "CFRP")]
    wrong = problems(tmp_path, text("single_wall.titanium", "perforation", soft))
    assert {"layer[0].brinell", "layer[0].sound_speed"} <= set(wrong)
    wrong = problems(tmp_path, text("tile.on_aluminium", "perforation", [last(LI_900)]))
    assert "layer" in wrong
