"""One stream as a spacecraft on a circular orbit meets it, averaged over the orbit.

With the orbit's normal h and a radiant s, sigma = s . h stays constant over a
revolution while the radiant turns about the port axis of the LVLH frame:

    s = (cos b sin p, sin b, cos b cos p),   sin b = sigma,   p uniform.

The Earth hides |p| > p_max, cos p_max = -cos eta / cos b. In the moving frame a
particle arrives from w = v s + V x (x ram) and the flux is |w| / v of that at rest.
So all averages are integrals over an arc of p, and over sigma where the node is not
known or moves.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmod.constants import ATMOSPHERE_HEIGHT, EARTH_RADIUS
from mmod.flux.frames import escape_speed, orbit_radius, orbit_speed
from mmod.units import DEGREE

FloatArray = NDArray[np.float64]

FLATTENING = 1.08263e-3
"""J2 of the Earth [1] (EGM96, rounded)."""
CELL = 3.75 * DEGREE
"""Size of the bins of direction [rad] at ``refine = 1``; divides 90 deg."""
ARC_POINTS = 144
"""Points on the visible arc of every revolution at ``refine = 1``."""
_GAUSS = 48
_FACE_GAUSS = 24


def orbit_normal(inclination: float, node: ArrayLike) -> FloatArray:
    """Return the orbit's normal, the port axis of the LVLH frame.

    Parameters
    ----------
    inclination : float
        [rad].
    node : array_like
        Right ascension of the ascending node [rad].

    Returns
    -------
    ndarray
        Equatorial unit vectors, shape ``(..., 3)``.

    Notes
    -----
    Valid for every angle.

    References
    ----------
    .. [1] Definition of the node.
    """
    at = np.asarray(node, dtype=np.float64)
    level = math.sin(inclination)
    height = np.full_like(at, math.cos(inclination))
    return np.stack([level * np.sin(at), -level * np.cos(at), height], axis=-1)


def nodal_rate(altitude: float, inclination: float) -> float:
    """Return how fast the node moves because of the Earth's flattening.

    Parameters
    ----------
    altitude : float
        Of the circular orbit [m].
    inclination : float
        [rad].

    Returns
    -------
    float
        [rad/s]; -5.0 deg a day for the space station.

    Notes
    -----
    Valid in low Earth orbit, secular part of first order in J2.

    References
    ----------
    .. [1] D. Vallado, Fundamentals of Astrodynamics and Applications, 4th ed. (2013),
       eq. 9-37.
    """
    radius = orbit_radius(altitude)
    motion = orbit_speed(altitude) / radius
    ratio = (EARTH_RADIUS / radius) ** 2
    return -1.5 * FLATTENING * ratio * motion * math.cos(inclination)


def speed_at(top_speed: float, altitude: float) -> float:
    """Return the speed at altitude of a particle with a known speed at 100 km.

    Parameters
    ----------
    top_speed : float
        At the top of the atmosphere [m/s], above the escape speed there.
    altitude : float
        [m].

    Returns
    -------
    float
        [m/s], by conservation of energy.

    Notes
    -----
    Valid from 100 km on.

    References
    ----------
    .. [1] ECSS-E-ST-10-04C Rev.1 (2020) C.1.3.
    """
    top, here = escape_speed(ATMOSPHERE_HEIGHT), escape_speed(altitude)
    return math.sqrt(top_speed**2 - top**2 + here**2)


def focusing_from_top(top_speed: float, altitude: float) -> float:
    """Return the flux at altitude over that at the top of the atmosphere.

    Parameters
    ----------
    top_speed : float
        At the top of the atmosphere [m/s].
    altitude : float
        [m].

    Returns
    -------
    float
        G(r) / G(6478 km) with G = 1 + vesc^2 / vinf^2; as vinf^2 + vesc^2 = v^2, the
        square of the ratio of the speeds. Below 1; 0.995 for 36 km/s at 400 km.

    Notes
    -----
    Valid as a mean over the sphere of that radius, as the focusing of ECSS. A
    single beam is focused unevenly: (1 + v/vinf)^2 / 4 below the radiant, more behind
    the Earth.

    References
    ----------
    .. [1] ECSS-E-ST-10-04C Rev.1 (2020) eq. C-13.
    """
    return (speed_at(top_speed, altitude) / top_speed) ** 2


def zenith_attraction(
    zenith_distance: float, top_speed: float, altitude: float
) -> float:
    """Return by how much gravity lifts the radiant towards the zenith.

    Parameters
    ----------
    zenith_distance : float
        At which the particle arrives [rad], below pi.
    top_speed : float
        At the top of the atmosphere [m/s].
    altitude : float
        [m].

    Returns
    -------
    float
        Angle [rad] between the radiant far away and on arrival.

    Notes
    -----
    Valid for a particle that has not passed its perigee twice. The model leaves it out:
    this is its error of direction.

    References
    ----------
    .. [1] P. Gural, WGN 29 (2001) 134, after Schiaparelli.
    """
    here = speed_at(top_speed, altitude)
    far = math.sqrt(here**2 - escape_speed(altitude) ** 2)
    ratio = (here - far) / (here + far)
    return 2.0 * math.atan(ratio * math.tan(0.5 * zenith_distance))


def half_arc(sigma: FloatArray, shadow: float) -> FloatArray:
    """Return p_max: half of the revolution over which the radiant is up.

    Parameters
    ----------
    sigma : ndarray
        Component of the radiant along the orbit's normal [1].
    shadow : float
        Half angle of the Earth about nadir [rad].

    Returns
    -------
    ndarray
        [rad], pi where it never sets.

    Notes
    -----
    Valid for straight lines, as `mmod.flux.frames.shadow_angle`.

    References
    ----------
    .. [1] Spherical geometry.
    """
    level = np.sqrt(np.maximum(1.0 - sigma**2, 1e-300))
    return np.asarray(np.arccos(np.clip(-math.cos(shadow) / level, -1.0, 1.0)))


def moving_flux(
    sigma: FloatArray, speed: float, orbit_speed: float, shadow: float
) -> FloatArray:
    """Return the mean over a revolution of |w| / v where the radiant is up.

    Parameters
    ----------
    sigma : ndarray
        Component of the radiant along the orbit's normal [1].
    speed : float
        v [m/s].
    orbit_speed : float
        V [m/s].
    shadow : float
        Half angle of the Earth about nadir [rad].

    Returns
    -------
    ndarray
        Cross-sectional flux over the unshadowed flux at rest [1].

    Notes
    -----
    Valid for any speeds; Gauss-Legendre over the visible arc.

    References
    ----------
    .. [1] ECSS-E-ST-10-04C Rev.1 (2020) C.1.4 (shielded, relative to the spacecraft).
    """
    x, weight = np.polynomial.legendre.leggauss(_GAUSS)
    arc = half_arc(sigma, shadow)
    ram = np.sqrt(np.maximum(1.0 - sigma**2, 0.0))[..., None] * np.sin(
        arc[..., None] * x
    )
    square = speed**2 + orbit_speed**2 + 2.0 * speed * orbit_speed * ram
    return np.asarray(np.sqrt(square) @ weight * arc / (2.0 * np.pi * speed))


def face_flux(
    sigma: FloatArray,
    speed: float,
    orbit_speed: float,
    shadow: float,
    normal: ArrayLike,
    speed_power: float = 0.0,
) -> FloatArray:
    """Return the mean over a revolution of max(0, w . n) |w|^p / v.

    Parameters
    ----------
    sigma, speed, orbit_speed, shadow
        As `moving_flux`.
    normal : array_like, shape (3,)
        Outward unit normal (LVLH).
    speed_power : float
        p.

    Returns
    -------
    ndarray
        Flux on the one-sided face over the unshadowed flux at rest [(m/s)^p].

    Notes
    -----
    Valid for any speeds. The arcs on which the radiant is up and the face looks at it
    are intersected exactly; Gauss-Legendre on each piece.

    References
    ----------
    .. [1] ECSS-E-ST-10-04C Rev.1 (2020) C.1.4 (oriented surfaces).
    """
    n = np.asarray(normal, dtype=np.float64)
    x, weight = np.polynomial.legendre.leggauss(_FACE_GAUSS)
    up = half_arc(sigma, shadow)
    level = np.sqrt(np.maximum(1.0 - sigma**2, 0.0))
    steady = speed * n[1] * sigma + orbit_speed * n[0]
    swing = speed * level * math.hypot(n[0], n[2])
    towards = math.atan2(n[0], n[2])
    ratio = -steady / np.maximum(swing, 1e-300)
    facing = np.arccos(np.clip(ratio, -1.0, 1.0))
    total = np.zeros_like(sigma)
    for turn in (-2.0 * np.pi, 0.0, 2.0 * np.pi):
        low = np.maximum(-up, towards + turn - facing)
        high = np.minimum(up, towards + turn + facing)
        half = 0.5 * np.maximum(high - low, 0.0)
        p = (0.5 * (low + high))[..., None] + half[..., None] * x
        along = steady[..., None] + swing[..., None] * np.cos(p - towards)
        square = speed**2 + orbit_speed**2
        square = square + 2.0 * speed * orbit_speed * level[..., None] * np.sin(p)
        values = np.maximum(along, 0.0) * square ** (0.5 * speed_power)
        total += (values @ weight) * half
    return np.asarray(total / (2.0 * np.pi * speed))


def direction_bins(
    sigma: FloatArray,
    share: FloatArray,
    speed: float,
    orbit_speed: float,
    shadow: float,
    refine: int,
) -> FloatArray:
    """Return bins of direction and speed of a stream.

    Parameters
    ----------
    sigma : ndarray, shape (n,)
        Component of the radiant along the orbit's normal [1].
    share : ndarray, shape (n,)
        How much of the flux at rest each of them stands for [1].
    speed, orbit_speed, shadow
        As `moving_flux`.
    refine : int
        Divides the bins.

    Returns
    -------
    ndarray, shape (7, m)
        Lower and upper azimuth, sin(elevation) and speed; content [1].

    Notes
    -----
    Valid for any speeds. Points on the visible arcs are gathered in cells of 3.75 deg (edges in the three planes of the axes); a
    bin has the mean and the spread of its points in each of the three quantities (a
    uniform bin of that variance, cut where it would leave the cell), so that face sums
    err only in the third order of the cells.

    References
    ----------
    .. [1] Quadrature.
    """
    points = ARC_POINTS * refine
    arc = half_arc(sigma, shadow)
    fraction = (2.0 * np.arange(points) + 1.0) / points - 1.0
    p = arc[:, None] * fraction
    level = np.sqrt(np.maximum(1.0 - sigma**2, 0.0))[:, None]
    ahead = speed * level * np.sin(p) + orbit_speed
    port = np.broadcast_to(speed * sigma[:, None], p.shape)
    above = speed * level * np.cos(p)
    fast = np.sqrt(ahead**2 + port**2 + above**2)
    content = (fast / speed * (arc * share / np.pi)[:, None] / points).ravel()
    azimuth = np.arctan2(port, ahead).ravel()
    sine = np.clip(above / fast, -1.0, 1.0).ravel()
    columns, rows = (round(a / CELL) * refine for a in (2.0 * np.pi, np.pi))
    edges = np.linspace(-np.pi, np.pi, columns + 1)
    levels = np.sin(np.linspace(-0.5 * np.pi, 0.5 * np.pi, rows + 1))
    levels[[0, -1]] = -1.0, 1.0
    column = np.clip(np.searchsorted(edges, azimuth, "right") - 1, 0, columns - 1)
    row = np.clip(np.searchsorted(levels, sine, "right") - 1, 0, rows - 1)
    cell, inverse = np.unique(column * rows + row, return_inverse=True)
    total = np.bincount(inverse, content)
    infinite = np.full(cell.size, np.inf)
    column, row = np.divmod(cell, rows)
    borders = (
        (edges[column], edges[column + 1]),
        (levels[row], levels[row + 1]),
        (np.zeros(cell.size), infinite),
    )
    found = []
    for values, (low, high) in zip((azimuth, sine, fast.ravel()), borders, strict=True):
        mean = np.bincount(inverse, content * values) / total
        mean = np.clip(mean, low, high)
        square = np.bincount(inverse, content * (values - mean[inverse]) ** 2) / total
        half = np.minimum(np.sqrt(3.0 * square), np.minimum(mean - low, high - mean))
        found += [mean - half, mean + half]
    return np.stack([*found, total])
