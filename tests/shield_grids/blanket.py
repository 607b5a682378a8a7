"""Blankets over a wall against their reference grid."""

from __future__ import annotations

import numpy as np

from mmod.shields.ballistic_limits import enhanced_blanket, mli_blanket
from mmod.units import DEGREE, KM
from shield_grids.grid import Cases, Grid, cm, g_cm2


def run_mli(grid: Grid) -> None:
    for rows in grid.groups():
        kind = rows[0]["shield_type"]
        if kind == "Enhanced":
            enhanced = enhanced_blanket.enhanced_blanket_limit(
                bumper_areal_density=g_cm2(rows[0], "bumper"),
                wall_areal_density=g_cm2(rows[0], "rear_wall"),
                standoff=cm(rows[0], "total_blanket_standoff"),
                insulation_areal_density=g_cm2(rows[0], "mli"),
            )
            grid.compare(enhanced, rows)
            continue
        limit = mli_blanket.mli_over_wall_limit(
            wall_thickness=cm(rows[0], "rear_wall_thickness"),
            blanket="baseline" if kind == "Baseline" else "toughened",
            areal_density=g_cm2(rows[0], "bumper"),
        )
        kept = []
        for row in rows:
            angle = float(row["angle_deg"]) * DEGREE
            speed = float(row["velocity_km_s"])
            onset = 2.5 / np.cos(angle)
            clipped = float(limit.speed_breaks(angle, 1000.0)[0]) / KM
            if clipped < speed <= onset and clipped < onset * (1 - 1e-9):
                grid.leave_out("onset above the upper border: clipped here", 1)
            else:
                kept.append(row)
        grid.compare(limit, kept)


CASES: Cases = {
    "mli_over_wall": (
        "mli_blanket",
        run_mli,
        {"onset above the upper border: clipped here": 6},
    ),
}
