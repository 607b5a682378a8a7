"""Vehicles: parts, meshes, zones, attitude, checks, files.

The names below are loaded on first use, so that importing this package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mmod.geometry.attitude import lvlh_from_body
    from mmod.geometry.checks import MeshReport, check_mesh
    from mmod.geometry.measures import measure
    from mmod.geometry.mesh import Mesh
    from mmod.geometry.vehicle import Vehicle, Zone, load_vehicle
    from mmod.geometry.writers import write_vtu

_HOME = {
    "Mesh": "mmod.geometry.mesh",
    "MeshReport": "mmod.geometry.checks",
    "Vehicle": "mmod.geometry.vehicle",
    "Zone": "mmod.geometry.vehicle",
    "check_mesh": "mmod.geometry.checks",
    "load_vehicle": "mmod.geometry.vehicle",
    "lvlh_from_body": "mmod.geometry.attitude",
    "measure": "mmod.geometry.measures",
    "write_vtu": "mmod.geometry.writers",
}

__all__ = [
    "Mesh",
    "MeshReport",
    "Vehicle",
    "Zone",
    "check_mesh",
    "load_vehicle",
    "lvlh_from_body",
    "measure",
    "write_vtu",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return __all__
