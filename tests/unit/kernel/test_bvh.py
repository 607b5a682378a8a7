"""The tree against a slow search of another kind, ray by ray, on awkward scenes."""

from __future__ import annotations

import numpy as np
import pytest
from kernel_helpers import (
    PLAIN,
    Part,
    all_distances,
    box,
    directions,
    indexed,
    normals_of,
    opaque,
    prism,
    scene_of,
    size,
    square,
    unit,
)

from mmod.kernel import ray as ray_module
from mmod.kernel.bvh import Bvh, build_bvh
from mmod.kernel.ray import (
    brute_force_hit,
    first_hit,
    first_hits,
    make_scratch,
    transmissions,
)

RAYS = size(5000, 150)


def stairs() -> np.ndarray:
    """A closed flight of steps: many coplanar, parallel and re-entrant faces."""
    steps = 6
    outline = [(0.0, 0.0), (float(steps), 0.0)]
    for i in range(steps, 0, -1):
        outline += [
            (float(i), float(steps + 1 - i)),
            (float(i - 1), float(steps + 1 - i)),
        ]
    return prism(outline, 0.0, 2.5)


def soup(rng: np.random.Generator, n: int) -> np.ndarray:
    """Boxes of very different sizes that overlap."""
    low = rng.uniform(-20.0, 20.0, size=(n, 3))
    extent = np.exp(rng.uniform(np.log(0.02), np.log(8.0), size=(n, 3)))
    return np.concatenate([box(a, a + b) for a, b in zip(low, extent, strict=True)])


def coplanar(rng: np.random.Generator) -> np.ndarray:
    """Two sheets of overlapping squares, each in one plane: boxes without thickness."""
    found = []
    for z in (0.0, 1.0):
        for x, y in rng.uniform(-5.0, 5.0, size=(40, 2)):
            found.append(square((x, y, z), (0.7, 0.2, 0.0), (-0.2, 0.7, 0.0)))
    return np.concatenate(found)


def degenerate(rng: np.random.Generator) -> np.ndarray:
    """A box among triangles that are points, lines and slivers."""
    point = np.repeat(rng.uniform(-3.0, 3.0, size=(12, 1, 3)), 3, axis=1)
    line = rng.uniform(-3.0, 3.0, size=(12, 1, 3)) + np.array([0.0, 0.5, 1.0])[
        None, :, None
    ] * rng.normal(size=(12, 1, 3))
    sliver = rng.uniform(-3.0, 3.0, size=(12, 3, 3))
    sliver[:, 2] = sliver[:, 0] + 1e-9 * (sliver[:, 1] - sliver[:, 0]) + 1e-13
    return np.concatenate([point, line, box((-1, -1, -1), (1, 1, 1)), sliver])


def same_centre() -> np.ndarray:
    """Thirty squares of one centre, in all sizes: no plane can part them."""
    found = []
    for k in range(30):
        s = 0.1 + 0.1 * k
        a, b = unit(np.array([1.0, 0.03 * k, 0.0])), np.array([0.0, 0.0, 1.0])
        found.append(square((2.0, 1.0, -1.0), s * a, s * b))
    return np.concatenate(found)


def identical() -> np.ndarray:
    return np.repeat(square((0, 0, 0), (1, 0, 0), (0, 1, 0)), 21, axis=0)


def powers() -> np.ndarray:
    """Squares at distances 4^-k: a tree as deep as it gets."""
    found = [
        square((4.0**-k, 0.0, 0.0), (0.0, 4.0**-k, 0.0), (0.0, 0.0, 4.0**-k))
        for k in range(-3, 40)
    ]
    return np.concatenate(found)


SCENES = {
    "stairs": stairs,
    "soup": lambda: soup(np.random.default_rng(7), 60),
    "coplanar": lambda: coplanar(np.random.default_rng(8)),
    "degenerate": lambda: degenerate(np.random.default_rng(9)),
    "same_centre": same_centre,
    "identical": identical,
    "powers": powers,
    "one": lambda: np.array([[[0.0, 0, 0], [1, 0, 0], [0, 1, 0]]]),
    "far_off": lambda: soup(np.random.default_rng(10), 20) + np.array([3e3, -2e3, 1e3]),
}


