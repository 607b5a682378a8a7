"""Weighted sums of threat tables."""

from __future__ import annotations

import math

import numpy as np
import pytest
import xarray as xr
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mmod.errors import InputError
from mmod.flux import ExposureState, load_flux, validate_threats
from mmod.flux.mixture import mix_threats
from mmod.flux.quadrature import face_sums
from mmod.flux.table import SizeCurves, ThreatBins, build_threats, curve_flux
from mmod.flux.uncertainty import law_of_table

FACES = np.vstack([np.eye(3), -np.eye(3), [[0.6, 0.0, 0.8]], [[0.6, -0.64, 0.48]]])
SIZES = np.array([1e-4, 1e-3, 1e-2])


def state(altitude=400.0, epoch=2016.5, inclination=51.64) -> ExposureState:
    return ExposureState(altitude * 1e3, math.radians(inclination), epoch)


def total(table: xr.Dataset, at) -> np.ndarray:
    return curve_flux(table, np.asarray(at)).sum(axis=0)


def made(
    flux, density=2800.0, nodes=(1e-6, 1e-3, 1.0), shift=0.0, kind="debris", **attrs
):
    """A small table by hand: two bins a curve."""
    flux = np.atleast_2d(np.asarray(flux, dtype=float))
    n = 2 * len(flux)
    index = np.repeat(np.arange(len(flux)), 2).astype(np.int32)
    low = np.linspace(0.0, 0.5, n) + shift
    bins = ThreatBins(
        azimuth_lower=low,
        azimuth_upper=low + 0.1,
        sin_elevation_lower=np.full(n, -0.1),
        sin_elevation_upper=np.full(n, 0.2),
        speed_lower=np.full(n, 9e3),
        speed_upper=np.full(n, 1e4),
        weight=np.tile([0.25, 0.75], len(flux)),
        size_curve_index=index,
        population=(index % 2).astype(np.int32),
    )
    nodes = np.asarray(nodes, dtype=float)
    density = np.broadcast_to(np.asarray(density, dtype=float), (len(flux), nodes.size))
    given = {
        "model": "hand",
        "kind": kind,
        "altitude": 4e5,
        "inclination": 0.9,
        "epoch": 2018.5,
        "flags": "",
        "table_min_diameter": 1e-6,
        "table_max_diameter": 1.0,
        **attrs,
    }
    names = given.pop("names", ("a", "b"))
    return build_threats(bins, SizeCurves(nodes, flux, density.copy()), given, names)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("nasa91", state(420.0)),
        ("nasa91", state(400.0, 2017.4)),
        ("nasa91", state(380.0, 2016.9)),
        ("master8_iss_ecss", state(430.0)),
        ("grun_ssp", state(380.0, 2016.9)),
    ],
)
def test_totals_are_the_weighted_sum_and_faces_too(name, other):
    model = load_flux(name)
    tables = [model.threats(state()), model.threats(other)]
    mixed = mix_threats(tables, [0.3, 0.7])
    nodes = mixed["diameter"].values
    expected = 0.3 * total(tables[0], nodes) + 0.7 * total(tables[1], nodes)
    np.testing.assert_allclose(total(mixed, nodes), expected, rtol=1e-13)
    faces = FACES[[0, 1, 3, 7]]
    sums = [face_sums(t, faces, SIZES) for t in tables]
    by_hand = 0.3 * sums[0] + 0.7 * sums[1]
    found = face_sums(mixed, faces, SIZES)
    apart = np.abs(found - by_hand) / by_hand.max(axis=0)
    assert apart.max() < 1e-5
    # one curve, whatever altitude and epoch
    assert mixed.sizes["size_curve"] == 1
    validate_threats(mixed)


def test_far_altitudes_give_up_the_coupling_but_not_the_faces():
    model = load_flux("nasa91")
    tables = [model.threats(state(300.0)), model.threats(state(1200.0))]
    mixed = mix_threats(tables, [0.5, 0.5])
    assert mixed.attrs["coupled"] == 0
    by_hand = 0.5 * sum(face_sums(t, FACES, SIZES) for t in tables)
    # relative to the greatest face: 1e-3 is the contract of every table
    apart = np.abs(face_sums(mixed, FACES, SIZES) - by_hand) / by_hand.max(axis=0)
    assert apart.max() < 3e-4
    # planted: the coupling speed of one of them for both
    wrong = mix_threats(
        [
            t.assign_attrs(coupling_speed=tables[1].attrs["coupling_speed"])
            for t in tables
        ],
        [0.5, 0.5],
    )
    apart = np.abs(face_sums(wrong, FACES, SIZES) - by_hand) / by_hand.max(axis=0)
    assert apart.max() > 1e-3


