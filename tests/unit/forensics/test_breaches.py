"""Predicted breaches against quadrature, and what is refused."""

from __future__ import annotations

import itertools
import json
from functools import cache

import numpy as np
import pytest
import xarray as xr
from breach_cases import (
    PLATE_ZONE,
    SOUND,
    TARGET,
    THICKNESS,
    WALL,
    YEAR,
    _built,
    debris_tree,
    direct_truth,
    isotropic_truth,
    maiden_above,
    plate_table,
    plate_tree,
    two_phases,
)
from engine_helpers import STAND_IN, StandIn, isotropic
from statistics_helpers import TooWeakError, assert_mean

from mmod.errors import InputError
from mmod.flux.table import SizeCurves, ThreatBins, build_threats
from mmod.flux.uncertainty import METEOROID_LAW
from mmod.forensics.breaches import predict_breaches
from mmod.forensics.nodes import STEPS, quadrature_nodes
from mmod.shields import load_shield
from mmod.shields.hole_size.plate_model import ThinPlate
from mmod.shields.hole_size.rear_wall import RearWall
from mmod.shields.hole_size.thin_plate import Plate

SIZES = (0.0, 0.5e-3, 2e-3, 4e-3, 8e-3)
"""Hole sizes of the tests [m]."""


@cache
def whole():
    """Return the plate under debris and meteoroids, integrated (read only)."""
    return predict_breaches(debris_tree(), PLATE_ZONE)


def expected_of(tree, environment="total"):
    zones = tree["zones"]["expected"]
    return float(zones.sel(environment=environment, damage="penetration").sum())


def copied(tree: xr.DataTree) -> xr.DataTree:
    return tree.copy(deep=True)


@pytest.mark.parametrize("size", SIZES)
def test_isotropic_flux_against_quadrature(size):
    found = predict_breaches(plate_tree(), PLATE_ZONE).expected(size)
    truth = isotropic_truth(size)
    assert_mean(found.value, found.stderr, truth, detects=0.25, floor=2e-3)
    assert found.effective_samples > 100.0


def test_a_wrong_taper_would_be_seen():
    """Planted: the marginal holes left out."""
    breaches = predict_breaches(plate_tree(), PLATE_ZONE)
    clear = breaches.taken(breaches.diameter > 1.3 * breaches.critical_diameter)
    found = clear.expected(2e-3)
    with pytest.raises(AssertionError) as caught:
        assert_mean(
            found.value, found.stderr, isotropic_truth(2e-3), detects=0.25, floor=2e-3
        )
    assert not isinstance(caught.value, TooWeakError)


def test_a_density_law_against_a_direct_sum():
    tree = debris_tree()
    breaches = predict_breaches(tree, PLATE_ZONE, environment="nasa91")
    truth = direct_truth(tree["threats/phase0_model0"].to_dataset(), SIZES)
    for size, wanted in zip(SIZES, truth, strict=True):
        found = breaches.expected(size)
        assert_mean(found.value, found.stderr, wanted, detects=0.25, floor=4e-3)
    assert (breaches.diameter >= breaches.critical_diameter).all()


@pytest.mark.parametrize("environment", ["total", "debris", "meteoroid", "master8"])
def test_weights_sum_to_the_zone(environment):
    found = predict_breaches(debris_tree(), PLATE_ZONE, environment=environment)
    assert found.integrated
    total = expected_of(debris_tree(), environment)
    assert found.expected().value == pytest.approx(total, rel=1e-9)
    by_ray = np.bincount(found.ray, weights=found.weight)
    np.testing.assert_allclose(by_ray, found.rays.weight, rtol=1e-9)


def test_kinds_add_up():
    found = whole()
    for size in SIZES:
        parts = [found.expected(size, k).value for k in ("debris", "meteoroid")]
        assert sum(parts) == pytest.approx(found.expected(size).value, rel=1e-12)
    other = predict_breaches(
        debris_tree(), PLATE_ZONE, environment=["master8", "grun_ssp"]
    )
    one, two = (b.expected(1e-3, "meteoroid").value for b in (other, found))
    assert one == pytest.approx(two, rel=1e-12)
    one, two = (b.expected(1e-3, "debris").value for b in (other, found))
    assert abs(one / two - 1.0) > 0.1


