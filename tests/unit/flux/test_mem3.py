"""Runs of MEM 3 made from our own model come back as what they were made of."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import mem3_files
import numpy as np
import pytest

from mmod.errors import InputError
from mmod.flux import ExposureState, load_flux
from mmod.flux.quadrature import curve_shares, face_sums, face_sums_of_model
from mmod.flux.readers import mem3
from mmod.flux.readers.mem3_checks import check_cube, surface_fluxes
from mmod.flux.readers.mem3_density import (
    density_nodes,
    mass_of,
    mass_scaling,
    read_density,
)
from mmod.flux.readers.mem3_folder import Mem3Run
from mmod.flux.readers.mem3_grids import FluxGrid, igloo_ring_counts
from mmod.units import DEGREE, GRAM, PER_YEAR

STATE = ExposureState(400e3, math.radians(51.64), 2018.25)
LIMIT = 1e-6 * GRAM
NORMALS = np.array(
    [[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]], dtype=float
)
SHARES = (0.6, 0.4)
TURN = 0.7
"""By which the low density population is turned towards port [rad]: asymmetry."""


@pytest.fixture(scope="module")
def samples() -> mem3_files.Samples:
    model = load_flux("grun_ssp", density="constant")
    size = (6.0 * LIMIT / (math.pi * float(model.density(1e-3)))) ** (1.0 / 3.0)
    flux = mem3_files.per_year(float(model.cumulative(size, STATE)))
    return mem3_files.samples_of(model.threats(STATE), flux)


@pytest.fixture(scope="module")
def made(samples: mem3_files.Samples) -> mem3_files.Run:
    high, low = samples.turned(0.0, SHARES[0]), samples.turned(TURN, SHARES[1])
    return mem3_files.Run((high, low))


@pytest.fixture(scope="module")
def folder(made: mem3_files.Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made.write(tmp_path_factory.mktemp("mem3"))


@pytest.fixture(scope="module", params=["igloo", "flux"])
def run(folder: Path, request: pytest.FixtureRequest) -> Mem3Run:
    return mem3.read_run(folder, grid=request.param)


def test_ring_rule_gives_1652_bins() -> None:
    counts = igloo_ring_counts(5)
    assert counts.sum() == 1652
    np.testing.assert_array_equal(counts[:6], [3, 9, 16, 22, 28, 33])
    np.testing.assert_array_equal(counts, counts[::-1])
    assert counts.tolist() == mem3_files.rings(5)
    sines = np.sin(np.radians(np.arange(-90, 91, 5)))
    cut = np.floor(360.0 * np.diff(sines) * 180.0 / math.pi / 25.0)
    assert cut.sum() < 1640  # cutting instead of rounding
    with pytest.raises(InputError, match="1 to 5"):
        igloo_ring_counts(6)


def test_bins_come_back_to_the_printed_digits(
    run: Mem3Run, made: mem3_files.Run
) -> None:
    count = (
        mem3_files.igloo_flux
        if run.populations[0].grid.path.name == "igloo_avg.txt"
        else mem3_files.grid_flux
    )
    for population, samples in zip(run.populations, made.populations, strict=True):
        grid = population.grid
        np.testing.assert_allclose(grid.flux / PER_YEAR, count(samples), rtol=6e-7)
        # every sample lies in the bin that holds its flux
        rows = np.flatnonzero(grid.flux.sum(axis=1) > 0.0)
        middle = 0.5 * (grid.azimuth_lower + grid.azimuth_upper)
        mean = np.average(
            np.exp(1j * middle[rows]), weights=grid.flux[rows].sum(axis=1)
        )
        due = np.average(np.exp(1j * samples.azimuth), weights=samples.flux)
        assert abs(mean - due) < 2e-3


def test_exact_edges_behind_the_printed_ones(folder: Path) -> None:
    grid = mem3.read_run(folder, grid="igloo").populations[0].grid
    area = (np.sin(grid.elevation_upper) - np.sin(grid.elevation_lower)) * (
        grid.azimuth_upper - grid.azimuth_lower
    )
    assert area.sum() == pytest.approx(4.0 * math.pi, rel=1e-12)
    ring = grid.elevation_lower == -75.0 * DEGREE
    assert ring.sum() == 22  # 360/22 is not a number of two decimals
    np.testing.assert_allclose(
        grid.azimuth_lower[ring], np.arange(22) * 2.0 * math.pi / 22.0, atol=1e-14
    )


def test_cube_through_the_grid_gives_cube_avg(run: Mem3Run) -> None:
    for population in run.populations:
        cube = population.cube
        assert cube is not None
        found = surface_fluxes(population.grid)
        due = np.concatenate([cube.flux[:6], cube.flux[9:]])
        np.testing.assert_allclose(
            found.sum(axis=0), due, atol=1.5e-3 * cube.cross_section, rtol=0.0
        )
        np.testing.assert_allclose(found.sum(axis=0)[:5], due[:5], rtol=4e-3)
        assert population.grid.flux.sum() == pytest.approx(cube.cross_section, rel=1e-6)


def test_cube_through_the_threat_table_gives_cube_avg(run: Mem3Run) -> None:
    environment = mem3.environment(run)
    table = environment.table("cross_section")
    assert table["population"].attrs["population_names"] == "high density, low density"
    shares = curve_shares(table, NORMALS)
    population = np.repeat([0, 1], mem3.DENSITY_NODES)
    for k, each in enumerate(run.populations):
        assert each.cube is not None
        _, part = density_nodes(each.density, mem3.DENSITY_NODES)
        found = shares[:, population == k] @ part * each.grid.flux.sum()
        np.testing.assert_allclose(
            found, each.cube.flux[:6], atol=1.5e-3 * each.cube.cross_section, rtol=0.0
        )


def test_faces_and_sizes_are_those_of_the_model(folder: Path, tmp_path: Path) -> None:
    """One density for all particles: the table must be that of our own model."""
    model = load_flux("grun_ssp", density="constant")
    density = float(model.density(1e-3))
    run = mem3.read_run(folder)
    same = tmp_path / "density.txt"
    same.write_text(f"a\nb\n{density - 1:g} {density + 1:g} 1.0\n")
    alike = read_density(same)
    populations = tuple(replace(p, density=alike) for p in run.populations)
    table = mem3.environment(replace(run, populations=populations)).table(
        "cross_section"
    )
    sizes = np.array([2e-4, 1e-3, 5e-3])
    mine = face_sums(table, NORMALS, sizes)
    cosine, sine = math.cos(TURN), math.sin(TURN)
    turn = np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
    turned = NORMALS @ turn  # what the turned population sees
    own = SHARES[0] * face_sums_of_model(model, STATE, NORMALS, sizes)
    own += SHARES[1] * face_sums_of_model(model, STATE, turned, sizes)
    np.testing.assert_allclose(mine[:5], own[:5], rtol=4e-3)
    np.testing.assert_allclose(mine[5], own[5], atol=1.5e-3 * own.sum(axis=0).max())
    swapped = SHARES[0] * face_sums_of_model(model, STATE, NORMALS, sizes)
    swapped += SHARES[1] * face_sums_of_model(model, STATE, NORMALS @ turn.T, sizes)
    assert np.max(np.abs(mine[2:4] / swapped[2:4] - 1.0)) > 0.1


def test_sizes_are_inverted_in_mass(folder: Path) -> None:
    run = mem3.read_run(folder)
    environment = mem3.environment(run)
    curves = environment.curves
    start = 0
    for population in run.populations:
        density, share = density_nodes(population.density, mem3.DENSITY_NODES)
        own = slice(start, start + density.size)
        start += density.size
        np.testing.assert_allclose(curves.density[own, 0], density)
        assert np.ptp(curves.density[own], axis=1).max() == 0.0
        total = float(population.grid.flux.sum())
        for mass in np.array([1e-6, 1e-4, 1e-2, 1.0]) * GRAM:
            sizes = np.cbrt(6.0 * mass / (math.pi * density))
            flux = [
                np.exp(np.interp(np.log(d), np.log(curves.diameter), np.log(row)))
                for d, row in zip(sizes, curves.flux[own], strict=True)
            ]
            due = total * float(mass_scaling(mass, LIMIT))
            assert sum(flux) == pytest.approx(due, rel=2e-5)
            np.testing.assert_allclose(flux, share * due, rtol=2e-5)
            # one density for all would put these particles at one diameter
            mean = np.cbrt(6.0 * mass / (math.pi * population.density.mean))
            at_mean = [
                np.exp(np.interp(np.log(mean), np.log(curves.diameter), np.log(row)))
                for row in curves.flux[own]
            ]
            assert abs(sum(at_mean) / due - 1.0) > 0.02


@pytest.mark.parametrize(("nodes", "most"), [(1, 0.15), (2, 7e-3), (3, 2e-4)])
def test_few_densities_stand_for_the_distribution(
    folder: Path, nodes: int, most: float
) -> None:
    sizes = np.geomspace(1e-4, 1e-2, 25)
    for population in mem3.read_run(folder).populations:

        def spectrum(pair: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
            masses = mass_of(sizes, pair[0][:, None])
            return np.asarray(pair[1] @ mass_scaling(masses, LIMIT))

        every = spectrum(density_nodes(population.density, 0))
        few = spectrum(density_nodes(population.density, nodes))
        np.testing.assert_allclose(few, every, rtol=most)
        density, share = density_nodes(population.density, nodes)
        mean_log = np.log(0.5 * (population.density.lower + population.density.upper))
        assert share.sum() == pytest.approx(1.0, abs=1e-14)
        assert share @ np.log(density) == pytest.approx(
            population.density.fraction @ mean_log, rel=1e-9
        )


def test_table_adds_up_and_says_what_it_is(folder: Path) -> None:
    run = mem3.read_run(folder)
    environment = mem3.read(folder)
    assert environment.area_convention == "cross_section"
    assert environment.facts.altitude_km == pytest.approx((400.0, 400.0))
    assert environment.facts.inclination_deg == pytest.approx((51.64, 51.64))
    assert environment.facts.epoch_year == pytest.approx((2018.0, 2018.48), abs=0.01)
    assert {p.name for p in environment.files} == {
        *("info.txt", "options.txt", "input.txt", "hidensity.txt", "lodensity.txt"),
        *("igloo_avg.txt", "cube_avg.txt"),
    }
    assert len(environment.files) == 9
    codes = [note.code for note in environment.notes]
    assert codes == ["mem3-mass-scaling", "mem3-uncertainty", "mem3-densities"]
    total = sum(float(p.grid.flux.sum()) for p in run.populations)
    assert environment.extra is not None
    assert environment.extra["low_density_flux_per_year"] == pytest.approx(
        run.populations[1].grid.flux.sum() / PER_YEAR
    )
    table = environment.table("cross_section")
    assert table.attrs["table_min_diameter"] == pytest.approx(
        float(np.cbrt(6.0 * LIMIT / math.pi / table["density"].values.min()))
    )
    fluxes = [density_nodes(p.density, 3)[1].sum() for p in run.populations]
    assert fluxes == pytest.approx([1.0, 1.0])
    shares = np.array([float(p.grid.flux.sum()) / total for p in run.populations])
    np.testing.assert_allclose(shares, SHARES, rtol=1e-6)


def test_limiting_mass_sets_the_level(made: mem3_files.Run, tmp_path: Path) -> None:
    igloo = replace(made, tables=("igloo",))
    heavier = replace(igloo, log_mass=-4.0).write(tmp_path / "heavy")
    light = mem3.read(igloo.write(tmp_path / "light")).curves.flux
    heavy = mem3.read(heavier).curves.flux
    ratio = float(mass_scaling(1e-4 * GRAM, LIMIT))
    np.testing.assert_allclose(heavy * ratio, light, rtol=1e-9)
    assert ratio < 0.02


def test_coarser_speeds_and_other_angles(made: mem3_files.Run, tmp_path: Path) -> None:
    other = replace(made, step=4, speed_step=2)
    run = mem3.read_run(other.write(tmp_path), grid="flux")
    assert run.populations[0].grid.speed_edges[1] == 2000.0
    assert run.populations[0].grid.flux.shape == (4050, 40)
    assert mem3.read_run(tmp_path).populations[0].grid.flux.shape[1] == 40
    assert not [n for n in mem3.read(tmp_path).notes if n.code == "mem3-rings"]


Planted = Callable[[FluxGrid], FluxGrid]


def _reversed_azimuth(grid: FluxGrid) -> FluxGrid:
    full = 2.0 * np.pi
    return replace(
        grid,
        azimuth_lower=full - grid.azimuth_upper,
        azimuth_upper=full - grid.azimuth_lower,
    )


@pytest.mark.parametrize(
    ("plant", "complaint"),
    [
        (_reversed_azimuth, r"flux on \+y port"),
        (lambda g: replace(g, flux=4.0 * g.flux), "sum of all bins"),
        (lambda g: replace(g, flux=g.flux / PER_YEAR), "sum of all bins"),
        (lambda g: replace(g, flux=g.flux[:, ::-1].copy()), "mean speed on"),
        (
            lambda g: replace(
                g,
                elevation_lower=-g.elevation_upper,
                elevation_upper=-g.elevation_lower,
            ),
            r"flux on \+z zenith",
        ),
    ],
    ids=["azimuth sign", "factor 4", "per second", "speeds backwards", "upside down"],
)
def test_planted_errors_are_found(folder: Path, plant: Planted, complaint: str) -> None:
    low = mem3.read_run(folder).populations[1]
    assert low.cube is not None
    check_cube(low.grid, low.cube)
    with pytest.raises(InputError, match=complaint):
        check_cube(plant(low.grid), low.cube)


def test_half_bin_shift_is_found(folder: Path) -> None:
    """Labels 0, 1, 2 of flux_avg are lower edges; as middles all is half a bin slow."""
    low = mem3.read_run(folder, grid="flux").populations[1]
    assert low.cube is not None
    np.testing.assert_array_equal(low.grid.speed_edges[:3], [0.0, 1000.0, 2000.0])
    igloo = mem3.read_run(folder, grid="igloo").populations[1].grid

    def mean_speed(grid: FluxGrid) -> float:
        middle = 0.5 * (grid.speed_edges[:-1] + grid.speed_edges[1:])
        return float(grid.flux.sum(axis=0) @ middle / grid.flux.sum())

    assert mean_speed(low.grid) == pytest.approx(mean_speed(igloo), abs=0.1)
    shifted = replace(low.grid, speed_edges=low.grid.speed_edges - 500.0)
    assert mean_speed(shifted) == pytest.approx(mean_speed(igloo) - 500.0, abs=0.1)
    with pytest.raises(InputError, match="speed step"):
        check_cube(shifted, low.cube)
    with pytest.raises(InputError, match=r"mean speed on \+x ram"):
        check_cube(shifted, replace(low.cube, speed_edges=shifted.speed_edges))


def test_deviations_are_read_when_asked_for(folder: Path) -> None:
    for place in ("HiDensity", "LoDensity"):
        text = (folder / place / "igloo_avg.txt").read_text()
        (folder / place / "igloo_std.txt").write_text(text)
    found = mem3.read_deviations(folder)
    assert sorted(found) == ["high density", "low density"]
    run = mem3.read_run(folder, grid="igloo")
    np.testing.assert_array_equal(
        found["high density"].flux, run.populations[0].grid.flux
    )
    with pytest.raises(InputError, match=r"flux_std\.txt"):
        mem3.read_deviations(folder, grid="flux")


def test_rings_of_another_count(
    made: mem3_files.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rule is known from 5 degrees: there it is demanded, elsewhere it is noted."""
    counts = mem3_files.rings
    monkeypatch.setattr(
        mem3_files, "rings", lambda step: [n + (n > 40) for n in counts(step)]
    )
    igloo = replace(made, tables=("igloo",))
    found = mem3.read(replace(igloo, step=4).write(tmp_path / "four"))
    assert "mem3-rings" in [note.code for note in found.notes]
    with pytest.raises(InputError, match="1652 rows at 5 degrees"):
        mem3.read(igloo.write(tmp_path / "five"))


