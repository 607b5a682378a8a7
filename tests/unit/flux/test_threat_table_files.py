"""Threat tables come back from our own files as they were; what is wrong is refused."""

from __future__ import annotations

import gzip
import math
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import xarray as xr
from environment_files import (
    NAMES,
    STATE,
    cube_errors,
    model_table,
    small_table,
)

from mmod.errors import InputError
from mmod.flux.readers import threat_table
from mmod.flux.readers._table_schema import VERSION

SIZES = np.array([1e-4, 1e-3, 1e-2])


def keys(error: pytest.ExceptionInfo[InputError]) -> set[str]:
    return {problem.key for problem in error.value.problems}


@pytest.mark.parametrize("suffix", [".nc", ".csv"])
@pytest.mark.parametrize("name", NAMES)
def test_models_come_back_bit_by_bit(name: str, suffix: str, tmp_path: Path) -> None:
    table = model_table(name)
    path = threat_table.write(table, tmp_path / f"t{suffix}")
    back = threat_table.read_table(path)
    xr.testing.assert_identical(back, table)
    assert cube_errors(table, back, SIZES).max() == 0.0
    for each in back.variables:
        assert back[each].dtype == table[each].dtype


@pytest.mark.parametrize("suffix", [".nc", ".csv"])
def test_populations_sigmas_and_unknown_orbits_survive(
    suffix: str, tmp_path: Path
) -> None:
    table = small_table()
    half = np.arange(table.sizes["threat"]) % 2
    table = table.assign(
        population=(
            "threat",
            half.astype(np.int32),
            {"population_names": "paint, steel", "long_name": "which"},
        ),
        flux_upper=(("size_curve", "diameter"), 2.0 * table["flux"].values),
        importance=("threat", np.linspace(0.1, 1.0, half.size), {"units": "1"}),
    ).assign_attrs(altitude=math.nan, flags="a: b\nc: d é")
    path = threat_table.write(table, tmp_path / f"t{suffix}")
    xr.testing.assert_identical(threat_table.read_table(path), table)
    found = threat_table.read(path)
    assert found.populations == ("paint", "steel")
    assert found.facts.altitude_km is None
    assert found.facts.epoch_year == (STATE.epoch, STATE.epoch)
    assert [note.code for note in found.notes] == ["a", "c"]
    assert found.area_convention == "cross_section"


@pytest.mark.parametrize("name", ["nasa91", "grun_ssp"])
def test_environment_gives_the_same_table(name: str, tmp_path: Path) -> None:
    table = model_table(name)
    found = threat_table.read(threat_table.write(table, tmp_path / "t.nc"))
    back = found.table("cross_section", model=name)
    assert cube_errors(table, back, SIZES).max() < 1e-14
    # planted: read as per surface of a tumbling plate, a factor 4
    wrong = found.table("tumbling_surface", model=name)
    assert cube_errors(table, wrong, SIZES).max() > 0.5


def rounded(text: str, digits: int) -> str:
    lines = []
    for line in text.splitlines():
        cells = line.split(",")
        if not line.startswith("#") and any("." in c for c in cells):
            cells = [f"{float(c):.{digits}g}" if "." in c else c for c in cells]
        lines.append(",".join(cells))
    return "\n".join(lines) + "\n"


def test_few_digits_are_enough(tmp_path: Path) -> None:
    table = model_table("grun_ecss").isel(threat=slice(0, 2000))
    table = table.assign(weight=table["weight"] / math.fsum(table["weight"].values))
    table["weight"].attrs = model_table("grun_ecss")["weight"].attrs
    weight = table["weight"].values
    weight[np.argmax(weight)] += 1.0 - math.fsum(weight)
    path = threat_table.write(table, tmp_path / "t.csv")
    path.write_text(rounded(path.read_text(encoding="utf-8"), 8), encoding="utf-8")
    back = threat_table.read_table(path)
    assert 1e-13 < cube_errors(table, back, SIZES).max() < 1e-7
    # three digits no longer sum to 1: not scaled, refused
    path.write_text(rounded(path.read_text(encoding="utf-8"), 3), encoding="utf-8")
    with pytest.raises(InputError, match="weight of size curve 0"):
        threat_table.read_table(path)


