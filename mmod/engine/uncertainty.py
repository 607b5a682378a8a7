"""Expected numbers when the flux models are off by some deviates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from mmod.engine.collect import PhaseSum, tally_shape
from mmod.engine.problem import ResolvedProblem
from mmod.engine.work import Block
from mmod.flux.table import LARGEST_DIAMETER, SMALLEST_DIAMETER, curve_flux
from mmod.flux.uncertainty import FLUX_DEVIATES, size_ratios
from mmod.kernel.tables import Floats
from mmod.kernel.tally import (
    DIAMETER_BINS,
    LOG_DIAMETER_MAX,
    LOG_DIAMETER_MIN,
    N_BINS,
)

_PARTS = 8
"""Parts of a bin of diameter over which its flux is summed."""
_EMPTY = 1e-12
"""A bin with less than this share of the flux of the fullest has no particles."""


def zone_given_flux(
    problem: ResolvedProblem,
    blocks: tuple[Block, ...],
    sums: list[PhaseSum],
    *,
    merged_bins: int = 1,
) -> Floats:
    """Return the expected numbers of zones at `FLUX_DEVIATES` of each model.

    Parameters
    ----------
    problem : ResolvedProblem
    blocks : tuple of Block
    sums : list of PhaseSum
        The counted samples of each phase.
    merged_bins : int
        Neighbouring bins of diameter taken as one, to see what their width does.

    Returns
    -------
    ndarray, shape (zones, models, damage classes, deviates) [1]
        N(z): the model's flux of sizes >= d times exp(sigma(d) z) for all d, from all
        directions and in all phases.

    Raises
    ------
    InputError
        When a threat table has no `log_stderr`.

    Notes
    -----
    Impacts of at least d: N exp(sigma(d) z), exact where directions do not depend on
    the size. Penetrations: those of each tenth of a decade of diameter grow as the
    differential flux there does; exact for a constant sigma. Inside a bin the share of
    the particles that penetrate is taken as linear in log d, its slope from the bins
    beside it (limited, so that it stays positive). Sizes below 10 um and above 1 m count
    with the bin at the end; impacts of less than 1 um and of more than 1 m with the
    uncertainty there. A number that does not rise with z, which only the noise of
    the sampling can bring about, is held level.

    References
    ----------
    .. [1] docs/theory.md, section 5.4.
    """
    zones, (_, models, damages) = len(problem.vehicle.zones), tally_shape(problem)
    result = np.zeros((zones, models - 1, damages, FLUX_DEVIATES.size))
    log_edges = np.linspace(LOG_DIAMETER_MIN, LOG_DIAMETER_MAX, DIAMETER_BINS + 1)
    log_edges = log_edges[::merged_bins]
    impacts = np.asarray(problem.config.damage.impact_diameters)
    sizes, place = np.unique(
        np.clip(impacts, SMALLEST_DIAMETER, LARGEST_DIAMETER), return_inverse=True
    )
    block_zone = np.array([b.zone for b in blocks])
    zone_of_face = problem.payload.faces.zone
    for duration, total, tables in zip(
        problem.durations, sums, problem.threats, strict=True
    ):
        number = np.zeros((zones, models, damages))
        np.add.at(number, zone_of_face, duration * total.mean)
        bins = np.zeros((zones, models - 1, DIAMETER_BINS))
        np.add.at(bins, block_zone, total.histogram[:, :, N_BINS - DIAMETER_BINS :])
        bins = bins.reshape(zones, models - 1, -1, merged_bins).sum(axis=-1)
        for e, table in enumerate(tables):
            growth = _growth(table, log_edges)
            result[:, e, -1] += number[:, e, -1:] * growth.of(bins[:, e])
            above, _ = size_ratios(table, sizes, FLUX_DEVIATES)
            result[:, e, :-1] += number[:, e, :-1, None] * above.T[place]
    return np.asarray(np.maximum.accumulate(result, axis=-1))


@dataclass(frozen=True)
class _Growth:
    """By how much penetrations of the bins of diameter grow with the deviate.

    ``flux`` (b,): nominal flux of each bin; ``level`` (b, q): growth of a bin in which
    all sizes penetrate alike; ``slope`` (b, q): what a unit of d ln g / d ln d adds,
    with g the share of the particles that penetrate.
    """

    flux: Floats
    level: Floats
    slope: Floats
    step: float

    def of(self, bins: Floats) -> Floats:
        """Return N(z) / N, shape (zones, q), from penetrations by bin, (zones, b)."""
        whole = bins.sum(axis=1, keepdims=True)
        share = np.divide(bins, whole, out=np.zeros(bins.shape), where=whole > 0.0)
        full = self.flux > _EMPTY * self.flux.max()
        rate = np.divide(share, self.flux, out=np.zeros(bins.shape), where=full)
        jump = np.diff(rate, axis=1)
        jump[:, ~(full[1:] & full[:-1])] = 0.0
        none = np.zeros((len(bins), 1))
        before = np.concatenate([none, jump], axis=1)
        after = np.concatenate([jump, none], axis=1)
        least = np.minimum(np.abs(before), np.abs(after))
        middle = 0.25 * np.abs(before + after)
        slope = np.where(
            before * after > 0.0, np.minimum(2.0 * least, 2.0 * middle), 0.0
        )
        slope = np.sign(before) * np.minimum(slope, 2.0 * rate) / self.step
        growth = share @ self.level + (slope * self.flux) @ self.slope
        return np.asarray(growth)


def _growth(table: xr.Dataset, log_edges: Floats) -> _Growth:
    """Return the growth of bins of diameter under the law of a threat table."""
    count, step = len(log_edges) - 1, float(log_edges[1] - log_edges[0])
    x = np.linspace(log_edges[0], log_edges[-1], count * _PARTS + 1)
    _, between = size_ratios(table, np.exp(x), FLUX_DEVIATES)
    ratio = between[:, :-1].reshape(-1, count, _PARTS)
    above = curve_flux(table, np.exp(x)).sum(axis=0)
    part = -np.diff(above).reshape(count, _PARTS)
    flux = part.sum(axis=1)
    share = np.divide(
        part,
        flux[:, None],
        out=np.full(part.shape, 1.0 / _PARTS),
        where=flux[:, None] > 0.0,
    )
    middle = (0.5 * (x[1:] + x[:-1])).reshape(count, _PARTS)
    away = middle - (share * middle).sum(axis=1, keepdims=True)
    return _Growth(
        flux,
        np.einsum("qbk,bk->bq", ratio, share),
        np.einsum("qbk,bk->bq", ratio, share * away),
        step,
    )
