"""Likelihoods of marks, group by group: ranges, caps, corners and draws."""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mmod.errors import bad
from mmod.forensics._fields import ALTERNATIVES, HYPOTHESES, IMPACT, OTHER, Pair
from mmod.forensics.marks import Marks

FloatArray = NDArray[np.float64]
Dependence: TypeAlias = Literal["product", "strongest"]

GROUP_CAP = 1000.0
"""Largest factor that a group with an elicited term may carry [1]."""
FLAT = 0.5
"""Probability of any mark under the hypothesis that nobody has named [1]."""
SIZE = "size"
"""Name of the group that holds the size of the hole."""
DRAWS = 20_000


@dataclass(frozen=True)
class Term:
    """One piece of evidence.

    Parameters
    ----------
    name : str
        Its name.
    ranges : dict of str to (low, high) [1]
        Hypothesis -> range of P(observed | hypothesis); `other` is flat where absent.
    elicited : bool
        Whether the ranges are judged and not printed numbers.
    observed, source : str
        What was seen, and who says so.
    """

    name: str
    ranges: dict[str, Pair]
    elicited: bool = True
    observed: str = ""
    source: str = ""

    def range_of(self, hypothesis: str) -> Pair:
        """Return the range under a hypothesis; flat for what nobody has named."""
        if hypothesis == OTHER:
            return self.ranges.get(OTHER, (FLAT, FLAT))
        return self.ranges[hypothesis]


@dataclass(frozen=True)
class Group:
    """Terms that hang together.

    Parameters
    ----------
    name : str
        Its name; `SIZE` for the size of the hole.
    terms : tuple of Term
        At least one.
    """

    name: str
    terms: tuple[Term, ...]

    @property
    def elicited(self) -> bool:
        """Whether any term is judged: then the cap holds."""
        return any(term.elicited for term in self.terms)

    @property
    def cap(self) -> float:
        """Largest factor between an impact and an alternative [1]."""
        return GROUP_CAP if self.elicited else math.inf


@dataclass(frozen=True)
class Factor:
    """Likelihood ratio of a group, impact over an alternative [1].

    Parameters
    ----------
    group, alternative : str
        Which.
    low, central, high : float
        Least and most favourable corner to an impact; ratio of the mean likelihoods.
    elicited, capped : bool
        Whether any term is judged, and whether the cap holds in some corner.
    """

    group: str
    alternative: str
    low: float
    central: float
    high: float
    elicited: bool
    capped: bool


def groups_of(marks: Marks | None, size: Term | None = None) -> tuple[Group, ...]:
    """Return the groups of evidence: the size first, then those of the marks.

    Parameters
    ----------
    marks : Marks, optional
        Marks; those not reported are left out.
    size : Term, optional
        The size of the hole as a term.

    Returns
    -------
    tuple of Group
        In the order of the file.

    Raises
    ------
    InputError
        When a group of marks has the name kept for the size.
    """
    found: list[Group] = [] if size is None else [Group(SIZE, (size,))]
    for name in () if marks is None else marks.groups:
        if name == SIZE:
            expected = "another name: the size is a term of its own"
            raise bad(marks.path if marks else "", "mark.group", name, expected)
        terms = tuple(
            Term(m.name, m.ranges, m.support == "elicited", m.observed, m.source)
            for m in (marks.used if marks else ())
            if m.group == name
        )
        found.append(Group(name, terms))
    return tuple(found)


def judged(groups: Sequence[Group]) -> tuple[str, ...]:
    """Return the named hypotheses for which every term has a range."""
    named = (*IMPACT, *ALTERNATIVES)
    terms = [t for g in groups for t in g.terms]
    return tuple(h for h in named if all(h in t.ranges for t in terms))


