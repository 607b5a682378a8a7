"""Two workers against one, and two threads against one: wall time of a round.

Every worker is a process with one thread on this machine (Dask). Clusters are started
and warmed before the clock runs. Baselines: one thread, one worker. On a machine that
does something else at the same time the second core is not all there: beside the wall
time stand the cores that were really had (CPU seconds a second of wall time) and what
the work cost in CPU seconds. The first pair is a control: plain arithmetic on one and
on two threads, which is all that the machine gives at the moment.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import numba
import numpy as np
import station
from runner import arguments, header, interleaved, report, spread

from mmod.engine.dask_backend import DaskBackend, connect
from mmod.engine.local import LocalBackend
from mmod.engine.rounds import Sampler
from mmod.engine.work import make_blocks


@numba.njit(nogil=True, cache=False)
def arithmetic(n: int) -> float:
    """Keep one core busy."""
    x = 0.0
    for i in range(n):
        x += (i % 7) * 0.5
    return x


def burn(threads: int, n: int = 400_000_000) -> None:
    """Do the same work on one or more threads."""
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(arithmetic, [n // threads] * threads))


def cpu_clock(backend: Any) -> Callable[[], float]:
    """Return a clock of the CPU seconds of whoever computes."""
    if isinstance(backend, DaskBackend):
        return lambda: sum(backend.client.run(time.process_time).values())
    return time.process_time


def main(per_face: int, repeats: int) -> None:
    header("control: arithmetic on 2 threads against 1")
    pair = ("1 burner", "2 burners")
    control = interleaved(
        {k: lambda k=k: burn(int(k[0])) for k in pair}, repeats, clock=time.perf_counter
    )
    report(control, pair[0], dict.fromkeys(pair, 0.4), "Gstep")
    problem = station.problem()
    blocks = make_blocks(problem.payload, len(problem.vehicle.zones))
    samples = np.full(len(problem.payload.faces.areas), per_face)
    work = int(samples.sum()) * problem.payload.replicates / 1e6
    with ExitStack() as stack:
        backends = {
            "1 thread": LocalBackend(1),
            "2 threads": LocalBackend(2),
            "1 worker": stack.enter_context(connect(workers=1)),
            "2 workers": stack.enter_context(connect(workers=2)),
        }
        samplers = {k: Sampler(problem, blocks, b) for k, b in backends.items()}
        used: dict[str, list[tuple[float, float]]] = {k: [] for k in backends}

        def one_round(name: str) -> None:
            clock = cpu_clock(backends[name])
            wall, cpu = time.perf_counter(), clock()
            samplers[name].round(1, samples, "round")
            used[name].append((time.perf_counter() - wall, clock() - cpu))

        for pair in (("1 thread", "2 threads"), ("1 worker", "2 workers")):
            header(f"{work:.3g} M samples, {pair[1]} against {pair[0]}")
            found = interleaved(
                {k: lambda k=k: one_round(k) for k in pair},
                repeats,
                clock=time.perf_counter,
            )
            report(found, pair[0], dict.fromkeys(pair, work), "Msample")
            cpu = {}
            for name in pair:
                wall, cpu[name] = np.array(used[name][1:]).T
                print(f"  {name:<10} {spread(cpu[name] / wall)} cores had")
            cost = cpu[pair[1]] / cpu[pair[0]]
            print(
                f"  CPU seconds of {pair[1]}: x {spread(cost)} of {pair[0]}", flush=True
            )


if __name__ == "__main__":
    options = arguments(__doc__, per_face=4, repeats=5)
    main(options.per_face, options.repeats)
