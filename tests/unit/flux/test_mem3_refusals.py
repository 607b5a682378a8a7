"""Damaged and foreign files of MEM 3: a clear refusal that names the place."""

from __future__ import annotations

import gzip
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import mem3_files
import numpy as np
import pytest

from mmod.errors import InputError
from mmod.flux.readers import mem3
from mmod.flux.readers.mem3_cube import read_cube
from mmod.flux.readers.mem3_density import density_nodes, read_density
from mmod.flux.readers.mem3_grids import read_flux, read_igloo
from mmod.flux.readers.mem3_run import (
    read_info,
    read_options,
    read_state_vectors,
)

Edit = Callable[[list[str]], list[str]]


@pytest.fixture(scope="module")
def samples() -> mem3_files.Samples:
    """A handful of directions and speeds."""
    rng = np.random.default_rng(4)
    count = 3000
    return mem3_files.Samples(
        rng.uniform(0.0, 2.0 * np.pi, count) * 0.7,
        rng.uniform(-0.3, 1.0, count),
        rng.uniform(3e3, 70e3, count),
        rng.uniform(0.5, 1.0, count) / count,
    )


@pytest.fixture(scope="module")
def run(samples: mem3_files.Samples) -> mem3_files.Run:
    return mem3_files.Run((samples, samples.turned(1.0)))


