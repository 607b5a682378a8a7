"""What a threat table says by size, by direction and by speed: marginal spectra."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from mmod.errors import bad
from mmod.units import DEGREE, KM

FloatArray = NDArray[np.float64]

AZIMUTH_EDGES = np.linspace(-180.0, 180.0, 37) * DEGREE
"""Bins of 10 deg [rad], from ram towards port."""
ELEVATION_EDGES = np.linspace(-1.0, 1.0, 13)
"""Bins of equal solid angle in the sine of the elevation."""
SPEED_EDGES = np.arange(0.0, 91.0) * KM
"""Bins of 1 km/s [m/s]."""


@dataclass(frozen=True)
class Spectra:
    """Marginals of one threat table; shares sum to 1.

    Parameters
    ----------
    diameter : ndarray, shape (n,) [m]
        Least diameters.
    flux : ndarray, shape (n,) [1/m2/s]
        Cross-sectional flux of particles at least this large; NaN beyond
        `known_sizes`.
    least_diameter : float [m]
        Size from which on directions and speeds are counted.
    azimuth, sin_elevation, speed : ndarray, shape (k,) [1]
        Share of that flux in the bins `AZIMUTH_EDGES`, `ELEVATION_EDGES`,
        `SPEED_EDGES`.
    mean_speed : float [m/s]
        Flux-weighted mean speed relative to the spacecraft.
    beyond : float [1]
        Share of the flux above the last speed edge (counted in the last bin).
    """

    diameter: FloatArray
    flux: FloatArray
    least_diameter: float
    azimuth: FloatArray
    sin_elevation: FloatArray
    speed: FloatArray
    mean_speed: float
    beyond: float


def spectra(table: xr.Dataset, diameter: ArrayLike, least_diameter: float) -> Spectra:
    """Return the marginal spectra of a threat table.

    Parameters
    ----------
    table : xarray.Dataset
        As `mmod.flux.table` describes.
    diameter : array_like [m]
        Least diameters of the size spectrum, within the nodes of the table.
    least_diameter : float [m]
        Size from which on directions and speeds are counted.

    Returns
    -------
    Spectra
        Sums over all bins of the table.

    Raises
    ------
    InputError
        For diameters outside the nodes, or where no flux is left to share.

    Notes
    -----
    Fluxes are interpolated log-log between the nodes, and within a bin the flux is
    uniform in azimuth, sine of elevation and speed, or follows the coupling of azimuth
    and speed: both as the table defines them, so that nothing is approximated but the
    table itself.
    """
    nodes = table["diameter"].to_numpy()
    sizes = np.atleast_1d(np.asarray(diameter, dtype=np.float64))
    asked = np.append(sizes, least_diameter)
    slack = 1.0 + 1e-9
    fits = (asked * slack >= nodes[0]) & (asked <= nodes[-1] * slack)
    if not np.all(fits):  # NaN fits nowhere
        expected = f"diameters [m] between {nodes[0]:g} and {nodes[-1]:g}"
        raise bad("spectra", "diameter", float(asked[~fits][0]), expected)
    per_curve = _log_log(nodes, table["flux"].to_numpy(), asked)
    index, weight = table["size_curve_index"].to_numpy(), table["weight"].to_numpy()
    shares = np.bincount(index, weights=weight, minlength=len(per_curve))
    flux = shares @ per_curve
    bins = weight * per_curve[index, -1]
    total = float(bins.sum())
    if not total > 0.0:
        expected = "a size at which the table has particles"
        raise bad("spectra", "least_diameter", least_diameter, expected)
    bins = bins / total

    def pair(name: str) -> tuple[FloatArray, FloatArray]:
        return table[f"{name}_lower"].to_numpy(), table[f"{name}_upper"].to_numpy()

    slow, fast = pair("speed")
    if int(table.attrs["coupled"]):
        azimuth = _coupled(table, slow, fast, bins)
    else:
        azimuth = _uniform(AZIMUTH_EDGES, *pair("azimuth"), bins)
    return Spectra(
        diameter=sizes,
        flux=np.where(known_sizes(table, sizes), flux[:-1], np.nan),
        least_diameter=least_diameter,
        azimuth=azimuth,
        sin_elevation=_uniform(ELEVATION_EDGES, *pair("sin_elevation"), bins),
        speed=_uniform(SPEED_EDGES, slow, fast, bins),
        mean_speed=float(bins @ (0.5 * (slow + fast))),
        beyond=float(bins @ (1.0 - _below(SPEED_EDGES[-1], slow, fast))),
    )


def known_sizes(table: xr.Dataset, diameter: ArrayLike) -> NDArray[np.bool_]:
    """Return which sizes the model behind a threat table makes a statement on.

    Parameters
    ----------
    table : xarray.Dataset
        As `mmod.flux.table` describes.
    diameter : array_like, shape (n,) [m]
        Least diameters.

    Returns
    -------
    ndarray of bool, shape (n,)
        Within ``table_min_diameter`` to ``table_max_diameter``, or within the nodes
        where the table does not say.

    Notes
    -----
    The nodes of every table go from 1 um to 1 m. Below the smallest particle of a file
    its curves are flat, above the largest they are continued: no statement of the file.
    """
    sizes = np.atleast_1d(np.asarray(diameter, dtype=np.float64))
    nodes = table["diameter"].to_numpy()
    low, high = (
        float(table.attrs.get(key, math.nan))
        for key in ("table_min_diameter", "table_max_diameter")
    )
    low = float(nodes[0]) if math.isnan(low) else max(low, float(nodes[0]))
    high = float(nodes[-1]) if math.isnan(high) else min(high, float(nodes[-1]))
    slack = 1.0 + 1e-6
    return (sizes * slack >= low) & (sizes <= high * slack)


def flux_above(table: xr.Dataset, diameter: ArrayLike) -> FloatArray:
    """Return the cross-sectional flux of a threat table by size.

    Parameters
    ----------
    table : xarray.Dataset
        As `mmod.flux.table` describes.
    diameter : array_like, shape (n,) [m]
        Least diameters; beyond `known_sizes` the flux is NaN.

    Returns
    -------
    ndarray, shape (n,) [1/m2/s]
        Log-log between the nodes; 0 beyond the last particle.
    """
    nodes = table["diameter"].to_numpy()
    sizes = np.atleast_1d(np.asarray(diameter, dtype=np.float64))
    index, weight = table["size_curve_index"].to_numpy(), table["weight"].to_numpy()
    per_curve = _log_log(nodes, table["flux"].to_numpy(), sizes)
    shares = np.bincount(index, weights=weight, minlength=len(per_curve))
    return np.where(known_sizes(table, sizes), shares @ per_curve, np.nan)


def _log_log(nodes: FloatArray, flux: FloatArray, at: FloatArray) -> FloatArray:
    """Return each curve at some diameters; 0 beyond the last particle."""
    found = np.zeros((len(flux), len(at)))
    x, wanted = np.log(nodes), np.log(np.clip(at, nodes[0], nodes[-1]))
    for row, curve in zip(found, flux, strict=True):
        some = curve > 0.0
        if not some.any():
            continue
        y = np.interp(wanted, x[some], np.log(curve[some]))
        row[:] = np.where(wanted <= x[some][-1], np.exp(y), 0.0)
    return found


def _below(edge: float, lower: FloatArray, upper: FloatArray) -> FloatArray:
    """Return the share of each bin below an edge; a bin of no width is a point."""
    width = upper - lower
    with np.errstate(divide="ignore", invalid="ignore"):
        inside = np.clip((edge - lower) / width, 0.0, 1.0)
    return np.where(width > 0.0, inside, (lower < edge).astype(np.float64))


def _uniform(
    edges: FloatArray, lower: FloatArray, upper: FloatArray, bins: FloatArray
) -> FloatArray:
    """Return the histogram of bins that are uniform between their edges."""
    return _histogram(bins, [_below(edge, lower, upper) for edge in edges[1:-1]])


def _histogram(bins: FloatArray, below: list[FloatArray]) -> FloatArray:
    """Return the histogram from the share of each bin below each inner edge."""
    ends = [np.zeros_like(bins), *below, np.ones_like(bins)]
    return np.array([float(bins @ (b - a)) for a, b in pairwise(ends)])


def _coupled(
    table: xr.Dataset, slow: FloatArray, fast: FloatArray, bins: FloatArray
) -> FloatArray:
    """Return the histogram over azimuth where azimuth = side acos(v / coupling speed).

    The azimuth of a bin is nearer to ram than an angle where its speed is above
    coupling speed times the cosine of that angle.
    """
    limit = float(table.attrs["coupling_speed"])
    port = table["side"].to_numpy() > 0
    inner = []
    for edge in AZIMUTH_EDGES[1:-1]:
        border = limit * max(math.cos(edge), 0.0)
        near = 1.0 - _below(border, slow, fast)
        towards_port = near if edge > 0.0 else np.zeros_like(near)
        towards_starboard = np.ones_like(near) if edge > 0.0 else 1.0 - near
        inner.append(np.where(port, towards_port, towards_starboard))
    return _histogram(bins, inner)
