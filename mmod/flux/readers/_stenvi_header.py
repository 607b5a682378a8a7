"""Cards and bins at the head of a STENVI file."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from mmod.flux.readers._lines import LineReader, TextFile
from mmod.flux.readers._stenvi_grid import (
    AREA,
    BY_BINS,
    BY_CARD,
    COLUMNS,
    DIMENSIONS,
    KIND,
    MODEL,
    ORBIT,
    TIMES,
    TOTAL,
    Dimension,
)

FloatArray = NDArray[np.float64]

MAX_BINS = 5000
"""Of one dimension."""
FIT = 1e-4
"""Edges of neighbours and of cards may differ by this share of a bin (digits)."""

_UNIT = re.compile(r"[\[(]([^\])]*)[\])]")
_UNITS = {
    "deg": {"deg", "degree", "degrees"},
    "km/s": {"km/s", "km s-1", "kms"},
    "m": {"m"},
    "g/cm3": {"g/cm3", "g/cm^3", "g/cm**3", "g/cc"},
}
_PER_YEAR = {"1/m^2/yr", "1/m2/yr", "1/m**2/yr", "1/(m^2 yr)", "1/m2yr", "1/(m2*yr)"}
_TOTAL = re.compile(r"(\S+) 1/m\^2/yr in (\d{1,12}) rows\Z")


@dataclass
class Header:
    """What stands before the rows.

    Parameters
    ----------
    model : str
        Name of the environment model.
    edges : dict
        Name of the dimension -> edges of its bins, SI.
    orbit : dict
        Card of the orbit -> value in the unit of the file.
    epoch : tuple of float, optional
        Decimal years of begin and end.
    kind, area : str, optional
        As our own writer states them.
    total : tuple, optional
        Line, total flux [1/m2/yr] and number of rows, as our own writer states them.
    """

    model: str = "unnamed"
    edges: dict[str, FloatArray] = field(default_factory=dict)
    orbit: dict[str, float] = field(default_factory=dict)
    epoch: tuple[float, float] | None = None
    kind: str | None = None
    area: str | None = None
    total: tuple[int, float, int] | None = None


def read_header(file: TextFile, reader: LineReader) -> Header:
    """Read up to the header of the rows.

    Parameters
    ----------
    file : TextFile
        The file.
    reader : LineReader
        At its first line.

    Returns
    -------
    Header
        Everything before the rows.

    Raises
    ------
    InputError
        Naming file, line and column.
    """
    header = Header()
    cards: dict[str, tuple[int, list[float]]] = {}
    bins: dict[str, list[tuple[int, float, float]]] = {d.bins: [] for d in DIMENSIONS}
    expected = f"cards, bins and then # {' '.join(COLUMNS)}"
    while True:
        text = reader.next(expected).strip()
        if not text:
            continue
        if text.startswith("#"):
            said = text.lstrip("#").strip()
            if _is_row_header(file, reader.number, said):
                break
            if said.lower().rstrip(":") == MODEL:
                header.model = _model(file, reader)
            _own_comment(file, reader.number, said, header)
            continue
        word, _, rest = text.partition(" ")
        if word in BY_BINS:
            bins[word].append(
                _bin(file, reader.number, BY_BINS[word], rest, bins[word])
            )
        elif word in cards:
            raise file.fail(reader.number, "", word, "every card once")
        elif word in BY_CARD:
            cards[word] = (
                reader.number,
                _grid_card(file, reader.number, BY_CARD[word], rest),
            )
        elif word in ORBIT:
            low, high, what = ORBIT[word]
            value = file.floats(
                reader.number, " ".join(rest.split()[:1]), 1, negative=low < 0.0
            )[0]
            if not low <= value <= high:
                raise file.fail(reader.number, word, value, what)
            cards[word] = (reader.number, [value])
            header.orbit[word] = value
        elif word in TIMES:
            cards[word] = (reader.number, [_time(file, reader.number, rest)])
        else:
            known = ", ".join([*TIMES, *ORBIT, *BY_CARD, *BY_BINS])
            raise file.fail(reader.number, "", text, f"a comment or a card: {known}")
    _finish(file, reader.number, header, cards, bins)
    return header


def _is_row_header(file: TextFile, line: int, said: str) -> bool:
    words = said.split()
    if tuple(words[:6]) == COLUMNS:
        unit = _UNIT.search(said)
        if unit is not None and unit[1].strip() not in _PER_YEAR:
            raise file.fail(line, "7 (flux)", unit[1], "the unit 1/m^2/yr")
        return True
    if len(words) >= 6 and {w.lower() for w in words[:6]} == {
        c.lower() for c in COLUMNS
    }:
        raise file.fail(line, "", said, f"# {' '.join(COLUMNS)}, in this order")
    return False


def _model(file: TextFile, reader: LineReader) -> str:
    name = reader.next("the name of the environment model").strip()
    word = name.lstrip("#").strip()
    first = word.split(" ")[0]
    if not word or first in {*TIMES, *ORBIT, *BY_CARD, *BY_BINS}:
        raise file.fail(reader.number, "", name, "the name of the environment model")
    return word[:200]


def _own_comment(file: TextFile, line: int, said: str, header: Header) -> None:
    key, sign, value = (part.strip() for part in said.partition("="))
    if not sign:
        return
    if key == KIND:
        header.kind = value
    elif key == AREA:
        header.area = value
    elif key == TOTAL:
        match = _TOTAL.match(value)
        if match is None:
            raise file.fail(line, TOTAL, value, "FLUX 1/m^2/yr in N rows")
        header.total = (line, file.floats(line, match[1], 1)[0], int(match[2]))


def _bin(
    file: TextFile,
    line: int,
    dimension: Dimension,
    rest: str,
    before: list[tuple[int, float, float]],
) -> tuple[int, float, float]:
    index, low, high = file.floats(
        line, rest, 3, negative=True, names=("index", "lower", "upper")
    )
    if index != len(before) + 1:
        expected = f"{dimension.bins} {len(before) + 1}: bins in order"
        raise file.fail(line, "index", index, expected)
    if len(before) >= MAX_BINS:
        raise file.fail(line, "index", index, f"at most {MAX_BINS} bins")
    if not low < high:
        raise file.fail(line, "upper", high, f"an upper edge above the lower, {low:g}")
    if not dimension.low <= low < high <= dimension.high:
        expected = (
            f"edges from {dimension.low:g} to {dimension.high:g} {dimension.unit}"
        )
        raise file.fail(line, "lower, upper", [low, high], expected)
    if before:
        last = before[-1][2]
        # of the wider one, in ratio where the bins grow (diameters)
        slack = FIT * min(high - low, last - before[-1][1])
        if abs(low - last) > slack:
            raise file.fail(line, "lower", low, f"the upper edge before it, {last:g}")
    return line, low, high


def _grid_card(
    file: TextFile, line: int, dimension: Dimension, rest: str
) -> list[float]:
    tokens = rest.split(maxsplit=3)
    values = file.floats(
        line, " ".join(tokens[:3]), 3, negative=True, names=("n", "min", "max")
    )
    if values[0] != int(values[0]) or not 1 <= values[0] <= MAX_BINS:
        raise file.fail(line, "n", values[0], f"a whole number from 1 to {MAX_BINS}")
    label = tokens[3] if len(tokens) > 3 else ""
    for unit in _UNIT.findall(label):
        if unit.strip().lower() not in _UNITS[dimension.unit]:
            raise file.fail(line, "label", label, f"the unit {dimension.unit}")
    return values


def _time(file: TextFile, line: int, rest: str) -> float:
    names = ("year", "month", "day", "hour")
    year, month, day, hour = file.floats(line, rest, 4, names=names)
    try:
        if not 1900 <= year < 2200 or any(v != int(v) for v in (year, month, day)):
            raise ValueError
        moment = datetime(int(year), int(month), int(day)) + timedelta(hours=hour)
        if not hour <= 24.0:
            raise ValueError
    except (ValueError, OverflowError):
        raise file.fail(line, "", rest.strip(), "yyyy mm dd hh") from None
    start = datetime(moment.year, 1, 1)
    length = datetime(moment.year + 1, 1, 1) - start
    return moment.year + (moment - start) / length


def _finish(
    file: TextFile,
    line: int,
    header: Header,
    cards: dict[str, tuple[int, list[float]]],
    bins: dict[str, list[tuple[int, float, float]]],
) -> None:
    """Check every grid against its card; set edges and epoch."""
    for d in DIMENSIONS:
        if d.card not in cards:
            raise file.fail(line, d.card, "missing", "the card before the rows")
        if not bins[d.bins]:
            raise file.fail(line, d.bins, "missing", "the bins before the rows")
        where, (count, low, high) = cards[d.card]
        found = bins[d.bins]
        if len(found) != count:
            raise file.fail(where, "n", count, f"{len(found)}, as {d.bins} cards")
        for key, stated, (_, lower, upper), edge in (
            ("min", low, found[0], found[0][1]),
            ("max", high, found[-1], found[-1][2]),
        ):
            if abs(stated - edge) > FIT * (upper - lower):
                raise file.fail(where, key, stated, f"{edge:g}, as {d.bins}")
        file_edges = np.array([found[0][1], *(b[2] for b in found)])
        if np.any(np.diff(file_edges) <= 0.0) or not np.all(np.isfinite(file_edges)):
            raise file.fail(where, d.bins, "not increasing", "increasing edges")
        header.edges[d.name] = _si(d, file_edges)
    times = [cards[t][1][0] for t in TIMES if t in cards]
    if len(times) == 1:
        raise file.fail(line, ", ".join(TIMES), "one of them", "both or none")
    if times:
        if times[0] > times[1]:
            raise file.fail(
                cards[TIMES[1]][0], TIMES[1], times[1], "an end after begin"
            )
        header.epoch = (times[0], times[1])


def _si(dimension: Dimension, edges: FloatArray) -> FloatArray:
    if dimension.unit != "deg":
        return edges * dimension.scale
    limit = math.radians(dimension.high)
    return np.clip(np.radians(edges), -limit, limit)
