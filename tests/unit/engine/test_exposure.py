"""States of a phase: sampling, adequacy by halving, mixtures, refusals."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from engine_helpers import run_table, solve
from orbit_files import DELTA_DEBRIS, oem_text, tle_lines

import mmod
from mmod.config import load_run, parse_run
from mmod.engine.exposure import (
    SAMPLING_TOLERANCE,
    STATE_TOLERANCE,
    extreme_states,
    flag_orbit,
    model_states,
)
from mmod.engine.fitting import fitting_models
from mmod.engine.orbits import CircularOrbit
from mmod.engine.phase_threats import worst_flags
from mmod.engine.plan import make_plan
from mmod.errors import InputError
from mmod.flux import ExposureState, load_flux
from mmod.flux.quadrature import face_sums
from mmod.flux.table import curve_flux
from mmod.library import resolve
from mmod.orbit.altitude_table import read_altitude_table
from mmod.orbit.elements import node_rate
from mmod.orbit.oem import OemTrack
from mmod.orbit.oem_file import parse_oem
from mmod.results.text import heading, provenance

START = datetime(2018, 3, 1, 12, tzinfo=UTC)
SIZES = np.array([1e-4, 1e-3, 1e-2])
INCLINATION = np.radians(51.64)
NASA91 = {"model": "nasa91", "kind": "debris"}
GRUN = {"model": "grun_ssp", "kind": "meteoroid"}


def oem(end: datetime, start: datetime = START, **keys) -> OemTrack:
    orbit = {"perigee": 400e3, "apogee": 400e3, "inclination": INCLINATION, "node": 1.0}
    text = oem_text(start, end, **{**orbit, **keys})
    return OemTrack(parse_oem(text, "orbit.oem"), "orbit.oem")


def mean_flux(model, found, diameters=SIZES):
    return sum(
        share * model.cumulative(diameters, state)
        for state, share in zip(found.states, found.shares, strict=True)
    )


# -- one state -----------------------------------------------------------------------


def test_a_circular_phase_of_a_year_is_one_state():
    orbit = CircularOrbit(404e3, INCLINATION, 1.0)
    start, end = datetime(2018, 1, 1, tzinfo=UTC), datetime(2019, 1, 1, 6, tzinfo=UTC)
    for name in ("nasa91", "grun_ssp"):
        found = model_states(orbit, start, end, load_flux(name), SIZES)
        (state,) = found.states
        assert (state.altitude, state.inclination) == (404e3, INCLINATION)
        assert (state.start, state.end, state.right_ascension) == (start, end, 1.0)
        assert state.epoch == pytest.approx(2018.5, abs=5e-4)
        assert (found.shares, found.samples, found.flags) == ((1.0,), 0, ())


def test_a_circular_ephemeris_is_the_circular_phase():
    model = load_flux("nasa91")
    end = START + timedelta(days=5)
    found = model_states(oem(end), START, end, model, SIZES)
    (state,) = found.states
    plain = ExposureState(400e3, INCLINATION, state.epoch)
    flux = model.cumulative(SIZES, state) / model.cumulative(SIZES, plain)
    np.testing.assert_allclose(flux, 1.0, rtol=1e-6)
    assert state.right_ascension == pytest.approx(1.0, abs=1e-6)
    assert found.sampling_change < 1e-6


# -- several years -------------------------------------------------------------------


def test_nasa91_takes_the_solar_flux_of_the_year_before_each_year():
    model = load_flux("nasa91")
    orbit = CircularOrbit(400e3, INCLINATION, None)
    start, end = datetime(2017, 7, 1, tzinfo=UTC), datetime(2020, 7, 1, tzinfo=UTC)
    found = model_states(orbit, start, end, model, SIZES)
    assert [int(s.epoch) for s in found.states] == [2017, 2018, 2019, 2020]
    days = np.array([184.0, 365.0, 365.0, 182.0])
    np.testing.assert_allclose(found.shares, days / days.sum(), rtol=1e-12)
    # by hand, week by week: F10.7 and growth of every date
    weeks = np.arange(0.5, days.sum() / 7.0) * 7.0
    by_hand = np.zeros(3)
    for day in weeks:
        moment = start + timedelta(days=float(day))
        begin = datetime(moment.year, 1, 1, tzinfo=UTC)
        year = moment.year + (moment - begin) / timedelta(
            days=366 if moment.year % 4 == 0 else 365
        )
        by_hand += model.cumulative(SIZES, ExposureState(400e3, INCLINATION, year))
    by_hand /= len(weeks)
    np.testing.assert_allclose(mean_flux(model, found), by_hand, rtol=3e-3)
    # planted: one state in the middle is not as good
    middle = model.cumulative(SIZES, ExposureState(400e3, INCLINATION, 2019.0))
    assert np.abs(middle / by_hand - 1.0).max() > 0.03


def test_models_without_dates_need_one_state():
    orbit = CircularOrbit(400e3, INCLINATION, None)
    start, end = datetime(2017, 7, 1, tzinfo=UTC), datetime(2020, 7, 1, tzinfo=UTC)
    found = model_states(orbit, start, end, load_flux("grun_ssp"), SIZES)
    assert len(found.states) == 1


def test_nodes_of_parts_drift():
    orbit = CircularOrbit(400e3, INCLINATION, 1.0)
    start, end = datetime(2017, 12, 1, tzinfo=UTC), datetime(2018, 2, 1, tzinfo=UTC)
    found = model_states(orbit, start, end, load_flux("nasa91"), SIZES)
    one, two = found.states
    apart = (two.start - one.start).total_seconds() * 0.5
    apart += (two.end - one.end).total_seconds() * 0.5
    drift = two.right_ascension - one.right_ascension
    assert drift == pytest.approx(node_rate(400e3, INCLINATION) * apart, rel=1e-9)
    assert one.right_ascension > 1.0 > two.right_ascension


def test_a_table_gives_every_year_its_altitude():
    table = read_altitude_table(resolve("altitude_table", "iss"))
    start, end = datetime(2010, 1, 1, tzinfo=UTC), datetime(2013, 1, 1, tzinfo=UTC)
    model = load_flux("nasa91")
    found = model_states(table, start, end, model, SIZES)
    assert [s.altitude for s in found.states] == [352e3, 375e3, 405e3]
    assert {s.right_ascension for s in found.states} == {None}
    with pytest.raises(InputError, match="1998 to 2025"):
        model_states(table, start, datetime(2026, 6, 1, tzinfo=UTC), model, SIZES)


# -- sampled orbits ------------------------------------------------------------------


@pytest.mark.parametrize("name", ["nasa91", "grun_ssp"])
def test_mean_over_an_eccentric_orbit_is_that_over_the_mean_anomaly(name):
    """Independent: Gauss-Legendre over the eccentric anomaly, dM = (1 - e cos E) dE."""
    low, high = 350e3, 950e3
    end = START + timedelta(days=10)
    model = load_flux(name)
    orbit = oem(end, perigee=low, apogee=high)
    found = model_states(orbit, START, end, model, SIZES)
    x, w = np.polynomial.legendre.leggauss(24)
    angle = 0.5 * np.pi * (1.0 + x)
    a, e = 6378e3 + 0.5 * (low + high), (high - low) / (2 * 6378e3 + low + high)
    heights = a * (1.0 - e * np.cos(angle)) - 6378e3
    weight = 0.5 * w * (1.0 - e * np.cos(angle))
    epoch = float(np.mean([s.epoch for s in found.states]))
    exact = sum(
        u * model.cumulative(SIZES, ExposureState(float(h), INCLINATION, epoch))
        for h, u in zip(heights, weight, strict=True)
    )
    np.testing.assert_allclose(mean_flux(model, found), exact, rtol=2e-3)
    assert found.sampling_change < SAMPLING_TOLERANCE
    assert found.state_error < STATE_TOLERANCE
    assert sum(found.shares) == pytest.approx(1.0, abs=1e-12)
    if name == "nasa91":  # planted: the mean altitude alone is far off
        mean = ExposureState(float(heights @ weight), INCLINATION, epoch)
        assert np.abs(model.cumulative(SIZES, mean) / exact - 1.0).max() > 0.03


def test_halving_sees_a_coarse_sampling():
    end = START + timedelta(days=3)
    orbit = oem(end, perigee=300e3, apogee=1500e3)
    model = load_flux("nasa91")
    coarse = model_states(
        orbit, START, end, model, SIZES, strata=1, points=2, most_samples=4
    )
    assert coarse.sampling_change > 0.05
    (flag,) = coarse.flags
    assert flag.startswith("nasa91: its flux changes by")
    # without the cap the samples are doubled until it does not
    fine = model_states(orbit, START, end, model, SIZES, strata=1, points=2)
    assert fine.sampling_change <= SAMPLING_TOLERANCE
    assert fine.samples > 8
    assert fine.flags == ()
    # and the coarse answer was as wrong as it says, within a factor of a few
    exact = model_states(orbit, START, end, model, SIZES, strata=32, points=64)
    apart = mean_flux(model, coarse) / mean_flux(model, exact) - 1.0
    assert 0.01 < np.abs(apart).max() < 3.0 * coarse.sampling_change


def test_a_change_of_altitude_within_a_phase_is_seen():
    """Half the phase at 380 km, half at 480 km: two segments of an ephemeris."""
    middle, end = START + timedelta(days=4), START + timedelta(days=8)
    low = oem_text(
        START, middle, perigee=380e3, apogee=380e3, inclination=INCLINATION, node=1.0
    )
    high = oem_text(
        middle, end, perigee=480e3, apogee=480e3, inclination=INCLINATION, node=0.8
    )
    text = low + high[high.index("META_START") :]
    orbit = OemTrack(parse_oem(text, "x"), "x")
    model = load_flux("nasa91")
    found = model_states(orbit, START, end, model, SIZES)
    epoch = float(np.mean([s.epoch for s in found.states]))
    exact = 0.5 * sum(
        model.cumulative(SIZES, ExposureState(h, INCLINATION, epoch))
        for h in (380e3, 480e3)
    )
    np.testing.assert_allclose(mean_flux(model, found), exact, rtol=1.5e-3)


def test_splitting_a_phase_changes_nothing():
    end = START + timedelta(days=8)
    orbit = oem(end, perigee=380e3, apogee=560e3)
    model = load_flux("nasa91")
    whole = mean_flux(model, model_states(orbit, START, end, model, SIZES))
    for days in (1.0, 4.0, 6.5):
        cut = START + timedelta(days=days)
        parts = [
            (days / 8.0, model_states(orbit, START, cut, model, SIZES)),
            (1.0 - days / 8.0, model_states(orbit, cut, end, model, SIZES)),
        ]
        again = sum(share * mean_flux(model, found) for share, found in parts)
        np.testing.assert_allclose(again, whole, rtol=2 * STATE_TOLERANCE)


def test_states_are_a_function_of_the_phase_alone():
    end = START + timedelta(days=2)
    model = load_flux("nasa91")
    orbit = oem(end, perigee=380e3, apogee=560e3)
    again = oem(end, perigee=380e3, apogee=560e3)
    first = model_states(orbit, START, end, model, SIZES)
    assert model_states(orbit, START, end, model, SIZES) == first
    assert model_states(again, START, end, model, SIZES) == first


def test_eccentric_orbits_are_flagged():
    end = START + timedelta(days=1)
    (flag,) = flag_orbit(oem(end, perigee=300e3, apogee=1500e3), START, end)
    assert "300 to 1500 km" in flag
    assert flag_orbit(oem(end, apogee=420e3), START, end) == []
    assert flag_orbit(CircularOrbit(4e5, 0.9, None), START, end) == []


def test_extremes_reach_perigee_and_apogee():
    end = START + timedelta(days=1)
    orbit = oem(end, perigee=300e3, apogee=700e3)
    low, high = sorted(s.altitude for s in extreme_states(orbit, START, end))
    assert low == pytest.approx(300e3, abs=10e3)
    assert high == pytest.approx(700e3, abs=10e3)


def test_validity_is_judged_at_perigee_and_apogee():
    """MASTER-8 of ECSS holds about 400 km: refused, or flagged when accepted."""
    end = START + timedelta(days=1)
    orbit = oem(end, perigee=340e3, apogee=410e3)
    model = load_flux("master8_iss_ecss")
    with pytest.raises(InputError, match="altitude_km"):
        model_states(orbit, START, end, model, SIZES)
    found = model_states(orbit, START, end, model, SIZES, accept_extrapolation=True)
    assert "extrapolated-altitude_km" in [flag.code for flag in found.caveats]


def test_the_worst_of_the_states_is_named():
    """An orbit that dips to 340 km and climbs to 520: 520 is what MASTER-8 holds least."""
    end = START + timedelta(days=1)
    orbit = oem(end, perigee=340e3, apogee=520e3)
    model = load_flux("master8_iss_ecss")
    found = model_states(orbit, START, end, model, SIZES, accept_extrapolation=True)
    (flag,) = (f for f in found.caveats if f.code == "extrapolated-altitude_km")
    named = float(flag.message.split("altitude_km = ")[1].split(",")[0])
    assert named > 510.0
    assert flag.excess == pytest.approx(named - 450.0, abs=1e-3)
    first, far = (replace(flag, excess=e, message=f"{e:g}") for e in (1.0, 70.0))
    for order in ([first, far, first], [far, first]):
        (one,) = worst_flags(order).values()
        assert one.message == "70 (the farthest of the phase)"
    plain = replace(flag, excess=0.0)
    other = replace(plain, message="other")
    (one,) = worst_flags([plain, other]).values()
    assert one.message.startswith(plain.message)
    assert "other states" in one.message


def test_limits_on_the_length_of_a_phase_hold_for_the_whole_of_it():
    """Streams are for three weeks; a new year does not make two phases of one."""
    start = datetime(2021, 12, 20, tzinfo=UTC)
    model = load_flux("grun_ssp", streams="ecss")
    for apogee in (400e3, 700e3):
        end = start + timedelta(days=30)
        orbit = oem(end, start, apogee=apogee)
        with pytest.raises(InputError, match=r"21 d|3 weeks|21 days"):
            model_states(orbit, start, end, model, SIZES)


# -- through the run file ------------------------------------------------------------


def phase(**keys):
    return {"altitude_km": None, "inclination_deg": None, **keys}


def written(tmp_path, text: str, name="orbit.oem", models=(NASA91, GRUN), **keys):
    """Write a run file and its orbit; return the file."""
    folder = tmp_path / "elsewhere"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    key = "oem" if name.endswith("oem") else "tle"
    span = {"start": START, "end": START + timedelta(days=3), **keys}
    lines = [
        'schema_version = 1\ntitle = "test"\nvehicle = "plate"\nseed = 1',
        "[[phase]]",
        *(f"{k} = {v.isoformat()}" for k, v in span.items()),
        f'{key} = "elsewhere/{name}"',
        *(
            f'[[environment]]\nmodel = "{m["model"]}"\nkind = "{m["kind"]}"'
            for m in models
        ),
        "[sampling]\nsamples = 100_000",
    ]
    path = tmp_path / "run.toml"
    path.write_text("\n".join(lines))
    return path


def test_a_run_with_an_ephemeris_is_the_run_with_its_altitude(tmp_path, monkeypatch):
    end = START + timedelta(days=3)
    text = oem_text(
        START, end, perigee=4e5, apogee=4e5, inclination=INCLINATION, node=1.0
    )
    monkeypatch.chdir(os.sep)  # relative paths start at the run file
    problem = solve(written(tmp_path, text))
    same = solve(
        run_table(
            "plate",
            NASA91,
            GRUN,
            phase={"start": START, "end": end, "inclination_deg": 51.64},
        )
    )
    for one, other in zip(problem.threats[0], same.threats[0], strict=True):
        total = curve_flux(one, SIZES).sum(axis=0) / curve_flux(other, SIZES).sum(
            axis=0
        )
        np.testing.assert_allclose(total, 1.0, rtol=1e-6)
        faces = [face_sums(t, np.eye(3), SIZES) for t in (one, other)]
        np.testing.assert_allclose(faces[0], faces[1], rtol=1e-5, atol=1e-30)
    (source,) = [k for k in problem.sources if k.startswith("orbit/")]
    assert source == "orbit/orbit.oem"
    plan = make_plan(problem)
    assert "OEM of object 2000-000A" in plan.to_text()
    document = json.loads(json.dumps(plan.to_dict()["exposure"]))
    states = document[0]["models"]["nasa91"]["states"]
    assert states[0]["altitude_km"] == pytest.approx(400.0, abs=1e-3)


def test_a_mixture_is_the_sum_over_its_states_by_hand():
    """The run's threat table against model, states and shares written out."""
    given = run_table(
        "plate",
        NASA91,
        phase=phase(
            start=datetime(2009, 6, 1, tzinfo=UTC),
            end=datetime(2012, 6, 1, tzinfo=UTC),
            altitude_table="iss",
        ),
    )
    problem = solve(given)
    (table,) = problem.threats[0]
    model = load_flux("nasa91")
    days = {2009: 214, 2010: 365, 2011: 365, 2012: 152}
    heights = {2009: 352.0, 2010: 352.0, 2011: 375.0, 2012: 405.0}
    middles = {
        2009: 2009 + 258 / 365,
        2010: 2010.5,
        2011: 2011.5,
        2012: 2012 + 76 / 366,
    }
    faces = np.vstack([np.eye(3), -np.eye(3)])
    by_hand = sum(
        days[year]
        / sum(days.values())
        * face_sums(
            model.threats(
                ExposureState(heights[year] * 1e3, INCLINATION, middles[year])
            ),
            faces,
            SIZES,
        )
        for year in days
    )
    found = face_sums(table, faces, SIZES)
    np.testing.assert_allclose(found, by_hand, rtol=2e-5, atol=1e-5 * by_hand.max())
    text = "\n".join(problem.flags)
    assert "[recalled, unverified], +-10 km" in text
    assert "10 km lower or higher" in text
    assert table.attrs["altitude_min"] == 352e3
    assert table.attrs["altitude_max"] == 405e3


