"""Two walls against their reference grids."""

from __future__ import annotations

from mmod.shields.ballistic_limits import whipple_jsc, whipple_nno
from shield_grids.grid import Cases, Grid, fixed_divisor, two_walls


def run_nno(grid: Grid) -> None:
    for rows in grid.groups():
        limit = whipple_nno.whipple_nno_limit(
            **two_walls(rows[0]), external_blanket=fixed_divisor(rows[0])
        )
        grid.compare(limit, rows)


def run_jsc(grid: Grid, *, modified: bool) -> None:
    for rows in grid.groups():
        assert float(rows[0]["mli_areal_density_g_cm2"]) == 0.0
        limit = whipple_jsc.whipple_jsc_limit(**two_walls(rows[0]), modified=modified)
        grid.compare(limit, rows)


CASES: Cases = {
    "whipple.nno": ("whipple_nno", run_nno, {}),
    "whipple.jsc": ("whipple_jsc", lambda g: run_jsc(g, modified=False), {}),
    "whipple.jsc_modified": (
        "whipple_jscmod",
        lambda g: run_jsc(g, modified=True),
        {},
    ),
}
