"""Every refusal of a run file: key, value and expectation, all at once."""

from __future__ import annotations

import copy
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from mmod.config import RunConfig, load_run, parse_run
from mmod.errors import InputError

NAN = float("nan")


def minimal() -> dict:
    return {
        "schema_version": 1,
        "title": "test",
        "vehicle": "cube",
        "phase": [
            {
                "start": datetime(2018, 1, 1),
                "end": datetime(2018, 7, 1),
                "altitude_km": 400,
                "inclination_deg": 51.6,
            }
        ],
        "environment": [
            {"model": "nasa91", "kind": "debris", "density": "constant"},
            {"model": "grun_ssp", "kind": "meteoroid"},
        ],
    }


def refusals(raw: dict, **kwargs) -> dict[str, tuple[object, str]]:
    with pytest.raises(InputError) as caught:
        parse_run(raw, source="run.toml", **kwargs)
    problems = caught.value.problems
    assert len({p.key for p in problems}) == len(problems), "one message for each key"
    return {p.key: (p.value, p.expected) for p in problems}


def refuse_phase(key: str, value: object) -> str:
    raw = minimal()
    raw["phase"][0][key] = value
    found = refusals(raw)
    assert list(found) == [f"phase[0].{key}"]
    return found[f"phase[0].{key}"][1]


def test_minimal_run_has_resolved_defaults():
    config = parse_run(minimal())
    assert config.shadowing == "solidity"
    assert config.damage.impact_diameters_mm == (0.1, 1.0, 10.0)
    assert config.damage.impact_diameters == pytest.approx((1e-4, 1e-3, 1e-2))
    assert config.sampling.target_relative_error == 0.01
    assert config.sampling.samples is None
    assert config.sampling.replicates == 16
    assert config.sampling.max_samples == 200_000_000
    assert config.sampling.events_per_zone == 256
    assert config.environment[0].options == {"density": "constant"}
    assert [e.name for e in config.environment] == ["nasa91", "grun_ssp"]
    assert config.path is None
    assert config.name == "run"


@pytest.mark.parametrize(
    "value", [99.9, 2000.1, -400.0, 0, NAN, float("inf"), "400", True, [400.0], None]
)
def test_altitude_that_is_refused(value):
    assert "100 to 2000 km" in refuse_phase("altitude_km", value)


def test_altitude_in_metres_gets_a_hint():
    expected = refuse_phase("altitude_km", 404_000)
    assert "looks like metres: 404000 m is 404 km" in expected


def test_radius_gets_a_hint():
    assert "altitude 404 km" in refuse_phase("altitude_km", 6782.0)


def test_quoted_number_gets_a_hint():
    assert "without quotes or unit" in refuse_phase("inclination_deg", "51.6 deg")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("inclination_deg", -0.1),
        ("inclination_deg", 180.1),
        ("inclination_deg", NAN),
        ("yaw_deg", 360.5),
        ("pitch_deg", NAN),
        ("roll_deg", "0"),
        ("start", "2018-01-01T00:00:00Z"),
        ("end", 2018.5),
        ("end", datetime(2101, 1, 1)),
        ("name", 3),
    ],
)
def test_other_phase_values_that_are_refused(key, value):
    refuse_phase(key, value)


def test_zero_duration():
    assert "zero duration" in refuse_phase("end", datetime(2018, 1, 1))


def test_end_before_start():
    assert "ends before it starts" in refuse_phase("end", date(2017, 12, 31))


def test_end_before_start_across_time_zones():
    zone = timezone(timedelta(hours=5))
    assert "ends before" in refuse_phase("end", datetime(2018, 1, 1, 4, tzinfo=zone))


def phases(*spans: tuple[int, int]) -> dict:
    raw = minimal()
    template = raw["phase"][0]
    raw["phase"] = [
        {**template, "start": date(2018, a, 1), "end": date(2018, b, 1)}
        for a, b in spans
    ]
    return raw


def test_phases_that_touch_or_are_out_of_order_pass():
    config = parse_run(phases((5, 6), (1, 2), (2, 4)))
    assert config.duration == pytest.approx((31 + 31 + 28 + 31) * 86400.0)


def test_overlapping_phases():
    found = refusals(phases((1, 4), (3, 5)))
    assert "phase[0]" in found["phase[1].start"][1]
    assert "overlap" in found["phase[1].start"][1]


