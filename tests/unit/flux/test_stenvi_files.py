"""STENVI files: our models come back, faults are named, planted errors show."""

from __future__ import annotations

import gzip
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from environment_files import (
    CUBE,
    NAMES,
    STATE,
    coarse_bins,
    cube_errors,
    model_table,
    off_centre,
    small_table,
    total_flux,
)

from mmod.constants import YEAR
from mmod.errors import InputError
from mmod.flux import load_flux
from mmod.flux.external import FORMATS
from mmod.flux.quadrature import face_sums
from mmod.flux.readers import stenvi, threat_table
from mmod.flux.table import validate_threats

MODELS_ERROR = {"nasa91": 4e-4, "master8_iss_ecss": 4e-4, "grun_ssp": 2e-3}
MODELS_ERROR["grun_ecss"] = MODELS_ERROR["grun_ssp"]
"""Of a cube face in the default bins, as a share of the sum over the cube."""


def keys(error: pytest.ExceptionInfo[InputError]) -> set[str]:
    return {problem.key for problem in error.value.problems}


def few_sizes(table: xr.Dataset) -> stenvi.StenviBins:
    own = stenvi.default_bins(table)
    return replace(own, diameter=np.array([1e-4, 1e-3, 1e-2]))


@pytest.fixture
def small(tmp_path: Path) -> Path:
    table = small_table()
    return stenvi.write(table, tmp_path / "t.sei", bins=coarse_bins(table))


@pytest.mark.parametrize("name", NAMES)
def test_models_come_back_to_the_resolution_of_the_bins(
    name: str, tmp_path: Path
) -> None:
    table = model_table(name)
    bins = few_sizes(table)
    path = stenvi.write(table, tmp_path / "t.sei", bins=bins)
    found = stenvi.read(path)
    back = found.table("cross_section", model=name)
    validate_threats(back)
    sizes = bins.diameter[:-1]
    np.testing.assert_allclose(
        total_flux(back, sizes), total_flux(table, sizes), rtol=2e-9
    )
    error = cube_errors(table, back, sizes).max()
    assert 1e-6 < error < MODELS_ERROR[name]
    assert found.kind == table.attrs["kind"]
    assert found.facts.altitude_km == pytest.approx((400.0, 400.0))
    assert found.facts.inclination_deg == pytest.approx((51.64, 51.64))
    assert found.facts.epoch_year == pytest.approx((2016.5, 2016.5), abs=1e-4)


@pytest.mark.parametrize("name", ["nasa91", "grun_ecss"])
def test_error_falls_with_the_square_of_the_bins(name: str, tmp_path: Path) -> None:
    table = model_table(name)
    errors = []
    for step in (30.0, 15.0):
        bins = replace(coarse_bins(table, step), diameter=np.array([1e-3, 1e-2]))
        fine = np.linspace(0.0, bins.speed[-1], 81)
        bins = replace(bins, speed=fine)
        found = stenvi.read(stenvi.write(table, tmp_path / "t.sei", bins=bins))
        back = found.table("cross_section", model=name)
        errors.append(cube_errors(table, back, np.array([1e-3])).max())
    assert 3.0 < errors[0] / errors[1] < 8.0


def test_own_bins_come_back_to_the_printed_digits(small: Path, tmp_path: Path) -> None:
    first = stenvi.read(small).table("cross_section", model="t")
    own = stenvi.default_bins(first)
    bins = replace(own, diameter=np.array([1e-4, 1e-3, 1e-2, 5e-2]))
    path = stenvi.write(first, tmp_path / "again.sei", bins=bins)
    second = stenvi.read(path).table("cross_section", model="t")
    for each in ("azimuth_lower", "speed_upper", "sin_elevation_lower", "weight"):
        np.testing.assert_allclose(second[each], first[each], rtol=1e-9, atol=1e-12)
    sizes = np.array([1e-4, 3e-4, 1e-3, 2e-2])
    assert cube_errors(first, second, sizes).max() < 1e-9


