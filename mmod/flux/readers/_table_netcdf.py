"""Threat tables as netCDF-4."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from mmod.errors import InputError, Problem, bad
from mmod.flux.readers._table_schema import (
    INTEGERS,
    MAX_NODES,
    MAX_THREATS,
    NAME,
    OPTIONAL_UNITS,
    UNITS,
    VERSION,
    WANTED,
    check_header,
    dims_problem,
)

MAX_VARIABLES = 64
MAX_BYTES = 500_000_000
"""Largest file that is read."""


def write_netcdf(table: xr.Dataset, part: Path) -> None:
    """Write the netCDF-4 form of a threat table.

    Parameters
    ----------
    table : xarray.Dataset
        A valid table.
    part : Path
        File to write.
    """
    named = table.drop_encoding().assign_attrs(
        mmod_format=NAME, mmod_format_version=VERSION
    )
    # a checksum on every chunk: a damaged file is refused, not believed
    stored: dict[str, Any] = {
        str(name): {
            "_FillValue": None,
            "zlib": True,
            "complevel": 1,
            "shuffle": True,
            "fletcher32": True,
        }
        for name in named.variables
    }
    try:
        named.to_netcdf(part, engine="netcdf4", format="NETCDF4", encoding=stored)
    except (RuntimeError, ValueError, TypeError) as error:
        raise bad(part, "table", str(error), "a table that netCDF can hold") from None


def read_netcdf(source: Path) -> xr.Dataset:
    """Read the netCDF-4 form of a threat table.

    Parameters
    ----------
    source : Path
        The file.

    Returns
    -------
    xarray.Dataset
        The table, not yet validated.

    Raises
    ------
    InputError
        For another format or version, a damaged file, and what is not of the format.
    """
    from netCDF4 import Dataset

    # from memory: the library would keep a damaged file open and believe it later
    content = _content(source)
    try:
        file = Dataset(source.name, "r", memory=content)
    except (OSError, RuntimeError, ValueError) as error:
        raise bad(source, "file", str(error), f"{WANTED} (netCDF-4)") from None
    with file:
        return _from_dataset(source, file)


def _content(source: Path) -> bytes:
    try:
        if not source.is_file():
            raise bad(source, "file", "not found", WANTED)
        size = source.stat().st_size
        if size > MAX_BYTES:
            raise bad(source, "size", size, f"at most {MAX_BYTES} bytes")
        with source.open("rb") as file:
            start = file.read(8)
            if start != b"\x89HDF\r\n\x1a\n":
                raise bad(source, "file", start, f"{WANTED} (netCDF-4)")
            return start + file.read(MAX_BYTES)
    except OSError as error:
        raise bad(source, "file", error.strerror, "a readable file") from None


def _from_dataset(source: Path, file: Any) -> xr.Dataset:
    try:
        attrs = {name: file.getncattr(name) for name in file.ncattrs()}
        sizes = {name: len(dim) for name, dim in file.dimensions.items()}
        shapes = {
            name: (v.dimensions, np.dtype(v.dtype).kind)
            for name, v in file.variables.items()
        }
    except (OSError, RuntimeError, TypeError, ValueError, AttributeError) as error:
        raise bad(source, "file", str(error), f"{WANTED} (netCDF-4)") from None
    check_header(str(source), attrs)
    problems = [
        Problem(str(source), name, text, "a variable of the format")
        for name, (dims, kind) in shapes.items()
        if (text := dims_problem(name, dims, kind))
    ]
    if len(shapes) > MAX_VARIABLES:
        expected = f"at most {MAX_VARIABLES}"
        problems.append(Problem(str(source), "variables", len(shapes), expected))
    nodes = sizes.get("size_curve", 0) * sizes.get("diameter", 0)
    for key, count, most in (
        ("threat", sizes.get("threat", 0), MAX_THREATS),
        ("size_curve x diameter", nodes, MAX_NODES),
    ):
        if not 0 < count <= most:
            problems.append(Problem(str(source), key, count, f"1 to {most}"))
    if problems:
        raise InputError(problems)
    try:
        store = xr.backends.NetCDF4DataStore(file)  # type: ignore[no-untyped-call]
        opened = xr.open_dataset(store, mask_and_scale=False, decode_cf=False)
        table = opened.load().drop_encoding()
    except (OSError, RuntimeError, ValueError, KeyError, TypeError) as error:
        raise bad(source, "content", str(error), f"{WANTED}, complete") from None
    for name, variable in table.variables.items():
        unit = UNITS.get(str(name), OPTIONAL_UNITS.get(str(name)))
        if unit is not None and variable.attrs.get("units") != unit:
            found = variable.attrs.get("units", "missing")
            problems.append(Problem(str(source), f"{name}.units", found, unit))
        if str(name) in INTEGERS and variable.dtype.kind not in "iu":
            found = str(variable.dtype)
            problems.append(Problem(str(source), str(name), found, "whole numbers"))
    if problems:
        raise InputError(problems)
    table.attrs = {k: v for k, v in table.attrs.items() if not k.startswith("mmod_")}
    return _typed(table)


def _typed(table: xr.Dataset) -> xr.Dataset:
    """Return the table with the number types of the engine."""
    changed = {
        name: variable.astype(INTEGERS.get(str(name), np.dtype(np.float64)))
        for name, variable in table.variables.items()
    }
    data = {k: v for k, v in changed.items() if k != "diameter"}
    coords = {k: v for k, v in changed.items() if k == "diameter"}
    return xr.Dataset(data, coords, table.attrs)
