"""Small scenes, and slow independent twins of what the numerical kernel does.

Import as ``from kernel_helpers import box`` (tests/ is on the path). With
``NUMBA_DISABLE_JIT=1`` the kernel runs as plain Python, some hundred times slower:
tests take their sizes from `size`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmod.kernel.bvh import build_bvh
from mmod.kernel.layout import lay_out
from mmod.kernel.ray import Scene, make_scene
from mmod.kernel.sample import logs, spread
from mmod.kernel.tables import Faces, Tables, Threats

Floats = NDArray[np.float64]
PLAIN = bool(numba.config.DISABLE_JIT)
"""True where the kernel runs as plain Python."""

_QUADS = (
    (0, 3, 2, 1),
    (4, 5, 6, 7),
    (0, 1, 5, 4),
    (2, 3, 7, 6),
    (1, 2, 6, 5),
    (3, 0, 4, 7),
)


def size(compiled: int, plain: int) -> int:
    """Return how many cases a test takes in the mode of this process."""
    return plain if PLAIN else compiled


@dataclass(frozen=True)
class Part:
    """One closed solid, or one panel."""

    corners: Floats  # (n, 3, 3)
    solidity: float = 1.0
    panel: bool = False


def box(low: ArrayLike, high: ArrayLike) -> Floats:
    """Return the corners (12, 3, 3) of a box, normals outward."""
    low, high = np.asarray(low, float), np.asarray(high, float)
    x, y, z = np.stack([low, high], axis=1)
    points = np.array(
        [
            [x[i], y[j], z[k]]
            for k in (0, 1)
            for i, j in ((0, 0), (1, 0), (1, 1), (0, 1))
        ]
    )
    faces = [t for a, b, c, d in _QUADS for t in ((a, b, c), (a, c, d))]
    return points[np.array(faces)]


def square(centre: ArrayLike, across: ArrayLike, up: ArrayLike) -> Floats:
    """Return two triangles (2, 3, 3) that span ``centre`` +- ``across`` +- ``up``."""
    c, a, b = (np.asarray(v, float) for v in (centre, across, up))
    p = [c - a - b, c + a - b, c + a + b, c - a + b]
    return np.array([[p[0], p[1], p[2]], [p[0], p[2], p[3]]])


def prism(outline: ArrayLike, low: float, high: float) -> Floats:
    """Return a closed prism along z over a polygon (n, 2), counter-clockwise.

    The lids are fans around the first point, which must see all others.
    """
    p = np.asarray(outline, float)
    n = len(p)
    bottom = np.column_stack([p, np.full(n, low)])
    top = np.column_stack([p, np.full(n, high)])
    found = []
    for i in range(n):
        j = (i + 1) % n
        found += [[bottom[i], bottom[j], top[j]], [bottom[i], top[j], top[i]]]
    for i in range(1, n - 1):
        found += [[top[0], top[i], top[i + 1]], [bottom[0], bottom[i + 1], bottom[i]]]
    return np.array(found)


def normals_of(corners: Floats) -> tuple[Floats, Floats]:
    """Return unit normals (zero for flat triangles) and areas."""
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(cross, axis=1)
    return cross / np.where(length > 0.0, length, 1.0)[:, None], 0.5 * length


def indexed(corners: Floats) -> tuple[Floats, NDArray[np.int32]]:
    """Return vertices and triangles of loose corners."""
    vertices = np.ascontiguousarray(corners.reshape(-1, 3))
    return vertices, np.arange(len(vertices), dtype=np.int32).reshape(-1, 3)


def scene_of(parts: Sequence[Part]) -> tuple[Scene, Floats]:
    """Return the scene of some parts, and all corners in face order."""
    corners = np.concatenate([p.corners for p in parts])
    number = np.repeat(np.arange(len(parts)), [len(p.corners) for p in parts])
    through = np.array([1.0 - p.solidity for p in parts])
    panel = np.array([p.panel for p in parts], dtype=np.uint8)
    scene = make_scene(
        build_bvh(*indexed(corners)),
        normals_of(corners)[0],
        through[number],
        number,
        panel[number],
    )
    return scene, corners


def opaque(corners: Floats) -> Scene:
    """Return a scene in which every triangle stops every ray."""
    return scene_of([Part(corners)])[0]


def unit(vectors: ArrayLike) -> Floats:
    """Return vectors of length 1."""
    v = np.asarray(vectors, float)
    return v / np.linalg.norm(v, axis=-1, keepdims=True)


def directions(rng: np.random.Generator, n: int) -> Floats:
    """Return directions even over the sphere."""
    return unit(rng.normal(size=(n, 3)))


def all_distances(corners: Floats, origins: Floats, flight: Floats) -> Floats:
    """Return the distance of every ray to every triangle, infinite where it misses.

    Another test than the kernel's: the plane of the triangle first, then three signed
    areas in the two coordinates in which the triangle is largest.
    """
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    drop = np.argmax(np.abs(normal), axis=1)
    keep = np.array([[1, 2], [2, 0], [0, 1]])[drop]
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = flight @ normal.T
        height = np.einsum("fk,fk->f", normal, corners[:, 0]) - origins @ normal.T
        t = height / slope
        point = origins[:, None, :] + t[..., None] * flight[:, None, :]
        flat = np.take_along_axis(point, keep[None], axis=2)
        c = np.take_along_axis(corners, keep[:, None, :], axis=2)
        flat = np.where(np.isfinite(flat), flat, 0.0)
        inside_left = np.ones(t.shape, dtype=bool)
        inside_right = np.ones(t.shape, dtype=bool)
        for i in range(3):
            a, b = c[:, i], c[:, (i + 1) % 3]
            turn = (b[:, 0] - a[:, 0]) * (flat[..., 1] - a[:, 1]) - (
                b[:, 1] - a[:, 1]
            ) * (flat[..., 0] - a[:, 0])
            inside_left &= turn >= 0.0
            inside_right &= turn <= 0.0
        hit = (slope != 0.0) & np.isfinite(t) & (t > 0.0) & (inside_left | inside_right)
    return np.where(hit, t, np.inf)


def crossings_transmission(
    parts: Sequence[Part], origin: Floats, flight: Floats
) -> float:
    """Return the share that passes along one ray by walking from wall to wall.

    A solid takes its share when the ray goes in, and when the ray comes out of one into
    which it never went; a panel takes it each time.
    """
    share = 1.0
    for part in parts:
        t = all_distances(part.corners, origin[None], flight[None])[0]
        along = normals_of(part.corners)[0] @ flight
        depth = 0
        for face in np.argsort(t, kind="stable"):
            if not np.isfinite(t[face]):
                break
            if part.panel:
                share *= 1.0 - part.solidity
            elif along[face] < 0.0:
                depth += 1
                share *= 1.0 - part.solidity
            elif depth > 0:
                depth -= 1
            else:
                share *= 1.0 - part.solidity
    return share


@dataclass(frozen=True)
class Bin:
    """One threat: bounds in azimuth, sin(elevation), speed; a weight for each model."""

    azimuth: tuple[float, float]
    sine: tuple[float, float]
    speed: tuple[float, float]
    weight: tuple[float, ...] = (1.0,)


def threats_of(bins: Sequence[Bin]) -> Threats:
    """Return threats in which every bin is a cell of its own, on size curve 0."""
    edges = np.array([[*b.azimuth, *b.sine, *b.speed] for b in bins], float)
    n = len(bins)
    middle = 0.5 * (edges[:, 0::2] + edges[:, 1::2])
    flat = np.sqrt(1.0 - middle[:, 1] ** 2)
    weight = np.array([b.weight for b in bins], float).T.copy()
    patch = np.ascontiguousarray(edges[:, :4])
    direction = np.stack(
        [flat * np.cos(middle[:, 0]), flat * np.sin(middle[:, 0]), middle[:, 1]], axis=1
    )
    return Threats(
        edges=edges,
        side=np.zeros(n, np.int64),
        coupling=np.ones(n),
        chance=np.ones(n),
        reach=np.ones(n),
        weight=weight,
        drawn=lay_out(
            edges,
            np.zeros(n, np.int64),
            *(np.ones(n), np.ones(n), np.ones(n)),
            weight,
            np.arange(n + 1),
        ),
        first=np.arange(n + 1),
        patch=patch,
        cell_speed=middle[:, 2].copy(),
        cell_log_speed=logs(middle[:, 2].copy()),
        cell_direction=direction,
        cell_spread=spread(direction, patch),
        cell_weight=weight.copy(),
        curve=np.where(weight > 0.0, 0, -1),
    )


def sphere_bins(rings: int, sectors: int, speed: float = 10_000.0) -> list[Bin]:
    """Return bins of equal solid angle over the whole sphere, isotropic flux."""
    sine = np.linspace(-1.0, 1.0, rings + 1)
    azimuth = np.linspace(-np.pi, np.pi, sectors + 1)
    weight = 1.0 / (rings * sectors)
    return [
        Bin(
            (azimuth[j], azimuth[j + 1]),
            (sine[i], sine[i + 1]),
            (speed, speed),
            (weight,),
        )
        for i in range(rings)
        for j in range(sectors)
    ]


def faces_of(
    corners: Floats,
    *,
    two_sided: bool = False,
    shield: ArrayLike = 0,
    zone: ArrayLike = 0,
    solidity: float = 1.0,
) -> Faces:
    """Return faces, each with a proposal of its own."""
    n = len(corners)
    normals, areas = normals_of(corners)
    return Faces(
        corners=np.ascontiguousarray(corners),
        normals=normals,
        areas=areas,
        two_sided=np.full(n, int(two_sided), dtype=np.uint8),
        solidity=np.full(n, solidity),
        zone=np.broadcast_to(np.asarray(zone, np.int64), n).copy(),
        shield=np.broadcast_to(np.asarray(shield, np.int64), n).copy(),
        orientation=np.arange(n),
        axis=normals.copy(),
        slack=np.zeros(n),
    )


@dataclass(frozen=True)
class SpeedShield:
    """A made-up shield: power laws in each regime, with a jump between regimes.

    d_c = scale * jump^regime * (1e4 / speed)^b * cos^-c * (1000 / density)^a; the border
    moves with the obliquity; beyond ``cap`` the critical diameter doubles at once.
    """

    scale: float = 1e-3
    a: float = 0.5
    b: float = 2.0 / 3.0
    c: float = 2.0 / 3.0
    jump: float = 1.5
    border: float = 5_000.0
    cap: float = 1.1
    vulnerable_fraction: float = 1.0
    is_none: bool = False

    @property
    def angle_breaks(self) -> tuple[float, ...]:
        return (self.cap,)

    @property
    def density_breaks(self) -> tuple[float, ...]:
        return ()

    def critical_diameter(self, speed: Any, obliquity: Any, density: Any) -> Floats:
        cosine = np.maximum(np.cos(obliquity), 1e-6)
        found = (
            self.scale
            * (1000.0 / np.asarray(density, float)) ** self.a
            * (1e4 / np.asarray(speed, float)) ** self.b
            * cosine**-self.c
        )
        border = self.border * cosine**-0.5
        found = np.where(speed >= border, found * self.jump, found)
        return np.where(np.asarray(obliquity) > self.cap, 2.0 * found, found)

    def valid(
        self,
        speed: Any,
        obliquity: Any,
        density: Any,
        *,
        diameter: Any = None,  # noqa: ARG002
    ) -> NDArray[np.bool_]:
        shape = np.broadcast(speed, obliquity, density).shape
        return np.broadcast_to(np.asarray(speed) < 8_000.0, shape)

    def speed_breaks(self, obliquity: Any, density: Any) -> Floats:
        shape = np.broadcast(obliquity, density).shape
        cosine = np.maximum(np.cos(obliquity), 1e-6)
        return np.broadcast_to(self.border * cosine**-0.5, shape)[..., None]


NO_SHIELD = SpeedShield(is_none=True)


def flat_tables(
    penetrating: Sequence[float], impact: Sequence[Sequence[float]], share: float = 1.0
) -> Tables:
    """Return tables of a shield that everything above 1 mm penetrates, at any speed.

    Shield 0 is that one, shield 1 is "none". ``penetrating`` holds the flux above 1 mm
    of each model, ``impact`` its flux above each threshold [1/m2/s].
    """
    models = len(penetrating)
    nodes = 3
    grid = np.log([1e-6, 1e-3, 1.0])
    log_curve = np.log(np.asarray(penetrating))[:, None, None] - 3.0 * (grid - grid[1])
    return Tables(
        index=np.array([[[e] for e in range(models)], [[-1]] * models]),
        share=np.array([share, 1.0]),
        cosine=np.tile([1e-3, 1.0], (models, 1)),
        log_cosine=np.tile(np.log([1e-3, 1.0]), (models, 1)),
        hint=np.zeros((models, 8), dtype=np.int64),
        border=np.tile(np.log([100.0, 1e5]), (models, 2, 1)),
        size=np.full((models, 2, 2), grid[1]),
        outside=np.full((models, 2, 2), 0.25),
        segments=np.ones(models, dtype=np.int64),
        steps=np.ones(models, dtype=np.int64),
        log_curve=np.ascontiguousarray(log_curve),
        curve_diameter=np.ascontiguousarray(np.broadcast_to(grid, (models, 1, nodes))),
        curve_start=float(grid[0]),
        curve_step=float(grid[1] - grid[0]),
        impact=np.asarray(impact, float)[:, None, :].copy(),
    )
