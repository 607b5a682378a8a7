"""Igloo files of NASA ORDEM 3.x: flux per bin of direction, speed and population.

No real igloo file was at hand: the layout below is recalled. It is checked title by
title, and a file that differs is refused rather than guessed at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mmod.errors import bad
from mmod.flux.readers._lines import LineReader, TextFile
from mmod.flux.readers.ordem_header import ROUNDING, ZERO, Header, read_header, size_of

FloatArray = NDArray[np.float64]

POPULATIONS = ("NK", "LD", "MD", "HD", "IN")
"""NaK, low, medium and high density fragments, intact objects."""
SIZES = tuple(float(s) for s in 1e-5 * 10.0 ** (np.arange(11) / 2.0))
"""Half decades from 10 um to 1 m [m]."""
EDGES = ("Az 1", "Az 2", "El 1", "El 2", "Vel 1", "Vel 2")
_ADVICE = "the layout of igloo files is recalled; tables = 'marginals' reads the others"
_SPLIT = re.compile(r"(NK|LD|MD|HD|IN)\s?(>.*)\Z")
_GAP = 1e-6


@dataclass(frozen=True)
class Igloo:
    """Bins of direction and speed with cumulative flux per population.

    Parameters
    ----------
    header : Header
        Of the file.
    edges : ndarray, shape (n, 6)
        Azimuth, elevation [deg] and speed [km/s], lower and upper edge of each.
    flux : ndarray, shape (n, 5, 11)
        Of at least each size, by bin and population [1/m2/yr].
    """

    header: Header
    edges: FloatArray
    flux: FloatArray


def read_igloo(path: Path, *, cumulative: bool = True) -> Igloo:
    """Read IGLOOFLUX_SC.OUT, or one of its sigma files.

    Parameters
    ----------
    path : Path
        The file.
    cumulative : bool
        The columns must not rise with size (not asked of sigmas).

    Returns
    -------
    Igloo
        All bins; together they fill the sphere and the speeds from 0.

    Raises
    ------
    InputError
        Naming file, line and column: other titles, rows cut, doubled or missing, a
        flux that rises with size, negative or not a number.

    Notes
    -----
    Valid for the layout that is recalled, unverified: header as in the other files,
    unit #/m^2/yr in each bin, titles Az 1, Az 2, El 1, El 2, Vel 1, Vel 2, then for
    each of NK, LD, MD, HD, IN the eleven sizes, e.g. ``NK>31.6um``. Bins in any
    order.

    References
    ----------
    .. [1] NASA Orbital Debris Program Office, ORDEM 3 (five populations, half-decade
       sizes, igloo in direction and speed).
    """
    reader = LineReader(TextFile(path))
    file = reader.file
    header = read_header(reader, "#/m^2/yr")
    width = len(EDGES) + len(POPULATIONS) * len(SIZES)
    text = reader.next("titles of columns")
    found = re.split(r"\s{2,}|\t", text.strip())
    for i in range(max(width, len(found))):
        token = found[i] if i < len(found) else ""
        if i < len(EDGES):
            right = token == EDGES[i]
            expected = f"the title {EDGES[i]!r}"
        elif i < width:
            name, size = divmod(i - len(EDGES), len(SIZES))
            match = _SPLIT.match(token)
            right = match is not None and match.group(1) == POPULATIONS[name]
            if match is not None and right:
                value = size_of(reader, i + 1, match.group(2))
                right = abs(value / SIZES[size] - 1.0) < 2e-3
            expected = f"{POPULATIONS[name]} above {SIZES[size]:.3g} m"
        else:
            right, expected = False, f"{width} titles"
        if not right:
            raise file.fail(reader.number, i + 1, token, f"{expected} ({_ADVICE})")
    rows: list[FloatArray] = []
    lines: list[int] = []
    for line, text in reader:
        stripped = text.strip()
        if not stripped or (not rows and not stripped.strip("- ")):
            continue
        row = file.floats(line, text, width, negative=True, names=found)
        rows.append(np.array(row))
        lines.append(line)
    if not rows:
        raise file.fail(reader.number + 1, "", "end of file", "rows of the igloo")
    table = np.stack(rows)
    table[np.abs(table) <= ZERO] = 0.0
    _check_rows(file, lines, table, found, cumulative)
    edges, flux = table[:, : len(EDGES)], table[:, len(EDGES) :]
    _check_tiling(path, edges)
    return Igloo(
        header, edges, flux.reshape(len(rows), len(POPULATIONS), len(SIZES)).copy()
    )


def _check_rows(
    file: TextFile,
    lines: list[int],
    table: FloatArray,
    names: list[str],
    cumulative: bool,
) -> None:
    def refuse(wrong: NDArray[np.bool_], first: int, expected: str) -> None:
        if np.any(wrong):
            row, column = np.argwhere(wrong)[0]
            where = f"{column + first + 1} ({names[column + first]})"
            value = float(table[row, column + first])
            raise file.fail(lines[row], where, value, expected)

    for k, (low, high) in enumerate(((-180.0, 360.0), (-90.0, 90.0), (0.0, 100.0))):
        a, b = table[:, 2 * k : 2 * k + 1], table[:, 2 * k + 1 : 2 * k + 2]
        wrong = (a < low - _GAP) | (b > high + _GAP) | (a >= b)
        refuse(wrong, 2 * k, f"increasing edges within {low:g} to {high:g}")
    refuse(table[:, len(EDGES) :] < 0.0, len(EDGES), "a number >= 0")
    if cumulative:
        flux = table[:, len(EDGES) :].reshape(len(table), len(POPULATIONS), -1)
        rises = np.zeros(flux.shape, dtype=bool)
        rises[:, :, 1:] = flux[:, :, 1:] > flux[:, :, :-1] * (1.0 + ROUNDING)
        expected = "at most the flux of the size before (cumulative)"
        refuse(rises.reshape(len(table), -1), len(EDGES), expected)


def _check_tiling(path: Path, edges: FloatArray) -> None:
    """Refuse bins that are doubled, missing or do not fill the sphere."""
    spans = []
    count = 1
    for k in range(3):
        pairs = np.unique(edges[:, 2 * k : 2 * k + 2], axis=0)
        if np.any(np.abs(pairs[1:, 0] - pairs[:-1, 1]) > _GAP):
            raise bad(path, EDGES[2 * k], "gaps or overlaps", "bins without gaps")
        spans.append((float(pairs[0, 0]), float(pairs[-1, 1])))
        count *= len(pairs)
    different = len(np.unique(edges, axis=0))
    if different != len(edges) or count != len(edges):
        value = f"{len(edges)} rows, {different} different"
        raise bad(
            path, "rows", value, f"{count} bins, each once (the file is cut short?)"
        )
    (az0, az1), (el0, el1), (v0, _) = spans
    whole = abs(az1 - az0 - 360.0) < _GAP and abs(el0 + 90.0) < _GAP
    if not (whole and abs(el1 - 90.0) < _GAP and abs(v0) < _GAP):
        raise bad(path, "edges", spans, "bins that fill the sphere, speeds from 0")


def read_sigmas(folder: dict[str, Path], igloo: Igloo) -> tuple[FloatArray, list[Path]]:
    """Return one standard deviation of the total flux from the sigma files.

    Parameters
    ----------
    folder : dict
        Upper-case name -> path of the files of the case.
    igloo : Igloo
        The flux that they belong to.

    Returns
    -------
    sigma : ndarray, shape (11,)
        Of the total cumulative flux at the sizes [1/m2/yr]; zero without files.
    files : list of Path
        What was read.

    Raises
    ------
    InputError
        As `read_igloo`, and when bins or headers are not those of the flux.

    Notes
    -----
    Valid as `read_igloo`. What the parts mean is known by their names only
    (unverified): the part of the populations is taken as one error common to all bins
    (deviations add), the random part as independent (squares add).

    References
    ----------
    .. [1] None; bookkeeping.
    """
    variance = np.zeros(len(SIZES))
    files: list[Path] = []
    for name, common in (("SIGMAPOP", True), ("SIGMARAN", False)):
        path = folder.get(f"IGLOOFLUX_{name}_SC.OUT")
        if path is None:
            continue
        part = read_igloo(path, cumulative=False)
        if part.header != igloo.header or not np.array_equal(part.edges, igloo.edges):
            raise bad(path, "rows", "other bins or case", "the bins of IGLOOFLUX")
        flat = part.flux.reshape(-1, len(SIZES))
        variance += flat.sum(axis=0) ** 2 if common else (flat**2).sum(axis=0)
        files.append(path)
    return np.sqrt(variance), files
