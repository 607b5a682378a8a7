"""Areas, volumes and extents of a vehicle, as its `checks.csv` states them."""

from __future__ import annotations

from fnmatch import fnmatchcase

import numpy as np

from mmod.errors import bad
from mmod.geometry.vehicle import Vehicle

QUANTITIES = (
    "area",
    "side_area",
    "volume",
    "extent_x",
    "extent_y",
    "extent_z",
    "parts",
    "triangles",
)
"""What `measure` knows: m2, m2, m3, m, m, m, and counts."""


def measure(
    vehicle: Vehicle,
    quantity: str,
    pattern: str = "*",
    *,
    pressurised: bool | None = None,
) -> float:
    """Measure the parts of a vehicle that fit a pattern, from the mesh.

    Parameters
    ----------
    vehicle : Vehicle
        As loaded.
    quantity : str
        ``area`` (one side of all faces), ``side_area`` (without end caps), ``volume``
        (closed solids, overlaps counted twice), ``extent_x``, ``extent_y``,
        ``extent_z`` (body frame), ``parts``, ``triangles``.
    pattern : str
        ``fnmatch`` pattern of ``module.part``; several may be joined by ``|``.
    pressurised : bool, optional
        Only parts whose wall does (or does not) hold an atmosphere.

    Returns
    -------
    float
        Value in m, m2, m3 or a count.

    Raises
    ------
    InputError
        When the quantity is unknown or no part fits.
    """
    if quantity not in QUANTITIES:
        raise bad("measure", "quantity", quantity, f"one of {', '.join(QUANTITIES)}")
    mesh = vehicle.mesh
    chosen = np.array(
        [
            any(fnmatchcase(name, p.strip()) for p in pattern.split("|"))
            and (pressurised is None or part.pressurised == pressurised)
            for name, part in zip(mesh.solid_name, vehicle.parts, strict=True)
        ]
    )
    if not chosen.any():
        raise bad("measure", "pattern", pattern, f"module.part of {vehicle.name}")
    faces = chosen[mesh.face_solid]
    match quantity:
        case "area":
            return float(mesh.areas[faces].sum())
        case "side_area":
            boxes = np.array([part.shape == "box" for part in vehicle.parts])
            side = faces & ((vehicle.face_end == 0) | boxes[mesh.face_solid])
            return float(mesh.areas[side].sum())
        case "volume":
            return float(mesh.solid_volumes()[chosen].sum())
        case "parts":
            return float(chosen.sum())
        case "triangles":
            return float(faces.sum())
        case _:
            along = "xyz".index(quantity[-1])
            return float(np.ptp(mesh.vertices[mesh.triangles[faces], along]))
