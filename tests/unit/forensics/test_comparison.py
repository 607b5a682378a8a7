"""A run beside a list of breaches: numbers, refusals, text, document."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest
from engine_helpers import run_table, sampled, solve
from observed_runs import SHIELD, cube_results

from mmod.cli.output import to_json
from mmod.errors import InputError
from mmod.forensics.breaches import predict_breaches
from mmod.forensics.comparison import compare
from mmod.forensics.comparison_text import survey_document, survey_text
from mmod.forensics.exposure import expose
from mmod.forensics.rates import ModelError
from mmod.forensics.survey import parse_survey
from mmod.results import build


def survey(*breaches, **keys):
    content = {"schema_version": 1, "title": "test", "source": "none"}
    return parse_survey({**content, **keys, "breach": list(breaches)}, "seen.toml")


def ram(**keys):
    return {"zone": "*.ram", **keys}


@pytest.fixture(scope="module")
def tree():
    return cube_results()


def test_numbers_are_those_of_the_run(tree):
    found = compare(tree, survey(ram(), ram())).assessment
    zones = tree["zones"].to_dataset()
    part = zones["expected"].sel(damage="penetration")
    for kind, column in (("debris", 0), ("meteoroid", 1)):
        mine = found.prediction.expected[:, column]
        assert mine == pytest.approx(part.sel(environment=kind).values)
    assert [r.observed for r in found.rows] == [2, 0, 0, 0, 0, 0, 2]
    assert found.prediction.error == ModelError(*[np.hypot(np.log(2), 0.2)] * 2)


def test_a_quarter_of_the_window_has_a_quarter_of_the_number(tree):
    whole = compare(tree, survey()).assessment.prediction.total
    part = compare(tree, survey(first="2018-01-01", last="2019-01-01")).assessment
    assert part.prediction.total == pytest.approx(whole * 365 / 1461, rel=1e-9)


def test_sizes_and_threshold_are_those_of_the_hole_model(tree):
    seen = survey(
        *[ram(diameter_mm=d) for d in (0.4, 1.2, 1.5, 2.0, 3.0, 4.0)],
        complete_above_mm=1.0,
        zones=["*.ram"],
    )
    found = compare(tree, seen, simulations=300)
    breaches = predict_breaches(tree, ["*.ram"])
    wanted = breaches.expected(1e-3).value
    assert found.assessment.prediction.total == pytest.approx(wanted, rel=1e-6)
    assert len(found.left_out) == 1
    assert "0.4 mm" in found.left_out[0]
    low = float(breaches.cumulative(np.array([1e-3]))[0])
    u = (float(breaches.cumulative(np.array([2e-3]))[0]) - low) / (1.0 - low)
    assert found.assessment.u_sizes[2] == pytest.approx(u, abs=2e-3)
    assert sum(t.ran for t in found.assessment.tests) == 3


def test_impacts_count_too(tree):
    found = compare(tree, survey(damage="impact>=1mm", zones=["*.ram", "*.wake"]))
    zones = tree["zones"].to_dataset()["expected"]
    wanted = zones.sel(damage="impact>=1mm", environment="total").values[:2].sum()
    assert found.assessment.prediction.total == pytest.approx(wanted)
    assert found.assessment.zero is not None


def test_everything_wrong_is_named_at_once(tree):
    seen = survey(
        ram(date="2030-01-01"),
        ram(date="2018-02-01"),
        {"zone": "*.nose"},
        {"zone": "*"},
        {"zone": "*.wake", "diameter_mm": 2.0},
        first="2019-01-01",
        last="2031-01-01",
        complete_above_mm=1.0,
    )
    with pytest.raises(InputError) as caught:
        compare(tree, seen, source="seen.toml")
    keys = [p.key for p in caught.value.problems]
    assert keys == [
        "last",
        "breach[2].zone",
        "breach[3].zone",
        "breach[0].date",
        "breach[1].date",
        "breach[0]",
    ]
    assert all(p.source == "seen.toml" for p in caught.value.problems)


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        ({"zones": ["*.nose"]}, "a zone of the results"),
        ({"damage": "perforation"}, "one of"),
        ({"damage": "impact>=1mm", "complete_above_mm": 1.0}, "counts particles"),
    ],
)
def test_refusals(tree, keys, wanted):
    with pytest.raises(InputError, match=wanted):
        compare(tree, survey(**keys))


def test_sizes_need_events():
    bare = cube_results(0.0, 0)
    with pytest.raises(InputError, match="results without events"):
        compare(bare, survey(ram(diameter_mm=2.0)))
    assert compare(bare, survey(ram())).assessment.rows[-1].observed == 1


def test_empty_results_are_refused(tree):
    empty = tree.copy(deep=True)
    empty["zones"]["expected"].values[:] = 0.0
    with pytest.raises(InputError, match="results that expect penetration"):
        compare(empty, survey(ram()))
    undefined = tree.copy(deep=True)
    undefined["zones"]["expected"].values[..., -1] = np.nan
    with pytest.raises(InputError, match="results that expect penetration"):
        compare(undefined, survey())


def test_zones_without_a_failure_are_left_out_and_said(tree):
    partly = tree.copy(deep=True)
    partly["zones"]["expected"].values[5, :, -1] = np.nan
    found = compare(partly, survey())
    assert "1 zones surveyed define no penetration" in found.notes[0]
    with pytest.raises(InputError, match="it fits no zone"):
        compare(partly, survey({"zone": "*.nadir"}))


def test_phases_count_by_their_events(tree):
    # two phases of two years; three quarters of the weight in the second
    two = tree.copy(deep=True)
    config = json.loads(str(two.attrs["config"]))
    (phase,) = config["phase"]
    middle = "2020-01-01T00:00:00Z"
    config["phase"] = [{**phase, "end": middle}, {**phase, "start": middle}]
    two.attrs["config"] = json.dumps(config)
    events = two["events"]
    weight = (
        events["weight"].sel(environment="total").values * events["penetrating"].values
    )
    second = np.cumsum(weight) > 0.25 * weight.sum()
    events["phase_index"].values[:] = second.astype(int)
    found = compare(two, survey(ram(date="2020-01-01"), first="2019-01-01"))
    clock = found.assessment.prediction.clock
    share = weight[second].sum() / weight.sum()
    assert clock.share == pytest.approx([1.0 - share, share])
    assert clock.basis == "the events of each phase in the zones surveyed"
    half = (1.0 - share) * 365 / 730
    assert found.assessment.u_times == pytest.approx([half / (half + share)])
    # impacts have no events: the whole exposure alone, and no times
    keys = {"damage": "impact>=1mm", "zones": ["*.ram"]}
    seen = [ram(date="2019-05-01")] * 6
    flat = compare(two, survey(*seen, **keys)).assessment
    assert flat.tests[-1].p != flat.tests[-1].p
    assert "cannot be told apart for impact>=1mm" in flat.tests[-1].note
    assert len(flat.u_times) == 0
    with pytest.raises(InputError, match="cannot be told apart for impact>=1mm"):
        compare(two, survey(**keys, first="2019-01-01"))


def turned_cube(*phases, events=400):
    """Return results of a cube with a phase for each (year, yaw)."""
    table = run_table(
        "cube",
        {"model": "nasa91", "kind": "debris"},
        {"model": "grun_ssp", "kind": "meteoroid"},
        shields={"*": SHIELD},
        sampling={"samples": 60_000, "events_per_zone": events},
    )
    (phase,) = table["phase"]
    table["phase"] = [
        {
            **phase,
            "start": datetime(year, 1, 1, tzinfo=UTC),
            "end": datetime(year + 1, 1, 1, tzinfo=UTC),
            "yaw_deg": yaw,
        }
        for year, yaw in phases
    ]
    return build(sampled(solve(table)))


def test_a_window_takes_the_share_of_each_zone_and_kind():
    # a cube that turns round after a year, and a run of the first year alone
    both, alone = turned_cube((2018, 0.0), (2019, 180.0)), turned_cube((2018, 0.0))
    zones = ["*.ram", "*.wake"]
    seen = survey(last="2019-01-01", zones=zones)
    part = compare(both, seen).assessment.prediction
    truth = compare(alone, survey(zones=zones)).assessment.prediction
    error = np.hypot(part.stderr, truth.stderr)
    # five standard errors: a share of the whole vehicle, 1/2 for both, is off by 10
    assert (abs(part.expected - truth.expected) < 5.0 * error).all()
    whole = compare(both, survey(zones=zones)).assessment.prediction
    assert (abs(0.5 * whole.by_zone - truth.by_zone) > 1.0).all()
    assert (5.0 * error.sum(axis=1) < 0.5).all()
    # the clock is that of the zones surveyed
    ram_alone = compare(both, survey(zones=["*.ram"])).assessment.prediction.clock
    first = truth.by_zone[0] / whole.by_zone[0]
    assert ram_alone.share[0] == pytest.approx(first, abs=0.1)
    assert ram_alone.share[0] > 0.8 > 0.6 > whole.clock.share[0]
    # how breaches above a threshold are shared out over the phases is another matter
    holes = [ram(diameter_mm=2.0, date="2018-05-01")] * 6
    sized = survey(*holes, complete_above_mm=1.0, zones=["*.ram"])
    times = compare(both, sized, simulations=99).assessment.tests[-1]
    assert not times.ran
    assert "threshold" in times.note
    # the other way about in the second year
    late = compare(both, survey(first="2019-01-01", zones=zones)).assessment.prediction
    assert late.by_zone + part.by_zone == pytest.approx(whole.by_zone)
    assert late.by_zone[1] > 5.0 * late.by_zone[0]


def test_phases_without_events_are_not_told_apart():
    bare = turned_cube((2018, 0.0), (2019, 180.0), events=0)
    with pytest.raises(InputError, match="no events of debris in"):
        compare(bare, survey(last="2019-01-01"), source="seen.toml")
    dated = [ram(date="2018-05-01")] * 5
    found = compare(bare, survey(*dated)).assessment
    assert "cannot be told apart: no events" in found.tests[-1].note
    assert not found.tests[-1].ran
    assert found.tests[0].ran


def changed(tree, *, streams=None, ends=("2020-01-01",), **phase):
    """Return a copy of results whose phases end at given dates, with other keys."""
    other = tree.copy(deep=True)
    config = json.loads(str(other.attrs["config"]))
    (whole,) = config["phase"]
    edges = [whole["start"], *(f"{d}T00:00:00Z" for d in ends), whole["end"]]
    config["phase"] = [{**whole, "start": a, "end": b} for a, b in pairwise(edges)]
    config["phase"][-1].update(phase)
    if streams:
        config["environment"][1]["streams"] = streams
    other.attrs["config"] = json.dumps(config)
    if ends:  # every second event in each phase
        index = other["events"]["phase_index"]
        index.values[:] = np.arange(index.size) % len(config["phase"])
    return other


def test_a_part_of_a_phase_with_streams_is_refused_by_name(tree):
    one, two = changed(tree, streams="ecss", ends=()), changed(tree, streams="ecss")
    for run, phase, keys in (
        (one, "phase[0]", {"first": "2019-01-01", "last": "2020-01-01"}),
        (one, "phase[0]", {"last": "2020-01-01"}),
        (two, "phase[1]", {"last": "2020-01-02"}),
    ):
        with pytest.raises(InputError, match="has streams") as caught:
            compare(run, survey(**keys), source="seen.toml")
        (problem,) = caught.value.problems
        assert (problem.source, problem.key) == ("seen.toml", ", ".join(keys))
        assert problem.value == f"a part of {phase}"
        assert "run again" in problem.expected
        # what mmod hole says of the same window
        ends = [datetime.fromisoformat(d).replace(tzinfo=UTC) for d in keys.values()]
        start = ends[0] if "first" in keys else None
        with pytest.raises(InputError) as hole:
            expose(run, start, ends[-1])
        assert hole.value.problems[0].expected == problem.expected
    # whole phases
    for run, keys in ((one, {}), (two, {"last": "2020-01-01"}), (two, {})):
        assert compare(run, survey(**keys)).assessment.prediction.total > 0.0
    plain = changed(tree, streams="none", ends=())
    found = compare(plain, survey(last="2020-01-01"))
    assert not any("part of" in note for note in found.notes)


@pytest.mark.parametrize("key", ["tle", "oem", "altitude_table"])
def test_a_part_of_a_phase_whose_orbit_changes_is_told(tree, key):
    run = changed(tree, **{key: "a"})
    notes = compare(run, survey(last="2021-01-01")).notes
    (flag,) = (note for note in notes if "whose orbit changes" in note)
    assert "phase[1]" in flag
    assert key in flag
    # once, also where the sizes say it too
    sized = survey(*[ram(diameter_mm=2.0)] * 5, last="2021-01-01")
    notes = compare(changed(tree, ends=(), **{key: "a"}), sized, simulations=99).notes
    assert sum("whose orbit changes" in note for note in notes) == 1
    for keys in ({}, {"first": "2020-01-01"}, {"last": "2019-01-01"}):
        notes = compare(run, survey(**keys)).notes
        assert not any("whose orbit changes" in note for note in notes)


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        (
            {"streams": "ecss", "ends": ()},
            "has streams, which change from hour to hour",
        ),
        ({"streams": "ecss"}, "has streams, which change from hour to hour"),
        ({"tle": "a"}, r"the orbit changes \(tle\) within phase\[1\]"),
    ],
)
def test_times_in_a_phase_whose_flux_changes_are_not_tested(tree, keys, why):
    dated = [ram(date=f"2018-0{m}-01") for m in range(1, 8)]
    found = compare(changed(tree, **keys), survey(*dated)).assessment
    test = found.tests[-1]
    assert not test.ran
    assert re.search(why, test.note)
    assert len(found.u_times) == 0
    # planted: the same without the change, or in a window clear of it
    ends = keys.get("ends", ("2020-01-01",))
    assert compare(changed(tree, ends=ends), survey(*dated)).assessment.tests[-1].ran
    if "tle" in keys:
        early = survey(*dated, last="2020-01-01")
        assert compare(changed(tree, **keys), early).assessment.tests[-1].ran


def test_a_range_across_the_threshold_is_refused(tree):
    good = [ram(low_mm=1.0, high_mm=4.0), ram(low_mm=0.5, high_mm=1.0)]
    found = compare(tree, survey(*good, complete_above_mm=1.0))
    assert len(found.left_out) == 1
    across = [*good, ram(low_mm=0.5, high_mm=10.0)]
    with pytest.raises(InputError, match="one side of complete_above_mm = 1") as caught:
        compare(tree, survey(*across, complete_above_mm=1.0), source="seen.toml")
    (problem,) = caught.value.problems
    assert (problem.key, problem.value) == ("breach[2].low_mm", "0.5 to 10")


def test_ranges_are_shown_with_both_ends(tree):
    wide = [ram(low_mm=0.5, high_mm=10.0)] * 6
    found = compare(tree, survey(*wide), simulations=999)
    sized = [t for t in found.assessment.tests if t.name.startswith("sizes")]
    assert [t.verdict for t in sized] == ["no disagreement seen"] * 2
    text = survey_text(found, "a cube")
    assert "0.5 to 10 mm, u = " in text
    assert "over the range)" in text
    assert "6 reported as ranges" in text
    entry = json.loads(to_json(survey_document(found, "a cube")))["sizes"][0]
    assert entry["range_m"] == pytest.approx([0.5e-3, 10e-3])
    low, high = entry["u_range"]
    assert low < entry["u"] < high
    law = found.assessment.sizes[0].law
    assert [low, high] == pytest.approx(law.below([0.5e-3, 10e-3]).tolist())


def test_text_and_document(tree):
    seen = survey(*[ram(diameter_mm=d, date="2019-05-01") for d in (1.0, 2.0)])
    found = compare(tree, seen)
    text = survey_text(found, "a cube")
    for words in (
        "observed   2 (penetration)",
        "cube.body.ram",
        "exact Poisson, minimum likelihood",
        "u = ",
        "fewer than 5 sizes",
        "[recalled]",
        "no support for the model",
    ):
        assert words in text, words
    document = json.loads(to_json(survey_document(found, "a cube")))
    assert document["zones"][-1]["observed"] == 2
    assert {t["name"] for t in document["tests"]} >= {"total", "zones"}
    assert document["sizes"][0]["size_m"] == pytest.approx(1e-3)


def test_results_depend_on_the_seed_alone(tree):
    seen = survey(*[ram(diameter_mm=1.0 + 0.3 * i) for i in range(6)])
    first, again, other = (
        compare(tree, seen, seed=s, simulations=200).assessment for s in (1, 1, 2)
    )
    assert [t.p for t in first.tests] == pytest.approx(
        [t.p for t in again.tests], nan_ok=True, rel=0
    )
    assert first.tests[2].p != other.tests[2].p
