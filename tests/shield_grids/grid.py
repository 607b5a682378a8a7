"""Reference grids computed by another program: reading, converting, comparing."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mmod.shields.ballistic_limits._regimes import Limit
from mmod.units import CM, DEGREE, G_CM2, G_CM3, KM, KSI

TOLERANCE = 1e-6
COLUMNS = (
    "corrected_critical_diameter_cm",
    "onset_corrected_critical_diameter_cm",
    "exact_critical_diameter_cm",
    "critical_diameter_cm",
)
Row = dict[str, str]


@dataclass
class Grid:
    """A grid: its rows, and what a test did with them."""

    rows: list[Row]
    reference: str
    matched: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    converted: dict[str, int] = field(default_factory=dict)
    worst: float = 0.0

    def groups(self) -> list[list[Row]]:
        by_config: dict[tuple[str, ...], list[Row]] = {}
        for row in self.rows:
            key = (row["config_id"], row.get("shield_type", ""))
            by_config.setdefault((*key, row.get("failure_mode", "")), []).append(row)
        return list(by_config.values())

    def leave_out(self, name: str, rows: int) -> None:
        self.left_out[name] = self.left_out.get(name, 0) + rows

    def compare(self, limit: Limit, rows: list[Row]) -> None:
        speed, angle, density, reference = (
            np.array([float(row[key]) for row in rows])
            for key in (
                "velocity_km_s",
                "angle_deg",
                "projectile_density_g_cm3",
                self.reference,
            )
        )
        found = limit.critical_diameter(speed * KM, angle * DEGREE, density * G_CM3)
        error = np.abs(found / CM / reference - 1.0)
        self.worst = max(self.worst, float(error.max()))
        self.matched += int(np.sum(error <= TOLERANCE))


def read(shared: Path, name: str) -> Grid:
    with (shared / "data" / "ble" / f"dev_{name}.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    return Grid(rows, next(c for c in COLUMNS if c in rows[0]))


def cm(row: Row, name: str) -> float:
    return float(row[f"{name}_cm"]) * CM


def g_cm2(row: Row, name: str) -> float:
    return float(row[f"{name}_areal_density_g_cm2"]) * G_CM2


def g_cm3(row: Row, name: str) -> float:
    return float(row[f"{name}_density_g_cm3"]) * G_CM3


def rear_wall(row: Row) -> dict[str, float]:
    return {
        "wall_thickness": cm(row, "rear_wall_thickness"),
        "wall_yield": float(row["rear_wall_yield_ksi"]) * KSI,
    }


def two_walls(row: Row) -> dict[str, float]:
    return {
        "bumper_thickness": cm(row, "bumper_thickness"),
        "bumper_density": g_cm3(row, "bumper"),
        "standoff": cm(row, "standoff"),
        **rear_wall(row),
    }


def fixed_divisor(row: Row) -> float:
    """Return the blanket that, over the bumper's density, is the grid's over 2.78."""
    return g_cm2(row, "mli") * float(row["bumper_density_g_cm3"]) / 2.78


def check(grid: Grid, left_out: dict[str, int]) -> None:
    assert grid.left_out == left_out
    assert grid.matched == len(grid.rows) - sum(left_out.values())
    assert grid.worst <= TOLERANCE
    assert grid.matched > 0


Run = Callable[[Grid], None]
"""Compares every row of a grid, or leaves it out by name."""
Cases = dict[str, tuple[str, Run, dict[str, int]]]
"""Name of an equation: file, comparison, and the rows left out by name."""
