"""A cube whose penetrations are many: the run behind the tests of comparisons.

Import as ``from observed_runs import cube_results`` (tests/ is on the path).
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

import xarray as xr
from engine_helpers import run_table, sampled, solve

from mmod.engine.problem import ResolvedProblem
from mmod.results import build

START, END = datetime(2018, 1, 1, tzinfo=UTC), datetime(2022, 1, 1, tzinfo=UTC)
SHIELD = "crater_500um"


@cache
def cube_problem(
    yaw: float = 0.0, events: int = 100, samples: int = 60_000
) -> ResolvedProblem:
    """Return four years of a cube with walls of half a millimetre: 22 breaches."""
    table: dict[str, Any] = run_table(
        "cube",
        {"model": "nasa91", "kind": "debris"},
        {"model": "grun_ssp", "kind": "meteoroid"},
        shields={"*": SHIELD},
        phase={"start": START, "end": END, "yaw_deg": yaw},
        sampling={"samples": samples, "events_per_zone": events},
    )
    return solve(table)


@cache
def cube_results(
    yaw: float = 0.0, events: int = 100, samples: int = 60_000
) -> xr.DataTree:
    """Return the results of `cube_problem`."""
    return build(sampled(cube_problem(yaw, events, samples)))
