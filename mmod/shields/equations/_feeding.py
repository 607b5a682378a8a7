"""The arguments of a user's own equation, from the layers and numbers of a card."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np

from mmod.errors import InputError, Problem
from mmod.shields.cards import Role
from mmod.shields.equations._equation import Coefficients
from mmod.shields.stack import FILLERS, WORDS, Stack

IMPACT = ("speed", "obliquity", "density")
"""First parameters of an equation that returns critical diameters."""
QUANTITIES = {
    "thickness": "thickness",
    "areal_density": "areal_density",
    "density": "density",
    "yield": "yield_strength",
    "brinell": "brinell",
    "sound_speed": "sound_speed",
    "cell_diameter": "cell_diameter",
    "pores_per_inch": "pores_per_inch",
    "bulk_density": "bulk_density",
}
"""What may follow ``ROLE_`` in the name of a parameter, and the layer's quantity."""
ROLES: tuple[str, ...] = get_args(Role)
DESCRIBED_ONLY = "structure"


@dataclass
class _Feeding:
    """What a card gives, what was asked of it, and what is wrong."""

    name: str
    stack: Stack
    coefficients: Coefficients
    used: set[str]
    problems: list[Problem]

    def problem(self, key: str, value: object, expected: str) -> None:
        expected = f"{expected}, for {self.name}"
        self.problems.append(Problem(self.stack.source, key, value, expected))

    def layer_value(self, parameter: str, role: str, quantity: str) -> float | None:
        """Return a quantity of the layers with a role, None when it is not there."""
        self.used.add(role)
        layers = self.stack.all(role)
        values = [layer.quantity(quantity) for layer in layers]
        if not layers:
            return None
        if None in values:
            self.problem(f"layer.{role}", None, f"{WORDS[quantity]} ({parameter})")
            return None
        known = [x for x in values if x is not None]
        if quantity == "areal_density":
            return sum(known)
        if len(known) > 1:
            self.problem(
                f"layer.{role}",
                len(known),
                f"one such layer ({parameter}), or `layers`",
            )
        return known[0]

    def standoff(self, role: str | None) -> float | None:
        """Return the distance from a role, or the first sheet, to the last layer."""
        self.used |= FILLERS
        layers = [x for x in self.stack if x.role != DESCRIBED_ONLY]
        if role is None:
            first = [x for x in layers if x.role != "blanket"] or layers
        else:
            first = [x for x in layers if x.role == role]
        if not first or first[0] is layers[-1]:
            return None
        return self.stack.gap(first[0], layers[-1])

    def from_layers(self, parameter: str) -> tuple[bool, Any]:
        """Return whether a parameter names a layer's quantity, and its value."""
        if parameter == "layers":
            self.used |= {*ROLES}
            return True, self.stack.layers
        if parameter == "standoff":
            return True, self.standoff(None)
        for role in ROLES:
            suffix = parameter.removeprefix(f"{role}_")
            if suffix == parameter:
                continue
            if suffix == "standoff":
                self.used.add(role)
                return True, self.standoff(role)
            if suffix in QUANTITIES:
                value = self.layer_value(parameter, role, QUANTITIES[suffix])
                return True, value
        return False, None


def arguments(
    function: Callable[..., Any],
    name: str,
    stack: Stack,
    criterion: str,
    coefficients: Coefficients,
) -> tuple[bool, dict[str, Any]]:
    """Return the shield's quantities that an equation asks for by name.

    Parameters
    ----------
    function : callable
        The equation.
    name : str
        Its name in the card, for error messages.
    stack : Stack
        Layers of the card.
    criterion : str
        Criterion of the card.
    coefficients : mapping
        Numbers of the card.

    Returns
    -------
    direct : bool
        True when it takes speed, obliquity and density itself; False when it makes a
        `Limit` from the shield.
    arguments : dict
        Keyword arguments, SI: a coefficient of that name, else ``ROLE_QUANTITY`` of
        the layers (areal densities of one role are summed), ``standoff``,
        ``ROLE_standoff``, ``layers`` or ``criterion``.

    Raises
    ------
    InputError
        When something is missing, given twice, or not used; lists all of it.
    """
    feeding = _Feeding(name, stack, coefficients, {DESCRIBED_ONLY}, [])
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        feeding.problem("equation", name, "a function whose parameters can be read")
        raise InputError(feeding.problems) from None
    direct = tuple(p.name for p in parameters[: len(IMPACT)]) == IMPACT
    given: dict[str, Any] = {}
    open_ended = False
    for parameter in parameters[len(IMPACT) if direct else 0 :]:
        if parameter.kind is parameter.VAR_KEYWORD:
            open_ended = True
        elif parameter.kind is not parameter.VAR_POSITIONAL:
            _give(feeding, parameter, criterion, given)
    for key, value in coefficients.items():
        if key in given:
            continue
        if open_ended:
            given[key] = _number(value)
        else:
            feeding.problem(f"coefficients.{key}", value, "a parameter of that name")
    for index, layer in enumerate(stack.layers):
        if layer.role not in feeding.used:
            expected = (
                f"a role that a parameter names ({layer.role}_areal_density, ...),"
                f" or {DESCRIBED_ONLY!r} for what is only described"
            )
            feeding.problem(f"layer[{index}].role", layer.role, expected)
    if criterion == "none":
        feeding.problem("criterion", criterion, "what counts as failure")
    if feeding.problems:
        raise InputError(feeding.problems)
    return direct, given


def _give(
    feeding: _Feeding,
    parameter: inspect.Parameter,
    criterion: str,
    given: dict[str, Any],
) -> None:
    name = parameter.name
    before = len(feeding.problems)
    named, value = feeding.from_layers(name)
    if name == "criterion":
        value = criterion
    if name in feeding.coefficients:
        if value is not None:
            key = f"coefficients.{name}"
            expected = "no number beside the one that the layers or the card give"
            feeding.problem(key, feeding.coefficients[name], expected)
        else:  # the layers need not have what is given as a number
            del feeding.problems[before:]
        given[name] = _number(feeding.coefficients[name])
    elif value is not None:
        given[name] = value
    elif parameter.default is parameter.empty and len(feeding.problems) == before:
        key = "layer" if named else f"coefficients.{name}"
        expected = f"layers that give {name}" if named else "a number"
        feeding.problem(key, None, expected)


def _number(value: float | list[float]) -> Any:
    """Return a coefficient: a float, or an array of several."""
    return np.array(value, dtype=float) if isinstance(value, list) else float(value)
