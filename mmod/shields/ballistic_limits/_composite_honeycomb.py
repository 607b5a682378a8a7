"""Insulation on composite honeycomb, alone or with a wall behind: shared terms."""

from __future__ import annotations

from mmod.shields.ballistic_limits._crater import UNSTATED
from mmod.shields.ballistic_limits._handbook import in_handbook_units
from mmod.shields.ballistic_limits._regimes import (
    Border,
    PowerLaw,
    PowerLawLimit,
    Regimes,
    Validity,
)

_BLANKET = 0.36
"""Thickness of wall [cm] that a g/cm2 of blanket is worth."""


def panel_limit(
    low: float, high: float, validity: Validity = UNSTATED
) -> PowerLawLimit:
    """Return the limit of the panel alone from its two constants."""
    return _limit((_low(low),), (_high(high),), validity)


def panel_and_wall_limit(
    name: str,
    low: float,
    high: float,
    *,
    standoff: float,
    wall_thickness: float,
    wall_yield: float,
    blanket: float,
    validity: Validity = UNSTATED,
) -> PowerLawLimit:
    """Return the limit of the panel (two constants) and a wall behind it [SI]."""
    p = in_handbook_units(
        name,
        allow_zero=("blanket",),
        standoff=(standoff, "length"),
        wall_thickness=(wall_thickness, "length"),
        wall_yield=(wall_yield, "yield"),
        blanket=(blanket, "areal density"),
    )
    wall = p["wall_thickness"] + _BLANKET * p["blanket"]
    strength = p["wall_yield"] / 40.0
    intact = 1.67 * wall * strength**0.5
    molten = 3.19 * (p["standoff"] * wall**2 * strength) ** (1.0 / 3.0)
    return _limit((_low(low), _low(intact)), (_high(high), _high(molten)), validity)


def _low(constant: float) -> PowerLaw:
    return PowerLaw(constant, -2.0 / 3.0, -5.0 / 3.0, -0.5)


def _high(constant: float) -> PowerLaw:
    return PowerLaw(constant, -2.0 / 3.0, -2.0 / 3.0, -1.0 / 3.0)


def _limit(
    low: tuple[PowerLaw, ...], high: tuple[PowerLaw, ...], validity: Validity
) -> PowerLawLimit:
    regimes = Regimes(low, high, Border(2.5, -1.0), Border(7.0, -1.0))
    return PowerLawLimit((regimes,), validity)
