"""What stands at the top of every output file of NASA ORDEM 3.x (spacecraft mode)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mmod.flux.readers._lines import LineReader

ZERO = 1.0e-99
"""How the files write zero."""
YEARS = (2016, 2050)
SIZES = (1e-5, 1.0)
"""Smallest and largest particle of the files [m]."""
STARS = 7
ROUNDING = 0.011
"""Relative: two numbers of three digits that mean the same differ by less."""

_LENGTHS = {"um": 1e-6, "mm": 1e-3, "cm": 1e-2, "m": 1.0}
_FIRST = re.compile(r"\s*ORDEM\s+(3\.\d+(?:\.\d+)*)\s*-\s*ORDEM Spacecraft Mode\s*\Z")
_NUMBER = r"\s*=\s*([0-9.]+)"
_ORBIT = re.compile(
    r"\s*Year:\s*(\d{4})\s+Perigee Altitude"
    + _NUMBER
    + r"\s+Apogee Altitude"
    + _NUMBER
    + r"\s+inc"
    + _NUMBER
    + r"\s*\Z"
)
_SIZE = re.compile(r">\s?([0-9.]+)\s?(um|mm|cm|m)\Z")
DASHES = re.compile(r"[\s-]*-{3}[\s-]*\Z")


@dataclass(frozen=True)
class Header:
    """What every file of a case says at its top.

    Parameters
    ----------
    version : str
        Of ORDEM, e.g. ``3.2.0``.
    year : int
        Calendar year of observation.
    perigee_km, apogee_km, inclination_deg : float
        Orbit.
    """

    version: str
    year: int
    perigee_km: float
    apogee_km: float
    inclination_deg: float


def read_header(reader: LineReader, unit: str) -> Header:
    """Read the lines above the titles.

    Parameters
    ----------
    reader : LineReader
        At the top of the file.
    unit : str
        What the second line must give as the unit, e.g. ``#/m^2/yr/deg``.

    Returns
    -------
    Header
        Version, year and orbit.

    Raises
    ------
    InputError
        When a line is not as in the known files, another version or mode included.
    """
    file = reader.file
    expected = "'ORDEM 3.x - ORDEM Spacecraft Mode'"
    text = reader.require(lambda s: _FIRST.match(s) is not None, expected)
    match = _FIRST.match(text)
    assert match is not None
    version = match.group(1)
    quantity = f"Debris Flux ({unit})"
    reader.require(lambda s: s.strip() == quantity, quantity)
    expected = "'Year: Y  Perigee Altitude = P  Apogee Altitude = A  inc = I'"
    text = reader.require(lambda s: _ORBIT.match(s) is not None, expected)
    match = _ORBIT.match(text)
    assert match is not None
    line = reader.number
    year = int(match.group(1))
    perigee, apogee, inclination = (
        file.floats(line, match.group(k), 1)[0] for k in (2, 3, 4)
    )
    if not YEARS[0] <= year <= YEARS[1]:
        raise file.fail(line, "Year", year, f"{YEARS[0]} to {YEARS[1]}")
    if not 0.0 < perigee <= apogee <= 1e5:
        value = f"{perigee:g}, {apogee:g}"
        raise file.fail(line, "Altitude", value, "0 < perigee <= apogee <= 1e5 km")
    if not inclination <= 180.0:
        raise file.fail(line, "inc", inclination, "0 to 180 deg")
    for _ in range(STARS):
        reader.require(lambda s: s.strip().startswith("*"), "a line ' *'")
    return Header(version, year, perigee, apogee, inclination)


def titles(reader: LineReader, expected: list[str]) -> list[str]:
    """Read the line of titles, which must begin with some.

    Parameters
    ----------
    reader : LineReader
        Above the titles.
    expected : list of str
        First titles.

    Returns
    -------
    list of str
        All titles (two blanks or more stand between them).

    Raises
    ------
    InputError
        Naming the first title that differs.
    """
    found = re.split(r"\s{2,}|\t", reader.next("titles of columns").strip())
    for i, title in enumerate(expected):
        value = found[i] if i < len(found) else ""
        if value != title:
            raise reader.file.fail(reader.number, i + 1, value, f"the title {title!r}")
    return found


def size_of(reader: LineReader, column: int, token: str) -> float:
    """Return the size [m] of a title such as ``>100um``."""
    match = _SIZE.match(token)
    if match is None:
        expected = "a title such as '>10um' or '>1cm'"
        raise reader.file.fail(reader.number, column, token, expected)
    value = reader.file.floats(reader.number, match.group(1), 1)[0]
    return value * _LENGTHS[match.group(2)]
