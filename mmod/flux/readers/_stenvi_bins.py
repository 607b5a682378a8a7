"""Bins in which a threat table is written as a STENVI file."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from mmod.errors import InputError, Problem
from mmod.flux.readers._stenvi_grid import DIMENSIONS
from mmod.units import DEGREE, G_CM3, KM

FloatArray = NDArray[np.float64]

FLAT = 0.05 * DEGREE
"""Half the width of the elevation bin of a table in the horizontal plane."""
NEGLIGIBLE = 1e-20
"""Share of a size curve's flux below which a diameter bin is left out."""
_MOST_OWN_EDGES = 721
_MOST_OWN_NODES = 61
_PER_DECADE = 6


@dataclass(frozen=True)
class StenviBins:
    """Edges of the bins of a STENVI file, SI, azimuth as in this package.

    Parameters
    ----------
    azimuth : ndarray
        Edges [rad], ram towards port; written with the opposite sign.
    elevation : ndarray
        Edges [rad].
    speed : ndarray
        Edges [m/s].
    diameter : ndarray
        Edges [m]; the last bin also takes everything larger.
    density : ndarray
        Edges [kg/m3].
    """

    azimuth: FloatArray
    elevation: FloatArray
    speed: FloatArray
    diameter: FloatArray
    density: FloatArray


def default_bins(table: xr.Dataset) -> StenviBins:
    """Return the bins in which `write` puts a table.

    Parameters
    ----------
    table : xarray.Dataset
        Threat table.

    Returns
    -------
    StenviBins
        The table's own bins of direction and speed where they form a grid. Otherwise
        10 deg and 2 km/s, or 5 deg and 0.5 km/s and one elevation bin of 0.1 deg for
        a table in the horizontal plane. The nodes of a tabulated size curve (up to
        61), else six diameters a decade between the sizes of the table, and the ends
        of every step of its density. Densities of 0.1 g/cm3
        from 0.05 to 8.05.

    Notes
    -----
    Valid for threat tables. Finer bins cost rows: their product counts.

    References
    ----------
    .. [1] ``docs/environment_files.md``.
    """
    lower, upper = (
        [table[f"{n}_{edge}"].values for n in ("azimuth", "sin_elevation", "speed")]
        for edge in ("lower", "upper")
    )
    flat = bool(np.all(lower[1] == 0.0) and np.all(upper[1] == 0.0))
    own = [_own(low, high) for low, high in zip(lower, upper, strict=True)]
    if not table.attrs["coupled"] and all(edges is not None for edges in own):
        azimuth, sine, speed = (np.asarray(edges) for edges in own)
        elevation = np.arcsin(sine)
    else:
        step = 5.0 if flat else 10.0
        azimuth = np.linspace(-180.0, 180.0, round(360.0 / step) + 1) * DEGREE
        elevation = np.linspace(-90.0, 90.0, round(180.0 / step) + 1) * DEGREE
        width = (0.5 if flat else 2.0) * KM
        speed = width * np.arange(math.ceil(float(upper[2].max()) / width) + 1)
        if flat:
            elevation = np.array([-FLAT, FLAT])
    return StenviBins(
        azimuth,
        elevation,
        speed,
        _diameters(table),
        np.asarray((0.05 + 0.1 * np.arange(81)) * G_CM3),
    )


def _own(lower: FloatArray, upper: FloatArray) -> FloatArray | None:
    """Return the edges of a dimension where its bins form a grid, else None."""
    edges = np.unique(np.concatenate([lower, upper]))
    if edges.size > _MOST_OWN_EDGES or edges.size < 2 or np.any(lower >= upper):
        return None
    first = np.searchsorted(edges, lower)
    last = np.searchsorted(edges, upper)
    return edges if np.all(last == first + 1) else None


def _diameters(table: xr.Dataset) -> FloatArray:
    nodes = table["diameter"].values
    least, most = (table.attrs[f"table_{k}_diameter"] for k in ("min", "max"))
    low = max(float(nodes[0]), least) if math.isfinite(least) else float(nodes[0])
    high = min(float(nodes[-1]), most) if math.isfinite(most) else float(nodes[-1])
    count = max(1, round(_PER_DECADE * math.log10(high / low)))
    regular = np.geomspace(low, high, count + 1)
    if nodes.size <= _MOST_OWN_NODES:
        inner = nodes[(nodes > low * 1.001) & (nodes < high / 1.001)]
        regular = np.array([low, *inner, high])
    flux, density = table["flux"].values, table["density"].values
    gap = (flux[:, 1:] >= flux[:, :-1] * (1.0 - 1e-12)) & (
        np.abs(density[:, 1:] / density[:, :-1] - 1.0) > 1e-3
    )
    gap &= flux[:, 1:] > NEGLIGIBLE * flux[:, :1]
    steps = np.nonzero(gap.any(axis=0))[0]
    ends = np.unique(np.concatenate([nodes[steps], nodes[steps + 1]]))
    ends = ends[(ends > low * 1.001) & (ends < high / 1.001)]
    if ends.size and ends.size <= 200:
        far = np.min(np.abs(np.log(regular[:, None] / ends)), axis=1) > 0.03
        far[[0, -1]] = True
        regular = np.unique(np.concatenate([regular[far], ends]))
    regular[0], regular[-1] = low, high
    return regular


def check_bins(grid: StenviBins) -> None:
    """Refuse edges that do not rise or leave the limits of the format.

    Parameters
    ----------
    grid : StenviBins
        Edges.

    Raises
    ------
    InputError
        With every dimension that is wrong.
    """
    problems = []
    for d in DIMENSIONS:
        if d.name == "latitude":
            continue
        edges = getattr(grid, d.name) / d.scale
        rising = edges.ndim == 1 and edges.size > 1 and np.all(np.diff(edges) > 0.0)
        slack = 1e-9 * abs(d.high)
        if not rising or edges[0] < d.low - slack or edges[-1] > d.high + slack:
            expected = f"rising edges from {d.low:g} to {d.high:g} {d.unit}"
            problems.append(Problem("<argument>", f"bins.{d.name}", edges, expected))
    if problems:
        raise InputError(problems)
