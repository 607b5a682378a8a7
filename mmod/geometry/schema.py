"""Schema of a vehicle card: what `vehicle.toml` may say, and errors in its terms."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from mmod.errors import InputError, Problem
from mmod.library import read_toml

NAME = r"^[a-z0-9][a-z0-9_]*$"
CERTAINTY = r"^(definition|[SME](\+[SME])*)$"

Finite: TypeAlias = Annotated[float, Field(allow_inf_nan=False)]
Length: TypeAlias = Annotated[float, Field(gt=0.0, le=1000.0, allow_inf_nan=False)]
Radius: TypeAlias = Annotated[float, Field(ge=0.0, le=1000.0, allow_inf_nan=False)]
ElementSize: TypeAlias = Annotated[float, Field(ge=1e-3, le=100.0)]
Vector: TypeAlias = Annotated[list[Finite], Field(min_length=3, max_length=3)]
Degrees: TypeAlias = Annotated[float, Field(ge=-360.0, le=360.0)]
Name: TypeAlias = Annotated[str, Field(pattern=NAME)]
Text: TypeAlias = Annotated[str, Field(min_length=1)]
Certainty: TypeAlias = Annotated[str, Field(pattern=CERTAINTY)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class SectorCard(_Table):
    """A share of the faces of a part that is a zone of its own.

    One of three selections: ``from_deg``, ``to_deg`` (azimuth about the axis, from u
    towards v); ``direction``, ``half_angle_deg``; ``end`` (a cap).
    """

    name: Name
    shield: Text | None = None
    from_deg: Degrees | None = None
    to_deg: Degrees | None = None
    direction: Vector | None = None
    half_angle_deg: Annotated[float, Field(gt=0.0, le=180.0)] | None = None
    end: Literal["first", "second", "both"] | None = None
    certainty: Certainty | None = None
    source: Text | None = None
    note: str = ""

    @model_validator(mode="after")
    def _one_selection(self) -> SectorCard:
        azimuth = (self.from_deg is not None, self.to_deg is not None)
        cone = (self.direction is not None, self.half_angle_deg is not None)
        chosen = [any(azimuth), any(cone), self.end is not None]
        complete = all(azimuth) or all(cone) or self.end is not None
        if sum(chosen) != 1 or not complete:
            raise ValueError(
                "exactly one of: from_deg with to_deg; direction with"
                " half_angle_deg; end"
            )
        if (
            self.from_deg is not None
            and self.to_deg is not None
            and not 0.0 < self.to_deg - self.from_deg <= 360.0
        ):
            raise ValueError("from_deg < to_deg <= from_deg + 360")
        if self.direction is not None and math.hypot(*self.direction) < 1e-9:
            raise ValueError("a direction that is not zero")
        return self


class _Part(_Table):
    module: Name
    name: Name
    position_m: Vector
    axis: Vector = [0.0, 0.0, 1.0]
    u: Vector | None = None
    shield: Text
    certainty: Certainty
    source: Text
    note: str = ""
    articulation: str = ""
    pressurised: bool = False
    solidity: Annotated[float, Field(gt=0.0, le=1.0)] = 1.0
    thin: bool = False
    free_only: bool = False
    element_size_m: ElementSize | None = None
    sector: list[SectorCard] = []

    @model_validator(mode="after")
    def _axes(self) -> _Part:
        size = math.hypot(*self.axis)
        if size < 1e-9:
            raise ValueError("an axis that is not zero")
        if self.u is not None:
            along = sum(a * b for a, b in zip(self.axis, self.u, strict=True))
            if math.hypot(*self.u) < 1e-9 or abs(along) > 1e-6 * size * math.hypot(
                *self.u
            ):
                raise ValueError("u not zero and perpendicular to axis")
        if self.sector and self.shape in ("panel", "disk"):  # type: ignore[attr-defined]
            raise ValueError("no sectors on a sheet (panel, disk)")
        return self


class CylinderCard(_Part):
    """Closed cylinder; position: centre of the first end."""

    shape: Literal["cylinder"]
    length_m: Length
    radius_m: Length

    @property
    def side_area(self) -> float:
        """Area of the curved side [m2]."""
        return 2.0 * math.pi * self.radius_m * self.length_m


class FrustumCard(_Part):
    """Closed conical frustum; position: centre of the first end."""

    shape: Literal["frustum"]
    length_m: Length
    radius_m: Radius
    radius_2_m: Radius

    @model_validator(mode="after")
    def _not_a_line(self) -> FrustumCard:
        if self.radius_m == self.radius_2_m == 0.0:
            raise ValueError("at least one radius > 0")
        return self

    @property
    def side_area(self) -> float:
        """Area of the conical side [m2]."""
        slant = math.hypot(self.length_m, self.radius_2_m - self.radius_m)
        return math.pi * (self.radius_m + self.radius_2_m) * slant


class DomeCard(_Part):
    """Closed half spheroid; position: centre of the base, axis: to the pole."""

    shape: Literal["dome"]
    length_m: Length
    radius_m: Length

    @property
    def side_area(self) -> float:
        """Area of the curved side [m2]."""
        from mmod.geometry.shapes import half_spheroid_area

        return half_spheroid_area(self.radius_m, self.length_m)


class SphereCard(_Part):
    """Sphere; position: centre."""

    shape: Literal["sphere"]
    radius_m: Length

    @property
    def side_area(self) -> float:
        """Area [m2]."""
        return 4.0 * math.pi * self.radius_m**2


class BoxCard(_Part):
    """Closed box; position: centre; sizes along u, v and the axis."""

    shape: Literal["box"]
    size_m: Annotated[list[Length], Field(min_length=3, max_length=3)]

    @property
    def side_area(self) -> float:
        """Area of all six faces [m2]."""
        a, b, c = self.size_m
        return 2.0 * (a * b + b * c + c * a)


class PanelCard(_Part):
    """Two-sided rectangle; position: centre; axis: normal; sizes along u and v."""

    shape: Literal["panel"]
    size_m: Annotated[list[Length], Field(min_length=2, max_length=2)]

    @property
    def side_area(self) -> float:
        """Area of one side [m2]."""
        return self.size_m[0] * self.size_m[1]


class DiskCard(_Part):
    """Two-sided disk; position: centre; axis: normal."""

    shape: Literal["disk"]
    radius_m: Length

    @property
    def side_area(self) -> float:
        """Area of one side [m2]."""
        return math.pi * self.radius_m**2


class MeshFileCard(_Part):
    """Triangles read from a file; position and axes: where its origin goes."""

    shape: Literal["mesh"]
    file: Text
    unit_m: Annotated[float, Field(gt=0.0, le=1e4, allow_inf_nan=False)]
    closed: bool = True

    @property
    def side_area(self) -> float:
        """Not known before the file is read [m2]."""
        return math.nan


PartCard: TypeAlias = (
    CylinderCard
    | FrustumCard
    | DomeCard
    | SphereCard
    | BoxCard
    | PanelCard
    | DiskCard
    | MeshFileCard
)
SHAPES: dict[str, type[_Part]] = {
    "cylinder": CylinderCard,
    "frustum": FrustumCard,
    "dome": DomeCard,
    "sphere": SphereCard,
    "box": BoxCard,
    "panel": PanelCard,
    "disk": DiskCard,
    "mesh": MeshFileCard,
}


class IncludeCard(_Table):
    """Parts of another card, placed in this one.

    ``x_axis`` and ``y_axis`` say where the +X and +Y of that card point here;
    ``roll_deg`` then turns it about its own +X, from +Y towards +Z.
    """

    card: Text
    module: Name | None = None
    position_m: Vector = [0.0, 0.0, 0.0]
    x_axis: Vector = [1.0, 0.0, 0.0]
    y_axis: Vector = [0.0, 1.0, 0.0]
    roll_deg: Degrees = 0.0
    element_size_m: ElementSize | None = None
    note: str = ""

    @model_validator(mode="after")
    def _axes(self) -> IncludeCard:
        along = sum(a * b for a, b in zip(self.x_axis, self.y_axis, strict=True))
        sizes = (math.hypot(*self.x_axis), math.hypot(*self.y_axis))
        if max(abs(s - 1.0) for s in sizes) > 1e-6 or abs(along) > 1e-6:
            raise ValueError("x_axis and y_axis of unit length and perpendicular")
        return self


class ShiftCard(_Table):
    """An uncertain offset, applied to modules after everything is placed."""

    name: Name
    modules: Annotated[list[Text], Field(min_length=1)]
    offset_m: Vector
    note: str = ""


class VehicleCard(_Table):
    """A whole card."""

    schema_version: Literal[1]
    title: Text
    frame: Text
    element_size_m: ElementSize
    notes: str = ""
    omitted: list[Text] = []
    include: list[IncludeCard] = []
    shift: list[ShiftCard] = []
    part: list[Annotated[PartCard, Field(discriminator="shape")]] = []

    @model_validator(mode="after")
    def _not_empty(self) -> VehicleCard:
        if not self.part and not self.include:
            raise ValueError("at least one [[part]] or [[include]]")
        return self


def read_card(path: Path) -> VehicleCard:
    """Read and validate one card (included cards are not opened).

    Parameters
    ----------
    path : Path
        A TOML file.

    Returns
    -------
    VehicleCard
        Frozen model.

    Raises
    ------
    InputError
        Every problem of the card, each with its key, for example
        ``part[3].radius_m``.
    """
    data = read_toml(path)
    try:
        return VehicleCard.model_validate(data)
    except ValidationError as error:
        raise InputError(
            [_problem(path, detail) for detail in error.errors()]
        ) from None


def _problem(path: Path, detail: ErrorDetails) -> Problem:
    kind, where = detail["type"], list(detail["loc"])
    shape = ""
    if len(where) > 2 and where[0] == "part" and where[2] in SHAPES:
        shape = str(where.pop(2))
    key = "".join(f"[{w}]" if isinstance(w, int) else f".{w}" for w in where)
    key = key.lstrip(".") or "card"
    value: Any = detail["input"]
    if kind == "missing":
        return Problem(str(path), key, "(absent)", "this key, it is required")
    if kind == "extra_forbidden":
        known = ", ".join(_known(where, shape))
        return Problem(str(path), key, value, f"no such key; known keys: {known}")
    if kind.startswith("union_tag"):
        value = value.get("shape", "(absent)") if isinstance(value, dict) else value
        key, expected = f"{key}.shape", f"one of {', '.join(SHAPES)}"
        return Problem(str(path), key, value, expected)
    if isinstance(value, dict):
        value = {k: v for k, v in value.items() if k in ("module", "name", "card")}
    expected = re.sub(r"^(Input should be |Value error, )", "", detail["msg"])
    if kind == "string_pattern_mismatch" and where[-1] == "certainty":
        expected = "S, M or E joined by + (sourced, recalled, estimate), or definition"
    elif kind == "string_pattern_mismatch":
        expected = "lower-case letters, digits and underscores"
    return Problem(str(path), key, value, expected)


def _known(where: list[str | int], shape: str) -> list[str]:
    model: type[BaseModel] = VehicleCard
    if "sector" in where[:-1]:
        model = SectorCard
    elif shape:
        model = SHAPES[shape]
    elif where[0] == "include" and len(where) > 1:
        model = IncludeCard
    elif where[0] == "shift" and len(where) > 1:
        model = ShiftCard
    return list(model.model_fields)
