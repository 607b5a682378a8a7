"""The ballistic limit equations by name; one module a family lists its own."""

from __future__ import annotations

from mmod.shields.equations import (
    blanket,
    fabric,
    sandwich,
    single_wall,
    thermal,
    transparent,
    tube,
    whipple,
)
from mmod.shields.equations._equation import Equation

__all__ = ["EQUATIONS", "Equation"]

EQUATIONS: dict[str, Equation] = {
    equation.name: equation
    for family in (
        single_wall,
        tube,
        whipple,
        fabric,
        sandwich,
        blanket,
        thermal,
        transparent,
    )
    for equation in family.LISTED
}
"""Every equation that a card may name, besides ``none``."""
