"""Two-wall Whipple shield: the equations of Reimerdes, Noelke and Schaefer (2006)."""

from __future__ import annotations

import math

from numpy.typing import ArrayLike

from mmod.shields.ballistic_limits._handbook import (
    FloatArray,
    criterion_factor,
    in_handbook_units,
)
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

CRITERIA = {"perforation": 1.8, "detached_spall": 2.2, "no_spall": 3.0}
"""Failure criterion to the factor k (Reimerdes et al. 2006, Table 1 p. 648)."""
WALL_CONSTANT = {"aluminium": 0.42, "steel": 0.25}
"""Wall material to K_inf; steel from NASA/TM-2009-214785 p. 50."""
VALIDITY = Validity(
    speed=(2.0 * KM, 8.0 * KM),
    obliquity=WHIPPLE_CAP,
    diameter=(0.04 * CM, 1.9 * CM),
    density=GUN_DENSITIES,
    basis="the shots behind the NNO equations (NASA/TM-2009-214789 p. 20), 2-8 km/s for"
    " the family (Christiansen & Kerr 2001 p. 97); no own range is at hand. The onset"
    " is for aluminium on aluminium"
    f"{DENSITY_NOTE}",
)
_MASS_POWER = 0.352


def whipple_reimerdes_limit(
    *,
    bumper_thickness: float,
    bumper_density: float,
    standoff: float,
    wall_thickness: float,
    wall_yield: float,
    criterion: str = "perforation",
    K_inf: float = WALL_CONSTANT["aluminium"],
    external_blanket: float = 0.0,
    internal_blanket: float = 0.0,
    blanket_standoff: float = 0.0,
) -> ThinBumperLimit:
    """Return the limit of one shield; parameters as in `whipple_reimerdes`."""
    from mmod.shields.ballistic_limits._thin_bumper import REIMERDES, Shape

    p = in_handbook_units(
        "whipple.reimerdes",
        allow_zero=("external_blanket", "internal_blanket", "blanket_standoff"),
        bumper_thickness=(bumper_thickness, "length"),
        bumper_density=(bumper_density, "density"),
        standoff=(standoff, "length"),
        wall_thickness=(wall_thickness, "length"),
        wall_yield=(wall_yield, "yield"),
        K_inf=(K_inf, "number"),
        external_blanket=(external_blanket, "areal density"),
        internal_blanket=(internal_blanket, "areal density"),
        blanket_standoff=(blanket_standoff, "length"),
    )
    k = criterion_factor("whipple.reimerdes", criterion, CRITERIA)
    bumper = (
        p["bumper_thickness"]
        + EXTERNAL_BLANKET * p["external_blanket"] / p["bumper_density"]
    )
    mass = math.pi / 6.0  # of 1 cm and 1 g/cm3
    shape = Shape(
        form=REIMERDES,
        low=((p["wall_thickness"] / k + bumper) / (0.796 * K_inf)) ** (18.0 / 19.0),
        high=3.918
        * p["wall_thickness"] ** (2.0 / 3.0)
        * p["standoff"] ** (1.0 / 3.0)
        * (p["wall_yield"] / 70.0) ** (1.0 / 3.0)
        * p["bumper_density"] ** (-1.0 / 9.0),
        ratio=k
        * K_inf
        / 0.178
        * mass ** (_MASS_POWER - 0.5)
        * p["bumper_density"] ** (-1.0 / 6.0)
        * (p["standoff"] * p["wall_yield"] / 70.0) ** 0.5,
        decay=27.0 * (0.5 - _MASS_POWER),
        bumper=p["bumper_thickness"],
        standoff=p["standoff"],
        bumper_density=p["bumper_density"],
        caught=INTERNAL_BLANKET
        * p["internal_blanket"]
        * (p["blanket_standoff"] / p["standoff"]) ** 0.5,
        onset_limit=2.0 if p["internal_blanket"] > 0.0 else NORMAL_BORDER,
    )
    return ThinBumperLimit(shape, VALIDITY)


