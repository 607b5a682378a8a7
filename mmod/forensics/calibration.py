"""Calibration: p-values and intervals on breaches of our own making."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mmod.engine.histories import Histories, fly_histories
from mmod.engine.problem import ResolvedProblem
from mmod.errors import bad
from mmod.forensics.goodness import laws, total_test, zones_test
from mmod.forensics.prediction import Prediction
from mmod.shields.hole_size.choice import hole_model_for
from mmod.stats import multinomial_test, poisson_interval, poisson_law

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class SyntheticBreaches:
    """Breaches of independent exposures, drawn from forward histories.

    Parameters
    ----------
    zones : tuple of str
        Zones of the vehicle.
    counts : ndarray of int, shape (sets, z)
        Breaches by set and zone.
    histories : Histories
        The particles behind them.
    size : ndarray, shape (n,) [m]
        Hole of each history, drawn from the hole model of its shield; 0 for a failure
        without a hole.
    time : ndarray, shape (n,) [s]
        Instant of each history, seconds since 1970.
    """

    zones: tuple[str, ...]
    counts: IntArray
    histories: Histories
    size: FloatArray
    time: FloatArray


@dataclass(frozen=True, eq=False)
class Calibration:
    """What the tests say of sets of breaches.

    Parameters
    ----------
    total, zones : ndarray, shape (sets,) [1]
        Randomised p-values of the total and of the zones given the number (NaN without
        a breach): uniform if prediction and breaches agree.
    by_zone : ndarray, shape (sets, z) [1]
        Randomised p-values of the number in each zone.
    covered, covered_by_zone : float [1]
        Share of the sets (and zones) whose exact 95 % interval holds the prediction.
    rejected : dict of str to float
        Share of the sets that each test rejects at `level`: ``total``, ``total
        marginal``, ``zones``, ``zones marginal``.
    level : float [1]
        That level.
    """

    total: FloatArray
    zones: FloatArray
    by_zone: FloatArray
    covered: float
    covered_by_zone: float
    rejected: dict[str, float]
    level: float


def synthetic_breaches(
    problem: ResolvedProblem, sets: int, seed: int
) -> SyntheticBreaches:
    """Draw sets of breaches from forward histories.

    Parameters
    ----------
    problem : ResolvedProblem
        A run.
    sets : int
        Independent exposures.
    seed : int
        Key of the random numbers.

    Returns
    -------
    SyntheticBreaches
        A Poisson process of particles with diameters of their own, compared with the
        damage equation, with holes from the hole model.

    Raises
    ------
    InputError
        As `mmod.engine.histories.fly_histories`; or when a shield that was breached
        has no hole model.
    """
    histories = fly_histories(problem, sets, seed)
    generator = np.random.Generator(np.random.Philox(key=[seed, 1]))
    score = generator.standard_normal(len(histories.zone))
    size = np.zeros(len(histories.zone))
    shield_of = problem.zone_shield[histories.zone]
    for s in np.unique(shield_of).tolist():
        on = shield_of == s
        found = hole_model_for(problem.shields[s]).distribution(
            histories.diameter[on],
            histories.critical_diameter[on],
            histories.speed[on],
            histories.obliquity[on],
            histories.density[on],
        )
        size[on] = np.exp(found.log_median + found.log_sd * score[on])
    starts = np.array([p.start.timestamp() for p in problem.config.phase])
    names = tuple(zone.name for zone in problem.vehicle.zones)
    return SyntheticBreaches(
        names,
        histories.counts(len(names)),
        histories,
        size,
        starts[histories.phase] + histories.time,
    )


def calibrate(
    prediction: Prediction,
    breaches: SyntheticBreaches,
    *,
    seed: int = 0,
    level: float = 0.05,
    marginal_sets: int = 0,
    outcomes: int = 5_000,
) -> Calibration:
    """Put the tests to sets of breaches.

    Parameters
    ----------
    prediction : Prediction
        What a run predicts: the truth, or a wrong model whose rejection is wanted.
    breaches : SyntheticBreaches
        From `synthetic_breaches`.
    seed : int
        Key of the random numbers of randomised p-values.
    level : float [1]
        Level of rejection.
    marginal_sets : int
        First sets to which the test of zones with model error is put.
    outcomes : int
        Outcomes of a multinomial test that are counted, or else drawn: 5000 leave a
        standard error of 0.003 at p = 0.05.

    Returns
    -------
    Calibration
        p-values by set, coverage, rejection.

    Raises
    ------
    InputError
        When a zone of the prediction is none of the vehicle.

    Notes
    -----
    A count can only take some p-values. A randomised p, P(less likely) + u P(as
    likely) with u uniform, is uniform exactly when the prediction holds; it is for
    calibration, never for a finding.

    References
    ----------
    .. [1] C. J. Geyer, G. D. Meeden, "Fuzzy and randomized confidence intervals and
       p-values", Statistical Science 20 (2005) 358-366,
       https://doi.org/10.1214/088342305000000340
    """
    counts = _counts(prediction.zones, breaches)
    generator = np.random.Generator(np.random.Philox(key=[seed, 2]))
    u = generator.random((len(counts), counts.shape[1] + 2))
    law = laws(prediction)[0]
    totals = counts.sum(axis=1)
    total = np.array(
        [law.randomised(int(n), x) for n, x in zip(totals, u[:, 0], strict=True)]
    )
    single = [poisson_law(mean) for mean in prediction.by_zone.tolist()]
    by_zone = np.array(
        [
            [l.randomised(int(n), x) for l, n, x in zip(single, row, v, strict=True)]
            for row, v in zip(counts, u[:, 2:], strict=True)
        ]
    )
    zones, plain = _zones(prediction, counts, u[:, 1], outcomes)
    lower, upper = poisson_interval(totals)
    low, high = poisson_interval(counts)
    mean = prediction.by_zone
    usual = {n: total_test(prediction, n) for n in set(totals.tolist())}
    marginal = [
        zones_test(prediction, row).p_marginal for row in counts[:marginal_sets]
    ]
    rejected = {
        "total": _share([usual[n].p for n in totals.tolist()], level),
        "total marginal": _share([usual[n].p_marginal for n in totals.tolist()], level),
        "zones": _share(plain, level),
        "zones marginal": _share(marginal, level),
    }
    return Calibration(
        total,
        zones,
        by_zone,
        float(np.mean((lower <= prediction.total) & (prediction.total <= upper))),
        float(np.mean((low <= mean) & (mean <= high))),
        rejected,
        level,
    )


def _counts(zones: Sequence[str], breaches: SyntheticBreaches) -> IntArray:
    """Return the counts in the zones of a prediction."""
    column = {name: i for i, name in enumerate(breaches.zones)}
    unknown = [name for name in zones if name not in column]
    if unknown:
        expected = f"zones of the vehicle: {', '.join(breaches.zones)}"
        raise bad("calibrate", "zones", unknown, expected)
    return breaches.counts[:, [column[name] for name in zones]]


def _zones(
    prediction: Prediction, counts: IntArray, u: FloatArray, outcomes: int
) -> tuple[FloatArray, list[float]]:
    """Return randomised and usual p-values of the zones, given the number."""
    share = prediction.by_zone / prediction.total
    randomised, usual = np.full(len(counts), np.nan), []
    for i, row in enumerate(counts):
        if row.sum() == 0:
            usual.append(1.0)
            continue
        test = multinomial_test(
            row, share, seed=i, most_outcomes=outcomes, simulations=outcomes
        )
        randomised[i] = test.randomised(float(u[i]))
        usual.append(test.p)
    return randomised, usual


def _share(values: Sequence[float], level: float) -> float:
    """Return the share of p-values at or below a level; NaN without any."""
    if len(values) == 0:
        return float("nan")
    return float(np.mean(np.asarray(values) <= level))


__all__ = ["Calibration", "SyntheticBreaches", "calibrate", "synthetic_breaches"]
