"""Report the zones of a result file.

Try:
  mmod report soyuz_ms09.nc
  mmod report soyuz_ms09.nc --all --json
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mmod.cli.output import Answer

if TYPE_CHECKING:
    import xarray as xr

By = Literal["zone", "module"]
UNITS = {
    "area, exposed_area, exposed_area_stderr": "m2",
    "impacts, penetrations": "expected number over the exposure",
    "..._stderr": "one standard error of the sampling, unit of the number",
    "..._lower, ..._upper": "95 % interval, sampling error only",
    "penetrations_model_lower, penetrations_model_upper": "95 % interval under the"
    " uncertainty of the flux models only: no sampling error, nor that of shields",
    "pnp": "probability of no penetration over the exposure",
    "share, debris, meteoroid, extrapolated_fraction": "part of penetrations, 0 to 1",
}
"""What the numbers of the JSON document are."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    parser.add_argument("file", type=Path, metavar="FILE", help="results (netCDF)")
    parser.add_argument("--all", action="store_true", help="print every zone")
    parser.add_argument(
        "--by", choices=("zone", "module"), default="zone", help="what a row is"
    )
    parser.add_argument(
        "--environment",
        default="total",
        metavar="LABEL",
        help="a flux model of the run, debris, meteoroid or total (default)",
    )


def answer(arguments: argparse.Namespace) -> Answer:
    """Open the file and report."""
    from mmod.results.io import open_results

    results = open_results(arguments.file)
    chosen = {"by": arguments.by, "environment": arguments.environment}
    return Answer(
        text=lambda: text(results, all_zones=arguments.all, **chosen),
        document=lambda: document(results, **chosen),
    )


def text(
    results: xr.DataTree,
    *,
    all_zones: bool,
    by: By = "zone",
    environment: str = "total",
) -> str:
    """Return the report for people, as wide as the terminal if there is one."""
    from mmod.results.text import report

    out = sys.__stdout__  # sys.stdout is stderr while an answer is made
    is_terminal = out is not None and out.isatty()
    width = shutil.get_terminal_size().columns if is_terminal else None
    return report(results, all=all_zones, by=by, environment=environment, width=width)


def document(
    results: xr.DataTree, *, by: By = "zone", environment: str = "total"
) -> dict[str, Any]:
    """Return the report for machines: all rows, totals by environment, provenance."""
    from mmod.results.table import make_table
    from mmod.results.text import provenance, uncertainty_laws

    labels = [str(label) for label in results.to_dataset()["environment"].values]
    return {
        "title": str(results.attrs.get("title", "")),
        "flags": str(results.attrs.get("flags", "")).splitlines(),
        "units": UNITS,
        "table": make_table(results, by=by, environment=environment).to_dict(),
        "totals": {
            label: make_table(results, by=by, environment=label).to_dict()["total"]
            for label in labels
        },
        "flux_uncertainty_laws": uncertainty_laws(results),
        "provenance": provenance(results),
    }
