"""The window of a hole over the phases of a run."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pytest
import xarray as xr

from mmod.errors import InputError
from mmod.forensics.exposure import expose

DAY = 86400.0


def tree(*spans: tuple[str, str]) -> xr.DataTree:
    phases = [{"start": a, "end": b} for a, b in spans]
    result = xr.DataTree()
    result.attrs["config"] = json.dumps({"phase": phases})
    return result


RUN = tree(
    ("2018-06-08T00:00:00Z", "2018-06-18T00:00:00Z"),
    ("2018-06-18T00:00:00Z", "2018-07-08T00:00:00Z"),
)


def test_the_whole_run_by_default():
    found = expose(RUN)
    assert found.overlap.tolist() == [10 * DAY, 20 * DAY]
    assert found.scale.tolist() == [1.0, 1.0]
    assert found.uncovered == 0.0
    assert found.flags == ()
    assert found.covered_share == 1.0


def test_overlap_by_phase():
    found = expose(RUN, "2018-06-13", datetime(2018, 6, 28, tzinfo=UTC))
    assert found.overlap.tolist() == [5 * DAY, 10 * DAY]
    np.testing.assert_allclose(found.scale, [0.5, 0.5])
    assert found.seconds == 15 * DAY


def test_the_window_starts_at_launch_where_nothing_else_is_known():
    found = expose(RUN, end="2018-06-28", launch=date(2018, 6, 8))
    assert found.start == datetime(2018, 6, 8, tzinfo=UTC)
    assert found.overlap.tolist() == [10 * DAY, 10 * DAY]


def test_offsets_are_heeded():
    east = timezone(timedelta(hours=3))
    found = expose(RUN, datetime(2018, 6, 13, 3, tzinfo=east), "2018-06-28T03:00+03:00")
    assert found.overlap.tolist() == [5 * DAY, 10 * DAY]


def test_time_outside_the_run_is_told():
    found = expose(RUN, "2018-05-29", "2018-06-18")
    assert found.overlap.tolist() == [10 * DAY, 0.0]
    assert found.uncovered == 10 * DAY
    assert found.covered_share == 0.5
    (flag,) = found.flags
    assert "50 %" in flag
    assert "lower bound" in flag


def test_a_gap_between_phases_is_uncovered_and_an_overlap_is_not():
    gap = tree(
        ("2018-01-01T00:00:00Z", "2018-01-05T00:00:00Z"),
        ("2018-01-09T00:00:00Z", "2018-01-11T00:00:00Z"),
    )
    assert expose(gap).uncovered == 4 * DAY
    twice = tree(
        ("2018-01-01T00:00:00Z", "2018-01-05T00:00:00Z"),
        ("2018-01-03T00:00:00Z", "2018-01-11T00:00:00Z"),
    )
    assert expose(twice).uncovered == 0.0


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"start": "2018-06-20", "end": "2018-06-10"}, "after its start"),
        ({"start": "2018-06-20", "end": "2018-06-20"}, "after its start"),
        (
            {"start": "2018-06-01", "launch": "2018-06-06"},
            "not before launch 2018-06-06",
        ),
        ({"start": "2019-01-01", "end": "2019-02-01"}, "meets the phases of the run"),
        ({"start": "yesterday"}, "ISO 8601"),
        ({"end": 5}, "ISO 8601"),
        ({"end": "NaN", "start": "x"}, "(?s)start.*end"),
    ],
)
def test_wrong_windows_are_refused(keys, words):
    with pytest.raises(InputError, match=words):
        expose(RUN, **keys)


@pytest.mark.parametrize("config", ["", "{}", '{"phase": []}', '{"phase": [{}]}'])
def test_results_without_phases_are_refused(config):
    result = xr.DataTree()
    result.attrs["config"] = config
    with pytest.raises(InputError, match="phases of its run"):
        expose(result)
