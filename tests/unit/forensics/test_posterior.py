"""Source posterior: closed forms, a simulated marked process, the figures of MS-09."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mmod.errors import InputError
from mmod.forensics.evidence import Group, Term, combined, corners, factors, groups_of
from mmod.forensics.marks import load_marks
from mmod.forensics.posterior import SCALES, document, source_posterior
from mmod.forensics.prior import AlternativeRate, ImpactRate, size_term
from mmod.forensics.rates import CHAIN_ERROR, NO_ERROR, ModelError

FLEET = AlternativeRate("drilled_inside", 0, 138.0)
HYPOTHESES = ("meteoroid", "debris", "drilled_inside", "other")


def both(impact, drilled, **more):
    return {"meteoroid": impact, "debris": impact, "drilled_inside": drilled, **more}


def ms09(
    mean, *, error=NO_ERROR, size=((0.06, 0.084), (0.20, 0.20)), weight=(0.0, 0.0)
):
    term = size_term(size[0], {"drilled_inside": size[1]}, (0.03, 0.12))
    return source_posterior(
        ImpactRate(mean, 0.0, error),
        [FLEET],
        groups_of(load_marks("ms09"), term),
        other_weight=weight,
        seed=20180830,
    )


def test_two_points_are_bayes():
    group = Group("g", (Term("t", both((0.3, 0.3), (0.9, 0.9)), elicited=False),))
    p = source_posterior(
        ImpactRate(2e-3, 1e-3, NO_ERROR), [FLEET], [group], other_weight=(0, 0), seed=1
    )
    row = p.row()
    odds = 3e-3 / (0.5 / 138.0) * 0.3 / 0.9
    assert row.impact == pytest.approx(odds / (1 + odds))
    assert row.low == pytest.approx(row.impact) == pytest.approx(row.high)
    assert row.probabilities["debris"] == pytest.approx(2 / 3 * row.impact)
    assert sum(row.probabilities.values()) == pytest.approx(1.0)


def test_rates_are_averaged_over_their_errors():
    rate = ImpactRate(1e-3, 2e-3, ModelError(0.9, 0.5))
    assert rate.means["debris"] == pytest.approx(1e-3 * math.exp(0.405))
    assert rate.means["meteoroid"] == pytest.approx(2e-3 * math.exp(0.125))


def test_fleet_history():
    assert FLEET.expected == pytest.approx(0.0036, abs=5e-5)
    low, high = FLEET.interval()
    generator = np.random.Generator(np.random.Philox(key=138))
    drawn = generator.gamma(0.5, 1 / 138.0, 400_000)
    assert np.mean(drawn < low) == pytest.approx(0.025, abs=1.3e-3)
    assert np.mean(drawn > high) == pytest.approx(0.025, abs=1.3e-3)
    half = AlternativeRate("drilled_inside", 0, 138.0, (0.5, 0.5))
    assert half.expected == pytest.approx(0.5 * FLEET.expected)


def test_against_a_simulated_marked_process():
    """Draw who acted and which marks came of it; keep what looks like the hole."""
    generator = np.random.Generator(np.random.Philox(key=77))
    n = 2_000_000
    drilled = generator.random(n) < 0.4
    limits = {False: ((0.05, 0.2), (0.3, 0.6)), True: ((0.5, 0.9), (0.1, 0.3))}
    seen = np.ones(n, dtype=bool)
    for i in range(2):
        low, high = (
            np.where(drilled, *(limits[k][i][j] for k in (True, False))) for j in (0, 1)
        )
        likelihood = low * (high / low) ** generator.random(n)
        seen &= generator.random(n) < likelihood
    share = 1.0 - drilled[seen].mean()
    spread = math.sqrt(share * (1 - share) / seen.sum())
    groups = [
        Group(str(i), (Term("t", both(limits[False][i], limits[True][i])),))
        for i in range(2)
    ]
    p = source_posterior(
        ImpactRate(0.6, 0.0, NO_ERROR),
        [AlternativeRate("drilled_inside", 0, 0.5 / 0.4)],
        groups,
        other_weight=(0, 0),
        seed=3,
    )
    assert abs(p.row().impact - share) < 5 * spread
    # planted error: geometric means in place of means
    wrong = 0.6 * math.prod(math.sqrt(a * b) for a, b in limits[False])
    other = 0.4 * math.prod(math.sqrt(a * b) for a, b in limits[True])
    assert abs(wrong / (wrong + other) - share) > 5 * spread


class TestMs09:
    """The method's figures for MS-09, computed here from its own table."""

    def test_break_even(self):
        """About 880 at mu = 3.2e-3 and rate odds x10: 874 with 0.5/138, 880 with 0.0036."""
        p = ms09(3.2e-3)
        assert p.break_even(0.01, 10.0) == pytest.approx(99 * 0.032 * 138 / 0.5)
        assert p.break_even(0.01, 10.0) == pytest.approx(880, rel=0.01)
        assert p.break_even(0.5, 10.0) == pytest.approx(8.83, abs=5e-3)

    @pytest.mark.parametrize("mean", [1e-3, 1.5e-3, 3.2e-3, 8e-3])
    @pytest.mark.parametrize("scale", SCALES)
    def test_corners_follow_from_the_table(self, mean, scale):
        p = ms09(mean)
        odds = scale * mean * 138 / 0.5
        screen, dimples, leak, size = 0.1 / 0.95, 0.01, 0.1 / 0.3, 0.42

        def share(*ratios):
            product = odds * math.prod(ratios)
            return product / (1 + product)

        every = p.row(scale)
        assert every.high == pytest.approx(share(size, screen, dimples, leak))
        # the least favourable: chips and dimples 1e-4 x 0.01 / (0.6 x 0.9), capped
        assert every.low == pytest.approx(share(0.3, 0.01 / 0.95, 1e-3, 0.02 / 0.7))
        assert p.row(scale, ["screen"]).high == pytest.approx(
            share(size, dimples, leak)
        )
        both_out = p.row(scale, ["screen", "dimples_and_chips"])
        assert both_out.high == pytest.approx(share(size, leak))
        strongest = p.row(scale, (), "strongest")
        assert strongest.high == pytest.approx(share(size, screen, 0.05, leak))

    def test_printed_posteriors(self):
        """0.04 and 0.28 are of mu = 1e-3, odds x10: without dimples, and without both."""
        p = ms09(1e-3)
        assert p.row(10, ["dimples_and_chips"]).high == pytest.approx(0.04, abs=2e-3)
        both_out = p.row(10, ["screen", "dimples_and_chips"]).high
        assert both_out == pytest.approx(0.28, abs=2e-3)

    @pytest.mark.parametrize("mean", [1e-3, 1.5e-3, 3.2e-3, 8e-3])
    @pytest.mark.parametrize("error", [NO_ERROR, CHAIN_ERROR])
    def test_all_marks_give_less_than_a_hundredth(self, mean, error):
        p = ms09(mean, error=error, size=((0.06, 0.084), (0.15, 0.25)))
        rows = [p.row(scale) for scale in SCALES]
        assert max(r.high for r in rows) < 0.01
        assert max(r.quantiles[2] for r in rows) < 0.01

    def test_size_and_leak_alone_say_little(self):
        p = ms09(1.5e-3)
        row = p.row(10, ["screen", "dimples_and_chips"])
        assert row.low < 0.05 < 0.3 < row.high

    def test_ladder_ends_at_the_posterior(self):
        p = ms09(1.5e-3)
        assert p.ladder[0].impact == pytest.approx(p.rate_odds / (1 + p.rate_odds))
        assert p.ladder[-1].impact == p.row().impact
        assert [s.name for s in p.ladder][1:] == [g.name for g in p.groups]

    def test_draws_stay_inside_the_corners_and_repeat(self):
        p, again = ms09(1.5e-3), ms09(1.5e-3)
        for row in p.sensitivity + p.left_out:
            low, middle, high = row.quantiles
            assert row.low <= low <= middle <= high <= row.high
            assert row.low <= row.impact <= row.high
        assert document(p) == document(again)

    def test_factors_are_apart_from_the_rates(self):
        first, second = ms09(1e-3), ms09(8e-3)
        assert first.factors == second.factors
        assert second.rate_odds == pytest.approx(8 * first.rate_odds)

    def test_other_takes_what_is_not_judged(self):
        p = ms09(1.5e-3, weight=(0.01, 0.05))
        assert p.not_judged == ("tool_outside", "flaw", "crack")
        assert 0.0 < p.row().probabilities["other"] < 0.2
        assert ms09(1.5e-3).row().probabilities["other"] == 0.0