@pytest.fixture(scope="module")
def folder(run: mem3_files.Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run.write(tmp_path_factory.mktemp("mem3"))


def _cells(row: int, column: int, value: str) -> Edit:
    def edit(lines: list[str]) -> list[str]:
        cells = lines[row].split()
        cells[column] = value
        return [*lines[:row], " ".join(cells), *lines[row + 1 :]]

    return edit


def _swap(first: int, second: int) -> Edit:
    def edit(lines: list[str]) -> list[str]:
        out = list(lines)
        out[first], out[second] = out[second], out[first]
        return out

    return edit


def _words(old: str, new: str) -> Edit:
    return lambda lines: [line.replace(old, new) for line in lines]


GRID_CASES = {
    "truncated": (lambda lines: lines[:900], "end of file after 892 rows"),
    "half-written line": (lambda lines: [*lines[:-1], lines[-1][:200]], "columns"),
    "a row too many": (lambda lines: [*lines, lines[-1]], "the end after"),
    "shuffled rows": (_swap(40, 400), "column 1 "),
    "no header": (lambda lines: lines[8:], "rows of flux data"),
    "header swapped": (_swap(0, 1), "rows of flux data"),
    "other units": (_words("(km/s)", "(m/s)"), "midpoint of speed range"),
    "nan": (_cells(100, 30, "nan"), r":101: column 31"),
    "inf": (_cells(100, 30, "inf"), r":101: column 31"),
    "negative": (_cells(100, 30, "-1.0e-3"), r":101: column 31"),
    "overflow": (_cells(100, 30, "1.0e+300"), r":101: column 31"),
    "letter": (_cells(100, 30, "0.00O000e+00"), r":101: column 31"),
    "too many rows stated": (_words("# 1652", "# 99999"), "rows of flux data"),
}


@pytest.mark.parametrize("case", GRID_CASES, ids=str)
def test_igloo_refuses(folder: Path, tmp_path: Path, case: str) -> None:
    edit, complaint = GRID_CASES[case]
    lines = (folder / "HiDensity/igloo_avg.txt").read_text().splitlines()
    path = tmp_path / "igloo_avg.txt"
    path.write_text("\n".join(edit(lines)))
    with pytest.raises(InputError, match=complaint) as caught:
        read_igloo(path)
    assert "igloo_avg.txt:" in str(caught.value)


@pytest.mark.parametrize(
    ("edit", "complaint"),
    [
        (_cells(7, 4, "ELEV1"), r":8: line"),
        (_cells(7, 10, "0.7"), "speed labels"),
        (_cells(20, 3, "-79.00"), r":21: column 4 \(PHI1\)"),
        (_cells(20, 5, "0.10"), r":21: column 6 \(THETA1\)"),
        (_cells(20, 7, "-77.50"), r":21: column 8 \(PHIavg\)"),
        (_cells(20, 8, "1.00"), r":21: column 9 \(THETAavg\)"),
        (_cells(20, 1, "4"), r"column 2 \(I\)"),
        (_cells(8, 4, "-83.00"), r"column 5 \(PHI2\)|rings"),
        (_words("boundaries and center", "minimum value"), "boundaries"),
    ],
)
def test_igloo_refuses_other_columns(
    folder: Path, tmp_path: Path, edit: Edit, complaint: str
) -> None:
    lines = (folder / "HiDensity/igloo_avg.txt").read_text().splitlines()
    path = tmp_path / "igloo_avg.txt"
    path.write_text("\n".join(edit(lines)))
    with pytest.raises(InputError, match=complaint):
        read_igloo(path)


def _middles(lines: list[str]) -> list[str]:
    labels = " ".join(f"{k + 0.25:.2f}" for k in range(80))
    return [*lines[:7], f"# PHI1 THETA1 {labels}", *lines[8:]]


def _middle_angles(lines: list[str]) -> list[str]:
    out = lines[:8]
    for line in lines[8:]:
        cells = line.split()
        cells[:2] = [f"{float(cells[0]) + 2.5}", f"{float(cells[1]) + 2.5}"]
        out.append(" ".join(cells))
    return out


@pytest.mark.parametrize(
    ("edit", "complaint"),
    [
        (_middles, "speed labels"),
        (_middle_angles, r":9: column 1 \(PHI1\)"),
        (_words("# 2592", "# 2590"), "grid of 1 to 5 degrees"),
        (_words("# 2592", "# 4050"), "end of file after 2592 rows"),
        (_words("PHI1 THETA1", "THETA1 PHI1"), "PHI1 THETA1"),
        (_swap(8, 9), r"column 2 \(THETA1\)"),
    ],
)
def test_flux_grid_refuses(
    folder: Path, tmp_path: Path, edit: Edit, complaint: str
) -> None:
    lines = (folder / "HiDensity/flux_avg.txt").read_text().splitlines()
    path = tmp_path / "flux_avg.txt"
    path.write_text("\n".join(edit(lines)))
    with pytest.raises(InputError, match=complaint):
        read_flux(path)


@pytest.mark.parametrize(
    ("edit", "complaint"),
    [
        (_words("+x ram ", "+x ahead "), "[+]x ram"),
        (_words("/m^2/yr", "/m^2/s"), "cross-sectional flux"),
        (_words("# 12 columns", "# 11 columns"), "12 columns"),
        (_cells(7, 4, "9.999999e+00"), "the sum of its column"),
        (_cells(20, 3, "9.999999e-01"), "the sum of its column"),
        (_cells(6, 4, "nan"), "a finite speed"),
        (lambda lines: lines[:-20], "end of file"),
        (lambda lines: lines[:8], "end of file|velocity"),
    ],
)
def test_cube_refuses(folder: Path, tmp_path: Path, edit: Edit, complaint: str) -> None:
    lines = (folder / "HiDensity/cube_avg.txt").read_text().splitlines()
    path = tmp_path / "cube_avg.txt"
    path.write_text("\n".join(edit(lines)))
    with pytest.raises(InputError, match=complaint):
        read_cube(path)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("100 150 1.0\n150 200 0.0\n", "two header lines"),
        ("#\n#\n", "rows of three numbers"),
        ("#\n#\n0.1 0.15 0.5\n0.15 0.2 0.5\n", "50 to 20000 kg/m3"),
        ("#\n#\n100 150 60\n150 200 40\n", "a fraction, 0 to 1"),
        ("#\n#\n100 150 0.01\n150 200 0.01\n", "1 within 1 %"),
        ("#\n#\n100 150 0.5\n140 200 0.5\n", "the end of the bin before"),
        ("#\n#\n100 150 0.5 7\n", "3 numbers"),
        ("#\n#\n100 150 -0.5\n", ":3"),
    ],
)
def test_densities_refuse(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "hidensity.txt"
    path.write_text(text)
    with pytest.raises(InputError, match=complaint):
        read_density(path)


def test_density_nodes_of_few_bins(tmp_path: Path) -> None:
    path = tmp_path / "lodensity.txt"
    path.write_text("rho\nkg/m3\n100 150 0.25\n150 200 0\n200 250 0.75\n")
    for count in (0, 2, 7):
        density, share = density_nodes(read_density(path), count)
        np.testing.assert_array_equal(density, [125.0, 225.0])
        np.testing.assert_array_equal(share, [0.25, 0.75])
    with pytest.raises(InputError, match="density_nodes"):
        density_nodes(read_density(path), -1)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("version 3.0.1", "version 2.0.1", "version 3"),
        ("(MEM)", "(ORDEM)", "version 3"),
        ("10^-6 grams", "10^-6 kg", "10\\^X grams"),
        ("10^-6 grams", "10^-9 grams", "10\\^X grams"),
        ("Limiting mass:", "Mass:", "Limiting mass"),
        ("5 degrees", "7 degrees", "N degrees"),
        ("Output resolution:    5 degrees\n", "", "Output resolution"),
    ],
)
def test_info_refuses(
    folder: Path, tmp_path: Path, old: str, new: str, complaint: str
) -> None:
    text = (folder / "info.txt").read_text()
    assert old in text
    (tmp_path / "info.txt").write_text(text.replace(old, new))
    with pytest.raises(InputError, match=complaint):
        read_info(tmp_path / "info.txt")


