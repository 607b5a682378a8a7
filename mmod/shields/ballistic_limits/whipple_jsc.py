"""Two-wall Whipple shield with a correction for thin bumpers: JSC and JSC modified."""

from __future__ import annotations

import math

from numpy.typing import ArrayLike

from mmod.shields.ballistic_limits._handbook import FloatArray, in_handbook_units
from mmod.shields.ballistic_limits._regimes import (
    DENSITY_NOTE,
    GUN_DENSITIES,
    WHIPPLE_CAP,
    Validity,
)
from mmod.shields.ballistic_limits._thin_bumper_limit import (
    NORMAL_BORDER,
    ThinBumperLimit,
)
from mmod.shields.ballistic_limits.whipple_nno import EXTERNAL_BLANKET, INTERNAL_BLANKET
from mmod.units import CM, KM

__all__ = [
    "CRITERIA",
    "VALIDITY",
    "ThinBumperLimit",
    "whipple_jsc",
    "whipple_jsc_limit",
]
CRITERIA = ("perforation_or_detached_spall",)
VALIDITY = Validity(
    speed=(2.0 * KM, 8.0 * KM),
    obliquity=WHIPPLE_CAP,
    diameter=(0.04 * CM, 1.9 * CM),
    density=GUN_DENSITIES,
    basis="the shots behind the NNO equations (NASA/TM-2009-214789 p. 20), 2-8 km/s for"
    " the family (Christiansen & Kerr 2001 p. 97); the sources print no own range"
    f"{DENSITY_NOTE}",
)


def whipple_jsc_limit(
    *,
    bumper_thickness: float,
    bumper_density: float,
    standoff: float,
    wall_thickness: float,
    wall_yield: float,
    external_blanket: float = 0.0,
    internal_blanket: float = 0.0,
    blanket_standoff: float = 0.0,
    modified: bool = True,
) -> ThinBumperLimit:
    """Return the JSC limit of one shield; parameters as in `whipple_jsc`."""
    from mmod.shields.ballistic_limits._thin_bumper import JSC, JSC_MODIFIED, Shape

    p = in_handbook_units(
        "whipple.jsc_modified" if modified else "whipple.jsc",
        allow_zero=("external_blanket", "internal_blanket", "blanket_standoff"),
        bumper_thickness=(bumper_thickness, "length"),
        bumper_density=(bumper_density, "density"),
        standoff=(standoff, "length"),
        wall_thickness=(wall_thickness, "length"),
        wall_yield=(wall_yield, "yield"),
        external_blanket=(external_blanket, "areal density"),
        internal_blanket=(internal_blanket, "areal density"),
        blanket_standoff=(blanket_standoff, "length"),
    )
    bumper = (
        p["bumper_thickness"]
        + EXTERNAL_BLANKET * p["external_blanket"] / p["bumper_density"]
    )
    strength = p["wall_thickness"] * (p["wall_yield"] / 40.0) ** 0.5 + bumper
    shape = Shape(
        form=JSC_MODIFIED if modified else JSC,
        low=(strength / 0.6) ** (18.0 / 19.0),
        high=3.918
        * p["wall_thickness"] ** (2.0 / 3.0)
        * p["standoff"] ** (1.0 / 3.0)
        * (p["wall_yield"] / 70.0) ** (1.0 / 3.0)
        * p["bumper_density"] ** (-1.0 / 9.0),
        ratio=0.6
        / 0.16
        * p["bumper_density"] ** (-1.0 / 6.0)
        * (math.pi / 6.0) ** (-1.0 / 3.0)
        * (p["standoff"] * 40.0 / 70.0) ** 0.5,
        decay=4.0,
        bumper=p["bumper_thickness"],
        standoff=p["standoff"],
        bumper_density=p["bumper_density"],
        caught=INTERNAL_BLANKET
        * p["internal_blanket"]
        * (p["blanket_standoff"] / p["standoff"]) ** 0.5,
        onset_limit=2.0 if p["internal_blanket"] > 0.0 else NORMAL_BORDER,
    )
    return ThinBumperLimit(shape, VALIDITY)


