"""Penetration tables: damage equation and size curve joined, outside the hot loop.

For a shield and a size curve, the flux of penetrating particles at (speed, obliquity)
is the flux of all diameters d with d >= critical diameter at the density of d. With a
density that varies with the diameter this set need not be one interval: it is summed
over pieces of constant, or slowly varying, density.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from mmod.kernel.tables import Floats, Tables, fill_flux
from mmod.shields import Shield

SPEED_MIN, SPEED_MAX = 100.0, 1.0e5
_SPEED_STEP = 0.045
_LEAST_STEPS = 32
_ROW_STEP = np.radians(1.5)
_COSINE_MIN = 1e-3
_HINTS = 1024
_CURVE_NODES = 4097
_CURVE_MIN, _CURVE_MAX = 1e-7, 10.0
_JUMP = 1e-9
_PIECES = 12


@dataclass(frozen=True)
class SizeCurve:
    """Cumulative flux over diameter and the density that goes with it.

    ``log_diameter``, ``log_flux``, ``log_density`` (n,): nodes, log-log between them;
    ``pieces`` (p, 2): log diameter bounds; ``piece_density`` (p, 2): log density at
    the bounds (equal where the density is constant).
    """

    log_diameter: Floats
    log_flux: Floats
    pieces: Floats
    piece_density: Floats

    @classmethod
    def of(cls, table: xr.Dataset, index: int) -> SizeCurve:
        """Take one size curve out of a ThreatTable."""
        diameter = np.log(table["diameter"].to_numpy())
        flux = np.log(table["flux"].to_numpy()[index])
        density = np.log(table["density"].to_numpy()[index])
        bounds, values = _pieces(diameter, density)
        return cls(diameter, flux, bounds, values)

    def log_flux_above(self, log_diameter: Floats) -> Floats:
        """Return the log cumulative flux; the end slopes go on beyond the nodes."""
        x, y = self.log_diameter, self.log_flux
        out = np.interp(log_diameter, x, y)
        low = (y[1] - y[0]) / (x[1] - x[0])
        high = (y[-1] - y[-2]) / (x[-1] - x[-2])
        out = np.where(log_diameter < x[0], y[0] + low * (log_diameter - x[0]), out)
        return np.where(
            log_diameter > x[-1], y[-1] + high * (log_diameter - x[-1]), out
        )

    def log_diameter_of(self, log_flux: Floats) -> Floats:
        """Return the log diameter above which the curve holds a flux."""
        x, y = self.log_diameter, self.log_flux
        out = np.interp(-log_flux, -y, x)
        low = (x[1] - x[0]) / (y[1] - y[0]) if y[1] != y[0] else 0.0
        high = (x[-1] - x[-2]) / (y[-1] - y[-2])
        out = np.where(log_flux > y[0], x[0] + low * (log_flux - y[0]), out)
        return np.where(log_flux < y[-1], x[-1] + high * (log_flux - y[-1]), out)

    def flux_between(self, start: Floats, stop: Floats) -> Floats:
        """Return the flux of log diameters in [start, stop); stop may be infinite."""
        above = np.exp(self.log_flux_above(start))
        finite = np.isfinite(stop)
        below = np.where(
            finite, np.exp(self.log_flux_above(np.where(finite, stop, 0.0))), 0.0
        )
        return np.where(stop > start, np.maximum(above - below, 0.0), 0.0)

    def log_density_at(self, piece: NDArray[np.int64], log_diameter: Floats) -> Floats:
        """Return the log density of particles of a piece of the curve."""
        low, high = self.pieces[piece, 0], self.pieces[piece, 1]
        a, b = self.piece_density[piece, 0], self.piece_density[piece, 1]
        with np.errstate(invalid="ignore", divide="ignore"):
            u = np.where(
                np.isfinite(high - low), (log_diameter - low) / (high - low), 0.0
            )
        out: Floats = a + (b - a) * np.clip(u, 0.0, 1.0)
        return out

    def reduced(self, log_diameter: Floats) -> Floats:
        """Return log diameters with the gaps of the curve taken out.

        Where the cumulative flux is flat there are no particles; such a stretch keeps
        one part in a million of its length.
        """
        x = self.log_diameter
        step = np.diff(x)
        step = np.where(np.diff(self.log_flux) > -1e-9, 1e-6 * step, step)
        s = x[0] + np.concatenate([[0.0], np.cumsum(step)])
        out = np.interp(log_diameter, x, s)
        out = np.where(log_diameter < x[0], log_diameter, out)
        return np.where(log_diameter > x[-1], s[-1] + log_diameter - x[-1], out)

    def unreduced(self, size: Floats) -> Floats:
        """Return the log diameters of reduced sizes (inverse of `reduced`)."""
        x = self.log_diameter
        s = self.reduced(x)
        out = np.interp(size, s, x)
        out = np.where(size < s[0], size, out)
        return np.where(size > s[-1], x[-1] + size - s[-1], out)

    @property
    def main_density(self) -> float:
        """Density of millimetre particles [kg/m3], for the regime borders."""
        k = int(np.searchsorted(self.pieces[:, 1], np.log(1e-3)))
        k = min(k, len(self.pieces) - 1)
        return float(np.exp(self.piece_density[k].mean()))


def _pieces(x: Floats, density: Floats) -> tuple[Floats, Floats]:
    """Split a curve into pieces of constant density and short sloping ones."""
    flat = np.abs(np.diff(density)) < 1e-12
    bounds: list[tuple[float, float]] = []
    values: list[tuple[float, float]] = []
    i, n = 0, len(x) - 1
    while i < n:
        j = i + 1
        while j < n and flat[j] == flat[i]:
            j += 1
        if flat[i]:
            bounds.append((float(x[i]), float(x[j])))
            values.append((float(density[i]), float(density[i])))
        else:
            # A step across a gap of the curve, or a law: short linear stretches.
            nodes = x[i : j + 1]
            if len(nodes) > _PIECES + 1:
                pick = np.unique(
                    np.linspace(0, len(nodes) - 1, _PIECES + 1).astype(int)
                )
                nodes = nodes[pick]
            at = np.interp(nodes, x, density)
            bounds += [(float(a), float(b)) for a, b in itertools.pairwise(nodes)]
            values += [(float(a), float(b)) for a, b in itertools.pairwise(at)]
        i = j
    # The end slopes of the curve go on beyond it, at the densities of its ends.
    first, last = float(density[0]), float(density[-1])
    bounds = [(-np.inf, float(x[0])), *bounds, (float(x[-1]), np.inf)]
    values = [(first, first), *values, (last, last)]
    return np.array(bounds), np.array(values)


def damaging_intervals(
    shield: Shield,
    curve: SizeCurve,
    speed: Floats,
    obliquity: Floats,
    ratio: float = 1.0,
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Return, per piece of the curve, the diameters of at least a share of critical.

    Parameters
    ----------
    shield : Shield
        A shield with a damage equation.
    curve : SizeCurve
        Flux and density over diameter.
    speed, obliquity : ndarray, shape (n,)
        Impact speed [m/s] and angle from the normal [rad].
    ratio : float
        Diameters d with d >= ratio * critical diameter; 1 for penetration.

    Returns
    -------
    start, stop : ndarray, shape (n_piece, n)
        Log diameter bounds of the interval in each piece; equal where it is empty.
    valid : ndarray of bool, shape (n_piece, n)
        Whether the damage equation is inside the range of its tests there.

    Notes
    -----
    In a piece of varying density, log(d / critical diameter) is taken as linear in
    log d between its ends (exact for power laws of density).
    """
    known: dict[float, tuple[Floats, NDArray[np.bool_]]] = {}

    def critical(log_density: float) -> tuple[Floats, NDArray[np.bool_]]:
        if log_density not in known:
            density = float(np.exp(log_density))
            size = shield.critical_diameter(speed, obliquity, density)
            valid = shield.valid(speed, obliquity, density, diameter=size)
            known[log_density] = (
                np.log(size) + np.log(ratio),
                np.broadcast_to(valid, speed.shape),
            )
        return known[log_density]

    shape = (len(curve.pieces), len(speed))
    start, stop = np.zeros(shape), np.zeros(shape)
    good = np.zeros(shape, dtype=np.bool_)
    for i, ((low, high), (rho_low, rho_high)) in enumerate(
        zip(curve.pieces, curve.piece_density, strict=True)
    ):
        limit, valid = critical(rho_low)
        if rho_low == rho_high:
            start[i] = np.clip(limit, low, high)
            stop[i] = high
            good[i] = valid
            continue
        limit_high, valid_high = critical(rho_high)
        g_low, g_high = low - limit, high - limit_high
        with np.errstate(invalid="ignore", divide="ignore"):
            root = low + (high - low) * g_low / (g_low - g_high)
        root = np.clip(np.where(np.isfinite(root), root, low), low, high)
        start[i] = np.where(g_low >= 0.0, low, np.where(g_high >= 0.0, root, high))
        stop[i] = np.where(g_high >= 0.0, high, np.where(g_low >= 0.0, root, high))
        good[i] = valid & valid_high
    return start, stop, good


