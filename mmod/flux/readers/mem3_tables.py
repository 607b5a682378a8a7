"""Header and rows that the output tables of NASA MEM 3 share."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from mmod.flux.readers._lines import LineReader
from mmod.units import KM

FloatArray = NDArray[np.float64]

_MAX_ROWS = 64_800
_MAX_COLUMNS = 80
_MAX_FLUX = 1e15
"""Far above anything in a table [1/m2/yr]; larger numbers are damage."""
_MAX_LABEL = 1e6


def read_counts(reader: LineReader) -> tuple[int, int]:
    """Return rows and columns from the first three lines of a table.

    Parameters
    ----------
    reader : LineReader
        At the first line.

    Raises
    ------
    InputError
        For other lines, and for more rows or columns than MEM 3 can write.
    """
    found = []
    for what, most in (("rows", _MAX_ROWS), ("columns", _MAX_COLUMNS)):
        expected = f"# N {what} of flux data, N from 1 to {most}"
        text = reader.next(expected)
        match = re.fullmatch(rf"# (\d{{1,6}}) {what} of flux data\s*", text)
        if match is None or not 1 <= int(match[1]) <= most:
            raise reader.file.fail(reader.number, "", text, expected)
        found.append(int(match[1]))
    reader.require(lambda t: t.strip() == "#", "a line with only #")
    return found[0], found[1]


def require_words(reader: LineReader, words: str, *, exact: bool = False) -> None:
    """Take the next line, a comment that has to hold some words.

    Parameters
    ----------
    reader : LineReader
        Before the line.
    words : str
        With single blanks between them.
    exact : bool
        The comment must be just these words.

    Raises
    ------
    InputError
        When it does not hold them.
    """

    def fits(text: str) -> bool:
        said = " ".join(text.removeprefix("#").split())
        return text.startswith("#") and (said == words if exact else words in said)

    reader.require(fits, f"# ... {words}")


def read_labels(reader: LineReader, names: list[str], columns: int) -> FloatArray:
    """Return the edges of the speed bins [m/s] from the line of column labels.

    Parameters
    ----------
    reader : LineReader
        Before the empty comment that comes ahead of the labels.
    names : list of str
        Labels of the columns before the speeds.
    columns : int
        Number of speeds.

    Returns
    -------
    ndarray, shape (columns + 1,)
        As `speed_edges`.

    Raises
    ------
    InputError
        For other labels.
    """
    reader.require(lambda t: t.strip() == "#", "a line with only #")
    expected = f"# {' '.join(names)} and {columns} speeds"
    text = reader.require(lambda t: t.startswith("#"), expected)
    tokens = text.removeprefix("#").split()
    if tokens[: len(names)] != names:
        raise reader.file.fail(reader.number, "", text, expected)
    rest = " ".join(tokens[len(names) :])
    labels = np.array(reader.file.floats(reader.number, rest, columns))
    return speed_edges(reader, reader.number, labels)


def speed_edges(reader: LineReader, line: int, labels: FloatArray) -> FloatArray:
    """Return the edges of speed bins that begin at 0 and touch each other.

    Parameters
    ----------
    reader : LineReader
        For the error.
    line : int
        Line of the labels.
    labels : ndarray, shape (k,)
        As printed [km/s]: lower edges when they start at 0, middles when they start
        at half a step.

    Returns
    -------
    ndarray, shape (k + 1,)
        Edges [m/s].

    Raises
    ------
    InputError
        For labels that are neither, or not 1 or 2 km/s apart.
    """
    step, number = 0.0, np.arange(labels.size)
    if labels.size > 1 and np.abs(labels).max() <= _MAX_LABEL:
        step = labels[1] - labels[0]
    for offset in (0.0, 0.5):
        if step in (1.0, 2.0) and np.array_equal(labels, (number + offset) * step):
            return np.asarray(np.arange(labels.size + 1) * step * KM)
    expected = "speeds 1 or 2 km/s apart from 0 (lower edges) or half a step (middles)"
    shown = " ".join(f"{label:g}" for label in labels[:4]) + " ..."
    raise reader.file.fail(line, "speed labels", shown, expected)


def fill_rows(
    reader: LineReader, left: FloatArray, right: FloatArray, names: list[str]
) -> list[int]:
    """Read all rows to the end of the file.

    Parameters
    ----------
    reader : LineReader
        After the header.
    left : ndarray, shape (rows, a)
        Filled with the first columns, which may be negative.
    right : ndarray, shape (rows, b)
        Filled with the fluxes, which may not.
    names : list of str
        Of the first columns, for errors.

    Returns
    -------
    list of int
        Number of the line of every row.

    Raises
    ------
    InputError
        For missing and surplus rows, columns and everything that is not a finite
        number.
    """
    file, rows = reader.file, left.shape[0]
    first, count = left.shape[1], left.shape[1] + right.shape[1]
    lines: list[int] = []
    for number, text in reader:
        if not text.strip():
            continue
        if len(lines) == rows:
            raise file.fail(number, "", text, f"the end after {rows} rows")
        values = file.floats(number, text, count, negative=True, names=names)
        if min(values[first:]) < 0.0 or max(values[first:]) > _MAX_FLUX:
            k = next(k for k in range(first, count) if not 0 <= values[k] <= _MAX_FLUX)
            raise file.fail(number, k + 1, values[k], f"a flux, 0 to {_MAX_FLUX:g}")
        if max(map(abs, values[:first])) > _MAX_LABEL:
            raise file.fail(number, 1, values[0], f"labels up to {_MAX_LABEL:g}")
        left[len(lines)] = values[:first]
        right[len(lines)] = values[first:]
        lines.append(number)
    if len(lines) < rows:
        got = f"end of file after {len(lines)} rows"
        raise file.fail(reader.number + 1, "", got, f"{rows} rows")
    return lines


def require_same(
    reader: LineReader,
    lines: list[int],
    seen: FloatArray,
    wanted: FloatArray,
    column: str,
    tolerance: float = 1e-9,
) -> None:
    """Require a column to hold what the layout of the file makes it hold.

    Parameters
    ----------
    reader : LineReader
        For the error.
    lines : list of int
        Line of every row.
    seen, wanted : ndarray, shape (rows,)
        Values in the file, and due.
    column : str
        Name of the column.
    tolerance : float
        Largest difference.

    Raises
    ------
    InputError
        For the first row that differs.
    """
    wrong = np.flatnonzero(np.abs(seen - wanted) > tolerance)
    if wrong.size:
        k = int(wrong[0])
        raise reader.file.fail(lines[k], column, float(seen[k]), f"{wanted[k]:.6g}")
