"""`mmod flux --start --end`: models that depend on the date."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mmod.cli.main import main

NIGHT = ("--start", "2022-12-14", "--end", "2022-12-15")


def run(capsys, *argv, code=0):
    assert main(["flux", *argv]) == code
    captured = capsys.readouterr()
    return captured.out if code == 0 else captured.err


def test_streams_of_a_night(capsys):
    names = ("grun_ssp", "grun_ssp:streams=ecss", "ecss_streams")
    document = json.loads(run(capsys, *names, *NIGHT, "--size", "--json"))
    mean, both, streams = (
        np.array(document["model"][name]["flux_1_m2_yr"]) for name in names
    )
    np.testing.assert_allclose(both, mean + streams, rtol=1e-3)
    assert document["epoch"] == pytest.approx(2022.9521, abs=1e-3)
    assert document["start"].startswith("2022-12-14T00:00")
    # a part of the meteoroids is not a rival of the whole
    factor = document["largest_over_smallest"]["meteoroid"]
    np.testing.assert_allclose(factor, both / mean)
    text = run(capsys, "ecss_streams", *NIGHT, "--direction")
    assert "2022-12-14T00:00Z to 2022-12-15T00:00Z" in text
    assert "49 of 50 streams" in text


def test_dates_in_other_zones(capsys):
    east = ("--start", "2022-12-14T03:00+03:00", "--end", "2022-12-15T00:00Z")
    one = run(capsys, "nasa91", "--size", *east)
    assert one == run(capsys, "nasa91", "--size", *NIGHT)
    assert "2022-12-14T00:00Z to 2022-12-15T00:00Z" in one


@pytest.mark.parametrize(
    "argv, named",
    [
        (("ecss_streams",), "start, end"),
        (("ecss_streams", "--start", "2022-12-14"), "start, end"),
        (("ecss_streams", "--start", "2022-12-15", "--end", "2022-12-14"), "end"),
        (
            (
                "grun_ssp:streams=ecss",
                "--start",
                "2022-12-01",
                "--end",
                "2022-12-30",
            ),
            "21 days",
        ),
    ],
)
def test_refusals(capsys, argv, named):
    assert named in run(capsys, *argv, code=2)


def test_a_date_that_is_none(capsys):
    assert main(["flux", "ecss_streams", "--start", "2022-13-01"]) == 2
    assert "2022-12-14T13:00Z" in capsys.readouterr().err
