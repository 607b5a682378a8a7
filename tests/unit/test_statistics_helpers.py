"""The statistical harness itself: alarm rates, power, negative controls."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from statistics_helpers import (
    SINGLE_ALARM,
    TooWeakError,
    assert_counts,
    assert_coverage,
    assert_mean,
    assert_means,
    assert_pulls,
    limit_of,
    pool_cells,
    sidak,
)


def fails(check, *args, **kwargs) -> bool:
    """Whether a check fails for its numbers (not for being too weak)."""
    try:
        check(*args, **kwargs)
    except TooWeakError:
        raise
    except AssertionError:
        return True
    return False


def test_single_alarm_is_five_sigma():
    # 5 sigma, two-sided: 5.733e-7 (any table of the normal distribution)
    assert pytest.approx(5.733e-7, rel=1e-3) == SINGLE_ALARM


@pytest.mark.parametrize(("number", "limit"), [(20, 4.06), (100, 4.42), (500, 4.75)])
def test_sidak_limits(number, limit):
    # reference values at a family alarm of 1e-3
    assert float(limit_of(sidak(1e-3, number))) == pytest.approx(limit, abs=0.006)


def test_sidak_of_one_is_itself_and_small_rates_keep_their_digits():
    assert sidak(1e-6, 1) == pytest.approx(1e-6, rel=1e-14)
    assert sidak(1e-15, 1000) == pytest.approx(1e-18, rel=1e-9)
    for alarm, number in [(0.0, 1), (1.0, 1), (0.1, 0), (float("nan"), 1)]:
        with pytest.raises(ValueError, match="alarm"):
            sidak(alarm, number)


def test_t_limit_is_wider_than_normal_and_has_its_alarm_rate():
    limit = limit_of(0.01, 15)
    assert limit > limit_of(0.01)
    assert 2 * stats.t.sf(limit, 15) == pytest.approx(0.01)


class TestMean:
    def test_passes_at_the_limit_and_fails_beyond(self):
        assert not fails(assert_mean, 1.0 + 4.99e-3, 1e-3, 1.0, detects=0.01)
        assert fails(assert_mean, 1.0 + 5.01e-3, 1e-3, 1.0, detects=0.01)
        assert fails(assert_mean, 1.0 - 5.01e-3, 1e-3, 1.0, detects=0.01)

    def test_floor_widens_and_counts_against_power(self):
        assert not fails(assert_mean, 1.0059, 1e-3, 1.0, detects=0.01, floor=1e-3)
        with pytest.raises(TooWeakError):
            assert_mean(1.0, 1e-3, 1.0, detects=0.01, floor=4e-3)

    def test_too_weak_fails_even_when_the_value_is_right(self):
        with pytest.raises(TooWeakError, match="declares"):
            assert_mean(1.0, 0.01 / 6.6, 1.0, detects=0.01)
        assert_mean(1.0, 0.01 / 6.7, 1.0, detects=0.01)

    def test_few_degrees_of_freedom_need_a_smaller_error(self):
        assert_mean(1.0, 0.01 / 6.7, 1.0, detects=0.01)
        with pytest.raises(TooWeakError):
            assert_mean(1.0, 0.01 / 6.7, 1.0, detects=0.01, dof=15)
        assert not fails(assert_mean, 1.0 + 7e-3, 1e-3, 1.0, detects=0.02, dof=15)

    def test_nan_and_zero_error_never_pass_quietly(self):
        for bad in [(np.nan, 1e-3, 1.0), (1.0, np.nan, 1.0), (1.0, 1e-3, np.nan)]:
            assert fails(assert_mean, *bad, detects=0.01)
        assert fails(assert_mean, 1.0, -1e-3, 1.0, detects=0.01)
        assert fails(assert_mean, 1.0 + 1e-9, 0.0, 1.0, detects=0.01)
        assert not fails(assert_mean, 1.0, 0.0, 1.0, detects=0.01)

    def test_a_truth_of_zero_needs_an_exact_answer(self):
        assert not fails(assert_mean, 0.0, 0.0, 0.0, detects=0.01)
        with pytest.raises(TooWeakError):
            assert_mean(0.0, 1e-9, 0.0, detects=0.01)

    def test_planted_bias_is_seen_with_the_declared_power(self, seed):
        draw = np.random.default_rng(seed)
        sigma = 0.01 / (5.0 + 1.645)
        biased = 1.01 + sigma * draw.standard_normal(2000)
        seen = np.mean(
            [fails(assert_mean, x, sigma, 1.0, detects=0.01) for x in biased]
        )
        # 95 % within 5 binomial standard deviations
        assert abs(seen - 0.95) < 5 * np.sqrt(0.95 * 0.05 / 2000)


class TestMeans:
    def test_family_alarm_rate(self, seed):
        draw = np.random.default_rng(seed)
        trials = 4000
        values = 1.0 + 1e-3 * draw.standard_normal((trials, 30))
        alarms = sum(
            fails(assert_means, row, 1e-3, 1.0, detects=0.02, alarm=0.05)
            for row in values
        )
        # exact binomial: 5 % of the families, false alarm of this test below 1e-6
        low, high = stats.binom.ppf([5e-7, 1 - 5e-7], trials, 0.05)
        assert low <= alarms <= high

    def test_unadjusted_limit_would_be_caught(self, seed):
        # negative control of the test above: without Sidak 79 % of the families alarm
        draw = np.random.default_rng(seed)
        values = draw.standard_normal((4000, 30))
        alarms = int((np.abs(values) > limit_of(0.05)).any(axis=1).sum())
        assert alarms > stats.binom.ppf(1 - 5e-7, 4000, 0.05)

    def test_one_biased_panel_of_many_is_found_and_named(self, seed):
        draw = np.random.default_rng(seed)
        truth = np.linspace(1.0, 3.0, 500)
        values = truth * (1.0 + 1e-3 * draw.standard_normal(500))
        assert not fails(assert_means, values, 1e-3 * truth, truth, detects=0.01)
        values[123] = truth[123] * 1.01
        with pytest.raises(AssertionError, match=r"worst \[123\]"):
            assert_means(values, 1e-3 * truth, truth, detects=0.01)

    def test_each_element_may_declare_its_own_power(self):
        truth = np.array([1.0, 1.0])
        error = np.array([1e-3, 5e-2])
        with pytest.raises(TooWeakError):
            assert_means(truth, error, truth, detects=0.01)
        assert_means(truth, error, truth, detects=[0.01, np.inf])


class TestCounts:
    def test_pooling_keeps_the_sums(self):
        observed, expected = pool_cells([1, 2, 3, 9, 0, 1], [2, 2, 2, 8, 1, 1])
        assert expected.min() >= 5.0
        assert observed.sum() == 16
        assert expected.sum() == 16

    def test_alarm_rate(self, seed):
        draw = np.random.default_rng(seed)
        chance = np.array([0.2, 0.3, 0.1, 0.4])
        counts = draw.multinomial(4000, chance, size=3000)
        alarms = sum(
            fails(assert_counts, row, 4000 * chance, detects=0.1, alarm=0.05)
            for row in counts
        )
        low, high = stats.binom.ppf([5e-7, 1 - 5e-7], 3000, 0.05)
        assert low <= alarms <= high

    def test_another_angular_law_is_caught(self, seed, tmp_path):
        draw = np.random.default_rng(seed)
        edges = np.linspace(0.0, 1.0, 21)
        expected = 100_000 * np.diff(edges**2)  # cosine law: density 2 c
        right = np.sqrt(draw.random(100_000))
        hits = np.histogram(right, edges)[0]
        assert not fails(assert_counts, hits, expected, detects=0.05)
        wrong = draw.random(100_000)  # the law without the cosine
        for share in (0.05, 1.0):
            mixed = np.where(draw.random(100_000) < share, wrong, right)
            hits = np.histogram(mixed, edges)[0]
            assert fails(assert_counts, hits, expected, detects=0.05, dump=tmp_path)
        assert (tmp_path / "counts.csv").is_file()

    def test_a_count_where_none_can_be_fails_outright(self):
        expected = np.array([5000.0, 5000.0, 0.0])
        with pytest.raises(AssertionError, match="expect none"):
            assert_counts([5000, 4999, 1], expected, detects=0.1)

    def test_too_few_counts(self):
        with pytest.raises(TooWeakError):
            assert_counts([10, 10], [10, 10], detects=0.01)
        with pytest.raises(TooWeakError, match="pooling"):
            assert_counts([1, 1], [1, 1], detects=0.5)

    def test_nan_fails(self):
        assert fails(assert_counts, [np.nan, 10], [10, 10], detects=0.9)
        assert fails(assert_counts, [10, 10], [np.nan, 10], detects=0.9)
        assert fails(assert_counts, [-10, 30], [10, 10], detects=0.9)


class TestCoverage:
    @staticmethod
    def intervals(seed, factor):
        draw = np.random.default_rng(seed)
        samples = draw.standard_normal((4000, 16))
        mean = samples.mean(axis=1)
        half = factor * samples.std(axis=1, ddof=1) / 4.0
        return mean - half, mean + half

    def test_t_intervals_cover(self, seed):
        low, high = self.intervals(seed, stats.t.isf(0.025, 15))
        assert_coverage(low, high, 0.0, detects=0.03)

    @pytest.mark.parametrize("factor", [1.7, 2.7])
    def test_wrong_length_is_caught(self, seed, factor):
        low, high = self.intervals(seed, factor)
        assert fails(assert_coverage, low, high, 0.0, detects=0.03)

    def test_too_few_intervals_and_nan(self):
        with pytest.raises(TooWeakError):
            assert_coverage(-np.ones(100), np.ones(100), 0.0, detects=0.05)
        low = np.full(4000, -1.0)
        low[7] = np.nan
        assert fails(assert_coverage, low, np.ones(4000), 0.0, detects=0.03)


class TestPulls:
    def test_normal_and_t_pulls_pass(self, seed):
        draw = np.random.default_rng(seed)
        assert_pulls(draw.standard_normal(4000), detects=0.1)
        assert_pulls(draw.standard_t(15, 4000), dof=15, detects=0.1)

    def test_error_bars_five_times_too_short_or_long_are_caught(self, seed):
        draw = np.random.default_rng(seed)
        pulls = draw.standard_normal(4000)
        for factor in (5.0, 1.1, 0.9, 0.2):
            assert fails(assert_pulls, factor * pulls, detects=0.1)

    def test_heavy_tails_taken_for_normal_are_caught(self, seed):
        draw = np.random.default_rng(seed)
        assert fails(assert_pulls, draw.standard_t(4, 4000), detects=0.1)

    def test_a_shift_is_caught(self, seed):
        draw = np.random.default_rng(seed)
        assert fails(assert_pulls, draw.standard_normal(4000) + 0.15, detects=0.1)

    def test_too_few_pulls_and_nan(self, seed):
        draw = np.random.default_rng(seed)
        with pytest.raises(TooWeakError):
            assert_pulls(draw.standard_normal(50), detects=0.1)
        assert fails(assert_pulls, [np.nan] * 4000, detects=0.1)
