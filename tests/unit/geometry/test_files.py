"""Mesh files in (STL, OBJ, PLY, VTU) and out (VTU), against other programs."""

import subprocess
import sys

import numpy as np
import pytest

from mmod.errors import InputError
from mmod.geometry import Mesh, load_vehicle, measure, shapes, write_vtu
from mmod.geometry.readers import read_surface

meshio = pytest.importorskip("meshio")

BALL = shapes.sphere(0.5, 0.1)


def save(path, vertices=BALL.vertices, triangles=BALL.triangles, **options):
    mesh = meshio.Mesh(vertices, [("triangle", np.asarray(triangles))])
    mesh.write(path, **options)
    return path


def mesh_of(shape) -> Mesh:
    count = len(shape.triangles)
    zeros = np.zeros(count, int)
    return Mesh(
        shape.vertices,
        shape.triangles,
        zeros,
        zeros,
        ["a"],
        np.ones(1),
        np.array([shape.two_sided]),
        np.zeros(1, bool),
    )


@pytest.mark.parametrize(
    "ending, options",
    [("stl", {}), ("stl", {"binary": True}), ("obj", {}), ("ply", {}), ("vtu", {})],
)
def test_round_trip(tmp_path, ending, options):
    path = save(tmp_path / f"ball.{ending}", 1000.0 * BALL.vertices, **options)
    shape = read_surface(path, unit=1e-3)
    assert not shape.two_sided
    assert len(shape.vertices) == len(BALL.vertices)
    assert len(shape.triangles) == len(BALL.triangles)
    found, truth = mesh_of(shape), mesh_of(BALL)
    assert found.areas.sum() == pytest.approx(truth.areas.sum(), rel=1e-6)
    assert found.solid_volumes() == pytest.approx(truth.solid_volumes(), rel=1e-6)
    assert found.centroids == pytest.approx(truth.centroids, abs=1e-6)


def test_quads_are_split(tmp_path):
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1.0)])
    quads = [
        [0, 1, 3, 2],
        [4, 6, 7, 5],
        [0, 4, 5, 1],
        [2, 3, 7, 6],
        [0, 2, 6, 4],
        [1, 5, 7, 3],
    ]
    path = tmp_path / "cube.vtu"
    meshio.Mesh(corners, [("quad", np.array(quads)), ("line", [[0, 1]])]).write(path)
    mesh = mesh_of(read_surface(path, unit=1.0))
    assert mesh.n_faces == 12
    assert mesh.solid_volumes()[0] == pytest.approx(1.0)


def planted(kind):
    faces = BALL.triangles.copy()
    points = BALL.vertices.copy()
    match kind:
        case "open edge":
            faces = faces[1:]
        case "flipped face":
            faces[30] = faces[30][::-1]
        case "inverted solid":
            faces = faces[:, ::-1]
        case "duplicated face":
            faces = np.concatenate([faces, faces[-1:]])
        case "zero-area face":
            a, b, c = faces[60]
            points[a] = 0.5 * (points[b] + points[c])
    return points, faces


@pytest.mark.parametrize("ending", ["stl", "obj", "vtu"])
@pytest.mark.parametrize(
    "kind",
    [
        "open edge",
        "flipped face",
        "inverted solid",
        "duplicated face",
        "zero-area face",
    ],
)
def test_bad_surfaces_are_refused_by_name(tmp_path, kind, ending):
    path = save(tmp_path / f"bad.{ending}", *planted(kind))
    with pytest.raises(InputError) as caught:
        read_surface(path, unit=1.0)
    keys = [problem.key for problem in caught.value.problems]
    assert any(kind in key for key in keys), keys
    assert all("bad." in problem.source for problem in caught.value.problems)


def test_open_sheet_is_accepted_when_declared(tmp_path):
    path = save(tmp_path / "sheet.obj", BALL.vertices, BALL.triangles[:200])
    with pytest.raises(InputError, match="open edge"):
        read_surface(path, unit=1.0)
    assert read_surface(path, unit=1.0, closed=False).two_sided


@pytest.mark.parametrize(
    "name, text, words",
    [
        ("a.step", "", r"\.stl"),
        ("a.stl", "solid\nnonsense", "readable mesh file|triangles"),
        ("a.obj", "", "triangles"),
        ("a.ply", "ply\nrubbish", "readable mesh file"),
        ("a.vtu", "<VTKFile>", "readable mesh file"),
    ],
)
def test_unreadable_files(tmp_path, name, text, words):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(InputError, match=words):
        read_surface(path, unit=1.0)


def test_not_a_number_in_a_file(tmp_path):
    points = BALL.vertices.copy()
    points[5, 2] = np.nan
    with pytest.raises(InputError, match="finite"):
        read_surface(save(tmp_path / "a.vtu", points), unit=1.0)


def test_solid_cells_are_refused(tmp_path):
    path = tmp_path / "a.vtu"
    meshio.Mesh(np.eye(4, 3), [("tetra", [[0, 1, 2, 3]])]).write(path)
    with pytest.raises(InputError, match="tetra"):
        read_surface(path, unit=1.0)


