"""Oriented faces of a cube: every model, impacts and penetrations, published values.

Impacts are compared with quadrature of each model's own densities
(`mmod.flux.quadrature.face_sums_of_model`), penetrations with the quadrature of
tests/penetration_quadrature.py, which uses neither threat nor penetration tables.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from engine_helpers import (
    OFF,
    biased,
    lvlh,
    run_table,
    sampled,
    solve,
    state_of,
    turned,
)
from penetration_quadrature import penetrations
from statistics_helpers import assert_mean, assert_means

from mmod.constants import YEAR
from mmod.engine.problem import ResolvedProblem
from mmod.flux import frames, grun, load_flux
from mmod.flux.meteoroid_speed import piecewise_law
from mmod.flux.quadrature import face_sums_of_model
from mmod.results.outcome import Outcome
from mmod.shields import load_shield

pytestmark = pytest.mark.verification

FLOOR = 1e-3
DETECTS = 0.01
BODY = {
    "ram": (1.0, 0.0, 0.0),
    "wake": (-1.0, 0.0, 0.0),
    "port": (0.0, -1.0, 0.0),
    "starboard": (0.0, 1.0, 0.0),
    "zenith": (0.0, 0.0, -1.0),
    "nadir": (0.0, 0.0, 1.0),
}
"""Normals in the body frame; the names hold at yaw = pitch = roll = 0."""
CASES: dict[str, dict[str, Any]] = {
    "nasa91 law": {"model": "nasa91"},
    "nasa91 constant": {"model": "nasa91", "density": "constant"},
    "nasa91 surface": {"model": "nasa91", "area_convention": "tumbling_surface"},
    "master8": {"model": "master8_iss_ecss"},
    "master8 law": {"model": "master8_iss_ecss", "density": "law"},
    "master8 side": {"model": "master8_iss_ecss", "directions": "handbook_side_ram"},
    "ssp stepped": {"model": "grun_ssp"},
    "ssp constant": {"model": "grun_ssp", "density": "constant"},
    "ecss": {"model": "grun_ecss"},
    "ecss literal": {"model": "grun_ecss", "speed_law": "ecss_literal"},
    "ecss stepped": {"model": "grun_ecss", "density": "stepped"},
}
OBLIQUE = (25.0, -15.0, 35.0)
WEAK = 0.01
"""Faces with a smaller share of the hits are compared, but not asked to see 1 %."""


def case(name: str) -> dict[str, Any]:
    entry = CASES[name]
    kind = "meteoroid" if entry["model"].startswith("grun") else "debris"
    return {"kind": kind, **entry}


def cube(
    name: str, attitude: tuple[float, float, float], samples: int, **keys: Any
) -> ResolvedProblem:
    angles = dict(zip(("yaw_deg", "pitch_deg", "roll_deg"), attitude, strict=True))
    refine = keys.pop("refine", 1)
    table = run_table(
        "cube",
        case(name),
        phase=angles,
        element_size_m=2.0,
        damage={"impact_diameters_mm": [0.1, 1.0, 10.0]},
        sampling={"samples": samples, "events_per_zone": 0},
        **keys,
    )
    return solve(table, refine=refine)


def names_of(outcome: Outcome) -> list[str]:
    return [name.rpartition(".")[2] for name in outcome.vehicle.zone_name]


def normals(outcome: Outcome, attitude: tuple[float, float, float]) -> Any:
    return np.array([lvlh(*attitude) @ BODY[name] for name in names_of(outcome)])


# -- impacts --------------------------------------------------------------------------


def assert_impacts(outcome: Outcome, truth: Any) -> None:
    seen = truth > 1e-9 * truth.max(axis=0)
    value, variance = outcome.zone_expected[:, 0, :3], outcome.zone_variance[:, 0, :3]
    assert np.all(value[~seen] <= 1e-9 * value.max())
    strong = truth >= WEAK * truth.sum(axis=0)
    assert_means(
        value[seen],
        np.sqrt(variance[seen]),
        truth[seen],
        dof=outcome.zone_dof[:, 0, :3][seen],
        detects=np.where(strong, DETECTS, np.inf)[seen],
        floor=FLOOR,
        label="impacts",
    )


@pytest.mark.parametrize("name", CASES)
def test_impacts_on_the_faces_of_every_model(name: str) -> None:
    problem = cube(name, OBLIQUE, 600_000)
    outcome = sampled(problem)
    shares = face_sums_of_model(
        problem.flux_models[0],
        state_of(problem),
        normals(outcome, OBLIQUE),
        [1e-4, 1e-3, 1e-2],
    )
    truth = shares * problem.durations[0]
    assert_impacts(outcome, truth)
    with pytest.raises(AssertionError, match=OFF):
        assert_impacts(biased(outcome), truth)
    if name in ("nasa91 law", "ssp stepped"):  # ram taken for zenith
        pitched = sampled(turned(problem, [[0.0, 0, 1], [0, 1, 0], [-1, 0, 0]]))
        with pytest.raises(AssertionError):
            assert_impacts(pitched, truth)


# -- penetrations ---------------------------------------------------------------------

WALLED = ["nasa91 law", "nasa91 constant", "master8", "ssp stepped", "ecss"]


def penetration_truth(problem: ResolvedProblem, outcome: Outcome, shield: str) -> Any:
    """Return penetrations of each face [1/m2]."""
    card = load_shield(shield)
    return np.array(
        [penetrations(problem, 0, card, face) for face in normals(outcome, OBLIQUE)]
    )


def assert_penetrations(outcome: Outcome, truth: Any) -> None:
    strong = truth >= WEAK * truth.sum()
    assert_means(
        outcome.zone_expected[:, 0, -1],
        np.sqrt(outcome.zone_variance[:, 0, -1]),
        truth,
        dof=outcome.zone_dof[:, 0, -1],
        detects=np.where(strong, DETECTS, np.inf),
        floor=FLOOR,
        label="penetrations",
    )


@pytest.mark.parametrize(
    "name, shield",
    [
        *[(name, "aluminium_wall") for name in WALLED],
        *[(name, "whipple_cylinder_wall") for name in WALLED[:1] + WALLED[3:4]],
        *[(name, "soyuz_bo") for name in WALLED[1:2] + WALLED[4:]],
    ],
)
def test_penetrations_of_the_faces(name: str, shield: str) -> None:
    problem = cube(name, OBLIQUE, 1_500_000, shields={"*": shield})
    assert problem.table_error < 1e-3
    outcome = sampled(problem)
    truth = penetration_truth(problem, outcome, shield)
    assert_penetrations(outcome, truth)
    with pytest.raises(AssertionError, match=OFF):
        assert_penetrations(biased(outcome), truth)


@pytest.mark.slow
def test_half_the_bins_give_the_same_penetrations() -> None:
    keys = {"shields": {"*": "aluminium_wall"}}
    coarse = cube("ssp stepped", OBLIQUE, 1_500_000, **keys)
    fine = sampled(cube("ssp stepped", OBLIQUE, 1_500_000, refine=2, **keys))
    assert_penetrations(fine, penetration_truth(coarse, fine, "aluminium_wall"))


# -- the Handbook's cube --------------------------------------------------------------

INTERNAL = {
    "ram": 7.578,
    "wake": 1.0439,
    "port": 3.5333,
    "starboard": 3.5333,
    "zenith": 5.1611,
    "nadir": 0.4467,
}
"""Meteoroids >= 0.1 mm a face and year in the specified model, by quadrature."""
HANDBOOK = {
    "ram": (8.31, 0.10),
    "wake": (0.92, 0.20),
    "port": (3.64, 0.05),
    "starboard": (3.64, 0.05),
    "zenith": (5.16, 0.01),
    "nadir": (0.53, 0.20),
}
"""NASA/TM-2009-214785 Table 2-2, p.18, and how far the model may be from it.

