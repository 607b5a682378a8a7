"""Oriented faces in an isotropic, Earth-shadowed flux, by Earth-frame quadrature."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmod.flux.meteoroid_speed import MeteoroidSpeedLaw

FloatArray = NDArray[np.float64]


def isotropic_face_shares(
    law: MeteoroidSpeedLaw,
    orbit_speed: float,
    shadow: float,
    normals: ArrayLike,
    speed_power: float,
) -> FloatArray:
    """Return face integrals by quadrature in the Earth frame.

    Parameters
    ----------
    law : MeteoroidSpeedLaw
        Earth-frame speeds.
    orbit_speed : float
        V [m/s].
    shadow : float
        Half angle of the shadow about nadir [rad].
    normals : array_like, shape (n, 3)
        Outward unit normals (LVLH).
    speed_power : float
        p in the weight speed'^p.

    Returns
    -------
    ndarray, shape (n,)
        Integral of n(v)/v max(0, (v s + V x) . n) |v s + V x|^p over speeds and
        unshadowed radiants, per unit of the unshadowed stationary flux [(m/s)^p].

    Notes
    -----
    Valid everywhere. It shares the speed law with `isotropic_bins` but neither frame
    nor cells: azimuth is integrated between the exact angles at which a face turns
    away, the Earth-frame elevation by Gauss-Legendre between the levels where these
    angles appear.

    References
    ----------
    .. [1] ECSS-E-ST-10-04C Rev.1 (2020) C.1.3.
    """
    v, p = law.quadrature
    shares = [
        float(np.sum(p / v * _face_at(v, n, orbit_speed, -np.cos(shadow), speed_power)))
        for n in np.atleast_2d(np.asarray(normals, dtype=np.float64))
    ]
    return np.array(shares)


def _face_at(
    v: FloatArray, normal: FloatArray, orbit_speed: float, low: float, power: float
) -> FloatArray:
    """Return the mean over the sphere of max(0, w . n) |w|^p at every speed."""
    in_plane = float(np.hypot(normal[0], normal[1]))
    towards = float(np.arctan2(normal[1], normal[0]))
    drift = orbit_speed * normal[0]
    # levels s_z at which the face begins or ceases to turn away within a circle:
    # |v s_z n_z + V n_x| = v n_h sqrt(1 - s_z^2)
    root = np.sqrt(np.maximum(v**2 - drift**2, 0.0))
    kinks = [(-drift * normal[2] + sign * in_plane * root) / v for sign in (-1.0, 1.0)]
    ends = np.clip(np.sort(np.stack([np.full_like(v, low), *kinks])), low, 1.0)
    ends = np.concatenate([ends, np.ones((1, v.size))])
    t, wt = np.polynomial.legendre.leggauss(24)
    # a sine map in each panel takes the square roots at its ends away
    y, wy = np.polynomial.legendre.leggauss(16)
    z_map = np.sin(0.5 * np.pi * t)
    w_map = 0.5 * np.pi * np.cos(0.5 * np.pi * t) * wt
    half = 0.5 * np.diff(ends, axis=0)
    s_z = 0.5 * (ends[:-1] + ends[1:])[..., None] + half[..., None] * z_map
    s_h = np.sqrt(np.maximum(1.0 - s_z**2, 0.0))
    speed = v[None, :, None]
    level = speed * s_z * normal[2] + drift
    swing = speed * s_h * in_plane
    ratio = np.clip(-level / np.maximum(swing, 1e-300), -1.0, 1.0)
    open_angle = np.arccos(ratio)  # the face looks at |phi - towards| < open_angle
    total = np.zeros_like(s_z)
    for point, weight in zip(y, wy, strict=True):
        phi = towards + open_angle * point
        facing = level + swing * np.cos(open_angle * point)
        square = (
            speed**2 + orbit_speed**2 + 2.0 * orbit_speed * speed * s_h * np.cos(phi)
        )
        total += weight * np.maximum(facing, 0.0) * square ** (0.5 * power)
    ring = total * open_angle
    return np.asarray(np.sum(ring * w_map * half[..., None], axis=(0, 2)) / (4 * np.pi))
