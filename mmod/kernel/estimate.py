"""Importance estimator: threats drawn per face, rays cast back to where they come from.

For each face the threats are drawn in proportion to a known unshadowed contribution;
the ray from a point of the face against the flight direction decides what is visible.
Random numbers are keyed by face, replicate and sample, so a face gives the same bits
wherever and in whatever company it is computed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mmod.kernel._jit import jit, leaf
from mmod.kernel.draw import Draws, draw_threats, make_draws
from mmod.kernel.layout import CHANCE, WEIGHT
from mmod.kernel.ray import Scene, Scratch, make_scratch, transmission
from mmod.kernel.rng import BLOCK_EVENT, uniforms
from mmod.kernel.sample import fill_proposal
from mmod.kernel.tables import (
    Faces,
    Floats,
    Ints,
    Tables,
    Threats,
    log_diameter_of,
    penetrating_flux_at,
)
from mmod.kernel.tally import (
    N_BINS,
    N_FIELDS,
    FaceTally,
    fill_histogram,
    lowest_priority,
)

# Plastic-number lattice: successive points of a face fill it evenly.
_STEP_A = 0.7548776662466927
_STEP_B = 0.5698402909980532


@jit
def importance_block(
    scene: Scene,
    faces: Faces,
    threats: Threats,
    tables: Tables,
    in_total: Ints,
    to_lvlh: Floats,
    members: Ints,
    samples: Ints,
    replicates: int,
    n_event: int,
    offset: float,
    key: NDArray[np.uint64],
    event_key: NDArray[np.uint64],
) -> FaceTally:
    """Estimate the expected numbers per second on a block of faces.

    Parameters
    ----------
    scene, faces, threats, tables
        The problem.
    in_total : ndarray of int64, shape (n_model,)
        1 for the models that enter the total.
    to_lvlh : ndarray, shape (3, 3)
        Rotation from body to LVLH axes.
    members : ndarray of int64, shape (n,)
        Face numbers of the block (one zone, ordered by normal).
    samples : ndarray of int64, shape (n,)
        Samples per replicate of each face.
    replicates : int
        Independent randomised replicates.
    n_event : int
        Events kept per model.
    offset : float
        Distance by which rays start off the face [m].
    key, event_key : ndarray of uint64, shape (2,)
        Random streams of the estimate and of the event selection.

    Returns
    -------
    FaceTally
        In units of 1/s: multiply by the duration of the phase.
    """
    n = members.shape[0]
    models, cells = threats.cell_weight.shape
    damages = tables.impact.shape[2] + 1
    tally = FaceTally(
        np.zeros((n, models + 1, damages)),
        np.zeros((n, models + 1, damages)),
        np.zeros((n, models + 1, damages)),
        np.zeros((n, models + 1, damages)),
        np.zeros((n, models + 1)),
        np.zeros(n, dtype=np.int64),
        np.zeros(n, dtype=np.int64),
        np.zeros((models, N_BINS)),
        np.zeros((models, n_event + 1, N_FIELDS)),
        np.zeros((models, models, damages)),
    )
    room = _Room(
        np.zeros((models, 2, cells)),
        np.zeros((models, 2)),
        np.zeros(cells),
        np.zeros(cells),
        np.zeros((models + 1, damages)),
        np.zeros((models, damages)),
        np.zeros(models, dtype=np.int64),
        np.zeros((models, models, damages)),
    )
    _fill_tally(
        scene,
        make_scratch(),
        faces,
        threats,
        tables,
        in_total,
        to_lvlh,
        members,
        samples,
        replicates,
        n_event,
        offset,
        key,
        event_key,
        room,
        make_draws(threats.drawn.row.shape[1]),
        tally,
    )
    return tally


class _Room(NamedTuple):
    """Work space of a block."""

    work: Floats
    share: Floats
    chance: Floats
    reach: Floats
    replica: Floats
    coarse: Floats
    lowest: Ints
    product: Floats


@leaf
def _fill_tally(
    scene: Scene,
    scratch: Scratch,
    faces: Faces,
    threats: Threats,
    tables: Tables,
    in_total: Ints,
    to_lvlh: Floats,
    members: Ints,
    samples: Ints,
    replicates: int,
    n_event: int,
    offset: float,
    key: NDArray[np.uint64],
    event_key: NDArray[np.uint64],
    room: _Room,
    draws: Draws,
    tally: FaceTally,
) -> None:
    n = members.shape[0]
    models = threats.cell_weight.shape[0]
    sizes = tables.impact.shape[2]
    damages = sizes + 1
    first, second, free = tally.first, tally.second, tally.free
    outside, seen, drawn = tally.outside, tally.seen, tally.drawn
    histogram, events = tally.histogram, tally.events
    work, share, chance, reach = room.work, room.share, room.chance, room.reach
    replica, lowest = room.replica, room.lowest
    bound, coarse = tally.bound, room.coarse
    covariance, product = tally.covariance, room.product
    row, flight, corners = draws.row, draws.flight, faces.corners
    have = -1
    mass = 0.0

    for i in range(n):
        f = members[i]
        bx, by, bz = faces.normals[f, 0], faces.normals[f, 1], faces.normals[f, 2]
        shield, sides = faces.shield[f], int(faces.two_sided[f])
        nx = to_lvlh[0, 0] * bx + to_lvlh[0, 1] * by + to_lvlh[0, 2] * bz
        ny = to_lvlh[1, 0] * bx + to_lvlh[1, 1] * by + to_lvlh[1, 2] * bz
        nz = to_lvlh[2, 0] * bx + to_lvlh[2, 1] * by + to_lvlh[2, 2] * bz
        group = faces.orientation[f]
        if group != have:
            have = group
            gx, gy, gz = (
                faces.axis[group, 0],
                faces.axis[group, 1],
                faces.axis[group, 2],
            )
            mass = fill_proposal(
                threats,
                tables,
                in_total,
                shield,
                sides,
                to_lvlh[0, 0] * gx + to_lvlh[0, 1] * gy + to_lvlh[0, 2] * gz,
                to_lvlh[1, 0] * gx + to_lvlh[1, 1] * gy + to_lvlh[1, 2] * gz,
                to_lvlh[2, 0] * gx + to_lvlh[2, 1] * gy + to_lvlh[2, 2] * gz,
                faces.slack[group],
                work,
                share,
                chance,
                reach,
                coarse,
            )
        if mass <= 0.0:
            continue
        area = faces.areas[f] * faces.solidity[f]
        count = samples[i]
        for e in range(models):
            for d in range(damages):
                bound[i, e, d] = area * coarse[e, d]
                if in_total[e] == 1:
                    bound[i, models, d] += area * coarse[e, d]
        product[:] = 0.0
        j, ready = 0, 0
        for r in range(replicates):
            for e in range(models + 1):
                for d in range(damages):
                    replica[e, d] = 0.0
            for k in range(count):
                drawn[i] += 1
                j += 1
                if j >= ready:
                    start = r * count + k
                    ready = draw_threats(
                        threats, reach, key, f, count, start, replicates * count, draws
                    )
                    j = 0
                cell = draws.cell[j]
                speed, azimuth, sine = flight[j, 0], flight[j, 1], flight[j, 2]
                flat = np.sqrt(max(1.0 - sine * sine, 0.0))
                lx, ly, lz = flat * np.cos(azimuth), flat * np.sin(azimuth), sine
                cosine = nx * lx + ny * ly + nz * lz
                face_side = 1.0
                if sides == 1 and cosine < 0.0:
                    cosine = -cosine
                    face_side = -1.0
                if cosine <= 0.0 or speed <= 0.0:
                    continue
                dx = to_lvlh[0, 0] * lx + to_lvlh[1, 0] * ly + to_lvlh[2, 0] * lz
                dy = to_lvlh[0, 1] * lx + to_lvlh[1, 1] * ly + to_lvlh[2, 1] * lz
                dz = to_lvlh[0, 2] * lx + to_lvlh[1, 2] * ly + to_lvlh[2, 2] * lz
                # Point on the face: lattice with a random shift, folded.
                a = draws.shift[j, 0] + k * _STEP_A
                b = draws.shift[j, 1] + k * _STEP_B
                a -= np.floor(a)
                b -= np.floor(b)
                if a + b > 1.0:
                    a, b = 1.0 - a, 1.0 - b
                lift = offset * face_side
                ox = (
                    corners[f, 0, 0]
                    + a * (corners[f, 1, 0] - corners[f, 0, 0])
                    + b * (corners[f, 2, 0] - corners[f, 0, 0])
                    + lift * bx
                )
                oy = (
                    corners[f, 0, 1]
                    + a * (corners[f, 1, 1] - corners[f, 0, 1])
                    + b * (corners[f, 2, 1] - corners[f, 0, 1])
                    + lift * by
                )
                oz = (
                    corners[f, 0, 2]
                    + a * (corners[f, 1, 2] - corners[f, 0, 2])
                    + b * (corners[f, 2, 2] - corners[f, 0, 2])
                    + lift * bz
                )
                visible = transmission(scene, scratch, ox, oy, oz, dx, dy, dz)
                if visible > 0.0:
                    seen[i] += 1
                density = chance[cell] * row[j, CHANCE]
                scale = area * cosine / (density * count * replicates)
                log_speed, log_cosine = np.log(speed), np.log(cosine)
                for e in range(models):
                    w = row[j, WEIGHT + e]
                    if w <= 0.0:
                        continue
                    curve = threats.curve[e, cell]
                    table = tables.index[shield, e, curve]
                    flux, beyond = 0.0, 0.0
                    if table >= 0:
                        flux, beyond = penetrating_flux_at(
                            tables,
                            shield,
                            e,
                            curve,
                            table,
                            log_speed,
                            cosine,
                            log_cosine,
                        )
                    for d in range(damages):
                        x = (
                            w
                            * scale
                            * (tables.impact[e, curve, d] if d < sizes else flux)
                        )
                        free[i, e, d] += x
                        replica[e, d] += x * visible
                        if in_total[e] == 1:
                            free[i, models, d] += x
                            replica[models, d] += x * visible
                    hit = w * scale * flux * visible
                    if not hit > 0.0:
                        continue
                    outside[i, e] += hit * beyond
                    if in_total[e] == 1:
                        outside[i, models] += hit * beyond
                    v, v_size, _, _ = uniforms(event_key, f, r, k, BLOCK_EVENT + 8 * e)
                    # A diameter among those that penetrate here: same flux ratio.
                    size = log_diameter_of(
                        tables, e, curve, np.log(v_size * flux / tables.share[shield])
                    )
                    fill_histogram(
                        histogram, e, azimuth, sine, speed, cosine, size, hit
                    )
                    if n_event > 0:
                        priority = hit / v
                        slot = lowest[e]
                        if priority > events[e, slot, 10]:
                            events[e, slot, 0] = f
                            events[e, slot, 1] = ox
                            events[e, slot, 2] = oy
                            events[e, slot, 3] = oz
                            events[e, slot, 4] = azimuth
                            events[e, slot, 5] = sine
                            events[e, slot, 6] = speed
                            events[e, slot, 7] = cosine
                            events[e, slot, 8] = draws.threat[j]
                            events[e, slot, 9] = hit
                            events[e, slot, 10] = priority
                            lowest[e] = lowest_priority(events, e)
            for e in range(models + 1):
                for d in range(damages):
                    # Sums of the replicates' own estimates: back to one replicate.
                    x = replica[e, d] * replicates
                    first[i, e, d] += x
                    second[i, e, d] += x * x
                    if e < models:
                        for g in range(e + 1):
                            product[e, g, d] += x * replica[g, d] * replicates
        # Of the means over the replicates; faces use disjoint random numbers.
        for e in range(models if replicates > 1 else 0):
            for g in range(e + 1):
                for d in range(damages):
                    c = product[e, g, d] - first[i, e, d] * first[i, g, d] / replicates
                    c /= replicates * (replicates - 1.0)
                    covariance[e, g, d] += c
                    if g < e:
                        covariance[g, e, d] += c
