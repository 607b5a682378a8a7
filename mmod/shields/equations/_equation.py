"""An equation as a shield card sees it: what the card must give, and what it gets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mmod.errors import InputError, Problem, bad
from mmod.shields.ballistic_limits._regimes import Limit
from mmod.shields.stack import LayerRule, Stack

Coefficients = Mapping[str, float | list[float]]
"""Numbers of a card's ``coefficients`` table."""
Build = Callable[[Stack, str, Coefficients], Limit]
"""Stack, criterion and coefficients to a limit; the stack has been checked."""

BLANKETS = LayerRule("blanket", ("areal_density",), (0, 9), anywhere=True)
BLANKETS_IN_ORDER = LayerRule("blanket", ("areal_density",), (0, 9))
BUMPER = LayerRule("bumper", ("thickness", "density"))
WALL = LayerRule("wall", ("thickness", "density", "yield_strength"))
CORE = LayerRule("core", (), (0, 1))


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
            When layers, criterion or coefficients do not fit; lists all of it and
            names the card.
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
        try:
            return self.build(stack, criterion, coefficients)
        except InputError as error:
            raise of_card(error, stack.source, self.name) from error


def of_card(error: InputError, card: str, equation: str) -> InputError:
    """Return the error with the card in place of the equation as its source."""
    return InputError(
        p
        if p.source == card
        else Problem(card, p.key, p.value, f"{p.expected}, for {equation}")
        for p in error.problems
    )


def scalar(coefficients: Coefficients, key: str, source: str) -> float:
    """Return a coefficient that must be one number."""
    value = coefficients[key]
    if isinstance(value, list):
        raise bad(source, f"coefficients.{key}", value, "one number")
    return float(value)


def rear_wall(stack: Stack) -> dict[str, float]:
    """Return the arguments that describe the rear wall."""
    return {
        "wall_thickness": stack.value("wall", "thickness"),
        "wall_density": stack.value("wall", "density"),
        "wall_yield": stack.value("wall", "yield_strength"),
    }
