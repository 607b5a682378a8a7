"""Altitude of a circular orbit by calendar year, from a table of the library."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path

from mmod.errors import InputError, Problem, bad
from mmod.orbit._text import read_text
from mmod.units import DEGREE, KM

COLUMNS = ("year", "mean_km", "min_km", "max_km", "note")
FACTS = ("title", "inclination_deg", "uncertainty_km", "tag")
"""Lines ``# key = value`` before the columns."""
MEGABYTES = 1


@dataclass(frozen=True)
class AltitudeTable:
    """Mean altitude by year.

    Parameters
    ----------
    source : str
        File.
    title : str
        What it is the orbit of.
    inclination : float
        [rad].
    uncertainty : float
        Of every altitude, either way [m].
    tag : str
        How well the values are known.
    altitude : dict
        Year -> mean altitude above 6378 km [m].
    """

    source: str
    title: str
    inclination: float
    uncertainty: float
    tag: str
    altitude: dict[int, float]


def read_altitude_table(path: Path) -> AltitudeTable:
    """Read a table of altitudes by year.

    Parameters
    ----------
    path : Path
        CSV file with the facts of `FACTS` in comments and the columns of `COLUMNS`.

    Returns
    -------
    AltitudeTable
        SI.

    Raises
    ------
    InputError
        With every problem and its line: missing facts or columns, numbers that are not
        finite or outside 100 to 2000 km, a mean outside its minimum and maximum, years
        out of order.

    Notes
    -----
    Valid for nearly circular orbits whose inclination does not change.

    References
    ----------
    .. [1] The table itself names its source and how well it is known.
    """
    text = read_text(
        path, key="altitude_table", megabytes=MEGABYTES, what="a table of altitudes"
    )
    source = str(path)
    facts: dict[str, str] = {}
    rows: list[tuple[int, str]] = []
    for number, row in enumerate(text.split("\n"), start=1):
        if row.startswith("#"):
            key, sign, value = row[1:].partition("=")
            if sign and key.strip() in FACTS:
                facts[key.strip()] = value.strip()
        elif row.strip():
            rows.append((number, row))
    problems = [
        Problem(source, key, None, f"a line # {key} = ... before the columns")
        for key in FACTS
        if not facts.get(key)
    ]
    limits = {"inclination_deg": (0.0, 180.0), "uncertainty_km": (0.0, 500.0)}
    numbers = {
        key: _number(source, key, facts[key], *limits[key], problems)
        for key in limits
        if facts.get(key)
    }
    if not rows or tuple(rows[0][1].split(",")) != COLUMNS:
        shown = rows[0][1] if rows else None
        problems.append(Problem(source, "columns", shown, ",".join(COLUMNS)))
        rows = rows[:1]
    altitude: dict[int, float] = {}
    for number, row in rows[1:]:
        found = _row(source, number, row, problems)
        if found is None:
            continue
        year, mean = found
        if altitude and year != max(altitude) + 1:
            expected = f"{max(altitude) + 1}, the year after the line before"
            problems.append(Problem(source, f"line {number}, year", year, expected))
        altitude[year] = mean * KM
    if not altitude and not problems:
        problems.append(Problem(source, "rows", 0, "one or more years"))
    if problems:
        raise InputError(problems)
    return AltitudeTable(
        source,
        facts["title"],
        numbers["inclination_deg"] * DEGREE,
        numbers["uncertainty_km"] * KM,
        facts["tag"],
        altitude,
    )


def _number(
    source: str,
    key: str,
    text: str,
    low: float,
    high: float,
    problems: list[Problem],
) -> float:
    """Return a number; a problem where it is none or out of range."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not low <= value <= high:
        problems.append(Problem(source, key, text, f"a number of {low:g} to {high:g}"))
    return value


def _row(
    source: str, number: int, row: str, problems: list[Problem]
) -> tuple[int, float] | None:
    """Return year and mean [km] of a line; None with a problem where it is wrong."""
    parts = next(csv.reader([row]))
    before = len(problems)
    if len(parts) != len(COLUMNS):
        expected = f"{len(COLUMNS)} columns: {','.join(COLUMNS)}"
        problems.append(Problem(source, f"line {number}", row, expected))
        return None
    if not (parts[0].isascii() and parts[0].isdigit() and len(parts[0]) == 4):
        problems.append(Problem(source, f"line {number}, year", parts[0], "a year"))
    mean, low, high = (
        _number(source, f"line {number}, {key}", text, 100.0, 2000.0, problems)
        for key, text in zip(COLUMNS[1:4], parts[1:4], strict=True)
    )
    if len(problems) == before and not low <= mean <= high:
        expected = f"a mean of {low:g} to {high:g} km"
        problems.append(Problem(source, f"line {number}, mean_km", mean, expected))
    return (int(parts[0]), mean) if len(problems) == before else None


def altitude_of(table: AltitudeTable, year: int) -> float:
    """Return the altitude in a year.

    Parameters
    ----------
    table : AltitudeTable
        From `read_altitude_table`.
    year : int
        Calendar year.

    Returns
    -------
    float
        Above 6378 km [m].

    Raises
    ------
    InputError
        For a year that the table does not hold.

    Notes
    -----
    Valid for the years of the table; a step at every new year.

    References
    ----------
    .. [1] As the table.
    """
    if year not in table.altitude:
        first, last = min(table.altitude), max(table.altitude)
        expected = f"a phase within {first} to {last}, the years of the table"
        raise bad(table.source, "year", year, expected)
    return table.altitude[year]
