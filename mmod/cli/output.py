"""What a verb answers, and how it is printed: text, or one JSON document."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Answer:
    """Answer of a verb; only the asked-for form is made.

    Parameters
    ----------
    text : callable
        Returns the text for people.
    document : callable
        Returns the document for machines.
    exit_code : int
        0, or 3 when a check that the user asked for did not pass.
    """

    text: Callable[[], str]
    document: Callable[[], object]
    exit_code: int = 0


def to_json(document: object) -> str:
    """Return a document as JSON; what is not finite becomes null."""
    return json.dumps(
        plain(document), indent=2, ensure_ascii=False, allow_nan=False, sort_keys=False
    )


def plain(value: Any) -> Any:
    """Return a value made of what JSON knows."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, date):
        return value.isoformat().replace("+00:00", "Z")
    if hasattr(value, "tolist"):  # arrays and scalars of numpy
        return plain(value.tolist())
    if isinstance(value, Iterable):
        return [plain(item) for item in value]
    return str(value)


def table(rows: Sequence[Sequence[object]], *, indent: str = "  ") -> str:
    """Return rows as text in columns: numbers to the right, words to the left."""
    if not rows:
        return ""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = []
    for row, source in zip(cells, rows, strict=True):
        parts = [
            cell.rjust(width) if isinstance(value, int | float) else cell.ljust(width)
            for cell, width, value in zip(row, widths, source, strict=True)
        ]
        lines.append((indent + "  ".join(parts)).rstrip())
    return "\n".join(lines)
