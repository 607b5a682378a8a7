"""Directions, orbit speed and Earth shadow in the spacecraft (LVLH) frame.

The frame is +x ram, +y port, +z zenith. A direction is a *radiant*: where a particle
comes from. Azimuth runs from ram towards port, elevation towards zenith.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmod.constants import ATMOSPHERE_HEIGHT, EARTH_GM, EARTH_RADIUS
from mmod.errors import bad

FloatArray = NDArray[np.float64]


def direction(azimuth: ArrayLike, elevation: ArrayLike) -> FloatArray:
    """Return unit vectors of radiants.

    Parameters
    ----------
    azimuth, elevation : array_like
        Angles [rad], broadcast against each other.

    Returns
    -------
    ndarray
        Unit vectors, shape ``(..., 3)``: ram, port, zenith components.

    Notes
    -----
    Valid for every finite angle.

    References
    ----------
    .. [1] NASA MEM 3 body frame: +x ram, +y port, +z zenith, azimuth from +x towards
       +y (read from real MEM 3.0.1 files).
    """
    az, el = np.broadcast_arrays(
        np.asarray(azimuth, dtype=np.float64), np.asarray(elevation, dtype=np.float64)
    )
    horizontal = np.cos(el)
    return np.stack(
        [horizontal * np.cos(az), horizontal * np.sin(az), np.sin(el)], axis=-1
    )


def azimuth_elevation(vector: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return azimuth in (-pi, pi] and elevation [rad] of radiants.

    Parameters
    ----------
    vector : array_like
        Vectors of any non-zero length, shape ``(..., 3)``.

    Returns
    -------
    azimuth, elevation : ndarray
        Angles [rad], shape ``(...)``.

    Raises
    ------
    InputError
        For a vector of zero or non-finite length.

    Notes
    -----
    Valid for every non-zero vector; straight up or down the azimuth is 0 by
    convention.

    References
    ----------
    .. [1] As `direction`, of which this is the inverse.
    """
    v = np.asarray(vector, dtype=np.float64)
    length = np.linalg.norm(v, axis=-1)
    if v.shape[-1] != 3 or not np.all(np.isfinite(length) & (length > 0.0)):
        raise bad("<argument>", "vector", v.tolist(), "finite non-zero 3-vectors")
    horizontal = np.hypot(v[..., 0], v[..., 1])
    azimuth = np.where(
        horizontal > 0.0, np.arctan2(v[..., 1] + 0.0, v[..., 0] + 0.0), 0.0
    )
    azimuth = np.where(azimuth <= -np.pi, np.pi, azimuth)
    return azimuth, np.arctan2(v[..., 2], horizontal)


def orbit_speed(altitude: float) -> float:
    """Return the speed of a circular orbit, sqrt(GM / r) [m/s].

    Parameters
    ----------
    altitude : float
        Height above 6378 km [m].

    Returns
    -------
    float
        Speed [m/s]; 7669 at 400 km.

    Raises
    ------
    InputError
        For a non-finite altitude or one below the surface.

    Notes
    -----
    Valid for circular orbits.

    References
    ----------
    .. [1] ECSS-E-ST-10-04C Rev.1 (2020) annex C (constants).
    """
    return float(np.sqrt(EARTH_GM / orbit_radius(altitude)))


def escape_speed(altitude: float) -> float:
    """Return the speed of escape from the Earth, sqrt(2 GM / r) [m/s].

    Parameters
    ----------
    altitude : float
        Height above 6378 km [m].

    Returns
    -------
    float
        Speed [m/s]; 10845 at 400 km.

    Raises
    ------
    InputError
        As `orbit_speed`.

    Notes
    -----
    Valid at and above the surface.

    References
    ----------
    .. [1] ECSS-E-ST-10-04C Rev.1 (2020) annex C.
    """
    return float(np.sqrt(2.0 * EARTH_GM / orbit_radius(altitude)))


def orbit_radius(altitude: float) -> float:
    """Return the distance from the centre of the Earth [m].

    Parameters
    ----------
    altitude : float
        Height above 6378 km [m].

    Returns
    -------
    float
        Radius [m].

    Raises
    ------
    InputError
        For a non-finite or negative altitude.

    Notes
    -----
    Valid for a spherical Earth.

    References
    ----------
    .. [1] ECSS-E-ST-10-04C Rev.1 (2020) annex C.
    """
    if not (np.isfinite(altitude) and altitude >= 0.0):
        raise bad("<argument>", "altitude", altitude, "a finite height >= 0 m")
    return EARTH_RADIUS + altitude


def shadow_angle(altitude: float) -> float:
    """Return the half angle of the Earth (with 100 km of air) about nadir [rad].

    Parameters
    ----------
    altitude : float
        Height above 6378 km [m], at least 100 km.

    Returns
    -------
    float
        eta with sin eta = (6378 km + 100 km) / r; 72.9 deg at 400 km.

    Raises
    ------
    InputError
        Below 100 km, where the orbit is inside the absorbing air.

    Notes
    -----
    Valid at and above 100 km. Straight lines: gravity bends the grazing
    trajectories, which Table J-6 of [1]_ seems to include and this does not.

    References
    ----------
    .. [1] ECSS-E-ST-10-04C Rev.1 (2020) eq. C-26, C-27.
    """
    radius = orbit_radius(altitude)
    if altitude < ATMOSPHERE_HEIGHT:
        raise bad("<argument>", "altitude", altitude, "at least 100 km (1e5 m)")
    return float(np.arcsin((EARTH_RADIUS + ATMOSPHERE_HEIGHT) / radius))
