"""Compare the risk of a run under several environments.

Try:
  mmod compare-environments soyuz_ms09
  mmod compare-environments soyuz_ms09 --with nasa91:density=constant --by module
  mmod compare-environments ./my_run --with ./ordem_case/model.toml --output all.nc
  mmod compare-environments all.nc --zones "*bo_*" --plot factors.png

One run serves all of them: its rays are drawn from the mixture over every environment
of the run and every one named by --with, and each model's own flux weighs what they
see. A run of fewer than three environments, without --with, is joined by the models of
the library that are valid in all its phases. A result file is compared as it is.
"""

from __future__ import annotations

import argparse
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmod.cli.arguments import (
    add_settings,
    folder_of,
    options_of,
    settings,
    whole_number,
)
from mmod.cli.output import Answer
from mmod.cli.progress import Progress
from mmod.errors import InputError, Problem, bad

if TYPE_CHECKING:
    import xarray as xr

    from mmod.config.schema import RunConfig
    from mmod.results.comparison import Comparison

VERB = "mmod compare-environments"
FEW = 3
"""Runs of fewer environments are joined by those of the library."""
_RESULT = ".nc"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    parser.add_argument(
        "run", metavar="RUN", help="name in the library, a path, or results (.nc)"
    )
    parser.add_argument(
        "--with",
        dest="models",
        metavar="NAME[:OPTION=VALUE,...]",
        action="append",
        default=[],
        help="a further flux model of the library, or a path (may be repeated)",
    )
    parser.add_argument(
        "--by", choices=("zone", "module"), default="zone", help="what a row is"
    )
    parser.add_argument(
        "--zones", default="*", metavar="PATTERN", help="rows to print (* and ?)"
    )
    parser.add_argument(
        "--damage",
        default="penetration",
        metavar="LABEL",
        help="damage class of the table of zones, e.g. impact>=1mm",
    )
    parser.add_argument(
        "--accept-outside-validity",
        action="store_true",
        help="flag a use of a --with model outside its validity instead of refusing it",
    )
    parser.add_argument("--all", action="store_true", help="print every row")
    parser.add_argument(
        "--plot", type=Path, metavar="FILE", help="draw it (.png, .pdf or .svg)"
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="keep the results (netCDF)"
    )
    parser.add_argument(
        "--workers", type=whole_number, metavar="N", help="processes on this machine"
    )
    parser.add_argument(
        "--threads",
        type=whole_number,
        metavar="N",
        help="threads of this process (default: all cores, no other processes)",
    )
    parser.add_argument("--quiet", action="store_true", help="no progress on stderr")
    add_settings(parser)


def answer(arguments: argparse.Namespace) -> Answer:
    """Run once with all environments, or open a result, and compare."""
    from mmod.results.io import check_writable

    for file in (arguments.output, arguments.plot):
        if file is not None:
            check_writable(file)
    if arguments.plot is not None:
        from mmod.plot import check_picture

        check_picture(arguments.plot)
    results = _results(arguments)

    from mmod.results.comparison import compare, document
    from mmod.results.comparison_text import comparison_text

    found = compare(results, by=arguments.by, zones=arguments.zones)
    if len(found.kinds) < 2:
        raise _alone(", ".join(found.kinds))
    title = str(results.attrs.get("title", ""))
    flags = str(results.attrs.get("flags", "")).splitlines()
    text = comparison_text(
        found,
        title=title,
        damage=arguments.damage,
        all_rows=arguments.all,
        flags=flags,
    )
    _write(arguments, results, found, title)
    written = [str(f) for f in (arguments.output, arguments.plot) if f is not None]
    return Answer(
        text=lambda: "\n".join([text, *(f"written: {name}" for name in written)]),
        document=lambda: {
            "title": title,
            "written": written,
            "flags": flags,
            **document(found),
            "provenance": _provenance(results),
        },
    )


def _alone(model: str) -> InputError:
    return bad(VERB, "environment", model, "two models or more to compare")


def _provenance(results: xr.DataTree) -> dict[str, Any]:
    from mmod.results.text import provenance

    return provenance(results)


def _write(
    arguments: argparse.Namespace,
    results: xr.DataTree,
    found: Comparison,
    title: str,
) -> None:
    """Write the picture and the results that were asked for."""
    if arguments.plot is not None:
        from mmod.plot import draw_comparison

        draw_comparison(
            found, title=title, damage=arguments.damage, file=arguments.plot
        )
    if arguments.output is not None:
        from mmod.results.io import save

        save(results, arguments.output)