def test_element_sets_in_the_run_file(tmp_path):
    lines = tle_lines(START + timedelta(days=1), perigee=405e3, apogee=412e3)
    inline = run_table(
        "plate",
        NASA91,
        phase=phase(start=START, end=START + timedelta(days=3), tle=list(lines)),
    )
    problem = solve(inline)
    from_file = solve(written(tmp_path, "\n".join(lines), "sets.tle", (NASA91,)))
    ways = [p.exposure[0].models["nasa91"].states for p in (problem, from_file)]
    assert ways[0] == ways[1]
    assert problem.exposure[0].orbit == "TLE of object 99999"
    (state,) = problem.exposure[0].models["nasa91"].states
    assert state.altitude == pytest.approx(409e3, abs=5e3)
    assert not [k for k in problem.sources if k.startswith("orbit/")]


def test_configuration_comes_back_from_its_json(tmp_path):
    from mmod.config.schema import RunConfig

    given = run_table("plate", NASA91, phase=phase(tle=list(DELTA_DEBRIS)))
    config = parse_run(given)
    assert RunConfig.from_json(config.canonical_json()) == config
    plain = parse_run(run_table("plate", NASA91))
    assert '"tle"' not in plain.canonical_json()


def refused(table, *, path=None) -> str:
    with pytest.raises(InputError) as caught:
        solve(path or table)
    return str(caught.value)