@pytest.fixture(params=list(SCENES))
def corners(request):
    return np.ascontiguousarray(SCENES[request.param](), dtype=float)


def well_shaped(corners):
    """Triangles that a ray can be aimed at: neither a line nor lost in rounding."""
    edges = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(axis=1)
    _, area = normals_of(corners)
    return (edges > 1e-5 * edges.max()) & (area > 1e-6 * edges**2)


def rays_at(corners, rng, n):
    """Rays to random points of random triangles from near and far; some along axes."""
    low, high = corners.min(axis=(0, 1)), corners.max(axis=(0, 1))
    centre, extent = 0.5 * (low + high), np.linalg.norm(high - low)
    face = rng.choice(np.flatnonzero(well_shaped(corners)), n)
    w = rng.dirichlet(np.ones(3), size=n)
    target = np.einsum("nk,nkx->nx", w, corners[face])
    origin = centre + rng.uniform(0.0, 2.0, size=(n, 1)) * extent * directions(rng, n)
    flight = unit(target - origin)
    # Exactly along an axis, but not in the plane of a wall.
    axis = np.eye(3)[rng.integers(0, 3, n)] * rng.choice([-1.0, 1.0], size=(n, 1))
    along = rng.random(n) < 0.2
    anywhere = rng.uniform(low - 0.01, high + 0.01, size=(n, 3))
    origin[along] = (anywhere - axis * extent)[along]
    flight[along] = axis[along]
    stray = rng.random(n) < 0.1
    flight[stray] = directions(rng, int(stray.sum()))
    return np.ascontiguousarray(origin), np.ascontiguousarray(flight)


