"""Honeycomb, foam and triple walls: equations and the layers that they ask for."""

from __future__ import annotations

from mmod.errors import bad
from mmod.shields.ballistic_limits import (
    _srl,
    foam_core,
    honeycomb_nno,
    srl_blanket,
    srl_dual_wall,
    srl_triple_wall,
    triple_wall_esa,
)
from mmod.shields.ballistic_limits._regimes import Limit
from mmod.shields.equations._equation import (
    BLANKETS_IN_ORDER,
    BUMPER,
    CORE,
    WALL,
    Build,
    Coefficients,
    Equation,
)
from mmod.shields.stack import Layer, LayerRule, Stack

_SOLID = ("thickness", "density")
_STRONG = ("thickness", "density", "yield_strength")
_BLANKET = LayerRule("blanket", ("areal_density",), (1, 9))
_TWO_SHEETS = LayerRule("bumper", _SOLID, (2, 2))
_CORE_WITHIN = LayerRule("core", (), (0, 1), anywhere=True)
_HONEYCOMB = LayerRule("core", ("thickness", "cell_diameter"))
_FOAM = LayerRule("core", ("thickness", "bulk_density", "pores_per_inch"))
_EQUIPMENT = (
    LayerRule("overwrap", _SOLID, (0, 1)),
    LayerRule("wall", _STRONG, (0, 1)),
    LayerRule("tube", _STRONG, (0, 1)),
    LayerRule("cable", _STRONG, (0, 1)),
)


def _panel(stack: Stack) -> dict[str, float]:
    """Return the arguments that all panels share."""
    return {
        "bumper_thickness": stack.value("bumper", "thickness"),
        "bumper_density": stack.value("bumper", "density"),
        "wall_thickness": stack.value("wall", "thickness"),
        "external_blanket": stack.mass("blanket"),
    }


def _standoff(stack: Stack) -> float:
    return stack.gap(stack.one("bumper"), stack.one("wall"))


def _yield(stack: Stack) -> float:
    return stack.value("wall", "yield_strength")


def _value(layer: Layer, name: str) -> float:
    """Return a quantity that the layer rules have asked for."""
    value = layer.quantity(name)
    if value is None:
        raise KeyError(f"{layer.role}.{name}")
    return value


def srl_aluminium(stack: Stack, _: str, __: Coefficients) -> Limit:
    """Return the limit of an aluminium honeycomb panel."""
    return srl_dual_wall.srl_dual_wall_limit(
        **_panel(stack), standoff=_standoff(stack), wall_yield=_yield(stack)
    )


def srl_composite(sheet: srl_dual_wall.Sheet) -> Build:
    """Return the builder of a honeycomb panel with sheets of another material."""

    def build(stack: Stack, _: str, __: Coefficients) -> Limit:
        return srl_dual_wall.srl_dual_wall_composite_limit(
            **_panel(stack),
            sheet=sheet,
            standoff=_standoff(stack),
            wall_density=stack.value("wall", "density"),
        )

    return build


def nno(stack: Stack, _: str, __: Coefficients) -> Limit:
    """Return the limit of a honeycomb panel by the rough rule."""
    return honeycomb_nno.honeycomb_nno_limit(
        **_panel(stack),
        cell_diameter=stack.value("core", "cell_diameter"),
        core_thickness=_standoff(stack),
        wall_yield=_yield(stack),
    )


def foam(stack: Stack, _: str, __: Coefficients) -> Limit:
    """Return the limit of a sandwich panel with a foam core."""
    return foam_core.foam_core_limit(
        **_panel(stack),
        foam_thickness=stack.value("core", "thickness"),
        foam_density=stack.value("core", "bulk_density"),
        pores_per_inch=stack.value("core", "pores_per_inch"),
        wall_density=stack.value("wall", "density"),
        wall_yield=_yield(stack),
    )


def _equipment(stack: Stack, inner: Layer) -> dict[str, float]:
    """Return gap, thickness and yield stress of what stands behind the panel."""
    roles = ("wall", "tube", "cable")
    found = [layer for role in roles for layer in stack.all(role)]
    if len(found) != 1:
        expected = f"one layer behind the panel, with role {', '.join(roles)}"
        raise bad(stack.source, "layer", len(found), expected)
    (last,) = found
    thickness = _value(last, "thickness")
    wraps = stack.all("overwrap")
    if wraps and last.role != "wall":
        expected = "a layer with role wall, the liner, inside of the overwrap"
        raise bad(stack.source, "layer", last.role, expected)
    if wraps:
        thickness = srl_triple_wall.pressure_vessel_wall(
            thickness, _value(wraps[0], "thickness"), _value(wraps[0], "density")
        )
    elif last.role == "cable":
        thickness = srl_triple_wall.cable_wall(thickness)
    return {
        "second_standoff": stack.gap(inner, last),
        "wall_thickness": thickness,
        "wall_yield": _value(last, "yield_strength"),
    }


