"""Windows: one pane of fused silica or of fused quartz."""

from __future__ import annotations

from numpy.typing import ArrayLike

from mmod.errors import bad
from mmod.shields.ballistic_limits._handbook import (
    FloatArray,
    criterion_factor,
    in_handbook_units,
)
from mmod.shields.ballistic_limits._regimes import (
    DENSITY_NOTE,
    GRAZING,
    GUN_DENSITIES,
    PowerLaw,
    PowerLawLimit,
    Regimes,
    Validity,
)
from mmod.shields.hole_size import window
from mmod.units import CM, DEGREE, KM

CRATER = "crater_diameter"
"""Criterion: a crater on the surface as wide as the card allows."""
CRITERIA = {"perforation": 2.0, "detached_spall": 3.0, "no_crack": 7.0, CRATER: 0.0}
"""Thickness over crater depth at which each failure begins; 0: not of the thickness."""
VALIDITY = Validity(
    speed=(2.7 * KM, 12.0 * KM),
    obliquity=60.0 * DEGREE,
    diameter=(0.14 * CM, 0.40 * CM),
    density=GUN_DENSITIES,
    basis="NASA/TM-2009-214789 p. 13: 2.7-12 km/s, 0-60 deg, 0.14-0.40 cm"
    f"{DENSITY_NOTE}",
)
QUARTZ_VALIDITY = Validity(
    speed=(6.61 * KM, 6.97 * KM),
    obliquity=60.0 * DEGREE,
    diameter=(0.07 * CM, 0.20 * CM),
    basis="NASA/TM-2009-214789 p. 14-15: nine tests at 6.61-6.97 km/s, 0, 45 and 60"
    " deg, 0.07-0.20 cm",
)
INVERSE_DEPTH = {"fused_silica": 1.89, "fused_quartz": 1.32}
"""1/0.53 and 1/0.758 of the crater depths, as printed."""
_VALIDITY = {"fused_silica": VALIDITY, "fused_quartz": QUARTZ_VALIDITY}


def _pane_limit(
    glass: window.Glass,
    thickness: float | None,
    criterion: str,
    crater_diameter: float | None,
) -> PowerLawLimit:
    name = f"transparent.{glass}"
    k = criterion_factor(name, criterion, CRITERIA)
    if criterion == CRATER:
        if crater_diameter is None:
            expected = f"a length > 0 [m], for the criterion {CRATER}"
            raise bad(name, CRATER, crater_diameter, expected)
        p = in_handbook_units(name, crater_diameter=(crater_diameter, "length"))
        return window.CRATER[glass].limit(p["crater_diameter"], _VALIDITY[glass])
    if crater_diameter is not None:
        expected = f"none, or the criterion {CRATER}"
        raise bad(name, CRATER, crater_diameter, expected)
    if thickness is None:
        raise bad(name, "thickness", thickness, "a length > 0 [m]")
    p = in_handbook_units(name, thickness=(thickness, "length"))
    n = 18.0 / 19.0
    pane = PowerLaw(
        (INVERSE_DEPTH[glass] * p["thickness"] / k) ** n,
        -2.0 / 3.0 * n,
        -2.0 / 3.0 * n,
        -0.5 * n,
    )
    return PowerLawLimit((Regimes((pane,)),), _VALIDITY[glass], cap=GRAZING)


def fused_silica_limit(
    *,
    thickness: float | None = None,
    criterion: str = "detached_spall",
    crater_diameter: float | None = None,
) -> PowerLawLimit:
    """Return the limit of one pane; parameters as in `fused_silica`."""
    return _pane_limit("fused_silica", thickness, criterion, crater_diameter)


