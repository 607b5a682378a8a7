"""An isotropic Earth-frame flux, Earth-shadowed, as a moving spacecraft meets it.

Number density per speed and solid angle is isotropic outside the Earth's shadow cone.
With radiant s, Earth-frame speed v and the spacecraft's velocity V along ram, a
particle arrives in the spacecraft frame from v' s' = v s + V x. All sums here are per
unit of the unshadowed flux on a stationary sphere, i.e. of 4 F G.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmod.errors import bad
from mmod.flux.meteoroid_speed import MeteoroidSpeedLaw
from mmod.flux.table import ThreatBins

FloatArray = NDArray[np.float64]

AZIMUTH_CELLS = 48
"""On either side, at ``refine = 1``."""
UPPER_CELLS = 15
"""Of the elevation above the horizontal plane."""
LOWER_CELLS = 5
"""Between the edge of the shadow and the horizontal plane."""
SPEED_CELL_WIDTH = 0.05
"""Relative width of a cell of the Earth-frame speed."""


def motion_factor(law: MeteoroidSpeedLaw, orbit_speed: float, shadow: float) -> float:
    """Return the cross-sectional flux on the moving, shadowed spacecraft.

    Parameters
    ----------
    law : MeteoroidSpeedLaw
        Earth-frame speeds.
    orbit_speed : float
        V [m/s].
    shadow : float
        Half angle of the shadow cone about nadir [rad].

    Returns
    -------
    float
        In units of the unshadowed stationary flux: (1 + cos eta)/2 for V = 0.

    Notes
    -----
    Valid for shadow < pi. By Gauss-Legendre in sin(elevation) times the trapezoidal
    rule in azimuth, both spectrally accurate.

    References
    ----------
    .. [1] ECSS-E-ST-10-04C Rev.1 (2020) C.1.3 (shielding and motion factors).
    """
    v, p = law.quadrature
    x, w = np.polynomial.legendre.leggauss(48)
    low = -np.cos(shadow)
    s_z = 0.5 * (1.0 + low) + 0.5 * (1.0 - low) * x
    phi = (np.arange(32) + 0.5) * np.pi / 32.0
    s_x = np.sqrt(1.0 - s_z**2)[:, None] * np.cos(phi)
    weight = 0.5 * (1.0 - low) * w / 2.0
    squares = (v**2 + orbit_speed**2)[:, None, None] + (2.0 * orbit_speed) * (
        v[:, None, None] * s_x
    )
    relative = np.mean(np.sqrt(squares), axis=2) @ weight
    return float(np.sum(p / v * relative))


def full_sky_motion_factor(speed: ArrayLike, orbit_speed: float) -> FloatArray:
    """Return K = <|v - V|/v> over an unshadowed isotropic sky, in closed form.

    Parameters
    ----------
    speed : array_like
        Earth-frame speeds v [m/s].
    orbit_speed : float
        V [m/s], positive.

    Returns
    -------
    ndarray
        ((v + V)^3 - |v - V|^3) / (6 v^2 V).

    Notes
    -----
    Valid for positive speeds.

    References
    ----------
    .. [1] ECSS-E-ST-10-04C Rev.1 (2020) C.1.3 (factor K of eq. C-25).
    """
    v = np.asarray(speed, dtype=np.float64)
    cubes = (v + orbit_speed) ** 3 - np.abs(v - orbit_speed) ** 3
    return np.asarray(cubes / (6.0 * v**2 * orbit_speed))


def shielding_factor(shadow: float) -> float:
    """Return the share of the sky outside the Earth's shadow, (1 + cos eta) / 2.

    Parameters
    ----------
    shadow : float
        Half angle of the shadow cone about nadir [rad].

    Returns
    -------
    float
        0.5 at the top of the air, 1 far away; 0.647 at 400 km.

    Notes
    -----
    Valid for straight lines. Table J-6 of [1]_ prints 0.63 at 400 km.

    References
    ----------
    .. [1] ECSS-E-ST-10-04C Rev.1 (2020) eq. C-26, C-27 (the extracted text lost /2).
    """
    return float(0.5 * (1.0 + np.cos(shadow)))


def relative_speed(
    speed: FloatArray, cos_ram: FloatArray, orbit_speed: float
) -> FloatArray:
    """Return the speed in the spacecraft frame along a spacecraft-frame radiant.

    Parameters
    ----------
    speed : ndarray
        Earth-frame speed v [m/s], above V.
    cos_ram : ndarray
        Cosine between the radiant and ram.
    orbit_speed : float
        V [m/s].

    Returns
    -------
    ndarray
        v' [m/s] with v^2 = v'^2 + V^2 - 2 v' V cos.

    Notes
    -----
    Valid for v > V, where exactly one v' belongs to a radiant.

    References
    ----------
    .. [1] Galilean addition of velocities.
    """
    return np.asarray(
        orbit_speed * cos_ram + np.sqrt(speed**2 - orbit_speed**2 * (1.0 - cos_ram**2))
    )


def shadow_edge(
    azimuth: FloatArray, speed: FloatArray, orbit_speed: float, shadow: float
) -> FloatArray:
    """Return sin(elevation) of the edge of the Earth's shadow in the moving frame.

    Parameters
    ----------
    azimuth : ndarray
        Spacecraft-frame azimuth [rad].
    speed : ndarray
        Earth-frame speed v [m/s].
    orbit_speed : float
        V [m/s].
    shadow : float
        Half angle eta of the shadow about nadir [rad].

    Returns
    -------
    ndarray
        Negative; -cos(eta) for V = 0.

    Notes
    -----
    Valid where V < v sin(eta): nadir itself is then in the shadow at every speed, and
    along a meridian the edge is crossed once. True of meteoroids below 2700 km.
    The edge is the circle v s_z = -v cos(eta), seen from a point V off its axis.

    References
    ----------
    .. [1] Galilean addition of velocities.
    """
    depth = speed * np.cos(shadow)
    reach = orbit_speed * np.cos(azimuth) + np.sqrt(
        (speed * np.sin(shadow)) ** 2 - (orbit_speed * np.sin(azimuth)) ** 2
    )
    return np.asarray(-depth / np.hypot(depth, reach))


def isotropic_bins(
    law: MeteoroidSpeedLaw, orbit_speed: float, shadow: float, refine: int
) -> ThreatBins:
    """Return bins of direction and speed in the spacecraft frame.

    Parameters
    ----------
    law : MeteoroidSpeedLaw
        Earth-frame speeds.
    orbit_speed : float
        V [m/s].
    shadow : float
        Half angle of the shadow about nadir [rad].
    refine : int
        Divides the bins in every dimension.

    Returns
    -------
    ThreatBins
        Weights per unit of the unshadowed stationary flux (sum: `motion_factor`).

    Raises
    ------
    InputError
        Where `shadow_edge` does not hold.

    Notes
    -----
    Valid as `shadow_edge`. Cells are curved: azimuth, Earth-frame speed, and
    sin(elevation) from the edge of the shadow (which depends on the other two) to the
    horizontal plane and on to zenith. A weight is the exact content of a curved cell
    (Gauss rules). The bin is the box through the middle of the cell, cut so that its
    middle in azimuth and sin(elevation), and moved so that its middle in speed, is the
    mean of the flux in the cell. So no bin is cut by the shadow or by a jump of the
    speed law, no flux is lost, first moments are exact, and the error falls with the
    square of the bin size. Boxes of neighbours leave slits, or overlap in speed, of a
    few per cent of their width.

    References
    ----------
    .. [1] Liouville: flux per solid angle and speed v'^3 N(v) / (4 pi v^2), N the
       number density per Earth-frame speed.
    """
    slowest = float(law.breaks[0])
    if orbit_speed >= slowest * np.sin(shadow):
        raise bad(
            "<argument>",
            "shadow",
            shadow,
            f"sin(shadow) above {orbit_speed / slowest:.3g} (orbit too high)",
        )
    azimuth = np.linspace(0.0, np.pi, AZIMUTH_CELLS * refine + 1)
    levels = np.concatenate(
        [
            np.linspace(-1.0, 0.0, LOWER_CELLS * refine + 1)[:-1],
            np.sin(np.linspace(0.0, 0.5 * np.pi, UPPER_CELLS * refine + 1)),
        ]
    )  # -1 stands for the edge of the shadow
    edges = law.edges(SPEED_CELL_WIDTH / refine)
    speeds, shares = law.cells(edges)
    weight, mean_azimuth, mean_sine, mean_relative = _cell_contents(
        azimuth, levels, speeds, shares, orbit_speed, shadow
    )

    # boxes through the middles
    centre = 0.5 * (azimuth[:-1] + azimuth[1:])[:, None, None]
    mean = np.sum(speeds * shares, axis=1) / np.maximum(np.sum(shares, axis=1), 1e-300)
    depth = -shadow_edge(centre, mean[None, None, :], orbit_speed, shadow)
    level = levels[None, :, None]
    sine = np.where(level < 0.0, level * depth, level)
    lower, upper = sine[:, :-1], sine[:, 1:]
    middle = 0.5 * (lower + upper)
    ram = np.cos(centre) * np.sqrt(1.0 - middle**2)
    slow, fast = (relative_speed(e, ram, orbit_speed) for e in (edges[:-1], edges[1:]))
    half_width = 0.5 * (fast - slow)
    low, high = _about(azimuth[:-1, None, None], azimuth[1:, None, None], mean_azimuth)
    lower, upper = _about(lower, upper, mean_sine)
    once = (lower, upper, mean_relative - half_width, mean_relative + half_width)
    z_lower, z_upper, v_lower, v_upper = (np.tile(a.ravel(), 2) for a in once)
    low, high = low.ravel(), high.ravel()
    return ThreatBins(
        azimuth_lower=np.concatenate([low, -high]),
        azimuth_upper=np.concatenate([high, -low]),
        sin_elevation_lower=z_lower,
        sin_elevation_upper=z_upper,
        speed_lower=v_lower,
        speed_upper=v_upper,
        weight=np.tile(weight.ravel(), 2),
        size_curve_index=np.zeros(2 * weight.size, dtype=np.int32),
    )


def _about(
    lower: FloatArray, upper: FloatArray, mean: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the widest interval within lower to upper whose middle is the mean."""
    half = np.maximum(np.minimum(mean - lower, upper - mean), 0.0)
    middle = np.clip(mean, lower, upper)
    return middle - half, middle + half