@pytest.mark.parametrize(
    ("keys", "key", "words"),
    [
        ({}, "phase[0].altitude_km", "the key is missing), or one of tle, oem"),
        ({"inclination_deg": 51.6}, "phase[0].altitude_km", "the key is missing"),
        ({"altitude_km": 400.0}, "phase[0].inclination_deg", "the key is missing"),
        ({"tle": "a", "oem": "b"}, "phase[0].oem", "tle is there too"),
        ({"tle": "a", "altitude_km": 4e2}, "phase[0].tle", "altitude_km is there too"),
        (
            {"oem": "a", "inclination_deg": 51.6},
            "phase[0].inclination_deg",
            "beside oem",
        ),
        (
            {"altitude_table": "iss", "right_ascension_deg": 0.0},
            "phase[0].right_ascension_deg",
            "no node is known",
        ),
        ({"tle": 5}, "phase[0].tle", "a file of element sets"),
        ({"tle": []}, "phase[0].tle", "two an element set"),
        ({"tle": ["1 2"]}, "phase[0].tle", "two an element set"),
        ({"tle": ["1 2", 3]}, "phase[0].tle", "a file of element sets"),
        ({"tle": "1 x\n2 y"}, "phase[0].tle", "one text a line"),
        ({"tle": ""}, "phase[0].tle", "a file of element sets"),
        ({"oem": 1.0}, "phase[0].oem", "the path of a CCSDS OEM file"),
        ({"altitude_table": ""}, "phase[0].altitude_table", "table of altitudes"),
        (
            {"altitude_km": 400.0, "inclination_deg": 51.6, "right_ascension_deg": 1e3},
            "phase[0].right_ascension_deg",
            "-360 to 360 deg",
        ),
    ],
)
def test_ways_to_give_an_orbit(keys, key, words):
    given = run_table("plate", NASA91)
    for name in ("altitude_km", "inclination_deg"):
        del given["phase"][0][name]
    given["phase"][0] |= keys
    with pytest.raises(InputError) as caught:
        parse_run(given)
    (found,) = [p for p in caught.value.problems if p.key == key]
    assert words in found.expected


