"""One plate: the Cour-Palais crater equation for aluminium, and stainless steel."""

from __future__ import annotations

from numpy.typing import ArrayLike

from mmod.shields.ballistic_limits._handbook import (
    FloatArray,
    criterion_factor,
    in_handbook_units,
)
from mmod.shields.ballistic_limits._regimes import (
    GRAZING,
    PowerLaw,
    PowerLawLimit,
    Regimes,
    Validity,
)
from mmod.units import CM, DEGREE, G_CM3, KM

ALUMINIUM_CRITERIA = {
    "perforation": 1.8,
    "detached_spall": 2.2,
    "incipient_spall": 3.0,
}
"""Thickness over crater depth at which each failure begins."""
STEEL_CRITERIA = {"perforation": 1.8}
ALUMINIUM_VALIDITY = Validity(
    speed=(0.0, 8.0 * KM),
    obliquity=85.0 * DEGREE,
    diameter=(0.05 * CM, 1.27 * CM),
    density=(2.2 * G_CM3, 8.96 * G_CM3),
    basis="NASA/TM-2009-214789 Table 2 p. 9: aluminium, glass, steel and copper"
    " projectiles (densities from glass to copper)",
)
STEEL_VALIDITY = Validity(
    speed=(6.8 * KM, 7.2 * KM),
    obliquity=75.0 * DEGREE,
    density=(2.6 * G_CM3, 2.9 * G_CM3),
    basis="NASA/TM-2009-214785 p. 39: aluminium projectiles at 7.0 +- 0.2 km/s,"
    " 0 to 75 deg",
)
DENSITY_RATIO = 1.5
"""Particle over target density from which on the exponent is 2/3 instead of 1/2."""
HIGH_RATIO_EXPONENT = 2.0 / 3.0
"""Density exponent from that ratio on (printed as 3/2 in one report)."""
_STEEL = 0.345
_N = 18.0 / 19.0


def _blanket(areal_density: float) -> PowerLaw:
    """Return what a blanket in front of a metal plate adds [cm]; see Handbook 4-20."""
    return PowerLaw(2.2 * areal_density, -0.63, -0.63, -0.47)


def aluminium_wall_limit(
    *,
    thickness: float,
    wall_density: float,
    brinell: float,
    sound_speed: float,
    criterion: str = "perforation",
    external_blanket: float = 0.0,
) -> PowerLawLimit:
    """Return the limit of one plate; parameters as in `aluminium_wall`."""
    k = criterion_factor("single_wall.aluminium", criterion, ALUMINIUM_CRITERIA)
    p = in_handbook_units(
        "single_wall.aluminium",
        allow_zero=("external_blanket",),
        thickness=(thickness, "length"),
        wall_density=(wall_density, "density"),
        brinell=(brinell, "number"),
        sound_speed=(sound_speed, "speed"),
        external_blanket=(external_blanket, "areal density"),
    )
    depth = p["thickness"] / k * p["brinell"] ** 0.25 / 5.24
    depth *= p["sound_speed"] ** (2.0 / 3.0)
    branches = tuple(
        Regimes(
            (
                PowerLaw(
                    (depth * p["wall_density"] ** a) ** _N,
                    -2.0 / 3.0 * _N,
                    -2.0 / 3.0 * _N,
                    -a * _N,
                ),
                _blanket(p["external_blanket"]),
            )
        )
        for a in (0.5, HIGH_RATIO_EXPONENT)
    )
    return PowerLawLimit(
        branches,
        ALUMINIUM_VALIDITY,
        cap=GRAZING,
        density_edge=DENSITY_RATIO * wall_density,
    )


