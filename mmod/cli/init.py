"""Write an example run to start from.

Try:
  mmod init my_run                    a shielded cylinder, every key explained
  mmod init my_run --from soyuz_ms09  a copy of a run of the library

Then edit my_run/run.toml, mmod check ./my_run, mmod run ./my_run.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from mmod.cli.output import Answer
from mmod.errors import bad

TEMPLATE = """\
# A run: a vehicle is put into an environment for an exposure.
#   mmod check ./{folder}    resolve everything, print the plan, sample nothing
#   mmod run ./{folder}      run it
# `mmod list` names what the library holds; `mmod show schema run` lists every key.
# Paths in this file start at its folder.
schema_version = 1
title = "A shielded cylinder in low Earth orbit"
vehicle = "whipple_cylinder"    # a name in the library, or the path of your vehicle.toml
seed = 1                        # same seed, same result, on any number of workers
# shadowing = "solidity"        # truss, arrays, radiators: "solidity", "opaque", "absent"
# element_size_m = 0.1          # mesh size; or a table [element_size_m], zone = size

# The exposure: phases are summed. Times are UTC.
[[phase]]
start = 2026-01-01T00:00:00Z
end = 2027-01-01T06:00:00Z      # 365.25 days
altitude_km = 400.0             # circular orbit, above 6378 km; or, in place of both:
                                # tle = "sets.tle", oem = "orbit.oem", altitude_table
inclination_deg = 51.6
yaw_deg = 0.0                   # yaw, pitch, roll in this order; at 0 the body axes are
pitch_deg = 0.0                 # +X ram, +Y starboard, +Z nadir
roll_deg = 0.0

# One debris and one meteoroid model make up the total; others with `in_total = false`
# are shown beside it. Further keys are options of the model (`mmod show flux_model NAME`).
[[environment]]
model = "nasa91"
kind = "debris"

[[environment]]
model = "grun_ssp"
kind = "meteoroid"

[damage]
impact_diameters_mm = [0.1, 1.0, 10.0]   # count impacts of at least these sizes

# Other shields than the vehicle's card says: zone name or pattern = shield card.
# [shields]
# "whipple_cylinder.body.side" = "my_shield.toml"

[sampling]
target_relative_error = 0.01    # of each zone that carries >= 0.1 % of the risk
# samples = 1_000_000           # instead of a target: this many in all
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    parser.add_argument("folder", type=Path, help="folder to write run.toml into")
    parser.add_argument(
        "--from", dest="example", metavar="RUN", help="a run of the library to copy"
    )


def answer(arguments: argparse.Namespace) -> Answer:
    """Write the file, never over one that is there."""
    file = write_example(arguments.folder, example=arguments.example)
    return Answer(
        text=lambda: f"written: {file}\nnext:    mmod check {_typed(file.parent)}",
        document=lambda: {"written": [file]},
    )


def write_example(folder: Path, *, example: str | None = None) -> Path:
    """Write an example run into a folder.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    example : str, optional
        Run of the library to copy; without it a commented run of a cylinder.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        When there is a ``run.toml`` already, or the folder cannot be written.
    """
    if example is None:
        text = TEMPLATE.format(folder=folder.name or ".")
    else:
        from mmod.library import resolve

        text = resolve("run", example, source="--from", key="run").read_text("utf-8")
    file = folder / "run.toml"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise bad(
            "<argument>", "folder", str(folder), "a folder without a run.toml"
        ) from None
    except OSError as error:
        raise bad(
            "<argument>", "folder", str(folder), f"a writable folder ({error.strerror})"
        ) from None
    return file


def _typed(folder: Path) -> str:
    text = str(folder)
    return text if folder.is_absolute() or text == "." else f"./{text}"
