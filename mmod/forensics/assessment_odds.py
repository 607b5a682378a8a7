"""Evidence of a case put to its rates: the posterior, or why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mmod.errors import InputError, Problem
from mmod.forensics._fields import ALTERNATIVES, IMPACT
from mmod.forensics.case import CaseCard
from mmod.forensics.evidence import Factor, Group, factors, groups_of, judged
from mmod.forensics.exposure import Exposure
from mmod.forensics.posterior import Posterior, source_posterior
from mmod.forensics.prior import AlternativeRate, ImpactRate, size_term
from mmod.forensics.rates import ModelError

if TYPE_CHECKING:
    from mmod.forensics.assessment import EnvironmentCount, SizeTest

COVERED = 0.9
"""Least share of the window in the phases of the run for a posterior [estimate]."""


def _groups(
    case: CaseCard, size: SizeTest | None, marks: Sequence[Group]
) -> tuple[Group, ...]:
    """Return the size as a group of its own before those of the marks.

    Without likelihoods of the size under any alternative there is no such term.
    """
    if size is None or case.size is None or not case.size.likelihood:
        return tuple(marks)
    assert case.size.other is not None
    low, high = size.size
    ranges = {kind: (ends[0], ends[2]) for kind, ends in size.by_kind.items()}
    # A kind that perforates nothing here has no rate: what its size would be is moot.
    spare = next(iter(ranges.values()), None)
    if spare is None:
        return tuple(marks)
    term = size_term(
        {kind: ranges.get(kind, spare) for kind in IMPACT},
        case.size.likelihood,
        case.size.other,
        observed=f"{1e3 * low:.3g} to {1e3 * high:.3g} mm",
        source=f"impacts: hole models of the zones; {case.size.source}",
    )
    return (*groups_of(None, term), *marks)


def posterior_of(
    case: CaseCard,
    count: EnvironmentCount,
    size: SizeTest | None,
    marks: Sequence[Group],
    exposure: Exposure,
    seed: int,
    error: ModelError,
) -> tuple[Posterior | None, str]:
    """Return the source posterior, or why there is none."""
    if not case.alternative:
        return None, "no alternative has a rate: the case names none"
    impact = ImpactRate(
        count.by_kind.get("debris", 0.0),
        count.by_kind.get("meteoroid", 0.0),
        error,
        count.pairing.label,
    )
    rates = [
        AlternativeRate(a.hypothesis, a.events, a.exposure, a.share, a.unit, a.source)
        for a in case.alternative
    ]
    groups = _groups(case, size, marks)
    fit = judged(groups)
    if not any(r.hypothesis in fit for r in rates):
        named = ", ".join(r.hypothesis for r in rates)
        return None, f"no evidence judges the alternatives with a rate ({named})"
    _refuse_dropped_rates(rates, groups)
    if exposure.covered_share < COVERED:
        return None, (
            f"the run covers {_percent(exposure.covered_share)} of the window, and the"
            " rates of the alternatives are for all of it (a posterior needs"
            f" {COVERED:.0%})"
        )
    return (
        source_posterior(
            impact, rates, groups, other_weight=case.other_weight, seed=seed
        ),
        "",
    )


def _refuse_dropped_rates(
    rates: Sequence[AlternativeRate], groups: Sequence[Group]
) -> None:
    """Refuse a rate that would vanish from the odds for want of a range in some mark."""
    problems = []
    for i, rate in enumerate(rates):
        silent = [g.name for g in groups if rate.hypothesis not in judged([g])]
        if silent:
            expected = (
                "a range in every mark, and a likelihood of the size where there are"
                f" any, for a hypothesis with a rate (none in: {', '.join(silent)})"
            )
            where = f"alternative[{i}].hypothesis"
            problems.append(Problem("case", where, rate.hypothesis, expected))
    if problems:
        raise InputError(problems)


def _percent(share: float) -> str:
    """Return a share in per cent that is not 100 % before it is, nor 0 %."""
    shown = 100.0 * share
    for digits in range(8):
        text = f"{shown:.{digits}f}"
        if (float(text) == 100.0) == (shown == 100.0) and (
            (float(text) == 0.0) == (shown == 0.0)
        ):
            return f"{text} %"
    return f"{shown:.3g} %"


def factors_of(groups: Sequence[Group], seed: int) -> list[Factor]:
    """Return the factors of each group against every alternative that it judges."""
    found: list[Factor] = []
    for group in groups:
        names = [h for h in judged([group]) if h in ALTERNATIVES]
        found += factors([group], names, seed) if names else []
    return found
