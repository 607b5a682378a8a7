"""Laws of the kernel that hold for any scene, ray, flux and face."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kernel_helpers import (
    PLAIN,
    Bin,
    Part,
    box,
    directions,
    faces_of,
    flat_tables,
    opaque,
    scene_of,
    threats_of,
    unit,
)
from scipy.spatial.transform import Rotation

from mmod.kernel.estimate import importance_block
from mmod.kernel.ray import first_hits, transmissions
from mmod.kernel.rng import make_key
from mmod.kernel.sample import cosine_bound

EXAMPLES = 8 if PLAIN else 60
RAYS = 20 if PLAIN else 200
numbers = st.integers(0, 2**32 - 1)
turns = st.tuples(*[st.floats(-np.pi, np.pi)] * 3)


def clutter(number: int, n: int = 12) -> tuple[list[Part], np.ndarray, np.ndarray]:
    """Boxes, some of them translucent, and rays among them."""
    rng = np.random.default_rng(number)
    parts = []
    for _ in range(n):
        low = rng.uniform(-5.0, 4.0, 3)
        solidity = 1.0 if rng.random() < 0.5 else float(rng.uniform(0.1, 0.9))
        parts.append(Part(box(low, low + rng.uniform(0.1, 2.0, 3)), solidity))
    origins = rng.uniform(-7.0, 7.0, size=(RAYS, 3))
    return parts, origins, directions(rng, RAYS)


def same(a, b, scale=1.0) -> bool:
    """Equal distances, up to rounding; rays that pass an edge that closely are few."""
    a, b = np.where(np.isfinite(a), a, 1e9), np.where(np.isfinite(b), b, 1e9)
    return int((np.abs(a - b) > 1e-9 * scale * (1.0 + np.abs(a))).sum()) <= 1


@settings(max_examples=EXAMPLES)
@given(
    numbers, turns, st.tuples(*[st.floats(-300.0, 300.0)] * 3), st.floats(0.01, 100.0)
)
def test_rays_do_not_care_where_the_scene_is(number, angles, place, factor):
    parts, origins, flight = clutter(number)
    turn = Rotation.from_euler("xyz", angles).as_matrix()

    def moved(points):
        return np.ascontiguousarray(factor * points @ turn.T + np.asarray(place))

    there = [Part(moved(p.corners), p.solidity) for p in parts]
    (scene, _), (other, _) = scene_of(parts), scene_of(there)
    flown = np.ascontiguousarray(flight @ turn.T)
    _, near = first_hits(scene, origins, flight)
    _, far = first_hits(other, moved(origins), flown)
    # Places up to 300 m away, in units of the scaled scene.
    assert same(near, far / factor, 1.0 + 300.0 / factor)
    a = transmissions(scene, origins, flight)
    b = transmissions(other, moved(origins), flown)
    assert int((np.abs(a - b) > 1e-9).sum()) <= 1


@settings(max_examples=EXAMPLES)
@given(numbers)
def test_the_order_of_triangles_does_not_matter(number):
    parts, origins, flight = clutter(number)
    corners = np.concatenate([p.corners for p in parts])
    order = np.random.default_rng(number).permutation(len(corners))
    face, near = first_hits(opaque(corners), origins, flight)
    other, far = first_hits(opaque(corners[order]), origins, flight)
    assert near.tobytes() == far.tobytes()
    hit = face >= 0
    assert (order[other[hit]] == face[hit]).mean() > 0.99 if hit.any() else True


@settings(max_examples=EXAMPLES)
@given(numbers, st.integers(0, 100))
def test_a_triangle_may_be_split(number, which):
    parts, origins, flight = clutter(number)
    corners = np.concatenate([p.corners for p in parts])
    k = which % len(corners)
    a, b, c = corners[k]
    m = 0.3 * b + 0.7 * c
    split = np.concatenate([np.delete(corners, k, axis=0), [[a, b, m], [a, m, c]]])
    _, near = first_hits(opaque(corners), origins, flight)
    _, far = first_hits(opaque(split), origins, flight)
    assert same(near, far)


@settings(max_examples=EXAMPLES)
@given(numbers)
def test_more_in_the_way_never_lets_more_through(number):
    parts, origins, flight = clutter(number)
    less, more = scene_of(parts[:-3])[0], scene_of(parts)[0]
    a, b = transmissions(less, origins, flight), transmissions(more, origins, flight)
    assert (b <= a * (1.0 + 1e-12)).all()
    denser = scene_of([Part(p.corners, min(1.0, 1.2 * p.solidity)) for p in parts])[0]
    assert (transmissions(denser, origins, flight) <= b * (1.0 + 1e-12)).all()
    _, near = first_hits(less, origins, flight)
    _, nearer = first_hits(more, origins, flight)
    assert (nearer <= near).all()


@settings(max_examples=EXAMPLES)
@given(
    numbers,
    st.floats(-np.pi, np.pi),
    st.floats(0.0, 3.0),
    st.floats(-1.0, 1.0),
    st.floats(0.0, 1.0),
)
def test_no_direction_of_a_patch_exceeds_its_bound(number, az0, width, s0, height):
    rng = np.random.default_rng(number)
    normal = directions(rng, 1)[0]
    s1 = min(1.0, s0 + height)
    az = az0 + width * np.append(rng.random(50), [0.0, 1.0])
    s = s0 + (s1 - s0) * np.append(rng.random(50), [1.0, 0.0])
    flat = np.sqrt(1.0 - s**2)
    seen = np.stack([flat * np.cos(az), flat * np.sin(az), s], axis=1) @ normal
    assert seen.max() <= cosine_bound(*normal, az0, az0 + width, s0, s1) + 1e-12


def some_flux(number: int, models: int = 2):
    rng = np.random.default_rng(number)
    bins = []
    for _ in range(25):
        az, s, v = (
            rng.uniform(-np.pi, np.pi),
            rng.uniform(-0.9, 0.8),
            rng.uniform(3e3, 3e4),
        )
        weight = tuple(rng.random(models) + 0.01)
        bins.append(Bin((az, az + 0.2), (s, s + 0.1), (v, 1.1 * v), weight))
    return bins, flat_tables([1e-9, 3e-10][:models], [[1e-6, 1e-7]] * models)


def estimate(parts, threats, tables, to_lvlh=None, key=1, faces=None):
    scene, corners = scene_of(parts)
    faces = faces_of(corners) if faces is None else faces
    members = np.arange(len(corners))
    return importance_block(
        scene,
        faces,
        threats,
        tables,
        np.ones(threats.weight.shape[0], dtype=np.int64),
        np.eye(3) if to_lvlh is None else np.ascontiguousarray(to_lvlh),
        members,
        np.full(len(members), 2 if PLAIN else 6),
        2 if PLAIN else 16,
        0,
        1e-6,
        make_key(key),
        make_key(key, 1),
    )


@settings(max_examples=EXAMPLES // 2)
@given(numbers, turns)
def test_vehicle_and_axes_turned_together_change_nothing(number, angles):
    parts, _, _ = clutter(number, 5)
    bins, tables = some_flux(number)
    threats = threats_of(bins)
    turn = Rotation.from_euler("xyz", angles).as_matrix()
    turned = [Part(np.ascontiguousarray(p.corners @ turn.T), p.solidity) for p in parts]
    plain = estimate(parts, threats, tables)
    other = estimate(turned, threats, tables, to_lvlh=turn.T)
    # The same random numbers, the same rays in other axes: a ray that passes an edge
    # within rounding may change sides, and no more than a few do.
    assert np.allclose(plain.free, other.free, rtol=1e-7)
    assert np.abs(plain.seen - other.seen).sum() <= 2
    different = ~np.isclose(plain.first, other.first, rtol=1e-7, atol=0.0).all(
        axis=(1, 2)
    )
    assert different.sum() <= 2


@settings(max_examples=EXAMPLES // 2)
@given(numbers, st.floats(0.1, 10.0))
def test_twice_the_flux_twice_the_number(number, factor):
    parts, _, _ = clutter(number, 5)
    bins, tables = some_flux(number)
    more = tables._replace(
        impact=factor * tables.impact, log_curve=np.log(factor) + tables.log_curve
    )
    threats = threats_of(bins)
    one, many = estimate(parts, threats, tables), estimate(parts, threats, more)
    assert np.allclose(many.first, factor * one.first, rtol=1e-9)
    assert np.allclose(many.second, factor**2 * one.second, rtol=1e-9)
    assert (many.seen == one.seen).all()


@settings(max_examples=EXAMPLES // 2)
@given(numbers)
def test_shadows_only_take_away(number):
    parts, _, _ = clutter(number, 6)
    bins, tables = some_flux(number)
    threats = threats_of(bins)
    scene, corners = scene_of(parts)
    faces = faces_of(corners)
    shaded = estimate(parts, threats, tables, faces=faces)
    replicates = 2 if PLAIN else 16
    assert (shaded.first / replicates <= shaded.free * (1.0 + 1e-9)).all()
    assert (shaded.seen <= shaded.drawn).all()
    assert np.isfinite(scene.normals).all()


@settings(max_examples=EXAMPLES // 4)
@given(numbers)
def test_the_free_number_is_that_of_the_face_alone(number):
    # Whatever else is there: free equals the estimate of a mesh without shadows.
    parts, _, _ = clutter(number, 4)
    bins, tables = some_flux(number)
    threats = threats_of(bins)
    ghost = [Part(p.corners, 0.0) for p in parts]
    real, bare = estimate(parts, threats, tables), estimate(ghost, threats, tables)
    assert real.free.tobytes() == bare.free.tobytes()
    replicates = 2 if PLAIN else 16
    assert np.allclose(bare.first / replicates, bare.free, rtol=1e-9)


def test_a_planted_shift_of_the_scene_is_seen():
    parts, origins, _ = clutter(5)
    target = parts[0].corners.mean(axis=(0, 1))
    flight = unit(target - origins)
    moved = [Part(p.corners + 1e-6, p.solidity) for p in parts]
    _, near = first_hits(scene_of(parts)[0], origins, flight)
    _, far = first_hits(scene_of(moved)[0], origins, flight)
    with pytest.raises(AssertionError):
        assert same(near, far)