def test_options_report_every_bad_line(folder: Path, tmp_path: Path) -> None:
    text = (folder / "options.txt").read_text()
    path = tmp_path / "options.txt"
    path.write_text(text.replace("\nea\neq\n", "\nxx\nbo\n").replace("\n-6\n", "\nm\n"))
    with pytest.raises(InputError) as caught:
        read_options(path)
    assert [p.key for p in caught.value.problems] == [
        *("column Line 2", "column Line 3", "column Line 6")
    ]
    path.write_text(text + "one more\n")
    with pytest.raises(InputError, match="16 lines"):
        read_options(path)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("2458119.5 7000 0 0 0 7.5", "7 numbers"),
        ("2458119.5 7000 0 0 0 7.5 nan", "column 7"),
        ("1.5 7000 0 0 0 7.5 0", "Julian date"),
        ("2458119.5 1477 385 830 0 0.1 0", "Earth's surface"),
        ("2458119.5 7000 0 0 7 0 0", "across the position"),
        ("2458119.5 7e99 0 0 7 1 0", "numbers up to"),
        ("", "JD X Y Z"),
    ],
)
def test_state_vectors_refuse(tmp_path: Path, line: str, complaint: str) -> None:
    path = tmp_path / "input.txt"
    path.write_text(f"# JD\n{line}\n")
    with pytest.raises(InputError, match=complaint):
        read_state_vectors(path, "equatorial")


def test_inclination_of_ecliptic_vectors(tmp_path: Path) -> None:
    path = tmp_path / "input.txt"
    path.write_text("2458119.5 7000 0 0 0 7.5 0\n")
    assert read_state_vectors(path, "equatorial").inclination_deg == (0.0, 0.0)
    low, high = read_state_vectors(path, "ecliptic").inclination_deg
    assert low == high == pytest.approx(23.4393)


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("gzipped", gzip.compress(b"# 1652 rows of flux data\n", mtime=0), "gzip"),
        ("empty", b"", "empty"),
        ("binary", b"# 1652 rows\0\1\2", "NUL"),
        ("latin", b"# 1652 rows of fl\xfcx data\n", "UTF-8"),
        ("endless line", b"# " + b"9" * 100_000, "at most"),
    ],
)
@pytest.mark.parametrize(
    "reader", [read_igloo, read_flux, read_cube, read_density, read_info, read_options]
)
def test_foreign_content(
    tmp_path: Path,
    reader: Callable[[Path], object],
    name: str,
    content: bytes,
    complaint: str,
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=complaint):
        reader(path)
    with pytest.raises(InputError):
        reader(tmp_path)


