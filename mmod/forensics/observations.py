"""Catalogue of observed events: facts as they were reported, and their cases."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmod.errors import InputError, Problem, bad
from mmod.forensics.case import CaseCard, load_case
from mmod.library import available, resolve

COLUMNS = (
    "event_id",
    "vehicle",
    "component_zone",
    "date_found",
    "exposure_days",
    "exposure_note",
    "damage_type",
    "diam_mm",
    "diam_note",
    "depth_mm",
    "material",
    "thickness_mm",
    "official_cause",
    "cause_class",
    "impactor",
    "leak",
    "role",
    "status",
    "sources",
)
_NUMBERS = ("exposure_days", "diam_mm", "depth_mm")


@dataclass(frozen=True)
class Event:
    """A row of the catalogue.

    Parameters
    ----------
    facts : dict of str to str
        Column -> text, as in the file; an empty text where nothing was reported.
    case : str
        Name of the case that asks about it; empty where there is none.
    """

    facts: dict[str, str]
    case: str = ""

    @property
    def identifier(self) -> str:
        """Id of the event, e.g. E01."""
        return self.facts["event_id"]

    @property
    def vehicle(self) -> str:
        """Vehicle."""
        return self.facts["vehicle"]

    @property
    def diameter_mm(self) -> float:
        """Reported size of the damage [mm]; NaN where none was reported."""
        return float(self.facts["diam_mm"] or "nan")


def catalogue(name: str = "events") -> list[Event]:
    """Return the observed events, in the order of the file.

    Parameters
    ----------
    name : str
        A catalogue of the library, or the path of a CSV file with the same columns.

    Returns
    -------
    list of Event
        Events; an event that a case asks about carries the case's name.

    Raises
    ------
    InputError
        With every missing column, repeated or absent id, and number that is none.

    Notes
    -----
    `status` says how well a row is known (verified, partial, memory) and `role` how it
    may be used (positive, negative control, look-alike, ambiguous). Sizes may be those
    of a crater, a spall or a feature and not of a hole: `damage_type`, `diam_note`.
    """
    path = resolve("observations", name, source="<argument>", key="catalogue")
    rows = read_rows(path, COLUMNS)
    problems = [
        Problem(str(path), f"row {i + 2} {key}", row[key], "a number >= 0, or nothing")
        for i, row in enumerate(rows)
        for key in _NUMBERS
        if row[key] and not _is_number(row[key])
    ]
    ids = [row["event_id"] for row in rows]
    problems += [
        Problem(str(path), f"row {i + 2} event_id", one, "an id used once")
        for i, one in enumerate(ids)
        if not one or one in ids[:i]
    ]
    if problems:
        raise InputError(problems)
    asked = {card.event: name for name, card in cases().items()}
    return [Event(row, asked.get(row["event_id"], "")) for row in rows]


def cases() -> dict[str, CaseCard]:
    """Return the cases of the library: name -> card.

    Raises
    ------
    InputError
        With every problem of every card.
    """
    found: dict[str, CaseCard] = {}
    problems: list[Problem] = []
    for name, path in available("case").items():
        try:
            found[name] = load_case(path)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return found


def event(name: str) -> Event:
    """Return an event by its id, its case or its vehicle.

    Parameters
    ----------
    name : str
        ``"E01"``, ``"ms09"`` or ``"Soyuz MS-09"``; case does not matter.

    Returns
    -------
    Event
        The event.

    Raises
    ------
    InputError
        When none fits, or several do.
    """
    events = catalogue()
    wanted = name.strip().casefold()
    for key in ("identifier", "case", "vehicle"):
        fit = [e for e in events if str(getattr(e, key)).casefold() == wanted]
        if len(fit) == 1:
            return fit[0]
        if fit and wanted:
            ids = ", ".join(e.identifier for e in fit)
            raise bad("<argument>", "event", name, f"one event; it may be {ids}")
    named = ", ".join(e.case for e in events if e.case)
    ids = f"{events[0].identifier} to {events[-1].identifier}" if events else "none"
    raise bad(
        "<argument>", "event", name, f"a case ({named}), an id ({ids}), a vehicle"
    )


def case_of(found: Event) -> CaseCard:
    """Return the case that asks about an event.

    Raises
    ------
    InputError
        When the event has none.
    """
    if not found.case:
        named = ", ".join(cases())
        expected = (
            f"an event with a case ({named}); others are facts without a question"
        )
        raise bad("<argument>", "event", found.identifier, expected)
    return load_case(found.case)


def populations(name: str = "populations") -> list[dict[str, str]]:
    """Return the table of observed populations, text as in the file.

    Parameters
    ----------
    name : str
        A table of the library, or the path of a CSV file.

    Returns
    -------
    list of dict
        Column -> text, in the order of the file; `grade` A to D says what it may be
        used for.

    Raises
    ------
    InputError
        When the file has no `pop_id` or `grade`, or lines of another length.
    """
    path = resolve("observations", name, source="<argument>", key="populations")
    return read_rows(path, ("pop_id", "grade", "caveat", "source"))


def read_rows(path: Path, needed: Sequence[str]) -> list[dict[str, str]]:
    """Return the rows of a CSV file; lines that begin with # are remarks.

    Raises
    ------
    InputError
        When it cannot be read, lacks columns, or has lines of another length.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise bad(path, "file", str(error), "a readable file in UTF-8") from None
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    table = csv.DictReader(lines)
    columns = list(table.fieldnames or [])
    problems = [
        Problem(str(path), "columns", columns, f"a column {name}")
        for name in needed
        if name not in columns
    ]
    rows = list(table)
    for i, row in enumerate(rows):
        if None in row or any(v is None for v in row.values()):
            expected = f"{len(columns)} values"
            problems.append(Problem(str(path), f"row {i + 2}", "", expected))
    if problems:
        raise InputError(problems)
    return rows


def _is_number(text: str) -> bool:
    try:
        value = float(text)
    except ValueError:
        return False
    return 0.0 <= value < math.inf


def event_document(found: Event) -> dict[str, Any]:
    """Return an event with its case as plain values for JSON.

    Parameters
    ----------
    found : Event
        An event of the catalogue.

    Returns
    -------
    dict
        The facts as text, and the card of the case (keys carry units), or None.
    """
    card = None
    if found.case:
        card = case_of(found).model_dump(mode="json", by_alias=True)
    return {"facts": found.facts, "case": found.case or None, "card": card}
