"""Compiled elements of the thin-bumper Whipple equations (centimetres, km/s, g/cm3).

Imported when a value is asked for, so that importing the package loads no compiler.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from mmod.kernel._jit import jit
from mmod.shields.ballistic_limits._handbook import FloatArray

JSC, JSC_MODIFIED, REIMERDES = 0, 1, 2
"""Codes of the three forms."""
HYPERVELOCITY = 7.0
LOW_POWER = -12.0 / 19.0
# Piekutowski's onset of the JSC forms
ONSET_COEFFICIENT = 1.436
ONSET_THICK = 2.60
ONSET_RATIO = 0.16
# Reimerdes' onset, 1.853 + 0.397 (t_b/d)^(-0.565)
LEAST_ONSET = 1.853
ONSET_SCALE = 0.397
ONSET_POWER = 0.565
_CLOSE = 1e-9
"""One more step of Newton from here is exact to rounding (at a kink to 1e-10)."""
_TOLERANCE = 1e-14
_STEPS = 100
_NEWTON_STEPS = 12


class Shape(NamedTuple):
    """What the elements need to know of a shield.

    Parameters
    ----------
    form : int
        JSC, JSC_MODIFIED or REIMERDES.
    low : float
        Coefficient of the low regime.
    high : float
        Coefficient of the high regime, bumper thick enough.
    ratio : float
        Coefficient of r, the wall needed without a bumper over the wall needed with
        the best one.
    decay : float
        r falls with d^(-decay/9).
    bumper, standoff : float
        Bumper thickness and standoff [cm].
    bumper_density : float
        [g/cm3].
    caught : float
        What a blanket inside adds above the onset [cm].
    onset_limit : float
        Highest normal speed of the onset [km/s].
    """

    form: int
    low: float
    high: float
    ratio: float
    decay: float
    bumper: float
    standoff: float
    bumper_density: float
    caught: float
    onset_limit: float


@jit
def low_diameter(cosine: float, density: float, shape: Shape) -> float:
    """Return the low regime at an impact speed of 1 km/s [cm]."""
    power = float(np.cbrt(cosine * cosine))
    if shape.form == REIMERDES:
        power *= density**0.518
    else:
        power *= cosine * math.sqrt(density)
    return float(shape.low * power ** (-18.0 / 19.0))


@jit
def bare_ratio(normal: float, cosine: float, density: float, shape: Shape) -> float:
    """Return r for a particle of 1 cm at a normal speed [km/s]."""
    speed = normal if shape.form == JSC_MODIFIED else HYPERVELOCITY
    ratio = shape.ratio / float(np.cbrt(speed))
    if shape.form == REIMERDES:
        return float(ratio * density ** (0.352 + 1.0 / 6.0 - 0.5))
    return ratio * cosine


@jit
def thick_enough(diameter: float, density: float, shape: Shape) -> float:
    """Return q d, the bumper [cm] from which on its thickness is no penalty.

    The modified q0 (0.20 for S/d >= 30, 0.25 for S/d <= 15, linear in S/d between)
    makes q0 d three straight lines in d.
    """
    standoff = shape.standoff
    if shape.form != JSC_MODIFIED:
        return (0.20 if standoff >= 30.0 * diameter else 0.25) * diameter
    between = max(0.20 * diameter, 0.30 * diameter - standoff / 300.0)
    return min(between, 0.25 * diameter) * density / shape.bumper_density


@jit
def onset_speed(low: float, shape: Shape) -> float:
    """Return the normal speed [km/s] at which the projectile begins to shatter.

    JSC: t_b (V/1.436)^3 = low V^(-12/19), or 2.60 where t_b/d >= 0.16. Reimerdes:
    with z = ln(V - 1.853), z/0.565 + (12/19) ln V = constant, which is convex and
    rises: Newton's steps come down to the root from the second on.

    Parameters
    ----------
    low : float
        Low regime at 1 km/s and the actual obliquity [cm].
    shape : Shape
        The shield.
    """
    if shape.form != REIMERDES:
        thin = float((low * ONSET_COEFFICIENT**3 / shape.bumper) ** (19.0 / 69.0))
        thick = thin <= ONSET_COEFFICIENT * ONSET_RATIO ** (-1.0 / 3.0)
        return min(ONSET_THICK if thick else thin, shape.onset_limit)
    wanted = math.log(low / shape.bumper) + math.log(ONSET_SCALE) / ONSET_POWER
    z = ONSET_POWER * (wanted + LOW_POWER * math.log(LEAST_ONSET))
    speed = LEAST_ONSET + math.exp(z)
    for _ in range(_STEPS):
        excess = z / ONSET_POWER - LOW_POWER * math.log(speed) - wanted
        slope = 1.0 / ONSET_POWER - LOW_POWER * (1.0 - LEAST_ONSET / speed)
        z -= excess / slope
        speed = LEAST_ONSET + math.exp(z)
        if abs(excess) < _TOLERANCE * slope:
            break
    return min(speed, shape.onset_limit)


@jit
def _steepness(diameter: float, shape: Shape) -> float:
    """Return the derivative of ln(q d) by ln d."""
    if shape.form != JSC_MODIFIED:
        return 1.0
    between = 0.30 * diameter - shape.standoff / 300.0
    if between <= 0.20 * diameter or between >= 0.25 * diameter:
        return 1.0
    return 0.30 * diameter / between


@jit
def high_diameter(normal: float, ratio: float, density: float, shape: Shape) -> float:
    """Return the root d of d F2(d)^(2/3) = C at a normal speed [km/s].

    With y = d^(1/9) the JSC forms have whole powers of y only. The left side rises
    with y, also over the jump of F2 at S/d = 30, so a bracket closes on the only root
    or on the jump itself. Newton on logarithms, in which the left side is nearly
    straight, takes three to five steps from C; steps that leave the bracket, and all
    after the twelfth (a jump), are bisections.

    Parameters
    ----------
    normal : float
        Normal speed [km/s].
    ratio : float
        r for a particle of 1 cm, `bare_ratio`.
    density : float
        Particle density [g/cm3].
    shape : Shape
        The shield.
    """
    top = shape.high / float(np.cbrt(density * normal * normal))
    if shape.bumper >= thick_enough(top, density, shape):
        return top
    scale = 1.0 / (top * top * top)
    y = float(np.cbrt(np.cbrt(top)))
    lower, upper = 0.0, y
    for step in range(_STEPS):
        y2 = y * y
        y4 = y2 * y2
        d = y4 * y4 * y
        u = shape.bumper / thick_enough(d, density, shape)
        f2, slope = 1.0, 27.0
        if u < 1.0:
            r = ratio / (y4 if shape.decay == 4.0 else y**shape.decay)
            if r > 1.0:
                t = 1.0 - u
                f2 += (r - 1.0) * t * t
                steep = 18.0 * (r - 1.0) * u * _steepness(d, shape)
                slope += 2.0 * t * (steep - shape.decay * r * t) / f2
        excess = math.log(d * d * d * f2 * f2 * scale)
        if excess < 0.0:
            lower = y
        else:
            upper = y
        x = excess / slope
        y *= 1.0 - x * (1.0 - x * (0.5 - x / 6.0))
        if abs(excess) < _CLOSE:
            return float(y**9)
        if not lower < y < upper or step >= _NEWTON_STEPS:
            y = 0.5 * (lower + upper)
            if upper - lower < _TOLERANCE * upper:
                return float(y**9)
    return float(y**9)


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
            ratio = bare_ratio(normal, c, rho, shape)
            out[i] = high_diameter(normal, ratio, rho, shape) + shape.caught
            continue
        low = low_diameter(c, rho, shape)
        onset = onset_speed(low, shape)
        if normal <= onset:
            out[i] = low * speed[i] ** LOW_POWER
            continue
        first = low * (onset / c) ** LOW_POWER
        ratio = bare_ratio(HYPERVELOCITY, c, rho, shape)
        last = high_diameter(HYPERVELOCITY, ratio, rho, shape) + shape.caught
        out[i] = first + (last - first) * (normal - onset) / (HYPERVELOCITY - onset)
