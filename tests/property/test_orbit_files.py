"""Whatever is done to an orbit's file, it is read or refused: nothing else."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from orbit_files import DELTA_DEBRIS, oem_text, tle_lines

from mmod.errors import InputError
from mmod.orbit.oem import OemTrack
from mmod.orbit.oem_file import parse_oem
from mmod.orbit.tle import TleTrack, parse_tle

START = datetime(2020, 3, 1, 12, tzinfo=UTC)
OEM = oem_text(
    START,
    START + timedelta(hours=2),
    perigee=4e5,
    apogee=5e5,
    inclination=0.9,
    node=1.0,
    extra="INTERPOLATION = HERMITE\nINTERPOLATION_DEGREE = 7",
)
TLE = "\n".join(["NAME", *DELTA_DEBRIS, ""])
WORDS = st.sampled_from(
    [
        *("NaN", "inf", "-inf", "1e999", "=", "META_START", "META_STOP"),
        *("COVARIANCE_START", "CCSDS_OEM_VERS = 2.0", "1 ", "2 ", "\n", "\t", " "),
        *("-", "0", "\x00", "²", "٣", "2020-02-30T00:00:00", "ITRF", "<", "9" * 400),
        "INTERPOLATION_DEGREE = 0",
    ]
)


def told(error: InputError) -> bool:
    """Whether a refusal says where and what was expected."""
    where = [p.source == "x" and bool(p.expected) for p in error.problems]
    return bool(where) and all(where)


@st.composite
def damaged(draw, text):
    """Cut, repeat, swap and overwrite pieces of a text."""
    for _ in range(draw(st.integers(0, 3))):
        a = draw(st.integers(0, len(text)))
        b = draw(
            st.integers(a, min(len(text), a + draw(st.sampled_from([0, 1, 8, 400]))))
        )
        what = draw(st.sampled_from(["cut", "twice", "word", "text", "shuffle"]))
        if what == "cut":
            text = text[:a] + text[b:]
        elif what == "twice":
            text = text[:b] + text[a:b] + text[b:]
        elif what == "word":
            text = text[:a] + draw(WORDS) + text[b:]
        elif what == "text":
            text = text[:a] + draw(st.text(max_size=12)) + text[b:]
        else:
            rows = text.split("\n")
            text = "\n".join(draw(st.permutations(rows)))
    return text


@settings(max_examples=150)
@given(text=damaged(OEM))
def test_any_ephemeris(text):
    try:
        track = OemTrack(parse_oem(text, "x"), "x")
    except InputError as error:
        if not told(error):
            raise
        return
    for segment in track.segments:
        assert np.all(np.diff(segment.time) > 0.0)
        assert np.all(np.isfinite(segment.position))
        assert np.all(np.isfinite(segment.velocity))
        assert len(segment.time) >= segment.points
        assert segment.time[0] <= segment.start < segment.stop <= segment.time[-1]


@settings(max_examples=150)
@given(text=damaged(TLE))
def test_any_element_sets(text):
    try:
        sets = parse_tle(text, "x")
    except InputError as error:
        if not told(error):
            raise
        return
    assert len({s.catalogue for s in sets}) == 1
    assert all(math.isfinite(s.epoch) for s in sets)
    track = TleTrack(sets, "x")
    try:
        found = track.elements(np.array([sets[0].epoch]))
    except InputError:
        return
    assert np.all(np.isfinite(found.altitude))


@settings(max_examples=60)
@given(
    low=st.floats(200e3, 1900e3),
    rise=st.floats(0.0, 400e3),
    inclination=st.floats(0.0, 180.0),
    node=st.floats(0.0, 359.9),
    days=st.floats(0.0, 3650.0),
)
def test_any_made_element_set_comes_back(low, rise, inclination, node, days):
    epoch = START + timedelta(days=days)
    lines = tle_lines(
        epoch, perigee=low, apogee=low + rise, inclination=inclination, node=node
    )
    (one,) = parse_tle("\n".join(lines), "x")
    track = TleTrack((one,), "x")
    found = track.elements(one.epoch + np.linspace(0.0, 6000.0, 30))
    # mean elements and osculating ones differ by the Earth's oblateness: some 10 km
    assert np.all(found.altitude > low - 30e3)
    assert np.all(found.altitude < low + rise + 30e3)
    apart = np.degrees(found.inclination) - inclination
    assert np.abs(apart).max() < 0.1
