"""Element sets: strict reading, and SGP4 against published states."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from orbit_files import (
    DELTA_DEBRIS,
    DELTA_EPOCH,
    DELTA_STATES,
    tle_lines,
    with_checksum,
)

from mmod.errors import InputError
from mmod.orbit.instants import DAY, posix
from mmod.orbit.tle import TleTrack, checksum, parse_tle

EPOCH = datetime(2018, 6, 8, 12, tzinfo=UTC)


def track(*pairs: tuple[str, str]) -> TleTrack:
    return TleTrack(parse_tle("\n".join(x for p in pairs for x in p), "test"), "test")


@pytest.mark.parametrize("minutes", DELTA_STATES)
def test_published_states(minutes):
    """Vallado et al., AIAA 2006-6753, case 06251: to the printed metres."""
    one = track(DELTA_DEBRIS)
    assert one.sets[0].epoch == pytest.approx(posix(DELTA_EPOCH), abs=1e-3)
    # to the eighth digit of the day that the line states
    at = np.array([one.sets[0].epoch + 60.0 * minutes])
    r, v = one.vectors(at)
    position, velocity = DELTA_STATES[minutes]
    np.testing.assert_allclose(r[0] / 1e3, position, atol=2e-5)
    np.testing.assert_allclose(v[0] / 1e3, velocity, atol=2e-8)


def test_published_elements():
    """The same file prints osculating elements at 120 min."""
    one = track(DELTA_DEBRIS)
    found = one.elements(np.array([one.sets[0].epoch + 7200.0]))
    # its GM is 3.986008e14, ours 3.986e14 (ECSS): 2e-6 of the axis
    assert found.semi_major_axis[0] / 1e3 == pytest.approx(6769.925529, rel=1e-5)
    assert found.eccentricity[0] == pytest.approx(0.002843, abs=2e-6)
    assert np.degrees(found.inclination[0]) == pytest.approx(58.04264, abs=1e-5)
    assert np.degrees(found.right_ascension[0]) == pytest.approx(53.67485, abs=1e-5)


def test_nearest_set_is_used():
    later = EPOCH + timedelta(days=10)
    both = track(tle_lines(later, perigee=420e3, apogee=420e3), tle_lines(EPOCH))
    assert [s.epoch for s in both.sets] == [posix(EPOCH), posix(later)]
    at = np.array([posix(EPOCH + timedelta(days=d)) for d in (-1.0, 4.9, 5.1, 12.0)])
    altitude = both.elements(at).altitude / 1e3
    assert np.all(np.abs(altitude[:2] - 400.0) < 15.0)
    assert np.all(np.abs(altitude[2:] - 420.0) < 15.0)
    assert np.all(altitude[2:] - altitude[:2] > 5.0)


def test_age_counts_between_epochs_too():
    both = track(tle_lines(EPOCH), tle_lines(EPOCH + timedelta(days=50)))
    start, end = posix(EPOCH), posix(EPOCH + timedelta(days=50))
    assert both.age(start, end) == pytest.approx(25.0 * DAY)
    assert both.age(start, start + DAY) == pytest.approx(DAY)
    (flag,) = both.limits(start, end)
    assert "25 d from their epoch" in flag
    assert both.limits(start, start + 13.0 * DAY) == []
    with pytest.raises(InputError, match=r"61\.0 d away.*60 d of an epoch"):
        both.limits(start, end + 61.0 * DAY)


def test_decay_is_refused_with_the_meaning_of_the_code():
    low = track(tle_lines(EPOCH, perigee=60e3, apogee=160e3))
    with pytest.raises(InputError, match=r"it has come down|SGP4 at"):
        low.elements(posix(EPOCH) + np.linspace(0.0, 6000.0, 50))
    # case 22312 of the same publication: SGP4's own code for decay
    decayed = track(
        (
            "1 22312U 93002D   06094.46235912  .99999999  81888-5  49949-3 0  3953",
            "2 22312  62.1486  77.4698 0308723 267.9229  88.7392 15.95744531 98783",
        )
    )
    start = decayed.sets[0].epoch
    with pytest.raises(InputError, match=r"error \d: "):
        decayed.vectors(start + np.linspace(0.0, 10.0 * DAY, 400))


def test_names_blank_lines_and_order_do_not_matter():
    one, two = tle_lines(EPOCH), tle_lines(EPOCH + timedelta(days=1))
    text = "\n".join(["OBJECT A", *two, "", "OBJECT A", *one, *one, ""]) + "\r"
    found = parse_tle(text.replace("\r", ""), "test")
    assert [s.epoch for s in found] == [posix(EPOCH), posix(EPOCH) + DAY]


def test_alpha5_and_both_centuries():
    first, second = DELTA_DEBRIS
    first = with_checksum(first.replace("06251U", "T6251U"))
    second = with_checksum(second.replace(" 06251 ", " T6251 "))
    (one,) = parse_tle(f"{first}\n{second}", "test")
    assert one.catalogue == "T6251"
    old = with_checksum(DELTA_DEBRIS[0].replace("06176.8", "57300.8"))
    (one,) = parse_tle(f"{old}\n{DELTA_DEBRIS[1]}", "test")
    assert one.epoch < 0.0


def refusal(text: str) -> str:
    with pytest.raises(InputError) as caught:
        parse_tle(text, "sets.tle")
    assert all(p.source == "sets.tle" for p in caught.value.problems)
    return str(caught.value)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda *_: "", "one or more"),
        (lambda a, *_: a, "followed by its line 2"),
        (lambda a, b: f"{b}\n{a}", "line 1 of an element set"),
        (lambda a, b: f"{a}\n{b[:-1]}7", "checksum 4 in column 69"),
        (lambda a, b: f"{a[:40]}\n{b}", "69 characters"),
        (lambda a, b: f"{a}\n{b}\n{a}", "followed by its line 2"),
        (
            lambda a, b: f"{a}\n" + with_checksum(b.replace(" 58.0579", "258.0579")),
            "0 to 180",
        ),
        (
            lambda a, b: f"{a}\n" + with_checksum(b.replace("15.56", " 0.01")),
            "0.05 to 18",
        ),
        (
            lambda a, b: f"{a}\n" + with_checksum(b.replace("06251 ", "06252 ")),
            "06251, as in",
        ),
        (
            lambda a, b: with_checksum(a.replace("06176", "06400")) + f"\n{b}",
            "1 to 367",
        ),
        (lambda a, b: f"{a}\n{b.replace('58.0579', '    NaN')}", "in their columns"),
        (lambda a, b: f"{a}\n{b.replace('58.0579', '58,0579')}", "in their columns"),
        (lambda a, b: f"{a}\n{b}\nan afterthought", "a name before one"),
        (lambda a, b: f"{a[:-1]}\u0665\n{b}", "69 characters"),
    ],
)
def test_damaged_sets(damage, words):
    assert words in refusal(damage(*DELTA_DEBRIS))


def test_several_objects_and_two_sets_of_one_epoch():
    one, other = tle_lines(EPOCH), tle_lines(EPOCH, catalogue=12345)
    assert "expected one object" in refusal("\n".join([*one, *other]))
    again = tle_lines(EPOCH, perigee=410e3, apogee=410e3)
    assert "two differ" in refusal("\n".join([*one, *again]))


def test_every_problem_at_once():
    first, second = DELTA_DEBRIS
    text = refusal(f"{first[:-1]}9\n{second[:-1]}9")
    assert "line 1" in text
    assert "line 2" in text


def test_checksum_by_the_published_lines():
    assert [checksum(line) for line in DELTA_DEBRIS] == [5, 4]
