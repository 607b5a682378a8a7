"""Divide the faces of a part among its sectors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mmod.errors import InputError, Problem
from mmod.geometry.facets import FIRST_END, SECOND_END
from mmod.geometry.schema import SectorCard
from mmod.geometry.shapes import Shape

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]


def split(
    shape: Shape,
    sectors: Sequence[SectorCard],
    axes: FloatArray,
    frame: FloatArray,
    *,
    by_normal: bool,
    source: str = "<argument>",
    key: str = "part",
) -> IntArray:
    """Return the sector of each face.

    Parameters
    ----------
    shape : Shape
        Placed in the body frame.
    sectors : sequence of SectorCard
        Selections; a face may be in one at most.
    axes : array, shape (3, 3)
        Columns: u, v and the axis of the part in the body frame.
    frame : array, shape (3, 3)
        Body frame from the frame in which sector directions are given.
    by_normal : bool
        True: a ``direction`` selects faces whose normal is within the half angle of
        it (boxes, spheres, mesh files). False: faces whose azimuth about the axis is
        within the half angle of the azimuth of the direction.
    source, key : str
        For error messages.

    Returns
    -------
    array of int32, shape (m,)
        Index into `sectors`, -1 where none selects the face.

    Raises
    ------
    InputError
        When sectors overlap, select nothing, or a direction lies along the axis.

    Notes
    -----
    The azimuth of a face is that of its normal, which both halves of a planar quad
    share, so that borders follow the mesh; for caps (normal along the axis) it is
    that of the centroid. Intervals are half open: the lower border belongs to the
    sector. The number of facets around such a part is a multiple of 8.
    """
    chosen = np.full(len(shape.triangles), -1, dtype=np.int32)
    if not sectors:
        return chosen
    problems: list[Problem] = []
    a, b, c = (shape.vertices[shape.triangles[:, i]] for i in range(3))
    normals = np.cross(b - a, c - a)
    normals /= np.linalg.norm(normals, axis=1)[:, None]
    across = normals @ axes[:, :2]
    cap = np.hypot(across[:, 0], across[:, 1]) < 1e-6
    centre = shape.vertices.min(axis=0) + shape.vertices.max(axis=0)
    radial = ((a + b + c) / 3.0 - 0.5 * centre) @ axes[:, :2]
    across[cap] = radial[cap]
    azimuth = np.degrees(np.arctan2(across[:, 1], across[:, 0]))
    for number, sector in enumerate(sectors):
        where = f"{key}.sector[{number}]"
        if sector.end is not None:
            wanted = {
                "first": (FIRST_END,),
                "second": (SECOND_END,),
                "both": (FIRST_END, SECOND_END),
            }[sector.end]
            inside = np.isin(shape.face_end, wanted)
        elif sector.direction is not None and sector.half_angle_deg is not None:
            direction = frame @ np.array(sector.direction)
            direction /= np.linalg.norm(direction)
            flat = direction @ axes[:, :2]
            if by_normal:
                border = np.cos(np.radians(sector.half_angle_deg))
                inside = normals @ direction > border - 1e-12
            elif np.hypot(*flat) < 1e-6:
                expected = "a direction that is not along the axis of the part"
                problems.append(
                    Problem(source, f"{where}.direction", sector.direction, expected)
                )
                continue
            else:
                middle = np.degrees(np.arctan2(flat[1], flat[0]))
                inside = _between(
                    azimuth,
                    middle - sector.half_angle_deg,
                    middle + sector.half_angle_deg,
                )
        else:
            assert sector.from_deg is not None
            assert sector.to_deg is not None
            inside = _between(azimuth, sector.from_deg, sector.to_deg)
        if not inside.any():
            expected = "a selection that holds at least one face"
            problems.append(Problem(source, where, sector.name, expected))
        if (chosen[inside] >= 0).any():
            other = sectors[int(chosen[inside].max())].name
            expected = f"no face in two sectors (overlaps {other})"
            problems.append(Problem(source, where, sector.name, expected))
        chosen[inside] = number
    if problems:
        raise InputError(problems)
    return chosen


def _between(azimuth: FloatArray, low: float, high: float) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = np.mod(azimuth - low + 1e-9, 360.0) < high - low
    return inside
