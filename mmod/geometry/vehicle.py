"""Vehicles: a card of parts becomes one mesh with zones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mmod.errors import InputError, Problem, bad
from mmod.geometry import shapes
from mmod.geometry.assembly import (
    Placed,
    Reading,
    check_names,
    check_size,
    expand,
    resize,
)
from mmod.geometry.checks import check_mesh
from mmod.geometry.mesh import Mesh
from mmod.geometry.schema import MeshFileCard, SectorCard
from mmod.geometry.sectors import split
from mmod.library import distinct_labels, resolve, sha256


@dataclass(frozen=True)
class Zone:
    """A named set of faces behind one shield.

    Parameters
    ----------
    name : str
        ``vehicle.module.part``.
    module : str
        Module the zone belongs to.
    shield : str
        Name of a shield card, or its path relative to the folder of ``card``.
    certainty : str
        S sourced, M recalled and unverified, E estimate (joined by +), or definition.
    source, note, articulation : str
        Where size and place come from; what to know; how the part moves in reality.
    pressurised : bool
        True where the wall holds crew or cargo atmosphere.
    card : Path, optional
        The vehicle card that names the shield; with includes, not that of the vehicle.
    """

    name: str
    module: str
    shield: str
    certainty: str
    source: str
    note: str
    pressurised: bool
    articulation: str = ""
    card: Path | None = None


@dataclass(frozen=True)
class PlacedPart:
    """A part of the vehicle as built: one solid or panel of the mesh.

    Parameters
    ----------
    module, name, shape : str
        From the card.
    position : tuple of float
        Reference point in the body frame [m].
    axis : tuple of float
        Unit axis or normal in the body frame.
    side_area : float
        True area of the side without end caps, one side of a panel [m2]; NaN for a
        mesh file.
    element_size : float
        Element size used [m].
    pressurised : bool
        From the card.
    """

    module: str
    name: str
    shape: str
    position: tuple[float, float, float]
    axis: tuple[float, float, float]
    side_area: float
    element_size: float
    pressurised: bool


@dataclass(frozen=True, eq=False)
class Vehicle:
    """A vehicle ready for the engine.

    Parameters
    ----------
    name, title : str
        Folder (or file) name of the card; its title.
    mesh : Mesh
        Body frame, metres.
    zones : tuple of Zone
        ``mesh.face_zone`` points into it.
    omitted : list of str
        What the model leaves out.
    card : Path
        The card.
    sources : dict
        Files that were read, as ``folder/file`` -> SHA-256; included cards and mesh
        files too.
    notes : str
        From the card.
    frame : str
        The card's words on its axes.
    parts : tuple of PlacedPart
        One per solid of the mesh, in the same order.
    face_end : array of int8, shape (m,)
        0 side, 1 cap at the first end, 2 cap at the second end.
    flags : tuple of str
        What `mmod.geometry.checks.check_mesh` found and did not refuse.
    """

    name: str
    title: str
    mesh: Mesh
    zones: tuple[Zone, ...]
    omitted: list[str]
    card: Path
    sources: dict[str, str]
    notes: str
    frame: str
    parts: tuple[PlacedPart, ...]
    face_end: NDArray[np.int8]
    flags: tuple[str, ...] = ()


def load_vehicle(
    name_or_path: str | Path,
    *,
    relative_to: Path | None = None,
    element_size: float | Mapping[str, float] | None = None,
    roll_deg: Mapping[str, float] | None = None,
    area_preserving: bool = True,
) -> Vehicle:
    """Read a vehicle card, mesh its parts and check the mesh.

    Parameters
    ----------
    name_or_path : str or Path
        Library name or path of a card.
    relative_to : Path, optional
        Folder of the file that names the vehicle.
    element_size : float or mapping, optional
        Element size [m] instead of the card's: one for all parts, or by pattern
        (``fnmatch``) of a module, ``module.part`` or ``vehicle.module.part``; the
        last pattern that fits wins.
    roll_deg : mapping, optional
        Roll [deg] of an included card by its module (or card) name, instead of the
        one in the card, for attitudes that are not known.
    area_preserving : bool
        Scale polygons so that the areas of curved sides are exact (default); False
        leaves the vertices on the true surfaces, for convergence tests.

    Returns
    -------
    Vehicle
        Mesh and zones.

    Raises
    ------
    InputError
        Every problem found: unknown or missing keys, values out of range, sectors
        that overlap, names used twice, unreadable files, open, inverted or degenerate
        meshes, doubled parts.

    Notes
    -----
    Solids are closed with end caps that belong to the zone of their part and may
    overlap each other: a face inside another solid is dark. Faces of two parts that
    coincide are both hit; a part that only does that is refused, others are flagged.
    Report exposed area, not mesh area.
    """
    path = resolve("vehicle", str(name_or_path), relative_to=relative_to)
    name = path.parent.name if path.name == "vehicle.toml" else path.stem
    reading = Reading(dict(roll_deg or {}))
    for key, roll in reading.rolls.items():
        if not -360.0 <= roll <= 360.0:
            expected = "an angle from -360 to 360 deg"
            raise bad("<argument>", f"roll_deg[{key}]", roll, expected)
    card, parts = expand(path, np.eye(3), np.zeros(3), (), None, reading)
    for key in sorted(reading.rolls):
        expected = "the module of a card that is included"
        reading.problems.append(Problem("<argument>", "roll_deg", key, expected))
    if card is None or not parts:
        raise InputError(reading.problems or [Problem(str(path), "part", 0, "parts")])
    resize(parts, element_size, name, reading.problems)
    check_names(parts, reading.problems)
    check_size(parts, reading.problems)
    if reading.problems:
        raise InputError(reading.problems)
    mesh, zones, placed, ends = _build(name, parts, area_preserving, reading)
    vehicle = Vehicle(
        name=name,
        title=card.title,
        mesh=mesh,
        zones=zones,
        omitted=reading.omitted,
        card=path,
        sources=_labels(reading.files),
        notes=card.notes,
        frame=card.frame,
        parts=placed,
        face_end=ends,
    )
    found = check_mesh(vehicle)
    found.raise_if_bad()
    return replace(vehicle, flags=tuple(found.flags))


def _labels(files: dict[Path, str]) -> dict[str, str]:
    """Name files by folder and file, which is the same on every machine."""
    labels = distinct_labels([("", path) for path in files], parents=1)
    return dict(zip(labels, files.values(), strict=True))


def _shape(part: Placed, exact: bool, reading: Reading) -> shapes.Shape:
    """Mesh a part in its local frame."""
    card, h = part.card, part.h
    multiple = 8 if card.sector else 4
    match card.shape:
        case "cylinder":
            return shapes.cylinder(
                card.radius_m, card.length_m, h, exact=exact, multiple=multiple
            )
        case "frustum":
            return shapes.frustum(
                card.radius_m,
                card.radius_2_m,
                card.length_m,
                h,
                exact=exact,
                multiple=multiple,
            )
        case "dome":
            return shapes.dome(
                card.radius_m, card.length_m, h, exact=exact, multiple=multiple
            )
        case "sphere":
            return shapes.sphere(card.radius_m, h, exact=exact, multiple=multiple)
        case "box":
            return shapes.box(card.size_m, h)
        case "panel":
            return shapes.panel(card.size_m, h)
        case "disk":
            return shapes.disk(card.radius_m, h, exact=exact)
        case "mesh":
            return _external(card, part, reading)


def _external(card: MeshFileCard, part: Placed, reading: Reading) -> shapes.Shape:
    from mmod.geometry.readers import read_surface

    file = part.path.parent / card.file
    if not file.is_file():
        raise bad(part.path, f"{part.key}.file", card.file, "an existing mesh file")
    shape = read_surface(file, unit=card.unit_m, closed=card.closed)
    reading.files[file] = sha256(file)
    return shape


def _build(
    vehicle: str, parts: list[Placed], exact: bool, reading: Reading
) -> tuple[Mesh, tuple[Zone, ...], tuple[PlacedPart, ...], NDArray[np.int8]]:
    meshes: list[Mesh] = []
    zones: list[Zone] = []
    placed: list[PlacedPart] = []
    ends: list[NDArray[np.int8]] = []
    for part in parts:
        card = part.card
        try:
            local = _shape(part, exact, reading)
            shape = shapes.place(local, part.position, part.axes)
            chosen = split(
                shape,
                card.sector,
                part.axes,
                part.frame,
                by_normal=card.shape in ("box", "sphere", "mesh"),
                source=str(part.path),
                key=part.key,
            )
        except InputError as error:
            reading.problems.extend(error.problems)
            continue
        face_zone = np.full(len(chosen), -1, dtype=np.int32)
        options: list[SectorCard | None] = [None, *card.sector]
        for number, sector in enumerate(options, start=-1):
            faces = chosen == number
            if faces.any():
                face_zone[faces] = len(zones)
                zones.append(_zone(vehicle, part, sector))
        meshes.append(
            Mesh(
                vertices=shape.vertices,
                triangles=shape.triangles,
                face_zone=face_zone,
                face_solid=np.zeros(len(chosen), dtype=np.int32),
                solid_name=[f"{part.module}.{card.name}"],
                solid_solidity=np.array([card.solidity]),
                solid_is_panel=np.array([shape.two_sided]),
                solid_is_thin=np.array([card.thin]),
            )
        )
        x, y, z = part.position.tolist()
        a, b, c = part.axes[:, 2].tolist()
        placed.append(
            PlacedPart(
                part.module,
                card.name,
                card.shape,
                (x, y, z),
                (a, b, c),
                card.side_area,
                part.h,
                card.pressurised,
            )
        )
        ends.append(shape.face_end)
    if reading.problems:
        raise InputError(reading.problems)
    return Mesh.concatenate(meshes), tuple(zones), tuple(placed), np.concatenate(ends)


def _zone(vehicle: str, part: Placed, sector: SectorCard | None) -> Zone:
    card = part.card
    own = card if sector is None else sector
    return Zone(
        name=f"{vehicle}.{part.module}.{own.name}",
        module=part.module,
        shield=own.shield or card.shield,
        certainty=own.certainty or card.certainty,
        source=own.source or card.source,
        note=own.note or card.note,
        pressurised=card.pressurised,
        articulation=card.articulation,
        card=part.path,
    )
