"""One plate against its reference grid."""

from __future__ import annotations

from mmod.shields.ballistic_limits import single_wall
from mmod.units import KM
from shield_grids.grid import Cases, Grid, cm, g_cm2, g_cm3


def run_single_wall(grid: Grid) -> None:
    for rows in grid.groups():
        row = rows[0]
        if row["shield_type"] != "AL":
            grid.leave_out(row["shield_type"], len(rows))
            continue
        names = {"perforate": "perforation"}
        limit = single_wall.aluminium_wall_limit(
            thickness=cm(row, "thickness"),
            wall_density=g_cm3(row, "shield"),
            brinell=float(row["brinell_hardness_HB"]),
            sound_speed=float(row["sound_speed_km_s"]) * KM,
            criterion=names.get(row["failure_mode"], row["failure_mode"]),
            external_blanket=g_cm2(row, "mli"),
        )
        grid.compare(limit, rows)


def run_steel(grid: Grid) -> None:
    for rows in grid.groups():
        row = rows[0]
        if row["shield_type"] != "ST":
            grid.leave_out(row["shield_type"], len(rows))
            continue
        limit = single_wall.steel_wall_limit(
            thickness=cm(row, "thickness"),
            wall_density=g_cm3(row, "shield"),
            external_blanket=g_cm2(row, "mli"),
        )
        grid.compare(limit, rows)


CASES: Cases = {
    "single_wall.aluminium": (
        "single_wall",
        run_single_wall,
        {"ST": 194, "TI": 569, "CFRP": 206, "fibreglass": 187},
    ),
    "single_wall.steel": (
        "single_wall",
        run_steel,
        {"AL": 1344, "TI": 569, "CFRP": 206, "fibreglass": 187},
    ),
}
