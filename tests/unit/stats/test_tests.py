"""Tests of hypotheses against direct sums and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mmod import stats
from mmod.errors import InputError


def pmf(k: int, mean: float) -> float:
    return math.exp(-mean + k * math.log(mean) - math.lgamma(k + 1))


@pytest.mark.parametrize("count,mean", [(0, 3.0), (3, 3.0), (12, 4.0), (1, 9.5)])
def test_poisson_test_against_sums(count, mean):
    at_most = math.fsum(pmf(k, mean) for k in range(count + 1))
    at_least = 1.0 - math.fsum(pmf(k, mean) for k in range(count))
    assert stats.poisson_test(count, mean, "less") == pytest.approx(at_most)
    assert stats.poisson_test(count, mean, "greater") == pytest.approx(at_least)
    both = min(1.0, 2.0 * min(at_most, at_least))
    assert stats.poisson_test(count, mean) == pytest.approx(both)
    assert stats.poisson_test(count + 1, mean, "less") != pytest.approx(at_most)


@pytest.mark.parametrize("first,second,ratio", [(5, 1, 1.0), (0, 4, 0.5), (7, 30, 0.3)])
def test_poisson_ratio_against_sums(first, second, ratio):
    n, p = first + second, ratio / (1.0 + ratio)
    terms = [math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)]
    at_least, at_most = math.fsum(terms[first:]), math.fsum(terms[: first + 1])
    call = stats.poisson_ratio_test
    assert call(first, second, ratio, "greater") == pytest.approx(at_least)
    assert call(first, second, ratio, "less") == pytest.approx(at_most)
    both = min(1.0, 2.0 * min(at_least, at_most))
    assert call(first, second, ratio) == pytest.approx(both)
    assert call(0, 0, ratio) == 1.0


def test_z_of_published_points():
    z, p = stats.two_sample_z([1.96, 5.0], [1.0, 3.0], [0.0, 0.0], [0.0, 4.0])
    assert z == pytest.approx([1.96, 1.0])
    assert p == pytest.approx([0.0499958, 0.3173105], abs=1e-6)


def test_holm_example():
    """Worked by hand: 4 tests, 0.01 * 4, 0.02 * 3, then the running maximum."""
    p = [0.03, 0.01, 0.5, 0.02]
    assert stats.holm(p) == pytest.approx([0.06, 0.04, 0.5, 0.06])
    assert stats.sidak([0.01, 0.7]) == pytest.approx([1 - 0.99**2, 1 - 0.3**2])


def test_family_alarm_by_simulation(seed):
    """10,000 families of 20 true hypotheses at 5 %: z < 5 on the alarm rate."""
    p = np.random.default_rng(seed).random((10_000, 20))
    level = stats.sidak_level(0.05, 20)
    sd = math.sqrt(0.05 * 0.95 / 10_000)
    assert abs(np.mean((p < level).any(axis=1)) - 0.05) < 5.0 * sd
    # planted: the level without a correction alarms in 64 % of the families
    assert abs(np.mean((p < 0.05).any(axis=1)) - 0.05) > 5.0 * sd
    alarms = np.mean([stats.holm(row).min() < 0.05 for row in p[:2000]])
    assert alarms < 0.05 + 5.0 * math.sqrt(0.05 * 0.95 / 2000)


@pytest.mark.parametrize(
    "call",
    [
        lambda: stats.sidak_level(0.0, 3),
        lambda: stats.sidak_level(0.1, 0),
        lambda: stats.sidak([1.5]),
        lambda: stats.holm([math.nan]),
        lambda: stats.two_sample_z(1.0, 0.0, 1.0, 0.0),
        lambda: stats.poisson_test(1, -2.0),
        lambda: stats.poisson_test(1, 2.0, "sideways"),
        lambda: stats.poisson_ratio_test(1, 2, 0.0),
    ],
)
def test_bad_input_gives_no_number(call):
    with pytest.raises(InputError):
        call()
