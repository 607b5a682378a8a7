"""One composite plate: carbon fibre (CFRP) and glass fibre reinforced plastic."""

from __future__ import annotations

from typing import Literal

from numpy.typing import ArrayLike

from mmod.errors import bad
from mmod.shields.ballistic_limits._crater import CraterLaw
from mmod.shields.ballistic_limits._handbook import (
    FloatArray,
    criterion_factor,
    in_handbook_units,
)
from mmod.shields.ballistic_limits._regimes import PowerLawLimit, Validity
from mmod.units import DEGREE, G_CM3, KM

Form = Literal["density_explicit", "original"]

CFRP_CRITERIA = {"perforation": 1.8, "detached_spall": 3.0}
"""Thickness over crater depth at which each failure begins."""
FIBREGLASS_CRITERIA = {"perforation": 1.8}
CFRP_VALIDITY = Validity(
    speed=(5.8 * KM, 6.6 * KM),
    obliquity=0.0,
    density=(2.6 * G_CM3, 2.9 * G_CM3),
    basis="NASA/TM-2009-214789 p. 11: quasi-isotropic laminate of 3.8 mm, aluminium"
    " projectiles, normal incidence, 5.8-6.6 km/s",
)
FIBREGLASS_VALIDITY = Validity(
    speed=(6.6 * KM, 7.0 * KM),
    obliquity=60.0 * DEGREE,
    density=(2.6 * G_CM3, 2.9 * G_CM3),
    basis="NASA/TM-2009-214785 p. 41: aluminium projectiles at 6.8 km/s (+- 0.2"
    " [estimate]), 0 to 60 deg",
)
FORMS: tuple[Form, ...] = ("density_explicit", "original")
"""Forms of the carbon fibre equation; they agree at 1.42 g/cm3."""
_CFRP_EXPLICIT = 0.62
_CFRP_ORIGINAL = 0.52
_FIBREGLASS = 0.434
_BLANKET = 4.5


def _limit(
    name: str,
    crater: float,
    k: float,
    validity: Validity,
    *,
    thickness: float,
    wall_density: float,
    external_blanket: float,
    target_exponent: float = -0.5,
) -> PowerLawLimit:
    p = in_handbook_units(
        name,
        allow_zero=("external_blanket",),
        thickness=(thickness, "length"),
        wall_density=(wall_density, "density"),
        external_blanket=(external_blanket, "areal density"),
    )
    law = CraterLaw(crater * p["wall_density"] ** target_exponent)
    blanket = _BLANKET * p["external_blanket"] / p["wall_density"]
    return law.limit((p["thickness"] + blanket) / k, validity)


def cfrp_wall_limit(
    *,
    thickness: float,
    wall_density: float,
    criterion: str = "perforation",
    external_blanket: float = 0.0,
    form: Form = "density_explicit",
) -> PowerLawLimit:
    """Return the limit of one carbon fibre plate; parameters as in `cfrp_wall`."""
    k = criterion_factor("single_wall.cfrp", criterion, CFRP_CRITERIA)
    if form not in FORMS:
        raise bad("single_wall.cfrp", "form", form, f"one of {', '.join(FORMS)}")
    explicit = form == "density_explicit"
    return _limit(
        "single_wall.cfrp",
        _CFRP_EXPLICIT if explicit else _CFRP_ORIGINAL,
        k,
        CFRP_VALIDITY,
        thickness=thickness,
        wall_density=wall_density,
        external_blanket=external_blanket,
        target_exponent=-0.5 if explicit else 0.0,
    )


