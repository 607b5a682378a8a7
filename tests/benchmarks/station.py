"""What the benchmarks measure on: the station of 2018, its rays, its run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmod.config import load_run
from mmod.engine.problem import ResolvedProblem, resolve
from mmod.kernel.bvh import build_bvh
from mmod.kernel.ray import Scene, make_scene

Floats = NDArray[np.float64]
RUN = "soyuz_ms09"


@dataclass(frozen=True)
class Rays:
    """Rays in double precision for us, in single precision for Embree."""

    origins: Floats
    directions: Floats

    @property
    def single(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        return (
            np.ascontiguousarray(self.origins, dtype=np.float32),
            np.ascontiguousarray(self.directions, dtype=np.float32),
        )

    def shuffled(self, seed: int = 1) -> Rays:
        order = np.random.default_rng(seed).permutation(len(self.origins))
        return Rays(self.origins[order].copy(), self.directions[order].copy())


@cache
def problem(**overrides: Any) -> ResolvedProblem:
    """Return the resolved run of Soyuz MS-09 at the station."""
    return resolve(
        load_run(RUN, overrides={k.replace("__", "."): v for k, v in overrides.items()})
    )


@cache
def mesh() -> tuple[Floats, NDArray[np.int32]]:
    """Return vertices and triangles."""
    found = problem().vehicle.mesh
    return (
        np.ascontiguousarray(found.vertices, dtype=np.float64),
        np.ascontiguousarray(found.triangles, dtype=np.int32),
    )


def opaque_scene() -> Scene:
    """Return the mesh with every part solid, as Embree sees it."""
    n = len(mesh()[1])
    return make_scene(
        build_bvh(*mesh()),
        problem().vehicle.mesh.normals,
        np.zeros(n),
        np.zeros(n, dtype=np.int32),
        np.zeros(n, dtype=np.uint8),
    )


def embree_scene() -> Any:
    """Return Embree's tree of the mesh; the first query builds it."""
    from embreex.mesh_construction import TriangleMesh
    from embreex.rtcore_scene import EmbreeScene

    scene = EmbreeScene()
    vertices, triangles = mesh()
    TriangleMesh(scene, vertices.astype(np.float32), triangles)
    return scene


def surface_points(
    rng: np.random.Generator, n: int
) -> tuple[NDArray[np.int64], Floats]:
    """Return n faces in ascending order, about equally often each, and points on them."""
    vertices, triangles = mesh()
    face = np.sort(rng.permutation(np.arange(n) % len(triangles)))
    w = rng.dirichlet(np.ones(3), size=n)
    return face, np.einsum("nk,nkx->nx", w, vertices[triangles[face]])


def outward_rays(n: int, seed: int = 1) -> Rays:
    """Rays from the faces, cosine-weighted, a millimetre off: shadow rays of a run."""
    rng = np.random.default_rng(seed)
    face, point = surface_points(rng, n)
    normal = np.asarray(problem().vehicle.mesh.normals)[face]
    sphere = rng.normal(size=(n, 3))
    sphere /= np.linalg.norm(sphere, axis=1, keepdims=True)
    flight = sphere + normal
    flight /= np.linalg.norm(flight, axis=1, keepdims=True)
    return Rays(point + 1e-3 * normal, flight)


def aimed_rays(n: int, seed: int = 2) -> Rays:
    """Rays from 130 m away through surface points, from all directions: all hit."""
    rng = np.random.default_rng(seed)
    _, point = surface_points(rng, n)
    flight = rng.normal(size=(n, 3))
    flight /= np.linalg.norm(flight, axis=1, keepdims=True)
    return Rays(point - 130.0 * flight, flight)
