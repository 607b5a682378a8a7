"""A phase in time: parts by calendar year, instants to sample, states to group into."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mmod.orbit.instants import posix
from mmod.units import KM

FloatArray = NDArray[np.float64]

LEAST_PART = 1e-3
"""Share of a phase below which a piece of a calendar year joins its neighbour."""
BAND = 100.0 * KM
"""Widest band of altitude whose samples share states [m]."""


@dataclass(frozen=True)
class Part:
    """A stretch of a phase within one calendar year.

    Parameters
    ----------
    start, end : datetime
        UTC.
    share : float
        Of the phase's duration.
    """

    start: datetime
    end: datetime
    share: float

    @property
    def middle(self) -> datetime:
        """Instant half way."""
        return self.start + (self.end - self.start) / 2

    @property
    def seconds(self) -> tuple[float, float]:
        """Start and end as `mmod.orbit.instants.posix` seconds [s]."""
        return posix(self.start), posix(self.end)


def year_parts(start: datetime, end: datetime) -> tuple[Part, ...]:
    """Cut a phase where a new calendar year begins.

    Parameters
    ----------
    start, end : datetime
        With an offset.

    Returns
    -------
    tuple of Part
        In order; their shares sum to 1. Pieces below `LEAST_PART` of the phase (the
        six hours by which a Julian year outlasts a calendar year) join a neighbour.

    Notes
    -----
    Valid for start < end. Models whose solar flux is that of the year before step here.

    References
    ----------
    .. [1] None; calendar.
    """
    first, last = start.astimezone(UTC), end.astimezone(UTC)
    cuts = [
        datetime(year, 1, 1, tzinfo=UTC)
        for year in range(first.year + 1, last.year + 1)
    ]
    edges = [first, *(c for c in cuts if first < c < last), last]
    least = LEAST_PART * (last - first)
    if len(edges) > 2 and edges[1] - edges[0] < least:
        del edges[1]
    if len(edges) > 2 and edges[-1] - edges[-2] < least:
        del edges[-2]
    whole = (last - first).total_seconds()
    return tuple(
        Part(a, b, (b - a).total_seconds() / whole) for a, b in pairwise(edges)
    )


def sample_times(
    start: float, end: float, period: float, strata: int, points: int
) -> FloatArray:
    """Return instants of equal weight over a stretch of time.

    Parameters
    ----------
    start, end : float
        [s].
    period : float
        Of one revolution [s].
    strata : int
        Equal stretches, in the middle of each of which one revolution is sampled.
    points : int
        Instants a revolution, evenly in time.

    Returns
    -------
    ndarray, shape (strata * points,)
        Increasing [s]. Where the strata are shorter than a revolution: even steps over
        the whole stretch.

    Notes
    -----
    Valid for start < end. Even steps over many revolutions could keep time with the
    orbit and meet the same few anomalies; whole revolutions cannot, and the mean over
    one converges faster than any power of the step.

    References
    ----------
    .. [1] The trapezoidal rule on periodic functions.
    """
    stratum = (end - start) / strata
    if stratum < period:
        count = strata * points
        return np.asarray(start + (np.arange(count) + 0.5) / count * (end - start))
    middle = start + (np.arange(strata) + 0.5) * stratum
    within = ((np.arange(points) + 0.5) / points - 0.5) * period
    return np.asarray((middle[:, None] + within[None, :]).ravel())


def bands(altitude: FloatArray) -> FloatArray:
    """Return the edges of bands of altitude no wider than `BAND`.

    Parameters
    ----------
    altitude : ndarray, shape (n,)
        [m].

    Returns
    -------
    ndarray
        Edges from the lowest to the highest altitude [m]; two at least.

    Notes
    -----
    Valid for any finite altitudes.

    References
    ----------
    .. [1] None; equal intervals.
    """
    low, high = float(altitude.min()), float(altitude.max())
    count = max(1, math.ceil((high - low) / BAND))
    return np.linspace(low, high, count + 1)


def gauss_nodes(values: FloatArray, count: int) -> tuple[FloatArray, FloatArray]:
    """Return few values that stand for many: Gauss quadrature of a sample.

    Parameters
    ----------
    values : ndarray, shape (n,) [any unit]
        A sample of equal weights, n >= 1.
    count : int [1]
        Nodes wanted, 1 or more; there are fewer where the sample has fewer values.

    Returns
    -------
    nodes : ndarray, shape (m,) [unit of the values]
        m <= count values within the range of the sample.
    weights : ndarray, shape (m,) [1]
        Positive, of sum 1. The sample's mean of every polynomial of degree 2 count - 1
        is that of the nodes.

    Notes
    -----
    Valid for small counts (up to about ten).

    References
    ----------
    .. [1] Golub and Welsch, Math. Comp. 23 (1969) 221-230.
    """
    mean, spread = float(np.mean(values)), float(np.ptp(values))
    if count == 1 or spread == 0.0:
        # the mean of equal numbers may be off by a rounding
        return np.clip([mean], values.min(), values.max()), np.ones(1)
    x = (values - mean) / spread
    previous, current = np.zeros_like(x), np.ones_like(x)
    diagonal: list[float] = []
    side: list[float] = []
    norm = float(np.mean(current**2))
    for k in range(count):
        a = float(np.mean(x * current**2)) / norm
        diagonal.append(a)
        following = (x - a) * current - (side[-1] if k else 0.0) * previous
        size = float(np.mean(following**2))
        if k == count - 1 or size <= 1e-24 * norm:
            break
        side.append(size / norm)
        previous, current, norm = current, following, size
    root = np.sqrt(side[: len(diagonal) - 1])
    matrix = np.diag(diagonal) + np.diag(root, 1) + np.diag(root, -1)
    nodes, vectors = np.linalg.eigh(matrix)
    weights = vectors[0] ** 2
    # of a sample with fewer distinct values than nodes, the surplus carries nothing
    used = weights > 1e-15
    inside = np.clip(mean + spread * nodes[used], values.min(), values.max())
    return inside, weights[used] / weights[used].sum()
