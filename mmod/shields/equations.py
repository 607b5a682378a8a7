"""The ballistic limit equations by name: what a card must give, and what it gets."""

from __future__ import annotations

from dataclasses import dataclass, field

from mmod.errors import InputError, Problem
from mmod.shields import builders
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
from mmod.shields.builders import Build, Coefficients
from mmod.shields.stack import LayerRule, Stack


@dataclass(frozen=True)
class Equation:
    """A ballistic limit equation as a shield card sees it.

    Parameters
    ----------
    name : str
        Name in the card, ``family`` or ``family.variant``.
    title : str
        One line for lists.
    criteria : tuple of str
        Failure criteria that its source gives.
    layers : tuple of LayerRule
        What it asks of the layers, outside in.
    build : callable
        Stack, criterion and coefficients to a `Limit`.
    required, optional : tuple of str
        Keys of the card's ``coefficients``.
    """

    name: str
    title: str
    criteria: tuple[str, ...]
    layers: tuple[LayerRule, ...]
    build: Build = field(repr=False)
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()

    def limit(self, stack: Stack, criterion: str, coefficients: Coefficients) -> Limit:
        """Return the limit of one shield.

        Parameters
        ----------
        stack : Stack
            Its layers.
        criterion : str
            One of `criteria`.
        coefficients : mapping
            Numbers that the card gives.

        Raises
        ------
        InputError
            When layers, criterion or coefficients do not fit; lists all of it.
        """
        problems = stack.check(self.name, self.layers)
        if criterion not in self.criteria:
            expected = f"a criterion of {self.name}: {', '.join(self.criteria)}"
            problems.append(Problem(stack.source, "criterion", criterion, expected))
        known = {*self.required, *self.optional}
        problems.extend(
            Problem(stack.source, f"coefficients.{key}", coefficients[key], expected)
            for key in coefficients
            if key not in known
            for expected in (f"one of {', '.join(sorted(known)) or 'none'}",)
        )
        problems.extend(
            Problem(stack.source, f"coefficients.{key}", None, "a number")
            for key in self.required
            if key not in coefficients
        )
        if problems:
            raise InputError(problems)
        return self.build(stack, criterion, coefficients)


_BLANKET = LayerRule("blanket", ("areal_density",), (0, 9), anywhere=True)
_INSIDE = LayerRule("blanket", ("areal_density",), (0, 9))
_BUMPER = LayerRule("bumper", ("thickness", "density"))
_WALL = LayerRule("wall", ("thickness", "density", "yield_strength"))
_STUFFING = LayerRule("stuffing", ("areal_density",), (1, 9))
_SKIN = LayerRule("skin", ("areal_density",), (0, 1))
_CORE = LayerRule("core", (), (0, 1))
_BUMPERS = LayerRule("bumper", ("areal_density",), (1, 4))
_TWO_WALLS = (_BLANKET, _BUMPER, _WALL)
_MLI_LAYERS = (
    LayerRule("blanket", ("areal_density",), (1, 9)),
    LayerRule("wall", ("thickness",)),
)
_FABRIC_WALL = (_BUMPERS, LayerRule("wall", ("areal_density",)))
_OTHER_PANES = ("thickness",), (0, 9)

