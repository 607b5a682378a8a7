"""Exact tests of how a number of events is shared out over cells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, combinations, islice
from math import comb

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmod.errors import InputError, Problem
from mmod.stats._arguments import finite
from mmod.stats.intervals import FloatArray

MOST_OUTCOMES = 200_000
"""Outcomes up to which they are all counted; beyond, they are drawn."""
SIMULATIONS = 20_000
"""Outcomes that are drawn: a standard error of 0.0015 at p = 0.05."""
_TIE = 1e-7
_IMPOSSIBLE = -1e290
_CHUNK = 20_000
_MOST_CELLS = 4_000_000


@dataclass(frozen=True)
class SharesTest:
    """p-value of a multinomial test.

    Parameters
    ----------
    p : float [1]
        Sum of the probabilities of outcomes at most as likely as the one observed.
    stderr : float [1]
        Its Monte Carlo standard error; 0 where all outcomes were counted.
    below : float [1]
        Share of `p` from outcomes less likely than the one observed: p - below is that
        of equally likely ones, as a randomised p-value needs.
    outcomes : int [1]
        Outcomes counted or drawn.
    method : str
        "enumeration" or "Monte Carlo".
    """

    p: float
    stderr: float
    below: float
    outcomes: int
    method: str

    def randomised(self, uniform: float) -> float:
        """Return a randomised p-value, uniform if the hypothesis is true.

        Parameters
        ----------
        uniform : float [1]
            Random number, uniform in 0 to 1 and independent of the counts.

        Returns
        -------
        float [1]
            below + uniform (p - below).
        """
        return self.below + uniform * (self.p - self.below)


def multinomial_test(
    counts: ArrayLike,
    probabilities: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    seed: int = 0,
    most_outcomes: int = MOST_OUTCOMES,
    simulations: int = SIMULATIONS,
) -> SharesTest:
    """Test how events are shared out over cells, given their number.

    Parameters
    ----------
    counts : array_like of int, shape (k,) [1]
        Events in each cell, >= 0.
    probabilities : array_like, shape (k,) or (m, k) [1]
        Probability of each cell, or m alternatives of them; each row sums to 1.
    weights : array_like, shape (m,), optional [1]
        Weights of the alternatives, which sum to 1: the test is then of their mixture.
    seed : int
        Key of the random numbers, where outcomes are drawn.
    most_outcomes, simulations : int
        All outcomes are counted up to the first; beyond, the second is drawn.

    Returns
    -------
    SharesTest
        p = 1 where there are no events; p = 0 where one is in a cell that can have none.

    Raises
    ------
    InputError
        When a number is out of its range or the shapes do not fit; all of it at once.

    Notes
    -----
    The p-value is that of least likelihood: outcomes are ordered by their probability.
    Those equal to that observed within 1 part in 1e7 count as at most as likely. Drawn
    ones give (b + 1)/(n + 1), which errs on the side of not rejecting.

    References
    ----------
    .. [1] N. Cressie, T. R. C. Read, "Goodness-of-Fit Statistics for Discrete
       Multivariate Data", Springer 1988, ch. 5.
    """
    n, p, w = _arguments(counts, probabilities, weights)
    total, cells = int(n.sum()), n.size
    if total == 0 or cells == 1:
        return SharesTest(1.0, 0.0, 0.0, 1, "enumeration")
    with np.errstate(divide="ignore"):
        log_p = np.maximum(np.log(p), _IMPOSSIBLE * 10.0)
    observed = float(_log_likelihood(n[None, :], log_p, w)[0])
    if observed < _IMPOSSIBLE:
        return SharesTest(0.0, 0.0, 0.0, 1, "enumeration")
    outcomes = comb(total + cells - 1, cells - 1)
    if outcomes <= most_outcomes and outcomes * cells <= _MOST_CELLS:
        tail = below = 0.0
        for part in _compositions(total, cells):
            likelihood = _log_likelihood(part, log_p, w)
            tail += float(np.exp(likelihood[likelihood <= observed + _TIE]).sum())
            below += float(np.exp(likelihood[likelihood < observed - _TIE]).sum())
        return SharesTest(min(tail, 1.0), 0.0, below, outcomes, "enumeration")
    generator = np.random.Generator(np.random.Philox(key=seed))
    row = generator.choice(len(w), size=simulations, p=w)
    drawn = generator.multinomial(total, p[row])
    at_most = less = 0
    for start in range(0, simulations, _CHUNK):
        likelihood = _log_likelihood(drawn[start : start + _CHUNK], log_p, w)
        at_most += int(np.count_nonzero(likelihood <= observed + _TIE))
        less += int(np.count_nonzero(likelihood < observed - _TIE))
    value = (at_most + 1) / (simulations + 1)
    error = float(np.sqrt(value * (1.0 - value) / simulations))
    strictly = less / (simulations + 1)
    return SharesTest(value, error, strictly, simulations, "Monte Carlo")


def _arguments(
    counts: ArrayLike, probabilities: ArrayLike, weights: ArrayLike | None
) -> tuple[NDArray[np.int64], FloatArray, FloatArray]:
    n = finite("counts", counts, lowest=0.0, whole=True)
    p = np.atleast_2d(finite("probabilities", probabilities, lowest=0.0, highest=1.0))
    even = np.full(len(p), 1.0 / len(p))
    w = even if weights is None else finite("weights", weights, lowest=0.0, highest=1.0)
    source = "multinomial_test"
    problems = []
    if n.ndim != 1 or n.size == 0:
        problems.append(Problem(source, "counts", n.shape, "one count a cell"))
    if p.ndim != 2 or p.shape[1] != n.size:
        expected = f"rows of {n.size} probabilities"
        problems.append(Problem(source, "probabilities", p.shape, expected))
    elif np.any(np.abs(p.sum(axis=1) - 1.0) > 1e-9):
        worst = float(p.sum(axis=1)[np.argmax(np.abs(p.sum(axis=1) - 1.0))])
        problems.append(Problem(source, "probabilities", worst, "a sum of 1"))
    if w.shape != (len(p),):
        problems.append(Problem(source, "weights", w.shape, f"{len(p)} weights"))
    elif abs(float(w.sum()) - 1.0) > 1e-9:
        problems.append(Problem(source, "weights", float(w.sum()), "a sum of 1"))
    if problems:
        raise InputError(problems)
    rows = p / p.sum(axis=1, keepdims=True)
    return n.astype(np.int64), rows, w / w.sum()


def _log_likelihood(
    counts: NDArray[np.int64], log_p: FloatArray, weights: FloatArray
) -> FloatArray:
    """Return the log probability of each row of counts under the mixture."""
    from scipy.special import gammaln, logsumexp

    ways = gammaln(counts.sum(axis=1) + 1.0) - gammaln(counts + 1.0).sum(axis=1)
    each = counts @ log_p.T
    if each.shape[1] == 1:
        return np.asarray(ways + each[:, 0], dtype=np.float64)
    return np.asarray(ways + logsumexp(each, b=weights[None, :], axis=1))


def _compositions(total: int, cells: int) -> Iterator[NDArray[np.int64]]:
    """Yield all ways to share out a number over cells, as blocks of rows."""
    bars = combinations(range(total + cells - 1), cells - 1)
    while True:
        flat = np.fromiter(
            chain.from_iterable(islice(bars, _CHUNK)), dtype=np.int64
        ).reshape(-1, cells - 1)
        if len(flat) == 0:
            return
        edges = np.full((len(flat), cells + 1), -1, dtype=np.int64)
        edges[:, 1:-1] = flat
        edges[:, -1] = total + cells - 1
        yield np.diff(edges, axis=1) - 1


__all__ = ["SharesTest", "multinomial_test"]
