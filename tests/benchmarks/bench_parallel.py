"""Two workers against one, and two threads against one: wall time of a round.

Every worker is a process with one thread on this machine (Dask). Clusters are started
and warmed before the clock runs. Baselines: one thread, one worker. On a machine that
does something else at the same time the second core is not all there; the load is
printed beside.
"""

from __future__ import annotations

import time
from contextlib import ExitStack

import numpy as np
import station
from runner import arguments, header, interleaved, report

from mmod.engine.dask_backend import connect
from mmod.engine.local import LocalBackend
from mmod.engine.rounds import Sampler
from mmod.engine.work import make_blocks


def main(per_face: int, repeats: int) -> None:
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
        for pair in (("1 thread", "2 threads"), ("1 worker", "2 workers")):
            header(f"{work:.3g} M samples, {pair[1]} against {pair[0]}")
            found = interleaved(
                {k: lambda s=samplers[k]: s.round(1, samples, "round") for k in pair},
                repeats,
                clock=time.perf_counter,
            )
            report(found, pair[0], dict.fromkeys(pair, work), "Msample")


if __name__ == "__main__":
    options = arguments(__doc__, per_face=12, repeats=5)
    main(options.per_face, options.repeats)
