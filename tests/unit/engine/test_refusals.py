"""What the engine refuses: all of it at once, in words, and nothing is written.

A refusal names a file, a key, a value and what was expected. What is wrong with the
shape of a run file is tested in tests/unit/config; here is what can only be known by
opening the cards that it names, or when the run is about to start.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mmod
from mmod.cli.main import main
from mmod.engine import dask_backend
from mmod.engine import run as engine_run
from mmod.engine.problem import require_finite, resolve
from mmod.errors import InputError, MmodError, Problem

RUN = """
schema_version = 1
title = "refused"
vehicle = "{vehicle}"
seed = 1
[[phase]]
start = 2018-01-01
end = 2018-02-01
altitude_km = {altitude}
inclination_deg = {inclination}
[[environment]]
model = "{model}"
kind = "{kind}"
{more}
"""
SOUND: dict[str, Any] = {
    "vehicle": "cube",
    "altitude": 400.0,
    "inclination": 51.6,
    "model": "master8_iss_ecss",
    "kind": "debris",
    "more": "",
}
CARD = """
schema_version = 1
title = "test body"
frame = "body"
element_size_m = 0.5
[[part]]
module = "body"
name = "part"
position_m = [0.0, 0.0, 0.0]
certainty = "definition"
source = "test"
{shape}
"""
BOX = 'shape = "box"\nsize_m = [1.0, 1.0, 1.0]\n'
METEOROIDS = '[[environment]]\nmodel = "grun_ssp"\nkind = "{kind}"\n'


def write(folder: Path, **changes: Any) -> Path:
    file = folder / "run.toml"
    file.write_text(RUN.format(**{**SOUND, **changes}))
    return file


def refusals(file: Path) -> tuple[Problem, ...]:
    """Return the problems of a run, which must leave its folder alone."""
    before = sorted(p.name for p in file.parent.iterdir())
    with pytest.raises(InputError) as caught:
        mmod.run(mmod.load_run(file))
    assert sorted(p.name for p in file.parent.iterdir()) == before
    for problem in caught.value.problems:
        assert problem.source
        assert problem.source != "None"
        assert problem.key
        assert len(problem.expected) > 5
    return caught.value.problems


def test_the_sound_run_is_accepted(tmp_path: Path) -> None:
    assert resolve(mmod.load_run(write(tmp_path))).models == ("master8_iss_ecss",)


CASES: dict[str, tuple[dict[str, Any], str, str, str]] = {
    # what is changed; where it is found; value; expectation
    "altitude": ({"altitude": 600.0}, "phase[0].altitude_km", "600", "350 to 450"),
    "inclination": ({"inclination": 98.0}, "inclination_deg", "98", "51.1 to 52.1"),
    "vehicle": ({"vehicle": "no_such"}, "vehicle", "no_such", "whipple_cylinder"),
    "vehicle path": ({"vehicle": "./no.toml"}, "vehicle", "./no.toml", "path of its"),
    "model": ({"model": "no_such"}, "environment[0].model", "no_such", "grun_ssp"),
    "kind": ({"kind": "meteoroid"}, "environment[0].kind", "meteoroid", "'debris'"),
    "option": ({"more": "densty = 'law'"}, "densty", "law", "density_kg_m3"),
    "option value": ({"more": "density = 'heavy'"}, "density", "heavy", "constant"),
    "shield": (
        {"more": "[shields]\n'*ram' = 'no_such'"},
        "shields.*ram",
        "no_such",
        "aluminium_wall",
    ),
    "shield pattern": (
        {"more": "[shields]\n'no*' = 'none'"},
        "shields.no*",
        "none",
        "matches a zone",
    ),
    "element size": (
        {"more": "[element_size_m]\n'no_zone' = 0.1"},
        "no_zone",
        "no_zone",
        "pattern that fits",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_refused(name: str, tmp_path: Path) -> None:
    changes, key, value, expected = CASES[name]
    problems = refusals(write(tmp_path, **changes))
    found = [p for p in problems if key in p.key]
    assert found, [str(p) for p in problems]
    assert any(value in str(p.value) and expected in p.expected for p in found)
    assert any(p.source.endswith(".toml") for p in found), "a file is named"


def test_accepted_extrapolation_is_flagged(tmp_path: Path) -> None:
    file = write(tmp_path, altitude=600.0, more="accept_outside_validity = true")
    problem = resolve(mmod.load_run(file))
    assert any("altitude_km = 600" in flag for flag in problem.flags)


def test_everything_at_once(tmp_path: Path) -> None:
    more = METEOROIDS.format(kind="meteoroid").replace("grun_ssp", "no_such")
    more += "[shields]\n'*ram' = 'no_shield'\n'no*' = 'none'\n"
    problems = refusals(write(tmp_path, altitude=600.0, kind="debris", more=more))
    text = "\n".join(str(p) for p in problems)
    for word in ("altitude_km", "no_such", "no_shield", "no*"):
        assert word in text, text


# -- vehicles --------------------------------------------------------------------------


def vehicle_run(folder: Path, shape: str) -> Path:
    (folder / "body.toml").write_text(CARD.format(shape=shape))
    return write(folder, vehicle="./body.toml")


def test_zone_without_shield(tmp_path: Path) -> None:
    (problem,) = refusals(vehicle_run(tmp_path, BOX))
    assert Path(problem.source).name == "body.toml"
    assert problem.key == "part[0].shield"


def test_zone_with_a_shield_that_is_missing(tmp_path: Path) -> None:
    problems = refusals(vehicle_run(tmp_path, BOX + 'shield = "no_such"'))
    assert any("no_such" in str(p.value) and "body.part" in str(p) for p in problems)


CORNERS = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]])
FACES = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]])
MESHES: dict[str, tuple[Any, str]] = {
    "open": (FACES[:3], "open edge"),
    "inverted": (FACES[:, ::-1], "inverted solid"),
    "flipped": (np.vstack([FACES[:3], FACES[3:, ::-1]]), "flipped face"),
    "zero area": (np.vstack([FACES, [[0, 1, 1]]]), "zero-area face"),
}


def stl_run(folder: Path, faces: Any) -> Path:
    lines = ["solid body"]
    for face in faces:
        lines += ["facet normal 0 0 0", "outer loop"]
        lines += ["vertex " + " ".join(map(str, CORNERS[v])) for v in face]
        lines += ["endloop", "endfacet"]
    (folder / "body.stl").write_text("\n".join([*lines, "endsolid body"]) + "\n")
    shape = 'shape = "mesh"\nfile = "body.stl"\nunit_m = 1.0\nshield = "none"'
    return vehicle_run(folder, shape)


def test_closed_mesh_is_accepted(tmp_path: Path) -> None:
    pytest.importorskip("meshio")
    assert resolve(mmod.load_run(stl_run(tmp_path, FACES))).vehicle.mesh.n_faces == 4


@pytest.mark.parametrize("name", MESHES)
def test_bad_mesh(name: str, tmp_path: Path) -> None:
    pytest.importorskip("meshio")
    faces, what = MESHES[name]
    problems = refusals(stl_run(tmp_path, faces))
    assert {Path(p.source).name for p in problems} == {"body.stl"}
    assert any(what in p.key for p in problems)


PANEL = 'shape = "panel"\nsize_m = [1.0, 1.0]\nshield = "none"\n'
SECOND = CARD[CARD.index("[[part]]") :].replace('"part"', '"second"')
TWO_PARTS: dict[str, tuple[str, str]] = {
    # the second part, and where it goes; the first one is a box of 1 m
    "panel flush on the box": (PANEL, "[0.0, 0.0, 0.5]"),
    "the box twice": (BOX + 'shield = "none"\n', "[0.0, 0.0, 0.0]"),
}


@pytest.mark.parametrize("name", TWO_PARTS)
def test_part_that_lies_on_another(name: str, tmp_path: Path) -> None:
    shape, place = TWO_PARTS[name]
    second = SECOND.format(shape=shape).replace("[0.0, 0.0, 0.0]", place)
    (problem,) = refusals(vehicle_run(tmp_path, BOX + 'shield = "none"\n' + second))
    assert Path(problem.source).name == "body.toml"
    assert problem.key == "body.second: doubled part"
    assert "lie on body.part" in str(problem.value)


def test_missing_mesh_file(tmp_path: Path) -> None:
    shape = 'shape = "mesh"\nfile = "no.stl"\nunit_m = 1.0\nshield = "none"'
    (problem,) = refusals(vehicle_run(tmp_path, shape))
    assert (Path(problem.source).name, problem.key) == ("body.toml", "part[0].file")
    assert problem.value == "no.stl"


# -- the start of a run -----------------------------------------------------------------


@pytest.fixture
def no_sampling(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise AssertionError("sampled")

    monkeypatch.setattr(engine_run, "compute", fail)


@pytest.mark.usefixtures("no_sampling")
@pytest.mark.parametrize(
    "place", ["tcp://127.0.0.1:9", "nonsense", "tcp://host.invalid:8786"]
)
def test_scheduler_that_does_not_answer(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask_backend, "CONNECT_SECONDS", 0.5)
    config = mmod.load_run(write(tmp_path))
    with pytest.raises(InputError, match="a scheduler that answers") as caught:
        mmod.run(config, scheduler=place)
    assert place in str(caught.value)


@pytest.mark.usefixtures("no_sampling")
@pytest.mark.parametrize("content", [None, "{", "{}"])
def test_scheduler_file(content: str | None, tmp_path: Path) -> None:
    file = tmp_path / "scheduler.json"
    if content is not None:
        file.write_text(content)
    config = mmod.load_run(write(tmp_path))
    with pytest.raises(InputError) as caught:
        mmod.run(config, scheduler_file=str(file))
    assert "scheduler.json" in str(caught.value)


@pytest.mark.usefixtures("no_sampling")
@pytest.mark.parametrize(
    "arguments", [{"threads": 0}, {"workers": 0}, {"chunk_samples": 0}]
)
def test_numbers_of_workers(arguments: dict[str, int], tmp_path: Path) -> None:
    with pytest.raises(InputError, match=next(iter(arguments))):
        mmod.run(mmod.load_run(write(tmp_path)), **arguments)


@pytest.mark.usefixtures("no_sampling")
@pytest.mark.parametrize("output", ["no_folder/out.nc", "a_folder"])
def test_unwritable_output_before_computing(
    output: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = write(tmp_path)
    (tmp_path / "a_folder").mkdir()
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    assert main(["run", str(file), "--output", output]) == 2
    said = capsys.readouterr()
    assert output.partition("/")[0] in said.err
    assert "output" in said.err
    assert not said.out
    assert sorted(tmp_path.rglob("*")) == before


COMMANDS: dict[str, tuple[str, str]] = {
    "unknown key": ("sampling.sampels=1000", "sampling.sampels"),
    "wrong unit": ("phase[0].altitude_km=400000.0", "phase[0].altitude_km"),
    "not a number": ("phase[0].altitude_km=nan", "phase[0].altitude_km"),
    "wrong range": ("phase[0].inclination_deg=270", "phase[0].inclination_deg"),
    "zero duration": ("phase[0].end=2018-01-01", "phase[0].end"),
    "none in the total": ("environment[0].in_total=false", "environment"),
    "altitude": ("phase[0].altitude_km=700.0", "altitude_km"),
    "vehicle": ("vehicle=no_such", "no_such"),
}


@pytest.mark.usefixtures("no_sampling")
@pytest.mark.parametrize("name", COMMANDS)
def test_refused_command_writes_nothing(
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    setting, word = COMMANDS[name]
    file = write(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert main(["run", str(file), "--set", setting]) == 2
    said = capsys.readouterr()
    assert word in said.err
    assert "expected" in said.err
    assert not said.out
    assert [p.name for p in tmp_path.iterdir()] == ["run.toml"]


TWICE: dict[str, Callable[[str], str]] = {
    "two of one kind": lambda text: text + METEOROIDS.format(kind="debris"),
    "overlapping phases": lambda text: text.replace(
        "[[environment]]",
        "[[phase]]\nstart = 2018-01-15\nend = 2018-03-01\naltitude_km = 400.0\n"
        "inclination_deg = 51.6\n[[environment]]",
        1,
    ),
}


@pytest.mark.usefixtures("no_sampling")
@pytest.mark.parametrize("name", TWICE)
def test_contradictions(name: str, tmp_path: Path) -> None:
    file = write(tmp_path)
    file.write_text(TWICE[name](file.read_text()))
    with pytest.raises(InputError) as caught:
        mmod.run(mmod.load_run(file))
    assert "run.toml" in str(caught.value)


def test_numbers_that_are_not_finite_are_a_bug_not_a_result() -> None:
    require_finite("zones", np.ones(3))
    with pytest.raises(MmodError, match="2 values are not finite"):
        require_finite("zones", np.array([1.0, np.nan, np.inf]))
