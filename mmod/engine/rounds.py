"""Rounds of sampling: a pilot decides the allocation, later rounds are counted.

The pilot's numbers steer and are thrown away, so that the reported estimate does not
know why it was given its samples. Further rounds, in fixed proportions, follow for the
zones that still miss the target.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmod.engine.collect import PhaseSum, RoundTally, zone_estimates
from mmod.engine.problem import ResolvedProblem
from mmod.engine.work import (
    DEFAULT_CHUNK_SAMPLES,
    VISIBILITY_RAYS,
    Backend,
    Block,
    Chunk,
    ImportanceChunk,
    Progress,
    VisibilityChunk,
    grouped,
)
from mmod.kernel.tables import Floats, Ints

Flags = NDArray[np.bool_]

PILOT_SAMPLES = 1
RISK_FLOOR = 1e-3
"""Zones that carry at least this share of the risk have to meet the target."""
MAX_ROUNDS = 6
_MARGIN = 0.8
"""The plan aims this much below the target: a standard error is itself uncertain."""


@dataclass(frozen=True)
class Allocation:
    """Samples per replicate of each face, and the multiple of it per zone."""

    face: Ints
    zone: Ints

    def total(self, replicates: int) -> int:
        """Return all samples of a round."""
        return int(self.face.sum()) * replicates


def importance_chunks(
    problem: ResolvedProblem,
    blocks: Sequence[Block],
    phase: int,
    number: int,
    samples: Ints,
    chunk_samples: int = DEFAULT_CHUNK_SAMPLES,
) -> list[ImportanceChunk]:
    """Cut a round into chunks; blocks without samples are left out."""
    busy = [b for b in blocks if samples[b.members].any()]
    replicates = problem.payload.replicates
    return [
        ImportanceChunk(
            phase, number, tuple(part), tuple(samples[b.members] for b in part)
        )
        for part in grouped(
            busy,
            lambda b: int(samples[b.members].sum()) * replicates,
            chunk_samples,
        )
    ]


class Sampler:
    """Runs the rounds of the importance estimator.

    Parameters
    ----------
    problem : ResolvedProblem
    blocks : sequence of Block
    backend : Backend
    progress : callable, optional
        Called with label, samples done, samples in all.
    chunk_samples : int
        Size of the chunks; does not change results.
    """

    def __init__(
        self,
        problem: ResolvedProblem,
        blocks: Sequence[Block],
        backend: Backend,
        progress: Progress | None = None,
        chunk_samples: int = DEFAULT_CHUNK_SAMPLES,
    ) -> None:
        self.problem = problem
        self.blocks = blocks
        self.backend = backend
        self.progress = progress
        self.chunk_samples = chunk_samples
        self.rounds = 0
        self.samples = 0

    def _map(self, label: str, chunks: Sequence[Chunk], scale: int) -> list[list[Any]]:
        total = sum(c.cost for c in chunks) * scale
        count = 0

        def done(chunk: Chunk, _: list[Any]) -> None:
            nonlocal count
            count += chunk.cost * scale
            if self.progress is not None:
                self.progress(label, count, total)

        return self.backend.map(self.problem.payload, chunks, done)

    def visibility(self) -> Floats:
        """Return the cosine-weighted isotropic visibility of every face."""
        chunks = [
            VisibilityChunk(tuple(part))
            for part in grouped(
                self.blocks,
                lambda b: len(b.members) * VISIBILITY_RAYS,
                self.chunk_samples,
            )
        ]
        out = np.zeros(len(self.problem.payload.faces.areas))
        for chunk, values in zip(
            chunks, self._map("visibility", chunks, 1), strict=True
        ):
            for block, value in zip(chunk.blocks, values, strict=True):
                out[block.members] = value
        return out

    def round(self, number: int, samples: Ints, label: str) -> list[RoundTally]:
        """Run one round of all phases; return its tally per phase."""
        replicates = self.problem.payload.replicates
        chunks = [
            chunk
            for phase in range(len(self.problem.durations))
            for chunk in importance_chunks(
                self.problem, self.blocks, phase, number, samples, self.chunk_samples
            )
        ]
        results = self._map(label, chunks, replicates)
        tallies = [
            RoundTally.empty(self.problem, len(self.blocks))
            for _ in self.problem.durations
        ]
        position = {id(b): i for i, b in enumerate(self.blocks)}
        for chunk, values in zip(chunks, results, strict=True):
            for block, value in zip(chunk.blocks, values, strict=True):
                tallies[chunk.phase].put(position[id(block)], block, value)
        self.samples += int(samples.sum()) * replicates * len(tallies)
        return tallies

    def run(self) -> list[PhaseSum]:
        """Run the pilot and the counted rounds.

        Returns
        -------
        list of PhaseSum
            Per phase, the sums over the counted rounds.
        """
        sampling = self.problem.config.sampling
        faces = self.problem.payload.faces
        n_face = len(faces.areas)
        pilot = self.round(0, np.full(n_face, PILOT_SAMPLES), "pilot")
        self.samples = 0
        allocation = self._plan(pilot)
        sums = [
            PhaseSum.empty(self.problem, self.blocks) for _ in self.problem.durations
        ]
        multiple = allocation.zone
        for number in range(1, MAX_ROUNDS + 1):
            samples = allocation.face * multiple[faces.zone]
            if not samples.any():
                break
            tallies = self.round(number, samples, f"round {number}")
            for total, tally in zip(sums, tallies, strict=True):
                total.add(tally, multiple)
            self.rounds = number
            if sampling.samples is not None:
                break
            multiple = self._missing(sums, allocation)
        return sums

    def _plan(self, pilot: list[RoundTally]) -> Allocation:
        """Decide the samples of the first counted round from the pilot alone."""
        faces = self.problem.payload.faces
        sampling = self.problem.config.sampling
        replicates = self.problem.payload.replicates
        phases = len(self.problem.durations)
        sums = [PhaseSum.empty(self.problem, self.blocks) for _ in pilot]
        ones = np.ones(len(self.problem.vehicle.zones), dtype=np.int64)
        for whole, tally in zip(sums, pilot, strict=True):
            whole.add(tally, ones)
        error, counts = self._zone_errors(sums)
        if sampling.samples is None:
            assert sampling.target_relative_error is not None
            aim = _MARGIN * sampling.target_relative_error
            want = np.where(counts, np.square(error / aim), 1.0) * PILOT_SAMPLES
            want = np.where(np.isfinite(want), np.maximum(want, 1.0), 64.0)
            limit = sampling.max_samples
        else:
            # Equal numbers for every zone that carries risk; a floor for the rest.
            per_zone = np.bincount(faces.zone, minlength=len(ones)).astype(np.float64)
            left = sampling.samples / (replicates * phases) - len(faces.areas)
            share = max(left, 0.0) / max(int(counts.sum()), 1)
            want = np.where(counts, 1.0 + share / np.maximum(per_zone, 1.0), 1.0)
            limit = max(sampling.samples, len(faces.areas) * replicates * phases)
        face = self._spread(want, sums)
        # Never beyond the user's limit: shrink what is above the floor.
        total = float(face.sum()) * replicates * phases
        if total > limit:
            floor = len(face) * replicates * phases
            shrink = max(limit - floor, 0.0) / max(total - floor, 1.0)
            face = 1 + np.floor((face - 1) * shrink).astype(np.int64)
        return Allocation(face, ones)

    def _spread(self, want: Floats, sums: list[PhaseSum]) -> Ints:
        """Spread a zone's samples over its faces: half evenly, half by contribution."""
        faces = self.problem.payload.faces
        zones = len(self.problem.vehicle.zones)
        weight = np.zeros(len(faces.areas))
        damage = -1 if any(total.free[:, -1, -1].any() for total in sums) else 0
        for duration, total in zip(self.problem.durations, sums, strict=True):
            weight += duration * total.free[:, -1, damage]
        mean = np.bincount(faces.zone, weights=weight, minlength=zones) / np.maximum(
            np.bincount(faces.zone, minlength=zones), 1
        )
        with np.errstate(invalid="ignore", divide="ignore"):
            relative = np.where(mean[faces.zone] > 0.0, weight / mean[faces.zone], 1.0)
        share = 0.5 + 0.5 * np.minimum(relative, 4.0)
        return np.maximum(1, np.ceil(want[faces.zone] * share - 0.5)).astype(np.int64)

    def _zone_errors(self, sums: list[PhaseSum]) -> tuple[Floats, Flags]:
        """Return each zone's relative error, and which zones have to meet the target.

        Of the total; or the largest of the models under which the zone carries risk.
        """
        estimate = zone_estimates(self.problem, sums)
        if self.problem.config.sampling.target_for == "total":
            return _relative_error(estimate.expected[:, -1], estimate.variance[:, -1])
        found = [
            _relative_error(estimate.expected[:, e], estimate.variance[:, e])
            for e in range(len(self.problem.models))
        ]
        counts: Flags = np.stack([c for _, c in found])
        error = np.stack([np.where(c, e, 0.0) for e, c in found])
        return error.max(axis=0), np.asarray(np.any(counts, axis=0))

    def missed(self, sums: list[PhaseSum]) -> tuple[str, ...]:
        """Return a flag when zones stay above the target error, naming the worst."""
        sampling = self.problem.config.sampling
        target = sampling.target_relative_error
        if target is None:
            asked = sampling.samples or 0
            if self.samples <= 1.01 * asked:
                return ()
            return (
                (
                    f"sampling: {asked} samples were asked for, {self.samples} taken: each"
                    f" face needs at least one in each of {sampling.replicates} replicates"
                ),
            )
        error, counts = self._zone_errors(sums)
        above = np.flatnonzero(counts & ~(error <= target))
        if len(above) == 0:
            return ()
        worst = above[np.argsort(-error[above], kind="stable")][:5]
        names = ", ".join(
            f"{self.problem.vehicle.zones[z].name} {100.0 * error[z]:.2g} %"
            for z in worst.tolist()
        )
        return (
            (
                f"sampling: {len(above)} zones with at least 0.1 % of the risk stay above"
                f" the target relative error of {100.0 * target:g} %: {names}"
            ),
        )

    def _missing(self, sums: list[PhaseSum], allocation: Allocation) -> Ints:
        """Return the multiples of the allocation that zones above the target need."""
        sampling = self.problem.config.sampling
        assert sampling.target_relative_error is not None
        error, counts = self._zone_errors(sums)
        ratio = np.square(error / sampling.target_relative_error)
        done = sums[0].weight
        more = np.where(
            counts & (ratio > 1.0), np.ceil(done * (1.25 * ratio - 1.0)), 0.0
        )
        more = np.clip(more, 0, 8 * np.maximum(done, 1)).astype(np.int64)
        per_zone = np.bincount(
            self.problem.payload.faces.zone,
            weights=allocation.face,
            minlength=len(more),
        )
        cost = float((per_zone * more).sum()) * self.problem.payload.replicates
        left = sampling.max_samples - self.samples
        if cost * len(sums) > left:
            more = np.floor(more * max(left, 0) / (cost * len(sums))).astype(np.int64)
        return more


def _relative_error(expected: Floats, variance: Floats) -> tuple[Floats, Flags]:
    """Return the relative errors (zone), from (zone, damage), and which zones count."""
    # Nothing on this vehicle can penetrate: the smallest impacts steer instead.
    damage = -1 if expected[:, -1].any() else 0
    number = expected[:, damage]
    with np.errstate(invalid="ignore", divide="ignore"):
        error = np.sqrt(variance[:, damage]) / number
    counts: Flags = np.asarray((number > 0.0) & (number >= RISK_FLOOR * number.sum()))
    return error, counts
