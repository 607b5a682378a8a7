"""Vectors of position and velocity -> altitude, inclination and node."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmod.constants import EARTH_GM, EARTH_RADIUS
from mmod.orbit.instants import CENTURY, J2000, julian_date
from mmod.units import DEGREE

FloatArray = NDArray[np.float64]

J2 = 1.0826e-3
"""Second zonal harmonic of the Earth's gravity [1] (WGS 84, rounded)."""
ARC_SECOND = DEGREE / 3600.0


@dataclass(frozen=True)
class Elements:
    """Osculating elements at instants; all arrays of shape (n,).

    ``altitude`` is the distance from the Earth's centre less 6378 km [m];
    ``inclination`` and ``right_ascension`` of the node [rad]; ``semi_major_axis`` [m];
    ``eccentricity`` [1]; ``flight_path`` is the angle of the velocity above the local
    horizontal plane [rad].
    """

    altitude: FloatArray
    inclination: FloatArray
    right_ascension: FloatArray
    semi_major_axis: FloatArray
    eccentricity: FloatArray
    flight_path: FloatArray


def osculating(position: ArrayLike, velocity: ArrayLike) -> Elements:
    """Return altitude, inclination and node of states.

    Parameters
    ----------
    position : array_like, shape (n, 3)
        [m], in a frame on the Earth's equator.
    velocity : array_like, shape (n, 3)
        [m/s], in the same frame, not rotating.

    Returns
    -------
    Elements
        The node of an equatorial orbit is 0 by convention; orbits that are not closed
        have a semi-major axis that is not positive.

    Notes
    -----
    Valid for states that are not on a straight line through the centre.

    References
    ----------
    .. [1] Vallado, Fundamentals of Astrodynamics and Applications, 4th ed. (2013),
       algorithm 9.
    """
    r, v = (
        np.atleast_2d(np.asarray(a, dtype=np.float64)) for a in (position, velocity)
    )
    distance = np.linalg.norm(r, axis=1)
    momentum = np.cross(r, v)
    size = np.linalg.norm(momentum, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        inclination = np.arccos(np.clip(momentum[:, 2] / size, -1.0, 1.0))
        radial = np.sum(r * v, axis=1) / distance
        energy = 0.5 * np.sum(v * v, axis=1) - EARTH_GM / distance
        axis = -0.5 * EARTH_GM / energy
        vector = np.cross(v, momentum) / EARTH_GM - r / distance[:, None]
    node = np.arctan2(momentum[:, 0], -momentum[:, 1] + 0.0) % (2.0 * np.pi)
    equatorial = np.hypot(momentum[:, 0], momentum[:, 1]) <= 1e-12 * size
    return Elements(
        altitude=distance - EARTH_RADIUS,
        inclination=inclination,
        right_ascension=np.where(equatorial, 0.0, node),
        semi_major_axis=axis,
        eccentricity=np.linalg.norm(vector, axis=1),
        flight_path=np.arctan2(radial, size / distance),
    )


def period(semi_major_axis: float) -> float:
    """Return the period of an orbit.

    Parameters
    ----------
    semi_major_axis : float
        [m], positive.

    Returns
    -------
    float
        [s]; 5553 at 400 km.

    Notes
    -----
    Valid for closed two-body orbits.

    References
    ----------
    .. [1] Kepler's third law; GM as ECSS-E-ST-10-04C Rev.1 (2020) annex C.
    """
    return 2.0 * math.pi * math.sqrt(semi_major_axis**3 / EARTH_GM)


def node_rate(altitude: float, inclination: float) -> float:
    """Return the drift of the node of a circular orbit by the Earth's oblateness.

    Parameters
    ----------
    altitude : float
        Above 6378 km [m].
    inclination : float
        [rad].

    Returns
    -------
    float
        Change of the right ascension [rad/s]; -5.0 deg a day for the station.

    Notes
    -----
    Valid for circular orbits; first order in J2.

    References
    ----------
    .. [1] Vallado (2013), eq. 9-38.
    """
    radius = EARTH_RADIUS + altitude
    motion = math.sqrt(EARTH_GM / radius**3)
    return -1.5 * J2 * (EARTH_RADIUS / radius) ** 2 * motion * math.cos(inclination)


def precession(seconds: float) -> FloatArray:
    """Return the rotation from the equator of J2000 to the mean equator of date.

    Parameters
    ----------
    seconds : float
        `mmod.orbit.instants.posix` seconds [s].

    Returns
    -------
    ndarray, shape (3, 3)
        Matrix that takes components in EME2000 to those of date.

    Notes
    -----
    Valid within a century of 2000. The pole moves by 20 seconds of arc a year, 0.14 deg
    by 2026, and with it an inclination. Nutation (below 0.005 deg) and the bias between
    GCRF and EME2000 (below 1e-5 deg) are left out.

    References
    ----------
    .. [1] Lieske et al., Astron. Astrophys. 58 (1977) 1-16 (IAU 1976 precession).
    """
    midnight, fraction = julian_date(seconds)
    t = float(midnight + fraction - J2000) / CENTURY
    zeta = (2306.2181 * t + 0.30188 * t**2 + 0.017998 * t**3) * ARC_SECOND
    z = (2306.2181 * t + 1.09468 * t**2 + 0.018203 * t**3) * ARC_SECOND
    theta = (2004.3109 * t - 0.42665 * t**2 - 0.041833 * t**3) * ARC_SECOND
    return _about_z(-z) @ _about_y(theta) @ _about_z(-zeta)


def _about_z(angle: float) -> FloatArray:
    """Return the rotation of the axes about z."""
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])


def _about_y(angle: float) -> FloatArray:
    """Return the rotation of the axes about y."""
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, 0.0, -s], [0.0, 1.0, 0.0], [s, 0.0, c]])
