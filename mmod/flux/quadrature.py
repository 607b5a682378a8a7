"""Fluxes on oriented faces: from a threat table, and from a model's own densities."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from mmod.flux.base import ExposureState, FluxModel
from mmod.flux.table import curve_flux

FloatArray = NDArray[np.float64]

POINTS = 3
"""Gauss points in azimuth and in sin(elevation) of every bin."""


def face_sums(
    threats: xr.Dataset,
    normals: ArrayLike,
    diameter: ArrayLike,
    *,
    speed_power: float = 0.0,
) -> FloatArray:
    """Return the flux on one-sided oriented faces from a threat table.

    Parameters
    ----------
    threats : xarray.Dataset
        Threat table.
    normals : array_like, shape (n, 3)
        Outward unit normals in the LVLH frame.
    diameter : array_like, shape (k,)
        Diameters [m] within the table's grid.
    speed_power : float
        p of the weight speed^p.

    Returns
    -------
    ndarray, shape (n, k)
        Sum over threats of weight x flux(>= d) x max(0, cos) x speed^p
        [(m/s)^p /m2/s].

    Notes
    -----
    Valid for any table. Plain NumPy, independent of the compiled kernels: the flux is
    uniform in every bin and its mean is taken by Gauss-Legendre rules.

    References
    ----------
    .. [1] None; quadrature.
    """
    sizes = np.atleast_1d(np.asarray(diameter, dtype=np.float64))
    per_curve = curve_shares(threats, normals, speed_power=speed_power)
    return np.asarray(per_curve @ curve_flux(threats, sizes))


def curve_shares(
    threats: xr.Dataset, normals: ArrayLike, *, speed_power: float = 0.0
) -> FloatArray:
    """Return the oriented-face factor of every size curve from a threat table.

    Parameters
    ----------
    threats, normals, speed_power
        As `face_sums`.

    Returns
    -------
    ndarray, shape (n, size_curve)
        Sum over the threats of each curve of weight x max(0, cos) x speed^p
        [(m/s)^p].

    Notes
    -----
    Valid as `face_sums`.

    References
    ----------
    .. [1] None; quadrature.
    """
    faces = np.atleast_2d(np.asarray(normals, dtype=np.float64))
    x, w = np.polynomial.legendre.leggauss(POINTS)
    fraction, weight = 0.5 * (1.0 + x), 0.5 * w
    low, high = threats["speed_lower"].values, threats["speed_upper"].values
    facing = np.zeros((faces.shape[0], low.size))
    if threats.attrs["coupled"]:
        coupling = float(threats.attrs["coupling_speed"])
        for f, wf in zip(fraction, weight, strict=True):
            speed = low + f * (high - low)
            cosine = np.minimum(speed / coupling, 1.0)
            sine = threats["side"].values * np.sqrt(1.0 - cosine**2)
            seen = np.maximum(faces[:, :1] * cosine + faces[:, 1:2] * sine, 0.0)
            facing += wf * seen * speed**speed_power
    else:
        az, z = (
            (threats[f"{k}_lower"].values, threats[f"{k}_upper"].values)
            for k in ("azimuth", "sin_elevation")
        )
        for f, wf in zip(fraction, weight, strict=True):
            sine = z[0] + f * (z[1] - z[0])
            horizontal = np.sqrt(np.maximum(1.0 - sine**2, 0.0))
            for g, wg in zip(fraction, weight, strict=True):
                phi = az[0] + g * (az[1] - az[0])
                cos_phi, sin_phi = horizontal * np.cos(phi), horizontal * np.sin(phi)
                for k, n in enumerate(faces):
                    cosine = n[0] * cos_phi + n[1] * sin_phi + n[2] * sine
                    facing[k] += wf * wg * np.maximum(cosine, 0.0)
        powers = [(low + f * (high - low)) ** speed_power for f in fraction]
        facing *= np.tensordot(weight, np.stack(powers), axes=1)
    index = threats["size_curve_index"].values
    return np.stack(
        [
            np.bincount(
                index,
                threats["weight"].values * row,
                minlength=threats.sizes["size_curve"],
            )
            for row in facing
        ]
    )


def face_sums_of_model(
    model: FluxModel,
    state: ExposureState,
    normals: ArrayLike,
    diameter: ArrayLike,
    *,
    speed_power: float = 0.0,
) -> FloatArray:
    """Return the same from the model's own densities, without its bins.

    Parameters
    ----------
    model : FluxModel
        The model.
    state : ExposureState
        Orbit and epoch.
    normals, diameter, speed_power
        As `face_sums`.

    Returns
    -------
    ndarray, shape (n, k)
        As `face_sums`.

    Raises
    ------
    InputError
        Outside the model's validity.

    Notes
    -----
    Valid as the model. Only models with several size curves take these from the table;
    otherwise the flux is `FluxModel.cumulative`.

    References
    ----------
    .. [1] None; quadrature.
    """
    sizes = np.atleast_1d(np.asarray(diameter, dtype=np.float64))
    shares = model.face_shares(state, normals, speed_power=speed_power)
    if shares.shape[0] == 1:
        flux = model.cumulative(sizes, state)[None, :]
    else:
        flux = curve_flux(model.threats(state), sizes)
    return np.asarray(shares.T @ flux)
