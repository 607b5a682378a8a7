"""Goodness of fit of a set of breaches: totals, zones, sizes, times."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mmod.errors import bad
from mmod.forensics.prediction import Prediction
from mmod.forensics.sizes import (
    Reported,
    least_anderson_darling,
    least_kolmogorov_smirnov,
    size_ranges,
    size_statistics,
)
from mmod.stats import (
    CountLaw,
    SharesTest,
    anderson_darling,
    holm,
    kolmogorov_smirnov,
    lognormal_law,
    multinomial_test,
    poisson_interval,
    poisson_law,
    simulated_p,
)
from mmod.stats.counts import normal_nodes

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

LEVEL = 0.05
"""Level of the family of tests: adjusted p-values below it are called disagreement."""
FEWEST = 5
"""Sizes or times below which only the u values are given, no p."""
_SHARE_STEP, _FINEST_STEP = 0.5, 0.01
_LEAST_NODE = 1e-9
_TIMES_SEE = "growth of the flux over the exposure; showers"
_RANGES = (
    "a size inside its range may be any: the p given is the largest over all of them"
)
_NO_ERROR = (
    "given the number; the mix of kinds is taken as predicted, without model error"
)


@dataclass(frozen=True)
class Test:
    """One test of the family.

    Parameters
    ----------
    name : str
        What is compared.
    sees : str
        What it is sensitive to.
    n : int
        Breaches that enter.
    p, p_marginal : float [1]
        p-value without model error, and averaged over it; NaN where it was not run, the
        latter also where no model error enters the test (sizes, times).
    method : str
        How the p-values were found.
    stderr : float [1]
        Monte Carlo standard error of `p`; 0 where it is exact.
    stderr_marginal : float [1]
        That of `p_marginal`.
    note : str
        What the reader must know.
    p_holm, p_marginal_holm : float [1]
        Adjusted for the tests that have one (Holm).
    """

    name: str
    sees: str
    n: int
    p: float
    p_marginal: float
    method: str
    stderr: float = 0.0
    stderr_marginal: float = 0.0
    note: str = ""
    p_holm: float = math.nan
    p_marginal_holm: float = math.nan

    @property
    def ran(self) -> bool:
        """True where there is a p-value."""
        return not math.isnan(self.p)

    @property
    def verdict(self) -> str:
        """What the adjusted p-values say at the level `LEVEL`."""
        if not self.ran:
            return "not run"
        if math.isnan(self.p_marginal):
            return (
                "disagrees (model error not included)"
                if self.p_holm < LEVEL
                else "no disagreement seen"
            )
        if self.p_marginal_holm < LEVEL:
            return "disagrees, also beyond the model error"
        if self.p_holm < LEVEL:
            return "disagrees with the plain numbers, inside the model error"
        return "no disagreement seen"


@dataclass(frozen=True)
class ZoneRow:
    """Predicted and observed number of one zone.

    Parameters
    ----------
    zone : str
        Its name, or "all".
    expected, stderr : float [1]
        Predicted number and its sampling error.
    observed : int
        Breaches seen.
    lower, upper : float [1]
        Exact 95 % Poisson interval of the mean behind the observed number.
    model_lower, model_upper : int
        Counts between which the prediction lies with 95 %, model error included.
    """

    zone: str
    expected: float
    stderr: float
    observed: int
    lower: float
    upper: float
    model_lower: int
    model_upper: int

    @property
    def factor(self) -> float:
        """Observed over predicted [1]."""
        return self.observed / self.expected if self.expected > 0.0 else math.nan


@dataclass(frozen=True, eq=False)
class Assessment:
    """Everything found: rows, tests, what each breach says alone.

    Parameters
    ----------
    prediction : Prediction
        What was predicted.
    rows : tuple of ZoneRow
        By zone, then all together.
    tests : tuple of Test
        The family, also what was not run.
    sizes : tuple of Reported
        Sizes that entered.
    u_sizes, u_times : ndarray [1]
        Share of the predicted distribution below each size, and before each time.
    u_ends : ndarray, shape (n, 2) [1]
        Least and greatest share that each size as reported can have; equal where no
        range is reported.
    zero : tuple of float or None
        Where nothing was seen: P(0) without and with model error.
    """

    prediction: Prediction
    rows: tuple[ZoneRow, ...]
    tests: tuple[Test, ...]
    sizes: tuple[Reported, ...]
    u_sizes: FloatArray
    u_times: FloatArray
    u_ends: FloatArray
    zero: tuple[float, float] | None


def assess(
    prediction: Prediction,
    counts: Sequence[int],
    *,
    sizes: Sequence[Reported] = (),
    times: Sequence[float] = (),
    smallest: float = 0.0,
    rounding: float = 0.0,
    seed: int = 0,
    simulations: int = 9_999,
) -> Assessment:
    """Compare a set of breaches with what a run predicts.

    Parameters
    ----------
    prediction : Prediction
        Expected numbers, sizes and clock.
    counts : sequence of int, length z
        Breaches seen in each zone of the prediction.
    sizes : sequence of Reported
        Sizes of the breaches that have one.
    times : sequence of float [s]
        Instants of the breaches that have one, seconds since 1970.
    smallest : float [m]
        Sizes from which the survey is complete; 0 for all.
    rounding : float [m]
        Step to which sizes are rounded; 0 for none.
    seed : int
        Key of the random numbers of simulated p-values.
    simulations : int
        Sets simulated for the sizes; 9999 leave a standard error of 0.0022 at p = 0.05.

    Returns
    -------
    Assessment
        Table and tests, adjusted by Holm over the tests that were run.

    Raises
    ------
    InputError
        When the numbers do not fit together, or nothing is expected anywhere.

    Notes
    -----
    The total takes the minimum-likelihood Poisson test, plain and with the lognormal
    factors of debris and of meteoroids averaged over. Given the number of breaches,
    zones take the exact multinomial test: a factor common to all zones cancels, and
    the marginal p averages over what is left, the ratio of the two kinds. Sizes take
    Kolmogorov-Smirnov and Anderson-Darling with p by simulation of drawing, error of
    the size, rounding and threshold. Of a size that is reported as a range any value
    inside may be the true one: the statistic is the least over all of them, which the
    true sizes cannot undercut, so that false alarms are no more frequent than stated,
    however the ranges were chosen; wide ranges can hardly disagree. Times take Kolmogorov-Smirnov with its exact
    distribution. The latter two are given the number and take the mix of debris and
    meteoroids as predicted: no model error enters, and they have no marginal p. Holm's
    method adjusts the plain p-values over one another, and the marginal ones over one
    another; sizes and counts of one survey are not independent tests, for which it
    holds all the same.

    References
    ----------
    .. [1] N. Cressie, T. R. C. Read (1988), Goodness-of-Fit Statistics for Discrete
       Multivariate Data. [2] S. Holm (1979), https://www.jstor.org/stable/4615733
    """
    seen = np.asarray(counts, dtype=np.int64)
    if seen.shape != (len(prediction.zones),) or (seen < 0).any():
        expected = f"{len(prediction.zones)} whole numbers >= 0, one a zone"
        raise bad("assess", "counts", list(counts), expected)
    if not prediction.total > 0.0:
        expected = "results that expect breaches in the zones surveyed"
        raise bad("results", "expected number", prediction.total, expected)
    tests = [
        total_test(prediction, int(seen.sum())),
        zones_test(prediction, seen, seed),
    ]
    size_tests, u_sizes, u_ends = _size_tests(
        sizes, smallest, rounding, seed, simulations
    )
    time_test, u_times = _time_test(prediction, times)
    tests += [*size_tests, time_test]
    zero = None
    if seen.sum() == 0:
        plain, marginal = laws(prediction)
        zero = (plain.pmf(0), marginal.pmf(0))
    return Assessment(
        prediction,
        _rows(prediction, seen),
        adjusted(tests),
        tuple(sizes),
        u_sizes,
        u_times,
        u_ends,
        zero,
    )


def laws(prediction: Prediction, observed: int = 0) -> tuple[CountLaw, CountLaw]:
    """Return the distribution of the total count: plain, and with model error."""
    return (
        poisson_law(prediction.total),
        lognormal_law(prediction.by_kind, prediction.log_stderr, observed),
    )


def total_test(prediction: Prediction, observed: int) -> Test:
    """Return the test of the total number.

    Parameters
    ----------
    prediction : Prediction
        What is expected.
    observed : int
        Breaches seen, all zones.

    Returns
    -------
    Test
        Minimum-likelihood p-values; the doubled mid-p stands in the note.
    """
    plain, marginal = laws(prediction, observed)
    mid = (plain.doubled_mid_p(observed), marginal.doubled_mid_p(observed))
    return Test(
        "total",
        "flux, damage equation and exposure together",
        observed,
        plain.two_sided(observed),
        marginal.two_sided(observed),
        "exact Poisson, minimum likelihood",
        note=f"doubled mid-p {mid[0]:.3g} plain, {mid[1]:.3g} marginal",
    )


def zones_test(prediction: Prediction, counts: IntArray, seed: int = 0) -> Test:
    """Return the test of how the breaches are shared out over the zones.

    Parameters
    ----------
    prediction : Prediction
        What is expected.
    counts : ndarray of int, shape (z,)
        Breaches by zone.
    seed : int
        Key of the random numbers, where not all outcomes can be counted.

    Returns
    -------
    Test
        Given their number; not run with fewer than two zones or no breach.
    """
    sees = "directions, attitude, shadows and shields; not the common level of flux"
    n = int(counts.sum())
    can = prediction.by_zone > 0.0
    blank = Test("zones", sees, n, math.nan, math.nan, "exact multinomial")
    if (counts[~can] > 0).any():
        name = prediction.zones[int(np.flatnonzero(~can & (counts > 0))[0])]
        note = f"a breach in {name}, where none is expected"
        return replace(blank, p=0.0, p_marginal=0.0, note=note)
    if can.sum() < 2 or n == 0:
        why = "no breach" if n == 0 else "one zone with an expected number"
        return replace(blank, note=why)
    seen, mean = counts[can], prediction.expected[can]
    if len(seen) == 2:
        plain = _binomial(int(seen[0]), n, float(mean[0].sum() / mean.sum()))
        method = "conditional binomial of two zones, minimum likelihood"
    else:
        plain = multinomial_test(seen, mean.sum(axis=1) / mean.sum(), seed=seed)
        method = f"multinomial given n, {plain.method} of {plain.outcomes} outcomes"
    found = replace(blank, p=plain.p, method=method, stderr=plain.stderr)
    if max(prediction.log_stderr) * math.sqrt(n + 1.0) > 1.0 / _FINEST_STEP:
        note = "too many breaches for so wide a model error: no marginal p"
        return replace(found, note=note)
    shares, weights = _mixture(mean, prediction.log_stderr, n)
    marginal = multinomial_test(seen, shares, weights, seed=seed)
    return replace(found, p_marginal=marginal.p, stderr_marginal=marginal.stderr)


def adjusted(tests: Sequence[Test]) -> tuple[Test, ...]:
    """Return the tests with p-values adjusted over those that were run (Holm)."""
    plain = _holm([t.p for t in tests])
    marginal = _holm([t.p_marginal for t in tests])
    return tuple(
        replace(t, p_holm=a, p_marginal_holm=b)
        for t, a, b in zip(tests, plain, marginal, strict=True)
    )


def _holm(values: Sequence[float]) -> list[float]:
    """Return adjusted p-values; NaN stays, and does not count."""
    there = [i for i, p in enumerate(values) if not math.isnan(p)]
    result = [math.nan] * len(values)
    if there:
        found = holm([values[i] for i in there]).tolist()
        for i, p in zip(there, found, strict=True):
            result[i] = p
    return result


def _binomial(first: int, n: int, share: float) -> SharesTest:
    from scipy.stats import binomtest

    p = float(binomtest(first, n, share).pvalue)
    return SharesTest(p, 0.0, math.nan, n + 1, "enumeration")


def _mixture(
    mean: FloatArray, log_stderr: tuple[float, float], n: int
) -> tuple[FloatArray, FloatArray]:
    """Return shares of the zones and weights over the model factors, given n."""
    from scipy.special import xlogy

    kinds = mean.sum(axis=0)
    both = kinds > 0.0
    factors, weights = np.ones((1, 2)), np.ones(1)
    if both.all() and max(log_stderr) > 0.0:
        width = 1.0 / math.sqrt(n + 1.0)  # of what n events tell of the ratio, in ln
        rules = [
            normal_nodes(min(_SHARE_STEP, max(0.5 * width / s, _FINEST_STEP)))
            if s > 0.0
            else (np.zeros(1), np.ones(1))
            for s in log_stderr
        ]
        (z, w), (y, v) = rules
        grid = np.meshgrid(z * log_stderr[0], y * log_stderr[1])
        debris, meteoroid = (np.asarray(axis).ravel() for axis in grid)
        total = np.exp(debris) * kinds[0] + np.exp(meteoroid) * kinds[1]
        log_weight = np.log(np.outer(v, w).ravel()) + xlogy(n, total) - total
        weights = np.exp(log_weight - log_weight.max())
        # the shares depend on the ratio of the factors alone: like ratios are joined
        ratio = debris - meteoroid
        _, near = np.unique(np.rint(ratio / (0.25 * width)), return_inverse=True)
        near = near.ravel()
        middle = np.bincount(near, weights=weights * ratio)
        weights = np.bincount(near, weights=weights).astype(np.float64)
        keep = weights > _LEAST_NODE * weights.max()
        ratio, weights = middle[keep] / weights[keep], weights[keep]
        factors = np.column_stack([np.exp(ratio), np.ones(len(ratio))])
    shares = factors @ mean.T
    return shares / shares.sum(axis=1, keepdims=True), weights / weights.sum()


def _size_tests(
    sizes: Sequence[Reported],
    smallest: float,
    rounding: float,
    seed: int,
    simulations: int,
) -> tuple[list[Test], FloatArray, FloatArray]:
    sees = ("the middle of the hole sizes", "their tails")
    names = ("sizes, Kolmogorov-Smirnov", "sizes, Anderson-Darling")
    n = len(sizes)
    none = math.nan
    if n == 0:
        note = "no sizes, or none predicted"
        rows = [
            Test(a, b, 0, none, none, "p by simulation", note=note)
            for a, b in zip(names, sees, strict=True)
        ]
        return rows, np.zeros(0), np.zeros((0, 2))
    runs = simulations if n >= FEWEST else 0
    u, simulated = size_statistics(sizes, smallest, rounding, seed, runs)
    low, high = size_ranges(sizes, smallest, rounding)
    ranges = sum(s.ranged for s in sizes)
    note_of_ranges = f"{ranges} reported as ranges: {_RANGES}; {_NO_ERROR}"
    statistics = (
        (kolmogorov_smirnov, least_kolmogorov_smirnov),
        (anderson_darling, least_anderson_darling),
    )
    found = []
    for name, what, (statistic, least) in zip(names, sees, statistics, strict=True):
        if n < FEWEST:
            note = f"fewer than {FEWEST} sizes: see u of each"
            found.append(Test(name, what, n, none, none, "p by simulation", note=note))
            continue
        p, error = simulated_p(least(low, high), statistic(simulated))
        found.append(
            Test(
                name,
                what,
                n,
                p,
                math.nan,
                f"p by simulation of {runs} sets, threshold and rounding included",
                stderr=error,
                note=note_of_ranges if ranges else _NO_ERROR,
            )
        )
    return found, u, np.column_stack([low, high])


def _time_test(
    prediction: Prediction, times: Sequence[float]
) -> tuple[Test, FloatArray]:
    from scipy.stats import kstest

    clock = prediction.clock
    if clock.unknown:
        blank = Test(
            "times, Kolmogorov-Smirnov",
            _TIMES_SEE,
            len(times),
            math.nan,
            math.nan,
            "exact",
            note=clock.unknown if len(times) else "no times",
        )
        return blank, np.zeros(0)
    begin, end = clock.before(prediction.first), clock.before(prediction.last)
    u = np.array([(clock.before(t) - begin) / (end - begin) for t in times])
    blank = Test(
        "times, Kolmogorov-Smirnov",
        _TIMES_SEE,
        len(u),
        math.nan,
        math.nan,
        f"exact; expected number grows with {clock.basis}",
    )
    if len(u) < FEWEST:
        note = f"fewer than {FEWEST} times: see u of each" if len(u) else "no times"
        return replace(blank, note=note), u
    p = float(kstest(u, "uniform", method="exact").pvalue)
    return replace(blank, p=p, note=_NO_ERROR), u


def _rows(prediction: Prediction, counts: IntArray) -> tuple[ZoneRow, ...]:
    names = [*prediction.zones, "all"]
    means = np.vstack([prediction.expected, prediction.by_kind])
    variance = (prediction.stderr**2).sum(axis=1)
    errors = np.sqrt([*variance, variance.sum()])
    observed = [*counts.tolist(), int(counts.sum())]
    lower, upper = poisson_interval(observed)
    rows = []
    for name, mean, error, n, a, b in zip(
        names, means, errors, observed, lower, upper, strict=True
    ):
        low, high = lognormal_law(mean, prediction.log_stderr).interval()
        rows.append(
            ZoneRow(
                name, float(mean.sum()), float(error), n, float(a), float(b), low, high
            )
        )
    return tuple(rows)


__all__ = ["Assessment", "Test", "ZoneRow", "assess", "total_test", "zones_test"]
