"""Events and histograms: what they must sum to, and what one event must be."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from engine_helpers import run_table, sampled, solve

from mmod.engine.problem import ResolvedProblem
from mmod.results.build import build
from mmod.results.outcome import DRIVERS, Outcome

MODELS = (
    {"model": "nasa91", "kind": "debris"},
    {"model": "master8_iss_ecss", "kind": "debris", "label": "other"},
    {"model": "grun_ssp", "kind": "meteoroid"},
)


@lru_cache
def case() -> tuple[ResolvedProblem, Outcome]:
    """Return a Soyuz in two attitudes: density law, constant and stepped density."""
    raw = run_table(
        "soyuz_ms",
        *MODELS,
        element_size_m=0.4,
        sampling={"samples": 600_000, "events_per_zone": 400},
    )
    second = {
        **raw["phase"][0],
        "start": datetime(2019, 1, 2, tzinfo=UTC),
        "end": datetime(2019, 7, 1, tzinfo=UTC),
        "yaw_deg": 120.0,
    }
    problem = solve({**raw, "phase": [raw["phase"][0], second]})
    return problem, sampled(problem)


def penetrating(outcome: Outcome) -> Any:
    return outcome.events["penetrating"]


def weights(outcome: Outcome, chosen: Any) -> Any:
    """Sum the weights of chosen events by zone and model."""
    total = np.zeros(outcome.zone_expected.shape[:2])[:, :-1]
    np.add.at(total, outcome.events["zone"][chosen], outcome.events["weight"][chosen])
    return total


def test_penetrating_weights_sum_to_the_expected_number() -> None:
    _, outcome = case()
    total = weights(outcome, penetrating(outcome))
    expected = outcome.zone_expected[:, :-1, -1]
    np.testing.assert_allclose(total, expected, rtol=1e-12, atol=0.0)
    assert np.count_nonzero(expected) > 20
    # planted: one event lost
    kept = penetrating(outcome).copy()
    kept[np.flatnonzero(kept)[0]] = False
    assert np.any(np.abs(weights(outcome, kept) - expected) > 1e-12 * expected)


def test_weights_in_the_results_add_the_models_of_the_total() -> None:
    _, outcome = case()
    tree = build(outcome)
    weight = tree["events"]["weight"]
    total = weight.sel(environment="nasa91") + weight.sel(environment="grun_ssp")
    np.testing.assert_array_equal(weight.sel(environment="total"), total)
    zones = tree["zones"]["expected"].sel(damage="penetration")
    chosen = tree["events"]["penetrating"].to_numpy()
    for z in range(outcome.zone_expected.shape[0]):
        mine = chosen & (outcome.events["zone"] == z)
        summed = float(weight.sel(environment="total").to_numpy()[mine].sum())
        stated = float(zones.sel(environment="total")[z])
        assert np.isnan(stated) or summed == pytest.approx(stated, rel=1e-12)


def test_every_event_is_on_the_right_side_of_its_limit() -> None:
    _, outcome = case()
    hit = penetrating(outcome)
    ratio = outcome.events["diameter"] / outcome.events["critical_diameter"]
    assert np.all(ratio[hit] >= 1.0 - 1e-9)
    live = ~hit & (outcome.events["weight"].sum(axis=1) > 0.0)
    assert np.all(ratio[live] >= 0.5 - 1e-9)
    assert np.all(ratio[live] <= 1.0 + 1e-9)
    assert hit.sum() == (~hit).sum() > 5000


def test_near_misses_weigh_what_the_flux_between_says() -> None:
    """With F ~ d^-k between, near misses are 2^k - 1 times the penetrations."""
    _, outcome = case()
    near = weights(outcome, ~penetrating(outcome))
    through = weights(outcome, penetrating(outcome))
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = np.log2(1.0 + near / through)
    found = slope[through > 0.0]
    assert np.all((found > 1.0) & (found < 4.5))


def test_events_lie_where_they_say() -> None:
    problem, outcome = case()
    events, mesh = outcome.events, problem.vehicle.mesh
    face = events["face"]
    np.testing.assert_array_equal(mesh.face_zone[face], events["zone"])
    point = np.stack([events[k] for k in "xyz"], axis=1)
    off = np.sum((point - mesh.centroids[face]) * mesh.normals[face], axis=1)
    lift = problem.payload.offset
    assert np.abs(np.abs(off) - lift).max() < 1e-6 * lift + 1e-12
    corners = mesh.vertices[mesh.triangles[face]]
    a, b = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    arm = point - corners[:, 0]
    twice = np.cross(a, b)
    size = np.sum(twice * twice, axis=1)
    u = np.sum(np.cross(arm, b) * twice, axis=1) / size
    v = np.sum(np.cross(a, arm) * twice, axis=1) / size
    assert min(u.min(), v.min(), (1.0 - u - v).min()) > -1e-9


def test_obliquity_follows_from_direction_and_attitude() -> None:
    problem, outcome = case()
    events, mesh = outcome.events, problem.vehicle.mesh
    flat = np.cos(events["elevation"])
    radiant = np.stack(
        [
            flat * np.cos(events["azimuth"]),
            flat * np.sin(events["azimuth"]),
            np.sin(events["elevation"]),
        ],
        axis=1,
    )
    turns = np.stack([phase.to_lvlh for phase in problem.payload.phases])
    normal = np.einsum(
        "eij,ej->ei", turns[events["phase"]], mesh.normals[events["face"]]
    )
    cosine = np.sum(normal * radiant, axis=1)
    two_sided = mesh.two_sided[events["face"]]
    cosine = np.where(two_sided, np.abs(cosine), cosine)
    np.testing.assert_allclose(np.cos(events["obliquity"]), cosine, atol=1e-9)


def test_critical_diameter_is_the_shields_own() -> None:
    problem, outcome = case()
    events = outcome.events
    for zone in np.unique(events["zone"]):
        mine = events["zone"] == zone
        shield = problem.shields[problem.zone_shield[zone]]
        own = shield.critical_diameter(
            events["speed"][mine], events["obliquity"][mine], events["density"][mine]
        )
        np.testing.assert_allclose(events["critical_diameter"][mine], own, rtol=1e-12)
        inside = shield.valid(
            events["speed"][mine], events["obliquity"][mine], events["density"][mine]
        )
        hit = penetrating(outcome)[mine]
        np.testing.assert_array_equal(events["extrapolated"][mine][hit], ~inside[hit])


def test_density_belongs_to_the_diameter() -> None:
    problem, outcome = case()
    events = outcome.events
    live = events["weight"].sum(axis=1) > 0.0
    for m, model in enumerate(problem.flux_models):
        # Beyond the curves, at 1 m, the density of their ends goes on.
        mine = live & (events["model"] == m) & (events["diameter"] <= 1.0)
        density, wanted = (
            events["density"][mine],
            model.density(events["diameter"][mine]),
        )
        np.testing.assert_allclose(density, wanted, rtol=2e-3)
        others = np.delete(events["weight"][mine], m, axis=1)
        assert not others.any()


@pytest.mark.parametrize("name", DRIVERS)
def test_histograms_sum_to_the_expected_number(name: str) -> None:
    _, outcome = case()
    edges, values = outcome.drivers[name]
    np.testing.assert_allclose(
        values.sum(axis=2), outcome.zone_expected[:, :, -1], rtol=1e-10, atol=1e-300
    )
    assert values.shape[2] == len(edges) - 1


COLUMN = {
    "azimuth": lambda e: e["azimuth"],
    "sin_elevation": lambda e: np.sin(e["elevation"]),
    "speed": lambda e: e["speed"],
    "cos_obliquity": lambda e: np.cos(e["obliquity"]),
    "diameter": lambda e: e["diameter"],
}


def assert_like_events(outcome: Outcome, name: str, shift: int = 0) -> None:
    """Compare a histogram with the events' own, zone by zone, within their error.

    Weights of a priority sample of k are uneven, so that its effective size is
    (sum w)^2 / sum w^2; the limit is 5 standard errors of a share of that many.
    """
    edges, values = outcome.drivers[name]
    hit = penetrating(outcome)
    column = COLUMN[name](outcome.events)
    worst = 0.0
    for zone in range(values.shape[0]):
        for model in range(values.shape[1] - 1):
            whole = values[zone, model].sum()
            mine = (
                hit
                & (outcome.events["zone"] == zone)
                & (outcome.events["model"] == model)
            )
            if whole <= 0.0 or mine.sum() < 300:
                continue
            weight = outcome.events["weight"][mine, model]
            size = weight.sum() ** 2 / np.sum(weight**2)
            share = np.roll(values[zone, model], shift) / whole
            seen = np.histogram(column[mine], edges, weights=weight)[0] / whole
            # Smooth over groups of bins that hold at least a tenth of the total.
            group = np.minimum((np.cumsum(share) * 8.0).astype(int), 7)
            a, b = (np.bincount(group, x, minlength=8) for x in (share, seen))
            error = np.sqrt(np.maximum(a * (1.0 - a), 0.0) / size) + 1.0 / size
            worst = max(worst, float(np.max(np.abs(a - b) / error)))
    assert worst > 0.0, "nothing was compared"
    assert worst < 5.0, f"{name}: {worst:.1f} standard errors"


@pytest.mark.parametrize("name", DRIVERS)
def test_histograms_agree_with_the_events(name: str) -> None:
    _, outcome = case()
    assert_like_events(outcome, name)
    with pytest.raises(AssertionError, match="standard errors"):
        assert_like_events(outcome, name, shift=1)


def test_fewer_events_keep_the_sums() -> None:
    table = run_table(
        "soyuz_ms",
        *MODELS,
        element_size_m=0.8,
        sampling={"samples": 60_000, "events_per_zone": 3},
    )
    outcome = sampled(solve(table))
    hit = penetrating(outcome)
    expected = outcome.zone_expected[:, :-1, -1]
    np.testing.assert_allclose(weights(outcome, hit), expected, rtol=1e-12)
    counts = np.bincount(outcome.events["zone"][hit] * 3 + outcome.events["model"][hit])
    assert counts.max() <= 3


def test_no_events_asked_for() -> None:
    table = run_table(
        "soyuz_ms",
        *MODELS,
        element_size_m=0.8,
        sampling={"samples": 60_000, "events_per_zone": 0},
    )
    outcome = sampled(solve(table))
    assert len(outcome.events["face"]) == 0
    assert build(outcome)["events"].sizes["event"] == 0
