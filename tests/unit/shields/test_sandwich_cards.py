"""Cards of honeycomb, foam and triple walls: layers to arguments, wrong cards."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from shield_makers.sandwich import ALUMINIUM, SHEETS

from mmod.errors import InputError
from mmod.shields import load_shield
from mmod.shields.ballistic_limits.foam_core import foam_core
from mmod.shields.ballistic_limits.honeycomb_nno import honeycomb_nno
from mmod.shields.ballistic_limits.srl_blanket import (
    srl_blanket_over_two_walls,
    srl_blanket_over_wall,
)
from mmod.shields.ballistic_limits.srl_dual_wall import (
    srl_dual_wall,
    srl_dual_wall_composite,
)
from mmod.shields.ballistic_limits.srl_triple_wall import (
    cable_wall,
    pressure_vessel_wall,
    srl_triple_wall,
)
from mmod.shields.ballistic_limits.triple_wall_esa import triple_wall_esa
from mmod.units import DEGREE, KM, KSI

SPEED = np.geomspace(0.5 * KM, 40 * KM, 20)[:, None]
IMPACTS = (SPEED, np.array([0.0, 45.0, 50.0, 80.0]) * DEGREE, 2800.0)
HEAD = """
title = "Panel"
equation = "{equation}"
criterion = "perforation_or_detached_spall"
certainty = "assumption"
source = "test"
"""
SHEET = """
[[layer]]
role = "{role}"
material = "{material}"
thickness_mm = {thickness}
"""
BLANKET = '\n[[layer]]\nrole = "blanket"\nareal_density_kg_m2 = 0.5\ngap_mm = {}\n'
CORE = '\n[[layer]]\nrole = "core"\nthickness_mm = 20.0\ngap_mm = 0.0\n'


def sheet(role: str, thickness: float, gap: float | None, metal="Al 6061-T6") -> str:
    text = SHEET.format(role=role, material=metal, thickness=thickness)
    return text + (f"gap_mm = {gap}\n" if gap is not None else "")


def load(folder: Path, equation: str, *layers: str):
    text = HEAD.format(equation=equation) + "".join(layers)
    (folder / "card.toml").write_text(text, encoding="utf-8")
    return load_shield("card.toml", relative_to=folder)


OUTER = sheet("bumper", 0.5, 0.0)
INNER = sheet("bumper", 0.5, 100.0)
REAR = sheet("wall", 1.0, None)
FOAM = (
    CORE
    + """material = "Al 6061-T6"
