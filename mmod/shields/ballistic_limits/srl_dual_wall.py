"""Honeycomb panel or two plates: Schaefer-Ryan-Lambert (SRL) dual wall."""

from __future__ import annotations

from typing import Literal

from numpy.typing import ArrayLike

from mmod.errors import bad
from mmod.shields.ballistic_limits._handbook import FloatArray, in_handbook_units
from mmod.shields.ballistic_limits._regimes import PowerLawLimit
from mmod.shields.ballistic_limits._srl import (
    EXTERNAL_BLANKET,
    REFERENCE_DENSITY,
    REFERENCE_YIELD,
    SRL_CONSTANTS,
    as_reference,
    dual_limit,
)

Sheet = Literal["cfrp", "other"]


def srl_dual_wall_limit(
    *,
    bumper_thickness: float,
    bumper_density: float,
    standoff: float,
    wall_thickness: float,
    wall_yield: float,
    external_blanket: float = 0.0,
) -> PowerLawLimit:
    """Return the limit of one shield; parameters as in `srl_dual_wall`."""
    p = in_handbook_units(
        "honeycomb.srl_aluminium",
        allow_zero=("external_blanket",),
        bumper_thickness=(bumper_thickness, "length"),
        bumper_density=(bumper_density, "density"),
        standoff=(standoff, "length"),
        wall_thickness=(wall_thickness, "length"),
        wall_yield=(wall_yield, "yield"),
        external_blanket=(external_blanket, "areal density"),
    )
    blanket = EXTERNAL_BLANKET * p["external_blanket"] / p["bumper_density"]
    return dual_limit(
        SRL_CONSTANTS["aluminium"],
        bumper=p["bumper_thickness"] + blanket,
        bumper_density=p["bumper_density"],
        standoff=p["standoff"],
        wall=p["wall_thickness"],
        wall_yield=p["wall_yield"],
    )


def srl_dual_wall(
    speed: ArrayLike,
    obliquity: ArrayLike,
    density: ArrayLike,
    *,
    bumper_thickness: float,
    bumper_density: float,
    standoff: float,
    wall_thickness: float,
    wall_yield: float,
    external_blanket: float = 0.0,
) -> FloatArray:
    r"""Return the critical diameter of an aluminium honeycomb panel, or of two plates.

    With lengths in cm, densities in g/cm3, speeds in km/s, the yield stress in ksi
    and c the cosine of the obliquity (capped at 65 deg)::

        V <= 3/c   d = [(t_w/K_3S (sigma/40)^(1/2) + t_b)
                        / (0.6 c^delta rho_p^(1/2) V^(2/3))]^(18/19)
        V >= 7/c   d = 1.155 S^(1/3) t_w^(2/3) (sigma/70)^(1/3)
                       / (K_3D^(2/3) rho_p^(1/3) rho_b^(1/9) V^(2/3) c^delta)

    and a straight line in V between; K_3S = 1.4, K_3D = 0.4, delta = 4/3 up to 45 deg
    and from 65 deg on, 5/4 between.

    Parameters
    ----------
    speed, obliquity, density : array_like
        Impact speed [m/s], angle from the normal [rad], particle density [kg/m3].
    bumper_thickness, bumper_density : float
        Front sheet [m], [kg/m3].
    standoff : float
        Gap between the sheets: the core of a honeycomb panel [m].
    wall_thickness, wall_yield : float
        Rear sheet [m] and its 0.2 % yield stress [Pa].
    external_blanket : float
        Blanket on the outside of the front sheet [kg/m2]; thickens it by 3 m/rho_b, in
        the low regime only.

    Returns
    -------
    ndarray
        Critical diameter [m]. Criterion: detached spall or worse at the rear sheet.

    Raises
    ------
    InputError
        When a parameter or an impact condition is out of range.

    Notes
    -----
    The papers give no angle cap: the diameter would grow without bound towards
    grazing. It is held at 65 deg here, which is conservative. It jumps at 45 and 65
    deg, where delta changes; the conditions of the split are those of [1]_ p. 1790,
    [2]_ garbles them. K_3S = 1, K_3D = 0.16, delta = 5/3 give the low regime of NNO
    back (`whipple_nno`) and, within 0.03 %, all of it at normal incidence; the high
    regime of NNO goes with c^(-2/3). The cells of the core are not in the equation. Tests: about 200,
    2-8 km/s, 0, 45 and 60 deg, 0.08-0.5 cm; sheets below 0.4 mm are questionable.

    References
    ----------
    .. [1] F. Schaefer, S. Ryan, M. Lambert, R. Putzar, "Ballistic limit equation for
       equipment placed behind satellite structure walls", Int. J. Impact Eng. 35,
       1784-1791 (2008), p. 1787-1790. :doi:`10.1016/j.ijimpeng.2008.07.074`
    .. [2] S. Ryan, E. L. Christiansen, NASA/TM-2009-214789 (2009), p. 22-25, Tables 11
       and 13, p. 42 eq. 125.
    """
    return srl_dual_wall_limit(
        bumper_thickness=bumper_thickness,
        bumper_density=bumper_density,
        standoff=standoff,
        wall_thickness=wall_thickness,
        wall_yield=wall_yield,
        external_blanket=external_blanket,
    ).critical_diameter(speed, obliquity, density)


