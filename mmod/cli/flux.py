"""Compare flux models: size, direction and speed.

Try:
  mmod flux nasa91 master8_iss_ecss grun_ssp
  mmod flux nasa91 nasa91:solar_flux=200 --at 1 --epoch 2018.5
  mmod flux nasa91 grun_ssp --size --plot environments.png
  mmod flux nasa91 iss_c.dia:area_convention=cross_section
  mmod flux grun_ssp ecss_streams --start 2022-12-14 --end 2022-12-15

Fluxes are cross-sectional: hits per projected area of a sphere that moves with the
spacecraft; a randomly tumbling plate sees a quarter on each side. Azimuths run from ram
towards port.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmod.cli import spectrum_files
from mmod.cli.arguments import folder_of, options_of
from mmod.cli.output import Answer, table
from mmod.errors import InputError, Problem, bad
from mmod.units import DEGREE, KM, MM

if TYPE_CHECKING:
    import xarray as xr

    from mmod.flux import FluxModel
    from mmod.flux.base import ExposureState
    from mmod.flux.spectra import FloatArray, Spectra

SIZES = (0.01, 0.03, 0.1, 0.3, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0)  # [mm]
SECTORS = (  # middle [deg]; 45 deg wide
    ("ram", 0.0),
    ("ram-port", 45.0),
    ("port", 90.0),
    ("wake-port", 135.0),
    ("wake", 180.0),
    ("wake-starboard", -135.0),
    ("starboard", -90.0),
    ("ram-starboard", -45.0),
)
SPEEDS = (0.0, 3.0, 7.0, 10.0, 15.0, 20.0, 30.0, 50.0, 90.0)  # [km/s]
WIDTH = 14


@dataclass(frozen=True)
class View:
    """A flux model at a state, and what its threat table says.

    Parameters
    ----------
    label : str
        As asked for on the command line.
    model : FluxModel
        The model.
    flags : tuple of str
        Its caveats at the state.
    spectra : Spectra
        Marginals, at `SIZES`.
    fine : Spectra
        The same at many sizes, to draw.
    factor : tuple of float
        exp(sigma) of the flux at `SIZES`, of the table that a run takes; NaN at sizes
        that the model does not hold.
    source, tag : str
        Of sigma.
    """

    label: str
    model: FluxModel
    flags: tuple[str, ...]
    spectra: Spectra
    fine: Spectra
    factor: tuple[float, ...]
    source: str
    tag: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    parser.add_argument(
        "names",
        nargs="+",
        metavar="NAME[:OPTION=VALUE,...]",
        help="flux model of the library, a path, or a spectrum of MASTER (.dia, .vel,"
        " .azi, .ele) to be shown beside; with options of its card",
    )
    for name, text in (
        ("size", "cumulative flux against diameter"),
        ("direction", "azimuth and elevation of the radiants"),
        ("speed", "speed relative to the spacecraft"),
    ):
        parser.add_argument(
            f"--{name}", action="store_true", help=f"{text} (default: all three)"
        )
    number = partial(parser.add_argument, type=float)
    number("--at", default=1.0, metavar="MM", help="least diameter of directions (1)")
    number(
        "--altitude", default=400.0, metavar="KM", help="of the circular orbit (400)"
    )
    number("--inclination", default=51.64, metavar="DEG", help="of the orbit (51.64)")
    number("--epoch", metavar="YEAR", help="decimal year (of the dates, or 2018.5)")
    for name, text in (("start", "first"), ("end", "last")):
        parser.add_argument(
            f"--{name}",
            type=_instant,
            metavar="TIME",
            help=f"{text} instant, ISO 8601, UTC unless it says so (for streams)",
        )
    parser.add_argument(
        "--accept-outside-validity",
        action="store_true",
        help="flag a use outside a model's validity instead of refusing it",
    )
    parser.add_argument(
        "--plot", type=Path, metavar="FILE", help="draw it (.png, .pdf or .svg)"
    )


def answer(arguments: argparse.Namespace) -> Answer:
    """Compare flux models."""
    from mmod.flux.base import ExposureState

    state = ExposureState(
        arguments.altitude * KM,
        arguments.inclination * DEGREE,
        _epoch(arguments),
        accept_extrapolation=arguments.accept_outside_validity,
        start=arguments.start,
        end=arguments.end,
    )
    views, files = _views(arguments.names, state, arguments.at * MM)
    parts = [p for p in ("size", "direction", "speed") if getattr(arguments, p)]
    parts = parts or ["size", "direction", "speed"]
    if arguments.plot is not None:
        from mmod.plot import draw_environments

        draw_environments(
            {v.label: v.fine for v in views},
            {v.label: v.model.kind for v in views},
            title=_state(state),
            parts=parts,
            file=arguments.plot,
        )
    return Answer(
        text=lambda: "\n".join(
            [
                _text(views, state, parts, arguments.plot),
                *spectrum_files.text(files, {v.label: v.spectra for v in views}, SIZES),
            ]
        ),
        document=lambda: {
            **_document(views, state, parts),
            "spectrum_file": spectrum_files.document(files),
        },
    )


def _instant(text: str) -> datetime:
    """Return an instant written in ISO 8601; without an offset it is UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        expected = f"{text!r}, expected an instant as 2022-12-14T13:00Z"
        raise argparse.ArgumentTypeError(expected) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _epoch(arguments: argparse.Namespace) -> float:
    """Return the decimal year asked for: given, of the middle of the dates, 2018.5."""
    start, end = arguments.start, arguments.end
    problems = []
    if (start is None) != (end is None):
        given, missing = ("--start", "--end") if end is None else ("--end", "--start")
        problems.append(
            Problem("mmod flux", missing, None, f"an instant, as {given} is given")
        )
    if arguments.epoch is not None and not (start is None and end is None):
        expected = "no epoch beside --start and --end: it is the middle of the dates"
        problems.append(Problem("mmod flux", "--epoch", arguments.epoch, expected))
    if problems:
        raise InputError(problems)
    if arguments.epoch is not None:
        return float(arguments.epoch)
    if start is None or end is None:
        return 2018.5
    from mmod.config.schema import decimal_year

    return decimal_year(start + (end - start) / 2)


