"""Debris sizes from a table (MASTER-8 in ECSS Table J-2), directions as NASA-91."""

from __future__ import annotations

import math
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from mmod.errors import bad
from mmod.flux.base import ExposureState
from mmod.flux.card import ModelCard, OptionValue
from mmod.flux.frames import orbit_speed
from mmod.flux.horizontal import CollisionSpeedLaw
from mmod.flux.nasa91 import HorizontalDebris
from mmod.flux.table import (
    LARGEST_DIAMETER,
    SMALLEST_DIAMETER,
    SizeCurves,
    diameter_grid,
    distinct,
)
from mmod.units import CM, PER_YEAR

FloatArray = NDArray[np.float64]

LEAST_SHARE = 1e-9
"""Share of the tilted directions above the upper size: keeps both curves positive."""


class Master8Model(HorizontalDebris):
    """Tabulated cumulative flux, log-log; speeds and directions of NASA-91.

    With ``directions = "handbook_side_ram"`` small particles come more from the sides:
    a share of the differential flux that falls log-linearly from 1 to 0 between two
    sizes has its speed law tilted exponentially, so that a cube's side:ram ratio is
    the Handbook's. Azimuth and speed stay one variable, so these also get slower.
    """

    def __init__(
        self, name: str, card: ModelCard, path: Path, options: dict[str, OptionValue]
    ) -> None:
        super().__init__(name, card, path, options)
        table = self._table("sizes", ("diameter_cm", "N_debris_m2yr"))
        diameter = table["diameter_cm"] * CM
        flux = table["N_debris_m2yr"] * PER_YEAR
        if card.area_convention == "tumbling_surface":
            flux = 4.0 * flux
        falling = np.all(np.diff(flux) < 0.0) and np.all(np.diff(diameter) > 0.0)
        if diameter.size < 2 or not falling or not np.all(flux > 0.0):
            raise bad(
                path.parent / card.tables["sizes"],
                "N_debris_m2yr",
                "not a falling positive flux",
                "increasing diameters with falling positive fluxes",
            )
        self._nodes = diameter
        self._log_diameter, self._log_flux = np.log(diameter), np.log(flux)

    def _cumulative(self, diameter: FloatArray, state: ExposureState) -> FloatArray:
        del state
        x, nodes, values = np.log(diameter), self._log_diameter, self._log_flux
        slopes = np.diff(values) / np.diff(nodes)
        segment = np.clip(np.searchsorted(nodes, x) - 1, 0, slopes.size - 1)
        return np.asarray(
            np.exp(values[segment] + slopes[segment] * (x - nodes[segment]))
        )

    @property
    def _tilted(self) -> bool:
        return self._text_option("directions") == "handbook_side_ram"

    def _laws(self, state: ExposureState) -> tuple[CollisionSpeedLaw, ...]:
        (plain,) = super()._laws(state)
        if not self._tilted:
            return (plain,)
        ratio = self._number("handbook_side_to_ram")
        return (tilted_law(plain, 2.0 * orbit_speed(state.altitude), ratio), plain)

    def _curves(self, state: ExposureState) -> SizeCurves:
        extra = [*self._nodes.tolist(), *self._density_nodes()]
        if self._tilted:
            nodes = diameter_grid([*extra, *self._share_ends])
            tilted = self._tilted_flux(nodes, state)
            total = self._cumulative(nodes, state)
            plain = np.minimum.accumulate(total - tilted)
            flux = np.stack([np.minimum.accumulate(total - plain), plain])
        else:
            nodes = distinct([SMALLEST_DIAMETER, *extra, LARGEST_DIAMETER])
            nodes = nodes[(nodes >= SMALLEST_DIAMETER) & (nodes <= LARGEST_DIAMETER)]
            flux = self._cumulative(nodes, state)[None, :]
        return SizeCurves(
            nodes, flux, np.repeat(self._density(nodes)[None], len(flux), axis=0)
        )

    @cached_property
    def _share_ends(self) -> tuple[float, float]:
        low, high = self._numbers("handbook_size_range_cm") * CM
        return float(low), float(high)

    def _share(self, diameter: FloatArray) -> FloatArray:
        """Return the share of tilted directions in the differential flux."""
        low, high = self._share_ends
        share = np.log(high / diameter) / math.log(high / low)
        return np.asarray(np.clip(share, LEAST_SHARE, 1.0))

    def _tilted_flux(self, nodes: FloatArray, state: ExposureState) -> FloatArray:
        """Return the cumulative flux with tilted directions at the nodes."""
        x, w = np.polynomial.legendre.leggauss(3)
        flux = self._cumulative(nodes, state)
        # between nodes both the share and log F are linear in log d
        fraction = 0.5 * (1.0 + x)
        logs = np.log(nodes)
        step = np.diff(logs)
        inner = np.exp(logs[:-1, None] + step[:, None] * fraction)
        slope = -np.diff(np.log(flux)) / step
        differential = slope[:, None] * self._cumulative(inner, state)
        pieces = 0.5 * step * np.sum(w * self._share(inner) * differential, axis=1)
        tail = LEAST_SHARE * flux[-1]
        above = np.append(np.cumsum(pieces[::-1])[::-1], 0.0)
        return np.asarray(above + tail)


