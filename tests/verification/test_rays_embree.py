"""A million rays on the station's mesh, against Embree; double precision judges.

Embree works in single precision and has its own leaks, so that a difference says
nothing about who is wrong. Each ray on which the two differ by more than a millimetre
is traced once more, through every triangle, by a third algorithm in double precision.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from kernel_helpers import all_distances, opaque, unit

from mmod.geometry.vehicle import load_vehicle
from mmod.kernel.ray import Scene, first_hits, transmissions

rtcore_scene = pytest.importorskip("embreex.rtcore_scene")
mesh_construction = pytest.importorskip("embreex.mesh_construction")

pytestmark = [pytest.mark.slow, pytest.mark.verification]

RAYS = 1_000_000
APART = 1e-3
"""Distances that differ by more than this are looked at [m]."""
SHARE_WRONG = 1e-5
"""Accepted share of rays on which ours is the one that is wrong."""
LEAST_DISTANCE = 2.0


@dataclass(frozen=True)
class Station:
    """The mesh, loose corners, and both of its trees."""

    corners: np.ndarray
    normals: np.ndarray
    areas: np.ndarray
    scene: Scene
    embree: object

    def points(self, rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
        """Return faces, drawn by area, and a point on each."""
        face = rng.choice(len(self.areas), size=n, p=self.areas / self.areas.sum())
        w = rng.dirichlet(np.ones(3), size=n)
        return face, np.einsum("nk,nkx->nx", w, self.corners[face])


@pytest.fixture(scope="module")
def station() -> Station:
    mesh = load_vehicle("iss_2018_soyuz_ms09").mesh
    assert mesh.n_faces >= 70_000
    corners = np.ascontiguousarray(np.asarray(mesh.vertices)[mesh.triangles])
    embree = rtcore_scene.EmbreeScene()
    mesh_construction.TriangleMesh(
        embree,
        np.ascontiguousarray(mesh.vertices, dtype=np.float32),
        np.ascontiguousarray(mesh.triangles, dtype=np.int32),
    )
    return Station(
        corners,
        np.asarray(mesh.normals),
        np.asarray(mesh.areas),
        opaque(corners),
        embree,
    )


def single(values: np.ndarray) -> np.ndarray:
    """Return the nearest single-precision values: both programs get the same ray."""
    return np.ascontiguousarray(values, dtype=np.float32)


def aimed_rays(station: Station, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rays through random surface points, from 2 to 150 m before them."""
    rng = np.random.default_rng(seed)
    _, target = station.points(rng, RAYS)
    flight = unit(rng.normal(size=(RAYS, 3)))
    before = rng.uniform(LEAST_DISTANCE, 150.0, size=(RAYS, 1))
    return single(target - before * flight), single(flight)


def outward_rays(station: Station, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rays from surface points outwards, even in cos^2, from a millimetre off the face."""
    rng = np.random.default_rng(seed)
    face, point = station.points(rng, RAYS)
    normal = station.normals[face]
    flight = unit(unit(rng.normal(size=(RAYS, 3))) + normal)
    return single(point + 1e-3 * normal), single(flight)


def wide(values: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(values, dtype=np.float64)


def embree_distance(station: Station, origins, flight) -> np.ndarray:
    found = station.embree.run(origins, flight, output=1)
    return np.where(found["primID"] >= 0, found["tfar"].astype(float), np.inf)


def judge(station: Station, origins, flight, which) -> np.ndarray:
    """Return the true distance of some rays: every triangle, in double precision."""
    return np.array(
        [
            all_distances(
                station.corners, wide(origins[i : i + 1]), wide(flight[i : i + 1])
            ).min()
            for i in which
        ]
    )


def differ(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    both = np.isfinite(a) & np.isfinite(b)
    gap = np.abs(np.where(both, a, 0.0) - np.where(both, b, 0.0))
    return (np.isfinite(a) != np.isfinite(b)) | (gap > APART)


def ours_wrong(station, origins, flight, found) -> int:
    """Count the rays on which Embree and we differ and we are wrong."""
    theirs = embree_distance(station, origins, flight)
    disputed = np.flatnonzero(differ(found, theirs))
    print("disputed", len(disputed))
    if len(disputed) > 3000:  # far beyond any rounding: no need to judge them all
        disputed = disputed[:3000]
    truth = judge(station, origins, flight, disputed)
    print("embree_wrong", int(differ(theirs[disputed], truth).sum()))
    wrong = int(differ(found[disputed], truth).sum())
    print("ours_wrong", wrong)
    return wrong


def test_first_hits_of_a_million_aimed_rays(station, seed):
    origins, flight = aimed_rays(station, seed)
    face, distance = first_hits(station.scene, wide(origins), wide(flight))
    # The rays are aimed: behind the point, at the latest, there is something.
    assert (face >= 0).mean() > 0.999_99
    assert (distance <= 150.0 + 1e-3).mean() > 0.999_99
    wrong = ours_wrong(station, origins, flight, distance)
    assert wrong <= SHARE_WRONG * RAYS


def test_a_lost_triangle_is_seen(station, seed):
    # Negative control: the same rays, one triangle of average size gone from our tree.
    origins, flight = aimed_rays(station, seed)
    full = first_hits(station.scene, wide(origins), wide(flight))[0]
    counts = np.bincount(full[full >= 0], minlength=len(station.corners))
    typical = int(np.argsort(counts)[int(0.9 * len(counts))])
    assert counts[typical] > SHARE_WRONG * RAYS
    holed = np.delete(station.corners, typical, axis=0)
    _, distance = first_hits(opaque(holed), wide(origins), wide(flight))
    wrong = ours_wrong(station, origins, flight, distance)
    assert wrong > SHARE_WRONG * RAYS


def test_occlusion_of_a_million_outward_rays(station, seed):
    origins, flight = outward_rays(station, seed + 1)
    blocked = transmissions(station.scene, wide(origins), wide(flight)) == 0.0
    theirs = station.embree.run(origins, flight, query="OCCLUDED") >= 0
    assert 0.1 < blocked.mean() < 0.9
    disputed = np.flatnonzero(blocked != theirs)
    print("disputed", len(disputed))
    truth = np.isfinite(judge(station, origins, flight, disputed[:3000]))
    wrong = int((blocked[disputed[:3000]] != truth).sum())
    print("ours_wrong", wrong)
    print("embree_wrong", int((theirs[disputed[:3000]] != truth).sum()))
    assert wrong <= SHARE_WRONG * RAYS


def test_any_hit_and_first_hit_agree_on_a_million_rays(station, seed):
    origins, flight = outward_rays(station, seed + 2)
    face, _ = first_hits(station.scene, wide(origins), wide(flight))
    blocked = transmissions(station.scene, wide(origins), wide(flight)) == 0.0
    # First hits close their boxes as they find nearer walls, so the two walk the tree
    # differently; they must come to the same answer.
    assert ((face >= 0) != blocked).sum() == 0
