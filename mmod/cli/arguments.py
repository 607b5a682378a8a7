"""Arguments that several verbs share."""

from __future__ import annotations

import argparse
import os
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mmod.errors import InputError, Problem


def add_output(parser: argparse.ArgumentParser, *, default: bool | str = False) -> None:
    """Add ``--json`` and ``--debug``, which every verb has."""
    parser.add_argument(
        "--json",
        action="store_true",
        default=default,
        help="print one JSON document instead of text",
    )
    parser.add_argument(
        "--debug",
        action="store_true",
        default=default,
        help="show where an error came from",
    )


def add_action(
    actions: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    summary: str,
) -> argparse.ArgumentParser:
    """Add what a verb can do, for verbs that do several things.

    ``--json`` and ``--debug`` may stand before or after the name.
    """
    parser = actions.add_parser(name, help=summary, description=summary)
    add_output(parser, default=argparse.SUPPRESS)
    return parser


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Add ``--set``."""
    parser.add_argument(
        "--set",
        dest="settings",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="put a value in place of the run file's, e.g. sampling.samples=1e6 or"
        " phase[0].altitude_km=410 (may be repeated)",
    )


def settings(pairs: Iterable[str]) -> dict[str, Any]:
    """Return the overrides that ``--set`` asks for.

    Parameters
    ----------
    pairs : iterable of str
        ``key=value``; the value as in TOML, where bare words are text.

    Returns
    -------
    dict
        Dotted key -> value.

    Raises
    ------
    InputError
        For what has no ``=``.
    """
    found: dict[str, Any] = {}
    problems = []
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            problems.append(Problem("--set", "argument", pair, "KEY=VALUE"))
            continue
        found[key.strip()] = toml_value(value.strip())
    if problems:
        raise InputError(problems)
    return found


def options_of(
    given: str, listed: str, verb: str, problems: list[Problem]
) -> dict[str, Any]:
    """Return the options of ``NAME:OPTION=VALUE,...``.

    Parameters
    ----------
    given : str
        All of it, for messages.
    listed : str
        What follows the colon.
    verb : str
        Whose argument it is.
    problems : list of Problem
        What has no ``=`` is added to it.

    Returns
    -------
    dict
        Option -> value, as in TOML.
    """
    options: dict[str, Any] = {}
    for pair in filter(None, listed.split(",")):
        key, equals, value = pair.partition("=")
        if not equals:
            problems.append(Problem(verb, given, pair, "OPTION=VALUE"))
            continue
        options[key] = toml_value(value)
    return options


def toml_value(text: str) -> Any:
    """Return a value written as in TOML; anything else is text."""
    try:
        parsed = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text
    return parsed["value"] if list(parsed) == ["value"] else text


def whole_number(text: str) -> int:
    """Return a count of at least one (for argparse)."""
    try:
        count = int(text)
    except ValueError:
        count = 0
    if count < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return count


def folder_of(name_or_path: str) -> Path | None:
    """Return where a path typed by the user starts, or None for a library name.

    The current directory counts for what is written as a path (with a folder separator
    or ``.toml``); a bare name always means the library, so that the same command means
    the same thing everywhere.
    """
    separators = {"/", os.sep}
    is_path = name_or_path.endswith(".toml") or not separators.isdisjoint(name_or_path)
    return Path.cwd() if is_path else None
