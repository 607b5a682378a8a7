"""Statistical assertions that declare what they can see.

Rules (docs/testing.md): every test has a false-alarm rate and a smallest error that it
detects with 95 % power; a test too weak for its declaration fails by itself with
`TooWeakError`, whatever the numbers say. NaN fails always.

Import as ``from statistics_helpers import assert_mean`` (tests/ is on the path).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

FloatArray = NDArray[np.float64]

SIGMA_LIMIT = 5.0
SINGLE_ALARM = float(2.0 * stats.norm.sf(SIGMA_LIMIT))
"""False-alarm rate of one z test, |z| < 5: 5.7e-7."""
FAMILY_ALARM = 1e-6
"""False-alarm rate of all elements of one array together."""
POWER_SIGMA = float(stats.norm.isf(0.05))
"""1.64: the distance from the limit at which 95 % of the biased results fall out."""


class TooWeakError(AssertionError):
    """The test cannot see the error that it says it detects."""


def sidak(alarm: float, number: int) -> float:
    """Return the false-alarm rate of one of `number` tests that share `alarm`."""
    if not 0.0 < alarm < 1.0 or number < 1:
        message = f"need 0 < alarm < 1 and number >= 1, got {alarm}, {number}"
        raise ValueError(message)
    return float(-np.expm1(np.log1p(-alarm) / number))


def limit_of(alarm: float, dof: ArrayLike | None = None) -> FloatArray:
    """Return the two-sided limit in units of the standard error.

    Normal when `dof` is not given, Student's t otherwise.
    """
    if dof is None:
        return np.asarray(stats.norm.isf(alarm / 2.0), dtype=np.float64)
    return np.asarray(stats.t.isf(alarm / 2.0, dof), dtype=np.float64)


def assert_mean(
    estimate: float,
    stderr: float,
    truth: float,
    *,
    detects: float,
    floor: float = 0.0,
    dof: float | None = None,
    label: str = "",
) -> None:
    """Assert that one estimate agrees with the truth.

    Parameters
    ----------
    estimate, stderr, truth : float
        What was estimated, its standard error, what it should be.
    detects : float
        Relative bias of the truth that this test sees with 95 % power.
    floor : float
        Relative tolerance for errors that are not random (bins, facets).
    dof : float, optional
        Degrees of freedom of `stderr`; a t limit of equal false-alarm rate is used.
    label : str
        Name of what is tested, for the message.

    Raises
    ------
    TooWeakError
        If (5 + 1.64) standard errors and the floor exceed ``detects * |truth|``.
    AssertionError
        If the estimate is off by more than 5 standard errors and the floor.
    """
    _assert_means(
        np.array([estimate]),
        np.array([stderr]),
        np.array([truth]),
        np.array([detects]),
        floor,
        SINGLE_ALARM,
        None if dof is None else np.array([dof]),
        label,
    )


def assert_means(
    estimate: ArrayLike,
    stderr: ArrayLike,
    truth: ArrayLike,
    *,
    detects: ArrayLike,
    floor: float = 0.0,
    dof: ArrayLike | None = None,
    alarm: float = FAMILY_ALARM,
    label: str = "",
) -> None:
    """Assert that an array of estimates agrees with the truth, element by element.

    As `assert_mean`; the limit of each element follows Sidak, so that the whole array
    gives a false alarm at the rate `alarm`. ``detects`` may differ from element to
    element; ``inf`` says that an element is not expected to detect anything.
    """
    arrays = np.broadcast_arrays(estimate, stderr, truth, detects)
    flat = [np.asarray(a, dtype=np.float64).ravel() for a in arrays]
    degrees = (
        None
        if dof is None
        else np.broadcast_to(np.asarray(dof, float), arrays[0].shape).ravel()
    )
    one = sidak(alarm, flat[0].size)
    _assert_means(*flat, floor, one, degrees, label)


def _assert_means(
    estimate: FloatArray,
    stderr: FloatArray,
    truth: FloatArray,
    detects: FloatArray,
    floor: float,
    alarm: float,
    dof: FloatArray | None,
    label: str,
) -> None:
    for name, array in (("estimate", estimate), ("stderr", stderr), ("truth", truth)):
        assert np.isfinite(array).all(), f"{label}: {name} is not finite: {array}"
    assert (stderr >= 0.0).all(), f"{label}: negative standard error: {stderr}"
    limit = limit_of(alarm, dof)
    power = POWER_SIGMA if dof is None else stats.t.isf(0.05, dof)
    size = np.abs(truth)
    seen = (limit + power) * stderr + floor * size
    weak = seen > detects * size
    if weak.any():
        worst = int(np.argmax(np.where(weak, seen - detects * size, -np.inf)))
        message = (
            f"{label}[{worst}]: can only see an error of {seen[worst]:.3g}"
            f" on {truth[worst]:.6g}, but declares {detects[worst]:.3g} of it"
        )
        raise TooWeakError(message)
    allowed = limit * stderr + floor * size
    error = np.abs(estimate - truth)
    out = error > allowed
    if out.any():
        worst = int(np.argmax(np.where(out, error - allowed, -np.inf)))
        message = (
            f"{label}: {int(out.sum())} of {out.size} off; worst [{worst}]"
            f" estimate {estimate[worst]:.8g} +- {stderr[worst]:.3g},"
            f" truth {truth[worst]:.8g}, allowed {allowed[worst]:.3g}"
        )
        raise AssertionError(message)


def pool_cells(
    observed: ArrayLike, expected: ArrayLike, least: float = 5.0
) -> tuple[FloatArray, FloatArray]:
    """Join neighbouring cells until each expects at least `least` counts."""
    pooled: list[tuple[float, float]] = []
    count = mean = 0.0
    for seen, wanted in zip(
        np.ravel(np.asarray(observed, float)),
        np.ravel(np.asarray(expected, float)),
        strict=True,
    ):
        count += seen
        mean += wanted
        if mean >= least:
            pooled.append((count, mean))
            count = mean = 0.0
    if mean > 0.0 or count > 0.0:
        last = pooled.pop() if pooled else (0.0, 0.0)
        pooled.append((last[0] + count, last[1] + mean))
    table = np.array(pooled).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def assert_counts(
    observed: ArrayLike,
    expected: ArrayLike,
    *,
    detects: float,
    fitted: int = 1,
    alarm: float = FAMILY_ALARM,
    dump: Path | None = None,
    label: str = "",
) -> None:
    """Assert by a chi-square test that counts follow their expectation.

    Parameters
    ----------
    observed, expected : array_like
        Counts of the cells and what they should be on average. Cells that expect fewer
        than 5 are joined with their neighbours.
    detects : float
        Root-mean-square relative deviation over the cells that the test sees with 95 %
        power (noncentral chi-square).
    fitted : int
        Number of constraints; 1 when the total of `expected` is set to that observed.
    alarm : float
        False-alarm rate.
    dump : Path, optional
        Folder (``tmp_path``) that receives observed and expected on failure.
    label : str
        Name of what is tested.

    Raises
    ------
    TooWeakError
        If there are too few counts for `detects`.
    AssertionError
        If the counts do not fit, or one is seen where none can be.
    """
    seen = np.ravel(np.asarray(observed, dtype=np.float64))
    wanted = np.ravel(np.asarray(expected, dtype=np.float64))
    assert np.isfinite(seen).all(), f"{label}: observed is not finite"
    assert np.isfinite(wanted).all(), f"{label}: expected is not finite"
    assert (seen >= 0.0).all(), f"{label}: negative counts"
    assert (wanted >= 0.0).all(), f"{label}: negative expectation"
    impossible = (wanted == 0.0) & (seen > 0.0)
    assert not impossible.any(), (
        f"{label}: counts in cells that expect none: {np.flatnonzero(impossible)}"
    )
    counts, means = pool_cells(seen, wanted)
    dof = counts.size - fitted
    if dof < 1:
        message = f"{label}: {counts.size} cells are left after pooling"
        raise TooWeakError(message)
    limit = stats.chi2.isf(alarm, dof)
    power = float(stats.ncx2.sf(limit, dof, means.sum() * detects**2))
    if power < 0.95:
        message = f"{label}: sees a deviation of {detects:.3g} with power {power:.3f}"
        raise TooWeakError(message)
    value = float(((counts - means) ** 2 / means).sum())
    if value > limit:
        if dump is not None:
            table = np.column_stack([seen, wanted])
            np.savetxt(dump / "counts.csv", table, header="observed,expected")
        message = f"{label}: chi-square {value:.4g} on {dof} degrees, limit {limit:.4g}"
        raise AssertionError(message)


def assert_coverage(
    lower: ArrayLike,
    upper: ArrayLike,
    truth: ArrayLike,
    *,
    detects: float,
    level: float = 0.95,
    sigma: float = 4.0,
    label: str = "",
) -> None:
    """Assert that intervals cover the truth as often as they say.

    Parameters
    ----------
    lower, upper : array_like
        Ends of the intervals of independent replicates.
    truth : array_like
        The value to be covered (broadcast).
    detects : float
        Loss of coverage (0.05: 90 % in place of 95 %) seen with 95 % power.
    level : float
        Coverage that the intervals claim.
    sigma : float
        Limit in binomial standard deviations.
    label : str
        Name of what is tested.
    """
    low, high, value = (
        np.asarray(a, dtype=np.float64).ravel()
        for a in np.broadcast_arrays(lower, upper, truth)
    )
    for name, array in (("lower", low), ("upper", high), ("truth", value)):
        assert not np.isnan(array).any(), f"{label}: {name} has NaN"
    assert (low <= high).all(), f"{label}: interval upside down"
    number = low.size
    spread = np.sqrt(level * (1.0 - level) / number)
    worse = level - detects
    seen = sigma * spread + POWER_SIGMA * np.sqrt(worse * (1.0 - worse) / number)
    if seen > detects:
        message = f"{label}: {number} intervals see {seen:.3g}, not {detects:.3g}"
        raise TooWeakError(message)
    covered = float(np.mean((low <= value) & (value <= high)))
    assert abs(covered - level) <= sigma * spread, (
        f"{label}: {covered:.4f} of {number} intervals cover, {level} expected,"
        f" allowed +- {sigma * spread:.4f}"
    )


def assert_pulls(
    pulls: ArrayLike,
    *,
    dof: ArrayLike | None = None,
    alarm: float = FAMILY_ALARM,
    detects: float = 0.2,
    label: str = "",
) -> None:
    """Assert that pulls (estimate - truth) / stderr are normal, or t distributed.

    Two tests share `alarm`: the variance after the map to normal scores (chi-square)
    and the shape (Kolmogorov-Smirnov). ``detects`` is the relative error of the error
    bars that the first sees with 95 % power, whether too long or too short.
    """
    values = np.ravel(np.asarray(pulls, dtype=np.float64))
    assert np.isfinite(values).all(), f"{label}: pulls are not finite"
    number = values.size
    if dof is None:
        lower_tail, upper_tail = stats.norm.cdf(values), stats.norm.sf(values)
    else:
        degrees = np.broadcast_to(np.asarray(dof, float), np.shape(pulls)).ravel()
        lower_tail = stats.t.cdf(values, degrees)
        upper_tail = stats.t.sf(values, degrees)
    scores = np.where(
        lower_tail < 0.5, stats.norm.ppf(lower_tail), stats.norm.isf(upper_tail)
    )
    one = sidak(alarm, 2)
    low, high = stats.chi2.ppf(one / 2.0, number), stats.chi2.isf(one / 2.0, number)
    short = float(stats.chi2.sf(high * (1.0 - detects) ** 2, number))
    long = float(stats.chi2.cdf(low * (1.0 + detects) ** 2, number))
    if min(short, long) < 0.95:
        message = (
            f"{label}: {number} pulls see error bars off by {detects:.3g}"
            f" with power {min(short, long):.3f}"
        )
        raise TooWeakError(message)
    total = float((scores**2).sum())
    assert low <= total <= high, (
        f"{label}: mean square of the pulls {total / number:.4g},"
        f" allowed {low / number:.4g} to {high / number:.4g}"
    )
    shape = stats.kstest(lower_tail, "uniform")
    assert shape.pvalue > one, (
        f"{label}: pulls have another shape, p {shape.pvalue:.3g}"
    )
