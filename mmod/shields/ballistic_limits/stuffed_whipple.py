"""Stuffed Whipple shield: Nextel and Kevlar between bumper and wall."""

from __future__ import annotations

from typing import Literal

from numpy.typing import ArrayLike

from mmod.errors import bad
from mmod.shields.ballistic_limits._handbook import FloatArray, in_handbook_units
from mmod.shields.ballistic_limits._regimes import (
    DENSITY_NOTE,
    GUN_DENSITIES,
    Border,
    PowerLaw,
    PowerLawLimit,
    Regimes,
    Validity,
)
from mmod.units import CM, DEGREE, KM

Transition = Literal["linear", "step"]

CRITERIA = ("perforation_or_detached_spall",)
VALIDITY = Validity(
    speed=(2.94 * KM, 11.42 * KM),
    obliquity=60.0 * DEGREE,
    diameter=(0.67 * CM, 1.59 * CM),
    density=GUN_DENSITIES,
    basis=f"NASA/TM-2009-214789 Table 15{DENSITY_NOTE}",
)
LIGHT, HEAVY = 0.45, 0.60
"""K_H for a stuffing of 10-15 % and of 25-35 % of the shield's mass."""
LIGHT_SHARE, HEAVY_SHARE = 0.15, 0.25


def high_coefficient(share: float, transition: Transition = "linear") -> float:
    """Return K_H of a stuffed shield.

    Parameters
    ----------
    share : float
        Stuffing over the areal density of bumper, stuffing and wall [-].
    transition : {"linear", "step"}
        Between 15 and 25 %: a straight line (default), or 0.45 up to 25 % and 0.60
        from there on, the cautious reading.

    Returns
    -------
    float
        0.45 below 15 %, 0.60 above 25 %.

    Raises
    ------
    InputError
        When the transition is neither.

    Notes
    -----
    The Handbook gives 0.45 for 10-15 % and 0.60 for 25-35 % and nothing else. The
    line between and the constants outside are an engineering choice [estimate]:
    continuous, and never better with less stuffing. Cards choose the cautious reading
    by the equation ``stuffed_whipple.step``, or give ``K_H`` among the coefficients.

    References
    ----------
    .. [1] E. L. Christiansen et al., NASA/TM-2009-214785 (2009), p. 60-61.
    """
    if transition == "step":
        return HEAVY if share >= HEAVY_SHARE else LIGHT
    if transition != "linear":
        raise bad("stuffed_whipple", "transition", transition, "linear or step")
    part = (share - LIGHT_SHARE) / (HEAVY_SHARE - LIGHT_SHARE)
    return LIGHT + (HEAVY - LIGHT) * min(max(part, 0.0), 1.0)


def stuffed_whipple_limit(
    *,
    bumper_areal_density: float,
    stuffing_areal_density: float,
    standoff: float,
    wall_thickness: float,
    wall_density: float,
    wall_yield: float,
    blanket: float = 0.0,
    K_H: float | None = None,
    transition: Transition = "linear",
) -> PowerLawLimit:
    """Return the limit of one shield; parameters as in `stuffed_whipple`."""
    p = in_handbook_units(
        "stuffed_whipple",
        allow_zero=("blanket",),
        bumper_areal_density=(bumper_areal_density, "areal density"),
        stuffing_areal_density=(stuffing_areal_density, "areal density"),
        standoff=(standoff, "length"),
        wall_thickness=(wall_thickness, "length"),
        wall_density=(wall_density, "density"),
        wall_yield=(wall_yield, "yield"),
        blanket=(blanket, "areal density"),
        K_H=(1.0 if K_H is None else K_H, "number"),
    )
    wall = p["wall_thickness"] * p["wall_density"]
    stuffing = p["stuffing_areal_density"]
    share = stuffing / (p["bumper_areal_density"] + stuffing + wall)
    k = high_coefficient(share, transition) if K_H is None else K_H
    front = p["bumper_areal_density"] + stuffing + p["blanket"]
    low = PowerLaw(
        2.35 * (p["wall_thickness"] * (p["wall_yield"] / 40.0) ** 0.5 + 0.37 * front),
        -2.0 / 3.0,
        -4.0 / 3.0,
        -0.5,
    )
    high = PowerLaw(
        k
        * wall ** (1.0 / 3.0)
        * p["standoff"] ** (2.0 / 3.0)
        * (p["wall_yield"] / 40.0) ** (1.0 / 6.0),
        -1.0 / 3.0,
        -0.5,
        -1.0 / 3.0,
    )
    regimes = Regimes((low,), (high,), Border(2.6, -0.5), Border(6.5, -0.75))
    return PowerLawLimit((regimes,), VALIDITY)


