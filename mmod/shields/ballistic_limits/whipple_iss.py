"""Whipple shields of the International Space Station, with their own constants."""

from __future__ import annotations

from dataclasses import dataclass

from numpy.typing import ArrayLike

from mmod.errors import InputError, Problem, bad
from mmod.shields.ballistic_limits._handbook import FloatArray, in_handbook_units
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
from mmod.units import DEGREE, KM

CRITERIA = ("perforation_or_detached_spall",)
VALIDITY = Validity(
    speed=(2.0 * KM, 8.0 * KM),
    obliquity=75.0 * DEGREE,
    density=GUN_DENSITIES,
    basis="about 200 shots, 2-8 km/s, 0-75 deg, of all the Whipple shields together"
    " (Christiansen & Kerr 2001 p. 97); the tables print no range of their own"
    f"{DENSITY_NOTE}",
)
ANGLE_EDGE = 60.0 * DEGREE
"""Obliquity at which the low-regime exponent changes [rad]."""


@dataclass(frozen=True)
class IssCoefficients:
    """Constants of one ISS shield [cm, km/s, g/cm3].

    Parameters
    ----------
    K_H, K_L : float
        Coefficients of the high and of the low regime.
    V_H, V_L : float
        Regime borders [km/s], divided by cos^x_H and cos^x_L.
    x_H, x_L : float
        Their exponents.
    e_L : tuple of float
        Addition to the low-regime cosine exponent -4/3, below and from 60 deg on.
    """

    K_H: float
    K_L: float
    V_H: float
    V_L: float
    x_H: float  # noqa: N815 as printed
    x_L: float  # noqa: N815 as printed
    e_L: tuple[float, float]  # noqa: N815 as printed


_THIRD = 1.0 / 3.0
ISS_COEFFICIENTS: dict[str, IssCoefficients] = {
    # Handbook Table 4-5 p. 53
    "us_lab_cylinder": IssCoefficients(
        4.643, 1.168, 7.0, 1.5, 1.0, 1.9, (-_THIRD, -2 * _THIRD)
    ),
    "us_lab_endcone": IssCoefficients(5.910, 1.168, 7.0, 1.5, 1.0, 1.9, (-0.5, -0.5)),
    "node_forward_cylinder": IssCoefficients(
        4.085, 1.262, 7.0, 2.5, 1.0, 1.9, (-1.0, -2 * _THIRD)
    ),
    "node_aft_cylinder": IssCoefficients(
        3.643, 0.687, 7.2, 1.5, 1.0, 1.5, (-_THIRD, -2 * _THIRD)
    ),
    "node_endcone_1": IssCoefficients(
        4.980, 1.078, 7.0, 2.0, 1.0, 1.0, (-_THIRD / 2, -2 * _THIRD)
    ),
    "node_endcone_2": IssCoefficients(6.329, 1.169, 7.0, 2.0, 1.0, 1.0, (-0.5, -0.5)),
    # Christiansen & Kerr 2001 Table 1 p. 98
    "sm_small_cylinder": IssCoefficients(
        1.876, 0.602, 7.0, 3.0, 1.0, 1.0, (-_THIRD, -_THIRD)
    ),
    "sm_large_cylinder": IssCoefficients(
        2.076, 0.663, 7.0, 3.0, 1.0, 1.0, (-_THIRD, -_THIRD)
    ),
}
"""Handbook constants for Lab and Node, Christiansen & Kerr's for the service module:
the only choice that reproduces Table 2 of Christiansen & Kerr."""


ISS_LAYERS: dict[str, tuple[float, float, float]] = {
    "us_lab_cylinder": (0.20, 10.7, 0.48),
    "us_lab_endcone": (0.20, 22.2, 0.48),
    "node_forward_cylinder": (0.13, 10.7, 0.64),
    "node_aft_cylinder": (0.13, 10.9, 0.41),
    "node_endcone_1": (0.13, 22.2, 0.58),
    "node_endcone_2": (0.20, 22.1, 0.58),
    "sm_small_cylinder": (0.10, 5.0, 0.16),
    "sm_large_cylinder": (0.10, 5.0, 0.20),
}
"""Bumper, standoff and wall [cm] to which the constants belong (same tables)."""


