"""Forward estimator: an independent check, and impact counts without importance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mmod.engine.local import LocalBackend, available_cores
from mmod.engine.problem import ResolvedProblem
from mmod.engine.work import Backend, Chunk, Done, ForwardChunk, Progress, grouped
from mmod.errors import CheckError
from mmod.kernel.tables import Floats

BATCHES = 64
BACK_FACE_LIMIT = 1e-4
"""Largest accepted share of first hits on a back face (a leak in the mesh)."""


@dataclass(frozen=True)
class ForwardEstimate:
    """Expected numbers per zone from forward rays.

    ``expected``, ``variance`` (n_zone, n_model + 1, n_damage); ``batches`` independent
    batches of ``rays`` in all; ``hits`` on front faces; ``back_share`` first hits on back faces over all hits.
    """

    expected: Floats
    variance: Floats
    batches: int
    rays: int
    hits: int
    back_share: float


def bounding_ball(vertices: Floats) -> tuple[Floats, float]:
    """Return centre and radius of a ball around points (not the smallest one)."""
    centre = 0.5 * (vertices.min(axis=0) + vertices.max(axis=0))
    radius = float(np.linalg.norm(vertices - centre, axis=1).max())
    return centre, radius * (1.0 + 1e-9) + 1e-12


def run_forward(
    problem: ResolvedProblem,
    backend: Backend,
    rays: int,
    *,
    target: int = -1,
    batches: int = BATCHES,
    progress: Progress | None = None,
    chunk_samples: int = 300_000,
) -> ForwardEstimate:
    """Estimate expected numbers with forward rays.

    Parameters
    ----------
    problem : ResolvedProblem
    backend : Backend
    rays : int
        Particles per phase, rounded up to whole batches.
    target : int
        Zone whose bounding ball the starting disk covers, and on which alone hits
        count; -1 for the whole vehicle.
    batches : int
        Independent batches: the variance comes from their spread.
    progress : callable, optional
        Called with label, rays done, rays in all.
    chunk_samples : int
        Rays a chunk; does not change results.

    Returns
    -------
    ForwardEstimate

    Raises
    ------
    CheckError
        When more than `BACK_FACE_LIMIT` of the first hits are on back faces.
    """
    mesh = problem.vehicle.mesh
    corners = problem.payload.faces.corners
    whole_centre, whole_radius = bounding_ball(corners.reshape(-1, 3))
    centre, radius = whole_centre, whole_radius
    if target >= 0:
        members = np.flatnonzero(np.asarray(mesh.face_zone) == target)
        centre, radius = bounding_ball(corners[members].reshape(-1, 3))
    start = whole_radius + float(np.linalg.norm(centre - whole_centre)) + 1.0
    per_batch = -(-rays // batches)
    chunks: list[Chunk] = []
    for phase, arrays in enumerate(problem.payload.phases):
        weight = arrays.threats.weight
        share = weight / weight.sum(axis=1, keepdims=True)
        draw = share.mean(axis=0)
        reach = np.cumsum(draw)
        draw, reach = draw / reach[-1], reach / reach[-1]
        reach[-1] = 1.0
        chunks += [
            ForwardChunk(
                phase,
                target,
                centre,
                radius,
                start,
                len(problem.vehicle.zones),
                draw,
                reach,
                tuple(part),
                per_batch,
            )
            for part in grouped(range(batches), lambda _: per_batch, chunk_samples)
        ]
    results = backend.map(problem.payload, chunks, _counter(chunks, progress))
    shape = (
        len(problem.vehicle.zones),
        len(problem.models) + 1,
        len(problem.config.damage.impact_diameters_mm) + 1,
    )
    batch_sums = np.zeros((batches, *shape))
    hits, back = 0, 0
    for chunk, values in zip(chunks, results, strict=True):
        assert isinstance(chunk, ForwardChunk)
        for batch, tally in zip(chunk.batches, values, strict=True):
            batch_sums[batch] += problem.durations[chunk.phase] * tally.zones
            hits += tally.hits
            back += tally.back
    share_back = back / max(hits + back, 1)
    if share_back > BACK_FACE_LIMIT:
        raise CheckError(
            f"{problem.vehicle.name}: {back} of {hits + back} forward rays hit a back"
            f" face first ({share_back:.2e}; limit {BACK_FACE_LIMIT:.0e}): the mesh is"
            " open or inverted there"
        )
    return ForwardEstimate(
        batch_sums.mean(axis=0),
        batch_sums.var(axis=0, ddof=1) / batches,
        batches,
        per_batch * batches,
        hits,
        share_back,
    )


def back_face_share(problem: ResolvedProblem, rays: int = 200_000) -> float:
    """Return the share of forward rays that hit a back face first.

    Parameters
    ----------
    problem : ResolvedProblem
    rays : int
        Particles per phase, from all directions of the models.

    Returns
    -------
    float
        0 for a sound mesh; every such hit is a leak between parts.

    Raises
    ------
    CheckError
        When it is above `BACK_FACE_LIMIT`.
    """
    backend = LocalBackend(available_cores())
    return run_forward(problem, backend, rays, batches=16).back_share


def _counter(chunks: list[Chunk], progress: Progress | None) -> Done:
    total = sum(c.cost for c in chunks)
    count = 0

    def done(chunk: Chunk, _: list[Any]) -> None:
        nonlocal count
        count += chunk.cost
        if progress is not None:
            progress("forward", count, total)

    return done
