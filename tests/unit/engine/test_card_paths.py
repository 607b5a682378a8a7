"""Paths in cards start at the card that names them, and every card leaves its digest."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import mmod
from mmod import library
from mmod.engine.problem import ResolvedProblem, resolve
from mmod.engine.run import _surface
from mmod.errors import InputError

RUN = """
schema_version = 1
title = "paths"
vehicle = "./veh/vehicle.toml"
seed = 1
[[phase]]
start = 2018-01-01
end = 2018-02-01
altitude_km = 400.0
inclination_deg = 51.6
[[environment]]
model = "master8_iss_ecss"
kind = "debris"
"""
HEAD = """
schema_version = 1
title = "body"
frame = "body"
element_size_m = 1.0
"""
BOX = """
[[part]]
module = "body"
name = "{name}"
shape = "box"
size_m = [1.0, 1.0, 1.0]
position_m = [{x}, 0.0, 0.0]
certainty = "definition"
source = "test"
shield = "{shield}"
"""


def wall(file: Path, thickness: float) -> str:
    """Write a plate of aluminium; return the digest of its card."""
    text = library.available("shield")["aluminium_wall"].read_text(encoding="utf-8")
    assert "thickness_mm = 2.0" in text
    file.parent.mkdir(parents=True, exist_ok=True)
    new = f"thickness_mm = {thickness}"
    file.write_text(text.replace("thickness_mm = 2.0", new), encoding="utf-8")
    return library.sha256(file)


def vehicle(folder: Path, *parts: str, head: str = "") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vehicle.toml").write_text(HEAD + head + "".join(parts))


def box(name: str, shield: str, x: float = 0.0) -> str:
    return BOX.format(name=name, shield=shield, x=x)


def solved(folder: Path, more: str = "") -> ResolvedProblem:
    file = folder / "run.toml"
    file.write_text(RUN + more)
    return resolve(mmod.load_run(file))


def thickness(problem: ResolvedProblem) -> list[float]:
    """Return the wall of each zone [mm]."""
    walls = [problem.shields[i] for i in problem.zone_shield]
    return [pytest.approx(1e3 * w.layers[-1].thickness) for w in walls]


def test_shield_of_a_vehicle_card_is_beside_the_card(tmp_path: Path) -> None:
    wall(tmp_path / "veh/wall.toml", 1.0)
    wall(tmp_path / "wall.toml", 9.0)  # beside the run: not the one that is meant
    vehicle(tmp_path / "veh", box("part", "./wall.toml"))
    assert thickness(solved(tmp_path)) == [1.0]


def test_shield_of_a_sector_too(tmp_path: Path) -> None:
    wall(tmp_path / "veh/wall.toml", 1.0)
    wall(tmp_path / "wall.toml", 9.0)
    sector = '[[part.sector]]\nname = "ram"\ndirection = [1.0, 0.0, 0.0]\n'
    sector += 'half_angle_deg = 10.0\nshield = "./wall.toml"\n'
    vehicle(tmp_path / "veh", box("part", "aluminium_wall"), sector)
    assert sorted(thickness(solved(tmp_path)), key=str) == [1.0, 2.0]


def test_shield_beside_the_run_alone_is_refused(tmp_path: Path) -> None:
    wall(tmp_path / "wall.toml", 9.0)
    vehicle(tmp_path / "veh", box("part", "./wall.toml"))
    with pytest.raises(InputError) as caught:
        solved(tmp_path)
    (problem,) = caught.value.problems
    assert problem.source == str(tmp_path / "veh/vehicle.toml")
    assert problem.key == "shield of zone veh.body.part"
    assert problem.value == "./wall.toml"


def test_shields_of_the_run_are_beside_the_run(tmp_path: Path) -> None:
    wall(tmp_path / "veh/wall.toml", 1.0)
    wall(tmp_path / "wall.toml", 9.0)
    vehicle(tmp_path / "veh", box("a", "./wall.toml"), box("b", "./wall.toml", 2.0))
    problem = solved(tmp_path, '[shields]\n"*.b" = "./wall.toml"\n')
    assert thickness(problem) == [1.0, 9.0]


def test_included_cards_name_their_own(tmp_path: Path) -> None:
    """Three cards of one name, one of them included by an included card."""
    for place, size in (("veh", 1.0), ("veh/in", 3.0), ("veh/in/deep", 5.0)):
        wall(tmp_path / place / "wall.toml", size)
    include = '[[include]]\ncard = "{card}/vehicle.toml"\n'
    vehicle(
        tmp_path / "veh",
        box("a", "./wall.toml"),
        head=include.format(card="in"),
    )
    vehicle(
        tmp_path / "veh/in",
        box("b", "./wall.toml", 2.0),
        head=include.format(card="deep"),
    )
    vehicle(tmp_path / "veh/in/deep", box("c", "./wall.toml", 4.0))
    problem = solved(tmp_path)
    assert [z.name[-1] for z in problem.vehicle.zones] == ["c", "b", "a"]
    assert thickness(problem) == [5.0, 3.0, 1.0]


def test_cards_of_one_name_stay_apart_in_names_and_digests(tmp_path: Path) -> None:
    digests = {
        "veh/aluminium_wall": wall(tmp_path / "veh/aluminium_wall.toml", 1.0),
        "run/aluminium_wall": wall(tmp_path / "run/aluminium_wall.toml", 9.0),
        "aluminium_wall": library.sha256(library.available("shield")["aluminium_wall"]),
    }
    own = "./aluminium_wall.toml"
    vehicle(
        tmp_path / "veh",
        *(box(n, own, 2.0 * i) for i, n in enumerate("ab")),
        box("c", "aluminium_wall", 4.0),
    )
    file = tmp_path / "run/run.toml"
    text = RUN.replace("./veh", "../veh") + f'[shields]\n"*.b" = "{own}"\n'
    file.write_text(text)
    problem = resolve(mmod.load_run(file))
    assert thickness(problem) == [1.0, 9.0, 2.0]
    # the one of the library keeps its name, by which it is found again
    assert _surface(problem).zone_shield == tuple(digests)
    for name, digest in digests.items():
        assert problem.sources[f"geometry/shields/{name}.toml"] == digest


def test_one_card_by_two_paths_is_one_shield(tmp_path: Path) -> None:
    digest = wall(tmp_path / "veh/wall.toml", 1.0)
    vehicle(tmp_path / "veh", box("a", "./wall.toml"), box("b", "wall.toml", 2.0))
    problem = solved(tmp_path, '[shields]\n"*.b" = "./veh/wall.toml"\n')
    assert [s.name for s in problem.shields] == ["wall"]
    assert problem.sources["geometry/shields/wall.toml"] == digest


def test_every_file_of_flux_models_of_one_name_keeps_its_digest(tmp_path: Path) -> None:
    wall(tmp_path / "veh/wall.toml", 1.0)
    vehicle(tmp_path / "veh", box("a", "./wall.toml"))
    shipped = library.available("flux_model")["nasa91"].parent
    for place in ("p1", "p2"):
        shutil.copytree(shipped, tmp_path / place / "nasa91")
        for file in (tmp_path / place / "nasa91").iterdir():
            if file.suffix in (".toml", ".csv"):
                file.write_text(file.read_text() + f"# {place}\n")
    more = '[[environment]]\nmodel = "./{0}/nasa91/model.toml"\nkind = "debris"\n'
    more += 'label = "{0}"\nin_total = false\n'
    problem = solved(tmp_path, more.format("p1") + more.format("p2"))
    found = set(problem.sources.values())
    for model in problem.flux_models:
        assert set(model.sources.values()) <= found
    assert "flux_models/nasa91/p2/nasa91/model.toml" in problem.sources
    assert "flux_models/master8_iss_ecss/model.toml" in problem.sources


def test_labels_of_files_that_do_not_clash_stay_short(tmp_path: Path) -> None:
    places = [tmp_path / p for p in ("a/x/env.csv", "b/x/env.csv", "b/x/one.csv")]
    files = [("m/", place) for place in (*places, places[0])] + [("n/", places[0])]
    assert library.distinct_labels(files) == [
        "m/a/x/env.csv",
        "m/b/x/env.csv",
        "m/one.csv",
        "m/a/x/env.csv",
        "n/env.csv",
    ]


def test_coinciding_faces_are_a_flag_of_the_run(tmp_path: Path) -> None:
    small = box("b", "aluminium_wall", 0.25).replace(
        "[1.0, 1.0, 1.0]", "[0.5, 0.5, 0.5]"
    )
    vehicle(tmp_path / "veh", box("a", "aluminium_wall"), small)
    found = [f for f in solved(tmp_path).flags if "coincide" in f]
    assert len(found) == 1
    assert "veh.body.a and veh.body.b" in found[0]
