"""Hybrid multi-shock: two Nextel sheets and an aluminium bumper over a wall."""

from __future__ import annotations

import math

from numpy.typing import ArrayLike

from mmod.shields.ballistic_limits._handbook import FloatArray, in_handbook_units
from mmod.shields.ballistic_limits._regimes import (
    COMMON_OBLIQUITY,
    DENSITY_NOTE,
    GUN_DENSITIES,
    Border,
    PowerLaw,
    PowerLawLimit,
    Regimes,
    Validity,
)
from mmod.units import DEGREE, KM

CRITERIA = ("perforation_or_detached_spall",)
CAP = 75.0 * DEGREE
"""Obliquity above which the equation is evaluated at 75 deg [rad]."""
JUMP = math.nextafter(45.0 * DEGREE, math.inf)
"""Obliquity from which on the low regime has its second exponent: beyond 45 deg."""
ONSET_EXPONENT = -0.5
"""Exponent of the cosine in the onset speed (-1/4 in two later texts)."""
COEFFICIENT = 2.15
"""Coefficient of the high regime; 2.4 rho_A^(-1/9) where the bumper is named."""
VALIDITY = Validity(
    speed=(2.0 * KM, 8.0 * KM),
    obliquity=COMMON_OBLIQUITY,
    density=GUN_DENSITIES,
    basis="NASA/TM-2009-214785 p. 75; no range of speeds is printed, 2-8 km/s and"
    " 60 deg are those of the light-gas guns used [estimate]"
    f"{DENSITY_NOTE}",
)


def hybrid_multi_shock_limit(
    *,
    bumper_areal_density: float,
    standoff: float,
    wall_thickness: float,
    wall_density: float,
    wall_yield: float,
    bumper_density: float | None = None,
) -> PowerLawLimit:
    """Return the limit of one shield; parameters as in `hybrid_multi_shock`."""
    p = in_handbook_units(
        "multi_shock.hybrid",
        bumper_areal_density=(bumper_areal_density, "areal density"),
        standoff=(standoff, "length"),
        wall_thickness=(wall_thickness, "length"),
        wall_density=(wall_density, "density"),
        wall_yield=(wall_yield, "yield"),
        bumper_density=(1.0 if bumper_density is None else bumper_density, "density"),
    )
    strength = p["wall_yield"] / 40.0
    low = 2.0 * (p["wall_thickness"] * strength**0.5 + 0.37 * p["bumper_areal_density"])
    coefficient = COEFFICIENT
    if bumper_density is not None:
        coefficient = 2.4 * p["bumper_density"] ** (-1.0 / 9.0)
    high = PowerLaw(
        coefficient
        * (p["wall_thickness"] * p["wall_density"]) ** (2.0 / 3.0)
        * p["standoff"] ** (1.0 / 3.0)
        * strength ** (1.0 / 3.0),
        -2.0 / 3.0,
        -2.0 / 3.0,
        -1.0 / 3.0,
    )
    borders = Border(2.7, ONSET_EXPONENT), Border(6.5, -2.0 / 3.0)
    steep, oblique = (
        Regimes((PowerLaw(low, -2.0 / 3.0, -x, -0.5),), (high,), *borders)
        for x in (7.0 / 3.0, 2.0)
    )
    return PowerLawLimit((steep, oblique), VALIDITY, cap=CAP, angle_edge=JUMP)


def hybrid_multi_shock(
    speed: ArrayLike,
    obliquity: ArrayLike,
    density: ArrayLike,
    *,
    bumper_areal_density: float,
    standoff: float,
    wall_thickness: float,
    wall_density: float,
    wall_yield: float,
    bumper_density: float | None = None,
) -> FloatArray:
    r"""Return the critical diameter of two Nextel sheets, an Al bumper and an Al wall.

    With lengths in cm, areal densities in g/cm2, densities in g/cm3, speeds in km/s,
    the yield stress in ksi and c the cosine of the obliquity::

        V <= 2.7 c^(-1/2)  d = 2.0 (t_w (sigma/40)^(1/2) + 0.37 m_b)
                               c^(-x) rho_p^(-1/2) V^(-2/3)
                           x = 7/3 up to 45 deg, 2 beyond
        V >= 6.5 c^(-2/3)  d = 2.15 (t_w rho_w)^(2/3) rho_p^(-1/3) (V c)^(-2/3)
                               S^(1/3) (sigma/40)^(1/3)

    and a straight line in V between; above 75 deg everything as at 75 deg.

    Parameters
    ----------
    speed, obliquity, density : array_like
        Impact speed [m/s], angle from the normal [rad], particle density [kg/m3].
    bumper_areal_density : float
        Both sheets of Nextel and the aluminium bumper together, m_b [kg/m2].
    standoff : float
        First sheet to wall [m].
    wall_thickness, wall_density, wall_yield : float
        Rear wall [m], [kg/m3], [Pa].
    bumper_density : float, optional
        Aluminium bumper, rho_A [kg/m3]. Given: 2.4 rho_A^(-1/9) of [2]_ and [3]_
        in the place of the Handbook's 2.15 (2.149 for 2700 kg/m3, 0.04 % less).

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
    The critical diameter jumps down by 11 % beyond 45 deg in the low regime, by design
    (2^(-1/6)). [2]_ and [3]_ print c^(-1/4) in the onset speed; values of the NASA
    program follow the Handbook's c^(-1/2), which is used. The onset stays below the
    upper border at every angle. Constant kinetic energy above it.

    References
    ----------
    .. [1] E. L. Christiansen et al., NASA/TM-2009-214785 (2009), p. 75.
    .. [2] S. Ryan, E. L. Christiansen, NASA/TM-2009-214789 (2009).
    .. [3] S. Ryan, E. L. Christiansen, Acta Astronautica 69, 245-257 (2011).
    """
    return hybrid_multi_shock_limit(
        bumper_areal_density=bumper_areal_density,
        standoff=standoff,
        wall_thickness=wall_thickness,
        wall_density=wall_density,
        wall_yield=wall_yield,
        bumper_density=bumper_density,
    ).critical_diameter(speed, obliquity, density)
