"""The card of a flux model: ``flux_models/<name>/model.toml``, its schema and tables."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from mmod.errors import InputError, Problem, bad
from mmod.library import read_toml

Kind = Literal["debris", "meteoroid"]
AreaConvention = Literal["cross_section", "tumbling_surface"]
Tag = Literal["read", "recalled", "computed", "estimate", "unverified"]
WEAKER: tuple[Tag, ...] = ("read", "computed", "recalled", "estimate", "unverified")
"""Tags from the best to the weakest: of facts that are joined the weakest holds."""
OptionValue = str | float | None
Text = Annotated[str, Field(min_length=1)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
LARGEST_LOG_STDERR = 5.0
"""A law beyond this (a factor of 150 at one standard error) is a slip of the pen."""
LogStderr = Annotated[float, Field(ge=0.0, le=LARGEST_LOG_STDERR, allow_inf_nan=False)]


def weakest_tag(tags: Iterable[str]) -> Tag:
    """Return the weakest of some tags; one that is not known counts as unverified.

    Parameters
    ----------
    tags : iterable of str
        As cards and tables state them; none at all is unverified.

    Returns
    -------
    str
        One of `WEAKER`.
    """
    rank = {str(tag): number for number, tag in enumerate(WEAKER)}
    last = len(WEAKER) - 1
    return WEAKER[max((rank.get(tag, last) for tag in tags), default=last)]


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ValidityRange(_Frozen):
    """Closed range in which a model holds, and what happens outside of it."""

    minimum: Finite
    maximum: Finite
    outside: Literal["refuse", "flag"] = Field(
        description="refuse: an error unless extrapolation is accepted; flag: a flag"
    )
    source: Text
    tag: Tag

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.minimum >= self.maximum:
            raise ValueError("minimum must be below maximum")
        return self

    def contains(self, value: float) -> bool:
        """Return whether a value is inside, up to rounding."""
        low, high = (1e-9 * abs(end) for end in (self.minimum, self.maximum))
        return self.minimum - low <= value <= self.maximum + high


class Option(_Frozen):
    """A choice that a run may make; text from ``choices`` or a number in a range."""

    description: Text
    default: str | Finite | None = Field(
        default=None, union_mode="left_to_right", description="none = not set"
    )
    choices: tuple[str, ...] = ()
    minimum: Finite | None = None
    maximum: Finite | None = None
    unit: str = ""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        numeric = self.minimum is not None and self.maximum is not None
        if bool(self.choices) == numeric:
            raise ValueError("give either choices or both minimum and maximum")
        if self.default is not None and self.refusal(self.default):
            raise ValueError(f"default {self.default!r} is not {self.expected}")
        return self

    @property
    def expected(self) -> str:
        """What the option accepts, in words."""
        if self.choices:
            return "one of " + ", ".join(self.choices)
        unit = f" {self.unit}" if self.unit else ""
        return f"a number from {self.minimum:g} to {self.maximum:g}{unit}"

    def refusal(self, value: object) -> str:
        """Return why a value is refused; an empty string when it is accepted."""
        if self.choices:
            return "" if value in self.choices else self.expected
        if isinstance(value, bool) or not isinstance(value, int | float):
            return self.expected
        low, high = self.minimum, self.maximum
        inside = (
            low is not None
            and high is not None
            and math.isfinite(value)
            and low <= value <= high
        )
        return "" if inside else self.expected


class CardFlag(_Frozen):
    """A caveat that every result of the model carries."""

    code: Text
    message: Text


class Validity(_Frozen):
    """Where the model holds; a range that is not given is not limited."""

    altitude_km: ValidityRange
    inclination_deg: ValidityRange
    epoch_year: ValidityRange | None = None
    diameter_mm: ValidityRange


class UncertaintyLaw(_Frozen):
    """One standard error of the log of the cumulative flux, against diameter.

    ln F(>= d) = ln F0(>= d) + log_stderr(d) z with one normal deviate z for the whole
    model: all sizes, directions, speeds and phases are correlated.
    """

    diameter_mm: tuple[Positive, ...] = Field(min_length=1, description="increasing")
    log_stderr: tuple[LogStderr, ...] = Field(
        min_length=1,
        description="of ln F(>= d): 0.69 is a factor of two; linear in the log of the"
        " diameter between nodes, constant beyond them",
    )
    source: Text = Field(
        description="where the numbers are from, and how they were read"
    )
    tag: Tag

    @model_validator(mode="after")
    def _aligned(self) -> Self:
        if len(self.diameter_mm) != len(self.log_stderr):
            raise ValueError(
                f"{len(self.diameter_mm)} diameters but {len(self.log_stderr)} values"
                " of log_stderr"
            )
        if any(b <= a for a, b in pairwise(self.diameter_mm)):
            raise ValueError("diameter_mm must increase")
        return self


EXTERNAL = "external"
"""Family of the cards that name files of another program."""


class Tolerance(_Frozen):
    """How far a run may be from the orbit and time that external files state."""

    altitude_km: NotNegative = Field(default=25.0, description="beyond perigee, apogee")
    inclination_deg: NotNegative = 1.0
    epoch_year: NotNegative = Field(default=0.5, description="before begin, after end")


class ModelCard(_Frozen):
    """Everything a reader must know of a flux model before believing it."""

    schema_version: Literal[1]
    title: Text
    kind: Kind
    family: Text = Field(description="which implementation computes it")
    citation: tuple[Text, ...] = Field(min_length=1)
    equation: Text
    area_convention: AreaConvention = Field(
        description="of the published numbers; inside everything is cross_section"
    )
    uncertainty: Text
    uncertainty_law: UncertaintyLaw | None = Field(
        default=None,
        description="not needed where external files state their uncertainty",
    )
    licence: Text
    validity: Validity = Field(
        default_factory=Validity.model_construct,
        description="not needed where external files state orbit, epoch and sizes",
    )
    options: dict[str, Option] = {}
    constants: dict[str, Finite | tuple[Finite, ...]] = {}
    tables: dict[str, Text] = {}
    flags: tuple[CardFlag, ...] = ()
    unverified: tuple[Text, ...] = ()
    format: Text | None = Field(default=None, description="of external files")
    path: Text | None = Field(
        default=None, description="external file or folder, relative to the card"
    )
    how_to_get: Text | None = Field(
        default=None, description="where a licensed file comes from"
    )
    tolerance: Tolerance = Tolerance()

    @model_validator(mode="after")
    def _external_or_not(self) -> Self:
        own = ("format", "path", "how_to_get")
        if self.family == EXTERNAL:
            missing = [key for key in own if getattr(self, key) is None]
            if missing:
                raise ValueError(f"an external model needs {', '.join(missing)}")
        else:
            extra = [k for k in (*own, "tolerance") if k in self.model_fields_set]
            if extra:
                raise ValueError(f"only external models have {', '.join(extra)}")
            if "validity" not in self.model_fields_set:
                raise ValueError("a model needs validity")
            if self.uncertainty_law is None:
                raise ValueError("a model needs uncertainty_law")
        return self


def read_card(path: Path) -> ModelCard:
    """Read and check the card of a flux model.

    Parameters
    ----------
    path : Path
        ``model.toml``.

    Returns
    -------
    ModelCard
        The validated card.

    Raises
    ------
    InputError
        With every problem of the card: unknown key, missing key, wrong value.
    """
    try:
        return ModelCard.model_validate(read_toml(path))
    except ValidationError as error:
        raise InputError(
            Problem(
                str(path),
                ".".join(str(part) for part in item["loc"]) or "card",
                _shown(item.get("input")),
                item["msg"][:1].lower() + item["msg"][1:],
            )
            for item in error.errors()
        ) from None


def _shown(value: Any) -> Any:
    return "a table" if isinstance(value, dict) else value


def read_table(
    path: Path, columns: tuple[str, ...], *, key: str
) -> dict[str, NDArray[np.float64]]:
    """Read columns of a CSV table with ``#`` comment lines; empty cells become NaN.

    Parameters
    ----------
    path : Path
        The file.
    columns : tuple of str
        Columns that must be there.
    key : str
        Name of the table in the card, for error messages.

    Returns
    -------
    dict
        Column name -> values, in the unit that the name states.

    Raises
    ------
    InputError
        Missing file, missing column, a cell that is not a number.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise bad(path, f"tables.{key}", str(error), "a readable CSV file") from None
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    reader = csv.DictReader(lines)
    names = reader.fieldnames or ()
    missing = [name for name in columns if name not in names]
    if missing:
        raise bad(path, "columns", list(names), f"the columns {', '.join(columns)}")
    rows = list(reader)
    problems: list[Problem] = []
    table = {name: np.full(len(rows), np.nan) for name in columns}
    for number, row in enumerate(rows):
        for name in columns:
            cell = (row[name] or "").strip()
            try:
                table[name][number] = float(cell) if cell else np.nan
            except ValueError:
                problems.append(
                    Problem(str(path), f"{name}[{number}]", cell, "a number or nothing")
                )
    if not rows:
        problems.append(Problem(str(path), "rows", 0, "at least one row of numbers"))
    if problems:
        raise InputError(problems)
    return table