def combined(
    group: Group,
    hypotheses: Sequence[str],
    values: FloatArray,
    dependence: Dependence = "product",
) -> FloatArray:
    """Return the likelihoods of a group from those of its terms.

    Parameters
    ----------
    group : Group
        The group.
    hypotheses : sequence of str, length H
        Named hypotheses, impacts among them, and `other` last.
    values : ndarray, shape (terms, ..., H) [1]
        Likelihoods of the terms.
    dependence : {"product", "strongest"}
        How terms of one group combine.

    Returns
    -------
    ndarray, shape (..., H) [1]
        Likelihoods; between impacts and any named alternative their ratio is within
        the group's cap.

    Notes
    -----
    Terms of a group are not independent, and how they depend is not known. Independent
    terms multiply; of fully dependent ones only the strongest counts. `product` takes
    the first and caps it, `strongest` the term whose ranges (geometric means) lie
    furthest apart: the truth lies between. The cap raises the smaller likelihoods, so
    it weakens the group's evidence and never turns it.
    """
    if dependence == "strongest":
        values = values[[_strongest(group, hypotheses)]]
    product = np.prod(values, axis=0)
    if not math.isfinite(group.cap):
        return np.asarray(product)
    named = [i for i, h in enumerate(hypotheses) if h != OTHER]
    impacts = [i for i, h in enumerate(hypotheses) if h in IMPACT]
    reference = product[..., impacts].max(axis=-1, keepdims=True)
    held = reference * np.clip(
        product[..., named] / reference, 1 / group.cap, group.cap
    )
    top = product[..., named].max(axis=-1, keepdims=True)
    result = product.copy()
    result[..., named] = held * (top / held.max(axis=-1, keepdims=True))
    return np.asarray(result)


def _strongest(group: Group, hypotheses: Sequence[str]) -> int:
    """Return the term whose log ranges lie furthest apart between named hypotheses."""
    spreads = []
    for term in group.terms:
        centres = [0.5 * sum(map(math.log, term.range_of(h))) for h in hypotheses[:-1]]
        spreads.append(max(centres) - min(centres))
    return int(np.argmax(spreads))


def corners(
    group: Group, hypotheses: Sequence[str], dependence: Dependence = "product"
) -> FloatArray:
    """Return the likelihoods of a group in every corner of its ranges.

    Parameters
    ----------
    group : Group
        The group.
    hypotheses : sequence of str, length H
        As in `combined`.
    dependence : {"product", "strongest"}
        As in `combined`.

    Returns
    -------
    ndarray, shape (C, H) [1]
        All terms of a hypothesis low or high together; meteoroid and debris together
        too, term by term where their ranges differ.
    """
    sides = [h for h in hypotheses if h not in IMPACT]
    terms = range(len(group.terms))
    kinds = [h for h in hypotheses if h in IMPACT]
    alike = all(len({t.range_of(h) for h in kinds}) == 1 for t in group.terms)
    impacts = [(e,) * len(terms) for e in (0, 1)]
    if not alike:  # the ratio of the kinds may be extreme where ends are mixed
        impacts = list(itertools.product((0, 1), repeat=len(terms)))
    rows = []
    for impact in impacts:
        for ends in itertools.product((0, 1), repeat=len(sides)):
            end = dict(zip(sides, ends, strict=True))
            rows.append(
                [
                    [
                        group.terms[i].range_of(h)[end.get(h, impact[i])]
                        for h in hypotheses
                    ]
                    for i in terms
                ]
            )
    values = np.moveaxis(np.array(rows, dtype=np.float64), 1, 0)
    return combined(group, hypotheses, values, dependence)


def draws(
    group: Group,
    hypotheses: Sequence[str],
    seed: int,
    number: int = DRAWS,
    dependence: Dependence = "product",
) -> FloatArray:
    """Return likelihoods of a group, drawn from its ranges.

    Parameters
    ----------
    group : Group
        The group.
    hypotheses : sequence of str, length H
        As in `combined`.
    seed : int
        Seed; draws are a function of it and of the names of group, term and hypothesis,
        so other groups, and their order, do not change them.
    number : int [1]
        Number of draws.
    dependence : {"product", "strongest"}
        As in `combined`.

    Returns
    -------
    ndarray, shape (number, H) [1]
        Likelihoods, each range log-uniform; meteoroid and debris share a deviate.
    """
    values = np.zeros((len(group.terms), number, len(hypotheses)))
    for i, term in enumerate(group.terms):
        for j, hypothesis in enumerate(hypotheses):
            low, high = term.range_of(hypothesis)
            side = "impact" if hypothesis in IMPACT else hypothesis
            deviate = _deviates(seed, f"{group.name}/{term.name}/{side}", number)
            values[i, :, j] = low * (high / low) ** deviate
    return combined(group, hypotheses, values, dependence)


