"""Observed populations beside a run that represents them: counts, ratios, odds."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from mmod.errors import InputError, bad
from mmod.forensics.goodness import LEVEL
from mmod.forensics.prediction import (
    POPULATION_LOG_ERROR,
    expected_numbers,
    zones_of,
)
from mmod.forensics.survey import ErrorCard, problems_of
from mmod.library import available, read_toml, resolve
from mmod.results.outcome import PENETRATION
from mmod.results.risk import check_label
from mmod.results.schema import group
from mmod.stats import holm, lognormal_law, poisson_interval, poisson_law
from mmod.stats.counts import normal_nodes

FloatArray = NDArray[np.float64]

_STEP = 0.1
_GROUPS = 400

Text = Annotated[str, Field(min_length=1)]
Positive = Annotated[float, Field(gt=0.0, le=1e9, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=10**9)]
Zones = Annotated[list[Text], Field(min_length=1)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class CountCard(_Table):
    """A number of features against the expected number of some zones."""

    name: Text
    rows: Text = Field(description="rows of populations.csv")
    observed: Count
    zones: Zones = Field(default_factory=lambda: ["*"])
    damage: Text = PENETRATION
    scale: Positive = Field(
        1.0, description="area and time surveyed over those of the run"
    )
    published_expected: Positive | None = Field(
        None, description="expected number of a source, in place of the run's"
    )
    convention: Text = Field(description="areas, sizes and laws that this rests on")
    area_m2: Positive | None = Field(None, description="area behind the rate [m2]")
    years: Positive | None = Field(None, description="exposure behind the rate [yr]")


class RatioCard(_Table):
    """A ratio of two numbers of one run."""

    name: Text
    rows: Text
    observed: Positive = Field(description="first over second")
    first: Zones = Field(default_factory=lambda: ["*"])
    second: Zones = Field(default_factory=lambda: ["*"])
    first_damage: Text
    second_damage: Text
    counts: tuple[Count, Count] | None = Field(
        None, description="counts; the second is then a part of the first", strict=False
    )
    tolerance: Annotated[float, Field(gt=1.0, le=100.0)] | None = Field(
        None, description="factor, one standard deviation, of a ratio without counts"
    )
    convention: Text
    size_ratio: Annotated[float, Field(gt=1.0, le=1e3)] | None = Field(
        None, description="of the two features, where a slope is wanted"
    )

    @model_validator(mode="after")
    def _one_error(self) -> Self:
        if (self.counts is None) == (self.tolerance is None):
            raise ValueError("either counts or tolerance")
        if self.counts is not None:
            if not 0 < self.counts[1] <= self.counts[0]:
                raise ValueError("counts with 0 < second <= first")
            if abs(self.counts[0] / self.counts[1] / self.observed - 1.0) > 0.01:
                raise ValueError("observed = first count / second count")
        return self


class PopulationCard(_Table):
    """A population of features, and how a run represents it."""

    schema_version: Annotated[int, Field(ge=1, le=1)]
    title: Text
    source: Text
    grade: Literal["A", "A-", "B"] = "A"
    run: str = Field("", description="run that represents it; empty: model-free")
    notes: list[Text] = Field(default_factory=list)
    model_error: ErrorCard = Field(default_factory=ErrorCard)
    count: list[CountCard] = Field(default_factory=list)
    ratio: list[RatioCard] = Field(default_factory=list)

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.count and not self.ratio:
            raise ValueError("at least one [[count]] or [[ratio]]")
        if not self.run and (
            self.ratio or any(c.published_expected is None for c in self.count)
        ):
            raise ValueError("a run, or published_expected in every [[count]]")
        return self

    @property
    def log_stderr(self) -> tuple[float, float]:
        """Ln SD of the factors on debris and meteoroids [1]."""
        pair = (self.model_error.debris, self.model_error.meteoroid)
        debris, meteoroid = (POPULATION_LOG_ERROR if v is None else v for v in pair)
        return debris, meteoroid


@dataclass(frozen=True)
class PopulationRow:
    """One comparison: a count or a ratio.

    Parameters
    ----------
    name, rows, convention : str
        What is compared, rows of populations.csv, what it rests on.
    quantity : str
        "count" or "ratio".
    observed, observed_lower, observed_upper : float [1]
        Observed, with its 95 % interval (exact Poisson or binomial; the tolerance).
    predicted, stderr : float [1]
        Predicted and its sampling error; 0 where a source gives it.
    predicted_lower, predicted_upper : float [1]
        95 % interval of the prediction under the model error.
    p, p_marginal : float [1]
        Without and with model error; NaN where there are no counts.
    method : str
        How p was found.
    debris_share : float [1]
        Share of debris in the predicted number (of a ratio: in its first).
    rates : tuple of float or None
        Observed and predicted rate [1/m2/yr], where the area is known.
    slopes : tuple of float or None
        Observed and predicted exponents of size, where two sizes are compared.
    zero : tuple of float or None
        P(0) without and with model error, where nothing was seen.
    p_holm, p_marginal_holm : float [1]
        Adjusted over the rows of the population (Holm).
    """

    name: str
    rows: str
    convention: str
    quantity: str
    observed: float
    observed_lower: float
    observed_upper: float
    predicted: float
    stderr: float
    predicted_lower: float
    predicted_upper: float
    p: float
    p_marginal: float
    method: str
    debris_share: float
    rates: tuple[float, float] | None = None
    slopes: tuple[float, float] | None = None
    zero: tuple[float, float] | None = None
    p_holm: float = math.nan
    p_marginal_holm: float = math.nan

    @property
    def factor(self) -> float:
        """Observed over predicted [1]."""
        return self.observed / self.predicted if self.predicted > 0.0 else math.inf

    @property
    def verdict(self) -> str:
        """What the adjusted p-values say."""
        if self.p_marginal_holm < LEVEL:
            return "disagrees, also beyond the model error"
        if self.p_holm < LEVEL:
            return "disagrees with the plain numbers, inside the model error"
        return "no disagreement seen"


def load_population(
    name: str, *, relative_to: Path | None = None
) -> tuple[PopulationCard, Path]:
    """Read the card of a population.

    Parameters
    ----------
    name : str
        A name of the library, or the path of a card.
    relative_to : Path, optional
        Folder where a path starts.

    Returns
    -------
    card : PopulationCard
        The card.
    path : Path
        Its file.

    Raises
    ------
    InputError
        Every problem of the card; or the names that the library has.
    """
    path = resolve(
        "population", name, relative_to=relative_to, source="<argument>", key="name"
    )
    return parse_population(read_toml(path), path), path


def parse_population(
    content: dict[str, Any], source: str | os.PathLike[str]
) -> PopulationCard:
    """Return the card of a population, or raise `InputError` with every problem."""
    try:
        return PopulationCard.model_validate(content)
    except ValidationError as error:
        raise InputError(problems_of(error, source)) from None


def populations() -> dict[str, Path]:
    """Return the populations of the library: name -> card."""
    return available("population")


def compare_population(
    card: PopulationCard, results: xr.DataTree | None
) -> tuple[PopulationRow, ...]:
    """Compare a population with a run.

    Parameters
    ----------
    card : PopulationCard
        What was observed, and the conventions.
    results : xarray.DataTree, optional
        Result of the run; not needed by a card without one.

    Returns
    -------
    tuple of PopulationRow
        One for each count and ratio of the card.

    Raises
    ------
    InputError
        When results are missing, lack a zone or a damage class, or expect nothing.

    Notes
    -----
    One random factor a population and kind of particle, not one a feature. A count
    takes the minimum-likelihood Poisson test. Of two counts of which the second is part
    of the first, the second is binomial. A ratio without counts is taken as lognormal
    with the tolerance as its standard deviation: a convention, said in the output.
    """
    if results is None and card.run:
        raise bad("compare", "RESULTS", "missing", f"a result of mmod run {card.run}")
    rows = [_count(card, c, results) for c in card.count]
    rows += [_ratio(card, r, results) for r in card.ratio]
    plain = holm([r.p for r in rows]).tolist()
    marginal = holm([r.p_marginal for r in rows]).tolist()
    return tuple(
        PopulationRow(**{**vars(r), "p_holm": a, "p_marginal_holm": b})
        for r, a, b in zip(rows, plain, marginal, strict=True)
    )


def _numbers(
    results: xr.DataTree | None, zones: list[str], damage: str
) -> tuple[FloatArray, float]:
    """Return the numbers of debris and meteoroids, and the sampling error."""
    assert results is not None
    check_label(group(results, "/zones"), "damage", damage)
    picked = zones_of(results, zones)
    expected, stderr = expected_numbers(results, picked, damage)
    if np.isnan(expected).any():
        names = [str(group(results, "/zones")["zone"].values[z]) for z in picked]
        raise bad("results", "zones", names, f"zones that define {damage}")
    kinds = np.asarray(expected.sum(axis=0))
    if not kinds.sum() > 0.0:
        expected_words = f"results that expect {damage} in {', '.join(zones)}"
        raise bad("results", "expected number", 0.0, expected_words)
    return kinds, float(np.sqrt((np.nan_to_num(stderr) ** 2).sum()))


def _count(
    card: PopulationCard, count: CountCard, results: xr.DataTree | None
) -> PopulationRow:
    if count.published_expected is not None:
        # kinds are not told apart: one factor on the whole
        means = np.array([count.published_expected, 0.0])
        errors = (max(card.log_stderr), 0.0)
        stderr, debris = 0.0, math.nan
    else:
        kinds, stderr = _numbers(results, count.zones, count.damage)
        means, errors = kinds * count.scale, card.log_stderr
        stderr *= count.scale
        debris = float(kinds[0] / kinds.sum())
    total = float(means.sum())
    lower, upper = (float(v) for v in poisson_interval(count.observed))
    plain = poisson_law(total)
    marginal = lognormal_law(means, errors, count.observed)
    rates = None
    if count.area_m2 is not None and count.years is not None:
        exposure = count.area_m2 * count.years
        rates = (count.observed / exposure, total / exposure)
    sums, weights = _sums(means[None, :], errors)
    low, high = _quantiles(sums[0], weights)
    return PopulationRow(
        count.name,
        count.rows,
        count.convention,
        "count",
        float(count.observed),
        lower,
        upper,
        total,
        stderr,
        low,
        high,
        plain.two_sided(count.observed),
        marginal.two_sided(count.observed),
        "exact Poisson, minimum likelihood",
        debris,
        rates,
        zero=None if count.observed else (plain.pmf(0), marginal.pmf(0)),
    )


def _ratio(
    card: PopulationCard, ratio: RatioCard, results: xr.DataTree | None
) -> PopulationRow:
    first, first_error = _numbers(results, ratio.first, ratio.first_damage)
    second, second_error = _numbers(results, ratio.second, ratio.second_damage)
    predicted = float(first.sum() / second.sum())
    stderr = predicted * math.hypot(
        first_error / float(first.sum()), second_error / float(second.sum())
    )
    sums, weights = _sums(np.stack([first, second]), card.log_stderr)
    low, high = _quantiles(sums[0] / sums[1], weights)
    slopes = None
    if ratio.size_ratio is not None:
        width = math.log(ratio.size_ratio)
        slopes = (math.log(ratio.observed) / width, math.log(predicted) / width)
    if ratio.counts is not None:
        p, p_marginal, interval = _part(ratio.counts, predicted, sums, weights)
        method = "conditional binomial, minimum likelihood"
    else:
        assert ratio.tolerance is not None
        spread = math.log(ratio.tolerance)
        p, p_marginal = (
            _lognormal_p(ratio.observed, spread, values, share)
            for values, share in (
                (np.array([predicted]), np.ones(1)),
                (sums[0] / sums[1], weights),
            )
        )
        reach = math.exp(1.96 * spread)
        interval = (ratio.observed / reach, ratio.observed * reach)
        method = f"lognormal, a factor {ratio.tolerance:g} as one standard deviation"
    return PopulationRow(
        ratio.name,
        ratio.rows,
        ratio.convention,
        "ratio",
        ratio.observed,
        *interval,
        predicted,
        stderr,
        low,
        high,
        p,
        p_marginal,
        method,
        float(first[0] / first.sum()),
        None,
        slopes,
    )


def _part(
    counts: tuple[int, int], predicted: float, sums: FloatArray, weights: FloatArray
) -> tuple[float, float, tuple[float, float]]:
    """Return p, marginal p and interval of a ratio whose second count is a part."""
    from scipy.stats import binom, binomtest

    from mmod.stats import binomial_interval

    whole, part = counts
    p = float(binomtest(part, whole, min(1.0 / predicted, 1.0)).pvalue)
    share = np.minimum(sums[1] / sums[0], 1.0)
    k = np.arange(whole + 1)
    pmf = np.zeros(whole + 1)
    # neighbouring nodes give nearly the same share: grouped, or the table is huge
    edges = np.quantile(share, np.linspace(0.0, 1.0, _GROUPS + 1))
    group_of = np.clip(np.searchsorted(edges, share), 0, _GROUPS)
    for g in np.unique(group_of).tolist():
        on = group_of == g
        mean = float(weights[on] @ share[on] / weights[on].sum())
        pmf += float(weights[on].sum()) * binom.pmf(k, whole, mean)
    marginal = float(pmf[pmf <= pmf[part] * (1.0 + 1e-7)].sum())
    low, high = binomial_interval(part, whole)
    return p, min(marginal, 1.0), (1.0 / float(high), 1.0 / float(low))


def _sums(
    means: FloatArray, log_stderr: tuple[float, ...]
) -> tuple[FloatArray, FloatArray]:
    """Return sums over kinds under the model factors, shape (rows, nodes); weights."""
    total = np.zeros((len(means), 1))
    weights = np.ones(1)
    for k, s in enumerate(log_stderr):
        z, w = normal_nodes(_STEP / max(s, 1.0))
        factor, share = (np.exp(s * z), w) if means[:, k].any() else (np.ones(1),) * 2
        term = means[:, k, None] * factor[None, :]
        total = (total[:, :, None] + term[:, None, :]).reshape(len(means), -1)
        weights = (weights[:, None] * share[None, :]).ravel()
    return total, weights


def _quantiles(values: FloatArray, weights: FloatArray) -> tuple[float, float]:
    """Return the 2.5 and 97.5 % quantiles of weighted values."""
    order = np.argsort(values, kind="stable")
    reach = np.cumsum(weights[order]) - 0.5 * weights[order]
    low, high = np.interp([0.025, 0.975], reach, values[order])
    return float(low), float(high)


def _lognormal_p(
    observed: float, spread: float, predicted: FloatArray, weights: FloatArray
) -> float:
    """Return the two-sided p of an observed ratio with a lognormal error."""
    from scipy.special import ndtr

    below = float(weights @ ndtr((math.log(observed) - np.log(predicted)) / spread))
    return min(2.0 * min(below, 1.0 - below), 1.0)


__all__ = [
    "PopulationCard",
    "PopulationRow",
    "compare_population",
    "load_population",
    "parse_population",
    "populations",
]
