"""One hole against one run: the numbers, the groups left out, what is never said."""

from __future__ import annotations

import json
import math
import re
import tomllib
from datetime import UTC, datetime
from functools import cache

import numpy as np
import pytest
from breach_cases import PLATE_ZONE, maiden_above, plate_table
from engine_helpers import sampled, solve
from hole_cases import ALTERNATIVE, END, MIDDLE, RANGES, START, card, marks, two_pairs
from hypothesis import given, settings
from hypothesis import strategies as st

from mmod.cli.output import to_json
from mmod.errors import InputError
from mmod.forensics.assessment import assess
from mmod.forensics.assessment_document import document
from mmod.forensics.assessment_text import left_out_by_both_rules, text
from mmod.forensics.breaches import predict_breaches
from mmod.forensics.case import CaseCard, load_case, parse_case
from mmod.forensics.environments import pairings
from mmod.forensics.leak_report import leak_report
from mmod.forensics.marks import MarksCard, load_marks, parse_marks
from mmod.forensics.posterior import DEPENDENCES, SCALES
from mmod.forensics.rates import NO_ERROR, ModelError
from mmod.forensics.verdict import THRESHOLDS
from mmod.results.build import build
from mmod.units import MM


@cache
def whole():
    return assess(parse_case(card()), two_pairs(), marks=marks(*RANGES), seed=3)


def test_the_environments_are_the_pairs_of_models():
    found = whole()
    assert [c.pairing.label for c in found.counts] == [
        "nasa91 + grun_ssp",
        "master8 + grun_ssp",
    ]
    assert [c.pairing.in_total for c in found.counts] == [True, False]
    for count in found.counts:
        alone = predict_breaches(
            two_pairs(), PLATE_ZONE, environment=list(count.pairing.models)
        )
        for least, interval, rays in count.sizes:
            truth = alone.expected(least)
            assert interval.value == truth.value
            assert rays == truth.effective_samples
            for low, high in (
                interval.sampling,
                interval.environment,
                interval.damage,
                interval.combined,
            ):
                assert low < interval.value < high
            assert interval.combined[0] < interval.environment[0]
            assert interval.combined[1] > interval.damage[1]
        assert sum(count.by_kind.values()) == pytest.approx(count.sizes[0][1].value)
        assert [least for least, _, _ in count.sizes] == [0.0, 1.5 * MM, 2.0 * MM]


def test_the_number_of_any_hole_is_that_of_the_run():
    zones = two_pairs()["zones"].to_dataset()
    at = zones.sel(damage="penetration", environment="total", zone=PLATE_ZONE)
    value = whole().counts[0].sizes[0][1].value
    assert value == pytest.approx(float(at["expected"]), rel=1e-9)


@pytest.mark.parametrize("which", [0, 1])
def test_intervals_of_all_sizes_and_pairs_at_once_are_those_of_each(which):
    """What one pair computed is used again by the next."""
    count = whole().counts[which]
    alone = predict_breaches(
        two_pairs(), PLATE_ZONE, environment=list(count.pairing.models)
    )
    for least, interval, _ in count.sizes:
        own = alone.model_interval(least)
        for cause in ("sampling", "environment", "damage", "combined"):
            assert getattr(interval, cause) == pytest.approx(
                getattr(own, cause), rel=1e-9
            )
        assert interval.assumptions == own.assumptions


def test_a_part_of_a_kind_is_no_environment():
    """Streams alone are not the meteoroids."""
    tree = two_pairs().copy(deep=True)
    name = tree["threats"]["group"].sel(model="master8").values.item()
    tree[f"/threats/{name}"].attrs["part_of_kind"] = 1
    assert [p.label for p in pairings(tree)] == ["nasa91 + grun_ssp"]


@given(share=st.floats(0.05, 0.95))
@settings(max_examples=3, deadline=None)
def test_counts_are_proportional_to_the_window(share):
    part = START + (END - START) * share
    found = assess(parse_case(card(end=part)), two_pairs())
    for ours, theirs in zip(found.counts, whole().counts, strict=True):
        for (_, a, _), (_, b, _) in zip(ours.sizes, theirs.sizes, strict=True):
            assert a.value == pytest.approx(share * b.value, rel=1e-6)
            assert a.combined == pytest.approx(
                tuple(share * v for v in b.combined), rel=1e-6
            )
    assert found.size.p == pytest.approx(whole().size.p, rel=1e-9)


