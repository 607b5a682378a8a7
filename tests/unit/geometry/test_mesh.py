"""Mesh: values by hand, joining, refusals."""

import math

import numpy as np
import pytest

from mmod.errors import InputError
from mmod.geometry import Mesh

CORNERS = np.array([[0.0, 0, 0], [2, 0, 0], [0, 3, 0], [0, 0, 4]])
FACES = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]])


def tetrahedron(**changes) -> Mesh:
    values = {
        "vertices": CORNERS,
        "triangles": FACES,
        "face_zone": np.zeros(4, int),
        "face_solid": np.zeros(4, int),
        "solid_name": ["a.tetrahedron"],
        "solid_solidity": [1.0],
        "solid_is_panel": [False],
        "solid_is_thin": [False],
    }
    return Mesh(**{**values, **changes})


def test_values_by_hand():
    mesh = tetrahedron()
    assert mesh.areas.tolist() == [3.0, 4.0, 6.0, pytest.approx(math.sqrt(61.0))]
    assert mesh.normals[:3].tolist() == [[0, 0, -1], [0, -1, 0], [-1, 0, 0]]
    assert mesh.normals[3] == pytest.approx(np.array([6, 4, 3]) / math.sqrt(61.0))
    assert mesh.centroids[3] == pytest.approx([2 / 3, 1.0, 4 / 3])
    assert mesh.solid_volumes()[0] == pytest.approx(4.0)
    centre, radius = mesh.bounding_sphere()
    assert centre.tolist() == [1.0, 1.5, 2.0]
    assert radius == pytest.approx(0.5 * math.sqrt(29.0))
    assert not mesh.two_sided.any()


def test_volume_does_not_depend_on_place():
    mesh = tetrahedron(vertices=CORNERS + np.array([1e5, -1e5, 1e5]))
    assert mesh.solid_volumes()[0] == pytest.approx(4.0, rel=1e-9)


def test_types_and_read_only_arrays():
    mesh = tetrahedron()
    assert mesh.vertices.dtype == np.float64
    assert mesh.triangles.dtype == mesh.face_zone.dtype == np.int32
    assert mesh.vertices.flags.c_contiguous
    for array in (mesh.vertices, mesh.normals, mesh.areas, mesh.centroids):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0.0
    mine = CORNERS.copy()
    tetrahedron(vertices=mine)
    mine[0] = 1.0  # the caller's array stays his


def test_normals_are_snapped_only_when_close():
    """A fan of 4000 faces that differ by 1e-3 rad keeps 4000 normals."""
    angle = 1e-3 * np.arange(4001)
    rim = np.stack([np.cos(angle), np.sin(angle), np.zeros(4001)], axis=1)
    top = rim + np.array([0.0, 0.0, 1.0])
    index = np.arange(4000)
    faces = np.stack([index, index + 1, index + 4001], axis=1)
    mesh = tetrahedron(
        vertices=np.concatenate([rim, top]),
        triangles=faces,
        face_zone=np.zeros(4000, int),
        face_solid=np.zeros(4000, int),
        solid_is_panel=[True],
    )
    assert len({tuple(n) for n in mesh.normals.tolist()}) == 4000
    middle = angle[:-1] + 0.5e-3
    expected = np.stack([np.cos(middle), np.sin(middle), 0.0 * middle], axis=1)
    assert np.abs(mesh.normals - expected).max() < 1e-12


def test_concatenate():
    one = tetrahedron()
    two = tetrahedron(
        vertices=CORNERS + 10.0,
        face_zone=np.ones(4, int),
        solid_name=["b.other"],
        solid_solidity=[0.5],
        solid_is_thin=[True],
    )
    both = Mesh.concatenate([one, two])
    assert both.n_faces == 8
    assert both.solid_name == ["a.tetrahedron", "b.other"]
    assert both.face_solid.tolist() == [0] * 4 + [1] * 4
    assert both.face_zone.tolist() == [0] * 4 + [1] * 4
    assert both.solid_volumes() == pytest.approx([4.0, 4.0])
    assert both.centroids[4:] == pytest.approx(one.centroids + 10.0)
    assert both.solid_solidity.tolist() == [1.0, 0.5]
    with pytest.raises(InputError, match="at least one mesh"):
        Mesh.concatenate([])


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"vertices": CORNERS[:, :2]}, "vertices"),
        ({"triangles": FACES + 1}, "from 0 to 3"),
        ({"triangles": FACES - 1}, "from 0 to 3"),
        ({"face_zone": [0, 0, 0]}, "face_zone"),
        ({"face_zone": [0, 0, 0, -1]}, "face_zone"),
        ({"face_solid": [0, 0, 0, 1]}, "face_solid"),
        ({"solid_solidity": [0.0]}, "0 < solidity <= 1"),
        ({"solid_solidity": [math.nan]}, "0 < solidity <= 1"),
        ({"vertices": CORNERS * [1.0, math.nan, 1.0]}, r"vertices\[0\]"),
        ({"solid_is_panel": [False, True]}, "solid_is_panel"),
    ],
)
def test_bad_arrays_are_refused(changes, words):
    with pytest.raises(InputError, match=words):
        tetrahedron(**changes)


def test_every_problem_is_listed():
    with pytest.raises(InputError) as caught:
        tetrahedron(triangles=FACES + 7, face_zone=[-1] * 4, solid_solidity=[2.0])
    assert len(caught.value.problems) == 3
