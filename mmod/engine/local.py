"""Compute chunks on the threads of this process (the kernels release the GIL)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Any

from mmod.engine.problem import Payload
from mmod.engine.work import Chunk, Done


def available_cores() -> int:
    """Return the processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on this system
        return os.cpu_count() or 1


@dataclass(frozen=True)
class LocalBackend:
    """Threads of this process.

    Parameters
    ----------
    threads : int
        How many; the results do not depend on it.
    """

    threads: int

    def map(
        self, payload: Payload, chunks: Sequence[Chunk], done: Done
    ) -> list[list[Any]]:
        """Return each chunk's results, in the order of the chunks."""
        if self.threads == 1 or len(chunks) == 1:
            results: list[list[Any]] = []
            for chunk in chunks:
                results.append(list(chunk.run(payload)))
                done(chunk, results[-1])
            return results
        pool = ThreadPoolExecutor(self.threads, thread_name_prefix="mmod")
        try:
            futures: dict[Future[Any], Chunk] = {
                pool.submit(chunk.run, payload): chunk for chunk in chunks
            }
            for future in as_completed(futures):
                done(futures[future], list(future.result()))
            results = [list(future.result()) for future in futures]
        finally:
            # An error or Ctrl-C: what has not started never will.
            pool.shutdown(wait=True, cancel_futures=True)
        return results

    def describe(self) -> str:
        """Say what this is, for the log."""
        return f"{self.threads} local thread{'s' if self.threads != 1 else ''}"
