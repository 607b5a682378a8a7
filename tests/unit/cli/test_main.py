"""Verbs, exit codes and errors of the command line, in process."""

from __future__ import annotations

import itertools
import json
import warnings
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import mmod
from mmod.cli.main import VERBS, main
from mmod.config import load_run
from mmod.errors import CheckError, InputError, Problem


def lines(text: str) -> list[str]:
    return text.strip().splitlines()


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.strip() == f"mmod {mmod.__version__}"


def test_help_names_every_verb(capsys):
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    names = ("init", "list", "show", "check", "run", "report", "shield", "mesh")
    assert len(VERBS) == 13
    for verb in (*names, "verify"):
        assert f"\n    {verb}" in out


@pytest.mark.parametrize("module", VERBS)
def test_help_of_a_verb_has_examples(module, capsys):
    verb = module.__name__.rpartition(".")[2].replace("_", "-")
    assert main([verb, "--help"]) == 0
    assert f"  mmod {verb}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["fly"],
        ["run"],
        ["run", "x", "--workers", "0"],
        ["run", "x", "--workers", "two"],
        ["run", "x", "--workers", "2", "--scheduler", "tcp://a:1"],
        ["run", "x", "--workers", "2", "--threads", "2"],
        ["list", "planets"],
    ],
)
def test_bad_command_lines_exit_2_with_usage(argv, capsys):
    assert main(argv) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "usage: mmod" in captured.err


# -- check and run, on a fake engine -------------------------------------------------


def test_check_prints_the_plan(run_file, engine, capsys):
    assert main(["check", "./case", "--set", "phase[0].altitude_km=410"]) == 0
    assert capsys.readouterr().out == "plan of fake: 410 km\n"


