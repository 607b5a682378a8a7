"""Window panes against their reference grid."""

from __future__ import annotations

from collections.abc import Callable

from mmod.shields.ballistic_limits import glass, polycarbonate
from mmod.shields.ballistic_limits._regimes import Limit
from shield_grids.grid import Cases, Grid, Row, cm

PANES: dict[str, Callable[..., Limit]] = {
    "Silica": glass.fused_silica_limit,
    "Quartz": glass.fused_quartz_limit,
    "Polycarbonate": polycarbonate.polycarbonate_limit,
}
CRITERIA = {"Perforate": "perforation", "Detached spall": "detached_spall"}
LEAST = {"Silica": "no_crack", "Quartz": "no_crack", "Polycarbonate": "incipient_spall"}
"""What the grid calls incipient spall."""


def pane(row: Row) -> Limit:
    mode = row["failure_mode"]
    limit = PANES[row["shield_type"]]
    if mode == "Damage":
        return limit(
            criterion=glass.CRATER, crater_diameter=cm(row, "max_crater_diameter")
        )
    criterion = CRITERIA.get(mode) or LEAST[row["shield_type"]]
    return limit(thickness=cm(row, "thickness"), criterion=criterion)


def run_panes(grid: Grid) -> None:
    for rows in grid.groups():
        grid.compare(pane(rows[0]), rows)


CASES: Cases = {"transparent": ("transparent", run_panes, {})}