def test_the_cap_holds_and_only_where_judged():
    far = both((1e-4, 1e-4), (0.9, 0.9))
    judged = Group("g", (Term("t", far), Term("u", far)))
    printed = Group("g", (Term("t", far, False), Term("u", far, False)))
    for group, ratio in ((judged, 1e-3), (printed, (1e-4 / 0.9) ** 2)):
        (factor,) = factors([group], ["drilled_inside"], 1)
        assert factor.low == pytest.approx(ratio)
        assert factor.central == pytest.approx(ratio)
    values = np.array([[[0.01, 0.01, 0.9, 0.5]], [[0.01, 0.01, 0.9, 0.5]]])
    held = combined(judged, HYPOTHESES, values)
    assert held[0] == pytest.approx([0.81e-3, 0.81e-3, 0.81, 0.25])


CROSSED = {
    "meteoroid": (1e-3, 0.5),
    "debris": (0.02, 0.05),
    "drilled_inside": (0.1, 0.4),
}
"""Ranges of which now one kind is the likelier, now the other."""


def test_the_likelier_kind_is_averaged_draw_by_draw():
    """Against the quadrature of its mean; the kinds share their place in the range."""
    group = Group("g", (Term("t", CROSSED, False),))
    (factor,) = factors([group], ["drilled_inside"], 1)
    u = (np.arange(200_000) + 0.5) / 200_000
    kinds = [a * (b / a) ** u for a, b in (CROSSED["meteoroid"], CROSSED["debris"])]
    truth = np.maximum(*kinds).mean() * math.log(4.0) / 0.3
    assert factor.central == pytest.approx(truth, rel=0.02)
    apart = max(k.mean() for k in kinds) * math.log(4.0) / 0.3
    assert truth > 1.1 * apart  # the larger of the two means is not it


