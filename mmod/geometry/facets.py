"""Profiles, rings and grids of facets from which the primitives are made."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.int64]

SIDE, FIRST_END, SECOND_END = 0, 1, 2
"""Codes of the faces of a primitive: side, cap at the first end, at the second."""


def count(length: float, h: float) -> int:
    """Return the number of elements along a length.

    Parameters
    ----------
    length : float
        Length to divide [m].
    h : float
        Longest element wanted [m].

    Returns
    -------
    int
        At least 1.
    """
    return max(1, math.ceil(length / h - 1e-9))


def cap_profile(w: float, radius: float, h: float) -> FloatArray:
    """Return the profile of an end cap from the axis to its rim.

    Parameters
    ----------
    w : float
        Position along the axis [m].
    radius : float
        Radius of the rim [m]; zero gives the single point on the axis.
    h : float
        Longest distance of two rings [m].

    Returns
    -------
    array, shape (n, 2)
        Position along the axis and radius [m].
    """
    if radius == 0.0:
        return np.array([[w, 0.0]])
    rings = count(radius, h)
    return np.stack([np.full(rings + 1, w), radius * np.arange(rings + 1) / rings], 1)


def meridian_profile(radius: float, height: float, h: float) -> FloatArray:
    """Return a quarter ellipse from the rim to the pole in equal steps of arc.

    Parameters
    ----------
    radius, height : float
        Semi-axes across and along the axis [m].
    h : float
        Longest step [m].

    Returns
    -------
    array, shape (n, 2)
        Position along the axis and radius [m], from (0, radius) to (height, 0).
    """
    angle = np.linspace(0.0, 0.5 * math.pi, 4097)
    fine = np.stack([height * np.sin(angle), radius * np.cos(angle)], axis=1)
    steps = np.linalg.norm(np.diff(fine, axis=0), axis=1)
    arc = np.concatenate([[0.0], np.cumsum(steps)])
    rows = max(2, count(float(arc[-1]), h))
    at = np.interp(np.linspace(0.0, arc[-1], rows + 1), arc, angle)
    profile = np.stack([height * np.sin(at), radius * np.cos(at)], axis=1)
    profile[0], profile[-1] = (0.0, radius), (height, 0.0)
    return profile


def frustum_scale(n: int, difference: float, length: float) -> float:
    """Return the scale of radii that keeps the side area of an n-sided frustum.

    Parameters
    ----------
    n : int
        Facets around.
    difference : float
        Difference of the two radii [m].
    length : float
        Length along the axis [m].

    Returns
    -------
    float
        Factor >= 1 [-]; see the notes of `mmod.geometry.shapes.frustum`.
    """
    share = n / math.pi * math.sin(math.pi / n)
    a = (share * difference * math.cos(math.pi / n)) ** 2
    b = (share * length) ** 2
    c = length**2 + difference**2
    return math.sqrt(2.0 * c / (b + math.sqrt(b * b + 4.0 * a * c)))


def revolved_area(profile: FloatArray, n: int) -> float:
    """Return the area of the planar facets between the rings of a profile.

    Parameters
    ----------
    profile : array, shape (k, 2)
        Position along the axis and radius [m].
    n : int
        Facets around.

    Returns
    -------
    float
        Area [m2].
    """
    w, r = profile.T
    slant = np.hypot(np.diff(w), np.diff(r) * math.cos(math.pi / n))
    return float(n * math.sin(math.pi / n) * ((r[1:] + r[:-1]) * slant).sum())


def revolve(
    pieces: list[tuple[FloatArray, int]], n: int
) -> tuple[FloatArray, IndexArray, NDArray[np.int8]]:
    """Turn a profile about the axis.

    Parameters
    ----------
    pieces : list of (array of shape (k, 2), int)
        Pieces of the profile (position along the axis, radius) [m], each with the
        code of its faces; a piece begins where the one before ended. The profile of
        a closed solid runs from the axis back to it with the outside on its left.
    n : int
        Facets around.

    Returns
    -------
    vertices : array, shape (v, 3)
        Positions in the frame u, v, w [m].
    triangles : array of int64, shape (m, 3)
        Faces, outward.
    codes : array of int8, shape (m,)
        Code of each face.

    Notes
    -----
    A ring of radius zero becomes one vertex, and quads beside it become triangles.
    All other facets are planar trapezia, so both halves share a normal.
    """
    profile: list[FloatArray] = []
    codes: list[int] = []
    for piece, code in pieces:
        profile.extend(piece if not profile else piece[1:])
        codes.extend([code] * (len(piece) - 1))
    rings = np.array(profile)
    pole = rings[:, 1] < 1e-12 * rings[:, 1].max()
    start = np.concatenate([[0], np.cumsum(np.where(pole, 1, n))])
    cos, sin = _circle(n)
    points = [
        np.array([[0.0, 0.0, w]])
        if single
        else np.stack([r * cos, r * sin, np.full(n, w)], axis=1)
        for (w, r), single in zip(rings, pole, strict=True)
    ]
    this, following = np.arange(n), (np.arange(n) + 1) % n
    faces: list[IndexArray] = []
    ends: list[int] = []
    for ring, code in enumerate(codes):
        a, b = start[ring], start[ring + 1]
        if pole[ring]:
            block = np.stack([np.full(n, a), b + following, b + this], axis=1)
        elif pole[ring + 1]:
            block = np.stack([a + this, a + following, np.full(n, b)], axis=1)
        else:
            block = split_quads(
                np.stack([a + this, a + following, b + following, b + this], axis=1)
            )
        faces.append(block)
        ends.extend([code] * len(block))
    return np.concatenate(points), np.concatenate(faces), np.array(ends, np.int8)


def _circle(n: int) -> tuple[FloatArray, FloatArray]:
    """Cosine and sine around, exact on the axes."""
    angle = 2.0 * math.pi * np.arange(n) / n
    cos, sin = np.cos(angle), np.sin(angle)
    for exact in (0.0, 1.0, -1.0):
        cos[np.abs(cos - exact) < 1e-15] = exact
        sin[np.abs(sin - exact) < 1e-15] = exact
    return cos, sin


def grid_quads(rows: int, columns: int) -> IndexArray:
    """Return the quads of a grid of (rows + 1) x (columns + 1) vertices.

    Parameters
    ----------
    rows, columns : int
        Quads along the first and the second direction.

    Returns
    -------
    array, shape (rows * columns, 4)
        Vertices in order of rows, counter-clockwise.
    """
    i, j = np.divmod(np.arange(rows * columns), columns)
    a = i * (columns + 1) + j
    return np.stack([a, a + columns + 1, a + columns + 2, a + 1], axis=1)


def split_quads(quads: IndexArray) -> IndexArray:
    """Split quads into two triangles each, which stay neighbours in the list.

    Parameters
    ----------
    quads : array, shape (n, 4)
        Vertices, counter-clockwise.

    Returns
    -------
    array, shape (2 n, 3)
        Triangles, counter-clockwise.
    """
    halves: IndexArray = quads[:, [[0, 1, 2], [0, 2, 3]]]
    return halves.reshape(-1, 3)
