"""Isotropic visibility of faces: how much of the sky a face sees past its neighbours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mmod.kernel._jit import jit, leaf
from mmod.kernel.ray import Scene, Scratch, make_scratch, transmission
from mmod.kernel.rng import BLOCK_BIN, BLOCK_SHIFT, uniforms
from mmod.kernel.tables import Faces, Floats, Ints


@jit
def visibility_block(
    scene: Scene,
    faces: Faces,
    members: Ints,
    count: int,
    offset: float,
    key: NDArray[np.uint64],
) -> Floats:
    """Return the cosine-weighted isotropic visibility of each face of a block.

    Parameters
    ----------
    scene, faces : Scene, Faces
    members : ndarray of int64, shape (n,)
        Face numbers.
    count : int
        Rays per face (two-sided faces: half from each side, as drawn).
    offset : float
        Distance by which rays start off the face [m].
    key : ndarray of uint64, shape (2,)
        Random stream.

    Returns
    -------
    ndarray, shape (n,)
        Mean transmission over cosine-distributed directions: 1 for a face of a free
        convex body.
    """
    out = np.zeros(members.shape[0])
    _fill_visibility(scene, make_scratch(), faces, members, count, offset, key, out)
    return out


@leaf
def _fill_visibility(
    scene: Scene,
    scratch: Scratch,
    faces: Faces,
    members: Ints,
    count: int,
    offset: float,
    key: NDArray[np.uint64],
    out: Floats,
) -> None:
    p = faces.corners
    for i in range(members.shape[0]):
        f = members[i]
        nx, ny, nz = faces.normals[f, 0], faces.normals[f, 1], faces.normals[f, 2]
        # Any two axes across the normal.
        if abs(nx) < 0.9:
            hx, hy, hz = 0.0, -nz, ny
        else:
            hx, hy, hz = nz, 0.0, -nx
        size = np.sqrt(hx * hx + hy * hy + hz * hz)
        hx, hy, hz = hx / size, hy / size, hz / size
        gx, gy, gz = ny * hz - nz * hy, nz * hx - nx * hz, nx * hy - ny * hx
        total = 0.0
        shift, turn, u_a, _ = uniforms(key, f, 0, 0, BLOCK_SHIFT)
        for k in range(count):
            _, w_turn, w_a, w_b = uniforms(key, f, 1, k, BLOCK_BIN)
            u = (k + shift) / count
            sine, phi = np.sqrt(u), 2.0 * np.pi * (w_turn + turn)
            cosine = np.sqrt(1.0 - u)
            side = 1.0
            if faces.two_sided[f] == 1 and (k + int(u_a * 2.0)) % 2 == 1:
                side = -1.0
            x, y = sine * np.cos(phi), sine * np.sin(phi)
            dx = x * hx + y * gx + side * cosine * nx
            dy = x * hy + y * gy + side * cosine * ny
            dz = x * hz + y * gz + side * cosine * nz
            a, b = w_a, w_b
            if a + b > 1.0:
                a, b = 1.0 - a, 1.0 - b
            lift = offset * side
            ox = (
                p[f, 0, 0]
                + a * (p[f, 1, 0] - p[f, 0, 0])
                + b * (p[f, 2, 0] - p[f, 0, 0])
                + lift * nx
            )
            oy = (
                p[f, 0, 1]
                + a * (p[f, 1, 1] - p[f, 0, 1])
                + b * (p[f, 2, 1] - p[f, 0, 1])
                + lift * ny
            )
            oz = (
                p[f, 0, 2]
                + a * (p[f, 1, 2] - p[f, 0, 2])
                + b * (p[f, 2, 2] - p[f, 0, 2])
                + lift * nz
            )
            total += transmission(scene, scratch, ox, oy, oz, dx, dy, dz)
        out[i] = total / count
