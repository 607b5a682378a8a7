"""Two-wall Whipple shield struck by an ellipsoid: NNO with a shape factor."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from numpy.typing import ArrayLike

from mmod.errors import bad
from mmod.shields.ballistic_limits._handbook import FloatArray, in_handbook_units
from mmod.shields.ballistic_limits._regimes import (
    DENSITY_NOTE,
    GUN_DENSITIES,
    WHIPPLE_CAP,
    Border,
    PowerLawLimit,
    Regimes,
    Validity,
)
from mmod.shields.ballistic_limits.whipple_nno import nno_terms
from mmod.units import KM

CRITERIA = ("perforation_or_detached_spall",)
RATIOS = (0.42, 1.53)
"""Smallest and largest length over diameter in the tests."""
VALIDITY = Validity(
    speed=(0.85 * KM, 6.76 * KM),
    obliquity=0.0,
    density=GUN_DENSITIES,
    basis="39 shots on aluminium, 0.85-6.76 km/s, normal incidence, no yaw, length over"
    " diameter 0.42, 1.0 and 1.53 (NASA/TM-2009-214789 p. 39-40)"
    f"{DENSITY_NOTE}",
)
OUTSIDE = replace(
    VALIDITY,
    speed=(math.inf, 0.0),
    basis=f"{VALIDITY.basis}; this ratio is outside",
)
"""Range for any other ratio: empty."""
A1, B1, B2, B3 = 0.08, 0.25, 0.4, 1.4
"""Constants of NASA/TM-2009-214789 Table 21; its a2, 0.3, is not used."""
COMPUTED_RATIOS = (0.2, 3.0)
"""Beyond, the high regime falls by more than a factor of ten: refused [our limit]."""


@dataclass(frozen=True)
class ShapeFactors:
    """What the shape of the particle multiplies in the NNO equations [-].

    Parameters
    ----------
    low, high : float
        Critical diameter in the low and in the high regime.
    onset, hypervelocity : float
        Normal speed of the two regime borders.
    """

    low: float
    high: float
    onset: float
    hypervelocity: float


def shape_factors(length_to_diameter: float) -> ShapeFactors:
    """Return the factors of an ellipsoid of revolution that flies along its axis.

    With f = length/diameter: low f^(-0.08 * 18/19), onset f^0.08, high
    f^0.25 / 1.4^((f - 1)^2/0.4), hypervelocity f^0.25. All are 1 for the sphere.

    Parameters
    ----------
    length_to_diameter : float
        Length along the flight over diameter across it, f > 0 [-].

    Returns
    -------
    ShapeFactors
        Factors on the NNO equations.

    Raises
    ------
    InputError
        When f is not within 0.2 to 3.

    Notes
    -----
    The text of the page names a2 = 0.3 for the low regime, its equation 118 prints
    a1 = 0.08; the equation is followed. Tests: f = 0.42, 1.0 and 1.53 only. The factor
    of the high regime falls to both sides of f = 1.3, without bound; f outside 0.2
    to 3 is refused.

    References
    ----------
    .. [1] S. Ryan, E. L. Christiansen, NASA/TM-2009-214789 (2009), p. 39-40 eq. 118 to
       120, Table 21.
    """
    f = in_handbook_units(
        "whipple.nno_ellipsoid", length_to_diameter=(length_to_diameter, "number")
    )["length_to_diameter"]
    if not COMPUTED_RATIOS[0] <= f <= COMPUTED_RATIOS[1]:
        expected = f"{COMPUTED_RATIOS[0]:g} to {COMPUTED_RATIOS[1]:g}"
        raise bad("whipple.nno_ellipsoid", "length_to_diameter", f, expected)
    return ShapeFactors(
        low=f ** (-A1 * 18.0 / 19.0),
        high=f**B1 / B3 ** ((f - 1.0) ** 2 / B2),
        onset=f**A1,
        hypervelocity=f**B1,
    )


def whipple_nno_ellipsoid_limit(
    *,
    bumper_thickness: float,
    bumper_density: float,
    standoff: float,
    wall_thickness: float,
    wall_yield: float,
    length_to_diameter: float,
) -> PowerLawLimit:
    """Return the limit of one shield; parameters as in `whipple_nno_ellipsoid`."""
    p = in_handbook_units(
        "whipple.nno_ellipsoid",
        bumper_thickness=(bumper_thickness, "length"),
        bumper_density=(bumper_density, "density"),
        standoff=(standoff, "length"),
        wall_thickness=(wall_thickness, "length"),
        wall_yield=(wall_yield, "yield"),
        length_to_diameter=(length_to_diameter, "number"),
    )
    low, high = nno_terms(p, p["bumper_thickness"])
    factors = shape_factors(length_to_diameter)
    regimes = Regimes(
        (replace(low, coefficient=low.coefficient * factors.low),),
        (replace(high, coefficient=high.coefficient * factors.high),),
        Border(3.0 * factors.onset, -1.0),
        Border(7.0 * factors.hypervelocity, -1.0),
    )
    tested = RATIOS[0] <= length_to_diameter <= RATIOS[1]
    validity = VALIDITY if tested else OUTSIDE
    return PowerLawLimit((regimes,), validity, cap=WHIPPLE_CAP)


def whipple_nno_ellipsoid(
    speed: ArrayLike,
    obliquity: ArrayLike,
    density: ArrayLike,
    *,
    bumper_thickness: float,
    bumper_density: float,
    standoff: float,
    wall_thickness: float,
    wall_yield: float,
    length_to_diameter: float,
) -> FloatArray:
    r"""Return the critical ellipsoid of a Whipple shield, as a sphere of its mass.

    The NNO equations with the factors of `shape_factors`. With lengths in cm, densities
    in g/cm3, speeds in km/s, the yield stress in ksi, c the cosine of the obliquity
    (capped at 65 deg) and f = length/diameter::

        V <= 3 f^0.08/c  d = [(t_w (sigma/40)^(1/2) + t_b)
                              / (0.6 c^(5/3) rho_p^(1/2) V^(2/3) f^0.08)]^(18/19)
        V >= 7 f^0.25/c  d = 3.918 t_w^(2/3) rho_p^(-1/3) rho_b^(-1/9) (V c)^(-2/3)
                             S^(1/3) (sigma/70)^(1/3) f^0.25 / 1.4^((f - 1)^2/0.4)

    and a straight line in V between.

    Parameters
    ----------
    speed, obliquity, density : array_like
        Impact speed [m/s], angle from the normal [rad], particle density [kg/m3].
    bumper_thickness, bumper_density : float
        Outer sheet [m], [kg/m3].
    standoff : float
        Gap between bumper and rear wall [m].
    wall_thickness, wall_yield : float
        Rear wall [m] and its 0.2 % yield stress [Pa].
    length_to_diameter : float
        Length of the ellipsoid along its flight over its diameter across, f > 0 [-].

    Returns
    -------
    ndarray
        Diameter [m] of the sphere that weighs as much as the critical ellipsoid, mass
        pi d^3 rho_p/6. Criterion: perforation or detached spall of the rear wall.

    Raises
    ------
    InputError
        When a parameter or an impact condition is out of range.

    Notes
    -----
    For aluminium shields, normal incidence and particles that fly along their axis;
    other obliquities are computed with the cosines of the NNO equations and marked as
    extrapolated, as is every f outside 0.42 to 1.53. f = 1 is `whipple_nno`. The source
    has no blankets. See `shape_factors` for a contradiction in print.

    References
    ----------
    .. [1] S. Ryan, E. L. Christiansen, NASA/TM-2009-214789 (2009), p. 39-40 eq. 118 to
       120, Table 21.
    """
    return whipple_nno_ellipsoid_limit(
        bumper_thickness=bumper_thickness,
        bumper_density=bumper_density,
        standoff=standoff,
        wall_thickness=wall_thickness,
        wall_yield=wall_yield,
        length_to_diameter=length_to_diameter,
    ).critical_diameter(speed, obliquity, density)
