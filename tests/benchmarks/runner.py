"""Interleaved repeats in CPU time, and ratios to a named baseline.

Times of a shared machine wander by tens of per cent; ratios of neighbouring
measurements do not. Each round therefore runs every candidate once, in turn, and a
ratio is the median over the rounds of the ratio inside the round.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Clock = Callable[[], float]


@dataclass(frozen=True)
class Measured:
    """Seconds of every candidate in every round."""

    seconds: Mapping[str, Floats]
    clock: str

    def ratio(self, name: str, baseline: str) -> Floats:
        """Return how many times faster than the baseline, round by round."""
        return self.seconds[baseline] / self.seconds[name]


def interleaved(
    candidates: Mapping[str, Callable[[], object]],
    repeats: int,
    *,
    clock: Clock = time.process_time,
    warm: bool = True,
) -> Measured:
    """Time every candidate once a round, after one round that does not count."""
    if warm:
        for candidate in candidates.values():
            candidate()
    names = list(candidates)
    seconds = np.zeros((repeats, len(names)))
    for i in range(repeats):
        for j in np.roll(np.arange(len(names)), i):  # nobody always goes first
            start = clock()
            candidates[names[j]]()
            seconds[i, j] = clock() - start
    return Measured(dict(zip(names, seconds.T, strict=True)), clock.__name__)


def spread(values: Floats, digits: int = 3) -> str:
    """Return the median and, in brackets, the smallest and the largest value."""
    low, middle, high = np.quantile(values, [0.0, 0.5, 1.0])
    return f"{middle:.{digits}g} [{low:.{digits}g}, {high:.{digits}g}]"


def report(
    measured: Measured, baseline: str, work: Mapping[str, float], unit: str
) -> None:
    """Print the rate of every candidate and its ratio to the baseline.

    A rate is work (in ``unit``) a second; the ratio is that of the rates.
    """
    width = max(map(len, measured.seconds))
    for name, seconds in measured.seconds.items():
        rate = work[name] / seconds
        share = measured.ratio(name, baseline) * (work[name] / work[baseline])
        other = "baseline" if name == baseline else f"x {spread(share)} of {baseline}"
        print(f"  {name:<{width}}  {spread(rate)} {unit}/s  {other}")
    print(f"  ({measured.clock}, {len(seconds)} interleaved repeats, medians [range])")


def header(title: str) -> None:
    """Print what is measured, and on what."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    print(f"{title}\n  {processor()}, {os.cpu_count()} cores, load {load:.1f}")


def processor() -> str:
    """Return the name of the processor, as far as the system tells."""
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def arguments(description: str | None, **defaults: int) -> argparse.Namespace:
    """Read the command line: an integer option for every default."""
    parser = argparse.ArgumentParser(description=(description or "").splitlines()[0])
    for name, value in defaults.items():
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            type=int,
            default=value,
            help=f"default {value}",
        )
    return parser.parse_args()
