"""Ceramic tile on an aluminium plate or honeycomb panel: hole in the structure."""

from __future__ import annotations

from typing import Literal

from numpy.typing import ArrayLike

from mmod.errors import bad
from mmod.shields.ballistic_limits._crater import UNSTATED
from mmod.shields.ballistic_limits._handbook import FloatArray, in_handbook_units
from mmod.shields.ballistic_limits._regimes import (
    Border,
    PowerLaw,
    PowerLawLimit,
    Regimes,
)
from mmod.units import G_CM2

Edition = Literal["handbook", "report"]

CRITERIA = ("perforation",)
VALIDITY = UNSTATED
PAD = 0.18 * G_CM2
"""Areal density of the felt pad (SIP) with its adhesive [kg/m2]."""
EDITIONS: tuple[Edition, ...] = ("handbook", "report")
"""Documents whose equations differ, and nothing settles by how they should."""
_REFERENCE_DENSITY = 2.8


def tile_on_aluminium_limit(
    *,
    tile_thickness: float,
    tile_density: float,
    wall_thickness: float,
    wall_density: float,
    wall_yield: float,
    core_thickness: float = 0.0,
    pad_areal_density: float = PAD,
    edition: Edition = "handbook",
) -> PowerLawLimit:
    """Return the limit of one tile and panel; parameters as in `tile_on_aluminium`."""
    name = "tile.on_aluminium"
    if edition not in EDITIONS:
        raise bad(name, "edition", edition, f"one of {', '.join(EDITIONS)}")
    p = in_handbook_units(
        name,
        allow_zero=("core_thickness", "pad_areal_density"),
        tile_thickness=(tile_thickness, "length"),
        tile_density=(tile_density, "density"),
        wall_thickness=(wall_thickness, "length"),
        wall_density=(wall_density, "density"),
        wall_yield=(wall_yield, "yield"),
        core_thickness=(core_thickness, "length"),
        pad_areal_density=(pad_areal_density, "areal density"),
    )
    handbook = edition == "handbook"
    strength = p["wall_yield"] / (70.0 if handbook else 40.0)
    density = _REFERENCE_DENSITY if handbook else p["wall_density"]
    tile = p["tile_thickness"] * (p["tile_density"] / _REFERENCE_DENSITY) ** 0.5
    low = PowerLaw(
        (1.82 if handbook else 1.0 / 0.55)
        * (p["wall_thickness"] * strength**0.5 + tile),
        -2.0 / 3.0,
        -5.0 / 3.0,
        -0.5,
    )
    high = PowerLaw(
        3.0
        * (p["tile_thickness"] + 0.5 * p["core_thickness"]) ** (1.0 / 3.0)
        * (p["wall_thickness"] + p["pad_areal_density"] / density) ** (2.0 / 3.0)
        * (p["wall_yield"] / 70.0) ** (1.0 / 3.0),
        -2.0 / 3.0,
        -2.0 / 3.0,
        -1.0 / 3.0,
    )
    regimes = Regimes((low,), (high,), Border(2.5, -1.0), Border(7.0, -1.0))
    return PowerLawLimit((regimes,), VALIDITY)


def tile_on_aluminium(
    speed: ArrayLike,
    obliquity: ArrayLike,
    density: ArrayLike,
    *,
    tile_thickness: float,
    tile_density: float,
    wall_thickness: float,
    wall_density: float,
    wall_yield: float,
    core_thickness: float = 0.0,
    pad_areal_density: float = PAD,
    edition: Edition = "handbook",
) -> FloatArray:
    r"""Return the critical diameter of a tile on an aluminium plate or honeycomb.

    With lengths in cm, areal densities in g/cm2, densities in g/cm3, speed in km/s,
    the yield stress in ksi and c the cosine of the obliquity::

        V c <= 2.5  d = K (t_w (sigma/sigma_0)^(1/2) + t_T (rho_T/2.8)^(1/2))
                        rho_p^(-1/2) V^(-2/3) c^(-5/3)
        V c >= 7    d = 3 (t_T + 0.5 t_HC)^(1/3) (t_w + m_SIP/rho)^(2/3)
                        (sigma/70)^(1/3) rho_p^(-1/3) (V c)^(-2/3)

        handbook: K = 1.82,    sigma_0 = 70, rho = 2.8
        report:   K = 1/0.55,  sigma_0 = 40, rho = density of the wall

    and a straight line in V c between.

    Parameters
    ----------
    speed, obliquity, density : array_like
        Impact speed [m/s], angle from the normal [rad], particle density [kg/m3].
    tile_thickness, tile_density : float
        Tile [m], [kg/m3].
    wall_thickness, wall_density, wall_yield : float
        Aluminium plate, or face sheets of the honeycomb [m], [kg/m3], [Pa].
    core_thickness : float
        Honeycomb core, t_HC [m]; 0 for a plate.
    pad_areal_density : float
        Felt pad (SIP) between tile and plate [kg/m2].
    edition : {"handbook", "report"}
        The Handbook [1]_ or the report [2]_.

    Returns
    -------
    ndarray
        Critical diameter [m]. Criterion: perforation of the plate, or of the panel.

    Raises
    ------
    InputError
        When a parameter, the edition or an impact condition is out of range.

    Notes
    -----
    The documents differ in the reference yield stress of the low regime (a factor
    1.32 on the wall term) and in the density under the pad (3.6 % of the pad for 2.7
    g/cm3); neither settles it. The Handbook gives the smaller diameter at low speed,
    unless the wall hardly counts, and is the default. The report prints its line for 3 to 7 km/s and leaves 2.5 to 3 open:
    2.5 to 7 is used for both. Whether t_w of a honeycomb is one face sheet or both is
    not known here (unverified); the rear one alone is the safe reading. No range of
    tests is known here [estimate]. No angle cap; held at 89 deg.

    References
    ----------
    .. [1] E. L. Christiansen et al., NASA/TM-2009-214785 (2009), p. 84-85, eq. 5-8.
    .. [2] S. Ryan, E. L. Christiansen, NASA/TM-2009-214789 (2009), p. 34, eq. 100, 101.
    """
    return tile_on_aluminium_limit(
        tile_thickness=tile_thickness,
        tile_density=tile_density,
        wall_thickness=wall_thickness,
        wall_density=wall_density,
        wall_yield=wall_yield,
        core_thickness=core_thickness,
        pad_areal_density=pad_areal_density,
        edition=edition,
    ).critical_diameter(speed, obliquity, density)
