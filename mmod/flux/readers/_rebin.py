"""Put the bins of a threat table into a regular grid of azimuth, elevation, speed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from mmod.errors import InputError, Problem

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_NAMES = ("azimuth", "sin_elevation", "speed")


@dataclass(frozen=True)
class Shares:
    """Parts of threats in the cells of a grid; arrays of one length.

    Parameters
    ----------
    threat, azimuth, elevation, speed : ndarray of int
        Which threat, and the indices of the cell.
    weight : ndarray
        Share of the size curve's flux.
    """

    threat: IntArray
    azimuth: IntArray
    elevation: IntArray
    speed: IntArray
    weight: FloatArray


def rebin(
    table: xr.Dataset, azimuth: FloatArray, sin_elevation: FloatArray, speed: FloatArray
) -> Shares:
    """Return the parts of every threat in the cells of a grid.

    Parameters
    ----------
    table : xarray.Dataset
        Threat table.
    azimuth, sin_elevation, speed : ndarray
        Increasing edges of the grid [rad, 1, m/s].

    Returns
    -------
    Shares
        The weights of every threat sum to its own.

    Raises
    ------
    InputError
        When the grid does not cover the table.

    Notes
    -----
    Valid for uniform flux within a bin. Where the azimuth follows from the speed a
    threat is cut at the speeds of the azimuth edges too. A bin of no width on an inner
    edge goes to either side by half.
    """
    grids = (azimuth, sin_elevation, speed)
    lower = [table[f"{n}_lower"].values for n in _NAMES]
    upper = [table[f"{n}_upper"].values for n in _NAMES]
    _covers(lower, upper, grids)
    threat = np.arange(lower[0].size)
    weight = table["weight"].values.astype(np.float64)
    if table.attrs["coupled"]:
        coupling = float(table.attrs["coupling_speed"])
        cuts = np.unique(np.concatenate([speed, coupling * np.cos(azimuth)]))
        threat, piece, weight = _spread(threat, weight, lower[2], upper[2], cuts)
        first = np.maximum(cuts[piece], lower[2][threat])
        last = np.minimum(cuts[piece + 1], upper[2][threat])
        middle = 0.5 * (first + last)
        angle = np.arccos(np.minimum(middle / coupling, 1.0))
        cells = [
            _cell(azimuth, table["side"].values[threat] * angle),
            np.zeros(0, dtype=np.int64),
            _cell(speed, middle),
        ]
        source = np.arange(threat.size)
        source, cells[1], weight = _spread(
            source, weight, lower[1][threat], upper[1][threat], sin_elevation
        )
        return Shares(
            threat[source], cells[0][source], cells[1], cells[2][source], weight
        )
    found: list[IntArray] = []
    for low, high, edges in zip(lower, upper, grids, strict=True):
        source = np.arange(threat.size)
        source, cell, weight = _spread(source, weight, low[threat], high[threat], edges)
        found = [each[source] for each in found]
        found.append(cell)
        threat = threat[source]
    azimuth_cell, elevation_cell, speed_cell = found
    return Shares(threat, azimuth_cell, elevation_cell, speed_cell, weight)


def _covers(
    lower: list[FloatArray], upper: list[FloatArray], grids: tuple[FloatArray, ...]
) -> None:
    problems = []
    for name, low, high, edges in zip(_NAMES, lower, upper, grids, strict=True):
        slack = 1e-9 * (edges[-1] - edges[0])
        if low.min() < edges[0] - slack or high.max() > edges[-1] + slack:
            wanted = f"edges that cover {low.min():g} to {high.max():g}"
            shown = [float(edges[0]), float(edges[-1])]
            problems.append(Problem("<argument>", name, shown, wanted))
    if problems:
        raise InputError(problems)


def _cell(edges: FloatArray, value: FloatArray) -> IntArray:
    cell = np.searchsorted(edges, value, side="right") - 1
    return np.clip(cell, 0, edges.size - 2).astype(np.int64)


def _spread(
    source: IntArray,
    weight: FloatArray,
    low: FloatArray,
    high: FloatArray,
    edges: FloatArray,
) -> tuple[IntArray, IntArray, FloatArray]:
    """Return sources, cells and weights of intervals cut at edges."""
    last = edges.size - 2
    flat = high <= low
    first = np.searchsorted(edges, low, side="right") - 1
    first = np.where(flat, np.searchsorted(edges, low, side="left") - 1, first)
    end = np.searchsorted(edges, high, side="left") - 1
    end = np.where(flat, np.searchsorted(edges, high, side="right") - 1, end)
    first, end = np.clip(first, 0, last), np.clip(end, 0, last)
    end = np.maximum(first, end)
    count = end - first + 1
    pick = np.repeat(np.arange(low.size), count)
    step = np.arange(pick.size) - np.repeat(np.cumsum(count) - count, count)
    cell = (first[pick] + step).astype(np.int64)
    overlap = np.minimum(edges[cell + 1], high[pick]) - np.maximum(
        edges[cell], low[pick]
    )
    overlap = np.where(flat[pick], 1.0, np.maximum(overlap, 0.0))
    total = np.bincount(pick, overlap, minlength=low.size)
    inside = overlap > 1e-12 * total[pick]
    total = np.bincount(pick[inside], overlap[inside], minlength=low.size)
    pick, cell, overlap = pick[inside], cell[inside], overlap[inside]
    return source[pick], cell, weight[pick] * overlap / total[pick]
