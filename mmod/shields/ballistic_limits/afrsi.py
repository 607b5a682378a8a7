"""Flexible insulation (AFRSI): crater depth, and on composite honeycomb."""

from __future__ import annotations

from numpy.typing import ArrayLike

from mmod.shields.ballistic_limits._composite_honeycomb import (
    panel_and_wall_limit,
    panel_limit,
)
from mmod.shields.ballistic_limits._crater import (
    UNSTATED,
    CraterLaw,
    diameter_in_cm,
)
from mmod.shields.ballistic_limits._handbook import (
    FloatArray,
    Impact,
    in_handbook_units,
)
from mmod.shields.ballistic_limits._regimes import PowerLawLimit
from mmod.units import CM

CRITERIA = ("perforation",)
DEPTH = CraterLaw(1.44)
"""Depth in the insulation."""
LOW = 2.19
"""Constant of the panel at and below 2.5 km/s."""
HIGH = 2.0
"""Constant of the panel at and above 7 km/s."""


def afrsi_depth(
    diameter: ArrayLike, speed: ArrayLike, obliquity: ArrayLike, density: ArrayLike
) -> FloatArray:
    r"""Return the depth of the cavity in flexible insulation (AFRSI).

    With lengths in cm, density in g/cm3, speed in km/s and c the cosine of the
    obliquity::

        P = 1.44 d rho_p^(1/2) (V c)^(2/3)

    Parameters
    ----------
    diameter : array_like
        Particle [m].
    speed, obliquity, density : array_like
        Impact speed [m/s], angle from the normal [rad], particle density [kg/m3].

    Returns
    -------
    ndarray
        Depth [m], of the broadcast shape.

    Raises
    ------
    InputError
        When a diameter or an impact condition is out of range.

    Notes
    -----
    The density of the insulation is in the constant. Held at 89 deg.

    References
    ----------
    .. [1] E. L. Christiansen et al., NASA/TM-2009-214785 (2009), p. 90.
    """
    particle = diameter_in_cm("afrsi", diameter)
    return DEPTH.depth(particle, Impact.from_si(speed, obliquity, density)) * CM


def afrsi_limit(*, depth: float) -> PowerLawLimit:
    """Return the limit of the insulation; parameters as in `afrsi`."""
    p = in_handbook_units("afrsi", depth=(depth, "length"))
    return DEPTH.limit(p["depth"], UNSTATED)


def afrsi(
    speed: ArrayLike, obliquity: ArrayLike, density: ArrayLike, *, depth: float
) -> FloatArray:
    r"""Return the particle whose cavity in AFRSI is as deep as allowed.

    With lengths in cm, density in g/cm3, speed in km/s and c the cosine of the
    obliquity::

        P = 1.44 d rho_p^(1/2) (V c)^(2/3)
        d_c = P_c / (1.44 rho_p^(1/2) (V c)^(2/3))

    Parameters
    ----------
    speed, obliquity, density : array_like
        Impact speed [m/s], angle from the normal [rad], particle density [kg/m3].
    depth : float
        P_c, the depth that fails [m]: the insulation's thickness, or less.

    Returns
    -------
    ndarray
        Critical diameter [m]. Criterion: crater depth.

    Raises
    ------
    InputError
        When the depth or an impact condition is out of range.

    Notes
    -----
    The density of the insulation is in the constant. No range of tests is known here
    [estimate]. No angle cap; held at 89 deg.

    References
    ----------
    .. [1] E. L. Christiansen et al., NASA/TM-2009-214785 (2009), p. 90.
    """
    return afrsi_limit(depth=depth).critical_diameter(speed, obliquity, density)


def afrsi_on_honeycomb_limit() -> PowerLawLimit:
    """Return the limit of the one panel that was tested; see `afrsi_on_honeycomb`."""
    return panel_limit(LOW, HIGH)


def afrsi_on_honeycomb(
    speed: ArrayLike, obliquity: ArrayLike, density: ArrayLike
) -> FloatArray:
    r"""Return the critical diameter of AFRSI on composite honeycomb.

    With the diameter in cm, density in g/cm3, speed in km/s and c the cosine of the
    obliquity::

        V c <= 2.5  d = 2.19 rho_p^(-1/2) V^(-2/3) c^(-5/3)
        V c >= 7    d = 2.0 rho_p^(-1/3) (V c)^(-2/3)

    and a straight line in V c between.

    Parameters
    ----------
    speed, obliquity, density : array_like
        Impact speed [m/s], angle from the normal [rad], particle density [kg/m3].

    Returns
    -------
    ndarray
        Critical diameter [m]. Criterion: perforation of the honeycomb.

    Raises
    ------
    InputError
        When an impact condition is out of range.

    Notes
    -----
    For one configuration only; its dimensions are in the constants. No range of tests
    is known here [estimate]. No angle cap; held at 89 deg.

    References
    ----------
    .. [1] E. L. Christiansen et al., NASA/TM-2009-214785 (2009), p. 90-92.
    """
    return afrsi_on_honeycomb_limit().critical_diameter(speed, obliquity, density)


def afrsi_on_honeycomb_over_wall_limit(
    *,
    standoff: float,
    wall_thickness: float,
    wall_yield: float,
    blanket: float = 0.0,
) -> PowerLawLimit:
    """Return the limit; parameters as in `afrsi_on_honeycomb_over_wall`."""
    return panel_and_wall_limit(
        "afrsi.on_honeycomb_over_wall",
        LOW,
        HIGH,
        standoff=standoff,
        wall_thickness=wall_thickness,
        wall_yield=wall_yield,
        blanket=blanket,
    )


def afrsi_on_honeycomb_over_wall(
    speed: ArrayLike,
    obliquity: ArrayLike,
    density: ArrayLike,
    *,
    standoff: float,
    wall_thickness: float,
    wall_yield: float,
    blanket: float = 0.0,
) -> FloatArray:
    r"""Return the critical diameter of AFRSI on composite honeycomb before a wall.

    With lengths in cm, areal density in g/cm2, density in g/cm3, speed in km/s, the
    yield stress in ksi and c the cosine of the obliquity::

        V c <= 2.5  d = (2.19 + 1.67 (t_w + 0.36 m) (sigma/40)^(1/2))
                        rho_p^(-1/2) V^(-2/3) c^(-5/3)
        V c >= 7    d = (2.0 + 3.19 S^(1/3) (t_w + 0.36 m)^(2/3) (sigma/40)^(1/3))
                        rho_p^(-1/3) (V c)^(-2/3)

    and a straight line in V c between.

    Parameters
    ----------
    speed, obliquity, density : array_like
        Impact speed [m/s], angle from the normal [rad], particle density [kg/m3].
    standoff : float
        Honeycomb to wall, S [m].
    wall_thickness, wall_yield : float
        Wall behind [m], [Pa].
    blanket : float
        Blankets between honeycomb and wall, m [kg/m2].

    Returns
    -------
    ndarray
        Critical diameter [m]. Criterion: perforation of the wall.

    Raises
    ------
    InputError
        When a parameter or an impact condition is out of range.

    Notes
    -----
    The wall's terms are those of `aetb8_on_honeycomb_over_wall`, with the same reading
    of m (unverified). No range of tests is known here [estimate]. Held at 89 deg.

    References
    ----------
    .. [1] E. L. Christiansen et al., NASA/TM-2009-214785 (2009), p. 89-92.
    """
    return afrsi_on_honeycomb_over_wall_limit(
        standoff=standoff,
        wall_thickness=wall_thickness,
        wall_yield=wall_yield,
        blanket=blanket,
    ).critical_diameter(speed, obliquity, density)
