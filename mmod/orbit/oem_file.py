"""Parse a CCSDS Orbit Ephemeris Message in keyword = value notation, strictly."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mmod.constants import EARTH_GM
from mmod.errors import InputError, Problem, bad
from mmod.orbit.instants import TIME_SYSTEMS, tai_reader
from mmod.orbit.interpolation import Method, window_size
from mmod.units import KM

FloatArray = NDArray[np.float64]

VERSIONS = ("1.0", "2.0", "3.0")
FRAMES = ("EME2000", "GCRF", "ICRF", "TEME", "TOD")
"""Frames that are read: the first three on the equator of J2000, the others of date."""
DEFAULT_METHOD: Method = "HERMITE"
DEFAULT_DEGREE = 7
LARGEST_DEGREE = 15
MOST_PROBLEMS = 20
_HEADER = ("CREATION_DATE", "ORIGINATOR", "MESSAGE_ID", "CLASSIFICATION")
_MANDATORY = (
    "OBJECT_NAME",
    "OBJECT_ID",
    "CENTER_NAME",
    "REF_FRAME",
    "TIME_SYSTEM",
    "START_TIME",
    "STOP_TIME",
)
_OPTIONAL = (
    "REF_FRAME_EPOCH",
    "USEABLE_START_TIME",
    "USEABLE_STOP_TIME",
    "INTERPOLATION",
    "INTERPOLATION_DEGREE",
)
MISMATCH = 100.0
"""Velocities may differ from those of the positions by this [m/s]."""
_FASTEST = 12.0
"""Above every closed orbit [km/s]."""
_NEAREST, _FURTHEST = 6350.0, 1.0e5
"""Below the surface, or beyond every model [km]."""


@dataclass(frozen=True)
class Segment:
    """States of one segment.

    Parameters
    ----------
    object_id : str
        As the file names it.
    frame : str
        One of `FRAMES`.
    time : ndarray, shape (n,)
        Continuous TAI seconds since 1970 [s], increasing.
    position, velocity : ndarray, shape (n, 3)
        [m], [m/s].
    start, stop : float
        Useable interval, as ``time`` [s].
    method : {"HERMITE", "LAGRANGE"}
        Interpolation.
    points : int
        States in an interpolating polynomial.
    line : int
        Where the segment's metadata begin.
    """

    object_id: str
    frame: str
    time: FloatArray
    position: FloatArray
    velocity: FloatArray
    start: float
    stop: float
    method: Method
    points: int
    line: int


@dataclass
class _Open:
    """A segment that is being read."""

    line: int
    meta: dict[str, tuple[int, str]] = field(default_factory=dict)
    read_time: Callable[[str], float] | None = None
    rows: list[tuple[float, ...]] = field(default_factory=list)
    sound: bool = True


class _Parser:
    """Lines -> segments; every problem is kept, up to a number."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.problems: list[Problem] = []
        self.header: dict[str, str] = {}
        self.state = "header"  # header, meta, data, covariance
        self.open: _Open | None = None
        self.segments: list[Segment] = []

    def complain(self, line: int, value: object, expected: str, key: str = "") -> None:
        where = f"line {line}" + (f", {key}" if key else "")
        self.problems.append(Problem(self.source, where, value, expected))

    def take(self, number: int, row: str) -> None:
        if row == "COMMENT" or row.startswith("COMMENT "):
            return
        if self.state == "covariance":
            if row == "COVARIANCE_STOP":
                self.state = "data"
            elif row in {"META_START", "META_STOP", "COVARIANCE_START"}:
                self.complain(number, row, "COVARIANCE_STOP first")
                self.state = "data"
            return
        if row == "META_START":
            if self.state == "meta":
                self.complain(number, row, "META_STOP first")
            self.close()
            self.open, self.state = _Open(number), "meta"
        elif row == "META_STOP":
            if self.state != "meta":
                self.complain(number, row, "META_START first")
            else:
                self.state = "data"
                self.metadata()
        elif row == "COVARIANCE_START" and self.state == "data":
            self.state = "covariance"
        elif "=" in row:
            self.keyword(number, row)
        elif self.state == "data" and self.open is not None:
            self.states(number, row, self.open)
        else:
            expected = "KEY = VALUE, META_START, or states after META_STOP"
            self.complain(number, row[:80], expected)

    def keyword(self, number: int, row: str) -> None:
        key, value = (part.strip() for part in row.split("=", 1))
        known: tuple[str, ...] = _HEADER if self.state == "header" else ()
        table: dict[str, tuple[int, str]] | None = None
        if self.state == "meta" and self.open is not None:
            known, table = (*_MANDATORY, *_OPTIONAL), self.open.meta
        if key not in known:
            expected = f"one of {', '.join(known)}" if known else "a line of states"
            self.complain(number, key[:40], expected)
        elif not value:
            self.complain(number, value, "a value", key)
        elif table is None:
            self.header[key] = value
        elif key in table:
            self.complain(number, value, f"{key} once (also line {table[key][0]})", key)
        else:
            table[key] = (number, value)

    def metadata(self) -> None:
        assert self.open is not None
        meta, before = self.open.meta, len(self.problems)
        missing = [key for key in _MANDATORY if key not in meta]
        if missing:
            expected = f"metadata with {', '.join(missing)}"
            self.complain(self.open.line, "META_START", expected)
        for key, allowed in (
            ("CENTER_NAME", ("EARTH",)),
            ("REF_FRAME", FRAMES),
            ("TIME_SYSTEM", TIME_SYSTEMS),
            ("INTERPOLATION", ("HERMITE", "LAGRANGE")),
        ):
            line, value = meta.get(key, (0, allowed[0]))
            if value.upper() not in allowed:
                self.complain(line, value, f"{' or '.join(allowed)}", key)
        line, degree = meta.get("INTERPOLATION_DEGREE", (0, str(DEFAULT_DEGREE)))
        if not (degree.isascii() and degree.isdigit() and len(degree) < 4) or not (
            1 <= int(degree) <= LARGEST_DEGREE
        ):
            expected = f"a whole number of 1 to {LARGEST_DEGREE}"
            self.complain(line, degree[:20], expected, "INTERPOLATION_DEGREE")
        self.open.sound = len(self.problems) == before
        if self.open.sound:
            self.open.read_time = tai_reader(meta["TIME_SYSTEM"][1].upper())

    def states(self, number: int, row: str, segment: _Open) -> None:
        if segment.read_time is None:
            return None
        parts = row.split()
        if len(parts) not in {7, 10}:
            expected = "an epoch and 6 (or, with accelerations, 9) numbers"
            return self.complain(number, row[:80], expected)
        try:
            time = segment.read_time(parts[0])
        except ValueError:
            return self.complain(number, parts[0][:40], "an epoch YYYY-MM-DDThh:mm:ss")
        try:
            values = [float(text) for text in parts[1:7]]
        except ValueError:
            return self.complain(number, row[:80], "numbers after the epoch")
        distance, speed = math.hypot(*values[:3]), math.hypot(*values[3:])
        if not _NEAREST <= distance <= _FURTHEST:  # NaN too
            expected = f"a distance of {_NEAREST:g} to {_FURTHEST:g} km from the Earth's centre"
            return self.complain(number, distance, expected, "position [km]")
        if not 0.0 < speed <= _FASTEST:
            expected = f"a speed above 0 and at most {_FASTEST:g} km/s"
            return self.complain(number, speed, expected, "velocity [km/s]")
        if segment.rows and time <= segment.rows[-1][0]:
            expected = "an epoch after that of the line before"
            return self.complain(number, parts[0], expected)
        segment.rows.append((time, *values))
        return None

    def close(self) -> None:
        """Turn the open segment into a `Segment`."""
        segment, self.open = self.open, None
        if segment is None or not segment.sound or segment.read_time is None:
            return
        meta, times = segment.meta, {}
        for key in (
            "START_TIME",
            "STOP_TIME",
            "USEABLE_START_TIME",
            "USEABLE_STOP_TIME",
        ):
            if key not in meta:
                continue
            line, text = meta[key]
            try:
                times[key] = segment.read_time(text)
            except ValueError:
                self.complain(line, text[:40], "an epoch YYYY-MM-DDThh:mm:ss", key)
        if len(times) < sum(key in meta for key in meta if key.endswith("_TIME")):
            return
        start, stop = times["START_TIME"], times["STOP_TIME"]
        first = times.get("USEABLE_START_TIME", start)
        last = times.get("USEABLE_STOP_TIME", stop)
        if not start <= first < last <= stop:
            expected = "START <= USEABLE_START < USEABLE_STOP <= STOP"
            self.complain(segment.line, "times out of order", expected)
            return
        method: Method = DEFAULT_METHOD
        if meta.get("INTERPOLATION", (0, method))[1].upper() == "LAGRANGE":
            method = "LAGRANGE"
        stated = "INTERPOLATION_DEGREE" in meta
        degree = int(meta["INTERPOLATION_DEGREE"][1]) if stated else DEFAULT_DEGREE
        points = window_size(method, degree)
        if not stated:
            points = max(2, min(points, len(segment.rows)))
        if len(segment.rows) < points:
            expected = f"at least {points} states for {method} of degree {degree}"
            self.complain(segment.line, len(segment.rows), expected, "states")
            return
        rows = np.array(segment.rows)
        slack = 1e-3
        if abs(rows[0, 0] - start) > slack or abs(rows[-1, 0] - stop) > slack:
            expected = "the first state at START_TIME and the last at STOP_TIME"
            shown = f"off by {rows[0, 0] - start:g} s and {rows[-1, 0] - stop:g} s"
            self.complain(segment.line, shown, expected, "states")
            return
        worst = velocity_mismatch(rows)
        if worst > MISMATCH:
            expected = (
                f"velocities that fit the positions within {MISMATCH:g} m/s: of a frame"
                " that does not rotate, in km/s"
            )
            shown = f"off by {worst:.3g} m/s"
            self.complain(segment.line, shown, expected, "states")
            return
        self.segments.append(
            Segment(
                object_id=meta["OBJECT_ID"][1],
                frame=meta["REF_FRAME"][1].upper(),
                time=rows[:, 0].copy(),
                position=rows[:, 1:4] * KM,
                velocity=rows[:, 4:7] * KM,
                start=max(first, float(rows[0, 0])),
                stop=min(last, float(rows[-1, 0])),
                method=method,
                points=points,
                line=segment.line,
            )
        )


