"""What the files of one ORDEM case have in common: orbit, notes, agreement."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mmod.errors import InputError, Problem
from mmod.flux.base import Flag
from mmod.flux.readers._environment import FileFacts, FluxSigma
from mmod.flux.readers.ordem_files import SizeFlux
from mmod.flux.readers.ordem_header import ROUNDING, SIZES, Header
from mmod.flux.readers.ordem_inputs import read_input, read_project
from mmod.units import DEGREE, MM, PER_YEAR

FloatArray = NDArray[np.float64]

SIZE_FILE = "SIZEFLUX_SC.OUT"
INPUT_FILE = "ORDEM.IN"
AGREEMENT = 2.0 * ROUNDING
"""Between the sums of two files of one case, relative."""
DENSITIES = {
    "density_nak_kg_m3": 900.0,
    "density_low_kg_m3": 1400.0,
    "density_medium_kg_m3": 2800.0,
    "density_high_kg_m3": 7900.0,
    "density_intact_kg_m3": 2800.0,
}
"""Of the five populations, recalled; the last by convention."""
NAMES = ("NaK", "low density", "medium density", "high density", "intact")
UNKNOWN_DENSITY = "density_kg_m3"


def check_settings(
    tables: str, azimuth_positive: str, densities: Mapping[str, float]
) -> None:
    """Refuse settings of the reader that are not known or not possible."""
    choices = {
        "tables": (tables, ("auto", "igloo", "marginals")),
        "azimuth_positive": (azimuth_positive, ("port", "starboard")),
    }
    problems = [
        Problem("<argument>", key, value, " or ".join(accepted))
        for key, (value, accepted) in choices.items()
        if value not in accepted
    ]
    if tables == "directions":
        expected = (
            "igloo or marginals: the layout of DIRFLUX_SC.OUT is not known here (no"
            " file of it and no description was at hand, only that its size fits rows"
            " of 1 x 1 deg), and directions are not guessed; the igloo has them"
        )
        problems[0] = Problem("<argument>", "tables", tables, expected)
    known = (UNKNOWN_DENSITY, *DENSITIES)
    problems += [
        Problem("<argument>", key, value, f"a positive density: {', '.join(known)}")
        for key, value in densities.items()
        if key not in known or not 0.0 < value < np.inf
    ]
    if problems:
        raise InputError(problems)


def turned(
    low: FloatArray, high: FloatArray, sign: float
) -> tuple[FloatArray, FloatArray]:
    """Return azimuth edges [rad] towards port, between -pi and pi."""
    if sign < 0.0:
        low, high = -high, -low
    turns = 360.0 * np.floor((0.5 * (low + high) + 180.0) / 360.0)
    pair = ((low - turns) * DEGREE, (high - turns) * DEGREE)
    return np.maximum(pair[0], -np.pi), np.minimum(pair[1], np.pi)


def facts(header: Header) -> FileFacts:
    return FileFacts(
        altitude_km=(header.perigee_km, header.apogee_km),
        inclination_deg=(header.inclination_deg, header.inclination_deg),
        epoch_year=(float(header.year), header.year + 1.0),
        diameter_mm=(SIZES[0] / MM, SIZES[-1] / MM),
    )


def sigma(size: SizeFlux) -> FluxSigma:
    return FluxSigma(size.diameter, size.lower * PER_YEAR, size.upper * PER_YEAR)


def notes(header: Header, sign: float) -> list[Flag]:
    side = "port" if sign > 0.0 else "starboard"
    notes = [
        Flag(
            "ordem-azimuth-sign",
            f"positive azimuths are taken as {side}: the side is unverified",
        )
    ]
    if not header.version.startswith("3.2"):
        text = f"files of ORDEM {header.version}; the reader was tried on 3.2.0"
        notes.append(Flag("ordem-version", text))
    if header.apogee_km - header.perigee_km > 1.0:
        text = (
            f"the orbit of the files is {header.perigee_km:g} x {header.apogee_km:g} km;"
            " the run's is circular"
        )
        notes.append(Flag("eccentric-orbit", text))
    return notes


def agree(path: Path, edges: FloatArray, own: FloatArray, total: FloatArray) -> None:
    """Refuse a file whose sums are not the totals of SIZEFLUX."""
    problems = [
        Problem(
            str(path),
            f"sum above {d:.3g} m",
            float(f"{a:.6g}"),
            f"{b:.4g} 1/m2/yr, as {SIZE_FILE} has it (within {AGREEMENT:.1%})",
        )
        for d, a, b in zip(edges, own, total, strict=True)
        if abs(a - b) > AGREEMENT * max(a, b)
    ]
    if problems:
        raise InputError(problems)


def same_case(files: dict[str, Path], headers: Mapping[str, Header]) -> list[Path]:
    """Refuse files of different cases; return the inputs that were read too."""
    first, reference = next(iter(headers.items()))
    problems = [
        Problem(
            str(files[name]), "header", str(header), f"that of {first}: {reference}"
        )
        for name, header in headers.items()
        if header != reference
    ]
    read_too: list[Path] = []
    for name, path in files.items():
        if name != INPUT_FILE and not name.endswith(".PRJ"):
            continue
        case = read_input(path) if name == INPUT_FILE else read_project(path)
        read_too.append(path)
        for key in ("year", "perigee_km", "apogee_km", "inclination_deg"):
            value, expected = getattr(case, key), getattr(reference, key)
            if abs(value - expected) > 0.05:
                text = f"{expected:g}, as the output files say"
                problems.append(Problem(str(path), key, value, text))
    if problems:
        raise InputError(problems)
    return read_too