def fused_silica(
    speed: ArrayLike,
    obliquity: ArrayLike,
    density: ArrayLike,
    *,
    thickness: float | None = None,
    criterion: str = "detached_spall",
    crater_diameter: float | None = None,
) -> FloatArray:
    r"""Return the critical diameter of one pane of fused silica.

    With lengths in cm, density in g/cm3, speeds in km/s and c the cosine of the
    obliquity::

        P = 0.53 rho_p^(1/2) d^(19/18) (V c)^(2/3)
        d_c = [1.89 t / (k rho_p^(1/2) (V c)^(2/3))]^(18/19)
        crater_diameter  d_c = [D_max / (30.9 rho_p^0.44 (V c)^0.44)]^(1/1.33)

    Parameters
    ----------
    speed, obliquity, density : array_like
        Impact speed [m/s], angle from the normal [rad], particle density [kg/m3].
    thickness : float, optional
        Pane [m]; every criterion but ``crater_diameter`` needs it.
    criterion : {"perforation", "detached_spall", "no_crack", "crater_diameter"}
        k = 2, 3 or 7; or damage of the surface, D_max wide.
    crater_diameter : float, optional
        D_max [m], only with the criterion of that name.

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
    1.89 is the printed inverse of 0.53 (1.887). The exponent 19/18 is written 1.06 in
    the Handbook. Its shortcut for perforation, 0.95 t^0.94 rho_p^(-0.47)
    (V c)^(-0.63) (eq. 6-13), is the same within 2 % for 0.5-5 cm and not used. RC11
    rounds 1/1.33 to 3/4. One pane is treated; what fails a window of several panes is
    for the project to say. Held at 89 deg. Tests: 2.7-12 km/s, 0-60 deg, 0.14-0.40 cm.

    References
    ----------
    .. [1] S. Ryan, E. L. Christiansen, NASA/TM-2009-214789 (2009), p. 13-14, eq. 24 to
       30.
    .. [2] E. L. Christiansen et al., NASA/TM-2009-214785 (2009), p. 102-103, eq. 6-8
       to 6-13.
    .. [3] S. Ryan, E. L. Christiansen, Acta Astronautica 69, 245-257 (2011), eq. 25.
    """
    return fused_silica_limit(
        thickness=thickness, criterion=criterion, crater_diameter=crater_diameter
    ).critical_diameter(speed, obliquity, density)


def fused_quartz_limit(
    *,
    thickness: float | None = None,
    criterion: str = "detached_spall",
    crater_diameter: float | None = None,
) -> PowerLawLimit:
    """Return the limit of one pane; parameters as in `fused_quartz`."""
    return _pane_limit("fused_quartz", thickness, criterion, crater_diameter)


def fused_quartz(
    speed: ArrayLike,
    obliquity: ArrayLike,
    density: ArrayLike,
    *,
    thickness: float | None = None,
    criterion: str = "detached_spall",
    crater_diameter: float | None = None,
) -> FloatArray:
    r"""Return the critical diameter of one pane of fused quartz (Russian segment).

    With lengths in cm, density in g/cm3, speeds in km/s and c the cosine of the
    obliquity::

        P = 0.758 rho_p^(1/2) d^(19/18) (V c)^(2/3)
        d_c = [1.32 t / (k rho_p^(1/2) (V c)^(2/3))]^(18/19)
        crater_diameter  d_c = [D_max / (15.1 rho_p^0.44 (V c)^0.44)]^(1/1.33)

    Parameters
    ----------
    speed, obliquity, density : array_like
        Impact speed [m/s], angle from the normal [rad], particle density [kg/m3].
    thickness : float, optional
        Pane [m]; every criterion but ``crater_diameter`` needs it.
    criterion : {"perforation", "detached_spall", "no_crack", "crater_diameter"}
        k = 2, 3 or 7; or damage of the surface, D_max wide.
    crater_diameter : float, optional
        D_max [m], only with the criterion of that name.

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
    1.32 is the printed inverse of 0.758 (1.319). The factors k are those of fused
    silica. One pane is treated. Held at 89 deg. Tests: nine, 6.61-6.97 km/s, 0, 45 and
    60 deg, 0.07-0.20 cm.

    References
    ----------
    .. [1] S. Ryan, E. L. Christiansen, NASA/TM-2009-214789 (2009), p. 14-15.
    """
    return fused_quartz_limit(
        thickness=thickness, criterion=criterion, crater_diameter=crater_diameter
    ).critical_diameter(speed, obliquity, density)
