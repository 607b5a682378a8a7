"""Environments: cost against the number of bins and of models; files of full size.

Bins: one isotropic flux, cut into 776 and into 1e5 bins, the same number of samples, on
a Soyuz, on two plates and on the station. Set-up (tables, cells) is timed apart from
sampling: the first may grow with the bins, the second should not. 7000 bins have as many
cells as 1e5: beside them, what is left is the memory (a thousand bins stay in the cache,
1e5 do not).
Models: a run of four models against a run of each alone, equal numbers of samples.
Files: a MEM 3 run of 5 deg (1652 directions x 80 speeds, twice) and an ORDEM igloo of
10 x 10 deg x 1 km/s, both made by this package's own models.
"""

from __future__ import annotations

import math
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from runner import Measured, arguments, header, interleaved, spread

sys.path.insert(0, str(Path(__file__).parents[1]))  # the generators of the tests

import mem3_files
import ordem_files
from engine_helpers import isotropic, run_table, solve

from mmod.engine.local import LocalBackend
from mmod.engine.problem import ResolvedProblem
from mmod.engine.run import compute
from mmod.flux import ExposureState, load_flux
from mmod.flux.readers import mem3, ordem

MODELS: tuple[dict[str, Any], ...] = (
    {"model": "master8_iss_ecss", "kind": "debris"},
    {"model": "nasa91", "kind": "debris", "in_total": False},
    {"model": "grun_ssp", "kind": "meteoroid"},
    {"model": "grun_ecss", "kind": "meteoroid", "in_total": False},
)
BINS = {"776 bins": (97, 8), "7000 bins": (200, 35), "1e5 bins": (500, 200)}
FACES = 0.2
"""Element size of the plates [m]: enough faces that a run is not all proposals."""


def problem(
    samples: int,
    *models: Mapping[str, Any],
    stand_in: Any = None,
    vehicle: str = "two_plates",
) -> ResolvedProblem:
    """Return two plates, or another vehicle as it is, in an environment."""
    plates = vehicle == "two_plates"
    table = run_table(
        vehicle,
        *models,
        **({"element_size_m": FACES, "shields": {"*": "soyuz_bo"}} if plates else {}),
        sampling={"samples": samples, "events_per_zone": 0},
    )
    return solve(table, models=stand_in)


def show(found: Measured, baseline: str) -> None:
    """Print seconds of each candidate and the ratio to a baseline."""
    width = max(map(len, found.seconds))
    for name, seconds in found.seconds.items():
        times = found.seconds[name] / found.seconds[baseline]
        other = "" if name == baseline else f"  x {spread(times)} of {baseline}"
        print(f"  {name:<{width}}  {spread(seconds)} s{other}")


def bins(samples: int, repeats: int, vehicle: str) -> None:
    entry = {"model": "stand_in", "kind": "meteoroid"}
    models = {name: isotropic(azimuths=a, levels=s) for name, (a, s) in BINS.items()}
    header(f"bins: {vehicle}, {samples:g} samples")
    setup = interleaved(
        {
            f"set-up, {name}": lambda m=m: problem(
                samples, entry, stand_in=m, vehicle=vehicle
            )
            for name, m in models.items()
        },
        repeats,
    )
    show(setup, "set-up, 776 bins")
    solved = {
        n: problem(samples, entry, stand_in=m, vehicle=vehicle)
        for n, m in models.items()
    }
    for name, one in solved.items():
        threats = one.cells[0].threats
        print(
            f"  {name}: {len(threats.chance)} threats in {len(threats.cell_speed)} cells"
        )
    backend = LocalBackend(1)
    found = interleaved(
        {f"run, {name}": lambda p=p: compute(p, backend) for name, p in solved.items()},
        repeats,
    )
    show(found, "run, 776 bins")


def models(samples: int, repeats: int) -> None:
    backend = LocalBackend(1)
    alone = [problem(samples, {**entry, "in_total": True}) for entry in MODELS]
    joint = problem(samples, *MODELS)
    header(f"models: two plates, {samples:g} samples")

    def each() -> None:
        for one in alone:
            compute(one, backend)

    found = interleaved(
        {
            "largest of four, alone": lambda: compute(alone[2], backend),
            "four models at once": lambda: compute(joint, backend),
            "four runs": each,
        },
        repeats,
    )
    show(found, "largest of four, alone")
    together = compute(joint, backend)
    for index, entry in enumerate(MODELS):
        lone = compute(alone[index], backend)
        errors = [
            np.sqrt(o.zone_variance[:, e, -1].sum()) / o.zone_expected[:, e, -1].sum()
            for o, e in ((together, index), (lone, 0))
        ]
        print(
            f"  {entry['model']}: error of the vehicle's penetrations"
            f" {errors[0]:.2%} at once, {errors[1]:.2%} alone"
        )


def mem3_run(folder: Path) -> Path:
    """Write a MEM 3 run of 5 deg whose populations are those of our own model."""
    state = ExposureState(400e3, math.radians(51.64), 2018.5)
    model = load_flux("grun_ssp", density="constant", density_kg_m3=1000.0)
    flux = mem3_files.per_year(float(model.cumulative(1e-4, state)))
    high = mem3_files.samples_of(model.threats(state), 0.4 * flux)
    low = mem3_files.samples_of(model.threats(state), 0.6 * flux)
    return mem3_files.Run((high, low)).write(folder)


def files(repeats: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        run = mem3_run(Path(folder) / "mem3")
        case = Path(folder) / "ordem"
        ordem_files.write_case(case, ordem_files.nasa91_case(), igloo=True)
        header("files: read into a threat table")
        found = interleaved(
            {
                "MEM 3, 5 deg, two populations": lambda: mem3.read(
                    run, grid="igloo"
                ).table("cross_section"),
                "ORDEM, 10 x 10 x 1": lambda: ordem.read(case).table("cross_section"),
            },
            repeats,
        )
        for name, seconds in found.seconds.items():
            print(f"  {name}: {spread(seconds)} s (below 2 s is asked for)")


def main(samples: int, repeats: int) -> None:
    bins(samples, repeats, "soyuz_ms")
    bins(samples, repeats, "two_plates")
    bins(samples, repeats, "iss_2018_soyuz_ms09")
    models(samples, repeats)
    files(repeats)


if __name__ == "__main__":
    options = arguments(__doc__, samples=2_000_000, repeats=5)
    main(options.samples, options.repeats)