def whipple_iss_limit(coefficients: IssCoefficients) -> PowerLawLimit:
    """Return the limit of one ISS shield.

    Parameters
    ----------
    coefficients : IssCoefficients
        Its constants.

    Raises
    ------
    InputError
        When a coefficient or a border speed is not positive, the onset is not below
        the hypervelocity border, or an exponent is outside 0 to 3 (borders) or -2 to
        0 (e_L).
    """
    k = coefficients
    problems = [
        Problem("whipple.iss", key, value, expected)
        for key, value, low, high, expected in (
            ("V_L", k.V_L, 0.0, k.V_H, f"a speed below V_H = {k.V_H:g} km/s"),
            ("x_H", k.x_H, 0.0, 3.0, "an exponent from 0 to 3"),
            ("x_L", k.x_L, 0.0, 3.0, "an exponent from 0 to 3"),
            ("e_L", k.e_L[0], -2.0, 0.0, "exponents from -2 to 0"),
            ("e_L", k.e_L[1], -2.0, 0.0, "exponents from -2 to 0"),
        )
        if not low <= value <= high
    ]
    if problems:
        raise InputError(problems)
    in_handbook_units(
        "whipple.iss",
        K_H=(k.K_H, "number"),
        K_L=(k.K_L, "number"),
        V_H=(k.V_H, "number"),
        V_L=(k.V_L, "number"),
    )
    high = PowerLaw(k.K_H, -2.0 / 3.0, -2.0 / 3.0, -1.0 / 3.0)
    branches = tuple(
        Regimes(
            (PowerLaw(k.K_L, -2.0 / 3.0, -4.0 / 3.0 + e, -0.5),),
            (high,),
            Border(k.V_L, -k.x_L),
            Border(k.V_H, -k.x_H),
        )
        for e in k.e_L
    )
    if k.e_L[0] == k.e_L[1]:
        return PowerLawLimit(branches[:1], VALIDITY, cap=WHIPPLE_CAP)
    return PowerLawLimit(branches, VALIDITY, cap=WHIPPLE_CAP, angle_edge=ANGLE_EDGE)


def whipple_iss(
    speed: ArrayLike,
    obliquity: ArrayLike,
    density: ArrayLike,
    *,
    shield: str | IssCoefficients,
) -> FloatArray:
    r"""Return the critical diameter of an ISS Whipple shield.

    With the diameter in cm, density in g/cm3, speeds in km/s and c the cosine of the
    obliquity (capped at 65 deg)::

        V >= V_H/c^x_H   d = K_H rho_p^(-1/3) (V c)^(-2/3)
        V <= V_L/c^x_L   d = K_L c^(-4/3 + e_L) rho_p^(-1/2) V^(-2/3)

    and a straight line in V between.

    Parameters
    ----------
    speed, obliquity, density : array_like
        Impact speed [m/s], angle from the normal [rad], particle density [kg/m3].
    shield : str or IssCoefficients
        A key of `ISS_COEFFICIENTS`, or constants of one's own.

    Returns
    -------
    ndarray
        Critical diameter [m]. Criterion: perforation or detached spall of the rear
        wall.

    Raises
    ------
    InputError
        When the shield is not known or an impact condition is out of range.

    Notes
    -----
    The two documents tabulate different constants. Those of [1]_ reproduce the 7 km/s
    diameters of [2]_ Table 2 for Lab and Node and miss the service module by a factor
    3; those of [2]_ the reverse. Each is used where it fits. e_L changes at 60 deg for
    some shields, where the low regime jumps. Extrapolated at constant kinetic energy.

    References
    ----------
    .. [1] E. L. Christiansen et al., NASA/TM-2009-214785 (2009), p. 51-53, eq. 4-37 to
       4-40, Table 4-5.
    .. [2] E. L. Christiansen, J. H. Kerr, Int. J. Impact Eng. 26, 93-104 (2001), p. 98
       eq. 4-6, Tables 1 and 2. :doi:`10.1016/S0734-743X(01)00070-7`
    """
    if isinstance(shield, str):
        if shield not in ISS_COEFFICIENTS:
            raise bad("whipple.iss", "shield", shield, ", ".join(ISS_COEFFICIENTS))
        shield = ISS_COEFFICIENTS[shield]
    return whipple_iss_limit(shield).critical_diameter(speed, obliquity, density)


