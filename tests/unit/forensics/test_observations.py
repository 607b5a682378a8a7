"""Catalogue, cases, and how they are printed; refusals name all that is wrong."""

from __future__ import annotations

import copy
import csv
import fnmatch
import json
import tomllib
from datetime import UTC, datetime

import pytest

from mmod.cli.hole_list import list_document, list_text, show_text
from mmod.cli.output import to_json
from mmod.config import load_run
from mmod.errors import InputError
from mmod.forensics.case import load_case, parse_case
from mmod.forensics.observations import (
    case_of,
    cases,
    catalogue,
    event,
    event_document,
    populations,
)
from mmod.geometry.vehicle import load_vehicle
from mmod.library import available, resolve

CASES = ("ms09", "ms21", "ms22", "nauka", "zvezda_prk")
STATUSES = {"verified", "partial", "memory"}


def card(name):
    return tomllib.loads(resolve("case", name).read_text(encoding="utf-8"))


def test_the_catalogue_holds_the_facts():
    events = catalogue()
    assert len(events) == 40
    assert {e.facts["status"] for e in events} == STATUSES
    counts = [
        sum(e.facts["status"] == s for e in events)
        for s in ("verified", "partial", "memory")
    ]
    assert sum(counts) == 40
    assert {e.case for e in events if e.case} == set(CASES)
    assert event("E01").diameter_mm == 2.0
    assert event("E04").diameter_mm != event("E04").diameter_mm  # not reported


def test_the_tables_are_those_of_the_source(shared):
    for name in ("events", "populations"):
        ours = resolve("observations", name).read_text(encoding="utf-8")
        theirs = (shared / "data" / "holes" / f"{name}.csv").read_text(encoding="utf-8")
        assert list(csv.reader(ours.splitlines())) == list(
            csv.reader(theirs.splitlines())
        )


def test_populations_keep_their_grades():
    rows = populations()
    assert len(rows) == 28
    assert all(r["grade"] for r in rows)


@pytest.mark.parametrize(
    "name", ["E01", "e01", "ms09", "MS09", "Soyuz MS-09", " ms09 "]
)
def test_an_event_is_found_by_id_case_or_vehicle(name):
    assert event(name).identifier == "E01"


@pytest.mark.parametrize("name", ["", "E99", "soyuz", "ISS P4 radiator"])
def test_unknown_events_are_refused_with_what_there_is(name):
    with pytest.raises(InputError) as caught:
        event(name)
    assert "ms09" in str(caught.value)


def test_an_event_of_several_is_not_guessed():
    with pytest.raises(InputError, match="S06, S07"):
        event("STS-92 Discovery")


def test_only_cases_can_be_asked():
    assert case_of(event("ms22")).pair is not None
    with pytest.raises(InputError, match="facts without a question"):
        case_of(event("E05"))


@pytest.mark.parametrize("name", CASES)
def test_cases_fit_the_catalogue(name):
    one = load_case(name)
    found = event(one.event)
    assert found.case == name
    assert one.vehicle.split(" (")[0] in found.vehicle
    if one.pair is not None:
        assert event(one.pair.event).identifier == one.pair.event


def test_every_case_of_the_library_is_read():
    assert set(cases()) == set(available("case")) == set(CASES)


@pytest.mark.parametrize("name", ["ms09", "ms22"])
def test_zones_exist_in_the_run_and_the_run_covers_the_window(name):
    one = load_case(name)
    config = load_run(one.run)
    zones = [z.name for z in load_vehicle(config.vehicle).zones]
    for pattern in one.zones:
        assert fnmatch.filter(zones, pattern), pattern
    assert config.phase[-1].end == one.window.first_seen
    assert one.window.start < config.phase[0].start


def test_ms09_card():
    one = load_case("ms09")
    assert one.size is not None
    assert one.size.reported_mm == (1.5, 2.0)
    assert one.window.start == datetime(2018, 6, 6, tzinfo=UTC)
    assert one.window.first_seen == datetime(2018, 8, 29, 23, tzinfo=UTC)
    assert [(a.events, a.exposure) for a in one.alternative] == [(0, 138.0)]


