"""Exact multinomial test: the published case, scipy's binomial, brute force, drawing."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from mmod.errors import InputError
from mmod.stats import multinomial_test


def brute(counts, p):
    """Every sequence of events, one by one."""
    n, k = sum(counts), len(counts)
    table = {}
    for cells in itertools.product(range(k), repeat=n):
        key = tuple(np.bincount(cells, minlength=k))
        table[key] = table.get(key, 0.0) + math.prod(p[c] for c in cells)
    mine = table[tuple(counts)]
    return sum(v for v in table.values() if v <= mine * (1.0 + 1e-7))


def test_the_case_of_the_method():
    test = multinomial_test([0, 0, 3], [0.7, 0.25, 0.05])
    assert test.p == pytest.approx(0.000125, rel=1e-12)
    assert (test.stderr, test.method, test.outcomes) == (0.0, "enumeration", 10)


@pytest.mark.parametrize("counts", [(0, 0, 3), (2, 1, 1), (4, 0, 2), (1, 5, 0)])
def test_against_every_sequence(counts):
    p = (0.5, 0.3, 0.2)
    assert multinomial_test(counts, p).p == pytest.approx(brute(counts, p), rel=1e-10)


@pytest.mark.parametrize(("k", "n", "p"), [(3, 10, 0.2), (0, 7, 0.5), (30, 40, 0.6)])
def test_two_cells_are_the_binomial_of_scipy(k, n, p):
    test = multinomial_test([k, n - k], [p, 1.0 - p])
    assert test.p == pytest.approx(stats.binomtest(k, n, p).pvalue, rel=1e-9)


def test_a_mixture_is_the_average_of_its_parts():
    shares, weights = [[0.8, 0.2], [0.3, 0.7]], [0.25, 0.75]
    n = 9
    pmf = sum(
        w * stats.binom.pmf(np.arange(n + 1), n, s[0])
        for w, s in zip(weights, shares, strict=True)
    )
    for k in range(n + 1):
        truth = pmf[pmf <= pmf[k] * (1.0 + 1e-7)].sum()
        found = multinomial_test([k, n - k], shares, weights)
        assert found.p == pytest.approx(truth, rel=1e-9)
        assert 0.0 <= found.below < found.p


def test_drawing_agrees_with_counting():
    counts, p = [3, 9, 1, 0, 2], [0.4, 0.3, 0.1, 0.1, 0.1]
    exact = multinomial_test(counts, p)
    drawn = multinomial_test(counts, p, most_outcomes=10, seed=5)
    assert drawn.method == "Monte Carlo"
    assert drawn.stderr > 0.0
    assert abs(drawn.p - exact.p) < 5.0 * drawn.stderr
    assert drawn == multinomial_test(counts, p, most_outcomes=10, seed=5)
    # planted: another share is seen by the same limit
    wrong = multinomial_test(counts, [0.1, 0.3, 0.1, 0.1, 0.4])
    assert abs(drawn.p - wrong.p) > 5.0 * drawn.stderr


def test_randomised_p_is_uniform_by_its_distribution_function():
    p, n, t = (0.5, 0.3, 0.2), 6, 0.31
    total = 0.0
    for counts in itertools.product(range(n + 1), repeat=3):
        if sum(counts) == n:
            test = multinomial_test(counts, p)
            width = test.p - test.below
            chance = stats.multinomial.pmf(counts, n, p)
            total += chance * min(max((t - test.below) / width, 0.0), 1.0)
            assert test.randomised(1.0) == pytest.approx(test.p)
    assert total == pytest.approx(t, rel=1e-9)


def test_ends():
    assert multinomial_test([0, 0], [0.5, 0.5]).p == 1.0
    assert multinomial_test([4], [1.0]).p == 1.0
    assert multinomial_test([4, 0, 1], [0.5, 0.5, 0.0]).p == 0.0
    # a cell that can have no event and has none changes nothing
    alone = multinomial_test([4, 1], [0.5, 0.5]).p
    assert multinomial_test([4, 1, 0], [0.5, 0.5, 0.0]).p == pytest.approx(alone)


def test_bad_input_is_refused_all_at_once():
    with pytest.raises(InputError) as caught:
        multinomial_test([1, 2, 3], [[0.5, 0.2, 0.2]], [0.4])
    assert [p.key for p in caught.value.problems] == ["probabilities", "weights"]
    for counts, p in (
        ([-1, 2], [0.5, 0.5]),
        ([1, 2], [0.5, math.nan]),
        ([1], [0.5, 0.5]),
    ):
        with pytest.raises(InputError):
            multinomial_test(counts, p)