def _deviates(seed: int, name: str, number: int) -> FloatArray:
    """Return uniform deviates that belong to a seed and a name."""
    digest = hashlib.sha256(name.encode()).digest()
    key = np.array([seed, int.from_bytes(digest[:8], "little")], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key)).random(number)


def mean_likelihoods(
    group: Group,
    hypotheses: Sequence[str],
    seed: int,
    number: int = DRAWS,
    dependence: Dependence = "product",
) -> FloatArray:
    """Return the mean likelihoods of a group over its ranges, shape (H,) [1].

    Notes
    -----
    Log-uniform between a and b has the mean ``(b - a)/ln(b/a)``: exact for a group of
    one term or of no elicited one; the mean of `draws` otherwise (cap), to about 1 %.
    """
    used = group.terms
    if dependence == "strongest":
        used = (group.terms[_strongest(group, hypotheses)],)
    exact = np.ones(len(hypotheses))
    for term in used:
        exact *= [_log_uniform_mean(term.range_of(h)) for h in hypotheses]
    found = corners(group, hypotheses, dependence)
    if not math.isfinite(group.cap) or not _capped(group, hypotheses, found):
        return exact
    return np.asarray(draws(group, hypotheses, seed, number, dependence).mean(axis=0))


def _log_uniform_mean(limits: Pair) -> float:
    low, high = limits
    ratio = math.log(high / low)
    return low if ratio < 1e-9 else (high - low) / ratio


def _capped(group: Group, hypotheses: Sequence[str], found: FloatArray) -> bool:
    """Tell whether any corner reaches the cap (then the mean is not a product)."""
    named = [i for i, h in enumerate(hypotheses) if h != OTHER]
    impacts = [i for i, h in enumerate(hypotheses) if h in IMPACT]
    ratio = found[:, named] / found[:, impacts].max(axis=1, keepdims=True)
    reach = np.maximum(ratio, 1.0 / ratio).max()
    return bool(reach >= group.cap * (1.0 - 1e-9))


def factors(
    groups: Sequence[Group],
    alternatives: Sequence[str],
    seed: int,
    dependence: Dependence = "product",
) -> list[Factor]:
    """Return what each group says for an impact against each alternative.

    Parameters
    ----------
    groups : sequence of Group
        Groups of evidence.
    alternatives : sequence of str
        Hypotheses that every group judges.
    seed : int
        Seed of the draws.
    dependence : {"product", "strongest"}
        As in `combined`.

    Returns
    -------
    list of Factor
        By group, then by alternative; an impact is the likelier of its two kinds, in
        every corner and every draw anew, so that `central` lies between the corners.

    Raises
    ------
    InputError
        When an alternative is unknown.
    """
    for name in alternatives:
        if name not in ALTERNATIVES:
            raise bad("factors", "alternative", name, f"one of {ALTERNATIVES}")
    hypotheses = (*IMPACT, *alternatives, OTHER)
    listed = []
    for group in groups:
        found = corners(group, hypotheses, dependence)
        means = mean_likelihoods(group, hypotheses, seed, dependence=dependence)
        impact = found[:, :2].max(axis=1)
        capped = math.isfinite(group.cap) and _capped(group, hypotheses, found)
        likelier = float(means[:2].max())
        lead = found[:, 0] - found[:, 1]
        if lead.min() < 0.0 < lead.max():
            # Now one kind is the likelier, now the other: draw by draw.
            drawn = draws(group, hypotheses, seed, dependence=dependence)
            means = drawn.mean(axis=0)
            likelier = float(drawn[:, :2].max(axis=1).mean())
        for name in alternatives:
            j = hypotheses.index(name)
            ratio = impact / found[:, j]
            # Sums of many numbers may leave the corners by a rounding.
            central = float(np.clip(likelier / means[j], ratio.min(), ratio.max()))
            listed.append(
                Factor(
                    group.name,
                    name,
                    float(ratio.min()),
                    central,
                    float(ratio.max()),
                    group.elicited,
                    capped,
                )
            )
    return listed


__all__ = [
    "DRAWS",
    "FLAT",
    "GROUP_CAP",
    "HYPOTHESES",
    "SIZE",
    "Factor",
    "Group",
    "Term",
    "combined",
    "corners",
    "draws",
    "factors",
    "groups_of",
    "judged",
    "mean_likelihoods",
]