def test_the_central_factor_is_within_its_corners_and_the_cap():
    low = {"meteoroid": (1e-8, 1e-5), "debris": (1e-7, 1e-6)}
    group = Group("g", (Term("t", {**low, "drilled_inside": (0.9, 0.9)}),))
    (factor,) = factors([group], ["drilled_inside"], 1)
    assert (factor.low, factor.high) == pytest.approx((1e-3, 1e-3))
    assert factor.capped
    assert factor.low <= factor.central <= factor.high
    for names in (("meteoroid", "debris"), ("debris", "meteoroid")):
        turned = dict(zip(names, low.values(), strict=True))
        wide = Group("g", (Term("t", {**turned, "drilled_inside": (1e-4, 0.9)}),))
        (factor,) = factors([wide], ["drilled_inside"], 1)
        assert factor.low < factor.central < factor.high


def test_corners_of_one_term_are_its_ranges():
    group = Group("g", (Term("t", both((0.1, 0.2), (0.3, 0.6))),))
    found = corners(group, HYPOTHESES)
    assert found[:, 0].min() == 0.1
    assert found[:, 2].max() == 0.6
    assert np.all(found[:, 0] == found[:, 1])


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: ImpactRate(-1.0, 0.0), ">= 0"),
        (lambda: ImpactRate(0.0, 0.0), "no odds"),
        (lambda: ImpactRate(float("nan"), 1.0), "finite"),
        (lambda: AlternativeRate("gremlin", 0, 1.0), "one of"),
        (lambda: AlternativeRate("flaw", -1, 1.0), "whole number"),
        (lambda: AlternativeRate("flaw", 0, 0.0), "> 0"),
        (lambda: AlternativeRate("flaw", 0, 1.0, (0.5, 1.5)), "<= 1"),
        (lambda: size_term((0.1, 0.05), {}, (0.1, 0.1)), "low <= high"),
        (lambda: size_term((0.1, 0.2), {"gremlin": (0.1, 0.1)}, (0.1, 0.1)), "one of"),
        (lambda: size_term({"debris": (0.1, 0.2)}, {}, (0.1, 0.1)), "reported size"),
        (lambda: ms09(1e-3).row(without=["colour"]), "one of"),
        (lambda: ms09(1e-3).row(scale=0.0), "> 0"),
        (lambda: ms09(1e-3).break_even(1.0), "inside (0, 1)"),
        (lambda: ms09(1e-3, weight=(0.2, 0.1)), "low <= high"),
        (lambda: source_posterior(ImpactRate(1, 0), [], [], seed=1), "one alternative"),
        (
            lambda: source_posterior(ImpactRate(1, 0), [FLEET, FLEET], [], seed=1),
            "one rate",
        ),
        (lambda: factors([], ["debris"], 1), "one of"),
    ],
)
def test_bad_input_is_refused(call, said):
    with pytest.raises(InputError) as caught:
        call()
    assert said in str(caught.value)


def test_an_unjudged_alternative_gives_no_odds():
    flaw = AlternativeRate("flaw", 0, 100.0)
    with pytest.raises(InputError, match="one alternative"):
        source_posterior(
            ImpactRate(1e-3, 0.0), [flaw], groups_of(load_marks("ms09")), seed=1
        )
