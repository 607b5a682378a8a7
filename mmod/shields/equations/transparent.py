"""Window panes: equations and the layers that they ask for."""

from __future__ import annotations

from mmod.shields.ballistic_limits import glass
from mmod.shields.ballistic_limits._regimes import Limit
from mmod.shields.equations._equation import Coefficients, Equation
from mmod.shields.stack import LayerRule, Stack

_OTHER_PANES = ("thickness",), (0, 9)


def silica(stack: Stack, criterion: str, _: Coefficients) -> Limit:
    """Return the limit of a pane of fused silica."""
    return glass.fused_silica_limit(
        thickness=stack.value("pane", "thickness"), criterion=criterion
    )


LISTED = (
    Equation(
        "transparent.fused_silica",
        "one pane of fused silica",
        tuple(glass.CRITERIA),
        (
            LayerRule("outer_pane", *_OTHER_PANES),
            LayerRule("pane", ("thickness",)),
            LayerRule("inner_pane", *_OTHER_PANES),
        ),
        silica,
    ),
)
"""The equations of this family."""
