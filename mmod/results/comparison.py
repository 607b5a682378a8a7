"""Compare the environments of a result: numbers under each model, and their factor.

The models of a run share their rays, so the error of a factor between two of them is
smaller than the errors of the two numbers suggest.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any, Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from mmod.errors import bad
from mmod.flux.spectra import flux_above, known_sizes
from mmod.results import risk
from mmod.results.outcome import KINDS
from mmod.results.risk import Risk
from mmod.results.schema import group
from mmod.results.text import phases, provenance
from mmod.units import MM

FloatArray = NDArray[np.float64]
By = Literal["zone", "module"]

SIZES_MM = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
"""Diameters at which the factor between the fluxes of the models is printed [mm]."""
_FINE_MM = np.geomspace(SIZES_MM[0], SIZES_MM[-1], 81)


@dataclass(frozen=True)
class Factor:
    """The largest expected number under the models of a kind over the smallest.

    Parameters
    ----------
    value : float [1]
        The factor, at least 1; infinite where a model gives nothing, NaN where none
        gives anything.
    stderr : float [1]
        One standard error of the sampling, in units of the factor; NaN where the
        factor is not finite.
    largest, smallest : str
        Labels of the two models.
    """

    value: float
    stderr: float
    largest: str
    smallest: str


@dataclass(frozen=True)
class ComparedRow:
    """A zone, a module or the vehicle under every model.

    Parameters
    ----------
    name : str
        Of the zone or module; "vehicle" for all zones.
    zones : int
        How many zones it holds.
    risk : dict of str to Risk
        Model -> expected numbers, arrays over the damage classes.
    total : Risk
        The same for the models in the total together.
    factor : dict of str to tuple of Factor
        Kind with two or more models -> factor by damage class.
    """

    name: str
    zones: int
    risk: dict[str, Risk]
    total: Risk
    factor: dict[str, tuple[Factor, ...]]


@dataclass(frozen=True)
class Comparison:
    """Environments of a result side by side.

    Parameters
    ----------
    by : {"zone", "module"}
        What a row is.
    kinds : dict of str to str
        Model -> "debris" or "meteoroid": debris first, else in the order of the run.
    in_total : tuple of str
        Models that enter the total.
    partial : tuple of str
        Models that stand for a part of their kind only (streams): shown, but not
        among those that a factor is taken over.
    damage : tuple of str
        Damage classes, "penetration" last.
    duration : float [s]
        Exposure.
    common : bool
        True where the errors of the factors come from the rays that the models
        share; false for files without their covariance, where the sum of the two
        relative errors stands for it, which no correlation can exceed.
    rows : tuple of ComparedRow
        By falling expected penetrations under the worst model.
    vehicle : ComparedRow
        All zones, whatever rows were asked for.
    diameter : ndarray, shape (n,) [m]
        Sizes of `flux`, `SIZES_MM` among them.
    flux : dict of str to ndarray, shape (n,) [1/m2/s]
        Model -> cross-sectional flux, mean over the exposure; NaN at sizes that the
        model does not hold.
    unknown : dict of str to tuple of str
        Model -> damage classes of sizes that it does not hold: its numbers there are
        no statement of the model, and stand in no factor.
    """

    by: By
    kinds: dict[str, str]
    in_total: tuple[str, ...]
    partial: tuple[str, ...]
    damage: tuple[str, ...]
    duration: float
    common: bool
    rows: tuple[ComparedRow, ...]
    vehicle: ComparedRow
    diameter: FloatArray
    flux: dict[str, FloatArray]
    unknown: dict[str, tuple[str, ...]]

    def printed(self) -> NDArray[np.int64]:
        """Return the indices of `SIZES_MM` among the sizes of the fluxes."""
        return np.searchsorted(self.diameter, np.array(SIZES_MM) * MM * (1.0 - 1e-9))

    def flux_factor(self, kind: str) -> FloatArray:
        """Return largest over smallest flux of a kind at each size, NaN below two.

        Of the models that hold the size.
        """
        listed = [
            self.flux[m]
            for m, k in self.kinds.items()
            if k == kind and m not in self.partial
        ]
        if len(listed) < 2:
            return np.full(len(self.diameter), np.nan)
        values = np.stack(listed)
        least = np.fmin.reduce(values, axis=0)
        found = np.full(len(least), np.nan)
        some = (np.isfinite(values).sum(axis=0) > 1) & (least > 0.0)
        np.divide(np.fmax.reduce(values, axis=0), least, out=found, where=some)
        return found


def compare(tree: xr.DataTree, *, by: By = "zone", zones: str = "*") -> Comparison:
    """Compare the environments of a result.

    Parameters
    ----------
    tree : xarray.DataTree
        A result of two models or more.
    by : {"zone", "module"}
        What a row is.
    zones : str
        Pattern (``*`` and ``?``) of the names of the rows.

    Returns
    -------
    Comparison
        Rows, the whole vehicle and the fluxes by size.

    Raises
    ------
    InputError
        For a pattern that no row fits.

    Notes
    -----
    With N = a under one model and b under another, var(a / b) = (a / b)^2 (var a / a^2
    + var b / b^2 - 2 cov(a, b) / (a b)) to first order; zones use disjoint random
    numbers, so that variances and covariances of zones add. Factors compare the
    largest with the smallest number: where two models agree within their errors the
    factor is biased upwards by about its error. Sampling only: the uncertainty of the
    flux models themselves is what the factor gives an idea of.
    """
    data = group(tree, "/zones")
    head = group(tree, "/threats")
    listed = zip(head["model"].values, head["kind"].values, strict=True)
    kinds = {str(m): str(k) for m, k in sorted(listed, key=lambda p: str(p[1]))}
    inside = tuple(
        str(m)
        for m, t in zip(head["model"].values, head["in_total"].values, strict=True)
        if t
    )
    partial = _partial(tree, head)
    members = risk.zone_indices(tree) if by == "zone" else risk.module_indices(tree)
    chosen = {n: i for n, i in members.items() if fnmatchcase(n, zones)}
    if not chosen:
        first = next(iter(members))
        expected = f"a pattern that fits one of {len(members)} {by}s, such as {first}"
        raise bad("comparison", "zones", zones, expected)
    covariance = None
    if "covariance" in data.variables:
        order = {"model": list(kinds), "other_model": list(kinds)}
        part = data["covariance"].sel(order)
        covariance = part.transpose("zone", "model", "other_model", "damage").values
    compared = [m for m in kinds if m not in partial]
    damage = [str(d) for d in data["damage"].values]
    sizes = group(tree, "/")["diameter"].values
    unknown = {m: _unknown(_tables(tree, head, m), damage, sizes) for m in kinds}

    def row(name: str, indices: NDArray[np.int64]) -> ComparedRow:
        by_model = {m: risk.select(tree, indices, m) for m in kinds}
        shared = None
        if covariance is not None:
            shared = np.nan_to_num(covariance[indices]).sum(axis=0)
        factor = {
            kind: tuple(
                _factor(
                    [m for m in compared if kinds[m] == kind and d not in unknown[m]],
                    by_model,
                    shared,
                    list(kinds),
                    index,
                )
                for index, d in enumerate(damage)
            )
            for kind in KINDS
            if sum(kinds[m] == kind for m in compared) > 1
        }
        total = risk.select(tree, indices, "total")
        return ComparedRow(name, len(indices), by_model, total, factor)

    rows = [row(name, indices) for name, indices in chosen.items()]
    rows.sort(key=lambda r: -_worst(r))
    diameter = np.union1d(SIZES_MM, _FINE_MM) * MM
    return Comparison(
        by=by,
        kinds=kinds,
        in_total=inside,
        partial=partial,
        damage=tuple(damage),
        duration=float(data["duration"]),
        common=covariance is not None,
        rows=tuple(rows),
        vehicle=row("vehicle", np.arange(data.sizes["zone"])),
        diameter=diameter,
        flux=_fluxes(tree, head, diameter),
        unknown=unknown,
    )


def _worst(row: ComparedRow) -> float:
    numbers = [float(r.expected[-1]) for r in row.risk.values()]
    known = [n for n in numbers if not math.isnan(n)]
    return max(known, default=-1.0)


def _factor(
    models: list[str],
    by_model: dict[str, Risk],
    covariance: FloatArray | None,
    order: list[str],
    d: int,
) -> Factor:
    """Return the factor between some models for a damage class."""
    nothing = Factor(math.nan, math.nan, "", "")
    if len(models) < 2:
        return nothing
    numbers = [float(by_model[m].expected[d]) for m in models]
    if any(math.isnan(n) for n in numbers) or max(numbers) <= 0.0:
        return nothing
    high = models[int(np.argmax(numbers))]
    low = models[int(np.argmin(numbers))]
    a, b = max(numbers), min(numbers)
    if high == low:  # all are equal
        low = next(m for m in models if m != high)
    if b <= 0.0:
        return Factor(math.inf, math.nan, high, low)
    shared = None
    if covariance is not None:
        shared = float(covariance[order.index(high), order.index(low), d])
    errors = [float(by_model[m].stderr[d]) for m in (high, low)]
    relative = ratio_error((a, b), (errors[0], errors[1]), shared)
    return Factor(a / b, a / b * relative, high, low)


def _unknown(
    tables: list[xr.Dataset], damage: list[str], diameter: FloatArray
) -> tuple[str, ...]:
    """Return the impact classes of sizes that a model does not hold in all phases."""
    held = [np.isnan(diameter) | known_sizes(table, diameter) for table in tables]
    return tuple(d for d, *all_of in zip(damage, *held, strict=True) if not all(all_of))


def ratio_error(
    numbers: tuple[float, float],
    errors: tuple[float, float],
    covariance: float | None,
) -> float:
    """Return the relative standard error of a ratio of two estimates.

    Parameters
    ----------
    numbers, errors : tuple of float [any unit]
        The two estimates, > 0, and their standard errors; each pair in its own unit.
    covariance : float, optional [product of the units]
        Of the two; without it the bound that holds for any correlation is returned.

    Returns
    -------
    float [1]
        Standard error of the ratio over the ratio, to first order in the errors.
    """
    first, second = (e / n for e, n in zip(errors, numbers, strict=True))
    if covariance is None:
        return first + second
    together = covariance / (numbers[0] * numbers[1])
    return math.sqrt(max(first**2 + second**2 - 2.0 * together, 0.0))


def _tables(tree: xr.DataTree, head: xr.Dataset, model: str) -> list[xr.Dataset]:
    """Return the threat tables of a model, by phase."""
    names = head["group"].sel(model=model).values
    return [group(tree, f"/threats/{name}") for name in names if str(name)]


def _partial(tree: xr.DataTree, head: xr.Dataset) -> tuple[str, ...]:
    """Return the models that hold a part of their kind alone, such as streams."""
    return tuple(
        str(m)
        for m in head["model"].values
        if any(int(t.attrs.get("part_of_kind", 0)) for t in _tables(tree, head, str(m)))
    )


def _fluxes(
    tree: xr.DataTree, head: xr.Dataset, diameter: FloatArray
) -> dict[str, FloatArray]:
    """Return the mean flux over the phases of each model, weighted by their length."""
    config = str(provenance(tree).get("config", "{}"))
    lengths = np.array(_lengths(config)) if config else np.zeros(0)
    found = {}
    for model in (str(m) for m in head["model"].values):
        tables = _tables(tree, head, model)
        values = np.array([flux_above(t, diameter) for t in tables])
        if not len(tables):
            found[model] = np.full(len(diameter), np.nan)
        elif len(lengths) == len(tables):
            found[model] = lengths @ values / lengths.sum()
        elif len(tables) == 1:
            found[model] = values[0]
        else:
            found[model] = np.full(len(diameter), np.nan)
    return found


def _lengths(config: str) -> list[float]:
    listed = phases(json.loads(config))
    try:
        ends = [
            tuple(datetime.fromisoformat(str(p[k])) for k in ("start", "end"))
            for p in listed
        ]
    except (KeyError, ValueError):
        return []
    return [(end - start).total_seconds() for start, end in ends]


def document(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison as plain data, for machines.

    Parameters
    ----------
    comparison : Comparison
        From `compare`.

    Returns
    -------
    dict
        All rows and damage classes; what is not finite becomes null when printed.
    """

    def factor(found: Factor) -> dict[str, Any]:
        return dict(vars(found))

    def row(one: ComparedRow) -> dict[str, Any]:
        return {
            "name": one.name,
            "zones": one.zones,
            "model": {m: _risk(r, comparison.damage) for m, r in one.risk.items()},
            "total": _risk(one.total, comparison.damage),
            "factor": {
                kind: {
                    d: factor(f) for d, f in zip(comparison.damage, listed, strict=True)
                }
                for kind, listed in one.factor.items()
            },
        }

    return {
        "by": comparison.by,
        "kind": comparison.kinds,
        "in_total": comparison.in_total,
        "not_a_whole_environment": comparison.partial,
        "sizes_not_held": comparison.unknown,
        "duration_s": comparison.duration,
        "damage": comparison.damage,
        "factor_error": (
            "from the rays that the models share"
            if comparison.common
            else "upper bound: sum of the relative errors"
        ),
        "rows": [row(r) for r in comparison.rows],
        "vehicle": row(comparison.vehicle),
        "flux": {
            "diameter_mm": comparison.diameter / MM,
            "flux_1_m2_s": comparison.flux,
            "largest_over_smallest": {
                kind: comparison.flux_factor(kind) for kind in KINDS
            },
        },
    }


def _risk(one: Risk, damage: tuple[str, ...]) -> dict[str, Any]:
    low, high = one.pnp_interval
    return {
        "expected": dict(zip(damage, one.expected.tolist(), strict=True)),
        "stderr": dict(zip(damage, one.stderr.tolist(), strict=True)),
        "lower": dict(zip(damage, one.lower.tolist(), strict=True)),
        "upper": dict(zip(damage, one.upper.tolist(), strict=True)),
        "model_lower": dict(zip(damage, one.model_lower.tolist(), strict=True)),
        "model_upper": dict(zip(damage, one.model_upper.tolist(), strict=True)),
        "pnp": float(one.pnp[-1]),
        "pnp_lower": float(low[-1]),
        "pnp_upper": float(high[-1]),
    }


__all__ = [
    "SIZES_MM",
    "By",
    "ComparedRow",
    "Comparison",
    "Factor",
    "compare",
    "document",
    "ratio_error",
]
