"""The project's own file of a threat table: netCDF-4 (exact) and CSV.

``docs/environment_files.md`` describes both. Names of variables, units and dimensions
are those of `mmod.flux.table`.
"""

from __future__ import annotations

import math
import os
import re
from pathlib import Path

import numpy as np
import xarray as xr

from mmod.errors import InputError, Problem, bad
from mmod.flux.base import Flag
from mmod.flux.card import Kind
from mmod.flux.readers._atomic import replacing
from mmod.flux.readers._environment import ExternalEnvironment, FileFacts, Format
from mmod.flux.readers._table_csv import read_csv, write_csv
from mmod.flux.readers._table_netcdf import read_netcdf, write_netcdf
from mmod.flux.readers._table_schema import (
    OPTIONAL_UNITS,
    THREAT,
    UNITS,
    dims_problem,
    is_plain,
)
from mmod.flux.table import (
    WEIGHT_TOLERANCE,
    SizeCurves,
    ThreatBins,
    normalised,
    validate_threats,
)
from mmod.flux.uncertainty import law_of_table
from mmod.units import DEGREE, KM, MM

ROUNDING = 1e-6
"""Weights may miss a sum of 1, and angles may pass their limits, by this much."""

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)?\Z")
_LIMITS = {"azimuth": math.pi, "sin_elevation": 1.0}


def write(table: xr.Dataset, path: str | os.PathLike[str]) -> Path:
    """Write a threat table, all or nothing.

    Parameters
    ----------
    table : xarray.Dataset
        Threat table (see `mmod.flux.table`): SI, cross-sectional flux.
    path : path
        ``*.nc`` for netCDF-4, ``*.csv`` for text. An existing file is replaced once
        the new one is complete.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        When the table breaks its contract, holds what the format does not, or the file
        cannot be written.

    Notes
    -----
    Valid for every table that `mmod.flux.table.validate_threats` accepts. Further
    numeric variables over the same dimensions are kept. Units that are not stated are added. The CSV prints the shortest
    digits from which the same double comes back.

    References
    ----------
    .. [1] ``docs/environment_files.md``.
    """
    validate_threats(table)
    target = Path(path)
    problems = [
        Problem("threat table", str(name), text, "a variable of the format")
        for name, variable in table.variables.items()
        if (text := dims_problem(str(name), variable.dims, variable.dtype.kind))
    ]
    problems += [
        Problem("threat table", f"attrs.{key}", value, "text or a finite number")
        for key, value in _attributes(table)
        if not is_plain(value) or not _KEY.match(key) or key.startswith("mmod_")
    ]
    units = {**UNITS, **{k: u for k, u in OPTIONAL_UNITS.items() if k in table}}
    problems += [
        Problem("threat table", f"{name}.units", table[name].attrs["units"], unit)
        for name, unit in units.items()
        if table[name].attrs.get("units", unit) != unit
    ]
    if problems:
        raise InputError(problems)
    table = table.copy()
    for name, unit in units.items():
        table[name].attrs.setdefault("units", unit)
    if target.suffix == ".csv":
        with replacing(target) as part:
            write_csv(table, part)
    elif target.suffix == ".nc":
        with replacing(target) as part:
            write_netcdf(table, part)
    else:
        raise bad(target, "path", target.suffix, "a name that ends in .nc or .csv")
    return target


def read_table(path: str | os.PathLike[str]) -> xr.Dataset:
    """Read a threat table.

    Parameters
    ----------
    path : path
        ``*.nc`` or ``*.csv``, as `write` makes them or as a user wrote them by
        ``docs/environment_files.md``.

    Returns
    -------
    xarray.Dataset
        The table, validated. From netCDF, and from a CSV with all digits, identical to
        the one written.

    Raises
    ------
    InputError
        For a file that is missing, half-written, of another format or of an unknown
        version, or whose content breaks the contract of a threat table.

    Notes
    -----
    Valid for tables of up to four million bins. Weights whose sum misses 1 by up to
    `ROUNDING` are scaled, angles beyond their limit by up to `ROUNDING` are cut back:
    printed digits do that.

    References
    ----------
    .. [1] ``docs/environment_files.md``.
    """
    source = Path(path)
    if source.suffix == ".csv":
        table = read_csv(source)
    elif source.suffix == ".nc":
        table = read_netcdf(source)
    else:
        raise bad(source, "path", source.suffix, "a name that ends in .nc or .csv")
    _settle_rounding(table)
    try:
        validate_threats(table)
    except InputError as error:
        raise InputError(
            Problem(str(source), p.key, p.value, p.expected) for p in error.problems
        ) from None
    return table


