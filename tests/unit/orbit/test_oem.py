"""Orbit Ephemeris Messages: strict reading, interpolation, frames, time systems."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from orbit_files import kepler, oem_text

from mmod.errors import InputError
from mmod.orbit.elements import precession
from mmod.orbit.instants import posix
from mmod.orbit.interpolation import interpolate, window_size
from mmod.orbit.oem import OemTrack, interpolation_error
from mmod.orbit.oem_file import parse_oem

START = datetime(2020, 3, 1, 12, tzinfo=UTC)
END = START + timedelta(hours=6)
ORBIT = {"perigee": 400e3, "apogee": 420e3, "inclination": 0.9, "node": 1.0}


def track(text: str) -> OemTrack:
    return OemTrack(parse_oem(text, "orbit.oem"), "orbit.oem")


def truth(seconds):
    return kepler(seconds, **ORBIT)


def test_states_come_back_between_the_lines():
    one = track(oem_text(START, END, **ORBIT))
    seconds = np.linspace(0.0, 6.0 * 3600.0, 501)
    r, v = one.vectors(posix(START) + seconds)
    exact_r, exact_v = truth(seconds)
    assert np.abs(r - exact_r).max() < 1.0
    assert np.abs(v - exact_v).max() < 0.01
    assert one.limits(posix(START), posix(END)) == []


@pytest.mark.parametrize(
    ("method", "degree", "metres"),
    [
        ("LAGRANGE", 7, 1.0),
        ("LAGRANGE", 9, 0.1),
        ("HERMITE", 7, 0.5),
        ("HERMITE", 3, 300),
    ],
)
def test_interpolation_as_the_file_says(method, degree, metres):
    extra = f"INTERPOLATION = {method}\nINTERPOLATION_DEGREE = {degree}"
    one = track(oem_text(START, END, extra=extra, **ORBIT))
    (segment,) = one.segments
    assert segment.points == window_size(method, degree)
    seconds = np.linspace(3600.0, 5.0 * 3600.0, 401)
    error = np.abs(one.vectors(posix(START) + seconds)[0] - truth(seconds)[0]).max()
    assert error < metres
    # the estimate is of the right size
    assert interpolation_error(segment) < 10.0 * metres


@pytest.mark.parametrize(("method", "points"), [("HERMITE", 3), ("LAGRANGE", 6)])
def test_interpolation_is_exact_for_polynomials(method, points):
    time = np.array([0.0, 1.0, 2.5, 3.0, 4.2, 5.0, 6.0, 7.5])
    power = np.arange(6)
    factor = np.array([[1.0, 2.0, 3.0], [0.5, -1.0, 0.2], [0.1, 0.3, -0.2]])
    factor = np.concatenate([factor, 0.05 * factor])

    def value(t):
        return (t[:, None] ** power) @ factor

    def slope(t):
        return (power[1:] * t[:, None] ** power[:-1]) @ factor[1:]

    at = np.linspace(0.0, 7.5, 31)
    r, v = interpolate(time, value(time), slope(time), at, method, points)
    np.testing.assert_allclose(r, value(at), rtol=1e-9, atol=1e-8)
    np.testing.assert_allclose(v, slope(at), rtol=1e-8, atol=1e-7)


def test_frames_of_j2000_are_turned_to_the_equator_of_date():
    turn = precession(posix(START + timedelta(hours=3)))
    of_date = track(oem_text(START, END, **ORBIT))
    at = posix(START) + np.linspace(0.0, 21600.0, 40)
    for frame in ("EME2000", "GCRF", "ICRF"):
        text = oem_text(START, END, frame=frame, turn=turn.T, **ORBIT)
        found, wanted = track(text).elements(at), of_date.elements(at)
        np.testing.assert_allclose(found.inclination, wanted.inclination, atol=5e-6)
        np.testing.assert_allclose(
            found.right_ascension, wanted.right_ascension, atol=5e-6
        )
    # and it matters: the same numbers named as of date
    plain = track(oem_text(START, END, turn=turn.T, **ORBIT)).elements(at)
    apart = np.degrees(np.abs(plain.inclination - of_date.elements(at).inclination))
    assert apart.max() > 0.05


@pytest.mark.parametrize(
    ("system", "offset"), [("TAI", 37.0), ("GPS", 18.0), ("TT", 69.184)]
)
def test_time_systems(system, offset):
    text = oem_text(START, END, system=system, offset=offset, **ORBIT)
    at = posix(START) + np.linspace(10.0, 20000.0, 30)
    expected = track(oem_text(START, END, **ORBIT)).vectors(at)[0]
    np.testing.assert_allclose(track(text).vectors(at)[0], expected, atol=0.5)


def test_a_leap_second_is_no_gap():
    start = datetime(2016, 12, 31, 22, tzinfo=UTC)
    text = oem_text(
        start, start + timedelta(hours=4), system="TAI", offset=36.0, **ORBIT
    )
    one = track(text)
    after = posix(datetime(2017, 1, 1, 1, tzinfo=UTC))
    # UTC counted one second more by then
    np.testing.assert_allclose(
        one.vectors(np.array([after]))[0], truth([3 * 3600.0 + 1.0])[0], atol=1.0
    )


def segments(*texts: str) -> str:
    first, *others = texts
    return first + "".join(text[text.index("META_START") :] for text in others)


def test_segments_join_and_gaps_are_refused():
    middle = START + timedelta(hours=3)
    one = oem_text(START, middle, **ORBIT)
    anomaly = 0.0
    two = oem_text(middle, END, **ORBIT, anomaly=anomaly)
    both = track(segments(two, one))
    assert both.limits(posix(START), posix(END)) == []
    at = np.array([posix(middle) - 60.0, posix(middle), posix(middle) + 60.0])
    assert np.all(np.isfinite(both.vectors(at)[0]))
    later = oem_text(middle + timedelta(minutes=10), END, **ORBIT)
    with pytest.raises(InputError, match="a time within"):
        track(segments(one, later)).limits(posix(START), posix(END))
    early = oem_text(middle - timedelta(minutes=10), END, **ORBIT)
    with pytest.raises(InputError, match="useable interval after"):
        track(segments(one, early))


def test_useable_interval_and_coverage():
    first = START + timedelta(minutes=30)
    extra = (
        f"USEABLE_START_TIME = {first:%Y-%m-%dT%H:%M:%S}\n"
        f"USEABLE_STOP_TIME = {END - timedelta(minutes=30):%Y-%m-%dT%H:%M:%S}"
    )
    one = track(oem_text(START, END, extra=extra, **ORBIT))
    one.limits(posix(first), posix(END) - 1800.0)
    for start, end in ((posix(START), posix(END) - 1800.0), (posix(first), posix(END))):
        with pytest.raises(
            InputError, match=r"2020-03-01T12:30:00.* to 2020-03-01T17:30"
        ):
            one.limits(start, end)
    with pytest.raises(InputError, match="a time within"):
        one.vectors(np.array([posix(START)]))


def test_coarse_tables_are_flagged_or_refused():
    span = START + timedelta(days=2)
    flagged = track(oem_text(START, span, step=1100.0, **ORBIT))
    (flag,) = flagged.limits(posix(START), posix(span))
    assert "km only" in flag
    for step, degree in ((1500.0, 7), (2400.0, 5), (600.0, 5)):
        extra = f"INTERPOLATION = {'HERMITE' if degree == 7 else 'LAGRANGE'}"
        extra += f"\nINTERPOLATION_DEGREE = {degree}"
        coarse = track(oem_text(START, span, step=step, extra=extra, **ORBIT))
        with pytest.raises(InputError, match="step of the states"):
            coarse.limits(posix(START), posix(span))


def test_the_estimated_error_is_the_error():
    span = START + timedelta(days=1)
    for step in (600.0, 900.0, 1100.0):
        one = track(oem_text(START, span, step=step, **ORBIT))
        seconds = np.linspace(7200.0, 79200.0, 2001)
        found = np.linalg.norm(one.vectors(posix(START) + seconds)[0], axis=1)
        error = np.abs(found - np.linalg.norm(truth(seconds)[0], axis=1)).max()
        assert interpolation_error(one.segments[0]) == pytest.approx(error, rel=0.6)


GOOD = oem_text(START, START + timedelta(hours=2), **ORBIT)


def edit(*pairs: tuple[str, str]) -> str:
    text = GOOD
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text


LINES = GOOD.splitlines()
STATE = LINES[20]
BLOCK = "COVARIANCE_START\nEPOCH = 2020-03-01T12:00:00\n1.0\n2.0 3.0\nCOVARIANCE_STOP\n"


def test_what_is_skipped():
    same = parse_oem(GOOD, "x")[0]
    accelerated = [
        f"{row} 0.1 0.2 0.3" if k > 14 and row else row for k, row in enumerate(LINES)
    ]
    for text in (
        GOOD + BLOCK,
        GOOD.replace("COMMENT made", "COMMENT = made = twice"),
        "\n".join(accelerated),
        GOOD.replace("\n", "\n\n"),
        GOOD.replace("EARTH", "Earth").replace(" = ", "="),
    ):
        found = parse_oem(text, "x")[0]
        np.testing.assert_array_equal(found.position, same.position)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "CCSDS_OEM_VERS"),
        ("<?xml version='1.0'?><oem/>", "an OEM in XML"),
        (edit(("VERS = 2.0", "VERS = 4.0")), "1.0 or 2.0 or 3.0"),
        (edit(("= EARTH", "= MOON")), "expected EARTH"),
        (edit(("= TEME", "= ITRF2000")), "EME2000 or GCRF"),
        (edit(("= UTC", "= TCB")), "UTC or UT1"),
        (edit(("ORIGINATOR = TEST\n", "")), "expected ORIGINATOR"),
        (edit(("OBJECT_ID = 2000-000A\n", "")), "metadata with OBJECT_ID"),
        (edit(("OBJECT_NAME = TEST", "OBJECT_NAME =")), "a value"),
        (
            edit(("META_STOP\n", "INTERPOLATION = LINEAR\nMETA_STOP\n")),
            "HERMITE or LAGRANGE",
        ),
        (edit(("META_STOP\n", "INTERPOLATION_DEGREE = 99\nMETA_STOP\n")), "1 to 15"),
        (edit(("META_STOP\n", "MASS = 3\nMETA_STOP\n")), "one of OBJECT_NAME"),
        (edit(("META_STOP\n", "REF_FRAME = TEME\nMETA_STOP\n")), "REF_FRAME once"),
        (edit(("META_STOP\n", "")), "META_STOP"),
        (GOOD.replace(STATE, STATE[:30]), "6 (or, with accelerations, 9) numbers"),
        (GOOD.replace(STATE, STATE.replace(".", ".x", 2)), "an epoch"),
        (GOOD.replace(STATE, STATE.split()[0] + " NaN 1 1 1 1 1"), "distance"),
        (GOOD.replace(STATE, STATE.split()[0] + " 7000 1 1 inf 1 1"), "speed"),
        (
            GOOD.replace(f"{STATE}\n{LINES[21]}", f"{LINES[21]}\n{STATE}"),
            "after that of",
        ),
        (GOOD.replace(STATE, f"{STATE}\n{STATE}"), "after that of"),
        ("\n".join([*LINES[:25], ""]), "the last at STOP_TIME"),
        ("\n".join([*LINES[:14], *LINES[16:], ""]), "the first state at START_TIME"),
        (GOOD + BLOCK.replace("COVARIANCE_STOP\n", ""), "COVARIANCE_STOP"),
        (GOOD + "STATION_KEEPING", "numbers"),
        (edit(("CENTER_NAME", "\x01")), "metadata with CENTER_NAME"),
        ("\n".join([*LINES[:14], ""]), "at least 2 states"),
    ],
)
def test_damaged_messages(text, words):
    with pytest.raises(InputError) as caught:
        parse_oem(text, "orbit.oem")
    assert words in str(caught.value)
    assert all(p.source == "orbit.oem" for p in caught.value.problems)


def scaled(position=1.0, velocity=1.0, spin=False):
    rows = list(LINES)
    for k in range(14, len(rows)):
        stamp, *numbers = rows[k].split()
        x = np.array([float(n) for n in numbers])
        x[:3] *= position
        if spin:  # as seen from the turning Earth
            x[3:] -= np.cross([0.0, 0.0, 7.2921e-5], x[:3])
        x[3:] *= velocity
        rows[k] = " ".join([stamp, *(f"{n:.9f}" for n in x)])
    return "\n".join([*rows, ""])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (scaled(position=1e3), "distance of 6350 to"),
        (scaled(velocity=1e3), "speed above 0"),
        (scaled(velocity=1e-3), "velocities that fit the positions"),
        (scaled(spin=True), "velocities that fit the positions"),
        (scaled(position=1e-3), "distance of 6350 to"),
    ],
)
def test_wrong_units_and_rotating_frames(text, words):
    with pytest.raises(InputError, match=words):
        parse_oem(text, "orbit.oem")
    parse_oem(scaled(), "orbit.oem")


def test_several_objects():
    other = oem_text(END, END + timedelta(hours=2), **ORBIT)
    text = segments(GOOD, other.replace("2000-000A", "2001-000B"))
    with pytest.raises(InputError, match="one OBJECT_ID"):
        parse_oem(text, "orbit.oem")


def test_problems_are_counted_not_endless():
    text = GOOD + "x y\n" * 10_000
    with pytest.raises(InputError) as caught:
        parse_oem(text, "orbit.oem")
    assert len(caught.value.problems) == 20
