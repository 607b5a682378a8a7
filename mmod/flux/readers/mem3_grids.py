"""Radiant and speed grids of NASA MEM 3: igloo_avg and flux_avg."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mmod.errors import bad
from mmod.flux.readers._lines import LineReader, TextFile
from mmod.flux.readers.mem3_tables import (
    fill_rows,
    read_counts,
    read_labels,
    require_same,
    require_words,
)
from mmod.units import DEGREE, PER_YEAR

FloatArray = NDArray[np.float64]

ROWS_AT_FIVE_DEGREES = 1652
"""Bins of the igloo at 5 degrees (read from files of MEM 3.0.1)."""

_IGLOO_COLUMNS = [
    "ID",
    "I",
    "J",
    "PHI1",
    "PHI2",
    "THETA1",
    "THETA2",
    "PHIavg",
    "THETAavg",
]
_FLUX_COLUMNS = ["PHI1", "THETA1"]
_PRINTED = 0.0051
"""Half a unit in the last printed place of the igloo's angles [deg]."""


@dataclass(frozen=True)
class FluxGrid:
    """Flux in bins of radiant and speed.

    Parameters
    ----------
    path : Path
        The file.
    step : float
        Angular resolution [rad].
    elevation_lower, elevation_upper : ndarray, shape (n,)
        PHI of the radiant, towards zenith [rad].
    azimuth_lower, azimuth_upper : ndarray, shape (n,)
        THETA of the radiant, 0 to 2 pi from ram towards port [rad].
    speed_edges : ndarray, shape (k + 1,)
        Relative to the spacecraft [m/s].
    flux : ndarray, shape (n, k)
        Cross-sectional, of particles of at least the limiting mass [1/m2/s].
    """

    path: Path
    step: float
    elevation_lower: FloatArray
    elevation_upper: FloatArray
    azimuth_lower: FloatArray
    azimuth_upper: FloatArray
    speed_edges: FloatArray
    flux: FloatArray


def igloo_ring_counts(step: int) -> NDArray[np.int64]:
    """Return the number of bins in every ring of the igloo, from nadir to zenith.

    Parameters
    ----------
    step : int
        Angular resolution [deg], 1 to 5.

    Returns
    -------
    ndarray, shape (180 / step,)
        round(360 (sin b - sin a) (180/pi) / step^2) for the ring from a to b.

    Raises
    ------
    InputError
        For another step.

    Notes
    -----
    At 5 degrees 3, 9, 16, 22, ... with a total of 1652, as files of MEM 3.0.1 have it.
    The rule at 1 to 4 degrees is an extrapolation: `read_igloo` then takes the rings
    from the file.

    References
    ----------
    .. [1] Read from igloo_avg.txt of MEM 3.0.1 (public LunarEjecta repository).
    """
    if step not in (1, 2, 3, 4, 5):
        raise bad("<argument>", "step", step, "a whole number of degrees from 1 to 5")
    sines = np.sin(np.arange(-90, 91, step) * DEGREE)
    counts = np.rint(360.0 * np.diff(sines) / DEGREE / step**2)
    return np.asarray(counts, dtype=np.int64)


def read_igloo(path: str | Path) -> FluxGrid:
    """Read ``igloo_avg.txt`` (or a table of the same layout).

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    FluxGrid
        Bins in the order of the file. The edges are those of the rings, of which the
        file prints two decimals.

    Raises
    ------
    InputError
        With file, line and column of what does not fit: counts, header words, columns,
        order or edges of the bins, PHIavg or THETAavg, a number that is negative or not
        finite, missing or surplus rows.

    Notes
    -----
    Valid for MEM 3; columns and header read from files of MEM 3.0.1. PHIavg is the
    elevation of the mean sine.

    References
    ----------
    .. [1] As `igloo_ring_counts`.
    """
    reader = LineReader(TextFile(path))
    rows, columns = read_counts(reader)
    require_words(reader, "flux is distributed by angle and speed")
    require_words(reader, "boundaries and center of angular bin (degrees)")
    require_words(reader, "labels give midpoint of speed range (km/s)")
    speeds = read_labels(reader, _IGLOO_COLUMNS, columns)
    angles = np.empty((rows, len(_IGLOO_COLUMNS)))
    flux = np.empty((rows, columns))
    lines = fill_rows(reader, angles, flux, _IGLOO_COLUMNS)
    edges, step = _igloo_edges(reader, angles, lines)
    if step == 5 and rows != ROWS_AT_FIVE_DEGREES:
        expected = f"{ROWS_AT_FIVE_DEGREES} rows at 5 degrees"
        raise reader.file.fail(1, "", rows, expected)
    return _grid(reader.file.path, step, edges, speeds, flux)