def test_equal_tables_give_the_table_back():
    table = load_flux("nasa91").threats(state())
    mixed = mix_threats([table, table], [0.25, 0.75])
    for name in table.data_vars:
        np.testing.assert_allclose(mixed[name].values, table[name].values, rtol=1e-14)
    assert mixed.attrs["coupling_speed"] == table.attrs["coupling_speed"]
    assert mixed.attrs["altitude"] == table.attrs["altitude"]


def test_sum_of_two_environments():
    one = made([[1.0, 1e-3, 1e-9]], names=("meteoroid", "x"))
    two = made([[2.0, 5e-4, 1e-9]], 1000.0, shift=1.0, names=("x", "stream"))
    mixed = mix_threats([one, two], [1, 1])
    assert mixed["population"].attrs["population_names"] == "meteoroid, x, stream"
    np.testing.assert_allclose(
        mixed["flux"].values.sum(axis=0), [3.0, 1.5e-3, 2e-9], rtol=1e-14
    )
    # the second's "stream" and "x" are not the first's
    assert set(mixed["population"].values.tolist()) <= {0, 1, 2}
    assert mixed.sizes["size_curve"] == 2


def test_grids_are_united_without_approximation():
    one = made([[1.0, 1e-3, 1e-9]])
    two = made([[4.0, 1e-2, 1e-5, 1e-10]], nodes=(1e-7, 1e-4, 1e-2, 2.0), shift=1.0)
    mixed = mix_threats([one, two], [2.0, 0.5])
    np.testing.assert_allclose(
        mixed["diameter"].values, [1e-7, 1e-6, 1e-4, 1e-3, 1e-2, 1.0, 2.0]
    )
    at = np.geomspace(1e-6, 1.0, 97)
    expected = 2.0 * total(one, at) + 0.5 * total(two, at)
    np.testing.assert_allclose(total(mixed, at), expected, rtol=1e-12)


def test_densities_stay_with_their_curve():
    # a step: nothing between 1e-4 and 1e-3, so densities have no meaning there
    steps = made(
        [[1.0, 1e-2, 1e-2, 1e-8]],
        [[2000.0, 2000.0, 1000.0, 1000.0]],
        nodes=(1e-6, 1e-4, 1e-3, 1.0),
    )
    plain = made([[1.0, 1e-3, 1e-9]], nodes=(1e-6, 3e-4, 1.0), shift=1.0)
    mixed = mix_threats([steps, plain], [1.0, 1.0])
    first = mixed["density"].values[0]
    nodes = mixed["diameter"].values
    assert np.all(first[nodes < 1e-3] == 2000.0)
    assert np.all(first[nodes >= 1e-3] == 1000.0)
    gap = (nodes >= 1e-4) & (nodes <= 1e-3)
    assert np.ptp(mixed["flux"].values[0][gap]) == 0.0
    assert np.all(mixed["density"].values[1] == 2800.0)


def test_curves_with_other_densities_are_kept_apart():
    one, two = made([[1.0, 1e-3, 1e-9]]), made([[1.0, 1e-3, 1e-9]], 1000.0)
    assert mix_threats([one, two], [0.5, 0.5]).sizes["size_curve"] == 2
    assert mix_threats([one, one], [0.5, 0.5]).sizes["size_curve"] == 1


def test_attributes_and_flags():
    one = made([[1.0, 1e-3, 1e-9]], flags="a: first\nb: both", table_min_diameter=1e-5)
    two = made([[1.0, 1e-3, 1e-9]], flags="b: both", altitude=5e5, epoch=2020.5)
    mixed = mix_threats([one, two], [0.25, 0.75])
    assert mixed.attrs["flags"] == "a: first\nb: both"
    assert mixed.attrs["altitude"] == pytest.approx(4.75e5)
    assert mixed.attrs["epoch"] == pytest.approx(2020.0)
    assert (mixed.attrs["altitude_min"], mixed.attrs["altitude_max"]) == (4e5, 5e5)
    assert "inclination_min" not in mixed.attrs
    assert mixed.attrs["table_min_diameter"] == 1e-5
    assert mixed.attrs["model"] == "hand"
    again = mix_threats([mixed, one], [0.5, 0.5])
    assert again.attrs["altitude_max"] == 5e5


