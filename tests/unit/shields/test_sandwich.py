"""Honeycomb, foam and triple walls: closed checks against other equations."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from shield_grids import sandwich
from shield_grids.grid import check, read
from shield_makers.sandwich import ALUMINIUM, CFRP, MAKERS, SHEETS, YIELD

from mmod.errors import InputError
from mmod.shields.ballistic_limits import _srl
from mmod.shields.ballistic_limits._regimes import (
    WHIPPLE_CAP,
    PowerLaw,
    PowerLawLimit,
    Regimes,
    Validity,
)
from mmod.shields.ballistic_limits._srl import SRL_CONSTANTS, dual_limit
from mmod.shields.ballistic_limits.foam_core import foam_core
from mmod.shields.ballistic_limits.honeycomb_nno import (
    honeycomb_nno,
    honeycomb_nno_limit,
)
from mmod.shields.ballistic_limits.srl_blanket import (
    srl_blanket_over_two_walls,
    srl_blanket_over_wall,
)
from mmod.shields.ballistic_limits.srl_dual_wall import (
    srl_dual_wall,
    srl_dual_wall_composite,
    srl_dual_wall_composite_limit,
    srl_dual_wall_limit,
)
from mmod.shields.ballistic_limits.srl_triple_wall import (
    cable_wall,
    pressure_vessel_wall,
    srl_triple_wall,
    srl_triple_wall_limit,
)
from mmod.shields.ballistic_limits.triple_wall_esa import triple_wall_esa
from mmod.shields.ballistic_limits.whipple_nno import whipple_nno, whipple_nno_limit
from mmod.shields.equations import EQUATIONS
from mmod.shields.equations import sandwich as listed
from mmod.units import CM, DEGREE, KM, KSI, MM

SPEED = np.geomspace(0.5 * KM, 40 * KM, 60)[:, None]
ANGLE = np.array([0.0, 20.0, 45.0, 50.0, 64.0, 65.0, 80.0]) * DEGREE
IMPACTS = (SPEED, ANGLE, 2800.0)
MIRRORED = {  # NNO's constants in the form of the SRL equations
    "K_3S": 1.0,
    "K_3D": 0.16,
    "delta": (5.0 / 3.0,) * 3,
}


def as_nno(**changed) -> np.ndarray:
    constants = replace(SRL_CONSTANTS["aluminium"], **{**MIRRORED, **changed})
    return dual_limit(
        constants,
        bumper=0.13,
        bumper_density=2.7,
        standoff=10.7,
        wall=0.4,
        wall_yield=57.0,
    ).critical_diameter(*IMPACTS)


SLACK = 1.155 / 0.16 ** (2 / 3) / 3.918 - 1.0
"""By which the two high regimes differ in their printed constants."""


def misfit_to_nno(**changed) -> dict[str, float]:
    """Return the worst misfit in the low regime, at normal incidence, and above."""
    nno = whipple_nno_limit(
        bumper_thickness=1.3 * MM,
        bumper_density=2700.0,
        standoff=107 * MM,
        wall_thickness=4 * MM,
        wall_yield=57 * KSI,
    ).critical_diameter(*IMPACTS)
    error = np.abs(as_nno(**changed) / nno - 1.0)
    normal = np.broadcast_to(SPEED * np.cos(np.minimum(ANGLE, WHIPPLE_CAP)), nno.shape)
    return {
        "low": float(error[normal <= 3.0 * KM].max()),
        "normal": float(error[:, 0].max()),
        "high": float(error[normal >= 7.0 * KM].max()),
    }


def test_nno_is_a_case_of_the_dual_wall() -> None:
    """delta = 5/3 gives the low regime, and all of it at normal incidence; in the high
    regime NNO falls with c^(2/3)."""
    assert 2.3e-4 < SLACK < 2.5e-4
    found = misfit_to_nno()
    assert found["low"] < 1e-12
    assert found["normal"] < SLACK + 1e-9
    assert found["high"] > 0.5
    assert misfit_to_nno(delta=(2.0 / 3.0,) * 3)["high"] < SLACK + 1e-9


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"K_3S": 1.001}, "low"),
        ({"K_3D": 0.1599}, "normal"),
        ({"delta": (1.66,) * 3}, "low"),
    ],
)
def test_planted_constant_is_not_nno(changed, where) -> None:
    assert misfit_to_nno(**changed)[where] > SLACK + 1e-4


@pytest.mark.parametrize("panel", ["aluminium", "cfrp"])
def test_triple_wall_without_equipment_is_the_panel(panel) -> None:
    """The rear wall goes to zero: sqrt(t_w) and t_w^(1/3) go with it, slowly."""
    triple = srl_triple_wall(
        *IMPACTS, panel=panel, wall_thickness=1e-36, **SHEETS, **YIELD
    )
    if panel == "aluminium":
        dual = srl_dual_wall(
            *IMPACTS, standoff=20 * MM, wall_thickness=0.5 * MM, **ALUMINIUM, **YIELD
        )
    else:
        inner = _srl.as_reference(0.5 * MM, 2700.0)
        dual = dual_limit(
            SRL_CONSTANTS["cfrp"],
            bumper=inner / CM,
            bumper_density=2.78,
            standoff=2.0,
            wall=inner / CM,
            wall_yield=57.0,
        ).critical_diameter(*IMPACTS)
    np.testing.assert_allclose(triple, dual, rtol=1e-9)
    some = srl_triple_wall(
        *IMPACTS, panel=panel, wall_thickness=1e-9, **SHEETS, **YIELD
    )
    assert (some > dual * (1.0 + 1e-6)).all()


def test_blanket_over_two_walls_without_equipment_is_the_blanket_over_one() -> None:
    common = {"blanket_areal_density": 0.5, **YIELD}
    triple = srl_blanket_over_two_walls(
        *IMPACTS,
        first_standoff=0.03,
        inner_thickness=1e-3,
        second_standoff=0.1,
        wall_thickness=1e-36,
        **common,
    )
    dual = srl_blanket_over_wall(*IMPACTS, standoff=0.03, wall_thickness=1e-3, **common)
    np.testing.assert_allclose(triple, dual, rtol=1e-9)


def test_borders_of_the_regimes() -> None:
    borders = {
        "honeycomb.srl_aluminium": (3, 7),
        "honeycomb.srl_other": (3, 7),
        "honeycomb.srl_cfrp": (4.2, 8.4),
        "triple_wall.srl_aluminium": (3, 7),
        "triple_wall.srl_cfrp": (4.2, 8.4),
        "triple_wall.srl_blanket": (4, 10),
        "blanket_over_wall.srl": (4, 10),
        "triple_wall.esa": (3, 7),
    }
    for name, expected in borders.items():
        limit = MAKERS[name](1 * MM)
        found = limit.speed_breaks([0.0, 1.0, 1.5], 2800.0) / KM
        cosine = np.cos([0.0, 1.0, WHIPPLE_CAP])[:, None]
        np.testing.assert_allclose(found, np.array(expected) / cosine)
    found = MAKERS["foam_core"](1 * MM).speed_breaks(1.0, 2800.0) / KM
    np.testing.assert_allclose(found, np.array([2.25, 4.0]) * math.cos(1.0) ** (-1 / 3))


def test_exponents_split_at_45_and_65_degrees() -> None:
    """Up to 45 and from 65 deg on delta is 4/3, between 5/4; CFRP has no split."""
    limit = MAKERS["honeycomb.srl_aluminium"](1 * MM)
    angle = np.array([45.0, 45.0001, 64.9999, 65.0, 80.0]) * DEGREE
    high = limit.critical_diameter(100 * KM, angle, 2800.0)
    straight = limit.critical_diameter(100 * KM, 0.0, 2800.0)
    exponent = np.log(high / straight) / np.log(np.cos(np.minimum(angle, WHIPPLE_CAP)))
    np.testing.assert_allclose(exponent, [-4 / 3, -5 / 4, -5 / 4, -4 / 3, -4 / 3])
    assert limit.angle_breaks == pytest.approx([45 * DEGREE, 65 * DEGREE])
    smooth = MAKERS["honeycomb.srl_cfrp"](1 * MM)
    below, above = smooth.critical_diameter(9 * KM, angle[:2], 2800.0)
    assert above == pytest.approx(below, rel=1e-5)


def test_equipment_grows_with_obliquity_by_epsilon() -> None:
    """High regime: the part behind the panel alone changes with 1/c^epsilon."""
    limit = MAKERS["triple_wall.srl_aluminium"](2 * MM)
    angle = np.array([0.0, 30.0, 50.0]) * DEGREE
    c = np.cos(angle)
    epsilon = np.array([8 / 3, 8 / 3, 10 / 4])
    delta = np.array([4 / 3, 4 / 3, 5 / 4])
    panel = 2.0 ** (1 / 3) * (0.05 + 1.5 * 0.2) ** (2 / 3)
    behind = 0.1 * 10.0 ** (2 / 3) * 0.2 ** (1 / 3)
    expected = (panel + behind * c**-epsilon) * c**-delta
    found = limit.critical_diameter(90 * KM, angle, 2800.0)
    np.testing.assert_allclose(found / found[0], expected / expected[0], rtol=1e-12)


def test_three_branches_by_obliquity() -> None:
    branches = tuple(Regimes((PowerLaw(k, -1.0),)) for k in (1.0, 2.0, 3.0))
    limit = PowerLawLimit(
        branches, Validity((1.0, 1e5), 1.5, "test"), angle_edge=(0.5, 1.0)
    )
    angle = [0.0, 0.499, 0.5, 0.9, 1.0, 1.5]
    found = limit.critical_diameter(1 * KM, angle, 1000.0) / CM
    np.testing.assert_allclose(found, [1.0, 1.0, 2.0, 2.0, 3.0, 3.0])
    assert limit.angle_breaks == (0.5, 1.0, limit.cap)


def test_sheets_count_by_their_mass() -> None:
    """Composite sheets of one areal density are alike, whatever their density."""
    first = srl_dual_wall_composite(
        *IMPACTS, standoff=0.02, wall_thickness=1e-3, wall_density=1600.0, **CFRP
    )
    second = srl_dual_wall_composite(
        *IMPACTS,
        bumper_thickness=2e-3,
        bumper_density=800.0,
        standoff=0.02,
        wall_thickness=2e-3,
        wall_density=800.0,
    )
    np.testing.assert_allclose(first, second, rtol=1e-12)
    other = srl_dual_wall_composite_limit(
        sheet="other",
        bumper_thickness=1e-3,
        bumper_density=2780.0,
        standoff=0.02,
        wall_thickness=1e-3,
        wall_density=2780.0,
    )
    same = srl_dual_wall_limit(
        bumper_thickness=1e-3,
        bumper_density=2780.0,
        standoff=0.02,
        wall_thickness=1e-3,
        wall_yield=59.5 * KSI,
    )
    np.testing.assert_allclose(
        other.critical_diameter(*IMPACTS), same.critical_diameter(*IMPACTS), rtol=1e-12
    )


@pytest.mark.parametrize("name", ["honeycomb.srl_cfrp", "honeycomb.srl_aluminium"])
def test_blanket_outside_counts_in_the_low_regime_only(name) -> None:
    with_blanket = MAKERS[name](1 * MM)
    common = {"standoff": 20 * MM, "wall_thickness": 1 * MM}
    if name.endswith("cfrp"):
        extra = 3.0 * 0.5 / 1600.0
        sheet = {**CFRP, "bumper_thickness": CFRP["bumper_thickness"] + extra}
        thick = srl_dual_wall_composite_limit(wall_density=1600.0, **common, **sheet)
    else:
        extra = 3.0 * 0.5 / 2700.0
        sheet = {**ALUMINIUM, "bumper_thickness": ALUMINIUM["bumper_thickness"] + extra}
        thick = srl_dual_wall_limit(**common, **sheet, **YIELD)
    np.testing.assert_allclose(
        with_blanket.critical_diameter(*IMPACTS), thick.critical_diameter(*IMPACTS)
    )


def test_pressure_vessel_and_cable() -> None:
    wall = pressure_vessel_wall(1 * MM, 5 * MM, 1600.0)
    expected = 0.1 + 0.75 * 1.6 * 0.5 ** (1 / 3) / 2.78
    assert wall / CM == pytest.approx(expected, rel=1e-12)
    assert cable_wall(4 * MM) == pytest.approx(1.4 * MM)
    with pytest.raises(InputError, match="overwrap_thickness"):
        pressure_vessel_wall(1 * MM, -1.0, 1600.0)
    with pytest.raises(InputError, match="diameter"):
        cable_wall(math.nan)


def test_honeycomb_rule_takes_the_smaller_length() -> None:
    common = {"wall_thickness": 1 * MM, **ALUMINIUM, **YIELD}
    for cell, core, standoff in [(5, 20, 10), (5, 8, 8), (3.2, 50, 6.4)]:
        found = honeycomb_nno(
            *IMPACTS, cell_diameter=cell * MM, core_thickness=core * MM, **common
        )
        np.testing.assert_allclose(
            found, whipple_nno(*IMPACTS, standoff=standoff * MM, **common), rtol=1e-12
        )
    with pytest.raises(InputError) as caught:
        honeycomb_nno_limit(cell_diameter=-1.0, core_thickness=0.0, **common)
    keys = {p.key for p in caught.value.problems}
    assert keys == {"cell_diameter", "core_thickness"}


def test_esa_triple_wall_as_printed() -> None:
    """The table of exponents evaluated term by term, in its own units."""
    tw, tb, s, rho_b, sigma, rho = 0.3, 0.2, 12.0, 2.7, 40.0, 2.8
    for v, c in [(2.0, 1.0), (5.0, 0.6), (9.0, 1.0), (20.0, 0.5)]:
        found = triple_wall_esa(
            v * KM,
            math.acos(c),
            2800.0,
            bumper_thickness=tb * CM,
            bumper_density=2700.0,
            standoff=s * CM,
            wall_thickness=tw * CM,
            wall_yield=sigma * KSI,
        )
        if v * c <= 3.0:
            k = 0.312 * (40 / sigma) ** 0.5
            top = tw + 1.667 * k * tb
            truth = (top / (k * rho**0.5 * v ** (2 / 3) * c ** (5 / 3))) ** (1 / 1.056)
        else:
            k = 0.107 * (70 / sigma) ** 0.5
            truth = (tw / (k * rho**0.5 * v * c * s**-0.5 * rho_b**0.167)) ** (1 / 1.5)
        assert float(found) / CM == pytest.approx(truth, rel=1e-12)


def test_pores_of_the_foam() -> None:
    panel = {
        "foam_thickness": 25 * MM,
        "foam_density": 190.0,
        "wall_thickness": 1 * MM,
        "wall_density": 2700.0,
        **ALUMINIUM,
        **YIELD,
    }
    fine = foam_core(*IMPACTS, **panel)
    for pores in (10, 20):
        coarse = foam_core(*IMPACTS, pores_per_inch=pores, **panel)
        np.testing.assert_allclose(coarse, 0.95 * fine, rtol=1e-12)
    with pytest.raises(InputError, match="10, 20, 40"):
        foam_core(*IMPACTS, pores_per_inch=30, **panel)


def test_outer_density_counts_in_the_high_regime() -> None:
    """As printed: rho_ob^(-1/9), the outer sheet's, not the inner one's."""
    sheets = {**SHEETS, "inner_density": 4500.0}
    same = srl_triple_wall(*IMPACTS, wall_thickness=1e-3, **sheets, **YIELD)
    plain = srl_triple_wall(*IMPACTS, wall_thickness=1e-3, **SHEETS, **YIELD)
    np.testing.assert_allclose(same, plain, rtol=1e-14)
    sheets = {**SHEETS, "outer_density": 4500.0}
    dense = srl_triple_wall(
        40 * KM, 0.0, 2800.0, wall_thickness=1e-3, **sheets, **YIELD
    )
    ratio = float(dense / plain[-1, 0])
    assert ratio == pytest.approx((4500 / 2700) ** (-1 / 9), rel=1e-12)


def test_unknown_materials_are_refused() -> None:
    with pytest.raises(InputError, match="cfrp or other"):
        srl_dual_wall_composite_limit(
            sheet="steel",
            standoff=0.02,
            wall_thickness=1e-3,
            wall_density=1600.0,
            **CFRP,
        )
    with pytest.raises(InputError, match="aluminium or cfrp"):
        srl_triple_wall_limit(panel="steel", wall_thickness=1e-3, **SHEETS, **YIELD)


def test_conversions_of_the_grids_are_counted(shared: Path) -> None:
    counted = {
        "srl_double": {sandwich.UNCAPPED: 580, sandwich.DIVISOR: 521},
        "srl_triple": {sandwich.DIVISOR: 348},
        "foam_sandwich": {sandwich.DIVISOR: 1227},
    }
    for file, run, _ in sandwich.CASES.values():
        grid = read(shared, file)
        run(grid)
        assert grid.converted == counted[file]


@pytest.mark.parametrize(
    ("name", "constant", "value"),
    [
        ("honeycomb.srl", "REFERENCE_DENSITY", 2700.0),
        ("honeycomb.srl", "REFERENCE_YIELD", 57 * KSI),
    ],
)
def test_planted_constant_is_seen_on_the_grid(
    shared, monkeypatch, name, constant, value
) -> None:
    file, run, left_out = sandwich.CASES[name]
    for module in (_srl, sandwich.srl_dual_wall):
        monkeypatch.setattr(module, constant, value)
    grid = read(shared, file)
    run(grid)
    with pytest.raises(AssertionError):
        check(grid, left_out)


def test_each_equation_of_the_family_has_a_maker() -> None:
    names = {equation.name for equation in listed.LISTED}
    assert names == set(MAKERS)
    assert names <= set(EQUATIONS)