def _views(
    names: list[str], state: ExposureState, least: float
) -> tuple[list[View], list[spectrum_files.FileView]]:
    """Load the models and the spectra of files; every problem at once."""
    import numpy as np

    from mmod.flux import load_flux
    from mmod.flux.spectra import spectra

    found: list[View] = []
    files: list[spectrum_files.FileView] = []
    problems: list[Problem] = []
    sizes = np.array(SIZES) * MM
    many = np.geomspace(sizes[0], sizes[-1], 201)
    if not sizes[0] <= least <= sizes[-1]:
        expected = f"a diameter from {SIZES[0]:g} to {SIZES[-1]:g} mm"
        raise bad("mmod flux", "--at", least / MM, expected)
    for given in dict.fromkeys(names):
        name, _, listed = given.partition(":")
        options = options_of(given, listed, "mmod flux", problems)
        try:
            if spectrum_files.is_spectrum(name):
                files.append(spectrum_files.load(given, name, options))
                continue
            model = load_flux(name, relative_to=folder_of(name), **options)
            threats = model.threats(state)
            flags = tuple(flag.message for flag in model.validity(state))
            flags += _size_flags(model, threats, sizes, least)
            coarse, fine = (spectra(threats, d, least) for d in (sizes, many))
            found.append(View(given, model, flags, coarse, fine, *_law(threats, sizes)))
        except InputError as error:
            problems += error.problems
    if files and not found and not problems:
        expected = "a flux model to show the spectra beside"
        problems.append(Problem("mmod flux", "NAME", names, expected))
    if problems:
        raise InputError(problems)
    return found, files


def _size_flags(
    model: FluxModel, threats: xr.Dataset, sizes: FloatArray, least: float
) -> tuple[str, ...]:
    """Return what is to be said of the sizes that a model does not hold."""
    from mmod.flux.spectra import known_sizes

    flags = [f.message for f in model.size_flags([least])]
    missing = sizes[~known_sizes(threats, sizes)] / MM
    if len(missing):
        low, high = (
            float(threats.attrs[f"table_{end}_diameter"]) / MM for end in ("min", "max")
        )
        shown = ", ".join(f"{d:g}" for d in missing)
        flags.append(
            f"it holds sizes of {low:.4g} to {high:.4g} mm: nothing is said of {shown}"
            " mm (-)"
        )
    return tuple(flags)