def penetrating(
    shield: Shield, curve: SizeCurve, speed: Floats, obliquity: Floats
) -> tuple[Floats, Floats]:
    """Return the penetrating flux and its share outside the validity range.

    Parameters
    ----------
    shield : Shield
        A shield with a damage equation.
    curve : SizeCurve
        Flux and density over diameter.
    speed : ndarray, shape (n,)
        Impact speed [m/s].
    obliquity : ndarray, shape (n,)
        Angle from the normal [rad].

    Returns
    -------
    flux : ndarray, shape (n,)
        Cross-sectional flux that penetrates where it hits the vulnerable part
        [1/m2/s] (the vulnerable fraction is not applied).
    outside : ndarray, shape (n,)
        Share of it for which the equation is used outside its tests, 0 to 1.
    """
    start, stop, valid = damaging_intervals(shield, curve, speed, obliquity)
    part = curve.flux_between(start, stop)
    flux = part.sum(axis=0)
    beyond = np.where(valid, 0.0, part).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(flux > 0.0, beyond / flux, 0.0)
    return flux, share


@dataclass(frozen=True)
class _Grid:
    cosine: Floats
    border: Floats
    size: Floats
    outside: Floats


def _grid(shield: Shield, curve: SizeCurve, rows: int) -> _Grid:
    obliquity = _row_angles(shield, rows)
    cosine = np.cos(obliquity)
    density = curve.main_density
    border = np.log(
        np.clip(
            shield.speed_breaks(obliquity, np.full_like(obliquity, density)),
            SPEED_MIN,
            SPEED_MAX,
        )
    ).reshape(len(obliquity), -1)
    ends = np.ones((len(obliquity), 1))
    border = np.concatenate(
        [ends * np.log(SPEED_MIN), border, ends * np.log(SPEED_MAX)], axis=1
    )
    steps = max(_LEAST_STEPS, int(np.ceil(np.diff(border, axis=1).max() / _SPEED_STEP)))
    fraction = np.linspace(0.0, 1.0, steps + 1)
    fraction[0], fraction[-1] = _JUMP, 1.0 - _JUMP  # either side of a jump
    nodes = border[:, :-1, None] + np.diff(border, axis=1)[:, :, None] * fraction
    nodes = nodes.reshape(len(obliquity), -1)
    angles = np.broadcast_to(obliquity[:, None], nodes.shape)
    flux, outside = penetrating(
        shield, curve, np.exp(nodes).ravel(), np.ascontiguousarray(angles).ravel()
    )
    tiny = np.exp(curve.log_flux_above(np.array(np.log(_CURVE_MAX))))
    size = curve.reduced(curve.log_diameter_of(np.log(np.maximum(flux, tiny))))
    return _Grid(
        cosine,
        border,
        size.reshape(nodes.shape),
        outside.reshape(nodes.shape),
    )