def test_densities_and_sizes(tmp_path: Path) -> None:
    table = model_table("grun_ssp")
    bins = replace(
        coarse_bins(table, 45.0), diameter=stenvi.default_bins(table).diameter
    )
    # the ends of the steps of the density are edges: no class mixes two densities
    found = stenvi.read(stenvi.write(table, tmp_path / "t.sei", bins=bins))
    assert set(np.round(np.unique(found.curves.density), 6)) == {500.0, 1000.0, 2000.0}
    back = found.table("cross_section")
    middle = np.sqrt(bins.diameter[:-2] * bins.diameter[1:-1])
    np.testing.assert_allclose(
        total_flux(back, middle), total_flux(table, middle), rtol=0.02
    )
    assert found.facts.diameter_mm == pytest.approx((1e-3, 75.0))
    assert found.notes[0].code == "stenvi-thresholds"


def change(path: Path, edit: Callable[[list[str]], list[str]]) -> Path:
    lines = path.read_text(encoding="ascii").splitlines()
    path.write_text("\n".join(edit(lines)) + "\n", encoding="ascii")
    return path


def without_marks(lines: list[str]) -> list[str]:
    return [x for x in lines if not x.startswith("# mmod")]


def test_files_of_others(small: Path) -> None:
    """D exponents, no comments of ours, rows in any order, a tumbling plate."""
    plain = stenvi.read(small).table("cross_section", model="t")

    def edit(lines: list[str]) -> list[str]:
        bare = [x for x in without_marks(lines) if x]
        head = next(i for i, x in enumerate(bare) if x.startswith("# Azi Ele"))
        rows = [x.replace("E", "D") for x in bare[head + 1 :]]
        return [*bare[: head + 1], "# a comment", *reversed(rows)]

    change(small, edit)
    with pytest.raises(InputError, match="does not say"):
        stenvi.read(small)
    found = stenvi.read(small, kind="debris")
    assert found.area_convention is None
    assert "stenvi-no-total" in [note.code for note in found.notes]
    sizes = np.array([1e-4, 1e-3])
    one = face_sums(plain, CUBE, sizes)
    np.testing.assert_allclose(
        face_sums(found.table("cross_section"), CUBE, sizes), one, rtol=1e-12
    )
    four = face_sums(found.table("tumbling_surface"), CUBE, sizes)
    np.testing.assert_allclose(four, 4.0 * one, rtol=1e-12)


def test_latitude_bins_are_added(small: Path) -> None:
    before = stenvi.read(small).table("cross_section")

    def edit(lines: list[str]) -> list[str]:
        out: list[str] = []
        for x in without_marks(lines):
            words = x.split()
            if x.startswith("LATITUDE"):
                out.append("LATITUDE 2 -180 180 latitude [deg]")
            elif x.startswith("DISTLAT"):
                out += ["DISTLAT 1 -180 20", "DISTLAT 2 20 180"]
            elif len(words) == 7 and words[0].isdigit():
                for k, share in ((1, 0.25), (2, 0.75)):
                    row = [*words[:4], str(k), words[5], f"{share * float(words[6])}"]
                    out.append(" ".join(row))
            else:
                out.append(x)
        return out

    found = stenvi.read(change(small, edit), kind="debris")
    assert "stenvi-latitudes" in [note.code for note in found.notes]
    after = found.table("cross_section")
    assert cube_errors(before, after, np.array([1e-4])).max() < 1e-12


def swap(lines: list[str]) -> list[str]:
    """Turn the order of the azimuth bins: the opposite sign."""
    count = sum(x.startswith("DISTAZI") for x in lines)
    return [
        " ".join([str(count + 1 - int(w[0])), *w[1:]])
        if len(w := x.split()) == 7 and w[0].isdigit()
        else x
        for x in lines
    ]


def scaled(factor: float) -> Callable[[list[str]], list[str]]:
    def edit(lines: list[str]) -> list[str]:
        return [
            " ".join([*w[:6], f"{factor * float(w[6]):.9E}"])
            if len(w := x.split()) == 7 and w[0].isdigit()
            else x
            for x in without_marks(lines)
        ]

    return edit