@pytest.mark.parametrize(
    ("path", "value", "key", "said"),
    [
        (("size", "reported_mm"), [-2.0, 1.5], "size.reported_mm", "> 0"),
        (("size", "reported_mm"), [2.0, 1.5], "size.reported_mm", "low <= high"),
        (("size", "reported_mm"), float("nan"), "size.reported_mm", "> 0"),
        (("size", "likelihood"), {"impact": 0.1}, "size", "alternatives only"),
        (("window", "first_seen"), datetime(2018, 1, 1), "window", "before first_seen"),
        (
            ("window", "last_known_intact"),
            datetime(2018, 1, 1),
            "window",
            "at or after launch",
        ),
        (("window", "launch"), "2018-06-06", "window.launch", "datetime"),
        (("leak", "rate_unit"), "mmhg/h", "leak.rate_unit", "mbar/h"),
        (("leak", "rate_unit"), None, "leak", "a bare number has no meaning"),
        (("leak", "discharge"), [0.6, 1.4], "leak", "up to 1"),
        (("run",), "", "card", "run and zones together"),
        (("zones",), [""], "zones[0]", "at least 1 character"),
        (("colour",), "red", "colour", "no key"),
        (
            ("alternative", 0, "hypothesis"),
            "impact",
            "alternative[0].hypothesis",
            "flaw",
        ),
        (
            ("alternative", 0, "exposure"),
            0.0,
            "alternative[0].exposure",
            "greater than 0",
        ),
        (("alternative", 0, "share"), [0.5, 2.0], "alternative[0].share", "high <= 1"),
        (("class", 0, "exposure_years"), -1.0, "class[0].exposure_years", "> 0"),
    ],
)
def test_wrong_cards_are_refused(path, value, key, said):
    content = card("ms09")
    table = content
    for part in path[:-1]:
        table = table[part]
    if value is None:
        del table[path[-1]]
    else:
        table[path[-1]] = value
    with pytest.raises(InputError) as caught:
        parse_case(content)
    problems = caught.value.problems
    assert any(p.key == key and said in p.expected for p in problems), problems


def test_every_problem_of_a_card_at_once():
    content = card("ms09")
    content["size"]["reported_mm"] = -1.0
    content["leak"]["volume_m3"] = [10.0, 1.0]
    content["window"]["source"] = ""
    del content["title"]
    with pytest.raises(InputError) as caught:
        parse_case(content)
    assert {p.key for p in caught.value.problems} == {
        "size.reported_mm",
        "leak.volume_m3",
        "window.source",
        "title",
    }


def test_a_damaged_catalogue_is_refused(tmp_path):
    whole = resolve("observations", "events").read_text(encoding="utf-8")
    lines = whole.splitlines()
    twice = tmp_path / "twice.csv"
    twice.write_text("\n".join([*lines[:3], lines[1].replace(",2.0,", ",-2.0,")]))
    with pytest.raises(InputError) as caught:
        catalogue(str(twice))
    assert {p.expected for p in caught.value.problems} == {
        "a number >= 0, or nothing",
        "an id used once",
    }
    short = tmp_path / "short.csv"
    short.write_text("\n".join([lines[0], lines[1][:80]]))
    with pytest.raises(InputError, match="values"):
        catalogue(str(short))
    columns = tmp_path / "columns.csv"
    columns.write_text("event_id,vehicle\nE01,x\n")
    with pytest.raises(InputError, match="a column role"):
        catalogue(str(columns))


def test_list_and_show_are_text_and_json():
    events = catalogue()
    text = list_text(events)
    assert all(e.identifier in text for e in events)
    for name in CASES:
        shown = " ".join(show_text(event(name)).split())
        assert f"case {name}" in shown
        assert "recalled, unverified]" in shown or name == "ms21"
    assert "facts without a question" in show_text(event("E05"))
    assert "effective diameter" in show_text(event("ms09"))
    assert "routed to: crack" in show_text(event("zvezda_prk"))
    document = json.loads(to_json(event_document(event("ms09"))))
    assert document["card"]["size"]["reported_mm"] == [1.5, 2.0]
    assert json.loads(to_json(list_document(events)))[0]["status"] == "verified"


def test_a_card_is_not_changed_by_reading():
    content = card("ms09")
    before = copy.deepcopy(content)
    parse_case(content)
    assert content == before
