"""Windows: one pane of polycarbonate."""

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
from mmod.units import DEGREE, KM, MM

CRITERIA = {"perforation": 1.04, "detached_spall": 0.98, "incipient_spall": 0.65}
"""Constant of the critical diameter for each failure."""
VALIDITY = Validity(
    speed=(4.02 * KM, 7.09 * KM),
    obliquity=45.0 * DEGREE,
    diameter=(1.0 * MM, 3.0 * MM),
    basis="NASA/TM-2009-214789 Table 9: Hyzod AR at 4.02-7.09 km/s, 0 and 45 deg;"
    " particles of 1.0 to 3.0 mm (cm is printed; mm is likely meant, unverified)",
)


def polycarbonate_limit(
    *, thickness: float, criterion: str = "detached_spall"
) -> PowerLawLimit:
    """Return the limit of one pane; parameters as in `polycarbonate`."""
    k = criterion_factor("transparent.polycarbonate", criterion, CRITERIA)
    p = in_handbook_units("transparent.polycarbonate", thickness=(thickness, "length"))
    pane = PowerLaw(k * p["thickness"], -2.0 / 3.0, -1.0 / 3.0, -1.0 / 3.0)
    return PowerLawLimit((Regimes((pane,)),), VALIDITY, cap=GRAZING)


def polycarbonate(
    speed: ArrayLike,
    obliquity: ArrayLike,
    density: ArrayLike,
    *,
    thickness: float,
    criterion: str = "detached_spall",
) -> FloatArray:
    r"""Return the critical diameter of one pane of polycarbonate (Hyzod AR).

    With lengths in cm, density in g/cm3, speed in km/s and c the cosine of the
    obliquity::

        d_c = k' t rho_p^(-1/3) V^(-2/3) c^(-1/3)

    Parameters
    ----------
    speed, obliquity, density : array_like
        Impact speed [m/s], angle from the normal [rad], particle density [kg/m3].
    thickness : float
        Pane [m].
    criterion : {"perforation", "detached_spall", "incipient_spall"}
        k' = 1.04, 0.98 or 0.65; the documents call the last attached spall.

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
    The cosine has the exponent 1/3, not 2/3 as the speed. Reference [3]_ writes 1/(0.64
    k) with k = 1.5, 1.6, 2.4, the same within 0.4 %; the printed k' are used. Held at
    89 deg. Tests: 0 and 45 deg, 4.02-7.09 km/s; the report gives particle diameters of
    1.0 to 3.0 "cm", where mm is likely meant (unverified).

    References
    ----------
    .. [1] E. L. Christiansen et al., NASA/TM-2009-214785 (2009), p. 103.
    .. [2] S. Ryan, E. L. Christiansen, NASA/TM-2009-214789 (2009), p. 16, Table 9.
    .. [3] S. Ryan, E. L. Christiansen, Acta Astronautica 69, 245-257 (2011), eq. 27.
    """
    return polycarbonate_limit(
        thickness=thickness, criterion=criterion
    ).critical_diameter(speed, obliquity, density)
