"""From the kept rays of a run to quadrature nodes over the diameter.

A run keeps, for each zone and model, a sample of rays with the expected number that
each stands for, and draws one diameter per ray. Here the diameter is integrated: every
ray becomes some tens of nodes above the ballistic limit, with the flux between them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from mmod.engine.penetration import SizeCurve, damaging_intervals
from mmod.shields import Shield

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


def _steps() -> FloatArray:
    """Return ln(d/d_c) of the borders of the nodes: fine at the limit, then coarser."""
    fine = np.cumsum(0.002 * 1.18 ** np.arange(24))
    middle = fine[-1] + 0.1 * np.arange(1, 21)
    coarse = middle[-1] + 0.3 * np.arange(1, 12)
    return np.concatenate([[0.0], fine, middle, coarse])


STEPS = _steps()
"""Borders of the nodes in ln(d/d_c); the last node reaches to infinity."""


@dataclass(frozen=True)
class Rays:
    """Rays kept by a run, arrays of shape (r,), SI.

    Parameters
    ----------
    zone, model, phase, population, curve : ndarray of int
        Indices into the zones, models and phases of the run; population and size curve
        of the threat.
    meteoroid : ndarray of bool
        Kind of the model.
    x, y, z : ndarray
        Impact point, body frame [m].
    azimuth, elevation : ndarray
        Radiant, spacecraft frame [rad].
    speed, obliquity : ndarray
        Impact speed [m/s], angle from the normal [rad].
    weight : ndarray
        Expected number that the ray stands for over the whole run [1].
    scale : ndarray
        Share of the ray's phase that lies in the window [1].
    diameter, critical_diameter, density, extrapolated : ndarray
        The diameter that the run drew for the ray, with what goes with it.
    """

    zone: IntArray
    model: IntArray
    phase: IntArray
    population: IntArray
    curve: IntArray
    meteoroid: BoolArray
    x: FloatArray
    y: FloatArray
    z: FloatArray
    azimuth: FloatArray
    elevation: FloatArray
    speed: FloatArray
    obliquity: FloatArray
    weight: FloatArray
    scale: FloatArray
    diameter: FloatArray
    critical_diameter: FloatArray
    density: FloatArray
    extrapolated: BoolArray

    def __len__(self) -> int:
        return len(self.zone)


@dataclass(frozen=True)
class Nodes:
    """Nodes over the diameter, arrays of shape (n,), SI.

    Parameters
    ----------
    ray : ndarray of int
        Ray of the node.
    weight : ndarray
        Expected number in the window [1].
    diameter, critical_diameter, density : ndarray
        Particle [m], ballistic limit at its density [m], density [kg/m3].
    extrapolated : ndarray of bool
        The damage equation is used outside its tests.
    """

    ray: IntArray
    weight: FloatArray
    diameter: FloatArray
    critical_diameter: FloatArray
    density: FloatArray
    extrapolated: BoolArray

    @classmethod
    def joined(cls, parts: list[Nodes]) -> Nodes:
        """Return several sets of nodes as one, ordered by ray."""
        if not parts:
            none = np.zeros(0)
            index, no = none.astype(np.int64), none.astype(np.bool_)
            return cls(index, none, none, none, none, no)
        names = [f.name for f in fields(cls)]
        whole = {n: np.concatenate([getattr(p, n) for p in parts]) for n in names}
        order = np.argsort(whole["ray"], kind="stable")
        return cls(**{n: v[order] for n, v in whole.items()})


@dataclass(frozen=True)
class Curves:
    """Size curves of the threat tables of a result, built when asked for.

    Parameters
    ----------
    tables : dict
        (phase, model) to its threat table.
    """

    tables: dict[tuple[int, int], xr.Dataset]
    _known: dict[tuple[int, int, int], SizeCurve] = field(
        default_factory=dict, repr=False, compare=False
    )

    def of(self, phase: int, model: int, curve: int) -> SizeCurve:
        """Return one size curve."""
        key = (phase, model, curve)
        if key not in self._known:
            self._known[key] = SizeCurve.of(self.tables[phase, model], curve)
        return self._known[key]

    def number(self, model: int) -> int:
        """Return the greatest number of size curves of a model in any phase."""
        return max(
            t.sizes["size_curve"] for (_, m), t in self.tables.items() if m == model
        )


def drawn_nodes(rays: Rays, pick: IntArray) -> Nodes:
    """Return one node a ray, at the diameter that the run drew."""
    return Nodes(
        ray=pick,
        weight=rays.weight[pick] * rays.scale[pick],
        diameter=rays.diameter[pick],
        critical_diameter=rays.critical_diameter[pick],
        density=rays.density[pick],
        extrapolated=rays.extrapolated[pick],
    )


def quadrature_nodes(
    rays: Rays,
    pick: IntArray,
    shield: Shield,
    curves: Curves,
    *,
    limit_factor: float = 1.0,
    steps: FloatArray = STEPS,
) -> Nodes:
    """Return the nodes of the rays of one shield.

    Parameters
    ----------
    rays : Rays
        All rays.
    pick : ndarray of int
        Those of the shield.
    shield : Shield
        The shield.
    curves : Curves
        Size curves.
    limit_factor : float
        Factor on the ballistic limit, for its uncertainty.
    steps : ndarray
        Borders of the nodes in ln(d/d_c), increasing from 0.

    Returns
    -------
    Nodes
        With a factor of 1 the weights of a ray sum to the weight of the ray.

    Notes
    -----
    Over each piece of a size curve (of constant or slowly varying density) the borders
    start at the ballistic limit and stop at the end of the piece. A node stands where
    half of the flux between its borders is above it.
    """
    parts: list[Nodes] = []
    key = np.stack([rays.phase[pick], rays.model[pick], rays.curve[pick]], axis=1)
    for group in np.unique(key, axis=0):
        lanes = pick[(key == group).all(axis=1)]
        curve = curves.of(*(int(v) for v in group))
        parts += _of_curve(rays, lanes, shield, curve, limit_factor, steps)
    return Nodes.joined(parts)


def _of_curve(
    rays: Rays,
    lanes: IntArray,
    shield: Shield,
    curve: SizeCurve,
    factor: float,
    steps: FloatArray,
) -> list[Nodes]:
    speed, obliquity = rays.speed[lanes], rays.obliquity[lanes]
    start, stop, valid = damaging_intervals(shield, curve, speed, obliquity)
    total = curve.flux_between(start, stop).sum(axis=0)
    if factor != 1.0:
        start, stop, valid = damaging_intervals(
            shield, curve, speed, obliquity, ratio=factor
        )
    flux = curve.flux_between(start, stop)
    known = total > 0.0
    parts = [drawn_nodes(rays, lanes[~known])] if not known.all() else []
    per_flux = np.divide(
        rays.weight[lanes], total, out=np.zeros(len(lanes)), where=known
    )
    per_flux *= rays.scale[lanes]
    first = np.where(flux > 0.0, start, np.inf).min(axis=0)
    for i in range(len(start)):
        use = np.flatnonzero((flux[i] > 0.0) & known)
        if len(use) == 0:
            continue
        low, high = start[i, use], stop[i, use]
        anchor = np.where(low > curve.pieces[i, 0] + 1e-12, low, first[use])
        border = np.clip(anchor + steps[:, None], low, high)
        border[-1] = high
        inside = curve.flux_between(border[:-1], border[1:])
        row, lane = np.nonzero(inside > 0.0)
        amount = inside[row, lane]
        begin, end = border[row, lane], border[row + 1, lane]
        above = np.exp(curve.log_flux_above(begin))
        middle = curve.log_diameter_of(np.log(above - 0.5 * amount))
        middle = np.clip(middle, begin, end)
        density = np.exp(
            curve.log_density_at(np.full(len(row), i, dtype=np.int64), middle)
        )
        at = use[lane]
        critical = factor * shield.critical_diameter(speed[at], obliquity[at], density)
        parts.append(
            Nodes(
                ray=lanes[at],
                weight=per_flux[at] * amount,
                # Where the density slopes the border is that of a straight line.
                diameter=np.maximum(np.exp(middle), critical),
                critical_diameter=critical,
                density=density,
                extrapolated=~valid[i, at],
            )
        )
    return parts
