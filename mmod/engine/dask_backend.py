"""Compute chunks on a Dask cluster. The only module that imports Dask.

The arrays of the run are sent once to every worker; tasks carry face numbers only, and
return small tallies. A few hundred tasks of about a second make a run.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import distributed

from mmod.engine.problem import Payload
from mmod.engine.work import Chunk, Done
from mmod.errors import InputError, bad

# Dask's constructors are not annotated.
Client: Any = distributed.Client
LocalCluster: Any = distributed.LocalCluster
as_completed: Any = distributed.as_completed

CONNECT_SECONDS = 20.0


def _run(chunk: Chunk, payload: Payload) -> list[Any]:
    return chunk.run(payload)


def _fingerprint() -> tuple[str, str, str, str]:
    import platform

    import numba
    import numpy as np

    import mmod

    return (
        platform.python_version(),
        mmod.__version__,
        numba.__version__,
        np.__version__,
    )


@dataclass
class DaskBackend:
    """A Dask client as a place to compute.

    Parameters
    ----------
    client : distributed.Client
        Connected client; it is not closed here.
    local : bool
        The workers share this machine's compiler cache: the kernels are compiled
        here first, once, and not by every worker.
    """

    client: Any
    local: bool = False
    _sent: dict[int, Any] = field(default_factory=dict)

    def check_workers(self) -> None:
        """Refuse workers whose software differs from ours.

        Raises
        ------
        InputError
            Naming each worker and its versions (Python, mmod, numba, numpy).
        """
        ours = _fingerprint()
        theirs = self.client.run(_fingerprint)
        wrong = {w: v for w, v in theirs.items() if tuple(v) != ours}
        if wrong:
            raise bad(
                "cluster",
                "worker software (python, mmod, numba, numpy)",
                wrong,
                f"the same versions as the client, {ours}",
            )

    def map(
        self, payload: Payload, chunks: Sequence[Chunk], done: Done
    ) -> list[list[Any]]:
        """Return each chunk's results, in the order of the chunks."""
        if id(payload) not in self._sent:
            self.check_workers()
            self._sent[id(payload)] = self.client.scatter(
                payload, broadcast=True, hash=False
            )
        remote = self._sent[id(payload)]
        if self.local and chunks:
            chunks[0].tiny().run(payload)
        futures = [
            self.client.submit(_run, chunk, remote, pure=False, retries=2)
            for chunk in chunks
        ]
        place = {future.key: i for i, future in enumerate(futures)}
        results: list[list[Any]] = [[] for _ in chunks]
        try:
            # The client's own loop: this client is never the default one.
            for future, value in as_completed(
                futures, loop=self.client.loop, with_results=True
            ):
                results[place[future.key]] = value
                done(chunks[place[future.key]], value)
        except BaseException:
            self.client.cancel(futures)
            raise
        return results

    def describe(self) -> str:
        """Say what this is, for the log."""
        workers = self.client.scheduler_info(n_workers=-1)["workers"]
        threads = sum(w["nthreads"] for w in workers.values())
        return f"Dask, {len(workers)} workers, {threads} threads"


@contextmanager
def connect(
    *,
    workers: int | None = None,
    address: str | None = None,
    scheduler_file: str | None = None,
) -> Iterator[DaskBackend]:
    """Connect to a cluster, or start one on this machine, for the length of a run.

    Parameters
    ----------
    workers : int, optional
        Processes of a local cluster, one thread each.
    address : str, optional
        Address of a running scheduler, e.g. ``tcp://host:8786``.
    scheduler_file : str, optional
        File that a running scheduler wrote.

    Yields
    ------
    DaskBackend

    Raises
    ------
    InputError
        When the scheduler does not answer within 20 s, or the file does not exist.
    """
    if address is not None or scheduler_file is not None:
        yield from _connected(address, scheduler_file)
        return
    with (
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.ERROR,
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield DaskBackend(client, local=True)


def _connected(
    address: str | None, scheduler_file: str | None
) -> Iterator[DaskBackend]:
    if scheduler_file is not None and not Path(scheduler_file).is_file():
        raise bad(
            "command line",
            "scheduler file",
            scheduler_file,
            "the file that a running scheduler wrote",
        )
    client = _answer(address, scheduler_file)
    with client:
        yield DaskBackend(client)


def _answer(address: str | None, scheduler_file: str | None) -> Any:
    """Return a connected client; refuse whatever is not a scheduler, in time.

    A port that speaks another protocol makes the client wait, or read nonsense, beyond
    its own time limit: so it connects beside us.
    """
    found: dict[str, Any] = {}

    def connect_beside() -> None:
        try:
            found["client"] = Client(
                address=address,
                scheduler_file=scheduler_file,
                timeout=CONNECT_SECONDS,
                set_as_default=False,
            )
        except BaseException as error:  # noqa: BLE001 - reported by the caller
            found["error"] = error

    thread = threading.Thread(target=connect_beside, daemon=True, name="mmod-connect")
    thread.start()
    thread.join(CONNECT_SECONDS + 5.0)
    if "client" in found:
        return found["client"]
    error = found.get("error", TimeoutError("no answer"))
    raise _no_answer(address or scheduler_file, error) from None


def _no_answer(where: str | None, error: BaseException) -> InputError:
    return bad(
        "command line",
        "scheduler",
        where,
        f"a scheduler that answers within {CONNECT_SECONDS:.0f} s ({error})",
    )
