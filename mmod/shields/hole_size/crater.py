"""Craters in thick aluminium, and whether a plate of some thickness is perforated."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mmod.errors import InputError, Problem, bad
from mmod.shields.ballistic_limits._crater import CraterLaw, diameter_in_cm
from mmod.shields.ballistic_limits._handbook import (
    BoolArray,
    FloatArray,
    Impact,
    in_handbook_units,
)
from mmod.shields.ballistic_limits.single_wall import (
    ALUMINIUM_CRITERIA,
    DENSITY_RATIO,
    HIGH_RATIO_EXPONENT,
)
from mmod.units import CM

DEPTH_OVER_DIAMETER = (0.58, 0.06)
"""Depth over diameter of craters in aluminium: mean, and standard deviation [estimate]."""
_N = 19.0 / 18.0


def crater_depth(
    diameter: ArrayLike,
    speed: ArrayLike,
    obliquity: ArrayLike,
    density: ArrayLike,
    *,
    wall_density: float,
    brinell: float,
    sound_speed: float,
) -> FloatArray:
    r"""Return the depth of the crater in thick aluminium (Cour-Palais).

    With lengths in cm, densities in g/cm3, speeds in km/s and c the cosine of the
    obliquity::

        P = 5.24 d^(19/18) HB^(-1/4) (rho_p/rho_t)^e (V c/C)^(2/3)

    with e = 1/2 for rho_p/rho_t < 1.5 and 2/3 from there on.

    Parameters
    ----------
    diameter : array_like
        Particle [m].
    speed, obliquity, density : array_like
        Impact speed [m/s], angle from the normal [rad], particle density [kg/m3].
    wall_density, brinell, sound_speed : float
        Target [kg/m3], Brinell number [-], sound speed [m/s].

    Returns
    -------
    ndarray
        Depth [m], of the broadcast shape.

    Raises
    ------
    InputError
        When a number is out of range.

    Notes
    -----
    The depth whose inverse is `mmod.shields.ballistic_limits.single_wall`; the same
    range: 0-85 deg, below 8 km/s, 0.05-1.27 cm. Held at 89 deg.

    References
    ----------
    .. [1] E. L. Christiansen et al., NASA/TM-2009-214785 (2009), p. 34-35, eq. 4-1, 4-2.
    """
    p = in_handbook_units(
        "crater",
        wall_density=(wall_density, "density"),
        brinell=(brinell, "number"),
        sound_speed=(sound_speed, "speed"),
    )
    particle = diameter_in_cm("crater", diameter)
    impact = Impact.from_si(speed, obliquity, density)
    depths = []
    for exponent in (0.5, HIGH_RATIO_EXPONENT):
        constant = 5.24 * p["brinell"] ** -0.25 * p["wall_density"] ** -exponent
        constant *= p["sound_speed"] ** (-2.0 / 3.0)
        depths.append(CraterLaw(constant, _N, exponent).depth(particle, impact))
    heavy = impact.density >= DENSITY_RATIO * p["wall_density"]
    return np.asarray(np.where(heavy, depths[1], depths[0]) * CM)


def crater_diameter(
    depth: ArrayLike, ratio: float = DEPTH_OVER_DIAMETER[0]
) -> FloatArray:
    """Return the diameter of a crater in thick aluminium from its depth.

    Parameters
    ----------
    depth : array_like
        Depth [m], > 0.
    ratio : float
        Depth over diameter [1]; 0.58 +- 0.06 by default.

    Returns
    -------
    ndarray
        Diameter [m].

    Raises
    ------
    InputError
        When a depth or the ratio is not finite and positive.

    Notes
    -----
    Craters found on the LDEF have 0.56 to 0.60 (normal impacts), not the 0.5 of a
    hemisphere; the spread of 0.06 is an [estimate].

    References
    ----------
    .. [1] S. G. Love, D. E. Brownlee, N. L. King, F. Hörz, NTRS 19940031652.
    """
    if not 0.0 < ratio < np.inf:
        raise bad("crater", "ratio", ratio, "finite, > 0")
    return np.asarray(diameter_in_cm("crater", depth) * CM / ratio)


def perforates(
    thickness: float, depth: ArrayLike, criterion: str = "perforation"
) -> BoolArray:
    """Return whether a plate fails under a crater of some depth in thick material.

    Parameters
    ----------
    thickness : float
        Plate [m].
    depth : array_like
        Depth in thick material [m], > 0.
    criterion : {"perforation", "detached_spall", "incipient_spall"}
        Fails for a thickness up to 1.8, 2.2 or 3.0 depths.

    Returns
    -------
    ndarray of bool
        True where it fails.

    Raises
    ------
    InputError
        When a number is out of range or the criterion is unknown.

    References
    ----------
    .. [1] E. L. Christiansen et al., NASA/TM-2009-214785 (2009), p. 35, eq. 4-3 to 4-5.
    """
    problems = []
    if not 0.0 < thickness < np.inf:
        problems.append(Problem("crater", "thickness", thickness, "finite, > 0 [m]"))
    if criterion not in ALUMINIUM_CRITERIA:
        expected = f"one of {', '.join(ALUMINIUM_CRITERIA)}"
        problems.append(Problem("crater", "criterion", criterion, expected))
    if problems:
        raise InputError(problems)
    deep = diameter_in_cm("crater", depth) * CM
    return np.asarray(thickness <= ALUMINIUM_CRITERIA[criterion] * deep)
