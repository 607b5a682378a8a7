"""Write a threat table as an ESA standard environment file (STENVI)."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from mmod.constants import EARTH_RADIUS
from mmod.errors import InputError, Problem
from mmod.flux.readers._atomic import replacing
from mmod.flux.readers._rebin import rebin
from mmod.flux.readers._stenvi_bins import (
    NEGLIGIBLE,
    StenviBins,
    check_bins,
    default_bins,
)
from mmod.flux.readers._stenvi_grid import (
    AREA,
    COLUMNS,
    DIMENSIONS,
    KIND,
    TOTAL,
    Dimension,
)
from mmod.flux.table import validate_threats
from mmod.units import DEGREE, KM, PER_YEAR

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MAX_ROWS = 3_000_000


def write(
    table: xr.Dataset, path: str | os.PathLike[str], *, bins: StenviBins | None = None
) -> Path:
    """Write a threat table as a STENVI file, all or nothing.

    Parameters
    ----------
    table : xarray.Dataset
        Threat table (see `mmod.flux.table`).
    path : path
        ``*.sei`` file; an existing one is replaced once the new one is complete.
    bins : StenviBins, optional
        Without them `default_bins`.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        When the bins do not cover the table, the rows would be too many, or the file
        cannot be written.

    Notes
    -----
    Valid for every threat table. Cross-sectional flux per year; a comment says so.
    The flux of larger particles than the last diameter edge goes into the last bin;
    the smaller ones than the first edge are left out. A bin of diameter has the
    flux-weighted mean density of its particles. Populations are merged. Directions
    and speeds are spread over the bins, so face fluxes change by up to the square of
    the bin width; totals by diameter do not change.

    References
    ----------
    .. [1] ``docs/environment_files.md``.
    """
    validate_threats(table)
    grid = default_bins(table) if bins is None else bins
    check_bins(grid)
    indices, flux = _content(table, grid)
    if flux.size > MAX_ROWS:
        expected = f"at most {MAX_ROWS}: take wider bins"
        raise InputError(Problem(str(path), "rows", int(flux.size), expected))
    printed = [f"{value:.9E}" for value in flux.tolist()]
    total = math.fsum(map(float, printed))
    with (
        replacing(path) as part,
        part.open("w", encoding="ascii", errors="replace", newline="\n") as file,
    ):
        for line in _header(table, grid, total, flux.size):
            file.write(line + "\n")
        numbers = (indices + 1).tolist()
        file.writelines(
            f"{a} {e} {v} {d} 1 {r} {text}\n"
            for (a, e, v, d, r), text in zip(numbers, printed, strict=True)
        )
    return Path(path)


def _content(table: xr.Dataset, grid: StenviBins) -> tuple[IntArray, FloatArray]:
    """Return indices (n, 5: azimuth to diameter, density) and fluxes [1/m2/yr]."""
    parts = rebin(table, grid.azimuth, np.sin(grid.elevation), grid.speed)
    shape = (
        grid.azimuth.size - 1,
        grid.elevation.size - 1,
        grid.speed.size - 1,
        grid.diameter.size - 1,
        grid.density.size - 1,
    )
    # the opposite sign turns the order of the azimuth bins
    azimuth = shape[0] - 1 - parts.azimuth
    cells = np.ravel_multi_index((azimuth, parts.elevation, parts.speed), shape[:3])
    curve = table["size_curve_index"].values[parts.threat]
    keys, values = [], []
    for c, (amount, density) in enumerate(_sizes(table, grid)):
        mine = curve == c
        used, inverse = np.unique(cells[mine], return_inverse=True)
        weight = np.bincount(inverse, parts.weight[mine])
        some = np.nonzero(amount > NEGLIGIBLE * amount.sum())[0]
        key = (used[:, None] * shape[3] + some) * shape[4] + density[some]
        keys.append(key.ravel())
        values.append((weight[:, None] * amount[some]).ravel())
    unique, inverse = np.unique(np.concatenate(keys), return_inverse=True)
    flux = np.bincount(inverse, np.concatenate(values)) / PER_YEAR
    keep = flux >= 1e-300
    return np.stack(np.unravel_index(unique[keep], shape), axis=1), flux[keep]


def _sizes(
    table: xr.Dataset, grid: StenviBins
) -> Iterator[tuple[FloatArray, IntArray]]:
    """Yield flux [1/m2/s] and density index of every diameter bin, curve by curve."""
    nodes, edges = table["diameter"].values, grid.diameter
    inside = nodes[(nodes > edges[0]) & (nodes < edges[-1])]
    fine = np.unique(np.concatenate([edges, inside, nodes[nodes > edges[-1]]]))
    bin_of = np.clip(np.searchsorted(edges, fine, side="right") - 1, 0, edges.size - 2)
    x, known = np.log(fine), np.log(nodes)
    for flux_row, density_row in zip(
        table["flux"].values, table["density"].values, strict=True
    ):
        flux = np.exp(np.interp(x, known, np.log(flux_row)))
        density = np.interp(x, known, np.log(density_row))
        amount = np.append(flux[:-1] - flux[1:], flux[-1])
        between = np.exp(np.append(0.5 * (density[:-1] + density[1:]), density[-1]))
        per_bin = _sums(bin_of, amount, edges.size - 1)
        mass = _sums(bin_of, amount * between, edges.size - 1)
        mean = mass / np.where(per_bin > 0.0, per_bin, 1.0)
        used = mean[per_bin > NEGLIGIBLE * per_bin.sum()]
        if used.min() < grid.density[0] or used.max() > grid.density[-1]:
            expected = f"edges that cover {used.min():g} to {used.max():g} kg/m3"
            shown = [float(grid.density[0]), float(grid.density[-1])]
            raise InputError(Problem("<argument>", "bins.density", shown, expected))
        place = np.searchsorted(grid.density, mean, side="right") - 1
        yield per_bin, np.clip(place, 0, grid.density.size - 2).astype(np.int64)


def _sums(index: IntArray, values: FloatArray, count: int) -> FloatArray:
    sums = np.bincount(index, values, minlength=count)
    return np.asarray(sums, dtype=np.float64)


def _header(
    table: xr.Dataset, grid: StenviBins, total: float, rows: int
) -> Iterator[str]:
    attrs = table.attrs
    name = " ".join(str(attrs["model"]).split()) or "unnamed"
    yield "# Standard environment file (STENVI) written by mmod"
    yield "# Environment Model"
    yield f"# {name}"
    yield f"# {KIND} = {attrs['kind']}"
    yield f"# {AREA} = {attrs['area_convention']}"
    yield f"# {TOTAL} = {total:.9E} 1/m^2/yr in {rows} rows"
    yield "# Radiants: an azimuth of 0 is ram, positive ones lie towards starboard"
    yield "# The last diameter bin holds all larger particles too"
    if math.isfinite(attrs["epoch"]):
        moment = _moment(float(attrs["epoch"]))
        for card in ("MISSBEGIN", "MISSEND"):
            yield f"{card} {moment:%Y %m %d %H}"
    if math.isfinite(attrs["altitude"]):
        yield f"SEMIAXIS {(EARTH_RADIUS + attrs['altitude']) / KM:.6f}"
        yield "ECCENTRI 0.0"
    if math.isfinite(attrs["inclination"]):
        yield f"INCLIN {attrs['inclination'] / DEGREE:.6f}"
    yield "# The model does not depend on RAAN and ARGPERI"
    yield "RAAN 0.0"
    yield "ARGPERI 0.0"
    for d in DIMENSIONS:
        yield from _cards(d, grid)
    yield f"# {' '.join(COLUMNS)} Flux [1/m^2/yr]"


def _cards(d: Dimension, grid: StenviBins) -> Iterator[str]:
    if d.name == "latitude":
        edges = np.array([-180.0, 180.0])
    else:
        edges = getattr(grid, d.name) / d.scale
        if d.name == "azimuth":
            edges = -edges[::-1]
        edges = np.clip(edges, d.low, d.high)
    text = [f"{edge + 0.0:.12g}" for edge in edges]
    yield f"{d.card} {edges.size - 1} {text[0]} {text[-1]} {d.name} [{d.unit}]"
    for k in range(edges.size - 1):
        yield f"{d.bins} {k + 1} {text[k]} {text[k + 1]}"


def _moment(year: float) -> datetime:
    """Return a decimal year as a time, to the hour."""
    start = datetime(int(year), 1, 1)
    length = datetime(int(year) + 1, 1, 1) - start
    hours = round((year - int(year)) * (length / timedelta(hours=1)))
    return start + timedelta(hours=hours)
