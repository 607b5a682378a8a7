"""Honeycomb panel by the rough rule of the Handbook: NNO with a shortened standoff."""

from __future__ import annotations

from dataclasses import replace

from numpy.typing import ArrayLike

from mmod.shields.ballistic_limits._handbook import FloatArray, in_handbook_units
from mmod.shields.ballistic_limits._regimes import PowerLawLimit
from mmod.shields.ballistic_limits.whipple_nno import VALIDITY, whipple_nno_limit

CRITERIA = ("perforation_or_detached_spall",)
CELLS = 2.0
"""Cell diameters over which the cells channel the debris cloud."""


def honeycomb_nno_limit(
    *,
    bumper_thickness: float,
    bumper_density: float,
    cell_diameter: float,
    core_thickness: float,
    wall_thickness: float,
    wall_yield: float,
    external_blanket: float = 0.0,
) -> PowerLawLimit:
    """Return the limit of one panel; parameters as in `honeycomb_nno`."""
    in_handbook_units(
        "honeycomb.nno",
        cell_diameter=(cell_diameter, "length"),
        core_thickness=(core_thickness, "length"),
    )
    limit = whipple_nno_limit(
        bumper_thickness=bumper_thickness,
        bumper_density=bumper_density,
        standoff=min(CELLS * cell_diameter, core_thickness),
        wall_thickness=wall_thickness,
        wall_yield=wall_yield,
        external_blanket=external_blanket,
    )
    basis = f"a rough rule without tests of its own; NNO: {VALIDITY.basis}"
    return replace(limit, validity=replace(VALIDITY, basis=basis))


def honeycomb_nno(
    speed: ArrayLike,
    obliquity: ArrayLike,
    density: ArrayLike,
    *,
    bumper_thickness: float,
    bumper_density: float,
    cell_diameter: float,
    core_thickness: float,
    wall_thickness: float,
    wall_yield: float,
    external_blanket: float = 0.0,
) -> FloatArray:
    r"""Return the critical diameter of an aluminium honeycomb panel, rough rule.

    The NNO equations (`whipple_nno`) with the standoff S = min(2 D_cell, t_core) in cm:
    the cells channel the debris cloud, so that a thick core spreads it no further.

    Parameters
    ----------
    speed, obliquity, density : array_like
        Impact speed [m/s], angle from the normal [rad], particle density [kg/m3].
    bumper_thickness, bumper_density : float
        Front sheet [m], [kg/m3].
    cell_diameter, core_thickness : float
        Honeycomb core [m].
    wall_thickness, wall_yield : float
        Rear sheet [m] and its 0.2 % yield stress [Pa].
    external_blanket : float
        Blanket on the front sheet [kg/m2], as in `whipple_nno`.

    Returns
    -------
    ndarray
        Critical diameter [m]. Criterion: perforation or detached spall of the rear
        sheet.

    Raises
    ------
    InputError
        When a parameter or an impact condition is out of range.

    Notes
    -----
    Called rough by its source. The validity flag is that of NNO, whose tests were on
    two walls without a core. Angle cap 65 deg.

    References
    ----------
    .. [1] E. L. Christiansen et al., NASA/TM-2009-214785 (2009), p. 98, eq. 6-1.
    """
    return honeycomb_nno_limit(
        bumper_thickness=bumper_thickness,
        bumper_density=bumper_density,
        cell_diameter=cell_diameter,
        core_thickness=core_thickness,
        wall_thickness=wall_thickness,
        wall_yield=wall_yield,
        external_blanket=external_blanket,
    ).critical_diameter(speed, obliquity, density)
