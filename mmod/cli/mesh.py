"""Mesh a vehicle and check it: counts, areas, volumes, closedness.

Try:
  mmod mesh soyuz_ms
  mmod mesh iss_2018_soyuz_ms09 --vtu iss.vtu
  mmod mesh ./my_vehicle --element-size 0.2 --json

Areas are those of the mesh: what other parts cover or shadow is not taken off.
Certainty of the geometry: S cited source, M recalled and unverified, E estimate. A mesh
that is open, inverted, or has zero-area or doubled faces is refused, and so is a part
that lies on others with all its faces. Where only some faces of two parts coincide, a
flag says so: both are hit there in full.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmod.cli.arguments import folder_of
from mmod.cli.output import Answer, table

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from mmod.geometry.checks import MeshReport
    from mmod.geometry.vehicle import Vehicle


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    parser.add_argument(
        "vehicle", metavar="VEHICLE", help="name in the library, or a path"
    )
    parser.add_argument(
        "--element-size", type=float, metavar="M", help="for all parts [m]"
    )
    parser.add_argument(
        "--vtu", type=Path, metavar="FILE", help="write the mesh for ParaView"
    )


def answer(arguments: argparse.Namespace) -> Answer:
    """Mesh, check and describe the vehicle."""
    from mmod.geometry.checks import check_mesh
    from mmod.geometry.vehicle import load_vehicle

    name = arguments.vehicle
    vehicle = load_vehicle(
        name, relative_to=folder_of(name), element_size=arguments.element_size
    )
    found = check_mesh(vehicle)
    found.raise_if_bad()
    if arguments.vtu is not None:
        _write(vehicle, arguments.vtu)
    description = describe(vehicle, found)
    if arguments.vtu is not None:
        description["written"] = arguments.vtu
    return Answer(
        text=lambda: _text(description),
        document=lambda: description,
    )


def describe(vehicle: Vehicle, found: MeshReport) -> dict[str, Any]:
    """Return counts, areas, volumes and checks of a vehicle.

    Parameters
    ----------
    vehicle : Vehicle
        The vehicle.
    found : MeshReport
        What `mmod.geometry.checks.check_mesh` found.

    Returns
    -------
    dict
        Areas [m2] count both sides of panels; volumes [m3] are those of closed solids.
    """
    import numpy as np

    mesh = vehicle.mesh
    sides = np.where(mesh.two_sided, 2.0, 1.0) * mesh.areas
    zone_faces = np.bincount(mesh.face_zone, minlength=len(vehicle.zones))
    zone_area = np.bincount(mesh.face_zone, weights=sides, minlength=len(vehicle.zones))
    solid_area = np.bincount(
        mesh.face_solid, weights=sides, minlength=len(mesh.solid_name)
    )
    centre, radius = mesh.bounding_sphere()
    return {
        "vehicle": vehicle.name,
        "title": vehicle.title,
        "card": vehicle.card,
        "frame": vehicle.frame,
        "notes": vehicle.notes,
        "omitted": vehicle.omitted,
        "faces": found.n_faces,
        "vertices": found.n_vertices,
        "area_m2": float(sides.sum()),
        "volume_m3": found.volume,
        "bounding_sphere": {"centre_m": centre, "radius_m": radius},
        "zones": [
            {
                "name": zone.name,
                "module": zone.module,
                "shield": zone.shield,
                "certainty": zone.certainty,
                "pressurised": zone.pressurised,
                "faces": int(faces),
                "area_m2": float(area),
            }
            for zone, faces, area in zip(
                vehicle.zones, zone_faces, zone_area, strict=True
            )
        ],
        "solids": [
            {
                "name": name,
                "panel": bool(panel),
                "thin": bool(thin),
                "solidity": float(solidity),
                "area_m2": float(area),
                "volume_m3": float(volume),
            }
            for name, panel, thin, solidity, area, volume in zip(
                mesh.solid_name,
                mesh.solid_is_panel,
                mesh.solid_is_thin,
                mesh.solid_solidity,
                solid_area,
                mesh.solid_volumes(),
                strict=True,
            )
        ],
        "checks": {
            "zero_area_faces": len(found.degenerate_faces),
            "duplicated_faces": len(found.duplicate_faces),
            "flipped_faces": len(found.flipped_faces),
            "open_faces": len(found.open_faces),
            "inverted_solids": len(found.inverted_solids),
            "empty_zones": len(found.empty_zones),
            "coincident_faces": len(found.coincident_faces),
        },
        "flags": found.flags,
        "sources": vehicle.sources,
    }


def _text(description: dict[str, Any]) -> str:
    zones, solids = description["zones"], description["solids"]
    closed = sum(not solid["panel"] for solid in solids)
    sphere = description["bounding_sphere"]
    checks = {k.replace("_", " "): v for k, v in description["checks"].items()}
    facts = {
        "frame": description["frame"],
        "faces": f"{description['faces']} on {description['vertices']} vertices",
        "solids": f"{closed} closed, {len(solids) - closed} panels",
        "area": f"{description['area_m2']:.4g} m2 (both sides of panels; covered too)",
        "volume": f"{description['volume_m3']:.4g} m3 (overlaps count twice)",
        "radius": f"{sphere['radius_m']:.4g} m about the centre",
    }
    lines = [f"{description['vehicle']}: {description['title']}"]
    lines += [f"{key:<8}{value}" for key, value in facts.items()]
    if description["omitted"]:
        lines.append(f"left out: {', '.join(description['omitted'])}")
    rows: list[tuple[str, str, str, str, str]] = [
        ("zone", "shield", "faces", "area m2", "certainty"),
        *(
            (
                zone["name"],
                zone["shield"],
                f"{zone['faces']:>6}",
                f"{zone['area_m2']:>8.3f}",
                zone["certainty"],
            )
            for zone in zones
        ),
    ]
    lines += ["", table(rows, indent=""), ""]
    letters = {"S", "M", "E"}
    if any(letters >= set(zone["certainty"].split("+")) for zone in zones):
        lines.append(
            "certainty of the geometry: S cited source, M recalled and unverified,"
            " E estimate"
        )
    lines.append("checks  " + ", ".join(f"{k} {v}" for k, v in checks.items()))
    lines += [f"flag: {flag}" for flag in description["flags"]]
    if "written" in description:
        lines.append(f"written: {description['written']}")
    return "\n".join(lines)


def _write(vehicle: Vehicle, path: Path) -> None:
    from mmod.geometry.writers import write_vtu

    mesh = vehicle.mesh
    values: dict[str, ArrayLike] = {
        "zone": mesh.face_zone,
        "solid": mesh.face_solid,
        "normal": mesh.normals,
        "area_m2": mesh.areas,
        "two_sided": mesh.two_sided,
    }
    write_vtu(path, mesh, values)