def whipple_reimerdes(
    speed: ArrayLike,
    obliquity: ArrayLike,
    density: ArrayLike,
    *,
    bumper_thickness: float,
    bumper_density: float,
    standoff: float,
    wall_thickness: float,
    wall_yield: float,
    criterion: str = "perforation",
    K_inf: float = WALL_CONSTANT["aluminium"],
    external_blanket: float = 0.0,
    internal_blanket: float = 0.0,
    blanket_standoff: float = 0.0,
) -> FloatArray:
    r"""Return the critical diameter of a Whipple shield, Reimerdes et al. 2006.

    With lengths in cm, densities in g/cm3, speeds in km/s, the yield stress in ksi
    and c the cosine of the obliquity (capped at 65 deg)::

        V <= V1/c  d = [(t_w/k + t_b)
                        / (0.796 K_inf rho_p^0.518 (V c)^(2/3))]^(18/19)
        V >= 7/c   d = 3.918 F2^(-2/3) t_w^(2/3) rho_p^(-1/3) rho_b^(-1/9)
                       (V c)^(-2/3) S^(1/3) (sigma/70)^(1/3)

    and a straight line in V between. The projectile begins to shatter at
    V1 = 1.853 + 0.397 (t_b/d)^(-0.565). F2 is that of `whipple_jsc` with q = 0.20 for
    S/d >= 30, else 0.25, and the ratio of the walls needed without a bumper and with
    the best one at V c = 7, for a sphere of mass M::

        r = k K_inf M^0.352 rho_p^(1/6) (V c)^(2/3)
            / [0.178 M^(1/2) rho_b^(1/6) V c (70/sigma)^(1/2) S^(-1/2)]

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
    criterion : str
        Failure of the rear wall: ``perforation`` (k = 1.8), ``detached_spall`` (2.2)
        or ``no_spall`` (3.0: any spall is a failure).
    K_inf : float
        Constant of the wall material, `WALL_CONSTANT`: 0.42 aluminium, 0.25 steel.
    external_blanket, internal_blanket, blanket_standoff : float
        Blankets as in `whipple_nno` [kg/m2], [m].

    Returns
    -------
    ndarray
        Critical diameter [m] under the criterion.

    Raises
    ------
    InputError
        When a parameter or an impact condition is out of range, or the criterion is
        not known.

    Notes
    -----
    The high regime is implicit and solved inside a bracket, as in `whipple_jsc`, with
    r not below 1. The onset is solved with the low regime, t_b [(V1 - 1.853)/0.397]^
    (1/0.565) = d; the diameter is that of the low regime at the speed V1 and the actual
    obliquity, as in `whipple_jsc`. For very thin bumpers V1 exceeds 7 km/s; it is held
    at 7 km/s, where the critical diameter then jumps, so that the high regime is used
    from 7/c on as printed. A blanket inside moves the onset down to 2.0.

    Above the onset the criterion enters through r alone: behind a bumper thick enough
    the high regime is NNO's, perforation or detached spall, whatever the criterion.

    0.796 is (pi/6)^0.352, and 3.918 follows from 0.178 M^(1/2) with the mass of the
    sphere within 0.1 %: M is pi d^3 rho_p/6. A published program takes pi d^3 rho_p/8
    in r. The Handbook [2]_ prints k ten times too small.

    References
    ----------
    .. [1] H.-G. Reimerdes, D. Noelke, F. Schaefer, "Modified Cour-Palais/Christiansen
       damage equations for double-wall structures", Int. J. Impact Eng. 33, 645-654
       (2006), p. 648-651 Table 1, eq. 3, 8-11, 15.
    .. [2] E. L. Christiansen et al., NASA/TM-2009-214785 (2009), p. 50-51.
    """
    return whipple_reimerdes_limit(
        bumper_thickness=bumper_thickness,
        bumper_density=bumper_density,
        standoff=standoff,
        wall_thickness=wall_thickness,
        wall_yield=wall_yield,
        criterion=criterion,
        K_inf=K_inf,
        external_blanket=external_blanket,
        internal_blanket=internal_blanket,
        blanket_standoff=blanket_standoff,
    ).critical_diameter(speed, obliquity, density)