def _row_angles(shield: Shield, rows: int) -> Floats:
    """Return obliquities, falling to 0, with a node on each side of every break."""
    end = np.arccos(_COSINE_MIN)
    breaks = [a for a in shield.angle_breaks if 0.0 < a < end]
    special = np.array([x for a in breaks for x in (a - _JUMP, a + _JUMP)])
    even = np.linspace(0.0, end, rows - len(special))
    if len(special):
        # Keep clear of the breaks, so that no sliver is wider than the jump itself.
        far = np.abs(even[:, None] - special[None, :]).min(axis=1) > 1e-6
        even = np.where(far, even, even + 2e-6)
    return np.sort(np.concatenate([even, special]))[::-1].copy()


def build_tables(
    shields: list[Shield],
    curves: list[list[SizeCurve]],
    impact_diameters: Floats,
) -> Tables:
    """Tabulate every shield against every size curve.

    Parameters
    ----------
    shields : list of Shield
        The shields of the run.
    curves : list of list of SizeCurve
        Per model, its size curves.
    impact_diameters : ndarray, shape (n,)
        Thresholds of the impact classes [m].

    Returns
    -------
    Tables
    """
    models = len(curves)
    most = max(len(c) for c in curves)
    rows = int(np.ceil(0.5 * np.pi / _ROW_STEP)) + 2 * max(
        (len(s.angle_breaks) for s in shields), default=0
    )
    index = np.full((len(shields), models, most), -1, dtype=np.int64)
    grids: list[_Grid] = []
    for k, shield in enumerate(shields):
        if shield.is_none:
            continue
        for e, model in enumerate(curves):
            for c, curve in enumerate(model):
                index[k, e, c] = len(grids)
                grids.append(_grid(shield, curve, rows))

    n = max(len(grids), 1)
    borders = max((g.border.shape[1] for g in grids), default=2)
    nodes = max((g.size.shape[1] for g in grids), default=2)
    steps = np.ones(n, dtype=np.int64)
    cosine = np.zeros((n, rows))
    cosine[:] = np.linspace(_COSINE_MIN, 1.0, rows)
    border = np.zeros((n, rows, borders))
    size = np.zeros((n, rows, nodes))
    outside = np.zeros((n, rows, nodes))
    segments = np.ones(n, dtype=np.int64)
    for i, g in enumerate(grids):
        cosine[i] = g.cosine
        border[i, :, : g.border.shape[1]] = g.border
        size[i, :, : g.size.shape[1]] = g.size
        outside[i, :, : g.outside.shape[1]] = g.outside
        segments[i] = g.border.shape[1] - 1
        steps[i] = g.size.shape[1] // segments[i] - 1
    hint = np.zeros((n, _HINTS), dtype=np.int64)
    for i in range(n):
        at = np.searchsorted(cosine[i], np.arange(_HINTS) / _HINTS, side="right") - 1
        hint[i] = np.clip(at, 0, rows - 2)

    start, stop = np.log(_CURVE_MIN), np.log(_CURVE_MAX)
    grid = np.linspace(start, stop, _CURVE_NODES)
    log_curve = np.zeros((models, most, _CURVE_NODES))
    curve_diameter = np.zeros((models, most, _CURVE_NODES))
    impact = np.zeros((models, most, len(impact_diameters)))
    for e, model in enumerate(curves):
        for c, curve in enumerate(model):
            curve_diameter[e, c] = curve.unreduced(grid)
            log_curve[e, c] = curve.log_flux_above(curve_diameter[e, c])
            impact[e, c] = np.exp(curve.log_flux_above(np.log(impact_diameters)))
    return Tables(
        index=index,
        share=np.array([1.0 if s.is_none else s.vulnerable_fraction for s in shields]),
        cosine=cosine,
        log_cosine=np.log(cosine),
        hint=hint,
        border=border,
        size=size,
        outside=outside,
        segments=segments,
        steps=steps,
        log_curve=log_curve,
        curve_diameter=curve_diameter,
        curve_start=float(start),
        curve_step=float(grid[1] - grid[0]),
        impact=impact,
    )