def _cell_contents(
    azimuth: FloatArray,
    levels: FloatArray,
    speeds: FloatArray,
    shares: FloatArray,
    orbit_speed: float,
    shadow: float,
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return flux, mean azimuth, sin(elevation) and relative speed of the curved cells.

    All of shape (azimuth, level, speed); Gauss rules with two points a dimension.
    """
    x, w = np.polynomial.legendre.leggauss(2)
    half_az = 0.5 * (azimuth[1] - azimuth[0])
    middle_az = 0.5 * (azimuth[:-1] + azimuth[1:])
    half_level = 0.5 * np.diff(levels)[None, :, None]
    middle_level = 0.5 * (levels[:-1] + levels[1:])[None, :, None]
    weight = np.zeros((middle_az.size, middle_level.size, shares.shape[0]))
    azimuths, sines, relative = (np.zeros_like(weight) for _ in range(3))
    for x_az, w_az in zip(x, w, strict=True):
        phi = (middle_az + half_az * x_az)[:, None, None]
        for point in range(shares.shape[1]):
            v = speeds[None, None, :, point]
            depth = -shadow_edge(phi, v, orbit_speed, shadow)
            for x_level, w_level in zip(x, w, strict=True):
                q = middle_level + half_level * x_level
                sine = np.where(q < 0.0, q * depth, q)
                stretch = np.where(q < 0.0, depth, 1.0)
                ram = np.cos(phi) * np.sqrt(1.0 - sine**2)
                u = relative_speed(v, ram, orbit_speed)
                density = u**3 / (4.0 * np.pi * v**2 * (u - orbit_speed * ram))
                area = half_az * w_az * half_level * w_level
                part = density * stretch * area * shares[None, None, :, point]
                weight += part
                azimuths += part * phi
                sines += part * sine
                relative += part * u
    content = np.maximum(weight, 1e-300)
    return weight, azimuths / content, sines / content, relative / content
