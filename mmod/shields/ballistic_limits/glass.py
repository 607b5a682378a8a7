"""Windows: one pane of fused silica."""

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
from mmod.units import CM, DEGREE, KM

CRITERIA = {"perforation": 2.0, "detached_spall": 3.0, "no_crack": 7.0}
"""Thickness over crater depth at which each failure begins."""
VALIDITY = Validity(
    speed=(2.7 * KM, 12.0 * KM),
    obliquity=60.0 * DEGREE,
    diameter=(0.14 * CM, 0.40 * CM),
    basis="NASA/TM-2009-214789 p. 13: 2.7-12 km/s, 0-60 deg, 0.14-0.40 cm",
)


def fused_silica_limit(
    *, thickness: float, criterion: str = "detached_spall"
) -> PowerLawLimit:
    """Return the limit of one pane; parameters as in `fused_silica`."""
    k = criterion_factor("transparent.fused_silica", criterion, CRITERIA)
    p = in_handbook_units("transparent.fused_silica", thickness=(thickness, "length"))
    n = 18.0 / 19.0
    pane = PowerLaw(
        (1.89 * p["thickness"] / k) ** n, -2.0 / 3.0 * n, -2.0 / 3.0 * n, -0.5 * n
    )
    return PowerLawLimit((Regimes((pane,)),), VALIDITY, cap=GRAZING)


def fused_silica(
    speed: ArrayLike,
    obliquity: ArrayLike,
    density: ArrayLike,
    *,
    thickness: float,
    criterion: str = "detached_spall",
) -> FloatArray:
    r"""Return the critical diameter of one pane of fused silica.

    With lengths in cm, density in g/cm3, speeds in km/s and c the cosine of the
    obliquity::

        P = 0.53 rho_p^(1/2) d^(19/18) (V c)^(2/3)
        d_c = [1.89 t / (k rho_p^(1/2) (V c)^(2/3))]^(18/19)

    Parameters
    ----------
    speed, obliquity, density : array_like
        Impact speed [m/s], angle from the normal [rad], particle density [kg/m3].
    thickness : float
        Pane [m].
    criterion : {"perforation", "detached_spall", "no_crack"}
        k = 2, 3 or 7.

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
    1.89 is the printed inverse of 0.53 (1.887). One pane is treated; what fails a
    window of several panes is for the project to say. Held at 89 deg. Tests: 2.7-12
    km/s, 0-60 deg, 0.14-0.40 cm.

    References
    ----------
    .. [1] S. Ryan, E. L. Christiansen, NASA/TM-2009-214789 (2009), p. 13-14, eq. 24 to
       28.
    .. [2] E. L. Christiansen et al., NASA/TM-2009-214785 (2009), p. 102-103, eq. 6-8
       to 6-13.
    """
    return fused_silica_limit(
        thickness=thickness, criterion=criterion
    ).critical_diameter(speed, obliquity, density)
