"""Write a mesh with values per face as a VTK file for ParaView, pyvista or meshio."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmod.errors import InputError, Problem, bad
from mmod.geometry.mesh import Mesh

_TRIANGLE = 5
_HEAD = (
    '<VTKFile type="UnstructuredGrid" version="1.0" byte_order="LittleEndian"'
    ' header_type="UInt64">'
)
_TYPES = {
    np.dtype(np.float64): "Float64",
    np.dtype(np.float32): "Float32",
    np.dtype(np.int64): "Int64",
    np.dtype(np.int32): "Int32",
    np.dtype(np.int8): "Int8",
    np.dtype(np.uint8): "UInt8",
}


def write_vtu(
    path: str | Path, mesh: Mesh, cell_data: Mapping[str, ArrayLike] | None = None
) -> Path:
    """Write a VTK XML unstructured grid.

    Parameters
    ----------
    path : str or Path
        File to write, ending in ``.vtu``.
    mesh : Mesh
        Vertices [m], body frame.
    cell_data : mapping, optional
        Values per face: shape (m,), or (m, k) for vectors. Units belong in the name.
        NaN means no value. Booleans become 0 and 1.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        When the ending is another, an array has not one entry per face, is not
        numeric, or the file cannot be written.

    Notes
    -----
    Arrays are little-endian, base64, uncompressed, with a UInt64 length before each.
    ``zone``, ``solid`` and ``area_m2`` are always written.

    References
    ----------
    .. [1] VTK file formats, "XML file formats", docs.vtk.org.
    """
    path = Path(path)
    if path.suffix.lower() != ".vtu":
        raise bad(path, "path", path.suffix, "a name that ends in .vtu")
    arrays: dict[str, NDArray[np.generic]] = {
        "zone": mesh.face_zone,
        "solid": mesh.face_solid,
        "area_m2": mesh.areas,
    }
    problems: list[Problem] = []
    for name, values in (cell_data or {}).items():
        array = np.asarray(values)
        if array.dtype == np.bool_:
            array = array.astype(np.uint8)
        if array.dtype not in _TYPES or array.ndim not in (1, 2):
            found = f"{array.dtype}, {array.ndim} dimensions"
            expected = "numbers, shape (faces,) or (faces, k)"
            problems.append(Problem(str(path), f"cell_data[{name}]", found, expected))
        elif len(array) != mesh.n_faces:
            expected = f"one entry for each of {mesh.n_faces} faces"
            problems.append(
                Problem(str(path), f"cell_data[{name}]", len(array), expected)
            )
        arrays[name] = array
    if problems:
        raise InputError(problems)
    offsets = 3 * np.arange(1, mesh.n_faces + 1, dtype=np.int64)
    kinds = np.full(mesh.n_faces, _TRIANGLE, dtype=np.uint8)
    lines = [
        '<?xml version="1.0"?>',
        _HEAD,
        "<UnstructuredGrid>",
        f'<Piece NumberOfPoints="{len(mesh.vertices)}" NumberOfCells="{mesh.n_faces}">',
        "<Points>",
        _array("Points", mesh.vertices),
        "</Points>",
        "<Cells>",
        _array("connectivity", mesh.triangles.ravel().astype(np.int64)),
        _array("offsets", offsets),
        _array("types", kinds),
        "</Cells>",
        "<CellData>",
        *(_array(name, array) for name, array in arrays.items()),
        "</CellData>",
        "</Piece>",
        "</UnstructuredGrid>",
        "</VTKFile>",
    ]
    try:
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError as error:
        raise bad(path, "path", error.strerror, "a file that can be written") from None
    return path


def _array(name: str, array: NDArray[np.generic]) -> str:
    kind = array.dtype
    data = np.ascontiguousarray(array, dtype=kind.newbyteorder("<")).tobytes()
    header = np.array([len(data)], dtype="<u8").tobytes()
    text = base64.b64encode(header + data).decode("ascii")
    parts = f' NumberOfComponents="{array.shape[1]}"' if array.ndim == 2 else ""
    return (
        f'<DataArray type="{_TYPES[kind]}" Name={quoteattr(name)}{parts}'
        f' format="binary">{text}</DataArray>'
    )