def test_what_is_not_there(tmp_path):
    text = refused(run_table("plate", NASA91, phase=phase(oem="orbit.oem")))
    assert "an absolute path" in text
    text = refused(run_table("plate", NASA91, phase=phase(altitude_table="mir")))
    assert "altitude table in the library (iss)" in text
    path = written(tmp_path, "x")
    (tmp_path / "elsewhere" / "orbit.oem").unlink()
    text = refused(None, path=path)
    assert "phase[0].oem" in text
    assert "looked for" in text


def test_every_phase_and_model_is_told_at_once(tmp_path):
    path = written(tmp_path, "nonsense")
    source = path.read_text() + (
        '\n[[phase]]\nstart = 2019-01-01\nend = 2019-02-01\ntle = "none.tle"\n'
        "[[phase]]\nstart = 2030-01-01\nend = 2030-02-01\naltitude_km = 400.0\n"
        "inclination_deg = 51.6\n"
    )
    path.write_text(source)
    text = refused(None, path=path)
    assert "CCSDS_OEM_VERS" in text
    assert "none.tle" in text
    assert "F10.7" in text


def test_uncovered_and_old(tmp_path):
    end = START + timedelta(days=2)
    orbit = {"perigee": 4e5, "apogee": 4e5, "inclination": 0.9, "node": 1.0}
    text = refused(None, path=written(tmp_path, oem_text(START, end, **orbit)))
    assert "a time within 2018-03-01T12:00:00" in text
    lines = "\n".join(tle_lines(START - timedelta(days=100)))
    text = refused(None, path=written(tmp_path, lines, "sets.tle"))
    assert "103.0 d away" in text
    lines = "\n".join(tle_lines(START - timedelta(days=20)))
    problem = solve(written(tmp_path, lines, "sets.tle", (NASA91,)))
    assert any("23 d from their epoch" in flag for flag in problem.flags)


