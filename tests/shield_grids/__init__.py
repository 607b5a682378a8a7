"""Reference grids of critical diameters, one module a family of equations."""

from __future__ import annotations

from shield_grids import blanket, fabric, sandwich, single_wall, transparent, whipple
from shield_grids.grid import Cases

CASES: Cases = {
    name: case
    for family in (single_wall, whipple, fabric, sandwich, blanket, transparent)
    for name, case in family.CASES.items()
}
"""Every equation that has a grid."""
