"""Counts under lognormal model factors: closed forms, enumeration, scipy, Monte Carlo."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from mmod.errors import InputError
from mmod.forensics.rates import MarginalCount, ModelError
from mmod.stats import CountLaw, lognormal_law, poisson_law, poisson_min_likelihood
from mmod.stats.counts import _log_sum

LN2 = math.log(2.0)


def tail(pmf, count):
    return pmf[pmf <= pmf[count] * (1.0 + 1e-7)].sum()


@pytest.mark.parametrize("mean", [0.01, 0.606, 2.0, 3.0, 17.3, 250.0])
@pytest.mark.parametrize("count", [0, 1, 2, 3, 9, 40, 300])
def test_plain_p_is_the_sum_over_all_counts_at_most_as_likely(mean, count):
    pmf = stats.poisson.pmf(np.arange(2000), mean)
    law = poisson_law(mean)
    assert law.two_sided(count) == pytest.approx(tail(pmf, count), rel=1e-9, abs=1e-300)
    below, above = pmf[:count].sum(), pmf[count + 1 :].sum()
    mid = min(1.0, 2.0 * (min(below, above) + 0.5 * pmf[count]))
    assert law.doubled_mid_p(count) == pytest.approx(mid, rel=1e-7, abs=1e-12)


@pytest.mark.parametrize(
    ("means", "spread"),
    [((2.0,), (LN2,)), ((1.8, 1.2), (0.72, 0.5)), ((60.0, 40.0), (0.72, 0.3))],
)
def test_marginal_p_is_the_sum_over_the_convolution_of_the_kinds(means, spread):
    counts = np.arange(2000)
    parts = []
    for mean, s in zip(means, spread, strict=True):
        # another rule than the trapezoid: Gauss-Legendre on 64 panels of the deviate
        x, w = np.polynomial.legendre.leggauss(12)
        middle = np.linspace(-8.0, 8.0, 129)[1::2]
        z = (middle[:, None] + 0.125 * x[None, :]).ravel()
        weight = (
            0.125 * np.tile(w, 64) * np.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)
        )
        parts.append(stats.poisson.pmf(counts[:, None], mean * np.exp(s * z)) @ weight)
    pmf = parts[0] if len(parts) == 1 else np.convolve(*parts)[: len(counts)]
    law = lognormal_law(means, spread)
    for count in (0, 1, 4, 30, 174):
        assert law.pmf(count) == pytest.approx(pmf[count], rel=1e-6, abs=1e-11)
        # what the finite table lacks beyond its end
        assert law.two_sided(count) == pytest.approx(tail(pmf, count), abs=2e-5)
        assert law.at_most(count) == pytest.approx(pmf[: count + 1].sum(), abs=1e-8)


def direct(mean, spread, counts):
    """Return the pmf of one kind by Gauss-Legendre, panels of half a Poisson width."""
    x, w = np.polynomial.legendre.leggauss(8)
    panels = int(34.0 * spread * math.sqrt(counts[-1] + 1.0)) + 40
    edges = np.linspace(-9.0, 9.0, panels + 1)
    half = 9.0 / panels
    z = (0.5 * (edges[1:] + edges[:-1])[:, None] + half * x[None, :]).ravel()
    weight = half * np.tile(w, panels) * stats.norm.pdf(z)
    return stats.poisson.pmf(counts[:, None], mean * np.exp(spread * z)) @ weight


@pytest.mark.parametrize(
    ("mean", "spread", "count"),
    [
        (20.0, 1.5, 800),
        (1000.0, 0.9, 21_000),
        (0.5, 2.5, 900),
        (5.0, 2.5, 700),
        (40.0, 0.9, 1500),
        (1000.0, 5.0, 3_000_000),
        (3.0, 5.0, 400_000),
    ],
)
def test_gross_excess_of_one_kind_by_adaptive_quadrature(mean, spread, count):
    # P(N = n) and P(N >= n) = E P(n, m), each by adaptive quadrature about its front
    law = lognormal_law(mean, spread)
    front = math.log(count / mean) / spread
    width = 1.0 / (spread * math.sqrt(count))
    accuracy = 1e-9 if count < 1e5 else 1e-6  # of ln pmf, by rounding
    from scipy.integrate import quad
    from scipy.special import gammainc, gammaln

    def integral(f):
        ends = [-9.0, front - 12.0 * width, front, front + 12.0 * width, 9.0]
        pieces = [
            quad(f, a, b, epsabs=0.0, epsrel=accuracy, limit=500)[0]
            for a, b in pairwise(ends[1:])
        ]
        return sum(pieces)

    def pmf_at(z):
        m = mean * math.exp(spread * z)
        return stats.norm.pdf(z) * math.exp(
            count * math.log(m) - m - float(gammaln(count + 1.0))
        )

    def tail_at(z):
        return stats.norm.pdf(z) * gammainc(count, mean * math.exp(spread * z))

    close = 1e-7 if count < 1e4 else 2e-4
    assert law.pmf(count) == pytest.approx(integral(pmf_at), rel=close)
    above = integral(tail_at)
    assert law.at_least(count) == pytest.approx(above, rel=close)
    assert above * (1.0 - close) <= law.two_sided(count) <= 40.0 * above


@pytest.mark.parametrize(
    ("means", "spread", "count"),
    [
        ((20.0,), (1.5,), 800),
        ((0.22, 1.3), (2.5, 0.59), 45),
        ((2.2, 8.6), (2.5, 0.72), 163),
        ((6.0, 9.0), (0.9, 0.9), 400),
        ((1.0, 2.0), (1.5, 0.3), 250),
    ],
)
def test_gross_excess_by_the_sum_over_all_counts(means, spread, count):
    counts = np.arange(count + 1)
    parts = [direct(m, s, counts) for m, s in zip(means, spread, strict=True)]
    pmf = parts[0] if len(parts) == 1 else np.convolve(*parts)[: count + 1]
    # every count above is less likely than `count`: the p-value needs those below
    likelier = pmf[pmf > pmf[count] * (1.0 + 1e-7)].sum()
    assert np.all(np.diff(pmf[count // 2 :]) < 0.0)
    truth = 1.0 - likelier
    law = lognormal_law(means, spread)
    assert law.two_sided(count) == pytest.approx(truth, rel=1e-7)
    # whatever count the law was made for
    for made in (count, 50 * count):
        law = lognormal_law(means, spread, made)
        assert law.two_sided(count) == pytest.approx(truth, rel=1e-7)
    assert poisson_min_likelihood(count, means, spread) == pytest.approx(truth)
    if len(means) == 2 and max(spread) < 2.0:
        rates = MarginalCount(*means, ModelError(*spread))
        assert law.pmf(count) == pytest.approx(float(rates.pmf(count)), rel=1e-7)


def test_a_density_of_the_sum_agrees_with_the_product_of_both_rules():
    # the same law as one density of the logarithm, and node by node
    logs, weights = _log_sum(np.log([30.0, 4.0]), np.array([0.7, 1.2]), 0.02)
    product = lognormal_law([30.0, 4.0], [0.7, 1.2])
    density = CountLaw(np.exp(logs), weights)
    for count in (0, 5, 60, 500):
        assert density.pmf(count) == pytest.approx(product.pmf(count), rel=1e-8)
        assert density.at_least(count) == pytest.approx(
            product.at_least(count), rel=1e-8
        )


@pytest.mark.parametrize("spread", [0.3, 0.9, 2.5, 5.0])
def test_the_mean_of_the_count_is_that_of_the_factors(spread):
    mean = 7.0 * math.exp(0.5 * spread**2)
    assert lognormal_law(7.0, spread).mean == pytest.approx(mean, rel=1e-9)


@pytest.mark.parametrize("count", [10, 400, 4000])
def test_nodes_for_few_counts_are_seen_to_ripple(count):
    # planted: the nodes of the median alone, for every count
    law = lognormal_law([20.0], [1.5])
    wrong = CountLaw(law.means, law.weights)
    good = abs(wrong.pmf(count) / law.pmf(count) - 1.0) < 1e-6
    assert good == (count <= 20)


def test_published_values():
    assert poisson_law(0.606).pmf(0) == pytest.approx(0.545, abs=6e-4)
    assert lognormal_law(0.606, LN2).pmf(0) == pytest.approx(0.524, abs=5e-4)
    assert lognormal_law(0.01, LN2).at_least(1) == pytest.approx(0.01259, abs=5e-6)
    assert poisson_law(1.2).at_least(5) == pytest.approx(0.0077, abs=1e-4)
    assert lognormal_law(1.2, LN2).at_least(5) == pytest.approx(0.059, abs=5e-4)


@pytest.mark.parametrize("count", [0, 1, 7, 40])
def test_the_rates_of_this_package_agree(count):
    rates = MarginalCount(4.0, 2.0, ModelError(0.7, 0.4))
    law = lognormal_law([4.0, 2.0], [0.7, 0.4])
    assert law.pmf(count) == pytest.approx(float(rates.pmf(count)), rel=1e-8)
    assert law.at_least(count) == pytest.approx(float(rates.at_least(count)), rel=1e-8)


def test_no_error_is_plain_and_errors_only_widen():
    assert poisson_min_likelihood(9, 3.0) == poisson_law(3.0).two_sided(9)
    values = [poisson_min_likelihood(9, 3.0, s) for s in (0.0, 0.2, 0.7, 1.5)]
    assert values == sorted(values)
    assert lognormal_law([3.0, 0.0], [0.0, 0.9]).mean == 3.0
    assert lognormal_law(3.0, LN2).mean == pytest.approx(3.0 * math.exp(0.5 * LN2**2))


@pytest.mark.parametrize("mean", [0.3, 4.0, 60.0])
def test_interval_holds_what_it_says_and_no_less_would(mean):
    law = lognormal_law(mean, 0.72)
    low, high = law.interval()
    assert law.at_most(low - 1) <= 0.025
    assert law.at_least(high + 1) <= 0.025
    assert law.at_most(low) > 0.025
    assert law.at_least(high) > 0.025


def test_randomised_p_is_uniform_by_its_distribution_function():
    # P(randomised <= t), summed over counts, is t: no drawing needed
    law = lognormal_law(2.5, 0.5)
    table = [(law.at_most(count - 1), law.pmf(count)) for count in range(150)]
    for t in (0.03, 0.3, 0.77):
        total = 0.0
        for count, (low, width) in enumerate(table):
            total += width * min(max((t - low) / width, 0.0), 1.0) if width else 0.0
            if width:
                assert law.randomised(count, 0.5) == pytest.approx(low + 0.5 * width)
        assert total == pytest.approx(t, abs=1e-6)


def test_impossible_counts():
    assert poisson_law(0.0).two_sided(0) == 1.0
    assert poisson_law(0.0).two_sided(3) == 0.0
    assert 0.0 < poisson_law(1e4).two_sided(0) < 1e-300 or not poisson_law(
        1e4
    ).two_sided(0)


@pytest.mark.parametrize(
    ("mean", "spread", "key"),
    [
        (-1.0, 0.1, "means"),
        (math.nan, 0.1, "means"),
        (1.0, -0.1, "log_stderr"),
        (1.0, 5.01, "log_stderr"),
        (1e6, 0.1, "means"),
        ([9e4, 9e4], [0.0, 0.5], "means"),
        ([1.0, 1.0, 1.0], 0.5, "means"),
    ],
)
def test_bad_numbers_are_refused(mean, spread, key):
    with pytest.raises(InputError) as caught:
        lognormal_law(mean, spread)
    assert caught.value.problems[0].key == key


@pytest.mark.parametrize("count", [-1, 1.5, math.nan])
def test_bad_counts_are_refused(count):
    with pytest.raises(InputError, match="count"):
        poisson_min_likelihood(count, 2.0)