def half_bin(lines: list[str]) -> list[str]:
    """Read speeds as middles: half a bin low, cards and all."""
    edges = [float(x.split()[2]) for x in lines if x.startswith("DISTVEL")]
    half = 0.5 * (edges[1] - edges[0])
    out = []
    for x in lines:
        w = x.split()
        if x.startswith("DISTVEL"):
            w[2], w[3] = (f"{max(float(v) - half, 0.0)}" for v in w[2:])
        elif x.startswith("VELOCITY"):
            w[3] = f"{float(w[3]) - half}"
        out.append(" ".join(w))
    return out


@pytest.mark.parametrize(
    ("plant", "power"),
    [
        (swap, 0.0),
        (scaled(4.0), 0.0),
        (scaled(1.0 / YEAR), 0.0),
        (half_bin, 1.0),
    ],
)
def test_planted_errors_show(
    plant: Callable[[list[str]], list[str]], power: float, small: Path
) -> None:
    table = small_table()
    sizes = off_centre(coarse_bins(table))[:1]

    def error(path: Path) -> float:
        back = stenvi.read(path, kind="debris").table("cross_section")
        old, new = (face_sums(t, CUBE, sizes, speed_power=power) for t in (table, back))
        return float(np.max(np.abs(new - old) / old.sum(axis=0)))

    assert error(small) < 0.02
    assert error(change(small, plant)) > 0.04


def test_port_stays_port(small: Path) -> None:
    table = small_table()
    back = stenvi.read(small).table("cross_section")
    faces = face_sums(back, CUBE, [1e-3])[:, 0]
    assert faces[2] > 3.0 * faces[3]
    starboard = [
        x.split() for x in small.read_text().splitlines() if x.startswith("DISTAZI")
    ]
    # in the file the same flux stands at negative azimuths: positive is starboard
    flux = np.zeros(len(starboard))
    for x in small.read_text().splitlines():
        w = x.split()
        if len(w) == 7 and w[0].isdigit():
            flux[int(w[0]) - 1] += float(w[6])
    negative = np.array([float(w[3]) <= 0.0 for w in starboard])
    assert flux[negative].sum() > 3.0 * flux[~negative].sum()
    assert total_flux(table, np.array([1e-4]))[0] * YEAR == pytest.approx(flux.sum())


FAULTS = [
    ("DISTAZI 2 ", "DISTAZI 3 ", "column index"),
    ("DISTVEL 2 3", "DISTVEL 2 -3", "column lower, upper"),
    ("AZIMUTH 12 -180", "AZIMUTH 13 -180", "column n"),
    ("AZIMUTH 12 -180", "AZIMUTH 12 -90", "column min"),
    ("AZIMUTH 12 -180", "AZIMUTH twelve -180", "column 1 (n)"),
    ("[km/s]", "[m/s]", "column label"),
    ("azimuth [deg]", "azimuth [rad]", "column label"),
    ("Flux [1/m^2/yr]", "Flux [1/m^2/s]", "column 7 (flux)"),
    ("# Azi Ele Vel", "# Ele Azi Vel", "line"),
    ("MISSBEGIN", "MISSSTART", "line"),
    ("MISSBEGIN 2016", "MISSBEGIN 2017", "column MISSEND"),
    ("MISSBEGIN 2016 07", "MISSBEGIN 2016 13", "line"),
    ("SEMIAXIS 6778", "SEMIAXIS 400", "column SEMIAXIS"),
    ("ECCENTRI 0.0", "ECCENTRI 0.5", "ECCENTRI"),
    ("INCLIN 51", "INCLIN nan", "column 1"),
    ("RAAN 0.0", "INCLIN 0.0", "line"),
    ("LATITUDE 1", "# LATITUDE 1", "column LATITUDE"),
    ("DISTLAT 1", "# DISTLAT 1", "column DISTLAT"),
    ("# mmod kind = debris", "# mmod kind = dust", "kind"),
    ("convention = cross_section", "convention = both", "area convention"),
    (" rows", " lines", "column mmod total"),
    ("# nasa91", "SEMIAXIS 7000", "line"),
]


