"""Tests of hypotheses: families of tests, two estimates, Poisson counts."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmod.errors import bad
from mmod.stats._arguments import check_level, finite

FloatArray = NDArray[np.float64]
_SIDES = ("two-sided", "greater", "less")


def sidak_level(alpha: float, tests: int) -> float:
    """Return the level of each test for a family-wise level (Sidak).

    ``1 - (1 - alpha)**(1/tests)``.

    Parameters
    ----------
    alpha : float [1]
        Probability of at least one false alarm in the family, inside (0, 1).
    tests : int [1]
        Number of independent tests, >= 1.

    Returns
    -------
    float [1]
        Level of each test.

    Raises
    ------
    InputError
        When an argument is out of range.

    References
    ----------
    .. [1] Z. Sidak, "Rectangular confidence regions for the means of multivariate
       normal distributions", J. Am. Stat. Assoc. 62 (1967) 626-633,
       https://doi.org/10.1080/01621459.1967.10482935
    """
    level = check_level("alpha", alpha)
    number = float(finite("tests", tests, lowest=1.0, whole=True))
    return float(-np.expm1(np.log1p(-level) / number))


def sidak(p: ArrayLike) -> FloatArray:
    """Return p-values adjusted for the number of independent tests (Sidak).

    Parameters
    ----------
    p : array_like, any shape [1]
        p-values of the single tests, in [0, 1].

    Returns
    -------
    ndarray, shape of `p` [1]
        ``1 - (1 - p)**n``; reject at the family-wise level where it is below.

    Raises
    ------
    InputError
        When a p-value is not in [0, 1].

    References
    ----------
    .. [1] Z. Sidak (1967), https://doi.org/10.1080/01621459.1967.10482935
    """
    values = finite("p", p, lowest=0.0, highest=1.0)
    inside = np.minimum(values, 0.5)
    small = -np.expm1(values.size * np.log1p(-inside))
    large = 1.0 - (1.0 - values) ** values.size
    return np.asarray(np.where(values < 0.5, small, large), dtype=np.float64)


def holm(p: ArrayLike) -> FloatArray:
    """Return p-values adjusted by Holm's step-down method.

    Parameters
    ----------
    p : array_like, any shape [1]
        p-values of the single tests, in [0, 1]; they may depend on each other.

    Returns
    -------
    ndarray, shape of `p` [1]
        Adjusted p-values, at most 1, in the order of `p`.

    Raises
    ------
    InputError
        When a p-value is not in [0, 1].

    References
    ----------
    .. [1] S. Holm, "A simple sequentially rejective multiple test procedure", Scand.
       J. Statist. 6 (1979) 65-70, https://www.jstor.org/stable/4615733
    """
    values = finite("p", p, lowest=0.0, highest=1.0)
    flat = values.ravel()
    order = np.argsort(flat, kind="stable")
    factor = flat.size - np.arange(flat.size)
    stepped = np.maximum.accumulate(np.minimum(flat[order] * factor, 1.0))
    adjusted = np.zeros(flat.size)
    adjusted[order] = stepped
    return adjusted.reshape(values.shape)


def two_sample_z(
    first: ArrayLike,
    first_stderr: ArrayLike,
    second: ArrayLike,
    second_stderr: ArrayLike,
) -> tuple[FloatArray, FloatArray]:
    """Compare two independent estimates with known standard errors.

    Parameters
    ----------
    first, second : array_like, broadcastable [any unit]
        The estimates.
    first_stderr, second_stderr : array_like, broadcastable [same unit]
        Their standard errors, >= 0, not both 0.

    Returns
    -------
    z : ndarray [1]
        Difference over its standard error (``first`` above ``second``: positive).
    p : ndarray [1]
        Two-sided p-value under the normal distribution.

    Raises
    ------
    InputError
        When a number is not finite, an error is negative, or both errors are 0.

    Notes
    -----
    Asymptotic: with few replicates the tails are those of Student's t, wider than
    the normal ones.

    References
    ----------
    .. [1] NIST/SEMATECH e-Handbook of Statistical Methods, section 7.3.1,
       https://doi.org/10.18434/M32189
    """
    from scipy.special import ndtr

    variance = (
        finite("first_stderr", first_stderr, lowest=0.0) ** 2
        + finite("second_stderr", second_stderr, lowest=0.0) ** 2
    )
    if np.any(variance <= 0.0):
        raise bad(
            "two_sample_z", "stderr", 0.0, "a positive error on one side at least"
        )
    difference = finite("first", first) - finite("second", second)
    z = np.asarray(difference / np.sqrt(variance), dtype=np.float64)
    return z, np.asarray(2.0 * ndtr(-np.abs(z)), dtype=np.float64)


def poisson_test(
    count: ArrayLike, mean: ArrayLike, alternative: str = "two-sided"
) -> FloatArray:
    """Return the exact p-value of a Poisson count against a known mean.

    Parameters
    ----------
    count : array_like of int, broadcastable [1]
        Observed counts, >= 0.
    mean : array_like, broadcastable [1]
        Expected numbers under the hypothesis, >= 0.
    alternative : {"two-sided", "greater", "less"}
        "greater": more counts than expected are the alarm.

    Returns
    -------
    ndarray, broadcast shape [1]
        p-values. Two-sided: twice the smaller tail, at most 1, consistent with the
        central interval of `mmod.stats.poisson_interval`.

    Raises
    ------
    InputError
        When a number is out of its range or the alternative unknown.

    References
    ----------
    .. [1] F. Garwood (1936), https://doi.org/10.1093/biomet/28.3-4.437
    """
    from scipy.special import gammainc, gammaincc

    _check_side(alternative)
    k, mu = np.broadcast_arrays(
        finite("count", count, lowest=0.0, whole=True), finite("mean", mean, lowest=0.0)
    )
    at_most = gammaincc(k + 1.0, mu)
    at_least = np.where(k > 0, gammainc(np.where(k > 0, k, 1.0), mu), 1.0)
    return _tail(at_most, at_least, alternative)


def poisson_ratio_test(
    first: ArrayLike,
    second: ArrayLike,
    exposure_ratio: ArrayLike = 1.0,
    alternative: str = "two-sided",
) -> FloatArray:
    """Return the exact conditional p-value for two Poisson counts of one rate.

    Given the sum of both counts, the first is binomial with probability
    ``r / (1 + r)``.

    Parameters
    ----------
    first, second : array_like of int, broadcastable [1]
        Observed counts, >= 0.
    exposure_ratio : array_like, broadcastable [1]
        Exposure (area x time) of the first over that of the second, r > 0.
    alternative : {"two-sided", "greater", "less"}
        "greater": a higher rate of the first is the alarm.

    Returns
    -------
    ndarray, broadcast shape [1]
        p-values; 1 where both counts are 0.

    Raises
    ------
    InputError
        When a number is out of its range or the alternative unknown.

    References
    ----------
    .. [1] J. Przyborowski, H. Wilenski, "Homogeneity of results in testing samples
       from Poisson series", Biometrika 31 (1940) 313-323,
       https://doi.org/10.1093/biomet/31.3-4.313
    """
    from scipy.special import betainc

    _check_side(alternative)
    k, other, ratio = np.broadcast_arrays(
        finite("first", first, lowest=0.0, whole=True),
        finite("second", second, lowest=0.0, whole=True),
        finite("exposure_ratio", exposure_ratio, lowest=np.finfo(float).tiny),
    )
    share = ratio / (1.0 + ratio)
    inner = np.where(k > 0, k, 1.0)
    at_least = np.where(k > 0, betainc(inner, other + 1.0, share), 1.0)
    rest = np.where(other > 0, other, 1.0)
    at_most = np.where(other > 0, betainc(rest, k + 1.0, 1.0 - share), 1.0)
    return _tail(at_most, at_least, alternative)


def _check_side(alternative: str) -> None:
    if alternative not in _SIDES:
        raise bad("mmod.stats", "alternative", alternative, f"one of {_SIDES}")


def _tail(at_most: FloatArray, at_least: FloatArray, alternative: str) -> FloatArray:
    if alternative == "greater":
        return np.asarray(at_least, dtype=np.float64)
    if alternative == "less":
        return np.asarray(at_most, dtype=np.float64)
    both = 2.0 * np.minimum(at_most, at_least)
    return np.asarray(np.minimum(both, 1.0), dtype=np.float64)
