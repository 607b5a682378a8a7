"""From the command line to a file and back, with the real engine on one plate."""

from __future__ import annotations

import json

import pytest
import xarray as xr

import mmod
from mmod.cli.main import main


@pytest.mark.slow
def test_run_report_and_reopen(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    few = ["--set", "sampling.samples=3200", "--set", "seed=7"]
    assert main(["run", "plate", "--threads", "1", *few]) == 0
    captured = capsys.readouterr()
    assert "A plate facing ram" in captured.out
    assert captured.out.rstrip().endswith("written: plate.nc")
    assert [path.name for path in tmp_path.iterdir()] == ["plate.nc"]

    assert main(["report", "plate.nc"]) == 0
    report = capsys.readouterr().out
    assert captured.out.startswith(report.rstrip("\n"))
    assert main(["report", "plate.nc", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["title"] == "A plate facing ram"
    assert "computed" in document["flux_uncertainty_laws"]["nasa91"]
    assert any("model_lower" in key for key in document["units"])
    assert document["provenance"]["seed"] == 7
    assert set(document["totals"]) == {
        "nasa91",
        "grun_ssp",
        "debris",
        "meteoroid",
        "total",
    }
    impacts = {label: total["impacts"] for label, total in document["totals"].items()}
    for label, number in impacts["total"].items():
        parts = impacts["debris"][label] + impacts["meteoroid"][label]
        assert number == pytest.approx(parts, rel=1e-12)
        assert number > 0
    assert document["table"]["total"]["penetrations"] is None, "no shield, no number"

    with xr.open_datatree("plate.nc") as tree:
        assert tree.load().mmod.report() == report.rstrip("\n")
    stored = mmod.open_results("plate.nc")
    config = mmod.load_run(
        "plate", overrides={"sampling.samples": 3200, "seed": 7}
    ).canonical_json()
    assert stored.attrs["config"] == config


@pytest.mark.slow
def test_a_refused_run_writes_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    argv = ["run", "plate", "--set", "environment[0].kind=meteoroid"]
    assert main([*argv, "--set", "environment[1].kind=debris"]) == 2
    assert "environment[0].kind" in capsys.readouterr().err
    assert main(["run", "plate", "--set", "vehicle=no_such_vehicle"]) == 2
    assert "vehicle" in capsys.readouterr().err
    assert main(["run", "plate", "--scheduler-file", "absent.json"]) == 2
    assert "absent.json" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
