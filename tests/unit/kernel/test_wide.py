"""The vector code against its plain twins and against closed forms in double precision."""

from __future__ import annotations

import numpy as np
import pytest
from kernel_helpers import PLAIN, all_distances, directions, size

from mmod.kernel import wide
from mmod.kernel._jit import jit

BOXES = wide.BOXES
WIDTH = wide.WIDTH
NODES = size(4000, 60)


@jit
def boxes_of_rays(planes, near, origins, inverses, limits, entry, masks):
    n = BOXES
    for i in range(len(masks)):
        masks[i] = wide.box_hits(
            planes,
            np.int64(i * 6 * n),
            near[i, 0],
            near[i, 1],
            near[i, 2],
            origins[i, 0],
            origins[i, 1],
            origins[i, 2],
            inverses[i, 0],
            inverses[i, 1],
            inverses[i, 2],
            limits[i, 0],
            limits[i, 1],
            entry[i],
        )


@jit
def triangles_of_rays(blocks, origins, flight, limits, distance, masks):
    for i in range(len(masks)):
        masks[i] = wide.triangle_hits(
            blocks,
            np.int64(i * 72),
            origins[i, 0],
            origins[i, 1],
            origins[i, 2],
            flight[i, 0],
            flight[i, 1],
            flight[i, 2],
            limits[i, 0],
            limits[i, 1],
            distance[i],
        )


@jit
def lowest_bits(masks, out):
    for i in range(len(masks)):
        out[i] = wide.lowest_bit(masks[i])


def bits(mask: np.ndarray, width: int) -> np.ndarray:
    return (mask[:, None] >> np.arange(width)) & 1 == 1


def some_rays(rng, n):
    """Origins and directions: general, along an axis, and in a coordinate plane."""
    origins = rng.uniform(-60.0, 60.0, size=(n, 3))
    flight = directions(rng, n)
    kind = rng.integers(0, 4, n)
    axis = np.eye(3)[rng.integers(0, 3, n)] * rng.choice([-1.0, 1.0], size=(n, 1))
    flight[kind == 1] = axis[kind == 1]
    flat = kind == 2
    flight[flat, rng.integers(0, 3, flat.sum())] = 0.0
    flight[flat] *= rng.choice(
        [-0.0, 0.0, 1.0], size=(flat.sum(), 3), p=[0.1, 0.1, 0.8]
    )
    dead = np.linalg.norm(flight, axis=1) == 0.0
    flight[dead] = axis[dead]
    return origins, flight / np.linalg.norm(flight, axis=1, keepdims=True)


@pytest.fixture
def boxes(seed):
    """Nodes of random boxes; a third of the lanes empty, some flat, some a point."""
    rng = np.random.default_rng(seed)
    origins, flight = some_rays(rng, NODES)
    low = rng.uniform(-50.0, 50.0, size=(NODES, 3, BOXES))
    extent = np.exp(rng.uniform(np.log(1e-3), np.log(60.0), size=low.shape))
    extent[rng.random(low.shape) < 0.05] = 0.0
    # Boxes along the ray, so that many are hit, and planes through the origin.
    ahead = origins + rng.uniform(-30.0, 120.0, size=(NODES, 1)) * flight
    near = rng.random((NODES, 1, BOXES)) < 0.5
    low = np.where(near, ahead[:, :, None] - 0.5 * extent, low)
    touch = rng.random(low.shape) < 0.03
    low = np.where(touch, origins[:, :, None], low)
    planes = np.stack([low, low + extent], axis=2).astype(np.float32)
    empty = rng.random((NODES, BOXES)) < 0.3
    planes[:, :, 0] = np.where(empty[:, None], np.inf, planes[:, :, 0])
    planes[:, :, 1] = np.where(empty[:, None], -np.inf, planes[:, :, 1])
    tiny = np.abs(flight) < 1e-18
    inverse = np.where(
        tiny, np.where(flight >= 0.0, 1e18, -1e18), 1.0 / np.where(tiny, 1.0, flight)
    )
    limits = np.zeros((NODES, 2))
    limits[:, 1] = rng.choice([np.inf, 5.0, 40.0], NODES)
    return {
        "planes": np.ascontiguousarray(planes.reshape(-1)),
        "near": np.where(inverse >= 0.0, 0, BOXES),
        "origins": origins.astype(np.float32),
        "inverses": inverse.astype(np.float32),
        "limits": limits.astype(np.float32),
        "empty": empty,
        "flight": flight,
    }


def box_masks(case):
    entry = np.zeros((NODES, BOXES), dtype=np.float32)
    masks = np.zeros(NODES, dtype=np.int64)
    boxes_of_rays(
        case["planes"],
        case["near"],
        case["origins"],
        case["inverses"],
        case["limits"],
        entry,
        masks,
    )
    return masks, entry


