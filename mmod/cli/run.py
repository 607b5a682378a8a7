"""Run a vehicle through its exposure and write the results.

Try:
  mmod run soyuz_ms09                        writes soyuz_ms09.nc, prints the zones
  mmod run ./my_run -o out.nc --workers 8
  mmod run soyuz_ms09 --scheduler tcp://10.0.0.1:8786
  mmod run soyuz_ms09 --set sampling.target_relative_error=0.002

  mmod run ./my_run --checkpoint parts        again after a crash: goes on from there

The same run gives the same numbers on any number of workers and threads. The file
appears when the run is complete; an interrupted run leaves none. With --checkpoint it
leaves its finished parts, which the same command takes up; they are removed once the
result is written.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from mmod.cli.arguments import add_settings, settings, whole_number
from mmod.cli.output import Answer
from mmod.cli.progress import Progress


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    parser.add_argument("run", metavar="RUN", help="name in the library, or a path")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="results (netCDF); NAME.nc in the current directory by default",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--workers", type=whole_number, metavar="N", help="processes on this machine"
    )
    where.add_argument(
        "--scheduler", metavar="ADDRESS", help="Dask scheduler, e.g. tcp://host:8786"
    )
    where.add_argument(
        "--scheduler-file", type=Path, metavar="FILE", help="Dask scheduler file"
    )
    where.add_argument(
        "--threads",
        type=whole_number,
        metavar="N",
        help="threads of this process (default: all cores, no other processes)",
    )
    parser.add_argument(
        "--checkpoint",
        type=Path,
        metavar="DIR",
        help="keep finished parts in this folder, and go on from those it holds",
    )
    parser.add_argument("--all", action="store_true", help="print every zone")
    parser.add_argument("--quiet", action="store_true", help="no progress on stderr")
    add_settings(parser)


def answer(arguments: argparse.Namespace) -> Answer:
    """Run, save, and report."""
    from mmod.config.load import load_run

    config = load_run(arguments.run, overrides=settings(arguments.settings))

    from mmod.results.io import check_writable, save

    output = arguments.output or Path(f"{config.name}.nc")
    check_writable(output)

    from mmod.engine.run import run

    file = arguments.scheduler_file
    with Progress(quiet=arguments.quiet) as progress:
        results = run(
            config,
            workers=arguments.workers,
            threads=arguments.threads,
            scheduler=arguments.scheduler,
            scheduler_file=None if file is None else str(file),
            progress=progress,
            checkpoint=arguments.checkpoint,
        )
    save(results, output)
    if arguments.checkpoint is not None:
        from mmod.engine.checkpoint import remove_checkpoint

        remove_checkpoint(arguments.checkpoint)

    from mmod.cli.report import document, text

    return Answer(
        text=lambda: f"{text(results, all_zones=arguments.all)}\nwritten: {output}",
        document=lambda: {
            "written": output,
            **document(results),
        },
    )
