"""AETB-8 tile on graphite honeycomb, with and without a wall behind."""

from __future__ import annotations

from numpy.typing import ArrayLike

from mmod.shields.ballistic_limits._composite_honeycomb import (
    panel_and_wall_limit,
    panel_limit,
)
from mmod.shields.ballistic_limits._crater import UNSTATED, for_thickness
from mmod.shields.ballistic_limits._handbook import FloatArray
from mmod.shields.ballistic_limits._regimes import PowerLawLimit, Validity
from mmod.units import CM

CRITERIA = ("perforation",)
LOW = 2.64
"""Constant of the panel at and below 2.5 km/s."""
HIGH = 2.98
"""Constant of the panel at and above 7 km/s."""
TILE_THICKNESS = 5.1 * CM
"""Tile for which they were derived [m]."""


def _validity(tile_thickness: float) -> Validity:
    return for_thickness(UNSTATED, tile_thickness, TILE_THICKNESS, "AETB-8")


def aetb8_on_honeycomb_limit(
    *, tile_thickness: float = TILE_THICKNESS
) -> PowerLawLimit:
    """Return the limit of the one panel that was tested; see `aetb8_on_honeycomb`."""
    return panel_limit(LOW, HIGH, _validity(tile_thickness))


def aetb8_on_honeycomb(
    speed: ArrayLike,
    obliquity: ArrayLike,
    density: ArrayLike,
    *,
    tile_thickness: float = TILE_THICKNESS,
) -> FloatArray:
    r"""Return the critical diameter of AETB-8 tile on graphite-cyanate honeycomb.

    With the diameter in cm, density in g/cm3, speed in km/s and c the cosine of the
    obliquity::

        V c <= 2.5  d = 2.64 rho_p^(-1/2) V^(-2/3) c^(-5/3)
        V c >= 7    d = 2.98 rho_p^(-1/3) (V c)^(-2/3)

    and a straight line in V c between.

    Parameters
    ----------
    speed, obliquity, density : array_like
        Impact speed [m/s], angle from the normal [rad], particle density [kg/m3].
    tile_thickness : float
        Tile [m]; the constants hold for 51 mm, another thickness changes no value and
        is flagged by the limit's ``valid``.

    Returns
    -------
    ndarray
        Critical diameter [m]. Criterion: perforation of the honeycomb.

    Raises
    ------
    InputError
        When an impact condition is out of range.

    Notes
    -----
    For one configuration only: a tile of 5.1 cm; its dimensions are in the constants.
    No range of tests is known here [estimate]. No angle cap; held at 89 deg.

    References
    ----------
    .. [1] E. L. Christiansen et al., NASA/TM-2009-214785 (2009), p. 88.
    """
    return aetb8_on_honeycomb_limit(tile_thickness=tile_thickness).critical_diameter(
        speed, obliquity, density
    )


def aetb8_on_honeycomb_over_wall_limit(
    *,
    standoff: float,
    wall_thickness: float,
    wall_yield: float,
    blanket: float = 0.0,
    tile_thickness: float = TILE_THICKNESS,
) -> PowerLawLimit:
    """Return the limit; parameters as in `aetb8_on_honeycomb_over_wall`."""
    return panel_and_wall_limit(
        "tile.aetb8_on_honeycomb_over_wall",
        LOW,
        HIGH,
        standoff=standoff,
        wall_thickness=wall_thickness,
        wall_yield=wall_yield,
        blanket=blanket,
        validity=_validity(tile_thickness),
    )


def aetb8_on_honeycomb_over_wall(
    speed: ArrayLike,
    obliquity: ArrayLike,
    density: ArrayLike,
    *,
    standoff: float,
    wall_thickness: float,
    wall_yield: float,
    blanket: float = 0.0,
    tile_thickness: float = TILE_THICKNESS,
) -> FloatArray:
    r"""Return the critical diameter of AETB-8 on graphite honeycomb before a wall.

    With lengths in cm, areal density in g/cm2, density in g/cm3, speed in km/s, the
    yield stress in ksi and c the cosine of the obliquity::

        V c <= 2.5  d = (2.64 + 1.67 (t_w + 0.36 m) (sigma/40)^(1/2))
                        rho_p^(-1/2) V^(-2/3) c^(-5/3)
        V c >= 7    d = (2.98 + 3.19 S^(1/3) (t_w + 0.36 m)^(2/3) (sigma/40)^(1/3))
                        rho_p^(-1/3) (V c)^(-2/3)

    and a straight line in V c between.

    Parameters
    ----------
    speed, obliquity, density : array_like
        Impact speed [m/s], angle from the normal [rad], particle density [kg/m3].
    standoff : float
        Honeycomb to wall, S [m].
    wall_thickness, wall_yield : float
        Wall behind [m], [Pa].
    blanket : float
        Blankets between honeycomb and wall, m [kg/m2].
    tile_thickness : float
        As in `aetb8_on_honeycomb`.

    Returns
    -------
    ndarray
        Critical diameter [m]. Criterion: perforation of the wall.

    Raises
    ------
    InputError
        When a parameter or an impact condition is out of range.

    Notes
    -----
    The panel of `aetb8_on_honeycomb`. 0.36 = 1/2.8: a blanket counts as aluminium of
    its mass; that m is the blanket is read from this, not from the page (unverified).
    No range of tests is known here [estimate]. Held at 89 deg.

    References
    ----------
    .. [1] E. L. Christiansen et al., NASA/TM-2009-214785 (2009), p. 88-89.
    """
    return aetb8_on_honeycomb_over_wall_limit(
        standoff=standoff,
        wall_thickness=wall_thickness,
        wall_yield=wall_yield,
        blanket=blanket,
        tile_thickness=tile_thickness,
    ).critical_diameter(speed, obliquity, density)
