"""One plate against its reference grid."""

from __future__ import annotations

from collections.abc import Callable

from mmod.shields.ballistic_limits import (
    single_wall,
    single_wall_composite,
    single_wall_titanium,
)
from mmod.shields.ballistic_limits._regimes import Limit
from mmod.units import KM
from shield_grids.grid import Cases, Grid, Row, cm, g_cm2, g_cm3

PLATES: dict[str, tuple[Callable[..., Limit], bool]] = {
    # material: (limit, whether hardness and sound speed enter)
    "AL": (single_wall.aluminium_wall_limit, True),
    "TI": (single_wall_titanium.titanium_wall_limit, True),
    "ST": (single_wall.steel_wall_limit, False),
    "CFRP": (single_wall_composite.cfrp_wall_limit, False),
    "fibreglass": (single_wall_composite.fibreglass_wall_limit, False),
}
CRITERIA = {"perforate": "perforation"}


def plate(row: Row) -> Limit:
    make, hard = PLATES[row["shield_type"]]
    hardness = {
        "brinell": float(row["brinell_hardness_HB"]),
        "sound_speed": float(row["sound_speed_km_s"]) * KM,
    }
    return make(
        thickness=cm(row, "thickness"),
        wall_density=g_cm3(row, "shield"),
        criterion=CRITERIA.get(row["failure_mode"], row["failure_mode"]),
        external_blanket=g_cm2(row, "mli"),
        **(hardness if hard else {}),
    )


def run_single_wall(grid: Grid) -> None:
    for rows in grid.groups():
        grid.compare(plate(rows[0]), rows)


CASES: Cases = {"single_wall": ("single_wall", run_single_wall, {})}