CSV_FAULTS = [
    (f"threat-table {VERSION}", "threat-table 2.0", "mmod_format_version"),
    ("# mmod-threat-table", "# other-table", "line 1"),
    ("azimuth_lower [rad]", "azimuth_lower [deg]", "column 1"),
    ("azimuth_lower [rad]", "azimuth_low [rad]", "column azimuth_lower"),
    ("flux [m-2 s-1]", "flux [m-2 yr-1]", "column 3"),
    ('# kind = "debris"', '# kind = "dust"', "attrs.kind"),
    ('# kind = "debris"', "# kind = debris", "line"),
    ('# kind = "debris"', "# kind = [1]", "line"),
    ('# kind = "debris"\n', "", "attrs.kind"),
    ("# altitude = 400000.0", '# altitude = "high"', "attrs.altitude"),
    ("# altitude = 400000.0", "# altitude = Infinity", "line"),
    ("# altitude = 400000.0", "# epoch = 1.0", "line"),
    ('"cross_section"', '"tumbling_surface"', "attrs.area_convention"),
    ("# [size_curve]", "# [sizes]", "line"),
    ("# end 400 ", "# end 401 ", "line"),
    ("\n0,1e-06,", "\n1,1e-06,", "size_curve"),
]


@pytest.mark.parametrize(("old", "new", "key"), CSV_FAULTS)
def test_faults_of_a_csv_are_named(
    old: str, new: str, key: str, tmp_path: Path
) -> None:
    path = threat_table.write(model_table("nasa91"), tmp_path / "t.csv")
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError) as error:
        threat_table.read_table(path)
    assert key in keys(error)
    assert str(path) in str(error.value)


@pytest.mark.parametrize("cell", ["nan", "inf", "x", "", "1e999", "1,2"])
def test_bad_numbers_name_line_and_column(cell: str, tmp_path: Path) -> None:
    path = threat_table.write(model_table("nasa91"), tmp_path / "t.csv")
    lines = path.read_text(encoding="utf-8").splitlines()
    at = lines.index("# [threat]") + 3
    cells = lines[at].split(",")
    cells[5] = cell
    lines[at] = ",".join(cells)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        threat_table.read_table(path)
    assert error.value.problems[0].source == f"{path}:{at + 1}"