def velocity_mismatch(rows: FloatArray) -> float:
    """Return how far velocities are from those that the positions ask for.

    Parameters
    ----------
    rows : ndarray, shape (n, 7)
        Time [s], position [km], velocity [km/s].

    Returns
    -------
    float
        Largest mean over a step of the difference [m/s]; steps of more than a tenth of
        a revolution are not judged.

    Notes
    -----
    Valid for free flight: with the acceleration of a central body the rule is exact to
    the fourth order in the step (2 m/s for 10 minutes in low orbit). A manoeuvre adds
    its own change of velocity, a rotating frame some 490 m/s, a wrong unit much more.

    References
    ----------
    .. [1] Hermite's two-point quadrature (trapezoidal rule with end correction).
    """
    step = np.diff(rows[:, 0])[:, None]
    r, v = rows[:, 1:4] * KM, rows[:, 4:7] * KM
    distance = np.linalg.norm(r, axis=1, keepdims=True)
    pull = -EARTH_GM * r / distance**3
    expected = 0.5 * step * (v[1:] + v[:-1]) - step**2 / 12.0 * np.diff(pull, axis=0)
    off = np.linalg.norm((np.diff(r, axis=0) - expected) / step, axis=1)
    angle = step[:, 0] * np.sqrt(EARTH_GM / distance[1:, 0] ** 3)
    judged = angle < 0.2 * np.pi
    return float(off[judged].max(initial=0.0))


