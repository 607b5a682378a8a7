"""Hole through a panel of reinforced carbon-carbon (RCC) of 6.3 mm."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mmod.shields.ballistic_limits._crater import CraterLaw, diameter_in_cm
from mmod.shields.ballistic_limits._handbook import FloatArray, Impact
from mmod.units import CM

HOLE = CraterLaw(2.20, 1.0, 1.0 / 3.0, 1.0 / 3.0)
"""Diameter of the hole before `OFFSET` is taken away [cm; g/cm3, km/s]."""
OFFSET = 0.36
"""What is taken away [cm]."""


def rcc_hole_diameter(
    diameter: ArrayLike, speed: ArrayLike, obliquity: ArrayLike, density: ArrayLike
) -> FloatArray:
    r"""Return the diameter of the hole through a carbon-carbon panel of 6.3 mm.

    With lengths in cm, density in g/cm3, speed in km/s and c the cosine of the
    obliquity::

        D = max(0, 2.20 d rho_p^(1/3) (V c)^(1/3) - 0.36)

    Parameters
    ----------
    diameter : array_like
        Particle [m].
    speed, obliquity, density : array_like
        Impact speed [m/s], angle from the normal [rad], particle density [kg/m3].

    Returns
    -------
    ndarray
        Hole diameter [m], of the broadcast shape; 0 where the relation gives none.

    Raises
    ------
    InputError
        When a diameter or an impact condition is out of range.

    Notes
    -----
    For panels of 6.3 mm only. The relation is negative for small particles and clipped
    to 0. Its zero lies below the ballistic limit of `rcc` (0.61 mm against 0.93 mm for
    aluminium at 7 km/s, normal): a positive value does not prove a hole. Published:
    aluminium of 4.8 mm at 7 km/s makes a hole of 1 inch (fig. 5-2); the relation gives
    24.5 mm for 2.7 g/cm3. Held at 89 deg.

    References
    ----------
    .. [1] E. L. Christiansen et al., NASA/TM-2009-214785 (2009), p. 93-94, eq. 5-34,
       fig. 5-2.
    """
    particle = diameter_in_cm("rcc hole", diameter)
    found = HOLE.depth(particle, Impact.from_si(speed, obliquity, density)) - OFFSET
    return np.asarray(np.maximum(found, 0.0) * CM)
