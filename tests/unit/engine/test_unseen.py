"""A face that no sample reached is never reported as 0 +- 0."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from engine_helpers import run_table, sampled, solve, vehicle_of

from mmod.results.build import build
from mmod.results.outcome import Outcome

MODELS = (
    {"model": "nasa91", "kind": "debris"},
    {"model": "grun_ssp", "kind": "meteoroid"},
)
BOX = {"shape": "box", "shield": "aluminium_wall"}
SAMPLING = {"samples": 20_000, "events_per_zone": 8}


def buried(folder: Path, **panel: Any) -> Outcome:
    """Sample a closed box, and a small body inside it."""
    vehicle = vehicle_of(
        folder,
        {**BOX, "name": "hull", "size_m": [2.0, 2.0, 2.0]},
        {**BOX, "name": "inside", "size_m": [0.5, 0.5, 0.5], **panel},
        element_size=0.5,
    )
    table = run_table("cube", *MODELS, sampling=SAMPLING)
    return sampled(solve(table, vehicle=vehicle))


@pytest.mark.parametrize("shield", ["aluminium_wall", "none"])
def test_buried_body(shield: str, tmp_path: Path) -> None:
    outcome = buried(tmp_path, shield=shield)
    inside = outcome.vehicle.face_zone == 1
    assert not outcome.face_seen[inside].any()
    assert outcome.face_samples[inside].all()
    assert not outcome.zone_expected[1].any()
    tree = build(outcome)
    zones = tree["zones"].isel(zone=1)
    faces = tree.to_dataset().isel(face=np.flatnonzero(inside))
    for table in (zones, faces):
        bare = table["unshadowed"].to_numpy()
        error = table["expected_stderr"].to_numpy()
        upper = table["probability_upper"].to_numpy()
        reached = bare > 0.0
        assert reached.any()
        assert np.all(error[reached] > 0.0)
        assert np.all(upper[reached] > 0.0)
        assert not np.any(np.nan_to_num(table["expected"].to_numpy()))
    limit = zones["expected_upper"].to_numpy()
    bare = zones["unshadowed"].to_numpy()
    defined = np.isfinite(limit) & (bare > 0.0)
    assert np.all(limit[defined] <= bare[defined])
    assert "0 ± 0" not in tree.mmod.report()


def test_body_seen_through_a_pinhole(tmp_path: Path) -> None:
    """Limits hold also where a few samples in thousands arrive."""
    shell = {"shape": "panel", "shield": "none", "size_m": [2.0, 2.0]}
    sides = [
        {
            **shell,
            "name": f"wall_{axis}{sign}",
            "axis": np.roll([1.0, 0.0, 0.0], k).tolist(),
            "position_m": (
                np.roll([1.0, 0.0, 0.0], k) * (1 if sign == "p" else -1)
            ).tolist(),
        }
        for k, axis in enumerate("xyz")
        for sign in "pm"
    ]
    sides[0]["size_m"] = [1.96, 1.96]  # a slit around the wall ahead
    vehicle = vehicle_of(
        tmp_path,
        *sides,
        {**BOX, "name": "inside", "size_m": [0.2, 0.2, 0.2]},
        element_size=1.0,
    )
    table = run_table("cube", MODELS[1], sampling={**SAMPLING, "samples": 4_000})
    problem = solve(table, vehicle=vehicle)
    truth = np.mean(
        [sampled(problem, seed).zone_expected[6, 0, 0] for seed in range(60)]
    )
    assert truth > 0.0
    held = []
    for seed in range(100, 140):
        zone = build(sampled(problem, seed))["zones"].isel(zone=6, damage=0)
        one = zone.sel(environment="total")
        assert float(one["expected_stderr"]) > 0.0
        held.append(float(one["expected_upper"]) >= truth)
    assert np.mean(held) >= 0.85