The zenith face agrees, so flux, density and focusing are the same. The table implies a
shadow radius of about 6410 km (6478 here) and slower meteoroids (14 against 15.7 km/s,
harmonic mean), which moves sides, ram, wake and nadir; nothing here is tuned to it.
"""
TOTALS = (21.296, 22.2, 0.05)


@pytest.fixture(scope="module")
def handbook() -> tuple[ResolvedProblem, Outcome]:
    problem = solve("handbook_cube", overrides={"sampling.samples": 12_000_000})
    return problem, sampled(problem)


def meteoroids(
    problem: ResolvedProblem, outcome: Outcome
) -> dict[str, tuple[float, float, float]]:
    m = problem.models.index("grun_ssp")
    rows = zip(
        outcome.zone_expected[:, m, 0],
        np.sqrt(outcome.zone_variance[:, m, 0]),
        outcome.zone_dof[:, m, 0],
        strict=True,
    )
    return dict(zip(names_of(outcome), rows, strict=True))


def assert_internal(
    problem: ResolvedProblem, outcome: Outcome, detects: float = 0.005
) -> None:
    found = meteoroids(problem, outcome)
    value, error, dof = np.array([found[name] for name in INTERNAL]).T
    assert_means(
        value,
        error,
        list(INTERNAL.values()),
        dof=dof,
        detects=detects,
        floor=0.001,
        label="cube",
    )
    assert value.sum() == pytest.approx(TOTALS[0], rel=0.003)
    np.testing.assert_allclose(value, list(INTERNAL.values()), rtol=0.003)
    # forward - aft = 4 F sf V <1/v>
    state = state_of(problem)
    model = load_flux("grun_ssp", density="constant")
    assert isinstance(model, grun.GrunModel)
    law, speed = model.speed_law(state.altitude), frames.orbit_speed(state.altitude)
    visible = 0.5 * (1.0 + np.cos(frames.shadow_angle(state.altitude)))
    rest = model.stationary_flux(1e-4, state.altitude) * problem.durations[0]
    exact = 4.0 * float(rest) * visible * speed * law.mean(lambda v: 1.0 / v)
    assert exact == pytest.approx(6.534, rel=2e-4)
    assert value[0] - value[1] == pytest.approx(exact, rel=0.003)


Handbook = tuple[ResolvedProblem, Outcome]


def test_cube_of_the_handbook_conditions(handbook: Handbook) -> None:
    problem, outcome = handbook
    assert problem.durations[0] == pytest.approx(YEAR, rel=1e-12)
    assert_internal(problem, outcome)
    with pytest.raises(AssertionError, match=OFF):
        assert_internal(problem, biased(outcome, 1.005))


def test_published_faces_of_the_cube(handbook: Handbook) -> None:
    found = meteoroids(*handbook)
    print("\nface        mmod      Handbook  mmod/Handbook - 1   allowed")
    for name, (published, allowed) in HANDBOOK.items():
        value = found[name][0]
        off = value / published - 1.0
        print(f"{name:10s}{value:8.4f}{published:10.2f}{off:14.1%}{allowed:14.0%}")
        assert abs(off) <= allowed, name
    total = sum(row[0] for row in found.values())
    print(f"{'total':10s}{total:8.3f}{TOTALS[1]:10.2f}{total / TOTALS[1] - 1.0:14.1%}")
    assert total == pytest.approx(TOTALS[1], rel=TOTALS[2])


@pytest.mark.parametrize("planted", ["radius 6378", "one speed", "density"])
def test_cube_finds_planted_models(
    planted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Models that pass the published bands still fail the model's own values."""
    overrides: dict[str, Any] = {"sampling.samples": 2_000_000}
    if planted == "radius 6378":
        shadow = float(np.arcsin(6378.0 / 6778.0))
        monkeypatch.setattr(grun, "shadow_angle", lambda _: shadow)
    elif planted == "one speed":
        law = piecewise_law(np.array([14.4e3, 14.6e3]), np.array([1.0]))
        monkeypatch.setattr(grun, "ssp_speed_law", lambda: law)
    else:
        overrides["environment[1].density_kg_m3"] = 1050.0
    wrong = solve("handbook_cube", overrides=overrides)
    with pytest.raises(AssertionError, match=OFF):
        assert_internal(wrong, sampled(wrong), detects=0.02)


def test_debris_faces_of_the_handbook_cube(handbook: Handbook) -> None:
    """Nothing from above, below or behind (TM-2009-214785 Table 2-2: zero up, down)."""
    problem, outcome = handbook
    m = problem.models.index("nasa91")
    truth = face_sums_of_model(
        problem.flux_models[m], state_of(problem), list(np.eye(3)), [1e-4]
    )[:, 0]
    names = names_of(outcome)
    for name, index in (("ram", 0), ("port", 1), ("starboard", 1)):
        zone = names.index(name)
        assert_mean(
            float(outcome.zone_expected[zone, m, 0]),
            float(np.sqrt(outcome.zone_variance[zone, m, 0])),
            float(truth[index] * problem.durations[0]),
            dof=float(outcome.zone_dof[zone, m, 0]),
            detects=DETECTS,
            floor=FLOOR,
            label=name,
        )
    for name in ("zenith", "nadir", "wake"):
        assert outcome.zone_expected[names.index(name), m, 0] == 0.0
