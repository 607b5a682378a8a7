"""Mesher of primitives: closed solids of revolution, boxes and flat sheets.

Every function builds its shape in a local frame: the axis (or normal) is +w, the first
direction in the plane is +u, and v = w x u. `place` moves it into a vehicle.

Two polygonal approximations are on offer. ``exact=True`` (default) scales the radii so
that the area of the curved side equals that of the true surface to rounding: what
counts for impact numbers is area. ``exact=False`` keeps every vertex on the true
surface: area and volume then fall short by O(h^2), which convergence tests use.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmod.errors import InputError, Problem, bad
from mmod.geometry.facets import (
    FIRST_END,
    SECOND_END,
    SIDE,
    cap_profile,
    count,
    frustum_scale,
    grid_quads,
    meridian_profile,
    revolve,
    revolved_area,
    split_quads,
)

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]

_CAP = 2.0
"""Spacing of the rings of end caps, in element sizes: most caps are buried."""


@dataclass(frozen=True, eq=False)
class Shape:
    """Triangles of one primitive.

    Parameters
    ----------
    vertices : array, shape (n, 3)
        Positions, local or placed [m].
    triangles : array of int32, shape (m, 3)
        Faces, counter-clockwise seen from outside.
    face_end : array of int8, shape (m,)
        0 side, 1 cap at the first end, 2 cap at the second end.
    two_sided : bool
        True for a sheet (panel, disk), False for a closed solid.
    """

    vertices: FloatArray
    triangles: IntArray
    face_end: NDArray[np.int8]
    two_sided: bool


def segments(radius: float, h: float, multiple: int = 4) -> int:
    """Return the number of facets around a circle.

    Parameters
    ----------
    radius : float
        Radius of the circle [m].
    h : float
        Longest facet wanted [m].
    multiple : int
        The number is a multiple of this, so that facet edges meet the borders of
        angular sectors; at least 12.

    Returns
    -------
    int
        Number of facets.
    """
    wanted = max(12.0, 2.0 * math.pi * radius / h)
    return multiple * max(1, math.ceil(wanted / multiple - 1e-9))


def cylinder(
    radius: float, length: float, h: float, *, exact: bool = True, multiple: int = 4
) -> Shape:
    """Return a closed cylinder from w = 0 to w = length.

    Parameters
    ----------
    radius, length : float
        Size [m], > 0.
    h : float
        Element size [m].
    exact : bool
        Keep the area of the side (see the module).
    multiple : int
        The number of facets around is a multiple of this.

    Returns
    -------
    Shape
        Closed solid; both caps are marked in ``face_end``.

    Raises
    ------
    InputError
        When a size is not positive and finite.
    """
    return frustum(radius, radius, length, h, exact=exact, multiple=multiple)


def frustum(
    radius_1: float,
    radius_2: float,
    length: float,
    h: float,
    *,
    exact: bool = True,
    multiple: int = 4,
) -> Shape:
    """Return a closed conical frustum from w = 0 to w = length.

    Parameters
    ----------
    radius_1, radius_2 : float
        Radius at w = 0 and at w = length [m]; one of them may be zero (a cone).
    length, h, exact, multiple
        As for `cylinder`.

    Returns
    -------
    Shape
        Closed solid.

    Raises
    ------
    InputError
        When a size is out of range.

    Notes
    -----
    With n facets, radii scaled by k give the side area
    ``n sin(pi/n) k (r1 + r2) sqrt(L^2 + (k (r2 - r1) cos(pi/n))^2)``; k follows from
    a quadratic equation in k^2. For a cylinder k = (pi/n) / sin(pi/n).
    """
    _positive("frustum", length=length, h=h)
    _not_negative("frustum", radius_1=radius_1, radius_2=radius_2)
    if radius_1 == radius_2 == 0.0:
        raise bad("frustum", "radius_2", radius_2, "one radius > 0")
    n = segments(max(radius_1, radius_2), h, multiple)
    rows = count(math.hypot(length, radius_2 - radius_1), h)
    pieces = [
        (cap_profile(0.0, radius_1, _CAP * h), FIRST_END),
        (np.linspace((0.0, radius_1), (length, radius_2), rows + 1), SIDE),
        (cap_profile(length, radius_2, _CAP * h)[::-1], SECOND_END),
    ]
    k = frustum_scale(n, radius_2 - radius_1, length) if exact else 1.0
    return _solid([(piece * (1.0, k), code) for piece, code in pieces], n)


def dome(
    radius: float, height: float, h: float, *, exact: bool = True, multiple: int = 4
) -> Shape:
    """Return a closed half spheroid: base at w = 0, pole at w = height.

    Parameters
    ----------
    radius : float
        Radius of the base [m]; a hemisphere when equal to `height`.
    height : float
        Distance of the pole from the base [m].
    h, exact, multiple
        As for `cylinder`; here radius and height are scaled alike.

    Returns
    -------
    Shape
        Closed solid; the base is the first end.

    Raises
    ------
    InputError
        When a size is not positive and finite.
    """
    _positive("dome", radius=radius, height=height, h=h)
    n = segments(radius, h, multiple)
    meridian = meridian_profile(radius, height, h)
    k = 1.0
    if exact:
        k = math.sqrt(half_spheroid_area(radius, height) / revolved_area(meridian, n))
    cap = cap_profile(0.0, radius, _CAP * h)
    return _solid([(k * cap, FIRST_END), (k * meridian, SIDE)], n)


def sphere(radius: float, h: float, *, exact: bool = True, multiple: int = 4) -> Shape:
    """Return a sphere about the origin, meshed along parallels and meridians.

    Parameters
    ----------
    radius : float
        Radius [m].
    h, exact, multiple
        As for `cylinder`.

    Returns
    -------
    Shape
        Closed solid.

    Raises
    ------
    InputError
        When a size is not positive and finite.
    """
    _positive("sphere", radius=radius, h=h)
    n = segments(radius, h, multiple)
    upper = meridian_profile(radius, radius, h)
    lower = upper[:0:-1] * (-1.0, 1.0)
    meridian = np.concatenate([lower, upper])
    if exact:
        k = math.sqrt(4.0 * math.pi * radius**2 / revolved_area(meridian, n))
        meridian = k * meridian
    return _solid([(meridian, SIDE)], n)


def box(size: ArrayLike, h: float) -> Shape:
    """Return a closed box about the origin.

    Parameters
    ----------
    size : array_like, shape (3,)
        Edges along u, v and w [m].
    h : float
        Element size [m].

    Returns
    -------
    Shape
        Closed solid; faces share their edge vertices.

    Raises
    ------
    InputError
        When a size is not positive and finite.
    """
    edges = np.asarray(size, dtype=np.float64)
    _positive("box", size_u=edges[0], size_v=edges[1], size_w=edges[2], h=h)
    counts = [count(edge, h) for edge in edges]
    lattice: list[NDArray[np.int32]] = []
    for normal in range(3):
        i, j = (normal + 1) % 3, (normal + 2) % 3
        for top in (0, counts[normal]):
            quads = grid_quads(counts[i], counts[j])
            if top == 0:
                quads = quads[:, ::-1]
            corner = np.zeros((quads.size, 3), dtype=np.int32)
            corner[:, normal] = top
            corner[:, i] = quads.ravel() // (counts[j] + 1)
            corner[:, j] = quads.ravel() % (counts[j] + 1)
            lattice.append(corner)
    corners = np.concatenate(lattice)
    key = np.ravel_multi_index(tuple(corners.T), [c + 1 for c in counts])
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    vertices = edges * (corners[first] / np.array(counts) - 0.5)
    triangles = split_quads(inverse.reshape(-1, 4)).astype(np.int32)
    ends = np.zeros(len(triangles), dtype=np.int8)
    flat = 4 * (counts[1] * counts[2] + counts[2] * counts[0])
    ends[flat : flat + 2 * counts[0] * counts[1]] = FIRST_END
    ends[flat + 2 * counts[0] * counts[1] :] = SECOND_END
    return Shape(vertices, triangles, ends, two_sided=False)


def panel(size: ArrayLike, h: float) -> Shape:
    """Return a flat rectangle about the origin: one layer of two-sided faces.

    Parameters
    ----------
    size : array_like, shape (2,)
        Edges along u and v [m].
    h : float
        Element size [m].

    Returns
    -------
    Shape
        Sheet with normal +w.

    Raises
    ------
    InputError
        When a size is not positive and finite.
    """
    edges = np.asarray(size, dtype=np.float64)
    _positive("panel", size_u=edges[0], size_v=edges[1], h=h)
    rows, columns = (count(edge, h) for edge in edges)
    u, v = np.meshgrid(
        edges[0] * (np.arange(rows + 1) / rows - 0.5),
        edges[1] * (np.arange(columns + 1) / columns - 0.5),
        indexing="ij",
    )
    vertices = np.stack([u.ravel(), v.ravel(), np.zeros(u.size)], axis=1)
    triangles = split_quads(grid_quads(rows, columns)).astype(np.int32)
    return Shape(vertices, triangles, np.zeros(len(triangles), np.int8), True)


def disk(radius: float, h: float, *, exact: bool = True, multiple: int = 4) -> Shape:
    """Return a flat disk about the origin: one layer of two-sided faces.

    Parameters
    ----------
    radius : float
        Radius [m].
    h, exact, multiple
        As for `cylinder`; here the area of the disk itself is kept.

    Returns
    -------
    Shape
        Sheet with normal +w.

    Raises
    ------
    InputError
        When a size is not positive and finite.
    """
    _positive("disk", radius=radius, h=h)
    n = segments(radius, h, multiple)
    k = math.sqrt(2.0 * math.pi / n / math.sin(2.0 * math.pi / n)) if exact else 1.0
    made = _solid([(k * cap_profile(0.0, radius, h)[::-1], SIDE)], n)
    return Shape(made.vertices, made.triangles, made.face_end, two_sided=True)


def place(shape: Shape, position: ArrayLike, axes: ArrayLike) -> Shape:
    """Turn and move a shape.

    Parameters
    ----------
    shape : Shape
        In its local frame.
    position : array_like, shape (3,)
        Where the local origin goes [m].
    axes : array_like, shape (3, 3)
        Columns: the directions of u, v and w (orthonormal, right-handed).

    Returns
    -------
    Shape
        The same faces elsewhere.
    """
    moved = shape.vertices @ np.asarray(axes, np.float64).T
    moved = moved + np.asarray(position, np.float64)
    return Shape(moved, shape.triangles, shape.face_end, shape.two_sided)


def half_spheroid_area(radius: float, height: float) -> float:
    """Return the curved area of half a spheroid [m2].

    Parameters
    ----------
    radius : float
        Equatorial radius (base of the dome) [m].
    height : float
        Polar semi-axis [m].

    Returns
    -------
    float
        Area without the base.

    References
    ----------
    .. [1] DLMF 19.33: surface area of an ellipsoid of revolution.
    """
    ratio = height / radius
    if abs(ratio - 1.0) < 1e-6:  # series about the sphere
        return math.pi * radius**2 * (2.0 + 4.0 / 3.0 * (ratio - 1.0))
    if ratio < 1.0:
        e = math.sqrt((1.0 - ratio) * (1.0 + ratio))
        return math.pi * (radius**2 + height**2 * math.atanh(e) / e)
    e = math.sqrt((ratio - 1.0) * (ratio + 1.0)) / ratio
    return math.pi * (radius**2 + radius * height * math.asin(e) / e)


def _solid(pieces: list[tuple[FloatArray, int]], n: int) -> Shape:
    vertices, triangles, ends = revolve(pieces, n)
    return Shape(vertices, triangles.astype(np.int32), ends, two_sided=False)


def _positive(source: str, **sizes: float) -> None:
    wrong = {k: v for k, v in sizes.items() if not 0.0 < v < math.inf}
    _refuse(source, wrong, "a length > 0 [m]")


def _not_negative(source: str, **sizes: float) -> None:
    wrong = {k: v for k, v in sizes.items() if not 0.0 <= v < math.inf}
    _refuse(source, wrong, "a length >= 0 [m]")


def _refuse(source: str, wrong: dict[str, float], expected: str) -> None:
    if wrong:
        raise InputError(
            [Problem(source, k, float(v), expected) for k, v in wrong.items()]
        )
