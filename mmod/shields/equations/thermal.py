"""Heat shields: equations and the layers that they ask for."""

from __future__ import annotations

from mmod.shields.ballistic_limits import ablator
from mmod.shields.ballistic_limits._regimes import Limit
from mmod.shields.equations._equation import (
    BLANKETS,
    WALL,
    Coefficients,
    Equation,
    rear_wall,
)
from mmod.shields.stack import LayerRule, Stack


def ablator_over_wall(stack: Stack, criterion: str, _: Coefficients) -> Limit:
    """Return the limit of an ablator over a wall."""
    return ablator.ablator_over_whipple_limit(
        ablator_thickness=stack.value("ablator", "thickness"),
        ablator_density=stack.value("ablator", "density"),
        standoff=stack.gap(stack.one("ablator"), stack.one("wall")),
        external_blanket=sum(
            x.areal_density or 0.0 for x in stack.before("blanket", "ablator")
        ),
        criterion=criterion,
        **rear_wall(stack),
    )


LISTED = (
    Equation(
        "ablator_over_whipple",
        "ablator in front of a pressure wall [estimate]",
        tuple(ablator.CRITERIA),
        (
            BLANKETS,
            LayerRule("ablator", ("thickness", "density")),
            LayerRule("insulation", (), (0, 9)),
            WALL,
        ),
        ablator_over_wall,
    ),
)
"""The equations of this family."""
