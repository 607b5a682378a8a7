"""Read tables of hypervelocity shots; the format is checked cell by cell."""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mmod.errors import InputError, Problem, bad
from mmod.library import sha256
from mmod.verification.databases import DATABASES, UNITS, Column, Database

UNKNOWN = frozenset({"", "???"})
"""Cells that say that a value is not known."""
_RESULTS = {"P": True, "NP": False}
_EXPECTED = {
    "positive": "a finite number > 0",
    "not negative": "a finite number >= 0",
    "angle": "a number from 0 to 90",
    "flag": "0 or 1",
    "text": "a word",
}


@dataclass(frozen=True)
class Shot:
    """One shot, SI.

    Parameters
    ----------
    line : int
        Line of the file.
    words : dict
        Text cells by column name.
    values : dict
        Numbers by column name without unit, in SI; None where not known.
    """

    line: int
    words: Mapping[str, str]
    values: Mapping[str, float | None]

    @property
    def source(self) -> str:
        """Key of the report that the shot comes from."""
        return self.words["source_key"]

    @property
    def perforated(self) -> bool | None:
        """True if the rear wall was perforated; None if not known."""
        flag = self.values["perforated"]
        return None if flag is None else flag == 1.0

    def known(self, *names: str) -> bool:
        """Return whether all these numbers are known."""
        return all(self.values[name] is not None for name in names)

    def value(self, name: str, default: float | None = None) -> float:
        """Return a number in SI.

        Raises
        ------
        InputError
            When the shot does not have it and no default is given.
        """
        value = self.values[name]
        if value is None:
            value = default
        if value is None:
            raise bad(f"line {self.line}", name, None, "a value")
        return value


@dataclass(frozen=True)
class ShotTable:
    """The shots of one database.

    Parameters
    ----------
    database : Database
        Format and conventions.
    path : Path
        File that was read.
    sha256 : str
        Its hash.
    shots : tuple of Shot
        In the order of the file.
    """

    database: Database
    path: Path
    sha256: str
    shots: tuple[Shot, ...] = field(repr=False)


def read_shots(path: str | os.PathLike[str]) -> ShotTable:
    """Read one shot table.

    Parameters
    ----------
    path : path
        CSV file in UTF-8 with one of the formats of
        `mmod.verification.databases.DATABASES`; the columns tell which.

    Returns
    -------
    ShotTable
        Numbers in SI.

    Raises
    ------
    InputError
        When the file cannot be read, a column is missing, unknown or twice there, or a
        cell is not what its column holds. Names file, line and column; lists all.

    Notes
    -----
    Units stand in the headers and are fixed: a column in another unit has another
    header and is refused, and so is a number beyond the bounds of its column
    (`mmod.verification.databases.BOUNDS`), which are far wider than any shot. Blank
    cells and ``???`` are unknown, where a column allows
    them. `result` (P, NP) must agree with `perforated`.
    """
    file = Path(path)
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise bad(file, "file", error.strerror, "a readable file") from None
    except UnicodeDecodeError as error:
        raise bad(file, "file", str(error), "a table in UTF-8") from None
    if not text.strip():
        expected = f"a header row of a shot table ({', '.join(DATABASES)})"
        raise bad(file, "content", "empty", expected)
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise bad(f"{file}, line {line}", "text", "\0", "text without NUL bytes")
    reader = csv.reader(io.StringIO(text, newline=""))
    problems: list[Problem] = []
    try:
        header = [cell.strip() for cell in next(reader)]
        database = _recognise(file, header)
        shots = [
            _shot(file, reader.line_num, header, cells, database, problems)
            for cells in reader
            if any(cell.strip() for cell in cells)
        ]
    except csv.Error as error:
        where = f"{file}, line {reader.line_num}"
        raise bad(where, "text", str(error), "comma-separated cells") from None
    if not shots and not problems:
        problems.append(Problem(str(file), "rows", 0, "at least one shot"))
    if problems:
        raise InputError(problems)
    return ShotTable(database, file, sha256(file), tuple(shots))


