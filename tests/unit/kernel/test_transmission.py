"""What passes along a ray: the solidity rule against closed forms and a slow walk."""

from __future__ import annotations

import numpy as np
import pytest
from kernel_helpers import (
    Part,
    all_distances,
    box,
    crossings_transmission,
    directions,
    prism,
    scene_of,
    size,
    square,
)

from mmod.kernel import ray as ray_module
from mmod.kernel.ray import transmissions

RAYS = size(2000, 120)
HORSESHOE = prism(
    # A U seen from its open end: convex hull much larger than the body.
    [(0, 0), (5, 0), (5, 4), (4, 4), (4, 1), (1, 1), (1, 4), (0, 4)],
    0.0,
    1.0,
)


def horseshoe() -> np.ndarray:
    """A closed body that a ray may enter twice: lids cut so that they are right."""
    walls = HORSESHOE[: 2 * 8]
    lids = []
    for a, b, c, d in (
        ((0, 0), (5, 0), (5, 1), (0, 1)),
        ((4, 1), (5, 1), (5, 4), (4, 4)),
        ((0, 1), (1, 1), (1, 4), (0, 4)),
    ):
        low = [np.array([*p, 0.0]) for p in (a, b, c, d)]
        high = [np.array([*p, 1.0]) for p in (a, b, c, d)]
        lids += [[high[0], high[1], high[2]], [high[0], high[2], high[3]]]
        lids += [[low[0], low[2], low[1]], [low[0], low[3], low[2]]]
    return np.concatenate([walls, np.array(lids)])


def passages(low, high, origins, flight):
    """1 where a ray meets a box ahead of its origin, from the slabs of the box."""
    with np.errstate(divide="ignore"):
        a = (np.asarray(low) - origins) / flight
        b = (np.asarray(high) - origins) / flight
    start = np.minimum(a, b).max(axis=1)
    stop = np.maximum(a, b).min(axis=1)
    return ((stop > start) & (stop > 0.0)).astype(int)


def test_boxes_alone_nested_overlapping_and_from_inside(seed):
    # Truth: slabs. The rule is one factor a solid, wherever the ray starts.
    rng = np.random.default_rng(seed)
    boxes = [
        ((-2.0, -2.0, -2.0), (2.0, 2.0, 2.0), 0.3),
        ((-1.0, -1.0, -1.0), (1.0, 1.0, 1.0), 0.5),  # nested
        ((0.5, -3.0, -0.5), (4.0, 0.5, 3.0), 0.2),  # overlaps both
        ((6.0, -1.0, -1.0), (7.0, 1.0, 1.0), 0.9),  # apart
        ((6.0, -1.0, -1.0), (7.0, 1.0, 1.0), 0.25),  # the same place once more
    ]
    scene, _ = scene_of([Part(box(a, b), s) for a, b, s in boxes])
    origins = rng.uniform(-5.0, 8.0, size=(RAYS, 3))
    flight = directions(rng, RAYS)
    truth = np.ones(RAYS)
    for a, b, s in boxes:
        truth *= (1.0 - s) ** passages(a, b, origins, flight)
    found = transmissions(scene, origins, flight)
    assert np.allclose(found, truth, rtol=1e-12)
    assert len(np.unique(truth.round(9))) > 5  # many combinations were met


def test_planted_rules_are_seen(seed):
    # Per face in place of per solid, or entries alone, would differ here.
    rng = np.random.default_rng(seed)
    part = Part(box((-1, -1, -1), (1, 1, 1)), 0.3)
    scene, corners = scene_of([part])
    origins = rng.uniform(-3.0, 3.0, size=(RAYS, 3))
    flight = directions(rng, RAYS)
    found = transmissions(scene, origins, flight)
    crossed = np.isfinite(all_distances(corners, origins, flight)).sum(axis=1)
    inside = (np.abs(origins) < 1.0).all(axis=1)
    assert not np.allclose(found, 0.7**crossed)
    assert np.allclose(found[inside], 0.7)
    assert not np.allclose(found[inside], 1.0)