def parse_oem(text: str, source: str) -> tuple[Segment, ...]:
    """Read the segments of an Orbit Ephemeris Message.

    Parameters
    ----------
    text : str
        The message, keyword = value notation.
    source : str
        For error messages.

    Returns
    -------
    tuple of Segment
        By time, their useable intervals apart.

    Raises
    ------
    InputError
        With every problem and its line, up to `MOST_PROBLEMS`: XML, another version,
        unknown keywords, missing metadata, several objects, another centre, frame or
        time system, bad numbers, epochs out of order, too few states, states that do
        not span START_TIME to STOP_TIME (a truncated file), overlapping segments.

    Notes
    -----
    Valid for versions 1.0 to 3.0. Covariance blocks and accelerations are skipped.
    Linear interpolation is refused: a straight line between states four minutes apart
    cuts a low orbit short by 60 km.

    References
    ----------
    .. [1] CCSDS 502.0-B-3, Orbit Data Messages, section 5.
    """
    if text.lstrip()[:1] == "<":
        expected = "keyword = value notation (KVN)"
        raise bad(source, "line 1", "an OEM in XML", expected)
    rows = [(n, row.strip()) for n, row in enumerate(text.split("\n"), start=1)]
    rows = [(n, row) for n, row in rows if row]
    head = [part.strip() for part in (rows[0][1] if rows else "").split("=", 1)]
    if head[0] != "CCSDS_OEM_VERS" or len(head) != 2 or head[1] not in VERSIONS:
        expected = f"CCSDS_OEM_VERS = {' or '.join(VERSIONS)}"
        raise bad(source, "line 1", " = ".join(head)[:80], expected)
    parser = _Parser(source)
    for number, row in rows[1:]:
        parser.take(number, row)
        if len(parser.problems) >= MOST_PROBLEMS:
            raise InputError(parser.problems)
    if parser.state in {"meta", "covariance"}:
        name = "META" if parser.state == "meta" else "COVARIANCE"
        parser.complain(rows[-1][0], "the end of the file", f"{name}_STOP")
    parser.close()
    missing = [key for key in _HEADER[:2] if key not in parser.header]
    if missing:
        parser.complain(1, "the header", f"{' and '.join(missing)}")
    segments = sorted(parser.segments, key=lambda s: s.start)
    objects = list(dict.fromkeys(s.object_id for s in segments))
    if len(objects) > 1:
        parser.complain(segments[1].line, ", ".join(objects[:5]), "one OBJECT_ID")
    for one, other in pairwise(segments):
        if other.start < one.stop:
            expected = f"a useable interval after that of line {one.line}"
            parser.complain(other.line, "overlap", expected)
    if not segments and not parser.problems:
        parser.complain(1, "no segment", "one or more")
    if parser.problems:
        raise InputError(parser.problems)
    return tuple(segments)
