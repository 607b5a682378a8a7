"""Forward histories: unweighted particles, drawn without tables or proposals."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from engine_helpers import (
    STAND_IN,
    run_table,
    solve,
    stand_in_flux,
    streams,
    vehicle_of,
)
from observed_runs import cube_problem

from mmod.engine import histories as module
from mmod.engine.histories import fly_histories
from mmod.errors import CheckError, InputError
from mmod.shields import load_shield

YEAR = 365.25 * 86400.0


def test_a_plate_in_a_stream_has_the_number_of_the_closed_form():
    # one stream along the normal: N = T A F(d_c), with d_c of one speed and density
    table = run_table("plate", STAND_IN, shields={"*": "aluminium_wall"})
    problem = solve(table, models=streams([[1.0, 0.0, 0.0]], speed=1e4))
    critical = float(load_shield("aluminium_wall").critical_diameter(1e4, 0.0, 2000.0))
    mean = YEAR * float(stand_in_flux(critical))
    sets = int(3000 / mean)
    found = fly_histories(problem, sets, 4)
    n = len(found.zone)
    assert abs(n - sets * mean) < 5.0 * np.sqrt(sets * mean)
    # planted: 15 % more flux is outside the same limit
    assert abs(n - 1.15 * sets * mean) > 5.0 * np.sqrt(sets * mean)
    assert found.obliquity == pytest.approx(0.0, abs=1e-5)
    assert found.critical_diameter == pytest.approx(critical)
    assert (found.diameter >= critical).all()
    # above the limit the flux falls with d^-3: the median is at 2^(1/3)
    assert np.median(found.diameter / critical) == pytest.approx(2 ** (1 / 3), rel=0.03)
    assert found.counts(1).shape == (sets, 1)
    assert found.counts(1).sum() == n


def test_same_seed_same_particles_and_times_in_order():
    problem = cube_problem(0.0, 0)
    first, again, other = (fly_histories(problem, 5, seed) for seed in (1, 1, 2))
    for field in dataclasses.fields(first):
        assert np.array_equal(getattr(first, field.name), getattr(again, field.name))
    assert len(first.zone) != len(other.zone) or (first.time != other.time).any()
    for s in range(5):
        assert (np.diff(first.time[first.set_index == s]) >= 0.0).all()
    assert (first.time >= 0.0).all()
    assert (first.time <= problem.durations[0]).all()


def test_what_cannot_be_flown_is_refused(tmp_path, monkeypatch):
    problem = cube_problem(0.0, 0)
    with pytest.raises(InputError, match="sets"):
        fly_histories(problem, 0, 1)
    bare = solve(run_table("plate", STAND_IN), models=streams([[1.0, 0.0, 0.0]]))
    with pytest.raises(InputError, match="a shield that can fail"):
        fly_histories(bare, 1, 1)
    monkeypatch.setattr(module, "MOST_PARTICLES", 10)
    with pytest.raises(InputError, match="fewer than 10 particles"):
        fly_histories(problem, 1, 1)
    monkeypatch.undo()
    part = {"name": "box", "shape": "box", "size_m": [1.0, 1.0, 1.0], "solidity": 0.5}
    thin = solve(
        run_table("box", STAND_IN, shields={"*": "aluminium_wall"}),
        models=streams([[1.0, 0.0, 0.0]]),
        vehicle=vehicle_of(tmp_path, part),
    )
    with pytest.raises(InputError, match="stop every ray"):
        fly_histories(thin, 1, 1)


def test_an_inverted_mesh_is_found():
    problem = cube_problem(0.0, 0)
    faces = problem.payload.faces
    inside_out = dataclasses.replace(
        problem,
        payload=dataclasses.replace(
            problem.payload, faces=faces._replace(normals=-faces.normals)
        ),
    )
    with pytest.raises(CheckError, match="back face"):
        fly_histories(inside_out, 1, 1)