def test_twice_the_window_has_twice_the_rates_and_odds():
    half = assess(
        parse_case(card(end=MIDDLE)), two_pairs(), marks=marks(*RANGES), seed=3
    )
    full = whole()
    assert full.classes[0].expected == pytest.approx(2.0 * half.classes[0].expected)
    assert full.posterior.rate_odds == pytest.approx(2.0 * half.posterior.rate_odds)
    for a, b in zip(half.factors, full.factors, strict=True):
        assert a == b  # marks know no rate


def test_a_class_is_the_zone_scaled_by_its_exposure():
    wide = {"name": "fleet", "exposure_years": 50.0, "source": "test"}
    more = {**wide, "name": "fleet of twice the area", "area_factor": [1.0, 4.0]}
    silent = {"name": "all", "source": "nobody has stated it"}
    table = {**card(), "class": [wide, more, silent]}
    found = assess(parse_case(table), two_pairs(), model_error=NO_ERROR)
    own, fleet, double = found.classes
    year = (END - START).total_seconds() / (365.25 * 86400.0)
    assert fleet.expected == pytest.approx(50.0 / year * own.expected)
    assert double.expected == pytest.approx(2.0 * fleet.expected)
    assert fleet.plain == fleet.marginal == pytest.approx(-math.expm1(-fleet.expected))
    assert found.class_notes == ("all: nobody has stated it",)
    assert "no rate for all: nobody has stated it" in text(found)


def test_the_share_of_the_size_by_the_law_written_out_anew():
    found, breaches = whole(), whole().breaches
    speed = np.asarray(breaches.at_node("speed"))
    node = breaches.diameter, breaches.critical_diameter, speed

    def above(size):
        return float((breaches.weight * maiden_above(size, *node)).sum())

    law = above(1.5e-3) - above(2e-3)
    share = law / breaches.weight.sum()
    assert found.size.probability.value == pytest.approx(share, rel=1e-6)
    sizes = np.exp(np.linspace(math.log(1.5e-3), math.log(2e-3), 41))
    holes = above(1e-9)
    u = np.mean([1.0 - above(s) / holes for s in sizes])
    assert found.size.u == pytest.approx(u, rel=1e-6)
    assert found.size.p == pytest.approx(2.0 * min(u, 1.0 - u), rel=1e-6)


def test_one_reported_number_is_widened():
    found = assess(parse_case(card(size={"reported_mm": 2.0})), two_pairs())
    assert found.size.size == pytest.approx((1.9e-3, 2.1e-3))


@pytest.mark.parametrize("out", ["dimples", "lip"])
def test_a_group_left_out_is_a_file_without_it(out):
    kept = [name for name in RANGES if name != out]
    without = assess(parse_case(card()), two_pairs(), marks=marks(*kept), seed=3)
    for scale in SCALES:
        for rule in DEPENDENCES:
            ours = whole().posterior.row(scale, (out,), rule)
            theirs = without.posterior.row(scale, (), rule)
            assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))
            assert ours.impact == pytest.approx(theirs.impact, rel=1e-9)
        (printed,) = [
            row
            for row in left_out_by_both_rules(whole().posterior)
            if row.without == (out,) and row.scale == scale
        ]
        both = [whole().posterior.row(scale, (out,), rule) for rule in DEPENDENCES]
        assert printed.low == min(r.low for r in both)
        assert printed.high == max(r.high for r in both)
        assert printed.impact == both[0].impact


def test_size_and_leak_alone_are_undecided():
    found = whole()
    assert found.verdict.word == "undecided"  # a mark for, one against
    often = {**ALTERNATIVE, "events": 40}
    case = parse_case(card(alternative=[often]))
    against = assess(case, two_pairs(), marks=marks("screen", "dimples"))
    assert against.verdict.word == "inconsistent"
    assert against.without_marks.word == "undecided"
    assert "dimples" in against.verdict.rests_on