def test_a_body_that_is_entered_twice_counts_twice(seed):
    rng = np.random.default_rng(seed)
    part = Part(horseshoe(), 0.4)
    scene, _ = scene_of([part])
    low, high = np.array([-1.0, -1.0, -0.5]), np.array([6.0, 5.0, 1.5])
    origins = rng.uniform(low, high, size=(RAYS, 3))
    target = rng.uniform((0, 0, 0), (5, 4, 1), size=(RAYS, 3))
    flight = (target - origins) / np.linalg.norm(
        target - origins, axis=1, keepdims=True
    )
    found = transmissions(scene, origins, flight)
    truth = np.array(
        [
            crossings_transmission([part], o, d)
            for o, d in zip(origins, flight, strict=True)
        ]
    )
    assert np.allclose(found, truth, rtol=1e-12)
    counts = np.unique((np.log(truth) / np.log(0.6)).round(6))
    assert counts.tolist() == [0.0, 1.0, 2.0]
    # By hand: across both arms from outside, and from inside the first arm.
    by_hand = transmissions(
        scene,
        np.array([[-1.0, 3.0, 0.5], [0.5, 3.0, 0.5], [2.5, 3.0, 0.5], [2.3, 0.5, 0.4]]),
        np.array([[1.0, 0, 0], [1.0, 0, 0], [1.0, 0, 0], [0, 1.0, 0]]),
    )
    assert by_hand == pytest.approx([0.36, 0.36, 0.6, 0.6], rel=1e-14)


def test_two_bodies_that_are_one_solid_count_each(seed):
    # Two boxes under one number, as the two halves of a truss segment.
    corners = np.concatenate([box((0, 0, 0), (1, 1, 1)), box((3, 0, 0), (4, 1, 1))])
    scene, _ = scene_of([Part(corners, 0.5)])
    found = transmissions(
        scene,
        np.array([[-1.0, 0.4, 0.3], [0.5, 0.4, 0.3], [2.0, 0.4, 0.3], [5.0, 0.4, 0.3]]),
        np.array([[1.0, 0.0, 0.0]] * 4),
    )
    assert found == pytest.approx([0.25, 0.25, 0.5, 1.0], rel=1e-14)


def test_panels_take_their_share_each_time_from_either_side(seed):
    rng = np.random.default_rng(seed)
    parts = [
        Part(square((0, 0, z), (2, 0, 0), (0, 2, 0)), s, panel=True)
        for z, s in ((0.0, 0.4), (1.0, 0.7), (2.0, 0.1))
    ]
    scene, _ = scene_of(parts)
    origins = rng.uniform((-3, -3, -1), (3, 3, 3), size=(RAYS, 3))
    flight = directions(rng, RAYS)
    truth = np.ones(RAYS)
    for z, s in ((0.0, 0.4), (1.0, 0.7), (2.0, 0.1)):
        t = (z - origins[:, 2]) / flight[:, 2]
        at = origins + t[:, None] * flight
        truth *= np.where((t > 0) & (np.abs(at[:, :2]) < 2).all(axis=1), 1.0 - s, 1.0)
    found = transmissions(scene, origins, flight)
    assert np.allclose(found, truth, rtol=1e-12)
    down = flight[:, 2] < 0
    assert found[down].min() < 0.2
    assert found[~down].min() < 0.2


def test_a_bent_panel_is_crossed_twice():
    # One panel of two sheets: its number is one, its crossings are two.
    corners = np.concatenate(
        [square((0, 0, z), (1, 0, 0), (0, 1, 0)) for z in (0.0, 1.0)]
    )
    scene, _ = scene_of([Part(corners, 0.3, panel=True)])
    found = transmissions(
        scene,
        np.array([[0.1, 0.2, -1.0], [0.1, 0.2, 0.5]]),
        np.array([[0.0, 0, 1.0]] * 2),
    )
    assert found == pytest.approx([0.49, 0.7], rel=1e-14)


