"""List what the library holds: runs, vehicles, shields, flux models.

Try:
  mmod list
  mmod list shield

Folders of the environment variable MMOD_PATH come before the shipped library.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from mmod.cli.output import Answer, table
from mmod.errors import InputError
from mmod.library import KINDS, available, read_toml

_HEADINGS = {
    "flux_model": "flux models",
    "vehicle": "vehicles",
    "shield": "shields",
    "materials": "tables of materials",
    "run": "runs",
    "observations": "catalogues of observed damage",
    "case": "observed holes and leaks, case by case",
    "marks": "marks of holes",
    "altitude_table": "altitudes of orbits by year",
    "population": "observed populations",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    parser.add_argument("kind", nargs="?", choices=KINDS, help="only this kind")


def answer(arguments: argparse.Namespace) -> Answer:
    """List one kind, or all."""
    kinds = KINDS if arguments.kind is None else (arguments.kind,)
    found = {kind: definitions(kind) for kind in kinds}
    return Answer(text=lambda: _text(found), document=lambda: found)


def definitions(kind: str) -> list[dict[str, Any]]:
    """Return name, title and path of each definition of a kind."""
    return [
        {"name": name, "title": _title(path), "path": path}
        for name, path in available(kind).items()
    ]


def _title(path: Path) -> str:
    if path.suffix != ".toml":
        return ""
    try:
        return str(read_toml(path).get("title", ""))
    except InputError:
        return "(cannot be read: mmod show tells why)"


def _text(found: dict[str, list[dict[str, Any]]]) -> str:
    blocks = []
    for kind, entries in found.items():
        rows = [(entry["name"], entry["title"]) for entry in entries]
        if rows or len(found) == 1:
            blocks.append(f"{_HEADINGS[kind]}\n{table(rows) or '  none'}")
    return "\n\n".join(blocks)
