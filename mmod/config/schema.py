"""The run file's schema: exposure, environment, damage, shields and sampling.

Keys carry their unit (``altitude_km``); the properties of the models give SI.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    PrivateAttr,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    field_validator,
    model_serializer,
    model_validator,
)
from pydantic_core import PydanticCustomError

from mmod.config import consistency
from mmod.config.fields import (
    CROSS_ERROR,
    Expect,
    altitude_hint,
    as_integer,
    as_tuple,
    diameter_hint,
    element_sets,
    element_size,
    fraction_hint,
    instant,
    option,
    refuse,
)
from mmod.units import DEGREE, KM, MM

SCHEMA_VERSION = 1
FIRST_YEAR, LAST_YEAR = 1957, 2100
DEFAULT_RELATIVE_ERROR = 0.01

_ANGLE = Expect("an angle of -360 to 360 deg")
_INSTANT = Expect(
    f"a TOML date or date-time of {FIRST_YEAR} to {LAST_YEAR} (UTC unless it has an offset)"
)


class _Table(BaseModel):
    """A table of the run file: unknown keys refused, types strict, values finite."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False
    )


Instant = Annotated[datetime, BeforeValidator(instant), _INSTANT]
Angle = Annotated[float, Field(ge=-360.0, le=360.0), _ANGLE]
Name = Annotated[str, Field(min_length=1)]


