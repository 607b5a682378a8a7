"""Draw threats for the samples of a face, some dozens at a time.

A run with 1e5 threats does not fit into the near caches. One draw needs three reads,
each of which waits for the one before: the guide, the running sum, the threat. Drawn
one by one they cost more than the ray; drawn together, step by step, the reads of
different samples overlap, and the number of threats no longer shows.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mmod.kernel._jit import inlined, jit, leaf
from mmod.kernel.layout import AZIMUTH, GUIDE, REACH, SINE, SPEED
from mmod.kernel.rng import BLOCK_BIN, BLOCK_SHIFT, uniforms
from mmod.kernel.tables import Floats, Ints, Threats

BATCH = 64
"""Samples drawn together: more than a core has reads under way at once."""


class Draws(NamedTuple):
    """Samples drawn together (b), in the order of replicate and sample.

    ``cell``, ``threat`` (b,) int64; ``shift`` (b, 2): random shift of the points of
    the replicate; ``place`` (b, 4): uniform numbers that place the draw in the cell,
    and in the threat's intervals of speed, azimuth and sin(elevation); ``row``
    (b, 6 + n_model): the threat as in `DrawnThreats.row`; ``flight`` (b, 3): speed
    [m/s], azimuth [rad], sin(elevation).
    """

    cell: Ints
    threat: Ints
    shift: Floats
    place: Floats
    row: Floats
    flight: Floats


@jit
def make_draws(columns: int) -> Draws:
    """Return room for `BATCH` samples whose rows have ``columns`` columns."""
    return Draws(
        np.zeros(BATCH, dtype=np.int64),
        np.zeros(BATCH, dtype=np.int64),
        np.zeros((BATCH, 2)),
        np.zeros((BATCH, 4)),
        np.zeros((BATCH, columns)),
        np.zeros((BATCH, 3)),
    )


@inlined
def search(reach: Floats, first: int, last: int, u: float) -> int:
    """Return the first index in [first, last) whose running sum exceeds u."""
    low, high = first, last - 1
    while low < high:
        middle = (low + high) // 2
        if reach[middle] > u:
            high = middle
        else:
            low = middle + 1
    return low


@inlined
def guide_entry(first: int, last: int, u: float) -> int:
    """Return the entry of the guide to begin at: the largest j / n that is <= u."""
    n = last - first
    j = min(int(u * n), n - 1)
    # The product may round up to a whole number that u has not reached.
    if j / n > u:
        j -= 1
    return first + j


@inlined
def walk(row: Floats, guess: int, last: int, u: float) -> int:
    """Return what `search` returns, from a guess at or before it: a step or two."""
    t = guess
    while t < last - 1 and row[t, REACH] <= u:
        t += 1
    return t


@leaf
def draw_threats(
    threats: Threats,
    reach: Floats,
    key: NDArray[np.uint64],
    face: int,
    count: int,
    start: int,
    stop: int,
    draws: Draws,
) -> int:
    """Draw samples of a face: a cell by the proposal, then a threat in the cell.

    Parameters
    ----------
    threats : Threats
    reach : ndarray, shape (m,)
        Running sum of the proposal over the cells, the last exactly 1.
    key : ndarray of uint64, shape (2,)
        Random stream of the estimate.
    face : int
        Number of the face.
    count : int
        Samples per replicate; within one the draws of the cells are systematic.
    start, stop : int
        Samples to draw, counted over all replicates: replicate times ``count`` plus
        sample.
    draws : Draws
        Filled from its beginning.

    Returns
    -------
    int
        Number of samples drawn: all that were asked for, or as many as there is room.
    """
    cells = reach.shape[0]
    drawn, source = threats.drawn, threats.drawn.row
    columns = source.shape[1]
    number: int = min(stop - start, draws.cell.shape[0])
    cell, threat, place, row = draws.cell, draws.threat, draws.place, draws.row
    for j in range(number):
        r = (start + j) // count
        k = start + j - r * count
        if j == 0 or k == 0:
            u_cell, u_a, u_b, _ = uniforms(key, face, r, 0, BLOCK_SHIFT)
        c = search(reach, 0, cells, (k + u_cell) / count)
        u, w_speed, w_azimuth, w_sine = uniforms(key, face, r, k, BLOCK_BIN)
        cell[j] = c
        threat[j] = guide_entry(threats.first[c], threats.first[c + 1], u)
        draws.shift[j, 0], draws.shift[j, 1] = u_a, u_b
        place[j, 0], place[j, 1] = u, w_speed
        place[j, 2], place[j, 3] = w_azimuth, w_sine
    for j in range(number):
        threat[j] = int(source[threat[j], GUIDE])
    for j in range(number):
        c = cell[j]
        threat[j] = walk(source, threat[j], threats.first[c + 1], place[j, 0])
    for j in range(number):
        t = threat[j]
        for i in range(columns):
            row[j, i] = source[t, i]
    for j in range(number):
        speed = _between(drawn.speed, int(row[j, SPEED]), place[j, 1])
        a = int(row[j, AZIMUTH])
        if drawn.azimuth[a, 2] == 0.0:
            azimuth = _between(drawn.azimuth, a, place[j, 2])
        else:
            along = min(max(speed / drawn.azimuth[a, 3], -1.0), 1.0)
            azimuth = drawn.azimuth[a, 2] * np.arccos(along)
        draws.flight[j, 0] = speed
        draws.flight[j, 1] = azimuth
        draws.flight[j, 2] = _between(drawn.sine, int(row[j, SINE]), place[j, 3])
    return number


@inlined
def _between(intervals: Floats, i: int, share: float) -> float:
    low: float = intervals[i, 0]
    high: float = intervals[i, 1]
    return low + share * (high - low)
