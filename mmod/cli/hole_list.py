"""The catalogue of observed events as text: a list, one event."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mmod.cli.output import table
from mmod.units import HOUR, MM

if TYPE_CHECKING:
    from mmod.forensics.case import CaseCard
    from mmod.forensics.leaks import Interval
    from mmod.forensics.observations import Event

_WIDTH = 88
_LABEL = 14
_FACTS = (
    ("vehicle", "vehicle"),
    ("where", "component_zone"),
    ("found", "date_found"),
    ("damage", "damage_type"),
    ("size", "diam_note"),
    ("material", "material"),
    ("cause", "official_cause"),
    ("impactor", "impactor"),
    ("leak", "leak"),
    ("role", "role"),
    ("status", "status"),
    ("sources", "sources"),
)


def list_text(events: Sequence[Event]) -> str:
    """Return the catalogue as a table: id, case, vehicle, date, size, role, status."""
    rows: list[tuple[str, ...]] = [
        ("id", "case", "vehicle", "found", "size [mm]", "role", "status")
    ]
    rows += [
        (
            e.identifier,
            e.case or "-",
            e.vehicle,
            e.facts["date_found"] or "-",
            e.facts["diam_mm"] or "-",
            e.facts["role"],
            e.facts["status"],
        )
        for e in events
    ]
    return (
        "Observed events: facts as reported. Sizes are of the damage, not always of a"
        " hole, and\nhave the uncertainty of their source (mmod hole show EVENT).\n\n"
        + table(rows)
    )


def list_document(events: Sequence[Event]) -> list[dict[str, Any]]:
    """Return the catalogue as plain values for JSON."""
    return [{"case": e.case or None, **e.facts} for e in events]


def show_text(found: Event) -> str:
    """Return an event and its case as text."""
    lines = [f"{found.identifier}  {found.vehicle}"]
    for label, key in _FACTS:
        if found.facts.get(key):
            lines += _labelled(label, found.facts[key])
    if found.case:
        from mmod.forensics.observations import case_of

        lines += ["", f"case {found.case}", *case_lines(case_of(found))]
    else:
        lines += ["", "no case: facts without a question to a result"]
    return "\n".join(lines)


def case_lines(card: CaseCard) -> list[str]:
    """Return what a case asks, as lines of text."""
    lines = _labelled("title", card.title)
    window = card.window
    lines += _labelled(
        "window",
        f"{window.start:%Y-%m-%d %H:%M} to {window.first_seen:%Y-%m-%d %H:%M} UTC"
        f" ({window.years * 365.25:.4g} d), time censored in between; {window.source}",
    )
    asked = f"{card.run}: {', '.join(card.zones)}" if card.run else "no run covers it"
    lines += _labelled("run, zones", asked)
    if card.zone_note:
        lines += _labelled("", card.zone_note)
    if card.size is not None:
        low, high = card.size.reported_mm
        lines += _labelled("size", f"{low:g} to {high:g} mm, of: {card.size.of}")
        for said in card.size.statement:
            spread = " to ".join(f"{v:g}" for v in dict.fromkeys(said.diameter_mm))
            lines += _labelled("", f"{spread} mm: {said.who} ({said.source})")
        for name, (least, most) in sorted(card.size.likelihood.items()):
            odds = f"P(size | {name}) {least:g} to {most:g}"
            lines += _labelled("", f"{odds}; {card.size.source}")
        if card.size.note:
            lines += _labelled("", card.size.note)
    if card.wall is not None and card.wall.thickness_mm is not None:
        low, high = card.wall.thickness_mm
        lines += _labelled("wall", f"{low:g} to {high:g} mm; {card.wall.source}")
    if card.leak is not None:
        lines += _labelled("leak", "; ".join(_leak_parts(card)))
        lines += _labelled("", f"source: {card.leak.source}")
        if card.leak.note:
            lines += _labelled("", card.leak.note)
    lines += _labelled("marks", card.marks or "none published")
    for rate in card.alternative:
        lines += _labelled(
            "rate",
            f"{rate.hypothesis}: {rate.events} in {rate.exposure:g} x {rate.unit}"
            f" (Gamma(0.5 + n, E)); {rate.source}",
        )
    for one in card.class_:
        years = "no exposure stated"
        if one.exposure_years is not None:
            spread = " to ".join(f"{v:g}" for v in dict.fromkeys(one.exposure_years))
            years = f"{spread} yr of exposure"
        kind = "declared" if one.declared_before else "post hoc"
        lines += _labelled("class", f"{one.name}: {years} ({kind}); {one.source}")
    for text in card.unknown:
        lines += _labelled("unknown", text)
    if card.note:
        lines += _labelled("note", card.note)
    return lines


def _leak_parts(card: CaseCard) -> list[str]:
    """Return what the leak of a case comes to, a sentence a finding."""
    from mmod.forensics.leak_report import leak_report

    leak, found = card.leak, leak_report(card)
    if leak is None or found is None:
        return []
    parts = [found.rate_text] if found.rate_text else []
    if found.diameter is not None:
        parts.append(f"effective diameter {_millimetres(found.diameter)}")
    if found.fit is not None:
        parts.append(found.fit.sentence)
    if leak.isolated is not None and found.isolated is not None:
        one = leak.isolated
        parts.append(
            f"isolated: {one.first[0]:g} to {one.last[0]:g} {one.unit} in"
            f" {one.duration_h[0]:g} h, time constant {found.isolated / HOUR:.1f} h from"
            " the printed digits; without the volume no diameter follows"
        )
    parts.append(found.history.sentence)
    if found.history.route:
        parts.append(f"routed to: {found.history.route}")
    return parts


def _millimetres(value: Interval) -> str:
    low, middle, high = (v / MM for v in (value.low, value.central, value.high))
    return f"{middle:.2f} mm [{low:.2f}, {high:.2f}] over the ranges"


def _labelled(label: str, text: str) -> list[str]:
    """Return a text wrapped behind a label."""
    return textwrap.wrap(
        text,
        width=_WIDTH,
        initial_indent=f"  {label:<{_LABEL - 3}} ",
        subsequent_indent=" " * _LABEL,
        break_long_words=False,
        break_on_hyphens=False,
    )
