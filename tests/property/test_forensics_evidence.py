"""Invariances of the source posterior, of counts and of leaks."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmod.forensics.evidence import GROUP_CAP, Group, Term, factors
from mmod.forensics.leaks import Cabin, effective_diameter
from mmod.forensics.orifice import orifice_flow
from mmod.forensics.posterior import source_posterior
from mmod.forensics.prior import AlternativeRate, ImpactRate
from mmod.forensics.rates import NO_ERROR, MarginalCount, ModelError

probability = st.floats(1e-6, 1.0 - 1e-6)
limits = st.tuples(probability, probability).map(lambda p: (min(p), max(p)))
rate = st.floats(1e-6, 10.0)
few = settings(max_examples=25)


def term(name, impact, drilled):
    ranges = {"meteoroid": impact, "debris": impact, "drilled_inside": drilled}
    return Term(name, ranges)


groups = st.lists(
    st.lists(st.tuples(limits, limits), min_size=1, max_size=3), min_size=1, max_size=3
).map(
    lambda listed: [
        Group(f"g{i}", tuple(term(f"t{j}", *r) for j, r in enumerate(terms)))
        for i, terms in enumerate(listed)
    ]
)


def posterior(mean, evidence, weight=(0.0, 0.0)):
    return source_posterior(
        ImpactRate(mean, 0.5 * mean, NO_ERROR),
        [AlternativeRate("drilled_inside", 0, 138.0)],
        evidence,
        other_weight=weight,
        seed=5,
        number=500,
    )


def odds(p):
    return p / (1.0 - p)


@few
@given(rate, groups, st.floats(0.01, 100.0))
def test_odds_scale_with_the_prior(mean, evidence, scale):
    p = posterior(mean, evidence)
    first, scaled = p.row(1.0), p.row(scale)
    for one, other in ((first.low, scaled.low), (first.high, scaled.high)):
        if 1e-9 < other < 1.0 - 1e-6 and 1e-9 < one < 1.0 - 1e-6:
            assert odds(other) == pytest.approx(scale * odds(one), rel=1e-6)


@few
@given(rate, groups)
def test_order_of_groups_does_not_matter(mean, evidence):
    forward, back = (
        posterior(mean, evidence).row(),
        posterior(mean, evidence[::-1]).row(),
    )
    assert forward.impact == pytest.approx(back.impact, rel=1e-12)
    assert (forward.low, forward.high) == pytest.approx(
        (back.low, back.high), rel=1e-12
    )
    assert forward.quantiles == pytest.approx(back.quantiles, rel=1e-12)


@few
@given(rate, groups, st.sampled_from(["product", "strongest"]))
def test_everything_lies_inside_the_corners(mean, evidence, rule):
    row = posterior(mean, evidence, (0.01, 0.05)).row(dependence=rule)
    slack = 1e-12
    assert row.low - slack <= row.quantiles[0] <= row.quantiles[2] <= row.high + slack
    # the mean of capped groups is drawn: inside the corners all the same
    assert row.low - slack <= row.impact <= row.high + slack


apart = st.lists(st.tuples(limits, limits, limits), min_size=1, max_size=3)


@few
@given(rate, apart, st.sampled_from(["product", "strongest"]))
def test_kinds_judged_apart_lie_inside_the_corners(mean, terms, rule):
    names = ("meteoroid", "debris", "drilled_inside")
    listed = [
        Term(f"t{i}", dict(zip(names, one, strict=True))) for i, one in enumerate(terms)
    ]
    row = posterior(mean, [Group("g", tuple(listed))]).row(dependence=rule)
    slack = 1e-12
    assert row.low - slack <= row.quantiles[0] <= row.quantiles[2] <= row.high + slack
    assert row.low - slack <= row.impact <= row.high + slack


@few
@given(groups)
def test_the_cap_holds(evidence):
    for rule in ("product", "strongest"):
        for f in factors(evidence, ["drilled_inside"], 5, rule):
            assert 1.0 / GROUP_CAP * (1 - 1e-9) <= f.low <= f.high
            assert f.high <= GROUP_CAP * (1 + 1e-9)
            assert f.low * (1 - 1e-9) <= f.central <= f.high * (1 + 1e-9)


@few
@given(rate, groups)
def test_leaving_all_out_leaves_the_rates(mean, evidence):
    p = posterior(mean, evidence)
    row = p.row(without=[g.name for g in evidence])
    assert odds(row.impact) == pytest.approx(p.rate_odds)


@given(st.floats(0.0, 50.0), st.floats(0.0, 50.0), st.floats(0.0, 1.5))
@settings(max_examples=25)
def test_counts_are_a_distribution(debris, meteoroid, error):
    number = MarginalCount(debris, meteoroid, ModelError(error, 0.5 * error))
    for count in (0, 1, 7):
        inside = number.pmf(range(count + 1)).sum()
        assert inside == pytest.approx(number.at_most(count), abs=1e-9)
        assert number.at_least(count + 1) == pytest.approx(1.0 - inside, abs=1e-9)


@given(st.floats(1e-6, 1.0), st.floats(10.0, 1e4), st.floats(0.1, 10.0))
def test_effective_diameter_scales(fall, volume, factor):
    def diameter(v, r):
        found = effective_diameter((r, r), Cabin((v, v)))
        assert found.low <= found.central <= found.high
        return found.central

    first = diameter(volume, fall)
    assert diameter(factor * volume, fall) == pytest.approx(first * math.sqrt(factor))
    assert diameter(volume, factor * fall) == pytest.approx(first * math.sqrt(factor))


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_flow_falls_with_the_pressure_behind(a, b):
    low, high = sorted((a, b))
    more, less = (
        float(orifice_flow(1e5, r * 1e5, 295.0, 1e-6, 0.7)) for r in (low, high)
    )
    assert more >= less >= 0.0
