"""List shields, show one, or draw its ballistic limit curve.

Try:
  mmod shield list
  mmod shield show node1_cyl
  mmod shield curve node1_cyl --angle 0 45 60 --plot node1.png
  mmod shield curve ./mine.toml --speed 3 7 12 --density 1000
  mmod shield curve jem_ec --tests ./shots --plot jem.png

A curve is the diameter of the smallest sphere that makes the shield fail. Shots at
similar shields are put beside it, scaled to its size: docs/verification.md says what is
similar.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from mmod.cli import shield_curve, show
from mmod.cli.arguments import add_action
from mmod.cli.list import definitions
from mmod.cli.output import Answer, table
from mmod.cli.shield_curve import ANGLES, DENSITY, SPEEDS
from mmod.errors import InputError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the verb."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listed = add_action(actions, "list", "shields with their equation and certainty")
    listed.add_argument(
        "--equations", action="store_true", help="the equations instead"
    )
    shown = add_action(actions, "show", "the card and what it comes to")
    shown.add_argument("name", metavar="NAME", help="name in the library, or a path")
    curve = add_action(actions, "curve", "critical diameter over speed or obliquity")
    curve.add_argument("name", metavar="NAME", help="name in the library, or a path")
    held = curve.add_mutually_exclusive_group()
    held.add_argument(
        "--angle",
        type=float,
        nargs="+",
        metavar="DEG",
        help=f"over speed, at these obliquities ({_words(ANGLES)})",
    )
    held.add_argument(
        "--speed",
        type=float,
        nargs="*",
        metavar="KM_S",
        help=f"over obliquity instead, at these speeds ({_words(SPEEDS)})",
    )
    curve.add_argument(
        "--density",
        type=float,
        default=DENSITY,
        metavar="KG_M3",
        help=f"of the particle ({DENSITY:g})",
    )
    curve.add_argument(
        "--plot", type=Path, metavar="FILE", help="draw it (.png, .pdf or .svg)"
    )
    curve.add_argument(
        "--tests",
        type=Path,
        metavar="FILE_OR_DIR",
        help="shot tables: similar shots beside the curve",
    )


def answer(arguments: argparse.Namespace) -> Answer:
    """List, show or draw."""
    if arguments.action == "show":
        return show.answer(argparse.Namespace(kind="shield", name=arguments.name))
    if arguments.action == "curve":
        return shield_curve.answer(arguments)
    if arguments.equations:
        found = _equations()
        heads: tuple[str, ...] = ("name", "title", "criteria")
    else:
        found = _shields()
        heads = ("name", "equation", "certainty", "areal_density_kg_m2", "title")
    return Answer(
        text=lambda: _columns(found, heads),
        document=lambda: {"equation" if arguments.equations else "shield": found},
    )


def _words(numbers: tuple[float, ...]) -> str:
    return " ".join(f"{n:g}" for n in numbers)


def _equations() -> list[dict[str, Any]]:
    from mmod.shields.equations import EQUATIONS

    return [
        {"name": e.name, "title": e.title, "criteria": e.criteria}
        for e in EQUATIONS.values()
    ]


def _shields() -> list[dict[str, Any]]:
    """Return the shields of the library; those that do not load keep name and title."""
    from mmod.shields import load_shield

    found = []
    for entry in definitions("shield"):
        try:
            shield = load_shield(entry["path"])
        except InputError:
            found.append({**entry, "equation": None})
            continue
        found.append(
            {
                **entry,
                "equation": shield.equation,
                "criterion": shield.criterion,
                "certainty": shield.certainty,
                "areal_density_kg_m2": shield.areal_density,
            }
        )
    return found


def _columns(found: list[dict[str, Any]], heads: tuple[str, ...]) -> str:
    def cell(value: object) -> str:
        if isinstance(value, float):
            return f"{value:8.1f}"
        if isinstance(value, tuple):
            return ", ".join(str(v).replace("_", " ") for v in value)
        return "-" if value is None else str(value)

    words = {"areal_density_kg_m2": "kg/m2"}
    rows = [[words.get(h, h) for h in heads]]
    rows += [[cell(entry.get(h)) for h in heads] for entry in found]
    return table(rows, indent="")
