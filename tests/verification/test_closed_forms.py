"""The engine against closed forms: cosine law, area/4, view factor, Earth's shadow.

Every comparison allows 5 standard errors and 1e-3, declares what it can see, and has a
twin with a planted error that must fail. Truths come from formulas or from
`mmod.flux.quadrature`, never from the threat tables' own cells or the kernels.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from engine_helpers import (
    BACKEND,
    OFF,
    STAND_IN,
    biased,
    convex_body,
    ghostly,
    isotropic,
    lvlh,
    run_table,
    sampled,
    solve,
    stand_in_flux,
    state_of,
    turned,
    vehicle_of,
    without_face,
)
from scipy.spatial.transform import Rotation
from statistics_helpers import assert_mean, assert_means

from mmod.engine.forward import run_forward
from mmod.engine.problem import ResolvedProblem
from mmod.flux import frames, grun
from mmod.flux import isotropic as isotropic_flux
from mmod.flux.meteoroid_speed import MeteoroidSpeedLaw, piecewise_law, ssp_speed_law
from mmod.flux.quadrature import face_sums_of_model
from mmod.geometry.vehicle import load_vehicle
from mmod.results.outcome import Outcome

pytestmark = pytest.mark.verification

FLOOR = 1e-3
DETECTS = 0.01
SIZES = np.array([1e-4, 1e-3])
DEBRIS = {"model": "nasa91", "kind": "debris"}
METEOROIDS = {"model": "grun_ssp", "kind": "meteoroid"}


def sampling(samples: int) -> dict[str, Any]:
    return {"samples": samples, "events_per_zone": 0}


def zones(outcome: Outcome, model: int = -1, damage: int = 0) -> tuple[Any, Any, Any]:
    """Return estimate, standard error and degrees of freedom by zone."""
    return (
        outcome.zone_expected[:, model, damage],
        np.sqrt(outcome.zone_variance[:, model, damage]),
        outcome.zone_dof[:, model, damage],
    )


# -- a plate follows the cosine law ----------------------------------------------------

ATTITUDES = {
    "ram": (0.0, 0.0, 0.0),
    "oblique": (30.0, 20.0, 10.0),
    "turned over": (-120.0, 35.0, 200.0),
    "across": (90.0, 0.0, 45.0),
    "steep": (45.0, -70.0, 0.0),
}


def plate(attitude: tuple[float, float, float], *, refine: int = 1) -> ResolvedProblem:
    angles = dict(zip(("yaw_deg", "pitch_deg", "roll_deg"), attitude, strict=True))
    table = run_table(
        "plate",
        DEBRIS,
        METEOROIDS,
        phase=angles,
        element_size_m=2.0,
        sampling=sampling(200_000),
    )
    return solve(table, refine=refine)


def plate_truth(problem: ResolvedProblem, attitude: tuple[float, float, float]) -> Any:
    normal = lvlh(*attitude) @ [1.0, 0.0, 0.0]
    both = [normal, -normal]
    per_second = [
        face_sums_of_model(model, state_of(problem), both, SIZES).sum(axis=0)
        for model in problem.flux_models
    ]
    return np.array(per_second) * problem.durations[0]


def assert_plate(outcome: Outcome, truth: Any) -> None:
    assert_means(
        outcome.zone_expected[0, :-1, :2],
        np.sqrt(outcome.zone_variance[0, :-1, :2]),
        truth,
        dof=outcome.zone_dof[0, :-1, :2],
        detects=DETECTS,
        floor=FLOOR,
        label="plate",
    )


@pytest.mark.parametrize("name", ATTITUDES)
def test_plate_follows_the_cosine_law(name: str) -> None:
    problem = plate(ATTITUDES[name])
    truth = plate_truth(problem, ATTITUDES[name])
    outcome = sampled(problem)
    assert_plate(outcome, truth)
    with pytest.raises(AssertionError, match=OFF):
        assert_plate(biased(outcome), truth)


def test_sine_in_place_of_cosine_is_noticed() -> None:
    attitude = ATTITUDES["oblique"]
    problem = plate(attitude)
    truth = plate_truth(problem, attitude)
    normal = lvlh(*attitude) @ [1.0, 0.0, 0.0]
    across = np.cross(normal, [0.0, 0.0, 1.0])
    across *= 0.5 * math.pi / np.linalg.norm(across)
    quarter = Rotation.from_rotvec(across).as_matrix()
    with pytest.raises(AssertionError, match=OFF):
        assert_plate(sampled(turned(problem, quarter)), truth)


def test_debris_leaves_a_horizontal_plate_alone() -> None:
    outcome = sampled(plate((0.0, 90.0, 0.0)))
    assert outcome.zone_expected[0, 0].max() < 1e-12 * outcome.zone_expected[0, 1, 0]


def test_halving_the_bins_changes_nothing() -> None:
    attitude = ATTITUDES["oblique"]
    coarse, fine = (sampled(plate(attitude, refine=n)) for n in (1, 2))
    spread = np.sqrt(coarse.zone_variance + fine.zone_variance)[0, :-1, :2]
    assert_means(
        coarse.zone_expected[0, :-1, :2],
        spread,
        fine.zone_expected[0, :-1, :2],
        dof=coarse.zone_dof[0, :-1, :2],
        detects=DETECTS,
        floor=FLOOR,
        label="bins against half bins",
    )


def test_coarse_bins_converge(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bins much too wide are seen, and halving them takes most of the error away."""
    for name, cells in (("AZIMUTH", 6), ("UPPER", 2), ("LOWER", 1)):
        monkeypatch.setattr(isotropic_flux, f"{name}_CELLS", cells)
    monkeypatch.setattr(isotropic_flux, "SPEED_CELL_WIDTH", 0.4)
    attitude = (40.0, -60.0, 0.0)
    coarse, half = (plate(attitude, refine=n) for n in (1, 2))
    truth = plate_truth(coarse, attitude)
    off = [
        sampled(problem).zone_expected[0, 1, 0] / truth[1, 0] - 1.0
        for problem in (coarse, half)
    ]
    assert abs(off[0]) > 5.0 * FLOOR
    assert abs(off[1]) < 0.5 * abs(off[0])