def srl_triple(panel: srl_triple_wall.Panel) -> Build:
    """Return the builder of equipment behind a panel."""

    def build(stack: Stack, _: str, __: Coefficients) -> Limit:
        outer, inner = stack.all("bumper")
        if stack.before("core", "bumper"):
            expected = "no core outside of the outer sheet"
            raise bad(stack.source, "layer", "core", expected)
        return srl_triple_wall.srl_triple_wall_limit(
            panel=panel,
            outer_thickness=_value(outer, "thickness"),
            outer_density=_value(outer, "density"),
            first_standoff=stack.gap(outer, inner),
            inner_thickness=_value(inner, "thickness"),
            inner_density=_value(inner, "density"),
            external_blanket=stack.mass("blanket"),
            **_equipment(stack, inner),
        )

    return build


def blanket_over_wall(stack: Stack, _: str, __: Coefficients) -> Limit:
    """Return the limit of a standalone blanket over a wall."""
    return srl_blanket.srl_blanket_over_wall_limit(
        blanket_areal_density=stack.mass("blanket"),
        standoff=stack.gap(stack.all("blanket")[-1], stack.one("wall")),
        wall_thickness=stack.value("wall", "thickness"),
        wall_yield=_yield(stack),
    )


def blanket_over_two_walls(stack: Stack, _: str, __: Coefficients) -> Limit:
    """Return the limit of equipment behind a standalone blanket and a plate."""
    plate = stack.one("bumper")
    return srl_blanket.srl_blanket_over_two_walls_limit(
        blanket_areal_density=stack.mass("blanket"),
        first_standoff=stack.gap(stack.all("blanket")[-1], plate),
        inner_thickness=_value(plate, "thickness"),
        **_equipment(stack, plate),
    )


def esa(stack: Stack, _: str, __: Coefficients) -> Limit:
    """Return the limit of several aluminium bumpers over a wall, ESA."""
    bumpers = stack.all("bumper")
    thickness = sum(_value(layer, "thickness") for layer in bumpers)
    return triple_wall_esa.triple_wall_esa_limit(
        bumper_thickness=thickness,
        bumper_density=stack.mass("bumper") / thickness,
        standoff=stack.gap(bumpers[0], stack.one("wall")),
        wall_thickness=stack.value("wall", "thickness"),
        wall_yield=_yield(stack),
    )


_ANY_WALL = LayerRule("wall", _SOLID)
LISTED = (
    Equation(
        "honeycomb.srl_aluminium",
        "honeycomb panel with aluminium sheets, SRL dual wall",
        _srl.CRITERIA,
        (BLANKETS_IN_ORDER, BUMPER, CORE, WALL),
        srl_aluminium,
    ),
    Equation(
        "honeycomb.srl_cfrp",
        "honeycomb panel with CFRP sheets, SRL dual wall",
        _srl.CRITERIA,
        (BLANKETS_IN_ORDER, BUMPER, CORE, _ANY_WALL),
        srl_composite("cfrp"),
    ),
    Equation(
        "honeycomb.srl_other",
        "honeycomb panel with sheets of another material, SRL dual wall",
        _srl.CRITERIA,
        (BLANKETS_IN_ORDER, BUMPER, CORE, _ANY_WALL),
        srl_composite("other"),
    ),
    Equation(
        "honeycomb.nno",
        "honeycomb panel, NNO with S = min(2 cells, core), a rough rule",
        honeycomb_nno.CRITERIA,
        (BLANKETS_IN_ORDER, BUMPER, _HONEYCOMB, WALL),
        nno,
    ),
    Equation(
        "foam_core",
        "sandwich panel with a core of open-cell metal foam",
        foam_core.CRITERIA,
        (BLANKETS_IN_ORDER, BUMPER, _FOAM, WALL),
        foam,
    ),
    Equation(
        "triple_wall.srl_aluminium",
        "equipment behind an aluminium panel, SRL triple wall",
        _srl.CRITERIA,
        (BLANKETS_IN_ORDER, _TWO_SHEETS, _CORE_WITHIN, *_EQUIPMENT),
        srl_triple("aluminium"),
    ),
    Equation(
        "triple_wall.srl_cfrp",
        "equipment behind a CFRP panel, SRL triple wall",
        _srl.CRITERIA,
        (BLANKETS_IN_ORDER, _TWO_SHEETS, _CORE_WITHIN, *_EQUIPMENT),
        srl_triple("cfrp"),
    ),
    Equation(
        "triple_wall.srl_blanket",
        "equipment behind a standalone blanket and a plate, SRL triple wall [estimate]",
        _srl.CRITERIA,
        (_BLANKET, LayerRule("bumper", ("thickness",)), *_EQUIPMENT),
        blanket_over_two_walls,
    ),
    Equation(
        "blanket_over_wall.srl",
        "standalone blanket over a wall, SRL dual wall [estimate]",
        _srl.CRITERIA,
        (_BLANKET, LayerRule("wall", ("thickness", "yield_strength"))),
        blanket_over_wall,
    ),
    Equation(
        "triple_wall.esa",
        "two aluminium bumpers over an aluminium wall, ESA",
        triple_wall_esa.CRITERIA,
        (LayerRule("bumper", _SOLID, (2, 9)), WALL),
        esa,
    ),
)
"""The equations of this family."""
