"""Two-wall Whipple shields with a given rear wall."""

from __future__ import annotations

from collections.abc import Callable

from mmod.shields.ballistic_limits import (
    whipple_ck2001,
    whipple_ellipsoid,
    whipple_reimerdes,
)
from mmod.shields.ballistic_limits._regimes import Limit
from mmod.units import KSI, MM

TWO = {
    "bumper_thickness": 1.3 * MM,
    "bumper_density": 2700.0,
    "standoff": 107 * MM,
    "wall_yield": 57 * KSI,
}
# rear wall thickness [m] -> limit
MAKERS: dict[str, Callable[[float], Limit]] = {
    "whipple.ck2001": lambda t: whipple_ck2001.whipple_ck2001_limit(
        wall_thickness=t,
        wall_density=2840.0,
        external_blanket=0.2,
        internal_blanket=0.5,
        blanket_standoff=0.04,
        **TWO,
    ),
    "whipple.reimerdes": lambda t: whipple_reimerdes.whipple_reimerdes_limit(
        wall_thickness=t, external_blanket=0.5, **TWO
    ),
    "whipple.nno_ellipsoid": lambda t: whipple_ellipsoid.whipple_nno_ellipsoid_limit(
        wall_thickness=t, length_to_diameter=0.5, **TWO
    ),
}
ONSET_MAY_BE_CLIPPED = {"whipple.reimerdes"}
"""The onset depends on the particle and is held at the upper border: a jump there."""
