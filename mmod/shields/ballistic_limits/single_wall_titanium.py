"""One titanium plate: the Cour-Palais crater equation with a diameter to the power 1."""

from __future__ import annotations

from numpy.typing import ArrayLike

from mmod.shields.ballistic_limits._crater import CraterLaw
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
from mmod.units import G_CM3, KM

CRITERIA = {"perforation": 1.8, "detached_spall": 2.4, "incipient_spall": 3.0}
"""Thickness over crater depth at which each failure begins."""
VALIDITY = Validity(
    speed=(6.4 * KM, 7.0 * KM),
    obliquity=0.0,
    density=(2.6 * G_CM3, 2.9 * G_CM3),
    basis="NASA/TM-2009-214785 p. 37: Ti-15-3-3-3, aluminium projectiles of millimetre"
    " size, normal incidence, 6.4-7.0 km/s",
)


def titanium_wall_limit(
    *,
    thickness: float,
    wall_density: float,
    brinell: float,
    sound_speed: float,
    criterion: str = "perforation",
    external_blanket: float = 0.0,
) -> PowerLawLimit:
    """Return the limit of one titanium plate; parameters as in `titanium_wall`."""
    k = criterion_factor("single_wall.titanium", criterion, CRITERIA)
    p = in_handbook_units(
        "single_wall.titanium",
        allow_zero=("external_blanket",),
        thickness=(thickness, "length"),
        wall_density=(wall_density, "density"),
        brinell=(brinell, "number"),
        sound_speed=(sound_speed, "speed"),
        external_blanket=(external_blanket, "areal density"),
    )
    crater = CraterLaw(
        5.24
        * p["brinell"] ** -0.25
        * p["wall_density"] ** -0.5
        * p["sound_speed"] ** (-2.0 / 3.0)
    )
    plate = crater.critical(p["thickness"] / k)
    blanket = PowerLaw(2.2 * p["external_blanket"], -0.63, -0.63, -0.47)
    return PowerLawLimit((Regimes((plate, blanket)),), VALIDITY, cap=GRAZING)


def titanium_wall(
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
    r"""Return the critical diameter of one titanium plate.

    With lengths in cm, densities in g/cm3, speeds in km/s and c the cosine of the
    obliquity the crater in a thick plate and the critical diameter are::

        P = 5.24 d HB^(-1/4) (rho_p/rho_t)^(1/2) (V c/C)^(2/3)
        d_c = (t/k) HB^(1/4) (rho_t/rho_p)^(1/2) / (5.24 (V c/C)^(2/3))

    Parameters
    ----------
    speed, obliquity, density : array_like
        Impact speed [m/s], angle from the normal [rad], particle density [kg/m3].
    thickness : float
        Plate [m].
    wall_density, brinell, sound_speed : float
        Plate material [kg/m3], Brinell number [-], sound speed [m/s].
    criterion : {"perforation", "detached_spall", "incipient_spall"}
        k = 1.8, 2.4 or 3.0.
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
    No speed regimes and no angle cap; held at 89 deg. The diameter stands to the power
    1, not 19/18 as for aluminium. Tests: Ti-15V-3Cr-3Al-3Sn, aluminium projectiles of
    millimetre size, 0 deg, 6.4-7.0 km/s; everything else is extrapolated. The blanket
    term comes from aluminium plates and perforation; with another criterion it is
    added unchanged.

    References
    ----------
    .. [1] E. L. Christiansen et al., NASA/TM-2009-214785 (2009), p. 37, eq. 4-7, 4-8;
       p. 42 eq. 4-20.
    .. [2] S. Ryan, E. L. Christiansen, NASA/TM-2009-214789 (2009), p. 9, eq. 8 to 12.
    """
    return titanium_wall_limit(
        thickness=thickness,
        wall_density=wall_density,
        brinell=brinell,
        sound_speed=sound_speed,
        criterion=criterion,
        external_blanket=external_blanket,
    ).critical_diameter(speed, obliquity, density)