def test_phase_inside_an_earlier_long_one():
    found = refusals(phases((1, 12), (2, 3), (5, 6)))
    assert set(found) == {"phase[1].start", "phase[2].start"}


def test_two_of_one_kind_in_the_total():
    raw = minimal()
    raw["environment"].append({"model": "master8_iss_ecss", "kind": "debris"})
    found = refusals(raw)
    assert list(found) == ["environment[2].in_total"]
    assert "environment[0] is already the debris model" in next(iter(found.values()))[1]


def test_neither_kind_in_the_total():
    raw = minimal()
    for environment in raw["environment"]:
        environment["in_total"] = False
    found = refusals(raw)
    assert found["environment"][0] == ["nasa91", "grun_ssp"]


def test_one_kind_alone_passes():
    raw = minimal()
    raw["environment"][1]["in_total"] = False
    assert parse_run(raw).environment[0].in_total


def test_duplicate_labels():
    raw = minimal()
    raw["environment"].append({"model": "nasa91", "kind": "debris", "in_total": False})
    assert list(refusals(raw)) == ["environment[2].label"]
    raw["environment"][2]["label"] = "nasa91_law"
    assert parse_run(raw).environment[2].name == "nasa91_law"


@pytest.mark.parametrize("label", ["total", "debris", "meteoroid"])
def test_labels_of_sums_are_reserved(label):
    raw = minimal()
    raw["environment"][0]["label"] = label
    assert list(refusals(raw)) == ["environment[0].label"]


@pytest.mark.parametrize("value", [NAN, float("inf"), {"a": 1}, [1.0, NAN], None])
def test_model_options_are_finite_and_plain(value):
    raw = minimal()
    raw["environment"][0]["scale"] = value
    assert list(refusals(raw)) == ["environment[0].scale"]


@pytest.mark.parametrize(
    ("table", "key", "near"),
    [
        (None, "titel", "title"),
        (None, "phases", "phase"),
        ("phase", "altitude_m", "altitude_km"),
        ("phase", "inclination", "inclination_deg"),
        ("damage", "impact_diameter_mm", "impact_diameters_mm"),
        ("sampling", "sampels", "samples"),
    ],
)
def test_unknown_key_suggests_the_nearest(table, key, near):
    raw = minimal()
    raw.setdefault("damage", {})
    raw.setdefault("sampling", {})
    target, dotted = raw, key
    if table == "phase":
        target, dotted = raw["phase"][0], f"phase[0].{key}"
    elif table:
        target, dotted = raw[table], f"{table}.{key}"
    target[key] = 1
    found = refusals(raw)
    assert list(found) == [dotted]
    assert f"did you mean {near}?" in found[dotted][1]


def test_unknown_key_like_none_lists_the_known_ones():
    raw = minimal()
    raw["zzz"] = 1
    _, expected = refusals(raw)["zzz"]
    assert "did you mean" not in expected
    assert "environment" in expected


@pytest.mark.parametrize("key", ["schema_version", "title", "vehicle", "phase"])
def test_missing_key(key):
    raw = minimal()
    del raw[key]
    value, expected = refusals(raw)[key]
    assert value is None
    assert "the key is missing" in expected


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("schema_version", 2),
        ("schema_version", 1.0),
        ("schema_version", "1"),
        ("title", ""),
        ("vehicle", 3),
        ("seed", -1),
        ("seed", 2**32),
        ("seed", 1.5),
        ("seed", True),
        ("shadowing", "none"),
        ("element_size_m", 0.0),
        ("element_size_m", NAN),
        ("element_size_m", "0.1"),
        ("element_size_m", {}),
        ("phase", []),
        ("phase", {}),
        ("environment", []),
        ("environment", 3),
        ("damage", 3),
        ("sampling", []),
        ("shields", ["a"]),
    ],
)
def test_values_at_the_top_that_are_refused(key, value):
    raw = minimal()
    raw[key] = value
    assert list(refusals(raw)) == [key]


