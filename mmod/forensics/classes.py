"""How surprising an event is: declared classes, trials, events close in time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmod.errors import InputError, Problem, bad
from mmod.forensics.rates import (
    CHAIN_ERROR,
    NO_ERROR,
    MarginalCount,
    ModelError,
    expected_numbers,
    whole_counts,
)


@dataclass(frozen=True)
class DeclaredClass:
    """A class of zones and times in which an event would have been noticed.

    Parameters
    ----------
    name : str
        What belongs to it.
    debris, meteoroid : float [1]
        Expected numbers in the whole class (medians).
    declared_before : bool
        Whether the class was fixed before anybody looked.
    """

    name: str
    debris: float
    meteoroid: float = 0.0
    declared_before: bool = False

    @property
    def label(self) -> str:
        """What the p-value of the class is worth."""
        return "declared" if self.declared_before else POST_HOC


POST_HOC = "post hoc, p not calibrated"
"""Label of a class that was chosen after the event."""


@dataclass(frozen=True)
class ClassRate:
    """A line of the table over classes: medians, probabilities of one event or more.

    Parameters
    ----------
    name, label : str
        The class, and what its p-value is worth.
    expected : float [1]
        Expected number (median).
    plain, marginal : float [1]
        ``1 - exp(-expected)``, and the same averaged over the model error.
    """

    name: str
    label: str
    expected: float
    plain: float
    marginal: float


def class_rates(
    classes: Sequence[DeclaredClass], error: ModelError = CHAIN_ERROR, count: int = 1
) -> list[ClassRate]:
    """Return the probability of `count` events or more in each of some nested classes.

    Parameters
    ----------
    classes : sequence of DeclaredClass
        From the narrowest to the widest.
    error : ModelError
        Errors shared by all zones of a class.
    count : int [1]
        Number of events, >= 1.

    Returns
    -------
    list of ClassRate
        In the order given.

    Raises
    ------
    InputError
        When an expected number is out of range or the count below 1.

    Notes
    -----
    ``1 - exp(-mu_class)`` is exact for a Poisson process; no Sidak correction follows it.
    """
    if count < 1:
        raise bad("class_rates", "count", count, "a whole number >= 1")
    table = []
    for one in classes:
        plain = MarginalCount(one.debris, one.meteoroid, NO_ERROR)
        wide = MarginalCount(one.debris, one.meteoroid, error)
        table.append(
            ClassRate(
                one.name,
                one.label,
                plain.median,
                float(plain.at_least(count)),
                float(wide.at_least(count)),
            )
        )
    return table


def sidak_disjoint(p: float, zones: int) -> float:
    """Return the p-value of the best of some disjoint, similar zones.

    Parameters
    ----------
    p : float [1]
        p-value of one zone, in [0, 1].
    zones : int [1]
        Number of zones, >= 1.

    Returns
    -------
    float [1]
        ``1 - (1 - p)**zones``.

    Raises
    ------
    InputError
        When an argument is out of range.

    References
    ----------
    .. [1] Z. Sidak, J. Am. Stat. Assoc. 62 (1967) 626-633,
       https://doi.org/10.1080/01621459.1967.10482935
    """
    if not 0.0 <= p <= 1.0:
        raise bad("sidak_disjoint", "p", p, "a probability")
    if zones < 1 or zones != int(zones):
        raise bad("sidak_disjoint", "zones", zones, "a whole number >= 1")
    return 1.0 if p == 1.0 else float(-np.expm1(zones * np.log1p(-p)))


def cluster_given(count: int, window: float, duration: float) -> float:
    """Return the probability that two of some events lie within a window of each other.

    Parameters
    ----------
    count : int [1]
        Events, at random times in the duration.
    window, duration : float [s]
        Both positive.

    Returns
    -------
    float [1]
        ``1 - (1 - (n-1) w/T)**n``; 1 where ``(n-1) w >= T``, 0 for fewer than two.

    Raises
    ------
    InputError
        When an argument is out of range.

    References
    ----------
    .. [1] E. Parzen, "Modern probability theory and its applications", 1960, p. 304-306:
       random points on a line, all gaps above a distance. Page recalled, unverified.
    """
    _check_times(window, duration)
    n = int(whole_counts(count))
    if n < 2:
        return 0.0
    free = 1.0 - (n - 1) * window / duration
    return 1.0 if free <= 0.0 else float(-np.expm1(n * np.log(free)))


def cluster(
    expected: float, window: float, duration: float, log_error: float = 0.0
) -> float:
    """Return the probability that any two events of a class lie within a window.

    Parameters
    ----------
    expected : float [1]
        Expected number of events in the duration (median), >= 0.
    window, duration : float [s]
        Both positive.
    log_error : float [1]
        ln SD of the expected number; 0 for a plain Poisson number.

    Returns
    -------
    float [1]
        ``sum_n Poisson(n; mu) (1 - (1 - (n-1) w/T)**n)``.

    Raises
    ------
    InputError
        When an argument is out of range.
    """
    _check_times(window, duration)
    mu = float(expected_numbers("expected", expected))
    if mu == 0.0:
        return 0.0
    # from this number on two events must be within the window
    certain = int(duration / window) + 2
    tail_from = int(mu * math.exp(7.0 * log_error) * 4.0) + 60
    last = min(certain, tail_from, 200_000)
    counts = np.arange(2, last, dtype=np.int64)
    free = 1.0 - (counts - 1) * (window / duration)
    apart = np.where(free > 0.0, np.maximum(free, 1e-300) ** counts, 0.0)
    number = MarginalCount(mu, 0.0, ModelError(log_error, 0.0, 0.0))
    beyond = float(number.at_least(last))
    inside = 0.0
    for start in range(0, counts.size, 512):
        part = slice(start, start + 512)
        inside += float(number.pmf(counts[part]) @ (1.0 - apart[part]))
    return min(inside + beyond, 1.0)


@dataclass(frozen=True)
class PairRate:
    """How surprising it is that two events of a class were close in time.

    Parameters
    ----------
    name, label : str
        The class, and what its p-values are worth.
    expected : float [1]
        Expected number of the class in the duration (median).
    window, duration : float [s]
        Time between the two; time over which the class was watched.
    plain, marginal : float [1]
        Probability that any two lie within the window (look-elsewhere), plain and
        averaged over the model error.
    given_two : float [1]
        The same given that there were two; no rate enters.
    """

    name: str
    label: str
    expected: float
    window: float
    duration: float
    plain: float
    marginal: float
    given_two: float


def pair_rate(
    one: DeclaredClass,
    window: float,
    duration: float,
    error: ModelError = CHAIN_ERROR,
) -> PairRate:
    """Return how surprising two events of a class within a window are.

    Parameters
    ----------
    one : DeclaredClass
        The class, with its expected number in the duration.
    window, duration : float [s]
        Time between the two events; time over which the class was watched.
    error : ModelError
        The larger of its two errors is taken for the sum.

    Returns
    -------
    PairRate
        Plain, marginal and given two.

    Raises
    ------
    InputError
        When a number is out of range.
    """
    mu = one.debris + one.meteoroid
    log_error = max(error.debris, error.meteoroid)
    return PairRate(
        one.name,
        one.label,
        mu,
        window,
        duration,
        cluster(mu, window, duration),
        cluster(mu, window, duration, log_error),
        cluster_given(2, window, duration),
    )


def _check_times(window: float, duration: float) -> None:
    wrong = [
        Problem("cluster", name, value, "a time > 0 [s]")
        for name, value in (("window", window), ("duration", duration))
        if not 0.0 < value < math.inf
    ]
    if wrong:
        raise InputError(wrong)