def _results(arguments: argparse.Namespace) -> xr.DataTree:
    """Open the result file, or run with all environments."""
    if arguments.run.endswith(_RESULT):
        from mmod.results.io import open_results

        given = {
            "--with": arguments.models,
            "--set": arguments.settings,
            "--output": arguments.output,
            "--workers": arguments.workers,
            "--threads": arguments.threads,
            "--accept-outside-validity": arguments.accept_outside_validity,
        }
        problems = [
            Problem(VERB, key, value, "nothing: results are compared as they are")
            for key, value in given.items()
            if value
        ]
        if problems:
            raise InputError(problems)
        return open_results(arguments.run)

    from mmod.config.load import load_run
    from mmod.engine.run import run

    overrides = settings(arguments.settings)
    config = load_run(
        arguments.run, overrides={"sampling.target_for": "every_model", **overrides}
    )
    _check_choice(config, arguments)
    config = joined(
        config,
        arguments.models,
        accept_outside_validity=arguments.accept_outside_validity,
    )
    if len(config.environment) < 2:
        raise _alone(config.environment[0].name)
    with Progress(quiet=arguments.quiet) as progress:
        return run(
            config,
            workers=arguments.workers,
            threads=arguments.threads,
            progress=progress,
        )


def _check_choice(config: RunConfig, arguments: argparse.Namespace) -> None:
    """Refuse before the run what its result would not have."""
    from mmod.geometry.vehicle import load_vehicle

    known = [f"impact>={d:g}mm" for d in config.damage.impact_diameters_mm]
    if arguments.damage not in {*known, "penetration"}:
        expected = f"one of {', '.join([*known, 'penetration'])}"
        raise bad(VERB, "--damage", arguments.damage, expected)
    if arguments.zones == "*":
        return
    zones = load_vehicle(config.vehicle, relative_to=config.folder).zones
    names = {z.module if arguments.by == "module" else z.name for z in zones}
    if not any(fnmatchcase(name, arguments.zones) for name in names):
        expected = f"a pattern that fits one of {len(names)} {arguments.by}s, such as "
        raise bad(VERB, "--zones", arguments.zones, expected + min(names))


def joined(
    config: RunConfig, models: list[str], *, accept_outside_validity: bool = False
) -> RunConfig:
    """Return a run with further environments, as alternatives beside its total.

    Parameters
    ----------
    config : RunConfig
        The run.
    models : list of str
        ``NAME[:OPTION=VALUE,...]`` as typed; without any, a run of fewer than `FEW`
        environments is joined by the models of the library that fit its phases.
    accept_outside_validity : bool
        Flag the use of one of ``models`` outside its validity.

    Returns
    -------
    RunConfig
        The same run where nothing is to be added.

    Raises
    ------
    InputError
        With every model that does not load.
    """
    from mmod.config.load import parse_run

    problems: list[Problem] = []
    added: list[dict[str, Any]] = []
    known = {_key(e.model, e.options) for e in config.environment}
    labels = {e.name for e in config.environment}
    for given in dict.fromkeys(models):
        found = _environment(given, labels, problems)
        if found is None or _key(found["model"], found["options"]) in known:
            continue
        labels.add(found["label"])
        entry = {k: v for k, v in found.items() if k != "options"}
        entry["accept_outside_validity"] = accept_outside_validity
        added.append(entry | found["options"])
    if problems:
        raise InputError(problems)
    if not models and len(config.environment) < FEW:
        from mmod.engine.fitting import fitting_models

        added = [
            {"model": name, "kind": kind, "label": name, "in_total": False}
            for name, kind in fitting_models(config).items()
            if name not in labels
        ]
    if not added:
        return config
    raw = config.model_dump()
    raw["environment"] = [*raw["environment"], *added]
    return parse_run(_without_none(raw), source=config.path or "<run>")


def _without_none(value: Any) -> Any:
    """Return a table without the keys that are not set, as a file would hold it."""
    if isinstance(value, dict):
        return {k: _without_none(v) for k, v in value.items() if v is not None}
    if isinstance(value, list | tuple):
        return [_without_none(v) for v in value]
    return value


def _key(
    model: str, options: dict[str, Any]
) -> tuple[str, tuple[tuple[str, str], ...]]:
    return model, tuple(sorted((k, str(v)) for k, v in options.items()))


def _environment(
    given: str, labels: set[str], problems: list[Problem]
) -> dict[str, Any] | None:
    """Return the entry of a model typed by the user; None with problems."""
    from mmod.flux import load_flux

    name, _, listed = given.partition(":")
    before = len(problems)
    options = options_of(given, listed, VERB, problems)
    if len(problems) > before:
        return None
    folder = folder_of(name)
    try:
        model = load_flux(name, relative_to=folder, **options)
    except InputError as error:
        problems += error.problems
        return None
    plain = f"{model.name}:{listed}" if options else model.name
    label, number = plain, 1
    while label in labels:  # of the same name, from another folder
        number += 1
        label = f"{plain} ({number})"
    return {
        "model": name if folder is None else str(model.path),
        "kind": model.kind,
        "label": label,
        "in_total": False,
        "options": options,
    }
