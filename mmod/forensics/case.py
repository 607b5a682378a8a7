"""Card of an observed hole or leak: where, when, how large, what speaks for what."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from mmod.config.fields import as_utc
from mmod.constants import YEAR
from mmod.forensics._fields import (
    ALTERNATIVES,
    ByHypothesis,
    Hectopascal,
    Kelvin,
    Positive,
    Probability,
    Share,
    Table,
    Text,
    parse,
)
from mmod.forensics.leaks import FLOW_UNITS, PRESSURE_UNITS, RATE_UNITS
from mmod.library import read_toml, resolve
from mmod.units import MM


def _instant(value: Any) -> Any:
    """Turn a TOML date or date-time into UTC; a date is its first moment."""
    moment = as_utc(value)
    return value if moment is None else moment


def _share(value: Any) -> Any:
    """Accept a share up to 1, or [low, high]."""
    both = value if isinstance(value, list | tuple) else [value, value]
    numbers = len(both) == 2 and all(
        isinstance(v, int | float) and not isinstance(v, bool) for v in both
    )
    if not (numbers and 0.0 < both[0] <= both[1] <= 1.0):
        what = "a share or [low, high] with 0 < low <= high <= 1"
        raise PydanticCustomError("mmod_range", "{what}", {"what": what})
    return (float(both[0]), float(both[1]))


Instant: TypeAlias = Annotated[datetime, BeforeValidator(_instant)]


class WindowCard(Table):
    """When it can have happened; the time is censored between two moments."""

    launch: Instant
    last_known_intact: Instant | None = Field(
        None, description="a later moment at which it was seen to be whole"
    )
    first_seen: Instant
    note: str = ""
    source: Text

    @model_validator(mode="after")
    def _in_order(self) -> WindowCard:
        if not self.start < self.first_seen:
            raise ValueError("launch (or last_known_intact) before first_seen")
        if self.start < self.launch:
            raise ValueError("last_known_intact at or after launch")
        return self

    @property
    def start(self) -> datetime:
        """Last moment at which it was whole: launch where nothing later is known."""
        return self.last_known_intact or self.launch

    @property
    def years(self) -> float:
        """Length of the window [yr]."""
        return (self.first_seen - self.start).total_seconds() / YEAR


class StatementCard(Table):
    """One statement of a size."""

    diameter_mm: Positive
    who: Text
    source: Text


class SizeCard(Table):
    """Reported size of the hole and how likely it is without an impact."""

    reported_mm: Positive
    of: Literal["entry hole", "inner wall", "unclear", "opening"] = Field(
        description="what was measured; a clean entry hole alone can be inverted"
    )
    statement: list[StatementCard] = Field(min_length=1)
    particle_mm: Positive | None = Field(
        None,
        description="particle that somebody claims made it, with the source in note",
    )
    likelihood: ByHypothesis = Field(
        default_factory=dict,
        description="P(size in the reported range | alternative); impacts: the engine",
    )
    other: Probability | None = Field(None, description="the same, unnamed sources")
    source: str = Field("", description="where these come from, with their tag")
    note: str = ""

    @model_validator(mode="after")
    def _no_impact(self) -> SizeCard:
        if any(h not in ALTERNATIVES for h in self.likelihood):
            raise ValueError("alternatives only: the engine gives that of impacts")
        if self.likelihood and (self.other is None or not self.source):
            raise ValueError("other and source beside the likelihoods")
        return self

    @property
    def diameter(self) -> tuple[float, float]:
        """Reported range [m]."""
        return self.reported_mm[0] * MM, self.reported_mm[1] * MM

    @property
    def particle(self) -> tuple[float, float] | None:
        """Claimed particle [m]."""
        if self.particle_mm is None:
            return None
        return self.particle_mm[0] * MM, self.particle_mm[1] * MM


class WallCard(Table):
    """What is known of the wall itself."""

    thickness_mm: Positive | None = None
    material: str = ""
    source: Text


class FlowCard(Table):
    """A dated flow of a leak, its range that of the printed digits at least."""

    date: Instant
    flow: Positive
    unit: Literal[FLOW_UNITS]  # type: ignore[valid-type]
    source: Text


class IsolatedCard(Table):
    """Two pressures of an isolated volume."""

    first: Positive
    last: Positive
    unit: Literal[tuple(PRESSURE_UNITS)]  # type: ignore[valid-type]
    duration_h: Positive
    source: Text

    @model_validator(mode="after")
    def _falling(self) -> IsolatedCard:
        if not self.first[0] > self.last[1]:
            raise ValueError("first above last: the pressure fell")
        return self


class LeakCard(Table):
    """A leak: rate with its unit, volume, history."""

    rate: Positive | None = None
    rate_unit: Literal[RATE_UNITS] | None = None  # type: ignore[valid-type]
    volume_m3: Positive | None = None
    temperature_kelvin: Kelvin = (293.0, 297.0)
    pressure_hpa: Hectopascal = (1013.0, 1013.0)
    discharge: Positive = (0.6, 0.85)
    onset: Literal["sudden", "gradual", "unknown"] = "unknown"
    flow: list[FlowCard] = Field([])
    isolated: IsolatedCard | None = None
    note: str = ""
    source: Text

    @model_validator(mode="after")
    def _unit_goes_with_rate(self) -> LeakCard:
        if (self.rate is None) != (self.rate_unit is None):
            raise ValueError(
                "rate and rate_unit together: a bare number has no meaning"
            )
        if self.discharge[1] > 1.0:
            raise ValueError("discharge up to 1")
        return self


class AlternativeCard(Table):
    """History of a fleet from which the rate of an alternative follows."""

    hypothesis: Literal[ALTERNATIVES]  # type: ignore[valid-type]
    events: Annotated[int, Field(ge=0)]
    exposure: Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
    unit: Text
    share: Annotated[tuple[float, float], BeforeValidator(_share)] = Field(
        (1.0, 1.0), description="part of a unit that is this zone and window"
    )
    source: Text
    note: str = ""


class ClassCard(Table):
    """A class of zones and times around the event, from narrow to wide."""

    name: Text
    exposure_years: Positive | None = Field(
        None, description="exposure of all members; absent where nobody has stated it"
    )
    area_factor: Positive = (1.0, 1.0)
    declared_before: bool = False
    source: Text


class PairCard(Table):
    """Another event of the same kind, close in time."""

    event: Text = Field(description="id in the catalogue of events")
    first_seen: Instant
    duration_years: Annotated[float, Field(gt=0.0, le=200.0)] = Field(
        description="time over which such events would have been noticed"
    )
    source: Text


class CaseCard(Table):
    """An observed hole or leak, as a question to a result."""

    schema_version: Literal[1]
    title: Text
    event: Text = Field(description="id in the catalogue of events")
    vehicle: Text
    run: str = Field("", description="run of the library that covers it, if any")
    zones: list[Text] = Field([], description="patterns of zones of that run")
    zone_note: str = ""
    window: WindowCard
    size: SizeCard | None = None
    wall: WallCard | None = None
    leak: LeakCard | None = None
    marks: str = Field("", description="file of marks, if any were published")
    hole_model: str = Field("", description="hole model by name; empty: the shield's")
    other_weight: Share = (0.01, 0.05)
    alternative: list[AlternativeCard] = Field([])
    class_: list[ClassCard] = Field([], alias="class")
    pair: PairCard | None = None
    unknown: list[Text] = Field([], description="what nobody has published")
    note: str = ""

    @model_validator(mode="after")
    def _run_with_zones(self) -> CaseCard:
        if bool(self.run) != bool(self.zones):
            raise ValueError("run and zones together, or neither")
        if self.pair is not None and self.pair.first_seen == self.window.first_seen:
            raise ValueError("a pair of two moments: first_seen is the same")
        return self


def load_case(
    name_or_path: str | os.PathLike[str], *, relative_to: Path | None = None
) -> CaseCard:
    """Read the card of a case.

    Parameters
    ----------
    name_or_path : str or path
        A case of the library (``"ms09"``) or the path of a card.
    relative_to : Path, optional
        Folder against which a relative path is taken.

    Returns
    -------
    CaseCard
        The case.

    Raises
    ------
    InputError
        With every problem of the card.
    """
    name = os.fspath(name_or_path)
    path = resolve(
        "case", name, relative_to=relative_to, source="<argument>", key="case"
    )
    return parse_case(read_toml(path), path=path)


def parse_case(content: dict[str, Any], *, path: str | Path = "<case>") -> CaseCard:
    """Return the case that a table describes.

    Parameters
    ----------
    content : dict
        What a card holds, as `tomllib` returns it.
    path : str or Path
        File for error messages.

    Returns
    -------
    CaseCard
        The case.

    Raises
    ------
    InputError
        With every problem found.
    """
    return parse(CaseCard, content, path)
