"""Show a definition, or the schema of its kind.

Try:
  mmod show shield soyuz_bo      the card as written, its path and hash, and what was
                                 understood: critical diameters, range of the tests
  mmod show flux_model nasa91    the same with its cumulative flux
  mmod show run ./my_run
  mmod show schema run           every key with its range, as JSON Schema
"""

from __future__ import annotations

import argparse
import csv
import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmod.cli.arguments import folder_of
from mmod.cli.output import Answer, table
from mmod.errors import bad
from mmod.library import KINDS, read_toml, resolve, sha256
from mmod.units import DEGREE, KM, MM

if TYPE_CHECKING:
    from mmod.flux.card import ValidityRange

SPEEDS = (3.0, 7.0, 10.0, 15.0, 20.0, 30.0)  # [km/s]
ANGLES = (0.0, 45.0)  # [deg]
DENSITIES = (1000.0, 2800.0)  # [kg/m3]
DIAMETERS = (0.01, 0.1, 0.3, 1.0, 3.0, 10.0)  # [mm]
ALTITUDE, INCLINATION, EPOCH = 400.0, 51.6, 2018.5  # [km], [deg], [yr]

SCHEMAS: dict[str, tuple[str, str]] = {
    # kind: module and pydantic model of its card
    "run": ("mmod.config.schema", "RunConfig"),
    "vehicle": ("mmod.geometry.schema", "VehicleCard"),
    "shield": ("mmod.shields.cards", "ShieldCard"),
    "flux_model": ("mmod.flux.card", "ModelCard"),
    "population": ("mmod.forensics.populations", "PopulationCard"),
    "breaches": ("mmod.forensics.survey", "Survey"),
    "case": ("mmod.forensics.case", "CaseCard"),
    "marks": ("mmod.forensics.marks", "MarksCard"),
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
    card = _read(path)
    understood = UNDERSTAND.get(arguments.kind, _nothing)(path)
    return Answer(
        text=lambda: "\n".join(
            [
                f"# {path}\n# sha256 {sha256(path)}\n{card}",
                *(f"# {line}".rstrip() for line in _lines(understood)),
            ]
        ),
        document=lambda: {
            "kind": arguments.kind,
            "name": arguments.name,
            "path": path,
            "sha256": sha256(path),
            "content": _content(path),
            **({"understood": understood} if understood else {}),
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
    kind : {"run", "vehicle", "shield", "flux_model", "case", "marks"}
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


def _nothing(path: Path) -> dict[str, Any]:  # noqa: ARG001
    return {}


def _understand_shield(path: Path) -> dict[str, Any]:
    """Return critical diameters and the range of the tests of a shield card."""
    import numpy as np

    from mmod.shields import load_shield

    shield = load_shield(path)
    if shield.is_none:
        return {"meaning": "no failure defined: casts shadows, impacts are counted"}
    speed, angle, density = np.meshgrid(
        np.array(SPEEDS) * KM, np.array(ANGLES) * DEGREE, DENSITIES, indexing="ij"
    )
    return {
        "meaning": "critical diameter [mm] of a sphere; * outside the tests",
        "speed_km_s": SPEEDS,
        "columns": [
            {"obliquity_deg": a, "density_kg_m3": d} for a in ANGLES for d in DENSITIES
        ],
        "critical_diameter_mm": (
            shield.critical_diameter(speed, angle, density).reshape(len(SPEEDS), -1)
            / MM
        ),
        "inside_tests": shield.valid(speed, angle, density).reshape(len(SPEEDS), -1),
        "range_of_tests": shield.validity.basis if shield.validity else "",
        "vulnerable_fraction": shield.vulnerable_fraction,
    }


def _nearest(wanted: float, valid: ValidityRange | None) -> float:
    """Return the value inside a range of validity that is nearest to the one wanted."""
    if valid is None:
        return wanted
    return min(max(wanted, valid.minimum), valid.maximum)


def _understand_flux(path: Path) -> dict[str, Any]:
    """Return the cumulative flux and the flags of a flux model card."""
    from datetime import UTC, datetime

    import numpy as np

    from mmod.constants import YEAR
    from mmod.flux import load_flux
    from mmod.flux.base import ExposureState

    model = load_flux(str(path))
    sizes = np.array(DIAMETERS) * MM
    validity = model.card.validity
    altitude = _nearest(ALTITUDE, validity.altitude_km)
    inclination = _nearest(INCLINATION, validity.inclination_deg)
    epoch = _nearest(EPOCH, validity.epoch_year)
    state = ExposureState(
        altitude * KM,
        inclination * DEGREE,
        epoch,
        accept_extrapolation=True,
        start=datetime(int(epoch), 1, 1, tzinfo=UTC),  # streams: mean of the year
        end=datetime(int(epoch) + 1, 1, 1, tzinfo=UTC),
    )
    return {
        "meaning": (
            "cross-sectional flux of particles of at least a diameter [1/m2/yr] and"
            f" their density, at {altitude:g} km, {inclination:g} deg, {epoch:g}, with"
            " the options"
        ),
        "altitude_km": altitude,
        "inclination_deg": inclination,
        "epoch_year": epoch,
        "options": model.options,
        "diameter_mm": DIAMETERS,
        "flux_1_m2_yr": model.cumulative(sizes, state) * YEAR,
        "density_kg_m3": model.density(sizes),
        "flags": [flag.message for flag in model.validity(state)],
    }


UNDERSTAND: dict[str, Callable[[Path], dict[str, Any]]] = {
    "shield": _understand_shield,
    "flux_model": _understand_flux,
}
"""What a card comes to, by kind; vehicles and runs have `mmod mesh`, `mmod check`."""


def _lines(understood: dict[str, Any]) -> list[str]:
    """Return what was understood as lines of text."""
    if not understood:
        return []
    lines = ["", understood["meaning"]]
    if "speed_km_s" in understood:
        heads = [
            f"{c['obliquity_deg']:g} deg {c['density_kg_m3']:g} kg/m3"
            for c in understood["columns"]
        ]
        rows: list[tuple[str, ...]] = [("km/s", *(h.rjust(18) for h in heads))]
        for speed, sizes, inside in zip(
            SPEEDS,
            understood["critical_diameter_mm"],
            understood["inside_tests"],
            strict=True,
        ):
            cells = [
                f"{size:.3g}{' ' if fine else '*'}".rjust(18)
                for size, fine in zip(sizes, inside, strict=True)
            ]
            rows.append((f"{speed:4g}", *cells))
        lines += table(rows, indent="").splitlines()
        lines.append(f"range of the tests: {understood['range_of_tests']}")
        if understood["vulnerable_fraction"] < 1.0:
            share = understood["vulnerable_fraction"]
            lines.append(f"vulnerable fraction of the face: {share:g}")
    if "diameter_mm" in understood:
        chosen = ", ".join(f"{k} = {v}" for k, v in understood["options"].items())
        lines[-1] += f" {chosen}" if chosen else " (none)"
        rows = [("mm", "1/m2/yr".rjust(11), "kg/m3".rjust(7))]
        rows += [
            (f"{d:5g}", f"{f:11.3e}", f"{rho:7.4g}")
            for d, f, rho in zip(
                DIAMETERS,
                understood["flux_1_m2_yr"],
                understood["density_kg_m3"],
                strict=True,
            )
        ]
        lines += table(rows, indent="").splitlines()
        lines += [f"flag: {flag}" for flag in understood["flags"]]
    return lines


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
