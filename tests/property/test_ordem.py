"""Whatever is done to the files of a case: a table, or an error that says where."""

from __future__ import annotations

import string
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ordem_files import igloo_lines, nasa91_case, write, write_case

from mmod.errors import InputError
from mmod.flux.readers import ordem
from mmod.flux.readers._lines import TextFile
from mmod.flux.table import validate_threats

NAMES = (
    "SIZEFLUX_SC.OUT",
    "VELFLUX_SC.OUT",
    "BFLY_SC.OUT",
    "ORDEM.IN",
    "ORDEM-Proj.prj",
)
PIECES = [
    "nan",
    "-1",
    "1e999",
    "\0",
    "é",
    "1.00E-99",
    "",
    " ",
    "\n",
    "\t",
    "D",
    ">",
    "<",
]


@st.composite
def mutation(draw: st.DrawFn) -> tuple[str, float, object]:
    kind = draw(st.sampled_from(["cut", "drop", "double", "swap", "put", "digit"]))
    where = draw(st.floats(0.0, 1.0, exclude_max=True))
    extra: object = draw(
        st.one_of(
            st.sampled_from(PIECES),
            st.text(string.printable, max_size=5),
        )
        if kind == "put"
        else st.floats(0.0, 1.0, exclude_max=True)
    )
    return kind, where, extra


def mutated(data: bytes, change: tuple[str, float, object]) -> bytes:
    kind, where, extra = change
    at = int(where * len(data))
    if kind == "cut":
        return data[:at]
    if kind == "put":
        return data[:at] + str(extra).encode() + data[at:]
    if kind == "digit":
        digit = b"0123456789E+-"[int(float(str(extra)) * 13)]
        return data[:at] + bytes([digit]) + data[at + 1 :]
    lines = data.split(b"\n")
    i, j = int(where * len(lines)), int(float(str(extra)) * len(lines))
    if kind == "drop":
        del lines[i]
    elif kind == "double":
        lines.insert(j, lines[i])
    else:
        lines[i], lines[j] = lines[j], lines[i]
    return b"\n".join(lines)


def table_or_refusal(folder: Path) -> None:
    try:
        environment = ordem.read(folder)
    except InputError as error:
        for problem in error.problems:
            assert str(folder) in problem.source
            assert problem.expected
        return
    validate_threats(environment.table("cross_section", altitude=0.0))


@pytest.fixture(scope="module")
def spectra(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = write_case(tmp_path_factory.mktemp("good"), nasa91_case())
    return {name: (folder / name).read_bytes() for name in NAMES}


class Igloo:
    """Half a megabyte that is not printed when an example fails."""

    def __init__(self) -> None:
        flux = nasa91_case().flux
        coarse = flux.reshape(2, 18, *flux.shape[1:]).sum(axis=1)
        self.data = "\n".join(igloo_lines(coarse)).encode()


@pytest.fixture(scope="module")
def igloo() -> Igloo:
    return Igloo()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("spoilt")


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(name=st.sampled_from(NAMES), changes=st.lists(mutation(), max_size=3))
def test_spectra(
    spectra: dict[str, bytes],
    folder: Path,
    name: str,
    changes: list[tuple[str, float, object]],
) -> None:
    for each, data in spectra.items():
        (folder / each).write_bytes(data)
    data = spectra[name]
    for change in changes:
        data = mutated(data, change)
    (folder / name).write_bytes(data)
    table_or_refusal(folder)


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(changes=st.lists(mutation(), min_size=1, max_size=2))
def test_igloo(
    igloo: Igloo, folder: Path, changes: list[tuple[str, float, object]]
) -> None:
    for path in folder.iterdir():
        path.unlink()
    data = igloo.data
    for change in changes:
        data = mutated(data, change)
    (folder / "IGLOOFLUX_SC.OUT").write_bytes(data)
    table_or_refusal(folder)


@given(
    values=st.lists(st.floats(0.0, 1e30), min_size=1, max_size=20),
    fortran=st.booleans(),
)
def test_numbers_come_back(folder: Path, values: list[float], fortran: bool) -> None:
    text = " ".join(f"{v:.17e}" for v in values)
    file = TextFile(write(folder, "numbers", ["x"]))
    found = file.floats(1, text.replace("e", "D") if fortran else text, len(values))
    assert np.array_equal(found, values)


@given(token=st.text(min_size=1, max_size=8).filter(lambda s: len(s.split()) == 1))
def test_any_token_is_a_number_or_refused(folder: Path, token: str) -> None:
    file = TextFile(write(folder, "numbers", ["x"]))
    try:
        (value,) = file.floats(1, token, 1, negative=True)
    except InputError:
        return
    assert np.isfinite(value)
