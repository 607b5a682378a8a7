"""Hole sizes as they are reported: errors, rounding, threshold, ranges; u values."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mmod.errors import bad
from mmod.forensics.prediction import SizeTable
from mmod.stats import anderson_darling, kolmogorov_smirnov

FloatArray = NDArray[np.float64]

_AVERAGE = (np.arange(15) + 0.5) / 15.0
_WITHIN = (np.arange(201) + 0.5) / 201.0
_HALVINGS = 50
_DRAWS = 200
"""Attempts, in sets, to draw a size above the threshold."""


@dataclass(frozen=True, eq=False)
class Reported:
    """A hole size as reported, and the distribution predicted where it was found.

    Parameters
    ----------
    label : str
        Which breach.
    size : float [m]
        Reported size, or the middle of the range.
    half_range : float [m]
        Half of the reported range; 0 for a single number.
    error : float [m]
        Standard error of the size, normal; 0 for none.
    law : SizeTable
        Predicted distribution of holes in that zone.
    """

    label: str
    size: float
    half_range: float
    error: float
    law: SizeTable

    @property
    def ranged(self) -> bool:
        """Whether a range is reported instead of a size."""
        return self.half_range > 0.0

    @property
    def low(self) -> float:
        """Least size of the range, or the size [m]."""
        return self.size - self.half_range

    @property
    def high(self) -> float:
        """Greatest size of the range, or the size [m]."""
        return self.size + self.half_range


def size_statistics(
    sizes: Sequence[Reported],
    smallest: float,
    rounding: float,
    seed: int,
    simulations: int,
) -> tuple[FloatArray, FloatArray]:
    """Return the u values of a set of sizes, and those of simulated sets.

    Parameters
    ----------
    sizes : sequence of Reported, length n
        Sizes as reported, none below the threshold.
    smallest : float [m]
        Threshold of the survey; 0 for none.
    rounding : float [m]
        Step to which sizes are rounded; 0 for none.
    seed : int
        Key of the random numbers.
    simulations : int
        Sets to simulate, >= 0.

    Returns
    -------
    u : ndarray, shape (n,) [1]
        Share of the predicted holes above the threshold that are smaller, averaged
        over the error of the size; over a range log-uniformly, as `mmod hole` does.
    simulated : ndarray, shape (simulations, n) [1]
        The same of sizes drawn from the prediction, changed by a random error of the
        same kind, rounded, and drawn anew where they fall below the threshold. Where a
        range is reported: of the sizes themselves, for which `size_ranges` holds.

    Raises
    ------
    InputError
        When (nearly) nothing above the threshold is predicted.
    """
    generator = np.random.Generator(np.random.Philox(key=seed))
    observed = np.array(
        [_u(r, np.array([r.size]), smallest, rounding)[0] for r in sizes]
    )
    simulated = np.zeros((simulations, len(sizes)))
    for k, reported in enumerate(sizes):
        if reported.ranged:
            # what the range hides is the size itself, and its u is uniform
            simulated[:, k] = generator.random(simulations)
            continue
        drawn = _draw(reported, smallest, rounding, generator, simulations)
        simulated[:, k] = _u(reported, drawn, smallest, rounding)
    return observed, simulated


def size_ranges(
    sizes: Sequence[Reported], smallest: float, rounding: float
) -> tuple[FloatArray, FloatArray]:
    """Return the least and the greatest u that each size as reported can have.

    Parameters
    ----------
    sizes : sequence of Reported, length n
        Sizes as reported, none below the threshold.
    smallest : float [m]
        Threshold of the survey; 0 for none.
    rounding : float [m]
        Step to which sizes are rounded; 0 for none.

    Returns
    -------
    low, high : ndarray, shape (n,) [1]
        Of a range the share of the predicted holes below either end; else the u of
        `size_statistics`, twice.

    Raises
    ------
    InputError
        When (nearly) nothing above the threshold is predicted.
    """
    ends = []
    for reported in sizes:
        at = np.array([reported.low, reported.high])
        if reported.ranged:
            ends.append(_above(reported, _below(reported, at, smallest), smallest))
        else:
            ends.append(np.repeat(_u(reported, at[:1], smallest, rounding), 2))
    low, high = np.array(ends, dtype=np.float64).reshape(-1, 2).T
    return low, high


def least_kolmogorov_smirnov(low: FloatArray, high: FloatArray) -> float:
    """Return the least Kolmogorov-Smirnov distance of numbers known by their ranges.

    Parameters
    ----------
    low, high : ndarray, shape (n,) [1]
        Ends of each range, in [0, 1]; equal for a number that is known.

    Returns
    -------
    float [1]
        The least distance over all places inside the ranges, to 1e-15: never above
        that of the numbers themselves, however the ranges came about.

    Notes
    -----
    The distance is 1/(2n) plus the largest step from the sorted numbers to (i - 1/2)/n.
    Whether steps of d suffice is seen by giving each place in turn, from the lowest, to
    the range within reach that ends first.
    """
    n = len(low)
    if (low == high).all():
        return float(kolmogorov_smirnov(low))
    places = (np.arange(n) + 0.5) / n
    order = np.argsort(low)
    starts, ends = low[order].tolist(), high[order].tolist()
    short, enough = 0.0, 1.0
    if _reached(places.tolist(), starts, ends, short):
        return 0.5 / n
    for _ in range(_HALVINGS):
        middle = 0.5 * (short + enough)
        if _reached(places.tolist(), starts, ends, middle):
            enough = middle
        else:
            short = middle
    # the lower end: rounding must not carry it above that of the numbers
    return short + 0.5 / n


def least_anderson_darling(low: FloatArray, high: FloatArray) -> float:
    """Return the least Anderson-Darling statistic of numbers known by their ranges.

    Parameters
    ----------
    low, high : ndarray, shape (n,) [1]
        Ends of each range, in [0, 1]; equal for a number that is known.

    Returns
    -------
    float [1]
        The least A^2 over all places inside the ranges; infinite where a range is
        exactly 0 or 1.

    Notes
    -----
    A^2 is, of all ways to number the n values, the least sum of (2i - 1) ln x_i +
    (2n - 2i + 1) ln(1 - x_i), with the sign changed. Each term is least at x_i =
    (i - 1/2)/n, or at the end of the range next to it, so that the least over places and
    numberings is an assignment of ranges to ranks.
    """
    from scipy.optimize import linear_sum_assignment

    n = len(low)
    if (low == high).all():
        return float(anderson_darling(low))
    if (high <= 0.0).any() or (low >= 1.0).any():
        return float(np.inf)
    rank = np.arange(1, n + 1)
    x = np.clip((rank - 0.5) / n, low[:, None], high[:, None])
    cost = -(2 * rank - 1) * np.log(x) - (2 * (n - rank) + 1) * np.log1p(-x)
    return float(cost[linear_sum_assignment(cost)].sum() / n - n)


def _reached(
    places: list[float], starts: list[float], ends: list[float], step: float
) -> bool:
    """Return True when ranges widened by a step can take one place each.

    Places and starts are sorted; the ends belong to the starts.
    """
    waiting: list[float] = []
    k = 0
    for place in places:
        while k < len(starts) and starts[k] - step <= place:
            heapq.heappush(waiting, ends[k])
            k += 1
        if not waiting or heapq.heappop(waiting) + step < place:
            return False
    return True


def _u(
    reported: Reported, size: FloatArray, smallest: float, rounding: float
) -> FloatArray:
    """Return the mean of the distribution function over the error of each size."""
    from scipy.special import ndtri

    if reported.ranged:
        # log-uniform between the ends, as one hole is judged
        high = reported.high
        # middle and half of a range hold its low end to rounding only
        low = max(reported.low, smallest, 1e-15 * high)
        within = np.asarray(low * (high / low) ** _WITHIN, dtype=np.float64)
        mean = np.full(len(size), _below(reported, within, smallest).mean())
        return _above(reported, mean, smallest)
    offset = (2.0 * _AVERAGE - 1.0) * 0.5 * rounding
    if reported.error > 0.0:
        offset = ndtri(_AVERAGE) * reported.error
    inside = _below(reported, size[:, None] + offset[None, :], smallest)
    return _above(reported, np.asarray(inside.mean(axis=1)), smallest)


def _below(reported: Reported, size: FloatArray, smallest: float) -> FloatArray:
    """Return the share of all predicted holes that are smaller, or below the threshold."""
    return reported.law.below(np.maximum(size, smallest))


def _above(reported: Reported, share: FloatArray, smallest: float) -> FloatArray:
    """Return a share of all predicted holes as one of those above the threshold."""
    least = float(reported.law.below(smallest)) if smallest > 0.0 else 0.0
    if least > 1.0 - 1e-9:
        expected = f"a prediction with holes above the threshold {smallest:g} m"
        raise bad(reported.label, "size", reported.size, expected)
    return np.asarray(np.clip((share - least) / (1.0 - least), 0.0, 1.0))


def _draw(
    reported: Reported,
    smallest: float,
    rounding: float,
    generator: np.random.Generator,
    count: int,
) -> FloatArray:
    """Draw sizes, give each an error, round, and keep those above the threshold."""
    kept = np.zeros(0)
    for _ in range(_DRAWS):
        if len(kept) >= count:
            break
        size = reported.law.quantile(generator.random(count))
        size = size + reported.error * generator.standard_normal(count)
        if rounding > 0.0:
            size = rounding * np.rint(size / rounding)
        kept = np.concatenate([kept, size[(size >= smallest) & (size > 0.0)]])
    if len(kept) < count:
        expected = "a threshold that leaves at least 1 of 200 predicted holes"
        raise bad(reported.label, "complete_above_mm", smallest, expected)
    return kept[:count]


__all__ = [
    "Reported",
    "least_anderson_darling",
    "least_kolmogorov_smirnov",
    "size_ranges",
    "size_statistics",
]
