"""Which source made a hole: competing Poisson sources, odds and their sensitivity."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmod.errors import bad
from mmod.forensics._fields import ALTERNATIVES, IMPACT, OTHER, Pair
from mmod.forensics.evidence import (
    DRAWS,
    Dependence,
    Factor,
    Group,
    corners,
    draws,
    factors,
    judged,
    mean_likelihoods,
)
from mmod.forensics.prior import AlternativeRate, ImpactRate

FloatArray = NDArray[np.float64]

DECISIVE = 3.0
"""Factor between odds from which marks are said to decide [1]."""
SCALES = (0.1, 1.0, 10.0)
"""Factors on the rate odds of an impact at which the posterior is shown [1]."""
OTHER_WEIGHT: Pair = (0.01, 0.05)
"""Share of the rate that is kept for sources that nobody has named [1]."""
TARGETS = (0.5, 0.01)
"""Posteriors of an impact for which the break-even factor is given [1]."""
DEPENDENCES: tuple[Dependence, ...] = ("product", "strongest")


@dataclass(frozen=True)
class Row:
    """Posterior under one choice of prior, evidence and dependence.

    Parameters
    ----------
    scale : float [1]
        Factor on the rate odds of an impact.
    without : tuple of str
        Groups left out.
    dependence : {"product", "strongest"}
        How terms of a group combine.
    probabilities : dict of str to float [1]
        Hypothesis -> probability, at the means of rates and likelihoods.
    impact : float [1]
        Sum over meteoroid and debris.
    low, high : float [1]
        Least and most favourable corner of all elicited ranges to an impact.
    quantiles : (float, float, float) [1]
        2.5, 50 and 97.5 % of the posterior of an impact over draws from the ranges.
    """

    scale: float
    without: tuple[str, ...]
    dependence: Dependence
    probabilities: dict[str, float]
    impact: float
    low: float
    high: float
    quantiles: tuple[float, float, float]


@dataclass(frozen=True)
class Step:
    """A rung of the ladder: odds of an impact with the groups up to here [1]."""

    name: str
    impact: float
    low: float
    high: float


@dataclass(frozen=True)
class Posterior:
    """Source posterior of one hole and what it depends on.

    Parameters
    ----------
    impact : ImpactRate
        Rate of impacts.
    alternatives : tuple of AlternativeRate
        Rates of what else was judged.
    groups : tuple of Group
        Evidence.
    other_weight : (low, high) [1]
        Share of the rate kept for unnamed sources.
    not_judged : tuple of str
        Hypotheses that have no rate, or no ranges in some mark; `other` stands for them.
    seed, number : int
        Seed and number of the draws.
    """

    impact: ImpactRate
    alternatives: tuple[AlternativeRate, ...]
    groups: tuple[Group, ...]
    other_weight: Pair
    not_judged: tuple[str, ...]
    seed: int
    number: int = DRAWS

    @property
    def rate_odds(self) -> float:
        """Odds of an impact over all named alternatives, from rates alone [1]."""
        other = sum(a.expected for a in self.alternatives)
        return sum(self.impact.means.values()) / other

    @cached_property
    def factors(self) -> list[Factor]:
        """Mark factors, by group and alternative, apart from the rates."""
        names = [a.hypothesis for a in self.alternatives]
        return factors(self.groups, names, self.seed)

    @cached_property
    def elicited_decide(self) -> bool:
        """Whether the odds move by a decisive factor without the elicited groups."""
        judged_ones = [g.name for g in self.groups if any(t.elicited for t in g.terms)]
        if not judged_ones:
            return False
        with_them, without = (
            self.row(without=left).impact for left in ((), judged_ones)
        )
        odds = [p / max(1.0 - p, 1e-300) for p in (with_them, without)]
        return not 1.0 / DECISIVE < odds[0] / max(odds[1], 1e-300) < DECISIVE

    def break_even(self, target: float, scale: float = 1.0) -> float:
        """Return the mark factor against an impact that brings it to a posterior [1].

        Parameters
        ----------
        target : float [1]
            Posterior of an impact among the named sources, inside (0, 1).
        scale : float [1]
            Factor on the rate odds.

        Returns
        -------
        float [1]
            ``odds (1 - target)/target``.

        Raises
        ------
        InputError
            When the target is not inside (0, 1).
        """
        if not 0.0 < target < 1.0:
            raise bad("break_even", "target", target, "a probability inside (0, 1)")
        return scale * self.rate_odds * (1.0 - target) / target

    def row(
        self,
        scale: float = 1.0,
        without: Sequence[str] = (),
        dependence: Dependence = "product",
    ) -> Row:
        """Return the posterior with another prior or with groups left out.

        Parameters
        ----------
        scale : float [1]
            Factor on the rate odds of an impact, > 0.
        without : sequence of str
            Groups to leave out.
        dependence : {"product", "strongest"}
            How terms of a group combine (see `mmod.forensics.evidence.combined`).

        Returns
        -------
        Row
            The posterior.

        Raises
        ------
        InputError
            When a group is unknown or the scale not positive.
        """
        if not 0.0 < scale < math.inf:
            raise bad("posterior", "scale", scale, "a number > 0")
        known = [g.name for g in self.groups]
        for name in without:
            if name not in known:
                expected = f"one of {', '.join(known) or 'none'}"
                raise bad("posterior", "without", name, expected)
        kept = [g for g in self.groups if g.name not in without]
        named = self._hypotheses[:-1]
        rates = np.array([self._rates(scale)[h] for h in named])
        low_w, high_w = self.other_weight
        means, sampled = np.ones(len(self._hypotheses)), None
        least, most = np.ones(len(self._hypotheses)), np.ones(len(self._hypotheses))
        for group in kept:
            numbers = self._numbers(group, dependence)
            means = means * numbers[0]
            sampled = numbers[1] if sampled is None else sampled * numbers[1]
            least, most = least * numbers[2], most * numbers[3]
        middle = 0.5 * (low_w + high_w)
        central = _probabilities(rates, means, middle)
        low = _bound(rates, least[:2], most[2:], high_w)
        high = _bound(rates, most[:2], least[2:], low_w)
        spread = (float(central[:2].sum()),) * 3
        if sampled is not None:
            each = _probabilities(rates, sampled, middle)[:, :2].sum(axis=1)
            q = np.quantile(each, (0.025, 0.5, 0.975))
            spread = (float(q[0]), float(q[1]), float(q[2]))
        return Row(
            scale,
            tuple(without),
            dependence,
            dict(zip(self._hypotheses, central.tolist(), strict=True)),
            float(central[:2].sum()),
            low,
            high,
            spread,
        )

    @cached_property
    def sensitivity(self) -> list[Row]:
        """All evidence, each scale of the prior and each rule for dependence."""
        return [self.row(scale, (), rule) for rule in DEPENDENCES for scale in SCALES]

    @cached_property
    def left_out(self) -> list[Row]:
        """Each group left out, then each two, at every scale of the prior."""
        names = [g.name for g in self.groups]
        chosen: list[tuple[str, ...]] = [(n,) for n in names]
        if len(names) > 2:
            chosen += list(itertools.combinations(names, 2))
        return [self.row(scale, some) for some in chosen for scale in SCALES]

    @property
    def extremes(self) -> Pair:
        """Least and greatest posterior of an impact over corners, priors and rules [1]."""
        rows = self.sensitivity
        return min(r.low for r in rows), max(r.high for r in rows)

    @cached_property
    def ladder(self) -> list[Step]:
        """Posterior of an impact from the rates alone, then a group more each time."""
        names = [g.name for g in self.groups]
        steps = []
        for i in range(len(names) + 1):
            row = self.row(without=names[i:])
            label = "rates alone" if i == 0 else names[i - 1]
            steps.append(Step(label, row.impact, row.low, row.high))
        return steps

    @property
    def _hypotheses(self) -> tuple[str, ...]:
        return (*IMPACT, *(a.hypothesis for a in self.alternatives), OTHER)

    def _rates(self, scale: float) -> dict[str, float]:
        impact = {h: scale * v for h, v in self.impact.means.items()}
        return impact | {a.hypothesis: a.expected for a in self.alternatives}

    @cached_property
    def _kept(self) -> dict[tuple[str, str], tuple[FloatArray, ...]]:
        return {}

    def _numbers(self, group: Group, dependence: Dependence) -> tuple[FloatArray, ...]:
        """Return means, draws, and least and most ratio to the likelier impact."""
        key = (group.name, dependence)
        if key not in self._kept:
            names = self._hypotheses
            found = corners(group, names, dependence)
            ratio = found / found[:, :2].max(axis=1, keepdims=True)
            self._kept[key] = (
                mean_likelihoods(group, names, self.seed, self.number, dependence),
                draws(group, names, self.seed, self.number, dependence),
                ratio.min(axis=0),
                ratio.max(axis=0),
            )
        return self._kept[key]


def _probabilities(
    rates: FloatArray, likelihoods: FloatArray, weight: float
) -> FloatArray:
    """Return probabilities of named hypotheses and other, shape of `likelihoods`."""
    other = weight / (1.0 - weight) * rates.sum()
    product = np.append(rates, other) * likelihoods
    return np.asarray(product / product.sum(axis=-1, keepdims=True))


def _bound(
    rates: FloatArray, impact: FloatArray, others: FloatArray, weight: float
) -> float:
    """Return the posterior of an impact at the ends of the ratios."""
    likelihoods = np.concatenate([impact, others])
    return float(_probabilities(rates, likelihoods, weight)[:2].sum())


def source_posterior(
    impact: ImpactRate,
    alternatives: Sequence[AlternativeRate],
    groups: Sequence[Group],
    *,
    other_weight: Pair = OTHER_WEIGHT,
    seed: int,
    number: int = DRAWS,
) -> Posterior:
    """Return the posterior over the sources of one observed hole.

    Parameters
    ----------
    impact : ImpactRate
        Expected perforations of the zone in the window.
    alternatives : sequence of AlternativeRate
        Rates of other sources, for the same zone and window; those that a group does
        not judge are left to `other` and named in `Posterior.not_judged`.
    groups : sequence of Group
        Evidence (`mmod.forensics.evidence.groups_of`).
    other_weight : (low, high) [1]
        Share of the rate kept for unnamed sources, 0 <= low <= high < 1.
    seed : int
        Seed of the draws from elicited ranges.
    number : int [1]
        Number of draws.

    Returns
    -------
    Posterior
        Odds, factors, ladder, sensitivity.

    Raises
    ------
    InputError
        When no alternative has both a rate and ranges, a rate is given twice, or a
        number is out of range.

    Notes
    -----
    For competing Poisson sources of intensities lambda_k and mark densities f_k,
    ``P(k | event, y) = lambda_k f_k(y) / sum_j lambda_j f_j(y)``, exactly, each product
    averaged over its own uncertainty. Nothing here asks how rare the event was. The
    result is conditional on a closed list, softened by `other`; elicited ranges are
    judgements, so what decides is the corner table and not the central number.

    References
    ----------
    .. [1] J. F. C. Kingman, "Poisson processes", 1993, section 5.1 (colouring theorem).
       Section recalled, unverified.
    """
    named = [a.hypothesis for a in alternatives]
    twice = sorted({n for n in named if named.count(n) > 1})
    if twice:
        raise bad("posterior", "alternatives", twice, "one rate a hypothesis")
    low, high = other_weight
    if not 0.0 <= low <= high < 1.0:
        expected = "low, high with 0 <= low <= high < 1"
        raise bad("posterior", "other_weight", other_weight, expected)
    if number < 100:
        raise bad("posterior", "number", number, "100 draws or more")
    fit = judged(groups)
    used = tuple(a for a in alternatives if a.hypothesis in fit)
    if not used or not all(h in fit for h in IMPACT):
        expected = (
            "one alternative at least with a rate and with a range in every mark"
            f" (rates: {', '.join(named) or 'none'}; ranges: {', '.join(fit) or 'none'})"
        )
        raise bad("posterior", "alternatives", named, expected)
    left = tuple(h for h in ALTERNATIVES if h not in {a.hypothesis for a in used})
    return Posterior(impact, used, tuple(groups), other_weight, left, seed, number)


def document(posterior: Posterior) -> dict[str, Any]:
    """Return a posterior as plain values for JSON.

    Parameters
    ----------
    posterior : Posterior
        The posterior.

    Returns
    -------
    dict
        Rates, factors, rows and break-even factors; probabilities and ratios [1].
    """
    impact = posterior.impact
    return {
        "impact_rate": {
            "label": impact.label,
            "median": {"debris": impact.debris, "meteoroid": impact.meteoroid},
            "mean": impact.means,
            "log_error": vars(impact.error),
        },
        "alternatives": [
            {
                **vars(a),
                "expected": a.expected,
                "interval_95": a.interval(),
            }
            for a in posterior.alternatives
        ],
        "other_weight": posterior.other_weight,
        "not_judged": posterior.not_judged,
        "rate_odds": posterior.rate_odds,
        "factors": [vars(f) for f in posterior.factors],
        "ladder": [vars(s) for s in posterior.ladder],
        "sensitivity": [vars(r) for r in posterior.sensitivity],
        "left_out": [vars(r) for r in posterior.left_out],
        "break_even": [
            {"scale": s, "target": t, "factor": posterior.break_even(t, s)}
            for s in SCALES
            for t in TARGETS
        ],
        "extremes": posterior.extremes,
        "seed": posterior.seed,
        "draws": posterior.number,
    }
