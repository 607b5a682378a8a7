"""How far predicted numbers of breaches may be off: three causes, kept apart.

Sampling: the run's rays. Environment: the flux models. Damage: the ballistic limit and
the size of the hole. The first shrinks with more rays; the other two do not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mmod.errors import InputError, Problem
from mmod.flux.uncertainty import size_ratios
from mmod.stats._arguments import check_level

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mmod.forensics.breaches import Breaches, Estimate
    from mmod.forensics.size_law import Kind

FloatArray = NDArray[np.float64]
ByModel: TypeAlias = dict[int, list[FloatArray]]
"""Model of the run to its expected numbers [1] of each size over (limit, hole model)."""

LIMIT_LOG_SD = 0.2
"""Error of a ballistic limit: standard deviation of ln d_c [estimate].

The whole chain of flux, limit and hole is given 0.9 in ln N where the flux has ln 2
[estimate]; the rest, 0.57, over a slope of about 2.8 of ln N against ln d_c, is 0.2.
"""
DEFAULT_FLUX_LOG_SD = math.log(2.0)
"""Error of ln F of a model whose threat table has none [estimate]."""
_DEVIATES = np.linspace(-5.0, 5.0, 41)
_COARSE = np.array([-3.0, -1.5, 0.0, 1.5, 3.0])
_BINS_PER_DECADE = 60
_TINY = 1e-300


@dataclass(frozen=True)
class _Law:
    """A distribution of ln N as values with weights that sum to 1."""

    logs: FloatArray
    weight: FloatArray

    def quantiles(self, levels: FloatArray) -> FloatArray:
        """Return quantiles; a value stands for the middle of its weight."""
        order = np.argsort(self.logs, kind="stable")
        reach = np.cumsum(self.weight[order]) - 0.5 * self.weight[order]
        return np.asarray(np.interp(levels, reach, self.logs[order]))

    def plus(self, other: _Law) -> _Law:
        """Return the law of the sum of two independent quantities."""
        return _Law(
            np.add.outer(self.logs, other.logs).ravel(),
            np.multiply.outer(self.weight, other.weight).ravel(),
        )

    def thinned(self, z: FloatArray, weight: FloatArray) -> _Law:
        """Return the law by its quantiles at normal deviates."""
        from scipy.special import ndtr

        return _Law(self.quantiles(ndtr(z)), weight)


def _normal(step: float, reach: float) -> tuple[FloatArray, FloatArray]:
    """Return normal deviates in even steps, with their weights."""
    n = round(reach / step)
    z = step * np.arange(-n, n + 1)
    weight = np.exp(-0.5 * z**2)
    return np.asarray(z), np.asarray(weight / weight.sum())


@dataclass(frozen=True)
class ModelInterval:
    """An expected number of breaches with its intervals, by cause.

    Parameters
    ----------
    value : float [1]
        The expected number.
    sampling, environment, damage : tuple of float [1]
        Limits by the rays of the run, by the flux models, and by the ballistic limit
        and the hole model, each with the others held.
    combined : tuple of float [1]
        Limits by all three, taken as independent.
    log_sd : dict of str to float [1]
        Half the width of ln of each interval in units of one standard deviation; keys
        ``environment``, ``damage`` and ``combined``.
    confidence : float [1]
        Of every interval.
    assumptions : tuple of str
        What the intervals rest on.
    """

    value: float
    sampling: tuple[float, float]
    environment: tuple[float, float]
    damage: tuple[float, float]
    combined: tuple[float, float]
    log_sd: dict[str, float]
    confidence: float
    assumptions: tuple[str, ...]


def model_interval(
    breaches: Breaches,
    at_least: float = 0.0,
    kind: Kind | None = None,
    *,
    confidence: float = 0.95,
    limit_log_sd: float = LIMIT_LOG_SD,
) -> ModelInterval:
    """Return the expected number of breaches of a size with its intervals.

    Parameters
    ----------
    breaches : Breaches
        The prediction.
    at_least : float
        Diameter of the hole [m]; 0 for every failure.
    kind : {"debris", "meteoroid"}, optional
        One kind of particle.
    confidence : float
        Of every interval.
    limit_log_sd : float
        Error of the ballistic limit: standard deviation of ln d_c [1].

    Returns
    -------
    ModelInterval
        The intervals with what they assume.

    Raises
    ------
    InputError
        When an argument is out of range, or nothing is predicted.

    Notes
    -----
    Environment: ln F(>= d) of a model errs by sigma(d) z with one normal deviate z for
    all sizes, directions, phases and zones; debris and meteoroids are independent.
    Damage: ln d_c errs by `limit_log_sd` times a normal deviate, the median of the hole
    by the model's own error times another; both are common to all zones and impacts.
    The diameters are integrated anew for each limit.

    References
    ----------
    .. [1] docs/theory.md, section 11.1.
    """
    return model_intervals(
        breaches, [at_least], kind, confidence=confidence, limit_log_sd=limit_log_sd
    )[0]


def model_intervals(
    breaches: Breaches,
    sizes: Sequence[float],
    kind: Kind | None = None,
    *,
    confidence: float = 0.95,
    limit_log_sd: float = LIMIT_LOG_SD,
    known: ByModel | None = None,
) -> tuple[ModelInterval, ...]:
    """Return `model_interval` of several sizes; the diameters are integrated anew once.

    Parameters
    ----------
    breaches : Breaches
        The prediction.
    sizes : sequence of float
        Least diameters of the hole [m]; 0 for every failure.
    kind : {"debris", "meteoroid"}, optional
        One kind of particle.
    confidence : float
        Of every interval.
    limit_log_sd : float
        Error of the ballistic limit: standard deviation of ln d_c [1].
    known : dict, optional
        Filled with the numbers of each model, and used again: for predictions that
        differ in their models alone.

    Returns
    -------
    tuple of ModelInterval
        One a size.

    Raises
    ------
    InputError
        When an argument is out of range, or nothing of a size is predicted.

    References
    ----------
    .. [1] docs/theory.md, section 11.1.
    """
    level = check_level("confidence", confidence)
    if not 0.0 <= limit_log_sd < 2.0:
        raise InputError(
            Problem("breaches", "limit_log_sd", limit_log_sd, "0 to 2 [1]")
        )
    estimates = [breaches.expected(size, kind) for size in sizes]
    if not all(e.value > 0.0 for e in estimates):
        raise InputError(
            Problem("breaches", "zones", list(breaches.zones), "an expected number > 0")
        )
    by_model: ByModel = {} if known is None else known
    laws = _damage(breaches, sizes, kind, limit_log_sd, by_model)
    found = []
    for size, estimate, damage in zip(sizes, estimates, laws, strict=True):
        assumptions: list[str] = []
        environment = _environment(breaches, size, kind, assumptions)
        assumptions += _damage_assumptions(breaches, size, limit_log_sd)
        found.append(_joined(estimate, environment, damage, level, assumptions))
    return tuple(found)


def _joined(
    estimate: Estimate,
    environment: _Law,
    damage: _Law,
    level: float,
    assumptions: Sequence[str],
) -> ModelInterval:
    """Return the intervals of each cause and of all together."""
    from scipy.stats import norm

    value = estimate.value
    relative = math.log1p((estimate.stderr / value) ** 2) ** 0.5
    tails = np.array([0.5 * (1.0 - level), 0.5 * (1.0 + level)])
    z = float(norm.isf(tails[0]))
    few, share = _normal(0.08, 4.0)
    rays, rays_share = _normal(0.6, 3.0)
    everything = (
        environment.thinned(few, share)
        .plus(damage.thinned(few, share))
        .plus(_Law(relative * rays - math.log(value), rays_share))
    )

    def ends(law: _Law) -> tuple[float, float]:
        low, high = law.quantiles(tails)
        return float(np.exp(low)), float(np.exp(high))

    intervals = {
        "environment": ends(environment),
        "damage": ends(damage),
        "combined": ends(everything),
    }
    return ModelInterval(
        value=value,
        sampling=(max(value - z * estimate.stderr, 0.0), value + z * estimate.stderr),
        environment=intervals["environment"],
        damage=intervals["damage"],
        combined=intervals["combined"],
        log_sd={
            name: math.log(high / low) / (2.0 * z)
            for name, (low, high) in intervals.items()
        },
        confidence=level,
        assumptions=tuple(assumptions),
    )


def _environment(
    breaches: Breaches,
    at_least: float,
    kind: Kind | None,
    assumptions: list[str],
) -> _Law:
    """Return the law of ln N under the errors of the flux models."""
    weight = breaches.weight * breaches.size_share(at_least)
    if kind is not None:
        weight = weight * (breaches.kind == kind)
    total: dict[str, FloatArray] = {}
    model, phase = breaches.model, np.asarray(breaches.at_node("phase"))
    missing: set[str] = set()
    for stratum in {s.model: s for s in breaches.strata}.values():
        number = np.zeros(len(_DEVIATES))
        for (p, m), table in breaches.recipe.curves.tables.items():
            mine = (model == m) & (phase == p) & (m == stratum.model)
            if not mine.any():
                continue
            if "log_stderr" not in table:
                missing.add(stratum.model_name)
                factor = np.exp(DEFAULT_FLUX_LOG_SD * _DEVIATES)
                number += float(weight[mine].sum()) * factor
                continue
            nodes = table["diameter"].values
            bins = round(_BINS_PER_DECADE * math.log10(nodes[-1] / nodes[0]))
            edges = np.geomspace(nodes[0], nodes[-1], bins + 1)
            edges[-1] = nodes[-1]
            _, between = size_ratios(table, edges[:-1], _DEVIATES)
            place = np.searchsorted(edges, breaches.diameter[mine], side="right") - 1
            place = np.clip(place, 0, bins - 1)
            held = np.bincount(place, weights=weight[mine], minlength=bins)
            number += between @ held
        total[stratum.kind] = total.get(stratum.kind, 0.0) + number
    assumptions.append(
        "environment: one normal deviate a flux model, common to all sizes, directions"
        " and zones; debris and meteoroids independent"
    )
    if missing:
        assumptions.append(
            f"environment: no uncertainty in the threat tables of"
            f" {', '.join(sorted(missing))}: ln 2 is used [estimate]"
        )
    z, share = _normal(0.02, 5.0)
    numbers, weights = np.zeros(1), np.ones(1)
    for number in total.values():
        if not number.any():
            continue
        at = np.interp(z, _DEVIATES, np.log(np.maximum(number, _TINY)))
        numbers = np.add.outer(numbers, np.exp(at)).ravel()
        weights = np.multiply.outer(weights, share).ravel()
    return _Law(np.log(np.maximum(numbers, _TINY)), weights)


def _damage(
    breaches: Breaches,
    sizes: Sequence[float],
    kind: Kind | None,
    limit_log_sd: float,
    known: ByModel,
) -> list[_Law]:
    """Return the laws of ln N of each size under the errors of limit and hole."""
    limits = _COARSE if breaches.integrated and limit_log_sd > 0.0 else np.zeros(1)
    shifts = [_COARSE if size > 0.0 else np.zeros(1) for size in sizes]
    wanted = {s.model: None for s in breaches.strata if kind in (None, s.kind)}
    new = [m for m in wanted if m not in known]
    known |= {m: [np.zeros((len(limits), len(own))) for own in shifts] for m in new}
    for row, deviate in enumerate(limits if new else ()):
        made = breaches
        if deviate != 0.0:
            made = breaches.with_limit(float(np.exp(limit_log_sd * deviate)), new)
        for i, (size, own) in enumerate(zip(sizes, shifts, strict=True)):
            for column, shift in enumerate(own):
                share = made.weight * made.size_share(size, shift=float(shift))
                number = np.bincount(made.model, share, minlength=max(new) + 1)
                for model in new:
                    known[model][i][row, column] = number[model]
    return [
        _damage_law(
            limits, own, np.log(np.maximum(sum(known[m][i] for m in wanted), _TINY))
        )
        for i, own in enumerate(shifts)
    ]


def _damage_assumptions(
    breaches: Breaches, at_least: float, limit_log_sd: float
) -> list[str]:
    """Return what the interval of limit and hole model rests on."""
    limit = (
        "damage: the error of the ballistic limit is left out, since the shields of the"
        " run could not be read again"
    )
    if breaches.integrated:
        limit = (
            f"damage: ln of the ballistic limit errs by {limit_log_sd:g} (one standard"
            " deviation, [estimate]), the same for all zones and impacts"
        )
    found = [limit]
    if at_least > 0.0:
        found.append(
            "damage: the medians of the hole model err by its own standard deviation, in"
            " common for all zones and impacts [estimate]"
        )
    return found


def _damage_law(limits: FloatArray, shifts: FloatArray, logs: FloatArray) -> _Law:
    """Return the law of ln N from its values over deviates of limit and hole model."""
    from scipy.interpolate import CubicSpline, RectBivariateSpline

    z, share = _normal(0.05, 3.0)
    if len(limits) > 1 and len(shifts) > 1:
        surface = RectBivariateSpline(limits, shifts, logs)(z, z)
        return _Law(surface.ravel(), np.multiply.outer(share, share).ravel())
    if len(limits) == len(shifts):  # neither matters
        return _Law(logs.ravel(), np.ones(1))
    return _Law(np.asarray(CubicSpline(_COARSE, logs.ravel())(z)), share)
