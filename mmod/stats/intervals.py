"""Confidence intervals: counts, proportions, Monte Carlo means, things never seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmod.errors import bad
from mmod.stats._arguments import check_level, finite

FloatArray = NDArray[np.float64]


def poisson_interval(
    count: ArrayLike, confidence: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """Return the exact central (Garwood) interval of a Poisson mean.

    Parameters
    ----------
    count : array_like of int, any shape [1]
        Observed counts, >= 0.
    confidence : float [1]
        Probability that the interval holds the mean, 0 < confidence < 1.

    Returns
    -------
    lower, upper : ndarray, shape of `count` [1]
        Limits of the mean; ``lower`` is 0 for a count of 0.

    Raises
    ------
    InputError
        When a count is negative, not finite or not whole, or the confidence is not
        inside (0, 1).

    Notes
    -----
    Each tail keeps (1 - confidence)/2, also for a count of 0, where the upper limit
    of a 95 % interval is 3.689 (a one-sided 95 % limit would be 2.996). The coverage
    is never below `confidence` and exceeds it for small means.

    References
    ----------
    .. [1] F. Garwood, "Fiducial limits for the Poisson distribution", Biometrika
       28 (1936) 437-442, https://doi.org/10.1093/biomet/28.3-4.437
    """
    from scipy.special import gammaincinv

    tail = 0.5 * (1.0 - check_level("confidence", confidence))
    n = finite("count", count, lowest=0.0, whole=True)
    some = np.where(n > 0, n, 1.0)
    lower = np.where(n > 0, gammaincinv(some, tail), 0.0)
    upper = gammaincinv(n + 1.0, 1.0 - tail)
    return np.asarray(lower, dtype=np.float64), np.asarray(upper, dtype=np.float64)


def binomial_interval(
    successes: ArrayLike, trials: ArrayLike, confidence: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """Return the exact central (Clopper-Pearson) interval of a proportion.

    Parameters
    ----------
    successes, trials : array_like of int, broadcastable [1]
        Observed successes among the trials; ``0 <= successes <= trials``, at least
        one trial.
    confidence : float [1]
        Probability that the interval holds the proportion, 0 < confidence < 1.

    Returns
    -------
    lower, upper : ndarray, broadcast shape [1]
        Limits of the proportion, inside [0, 1].

    Raises
    ------
    InputError
        When a number is out of its range.

    Notes
    -----
    Conservative: the coverage is never below `confidence`.

    References
    ----------
    .. [1] C. J. Clopper, E. S. Pearson, "The use of confidence or fiducial limits
       illustrated in the case of the binomial", Biometrika 26 (1934) 404-413,
       https://doi.org/10.1093/biomet/26.4.404
    """
    from scipy.special import betaincinv

    tail = 0.5 * (1.0 - check_level("confidence", confidence))
    k, n = np.broadcast_arrays(
        finite("successes", successes, lowest=0.0, whole=True),
        finite("trials", trials, lowest=1.0, whole=True),
    )
    if np.any(k > n):
        worst = k[k > n].flat[0]
        raise bad("binomial_interval", "successes", float(worst), "at most the trials")
    inner_k = np.where(k > 0, k, 1.0)
    lower = np.where(k > 0, betaincinv(inner_k, n - inner_k + 1.0, tail), 0.0)
    outer_k = np.where(k < n, k, 0.0)
    upper = np.where(k < n, betaincinv(outer_k + 1.0, n - outer_k, 1.0 - tail), 1.0)
    return np.asarray(lower, dtype=np.float64), np.asarray(upper, dtype=np.float64)


def t_interval(
    mean: ArrayLike,
    stderr: ArrayLike,
    dof: ArrayLike,
    confidence: float = 0.95,
    floor: float = -np.inf,
) -> tuple[FloatArray, FloatArray]:
    """Return the Student t interval of a mean.

    Parameters
    ----------
    mean, stderr : array_like, broadcastable [any unit]
        Estimate and its standard error; NaN where there is no estimate.
    dof : array_like, broadcastable [1]
        Degrees of freedom of the standard error; below 1 is taken as 1.
    confidence : float [1]
        Probability that the interval holds the mean, 0 < confidence < 1.
    floor : float [unit of `mean`]
        Limits below this value are raised to it (0 for an expected number).

    Returns
    -------
    lower, upper : ndarray, broadcast shape [unit of `mean`]
        The limits; NaN where `mean` or `stderr` is NaN.

    Raises
    ------
    InputError
        When the confidence is not inside (0, 1) or a standard error is negative.

    References
    ----------
    .. [1] "Student", "The probable error of a mean", Biometrika 6 (1908) 1-25,
       https://doi.org/10.1093/biomet/6.1.1
    """
    from scipy.special import stdtrit

    level = check_level("confidence", confidence)
    centre = np.asarray(mean, dtype=np.float64)
    error = np.asarray(stderr, dtype=np.float64)
    if np.any(error < 0.0):
        raise bad("t_interval", "stderr", float(error.min()), "a number >= 0")
    freedom = np.maximum(np.nan_to_num(np.asarray(dof, dtype=np.float64), nan=1.0), 1.0)
    half = stdtrit(freedom, 0.5 * (1.0 + level)) * error
    lower = np.maximum(centre - half, floor)
    upper = np.maximum(centre + half, floor)
    return np.asarray(lower, dtype=np.float64), np.asarray(upper, dtype=np.float64)


def satterthwaite_dof(
    variance: ArrayLike, dof: ArrayLike, axis: int | tuple[int, ...] | None = None
) -> FloatArray:
    """Return the degrees of freedom of a sum of independent variance estimates.

    ``(sum v)^2 / sum(v^2 / dof)``; NaN variances are left out.

    Parameters
    ----------
    variance : array_like [any unit squared]
        Estimated variances of the independent terms, >= 0.
    dof : array_like, broadcastable [1]
        Degrees of freedom of each; below 1 is taken as 1.
    axis : int or tuple of int, optional
        Axes to sum over; all of them by default.

    Returns
    -------
    ndarray [1]
        Effective degrees of freedom; where every variance is 0, the sum of `dof`.

    Raises
    ------
    InputError
        When a variance is negative.

    References
    ----------
    .. [1] F. E. Satterthwaite, "An approximate distribution of estimates of variance
       components", Biometrics Bulletin 2 (1946) 110-114,
       https://doi.org/10.2307/3002019
    """
    v, n = np.broadcast_arrays(
        np.nan_to_num(np.asarray(variance, dtype=np.float64), nan=0.0),
        np.maximum(np.asarray(dof, dtype=np.float64), 1.0),
    )
    if np.any(v < 0.0):
        raise bad("satterthwaite_dof", "variance", float(v.min()), "a number >= 0")
    # scaled by the largest, so that squares of tiny variances do not underflow
    scale = v.max(axis=axis, keepdims=True, initial=0.0)
    scaled = np.divide(v, scale, out=np.zeros(v.shape), where=scale > 0.0)
    top = np.sum(scaled, axis=axis) ** 2
    below = np.sum(scaled**2 / n, axis=axis)
    free = np.sum(n, axis=axis)
    result = np.where(below > 0.0, top / np.where(below > 0.0, below, 1.0), free)
    return np.asarray(result, dtype=np.float64)


def unseen_upper(
    unshadowed: ArrayLike, samples: ArrayLike, confidence: float = 0.95
) -> FloatArray:
    """Return the upper bound of an expected number of which nothing was seen.

    `samples` independent rays, drawn in proportion to the contribution that a face
    would receive if nothing cast a shadow, were all blocked. A visible share p would
    have let all of them be blocked with probability (1 - p)^n, so that p is below
    ``1 - (1 - confidence)**(1/n)`` and the expected number below that times the
    unshadowed one.

    Parameters
    ----------
    unshadowed : array_like, broadcastable [1]
        Expected number had nothing cast a shadow, >= 0.
    samples : array_like, broadcastable [1]
        (Effective) number n of rays, >= 0; with 0 the bound is `unshadowed`.
    confidence : float [1]
        One-sided confidence of the bound, 0 < confidence < 1.

    Returns
    -------
    ndarray, broadcast shape [1]
        Upper bound; 0 only where `unshadowed` is 0.

    Raises
    ------
    InputError
        When an argument is negative or not finite.

    Notes
    -----
    Clopper-Pearson limit for no success; about ``3/n`` at 95 %. Stratified points
    make it conservative. If rays are drawn from a mixture in which this class of
    impact has the share a, the rigorous effective number is ``a n``.

    References
    ----------
    .. [1] J. A. Hanley, A. Lippman-Hand, "If nothing goes wrong, is everything all
       right?", JAMA 249 (1983) 1743-1745,
       https://doi.org/10.1001/jama.1983.03330370053031
    """
    level = check_level("confidence", confidence)
    total = finite("unshadowed", unshadowed, lowest=0.0)
    n = finite("samples", samples, lowest=0.0)
    # a number of rays of 0 gives a share of 1 in the limit, without dividing by 0
    share = -np.expm1(np.log1p(-level) / np.maximum(n, 1e-300))
    return np.asarray(total * share, dtype=np.float64)


def unseen_stderr(unshadowed: ArrayLike, samples: ArrayLike) -> FloatArray:
    """Return the standard error that stands for an expected number never seen.

    ``unshadowed / (n + 1)``: the posterior mean of the visible share is 1/(n + 2) and
    its standard deviation below 1/(n + 2) after n blocked rays and a flat prior.

    Parameters
    ----------
    unshadowed : array_like, broadcastable [1]
        Expected number had nothing cast a shadow, >= 0.
    samples : array_like, broadcastable [1]
        (Effective) number n of rays, >= 0.

    Returns
    -------
    ndarray, broadcast shape [1]
        Standard error; 0 only where `unshadowed` is 0.

    Raises
    ------
    InputError
        When an argument is negative or not finite.

    References
    ----------
    .. [1] Rule of succession: P.-S. Laplace, "Essai philosophique sur les
       probabilites", 1814; E. T. Jaynes, "Probability Theory", 2003, ch. 18.
    """
    total = finite("unshadowed", unshadowed, lowest=0.0)
    n = finite("samples", samples, lowest=0.0)
    return np.asarray(total / (n + 1.0), dtype=np.float64)


__all__ = [
    "FloatArray",
    "binomial_interval",
    "poisson_interval",
    "satterthwaite_dof",
    "t_interval",
    "unseen_stderr",
    "unseen_upper",
]
