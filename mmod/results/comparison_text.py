"""A comparison of environments as people read it: aligned text."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mmod.constants import YEAR
from mmod.errors import bad
from mmod.results.comparison import SIZES_MM, ComparedRow, Comparison, Factor
from mmod.results.numbers import near_one, percent, rounded, with_error
from mmod.results.outcome import KINDS, PENETRATION
from mmod.results.risk import Risk

TOP = 12
"""Rows that are printed unless all are asked for."""


def comparison_text(
    comparison: Comparison,
    *,
    title: str = "",
    damage: str = PENETRATION,
    all_rows: bool = False,
    flags: Sequence[str] = (),
) -> str:
    """Return a comparison as text.

    Parameters
    ----------
    comparison : Comparison
        From `mmod.results.comparison.compare`.
    title : str
        First line.
    damage : str
        Damage class of the table of zones.
    all_rows : bool
        Print every row instead of the `TOP` with the most penetrations.
    flags : sequence of str
        Caveats of the run, printed last.

    Returns
    -------
    str
        Lines without a trailing newline.

    Raises
    ------
    InputError
        For an unknown damage class.
    """
    if damage not in comparison.damage:
        known = ", ".join(comparison.damage)
        raise bad("comparison", "damage", damage, f"one of {known}")
    parts = [
        _head(comparison, title),
        _sizes(comparison),
        _vehicle(comparison),
        _rows(comparison, damage, all_rows=all_rows),
    ]
    if damage == PENETRATION:
        parts.append(_pnp(comparison, all_rows=all_rows))
    parts.append("\n".join(f"flag: {flag}" for flag in flags))
    return "\n\n".join(part for part in parts if part)


def _head(comparison: Comparison, title: str) -> str:
    days = comparison.duration / 86400.0
    lines = [f"{title or 'Environments'}: {days:.6g} d ({days * 86400 / YEAR:.4g} yr)"]
    for model, kind in comparison.kinds.items():
        role = "in the total" if model in comparison.in_total else "an alternative"
        if model in comparison.partial:
            role += "; streams alone, left out of the factors"
        lines.append(f"  {model} ({kind}, {role})")
    lines.append(
        "± is one standard error of the sampling; the uncertainty of a flux model is not"
        " in it. For that there are the interval by the model's own law, and the factors"
        " between models. Shields and damage equations are in neither."
    )
    if comparison.common:
        lines.append(
            "Models share their rays: errors of factors are those of their ratio."
        )
    else:
        lines.append(
            "This file holds no covariance of the models: errors of factors are upper"
            " bounds (sum of the relative errors)."
        )
    return "\n".join(lines)


def _sizes(comparison: Comparison) -> str:
    """Return the factor between the fluxes of the models by size."""
    shown = []
    for kind in KINDS:
        factors = comparison.flux_factor(kind)[comparison.printed()]
        if any(math.isfinite(f) for f in factors):
            shown.append([kind, *(_times(float(f)) for f in factors)])
    if not shown:
        return ""
    head = ["mm", *(f"{d:g}" for d in SIZES_MM)]
    title = (
        "Flux of particles of at least a diameter: largest model over smallest"
        " (of the tables: no sampling error; of models that hold the size)"
    )
    return f"{title}\n{_aligned([head, *shown])}"


def _vehicle(comparison: Comparison) -> str:
    """Return the whole vehicle under each model and the factors."""
    damage = comparison.damage
    names = [d.removeprefix("impact") for d in damage[:-1]]
    heads = ("penetrations", "PNP [95 % interval]", "95 % by the model's own law")
    rows = [["", *(f"N {n}" for n in names), *heads]]
    row = comparison.vehicle
    for kind in KINDS:
        for model in (m for m, k in comparison.kinds.items() if k == kind):
            one = row.risk[model]
            cells = [_known(comparison, model, one, d) for d in range(len(damage))]
            rows.append([f"{model} ({kind})", *cells, _near_one(one), _law(one)])
        listed = row.factor.get(kind)
        if listed:
            rows.append([f"{kind}: largest / smallest", *map(_factor, listed), "", ""])
    cells = [_total(comparison, row.total, d) for d in range(len(damage))]
    name = f"total ({' + '.join(comparison.in_total)})"
    rows.append([name, *cells, _near_one(row.total), _law(row.total)])
    text = "Whole vehicle, expected number over the exposure ± one standard error\n"
    return text + _aligned(rows) + _held(comparison) + _said(row) + _range(comparison)


def _held(comparison: Comparison) -> str:
    """Say which models do not hold which sizes."""
    lines = [
        f"{model} does not hold sizes of {', '.join(listed)}: no number (-), no factor."
        for model, listed in comparison.unknown.items()
        if listed
    ]
    return "".join(f"\n{line}" for line in lines)


def _said(row: ComparedRow) -> str:
    """Say in words which models lie how far apart."""
    lines = []
    for kind, listed in row.factor.items():
        last = listed[-1]
        if math.isfinite(last.value):
            lines.append(
                f"Penetrations by {kind} differ by a factor of {_factor(last)} between"
                f" {last.largest} and {last.smallest}."
            )
        elif math.isinf(last.value):
            lines.append(
                f"Penetrations by {kind}: {last.largest} gives some,"
                f" {last.smallest} gives none."
            )
    return "".join(f"\n{line}" for line in lines)


def _range(comparison: Comparison) -> str:
    """Say how far the totals go when any model of a kind may stand in it."""
    low = high = 0.0
    for kind in KINDS:
        numbers = [
            float(comparison.vehicle.risk[m].expected[-1])
            for m, k in comparison.kinds.items()
            if k == kind and m not in comparison.partial
        ]
        if not numbers or any(math.isnan(n) for n in numbers):
            return ""
        low, high = low + min(numbers), high + max(numbers)
    return (
        f"\nPenetrations by any debris with any meteoroid model of these: {low:.3g} to"
        f" {high:.3g} (an envelope of models, not an interval)."
    )


def _law(one: Risk) -> str:
    """Return the 95 % interval of penetrations by the uncertainty of the flux alone."""
    low, high = float(one.model_lower[-1]), float(one.model_upper[-1])
    if not (math.isfinite(low) and math.isfinite(high)):
        return "-"
    return f"[{low:.2g}, {high:.2g}]"


def _kept(comparison: Comparison, *, all_rows: bool) -> tuple[list[ComparedRow], str]:
    rows = list(comparison.rows)
    if all_rows or len(rows) <= TOP + 1:
        return rows, ""
    return rows[:TOP], f"\n... and {len(rows) - TOP} more {comparison.by}s (--all)"


def _short_names(comparison: Comparison) -> dict[str, str]:
    """Return the names of the rows without the vehicle where all of them bear it."""
    names = [row.name for row in comparison.rows]
    heads = {name.partition(".")[0] for name in names}
    common = len(heads) == 1 and all("." in name for name in names)
    found = {n: n.partition(".")[2] if common else n for n in names}
    return {**found, comparison.vehicle.name: comparison.vehicle.name}


def _rows(comparison: Comparison, damage: str, *, all_rows: bool) -> str:
    """Return the numbers of a damage class by zone, with the factors."""
    index = comparison.damage.index(damage)
    kept, more = _kept(comparison, all_rows=all_rows)
    kinds = list(comparison.vehicle.factor)
    head = [comparison.by, *comparison.kinds, *(f"{k} factor" for k in kinds)]
    short = _short_names(comparison)
    body = [
        [
            short[row.name],
            *(_known(comparison, m, row.risk[m], index) for m in comparison.kinds),
            *(_factor(row.factor[k][index]) for k in kinds),
        ]
        for row in [*kept, comparison.vehicle]
    ]
    what = "Penetrations" if damage == PENETRATION else damage
    title = f"{what} by {comparison.by}, expected number ± one standard error"
    return f"{title}\n{_aligned([head, *body])}{more}"


def _pnp(comparison: Comparison, *, all_rows: bool) -> str:
    """Return the probability of no penetration by zone under each model."""
    kept, more = _kept(comparison, all_rows=all_rows)
    head = [comparison.by, *comparison.kinds]
    short = _short_names(comparison)
    body = [
        [short[row.name], *(_near_one(row.risk[m]) for m in comparison.kinds)]
        for row in [*kept, comparison.vehicle]
    ]
    title = f"PNP by {comparison.by} [95 % interval of the sampling], each model alone"
    return f"{title}\n{_aligned([head, *body])}{more}"


def _known(comparison: Comparison, model: str, one: Risk, index: int) -> str:
    """Return a number, or nothing where the model does not hold the size."""
    if comparison.damage[index] in comparison.unknown[model]:
        return "-"
    return _number(one, index)


def _total(comparison: Comparison, one: Risk, index: int) -> str:
    """Return a number of the total; nothing where one of its models holds no such size."""
    unknown = [comparison.unknown[m] for m in comparison.in_total]
    if any(comparison.damage[index] in listed for listed in unknown):
        return "-"
    return _number(one, index)


def _number(one: Risk, index: int) -> str:
    value, error = float(one.expected[index]), float(one.stderr[index])
    if math.isnan(value):
        return "-"
    if value == 0.0:
        return f"<{float(one.upper[index]):.1g}" if error > 0.0 else "0"
    return with_error(value, error)


def _near_one(one: Risk) -> str:
    if one.expected[-1] == 0.0 and one.stderr[-1] == 0.0:
        return "1 (none can)"
    low, high = one.pnp_interval
    return near_one(float(one.pnp[-1]), float(low[-1]), float(high[-1]))


def _factor(found: Factor) -> str:
    if math.isinf(found.value):
        return "one has none"
    if math.isnan(found.value):
        return "-"
    relative = found.stderr / found.value
    error = "<0.01 %" if relative < 1e-4 else percent(relative)
    shown = rounded(found.value, max(found.stderr, 5e-4 * found.value))
    return f"{shown} ± {error}"


def _times(factor: float) -> str:
    return f"{factor:.3g}" if math.isfinite(factor) else "-"


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    """Return rows in columns: the first to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
