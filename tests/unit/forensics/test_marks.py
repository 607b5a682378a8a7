"""Files of marks: what is accepted, what is refused, the shipped ones."""

from __future__ import annotations

import copy

import pytest

from mmod.errors import InputError
from mmod.forensics.marks import load_marks, parse_marks

GOOD = {
    "schema_version": 1,
    "title": "t",
    "mark": [
        {
            "name": "lip",
            "group": "bore",
            "observed": "a lip",
            "source": "s [elicited]",
            "support": "elicited",
            "likelihood": {"impact": [0.3, 0.9], "drilled_inside": 0.05},
        }
    ],
}


def changed(**keys):
    content = copy.deepcopy(GOOD)
    mark = content["mark"][0]
    for key, value in keys.items():
        if value is None:
            del mark[key]
        else:
            mark[key] = value
    return content


def test_impact_stands_for_both_kinds_and_points_are_ranges():
    marks = parse_marks(GOOD)
    assert marks.marks[0].ranges == {
        "drilled_inside": (0.05, 0.05),
        "meteoroid": (0.3, 0.9),
        "debris": (0.3, 0.9),
    }
    assert marks.judged == ("meteoroid", "debris", "drilled_inside")


@pytest.mark.parametrize(
    ("keys", "key", "said"),
    [
        ({"group": None}, "mark[0].group", "key is missing"),
        ({"support": "certain"}, "mark[0].support", "published"),
        ({"likelihood": None}, "mark[0]", "likelihood"),
        ({"likelihood": {"impact": 0.5}}, "mark[0]", "one alternative"),
        ({"likelihood": {"crack": 0.5}}, "mark[0]", "impact"),
        (
            {"likelihood": {"impact": [0.9, 0.3], "crack": 0.5}},
            "mark[0].likelihood.meteoroid",
            "low <= high",
        ),
        (
            {"likelihood": {"impact": 0.5, "crack": [0.0, 0.5]}},
            "mark[0].likelihood.crack",
            "0 < low",
        ),
        (
            {"likelihood": {"impact": 0.5, "crack": 1.0}},
            "mark[0].likelihood.crack",
            "high < 1",
        ),
        (
            {"likelihood": {"impact": float("nan"), "crack": 0.5}},
            "mark[0].likelihood.meteoroid",
            "probability",
        ),
        (
            {"likelihood": {"impact": "0.5", "crack": 0.5}},
            "mark[0].likelihood.meteoroid",
            "probability",
        ),
        (
            {"likelihood": {"impact": 0.5, "sabotage": 0.5}},
            "mark[0].likelihood",
            "not sabotage",
        ),
        (
            {"likelihood": {"impact": 0.5, "debris": 0.5, "crack": 0.5}},
            "mark[0].likelihood",
            "not both",
        ),
        ({"searched_because_of_suspicion": True}, "mark[0]", "found_given_search"),
        ({"colour": "red"}, "mark[0].colour", "no key"),
    ],
)
def test_wrong_marks_are_refused(keys, key, said):
    with pytest.raises(InputError) as caught:
        parse_marks(changed(**keys))
    problems = caught.value.problems
    assert any(p.key == key and said in p.expected for p in problems), problems


def test_every_problem_at_once():
    content = changed(group=None, likelihood={"impact": 2.0, "crack": [0.5, 0.1]})
    content["mark"] += [changed(support="no")["mark"][0], *changed(source="")["mark"]]
    with pytest.raises(InputError) as caught:
        parse_marks(content)
    keys = {p.key for p in caught.value.problems}
    assert {
        "mark[0].group",
        "mark[0].likelihood.meteoroid",
        "mark[0].likelihood.crack",
        "mark[1].support",
        "mark[2].source",
        "mark.name",
    } <= keys


def test_what_was_searched_for_counts_given_the_search():
    content = changed(
        searched_because_of_suspicion=True,
        likelihood=None,
        found_given_search={"impact": 0.1, "drilled_inside": 0.9},
    )
    assert parse_marks(content).marks[0].ranges["debris"] == (0.1, 0.1)


def test_unreported_marks_are_listed_and_do_not_count():
    content = changed(reported=False)
    marks = parse_marks(content)
    assert (len(marks.marks), marks.used, marks.groups) == (1, (), ())


def test_no_marks_at_all_is_refused():
    with pytest.raises(InputError):
        parse_marks({"schema_version": 1, "title": "t", "mark": []})
    with pytest.raises(InputError, match="in the library"):
        load_marks("no_such_marks")


TABLE = {
    # forensics method, section 3.4: impact, drilled inside
    "no_hole_in_screen": ((0.01, 0.1), (0.95, 0.95)),
    "drill_dimples": ((1e-4, 1e-2), (0.2, 0.6)),
    "chips_inside": ((0.01, 0.1), (0.5, 0.9)),
    "leak_grows_over_days": ((0.02, 0.1), (0.3, 0.7)),
    "axis_ratio_below_1_05": ((0.3, 0.6), (0.7, 0.95)),
    "raised_lip": ((0.9, 0.9), (0.05, 0.3)),
    "projectile_residue": ((0.35, 0.85), (0.02, 0.02)),
}


def test_ms09_ranges_are_those_of_the_method():
    marks = load_marks("ms09")
    found = {
        m.name: (m.ranges["debris"], m.ranges["drilled_inside"]) for m in marks.marks
    }
    assert found == TABLE
    assert marks.groups == ("screen", "dimples_and_chips", "leak_history")
    assert all(m.support == "elicited" for m in marks.marks)
    assert len(marks.digest) == 64
    together = {
        m.group for m in marks.marks if m.name in ("drill_dimples", "chips_inside")
    }
    assert together == {"dimples_and_chips"}


@pytest.mark.parametrize("name", ["ms09", "ms22", "zvezda_prk"])
def test_shipped_marks_name_source_and_tag(name):
    for mark in load_marks(name).marks:
        assert "[elicited]" in mark.source or mark.support == "published", mark.name
