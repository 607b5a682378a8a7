"""Find faces of two parts that lie on each other, which rays cannot tell apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mmod.geometry.mesh import Mesh

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

GAP = 2e-7
"""Faces closer than this share of the mesh's extent coincide: rays start off their face
by 1e-7 of it, so neither of the two shadows the other."""
_EDGE = 1e-6
"""Share of a triangle by which a point may lie outside: centroids on a common edge."""
_TURN = np.linalg.qr([[0.59, 0.27, 0.76], [0.31, 0.83, -0.47], [-0.71, 0.41, 0.63]])[0]
"""Axes off those of parts, so that no ray runs into an edge."""
_BLOCK, _ASKED = 4_000_000, 10_000
"""Comparisons, and faces asked for their neighbours, at once: bounds the memory."""


@dataclass(frozen=True)
class Coincidence:
    """Faces of a solid whose centroids lie on faces of another solid, facing alike.

    Parameters
    ----------
    face, other : array of int64, shape (n,)
        A face, and one of another solid that it lies on; a face comes once for each
        solid that it lies on.
    hidden : array of bool, shape (n,)
        True where a third, opaque solid covers them, so that neither is hit.
    """

    face: IntArray
    other: IntArray
    hidden: NDArray[np.bool_]


def coincidence(mesh: Mesh) -> Coincidence:
    """Find the faces of every solid that lie on faces of another one.

    Parameters
    ----------
    mesh : Mesh
        All parts of a vehicle.

    Returns
    -------
    Coincidence
        Both of two such faces are hit in full, as if the other were not there.

    Notes
    -----
    Faces are compared that face the same way, or of which one is two-sided; two closed
    solids that touch from outside hide each other's face. A face is judged by its
    centroid: an overlap that holds no centroid of either part is not seen.
    """
    gap = GAP * float(np.ptp(mesh.vertices, axis=0).max())
    found = [np.zeros((2, 0), dtype=np.int64)]
    found += [_meeting(mesh, face, other, gap) for face, other in _near(mesh)]
    face, other = np.concatenate(found, axis=1)
    pair = np.stack([face, mesh.face_solid[other].astype(np.int64)], axis=1)
    _, first = np.unique(pair, axis=0, return_index=True)
    face, other = face[first], other[first]
    return Coincidence(face, other, _hidden(mesh, face, other, gap))


def _meeting(mesh: Mesh, face: IntArray, other: IntArray, gap: float) -> IntArray:
    """Keep the pairs of which the first face lies on the second one; shape (2, n)."""
    keep = mesh.face_solid[face] != mesh.face_solid[other]
    face, other = face[keep], other[keep]
    along = np.einsum("ij,ij->i", mesh.normals[face], mesh.normals[other])
    either = mesh.two_sided[face] | mesh.two_sided[other]
    keep = np.where(either, np.abs(along), along) > 0.9
    face, other = face[keep], other[keep]
    keep = _flat(mesh, face, other, gap)
    face, other = face[keep], other[keep]
    keep = _within(mesh, face, other)
    return np.stack([face[keep], other[keep]])


def _near(mesh: Mesh) -> Iterator[tuple[IntArray, IntArray]]:
    """Yield pairs of faces: the first has its centroid in the reach of the second."""
    from scipy.spatial import cKDTree

    centre = mesh.centroids
    arms = mesh.vertices[mesh.triangles] - centre[:, None]
    reach = np.sqrt((arms**2).sum(axis=2).max(axis=1))
    # only faces that reach into the box of another solid can lie on it
    low, high = centre - reach[:, None], centre + reach[:, None]
    candidates = np.flatnonzero(_shared(mesh, low, high))
    if candidates.size == 0:
        return
    everything = cKDTree(centre[candidates])
    size = np.ceil(np.log2(np.maximum(reach[candidates], 1e-300)))
    for step in np.unique(size):  # few sizes, so that small faces ask nearby only
        alike = candidates[size == step]
        for mine in np.array_split(alike, 1 + len(alike) // _ASKED):
            found = cKDTree(centre[mine]).sparse_distance_matrix(
                everything, reach[mine].max(), output_type="ndarray"
            )
            yield candidates[found["j"]], mine[found["i"]]


def _shared(mesh: Mesh, low: FloatArray, high: FloatArray) -> NDArray[np.bool_]:
    """Mark faces whose box meets the box of another solid."""
    solids = len(mesh.solid_name)
    least, most = np.full((solids, 3), np.inf), np.full((solids, 3), -np.inf)
    np.minimum.at(least, mesh.face_solid, low)
    np.maximum.at(most, mesh.face_solid, high)
    found = np.zeros(mesh.n_faces, dtype=bool)
    down, up = np.ascontiguousarray(low.T), np.ascontiguousarray(high.T)
    for solid in range(solids):
        meets = mesh.face_solid != solid
        for k in range(3):
            meets &= (down[k] <= most[solid, k]) & (up[k] >= least[solid, k])
        found |= meets
    return found


def _flat(mesh: Mesh, face: IntArray, other: IntArray, gap: float) -> NDArray[np.bool_]:
    """Mark faces of which all corners lie in the plane of the other face."""
    flat = np.ones(len(face), dtype=bool)
    for corner in range(3):
        arm = mesh.vertices[mesh.triangles[face, corner]] - mesh.centroids[other]
        height = np.einsum("ij,ij->i", arm, mesh.normals[other])
        flat &= np.abs(height) <= gap
    return flat


def _within(mesh: Mesh, face: IntArray, other: IntArray) -> NDArray[np.bool_]:
    """Mark faces whose centroid lies in the triangle of the other face."""
    corners = mesh.vertices[mesh.triangles[other]]
    inside = np.ones(len(face), dtype=bool)
    for k in range(3):
        a, b = corners[:, k], corners[:, (k + 1) % 3]
        turned = np.cross(b - a, mesh.centroids[face] - a)
        part = np.einsum("ij,ij->i", turned, mesh.normals[other])
        inside &= part >= -_EDGE * 2.0 * mesh.areas[other]
    return inside


def _hidden(
    mesh: Mesh, face: IntArray, other: IntArray, gap: float
) -> NDArray[np.bool_]:
    """Mark places whose outer side is inside an opaque solid, neither of the two."""
    sheet = mesh.two_sided[face]
    out = np.where(sheet[:, None], mesh.normals[other], mesh.normals[face]) * gap
    hidden = _covered(mesh, face, other, mesh.centroids[face] + out)
    sheets = np.flatnonzero(hidden & sheet & mesh.two_sided[other])  # both are outer
    place = mesh.centroids[face[sheets]] - out[sheets]
    hidden[sheets] = _covered(mesh, face[sheets], other[sheets], place)
    return hidden


def _covered(
    mesh: Mesh, face: IntArray, other: IntArray, points: FloatArray
) -> NDArray[np.bool_]:
    covered = np.zeros(len(face), dtype=bool)
    own, others = mesh.face_solid[face], mesh.face_solid[other]
    opaque = ~mesh.solid_is_panel & ~mesh.solid_is_thin & (mesh.solid_solidity == 1.0)
    for solid in np.flatnonzero(opaque) if len(face) else ():
        corners = mesh.vertices[mesh.triangles[mesh.face_solid == solid]]
        low, high = corners.min(axis=(0, 1)), corners.max(axis=(0, 1))
        third = (own != solid) & (others != solid) & ~covered
        mine = np.flatnonzero(third & ((points > low) & (points < high)).all(axis=1))
        for block in np.array_split(mine, 1 + len(mine) * len(corners) // _BLOCK):
            covered[block] = _winding(points[block], corners) != 0
    return covered


def _winding(points: FloatArray, corners: FloatArray) -> IntArray:
    """Return how often a closed surface goes round each point [-].

    Counts the faces that a ray leaves through, less those that it enters through.
    """
    points, corners = points @ _TURN, corners @ _TURN
    low, high = corners.min(axis=1), corners.max(axis=1)
    meets = points[:, None, 2] <= high[None, :, 2]
    for k in range(2):
        meets &= points[:, None, k] >= low[None, :, k]
        meets &= points[:, None, k] <= high[None, :, k]
    point, face = np.nonzero(meets)
    arm = corners[face] - points[point][:, None]
    x, y, height = arm[..., 0], arm[..., 1], arm[..., 2]
    after, last = [1, 2, 0], [2, 0, 1]
    # parts of the triangle, seen along the ray, over against each corner
    part = x[:, after] * y[:, last] - y[:, after] * x[:, last]
    whole = part.sum(axis=1)
    hit = (part * np.sign(whole)[:, None] > 0.0).all(axis=1)
    hit &= (part * height).sum(axis=1) * np.sign(whole) > 0.0
    count = np.bincount(point, np.where(hit, np.sign(whole), 0.0), len(points))
    return np.rint(count).astype(np.int64)
