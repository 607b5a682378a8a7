"""Fabrics and meshes: equations and the layers that they ask for."""

from __future__ import annotations

from mmod.shields.ballistic_limits import (
    hybrid_multi_shock,
    multi_shock,
    stuffed_whipple,
)
from mmod.shields.ballistic_limits._regimes import Limit
from mmod.shields.equations._equation import (
    BLANKETS,
    WALL,
    Build,
    Coefficients,
    Equation,
    rear_wall,
    scalar,
)
from mmod.shields.stack import LayerRule, Stack

_STUFFING = LayerRule("stuffing", ("areal_density",), (1, 9))
_STUFFED = (BLANKETS, LayerRule("bumper", ("areal_density",)), _STUFFING, WALL)
_BUMPERS = LayerRule("bumper", ("areal_density",), (1, 4))
_HYBRID_BUMPERS = LayerRule("bumper", ("areal_density",), (2, 3))
_FABRIC_WALL = (_BUMPERS, LayerRule("wall", ("areal_density",)))


def stuffed(transition: stuffed_whipple.Transition) -> Build:
    """Return the builder of a stuffed Whipple shield."""

    def build(stack: Stack, _: str, coefficients: Coefficients) -> Limit:
        given = scalar(coefficients, "K_H", stack.source) if coefficients else None
        return stuffed_whipple.stuffed_whipple_limit(
            bumper_areal_density=stack.mass("bumper"),
            stuffing_areal_density=stack.mass("stuffing"),
            blanket=stack.mass("blanket"),
            standoff=stack.gap(stack.one("bumper"), stack.one("wall")),
            K_H=given,
            transition=transition,
            **rear_wall(stack),
        )

    return build


def multi_shock_aluminium(stack: Stack, _: str, __: Coefficients) -> Limit:
    """Return the limit of a multi-shock shield with an aluminium wall."""
    return multi_shock.multi_shock_aluminium_limit(
        bumper_areal_density=stack.mass("bumper"),
        standoff=stack.gap(stack.all("bumper")[0], stack.one("wall")),
        **rear_wall(stack),
    )


def multi_shock_fabric(fabric: str) -> Build:
    """Return the builder of a multi-shock shield with a fabric wall."""

    def build(stack: Stack, _: str, __: Coefficients) -> Limit:
        return multi_shock.multi_shock_fabric_limit(
            bumper_areal_density=stack.mass("bumper"),
            standoff=stack.gap(stack.all("bumper")[0], stack.one("wall")),
            wall_areal_density=stack.mass("wall"),
            fabric=fabric,
        )

    return build


def hybrid(stack: Stack, _: str, __: Coefficients) -> Limit:
    """Return the limit of two Nextel sheets and an aluminium bumper over a wall."""
    return hybrid_multi_shock.hybrid_multi_shock_limit(
        bumper_areal_density=stack.mass("bumper"),
        standoff=stack.gap(stack.all("bumper")[0], stack.one("wall")),
        **rear_wall(stack),
    )


def mesh(stack: Stack, _: str, __: Coefficients) -> Limit:
    """Return the limit of a mesh double bumper."""
    return multi_shock.mesh_double_bumper_limit(
        mesh_areal_density=stack.mass("mesh"),
        bumper_areal_density=stack.mass("bumper"),
        fabric_areal_density=stack.mass("stuffing"),
        standoff=stack.gap(stack.one("mesh"), stack.one("wall")),
        **rear_wall(stack),
    )


LISTED = (
    Equation(
        "stuffed_whipple",
        "Whipple shield stuffed with Nextel and Kevlar",
        stuffed_whipple.CRITERIA,
        _STUFFED,
        stuffed("linear"),
        optional=("K_H",),
    ),
    Equation(
        "stuffed_whipple.step",
        "the same, with the K_H of light stuffing up to 25 %",
        stuffed_whipple.CRITERIA,
        _STUFFED,
        stuffed("step"),
    ),
    Equation(
        "multi_shock.aluminium_wall",
        "four ceramic fabric bumpers over an aluminium wall",
        multi_shock.ALUMINIUM_CRITERIA,
        (_BUMPERS, WALL),
        multi_shock_aluminium,
    ),
    Equation(
        "multi_shock.nextel_wall",
        "four ceramic fabric bumpers over a Nextel wall",
        multi_shock.FABRIC_CRITERIA,
        _FABRIC_WALL,
        multi_shock_fabric("nextel"),
    ),
    Equation(
        "multi_shock.kevlar_wall",
        "four ceramic fabric bumpers over a Kevlar wall",
        multi_shock.FABRIC_CRITERIA,
        _FABRIC_WALL,
        multi_shock_fabric("kevlar"),
    ),
    Equation(
        "multi_shock.hybrid",
        "two ceramic fabric bumpers and an aluminium one over an aluminium wall",
        hybrid_multi_shock.CRITERIA,
        (_HYBRID_BUMPERS, WALL),
        hybrid,
    ),
    Equation(
        "mesh_double_bumper",
        "wire mesh, second bumper and fabric over an aluminium wall",
        multi_shock.MESH_CRITERIA,
        (
            BLANKETS,
            LayerRule("mesh", ("areal_density",)),
            LayerRule("bumper", ("areal_density",)),
            _STUFFING,
            WALL,
        ),
        mesh,
    ),
)
"""The equations of this family."""
