"""Planted errors, each found and named; sound meshes pass."""

import dataclasses

import numpy as np
import pytest

from mmod.errors import InputError
from mmod.geometry import Mesh, check_mesh, shapes


def mesh_of(*parts: shapes.Shape) -> Mesh:
    meshes = []
    for number, shape in enumerate(parts):
        count = len(shape.triangles)
        meshes.append(
            Mesh(
                shape.vertices,
                shape.triangles,
                np.full(count, number),
                np.zeros(count, int),
                [f"body.part{number}"],
                np.ones(1),
                np.array([shape.two_sided]),
                np.zeros(1, bool),
            )
        )
    return Mesh.concatenate(meshes)


def change(mesh: Mesh, triangles, **more) -> Mesh:
    count = len(triangles)
    zone = np.resize(mesh.face_zone, count)
    solid = np.resize(mesh.face_solid, count)
    values = {"triangles": triangles, "face_zone": zone, "face_solid": solid, **more}
    return dataclasses.replace(mesh, **values)


BALL = mesh_of(shapes.sphere(1.0, 0.3))
PAIR = mesh_of(shapes.cylinder(1.0, 2.0, 0.3), shapes.panel([2.0, 1.0], 0.25))


def keys(mesh: Mesh) -> list[str]:
    return [problem.key for problem in check_mesh(mesh).problems]


@pytest.mark.parametrize("mesh", [BALL, PAIR])
def test_sound_meshes_pass(mesh):
    report = check_mesh(mesh)
    assert report.ok
    assert report.watertight
    assert report.problems == []
    report.raise_if_bad()
    assert report.n_faces == mesh.n_faces
    assert report.area == pytest.approx(mesh.areas.sum())
    assert report.n_normals == len({tuple(n) for n in mesh.normals.tolist()})


def test_flipped_face():
    triangles = BALL.triangles.copy()
    triangles[37] = triangles[37][::-1]
    report = check_mesh(change(BALL, triangles))
    assert report.flipped_faces.tolist() == [37]
    assert [p.key for p in report.problems] == ["body.part0: flipped face"]
    assert "face 37" in str(report.problems[0].value)


def test_flipped_patch():
    """Neighbours that are flipped together are found as such, not their rim."""
    triangles = BALL.triangles.copy()
    patch = np.arange(40, 60)
    triangles[patch] = triangles[patch][:, ::-1]
    report = check_mesh(change(BALL, triangles))
    assert report.flipped_faces.tolist() == patch.tolist()


def test_missing_face():
    triangles = np.delete(BALL.triangles, 50, axis=0)
    report = check_mesh(change(BALL, triangles))
    assert [p.key for p in report.problems] == ["body.part0: open edge (missing face)"]
    assert len(report.open_faces) == 3
    assert not report.watertight


def test_duplicated_face():
    triangles = np.concatenate([BALL.triangles, BALL.triangles[20:21]])
    report = check_mesh(change(BALL, triangles))
    assert report.duplicate_faces.tolist() == [BALL.n_faces]
    assert [p.key for p in report.problems] == ["body.part0: duplicated face"]


def test_duplicated_face_of_a_panel():
    turned = PAIR.triangles[-1:][:, [2, 1, 0]]
    mesh = change(
        PAIR,
        np.concatenate([PAIR.triangles, turned]),
        face_zone=np.append(PAIR.face_zone, 1),
        face_solid=np.append(PAIR.face_solid, 1),
    )
    assert keys(mesh) == ["body.part1: duplicated face"]


def test_zero_area_face():
    vertices = BALL.vertices.copy()
    a, b, c = BALL.triangles[60]
    vertices[a] = 0.5 * (vertices[b] + vertices[c])
    report = check_mesh(dataclasses.replace(BALL, vertices=vertices))
    assert 60 in report.degenerate_faces
    assert "body.part0: zero-area face" in [p.key for p in report.problems]
    vertices[a] = vertices[b]
    report = check_mesh(dataclasses.replace(BALL, vertices=vertices))
    assert 60 in report.degenerate_faces


def test_inverted_solid():
    report = check_mesh(change(BALL, BALL.triangles[:, ::-1]))
    assert report.inverted_solids == ["body.part0"]
    assert [p.key for p in report.problems] == ["body.part0: inverted solid"]