@pytest.mark.parametrize("unit", [0.0, -1.0, np.nan, np.inf])
def test_bad_unit(tmp_path, unit):
    with pytest.raises(InputError, match="unit_m"):
        read_surface(save(tmp_path / "a.obj"), unit=unit)


def test_without_meshio_the_message_says_what_to_install(tmp_path, monkeypatch):
    path = save(tmp_path / "a.obj")
    monkeypatch.setitem(sys.modules, "meshio", None)
    with pytest.raises(InputError, match="pip install meshio"):
        read_surface(path, unit=1.0)


CARD = """
schema_version = 1
title = "imported"
frame = "of the drawing"
element_size_m = 0.1

[[part]]
module = "bus"
name = "ball"
shape = "mesh"
file = "ball.stl"
unit_m = 0.001
position_m = [1.0, 2.0, 3.0]
shield = "wall"
certainty = "S"
source = "drawing"
sector = [{ name = "front", direction = [1.0, 0.0, 0.0], half_angle_deg = 60.0 }]
"""


def test_mesh_as_part_of_a_vehicle(tmp_path):
    save(tmp_path / "ball.stl", 1000.0 * BALL.vertices)
    card = tmp_path / "vehicle.toml"
    card.write_text(CARD)
    vehicle = load_vehicle(card)
    assert measure(vehicle, "area") == pytest.approx(np.pi, rel=1e-6)
    assert vehicle.mesh.centroids.mean(axis=0) == pytest.approx([1, 2, 3], abs=1e-3)
    assert len(vehicle.sources) == 2
    front = vehicle.mesh.face_zone == 1
    assert vehicle.zones[1].name.endswith(".bus.front")
    # a cap of 60 deg is a quarter of the sphere
    share = vehicle.mesh.areas[front].sum() / np.pi
    assert share == pytest.approx(0.25, abs=0.03)
    (tmp_path / "ball.stl").unlink()
    with pytest.raises(InputError, match=r"part\[0\]\.file"):
        load_vehicle(card)


# writing -----------------------------------------------------------------


def cells(mesh):
    return {
        "expected": np.linspace(0.0, 1.0, mesh.n_faces),
        "normal": mesh.normals,
        "shielded": np.arange(mesh.n_faces) % 2 == 0,
        "with & < sign": np.full(mesh.n_faces, np.nan),
        "count": np.arange(mesh.n_faces, dtype=np.int32),
    }


def test_vtu_opens_in_meshio(tmp_path):
    mesh = load_vehicle("two_plates").mesh
    path = write_vtu(tmp_path / "out.vtu", mesh, cells(mesh))
    back = meshio.read(path)
    assert (back.points == mesh.vertices).all()
    assert (back.cells[0].data == mesh.triangles).all()
    assert back.cells[0].type == "triangle"
    assert (back.cell_data["zone"][0] == mesh.face_zone).all()
    assert (back.cell_data["normal"][0] == mesh.normals).all()
    assert (back.cell_data["shielded"][0] == cells(mesh)["shielded"]).all()
    assert np.isnan(back.cell_data["with & < sign"][0]).all()


def test_vtu_opens_in_vtk(tmp_path):
    pyvista = pytest.importorskip("pyvista")
    mesh = load_vehicle("soyuz_ms", element_size=0.5).mesh
    path = write_vtu(tmp_path / "out.vtu", mesh, cells(mesh))
    back = pyvista.read(path)
    assert back.n_cells == mesh.n_faces
    assert (back.points == mesh.vertices).all()
    assert (back.cell_data["expected"] == cells(mesh)["expected"]).all()
    assert (back.cell_data["normal"] == mesh.normals).all()
    sizes = back.compute_cell_sizes(length=False, volume=False)
    assert sizes.cell_data["Area"] == pytest.approx(mesh.areas, rel=1e-9)
    assert back.cell_data["area_m2"] == pytest.approx(mesh.areas, rel=0.0)
    normals = back.extract_surface(algorithm=None).compute_normals(
        cell_normals=True,
        point_normals=False,
        consistent_normals=False,
        split_vertices=False,
    )
    cosine = np.einsum("ij,ij->i", normals.cell_data["Normals"], mesh.normals)
    assert cosine.min() > 1.0 - 1e-5


def test_vtu_refusals(tmp_path):
    mesh = load_vehicle("cube").mesh
    with pytest.raises(InputError, match=r"\.vtu"):
        write_vtu(tmp_path / "out.vtk", mesh)
    with pytest.raises(InputError) as caught:
        write_vtu(
            tmp_path / "out.vtu",
            mesh,
            {"short": np.ones(3), "words": np.array(["x"] * mesh.n_faces)},
        )
    assert [p.key for p in caught.value.problems] == [
        "cell_data[short]",
        "cell_data[words]",
    ]
    assert not (tmp_path / "out.vtu").exists()
    with pytest.raises(InputError, match="can be written"):
        write_vtu(tmp_path / "none" / "out.vtu", mesh)


def test_geometry_imports_nothing_heavy():
    code = (
        "import sys, mmod.geometry as g;"
        "heavy = {'pydantic', 'meshio', 'pyvista', 'matplotlib', 'dask', 'scipy'};"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules);"
        "g.load_vehicle('cube');"
        "heavy -= {'pydantic', 'scipy'};"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