def whipple_node23_limit(
    *,
    bumper_thickness: float,
    bumper_density: float,
    standoff: float,
    wall_thickness: float,
    wall_yield: float,
) -> PowerLawLimit:
    """Return the limit of one shield; parameters as in `whipple_node23`."""
    p = in_handbook_units(
        "whipple.node23",
        bumper_thickness=(bumper_thickness, "length"),
        bumper_density=(bumper_density, "density"),
        standoff=(standoff, "length"),
        wall_thickness=(wall_thickness, "length"),
        wall_yield=(wall_yield, "yield"),
    )
    n = 18.0 / 19.0
    strength = p["wall_thickness"] / 0.7 * (p["wall_yield"] / 40.0) ** 0.5
    strength = ((strength + p["bumper_thickness"]) / 0.5) ** n
    high = PowerLaw(
        1.1
        * 0.16 ** (-2.0 / 3.0)
        * p["wall_thickness"] ** (2.0 / 3.0)
        * p["bumper_density"] ** (-1.0 / 9.0)
        * (p["wall_yield"] / 70.0) ** (1.0 / 3.0)
        * p["standoff"] ** (1.0 / 3.0),
        -2.0 / 3.0,
        -2.0 / 3.0,
        -1.0 / 3.0,
    )
    branches = tuple(
        Regimes(
            (PowerLaw(strength, -2.0 / 3.0 * n, -exponent * n, -0.5 * n),),
            (high,),
            onset,
            Border(6.8, -0.8),
        )
        for exponent, onset in (
            (1.0 / 3.0, Border(3.3, -1.0 / 3.0)),
            (0.8, Border(2.4, -2.0 / 3.0)),
        )
    )
    return PowerLawLimit(branches, VALIDITY, cap=WHIPPLE_CAP, angle_edge=ANGLE_EDGE)


def whipple_node23(
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
    r"""Return the critical diameter of the Whipple shield of ISS Nodes 2 and 3.

    With lengths in cm, densities in g/cm3, speeds in km/s, the yield stress in ksi
    and c the cosine of the obliquity (capped at 65 deg)::

        V <= VL c^x     d = [(t_w/0.7 (sigma/40)^(1/2) + t_b)
                             / (0.5 c^e rho_p^(1/2) V^(2/3))]^(18/19)
        V >= 6.8 c^-0.8 d = 1.1 * 0.16^(-2/3) t_w^(2/3) rho_p^(-1/3) rho_b^(-1/9)
                            (sigma/70)^(1/3) (V c)^(-2/3) S^(1/3)

    and a straight line in V between; VL = 3.3, x = -1/3, e = 1/3 below 60 deg and
    VL = 2.4, x = -2/3, e = 0.8 from there on.

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
    A blanket of 0.5 kg/m2 right behind the bumper is part of the constants. The
    critical diameter jumps at 60 deg. The document prints no range of tests; that of
    the ISS Whipple shields together is taken.

    References
    ----------
    .. [1] E. L. Christiansen et al., NASA/TM-2009-214785 (2009), p. 54-57, eq. 4-41 to
       4-44, Table 4-6.
    """
    return whipple_node23_limit(
        bumper_thickness=bumper_thickness,
        bumper_density=bumper_density,
        standoff=standoff,
        wall_thickness=wall_thickness,
        wall_yield=wall_yield,
    ).critical_diameter(speed, obliquity, density)