def torus() -> shapes.Shape:
    """A ring of 12 x 8 quads, outward."""
    around, across = np.meshgrid(np.arange(12), np.arange(8), indexing="ij")
    a, b = 2.0 * np.pi * around / 12, 2.0 * np.pi * across / 8
    radius = 1.0 + 0.4 * np.cos(b)
    points = np.stack([radius * np.cos(a), radius * np.sin(a), 0.4 * np.sin(b)], -1)
    index = np.arange(96).reshape(12, 8)
    right, up = np.roll(index, -1, axis=0), np.roll(index, -1, axis=1)
    both = np.roll(right, -1, axis=1)
    faces = [(index, right, both), (index, both, up)]
    triangles = np.concatenate([np.stack(f, -1).reshape(-1, 3) for f in faces])
    ends = np.zeros(len(triangles), np.int8)
    return shapes.Shape(points.reshape(-1, 3), triangles, ends, two_sided=False)


@pytest.mark.parametrize("small", [shapes.sphere(0.5, 0.2), torus()])
def test_one_of_two_surfaces_inverted(small):
    """The sum of volumes is positive, still the small body is inside out."""
    large = shapes.sphere(2.0, 0.5)
    count = len(large.triangles) + len(small.triangles)

    def joined(order):
        return Mesh(
            np.concatenate(
                [large.vertices, small.vertices + np.array([9.0, 0.0, 0.0])]
            ),
            np.concatenate(
                [large.triangles, small.triangles[:, order] + len(large.vertices)]
            ),
            np.zeros(count, int),
            np.zeros(count, int),
            ["body.two"],
            np.ones(1),
            np.zeros(1, bool),
            np.zeros(1, bool),
        )

    assert keys(joined([0, 1, 2])) == []
    assert keys(joined([0, 2, 1])) == ["body.two: inverted solid"]


def test_edge_of_three_faces():
    """A fin on a closed body."""
    triangles = np.concatenate([BALL.triangles, [[0, 1, 200]]])
    found = keys(change(BALL, triangles))
    assert any("three or more" in key for key in found)


def test_unreferenced_and_unknown_zone():
    report = check_mesh(PAIR, zone_names=["one", "two", "three"])
    assert report.empty_zones == ["three"]
    assert [p.key for p in report.problems] == ["unreferenced zone"]
    assert [p.value for p in report.problems] == ["three"]
    report = check_mesh(PAIR, zone_names=["one"])
    assert [p.key for p in report.problems] == ["body.part1: unknown zone"]


def test_not_a_number():
    vertices = BALL.vertices.copy()
    vertices[3, 1] = np.nan
    with pytest.raises(InputError, match=r"vertices\[3\]"):
        dataclasses.replace(BALL, vertices=vertices)


def test_several_errors_are_all_named():
    triangles = PAIR.triangles.copy()
    triangles[10] = triangles[10][::-1]
    panel = int(np.flatnonzero(PAIR.two_sided)[0])
    triangles[panel + 1] = triangles[panel]
    with pytest.raises(InputError) as caught:
        check_mesh(change(PAIR, triangles)).raise_if_bad()
    found = {p.key for p in caught.value.problems}
    assert found == {"body.part0: flipped face", "body.part1: duplicated face"}


# -- faces of two parts in one place ---------------------------------------------------


def moved(shape: shapes.Shape, *offset: float) -> shapes.Shape:
    return shapes.place(shape, np.array(offset), np.eye(3))


BOX = shapes.box([1.0, 1.0, 1.0], 0.25)
LID = shapes.panel([1.0, 1.0], 0.25)


def changed(mesh: Mesh, **values) -> Mesh:
    return dataclasses.replace(mesh, **values)


def test_a_panel_flush_on_a_box_is_refused():
    report = check_mesh(mesh_of(BOX, moved(LID, 0.0, 0.0, 0.5)))
    (problem,) = report.problems
    assert problem.key == "body.part1: doubled part"
    assert "all 32 faces (1 m2) lie on body.part0" in problem.value
    assert "both are hit" in problem.expected
    assert report.flags == []
    assert report.coincident_faces.size == 64
    assert not report.ok


