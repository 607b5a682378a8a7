"""The interval by flux model: sums over zones and kinds, files, text."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from unit.results import synthetic

from mmod.errors import InputError
from mmod.flux.uncertainty import FLUX_DEVIATES, NORMAL_97_5
from mmod.results import build, merge, open_results, risk, save
from mmod.results.flux_uncertainty import limits, sum_of_independent
from mmod.results.numbers import none_of
from mmod.results.text import report

NEW = ("flux_deviate", "expected_given_flux", "model_lower", "model_upper")


@pytest.fixture(scope="module")
def outcome():
    return synthetic.outcome()


@pytest.fixture(scope="module")
def tree(outcome):
    return build(outcome)


def lognormal(number: float, sigma: float) -> np.ndarray:
    return number * np.exp(sigma * FLUX_DEVIATES)


def old(tree: xr.DataTree) -> xr.DataTree:
    """Return a tree as format 1.0 had it."""
    groups = {}
    for node in tree.subtree:
        data = node.to_dataset(inherit=False)
        names = [n for n in (*NEW, "log_stderr", "covariance") if n in data.variables]
        groups[node.path] = data.drop_vars(names)
    made = xr.DataTree.from_dict(groups)
    made.attrs = {**tree.attrs, "mmod_format_version": "1.0"}
    return made


# -- the sum of two kinds --------------------------------------------------------------


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ((1.0, 0.56), (1.0, 0.56)),
        ((1.0, 0.56), (0.1, 2.5)),
        ((3e-9, 1.2), (1e-9, 0.05)),
        ((1.0, 3.0), (1.0, 3.0)),
        ((1.0, 0.3), (1e-4, 0.3)),
    ],
)
def test_sum_against_quadrature(a, b):
    """P(N1 + N2 <= x) by an independent sum over the other deviate, on a finer grid."""
    found = sum_of_independent(lognormal(*a), lognormal(*b))
    z = np.linspace(-8.0, 8.0, 20_001)
    weight = norm.pdf(z) * (z[1] - z[0])
    first = a[0] * np.exp(a[1] * z)
    for deviate, x in zip(FLUX_DEVIATES, found, strict=True):
        left = np.maximum(x - first, 1e-300)
        chance = weight @ norm.cdf(np.log(left / b[0]) / b[1])
        limit = 2e-3 if a[1] < 3.0 else 8e-3
        assert abs(norm.ppf(chance) - deviate) < limit


def test_sum_against_monte_carlo(seed):
    """4e6 pairs: quantiles within 5 standard errors; comonotone addition is seen.

    13 comparisons at 5 standard errors: a false alarm in 1.3e5 seeds.
    """
    rng = np.random.default_rng(seed)
    n = 4_000_000
    a, b = lognormal(2.0, 0.56), lognormal(1.0, 1.2)
    found = sum_of_independent(a, b)
    drawn = 2.0 * np.exp(0.56 * rng.standard_normal(n))
    drawn += np.exp(1.2 * rng.standard_normal(n))
    for deviate, x, planted in zip(FLUX_DEVIATES, found, a + b, strict=True):
        p = norm.cdf(deviate)
        limit = 5.0 * math.sqrt(p * (1.0 - p) / n)
        assert abs(np.mean(drawn <= x) - p) < limit
        if abs(deviate) > 1.0:
            assert abs(np.mean(drawn <= planted) - p) > limit


def test_sum_with_nothing_or_with_no_spread():
    a, flat, zero = lognormal(2.0, 0.7), lognormal(3.0, 0.0), lognormal(0.0, 0.7)
    np.testing.assert_array_equal(sum_of_independent(a, zero), a)
    np.testing.assert_array_equal(sum_of_independent(zero, zero), zero)
    np.testing.assert_allclose(sum_of_independent(a, flat), a + 3.0)
    gone = np.full(FLUX_DEVIATES.shape, np.nan)
    assert np.isnan(sum_of_independent(a, gone)).all()


positive = st.floats(1e-12, 1e3)
sigmas = st.floats(0.0, 3.0)


@settings(max_examples=60)
@given(positive, sigmas, positive, sigmas, st.floats(1e-6, 1e6))
def test_properties_of_a_sum(n, s, m, t, scale):
    a, b = lognormal(n, s), lognormal(m, t)
    found = sum_of_independent(a, b)
    assert np.all(np.isfinite(found) & (found > 0.0))
    assert np.all(np.diff(found) >= -1e-9 * found[1:])
    # either order, any unit; no less than the larger alone, below the median and above
    np.testing.assert_allclose(sum_of_independent(b, a), found, rtol=6e-3)
    np.testing.assert_allclose(
        sum_of_independent(scale * a, scale * b), scale * found, rtol=1e-6
    )
    assert np.all(found >= np.maximum(a, b) * (1.0 - 6e-3))


def test_sum_refuses_what_is_no_quantile_function():
    a = lognormal(1.0, 0.5)
    for wrong in (-a, a[::-1], a[:-1]):
        with pytest.raises(InputError):
            sum_of_independent(a, wrong)


# -- zones, modules, the vehicle -------------------------------------------------------


def test_limits_of_a_constant_law(tree, outcome):
    zones = tree["zones"]
    for label, sigma in zip(synthetic.MODELS, synthetic.SIGMA, strict=True):
        one = zones.to_dataset().sel(environment=label)
        factor = math.exp(sigma * NORMAL_97_5)
        for name, wanted in (("model_upper", factor), ("model_lower", 1.0 / factor)):
            np.testing.assert_allclose(
                one[name].values, one["expected"].values * wanted, rtol=1e-12
            )
    assert float(zones["flux_deviate"][2]) == -NORMAL_97_5
    # missing is not zero: the panel has no shield
    assert np.isnan(zones["model_upper"].values[-1, :, -1]).all()
    assert not np.isnan(zones["model_upper"].values[-1, :, :-1]).any()


def test_zones_of_a_model_add_at_equal_deviates(tree):
    zones = tree["zones"].to_dataset()
    deviates, found = risk.given_flux(tree, None, "met")
    np.testing.assert_array_equal(deviates, FLUX_DEVIATES)
    by_hand = np.nansum(zones["expected_given_flux"].sel(environment="met").values, 0)
    np.testing.assert_allclose(found, by_hand)
    whole = risk.select(tree, None, "met")
    np.testing.assert_allclose(
        whole.model_upper / whole.expected, math.exp(0.5605 * NORMAL_97_5), rtol=1e-9
    )
    # planted: in quadrature the vehicle would be surer of the flux than any zone
    upper = zones["model_upper"].sel(environment="met").values[:, -1]
    expected = zones["expected"].sel(environment="met").values[:, -1]
    quadrature = np.sqrt(np.nansum((upper - expected) ** 2))
    assert quadrature < 0.8 * (whole.model_upper - whole.expected)[-1]


def test_kinds_are_independent_in_every_sum(tree):
    whole = risk.select(tree, None, "total")
    debris, met = (risk.given_flux(tree, None, kind)[1] for kind in risk.KINDS)
    wanted = sum_of_independent(debris, met)
    np.testing.assert_allclose(whole.model_lower, limits(wanted)[0])
    np.testing.assert_allclose(whole.model_upper, limits(wanted)[1])
    sure = limits(debris + met)
    assert np.all(whole.model_upper < sure[1])
    assert np.all(whole.model_lower > sure[0])
    assert np.all(
        (whole.model_lower < whole.expected) & (whole.expected < whole.model_upper)
    )
    low, high = whole.pnp_model_interval
    assert np.all((low < whole.pnp) & (whole.pnp < high))


def test_one_zone_is_as_in_the_file(tree):
    zones = tree["zones"].to_dataset()
    for label in ("total", "debris", "deb_b"):
        one = risk.select(tree, [2], label)
        part = zones.sel(environment=label).isel(zone=2)
        np.testing.assert_array_equal(one.model_lower, part["model_lower"].values)
        np.testing.assert_array_equal(one.upper, part["expected_upper"].values)


def test_sampling_and_flux_stay_apart(outcome):
    """Doubled sampling errors change one interval, a doubled law the other."""
    base = risk.select(build(outcome), None, "total")
    noisy = replace(
        outcome, zone_variance=4.0 * outcome.zone_variance, zone_covariance=None
    )
    sampled = risk.select(build(noisy), None, "total")
    np.testing.assert_array_equal(sampled.model_upper, base.model_upper)
    assert np.all(sampled.upper > base.upper)
    squared = outcome.zone_given_flux**2 / outcome.zone_expected[:, :-1, :, None].clip(
        1e-300
    )
    squared[~(outcome.zone_expected[:, :-1] > 0.0)] = 0.0
    wider = risk.select(build(replace(outcome, zone_given_flux=squared)), None, "total")
    np.testing.assert_array_equal(wider.upper, base.upper)
    assert np.all(wider.model_upper > base.model_upper)


def test_unknown_zones_are_refused(tree):
    for zones in ([7], [-8], [0, 99]):
        with pytest.raises(InputError, match="zones"):
            risk.given_flux(tree, zones, "total")
    with pytest.raises(InputError, match="environment"):
        risk.given_flux(tree, None, "moon dust")
    assert np.isnan(risk.given_flux(tree, [], "total")[1]).all()


# -- outcome, files, merging -----------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        lambda g: g[:, :2],
        lambda g: -g,
        lambda g: g[..., ::-1],
        lambda g: g * np.nan,
        lambda g: np.where(g > g.mean(), np.inf, g),
    ],
)
def test_unsound_numbers_are_refused(outcome, change):
    broken = replace(outcome, zone_given_flux=change(outcome.zone_given_flux))
    with pytest.raises(InputError, match="zone_given_flux"):
        build(broken)


def test_files_of_format_1_0_open(tree, tmp_path):
    before = old(tree)
    path = save(before, tmp_path / "old.nc")
    opened = open_results(path)
    assert opened.attrs["mmod_format_version"] == "1.0"
    xr.testing.assert_identical(
        opened["zones"].to_dataset(), before["zones"].to_dataset()
    )
    whole = risk.select(opened, None, "total")
    assert np.isnan(whole.model_upper).all()
    np.testing.assert_array_equal(whole.upper, risk.select(tree, None, "total").upper)
    text = report(opened)
    assert "by flux model" not in text
    assert opened.mmod.zones().to_dict()["total"]["penetrations_model_upper"] is None
    merged = merge([opened])
    assert "model_lower" not in merged["zones"]
    assert merged.attrs["mmod_format_version"] == "1.1"


def test_a_wrong_dimension_is_refused(tree, tmp_path):
    path = save(tree, tmp_path / "new.nc")
    xr.testing.assert_identical(
        open_results(path)["zones"].to_dataset(), tree["zones"].to_dataset()
    )
    zones = tree["zones"].to_dataset()
    turned = zones["model_upper"].transpose("damage", "zone", "environment")
    broken = tree.copy()
    broken["zones"] = xr.DataTree(zones.assign(model_upper=turned))
    with pytest.raises(InputError, match="model_upper"):
        save(broken, tmp_path / "broken.nc")


def test_merged_runs_weigh_their_numbers():
    one, two = (
        synthetic.outcome(seed=s, samples=n) for s, n in ((1, 4000), (2, 12_000))
    )
    merged = merge([build(one), build(two)])
    given = merged["zones"]["expected_given_flux"].sel(environment="deb_b").values
    wanted = 0.25 * one.zone_given_flux[:, 1] + 0.75 * two.zone_given_flux[:, 1]
    np.testing.assert_allclose(given[:6], wanted[:6], rtol=1e-12)
    whole = merged["zones"]["expected"].sel(environment="deb_b").values
    np.testing.assert_allclose(given[:6, :, 6], whole[:6], rtol=1e-12)
    mixed = merge([build(one), old(build(two))])
    assert "model_lower" not in mixed["zones"]


# -- tables and text -------------------------------------------------------------------


def test_tables_hold_both_intervals(tree):
    table = tree.mmod.zones()
    for row in table:
        one = risk.select(tree, risk.zone_indices(tree)[row["name"]], "total")
        assert row["penetrations_model_upper"] == pytest.approx(
            float(one.model_upper[-1]), nan_ok=True
        )
    document = json.loads(table.to_json())
    assert document["total"]["penetrations_model_lower"] > 0.0
    assert not any(key.startswith("_") for row in document["rows"] for key in row)
    assert "penetrations_model_lower" in table.to_xarray()


def test_pooled_rows_are_the_sum_of_their_zones(tree):
    from mmod.results.table import pool

    rows = list(tree.mmod.zones(order="file"))
    pooled = pool(rows[1:4], "other")
    wanted = risk.select(tree, [1, 2, 3], "total")
    assert pooled["penetrations_model_lower"] == pytest.approx(
        float(wanted.model_lower[-1]), rel=1e-12
    )
    assert pooled["penetrations_model_upper"] == pytest.approx(
        float(wanted.model_upper[-1]), rel=1e-12
    )
    nothing = pool(rows[6:], "dark")
    assert math.isnan(nothing["penetrations_model_upper"])


def test_report_says_that_the_two_are_different_things(tree):
    text = report(tree)
    assert "N by flux model" in text
    assert "not the sampling error" in text
    assert "shields, damage equations and attitude are in neither" in text
    whole = risk.select(tree, None, "total")
    low = f"{float(whole.model_lower[-1]):.1e}".split("e")[0]
    line = next(s for s in text.splitlines() if s.startswith("  total") and " to " in s)
    assert low in line
    assert f"PNP {none_of(float(whole.model_upper[-1]))} to " in line
    for model in synthetic.MODELS:
        line = next(
            s for s in text.splitlines() if "factor of one standard" in s and model in s
        )
        factor = math.exp(synthetic.SIGMA[synthetic.MODELS.index(model)])
        assert f"{factor:.2g}" in line


def test_report_never_rounds_a_pnp_to_one(outcome):
    """Expected numbers of 1e-5 and of 1e-18: no end of the interval reads 1."""
    for scale in (1e-5, 1e-18):
        small = replace(
            outcome,
            zone_expected=scale * outcome.zone_expected,
            zone_variance=scale**2 * outcome.zone_variance,
            zone_given_flux=scale * outcome.zone_given_flux,
            zone_covariance=None,
        )
        lines = [s for s in report(build(small)).splitlines() if "  PNP " in s]
        ends = [s.rpartition("  PNP ")[2].split(" to ") for s in lines if " to " in s]
        assert len(ends) == len(synthetic.MODELS) + 1
        for end in (e for pair in ends for e in pair):
            assert " - " in end or float(end) < 1.0
