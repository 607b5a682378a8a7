"""Compare results with observed breaches or populations.

Try:
  mmod compare hst_array.nc --observations hst_array --plot hst.png
  mmod compare my_run.nc --observations ./breaches.toml
  mmod compare --observations mir

OBSERVATIONS is a population of the library (mmod list population), or the path of a
file: a population, or a list of breaches as TOML or CSV. Disagreement is printed, and is
no error: the exit code is 0.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmod.cli.arguments import folder_of, whole_number
from mmod.cli.output import Answer
from mmod.errors import InputError, Problem, bad

if TYPE_CHECKING:
    import xarray as xr

    from mmod.forensics.rates import ModelError

SIMULATIONS = 9_999
_POPULATION = {"count", "ratio", "grade", "run"}
"""Keys that only the card of a population has."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    parser.add_argument(
        "results", nargs="*", type=Path, metavar="RESULTS", help="results (netCDF)"
    )
    parser.add_argument(
        "--observations",
        required=True,
        metavar="NAME|FILE",
        help="a population of the library, or a file of observations",
    )
    parser.add_argument(
        "--model-error",
        metavar="S[,S]",
        help="ln SD of the predicted numbers, or of debris and meteoroids (default: of"
        " the file, else 0.72: a factor 2 and 0.2 for the damage law)",
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="of simulated p-values (default 0)"
    )
    parser.add_argument(
        "--simulations",
        type=whole_number,
        default=SIMULATIONS,
        help=f"sets simulated for the sizes of holes (default {SIMULATIONS})",
    )
    parser.add_argument(
        "--plot", type=Path, metavar="FILE", help="write a picture (.png, .pdf, .svg)"
    )


def answer(arguments: argparse.Namespace) -> Answer:
    """Compare each result in turn."""
    _check(arguments)
    path, content = _read(arguments.observations)
    if _POPULATION & set(content):
        return _population(arguments, path, content)
    return _breaches(arguments, path)


def _check(arguments: argparse.Namespace) -> None:
    problems = []
    if not 0 <= arguments.seed < 2**32:
        expected = "a whole number of 0 to 4294967295"
        problems.append(Problem("--seed", "argument", arguments.seed, expected))
    if arguments.plot is not None and len(arguments.results) > 1:
        expected = "one result, for a picture"
        problems.append(Problem("--plot", "RESULTS", len(arguments.results), expected))
    if problems:
        raise InputError(problems)
    if arguments.plot is not None:
        from mmod.plot import check_picture

        check_picture(arguments.plot)


def _read(name: str) -> tuple[Path, dict[str, Any]]:
    """Return the file of the observations, and its content where it is TOML."""
    from mmod.library import read_toml, resolve

    if Path(name).suffix.lower() == ".csv":
        return Path(name), {}
    path = resolve(
        "population",
        name,
        relative_to=folder_of(name),
        source="<argument>",
        key="--observations",
    )
    return path, read_toml(path)


def _error(text: str | None) -> ModelError | None:
    """Return the model error that the command line asks for."""
    if text is None:
        return None
    from mmod.forensics.rates import ModelError
    from mmod.stats.counts import LARGEST_ERROR

    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        values = []
    sound = all(0.0 <= v <= LARGEST_ERROR for v in values)
    if len(values) not in (1, 2) or not sound:
        expected = f"one or two numbers of 0 to {LARGEST_ERROR:g}"
        raise bad("--model-error", "argument", text, expected)
    return ModelError(values[0], values[-1])


def _breaches(arguments: argparse.Namespace, path: Path) -> Answer:
    from mmod.forensics.comparison import compare
    from mmod.forensics.comparison_text import survey_document, survey_text
    from mmod.forensics.survey import load_survey
    from mmod.results.io import open_results

    if not arguments.results:
        raise bad("mmod compare", "RESULTS", "none", "results to compare with")
    survey = load_survey(path)
    found = []
    for file in arguments.results:
        results = open_results(file)
        comparison = compare(
            results,
            survey,
            error=_error(arguments.model_error),
            seed=arguments.seed,
            simulations=arguments.simulations,
            source=str(path),
        )
        found.append((_title(results, file), comparison))
    if arguments.plot is not None:
        from mmod.plot import draw_observed

        draw_observed(found[0][1], title=found[0][0], file=arguments.plot)
    return Answer(
        text=lambda: _joined([survey_text(c, t) for t, c in found], arguments),
        document=lambda: _documents([survey_document(c, t) for t, c in found]),
    )


def _population(
    arguments: argparse.Namespace, path: Path, content: dict[str, Any]
) -> Answer:
    from mmod.forensics.comparison_text import population_document, population_text
    from mmod.forensics.populations import compare_population, parse_population
    from mmod.forensics.prediction import wider_laws
    from mmod.forensics.rates import ModelError
    from mmod.forensics.same_run import differs
    from mmod.results.io import open_results

    card = parse_population(content, path)
    error = _error(arguments.model_error)

    if error is not None:
        own = {"debris": error.debris, "meteoroid": error.meteoroid}
        card = parse_population({**content, "model_error": own}, path)
    if card.run and not arguments.results:
        expected = f"a result of: mmod run {card.run}"
        raise bad("mmod compare", "RESULTS", "none", expected)
    if not card.run and arguments.results:
        expected = "no results: the expected number of this population is published"
        raise bad("mmod compare", "RESULTS", str(arguments.results[0]), expected)
    found = []
    for file in arguments.results or [None]:
        results = None if file is None else open_results(file)
        title = "" if results is None else _title(results, file)
        notes: tuple[str, ...] = ()
        if results is not None:
            used = ModelError(*card.log_stderr)
            notes = (*differs(card.run, results), *wider_laws(results, used))
        found.append((card, compare_population(card, results), title, notes))
    if arguments.plot is not None:
        from mmod.plot import draw_population

        card, rows, title, _ = found[0]
        draw_population(card, rows, title=title, file=arguments.plot)
    return Answer(
        text=lambda: _joined([population_text(*f) for f in found], arguments),
        document=lambda: _documents([population_document(*f) for f in found]),
    )


def _title(results: xr.DataTree, file: Path) -> str:
    return f"{results.attrs.get('title', '')} ({file})"


def _joined(texts: list[str], arguments: argparse.Namespace) -> str:
    written = f"\nwritten: {arguments.plot}" if arguments.plot is not None else ""
    return ("\n\n" + "=" * 72 + "\n\n").join(texts) + written


def _documents(found: list[dict[str, Any]]) -> dict[str, Any]:
    return found[0] if len(found) == 1 else {"comparisons": found}
