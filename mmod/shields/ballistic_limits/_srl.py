"""Constants that the Schaefer-Ryan-Lambert (SRL) equations share."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mmod.shields.ballistic_limits._regimes import (
    DENSITY_NOTE,
    GUN_DENSITIES,
    WHIPPLE_CAP,
    Border,
    PowerLaw,
    PowerLawLimit,
    Regimes,
    Validity,
)
from mmod.units import CM, DEGREE, KM, KSI

CRITERIA = ("perforation_or_detached_spall",)
EXPONENT = 18.0 / 19.0
REFERENCE_DENSITY = 2780.0
"""Density of the aluminium that composite sheets are turned into [kg/m3]."""
REFERENCE_YIELD = 59.5 * KSI
"""Yield stress of that aluminium [Pa]."""
EXTERNAL_BLANKET = 3.0
"""Bumper thickness that a blanket on the outside is worth, times its areal density
over the bumper density (NASA/TM-2009-214789 p. 42 eq. 125)."""
ANGLE_EDGES = (math.nextafter(45.0 * DEGREE, math.inf), 65.0 * DEGREE)
"""The middle exponents hold above 45 deg and below 65 deg [rad]."""
VALIDITY = Validity(
    speed=(2.0 * KM, 8.0 * KM),
    obliquity=60.0 * DEGREE,
    diameter=(0.08 * CM, 0.5 * CM),
    density=GUN_DENSITIES,
    basis="about 200 shots, 2-8 km/s, 0, 45 and 60 deg, 0.08-0.5 cm (Schaefer et al."
    " 2008); sheets below 0.4 mm aluminium or 1 mm CFRP are questionable"
    " (NASA/TM-2009-214789 p. 24)"
    f"{DENSITY_NOTE}",
)


@dataclass(frozen=True)
class SrlConstants:
    """Constants for one kind of outer bumper [cm, km/s, g/cm3, ksi].

    Parameters
    ----------
    V_LV, V_HV : float
        Regime borders [km/s], divided by the cosine.
    K_3S, K_3D : float
        Wall coefficients of the low and of the high regime.
    K_tw, K_S2 : float
        Weights of the rear wall in the high regime of a triple wall.
    beta, gamma : float
        Exponents of the second standoff and of the rear wall there.
    delta, epsilon : tuple of float
        Cosine exponents up to 45 deg, between, and from 65 deg on.
    """

    V_LV: float
    V_HV: float
    K_3S: float
    K_3D: float
    K_tw: float
    K_S2: float
    beta: float
    gamma: float
    delta: tuple[float, float, float]
    epsilon: tuple[float, float, float]


_SPLIT = (4.0 / 3.0, 5.0 / 4.0, 4.0 / 3.0)
_SPLIT_2 = (8.0 / 3.0, 10.0 / 4.0, 8.0 / 3.0)
_REST = (1.4, 0.4, 1.5, 0.1, 2.0 / 3.0, 1.0 / 3.0, _SPLIT, _SPLIT_2)
SRL_CONSTANTS: dict[str, SrlConstants] = {
    "aluminium": SrlConstants(3.0, 7.0, *_REST),
    "other": SrlConstants(3.0, 7.0, *_REST),
    "blanket": SrlConstants(4.0, 10.0, *_REST),
    "cfrp": SrlConstants(
        4.2, 8.4, 1.1, 0.4, 1.0, 1.0, 1 / 3, 2 / 3, (4 / 3,) * 3, (0.0,) * 3
    ),
}
"""Schaefer et al. 2008 p. 1787-1790; NASA/TM-2009-214789 p. 22-25 Tables 11 and 13."""


def as_reference(thickness: float, density: float) -> float:
    """Return the reference aluminium of the same areal density [m].

    Parameters
    ----------
    thickness, density : float
        The sheet [m], [kg/m3].
    """
    return thickness * density / REFERENCE_DENSITY


def _limit(
    k: SrlConstants, *, strength: float, terms: tuple[tuple[float, float], ...]
) -> PowerLawLimit:
    """Return the limit; terms of the high regime with their share of epsilon."""
    n = EXPONENT
    branches = tuple(
        Regimes(
            (PowerLaw((strength / 0.6) ** n, -2.0 / 3.0 * n, -delta * n, -0.5 * n),),
            tuple(
                PowerLaw(value, -2.0 / 3.0, -delta - share * epsilon, -1.0 / 3.0)
                for value, share in terms
            ),
            Border(k.V_LV, -1.0),
            Border(k.V_HV, -1.0),
        )
        for delta, epsilon in zip(k.delta, k.epsilon, strict=True)
    )
    return PowerLawLimit(branches, VALIDITY, cap=WHIPPLE_CAP, angle_edge=ANGLE_EDGES)


def _high(k: SrlConstants, density: float, wall_yield: float) -> float:
    strength: float = (wall_yield / 70.0) ** (1.0 / 3.0)
    weight: float = k.K_3D ** (-2.0 / 3.0) * density ** (-1.0 / 9.0)
    return 1.155 * strength * weight


def dual_limit(
    k: SrlConstants,
    *,
    bumper: float,
    bumper_density: float,
    standoff: float,
    wall: float,
    wall_yield: float,
) -> PowerLawLimit:
    """Return the limit of two walls.

    Parameters
    ----------
    k : SrlConstants
        Constants of the bumper.
    bumper, bumper_density : float
        Bumper with its blanket [cm], density [g/cm3].
    standoff, wall, wall_yield : float
        Gap [cm], rear wall [cm], [ksi].
    """
    strength = wall / k.K_3S * (wall_yield / 40.0) ** 0.5 + bumper
    high = _high(k, bumper_density, wall_yield)
    high *= standoff ** (1.0 / 3.0) * wall ** (2.0 / 3.0)
    return _limit(k, strength=strength, terms=((high, 0.0),))


def triple_limit(
    k: SrlConstants,
    *,
    outer: float,
    outer_density: float,
    first: float,
    inner: float,
    second: float,
    wall: float,
    wall_yield: float,
) -> PowerLawLimit:
    """Return the limit of three walls.

    Parameters
    ----------
    k : SrlConstants
        Constants of the outer bumper.
    outer, outer_density : float
        Outer bumper with its blanket [cm], density [g/cm3].
    first, inner, second : float
        First gap, inner bumper, second gap [cm].
    wall, wall_yield : float
        Rear wall [cm], [ksi].
    """
    weighted = (wall**0.5 + inner) / k.K_3S
    strength = weighted * (wall_yield / 40.0) ** 0.5 + outer
    high = _high(k, outer_density, wall_yield)
    sheets = high * first ** (1.0 / 3.0) * (inner + k.K_tw * wall) ** (2.0 / 3.0)
    behind = high * k.K_S2 * second**k.beta * wall**k.gamma
    return _limit(k, strength=strength, terms=((sheets, 0.0), (behind, 1.0)))
