"""Two-wall Whipple shield with a correction for thin bumpers: JSC and JSC modified."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from mmod.shields.ballistic_limits._handbook import (
    FloatArray,
    Impact,
    in_handbook_units,
)
from mmod.shields.ballistic_limits._regimes import WHIPPLE_CAP, Limit, Validity
from mmod.shields.ballistic_limits.whipple_nno import EXTERNAL_BLANKET, INTERNAL_BLANKET
from mmod.units import CM, KM

if TYPE_CHECKING:
    from mmod.shields.ballistic_limits._thin_bumper import Shape

CRITERIA = ("perforation_or_detached_spall",)
VALIDITY = Validity(
    speed=(1.0 * KM, 8.0 * KM),
    obliquity=WHIPPLE_CAP,
    diameter=(0.04 * CM, 1.9 * CM),
    basis="the shots behind the NNO equations (NASA/TM-2009-214789 p. 20), 2-8 km/s for"
    " the family (Christiansen & Kerr 2001 p. 97); the sources print no own range",
)
_NORMAL_BORDER = 7.0
_FASTEST = 1000.0
"""Speed up to which kinks are listed [km/s]."""


@dataclass(frozen=True)
class ThinBumperLimit(Limit):
    """A Whipple shield with the thin-bumper correction put in.

    Parameters
    ----------
    shape : Shape
        The shield, in the units of the documents.
    validity : Validity
        Range of the tests.
    """

    shape: Shape
    validity: Validity = VALIDITY
    angle_breaks: tuple[float, ...] = (WHIPPLE_CAP,)

    def _diameter(self, impact: Impact) -> FloatArray:
        from mmod.shields.ballistic_limits._thin_bumper import diameters

        cosine = np.cos(np.minimum(impact.obliquity, WHIPPLE_CAP))
        given = np.broadcast_arrays(impact.speed, cosine, impact.density)
        speed, cosine, density = (np.ascontiguousarray(x).reshape(-1) for x in given)
        found = np.zeros(speed.shape)
        diameters(speed, cosine, density, self.shape, found)
        return found.reshape(given[0].shape)

    def _borders(self, impact: Impact) -> list[FloatArray]:
        cosine = np.cos(np.minimum(impact.obliquity, WHIPPLE_CAP))
        cosine, density = np.broadcast_arrays(cosine, impact.density)
        normal = [
            self._onset(cosine, density),
            np.full(cosine.shape, _NORMAL_BORDER),
            *(
                np.maximum(self._reached(d, q, cosine, density), _NORMAL_BORDER)
                for d, q in self._kinks(density)
            ),
            self._as_good(cosine, density),
        ]
        return [v / cosine for v in normal]

    def _onset(self, cosine: FloatArray, density: FloatArray) -> FloatArray:
        from mmod.shields.ballistic_limits._thin_bumper import onset_speed

        low = self.shape.low * (cosine ** (5.0 / 3.0) * np.sqrt(density)) ** (
            -18.0 / 19.0
        )
        found = [onset_speed(float(x), self.shape) for x in low.flat]
        return np.asarray(found).reshape(low.shape)

    def _kinks(self, density: FloatArray) -> list[tuple[FloatArray, FloatArray]]:
        """Return diameters [cm] where F2 kinks or jumps, with the ratio q there."""
        bumper, standoff = self.shape.bumper, self.shape.standoff
        if self.shape.modified:
            scale = density / self.shape.bumper_density
            first, second = standoff / 30.0, standoff / 15.0
            middle = (bumper / scale + standoff / 300.0) / 0.30
            saturated = np.where(
                bumper / scale <= 0.20 * first,
                bumper / (0.20 * scale),
                np.where(
                    bumper / scale >= 0.25 * second, bumper / (0.25 * scale), middle
                ),
            )
            ones = np.ones_like(density)
            return [
                (saturated, bumper / saturated),
                (first * ones, 0.20 * scale),
                (second * ones, 0.25 * scale),
            ]
        jump = standoff / 30.0
        ones = np.ones_like(density)
        if bumper <= 0.20 * jump:
            end, q = bumper / 0.20, 0.20
        elif bumper >= 0.25 * jump:
            end, q = bumper / 0.25, 0.25
        else:
            end, q = jump, 0.20
        return [
            (end * ones, q * ones),
            (jump * ones, 0.20 * ones),
            (jump * ones, 0.25 * ones),
        ]

    def _as_good(self, cosine: FloatArray, density: FloatArray) -> FloatArray:
        """Return the normal speed [km/s] at which r falls to 1, where it is held."""
        shape = self.shape
        scale = np.log(shape.high / np.cbrt(density))  # of C at 1 km/s
        ratio = np.log(shape.ratio * cosine)
        if shape.modified:  # r = ratio v^(-1/3) C^(-4/9), C ~ v^(-2/3)
            found = 27.0 * (ratio - 4.0 / 9.0 * scale)
        else:
            end = 9.0 / 4.0 * (ratio - math.log(_NORMAL_BORDER) / 3.0)
            found = 1.5 * (scale - end)
        inside = (found > math.log(_NORMAL_BORDER)) & (found < math.log(_FASTEST))
        return np.exp(np.where(inside, found, math.log(_NORMAL_BORDER)))

    def _reached(
        self, d: FloatArray, q: FloatArray, cosine: FloatArray, density: FloatArray
    ) -> FloatArray:
        """Return the normal speed [km/s] at which the high regime equals d."""
        shape = self.shape
        # d^(3/2) F2 = wanted / v, F2 = 1 + w (r - 1), r = ratio v^(-1/3)
        wanted = np.sqrt(shape.high**3 / density) / d**1.5
        thinness = np.maximum(1.0 - shape.bumper / (d * q), 0.0)
        w = thinness * thinness
        ratio = shape.ratio * cosine * d ** (-4.0 / 9.0)
        if not shape.modified:
            r = np.maximum(ratio * _NORMAL_BORDER ** (-1.0 / 3.0), 1.0)
            return np.asarray(wanted / (1.0 + w * (r - 1.0)))
        # s = v^(1/3): (1 - w) s^3 + w ratio s^2 = wanted; Newton from above, convex
        s = np.cbrt(wanted / (1.0 - w))
        for _ in range(60):
            value = ((1.0 - w) * s + w * ratio) * s * s - wanted
            s = s - value / ((3.0 * (1.0 - w) * s + 2.0 * w * ratio) * s)
        return np.where(s <= ratio, s**3, wanted)


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
    ratio_mass: float = 0.75,
) -> ThinBumperLimit:
    """Return the JSC limit of one shield; parameters as in `whipple_jsc`."""
    from mmod.shields.ballistic_limits._thin_bumper import Shape

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
        ratio_mass=(ratio_mass, "number"),
    )
    bumper = (
        p["bumper_thickness"]
        + EXTERNAL_BLANKET * p["external_blanket"] / p["bumper_density"]
    )
    strength = p["wall_thickness"] * (p["wall_yield"] / 40.0) ** 0.5 + bumper
    shape = Shape(
        low=(strength / 0.6) ** (18.0 / 19.0),
        high=3.918
        * p["wall_thickness"] ** (2.0 / 3.0)
        * p["standoff"] ** (1.0 / 3.0)
        * (p["wall_yield"] / 70.0) ** (1.0 / 3.0)
        * p["bumper_density"] ** (-1.0 / 9.0),
        ratio=0.6
        / 0.16
        * p["bumper_density"] ** (-1.0 / 6.0)
        * (math.pi / 6.0 * ratio_mass) ** (-1.0 / 3.0)
        * (p["standoff"] * 40.0 / 70.0) ** 0.5,
        bumper=p["bumper_thickness"],
        standoff=p["standoff"],
        bumper_density=p["bumper_density"],
        caught=INTERNAL_BLANKET
        * p["internal_blanket"]
        * (p["blanket_standoff"] / p["standoff"]) ** 0.5,
        onset_limit=2.0 if p["internal_blanket"] > 0.0 else _NORMAL_BORDER,
        modified=modified,
    )
    return ThinBumperLimit(shape)


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
    ratio_mass: float = 0.75,
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
    ratio_mass : float
        Projectile mass that enters r, over the mass of the sphere [-].

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
    The high regime is implicit, d F2(d)^(2/3) = C, and is solved by bisection to
    rounding. Under JSC, F2 jumps up at d = S/30; a root inside the jump is d = S/30.
    The onset is solved with the low regime, t_b (V1/1.436)^3 = d; a published program
    inverts that relation wrongly and never finds an onset above 2.60. The diameter in
    t_b/d is that of the low regime at the speed V1 and the actual obliquity. The onset is
    not above 7 km/s, and 2.0 with a blanket inside. It steps by 1.7 % at t_b/d = 0.16,
    where the two forms do not quite meet; the obliquity and density at which that
    happens depend on each other and are not among the breaks.

    The exponent -2/3 of F2 is that of [2]_ and [3]_; the report [4]_ prints 1 and [1]_
    loses it. r is not let below 1, so that a thin bumper is never better than the best
    one. A blanket outside thickens the bumper in the low formula only, not in t_b/d.
    The constant 3.918 of the high regime follows from the sizing relation with the mass
    of a sphere, pi d^3 rho_p/6. The tabulated values of both forms carry
    pi d^3 rho_p/8 in r (``ratio_mass`` 0.75): r is 10 % larger and the critical
    diameter up to 8 % smaller than with the sphere (``ratio_mass`` 1). The default
    follows the tabulated values, because the equations were scored in that form, and
    errs on the safe side. The modified form is known here from a published program that cites [5]_; the paper
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
        ratio_mass=ratio_mass,
    ).critical_diameter(speed, obliquity, density)