def side_to_ram(law: CollisionSpeedLaw, coupling_speed: float) -> float:
    """Return the ratio of one side face to the ram face of a cube.

    Parameters
    ----------
    law : CollisionSpeedLaw
        Collision speeds.
    coupling_speed : float
        2 v_orb [m/s].

    Returns
    -------
    float
        0.46 for NASA-91 at 400 km and 51.6 deg.

    Notes
    -----
    Valid for arrivals in the horizontal plane.

    References
    ----------
    .. [1] NASA/TM-2009-214785 (2009) Table 2-2 (what it is compared with).
    """

    def cosine(v: FloatArray) -> FloatArray:
        return np.minimum(v / coupling_speed, 1.0)

    ram = law.integral(cosine, [coupling_speed])
    side = law.integral(lambda v: np.sqrt(1.0 - cosine(v) ** 2), [coupling_speed])
    return 0.5 * side / ram


def tilted_law(
    law: CollisionSpeedLaw, coupling_speed: float, ratio: float
) -> CollisionSpeedLaw:
    """Return a law times exp(-k v), k such that side:ram of a cube is a given ratio.

    Parameters
    ----------
    law : CollisionSpeedLaw
        To be tilted.
    coupling_speed : float
        2 v_orb [m/s].
    ratio : float
        Wanted side:ram.

    Returns
    -------
    CollisionSpeedLaw
        Of all laws with that ratio of mean sine to mean cosine, a close one to the
        given law (exponential tilting); on the same support.

    Raises
    ------
    InputError
        When no tilt reaches the ratio.

    Notes
    -----
    Valid as a scenario only: circular orbits of one altitude cannot give the side to
    ram ratio of the Handbook at 0.1 mm, which comes from eccentric orbits; tilting a
    circular law slows the particles down as well.

    References
    ----------
    .. [1] NASA/TM-2009-214785 (2009) Table 2-2: ORDEM2000, 2002, >= 0.1 mm: forward
       5.16, starboard 7.79, port 7.90, aft 0.46; >= 1 cm: 1.32e-6, 7.70e-7, 7.73e-7,
       1.72e-8 impacts a year on 1 m2.
    """

    def tilted(k: float) -> CollisionSpeedLaw:
        def density(v: FloatArray) -> FloatArray:
            return np.asarray(law.density(v) * np.exp(-k * v / coupling_speed))

        return CollisionSpeedLaw(density, law.breaks)

    def excess(k: float) -> float:
        return math.log(side_to_ram(tilted(k), coupling_speed) / ratio)

    low, high = -40.0, 40.0
    if excess(low) * excess(high) > 0.0:
        raise bad("<argument>", "handbook_side_to_ram", ratio, "a ratio a tilt reaches")
    return tilted(float(brentq(excess, low, high, xtol=1e-10)))
