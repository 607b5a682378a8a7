"""Laws of the geometry that hold for any size, place and attitude."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmod.geometry import Mesh, check_mesh, lvlh_from_body, shapes
from mmod.geometry.facets import SIDE

sizes = st.floats(0.05, 20.0)
fineness = st.floats(0.1, 2.0)
angles = st.floats(-2.0 * math.pi, 2.0 * math.pi)
places = st.tuples(*[st.floats(-200.0, 200.0)] * 3)


def as_mesh(shape: shapes.Shape) -> Mesh:
    count = len(shape.triangles)
    return Mesh(
        shape.vertices,
        shape.triangles,
        np.zeros(count, int),
        np.zeros(count, int),
        ["a.b"],
        np.ones(1),
        np.array([shape.two_sided]),
        np.zeros(1, bool),
    )


@st.composite
def solids(draw):
    """A solid, the true area of its side, with an element size that fits it."""
    kind = draw(st.sampled_from(["frustum", "cone", "sphere", "dome", "box"]))
    r, q, length = draw(sizes), draw(sizes), draw(sizes)
    h = draw(fineness) * max(r, q, length) * 0.5
    multiple = draw(st.sampled_from([4, 8]))
    match kind:
        case "frustum":
            area = math.pi * (r + q) * math.hypot(length, r - q)
            return shapes.frustum(r, q, length, h, multiple=multiple), area
        case "cone":
            area = math.pi * r * math.hypot(length, r)
            return shapes.frustum(0.0, r, length, h, multiple=multiple), area
        case "sphere":
            h = draw(fineness) * r
            return shapes.sphere(r, h, multiple=multiple), 4.0 * math.pi * r * r
        case "dome":
            height = draw(st.floats(0.1, 3.0)) * r
            h = draw(fineness) * r
            area = shapes.half_spheroid_area(r, height)
            return shapes.dome(r, height, h, multiple=multiple), area
        case _:
            area = 2.0 * (r * q + q * length + length * r)
            return shapes.box([r, q, length], h), area


@settings(max_examples=60)
@given(solids(), places, angles, angles, angles)
def test_solids_are_sound_wherever_they_stand(made, place, a, b, c):
    shape, area = made
    turn = lvlh_from_body(a, b, c)
    moved = shapes.place(shape, place, turn)
    mesh = as_mesh(moved)
    report = check_mesh(mesh)
    assert report.problems == []
    side = slice(None) if is_box(shape) else shape.face_end == SIDE
    assert math.fsum(mesh.areas[side]) == pytest.approx(area, rel=1e-9)
    alone = as_mesh(shape).solid_volumes()[0]
    assert mesh.solid_volumes()[0] == pytest.approx(alone, rel=1e-7)
    # a closed surface has no net area
    net = (mesh.areas[:, None] * mesh.normals).sum(axis=0)
    assert np.abs(net).max() < 1e-9 * mesh.areas.sum() + 1e-9


def is_box(shape: shapes.Shape) -> bool:
    return len({tuple(n) for n in as_mesh(shape).normals.tolist()}) == 6


@given(angles, angles, angles)
def test_attitude_is_a_proper_rotation(yaw, pitch, roll):
    matrix = lvlh_from_body(yaw, pitch, roll)
    assert matrix @ matrix.T == pytest.approx(np.eye(3), abs=1e-14)
    assert np.linalg.det(matrix) == pytest.approx(1.0, abs=1e-13)


@given(angles, angles)
def test_yaw_keeps_nadir_and_roll_keeps_the_nose(yaw, roll):
    assert lvlh_from_body(yaw, 0.0, 0.0)[:, 2] == pytest.approx([0, 0, -1], abs=1e-15)
    assert lvlh_from_body(0.0, 0.0, roll)[:, 0] == pytest.approx([1, 0, 0], abs=1e-15)


@settings(max_examples=40)
@given(solids(), st.data())
def test_one_flipped_or_missing_face_is_always_found(made, data):
    shape, _ = made
    number = data.draw(st.integers(0, len(shape.triangles) - 1))
    flipped = shape.triangles.copy()
    flipped[number] = flipped[number][::-1]
    bad = shapes.Shape(shape.vertices, flipped, shape.face_end, two_sided=False)
    assert check_mesh(as_mesh(bad)).flipped_faces.tolist() == [number]
    rest = np.delete(shape.triangles, number, axis=0)
    bad = shapes.Shape(shape.vertices, rest, shape.face_end[1:], two_sided=False)
    assert check_mesh(as_mesh(bad)).open_faces.size == 3
