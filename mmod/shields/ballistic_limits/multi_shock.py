"""Several bumpers: four ceramic fabrics, and the mesh double bumper."""

from __future__ import annotations

from dataclasses import replace

from numpy.typing import ArrayLike

from mmod.errors import bad
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
from mmod.units import KM

ALUMINIUM_CRITERIA = ("perforation_or_detached_spall",)
FABRIC_CRITERIA = ("perforation",)
MESH_CRITERIA = ("perforation_or_detached_spall",)
FABRICS: dict[str, float] = {"nextel": 43.6, "kevlar": 29.0}
"""Wall constant K of a fabric wall."""
LEAST_STANDOFF = 15.0
"""Smallest standoff over diameter for which these equations are given."""
VALIDITY = Validity(
    speed=(2.0 * KM, 8.0 * KM),
    obliquity=COMMON_OBLIQUITY,
    density=GUN_DENSITIES,
    basis="S/d > 15 (NASA/TM-2009-214785 p. 69-80); no range of speeds or angles is"
    " printed, 2-8 km/s and 60 deg are those of the light-gas guns used [estimate]"
    f"{DENSITY_NOTE}",
)


def _validity(standoff: float) -> Validity:
    return replace(VALIDITY, diameter=(0.0, standoff / LEAST_STANDOFF))


def multi_shock_aluminium_limit(
    *,
    bumper_areal_density: float,
    standoff: float,
    wall_thickness: float,
    wall_density: float,
    wall_yield: float,
) -> PowerLawLimit:
    """Return the limit of one shield; parameters as in `multi_shock_aluminium`."""
    p = in_handbook_units(
        "multi_shock.aluminium_wall",
        bumper_areal_density=(bumper_areal_density, "areal density"),
        standoff=(standoff, "length"),
        wall_thickness=(wall_thickness, "length"),
        wall_density=(wall_density, "density"),
        wall_yield=(wall_yield, "yield"),
    )
    wall = p["wall_thickness"] * (p["wall_yield"] / 40.0) ** 0.5
    low = PowerLaw(
        2.0 * (wall + 0.37 * p["bumper_areal_density"]), -2.0 / 3.0, -4.0 / 3.0, -0.5
    )
    high = PowerLaw(
        0.358
        * (p["wall_thickness"] * p["wall_density"]) ** (1.0 / 3.0)
        * (p["wall_yield"] / 40.0) ** (1.0 / 6.0)
        * p["standoff"] ** (2.0 / 3.0),
        -1.0 / 3.0,
        -1.0 / 3.0,
        -1.0 / 3.0,
    )
    regimes = Regimes((low,), (high,), Border(2.4, -0.5), Border(6.4, -0.25))
    return PowerLawLimit((regimes,), _validity(standoff))


def multi_shock_aluminium(
    speed: ArrayLike,
    obliquity: ArrayLike,
    density: ArrayLike,
    *,
    bumper_areal_density: float,
    standoff: float,
    wall_thickness: float,
    wall_density: float,
    wall_yield: float,
) -> FloatArray:
    r"""Return the critical diameter of four equal ceramic bumpers over an Al wall.

    With lengths in cm, areal densities in g/cm2, densities in g/cm3, speeds in km/s,
    the yield stress in ksi and c the cosine of the obliquity::

        V <= 2.4 c^(-1/2)  d = 2.0 (t_w (sigma/40)^(1/2) + 0.37 m_b)
                               c^(-4/3) rho_p^(-1/2) V^(-2/3)
        V >= 6.4 c^(-1/4)  d = 0.358 (t_w rho_w)^(1/3) (sigma/40)^(1/6) S^(2/3)
                               rho_p^(-1/3) (V c)^(-1/3)

    and a straight line in V between.

    Parameters
    ----------
    speed, obliquity, density : array_like
        Impact speed [m/s], angle from the normal [rad], particle density [kg/m3].
    bumper_areal_density : float
        The four bumpers together [kg/m2].
    standoff : float
        First bumper to wall [m].
    wall_thickness, wall_density, wall_yield : float
        Rear wall [m], [kg/m3], [Pa].

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
    For S/d > 15. No angle cap in the source; held at 89 deg. Towards grazing (88.9
    deg) the onset reaches the upper border and is clipped. Constant momentum above.

    References
    ----------
    .. [1] E. L. Christiansen et al., NASA/TM-2009-214785 (2009), p. 69-70.
    .. [2] E. L. Christiansen, J. H. Kerr, Int. J. Impact Eng. 26, 93-104 (2001), eq. 12
       to 14. :doi:`10.1016/S0734-743X(01)00070-7`
    """
    return multi_shock_aluminium_limit(
        bumper_areal_density=bumper_areal_density,
        standoff=standoff,
        wall_thickness=wall_thickness,
        wall_density=wall_density,
        wall_yield=wall_yield,
    ).critical_diameter(speed, obliquity, density)