def test_rotating_environment_and_faces_changes_nothing(
    samples: mem3_files.Samples, tmp_path: Path
) -> None:
    """Nine bins of the flux grid towards port, and the faces with them."""
    angle = 45.0 * DEGREE
    rotation = np.array(
        [
            [math.cos(angle), -math.sin(angle), 0.0],
            [math.sin(angle), math.cos(angle), 0.0],
            [0.0, 0.0, 1.0],
        ]
    )
    sizes = np.array([1e-4, 1e-3])
    sums = []
    for turn in (0.0, angle):
        moved = samples.turned(TURN + turn)
        folder = mem3_files.Run((moved, moved), tables=("flux", "cube")).write(
            tmp_path / f"{turn:.1f}"
        )
        table = mem3.read(folder, density_nodes=1).table("cross_section")
        faces = NORMALS if turn == 0.0 else NORMALS @ rotation.T
        sums.append(face_sums(table, faces, sizes))
        if turn:  # the other way round it is another environment
            wrong = face_sums(table, NORMALS @ rotation, sizes)
            assert np.max(np.abs(wrong / sums[0] - 1.0)) > 0.1
    np.testing.assert_allclose(sums[1], sums[0], rtol=1e-6)


def test_two_igloos_are_read_in_two_seconds(folder: Path) -> None:
    begin = time.process_time()
    mem3.read(folder, grid="igloo").table("cross_section")
    assert time.process_time() - begin < 2.0
