"""The scores as rows, as a CSV file and as one document."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mmod.errors import bad
from mmod.verification.score import Scored
from mmod.verification.shots import ShotTable

RULE = (
    "A shot is predicted to perforate if its diameter is at least the critical diameter"
    " of its shield, obliquity, speed and density. false-safe: perforated, not"
    " predicted; false-fail: predicted, not perforated. Intervals: exact binomial, 95 %,"
    " shots taken as independent. Criteria that include detached spall are scored"
    " against perforation, which raises false-fail by an unknown amount."
)
_SHARES = ("correct", "false_safe", "false_fail")
_SOURCE = "source"


def rows(scored: Sequence[Scored]) -> list[dict[str, Any]]:
    """Return one row for every case and group of shots.

    Parameters
    ----------
    scored : sequence of Scored
        What was scored.

    Returns
    -------
    list of dict
        Database, equation, rows, kind and name of the group, numbers of shots and
        confusion counts, percentages with their 95 % limits, and the majority baseline:
        what always giving the commoner outcome would score.
    """
    found = []
    for one in scored:
        for kind, label, score in one.groups():
            outcome, number = score.majority
            row: dict[str, Any] = {
                "database": one.case.database,
                "equation": one.case.equation,
                "rows": one.case.rows,
                "group": kind,
                "label": label,
                "shots": score.n,
                "true_positive": score.true_positive,
                "true_negative": score.true_negative,
                "false_safe": score.false_safe,
                "false_fail": score.false_fail,
            }
            for name, values in score.percent().items():
                for key, value in zip(("", "_lower", "_upper"), values, strict=True):
                    row[f"{name}_percent{key}"] = value
            row["majority"] = outcome
            row["majority_percent"] = 100.0 * number / score.n
            found.append(row)
    return found


def document(
    tables: Mapping[str, ShotTable], scored: Sequence[Scored]
) -> dict[str, Any]:
    """Return rule, files with their conventions, and all rows.

    Parameters
    ----------
    tables : mapping
        Name of the database to its table.
    scored : sequence of Scored
        What was scored.
    """
    return {
        "rule": RULE,
        "tables": [
            {
                "database": name,
                "title": table.database.title,
                "path": table.path,
                "sha256": table.sha256,
                "shots": len(table.shots),
                "conventions": list(table.database.conventions),
            }
            for name, table in tables.items()
        ],
        "left_out": [
            {
                "database": one.case.database,
                "equation": one.case.equation,
                "rows": one.case.rows,
                "reason": reason,
                "shots": number,
            }
            for one in scored
            for reason, number in one.left_out.items()
        ],
        "scores": rows(scored),
    }


def write_csv(file: str | os.PathLike[str], scored: Sequence[Scored]) -> Path:
    """Write the rows as CSV.

    Parameters
    ----------
    file : path
        File to write; its folder must exist.
    scored : sequence of Scored
        What was scored.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        When it cannot be written.
    """
    path = Path(file)
    table = rows(scored)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(table[0]), lineterminator="\n")
    writer.writeheader()
    for row in table:
        writer.writerow(
            {k: f"{v:.2f}" if isinstance(v, float) else v for k, v in row.items()}
        )
    try:
        path.write_text(text.getvalue(), encoding="utf-8")
    except OSError as error:
        raise bad(
            path, "output", error.strerror, "a file that can be written"
        ) from None
    return path


def blocks(
    tables: Mapping[str, ShotTable], scored: Sequence[Scored], *, sources: bool = False
) -> list[tuple[str, list[list[str]], list[str]]]:
    """Return a heading, a table of text and notes for each database.

    Parameters
    ----------
    tables : mapping
        Name of the database to its table.
    scored : sequence of Scored
        What was scored.
    sources : bool
        Also one line a source.
    """
    found = []
    for name, table in tables.items():
        ours = [one for one in scored if one.case.database == name]
        if not ours:
            continue
        cells = [_HEAD]
        for one in ours:
            cells += _lines(one, sources=sources)
        notes = [f"{line}." for line in table.database.conventions]
        notes += sorted(
            {
                f"{one.case.name}: {count} left out, {reason}."
                for one in ours
                for reason, count in one.left_out.items()
            }
        )
        notes += dict.fromkeys(_baseline(one) for one in ours)
        title = f"{table.database.title}: {table.path.name}, {len(table.shots)} shots"
        found.append((title, cells, notes))
    return found


def _baseline(one: Scored) -> str:
    score = one.score()
    outcome, number = score.majority
    share = f"{100.0 * number / score.n:.1f} % correct"
    return f"always saying '{outcome}' would be {share} on {score.n} shots."


_HEAD = [
    "equation",
    "shots".rjust(5),
    "TP".rjust(4),
    "TN".rjust(4),
    "f-safe".rjust(6),
    "f-fail".rjust(6),
    "correct % [95 %]".rjust(18),
    "false-safe % [95 %]".rjust(19),
    "false-fail % [95 %]".rjust(19),
]


def _lines(one: Scored, *, sources: bool) -> list[list[str]]:
    lines = []
    widths = (4, 4, 6, 6)
    for kind, label, score in one.groups():
        if kind == _SOURCE and not sources:
            continue
        name = one.case.name if kind == "all" else f"    {label}"
        counts = (
            score.true_positive,
            score.true_negative,
            score.false_safe,
            score.false_fail,
        )
        percent = score.percent()
        shares = [
            f"{a:5.1f} [{b:4.1f}, {c:4.1f}]".rjust(19 if i else 18)
            for i, (a, b, c) in enumerate(percent[s] for s in _SHARES)
        ]
        lines.append(
            [
                name,
                f"{score.n:5d}",
                *(f"{c:{w}d}" for c, w in zip(counts, widths, strict=True)),
                *shares,
            ]
        )
    return lines
