"""Coolant tubes: equations and the layers that they ask for."""

from __future__ import annotations

from mmod.shields.ballistic_limits import tube_behind_skin
from mmod.shields.ballistic_limits._regimes import Limit
from mmod.shields.equations._equation import CORE, Coefficients, Equation
from mmod.shields.stack import LayerRule, Stack

_SKIN = LayerRule("skin", ("areal_density",), (0, 1))


def aluminium_tube(stack: Stack, _: str, __: Coefficients) -> Limit:
    """Return the limit of an aluminium tube behind a skin."""
    return tube_behind_skin.tube_behind_skin_limit(
        tube_thickness=stack.value("tube", "thickness"),
        tube_density=stack.value("tube", "density"),
        skin_areal_density=stack.mass("skin"),
        brinell=stack.value("tube", "brinell"),
        sound_speed=stack.value("tube", "sound_speed"),
    )


def steel_tube(stack: Stack, _: str, __: Coefficients) -> Limit:
    """Return the limit of a steel tube behind a skin."""
    return tube_behind_skin.tube_behind_skin_limit(
        tube_thickness=stack.value("tube", "thickness"),
        tube_density=stack.value("tube", "density"),
        skin_areal_density=stack.mass("skin"),
        tube="steel",
    )


LISTED = (
    Equation(
        "tube_behind_skin.aluminium",
        "aluminium coolant tube behind a skin [estimate]",
        tube_behind_skin.CRITERIA,
        (
            _SKIN,
            CORE,
            LayerRule("tube", ("thickness", "density", "brinell", "sound_speed")),
        ),
        aluminium_tube,
    ),
    Equation(
        "tube_behind_skin.steel",
        "steel or nickel alloy coolant tube behind a skin [estimate]",
        tube_behind_skin.CRITERIA,
        (_SKIN, CORE, LayerRule("tube", ("thickness", "density"))),
        steel_tube,
    ),
)
"""The equations of this family."""
