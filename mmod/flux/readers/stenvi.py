"""ESA's standard environment file (STENVI, ``*.sei``): read; `write` is beside it.

A row is one bin in azimuth, elevation, speed, diameter, argument of latitude and
density, with its flux. The azimuth counts opposite to ours (towards starboard).
"""

from __future__ import annotations

import math
from array import array
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmod.errors import InputError, Problem, bad
from mmod.flux.base import Flag
from mmod.flux.card import AreaConvention, Kind
from mmod.flux.readers._environment import ExternalEnvironment, FileFacts, Format
from mmod.flux.readers._lines import LineReader, TextFile
from mmod.flux.readers._sizes import class_curves, class_grid, log_log
from mmod.flux.readers._stenvi_bins import StenviBins, default_bins
from mmod.flux.readers._stenvi_grid import DIMENSIONS, TOTAL
from mmod.flux.readers._stenvi_header import Header, read_header
from mmod.flux.readers._stenvi_write import write
from mmod.flux.table import SizeCurves, ThreatBins
from mmod.units import MM, PER_YEAR

__all__ = ["FORMAT", "StenviBins", "default_bins", "read", "write"]

FloatArray = NDArray[np.float64]

MAX_DIAMETERS = 200
MAX_NODES = 20_000_000
"""Most size curves times their nodes."""
TOTAL_TOLERANCE = 1e-6
"""Of the sum of the rows against the total that our own writer states."""


def read(path: str | Path, *, kind: str | None = None) -> ExternalEnvironment:
    """Read a STENVI file.

    Parameters
    ----------
    path : str or Path
        The ``*.sei`` file.
    kind : {"debris", "meteoroid"}, optional
        What the file holds; needed where the file does not say (only files of our own
        writer do).

    Returns
    -------
    ExternalEnvironment
        One size curve for every class of diameter and density that has flux, one bin
        for every non-zero row. Cumulative flux at the edges of the diameter bins is the
        sum of the rows; inside a bin it follows the file's own cumulative spectrum
        log-log, in the topmost bin that has flux it is uniform in log d.

    Raises
    ------
    InputError
        Naming file, line and column. Unknown cards, bins that do not fit their card,
        rows that point outside or twice to one bin, and a file without rows are
        refused.

    Notes
    -----
    Valid for the diameters between the thresholds of the run: the flux is constant
    below the lower one (no particle is invented). The density of a class is the middle
    of its bin. Fluxes of latitude bins are added: the mean over the orbit. STENVI does
    not state the area convention; the card does. The layout is known from a public
    converter, not from the format's own document: unknown cards are therefore refused.

    References
    ----------
    .. [1] ECSS-E-ST-10-04C Rev.1 (2020) J.4.3.3 names the format.
    """
    file = TextFile(path)
    reader = LineReader(file)
    header = read_header(file, reader)
    _check_size(file.path, header)
    chosen = _kind(file.path, header, kind)
    cell, flux = _rows(file, reader, header)
    bins, curves = _environment(file.path, header, cell, flux)
    return ExternalEnvironment(
        format="stenvi",
        kind=chosen,
        bins=bins,
        curves=curves,
        populations=(chosen,),
        files=(file.path,),
        facts=_facts(file.path, header),
        area_convention=_area(file.path, header),
        notes=_notes(header),
        extra={"model": header.model, **header.orbit},
    )


FORMAT = Format(read, ("kind",), "ESA standard environment file (*.sei), six indices")


def _kind(path: Path, header: Header, given: str | None) -> Kind:
    stated = header.kind
    if stated is not None and given is not None and stated != given:
        raise bad(path, "kind", given, f"{stated!r}, as the file states")
    chosen = stated if given is None else given
    if chosen == "debris":
        return "debris"
    if chosen == "meteoroid":
        return "meteoroid"
    raise bad(path, "kind", chosen, "'debris' or 'meteoroid' (the file does not say)")


def _area(path: Path, header: Header) -> AreaConvention | None:
    if header.area is None:
        return None
    if header.area == "cross_section":
        return "cross_section"
    if header.area == "tumbling_surface":
        return "tumbling_surface"
    raise bad(path, "area convention", header.area, "cross_section, tumbling_surface")


def _check_size(path: Path, header: Header) -> None:
    """Refuse grids that no memory would hold."""
    counts = [header.edges[d.name].size - 1 for d in DIMENSIONS]
    diameters = header.edges["diameter"].size - 1
    problems = []
    if diameters > MAX_DIAMETERS:
        expected = f"at most {MAX_DIAMETERS} bins"
        problems.append(Problem(str(path), "DIAMETER", diameters, expected))
    if math.prod(counts) >= 2**62:
        problems.append(Problem(str(path), "bins", counts, "a product below 2^62"))
    if problems:
        raise InputError(problems)


