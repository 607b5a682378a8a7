"""Reference grids computed by another program, row by row.

Each comparison converts the inputs of the grid, says by name which rows it leaves out,
and counts them. A grid is a different implementation; it shares no code with this one.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import shield_grids as families
from shield_grids import CASES, blanket, fabric
from shield_grids.grid import check, read, two_walls

from mmod.shields.ballistic_limits import mli_blanket, single_wall, whipple_jsc


@pytest.mark.parametrize("name", CASES)
def test_every_row(shared: Path, name: str) -> None:
    file, run, left_out = CASES[name]
    grid = read(shared, file)
    run(grid)
    check(grid, left_out)
    assert len(grid.rows) == 2500


def test_stuffed_rows_with_converted_coefficient(shared: Path) -> None:
    grid = read(shared, "stuffed_whipple")
    fabric.run_stuffed(grid)
    assert grid.converted == {"K_H given: share below 10 or in 15-25 %": 683}


@pytest.mark.parametrize("name", CASES)
def test_planted_error_is_seen(shared: Path, name: str) -> None:
    """A density 1e-5 off, relative, must not pass."""
    file, run, left_out = CASES[name]
    grid = read(shared, file)
    key = "projectile_density_g_cm3"
    for row in grid.rows:
        row[key] = repr(float(row[key]) * (1.0 + 1e-5))
    run(grid)
    with pytest.raises(AssertionError):
        check(grid, left_out)


def test_planted_misprints_are_seen(shared: Path, monkeypatch) -> None:
    """The misprints named in the docstrings fail on the corrected columns."""
    grid = read(shared, "whipple_jscmod")
    for rows in grid.groups():
        limit = whipple_jsc.whipple_jsc_limit(**two_walls(rows[0]))
        grid.compare(limit, rows)
    with pytest.raises(AssertionError):
        check(grid, {})
    grid = read(shared, "single_wall")
    monkeypatch.setattr(single_wall, "HIGH_RATIO_EXPONENT", 1.5)
    families.single_wall.run_single_wall(grid)
    with pytest.raises(AssertionError):
        check(grid, CASES["single_wall"][2])
    grid = read(shared, "mli_blanket")
    monkeypatch.setattr(mli_blanket, "TOUGHENED_EXPONENT", 2.0 / 3.0)
    blanket.run_mli(grid)
    with pytest.raises(AssertionError):
        check(grid, CASES["mli_over_wall"][2])