def test_anything_opaque_stops_everything_whatever_stands_before_it(seed):
    rng = np.random.default_rng(seed)
    parts = [
        Part(box((1, -5, -5), (2, 5, 5)), 0.3),
        Part(square((3, 0, 0), (0, 5, 0), (0, 0, 5)), 0.2, panel=True),
        Part(box((4, -1, -1), (5, 1, 1))),
    ]
    scene, _ = scene_of(parts)
    n = size(2000, 80)
    origins = np.zeros((n, 3))
    flight = directions(rng, n)
    flight[:, 0] = np.abs(flight[:, 0])
    behind = passages((4, -1, -1), (5, 1, 1), origins, flight) == 1
    found = transmissions(scene, origins, flight)
    assert ((found == 0.0) == behind).all()
    assert behind.any()


def test_absent_parts_change_nothing():
    # Solidity 0 stands for the switch that takes thin parts away.
    there = Part(box((1, -1, -1), (2, 1, 1)), 0.0)
    scene, _ = scene_of(
        [there, Part(square((3, 0, 0), (0, 1, 0), (0, 0, 1)), 0.4, panel=True)]
    )
    found = transmissions(
        scene, np.array([[0.0, 0.1, 0.2]]), np.array([[1.0, 0.0, 0.0]])
    )
    assert found[0] == pytest.approx(0.6, rel=1e-15)


def test_random_mixture_against_the_walk(seed):
    rng = np.random.default_rng(seed)
    parts = []
    for k in range(14):
        low = rng.uniform(-4.0, 3.0, size=3)
        high = low + rng.uniform(0.3, 3.0, size=3)
        solidity = 1.0 if k < 2 else float(rng.uniform(0.05, 0.9))
        parts.append(Part(box(low, high), solidity))
    for _ in range(6):
        across, up = rng.normal(size=(2, 3))
        parts.append(
            Part(
                square(rng.uniform(-3, 3, 3), across, up),
                float(rng.uniform(0.1, 0.8)),
                panel=True,
            )
        )
    parts.append(Part(horseshoe() - 2.0, 0.35))
    scene, _ = scene_of(parts)
    n = size(300, 60)
    origins = rng.uniform(-6.0, 6.0, size=(n, 3))
    flight = directions(rng, n)
    found = transmissions(scene, origins, flight)
    truth = np.array(
        [
            crossings_transmission(parts, o, d)
            for o, d in zip(origins, flight, strict=True)
        ]
    )
    assert np.allclose(found, truth, rtol=1e-11)
    assert (truth == 0.0).any()
    assert (truth == 1.0).any()
    assert ((truth > 0.0) & (truth < 1.0)).sum() > n // 10


def test_a_particle_and_its_ray_meet_the_same_parts(seed):
    # Outside everything, the way there and the way back from far away are one way.
    rng = np.random.default_rng(seed)
    parts = [
        Part(box(a, np.asarray(a) + 2.0), 0.3)
        for a in ((0, 0, 0), (1, 1, 1), (5, 0, 0))
    ]
    parts.append(Part(horseshoe() + 8.0, 0.6))
    scene, _ = scene_of(parts)
    n = size(1000, 40)
    flight = directions(rng, n)
    middle = rng.uniform(-1.0, 12.0, size=(n, 3))
    there = transmissions(scene, middle - 60.0 * flight, flight)
    back = transmissions(scene, middle + 60.0 * flight, -flight)
    assert np.allclose(there, back, rtol=1e-12)


def test_more_translucent_solids_than_the_work_space_holds_are_not_a_number():
    count = ray_module._SOLIDS
    sheets = [
        Part(square((0, 0, float(z)), (1, 0, 0), (0, 1, 0)), 0.01, panel=True)
        for z in range(1, count + 2)
    ]
    ray = np.array([[0.1, 0.2, 0.0]]), np.array([[0.0, 0.0, 1.0]])
    enough, _ = scene_of(sheets[:-1])
    assert transmissions(enough, *ray)[0] == pytest.approx(0.99**count, rel=1e-12)
    too_many, _ = scene_of(sheets)
    assert np.isnan(transmissions(too_many, *ray)[0])
