"""What a run of NASA MEM 3 says of itself: info.txt, options.txt, input.txt."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mmod.constants import EARTH_RADIUS
from mmod.errors import InputError, Problem
from mmod.flux.readers._lines import TextFile
from mmod.units import DEGREE, GRAM, KM

FloatArray = NDArray[np.float64]
Interval = tuple[float, float]

ORIGINS = {
    "su": "sun",
    "ea": "earth",
    "mo": "moon",
    "me": "mercury",
    "ve": "venus",
    "ma": "mars",
}
"""Bodies that a run may be about, by the letters of options.txt."""
AXES = {"eq": "equatorial", "ec": "ecliptic", "bo": "body-fixed"}

VERSION_SEEN = "3.0.1"
"""Version whose files the readers were written from."""
OBLIQUITY = 23.4393
"""Of the ecliptic at J2000 [deg]."""

_OPTION_COUNT = 16
_MAX_VECTORS = 2_000_000
_LARGEST = 1e12
_J2000_YEAR_START = 2451544.5


@dataclass(frozen=True)
class RunInfo:
    """Contents of info.txt.

    Parameters
    ----------
    version : str
        Of MEM, e.g. ``3.0.1``.
    limiting_mass : float
        Smallest particle that is counted [kg].
    step : int
        Angular resolution [deg].
    """

    version: str
    limiting_mass: float
    step: int


@dataclass(frozen=True)
class RunOptions:
    """Contents of options.txt that matter.

    Parameters
    ----------
    input_origin, origin : str
        Body of the state vectors and of the output, from `ORIGINS`.
    input_axes, axes : str
        Axes of the state vectors and of the output, from `AXES`.
    log_mass : float
        Decimal logarithm of the limiting mass in grams.
    step : int
        Angular resolution [deg].
    speed_step : int
        Speed resolution [km/s].
    """

    input_origin: str
    input_axes: str
    origin: str
    axes: str
    log_mass: float
    step: int
    speed_step: int


@dataclass(frozen=True)
class RunOrbit:
    """What the state vectors of input.txt span.

    Parameters
    ----------
    altitude_km : tuple of float
        Lowest and highest above 6378 km.
    inclination_deg : tuple of float
        Smallest and largest, of the osculating planes.
    epoch_year : tuple of float
        First and last decimal year.
    """

    altitude_km: Interval
    inclination_deg: Interval
    epoch_year: Interval


def read_info(path: str | Path) -> RunInfo:
    """Read ``info.txt``.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    RunInfo
        Version, limiting mass and resolution.

    Raises
    ------
    InputError
        For another program or version than MEM 3, and where the limiting mass or the
        resolution is missing, given twice or out of range.

    Notes
    -----
    Valid for MEM 3, written from files of 3.0.1. Masses from 1e-6 to 10 g.

    References
    ----------
    .. [1] info.txt of MEM 3.0.1 (public LunarEjecta repository).
    """
    file = TextFile(path, max_lines=100_000)
    found: dict[str, list[tuple[int, str]]] = {"mass": [], "step": []}
    version = ""
    for number, text in file.lines():
        if number == 1:
            match = re.search(r"\(MEM\) version (3(?:\.\d+)+)\s*$", text)
            if match is None:
                raise file.fail(1, "", text, "a line that ends in (MEM) version 3.x.y")
            version = match[1]
        if match := re.match(r"Limiting mass:\s*(.*)", text):
            found["mass"].append((number, match[1].strip()))
        if match := re.match(r"Output resolution:\s*(.*)", text):
            found["step"].append((number, match[1].strip()))
    for key, label in (("mass", "Limiting mass:"), ("step", "Output resolution:")):
        if len(found[key]) != 1:
            problem = Problem(
                str(path), label, f"{len(found[key])} lines", "exactly one line"
            )
            raise InputError(problem)
    number, text = found["mass"][0]
    match = re.fullmatch(r"10\^(-?\d{1,3}(?:\.\d{1,12})?) grams", text)
    if match is None or not -6.0 <= float(match[1]) <= 1.0:
        expected = "10^X grams with X from -6 to 1"
        raise file.fail(number, "Limiting mass", text, expected)
    mass = 10.0 ** float(match[1]) * GRAM
    number, text = found["step"][0]
    match = re.fullmatch(r"([1-5]) degrees?", text)
    if match is None:
        expected = "N degrees with N from 1 to 5"
        raise file.fail(number, "Output resolution", text, expected)
    return RunInfo(version, mass, int(match[1]))


def read_options(path: str | Path) -> RunOptions:
    """Read ``options.txt``: 16 lines after the comments.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    RunOptions
        Bodies, axes, mass and resolutions.

    Raises
    ------
    InputError
        With every line that is not what its place demands.

    Notes
    -----
    Valid for MEM 3; the order of the lines is stated in the comments of the file
    itself (3.0).

    References
    ----------
    .. [1] options.txt of MEM 3.0.1 (public LunarEjecta repository).
    """
    file = TextFile(path, max_lines=10_000)
    lines = [
        (number, text.strip())
        for number, text in file.lines()
        if text.strip() and not text.startswith("#")
    ]
    if len(lines) != _OPTION_COUNT:
        last = lines[-1][0] if lines else 1
        expected = f"{_OPTION_COUNT} lines that are not comments"
        raise file.fail(last, "", f"{len(lines)} lines", expected)
    problems: list[Problem] = []

    def word(index: int, known: dict[str, str]) -> str:
        number, text = lines[index]
        if text.lower()[:2] in known:
            return known[text.lower()[:2]]
        expected = "one of " + ", ".join(f"{k} ({v})" for k, v in known.items())
        problems.extend(file.fail(number, f"Line {index + 1}", text, expected).problems)
        return ""

    def value(index: int, low: float, high: float, *, whole: bool) -> float:
        number, text = lines[index]
        token = text.split()[0]
        pattern = r"-?\d{1,3}" if whole else r"-?\d{1,3}(\.\d{0,12})?"
        if re.fullmatch(pattern, token) and low <= float(token) <= high:
            return float(token)
        kind = "a whole number" if whole else "a number"
        expected = f"{kind} from {low:g} to {high:g}"
        problems.extend(file.fail(number, f"Line {index + 1}", text, expected).problems)
        return low

    result = RunOptions(
        input_origin=word(1, ORIGINS),
        input_axes=word(2, {k: v for k, v in AXES.items() if k != "bo"}),
        log_mass=value(5, -6.0, 1.0, whole=False),
        origin=word(9, ORIGINS),
        axes=word(10, AXES),
        step=int(value(11, 1, 5, whole=True)),
        speed_step=int(value(12, 1, 2, whole=True)),
    )
    if problems:
        raise InputError(problems)
    return result


def read_state_vectors(path: str | Path, axes: str) -> RunOrbit:
    """Read the orbit about the Earth from ``input.txt``.

    Parameters
    ----------
    path : str or Path
        The file: Julian date, x y z [km], vx vy vz [km/s]; ``#`` begins a comment.
    axes : {"equatorial", "ecliptic"}
        Of the vectors.

    Returns
    -------
    RunOrbit
        Ranges over all state vectors.

    Raises
    ------
    InputError
        For a line that is not seven finite numbers, a position inside the Earth, a
        vector without a plane, a date outside 1900 to 2200, and a file without any.

    Notes
    -----
    Valid for state vectors about the Earth. The lines are read one by one: only the
    extremes are kept. Years are 365.25 days from 2000 January 0.0 on (within a day).

    References
    ----------
    .. [1] input.txt of MEM 3.0.1 (public LunarEjecta repository).
    """
    file = TextFile(path, max_lines=_MAX_VECTORS)
    tilt = OBLIQUITY * DEGREE if axes == "ecliptic" else 0.0
    pole = np.array([0.0, -np.sin(tilt), np.cos(tilt)])  # of the equator, in the axes
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    names = ("JD", "X", "Y", "Z", "VX", "VY", "VZ")
    for number, text in file.lines():
        if not text.strip() or text.lstrip().startswith("#"):
            continue
        values = file.floats(number, text, 7, negative=True, names=names)
        if max(map(abs, values)) > _LARGEST:
            expected = f"numbers up to {_LARGEST:g}"
            raise file.fail(number, "", text.strip(), expected)
        where, speed = np.array(values[1:4]) * KM, np.array(values[4:7]) * KM
        radius, normal = np.linalg.norm(where), np.cross(where, speed)
        year = 2000.0 + (values[0] - _J2000_YEAR_START) / 365.25
        if not 1900.0 <= year <= 2200.0:
            raise file.fail(number, "1 (JD)", values[0], "a Julian date 1900 to 2200")
        if radius < EARTH_RADIUS:
            expected = "a position above the Earth's surface"
            raise file.fail(number, "2 to 4 (X Y Z)", text.strip(), expected)
        length = np.linalg.norm(normal)
        if length == 0.0:
            expected = "a velocity across the position"
            raise file.fail(number, "5 to 7 (VX VY VZ)", text.strip(), expected)
        cosine = np.clip(normal @ pole / length, -1.0, 1.0)
        seen = np.array(
            [(radius - EARTH_RADIUS) / KM, np.arccos(cosine) / DEGREE, year]
        )
        low, high = np.minimum(low, seen), np.maximum(high, seen)
    if not np.all(np.isfinite(low)):
        raise file.fail(1, "", "no state vector", "JD X Y Z VX VY VZ")
    pairs = [(float(a), float(b)) for a, b in zip(low, high, strict=True)]
    return RunOrbit(pairs[0], pairs[1], pairs[2])