def aluminium_wall(
    speed: ArrayLike,
    obliquity: ArrayLike,
    density: ArrayLike,
    *,
    thickness: float,
    wall_density: float,
    brinell: float,
    sound_speed: float,
    criterion: str = "perforation",
    external_blanket: float = 0.0,
) -> FloatArray:
    r"""Return the critical diameter of one aluminium plate (Cour-Palais).

    With lengths in cm, densities in g/cm3, speeds in km/s and c the cosine of the
    obliquity, the crater in a thick target is P deep and a plate fails below k P::

        P = 5.24 d^(19/18) HB^(-1/4) (rho_p/rho_t)^a (V c/C)^(2/3)
        d_c = [(t/k) HB^(1/4) (rho_t/rho_p)^a / (5.24 (V c/C)^(2/3))]^(18/19)

    with a = 1/2 for rho_p/rho_t < 1.5 and 2/3 from there on.

    Parameters
    ----------
    speed, obliquity, density : array_like
        Impact speed [m/s], angle from the normal [rad], particle density [kg/m3].
    thickness : float
        Plate [m].
    wall_density, brinell, sound_speed : float
        Plate material [kg/m3], Brinell number [-], sound speed [m/s].
    criterion : {"perforation", "detached_spall", "incipient_spall"}
        k = 1.8, 2.2 or 3.0.
    external_blanket : float
        Blanket in front [kg/m2]; adds 2.2 m rho_p^(-0.47) (V c)^(-0.63), given for
        perforation.

    Returns
    -------
    ndarray
        Critical diameter [m].

    Raises
    ------
    InputError
        When a parameter or an impact condition is out of range.

    Notes
    -----
    No speed regimes and no angle cap; held at 89 deg. Tests: 0-85 deg, below 8 km/s,
    0.05-1.27 cm, aluminium, glass, steel and copper projectiles; conservative above
    8 km/s, slightly too deep above 45 deg. The report [3]_ prints the exponent 3/2 in
    its eq. 7 where its eq. 2 and the other documents have 2/3: 2/3 is used. At
    rho_p/rho_t = 1.5 the diameter drops by a factor 0.938.

    References
    ----------
    .. [1] E. L. Christiansen et al., NASA/TM-2009-214785 (2009), p. 34-42, eq. 4-1 to
       4-6, 4-20.
    .. [2] E. L. Christiansen, Int. J. Impact Eng. 14, 145-156 (1993), p. 147.
       :doi:`10.1016/0734-743X(93)90016-Z`
    .. [3] S. Ryan, E. L. Christiansen, NASA/TM-2009-214789 (2009), p. 8-9, 41 eq. 122.
    """
    return aluminium_wall_limit(
        thickness=thickness,
        wall_density=wall_density,
        brinell=brinell,
        sound_speed=sound_speed,
        criterion=criterion,
        external_blanket=external_blanket,
    ).critical_diameter(speed, obliquity, density)


def steel_wall_limit(
    *,
    thickness: float,
    wall_density: float,
    criterion: str = "perforation",
    external_blanket: float = 0.0,
) -> PowerLawLimit:
    """Return the limit of one steel plate; parameters as in `steel_wall`."""
    k = criterion_factor("single_wall.steel", criterion, STEEL_CRITERIA)
    p = in_handbook_units(
        "single_wall.steel",
        allow_zero=("external_blanket",),
        thickness=(thickness, "length"),
        wall_density=(wall_density, "density"),
        external_blanket=(external_blanket, "areal density"),
    )
    depth = p["thickness"] * p["wall_density"] ** 0.5 / (k * _STEEL)
    plate = PowerLaw(depth**_N, -2.0 / 3.0 * _N, -2.0 / 3.0 * _N, -0.5 * _N)
    regimes = Regimes((plate, _blanket(p["external_blanket"])))
    return PowerLawLimit((regimes,), STEEL_VALIDITY, cap=GRAZING)


def steel_wall(
    speed: ArrayLike,
    obliquity: ArrayLike,
    density: ArrayLike,
    *,
    thickness: float,
    wall_density: float,
    criterion: str = "perforation",
    external_blanket: float = 0.0,
) -> FloatArray:
    r"""Return the critical diameter of one stainless steel plate (CRES 15-5PH).

    With lengths in cm, densities in g/cm3, speeds in km/s and c the cosine of the
    obliquity::

        P = 0.345 d^(19/18) (rho_p/rho_t)^(1/2) (V c)^(2/3)
        d_c = [t (rho_t/rho_p)^(1/2) / (1.8 * 0.345 (V c)^(2/3))]^(18/19)

    Parameters
    ----------
    speed, obliquity, density : array_like
        Impact speed [m/s], angle from the normal [rad], particle density [kg/m3].
    thickness, wall_density : float
        Plate [m], [kg/m3].
    criterion : {"perforation"}
        k = 1.8.
    external_blanket : float
        Blanket in front [kg/m2]; adds 2.2 m rho_p^(-0.47) (V c)^(-0.63).

    Returns
    -------
    ndarray
        Critical diameter [m].

    Raises
    ------
    InputError
        When a parameter or an impact condition is out of range.

    Notes
    -----
    The Handbook prints the constant 0.434 in eq. 4-10; that belongs to fibreglass. Its
    eq. 4-12 (1.57 t^(18/19) (rho_t/rho_p)^0.474 (V c)^(-0.632)) needs 0.345, which is
    used unrounded. Two later documents print V c/C; there is no sound speed in it.
    Tests: aluminium projectiles, 0-75 deg, 7.0 +- 0.2 km/s.

    References
    ----------
    .. [1] E. L. Christiansen et al., NASA/TM-2009-214785 (2009), p. 38-39, eq. 4-10 to
       4-12.
    .. [2] S. Ryan, E. L. Christiansen, Acta Astronautica 69, 245-257 (2011), p. 248.

    """
    return steel_wall_limit(
        thickness=thickness,
        wall_density=wall_density,
        criterion=criterion,
        external_blanket=external_blanket,
    ).critical_diameter(speed, obliquity, density)
