"""Equipment behind a structure panel: Schaefer-Ryan-Lambert (SRL) triple wall."""

from __future__ import annotations

from typing import Literal

from numpy.typing import ArrayLike

from mmod.errors import bad
from mmod.shields.ballistic_limits._handbook import FloatArray, in_handbook_units
from mmod.shields.ballistic_limits._regimes import PowerLawLimit
from mmod.shields.ballistic_limits._srl import (
    EXTERNAL_BLANKET,
    REFERENCE_DENSITY,
    SRL_CONSTANTS,
    as_reference,
    triple_limit,
)
from mmod.units import CM, G_CM3

K_CFRP = 0.75
"""Weight of a CFRP overwrap in the wall of a pressure vessel [cm^(2/3)]."""
K_CABLE = 0.35
"""Wall that a cable is worth, over its diameter [reading unverified]."""
Panel = Literal["aluminium", "cfrp"]


def pressure_vessel_wall(
    liner_thickness: float, overwrap_thickness: float, overwrap_density: float
) -> float:
    r"""Return the aluminium wall that an overwrapped pressure vessel is worth.

    With thicknesses in cm and densities in g/cm3::

        t_w = t_Al + 0.75 rho_CFRP t_CFRP^(1/3) / rho_Al,   rho_Al = 2.78

    Parameters
    ----------
    liner_thickness : float
        Aluminium liner [m].
    overwrap_thickness, overwrap_density : float
        CFRP overwrap [m], [kg/m3].

    Returns
    -------
    float
        Rear wall for `srl_triple_wall` [m].

    Raises
    ------
    InputError
        When a value is not finite and positive.

    Notes
    -----
    Not consistent in its dimensions: the thickness of the overwrap enters with the
    power 1/3, in cm. An overwrap thinner than 6.5 mm counts for more than its mass.
    The reference aluminium of the paper is 2.7 g/cm3; see `srl_dual_wall_composite`.

    References
    ----------
    .. [1] F. Schaefer, S. Ryan, M. Lambert, R. Putzar, Int. J. Impact Eng. 35,
       1784-1791 (2008), p. 1790. :doi:`10.1016/j.ijimpeng.2008.07.074`
    """
    p = in_handbook_units(
        "pressure vessel",
        liner_thickness=(liner_thickness, "length"),
        overwrap_thickness=(overwrap_thickness, "length"),
        overwrap_density=(overwrap_density, "density"),
    )
    overwrap: float = p["overwrap_thickness"] ** (1.0 / 3.0)
    overwrap *= p["overwrap_density"] * G_CM3 / REFERENCE_DENSITY
    return (p["liner_thickness"] + K_CFRP * overwrap) * CM


def cable_wall(diameter: float) -> float:
    r"""Return the wall that a cable is worth [unverified].

    t_w = 0.35 D.

    Parameters
    ----------
    diameter : float
        Outer diameter D of the cable [m].

    Returns
    -------
    float
        Rear wall for `srl_triple_wall` [m].

    Raises
    ------
    InputError
        When the diameter is not finite and positive.

    Notes
    -----
    Of the source only the constant, K_cable = 0.35, was at hand. That it multiplies the
    outer diameter of the cable is our reading by analogy with the pressure vessel
    [unverified]; whether it is meant for the insulation or for a bundle, which yield
    stress goes with it, and whether failure is a broken conductor or a short circuit,
    is open. The yield stress is therefore asked of the caller.

    References
    ----------
    .. [1] F. Schaefer, S. Ryan, M. Lambert, R. Putzar, Int. J. Impact Eng. 35,
       1784-1791 (2008), p. 1790. :doi:`10.1016/j.ijimpeng.2008.07.074`
    """
    p = in_handbook_units("cable", diameter=(diameter, "length"))
    return K_CABLE * p["diameter"] * CM


def srl_triple_wall_limit(
    *,
    panel: Panel = "aluminium",
    outer_thickness: float,
    outer_density: float,
    first_standoff: float,
    inner_thickness: float,
    inner_density: float,
    second_standoff: float,
    wall_thickness: float,
    wall_yield: float,
    external_blanket: float = 0.0,
) -> PowerLawLimit:
    """Return the limit of one shield; parameters as in `srl_triple_wall`."""
    if panel not in {"aluminium", "cfrp"}:
        raise bad("triple_wall.srl", "panel", panel, "aluminium or cfrp")
    p = in_handbook_units(
        f"triple_wall.srl_{panel}",
        allow_zero=("external_blanket", "second_standoff"),
        outer_thickness=(outer_thickness, "length"),
        outer_density=(outer_density, "density"),
        first_standoff=(first_standoff, "length"),
        inner_thickness=(inner_thickness, "length"),
        inner_density=(inner_density, "density"),
        second_standoff=(second_standoff, "length"),
        wall_thickness=(wall_thickness, "length"),
        wall_yield=(wall_yield, "yield"),
        external_blanket=(external_blanket, "areal density"),
    )
    outer, inner = p["outer_thickness"], p["inner_thickness"]
    density = p["outer_density"]
    if panel == "cfrp":
        outer = as_reference(outer, outer_density)
        inner = as_reference(inner, inner_density)
        density = REFERENCE_DENSITY / G_CM3
    return triple_limit(
        SRL_CONSTANTS[panel],
        outer=outer + EXTERNAL_BLANKET * p["external_blanket"] / density,
        outer_density=density,
        first=p["first_standoff"],
        inner=inner,
        second=p["second_standoff"],
        wall=p["wall_thickness"],
        wall_yield=p["wall_yield"],
    )


