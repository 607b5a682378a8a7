"""A vehicle's mesh as the kernels read it: hierarchy, faces, groups of normals."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmod.geometry.vehicle import Vehicle
from mmod.kernel.bvh import build_bvh
from mmod.kernel.ray import Scene, make_scene
from mmod.kernel.tables import Faces, Floats, Ints

GROUP_ANGLE = np.radians(6.0)
"""Faces whose normals differ by less than about this share a proposal."""


def scene_and_faces(
    vehicle: Vehicle, zone_shield: Ints, shadowing: str
) -> tuple[Scene, Faces, float]:
    """Return what rays meet, the faces that are sampled, and the size of the mesh.

    Parameters
    ----------
    vehicle : Vehicle
        Mesh and zones.
    zone_shield : ndarray of int64, shape (n_zone,)
        Number of the shield of each zone.
    shadowing : {"mean", "opaque", "absent"}
        What thin parts (solidity below 1) do to rays.

    Returns
    -------
    scene : Scene
    faces : Faces
    extent : float
        Longest side of the box around the mesh [m].
    """
    mesh = vehicle.mesh
    solid = mesh.face_solid
    solidity = np.asarray(mesh.solid_solidity, dtype=np.float64)
    thin = np.asarray(mesh.solid_is_thin, dtype=bool)
    own = solidity.copy()
    through = 1.0 - solidity
    if shadowing == "opaque":
        through[thin] = 0.0
        own[thin] = 1.0
    elif shadowing == "absent":
        through[thin] = 1.0
    vertices = np.ascontiguousarray(mesh.vertices, dtype=np.float64)
    triangles = np.ascontiguousarray(mesh.triangles, dtype=np.int32)
    panel = np.asarray(mesh.solid_is_panel, dtype=np.uint8)
    scene = make_scene(
        build_bvh(vertices, triangles),
        mesh.normals,
        through[solid],
        solid,
        panel[solid],
    )
    faces = Faces(
        corners=np.ascontiguousarray(vertices[triangles]),
        normals=np.ascontiguousarray(mesh.normals),
        areas=np.ascontiguousarray(mesh.areas),
        two_sided=np.ascontiguousarray(np.asarray(mesh.two_sided, dtype=np.uint8)),
        solidity=np.ascontiguousarray(own[solid]),
        zone=mesh.face_zone.astype(np.int64),
        shield=zone_shield[mesh.face_zone],
        **orientation_groups(
            np.asarray(mesh.normals), zone_shield[mesh.face_zone], mesh.two_sided
        ),
    )
    return scene, faces, float(np.ptp(vertices, axis=0).max())


def orientation_groups(
    normals: Floats, shield: Ints, two_sided: np.ndarray[Any, Any]
) -> dict[str, Any]:
    """Group faces of similar normal and equal shield: they share a proposal.

    Parameters
    ----------
    normals : ndarray, shape (n, 3)
        Unit normals.
    shield : ndarray of int64, shape (n,)
        Shield of each face.
    two_sided : ndarray of bool, shape (n,)
        Panels.

    Returns
    -------
    dict
        ``orientation``, ``axis`` and ``slack`` of `mmod.kernel.tables.Faces`.
    """
    sine = np.clip(normals[:, 2], -1.0, 1.0)
    ring = np.rint(np.arcsin(sine) / GROUP_ANGLE).astype(np.int64)
    spread = np.maximum(np.cos(ring * GROUP_ANGLE), 1e-3)
    sector = np.rint(
        np.arctan2(normals[:, 1], normals[:, 0]) / (GROUP_ANGLE / spread)
    ).astype(np.int64)
    key = np.column_stack([shield, np.asarray(two_sided, np.int64), ring, sector])
    _, group = np.unique(key, axis=0, return_inverse=True)
    group = group.reshape(-1).astype(np.int64)
    count = int(group.max()) + 1
    axis = np.zeros((count, 3))
    np.add.at(axis, group, normals)
    # One normal, many faces: keep its very bits, so that it needs no slack.
    first = np.full(count, -1, dtype=np.int64)
    first[group[::-1]] = np.arange(len(group))[::-1]
    alike = np.ones(count, dtype=bool)
    np.logical_and.at(alike, group, (normals == normals[first[group]]).all(axis=1))
    axis /= np.linalg.norm(axis, axis=1, keepdims=True)
    axis[alike] = normals[first[alike]]
    sine_apart = np.linalg.norm(np.cross(normals, axis[group]), axis=1)
    slack = np.zeros(count)
    np.maximum.at(slack, group, sine_apart)
    slack = np.where(alike, 0.0, slack * (1.0 + 1e-9) + 1e-12)
    return {
        "orientation": group,
        "axis": np.ascontiguousarray(axis),
        "slack": slack,
    }