def test_boxes_equal_the_plain_twin_bit_by_bit(boxes):
    masks, entry = box_masks(boxes)
    plain_entry = np.zeros(BOXES, dtype=np.float32)
    for i in range(0, NODES, size(4, 1)):
        plain = wide.box_hits_plain(
            boxes["planes"],
            i * 6 * BOXES,
            *boxes["near"][i],
            *boxes["origins"][i],
            *boxes["inverses"][i],
            *boxes["limits"][i],
            plain_entry,
        )
        assert masks[i] == plain
        hit = bits(masks[i : i + 1], BOXES)[0]
        assert (entry[i][hit] == plain_entry[hit]).all()


def exact_boxes(case):
    """Entry and exit of each box in double precision, and whether the ray is clear of it."""
    planes = case["planes"].reshape(NODES, 3, 2, BOXES).astype(float)
    o, inverse = (case[k].astype(float)[:, :, None] for k in ("origins", "inverses"))
    a, b = (planes[:, :, 0] - o) * inverse, (planes[:, :, 1] - o) * inverse
    start = np.minimum(a, b).max(axis=1)
    stop = np.maximum(a, b).min(axis=1)
    low, high = (case["limits"].astype(float)[:, k, None] for k in (0, 1))
    return np.maximum(start, low), np.minimum(stop, high)


def test_boxes_against_double_precision(boxes):
    masks, entry = box_masks(boxes)
    hit = bits(masks, BOXES)
    start, stop = exact_boxes(boxes)
    used = ~boxes["empty"]
    # Distances of up to 200 m in single precision: a few 1e-5 m either way.
    with np.errstate(invalid="ignore"):
        clear_hit = used & (stop - start > 1e-4 * (1.0 + np.abs(start)))
        clear_miss = used & (start - stop > 1e-3 * (1.0 + np.abs(stop)))
    assert clear_hit.sum() > NODES // 2
    assert clear_miss.sum() > NODES
    assert hit[clear_hit].all(), "a box that is hit must never be left out"
    assert not hit[clear_miss].any()
    found, true = entry[clear_hit].astype(float), start[clear_hit]
    assert (np.abs(found - true) <= 1e-5 * (1.0 + np.abs(true))).all()


def test_empty_lanes_are_never_hit(boxes):
    masks, _ = box_masks(boxes)
    assert not bits(masks, BOXES)[boxes["empty"]].any()


def test_a_ray_inside_a_box_hits_it_at_once():
    planes = np.zeros((6, BOXES), dtype=np.float32)
    planes[0::2], planes[1::2] = -1.0, 1.0
    for flight in np.vstack([np.eye(3), -np.eye(3), [[0.6, -0.8, 0.0]]]):
        inverse = np.where(
            flight == 0.0, 1e18, 1.0 / np.where(flight == 0.0, 1.0, flight)
        )
        entry = np.full((1, BOXES), -7.0, dtype=np.float32)
        masks = np.zeros(1, dtype=np.int64)
        boxes_of_rays(
            planes.reshape(-1),
            np.where(inverse >= 0.0, 0, BOXES)[None],
            np.zeros((1, 3), dtype=np.float32),
            inverse.astype(np.float32)[None],
            np.array([[0.0, np.inf]], dtype=np.float32),
            entry,
            masks,
        )
        assert masks[0] == 2**BOXES - 1
        assert (entry == 0.0).all()


@pytest.fixture
def triangles(seed):
    """Blocks of random triangles: general, tiny, flat to a line or a point, empty."""
    rng = np.random.default_rng(seed + 1)
    origins, flight = some_rays(rng, NODES)
    middle = (
        origins[:, None]
        + rng.uniform(-20.0, 60.0, size=(NODES, WIDTH, 1)) * flight[:, None]
    )
    spread = np.exp(rng.uniform(np.log(1e-2), np.log(20.0), size=(NODES, WIDTH, 1, 1)))
    corners = middle[:, :, None] + spread * rng.normal(size=(NODES, WIDTH, 3, 3))
    kind = rng.integers(0, 10, size=(NODES, WIDTH))
    corners[kind == 0] = corners[kind == 0][:, :1]  # a point
    line = corners[kind == 1]
    corners[kind == 1] = line[:, :1] + np.array([0.0, 1.0, 2.0])[:, None] * (
        line[:, 1:2] - line[:, :1]
    )
    corners[kind == 2] = 0.0  # an empty lane
    # Along an axis, in the very plane of the ray.
    corners[kind == 3, :, 0] = np.repeat(origins[:, None, 0], WIDTH, 1)[kind == 3][
        :, None
    ]
    blocks = np.concatenate(
        [
            corners[:, :, 0],
            corners[:, :, 1] - corners[:, :, 0],
            corners[:, :, 2] - corners[:, :, 0],
        ],
        axis=-1,
    ).transpose(0, 2, 1)
    limits = np.stack([np.zeros(NODES), rng.choice([np.inf, 25.0], NODES)], axis=1)
    return {
        "blocks": np.ascontiguousarray(blocks).reshape(-1),
        "origins": origins,
        "flight": flight,
        "limits": limits,
        "corners": corners,
        "kind": kind,
    }


