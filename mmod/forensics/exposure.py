"""The window in which a hole can have been made, laid over the phases of a run."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from mmod.errors import InputError, Problem, bad
from mmod.results.schema import group

FloatArray = NDArray[np.float64]
WHOLE = 1e-9
"""Relative shortfall up to which a phase counts as covered [1]."""
CHANGING_ORBITS = ("tle", "oem", "altitude_table")
"""Keys of a phase whose orbit changes inside it."""
Moment = datetime | date | str
"""An instant: a date-time, a date, or ISO 8601 text; UTC unless it has an offset."""


@dataclass(frozen=True)
class Exposure:
    """A window laid over the phases of a run.

    Parameters
    ----------
    start, end : datetime
        The window: last known intact (or launch), first seen; UTC.
    overlap : ndarray, shape (p,)
        Seconds of the window in each phase [s].
    duration : ndarray, shape (p,)
        Length of each phase [s].
    uncovered : float
        Seconds of the window that lie in no phase [s].
    flags : tuple of str
        What the reader must know.
    """

    start: datetime
    end: datetime
    overlap: FloatArray
    duration: FloatArray
    uncovered: float
    flags: tuple[str, ...]

    @property
    def seconds(self) -> float:
        """Length of the window [s]."""
        return (self.end - self.start).total_seconds()

    @property
    def scale(self) -> FloatArray:
        """Factor on the expected numbers of each phase, shape (p,) [1]."""
        return self.overlap / self.duration

    @property
    def covered_share(self) -> float:
        """Share of the window that lies in the phases of the run [1]."""
        return 1.0 - self.uncovered / self.seconds


def expose(
    results: xr.DataTree,
    start: Moment | None = None,
    end: Moment | None = None,
    *,
    launch: Moment | None = None,
) -> Exposure:
    """Return how long a window lies in each phase of a run.

    Parameters
    ----------
    results : xarray.DataTree
        Result of a run.
    start : datetime, date or str, optional
        When the surface was last known to be intact; the launch, or the beginning of
        the run, by default.
    end : datetime, date or str, optional
        When the hole was first seen; the end of the run by default.
    launch : datetime, date or str, optional
        Launch of the vehicle, where it is known.

    Returns
    -------
    Exposure
        Seconds by phase, with a flag where the run covers a part of the window only.

    Raises
    ------
    InputError
        When an instant cannot be read, the window ends before it starts or has no
        length, begins before the launch, does not meet the run at all, or takes in a
        part of a phase of a run with streams.

    Notes
    -----
    A hole seen at the end of the window was made at an unknown time within it. The flux
    of a phase is its mean, so the expected number of a phase scales with the overlap. On
    a circular orbit the run has one flux for all of a phase, that of its middle date.
    Where the orbit changes inside the phase (``tle``, ``oem``, ``altitude_table``) a
    part of it is flagged; streams change from hour to hour, and a part of a phase with
    them is refused. Time outside the phases is not extrapolated: the expected number is
    then that of the covered part, a lower bound, and flagged.
    """
    spans = _phases(results)
    problems: list[Problem] = []
    moments: dict[str, datetime | None] = {}
    for key, value in (("start", start), ("end", end), ("launch", launch)):
        try:
            moments[key] = None if value is None else _moment(key, value)
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise InputError(problems)
    flown = moments["launch"]
    begin = moments["start"] or flown or min(a for a, _ in spans)
    finish = moments["end"] or max(b for _, b in spans)
    if finish <= begin:
        problems.append(
            Problem("window", "end", _text(finish), f"after its start {_text(begin)}")
        )
    if flown is not None and begin < flown:
        problems.append(
            Problem(
                "window", "start", _text(begin), f"not before launch {_text(flown)}"
            )
        )
    if problems:
        raise InputError(problems)
    inside = [(max(a, begin), min(b, finish)) for a, b in spans]
    overlap = np.array([max((b - a).total_seconds(), 0.0) for a, b in inside])
    if not overlap.any():
        raise bad(
            "window",
            "start",
            f"{_text(begin)} to {_text(finish)}",
            "a window that meets the phases of the run,"
            f" {_text(min(a for a, _ in spans))} to {_text(max(b for _, b in spans))}",
        )
    duration = np.array([(b - a).total_seconds() for a, b in spans])
    changing = changing_flux(results, partial_phases(overlap, duration))
    seconds = (finish - begin).total_seconds()
    uncovered = max(seconds - _union([s for s in inside if s[0] < s[1]]), 0.0)
    flags: tuple[str, ...] = ()
    if uncovered > 1e-6 * seconds:
        inside_share = 100.0 * (1.0 - uncovered / seconds)
        share = 100.0 * uncovered / seconds
        words = (
            f"window: {share:.3g} % of it lie outside the phases of the run and add"
            f" nothing ({inside_share:.3g} % lie inside): expected numbers are lower"
            " bounds for the window"
        )
        flags = (words,)
    flags = (*flags, *changing)
    return Exposure(
        start=begin,
        end=finish,
        overlap=overlap,
        duration=duration,
        uncovered=uncovered,
        flags=flags,
    )


def _phases(results: xr.DataTree) -> list[tuple[datetime, datetime]]:
    """Return start and end of the phases, in the order of the run."""
    try:
        phases = json.loads(str(results.attrs["config"]))["phase"]
        spans = [
            (_moment("start", p["start"]), _moment("end", p["end"])) for p in phases
        ]
    except (KeyError, TypeError, ValueError):
        spans = []
    if not spans or any(b <= a for a, b in spans):
        raise bad("<tree>", "config", "missing", "a result with the phases of its run")
    return spans


def partial_phases(overlap: FloatArray, duration: FloatArray) -> list[int]:
    """Return the phases of which the window takes in a part only."""
    some = (overlap > 0.0) & (overlap < duration * (1.0 - WHOLE))
    return [int(i) for i in np.flatnonzero(some)]


def changing_flux(results: xr.DataTree, parts: list[int]) -> tuple[str, ...]:
    """Return a flag for parts of phases whose flux changes, or refuse them.

    Raises
    ------
    InputError
        When a model of the run has streams.
    """
    if not parts:
        return ()
    config = json.loads(str(results.attrs["config"]))
    phases = ", ".join(f"phase[{i}]" for i in parts)
    problems = [
        Problem(
            "window",
            "start, end",
            f"a part of {phases}",
            f"whole phases: {model} has streams, which change from hour to hour (end the"
            " phase where the window does, and run again)",
        )
        for model in models_with_streams(results, config)
    ]
    if problems:
        raise InputError(problems)
    flags = []
    for i in parts:
        keys = [k for k in CHANGING_ORBITS if config["phase"][i].get(k) is not None]
        flags += [
            f"window: a part of phase[{i}] only, whose orbit changes ({key}): its flux is"
            " taken as the mean of the phase"
            for key in keys
        ]
    return tuple(flags)


def models_with_streams(results: xr.DataTree, config: dict[str, Any]) -> list[str]:
    """Return the models of a run that are streams or add them, by option or table."""
    found = [
        str(e.get("label") or e.get("model"))
        for e in config.get("environment") or []
        if e.get("streams") not in (None, "none")
    ]
    if "/threats" in results.groups:
        head = group(results, "/threats")
        for m, name in enumerate(head["model"].values):
            tables = [str(t) for t in head["group"].values[:, m] if str(t)]
            if any(_streams(group(results, f"/threats/{t}")) for t in tables):
                found.append(str(name))
    return list(dict.fromkeys(found))


def _streams(table: xr.Dataset) -> bool:
    """Return whether a table of threats holds streams."""
    if int(table.attrs.get("part_of_kind", 0)):
        return True
    if "population" not in table:
        return False
    return (
        "stream" in str(table["population"].attrs.get("population_names", "")).lower()
    )


def _moment(key: str, value: Moment) -> datetime:
    """Return an instant in UTC."""
    found: datetime | None = None
    if isinstance(value, datetime):
        found = value
    elif isinstance(value, date):
        found = datetime.combine(value, time())
    elif isinstance(value, str):
        try:
            found = datetime.fromisoformat(value.strip())
        except ValueError:
            found = None
    if found is None:
        raise bad("window", key, value, "a date or date-time, ISO 8601 (UTC)")
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _union(spans: list[tuple[datetime, datetime]]) -> float:
    """Return the seconds in a union of spans of time."""
    total, reach = 0.0, None
    for a, b in sorted(spans):
        begin = a if reach is None else max(a, reach)
        total += max((b - begin).total_seconds(), 0.0)
        reach = b if reach is None else max(reach, b)
    return total
