"""Error bars of predicted breaches: coverage and bias over runs with other seeds."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from breach_cases import PLATE_ZONE, STAND_IN, isotropic_truth, plate_table
from engine_helpers import isotropic, sampled, solve
from statistics_helpers import TooWeakError, assert_coverage, assert_mean

from mmod.forensics.breaches import predict_breaches
from mmod.results.build import build

pytestmark = [pytest.mark.statistical, pytest.mark.slow]

RUNS = 300
SIZES = (2e-3, 8e-3)
Z = 1.959964


@cache
def estimates():
    """Return counts and shares of two sizes with their errors, (RUNS, 2, 4)."""
    table = plate_table(STAND_IN, sampling={"samples": 2000, "events_per_zone": 150})
    problem = solve(table, models=isotropic())
    rows = []
    for seed in range(RUNS):
        made = predict_breaches(build(sampled(problem, seed)), PLATE_ZONE)
        row = []
        for size in SIZES:
            count, share = made.expected(size), made.probability(size)
            row.append([count.value, count.stderr, share.value, share.stderr])
        rows.append(row)
    return np.array(rows)


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("what", ["count", "share"])
def test_intervals_cover(place, what):
    """Two-sided, 4 sigma (false alarm 6e-5 each); sees a loss of 10 % with 95 % power."""
    truth = isotropic_truth(SIZES[place])
    first = 0 if what == "count" else 2
    if what == "share":
        truth /= isotropic_truth(0.0)
    value, error = estimates()[:, place, first], estimates()[:, place, first + 1]
    keys = {"detects": 0.1, "label": f"{what} of {SIZES[place] * 1e3:g} mm"}
    assert_coverage(value - Z * error, value + Z * error, truth, **keys)
    short = 0.5 * Z * error  # planted: error bars of half the length
    with pytest.raises(AssertionError) as caught:
        assert_coverage(value - short, value + short, truth, **keys)
    assert not isinstance(caught.value, TooWeakError)


@pytest.mark.parametrize("place", [0, 1])
def test_the_mean_is_unbiased(place):
    """|z| < 5 (false alarm 6e-7); sees 1.5 % with 95 % power."""
    truth = isotropic_truth(SIZES[place])
    value = estimates()[:, place, 0]
    error = float(value.std(ddof=1) / np.sqrt(RUNS))
    assert_mean(float(value.mean()), error, truth, detects=0.015, floor=3e-3)
    with pytest.raises(AssertionError) as caught:
        assert_mean(float(value.mean()) * 1.02, error, truth, detects=0.015, floor=3e-3)
    assert not isinstance(caught.value, TooWeakError)