# -- convex bodies in an isotropic flux: a quarter of their area -------------------------


def random_points(number: int, count: int) -> Any:
    rng = np.random.default_rng([20261122, number])
    return rng.normal(size=(count, 3)) * rng.uniform(0.3, 3.0, 3)


BODIES: dict[str, Any] = {
    "tetrahedron": [[0, 0, 0], [2, 0, 0], [0, 3, 0], [0, 0, 1]],
    "needle": [[0, 0, 0], [0.01, 0, 0], [0, 0.01, 0], [0.01, 0.01, 0], [0, 0, 5]],
    "random 12": random_points(1, 12),
    "random 60": random_points(2, 60),
}


def quarter_of_area(problem: ResolvedProblem) -> Any:
    areas = problem.vehicle.mesh.areas
    return 0.25 * areas * stand_in_flux(1e-4) * problem.durations[0]


def assert_quarter(outcome: Outcome, truth: Any) -> None:
    value, error, dof = zones(outcome)
    total, spread = float(value.sum()), float(np.sqrt((error**2).sum()))
    assert_mean(
        total,
        spread,
        float(truth.sum()),
        dof=float(dof.min()),
        detects=DETECTS,
        floor=FLOOR,
        label="area / 4",
    )
    assert_means(
        outcome.face_expected[:, -1, 0],
        np.sqrt(outcome.face_variance[:, -1, 0]),
        truth,
        dof=outcome.face_dof,
        detects=np.inf,
        floor=FLOOR,
        label="faces",
    )


@pytest.mark.parametrize("name", BODIES)
def test_convex_body_sees_a_quarter_of_its_area(name: str) -> None:
    turn = {"yaw_deg": 17.0, "pitch_deg": -48.0, "roll_deg": 111.0}
    problem = solve(
        run_table("cube", STAND_IN, phase=turn, sampling=sampling(200_000)),
        models=isotropic(),
        vehicle=convex_body(BODIES[name]),
    )
    truth, outcome = quarter_of_area(problem), sampled(problem)
    assert_quarter(outcome, truth)
    with pytest.raises(AssertionError, match=OFF):
        assert_quarter(biased(outcome), truth)
    lost = sampled(without_face(problem, int(np.argmax(truth))))
    with pytest.raises(AssertionError, match=OFF):
        assert_quarter(lost, truth)


