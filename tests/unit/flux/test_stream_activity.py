"""Solar longitude, activity profiles and the table of streams."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from mmod.errors import InputError
from mmod.flux import load_flux
from mmod.flux.solar_longitude import seconds_since_j2000, solar_longitude
from mmod.flux.stream_activity import Component, Stream, exposure
from mmod.flux.streams import StreamModel
from mmod.library import available
from mmod.units import DEGREE

DAY = 86400.0


def model() -> StreamModel:
    found = load_flux("ecss_streams")
    assert isinstance(found, StreamModel)
    return found


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> float:
    return seconds_since_j2000(datetime(year, month, day, hour, minute, tzinfo=UTC))


def degrees(seconds: float, *, of_date: bool = False) -> float:
    return float(solar_longitude(seconds, of_date=of_date)) / DEGREE % 360.0


SEASONS = [  # published instants, UTC, to the minute
    (at(2000, 3, 20, 7, 35), 0.0),
    (at(2010, 6, 21, 11, 28), 90.0),
    (at(2022, 9, 23, 1, 4), 180.0),
    (at(2022, 12, 21, 21, 48), 270.0),
    (at(2024, 3, 20, 3, 6), 0.0),
    (at(2024, 6, 20, 20, 51), 90.0),
    (at(2024, 9, 22, 12, 44), 180.0),
    (at(2024, 12, 21, 9, 20), 270.0),
]


@pytest.mark.parametrize("number", range(len(SEASONS)))
def test_seasons_begin_where_they_should(number: int) -> None:
    seconds, expected = SEASONS[number]
    off = (degrees(seconds, of_date=True) - expected + 180.0) % 360.0 - 180.0
    assert abs(off) < 0.01
    # planted: the equinox of J2000 instead of that of date, six hours off
    if seconds > at(2010, 1, 1):
        wrong = (degrees(seconds) - expected + 180.0) % 360.0 - 180.0
        assert abs(wrong) > 0.1
    late = degrees(seconds + 6 * 3600.0, of_date=True)
    assert abs((late - expected + 180.0) % 360.0 - 180.0) > 0.2


def test_maximum_of_the_geminids() -> None:
    """International Meteor Organization: 262.2 deg (J2000), 2022-12-14 13 h."""
    assert degrees(at(2022, 12, 14, 13)) == pytest.approx(262.2, abs=0.05)


def test_longitude_runs_on_without_a_jump() -> None:
    seconds = np.linspace(at(2019, 1, 1), at(2024, 1, 1), 4000)
    step = np.diff(solar_longitude(seconds)) / np.diff(seconds) * DAY / DEGREE
    assert step.min() > 0.95
    assert step.max() < 1.02
    turns = (solar_longitude(seconds[-1]) - solar_longitude(seconds[0])) / 2.0 / np.pi
    assert turns == pytest.approx(1826.0 / 365.256, rel=2e-4)


def test_an_instant_needs_an_offset() -> None:
    with pytest.raises(InputError, match="offset"):
        seconds_since_j2000(datetime(2022, 12, 14))
    east = datetime(2000, 1, 1, 15, tzinfo=timezone(timedelta(hours=3)))
    assert seconds_since_j2000(east) == 0.0


# activity


def made(**changes: object) -> Stream:
    given_ = {
        "name": "made",
        "maximum": 2.0,
        "right_ascension": 1.0,
        "declination": 0.5,
        "drift": (1.0, 0.1),
        "peak": Component(70.0, 0.6 / DEGREE, 0.8 / DEGREE),
        "background": Component(20.0, 0.1 / DEGREE, 0.3 / DEGREE),
        "exponent": 1.0,
        "coefficient": 1e-17,
        "speed": 36e3,
        **changes,
    }
    return Stream(**given_)  # type: ignore[arg-type]


def test_asymmetric_profile() -> None:
    geminids = model().stream("Geminids")
    offset = np.array([-1.0, 0.0, 1.0]) * DEGREE
    expected = [74 * 10**-0.59 + 18 * 10**-0.09, 92.0, 74 * 10**-0.81 + 18 * 10**-0.31]
    np.testing.assert_allclose(geminids.rate(offset), expected, rtol=1e-12)
    assert geminids.highest_rate == 92.0
    # '+' before the maximum: the rise is slower than the fall
    before, after = geminids.reach
    assert before == pytest.approx(2.0 / 0.09 * DEGREE)
    assert after == pytest.approx(2.0 / 0.31 * DEGREE)


def test_symmetric_profile() -> None:
    orionids = model().stream("Orionids")
    offset = np.linspace(0.0, 20.0, 41) * DEGREE
    np.testing.assert_array_equal(orionids.rate(offset), orionids.rate(-offset))
    assert np.all(orionids.rate(offset[offset > 2.0 / 0.12 * DEGREE]) == 0.0)
    assert orionids.rate(2.0 / 0.12 * DEGREE * 0.999) == pytest.approx(0.25, rel=0.01)


@given(
    low=st.floats(-30.0, 30.0),
    length=st.floats(0.0, 40.0),
)
@settings(max_examples=40)
def test_dose_is_the_integral_of_the_rate(low: float, length: float) -> None:
    stream = made()
    a, b = low * DEGREE, (low + length) * DEGREE
    ends = [
        sign * 2.0 / slope * DEGREE
        for sign, slope in ((-1, 0.6), (1, 0.8), (-1, 0.1), (1, 0.3))
    ]
    breaks = [a, *sorted(x for x in (0.0, *ends) if a < x < b), b]
    direct = math.fsum(
        quad(lambda x: float(stream.rate(x)) / 90.0, p, q, epsabs=1e-13)[0]
        for p, q in pairwise(breaks)
    )
    assert float(stream.dose(a, b)) == pytest.approx(direct, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("name", ["Geminids", "Taurids", "Bootids"])
def test_steps_do_not_change_the_mean_activity(name: str) -> None:
    stream = model().stream(name)
    start = at(2022, 12, 20) if name == "Bootids" else at(2022, 11, 1)
    end = start + 21.0 * DAY if name == "Bootids" else start + 50.0 * DAY
    seen = [exposure(stream, start, end, s * DEGREE, 10_000) for s in (1.0, 0.5, 0.1)]
    totals = [float(x.share.sum()) for x in seen]
    assert totals[0] == pytest.approx(totals[1], rel=3e-3)
    assert totals[1] == pytest.approx(totals[2], rel=1e-3)
    fine = np.linspace(start, end, 200_001)
    offset = (solar_longitude(fine) - stream.maximum + np.pi) % (2 * np.pi) - np.pi
    direct = float(np.mean(stream.rate(offset))) / stream.highest_rate
    assert totals[1] == pytest.approx(direct, rel=3e-4)
    middle = float(np.sum(seen[1].share * seen[1].offset) / totals[1])
    weight = stream.rate(offset)
    assert middle == pytest.approx(
        float(np.sum(weight * offset) / np.sum(weight)), abs=0.02 * DEGREE
    )


def test_passages_of_several_years() -> None:
    stream = model().stream("Perseids")
    one = exposure(stream, at(2021, 1, 1), at(2022, 1, 1), 0.5 * DEGREE, 400)
    four = exposure(stream, at(2021, 1, 1), at(2025, 1, 1), 0.5 * DEGREE, 400)
    assert four.share.size == pytest.approx(4 * one.share.size, abs=4)
    assert four.share.sum() == pytest.approx(one.share.sum(), rel=2e-3)
    nothing = exposure(stream, at(2021, 1, 1), at(2021, 2, 1), 0.5 * DEGREE, 400)
    assert nothing.share.size == 0


def test_radiant_drifts() -> None:
    geminids = model().stream("Geminids")
    start, later = geminids.radiant([0.0, 2.0 * DEGREE])
    np.testing.assert_allclose(np.linalg.norm([start, later], axis=1), 1.0)
    assert math.atan2(start[1], start[0]) / DEGREE == pytest.approx(113.0)
    assert math.asin(start[2]) / DEGREE == pytest.approx(32.0)
    assert math.atan2(later[1], later[0]) / DEGREE == pytest.approx(115.0)
    assert math.asin(later[2]) / DEGREE == pytest.approx(32.2)


# the table


def test_forty_nine_streams() -> None:
    streams = model().streams
    assert len(streams) == 49
    assert {"Geminids", "Perseids", "Leonids", "Bootids"} <= {s.name for s in streams}
    with pytest.raises(InputError, match="Geminids"):
        model().stream("Geminid")


def test_some_stream_is_active_on_every_day() -> None:
    reach = [(s.maximum, *s.reach) for s in model().streams]
    for day in np.arange(0.0, 360.0, 0.5) * DEGREE:
        away = [((day - m + np.pi) % (2 * np.pi) - np.pi, b, a) for m, b, a in reach]
        assert any(-b < x < a for x, b, a in away), day / DEGREE


@pytest.mark.parametrize(
    "row, old, new, named",
    [
        ("Geminids", ",36", ",3600", r"v_inf_kms\[46\]"),
        ("Geminids", ",36", ",-36", r"v_inf_kms\[46\]"),
        ("Geminids", ",36", ",", r"v_inf_kms\[46\]"),
        ("Geminids", ",32,", ",132,", r"Dec\[46\]"),
        ("Geminids", "Geminids", "Perseids", "name"),
        ("Geminids", ",74,0.59,", ",74,0,", r"Bp_plus\[46\]"),
        ("Geminids", ",74,0.59,", ",nan,0.59,", r"ZHRp\[46\]"),
        ("Geminids", ",0.95,", ",9.5,", r"alpha\[46\]"),
        ("name", "name,lambda_max", "lambda_max,name", "first column"),
        ("name", "v_inf_kms", "v_inf", "v_inf_kms"),
    ],
)
def test_bad_tables_are_refused(
    row: str, old: str, new: str, named: str, tmp_path: Path
) -> None:
    folder = available("flux_model")["ecss_streams"].parent
    for name in ("model.toml", "ecss_table_C2_streams.csv"):
        lines = (folder / name).read_text(encoding="utf-8").splitlines()
        if name.endswith("csv"):
            (number,) = (
                i for i, line in enumerate(lines) if line.startswith(f"{row},")
            )
            assert lines[number].count(old) == 1
            lines[number] = lines[number].replace(old, new)
        (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=named):
        load_flux(str(tmp_path / "model.toml"))