class Phase(_Table):
    """One stretch of the exposure: an orbit and a fixed attitude.

    The orbit is given in one of four ways: ``altitude_km`` with ``inclination_deg``,
    ``tle``, ``oem`` or ``altitude_table``.
    """

    name: Annotated[
        str, Field(description="shown in tables"), Expect("the phase's name, as text")
    ] = ""
    start: Annotated[Instant, Field(description="beginning, UTC"), _INSTANT]
    end: Annotated[Instant, Field(description="end, UTC, after the start"), _INSTANT]
    altitude_km: Annotated[
        Annotated[float, Field(ge=100.0, le=2000.0)] | None,
        Field(description="altitude of a circular orbit above 6378 km [km]"),
        Expect("an altitude of 100 to 2000 km above 6378 km", altitude_hint),
    ] = None
    inclination_deg: Annotated[
        Annotated[float, Field(ge=0.0, le=180.0)] | None,
        Field(description="inclination of the orbit [deg], beside altitude_km"),
        Expect("an inclination of 0 to 180 deg"),
    ] = None
    right_ascension_deg: Annotated[
        Annotated[float, Field(ge=-360.0, le=360.0)] | None,
        Field(
            description="right ascension of the ascending node in the middle of the"
            " phase, equator of date [deg], beside altitude_km; only models with"
            " directions among the stars use it"
        ),
        _ANGLE,
    ] = None
    tle: Annotated[
        str | tuple[str, ...] | None,
        PlainValidator(
            element_sets, json_schema_input_type=str | tuple[str, ...] | None
        ),
        PlainSerializer(lambda value: value, return_type=Any),
        Field(
            description="two-line element sets of one object, in place of altitude_km:"
            " a file (path relative to the run file), or their lines"
        ),
        Expect("the path of a file of element sets, or an array of their lines"),
    ] = None
    oem: Annotated[
        Name | None,
        Field(
            description="CCSDS Orbit Ephemeris Message (KVN), in place of altitude_km:"
            " path relative to the run file"
        ),
        Expect("the path of a CCSDS OEM file"),
    ] = None
    altitude_table: Annotated[
        Name | None,
        Field(
            description="altitude by calendar year, in place of altitude_km: a table of"
            " the library, or the path of one"
        ),
        Expect("the name of a table of altitudes or its path"),
    ] = None
    yaw_deg: Annotated[
        Angle, Field(description="about nadir, first [deg]; +90 turns +X to starboard")
    ] = 0.0
    pitch_deg: Annotated[
        Angle, Field(description="second [deg]; +90 turns +X to zenith")
    ] = 0.0
    roll_deg: Annotated[
        Angle, Field(description="third [deg]; +90 turns +Y to nadir")
    ] = 0.0

    @model_serializer(mode="wrap")
    def _without_absent(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # so that runs of before have the digest they had
        return {key: value for key, value in dump(self).items() if value is not None}

    @field_validator("start", "end")
    @classmethod
    def _within_the_space_age(cls, value: datetime) -> datetime:
        if not FIRST_YEAR <= value.year <= LAST_YEAR:
            raise refuse(_INSTANT.text)
        return value

    @field_validator("end")
    @classmethod
    def _after_start(cls, value: datetime, info: ValidationInfo) -> datetime:
        start = info.data.get("start")
        if start is not None and value <= start:
            what = "zero duration" if value == start else "it ends before it starts"
            raise refuse(f"an end after the start {consistency.utc(start)} ({what})")
        return value

    @property
    def duration(self) -> float:
        """Length of the phase [s]."""
        return (self.end - self.start).total_seconds()

    @property
    def epoch(self) -> float:
        """Decimal year of the middle of the phase (UTC; a year counts its own days)."""
        return decimal_year(self.start + (self.end - self.start) / 2)

    @property
    def altitude(self) -> float | None:
        """Altitude of a circular orbit above 6378 km [m]; None: another source."""
        return None if self.altitude_km is None else self.altitude_km * KM

    @property
    def inclination(self) -> float | None:
        """Inclination of a circular orbit [rad]; None: another source."""
        return None if self.inclination_deg is None else self.inclination_deg * DEGREE

    @property
    def right_ascension(self) -> float | None:
        """Right ascension of the node in the middle of the phase [rad], if given."""
        node = self.right_ascension_deg
        return None if node is None else node * DEGREE

    @property
    def attitude(self) -> tuple[float, float, float]:
        """Yaw, pitch and roll [rad]."""
        return (
            self.yaw_deg * DEGREE,
            self.pitch_deg * DEGREE,
            self.roll_deg * DEGREE,
        )


class Environment(_Table):
    """One flux model; keys beyond these are options of that model."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Annotated[Any, AfterValidator(option)]]

    model: Annotated[
        Name,
        Field(description="flux model: a name in the library or the path of a card"),
        Expect("the name of a flux model or the path of its card"),
    ]
    kind: Annotated[
        Literal["debris", "meteoroid"],
        Field(description="population; must agree with the model's card"),
        Expect('"debris" or "meteoroid"'),
    ]
    label: Annotated[
        str,
        Field(description="name in the results; the model's name if empty"),
        Expect("a label, as text"),
    ] = ""
    in_total: Annotated[
        bool,
        Field(description="false: an alternative, shown beside the total"),
        Expect("true or false"),
    ] = True
    accept_outside_validity: Annotated[
        bool,
        Field(description="true: extrapolate outside the model's validity, flagged"),
        Expect("true or false"),
    ] = False

    @property
    def name(self) -> str:
        """Label in the results: ``label``, else the name of the model."""
        return consistency.label_of(self.label, self.model)

    @property
    def options(self) -> dict[str, Any]:
        """Options handed to the flux model."""
        return dict(self.__pydantic_extra__ or {})


Diameter = Annotated[
    float,
    Field(ge=1.0e-3, le=1.0e3),
    Expect("a diameter of 0.001 to 1000 mm", diameter_hint),
]


class Damage(_Table):
    """Which impacts are counted beside penetrations."""

    impact_diameters_mm: Annotated[
        tuple[Diameter, ...],
        BeforeValidator(as_tuple),
        Field(min_length=1, description="impacts of at least these sizes [mm]"),
        Expect("an increasing array of diameters of 0.001 to 1000 mm"),
    ] = (0.1, 1.0, 10.0)

    @field_validator("impact_diameters_mm")
    @classmethod
    def _increasing(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if any(b <= a for a, b in pairwise(value)):
            raise refuse("diameters in increasing order, each once")
        return value

    @property
    def impact_diameters(self) -> tuple[float, ...]:
        """Thresholds of the impact counts [m]."""
        return tuple(d * MM for d in self.impact_diameters_mm)


class Sampling(_Table):
    """How much is sampled."""

    target_relative_error: Annotated[
        Annotated[float, Field(ge=1.0e-4, le=0.5)] | None,
        Field(
            description="standard error / expected number of each zone that carries"
            f" >= 0.1 % of the risk; default {DEFAULT_RELATIVE_ERROR} without `samples`",
        ),
        Expect("a fraction of 0.0001 to 0.5", fraction_hint),
    ] = None
    replicates: Annotated[
        int,
        BeforeValidator(as_integer),
        Field(ge=16, le=64, description="independent randomised replicates"),
        Expect("a whole number of 16 to 64 replicates"),
    ] = 16
    max_samples: Annotated[
        int,
        BeforeValidator(as_integer),
        Field(
            ge=1000, le=10**12, description="stop here even if the target is not met"
        ),
        Expect("a whole number of 1000 to 1e12 samples"),
    ] = 200_000_000
    target_for: Annotated[
        Literal["total", "every_model"],
        Field(
            description="whose zones count, for target_relative_error and for sharing out"
            " `samples`: those of the total, or of every flux model, alternatives too"
        ),
        Expect('"total" or "every_model"'),
    ] = "total"
    samples: Annotated[
        Annotated[int, Field(ge=1, le=10**12)] | None,
        BeforeValidator(as_integer),
        Field(description="total number of samples"),
        Expect("a whole number of samples, at least one a replicate, at most 1e12"),
    ] = None
    events_per_zone: Annotated[
        int,
        BeforeValidator(as_integer),
        Field(ge=0, le=10_000, description="weighted events kept for each zone"),
        Expect("a whole number of 0 to 10000 events"),
    ] = 256

    @model_validator(mode="before")
    @classmethod
    def _default_target(cls, raw: Any) -> Any:
        if not isinstance(raw, dict):
            return raw
        given = [raw.get(key) for key in ("target_relative_error", "samples")]
        if given == [None, None]:
            return {**raw, "target_relative_error": DEFAULT_RELATIVE_ERROR}
        return raw

    @field_validator("samples")
    @classmethod
    def _one_stop_rule(cls, value: int | None, info: ValidationInfo) -> int | None:
        if value is None:
            return value
        if info.data.get("target_relative_error") is not None:
            raise refuse("either target_relative_error or samples, not both")
        if value < info.data.get("replicates", 0):
            raise refuse(f"at least one sample a replicate ({info.data['replicates']})")
        if value > info.data.get("max_samples", value):
            raise refuse(f"at most max_samples = {info.data['max_samples']}")
        return value


class RunConfig(_Table):
    """A run: a vehicle put into an environment for an exposure.

    Notes
    -----
    Build it with `mmod.load_run` or `mmod.config.parse_run`: they report every problem
    at once as `mmod.errors.InputError`. The names of the fields are the keys of the file.
    """

    schema_version: Annotated[
        int,
        Field(ge=1, le=SCHEMA_VERSION, description="version of this schema"),
        Expect(f"{SCHEMA_VERSION}, the version that this program reads"),
    ]
    title: Annotated[
        Name, Field(description="one line for tables"), Expect("a title, as text")
    ]
    vehicle: Annotated[
        Name,
        Field(description="vehicle: a name in the library or the path of a card"),
        Expect("the name of a vehicle or the path of its card"),
    ]
    seed: Annotated[
        int,
        Field(ge=0, lt=2**32, description="key of the random streams"),
        Expect("a whole number of 0 to 4294967295"),
    ] = 0
    shadowing: Annotated[
        Literal["solidity", "opaque", "absent"],
        Field(
            description="thin structures: partly see-through, opaque, or their shadows"
            " left out (their own hits stay)"
        ),
        Expect('"solidity", "opaque" or "absent"'),
    ] = "solidity"
    element_size_m: Annotated[
        float | dict[str, float] | None,
        PlainValidator(
            element_size, json_schema_input_type=float | dict[str, float] | None
        ),
        Field(description="mesh size [m]: one for all, or a table zone or module -> m"),
        Expect("an element size of 0.001 to 100 m"),
    ] = None
    phase: Annotated[
        tuple[Phase, ...],
        BeforeValidator(as_tuple),
        Field(min_length=1, description="phases of the exposure, summed"),
        Expect("one or more [[phase]] tables"),
    ]
    environment: Annotated[
        tuple[Environment, ...],
        BeforeValidator(as_tuple),
        Field(min_length=1, description="flux models"),
        Expect("one or more [[environment]] tables"),
    ]
    damage: Annotated[Damage, Expect("a [damage] table")] = Damage()
    shields: Annotated[
        dict[
            Name,
            Annotated[Name, Expect("the name of a shield or the path of its card")],
        ],
        Field(
            description="zone name or pattern (* and ?) -> shield, over the vehicle's"
        ),
        Expect("a table of zone name or pattern -> shield card"),
    ] = Field(default_factory=dict)
    sampling: Annotated[
        Sampling, Field(validate_default=True), Expect("a [sampling] table")
    ] = Field(default_factory=lambda: Sampling.model_validate({}))

    _path: Path | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        found = consistency.contradictions(self.model_dump())
        if found:
            raise PydanticCustomError(CROSS_ERROR, "contradiction", {"problems": found})
        return self

    @property
    def path(self) -> Path | None:
        """The run file, or None for a run made in memory."""
        return self._path

    @property
    def folder(self) -> Path | None:
        """Folder of the run file: where its relative paths start."""
        return None if self._path is None else self._path.parent

    @property
    def name(self) -> str:
        """Short name: of the folder of a ``run.toml``, else of the file."""
        if self._path is None:
            return "run"
        stem = self._path.stem
        return (self._path.parent.name or stem) if stem == "run" else stem

    @property
    def duration(self) -> float:
        """Total exposure [s]."""
        return sum(phase.duration for phase in self.phase)

    def canonical_json(self) -> str:
        """Return the run with all defaults resolved, keys sorted, as compact JSON."""
        return json.dumps(
            self.model_dump(mode="json"),
            sort_keys=True,
            separators=(",", ":"),
            ensure_ascii=False,
            allow_nan=False,
        )

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the run that `canonical_json` wrote (as stored in results).

        Parameters
        ----------
        text : str
            JSON of a run, units as in its keys.

        Returns
        -------
        RunConfig
            The run, without the path of a file.

        Raises
        ------
        pydantic.ValidationError
            When the text is not JSON or not a run.
        """
        return cls.model_validate_json(text)

    @property
    def sha256(self) -> str:
        """SHA-256 of `canonical_json`: equal for runs that ask for the same thing."""
        return hashlib.sha256(self.canonical_json().encode()).hexdigest()


def decimal_year(moment: datetime) -> float:
    """Return an instant as a decimal year, UTC.

    Parameters
    ----------
    moment : datetime
        Instant with an offset.

    Returns
    -------
    float
        Year plus the elapsed fraction of that year [yr]; a leap year counts 366 days.
    """
    moment = moment.astimezone(UTC)
    begin = datetime(moment.year, 1, 1, tzinfo=UTC)
    length = datetime(moment.year + 1, 1, 1, tzinfo=UTC) - begin
    return moment.year + (moment - begin) / length


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a run file (for editors and for `mmod show`)."""
    return RunConfig.model_json_schema()