def whipple_jsc(
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
    internal_blanket: float = 0.0,
    blanket_standoff: float = 0.0,
    modified: bool = True,
) -> FloatArray:
    r"""Return the critical diameter of a Whipple shield, also with a thin bumper.

    With lengths in cm, densities in g/cm3, speeds in km/s, the yield stress in ksi
    and c the cosine of the obliquity (capped at 65 deg)::

        V <= V1/c  d = [(t_w (sigma/40)^(1/2) + t_b)
                        / (0.6 c^(5/3) rho_p^(1/2) V^(2/3))]^(18/19)
        V >= 7/c   d = 3.918 F2^(-2/3) t_w^(2/3) rho_p^(-1/3) rho_b^(-1/9)
                       (V c)^(-2/3) S^(1/3) (sigma/70)^(1/3)

    and a straight line in V between. The projectile begins to shatter at
    V1 = 1.436 (t_b/d)^(-1/3) for t_b/d < 0.16 and 2.60 above. With q the critical
    t_b/d and u = t_b/(d q), F2 = 1 for u >= 1 and 1 + (r - 1)(1 - u)^2 below, where r
    is the wall needed without a bumper over the wall needed with the best bumper::

        r = 0.6 d^(19/18) c^(5/3) rho_p^(1/2) V^(2/3) (40/sigma)^(1/2)
            / [0.16 d^(1/2) (rho_p rho_b)^(1/6) M_p^(1/3) V c S^(-1/2) (70/sigma)^(1/2)]

    JSC: q = 0.20 for S/d >= 30, else 0.25; r at V = 7/c. JSC modified:
    q = q0 rho_p/rho_b with q0 = 0.25 for S/d <= 15, 0.20 for S/d >= 30 and linear
    between; r at the impact speed.

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
    external_blanket, internal_blanket, blanket_standoff : float
        Blankets as in `whipple_nno` [kg/m2], [m].
    modified : bool
        JSC modified (default) or JSC.

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
    The high regime is implicit, d F2(d)^(2/3) = C, and is solved inside a bracket to
    rounding. Under JSC, F2 jumps up at d = S/30; a root inside the jump is d = S/30.

    The onset is solved with the low regime, t_b (V1/1.436)^3 = d; a published program
    inverts that relation wrongly and never finds an onset above 2.60. The diameter in
    t_b/d is that of the low regime at the speed V1 and the actual obliquity, as
    tabulated; taken at V1/c, where the regime ends, the onset would be up to 14 % lower
    at 65 deg and the critical diameter between the regimes a little larger. The onset
    is not above 7 km/s, and 2.0 with a blanket inside. It steps by 1.7 % at t_b/d =
    0.16, where the two forms do not quite meet; the obliquity and density at which that
    happens depend on each other and are not among the breaks.

    The exponent -2/3 of F2 is that of [2]_ and [3]_; the report [4]_ prints 1 and [1]_
    loses it. r is not let below 1, so that a thin bumper is never better than the best
    one. A blanket outside thickens the bumper in the low formula only, not in t_b/d.

    M_p is the mass of the sphere. The constant 3.918 of the high regime follows from
    the sizing relation with it, 3.918 = [0.16 (pi/6)^(1/3)]^(-2/3) to all its digits,
    and only with the same mass in r is a shield whose bumper vanishes as good as its
    wall alone (JSC modified at every speed, JSC at 7/c). A published program takes
    pi d^3 rho_p/8 in r; critical diameters behind a thin bumper are then up to 9 %
    smaller.

    The modified form is known here from that program, which cites [5]_; the paper
    itself was not at hand.

    References
    ----------
    .. [1] S. Ryan, E. L. Christiansen, "Micrometeoroid and orbital debris (MMOD) shield
       ballistic limit analysis", Acta Astronautica 69, 245-257 (2011), p. 249-250.
    .. [2] H.-G. Reimerdes, D. Noelke, F. Schaefer, Int. J. Impact Eng. 33, 645-654
       (2006), p. 651 eq. 15.
    .. [3] E. L. Christiansen et al., NASA/TM-2009-214785 (2009), p. 49 eq. 4-27 to 4-29.
    .. [4] S. Ryan, E. L. Christiansen, NASA/TM-2009-214789 (2009), p. 19 eq. 50.
    .. [5] S. Ryan, W. P. Schonberg, Int. J. Impact Eng. 187, 104899 (2024).
       :doi:`10.1016/j.ijimpeng.2024.104899`
    """
    return whipple_jsc_limit(
        bumper_thickness=bumper_thickness,
        bumper_density=bumper_density,
        standoff=standoff,
        wall_thickness=wall_thickness,
        wall_yield=wall_yield,
        external_blanket=external_blanket,
        internal_blanket=internal_blanket,
        blanket_standoff=blanket_standoff,
        modified=modified,
    ).critical_diameter(speed, obliquity, density)