def test_the_same_seed_gives_the_same_text():
    again = assess(parse_case(card()), two_pairs(), marks=marks(*RANGES), seed=3)
    other = assess(parse_case(card()), two_pairs(), marks=marks(*RANGES), seed=4)
    assert text(again) == text(whole())
    assert other.posterior.row().quantiles != whole().posterior.row().quantiles
    corners = [
        [(r.low, r.high) for r in a.posterior.left_out] for a in (other, whole())
    ]
    assert corners[0] == corners[1]


def test_the_model_error_is_that_of_rates():
    narrow = assess(parse_case(card()), two_pairs(), model_error=ModelError(0.3, 0.3))
    plain = assess(parse_case(card()), two_pairs(), model_error=NO_ERROR)
    odds = [a.posterior.rate_odds for a in (plain, narrow, whole())]
    assert odds == pytest.approx(
        [odds[0] * math.exp(0.5 * s * s) for s in (0.0, 0.3, 0.9)]
    )
    assert narrow.counts == plain.counts


CONTRACT = (
    "1. Expected perforations",
    "2. Probability of one perforation or more, in nested classes",
    "3. Given a perforation, is this one typical?",
    "5. Evidence, a term a line",
    "6. Source posterior",
    "Is it consistent with an impact?",
)


def test_the_text_holds_the_parts_and_says_no_more():
    said = text(whole())
    for part in CONTRACT:
        assert part in said
    assert "Elicited marks decide" in said
    assert "break-even factor of all marks against an impact, prior x10" in said
    small = whole().posterior.extremes[1] < THRESHOLDS.against
    assert ("checks the arithmetic, no more" in " ".join(said.split())) is small
    assert max(map(len, said.splitlines())) < 120
    assert "nan" not in re.findall(r"[a-z]+", said.lower())


def test_a_rate_that_some_mark_does_not_judge_is_refused():
    flaw = {**ALTERNATIVE, "hypothesis": "flaw", "events": 200, "exposure": 100.0}
    table = {**card(), "alternative": [ALTERNATIVE, flaw]}
    with pytest.raises(InputError) as caught:
        assess(parse_case(table), two_pairs(), marks=marks(*RANGES))
    (problem,) = caught.value.problems
    assert problem.key == "alternative[1].hypothesis"
    assert problem.value == "flaw"
    assert "size, screen, dimples, lip" in problem.expected


@pytest.mark.parametrize(("years", "given"), [(1.05, True), (1.2, False), (300, False)])
def test_rates_of_a_window_the_run_hardly_covers_make_no_odds(years, given):
    end = START + years * (END - START)
    found = assess(parse_case(card(end=end)), two_pairs(), marks=marks(*RANGES))
    assert (found.posterior is not None) is given
    assert found.verdict.word != "inconsistent" or given
    if not given:
        assert "% of the window" in found.no_posterior
        assert " 0 %" not in found.no_posterior


def test_a_kind_that_perforates_nothing_has_no_say_on_the_size():
    table = plate_table(
        {"model": "nasa91", "kind": "debris"},
        sampling={"samples": 20_000, "events_per_zone": 100},
    )
    found = assess(parse_case(card()), build(sampled(solve(table))))
    assert found.counts[0].by_kind.keys() == {"debris"}
    assert found.posterior is not None
    (size,) = found.posterior.groups
    ranges = size.terms[0].ranges
    assert ranges["meteoroid"] == ranges["debris"]


def test_judged_marks_decide_only_where_the_odds_move_without_them():
    assert whole().posterior.elicited_decide
    bare = assess(parse_case(card()), two_pairs(), seed=3).posterior
    odds = [
        r.impact / (1.0 - r.impact) for r in (bare.row(), bare.row(without=["size"]))
    ]
    assert bare.elicited_decide is not (1.0 / 3.0 < odds[0] / odds[1] < 3.0)
    assert document(whole())["posterior"]["elicited_marks_decide"] is True


@pytest.mark.parametrize(
    "wrong", [{"temperature_kelvin": 22}, {"pressure_hpa": 101325}]
)
def test_air_in_other_units_is_refused(wrong):
    leak = {"rate": 0.8, "rate_unit": "mbar/h", "volume_m3": 900.0, "source": "test"}
    parse_case({**card(), "leak": leak})
    with pytest.raises(InputError, match=next(iter(wrong))):
        parse_case({**card(), "leak": {**leak, **wrong}})


