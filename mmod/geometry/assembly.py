"""From vehicle cards to a flat list of placed parts, before anything is meshed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mmod.errors import InputError, Problem
from mmod.geometry.schema import PartCard, VehicleCard, read_card
from mmod.library import resolve, sha256

FloatArray = NDArray[np.float64]
MAX_TRIANGLES = 4_000_000
"""A vehicle with more faces than this is refused: the element size is a slip."""


@dataclass
class Placed:
    """One part of a card with its placement in the outermost frame.

    Parameters
    ----------
    card : PartCard
        What the card says.
    module : str
        Module, possibly renamed by an including card.
    axes : array, shape (3, 3)
        Columns: u, v and the axis of the part.
    position : array, shape (3,)
        Its reference point [m].
    frame : array, shape (3, 3)
        Rotation from the frame of its card, in which sector directions are given.
    h : float
        Element size [m].
    path, key : Path, str
        Where it is defined, for messages.
    """

    card: PartCard
    module: str
    axes: FloatArray
    position: FloatArray
    frame: FloatArray
    h: float
    path: Path
    key: str


@dataclass
class Reading:
    """What is gathered while cards are opened.

    Parameters
    ----------
    rolls : dict
        Rolls asked for by module [deg]; used ones are taken out.
    problems : list of Problem
        Everything that is wrong so far.
    files : dict
        Files read -> SHA-256.
    omitted : list of str
        What the cards say they leave out.
    """

    rolls: dict[str, float]
    problems: list[Problem] = field(default_factory=list)
    files: dict[Path, str] = field(default_factory=dict)
    omitted: list[str] = field(default_factory=list)


def expand(
    path: Path,
    frame: FloatArray,
    origin: FloatArray,
    stack: tuple[Path, ...],
    h: float | None,
    reading: Reading,
) -> tuple[VehicleCard | None, list[Placed]]:
    """Read a card and those that it includes.

    Parameters
    ----------
    path : Path
        The card.
    frame : array, shape (3, 3)
        Rotation from the frame of this card to the outermost frame.
    origin : array, shape (3,)
        Its origin in the outermost frame [m].
    stack : tuple of Path
        Cards that led here, outermost first.
    h : float, optional
        Element size asked for by an including card [m].
    reading : Reading
        Gathers problems, files and omissions.

    Returns
    -------
    card : VehicleCard or None
        None when it could not be read.
    parts : list of Placed
        Parts in the outermost frame, included ones first.
    """
    try:
        card = read_card(path)
        reading.files[path] = sha256(path)
    except InputError as error:
        reading.problems.extend(error.problems)
        return None, []
    parts: list[Placed] = []
    for i, include in enumerate(card.include):
        key = f"include[{i}]"
        try:
            other = resolve(
                "vehicle",
                include.card,
                relative_to=path.parent,
                source=str(path),
                key=f"{key}.card",
            )
        except InputError as error:
            reading.problems.extend(error.problems)
            continue
        if other.resolve() in {p.resolve() for p in (*stack, path)}:
            reading.problems.append(
                Problem(str(path), f"{key}.card", include.card, "no circle of includes")
            )
            continue
        label = include.module or include.card
        roll = math.radians(reading.rolls.pop(label, include.roll_deg))
        inner = frame @ _placement(include.x_axis, include.y_axis, roll)
        _, inside = expand(
            other,
            inner,
            origin + frame @ np.array(include.position_m),
            (*stack, path),
            include.element_size_m or h,
            reading,
        )
        inside = [p for p in inside if not p.card.free_only]
        if include.module is not None:
            modules = {p.module for p in inside}
            if len(modules) > 1:
                reading.problems.append(
                    Problem(
                        str(path),
                        f"{key}.module",
                        include.module,
                        f"a card with one module, not {len(modules)}",
                    )
                )
            for placed in inside:
                placed.module = include.module
        parts.extend(inside)
    for i, part in enumerate(card.part):
        parts.append(
            Placed(
                card=part,
                module=part.module,
                axes=frame @ _axes(part.axis, part.u),
                position=origin + frame @ np.array(part.position_m),
                frame=frame,
                h=part.element_size_m or h or card.element_size_m,
                path=path,
                key=f"part[{i}]",
            )
        )
    for i, shift in enumerate(card.shift):
        hits = [
            p for p in parts if any(fnmatchcase(p.module, m) for m in shift.modules)
        ]
        if not hits:
            reading.problems.append(
                Problem(str(path), f"shift[{i}].modules", shift.modules, "modules here")
            )
        for placed in hits:
            placed.position = placed.position + frame @ np.array(shift.offset_m)
    reading.omitted.extend(o for o in card.omitted if o not in reading.omitted)
    return card, parts


def _placement(x_axis: list[float], y_axis: list[float], roll: float) -> FloatArray:
    x, y = np.array(x_axis), np.array(y_axis)
    base: FloatArray = np.stack([x, y, np.cross(x, y)], axis=1)
    c, s = math.cos(roll), math.sin(roll)
    c, s = (0.0 if abs(v) < 1e-15 else v for v in (c, s))
    about_x = np.array([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])
    placement: FloatArray = base @ about_x
    return placement


def _axes(axis: list[float], u: list[float] | None) -> FloatArray:
    w = np.array(axis) / math.hypot(*axis)
    if u is None:  # the body axis (x first) that is farthest from the axis
        guess = np.zeros(3)
        guess[int(np.argmin(np.round(np.abs(w), 9)))] = 1.0
    else:
        guess = np.array(u)
    along = guess - w * (w @ guess)
    along /= math.hypot(*along)
    return np.stack([along, np.cross(w, along), w], axis=1)


def resize(
    parts: list[Placed],
    element_size: float | Mapping[str, float] | None,
    vehicle: str,
    problems: list[Problem],
) -> None:
    """Set other element sizes than the card's.

    Parameters
    ----------
    parts : list of Placed
        Changed in place.
    element_size : float or mapping, optional
        See `mmod.geometry.vehicle.load_vehicle` [m].
    vehicle : str
        Name of the vehicle.
    problems : list of Problem
        Gains bad sizes and patterns that fit nothing.
    """
    if element_size is None:
        return
    table = element_size if isinstance(element_size, Mapping) else {"*": element_size}
    for pattern, h in table.items():
        key = f"element_size[{pattern}]"
        if isinstance(h, bool) or not 1e-3 <= h <= 100.0:
            expected = "a length from 0.001 to 100 m"
            problems.append(Problem("<argument>", key, h, expected))
            continue
        hits = [part for part in parts if _fits(part, pattern, vehicle)]
        for part in hits:
            part.h = float(h)
        if not hits:
            expected = f"a pattern that fits a module or module.part of {vehicle}"
            problems.append(Problem("<argument>", key, pattern, expected))


def _fits(part: Placed, pattern: str, vehicle: str) -> bool:
    name = f"{part.module}.{part.card.name}"
    names = (part.module, name, f"{vehicle}.{name}")
    return any(fnmatchcase(n, pattern) for n in names)


def check_names(parts: list[Placed], problems: list[Problem]) -> None:
    """Find names of parts and sectors that are used twice.

    Parameters
    ----------
    parts : list of Placed
        All parts of the vehicle.
    problems : list of Problem
        Gains one entry for each name.
    """
    seen: dict[str, str] = {}
    for part in parts:
        for name in (part.card.name, *(s.name for s in part.card.sector)):
            full = f"{part.module}.{name}"
            if full in seen:
                expected = f"a name used once in the vehicle (also {seen[full]})"
                problems.append(
                    Problem(str(part.path), f"{part.key}.name", full, expected)
                )
            seen[full] = part.key


def check_size(parts: list[Placed], problems: list[Problem]) -> None:
    """Find element sizes that would give an absurd number of faces.

    Parameters
    ----------
    parts : list of Placed
        All parts of the vehicle.
    problems : list of Problem
        Gains one entry when the vehicle is too large, naming its largest part.
    """
    known = [p for p in parts if math.isfinite(p.card.side_area)]
    faces = [2.0 * p.card.side_area / p.h**2 for p in known]
    if sum(faces) > MAX_TRIANGLES:
        part = known[faces.index(max(faces))]
        expected = f"elements so large that there are <= {MAX_TRIANGLES} triangles"
        key = f"{part.key}.element_size_m"
        problems.append(Problem(str(part.path), key, part.h, expected))