def test_shuffled_and_half_written_csv(tmp_path: Path) -> None:
    path = threat_table.write(model_table("nasa91"), tmp_path / "t.csv")
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    for cut in (len(text) // 3, len(text) // 2, text.rindex("# end")):
        path.write_text(text[:cut], encoding="utf-8")
        with pytest.raises(InputError):
            threat_table.read_table(path)
    order = np.random.default_rng(1).permutation(len(lines))
    path.write_text("\n".join(lines[k] for k in order) + "\n", encoding="utf-8")
    with pytest.raises(InputError):
        threat_table.read_table(path)
    path.write_bytes(gzip.compress(text.encode()))
    with pytest.raises(InputError, match="gzip"):
        threat_table.read_table(path)


def test_other_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.nc"
    with pytest.raises(InputError, match="not found"):
        threat_table.read_table(path)
    for content in (b"", b"CDF\x01", b"\x89HDF\r\n\x1a\n", b"text\n" * 100):
        path.write_bytes(content)
        with pytest.raises(InputError, match=str(path)):
            threat_table.read_table(path)
    with pytest.raises(InputError, match="not a file"):
        threat_table.read_table(_folder(tmp_path / "folder.csv"))
    with pytest.raises(InputError, match=r"\.nc or \.csv"):
        threat_table.read_table(tmp_path / "t.txt")
    with path.open("wb") as file:
        file.truncate(1_000_000_000)
    with pytest.raises(InputError):
        threat_table.read_table(path)
    text = tmp_path / "t.csv"
    with text.open("wb") as file:
        file.truncate(1_000_000_000)
    with pytest.raises(InputError, match="bytes"):
        threat_table.read_table(text)


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def test_faults_of_a_netcdf_are_named(tmp_path: Path) -> None:
    path = tmp_path / "t.nc"
    for key, change in (
        ("mmod_format_version", lambda f: f.setncattr("mmod_format_version", "9.0")),
        ("mmod_format", lambda f: f.setncattr("mmod_format", "results")),
        ("attrs.kind", lambda f: f.delncattr("kind")),
        ("attrs.coupled", lambda f: f.setncattr("coupled", 2)),
        ("speed_lower.units", lambda f: f["speed_lower"].setncattr("units", "km s-1")),
        ("flux.units", lambda f: f["flux"].delncattr("units")),
        ("flux", lambda f: f.renameVariable("flux", "fluxes")),
        ("size_curve x diameter", lambda f: f.renameDimension("diameter", "size")),
        ("note", lambda f: f.createVariable("note", str, ("threat",))),
        ("attrs.area_convention", lambda f: f.setncattr("area_convention", "both")),
    ):
        threat_table.write(model_table("nasa91"), path)
        with netCDF4.Dataset(path, "a") as file:
            change(file)
        with pytest.raises(InputError) as error:
            threat_table.read_table(path)
        assert key in keys(error), key


def test_damaged_netcdf_is_refused_or_the_same(tmp_path: Path) -> None:
    table = model_table("nasa91")
    path = threat_table.write(table, tmp_path / "t.nc")
    whole = path.read_bytes()
    for size in np.linspace(1, len(whole) - 1, 7).astype(int):
        path.write_bytes(whole[:size])
        with pytest.raises(InputError):
            threat_table.read_table(path)
    with netCDF4.Dataset(_write(path, whole)) as file:
        assert all(v.filters()["fletcher32"] for v in file.variables.values())


def _write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_what_cannot_be_written_leaves_the_old_file(tmp_path: Path) -> None:
    table = model_table("nasa91")
    path = tmp_path / "t.nc"
    path.write_text("older")
    for wrong in (
        table.assign(weight=2.0 * table["weight"]),
        table.assign(name=("threat", np.full(table.sizes["threat"], "x"))),
        table.assign(cube=(("diameter", "size_curve"), table["flux"].values.T)),
        table.assign_attrs(note=[1, 2]),
        table.assign(flux=table["flux"].assign_attrs(units="m-2 yr-1")),
        table.assign_attrs({"mmod_format": "mine"}),
        table.assign_attrs({"a b": "mine"}),
    ):
        with pytest.raises(InputError):
            threat_table.write(wrong, path)
    with pytest.raises(InputError):
        threat_table.write(table, tmp_path / "no" / "t.nc")
    with pytest.raises(InputError):
        threat_table.write(table, tmp_path)
    assert path.read_text() == "older"
    assert [p.name for p in tmp_path.iterdir()] == ["t.nc"]


def test_units_that_are_missing_are_added(tmp_path: Path) -> None:
    table = model_table("nasa91")
    bare = table.assign(weight=("threat", table["weight"].values))
    for suffix in (".nc", ".csv"):
        path = threat_table.write(bare, tmp_path / f"t{suffix}")
        assert threat_table.read_table(path)["weight"].attrs == {"units": "1"}
    assert bare["weight"].attrs == {}


def test_a_repaired_file_is_read_anew(tmp_path: Path) -> None:
    table = model_table("nasa91")
    path = threat_table.write(table, tmp_path / "t.nc")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError):
        threat_table.read_table(path)
    other = threat_table.write(model_table("master8_iss_ecss"), tmp_path / "o.nc")
    path.write_bytes(other.read_bytes())
    assert threat_table.read_table(path).attrs["model"] == "master8_iss_ecss"


def test_the_example_of_the_document_is_a_file(repo_root: Path, tmp_path: Path) -> None:
    text = (repo_root / "docs" / "environment_files.md").read_text(encoding="utf-8")
    start = text.index("# mmod-threat-table")
    path = tmp_path / "t.csv"
    path.write_text(text[start : text.index("```", start)], encoding="utf-8")
    table = threat_table.read_table(path)
    assert table.sizes == {"threat": 2, "size_curve": 1, "diameter": 2}
    assert math.isnan(table.attrs["inclination"])
    assert threat_table.read(path).facts.epoch_year == (2020.5, 2020.5)


def test_interrupted_write_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(table: xr.Dataset, part: Path) -> None:
        part.write_text("half")
        raise KeyboardInterrupt

    monkeypatch.setattr(threat_table, "write_csv", stop)
    with pytest.raises(KeyboardInterrupt):
        threat_table.write(model_table("nasa91"), tmp_path / "t.csv")
    assert not list(tmp_path.iterdir())