@pytest.mark.parametrize(("old", "new", "key"), FAULTS)
def test_faults_are_named(old: str, new: str, key: str, small: Path) -> None:
    text = small.read_text(encoding="ascii")
    assert old in text
    small.write_text(text.replace(old, new, 1), encoding="ascii")
    with pytest.raises(InputError) as error:
        stenvi.read(small)
    assert key in keys(error)
    assert str(small) in str(error.value)


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        (0, "0", "1 to 12"),
        (0, "13", "1 to 12"),
        (3, "1.5", "1 to 3"),
        (6, "-1.0E-3", ">= 0"),
        (6, "nan", "finite"),
        (6, "inf", "finite"),
        (6, "1.0E-3 2", "7 numbers"),
        (6, "", "7 numbers"),
        (6, "9.9E-3", "sum of the rows"),
    ],
)
def test_bad_rows_name_line_and_column(
    column: int, value: str, expected: str, small: Path
) -> None:
    lines = small.read_text(encoding="ascii").splitlines()
    cells = lines[-3].split()
    cells[column] = value
    lines[-3] = " ".join(cells)
    small.write_text("\n".join(lines) + "\n", encoding="ascii")
    with pytest.raises(InputError, match=expected) as error:
        stenvi.read(small)
    if "sum" not in expected:
        assert f"{small}:{len(lines) - 2}" in str(error.value)


def test_rows_twice_lost_or_cut(small: Path) -> None:
    text = small.read_text(encoding="ascii")
    last = text.splitlines()[-1]
    for wrong, match in (
        (text + last + "\n", "every bin once"),
        (text.removesuffix(last + "\n"), "as there are"),
        (text[:-5], "cut off"),
        (text[: text.index("# Azi Ele")], "bins and then"),
        (
            text[: text.index("# Azi Ele")] + "# Azi Ele Vel Dia Lat Den\n",
            "six indices",
        ),
    ):
        small.write_text(wrong, encoding="ascii")
        with pytest.raises(InputError, match=match):
            stenvi.read(small)


def test_other_contents_are_refused(small: Path, tmp_path: Path) -> None:
    text = small.read_bytes()
    lines = text.splitlines(keepends=True)
    order = np.random.default_rng(2).permutation(len(lines))
    for content in (
        gzip.compress(text, mtime=0),
        b"",
        b"\0" * 1000,
        b"".join(lines[k] for k in order),
        b"x" * 100_000,
        text.replace(b"# Azi Ele Vel Dia Lat Den", b"# rows"),
    ):
        small.write_bytes(content)
        with pytest.raises(InputError):
            stenvi.read(small)
    with pytest.raises(InputError, match="not a file"):
        stenvi.read(tmp_path)
    with small.open("wb") as file:
        file.truncate(1_000_000_000)
    with pytest.raises(InputError, match="bytes"):
        stenvi.read(small)


def test_bins_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    table = small_table()
    good = coarse_bins(table)
    for wrong, key in (
        (replace(good, azimuth=np.array([0.0, 1.0])), "azimuth"),
        (replace(good, speed=np.array([0.0, 5e3])), "speed"),
        (replace(good, density=np.array([1e3, 2e3])), "bins.density"),
        (replace(good, elevation=np.array([1.0, 0.0])), "bins.elevation"),
        (replace(good, azimuth=np.array([-9.0, 9.0])), "bins.azimuth"),
    ):
        with pytest.raises(InputError) as error:
            stenvi.write(table, tmp_path / "t.sei", bins=wrong)
        assert key in keys(error)
    assert not list(tmp_path.iterdir())


