"""Rays against a mesh: transmission to infinity, first hit, brute force.

A part with solidity s < 1 (truss, masts) lets a ray pass with the factor (1 - s): once
for each entry into the solid, or once where the ray leaves it without having entered.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mmod.kernel._jit import inlined, jit, leaf
from mmod.kernel.bvh import Bvh
from mmod.kernel.wide import BOXES, box_hits, lowest_bit, triangle_hits

_STACK = 2048  # 66 levels of 15 waiting children, twice
_HALF = 1024  # the upper half remembers the lanes of fresh children
_SOLIDS = 128
_TINY = 1e-18


class Scene(NamedTuple):
    """What a ray meets: the hierarchy and what each face does to a ray.

    ``through`` (n_face,) float64 is 1 - solidity: 0 stops every particle, 1 none.
    ``solid`` (n_face,) int32 numbers the closed solid, or the panel, of a face;
    ``panel`` (n_face,) uint8 is 1 where the part is one layer of faces.
    """

    planes: NDArray[np.float32]
    children: NDArray[np.int32]
    blocks: NDArray[np.float64]
    ids: NDArray[np.int32]
    normals: NDArray[np.float64]
    through: NDArray[np.float64]
    solid: NDArray[np.int32]
    panel: NDArray[np.uint8]


class Scratch(NamedTuple):
    """Work space of one thread."""

    stack: NDArray[np.int32]
    entry: NDArray[np.float32]
    distance: NDArray[np.float64]
    solid: NDArray[np.int32]
    balance: NDArray[np.int32]


def make_scene(
    bvh: Bvh,
    normals: NDArray[np.float64],
    through: NDArray[np.float64],
    solid: NDArray[np.int32],
    panel: NDArray[np.uint8],
) -> Scene:
    """Join a hierarchy and the face properties into a `Scene`."""
    return Scene(
        *bvh,
        np.ascontiguousarray(normals, dtype=np.float64),
        np.ascontiguousarray(through, dtype=np.float64),
        np.ascontiguousarray(solid, dtype=np.int32),
        np.ascontiguousarray(panel, dtype=np.uint8),
    )


@jit
def make_scratch() -> Scratch:
    """Return fresh work space for one thread."""
    return Scratch(
        np.zeros(_STACK, dtype=np.int32),
        np.zeros(BOXES, dtype=np.float32),
        np.zeros(8, dtype=np.float64),
        np.zeros(_SOLIDS, dtype=np.int32),
        np.zeros((_SOLIDS, 2), dtype=np.int32),
    )


@inlined
def _inverse(d: float) -> float:
    if abs(d) < _TINY:
        return 1.0 / _TINY if d >= 0.0 else -1.0 / _TINY
    return 1.0 / d


@inlined
def transmission(
    scene: Scene,
    scratch: Scratch,
    ox: float,
    oy: float,
    oz: float,
    dx: float,
    dy: float,
    dz: float,
) -> float:
    """Return the share of particles on a ray that nothing stops.

    Parameters
    ----------
    scene, scratch : Scene, Scratch
        The mesh and the work space of this thread.
    ox, oy, oz : float
        Origin [m].
    dx, dy, dz : float
        Unit direction in which to look (to where the particles come from).

    Returns
    -------
    float
        1 where the ray is free, 0 where it meets a solid part, between for parts
        of solidity below 1. NaN when a ray meets more translucent solids than the
        work space holds (the callers refuse it).
    """
    ix, iy, iz = _inverse(dx), _inverse(dy), _inverse(dz)
    near_x = 0 if ix >= 0.0 else BOXES
    near_y = 0 if iy >= 0.0 else BOXES
    near_z = 0 if iz >= 0.0 else BOXES
    fox, foy, foz = np.float32(ox), np.float32(oy), np.float32(oz)
    fix, fiy, fiz = np.float32(ix), np.float32(iy), np.float32(iz)
    zero, far = np.float32(0.0), np.float32(np.inf)
    planes, children, blocks = scene.planes, scene.children, scene.blocks
    ids, through = scene.ids, scene.through
    stack, entry, distance = scratch.stack, scratch.entry, scratch.distance
    # Unsigned indices: Numba then leaves out the wrap-around of negative ones.
    one = np.uint64(1)
    stack[np.uint64(0)] = 0
    n = one
    n_solid = 0
    while n > np.uint64(0):
        n -= one
        c = np.int64(stack[n])
        if c < 0:
            block = -1 - c
            hits = triangle_hits(
                blocks, block * 72, ox, oy, oz, dx, dy, dz, 0.0, np.inf, distance
            )
            while hits != 0:
                face = np.uint64(ids[np.uint64(block), np.uint64(lowest_bit(hits))])
                hits &= hits - 1
                if through[face] == 0.0:
                    return 0.0
                if through[face] < 1.0:
                    n_solid = _count_crossing(
                        scene, scratch, n_solid, int(face), dx, dy, dz
                    )
                    if n_solid < 0:
                        return np.nan
            continue
        mask = box_hits(
            planes,
            c * (6 * BOXES),
            near_x,
            near_y,
            near_z,
            fox,
            foy,
            foz,
            fix,
            fiy,
            fiz,
            zero,
            far,
            entry,
        )
        while mask != 0:
            stack[n] = children[np.uint64(c), np.uint64(lowest_bit(mask))]
            mask &= mask - 1
            n += one
    share = 1.0
    for j in range(n_solid):
        crossings = max(scratch.balance[j, 0], scratch.balance[j, 1])
        # `solid` of work space holds a face of the solid: all its faces share `through`.
        share *= scene.through[scratch.solid[j]] ** crossings
    return share


@leaf
def _count_crossing(
    scene: Scene,
    scratch: Scratch,
    n_solid: int,
    face: int,
    dx: float,
    dy: float,
    dz: float,
) -> int:
    j = 0
    while j < n_solid and scene.solid[scratch.solid[j]] != scene.solid[face]:
        j += 1
    if j == n_solid:
        if n_solid == _SOLIDS:
            return -1
        scratch.solid[j] = face
        scratch.balance[j, 0] = 0
        scratch.balance[j, 1] = 0
        n_solid += 1
    along = (
        dx * scene.normals[face, 0]
        + dy * scene.normals[face, 1]
        + dz * scene.normals[face, 2]
    )
    # The particle flies against the ray, so its entry is the ray's exit; the count of
    # a closed solid is the same for both.
    side = 0 if (scene.panel[face] == 1 or along < 0.0) else 1
    scratch.balance[j, side] += 1
    return n_solid


@inlined
def first_hit(
    scene: Scene,
    scratch: Scratch,
    ox: float,
    oy: float,
    oz: float,
    dx: float,
    dy: float,
    dz: float,
    t_min: float,
    after: int,
) -> tuple[int, float]:
    """Return the next face of a ray, in order of distance and face number.

    Parameters
    ----------
    scene, scratch : Scene, Scratch
        The mesh and the work space of this thread.
    ox, oy, oz : float
        Origin [m].
    dx, dy, dz : float
        Unit direction of flight.
    t_min : float
        Hits before this distance [m] do not count.
    after : int
        Nor do, at just this distance, faces up to this number: coincident faces come
        one after the other. -1 for the first hit.

    Returns
    -------
    face : int
        Face number, -1 where the ray hits nothing. Of faces at the same distance
        the one of lowest number.
    distance : float
        Distance [m], infinite where nothing is hit.
    """
    ix, iy, iz = _inverse(dx), _inverse(dy), _inverse(dz)
    near_x = 0 if ix >= 0.0 else BOXES
    near_y = 0 if iy >= 0.0 else BOXES
    near_z = 0 if iz >= 0.0 else BOXES
    fox, foy, foz = np.float32(ox), np.float32(oy), np.float32(oz)
    fix, fiy, fiz = np.float32(ix), np.float32(iy), np.float32(iz)
    zero = np.float32(0.0)
    planes, children, blocks, ids = (
        scene.planes,
        scene.children,
        scene.blocks,
        scene.ids,
    )
    stack, entry, distance = scratch.stack, scratch.entry, scratch.distance
    best, best_t = -1, np.inf
    before = np.nextafter(t_min, -np.inf)
    stack[0] = 0
    n = 1
    while n > 0:
        n -= 1
        c = stack[n]
        if c < 0:
            block = -1 - c
            hits = triangle_hits(
                blocks,
                block * 72,
                ox,
                oy,
                oz,
                dx,
                dy,
                dz,
                before,
                np.inf,
                distance,
            )
            while hits != 0:
                lane = lowest_bit(hits)
                hits &= hits - 1
                t = distance[lane]
                face = int(ids[block, lane])
                if t < t_min or (t == t_min and face <= after):
                    continue
                if t < best_t or (t == best_t and face < best):
                    best, best_t = face, t
            continue
        mask = box_hits(
            planes,
            c * (6 * BOXES),
            near_x,
            near_y,
            near_z,
            fox,
            foy,
            foz,
            fix,
            fiy,
            fiz,
            zero,
            np.float32(best_t * (1.0 + 1e-6)),
            entry,
        )
        # Children go onto the stack farthest first: insertion by entry distance.
        start = n
        while mask != 0:
            k = lowest_bit(mask)
            mask &= mask - 1
            j = n
            while j > start and entry[stack[_HALF + j - 1]] < entry[k]:
                stack[j] = stack[j - 1]
                stack[_HALF + j] = stack[_HALF + j - 1]
                j -= 1
            stack[j] = children[c, k]
            stack[_HALF + j] = k
            n += 1
    return best, best_t


@leaf
def brute_force_hit(
    corners: NDArray[np.float64],
    ox: float,
    oy: float,
    oz: float,
    dx: float,
    dy: float,
    dz: float,
    t_min: float,
) -> tuple[int, float]:
    """Return the nearest face by testing every triangle (reference for tests).

    Parameters
    ----------
    corners : ndarray of float64, shape (n_face, 3, 3)
        Corner positions of every triangle [m].
    ox, oy, oz, dx, dy, dz, t_min : float
        As for `first_hit`.

    Returns
    -------
    face : int
    distance : float
    """
    best, best_t = -1, np.inf
    for f in range(corners.shape[0]):
        # Signed volumes of the ray with the three edges (a different test than the
        # hierarchy's), then the plane.
        ax, ay, az = corners[f, 0, 0] - ox, corners[f, 0, 1] - oy, corners[f, 0, 2] - oz
        bx, by, bz = corners[f, 1, 0] - ox, corners[f, 1, 1] - oy, corners[f, 1, 2] - oz
        cx, cy, cz = corners[f, 2, 0] - ox, corners[f, 2, 1] - oy, corners[f, 2, 2] - oz
        u = (
            dx * (by * cz - bz * cy)
            + dy * (bz * cx - bx * cz)
            + dz * (bx * cy - by * cx)
        )
        v = (
            dx * (cy * az - cz * ay)
            + dy * (cz * ax - cx * az)
            + dz * (cx * ay - cy * ax)
        )
        w = (
            dx * (ay * bz - az * by)
            + dy * (az * bx - ax * bz)
            + dz * (ax * by - ay * bx)
        )
        if not (
            (u >= 0.0 and v >= 0.0 and w >= 0.0) or (u <= 0.0 and v <= 0.0 and w <= 0.0)
        ):
            continue
        total = u + v + w
        if total == 0.0:
            continue
        px = (u * ax + v * bx + w * cx) / total
        py = (u * ay + v * by + w * cy) / total
        pz = (u * az + v * bz + w * cz) / total
        t = px * dx + py * dy + pz * dz
        if t > t_min and t < best_t:
            best, best_t = f, t
    return best, best_t


@jit
def transmissions(
    scene: Scene, origins: NDArray[np.float64], directions: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return `transmission` of many rays, arrays of shape (n, 3)."""
    scratch = make_scratch()
    out = np.zeros(len(origins))
    for i in range(len(origins)):
        o, d = origins[i], directions[i]
        out[i] = transmission(scene, scratch, o[0], o[1], o[2], d[0], d[1], d[2])
    return out


@jit
def first_hits(
    scene: Scene, origins: NDArray[np.float64], directions: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return `first_hit` of many rays, arrays of shape (n, 3)."""
    scratch = make_scratch()
    face = np.full(len(origins), -1, dtype=np.int64)
    distance = np.full(len(origins), np.inf)
    for i in range(len(origins)):
        o, d = origins[i], directions[i]
        face[i], distance[i] = first_hit(
            scene, scratch, o[0], o[1], o[2], d[0], d[1], d[2], 0.0, -1
        )
    return face, distance