def multi_shock_fabric_limit(
    *,
    bumper_areal_density: float,
    standoff: float,
    wall_areal_density: float,
    fabric: str,
) -> PowerLawLimit:
    """Return the limit of one shield; parameters as in `multi_shock_fabric`."""
    if fabric not in FABRICS:
        raise bad("multi_shock", "fabric", fabric, f"one of {', '.join(FABRICS)}")
    p = in_handbook_units(
        f"multi_shock.{fabric}_wall",
        bumper_areal_density=(bumper_areal_density, "areal density"),
        standoff=(standoff, "length"),
        wall_areal_density=(wall_areal_density, "areal density"),
    )
    low = PowerLaw(
        2.7 * (0.5 * p["wall_areal_density"] + 0.37 * p["bumper_areal_density"]),
        -2.0 / 3.0,
        -4.0 / 3.0,
        -0.5,
    )
    high = PowerLaw(
        1.24
        * (p["wall_areal_density"] / FABRICS[fabric]) ** (1.0 / 3.0)
        * p["standoff"] ** (2.0 / 3.0),
        -1.0 / 3.0,
        -1.0 / 3.0,
        -1.0 / 3.0,
    )
    regimes = Regimes((low,), (high,), Border(2.4, -0.5), Border(6.4, -0.25))
    return PowerLawLimit((regimes,), _validity(standoff))


def multi_shock_fabric(
    speed: ArrayLike,
    obliquity: ArrayLike,
    density: ArrayLike,
    *,
    bumper_areal_density: float,
    standoff: float,
    wall_areal_density: float,
    fabric: str,
) -> FloatArray:
    r"""Return the critical diameter of four ceramic bumpers over a fabric wall.

    With lengths in cm, areal densities in g/cm2, density in g/cm3, speeds in km/s and
    c the cosine of the obliquity::

        V <= 2.4 c^(-1/2)  d = 2.7 (0.5 m_w + 0.37 m_b) c^(-4/3) rho_p^(-1/2) V^(-2/3)
        V >= 6.4 c^(-1/4)  d = 1.24 K^(-1/3) m_w^(1/3) S^(2/3) rho_p^(-1/3)
                               (V c)^(-1/3)

    and a straight line in V between; K = 43.6 for Nextel, 29.0 for Kevlar.

    Parameters
    ----------
    speed, obliquity, density : array_like
        Impact speed [m/s], angle from the normal [rad], particle density [kg/m3].
    bumper_areal_density : float
        The four bumpers together [kg/m2].
    standoff : float
        First bumper to wall [m].
    wall_areal_density : float
        Fabric wall [kg/m2].
    fabric : {"nextel", "kevlar"}
        What the wall is made of.

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
    For Kevlar the Handbook prints 0.41 for the whole coefficient; 1.24 * 29^(-1/3) =
    0.4036 of [2]_ is used (1.6 % lower). For S/d > 15; held at 89 deg.

    References
    ----------
    .. [1] E. L. Christiansen et al., NASA/TM-2009-214785 (2009), p. 71-72.
    .. [2] S. Ryan, E. L. Christiansen, Acta Astronautica 69, 245-257 (2011), p. 252
       eq. 59.
    """
    return multi_shock_fabric_limit(
        bumper_areal_density=bumper_areal_density,
        standoff=standoff,
        wall_areal_density=wall_areal_density,
        fabric=fabric,
    ).critical_diameter(speed, obliquity, density)


