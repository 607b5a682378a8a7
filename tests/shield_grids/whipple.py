"""Two walls against their reference grids."""

from __future__ import annotations

from dataclasses import replace

from mmod.shields.ballistic_limits import (
    whipple_ck2001,
    whipple_jsc,
    whipple_nno,
    whipple_reimerdes,
)
from mmod.shields.ballistic_limits._thin_bumper_limit import ThinBumperLimit
from shield_grids.grid import Cases, Grid, cm, fixed_divisor, g_cm3, two_walls


def run_nno(grid: Grid) -> None:
    for rows in grid.groups():
        limit = whipple_nno.whipple_nno_limit(
            **two_walls(rows[0]), external_blanket=fixed_divisor(rows[0])
        )
        grid.compare(limit, rows)


def grids_mass(limit: ThinBumperLimit, power: float) -> ThinBumperLimit:
    """Put the grids' projectile mass into r.

    They take pi d^3 rho_p/8 there, we the sphere's pi d^3 rho_p/6; r goes with a power
    of the mass.
    """
    ratio = limit.shape.ratio * (6.0 / 8.0) ** power
    return replace(limit, shape=limit.shape._replace(ratio=ratio))


def run_jsc(grid: Grid, *, modified: bool) -> None:
    for rows in grid.groups():
        assert float(rows[0]["mli_areal_density_g_cm2"]) == 0.0
        limit = whipple_jsc.whipple_jsc_limit(**two_walls(rows[0]), modified=modified)
        grid.compare(grids_mass(limit, -1.0 / 3.0), rows)


def run_reimerdes(grid: Grid) -> None:
    for rows in grid.groups():
        assert float(rows[0]["mli_areal_density_g_cm2"]) == 0.0
        limit = whipple_reimerdes.whipple_reimerdes_limit(**two_walls(rows[0]))
        grid.compare(grids_mass(limit, 0.352 - 0.5), rows)


def run_ck2001(grid: Grid) -> None:
    """The grid reverses the test of K_H, and puts the blanket into it."""
    for rows in grid.groups():
        row = rows[0]
        blanket = fixed_divisor(row)
        bumper = cm(row, "bumper_thickness") + 3.0 * blanket / g_cm3(row, "bumper")
        shape = {
            "standoff": cm(row, "standoff"),
            "wall_thickness": cm(row, "rear_wall_thickness"),
        }
        x = bumper * 100.0 / (shape["wall_thickness"] * 100.0) ** (2 / 3)
        x /= (shape["standoff"] * 100.0) ** (1 / 3)
        theirs = 1.35 if x < 0.126 else 7.451 * x + 0.411
        ours = whipple_ck2001.high_coefficient(
            bumper_thickness=cm(row, "bumper_thickness"), **shape
        )
        name = "K_H given: " + ("thick" if ours == 1.35 else "thin") + " bumper"
        grid.converted[name] = grid.converted.get(name, 0) + len(rows)
        limit = whipple_ck2001.whipple_ck2001_limit(
            **two_walls(row),
            wall_density=g_cm3(row, "rear_wall"),
            external_blanket=blanket,
            K_H=theirs,
        )
        grid.compare(limit, rows)


CASES: Cases = {
    "whipple.nno": ("whipple_nno", run_nno, {}),
    "whipple.ck2001": ("whipple_modnno", run_ck2001, {}),
    "whipple.jsc": ("whipple_jsc", lambda g: run_jsc(g, modified=False), {}),
    "whipple.jsc_modified": (
        "whipple_jscmod",
        lambda g: run_jsc(g, modified=True),
        {},
    ),
    "whipple.reimerdes": ("whipple_reimerdes", run_reimerdes, {}),
}
