"""Fluxes of NASA MEM 3 on the faces of a cube: cube_avg."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mmod.flux.readers._lines import LineReader, TextFile
from mmod.flux.readers.mem3_tables import (
    fill_rows,
    read_counts,
    require_words,
    speed_edges,
)
from mmod.units import KM, PER_YEAR

FloatArray = NDArray[np.float64]

CUBE_SURFACES = (
    *("+x ram", "-x wake", "+y port", "-y starboard", "+z zenith", "-z nadir"),
    *("Earth", "Sun", "anti-Sun", "rot (x)", "rot (y)", "rot (z)"),
)
"""Surfaces of cube_avg, in the order of its columns."""
_LARGEST = 1e15
"""Number in a header; larger ones are damage."""


@dataclass(frozen=True)
class CubeTable:
    """Fluxes and mean speeds on the surfaces of cube_avg.

    Parameters
    ----------
    path : Path
        The file.
    cross_section : float
        Total cross-sectional flux [1/m2/s].
    mean_speed : ndarray, shape (12,)
        Flux-weighted [m/s]; 0 where nothing arrives.
    flux : ndarray, shape (12,)
        On each of `CUBE_SURFACES` [1/m2/s].
    speed_edges : ndarray, shape (k + 1,)
        [m/s].
    by_speed : ndarray, shape (k, 12)
        Flux of each speed bin [1/m2/s].
    """

    path: Path
    cross_section: float
    mean_speed: FloatArray
    flux: FloatArray
    speed_edges: FloatArray
    by_speed: FloatArray


def read_cube(path: str | Path) -> CubeTable:
    """Read ``cube_avg.txt`` (or a table of the same layout).

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    CubeTable
        Fluxes and speeds in SI.

    Raises
    ------
    InputError
        As `read_igloo`; also when the rows do not add up to the total of a column.

    Notes
    -----
    Valid for MEM 3 with body-fixed axes; read from files of MEM 3.0.1, whose columns
    add up to their totals within 3e-7 and whose average speeds are the flux-weighted
    means of the middles of the bins. The file itself warns that average speeds may
    understate the risk. A mean speed that is not a number is accepted where nothing
    arrives.

    References
    ----------
    .. [1] As `igloo_ring_counts`.
    """
    file = TextFile(path)
    reader = LineReader(file)
    rows, columns = read_counts(reader)
    if columns != len(CUBE_SURFACES):
        raise file.fail(2, "", columns, f"{len(CUBE_SURFACES)} columns")
    text = reader.next("the total cross-sectional flux")
    match = re.fullmatch(r"# total cross-sectional flux\s+(\S+) /m\^2/yr\s*", text)
    expected = "# total cross-sectional flux  X /m^2/yr"
    if match is None:
        raise file.fail(reader.number, "", text, expected)
    total = file.floats(reader.number, match[1], 1)[0]
    reader.require(lambda t: t.strip() == "#", "a line with only #")
    require_words(reader, " ".join(CUBE_SURFACES), exact=True)
    means = _numbers_after(reader, "average speed (km/s)", speeds=True)
    fluxes = _numbers_after(reader, "total flux (#/m2/yr)")
    if max(total, np.nanmax(means, initial=0.0), fluxes.max()) > _LARGEST:
        raise file.fail(reader.number, "", "a header number", f"up to {_LARGEST:g}")
    require_words(reader, "velocity (km/s)", exact=True)
    labels, body = np.empty((rows, 1)), np.empty((rows, columns))
    lines = fill_rows(reader, labels, body, ["velocity"])
    edges = speed_edges(reader, lines[0], labels[:, 0])
    sums = body.sum(axis=0)
    for k in np.flatnonzero(np.abs(sums - fluxes) > 2e-6 * fluxes + 1e-300):
        expected = f"the sum of its column, {sums[k]:.6e}"
        raise file.fail(8, f"{k + 1} ({CUBE_SURFACES[k]})", fluxes[k], expected)
    for k in np.flatnonzero(np.isnan(means) & (fluxes > 0.0)):
        raise file.fail(7, f"{k + 1} ({CUBE_SURFACES[k]})", "nan", "a finite speed")
    return CubeTable(
        file.path,
        total * PER_YEAR,
        np.nan_to_num(means) * KM,
        fluxes * PER_YEAR,
        edges,
        body * PER_YEAR,
    )


def _numbers_after(
    reader: LineReader, words: str, *, speeds: bool = False
) -> FloatArray:
    expected = f"# {words} and {len(CUBE_SURFACES)} numbers"
    text = reader.require(lambda t: t.startswith(f"# {words}"), expected)
    text = text.removeprefix(f"# {words}")
    if speeds:  # of a surface that nothing reaches
        tokens = text.split()
        missing = [t.lower().lstrip("-+").startswith("nan") for t in tokens]
        text = " ".join("0" if m else t for t, m in zip(tokens, missing, strict=True))
    values = reader.file.floats(
        reader.number, text, len(CUBE_SURFACES), names=CUBE_SURFACES
    )
    return np.where(missing, np.nan, values) if speeds else np.asarray(values)
