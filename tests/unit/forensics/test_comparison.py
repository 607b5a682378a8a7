"""A run beside a list of breaches: numbers, refusals, text, document."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import numpy as np
import pytest
from engine_helpers import run_table, sampled, solve
from observed_runs import SHIELD, cube_results

from mmod.cli.output import to_json
from mmod.errors import InputError
from mmod.forensics.breaches import predict_breaches
from mmod.forensics.comparison import compare
from mmod.forensics.comparison_text import survey_document, survey_text
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
