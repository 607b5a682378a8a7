"""What goes into a source posterior: rates of impacts and alternatives, the size."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mmod.errors import InputError, Problem
from mmod.forensics._fields import ALTERNATIVES, IMPACT, OTHER, Pair
from mmod.forensics.evidence import SIZE, Term
from mmod.forensics.rates import CHAIN_ERROR, ModelError


@dataclass(frozen=True)
class ImpactRate:
    """Expected perforations of the zone in the window, of whatever size.

    Parameters
    ----------
    debris, meteoroid : float [1]
        Medians of the expected numbers, >= 0, not both 0.
    error : ModelError
        Their lognormal errors; the posterior takes means.
    label : str
        Where the numbers come from.

    Raises
    ------
    InputError
        When a number is negative, not finite, or both are 0.
    """

    debris: float
    meteoroid: float
    error: ModelError = CHAIN_ERROR
    label: str = ""

    def __post_init__(self) -> None:
        both = {"debris": self.debris, "meteoroid": self.meteoroid}
        wrong = [
            Problem("ImpactRate", name, value, "a finite expected number >= 0")
            for name, value in both.items()
            if not 0.0 <= value < math.inf
        ]
        if not wrong and self.median == 0.0:
            expected = "an expected number > 0: a source that cannot act has no odds"
            wrong.append(Problem("ImpactRate", "debris + meteoroid", 0.0, expected))
        if wrong:
            raise InputError(wrong)

    @property
    def median(self) -> float:
        """Expected number at the medians of the model errors [1]."""
        return self.debris + self.meteoroid

    @property
    def means(self) -> dict[str, float]:
        """Expected numbers averaged over the model errors, by hypothesis [1]."""
        return {
            "meteoroid": self.meteoroid * self.error.mean_meteoroid,
            "debris": self.debris * self.error.mean_debris,
        }


@dataclass(frozen=True)
class AlternativeRate:
    """Rate of a source that is not an impact, from the history of a fleet.

    Parameters
    ----------
    hypothesis : str
        One of `ALTERNATIVES`.
    events : int [1]
        Earlier cases, >= 0.
    exposure : float [`unit`]
        Exposure without further cases, > 0 (138 flights).
    share : (low, high) [1]
        Part of a unit of exposure that belongs to this zone and window, 0 to 1: the
        rate of an alternative must be for the same module and window as that of impacts.
    unit, source : str
        Unit of the exposure; where the numbers come from.

    Raises
    ------
    InputError
        With every number that is out of range.

    Notes
    -----
    Jeffreys' prior of a Poisson rate, ``Gamma(1/2, 0)``, updated by the history:
    ``Gamma(1/2 + n, E)``, of mean ``(1/2 + n)/E``. With no earlier case its 95 % interval
    spans three decades: the history says little, and the prior is shown x0.1 and x10.
    """

    hypothesis: str
    events: int
    exposure: float
    share: Pair = (1.0, 1.0)
    unit: str = "flight"
    source: str = ""

    def __post_init__(self) -> None:
        wrong: list[tuple[str, object, str]] = []
        if self.hypothesis not in ALTERNATIVES:
            wrong.append(("hypothesis", self.hypothesis, f"one of {ALTERNATIVES}"))
        if self.events < 0 or self.events != int(self.events):
            wrong.append(("events", self.events, "a whole number >= 0"))
        if not 0.0 < self.exposure < math.inf:
            wrong.append(("exposure", self.exposure, f"a number > 0 [{self.unit}]"))
        low, high = self.share
        if not 0.0 < low <= high <= 1.0:
            wrong.append(("share", self.share, "low, high with 0 < low <= high <= 1"))
        if wrong:
            raise InputError(Problem("AlternativeRate", *one) for one in wrong)

    @property
    def rate(self) -> float:
        """Mean rate per unit of exposure [1/unit]."""
        return (0.5 + self.events) / self.exposure

    @property
    def expected(self) -> float:
        """Expected number in the zone and window, at the mean share [1]."""
        return self.rate * 0.5 * sum(self.share)

    def interval(self, confidence: float = 0.95) -> Pair:
        """Return the central interval of the expected number, share included [1]."""
        from scipy.special import gammaincinv

        tail = 0.5 * (1.0 - confidence)
        shape = 0.5 + self.events
        low, high = (float(gammaincinv(shape, q)) for q in (tail, 1.0 - tail))
        return (
            low / self.exposure * self.share[0],
            high / self.exposure * self.share[1],
        )


def size_term(
    impact: Pair | dict[str, Pair],
    alternatives: dict[str, Pair],
    other: Pair,
    *,
    observed: str = "",
    source: str = "",
) -> Term:
    """Return the size of a hole as a term of evidence.

    Parameters
    ----------
    impact : (low, high) [1], or dict
        P(size in the reported range | perforation of this zone), from the engine with
        its hole models, normalised over the same perforations as the rate of impacts;
        or one for `meteoroid` and one for `debris`.
    alternatives : dict of str to (low, high) [1]
        The same under each alternative.
    other : (low, high) [1]
        The same for unnamed sources (log-uniform over the sizes that one would find).
    observed, source : str
        The reported range; where the numbers come from.

    Returns
    -------
    Term
        A term for `mmod.forensics.evidence.groups_of`.

    Raises
    ------
    InputError
        With every probability that is not inside (0, 1), every low above its high and
        every unknown hypothesis.
    """
    kinds = impact if isinstance(impact, dict) else dict.fromkeys(IMPACT, impact)
    ranges = {**kinds, **alternatives, OTHER: other}
    wrong = [
        Problem("size", h, (low, high), "0 < low <= high < 1")
        for h, (low, high) in ranges.items()
        if not 0.0 < low <= high < 1.0
    ]
    known = (*IMPACT, *ALTERNATIVES, OTHER)
    wrong += [
        Problem("size", "hypothesis", h, f"one of {', '.join(known)}")
        for h in ranges
        if h not in known
    ]
    wrong += [
        Problem("size", h, None, "a probability of the reported size")
        for h in IMPACT
        if h not in ranges
    ]
    if wrong:
        raise InputError(wrong)
    return Term(SIZE, ranges, True, observed, source)
