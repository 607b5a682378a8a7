"""Threat tables as text: a header of attributes and two blocks of columns."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from mmod.errors import bad
from mmod.flux.readers._lines import LineReader, TextFile
from mmod.flux.readers._table_schema import (
    INTEGERS,
    MAX_NODES,
    MAX_TEXT,
    MAX_THREATS,
    NAME,
    OPTIONAL_UNITS,
    THREAT,
    UNITS,
    VERSION,
    WANTED,
    check_header,
    is_plain,
)

_CURVE_DIMS = ("size_curve", "diameter")
_UNITS = {**UNITS, **OPTIONAL_UNITS}
_COLUMN = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)\s*(?:\[([^\]]*)\])?\s*\Z")
_MAX_COLUMNS = 64


def write_csv(table: xr.Dataset, part: Path) -> None:
    """Write the text form of a threat table.

    Parameters
    ----------
    table : xarray.Dataset
        A valid table.
    part : Path
        File to write.
    """
    integers = [n for n in INTEGERS if n in table]
    known = {*UNITS, *INTEGERS}
    shared = [n for n in OPTIONAL_UNITS if n in table]
    extra = [str(n) for n in table.data_vars if str(n) not in known]
    threat = [*THREAT, *integers, *(n for n in extra if table[n].dims == ("threat",))]
    curve = ["flux", "density", *(n for n in extra if table[n].dims == _CURVE_DIMS)]
    curves, nodes = table.sizes["size_curve"], table.sizes["diameter"]
    with part.open("w", encoding="utf-8", newline="\n") as file:
        file.write(f"# {NAME} {VERSION}\n")
        for key, value in table.attrs.items():
            file.write(f"# {key} = {_json(value)}\n")
        for name in ["diameter", *threat, *curve, *shared]:
            for key, value in table[name].attrs.items():
                if key != "units":
                    file.write(f"# {name}.{key} = {_json(value)}\n")
        file.write("# [threat]\n")
        file.write(",".join(_title(table, n) for n in threat) + "\n")
        for row in zip(*(table[n].values.tolist() for n in threat), strict=True):
            file.write(",".join(map(repr, row)) + "\n")
        file.write("# [size_curve]\n")
        titles = [_title(table, n) for n in ("diameter", *curve, *shared)]
        file.write(",".join(["size_curve", *titles]) + "\n")
        diameters = table["diameter"].values.tolist()
        repeated = [table[n].values.tolist() for n in shared]
        for k in range(curves):
            columns = [table[n].values[k].tolist() for n in curve]
            for row in zip(diameters, *columns, *repeated, strict=True):
                file.write(f"{k}," + ",".join(map(repr, row)) + "\n")
        file.write(f"# end {table.sizes['threat']} {curves * nodes}\n")


def _json(value: Any) -> str:
    plain = value.item() if isinstance(value, np.generic) else value
    if isinstance(plain, float) and math.isnan(plain):
        plain = None
    return json.dumps(plain, ensure_ascii=False, allow_nan=False)


def _title(table: xr.Dataset, name: str) -> str:
    unit = table[name].attrs.get("units")
    return name if unit is None else f"{name} [{unit}]"


def read_csv(source: Path) -> xr.Dataset:
    """Read the text form of a threat table.

    Parameters
    ----------
    source : Path
        The file.

    Returns
    -------
    xarray.Dataset
        The table, not yet validated.

    Raises
    ------
    InputError
        Naming file, line, column, value and what was expected.
    """
    file = TextFile(source, max_line=6 * MAX_TEXT + 1000)
    reader = LineReader(file)
    first = reader.next(f"# {NAME} {VERSION}").split()
    if first[:2] != ["#", NAME] or len(first) != 3:
        raise bad(source, "line 1", " ".join(first), f"# {NAME} {VERSION} ({WANTED})")
    attrs, variables, line = _attributes(file, reader)
    check_header(
        str(source), {**attrs, "mmod_format": NAME, "mmod_format_version": first[2]}
    )
    if line != "# [threat]":
        raise file.fail(reader.number, "", line, "# [threat]")
    names = _columns(file, reader, [*THREAT, "size_curve_index", "population"])
    rows, line = _block(file, reader, names, MAX_THREATS)
    if line != "# [size_curve]":
        raise file.fail(reader.number, "", line, "# [size_curve]")
    titles = _columns(file, reader, ["size_curve", "diameter", "flux", "density"])
    curve_rows, line = _block(file, reader, titles, MAX_NODES)
    if line.split() != ["#", "end", str(len(rows)), str(len(curve_rows))]:
        expected = f"# end {len(rows)} {len(curve_rows)} (rows of the two blocks)"
        raise file.fail(reader.number, "", line, expected)
    for number, text in reader:
        if text.strip():
            raise file.fail(number, "", text, "nothing after the line # end")
    return _assemble(source, attrs, variables, (names, rows), (titles, curve_rows))


def _attributes(
    file: TextFile, reader: LineReader
) -> tuple[dict[str, Any], dict[str, dict[str, Any]], str]:
    """Return attributes of the table and of variables, and the line after them."""
    attrs: dict[str, Any] = {}
    variables: dict[str, dict[str, Any]] = {}
    seen: set[str] = set()
    while True:
        line = reader.next("# key = value, or # [threat]").rstrip()
        key, sign, text = line.removeprefix("#").partition("=")
        key = key.strip()
        if not (line.startswith("#") and sign) or line.startswith("# ["):
            return attrs, variables, line
        try:
            value = json.loads(text)
            value = math.nan if value is None else value
        except (ValueError, RecursionError):
            raise file.fail(
                reader.number, "", text.strip(), f"{key} = text in quotes or a number"
            ) from None
        if not is_plain(value):
            raise file.fail(
                reader.number, "", text.strip(), "text, a finite number or null"
            )
        if key in seen or not key:
            raise file.fail(reader.number, "", key, "every key once")
        seen.add(key)
        name, dot, attribute = key.partition(".")
        if dot:
            variables.setdefault(name, {})[attribute] = value
        else:
            attrs[key] = value


def _columns(
    file: TextFile, reader: LineReader, required: list[str]
) -> dict[str, str | None]:
    """Return names and units of the columns of a block."""
    line = reader.next("the names of the columns")
    found: dict[str, str | None] = {}
    titles = line.split(",")
    if len(titles) > _MAX_COLUMNS:
        raise file.fail(reader.number, "", len(titles), f"at most {_MAX_COLUMNS}")
    for number, title in enumerate(titles, start=1):
        match = _COLUMN.match(title)
        if match is None or match[1] in found:
            expected = "names of columns with units, name [unit], each once"
            raise file.fail(reader.number, number, title, expected)
        name, unit = match[1], match[2]
        if _UNITS.get(name, unit) != unit:
            raise file.fail(reader.number, number, title, f"{name} [{_UNITS[name]}]")
        found[name] = unit
    for name in required:
        if name not in found:
            raise file.fail(reader.number, name, "missing", "to be there")
    return found


def _block(
    file: TextFile, reader: LineReader, names: dict[str, str | None], most: int
) -> tuple[list[tuple[float, ...]], str]:
    """Return the rows up to the next line that begins with #, and that line."""
    rows: list[tuple[float, ...]] = []
    columns = tuple(names)
    while True:
        line = reader.next("a row of numbers, or # end")
        if line.startswith("#"):
            return rows, line.rstrip()
        cells = line.split(",")
        if len(cells) != len(columns):
            expected = f"{len(columns)} numbers between commas"
            raise file.fail(reader.number, "", f"{len(cells)} columns", expected)
        if len(rows) >= most:
            raise file.fail(reader.number, "", len(rows), f"at most {most} rows")
        spaced = " ".join(cells)
        values = file.floats(
            reader.number, spaced, len(columns), negative=True, names=columns
        )
        rows.append(tuple(values))