def srl_dual_wall_composite_limit(
    *,
    sheet: Sheet = "cfrp",
    bumper_thickness: float,
    bumper_density: float,
    standoff: float,
    wall_thickness: float,
    wall_density: float,
    external_blanket: float = 0.0,
) -> PowerLawLimit:
    """Return the limit of one shield; parameters as in `srl_dual_wall_composite`."""
    if sheet not in {"cfrp", "other"}:
        raise bad("honeycomb.srl", "sheet", sheet, "cfrp or other")
    p = in_handbook_units(
        f"honeycomb.srl_{sheet}",
        allow_zero=("external_blanket",),
        bumper_thickness=(bumper_thickness, "length"),
        bumper_density=(bumper_density, "density"),
        standoff=(standoff, "length"),
        wall_thickness=(wall_thickness, "length"),
        wall_density=(wall_density, "density"),
        external_blanket=(external_blanket, "areal density"),
        bumper=(as_reference(bumper_thickness, bumper_density), "length"),
        wall=(as_reference(wall_thickness, wall_density), "length"),
        reference=(REFERENCE_DENSITY, "density"),
        wall_yield=(REFERENCE_YIELD, "yield"),
    )
    blanket = EXTERNAL_BLANKET * p["external_blanket"] / p["reference"]
    return dual_limit(
        SRL_CONSTANTS[sheet],
        bumper=p["bumper"] + blanket,
        bumper_density=p["reference"],
        standoff=p["standoff"],
        wall=p["wall"],
        wall_yield=p["wall_yield"],
    )


def srl_dual_wall_composite(
    speed: ArrayLike,
    obliquity: ArrayLike,
    density: ArrayLike,
    *,
    sheet: Sheet = "cfrp",
    bumper_thickness: float,
    bumper_density: float,
    standoff: float,
    wall_thickness: float,
    wall_density: float,
    external_blanket: float = 0.0,
) -> FloatArray:
    r"""Return the critical diameter of a honeycomb panel with composite sheets.

    The equation of `srl_dual_wall`, the sheets turned into aluminium of the same areal
    density, t -> t rho/rho_Al, with rho_Al = 2.78 g/cm3 and sigma = 59.5 ksi. For CFRP
    the borders are 4.2/c and 8.4/c km/s, K_3S = 1.1, K_3D = 0.4 and delta = 4/3 at
    every angle; for other materials the constants are those of aluminium.

    Parameters
    ----------
    speed, obliquity, density : array_like
        Impact speed [m/s], angle from the normal [rad], particle density [kg/m3].
    sheet : {"cfrp", "other"}
        What both sheets are made of.
    bumper_thickness, bumper_density : float
        Front sheet [m], [kg/m3].
    standoff : float
        Gap between the sheets: the core [m].
    wall_thickness, wall_density : float
        Rear sheet [m], [kg/m3].
    external_blanket : float
        Blanket on the outside of the front sheet [kg/m2]; three times its areal
        density counts with the front sheet, in the low regime only.

    Returns
    -------
    ndarray
        Critical diameter [m]. Criterion: detached spall or worse at the rear sheet.

    Raises
    ------
    InputError
        When a parameter or an impact condition is out of range.

    Notes
    -----
    The reference aluminium of [1]_ is 2.7 g/cm3; the NASA program [3]_ goes with 2.78,
    the value taken here, which makes the sheets 2.9 % thinner (conservative). It is
    the bumper density in the high regime as well: with that of CFRP, 1.6 g/cm3, the
    diameter would be 6 % larger there. Held at 65 deg, as `srl_dual_wall`. Basis of the CFRP constants: about 90 shots [2]_; sheets below 1 mm
    are questionable. Other materials have no tests of their own.

    References
    ----------
    .. [1] F. Schaefer, S. Ryan, M. Lambert, R. Putzar, Int. J. Impact Eng. 35,
       1784-1791 (2008), p. 1787-1790. :doi:`10.1016/j.ijimpeng.2008.07.074`
    .. [2] S. Ryan, F. Schaefer, R. Destefanis, M. Lambert, "A ballistic limit equation
       for hypervelocity impacts on composite honeycomb sandwich panel satellite
       structures", Adv. Space Res. 41, 1152-1166 (2008).
       :doi:`10.1016/j.asr.2007.02.032`
    .. [3] S. Ryan, E. L. Christiansen, NASA/TM-2009-214789 (2009), p. 22-25.
    """
    return srl_dual_wall_composite_limit(
        sheet=sheet,
        bumper_thickness=bumper_thickness,
        bumper_density=bumper_density,
        standoff=standoff,
        wall_thickness=wall_thickness,
        wall_density=wall_density,
        external_blanket=external_blanket,
    ).critical_diameter(speed, obliquity, density)
