"""Runs with streams: added to a yearly mean, beside it, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from engine_helpers import run_table, sampled, solve

from mmod.errors import InputError

NIGHT = datetime(2022, 12, 14, 1, tzinfo=UTC)
BOTH = {"model": "grun_ssp", "kind": "meteoroid", "streams": "ecss", "label": "both"}
MEAN = {"model": "grun_ssp", "kind": "meteoroid", "label": "mean"}
ALONE = {"model": "ecss_streams", "kind": "meteoroid", "label": "alone"}


def phase(days: float, after: float = 0.0) -> dict[str, Any]:
    start = NIGHT + timedelta(days=after)
    return {
        "start": start,
        "end": start + timedelta(days=days),
        "altitude_km": 400.0,
        "inclination_deg": 51.6,
    }


def test_sum_of_a_night() -> None:
    outcome = sampled(solve(run_table("plate", BOTH, MEAN, ALONE, phase=phase(1.0))))
    models = list(outcome.models)
    number = outcome.zone_expected.sum(axis=0)
    error = np.sqrt(outcome.zone_variance.sum(axis=0))
    both, mean, alone = (models.index(name) for name in ("both", "mean", "alone"))
    for damage in range(2):
        total = number[mean, damage] + number[alone, damage]
        spread = np.sqrt(np.sum(error[[both, mean, alone], damage] ** 2))
        assert abs(number[both, damage] - total) < 5.0 * spread + 1e-3 * total
        assert number[alone, damage] > 20.0 * spread  # streams are seen


def test_flags_of_streams_reach_the_run() -> None:
    text = "\n".join(solve(run_table("plate", BOTH, ALONE, phase=phase(1.0))).flags)
    assert "both: counts streams twice" in text
    assert "alone: unverified reading of the stream table" in text
    assert "never in its place" in text


def test_phases_together_are_at_most_three_weeks() -> None:
    two = [phase(14.0), phase(14.0, after=14.0)]
    table = run_table("plate", BOTH)
    with pytest.raises(InputError, match=r"environment\[0\]\.streams.*28 days"):
        solve({**table, "phase": two})
    accepted = run_table("plate", {**BOTH, "accept_outside_validity": True})
    flags = "\n".join(solve({**accepted, "phase": two}).flags)
    assert "counts streams twice" in flags


def test_streams_are_never_all_meteoroids() -> None:
    with pytest.raises(InputError, match=r"environment\[0\]\.in_total"):
        solve(run_table("plate", ALONE, phase=phase(1.0)))
    accepted = {**ALONE, "accept_outside_validity": True}
    flags = "\n".join(solve(run_table("plate", accepted, phase=phase(1.0))).flags)
    assert "never in its place" in flags


def test_a_known_node_changes_directions() -> None:
    model = {**ALONE, "accept_outside_validity": True}
    day = phase(0.2)
    averaged = solve(run_table("plate", model, phase=day)).threats[0][0]
    followed = [
        solve(
            run_table("plate", model, phase={**day, "right_ascension_deg": node})
        ).threats[0][0]
        for node in (60.0, 240.0)
    ]
    assert "averaged over it" in averaged.attrs["flags"]
    for table in followed:
        assert "averaged over it" not in table.attrs["flags"]
    spread = [float(t["sin_elevation_lower"].std()) for t in followed]
    assert spread[0] != pytest.approx(spread[1], rel=0.05)


def test_sizes_that_streams_do_not_hold_are_flagged() -> None:
    """Stated for 0.0267 to 12.5 mm: outside, no number goes without a word."""
    sizes = [0.001, 0.1, 100.0]
    given = run_table("plate", BOTH, MEAN, ALONE, phase=phase(1.0))
    outside = {**given, "damage": {"impact_diameters_mm": sizes}}
    flags = solve(outside).flags
    said = [f for f in flags if "outside its sizes" in f]
    assert any(f.startswith("alone: ") and "= 0.001, 100," in f for f in said), flags
    both = "\n".join(f for f in said if f.startswith("both: "))
    assert "0.0267 to 12.5" in both  # of its streams
    assert "1e-05 to 75" in both  # of its yearly mean
    assert not any("outside its sizes" in flag for flag in solve(given).flags)


@pytest.mark.parametrize("other", [-200.0, 168.0])
def test_events_of_phases_with_threat_tables_of_different_length(other: float) -> None:
    raw = run_table(
        "plate",
        {**BOTH, "accept_outside_validity": True},
        shields={"*": "soyuz_bo"},
        sampling={"samples": 60_000, "events_per_zone": 1000},
    )
    order = sorted([0.0, other])
    problem = solve({**raw, "phase": [phase(1.0, after=days) for days in order]})
    counts = [len(cells.threats.chance) for cells in problem.cells]
    assert abs(counts[0] - counts[1]) > 1000
    outcome = sampled(problem)
    events = outcome.events
    assert set(events["phase"][events["penetrating"]]) == {0, 1}
    for zone, expected in enumerate(outcome.zone_expected[:, 0, -1]):
        mine = (events["zone"] == zone) & events["penetrating"]
        assert events["weight"][mine].sum() == pytest.approx(expected, rel=1e-12)