relative_density = 0.07
pores_per_inch = 30
"""
)
FORTY = 40 * KSI


def test_cards_of_panels(tmp_path) -> None:
    given = {"wall_thickness": 1e-3, **ALUMINIUM}
    panel = load(
        tmp_path, "honeycomb.srl_aluminium", BLANKET.format(0.0), OUTER, CORE, REAR
    )
    direct = srl_dual_wall(
        *IMPACTS, standoff=0.02, external_blanket=0.5, wall_yield=FORTY, **given
    )
    np.testing.assert_allclose(panel.critical_diameter(*IMPACTS), direct)
    cells = CORE + "cell_mm = 5.0\n"
    rough = load(tmp_path, "honeycomb.nno", OUTER, cells, REAR)
    direct = honeycomb_nno(
        *IMPACTS, cell_diameter=5e-3, core_thickness=0.02, wall_yield=FORTY, **given
    )
    np.testing.assert_allclose(rough.critical_diameter(*IMPACTS), direct)
    foam = CORE + 'material = "Al 6061-T6"\nrelative_density = 0.07\n'
    foam += "pores_per_inch = 20\n"
    shield = load(tmp_path, "foam_core", OUTER, foam, REAR)
    direct = foam_core(
        *IMPACTS,
        foam_thickness=0.02,
        foam_density=0.07 * 2700.0,
        pores_per_inch=20,
        wall_density=2700.0,
        wall_yield=FORTY,
        **given,
    )
    np.testing.assert_allclose(shield.critical_diameter(*IMPACTS), direct)
    assert shield.areal_density == pytest.approx(2.7 * 1.5 + 0.07 * 2.7 * 20)


@pytest.mark.parametrize("kind", ["cfrp", "other"])
def test_cards_of_composite_panels(tmp_path, kind) -> None:
    layers = [sheet("bumper", 1.0, 0.0, "CFRP"), CORE, sheet("wall", 1.0, None, "CFRP")]
    panel = load(tmp_path, f"honeycomb.srl_{kind}", *layers)
    direct = srl_dual_wall_composite(
        *IMPACTS,
        sheet=kind,
        bumper_thickness=1e-3,
        bumper_density=1420.0,
        standoff=0.02,
        wall_thickness=1e-3,
        wall_density=1420.0,
    )
    np.testing.assert_allclose(panel.critical_diameter(*IMPACTS), direct)


def test_cards_of_equipment(tmp_path) -> None:
    wrap = sheet("overwrap", 5.0, 0.0, "CFRP")
    behind = {
        "wall": ((REAR,), 1e-3),
        "vessel": ((wrap, REAR), pressure_vessel_wall(1e-3, 5e-3, 1420.0)),
        "tube": ((sheet("tube", 1.0, None),), 1e-3),
        "cable": ((sheet("cable", 4.0, None),), cable_wall(4e-3)),
    }
    for layers, wall in behind.values():
        for panel in ("aluminium", "cfrp"):
            shield = load(
                tmp_path, f"triple_wall.srl_{panel}", OUTER, CORE, INNER, *layers
            )
            direct = srl_triple_wall(
                *IMPACTS, panel=panel, wall_thickness=wall, wall_yield=FORTY, **SHEETS
            )
            np.testing.assert_allclose(shield.critical_diameter(*IMPACTS), direct)
        shield = load(
            tmp_path, "triple_wall.srl_blanket", BLANKET.format(30.0), INNER, *layers
        )
        direct = srl_blanket_over_two_walls(
            *IMPACTS,
            blanket_areal_density=0.5,
            first_standoff=0.03,
            inner_thickness=5e-4,
            second_standoff=0.1,
            wall_thickness=wall,
            wall_yield=FORTY,
        )
        np.testing.assert_allclose(shield.critical_diameter(*IMPACTS), direct)


def test_cards_of_blanket_and_of_several_bumpers(tmp_path) -> None:
    shield = load(tmp_path, "blanket_over_wall.srl", BLANKET.format(30.0), REAR)
    direct = srl_blanket_over_wall(
        *IMPACTS,
        blanket_areal_density=0.5,
        standoff=0.03,
        wall_thickness=1e-3,
        wall_yield=FORTY,
    )
    np.testing.assert_allclose(shield.critical_diameter(*IMPACTS), direct)
    first = sheet("bumper", 0.5, 50.0)
    shield = load(tmp_path, "triple_wall.esa", first, INNER, REAR)
    direct = triple_wall_esa(
        *IMPACTS,
        bumper_thickness=1e-3,
        bumper_density=2700.0,
        standoff=0.15,
        wall_thickness=1e-3,
        wall_yield=FORTY,
    )
    np.testing.assert_allclose(shield.critical_diameter(*IMPACTS), direct)


@pytest.mark.parametrize(
    ("equation", "layers", "key", "words"),
    [
        ("honeycomb.nno", (OUTER, CORE, REAR), "layer[1].cell_diameter", "cell_mm"),
        ("foam_core", (OUTER, CORE, REAR), "layer[1].pores_per_inch", "pores"),
        ("foam_core", (OUTER, CORE, REAR), "layer[1].bulk_density", "relative_density"),
        ("foam_core", (OUTER, FOAM, REAR), "pores_per_inch", "10, 20, 40"),
        ("honeycomb.srl_aluminium", (OUTER, REAR), "standoff", "> 0"),
        ("triple_wall.srl_cfrp", (OUTER, CORE, REAR), "layer", "2 layers"),
        (
            "triple_wall.srl_cfrp",
            (OUTER, CORE, sheet("bumper", 0.5, None)),
            "layer",
            "one layer behind",
        ),
        (
            "triple_wall.srl_cfrp",
            (OUTER, INNER, sheet("wall", 1.0, 0.0), sheet("cable", 1.0, None)),
            "layer",
            "one layer behind",
        ),
        (
            "triple_wall.srl_cfrp",
            (OUTER, INNER, sheet("overwrap", 5.0, 0.0), sheet("tube", 1.0, None)),
            "layer",
            "liner",
        ),
        ("triple_wall.srl_cfrp", (CORE, OUTER, INNER, REAR), "layer", "no core"),
        (
            "honeycomb.srl_cfrp",
            (OUTER + "cell_mm = 5.0\n", CORE, REAR),
            "layer[0].cell_mm",
            "core",
        ),
        (
            "foam_core",
            (OUTER, CORE + "relative_density = 1.5\n", REAR),
            "layer[1].relative_density",
            "1.5",
        ),
        (
            "honeycomb.nno",
            (OUTER, CORE + "cell_mm = -5.0\n", REAR),
            "layer[1].cell_mm",
            "-5",
        ),
    ],
)
def test_wrong_cards(tmp_path, equation, layers, key, words) -> None:
    with pytest.raises(InputError) as caught:
        load(tmp_path, equation, *layers)
    told = {p.key: str(p) for p in caught.value.problems}
    assert words in told[key]
