"""Parts of a phase, instants, bands and Gauss nodes; tables of altitudes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from orbit_files import kepler

from mmod.errors import InputError
from mmod.library import resolve
from mmod.orbit._text import read_text
from mmod.orbit.altitude_table import altitude_of, read_altitude_table
from mmod.orbit.elements import period
from mmod.orbit.sampling import BAND, bands, gauss_nodes, sample_times, year_parts


def moment(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def test_parts_end_with_the_years():
    parts = year_parts(moment(2017, 10, 1), moment(2020, 2, 1))
    edges = [(p.start, p.end) for p in parts]
    assert edges == [
        (moment(2017, 10, 1), moment(2018, 1, 1)),
        (moment(2018, 1, 1), moment(2019, 1, 1)),
        (moment(2019, 1, 1), moment(2020, 1, 1)),
        (moment(2020, 1, 1), moment(2020, 2, 1)),
    ]
    assert sum(p.share for p in parts) == pytest.approx(1.0, abs=1e-15)
    assert parts[1].share == pytest.approx(365 / (92 + 365 + 365 + 31), rel=1e-12)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (moment(2018, 1, 1), moment(2019, 1, 1, 6)),  # a Julian year
        (moment(2017, 12, 31, 20), moment(2019, 1, 1)),
        (moment(2018, 3, 1), moment(2018, 4, 1)),
        (moment(2018, 1, 1), moment(2019, 1, 1)),
    ],
)
def test_slivers_join_their_neighbour(start, end):
    (part,) = year_parts(start, end)
    assert (part.start, part.end, part.share) == (start, end, 1.0)


def test_years_are_those_of_utc():
    zone = timezone(timedelta(hours=3))
    (part,) = year_parts(
        datetime(2019, 1, 1, 3, tzinfo=zone), datetime(2019, 6, 1, tzinfo=zone)
    )
    assert part.start == moment(2019, 1, 1)


@given(
    start=st.datetimes(datetime(1960, 1, 1), datetime(2050, 1, 1)),
    length=st.timedeltas(timedelta(seconds=1), timedelta(days=4000)),
)
def test_parts_cover_the_phase_without_gap(start, length):
    start = start.replace(tzinfo=UTC)
    parts = year_parts(start, start + length)
    assert parts[0].start == start
    assert parts[-1].end == start + length
    assert all(a.end == b.start for a, b in pairwise(parts))
    assert sum(p.share for p in parts) == pytest.approx(1.0, abs=1e-12)
    assert all(p.share > 0.0 for p in parts)


def test_instants_are_whole_revolutions_in_equal_strata():
    times = sample_times(0.0, 100_000.0, 5500.0, 4, 8)
    rows = times.reshape(4, 8)
    np.testing.assert_allclose(np.diff(rows, axis=1), 5500.0 / 8.0)
    np.testing.assert_allclose(rows.mean(axis=1), [12500.0, 37500.0, 62500.0, 87500.0])
    even = sample_times(10.0, 1010.0, 5500.0, 4, 8)
    np.testing.assert_allclose(np.diff(even), 1000.0 / 32.0)
    assert even[0] > 10.0
    assert even[-1] < 1010.0


def test_sampled_mean_is_the_mean_over_the_mean_anomaly():
    """Independent: Gauss-Legendre over the eccentric anomaly, dM = (1 - e cos E) dE."""
    low, high, scale = 300e3, 700e3, 90e3
    once = 1.001 * period(6878e3)  # an osculating period is as far off
    times = sample_times(0.0, 40 * 86400.0, once, 16, 16)
    r, _ = kepler(times, perigee=low, apogee=high, inclination=0.9, node=0.0)
    sampled = np.mean(np.exp((np.linalg.norm(r, axis=1) - 6878e3) / scale))
    x, w = np.polynomial.legendre.leggauss(80)
    angle = np.pi * (1.0 + x)
    a, e = 6378e3 + 0.5 * (low + high), (high - low) / (2 * 6378e3 + low + high)
    radius = a * (1.0 - e * np.cos(angle))
    exact = np.sum(
        0.5 * w * (1.0 - e * np.cos(angle)) * np.exp((radius - 6878e3) / scale)
    )
    assert sampled == pytest.approx(exact, rel=5e-4)


@given(
    values=st.lists(st.floats(1e5, 2e6), min_size=1, max_size=60),
    count=st.integers(1, 5),
)
@example(values=[1e5, 100001.0, 100000.99998858571], count=4)
@example(values=[174763.27144645882] * 3, count=1)
def test_gauss_nodes_keep_the_moments(values, count):
    sample = np.array(values)
    nodes, weights = gauss_nodes(sample, count)
    assert np.all(weights > 0.0)
    assert weights.sum() == pytest.approx(1.0, abs=1e-12)
    assert nodes.min() >= sample.min()
    assert nodes.max() <= sample.max()
    # a sample of few different values has fewer nodes, and more moments need not hold
    spread = max(float(np.ptp(sample)), 1.0)
    x, y = (sample - sample.mean()) / spread, (nodes - sample.mean()) / spread
    for power in range(2 * min(count, nodes.size)):
        assert weights @ y**power == pytest.approx(np.mean(x**power), abs=2e-6)


def test_gauss_nodes_of_a_uniform_sample_are_those_of_legendre():
    sample = (np.arange(100_000) + 0.5) / 50_000.0 - 1.0
    nodes, weights = gauss_nodes(sample, 4)
    x, w = np.polynomial.legendre.leggauss(4)
    np.testing.assert_allclose(nodes, x, atol=1e-8)
    np.testing.assert_allclose(weights, 0.5 * w, atol=1e-8)


def test_bands_are_narrow():
    edges = bands(np.array([300e3, 850e3]))
    assert np.all(np.diff(edges) <= BAND * (1.0 + 1e-12))
    assert (edges[0], edges[-1], len(edges)) == (300e3, 850e3, 7)
    assert len(bands(np.array([4e5, 4e5]))) == 2


# -- tables of altitudes -------------------------------------------------------------


def test_the_table_of_the_station():
    path = resolve("altitude_table", "iss")
    table = read_altitude_table(path)
    assert table.altitude[2018] == 405e3
    assert np.degrees(table.inclination) == pytest.approx(51.64)
    assert table.uncertainty == 10e3
    assert table.tag == "recalled, unverified"
    assert (min(table.altitude), max(table.altitude)) == (1998, 2025)
    assert altitude_of(table, 2000) == 375e3
    with pytest.raises(InputError, match="within 1998 to 2025"):
        altitude_of(table, 2026)


def test_the_table_is_that_of_the_shared_facts(shared):
    file = shared / "data" / "env" / "iss_altitude_by_year.csv"
    rows = file.read_text().splitlines()[2:]
    table = read_altitude_table(resolve("altitude_table", "iss"))
    facts = {int(r.split(",")[0]): float(r.split(",")[1]) for r in rows}
    assert {year: value / 1e3 for year, value in table.altitude.items()} == facts


HEAD = "# title = T\n# inclination_deg = 51.6\n# uncertainty_km = 1\n# tag = test\n"
COLUMNS = "year,mean_km,min_km,max_km,note\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "a line # title"),
        (HEAD, "year,mean_km"),
        (HEAD + COLUMNS, "one or more years"),
        (HEAD + COLUMNS + "2018,405,398\n", "5 columns"),
        (HEAD + COLUMNS + "2018,nan,398,415,\n", "a number of 100 to 2000"),
        (HEAD + COLUMNS + "2018,405000,398,415,\n", "a number of 100 to 2000"),
        (HEAD + COLUMNS + "2018,-405,398,415,\n", "a number of 100 to 2000"),
        (HEAD + COLUMNS + "2018,420,398,415,\n", "a mean of 398 to 415"),
        (HEAD + COLUMNS + "18,405,398,415,\n", "a year"),
        (HEAD + COLUMNS + "2018,405,398,415,\n2017,405,398,415,\n", "2019, the year"),
        (HEAD + COLUMNS + "2018,405,398,415,\n2018,405,398,415,\n", "2019, the year"),
        (HEAD.replace("51.6", "inf") + COLUMNS + "2018,405,398,415,\n", "0 to 180"),
        (HEAD.replace("= 1", "= -1") + COLUMNS + "2018,405,398,415,\n", "0 to 500"),
        (HEAD.replace("# tag", "tag") + COLUMNS + "2018,405,398,415,\n", "# tag = "),
    ],
)
def test_damaged_tables(tmp_path, text, words):
    path = tmp_path / "table.csv"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_altitude_table(path)
    assert words in str(caught.value)
    assert str(path) in str(caught.value)


# -- files ---------------------------------------------------------------------------


def sparse(path: Path) -> None:
    with path.open("wb") as handle:
        handle.truncate(10**9)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda _: None, "an existing file"),
        (lambda p: p.mkdir(), "an existing file"),
        (sparse, "at most 2 MB"),
        (lambda p: p.write_bytes(b"\x1f\x8b\x08rest"), "not compressed"),
        (lambda p: p.write_bytes(b"one\ntwo \xff\n"), "line 2 = 'byte 0xff'"),
        (lambda p: p.write_bytes(b"one\n\0"), "line 2 = 'a zero byte'"),
    ],
)
def test_files_that_are_no_text(tmp_path, make, words):
    path = tmp_path / "file"
    make(path)
    with pytest.raises(InputError) as caught:
        read_text(path, key="tle", megabytes=2, what="element sets")
    assert words in str(caught.value)
