"""Blankets in front of a wall: equations and the layers that they ask for."""

from __future__ import annotations

from mmod.shields.ballistic_limits import mli_blanket
from mmod.shields.ballistic_limits._regimes import Limit
from mmod.shields.equations._equation import Build, Coefficients, Equation
from mmod.shields.stack import LayerRule, Stack

_MLI_LAYERS = (
    LayerRule("blanket", ("areal_density",), (1, 9)),
    LayerRule("wall", ("thickness",)),
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
)
"""The equations of this family."""