def test_cells_and_probabilities_are_consistent():
    found = whole()
    edges = [0.0, 1e-3, 2e-3, 5e-3, 1e-1]
    cells = [found.cell(a, b).value for a, b in itertools.pairwise(edges)]
    rest = found.expected(1e-1).value
    holes = found.cell(0.0, 1e3).value
    assert sum(cells) + rest == pytest.approx(holes, rel=1e-9)
    total = found.expected().value
    for (a, b), cell in zip(itertools.pairwise(edges), cells, strict=True):
        assert found.probability(a, b).value == pytest.approx(cell / total, rel=1e-9)
    sizes = np.array(edges[1:])
    above = [found.expected(s).value / holes for s in sizes]
    np.testing.assert_allclose(
        found.cumulative(sizes), 1.0 - np.array(above), rtol=1e-9
    )


def test_the_density_of_sizes_is_the_slope_of_the_distribution():
    found = predict_breaches(plate_tree(), PLATE_ZONE)
    log_size = np.linspace(np.log(1e-5), np.log(0.3), 120)
    density = found.log_density(np.exp(log_size))
    step = log_size[1] - log_size[0]
    assert density.sum() * step == pytest.approx(1.0, abs=1e-3)
    middle = 0.5 * (log_size[1:] + log_size[:-1])
    slope = np.diff(found.cumulative(np.exp(log_size))) / step
    np.testing.assert_allclose(found.log_density(np.exp(middle)), slope, atol=2e-2)


def test_more_nodes_change_nothing():
    found = whole()
    fine = np.sort(np.concatenate([STEPS, 0.5 * (STEPS[1:] + STEPS[:-1])]))
    nodes = quadrature_nodes(
        found.rays,
        np.arange(len(found.rays)),
        load_shield(WALL),
        found.recipe.curves,
        steps=fine,
    )
    assert len(nodes.ray) > 1.5 * len(found)
    finer = found.recipe._sizes(nodes)
    for size in SIZES[1:]:
        with_fine = float(
            (nodes.weight * _above(size, finer.log_median, finer.log_sd)).sum()
        )
        assert found.expected(size).value == pytest.approx(with_fine, rel=2e-3)


def _above(size, median, sd):
    from scipy.special import ndtr

    return np.where(np.isfinite(median), ndtr((median - np.log(size)) / sd), 0.0)


def test_marginals_hold_everything():
    found = whole()
    edges = {
        "speed": [0.0, 1e4, 1e5],
        "obliquity": [0.0, 0.5, 1.6],
        "azimuth": [-4.0, 0.0, 4.0],
        "diameter": [0.0, 1e-3, 1e3],
        "density": [0.0, 1e3, 1e5],
        "y": [-1.0, 0.0, 1.0],
    }
    for name, borders in edges.items():
        counts = found.marginal(name, borders, low=1e-3, high=5e-3)
        assert counts.sum() == pytest.approx(found.cell(1e-3, 5e-3).value, rel=1e-9)
        both = [found.marginal(name, borders, k) for k in ("debris", "meteoroid")]
        np.testing.assert_allclose(sum(both), found.marginal(name, borders), rtol=1e-9)


def test_a_window_scales_the_phases():
    full = predict_breaches(two_phases(), PLATE_ZONE)
    first = full.weight[full.rays.phase[full.ray] == 0].sum()
    second = full.weight[full.rays.phase[full.ray] == 1].sum()
    half = predict_breaches(
        two_phases(), PLATE_ZONE, window=("2018-07-02T15:00", "2019-04-01")
    )
    # 182.625 of 365.25 days, and 89 of 180.
    wanted = 0.5 * first + 89.0 / 180.0 * second
    assert half.expected().value == pytest.approx(wanted, rel=1e-9)
    only = predict_breaches(
        two_phases(), PLATE_ZONE, window=("2018-01-01", "2019-01-01")
    )
    assert (only.weight[only.rays.phase[only.ray] == 1] == 0.0).all()
    outside = predict_breaches(
        two_phases(), PLATE_ZONE, window=("2017-01-01", "2018-01-01T12:00")
    )
    assert "lower bound" in outside.flags[0]
    # A share is of the window, too: half a phase has half of its holes of every size.
    p = predict_breaches(two_phases(), PLATE_ZONE, window=("2018-01-01", "2018-07-01"))
    q = predict_breaches(two_phases(), PLATE_ZONE, window=("2018-07-01", "2019-01-01"))
    assert p.probability(1e-3).value == pytest.approx(
        q.probability(1e-3).value, rel=1e-9
    )


def test_the_first_phase_alone_is_what_a_run_of_it_gives():
    only = predict_breaches(two_phases(), PLATE_ZONE, window=(None, "2019-01-01T06:00"))
    found, run = (
        only.expected(2e-3),
        predict_breaches(debris_tree(), PLATE_ZONE, environment="nasa91").expected(
            2e-3
        ),
    )
    error = np.hypot(found.stderr, run.stderr)
    assert_mean(found.value, error, run.value, detects=0.25)