def test_json_has_null_for_what_is_not_finite(run_file, engine, capsys):
    assert main(["check", "./case", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"title": "fake", "memory": None}


def test_run_writes_the_results_and_reports(run_file, engine, results, capsys):
    argv = ["run", str(run_file), "--set", "sampling.samples=1e5"]
    assert main([*argv, "--set", "vehicle=plate"]) == 0
    (call,) = engine.calls
    assert call["config"].sampling.samples == 100_000
    assert call["config"].vehicle == "plate"
    assert run_file.parent.parent.joinpath("case.nc").read_text() == "results of case"
    out = lines(capsys.readouterr().out)
    assert out == ["results of case, False, {}", "written: case.nc"]


def test_run_json_is_one_document(run_file, engine, results, capsys):
    assert main(["run", "./case", "-o", "x.nc", "--json", "--all"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document == {"written": "x.nc", "tree": "results of case"}


@pytest.mark.parametrize(
    ("argv", "key", "value"),
    [
        ([], None, None),
        (["--workers", "3"], "workers", 3),
        (["--threads", "2"], "threads", 2),
        (["--scheduler", "tcp://h:1"], "scheduler", "tcp://h:1"),
        (["--scheduler-file", "s.json"], "scheduler_file", "s.json"),
        (["--checkpoint", "parts"], "checkpoint", Path("parts")),
    ],
)
def test_where_a_run_is_computed(run_file, engine, results, argv, key, value):
    if key == "checkpoint":
        Path("parts").mkdir()
    assert main(["run", "./case", *argv]) == 0
    (call,) = engine.calls
    del call["config"]
    where = {"workers", "threads", "scheduler", "scheduler_file"}
    assert set(call) == {*where, "checkpoint"}
    assert {k: v for k, v in call.items() if v is not None} == (
        {} if key is None else {key: value}
    )


def test_report(tmp_path, results, capsys):
    file = tmp_path / "r.nc"
    file.write_text("abc")
    assert main(["report", str(file)]) == 0
    chosen = {"by": "zone", "environment": "total"}
    assert capsys.readouterr().out == f"abc, False, {chosen}\n"
    assert main(["report", str(file), "--all", "--by", "module"]) == 0
    assert "abc, True, {'by': 'module'" in capsys.readouterr().out
    assert main(["report", str(file), "--environment", "debris", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document == {"tree": "abc", "by": "zone", "environment": "debris"}


# -- refusals ------------------------------------------------------------------------


def test_bad_input_exits_2_and_prints_every_problem(run_file, engine, capsys):
    text = run_file.read_text()
    run_file.write_text(
        text.replace("404.0", "404_000").replace("51.64", "nan") + "\n[damage]\nx = 1\n"
    )
    assert main(["run", "./case"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    head, *problems = lines(captured.err)
    assert "3 problems" in head
    assert len(problems) == 3
    for problem, key in zip(
        problems,
        ("phase[0].altitude_km", "phase[0].inclination_deg", "damage.x"),
        strict=True,
    ):
        assert problem.startswith(f"{run_file}: {key} = ")
        assert ": expected " in problem
    assert engine.calls == []
    assert not run_file.parent.parent.joinpath("case.nc").exists()


def test_bad_input_as_json(run_file, capsys):
    assert main(["check", "./case", "--json", "--set", "seed=nan"]) == 2
    captured = capsys.readouterr()
    error = json.loads(captured.out)["error"]
    assert error["kind"] == "input"
    (problem,) = error["problems"]
    assert problem["source"] == "override"
    assert problem["key"] == "seed"
    assert problem["value"] is None
    assert "0 to 4294967295" in problem["expected"]


@pytest.mark.parametrize("setting", ["seed", "=3", ""])
def test_bad_settings(run_file, setting, capsys):
    assert main(["check", "./case", "--set", setting]) == 2
    assert "KEY=VALUE" in capsys.readouterr().err


@pytest.mark.parametrize("output", ["no/such/folder/x.nc", "case"])
def test_unwritable_output_is_refused_before_computing(
    run_file, engine, results, output, capsys
):
    assert main(["run", "./case", "-o", output]) == 2
    assert engine.calls == []
    assert output in capsys.readouterr().err


def test_a_check_that_does_not_pass_exits_3(run_file, engine, capsys):
    engine.error = CheckError("the mesh leaks")
    assert main(["check", "./case", "--json"]) == 3
    captured = capsys.readouterr()
    assert "the mesh leaks" in captured.err
    assert json.loads(captured.out)["error"]["kind"] == "check"


def test_a_bug_exits_1_in_one_line(run_file, engine, capsys):
    engine.error = ZeroDivisionError("somewhere\ndeep")
    assert main(["check", "./case"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = lines(captured.err)
    assert "internal error, please report: ZeroDivisionError: somewhere deep" in line
    with pytest.raises(ZeroDivisionError):
        main(["check", "./case", "--debug"])


def test_debug_shows_where_input_was_refused(run_file, engine):
    engine.error = InputError(Problem("a", "b", 1, "c"))
    with pytest.raises(InputError):
        main(["check", "./case", "--debug"])


def test_interrupt_exits_130_and_writes_nothing(run_file, engine, results, capsys):
    engine.error = KeyboardInterrupt()
    assert main(["run", "./case"]) == 130
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "no result was written" in captured.err
    assert not list(run_file.parent.parent.glob("*.nc"))


def test_warnings_go_to_stderr_in_one_line(run_file, engine, capsys, monkeypatch):
    def check(config):
        warnings.warn("the model is extrapolated", UserWarning, stacklevel=2)
        return SimpleNamespace(to_text=lambda: "plan", to_dict=dict)

    monkeypatch.setattr("mmod.engine.run.check", check)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        assert main(["check", "./case"]) == 0
    captured = capsys.readouterr()
    assert captured.out == "plan\n"
    assert captured.err == "warning: the model is extrapolated\n"


# -- init ----------------------------------------------------------------------------


def test_init_writes_a_run_that_loads(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["init", "mine"]) == 0
    out = capsys.readouterr().out
    assert "mine/run.toml" in out.replace("\\", "/")
    assert "mmod check ./mine" in out
    config = load_run("./mine")
    assert config.name == "mine"
    assert config.environment[0].kind == "debris"


def test_init_never_overwrites(tmp_path, capsys):
    (tmp_path / "run.toml").write_text("mine")
    assert main(["init", str(tmp_path)]) == 2
    assert (tmp_path / "run.toml").read_text() == "mine"
    assert "without a run.toml" in capsys.readouterr().err


def test_init_where_a_file_is_in_the_way(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main(["init", str(tmp_path / "file" / "run")]) == 2
    assert "writable folder" in capsys.readouterr().err


def test_init_from_the_library(tmp_path):
    assert main(["init", str(tmp_path / "a"), "--from", "plate"]) == 0
    assert load_run(tmp_path / "a").sha256 == load_run("plate").sha256
    assert main(["init", str(tmp_path / "b"), "--from", "no_such"]) == 2
    assert not (tmp_path / "b").exists()


# -- list and show -------------------------------------------------------------------


def test_list_everything(capsys):
    assert main(["list"]) == 0
    out = capsys.readouterr().out
    for word in ("runs\n", "vehicles\n", "shields\n", "soyuz_ms09", "cube"):
        assert word in out


def test_list_one_kind_as_json(capsys):
    assert main(["list", "run", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert list(document) == ["run"]
    entry = next(e for e in document["run"] if e["name"] == "soyuz_ms09")
    assert entry["title"] == "Soyuz MS-09 at Rassvet"
    assert entry["path"].endswith("run.toml")


def test_list_survives_a_broken_card(tmp_path, monkeypatch, capsys):
    card = tmp_path / "geometry" / "broken" / "vehicle.toml"
    card.parent.mkdir(parents=True)
    card.write_text("title =")
    monkeypatch.setenv("MMOD_PATH", str(tmp_path))
    assert main(["list", "vehicle"]) == 0
    assert "cannot be read" in capsys.readouterr().out


def test_show_a_card(capsys):
    assert main(["show", "run", "plate"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("# ")
    assert 'vehicle = "plate"' in text
    assert main(["show", "run", "plate", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["content"]["vehicle"] == "plate"
    assert document["sha256"] in text


def test_show_says_what_a_shield_comes_to(capsys):
    assert main(["show", "shield", "soyuz_bo", "--json"]) == 0
    understood = json.loads(capsys.readouterr().out)["understood"]
    shield = mmod.load_shield("soyuz_bo")
    row = understood["speed_km_s"].index(7.0)
    column = understood["columns"].index({"obliquity_deg": 45.0, "density_kg_m3": 2800})
    expected = shield.critical_diameter(7e3, np.pi / 4.0, 2800.0) * 1e3
    assert understood["critical_diameter_mm"][row][column] == pytest.approx(expected)
    assert understood["inside_tests"][row][column] is True
    assert main(["show", "shield", "soyuz_bo"]) == 0
    text = capsys.readouterr().out
    assert f"{expected:.3g}" in text
    assert "range of the tests" in text


def test_show_says_what_a_flux_model_comes_to(capsys):
    assert main(["show", "flux_model", "nasa91", "--json"]) == 0
    understood = json.loads(capsys.readouterr().out)["understood"]
    assert understood["options"]["density"] == "law"
    flux = understood["flux_1_m2_yr"]
    assert all(a > b > 0.0 for a, b in itertools.pairwise(flux))
    assert main(["show", "flux_model", "nasa91"]) == 0
    assert f"{flux[3]:.3e}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "state"),
    [("nasa91", (400.0, 51.6, 2018.5)), ("master8_iss_ecss", (400.0, 51.6, 2017.0))],
)
def test_show_evaluates_a_flux_model_where_it_holds(name, state, capsys):
    assert main(["show", "flux_model", name, "--json"]) == 0
    understood = json.loads(capsys.readouterr().out)["understood"]
    keys = ("altitude_km", "inclination_deg", "epoch_year")
    assert tuple(understood[key] for key in keys) == state
    assert "at {:g} km, {:g} deg, {:g}, with".format(*state) in understood["meaning"]
    assert not any("outside its validity" in flag for flag in understood["flags"])


def test_show_refuses_a_card_that_does_not_load(tmp_path, capsys):
    card = tmp_path / "bad.toml"
    card.write_text('title = "x"\nequation = "nosuch"\n')
    assert main(["show", "shield", str(card)]) == 2
    assert "bad.toml" in capsys.readouterr().err


def test_show_a_table(capsys):
    assert main(["show", "materials", "materials", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["content"]
    assert len(rows) > 3
    assert all(isinstance(row, dict) for row in rows)


def test_show_a_path_counts_from_the_current_directory(run_file, capsys):
    assert main(["show", "run", "case/run.toml"]) == 0
    assert 'title = "fake"' in capsys.readouterr().out
    assert main(["show", "run", "case"]) == 2


@pytest.mark.parametrize("kind", ["run", "vehicle", "shield", "flux_model"])
def test_show_schema(kind, capsys):
    assert main(["show", "schema", kind]) == 0
    text = capsys.readouterr().out
    assert main(["show", "schema", kind, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(text)
    assert json.loads(text)["properties"]


def test_show_schema_of_nothing(capsys):
    assert main(["show", "schema", "planet"]) == 2
    assert "flux_model" in capsys.readouterr().err


# -- mesh ----------------------------------------------------------------------------


def test_mesh_of_the_cube(capsys):
    assert main(["mesh", "cube", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["area_m2"] == pytest.approx(6.0)
    assert document["volume_m3"] == pytest.approx(1.0)
    assert set(document["checks"].values()) == {0}
    assert sum(z["area_m2"] for z in document["zones"]) == pytest.approx(6.0)
    assert sum(z["faces"] for z in document["zones"]) == document["faces"]
    assert {z["name"].rpartition(".")[2] for z in document["zones"]} >= {"ram", "nadir"}


def test_mesh_of_the_plate_counts_both_sides(capsys):
    assert main(["mesh", "plate"]) == 0
    out = capsys.readouterr().out
    assert "area    2 m2" in out
    assert "open faces 0" in out


def test_mesh_with_another_element_size(capsys):
    counts = []
    for size in ("0.5", "0.25"):
        assert main(["mesh", "plate", "--json", "--element-size", size]) == 0
        counts.append(json.loads(capsys.readouterr().out)["faces"])
    assert counts[1] > counts[0]


@pytest.mark.parametrize(
    "argv", [["nothing"], ["plate", "--element-size", "nan"], ["./plate"]]
)
def test_mesh_refusals(argv, capsys):
    assert main(["mesh", *argv]) == 2
    assert "expected" in capsys.readouterr().err


def test_a_bad_mesh_is_refused(monkeypatch, capsys):
    from mmod.geometry import checks

    whole = checks.check_mesh

    def leaky(vehicle, *args):
        problem = Problem("card", "body.cube: open edge", 1, "a closed surface")
        return replace(whole(vehicle, *args), problems=[problem])

    monkeypatch.setattr(checks, "check_mesh", leaky)
    assert main(["mesh", "cube"]) == 2
    captured = capsys.readouterr()
    assert "open edge" in captured.err
    assert captured.out == ""


def test_mesh_vtu(tmp_path, capsys):
    pyvista = pytest.importorskip("pyvista")
    file = tmp_path / "cube.vtu"
    assert main(["mesh", "cube", "--vtu", str(file), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["written"] == str(file)
    assert pyvista.read(file).n_cells == document["faces"]
