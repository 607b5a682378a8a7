"""Goodness of fit: the family of tests, the zero count, sizes, times, Holm."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from mmod.errors import InputError
from mmod.forensics.goodness import _mixture, assess, zones_test
from mmod.forensics.prediction import Clock, Prediction, SizeTable
from mmod.forensics.rates import NO_ERROR, ModelError
from mmod.forensics.sizes import Reported, size_statistics
from mmod.stats import holm, multinomial_test

DAY = 86400.0
LN2 = math.log(2.0)


def clock(share=(1.0,)):
    edges = np.arange(len(share) + 1) * 100.0 * DAY
    return Clock(edges[:-1], edges[1:], np.asarray(share, float), "a test")


def prediction(expected, error=NO_ERROR, **keys):
    expected = np.asarray(expected, dtype=float)
    zones = tuple(f"zone_{i}" for i in range(len(expected)))
    found = Prediction(
        zones,
        expected,
        0.001 * expected,
        error,
        "penetration",
        clock(),
        0.0,
        100.0 * DAY,
        (None,) * len(zones),
    )
    return replace(found, **keys)


def uniform_law(low=1e-3, high=3e-3):
    """Uniform in ln size, with a known distribution function."""
    size = np.geomspace(low, high, 50)
    return SizeTable(size, np.linspace(0.0, 1.0, 50))


def by_name(found):
    return {t.name.partition(",")[0]: t for t in found.tests}


def test_zero_count_of_mir():
    plain = assess(prediction([[0.606, 0.0]], ModelError(LN2, 0.0)), [0])
    assert plain.zero == pytest.approx((0.5455, 0.5238), abs=1e-4)
    assert by_name(plain)["total"].p == 1.0
    assert by_name(plain)["total"].verdict == "no disagreement seen"
    assert by_name(plain)["zones"].verdict == "not run"


def test_zones_are_the_exact_multinomial_and_ignore_the_level_of_flux():
    shares = np.array([[0.7, 0.0], [0.25, 0.0], [0.05, 0.0]])
    for level in (0.1, 3.0, 500.0):
        test = zones_test(
            prediction(level * shares, ModelError(0.9, 0.9)), np.array([0, 0, 3])
        )
        assert test.p == pytest.approx(0.000125, rel=1e-9)
        # one kind only: its factor cancels exactly
        assert test.p_marginal == pytest.approx(0.000125, rel=1e-9)


def test_two_kinds_leave_their_ratio_uncertain():
    mean = np.array([[4.0, 0.5], [0.2, 4.0]])
    seen = np.array([9, 1])
    plain = zones_test(prediction(mean), seen)
    wide = zones_test(prediction(mean, ModelError(0.7, 0.7)), seen)
    assert plain.p == pytest.approx(
        stats.binomtest(9, 10, mean[0].sum() / mean.sum()).pvalue
    )
    assert plain.p == pytest.approx(plain.p_marginal)
    assert plain.p < wide.p_marginal < 1.0
    # by drawing: factors from their prior, kept where the total is the one seen
    rng = np.random.default_rng(11)
    u = np.exp(0.7 * rng.standard_normal((400_000, 2)))
    drawn = rng.poisson(u @ mean.T)
    kept = drawn[drawn.sum(axis=1) == 10][:, 0]
    pmf = np.bincount(kept, minlength=11) / len(kept)
    truth = pmf[pmf <= pmf[9]].sum()
    assert wide.p_marginal == pytest.approx(truth, abs=0.01)


def test_marginal_shares_of_many_events_are_fine_enough():
    # an independent rule: the posterior of both factors on a fine grid, binomial mixed
    mean, n, k, spread = np.array([[60.0, 5.0], [4.0, 80.0]]), 150, 40, (0.7, 0.4)
    z = np.linspace(-6.0, 6.0, 601)
    a, b = (
        u.ravel() for u in np.meshgrid(np.exp(spread[0] * z), np.exp(spread[1] * z))
    )
    both = np.stack([a, b], axis=1) @ mean.T
    weight = np.exp(-0.5 * (z[:, None] ** 2 + z[None, :] ** 2)).ravel()
    weight = weight * stats.poisson.pmf(n, both.sum(axis=1))
    order = weight > 1e-9 * weight.max()
    share = both[order, 0] / both[order].sum(axis=1)
    counts = np.arange(n + 1)
    edges = np.linspace(0.0, 1.0, 4001)
    density = np.histogram(share, edges, weights=weight[order] / weight[order].sum())[0]
    pmf = density @ stats.binom.pmf(counts, n, 0.5 * (edges[1:] + edges[:-1])[:, None])
    truth = pmf[pmf <= pmf[k] * (1.0 + 1e-7)].sum()
    test = zones_test(prediction(mean, ModelError(*spread)), np.array([k, n - k]))
    assert test.p_marginal == pytest.approx(truth, rel=0.01)


@pytest.mark.parametrize(("spread", "n"), [(3.0, 900), (5.0, 300)])
def test_wide_errors_of_many_breaches_keep_the_moments_of_the_shares(spread, n):
    # another rule: both deviates on a grid ten times as fine as the Poisson width
    mean = np.array([[60.0, 5.0], [4.0, 80.0]])
    shares, weights = _mixture(mean, (spread, spread), n)
    z = np.linspace(-9.0, 9.0, 3001)
    kinds = mean.sum(axis=0)
    sums = np.zeros(3)
    for rows in np.array_split(z, 30):
        a, b = np.exp(spread * rows)[:, None], np.exp(spread * z)[None, :]
        total = a * kinds[0] + b * kinds[1]
        log_weight = n * np.log(total / n) - total + n
        weight = np.exp(log_weight - 0.5 * (rows[:, None] ** 2 + z[None, :] ** 2))
        first = (a * mean[0, 0] + b * mean[0, 1]) / total
        sums += [(weight * first**k).sum() for k in range(3)]
    for k in (1, 2):
        found = weights @ shares[:, 0] ** k
        assert found == pytest.approx(sums[k] / sums[0], rel=1e-6)


def test_too_many_breaches_for_so_wide_an_error_have_no_marginal_p():
    mean = np.array([[60.0, 5.0], [4.0, 80.0]])
    test = zones_test(prediction(mean, ModelError(5.0, 5.0)), np.array([500, 400]))
    assert test.ran
    assert math.isnan(test.p_marginal)
    assert "no marginal p" in test.note


def test_a_breach_where_none_can_be_is_refuted():
    test = zones_test(
        prediction([[1.0, 0.0], [0.0, 0.0], [1.0, 1.0]]), np.array([1, 1, 0])
    )
    assert test.p == test.p_marginal == 0.0
    assert "zone_1" in test.note


def test_total_names_its_method_and_words():
    near = by_name(assess(prediction([[20.0, 0.0]], ModelError(0.9, 0.9)), [42]))[
        "total"
    ]
    assert "minimum likelihood" in near.method
    assert "doubled mid-p" in near.note
    assert near.p < 1e-4 < near.p_marginal
    assert near.verdict == "disagrees with the plain numbers, inside the model error"
    far = by_name(assess(prediction([[1.0, 0.0]], ModelError(0.2, 0.2)), [42]))["total"]
    assert far.verdict == "disagrees, also beyond the model error"


def test_holm_runs_over_what_was_run():
    law = uniform_law()
    sizes = [Reported(f"b{i}", 1.5e-3, 0.0, 0.0, law) for i in range(6)]
    found = assess(
        prediction([[3.0, 1.0], [2.0, 0.5]]),
        [4, 2],
        sizes=sizes,
        times=[10.0 * DAY] * 3,
        simulations=499,
    )
    ran = [t for t in found.tests if t.ran]
    assert [t.name for t in found.tests if not t.ran] == ["times, Kolmogorov-Smirnov"]
    assert [t.p_holm for t in ran] == pytest.approx(holm([t.p for t in ran]).tolist())
    assert len(ran) == 4
    marginal = [t.p_marginal for t in ran if not math.isnan(t.p_marginal)]
    assert len(marginal) == 2
    adjusted = [t.p_marginal_holm for t in ran[:2]]
    assert adjusted == pytest.approx(holm(marginal).tolist())
    assert found.u_times == pytest.approx([0.1] * 3)


def test_no_model_error_is_claimed_where_none_enters():
    law = uniform_law()
    sizes = [Reported(f"b{i}", 1.01e-3, 0.0, 0.0, law) for i in range(12)]
    found = assess(
        prediction([[9.0, 3.0]], ModelError(0.7, 0.7)),
        [12],
        sizes=sizes,
        times=[1.0 * DAY] * 12,
        simulations=999,
    )
    for test in found.tests[2:]:
        assert test.p_holm < 0.05
        assert math.isnan(test.p_marginal)
        assert math.isnan(test.p_marginal_holm)
        assert test.verdict == "disagrees (model error not included)"


def test_times_of_phases_that_are_not_told_apart_are_not_tested():
    blind = replace(clock((0.5, 0.5)), share=np.full(2, np.nan), unknown="no events")
    found = assess(
        prediction([[8.0, 0.0]], clock=blind, last=200.0 * DAY),
        [8],
        times=[DAY * i for i in range(8)],
    )
    test = by_name(found)["times"]
    assert (test.ran, test.note, len(found.u_times)) == (False, "no events", 0)


def test_few_sizes_give_u_and_no_p():
    law = uniform_law()
    found = assess(
        prediction([[1.0, 0.0]]), [1], sizes=[Reported("b", 2e-3, 0.0, 0.0, law)]
    )
    assert found.u_sizes == pytest.approx([math.log(2.0) / math.log(3.0)], abs=1e-3)
    assert all(not t.ran for t in found.tests if t.name.startswith("sizes"))


def test_u_is_averaged_over_the_reported_range():
    law = uniform_law()
    (u,), _ = size_statistics(
        [Reported("b", 1.75e-3, 0.25e-3, 0.0, law)], 0.0, 0.0, 0, 0
    )
    # log-uniform, as mmod hole takes a range
    x = np.geomspace(1.5e-3, 2e-3, 10_001)
    assert u == pytest.approx(np.log(x / 1e-3).mean() / math.log(3.0), abs=1e-4)


def test_threshold_and_rounding_belong_to_the_simulation():
    law = uniform_law()
    step, smallest = 0.5e-3, 1.5e-3
    rng = np.random.default_rng(5)
    true = 1e-3 * 3.0 ** rng.random(4000)
    seen = step * np.rint(true / step)
    seen = seen[seen >= smallest][:300]
    sizes = [Reported("b", float(s), 0.0, 0.0, law) for s in seen]
    u, simulated = size_statistics(sizes, smallest, step, 7, 400)
    assert simulated.shape == (400, 300)
    assert u.mean() == pytest.approx(simulated.mean(), abs=5 * 0.29 / math.sqrt(300))
    # planted: a survey taken as complete to all sizes
    u_wrong, wrong = size_statistics(sizes, 0.0, step, 7, 400)
    assert abs(u_wrong.mean() - wrong.mean()) > 5 * 0.29 / math.sqrt(300)


def test_times_follow_the_phases():
    seen = [150.0 * DAY + i * DAY for i in range(8)]
    growing = prediction([[8.0, 0.0]], clock=clock((0.1, 0.9)), last=200.0 * DAY)
    found = assess(growing, [8], times=seen)
    assert found.u_times[0] == pytest.approx(0.1 + 0.9 * 0.5)
    test = by_name(found)["times"]
    assert test.p == pytest.approx(
        stats.kstest(found.u_times, "uniform", method="exact").pvalue
    )


def test_rows_hold_exact_intervals():
    found = assess(prediction([[3.0, 1.0], [0.5, 0.1]], ModelError(0.7, 0.7)), [0, 2])
    assert [r.zone for r in found.rows] == ["zone_0", "zone_1", "all"]
    assert (found.rows[0].lower, found.rows[0].upper) == pytest.approx(
        (0.0, 3.689), abs=1e-3
    )
    assert found.rows[2].observed == 2
    assert found.rows[2].expected == pytest.approx(4.6)
    assert found.rows[1].factor == pytest.approx(2 / 0.6)
    assert found.rows[0].model_lower <= 4 <= found.rows[0].model_upper


@pytest.mark.parametrize("counts", [[1], [-1, 0], [1, 2, 3]])
def test_counts_that_do_not_fit_are_refused(counts):
    with pytest.raises(InputError, match="counts"):
        assess(prediction([[1.0, 0.0], [1.0, 0.0]]), counts)


def test_nothing_expected_is_refused():
    with pytest.raises(InputError, match="expected number"):
        assess(prediction([[0.0, 0.0]]), [0])


@pytest.mark.parametrize(
    ("size", "cdf"),
    [
        ([1.0], [1.0]),
        ([2.0, 1.0], [0.0, 1.0]),
        ([0.0, 1.0], [0.0, 1.0]),
        ([1.0, 2.0], [0.0, 0.9]),
        ([1.0, 2.0, 3.0], [0.0, math.nan, 1.0]),
        ([1.0, 2.0, 3.0], [0.0, 1.5, 1.0]),
    ],
)
def test_wrong_tables_of_sizes_are_refused(size, cdf):
    with pytest.raises(InputError, match="SizeTable"):
        SizeTable(np.array(size), np.array(cdf))


def test_a_single_zone_of_many_gives_the_same_as_three():
    # zones that expect nothing and saw nothing change no p-value
    few = prediction([[2.0, 1.0], [1.0, 1.0], [0.5, 0.2]])
    more = prediction([[2.0, 1.0], [0.0, 0.0], [1.0, 1.0], [0.5, 0.2]])
    a = zones_test(few, np.array([1, 3, 1]))
    b = zones_test(more, np.array([1, 0, 3, 1]))
    assert a.p == pytest.approx(b.p)
    share = few.by_zone / few.total
    assert a.p == multinomial_test([1, 3, 1], share).p