def test_sampling_errors_are_those_of_other_seeds():
    """Pulls of eight runs against the quadrature; both error bars and means."""
    pulls = []
    for seed in range(4):
        table = plate_table(
            STAND_IN, seed=seed, sampling={"samples": 2000, "events_per_zone": 200}
        )
        found = predict_breaches(_built(table, isotropic()), PLATE_ZONE).expected(4e-3)
        pulls.append((found.value - isotropic_truth(4e-3)) / found.stderr)
    assert np.abs(pulls).max() < 5.0
    assert 0.2 < float(np.mean(np.square(pulls))) < 4.0


def two_curves():
    """Return a stream from ram and one from wake, each with its own sizes."""
    nodes = np.geomspace(1e-6, 1.0, 61)
    flux = np.stack([1e-7 * (nodes / 1e-3) ** -3.0, 4e-8 * (nodes / 1e-3) ** -2.2])
    density = np.stack([np.full(61, 2000.0), np.full(61, 4500.0)])
    azimuth = np.array([0.0, np.pi])
    speed = np.array([1e4, 6e3])
    flat = np.zeros(2)
    bins = ThreatBins(
        azimuth_lower=azimuth,
        azimuth_upper=azimuth,
        sin_elevation_lower=flat,
        sin_elevation_upper=flat,
        speed_lower=speed,
        speed_upper=speed,
        weight=np.ones(2),
        size_curve_index=np.array([0, 1], dtype=np.int32),
    )
    attrs = {
        "model": "stand_in",
        "kind": "meteoroid",
        "altitude": 4e5,
        "inclination": 0.9,
        "epoch": 2018.5,
        "flags": "",
        "table_min_diameter": 1e-6,
        "table_max_diameter": 1.0,
    }
    table = build_threats(
        bins, SizeCurves(nodes, flux, density), attrs, "meteoroid", METEOROID_LAW
    )
    return {"stand_in": StandIn(table)}


@pytest.mark.parametrize("size", [0.0, 3e-3])
def test_each_ray_keeps_to_its_own_size_curve(size):
    tree = _built(plate_table(STAND_IN), two_curves())
    found = predict_breaches(tree, PLATE_ZONE)
    assert found.integrated
    shield, edge = load_shield(WALL), np.geomspace(1e-5, 6.0, 4000)
    laws = ((1e4, 2000.0, 1e-7, 3.0), (6e3, 4500.0, 4e-8, 2.2))
    total = 0.0
    for index, (speed, density, level, slope) in enumerate(laws):
        limit = float(shield.critical_diameter(speed, 0.0, density))
        d = limit * np.exp(np.concatenate([[0.0], edge]))
        flux = level * (d / 1e-3) ** -slope
        middle = np.sqrt(d[1:] * d[:-1])
        share = np.ones(len(middle))
        if size > 0.0:
            fast = np.full(len(middle), speed)
            share = maiden_above(size, middle, np.full(len(middle), limit), fast)
        truth = YEAR * float(((flux[:-1] - flux[1:]) * share).sum())
        mine = found.taken(found.rays.curve[found.ray] == index)
        np.testing.assert_allclose(mine.density, density)
        got = mine.expected(size)
        assert_mean(got.value, got.stderr, truth, detects=0.5, floor=2e-3)
        total += truth
    whole_of = found.expected(size)
    assert_mean(whole_of.value, whole_of.stderr, total, detects=0.25, floor=2e-3)


# -- falling back on the drawn diameters ------------------------------------------------


def own_model():
    """Return the hole model of the plate, made without its card."""
    return ThinPlate("maiden", Plate(THICKNESS, TARGET, SOUND))


def test_another_card_falls_back_on_drawn_diameters():
    tree = copied(debris_tree())
    about = json.loads(tree.attrs["provenance"])
    about["sources"][f"geometry/shields/{WALL}.toml"] = "0" * 64
    tree.attrs["provenance"] = json.dumps(about)
    for name in (None, "maiden"):  # the plate's thickness is not known any more
        with pytest.raises(InputError, match="the card is not the one of the run"):
            predict_breaches(tree, PLATE_ZONE, hole_model=name)
    assert not predict_breaches(tree, PLATE_ZONE, hole_model="rear_wall").integrated
    drawn = predict_breaches(tree, PLATE_ZONE, hole_model=own_model())
    full = whole()
    assert not drawn.integrated
    assert len(drawn) == len(drawn.rays)
    assert any("not the one of the run" in f for f in drawn.flags)
    assert drawn.expected().value == pytest.approx(full.expected().value, rel=1e-9)
    a, b = drawn.expected(2e-3), full.expected(2e-3)
    assert_mean(a.value, np.hypot(a.stderr, b.stderr), b.value, detects=0.4)
    left_out = drawn.model_interval(2e-3).assumptions
    assert any("is left out" in words for words in left_out)