def test_models_that_fit_are_found_for_sampled_orbits(tmp_path):
    end = START + timedelta(days=3)
    orbit = {"perigee": 340e3, "apogee": 410e3, "inclination": 0.9, "node": 1.0}
    path = written(tmp_path, oem_text(START, end, **orbit), models=(NASA91,))
    found = fitting_models(load_run(path))
    assert "grun_ssp" in found
    assert "master8_iss_ecss" not in found  # 350 to 450 km


def test_two_phases_are_one(tmp_path):
    """Expected impacts of a year, whole and cut at any date: at the ram face."""

    def impacts(*cuts):
        edges = [
            datetime(2017, 5, 1, tzinfo=UTC),
            *cuts,
            datetime(2019, 5, 1, tzinfo=UTC),
        ]
        given = run_table("plate", NASA91)
        given["phase"] = [
            {"start": a, "end": b, "altitude_table": "iss"} for a, b in pairwise(edges)
        ]
        problem = solve(given)
        return sum(
            duration * face_sums(row[0], [[1.0, 0.0, 0.0]], SIZES)[0]
            for duration, row in zip(problem.durations, problem.threats, strict=True)
        )

    whole = impacts()
    for cut in (datetime(2018, 1, 1), datetime(2018, 8, 17, 5), datetime(2019, 4, 30)):
        again = impacts(cut.replace(tzinfo=UTC))
        np.testing.assert_allclose(again, whole, rtol=STATE_TOLERANCE)


def test_the_result_says_what_was_used(tmp_path):
    given = run_table(
        "plate",
        NASA91,
        phase=phase(
            start=datetime(2011, 6, 1, tzinfo=UTC),
            end=datetime(2012, 6, 1, tzinfo=UTC),
            altitude_table="iss",
        ),
        sampling={"samples": 2_000, "events_per_zone": 0},
    )
    tree = mmod.run(parse_run(given), threads=1)
    (used,) = provenance(tree)["exposure"]
    states = used["models"]["nasa91"]["states"]
    assert [s["altitude_km"] for s in states] == [375.0, 405.0]
    assert sum(s["share"] for s in states) == pytest.approx(1.0, abs=1e-12)
    assert [s["right_ascension_deg"] for s in states] == [None, None]
    assert "states at 375.0 to 405.0 km, 51.64 deg" in heading(tree)
    digests = provenance(tree)["sources"]
    assert len(digests["orbit/iss.csv"]) == 64
    attrs = tree["threats"]["phase0_model0"].attrs
    assert (attrs["altitude_min"], attrs["altitude_max"]) == (375e3, 405e3)
    assert "+-10 km" in tree.attrs["flags"]
