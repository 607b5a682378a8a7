"""Distribution of a count whose mean is known, or known up to lognormal factors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mmod.errors import bad
from mmod.stats._arguments import check_level, finite
from mmod.stats.intervals import FloatArray

LEAST_ERROR = 1e-12
"""Model errors below this move no digit, and count as none [1]."""
LARGEST_MEAN = 1e5
"""Largest mean that may carry a model error: beyond it the counts mean nothing more."""
_REACH = 8.5
_COARSE, _PER_WIDTH = 0.2, 0.5
_TIE = 1e-7


@dataclass(frozen=True, eq=False)
class CountLaw:
    """A mixture of Poisson distributions.

    Parameters
    ----------
    means : ndarray, shape (q,) [1]
        Means of the Poisson distributions, >= 0.
    weights : ndarray, shape (q,) [1]
        Their weights, which sum to 1.

    Notes
    -----
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

    @property
    def mean(self) -> float:
        """Mean of the count [1]."""
        return float(self.weights @ self.means)

    def log_pmf(self, count: int) -> float:
        """Return ln P(N = count)."""
        from scipy.special import gammaln, logsumexp, xlogy

        each = xlogy(count, self.means) - self.means - gammaln(count + 1.0)
        return float(logsumexp(each, b=self.weights))

    def pmf(self, count: int) -> float:
        """Return P(N = count) [1]."""
        return float(np.exp(self.log_pmf(count))) if count >= 0 else 0.0

    def at_most(self, count: int) -> float:
        """Return P(N <= count) [1]."""
        from scipy.special import gammaincc

        if count < 0:
            return 0.0
        return float(min(self.weights @ gammaincc(count + 1.0, self.means), 1.0))

    def at_least(self, count: int) -> float:
        """Return P(N >= count) [1]."""
        from scipy.special import gammainc

        if count <= 0:
            return 1.0
        return float(min(self.weights @ gammainc(float(count), self.means), 1.0))

    def two_sided(self, count: int) -> float:
        """Return the minimum-likelihood p-value: the sum of pmf <= pmf(count).

        Counts equal in probability to 1 part in 1e7 are taken as equal.
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
        """Return the doubled mid-p: twice the smaller tail with half of pmf(count)."""
        half = 0.5 * self.pmf(count)
        tail = min(self.at_most(count - 1), self.at_least(count + 1)) + half
        return min(2.0 * tail, 1.0)

    def randomised(self, count: int, uniform: float) -> float:
        """Return P(N < count) + uniform P(N = count): uniform if the law is true."""
        return min(self.at_most(count - 1) + uniform * self.pmf(count), 1.0)

    def interval(self, confidence: float = 0.95) -> tuple[int, int]:
        """Return the central interval of the count: at most (1 - c)/2 on each side."""
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


def lognormal_law(means: ArrayLike, log_stderr: ArrayLike) -> CountLaw:
    """Return the count whose means carry lognormal factors.

    N is Poisson with mean ``sum_k means_k U_k``, where ln U_k is normal with mean 0 and
    standard deviation ``log_stderr_k``, one independent factor for each kind of
    particle (debris, meteoroids).

    Parameters
    ----------
    means : array_like, shape (k,) [1]
        Expected numbers at U = 1 (the median), >= 0.
    log_stderr : array_like, shape (k,) [1]
        Standard deviations of ln U, 0 to 3; 0 means no model error.

    Returns
    -------
    CountLaw
        Nodes of a product rule.

    Raises
    ------
    InputError
        When an argument is negative, not finite or above its range, or more than two
        means carry an error.

    Notes
    -----
    Trapezoidal rule in each normal variable from -8.5 to 8.5: its error falls
    exponentially once the step is below the width of the integrand. The factor of the
    largest effect gets at least two nodes a Poisson width, the other a step of 0.2. Of
    counts far above the means the pmf is off by up to 1e-3 of itself once it is below
    1e-11, where it decides nothing.

    The mean of the count is ``means exp(s^2 / 2)``: above the median ``means``.

    References
    ----------
    .. [1] L. N. Trefethen, J. A. C. Weideman, "The exponentially convergent
       trapezoidal rule", SIAM Review 56 (2014) 385-458,
       https://doi.org/10.1137/130932132
    """
    mu, s = np.broadcast_arrays(
        np.atleast_1d(finite("means", means, lowest=0.0)),
        np.atleast_1d(finite("log_stderr", log_stderr, lowest=0.0, highest=3.0)),
    )
    random = (mu > 0.0) & (s > LEAST_ERROR)
    if np.any(mu[random] > LARGEST_MEAN):
        worst = float(mu[random].max())
        raise bad("mmod.stats", "means", worst, f"a mean <= {LARGEST_MEAN:g}")
    if random.sum() > 2:
        raise bad("mmod.stats", "means", mu.tolist(), "at most two uncertain means")
    total, weights = np.full(1, float(mu[~random].sum())), np.ones(1)
    effect = np.argsort(-(mu * s)[random], kind="stable")
    for position, k in enumerate(np.flatnonzero(random)[effect].tolist()):
        width = 1.0 / (s[k] * np.sqrt(mu.sum() + 1.0))
        step = min(_COARSE, _PER_WIDTH * width) if position == 0 else _COARSE
        z, w = normal_nodes(step)
        total = (total[:, None] + mu[k] * np.exp(s[k] * z)[None, :]).ravel()
        weights = (weights[:, None] * w[None, :]).ravel()
    keep = weights > 1e-25
    return CountLaw(total[keep], weights[keep] / weights[keep].sum())


def normal_nodes(step: float) -> tuple[FloatArray, FloatArray]:
    """Return nodes and weights of the trapezoidal rule for a standard normal variable.

    Parameters
    ----------
    step : float [1]
        Distance of the nodes, which reach from -8.5 to 8.5.

    Returns
    -------
    nodes, weights : ndarray [1]
        The weights sum to 1.
    """
    half = int(np.ceil(_REACH / step))
    z = np.linspace(-_REACH, _REACH, 2 * half + 1)
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
    return lognormal_law(mean, log_stderr).two_sided(number)


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
