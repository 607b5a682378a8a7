"""Forward rays: closed forms, and the independent check of the importance estimator.

Forward rays share with the importance estimator the threats and the penetration tables,
but neither proposal, weights, points, cosines nor the shadow test: they start on a disk
and the first hit decides. The comparison on the whole station takes minutes and is
`statistical`; every zone is in it. It sees 1 % on zones with at least 10 % of the risk
and 2.5 % from 5 % on; with ``MMOD_FORWARD_FULL=1`` it sees 1 % there too, in three times
the time.
"""

from __future__ import annotations

import dataclasses
import os
import tomllib
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from engine_helpers import (
    BACKEND,
    OFF,
    STAND_IN,
    biased,
    isotropic,
    run_table,
    sampled,
    solve,
    stand_in_flux,
)
from statistics_helpers import assert_mean, assert_means

from mmod.engine import rounds
from mmod.engine.forward import BACK_FACE_LIMIT, ForwardEstimate, run_forward
from mmod.engine.problem import ResolvedProblem
from mmod.engine.run import compute
from mmod.errors import CheckError
from mmod.library import available
from mmod.results.outcome import Outcome

pytestmark = pytest.mark.verification

FLOOR = 1e-3


# -- closed forms ----------------------------------------------------------------------


def test_sphere_sees_its_cross_section() -> None:
    problem = solve(run_table("sphere", STAND_IN), models=isotropic())
    forward = run_forward(problem, BACKEND, 1_000_000)
    truth = stand_in_flux(1e-4) * problem.durations[0]
    for factor in (1.0, 1.01):
        arguments = (
            factor * float(forward.expected[0, -1, 0]),
            factor * float(np.sqrt(forward.variance[0, -1, 0])),
            float(truth),
        )
        keys: dict[str, Any] = {"dof": forward.batches - 1.0, "floor": FLOOR}
        if factor == 1.0:
            assert_mean(*arguments, detects=0.0101, **keys)
        else:
            with pytest.raises(AssertionError, match=OFF):
                assert_mean(*arguments, detects=0.0101, **keys)
    assert forward.back_share <= BACK_FACE_LIMIT


@pytest.mark.parametrize("target", [-1, 0, 1])
def test_plates_shadow_each_other_forward(target: int) -> None:
    """View factor 0.19982 of opposed unit squares; a disk about one plate will do."""
    table = run_table("two_plates", STAND_IN, element_size_m=0.5)
    problem = solve(table, models=isotropic())
    forward = run_forward(problem, BACKEND, 2_000_000, target=target)
    one_side = 0.25 * stand_in_flux(1e-4) * problem.durations[0]
    seen = [0, 1] if target < 0 else [target]
    assert_means(
        forward.expected[seen, -1, 0],
        np.sqrt(forward.variance[seen, -1, 0]),
        np.full(len(seen), (2.0 - 0.19982) * one_side),
        dof=forward.batches - 1.0,
        detects=0.02,
        floor=FLOOR,
        label="plates",
    )
    unseen = [zone for zone in (0, 1) if zone not in seen]
    assert not forward.expected[unseen].any()


def test_flipped_faces_are_counted_and_refused() -> None:
    problem = solve(run_table("sphere", STAND_IN), models=isotropic())
    faces = problem.payload.faces
    normals = faces.normals.copy()
    normals[::500] *= -1.0
    payload = dataclasses.replace(
        problem.payload, faces=faces._replace(normals=normals)
    )
    leaky = dataclasses.replace(problem, payload=payload)
    with pytest.raises(CheckError, match=r"back face first .*open or inverted"):
        run_forward(leaky, BACKEND, 100_000)


# -- against the importance estimator ----------------------------------------------------


def difference(
    forward: ForwardEstimate, outcome: Outcome, zones: Any, damage: int, model: int = -1
) -> tuple[Any, Any, Any, Any]:
    """Return forward, error of the difference, importance, degrees of freedom."""
    a = forward.variance[zones, model, damage]
    b = outcome.zone_variance[zones, model, damage]
    with np.errstate(invalid="ignore", divide="ignore"):
        dof = (a + b) ** 2 / (
            a**2 / (forward.batches - 1) + b**2 / outcome.zone_dof[zones, model, damage]
        )
    return (
        forward.expected[zones, model, damage],
        np.sqrt(a + b),
        outcome.zone_expected[zones, model, damage],
        np.where(np.isfinite(dof), dof, 15.0),
    )


