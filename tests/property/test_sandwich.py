"""What must hold for any honeycomb, foam or triple wall, beyond every shield."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shield_makers.sandwich import ALUMINIUM, SHEETS, YIELD

from mmod.shields.ballistic_limits.honeycomb_nno import honeycomb_nno
from mmod.shields.ballistic_limits.srl_dual_wall import srl_dual_wall
from mmod.shields.ballistic_limits.srl_triple_wall import srl_triple_wall
from mmod.shields.ballistic_limits.whipple_nno import whipple_nno
from mmod.units import DEGREE, KM, MM

FEW = settings(max_examples=40)
speeds = st.floats(0.2 * KM, 80 * KM)
angles = st.floats(0.0, 90.0 * DEGREE)
densities = st.floats(100.0, 9000.0)
walls = st.floats(0.1 * MM, 10 * MM)
lengths = st.floats(1 * MM, 300 * MM)
IMPACT = {"speed": speeds, "angle": angles, "density": densities}


@pytest.mark.parametrize("panel", ["aluminium", "cfrp"])
@FEW
@given(**IMPACT, wall=walls, gap=lengths, more=lengths)
def test_equipment_gains_by_each_gap(
    panel, speed, angle, density, wall, gap, more
) -> None:
    impact = (speed, angle, density)
    near = {**SHEETS, "second_standoff": gap}
    far = {**near, "second_standoff": gap + more}
    deep = {**near, "first_standoff": near["first_standoff"] + more}
    first, second, third = (
        srl_triple_wall(*impact, panel=panel, wall_thickness=wall, **x, **YIELD)
        for x in (near, far, deep)
    )
    assert second >= first * (1.0 - 1e-12)
    assert third >= first * (1.0 - 1e-12)


@FEW
@given(**IMPACT, wall=walls)
def test_equipment_behind_a_panel_is_safer_than_its_rear_sheet(
    speed, angle, density, wall
) -> None:
    panel = srl_dual_wall(
        speed, angle, density, standoff=20 * MM, wall_thickness=0.5 * MM,
        **ALUMINIUM, **YIELD,
    )  # fmt: skip
    behind = srl_triple_wall(
        speed, angle, density, wall_thickness=wall, **SHEETS, **YIELD
    )
    assert behind > panel


@FEW
@given(**IMPACT, wall=walls, cell=st.floats(1 * MM, 30 * MM), core=lengths)
def test_cells_never_help(speed, angle, density, wall, cell, core) -> None:
    """The rough rule never credits more than the core, nor more than two cells."""
    common = {"wall_thickness": wall, **ALUMINIUM, **YIELD}
    impact = (speed, angle, density)
    found = honeycomb_nno(*impact, cell_diameter=cell, core_thickness=core, **common)
    for standoff in (core, 2.0 * cell):
        plain = whipple_nno(*impact, standoff=standoff, **common)
        assert found <= plain * (1.0 + 1e-12)


@FEW
@given(**IMPACT, wall=walls)
def test_above_65_degrees_nothing_changes(speed, angle, density, wall) -> None:
    steep = np.array([65.0 * DEGREE, max(angle, 65.0 * DEGREE)])
    found = srl_triple_wall(
        speed, steep, density, wall_thickness=wall, **SHEETS, **YIELD
    )
    assert found[0] == pytest.approx(found[1], rel=1e-13)
