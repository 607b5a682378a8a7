"""Limits that differ in their rear wall alone, one module a family of equations."""

from __future__ import annotations

from shield_makers import plates, sandwich, station, two_walls
from shield_makers.station import Make

MAKERS: dict[str, Make] = {
    **station.MAKERS,
    **plates.MAKERS,
    **sandwich.MAKERS,
    **two_walls.MAKERS,
}
"""Rear wall thickness [m] to limit, for every equation and some variants."""
