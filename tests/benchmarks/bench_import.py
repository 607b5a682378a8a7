"""Time to `import mmod`, and to its first model, in fresh processes.

Baseline: `import numpy`. Every import is timed inside its own process, after the
interpreter has started.
"""

from __future__ import annotations

import subprocess
import sys

import numpy as np
from runner import arguments, header, spread

CANDIDATES = {
    "import numpy": "import numpy",
    "import mmod": "import mmod",
    "import mmod, a model": "import mmod; mmod.load_flux('nasa91')",
    "import mmod, a shield": "import mmod; mmod.load_shield('soyuz_bo')",
    "import mmod, the engine": "import mmod; mmod.run",
}
CODE = """
import time
wall, cpu = time.perf_counter(), time.process_time()
{code}
print(time.perf_counter() - wall, time.process_time() - cpu)
"""


def measure(code: str) -> tuple[float, float]:
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(code=code)],
        capture_output=True,
        text=True,
        check=True,
    )
    wall, cpu = map(float, done.stdout.split())
    return wall, cpu


def main(repeats: int) -> None:
    header("imports in a fresh process")
    found: dict[str, list[tuple[float, float]]] = {k: [] for k in CANDIDATES}
    for _ in range(repeats + 1):
        for name, code in CANDIDATES.items():
            found[name].append(measure(code))
    base = np.array(found["import numpy"][1:])[:, 1]
    for name, times in found.items():
        wall, cpu = np.array(times[1:]).T  # the first fills the caches of the disk
        print(
            f"  {name:<26} wall {spread(wall)} s  CPU {spread(cpu)} s"
            f"  x {spread(cpu / base)} of import numpy"
        )


if __name__ == "__main__":
    main(arguments(__doc__, repeats=5).repeats)
