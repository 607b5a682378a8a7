"""Equations that the zones of the station use, with a given rear wall."""

from __future__ import annotations

from collections.abc import Callable

from mmod.shields.ballistic_limits import (
    ablator,
    enhanced_blanket,
    glass,
    hybrid_multi_shock,
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
from mmod.units import KSI, MM

Make = Callable[[float], Limit]
TWO = {
    "bumper_thickness": 1.3 * MM,
    "bumper_density": 2700.0,
    "standoff": 107 * MM,
    "wall_yield": 57 * KSI,
}
REAR = {"wall_density": 2840.0, "wall_yield": 57 * KSI}
PLATE = {"wall_density": 2700.0, "brinell": 95.0, "sound_speed": 5050.0}
# rear wall thickness [m] -> limit
MAKERS: dict[str, Make] = {
    "single_wall.aluminium": lambda t: single_wall.aluminium_wall_limit(
        thickness=t, external_blanket=0.5, **PLATE
    ),
    "single_wall.steel": lambda t: single_wall.steel_wall_limit(
        thickness=t, wall_density=7800.0
    ),
    "tube_behind_skin": lambda t: tube_behind_skin.tube_behind_skin_limit(
        tube_thickness=t,
        tube_density=2700.0,
        skin_areal_density=1.0,
        brinell=95.0,
        sound_speed=5050.0,
    ),
    "whipple.nno": lambda t: whipple_nno.whipple_nno_limit(
        wall_thickness=t, internal_blanket=0.5, blanket_standoff=0.04, **TWO
    ),
    "whipple.jsc": lambda t: whipple_jsc.whipple_jsc_limit(
        wall_thickness=t, modified=False, **TWO
    ),
    "whipple.jsc_modified": lambda t: whipple_jsc.whipple_jsc_limit(
        wall_thickness=t, external_blanket=0.5, **TWO
    ),
    "whipple.iss": lambda t: whipple_iss.whipple_iss_limit(  # noqa: ARG005
        whipple_iss.ISS_COEFFICIENTS["us_lab_cylinder"]
    ),
    "whipple.node23": lambda t: whipple_iss.whipple_node23_limit(
        wall_thickness=t, **TWO
    ),
    "stuffed_whipple": lambda t: stuffed_whipple.stuffed_whipple_limit(
        bumper_areal_density=5.4,
        stuffing_areal_density=8.0,
        standoff=0.107,
        wall_thickness=t,
        K_H=0.6,
        **REAR,
    ),
    "multi_shock.aluminium_wall": lambda t: multi_shock.multi_shock_aluminium_limit(
        bumper_areal_density=8.0, standoff=0.3, wall_thickness=t, **REAR
    ),
    "multi_shock.kevlar_wall": lambda t: multi_shock.multi_shock_fabric_limit(
        bumper_areal_density=8.0,
        standoff=0.3,
        wall_areal_density=1440.0 * t,
        fabric="kevlar",
    ),
    "multi_shock.hybrid": lambda t: hybrid_multi_shock.hybrid_multi_shock_limit(
        bumper_areal_density=4.0, standoff=0.12, wall_thickness=t, **REAR
    ),
    "enhanced_blanket": lambda t: enhanced_blanket.enhanced_blanket_limit(
        bumper_areal_density=0.92,
        wall_areal_density=1440.0 * t,
        standoff=0.033,
        insulation_areal_density=0.35,
    ),
    "mesh_double_bumper": lambda t: multi_shock.mesh_double_bumper_limit(
        mesh_areal_density=0.8,
        bumper_areal_density=2.7,
        fabric_areal_density=1.0,
        standoff=0.05,
        wall_thickness=t,
        **REAR,
    ),
    "mli_over_wall.baseline": lambda t: mli_blanket.mli_over_wall_limit(
        wall_thickness=t
    ),
    "mli_over_wall.toughened": lambda t: mli_blanket.mli_over_wall_limit(
        wall_thickness=t, blanket="toughened"
    ),
    "ablator_over_whipple": lambda t: ablator.ablator_over_whipple_limit(
        ablator_thickness=0.02,
        ablator_density=528.0,
        standoff=0.02,
        wall_thickness=t,
        **REAR,
    ),
    "transparent.fused_silica": lambda t: glass.fused_silica_limit(thickness=t),
}
