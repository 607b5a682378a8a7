"""Files of observed breaches: what they say, and what is refused."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest

from mmod.errors import InputError
from mmod.forensics.survey import load_survey

GOOD = """
schema_version = 1
title = "Inspection"
source = "a report"
complete_above_mm = 0.3
rounding_mm = 0.1
first = 2018-06-10
[[breach]]
zone = "*.ram"
diameter_mm = 2
diameter_error_mm = 0.2
date = 2018-07-01
[[breach]]
zone = "cube.body.wake"
low_mm = 1.5
high_mm = 2.0
"""


def write(tmp_path, text, name="seen.toml"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_toml(tmp_path):
    survey = load_survey(write(tmp_path, GOOD))
    first, second = survey.breach
    assert (first.size, first.error, first.half_range) == pytest.approx(
        (2e-3, 2e-4, 0.0)
    )
    assert first.date == datetime(2018, 7, 1, tzinfo=UTC)
    assert (second.size, second.half_range) == pytest.approx((1.75e-3, 0.25e-3))
    assert survey.first == datetime(2018, 6, 10, tzinfo=UTC)
    assert survey.damage == "penetration"
    assert survey.zones == ["*"]


def test_csv(tmp_path):
    text = "# a report, p. 4\nzone,diameter_mm,date\na.b,1.5,2018-07-01\na.c,,\n"
    survey = load_survey(write(tmp_path, text, "seen.csv"))
    assert survey.source == "a report, p. 4"
    assert [b.zone for b in survey.breach] == ["a.b", "a.c"]
    assert survey.breach[0].size == pytest.approx(1.5e-3)
    assert survey.breach[0].date == datetime(2018, 7, 1, tzinfo=UTC)
    assert math.isnan(survey.breach[1].size)


def test_everything_wrong_is_named_at_once(tmp_path):
    text = """
schema_version = 2
title = ""
source = "x"
rounding_mm = -1.0
colour = "red"
complete_above_mm = "0.3 mm"
first = 2018-06-10
last = 2018-06-01
[[breach]]
zone = "a"
diameter_mm = -2.0
[[breach]]
diameter_mm = nan
[[breach]]
zone = "a"
low_mm = 2.0
[[breach]]
zone = "a"
low_mm = 2.0
high_mm = 1.0
[[breach]]
zone = "a"
date = 1066-10-14
"""
    with pytest.raises(InputError) as caught:
        load_survey(write(tmp_path, text))
    keys = {p.key for p in caught.value.problems}
    assert keys >= {
        "schema_version",
        "title",
        "rounding_mm",
        "colour",
        "complete_above_mm",
        "breach[0].diameter_mm",
        "breach[1].zone",
        "breach[1].diameter_mm",
        "breach[2]",
        "breach[3]",
        "breach[4].date",
    }
    assert all("seen.toml" in p.source for p in caught.value.problems)


def test_window_upside_down(tmp_path):
    text = 'schema_version = 1\ntitle = "t"\nsource = "s"\n'
    text += "first = 2018-06-10\nlast = 2018-06-01\n"
    with pytest.raises(InputError, match="last after first"):
        load_survey(write(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", "a header"),
        ("diameter_mm\n1.0\n", "a header"),
        ("zone,colour\na,red\n", "a header"),
        ("zone,zone\na,b\n", "each column once; twice: zone"),
        ("zone,diameter_mm\na\n", "2 cells"),
        ("zone,diameter_mm\na,-1\n", "greater than 0"),
        ("zone,diameter_mm\na,two\n", "valid number"),
        ("zone,date\na,tomorrow\n", "datetime"),
    ],
)
def test_bad_csv(tmp_path, text, wanted):
    with pytest.raises(InputError, match=wanted):
        load_survey(write(tmp_path, text, "seen.csv"))


def test_missing_files(tmp_path):
    for name in ("none.toml", "none.csv"):
        with pytest.raises(InputError, match="readable"):
            load_survey(tmp_path / name)
