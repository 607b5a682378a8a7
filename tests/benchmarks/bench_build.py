"""Building the hierarchy of the station's mesh, against Embree.

Embree builds at the first query after the mesh is handed over; both are timed from the
arrays to the answer to one ray. Embree builds on all cores; CPU time is counted.
"""

from __future__ import annotations

import numpy as np
import station
from runner import arguments, header, interleaved, report

from mmod.kernel.bvh import build_bvh


def main(repeats: int) -> None:
    vertices, triangles = station.mesh()
    origin = np.array([[200.0, 0.0, 0.0]], dtype=np.float32)
    flight = np.array([[-1.0, 0.0, 0.0]], dtype=np.float32)
    header(f"tree of {len(triangles)} triangles")
    found = interleaved(
        {
            "embree": lambda: station.embree_scene().run(origin, flight),
            "mmod": lambda: build_bvh(vertices, triangles),
        },
        repeats,
    )
    work = dict.fromkeys(("embree", "mmod"), len(triangles) / 1e6)
    report(found, "embree", work, "Mtriangle")
    size = sum(a.nbytes for a in build_bvh(vertices, triangles))
    print(f"  {size / len(triangles):.0f} bytes a triangle")


if __name__ == "__main__":
    main(arguments(__doc__, repeats=7).repeats)
