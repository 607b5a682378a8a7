"""One plate: equations and the layers that they ask for."""

from __future__ import annotations

from mmod.shields.ballistic_limits import single_wall
from mmod.shields.ballistic_limits._regimes import Limit
from mmod.shields.equations._equation import BLANKETS_IN_ORDER, Coefficients, Equation
from mmod.shields.stack import LayerRule, Stack


def aluminium(stack: Stack, criterion: str, _: Coefficients) -> Limit:
    """Return the limit of one aluminium plate."""
    return single_wall.aluminium_wall_limit(
        thickness=stack.value("wall", "thickness"),
        wall_density=stack.value("wall", "density"),
        brinell=stack.value("wall", "brinell"),
        sound_speed=stack.value("wall", "sound_speed"),
        criterion=criterion,
        external_blanket=stack.mass("blanket"),
    )


def steel(stack: Stack, criterion: str, _: Coefficients) -> Limit:
    """Return the limit of one steel plate."""
    return single_wall.steel_wall_limit(
        thickness=stack.value("wall", "thickness"),
        wall_density=stack.value("wall", "density"),
        criterion=criterion,
        external_blanket=stack.mass("blanket"),
    )


LISTED = (
    Equation(
        "single_wall.aluminium",
        "one aluminium plate, Cour-Palais crater depth",
        tuple(single_wall.ALUMINIUM_CRITERIA),
        (
            BLANKETS_IN_ORDER,
            LayerRule("wall", ("thickness", "density", "brinell", "sound_speed")),
        ),
        aluminium,
    ),
    Equation(
        "single_wall.steel",
        "one stainless steel plate",
        tuple(single_wall.STEEL_CRITERIA),
        (BLANKETS_IN_ORDER, LayerRule("wall", ("thickness", "density"))),
        steel,
    ),
)
"""The equations of this family."""