@pytest.mark.parametrize("size", [0.25, 0.3])
def test_a_box_given_twice_is_refused(size):
    again = shapes.box([1.0, 1.0, 1.0], size)
    assert keys(mesh_of(BOX, again)) == ["body.part1: doubled part"]
    assert keys(mesh_of(BOX, again, again)) == [
        "body.part1: doubled part",
        "body.part2: doubled part",
    ]


@pytest.mark.parametrize("size", [0.05, 0.25, 0.5])
def test_a_box_sunk_in_with_one_coplanar_side_is_flagged(size):
    """However fine either of the two is; turned, so that no coordinate is round."""
    small = moved(shapes.box([0.5, 0.5, 0.5], size), 0.05, 0.1, 0.25)
    mesh = mesh_of(BOX, small)
    turn, _ = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))
    turn *= np.linalg.det(turn)
    report = check_mesh(changed(mesh, vertices=mesh.vertices @ turn.T + 50.0))
    assert report.ok
    (flag,) = report.flags
    assert flag.startswith("zone 0 and zone 1: their faces coincide over about")
    assert float(flag.split("about ")[1].split(" m2")[0]) == pytest.approx(0.25, 0.05)
    lying = mesh.centroids[report.coincident_faces]
    assert lying[:, 2] == pytest.approx(0.5)


@pytest.mark.parametrize(
    "second",
    [
        moved(BOX, 0.0, 0.0, 1.0),  # side on side: both dark
        moved(LID, 1.0, 0.0, 0.5),  # beside the top, in its plane
        moved(LID, 0.0, 0.0, 0.500001),  # a micrometre off: shadows the top
        moved(LID, 0.0, 0.0, 0.25),  # inside
        moved(shapes.panel([1.0, 1.0], 0.25), 0.0, 0.3, 0.9),
    ],
)
def test_parts_that_do_not_share_a_place(second):
    report = check_mesh(mesh_of(BOX, second))
    assert report.ok
    assert report.flags == []
    assert report.coincident_faces.size == 0


def test_coincident_faces_behind_a_third_part_do_not_matter():
    tube = shapes.cylinder(0.4, 1.0, 0.2)
    pair = [tube, moved(shapes.cylinder(0.3, 2.0, 0.2), 0.0, 0.0, 0.0)]
    cap = moved(shapes.box([1.0, 1.0, 1.0], 0.5), 0.0, 0.0, -0.5)
    assert len(check_mesh(mesh_of(*pair)).flags) == 1
    covered = mesh_of(*pair, cap)
    assert check_mesh(covered).flags == []
    for name, value in (("solid_solidity", 0.5), ("solid_is_thin", True)):
        values = getattr(covered, name).copy()
        values[2] = value  # seen through it, or without it
        assert len(check_mesh(changed(covered, **{name: values})).flags) == 1


def test_panels_on_each_other_are_hidden_inside_alone():
    lids = [LID, moved(LID, 0.5, 0.0, 0.0)]
    assert len(check_mesh(mesh_of(*lids)).flags) == 1
    around = shapes.box([3.0, 2.0, 1.0], 0.5)
    assert check_mesh(mesh_of(*lids, around)).flags == []
    below = moved(around, 0.0, 0.0, -0.5)  # hides their lower sides only
    refused = [f"body.part{i}: doubled part" for i in (0, 1)]
    assert keys(mesh_of(*lids, below)) == refused


@pytest.mark.parametrize("turned", [False, True])
def test_winding(turned):
    """A ball counts once, two times where it is given twice, and not beside it."""
    from mmod.geometry import coincidence

    ball = shapes.sphere(1.0, 0.2)
    corners = ball.vertices[ball.triangles[:, ::-1] if turned else ball.triangles]
    points = np.random.default_rng(1).uniform(-1.2, 1.2, (500, 3))
    radius = np.linalg.norm(points, axis=1)
    points = points[np.abs(radius - 1.0) > 0.05]
    inside = np.linalg.norm(points, axis=1) < 1.0
    for copies in (1, 2):
        many = np.concatenate([corners] * copies)
        found = coincidence._winding(points, many)
        assert (np.abs(found) == copies * inside).all()
