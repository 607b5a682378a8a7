"""Two-wall Whipple shield: the "new non-optimum" (NNO) equations."""

from __future__ import annotations

from collections.abc import Mapping

from numpy.typing import ArrayLike

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
from mmod.units import CM, KM

CRITERIA = ("perforation_or_detached_spall",)
VALIDITY = Validity(
    speed=(6.7 * KM, 7.5 * KM),
    obliquity=WHIPPLE_CAP,
    diameter=(0.04 * CM, 1.9 * CM),
    density=GUN_DENSITIES,
    basis="about 200 shots, 0.04-1.9 cm, 6.7-7.5 km/s and mostly 0 deg"
    " (NASA/TM-2009-214789 p. 20); other speeds count as outside"
    f"{DENSITY_NOTE}",
)
EXTERNAL_BLANKET = 3.0
"""Bumper thickness that a blanket on the outside is worth, times its areal density
over the bumper density (NASA/TM-2009-214789 p. 42 eq. 125)."""
INTERNAL_BLANKET = 1.4
"""Coefficient of a blanket inside [cm3/g] (NASA/TM-2009-214785 p. 51 eq. 4-35)."""


def nno_terms(p: Mapping[str, float], bumper: float) -> tuple[PowerLaw, PowerLaw]:
    """Return the low and the high regime, shield in the units of the documents.

    Parameters
    ----------
    p : mapping
        ``bumper_density``, ``standoff``, ``wall_thickness`` and ``wall_yield``.
    bumper : float
        Bumper thickness of the low regime, with what thickens it [cm].
    """
    strength = p["wall_thickness"] * (p["wall_yield"] / 40.0) ** 0.5 + bumper
    n = 18.0 / 19.0
    low = PowerLaw((strength / 0.6) ** n, -2.0 / 3.0 * n, -5.0 / 3.0 * n, -0.5 * n)
    high = PowerLaw(
        3.918
        * p["wall_thickness"] ** (2.0 / 3.0)
        * p["bumper_density"] ** (-1.0 / 9.0)
        * p["standoff"] ** (1.0 / 3.0)
        * (p["wall_yield"] / 70.0) ** (1.0 / 3.0),
        -2.0 / 3.0,
        -2.0 / 3.0,
        -1.0 / 3.0,
    )
    return low, high


def whipple_nno_limit(
    *,
    bumper_thickness: float,
    bumper_density: float,
    standoff: float,
    wall_thickness: float,
    wall_yield: float,
    external_blanket: float = 0.0,
    internal_blanket: float = 0.0,
    blanket_standoff: float = 0.0,
) -> PowerLawLimit:
    """Return the NNO limit of one shield; parameters as in `whipple_nno`."""
    p = in_handbook_units(
        "whipple.nno",
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
    low, high = nno_terms(p, bumper)
    caught = PowerLaw(
        INTERNAL_BLANKET
        * p["internal_blanket"]
        * (p["blanket_standoff"] / p["standoff"]) ** 0.5
    )
    onset = Border(2.0 if p["internal_blanket"] > 0.0 else 3.0, -1.0)
    regimes = Regimes((low,), (high, caught), onset, Border(7.0, -1.0))
    return PowerLawLimit((regimes,), VALIDITY, cap=WHIPPLE_CAP)


def whipple_nno(
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
) -> FloatArray:
    r"""Return the critical diameter of a Whipple shield by the NNO equations.

    With lengths in cm, densities in g/cm3, speeds in km/s, the yield stress in ksi
    and c the cosine of the obliquity (capped at 65 deg)::

        V <= 3/c   d = [(t_w (sigma/40)^(1/2) + t_b)
                        / (0.6 c^(5/3) rho_p^(1/2) V^(2/3))]^(18/19)
        V >= 7/c   d = 3.918 t_w^(2/3) rho_p^(-1/3) rho_b^(-1/9) (V c)^(-2/3)
                       S^(1/3) (sigma/70)^(1/3)

    and a straight line in V between.

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
    external_blanket : float
        Blanket on the outside of the bumper [kg/m2]; thickens the bumper in the low
        regime only.
    internal_blanket, blanket_standoff : float
        Blanket between the walls [kg/m2] and its distance from the bumper [m]; adds
        1.4 m (S_MLI/S)^(1/2) above the onset, which drops to 2/c.

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
    Tests: about 200, 0.04-1.9 cm, 6.7-7.5 km/s, mostly normal incidence. Above 7 km/s
    the extrapolation is at constant kinetic energy. The bumper is taken as thick
    enough, t_b >= 0.20 to 0.25 d rho_p/rho_b; for thinner bumpers the result is
    optimistic (see `whipple_jsc`). The blanket terms are from the later documents.

    References
    ----------
    .. [1] E. L. Christiansen, "Design and performance equations for advanced meteoroid
       and debris shields", Int. J. Impact Eng. 14, 145-156 (1993), p. 149-150.
       :doi:`10.1016/0734-743X(93)90016-Z`
    .. [2] E. L. Christiansen et al., NASA/TM-2009-214785 (2009), p. 45-51, eq. 4-23 to
       4-26, 4-35, 4-36.
    .. [3] S. Ryan, E. L. Christiansen, NASA/TM-2009-214789 (2009), p. 20, 42.
    """
    return whipple_nno_limit(
        bumper_thickness=bumper_thickness,
        bumper_density=bumper_density,
        standoff=standoff,
        wall_thickness=wall_thickness,
        wall_yield=wall_yield,
        external_blanket=external_blanket,
        internal_blanket=internal_blanket,
        blanket_standoff=blanket_standoff,
    ).critical_diameter(speed, obliquity, density)
