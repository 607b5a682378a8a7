"""Particle density against size: constant, NASA-91 law, steps in mass."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mmod.units import CM, G_CM3, GRAM

FloatArray = NDArray[np.float64]

NASA91_COEFFICIENT = 2.8
"""Density of debris of 1 cm [g/cm3] (recalled)."""
NASA91_EXPONENT = -0.74
"""(recalled)"""
NASA91_CEILING = 4.0
"""Density of small debris [g/cm3] (recalled)."""


def nasa91_density(diameter: FloatArray) -> FloatArray:
    """Return the density law of the NASA-91 debris model.

    Parameters
    ----------
    diameter : ndarray
        Diameters [m].

    Returns
    -------
    ndarray
        min(4.0, 2.8 d^-0.74) g/cm3 with d in cm, as [kg/m3].

    Notes
    -----
    Valid for debris of 1e-6 to 1 m. The source changes over at 0.62 cm, where the law
    gives 3.99; the minimum moves the change to 0.6175 cm and makes the density
    continuous (a difference of 0.3 % between the two). Constants recalled.

    References
    ----------
    .. [1] SSP 30425 rev. B section 8, after Kessler et al., NASA TM-100471 (1989);
       not available to the authors.
    """
    law = NASA91_COEFFICIENT * (diameter / CM) ** NASA91_EXPONENT
    return np.minimum(NASA91_CEILING, law) * G_CM3


def nasa91_density_break() -> float:
    """Return the diameter at which the NASA-91 density begins to fall [m].

    Returns
    -------
    float
        0.6175 cm.

    Notes
    -----
    Valid as `nasa91_density`.

    References
    ----------
    .. [1] As `nasa91_density`.
    """
    ratio = NASA91_CEILING / NASA91_COEFFICIENT
    return float(ratio ** (1.0 / NASA91_EXPONENT)) * CM


@dataclass(frozen=True)
class SteppedDensity:
    """Density that is constant between masses; diameters then have gaps.

    Parameters
    ----------
    densities : ndarray, shape (n,)
        Densities from the lightest particles on [kg/m3], falling.
    masses : ndarray, shape (n - 1,)
        Masses at which the density steps [kg], increasing.

    Notes
    -----
    Valid for falling densities: a particle just above a step is then larger than one
    just below, and no particle has a diameter in between. One density and no step is a
    constant density.

    References
    ----------
    .. [1] ECSS-E-ST-10-04C Rev.1 (2020) 10.2.2.2k; SSP 30425 rev. B.
    """

    densities: FloatArray
    masses: FloatArray

    @property
    def gaps(self) -> tuple[tuple[float, float], ...]:
        """Lower and upper diameter [m] of the gap at every step."""
        return tuple(
            (_diameter(mass, self.densities[k]), _diameter(mass, self.densities[k + 1]))
            for k, mass in enumerate(self.masses)
        )

    def mass(self, diameter: FloatArray) -> FloatArray:
        """Return the smallest mass of particles at least this large [kg].

        Parameters
        ----------
        diameter : ndarray
            Diameters [m].

        Returns
        -------
        ndarray
            rho pi d^3 / 6; within a gap the mass of the step.

        Notes
        -----
        Valid for spheres.

        References
        ----------
        .. [1] As the class.
        """
        volume = math.pi / 6.0 * np.asarray(diameter) ** 3
        ends = [*self.masses, math.inf]
        mass = np.zeros_like(volume)
        for density, end in zip(self.densities, ends, strict=True):
            mass = np.maximum(mass, np.minimum(density * volume, end))
        return mass

    def density(self, diameter: FloatArray) -> FloatArray:
        """Return the density [kg/m3]; log-log between the ends of a gap.

        Parameters
        ----------
        diameter : ndarray
            Diameters [m].

        Returns
        -------
        ndarray
            Density [kg/m3]. There is no particle strictly inside a gap.

        Notes
        -----
        Valid for every positive diameter.

        References
        ----------
        .. [1] As the class.
        """
        if self.masses.size == 0:
            return np.full(np.shape(diameter), self.densities[0])
        nodes = np.log(np.asarray(self.gaps)).ravel()
        values = np.log(np.repeat(self.densities, 2)[1:-1])
        return np.asarray(np.exp(np.interp(np.log(diameter), nodes, values)))


def _diameter(mass: float, density: float) -> float:
    return float((6.0 * mass / (math.pi * density)) ** (1.0 / 3.0))


SSP_STEPS = SteppedDensity(
    densities=np.array([2.0, 1.0, 0.5]) * G_CM3,
    masses=np.array([1e-6, 1e-2]) * GRAM,
)
"""Meteoroid densities of SSP 30425: 2.0 below 1e-6 g, 1.0 to 1e-2 g, 0.5 above."""


def constant_density(value: float) -> SteppedDensity:
    """Return a density without steps.

    Parameters
    ----------
    value : float
        Density [kg/m3].

    Returns
    -------
    SteppedDensity
        With one density.

    Notes
    -----
    Valid for positive values.

    References
    ----------
    .. [1] ECSS-E-ST-10-04C Rev.1 (2020) 10.2.2.2 (2.5 g/cm3 for the Grun model).
    """
    return SteppedDensity(np.array([value]), np.array([]))