@pytest.mark.parametrize("name", ["cube", "whipple_cylinder", "sphere"])
def test_library_bodies_see_a_quarter_of_their_area(name: str) -> None:
    table = run_table(name, STAND_IN, element_size_m=0.2, sampling=sampling(200_000))
    problem = solve(table, models=isotropic())
    outcome = sampled(problem)
    assert_quarter(outcome, quarter_of_area(problem))
    if name == "sphere":  # areas of curved sides are exact: the cross section is 1 m2
        value, error, _ = zones(outcome)
        truth = stand_in_flux(1e-4) * problem.durations[0]
        assert abs(value[0] - truth) < 5.0 * error[0] + FLOOR * truth


def sphere_deficit(size: float) -> tuple[float, float, float]:
    """Return mean element size, what an inscribed sphere lacks, and its error."""
    vehicle = load_vehicle("sphere", element_size=size, area_preserving=False)
    problem = solve(
        run_table("sphere", STAND_IN, sampling=sampling(400_000)),
        models=isotropic(),
        vehicle=vehicle,
    )
    value, error, _ = zones(sampled(problem))
    truth = stand_in_flux(1e-4) * problem.durations[0]
    mean_size = math.sqrt(vehicle.mesh.areas.sum() / vehicle.mesh.n_faces)
    return mean_size, float(1.0 - value[0] / truth), float(error[0] / truth)


def test_inscribed_sphere_converges_with_the_square_of_the_element() -> None:
    rows = np.array([sphere_deficit(size) for size in (0.4, 0.2, 0.1)])
    size, deficit, error = rows.T
    assert np.all(deficit > 5.0 * error)
    order = np.polyfit(np.log(size), np.log(deficit), 1)[0]
    assert 1.8 < order < 2.2
    # planted: 1 % too much of everything spoils the order
    wrong = np.polyfit(np.log(size), np.log(np.abs(1.01 * deficit - 0.01)), 1)[0]
    assert not 1.8 < wrong < 2.2


# -- two plates: the view factor ---------------------------------------------------------


def view_factor(distance: float) -> float:
    """Directly opposed unit squares (Howell, A Catalog of Configuration Factors, C-11)."""
    x = 1.0 / distance
    y = 1.0 + x * x
    return (2.0 / (math.pi * x * x)) * (
        math.log(y / math.sqrt(1.0 + 2.0 * x * x))
        + 2.0 * x * math.sqrt(y) * math.atan(x / math.sqrt(y))
        - 2.0 * x * math.atan(x)
    )


def two_plates(vehicle: Any = None, **keys: Any) -> ResolvedProblem:
    table = run_table(
        "two_plates",
        STAND_IN,
        element_size_m=0.1,
        phase={"yaw_deg": 33.0, "pitch_deg": 21.0},
        sampling=sampling(400_000),
        **keys,
    )
    return solve(table, models=isotropic(), vehicle=vehicle)


def assert_plates(outcome: Outcome, factor: float, solidity: float = 1.0) -> None:
    one_side = 0.25 * stand_in_flux(1e-4) * outcome.duration * solidity
    value, error, dof = zones(outcome)
    assert_means(
        value,
        error,
        np.full(2, (2.0 - solidity * factor) * one_side),
        dof=dof,
        detects=DETECTS,
        floor=FLOOR,
        label="plates",
    )


def test_two_plates_shadow_by_their_view_factor() -> None:
    factor = view_factor(1.0)
    assert factor == pytest.approx(0.19982, abs=5e-6)
    outcome = sampled(two_plates())
    assert_plates(outcome, factor)
    exposed = outcome.face_visibility.mean()
    error = math.sqrt(outcome.face_visibility_variance.sum()) / len(outcome.face_seen)
    keys: dict[str, Any] = {"detects": 0.025, "floor": FLOOR}
    assert_mean(exposed, error, 1.0 - 0.5 * factor, **keys)
    with pytest.raises(AssertionError, match="off"):
        assert_mean(0.975 * exposed, error, 1.0 - 0.5 * factor, **keys)
    with pytest.raises(AssertionError, match=OFF):
        assert_plates(outcome, view_factor(1.1))
    with pytest.raises(AssertionError, match=OFF):
        assert_plates(biased(outcome), factor)


