r"""Ask whether an observed hole fits the environment of a run.

Try:
  mmod hole list
  mmod hole show ms09
  mmod hole soyuz_ms09.nc --event ms09 --plot ms09.png
  mmod hole my_run.nc --zone "*.module.wall" --diameter 1.5:2.0 \
      --window 2018-06-06..2018-08-29 --marks ./marks.toml
  mmod hole --event zvezda_prk

RESULTS is a result file with events; an event without a run needs none. The answer is one
of consistent, inconsistent, undecided: never who, and never more.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from mmod.cli.arguments import folder_of
from mmod.cli.output import Answer
from mmod.errors import InputError, Problem, bad

if TYPE_CHECKING:
    import xarray as xr

    from mmod.forensics.case import CaseCard
    from mmod.forensics.marks import Marks
    from mmod.forensics.rates import ModelError

_T = TypeVar("_T")
_OWN = ("zone", "diameter", "window", "hole_model")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    parser.add_argument(
        "results",
        nargs="*",
        metavar="RESULTS | list | show EVENT",
        help="results (netCDF); or the catalogue of observed events, or one of them",
    )
    parser.add_argument(
        "--event",
        metavar="NAME|FILE",
        help="case of the library (ms09), id (E01), vehicle, or the path of a case",
    )
    parser.add_argument(
        "--zone", action="append", metavar="PATTERN", help="zones of the run (* and ?)"
    )
    parser.add_argument(
        "--diameter", metavar="MM[:MM]", help="size of the hole, or its range [mm]"
    )
    parser.add_argument(
        "--window",
        metavar="START..END",
        help="last known intact .. first seen, ISO 8601, UTC",
    )
    parser.add_argument(
        "--marks", metavar="NAME|FILE", help="marks of the hole (TOML); see docs"
    )
    parser.add_argument(
        "--hole-model", metavar="NAME", help="in place of the shield's own"
    )
    parser.add_argument(
        "--model-error",
        type=float,
        metavar="S",
        help="ln SD of the predicted numbers in rates and odds (0.9)",
    )
    parser.add_argument(
        "--seed", type=int, default=1, help="of draws from elicited ranges (1)"
    )
    parser.add_argument(
        "--plot", type=Path, metavar="FILE", help="write a page (.png, .pdf, .svg)"
    )


def answer(arguments: argparse.Namespace) -> Answer:
    """List, show, or assess."""
    words = arguments.results
    if words[:1] == ["list"]:
        _alone(arguments, 1)
        return _list()
    if words[:1] == ["show"]:
        _alone(arguments, 2)
        return _show(words[1])
    return _assess(arguments)


def _alone(arguments: argparse.Namespace, words: int) -> None:
    given = [n for n in ("event", *_OWN, "marks", "plot") if getattr(arguments, n)]
    problems = [
        Problem("mmod hole", f"--{name.replace('_', '-')}", "given", "no options here")
        for name in given
    ]
    if len(arguments.results) != words:
        expected = "mmod hole list" if words == 1 else "mmod hole show EVENT"
        problems.append(
            Problem("mmod hole", "argument", " ".join(arguments.results), expected)
        )
    if problems:
        raise InputError(problems)


def _list() -> Answer:
    from mmod.cli.hole_list import list_document, list_text
    from mmod.forensics.observations import catalogue

    events = catalogue()
    return Answer(lambda: list_text(events), lambda: list_document(events))


def _show(name: str) -> Answer:
    from mmod.cli.hole_list import show_text
    from mmod.forensics.observations import event, event_document

    found = event(name)
    return Answer(lambda: show_text(found), lambda: event_document(found))


def _assess(arguments: argparse.Namespace) -> Answer:
    from mmod.forensics.assessment import assess
    from mmod.forensics.assessment_document import document
    from mmod.forensics.assessment_text import text

    _check(arguments)
    case, folder = _case(arguments)
    problems: list[Problem] = []
    marks = _gathered(problems, lambda: _marks(arguments, case, folder))
    error = _gathered(problems, lambda: _error(arguments.model_error))
    results = _gathered(problems, lambda: _results(arguments, case))
    if problems:
        raise InputError(problems)
    found = assess(
        case,
        results,
        marks=marks,
        seed=arguments.seed,
        **({} if error is None else {"model_error": error}),
    )
    if arguments.plot is not None:
        from mmod.plot import draw_hole

        draw_hole(found, file=arguments.plot)
    tail = "" if arguments.plot is None else f"\n\nwritten: {arguments.plot}"
    return Answer(text=lambda: text(found) + tail, document=lambda: document(found))


def _gathered(problems: list[Problem], call: Callable[[], _T]) -> _T | None:
    """Return what a call returns; of what it refuses, keep the problems."""
    try:
        return call()
    except InputError as error:
        problems.extend(error.problems)
        return None


def _results(arguments: argparse.Namespace, case: CaseCard) -> xr.DataTree | None:
    from mmod.results.io import open_results

    if arguments.results:
        return open_results(Path(arguments.results[0]))
    if case.run:
        raise bad("mmod hole", "RESULTS", "none", f"a result of: mmod run {case.run}")
    return None


def _check(arguments: argparse.Namespace) -> None:
    """Refuse options that contradict each other, all of them at once."""
    problems = []
    own = [n for n in _OWN if getattr(arguments, n)]
    if len(arguments.results) > 1:
        expected = "one result file"
        problems.append(Problem("mmod hole", "RESULTS", arguments.results, expected))
    if arguments.event:
        problems += [
            Problem(
                "mmod hole",
                f"--{name.replace('_', '-')}",
                getattr(arguments, name),
                "not beside --event: the case says so",
            )
            for name in own
        ]
    else:
        needed = {
            "RESULTS": arguments.results,
            "--zone": arguments.zone,
            "--diameter": arguments.diameter,
            "--window": arguments.window,
        }
        problems += [
            Problem("mmod hole", key, "none", "this, or --event NAME")
            for key, value in needed.items()
            if not value
        ]
    if not 0 <= arguments.seed < 2**32:
        expected = "a whole number of 0 to 4294967295"
        problems.append(Problem("mmod hole", "--seed", arguments.seed, expected))
    if problems:
        raise InputError(problems)
    if arguments.plot is not None:
        from mmod.plot import check_picture

        check_picture(arguments.plot)


def _case(arguments: argparse.Namespace) -> tuple[CaseCard, Path | None]:
    """Return the case, and the folder that its relative paths start from."""
    from mmod.forensics.case import load_case, parse_case
    from mmod.library import available

    if not arguments.event:
        return parse_case(_own_case(arguments), path="mmod hole"), None
    name = str(arguments.event)
    if name.endswith(".toml"):
        path = Path(name)
        return load_case(name, relative_to=folder_of(name)), path.resolve().parent
    if name in available("case"):
        return load_case(name), None
    from mmod.forensics.observations import case_of, event

    return case_of(event(name)), None


def _own_case(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the card of a hole that the command line describes."""
    from mmod.forensics.assessment import OWN_RUN

    size = _numbers(arguments.diameter)
    start, dots, end = arguments.window.partition("..")
    moments = {"--window start": _moment(start), "--window end": _moment(end)}
    problems = [
        Problem("mmod hole", key, arguments.window, "START..END, ISO 8601 dates")
        for key, value in moments.items()
        if value is None or not dots
    ]
    if not problems and not _moment(start) < _moment(end):
        expected = "START before END"
        problems.append(Problem("mmod hole", "--window", arguments.window, expected))
    if size is None:
        expected = "a size or LOW:HIGH, above 0 [mm]"
        problems.append(
            Problem("mmod hole", "--diameter", arguments.diameter, expected)
        )
    if problems or size is None:
        raise InputError(problems)
    low, high = size
    said = f"{low:g} mm" if low == high else f"{low:g} to {high:g} mm"
    return {
        "schema_version": 1,
        "title": f"a hole of {said} in {', '.join(arguments.zone)}",
        "event": "own",
        "vehicle": "of the run",
        "run": OWN_RUN,
        "zones": list(arguments.zone),
        "hole_model": arguments.hole_model or "",
        "window": {
            "launch": moments["--window start"],
            "last_known_intact": moments["--window start"],
            "first_seen": moments["--window end"],
            "source": "command line",
        },
        "size": {
            "reported_mm": size,
            "of": "unclear",
            "statement": [
                {"diameter_mm": size, "who": "command line", "source": "command line"}
            ],
        },
    }


def _numbers(text: str) -> list[float] | None:
    try:
        found = [float(part) for part in text.split(":")]
    except ValueError:
        return None
    if len(found) == 1:
        found *= 2
    fine = len(found) == 2 and 0.0 < found[0] <= found[1] < float("inf")
    return found if fine else None


def _moment(text: str) -> Any:
    from datetime import UTC, datetime

    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def _marks(
    arguments: argparse.Namespace, case: CaseCard, folder: Path | None
) -> Marks | None:
    from mmod.forensics.marks import load_marks

    if arguments.marks:
        return load_marks(arguments.marks, relative_to=folder_of(arguments.marks))
    return load_marks(case.marks, relative_to=folder) if case.marks else None


def _error(given: float | None) -> ModelError | None:
    from mmod.forensics.rates import ModelError

    return None if given is None else ModelError(given, given)
