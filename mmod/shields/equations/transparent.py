"""Window panes: equations and the layers that they ask for."""

from __future__ import annotations

from mmod.shields.ballistic_limits import glass, polycarbonate
from mmod.shields.ballistic_limits._regimes import Limit
from mmod.shields.equations._allowed import allowed_length
from mmod.shields.equations._equation import Coefficients, Equation
from mmod.shields.stack import LayerRule, Stack

_OTHER_PANES = ("thickness",), (0, 9)
_PANES = (
    LayerRule("outer_pane", *_OTHER_PANES),
    LayerRule("pane", ("thickness",)),
    LayerRule("inner_pane", *_OTHER_PANES),
)
_CRATER = "crater_diameter_mm"


def silica(stack: Stack, criterion: str, coefficients: Coefficients) -> Limit:
    """Return the limit of a pane of fused silica."""
    return glass.fused_silica_limit(
        thickness=stack.value("pane", "thickness"),
        criterion=criterion,
        crater_diameter=_crater(stack, criterion, coefficients),
    )


def quartz(stack: Stack, criterion: str, coefficients: Coefficients) -> Limit:
    """Return the limit of a pane of fused quartz."""
    return glass.fused_quartz_limit(
        thickness=stack.value("pane", "thickness"),
        criterion=criterion,
        crater_diameter=_crater(stack, criterion, coefficients),
    )


def plastic(stack: Stack, criterion: str, _: Coefficients) -> Limit:
    """Return the limit of a pane of polycarbonate."""
    return polycarbonate.polycarbonate_limit(
        thickness=stack.value("pane", "thickness"), criterion=criterion
    )


def _crater(stack: Stack, criterion: str, coefficients: Coefficients) -> float | None:
    return allowed_length(
        stack, criterion, coefficients, key=_CRATER, wanted=glass.CRATER
    )


LISTED = (
    Equation(
        "transparent.fused_silica",
        "one pane of fused silica",
        tuple(glass.CRITERIA),
        _PANES,
        silica,
        optional=(_CRATER,),
    ),
    Equation(
        "transparent.fused_quartz",
        "one pane of fused quartz",
        tuple(glass.CRITERIA),
        _PANES,
        quartz,
        optional=(_CRATER,),
    ),
    Equation(
        "transparent.polycarbonate",
        "one pane of polycarbonate",
        tuple(polycarbonate.CRITERIA),
        _PANES,
        plastic,
    ),
)
"""The equations of this family."""
