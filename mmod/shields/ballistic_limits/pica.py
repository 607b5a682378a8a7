"""Phenolic impregnated carbon ablator (PICA): crater depth."""

from __future__ import annotations

from typing import Literal

from numpy.typing import ArrayLike

from mmod.errors import bad
from mmod.shields.ballistic_limits._crater import (
    UNSTATED,
    CraterLaw,
    diameter_in_cm,
)
from mmod.shields.ballistic_limits._handbook import (
    FloatArray,
    Impact,
    in_handbook_units,
)
from mmod.shields.ballistic_limits._regimes import PowerLawLimit
from mmod.units import CM

Edition = Literal["handbook", "report"]

EDITIONS: tuple[Edition, ...] = ("handbook", "report")
"""Documents whose equations differ."""


def _law(ablator_density: float, edition: Edition) -> CraterLaw:
    if edition not in EDITIONS:
        raise bad("pica", "edition", edition, f"one of {', '.join(EDITIONS)}")
    p = in_handbook_units("pica", ablator_density=(ablator_density, "density"))
    if edition == "report":
        return CraterLaw(0.72, diameter=19.0 / 18.0)
    return CraterLaw(0.72 * p["ablator_density"] ** -0.92, diameter=0.85)


def pica_depth(
    diameter: ArrayLike,
    speed: ArrayLike,
    obliquity: ArrayLike,
    density: ArrayLike,
    *,
    ablator_density: float,
    edition: Edition = "handbook",
) -> FloatArray:
    r"""Return the depth of the crater in PICA.

    With lengths in cm, densities in g/cm3, speed in km/s and c the cosine of the
    obliquity::

        handbook  P = 0.72 d^0.85 rho_p^(1/2) rho_t^(-0.92) (V c)^(2/3)
        report    P = 0.72 d^(19/18) rho_p^(1/2) (V c)^(2/3)

    Parameters
    ----------
    diameter : array_like
        Particle [m].
    speed, obliquity, density : array_like
        Impact speed [m/s], angle from the normal [rad], particle density [kg/m3].
    ablator_density : float
        Ablator [kg/m3].
    edition : {"handbook", "report"}
        The Handbook, or the reports of 2009 and 2011.

    Returns
    -------
    ndarray
        Depth [m], of the broadcast shape.

    Raises
    ------
    InputError
        When the edition, a parameter or an impact condition is out of range.

    Notes
    -----
    As in `pica`.

    References
    ----------
    .. [1] E. L. Christiansen et al., NASA/TM-2009-214785 (2009), p. 95, eq. 5-35.
    """
    particle = diameter_in_cm("pica", diameter)
    impact = Impact.from_si(speed, obliquity, density)
    return _law(ablator_density, edition).depth(particle, impact) * CM


def pica_limit(
    *, depth: float, ablator_density: float, edition: Edition = "handbook"
) -> PowerLawLimit:
    """Return the limit of the ablator; parameters as in `pica`."""
    law = _law(ablator_density, edition)
    p = in_handbook_units("pica", depth=(depth, "length"))
    return law.limit(p["depth"], UNSTATED)


def pica(
    speed: ArrayLike,
    obliquity: ArrayLike,
    density: ArrayLike,
    *,
    depth: float,
    ablator_density: float,
    edition: Edition = "handbook",
) -> FloatArray:
    r"""Return the particle whose crater in PICA is as deep as allowed.

    With lengths in cm, densities in g/cm3, speed in km/s and c the cosine of the
    obliquity::

        handbook  P = 0.72 d^0.85 rho_p^(1/2) rho_t^(-0.92) (V c)^(2/3)
                  d_c = 1.47 P_c^(1/0.85) rho_p^(-0.588) rho_t^1.082 (V c)^(-0.784)
        report    P = 0.72 d^(19/18) rho_p^(1/2) (V c)^(2/3)
                  d_c = [P_c / (0.72 rho_p^(1/2) (V c)^(2/3))]^(18/19)

    Parameters
    ----------
    speed, obliquity, density : array_like
        Impact speed [m/s], angle from the normal [rad], particle density [kg/m3].
    depth : float
        P_c, the depth that fails [m]: the ablator's thickness, or less.
    ablator_density : float
        Ablator [kg/m3]: 240, or 480 for the dense kind; not used by the report.
    edition : {"handbook", "report"}
        The Handbook [1]_, or the reports [2]_ and [3]_.

    Returns
    -------
    ndarray
        Critical diameter [m]. Criterion: crater depth.

    Raises
    ------
    InputError
        When the edition, a parameter or an impact condition is out of range.

    Notes
    -----
    The documents disagree. At 240 kg/m3 the Handbook is deeper by a factor 3.7
    d^(-0.21), that is the smaller diameter; it is the default. Its eq. 5-36 prints P_c
    to the power 1; the inverse of its eq. 5-35 needs 1/0.85 = 1.176, which is used, and
    the other exponents unrounded. That the reports keep (V c)^(2/3) and rho_p^(1/2) is
    read from the Handbook (unverified). No range of tests is known here [estimate]. No
    angle cap; held at 89 deg.

    References
    ----------
    .. [1] E. L. Christiansen et al., NASA/TM-2009-214785 (2009), p. 95, eq. 5-35, 5-36.
    .. [2] S. Ryan, E. L. Christiansen, NASA/TM-2009-214789 (2009).
    .. [3] S. Ryan, E. L. Christiansen, Acta Astronautica 69, 245-257 (2011).
    """
    return pica_limit(
        depth=depth, ablator_density=ablator_density, edition=edition
    ).critical_diameter(speed, obliquity, density)
