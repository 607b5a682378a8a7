"""Ballistic limit curves: critical diameter over speed or obliquity, with its regimes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike

from mmod.errors import InputError, Problem
from mmod.shields.ballistic_limits._handbook import (
    RIGHT_ANGLE,
    BoolArray,
    FloatArray,
)
from mmod.shields.ballistic_limits._thin_bumper_limit import ThinBumperLimit
from mmod.units import KM

SPEEDS = (0.5 * KM, 20.0 * KM)
"""Range of the curves over speed [m/s]."""
POINTS = 400
_NARROW, _EDGE = 1e-9, 1e-4
_SEARCH = 1441
_NAMES = ("low speed", "intermediate", "high speed")
"""Names of the regimes: projectile intact, between, molten or vapour."""


class HasLimit(Protocol):
    """A shield, or an equation with a shield put in."""

    @property
    def angle_breaks(self) -> tuple[float, ...]:
        """Obliquities at which the critical diameter kinks or jumps [rad]."""

    def critical_diameter(
        self, speed: ArrayLike, obliquity: ArrayLike, density: ArrayLike
    ) -> FloatArray:
        """Return the critical diameter [m]."""

    def valid(
        self, speed: ArrayLike, obliquity: ArrayLike, density: ArrayLike
    ) -> BoolArray:
        """Return where the equation is inside the range of its tests."""

    def speed_breaks(self, obliquity: ArrayLike, density: ArrayLike) -> FloatArray:
        """Return the speeds of kinks and jumps [m/s]."""


@dataclass(frozen=True)
class Curve:
    """Critical diameter along speed or obliquity.

    Parameters
    ----------
    held : float
        Obliquity [rad] or speed [m/s] of this curve.
    x : ndarray
        Speed [m/s] or obliquity [rad], not decreasing; a jump has two points that lie
        close together.
    diameter : ndarray
        Critical diameter [m].
    valid : ndarray of bool
        False where it is an extrapolation beyond the tests.
    breaks : ndarray
        Where it kinks or jumps, inside the range of x.
    borders : ndarray
        Those of the breaks that are borders between speed regimes. Empty where that is
        not known, and for curves over obliquity.
    regimes : tuple of str
        Names of the regimes between the borders, one more than there are borders; empty
        where no border is known.
    """

    held: float
    x: FloatArray
    diameter: FloatArray
    valid: BoolArray
    breaks: FloatArray
    borders: FloatArray
    regimes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Curves:
    """Curves of one shield for one particle density.

    Parameters
    ----------
    against : {"speed", "obliquity"}
        What x is.
    density : float
        Particle density [kg/m3].
    curves : tuple of Curve
        One for each obliquity or speed that is held.
    """

    against: Literal["speed", "obliquity"]
    density: float
    curves: tuple[Curve, ...]


def against_speed(
    limit: HasLimit,
    obliquities: Sequence[float],
    density: float,
    *,
    speeds: tuple[float, float] = SPEEDS,
    points: int = POINTS,
) -> Curves:
    """Return the critical diameter against speed at several obliquities.

    Parameters
    ----------
    limit : Shield or Limit
        The shield.
    obliquities : sequence of float
        Angles from the surface normal [rad], 0 to pi/2.
    density : float
        Particle density [kg/m3].
    speeds : tuple of float
        First and last speed [m/s].
    points : int
        Number of equal steps; points at kinks and jumps are added.

    Returns
    -------
    Curves
        One curve an obliquity.

    Raises
    ------
    InputError
        When a value is out of range.
    """
    low, high = speeds
    _check_range("speed", low, high, 0.0, np.inf, points)
    curves = []
    for angle in obliquities:
        listed = limit.speed_breaks(angle, density)
        breaks = _inside(listed, low, high)
        x = _grid(low, high, points, breaks)
        diameter = limit.critical_diameter(x, angle, density)
        borders, regimes = _regimes(limit, listed, low, high)
        valid = limit.valid(x, angle, density)
        curves.append(Curve(angle, x, diameter, valid, breaks, borders, regimes))
    return Curves("speed", density, tuple(curves))


def against_obliquity(
    limit: HasLimit,
    speeds: Sequence[float],
    density: float,
    *,
    obliquities: tuple[float, float] = (0.0, RIGHT_ANGLE),
    points: int = POINTS,
) -> Curves:
    """Return the critical diameter against obliquity at several speeds.

    Parameters
    ----------
    limit : Shield or Limit
        The shield.
    speeds : sequence of float
        Impact speeds [m/s].
    density : float
        Particle density [kg/m3].
    obliquities : tuple of float
        First and last angle from the surface normal [rad].
    points : int
        Number of equal steps; points at kinks and jumps are added.

    Returns
    -------
    Curves
        One curve a speed. Breaks are the obliquities at which the equation itself
        changes and those at which the speed crosses a border of its regimes.

    Raises
    ------
    InputError
        When a value is out of range.
    """
    low, high = obliquities
    _check_range("obliquity", low, high, -_NARROW, RIGHT_ANGLE + _NARROW, points)
    nodes = np.linspace(low, high, _SEARCH)
    borders = limit.speed_breaks(nodes, density)
    curves = []
    for speed in speeds:
        crossed = [
            _crossing(
                limit, speed, density, index, float(nodes[i]), float(nodes[i + 1])
            )
            for index in range(borders.shape[-1])
            for i in np.flatnonzero(np.diff(borders[:, index] > speed))
        ]
        breaks = _inside(np.array([*limit.angle_breaks, *crossed]), low, high)
        x = _grid(low, high, points, breaks)
        diameter = limit.critical_diameter(speed, x, density)
        valid = limit.valid(speed, x, density)
        curves.append(Curve(speed, x, diameter, valid, breaks, np.zeros(0)))
    return Curves("obliquity", density, tuple(curves))


def _check_range(
    key: str, low: float, high: float, least: float, most: float, points: int
) -> None:
    problems = []
    if not (least < low < high <= most):
        problems.append(
            Problem("curve", key, (low, high), "two values in range, the lower first")
        )
    if points < 2:
        problems.append(Problem("curve", "points", points, "at least 2"))
    if problems:
        raise InputError(problems)


def _inside(breaks: FloatArray, low: float, high: float) -> FloatArray:
    """Return the breaks inside the range and not at its ends, each once."""
    margin = _EDGE * (high - low) if np.isfinite(high) else 0.0
    kept = np.sort(breaks[(breaks > low + margin) & (breaks < high - margin)])
    apart = np.diff(kept, prepend=-np.inf) > 1e3 * _NARROW * np.abs(kept)
    return np.asarray(kept[apart])


def _grid(low: float, high: float, points: int, breaks: FloatArray) -> FloatArray:
    """Return equal steps, and both sides of each break."""
    sides = np.concatenate([breaks * (1.0 - _NARROW), breaks, breaks * (1.0 + _NARROW)])
    return np.unique(np.concatenate([np.linspace(low, high, points + 1), sides]))


def _regimes(
    limit: HasLimit, listed: FloatArray, low: float, high: float
) -> tuple[FloatArray, tuple[str, ...]]:
    """Return the regime borders inside the range, and the names between them.

    Two different breaks are the borders; of the many breaks of thin-bumper equations
    the first two are, the others are kinks in the high regime.
    """
    inner = getattr(limit, "limit", limit)
    if isinstance(inner, ThinBumperLimit):
        listed = listed[:2]
    if listed.size != len(_NAMES) - 1:
        listed = _inside(listed, 0.0, np.inf)
    if listed.size != len(_NAMES) - 1:
        return np.zeros(0), ()
    kept = [
        name
        for name, start, end in zip(
            _NAMES, (-np.inf, *listed), (*listed, np.inf), strict=True
        )
        if start < high and end > low and end > start
    ]
    return _inside(listed, low, high), tuple(kept)


def _crossing(
    limit: HasLimit, speed: float, density: float, index: int, low: float, high: float
) -> float:
    """Return the obliquity at which a border has a speed, between two nodes."""

    def above(angle: float) -> bool:
        return bool(limit.speed_breaks(angle, density)[index] > speed)

    first = above(low)
    for _ in range(50):
        middle = 0.5 * (low + high)
        if above(middle) == first:
            low = middle
        else:
            high = middle
    return high
