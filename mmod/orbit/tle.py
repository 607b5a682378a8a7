"""Two-line element sets, read strictly and propagated with SGP4."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmod.errors import InputError, Problem, bad
from mmod.orbit.instants import DAY, julian_date, moment_of, posix
from mmod.orbit.track import Track
from mmod.units import KM

FloatArray = NDArray[np.float64]

FLAG_AGE = 14.0 * DAY
"""Further than this from its epoch an element set is used with a flag [s]."""
LARGEST_AGE = 60.0 * DAY
"""Further than this it is refused [s]."""
MEGABYTES = 32
_LENGTH = 69
_DIGITS = "0123456789"
_CATALOGUE = r"[ 0-9A-HJ-NP-Z][ 0-9]{3}[0-9]"
_DECIMAL = r"[ +-]\.\d{8}"
_POWER = r"[ +-][ 0-9]{5}[+-][ 0-9]"
_ANGLE = r"[ 0-9]{2}[0-9]\.\d{4}"
_FIRST = re.compile(
    rf"1 (?P<catalogue>{_CATALOGUE})[UCS ] (?P<designator>[ 0-9]{{5}}[ A-Z]{{3}})"
    rf" (?P<year>\d\d)(?P<day>[ 0-9]{{2}}\d\.\d{{8}}) {_DECIMAL} {_POWER} {_POWER}"
    r" [ 0-9] [ 0-9]{4}(?P<check>\d)",
    re.ASCII,
)
_SECOND = re.compile(
    rf"2 (?P<catalogue>{_CATALOGUE}) (?P<inclination>{_ANGLE}) (?P<node>{_ANGLE})"
    rf" [ 0-9]{{7}} (?P<perigee>{_ANGLE}) (?P<anomaly>{_ANGLE})"
    r" (?P<motion>[ 0-9]\d\.\d{8})[ 0-9]{5}(?P<check>\d)",
    re.ASCII,
)
_ERRORS = {
    1: "mean eccentricity outside 0 to 1, or mean semi-major axis below 0.95 Earth radii",
    2: "mean motion below zero",
    3: "osculating eccentricity outside 0 to 1",
    4: "semi-latus rectum below zero",
    5: "epoch elements below the surface",
    6: "the object has decayed",
}
"""Error codes of SGP4."""


@dataclass(frozen=True)
class ElementSet:
    """One element set.

    Parameters
    ----------
    first, second : str
        Its lines.
    epoch : float
        `mmod.orbit.instants.posix` seconds [s].
    catalogue : str
        Catalogue number.
    """

    first: str
    second: str
    epoch: float
    catalogue: str


def checksum(line: str) -> int:
    """Return the checksum of a line of an element set.

    Parameters
    ----------
    line : str
        At least 68 characters.

    Returns
    -------
    int
        Sum of the digits, and 1 for every minus, of the first 68, modulo 10.

    Notes
    -----
    Valid for any text.

    References
    ----------
    .. [1] Vallado et al., Revisiting Spacetrack Report 3, AIAA 2006-6753.
    """
    return sum(int(c) if c in _DIGITS else c == "-" for c in line[: _LENGTH - 1]) % 10


def parse_tle(text: str, source: str) -> tuple[ElementSet, ...]:
    """Read element sets of one object.

    Parameters
    ----------
    text : str
        Pairs of lines; a line with a name may stand before a pair.
    source : str
        For error messages.

    Returns
    -------
    tuple of ElementSet
        By epoch.

    Raises
    ------
    InputError
        With every line that is not as columns, ranges or checksum demand it, sets of
        several objects, different sets of one epoch, or no set at all.

    Notes
    -----
    Valid for numeric and alpha-5 catalogue numbers; years 57 to 99 are of the 20th
    century. Lines are read by column, as SGP4 reads them.

    References
    ----------
    .. [1] Vallado et al., Revisiting Spacetrack Report 3, AIAA 2006-6753.
    """
    rows = [(n, row.rstrip()) for n, row in enumerate(text.split("\n"), start=1)]
    rows = [(n, row) for n, row in rows if row]
    problems: list[Problem] = []
    sets: list[ElementSet] = []
    k = 0
    while k < len(rows) and len(problems) < 20:
        number, row = rows[k]
        after = rows[k + 1][1] if k + 1 < len(rows) else ""
        if not row.startswith(("1 ", "2 ")):
            if not after.startswith("1 ") or len(row) > 80:
                expected = "line 1 of an element set, or a name before one"
                problems.append(_line_problem(source, number, row, expected))
            k += 1
            continue
        if row.startswith("2 ") or not after.startswith("2 "):
            expected = "line 1 of an element set, followed by its line 2"
            problems.append(_line_problem(source, number, row, expected))
            k += 1
            continue
        found = _pair(source, rows[k], rows[k + 1], problems)
        if found is not None:
            sets.append(found)
        k += 2
    if not sets and not problems:
        problems.append(Problem(source, "tle", "no element set", "one or more"))
    objects = list(dict.fromkeys(s.catalogue for s in sets))
    if len(objects) > 1:
        shown = ", ".join(objects[:5])
        problems.append(Problem(source, "catalogue number", shown, "one object"))
    ordered = sorted(dict.fromkeys(sets), key=lambda s: s.epoch)
    for one, other in pairwise(ordered):
        if one.epoch == other.epoch and len(objects) == 1:
            when = moment_of(one.epoch).isoformat()
            expected = "one element set an epoch (two differ)"
            problems.append(Problem(source, "epoch", when, expected))
    if problems:
        raise InputError(problems)
    return tuple(ordered)


def _line_problem(source: str, number: int, row: str, expected: str) -> Problem:
    return Problem(source, f"line {number}", row[:80], expected)


def _pair(
    source: str,
    one: tuple[int, str],
    two: tuple[int, str],
    problems: list[Problem],
) -> ElementSet | None:
    """Return the element set of two lines; add what is wrong to the problems."""
    matches = []
    before = len(problems)
    for (number, row), pattern, which in ((one, _FIRST, 1), (two, _SECOND, 2)):
        found = pattern.fullmatch(row)
        if found is None:
            expected = (
                f"line {which} of an element set: {_LENGTH} characters, its numbers in"
                " their columns"
            )
            problems.append(_line_problem(source, number, row, expected))
        elif checksum(row) != int(found["check"]):
            expected = f"checksum {checksum(row)} in column {_LENGTH}"
            problems.append(Problem(source, f"line {number}", found["check"], expected))
        matches.append(found)
    first, second = matches
    if first is None or second is None:
        return None
    if first["catalogue"] != second["catalogue"]:
        expected = f"catalogue number {first['catalogue']}, as in line {one[0]}"
        problems.append(
            Problem(source, f"line {two[0]}", second["catalogue"], expected)
        )
    day = float(first["day"])
    year = int(first["year"]) + (2000 if int(first["year"]) < 57 else 1900)
    limits = (
        (one[0], "day of the year", day, 1.0, 367.0),
        (two[0], "inclination [deg]", float(second["inclination"]), 0.0, 180.0),
        (two[0], "right ascension [deg]", float(second["node"]), 0.0, 360.0),
        (two[0], "argument of perigee [deg]", float(second["perigee"]), 0.0, 360.0),
        (two[0], "mean anomaly [deg]", float(second["anomaly"]), 0.0, 360.0),
        (two[0], "mean motion [rev/day]", float(second["motion"]), 0.05, 18.0),
    )
    for number, name, value, low, high in limits:
        if not low <= value <= high:
            expected = f"{low:g} to {high:g}"
            problems.append(Problem(source, f"line {number}, {name}", value, expected))
    if len(problems) > before:
        return None
    begin = posix(moment_of(0.0).replace(year=year))
    return ElementSet(
        one[1], two[1], begin + (day - 1.0) * DAY, first["catalogue"].strip()
    )


class TleTrack(Track):
    """Element sets of one object; at every instant the one nearest in time is used.

    Parameters
    ----------
    sets : sequence of ElementSet
        From `parse_tle`.
    source : str
        File or key.

    Notes
    -----
    Valid within `LARGEST_AGE` of an epoch. SGP4 is good to about a kilometre at the
    epoch and loses 1 to 3 km a day along the track [recalled]; the altitude, which is
    what counts here, suffers from unforeseen drag and from manoeuvres: a station sinks
    about 2 km a month and is raised by as much at a time [recalled], and a kilometre
    is about 1 % of the NASA-91 flux. Hence a flag after 14 d and a refusal after 60 d
    [estimate].

    References
    ----------
    .. [1] Vallado et al., Revisiting Spacetrack Report 3, AIAA 2006-6753.
    """

    def __init__(self, sets: tuple[ElementSet, ...], source: str) -> None:
        from sgp4.api import WGS72, Satrec

        self.source = source
        self.name = f"TLE of object {sets[0].catalogue}"
        self.sets = sets
        self._epochs = np.array([s.epoch for s in sets])
        self._records: list[Any] = [
            Satrec.twoline2rv(s.first, s.second, WGS72) for s in sets
        ]

    def age(self, start: float, end: float) -> float:
        """Return the longest time to the nearest epoch within a stretch.

        Parameters
        ----------
        start, end : float
            `mmod.orbit.instants.posix` seconds [s].

        Returns
        -------
        float
            [s].

        Notes
        -----
        Valid for start <= end.

        References
        ----------
        .. [1] None; the largest distance is at an end, or half way between epochs.
        """
        between = 0.5 * (self._epochs[1:] + self._epochs[:-1])
        inside = between[(between > start) & (between < end)]
        at = np.concatenate([[start, end], inside])
        apart = np.abs(at[:, None] - self._epochs[None, :])
        return float(apart.min(axis=1).max())

    def limits(self, start: float, end: float) -> list[str]:
        """Refuse and flag old element sets, as `Track.limits`.

        Parameters
        ----------
        start, end : float
            `mmod.orbit.instants.posix` seconds [s].

        Returns
        -------
        list of str
            A caveat beyond `FLAG_AGE`.

        Raises
        ------
        InputError
            Beyond `LARGEST_AGE`.
        """
        age = self.age(start, end)
        span = " to ".join(
            moment_of(float(t)).date().isoformat()
            for t in dict.fromkeys((self._epochs[0], self._epochs[-1]))
        )
        if age > LARGEST_AGE:
            expected = (
                f"a phase within {LARGEST_AGE / DAY:g} d of an epoch"
                f" ({len(self.sets)} of {span})"
            )
            raise bad(self.source, "epoch", f"{age / DAY:.1f} d away", expected)
        if age > FLAG_AGE:
            message = (
                f"element sets are used up to {age / DAY:.0f} d from their epoch; beyond"
                f" {FLAG_AGE / DAY:g} d drag and manoeuvres make the altitude uncertain"
                " by kilometres [estimate]"
            )
            return [message]
        return []

    def vectors(self, seconds: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return states in TEME by SGP4, as `Track.vectors`.

        Parameters
        ----------
        seconds : ndarray, shape (n,)
            `mmod.orbit.instants.posix` seconds [s].

        Returns
        -------
        position, velocity : ndarray, shape (n, 3)
            [m] and [m/s] on the true equator of date (TEME).

        Raises
        ------
        InputError
            Where SGP4 gives an error, with its meaning.

        Notes
        -----
        Valid as the element sets.

        References
        ----------
        .. [1] Vallado et al., Revisiting Spacetrack Report 3, AIAA 2006-6753.
        """
        position = np.zeros((seconds.size, 3))
        velocity = np.zeros((seconds.size, 3))
        between = 0.5 * (self._epochs[1:] + self._epochs[:-1])
        nearest = np.searchsorted(between, seconds)
        for k in np.unique(nearest):
            mine = nearest == k
            midnight, fraction = julian_date(seconds[mine])
            code, r, v = self._records[k].sgp4_array(midnight, fraction)
            if np.any(code):
                at = int(np.argmax(code != 0))
                when = moment_of(float(seconds[mine][at]))
                meaning = _ERRORS.get(int(code[at]), "unknown error")
                raise bad(
                    self.source,
                    f"SGP4 at {when.isoformat(timespec='seconds')}",
                    f"error {int(code[at])}: {meaning}",
                    "an element set that can be propagated over the phase",
                )
            position[mine], velocity[mine] = r, v
        return position * KM, velocity * KM
