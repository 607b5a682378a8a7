"""Figure of merit of the importance estimator against analog sampling, zone by zone.

Figure of merit: 1 / (relative variance x CPU seconds). Importance: the variance of the
zone's penetrations from its replicates, the CPU seconds of pilot and rounds.

Analog baseline: histories of particles above 0.1 mm of all models in the total. Each
starts on a disk that bounds the whole vehicle, takes its size from the size curve, and
scores 1 if it penetrates the zone. Replicates cannot estimate the variance of so rare
a score, but it is known: of the W particles that cross the disk in the exposure,
N penetrate, so a history scores with probability p = N / W, its relative variance is
(1 - p) / p = W / N (p is far below 1), that of n histories W / (N n). A history costs a
first-hit ray; forward rays of this package are timed (they integrate the size in place
of drawing it, a small part of the cost), so that

    merit(analog) = N / (W t),  t = CPU seconds of one forward ray.

W = total flux above 0.1 mm x area of the disk x exposure. The ratio depends on the
cut-off, which sets W; it is quoted with 0.1 mm. N is taken from the importance run.

It depends on the accuracy that is asked for, too: the pilot and the first sample of
each face and replicate are a fixed cost, most of a run at 1 %, little of one at 0.3 %.
"""

from __future__ import annotations

import time

import numpy as np
import station
from runner import arguments, header, spread

from mmod.engine.forward import bounding_ball, run_forward
from mmod.engine.local import LocalBackend
from mmod.engine.run import compute

CUT = 1e-4
RISK_SHARE = 1e-3


def particles(radius: float) -> float:
    """Return W: particles above the cut that cross the disk during the exposure."""
    problem = station.problem()
    total = 0.0
    for phase, duration in enumerate(problem.durations):
        for e, curves in enumerate(problem.curves[phase]):
            if not problem.payload.in_total[e]:
                continue
            weight = problem.threats[phase][e]["weight"].to_numpy()
            index = problem.threats[phase][e]["size_curve_index"].to_numpy()
            for c, curve in enumerate(curves):
                flux = float(np.exp(curve.log_flux_above(np.array(np.log(CUT)))))
                total += duration * flux * float(weight[index == c].sum())
    return total * np.pi * radius**2


def main(repeats: int, rays: int, per_mille: int) -> None:
    problem = station.problem(sampling__target_relative_error=per_mille / 1000)
    backend = LocalBackend(1)
    _, radius = bounding_ball(problem.payload.faces.corners.reshape(-1, 3))
    crossing = particles(radius)
    run_forward(problem, backend, rays // 10)
    compute(problem, backend)  # compiles, and brings everything into memory
    ratios, worst = [], []
    header(
        f"{station.RUN}, target {per_mille / 10:g} %, zones with at least"
        f" {RISK_SHARE:.1%} of the risk"
    )
    for _ in range(repeats):
        start = time.process_time()
        outcome = compute(problem, backend)
        importance = time.process_time() - start
        start = time.process_time()
        forward = run_forward(problem, backend, rays)
        history = (time.process_time() - start) / forward.rays
        expected = outcome.zone_expected[:, -1, -1]
        risky = np.flatnonzero(expected >= RISK_SHARE * expected.sum())
        relative = outcome.zone_variance[risky, -1, -1] / expected[risky] ** 2
        merit = 1.0 / (relative * importance)
        analog = expected[risky] / (crossing * history)
        ratios.append(merit / analog)
        worst.append(int(risky[np.argmin(ratios[-1])]))
        print(
            f"  importance {importance:.1f} CPU s, {outcome.provenance['samples']:.3g}"
            f" samples, worst error {np.sqrt(relative.max()):.2%}; analog history"
            f" {history * 1e9:.0f} ns, W {crossing:.3g}"
        )
    table = np.array(ratios)
    median = np.median(table, axis=0)
    print(f"  {len(risky)} zones; ratio of merits, medians over {repeats} runs:")
    for i in np.argsort(median)[:5]:
        name = problem.vehicle.zones[risky[i]].name
        print(f"    {name:<40} {spread(table[:, i])}")
    print(
        f"    best zone {median.max():.3g}, root of the mean square {_rms(median):.3g}"
    )
    print(f"  worst zone: {spread(table.min(axis=1))} x analog above {CUT * 1e3:g} mm")


def _rms(ratio: np.ndarray) -> float:
    """Ratio of the merits of the root mean square error over the zones."""
    return float(1.0 / np.mean(1.0 / ratio))


if __name__ == "__main__":
    options = arguments(__doc__, repeats=3, rays=1_000_000, per_mille=0)
    for target in [options.per_mille] if options.per_mille else [10, 3]:
        main(options.repeats, options.rays, target)
