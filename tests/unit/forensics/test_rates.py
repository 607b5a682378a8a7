"""Counts under a model error against quadrature, simulation and printed numbers."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import integrate, stats

from mmod.constants import YEAR
from mmod.errors import InputError
from mmod.forensics.classes import (
    POST_HOC,
    DeclaredClass,
    class_rates,
    cluster,
    cluster_given,
    pair_rate,
    sidak_disjoint,
)
from mmod.forensics.rates import (
    CHAIN_ERROR,
    CHAIN_LOG_ERROR,
    FLUX_LOG_ERROR,
    NO_ERROR,
    MarginalCount,
    ModelError,
    average,
    lognormal_rule,
    probability_of_counts,
)
from mmod.units import DAY


def by_quadrature(function, log_error):
    """Adaptive integral over the normal deviate, piece by piece."""
    edges = np.arange(-8.5, 8.51, 1.0)
    return sum(
        integrate.quad(
            lambda x: stats.norm.pdf(x) * function(math.exp(log_error * x)), a, b
        )[0]
        for a, b in itertools.pairwise(edges)
    )


@pytest.mark.parametrize(
    ("mean", "count", "plain", "marginal"),
    [(0.01, 1, 0.00995, 0.01259), (1.2, 5, 0.0077, 0.059)],
)
def test_printed_tails_are_of_the_flux_error(mean, count, plain, marginal):
    """The method's own figures are of s = ln 2, not of the chain's 0.9."""
    flux = ModelError()
    digits = 5e-6 if count == 1 else 5e-4
    assert MarginalCount(mean, error=NO_ERROR).at_least(count) == pytest.approx(
        plain, abs=digits / (1 if count == 1 else 10)
    )
    assert MarginalCount(mean, error=flux).at_least(count) == pytest.approx(
        marginal, abs=digits
    )
    wide = MarginalCount(mean, error=CHAIN_ERROR).at_least(count)
    assert abs(wide - marginal) > 10 * digits


def test_mir_saw_none():
    """Odds of 1 in 2.2 of at least one: mu = 0.606, P(0) = 0.545, 0.524 marginal."""
    mean = -math.log(1.0 - 1.0 / 2.2)
    assert mean == pytest.approx(0.606, abs=5e-4)
    plain = MarginalCount(mean, error=NO_ERROR).pmf(0)
    assert plain == pytest.approx(0.545, abs=5e-4)
    marginal = MarginalCount(mean, error=ModelError()).pmf(0)
    assert marginal == pytest.approx(0.524, abs=5e-4)


@pytest.mark.parametrize("log_error", [0.3, CHAIN_LOG_ERROR, 2.5])
@pytest.mark.parametrize(("mean", "count"), [(1.2, 5), (20.0, 12), (300, 60)])
def test_against_adaptive_quadrature(log_error, mean, count):
    number = MarginalCount(mean, error=ModelError(log_error, 0.0))
    pmf = by_quadrature(lambda u: stats.poisson.pmf(count, mean * u), log_error)
    tail = by_quadrature(lambda u: stats.poisson.sf(count - 1, mean * u), log_error)
    assert number.pmf(count) == pytest.approx(pmf, abs=1e-9)
    assert number.at_least(count) == pytest.approx(tail, abs=1e-9)
    assert number.at_least(count) + number.at_most(count - 1) == pytest.approx(1.0)


def test_gauss_hermite_agrees_where_counts_are_small():
    deviates, weights = np.polynomial.hermite_e.hermegauss(64)
    factors = np.exp(FLUX_LOG_ERROR * deviates)
    for count in range(6):
        other = weights / weights.sum() @ stats.poisson.pmf(count, 3.0 * factors)
        ours = MarginalCount(3.0, error=ModelError(FLUX_LOG_ERROR, 0.0)).pmf(count)
        assert ours == pytest.approx(other, abs=1e-9)


def test_rule_has_unit_weight_and_the_mean_of_a_lognormal():
    for log_error in (0.0, 0.1, 0.9, 3.0):
        factors, weights = lognormal_rule(log_error, 50)
        assert weights.sum() == pytest.approx(1.0)
        assert weights @ factors == pytest.approx(math.exp(log_error**2 / 2), rel=1e-7)
    assert average(lambda u: u, FLUX_LOG_ERROR) == pytest.approx(1.2715, abs=5e-5)


def test_two_factors_against_simulation():
    """A million draws; 5 standard errors, sees 1 % of the tail."""
    error = ModelError(0.9, 0.5, 0.3)
    generator = np.random.Generator(np.random.Philox(key=20180830))
    n = 1_000_000
    normal = generator.standard_normal((3, n))
    mean = 0.7 * np.exp(0.9 * normal[0]) + 1.1 * np.exp(0.5 * normal[1])
    drawn = generator.poisson(mean * np.exp(0.3 * normal[2]))
    ours = MarginalCount(0.7, 1.1, error)
    for count in (0, 1, 4):
        share = (drawn == count).mean()
        spread = math.sqrt(share * (1 - share) / n)
        assert abs(ours.pmf(count) - share) < 5 * spread
    assert ours.mean == pytest.approx(drawn.mean(), rel=0.01)
    # a planted error: one factor shared by both kinds
    shared = 1.8 * np.exp(0.9 * normal[0])
    wrong = (generator.poisson(shared) == 4).mean()
    assert abs(ours.pmf(4) - wrong) > 5 * math.sqrt(wrong / n)


def test_zones_share_their_factors():
    """Two zones move together: the joint probability is not the product."""
    error = ModelError(0.9, 0.9)
    joint = probability_of_counts([2, 2], [1.0, 1.0], [0.0, 0.0], error)
    expected = by_quadrature(lambda u: stats.poisson.pmf(2, u) ** 2, 0.9)
    assert joint == pytest.approx(expected, abs=1e-9)
    alone = float(MarginalCount(1.0, error=error).pmf(2))
    assert joint > 1.3 * alone**2
    apart = probability_of_counts([2, 2], [1.0, 1.0], [0.0, 0.0], ModelError(0, 0, 0.9))
    assert apart == pytest.approx(alone**2, rel=1e-6)


def test_one_factor_would_cancel_from_the_split():
    """With a factor a kind, the split over zones keeps a spread."""

    def split(error):
        ways = [(k, 4 - k) for k in range(5)]
        p = [probability_of_counts(w, [3.0, 0.5], [0.5, 3.0], error) for w in ways]
        return np.array(p) / sum(p)

    assert split(ModelError(0.9, 0.9))[4] > 1.5 * split(NO_ERROR)[4]


def test_classes_are_labelled_and_grow():
    rows = class_rates(
        [
            DeclaredClass("zone", 1e-3),
            DeclaredClass("fleet", 0.2, 0.1, declared_before=True),
        ]
    )
    assert [r.label for r in rows] == [POST_HOC, "declared"]
    assert rows[0].plain == pytest.approx(-math.expm1(-1e-3))
    assert rows[1].plain == pytest.approx(-math.expm1(-0.3))
    assert rows[1].marginal > rows[0].marginal


def test_sidak():
    assert sidak_disjoint(0.01, 3) == pytest.approx(1 - 0.99**3)
    assert sidak_disjoint(1.0, 7) == 1.0
    assert sidak_disjoint(1e-12, 10) == pytest.approx(1e-11)


def test_printed_clusters():
    duration = 22 * YEAR
    assert cluster(2.0, 60 * DAY, duration) == pytest.approx(0.029, abs=5e-4)
    assert cluster(5.0, 60 * DAY, duration) == pytest.approx(0.16, abs=5e-3)
    assert cluster_given(2, 58 * DAY, duration) == pytest.approx(0.014, abs=5e-4)
    for mean, plain, wide in ((0.12, 1e-4, 5e-4), (1.0, 7e-3, 2.8e-2)):
        pair = pair_rate(DeclaredClass("c", mean), 58 * DAY, duration)
        assert pair.plain == pytest.approx(plain, rel=0.05)
        assert pair.marginal == pytest.approx(wide, rel=0.05)
        assert pair.label == POST_HOC


def test_cluster_against_simulation():
    """Events thrown on a line; 5 standard errors, and a window twice as wide fails."""
    generator = np.random.Generator(np.random.Philox(key=58))
    window, runs = 0.02, 40_000
    close = np.zeros(runs, dtype=bool)
    for i in range(runs):
        times = np.sort(generator.random(generator.poisson(4.0)))
        close[i] = times.size > 1 and np.diff(times).min() < window
    share = close.mean()
    spread = math.sqrt(share * (1 - share) / runs)
    assert abs(cluster(4.0, window, 1.0) - share) < 5 * spread
    assert abs(cluster(4.0, 2 * window, 1.0) - share) > 5 * spread


def test_cluster_is_certain_when_there_is_no_room():
    assert cluster_given(11, 0.1, 1.0) == 1.0
    assert cluster_given(12, 0.1, 1.0) == 1.0
    assert cluster_given(10, 0.1, 1.0) == pytest.approx(1 - 0.1**10)
    assert cluster_given(1, 5.0, 1.0) == 0.0
    assert cluster(3.0, 2.0, 1.0) == pytest.approx(stats.poisson.sf(1, 3.0))
    assert cluster(500.0, 60 * DAY, 22 * YEAR) == pytest.approx(1.0)
    assert cluster(0.0, 1.0, 2.0) == 0.0


@pytest.mark.parametrize(
    "call",
    [
        lambda: MarginalCount(-1.0),
        lambda: MarginalCount(float("nan")),
        lambda: MarginalCount(1.0).pmf(1.5),
        lambda: MarginalCount(1.0).at_least(-1),
        lambda: ModelError(-0.1),
        lambda: ModelError(float("nan")),
        lambda: lognormal_rule(9.0),
        lambda: lognormal_rule(0.5, -1.0),
        lambda: cluster(1.0, -1.0, 2.0),
        lambda: cluster(1.0, 1.0, float("inf")),
        lambda: sidak_disjoint(1.2, 3),
        lambda: sidak_disjoint(0.2, 0),
        lambda: class_rates([], count=0),
        lambda: probability_of_counts([1], [1.0, 2.0], [0.0], NO_ERROR),
    ],
)
def test_bad_numbers_are_refused(call):
    with pytest.raises(InputError):
        call()


def test_all_problems_at_once():
    with pytest.raises(InputError) as caught:
        ModelError(-1.0, 9.0, float("nan"))
    assert [p.key for p in caught.value.problems] == ["debris", "meteoroid", "zone"]
    with pytest.raises(InputError) as caught:
        cluster(1.0, 0.0, -1.0)
    assert [p.key for p in caught.value.problems] == ["window", "duration"]
