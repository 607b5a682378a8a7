"""Whatever is done to a file of MEM 3: a valid table, or a refusal that says why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import mem3_files
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmod.errors import InputError
from mmod.flux.readers import mem3
from mmod.flux.readers.mem3_cube import read_cube
from mmod.flux.readers.mem3_density import density_nodes, read_density
from mmod.flux.readers.mem3_grids import FluxGrid, read_flux, read_igloo
from mmod.flux.readers.mem3_run import read_info, read_options, read_state_vectors

TOKENS = st.sampled_from(
    [
        "",
        "#",
        "nan",
        "-1",
        "0",
        "1",
        "1e400",
        "1D3",
        "1e-320",
        "9" * 40,
        "\x00",
        "é",
        "\n",
    ]
)
EDITS = st.lists(
    st.tuples(
        st.sampled_from(["token", "drop", "repeat", "cut", "swap", "byte"]),
        st.floats(0.0, 1.0, exclude_max=True),
        st.floats(0.0, 1.0, exclude_max=True),
        TOKENS,
    ),
    min_size=1,
    max_size=3,
)


def _edited(text: str, edits: list[tuple[str, float, float, str]]) -> bytes:
    lines = text.splitlines()
    for kind, where, inside, token in edits:
        if not lines:
            break
        # half of the edits in the header
        k = (
            int(2 * where * min(12, len(lines)))
            if where < 0.5
            else int(where * len(lines))
        )
        k = min(k, len(lines) - 1)
        cells = lines[k].split()
        if kind == "token" and cells:
            cells[int(inside * len(cells))] = token
            lines[k] = " ".join(cells)
        elif kind == "drop":
            del lines[k]
        elif kind == "repeat":
            lines.insert(k, lines[k])
        elif kind == "cut":
            lines = [*lines[:k], lines[k][: int(inside * len(lines[k]))]]
        elif kind == "swap":
            other = int(inside * len(lines))
            lines[k], lines[other] = lines[other], lines[k]
        else:
            at = int(inside * (len(lines[k]) + 1))
            lines[k] = lines[k][:at] + token + lines[k][at + 1 :]
    return "\n".join(lines).encode()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(11)
    count = 400
    samples = mem3_files.Samples(
        rng.uniform(0.0, 2.0 * np.pi, count),
        rng.uniform(-1.0, 1.0, count),
        rng.uniform(3e3, 70e3, count),
        rng.uniform(0.5, 1.0, count) / count,
    )
    run = mem3_files.Run((samples, samples), speed_step=2)
    return run.write(tmp_path_factory.mktemp("mem3"))


def _grid_holds(grid: object) -> None:
    assert isinstance(grid, FluxGrid)
    assert np.all(np.isfinite(grid.flux))
    assert np.all(grid.flux >= 0.0)
    area = (np.sin(grid.elevation_upper) - np.sin(grid.elevation_lower)) * (
        grid.azimuth_upper - grid.azimuth_lower
    )
    assert area.sum() == pytest.approx(4.0 * np.pi)


def _cube_holds(cube: object) -> None:
    for name in ("flux", "mean_speed", "by_speed"):
        assert np.all(getattr(cube, name) >= 0.0)
        assert np.all(np.isfinite(getattr(cube, name)))


def _density_holds(density: object) -> None:
    nodes, share = density_nodes(density, 3)  # type: ignore[arg-type]
    assert np.all((nodes > 49.0) & (nodes < 20_001.0))
    assert share.sum() == pytest.approx(1.0)


def _anything(found: object) -> None:
    assert found is not None


def _states(path: Path) -> object:
    return read_state_vectors(path, "ecliptic")


CASES: dict[str, tuple[Callable[[Path], object], Callable[[object], None]]] = {
    "HiDensity/igloo_avg.txt": (read_igloo, _grid_holds),
    "HiDensity/flux_avg.txt": (read_flux, _grid_holds),
    "HiDensity/cube_avg.txt": (read_cube, _cube_holds),
    "hidensity.txt": (read_density, _density_holds),
    "info.txt": (read_info, _anything),
    "options.txt": (read_options, _anything),
    "input.txt": (_states, _anything),
}


@pytest.mark.parametrize("name", CASES)
def test_mutations_of_a_file(folder: Path, tmp_path: Path, name: str) -> None:
    read, holds = CASES[name]
    original = (folder / name).read_text()
    path = tmp_path / "file.txt"
    path.write_text(original)
    holds(read(path))
    seen = {"valid": 0, "refused": 0, "tried": 0}

    @settings(max_examples=60, suppress_health_check=list(HealthCheck))
    @given(EDITS)
    def mutate(edits: list[tuple[str, float, float, str]]) -> None:
        path.write_bytes(_edited(original, edits))
        try:
            found = read(path)
        except InputError as error:
            seen["refused"] += bool(str(error)) and all(
                problem.source for problem in error.problems
            )
        else:
            seen["valid"] += 1
            holds(found)
        seen["tried"] += 1

    mutate()
    assert seen["valid"] + seen["refused"] == seen["tried"]
    assert seen["refused"] > 0


@settings(max_examples=12, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=400))
def test_any_bytes(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("bytes") / "file.txt"
    path.write_bytes(content)
    for read, _ in CASES.values():
        with pytest.raises(InputError):
            read(path)


@settings(max_examples=15, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(sorted(CASES)), EDITS)
def test_runs_with_one_mutated_file(
    folder: Path, name: str, edits: list[tuple[str, float, float, str]]
) -> None:
    path = folder / name
    original = path.read_text()
    path.write_bytes(_edited(original, edits))
    try:
        table = mem3.read(folder, grid="flux").table("cross_section")
    except InputError:
        pass
    else:
        assert table.sizes["size_curve"] >= 2
    finally:
        path.write_text(original)
