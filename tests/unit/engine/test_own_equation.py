"""A run with an equation of the user's own: workers get tables, results its origin."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import pickle
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from engine_helpers import run_table, sampled, solve

from mmod.engine.problem import ResolvedProblem
from mmod.errors import InputError
from mmod.results.build import build

MODEL = {"model": "grun_ssp", "kind": "meteoroid"}
CODE = """
import numpy as np
from mmod.shields.ballistic_limits.whipple_nno import whipple_nno_limit
from mmod.shields import FunctionLimit

calls = 0


def f(*, bumper_thickness, bumper_density, standoff, wall_thickness, wall_yield):
    limit = whipple_nno_limit(
        bumper_thickness=bumper_thickness,
        bumper_density=bumper_density,
        standoff=standoff,
        wall_thickness=wall_thickness,
        wall_yield=wall_yield,
    )

    def diameter(speed, obliquity, density):
        global calls
        calls += 1
        return limit.critical_diameter(speed, obliquity, density)

    return FunctionLimit(
        diameter,
        limit.validity,
        limit.angle_breaks,
        borders=lambda a, r: list(np.moveaxis(limit.speed_breaks(a, r), -1, 0)),
        cap=limit.cap,
    )
"""
CARD = """
title = "Two walls"
equation = "EQUATION"
criterion = "perforation_or_detached_spall"
certainty = "assumption"
source = "test"

[[layer]]
role = "bumper"
material = "Al 6061-T6"
thickness_mm = 1.3
gap_mm = 100.0

[[layer]]
role = "wall"
material = "Al 2219-T87"
thickness_mm = 3.2
"""


def problem_with(folder: Path, equation: str, code: str = CODE) -> ResolvedProblem:
    (folder / "own.py").write_text(code, encoding="utf-8")
    card = folder / f"card_{equation.partition('.')[0]}.toml"
    card.write_text(CARD.replace("EQUATION", equation), encoding="utf-8")
    return solve(run_table("cube", MODEL, shields={"*": str(card)}))


def own_module(folder: Path) -> tuple[str, ModuleType]:
    (found,) = (
        (name, module)
        for name, module in sys.modules.items()
        if name.startswith("mmod_own_") and module.__file__ == str(folder / "own.py")
    )
    return found


def test_the_run_is_that_of_the_built_in_equation(tmp_path) -> None:
    built_in = sampled(problem_with(tmp_path, "whipple.nno"))
    own = sampled(problem_with(tmp_path, "own.py:f"))
    assert own.zone_expected[..., -1].max() > 0.0
    # rounding alone: the function is called in SI, the built-in one in km/s and cm
    np.testing.assert_allclose(own.zone_expected, built_in.zone_expected, rtol=1e-9)


def test_nothing_calls_the_function_while_sampling(tmp_path) -> None:
    problem = problem_with(tmp_path, "own.py:f")
    _, module = own_module(tmp_path)
    before = module.calls
    assert before > 0
    sampled(problem)
    assert module.calls == before


def test_workers_need_no_function(tmp_path) -> None:
    """What is sent to them unpickles without its file and gives the same bytes."""
    problem = problem_with(tmp_path, "own.py:f")
    here = sampled(problem)
    name, _ = own_module(tmp_path)
    sent = pickle.dumps(problem.payload)
    assert name.encode() not in sent
    del sys.modules[name]
    (tmp_path / "own.py").unlink()
    payload = pickle.loads(sent)
    there = sampled(dataclasses.replace(problem, payload=payload))
    assert np.array_equal(here.zone_expected, there.zone_expected)
    assert np.array_equal(here.face_expected, there.face_expected)


def test_results_say_where_it_came_from(tmp_path) -> None:
    tree = build(sampled(problem_with(tmp_path, "own.py:f")))
    assert set(tree["zones"]["equation"].to_numpy()) == {"own.py:f"}
    sources = json.loads(tree.attrs["provenance"])["sources"]
    digest = hashlib.sha256((tmp_path / "own.py").read_bytes()).hexdigest()
    assert sources["ballistic_limits/card_own/own.py"] == digest
    card = hashlib.sha256((tmp_path / "card_own.toml").read_bytes()).hexdigest()
    assert sources["geometry/shields/card_own.toml"] == card


def test_a_wrong_equation_stops_the_run_and_names_the_card(tmp_path) -> None:
    wrong = CODE.replace(
        "return limit.critical_diameter(", "return -limit.critical_diameter("
    )
    with pytest.raises(InputError, match=r"card_own\.toml: equation = 'own\.py:f'"):
        problem_with(tmp_path, "own.py:f", wrong)
