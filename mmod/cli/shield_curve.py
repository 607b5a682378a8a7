"""Curves of `mmod shield curve`: numbers, what they rest on, similar shots."""

from __future__ import annotations

import argparse
import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmod.cli.arguments import folder_of
from mmod.cli.output import Answer, table
from mmod.errors import InputError, Problem, bad
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


def answer(arguments: argparse.Namespace) -> Answer:
    """Compute the curves and draw them where that is asked for."""
    from mmod.shields import load_shield
    from mmod.shields.curves import against_obliquity, against_speed

    _check(arguments)
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
            certainty=_certainty(shield),
            shots=shots,
            note=_blanket(shield) if shots else "",
            file=arguments.plot,
        )
    return Answer(
        text=lambda: _text(shield, curves, shots, tested, arguments.plot),
        document=lambda: _document(shield, curves, shots, tested, arguments.plot),
    )


def _check(arguments: argparse.Namespace) -> None:
    """Refuse numbers out of range in the words and units of the command line."""
    below = math.nextafter(math.inf, 0.0)
    least = math.nextafter(0.0, 1.0)
    asked = (
        ("--angle", arguments.angle or (), 0.0, 90.0, "an obliquity of 0 to 90 deg"),
        ("--speed", arguments.speed or (), least, below, "a finite speed above 0 km/s"),
        (
            "--density",
            (arguments.density,),
            least,
            below,
            "a finite density above 0 kg/m3",
        ),
    )
    problems = [
        Problem(option, "argument", value, expected)
        for option, values, low, high, expected in asked
        for value in values
        if not low <= value <= high
    ]
    if problems:
        raise InputError(problems)


def _equation_title(shield: Shield) -> str:
    """Return the title of the equation with its tags, as ``[estimate]``."""
    from mmod.shields.equations import EQUATIONS

    equation = EQUATIONS.get(shield.equation)
    return "an equation of the user's own" if equation is None else equation.title


def _certainty(shield: Shield) -> str:
    """Return the certainty of the card, and the tags of the equation."""
    words = [shield.certainty]
    tags = " ".join(re.findall(r"\[[^]]*\]", _equation_title(shield)))
    if tags:
        words.append(f"equation {tags}")
    if shield.vulnerable_fraction < 1.0:
        share = f"{shield.vulnerable_fraction:g}"
        words.append(f"vulnerable fraction of the face {share}")
    return ", ".join(words)


def _similar(
    shield: Shield, arguments: argparse.Namespace
) -> tuple[list[SimilarShot], str | None]:
    """Return the similar shots, and in one line where they come from."""
    if arguments.tests is None:
        return [], None
    from mmod.verification.shots import read_folder, read_shots
    from mmod.verification.similar import database_of, similar_shots, suspect_note

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
    notes = (suspect_note(shots), _blanket(shield) if shots else "")
    return shots, "; ".join([found, *(note for note in notes if note)])


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
        f"{shield.equation}: {_equation_title(shield)}",
        f"failure: {shield.criterion.replace('_', ' ')}",
        f"certainty: {shield.certainty}; source: {shield.source}",
        *([f"note: {shield.card.notes}"] if shield.card.notes else []),
        *(
            [f"vulnerable fraction of the face: {shield.vulnerable_fraction:g}"]
            if shield.vulnerable_fraction < 1.0
            else []
        ),
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
        suspect = sum(s.suspect for s in of)
        if of:
            line = f"  {_held(curves, curve)}: {len(of)}, {perforated} perforated"
            lines.append(f"{line}, {suspect} enlarged" if suspect else line)
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
        "equation_title": _equation_title(shield),
        "criterion": shield.criterion,
        "certainty": shield.certainty,
        "source": shield.source,
        "notes": shield.card.notes,
        "vulnerable_fraction": shield.vulnerable_fraction,
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
        from mmod.verification.similar import suspect_note

        found["tests"] = tested
        found["suspect_shots"] = {
            "shots": sum(s.suspect for s in shots),
            "note": suspect_note(shots),
        }
        found["similar_shots"] = [
            {
                "source": s.shot.source,
                "line": s.shot.line,
                "speed_km_s": s.shot.value("velocity") / KM,
                "obliquity_deg": s.shot.value("angle") / DEGREE,
                "scale": s.scale,
                "diameter_suspect_factor": s.factor,
                "scaled_diameter_mm": s.diameter / MM,
                "perforated": s.perforated,
            }
            for s in shots
        ]
    if plot is not None:
        found["written"] = plot
    return found
