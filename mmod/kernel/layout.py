"""How threats lie in memory where samples draw them.

A run may have 1e5 threats, more than the near caches hold, and every sample reads
another one. What a draw needs stands in one short row, and bounds that many threats
share stand in tables of their own: a sample then waits for one stretch of memory.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

GUIDE, REACH, AZIMUTH, SINE, SPEED, CHANCE, WEIGHT = range(7)
"""Columns of ``DrawnThreats.row``; the weights of the models follow from `WEIGHT`."""


class DrawnThreats(NamedTuple):
    """Threats (n) as the estimator draws them.

    ``row`` (n, 6 + n_model): where a search in the cell begins (`threat_guide`),
    cumulative probability in the cell, numbers of the intervals of azimuth,
    sin(elevation) and speed, probability in the cell, and the weight of each model;
    ``azimuth`` (a, 4): low, high [rad], side, coupling [m/s]; ``sine`` (s, 2): low,
    high of sin(elevation); ``speed`` (v, 2): low, high [m/s].
    """

    row: Floats
    azimuth: Floats
    sine: Floats
    speed: Floats


def lay_out(
    edges: Floats,
    side: Ints,
    coupling: Floats,
    chance: Floats,
    reach: Floats,
    weight: Floats,
    first: Ints,
) -> DrawnThreats:
    """Return `DrawnThreats` from the fields of `Threats` of the same names.

    Parameters
    ----------
    edges : ndarray, shape (n, 6)
    side : ndarray of int64, shape (n,)
    coupling, chance, reach : ndarray, shape (n,)
    weight : ndarray, shape (n_model, n)
    first : ndarray of int64, shape (m + 1,)

    Returns
    -------
    DrawnThreats
        Holds the same numbers, bit by bit.
    """
    azimuths = np.column_stack([edges[:, 0:2], side, coupling])
    azimuth, which_azimuth = np.unique(azimuths, axis=0, return_inverse=True)
    sine, which_sine = np.unique(edges[:, 2:4], axis=0, return_inverse=True)
    speed, which_speed = np.unique(edges[:, 4:6], axis=0, return_inverse=True)
    columns = (
        threat_guide(reach, first),
        reach,
        which_azimuth.ravel(),
        which_sine.ravel(),
        which_speed.ravel(),
        chance,
        *weight,
    )
    row = np.empty((len(edges), len(columns)))
    for i, column in enumerate(columns):
        row[:, i] = column
    return DrawnThreats(row, azimuth, sine, speed)


def threat_guide(reach: Floats, first: Ints) -> Ints:
    """Return the draw of each n-th part of a cell of n threats.

    Parameters
    ----------
    reach : ndarray, shape (n,)
        Cumulative probability in the cell.
    first : ndarray of int64, shape (m + 1,)
        First threat of each cell.

    Returns
    -------
    ndarray of int64, shape (n,)
        Entry ``first + j`` of a cell is the threat that ``u = j / n`` draws: at or
        before the threat of every larger u.
    """
    guide = np.zeros(len(reach), dtype=np.int64)
    for a, b in pairwise(first.tolist()):
        steps = np.arange(b - a) / (b - a)
        found = a + np.searchsorted(reach[a:b], steps, side="right")
        guide[a:b] = np.minimum(found, b - 1)
    return guide