_LISTED = (
    Equation(
        "single_wall.aluminium",
        "one aluminium plate, Cour-Palais crater depth",
        tuple(single_wall.ALUMINIUM_CRITERIA),
        (
            _INSIDE,
            LayerRule("wall", ("thickness", "density", "brinell", "sound_speed")),
        ),
        builders.aluminium,
    ),
    Equation(
        "single_wall.steel",
        "one stainless steel plate",
        tuple(single_wall.STEEL_CRITERIA),
        (_INSIDE, LayerRule("wall", ("thickness", "density"))),
        builders.steel,
    ),
    Equation(
        "tube_behind_skin.aluminium",
        "aluminium coolant tube behind a skin [estimate]",
        tube_behind_skin.CRITERIA,
        (
            _SKIN,
            _CORE,
            LayerRule("tube", ("thickness", "density", "brinell", "sound_speed")),
        ),
        builders.aluminium_tube,
    ),
    Equation(
        "tube_behind_skin.steel",
        "steel or nickel alloy coolant tube behind a skin [estimate]",
        tube_behind_skin.CRITERIA,
        (_SKIN, _CORE, LayerRule("tube", ("thickness", "density"))),
        builders.steel_tube,
    ),
    Equation(
        "whipple.nno",
        "two-wall Whipple shield, NNO equations",
        whipple_nno.CRITERIA,
        _TWO_WALLS,
        builders.nno,
    ),
    Equation(
        "whipple.jsc",
        "two-wall Whipple shield with thin-bumper correction, JSC",
        whipple_jsc.CRITERIA,
        _TWO_WALLS,
        builders.jsc(modified=False),
        optional=("ratio_mass",),
    ),
    Equation(
        "whipple.jsc_modified",
        "two-wall Whipple shield with thin-bumper correction, JSC modified",
        whipple_jsc.CRITERIA,
        _TWO_WALLS,
        builders.jsc(modified=True),
        optional=("ratio_mass",),
    ),
    Equation(
        "whipple.iss",
        "ISS Whipple shield with tabulated constants",
        whipple_iss.CRITERIA,
        _TWO_WALLS,
        builders.iss,
        required=builders.ISS_KEYS,
    ),
    Equation(
        "whipple.node23",
        "Whipple shield of ISS Nodes 2 and 3",
        whipple_iss.CRITERIA,
        _TWO_WALLS,
        builders.node23,
    ),
    Equation(
        "stuffed_whipple",
        "Whipple shield stuffed with Nextel and Kevlar",
        stuffed_whipple.CRITERIA,
        (
            _BLANKET,
            LayerRule("bumper", ("areal_density",)),
            _STUFFING,
            _WALL,
        ),
        builders.stuffed,
        optional=("K_H",),
    ),
    Equation(
        "multi_shock.aluminium_wall",
        "four ceramic fabric bumpers over an aluminium wall",
        multi_shock.ALUMINIUM_CRITERIA,
        (_BUMPERS, _WALL),
        builders.multi_shock_aluminium,
    ),
    Equation(
        "multi_shock.nextel_wall",
        "four ceramic fabric bumpers over a Nextel wall",
        multi_shock.FABRIC_CRITERIA,
        _FABRIC_WALL,
        builders.multi_shock_fabric("nextel"),
    ),
    Equation(
        "multi_shock.kevlar_wall",
        "four ceramic fabric bumpers over a Kevlar wall",
        multi_shock.FABRIC_CRITERIA,
        _FABRIC_WALL,
        builders.multi_shock_fabric("kevlar"),
    ),
    Equation(
        "mesh_double_bumper",
        "wire mesh, second bumper and fabric over an aluminium wall",
        multi_shock.MESH_CRITERIA,
        (
            _BLANKET,
            LayerRule("mesh", ("areal_density",)),
            LayerRule("bumper", ("areal_density",)),
            _STUFFING,
            _WALL,
        ),
        builders.mesh,
    ),
    Equation(
        "mli_over_wall.baseline",
        "thermal blanket 15 mm in front of a wall (Soyuz)",
        mli_blanket.CRITERIA,
        _MLI_LAYERS,
        builders.mli("baseline"),
    ),
    Equation(
        "mli_over_wall.toughened",
        "blanket with Nextel and Kevlar 15 mm in front of a wall",
        mli_blanket.CRITERIA,
        _MLI_LAYERS,
        builders.mli("toughened"),
    ),
    Equation(
        "ablator_over_whipple",
        "ablator in front of a pressure wall [estimate]",
        tuple(ablator.CRITERIA),
        (
            _BLANKET,
            LayerRule("ablator", ("thickness", "density")),
            LayerRule("insulation", (), (0, 9)),
            _WALL,
        ),
        builders.ablator_over_wall,
    ),
    Equation(
        "transparent.fused_silica",
        "one pane of fused silica",
        tuple(glass.CRITERIA),
        (
            LayerRule("outer_pane", *_OTHER_PANES),
            LayerRule("pane", ("thickness",)),
            LayerRule("inner_pane", *_OTHER_PANES),
        ),
        builders.silica,
    ),
)
EQUATIONS: dict[str, Equation] = {equation.name: equation for equation in _LISTED}
"""Every equation that a card may name, besides ``none``."""
