"""Show a definition, or the schema of its kind.

Try:
  mmod show shield soyuz_bo      the card as written, its path and hash
  mmod show run ./my_run
  mmod show schema run           every key with its range, as JSON Schema
"""

from __future__ import annotations

import argparse
import csv
import importlib
import json
from pathlib import Path
from typing import Any

from mmod.cli.arguments import folder_of
from mmod.cli.output import Answer
from mmod.errors import bad
from mmod.library import KINDS, read_toml, resolve, sha256

SCHEMAS: dict[str, tuple[str, str]] = {
    # kind: module and pydantic model of its card
    "run": ("mmod.config.schema", "RunConfig"),
    "vehicle": ("mmod.geometry.schema", "VehicleCard"),
    "shield": ("mmod.shields.cards", "ShieldCard"),
    "flux_model": ("mmod.flux.card", "ModelCard"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    parser.add_argument("kind", choices=[*KINDS, "schema"], metavar="KIND|schema")
    parser.add_argument("name", metavar="NAME|KIND", help="name or path; or a kind")


def answer(arguments: argparse.Namespace) -> Answer:
    """Show a card, a table or a schema."""
    if arguments.kind == "schema":
        schema = schema_of(arguments.name)
        return Answer(
            text=lambda: json.dumps(schema, indent=2, ensure_ascii=False),
            document=lambda: schema,
        )
    path = find(arguments.kind, arguments.name)
    return Answer(
        text=lambda: f"# {path}\n# sha256 {sha256(path)}\n{_read(path)}",
        document=lambda: {
            "kind": arguments.kind,
            "name": arguments.name,
            "path": path,
            "sha256": sha256(path),
            "content": _content(path),
        },
    )


def find(kind: str, name: str) -> Path:
    """Return the file of a definition: a name in the library, or a typed path."""
    return resolve(
        kind, name, relative_to=folder_of(name), source="<argument>", key=kind
    )


def schema_of(kind: str) -> dict[str, Any]:
    """Return the JSON Schema of the cards of a kind.

    Parameters
    ----------
    kind : {"run", "vehicle", "shield", "flux_model"}
        Kind of definition.

    Raises
    ------
    InputError
        For another kind.
    """
    if kind not in SCHEMAS:
        raise bad("<argument>", "schema", kind, f"one of {', '.join(SCHEMAS)}")
    module, name = SCHEMAS[kind]
    model = getattr(importlib.import_module(module), name)
    schema: dict[str, Any] = model.model_json_schema()
    return schema


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise bad(path, "file", str(error), "a readable file in UTF-8") from None


def _content(path: Path) -> object:
    if path.suffix == ".toml":
        return read_toml(path)
    lines = [line for line in _read(path).splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines))
