"""Damage on ceramic tiles LI-900 and LI-2200: entry hole, coating spall, cavity."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mmod.shields.ballistic_limits._crater import diameter_in_cm
from mmod.shields.ballistic_limits._handbook import FloatArray, Impact
from mmod.units import CM


def _damage(
    diameter: ArrayLike,
    speed: ArrayLike,
    obliquity: ArrayLike,
    density: ArrayLike,
    *,
    constant: float,
    offset: float,
    slope: float,
    exponent: float = 0.0,
) -> FloatArray:
    """Return K d rho^e V^(2/3) (a + b sin theta)^(2/3) [m]."""
    particle = diameter_in_cm("tile damage", diameter)
    impact = Impact.from_si(speed, obliquity, density)
    oblique = (offset + slope * np.sin(impact.obliquity)) * impact.speed
    found = constant * particle * impact.density**exponent * oblique ** (2.0 / 3.0)
    return np.asarray(found * CM)


def tile_entry_hole_diameter(
    diameter: ArrayLike, speed: ArrayLike, obliquity: ArrayLike, density: ArrayLike
) -> FloatArray:
    r"""Return the diameter of the entry hole in a tile (LI-900, LI-2200).

    With lengths in cm and speed in km/s::

        D_h = 2.4 d V^(2/3) (1 + 0.45 sin theta)^(2/3)

    Parameters
    ----------
    diameter : array_like
        Particle [m].
    speed, obliquity, density : array_like
        Impact speed [m/s], angle from the normal [rad], particle density [kg/m3]; the
        density does not enter.

    Returns
    -------
    ndarray
        Diameter [m], of the broadcast shape.

    Raises
    ------
    InputError
        When a diameter or an impact condition is out of range.

    Notes
    -----
    The whole speed enters, not its normal part. No range of tests is known here
    [estimate: light-gas guns, aluminium].

    References
    ----------
    .. [1] E. L. Christiansen et al., NASA/TM-2009-214785 (2009), p. 83, eq. 5-3.
    """
    return _damage(
        diameter, speed, obliquity, density, constant=2.4, offset=1.0, slope=0.45
    )


def tile_coating_spall_diameter(
    diameter: ArrayLike, speed: ArrayLike, obliquity: ArrayLike, density: ArrayLike
) -> FloatArray:
    r"""Return the diameter of the coating spalled off a tile (LI-900, LI-2200).

    With lengths in cm and speed in km/s::

        D_s = 2.98 d V^(2/3) (0.78 + sin theta)^(2/3)

    Parameters
    ----------
    diameter : array_like
        Particle [m].
    speed, obliquity, density : array_like
        Impact speed [m/s], angle from the normal [rad], particle density [kg/m3]; the
        density does not enter.

    Returns
    -------
    ndarray
        Diameter [m], of the broadcast shape.

    Raises
    ------
    InputError
        When a diameter or an impact condition is out of range.

    Notes
    -----
    As in `tile_entry_hole_diameter`.

    References
    ----------
    .. [1] E. L. Christiansen et al., NASA/TM-2009-214785 (2009), p. 83.
    """
    return _damage(
        diameter, speed, obliquity, density, constant=2.98, offset=0.78, slope=1.0
    )


def tile_cavity_diameter(
    diameter: ArrayLike, speed: ArrayLike, obliquity: ArrayLike, density: ArrayLike
) -> FloatArray:
    r"""Return the largest diameter of the cavity in a tile (LI-900, LI-2200).

    With lengths in cm, density in g/cm3 and speed in km/s::

        D_c = 1.85 d rho_p^(1/3) V^(2/3) (1 + 0.25 sin theta)^(2/3)

    Parameters
    ----------
    diameter : array_like
        Particle [m].
    speed, obliquity, density : array_like
        Impact speed [m/s], angle from the normal [rad], particle density [kg/m3].

    Returns
    -------
    ndarray
        Diameter [m], of the broadcast shape.

    Raises
    ------
    InputError
        When a diameter or an impact condition is out of range.

    Notes
    -----
    As in `tile_entry_hole_diameter`.

    References
    ----------
    .. [1] E. L. Christiansen et al., NASA/TM-2009-214785 (2009), p. 83.
    """
    return _damage(
        diameter,
        speed,
        obliquity,
        density,
        constant=1.85,
        offset=1.0,
        slope=0.25,
        exponent=1.0 / 3.0,
    )
