"""Triangle mesh of a vehicle: closed solids and two-sided panels, with zones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mmod.errors import InputError, Problem

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]
BoolArray = NDArray[np.bool_]

_NORMAL_GRID = float(2**33)
"""Normals closer than about 1e-10 are made bit-identical."""


@dataclass(frozen=True, eq=False)
class Mesh:
    """Triangles of one vehicle in its body frame.

    A *solid* is either a closed body (watertight, outward normals) or a panel: one
    layer of faces that is hit from both sides. Solids may overlap.

    Parameters
    ----------
    vertices : array of float64, shape (n, 3)
        Positions in the body frame [m].
    triangles : array of int32, shape (m, 3)
        Vertices of each face, counter-clockwise seen from outside.
    face_zone : array of int32, shape (m,)
        Zone of each face.
    face_solid : array of int32, shape (m,)
        Solid of each face.
    solid_name : list of str, length k
        Name of each solid, ``module.part``.
    solid_solidity : array of float64, shape (k,)
        Fraction of the rays that a solid stops, 0 < s <= 1 [-].
    solid_is_panel : array of bool, shape (k,)
        True for a single layer of two-sided faces.
    solid_is_thin : array of bool, shape (k,)
        True for truss, arrays and radiators, to which the ``shadowing`` switch of a
        run applies.

    Raises
    ------
    InputError
        When shapes, index ranges or values are wrong; every problem is listed.

    Notes
    -----
    Arrays are made C-contiguous and read-only. Geometry (closure, orientation,
    degenerate faces) is not judged here but in `mmod.geometry.checks.check_mesh`.
    """

    vertices: FloatArray
    triangles: IntArray
    face_zone: IntArray
    face_solid: IntArray
    solid_name: list[str]
    solid_solidity: FloatArray
    solid_is_panel: BoolArray
    solid_is_thin: BoolArray

    def __post_init__(self) -> None:
        kinds = {
            "vertices": np.float64,
            "triangles": np.int32,
            "face_zone": np.int32,
            "face_solid": np.int32,
            "solid_solidity": np.float64,
            "solid_is_panel": np.bool_,
            "solid_is_thin": np.bool_,
        }
        array: NDArray[np.generic]
        for name, kind in kinds.items():
            array = np.ascontiguousarray(getattr(self, name), dtype=kind)
            if array.flags.writeable:
                array = array.copy() if array is getattr(self, name) else array
                array.flags.writeable = False
            object.__setattr__(self, name, array)
        object.__setattr__(self, "solid_name", list(self.solid_name))
        problems = list(self._problems())
        if problems:
            raise InputError(problems)

    def _problems(self) -> list[Problem]:
        found: list[Problem] = []

        def add(key: str, value: object, expected: str) -> None:
            found.append(Problem("mesh", key, value, expected))

        faces, solids = len(self.triangles), len(self.solid_name)
        shapes: dict[str, tuple[int, ...]] = {
            "vertices": (len(self.vertices), 3),
            "triangles": (faces, 3),
            "face_zone": (faces,),
            "face_solid": (faces,),
            "solid_solidity": (solids,),
            "solid_is_panel": (solids,),
            "solid_is_thin": (solids,),
        }
        for name, shape in shapes.items():
            if getattr(self, name).shape != shape:
                add(name, getattr(self, name).shape, f"an array of shape {shape}")
        if found:
            return found
        if faces == 0:
            add("triangles", 0, "at least one face")
            return found
        wrong = np.flatnonzero(~np.isfinite(self.vertices).all(axis=1))
        if wrong.size:
            add(f"vertices[{wrong[0]}]", self.vertices[wrong[0]].tolist(), "finite")
        for name, limit in (("triangles", len(self.vertices)), ("face_solid", solids)):
            array = getattr(self, name)
            if array.min() < 0 or array.max() >= limit:
                worst = int(array.max() if array.max() >= limit else array.min())
                add(name, worst, f"indices from 0 to {limit - 1}")
        if self.face_zone.min() < 0:
            add("face_zone", int(self.face_zone.min()), "indices from 0")
        with np.errstate(invalid="ignore"):
            outside = ~((self.solid_solidity > 0.0) & (self.solid_solidity <= 1.0))
        for solid in np.flatnonzero(outside):
            name = f"solid_solidity[{self.solid_name[solid]}]"
            add(name, float(self.solid_solidity[solid]), "0 < solidity <= 1")
        return found

    @property
    def n_faces(self) -> int:
        """Number of triangles."""
        return len(self.triangles)

    @cached_property
    def _cross(self) -> FloatArray:
        a, b, c = (self.vertices[self.triangles[:, i]] for i in range(3))
        cross: FloatArray = np.cross(b - a, c - a)
        return cross

    @cached_property
    def areas(self) -> FloatArray:
        """Area of one side of each face, shape (m,) [m2]."""
        areas: FloatArray = 0.5 * np.linalg.norm(self._cross, axis=1)
        return _frozen(areas)

    @cached_property
    def normals(self) -> FloatArray:
        """Outward unit normals, shape (m, 3), body frame.

        Faces whose normals agree to about 1e-10 (the two halves of a planar quad, a
        column of a cylinder, all of a panel) carry bit-identical normals, so that
        work that depends on the normal alone can be done once per direction.
        Zero-area faces have NaN normals.
        """
        with np.errstate(invalid="ignore", divide="ignore"):
            normals = self._cross / (2.0 * self.areas[:, None])
        return _frozen(_snap(normals))

    @cached_property
    def centroids(self) -> FloatArray:
        """Centroid of each face, shape (m, 3), body frame [m]."""
        centroids: FloatArray = self.vertices[self.triangles].mean(axis=1)
        return _frozen(centroids)

    @cached_property
    def two_sided(self) -> BoolArray:
        """True for faces of panels, shape (m,)."""
        flags: BoolArray = self.solid_is_panel[self.face_solid]
        flags.flags.writeable = False
        return flags

    def bounding_sphere(self) -> tuple[FloatArray, float]:
        """Return a sphere that holds the whole mesh (not the smallest one).

        Returns
        -------
        centre : array, shape (3,)
            Centre of the bounding box, body frame [m].
        radius : float
            Distance of the farthest vertex from it [m].
        """
        used = self.vertices[np.unique(self.triangles)]
        centre: FloatArray = 0.5 * (used.min(axis=0) + used.max(axis=0))
        radius = float(np.sqrt(((used - centre) ** 2).sum(axis=1).max()))
        return centre, radius

    def solid_volumes(self) -> FloatArray:
        """Return the signed volume of each solid, shape (k,) [m3].

        Positive for a closed solid with outward normals; meaningless for panels,
        where it is zero by decision.
        """
        corner = self.vertices[self.triangles[:, 0]]
        # relative to a vertex of the solid: no cancellation far from the origin
        first = np.zeros(len(self.solid_name), dtype=np.int64)
        first[self.face_solid[::-1]] = self.triangles[::-1, 0]
        arm = corner - self.vertices[first[self.face_solid]]
        sixth = np.einsum("ij,ij->i", arm, self._cross) / 6.0
        volumes = np.zeros(len(self.solid_name))
        np.add.at(volumes, self.face_solid, sixth)
        volumes[self.solid_is_panel] = 0.0
        return volumes

    @classmethod
    def concatenate(cls, meshes: Sequence[Mesh]) -> Mesh:
        """Join meshes that share one zone numbering.

        Parameters
        ----------
        meshes : sequence of Mesh
            At least one. Vertices and solids are renumbered, zones are kept.

        Returns
        -------
        Mesh
            All faces, in the order given. Vertices are not merged.

        Raises
        ------
        InputError
            When there is nothing to join.
        """
        if not meshes:
            raise InputError(Problem("mesh", "meshes", 0, "at least one mesh"))
        vertices = np.cumsum([0, *(len(m.vertices) for m in meshes)])
        solids = np.cumsum([0, *(len(m.solid_name) for m in meshes)])
        joined = {
            f.name: np.concatenate([getattr(m, f.name) for m in meshes])
            for f in fields(cls)
            if f.name not in ("triangles", "face_solid", "solid_name")
        }
        return cls(
            triangles=np.concatenate(
                [m.triangles + v for m, v in zip(meshes, vertices, strict=False)]
            ),
            face_solid=np.concatenate(
                [m.face_solid + s for m, s in zip(meshes, solids, strict=False)]
            ),
            solid_name=[name for m in meshes for name in m.solid_name],
            **joined,
        )


def _frozen(array: FloatArray) -> FloatArray:
    array.flags.writeable = False
    return array


def _snap(normals: FloatArray) -> FloatArray:
    """Replace normals that agree to ~1e-10 by the first of their group."""
    good = np.isfinite(normals).all(axis=1)
    cells = np.zeros(normals.shape, dtype=np.int64)
    cells[good] = np.rint(normals[good] * _NORMAL_GRID).astype(np.int64)
    odd = np.array(
        [0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], dtype=np.uint64
    )
    key = (cells.view(np.uint64) * odd).sum(axis=1, dtype=np.uint64)
    _, first, group = np.unique(key, return_index=True, return_inverse=True)
    snapped: FloatArray = normals[first[group]]
    keep = ~good | (np.abs(snapped - normals).max(axis=1) > 2.0 / _NORMAL_GRID)
    snapped[keep] = normals[keep]
    return snapped + 0.0
