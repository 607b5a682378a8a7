"""A hole in a plate, asked of a small run under two pairs of flux models.

Import as ``from hole_cases import card, marks, two_pairs`` (tests/ is on the path).
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

import xarray as xr
from breach_cases import PLATE_ZONE, plate_table
from engine_helpers import sampled, solve

from mmod.forensics.marks import Marks, parse_marks
from mmod.results.build import build

START = datetime(2018, 1, 1, tzinfo=UTC)
END = datetime(2019, 1, 1, 6, tzinfo=UTC)
MIDDLE = START + (END - START) / 2
ALTERNATIVE = {
    "hypothesis": "drilled_inside",
    "events": 0,
    "exposure": 138.0,
    "unit": "flight",
    "source": "test",
}
RANGES = {
    "screen": ([0.01, 0.1], 0.95),
    "dimples": ([1e-4, 1e-2], [0.2, 0.6]),
    "lip": (0.9, [0.05, 0.3]),
}


@cache
def two_pairs() -> xr.DataTree:
    """Return the plate facing ram for a year under two debris models and one meteoroid."""
    table = plate_table(
        {"model": "nasa91", "kind": "debris"},
        {"model": "grun_ssp", "kind": "meteoroid"},
        {"model": "master8_iss_ecss", "kind": "debris", "label": "master8"},
        sampling={"samples": 20_000, "events_per_zone": 100},
    )
    return build(sampled(solve(table)))


def card(
    start: datetime = START,
    end: datetime = END,
    *,
    zones: tuple[str, ...] = (PLATE_ZONE,),
    size: dict[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Return a case about the plate, as a table."""
    reported = {
        "reported_mm": [1.5, 2.0],
        "of": "unclear",
        "statement": [{"diameter_mm": 2.0, "who": "a", "source": "b"}],
        "likelihood": {"drilled_inside": [0.15, 0.45]},
        "other": [0.03, 0.12],
        "source": "test [estimate]",
        **(size or {}),
    }
    return {
        "schema_version": 1,
        "title": "a hole in a plate",
        "event": "own",
        "vehicle": "plate",
        "run": "plate",
        "zones": list(zones),
        "window": {"launch": start, "first_seen": end, "source": "test"},
        "size": reported,
        "alternative": [ALTERNATIVE],
        **more,
    }


def marks(*names: str) -> Marks:
    """Return marks of `RANGES`, each a group of its own."""
    listed = [
        {
            "name": name,
            "group": name,
            "observed": "seen",
            "source": "test [elicited]",
            "support": "elicited",
            "likelihood": {
                "impact": RANGES[name][0],
                "drilled_inside": RANGES[name][1],
            },
        }
        for name in names
    ]
    return parse_marks({"schema_version": 1, "title": "test", "mark": listed})