def read_folder(folder: str | os.PathLike[str]) -> dict[str, ShotTable]:
    """Read the shot tables of a folder.

    Parameters
    ----------
    folder : path
        Folder with one or more of ``hvi_tests_whipple.csv``, ``hvi_tests_stuffed.csv``,
        ``hvi_tests_hcsp.csv`` and ``hvi_tests_foam.csv``.

    Returns
    -------
    dict
        Name of the database to its table, for the files that are there.

    Raises
    ------
    InputError
        When the folder has none of them, or a table is wrong.
    """
    root = Path(folder)
    names = ", ".join(d.file for d in DATABASES.values())
    if not root.is_dir():
        raise bad(root, "folder", "missing", f"a folder with shot tables: {names}")
    found: dict[str, ShotTable] = {}
    problems: list[Problem] = []
    for name, database in DATABASES.items():
        file = root / database.file
        if not file.is_file():
            continue
        try:
            table = read_shots(file)
        except InputError as error:
            problems.extend(error.problems)
            continue
        if table.database.name != name:
            expected = f"the columns of {database.title}"
            problems.append(
                Problem(str(file), "columns", table.database.title, expected)
            )
        found[name] = table
    if problems:
        raise InputError(problems)
    if not found:
        raise bad(root, "files", "none", f"at least one of {names}")
    return found


def _recognise(file: Path, header: list[str]) -> Database:
    """Return the database whose columns these are; raise with all that is wrong."""
    given = set(header)

    def distance(database: Database) -> int:
        return len(given ^ {c.header for c in database.columns})

    named = [d for d in DATABASES.values() if d.file == file.name]
    database = named[0] if named else min(DATABASES.values(), key=distance)
    if not named and distance(database) > len(database.columns) // 2:
        first = ", ".join(header[:3])
        expected = f"a header row of a shot table ({', '.join(DATABASES)})"
        raise bad(file, "line 1", first, expected)
    known = {c.header: c for c in database.columns}
    names = {c.name: c.header for c in database.columns}
    problems = []
    for column in header:
        if column not in known:
            meant = names.get(_stem(column))
            expected = f"{meant}, in that unit" if meant else "no such column"
            problems.append(Problem(f"{file}, line 1", column, "unknown", expected))
        elif header.count(column) > 1:
            problems.append(Problem(f"{file}, line 1", column, "twice", "it once"))
    problems += [
        Problem(f"{file}, line 1", column, "missing", f"a column of {database.title}")
        for column in known
        if column not in given
    ]
    if problems:
        raise InputError(dict.fromkeys(problems))
    return database


def _stem(header: str) -> str:
    """Return a header without a unit, also one that the formats do not use."""
    others = ("_kg_m3", "_kg_m2", "_m_s", "_mm", "_m", "_rad", "_MPa", "_Pa", "_in")
    for unit in (*UNITS, *others):
        if header.endswith(unit):
            return header.removesuffix(unit)
    return header


def _shot(
    file: Path,
    line: int,
    header: list[str],
    cells: list[str],
    database: Database,
    problems: list[Problem],
) -> Shot:
    where = f"{file}, line {line}"
    if len(cells) != len(header):
        problems.append(
            Problem(where, "cells", len(cells), f"{len(header)}, as the header")
        )
    row = dict(zip(header, (c.strip() for c in cells), strict=False))
    words: dict[str, str] = {}
    values: dict[str, float | None] = {}
    for column in database.columns:
        cell = row.get(column.header, "")
        if cell in UNKNOWN and not column.blank:
            if column.header in row:
                expected = _EXPECTED[column.rule]
                problems.append(Problem(where, column.header, cell, expected))
            values[column.name] = None
            words[column.name] = ""
        elif column.rule == "text":
            words[column.name] = cell
        else:
            values[column.name] = _number(where, column, cell, problems)
    result = words.get("result", "")
    if result not in UNKNOWN and len(cells) == len(header):
        flag = values.get("perforated")
        if result not in _RESULTS:
            problems.append(Problem(where, "result", result, "P, NP or blank"))
        elif flag is not None and flag != float(_RESULTS[result]):
            expected = f"{int(_RESULTS[result])}, as result = {result}"
            problems.append(Problem(where, "perforated", int(flag), expected))
    return Shot(line, words, values)


def _number(
    where: str, column: Column, cell: str, problems: list[Problem]
) -> float | None:
    if cell in UNKNOWN:
        return None
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    fine = {
        "positive": 0.0 < value < math.inf,
        "not negative": 0.0 <= value < math.inf,
        "angle": 0.0 <= value <= 90.0,
        "flag": value in {0.0, 1.0},
    }[column.rule]
    bounds = column.bounds
    expected = _EXPECTED[column.rule]
    if bounds is not None:
        low, high = bounds
        fine = fine and low <= value <= high
        unit = column.unit.removeprefix("_").replace("_", "/")
        expected += f", from {low:g} to {high:g} {unit}".rstrip()
    if not fine:
        problems.append(Problem(where, column.header, cell, expected))
        return None
    return value * UNITS.get(column.unit, 1.0)


def observed(table: ShotTable) -> Iterator[tuple[Shot, bool]]:
    """Yield the shots of which the outcome is known, each with it."""
    for shot in table.shots:
        if shot.perforated is not None:
            yield shot, shot.perforated
