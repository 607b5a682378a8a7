"""Thermal blanket standing off in front of one or two walls, by the SRL equations."""

from __future__ import annotations

from numpy.typing import ArrayLike

from mmod.shields.ballistic_limits._handbook import FloatArray, in_handbook_units
from mmod.shields.ballistic_limits._regimes import PowerLawLimit
from mmod.shields.ballistic_limits._srl import (
    EXTERNAL_BLANKET,
    REFERENCE_DENSITY,
    SRL_CONSTANTS,
    dual_limit,
    triple_limit,
)


def srl_blanket_over_wall_limit(
    *,
    blanket_areal_density: float,
    standoff: float,
    wall_thickness: float,
    wall_yield: float,
) -> PowerLawLimit:
    """Return the limit of one shield; parameters as in `srl_blanket_over_wall`."""
    p = in_handbook_units(
        "blanket_over_wall.srl",
        blanket_areal_density=(blanket_areal_density, "areal density"),
        standoff=(standoff, "length"),
        wall_thickness=(wall_thickness, "length"),
        wall_yield=(wall_yield, "yield"),
        reference=(REFERENCE_DENSITY, "density"),
    )
    return dual_limit(
        SRL_CONSTANTS["blanket"],
        bumper=EXTERNAL_BLANKET * p["blanket_areal_density"] / p["reference"],
        bumper_density=p["reference"],
        standoff=p["standoff"],
        wall=p["wall_thickness"],
        wall_yield=p["wall_yield"],
    )


def srl_blanket_over_wall(
    speed: ArrayLike,
    obliquity: ArrayLike,
    density: ArrayLike,
    *,
    blanket_areal_density: float,
    standoff: float,
    wall_thickness: float,
    wall_yield: float,
) -> FloatArray:
    r"""Return the critical diameter of a thermal blanket standing in front of a wall.

    The equation of `srl_dual_wall` with the blanket as the bumper, t_b = 3 m/rho_Al,
    and the borders 4/c and 10/c km/s: a blanket breaks a particle up later.

    Parameters
    ----------
    speed, obliquity, density : array_like
        Impact speed [m/s], angle from the normal [rad], particle density [kg/m3].
    blanket_areal_density : float
        The blanket [kg/m2].
    standoff : float
        Blanket to wall [m].
    wall_thickness, wall_yield : float
        Aluminium wall [m], [Pa].

    Returns
    -------
    ndarray
        Critical diameter [m]. Criterion: detached spall or worse at the wall.

    Raises
    ------
    InputError
        When a parameter or an impact condition is out of range.

    Notes
    -----
    The source gives the borders of a standalone blanket and otherwise the constants of
    aluminium. That its bumper density in the high regime is that of the reference
    aluminium, 2.78 g/cm3, is a choice made here [estimate]. Held at 65 deg, as
    `srl_dual_wall`; see `mli_over_wall` for a blanket 15 mm in front of a wall.

    References
    ----------
    .. [1] F. Schaefer, S. Ryan, M. Lambert, R. Putzar, Int. J. Impact Eng. 35,
       1784-1791 (2008), p. 1787-1790. :doi:`10.1016/j.ijimpeng.2008.07.074`
    .. [2] S. Ryan, E. L. Christiansen, NASA/TM-2009-214789 (2009), p. 22-25, Table 11.
    """
    return srl_blanket_over_wall_limit(
        blanket_areal_density=blanket_areal_density,
        standoff=standoff,
        wall_thickness=wall_thickness,
        wall_yield=wall_yield,
    ).critical_diameter(speed, obliquity, density)


def srl_blanket_over_two_walls_limit(
    *,
    blanket_areal_density: float,
    first_standoff: float,
    inner_thickness: float,
    second_standoff: float,
    wall_thickness: float,
    wall_yield: float,
) -> PowerLawLimit:
    """Return the limit of one shield; parameters as in `srl_blanket_over_two_walls`."""
    p = in_handbook_units(
        "triple_wall.srl_blanket",
        allow_zero=("second_standoff",),
        blanket_areal_density=(blanket_areal_density, "areal density"),
        first_standoff=(first_standoff, "length"),
        inner_thickness=(inner_thickness, "length"),
        second_standoff=(second_standoff, "length"),
        wall_thickness=(wall_thickness, "length"),
        wall_yield=(wall_yield, "yield"),
        reference=(REFERENCE_DENSITY, "density"),
    )
    return triple_limit(
        SRL_CONSTANTS["blanket"],
        outer=EXTERNAL_BLANKET * p["blanket_areal_density"] / p["reference"],
        outer_density=p["reference"],
        first=p["first_standoff"],
        inner=p["inner_thickness"],
        second=p["second_standoff"],
        wall=p["wall_thickness"],
        wall_yield=p["wall_yield"],
    )


def srl_blanket_over_two_walls(
    speed: ArrayLike,
    obliquity: ArrayLike,
    density: ArrayLike,
    *,
    blanket_areal_density: float,
    first_standoff: float,
    inner_thickness: float,
    second_standoff: float,
    wall_thickness: float,
    wall_yield: float,
) -> FloatArray:
    r"""Return the critical diameter of equipment behind a blanket and a plate.

    The equation of `srl_triple_wall` for aluminium with a standalone blanket as the
    outer bumper, t_ob = 3 m/rho_Al, and the borders 4/c and 10/c km/s.

    Parameters
    ----------
    speed, obliquity, density : array_like
        Impact speed [m/s], angle from the normal [rad], particle density [kg/m3].
    blanket_areal_density : float
        The blanket [kg/m2].
    first_standoff, inner_thickness, second_standoff : float
        Blanket to plate, aluminium plate, plate to equipment (0 where mounted on it)
        [m].
    wall_thickness, wall_yield : float
        Wall of the equipment [m], [Pa].

    Returns
    -------
    ndarray
        Critical diameter [m]. Criterion: detached spall or worse at the last wall.

    Raises
    ------
    InputError
        When a parameter or an impact condition is out of range.

    Notes
    -----
    The density of the outer bumper in the high regime is that of the reference
    aluminium, 2.78 g/cm3, a choice made here [estimate]; see `srl_blanket_over_wall`.

    References
    ----------
    .. [1] F. Schaefer, S. Ryan, M. Lambert, R. Putzar, Int. J. Impact Eng. 35,
       1784-1791 (2008), p. 1787-1790. :doi:`10.1016/j.ijimpeng.2008.07.074`
    """
    return srl_blanket_over_two_walls_limit(
        blanket_areal_density=blanket_areal_density,
        first_standoff=first_standoff,
        inner_thickness=inner_thickness,
        second_standoff=second_standoff,
        wall_thickness=wall_thickness,
        wall_yield=wall_yield,
    ).critical_diameter(speed, obliquity, density)
