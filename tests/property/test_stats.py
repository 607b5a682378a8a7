"""Properties of the intervals and tests, and their coverage by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmod import stats

probability = st.floats(1e-6, 1.0 - 1e-6)


@given(st.integers(0, 2000), st.floats(0.5, 0.999))
def test_poisson_interval_holds_the_count_and_grows(count, confidence):
    lower, upper = stats.poisson_interval(count, confidence)
    assert 0.0 <= lower <= count < upper
    wider = stats.poisson_interval(count, 0.5 + 0.5 * confidence)
    assert wider[0] <= lower
    assert wider[1] > upper


@given(st.integers(1, 500), st.data())
def test_binomial_interval_mirrors(trials, data):
    successes = data.draw(st.integers(0, trials))
    lower, upper = stats.binomial_interval(successes, trials)
    mirrored = stats.binomial_interval(trials - successes, trials)
    assert lower == pytest.approx(1.0 - mirrored[1], abs=1e-12)
    assert 0.0 <= lower <= successes / trials <= upper <= 1.0


@given(st.integers(0, 60), st.floats(0.05, 60.0))
def test_poisson_test_and_interval_agree(count, mean):
    """The mean is inside the 95 % interval when its p-value is above 5 %."""
    p = float(stats.poisson_test(count, mean))
    lower, upper = stats.poisson_interval(count, 0.95)
    if abs(p - 0.05) > 1e-9:
        assert (p > 0.05) == (lower < mean < upper)


@given(st.lists(probability, min_size=1, max_size=30))
def test_adjusted_p_values(values):
    p = np.array(values)
    holm, sidak = stats.holm(p), stats.sidak(p)
    assert (holm >= p).all()
    assert (sidak >= p * (1.0 - 1e-12)).all()
    assert (holm <= np.minimum(len(p) * p, 1.0) + 1e-15).all()
    order = np.argsort(p)
    assert (np.diff(holm[order]) >= 0.0).all()


@given(st.floats(1e-12, 0.5), st.integers(1, 10_000))
def test_sidak_level_inverts_the_adjustment(alpha, number):
    level = stats.sidak_level(alpha, number)
    assert -math.expm1(number * math.log1p(-level)) == pytest.approx(alpha, rel=1e-9)


@given(
    st.lists(st.floats(1e-12, 1e3), min_size=1, max_size=8),
    st.integers(1, 50),
)
def test_satterthwaite_lies_between_least_and_sum(variances, dof):
    result = float(stats.satterthwaite_dof(variances, dof))
    assert dof * (1 - 1e-9) <= result <= dof * len(variances) * (1 + 1e-9)


@given(st.floats(0.0, 1e6), st.floats(0.0, 1e9))
def test_unseen_bound_is_between_zero_and_unshadowed(unshadowed, samples):
    upper = float(stats.unseen_upper(unshadowed, samples))
    stderr = float(stats.unseen_stderr(unshadowed, samples))
    assert 0.0 <= upper <= unshadowed
    assert (upper == 0.0) == (unshadowed == 0.0) or unshadowed < 1e-300
    assert 0.0 <= stderr <= unshadowed


def _coverage(dofs: np.ndarray, fake: float, seed: int, runs: int = 20_000) -> float:
    """Share of t intervals of a sum of unequal means that hold the truth."""
    rng = np.random.default_rng(seed)
    sigma = np.array([1.0, 0.3])
    values = sigma * rng.standard_normal((runs, 2))
    variance = sigma**2 * rng.chisquare(dofs, (runs, 2)) / dofs
    dof = stats.satterthwaite_dof(variance, dofs, axis=1)
    error = fake * np.sqrt(variance.sum(axis=1))
    lower, upper = stats.t_interval(values.sum(axis=1), error, dof)
    return float(np.mean((lower < 0.0) & (upper > 0.0)))


def test_t_interval_of_a_sum_covers(seed):
    """20,000 sums: sd of the coverage 0.15 %; z < 5 and 0.5 % for Satterthwaite."""
    dofs = np.array([15, 15])
    assert abs(_coverage(dofs, 1.0, seed) - 0.95) < 5.0 * 0.00154 + 0.005
    # planted: errors that are 10 % too small are seen
    assert abs(_coverage(dofs, 0.9, seed) - 0.95) > 5.0 * 0.00154 + 0.005


def _covered(share: float, rays: int, upper_of, seed: int) -> float:
    """Share of experiments in which a bound for 'none seen' holds the truth."""
    rng = np.random.default_rng(seed)
    seen = rng.binomial(rays, share, 50_000)
    bound = upper_of(1.0, rays)
    return float(np.mean((seen > 0) | (share <= bound)))


@pytest.mark.parametrize("rays", [16, 200])
def test_unseen_upper_covers(rays, seed):
    """Any visible share: missed (none seen, yet above the bound) in at most 5 %."""
    shares = np.linspace(0.2, 5.0, 25) / rays
    worst = min(_covered(s, rays, stats.unseen_upper, seed) for s in shares)
    assert worst > 0.95 - 5.0 * math.sqrt(0.05 * 0.95 / 50_000)

    def too_tight(total, n):
        return 0.8 * stats.unseen_upper(total, n)

    worst = min(_covered(s, rays, too_tight, seed) for s in shares)
    assert worst < 0.95 - 5.0 * math.sqrt(0.05 * 0.95 / 50_000)
