"""Enhanced blanket, hybrid multi-shock and stuffed Whipple by independent arithmetic."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq
from shield_grids import CASES, blanket, fabric
from shield_grids.grid import Grid, check, cm, g_cm2, g_cm3, read, rear_wall

from mmod.errors import InputError
from mmod.shields import load_shield
from mmod.shields.ballistic_limits import (
    enhanced_blanket,
    hybrid_multi_shock,
    stuffed_whipple,
)
from mmod.units import CM, DEGREE, G_CM2, G_CM3, KM, KSI

# Christiansen & Lear 2015 Table 4, configuration 3 [g/cm2], [cm]
FRONT, WALL, STANDOFF, EFFECTIVE = 0.092, 0.0827, 3.32, 0.174
MLI, FOAM = 0.017, 0.018  # p. 79, one sheet of each
CONFIGURATION_3 = {
    "bumper_areal_density": FRONT * G_CM2,
    "wall_areal_density": WALL * G_CM2,
    "standoff": STANDOFF * CM,
}
HYBRID = {
    "bumper_areal_density": 0.2 * G_CM2,
    "standoff": 12.0 * CM,
    "wall_thickness": 0.15 * CM,
    "wall_density": 2.84 * G_CM3,
    "wall_yield": 57.0 * KSI,
}
STUFFED = {
    "bumper_areal_density": 4.0,
    "standoff": 0.1,
    "wall_thickness": 4e-3,
    "wall_density": 2800.0,
    "wall_yield": 57.0 * KSI,
}


def cubic(d: float, normal: float, rho: float, effective: float, s: float) -> float:
    """Return the left side of eq. 9 as printed, cm, g/cm3, km/s."""
    momentum = 29.0 * math.pi / 6.0 * d**3 * rho * normal / s**2
    return momentum + 0.185 * d * rho - effective


@given(
    normal=st.floats(0.05, 100.0),
    rho=st.floats(0.05, 20.0),
    effective=st.floats(1e-3, 50.0),
    s=st.floats(0.1, 100.0),
)
def test_root_of_the_cubic_against_brentq(normal, rho, effective, s) -> None:
    term = enhanced_blanket.CubicTerm(effective, s)
    found = float(term(np.log(normal), np.zeros(()), np.log(rho)))
    high = effective / (0.185 * rho)
    args = (normal, rho, effective, s)
    truth = brentq(cubic, 0.0, 1.001 * high, args=args, xtol=1e-300, rtol=1e-14)
    assert found == pytest.approx(truth, rel=1e-11)
    assert found > 0.0


def test_dense_particles_have_a_root() -> None:
    """Newton with a wrong derivative fails at 7.9 g/cm3 and more."""
    speed = np.geomspace(7e3, 80e3, 50)[:, None]
    density = np.array([7900.0, 11_300.0, 20_000.0])
    found = enhanced_blanket.enhanced_blanket(speed, 0.0, density, **CONFIGURATION_3)
    assert np.isfinite(found).all()
    assert (np.diff(found, axis=0) < 0.0).all()
    assert (np.diff(found, axis=1) < 0.0).all()


def test_configuration_3() -> None:
    """It stopped 1.3 mm of aluminium at 7.1 km/s; a plain blanket not even 0.4 mm."""
    found = enhanced_blanket.enhanced_blanket(
        7.1 * KM, 0.0, 2.8 * G_CM3, **CONFIGURATION_3
    )
    truth = brentq(cubic, 1e-6, 10.0, args=(7.1, 2.8, EFFECTIVE, STANDOFF))
    assert found / CM == pytest.approx(truth, rel=0.003)  # m_eff in three digits
    assert 1.3e-3 < found < 2.0e-3


def test_effective_areal_density_of_table_4_is_without_insulation() -> None:
    """The printed 0.174 is m_b + m_w; with MLI and foam it would be 0.183."""
    limit = enhanced_blanket.enhanced_blanket_limit(**CONFIGURATION_3)
    (term,) = limit.branches[0].high
    assert term.coefficient == pytest.approx(EFFECTIVE, abs=0.001)
    with_insulation = enhanced_blanket.enhanced_blanket_limit(
        insulation_areal_density=(MLI + FOAM) * G_CM2, **CONFIGURATION_3
    )
    (term,) = with_insulation.branches[0].high
    assert term.coefficient != pytest.approx(EFFECTIVE, abs=0.001)
    impact = (7.1 * KM, 0.0, 2.8 * G_CM3)
    ratio = with_insulation.critical_diameter(*impact) / limit.critical_diameter(
        *impact
    )
    assert 1.02 < ratio < 1.04


def test_onset_of_the_blanket_is_clipped_near_grazing() -> None:
    limit = enhanced_blanket.enhanced_blanket_limit(**CONFIGURATION_3)
    clipped, cap = limit.angle_breaks
    assert math.cos(clipped) == pytest.approx((2.4 / 6.4) ** 4)
    assert cap == pytest.approx(89.0 * DEGREE)
    assert np.isfinite(limit.critical_diameter([1e3, 30e3], 1.57, 2800.0)).all()


def hybrid_by_hand(v: float, degrees: float, rho: float) -> float:
    """Return Handbook p. 75 with the numbers of `HYBRID` [cm]."""
    c = math.cos(math.radians(min(degrees, 75.0)))
    x = 7 / 3 if degrees <= 45.0 else 2.0

    def low(speed: float) -> float:
        strength = 0.15 * (57 / 40) ** 0.5 + 0.37 * 0.2
        return 2.0 * strength * c**-x * rho**-0.5 * speed ** (-2 / 3)

    def high(speed: float) -> float:
        mass = (0.15 * 2.84) ** (2 / 3) * 12.0 ** (1 / 3) * (57 / 40) ** (1 / 3)
        return 2.15 * mass * rho ** (-1 / 3) * (speed * c) ** (-2 / 3)

    first, last = 2.7 * c**-0.5, 6.5 * c ** (-2 / 3)
    if v <= first:
        return low(v)
    if v >= last:
        return high(v)
    share = (v - first) / (last - first)
    return low(first) * (1 - share) + high(last) * share


@pytest.mark.parametrize("degrees", [0.0, 30.0, 45.0, 46.0, 74.0, 75.0, 80.0, 90.0])
def test_hybrid_by_hand(degrees) -> None:
    for v in (1.0, 3.0, 6.0, 9.0, 20.0):
        for rho in (0.5, 2.8, 7.9):
            found = hybrid_multi_shock.hybrid_multi_shock(
                v * KM, degrees * DEGREE, rho * G_CM3, **HYBRID
            )
            truth = hybrid_by_hand(v, degrees, rho)
            assert found / CM == pytest.approx(truth, rel=1e-9)


def test_hybrid_jumps_beyond_45_degrees() -> None:
    limit = hybrid_multi_shock.hybrid_multi_shock_limit(**HYBRID)
    assert limit.angle_breaks == pytest.approx([45.0 * DEGREE, 75.0 * DEGREE])
    at, beyond = limit.critical_diameter(
        1e3, [45.0 * DEGREE, 45.0 * DEGREE + 1e-12], 2800.0
    )
    assert beyond / at == pytest.approx(2.0 ** (-1 / 6), rel=1e-9)
    high = limit.critical_diameter(30e3, [0.785, 0.786], 2800.0)
    assert high[0] == pytest.approx(high[1], rel=1e-3)


def test_hybrid_coefficient_of_the_bumpers_density() -> None:
    impact = (9e3, 0.0, 2800.0)
    plain = hybrid_multi_shock.hybrid_multi_shock(*impact, **HYBRID)
    named = hybrid_multi_shock.hybrid_multi_shock(
        *impact, **HYBRID, bumper_density=2700.0
    )
    assert named / plain == pytest.approx(2.4 * 2.7 ** (-1 / 9) / 2.15, rel=1e-12)
    assert 1.0 - named / plain == pytest.approx(0.0004, abs=5e-5)


# -- the reference grids: the other readings fail ------------------------------------


def test_rows_matched(shared: Path) -> None:
    for name, kind, rows in (
        ("mli_blanket", "Enhanced", 880),
        ("multishock", "hybrid", 607),
    ):
        grid = read(shared, name)
        grid.rows = [row for row in grid.rows if row["shield_type"] == kind]
        (blanket.run_mli if name == "mli_blanket" else fabric.run_multi_shock)(grid)
        check(grid, {})
        assert grid.matched == rows


def test_planted_readings_of_the_hybrid_are_seen(shared: Path, monkeypatch) -> None:
    def run() -> Grid:
        grid = read(shared, "multishock")
        fabric.run_multi_shock(grid)
        return grid

    check(run(), CASES["multi_shock"][2])
    for name, value in (
        ("ONSET_EXPONENT", -0.25),
        ("COEFFICIENT", 2.4 * 2.7 ** (-1 / 9)),
        ("JUMP", 45.0 * DEGREE),
        ("CAP", 65.0 * DEGREE),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(hybrid_multi_shock, name, value)
            grid = run()
        with pytest.raises(AssertionError):
            check(grid, CASES["multi_shock"][2])


def test_density_of_the_bumper_is_not_what_the_grid_uses(shared: Path) -> None:
    grid = read(shared, "multishock")
    grid.rows = [row for row in grid.rows if row["shield_type"] == "hybrid"]
    for rows in grid.groups():
        row = rows[0]
        limit = hybrid_multi_shock.hybrid_multi_shock_limit(
            bumper_areal_density=g_cm2(row, "bumper"),
            bumper_density=g_cm3(row, "bumper"),
            standoff=cm(row, "standoff"),
            wall_density=g_cm3(row, "rear_wall"),
            **rear_wall(row),
        )
        grid.compare(limit, rows)
    assert 3e-4 < grid.worst < 4e-4


def test_planted_insulation_share_is_seen(shared: Path, monkeypatch) -> None:
    monkeypatch.setattr(enhanced_blanket, "INSULATION_SHARE", 0.0)
    grid = read(shared, "mli_blanket")
    blanket.run_mli(grid)
    with pytest.raises(AssertionError):
        check(grid, CASES["mli_over_wall"][2])


# -- stuffed Whipple between 15 and 25 % ---------------------------------------------


@pytest.mark.parametrize(
    ("share", "linear", "step"),
    [(0.12, 0.45, 0.45), (0.20, 0.525, 0.45), (0.24, 0.585, 0.45), (0.30, 0.60, 0.60)],
)
def test_both_readings_of_the_stuffing(share, linear, step) -> None:
    solid = STUFFED["bumper_areal_density"] + 4e-3 * 2800.0
    shield = {**STUFFED, "stuffing_areal_density": share / (1 - share) * solid}
    impact = (10e3, 0.0, 2800.0)
    given = stuffed_whipple.stuffed_whipple(*impact, **shield, K_H=1.0)
    for transition, expected in (("linear", linear), ("step", step)):
        found = stuffed_whipple.stuffed_whipple(
            *impact, **shield, transition=transition
        )
        assert found / given == pytest.approx(expected, rel=1e-12)
    default = stuffed_whipple.stuffed_whipple(*impact, **shield)
    assert default / given == pytest.approx(linear, rel=1e-12)


def test_both_readings_in_a_card(tmp_path) -> None:
    """JEM: 20 % stuffing, assumed; the only shipped card in the open range."""
    library_card = load_shield("jem_cyl_sw")
    text = library_card.path.read_text(encoding="utf-8")
    path = tmp_path / "card.toml"
    found = {}
    for equation in ("stuffed_whipple", "stuffed_whipple.step"):
        other = text.replace('equation = "stuffed_whipple"', f'equation = "{equation}"')
        assert equation == "stuffed_whipple" or other != text
        path.write_text(other, encoding="utf-8")
        shield = load_shield(path)
        found[equation] = float(shield.critical_diameter(10e3, 0.0, 2800.0))
        layers = {x.role: 0.0 for x in shield.layers}
        for x in shield.layers:
            layers[x.role] += x.areal_density or 0.0
    share = layers["stuffing"] / (
        layers["bumper"] + layers["stuffing"] + layers["wall"]
    )
    ratio = found["stuffed_whipple.step"] / found["stuffed_whipple"]
    expected = stuffed_whipple.high_coefficient(share, "step")
    expected /= stuffed_whipple.high_coefficient(share)
    assert ratio == pytest.approx(expected, rel=1e-12)
    assert ratio < 1.0


# -- cards ---------------------------------------------------------------------------

HEAD = """
title = "test"
equation = "EQUATION"
criterion = "CRITERION"
certainty = "assumption"
source = "test"
"""


def layer(role: str, *keys: str) -> str:
    return "\n".join(["[[layer]]", f'role = "{role}"', *keys, ""])


def areal(role: str, value: float, gap: float | None) -> str:
    keys = [f"areal_density_kg_m2 = {value:.6g}"]
    return layer(role, *keys, *([f"gap_mm = {gap}"] if gap is not None else []))


BLANKET_LAYERS = (
    areal("bumper", FRONT * 10, 4.0)
    + areal("blanket", MLI * 10, 4.2)
    + areal("insulation", FOAM * 10, 25.0)
    + areal("wall", WALL * 10, None)
)
HYBRID_LAYERS = (
    areal("bumper", 0.7, 40.0)
    + areal("bumper", 0.7, 40.0)
    + areal("bumper", 0.6, 40.0)
    + layer("wall", 'material = "Al 2219-T87"', "thickness_mm = 1.5")
)


def card(folder: Path, equation: str, criterion: str, layers: str) -> Path:
    head = HEAD.replace("EQUATION", equation).replace("CRITERION", criterion)
    path = folder / "card.toml"
    path.write_text(head + layers, encoding="utf-8")
    return path


def test_card_of_an_enhanced_blanket(tmp_path) -> None:
    path = card(tmp_path, "enhanced_blanket", "perforation", BLANKET_LAYERS)
    expected = enhanced_blanket.enhanced_blanket(
        8e3,
        0.2,
        2800.0,
        insulation_areal_density=(MLI + FOAM) * G_CM2,
        **CONFIGURATION_3,
    )
    found = load_shield(path).critical_diameter(8e3, 0.2, 2800.0)
    assert found == pytest.approx(float(expected), rel=1e-12)


def test_a_wall_behind_the_blanket_counts(tmp_path) -> None:
    alone = load_shield(
        card(tmp_path, "enhanced_blanket", "perforation", BLANKET_LAYERS)
    ).critical_diameter(8e3, 0.0, 2800.0)
    behind = BLANKET_LAYERS + "gap_mm = 10.0\n" + areal("wall", 2.7, None)
    both = load_shield(card(tmp_path, "enhanced_blanket", "perforation", behind))
    expected = enhanced_blanket.enhanced_blanket(
        8e3,
        0.0,
        2800.0,
        bumper_areal_density=FRONT * G_CM2,
        wall_areal_density=WALL * G_CM2 + 2.7,
        standoff=STANDOFF * CM + 0.01,
        insulation_areal_density=(MLI + FOAM) * G_CM2,
    )
    assert both.critical_diameter(8e3, 0.0, 2800.0) == pytest.approx(float(expected))
    assert expected > alone


def test_card_of_a_hybrid(tmp_path) -> None:
    criterion = "perforation_or_detached_spall"
    path = card(tmp_path, "multi_shock.hybrid", criterion, HYBRID_LAYERS)
    expected = hybrid_multi_shock.hybrid_multi_shock(8e3, 0.9, 2800.0, **HYBRID)
    found = load_shield(path).critical_diameter(8e3, 0.9, 2800.0)
    assert found == pytest.approx(float(expected), rel=1e-3)  # 57 ksi, rounded


@pytest.mark.parametrize(
    ("equation", "criterion", "layers", "key", "words"),
    [
        ("enhanced_blanket", "detached_spall", BLANKET_LAYERS, "criterion", "perfor"),
        ("multi_shock.hybrid", "perforation", HYBRID_LAYERS, "criterion", "spall"),
        (
            "multi_shock.hybrid",
            "perforation_or_detached_spall",
            HYBRID_LAYERS.replace("gap_mm = 40.0", "gap_mm = 0.0"),
            "standoff",
            "> 0",
        ),
        (
            "enhanced_blanket",
            "perforation",
            BLANKET_LAYERS.replace("gap_mm = 25.0\n", ""),
            "layer[2].gap_mm",
            "standoff",
        ),
        (
            "enhanced_blanket",
            "perforation",
            BLANKET_LAYERS.replace("= 0.92", "= -0.92"),
            "layer[0].areal_density_kg_m2",
            "-0.92",
        ),
        (
            "multi_shock.hybrid",
            "perforation_or_detached_spall",
            HYBRID_LAYERS.replace("Al 2219-T87", "Al 2219-T99"),
            "layer[3].material",
            "materials.csv",
        ),
        (
            "multi_shock.hybrid",
            "perforation_or_detached_spall",
            HYBRID_LAYERS.replace(areal("bumper", 0.7, 40.0), ""),
            "layer",
            "2 to 3",
        ),
    ],
)
def test_wrong_cards_name_themselves(
    tmp_path, equation, criterion, layers, key, words
) -> None:
    path = card(tmp_path, equation, criterion, layers)
    with pytest.raises(InputError) as caught:
        load_shield(path)
    assert all(p.source == str(path) for p in caught.value.problems)
    found = {p.key: str(p) for p in caught.value.problems}
    assert words in found[key]
