"""Honeycomb, triple walls and foam against their reference grids.

The grids divide a blanket outside by 2.78 g/cm3, whatever the bumper; the panel grid
has no angle cap.
"""

from __future__ import annotations

from dataclasses import replace

from mmod.shields.ballistic_limits import foam_core, srl_dual_wall, srl_triple_wall
from mmod.shields.ballistic_limits._regimes import GRAZING, PowerLawLimit
from shield_grids.grid import (
    Cases,
    Grid,
    Row,
    cm,
    fixed_divisor,
    g_cm2,
    g_cm3,
    rear_wall,
    two_walls,
)

UNCAPPED = "no angle cap: above 65 deg"
DIVISOR = "blanket over 2.78"


def _convert(grid: Grid, name: str, rows: int) -> None:
    grid.converted[name] = grid.converted.get(name, 0) + rows


def _panel(row: Row) -> PowerLawLimit:
    kind = row["facesheet_material_class"].lower()
    if kind == "aluminium":
        return srl_dual_wall.srl_dual_wall_limit(
            **two_walls(row), external_blanket=fixed_divisor(row)
        )
    return srl_dual_wall.srl_dual_wall_composite_limit(
        sheet=kind,
        bumper_thickness=cm(row, "bumper_thickness"),
        bumper_density=g_cm3(row, "bumper"),
        standoff=cm(row, "standoff"),
        wall_thickness=cm(row, "rear_wall_thickness"),
        wall_density=g_cm3(row, "rear_wall"),
        external_blanket=g_cm2(row, "mli"),
    )


def run_dual(grid: Grid) -> None:
    for rows in grid.groups():
        limit = _panel(rows[0])
        above = [row for row in rows if float(row["angle_deg"]) > 65.0]
        grid.compare(limit, [row for row in rows if float(row["angle_deg"]) <= 65.0])
        if above:
            _convert(grid, UNCAPPED, len(above))
            grid.compare(replace(limit, cap=GRAZING), above)
        if rows[0]["facesheet_material_class"] == "Aluminium":
            _convert(grid, DIVISOR, len(rows) * (g_cm2(rows[0], "mli") > 0.0))


def run_triple(grid: Grid) -> None:
    for rows in grid.groups():
        row = rows[0]
        kind = row["outer_bumper_material_class"]
        blanket = g_cm2(row, "mli")
        assert kind == row["inner_bumper_material_class"]
        if kind == "Aluminium":
            # the grid takes the density of the inner bumper in the high regime
            density = row["outer_bumper_density_g_cm3"]
            assert density == row["inner_bumper_density_g_cm3"]
            blanket *= float(density) / 2.78
            _convert(grid, DIVISOR, len(rows) * (blanket > 0.0))
        limit = srl_triple_wall.srl_triple_wall_limit(
            panel="aluminium" if kind == "Aluminium" else "cfrp",
            outer_thickness=cm(row, "outer_bumper_thickness"),
            outer_density=g_cm3(row, "outer_bumper"),
            first_standoff=cm(row, "standoff1"),
            inner_thickness=cm(row, "inner_bumper_thickness"),
            inner_density=g_cm3(row, "inner_bumper"),
            second_standoff=cm(row, "standoff2"),
            external_blanket=blanket,
            **rear_wall(row),
        )
        grid.compare(limit, rows)


def run_foam(grid: Grid) -> None:
    for rows in grid.groups():
        row = rows[0]
        blanket = fixed_divisor(row)
        _convert(grid, DIVISOR, len(rows) * (blanket > 0.0))
        limit = foam_core.foam_core_limit(
            bumper_thickness=cm(row, "bumper_thickness"),
            bumper_density=g_cm3(row, "bumper"),
            foam_thickness=cm(row, "standoff"),
            foam_density=g_cm3(row, "foam"),
            wall_density=g_cm3(row, "rear_wall"),
            external_blanket=blanket,
            **rear_wall(row),
        )
        grid.compare(limit, rows)


CASES: Cases = {
    "honeycomb.srl": ("srl_double", run_dual, {}),
    "triple_wall.srl": ("srl_triple", run_triple, {}),
    "foam_core": ("foam_sandwich", run_foam, {}),
}
