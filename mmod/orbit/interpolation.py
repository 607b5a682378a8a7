"""Polynomials through tabulated states: Hermite and Lagrange, in moving windows."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

Method = Literal["HERMITE", "LAGRANGE"]


def window_size(method: Method, degree: int) -> int:
    """Return how many states a polynomial of a degree goes through.

    Parameters
    ----------
    method : {"HERMITE", "LAGRANGE"}
        Hermite uses positions and velocities, Lagrange each by itself.
    degree : int
        Of the polynomial.

    Returns
    -------
    int
        At least 2.

    Notes
    -----
    Valid for degrees from 1 on; an even Hermite degree is rounded up to the next odd.

    References
    ----------
    .. [1] CCSDS 502.0-B-3, Orbit Data Messages, 5.2.3 (INTERPOLATION_DEGREE).
    """
    return max(2, (degree + 2) // 2 if method == "HERMITE" else degree + 1)


def interpolate(
    time: FloatArray,
    position: FloatArray,
    velocity: FloatArray,
    at: FloatArray,
    method: Method,
    points: int,
) -> tuple[FloatArray, FloatArray]:
    """Return states between tabulated ones.

    Parameters
    ----------
    time : ndarray, shape (n,)
        Increasing [s].
    position, velocity : ndarray, shape (n, 3)
        [m], [m/s].
    at : ndarray, shape (k,)
        Instants within the table [s].
    method : {"HERMITE", "LAGRANGE"}
        Hermite: a polynomial of degree 2 points - 1 through positions and velocities.
        Lagrange: of degree points - 1, positions and velocities apart.
    points : int
        States in a window; the window about an instant is as central as it can be.

    Returns
    -------
    position, velocity : ndarray, shape (k, 3)
        [m], [m/s].

    Notes
    -----
    Valid for up to 16 unknowns a window: solved in scaled powers.

    References
    ----------
    .. [1] CCSDS 502.0-B-3, Orbit Data Messages, annex on interpolation.
    """
    right = np.searchsorted(time, at, side="right")
    start = np.clip(right - (points + 1) // 2, 0, time.size - points)
    windows, which = np.unique(start, return_inverse=True)
    index = windows[:, None] + np.arange(points)
    nodes = time[index]
    middle = 0.5 * (nodes[:, 0] + nodes[:, -1])
    half = 0.5 * (nodes[:, -1] - nodes[:, 0])
    x = (nodes - middle[:, None]) / half[:, None]
    u = (at - middle[which]) / half[which]
    if method == "LAGRANGE":
        power = np.arange(points)
        matrix = x[:, :, None] ** power
        both = np.concatenate([position[index], velocity[index]], axis=2)
        found = np.linalg.solve(matrix, both)[which]
        value = np.einsum("kp,kpc->kc", u[:, None] ** power, found)
        return value[:, :3], value[:, 3:]
    power = np.arange(2 * points)
    slope = np.zeros((*x.shape, power.size))
    slope[:, :, 1:] = power[1:] * x[:, :, None] ** power[:-1]
    matrix = np.concatenate([x[:, :, None] ** power, slope], axis=1)
    given = [position[index], velocity[index] * half[:, None, None]]
    found = np.linalg.solve(matrix, np.concatenate(given, axis=1))[which]
    value = np.einsum("kp,kpc->kc", u[:, None] ** power, found)
    rate = np.einsum("kp,kpc->kc", power[1:] * u[:, None] ** power[:-1], found[:, 1:])
    return value, rate / half[which][:, None]
