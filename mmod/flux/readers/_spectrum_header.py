"""Columns of a one-dimensional spectrum of MASTER, found by their names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mmod.flux.readers._lines import TextFile
from mmod.units import DEGREE, KM

FloatArray = NDArray[np.float64]
Position = Literal["lower", "middle", "upper", "bin"]

_UNIT = re.compile(r"[\[(]([^\])]*)[\])]")


@dataclass(frozen=True)
class Axis:
    """What a file name extension stands for."""

    quantity: str
    words: tuple[str, ...]
    units: dict[str, float]
    low: float
    high: float


_ANGLE = {"deg": DEGREE, "degree": DEGREE, "degrees": DEGREE}
AXES = {
    ".dia": Axis("diameter", ("dia", "size"), {"m": 1.0}, 0.0, 1e3),
    ".vel": Axis("speed", ("vel",), {"km/s": KM}, 0.0, 200.0),
    ".azi": Axis("azimuth", ("azi",), _ANGLE, -180.0, 360.0),
    ".ele": Axis("elevation", ("ele",), _ANGLE, -90.0, 90.0),
}
_EDGES: dict[str, Position] = {
    "lower": "lower",
    "low": "lower",
    "min": "lower",
    "middle": "middle",
    "mid": "middle",
    "center": "middle",
    "centre": "middle",
    "mean": "middle",
    "upper": "upper",
    "up": "upper",
    "max": "upper",
}


def _titles(text: str) -> list[str]:
    """Return the names of a header line, units in brackets left out."""
    bare = _UNIT.sub(" ", text)
    for separator in ("|", ";", ","):
        if separator in bare:
            return [part.strip() for part in bare.split(separator) if part.strip()]
    wide = [part.strip() for part in re.split(r"\s{2,}|\t", bare) if part.strip()]
    narrow = bare.split()
    return wide if any(" " in part for part in wide) and len(wide) > 2 else narrow


def find_header(
    file: TextFile, comments: list[tuple[int, str]], count: int, axis: Axis
) -> tuple[int, list[str], str]:
    """Return line, names and text of the only header that names every column."""
    found: list[tuple[int, list[str], str]] = []
    for number, text in comments:
        for names in (_titles(text), _UNIT.sub(" ", text).split()):
            if len(names) == count and any(is_axis(n, axis) for n in names):
                found.append((number, names, text))
                break
    if len(found) != 1:
        shown = f"{len(found)} such lines"
        expected = (
            f"one comment line before the rows that names all {count} columns,"
            f" {axis.quantity} and Total among them"
        )
        where = found[1][0] if len(found) > 1 else comments[-1][0] if comments else 1
        raise file.fail(where, "header", shown, expected)
    if len({n.lower() for n in found[0][1]}) != count:
        raise file.fail(found[0][0], "header", found[0][2], "every name once")
    return found[0]


def plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _words(name: str) -> Iterator[str]:
    yield from re.findall(r"[a-z]+", name.lower())


def is_axis(name: str, axis: Axis) -> bool:
    return any(word.startswith(axis.words) for word in _words(name))


def _edge(name: str) -> Position | None:
    for word in _words(name):
        if word in _EDGES:
            return _EDGES[word]
    return None


def find_quantity(
    file: TextFile,
    line: int,
    names: list[str],
    keys: list[int],
    columns: FloatArray,
    axis: Axis,
) -> tuple[FloatArray, FloatArray | None, FloatArray | None, Position | None]:
    """Return values, edges and what the values are of their bins."""
    kinds = [_edge(names[k]) for k in keys]
    for k in keys:
        column = columns[:, k]
        if column.min() < axis.low or column.max() > axis.high:
            expected = f"{axis.quantity}s from {axis.low:g} to {axis.high:g}"
            ends = [float(column.min()), float(column.max())]
            raise file.fail(line, names[k], ends, expected)
        if np.any(np.diff(column) <= 0.0):
            raise file.fail(line, names[k], "not rising", "rising values, row by row")
    if len(keys) == 1:
        return columns[:, keys[0]], None, None, kinds[0]
    if len(keys) == 2 and kinds == ["lower", "upper"]:
        lower, upper = columns[:, keys[0]], columns[:, keys[1]]
        if np.any(upper <= lower):
            raise file.fail(line, names[keys[1]], "below", "upper above lower edges")
        return 0.5 * (lower + upper), lower, upper, "bin"
    shown = ", ".join(names[k] for k in keys)
    expected = f"one column of the {axis.quantity}, or its lower and upper edge"
    raise file.fail(line, "header", shown, expected)


def find_scale(file: TextFile, line: int, title: str, axis: Axis) -> float:
    """Return the factor to SI; a unit in the header must be the known one."""
    for unit in _UNIT.findall(title):
        said = unit.strip().lower()
        if said in axis.units or said in {"1/m^2/yr", "1/m2/yr", "1/m**2/yr", "-", ""}:
            continue
        known = ", ".join(axis.units)
        raise file.fail(line, "header", f"[{unit}]", f"{known} and 1/m^2/yr")
    return next(iter(axis.units.values()))
