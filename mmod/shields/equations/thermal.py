"""Heat shields: equations and the layers that they ask for."""

from __future__ import annotations

from mmod.errors import bad
from mmod.shields.ballistic_limits import (
    ablator,
    afrsi,
    avcoat,
    pica,
    rcc,
    tile,
    tile_on_aluminium,
    tile_on_honeycomb,
)
from mmod.shields.ballistic_limits._regimes import Limit
from mmod.shields.equations._allowed import allowed_length
from mmod.shields.equations._equation import (
    BLANKETS,
    WALL,
    Build,
    Coefficients,
    Equation,
    rear_wall,
)
from mmod.shields.stack import LayerRule, Stack

CRATER_DEPTH = "crater_depth"
"""Criterion: a crater as deep as the card allows; the other is the whole layer."""
_DEPTH = "crater_depth_mm"
_HOLE = "hole_diameter_mm"
_WHOLE = {
    "insulation": ("insulation_penetration", CRATER_DEPTH),
    "ablator": ("ablator_penetration", CRATER_DEPTH),
}
_BEHIND = LayerRule("structure", (), (0, 9))
_PANEL = LayerRule("structure")
_BLANKETS_BEHIND = LayerRule("blanket", ("areal_density",), (0, 9))
_SIZED = ("thickness", "density")


def _depth(
    stack: Stack, role: str, criterion: str, coefficients: Coefficients
) -> float:
    """Return the depth that fails [m]: as allowed, or the layer's thickness."""
    thickness = stack.value(role, "thickness")
    allowed = allowed_length(
        stack, criterion, coefficients, key=_DEPTH, wanted=CRATER_DEPTH
    )
    if allowed is not None and allowed > thickness:
        key, given = f"coefficients.{_DEPTH}", coefficients[_DEPTH]
        raise bad(stack.source, key, given, f"at most the thickness of the {role}")
    return thickness if allowed is None else allowed


def ceramic_tile(kind: tile.Tile) -> Build:
    """Return the builder of a tile that fails at a depth."""

    def build(stack: Stack, criterion: str, coefficients: Coefficients) -> Limit:
        return tile.tile_limit(
            depth=_depth(stack, "insulation", criterion, coefficients),
            tile_density=stack.value("insulation", "density"),
            kind=kind,
        )

    return build


def on_aluminium(edition: tile_on_aluminium.Edition) -> Build:
    """Return the builder of a tile on an aluminium plate or honeycomb."""

    def build(stack: Stack, _: str, __: Coefficients) -> Limit:
        core = stack.all("core")
        return tile_on_aluminium.tile_on_aluminium_limit(
            tile_thickness=stack.value("insulation", "thickness"),
            tile_density=stack.value("insulation", "density"),
            core_thickness=sum(layer.thickness or 0.0 for layer in core),
            pad_areal_density=stack.mass("stuffing"),
            edition=edition,
            **rear_wall(stack),
        )

    return build


def aetb8_on_honeycomb(stack: Stack, _: str, __: Coefficients) -> Limit:
    """Return the limit of AETB-8 on graphite honeycomb."""
    return tile_on_honeycomb.aetb8_on_honeycomb_limit(
        tile_thickness=stack.value("insulation", "thickness")
    )


def aetb8_on_honeycomb_over_wall(stack: Stack, _: str, __: Coefficients) -> Limit:
    """Return the limit of AETB-8 on graphite honeycomb in front of a wall."""
    return tile_on_honeycomb.aetb8_on_honeycomb_over_wall_limit(
        tile_thickness=stack.value("insulation", "thickness"), **_wall_behind(stack)
    )


def flexible(stack: Stack, criterion: str, coefficients: Coefficients) -> Limit:
    """Return the limit of flexible insulation that fails at a depth."""
    return afrsi.afrsi_limit(depth=_depth(stack, "insulation", criterion, coefficients))


def flexible_on_honeycomb(_: Stack, __: str, ___: Coefficients) -> Limit:
    """Return the limit of flexible insulation on composite honeycomb."""
    return afrsi.afrsi_on_honeycomb_limit()


def flexible_on_honeycomb_over_wall(stack: Stack, _: str, __: Coefficients) -> Limit:
    """Return the limit of flexible insulation on honeycomb in front of a wall."""
    return afrsi.afrsi_on_honeycomb_over_wall_limit(**_wall_behind(stack))


def _wall_behind(stack: Stack) -> dict[str, float]:
    return {
        "standoff": stack.gap(stack.one("structure"), stack.one("wall")),
        "wall_thickness": stack.value("wall", "thickness"),
        "wall_yield": stack.value("wall", "yield_strength"),
        "blanket": stack.mass("blanket"),
    }


