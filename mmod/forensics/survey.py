"""Files of observed breaches: one entry a breach, TOML or CSV."""

from __future__ import annotations

import csv
import math
import os
import re
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from mmod.errors import InputError, Problem, bad
from mmod.library import read_toml
from mmod.results.outcome import PENETRATION
from mmod.stats.counts import LARGEST_ERROR
from mmod.units import MM

COLUMNS = ("zone", "diameter_mm", "diameter_error_mm", "low_mm", "high_mm", "date")
"""Columns of the CSV form; only `zone` is mandatory."""
_FIRST_YEAR, _LAST_YEAR = 1957, 2100


def _instant(value: Any) -> Any:
    """Turn dates (midnight UTC) and text in ISO 8601 into instants."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return value
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time(), UTC)
    if isinstance(value, datetime):
        value = value if value.tzinfo else value.replace(tzinfo=UTC)
        if not _FIRST_YEAR <= value.year <= _LAST_YEAR:
            expected = f"a date of {_FIRST_YEAR} to {_LAST_YEAR}"
            raise PydanticCustomError("mmod_date", "{expected}", {"expected": expected})
    return value


Instant = Annotated[datetime, BeforeValidator(_instant)]
Size = Annotated[float, Field(gt=0.0, le=1e4, allow_inf_nan=False)]
Text = Annotated[str, Field(min_length=1)]
LogError = Annotated[float, Field(ge=0.0, le=LARGEST_ERROR, allow_inf_nan=False)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Breach(_Table):
    """One observed breach."""

    zone: Text = Field(description="zone of the results, or a pattern that fits one")
    diameter_mm: Size | None = Field(None, description="size of the hole")
    diameter_error_mm: Size | None = Field(
        None, description="standard error of the size, normal"
    )
    low_mm: Size | None = Field(None, description="least size, if a range is reported")
    high_mm: Size | None = Field(None, description="greatest size of that range")
    date: Instant | None = Field(
        None, description="when it was made or first seen, UTC"
    )
    note: str = ""

    @model_validator(mode="after")
    def _one_size(self) -> Self:
        ends = (self.low_mm is None) + (self.high_mm is None)
        if ends == 1 or (ends == 0 and self.diameter_mm is not None):
            raise ValueError("either diameter_mm or both low_mm and high_mm")
        if self.low_mm is not None and self.high_mm is not None:
            if self.low_mm >= self.high_mm:
                raise ValueError("low_mm below high_mm")
            if self.diameter_error_mm is not None:
                raise ValueError("diameter_error_mm only with diameter_mm")
        if self.diameter_error_mm is not None and self.diameter_mm is None:
            raise ValueError("diameter_error_mm only with diameter_mm")
        return self

    @property
    def size(self) -> float:
        """Size, or the middle of the range [m]; NaN where none is given."""
        if self.low_mm is not None and self.high_mm is not None:
            return 0.5 * (self.low_mm + self.high_mm) * MM
        return math.nan if self.diameter_mm is None else self.diameter_mm * MM

    @property
    def half_range(self) -> float:
        """Half of the reported range [m]; 0 where a single size is given."""
        if self.low_mm is None or self.high_mm is None:
            return 0.0
        return 0.5 * (self.high_mm - self.low_mm) * MM

    @property
    def error(self) -> float:
        """Standard error of the size [m]."""
        return (self.diameter_error_mm or 0.0) * MM


class ErrorCard(_Table):
    """Lognormal errors of the predicted numbers (standard deviations of ln)."""

    debris: LogError | None = None
    meteoroid: LogError | None = None


class Survey(_Table):
    """What was looked at, and what was found."""

    schema_version: Annotated[int, Field(ge=1, le=1)]
    title: Text
    source: Text = Field(description="citation of the observations")
    damage: Text = Field(
        PENETRATION,
        description="what counts: penetration, or an impact class of the run",
    )
    zones: Annotated[list[Text], Field(min_length=1)] = Field(
        default_factory=lambda: ["*"],
        description="zones surveyed; one without a breach counts as zero",
    )
    first: Instant | None = Field(None, description="begin of the window, UTC")
    last: Instant | None = Field(None, description="end of the window, UTC")
    complete_above_mm: Size | None = Field(
        None, description="all breaches of at least this size were found"
    )
    rounding_mm: Annotated[float, Field(ge=0.0, le=1e3, allow_inf_nan=False)] = Field(
        0.0, description="sizes are rounded to multiples of this"
    )
    model_error: ErrorCard = Field(default_factory=ErrorCard)
    breach: list[Breach] = Field(default_factory=list)

    @model_validator(mode="after")
    def _window(self) -> Self:
        if self.first is not None and self.last is not None and self.last <= self.first:
            raise ValueError("last after first")
        return self


def load_survey(path: str | os.PathLike[str]) -> Survey:
    """Read a file of observed breaches.

    Parameters
    ----------
    path : path
        ``.toml`` (keys of `Survey`), or ``.csv`` with a header of `COLUMNS`; lines
        that begin with ``#`` are comments there.

    Returns
    -------
    Survey
        Window, zones and breaches; not yet compared with a result.

    Raises
    ------
    InputError
        Every key that is unknown, missing or wrong, with file and key.
    """
    file = Path(path)
    if file.suffix.lower() == ".csv":
        return parse_survey(_from_csv(file), file)
    return parse_survey(read_toml(file), file)


def parse_survey(content: dict[str, Any], source: str | os.PathLike[str]) -> Survey:
    """Return the survey that a table describes.

    Parameters
    ----------
    content : dict
        Keys of `Survey`.
    source : path
        Where it came from, for messages.

    Returns
    -------
    Survey
        The survey.

    Raises
    ------
    InputError
        Every problem at once.
    """
    try:
        return Survey.model_validate(content)
    except ValidationError as error:
        raise InputError(problems_of(error, source)) from None


def problems_of(
    error: ValidationError, source: str | os.PathLike[str]
) -> list[Problem]:
    """Return the problems of a table in the words of this package."""
    found = []
    for detail in error.errors(include_url=False):
        key = "".join(
            f"[{w}]" if isinstance(w, int) else f".{w}" for w in detail["loc"]
        ).lstrip(".")
        expected = re.sub(r"^(Input should be |Value error, )", "", detail["msg"])
        value: Any = detail["input"]
        if detail["type"] == "missing":
            value, expected = "(absent)", "this key, it is required"
        elif detail["type"] == "extra_forbidden":
            expected = "no such key"
        elif isinstance(value, dict):
            value = {k: v for k, v in value.items() if not isinstance(v, list)}
        found.append(Problem(str(source), key or "file", value, expected))
    return found


def _from_csv(path: Path) -> dict[str, Any]:
    """Return the content of a CSV file as the keys of a survey."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise bad(path, "file", str(error), "a readable file in UTF-8") from None
    lines = [line for line in text.splitlines() if line.strip()]
    comments = [line for line in lines if line.startswith("#")]
    rows = list(csv.reader(line for line in lines if not line.startswith("#")))
    if not rows or "zone" not in rows[0] or not set(rows[0]) <= set(COLUMNS):
        header = rows[0] if rows else "nothing"
        expected = f"a header with zone and any of {', '.join(COLUMNS[1:])}"
        raise bad(path, "header", header, expected)
    twice = sorted({name for name in rows[0] if rows[0].count(name) > 1})
    if twice:
        raise bad(
            path, "header", rows[0], f"each column once; twice: {', '.join(twice)}"
        )
    problems = [
        Problem(str(path), f"row {number}", row, f"{len(rows[0])} cells")
        for number, row in enumerate(rows[1:], 1)
        if len(row) != len(rows[0])
    ]
    if problems:
        raise InputError(problems)
    breaches = [
        {
            key: _cell(key, value.strip())
            for key, value in zip(rows[0], row, strict=True)
            if value.strip()
        }
        for row in rows[1:]
    ]
    source = comments[0].lstrip("# ").strip() if comments else ""
    return {
        "schema_version": 1,
        "title": path.stem,
        "source": source or f"{path.name} (no source is named in it)",
        "breach": breaches,
    }


def _cell(key: str, text: str) -> Any:
    """Return the value of a cell: a number where the column holds one."""
    if not key.endswith("_mm"):
        return text
    try:
        return float(text)
    except ValueError:
        return text


__all__ = ["Breach", "Survey", "load_survey", "parse_survey"]
