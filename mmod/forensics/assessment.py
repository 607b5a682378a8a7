"""Does this hole fit? One case against one result: numbers, odds, and one of three words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from mmod.constants import YEAR
from mmod.errors import InputError, Problem, bad
from mmod.forensics.assessment_flags import few_rays, gauges, refuse_no_hole
from mmod.forensics.assessment_odds import factors_of, posterior_of
from mmod.forensics.breaches import Breaches, Estimate, predict_breaches
from mmod.forensics.case import CaseCard
from mmod.forensics.classes import (
    ClassRate,
    DeclaredClass,
    PairRate,
    class_rates,
    cluster_given,
    pair_rate,
)
from mmod.forensics.entry_hole import read_as_entry_hole
from mmod.forensics.environments import Pairing, pairings
from mmod.forensics.evidence import Factor, Group, groups_of
from mmod.forensics.exposure import Exposure, expose
from mmod.forensics.intervals import ByModel, ModelInterval, model_intervals
from mmod.forensics.inversion import Posterior as Inversion
from mmod.forensics.inversion import invert
from mmod.forensics.leak_report import LeakReport, leak_report
from mmod.forensics.marks import Marks
from mmod.forensics.posterior import Posterior
from mmod.forensics.prediction import wider_laws
from mmod.forensics.rates import CHAIN_ERROR, ModelError
from mmod.forensics.same_run import differs_or_unknown
from mmod.forensics.size_law import Kind
from mmod.forensics.source import resolve_zones
from mmod.forensics.verdict import Check, Verdict, judge

MOSTLY_EXTRAPOLATED = 0.5
"""Share of the breaches beyond the range of the laws from which a test counts as such."""
WIDENED = 0.05
"""Relative half width given to a size that was reported as one number [estimate]."""
OWN_RUN = "own"
"""Run of a case that asks about whatever result it is given."""
KINDS: tuple[Kind, ...] = ("debris", "meteoroid")
"""Kinds of particles, in the order in which they are told."""
_SHIFTS = (-2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0)
_NODES = 41


@dataclass(frozen=True)
class EnvironmentCount:
    """Expected perforations under one pair of flux models.

    Parameters
    ----------
    pairing : Pairing
        The models.
    sizes : tuple of (float, ModelInterval, float)
        Least diameter of the hole [m], expected number with its intervals, effective
        rays.
    by_kind : dict of str to float
        Expected perforations of any size by kind [1].
    """

    pairing: Pairing
    sizes: tuple[tuple[float, ModelInterval, float], ...]
    by_kind: dict[str, float]


@dataclass(frozen=True)
class SizeTest:
    """The reported size among the sizes predicted for a perforation.

    Parameters
    ----------
    size : (low, high)
        Range that is tested [m].
    u : float [1]
        P(D <= reported | hole), averaged over the range, log-uniform.
    p : float [1]
        Two-sided p-value, ``2 min(u, 1 - u)``.
    probability : Estimate
        P(size in the range | perforation), with its sampling error.
    by_kind : dict of str to (low, central, high)
        The same for meteoroids and debris; low and high with the median of the hole
        model off by two of its standard deviations.
    extrapolated_share : float [1]
        Share of such holes made outside the range of the laws used.
    """

    size: tuple[float, float]
    u: float
    p: float
    probability: Estimate
    by_kind: dict[str, tuple[float, float, float]]
    extrapolated_share: float

    @property
    def extrapolated(self) -> bool:
        """Whether most of such holes are made outside the range of the laws."""
        return self.extrapolated_share > MOSTLY_EXTRAPOLATED


@dataclass(frozen=True)
class Assessment:
    """Everything that is said of one hole.

    Parameters
    ----------
    case : CaseCard
        The question.
    marks : Marks, optional
        Its marks.
    zones : tuple of str
        Zones asked for; empty without a result.
    exposure : Exposure, optional
        Window over the phases of the run.
    counts : tuple of EnvironmentCount
        Expected perforations under each pair of models, that of the total first.
    breaches : Breaches, optional
        Prediction under the models of the total.
    classes : tuple of ClassRate
        Nested classes, this zone and window first.
    class_notes : tuple of str
        Classes that no rate could be given for, and why.
    pair : PairRate, optional
        How surprising a second event so close in time is.
    pair_given_two : float, optional
        That probability given that there were two [1].
    size : SizeTest, optional
        Test of the reported size.
    inversion : Inversion, optional
        Particles that can have made such a hole.
    entry : str
        What comes of reading it as a clean entry hole in a plate.
    leak : LeakReport, optional
        The leak.
    posterior : Posterior, optional
        Source posterior.
    no_posterior : str
        Why there is none.
    factors : tuple of Factor
        Evidence by group and alternative, apart from rates.
    verdict, without_marks : Verdict
        With everything, and with size and leak alone.
    flags : tuple of str
        What the reader must know.
    model_error : ModelError
        Lognormal error of the expected numbers in rates and odds.
    """

    case: CaseCard
    marks: Marks | None
    zones: tuple[str, ...]
    exposure: Exposure | None
    counts: tuple[EnvironmentCount, ...]
    breaches: Breaches | None
    classes: tuple[ClassRate, ...]
    class_notes: tuple[str, ...]
    pair: PairRate | None
    pair_given_two: float | None
    size: SizeTest | None
    inversion: Inversion | None
    entry: str
    leak: LeakReport | None
    posterior: Posterior | None
    no_posterior: str
    factors: tuple[Factor, ...]
    verdict: Verdict
    without_marks: Verdict
    flags: tuple[str, ...]
    model_error: ModelError


def assess(
    case: CaseCard,
    results: xr.DataTree | None = None,
    *,
    marks: Marks | None = None,
    seed: int = 1,
    model_error: ModelError = CHAIN_ERROR,
) -> Assessment:
    """Ask whether an observed hole fits the environment of a run.

    Parameters
    ----------
    case : CaseCard
        What was observed.
    results : xarray.DataTree, optional
        Result of a run with events; without one there are no rates.
    marks : Marks, optional
        Marks of the hole.
    seed : int
        Seed of the draws from elicited ranges.
    model_error : ModelError
        Lognormal error of the expected numbers where rates and odds are formed.

    Returns
    -------
    Assessment
        See there; `mmod.forensics.assessment_text.text` prints it.

    Raises
    ------
    InputError
        When zones, window, hole model or ranges are wrong, or the result has no events.

    Notes
    -----
    The rate tests ask whether such a perforation is to be expected, the conditional
    test whether, given one, this size is typical; they are not combined into one
    p-value. The posterior compares sources. See docs/theory.md.
    """
    groups: tuple[Group, ...] = groups_of(marks)
    exposure: Exposure | None = None
    counts: tuple[EnvironmentCount, ...] = ()
    breaches: Breaches | None = None
    size: SizeTest | None = None
    classes: tuple[ClassRate, ...] = ()
    notes: tuple[str, ...] = ()
    pair = None
    inversion, entry = None, ""
    posterior, reason = None, "no result: no rate of impacts"
    flags: list[str] = []
    if results is not None:
        exposure = _exposure(results, case)
        if case.run and case.run != OWN_RUN:
            flags += differs_or_unknown(case.run, results)
        listed = []
        known: ByModel = {}
        for pairing in pairings(results):
            made = predict_breaches(
                results,
                case.zones,
                window=exposure,
                environment=list(pairing.models),
                hole_model=case.hole_model or None,
            )
            breaches = made if breaches is None else breaches
            if case.size is not None:
                refuse_no_hole(made, case.size.diameter, _range(case.size.diameter))
            listed.append(_count(pairing, made, _least_sizes(case), known))
        counts = tuple(listed)
        assert breaches is not None
        flags += (*breaches.flags, *gauges(results, breaches))
        flags += wider_laws(results, model_error)
        found = _classes(case, counts[0], exposure, model_error)
        classes, notes, pair = found
        if case.size is not None:
            size = _size_test(breaches, _range(case.size.diameter))
            inversion, entry = _inversion(results, case, breaches, size)
            flags += () if inversion is None else inversion.flags
            if size.extrapolated:
                flags.append(
                    f"hole law: {100.0 * size.extrapolated_share:.0f} % of such holes are"
                    " made outside the range of the laws; the size alone decides nothing"
                )
        cells = [(c.pairing.label, [(s, r) for s, _, r in c.sizes]) for c in counts]
        flags += few_rays(cells, None if size is None else size.probability)
        posterior, reason = posterior_of(
            case, counts[0], size, groups, exposure, seed, model_error
        )
    checks = (
        [Check("size", min(size.p, 1.0), size.extrapolated)] if size is not None else []
    )
    extrapolated = size is not None and size.extrapolated
    # Marks speak about hypotheses without a rate, too.
    told = factors_of(groups, seed)
    if posterior is not None:
        rated = {(f.group, f.alternative) for f in posterior.factors}
        rest = [f for f in told if (f.group, f.alternative) not in rated]
        told = [*posterior.factors, *rest]
    verdict = judge(
        posterior=posterior,
        marks=told,
        checks=checks,
        classes=classes,
        extrapolated=extrapolated,
    )
    bare, _ = (
        posterior_of(case, counts[0], size, (), exposure, seed, model_error)
        if counts and exposure is not None
        else (None, "")
    )
    without = judge(
        posterior=bare, checks=checks, classes=classes, extrapolated=extrapolated
    )
    return Assessment(
        case=case,
        marks=marks,
        zones=() if breaches is None else breaches.zones,
        exposure=exposure,
        counts=counts,
        breaches=breaches,
        classes=classes,
        class_notes=notes,
        pair=pair,
        pair_given_two=_given_two(case),
        size=size,
        inversion=inversion,
        entry=entry,
        leak=leak_report(case),
        posterior=posterior,
        no_posterior="" if posterior is not None else reason,
        factors=tuple(told),
        verdict=verdict,
        without_marks=without,
        flags=tuple(dict.fromkeys(flags)),
        model_error=model_error,
    )


def _exposure(results: xr.DataTree, case: CaseCard) -> Exposure:
    """Return the window over the phases, or refuse it and the zones at once."""
    if not case.zones:
        raise bad("case", "zones", [], f"zones of the run for {case.title!r}")
    problems: list[Problem] = []
    try:
        resolve_zones(results, case.zones)
    except InputError as error:
        problems.extend(error.problems)
    window = case.window
    try:
        found = expose(results, window.start, window.first_seen, launch=window.launch)
    except InputError as error:
        raise InputError([*problems, *error.problems]) from None
    if problems:
        raise InputError(problems)
    return found


def _least_sizes(case: CaseCard) -> list[float]:
    """Return the sizes from which holes are counted: any, and both reported ends."""
    if case.size is None:
        return [0.0]
    return [0.0, *dict.fromkeys(case.size.diameter)]


def _range(size: tuple[float, float]) -> tuple[float, float]:
    low, high = size
    if low < high:
        return low, high
    return low * (1.0 - WIDENED), high * (1.0 + WIDENED)


def _count(
    pairing: Pairing, breaches: Breaches, sizes: Sequence[float], known: ByModel
) -> EnvironmentCount:
    intervals = model_intervals(breaches, sizes, known=known)
    rows = tuple(
        (s, interval, breaches.expected(s).effective_samples)
        for s, interval in zip(sizes, intervals, strict=True)
    )
    by_kind: dict[str, float] = {}
    for kind in KINDS:
        if kind in breaches.kinds:
            by_kind[kind] = breaches.expected(0.0, kind).value
    return EnvironmentCount(pairing, rows, by_kind)


def _size_test(breaches: Breaches, size: tuple[float, float]) -> SizeTest:
    low, high = size
    within = np.exp(np.linspace(math.log(low), math.log(high), _NODES))
    u = float(breaches.cumulative(within).mean())
    by_kind: dict[str, tuple[float, float, float]] = {}
    for kind in dict.fromkeys(breaches.kinds):
        weight = breaches.weight * (breaches.kind == kind)
        whole = float(weight.sum())
        if not whole > 0.0:
            continue
        found = [
            float((weight * breaches.size_share(low, high, shift=s)).sum()) / whole
            for s in _SHIFTS
        ]
        by_kind[kind] = (min(found), found[len(_SHIFTS) // 2], max(found))
    return SizeTest(
        size=size,
        u=u,
        p=2.0 * min(u, 1.0 - u),
        probability=breaches.probability(low, high),
        by_kind=by_kind,
        extrapolated_share=breaches.extrapolated_share(low, high),
    )


def _classes(
    case: CaseCard,
    count: EnvironmentCount,
    exposure: Exposure,
    error: ModelError,
) -> tuple[tuple[ClassRate, ...], tuple[str, ...], PairRate | None]:
    """Return rates of nested classes, notes on those without, and that of a pair."""
    debris = count.by_kind.get("debris", 0.0)
    meteoroid = count.by_kind.get("meteoroid", 0.0)
    years = float(exposure.overlap.sum()) / YEAR
    declared = [DeclaredClass("this zone, this window", debris, meteoroid)]
    notes: list[str] = []
    for card in case.class_:
        if card.exposure_years is None:
            notes.append(f"{card.name}: {card.source}")
            continue
        scale = _middle(card.exposure_years) / years * _middle(card.area_factor)
        declared.append(
            DeclaredClass(
                card.name, debris * scale, meteoroid * scale, card.declared_before
            )
        )
    pair = None
    if case.pair is not None and len(declared) > 1:
        widest = max(declared, key=lambda c: c.debris + c.meteoroid)
        pair = pair_rate(widest, _apart(case), case.pair.duration_years * YEAR, error)
    return tuple(class_rates(declared, error)), tuple(notes), pair


def _middle(ends: tuple[float, float]) -> float:
    return math.sqrt(ends[0] * ends[1])


def _apart(case: CaseCard) -> float:
    assert case.pair is not None
    return abs((case.pair.first_seen - case.window.first_seen).total_seconds())


def _given_two(case: CaseCard) -> float | None:
    if case.pair is None:
        return None
    return cluster_given(2, _apart(case), case.pair.duration_years * YEAR)


def _inversion(
    results: xr.DataTree, case: CaseCard, breaches: Breaches, size: SizeTest
) -> tuple[Inversion | None, str]:
    """Return the particles behind the hole, and what a clean entry hole would mean."""
    assert case.size is not None
    try:
        found: Inversion | None = invert(breaches, *size.size)
    except InputError:
        return None, "refused: nothing that perforates here makes a hole of this size"
    if case.size.of not in ("entry hole", "unclear"):
        return found, ""
    claim = case.size.particle
    return found, read_as_entry_hole(results, case.zones, breaches, size.size, claim)
