"""Samples a CPU-second of the importance estimator on the station's run, one thread.

A sample is a threat drawn, a point on a face, a shadow ray and the penetrating flux of
all models. Baseline: as many shadow rays alone, through the same tree.
"""

from __future__ import annotations

import numpy as np
import station
from runner import arguments, header, interleaved, report

from mmod.engine.local import LocalBackend
from mmod.engine.rounds import Sampler
from mmod.engine.work import make_blocks
from mmod.kernel.ray import transmissions


def main(per_face: int, repeats: int) -> None:
    problem = station.problem()
    payload = problem.payload
    blocks = make_blocks(payload, len(problem.vehicle.zones))
    sampler = Sampler(problem, blocks, LocalBackend(1))
    n = len(payload.faces.areas)
    few, many = np.ones(n, dtype=np.int64), np.full(n, per_face)
    samples = {
        "shadow rays alone": n * payload.replicates,
        "first round (1 a face and replicate)": n * payload.replicates,
        f"round of {per_face} a face and replicate": int(many.sum())
        * payload.replicates,
    }
    rays = station.outward_rays(n * payload.replicates)
    names = list(samples)
    header(f"{n} faces, {payload.replicates} replicates, {len(problem.models)} models")
    found = interleaved(
        {
            names[0]: lambda: transmissions(
                payload.scene, rays.origins, rays.directions
            ),
            names[1]: lambda: sampler.round(1, few, "few"),
            names[2]: lambda: sampler.round(1, many, "many"),
        },
        repeats,
    )
    report(found, names[0], {k: v / 1e6 for k, v in samples.items()}, "Msample")


if __name__ == "__main__":
    options = arguments(__doc__, per_face=6, repeats=5)
    main(options.per_face, options.repeats)
