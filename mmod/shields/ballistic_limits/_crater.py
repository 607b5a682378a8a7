"""Craters as deep as a power law says: one plate, tiles, ablators, carbon.

The documents print a depth and its inverse. Here the depth is the one source: the
critical diameter is its exact inverse, so the two always agree.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from mmod.errors import InputError, Problem
from mmod.shields.ballistic_limits._handbook import FloatArray, Impact
from mmod.shields.ballistic_limits._regimes import (
    GRAZING,
    PowerLaw,
    PowerLawLimit,
    Regimes,
    Validity,
)
from mmod.units import CM, DEGREE, KM

UNSTATED = Validity(
    speed=(1.0 * KM, 7.5 * KM),
    obliquity=45.0 * DEGREE,
    basis="[estimate]: no range of tests is known here; that of light-gas guns near"
    " normal incidence",
)
"""Validity of equations whose range of tests is not known here."""


def for_thickness(
    validity: Validity, thickness: float | None, tested: float, what: str
) -> Validity:
    """Return the validity of constants that hold for one thickness [m] alone.

    Within 5 % of the tested thickness, or where none is given, it is unchanged;
    elsewhere it is empty, so that everything is flagged.
    """
    if thickness is None or math.isclose(thickness, tested, rel_tol=0.05):
        return validity
    basis = f"none: the constants are those of {what} of {tested * 1e3:g} mm"
    return replace(validity, diameter=(math.inf, math.inf), basis=basis)


@dataclass(frozen=True)
class CraterLaw:
    """Crater depth P = K d^n rho_p^a (V c)^b [cm; g/cm3, km/s].

    Parameters
    ----------
    constant : float
        K, with what the target contributes.
    diameter, density, speed : float
        The exponents n, a and b.
    """

    constant: float
    diameter: float = 1.0
    density: float = 0.5
    speed: float = 2.0 / 3.0

    def depth(self, diameter: FloatArray, impact: Impact) -> FloatArray:
        """Return the depth [cm] of the crater of a particle [cm]."""
        normal = impact.speed * np.cos(np.minimum(impact.obliquity, GRAZING))
        found = self.constant * diameter**self.diameter * impact.density**self.density
        return np.asarray(found * normal**self.speed)

    def critical(self, depth: float) -> PowerLaw:
        """Return the particle [cm] whose crater is as deep as `depth` [cm]."""
        n = self.diameter
        return PowerLaw(
            (depth / self.constant) ** (1.0 / n),
            -self.speed / n,
            -self.speed / n,
            -self.density / n,
        )

    def limit(self, depth: float, validity: Validity) -> PowerLawLimit:
        """Return the limit of a target that fails at a depth [cm]."""
        return PowerLawLimit((Regimes((self.critical(depth),)),), validity, cap=GRAZING)


def diameter_in_cm(source: str, diameter: ArrayLike) -> FloatArray:
    """Check particle diameters [m] and return them in cm.

    Raises
    ------
    InputError
        When one is NaN, infinite or not positive.
    """
    values = np.asarray(diameter, dtype=np.float64)
    bad = ~((values > 0.0) & (values < np.inf))
    if bool(np.any(bad)):
        first = float(values[bad].flat[0])
        raise InputError(Problem(source, "diameter", first, "finite, > 0 [m]"))
    return values / CM
