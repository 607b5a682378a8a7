"""Two walls: equations and the layers that they ask for."""

from __future__ import annotations

import math

from mmod.errors import InputError, Problem, bad
from mmod.shields.ballistic_limits import (
    whipple_ck2001,
    whipple_ellipsoid,
    whipple_iss,
    whipple_jsc,
    whipple_nno,
    whipple_reimerdes,
)
from mmod.shields.ballistic_limits._regimes import Limit
from mmod.shields.equations._equation import (
    BLANKETS,
    BUMPER,
    WALL,
    Build,
    Coefficients,
    Equation,
    scalar,
)
from mmod.shields.stack import Stack
from mmod.units import CM, MM

_TWO_WALLS = (BLANKETS, BUMPER, WALL)


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


def nno(stack: Stack, _: str, __: Coefficients) -> Limit:
    """Return the limit of a Whipple shield, NNO."""
    return whipple_nno.whipple_nno_limit(**_two_walls(stack), **_blankets(stack))


def jsc(modified: bool) -> Build:
    """Return the builder of a Whipple shield, JSC or JSC modified."""

    def build(stack: Stack, _: str, __: Coefficients) -> Limit:
        return whipple_jsc.whipple_jsc_limit(
            **_two_walls(stack), **_blankets(stack), modified=modified
        )

    return build


def ck2001(stack: Stack, _: str, coefficients: Coefficients) -> Limit:
    """Return the limit of a Whipple shield, Christiansen and Kerr 2001."""
    given = {k: scalar(coefficients, k, stack.source) for k in coefficients}
    return whipple_ck2001.whipple_ck2001_limit(
        **_two_walls(stack),
        **_blankets(stack),
        **given,
        wall_density=stack.value("wall", "density"),
    )


def reimerdes(stack: Stack, criterion: str, coefficients: Coefficients) -> Limit:
    """Return the limit of a Whipple shield, Reimerdes et al."""
    given = {k: scalar(coefficients, k, stack.source) for k in coefficients}
    return whipple_reimerdes.whipple_reimerdes_limit(
        **_two_walls(stack), **_blankets(stack), **given, criterion=criterion
    )


def ellipsoid(stack: Stack, _: str, coefficients: Coefficients) -> Limit:
    """Return the limit of a Whipple shield against ellipsoids."""
    return whipple_ellipsoid.whipple_nno_ellipsoid_limit(
        **_two_walls(stack),
        length_to_diameter=scalar(coefficients, "length_to_diameter", stack.source),
    )


_LAYER_TOLERANCE = 0.1
"""By which layers of a card may differ from those of the published constants."""
ISS_KEYS = ("K_H", "K_L", "V_H", "V_L", "x_H", "x_L", "e_L")


def iss(stack: Stack, _: str, coefficients: Coefficients) -> Limit:
    """Return the limit of an ISS Whipple shield; constants from the card."""
    scalars = {k: scalar(coefficients, k, stack.source) for k in ISS_KEYS[:-1]}
    pair = coefficients["e_L"]
    if not isinstance(pair, list) or len(pair) != 2:
        expected = "two numbers: below, and from 60 deg on"
        raise bad(stack.source, "coefficients.e_L", pair, expected)
    exponents = (float(pair[0]), float(pair[1]))
    constants = whipple_iss.IssCoefficients(**scalars, e_L=exponents)
    _check_iss_layers(stack, constants)
    return whipple_iss.whipple_iss_limit(constants)


def _check_iss_layers(stack: Stack, constants: whipple_iss.IssCoefficients) -> None:
    """Refuse published constants over layers that they do not belong to."""
    walls = _two_walls(stack)
    actual = (
        walls["bumper_thickness"],
        walls["standoff"],
        walls["wall_thickness"],
    )
    names = ("bumper", "standoff", "wall")
    for shield, published in whipple_iss.ISS_COEFFICIENTS.items():
        pairs = zip(_flat(constants), _flat(published), strict=True)
        if not all(math.isclose(a, b, rel_tol=1e-3) for a, b in pairs):
            continue
        wanted = [x * CM for x in whipple_iss.ISS_LAYERS[shield]]
        problems = [
            Problem(
                stack.source,
                name,
                f"{value / MM:g} mm",
                f"{right / MM:g} mm within 10 %: the coefficients are those of"
                f" {shield}, and layers do not enter whipple.iss",
            )
            for name, value, right in zip(names, actual, wanted, strict=True)
            if not math.isclose(value, right, rel_tol=_LAYER_TOLERANCE)
        ]
        if problems:
            raise InputError(problems)
        return


def _flat(constants: whipple_iss.IssCoefficients) -> tuple[float, ...]:
    k = constants
    return (k.K_H, k.K_L, k.V_H, k.V_L, k.x_H, k.x_L, *k.e_L)


def node23(stack: Stack, _: str, __: Coefficients) -> Limit:
    """Return the limit of the Node 2/3 Whipple shield."""
    return whipple_iss.whipple_node23_limit(**_two_walls(stack))


LISTED = (
    Equation(
        "whipple.nno",
        "two-wall Whipple shield, NNO equations",
        whipple_nno.CRITERIA,
        _TWO_WALLS,
        nno,
    ),
    Equation(
        "whipple.jsc",
        "two-wall Whipple shield with thin-bumper correction, JSC",
        whipple_jsc.CRITERIA,
        _TWO_WALLS,
        jsc(modified=False),
    ),
    Equation(
        "whipple.jsc_modified",
        "two-wall Whipple shield with thin-bumper correction, JSC modified",
        whipple_jsc.CRITERIA,
        _TWO_WALLS,
        jsc(modified=True),
    ),
    Equation(
        "whipple.ck2001",
        "two-wall Whipple shield, general equations of Christiansen and Kerr 2001",
        whipple_ck2001.CRITERIA,
        _TWO_WALLS,
        ck2001,
        optional=("K_H",),
    ),
    Equation(
        "whipple.reimerdes",
        "two-wall Whipple shield with thin-bumper correction, Reimerdes et al. 2006",
        tuple(whipple_reimerdes.CRITERIA),
        _TWO_WALLS,
        reimerdes,
        optional=("K_inf",),
    ),
    Equation(
        "whipple.nno_ellipsoid",
        "two-wall Whipple shield against ellipsoids, NNO with a shape factor",
        whipple_ellipsoid.CRITERIA,
        (BUMPER, WALL),
        ellipsoid,
        required=("length_to_diameter",),
    ),
    Equation(
        "whipple.iss",
        "ISS Whipple shield with tabulated constants",
        whipple_iss.CRITERIA,
        _TWO_WALLS,
        iss,
        required=ISS_KEYS,
    ),
    Equation(
        "whipple.node23",
        "Whipple shield of ISS Nodes 2 and 3",
        whipple_iss.CRITERIA,
        _TWO_WALLS,
        node23,
    ),
)
"""The equations of this family."""
