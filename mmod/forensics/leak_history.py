"""What a leak's size and history say of a hole: fit of the diameter, step or growth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from mmod.errors import InputError, Problem
from mmod.forensics.leaks import (
    DISCHARGE,
    Cabin,
    Interval,
    effective_diameter,
    open_hole_rate,
)

Pair: TypeAlias = tuple[float, float]
Kind: TypeAlias = Literal["growing", "steady", "unclear"]
Onset: TypeAlias = Literal["sudden", "gradual", "unknown"]

NO_ORIGIN = "the size of a leak carries no information on what made the hole"
_GROWTH = 1.2
"""Least factor between two flows, beyond their ranges, that is called growth [1]."""
_STEADY = 1.5
"""Largest factor that the ranges may allow in a flow that is called steady [1]."""


@dataclass(frozen=True)
class LeakFit:
    """A leak beside the hole that is said to make it.

    Parameters
    ----------
    diameter : Interval [m]
        Effective diameter of the leak.
    open_rate : Interval [Pa/s]
        Rate that the reported hole would make, open.
    open_share : (low, high) [1]
        Share of the reported hole's area that the leak needs; above 1: too small a hole.
    fits : bool
        Whether some part of both ranges agrees with a hole that is open at most.
    """

    diameter: Interval
    open_rate: Interval
    open_share: Pair
    fits: bool

    @property
    def sentence(self) -> str:
        """The finding in words, with what it does not say."""
        low, high = self.open_share
        if not self.fits:
            said = "the leak is larger than the reported hole can make"
        elif high < 1.0:
            said = (
                "the leak is smaller than the open hole would make:"
                f" {low:.0%} to {high:.0%} of its area open"
            )
        else:
            said = f"the leak agrees with the hole, {low:.0%} or more of its area open"
        return f"{said}; {NO_ORIGIN}"


def fit_to_hole(
    rate: Pair, hole: Pair, cabin: Cabin, discharge: Pair = DISCHARGE
) -> LeakFit:
    """Compare a leak with a hole of a reported diameter.

    Parameters
    ----------
    rate : (low, high) [Pa/s]
        Rate at which the pressure falls by the leak alone.
    hole : (low, high) [m]
        Reported diameter.
    cabin : Cabin
        What leaks.
    discharge : (low, high) [1]
        Range of the discharge coefficient.

    Returns
    -------
    LeakFit
        Diameter, rate of the open hole, share that must be open.

    Raises
    ------
    InputError
        When a range is not positive and ordered.
    """
    diameter = effective_diameter(rate, cabin, discharge)
    opened = open_hole_rate(hole, cabin, discharge)
    share = (rate[0] / opened.high, rate[1] / opened.low)
    return LeakFit(diameter, opened, share, fits=share[0] <= 1.0)


@dataclass(frozen=True)
class LeakHistory:
    """How a leak went with time.

    Parameters
    ----------
    kind : {"growing", "steady", "unclear"}
        Whether the flow grew beyond the ranges of its values.
    growth : (low, high) [1]
        Range of the largest later flow over an earlier one; NaN for a single value.
    onset : {"sudden", "gradual", "unknown"}
        How it is said to have begun.
    """

    kind: Kind
    growth: Pair
    onset: Onset

    @property
    def route(self) -> str:
        """Hypothesis that the history points to; empty where it points to none."""
        return "crack" if self.kind == "growing" else ""

    @property
    def sentence(self) -> str:
        """The finding in words."""
        if self.kind == "growing":
            low, high = self.growth
            return (
                f"the flow grew by a factor of {low:.2g} to {high:.2g} at a steady"
                " pressure: the opening grew, as a crack does; one impact makes a step"
            )
        if self.onset == "gradual":
            return (
                "the leak began small and grew over days: a crack, or a hole whose plug"
                " gave way; one impact makes a step"
            )
        if self.onset == "sudden":
            return "the leak began at once, as after an impact or the loss of a plug"
        return "how the leak began and went is not known well enough to say anything"


def leak_history(
    records: Sequence[tuple[datetime, Pair]], onset: Onset = "unknown"
) -> LeakHistory:
    """Tell a leak that grows from one that stays.

    Parameters
    ----------
    records : sequence of (datetime, (low, high)) [any one unit of flow]
        Dated flows with their ranges, in any order.
    onset : {"sudden", "gradual", "unknown"}
        How the leak is said to have begun.

    Returns
    -------
    LeakHistory
        Kind, growth, route.

    Raises
    ------
    InputError
        With every record whose range is not positive and ordered.

    Notes
    -----
    A hole in a wall at constant cabin pressure leaks at a constant rate. Growth is
    called where a flow exceeds every earlier one beyond the ranges, and one of them by
    1.2 [estimate]; repairs in between make a flow fall and hide growth, they do not make
    it.
    """
    wrong = [
        Problem("leak_history", f"records[{i}]", flow, "0 < low <= high")
        for i, (_, flow) in enumerate(records)
        if not 0.0 < flow[0] <= flow[1] < math.inf
    ]
    if wrong:
        raise InputError(wrong)
    ordered = sorted(records, key=lambda r: r[0])
    pairs = [
        (later[0] / earlier[1], later[1] / earlier[0])
        for i, (_, earlier) in enumerate(ordered)
        for _, later in ordered[i + 1 :]
    ]
    if not pairs:
        return LeakHistory("unclear", (math.nan, math.nan), onset)
    # After a repair that failed a flow is back: it grew only if beyond all before.
    grown = [
        (later[0] / earlier[1], later[1] / earlier[0])
        for i, (_, later) in enumerate(ordered)
        for _, earlier in ordered[:i]
        if later[0] > max(before[1] for _, before in ordered[:i])
    ]
    growth = max(grown or pairs)
    kind: Kind = "unclear"
    if grown and growth[0] >= _GROWTH:
        kind = "growing"
    elif max(p[1] for p in pairs) <= _STEADY:
        kind = "steady"
    return LeakHistory(kind, growth, onset)