def _assemble(
    source: Path,
    attrs: dict[str, Any],
    variables: dict[str, dict[str, Any]],
    threat: tuple[dict[str, str | None], list[tuple[float, ...]]],
    curve: tuple[dict[str, str | None], list[tuple[float, ...]]],
) -> xr.Dataset:
    names, rows = threat
    titles, curve_rows = curve
    if not rows or not curve_rows:
        raise bad(source, "rows", 0, "at least one row in each block")

    def described(name: str, unit: str | None) -> dict[str, Any]:
        units = {} if unit is None else {"units": unit}
        return {**units, **variables.get(name, {})}

    data: dict[str, Any] = {}
    block = np.array(rows, dtype=np.float64)
    for column, (name, unit) in enumerate(names.items()):
        values = np.ascontiguousarray(block[:, column])
        if name in INTEGERS:
            values = _whole(source, name, values)
        data[name] = ("threat", values, described(name, unit))
    nodes = np.array(curve_rows, dtype=np.float64)
    place = {name: column for column, name in enumerate(titles)}
    index = nodes[:, place["size_curve"]]
    count = int(np.sum(index == 0.0))
    curves = len(curve_rows) // max(count, 1)
    grid = nodes[:, place["diameter"]]
    expected = np.repeat(np.arange(curves), count)
    if expected.size != index.size or np.any(expected != index):
        text = "0, 1, ... in blocks of equal length, in order"
        raise bad(source, "size_curve", "other numbers", text)
    shaped = grid.reshape(curves, count)
    if np.any(shaped != shaped[0]):
        raise bad(source, "diameter", "differ", "the same diameters in every curve")
    for name, unit in titles.items():
        if name in OPTIONAL_UNITS:
            rows_of = nodes[:, place[name]].reshape(curves, count)
            if np.any(rows_of != rows_of[0]):
                raise bad(source, name, "differ", "the same values in every curve")
            data[name] = ("diameter", rows_of[0].copy(), described(name, unit))
        elif name not in {"size_curve", "diameter"}:
            values = nodes[:, place[name]].reshape(curves, count)
            data[name] = (
                _CURVE_DIMS,
                np.ascontiguousarray(values),
                described(name, unit),
            )
    diameter = ("diameter", shaped[0].copy(), described("diameter", "m"))
    order = [n for n in ("flux", "density", "log_stderr") if n in data]
    moved = {k: v for k, v in data.items() if k not in order}
    return xr.Dataset(
        {**moved, **{n: data[n] for n in order}}, {"diameter": diameter}, attrs
    )


def _whole(source: Path, name: str, values: np.ndarray[Any, Any]) -> Any:
    limits = np.iinfo(INTEGERS[name])
    wrong = (values != np.round(values)) | (values < limits.min) | (values > limits.max)
    if np.any(wrong):
        raise bad(source, name, float(values[wrong][0]), "whole numbers")
    return values.astype(INTEGERS[name])
