"""Intervals by cause: closed forms of power laws and of sums of lognormals."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from breach_cases import PLATE_ZONE, debris_tree, plate_tree

from mmod.errors import InputError
from mmod.forensics.breaches import predict_breaches
from mmod.forensics.intervals import LIMIT_LOG_SD
from mmod.stats import t_interval


@cache
def plate():
    return predict_breaches(plate_tree(), PLATE_ZONE, hole_model="rear_wall")


@cache
def both(bare: bool = False):
    tree = debris_tree()
    if bare:
        tree = tree.copy(deep=True)
        for place in ("phase0_model0", "phase0_model1"):
            node = tree[f"threats/{place}"]
            tree[f"threats/{place}"] = node.to_dataset(inherit=False).drop_vars(
                "log_stderr"
            )
    return predict_breaches(tree, PLATE_ZONE, hole_model="rear_wall")


def test_a_limit_off_by_a_factor_moves_a_power_law():
    """Flux as d^-3: N goes as the limit to the -3, for every size of hole."""
    for factor in (0.7, 1.3):
        moved = plate().with_limit(factor)
        ratio = moved.expected().value / plate().expected().value
        assert ratio == pytest.approx(factor**-3.0, rel=2e-3)
        # The whole law of sizes shifts with the limit: D/d depends on d/d_c alone.
        for size in (1e-3, 3e-3):
            shifted = moved.expected(size * factor).value
            unmoved = plate().expected(size).value * factor**-3.0
            assert shifted == pytest.approx(unmoved, rel=3e-3)


def test_the_damage_interval_of_a_power_law():
    found = plate().model_interval()
    assert found.log_sd["damage"] == pytest.approx(3.0 * LIMIT_LOG_SD, rel=0.02)
    none = plate().model_interval(limit_log_sd=0.0)
    assert none.damage == pytest.approx((found.value, found.value))


def test_the_hole_model_of_a_power_law():
    """Far above the limit N(>= D) goes as the median cubed: 3 times its error."""
    found = plate().model_interval(0.3, limit_log_sd=0.0)
    error = float(plate().log_stderr[0])
    assert found.log_sd["damage"] == pytest.approx(3.0 * error, rel=0.03)


def test_sampling_is_apart():
    found, estimate = plate().model_interval(2e-3), plate().expected(2e-3)
    low, high = t_interval(estimate.value, estimate.stderr, np.inf)
    assert found.sampling == pytest.approx((float(low), float(high)))


def test_the_environment_of_one_model_is_lognormal():
    table = plate_tree()["threats/phase0_model0"].to_dataset()
    (sigma,) = np.unique(table["log_stderr"].values)
    found = plate().model_interval(2e-3)
    assert found.log_sd["environment"] == pytest.approx(float(sigma), rel=0.02)
    middle = np.sqrt(found.environment[0] * found.environment[1])
    assert middle == pytest.approx(found.value, rel=0.01)


def test_two_kinds_are_independent():
    """Without a law in the tables ln 2 is used: quantiles of a sum of lognormals."""
    breaches = both(bare=True)
    found = breaches.model_interval(1e-3)
    parts = [breaches.expected(1e-3, k).value for k in ("debris", "meteoroid")]
    rng = np.random.Generator(np.random.Philox(key=7))
    z = rng.standard_normal((2, 400_000))
    total = parts[0] * 2.0 ** z[0] + parts[1] * 2.0 ** z[1]
    np.testing.assert_allclose(
        found.environment, np.quantile(total, [0.025, 0.975]), rtol=0.02
    )
    assert any("ln 2 is used [estimate]" in a for a in found.assumptions)
    one = breaches.model_interval(1e-3, "debris")
    assert one.log_sd["environment"] == pytest.approx(np.log(2.0), rel=0.02)


def test_the_law_of_the_tables_is_that_of_the_zone():
    """For all penetrations the run's own propagation is an independent sum."""
    from mmod.results.schema import group

    zones = group(debris_tree(), "/zones")
    if "expected_given_flux" not in zones:
        pytest.skip("this result has no expected_given_flux")
    found = both().model_interval(kind="debris")
    data = zones["expected_given_flux"].sel(
        environment="nasa91", damage="penetration", zone=PLATE_ZONE
    )
    z = data["flux_deviate"].values
    ends = np.exp(np.interp([-1.96, 1.96], z, np.log(data.values)))
    np.testing.assert_allclose(found.environment, ends, rtol=0.05)


def test_all_together_is_wider_than_each():
    found = both().model_interval(2e-3)
    for name in ("environment", "damage"):
        low, high = getattr(found, name)
        assert found.combined[0] < low < found.value < high < found.combined[1]
    wide = found.log_sd
    assert wide["combined"] == pytest.approx(
        np.hypot(wide["environment"], wide["damage"]), rel=0.15
    )
    assert found.sampling[0] < found.value < found.sampling[1]
    assert len(found.assumptions) >= 3


def test_more_confidence_is_wider():
    a, b = (both().model_interval(confidence=c) for c in (0.68, 0.99))
    for name in ("sampling", "environment", "damage", "combined"):
        assert getattr(b, name)[0] < getattr(a, name)[0]
        assert getattr(b, name)[1] > getattr(a, name)[1]


def test_wrong_questions_are_refused():
    for keys in (
        {"confidence": 1.0},
        {"confidence": float("nan")},
        {"limit_log_sd": -0.1},
        {"at_least": -1.0},
    ):
        with pytest.raises(InputError):
            plate().model_interval(**keys)
    some = plate().taken(plate().diameter > 1e-3)
    with pytest.raises(InputError, match="all nodes"):
        some.model_interval()
