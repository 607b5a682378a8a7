"""One-dimensional spectra of ESA MASTER-8 (``*_d.dia`` and its siblings).

Marginal distributions for comparison: a run needs directions, speeds and sizes
together, so it reads the STENVI file of MASTER (`mmod.flux.readers.stenvi`).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mmod.errors import bad
from mmod.flux.card import AreaConvention
from mmod.flux.readers._environment import TUMBLING_TO_CROSS_SECTION
from mmod.flux.readers._lines import LineReader, TextFile
from mmod.flux.readers._spectrum_header import (
    AXES,
    Position,
    find_header,
    find_quantity,
    find_scale,
    is_axis,
    plain,
)
from mmod.units import PER_YEAR

__all__ = ["MasterSpectrum", "read"]

FloatArray = NDArray[np.float64]
Form = Literal["differential", "cumulative"]

SUM_TOLERANCE = 2e-3
"""Of sums against totals: the printed digits of many rows."""
MAX_ROWS = 100_000
_MAX_COLUMNS = 60

_FOOTER = re.compile(
    r"total flux in this spectrum is\s+(\S+)\s+1/m\^2/yr", flags=re.IGNORECASE
)


@dataclass(frozen=True)
class MasterSpectrum:
    """A marginal distribution of the flux.

    Parameters
    ----------
    quantity : {"diameter", "speed", "azimuth", "elevation"}
        What the flux is resolved in.
    form : {"differential", "cumulative"}
        Flux in each bin, or of particles of at least each diameter.
    values : ndarray, shape (n,)
        The column of the quantity [m, m/s or rad], azimuth from ram **as in the file**
        (its sign is not converted: the header does not state it).
    lower, upper : ndarray, shape (n,), optional
        Edges of the bins where the header names two columns.
    position : {"lower", "middle", "upper", "bin"}, optional
        What ``values`` is of its bin where the header says so; "bin" with two edges
        (``values`` is then their middle); None: the file does not say.
    flux : dict of str to ndarray
        Name of the source as in the header -> cross-sectional flux [1/m2/s].
    total : ndarray, shape (n,)
        All sources [1/m2/s].
    total_flux : float
        As the footer states it, cross-sectional [1/m2/s]: within the thresholds of the
        run only.
    path : Path
        The file.
    """

    quantity: str
    form: Form
    values: FloatArray
    lower: FloatArray | None
    upper: FloatArray | None
    position: Position | None
    flux: dict[str, FloatArray]
    total: FloatArray
    total_flux: float
    path: Path


def read(
    path: str | Path, *, area_convention: AreaConvention, form: Form | None = None
) -> MasterSpectrum:
    """Read a one-dimensional spectrum of MASTER-8.

    Parameters
    ----------
    path : str or Path
        ``NAME_d.dia``, ``.vel``, ``.azi`` or ``.ele`` (differential), ``NAME_c.dia``
        (cumulative).
    area_convention : {"cross_section", "tumbling_surface"}
        Of the run's target (a sphere, or a tumbling plate); the file does not say.
    form : {"differential", "cumulative"}, optional
        Needed where the name has neither ``_d`` nor ``_c``.

    Returns
    -------
    MasterSpectrum
        With cross-sectional fluxes.

    Raises
    ------
    InputError
        When the header does not name every column, names no total, the columns do not
        add up to the total or the rows to the total of the footer, and for a file
        without its footer (cut off).

    Notes
    -----
    Valid for the thresholds of the run. The order of the columns is not known to the
    authors from a real file, so nothing is taken by position: the names in the header
    decide, and sums must agree. Fluxes per bin are expected, not per degree or km/s:
    others do not add up and are refused.

    References
    ----------
    .. [1] ECSS-E-ST-10-04C Rev.1 (2020) 10.1.2, J.2.2.1 (sources in MASTER-8).
    """
    file = TextFile(path)
    axis = AXES.get(file.path.suffix.lower())
    if axis is None:
        known = ", ".join(AXES)
        raise bad(file.path, "extension", file.path.suffix, f"one of {known}")
    chosen = _form(file.path, form)
    if area_convention not in {"cross_section", "tumbling_surface"}:
        expected = "cross_section or tumbling_surface"
        raise bad("<argument>", "area_convention", area_convention, expected)
    comments, rows, footer = _scan(file)
    line, names, title = find_header(file, comments, len(rows[0][1]), axis)
    columns = np.array([row for _, row in rows])
    keys = [k for k, n in enumerate(names) if is_axis(n, axis)]
    total_at = [k for k, n in enumerate(names) if plain(n) == "total"]
    if len(total_at) != 1:
        raise file.fail(line, "total", title, "one column named Total")
    values, lower, upper, position = find_quantity(
        file, line, names, keys, columns, axis
    )
    sources = {
        name: columns[:, k]
        for k, name in enumerate(names)
        if k not in keys and k != total_at[0]
    }
    total = columns[:, total_at[0]]
    _check_sums(file, rows, sources, total, footer, chosen)
    factor = PER_YEAR
    if area_convention == "tumbling_surface":
        factor *= TUMBLING_TO_CROSS_SECTION
    scale = find_scale(file, line, title, axis)
    return MasterSpectrum(
        quantity=axis.quantity,
        form=chosen,
        values=values * scale,
        lower=None if lower is None else lower * scale,
        upper=None if upper is None else upper * scale,
        position=position,
        flux={name: factor * column for name, column in sources.items()},
        total=factor * total,
        total_flux=factor * footer[1],
        path=file.path,
    )


def _form(path: Path, given: Form | None) -> Form:
    stem = path.stem.lower()
    named: Form | None = None
    if stem.endswith("_d") or stem == "d":
        named = "differential"
    elif stem.endswith("_c") or stem == "c":
        named = "cumulative"
    if given is not None and given not in {"differential", "cumulative"}:
        raise bad("<argument>", "form", given, "differential or cumulative")
    if named is not None and given is not None and named != given:
        raise bad(path, "form", given, f"{named!r}, as the name of the file says")
    chosen = given or named
    if chosen is None:
        expected = "a name ending in _d or _c, or the argument form"
        raise bad(path, "form", path.name, expected)
    if chosen == "cumulative" and path.suffix.lower() != ".dia":
        raise bad(path, "form", chosen, "a differential spectrum, or a .dia file")
    return chosen


def _scan(
    file: TextFile,
) -> tuple[list[tuple[int, str]], list[tuple[int, list[float]]], tuple[int, float]]:
    """Return comments before the rows, the rows, and line and value of the footer."""
    comments: list[tuple[int, str]] = []
    rows: list[tuple[int, list[float]]] = []
    footer: tuple[int, float] | None = None
    reader = LineReader(file)
    for number, text in reader:
        match = _FOOTER.search(text)
        if match is not None:
            if footer is not None:
                raise file.fail(number, "", text, "one line with the total flux")
            footer = (number, file.floats(number, match[1], 1)[0])
            continue
        stripped = text.strip()
        if not stripped or stripped.startswith("#"):
            if not rows and len(comments) < 1000:
                comments.append((number, stripped.lstrip("#").strip()))
            continue
        count = len(rows[0][1]) if rows else None
        values = file.floats(number, text, count, negative=True)
        if len(values) > _MAX_COLUMNS or len(rows) >= MAX_ROWS:
            expected = f"at most {_MAX_COLUMNS} columns and {MAX_ROWS} rows"
            raise file.fail(number, "", stripped, expected)
        rows.append((number, values))
    if not rows:
        raise file.fail(reader.number + 1, "", "end of file", "rows of numbers")
    if footer is None:
        expected = "'Total flux in this spectrum is X 1/m^2/yr' (is the file cut off?)"
        raise file.fail(reader.number + 1, "", "end of file", expected)
    return comments, rows, footer


def _check_sums(
    file: TextFile,
    rows: list[tuple[int, list[float]]],
    sources: dict[str, FloatArray],
    total: FloatArray,
    footer: tuple[int, float],
    form: Form,
) -> None:
    """Refuse columns that do not add up to the total, or rows to the footer."""
    for name, column in [*sources.items(), ("total", total)]:
        if np.any(column < 0.0):
            at = int(np.argmax(column < 0.0))
            raise file.fail(rows[at][0], name, float(column[at]), "a flux >= 0")
    if form == "cumulative" and np.any(np.diff(total) > 0.0):
        at = int(np.argmax(np.diff(total) > 0.0)) + 1
        raise file.fail(rows[at][0], "total", float(total[at]), "a falling flux")
    if sources:
        added = np.sum(list(sources.values()), axis=0)
        off = np.abs(added - total) > SUM_TOLERANCE * np.maximum(total, added)
        if np.any(off):
            at = int(np.argmax(off))
            expected = f"{added[at]:.4g}, the sum of the sources"
            raise file.fail(rows[at][0], "total", float(total[at]), expected)
    summed = float(total[0]) if form == "cumulative" else math.fsum(total)
    if abs(summed - footer[1]) > SUM_TOLERANCE * max(summed, footer[1]):
        expected = f"{summed:.6g}, from the rows"
        raise file.fail(footer[0], "total flux", footer[1], expected)