def test_other_critical_diameters_are_seen():
    tree = copied(debris_tree())
    events = tree["events"].to_dataset(inherit=False)
    events["critical_diameter"] = events["critical_diameter"] * 1.01
    tree["events"] = xr.DataTree(events)
    found = predict_breaches(tree, PLATE_ZONE, hole_model=own_model())
    assert not found.integrated
    assert any("critical diameters differ" in f for f in found.flags)


def test_results_without_curves_of_the_events():
    tree = copied(debris_tree())
    events = tree["events"].to_dataset(inherit=False).drop_vars("size_curve_index")
    tree["events"] = xr.DataTree(events)
    same = predict_breaches(tree, PLATE_ZONE)
    assert same.expected(1e-3) == whole().expected(1e-3)
    table = tree["threats/phase0_model0"].to_dataset(inherit=False)
    double = xr.concat(
        [table, table],
        "size_curve",
        data_vars="minimal",
        coords="minimal",
        compat="override",
    )
    tree["threats/phase0_model0"] = xr.DataTree(double)
    several = predict_breaches(tree, PLATE_ZONE)
    assert not several.integrated
    assert any("which size curve" in f for f in several.flags)


# -- refusals ---------------------------------------------------------------------------


def test_every_problem_at_once():
    with pytest.raises(InputError) as found:
        predict_breaches(
            debris_tree(),
            ["nowhere.*", 99, True],
            window=("2019-05-01", "2019-04-01"),
            environment="sdmf",
        )
    text = str(found.value)
    for words in ("nowhere", "99", "True", "after its start", "sdmf", "master8"):
        assert words in text


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"environment": ["nasa91", "master8"]}, "at most one model of a kind"),
        ({"environment": []}, "at least one model"),
        ({"hole_model": "hill"}, "one of maiden"),
        ({"hole_model": {"*.wing": "maiden"}}, "a pattern of a zone"),
    ],
)
def test_wrong_choices_are_refused(keys, words):
    with pytest.raises(InputError, match=words):
        predict_breaches(debris_tree(), PLATE_ZONE, **keys)


def test_zones_that_cannot_be_breached(tmp_path):
    table = plate_table(STAND_IN, shields={}, sampling={"samples": 1000})
    tree = _built(table, isotropic())
    with pytest.raises(InputError, match="only cast shadows"):
        predict_breaches(tree, "*")
    with pytest.raises(InputError, match="at least one zone"):
        predict_breaches(debris_tree(), [])


def test_results_without_events_are_refused():
    table = plate_table(STAND_IN, sampling={"samples": 1000, "events_per_zone": 0})
    with pytest.raises(InputError, match="events_per_zone > 0"):
        predict_breaches(_built(table, isotropic()), "*")
    with pytest.raises(InputError):
        predict_breaches(xr.DataTree(), "*")


@pytest.mark.parametrize(
    "call",
    [
        lambda b: b.expected(-1e-3),
        lambda b: b.expected(float("nan")),
        lambda b: b.cell(2e-3, 1e-3),
        lambda b: b.expected(1e-3, "both"),
        lambda b: b.cumulative([0.0]),
        lambda b: b.log_density([-1.0]),
        lambda b: b.marginal("colour", [0.0, 1.0]),
        lambda b: b.marginal("speed", [1.0, 0.0]),
        lambda b: b.of_zone("nowhere"),
        lambda b: b.with_limit(0.0),
        lambda b: b.taken(b.weight > 0.0).with_limit(1.1),
        lambda b: b.at_node("weight"),
    ],
)
def test_wrong_questions_are_refused(call):
    with pytest.raises(InputError):
        call(whole())


def test_hole_models_by_zone_and_object():
    own = RearWall()
    found = predict_breaches(debris_tree(), PLATE_ZONE, hole_model=own)
    assert found.hole_models == {PLATE_ZONE: own}
    named = predict_breaches(debris_tree(), 0, hole_model={"*.plate": "rear_wall"})
    assert named.expected(2e-3) == found.expected(2e-3)
    assert any("[estimate]" in f for f in found.flags)
    (zone,) = found.by_zone(2e-3)
    assert zone == PLATE_ZONE
