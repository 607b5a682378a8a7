"""Meteoroid streams of ECSS Table C-2: how active, from where, how heavy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmod.errors import InputError, Problem, bad
from mmod.flux.solar_longitude import solar_longitude
from mmod.units import DEGREE, KM

FloatArray = NDArray[np.float64]

COLUMNS = (
    "lambda_max",
    "RA",
    "dRA",
    "Dec",
    "dDec",
    "ZHRp",
    "Bp_plus",
    "Bp_minus",
    "ZHRb",
    "Bb_plus",
    "Bb_minus",
    "alpha",
    "k",
    "v_inf_kms",
)
DECADES = 2.0
"""A component ends where it has fallen by this many decades (ECSS: 2/B, 1 %)."""
TURN = 2.0 * np.pi
_NODES = 400
"""Least number of steps in which the longitude of a window is tabulated."""


@dataclass(frozen=True)
class Component:
    """One peak of an activity profile: rate 10^(-slope |offset|).

    Parameters
    ----------
    rate : float
        Zenithal hourly rate at its maximum [1/h].
    before, after : float
        Decades per solar longitude [1/rad] before and after the maximum.
    """

    rate: float
    before: float
    after: float

    @property
    def reach(self) -> tuple[float, float]:
        """How far it goes before and after the maximum [rad]; zero without a rate."""
        if self.rate == 0.0:
            return 0.0, 0.0
        return DECADES / self.before, DECADES / self.after

    def __call__(self, offset: FloatArray) -> FloatArray:
        """Return the rate [1/h] at offsets from the maximum [rad]."""
        before, after = self.reach
        slope = np.where(offset < 0.0, self.before, self.after)
        inside = (offset >= -before) & (offset <= after)
        rate = np.where(inside, self.rate * 10.0 ** (-slope * np.abs(offset)), 0.0)
        return np.asarray(rate)

    def until(self, offset: FloatArray) -> FloatArray:
        """Return the integral of the rate from the maximum to offsets [rad/h]."""
        if self.rate == 0.0:
            return np.zeros_like(offset)
        before, after = self.reach
        slope = np.where(offset < 0.0, self.before, self.after) * np.log(10.0)
        distance = np.abs(np.clip(offset, -before, after))
        return np.asarray(
            np.sign(offset) * self.rate * -np.expm1(-slope * distance) / slope
        )


@dataclass(frozen=True)
class Stream:
    """One row of the table, in SI.

    Parameters
    ----------
    name : str
        As in the table.
    maximum : float
        Solar longitude of the maximum [rad], J2000.
    right_ascension, declination : float
        Radiant at the maximum [rad].
    drift : tuple of float
        Of right ascension and declination, rad per rad of solar longitude [1].
    peak, background : Component
        The two parts of the activity.
    exponent : float
        alpha of F = coefficient m^-alpha.
    coefficient : float
        Flux at the maximum of particles of at least 1 kg [1/m2/s].
    speed : float
        At the top of the atmosphere, the Earth's gravity included [m/s].
    """

    name: str
    maximum: float
    right_ascension: float
    declination: float
    drift: tuple[float, float]
    peak: Component
    background: Component
    exponent: float
    coefficient: float
    speed: float

    @property
    def highest_rate(self) -> float:
        """Zenithal hourly rate at the maximum, both components [1/h]."""
        return self.peak.rate + self.background.rate

    @property
    def reach(self) -> tuple[float, float]:
        """How far the activity goes before and after the maximum [rad]."""
        a, b = self.peak.reach, self.background.reach
        return max(a[0], b[0]), max(a[1], b[1])

    def rate(self, offset: ArrayLike) -> FloatArray:
        """Return the zenithal hourly rate.

        Parameters
        ----------
        offset : array_like
            Solar longitude from the maximum [rad].

        Returns
        -------
        ndarray
            [1/h]; 0 where both components are below 1 % of their maxima.

        Notes
        -----
        Valid for the annual profile; outbursts are not in it. The slope named '+' of
        the table is taken before the maximum (unverified).

        References
        ----------
        .. [1] ECSS-E-ST-10-04C Rev.1 (2020) eq. C-4; Jenniskens, A&A 287 (1994) 990.
        """
        at = np.asarray(offset, dtype=np.float64)
        return self.peak(at) + self.background(at)

    def dose(self, begin: ArrayLike, end: ArrayLike) -> FloatArray:
        """Return the integral of rate / highest rate over solar longitude.

        Parameters
        ----------
        begin, end : array_like
            Offsets from the maximum [rad].

        Returns
        -------
        ndarray
            [rad], in closed form.

        Notes
        -----
        Valid as `rate`.

        References
        ----------
        .. [1] As `rate`.
        """
        a, b = (np.asarray(x, dtype=np.float64) for x in (begin, end))
        both = (self.peak, self.background)
        total = sum((c.until(b) - c.until(a) for c in both), np.zeros_like(a + b))
        return np.asarray(total / self.highest_rate)

    def radiant(self, offset: ArrayLike) -> FloatArray:
        """Return unit vectors to the radiant.

        Parameters
        ----------
        offset : array_like, shape (n,)
            Solar longitude from the maximum [rad].

        Returns
        -------
        ndarray, shape (n, 3)
            Equatorial: x to the equinox, z to the north pole.

        Notes
        -----
        Valid within the activity: the drift is linear. Equinox as the table's (J2000);
        by 2025 precession moves it by 0.35 deg, which is left out.

        References
        ----------
        .. [1] ECSS-E-ST-10-04C Rev.1 (2020) C.1.4.
        """
        at = np.atleast_1d(np.asarray(offset, dtype=np.float64))
        alpha = self.right_ascension + self.drift[0] * at
        delta = self.declination + self.drift[1] * at
        level = np.cos(delta)
        return np.stack(
            [level * np.cos(alpha), level * np.sin(alpha), np.sin(delta)], axis=-1
        )


@dataclass(frozen=True)
class Exposure:
    """What a window sees of one stream, in steps.

    Parameters
    ----------
    offset : ndarray, shape (n,)
        Solar longitude from the maximum, mean over the activity of the step [rad].
    time : ndarray, shape (n,)
        Since J2000, at that offset [s].
    share : ndarray, shape (n,)
        Integral of the relative activity over the step, over the length of the
        window [1]; the sum is the mean relative activity.
    """

    offset: FloatArray
    time: FloatArray
    share: FloatArray


def exposure(
    stream: Stream, start: float, end: float, step: float, most: int
) -> Exposure:
    """Return the activity of a stream within a window.

    Parameters
    ----------
    stream : Stream
        The stream.
    start, end : float
        Window, since J2000 [s].
    step : float
        Longest step of solar longitude [rad].
    most : int
        Largest number of steps of one passage (steps then grow).

    Returns
    -------
    Exposure
        Of no step where the stream is not active.

    Notes
    -----
    Valid for any window. The activity of a step is integrated in closed form over
    solar longitude, which runs uniformly within a step to 1e-4 a degree; so the steps
    only bound how far the radiant (and the node) move within one.

    References
    ----------
    .. [1] ECSS-E-ST-10-04C Rev.1 (2020) C.1.4.
    """
    nodes = max(_NODES, int((end - start) / 43200.0))
    times = np.linspace(start, end, nodes + 1)
    longitude = solar_longitude(times)
    before, after = stream.reach
    first = int(np.floor((longitude[0] - stream.maximum - after) / TURN))
    last = int(np.ceil((longitude[-1] - stream.maximum + before) / TURN))
    offsets, moments, shares = [], [], []
    for turn in range(first, last + 1):
        peak = stream.maximum + TURN * turn
        low = max(longitude[0] - peak, -before)
        high = min(longitude[-1] - peak, after)
        if high <= low:
            continue
        count = min(max(int(np.ceil((high - low) / step)), 1), most)
        edges = np.linspace(low, high, count + 1)
        clock = np.interp(edges + peak, longitude, times)
        dose = stream.dose(edges[:-1], edges[1:])
        pace = np.diff(clock) / np.diff(edges)
        middle = _centre(stream, edges)
        offsets.append(middle)
        moments.append(np.interp(middle + peak, longitude, times))
        shares.append(dose * pace / (end - start))
    if not offsets:
        nothing = np.zeros(0)
        return Exposure(nothing, nothing, nothing)
    offset, time, share = (np.concatenate(x) for x in (offsets, moments, shares))
    some = share > 0.0
    return Exposure(offset[some], time[some], share[some])


def _centre(stream: Stream, edges: FloatArray) -> FloatArray:
    """Return the activity-weighted middle of every step, by four equal parts."""
    parts = np.linspace(0.0, 1.0, 5)
    inner = edges[:-1, None] + np.diff(edges)[:, None] * parts
    dose = np.maximum(stream.dose(inner[:, :-1], inner[:, 1:]), 0.0)
    middle = 0.5 * (inner[:, :-1] + inner[:, 1:])
    total = np.maximum(dose.sum(axis=1), 1e-300)
    return np.asarray(np.sum(dose * middle, axis=1) / total)


def streams_of(
    names: list[str], table: dict[str, FloatArray], path: Path
) -> list[Stream]:
    """Return the streams of a table after checking every row.

    Parameters
    ----------
    names : list of str
        Of the rows.
    table : dict
        Column of `COLUMNS` -> values, units as the table of ECSS.
    path : Path
        Of the table, for error messages.

    Returns
    -------
    list of Stream
        In the order of the table.

    Raises
    ------
    InputError
        With every value that is missing, negative or out of range, and every name
        that is there twice.

    Notes
    -----
    Valid for tables with the columns of ECSS Table C-2.

    References
    ----------
    .. [1] ECSS-E-ST-10-04C Rev.1 (2020) Table C-2.
    """
    limits = {
        "lambda_max": (0.0, 360.0, "a longitude from 0 to 360 deg"),
        "RA": (0.0, 360.0, "an angle from 0 to 360 deg"),
        "Dec": (-90.0, 90.0, "an angle from -90 to 90 deg"),
        "dRA": (-5.0, 5.0, "a drift from -5 to 5 deg/deg"),
        "dDec": (-5.0, 5.0, "a drift from -5 to 5 deg/deg"),
        "ZHRp": (1e-3, 1e5, "a rate from 0.001 to 1e5 per hour"),
        "ZHRb": (0.0, 1e5, "a rate from 0 to 1e5 per hour"),
        "Bp_plus": (0.0111, 250.0, "a slope from 0.0111 to 250 per deg"),
        "Bp_minus": (0.0111, 250.0, "a slope from 0.0111 to 250 per deg"),
        "Bb_plus": (0.0111, 250.0, "a slope from 0.0111 to 250 per deg"),
        "Bb_minus": (0.0111, 250.0, "a slope from 0.0111 to 250 per deg"),
        "alpha": (0.1, 3.0, "an exponent from 0.1 to 3"),
        "k": (1e-40, 1.0, "a coefficient from 1e-40 to 1"),
        "v_inf_kms": (11.2, 75.0, "a speed from 11.2 to 75 km/s"),
    }
    problems = []
    for column, (low, high, expected) in limits.items():
        for row, value in enumerate(table[column]):
            unused = column.startswith("Bb") and table["ZHRb"][row] == 0.0
            if not (unused or low <= value <= high):
                key = f"{column}[{row}]"
                problems.append(Problem(str(path), key, float(value), expected))
    twice = sorted({name for name in names if names.count(name) > 1 or not name})
    if twice:
        problems.append(Problem(str(path), "name", twice, "a name of its own a row"))
    if problems:
        raise InputError(problems)
    found = []
    for row, name in enumerate(names):
        value = {column: float(table[column][row]) for column in COLUMNS}
        found.append(
            Stream(
                name=name,
                maximum=value["lambda_max"] * DEGREE,
                right_ascension=value["RA"] * DEGREE,
                declination=value["Dec"] * DEGREE,
                drift=(value["dRA"], value["dDec"]),
                peak=_component(value, "p"),
                background=_component(value, "b"),
                exponent=value["alpha"],
                coefficient=value["k"],
                speed=value["v_inf_kms"] * KM,
            )
        )
    return found


def _component(value: dict[str, float], which: str) -> Component:
    """Return a component; '+' is before the maximum."""
    slopes = (value[f"B{which}_{side}"] / DEGREE for side in ("plus", "minus"))
    return Component(value[f"ZHR{which}"], *slopes)


def names_of(path: Path) -> list[str]:
    """Return the first column of a table with ``#`` comment lines.

    Parameters
    ----------
    path : Path
        The table; its first column is ``name``.

    Returns
    -------
    list of str
        One name a row.

    Raises
    ------
    InputError
        Where the first column has another title.

    Notes
    -----
    Valid for names without commas.

    References
    ----------
    .. [1] None; layout of the table of this project.
    """
    text = path.read_text(encoding="utf-8").splitlines()
    rows = [line.split(",")[0].strip() for line in text if line and line[0] != "#"]
    if not rows or rows[0] != "name":
        raise bad(path, "columns", rows[:1], "name as the first column")
    return rows[1:]
