"""Expected numbers when the flux models are off: limits, and the sum of two kinds.

A model's number N(z) is known at fixed normal deviates z (`mmod.flux.uncertainty`). The
model of debris and the model of meteoroids have independent deviates, so the quantiles of
their sum come from a convolution. All this is apart from the error of the sampling.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mmod.errors import bad
from mmod.flux.uncertainty import FLUX_DEVIATES, NORMAL_97_5

FloatArray = NDArray[np.float64]

_NODES = np.linspace(-6.0, 6.0, 321)
_WEIGHTS = np.exp(-0.5 * _NODES**2)
_WEIGHTS /= _WEIGHTS.sum()
_SCAN = np.linspace(-4.5, 4.5, 55)
"""Deviates of the comonotone sum whose distribution function is tabulated."""
_BATCH = 256


def limits(given: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the 95 % limits of numbers that are known at `FLUX_DEVIATES`.

    Parameters
    ----------
    given : ndarray, shape (..., q) [1]
        Rising with the deviate.

    Returns
    -------
    lower, upper : ndarray, shape (...)
        At deviates of -1.96 and 1.96.

    Notes
    -----
    Valid for quantile functions; NaN stays NaN.
    """
    place = [
        int(np.argmin(np.abs(FLUX_DEVIATES - z))) for z in (-NORMAL_97_5, NORMAL_97_5)
    ]
    return given[..., place[0]], given[..., place[1]]


def sum_of_independent(first: FloatArray, second: FloatArray) -> FloatArray:
    """Return the quantiles of the sum of two independent numbers.

    Parameters
    ----------
    first, second : ndarray, shape (..., q) [1]
        N(z) >= 0 at `FLUX_DEVIATES`, rising; NaN where not defined.

    Returns
    -------
    ndarray, shape (..., q) [1]
        The quantiles of N1(z1) + N2(z2) at the same normal deviates, z1 and z2
        independent standard normal. NaN where either is.

    Raises
    ------
    InputError
        When the shapes differ or a number is negative or falls with the deviate.

    Notes
    -----
    Between the deviates ln N is linear in z, and goes on so beyond them. The
    distribution function is a sum over 321 deviates of the narrower number: the
    quantiles belong to deviates within 0.002 of the stated ones, 0.008 where both laws
    are as wide as a factor of 20 at one standard error (tests).
    The median of a sum of lognormals is not the sum of their medians.

    References
    ----------
    .. [1] docs/theory.md, section 5.4.
    """
    one, two = (np.asarray(v, dtype=np.float64) for v in (first, second))
    if one.shape != two.shape or one.shape[-1:] != FLUX_DEVIATES.shape:
        expected = f"two arrays of one shape (..., {FLUX_DEVIATES.size})"
        raise bad("<argument>", "shape", (one.shape, two.shape), expected)
    for values in (one, two):
        if np.any(values < 0.0) or np.any(np.diff(values, axis=-1) < 0.0):
            expected = "numbers >= 0 that rise with the deviate"
            raise bad("<argument>", "given", "other numbers", expected)
    flat = one.reshape(-1, FLUX_DEVIATES.size), two.reshape(-1, FLUX_DEVIATES.size)
    result = flat[0] + flat[1]  # right where one of them is 0, NaN where one is NaN
    spread = [v[:, -1] - v[:, 0] for v in flat]
    with np.errstate(invalid="ignore"):
        mixed = (flat[0][:, 0] > 0.0) & (flat[1][:, 0] > 0.0)
        mixed &= (spread[0] > 1e-9 * flat[0][:, 0]) & (spread[1] > 1e-9 * flat[1][:, 0])
    swap = spread[0] > spread[1]
    for start in range(0, int(mixed.sum()), _BATCH):
        rows = np.flatnonzero(mixed)[start : start + _BATCH]
        narrow = np.where(swap[rows, None], flat[1][rows], flat[0][rows])
        wide = np.where(swap[rows, None], flat[0][rows], flat[1][rows])
        result[rows] = _quantiles(narrow, wide)
    return result.reshape(one.shape)


def _quantiles(narrow: FloatArray, wide: FloatArray) -> FloatArray:
    from scipy.interpolate import PchipInterpolator
    from scipy.special import ndtr, ndtri

    result = np.empty(narrow.shape)
    for row, (a, b) in enumerate(zip(narrow, wide, strict=True)):
        log_a, log_b = np.log(a), np.log(b)
        total = np.exp(_line(_SCAN, log_a)) + np.exp(_line(_SCAN, log_b))
        left = total[:, None] - np.exp(_line(_NODES, log_a))[None, :]
        with np.errstate(divide="ignore", invalid="ignore"):
            deviate = _inverse(np.log(np.where(left > 0.0, left, 0.0)), log_b)
        share = ndtr(deviate) @ _WEIGHTS
        score = ndtri(np.clip(share, 1e-15, 1.0 - 1e-15))
        keep = np.abs(score) < 7.0
        keep[1:] &= np.diff(score) > 1e-12
        curve = PchipInterpolator(score[keep], np.log(total[keep]))
        result[row] = np.exp(curve(FLUX_DEVIATES))
    return result


def _line(deviate: FloatArray, log_number: FloatArray) -> FloatArray:
    """Return ln N at any deviates: linear, its end slopes continued."""
    z, y = FLUX_DEVIATES, log_number
    low, high = (y[1] - y[0]) / (z[1] - z[0]), (y[-1] - y[-2]) / (z[-1] - z[-2])
    out = np.interp(deviate, z, y)
    out = np.where(deviate < z[0], y[0] + low * (deviate - z[0]), out)
    return np.where(deviate > z[-1], y[-1] + high * (deviate - z[-1]), out)


def _inverse(log_number: FloatArray, known: FloatArray) -> FloatArray:
    """Return the deviates at which ln N has some values (inverse of `_line`)."""
    z = FLUX_DEVIATES
    # a stretch that does not rise is given a slope that only rounding notices
    y = np.maximum.accumulate(known + 1e-13 * np.arange(z.size))
    low, high = (z[1] - z[0]) / (y[1] - y[0]), (z[-1] - z[-2]) / (y[-1] - y[-2])
    out = np.interp(log_number, y, z)
    out = np.where(log_number < y[0], z[0] + low * (log_number - y[0]), out)
    return np.where(log_number > y[-1], z[-1] + high * (log_number - y[-1]), out)