@pytest.mark.slow
def test_importance_agrees_with_forward_on_a_soyuz() -> None:
    overrides = {
        "element_size_m": 0.5,
        "sampling.target_relative_error": 0.006,
        "sampling.events_per_zone": 0,
        "phase[0].yaw_deg": 30.0,
    }
    problem = solve("soyuz_ms_free", overrides=overrides)
    outcome = sampled(problem)
    share = outcome.zone_expected[:, -1, -1] / outcome.zone_expected[:, -1, -1].sum()
    big = np.flatnonzero(share >= 0.05)
    assert len(big) >= 3
    rays = [run_forward(problem, BACKEND, 500_000, target=int(z)) for z in big]
    assert max(ray.back_share for ray in rays) <= BACK_FACE_LIMIT
    for damage in (0, -1):
        rows = [
            difference(ray, outcome, zone, damage)
            for ray, zone in zip(rays, big, strict=True)
        ]
        value, error, truth, dof = np.array(rows).T
        keys: dict[str, Any] = {"dof": dof, "detects": 0.1, "label": "zones"}
        # Coarse and quick; the slow tests below see 1 % on the zones that matter.
        assert_means(value, error, truth, **keys)
        with pytest.raises(AssertionError, match=OFF):
            assert_means(value, error, 1.15 * truth, **keys)


@dataclass(frozen=True)
class Station:
    problem: ResolvedProblem
    outcome: Outcome
    share: Any
    detects: Any
    forward: dict[int, ForwardEstimate]
    whole: ForwardEstimate


TOP, BIG, MIDDLE = 0.10, 0.05, 1e-3
"""Shares of the risk from which on 1 %, 1 % (2.5 % unless asked for), 5 % are seen."""
ANY = 1e30
"""Detectable bias of zones that are only pooled."""
LEAST, MOST, WHOLE = 500_000, 200_000_000, 16_000_000
BATCHES = 256
WANTED = 0.105
"""Standard error of the rays over the bias to be seen: with Sidak's limit (5.6) and the
power (1.65), and with the samples' own error, this just does."""


def aimed(problem: ResolvedProblem, zone: int, detects: float) -> ForwardEstimate:
    """Return rays at a zone, as many as a pilot says that it takes."""

    def fly(rays: int) -> ForwardEstimate:
        return run_forward(problem, BACKEND, rays, target=zone, batches=BATCHES)

    first = 3_000_000 if detects < 0.05 else 1_000_000
    pilot = fly(first)
    error = np.sqrt(pilot.variance[zone, -1, -1]) / pilot.expected[zone, -1, -1]
    return fly(int(np.clip(first * (error / (WANTED * detects)) ** 2, LEAST, MOST)))


def docked() -> dict[str, Any]:
    """Return the run of the docked Soyuz with one meteoroid model.

    Forward rays are spread over all models of a run: a fourth costs rays and shows nothing
    more.
    """
    raw = tomllib.loads(available("run")["soyuz_ms09"].read_text(encoding="utf-8"))
    raw["environment"] = [e for e in raw["environment"] if e["model"] != "grun_ecss"]
    assert len(raw["environment"]) == 3
    return raw


@pytest.fixture(scope="module")
def station() -> Station:
    """Estimate the docked Soyuz's station both ways, each zone as well as it needs."""
    overrides = {
        "sampling.events_per_zone": 0,
        "sampling.target_relative_error": 0.004,
    }
    problem = solve(docked(), overrides=overrides)
    outcome = compute(problem, BACKEND)
    share = outcome.zone_expected[:, -1, -1] / outcome.zone_expected[:, -1, -1].sum()
    # More samples where 1 % must be seen; elsewhere they would be wasted.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rounds, "RISK_FLOOR", BIG)
        exact = solve(
            docked(),
            overrides={**overrides, "sampling.target_relative_error": 0.0007},
        )
        better = compute(exact, BACKEND)
    big = share >= BIG
    fields = {}
    for name in ("zone_expected", "zone_variance", "zone_dof"):
        mixed = getattr(outcome, name).copy()
        mixed[big] = getattr(better, name)[big]
        fields[name] = mixed
    second = 0.01 if os.environ.get("MMOD_FORWARD_FULL") == "1" else 0.025
    detects = np.select(
        [share >= TOP, share >= BIG, share >= MIDDLE], [0.01, second, 0.05], ANY
    )
    forward = {
        zone: aimed(problem, zone, float(detects[zone]))
        for zone in np.flatnonzero(share >= MIDDLE).tolist()
    }
    whole = run_forward(problem, BACKEND, WHOLE)
    outcome = dataclasses.replace(outcome, **fields)
    return Station(problem, outcome, share, detects, forward, whole)


