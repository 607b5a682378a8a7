"""Schema of a shield card (TOML). Every problem of a card is reported at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mmod.errors import InputError, Problem

Role = Literal[
    "blanket",  # thermal blanket (MLI)
    "bumper",  # first sheet, or one of several
    "mesh",  # outer wire mesh
    "stuffing",  # fabric between bumper and wall
    "ablator",
    "insulation",
    "skin",  # fin or face sheet over a tube
    "core",  # honeycomb or foam between two sheets
    "tube",
    "cable",
    "overwrap",  # composite around the liner of a pressure vessel
    "outer_pane",
    "pane",  # the pane that the criterion speaks of
    "inner_pane",
    "wall",  # rear wall, pressure wall
    "structure",  # described, not assessed
]
Certainty = Literal[
    "published",
    "partly published",
    "published type, assumed numbers",
    "area published, rest assumption",
    "memory, unverified",
    "assumption",
    "definition",
]
Text = Annotated[str, Field(min_length=1)]
Millimetre = Annotated[float, Field(ge=1e-4, lt=1e5, allow_inf_nan=False)]
Gap = Annotated[float, Field(ge=0.0, lt=1e5, allow_inf_nan=False)]
Areal = Annotated[float, Field(ge=1e-4, lt=1e4, allow_inf_nan=False)]
Number = Annotated[float, Field(allow_inf_nan=False)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class LayerCard(_Strict):
    """One layer of a shield, from the outside in."""

    role: Role = Field(description="what the layer does in the shield")
    material: Text | None = Field(None, description="name in materials.csv")
    thickness_mm: Millimetre | None = Field(None, description="of a solid layer")
    areal_density_kg_m2: Areal | None = Field(
        None, description="of a layer that has no solid thickness"
    )
    plies: Annotated[int, Field(ge=1)] | None = Field(
        None, description="sheets of a fabric; areal density from the material"
    )
    cell_mm: Millimetre | None = Field(
        None, description="cell diameter of a honeycomb core"
    )
    pores_per_inch: Annotated[int, Field(ge=1)] | None = Field(
        None, description="pores of a foam core"
    )
    relative_density: Annotated[float, Field(gt=0.0, le=1.0)] | None = Field(
        None, description="bulk density of a core over that of its material"
    )
    gap_mm: Gap | None = Field(
        None, description="free distance to the next layer; none after the last"
    )
    note: Text | None = Field(None, description="what a reader should know")


class ShieldCard(_Strict):
    """A shield: layers, damage equation, failure criterion, and where they come from."""

    title: Text
    equation: Text = Field(description="name of a ballistic limit equation, or none")
    criterion: Text = Field(description="what counts as failure; none for `none`")
    certainty: Certainty
    source: Text = Field(description="citation of the numbers")
    vulnerable_fraction: Annotated[float, Field(gt=0.0, le=1.0)] = Field(
        1.0, description="share of the face that fails when d >= d_c"
    )
    notes: Text | None = None
    coefficients: dict[str, Number | list[Number]] = Field(
        default_factory=dict,
        description="numbers that the source tabulates for this shield alone",
    )
    layer: tuple[LayerCard, ...] = Field(
        default=(), description="outside in", strict=False
    )


def parse_card(path: Path, content: dict[str, Any]) -> ShieldCard:
    """Check the content of a shield card against the schema.

    Parameters
    ----------
    path : Path
        The card, for the error message.
    content : dict
        What was read from it.

    Returns
    -------
    ShieldCard
        The card; materials and layers are not yet compared with the equation.

    Raises
    ------
    InputError
        With one `Problem` for each key that is unknown, missing or wrong.
    """
    try:
        return ShieldCard.model_validate(content)
    except ValidationError as error:
        raise InputError(
            Problem(str(path), _dotted(e["loc"]), e["input"], e["msg"])
            if e["type"] != "missing"
            else Problem(str(path), _dotted(e["loc"]), None, "a value: key is missing")
            for e in error.errors(include_url=False)
        ) from None


def _dotted(location: tuple[int | str, ...]) -> str:
    key = ""
    for part in location:
        key += f"[{part}]" if isinstance(part, int) else f".{part}" if key else part
    return key or "card"
