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
        (b"", "content = 'empty'"),
        (b"\xef\xbb\xbf \n\n", "content = 'empty'"),
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


# what a table in another unit, or a slip, looks like
BEYOND = [
    ("whipple", "velocity_km_s", 9890, "from 0.01 to 100 km/s"),
    ("whipple", "velocity_km_s", 0.003, "from 0.01 to 100 km/s"),
    ("whipple", "projectile_density_g_cm3", 2800, "from 0.01 to 25 g/cm3"),
    ("whipple", "projectile_diameter_cm", 140, "from 0.0001 to 50 cm"),
    ("whipple", "bumper_thickness_cm", 318, "from 1e-05 to 100 cm"),
    ("whipple", "standoff_cm", 1e308, "from 1e-05 to 1000 cm"),
    ("whipple", "rear_wall_yield_ksi", 276, "from 1 to 250 ksi"),  # MPa of 6061-T6
    ("stuffed", "mli_standoff_cm", 2000, "from 0 to 1000 cm"),
    ("stuffed", "stuffing_areal_density_g_cm2", 8000, "from 0.0001 to 100 g/cm2"),
    ("stuffed", "diameter_suspect_factor", 1e4, "from 0.001 to 1000"),
    ("hcsp", "mli_areal_density_AS_GIVEN_unit_suspect", 1e4, "from 0.0001 to 1000"),
    ("foam", "foam_relative_density_percent", 0.08, "from 0.5 to 100 percent"),
    ("foam", "foam_relative_density_percent", 101, "from 0.5 to 100 percent"),
    ("foam", "foam_pores_per_inch", 1e5, "from 1 to 1000"),
]


@pytest.mark.parametrize(("database", "key", "value", "expected"), BEYOND)
def test_what_no_shot_can_be_is_refused(tmp_path, database, key, value, expected):
    path = shot_tables.write(tmp_path, database, {}, {key: value})
    (problem,) = problems(path)
    assert problem.source == f"{path}, line 3"
    assert (problem.key, problem.value) == (key, str(value))
    assert problem.expected.endswith(expected)


def test_every_number_has_bounds():
    free = {"row_id", "angle_deg", "perforated"}  # the last two have their own rule
    for database in DATABASES.values():
        numbers = {c.header for c in database.columns if c.rule != "text"}
        without = {c.header for c in database.columns if c.bounds is None}
        assert numbers & without == free, database.name


def test_the_bounds_themselves_are_allowed(tmp_path):
    for change in ({"velocity_km_s": 0.01}, {"velocity_km_s": 100}):
        (shot,) = read_shots(shot_tables.write(tmp_path, "whipple", change)).shots
        assert shot.value("velocity") == change["velocity_km_s"] * 1e3


def test_a_nul_byte_is_refused(tmp_path):
    path = shot_tables.write(tmp_path, "whipple", {}, {"shot_id": "a\0b"})
    (problem,) = problems(path)
    assert problem.source == f"{path}, line 3"
    assert "NUL" in problem.expected


def test_a_cell_without_end_is_refused(tmp_path):
    path = shot_tables.write(tmp_path, "whipple", {}, {"shot_id": "x" * 200_000})
    (problem,) = problems(path)
    assert problem.source.startswith(f"{path}, line ")
    assert problem.expected == "comma-separated cells"


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
