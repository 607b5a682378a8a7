"""Aligned text of risk tables: columns, cells, blocks of a given width."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from mmod.results.numbers import interval, near_one, percent, rounded
from mmod.results.outcome import PENETRATION

Row = dict[str, Any]


@dataclass(frozen=True)
class Column:
    """One column of a printed table.

    Parameters
    ----------
    title : str
        Heading, with the unit.
    text : callable
        Row -> cell.
    left : bool
        Aligned to the left (names) instead of the right (numbers).
    """

    title: str
    text: Callable[[Row], str]
    left: bool = False


def risk_columns(
    kind: str, damage: Sequence[str], *, by_flux: bool = True
) -> list[Column]:
    """Return the columns of the table of zones or modules.

    Parameters
    ----------
    kind : str
        What a row is: heading of the first column.
    damage : sequence of str
        Labels of the damage classes, penetration among them.
    by_flux : bool
        Whether the rows know the interval by flux model.

    Returns
    -------
    list of Column
        From the name to the extrapolated fraction.
    """
    impacts = [d for d in damage if d != PENETRATION]
    return [
        Column(kind, lambda r: str(r["name"]), left=True),
        Column("exposed m²", _exposed),
        *[Column(f"N {d.removeprefix('impact')}", _impacts(d)) for d in impacts],
        Column("penetrations", _penetrations),
        Column("std.err.", _error),
        Column("PNP [95 % interval]", _pnp),
        *([Column("N by flux model", _by_flux)] if by_flux else []),
        Column("share", lambda r: percent(r["share"], 3)),
        Column("debris", lambda r: percent(r["debris"])),
        Column("meteoroid", lambda r: percent(r["meteoroid"])),
        Column("main dir.", lambda r: str(r["direction"]) or "-", left=True),
        Column("extrap.", lambda r: percent(r["extrapolated_fraction"])),
    ]


def layout(
    columns: Sequence[Column], rows: Sequence[Row], total: Row | None, width: int | None
) -> str:
    """Return rows as aligned text, with a rule before the totals row."""
    body = [*rows, *([total] if total is not None else [])]
    cells = [[c.title, *(c.text(r) for r in body)] for c in columns]
    widths = [max(len(t) for t in column) for column in cells]
    blocks: list[list[int]] = [[0]]
    for index in range(1, len(columns)):
        used = sum(widths[i] + 2 for i in blocks[-1]) + widths[index]
        if width is not None and used > width and len(blocks[-1]) > 1:
            blocks.append([0])
        blocks[-1].append(index)
    texts = []
    for block in blocks:
        lines = []
        for line in range(len(body) + 1):
            parts = [
                cells[i][line].ljust(widths[i])
                if columns[i].left
                else cells[i][line].rjust(widths[i])
                for i in block
            ]
            lines.append("  ".join(parts).rstrip())
        rule = "-" * (sum(widths[i] + 2 for i in block) - 2)
        lines.insert(1, rule)
        if total is not None:
            lines.insert(len(lines) - 1, rule)
        texts.append("\n".join(lines))
    return "\n\n".join(texts)


def _impacts(label: str) -> Callable[[Row], str]:
    def text(row: Row) -> str:
        value, error = row["impacts"][label], row["impacts_stderr"][label]
        if value == 0.0 and error > 0.0:
            return f"<{3.0 * error:.1g}"
        return rounded(value, error)

    return text


def _exposed(row: Row) -> str:
    return rounded(row["exposed_area"], row["exposed_area_stderr"])


def _penetrations(row: Row) -> str:
    value, error = row["penetrations"], row["penetrations_stderr"]
    if value == 0.0 and error > 0.0:
        return f"<{row['penetrations_upper']:.1g}"
    return rounded(value, error)


def _error(row: Row) -> str:
    value, error = row["penetrations"], row["penetrations_stderr"]
    if math.isnan(value):
        return "-"
    if value == 0.0:
        return "unseen" if error > 0.0 else "exact"
    return percent(error / value) if error > 0.0 else "<0.01 %"


def _by_flux(row: Row) -> str:
    low, high = row["penetrations_model_lower"], row["penetrations_model_upper"]
    return interval(low, high)


def _pnp(row: Row) -> str:
    if math.isnan(row["penetrations"]):
        return "-"
    return near_one(row["pnp"], row["pnp_lower"], row["pnp_upper"])