def test_element_sizes_by_zone():
    raw = minimal()
    raw["element_size_m"] = {"cube.body": 1, "cube": 200.0, "other": NAN}
    found = refusals(raw)
    assert set(found) == {"element_size_m.cube", "element_size_m.other"}
    assert "looks like millimetres: 0.2 m" in found["element_size_m.cube"][1]
    raw["element_size_m"] = {"cube.body": 1}
    assert parse_run(raw).element_size_m == {"cube.body": 1.0}
    raw["element_size_m"] = 2
    assert parse_run(raw).element_size_m == 2.0


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ([], "damage.impact_diameters_mm"),
        ([1.0, 0.1], "damage.impact_diameters_mm"),
        ([1.0, 1.0], "damage.impact_diameters_mm"),
        ([0.0], "damage.impact_diameters_mm[0]"),
        ([0.1, -1.0], "damage.impact_diameters_mm[1]"),
        ([0.1, NAN], "damage.impact_diameters_mm[1]"),
        ([1e-4], "damage.impact_diameters_mm[0]"),
        ("0.1", "damage.impact_diameters_mm"),
    ],
)
def test_impact_diameters_that_are_refused(values, key):
    raw = minimal()
    raw["damage"] = {"impact_diameters_mm": values}
    assert list(refusals(raw)) == [key]


def test_impact_diameter_in_metres_gets_a_hint():
    raw = minimal()
    raw["damage"] = {"impact_diameters_mm": [1e-4]}
    (_, expected) = refusals(raw)["damage.impact_diameters_mm[0]"]
    assert "0.0001 m is 0.1 mm" in expected


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ({"target_relative_error": 0.01, "samples": 1000}, "samples"),
        ({"target_relative_error": 0.0}, "target_relative_error"),
        ({"target_relative_error": 0.6}, "target_relative_error"),
        ({"target_relative_error": NAN}, "target_relative_error"),
        ({"samples": 0}, "samples"),
        ({"samples": 15}, "samples"),
        ({"samples": 1.5}, "samples"),
        ({"samples": 10_000, "max_samples": 1000}, "samples"),
        ({"replicates": 15}, "replicates"),
        ({"replicates": 65}, "replicates"),
        ({"max_samples": 0}, "max_samples"),
        ({"events_per_zone": -1}, "events_per_zone"),
        ({"events_per_zone": 10_001}, "events_per_zone"),
        ({"estimator": "analog"}, "estimator"),
    ],
)
def test_sampling_that_is_refused(table, key):
    raw = minimal()
    raw["sampling"] = table
    assert list(refusals(raw)) == [f"sampling.{key}"]


def test_per_cent_gets_a_hint():
    raw = minimal()
    raw["sampling"] = {"target_relative_error": 1}
    assert "1 % is 0.01" in refusals(raw)["sampling.target_relative_error"][1]


def test_samples_with_an_exponent():
    raw = minimal()
    raw["sampling"] = {"samples": 1e6, "max_samples": 2e8}
    config = parse_run(raw)
    assert config.sampling.samples == 1_000_000
    assert config.sampling.target_relative_error is None


def test_shields_want_names():
    raw = minimal()
    raw["shields"] = {"soyuz.*": "soyuz_bo", "cube.ram": 3}
    assert list(refusals(raw)) == ["shields.cube.ram"]


def test_every_problem_at_once():
    raw = minimal()
    raw["titel"] = "x"
    raw["phase"][0]["altitude_km"] = 404_000
    raw["phase"].append({**raw["phase"][0], "altitude_km": NAN, "yaw_deg": 1e9})
    raw["environment"][0]["kind"] = "junk"
    raw["environment"].append({"model": "grun_ecss", "kind": "meteoroid"})
    raw["damage"] = {"impact_diameters_mm": [-1.0]}
    raw["sampling"] = {"replicates": 1}
    assert set(refusals(raw)) == {
        "titel",
        "phase[0].altitude_km",
        "phase[1].altitude_km",
        "phase[1].yaw_deg",
        "phase[1].start",
        "environment[0].kind",
        "environment[2].in_total",
        "damage.impact_diameters_mm[0]",
        "sampling.replicates",
    }


def test_message_names_file_key_value_and_expectation():
    raw = minimal()
    raw["phase"][0]["inclination_deg"] = 200
    with pytest.raises(InputError) as caught:
        parse_run(raw, source="a/run.toml")
    assert str(caught.value) == (
        "a/run.toml: phase[0].inclination_deg = 200: expected an inclination of 0 to"
        " 180 deg"
    )


# -- overrides -----------------------------------------------------------------------


