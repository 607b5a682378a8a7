"""ORDEM files made from NASA-91 come back as the table they came from; bad ones not."""

from __future__ import annotations

import gzip
import math
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from ordem_files import (
    AZIMUTH,
    DECADES,
    ELEVATION,
    POPULATIONS,
    SIZES,
    SPEED,
    Case,
    igloo_lines,
    input_lines,
    nasa91_case,
    project_lines,
    write,
    write_case,
)

from mmod.constants import YEAR
from mmod.errors import InputError
from mmod.flux.quadrature import face_sums
from mmod.flux.readers import ordem
from mmod.flux.readers._environment import ExternalEnvironment
from mmod.flux.readers.ordem_files import read_azimuth_flux, read_size_flux
from mmod.flux.readers.ordem_igloo import read_igloo
from mmod.flux.readers.ordem_inputs import read_input, read_project
from mmod.flux.table import curve_flux

NORMALS = np.vstack([np.eye(3), -np.eye(3)])
ROUNDING = 5.0e-3
"""Half a unit in the third digit."""


@pytest.fixture(scope="module")
def case() -> Case:
    return nasa91_case(lopsided=0.3)


@pytest.fixture(scope="module")
def folder(case: Case, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_case(tmp_path_factory.mktemp("ordem"), case, igloo=True)


@pytest.fixture(scope="module")
def igloo(folder: Path) -> ExternalEnvironment:
    return ordem.read(folder)


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    """The one-dimensional files, to be spoilt."""
    ignore = shutil.ignore_patterns("IGLOO*")
    return Path(shutil.copytree(folder, tmp_path / "case", ignore=ignore))


def faces_of(case: Case) -> np.ndarray:
    """Face sums of the case itself [1/m2/yr], (6, 11), by a fine midpoint rule."""
    fine = 40
    f = (np.arange(fine) + 0.5) / fine
    az = np.radians(AZIMUTH[:-1, None] + 10.0 * f)
    sine = np.sin(np.radians(ELEVATION))
    z = sine[:-1, None] + np.diff(sine)[:, None] * f
    flat = np.sqrt(1.0 - z**2)
    cos, sin = np.cos(az), np.sin(az)
    out = []
    for n in NORMALS:
        dot = (
            n[0] * cos[:, None, :, None] * flat[None, :, None, :]
            + n[1] * sin[:, None, :, None] * flat[None, :, None, :]
            + n[2] * z[None, :, None, :]
        )
        seen = np.maximum(dot, 0.0).mean(axis=(2, 3))
        out.append(np.tensordot(seen, case.flux.sum(axis=(2, 3)), axes=2))
    return np.array(out)


def test_igloo_comes_back(case: Case, igloo: ExternalEnvironment) -> None:
    assert {n.code for n in igloo.notes} == {
        "ordem-igloo-layout",
        "ordem-azimuth-sign",
    }
    table = igloo.table("cross_section")
    at_sizes = curve_flux(table, SIZES) * YEAR
    np.testing.assert_allclose(at_sizes.sum(axis=0), case.spectrum, rtol=ROUNDING)
    # population by population, bin by bin
    index = table["size_curve_index"].values
    flux = at_sizes[index] * table["weight"].values[:, None]
    bins = [
        np.searchsorted(edges, 0.5 * (table[f"{name}_lower"] + table[f"{name}_upper"]))
        - 1
        for name, edges in (
            ("azimuth", np.radians(AZIMUTH)),
            ("sin_elevation", np.sin(np.radians(ELEVATION))),
            ("speed", SPEED * 1e3),
        )
    ]
    back = np.zeros_like(case.flux)
    np.add.at(back, (*bins, table["population"].values), flux)
    np.testing.assert_allclose(back, case.flux, rtol=2.0 * ROUNDING, atol=1e-30)
    names = table["population"].attrs["population_names"].split(", ")
    assert names == list(ordem.NAMES)
    densities = [
        set(table["density"].values[index[table["population"].values == p], 0])
        for p in range(5)
    ]
    assert densities == [{900.0}, {1400.0}, {2800.0}, {7900.0}, {2800.0}]


def test_face_sums_of_igloo(
    case: Case, igloo: ExternalEnvironment, folder: Path
) -> None:
    wanted = faces_of(case)
    table = igloo.table("cross_section")
    np.testing.assert_allclose(
        face_sums(table, NORMALS, SIZES) * YEAR, wanted, rtol=ROUNDING
    )
    # planted errors: other side, half a bin, per year for per second, a factor of 4
    turned = ordem.read(folder, azimuth_positive="starboard").table("cross_section")
    other = face_sums(turned, NORMALS, SIZES) * YEAR
    assert not np.allclose(other, wanted, rtol=0.1)
    np.testing.assert_allclose(other[[0, 4, 2, 3, 1, 5]], wanted, rtol=ROUNDING)
    for name, shift in (("azimuth", math.radians(5.0)), ("sin_elevation", 0.05)):
        ends = [f"{name}_lower", f"{name}_upper"]
        moved = table.assign({end: table[end] + shift for end in ends})
        assert not np.allclose(
            face_sums(moved, NORMALS, SIZES) * YEAR, wanted, rtol=2 * ROUNDING
        )
    four = igloo.table("tumbling_surface")
    np.testing.assert_allclose(
        face_sums(four, NORMALS, SIZES) * YEAR, 4.0 * wanted, rtol=ROUNDING
    )


def test_marginals_come_back(case: Case, folder: Path) -> None:
    environment = ordem.read(folder, tables="marginals")
    table = environment.table("cross_section")
    sizes = SIZES[DECADES]
    flux = curve_flux(table, sizes)[table["size_curve_index"].values] * YEAR
    flux = flux * table["weight"].values[:, None]
    np.testing.assert_allclose(
        flux.sum(axis=0), case.spectrum[DECADES], rtol=2.0 * ROUNDING
    )
    for name, edges, axes in (
        ("speed", SPEED * 1e3, (0, 1, 3)),
        ("azimuth", np.radians(AZIMUTH), (1, 2, 3)),
    ):
        low, high = (table[f"{name}_{e}"].values[:, None] for e in ("lower", "upper"))
        # neighbours of equal density were made one: share them out again
        inside = np.minimum(high, edges[1:]) - np.maximum(low, edges[:-1])
        mine = (np.maximum(inside, 0.0) / (high - low)).T @ flux
        wanted = case.flux.sum(axis=axes)[:, DECADES]
        np.testing.assert_allclose(
            mine, wanted, rtol=3.0 * ROUNDING, atol=2e-3 * wanted.max()
        )
    assert np.all(table["sin_elevation_lower"] == 0.0)
    assert set(table["density"].values.ravel()) == {2800.0}
    light = ordem.read(folder, tables="marginals", density_kg_m3=1500.0)
    assert set(light.curves.density.ravel()) == {1500.0}


def test_sigma_files(
    case: Case, igloo: ExternalEnvironment, folder: Path, tmp_path: Path
) -> None:
    alone = tmp_path / "alone"
    shutil.copytree(folder, alone, ignore=shutil.ignore_patterns("SIZE*", "VEL*"))
    sigma = ordem.read(alone).sigma
    assert sigma is not None
    random = 0.5 * np.sqrt((case.flux**2).sum(axis=(0, 1, 2, 3)))
    wanted = np.hypot(0.2 * case.spectrum, random)
    np.testing.assert_allclose(sigma.upper * YEAR, wanted, rtol=2.0 * ROUNDING)
    own = igloo.sigma
    assert own is not None
    assert own.diameter.size == 501
    np.testing.assert_allclose(own.upper / own.lower, 1.5, rtol=2.0 * ROUNDING)
    (alone / "IGLOOFLUX_SIGMAPOP_SC.OUT").unlink()
    (alone / "IGLOOFLUX_SIGMARAN_SC.OUT").unlink()
    assert ordem.read(alone).sigma is None


def test_igloo_is_read_fast(folder: Path) -> None:
    start = time.process_time()
    read_igloo(folder / "IGLOOFLUX_SC.OUT")
    assert time.process_time() - start < 2.0


def test_inputs(folder: Path, tmp_path: Path) -> None:
    for found in (
        read_input(folder / "ORDEM.IN"),
        read_project(folder / "ORDEM-Proj.prj"),
    ):
        assert (found.year, found.inclination_deg) == (2024, 51.6)
        assert (found.perigee_km, found.apogee_km) == (550.0, 550.0)
        assert found.igloo == "IGLOO_10x10x1.SIG"
        assert found.version == "3.2.0"
    lines = input_lines()
    lines[4] = "2 ! way to determine orbit"
    lines[7:9] = ["7000.0 ! semi-major axis", "0.01 ! eccentricity"]
    found = read_input(write(tmp_path, "ORDEM.IN", lines))
    assert found.perigee_km == pytest.approx(7000.0 * 0.99 - 6378.137)
    assert found.apogee_km == pytest.approx(7000.0 * 1.01 - 6378.137)


@pytest.mark.parametrize(
    "line, text, words",
    [
        (1, "2 ! type of assessment", "spacecraft"),
        (2, "2051 ! year", "2016 to 2050"),
        (2, "20x4 ! year", "column 1"),
        (2, "2024", "a comment on 'year'"),
        (4, "3 ! way to determine orbit", "1 or 2"),
        (5, "900 ! perigee", "perigee <= apogee"),
        (9, "200 ! inclination", "0 to 180"),
        (5, "550 ! apogee", "'perigee'"),
    ],
)
def test_bad_input_file(tmp_path: Path, line: int, text: str, words: str) -> None:
    lines = input_lines()
    lines[line] = text
    with pytest.raises(InputError, match=words):
        read_input(write(tmp_path, "ORDEM.IN", lines))
    with pytest.raises(InputError, match="apogee"):
        read_input(write(tmp_path, "ORDEM.IN", input_lines()[:6]))


@pytest.mark.parametrize(
    "old, new, words",
    [
        ("</ProjectValues>", "", "XML"),
        ("2024", "", "SpacecraftObservationYear"),
        ("2024", "nan", "finite"),
        (">false<", "> <", "true or false"),
        ("<DocumentElement>", "<!DOCTYPE a [<!ENTITY b 'c'>]><DocumentElement>", "XML"),
    ],
)
def test_bad_project_file(tmp_path: Path, old: str, new: str, words: str) -> None:
    text = "\n".join(project_lines()).replace(old, new)
    with pytest.raises(InputError, match=words):
        read_project(write(tmp_path, "a.prj", [text]))


Spoil = Callable[[list[str]], list[str]]


def replaced(line: int, old: str, new: str) -> Spoil:
    def spoil(lines: list[str]) -> list[str]:
        assert old in lines[line - 1]
        lines[line - 1] = lines[line - 1].replace(old, new, 1)
        return lines

    return spoil


def shuffled(lines: list[str]) -> list[str]:
    rows = lines[15:]
    np.random.default_rng(1).shuffle(rows)
    return lines[:15] + rows


def per_second(lines: list[str]) -> list[str]:
    rows = [row.split() for row in lines[15:]]
    scaled = [[*r[:2], *(f"{float(v) / YEAR:.2E}" for v in r[2:])] for r in rows]
    ends = [row.split() for row in lines[12:14]]
    ends = [[r[0], *(f"{float(v) / YEAR:.2E}" for v in r[1:])] for r in ends]
    head = [*lines[:12], *(" ".join(r) for r in ends), lines[14]]
    return [*head, *(" ".join(r) for r in scaled)]


BAD: list[tuple[str, Spoil, str]] = [
    ("SIZEFLUX", lambda s: s[:300], "SIZEFLUX_SC.OUT:300.*cut short"),
    ("SIZEFLUX", lambda s: s[12:], "SIZEFLUX_SC.OUT:1: line.*Spacecraft Mode"),
    ("SIZEFLUX", lambda s: s[:5], "SIZEFLUX_SC.OUT:6.*end of file"),
    ("SIZEFLUX", replaced(1, "3.2.0", "2.0"), "ORDEM 3.x"),
    ("SIZEFLUX", replaced(1, "Spacecraft", "Telescope"), "Spacecraft Mode"),
    ("SIZEFLUX", replaced(2, "yr", "day"), "m.2/yr"),
    ("SIZEFLUX", replaced(3, "2024", "1999"), "Year = 1999"),
    ("SIZEFLUX", replaced(3, "inc", "incl"), "inc = I"),
    ("SIZEFLUX", replaced(11, "-Sigma", "Sigma-"), "column 3 = 'Sigma-'"),
    ("SIZEFLUX", replaced(13, "1.00E-05", "1.00E-06"), "first size"),
    ("SIZEFLUX", replaced(20, "E", "X"), "SIZEFLUX_SC.OUT:20: column 1"),
    ("SIZEFLUX", replaced(20, "   ", "   NaN "), "SIZEFLUX_SC.OUT:20: column 5"),
    ("SIZEFLUX", replaced(40, "E-05   ", "E-05  -"), ":40: column 2 .Flux. = '-"),
    ("VELFLUX", lambda s: s[:-20], "VELFLUX_SC.OUT:225.*cut short"),
    ("VELFLUX", shuffled, "VELFLUX_SC.OUT:16: column 1 .Vel 1."),
    ("VELFLUX", per_second, "as SIZEFLUX_SC.OUT has it"),
    ("VELFLUX", replaced(11, ">1mm", ">1furlong"), "column 5"),
    ("VELFLUX", replaced(14, "Max", "Top"), "a line 'Max.:'"),
    ("VELFLUX", replaced(2, "kps", "deg"), "kps"),
    ("BFLY", lambda s: s[:15] + s[16:], "BFLY_SC.OUT:16: column 1 .Az 1."),
    ("BFLY", replaced(200, "E", "+E+"), "BFLY_SC.OUT:200: column 3"),
    ("BFLY", lambda s: [*s[:11], *s[15:]], "BFLY_SC.OUT:12.*dashes"),
    ("BFLY", replaced(3, "51.60", "51.90"), "header.*SIZEFLUX"),
]


@pytest.mark.parametrize("name, spoil, words", BAD)
def test_bad_files(copy: Path, name: str, spoil: Spoil, words: str) -> None:
    path = copy / f"{name}_SC.OUT"
    path.write_text("\n".join(spoil(path.read_text().splitlines())))
    with pytest.raises(InputError, match=words):
        ordem.read(copy)


def test_row_changed_behind_the_files_back(copy: Path) -> None:
    path = copy / "BFLY_SC.OUT"
    lines = path.read_text().splitlines()
    rows = [line.split() for line in lines[15:]]
    largest = max(range(360), key=lambda i: float(rows[i][4]))
    rows[largest][4] = f"{7.0 * float(rows[largest][4]):.2E}"
    lines[15 + largest] = "  ".join(rows[largest])
    path.write_text("\n".join(lines))
    with pytest.raises(InputError, match=r"rows are missing or changed|as SIZEFLUX"):
        ordem.read(copy)


def test_gzipped_binary_and_huge(copy: Path) -> None:
    path = copy / "BFLY_SC.OUT"
    good = path.read_bytes()
    path.write_bytes(gzip.compress(good))
    with pytest.raises(InputError, match="gzip"):
        ordem.read(copy)
    path.write_bytes(good[:2000] + b"\0" * 50)
    with pytest.raises(InputError, match="NUL"):
        ordem.read(copy)
    with path.open("wb") as handle:
        handle.truncate(1_000_000_000)
    with pytest.raises(InputError, match="at most 256000000 bytes"):
        ordem.read(copy)


def test_missing_files_are_all_named(copy: Path, tmp_path: Path) -> None:
    (copy / "BFLY_SC.OUT").unlink()
    (copy / "VELFLUX_SC.OUT").unlink()
    with pytest.raises(InputError) as error:
        ordem.read(copy)
    keys = [problem.key for problem in error.value.problems]
    assert keys == ["VELFLUX_SC.OUT", "BFLY_SC.OUT"]
    with pytest.raises(InputError, match="IGLOOFLUX_SC"):
        ordem.read(copy, tables="igloo")
    with pytest.raises(InputError, match="the folder of an ORDEM case"):
        ordem.read(copy / "SIZEFLUX_SC.OUT")


def test_inputs_of_another_case(copy: Path) -> None:
    lines = input_lines()
    lines[2] = "2025 ! year of observation"
    write(copy, "ORDEM.IN", lines)
    write(copy, "b.prj", [x.replace("51.6", "98.0") for x in project_lines()])
    with pytest.raises(InputError) as error:
        ordem.read(copy)
    assert {p.key for p in error.value.problems} == {"year", "inclination_deg"}


def test_bad_settings(copy: Path) -> None:
    with pytest.raises(InputError) as error:
        ordem.read(
            copy,
            tables="some",
            azimuth_positive="up",
            density_kg_m3=-1.0,
            density_nak_kg_m3=0.0,
            density_gold_kg_m3=1.0,
        )
    assert len(error.value.problems) == 5


def test_directions_are_not_guessed(copy: Path) -> None:
    with pytest.raises(InputError, match=r"layout of DIRFLUX_SC\.OUT is not known"):
        ordem.read(copy, tables="directions")
    assert not any("DIRFLUX" in flag.message for flag in ordem.read(copy).notes)
    (copy / "DIRFLUX_SC.OUT").write_text("whatever\n")
    found = ordem.read(copy)
    assert "ordem-dirflux-unread" in {flag.code for flag in found.notes}


def test_bad_igloos(case: Case, tmp_path: Path) -> None:
    lines = igloo_lines(case.flux.reshape(4, 9, *case.flux.shape[1:]).sum(axis=1))

    def refuse(text: list[str], words: str) -> None:
        with pytest.raises(InputError, match=words):
            read_igloo(write(tmp_path, "IGLOOFLUX_SC.OUT", text))

    refuse(lines[:900], "each once")
    refuse([*lines, lines[-1]], "each once")
    refuse(lines[:12], "rows of the igloo")
    swapped = lines.copy()
    swapped[10] = lines[10].replace(POPULATIONS[1], "XX")
    refuse(swapped, "LD above 1e-05 m .the layout of igloo files is recalled")
    swapped[10] = lines[10].replace("El 1", "Elev 1")
    refuse(swapped, "the title 'El 1'")
    swapped[10] = lines[10].replace("NK>316um", "NK>300um")
    refuse(swapped, "column 10 = 'NK>300um'")
    swapped[10] = lines[10] + "  Sum"
    refuse(swapped, "61 titles")
    bad = lines.copy()
    fields = bad[500].split()
    for value, words in (("-1.00E+00", ">= 0"), ("9.99E+30", "cumulative")):
        bad[500] = "  ".join([*fields[:20], value, *fields[21:]])
        refuse(bad, f":501: column 21.*{words}")
    bad[500] = "  ".join([*fields[:5], fields[4], *fields[6:]])
    refuse(bad, ":501: column 5")
    # rows in another order are the same igloo: every row names its bin
    order = [*lines[:12], *lines[:11:-1]]
    again = read_igloo(write(tmp_path, "IGLOOFLUX_SC.OUT", order))
    assert np.allclose(again.flux.sum(axis=(0, 1)), case.spectrum, rtol=ROUNDING)


def test_parts_alone(folder: Path) -> None:
    size = read_size_flux(folder / "SIZEFLUX_SC.OUT")
    assert size.diameter[[0, 100, 500]].tolist() == pytest.approx([1e-5, 1e-4, 1.0])
    azimuth = read_azimuth_flux(folder / "BFLY_SC.OUT")
    assert azimuth.merged().low.size == 36
    np.testing.assert_allclose(
        azimuth.merged().contents().sum(axis=0), azimuth.contents().sum(axis=0)
    )