def nearest(corners, origins, flight):
    """Distance to the first triangle by the independent test."""
    fat = corners[well_shaped(corners)]
    pieces = max(1, len(origins) * len(fat) // 400_000)
    parts = np.array_split(np.arange(len(origins)), pieces)
    return np.concatenate(
        [all_distances(fat, origins[p], flight[p]).min(axis=1) for p in parts]
    )


def leaks(found, truth, margin):
    """Rays for which tree and search differ by more than rounding allows."""
    one_only = np.isfinite(found) != np.isfinite(truth)
    both = np.isfinite(found) & np.isfinite(truth)
    gap = np.abs(np.where(both, found, 0.0) - np.where(both, truth, 0.0))
    return one_only | (gap > margin)


def test_first_hit_agrees_with_search_ray_by_ray(corners, seed):
    origins, flight = rays_at(corners, np.random.default_rng(seed), RAYS)
    face, distance = first_hits(opaque(corners), origins, flight)
    truth = nearest(corners, origins, flight)
    reach = float(np.abs(corners).max()) + float(np.abs(origins).max())
    wrong = leaks(distance, truth, 1e-9 * reach)
    # A ray may pass an edge within rounding.
    assert wrong.sum() <= allowed(corners)
    assert ((face >= 0) == np.isfinite(distance)).all()
    # The face that is named lies at the distance that is given.
    hit = np.flatnonzero(face >= 0)
    own = np.array(
        [
            all_distances(corners[f : f + 1], origins[i : i + 1], flight[i : i + 1])
            for i, f in zip(hit, face[hit], strict=True)
        ]
    ).ravel()
    assert leaks(distance[hit], own, 1e-9 * reach).sum() <= allowed(corners)


def allowed(corners) -> int:
    """Rays that may differ: a few in a thousand where triangles are lost in rounding."""
    return 0 if well_shaped(corners).all() else max(4, RAYS // 250)


def test_a_lost_triangle_is_seen(seed):
    # Negative control: the same comparison with one triangle of the tree missing.
    corners = SCENES["stairs"]()
    origins, flight = rays_at(corners, np.random.default_rng(seed), RAYS)
    _, distance = first_hits(opaque(corners[1:]), origins, flight)
    wrong = leaks(distance, nearest(corners, origins, flight), 1e-6)
    assert wrong.sum() > max(2, RAYS // 100)


def test_kernel_brute_force_agrees_with_search(corners, seed):
    # Signed volumes lose digits with (distance / size)^2: only what is not too small.
    edges = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(axis=1)
    corners = np.ascontiguousarray(corners[edges > 1e-2 * edges.max()])
    origins, flight = rays_at(corners, np.random.default_rng(seed + 1), size(500, 20))
    truth = nearest(corners, origins, flight)
    found = np.array(
        [
            brute_force_hit(corners, *o, *d, 0.0)[1]
            for o, d in zip(origins, flight, strict=True)
        ]
    )
    reach = float(np.abs(corners).max()) + float(np.abs(origins).max())
    assert leaks(found, truth, 1e-9 * reach).sum() <= allowed(corners)


def test_any_hit_is_first_hit_exists(corners, seed):
    scene = opaque(corners)
    origins, flight = rays_at(corners, np.random.default_rng(seed + 2), RAYS)
    face, _ = first_hits(scene, origins, flight)
    share = transmissions(scene, origins, flight)
    assert set(np.unique(share)) <= {0.0, 1.0}
    assert ((share == 0.0) == (face >= 0)).all()


def test_direction_back_finds_the_same_wall(seed):
    # From the point that was hit, the way back is free: closed convex box, from inside.
    corners = box((-1.0, -2.0, -3.0), (3.0, 2.0, 1.0))
    rng = np.random.default_rng(seed)
    n = size(5000, 60)
    origins = rng.uniform((-0.9, -1.9, -2.9), (2.9, 1.9, 0.9), size=(n, 3))
    flight = directions(rng, n)
    scene = opaque(corners)
    face, there = first_hits(scene, origins, flight)
    assert (face >= 0).all()
    wall = origins + there[:, None] * flight
    _, back = first_hits(scene, origins, -flight)
    # Both walls and the chord between them, from the closed form of a box.
    with np.errstate(divide="ignore"):
        t = (
            np.array([[-1.0, -2.0, -3.0], [3.0, 2.0, 1.0]])[:, None] - origins
        ) / flight
    assert np.allclose(there, np.max(t, axis=0).min(axis=1), rtol=1e-12)
    assert np.allclose(back, -np.min(t, axis=0).max(axis=1), rtol=1e-12)
    assert (np.abs(wall - [1.0, 0.0, -1.0]).max(axis=1) < 2.0 + 1e-12).all()


def test_no_ray_slips_out_at_edges_and_corners():
    # Aimed exactly at every vertex and at points of every edge of closed bodies.
    for corners, inside in (
        (stairs(), (0.4, 0.3, 1.1)),
        (box((-1, -1, -1), (1, 1, 1)), (0.1, -0.2, 0.3)),
    ):
        targets = [corners.reshape(-1, 3)]
        for a, b in ((0, 1), (1, 2), (2, 0)):
            targets += [
                corners[:, a] * (1 - u) + corners[:, b] * u for u in (0.5, 0.125, 1 / 3)
            ]
        target = np.concatenate(targets)
        origins = np.repeat(np.array([inside]), len(target), axis=0)
        flight = unit(target - origins)
        face, distance = first_hits(opaque(corners), origins, flight)
        assert (face >= 0).all()
        assert (distance <= np.linalg.norm(target - origins, axis=1) * (1 + 1e-9)).all()


def test_first_hit_of_equal_distance_is_the_lowest_number():
    scene = opaque(np.ascontiguousarray(identical()))
    face, distance = first_hits(
        scene, np.array([[0.3, 0.1, 5.0]]), np.array([[0.0, 0, -1.0]])
    )
    first = (
        0
        if all_distances(
            identical()[:1], np.array([[0.3, 0.1, 5.0]]), np.array([[0.0, 0, -1.0]])
        )[0, 0]
        < 9
        else 21
    )
    assert face[0] == first
    assert distance[0] == pytest.approx(5.0, rel=1e-15)


def test_t_min_leaves_out_what_is_nearer():
    corners = np.concatenate(
        [square((0, 0, z), (1, 0, 0), (0, 1, 0)) for z in (1, 2, 3)]
    )
    scene, scratch = opaque(corners), make_scratch()
    for t_min, expected in (
        (0.0, 1.0),
        (1.0, 1.0),
        (1.5, 2.0),
        (2.5, 3.0),
        (3.1, np.inf),
    ):
        face, distance = first_hit(
            scene, scratch, 0.2, 0.3, 0.0, 0.0, 0.0, 1.0, t_min, -1
        )
        assert distance == expected
        assert (face >= 0) == np.isfinite(expected)


def test_coincident_faces_come_one_after_the_other():
    # Three sheets, the second one sevenfold: nine faces in order of distance, number.
    sheets = [square((0, 0, z), (1, 0, 0), (0, 1, 0)) for z in (3, 2, 1)]
    corners = np.concatenate([sheets[0], *[sheets[1]] * 7, sheets[2]])
    scene, scratch = opaque(corners), make_scratch()
    found, t_min, after = [], 0.0, -1
    while True:
        face, t = first_hit(scene, scratch, 0.3, 0.1, 0.0, 0.0, 0.0, 1.0, t_min, after)
        if face < 0:
            break
        found.append((t, face))
        t_min, after = t, face
    own = all_distances(
        corners, np.array([[0.3, 0.1, 0.0]]), np.array([[0.0, 0, 1.0]])
    )[0]
    truth = sorted((t, f) for f, t in enumerate(own.tolist()) if np.isfinite(t))
    assert found == truth
    assert len(found) == 9


def test_every_triangle_is_found_by_a_ray_of_its_own(corners):
    area2 = np.linalg.norm(
        np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1
    )
    extent = float(np.ptp(corners.reshape(-1, 3), axis=0).max())
    fat = area2 > 1e-10 * max(area2.max(), 1e-300)
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normal = normal[fat] / area2[fat][:, None]
    middle = corners[fat].mean(axis=1)
    step = 1e-7 * max(extent, float(np.abs(corners).max()))
    scene = opaque(corners)
    face, distance = first_hits(scene, middle + step * normal, -normal)
    assert (face >= 0).all()
    # It is the triangle itself, or one that lies in the same place.
    own = np.flatnonzero(fat)
    other = face != own
    assert (distance[~other] <= 1.001 * step).all()
    assert (distance[other] <= 1.001 * step).all()
    if len(np.unique(middle.round(9), axis=0)) == len(middle) > 20:
        assert other.mean() < 0.6


def boxes_of(bvh: Bvh, node: int) -> np.ndarray:
    """Return the boxes (3, 2, n) of a node: axis, low and high, lane."""
    return bvh.planes[node].astype(float).reshape(3, 2, bvh.children.shape[1])


def nodes_below(bvh: Bvh):
    """Walk the tree; yield (node, lane, child) of every used lane."""
    todo = [0]
    while todo:
        node = todo.pop()
        boxes = boxes_of(bvh, node)
        for lane in range(boxes.shape[2]):
            if not np.isfinite(boxes[:, :, lane]).all():
                assert (boxes[:, 0, lane] == np.inf).all()
                assert (boxes[:, 1, lane] == -np.inf).all()
                continue
            child = int(bvh.children[node, lane])
            yield node, lane, child
            if child >= 0:
                assert child != 0, "the root is nobody's child"
                todo.append(child)


def test_tree_holds_every_triangle_once_and_boxes_hold_their_children(corners):
    bvh = build_bvh(*indexed(corners))
    assert bvh.planes.dtype == np.float32
    assert bvh.children.dtype == bvh.ids.dtype == np.int32
    assert bvh.blocks.dtype == np.float64
    assert sorted(bvh.ids[bvh.ids >= 0].tolist()) == list(range(len(corners)))
    inner, leaf = [0], []
    for node, lane, child in nodes_below(bvh):
        low, high = boxes_of(bvh, node)[:, :, lane].T
        if child >= 0:
            inner.append(child)
            below = boxes_of(bvh, child)
            used = np.isfinite(below[0, 0])
            assert (below[:, 0, used].min(axis=1) >= low).all()
            assert (below[:, 1, used].max(axis=1) <= high).all()
        else:
            leaf.append(-1 - child)
            ids = bvh.ids[-1 - child]
            points = corners[ids[ids >= 0]].reshape(-1, 3)
            assert (points.min(axis=0) >= low).all()
            assert (points.max(axis=0) <= high).all()
    assert sorted(inner) == list(range(len(bvh.planes)))
    assert sorted(leaf) == list(range(len(bvh.blocks)))


def test_blocks_hold_corner_and_edges_lane_by_lane(corners):
    bvh = build_bvh(*indexed(corners))
    for block, ids in zip(
        bvh.blocks.reshape(-1, 9, bvh.ids.shape[1]), bvh.ids, strict=True
    ):
        for lane, f in enumerate(ids):
            a, b, c = corners[f] if f >= 0 else np.zeros((3, 3))
            assert (block[:, lane] == np.concatenate([a, b - a, c - a])).all()


def test_the_work_space_is_deep_enough(corners):
    # A node pops one entry and pushes at most its children; first_hit has half the stack.
    bvh = build_bvh(*indexed(corners))
    width: dict[int, int] = {}
    parent: dict[int, int] = {}
    for node, _, child in nodes_below(bvh):
        width[node] = width.get(node, 0) + 1
        if child >= 0:
            parent[child] = node
    most = 0
    for start, used in width.items():
        node, entries = start, used
        while node in parent:
            node = parent[node]
            entries += width[node] - 1
        most = max(most, entries)
    assert most <= first_hit_room()


def first_hit_room() -> int:
    """Entries that the stack of `first_hit` holds."""
    stack = make_scratch().stack
    return len(stack) // 2 if hasattr(ray_module, "_HALF") else len(stack)


def test_build_is_repeatable_and_leaves_its_input_alone(corners):
    vertices, triangles = indexed(corners)
    before = vertices.copy(), triangles.copy()
    one, two = build_bvh(vertices, triangles), build_bvh(vertices, triangles)
    assert all(a.tobytes() == b.tobytes() for a, b in zip(one, two, strict=True))
    assert (vertices == before[0]).all()
    assert (triangles == before[1]).all()


def test_shared_vertices_give_the_same_tree_as_loose_ones():
    corners = stairs()
    vertices, inverse = np.unique(corners.reshape(-1, 3), axis=0, return_inverse=True)
    shared_ = build_bvh(vertices, inverse.reshape(-1, 3).astype(np.int32))
    loose = build_bvh(*indexed(corners))
    assert all(a.tobytes() == b.tobytes() for a, b in zip(shared_, loose, strict=True))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_build_refuses_what_is_not_finite(value):
    vertices, triangles = indexed(box((0, 0, 0), (1, 1, 1)))
    vertices[5, 1] = value
    with pytest.raises(ValueError, match="finite"):
        build_bvh(vertices, triangles)


def test_build_refuses_an_empty_mesh():
    with pytest.raises(ValueError, match="at least one triangle"):
        build_bvh(np.zeros((3, 3)), np.zeros((0, 3), dtype=np.int32))


def test_scene_of_one_triangle_is_one_node():
    scene, _ = scene_of([Part(SCENES["one"]())])
    assert len(scene.planes) == len(scene.blocks) == 1
    face, distance = first_hits(
        scene,
        np.array([[0.2, 0.2, 1.0], [0.9, 0.9, 1.0], [0.2, 0.2, -1.0]]),
        np.array([[0.0, 0.0, -1.0]] * 3),
    )
    assert face.tolist() == [0, -1, -1]
    assert distance[0] == 1.0


@pytest.mark.slow
@pytest.mark.skipif(PLAIN, reason="a hundred thousand triangles")
def test_large_soup_ray_by_ray(seed):
    rng = np.random.default_rng(seed)
    corners = np.ascontiguousarray(soup(rng, 3000))
    origins, flight = rays_at(corners, rng, 3000)
    _, distance = first_hits(opaque(corners), origins, flight)
    truth = nearest(corners, origins, flight)
    assert leaks(distance, truth, 1e-7).sum() <= 1