@pytest.mark.parametrize("name", ["ms09", "ms21", "ms22", "nauka", "zvezda_prk"])
def test_no_case_says_who_or_that_it_is_settled(name):
    case = load_case(name)
    found = assess(case, marks=load_marks(case.marks) if case.marks else None)
    said = text(found).lower()
    assert not re.search(r"\bproved|\bproven|\bcaused by\b|\bsabotage|\bguilty", said)
    assert not re.search(r"\bwho\b", said)
    assert found.verdict.word == found.without_marks.word == "undecided"
    assert "none computed" in said


def test_the_document_holds_every_part_of_the_contract():
    found = json.loads(to_json(document(whole())))
    first = found["environments"][0]
    assert first["models"] == ["nasa91", "grun_ssp"]
    assert set(first["sizes"][0]) >= {
        "expected",
        "sampling",
        "environment",
        "damage",
        "combined",
        "confidence",
        "assumptions",
    }
    assert first["sizes"][2]["expected"] == whole().counts[0].sizes[2][1].value
    assert found["classes"][0]["label"] == "post hoc, p not calibrated"
    assert found["size"]["p"] == whole().size.p
    assert found["particle"]["quantiles_0.025_0.5_0.975"]["diameter"][1] > 0.0
    posterior = found["posterior"]
    assert posterior["impact_rate"]["label"] == "nasa91 + grun_ssp"
    assert posterior["elicited_marks_decide"] is True
    assert {row["scale"] for row in posterior["sensitivity"]} == set(SCALES)
    assert len(posterior["left_out_corners_over_both_rules"]) == len(
        posterior["left_out"]
    )
    assert found["factors"][0]["group"] == "size"
    assert found["verdict"]["word"] in ("consistent", "inconsistent", "undecided")
    assert found["verdict_without_marks"]["word"] == "undecided"
    assert found["thresholds"]["against"] == 0.05
    assert found["window"]["start"] == "2018-01-01T00:00:00Z"
    assert found["units"]["least_diameter, size, diameter"] == "m"


# -- entry holes -----------------------------------------------------------------------


def test_a_claimed_particle_too_large_for_the_hole_is_refused():
    size = {"reported_mm": [0.7, 0.9], "particle_mm": [1.0, 1.5]}
    found = assess(parse_case(card(size=size)), two_pairs())
    claimed, _, free = found.entry.partition("; by any particle")
    assert claimed.startswith("made by the claimed particle of 1 to 1.5 mm: refused")
    assert "0.9 particle diameters" in claimed
    assert "not the entry hole" in claimed
    assert "next to excluded" in free or "refused" in free


def test_a_claimed_particle_that_fits_is_not_refused():
    size = {"reported_mm": [6.0, 7.0], "particle_mm": [1.0, 1.5], "of": "entry hole"}
    found = assess(parse_case(card(size=size)), two_pairs())
    claimed, _, _ = found.entry.partition("; by any particle")
    assert "refused" not in claimed
    assert "possible" in claimed


def test_an_opening_is_not_read_as_an_entry_hole():
    found = assess(parse_case(card(size={"of": "opening"})), two_pairs())
    assert found.entry == ""
    assert found.inversion is not None


# -- leaks -----------------------------------------------------------------------------


def ms09(**leak):
    case = load_case("ms09")
    given = {
        "rate": (0.8, 0.8),
        "volume_m3": (916.0, 916.0),
        "temperature_kelvin": (295.0, 295.0),
        **leak,
    }
    return case.model_copy(update={"leak": case.leak.model_copy(update=given)})


def test_the_leak_of_ms09_in_two_units():
    found = leak_report(ms09())
    said = {c: (a / MM, b / MM) for c, a, b in found.by_discharge}
    for discharge, truth in ((0.62, 1.44), (0.8, 1.27), (1.0, 1.13)):
        assert said[discharge] == pytest.approx((truth, truth), abs=0.006)
    other = leak_report(ms09(rate_unit="mmHg/h"))
    ratio = other.by_discharge[0][1] / found.by_discharge[0][1]
    assert ratio == pytest.approx(math.sqrt(1.33322), rel=1e-5)
    assert "no information on what made" in found.fit.sentence


