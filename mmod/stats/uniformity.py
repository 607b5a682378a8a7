"""Are some numbers uniform? Statistics whose p-value comes from simulation."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mmod.errors import bad
from mmod.stats._arguments import finite
from mmod.stats.intervals import FloatArray

SIMULATIONS = 9_999
"""Sets simulated for a p-value: a standard error of 0.0022 at p = 0.05."""


def kolmogorov_smirnov(u: ArrayLike) -> FloatArray:
    """Return the Kolmogorov-Smirnov distance from the uniform distribution.

    Parameters
    ----------
    u : array_like, shape (..., n) [1]
        Numbers in [0, 1]; sets of n along the last axis.

    Returns
    -------
    ndarray, shape (...) [1]
        Largest distance of the empirical distribution from the diagonal.

    Raises
    ------
    InputError
        When a number is outside [0, 1] or a set is empty.

    References
    ----------
    .. [1] A. N. Kolmogorov, "Sulla determinazione empirica di una legge di
       distribuzione", G. Ist. Ital. Attuari 4 (1933) 83-91.
    """
    x, n = _sorted(u)
    above = np.arange(1, n + 1) / n - x
    below = x - np.arange(n) / n
    return np.asarray(np.maximum(above, below).max(axis=-1), dtype=np.float64)


def anderson_darling(u: ArrayLike) -> FloatArray:
    """Return the Anderson-Darling statistic A^2 for the uniform distribution.

    Parameters
    ----------
    u : array_like, shape (..., n) [1]
        Numbers in [0, 1]; sets of n along the last axis.

    Returns
    -------
    ndarray, shape (...) [1]
        A^2, which weighs the tails more than the Kolmogorov-Smirnov distance;
        infinite where a number is exactly 0 or 1.

    Raises
    ------
    InputError
        When a number is outside [0, 1] or a set is empty.

    References
    ----------
    .. [1] T. W. Anderson, D. A. Darling, "A test of goodness of fit", J. Am. Stat.
       Assoc. 49 (1954) 765-769, https://doi.org/10.1080/01621459.1954.10501232
    """
    x, n = _sorted(u)
    rank = 2.0 * np.arange(1, n + 1) - 1.0
    with np.errstate(divide="ignore"):
        terms = rank * (np.log(x) + np.log1p(-x[..., ::-1]))
    return np.asarray(-n - terms.sum(axis=-1) / n, dtype=np.float64)


def simulated_p(observed: float, simulated: ArrayLike) -> tuple[float, float]:
    """Return the p-value of a statistic from simulated ones, and its standard error.

    Parameters
    ----------
    observed : float
        Statistic of the data; large values are the alarm.
    simulated : array_like, shape (m,)
        Statistics of sets simulated under the hypothesis.

    Returns
    -------
    p, stderr : float [1]
        (b + 1)/(m + 1), b of m at least as large as that observed; Monte Carlo error.

    Raises
    ------
    InputError
        When nothing was simulated or a statistic is NaN.

    References
    ----------
    .. [1] A. C. Davison, D. V. Hinkley, "Bootstrap Methods and their Application",
       Cambridge 1997, section 4.2.
    """
    values = np.ravel(np.asarray(simulated, dtype=np.float64))
    if values.size == 0 or np.isnan(values).any() or np.isnan(observed):
        raise bad("simulated_p", "simulated", values.size, "statistics, none NaN")
    p = (int(np.count_nonzero(values >= observed)) + 1) / (values.size + 1)
    return p, float(np.sqrt(p * (1.0 - p) / values.size))


def _sorted(u: ArrayLike) -> tuple[FloatArray, int]:
    x = np.sort(finite("u", u, lowest=0.0, highest=1.0), axis=-1)
    if x.ndim == 0 or x.shape[-1] == 0:
        raise bad("mmod.stats", "u", x.shape, "at least one number")
    return x, int(x.shape[-1])


__all__ = ["anderson_darling", "kolmogorov_smirnov", "simulated_p"]