def table_error(
    tables: Tables,
    shields: list[Shield],
    curves: list[list[SizeCurve]],
    speeds: list[Floats],
    weights: list[Floats],
) -> float:
    """Return the largest relative error of N that the tables cause.

    Parameters
    ----------
    tables, shields, curves
        As built by `build_tables`.
    speeds, weights : list of ndarray
        Per model, sample of impact speeds [m/s] and their flux weights.

    Returns
    -------
    float
        max over shields and models of sum_c |sum w cos (P_table - P)| / sum_c sum w
        cos P, over the curves c, the model's speeds and obliquities spread evenly in
        cos^2 (a tumbling plate).

    Notes
    -----
    A curve that hardly penetrates (a class of small sizes) counts with what it adds.
    """
    worst = 0.0
    for k, shield in enumerate(shields):
        for e, model in enumerate(curves):
            total = error = 0.0
            for c, curve in enumerate(model):
                table = int(tables.index[k, e, c])
                if table < 0:
                    continue
                n = len(speeds[e])
                # Golden-ratio points: even in cos^2, unrelated to the grid's rows.
                cosine = np.sqrt((0.5 + np.arange(n) * 0.6180339887498949) % 1.0)
                cosine = np.maximum(cosine, 2e-3)
                exact, _ = penetrating(shield, curve, speeds[e], np.arccos(cosine))
                exact = exact * tables.share[k]
                approximate = np.zeros(n)
                fill_flux(tables, k, e, c, speeds[e], cosine, approximate)
                total += float(np.sum(weights[e] * exact))
                error += abs(float(np.sum(weights[e] * (approximate - exact))))
            if total > 0.0:
                worst = max(worst, error / total)
    return worst