def compare(station: Station, outcome: Outcome, *, declare: bool = True) -> None:
    """Compare penetrations of every zone that carries a thousandth of the risk."""
    zones = np.array(sorted(station.forward))
    rows = [difference(station.forward[zone], outcome, zone, -1) for zone in zones]
    value, error, truth, dof = np.array(rows).T
    detects = station.detects[zones] if declare else ANY
    assert_means(value, error, truth, dof=dof, detects=detects, label="zones")


@pytest.mark.slow
@pytest.mark.statistical
def test_importance_agrees_with_forward_on_the_station(station: Station) -> None:
    names = station.outcome.vehicle.zone_name
    print("\nshare    forward/importance - 1  error   detects  rays     back  zone")
    for zone, forward in station.forward.items():
        value, error, truth, _ = difference(forward, station.outcome, zone, -1)
        print(
            f"{station.share[zone]:7.2%} {value / truth - 1.0:+18.3%}"
            f" {error / truth:13.3%} {station.detects[zone]:6.0%}"
            f" {forward.rays:11d} {forward.back_share:8.1e}  {names[zone]}"
        )
    assert (station.share >= BIG).sum() >= 5
    assert (station.share >= MIDDLE).sum() >= 20
    compare(station, station.outcome)
    for wrong in (biased(station.outcome), biased(station.outcome, 0.99)):
        with pytest.raises(AssertionError, match=OFF):
            compare(station, wrong)


def pooled(station: Station, damage: int, truth: Any, label: str) -> None:
    """Compare every zone with rays onto the whole station (Sidak)."""
    zones = np.arange(len(station.share))
    value, error, _, dof = difference(station.whole, station.outcome, zones, damage)
    hit = station.outcome.zone_expected[:, -1, damage] > 0.0
    assert value[~hit].sum() <= 1e-9 * value.sum(), "rays reach what samples do not"
    rows = (value[hit], error[hit], truth[hit])
    assert_means(*rows, dof=dof[hit], detects=ANY, floor=FLOOR, label=label)
    spread = float(np.sqrt((error[hit] ** 2).sum()))
    assert_mean(
        float(value.sum()),
        spread,
        float(truth.sum()),
        dof=float(station.whole.batches - 1),
        detects=0.05,
        floor=FLOOR,
        label=f"all {label}",
    )


@pytest.mark.slow
@pytest.mark.statistical
def test_the_rest_of_the_station_agrees(station: Station) -> None:
    for damage, label in ((0, "impacts"), (1, "impacts >= 1 mm"), (-1, "penetrations")):
        truth = station.outcome.zone_expected[:, -1, damage]
        pooled(station, damage, truth, label)
        lost = np.where(truth == truth.max(), 0.1 * truth, truth)
        with pytest.raises(AssertionError, match=OFF):
            pooled(station, damage, lost, label)


@pytest.mark.slow
@pytest.mark.statistical
def test_every_model_agrees_on_the_station(station: Station) -> None:
    zones = np.array(sorted(station.forward))
    for model, name in enumerate(station.problem.models):
        rows = [
            difference(station.forward[z], station.outcome, z, -1, model) for z in zones
        ]
        value, error, truth, dof = np.array(rows).T
        assert_means(value, error, truth, dof=dof, detects=ANY, label=name)


@pytest.mark.slow
@pytest.mark.statistical
def test_another_shadow_is_noticed(station: Station) -> None:
    overrides = {"sampling.events_per_zone": 0, "shadowing": "absent"}
    bare = compute(solve(docked(), overrides=overrides), BACKEND)
    with pytest.raises(AssertionError, match=OFF):
        compare(station, bare, declare=False)


@pytest.mark.slow
@pytest.mark.statistical
def test_forward_rays_meet_no_back_face_first(station: Station) -> None:
    shares = [forward.back_share for forward in station.forward.values()]
    print(
        f"\nback faces first: {station.whole.back_share:.1e}, worst {max(shares):.1e}"
    )
    assert station.whole.back_share <= BACK_FACE_LIMIT
    assert max(shares) <= BACK_FACE_LIMIT