def srl_triple_wall(
    speed: ArrayLike,
    obliquity: ArrayLike,
    density: ArrayLike,
    *,
    panel: Panel = "aluminium",
    outer_thickness: float,
    outer_density: float,
    first_standoff: float,
    inner_thickness: float,
    inner_density: float,
    second_standoff: float,
    wall_thickness: float,
    wall_yield: float,
    external_blanket: float = 0.0,
) -> FloatArray:
    r"""Return the critical diameter of equipment behind a structure panel.

    With lengths in cm, densities in g/cm3, speeds in km/s, the yield stress in ksi
    and c the cosine of the obliquity (capped at 65 deg)::

        V <= V_LV/c  d = [((t_w^(1/2) + t_b)/K_3S (sigma/40)^(1/2) + t_ob)
                          / (0.6 c^delta rho_p^(1/2) V^(2/3))]^(18/19)
        V >= V_HV/c  d = 1.155 (S_1^(1/3) (t_b + K_tw t_w)^(2/3)
                                + K_S2 S_2^beta t_w^gamma c^(-epsilon))
                         (sigma/70)^(1/3)
                         / (K_3D^(2/3) rho_p^(1/3) rho_ob^(1/9) V^(2/3) c^delta)

    and a straight line in V between. Aluminium: V_LV 3, V_HV 7 km/s, K_3S 1.4, K_3D
    0.4, K_tw 1.5, K_S2 0.1, beta 2/3, gamma 1/3, delta 4/3 and epsilon 8/3 up to 45
    and from 65 deg on, 5/4 and 10/4 between. CFRP: V_LV 4.2, V_HV 8.4 km/s, K_3S 1.1,
    K_3D 0.4, K_tw 1, K_S2 1, beta 1/3, gamma 2/3, delta 4/3, epsilon 0; its sheets
    turned into aluminium of the same areal density (2.78 g/cm3).

    Parameters
    ----------
    speed, obliquity, density : array_like
        Impact speed [m/s], angle from the normal [rad], particle density [kg/m3].
    panel : {"aluminium", "cfrp"}
        What both sheets of the structure panel are made of.
    outer_thickness, outer_density : float
        Outer sheet [m], [kg/m3].
    first_standoff : float
        Between the sheets: the core [m].
    inner_thickness, inner_density : float
        Inner sheet [m], [kg/m3]; its density counts for CFRP only.
    second_standoff : float
        Inner sheet to equipment [m]; 0 where it is mounted on the panel.
    wall_thickness, wall_yield : float
        Wall of the equipment [m], [Pa]: lid of an electronics box, fuel pipe (its
        wall), pressure vessel (`pressure_vessel_wall`), cable (`cable_wall`).
    external_blanket : float
        Blanket on the outer sheet [kg/m2]; thickens it by 3 m/rho_ob, in the low
        regime only.

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
    t_w^(1/2) in the low regime is not consistent in its dimensions; t_w is in cm. With
    t_w -> 0 the equation becomes that of the panel alone, `srl_dual_wall`. No angle cap
    in the papers; held at 65 deg here, which is conservative. The diameter jumps at
    45 and 65 deg. The density in the high regime is that of the outer bumper, as
    printed; other programs take the inner one, the same for like sheets. Tests: about
    200, 2-8 km/s, 0, 45 and 60 deg, 0.08-0.5 cm.

    References
    ----------
    .. [1] F. Schaefer, S. Ryan, M. Lambert, R. Putzar, "Ballistic limit equation for
       equipment placed behind satellite structure walls", Int. J. Impact Eng. 35,
       1784-1791 (2008), p. 1787-1790. :doi:`10.1016/j.ijimpeng.2008.07.074`
    .. [2] S. Ryan, E. L. Christiansen, NASA/TM-2009-214789 (2009), p. 22-25, Tables 11
       and 13 (angle conditions garbled), p. 42 eq. 125.
    """
    return srl_triple_wall_limit(
        panel=panel,
        outer_thickness=outer_thickness,
        outer_density=outer_density,
        first_standoff=first_standoff,
        inner_thickness=inner_thickness,
        inner_density=inner_density,
        second_standoff=second_standoff,
        wall_thickness=wall_thickness,
        wall_yield=wall_yield,
        external_blanket=external_blanket,
    ).critical_diameter(speed, obliquity, density)