def test_plates_that_cast_no_shadow_are_noticed() -> None:
    vehicle = ghostly(load_vehicle("two_plates", element_size=0.1))
    outcome = sampled(two_plates(vehicle, shadowing="absent"))
    assert_plates(outcome, 0.0)
    with pytest.raises(AssertionError, match=OFF):
        assert_plates(outcome, view_factor(1.0))


@pytest.mark.parametrize("shadowing", ["solidity", "opaque", "absent"])
def test_solidity_scales_face_and_shadow(shadowing: str, tmp_path: Any) -> None:
    """A part of solidity s holds s of its face and stops s of what comes through."""
    solidity = 0.4
    part = {
        "shape": "panel",
        "axis": [1.0, 0.0, 0.0],
        "size_m": [1.0, 1.0],
        "solidity": solidity,
        "thin": True,
    }
    vehicle = vehicle_of(
        tmp_path,
        {**part, "name": "front", "position_m": [0.5, 0.0, 0.0]},
        {**part, "name": "back", "position_m": [-0.5, 0.0, 0.0]},
        element_size=0.1,
    )
    outcome = sampled(two_plates(vehicle, shadowing=shadowing))
    factor = {"absent": 0.0}.get(shadowing, view_factor(1.0))
    own = {"opaque": 1.0}.get(shadowing, solidity)
    assert_plates(outcome, factor, own)
    with pytest.raises(AssertionError, match=OFF):
        assert_plates(outcome, factor, own + 0.02)


SOLIDITY = {"solidity": 0.4, "thin": True}
BALL_IN_BOX = (
    {"name": "box", "shape": "box", "size_m": [2.0, 2.0, 2.0], **SOLIDITY},
    {"name": "ball", "shape": "sphere", "radius_m": 0.5},
)
PLATE_AT_SLAB = (
    {
        "name": "slab",
        "shape": "box",
        "size_m": [0.5, 30.0, 30.0],
        "position_m": [-0.5, 0.0, 0.0],
        "element_size_m": 10.0,
        **SOLIDITY,
    },
    {"name": "plate", "shape": "panel", "size_m": [1.0, 1.0], "axis": [1.0, 0.0, 0.0]},
)


@pytest.mark.parametrize(
    "parts, factors",
    [(BALL_IN_BOX, (0.4, 0.6)), (PLATE_AT_SLAB, (0.4, 0.5 * (1.0 + 0.6)))],
    ids=["ball in a box", "plate before a slab"],
)
def test_see_through_solid_counts_once(parts: Any, factors: Any, tmp_path: Any) -> None:
    """Crossed from side to side, or left from inside: 1 - s, once; its faces hold s.

    The plate's back sees nothing but slab (a share of 3e-4 of the rays misses it).
    """
    vehicle = vehicle_of(tmp_path, *parts, element_size=0.25)
    table = run_table("cube", STAND_IN, sampling=sampling(800_000))
    problem = solve(table, models=isotropic(), vehicle=vehicle)
    mesh = vehicle.mesh
    sides = mesh.areas * np.where(mesh.two_sided, 2.0, 1.0)
    area = np.bincount(mesh.face_zone, weights=sides)
    truth = 0.25 * area * stand_in_flux(1e-4) * problem.durations[0] * factors
    value, error, dof = zones(sampled(problem))
    keys: dict[str, Any] = {"detects": DETECTS, "floor": FLOOR, "label": "solids"}
    assert_means(value, error, truth, dof=dof, **keys)
    with pytest.raises(AssertionError, match=OFF):  # planted: counted twice
        assert_means(value, error, truth * [1.0, 0.9], dof=dof, **keys)
    ray = run_forward(problem, BACKEND, 4_000_000, target=1)
    assert_mean(
        float(ray.expected[1, -1, 0]),
        float(np.sqrt(ray.variance[1, -1, 0])),
        float(truth[1]),
        dof=float(ray.batches - 1),
        detects=0.02,
        floor=FLOOR,
    )


