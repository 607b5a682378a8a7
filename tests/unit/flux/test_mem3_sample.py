"""The cube of a real run of MEM 3.0.1 (lunar surface), by path, not in the repository."""

from __future__ import annotations

import csv
import math
from dataclasses import replace
from pathlib import Path

import mem3_files
import numpy as np
import pytest

from mmod.errors import InputError
from mmod.flux.readers.mem3_cube import CUBE_SURFACES, CubeTable, read_cube
from mmod.units import KM, PER_YEAR

Totals = dict[tuple[str, str], list[float]]


@pytest.fixture(scope="module")
def totals(shared: Path) -> Totals:
    text = (shared / "data/env/mem3_lunar_sample_cube_totals.csv").read_text()
    rows = csv.reader(line for line in text.splitlines() if not line.startswith("#"))
    next(rows)
    return {(r[0], r[1]): [float(v or "nan") for v in r[2:]] for r in rows}


@pytest.fixture(scope="module")
def text(shared: Path, totals: Totals) -> str:
    """The saved columns in the layout of the file: rows left out there are zero."""
    path = shared / "data/env/mem3_lunar_sample_cube_HiDensity.csv"
    table = np.genfromtxt(path, delimiter=",", comments="#", skip_header=2)
    body = np.zeros((80, 12))
    body[(table[:, 0] - 0.5).astype(int)] = table[:, 1:]
    speeds = np.array(totals["Hi", "speed"][1:])
    lines = mem3_files.cube_text(body, totals["Hi", "flux"][0], speeds).splitlines()
    printed = " ".join(f"{v:.6e}" for v in totals["Hi", "flux"][1:])
    lines[7] = f"# total flux (#/m2/yr) {printed}"
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def cube(text: str, tmp_path_factory: pytest.TempPathFactory) -> CubeTable:
    path = tmp_path_factory.mktemp("sample") / "cube_avg.txt"
    path.write_text(text)
    return read_cube(path)


def test_columns_add_up_to_the_totals(cube: CubeTable, totals: Totals) -> None:
    due = np.array(totals["Hi", "flux"][1:])
    np.testing.assert_allclose(cube.flux / PER_YEAR, due, rtol=1e-12)
    np.testing.assert_allclose(cube.by_speed.sum(axis=0) / PER_YEAR, due, rtol=6e-7)
    assert cube.cross_section / PER_YEAR == pytest.approx(2.153588)


def _mean_speeds(cube: CubeTable, offset: float = 0.0) -> np.ndarray:
    middle = 0.5 * (cube.speed_edges[:-1] + cube.speed_edges[1:]) + offset
    return np.asarray(middle @ cube.by_speed / cube.by_speed.sum(axis=0))


def test_average_speeds_are_means_of_the_middles(cube: CubeTable) -> None:
    np.testing.assert_allclose(_mean_speeds(cube), cube.mean_speed, atol=6.0)
    shifted = np.abs(_mean_speeds(cube, -0.5 * KM) - cube.mean_speed)
    assert shifted.min() > 490.0  # labels taken half a bin too low


@pytest.mark.parametrize(("population", "ratio"), [("Hi", 1.415), ("Lo", 1.520)])
def test_faces_over_cross_section(
    totals: Totals, population: str, ratio: float
) -> None:
    total, *faces = totals[population, "flux"][:7]
    assert sum(faces) / total == pytest.approx(ratio, abs=5e-4)
    # |x| + |y| + |z| of a unit vector: a factor 4 in the area would be outside
    assert 1.0 < sum(faces) / total < math.sqrt(3.0)
    assert not 1.0 < 4.0 * sum(faces) / total < math.sqrt(3.0)


@pytest.mark.parametrize("population", ["Hi", "Lo"])
def test_rotating_surfaces_are_projected_cylinders(
    totals: Totals, population: str
) -> None:
    """E|u| + E sqrt(1 - u2) >= 1 and the sum of their squares <= 1 (Jensen)."""
    values = totals[population, "flux"]
    names = dict(zip(CUBE_SURFACES, values[1:], strict=True))
    faces = values[1:7]
    for k, axis in enumerate("xyz"):
        along = (faces[2 * k] + faces[2 * k + 1]) / values[0]
        across = names[f"rot ({axis})"] / values[0]
        assert along + across >= 1.0 - 1e-6
        assert along**2 + across**2 <= 1.0 + 1e-6
        assert across > 1.0 / math.pi  # one side, averaged over the turn, cannot


def test_damage_to_the_sample_is_refused(
    text: str, cube: CubeTable, tmp_path: Path
) -> None:
    path = tmp_path / "cube_avg.txt"
    lines = text.splitlines()
    row = next(i for i, line in enumerate(lines) if line.split()[0] == "20.5")
    path.write_text("\n".join([*lines[:row], *lines[row + 1 :]]))
    with pytest.raises(InputError, match="end of file after 79 rows"):
        read_cube(path)
    path.write_text(text.replace("6.113427e-01", "6.213427e-01"))
    with pytest.raises(InputError, match="the sum of its column"):
        read_cube(path)
    assert replace(cube, path=path).flux is cube.flux
