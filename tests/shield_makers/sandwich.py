"""Honeycomb, foam and triple walls with a given rear wall."""

from __future__ import annotations

from collections.abc import Callable

from mmod.shields.ballistic_limits import (
    foam_core,
    honeycomb_nno,
    srl_blanket,
    srl_dual_wall,
    srl_triple_wall,
    triple_wall_esa,
)
from mmod.shields.ballistic_limits._regimes import Limit
from mmod.units import KSI, MM

YIELD = {"wall_yield": 57 * KSI}
ALUMINIUM = {"bumper_thickness": 0.5 * MM, "bumper_density": 2700.0}
CFRP = {"bumper_thickness": 1.0 * MM, "bumper_density": 1600.0}
SHEETS = {
    "outer_thickness": 0.5 * MM,
    "outer_density": 2700.0,
    "first_standoff": 20 * MM,
    "inner_thickness": 0.5 * MM,
    "inner_density": 2700.0,
    "second_standoff": 100 * MM,
}
# rear wall thickness [m] -> limit
MAKERS: dict[str, Callable[[float], Limit]] = {
    "honeycomb.srl_aluminium": lambda t: srl_dual_wall.srl_dual_wall_limit(
        standoff=20 * MM, wall_thickness=t, external_blanket=0.5, **ALUMINIUM, **YIELD
    ),
    "honeycomb.srl_cfrp": lambda t: srl_dual_wall.srl_dual_wall_composite_limit(
        standoff=20 * MM,
        wall_thickness=t,
        wall_density=1600.0,
        external_blanket=0.5,
        **CFRP,
    ),
    "honeycomb.srl_other": lambda t: srl_dual_wall.srl_dual_wall_composite_limit(
        sheet="other", standoff=20 * MM, wall_thickness=t, wall_density=2000.0, **CFRP
    ),
    "honeycomb.nno": lambda t: honeycomb_nno.honeycomb_nno_limit(
        cell_diameter=5 * MM,
        core_thickness=20 * MM,
        wall_thickness=t,
        **ALUMINIUM,
        **YIELD,
    ),
    "foam_core": lambda t: foam_core.foam_core_limit(
        foam_thickness=25 * MM,
        foam_density=190.0,
        wall_thickness=t,
        wall_density=2700.0,
        external_blanket=0.5,
        **ALUMINIUM,
        **YIELD,
    ),
    "triple_wall.srl_aluminium": lambda t: srl_triple_wall.srl_triple_wall_limit(
        wall_thickness=t, external_blanket=0.5, **SHEETS, **YIELD
    ),
    "triple_wall.srl_cfrp": lambda t: srl_triple_wall.srl_triple_wall_limit(
        panel="cfrp", wall_thickness=t, **SHEETS, **YIELD
    ),
    "triple_wall.srl_blanket": lambda t: srl_blanket.srl_blanket_over_two_walls_limit(
        blanket_areal_density=0.5,
        first_standoff=30 * MM,
        inner_thickness=1 * MM,
        second_standoff=0.0,
        wall_thickness=t,
        **YIELD,
    ),
    "blanket_over_wall.srl": lambda t: srl_blanket.srl_blanket_over_wall_limit(
        blanket_areal_density=0.5, standoff=30 * MM, wall_thickness=t, **YIELD
    ),
    "triple_wall.esa": lambda t: triple_wall_esa.triple_wall_esa_limit(
        bumper_thickness=2 * MM,
        bumper_density=2700.0,
        standoff=100 * MM,
        wall_thickness=t,
        **YIELD,
    ),
}