def cfrp_wall(
    speed: ArrayLike,
    obliquity: ArrayLike,
    density: ArrayLike,
    *,
    thickness: float,
    wall_density: float,
    criterion: str = "perforation",
    external_blanket: float = 0.0,
    form: Form = "density_explicit",
) -> FloatArray:
    r"""Return the critical diameter of one carbon fibre plate (CFRP).

    With lengths in cm, areal densities in g/cm2, densities in g/cm3, speeds in km/s
    and c the cosine of the obliquity::

        density_explicit  P = 0.62 d (rho_p/rho_t)^(1/2) (V c)^(2/3)
                          d_c = T (rho_t/rho_p)^(1/2) / (k 0.62 (V c)^(2/3))
        original          P = 0.52 d rho_p^(1/2) (V c)^(2/3)
                          d_c = T / (k 0.52 rho_p^(1/2) (V c)^(2/3))

    with T = t + 4.5 m/rho_t, m the blanket in front.

    Parameters
    ----------
    speed, obliquity, density : array_like
        Impact speed [m/s], angle from the normal [rad], particle density [kg/m3].
    thickness, wall_density : float
        Plate [m], [kg/m3].
    criterion : {"perforation", "detached_spall"}
        k = 1.8 or 3.0.
    external_blanket : float
        Blanket in front [kg/m2].
    form : {"density_explicit", "original"}
        With the density of the plate (RC11), or without (Handbook).

    Returns
    -------
    ndarray
        Critical diameter [m].

    Raises
    ------
    InputError
        When a parameter, the form or an impact condition is out of range.

    Notes
    -----
    0.62 = 0.52 * 1.42^(1/2): the forms agree for the laminate of the tests, 1.42
    g/cm3. Away from 1.4 to 1.6 g/cm3 neither has support. The documents subtract
    4.5 m/rho_t from the depth in one place and add it to the thickness in the other;
    these differ by the factor k on the blanket. It is added to the thickness, the
    smaller diameter. Tests: 3.8 mm quasi-isotropic laminate, aluminium projectiles,
    0 deg, 5.8-6.6 km/s. No angle cap; held at 89 deg.

    References
    ----------
    .. [1] E. L. Christiansen et al., NASA/TM-2009-214785 (2009), p. 39-40.
    .. [2] S. Ryan, E. L. Christiansen, NASA/TM-2009-214789 (2009), p. 11.
    .. [3] S. Ryan, E. L. Christiansen, Acta Astronautica 69, 245-257 (2011), p. 248.
    """
    return cfrp_wall_limit(
        thickness=thickness,
        wall_density=wall_density,
        criterion=criterion,
        external_blanket=external_blanket,
        form=form,
    ).critical_diameter(speed, obliquity, density)


def fibreglass_wall_limit(
    *,
    thickness: float,
    wall_density: float,
    criterion: str = "perforation",
    external_blanket: float = 0.0,
) -> PowerLawLimit:
    """Return the limit of one glass fibre plate; parameters as in `fibreglass_wall`."""
    name = "single_wall.fibreglass"
    return _limit(
        name,
        _FIBREGLASS,
        criterion_factor(name, criterion, FIBREGLASS_CRITERIA),
        FIBREGLASS_VALIDITY,
        thickness=thickness,
        wall_density=wall_density,
        external_blanket=external_blanket,
    )


def fibreglass_wall(
    speed: ArrayLike,
    obliquity: ArrayLike,
    density: ArrayLike,
    *,
    thickness: float,
    wall_density: float,
    criterion: str = "perforation",
    external_blanket: float = 0.0,
) -> FloatArray:
    r"""Return the critical diameter of one glass fibre plate (e-glass and epoxy).

    With lengths in cm, areal densities in g/cm2, densities in g/cm3, speeds in km/s
    and c the cosine of the obliquity::

        P = 0.434 d (rho_p/rho_t)^(1/2) (V c)^(2/3)
        d_c = (t + 4.5 m/rho_t) (rho_t/rho_p)^(1/2) / (1.8 * 0.434 (V c)^(2/3))

    Parameters
    ----------
    speed, obliquity, density : array_like
        Impact speed [m/s], angle from the normal [rad], particle density [kg/m3].
    thickness, wall_density : float
        Plate [m], [kg/m3]; 1800 kg/m3 in the tests.
    criterion : {"perforation"}
        k = 1.8.
    external_blanket : float
        Blanket in front [kg/m2].

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
    The Handbook prints the inverse as 1.28; 1/(1.8 * 0.434) = 1.2801 is used. Reference
    [2]_ inverts the density ratio in its eq. 18 and [3]_ prints V c/C in its eq. 21:
    misprints, there is no sound speed in the constant. Tests: aluminium projectiles,
    0-60 deg, 6.8 km/s. No angle cap; held at 89 deg.

    References
    ----------
    .. [1] E. L. Christiansen et al., NASA/TM-2009-214785 (2009), p. 41.
    .. [2] S. Ryan, E. L. Christiansen, Acta Astronautica 69, 245-257 (2011), eq. 18.
    .. [3] S. Ryan, E. L. Christiansen, NASA/TM-2009-214789 (2009), p. 11, eq. 21.
    """
    return fibreglass_wall_limit(
        thickness=thickness,
        wall_density=wall_density,
        criterion=criterion,
        external_blanket=external_blanket,
    ).critical_diameter(speed, obliquity, density)
