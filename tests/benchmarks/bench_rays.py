"""Rays a CPU-second on the station's mesh, against Embree (its single-ray interface).

Any hit: from points of the faces outwards, cosine-weighted, as the estimator casts
them; against `EmbreeScene.run(query="OCCLUDED")`. First hit: aimed at surface points;
against `EmbreeScene.run`. Both in face order (as in a run) and shuffled. One thread.
"""

from __future__ import annotations

import station
from runner import arguments, header, interleaved, report

from mmod.kernel.ray import first_hits, transmissions


def main(rays: int, repeats: int) -> None:
    ours, theirs = station.opaque_scene(), station.embree_scene()
    real = station.problem().payload.scene
    faces = len(station.mesh()[1])
    outward, aimed = station.outward_rays(rays), station.aimed_rays(rays)
    work = dict.fromkeys(("mmod", "embree", "mmod, translucent parts"), rays / 1e6)
    for order in ("in face order", "shuffled"):
        if order == "shuffled":
            outward, aimed = outward.shuffled(), aimed.shuffled()
        single = outward.single
        header(f"any hit, {rays} rays from faces outwards, {order}, {faces} triangles")
        found = interleaved(
            {
                "embree": lambda s=single: theirs.run(*s, query="OCCLUDED"),
                "mmod": lambda r=outward: transmissions(ours, r.origins, r.directions),
                "mmod, translucent parts": lambda r=outward: transmissions(
                    real, r.origins, r.directions
                ),
            },
            repeats,
        )
        report(found, "embree", work, "Mray")
        single = aimed.single
        header(f"first hit, {rays} rays aimed at the surface, {order}")
        found = interleaved(
            {
                "embree": lambda s=single: theirs.run(*s, output=1),
                "mmod": lambda r=aimed: first_hits(ours, r.origins, r.directions),
            },
            repeats,
        )
        report(found, "embree", work, "Mray")


if __name__ == "__main__":
    options = arguments(__doc__, rays=500_000, repeats=7)
    main(options.rays, options.repeats)