def mesh_double_bumper_limit(
    *,
    mesh_areal_density: float,
    bumper_areal_density: float,
    fabric_areal_density: float,
    standoff: float,
    wall_thickness: float,
    wall_density: float,
    wall_yield: float,
) -> PowerLawLimit:
    """Return the limit of one shield; parameters as in `mesh_double_bumper`."""
    p = in_handbook_units(
        "mesh_double_bumper",
        mesh_areal_density=(mesh_areal_density, "areal density"),
        bumper_areal_density=(bumper_areal_density, "areal density"),
        fabric_areal_density=(fabric_areal_density, "areal density"),
        standoff=(standoff, "length"),
        wall_thickness=(wall_thickness, "length"),
        wall_density=(wall_density, "density"),
        wall_yield=(wall_yield, "yield"),
    )
    front = (
        p["mesh_areal_density"] + p["bumper_areal_density"] + p["fabric_areal_density"]
    )
    wall = p["wall_thickness"] * (p["wall_yield"] / 40.0) ** 0.5
    low = PowerLaw(2.2 * (wall + 0.37 * front), -2.0 / 3.0, -5.0 / 3.0, -0.5)
    high = PowerLaw(
        0.6
        * (p["wall_thickness"] * p["wall_density"]) ** (1.0 / 3.0)
        * p["standoff"] ** 0.5
        * (p["wall_yield"] / 40.0) ** (1.0 / 6.0),
        -1.0 / 3.0,
        -1.0 / 3.0,
        -1.0 / 3.0,
    )
    regimes = Regimes((low,), (high,), Border(2.8, -0.5), Border(6.4, -1.0 / 3.0))
    return PowerLawLimit((regimes,), _validity(standoff))


def mesh_double_bumper(
    speed: ArrayLike,
    obliquity: ArrayLike,
    density: ArrayLike,
    *,
    mesh_areal_density: float,
    bumper_areal_density: float,
    fabric_areal_density: float,
    standoff: float,
    wall_thickness: float,
    wall_density: float,
    wall_yield: float,
) -> FloatArray:
    r"""Return the critical diameter of a mesh double bumper shield.

    With lengths in cm, areal densities in g/cm2, densities in g/cm3, speeds in km/s,
    the yield stress in ksi and c the cosine of the obliquity::

        V <= 2.8 c^(-1/2)  d = 2.2 (t_w (sigma/40)^(1/2)
                               + 0.37 (m_mesh + m_b2 + m_fabric))
                               c^(-5/3) rho_p^(-1/2) V^(-2/3)
        V >= 6.4 c^(-1/3)  d = 0.6 (t_w rho_w)^(1/3) rho_p^(-1/3) (V c)^(-1/3)
                               S^(1/2) (sigma/40)^(1/6)

    and a straight line in V between.

    Parameters
    ----------
    speed, obliquity, density : array_like
        Impact speed [m/s], angle from the normal [rad], particle density [kg/m3].
    mesh_areal_density, bumper_areal_density, fabric_areal_density : float
        Outer mesh, second bumper, fabric in front of the wall [kg/m2].
    standoff : float
        Mesh to wall [m].
    wall_thickness, wall_density, wall_yield : float
        Rear wall [m], [kg/m3], [Pa].

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
    Thermal blankets are not counted. For S/d > 15. No angle cap in the source; held at
    89 deg. Constant momentum above the upper border.

    References
    ----------
    .. [1] E. L. Christiansen et al., NASA/TM-2009-214785 (2009), p. 78-80, eq. 4-70 to
       4-72.
    .. [2] E. L. Christiansen, J. H. Kerr, "Mesh double-bumper shield: a low-weight
       alternative for spacecraft meteoroid and orbital debris protection", Int. J.
       Impact Eng. 14, 169-180 (1993). :doi:`10.1016/0734-743X(93)90018-3`
    """
    return mesh_double_bumper_limit(
        mesh_areal_density=mesh_areal_density,
        bumper_areal_density=bumper_areal_density,
        fabric_areal_density=fabric_areal_density,
        standoff=standoff,
        wall_thickness=wall_thickness,
        wall_density=wall_density,
        wall_yield=wall_yield,
    ).critical_diameter(speed, obliquity, density)
