"""Fabrics and meshes against their reference grids."""

from __future__ import annotations

import pytest

from mmod.shields.ballistic_limits import (
    hybrid_multi_shock,
    multi_shock,
    stuffed_whipple,
)
from shield_grids.grid import (
    Cases,
    Grid,
    cm,
    fixed_divisor,
    g_cm2,
    g_cm3,
    rear_wall,
)


def run_stuffed(grid: Grid) -> None:
    for rows in grid.groups():
        row = rows[0]
        stuffing = g_cm2(row, "kevlar") + g_cm2(row, "nextel")
        bumper = cm(row, "bumper_thickness") * g_cm3(row, "bumper")
        wall = cm(row, "rear_wall_thickness") * g_cm3(row, "rear_wall")
        share = stuffing / (bumper + stuffing + wall)
        theirs = 0.45 if 0.10 <= share <= 0.15 else 0.60
        if stuffed_whipple.high_coefficient(share) != pytest.approx(theirs, rel=1e-9):
            name = "K_H given: share below 10 or in 15-25 %"
            grid.converted[name] = grid.converted.get(name, 0) + len(rows)
        limit = stuffed_whipple.stuffed_whipple_limit(
            bumper_areal_density=bumper,
            stuffing_areal_density=stuffing,
            standoff=cm(row, "standoff"),
            wall_density=g_cm3(row, "rear_wall"),
            blanket=3.0 * fixed_divisor(row),
            K_H=theirs,
            **rear_wall(row),
        )
        grid.compare(limit, rows)


def run_multi_shock(grid: Grid) -> None:
    for rows in grid.groups():
        row = rows[0]
        kind = row["shield_type"]
        common = {
            "bumper_areal_density": g_cm2(row, "bumper"),
            "standoff": cm(row, "standoff"),
        }
        if kind == "hybrid":
            limit = hybrid_multi_shock.hybrid_multi_shock_limit(
                wall_density=g_cm3(row, "rear_wall"), **rear_wall(row), **common
            )
        elif kind == "aluminium":
            limit = multi_shock.multi_shock_aluminium_limit(
                wall_density=g_cm3(row, "rear_wall"), **rear_wall(row), **common
            )
        else:
            limit = multi_shock.multi_shock_fabric_limit(
                wall_areal_density=g_cm2(row, "rear_wall"), fabric=kind, **common
            )
        grid.compare(limit, rows)


def run_mesh(grid: Grid) -> None:
    for rows in grid.groups():
        row = rows[0]
        limit = multi_shock.mesh_double_bumper_limit(
            mesh_areal_density=g_cm2(row, "mesh"),
            bumper_areal_density=cm(row, "bumper_thickness") * g_cm3(row, "bumper"),
            fabric_areal_density=g_cm2(row, "kevlar"),
            standoff=cm(row, "standoff"),
            wall_density=g_cm3(row, "rear_wall"),
            **rear_wall(row),
        )
        grid.compare(limit, rows)


CASES: Cases = {
    "stuffed_whipple": ("stuffed_whipple", run_stuffed, {}),
    "multi_shock": ("multishock", run_multi_shock, {}),
    "mesh_double_bumper": ("mesh_double_bumper", run_mesh, {}),
}
