"""Forward estimator: particles fly onto the vehicle and the first hit decides.

Particles start on a disk that bounds the target and lies across their flight. The
diameter is integrated analytically. Nothing of the importance estimator's proposal is
used, so the two check each other.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mmod.kernel._jit import jit, leaf
from mmod.kernel.draw import search
from mmod.kernel.ray import Scene, Scratch, first_hit, make_scratch
from mmod.kernel.rng import uniforms
from mmod.kernel.tables import Faces, Floats, Ints, Tables, Threats, penetrating_flux

_MAX_PASSES = 4096
"""Parts of solidity below 1 that one ray may cross: a guard against a broken mesh."""


class ForwardTally(NamedTuple):
    """Sums of one batch of forward rays.

    ``zones`` (n_zone, n_model + 1, n_damage) [1/s]; ``hits`` first hits on opaque
    parts from outside; ``back`` first hits on a back face (lost particles).
    """

    zones: Floats
    hits: int
    back: int


@jit
def forward_batch(
    scene: Scene,
    faces: Faces,
    threats: Threats,
    tables: Tables,
    in_total: Ints,
    to_lvlh: Floats,
    draw: Floats,
    draw_reach: Floats,
    centre: Floats,
    radius: float,
    start: float,
    batch: int,
    rays: int,
    n_zone: int,
    target: int,
    key: NDArray[np.uint64],
) -> ForwardTally:
    """Fly one batch of particles.

    Parameters
    ----------
    scene, faces, threats, tables, in_total, to_lvlh
        As in `importance_block`.
    draw, draw_reach : ndarray, shape (n_threat,)
        Probability of each threat and its running sum.
    centre : ndarray, shape (3,)
        Centre of the starting disk's sphere, body frame [m].
    radius : float
        Radius of that sphere [m]: bounds the whole vehicle, or the target zone.
    start : float
        Distance before the centre at which the particles start [m]; the whole
        vehicle lies beyond the start.
    batch, rays : int
        Number of the batch (its random numbers) and particles in it.
    n_zone, target : int
        Zones of the vehicle; only hits on zone ``target`` count, -1 for all.
    key : ndarray of uint64, shape (2,)
        Random stream.

    Returns
    -------
    ForwardTally
        In units of 1/s.
    """
    zones = np.zeros((n_zone, threats.weight.shape[0] + 1, tables.impact.shape[2] + 1))
    hits, back = _fly(
        scene,
        make_scratch(),
        faces,
        threats,
        tables,
        in_total,
        to_lvlh,
        draw,
        draw_reach,
        centre,
        radius,
        start,
        batch,
        rays,
        target,
        key,
        zones,
    )
    return ForwardTally(zones, hits, back)


@leaf
def _fly(
    scene: Scene,
    scratch: Scratch,
    faces: Faces,
    threats: Threats,
    tables: Tables,
    in_total: Ints,
    to_lvlh: Floats,
    draw: Floats,
    draw_reach: Floats,
    centre: Floats,
    radius: float,
    start: float,
    batch: int,
    rays: int,
    target: int,
    key: NDArray[np.uint64],
    zones: Floats,
) -> tuple[int, int]:
    hits, back = 0, 0
    edges = threats.edges
    disk = np.pi * radius * radius
    last = draw.shape[0]
    for i in range(rays):
        u, w_speed, w_azimuth, w_sine = uniforms(key, batch, 0, i, 0)
        u_r, u_phi, _, _ = uniforms(key, batch, 0, i, 1)
        t = search(draw_reach, 0, last, u)
        speed = edges[t, 4] + w_speed * (edges[t, 5] - edges[t, 4])
        sine = edges[t, 2] + w_sine * (edges[t, 3] - edges[t, 2])
        if threats.side[t] == 0:
            azimuth = edges[t, 0] + w_azimuth * (edges[t, 1] - edges[t, 0])
        else:
            azimuth = threats.side[t] * np.arccos(
                min(max(speed / threats.coupling[t], -1.0), 1.0)
            )
        flat = np.sqrt(max(1.0 - sine * sine, 0.0))
        lx, ly, lz = flat * np.cos(azimuth), flat * np.sin(azimuth), sine
        # Flight direction in body axes: minus the radiant.
        dx = -(to_lvlh[0, 0] * lx + to_lvlh[1, 0] * ly + to_lvlh[2, 0] * lz)
        dy = -(to_lvlh[0, 1] * lx + to_lvlh[1, 1] * ly + to_lvlh[2, 1] * lz)
        dz = -(to_lvlh[0, 2] * lx + to_lvlh[1, 2] * ly + to_lvlh[2, 2] * lz)
        if abs(dx) < 0.9:
            hx, hy, hz = 0.0, -dz, dy
        else:
            hx, hy, hz = dz, 0.0, -dx
        size = np.sqrt(hx * hx + hy * hy + hz * hz)
        hx, hy, hz = hx / size, hy / size, hz / size
        gx, gy, gz = dy * hz - dz * hy, dz * hx - dx * hz, dx * hy - dy * hx
        rho, phi = radius * np.sqrt(u_r), 2.0 * np.pi * u_phi
        p, q = rho * np.cos(phi), rho * np.sin(phi)
        ox = centre[0] + p * hx + q * gx - start * dx
        oy = centre[1] + p * hy + q * gy - start * dy
        oz = centre[2] + p * hz + q * gz - start * dz
        if speed <= 0.0:
            continue
        share, t_min, after = 1.0, 0.0, -1
        for _ in range(_MAX_PASSES):
            f, distance = first_hit(
                scene, scratch, ox, oy, oz, dx, dy, dz, t_min, after
            )
            if f < 0:
                break
            along = (
                dx * faces.normals[f, 0]
                + dy * faces.normals[f, 1]
                + dz * faces.normals[f, 2]
            )
            if along > 0.0 and faces.two_sided[f] == 0:
                if scene.through[f] == 0.0:
                    back += 1
                    break
                t_min, after = distance, f
                continue
            zone = faces.zone[f]
            if target < 0 or zone == target:
                scale = share * faces.solidity[f] * disk / (draw[t] * rays)
                _deposit(
                    zones,
                    zone,
                    threats,
                    tables,
                    in_total,
                    faces.shield[f],
                    t,
                    scale,
                    speed,
                    abs(along),
                )
            hits += 1
            share *= scene.through[f]
            if share <= 0.0:
                break
            t_min, after = distance, f
    return hits, back


@leaf
def _deposit(
    zones: Floats,
    zone: int,
    threats: Threats,
    tables: Tables,
    in_total: Ints,
    shield: int,
    t: int,
    scale: float,
    speed: float,
    cosine: float,
) -> None:
    models = threats.weight.shape[0]
    sizes = tables.impact.shape[2]
    cell = search_cell(threats.first, t)
    for e in range(models):
        w = threats.weight[e, t]
        if w <= 0.0:
            continue
        curve = threats.curve[e, cell]
        table = tables.index[shield, e, curve]
        flux = 0.0
        if table >= 0:
            flux, _ = penetrating_flux(
                tables, shield, e, curve, table, speed, max(cosine, 1e-12)
            )
        for d in range(sizes + 1):
            x = w * scale * (tables.impact[e, curve, d] if d < sizes else flux)
            zones[zone, e, d] += x
            if in_total[e] == 1:
                zones[zone, models, d] += x


@leaf
def search_cell(first: Ints, t: int) -> int:
    """Return the cell that holds threat ``t``."""
    low, high = 0, first.shape[0] - 2
    while low < high:
        middle = (low + high + 1) // 2
        if first[middle] <= t:
            low = middle
        else:
            high = middle - 1
    return low
