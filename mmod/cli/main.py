"""Entry point of ``mmod``: verbs, exit codes, errors.

Text goes to stdout, progress and messages to stderr, and so does what code of the user
(an equation of a shield card) prints while an answer is made. Exit codes: 0 done, 2 bad input,
3 a check did not pass, 1 a bug, 130 interrupted.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import sys
import warnings
from collections.abc import Sequence
from types import ModuleType
from typing import TextIO

from mmod import __version__
from mmod.cli import (
    check,
    compare,
    compare_environments,
    flux,
    hole,
    init,
    mesh,
    report,
    run,
    shield,
    show,
    verify,
)
from mmod.cli import list as catalogue
from mmod.cli.arguments import add_output
from mmod.cli.output import Answer, to_json
from mmod.errors import CheckError, InputError, MmodError, bad

BUG, INTERRUPTED, BROKEN_PIPE = 1, 130, 141
VERBS: tuple[ModuleType, ...] = (
    init,
    catalogue,
    show,
    check,
    run,
    report,
    flux,
    compare_environments,
    compare,
    hole,
    shield,
    mesh,
    verify,
)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    common = argparse.ArgumentParser(add_help=False)
    add_output(common)
    parser = argparse.ArgumentParser(
        prog="mmod",
        description="Micrometeoroid and orbital debris impact risk, panel by panel.",
        epilog="mmod VERB --help says more. A run is a name in the library (mmod list"
        " run) or a path (./my_run, my_run/run.toml).",
    )
    parser.add_argument("--version", action="version", version=f"mmod {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for module in VERBS:
        name = module.__name__.rpartition(".")[2].replace("_", "-")
        summary, _, details = (module.__doc__ or "").partition("\n\n")
        verb = verbs.add_parser(
            name,
            parents=[common],
            help=summary.strip().rstrip(".").lower(),
            description=summary.strip(),
            epilog=details.strip(),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(verb)
        verb.set_defaults(answer=module.answer)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments without the program's name; those of the process by default.

    Returns
    -------
    int
        Exit code.
    """
    try:
        arguments = build_parser().parse_args(argv)
    except SystemExit as stop:  # argparse: 0 after --help and --version, 2 after errors
        return stop.code if isinstance(stop.code, int) else 2
    _log(everything=arguments.debug)
    try:
        answer, text = _answer(arguments)
        print(text.rstrip("\n"))
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("interrupted: no result was written", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader (head, less) has left. Python flushes stdout once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except MmodError as error:
        if arguments.debug:
            raise
        return _refuse(error, as_json=arguments.json)
    except Exception as error:
        if arguments.debug:
            raise
        return _bug(error, as_json=arguments.json)
    return answer.exit_code


def _answer(arguments: argparse.Namespace) -> tuple[Answer, str]:
    """Return the answer of a verb and its text; nothing else reaches stdout."""
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(sys.stderr):
            warnings.showwarning = _warn
            answer: Answer = arguments.answer(arguments)
            text = to_json(answer.document()) if arguments.json else answer.text()
    except SystemExit as stop:  # no verb does that; an equation of the user's can
        expected = "code that returns: something in the input asked Python to exit"
        raise bad(f"mmod {arguments.verb}", "exit", stop.code, expected) from stop
    return answer, text


def _log(*, everything: bool) -> None:
    """Send logs to stderr; of Dask's only errors, unless everything is asked for."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))

    def wanted(record: logging.LogRecord) -> bool:
        dask = record.name.partition(".")[0] in {"distributed", "dask"}
        return record.levelno >= (logging.ERROR if dask else logging.WARNING)

    if not everything:
        handler.addFilter(wanted)
    logging.basicConfig(handlers=[handler])


def _refuse(error: MmodError, *, as_json: bool) -> int:
    problems = error.problems if isinstance(error, InputError) else ()
    if as_json:
        kind = "check" if isinstance(error, CheckError) else "input"
        listed = [vars(problem) for problem in problems]
        print(
            to_json(
                {"error": {"kind": kind, "message": str(error), "problems": listed}}
            )
        )
    count = f" ({len(problems)} problems)" if len(problems) > 1 else ""
    print(f"mmod: error{count}:\n{error}", file=sys.stderr)
    return error.exit_code


def _bug(error: Exception, *, as_json: bool) -> int:
    what = f"{type(error).__name__}: {error}".replace("\n", " ")
    if as_json:
        print(to_json({"error": {"kind": "bug", "message": what, "problems": []}}))
    print(
        f"mmod: internal error, please report: {what} (--debug shows where)",
        file=sys.stderr,
    )
    return BUG


def _warn(
    message: Warning | str,
    category: type[Warning],  # noqa: ARG001
    filename: str,  # noqa: ARG001
    lineno: int,  # noqa: ARG001
    file: TextIO | None = None,  # noqa: ARG001
    line: str | None = None,  # noqa: ARG001
) -> None:
    print(f"warning: {message}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
