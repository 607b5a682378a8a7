"""Ballistic limit curves: values, borders, names, what is extrapolated."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mmod.errors import InputError
from mmod.shields import load_shield
from mmod.shields.ballistic_limits import whipple_jsc, whipple_nno
from mmod.shields.curves import against_obliquity, against_speed

WALLS = {
    "bumper_thickness": 2e-3,
    "bumper_density": 2700.0,
    "standoff": 0.1,
    "wall_thickness": 3e-3,
    "wall_yield": 390e6,
}
RHO = 2800.0
NNO = whipple_nno.whipple_nno_limit(**WALLS)
DEGREE = math.pi / 180.0


def test_nno_over_speed():
    """Borders of NNO are 3/cos and 7/cos km/s; its tests are at 6.7 to 7.5 km/s."""
    angles = [0.0, 45.0 * DEGREE]
    curves = against_speed(NNO, angles, RHO, speeds=(500.0, 12e3), points=100)
    assert curves.against == "speed"
    for angle, curve in zip(angles, curves.curves, strict=True):
        assert curve.held == angle
        assert curve.breaks == pytest.approx(np.array([3e3, 7e3]) / math.cos(angle))
        assert curve.borders == pytest.approx(curve.breaks)
        assert curve.regimes == ("low speed", "intermediate", "high speed")
        assert (np.diff(curve.x) > 0.0).all()
        assert (curve.x[0], curve.x[-1]) == (500.0, 12e3)
        assert np.isin(curve.breaks, curve.x).all()
        expected = NNO.critical_diameter(curve.x, angle, RHO)
        assert (curve.diameter == expected).all()
        inside = (curve.x >= 6.7e3) & (curve.x <= 7.5e3)
        assert (curve.valid == inside).all()


def test_only_the_regimes_in_the_range_are_named():
    def names(low, high):
        (curve,) = against_speed(NNO, [0.0], RHO, speeds=(low, high)).curves
        return curve.borders.round(6).tolist(), curve.regimes

    assert names(8e3, 12e3) == ([], ("high speed",))
    assert names(4e3, 9e3) == ([7e3], ("intermediate", "high speed"))


def test_thin_bumper_kinks_are_no_regimes():
    limit = whipple_jsc.whipple_jsc_limit(**{**WALLS, "bumper_thickness": 4e-4})
    (curve,) = against_speed(limit, [0.0], RHO).curves
    assert len(curve.breaks) > 2
    assert curve.borders[-1] == pytest.approx(7e3)
    assert len(curve.borders) == 2
    assert curve.regimes == ("low speed", "intermediate", "high speed")


def test_a_single_regime_has_no_names():
    limit = load_shield("aluminium_wall")
    (curve,) = against_speed(limit, [0.0], RHO).curves
    assert curve.regimes == ()
    assert curve.borders.size == 0


def test_breaks_that_fall_together_are_one():
    """An ablator over NNO lists crossings that may lie on the borders of NNO."""
    shield = load_shield("soyuz_sa")
    assert len(shield.speed_breaks(0.0, RHO)) > 2
    (curve,) = against_speed(shield, [0.0], RHO).curves
    assert curve.borders == pytest.approx([3e3, 7e3])
    assert curve.regimes == ("low speed", "intermediate", "high speed")


def test_nno_over_obliquity():
    """A speed v crosses the borders at acos(7/v) and acos(3/v)."""
    curves = against_obliquity(NNO, [8e3, 5e3, 7e3], RHO)
    cap = 65.0 * DEGREE
    expected = (
        [math.acos(7 / 8), cap],
        [math.acos(3 / 5), cap],
        [math.acos(3 / 7), cap],
    )
    for curve, breaks in zip(curves.curves, expected, strict=True):
        assert curve.breaks == pytest.approx(breaks, abs=1e-9)
        assert curve.regimes == ()
        beyond = curve.x > cap
        assert np.ptp(curve.diameter[beyond]) < 1e-15
        assert not curve.valid[beyond].any()
        assert (curve.x[0], curve.x[-1]) == (0.0, math.pi / 2.0)


def test_a_jump_has_both_sides():
    """The ISS equation jumps at 60 deg, where its exponent changes."""
    shield = load_shield("node1_cyl")
    (curve,) = against_obliquity(shield, [1e3], RHO).curves
    jump = shield.angle_breaks[0]
    i = int(np.searchsorted(curve.x, jump))
    assert curve.x[i] == jump
    step = abs(curve.diameter[i] / curve.diameter[i - 1] - 1.0)
    assert curve.x[i] - curve.x[i - 1] < 1e-8
    elsewhere = np.abs(np.diff(np.log(curve.diameter[: i - 1])))
    assert step > 1e-9
    assert elsewhere.max() < 0.05


@pytest.mark.parametrize(
    ("function", "options"),
    [
        (against_speed, {"speeds": (0.0, 1e3)}),
        (against_speed, {"speeds": (2e3, 1e3)}),
        (against_speed, {"points": 1}),
        (against_obliquity, {"obliquities": (0.0, 2.0)}),
        (against_obliquity, {"obliquities": (-0.1, 1.0)}),
    ],
)
def test_bad_ranges(function, options):
    with pytest.raises(InputError, match="curve: "):
        function(NNO, [1.0], RHO, **options)


def test_bad_conditions_are_refused_by_the_equation():
    with pytest.raises(InputError, match="obliquity"):
        against_speed(NNO, [2.0], RHO)
    with pytest.raises(InputError, match="density"):
        against_speed(NNO, [0.0], -1.0)
    with pytest.raises(InputError, match="speed"):
        against_obliquity(NNO, [-1.0], RHO)