def _law(threats: xr.Dataset, sizes: FloatArray) -> tuple[tuple[float, ...], str, str]:
    """Return exp(sigma) at some sizes, its source and its tag, as a run takes them."""
    import numpy as np

    from mmod.flux.spectra import known_sizes

    law = threats["log_stderr"]
    source, tag = (str(law.attrs.get(k, "not stated")) for k in ("source", "tag"))
    nodes = np.log(threats["diameter"].to_numpy())
    factor = np.exp(np.interp(np.log(sizes), nodes, law.to_numpy()))
    factor = np.where(known_sizes(threats, sizes), factor, np.nan)
    return tuple(factor.tolist()), source, tag


def _state(state: ExposureState) -> str:
    orbit = f"{state.altitude / KM:g} km, {state.inclination / DEGREE:g} deg"
    if state.start is None or state.end is None:
        return f"{orbit}, {state.epoch:g}"
    ends = (m.astimezone(UTC) for m in (state.start, state.end))
    return f"{orbit}, " + " to ".join(f"{m:%Y-%m-%dT%H:%M}Z" for m in ends)


def _sectors(view: View) -> list[float]:
    """Return the share of the flux in each of `SECTORS`."""
    from mmod.flux.spectra import AZIMUTH_EDGES

    middle = 0.5 * (AZIMUTH_EDGES[:-1] + AZIMUTH_EDGES[1:]) / DEGREE
    found = []
    for _, centre in SECTORS:
        away = abs((middle - centre + 180.0) % 360.0 - 180.0)
        # a bin that the border of two sectors halves belongs to each by half
        share = (away < 22.5 - 1e-9) + 0.5 * (abs(away - 22.5) < 1e-9)
        found.append(float(view.spectra.azimuth @ share))
    return found


def _spread(views: list[View], row: int) -> dict[str, float]:
    """Return the largest over the smallest flux of each kind that has two models."""
    found = {}
    for kind in ("debris", "meteoroid"):
        whole = [v for v in views if v.model.kind == kind and not v.model.part_of_kind]
        flux = [float(v.spectra.flux[row]) for v in whole]
        flux = [value for value in flux if not math.isnan(value)]  # it holds the size
        if len(flux) > 1 and min(flux) > 0.0:
            found[kind] = max(flux) / min(flux)
    return found


def _speeds(view: View) -> list[float]:
    edges = [int(v) for v in SPEEDS]
    share = view.spectra.speed
    return [float(share[a:b].sum()) for a, b in pairwise(edges)]