# -- the Earth's shadow -------------------------------------------------------------------


def shadow_cube(monkeypatch: pytest.MonkeyPatch, **patches: Any) -> ResolvedProblem:
    for name, value in patches.items():
        monkeypatch.setattr(grun, name, value)
    table = run_table(
        "cube", METEOROIDS, element_size_m=2.0, sampling=sampling(1_500_000)
    )
    return solve(table)


def stationary(problem: ResolvedProblem) -> float:
    """Focused flux on a tumbling plate at rest, over the exposure [1/m2]."""
    model = problem.flux_models[0]
    per_second = model.stationary_flux(1e-4, state_of(problem).altitude)  # type: ignore[attr-defined]
    return float(per_second * problem.durations[0])


def by_face(outcome: Outcome) -> dict[str, tuple[float, float, float]]:
    columns = zip(*zones(outcome), strict=True)
    names = [name.rpartition(".")[2] for name in outcome.vehicle.zone_name]
    return dict(zip(names, columns, strict=True))


def assert_faces(outcome: Outcome, truth: dict[str, float]) -> None:
    found = by_face(outcome)
    value, error, dof = np.array([found[name] for name in truth]).T
    assert_means(
        value,
        error,
        list(truth.values()),
        dof=dof,
        detects=DETECTS,
        floor=FLOOR,
        label="faces in the shadow",
    )


def test_shadow_without_motion(monkeypatch: pytest.MonkeyPatch) -> None:
    eta = frames.shadow_angle(400e3)
    assert math.sin(eta) == pytest.approx(6478.0 / 6778.0, rel=1e-9)
    side = 1.0 - (eta - math.sin(eta) * math.cos(eta)) / math.pi
    factors = {
        "zenith": 1.0,
        **dict.fromkeys(("ram", "wake", "port", "starboard"), side),
        "nadir": math.cos(eta) ** 2,
    }
    problem = shadow_cube(monkeypatch, orbit_speed=lambda _: 1e-3)
    flux = stationary(problem)
    truth = {name: flux * factor for name, factor in factors.items()}
    assert_faces(sampled(problem), truth)
    wrong = math.asin(6378.0 / 6778.0)
    planted = shadow_cube(
        monkeypatch, orbit_speed=lambda _: 1e-3, shadow_angle=lambda _: wrong
    )
    with pytest.raises(AssertionError, match=OFF):
        assert_faces(sampled(planted), truth)


def slow_law() -> MeteoroidSpeedLaw:
    return piecewise_law(np.array([14.4e3, 14.6e3]), np.array([1.0]))


@pytest.mark.parametrize("law", [ssp_speed_law, slow_law])
def test_motion_leaves_zenith_and_nadir(
    law: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They do not depend on the speed law; the difference of ram and wake does."""
    problem = shadow_cube(monkeypatch, ssp_speed_law=law)
    flux = stationary(problem)
    eta = frames.shadow_angle(400e3)
    truth = {"zenith": flux, "nadir": flux * math.cos(eta) ** 2}
    outcome = sampled(problem)
    assert_faces(outcome, truth)
    found = by_face(outcome)
    visible = 0.5 * (1.0 + math.cos(eta))
    orbit = frames.orbit_speed(400e3)
    swept = 4.0 * flux * visible * orbit * law().mean(lambda v: 1.0 / v)
    difference = found["ram"][0] - found["wake"][0]
    error = math.hypot(found["ram"][1], found["wake"][1])
    dof = min(found["ram"][2], found["wake"][2])
    assert_mean(difference, error, swept, dof=dof, detects=DETECTS, floor=FLOOR)
    other = slow_law() if law is ssp_speed_law else ssp_speed_law()
    wrong = 4.0 * flux * visible * orbit * other.mean(lambda v: 1.0 / v)
    with pytest.raises(AssertionError, match=OFF):
        assert_mean(difference, error, wrong, dof=dof, detects=DETECTS, floor=FLOOR)
