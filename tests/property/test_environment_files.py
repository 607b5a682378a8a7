"""Mutated environment files give a clear refusal or a valid table, nothing else."""

from __future__ import annotations

import math
import tempfile
from functools import cache
from pathlib import Path

import netCDF4
import numpy as np
from environment_files import coarse_bins, small_table, write_spectrum
from hypothesis import given, settings
from hypothesis import strategies as st

from mmod.errors import InputError
from mmod.flux.readers import master_spectrum, stenvi, threat_table
from mmod.flux.table import validate_threats

WORDS = [
    "nan", "-1", "0", "1e999", "1.5", "1D-5", "-inf", "", "x", "#", "=", "null",
    "99999999999999999999", "\0", "é", ",", "[deg]", "1 2", "1e-320", "{}",
]  # fmt: skip
FOLDER = Path(tempfile.mkdtemp(prefix="mmod-fuzz-"))


@cache
def text(kind: str) -> str:
    """Return a small valid file."""
    table = small_table()
    if kind == "stenvi":
        path = stenvi.write(table, FOLDER / "v.sei", bins=coarse_bins(table, 60.0))
    elif kind == "spectrum":
        path = FOLDER / "v_d.dia"
        write_spectrum(path, table)
    else:
        path = threat_table.write(_few(), FOLDER / "v.csv")
    return path.read_text(encoding="utf-8")


@cache
def _few():
    table = small_table().isel(threat=slice(0, 400, 40), diameter=slice(0, None, 300))
    top = small_table()["diameter"].values[-1]
    weight = table["weight"].values
    weight = weight / math.fsum(weight)
    weight[0] += 1.0 - math.fsum(weight)
    diameter = table["diameter"].values.copy()
    diameter[-1] = top
    return table.assign(weight=("threat", weight, table["weight"].attrs)).assign_coords(
        diameter=("diameter", diameter, table["diameter"].attrs)
    )


@cache
def _netcdf() -> bytes:
    return threat_table.write(_few(), FOLDER / "v.nc").read_bytes()


@st.composite
def mutated(draw: st.DrawFn, kind: str) -> bytes:
    """Return a valid file with a few changes: tokens, lines, bytes, a cut."""
    lines = text(kind).split("\n")
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(lines) - 1))
        what = draw(st.sampled_from(["token", "drop", "twice", "swap", "noise"]))
        if what == "token":
            separator = "," if kind == "table" and "," in lines[at] else " "
            tokens = lines[at].split(separator)
            k = draw(st.integers(0, len(tokens) - 1))
            tokens[k] = draw(st.sampled_from(WORDS))
            lines[at] = separator.join(tokens)
        elif what == "drop":
            del lines[at]
        elif what == "twice":
            lines.insert(at, lines[at])
        elif what == "swap":
            other = draw(st.integers(0, len(lines) - 1))
            lines[at], lines[other] = lines[other], lines[at]
        else:
            lines[at] = draw(st.text(max_size=40))
        if not lines:
            lines = [""]
    content = "\n".join(lines).encode("utf-8", "surrogatepass")
    if draw(st.booleans()):
        return content
    return content[: draw(st.integers(0, len(content)))]


def named(error: InputError, path: Path) -> None:
    """Require that every problem names the file."""
    for problem in error.problems:
        assert problem.source.startswith(str(path)), problem


@given(content=mutated("stenvi"))
@settings(max_examples=150)
def test_stenvi(content: bytes) -> None:
    path = FOLDER / "m.sei"
    path.write_bytes(content)
    try:
        found = stenvi.read(path)
    except InputError as error:
        named(error, path)
    else:
        table = found.table("cross_section", altitude=4e5, inclination=0.9, epoch=2e3)
        validate_threats(table)


@given(content=mutated("table"))
@settings(max_examples=150)
def test_csv(content: bytes) -> None:
    path = FOLDER / "m.csv"
    path.write_bytes(content)
    try:
        table = threat_table.read_table(path)
        threat_table.read(path)
    except InputError as error:
        named(error, path)
    else:
        validate_threats(table)


@given(content=mutated("spectrum"))
@settings(max_examples=150)
def test_spectrum(content: bytes) -> None:
    path = FOLDER / "m_d.dia"
    path.write_bytes(content)
    try:
        found = master_spectrum.read(path, area_convention="cross_section")
    except InputError as error:
        named(error, path)
    else:
        assert np.all(np.isfinite(found.total))
        assert np.all(found.total >= 0.0)
        assert np.all(np.diff(found.values) > 0.0)


VALUES = [0, 1, -1, 2, 1e9, math.nan, math.inf, "", "x", "both"]


@given(
    name=st.sampled_from([str(v) for v in _few().variables]),
    attribute=st.sampled_from([*_few().attrs, "mmod_format", "units"]),
    value=st.sampled_from(VALUES),
    where=st.sampled_from(["value", "attribute", "units", "delete"]),
    place=st.integers(0, 3),
)
@settings(max_examples=60)
def test_netcdf(name, attribute, value, where, place) -> None:
    path = FOLDER / "m.nc"
    path.write_bytes(_netcdf())
    with netCDF4.Dataset(path, "a") as file:
        file.set_auto_mask(False)
        if where == "value" and not isinstance(value, str):
            variable = file[name]
            integer = np.dtype(variable.dtype).kind == "i"
            if not integer or value in {0, 1, -1, 2}:
                flat = variable[...].ravel()
                flat[place % flat.size] = value
                variable[...] = flat.reshape(variable.shape)
        elif where == "attribute":
            file.setncattr(attribute, value)
        elif where == "units":
            file[name].setncattr("units", value)
        elif attribute in file.ncattrs():
            file.delncattr(attribute)
    try:
        table = threat_table.read_table(path)
        threat_table.read(path)
    except InputError as error:
        named(error, path)
    else:
        validate_threats(table)