def stuffed_whipple(
    speed: ArrayLike,
    obliquity: ArrayLike,
    density: ArrayLike,
    *,
    bumper_areal_density: float,
    stuffing_areal_density: float,
    standoff: float,
    wall_thickness: float,
    wall_density: float,
    wall_yield: float,
    blanket: float = 0.0,
    K_H: float | None = None,
    transition: Transition = "linear",
) -> FloatArray:
    r"""Return the critical diameter of a stuffed Whipple shield.

    With lengths in cm, areal densities in g/cm2, densities in g/cm3, speeds in km/s,
    the yield stress in ksi and c the cosine of the obliquity::

        V >= 6.5 c^(-3/4)  d = K_H (t_w rho_w)^(1/3) rho_p^(-1/3) V^(-1/3) c^(-1/2)
                               S^(2/3) (sigma/40)^(1/6)
        V <= 2.6 c^(-1/2)  d = 2.35 V^(-2/3) c^(-4/3) rho_p^(-1/2)
                               (t_w (sigma/40)^(1/2) + 0.37 m_b)

    and a straight line in V between; m_b is bumper, stuffing and blanket.

    Parameters
    ----------
    speed, obliquity, density : array_like
        Impact speed [m/s], angle from the normal [rad], particle density [kg/m3].
    bumper_areal_density, stuffing_areal_density, blanket : float
        Bumper, Nextel with Kevlar, thermal blanket [kg/m2].
    standoff : float
        Gap between bumper and rear wall [m].
    wall_thickness, wall_density, wall_yield : float
        Rear wall [m], [kg/m3], [Pa].
    K_H : float, optional
        Coefficient of the high regime, given directly.
    transition : {"linear", "step"}
        How K_H passes from 0.45 to 0.60, see `high_coefficient`.

    Returns
    -------
    ndarray
        Critical diameter [m]. Criterion: perforation or detached spall of the rear
        wall.

    Raises
    ------
    InputError
        When a parameter or an impact condition is out of range.

    Notes
    -----
    The blanket counts once in m_b and not in the share of the stuffing. One report
    prints 0.321 in the high formula (eq. 73); that is K_H 6.5^(-1/3), the coefficient
    of the line between. Extrapolated at constant momentum. No angle cap in the source;
    held at 89 deg. Tests: 2.94-11.42 km/s, 0-60 deg, 0.67-1.59 cm.

    References
    ----------
    .. [1] E. L. Christiansen et al., NASA/TM-2009-214785 (2009), p. 58-65, eq. 4-45 to
       4-50.
    .. [2] S. Ryan, E. L. Christiansen, NASA/TM-2009-214789 (2009), p. 26-27, Table 15.
    .. [3] E. L. Christiansen, J. H. Kerr, Int. J. Impact Eng. 26, 93-104 (2001), eq. 7
       to 9. :doi:`10.1016/S0734-743X(01)00070-7`
    """
    return stuffed_whipple_limit(
        bumper_areal_density=bumper_areal_density,
        stuffing_areal_density=stuffing_areal_density,
        standoff=standoff,
        wall_thickness=wall_thickness,
        wall_density=wall_density,
        wall_yield=wall_yield,
        blanket=blanket,
        K_H=K_H,
        transition=transition,
    ).critical_diameter(speed, obliquity, density)
