"""One plate: equations and the layers that they ask for."""

from __future__ import annotations

from mmod.shields.ballistic_limits import (
    single_wall,
    single_wall_composite,
    single_wall_titanium,
)
from mmod.shields.ballistic_limits._regimes import Limit
from mmod.shields.equations._equation import (
    BLANKETS_IN_ORDER,
    Build,
    Coefficients,
    Equation,
)
from mmod.shields.stack import LayerRule, Stack

_PLAIN = (BLANKETS_IN_ORDER, LayerRule("wall", ("thickness", "density")))
_HARD = (
    BLANKETS_IN_ORDER,
    LayerRule("wall", ("thickness", "density", "brinell", "sound_speed")),
)


def _plate(stack: Stack) -> dict[str, float]:
    """Return the arguments that describe any plate."""
    return {
        "thickness": stack.value("wall", "thickness"),
        "wall_density": stack.value("wall", "density"),
        "external_blanket": stack.mass("blanket"),
    }


def _hardness(stack: Stack) -> dict[str, float]:
    """Return the arguments of the Cour-Palais equation."""
    return {
        "brinell": stack.value("wall", "brinell"),
        "sound_speed": stack.value("wall", "sound_speed"),
    }


def aluminium(stack: Stack, criterion: str, _: Coefficients) -> Limit:
    """Return the limit of one aluminium plate."""
    return single_wall.aluminium_wall_limit(
        criterion=criterion, **_plate(stack), **_hardness(stack)
    )


def titanium(stack: Stack, criterion: str, _: Coefficients) -> Limit:
    """Return the limit of one titanium plate."""
    return single_wall_titanium.titanium_wall_limit(
        criterion=criterion, **_plate(stack), **_hardness(stack)
    )


def steel(stack: Stack, criterion: str, _: Coefficients) -> Limit:
    """Return the limit of one steel plate."""
    return single_wall.steel_wall_limit(criterion=criterion, **_plate(stack))


def cfrp(form: single_wall_composite.Form) -> Build:
    """Return the builder of one carbon fibre plate."""

    def build(stack: Stack, criterion: str, _: Coefficients) -> Limit:
        return single_wall_composite.cfrp_wall_limit(
            criterion=criterion, form=form, **_plate(stack)
        )

    return build


def fibreglass(stack: Stack, criterion: str, _: Coefficients) -> Limit:
    """Return the limit of one glass fibre plate."""
    return single_wall_composite.fibreglass_wall_limit(
        criterion=criterion, **_plate(stack)
    )


LISTED = (
    Equation(
        "single_wall.aluminium",
        "one aluminium plate, Cour-Palais crater depth",
        tuple(single_wall.ALUMINIUM_CRITERIA),
        _HARD,
        aluminium,
    ),
    Equation(
        "single_wall.titanium",
        "one titanium plate",
        tuple(single_wall_titanium.CRITERIA),
        _HARD,
        titanium,
    ),
    Equation(
        "single_wall.steel",
        "one stainless steel plate",
        tuple(single_wall.STEEL_CRITERIA),
        _PLAIN,
        steel,
    ),
    Equation(
        "single_wall.cfrp",
        "one carbon fibre plate, with the plate's density",
        tuple(single_wall_composite.CFRP_CRITERIA),
        _PLAIN,
        cfrp("density_explicit"),
    ),
    Equation(
        "single_wall.cfrp_original",
        "one carbon fibre plate, first form, for 1.42 g/cm3",
        tuple(single_wall_composite.CFRP_CRITERIA),
        _PLAIN,
        cfrp("original"),
    ),
    Equation(
        "single_wall.fibreglass",
        "one glass fibre plate",
        tuple(single_wall_composite.FIBREGLASS_CRITERIA),
        _PLAIN,
        fibreglass,
    ),
)
"""The equations of this family."""
