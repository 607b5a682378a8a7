"""Units, epochs, identity and schema of a run."""

from __future__ import annotations

import json
import math
import pickle
from datetime import UTC, date, datetime

import numpy as np
import pytest
from pydantic import ValidationError

from mmod.config import RunConfig, json_schema, parse_run
from mmod.config.schema import decimal_year


def raw(**changes) -> dict:
    table = {
        "schema_version": 1,
        "title": "Überprüfung",
        "vehicle": "cube",
        "seed": 5,
        "element_size_m": {"cube": 0.1},
        "phase": [
            {
                "start": date(2018, 1, 1),
                "end": date(2019, 1, 1),
                "altitude_km": 404,
                "inclination_deg": 90,
                "yaw_deg": 180,
                "pitch_deg": -90,
                "roll_deg": 45.0,
            }
        ],
        "environment": [
            {"model": "grun_ssp", "kind": "meteoroid", "sizes": [1, 2.5], "b": "x"}
        ],
        "shields": {"cube.*": "soyuz_bo"},
    }
    return {**table, **changes}


def test_phase_in_si():
    phase = parse_run(raw()).phase[0]
    assert phase.duration == 365 * 86400.0
    assert phase.altitude == 404_000.0
    assert phase.inclination == pytest.approx(math.pi / 2, rel=1e-15)
    assert phase.attitude == pytest.approx(
        (math.pi, -math.pi / 2, math.pi / 4), rel=1e-15
    )
    assert phase.epoch == pytest.approx(2018.5, abs=1e-12)


@pytest.mark.parametrize("year", [1999, 2000, 2016, 2018, 2100])
def test_decimal_year_against_numpy_calendar(year):
    for month, day, hour in (
        (1, 1, 0),
        (2, 28, 6),
        (3, 1, 0),
        (7, 2, 12),
        (12, 31, 23),
    ):
        moment = datetime(year, month, day, hour, tzinfo=UTC)
        hours = [np.datetime64(f"{y}-01-01T00", "h") for y in (year, year + 1)]
        now = np.datetime64(f"{year}-{month:02d}-{day:02d}T{hour:02d}", "h")
        expected = year + (now - hours[0]) / (hours[1] - hours[0])
        assert decimal_year(moment) == pytest.approx(expected, abs=1e-9)


def test_canonical_json_round_trip():
    config = parse_run(raw())
    text = config.canonical_json()
    assert RunConfig.from_json(text) == config
    assert RunConfig.from_json(text).canonical_json() == text
    assert (
        json.dumps(
            json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False
        )
        == text
    )
    stored = json.loads(text)
    assert stored["phase"][0]["start"] == "2018-01-01T00:00:00Z"
    assert stored["sampling"]["target_relative_error"] == 0.01
    assert stored["environment"][0]["sizes"] == [1, 2.5]


def test_hash_is_that_of_the_request_and_not_of_its_spelling():
    config = parse_run(raw())
    spelled = raw(
        sampling={"target_relative_error": 0.01, "replicates": 16},
        damage={"impact_diameters_mm": [0.1, 1, 10]},
        shadowing="solidity",
    )
    spelled["phase"][0]["start"] = datetime(2018, 1, 1)
    spelled = dict(reversed(spelled.items()))
    assert parse_run(spelled).sha256 == config.sha256
    for key, value in (("seed", 6), ("title", "x"), ("shields", {})):
        assert parse_run(raw(**{key: value})).sha256 != config.sha256
    assert len(config.sha256) == 64


def test_frozen_and_picklable():
    config = parse_run(raw())
    with pytest.raises(ValidationError):
        config.seed = 3
    with pytest.raises(ValidationError):
        config.phase[0].altitude_km = 1.0
    assert pickle.loads(pickle.dumps(config)) == config


def test_schema_lists_every_key_with_range_and_unit():
    schema = json_schema()
    json.dumps(schema, allow_nan=False)
    assert set(schema["properties"]) == set(RunConfig.model_fields)
    assert schema["additionalProperties"] is False
    assert set(schema["required"]) == {
        "schema_version",
        "title",
        "vehicle",
        "phase",
        "environment",
    }
    phase = schema["$defs"]["Phase"]
    assert phase["additionalProperties"] is False
    altitude = phase["properties"]["altitude_km"]
    number, nothing = altitude["anyOf"]
    assert (number["minimum"], number["maximum"]) == (100.0, 2000.0)
    assert nothing == {"type": "null"}
    assert "[km]" in altitude["description"]
    for table in schema["$defs"].values():
        for key, value in table["properties"].items():
            assert "description" in value, key


def test_relative_paths_start_at_the_file(tmp_path):
    source = tmp_path / "special.toml"
    config = parse_run(raw(), source=source)
    assert config.path == source
    assert config.name == "special"
