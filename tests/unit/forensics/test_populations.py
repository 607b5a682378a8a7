"""Populations: arithmetic against closed forms, refusals, the cards of the library."""

from __future__ import annotations

import csv
import math

import numpy as np
import pytest
from observed_runs import cube_results
from scipy import stats

from mmod.config import load_run
from mmod.errors import InputError
from mmod.forensics.comparison_text import population_document, population_text
from mmod.forensics.populations import (
    compare_population,
    load_population,
    parse_population,
    populations,
)

LN2 = math.log(2.0)
RATIO = {
    "name": "ram over wake",
    "rows": "P00",
    "observed": 20.0,
    "first": ["*.ram"],
    "second": ["*.wake"],
    "first_damage": "penetration",
    "second_damage": "penetration",
    "convention": "none",
}


def card(**keys):
    content = {
        "schema_version": 1,
        "title": "test",
        "source": "none",
        "grade": "A",
        "run": "plate",
    }
    return parse_population({**content, **keys}, "card.toml")


def count(**keys):
    return {"name": "n", "rows": "P00", "observed": 20, "convention": "none", **keys}


@pytest.fixture(scope="module")
def tree():
    return cube_results()


def totals(tree, damage="penetration"):
    return tree["zones"].to_dataset()["expected"].sel(damage=damage)


def test_mir():
    found, _ = load_population("mir")
    (row,) = compare_population(found, None)
    assert row.zero == pytest.approx((0.5455, 0.5238), abs=1e-4)
    assert (row.observed_lower, row.observed_upper) == pytest.approx(
        (0, 3.689), abs=1e-3
    )
    low, high = (0.606 * math.exp(s * 1.96 * LN2) for s in (-1, 1))
    assert (row.predicted_lower, row.predicted_upper) == pytest.approx(
        (low, high), rel=0.01
    )
    assert row.verdict == "no disagreement seen"


def test_a_count_scales_with_area(tree):
    once, twice = compare_population(
        card(count=[count(), count(scale=2.0, area_m2=6.0, years=4.0)]), tree
    )
    whole = float(totals(tree).sel(environment="total").sum())
    assert once.predicted == pytest.approx(whole)
    assert twice.predicted == pytest.approx(2.0 * whole)
    assert twice.rates == pytest.approx((20 / 24.0, 2.0 * whole / 24.0))
    pmf = stats.poisson.pmf(np.arange(300), whole)
    assert once.p == pytest.approx(pmf[pmf <= pmf[20] * (1 + 1e-7)].sum())
    debris = float(totals(tree).sel(environment="debris").sum())
    assert once.debris_share == pytest.approx(debris / whole)


def test_a_ratio_with_a_tolerance_is_lognormal(tree):
    (row,) = compare_population(card(ratio=[{**RATIO, "tolerance": 1.5}]), tree)
    n = totals(tree).sel(environment="total").values
    assert row.predicted == pytest.approx(n[0] / n[1])
    z = math.log(20.0 / row.predicted) / math.log(1.5)
    assert row.p == pytest.approx(2.0 * stats.norm.sf(abs(z)))
    # the factors: by drawing
    rng = np.random.default_rng(2)
    u = np.exp(0.7212 * rng.standard_normal((200_000, 2)))
    kinds = np.stack(
        [totals(tree).sel(environment=k).values for k in ("debris", "meteoroid")]
    )
    ratio = (u @ kinds[:, 0]) / (u @ kinds[:, 1])
    assert np.quantile(ratio, [0.025, 0.975]) == pytest.approx(
        [row.predicted_lower, row.predicted_upper], rel=0.02
    )
    below = stats.norm.cdf(np.log(20.0 / ratio) / math.log(1.5)).mean()
    assert row.p_marginal == pytest.approx(2 * min(below, 1 - below), abs=0.01)


def test_a_ratio_of_counts_is_binomial(tree):
    part = {
        **RATIO,
        "observed": 5.0,
        "counts": [50, 10],
        "size_ratio": 2.0,
        "second": ["*.ram"],
        "first_damage": "impact>=0.1mm",
    }
    (row,) = compare_population(card(ratio=[part]), tree)
    share = 1.0 / row.predicted
    assert row.p == pytest.approx(stats.binomtest(10, 50, share).pvalue)
    assert row.slopes == pytest.approx((math.log2(5.0), math.log2(row.predicted)))
    exact = stats.binomtest(10, 50).proportion_ci(0.95, "exact")
    assert (row.observed_lower, row.observed_upper) == pytest.approx(
        (1 / exact.high, 1 / exact.low)
    )
    assert row.p_marginal > 0.5 * row.p