def _text(
    views: list[View], state: ExposureState, parts: list[str], plot: Path | None
) -> str:
    from mmod.constants import YEAR

    lines = [
        f"flux at {_state(state)}; cross-sectional: a tumbling plate sees a quarter"
    ]
    heads = [view.label.rjust(WIDTH) for view in views]
    least = views[0].spectra.least_diameter / MM
    if "size" in parts:
        spreads = [_spread(views, i) for i in range(len(SIZES))]
        kinds = [k for k in ("debris", "meteoroid") if any(k in s for s in spreads)]
        rows = [("mm", *heads, *(f"{k} max/min".rjust(WIDTH) for k in kinds))]
        for i, size in enumerate(SIZES):
            spread = spreads[i]
            cells = [_or_dash(v.spectra.flux[i] * YEAR, ".3e") for v in views]
            cells += [f"{spread[k]:.3g}" if k in spread else "-" for k in kinds]
            rows.append((f"{size:g}", *(c.rjust(WIDTH) for c in cells)))
        lines += ["", "particles of at least a diameter [1/m2/yr]"]
        lines += table(rows, indent="").splitlines()
    if "direction" in parts:
        lines += [
            "",
            f"where those of at least {least:g} mm come from, share of the flux",
        ]
        columns = [_sectors(v) for v in views]
        rows = [("", *heads)]
        for i, (name, _) in enumerate(SECTORS):
            cells = [f"{100.0 * column[i]:.2f} %" for column in columns]
            rows.append((name, *(c.rjust(WIDTH) for c in cells)))
        level = [_level(v) for v in views]
        for i, name in enumerate(("above 30 deg", "within 30 deg", "below -30 deg")):
            cells = [f"{100.0 * of[i]:.2f} %" for of in level]
            rows.append((name, *(c.rjust(WIDTH) for c in cells)))
        lines += table(rows, indent="").splitlines()
    if "speed" in parts:
        lines += ["", f"relative speed of those of at least {least:g} mm"]
        columns = [_speeds(v) for v in views]
        rows = [("km/s", *heads)]
        for i, (a, b) in enumerate(pairwise(SPEEDS)):
            cells = [f"{100.0 * column[i]:.2f} %" for column in columns]
            rows.append((f"{a:g} to {b:g}", *(c.rjust(WIDTH) for c in cells)))
        cells = [f"{v.spectra.mean_speed / KM:.2f} km/s" for v in views]
        rows.append(("mean", *(c.rjust(WIDTH) for c in cells)))
        lines += table(rows, indent="").splitlines()
    if "size" in parts:
        lines += ["", "factor of one standard error of that flux [1]"]
        rows = [("mm", *heads)]
        for i, size in enumerate(SIZES):
            cells = [_or_dash(v.factor[i], ".3g").rjust(WIDTH) for v in views]
            rows.append((f"{size:g}", *cells))
        lines += table(rows, indent="").splitlines()
    lines += ["", "uncertainty, as the cards state it (no sampling error here):"]
    lines += [f"  {v.label}: {v.model.card.uncertainty}" for v in views]
    lines += [f"  {v.label}: law [{v.tag}]: {v.source}" for v in views]
    lines += [f"flag: {v.label}: {flag}" for v in views for flag in v.flags]
    if plot is not None:
        lines.append(f"written: {plot}")
    return "\n".join(lines)


def _or_dash(value: float, form: str) -> str:
    """Return a number, or a dash where the model says nothing."""
    return "-" if math.isnan(value) else format(value, form)


def _level(view: View) -> tuple[float, float, float]:
    """Return the shares above, within and below 30 deg of elevation."""
    share = view.spectra.sin_elevation
    n = len(share) // 4  # sin 30 deg = 1/2
    return float(share[-n:].sum()), float(share[n:-n].sum()), float(share[:n].sum())


def _document(
    views: list[View], state: ExposureState, parts: list[str]
) -> dict[str, Any]:
    from mmod.constants import YEAR
    from mmod.flux.spectra import AZIMUTH_EDGES, ELEVATION_EDGES, SPEED_EDGES

    def of(view: View) -> dict[str, Any]:
        seen = view.spectra
        found: dict[str, Any] = {
            "kind": view.model.kind,
            "options": view.model.options,
            "uncertainty": view.model.card.uncertainty,
            "flags": view.flags,
        }
        if "size" in parts:
            found["flux_1_m2_yr"] = seen.flux * YEAR
            found["factor_of_one_standard_error"] = view.factor
            found["uncertainty_law"] = {"source": view.source, "tag": view.tag}
        if "direction" in parts:
            found["azimuth_share"] = seen.azimuth
            found["sin_elevation_share"] = seen.sin_elevation
        if "speed" in parts:
            found["speed_share"] = seen.speed
            found["mean_speed_km_s"] = seen.mean_speed / KM
            found["share_above_last_speed"] = seen.beyond
        return found

    spread = [_spread(views, i) for i in range(len(SIZES))]
    return {
        "altitude_km": state.altitude / KM,
        "inclination_deg": state.inclination / DEGREE,
        "epoch": state.epoch,
        "start": None if state.start is None else state.start.isoformat(),
        "end": None if state.end is None else state.end.isoformat(),
        "area_convention": "cross_section",
        "diameter_mm": SIZES,
        "largest_over_smallest": {
            kind: [row.get(kind) for row in spread]
            for kind in ("debris", "meteoroid")
            if any(kind in row for row in spread)
        },
        "least_diameter_mm": views[0].spectra.least_diameter / MM,
        "azimuth_edges_deg": AZIMUTH_EDGES / DEGREE,
        "sin_elevation_edges": ELEVATION_EDGES,
        "speed_edges_km_s": SPEED_EDGES / KM,
        "model": {view.label: of(view) for view in views},
    }
