"""Shot tables: units, and a format that is checked cell by cell."""

from __future__ import annotations

import math

import pytest
import shot_tables

from mmod.errors import InputError
from mmod.verification.databases import DATABASES
from mmod.verification.shots import read_folder, read_shots


def problems(path):
    with pytest.raises(InputError) as caught:
        read_shots(path)
    return caught.value.problems


@pytest.mark.parametrize("database", DATABASES)
def test_every_format_is_read_and_recognised(tmp_path, database):
    path = shot_tables.write(tmp_path, database, {}, {"perforated": 1})
    table = read_shots(path)
    assert table.database.name == database
    assert [s.perforated for s in table.shots] == [False, True]
    assert [s.line for s in table.shots] == [2, 3]
    other = path.rename(tmp_path / "mine.csv")
    assert read_shots(other).database.name == database


def test_numbers_are_si(tmp_path):
    path = shot_tables.write(tmp_path, "stuffed", {"angle_deg": 45})
    (shot,) = read_shots(path).shots
    expected = {
        "projectile_diameter": 2.0e-3,
        "projectile_density": 2800.0,
        "velocity": 7.0e3,
        "angle": math.pi / 4.0,
        "stuffing_areal_density": 8.0,
        "rear_wall_yield": 57.0 * 6.895e6,
        "standoff": 0.11,
    }
    for name, value in expected.items():
        assert shot.value(name) == pytest.approx(value, rel=1e-12), name
    foam = shot_tables.write(tmp_path, "foam", {})
    (shot,) = read_shots(foam).shots
    assert shot.value("foam_relative_density") == pytest.approx(0.08)


def test_unknown_cells_and_byte_order_mark(tmp_path):
    path = shot_tables.write(
        tmp_path,
        "hcsp",
        {"honeycomb_cell_diameter_cm": "???", "perforated": "", "angle_deg": ""},
    )
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    (shot,) = read_shots(path).shots
    assert shot.perforated is None
    assert not shot.known("honeycomb_cell_diameter")
    assert not shot.known("angle")
    with pytest.raises(InputError, match=r"line 2.*angle"):
        shot.value("angle")


@pytest.mark.parametrize(
    ("change", "key", "expected"),
    [
        ({"velocity_km_s": "fast"}, "velocity_km_s", "> 0"),
        ({"velocity_km_s": "-7"}, "velocity_km_s", "> 0"),
        ({"velocity_km_s": "nan"}, "velocity_km_s", "> 0"),
        ({"velocity_km_s": "inf"}, "velocity_km_s", "> 0"),
        ({"velocity_km_s": ""}, "velocity_km_s", "> 0"),
        ({"standoff_cm": "???"}, "standoff_cm", "> 0"),
        ({"angle_deg": "91"}, "angle_deg", "0 to 90"),
        ({"row_id": "-1"}, "row_id", ">= 0"),
        ({"source_key": ""}, "source_key", "a word"),
        ({"perforated": "2", "result": ""}, "perforated", "0 or 1"),
        ({"result": "maybe"}, "result", "P, NP or blank"),
        ({"perforated": 1, "result": "NP"}, "perforated", "0, as result = NP"),
    ],
)
def test_a_wrong_cell_names_file_line_and_column(tmp_path, change, key, expected):
    path = shot_tables.write(tmp_path, "whipple", {}, change)
    (problem,) = problems(path)
    assert problem.source == f"{path}, line 3"
    assert problem.key == key
    assert expected in problem.expected


def test_all_problems_at_once(tmp_path):
    path = shot_tables.write(
        tmp_path, "whipple", {"velocity_km_s": "x", "angle_deg": "y"}, {"row_id": "z"}
    )
    assert [p.key for p in problems(path)] == ["velocity_km_s", "angle_deg", "row_id"]


def test_a_column_in_another_unit_is_refused(tmp_path):
    table = shot_tables.rows("whipple", {})
    table[0]["velocity_m_s"] = table[0].pop("velocity_km_s")
    path = shot_tables.write_rows(tmp_path / "hvi_tests_whipple.csv", table)
    unknown, missing = problems(path)
    assert unknown.source == f"{path}, line 1"
    assert unknown.key == "velocity_m_s"
    assert unknown.expected == "velocity_km_s, in that unit"
    assert (missing.key, missing.value) == ("velocity_km_s", "missing")


def test_a_column_too_many_and_twice(tmp_path):
    path = shot_tables.write(tmp_path, "whipple", {})
    lines = path.read_text().splitlines()
    path.write_text(f"{lines[0]},standoff_cm,colour\n{lines[1]},1,red\n")
    twice, unknown = problems(path)
    assert (twice.key, twice.value) == ("standoff_cm", "twice")
    assert (unknown.key, unknown.expected) == ("colour", "no such column")


def test_a_row_too_short(tmp_path):
    path = shot_tables.write(tmp_path, "whipple", {}, {})
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], lines[1].rpartition(",")[0], lines[2]]))
    (problem,) = problems(path)
    assert (problem.key, problem.source) == ("cells", f"{path}, line 2")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "a header row of a shot table"),
        (b"a,b\n1,2\n", "a header row of a shot table"),
        (b"\xff\xfe", "UTF-8"),
    ],
)
def test_what_is_no_table(tmp_path, content, message):
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_shots(path)
    with pytest.raises(InputError, match="a readable file"):
        read_shots(tmp_path / "missing.csv")


def test_a_table_without_shots(tmp_path):
    path = shot_tables.write(tmp_path, "whipple", {})
    path.write_text(path.read_text().splitlines()[0] + "\n\n")
    with pytest.raises(InputError, match="at least one shot"):
        read_shots(path)


def test_folder(tmp_path):
    with pytest.raises(InputError, match=r"hvi_tests_whipple\.csv"):
        read_folder(tmp_path)
    with pytest.raises(InputError, match="a folder with shot tables"):
        read_folder(tmp_path / "nothing")
    shot_tables.write(tmp_path, "whipple", {})
    shot_tables.write(tmp_path, "foam", {})
    assert list(read_folder(tmp_path)) == ["whipple", "foam"]
    shot_tables.write(tmp_path, "whipple", {"angle_deg": "x"})
    shot_tables.write(tmp_path, "foam", {"angle_deg": "y"})
    with pytest.raises(InputError) as caught:
        read_folder(tmp_path)
    assert [p.value for p in caught.value.problems] == ["x", "y"]


def test_a_table_under_the_name_of_another(tmp_path):
    path = shot_tables.write(tmp_path, "foam", {})
    path.rename(tmp_path / "hvi_tests_whipple.csv")
    with pytest.raises(InputError, match="a column of two-wall Whipple shields"):
        read_folder(tmp_path)