def triangle_masks(case):
    distance = np.zeros((NODES, WIDTH))
    masks = np.zeros(NODES, dtype=np.int64)
    triangles_of_rays(
        case["blocks"], case["origins"], case["flight"], case["limits"], distance, masks
    )
    return masks, distance


def test_triangles_equal_the_plain_twin(triangles):
    masks, distance = triangle_masks(triangles)
    plain_distance = np.zeros(WIDTH)
    for i in range(0, NODES, size(4, 1)):
        plain = wide.triangle_hits_plain(
            triangles["blocks"],
            i * 72,
            *triangles["origins"][i],
            *triangles["flight"][i],
            *triangles["limits"][i],
            plain_distance,
        )
        assert masks[i] == plain
        hit = bits(masks[i : i + 1], WIDTH)[0]
        # Compilers may join a product and a sum; the hits are the same, distances
        # differ in the last bits at most.
        assert np.allclose(distance[i][hit], plain_distance[hit], rtol=1e-12, atol=0.0)


def test_triangles_against_another_test(triangles):
    masks, distance = triangle_masks(triangles)
    hit = bits(masks, WIDTH)
    assert hit[triangles["kind"] > 3].mean() > 0.1
    assert not hit[triangles["kind"] == 0].any(), "points are never hit"
    assert not hit[triangles["kind"] == 2].any(), "empty lanes are never hit"
    differ = 0
    for i in range(NODES):
        fat = triangles["kind"][i] > 3
        t = all_distances(
            triangles["corners"][i],
            triangles["origins"][i : i + 1],
            triangles["flight"][i : i + 1],
        )[0]
        truth = t < triangles["limits"][i, 1]
        differ += int((hit[i] != truth)[fat].sum())
        both = fat & truth & hit[i]
        assert np.allclose(distance[i][both], t[both], rtol=1e-9)
    assert differ <= size(2, 0)


def test_the_edge_belongs_to_both_neighbours():
    # Two triangles of a square; rays exactly onto the diagonal, at any slant.
    square = np.array(
        [[[0, 0, 0], [1, 0, 0], [1, 1, 0]], [[0, 0, 0], [1, 1, 0], [0, 1, 0.0]]]
    )
    block = np.zeros((9, WIDTH))
    for k in range(2):
        a, b, c = square[k]
        block[:, k] = np.concatenate([a, b - a, c - a])
    rng = np.random.default_rng(5)
    n = size(3000, 100)
    u = rng.random(n)
    target = np.stack([u, u, np.zeros(n)], axis=1)
    origins = target + rng.uniform(-3.0, 3.0, size=(n, 3)) + [0.0, 0.0, 5.0]
    flight = (target - origins) / np.linalg.norm(
        target - origins, axis=1, keepdims=True
    )
    masks = np.zeros(n, dtype=np.int64)
    triangles_of_rays(
        np.tile(block.reshape(-1), n),
        origins,
        flight,
        np.tile([0.0, np.inf], (n, 1)),
        np.zeros((n, WIDTH)),
        masks,
    )
    assert (masks & 3 > 0).all(), "a ray slipped between two neighbours"


def test_lowest_bit_for_every_single_bit_and_many_masks(seed):
    rng = np.random.default_rng(seed)
    masks = np.concatenate([1 << np.arange(40), rng.integers(1, 2**20, size=500)])
    out = np.zeros(len(masks), dtype=np.int64)
    lowest_bits(masks, out)
    for mask, found in zip(masks.tolist(), out.tolist(), strict=True):
        text = bin(mask)
        assert found == len(text) - 1 - text.rindex("1") == wide.lowest_bit_plain(mask)


def test_vector_code_is_in_use_unless_the_compiler_is_off():
    assert (wide.box_hits is wide.box_hits_plain) == PLAIN
    assert (wide.triangle_hits is wide.triangle_hits_plain) == PLAIN
    assert (wide.lowest_bit is wide.lowest_bit_plain) == PLAIN
