"""Small invented shot tables in the formats of the databases. No shot is real."""

from __future__ import annotations

import csv
from pathlib import Path

from mmod.verification.databases import DATABASES

SHOT = {
    "source_key": "A",
    "projectile_material": "AA2017-T4",
    "projectile_density_g_cm3": 2.8,
    "projectile_diameter_cm": 0.2,
    "angle_deg": 0.0,
    "velocity_km_s": 7.0,
    "result": "NP",
    "perforated": 0,
}
OWN: dict[str, dict[str, object]] = {
    "whipple": {
        "bumper_material": "AA6061-T6",
        "bumper_density_g_cm3": 2.7,
        "bumper_thickness_cm": 0.13,
        "standoff_cm": 10.0,
        "rear_wall_material": "AA2219-T87",
        "rear_wall_density_g_cm3": 2.84,
        "rear_wall_yield_ksi": 57.0,
        "rear_wall_thickness_cm": 0.32,
    },
    "stuffed": {
        "bumper_material": "AA6061-T6",
        "bumper_density_g_cm3": 2.7,
        "bumper_thickness_cm": 0.2,
        "stuffing_description": "2x fabric",
        "stuffing_areal_density_g_cm2": 0.8,
        "standoff_cm": 11.0,
        "rear_wall_material": "AA2219-T87",
        "rear_wall_density_g_cm3": 2.84,
        "rear_wall_yield_ksi": 57.0,
        "rear_wall_thickness_cm": 0.48,
        "diameter_suspect_factor": 1,
    },
    "hcsp": {
        "facesheet_class": "Aluminium",
        "front_facesheet_material": "AA2024-T3",
        "front_facesheet_density_g_cm3": 2.77,
        "front_facesheet_thickness_cm": 0.08,
        "honeycomb_material": "AA5056-H39",
        "honeycomb_cell_diameter_cm": 0.48,
        "honeycomb_foil_thickness_cm": 0.0018,
        "honeycomb_material_density_g_cm3": 2.64,
        "core_thickness_cm": 2.0,
        "rear_facesheet_material": "AA2024-T3",
        "rear_facesheet_density_g_cm3": 2.77,
        "rear_facesheet_yield_ksi": 50.0,
        "rear_facesheet_thickness_cm": 0.08,
    },
    "foam": {
        "foam_material": "AA6101-T6",
        "foam_relative_density_percent": 8.0,
        "foam_pores_per_inch": 40,
        "foam_parent_material_density_g_cm3": 2.7,
        "core_thickness_cm": 2.5,
        "front_facesheet_material": "AA6061-T6",
        "front_facesheet_density_g_cm3": 2.7,
        "front_facesheet_thickness_cm": 0.05,
        "rear_facesheet_material": "AA6061-T6",
        "rear_facesheet_density_g_cm3": 2.7,
        "rear_facesheet_yield_ksi": 40.0,
        "rear_facesheet_thickness_cm": 0.05,
    },
}


def rows(database: str, *changes: dict[str, object]) -> list[dict[str, object]]:
    """Return one row for each change to the invented shot of a database."""
    blank = {column.header: "" for column in DATABASES[database].columns}
    found = []
    for number, change in enumerate(changes):
        row = {**blank, "row_id": number, **SHOT, **OWN[database], **change}
        if "perforated" in change and "result" not in change:
            row["result"] = {0: "NP", 1: "P"}.get(change["perforated"], "")
        found.append(row)
    return found


def write(folder: Path, database: str, *changes: dict[str, object]) -> Path:
    """Write an invented table under its usual name."""
    return write_rows(folder / DATABASES[database].file, rows(database, *changes))


def write_rows(path: Path, table: list[dict[str, object]]) -> Path:
    """Write rows with the columns of the first."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(table[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)
    return path
