"""Reinforced carbon-carbon (RCC): perforation, spall, and the hole's diameter."""

from __future__ import annotations

from numpy.typing import ArrayLike

from mmod.errors import bad
from mmod.shields.ballistic_limits._crater import (
    UNSTATED,
    CraterLaw,
    diameter_in_cm,
    for_thickness,
)
from mmod.shields.ballistic_limits._handbook import (
    FloatArray,
    Impact,
    criterion_factor,
    in_handbook_units,
)
from mmod.shields.ballistic_limits._regimes import PowerLawLimit
from mmod.shields.hole_size.rcc import HOLE, OFFSET
from mmod.units import CM, MM

HOLE_DIAMETER = "hole_diameter"
"""Criterion: a hole as wide as the card allows (panels of 6.3 mm)."""
CRITERIA = {"perforation": 2.3, "spall": 4.5, HOLE_DIAMETER: 0.0}
"""Thickness over crater depth at which each failure begins; 0: not of the thickness."""
HOLE_THICKNESS = 6.3 * MM
"""Panel of which the hole's diameter is known [m]."""
_CONSTANT = 0.61


def _law(panel_density: float) -> CraterLaw:
    p = in_handbook_units("rcc", panel_density=(panel_density, "density"))
    return CraterLaw(_CONSTANT * p["panel_density"] ** -0.5)


def rcc_depth(
    diameter: ArrayLike,
    speed: ArrayLike,
    obliquity: ArrayLike,
    density: ArrayLike,
    *,
    panel_density: float = 1600.0,
) -> FloatArray:
    r"""Return the depth of the crater in thick carbon-carbon.

    With lengths in cm, densities in g/cm3, speed in km/s and c the cosine of the
    obliquity::

        P = 0.61 d (rho_p/rho_t)^(1/2) (V c)^(2/3)

    Parameters
    ----------
    diameter : array_like
        Particle [m].
    speed, obliquity, density : array_like
        Impact speed [m/s], angle from the normal [rad], particle density [kg/m3].
    panel_density : float
        Panel [kg/m3].

    Returns
    -------
    ndarray
        Depth [m], of the broadcast shape.

    Raises
    ------
    InputError
        When a parameter or an impact condition is out of range.

    Notes
    -----
    As in `rcc`.

    References
    ----------
    .. [1] E. L. Christiansen et al., NASA/TM-2009-214785 (2009), p. 93.
    """
    particle = diameter_in_cm("rcc", diameter)
    impact = Impact.from_si(speed, obliquity, density)
    return _law(panel_density).depth(particle, impact) * CM


def rcc_limit(
    *,
    thickness: float | None = None,
    panel_density: float = 1600.0,
    criterion: str = "perforation",
    hole_diameter: float | None = None,
) -> PowerLawLimit:
    """Return the limit of one panel; parameters as in `rcc`."""
    k = criterion_factor("rcc", criterion, CRITERIA)
    if criterion == HOLE_DIAMETER:
        if hole_diameter is None:
            expected = f"a length > 0 [m], for the criterion {HOLE_DIAMETER}"
            raise bad("rcc", HOLE_DIAMETER, hole_diameter, expected)
        p = in_handbook_units("rcc", hole_diameter=(hole_diameter, "length"))
        validity = for_thickness(UNSTATED, thickness, HOLE_THICKNESS, "a panel")
        return HOLE.limit(p["hole_diameter"] + OFFSET, validity)
    if hole_diameter is not None:
        expected = f"none, or the criterion {HOLE_DIAMETER}"
        raise bad("rcc", HOLE_DIAMETER, hole_diameter, expected)
    if thickness is None:
        raise bad("rcc", "thickness", thickness, "a length > 0 [m]")
    p = in_handbook_units("rcc", thickness=(thickness, "length"))
    return _law(panel_density).limit(p["thickness"] / k, UNSTATED)


def rcc(
    speed: ArrayLike,
    obliquity: ArrayLike,
    density: ArrayLike,
    *,
    thickness: float | None = None,
    panel_density: float = 1600.0,
    criterion: str = "perforation",
    hole_diameter: float | None = None,
) -> FloatArray:
    r"""Return the critical diameter of one panel of reinforced carbon-carbon.

    With lengths in cm, densities in g/cm3, speed in km/s and c the cosine of the
    obliquity::

        P = 0.61 d (rho_p/rho_t)^(1/2) (V c)^(2/3)
        d_c = t (rho_t/rho_p)^(1/2) / (k 0.61 (V c)^(2/3))
        hole_diameter  d_c = (D_max + 0.36) / (2.20 rho_p^(1/3) (V c)^(1/3))

    Parameters
    ----------
    speed, obliquity, density : array_like
        Impact speed [m/s], angle from the normal [rad], particle density [kg/m3].
    thickness : float, optional
        Panel with its coating [m]; every criterion but ``hole_diameter`` needs it.
    panel_density : float
        Panel [kg/m3]; the depth was found for 1600, and substrates go from 1440 to
        1600.
    criterion : {"perforation", "spall", "hole_diameter"}
        k = 2.3 or 4.5; or a through hole D_max wide, for panels of 6.3 mm: another
        thickness changes no value and is flagged by the limit's ``valid``.
    hole_diameter : float, optional
        D_max [m], only with the criterion of that name.

    Returns
    -------
    ndarray
        Critical diameter [m].

    Raises
    ------
    InputError
        When a parameter or an impact condition is out of range.

    Notes
    -----
    The inverse is printed with 1.639 = 1/0.61, which is used unrounded. The hole's
    diameter is another relation (`mmod.shields.hole_size.rcc.rcc_hole_diameter`); for
    D_max below about 2 mm its d_c lies under that of perforation, which is then the
    better criterion. No range of tests is known here [estimate]. No angle cap; held at
    89 deg.

    References
    ----------
    .. [1] E. L. Christiansen et al., NASA/TM-2009-214785 (2009), p. 92-94, eq. 5-34.
    .. [2] S. Ryan, E. L. Christiansen, NASA/TM-2009-214789 (2009), p. 36.
    """
    return rcc_limit(
        thickness=thickness,
        panel_density=panel_density,
        criterion=criterion,
        hole_diameter=hole_diameter,
    ).critical_diameter(speed, obliquity, density)
