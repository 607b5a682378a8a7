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


def changing(phase=None, environment=(), table=None):
    """Return a run of two days, one of them with an orbit that changes."""
    first = {"start": "2022-12-13T00:00:00Z", "end": "2022-12-14T00:00:00Z"}
    second = {"start": "2022-12-14T00:00:00Z", "end": "2022-12-15T00:00:00Z"}
    groups = {}
    if table is not None:
        head = xr.Dataset(
            {"group": (("phase", "model"), [["a"]])}, coords={"model": ["mine"]}
        )
        groups = {"/threats": head, "/threats/a": table}
    result = xr.DataTree.from_dict(groups)
    config = {"phase": [first, {**second, **(phase or {})}]}
    config["environment"] = list(environment)
    result.attrs["config"] = json.dumps(config)
    return result


@pytest.mark.parametrize("key", ["tle", "oem", "altitude_table"])
def test_a_part_of_a_phase_whose_orbit_changes_is_told(key):
    run = changing({key: "a"})
    (flag,) = expose(run, "2022-12-13T12:00", "2022-12-14T12:00").flags
    assert "phase[1]" in flag
    assert key in flag
    for start, end in (
        ("2022-12-13T12:00", "2022-12-15"),  # a part of the plain one alone
        ("2022-12-14", "2022-12-15"),
        (None, None),
    ):
        assert expose(run, start, end).flags == ()
    plain = changing({key: None, "altitude_km": 400.0})
    assert expose(plain, "2022-12-14", "2022-12-14T12:00").flags == ()


def threats(names="", part=0):
    found = xr.Dataset({"population": ("threat", [0])}, attrs={"part_of_kind": part})
    found["population"].attrs["population_names"] = names
    return found


@pytest.mark.parametrize(
    "run",
    [
        changing(environment=[{"model": "mine", "streams": "ecss"}]),
        changing(table=threats("stream, meteoroid")),
        changing(table=threats("meteoroid", part=1)),
    ],
)
def test_a_part_of_a_phase_with_streams_is_refused(run):
    for start, end in (
        ("2022-12-14", "2022-12-14T12:00"),
        ("2022-12-13T12:00", None),
    ):
        with pytest.raises(InputError, match="mine has streams") as caught:
            expose(run, start, end)
        assert len(caught.value.problems) == 1
    assert expose(run, "2022-12-14").flags == ()
    assert expose(run).scale.tolist() == [1.0, 1.0]


@pytest.mark.parametrize("streams", [None, "none"])
def test_without_streams_a_part_of_a_phase_is_its_share(streams):
    run = changing(
        environment=[{"model": "mine", "streams": streams}], table=threats("meteoroid")
    )
    assert expose(run, "2022-12-14", "2022-12-14T12:00").scale.tolist() == [0.0, 0.5]


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