def test_log_stderr_is_the_flux_weighted_mean():
    one, two = made([[1.0, 1e-3, 1e-9]]), made([[1.0, 1e-2, 1e-9]], shift=1.0)
    one["log_stderr"] = ("diameter", [0.1, 0.2, 0.3], {"units": "1", "tag": "a"})
    two["log_stderr"] = ("diameter", [0.5, 0.6, 0.9], {"units": "1", "tag": "b"})
    mixed = mix_threats([one, two], [0.5, 0.5])
    expected = [0.3, (0.2 * 1e-3 + 0.6 * 1e-2) / 1.1e-2, 0.6]
    np.testing.assert_allclose(mixed["log_stderr"].values, expected, rtol=1e-12)
    assert mixed["log_stderr"].attrs["tag"] == "unverified"  # neither is a tag
    for tags, weakest in (
        (("estimate", "read"), "estimate"),
        (("read", "computed"), "computed"),
        (("recalled", "unverified"), "unverified"),
        (("read", "read"), "read"),
    ):
        for table, tag in zip((one, two), tags, strict=True):
            table["log_stderr"].attrs |= {"tag": tag, "source": f"its {tag}"}
        joined = mix_threats([one, two], [0.5, 0.5])
        assert joined["log_stderr"].attrs["tag"] == weakest
        law = law_of_table(joined, "test")  # which cards and files take again
        assert law is not None
        assert law.tag == weakest
    with pytest.raises(InputError, match="in every table, or in none"):
        mix_threats([one, two.drop_vars("log_stderr")], [0.5, 0.5])


def test_shares_of_zero_leave_nothing():
    one, two = made([[1.0, 1e-3, 1e-9]]), made([[7.0, 1e-3, 1e-9]], altitude=9e5)
    mixed = mix_threats([one, two], [1.0, 0.0])
    assert mixed.attrs["altitude"] == 4e5
    np.testing.assert_array_equal(mixed["flux"].values, one["flux"].values)


@pytest.mark.parametrize(
    ("tables", "shares", "words"),
    [
        ([], [], "one share a table"),
        (["a", "b"], [1.0], "one share a table (2)"),
        (["a", "b"], [0.0, 0.0], "not all of them 0"),
        (["a", "b"], [1.0, -1.0], "finite numbers >= 0"),
        (["a", "b"], [1.0, math.nan], "finite numbers >= 0"),
        (["a", "b"], [1.0, math.inf], "finite numbers >= 0"),
        (["a", "m"], [1.0, 1.0], "tables of one kind"),
        (["a", "x"], [1.0, 1.0], "variables that a mixture"),
    ],
)
def test_refusals(tables, shares, words):
    table = made([[1.0, 1e-3, 1e-9]])
    known = {
        "a": table,
        "b": table,
        "m": made([[1.0, 1e-3, 1e-9]], kind="meteoroid"),
        "x": table.assign(secret=("threat", np.ones(2))),
    }
    with pytest.raises(InputError) as caught:
        mix_threats([known[name] for name in tables], shares)
    assert words in str(caught.value)


curves = st.lists(
    st.tuples(st.floats(1e-3, 1e3), st.floats(1e-6, 1.0), st.floats(1e-6, 1.0)),
    min_size=1,
    max_size=3,
)


@settings(max_examples=12)
@given(
    first=curves,
    second=curves,
    shares=st.tuples(st.floats(0.0, 9.0), st.floats(0.1, 9.0)),
)
@example(first=[(1.0, 1.0, 0.5)], second=[(1.0, 1.0, 1.0)], shares=(5e-324, 1.0))
@example(first=[(1.0, 1.0, 0.5)], second=[(1.0, 1.0, 1.0)], shares=(1e-199, 1.0))
def test_any_tables(first, second, shares):
    def flux(rows):
        return [[a, a * b, a * b * c] for a, b, c in rows]

    tables = [made(flux(first)), made(flux(second), 1000.0, nodes=(1e-6, 1e-2, 1.0))]
    mixed = mix_threats(tables, shares)
    at = np.geomspace(1e-6, 1.0, 31)
    expected = sum(s * total(t, at) for s, t in zip(shares, tables, strict=True))
    np.testing.assert_allclose(total(mixed, at), expected, rtol=1e-11)
    by_hand = sum(
        s * face_sums(t, FACES[:2], at) for s, t in zip(shares, tables, strict=True)
    )
    np.testing.assert_allclose(face_sums(mixed, FACES[:2], at), by_hand, rtol=1e-9)
