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
from typing import TYPE_CHECKING, Any

from mmod.cli import show
from mmod.cli.arguments import add_action, folder_of
from mmod.cli.list import definitions
from mmod.cli.output import Answer, table
from mmod.errors import InputError, bad
from mmod.units import DEGREE, KM, MM

if TYPE_CHECKING:
    from mmod.shields import Shield
    from mmod.shields.curves import Curve, Curves
    from mmod.verification.similar import SimilarShot

ANGLES = (0.0, 30.0, 45.0, 60.0)  # [deg]
SPEEDS = (3.0, 7.0, 10.0, 15.0)  # [km/s]
DENSITY = 2800.0  # [kg/m3]
ROWS = {  # of the text
    "speed": (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 12.0, 15.0, 20.0),  # [km/s]
    "obliquity": (0.0, 15.0, 30.0, 45.0, 60.0, 65.0, 75.0, 85.0),  # [deg]
}


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
        return _curve(arguments)
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


def _curve(arguments: argparse.Namespace) -> Answer:
    from mmod.shields import load_shield
    from mmod.shields.curves import against_obliquity, against_speed

    name = arguments.name
    shield = load_shield(name, relative_to=folder_of(name))
    if shield.is_none:
        expected = "a shield with an equation: nothing fails here"
        raise bad(shield.path, "equation", shield.equation, expected)
    if arguments.speed is None:
        angles = [a * DEGREE for a in arguments.angle or ANGLES]
        curves = against_speed(shield, angles, arguments.density)
    else:
        speeds = [v * KM for v in arguments.speed or SPEEDS]
        curves = against_obliquity(shield, speeds, arguments.density)
    shots, tested = _similar(shield, arguments)
    if arguments.plot is not None:
        from mmod.plot import draw_curves

        draw_curves(
            curves,
            title=f"{shield.name}: {shield.title} ({shield.equation})",
            criterion=shield.criterion,
            shots=shots,
            note=_blanket(shield) if shots else "",
            file=arguments.plot,
        )
    return Answer(
        text=lambda: _text(shield, curves, shots, tested, arguments.plot),
        document=lambda: _document(shield, curves, shots, tested, arguments.plot),
    )


def _similar(
    shield: Shield, arguments: argparse.Namespace
) -> tuple[list[SimilarShot], str | None]:
    """Return the similar shots, and in one line where they come from."""
    if arguments.tests is None:
        return [], None
    from mmod.verification.shots import read_folder, read_shots
    from mmod.verification.similar import database_of, similar_shots

    if arguments.tests.is_dir():
        tables = read_folder(arguments.tests)
    else:
        one = read_shots(arguments.tests)
        tables = {one.database.name: one}
    family = database_of(shield)
    if family is None:
        return [], f"no table of shots exists for {shield.equation}"
    if family not in tables:
        return [], f"no {family} shots in {arguments.tests}"
    shots = similar_shots(shield, tables, density=arguments.density)
    table_ = tables[family]
    found = f"{len(shots)} of {len(table_.shots)} in {table_.path} are similar"
    note = _blanket(shield) if shots else ""
    return shots, f"{found}; {note}" if note else found


def _blanket(shield: Shield) -> str:
    """Return a warning where the shield has a blanket, empty otherwise."""
    has = any(layer.role == "blanket" for layer in shield.layers)
    return "this shield has a blanket, which is not compared" if has else ""


def _held(curves: Curves, curve: Curve) -> str:
    if curves.against == "speed":
        return f"{curve.held / DEGREE:.3g} deg"
    return f"{curve.held / KM:.3g} km/s"


def _text(
    shield: Shield,
    curves: Curves,
    shots: list[SimilarShot],
    tested: str | None,
    plot: Path | None,
) -> str:
    import numpy as np

    over_speed = curves.against == "speed"
    unit, word = (KM, "km/s") if over_speed else (DEGREE, "deg")
    held = [curve.held for curve in curves.curves]
    x, h = np.meshgrid(np.array(ROWS[curves.against]) * unit, held, indexing="ij")
    speed, angle = (x, h) if over_speed else (h, x)
    sizes = shield.critical_diameter(speed, angle, curves.density) / MM
    valid = shield.valid(speed, angle, curves.density)
    heads = [_held(curves, c).rjust(10) for c in curves.curves]
    rows = [[word.rjust(5), *heads]]
    for value, line, inside in zip(ROWS[curves.against], sizes, valid, strict=True):
        cells = [
            f"{d:.3g}{' ' if fine else '*'}".rjust(10)
            for d, fine in zip(line, inside, strict=True)
        ]
        rows.append([f"{value:5g}", *cells])
    lines = [
        f"{shield.name}: {shield.title}",
        f"{shield.equation}, failure: {shield.criterion.replace('_', ' ')}",
        (
            f"critical diameter [mm] of a sphere of {curves.density:g} kg/m3;"
            " * outside the tests"
        ),
        "",
        table(rows, indent=""),
        "",
    ]
    for curve in curves.curves:
        borders, others = curve.borders, np.setdiff1d(curve.breaks, curve.borders)
        for what, where in (
            (f"borders of {' | '.join(curve.regimes)}", borders),
            ("further kinks or jumps" if borders.size else "kinks or jumps", others),
        ):
            if where.size:
                at = ", ".join(f"{b / unit:.3g}" for b in where)
                lines.append(f"{_held(curves, curve)}: {what} at {at} {word}")
    if shield.validity is not None:
        lines.append(f"range of the tests: {shield.validity.basis}")
    if tested is not None:
        lines.append(f"shots: {tested}")
        lines += _by_curve(curves, shots)
    if plot is not None:
        lines.append(f"written: {plot}")
    return "\n".join(lines)


def _by_curve(curves: Curves, shots: list[SimilarShot]) -> list[str]:
    """Return the number of similar shots that belong to each curve."""
    from mmod.verification.similar import near

    lines = []
    for curve in curves.curves:
        of = near(shots, curves.against, curve.held)
        perforated = sum(s.perforated for s in of)
        if of:
            lines.append(
                f"  {_held(curves, curve)}: {len(of)}, {perforated} perforated"
            )
    return lines


def _document(
    shield: Shield,
    curves: Curves,
    shots: list[SimilarShot],
    tested: str | None,
    plot: Path | None,
) -> dict[str, Any]:
    over_speed = curves.against == "speed"
    unit, other = (KM, DEGREE) if over_speed else (DEGREE, KM)
    x, held = "speed_km_s", "obliquity_deg"
    if not over_speed:
        x, held = held, x
    found: dict[str, Any] = {
        "shield": shield.name,
        "path": shield.path,
        "equation": shield.equation,
        "criterion": shield.criterion,
        "density_kg_m3": curves.density,
        "range_of_tests": shield.validity.basis if shield.validity else "",
        "curves": [
            {
                held: curve.held / other,
                x: curve.x / unit,
                "critical_diameter_mm": curve.diameter / MM,
                "inside_tests": curve.valid,
                "breaks": curve.breaks / unit,
                "regime_borders": curve.borders / unit,
                "regimes": curve.regimes,
            }
            for curve in curves.curves
        ],
    }
    if tested is not None:
        found["tests"] = tested
        found["similar_shots"] = [
            {
                "source": s.shot.source,
                "line": s.shot.line,
                "speed_km_s": s.shot.value("velocity") / KM,
                "obliquity_deg": s.shot.value("angle") / DEGREE,
                "scale": s.scale,
                "scaled_diameter_mm": s.diameter / MM,
                "perforated": s.perforated,
            }
            for s in shots
        ]
    if plot is not None:
        found["written"] = plot
    return found