def read(path: str | os.PathLike[str]) -> ExternalEnvironment:
    """Read a threat table as an environment for a card of the family ``external``.

    Parameters
    ----------
    path : path
        As `read_table`.

    Returns
    -------
    ExternalEnvironment
        Bins, size curves, orbit, epoch, sizes and flags of the table.

    Raises
    ------
    InputError
        As `read_table`.

    Notes
    -----
    Valid as the table. Attributes that are NaN are not known.

    References
    ----------
    .. [1] ``docs/environment_files.md``.
    """
    table = read_table(path)
    attrs = table.attrs
    edges = {n: table[n].values for n in THREAT if n != "weight"}
    coupled = bool(attrs["coupled"])
    kind: Kind = "debris" if attrs["kind"] == "debris" else "meteoroid"
    names = str(table["population"].attrs.get("population_names", kind)).split(", ")
    members = table["population"].values
    if members.min() < 0 or members.max() >= len(names):
        expected = f"indices below {len(names)}, the number of population_names"
        raise bad(Path(path), "population", int(members.max()), expected)

    def both(key: str, scale: float) -> tuple[float, float] | None:
        value = float(attrs[key]) / scale
        return (value, value) if math.isfinite(value) else None

    least, most = (float(attrs[f"table_{k}_diameter"]) / MM for k in ("min", "max"))
    return ExternalEnvironment(
        format="threat_table",
        kind=kind,
        bins=ThreatBins(
            **edges,
            weight=table["weight"].values,
            size_curve_index=table["size_curve_index"].values,
            side=table["side"].values if coupled else None,
            coupling_speed=float(attrs["coupling_speed"]) if coupled else None,
            population=members,
        ),
        curves=SizeCurves(
            table["diameter"].values, table["flux"].values, table["density"].values
        ),
        populations=tuple(names),
        files=(Path(path),),
        facts=FileFacts(
            altitude_km=both("altitude", KM),
            inclination_deg=both("inclination", DEGREE),
            epoch_year=both("epoch", 1.0),
            diameter_mm=(least, most) if least < most else None,
        ),
        area_convention="cross_section",
        notes=tuple(
            Flag(code, message)
            for code, _, message in (
                line.partition(": ") for line in str(attrs["flags"]).splitlines()
            )
        ),
        law=law_of_table(table, f"log_stderr of {Path(path).name}"),
        extra={"model": str(attrs["model"])},
    )


FORMAT = Format(read, (), "threat table of mmod (*.nc, *.csv)")


def _attributes(table: xr.Dataset) -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = [(str(k), v) for k, v in table.attrs.items()]
    for name, variable in table.variables.items():
        found += [(f"{name}.{key}", value) for key, value in variable.attrs.items()]
    return found


def _settle_rounding(table: xr.Dataset) -> None:
    """Scale weights and cut angles that only miss by printed digits."""
    if "weight" in table and "size_curve_index" in table:
        weight, index = table["weight"].values, table["size_curve_index"].values
        for curve in np.unique(index):
            mine = index == curve
            miss = abs(math.fsum(weight[mine]) - 1.0)
            if WEIGHT_TOLERANCE < miss <= ROUNDING:
                weight[mine] = normalised(weight[mine])
    for name, limit in _LIMITS.items():
        for edge in ("lower", "upper"):
            if f"{name}_{edge}" not in table:
                continue
            values = table[f"{name}_{edge}"].values
            slightly = (np.abs(values) > limit) & (np.abs(values) <= limit + ROUNDING)
            values[slightly] = np.copysign(limit, values[slightly])
