"""Two bumpers over a wall, all aluminium: the ESA triple-wall equation."""

from __future__ import annotations

from numpy.typing import ArrayLike

from mmod.shields.ballistic_limits._handbook import FloatArray, in_handbook_units
from mmod.shields.ballistic_limits._regimes import (
    COMMON_OBLIQUITY,
    DENSITY_NOTE,
    GUN_DENSITIES,
    WHIPPLE_CAP,
    Border,
    PowerLaw,
    PowerLawLimit,
    Regimes,
    Validity,
)
from mmod.units import KM

CRITERIA = ("perforation_or_detached_spall",)
VALIDITY = Validity(
    speed=(2.0 * KM, 8.0 * KM),
    obliquity=COMMON_OBLIQUITY,
    density=GUN_DENSITIES,
    basis="no range of tests is printed (NASA/TM-2009-214785 p. 65-66); 2-8 km/s and 60"
    " deg are those of the light-gas guns used [estimate]"
    f"{DENSITY_NOTE}",
)


def triple_wall_esa_limit(
    *,
    bumper_thickness: float,
    bumper_density: float,
    standoff: float,
    wall_thickness: float,
    wall_yield: float,
) -> PowerLawLimit:
    """Return the limit of one shield; parameters as in `triple_wall_esa`."""
    p = in_handbook_units(
        "triple_wall.esa",
        bumper_thickness=(bumper_thickness, "length"),
        bumper_density=(bumper_density, "density"),
        standoff=(standoff, "length"),
        wall_thickness=(wall_thickness, "length"),
        wall_yield=(wall_yield, "yield"),
    )
    wall = p["wall_thickness"]
    K_1 = 0.312 * (40.0 / p["wall_yield"]) ** 0.5
    n = 1.0 / 1.056
    low = PowerLaw(
        (wall / K_1 + 1.667 * p["bumper_thickness"]) ** n,
        -2.0 / 3.0 * n,
        -5.0 / 3.0 * n,
        -0.5 * n,
    )
    K_1 = 0.107 * (70.0 / p["wall_yield"]) ** 0.5
    n = 1.0 / 1.5
    high = PowerLaw(
        (wall * p["standoff"] ** 0.5 / (K_1 * p["bumper_density"] ** 0.167)) ** n,
        -n,
        -n,
        -0.5 * n,
    )
    regimes = Regimes((low,), (high,), Border(3.0, -1.0), Border(7.0, -1.0))
    return PowerLawLimit((regimes,), VALIDITY, cap=WHIPPLE_CAP)


def triple_wall_esa(
    speed: ArrayLike,
    obliquity: ArrayLike,
    density: ArrayLike,
    *,
    bumper_thickness: float,
    bumper_density: float,
    standoff: float,
    wall_thickness: float,
    wall_yield: float,
) -> FloatArray:
    r"""Return the critical diameter of two aluminium bumpers over an aluminium wall.

    With lengths in cm, densities in g/cm3, speeds in km/s, the yield stress in ksi, c
    the cosine of the obliquity (capped at 65 deg) and t_b the bumpers together::

        V c <= 3  d = [(t_w + K_2 t_b) / (K_1 rho_p^(1/2) V^(2/3) c^(5/3))]^(1/1.056),
                      K_1 = 0.312 (40/sigma)^(1/2),  K_2 = 1.667 K_1
        V c >= 7  d = [t_w / (K_1 rho_p^(1/2) V c S^(-1/2) rho_b^0.167)]^(1/1.5),
                      K_1 = 0.107 (70/sigma)^(1/2)

    and a straight line in V c between.

    Parameters
    ----------
    speed, obliquity, density : array_like
        Impact speed [m/s], angle from the normal [rad], particle density [kg/m3].
    bumper_thickness, bumper_density : float
        All bumpers together [m], [kg/m3].
    standoff : float
        First bumper to wall [m].
    wall_thickness, wall_yield : float
        Rear wall [m] and its 0.2 % yield stress [Pa].

    Returns
    -------
    ndarray
        Critical diameter [m]. Criterion: perforation or detached spall of the wall.

    Raises
    ------
    InputError
        When a parameter or an impact condition is out of range.

    Notes
    -----
    That S spans from the first bumper to the wall is our reading; the source prints no
    angle cap: held at 65 deg as the other metal shields (conservative). Where the
    second bumper stands and how the mass is shared are not in the equation.

    References
    ----------
    .. [1] E. L. Christiansen et al., NASA/TM-2009-214785 (2009), p. 65-66, eq. 4-51,
       Table 4-10.
    """
    return triple_wall_esa_limit(
        bumper_thickness=bumper_thickness,
        bumper_density=bumper_density,
        standoff=standoff,
        wall_thickness=wall_thickness,
        wall_yield=wall_yield,
    ).critical_diameter(speed, obliquity, density)
