"""The three words: consistent, inconsistent, undecided, with their thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from mmod.errors import InputError, Problem
from mmod.forensics.classes import ClassRate
from mmod.forensics.evidence import SIZE, Factor
from mmod.forensics.posterior import DEPENDENCES, SCALES, Posterior

Word: TypeAlias = Literal["consistent", "inconsistent", "undecided"]


@dataclass(frozen=True)
class Thresholds:
    """Limits behind the words; conventions, not measurements.

    Parameters
    ----------
    against : float [1]
        Inconsistent needs a posterior of an impact below this in every corner.
    in_favour : float [1]
        Consistent needs one above this in every corner, where there is a posterior.
    decisive : float [1]
        Factor that a group of marks must reach in its weakest corner to decide.
    plausible : float [1]
        Consistent needs conditional p-values, and that of the widest class, at or above.
    atypical : float [1]
        A conditional p-value below this, of a law inside its range, is inconsistent.
    """

    against: float = 0.05
    in_favour: float = 0.5
    decisive: float = 3.0
    plausible: float = 0.05
    atypical: float = 0.001


THRESHOLDS = Thresholds()


@dataclass(frozen=True)
class Check:
    """A conditional test: whether a mark is typical, given an impact.

    Parameters
    ----------
    name : str
        What was tested (size, place, direction, joint marks).
    p : float [1]
        Two-sided or highest-density p-value under the predicted breaches.
    extrapolated : bool
        Whether the hole law is used outside its range.

    Raises
    ------
    InputError
        When the p-value is not in [0, 1].
    """

    name: str
    p: float
    extrapolated: bool = False

    def __post_init__(self) -> None:
        if not 0.0 <= self.p <= 1.0:
            raise InputError(Problem("Check", self.name, self.p, "a p-value in [0, 1]"))


@dataclass(frozen=True)
class Verdict:
    """A word and why.

    Parameters
    ----------
    word : {"consistent", "inconsistent", "undecided"}
        Of the hypothesis that an impact made the hole.
    reasons : tuple of str
        What led to the word.
    missing : tuple of str
        What the other two words would have needed.
    rests_on : tuple of str
        Groups of elicited marks without any one of which the word would be undecided.
    caveats : tuple of str
        What the word does not say.
    """

    word: Word
    reasons: tuple[str, ...]
    missing: tuple[str, ...]
    rests_on: tuple[str, ...]
    caveats: tuple[str, ...]


def judge(
    *,
    posterior: Posterior | None = None,
    marks: Sequence[Factor] = (),
    checks: Sequence[Check] = (),
    classes: Sequence[ClassRate] = (),
    extrapolated: bool = False,
    thresholds: Thresholds = THRESHOLDS,
) -> Verdict:
    """Return whether a hole is consistent with an impact.

    Parameters
    ----------
    posterior : Posterior, optional
        Source posterior; absent where no alternative has a rate.
    marks : sequence of Factor
        Mark factors against every alternative that the marks judge, whether it has a
        rate or not; those of the posterior are added.
    checks : sequence of Check
        Conditional tests of the size and other marks.
    classes : sequence of ClassRate
        Rates of one event or more, in any order.
    extrapolated : bool
        Whether the hole law behind the size is used outside its range.
    thresholds : Thresholds
        Limits.

    Returns
    -------
    Verdict
        The word, its reasons, and what the other words lack.

    Notes
    -----
    *Inconsistent*: (a) the posterior of an impact is below 0.05 in every corner of the
    elicited ranges, at every prior x0.1 to x10 and under both rules for dependent marks,
    and a group of marks other than the size is against by 3 or more in its weakest
    corner; or (b) a conditional p-value is below 0.001 under a hole law inside its range,
    and no group of marks favours an impact decisively. A rare event alone is never
    inconsistent.

    *Consistent*: every conditional p-value given is 0.05 or more, and there is one; in
    the widest class with a stated exposure the probability of such an event is 0.05 or
    more; a group of marks other than the size favours an impact over every alternative
    judged by 3 or more in its weakest corner, and none is decisively against; and the
    posterior, where there is one, is above 0.5 in every corner. It says that nothing
    speaks against an impact and some mark speaks for it, no more. What an agency has
    accepted does not enter.

    *Undecided*: everything else. An extrapolated hole law, or the size alone, can lead to
    no other word.
    """
    t = thresholds
    found = [*marks]
    if posterior is not None:
        told = {(f.group, f.alternative) for f in found}
        found += [f for f in posterior.factors if (f.group, f.alternative) not in told]
    listed = [f for f in found if f.group != SIZE]
    rated = listed if posterior is None else posterior.factors
    against = _against([f for f in rated if f.group != SIZE], t)
    blocking = _against(listed, t)
    favour = _in_favour(listed, t)
    inside = [c for c in checks if not (c.extrapolated or extrapolated)]
    atypical = [c for c in inside if c.p < t.atypical]
    caveats = _caveats(checks, classes, extrapolated=extrapolated)

    lacks_in, reasons_in = _inconsistent(posterior, against, favour, atypical, t)
    if not lacks_in:
        by_marks = posterior is not None and not (atypical and not favour)
        rests = _rests_on(posterior, t) if by_marks and posterior is not None else ()
        return Verdict("inconsistent", tuple(reasons_in), (), rests, caveats)
    lacks, reasons = _consistent(posterior, blocking, favour, checks, classes, t)
    if not lacks:
        # Of several that favour, each can be spared.
        rests = tuple(favour) if len(favour) == 1 else ()
        return Verdict("consistent", tuple(reasons), (), rests, caveats)
    missing = (
        *(f"inconsistent would need: {text}" for text in lacks_in),
        *(f"consistent would need: {text}" for text in lacks),
    )
    return Verdict(
        "undecided", ("neither word has what it needs",), missing, (), caveats
    )


def _against(listed: Sequence[Factor], t: Thresholds) -> list[str]:
    """Return groups that speak against an impact in their weakest corner."""
    return list(
        dict.fromkeys(f.group for f in listed if f.high <= _below(1.0 / t.decisive))
    )


def _below(value: float) -> float:
    """Return a limit with room for rounding of ratios of printed numbers."""
    return value * (1.0 + 1e-9)


def _in_favour(listed: Sequence[Factor], t: Thresholds) -> list[str]:
    """Return groups that favour an impact over every alternative in their weakest corner."""
    groups = dict.fromkeys(f.group for f in listed)
    return [
        g
        for g in groups
        if all(_below(f.low) >= t.decisive for f in listed if f.group == g)
    ]


def _inconsistent(
    posterior: Posterior | None,
    against: list[str],
    favour: list[str],
    atypical: list[Check],
    t: Thresholds,
) -> tuple[list[str], list[str]]:
    """Return what the word lacks (empty: it holds) and the reasons for it."""
    if atypical and not favour:
        return [], [
            f"given an impact, the {c.name} is atypical: p = {c.p:.2g} < {t.atypical:g}"
            for c in atypical
        ]
    if posterior is None:
        return ["a posterior: no alternative has a rate and ranges"], []
    lacks = []
    high = posterior.extremes[1]
    if not high < t.against:
        lacks.append(
            f"a posterior of an impact below {t.against:g} in every corner (greatest:"
            f" {high:.2g})"
        )
    if not against:
        lacks.append(
            f"a group of marks other than the size against an impact by {t.decisive:g}"
            " or more in its weakest corner"
        )
    reasons = [
        (
            f"posterior of an impact at most {high:.2g} in every corner of the ranges,"
            f" prior x{SCALES[0]:g} to x{SCALES[-1]:g} and both rules for dependent marks"
            f" (limit {t.against:g})"
        ),
        f"marks that are against in their weakest corner: {', '.join(against)}",
    ]
    return lacks, reasons


def _consistent(
    posterior: Posterior | None,
    against: list[str],
    favour: list[str],
    checks: Sequence[Check],
    classes: Sequence[ClassRate],
    t: Thresholds,
) -> tuple[list[str], list[str]]:
    """Return what the word lacks (empty: it holds) and the reasons for it."""
    lacks, reasons = [], []
    unlikely = [c for c in checks if c.p < t.plausible]
    if not checks:
        lacks.append("a conditional test of the size or of another mark")
    elif unlikely:
        text = ", ".join(f"{c.name} p = {c.p:.2g}" for c in unlikely)
        lacks.append(f"conditional p-values of {t.plausible:g} or more ({text})")
    else:
        text = ", ".join(f"{c.name} p = {c.p:.2g}" for c in checks)
        reasons.append(f"given an impact, what was seen is typical: {text}")
    # The widest is the one in which most is expected, wherever it stands in the case.
    wide = max(classes, key=lambda c: c.marginal) if classes else None
    if wide is None:
        lacks.append("a class with a stated exposure")
    elif wide.marginal < t.plausible:
        lacks.append(
            f"a class in which such an event has a probability of {t.plausible:g} or"
            f" more (widest: {wide.marginal:.2g})"
        )
    else:
        reasons.append(
            f"one such event or more in the class '{wide.name}' has the probability"
            f" {wide.marginal:.2g} ({wide.label})"
        )
    if not favour:
        lacks.append(
            "a group of marks other than the size that favours an impact over every"
            f" alternative judged by {t.decisive:g} or more in its weakest corner"
        )
    else:
        reasons.append(f"marks that favour an impact: {', '.join(favour)}")
    if against:
        lacks.append(f"no marks against an impact ({', '.join(against)})")
    if posterior is not None and not posterior.extremes[0] > t.in_favour:
        lacks.append(
            f"a posterior of an impact above {t.in_favour:g} in every corner (least:"
            f" {posterior.extremes[0]:.2g})"
        )
    return lacks, reasons


def _rests_on(posterior: Posterior, t: Thresholds) -> tuple[str, ...]:
    """Return groups without which the posterior would reach the limit somewhere."""
    return tuple(
        g.name
        for g in posterior.groups
        if max(
            posterior.row(scale, (g.name,), rule).high
            for scale in SCALES
            for rule in DEPENDENCES
        )
        >= t.against
    )


def _caveats(
    checks: Sequence[Check], classes: Sequence[ClassRate], *, extrapolated: bool
) -> tuple[str, ...]:
    said = [
        "the word is about an impact as the source and about no person or place",
        "elicited ranges are judgements; the limits behind the words are conventions",
    ]
    if extrapolated or any(c.extrapolated for c in checks):
        said.append(
            "the hole law is used outside its range: the size alone decides nothing"
        )
    if any(c.label != "declared" for c in classes):
        said.append("classes were chosen after the event: post hoc, p not calibrated")
    return tuple(said)
