"""An assessment of a hole as text: the six parts of the output, with units and errors."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import replace

from mmod.constants import YEAR
from mmod.forensics._fields import SPOKEN
from mmod.forensics.assessment import Assessment, EnvironmentCount
from mmod.forensics.assessment_flags import least
from mmod.forensics.leak_report import LeakReport
from mmod.forensics.posterior import DEPENDENCES, TARGETS, Posterior, Row
from mmod.forensics.verdict import THRESHOLDS, Verdict
from mmod.results.numbers import with_error
from mmod.units import MM

WIDTH = 96
_HOUR, _DAY = 3600.0, 86400.0
_MBAR = 100.0


def text(found: Assessment) -> str:
    """Return an assessment as text.

    Parameters
    ----------
    found : Assessment
        What was found.

    Returns
    -------
    str
        Counts, classes, plausibility, leak, evidence, posterior, word.
    """
    parts = [
        _heading(found),
        _counts(found),
        _classes(found),
        _plausibility(found),
        _leak(found.leak),
        _evidence(found),
        _posterior(found),
        _words(found),
        _unknown(found),
    ]
    return "\n\n".join(part for part in parts if part)


def _wrap(line: str, indent: str = "  ") -> str:
    return textwrap.fill(
        line, WIDTH, initial_indent=indent, subsequent_indent=indent + "  "
    )


def _columns(rows: Sequence[Sequence[str]], indent: str = "  ") -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        (
            indent + "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _number(value: float) -> str:
    """Return two digits, for numbers whose own error is far larger."""
    if value == 0.0:
        return "0"
    return f"{value:.2g}" if 1e-3 <= abs(value) < 1e4 else f"{value:.1e}"


def _ends(pair: tuple[float, float]) -> str:
    return f"{_number(pair[0])} to {_number(pair[1])}"


def _heading(found: Assessment) -> str:
    case = found.case
    lines = [f"Does this hole fit? {case.title}"]
    if case.size is not None:
        size = f"{_span(case.size.reported_mm)} mm"
        lines.append(f"  reported   {size} ({case.size.of})")
        stated = ", ".join(
            f"{_span(s.diameter_mm)} mm by {s.who}" for s in case.size.statement
        )
        lines.append(_wrap(f"stated     {stated}"))
    window = case.window
    days = (window.first_seen - window.start).total_seconds() / _DAY
    start, end = (
        m.isoformat().replace("+00:00", "Z") for m in (window.start, window.first_seen)
    )
    since = "launch" if window.last_known_intact is None else "last known intact"
    lines.append(f"  window     {start} ({since}) to {end} (first seen): {days:.4g} d")
    if found.exposure is not None:
        covered = 100.0 * found.exposure.covered_share
        years = float(found.exposure.overlap.sum()) / YEAR
        lines.append(f"  covered    {covered:.4g} % by the run, {years:.4g} yr")
        lines.append(
            textwrap.fill(
                ", ".join(found.zones),
                WIDTH,
                initial_indent="  zones      ",
                subsequent_indent=" " * 13,
                break_on_hyphens=False,
            )
        )
    if found.breaches is not None:
        models = dict.fromkeys(
            f"{m.name} {m.support}" for m in found.breaches.hole_models.values()
        )
        lines.append(_wrap(f"hole model {'; '.join(models)}"))
    told = [flag for flag in found.flags if not flag.startswith("hole model ")]
    lines.extend(_wrap(f"flag: {flag}") for flag in told)
    return "\n".join(lines)


def _span(ends: tuple[float, float]) -> str:
    low, high = ends
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def _counts(found: Assessment) -> str:
    if not found.counts:
        return (
            "1. Expected perforations: none computed (no run of the library covers"
            " this vehicle)"
        )
    lines = [
        (
            "1. Expected perforations of these zones in this window, by least size of the"
            " hole"
        ),
        (
            "   (+- one standard error of the sampling alone; 95 % intervals by each cause,"
            " the others held)"
        ),
    ]
    for count in found.counts:
        lines.append(f"  {_label(count)}")
        rows = [
            ("hole", "expected", "flux models", "limit and hole model", "all", "rays")
        ]
        for size, interval, rays in count.sizes:
            half = 0.5 * (interval.sampling[1] - interval.sampling[0]) / 1.96
            rows.append(
                (
                    least(size),
                    with_error(interval.value, half),
                    _ends(interval.environment),
                    _ends(interval.damage),
                    _ends(interval.combined),
                    f"{rays:.0f}",
                )
            )
        lines += _columns(rows, "    ")
    first = found.counts[0]
    value = [c.sizes[-1][1].value for c in found.counts]
    if len(value) > 1 and min(value) > 0.0:
        lines.append(
            f"  Between the models above the number differs by a factor of"
            f" {max(value) / min(value):.2g}; rays: effective number in the cell."
        )
    lines += [_wrap(f"- {line}", "  ") for line in first.sizes[-1][1].assumptions]
    return "\n".join(lines)


def _label(count: EnvironmentCount) -> str:
    kinds = ", ".join(f"{k} {_number(v)}" for k, v in count.by_kind.items())
    mark = " [total of the run]" if count.pairing.in_total else ""
    return f"{count.pairing.label}{mark}: {kinds} (any hole)"


def _classes(found: Assessment) -> str:
    if not found.classes and found.pair_given_two is None:
        return ""
    lines: list[str] = []
    if found.classes:
        error = found.model_error
        lines += [
            "2. Probability of one perforation or more, in nested classes",
            (
                f"   (marginal: averaged over a lognormal error of ln SD {error.debris:.3g}"
                f" for debris and {error.meteoroid:.3g} for meteoroids)"
            ),
        ]
        rows = [("class", "expected", "plain", "marginal", "")]
        rows += [
            (
                c.name,
                _number(c.expected),
                _number(c.plain),
                _number(c.marginal),
                c.label,
            )
            for c in found.classes
        ]
        lines += _columns(rows)
        lines += [_wrap(f"no rate for {note}") for note in found.class_notes]
    else:
        lines.append("2. No class with a stated exposure: no rates")
    pair, given = found.pair, found.pair_given_two
    if pair is not None:
        lines.append(
            _wrap(
                f"Two events {pair.window / _DAY:.0f} d apart in {pair.duration / YEAR:.0f}"
                f" yr of '{pair.name}' (expected {_number(pair.expected)}): any two so"
                f" close {_number(pair.plain)}, averaged over the model error"
                f" {_number(pair.marginal)} ({pair.label})"
            )
        )
    if given is not None:
        lines.append(
            _wrap(
                f"Given that there were two, so close by chance: {_number(given)} (post"
                " hoc, p not calibrated; no rate enters)"
            )
        )
    return "\n".join(lines)


def _plausibility(found: Assessment) -> str:
    size = found.size
    if size is None:
        return ""
    low, high = (v / MM for v in size.size)
    lines = [
        "3. Given a perforation, is this one typical?",
        _wrap(
            f"size: u = P(D <= reported) = {size.u:.3g}, two-sided p = {size.p:.3g}"
            f" (averaged over {low:.3g} to {high:.3g} mm)"
        ),
        _wrap(
            f"P({low:.3g} to {high:.3g} mm | perforation) ="
            f" {with_error(size.probability.value, size.probability.stderr)}; by kind,"
            " with the hole model off by two standard deviations: "
            + ", ".join(f"{k} {_ends((v[0], v[2]))}" for k, v in size.by_kind.items())
        ),
        _wrap(
            f"outside the range of the laws: {100.0 * size.extrapolated_share:.0f} % of"
            " such holes"
        ),
    ]
    inverse = found.inversion
    if inverse is not None:
        said = []
        for name, unit, factor in (
            ("diameter", "mm", 1e3),
            ("speed", "km/s", 1e-3),
            ("obliquity", "deg", 57.29577951308232),
            ("density", "g/cm3", 1e-3),
        ):
            a, b, c = (factor * inverse.quantiles(name)).tolist()
            said.append(f"{name} {b:.2g} {unit} [{a:.2g}, {c:.2g}]")
        lines.append(
            _wrap(
                "what makes such holes here, median [95 %]: "
                + ", ".join(said)
                + f"; meteoroid {100.0 * inverse.meteoroid_share:.0f} %"
                f" ({inverse.effective_samples:.0f} effective rays)"
            )
        )
    if found.entry:
        lines.append(
            _wrap(f"read as a clean entry hole in the plate itself: {found.entry}")
        )
    lines.append(
        _wrap(
            "place, direction, depth: not tested unless they are among the marks; a large"
            " p supports nothing"
        )
    )
    return "\n".join(lines)


def _leak(leak: LeakReport | None) -> str:
    if leak is None:
        return ""
    lines = ["4. Leak"]
    if leak.rate is not None:
        lines.append(f"  {leak.rate_text}")
    if leak.diameter is not None:
        lines.append(
            f"  effective diameter {leak.diameter.central / MM:.2f} mm"
            f" [{leak.diameter.low / MM:.2f}, {leak.diameter.high / MM:.2f}] over all"
            " ranges"
        )
    lines += [
        f"    at a discharge coefficient of {c:.2f}: {a / MM:.2f} to {b / MM:.2f} mm"
        for c, a, b in leak.by_discharge
    ]
    if leak.fit is not None:
        opened = leak.fit.open_rate
        scale = _HOUR / _MBAR
        lines.append(
            f"  the reported hole, open: {opened.low * scale:.2g} to"
            f" {opened.high * scale:.2g} mbar/h"
        )
        lines.append(_wrap(leak.fit.sentence))
    lines += [
        f"  {when:%Y-%m-%d}: {said}: effective diameter {d.low / MM:.2g} to"
        f" {d.high / MM:.2g} mm"
        for when, said, d in leak.flows
    ]
    if leak.isolated is not None:
        lines.append(
            f"  isolated: time constant {leak.isolated / _HOUR:.4g} h; without the volume"
            " no diameter follows"
        )
    lines.append(_wrap(leak.history.sentence))
    if leak.history.route:
        lines.append(f"  route: {SPOKEN[leak.history.route]}")
    return "\n".join(lines)


def _evidence(found: Assessment) -> str:
    if not found.factors:
        return "5. Evidence: no marks with ranges" if found.marks is None else ""
    lines = [
        "5. Evidence, a term a line: likelihood of an impact over the alternative",
        (
            "   (central: ratio of means; low and high: corners of the ranges; above 1"
            " favours an impact)"
        ),
    ]
    rows = [("group", "against", "central", "low to high", "basis")]
    rows += [
        (
            f.group,
            SPOKEN[f.alternative],
            _number(f.central),
            _ends((f.low, f.high)),
            ("elicited" if f.elicited else "published")
            + (", capped" if f.capped else ""),
        )
        for f in found.factors
    ]
    lines += _columns(rows)
    if found.marks is not None:
        lines += [
            _wrap(f"{m.name} [{m.group}]: {m.observed}. {m.source}")
            for m in found.marks.used
        ]
        missing = [m.name for m in found.marks.marks if not m.reported]
        if missing:
            lines.append(_wrap(f"not published, so not used: {', '.join(missing)}"))
    return "\n".join(lines)


def _row(row: Row, name: str) -> tuple[str, ...]:
    return (
        name,
        f"x{row.scale:g}",
        _number(row.impact),
        _ends((row.quantiles[0], row.quantiles[2])),
        _ends((row.low, row.high)),
    )


def left_out_by_both_rules(posterior: Posterior) -> list[Row]:
    """Return the rows with groups left out, their corners over both rules.

    Parameters
    ----------
    posterior : Posterior
        The posterior.

    Returns
    -------
    list of Row
        As `Posterior.left_out`; `low` and `high` [1] are the least and the greatest over
        the product of the marks of a group and the strongest of them.
    """
    rows = []
    for row in posterior.left_out:
        other = [posterior.row(row.scale, row.without, d) for d in DEPENDENCES]
        rows.append(
            replace(row, low=min(r.low for r in other), high=max(r.high for r in other))
        )
    return rows


def _posterior(found: Assessment) -> str:
    posterior = found.posterior
    if posterior is None:
        return f"6. Source posterior: none. {found.no_posterior}"
    lines = [
        "6. Source posterior of an impact (meteoroid or debris)",
        *_rates(posterior),
    ]
    head = ("evidence", "prior", "central", "95 % of draws", "worst to best corner")
    rows: list[tuple[str, ...]] = [head]
    for row in posterior.sensitivity:
        name = "all" if row.dependence == "product" else "all, strongest of a group"
        rows.append(_row(row, name))
    rows += [
        _row(row, "without " + ", ".join(row.without))
        for row in left_out_by_both_rules(posterior)
    ]
    lines += _columns(rows)
    lines.append(
        "  (rows with groups left out: corners over both rules for dependent marks)"
    )
    for scale in (1.0, 10.0):
        needed = ", ".join(
            f"{_number(posterior.break_even(t, scale))} brings it to {t:g}"
            for t in TARGETS
        )
        lines.append(
            f"  break-even factor of all marks against an impact, prior x{scale:g}:"
            f" {needed}"
        )
    low, high = posterior.extremes
    lines.append(
        f"  worst and best corner over all priors and both rules: {_number(low)} and"
        f" {_number(high)}"
    )
    if posterior.elicited_decide:
        words = "Elicited marks decide: nearly all of these odds is judged and not measured."
        if high < THRESHOLDS.against:
            words += (
                " That all terms together give a small posterior checks the arithmetic,"
                " no more."
            )
        lines.append(_wrap(words))
    if posterior.not_judged:
        names = ", ".join(SPOKEN[h] for h in posterior.not_judged)
        lines.append(
            _wrap(f"not judged, left to 'other' (no rate, or no range): {names}")
        )
    return "\n".join(lines)


def _rates(posterior: Posterior) -> list[str]:
    impact = posterior.impact
    lines = [
        _wrap(
            f"rate of impacts ({impact.label}): median {_number(impact.median)}, mean"
            f" over the model error {_number(sum(impact.means.values()))} in this zone"
            " and window"
        )
    ]
    lines += [
        _wrap(
            f"rate of '{SPOKEN[one.hypothesis]}': {_number(one.expected)} (95 %"
            f" {_ends(one.interval())}); {one.events} in an exposure of"
            f" {one.exposure:g} x '{one.unit}', Gamma(0.5 + n, E). {one.source}"
        )
        for one in posterior.alternatives
    ]
    low, high = posterior.other_weight
    lines.append(f"  share kept for sources nobody has named: {low:g} to {high:g}")
    lines.append(
        f"  rate odds, impact to alternatives: {_number(posterior.rate_odds)} (marks"
        " apart)"
    )
    return lines


def _verdict(verdict: Verdict, what: str) -> list[str]:
    lines = [f"  {what}: {verdict.word.upper()}"]
    lines += [_wrap(f"- {r}", "    ") for r in (*verdict.reasons, *verdict.missing)]
    if verdict.rests_on:
        groups = ", ".join(verdict.rests_on)
        lines.append(
            _wrap(
                f"- without any one of these groups of marks the word would be another:"
                f" {groups}",
                "    ",
            )
        )
    return lines


def _words(found: Assessment) -> str:
    t = THRESHOLDS
    lines = [
        "Is it consistent with an impact?",
        *_verdict(found.verdict, "with everything"),
        *_verdict(found.without_marks, "with size and leak alone"),
        _wrap(
            f"limits (conventions): posterior below {t.against:g} or above"
            f" {t.in_favour:g} in every corner; a group decides by {t.decisive:g} in its"
            f" weakest corner; p of {t.plausible:g} typical, {t.atypical:g} atypical"
        ),
    ]
    lines += [_wrap(f"- {c}") for c in found.verdict.caveats]
    return "\n".join(lines)


def _unknown(found: Assessment) -> str:
    case = found.case
    if not case.unknown:
        return ""
    return "\n".join(["Not known:", *(_wrap(f"- {line}") for line in case.unknown)])
