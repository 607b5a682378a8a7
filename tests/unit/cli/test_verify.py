"""`mmod verify hvi`: scores, table, refusals."""

from __future__ import annotations

import csv
import json

import pytest
import shot_tables

from mmod.cli.main import main


@pytest.fixture
def folder(tmp_path):
    small, large = {"projectile_diameter_cm": 0.01}, {"projectile_diameter_cm": 9.0}
    shot_tables.write(
        tmp_path,
        "whipple",
        small,
        small | {"perforated": 1},  # false-safe
        large | {"perforated": 1},
        large | {"perforated": 1, "source_key": "B"},
        large | {"source_key": "B"},  # false-fail
        large | {"perforated": ""},  # left out
    )
    return tmp_path


def test_json_and_csv(folder, capsys):
    file = folder / "scores.csv"
    argv = ["verify", "hvi", "--tests", str(folder), "--output", str(file), "--json"]
    assert main(argv) == 0
    document = json.loads(capsys.readouterr().out)
    scores = {(s["equation"], s["group"], s["label"]): s for s in document["scores"]}
    equations = {e for e, _, _ in scores}
    assert {"whipple.nno", "whipple.jsc", "whipple.jsc_modified"} <= equations
    for equation in equations:
        row = scores[equation, "all", "all"]
        kinds = ("true_positive", "true_negative", "false_safe", "false_fail")
        assert [row[k] for k in kinds] == [2, 1, 1, 1]
        assert row["correct_percent"] == pytest.approx(60.0)
        assert row["majority_percent"] == pytest.approx(60.0)
        assert scores[equation, "source", "B"]["shots"] == 2
    (table,) = document["tables"]
    assert len(table["sha256"]) == 64
    assert table["conventions"]
    assert all(e["reason"] == "outcome unknown" for e in document["left_out"])
    assert document["written"] == str(file)
    written = list(csv.DictReader(file.open(encoding="utf-8")))
    assert len(written) == len(document["scores"])
    assert written[0]["correct_percent"] == "60.00"


def test_text(folder, capsys):
    argv = ["verify", "hvi", "--tests", str(folder), "--equation", "whipple.nno"]
    assert main(argv) == 0
    text = capsys.readouterr().out
    (line,) = [s for s in text.splitlines() if s.startswith("whipple.nno ")]
    assert line.split()[1:6] == ["5", "2", "1", "1", "1"]
    assert "60.0 [14.7, 94.7]" in line  # Clopper-Pearson of 3 in 5
    assert "1 left out, outcome unknown" in text
    assert "always saying 'perforated' would be 60.0 % correct on 5 shots" in text
    assert "whipple.jsc" not in text
    assert "\n    B " not in text
    assert main([*argv, "--all"]) == 0
    assert "\n    B " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--tests", "nothing"], "a folder with shot tables"),
        (["--equation", "nosuch"], "one of whipple.nno"),
        (["--equation", "foam_core"], "shots for the chosen equations"),
        (["--output", "no/such/folder.csv"], "a file that can be written"),
    ],
)
def test_refusals(folder, change, message, capsys):
    assert main(["verify", "hvi", "--tests", str(folder), *change]) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""


def test_a_wrong_cell_is_named(folder, capsys):
    shot_tables.write(folder, "foam", {"velocity_km_s": "quick"})
    assert main(["verify", "hvi", "--tests", str(folder)]) == 2
    error = capsys.readouterr().err
    assert "hvi_tests_foam.csv, line 2: velocity_km_s = 'quick'" in error


def test_tests_are_asked_for(capsys):
    assert main(["verify", "hvi"]) == 2
    assert "--tests" in capsys.readouterr().err
