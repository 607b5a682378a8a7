"""Window panes against their reference grid."""

from __future__ import annotations

from mmod.shields.ballistic_limits import glass
from shield_grids.grid import Cases, Grid, cm


def run_silica(grid: Grid) -> None:
    criteria = {
        "Perforate": "perforation",
        "Detached spall": "detached_spall",
        "Incipient spall": "no_crack",
    }
    for rows in grid.groups():
        row = rows[0]
        if row["shield_type"] != "Silica":
            grid.leave_out(f"{row['shield_type']}: another material", len(rows))
        elif row["failure_mode"] == "Damage":
            grid.leave_out("crater diameter: another criterion", len(rows))
        else:
            limit = glass.fused_silica_limit(
                thickness=cm(row, "thickness"), criterion=criteria[row["failure_mode"]]
            )
            grid.compare(limit, rows)


CASES: Cases = {
    "transparent.fused_silica": (
        "transparent",
        run_silica,
        {
            "Polycarbonate: another material": 682,
            "Quartz: another material": 1055,
            "crater diameter: another criterion": 255,
        },
    ),
}
