"""Plates, panes and heat shields with a given thickness, or damage that is allowed."""

from __future__ import annotations

from collections.abc import Callable

from mmod.shields.ballistic_limits import (
    afrsi,
    avcoat,
    glass,
    pica,
    polycarbonate,
    rcc,
    single_wall_composite,
    single_wall_titanium,
    tile,
    tile_on_aluminium,
    tile_on_honeycomb,
)
from mmod.shields.ballistic_limits._regimes import Limit
from mmod.units import KSI, MM

BLANKET = {"external_blanket": 0.5}
BEHIND = {"standoff": 50 * MM, "wall_yield": 40 * KSI, "blanket": 0.4}
TILE = {
    "tile_thickness": 40 * MM,
    "tile_density": 140.0,
    "wall_density": 2770.0,
    "wall_yield": 50 * KSI,
    "core_thickness": 20 * MM,
}
# thickness, or damage allowed [m] -> limit
MAKERS: dict[str, Callable[[float], Limit]] = {
    "single_wall.titanium": lambda t: single_wall_titanium.titanium_wall_limit(
        thickness=t, wall_density=4730.0, brinell=257.0, sound_speed=4260.0, **BLANKET
    ),
    "single_wall.cfrp": lambda t: single_wall_composite.cfrp_wall_limit(
        thickness=t, wall_density=1550.0, **BLANKET
    ),
    "single_wall.cfrp_original": lambda t: single_wall_composite.cfrp_wall_limit(
        thickness=t, wall_density=1550.0, form="original", **BLANKET
    ),
    "single_wall.fibreglass": lambda t: single_wall_composite.fibreglass_wall_limit(
        thickness=t, wall_density=1800.0, **BLANKET
    ),
    "transparent.fused_quartz": lambda t: glass.fused_quartz_limit(thickness=t),
    "transparent.fused_quartz crater": lambda t: glass.fused_quartz_limit(
        criterion="crater_diameter", crater_diameter=t
    ),
    "transparent.fused_silica crater": lambda t: glass.fused_silica_limit(
        criterion="crater_diameter", crater_diameter=t
    ),
    "transparent.polycarbonate": lambda t: polycarbonate.polycarbonate_limit(
        thickness=t
    ),
    "tile.li": lambda t: tile.tile_limit(depth=t, tile_density=140.0),
    "tile.aetb8": lambda t: tile.tile_limit(depth=t, tile_density=240.0, kind="AETB-8"),
    "tile.on_aluminium": lambda t: tile_on_aluminium.tile_on_aluminium_limit(
        wall_thickness=t, **TILE
    ),
    "tile.on_aluminium_report": lambda t: tile_on_aluminium.tile_on_aluminium_limit(
        wall_thickness=t, edition="report", **TILE
    ),
    "tile.aetb8_on_honeycomb": lambda t: (  # noqa: ARG005
        tile_on_honeycomb.aetb8_on_honeycomb_limit()
    ),
    "tile.aetb8_on_honeycomb_over_wall": lambda t: (
        tile_on_honeycomb.aetb8_on_honeycomb_over_wall_limit(wall_thickness=t, **BEHIND)
    ),
    "afrsi": lambda t: afrsi.afrsi_limit(depth=t),
    "afrsi.on_honeycomb": lambda t: afrsi.afrsi_on_honeycomb_limit(),  # noqa: ARG005
    "afrsi.on_honeycomb_over_wall": lambda t: afrsi.afrsi_on_honeycomb_over_wall_limit(
        wall_thickness=t, **BEHIND
    ),
    "rcc": lambda t: rcc.rcc_limit(thickness=t),
    "rcc hole": lambda t: rcc.rcc_limit(criterion="hole_diameter", hole_diameter=t),
    "pica": lambda t: pica.pica_limit(depth=t, ablator_density=240.0),
    "pica.report": lambda t: pica.pica_limit(
        depth=t, ablator_density=240.0, edition="report"
    ),
    "avcoat": lambda t: avcoat.avcoat_limit(depth=t),
}
NO_REAR_WALL = {"tile.aetb8_on_honeycomb", "afrsi.on_honeycomb"}
