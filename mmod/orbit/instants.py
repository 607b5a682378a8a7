"""Instants as seconds: UTC without leap seconds, TAI, Julian dates; CCSDS time codes."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

DAY = 86400.0
"""[s]."""
J2000 = 2451545.0
"""Julian date of the epoch J2000.0."""
CENTURY = 36525.0
"""Julian century [d]."""
_UNIX_JULIAN = 2440587.5
_ORIGIN = datetime(1970, 1, 1, tzinfo=UTC)

_TAI_STEPS: tuple[tuple[int, int, int], ...] = (
    (1972, 1, 10),
    (1972, 7, 11),
    (1973, 1, 12),
    (1974, 1, 13),
    (1975, 1, 14),
    (1976, 1, 15),
    (1977, 1, 16),
    (1978, 1, 17),
    (1979, 1, 18),
    (1980, 1, 19),
    (1981, 7, 20),
    (1982, 7, 21),
    (1983, 7, 22),
    (1985, 7, 23),
    (1988, 1, 24),
    (1990, 1, 25),
    (1991, 1, 26),
    (1992, 7, 27),
    (1993, 7, 28),
    (1994, 7, 29),
    (1996, 1, 30),
    (1997, 7, 31),
    (1999, 1, 32),
    (2006, 1, 33),
    (2009, 1, 34),
    (2012, 7, 35),
    (2015, 7, 36),
    (2017, 1, 37),
)
"""TAI - UTC from the first of a month on: year, month, seconds (IERS Bulletin C)."""
_STEP_AT = np.array(
    [
        (datetime(year, month, 1, tzinfo=UTC) - _ORIGIN).total_seconds()
        for year, month, _ in _TAI_STEPS
    ]
)
_STEP_TO = np.array([float(seconds) for _, _, seconds in _TAI_STEPS])

_TO_TAI: dict[str, float] = {"TAI": 0.0, "GPS": 19.0, "TT": -32.184, "TDB": -32.184}
"""TAI minus a uniform time [s]; TDB is within 2 ms of TT."""
TIME_SYSTEMS = ("UTC", "UT1", *_TO_TAI)
"""Time systems that are read (UT1 is within 0.9 s of UTC and counts as UTC)."""

_CODE = re.compile(
    r"(\d{4})-(?:(\d{2})-(\d{2})|(\d{3}))T(\d{2}):(\d{2}):(\d{2})(?:\.(\d*))?Z?",
    re.ASCII,
)


def posix(moment: datetime) -> float:
    """Return seconds since 1970-01-01 UTC, leap seconds not counted [s]."""
    return (moment - _ORIGIN).total_seconds()


def moment_of(seconds: float) -> datetime:
    """Return the instant of `posix` seconds, UTC."""
    return _ORIGIN + timedelta(seconds=seconds)


def julian_date(seconds: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return the Julian date (UTC) as a midnight and the fraction of the day since.

    Parameters
    ----------
    seconds : array_like
        `posix` seconds [s].

    Returns
    -------
    midnight, fraction : ndarray
        [d]; their sum is the date, their split keeps microseconds.

    Notes
    -----
    Valid for every finite instant.

    References
    ----------
    .. [1] 1970-01-01T00:00 is Julian date 2440587.5.
    """
    day, rest = np.divmod(np.asarray(seconds, dtype=np.float64), DAY)
    return day + _UNIX_JULIAN, rest / DAY


def tai_minus_utc(seconds: ArrayLike) -> FloatArray:
    """Return TAI - UTC at instants of UTC.

    Parameters
    ----------
    seconds : array_like
        `posix` seconds [s].

    Returns
    -------
    ndarray
        [s]; 10 before 1972 and the last known value afterwards.

    Notes
    -----
    Valid from 1972 on; leap seconds announced after that of 2017-01-01 are not known
    here (none had been by the end of 2025).

    References
    ----------
    .. [1] IERS Bulletin C.
    """
    at = np.asarray(seconds, dtype=np.float64)
    index = np.searchsorted(_STEP_AT, at, side="right") - 1
    return _STEP_TO[np.maximum(index, 0)]


def tai_reader(system: str) -> Callable[[str], float]:
    """Return a reader of CCSDS time codes of a time system.

    Parameters
    ----------
    system : str
        One of `TIME_SYSTEMS`.

    Returns
    -------
    callable
        Time code (``2018-06-08T13:01:00.000`` or ``2018-159T13:01:00``) -> continuous
        TAI seconds since 1970 [s]; raises ValueError for anything else.

    Notes
    -----
    Valid from 1957 to 2100. A leap second, 23:59:60, is read.

    References
    ----------
    .. [1] CCSDS 301.0-B-4, Time Code Formats, ASCII codes A and B.
    """
    offset = _TO_TAI.get(system)

    def read(text: str) -> float:
        found = _CODE.fullmatch(text)
        if found is None:
            raise ValueError(text)
        year, month, day, ordinal, hour, minute, second, part = found.groups()
        if not 1957 <= int(year) <= 2100 or int(hour) > 23 or int(minute) > 59:
            raise ValueError(text)
        if int(second) > (60 if offset is None else 59):
            raise ValueError(text)
        if ordinal is not None:
            date = datetime(int(year), 1, 1, tzinfo=UTC) + timedelta(int(ordinal) - 1)
            if date.year != int(year):
                raise ValueError(text)
        else:
            date = datetime(int(year), int(month), int(day), tzinfo=UTC)
        clock = 3600.0 * int(hour) + 60.0 * int(minute) + int(second)
        seconds = posix(date) + clock + float(f"0.{part or 0}")
        if offset is not None:
            return seconds + offset
        # the offset of the minute, so that a leap second belongs to the old one
        before = posix(date) + 3600.0 * int(hour) + 60.0 * int(minute)
        return seconds + float(tai_minus_utc(before))

    return read
