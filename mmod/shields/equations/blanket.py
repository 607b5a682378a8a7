"""Blankets in front of a wall: equations and the layers that they ask for."""

from __future__ import annotations

from mmod.shields.ballistic_limits import enhanced_blanket, mli_blanket
from mmod.shields.ballistic_limits._regimes import Limit
from mmod.shields.equations._equation import Build, Coefficients, Equation
from mmod.shields.stack import LayerRule, Stack

_MLI_LAYERS = (
    LayerRule("blanket", ("areal_density",), (1, 9)),
    LayerRule("wall", ("thickness",)),
)
_AREAL = ("areal_density",)
_ENHANCED_LAYERS = (
    LayerRule("bumper", _AREAL, (1, 9)),
    LayerRule("blanket", _AREAL, (0, 9), anywhere=True),
    LayerRule("insulation", _AREAL, (0, 9), anywhere=True),
    LayerRule("wall", _AREAL, (1, 9)),
)


def mli(blanket: mli_blanket.Blanket) -> Build:
    """Return the builder of a blanket over a wall."""

    def build(stack: Stack, _: str, __: Coefficients) -> Limit:
        return mli_blanket.mli_over_wall_limit(
            wall_thickness=stack.value("wall", "thickness"),
            blanket=blanket,
            areal_density=stack.mass("blanket"),
        )

    return build


def enhanced(stack: Stack, _: str, __: Coefficients) -> Limit:
    """Return the limit of a blanket with fabrics outside and inside."""
    return enhanced_blanket.enhanced_blanket_limit(
        bumper_areal_density=stack.mass("bumper"),
        wall_areal_density=stack.mass("wall"),
        standoff=stack.gap(stack.all("bumper")[0], stack.all("wall")[-1]),
        insulation_areal_density=stack.mass("blanket") + stack.mass("insulation"),
    )


LISTED = (
    Equation(
        "mli_over_wall.baseline",
        "thermal blanket 15 mm in front of a wall (Soyuz)",
        mli_blanket.CRITERIA,
        _MLI_LAYERS,
        mli("baseline"),
    ),
    Equation(
        "mli_over_wall.toughened",
        "blanket with Nextel and Kevlar 15 mm in front of a wall",
        mli_blanket.CRITERIA,
        _MLI_LAYERS,
        mli("toughened"),
    ),
    Equation(
        "enhanced_blanket",
        "thermal blanket with fabrics outside and inside, alone or over a wall",
        enhanced_blanket.CRITERIA,
        _ENHANCED_LAYERS,
        enhanced,
    ),
)
"""The equations of this family."""
