"""Hole models of carbon panels, tiles and windows: their relations with a scatter."""

from __future__ import annotations

import numpy as np

from mmod.shields.ballistic_limits._handbook import BoolArray, FloatArray
from mmod.shields.hole_size.model import HoleModel, HoleSize, Impacts, within
from mmod.shields.hole_size.rcc import rcc_hole_diameter
from mmod.shields.hole_size.tile import tile_entry_hole_diameter
from mmod.shields.hole_size.window import Glass, window_crater_diameter
from mmod.units import G_CM3, KM

LOG_SD = 0.2
"""Scatter of these relations, and their own error: no source gives either [estimate]."""
_ANY_DENSITY = (1.1 * G_CM3, 8.96 * G_CM3)


def _with_scatter(size: FloatArray, inside: BoolArray) -> HoleSize:
    """Return sizes with the scatter and error that all these relations share."""
    with np.errstate(divide="ignore"):
        median = np.log(size)
    spread = np.full(size.shape, LOG_SD)
    return HoleSize(median, spread, inside, spread, np.full(size.shape, np.nan))


class CarbonPanel(HoleModel):
    """Hole through a carbon-carbon panel; see `mmod.shields.hole_size.rcc`.

    Parameters
    ----------
    thickness : float
        Panel [m]; the relation is for 6.3 mm, others are out of range.

    References
    ----------
    .. [1] NASA/TM-2009-214785 (2009), p. 93-94, eq. 5-34.
    """

    def __init__(self, thickness: float) -> None:
        super().__init__(
            "rcc",
            "hole through a carbon-carbon panel",
            "relation published; scatter [estimate]",
            "NASA/TM-2009-214785 p. 93-94, eq. 5-34",
        )
        self.thickness = thickness

    def _sizes(self, impacts: Impacts) -> HoleSize:
        size = rcc_hole_diameter(
            impacts.diameter, impacts.speed, impacts.obliquity, impacts.density
        )
        fits = abs(self.thickness / 6.3e-3 - 1.0) < 0.05
        inside = within(impacts, speed=(1.0 * KM, 7.5 * KM), obliquity_deg=60.0)
        return _with_scatter(size, inside & fits)


class TileEntry(HoleModel):
    """Entry hole in a ceramic tile; see `mmod.shields.hole_size.tile`.

    References
    ----------
    .. [1] NASA/TM-2009-214785 (2009), p. 83, eq. 5-3.
    """

    def __init__(self) -> None:
        super().__init__(
            "tile_entry",
            "entry hole in a tile LI-900 or LI-2200",
            "relation published; its range and scatter [estimate]",
            "NASA/TM-2009-214785 p. 83, eq. 5-3",
        )

    def _sizes(self, impacts: Impacts) -> HoleSize:
        size = tile_entry_hole_diameter(
            impacts.diameter, impacts.speed, impacts.obliquity, impacts.density
        )
        inside = within(impacts, speed=(1.0 * KM, 7.5 * KM), obliquity_deg=60.0)
        return _with_scatter(size, inside)


class WindowCrater(HoleModel):
    """Crater (surface damage) on a pane; see `mmod.shields.hole_size.window`.

    Parameters
    ----------
    glass : {"fused_silica", "fused_quartz"}
        What the pane is made of.

    References
    ----------
    .. [1] NASA/TM-2009-214789 (2009), p. 14-15, eq. 29, 30.
    """

    def __init__(self, glass: Glass) -> None:
        super().__init__(
            "window_crater",
            f"crater on a pane of {glass.replace('_', ' ')} (its damaged surface, no"
            " hole through it)",
            "relation published; scatter [estimate]",
            "NASA/TM-2009-214789 p. 14-15, eq. 29, 30",
        )
        self.glass: Glass = glass

    def _sizes(self, impacts: Impacts) -> HoleSize:
        size = window_crater_diameter(
            impacts.diameter,
            impacts.speed,
            impacts.obliquity,
            impacts.density,
            glass=self.glass,
        )
        silica = self.glass == "fused_silica"
        speeds = (2.7 * KM, 12.0 * KM) if silica else (6.61 * KM, 6.97 * KM)
        sizes = (1.4e-3, 4.0e-3) if silica else (0.7e-3, 2.0e-3)
        inside = within(impacts, speed=speeds, obliquity_deg=60.0, density=_ANY_DENSITY)
        inside &= (impacts.diameter >= sizes[0]) & (impacts.diameter <= sizes[1])
        return _with_scatter(size, inside)