def test_a_rate_without_its_unit_is_refused():
    leak = {"rate": 0.8, "volume_m3": 916.0, "source": "test"}
    with pytest.raises(InputError, match="rate and rate_unit together"):
        parse_case(card(leak=leak))
    with pytest.raises(InputError, match="rate_unit"):
        parse_case(card(leak={**leak, "rate_unit": "mb/h"}))


def test_a_growing_leak_is_routed_to_a_crack():
    case = load_case("zvezda_prk")
    found = assess(case, marks=load_marks(case.marks))
    assert found.leak.history.route == "crack"
    assert found.leak.isolated == pytest.approx(155.6 * 3600.0, rel=1e-3)
    assert "route: crack or corrosion" in text(found)
    assert found.verdict.word == "undecided"


# -- pairs -----------------------------------------------------------------------------


def test_two_events_so_close():
    table = {
        **card(),
        "class": [{"name": "fleet", "exposure_years": 300.0, "source": "test"}],
        "pair": {
            "event": "E03",
            "first_seen": datetime(2019, 2, 28, 6, tzinfo=UTC),
            "duration_years": 22.0,
            "source": "test",
        },
    }
    found = assess(parse_case(table), two_pairs(), model_error=NO_ERROR)
    apart, whole_time = 58.0, 22.0 * 365.25
    generator = np.random.Generator(np.random.Philox(key=58))
    times = generator.uniform(0.0, whole_time, (400_000, 2))
    near = float((np.abs(times[:, 0] - times[:, 1]) < apart).mean())
    assert found.pair_given_two == pytest.approx(1.0 - (1.0 - apart / whole_time) ** 2)
    assert found.pair_given_two == pytest.approx(near, abs=5.0 * math.sqrt(near / 4e5))
    assert found.pair.plain == pytest.approx(found.pair.marginal)
    assert 0.0 < found.pair.plain < 1.0
    said = " ".join(text(found).split())
    assert "Two events 58 d apart in 22 yr of 'fleet'" in said
    assert "Given that there were two, so close by chance: 0.014 (post hoc" in said


# -- refusals --------------------------------------------------------------------------


def refused(case, tree=None):
    with pytest.raises(InputError) as error:
        assess(parse_case(case), two_pairs() if tree is None else tree)
    return [(p.key, p.expected) for p in error.value.problems]


def test_zones_and_window_are_refused_together():
    keys = [
        k
        for k, _ in refused(
            card(
                datetime(2010, 1, 1, tzinfo=UTC),
                datetime(2011, 1, 1, tzinfo=UTC),
                zones=["none.*", "no.such.zone"],
            )
        )
    ]
    assert keys == ["zones", "zones", "start"]


def test_a_size_far_outside_is_never_typical():
    found = assess(parse_case(card(size={"reported_mm": [4e3, 5e3]})), two_pairs())
    assert found.size.p < 1e-6
    assert found.verdict.word != "consistent"


def test_results_without_events_are_refused():
    table = plate_table(
        {"model": "nasa91", "kind": "debris"},
        sampling={"samples": 20_000, "events_per_zone": 0},
    )
    found = refused(card(), build(sampled(solve(table))))
    assert all(key == "/events" for key, _ in found)
    assert "events_per_zone" in found[0][1]


def test_an_unknown_hole_model_is_refused():
    ((key, _),) = refused(card(hole_model="guess"))
    assert "hole_model" in key or "hole model" in key


# -- docs/holes.md ---------------------------------------------------------------------


def test_the_files_of_the_manual_are_files(repo_root):
    manual = (repo_root / "docs" / "holes.md").read_text(encoding="utf-8")
    case, marked = re.findall(r"```toml\n(.*?)```", manual, re.DOTALL)
    found = parse_case(tomllib.loads(case))
    assert found.leak.rate_unit == "mbar/h"
    assert len(parse_marks(tomllib.loads(marked)).used) == 2


@pytest.mark.parametrize("model", [CaseCard, MarksCard])
def test_every_key_is_in_the_manual(repo_root, model):
    manual = (repo_root / "docs" / "holes.md").read_text(encoding="utf-8")
    schema = model.model_json_schema(by_alias=True)
    tables = [schema, *schema["$defs"].values()]
    keys = {key for table in tables for key in table.get("properties", {})}
    missing = [k for k in sorted(keys) if not re.search(rf"\b{k}\b", manual)]
    assert not missing
