"""Hole sizes reported as ranges: least statistics, false alarms, power."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from mmod.forensics.goodness import assess
from mmod.forensics.prediction import Clock, Prediction, SizeTable
from mmod.forensics.rates import NO_ERROR
from mmod.forensics.sizes import (
    Reported,
    least_anderson_darling,
    least_kolmogorov_smirnov,
    size_ranges,
    size_statistics,
)
from mmod.stats import anderson_darling, kolmogorov_smirnov

MM = 1e-3
CLASSES = np.array([0.5, 2.0, 5.0, 20.0]) * MM
LEVEL, SETS = 0.05, 400
# four binomial standard errors above the level
ALARM = LEVEL + 4.0 * np.sqrt(LEVEL * (1.0 - LEVEL) / SETS)


def law(low=0.5 * MM, high=20.0 * MM):
    """Lognormal sizes, cut at two ends."""
    size = np.geomspace(low, high, 400)
    cdf = stats.norm.cdf(np.log(size / (2.0 * MM)) / 0.9)
    return SizeTable(size, (cdf - cdf[0]) / (cdf[-1] - cdf[0]))


def exact(size, law):
    return [Reported("", float(s), 0.0, 0.0, law) for s in size]


def spans(low, high, law):
    return [
        Reported("", 0.5 * (a + b), 0.5 * (b - a), 0.0, law)
        for a, b in zip(low, high, strict=True)
    ]


def classes(size, law):
    k = np.clip(np.searchsorted(CLASSES, size) - 1, 0, 2)
    return spans(CLASSES[k], CLASSES[k + 1], law)


def unsure(size, law):
    """Small holes in a range that holds those of the others: no classes."""
    small = size < MM
    low = np.where(small, 0.5 * MM, 0.9 * size)
    return spans(low, np.where(small, 5.0 * MM, 1.1 * size), law)


def rejected(report, n, factor=1.0, seed=4):
    """Return the share of sets that either test rejects, and that u alone would."""
    table, generator = law(), np.random.default_rng(seed)
    null = size_statistics(exact(np.full(n, MM), table), 0.0, 0.0, seed, 3999)[1]
    limits = [np.quantile(f(null), 1.0 - LEVEL) for f in STATISTICS]
    found = np.zeros((SETS, 4))
    for row in found:
        seen = report(factor * table.quantile(generator.random(n)), table)
        low, high = size_ranges(seen, 0.0, 0.0)
        u, _ = size_statistics(seen, 0.0, 0.0, seed, 0)
        row[:2] = [f(low, high) for f in LEAST]
        row[2:] = [f(u) for f in STATISTICS]
    return (found > [*limits, *limits]).mean(axis=0)


LEAST = (least_kolmogorov_smirnov, least_anderson_darling)
STATISTICS = (kolmogorov_smirnov, anderson_darling)


@pytest.mark.parametrize("n", [8, 20])
@pytest.mark.parametrize("report", [exact, classes, unsure])
def test_false_alarms_are_no_more_than_stated(report, n):
    share = rejected(report, n)
    assert (share[:2] <= ALARM).all()
    if report is exact:
        assert (share[:2] == share[2:]).all()
    elif n == 20:
        # planted: each range taken as the one number that is shown for it
        assert (share[2:] > ALARM).all()


@pytest.mark.parametrize(
    ("report", "least"), [(exact, (0.75, 0.85)), (classes, (0.5, 0.15))]
)
def test_holes_of_twice_the_size_are_seen(report, least):
    assert (rejected(report, 20, factor=2.0)[:2] >= least).all()


def predicted(n):
    return Prediction(
        ("a",),
        np.array([[float(n), 0.0]]),
        np.zeros((1, 2)),
        NO_ERROR,
        "penetration",
        Clock(np.zeros(1), np.ones(1), np.ones(1), "a test"),
        0.0,
        1.0,
        (None,),
    )


@pytest.mark.parametrize("n", [6, 20])
def test_wide_ranges_that_hold_most_of_the_law_do_not_disagree(n):
    table = law(0.01 * MM, 500.0 * MM)
    wide = spans([0.5 * MM] * n, [10.0 * MM] * n, table)
    (held,) = np.diff(table.below([0.5 * MM, 10.0 * MM]))
    assert 0.8 < held < 0.95
    found = assess(predicted(n), [n], sizes=wide, simulations=999)
    for test in found.tests[2:4]:
        assert test.p > 0.9
        assert test.verdict == "no disagreement seen"
        assert f"{n} reported as ranges" in test.note
    # all of them in a range that holds a half
    many = spans([0.5 * MM] * 20, [2.0 * MM] * 20, table)
    found = assess(predicted(20), [20], sizes=many, simulations=999)
    assert all(test.p_holm < 0.05 for test in found.tests[2:4])
    # ranges where hardly a hole is predicted
    large = spans([15.0 * MM] * n, [20.0 * MM] * n, table)
    found = assess(predicted(n), [n], sizes=large, simulations=999)
    assert all(test.p_holm < 0.05 for test in found.tests[2:4])


def least_by_trying(statistic, low, high, steps=25):
    places = [np.linspace(a, b, steps) for a, b in zip(low, high, strict=True)]
    return min(statistic(np.array(list(itertools.product(*places)))))


@pytest.mark.parametrize("seed", range(6))
def test_least_statistics_are_those_of_all_places(seed):
    generator = np.random.default_rng(seed)
    low, high = np.sort(generator.random((2, 4)), axis=0)
    high[0] = low[0]  # one number is known
    if seed % 2:
        high[1:] = np.minimum(low[1:] + 0.2 * generator.random(3), 1.0)
    for least, statistic in zip(LEAST, STATISTICS, strict=True):
        found, tried = least(low, high), least_by_trying(statistic, low, high)
        # a grid misses the least by up to half a step, and never undercuts it
        assert found <= tried + 1e-12
        assert found == pytest.approx(tried, abs=0.05)


def test_least_statistics_of_numbers_are_the_statistics():
    generator = np.random.default_rng(9)
    for n in (1, 5, 30):
        u = generator.random(n)
        for least, statistic in zip(LEAST, STATISTICS, strict=True):
            assert least(u, u) == float(statistic(u))
            # ranges that shrink to numbers
            near = least(np.clip(u - 1e-12, 0, 1), np.clip(u + 1e-12, 0, 1))
            assert near == pytest.approx(float(statistic(u)), abs=1e-8)


def test_ranges_where_nothing_is_predicted():
    low, high = np.array([0.0, 0.2, 0.5]), np.array([0.0, 0.4, 0.9])
    assert least_anderson_darling(low, high) == np.inf
    assert least_anderson_darling(1.0 - high, 1.0 - low) == np.inf
    assert least_kolmogorov_smirnov(low, high) == pytest.approx(1.0 / 3.0)


def test_u_of_a_range_is_log_uniform_above_the_threshold():
    table = law()
    reported = spans([0.5 * MM], [10.0 * MM], table)
    x = np.geomspace(0.5 * MM, 10.0 * MM, 20_001)
    (u,), _ = size_statistics(reported, 0.0, 0.0, 0, 0)
    assert u == pytest.approx(table.below(x).mean(), abs=1e-4)
    ends = np.ravel(size_ranges(reported, 0.0, 0.0))
    assert ends == pytest.approx(table.below([0.5 * MM, 10.0 * MM]))
    (u,), _ = size_statistics(spans([1e-22], [2.0 * MM], table), 0.0, 0.0, 0, 0)
    assert 0.0 < u < 0.1
    low = float(table.below(3.0 * MM))
    above = spans([3.0 * MM], [10.0 * MM], table)
    ends = np.ravel(size_ranges(above, 3.0 * MM, 0.0))
    wanted = (float(table.below(10.0 * MM)) - low) / (1.0 - low)
    assert ends == pytest.approx([0.0, wanted], abs=1e-9)
