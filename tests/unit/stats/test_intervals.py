"""Intervals against sums of the probabilities themselves, digit by digit."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mmod import stats
from mmod.errors import InputError


def poisson_sum(count: int, mean: float) -> float:
    """P(K <= count), term by term."""
    return math.fsum(
        math.exp(-mean + k * math.log(mean) - math.lgamma(k + 1))
        for k in range(count + 1)
    )


def binomial_sum(count: int, trials: int, share: float) -> float:
    """P(K <= count), term by term."""
    return math.fsum(
        math.comb(trials, k) * share**k * (1 - share) ** (trials - k)
        for k in range(count + 1)
    )


def bisect(function, low: float, high: float) -> float:
    """Root of a falling function."""
    for _ in range(200):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if function(middle) > 0.0 else (low, middle)
    return 0.5 * (low + high)


@pytest.mark.parametrize("count", [0, 1, 2, 7, 30, 120])
@pytest.mark.parametrize("confidence", [0.68, 0.95, 0.99])
def test_poisson_interval_against_sums(count, confidence):
    tail = 0.5 * (1.0 - confidence)
    high = bisect(lambda m: poisson_sum(count, m) - tail, 1e-9, 400.0)
    low = 0.0
    if count:
        low = bisect(lambda m: poisson_sum(count - 1, m) - (1 - tail), 1e-9, 400.0)
    lower, upper = stats.poisson_interval(count, confidence)
    assert lower == pytest.approx(low, rel=1e-9)
    assert upper == pytest.approx(high, rel=1e-9)
    # planted: the limits of the next count are told apart
    assert upper != pytest.approx(float(stats.poisson_interval(count + 1)[1]), rel=1e-3)


@pytest.mark.parametrize("successes,trials", [(0, 5), (5, 5), (1, 40), (13, 40)])
def test_binomial_interval_against_sums(successes, trials):
    high = low = None
    if successes < trials:
        high = bisect(lambda p: binomial_sum(successes, trials, p) - 0.025, 0.0, 1.0)
    if successes:
        low = bisect(lambda p: binomial_sum(successes - 1, trials, p) - 0.975, 0.0, 1.0)
    lower, upper = stats.binomial_interval(successes, trials)
    assert lower == pytest.approx(low or 0.0, abs=1e-12)
    assert upper == pytest.approx(1.0 if high is None else high, abs=1e-12)


def test_t_interval_published_quantiles():
    """Two-sided 95 % points of Student's t as printed in tables."""
    dof = np.array([1, 5, 15, 30])
    lower, upper = stats.t_interval(0.0, 1.0, dof)
    assert upper == pytest.approx([12.706, 2.571, 2.131, 2.042], abs=6e-4)
    assert lower == pytest.approx(-upper)
    # the normal point, which would be wrong with 15 degrees of freedom
    assert abs(upper[2] - 1.960) > 0.1


def test_t_interval_floor_and_gaps():
    lower, upper = stats.t_interval([1.0, np.nan], [2.0, np.nan], 15, floor=0.0)
    assert lower[0] == 0.0
    assert upper[0] > 1.0
    assert np.isnan(lower[1])
    assert np.isnan(upper[1])


def test_satterthwaite_of_equals_and_of_one():
    assert stats.satterthwaite_dof([2.0, 2.0, 2.0], 15) == pytest.approx(45.0)
    assert stats.satterthwaite_dof([2.0, 0.0], 15) == pytest.approx(15.0)
    assert stats.satterthwaite_dof([3.0, 1.0], [10, 5]) == pytest.approx(
        16.0 / (9.0 / 10.0 + 1.0 / 5.0)
    )
    tiny = stats.satterthwaite_dof([2e-200, 2e-200, np.nan], 15)  # squares underflow
    assert tiny == pytest.approx(30.0)
    assert stats.satterthwaite_dof([0.0, 0.0], 15) == 30.0


def test_unseen_solves_its_equation():
    for rays in (1, 16, 5000):
        share = float(stats.unseen_upper(1.0, rays))
        assert (1.0 - share) ** rays == pytest.approx(0.05, rel=1e-9)
    assert stats.unseen_upper(7.0, 0) == 7.0
    assert stats.unseen_upper(0.0, 10) == 0.0
    assert stats.unseen_stderr(8.0, 3) == 2.0
    assert stats.unseen_upper(1.0, 1_000_000) == pytest.approx(2.9957e-6, rel=1e-4)


@pytest.mark.parametrize(
    "call",
    [
        lambda: stats.poisson_interval(-1),
        lambda: stats.poisson_interval(1.5),
        lambda: stats.poisson_interval(math.nan),
        lambda: stats.poisson_interval(1, 1.0),
        lambda: stats.binomial_interval(3, 2),
        lambda: stats.binomial_interval(0, 0),
        lambda: stats.t_interval(1.0, -1.0, 15),
        lambda: stats.satterthwaite_dof([-1.0], 15),
        lambda: stats.unseen_upper(-1.0, 3),
        lambda: stats.unseen_stderr(1.0, math.nan),
    ],
)
def test_bad_input_gives_no_number(call):
    with pytest.raises(InputError):
        call()
