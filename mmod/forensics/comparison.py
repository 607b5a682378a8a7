"""A result beside a file of observed breaches: checks, prediction, tests."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from mmod.errors import InputError, Problem, bad
from mmod.forensics.exposure import (
    CHANGING_ORBITS,
    changing_flux,
    models_with_streams,
    partial_phases,
)
from mmod.forensics.goodness import Assessment, assess
from mmod.forensics.growth import Growth, growth_of
from mmod.forensics.prediction import (
    KINDS,
    POPULATION_LOG_ERROR,
    Clock,
    Prediction,
    SizeTable,
    expected_numbers,
    seconds,
    wider_laws,
    words,
    zones_of,
)
from mmod.forensics.rates import ModelError
from mmod.forensics.sizes import Reported
from mmod.forensics.survey import Survey
from mmod.results.outcome import PENETRATION
from mmod.results.risk import check_label
from mmod.results.schema import group
from mmod.units import MM

FloatArray = NDArray[np.float64]

_LEAST_SIZE, _LARGEST_SIZE, _SIZES = 1e-5, 0.5, 160


@dataclass(frozen=True, eq=False)
class Comparison:
    """A survey compared with a result.

    Parameters
    ----------
    survey : Survey
        What was looked at and found.
    assessment : Assessment
        Rows and tests.
    left_out : tuple of str
        Breaches below the threshold of the survey, which enter no test.
    notes : tuple of str
        What the reader must know.
    """

    survey: Survey
    assessment: Assessment
    left_out: tuple[str, ...]
    notes: tuple[str, ...]


def compare(
    results: xr.DataTree,
    survey: Survey,
    *,
    error: ModelError | None = None,
    seed: int = 0,
    simulations: int = 9_999,
    source: str = "observations",
) -> Comparison:
    """Compare the breaches of a survey with what a run predicts.

    Parameters
    ----------
    results : xarray.DataTree
        A result; with events where sizes are to be compared.
    survey : Survey
        Breaches, zones, window, threshold.
    error : ModelError, optional
        Lognormal errors of debris and meteoroids; those of the survey by default, else
        sqrt(ln(2)^2 + 0.2^2) = 0.72 for either kind [estimate].
    seed : int
        Key of the random numbers of simulated p-values.
    simulations : int
        Sets that are simulated for the sizes.
    source : str
        Name of the file, for messages.

    Returns
    -------
    Comparison
        Rows, tests and notes.

    Raises
    ------
    InputError
        Every problem at once: unknown zones, dates outside the exposure or the window,
        a window outside the exposure or that takes in a part of a phase with streams,
        sizes where none are predicted, ranges across the threshold, results that
        expect nothing or hold no events.

    Notes
    -----
    Of a run of several phases a window takes the share of each zone and kind, from its
    own events; where these are not known a window that is a part is refused, and times
    are not tested. Times above a threshold are not tested either with several phases,
    nor those in phases within which the flux changes (streams, ``tle``, ``oem``,
    ``altitude_table``): a part of a phase is refused with streams, else flagged, as for
    one hole (`mmod.forensics.exposure.expose`).
    Zones whose shield defines no failure are left out, with a note; a breach in such a
    zone is refused. The number above the threshold of a survey is that of the hole
    model; the factor of the hole model is not part of the model error.
    """
    problems: list[Problem] = []
    data = group(results, "/zones")
    check_label(data, "damage", survey.damage)
    picked = _zones(results, survey, source, problems)
    names = [str(n) for n in data["zone"].values]
    expected, stderr = expected_numbers(results, picked, survey.damage)
    defined = np.asarray(~np.isnan(expected).any(axis=1))
    zones = [z for z, ok in zip(picked, defined, strict=True) if ok]
    expected, stderr = expected[defined], np.nan_to_num(stderr[defined])
    growth = growth_of(results, zones, expected, survey.damage)
    clock = growth.clock
    first, last = _window(survey, growth, source, problems)
    part = growth.overlap(first, last)
    changing = _changing_parts(results, survey, part, source, problems)
    where = _places(survey, [names[z] for z in zones], source, problems)
    _check_dates(survey, clock, (first, last), source, problems)
    measured = _check_sizes(results, survey, source, problems)
    if survey.complete_above_mm is not None and len(clock.start) > 1:
        why = "how breaches above a threshold grow over the phases is not known"
        clock = replace(clock, unknown=clock.unknown or why)
    if _dated(survey):
        why = _uneven(results, part)
        clock = replace(clock, unknown=clock.unknown or why)
    if len(zones) == 0 or not expected.sum() > 0.0:
        wanted = f"results that expect {survey.damage} in the zones surveyed"
        problems.append(
            Problem(source, "results", f"expected {float(expected.sum()):g}", wanted)
        )
    if problems:
        raise InputError(problems)
    whole = float(expected.sum())
    share, error_of_share = growth.window(first, last)
    stderr = np.hypot(stderr * share, expected * error_of_share)
    expected = expected * share
    if not expected.sum() > 0.0:
        wanted = "a window in which breaches are expected in the zones surveyed"
        raise bad(source, "first", words(first), wanted)
    labels = tuple(names[z] for z in zones)
    laws: list[SizeTable | None] = [None] * len(zones)
    chosen = error or _error(survey)
    notes = _notes(survey, growth, float(expected.sum()) / whole, int((~defined).sum()))
    notes += [*changing, *wider_laws(results, chosen)]
    if measured:
        least = (survey.complete_above_mm or 0.0) * MM
        # without a threshold only the zones in which a hole was measured matter
        asked = sorted(set(where)) if least == 0.0 else list(range(len(labels)))
        window = None
        if survey.first is not None or survey.last is not None:
            window = tuple(datetime.fromtimestamp(t, tz=UTC) for t in (first, last))
        places = [labels[k] for k in asked]
        tables, above, more = hole_sizes(results, places, least, window)
        laws = [None] * len(labels)
        for k, law, share_above in zip(asked, tables, above, strict=True):
            laws[k] = law
            expected[k] *= share_above
            stderr[k] *= share_above
        notes = list(dict.fromkeys([*notes, *more]))
    prediction = Prediction(
        labels,
        expected,
        stderr,
        chosen,
        survey.damage,
        clock,
        first,
        last,
        tuple(laws),
        tuple(notes),
    )
    counts, sizes, times, left_out = _enter(survey, where, laws)
    assessment = assess(
        prediction,
        counts,
        sizes=sizes,
        times=times,
        smallest=(survey.complete_above_mm or 0.0) * MM,
        rounding=survey.rounding_mm * MM,
        seed=seed,
        simulations=simulations,
    )
    return Comparison(survey, assessment, tuple(left_out), tuple(notes))


def hole_sizes(
    results: xr.DataTree,
    zones: Sequence[str],
    smallest: float,
    window: tuple[datetime, ...] | None = None,
) -> tuple[list[SizeTable | None], FloatArray, list[str]]:
    """Return the distribution of hole sizes in some zones, and the share above a size.

    Parameters
    ----------
    results : xarray.DataTree
        A result with events.
    zones : sequence of str
        Names of zones.
    smallest : float [m]
        Threshold; 0 for none.
    window : (datetime, datetime), optional
        First and last instant; the whole run by default.

    Returns
    -------
    laws : list of SizeTable or None
        None where nothing is expected.
    above : ndarray, shape (z, 2) [1]
        Share of the holes above the threshold, of debris and of meteoroids.
    notes : list of str
        What the reader must know.

    Raises
    ------
    InputError
        When a shield has no hole model.
    """
    from mmod.forensics.breaches import ENOUGH_RAYS, predict_breaches

    ends = None if window is None else (window[0], window[1])
    whole = predict_breaches(results, list(zones), window=ends)
    grid = np.geomspace(_LEAST_SIZE, _LARGEST_SIZE, _SIZES)
    laws: list[SizeTable | None] = []
    above = np.ones((len(zones), 2))
    notes = list(dict.fromkeys(whole.flags))
    for z, name in enumerate(zones):
        breaches = whole.of_zone(name)
        if not breaches.expected().value > 0.0:
            laws.append(None)
            continue
        below = np.asarray(breaches.cumulative(grid))
        below = np.maximum.accumulate(below)
        laws.append(SizeTable(grid, (below - below[0]) / (below[-1] - below[0])))
        rays = breaches.expected(smallest).effective_samples
        if rays < ENOUGH_RAYS:
            notes.append(
                f"{name}: {rays:.0f} effective rays behind the hole sizes, fewer than"
                f" {ENOUGH_RAYS:.0f}: run again with more sampling.events_per_zone"
            )
        for k in range(2):
            kind = KINDS[k]
            number = breaches.expected(kind=kind).value
            if smallest > 0.0 and number > 0.0:
                above[z, k] = breaches.expected(smallest, kind=kind).value / number
    return laws, above, notes


def _error(survey: Survey) -> ModelError:
    card = survey.model_error
    return ModelError(
        POPULATION_LOG_ERROR if card.debris is None else card.debris,
        POPULATION_LOG_ERROR if card.meteoroid is None else card.meteoroid,
    )


def _zones(
    results: xr.DataTree, survey: Survey, source: str, problems: list[Problem]
) -> list[int]:
    try:
        return zones_of(results, survey.zones)
    except InputError as error:
        problems += [
            Problem(source, "zones", p.value, p.expected) for p in error.problems
        ]
        return list(range(group(results, "/zones").sizes["zone"]))


def _window(
    survey: Survey, growth: Growth, source: str, problems: list[Problem]
) -> tuple[float, float]:
    """Return the window, inside the exposure of the run."""
    begin, end = float(growth.start.min()), float(growth.end.max())
    first = begin if survey.first is None else seconds(survey.first)
    last = end if survey.last is None else seconds(survey.last)
    exposure = f"an instant of the exposure, {words(begin)} to {words(end)}"
    for key, value in (("first", first), ("last", last)):
        if not begin <= value <= end:
            problems.append(Problem(source, key, words(value), exposure))
    first, last = max(first, begin), min(last, end)
    part = growth.overlap(first, last)
    key = "first" if survey.first is not None else "last"
    if last > first and not part.any():
        wanted = "a window with some exposure in it"
        problems.append(Problem(source, key, words(first), wanted))
    elif last > first and growth.unknown and (part < 1.0).any():
        shown = f"{words(first)} to {words(last)}"
        wanted = f"no window, but the whole exposure: {growth.unknown}"
        problems.append(Problem(source, key, shown, wanted))
    return first, last


def _changing_parts(
    results: xr.DataTree,
    survey: Survey,
    part: FloatArray,
    source: str,
    problems: list[Problem],
) -> tuple[str, ...]:
    """Return a flag for each part of a phase whose flux changes, or refuse them."""
    try:
        return changing_flux(results, partial_phases(part, np.ones_like(part)))
    except InputError as error:
        keys = ("first", "last")
        given = ", ".join(k for k in keys if getattr(survey, k) is not None)
        problems += [
            Problem(source, given, p.value, p.expected) for p in error.problems
        ]
        return ()


def _uneven(results: xr.DataTree, part: FloatArray) -> str:
    """Return why times in the phases of a window are not tested; empty if they are.

    Parameters
    ----------
    results : xarray.DataTree
        A result.
    part : ndarray, shape (p,) [1]
        Share of each phase in the window.
    """
    config = json.loads(str(results.attrs["config"]))
    spanned = [int(i) for i in np.flatnonzero(part > 0.0)]
    phases = ", ".join(f"phase[{i}]" for i in spanned)
    reasons = [
        f"{model} has streams, which change from hour to hour"
        for model in models_with_streams(results, config)
    ]
    reasons += [
        f"the orbit changes ({key}) within phase[{i}]"
        for i in spanned
        for key in CHANGING_ORBITS
        if config["phase"][i].get(key) is not None
    ]
    if not reasons or not spanned:
        return ""
    return f"how breaches grow within {phases} is not known: {'; '.join(reasons)}"


def _places(
    survey: Survey, zones: Sequence[str], source: str, problems: list[Problem]
) -> list[int]:
    """Return the zone of each breach, an index into `zones`."""
    found = []
    for i, breach in enumerate(survey.breach):
        fits = [k for k, name in enumerate(zones) if fnmatchcase(name, breach.zone)]
        if len(fits) != 1:
            what = "no zone" if not fits else f"{len(fits)} zones"
            shown = ", ".join(zones[:6]) + (", ..." if len(zones) > 6 else "")
            wanted = (
                f"one zone surveyed in which {survey.damage} is defined ({shown});"
                f" it fits {what}"
            )
            problems.append(Problem(source, f"breach[{i}].zone", breach.zone, wanted))
        found.append(fits[0] if len(fits) == 1 else -1)
    return found


def _check_dates(
    survey: Survey,
    clock: Clock,
    window: tuple[float, float],
    source: str,
    problems: list[Problem],
) -> None:
    for i, breach in enumerate(survey.breach):
        if breach.date is None:
            continue
        t = seconds(breach.date)
        if not (window[0] <= t <= window[1] and clock.covers(t)):
            wanted = (
                "an instant inside the exposure and the window,"
                f" {words(window[0])} to {words(window[1])}"
            )
            problems.append(Problem(source, f"breach[{i}].date", words(t), wanted))


def _check_sizes(
    results: xr.DataTree, survey: Survey, source: str, problems: list[Problem]
) -> bool:
    """Return True when hole sizes are to be predicted."""
    threshold = survey.complete_above_mm
    given = [i for i, b in enumerate(survey.breach) if not np.isnan(b.size)]
    if not given and threshold is None:
        return False
    key = f"breach[{given[0]}].diameter_mm" if given else "complete_above_mm"
    if survey.damage != PENETRATION:
        wanted = (
            f"no sizes: {survey.damage} counts particles, whose holes are not predicted"
        )
        problems.append(Problem(source, key, "given", wanted))
        return False
    if threshold is not None and len(given) < len(survey.breach):
        missing = next(i for i in range(len(survey.breach)) if i not in given)
        wanted = "a size, since the survey has a threshold"
        problems.append(Problem(source, f"breach[{missing}]", "no size", wanted))
    for i, breach in enumerate(survey.breach):
        low, high = breach.low_mm, breach.high_mm
        if threshold is None or low is None or high is None:
            continue
        if low < threshold < high:
            wanted = (
                f"a range on one side of complete_above_mm = {threshold:g}: whether this"
                " one counts is not known"
            )
            shown = f"{low:g} to {high:g}"
            problems.append(Problem(source, f"breach[{i}].low_mm", shown, wanted))
    if group(results, "/events").sizes.get("event", 0) == 0:
        wanted = "results with events (sampling.events_per_zone > 0): sizes need them"
        problems.append(Problem(source, key, "results without events", wanted))
        return False
    return True


def _enter(
    survey: Survey, where: Sequence[int], laws: Sequence[SizeTable | None]
) -> tuple[list[int], list[Reported], list[float], list[str]]:
    """Return counts, sizes and times of the breaches that enter the tests."""
    counts = [0] * len(laws)
    sizes, times, left_out = [], [], []
    for i, (breach, z) in enumerate(zip(survey.breach, where, strict=True)):
        label = f"breach[{i}] in {breach.zone}"
        threshold = survey.complete_above_mm
        if threshold is not None and breach.size < threshold * MM:
            left_out.append(f"{label}: {breach.size / MM:g} mm")
            continue
        counts[z] += 1
        law = laws[z]
        if law is not None and not np.isnan(breach.size):
            sizes.append(
                Reported(label, breach.size, breach.half_range, breach.error, law)
            )
        if breach.date is not None:
            times.append(seconds(breach.date))
    return counts, sizes, times, left_out


def _notes(survey: Survey, growth: Growth, share: float, undefined: int) -> list[str]:
    notes = []
    if undefined:
        notes.append(
            f"{undefined} zones surveyed define no {survey.damage} and are left out"
        )
    if share < 1.0 - 1e-12:
        notes.append(
            f"window: {share:.4g} of the expected number of the run, by"
            f" {growth.clock.basis}"
        )
    if (few := growth.note()) and (share < 1.0 - 1e-12 or _dated(survey)):
        notes.append(few)
    return notes


def _dated(survey: Survey) -> bool:
    """Return True when a breach has a date."""
    return any(breach.date is not None for breach in survey.breach)


__all__ = ["Comparison", "compare", "hole_sizes"]
