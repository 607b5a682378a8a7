"""Compiled elements of the thin-bumper Whipple equations (centimetres, km/s, g/cm3).

Imported by `whipple_jsc` when a value is asked for, so that importing the package
loads no compiler.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from mmod.kernel._jit import jit
from mmod.shields.ballistic_limits._handbook import FloatArray

ONSET_COEFFICIENT = 1.436
ONSET_THICK = 2.60
ONSET_RATIO = 0.16
HYPERVELOCITY = 7.0
TOLERANCE = 1e-14
LOW_POWER = -12.0 / 19.0
_STEPS = 160
_ONSET_POWER = 19.0 / 69.0


class Shape(NamedTuple):
    """What the elements need to know of a shield.

    Parameters
    ----------
    low : float
        Coefficient of the low regime.
    high : float
        Coefficient of the high regime, bumper thick enough.
    ratio : float
        Coefficient of r, the wall needed without a bumper over the wall needed with
        the best one.
    bumper, standoff : float
        Bumper thickness and standoff [cm].
    bumper_density : float
        [g/cm3].
    caught : float
        What a blanket inside adds above the onset [cm].
    onset_limit : float
        Highest normal speed of the onset [km/s].
    modified : bool
        JSC modified instead of JSC.
    """

    low: float
    high: float
    ratio: float
    bumper: float
    standoff: float
    bumper_density: float
    caught: float
    onset_limit: float
    modified: bool


@jit
def thick_enough(diameter: float, density: float, shape: Shape) -> float:
    """Return q d, the bumper [cm] from which on its thickness is no penalty.

    The modified q0 (0.20 for S/d >= 30, 0.25 for S/d <= 15, linear in S/d between)
    makes q0 d three straight lines in d.
    """
    standoff = shape.standoff
    if not shape.modified:
        return (0.20 if standoff >= 30.0 * diameter else 0.25) * diameter
    between = max(0.20 * diameter, 0.30 * diameter - standoff / 300.0)
    return min(between, 0.25 * diameter) * density / shape.bumper_density


@jit
def onset_speed(low: float, shape: Shape) -> float:
    """Return the normal speed [km/s] at which the projectile begins to shatter.

    Parameters
    ----------
    low : float
        Low regime at 1 km/s and the actual obliquity [cm].
    shape : Shape
        The shield.
    """
    thin = (low * ONSET_COEFFICIENT**3 / shape.bumper) ** _ONSET_POWER
    thick = thin <= ONSET_COEFFICIENT * ONSET_RATIO ** (-1.0 / 3.0)
    return min(ONSET_THICK if thick else thin, shape.onset_limit)


@jit
def _excess(
    y: float, ratio: float, wanted: float, density: float, shape: Shape
) -> float:
    """Return d^3 F2(d)^2 over its wanted value, less one, for d = y^9."""
    y2 = y * y
    y4 = y2 * y2
    d = y4 * y4 * y
    f2 = 1.0
    thinness = 1.0 - shape.bumper / thick_enough(d, density, shape)
    if thinness > 0.0:
        f2 = 1.0 + max(ratio / y4 - 1.0, 0.0) * thinness * thinness
    return d * d * d * f2 * f2 / wanted - 1.0


@jit
def high_diameter(normal: float, cosine: float, density: float, shape: Shape) -> float:
    """Return the root d of d F2(d)^(2/3) = C at a normal speed [km/s].

    With y = d^(1/9) the equation has whole powers of y only. Its left side rises
    with y, also over the jump of F2 at S/d = 30, so a bracket closes on the only root
    or on the jump itself: false position, with a bisection at every third step.
    """
    top = float(shape.high / np.cbrt(density * normal * normal))
    if shape.bumper >= thick_enough(top, density, shape):
        return top
    ratio = shape.ratio * cosine / np.cbrt(normal if shape.modified else HYPERVELOCITY)
    wanted = top * top * top
    upper = top ** (1.0 / 9.0)
    above = _excess(upper, ratio, wanted, density, shape)
    lower = min(upper, (wanted / (ratio * ratio)) ** (1.0 / 19.0))
    below = _excess(lower, ratio, wanted, density, shape)
    if below >= 0.0 or above <= 0.0:
        return float((lower if below >= 0.0 else upper) ** 9)
    last = 0
    for step in range(_STEPS):
        if step % 3 == 2:
            y = 0.5 * (lower + upper)
        else:
            y = upper - above * (upper - lower) / (above - below)
        value = _excess(y, ratio, wanted, density, shape)
        if value < 0.0:
            lower, below = y, value
            if last < 0:
                above *= 0.5
            last = -1
        else:
            upper, above = y, value
            if last > 0:
                below *= 0.5
            last = 1
        if abs(value) < TOLERANCE or upper - lower < TOLERANCE * upper:
            return float(y**9)
    return float((0.5 * (lower + upper)) ** 9)


@jit
def diameters(
    speed: FloatArray,
    cosine: FloatArray,
    density: FloatArray,
    shape: Shape,
    out: FloatArray,
) -> None:
    """Fill in the critical diameters [cm] of flat arrays of impact conditions."""
    for i in range(speed.size):
        c = cosine[i]
        rho = density[i]
        normal = speed[i] * c
        if normal >= HYPERVELOCITY:
            out[i] = high_diameter(normal, c, rho, shape) + shape.caught
            continue
        low = shape.low * (c * np.cbrt(c * c) * math.sqrt(rho)) ** (-18.0 / 19.0)
        onset = onset_speed(low, shape)
        if normal <= onset:
            out[i] = low * speed[i] ** LOW_POWER
            continue
        first = low * (onset / c) ** LOW_POWER
        last = high_diameter(HYPERVELOCITY, c, rho, shape) + shape.caught
        out[i] = first + (last - first) * (normal - onset) / (HYPERVELOCITY - onset)
