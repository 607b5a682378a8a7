"""Elements of states, the drift of the node, precession: published values."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from orbit_files import kepler

from mmod.constants import EARTH_RADIUS
from mmod.orbit.elements import node_rate, osculating, period, precession
from mmod.orbit.instants import julian_date, posix, tai_minus_utc, tai_reader


def test_elements_of_a_published_state():
    """Vallado (2013) example 2-5: r, v -> a, e, i, node."""
    r = np.array([6524.834, 6862.875, 6448.296]) * 1e3
    v = np.array([4.901327, 5.533756, -1.976341]) * 1e3
    found = osculating(r, v)
    assert found.semi_major_axis[0] / 1e3 == pytest.approx(36127.343, rel=2e-5)
    assert found.eccentricity[0] == pytest.approx(0.832853, abs=2e-6)
    assert np.degrees(found.inclination[0]) == pytest.approx(87.870, abs=1e-3)
    assert np.degrees(found.right_ascension[0]) == pytest.approx(227.898, abs=1e-3)


@given(
    low=st.floats(200e3, 1500e3),
    rise=st.floats(0.0, 1500e3),
    inclination=st.floats(0.01, 3.13),
    node=st.floats(0.0, 6.28),
    argument=st.floats(0.0, 6.28),
    anomaly=st.floats(0.0, 6.28),
)
def test_elements_come_back(low, rise, inclination, node, argument, anomaly):
    r, v = kepler(
        np.linspace(0.0, 7000.0, 12),
        perigee=low,
        apogee=low + rise,
        inclination=inclination,
        node=node,
        argument=argument,
        anomaly=anomaly,
    )
    found = osculating(r, v)
    axis = EARTH_RADIUS + low + 0.5 * rise
    np.testing.assert_allclose(found.semi_major_axis, axis, rtol=1e-9)
    np.testing.assert_allclose(found.inclination, inclination, atol=1e-7)
    apart = np.angle(np.exp(1j * (found.right_ascension - node)))
    np.testing.assert_allclose(apart, 0.0, atol=1e-6)
    np.testing.assert_allclose(found.eccentricity, 0.5 * rise / axis, atol=1e-7)
    assert np.all(found.altitude >= low - 1.0)
    assert np.all(found.altitude <= low + rise + 1.0)


def test_an_equatorial_orbit_has_node_zero_and_an_open_one_no_axis():
    r, v = np.array([7e6, 0.0, 0.0]), np.array([0.0, 7.5e3, 0.0])
    assert osculating(r, v).right_ascension[0] == 0.0
    assert osculating(r, 2.0 * v).semi_major_axis[0] < 0.0


def test_period_and_drift_of_the_node():
    assert period(6778e3) == pytest.approx(5553.5, abs=0.5)
    day = 86400.0
    # sun-synchronous at 800 km: 98.6 deg drifts 360 deg a year, a textbook value
    rate = node_rate(800e3, np.radians(98.60))
    assert np.degrees(rate) * 365.2422 * day == pytest.approx(360.0, rel=5e-3)
    assert node_rate(400e3, 0.5 * np.pi) == pytest.approx(0.0, abs=1e-20)
    station = np.degrees(node_rate(415e3, np.radians(51.64))) * day
    assert station == pytest.approx(-4.96, abs=0.01)


def test_precession_of_a_published_star():
    """Meeus, Astronomical Algorithms, example 21.b: theta Persei, 2028 Nov 13.19 TD."""
    date = posix(datetime(2028, 11, 13, 4, 33, 36, tzinfo=UTC))
    a, d = np.radians([41.054063, 49.227750])
    star = np.array([np.cos(d) * np.cos(a), np.cos(d) * np.sin(a), np.sin(d)])
    turned = precession(date) @ star
    assert np.degrees(np.arctan2(turned[1], turned[0])) == pytest.approx(
        41.547214, abs=2e-6
    )
    assert np.degrees(np.arcsin(turned[2])) == pytest.approx(49.348483, abs=2e-6)


def test_the_pole_moves_twenty_arc_seconds_a_year():
    matrix = precession(posix(datetime(2026, 1, 1, tzinfo=UTC)))
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(3), atol=1e-15)
    moved = np.degrees(np.arccos(matrix[2, 2]))
    assert moved == pytest.approx(26.0 * 20.04 / 3600.0, rel=1e-3)
    np.testing.assert_allclose(
        precession(posix(datetime(2000, 1, 1, 12, tzinfo=UTC))), np.eye(3), atol=1e-15
    )


def test_julian_date_keeps_microseconds():
    midnight, fraction = julian_date(posix(datetime(2000, 1, 1, 12, tzinfo=UTC)))
    assert (float(midnight), float(fraction)) == (2451544.5, 0.5)
    _, part = julian_date(posix(datetime(2018, 6, 8, 13, 1, 0, 1, tzinfo=UTC)))
    assert float(part) * 86400.0 == pytest.approx(46860.000001, abs=5e-7)


def test_leap_seconds():
    moments = (
        (datetime(1980, 1, 6, tzinfo=UTC), 19.0),
        (datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC), 36.0),
        (datetime(2017, 1, 1, tzinfo=UTC), 37.0),
        (datetime(2025, 1, 1, tzinfo=UTC), 37.0),
    )
    for moment, seconds in moments:
        assert float(tai_minus_utc(posix(moment))) == seconds
    utc = tai_reader("UTC")
    before, leap, after = (
        utc(f"{text}Z")
        for text in (
            "2016-12-31T23:59:59",
            "2016-12-31T23:59:60.5",
            "2017-001T00:00:00",
        )
    )
    assert (leap - before, after - leap) == (1.5, 0.5)
    # one instant in every system
    same = {
        tai_reader("UTC")("2020-03-01T00:00:00"),
        tai_reader("TAI")("2020-03-01T00:00:37"),
        tai_reader("GPS")("2020-03-01T00:00:18"),
        tai_reader("TT")("2020-03-01T00:01:09.184"),
    }
    assert max(same) - min(same) < 1e-6


@pytest.mark.parametrize(
    "text",
    [
        "2020-13-01T00:00:00",
        "2020-02-30T00:00:00",
        "2021-366T00:00:00",
        "2020-01-01T24:00:00",
        "2020-01-01T00:60:00",
        "2020-01-01T00:00:61",
        "2020-01-01 00:00:00",
        "1900-01-01T00:00:00",
        "NaN",
        "",
        "2020-01-01T00:00:00+01:00",
    ],
)
def test_bad_time_codes(text):
    with pytest.raises(ValueError):
        tai_reader("UTC")(text)
    with pytest.raises(ValueError):
        tai_reader("TAI")("2016-12-31T23:59:60")
