"""How the expected number of zones grows over the phases of a run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from mmod.errors import bad
from mmod.forensics.prediction import KINDS, Clock
from mmod.results.outcome import PENETRATION
from mmod.results.schema import group

FloatArray = NDArray[np.float64]

ENOUGH_EVENTS = 100.0
"""Effective events of a zone and kind below which a note is given."""


@dataclass(frozen=True, eq=False)
class Growth:
    """Expected numbers of zones and kinds, told apart by phase.

    Parameters
    ----------
    zones : tuple of str, length z
        Names of the zones.
    start, end : ndarray, shape (p,) [s]
        Phases, seconds since 1970 (UTC), in their order.
    expected : ndarray, shape (z, 2) [1]
        Numbers of debris and of meteoroids over the run.
    shares : ndarray, shape (z, 2, p) [1]
        Share of each number that falls into each phase; NaN where it is not known.
    samples : ndarray, shape (z, 2, p) [1]
        Sum of the squared shares of the single events: the sampling variance behind.
    unknown : str
        Why the shares are not known; empty where they are.
    """

    zones: tuple[str, ...]
    start: FloatArray
    end: FloatArray
    expected: FloatArray
    shares: FloatArray
    samples: FloatArray
    unknown: str

    @property
    def clock(self) -> Clock:
        """Growth of the number of all the zones together."""
        known = np.where(self.expected > 0.0, self.expected, 0.0)
        number = (known[:, :, None] * np.nan_to_num(self.shares)).sum(axis=(0, 1))
        if self.unknown:
            share = np.full(len(self.start), np.nan)
        elif number.sum() > 0.0:
            share = number / number.sum()
        else:  # nothing is expected: refused elsewhere
            share = (self.end - self.start) / float((self.end - self.start).sum())
        basis = "the events of each phase in the zones surveyed"
        if len(self.start) == 1:
            basis = "time, in one phase"
        return Clock(self.start, self.end, share, basis, self.unknown)

    def overlap(self, first: float, last: float) -> FloatArray:
        """Return the share of each phase that lies in a window.

        Parameters
        ----------
        first, last : float [s]
            The window, seconds since 1970 (UTC).

        Returns
        -------
        ndarray, shape (p,) [1]
            0 for a phase outside the window, 1 for one that lies in it.
        """
        inside = np.minimum(self.end, last) - np.maximum(self.start, first)
        return np.asarray(np.clip(inside, 0.0, None) / (self.end - self.start))

    def window(self, first: float, last: float) -> tuple[FloatArray, FloatArray]:
        """Return the share of the numbers that falls into a window, and its error.

        Parameters
        ----------
        first, last : float [s]
            The window, seconds since 1970.

        Returns
        -------
        share, stderr : ndarray, shape (z, 2) [1]
            Share of the number of each zone and kind, with the sampling error of the
            events; NaN where the shares are not known and the window is a part.

        Notes
        -----
        Within a phase the rate is constant. The error is the spread of the weights
        over the phases, and at least 1/(n + 2) for n effective events: events that lie
        in one phase all the same do not exclude the others.
        """
        part = self.overlap(first, last)
        if (part >= 1.0).all():
            return np.ones_like(self.expected), np.zeros_like(self.expected)
        share = self.shares @ part
        spread = (self.samples * (part - share[:, :, None]) ** 2).sum(axis=2)
        least = float(np.ptp(part)) / (self.effective + 2.0)
        return share, np.sqrt(np.maximum(spread, least**2))

    @property
    def effective(self) -> FloatArray:
        """Effective number of events behind the shares, shape (z, 2) [1]."""
        total = self.samples.sum(axis=2)
        number = np.full(total.shape, np.inf)
        number[total > 0.0] = 1.0 / total[total > 0.0]
        return number

    def note(self) -> str:
        """Return which zones have few events behind their shares; empty if none has."""
        few = (self.effective < ENOUGH_EVENTS) & (self.expected > 0.0)
        if len(self.start) == 1 or not few.any():
            return ""
        number = np.where(few, self.effective, np.inf)
        z, k = np.unravel_index(int(np.argmin(number)), number.shape)
        return (
            f"phases are told apart by events: fewer than {ENOUGH_EVENTS:g} effective"
            f" ones in {int(few.any(axis=1).sum())} zones, {number[z, k]:.0f} of"
            f" {KINDS[int(k)]} in {self.zones[int(z)]}; more: sampling.events_per_zone"
        )


def growth_of(
    results: xr.DataTree, zones: Sequence[int], expected: FloatArray, damage: str
) -> Growth:
    """Return how the expected numbers of zones grow over the phases of a run.

    Parameters
    ----------
    results : xarray.DataTree
        A result.
    zones : sequence of int, length z
        Indices of zones.
    expected : ndarray, shape (z, 2) [1]
        Their numbers of debris and of meteoroids over the run.
    damage : str
        Label of the damage class.

    Returns
    -------
    Growth
        Shares of the phases by zone and kind from the weights of the events of that
        zone under that kind; known without events where there is one phase.

    Raises
    ------
    InputError
        When the result does not hold its run's phases.

    Notes
    -----
    Attitude, altitude and flux change from phase to phase, and each zone answers in its
    own way: a share of the whole vehicle would be wrong for its zones. Events are of
    penetrations alone: of an impact class the phases cannot be told apart.
    """
    start, end = phases_of(results)
    names = [str(n) for n in group(results, "/zones")["zone"].values]
    labels = tuple(names[z] for z in zones)
    shape = (len(labels), len(KINDS), len(start))
    if len(start) == 1:
        return Growth(labels, start, end, expected, np.ones(shape), np.zeros(shape), "")
    blank = np.full(shape, np.nan)
    if damage != PENETRATION:
        why = (
            f"the {len(start)} phases of the run cannot be told apart for {damage}:"
            " events are of penetrations"
        )
        return Growth(labels, start, end, expected, blank, np.zeros(shape), why)
    sums, squares = _sums(results, zones, len(start))
    whole = sums.sum(axis=2, keepdims=True)
    shares = np.divide(sums, whole, out=blank, where=whole > 0.0)
    samples = np.divide(squares, whole**2, out=np.zeros(shape), where=whole > 0.0)
    missing = (expected > 0.0) & ~(whole[:, :, 0] > 0.0)
    why = ""
    if missing.any():
        z, k = (int(i) for i in np.argwhere(missing)[0])
        why = (
            f"the {len(start)} phases of the run cannot be told apart: no events of"
            f" {KINDS[k]} in {labels[z]} (sampling.events_per_zone)"
        )
    # of a kind that is not expected nothing falls anywhere
    shares[(whole[:, :, 0] <= 0.0) & ~missing] = 0.0
    return Growth(labels, start, end, expected, shares, samples, why)


def phases_of(results: xr.DataTree) -> tuple[FloatArray, FloatArray]:
    """Return start and end of the phases of a result, seconds since 1970.

    Raises
    ------
    InputError
        When the result does not hold its run's phases.
    """
    try:
        config: Any = json.loads(str(results.attrs.get("config", "")))
        listed = [
            [datetime.fromisoformat(p[key]).timestamp() for key in ("start", "end")]
            for p in config["phase"]
        ]
        start, end = np.array(listed, dtype=np.float64).T
    except (ValueError, KeyError, TypeError):
        raise bad("results", "config", "no phases", "a result of mmod run") from None
    return start, end


def _sums(
    results: xr.DataTree, zones: Sequence[int], phases: int
) -> tuple[FloatArray, FloatArray]:
    """Return sums of the weights and of their squares, shape (z, 2, p)."""
    events = group(results, "/events")
    sums = np.zeros((len(zones), len(KINDS), phases))
    squares = np.zeros_like(sums)
    if events.sizes.get("event", 0) == 0:
        return sums, squares
    through = events["penetrating"].values.astype(np.bool_)
    zone = events["zone_index"].values
    phase = events["phase_index"].values.astype(np.int64)
    if int(phase.max()) >= phases:
        wanted = "a phase of the run"
        raise bad("results", "/events/phase_index", int(phase.max()), wanted)
    labels = {str(v) for v in events["environment"].values}
    for k, kind in enumerate(KINDS):
        if kind not in labels:
            continue
        weight = events["weight"].sel(environment=kind).values
        for row, z in enumerate(zones):
            mine = through & (zone == z)
            w, at = weight[mine], phase[mine]
            sums[row, k] = np.bincount(at, weights=w, minlength=phases)
            squares[row, k] = np.bincount(at, weights=w * w, minlength=phases)
    return sums, squares


__all__ = ["ENOUGH_EVENTS", "Growth", "growth_of", "phases_of"]