@pytest.mark.parametrize("size", [200_000_000, 1_000_000_000])
def test_huge_file_is_refused_in_little_memory(tmp_path: Path, size: int) -> None:
    path = tmp_path / "igloo_avg.txt"
    path.write_text("# 1652 rows of flux data\n")
    with path.open("r+b") as handle:
        handle.truncate(size)  # sparse
    tracemalloc.start()
    begin = time.process_time()
    with pytest.raises(InputError):
        read_igloo(path)
    assert time.process_time() - begin < 1.0
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"axes": "eq"}, "body-fixed axes"),
        ({"origin": "mo"}, "origin"),
    ],
)
def test_run_refuses_other_frames(
    run: mem3_files.Run, tmp_path: Path, changes: dict[str, str], complaint: str
) -> None:
    with pytest.raises(InputError, match=complaint):
        mem3.read(replace(run, tables=("igloo",), **changes).write(tmp_path))


def test_run_about_another_body(run: mem3_files.Run, tmp_path: Path) -> None:
    lunar = replace(run, tables=("igloo",), origin="mo").write(tmp_path)
    found = mem3.read(lunar, origin="moon")
    assert found.facts.altitude_km is None
    codes = [note.code for note in found.notes]
    assert "mem3-origin" in codes
    assert codes.count("mem3-unchecked") == 2
    with pytest.raises(InputError, match="origin"):
        mem3.read(lunar, origin="pluto")


def test_problems_of_all_files_at_once(run: mem3_files.Run, tmp_path: Path) -> None:
    bad = replace(
        run,
        tables=("igloo",),
        changes={
            "info.txt": "nothing\n",
            "lodensity.txt": "#\n#\n",
            "LoDensity/igloo_avg.txt": "# 1652 rows of flux data\n",
        },
    ).write(tmp_path)
    (bad / "options.txt").unlink()
    with pytest.raises(InputError) as caught:
        mem3.read(bad)
    sources = " ".join(p.source for p in caught.value.problems)
    for name in ("info.txt", "options.txt", "lodensity.txt", "LoDensity/igloo_avg.txt"):
        assert name in sources


def test_files_of_different_runs(run: mem3_files.Run, tmp_path: Path) -> None:
    folder = run.write(tmp_path)
    other = mem3_files.OPTIONS.format(
        input_origin="ea", input_axes="eq", origin="ea", axes="bo",
        log_mass=-3.0, step=4, speed_step=2,
    )  # fmt: skip
    options = (folder / "options.txt").read_text()
    (folder / "options.txt").write_text(other)
    with pytest.raises(InputError) as caught:
        mem3.read(folder)
    text = str(caught.value)
    assert "limiting mass of info.txt" in text
    assert "resolution of info.txt" in text
    assert "angle step" in text
    assert "speed step" in text
    (folder / "options.txt").write_text(options)
    high, low = (folder / p / "cube_avg.txt" for p in ("HiDensity", "LoDensity"))
    high.write_text(low.read_text())
    with pytest.raises(InputError, match="flux on"):
        mem3.read(folder)


@pytest.mark.parametrize("settings", [{"grid": "cube"}, {"density_nodes": 2.5}])
def test_settings_are_checked(folder: Path, settings: dict[str, object]) -> None:
    with pytest.raises(InputError, match=next(iter(settings))):
        mem3.read(folder, **settings)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="folder"):
        mem3.read(folder / "nowhere")


def test_too_many_bins_are_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mem3, "MOST_THREATS", 1000)
    with pytest.raises(InputError, match="fewer densities"):
        mem3.read(folder, density_nodes=0)


def test_populations_without_flux(run: mem3_files.Run, tmp_path: Path) -> None:
    nothing = replace(run.populations[0], flux=0.0 * run.populations[0].flux)
    half = replace(run, populations=(nothing, run.populations[1]), tables=("igloo",))
    found = mem3.read(half.write(tmp_path / "half"))
    assert found.populations == ("low density",)
    assert "mem3-empty" in [note.code for note in found.notes]
    found.table("cross_section")
    none = replace(run, populations=(nothing, nothing))
    with pytest.raises(InputError, match="at least one population"):
        mem3.read(none.write(tmp_path / "none"))


def test_other_version_is_flagged(run: mem3_files.Run, tmp_path: Path) -> None:
    newer = replace(run, version="3.1", tables=("igloo",)).write(tmp_path)
    assert "mem3-version" in [note.code for note in mem3.read(newer).notes]
