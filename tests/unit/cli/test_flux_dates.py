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
        np.array(document["model"][name]["flux_1_m2_yr"], dtype=float) for name in names
    )
    # the sum is stated where both parts are: streams from 0.0267 to 12.5 mm
    size = np.array(document["diameter_mm"])
    held = (size > 0.0267) & (size < 12.5)
    assert np.array_equal(np.isfinite(both), held)
    assert np.array_equal(np.isfinite(streams), held)
    np.testing.assert_allclose(both[held], (mean + streams)[held], rtol=1e-3)
    assert document["epoch"] == pytest.approx(2022.9521, abs=1e-3)
    assert document["start"].startswith("2022-12-14T00:00")
    # a part of the meteoroids is not a rival of the whole
    factor = document["largest_over_smallest"]["meteoroid"]
    factor = np.array(factor, dtype=float)
    np.testing.assert_allclose(factor[held], (both / mean)[held])
    assert np.all(np.isnan(factor[~held]))
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
        (("ecss_streams", "--start", "2022-12-14"), "--end = None"),
        (("nasa91", "--start", "2022-12-14"), "--end = None"),
        (("nasa91", "--end", "2022-12-14"), "--start = None"),
        (("nasa91", "--epoch", "1995.5", *NIGHT), "--epoch = 1995.5"),
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


def test_uncertainty_of_a_sum_is_that_of_the_run(capsys):
    """Of the table a run takes: between the laws of its parts, with the weakest tag."""
    names = ("grun_ssp:streams=ecss", "grun_ssp", "ecss_streams")
    document = json.loads(run(capsys, *names, *NIGHT, "--size", "--json"))
    row = document["diameter_mm"].index(0.3)
    found = [document["model"][name] for name in names]
    both, mean, alone = (each["factor_of_one_standard_error"][row] for each in found)
    flux = [each["flux_1_m2_yr"][row] for each in found[1:]]
    share = flux[1] / sum(flux)
    wanted = mean ** (1.0 - share) * alone**share
    assert both == pytest.approx(wanted, rel=2e-3)
    assert both > 1.02 * mean  # the card alone says the latter
    law = found[0]["uncertainty_law"]
    assert law["tag"] == "estimate"
    assert "visible meteors" in law["source"]
    text = run(capsys, *names, *NIGHT, "--size")
    line = next(x for x in text.splitlines() if x.startswith(f"  {names[0]}: law"))
    assert "visible meteors" in line
