"""Calibration: breaches drawn from forward histories against the run's predictions.

500 sets of about 22 breaches of a cube, each particle flown with a diameter of its own and
compared with the damage equation itself: neither the proposal of the estimator nor the
penetration tables nor the kept events are in them.

False alarms: every Kolmogorov-Smirnov test at 1e-5; coverage at 4 binomial standard
deviations (6e-5, two-sided). What they see is said test by test, and planted.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from observed_runs import START, cube_problem, cube_results
from scipy import stats

from mmod.forensics.calibration import (
    Calibration,
    SyntheticBreaches,
    calibrate,
    synthetic_breaches,
)
from mmod.forensics.comparison import compare, hole_sizes
from mmod.forensics.goodness import zones_test
from mmod.forensics.prediction import Prediction
from mmod.forensics.sizes import Reported, size_statistics
from mmod.forensics.survey import parse_survey
from mmod.stats import anderson_darling, kolmogorov_smirnov, lognormal_law, simulated_p

pytestmark = [pytest.mark.statistical, pytest.mark.slow]

SETS, SEED, ALARM = 500, 20180830, 1e-5
EVENTS, SAMPLES = 2000, 400_000
SURVEY = parse_survey({"schema_version": 1, "title": "t", "source": "s"}, "survey")
QUARTER = 0.25


@cache
def prediction(yaw: float = 0.0) -> Prediction:
    tree = cube_results(yaw, EVENTS, SAMPLES)
    return compare(tree, SURVEY).assessment.prediction


@cache
def breaches() -> SyntheticBreaches:
    return synthetic_breaches(cube_problem(0.0, EVENTS, SAMPLES), SETS, SEED)


@cache
def truth() -> Calibration:
    return calibrate(prediction(), breaches(), seed=SEED)


def early(found: SyntheticBreaches) -> SyntheticBreaches:
    """Keep the first year: about 5.5 breaches a set."""
    past = (found.time - START.timestamp()) / cube_problem(
        0.0, EVENTS, SAMPLES
    ).durations[0]
    keep = past < QUARTER
    flat = found.histories.set_index[keep] * 6 + found.histories.zone[keep]
    counts = np.bincount(flat, minlength=6 * SETS).reshape(SETS, 6)
    return replace(found, counts=counts)


def p_of(values: np.ndarray) -> float:
    return float(stats.kstest(values[~np.isnan(values)], "uniform").pvalue)


def test_randomised_p_values_are_uniform() -> None:
    # a KS distance of 0.11 (500 values at 1e-5) is seen
    found = truth()
    values = {"total": found.total, "zones": found.zones}
    values |= {name: found.by_zone[:, z] for z, name in enumerate(prediction().zones)}
    for name, v in values.items():
        print(f"\n{name}: p {p_of(v):.3f}", end="")
        assert p_of(v) > ALARM / len(values), name
    # planted: 10 % more flux than flew, over 500 sets together
    more = replace(prediction(), expected=1.1 * prediction().expected)
    assert p_of(calibrate(more, breaches(), seed=SEED).total) < ALARM / len(values)


def test_intervals_cover() -> None:
    found = truth()
    print(f"\n{found.covered:.3f} of totals, {found.covered_by_zone:.3f} of zones")
    assert found.covered >= 0.92
    assert found.covered_by_zone >= 0.92
    law = lognormal_law(prediction().by_kind, (0.0, 0.0))
    low, high = law.interval()
    totals = breaches().counts.sum(axis=1)
    inside = float(np.mean((low <= totals) & (totals <= high)))
    held = law.at_most(high) - law.at_most(low - 1)
    assert abs(inside - held) < 4.0 * np.sqrt(held * (1.0 - held) / SETS)
    # planted: a prediction half as large is covered by far fewer
    half = replace(prediction(), expected=0.5 * prediction().expected)
    assert calibrate(half, breaches(), seed=SEED).covered < 0.5


def test_level_is_held() -> None:
    # exact tests reject at most 5 %: 4 standard deviations above it are 8.9 %
    limit = 0.05 + 4.0 * np.sqrt(0.05 * 0.95 / SETS)
    for name in ("total", "zones"):
        assert truth().rejected[name] <= limit
    assert truth().rejected["total marginal"] <= limit


def exact_power(predicted: np.ndarray, true: float, spread: float) -> float:
    """Chance that the test of the total rejects, from the distributions alone."""
    law = lognormal_law(predicted, [spread, spread])
    counts = np.arange(int(true + 12.0 * np.sqrt(true) + 12.0))
    rejects = np.array([law.two_sided(int(n)) <= 0.05 for n in counts])
    return float(stats.poisson.pmf(counts, true)[rejects].sum())


# as stated in docs/testing.md: breaches a set, wrong model -> least power
TOTAL = {
    ("22", "three times the flux"): 0.99,
    ("22", "a third of the flux"): 0.95,
    ("5.5", "three times the flux"): 0.85,
    ("5.5", "a third of the flux"): 0.55,
}
ZONES = {"22": 0.99, "5.5": 0.95}


def test_power_against_wrong_models() -> None:
    sets = {"22": (breaches(), 1.0), "5.5": (early(breaches()), QUARTER)}
    for (name, wrong), least in TOTAL.items():
        found, scale = sets[name]
        factor = 3.0 if wrong.startswith("three") else 1.0 / 3.0
        expected = scale * prediction().expected
        model = replace(prediction(), expected=factor * expected)
        rejected = calibrate(model, found, seed=SEED, outcomes=200).rejected
        print(f"\n{name}, {wrong}: {rejected}", end="")
        for key, spread in (("total", 0.0), ("total marginal", model.error.debris)):
            power = exact_power(model.by_kind, float(expected.sum()), spread)
            off = 4.0 * np.sqrt(max(power * (1.0 - power), 1e-3) / SETS)
            assert abs(rejected[key] - power) < off, (name, wrong, key, power)
        assert rejected["total"] >= least
        # a factor 3 is inside the model error: that test cannot be sure, and says so
        assert rejected["total marginal"] < 0.5
        # the common level of flux is nothing to the zones
        assert rejected["zones"] <= 0.05 + 4.0 * np.sqrt(0.05 * 0.95 / SETS) + 0.02


def test_power_against_ram_and_wake_swapped() -> None:
    turned = prediction(180.0)
    for name, found, scale in (
        ("22", breaches(), 1.0),
        ("5.5", early(breaches()), QUARTER),
    ):
        model = replace(turned, expected=scale * turned.expected)
        rejected = calibrate(model, found, seed=SEED, marginal_sets=60).rejected
        print(f"\n{name}, turned: {rejected}", end="")
        assert rejected["zones"] >= ZONES[name]
        assert rejected["zones marginal"] >= 0.85
        # the number is the same, whichever way the cube flies
        assert rejected["total"] <= 0.05 + 4.0 * np.sqrt(0.05 * 0.95 / SETS)


def test_hole_sizes_are_distributed_as_predicted() -> None:
    # some 11,000 holes: a KS distance of 0.023 is seen at 1e-5
    found = breaches()
    tree = cube_results(0.0, EVENTS, SAMPLES)
    tables, _, _ = hole_sizes(tree, prediction().zones, 0.0)
    u = np.concatenate(
        [
            tables[z].below(found.size[found.histories.zone == z])
            for z in range(6)
            if tables[z] is not None
        ]
    )
    print(f"\n{len(u)} sizes: p {p_of(u):.3f}")
    assert len(u) > 8000
    assert p_of(u) > ALARM
    # planted: holes 5 % wider
    wider = np.concatenate(
        [
            tables[z].below(1.05 * found.size[found.histories.zone == z])
            for z in range(6)
        ]
    )
    assert p_of(wider) < ALARM


def test_p_of_sizes_is_uniform_with_threshold_and_rounding() -> None:
    found = breaches()
    tree = cube_results(0.0, EVENTS, SAMPLES)
    tables, _, _ = hole_sizes(tree, prediction().zones, 0.0)
    step, smallest, runs = 0.5e-3, 1e-3, 199
    rounded = step * np.rint(found.size / step)
    coin = np.random.default_rng(SEED)

    def values(threshold: float, sets: int) -> np.ndarray:
        out = []
        for s in range(sets):
            on = np.flatnonzero(
                (found.histories.set_index == s) & (rounded >= smallest)
            )
            sizes = [
                Reported(
                    "", float(rounded[i]), 0.0, 0.0, tables[found.histories.zone[i]]
                )
                for i in on
            ]
            u, simulated = size_statistics(sizes, threshold, step, s, runs)
            for statistic in (kolmogorov_smirnov, anderson_darling):
                p, _ = simulated_p(float(statistic(u)), statistic(simulated))
                out.append(p - coin.random() / (runs + 1))  # of 1/200, spread evenly
        return np.array(out).reshape(-1, 2)

    right = values(smallest, 150)
    for k, name in enumerate(("Kolmogorov-Smirnov", "Anderson-Darling")):
        print(f"\n{name}: p {p_of(right[:, k]):.3f}", end="")
        assert p_of(right[:, k]) > ALARM
    # planted: the threshold is forgotten
    assert p_of(values(0.0, 60)[:, 1]) < ALARM


def test_times_are_uniform_in_the_expected_number() -> None:
    found, clock = breaches(), prediction().clock
    u = np.array([clock.before(float(t)) for t in found.time])
    assert p_of(u) > ALARM
    assert p_of(u**1.1) < ALARM


def test_the_zones_test_agrees_with_its_calibration() -> None:
    # the p that users see is the randomised one at u = 1
    row = breaches().counts[0]
    test = zones_test(prediction(), row)
    assert test.p >= truth().zones[0] - 4.0 * test.stderr - 0.02
