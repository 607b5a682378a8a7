"""Read surfaces from mesh files (STL, OBJ, PLY, VTU) as parts of a vehicle."""

from __future__ import annotations

import contextlib
import io
import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmod.errors import InputError, Problem, bad
from mmod.geometry.checks import check_mesh
from mmod.geometry.mesh import Mesh
from mmod.geometry.shapes import Shape

FORMATS = (".obj", ".ply", ".stl", ".vtu")
"""Endings of the files that can be read."""
JOIN = 1e-7
"""Vertices closer than this times the size of the mesh become one."""


def read_surface(path: Path, *, unit: float, closed: bool = True) -> Shape:
    """Read a triangulated surface.

    Parameters
    ----------
    path : Path
        An STL, OBJ, PLY or VTU file with triangles or quads.
    unit : float
        Length of one unit of the file [m], for example 0.001 for millimetres.
    closed : bool
        True: a closed solid with outward normals. False: a thin sheet that is hit
        from both sides.

    Returns
    -------
    Shape
        Faces in metres; vertices at the same place are joined.

    Raises
    ------
    InputError
        When meshio is not installed, the file cannot be read, holds no faces or
        non-finite coordinates, or the surface is open, inverted or has zero-area,
        duplicated or flipped faces (each named).

    Notes
    -----
    Vertices are joined within 1e-7 of the size of the mesh, because STL stores every
    corner of every triangle by itself, in single precision. Faces that this turns
    into lines are reported as zero-area faces, not dropped: nothing is repaired.
    """
    if not (math.isfinite(unit) and unit > 0.0):
        raise bad(path, "unit_m", unit, "a length > 0 [m]")
    if path.suffix.lower() not in FORMATS:
        raise bad(path, "file", path.suffix, f"one of {', '.join(FORMATS)}")
    points, triangles = _read(path)
    if not len(triangles):
        raise bad(path, "cells", 0, "triangles or quads")
    if points.shape[1:] != (3,):
        raise bad(path, "points", points.shape, "three coordinates per point")
    used = points[np.unique(triangles)]
    if not np.isfinite(used).all():
        at = np.flatnonzero(~np.isfinite(points).all(axis=1))[0]
        raise bad(path, f"points[{at}]", points[at].tolist(), "finite coordinates")
    vertices, triangles = _join(points * unit, triangles)
    mesh = Mesh(
        vertices=vertices,
        triangles=triangles.astype(np.int32),
        face_zone=np.zeros(len(triangles), np.int32),
        face_solid=np.zeros(len(triangles), np.int32),
        solid_name=[path.name],
        solid_solidity=np.ones(1),
        solid_is_panel=np.array([not closed]),
        solid_is_thin=np.zeros(1, np.bool_),
    )
    problems = [
        Problem(str(path), problem.key, problem.value, problem.expected)
        for problem in check_mesh(mesh).problems
    ]
    if problems:
        raise InputError(problems)
    ends = np.zeros(len(triangles), np.int8)
    return Shape(mesh.vertices, mesh.triangles, ends, two_sided=not closed)


def _read(path: Path) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    try:
        import meshio
    except ImportError:
        expected = "the package meshio, which reads it (pip install meshio)"
        raise bad(path, "file", path.name, expected) from None
    said = io.StringIO()
    try:
        # on some failures meshio prints and calls sys.exit; to tell text from binary
        # STL it takes words of the text for a count, which overflows with a warning
        with (
            contextlib.redirect_stdout(said),
            contextlib.redirect_stderr(said),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")
            data: Any = meshio.read(path)
    except (Exception, SystemExit) as error:  # noqa: BLE001
        text = str(error) if isinstance(error, Exception) else said.getvalue()
        reason = " ".join(text.split())[:200] or type(error).__name__
        raise bad(path, "file", reason, "a readable mesh file") from None
    faces: list[NDArray[np.int64]] = []
    for block in data.cells:
        cells = np.asarray(block.data, dtype=np.int64)
        if block.type == "triangle":
            faces.append(cells)
        elif block.type == "quad":
            faces.append(cells[:, [[0, 1, 2], [0, 2, 3]]].reshape(-1, 3))
        elif block.type not in ("vertex", "line"):
            raise bad(path, "cells", block.type, "triangles or quads alone")
    joined = np.concatenate(faces) if faces else np.zeros((0, 3), np.int64)
    return np.asarray(data.points, dtype=np.float64), joined


def _join(
    points: NDArray[np.float64], triangles: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Give vertices at the same place one number; drop unused ones."""
    from scipy.spatial import cKDTree

    used, local = np.unique(triangles, return_inverse=True)
    points = points[used]
    reach = JOIN * float(np.ptp(points, axis=0).max())
    representative = np.arange(len(points))
    pairs = cKDTree(points).query_pairs(reach, output_type="ndarray")
    if len(pairs):
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        ones = np.ones(len(pairs), np.int8)
        graph = coo_array((ones, (pairs[:, 0], pairs[:, 1])), (len(points),) * 2)
        _, representative = connected_components(graph, directed=False)
    _, first, inverse = np.unique(
        representative, return_index=True, return_inverse=True
    )
    return points[first], inverse[local].reshape(-1, 3)