def regridded(lines: list[str], counts: dict[str, int]) -> list[str]:
    """Give dimensions (AZIMUTH, ...) another number of bins."""
    bins = {f"DIST{card[:3]}" for card in counts}
    out: list[str] = []
    for x in lines:
        word, *rest = x.split()
        if word in counts:
            edges = np.linspace(float(rest[1]), float(rest[2]), counts[word] + 1)
            out.append(" ".join([word, str(counts[word]), *rest[1:]]))
            out += [
                f"DIST{word[:3]} {k + 1} {edges[k]:.9g} {edges[k + 1]:.9g}"
                for k in range(counts[word])
            ]
        elif word not in bins:
            out.append(x)
    return out


def test_grids_beyond_memory_are_refused(small: Path) -> None:
    lines = small.read_text(encoding="ascii").splitlines()
    six = ("AZIMUTH", "ELEVATION", "VELOCITY", "DIAMETER", "LATITUDE", "DENSITY")
    for counts, key in (
        ({"DIAMETER": 201}, "DIAMETER"),
        (dict.fromkeys(six, 2000), "bins"),
    ):
        text = "\n".join(regridded(lines, counts))
        small.write_text(text + "\n", encoding="ascii")
        with pytest.raises(InputError) as error:
            stenvi.read(small)
        assert key in keys(error)


CARD = """
schema_version = 1
title = "A STENVI file"
kind = "debris"
family = "external"
format = "stenvi"
path = "t.sei"
how_to_get = "made by a test"
citation = ["none"]
equation = "none"
area_convention = "cross_section"
uncertainty = "none"
uncertainty_law = { diameter_mm = [1.0], log_stderr = [0.7], source = "a test", tag = "estimate" }
licence = "none"
"""


def test_a_card_names_the_file(small: Path) -> None:
    assert {"stenvi", "threat_table"} <= set(FORMATS)
    card = small.parent / "model.toml"
    card.write_text(CARD, encoding="utf-8")
    model = load_flux(str(card))
    table = model.threats(STATE)
    assert cube_errors(small_table(), table, np.array([1e-3])).max() < 0.02
    assert str(small) in model.sources
    assert "stenvi-thresholds" in table.attrs["flags"]
    with pytest.raises(InputError, match="altitude_km"):
        model.threats(replace(STATE, altitude=600e3))
    card.write_text(CARD.replace("cross_section", "tumbling_surface"), encoding="utf-8")
    with pytest.raises(InputError, match="area_convention"):
        load_flux(str(card))
    assert math.isfinite(model.cumulative(1e-3, STATE))


def test_a_card_says_what_a_silent_file_holds(small: Path) -> None:
    change(small, without_marks)
    card = small.parent / "model.toml"
    card.write_text(CARD, encoding="utf-8")
    with pytest.raises(InputError, match="does not say"):
        load_flux(str(card))
    option = 'description = "x", choices = ["debris", "meteoroid"], default = "debris"'
    told = CARD.replace("cross_section", "tumbling_surface")
    card.write_text(told + f"options.kind = {{ {option} }}\n", encoding="utf-8")
    model = load_flux(str(card))
    four = total_flux(model.threats(STATE), np.array([1e-3]))
    one = total_flux(small_table(), np.array([1e-3]))
    np.testing.assert_allclose(four, 4.0 * one, rtol=1e-8)
    with pytest.raises(InputError, match="kind"):
        load_flux(str(card), kind="meteoroid")


def test_a_card_names_a_threat_table(tmp_path: Path) -> None:
    table = model_table("grun_ecss")
    threat_table.write(table, tmp_path / "t.nc")
    card = tmp_path / "model.toml"
    text = CARD.replace('"stenvi"', '"threat_table"').replace("t.sei", "t.nc")
    card.write_text(text.replace('"debris"', '"meteoroid"'), encoding="utf-8")
    model = load_flux(str(card))
    back = model.threats(STATE)
    assert cube_errors(table, back, np.array([1e-4, 1e-3])).max() < 1e-14
    assert str(tmp_path / "t.nc") in model.sources
    with pytest.raises(InputError, match="epoch_year"):
        model.threats(replace(STATE, epoch=2030.0))
    card.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="meteoroid"):
        load_flux(str(card))
