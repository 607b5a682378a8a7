"""Damage that a card allows: a length in its coefficients, for one criterion."""

from __future__ import annotations

from mmod.errors import bad
from mmod.shields.equations._equation import Coefficients, scalar
from mmod.shields.stack import Stack
from mmod.units import MM


def allowed_length(
    stack: Stack, criterion: str, coefficients: Coefficients, *, key: str, wanted: str
) -> float | None:
    """Return the length that a card allows [m], None for another criterion.

    Parameters
    ----------
    stack : Stack
        Layers of the card.
    criterion : str
        Criterion of the card.
    coefficients : mapping
        Numbers of the card.
    key : str
        Name of the length [mm].
    wanted : str
        Criterion that needs it.

    Raises
    ------
    InputError
        When it is missing, not a positive number, or given for another criterion.
    """
    name = f"coefficients.{key}"
    if criterion != wanted:
        if key in coefficients:
            expected = f"none, or the criterion {wanted}"
            raise bad(stack.source, name, coefficients[key], expected)
        return None
    if key not in coefficients:
        raise bad(stack.source, name, None, f"a length [mm], for {wanted}")
    value = scalar(coefficients, key, stack.source)
    if not value > 0.0:
        raise bad(stack.source, name, value, "a length > 0 [mm]")
    return value * MM
