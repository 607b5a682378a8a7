"""Units of work: chunks of fixed blocks, computed anywhere, joined in block order.

A *block* is a fixed set of faces of one zone (or a fixed batch of forward rays); a
*chunk* is a whole number of blocks sent out together. Sums are made within a block and
then over blocks in their order, so that chunk size, workers and threads never change
a bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from mmod.engine.problem import Payload
from mmod.kernel.estimate import importance_block
from mmod.kernel.forward import ForwardTally, forward_batch
from mmod.kernel.rng import (
    STREAM_EVENTS,
    STREAM_FORWARD,
    STREAM_MAIN,
    STREAM_PILOT,
    STREAM_VISIBILITY,
    make_key,
)
from mmod.kernel.tables import Floats, Ints
from mmod.kernel.tally import FaceTally
from mmod.kernel.visibility import visibility_block

BLOCK_FACES = 256
DEFAULT_CHUNK_SAMPLES = 100_000
VISIBILITY_RAYS = 24


@dataclass(frozen=True)
class Block:
    """Faces of one zone, in a fixed order."""

    zone: int
    members: Ints


@dataclass(frozen=True)
class ImportanceChunk:
    """Blocks of one round of one phase, with the samples of each face."""

    phase: int
    round: int  # 0 is the pilot
    blocks: tuple[Block, ...]
    samples: tuple[Ints, ...]

    @property
    def cost(self) -> int:
        """Samples in the chunk, over all replicates but one factor."""
        return int(sum(s.sum() for s in self.samples))

    def tiny(self) -> ImportanceChunk:
        """Return a chunk of one face: enough to compile the kernels."""
        block = Block(self.blocks[0].zone, self.blocks[0].members[:1])
        return ImportanceChunk(
            self.phase, self.round, (block,), (np.ones(1, dtype=np.int64),)
        )

    def run(self, payload: Payload) -> list[FaceTally]:
        """Compute the tallies of the blocks."""
        arrays = payload.phases[self.phase]
        pilot = self.round == 0
        stream = STREAM_PILOT if pilot else STREAM_MAIN
        key = make_key(payload.seed, stream, self.phase, self.round)
        event_key = make_key(payload.seed, STREAM_EVENTS, self.phase, self.round)
        return [
            importance_block(
                payload.scene,
                payload.faces,
                arrays.threats,
                arrays.tables,
                payload.in_total,
                arrays.to_lvlh,
                block.members,
                samples,
                payload.replicates,
                0 if pilot else payload.events,
                payload.offset,
                key,
                event_key,
            )
            for block, samples in zip(self.blocks, self.samples, strict=True)
        ]


@dataclass(frozen=True)
class VisibilityChunk:
    """Blocks whose isotropic visibility is wanted."""

    blocks: tuple[Block, ...]

    @property
    def cost(self) -> int:
        """Rays in the chunk."""
        return sum(len(b.members) for b in self.blocks) * VISIBILITY_RAYS

    def tiny(self) -> VisibilityChunk:
        """Return a chunk of one face: enough to compile the kernels."""
        return VisibilityChunk(
            (Block(self.blocks[0].zone, self.blocks[0].members[:1]),)
        )

    def run(self, payload: Payload) -> list[Floats]:
        """Compute the visibility of each face."""
        key = make_key(payload.seed, STREAM_VISIBILITY)
        return [
            visibility_block(
                payload.scene,
                payload.faces,
                block.members,
                VISIBILITY_RAYS,
                payload.offset,
                key,
            )
            for block in self.blocks
        ]


@dataclass(frozen=True)
class ForwardChunk:
    """Batches of forward rays."""

    phase: int
    target: int
    centre: Floats
    radius: float
    start: float
    zones: int
    draw: Floats
    draw_reach: Floats
    batches: tuple[int, ...]
    rays: int

    @property
    def cost(self) -> int:
        """Rays in the chunk."""
        return len(self.batches) * self.rays

    def tiny(self) -> ForwardChunk:
        """Return a chunk of one ray: enough to compile the kernels."""
        return replace(self, batches=self.batches[:1], rays=1)

    def run(self, payload: Payload) -> list[ForwardTally]:
        """Fly the batches."""
        arrays = payload.phases[self.phase]
        key = make_key(payload.seed, STREAM_FORWARD, self.phase, self.target + 1)
        return [
            forward_batch(
                payload.scene,
                payload.faces,
                arrays.threats,
                arrays.tables,
                payload.in_total,
                arrays.to_lvlh,
                self.draw,
                self.draw_reach,
                self.centre,
                self.radius,
                self.start,
                batch,
                self.rays,
                self.zones,
                self.target,
                key,
            )
            for batch in self.batches
        ]


Chunk = ImportanceChunk | VisibilityChunk | ForwardChunk
Progress = Callable[[str, int, int], None]
"""Called with a label, samples done and samples in all."""


Done = Callable[[Chunk, list[Any]], None]
"""Called with a chunk that is finished and its results."""


class Backend(Protocol):
    """Where chunks are computed."""

    def map(
        self, payload: Payload, chunks: Sequence[Chunk], done: Done
    ) -> list[list[Any]]:
        """Return each chunk's results, in the order of the chunks."""
        ...

    def describe(self) -> str:
        """Say what this is, for the log."""
        ...


def make_blocks(payload: Payload, zones: int) -> tuple[Block, ...]:
    """Cut the faces of each zone into blocks.

    Parameters
    ----------
    payload : Payload
    zones : int
        Number of zones.

    Returns
    -------
    tuple of Block
        In zone order; inside a zone, faces of one orientation group stand together,
        since they share a proposal.
    """
    faces = payload.faces
    order = np.lexsort((np.arange(len(faces.zone)), faces.orientation, faces.zone))
    zone = faces.zone[order]
    blocks = []
    for z in range(zones):
        a, b = np.searchsorted(zone, [z, z + 1])
        blocks += [
            Block(z, np.ascontiguousarray(order[i : min(i + BLOCK_FACES, b)]))
            for i in range(a, b, BLOCK_FACES)
        ]
    return tuple(blocks)


def grouped(
    items: Sequence[Any], cost: Callable[[Any], int], size: int
) -> Iterator[list[Any]]:
    """Yield runs of consecutive items of about ``size`` cost (at least one each)."""
    batch: list[Any] = []
    total = 0
    for item in items:
        batch.append(item)
        total += cost(item)
        if total >= size:
            yield batch
            batch, total = [], 0
    if batch:
        yield batch