def carbon(stack: Stack, criterion: str, coefficients: Coefficients) -> Limit:
    """Return the limit of a carbon-carbon panel."""
    hole = allowed_length(
        stack, criterion, coefficients, key=_HOLE, wanted=rcc.HOLE_DIAMETER
    )
    return rcc.rcc_limit(
        thickness=stack.value("wall", "thickness"),
        panel_density=stack.value("wall", "density"),
        criterion=criterion,
        hole_diameter=hole,
    )


def carbon_ablator(edition: pica.Edition) -> Build:
    """Return the builder of PICA that fails at a depth."""

    def build(stack: Stack, criterion: str, coefficients: Coefficients) -> Limit:
        return pica.pica_limit(
            depth=_depth(stack, "ablator", criterion, coefficients),
            ablator_density=stack.value("ablator", "density"),
            edition=edition,
        )

    return build


def filled_ablator(stack: Stack, criterion: str, coefficients: Coefficients) -> Limit:
    """Return the limit of Avcoat that fails at a depth."""
    return avcoat.avcoat_limit(
        depth=_depth(stack, "ablator", criterion, coefficients),
        ablator_density=stack.value("ablator", "density"),
    )


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


def _to_a_depth(
    name: str, title: str, role: str, build: Build, needs: tuple[str, ...] = _SIZED
) -> Equation:
    """Return an equation of one layer that fails at a depth."""
    layers = (LayerRule(role, needs), _BEHIND)
    return Equation(name, title, _WHOLE[role], layers, build, optional=(_DEPTH,))


def _on_aluminium(edition: tile_on_aluminium.Edition, title: str) -> Equation:
    layers = (
        LayerRule("insulation", _SIZED),
        LayerRule("stuffing", ("areal_density",), (0, 1)),
        LayerRule("skin", (), (0, 1)),
        LayerRule("core", ("thickness",), (0, 1)),
        WALL,
    )
    name = "tile.on_aluminium" + ("_report" if edition == "report" else "")
    criteria = tile_on_aluminium.CRITERIA
    return Equation(name, title, criteria, layers, on_aluminium(edition))


def _on_honeycomb(name: str, title: str, build: Build, *, wall: bool) -> Equation:
    behind = (_BLANKETS_BEHIND, LayerRule("wall", ("thickness", "yield_strength")))
    layers = (
        LayerRule("insulation", ("thickness",)),
        _PANEL,
        *(behind if wall else ()),
    )
    return Equation(name, title, tile_on_honeycomb.CRITERIA, layers, build)


LISTED = (
    _to_a_depth(
        "tile.li",
        "ceramic tile LI-900 or LI-2200, crater depth",
        "insulation",
        ceramic_tile("LI"),
    ),
    _to_a_depth(
        "tile.aetb8",
        "ceramic tile AETB-8, crater depth",
        "insulation",
        ceramic_tile("AETB-8"),
    ),
    _on_aluminium("handbook", "ceramic tile on an aluminium plate or honeycomb"),
    _on_aluminium("report", "the same, as the report of 2009 prints it"),
    _on_honeycomb(
        "tile.aetb8_on_honeycomb",
        "AETB-8 tile of 51 mm on graphite honeycomb",
        aetb8_on_honeycomb,
        wall=False,
    ),
    _on_honeycomb(
        "tile.aetb8_on_honeycomb_over_wall",
        "AETB-8 tile of 51 mm on graphite honeycomb in front of a wall",
        aetb8_on_honeycomb_over_wall,
        wall=True,
    ),
    _to_a_depth(
        "afrsi",
        "flexible insulation AFRSI, crater depth",
        "insulation",
        flexible,
        ("thickness",),
    ),
    _on_honeycomb(
        "afrsi.on_honeycomb",
        "flexible insulation AFRSI on composite honeycomb",
        flexible_on_honeycomb,
        wall=False,
    ),
    _on_honeycomb(
        "afrsi.on_honeycomb_over_wall",
        "flexible insulation AFRSI on composite honeycomb in front of a wall",
        flexible_on_honeycomb_over_wall,
        wall=True,
    ),
    Equation(
        "rcc",
        "reinforced carbon-carbon panel",
        tuple(rcc.CRITERIA),
        (LayerRule("wall", _SIZED), _BEHIND),
        carbon,
        optional=(_HOLE,),
    ),
    _to_a_depth(
        "pica", "PICA ablator, crater depth", "ablator", carbon_ablator("handbook")
    ),
    _to_a_depth(
        "pica.report",
        "the same, as the reports of 2009 and 2011 print it",
        "ablator",
        carbon_ablator("report"),
    ),
    _to_a_depth("avcoat", "Avcoat ablator, crater depth", "ablator", filled_ablator),
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
