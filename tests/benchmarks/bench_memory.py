"""Largest resident memory of the station's run, and its time, in a fresh process.

Baseline: a process that imports the package and its kernels and does nothing. Linux
counts the largest resident set of a process in kilobytes.
"""

from __future__ import annotations

import json
import subprocess
import sys

from runner import arguments, header

COUNT = """
import json, resource, sys, time
def peak():
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size / (1024.0 if sys.platform != "darwin" else 1024.0**2)
clock = time.perf_counter()
"""
NOTHING = f"""{COUNT}
import mmod, mmod.engine.run
print(json.dumps({{"MiB": peak(), "s": time.perf_counter() - clock}}))
"""
RUN = f"""{COUNT}
import mmod
config = mmod.load_run("soyuz_ms09")
results = mmod.run(config, threads=2)
print(json.dumps({{"MiB": peak(), "s": time.perf_counter() - clock}}))
"""
RESOLVE = f"""{COUNT}
import mmod
from mmod.engine.problem import resolve
problem = resolve(mmod.load_run("soyuz_ms09"))
print(json.dumps({{"MiB": peak(), "s": time.perf_counter() - clock}}))
"""


def measure(code: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main(repeats: int) -> None:
    header("peak resident memory")
    for name, code in (
        ("imports alone", NOTHING),
        ("resolved, not sampled", RESOLVE),
        ("run of soyuz_ms09, 2 threads", RUN),
    ):
        found = [measure(code) for _ in range(repeats)]
        size = max(f["MiB"] for f in found)
        seconds = sorted(f["s"] for f in found)
        print(f"  {name:<30} {size:7.0f} MiB  {seconds[len(seconds) // 2]:6.1f} s")


if __name__ == "__main__":
    main(arguments(__doc__, repeats=3).repeats)
