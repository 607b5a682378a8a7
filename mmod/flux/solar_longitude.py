"""Solar longitude: where the Earth is on its way around the Sun."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmod.errors import bad
from mmod.units import DEGREE

FloatArray = NDArray[np.float64]

J2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)
"""Epoch of the formulas; terrestrial time is taken as UTC (69 s: 0.0008 deg)."""
CENTURY = 36525.0 * 86400.0
"""Julian century [s]."""
PRECESSION = 1.397 * DEGREE
"""Of the longitude, per Julian century [rad]."""
ABERRATION = 0.00569 * DEGREE
"""The Sun is seen this far behind its geometric longitude [rad]."""


def seconds_since_j2000(instant: datetime) -> float:
    """Return the time since 2000-01-01 12:00.

    Parameters
    ----------
    instant : datetime
        With an offset from UTC.

    Returns
    -------
    float
        [s]; negative before.

    Raises
    ------
    InputError
        For an instant without an offset.

    Notes
    -----
    Valid for every date of the calendar; leap seconds are not counted.

    References
    ----------
    .. [1] IAU 1994 resolution C7 (definition of J2000.0).
    """
    if instant.utcoffset() is None:
        raise bad("<argument>", "instant", instant, "an instant with an offset")
    return (instant - J2000).total_seconds()


def solar_longitude(seconds: ArrayLike, *, of_date: bool = False) -> FloatArray:
    """Return the ecliptic longitude of the Sun.

    Parameters
    ----------
    seconds : array_like
        Time since J2000 [s].
    of_date : bool
        False: geometric, mean equinox J2000, as tables of meteor streams have it.
        True: apparent (with aberration and the main nutation), equinox of date, in
        which the seasons begin at 0, 90, 180 and 270 deg.

    Returns
    -------
    ndarray
        Longitude [rad], of the shape of ``seconds``; continuous, not reduced to one
        turn.

    Notes
    -----
    Valid for 1900 to 2100 within 0.01 deg (15 minutes of activity). The motion of the
    Earth about the barycentre with the Moon is left out, as in the source.

    References
    ----------
    .. [1] J. Meeus, Astronomical Algorithms, 2nd ed. (1998), chapter 25 (low accuracy).
    """
    t = np.asarray(seconds, dtype=np.float64) / CENTURY
    anomaly = (357.52911 + 35999.05029 * t - 0.0001537 * t**2) * DEGREE
    centre = (
        (1.914602 - 0.004817 * t - 0.000014 * t**2) * np.sin(anomaly)
        + (0.019993 - 0.000101 * t) * np.sin(2.0 * anomaly)
        + 0.000289 * np.sin(3.0 * anomaly)
    )
    longitude = (280.46646 + 36000.76983 * t + 0.0003032 * t**2 + centre) * DEGREE
    if of_date:
        node = (125.04 - 1934.136 * t) * DEGREE
        return np.asarray(longitude - ABERRATION - 0.00478 * DEGREE * np.sin(node))
    return np.asarray(longitude - PRECESSION * t)
