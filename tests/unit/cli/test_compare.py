"""``mmod compare``: text, JSON, picture, refusals and exit codes."""

from __future__ import annotations

import json

import pytest
from observed_runs import cube_results

from mmod.cli.main import main
from mmod.results import save

BREACHES = """
schema_version = 1
title = "An inspection"
source = "nobody"
[[breach]]
zone = "*.ram"
date = 2018-05-01
[[breach]]
zone = "*.wake"
"""
POPULATION = """
schema_version = 1
title = "A population"
source = "nobody"
grade = "A"
run = "plate"
[[count]]
name = "all of it"
rows = "P00"
observed = 22
convention = "none"
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return save(cube_results(), tmp_path_factory.mktemp("compare") / "cube.nc")


def write(tmp_path, text, name="seen.toml"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_breaches(results, tmp_path, capsys):
    seen = write(tmp_path, BREACHES)
    assert main(["compare", str(results), "--observations", seen]) == 0
    out = capsys.readouterr().out
    assert "observed   2 (penetration)" in out
    assert "exact multinomial" in out or "multinomial given n" in out
    assert main(["compare", str(results), "--observations", seen, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["zones"][-1]["observed"] == 2
    assert document["model_error_ln_sd"]["debris"] == pytest.approx(0.7214, abs=1e-4)


def test_model_error_is_asked_for(results, tmp_path, capsys):
    seen = write(tmp_path, BREACHES)
    command = ["compare", str(results), "--observations", seen, "--json"]
    assert main([*command, "--model-error", "0.3,0.9"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["model_error_ln_sd"] == {"debris": 0.3, "meteoroid": 0.9}
    # what the notes recommend for nasa91
    assert main([*command, "--model-error", "3.1,0.72"]) == 0
    (total, *_) = json.loads(capsys.readouterr().out)["tests"]
    assert total["p_marginal"] > total["p"]
    assert main([*command, "--model-error", "0"]) == 0
    (total, *_) = json.loads(capsys.readouterr().out)["tests"]
    assert total["p"] == pytest.approx(total["p_marginal"])


def test_population_says_that_the_run_is_another(results, tmp_path, capsys):
    seen = write(tmp_path, POPULATION)
    assert main(["compare", str(results), "--observations", seen]) == 0
    out = capsys.readouterr().out
    assert "not of run plate as shipped: vehicle, phase" in out
    assert "observed over predicted" in out


def test_several_results_in_turn(results, tmp_path, capsys):
    seen = write(tmp_path, POPULATION)
    files = [str(results), str(results)]
    assert main(["compare", *files, "--observations", seen, "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["comparisons"]) == 2
    picture = ["--plot", str(tmp_path / "a.png")]
    assert main(["compare", *files, "--observations", seen, *picture]) == 2
    assert "one result" in capsys.readouterr().err


def test_model_free(capsys):
    assert main(["compare", "--observations", "mir"]) == 0
    out = capsys.readouterr().out
    assert "0.546 plain, 0.524 marginal" in out
    assert main(["compare", "x.nc", "--observations", "mir"]) == 2


def test_pictures(results, tmp_path, capsys):
    pytest.importorskip("matplotlib")
    for number, text in enumerate((BREACHES, POPULATION)):
        target = tmp_path / f"{number}.png"
        seen = write(tmp_path, text)
        command = ["compare", str(results), "--observations", seen]
        assert main([*command, "--plot", str(target)]) == 0
        assert target.stat().st_size > 5000
        assert f"written: {target}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["--observations", "venus"], "hst_array"),
        (["--observations", "./none.toml"], "population"),
        (["--observations", "hst_array"], "mmod run hst_array"),
        (["none.nc", "--observations", "hst_array"], "none.nc"),
        (["--observations", "mir", "--model-error", "-1"], "0 to 5"),
        (["--observations", "mir", "--model-error", "1,2,3"], "0 to 5"),
        (["--observations", "mir", "--model-error", "nan"], "0 to 5"),
        (["--observations", "mir", "--seed", "-1"], "0 to 4294967295"),
        (["--observations", "mir", "--plot", "a.txt"], "png"),
    ],
)
def test_refusals(arguments, wanted, capsys, tmp_path, monkeypatch):
    if "--plot" in arguments:
        pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)
    assert main(["compare", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert wanted in captured.err
    assert not list(tmp_path.iterdir())


def test_bad_observations_leave_nothing(results, tmp_path, capsys):
    seen = write(tmp_path, BREACHES.replace("2018-05-01", "1999-05-01"))
    pytest.importorskip("matplotlib")
    target = tmp_path / "a.png"
    command = ["compare", str(results), "--observations", seen, "--plot", str(target)]
    assert main(command) == 2
    assert "breach[0].date" in capsys.readouterr().err
    assert not target.exists()


@pytest.mark.parametrize("name", ["seen.csv", "SEEN.CSV", "seen.Csv"])
def test_csv(results, tmp_path, capsys, name):
    seen = write(tmp_path, "# nobody\nzone,date\n*.ram,2018-05-01\n", name)
    assert main(["compare", str(results), "--observations", seen]) == 0
    assert "observed   1 (penetration)" in capsys.readouterr().out
