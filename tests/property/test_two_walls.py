"""What must hold for the two-wall shields beyond what holds for any shield."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from shield_makers.two_walls import MAKERS, TWO

from mmod.shields.ballistic_limits import (
    whipple_ck2001,
    whipple_ellipsoid,
    whipple_jsc,
    whipple_nno,
    whipple_reimerdes,
)
from mmod.units import DEGREE, KM, MM

FEW = settings(max_examples=20)
CRITERIA = tuple(whipple_reimerdes.CRITERIA)
speeds = st.floats(0.2 * KM, 80 * KM)
angles = st.floats(0.0, 90.0 * DEGREE)
densities = st.floats(100.0, 9000.0)
walls = st.floats(0.3 * MM, 10 * MM)
bumpers = st.floats(0.02 * MM, 5 * MM)


def reimerdes(wall, bumper, criterion="perforation"):
    shield = {**TWO, "bumper_thickness": bumper}
    return whipple_reimerdes.whipple_reimerdes_limit(
        wall_thickness=wall, criterion=criterion, **shield
    )


def nno(wall, bumper):
    shield = {**TWO, "bumper_thickness": bumper}
    return whipple_nno.whipple_nno_limit(wall_thickness=wall, **shield)


@FEW
@given(speed=speeds, angle=angles, density=densities, wall=walls, bumper=bumpers)
def test_stricter_criterion_never_raises(speed, angle, density, wall, bumper) -> None:
    """Apart from the line between: its start moves with the onset."""
    found = [
        reimerdes(wall, bumper, k).critical_diameter(speed, angle, density)
        for k in CRITERIA
    ]
    onsets = [
        reimerdes(wall, bumper, k).speed_breaks(angle, density)[0] for k in CRITERIA
    ]
    normal = speed * np.cos(min(angle, 65 * DEGREE))
    if speed <= min(onsets) or normal >= 7.0 * KM:
        for mild, strict in pairwise(found):
            assert strict <= mild * (1.0 + 1e-9)


@FEW
@given(speed=st.floats(20 * KM, 80 * KM), density=densities, wall=walls, bumper=bumpers)
@pytest.mark.parametrize("criterion", CRITERIA)
def test_high_regime_is_never_better_than_nno(
    criterion, speed, density, wall, bumper
) -> None:
    plain = nno(wall, bumper).critical_diameter(speed, 0.5, density)
    found = reimerdes(wall, bumper, criterion).critical_diameter(speed, 0.5, density)
    assert found <= plain * (1.0 + 1e-9)
    if bumper >= 0.25 * plain:
        assert found == pytest.approx(float(plain), rel=1e-12)


def misfit(limit, angle, density, breaks) -> float:
    """Return the worst misfit of polynomials between the breaks (log-log).

    F2 bends sharply, but smoothly, before it reaches 1: hence the high degree.
    """
    edges = np.unique(np.concatenate([[300.0], breaks, [100e3]]))
    edges = edges[(edges >= 300.0) & (edges <= 100e3)]
    nodes = np.cos(np.pi * (np.arange(121) + 0.5) / 121)
    worst = 0.0
    for lower, upper in pairwise(np.log(edges)):
        if upper - lower < 1e-3:
            continue
        a, b = lower + 1e-9, upper - 1e-9
        x = 0.5 * (a + b) + 0.5 * (b - a) * nodes
        y = np.log(limit.critical_diameter(np.exp(x), angle, density))
        fit = np.polynomial.Chebyshev.fit(x, y, 72, domain=[a, b])
        worst = max(worst, float(np.abs(fit(x) - y).max()))
    return worst


@FEW
@given(angle=st.floats(0.0, 70.0 * DEGREE), density=densities, wall=walls)
@pytest.mark.parametrize("criterion", CRITERIA)
@pytest.mark.parametrize("bumper", [0.1 * MM, 0.3 * MM, 0.9 * MM])
def test_smooth_between_speed_breaks(bumper, criterion, angle, density, wall) -> None:
    limit = reimerdes(wall, bumper, criterion)
    breaks = limit.speed_breaks(angle, density)
    assert misfit(limit, angle, density, breaks) < 1e-5


def test_planted_missing_break_is_seen() -> None:
    """The onset, and both ends of the jump at S/d = 30."""
    limit = reimerdes(9 * MM, 0.1 * MM)
    breaks = limit.speed_breaks(0.0, 500.0)
    inside = np.unique(breaks[(breaks > 7.5e3) & (breaks < 90e3)])
    assert inside.size == 2
    for gone in (breaks[0], *inside):
        assert misfit(limit, 0.0, 500.0, breaks[breaks != gone]) > 1e-4


@FEW
@given(speed=speeds, angle=angles, density=densities, wall=walls, bumper=bumpers)
def test_thicker_bumper_never_lowers_the_outer_regimes(
    speed, angle, density, wall, bumper
) -> None:
    normal = speed * np.cos(min(angle, 65 * DEGREE))
    for make in (
        lambda b: reimerdes(wall, b),
        lambda b: whipple_jsc.whipple_jsc_limit(
            wall_thickness=wall, **{**TWO, "bumper_thickness": b}
        ),
    ):
        thin, thick = make(bumper), make(1.3 * bumper)
        onset = min(limit.speed_breaks(angle, density)[0] for limit in (thin, thick))
        if speed <= onset or normal >= 7.0 * KM:
            low, high = (
                x.critical_diameter(speed, angle, density) for x in (thin, thick)
            )
            assert high >= low * (1.0 - 1e-9)


@FEW
@given(wall=walls, bumper=bumpers, standoff=st.floats(10 * MM, 500 * MM))
def test_high_coefficient_rises_to_its_plateau(wall, bumper, standoff) -> None:
    first, second = (
        whipple_ck2001.high_coefficient(
            bumper_thickness=b, wall_thickness=wall, standoff=standoff
        )
        for b in (bumper, 1.01 * bumper)
    )
    assert 0.411 < first <= second <= 1.35 + 1e-4
    assert second - first < 0.012 * 1.35


@FEW
@given(speed=speeds, angle=angles, density=densities, wall=walls)
def test_sphere_is_the_ellipsoid_with_equal_axes(speed, angle, density, wall) -> None:
    limit = whipple_ellipsoid.whipple_nno_ellipsoid_limit(
        wall_thickness=wall, length_to_diameter=1.0, **TWO
    )
    sphere = nno(wall, TWO["bumper_thickness"])
    assert limit.critical_diameter(speed, angle, density) == pytest.approx(
        float(sphere.critical_diameter(speed, angle, density)), rel=1e-13
    )
    np.testing.assert_allclose(
        limit.speed_breaks(angle, density), sphere.speed_breaks(angle, density)
    )


@FEW
@given(ratio=st.floats(0.2, 3.0), speed=speeds, wall=walls)
@example(ratio=2.0, speed=5000.0, wall=2.0 * MM)
@example(ratio=1.0, speed=5000.0, wall=2.0 * MM)
def test_ellipsoids_are_finite_and_flagged(ratio, speed, wall) -> None:
    limit = whipple_ellipsoid.whipple_nno_ellipsoid_limit(
        wall_thickness=wall, length_to_diameter=ratio, **TWO
    )
    found = limit.critical_diameter(speed, 0.0, 2800.0)
    assert np.isfinite(found)
    assert found >= 0.0
    tested = 0.42 <= ratio <= 1.53 and 0.85 * KM <= speed <= 6.76 * KM
    assert limit.valid(speed, 0.0, 2800.0) == tested
    assert not limit.valid(speed, 0.1, 2800.0)


@FEW
@given(angle=st.floats(65.0 * DEGREE, 90.0 * DEGREE), speed=speeds, density=densities)
@pytest.mark.parametrize("name", MAKERS)
def test_held_at_65_degrees(name, angle, speed, density) -> None:
    limit = MAKERS[name](2 * MM)
    at_cap = limit.critical_diameter(speed, 65.0 * DEGREE, density)
    assert limit.critical_diameter(speed, angle, density) == pytest.approx(
        float(at_cap), rel=1e-13
    )
