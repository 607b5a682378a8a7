"""Comparisons with observations as people and machines read them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from mmod.forensics.comparison import Comparison
from mmod.forensics.goodness import LEVEL, Assessment, Test
from mmod.forensics.populations import PopulationCard, PopulationRow
from mmod.forensics.prediction import words
from mmod.results.numbers import rounded, with_error
from mmod.units import MM

FOOT = (
    "A large p is no support for the model: it says that these data do not tell it from"
    " the truth."
)
_MARGINAL = "p marginal: averaged over lognormal factors, ln SD {0:.2g} (debris), {1:.2g} (meteoroids)"
_SHOWN_ZONES = 20


def p_text(p: float, stderr: float = 0.0) -> str:
    """Return a p-value as text; ``-`` where there is none."""
    if math.isnan(p):
        return "-"
    if p < 1e-99:
        return "<1e-99"
    text = f"{p:.3f}" if p >= 0.01 else f"{p:.2g}"
    return f"{text} ± {stderr:.1g}" if stderr > 0.0 else text


def factor_text(observed: float, predicted: float) -> str:
    """Return observed over predicted in words."""
    if predicted <= 0.0:
        return "none predicted"
    ratio = observed / predicted
    if ratio == 0.0:
        return "none observed"
    return f"x {ratio:.3g}" if ratio >= 1.0 else f"/ {1.0 / ratio:.3g}"


def survey_text(comparison: Comparison, title: str) -> str:
    """Return the comparison with a survey as text.

    Parameters
    ----------
    comparison : Comparison
        From `mmod.forensics.comparison.compare`.
    title : str
        Title of the run.

    Returns
    -------
    str
        Table by zone, tests, what each breach says alone.
    """
    survey, found = comparison.survey, comparison.assessment
    predicted = found.prediction
    lines = [
        f"{survey.title}",
        (
            f"  observed   {sum(r.observed for r in found.rows[:-1])} ({survey.damage});"
            f" source: {survey.source}"
        ),
        f"  run        {title}",
        f"  window     {words(predicted.first)} to {words(predicted.last)}",
        *(f"  note       {note}" for note in comparison.notes),
        *(f"  left out   {text}, below the threshold" for text in comparison.left_out),
        "",
        (
            "Expected numbers with the digits that their sampling error allows; 95 %"
            " intervals: of the count under"
        ),
        (
            "the model error, of the mean behind the observed number (exact Poisson)."
            " The factor is observed over expected."
        ),
        "",
        _table(_zone_rows(found)),
        "",
        (
            "Tests, adjusted over those that were run (Holm);"
            f" below {LEVEL:g} is called disagreement."
        ),
        _MARGINAL.format(*predicted.log_stderr) + ".",
        "",
        _table([_HEAD, *(_test_row(t) for t in found.tests)]),
        "",
    ]
    for test in found.tests:
        note = f"; {test.note}" if test.note else ""
        lines.append(f"  {test.name}: sees {test.sees}; {test.method}{note}")
    if found.zero is not None:
        lines.append(
            f"  nothing was seen: P(0) = {found.zero[0]:.3g} plain,"
            f" {found.zero[1]:.3g} marginal"
        )
    for reported, u, (low, high) in zip(
        found.sizes, found.u_sizes.tolist(), found.u_ends.tolist(), strict=True
    ):
        size, span = f"{reported.size / MM:.3g}", ""
        if reported.ranged:
            size = f"{reported.low / MM:.3g} to {reported.high / MM:.3g}"
            span = f" ({low:.3g} to {high:.3g} over the range)"
        lines.append(
            f"  {reported.label}: {size} mm, u = {u:.3g}{span} of the holes"
            f" predicted there are smaller; alone p = {2.0 * min(u, 1.0 - u):.3g}"
        )
    if len(found.u_times):
        shown = ", ".join(f"{u:.3f}" for u in found.u_times.tolist())
        lines.append(f"  times: share of the expected number before each: {shown}")
    return "\n".join([*lines, "", FOOT])


def survey_document(comparison: Comparison, title: str) -> dict[str, Any]:
    """Return the comparison with a survey for machines (SI).

    Parameters
    ----------
    comparison : Comparison
        From `mmod.forensics.comparison.compare`.
    title : str
        Title of the run.

    Returns
    -------
    dict
        Every number of the text; sizes in metres.
    """
    survey, found = comparison.survey, comparison.assessment
    predicted = found.prediction
    return {
        "title": survey.title,
        "source": survey.source,
        "run": title,
        "damage": survey.damage,
        "window": [words(predicted.first), words(predicted.last)],
        "model_error_ln_sd": dict(
            zip(("debris", "meteoroid"), predicted.log_stderr, strict=True)
        ),
        "level": LEVEL,
        "zones": [{**vars(r), "factor": r.factor} for r in found.rows],
        "tests": [{**vars(t), "verdict": t.verdict} for t in found.tests],
        "sizes": [
            {
                "breach": r.label,
                "size_m": r.size,
                "range_m": [r.low, r.high] if r.ranged else None,
                "u": u,
                "u_range": ends if r.ranged else None,
            }
            for r, u, ends in zip(
                found.sizes, found.u_sizes.tolist(), found.u_ends.tolist(), strict=True
            )
        ],
        "times_u": found.u_times,
        "probability_of_none": found.zero,
        "left_out": comparison.left_out,
        "notes": comparison.notes,
    }


def _predicted(row: PopulationRow) -> str:
    """Return the expected number with its sampling error; a published one has none."""
    if row.stderr > 0.0:
        return with_error(row.predicted, row.stderr)
    return f"{row.predicted:.4g} (no sampling error)"


def population_text(
    card: PopulationCard,
    rows: Sequence[PopulationRow],
    title: str,
    notes: Sequence[str],
) -> str:
    """Return the comparison with a population as text.

    Parameters
    ----------
    card : PopulationCard
        The population.
    rows : sequence of PopulationRow
        From `mmod.forensics.populations.compare_population`.
    title : str
        Title of the run; empty where none is needed.
    notes : sequence of str
        Notes beside those of the card.

    Returns
    -------
    str
        A block a row: observed, predicted, factor, p-values, conventions.
    """
    lines = [
        card.title,
        f"  grade {card.grade}; source: {card.source}",
        f"  run        {title or 'none: the expected number is published'}",
        *(f"  note       {note}" for note in (*notes, *card.notes)),
        "",
        (
            "Intervals are of 95 %. Predicted ± sampling error; its interval is that of the"
            " model error."
        ),
        _MARGINAL.format(*card.log_stderr) + f"; adjusted over {len(rows)} (Holm).",
    ]
    for row in rows:
        lines += ["", *_population_block(row)]
    return "\n".join([*lines, "", FOOT])


def population_document(
    card: PopulationCard,
    rows: Sequence[PopulationRow],
    title: str,
    notes: Sequence[str],
) -> dict[str, Any]:
    """Return the comparison with a population for machines.

    Parameters
    ----------
    card : PopulationCard
        The population.
    rows : sequence of PopulationRow
        Its rows.
    title : str
        Title of the run.
    notes : sequence of str
        Notes beside those of the card.

    Returns
    -------
    dict
        Every number of the text.
    """
    return {
        "title": card.title,
        "source": card.source,
        "grade": card.grade,
        "run": title,
        "notes": [*notes, *card.notes],
        "model_error_ln_sd": dict(
            zip(("debris", "meteoroid"), card.log_stderr, strict=True)
        ),
        "level": LEVEL,
        "rows": [{**vars(r), "factor": r.factor, "verdict": r.verdict} for r in rows],
    }


def _population_block(row: PopulationRow) -> list[str]:
    kind = "1" if row.quantity == "ratio" else ""
    lines = [
        f"{row.name} ({row.rows})",
        f"  convention  {row.convention}",
        f"  observed    {row.observed:.5g}"
        f" [{row.observed_lower:.4g}, {row.observed_upper:.4g}]"
        + (" (ratio)" if kind else ""),
        f"  predicted   {_predicted(row)}"
        f" [{row.predicted_lower:.3g}, {row.predicted_upper:.3g}]"
        + (
            ""
            if math.isnan(row.debris_share)
            else f", debris {100.0 * row.debris_share:.0f} %"
        ),
        f"  observed over predicted: {factor_text(row.observed, row.predicted)}",
    ]
    if row.rates is not None:
        observed, predicted = row.rates
        lines.append(
            f"  rate        observed {observed:.3g}, predicted {predicted:.3g} 1/m2/yr"
        )
    if row.slopes is not None:
        observed, predicted = row.slopes
        lines.append(
            f"  slope       observed {observed:.2f}, predicted {predicted:.2f}"
        )
    if row.zero is not None:
        lines.append(
            f"  P(0)        {row.zero[0]:.3f} plain, {row.zero[1]:.3f} marginal"
        )
    return [
        *lines,
        (
            f"  p           {p_text(row.p)} plain, {p_text(row.p_marginal)} marginal"
            f" (adjusted {p_text(row.p_holm)}, {p_text(row.p_marginal_holm)}); {row.method}"
        ),
        f"  {row.verdict}",
    ]


_HEAD = ("test", "n", "p", "p marginal", "adjusted", "adj. marginal", "says")


def _test_row(test: Test) -> tuple[str, ...]:
    return (
        test.name,
        str(test.n),
        p_text(test.p, test.stderr),
        p_text(test.p_marginal, test.stderr_marginal),
        p_text(test.p_holm),
        p_text(test.p_marginal_holm),
        test.verdict,
    )


def _zone_rows(found: Assessment) -> list[tuple[str, ...]]:
    """Return the rows of the table: zones with a breach, then the most expected."""
    order = sorted(
        found.rows[:-1], key=lambda r: (-min(r.observed, 1), -r.expected, r.zone)
    )
    shown, rest = order[:_SHOWN_ZONES], order[_SHOWN_ZONES:]
    rows: list[tuple[str, ...]] = [
        ("zone", "expected", "count with 95 %", "observed", "mean with 95 %", "factor")
    ]
    rows += [
        (
            row.zone,
            rounded(row.expected, row.stderr),
            f"{row.model_lower} to {row.model_upper}",
            str(row.observed),
            f"{row.lower:.3g} to {row.upper:.3g}",
            factor_text(row.observed, row.expected),
        )
        for row in (*shown, found.rows[-1])
    ]
    if rest:
        more = f"({len(rest)} more zones, no breach)"
        whole = f"{sum(r.expected for r in rest):.3g}"
        rows.insert(-1, (more, whole, "", "0", "", ""))
    return rows


def _table(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    texts = []
    for row in rows:
        cells = [
            cell.ljust(w) if i in (0, len(row) - 1) else cell.rjust(w)
            for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        ]
        texts.append(("  " + "  ".join(cells)).rstrip())
    return "\n".join(texts)


__all__ = [
    "population_document",
    "population_text",
    "survey_document",
    "survey_text",
]
