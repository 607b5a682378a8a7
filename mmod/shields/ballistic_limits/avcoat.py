"""Avcoat ablator: crater depth."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

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
from mmod.shields.ballistic_limits._regimes import (
    GRAZING,
    PowerLawLimit,
    Regimes,
    Validity,
)
from mmod.units import CM, G_CM3

DENSITY = 528.0
"""Avcoat of the tests [kg/m3]."""
DENSITY_RATIO = 4.0
"""Particle over ablator density above which K is 1.61, not 1.25."""
LIGHT = CraterLaw(1.25, diameter=1.06)
"""Depth of particles up to that ratio."""
DENSE = CraterLaw(1.61, diameter=1.06)
"""Depth of particles above it."""


def avcoat_depth(
    diameter: ArrayLike,
    speed: ArrayLike,
    obliquity: ArrayLike,
    density: ArrayLike,
    *,
    ablator_density: float = DENSITY,
) -> FloatArray:
    r"""Return the depth of the crater in Avcoat.

    With lengths in cm, density in g/cm3, speed in km/s and c the cosine of the
    obliquity::

        P = K d^1.06 rho_p^(1/2) (V c)^(2/3),  K = 1.25 (rho_p/rho_t <= 4) or 1.61

    Parameters
    ----------
    diameter : array_like
        Particle [m].
    speed, obliquity, density : array_like
        Impact speed [m/s], angle from the normal [rad], particle density [kg/m3].
    ablator_density : float
        Ablator, rho_t [kg/m3].

    Returns
    -------
    ndarray
        Depth [m], of the broadcast shape.

    Raises
    ------
    InputError
        When a parameter or an impact condition is out of range.

    Notes
    -----
    As in `avcoat`.

    References
    ----------
    .. [1] E. L. Christiansen et al., NASA/TM-2009-214785 (2009), p. 96.
    """
    particle = diameter_in_cm("avcoat", diameter)
    impact = Impact.from_si(speed, obliquity, density)
    p = in_handbook_units("avcoat", ablator_density=(ablator_density, "density"))
    dense = impact.density > DENSITY_RATIO * p["ablator_density"]
    light, heavy = LIGHT.depth(particle, impact), DENSE.depth(particle, impact)
    return np.asarray(np.where(dense, heavy, light) * CM)


def avcoat_limit(
    *, depth: float, ablator_density: float = DENSITY, validity: Validity = UNSTATED
) -> PowerLawLimit:
    """Return the limit of the ablator; parameters as in `avcoat`."""
    p = in_handbook_units(
        "avcoat",
        depth=(depth, "length"),
        ablator_density=(ablator_density, "density"),
    )
    return PowerLawLimit(
        tuple(Regimes((law.critical(p["depth"]),)) for law in (LIGHT, DENSE)),
        validity,
        cap=GRAZING,
        # the smaller constant holds up to and including the ratio
        density_edge=float(
            np.nextafter(DENSITY_RATIO * p["ablator_density"] * G_CM3, np.inf)
        ),
    )


def avcoat(
    speed: ArrayLike,
    obliquity: ArrayLike,
    density: ArrayLike,
    *,
    depth: float,
    ablator_density: float = DENSITY,
) -> FloatArray:
    r"""Return the particle whose crater in Avcoat is as deep as allowed.

    With lengths in cm, density in g/cm3, speed in km/s and c the cosine of the
    obliquity::

        P = K d^1.06 rho_p^(1/2) (V c)^(2/3),  K = 1.25 (rho_p/rho_t <= 4) or 1.61
        d_c = [P_c / (K rho_p^(1/2) (V c)^(2/3))]^(1/1.06)

    Parameters
    ----------
    speed, obliquity, density : array_like
        Impact speed [m/s], angle from the normal [rad], particle density [kg/m3].
    depth : float
        P_c, the depth that fails [m]: the ablator's thickness, or less.
    ablator_density : float
        Ablator, rho_t [kg/m3]; enters the choice of K alone.

    Returns
    -------
    ndarray
        Critical diameter [m]. Criterion: crater depth.

    Raises
    ------
    InputError
        When a parameter or an impact condition is out of range.

    Notes
    -----
    At rho_p/rho_t = 4 the diameter drops by a factor 0.79. Found for 0.528 g/cm3. No
    range of tests is known here [estimate]. No angle cap; held at 89 deg.

    References
    ----------
    .. [1] E. L. Christiansen et al., NASA/TM-2009-214785 (2009), p. 96.
    """
    return avcoat_limit(depth=depth, ablator_density=ablator_density).critical_diameter(
        speed, obliquity, density
    )
