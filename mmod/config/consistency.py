"""Contradictions between fields of a run: orbits, overlaps, totals, labels.

They are looked for in plain tables, also in ones that hold other mistakes, so that a
reader learns of everything at once. What cannot be judged because of another mistake
is passed over here: that mistake has its own message.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any

from mmod.config.fields import as_utc

RESERVED_LABELS = ("debris", "meteoroid", "total")
"""Labels of sums in the dimension ``environment`` of the results."""

ORBITS = ("altitude_km", "tle", "oem", "altitude_table")
"""Keys of a phase that give its orbit; exactly one is wanted."""

Contradiction = tuple[str, object, str]
"""Dotted key, value, expectation."""


def utc(moment: datetime) -> str:
    """Return an instant in ISO 8601, UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def contradictions(raw: Mapping[str, Any]) -> list[Contradiction]:
    """Return what contradicts itself in a run.

    Parameters
    ----------
    raw : mapping
        The run as read from TOML (or dumped from a `RunConfig`).

    Returns
    -------
    list of (key, value, expectation)
        Empty when the tables fit each other.
    """
    phases = _tables(raw.get("phase"))
    environments = _tables(raw.get("environment"))
    return [
        *_orbits(raw.get("phase")),
        *_overlaps(phases),
        *_labels(environments),
        *_totals(environments),
    ]


def _tables(value: object) -> list[Mapping[str, Any]]:
    if not isinstance(value, list | tuple):
        return []
    return [item if isinstance(item, Mapping) else {} for item in value]


def _orbits(value: object) -> Iterator[Contradiction]:
    """Yield phases without an orbit, or with more than one."""
    for index, phase in enumerate(value if isinstance(value, list | tuple) else ()):
        if not isinstance(phase, Mapping):
            continue
        given = [key for key in ORBITS if phase.get(key) is not None]
        beside = [
            key
            for key in ("inclination_deg", "right_ascension_deg")
            if phase.get(key) is not None
        ]
        if not given:
            wanted = "an altitude of 100 to 2000 km above 6378 km (the key is missing)"
            others = ", ".join(ORBITS[1:])
            yield f"phase[{index}].altitude_km", None, f"{wanted}, or one of {others}"
            given = ["altitude_km"]  # most likely meant
        for key in given[1:]:
            wanted = f"one way to give the orbit: {given[0]} is there too"
            yield f"phase[{index}].{key}", phase[key], wanted
        if given[:1] == ["altitude_km"] and "inclination_deg" not in beside:
            wanted = "an inclination of 0 to 180 deg (the key is missing)"
            yield f"phase[{index}].inclination_deg", None, wanted
        if given and given[0] != "altitude_km":
            for key in beside:
                wanted = f"no such key beside {given[0]}, which gives it"
                if given[0] == "altitude_table" and key == "right_ascension_deg":
                    wanted = "no such key beside altitude_table: no node is known"
                yield f"phase[{index}].{key}", phase[key], wanted


def _overlaps(phases: list[Mapping[str, Any]]) -> Iterator[Contradiction]:
    spans = []
    for index, phase in enumerate(phases):
        start, end = as_utc(phase.get("start")), as_utc(phase.get("end"))
        if start is not None and end is not None and end > start:
            spans.append((start, end, index))
    spans.sort()
    latest: tuple[datetime, int] | None = None
    for start, end, index in spans:
        if latest is not None and start < latest[0]:
            wanted = (
                f"a start not before the end of phase[{latest[1]}], {utc(latest[0])}"
            )
            yield f"phase[{index}].start", utc(start), f"{wanted} (the phases overlap)"
        if latest is None or end > latest[0]:
            latest = (end, index)


def label_of(label: str, model: str) -> str:
    """Return the label of an environment: given, or from the model's name or path."""
    if label or not model.endswith(".toml"):
        return label or PurePath(model).name
    path = PurePath(model)
    return (path.parent.name or path.stem) if path.stem == "model" else path.stem


def _label(environment: Mapping[str, Any]) -> str | None:
    label, model = environment.get("label", ""), environment.get("model")
    if not isinstance(label, str) or not isinstance(model, str):
        return None
    return label_of(label, model)


def _labels(environments: list[Mapping[str, Any]]) -> Iterator[Contradiction]:
    seen: dict[str, int] = {}
    for index, environment in enumerate(environments):
        label = _label(environment)
        if label is None:
            continue
        key = f"environment[{index}].label"
        if label in RESERVED_LABELS:
            yield key, label, f"a label other than {', '.join(RESERVED_LABELS)}"
        if label in seen:
            wanted = f"a label of its own: environment[{seen[label]}] has the same"
            yield key, label, f"{wanted} (give one of them `label`)"
        seen.setdefault(label, index)


def _totals(environments: list[Mapping[str, Any]]) -> Iterator[Contradiction]:
    chosen: dict[str, int] = {}
    judged = bool(environments)
    for index, environment in enumerate(environments):
        in_total, kind = environment.get("in_total", True), environment.get("kind")
        if not isinstance(in_total, bool) or kind not in {"debris", "meteoroid"}:
            judged = False
        elif in_total and kind in chosen:
            wanted = f"false: environment[{chosen[kind]}] is already the {kind} model"
            key = f"environment[{index}].in_total"
            yield key, True, f"{wanted} of the total, others are alternatives"
        elif in_total:
            chosen[kind] = index
    if judged and not chosen:
        yield (
            "environment",
            [_label(environment) for environment in environments],
            "a debris or a meteoroid model with in_total = true",
        )