def test_wrong_cards_are_refused_all_at_once():
    with pytest.raises(InputError) as caught:
        card(
            count=[count(observed=-1, scale=math.nan), {"name": "x"}],
            ratio=[{**RATIO, "tolerance": 0.5, "colour": "red"}],
        )
    keys = {p.key for p in caught.value.problems}
    assert keys >= {
        "count[0].observed",
        "count[0].scale",
        "count[1].rows",
        "ratio[0].tolerance",
        "ratio[0].colour",
    }


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        ({}, "at least one"),
        ({"run": "", "count": [count()]}, "published_expected"),
        ({"ratio": [RATIO]}, "either counts or tolerance"),
        ({"ratio": [{**RATIO, "counts": [50, 10]}]}, "first count / second count"),
        ({"ratio": [{**RATIO, "counts": [5, 10]}]}, "second <= first"),
        ({"grade": "D", "count": [count()]}, "'A', 'A-' or 'B'"),
    ],
)
def test_contradictions_are_refused(keys, wanted):
    with pytest.raises(InputError, match=wanted):
        card(**keys)


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        ({"zones": ["*.nose"]}, "a zone of the results"),
        ({"damage": "impact>=7mm"}, "one of"),
    ],
)
def test_results_that_do_not_fit_are_refused(tree, keys, wanted):
    with pytest.raises(InputError, match=wanted):
        compare_population(card(count=[count(**keys)]), tree)
    with pytest.raises(InputError, match="RESULTS"):
        compare_population(card(count=[count()]), None)


def test_nothing_expected_is_refused(tree):
    empty = tree.copy(deep=True)
    empty["zones"]["expected"].values[:] = 0.0
    with pytest.raises(InputError, match="results that expect"):
        compare_population(card(count=[count()]), empty)
    empty["zones"]["expected"].values[:] = np.nan
    with pytest.raises(InputError, match="zones that define"):
        compare_population(card(count=[count()]), empty)


def test_disagreement_is_shown(tree):
    found = card(count=[count(observed=2000)], notes=["a note"])
    rows = compare_population(found, tree)
    assert rows[0].verdict == "disagrees, also beyond the model error"
    text = population_text(found, rows, "a cube", ["another note"])
    for words in (
        "observed over predicted: x 9",
        "disagrees",
        "a note",
        "another note",
    ):
        assert words in text, words
    document = population_document(found, rows, "a cube", ())
    assert document["rows"][0]["verdict"] == rows[0].verdict


@pytest.mark.parametrize("name", sorted(populations()))
def test_cards_of_the_library(name):
    found, path = load_population(name)
    assert path.stem == name
    assert found.grade == "A"
    if found.run:
        assert load_run(found.run).name == found.run
        labels = {
            f"impact>={d:g}mm" for d in load_run(found.run).damage.impact_diameters_mm
        } | {"penetration"}
        named = {c.damage for c in found.count}
        named |= {d for r in found.ratio for d in (r.first_damage, r.second_damage)}
        assert named <= labels


def test_facts_are_those_of_the_table(shared):
    path = shared / "data" / "holes" / "populations.csv"
    with path.open(newline="", encoding="utf-8") as stream:
        rows = {r["pop_id"]: r for r in csv.DictReader(stream)}
    array, _ = load_population("hst_array")
    assert {c.observed for c in array.count} == {int(rows["P01"]["count"])}
    assert {c.area_m2 for c in array.count} == {float(rows["P01"]["area_m2"])}
    assert {c.years for c in array.count} == {float(rows["P01"]["exposure_yr"])}
    wfpc2, _ = load_population("hst_wfpc2")
    counts = (int(rows["P04"]["count"]), int(rows["P05"]["count"]))
    assert {r.counts for r in wfpc2.ratio} == {counts}
    ldef, _ = load_population("ldef")
    for row in ldef.ratio:
        assert rows[row.rows]["count"] == f"{row.observed:g}:1"
    mir, _ = load_population("mir")
    assert str(mir.count[0].observed) == rows["P25"]["count"]
    assert f"mu={mir.count[0].published_expected:g}" in rows["P25"]["usable_for"]
    for name, run_years in (("hst_array", 8.24), ("hst_wfpc2", 15.43), ("ldef", 5.766)):
        years = load_run(name).duration / (365.25 * 86400.0)
        assert years == pytest.approx(run_years, abs=0.006)
