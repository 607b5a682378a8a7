"""One-dimensional output files of NASA ORDEM 3.x in spacecraft mode."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mmod.flux.readers._lines import LineReader, TextFile
from mmod.flux.readers.ordem_header import (
    DASHES,
    ROUNDING,
    SIZES,
    ZERO,
    Header,
    read_header,
    size_of,
    titles,
)

FloatArray = NDArray[np.float64]

FASTEST = 23.0
"""Upper end of VELFLUX [km/s]."""


@dataclass(frozen=True)
class SizeFlux:
    """SIZEFLUX: cumulative cross-sectional flux against size.

    Parameters
    ----------
    header : Header
        Of the file.
    diameter : ndarray, shape (n,)
        Sizes [m].
    flux, lower, upper : ndarray, shape (n,)
        Flux of at least that size, and its deviations downward and upward
        [1/m2/yr], as printed.
    """

    header: Header
    diameter: FloatArray
    flux: FloatArray
    lower: FloatArray
    upper: FloatArray


@dataclass(frozen=True)
class Marginal:
    """VELFLUX or BFLY: flux density over speed or azimuth, cumulative in size.

    Parameters
    ----------
    header : Header
        Of the file.
    low, high : ndarray, shape (n,)
        Edges of the rows [km/s or deg], as printed.
    sizes : ndarray, shape (k,)
        Thresholds of the columns [m].
    density : ndarray, shape (n, k)
        Flux of at least a size [1/m2/yr/(km/s) or 1/m2/yr/deg].
    """

    header: Header
    low: FloatArray
    high: FloatArray
    sizes: FloatArray
    density: FloatArray

    def contents(self) -> FloatArray:
        """Return the flux in every row and column [1/m2/yr], shape (n, k)."""
        return np.asarray(self.density * (self.high - self.low)[:, None])

    def merged(self) -> Marginal:
        """Return the same with neighbouring rows of equal density made one."""
        same = np.all(self.density[1:] == self.density[:-1], axis=1)
        first = np.flatnonzero(np.concatenate([[True], ~same]))
        last = np.append(first[1:], self.low.size) - 1
        return Marginal(
            self.header,
            self.low[first],
            self.high[last],
            self.sizes,
            self.density[first],
        )


def read_size_flux(path: Path) -> SizeFlux:
    """Read SIZEFLUX_SC.OUT.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    SizeFlux
        As printed; where the sizes are a geometric grid rounded to three digits (100
        a decade), the grid itself.

    Raises
    ------
    InputError
        Naming file, line and column.

    Notes
    -----
    Valid for ORDEM 3.x, spacecraft mode; read in files of 3.2.0.

    References
    ----------
    .. [1] Real output files of ORDEM 3.2.0 (550 km, 89 deg, 2024).
    """
    reader = LineReader(TextFile(path, max_lines=20_000))
    file = reader.file
    header = read_header(reader, "#/m^2/yr")
    names = ["Size (m)", "Flux", "-Sigma", "+Sigma"]
    found = titles(reader, names)
    if len(found) != len(names):
        raise file.fail(reader.number, len(names) + 1, found[-1], "four titles")
    reader.require(lambda s: DASHES.match(s) is not None, "a line of dashes")
    rows: list[list[float]] = []
    for line, text in reader:
        if not text.strip():
            continue
        row = file.floats(line, text, 4, zero_below=ZERO, names=names)
        if rows and row[0] <= rows[-1][0]:
            raise file.fail(line, "1 (Size)", row[0], f"above {rows[-1][0]:g}")
        if rows and row[1] > rows[-1][1]:
            expected = f"a cumulative flux, at most {rows[-1][1]:g}"
            raise file.fail(line, "2 (Flux)", row[1], expected)
        if not rows and not _same(row[0], SIZES[0]):
            raise file.fail(line, "1 (Size)", row[0], f"the first size {SIZES[0]:g}")
        rows.append(row)
    if not rows or not _same(rows[-1][0], SIZES[1]):
        value = rows[-1][0] if rows else "no rows"
        expected = f"the last size {SIZES[1]:g} (the file is cut short)"
        raise file.fail(reader.number, "1 (Size)", value, expected)
    table = np.array(rows)
    grid = SIZES[0] * 10.0 ** (np.arange(len(rows)) / 100.0)
    if [f"{d:.2E}" for d in grid] == [f"{d:.2E}" for d in table[:, 0]]:
        table[:, 0] = grid
    table[[0, -1], 0] = SIZES
    return SizeFlux(header, *(np.ascontiguousarray(c) for c in table.T))


def _same(a: float, b: float) -> bool:
    return abs(a - b) <= 1e-9 * abs(b)


def read_speed_flux(path: Path) -> Marginal:
    """Read VELFLUX_SC.OUT; parameters, errors and notes as `read_size_flux`.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Marginal
        Speeds [km/s] from 0 to 23.

    Raises
    ------
    InputError
        Naming file, line and column.
    """
    return _read_marginal(path, "#/m^2/yr/kps", ["Vel 1", "Vel 2"], (0.0, FASTEST))


def read_azimuth_flux(path: Path) -> Marginal:
    """Read BFLY_SC.OUT; parameters, errors and notes as `read_size_flux`.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Marginal
        Azimuths [deg] from -180 to 180, 0 = ram.

    Raises
    ------
    InputError
        Naming file, line and column.
    """
    return _read_marginal(path, "#/m^2/yr/deg", ["Az 1", "Az 2"], (-180.0, 180.0))


def _read_marginal(
    path: Path, unit: str, names: list[str], span: tuple[float, float]
) -> Marginal:
    reader = LineReader(TextFile(path, max_lines=20_000))
    file = reader.file
    header = read_header(reader, unit)
    found = titles(reader, names)
    sizes = [size_of(reader, i + 3, token) for i, token in enumerate(found[2:])]
    if len(sizes) < 2 or any(b <= a for a, b in itertools.pairwise(sizes)):
        raise file.fail(reader.number, 3, " ".join(found[2:]), "increasing sizes")
    if not (_same(sizes[0], SIZES[0]) and _same(sizes[-1], SIZES[1])):
        raise file.fail(reader.number, 3, " ".join(found[2:]), "sizes 10um to 1m")
    dashes = "a line of dashes"
    reader.require(lambda s: DASHES.match(s) is not None, dashes)
    stated = [_stated(reader, word, len(sizes)) for word in ("Min.:", "Max.:")]
    reader.require(lambda s: DASHES.match(s) is not None, dashes)
    rows: list[list[float]] = []
    edge = span[0]
    for line, text in reader:
        if not text.strip():
            continue
        row = file.floats(line, text, 2 + len(sizes), negative=True, zero_below=ZERO)
        if not abs(row[0] - edge) < 1e-6:
            raise file.fail(
                line, f"1 ({names[0]})", row[0], f"{edge:g}, where the row before ends"
            )
        if not row[0] < row[1] <= span[1] + 1e-6:
            raise file.fail(
                line,
                f"2 ({names[1]})",
                row[1],
                f"above {row[0]:g}, at most {span[1]:g}",
            )
        for i, value in enumerate(row[2:]):
            where = f"{i + 3} ({found[i + 2]})"
            if value < 0.0:
                raise file.fail(line, where, value, "a number >= 0")
            if i and value > row[i + 1] * (1.0 + ROUNDING):
                expected = f"at most {row[i + 1]:g} (cumulative in size)"
                raise file.fail(line, where, value, expected)
        rows.append(row)
        edge = row[1]
    if not rows or not abs(edge - span[1]) < 1e-6:
        expected = f"rows up to {span[1]:g} (the file is cut short)"
        raise file.fail(reader.number, f"2 ({names[1]})", edge, expected)
    table = np.array(rows)
    density = table[:, 2:]
    for i, (least, most) in enumerate(zip(*stated, strict=True)):
        column = density[:, i]
        positive = column[column > 0.0]
        for word, value, own in (
            ("Min.", least, positive.min(initial=np.inf)),
            ("Max.", most, positive.max(initial=0.0)),
        ):
            if positive.size and abs(value - own) > ROUNDING * own:
                expected = (
                    f"the {word} of the rows, {own:g} (rows are missing or changed)"
                )
                raise file.fail(
                    14 if word == "Max." else 13,
                    f"{i + 3} ({found[i + 2]})",
                    value,
                    expected,
                )
    return Marginal(header, table[:, 0], table[:, 1], np.array(sizes), density)


def _stated(reader: LineReader, word: str, count: int) -> list[float]:
    text = reader.require(lambda s: s.strip().startswith(word), f"a line '{word}'")
    rest = text.strip().removeprefix(word)
    return reader.file.floats(reader.number, rest, count, zero_below=ZERO)