def _rows(
    file: TextFile, reader: LineReader, header: Header
) -> tuple[NDArray[np.int64], FloatArray]:
    """Return flat bin numbers and fluxes [1/m2/s] of the rows that are not zero."""
    shape = tuple(header.edges[d.name].size - 1 for d in DIMENSIONS)
    names = [*(d.column for d in DIMENSIONS), "flux"]
    numbers, lines = array("d"), array("q")
    for number, text in reader:
        if text.startswith("#") or not text.strip():
            continue
        numbers.extend(file.floats(number, text, 7, names=names))
        lines.append(number)
    if not lines:
        raise file.fail(reader.number + 1, "", "end of file", "rows with six indices")
    if not _ends_with_newline(file.path):
        expected = "a line end (the file is cut off)"
        raise file.fail(reader.number, "", "no line end", expected)
    rows = np.frombuffer(numbers).reshape(-1, 7)
    index, flux = rows[:, :6], rows[:, 6]
    wrong = (index < 1.0) | (index > np.array(shape)) | (index != np.floor(index))
    if np.any(wrong):
        row, k = (int(v) for v in np.argwhere(wrong)[0])
        expected = f"a whole number from 1 to {shape[k]}"
        value = float(index[row, k])
        raise file.fail(lines[row], f"{k + 1} ({names[k]})", value, expected)
    cell = np.ravel_multi_index(tuple((index - 1.0).astype(np.int64).T), shape)
    order = np.argsort(cell, kind="stable")
    twice = np.nonzero(np.diff(cell[order]) == 0)[0]
    if twice.size:
        line = lines[int(order[twice[0] + 1])]
        raise file.fail(line, "", "a second row of one bin", "every bin once")
    _check_total(file, header, flux)
    some = flux > 0.0
    if not np.any(some):
        raise file.fail(reader.number, "flux", "none", "rows with flux above zero")
    return cell[some], flux[some] * PER_YEAR


def _ends_with_newline(path: Path) -> bool:
    with path.open("rb") as handle:
        handle.seek(-1, 2)
        return handle.read(1) == b"\n"


def _check_total(file: TextFile, header: Header, flux: FloatArray) -> None:
    if header.total is None:
        return
    line, total, rows = header.total
    if flux.size != rows:
        raise file.fail(line, TOTAL, f"{rows} rows", f"{flux.size}, as there are")
    found = math.fsum(flux)
    if abs(found - total) > TOTAL_TOLERANCE * total:
        raise file.fail(line, TOTAL, total, f"{found:.9E}, the sum of the rows")


def _environment(
    path: Path, header: Header, cell: NDArray[np.int64], flux: FloatArray
) -> tuple[ThreatBins, SizeCurves]:
    edges = header.edges
    shape = tuple(edges[d.name].size - 1 for d in DIMENSIONS)
    azi, ele, vel, dia, _, den = np.unravel_index(cell, shape)
    # latitudes are added: the mean over the orbit
    whole = np.ravel_multi_index(
        (dia, den, azi, ele, vel), (shape[3], shape[5], *shape[:3])
    )
    unique, inverse = np.unique(whole, return_inverse=True)
    weight = np.asarray(np.bincount(inverse, flux), dtype=np.float64)
    dia, den, azi, ele, vel = np.unravel_index(unique, (shape[3], shape[5], *shape[:3]))
    classes, index = np.unique(dia * shape[5] + den, return_inverse=True)
    class_dia, class_den = classes // shape[5], classes % shape[5]
    class_flux = np.bincount(index, weight)
    diameter = edges["diameter"]
    per_bin = np.bincount(class_dia, class_flux, minlength=diameter.size)
    cumulative = np.cumsum(per_bin[::-1], dtype=np.float64)[::-1]
    used = cumulative > 0.0
    grid = class_grid(diameter)
    if classes.size * grid.size > MAX_NODES:
        expected = f"at most {MAX_NODES // grid.size} classes with flux"
        raise bad(path, "classes of diameter and density", classes.size, expected)
    shapes = class_curves(grid, diameter, log_log(diameter[used], cumulative[used]))
    middle = 0.5 * (edges["density"][:-1] + edges["density"][1:])
    curves = SizeCurves(
        diameter=grid,
        flux=class_flux[:, None] * shapes[class_dia],
        density=np.repeat(middle[class_den][:, None], grid.size, axis=1),
    )
    azimuth, sine = edges["azimuth"], np.sin(edges["elevation"])
    speed = edges["speed"]
    bins = ThreatBins(
        azimuth_lower=-azimuth[azi + 1],
        azimuth_upper=-azimuth[azi],
        sin_elevation_lower=sine[ele],
        sin_elevation_upper=sine[ele + 1],
        speed_lower=speed[vel],
        speed_upper=speed[vel + 1],
        weight=weight,
        size_curve_index=index.astype(np.int32),
    )
    return bins, curves


def _facts(path: Path, header: Header) -> FileFacts:
    facts: dict[str, Any] = {"epoch_year": header.epoch}
    axis, shape = header.orbit.get("SEMIAXIS"), header.orbit.get("ECCENTRI", 0.0)
    if axis is not None:
        low, high = axis * (1.0 - shape) - 6378.0, axis * (1.0 + shape) - 6378.0
        if low < 0.0:
            expected = "a perigee above the Earth (6378 km)"
            raise InputError(Problem(str(path), "ECCENTRI", shape, expected))
        facts["altitude_km"] = (low, high)
    if "INCLIN" in header.orbit:
        facts["inclination_deg"] = (header.orbit["INCLIN"],) * 2
    diameter = header.edges["diameter"]
    facts["diameter_mm"] = (float(diameter[0] / MM), float(diameter[-1] / MM))
    return FileFacts(**facts)


def _notes(header: Header) -> tuple[Flag, ...]:
    low, high = header.edges["diameter"][[0, -1]]
    notes = [
        Flag(
            "stenvi-thresholds",
            f"{header.model}: the file holds particles of {low:.4g} to {high:.4g} m;"
            " smaller ones are missing, larger ones too unless its last bin holds them",
        )
    ]
    if header.total is None:
        notes.append(
            Flag(
                "stenvi-no-total",
                f"{header.model}: the file states no total and may leave out empty bins;"
                " missing rows cannot be noticed",
            )
        )
    if header.edges["latitude"].size > 2:
        notes.append(
            Flag(
                "stenvi-latitudes",
                f"{header.model}: fluxes of the latitude bins are added",
            )
        )
    return tuple(notes)
