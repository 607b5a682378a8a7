"""From the layers of a card to the arguments of its equation, one function each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mmod.errors import bad
from mmod.shields.ballistic_limits import (
    ablator,
    glass,
    mli_blanket,
    multi_shock,
    single_wall,
    stuffed_whipple,
    tube_behind_skin,
    whipple_iss,
    whipple_jsc,
    whipple_nno,
)
from mmod.shields.ballistic_limits._regimes import Limit
from mmod.shields.stack import Stack

Coefficients = Mapping[str, float | list[float]]
"""Numbers of a card's ``coefficients`` table."""
Build = Callable[[Stack, str, Coefficients], Limit]
"""Stack, criterion and coefficients to a limit; the stack has been checked."""


def _scalar(coefficients: Coefficients, key: str, source: str) -> float:
    value = coefficients[key]
    if isinstance(value, list):
        raise bad(source, f"coefficients.{key}", value, "one number")
    return float(value)


def _blankets(stack: Stack) -> dict[str, float]:
    """Return the blanket terms of a two-wall shield."""
    outside = stack.before("blanket", "bumper")
    inside = stack.after("blanket", "bumper")
    mass = sum(x.areal_density or 0.0 for x in inside)
    bumper = stack.one("bumper")
    moment = sum((x.areal_density or 0.0) * stack.gap(bumper, x) for x in inside)
    return {
        "external_blanket": sum(x.areal_density or 0.0 for x in outside),
        "internal_blanket": mass,
        "blanket_standoff": moment / mass if mass > 0.0 else 0.0,
    }


def _two_walls(stack: Stack) -> dict[str, float]:
    return {
        "bumper_thickness": stack.value("bumper", "thickness"),
        "bumper_density": stack.value("bumper", "density"),
        "standoff": stack.gap(stack.one("bumper"), stack.one("wall")),
        "wall_thickness": stack.value("wall", "thickness"),
        "wall_yield": stack.value("wall", "yield_strength"),
    }


def _rear_wall(stack: Stack) -> dict[str, float]:
    return {
        "wall_thickness": stack.value("wall", "thickness"),
        "wall_density": stack.value("wall", "density"),
        "wall_yield": stack.value("wall", "yield_strength"),
    }


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


def nno(stack: Stack, _: str, __: Coefficients) -> Limit:
    """Return the limit of a Whipple shield, NNO."""
    return whipple_nno.whipple_nno_limit(**_two_walls(stack), **_blankets(stack))


def jsc(modified: bool) -> Build:
    """Return the builder of a Whipple shield, JSC or JSC modified."""

    def build(stack: Stack, _: str, coefficients: Coefficients) -> Limit:
        given = {k: _scalar(coefficients, k, stack.source) for k in coefficients}
        return whipple_jsc.whipple_jsc_limit(
            **_two_walls(stack), **_blankets(stack), **given, modified=modified
        )

    return build


ISS_KEYS = ("K_H", "K_L", "V_H", "V_L", "x_H", "x_L", "e_L")


def iss(stack: Stack, _: str, coefficients: Coefficients) -> Limit:
    """Return the limit of an ISS Whipple shield; constants from the card."""
    scalars = {k: _scalar(coefficients, k, stack.source) for k in ISS_KEYS[:-1]}
    pair = coefficients["e_L"]
    if not isinstance(pair, list) or len(pair) != 2:
        expected = "two numbers: below, and from 60 deg on"
        raise bad(stack.source, "coefficients.e_L", pair, expected)
    exponents = (float(pair[0]), float(pair[1]))
    return whipple_iss.whipple_iss_limit(
        whipple_iss.IssCoefficients(**scalars, e_L=exponents)
    )


def node23(stack: Stack, _: str, __: Coefficients) -> Limit:
    """Return the limit of the Node 2/3 Whipple shield."""
    return whipple_iss.whipple_node23_limit(**_two_walls(stack))


def stuffed(stack: Stack, _: str, coefficients: Coefficients) -> Limit:
    """Return the limit of a stuffed Whipple shield."""
    given = _scalar(coefficients, "K_H", stack.source) if coefficients else None
    return stuffed_whipple.stuffed_whipple_limit(
        bumper_areal_density=stack.mass("bumper"),
        stuffing_areal_density=stack.mass("stuffing"),
        blanket=stack.mass("blanket"),
        standoff=stack.gap(stack.one("bumper"), stack.one("wall")),
        wall_thickness=stack.value("wall", "thickness"),
        wall_density=stack.value("wall", "density"),
        wall_yield=stack.value("wall", "yield_strength"),
        K_H=given,
    )


def multi_shock_aluminium(stack: Stack, _: str, __: Coefficients) -> Limit:
    """Return the limit of a multi-shock shield with an aluminium wall."""
    return multi_shock.multi_shock_aluminium_limit(
        bumper_areal_density=stack.mass("bumper"),
        standoff=stack.gap(stack.all("bumper")[0], stack.one("wall")),
        **_rear_wall(stack),
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


def mesh(stack: Stack, _: str, __: Coefficients) -> Limit:
    """Return the limit of a mesh double bumper."""
    return multi_shock.mesh_double_bumper_limit(
        mesh_areal_density=stack.mass("mesh"),
        bumper_areal_density=stack.mass("bumper"),
        fabric_areal_density=stack.mass("stuffing"),
        standoff=stack.gap(stack.one("mesh"), stack.one("wall")),
        **_rear_wall(stack),
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
        **_rear_wall(stack),
    )


def silica(stack: Stack, criterion: str, _: Coefficients) -> Limit:
    """Return the limit of a pane of fused silica."""
    return glass.fused_silica_limit(
        thickness=stack.value("pane", "thickness"), criterion=criterion
    )
