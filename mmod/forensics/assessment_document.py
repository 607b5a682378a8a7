"""An assessment of a hole as plain values, for JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from mmod.forensics.assessment import Assessment, EnvironmentCount
from mmod.forensics.assessment_text import left_out_by_both_rules
from mmod.forensics.intervals import ModelInterval
from mmod.forensics.inversion import QUANTITIES
from mmod.forensics.posterior import Posterior
from mmod.forensics.posterior import document as posterior_document
from mmod.forensics.verdict import THRESHOLDS

UNITS = {
    "expected, intervals, by_kind": "expected number in the window",
    "least_diameter, size, diameter": "m",
    "rate": "Pa/s",
    "probabilities, p, u, factors, odds": "1",
    "quantities of the particle": ", ".join(f"{k} {v}" for k, v in QUANTITIES.items()),
}
"""What the numbers of the document are."""


def document(found: Assessment) -> dict[str, Any]:
    """Return an assessment as plain values.

    Parameters
    ----------
    found : Assessment
        What was found.

    Returns
    -------
    dict
        The parts of the text, SI units.
    """
    return {
        "title": found.case.title,
        "event": found.case.event,
        "units": UNITS,
        "case": found.case.model_dump(mode="json", by_alias=True),
        "marks_sha256": "" if found.marks is None else found.marks.digest,
        "zones": found.zones,
        "window": _window(found),
        "environments": [_count(c) for c in found.counts],
        "classes": [asdict(c) for c in found.classes],
        "class_notes": found.class_notes,
        "pair": None if found.pair is None else asdict(found.pair),
        "pair_given_two": found.pair_given_two,
        "size": None if found.size is None else asdict(found.size),
        "particle": _particle(found),
        "clean_entry_hole": found.entry,
        "leak": None if found.leak is None else _leak(found),
        "factors": [asdict(f) for f in found.factors],
        "posterior": None if found.posterior is None else _posterior(found.posterior),
        "no_posterior": found.no_posterior,
        "thresholds": asdict(THRESHOLDS),
        "verdict": asdict(found.verdict),
        "verdict_without_marks": asdict(found.without_marks),
        "flags": found.flags,
        "unknown": found.case.unknown,
    }


def _window(found: Assessment) -> dict[str, Any]:
    window = found.case.window
    covered = None if found.exposure is None else found.exposure.covered_share
    return {
        "start": window.start,
        "end": window.first_seen,
        "covered_share": covered,
    }


def _count(count: EnvironmentCount) -> dict[str, Any]:
    return {
        "models": count.pairing.models,
        "in_total": count.pairing.in_total,
        "by_kind": count.by_kind,
        "sizes": [
            {"least_diameter": least, "effective_rays": rays, **_interval(interval)}
            for least, interval, rays in count.sizes
        ],
    }


def _interval(interval: ModelInterval) -> dict[str, Any]:
    return {
        "expected": interval.value,
        "sampling": interval.sampling,
        "environment": interval.environment,
        "damage": interval.damage,
        "combined": interval.combined,
        "confidence": interval.confidence,
        "assumptions": interval.assumptions,
    }


def _particle(found: Assessment) -> dict[str, Any] | None:
    inverse = found.inversion
    if inverse is None:
        return None
    return {
        "quantiles_0.025_0.5_0.975": {
            name: inverse.quantiles(name).tolist() for name in QUANTITIES
        },
        "meteoroid_share": inverse.meteoroid_share,
        "effective_rays": inverse.effective_samples,
        "expected": inverse.evidence,
        "extrapolated_share": inverse.extrapolated_share,
        "flags": inverse.flags,
    }


def _posterior(posterior: Posterior) -> dict[str, Any]:
    return {
        **posterior_document(posterior),
        "left_out_corners_over_both_rules": [
            {k: getattr(row, k) for k in ("without", "scale", "low", "high")}
            for row in left_out_by_both_rules(posterior)
        ],
        "elicited_marks_decide": posterior.elicited_decide,
    }


def _leak(found: Assessment) -> dict[str, Any]:
    leak = found.leak
    assert leak is not None
    result = asdict(leak)
    result["flows"] = [
        {"date": when, "flow": said, "diameter": asdict(d)}
        for when, said, d in leak.flows
    ]
    result["sentence"] = "" if leak.fit is None else leak.fit.sentence
    result["history_sentence"] = leak.history.sentence
    result["route"] = leak.history.route
    return result