def test_overrides_reach_every_depth_and_leave_the_input_alone():
    raw = minimal()
    before = copy.deepcopy(raw)
    config = parse_run(
        raw,
        overrides={
            "seed": 7,
            "phase[0].altitude_km": 410.0,
            "phase.0.yaw_deg": 90,
            "sampling.samples": 1e5,
            "environment[1].density": "stepped",
            "shields.iss.soyuz.*": "soyuz_bo_tough",
        },
    )
    assert config.seed == 7
    assert config.phase[0].altitude_km == 410.0
    assert config.phase[0].yaw_deg == 90.0
    assert config.sampling.samples == 100_000
    assert config.environment[1].options == {"density": "stepped"}
    assert config.shields == {"iss.soyuz.*": "soyuz_bo_tough"}
    assert raw == before


def test_overriding_one_stop_rule_drops_the_other():
    raw = minimal()
    raw["sampling"] = {"target_relative_error": 0.05}
    config = parse_run(raw, overrides={"sampling.samples": 1000})
    assert config.sampling.target_relative_error is None
    raw["sampling"] = {"samples": 1000}
    config = parse_run(raw, overrides={"sampling.target_relative_error": 0.1})
    assert config.sampling.samples is None
    both = {"sampling.samples": 1000, "sampling.target_relative_error": 0.1}
    assert list(refusals(raw, overrides=both)) == ["sampling.samples"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("sampling.sampels", 3),
        ("phase[1].altitude_km", 400.0),
        ("phase[0].altitude_km", 4e5),
        ("title.part", 1),
        ("[0]", 1),
        ("", 1),
    ],
)
def test_a_bad_override_is_named_as_such(key, value):
    with pytest.raises(InputError) as caught:
        parse_run(minimal(), source="run.toml", overrides={key: value})
    (problem,) = caught.value.problems
    assert problem.source == "override"
    assert problem.key == key


# -- files ---------------------------------------------------------------------------

RUN = """
schema_version = 1
title = "file"
vehicle = "cube"
[[phase]]
start = 2018-06-08T13:01:00Z
end = 2018-08-29
altitude_km = 404.0
inclination_deg = 51.64
[[environment]]
model = "nasa91"
kind = "debris"
"""


def test_load_a_file_or_its_folder(tmp_path, monkeypatch):
    folder = tmp_path / "case"
    folder.mkdir()
    file = folder / "run.toml"
    file.write_text(RUN)
    monkeypatch.chdir(tmp_path)
    for where in (file, folder, str(file), "case/run.toml", "./case"):
        config = load_run(where)
        assert config.path == file
        assert config.folder == folder
        assert config.name == "case"
    assert config.phase[0].start == datetime(2018, 6, 8, 13, 1, tzinfo=UTC)
    assert config.phase[0].end == datetime(2018, 8, 29, tzinfo=UTC)


def test_a_bare_name_never_means_the_current_directory(tmp_path, monkeypatch):
    (tmp_path / "case").mkdir()
    (tmp_path / "case" / "run.toml").write_text(RUN)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"\./case"):
        load_run("case")


def test_own_library_comes_first(tmp_path, monkeypatch):
    folder = tmp_path / "runs" / "examples" / "own"
    folder.mkdir(parents=True)
    (folder / "run.toml").write_text(RUN)
    monkeypatch.setenv("MMOD_PATH", str(tmp_path))
    assert load_run("own").title == "file"


def test_unknown_name_lists_the_library():
    with pytest.raises(InputError, match="soyuz_ms09"):
        load_run("no_such_run")


def test_no_such_file(tmp_path):
    with pytest.raises(InputError, match="run file"):
        load_run(tmp_path / "absent.toml")


@pytest.mark.parametrize("content", [b"title = ", b"a = 1\na = 2", b"title = '\xff'"])
def test_not_toml(tmp_path, content):
    file = tmp_path / "run.toml"
    file.write_bytes(content)
    with pytest.raises(InputError, match="valid TOML"):
        load_run(file)


@pytest.mark.parametrize("special", ["nan", "inf", "-inf"])
def test_toml_spellings_of_what_is_not_finite(tmp_path, special):
    file = tmp_path / "run.toml"
    file.write_text(RUN.replace("404.0", special))
    with pytest.raises(InputError, match=r"altitude_km = .*100 to 2000 km"):
        load_run(file)


def test_a_run_made_directly_is_checked_too():
    raw = minimal()
    raw["environment"][1]["kind"] = "debris"
    with pytest.raises(ValueError, match="contradiction"):
        RunConfig.model_validate(raw)
