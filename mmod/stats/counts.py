"""Distribution of a count whose mean is known, or known up to lognormal factors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from mmod.errors import bad
from mmod.stats._arguments import check_level, finite
from mmod.stats.intervals import FloatArray

LEAST_ERROR = 1e-12
"""Model errors below this move no digit, and count as none [1]."""
LARGEST_MEAN = 1e5
"""Largest mean beside a model error: beyond it the counts mean nothing more."""
LARGEST_ERROR = 5.0
"""Largest standard deviation of the logarithm of a model factor [1]."""
_REACH = 8.5
_COARSE, _PER_WIDTH = 0.2, 0.4
_TIE = 1e-7
_MOST_PRODUCT = 100_000


@dataclass(frozen=True, eq=False)
class CountLaw:
    """A mixture of Poisson distributions.

    Parameters
    ----------
    means : ndarray, shape (q,) [1]
        Means of the Poisson distributions, >= 0.
    weights : ndarray, shape (q,) [1]
        Their weights, which sum to 1.
    resolved : float [1]
        Count up to which these nodes serve, where they stand for a density.
    factors : tuple of two tuples of float, optional
        Medians and ln SD of the lognormal factors that they stand for: from these the
        nodes of larger counts are made. By default the nodes are the mixture itself.

    Notes
    -----
    A Poisson pmf at n is ``1/sqrt(n)`` wide in the logarithm of the mean: nodes that
    serve few counts make the pmf of many ripple. Every method takes nodes that are
    close enough for its count.

    `two_sided` and `interval` take the distribution to have one mode. That holds for
    one Poisson distribution and for a mixture over a density with one mode, as that
    of one lognormal factor is (Holgate 1970). For the sum of two such counts it is no
    theorem; the tests compare with full enumeration.

    References
    ----------
    .. [1] P. Holgate, "The modality of some compound Poisson distributions",
       Biometrika 57 (1970) 666-667, https://doi.org/10.1093/biomet/57.3.666
    """

    means: FloatArray
    weights: FloatArray
    resolved: float = np.inf
    factors: tuple[tuple[float, ...], tuple[float, ...]] | None = None

    @property
    def mean(self) -> float:
        """Mean of the count [1]."""
        return float(self.weights @ self.means)

    def log_pmf(self, count: int) -> float:
        """Return the logarithm of the probability of a count.

        Parameters
        ----------
        count : int [1]
            Count, >= 0.

        Returns
        -------
        float [1]
            ln P(N = count), -inf where it cannot happen.
        """
        from scipy.special import gammaln, logsumexp, xlogy

        means, weights, shape = self._nodes(count)
        if shape < count:  # a kernel as narrow as the density needs, moved to `count`
            means = means * (shape / count)
        each = xlogy(shape, means) - means - gammaln(shape + 1.0)
        moved = np.log(shape / count) if shape < count else 0.0
        return float(logsumexp(each, b=weights) + moved)

    def pmf(self, count: int) -> float:
        """Return the probability of a count.

        Parameters
        ----------
        count : int [1]
            Count.

        Returns
        -------
        float [1]
            P(N = count), 0 below 0.
        """
        return float(np.exp(self.log_pmf(count))) if count >= 0 else 0.0

    def at_most(self, count: int) -> float:
        """Return the probability of a count or fewer.

        Parameters
        ----------
        count : int [1]
            Count.

        Returns
        -------
        float [1]
            P(N <= count), 0 below 0.
        """
        from scipy.special import gammaincc

        if count < 0:
            return 0.0
        means, weights, shape = self._nodes(count + 1)
        tail = gammaincc(shape, means * (shape / (count + 1)))
        return float(min(weights @ tail, 1.0))

    def at_least(self, count: int) -> float:
        """Return the probability of a count or more.

        Parameters
        ----------
        count : int [1]
            Count.

        Returns
        -------
        float [1]
            P(N >= count), 1 up to 0.
        """
        from scipy.special import gammainc

        if count <= 0:
            return 1.0
        means, weights, shape = self._nodes(count)
        return float(min(weights @ gammainc(shape, means * (shape / count)), 1.0))

    def _nodes(self, count: int) -> tuple[FloatArray, FloatArray, float]:
        """Return nodes and weights that serve a count, and the count they serve."""
        if self.factors is None or count <= self.resolved:
            return self.means, self.weights, float(count)
        # few levels, so that the nodes of a search are made few times
        most = _widest(self.factors[1])
        level = max(4.0 ** np.ceil(np.log(count) / np.log(4.0)), self.resolved)
        means, weights = _rule(
            *self.factors, float(min(level, max(most, self.resolved)))
        )
        return means, weights, float(min(count, max(most, self.resolved)))

    def two_sided(self, count: int) -> float:
        """Return the minimum-likelihood p-value: the sum of pmf <= pmf(count).

        Parameters
        ----------
        count : int [1]
            Observed count, >= 0.

        Returns
        -------
        float [1]
            p-value; 0 for a count that cannot happen.

        Notes
        -----
        Counts equal in probability to 1 part in 1e7 are taken as equal. Valid for laws
        of one mode (notes of the class).
        """
        level = self.log_pmf(count) + _TIE
        if level == -np.inf:
            return 0.0

        def unlikely(other: int) -> bool:
            return self.log_pmf(other) <= level

        upper = _first(lambda step: unlikely(count + step), 1)
        lower = _first(lambda step: count - step < 0 or unlikely(count - step), 1)
        # one neighbour is at most as likely: that side belongs to the tail whole
        above = count + 1 if upper == 1 else count + upper
        below = count - lower
        return min(self.pmf(count) + self.at_most(below) + self.at_least(above), 1.0)

    def doubled_mid_p(self, count: int) -> float:
        """Return the doubled mid-p: twice the smaller tail with half of pmf(count).

        Parameters
        ----------
        count : int [1]
            Observed count, >= 0.

        Returns
        -------
        float [1]
            p-value, at most 1; not exact: it may reject slightly more often than its
            level.
        """
        half = 0.5 * self.pmf(count)
        tail = min(self.at_most(count - 1), self.at_least(count + 1)) + half
        return min(2.0 * tail, 1.0)

    def randomised(self, count: int, uniform: float) -> float:
        """Return a randomised lower tail, uniform if the law is true.

        Parameters
        ----------
        count : int [1]
            Observed count, >= 0.
        uniform : float [1]
            Random number, uniform in 0 to 1 and independent of the count.

        Returns
        -------
        float [1]
            P(N < count) + uniform P(N = count).
        """
        return min(self.at_most(count - 1) + uniform * self.pmf(count), 1.0)

    def interval(self, confidence: float = 0.95) -> tuple[int, int]:
        """Return the central interval of the count.

        Parameters
        ----------
        confidence : float [1]
            Probability c of the interval, at least, inside (0, 1).

        Returns
        -------
        lower, upper : int [1]
            Both belong to it; at most (1 - c)/2 lies on each side.

        Raises
        ------
        InputError
            When the confidence is not inside (0, 1).
        """
        tail = 0.5 * (1.0 - check_level("confidence", confidence))
        lower = _first(lambda k: self.at_most(k) > tail, 0)
        upper = _first(lambda k: self.at_least(k + 1) <= tail, 0)
        return lower, upper


def poisson_law(mean: float) -> CountLaw:
    """Return the Poisson distribution as a `CountLaw`.

    Parameters
    ----------
    mean : float [1]
        Its mean, >= 0.

    Returns
    -------
    CountLaw
        One node.

    Raises
    ------
    InputError
        When the mean is negative or not finite.
    """
    return CountLaw(finite("mean", [mean], lowest=0.0), np.ones(1))


def lognormal_law(
    means: ArrayLike, log_stderr: ArrayLike, count: float = 0.0
) -> CountLaw:
    """Return the count whose means carry lognormal factors.

    N is Poisson with mean ``sum_k means_k U_k``, where ln U_k is normal with mean 0 and
    standard deviation ``log_stderr_k``, one independent factor for each kind of
    particle (debris, meteoroids).

    Parameters
    ----------
    means : array_like, shape (k,) [1]
        Expected numbers at U = 1 (the median), >= 0.
    log_stderr : array_like, shape (k,) [1]
        Standard deviations of ln U, 0 to 5; 0 means no model error.
    count : float [1]
        Count that will be asked for, >= 0: its nodes are made at once. Others are
        right too, their nodes are made when they are asked for.

    Returns
    -------
    CountLaw
        Nodes over the mean.

    Raises
    ------
    InputError
        When an argument is negative, not finite or above its range, more than two
        means carry an error, or the means add up to more than 1e5 beside one.

    Notes
    -----
    Trapezoidal rule: its error falls exponentially once the step is below the width of
    the integrand [1]_. The step in the logarithm of each mean is 0.4 of the Poisson width
    ``1/sqrt(n)`` at the count n that is asked for, and at most 0.2 standard deviations.
    Two factors become one density of L = ln(m1 U1 + m2 U2): with r = ln(m1 U1 / m2 U2)
    the map to (L, r) has determinant 1, and r is integrated over. Against adaptive
    quadrature pmf and p-value are right to 1e-6 of themselves, at 2 to 4 standard
    deviations and errors of 0.9 to 5.

    From ``clip(1e5 / s^2, 1e4, 2e5)`` counts on, s the smaller error, the density has no
    feature as narrow as the Poisson width: the kernel of that count takes the place of
    the narrower one, which moves a p-value by about 1e-4 of itself at 4 standard
    deviations. Beyond 8.5 of them (p below 1e-16) nothing is claimed.

    The mean of the count is ``means exp(s^2 / 2)``: above the median ``means``.

    References
    ----------
    .. [1] L. N. Trefethen, J. A. C. Weideman, "The exponentially convergent
       trapezoidal rule", SIAM Review 56 (2014) 385-458,
       https://doi.org/10.1137/130932132
    """
    mu, s = np.broadcast_arrays(
        np.atleast_1d(finite("means", means, lowest=0.0)),
        np.atleast_1d(
            finite("log_stderr", log_stderr, lowest=0.0, highest=LARGEST_ERROR)
        ),
    )
    asked = float(finite("count", count, lowest=0.0))
    random = (mu > 0.0) & (s > LEAST_ERROR)
    if not random.any():
        return CountLaw(np.full(1, float(mu.sum())), np.ones(1))
    if mu.sum() > LARGEST_MEAN:
        expected = f"a mean <= {LARGEST_MEAN:g} beside a model error"
        raise bad("mmod.stats", "means", float(mu.sum()), expected)
    if random.sum() > 2:
        raise bad("mmod.stats", "means", mu.tolist(), "at most two uncertain means")
    factors = (
        (float(mu[~random].sum()), *mu[random].tolist()),
        (0.0, *s[random].tolist()),
    )
    resolved = min(max(float(mu.sum()), asked), max(_widest(factors[1]), mu.sum()))
    return CountLaw(*_rule(*factors, resolved), resolved, factors)


def _widest(spread: tuple[float, ...]) -> float:
    """Return the count from which the density is smooth over a Poisson width."""
    return float(np.clip(1e5 / min(spread[1:]) ** 2, 1e4, 2e5))


@lru_cache(maxsize=16)
def _rule(
    medians: tuple[float, ...], spread: tuple[float, ...], count: float
) -> tuple[FloatArray, FloatArray]:
    """Return means and weights that serve counts up to `count`; the first is certain."""
    width = _PER_WIDTH / np.sqrt(count + 1.0)
    total, weights = np.full(1, medians[0]), np.ones(1)
    mu, s = np.array(medians[1:]), np.array(spread[1:])
    # wide enough for the mean too, whose integrand is s deviates from the middle
    rules = [normal_nodes(min(_COARSE, width / k), _REACH + k) for k in s.tolist()]
    if len(s) == 2 and len(rules[0][0]) * len(rules[1][0]) > _MOST_PRODUCT:
        logarithm, weights = _log_sum(np.log(mu), s, width)
        total = medians[0] + np.exp(logarithm)
    else:
        for median, error, (z, w) in zip(mu, s, rules, strict=True):
            total = (total[:, None] + median * np.exp(error * z)[None, :]).ravel()
            weights = (weights[:, None] * w[None, :]).ravel()
    for values in (total, weights):  # they are shared
        values.flags.writeable = False
    return total, weights


def _log_sum(
    middle: FloatArray, s: FloatArray, width: float
) -> tuple[FloatArray, FloatArray]:
    """Return nodes and weights of the logarithm of a sum of two lognormal numbers."""
    reach = _REACH + s
    low = float((middle - reach * s).max())
    high = float((middle + reach * s).max()) + np.log(2.0)
    step = min(width, _COARSE * float(s.min()))
    x = low + step * np.arange(int(np.ceil((high - low) / step)) + 1)
    fine = min(_COARSE * float(s.min()), 0.4)
    ends = (middle[0] - middle[1]) + np.array([-1.0, 1.0]) * float((reach * s).sum())
    density = np.zeros(len(x))
    for r in np.arange(ends[0], ends[1] + fine, fine).tolist():
        first = (x - np.logaddexp(0.0, -r) - middle[0]) / s[0]
        second = (x - np.logaddexp(0.0, r) - middle[1]) / s[1]
        density += np.exp(-0.5 * (first * first + second * second))
    return np.asarray(x, dtype=np.float64), np.asarray(density / density.sum())


def normal_nodes(step: float, reach: float = _REACH) -> tuple[FloatArray, FloatArray]:
    """Return nodes and weights of the trapezoidal rule for a standard normal variable.

    Parameters
    ----------
    step : float [1]
        Largest distance of the nodes.
    reach : float [1]
        They reach from -reach to reach.

    Returns
    -------
    nodes, weights : ndarray [1]
        The weights sum to 1.
    """
    half = int(np.ceil(reach / step))
    z = np.linspace(-reach, reach, 2 * half + 1)
    w = np.exp(-0.5 * z * z)
    return z, w / w.sum()


def poisson_min_likelihood(
    count: int, mean: Sequence[float] | float, log_stderr: ArrayLike = 0.0
) -> float:
    """Return the exact two-sided p-value of a count: the sum of pmf <= pmf(count).

    Parameters
    ----------
    count : int [1]
        Observed count, >= 0.
    mean : float or sequence of float [1]
        Expected number, or those of two kinds of particles.
    log_stderr : float or sequence of float [1]
        Standard deviation of the logarithm of the model factor of each; 0 for none.

    Returns
    -------
    float [1]
        p-value, marginal over the model factors.

    Raises
    ------
    InputError
        When an argument is out of its range.

    Notes
    -----
    For the doubled mid-p, the usual alternative, see `CountLaw.doubled_mid_p`.

    References
    ----------
    .. [1] J. D. Gibbons, J. W. Pratt, "P-values: interpretation and methodology",
       The American Statistician 29 (1975) 20-25,
       https://doi.org/10.1080/00031305.1975.10479106
    """
    number = int(finite("count", count, lowest=0.0, whole=True))
    return lognormal_law(mean, log_stderr, number).two_sided(number)


def _first(holds: Callable[[int], bool], start: int) -> int:
    """Return the first whole number >= start for which a monotone predicate holds."""
    if holds(start):
        return start
    step = 1
    while not holds(start + step):
        step *= 2
    low, high = start + step // 2, start + step
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


__all__ = [
    "CountLaw",
    "lognormal_law",
    "normal_nodes",
    "poisson_law",
    "poisson_min_likelihood",
]
