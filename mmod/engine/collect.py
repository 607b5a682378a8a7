"""Tallies of rounds and phases, joined in a fixed order into estimates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmod.engine.problem import ResolvedProblem
from mmod.engine.work import Block
from mmod.kernel.tables import Floats, Ints
from mmod.kernel.tally import N_BINS, N_FIELDS, FaceTally

PRIORITY = N_FIELDS - 1
EXPECTED = N_FIELDS - 2


@dataclass
class RoundTally:
    """One round of one phase: mean of the replicates and its variance, per face [1/s]."""

    mean: Floats
    variance: Floats
    free: Floats
    bound: Floats
    outside: Floats
    seen: Ints
    drawn: Ints
    histogram: Floats  # (n_block, n_model, N_BINS)
    covariance: Floats  # (n_block, n_model, n_model, n_damage)
    events: list[Floats]
    replicates: int

    @classmethod
    def empty(cls, problem: ResolvedProblem, n_block: int) -> RoundTally:
        """Return a tally of zeros."""
        shape = tally_shape(problem)
        return cls(
            np.zeros(shape),
            np.zeros(shape),
            np.zeros(shape),
            np.zeros(shape),
            np.zeros(shape[:2]),
            np.zeros(shape[0], dtype=np.int64),
            np.zeros(shape[0], dtype=np.int64),
            np.zeros((n_block, shape[1] - 1, N_BINS)),
            np.zeros((n_block, *_pairs(shape))),
            [np.zeros((shape[1] - 1, 0, N_FIELDS)) for _ in range(n_block)],
            problem.payload.replicates,
        )

    def put(self, position: int, block: Block, tally: FaceTally) -> None:
        """Put the tally of a block into its place."""
        n = self.replicates
        m = block.members
        mean = tally.first / n
        self.mean[m] = mean
        spread = np.maximum(tally.second / n - mean * mean, 0.0)
        self.variance[m] = spread / (n - 1)
        self.free[m] = tally.free
        self.bound[m] = tally.bound
        self.outside[m] = tally.outside
        self.seen[m] = tally.seen
        self.drawn[m] = tally.drawn
        self.histogram[position] = tally.histogram
        self.covariance[position] = tally.covariance
        self.events[position] = tally.events


def tally_shape(problem: ResolvedProblem) -> tuple[int, int, int]:
    """Return (faces, models + 1, damage classes)."""
    return (
        len(problem.payload.faces.areas),
        len(problem.models) + 1,
        len(problem.config.damage.impact_diameters_mm) + 1,
    )


def _pairs(shape: tuple[int, int, int]) -> tuple[int, int, int]:
    """Return (models, models, damage classes) from a `tally_shape`."""
    return shape[1] - 1, shape[1] - 1, shape[2]


@dataclass
class PhaseSum:
    """Counted rounds of one phase, weighted by their samples.

    Rounds of a zone differ by a whole multiple of the same allocation, so their weights
    are exact. ``square`` is the sum of weight^2 variance, ``fourth`` that of
    (weight^2 variance)^2 / (replicates - 1), for the degrees of freedom.
    """

    weight: Ints  # per zone
    mean: Floats
    square: Floats
    fourth: Floats
    free: Floats
    bound: Floats
    outside: Floats
    seen: Ints
    drawn: Ints
    histogram: Floats  # (n_block, n_model, N_BINS)
    covariance: Floats  # (n_block, n_model, n_model, n_damage)
    events: list[list[tuple[float, Floats]]]
    zone: Ints  # of each face
    block_zone: Ints

    @classmethod
    def empty(cls, problem: ResolvedProblem, blocks: Sequence[Block]) -> PhaseSum:
        """Return sums of zeros."""
        shape = tally_shape(problem)
        return cls(
            weight=np.zeros(len(problem.vehicle.zones), dtype=np.int64),
            mean=np.zeros(shape),
            square=np.zeros(shape),
            fourth=np.zeros(shape),
            free=np.zeros(shape),
            bound=np.zeros(shape),
            outside=np.zeros(shape[:2]),
            seen=np.zeros(shape[0], dtype=np.int64),
            drawn=np.zeros(shape[0], dtype=np.int64),
            histogram=np.zeros((len(blocks), shape[1] - 1, N_BINS)),
            covariance=np.zeros((len(blocks), *_pairs(shape))),
            events=[[] for _ in blocks],
            zone=problem.payload.faces.zone,
            block_zone=np.array([b.zone for b in blocks]),
        )

    def add(self, tally: RoundTally, multiple: Ints) -> None:
        """Add a round in which each zone had ``multiple`` times its allocation."""
        before = self.weight.astype(np.float64)
        self.weight = self.weight + multiple
        after = np.maximum(self.weight, 1).astype(np.float64)
        old, new = before / after, multiple / after
        a, b = old[self.zone, None, None], new[self.zone, None, None]
        part = b * b * tally.variance
        self.mean = a * self.mean + b * tally.mean
        self.square = a * a * self.square + part
        self.fourth = a**4 * self.fourth + part * part / (tally.replicates - 1)
        self.free = a * self.free + b * tally.free
        self.bound = np.maximum(self.bound, tally.bound)
        self.outside = a[..., 0] * self.outside + b[..., 0] * tally.outside
        self.seen = self.seen + tally.seen
        self.drawn = self.drawn + tally.drawn
        c, d = old[self.block_zone, None, None], new[self.block_zone, None, None]
        self.histogram = c * self.histogram + d * tally.histogram
        c, d = c[..., None], d[..., None]
        self.covariance = c * c * self.covariance + d * d * tally.covariance
        for i, z in enumerate(self.block_zone.tolist()):
            kept = [(w * old[z], e) for w, e in self.events[i]]
            if multiple[z] > 0 and tally.events[i].shape[1] > 0:
                kept.append((float(new[z]), tally.events[i]))
            self.events[i] = kept


@dataclass(frozen=True)
class Estimates:
    """Expected numbers over the whole exposure, with variance and its freedom."""

    expected: Floats
    variance: Floats
    dof: Floats
    free: Floats


def face_estimates(problem: ResolvedProblem, sums: list[PhaseSum]) -> Estimates:
    """Sum the phases, face by face."""
    shape = tally_shape(problem)
    expected, variance = np.zeros(shape), np.zeros(shape)
    fourth, free = np.zeros(shape), np.zeros(shape)
    for duration, total in zip(problem.durations, sums, strict=True):
        expected += duration * total.mean
        variance += duration**2 * total.square
        fourth += duration**4 * total.fourth
        # Where nothing was scored, the samples may have missed what can reach the face:
        # the coarse sum over the cells then stands for the unshadowed number.
        free += duration * np.where(
            total.mean > 0.0, total.free, np.maximum(total.free, total.bound)
        )
    return Estimates(expected, variance, _freedom(variance, fourth, problem), free)


def zone_estimates(problem: ResolvedProblem, sums: list[PhaseSum]) -> Estimates:
    """Sum the faces of each zone, in face order, and the phases.

    Parameters
    ----------
    problem : ResolvedProblem
        The run: zone of each face, durations of the phases [s].
    sums : list of PhaseSum
        Of each phase, in the order of the run; numbers per second.

    Returns
    -------
    Estimates
        Expected numbers over the exposure [1], their sampling variance, its degrees of
        freedom, and the numbers without any shadow, each of shape (zones, models,
        damage classes).

    Notes
    -----
    Faces use disjoint random numbers, so their variances add; the degrees of freedom
    follow Welch and Satterthwaite.
    """
    _, models, damages = tally_shape(problem)
    shape = (len(problem.vehicle.zones), models, damages)
    zone = problem.payload.faces.zone
    expected, variance = np.zeros(shape), np.zeros(shape)
    fourth, free = np.zeros(shape), np.zeros(shape)
    for duration, total in zip(problem.durations, sums, strict=True):
        np.add.at(expected, zone, duration * total.mean)
        np.add.at(variance, zone, duration**2 * total.square)
        np.add.at(fourth, zone, duration**4 * total.fourth)
        np.add.at(free, zone, duration * total.free)
    return Estimates(expected, variance, _freedom(variance, fourth, problem), free)


def zone_covariance(problem: ResolvedProblem, sums: list[PhaseSum]) -> Floats:
    """Return the covariance of the models' expected numbers, by zone.

    Parameters
    ----------
    problem : ResolvedProblem
    sums : list of PhaseSum

    Returns
    -------
    ndarray, shape (zones, models, models, damage classes) [1]
        Of the sampling alone. Models share their rays, so that the error of their
        ratio is less than that of either; the diagonal is the variance.
    """
    shape = _pairs(tally_shape(problem))
    covariance = np.zeros((len(problem.vehicle.zones), *shape))
    for duration, total in zip(problem.durations, sums, strict=True):
        np.add.at(covariance, total.block_zone, duration**2 * total.covariance)
    return covariance


def _freedom(variance: Floats, fourth: Floats, problem: ResolvedProblem) -> Floats:
    # Scale first: expected numbers of 1e-9 have fourth powers below the smallest float.
    least = problem.payload.replicates - 1
    with np.errstate(invalid="ignore", divide="ignore", over="ignore", under="ignore"):
        dof = variance * (variance / fourth)
    return np.where(np.isfinite(dof) & (dof >= least), dof, float(least))