def read_flux(path: str | Path) -> FluxGrid:
    """Read ``flux_avg.txt`` (or a table of the same layout).

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    FluxGrid
        Bins in the order of the file.

    Raises
    ------
    InputError
        As `read_igloo`.

    Notes
    -----
    Valid for MEM 3; read from files of MEM 3.0.1. Angles are lower edges. The header
    calls the speed labels midpoints, yet they run 0, 1, 2, ... for the bins that the
    igloo labels 0.5, 1.5, 2.5, ...: they are lower edges (taking them as midpoints
    makes every particle half a bin too slow). Labels that start at half a bin are
    midpoints; others are refused.

    References
    ----------
    .. [1] As `igloo_ring_counts`.
    """
    reader = LineReader(TextFile(path))
    rows, columns = read_counts(reader)
    require_words(reader, "flux is distributed by angle and speed")
    require_words(reader, "minimum value of angular range (degrees)")
    require_words(reader, "labels give midpoint of speed range (km/s)")
    speeds = read_labels(reader, _FLUX_COLUMNS, columns)
    steps = {64_800 // step**2: step for step in (1, 2, 3, 4, 5)}
    if rows not in steps:
        expected = "the rows of a grid of 1 to 5 degrees: " + ", ".join(map(str, steps))
        raise reader.file.fail(1, "", rows, expected)
    step = steps[rows]
    angles = np.empty((rows, 2))
    flux = np.empty((rows, columns))
    lines = fill_rows(reader, angles, flux, _FLUX_COLUMNS)
    number = np.arange(rows)
    around = 360 // step
    lower = np.stack([-90.0 + step * (number // around), step * (number % around)])
    require_same(reader, lines, angles[:, 0], lower[0], "1 (PHI1)")
    require_same(reader, lines, angles[:, 1], lower[1], "2 (THETA1)")
    edges = np.stack([lower[0], lower[0] + step, lower[1], lower[1] + step])
    return _grid(reader.file.path, step, edges, speeds, flux)


def _grid(
    path: Path, step: int, edges: FloatArray, speeds: FloatArray, flux: FloatArray
) -> FluxGrid:
    low, high, left, right = (edge * DEGREE for edge in edges)
    return FluxGrid(
        path, step * DEGREE, low, high, left, right, speeds, flux * PER_YEAR
    )


def _igloo_edges(
    reader: LineReader, angles: FloatArray, lines: list[int]
) -> tuple[FloatArray, int]:
    """Check all nine columns; return exact edges [deg], shape (4, n), and the step."""
    width = angles[0, 4] - angles[0, 3]
    step = next((n for n in (1, 2, 3, 4, 5) if abs(width - n) < _PRINTED), 0)
    if step == 0:
        expected = "rings of 1 to 5 degrees"
        raise reader.file.fail(lines[0], "5 (PHI2)", float(angles[0, 4]), expected)
    rows, ring = angles.shape[0], angles[:, 1]
    require_same(reader, lines, angles[:, 0], np.arange(1.0, rows + 1), "1 (ID)")
    first = np.flatnonzero(np.diff(ring, prepend=np.nan) != 0.0)
    count = np.diff(first, append=rows)
    number = np.repeat(np.arange(first.size), count)
    counted = np.asarray(number + 1, dtype=np.float64)
    require_same(reader, lines, ring, counted, "2 (I)")
    if first.size != 180 // step:
        raise reader.file.fail(lines[-1], "2 (I)", ring[-1], f"{180 // step} rings")
    place = np.arange(rows) - first[number]
    bins = count[number]
    low = np.asarray(-90.0 + step * number, dtype=np.float64)
    left = np.asarray(360.0 * place / bins, dtype=np.float64)
    right = np.asarray(360.0 * (place + 1) / bins, dtype=np.float64)
    sine = 0.5 * (np.sin(low * DEGREE) + np.sin((low + step) * DEGREE))
    place_in_ring = np.asarray(place + 1, dtype=np.float64)
    wanted = (place_in_ring, low, low + step, left, right)
    centre = np.asarray(np.arcsin(sine) / DEGREE, dtype=np.float64)
    middle = (centre, 0.5 * (left + right))
    columns: list[FloatArray] = [*wanted, *middle]
    for k, value in enumerate(columns, start=2):
        name = f"{k + 1} ({_IGLOO_COLUMNS[k]})"
        require_same(reader, lines, angles[:, k], value, name, _PRINTED)
    return np.stack(wanted[1:]), step
