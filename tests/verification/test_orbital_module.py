"""Sizes of holes in the orbital module and the radiator of a real run."""

from __future__ import annotations

from functools import cache

import pytest
from engine_helpers import sampled, solve

from mmod.errors import InputError
from mmod.forensics.breaches import predict_breaches
from mmod.forensics.inversion import invert_entry_hole
from mmod.results.build import build

pytestmark = [pytest.mark.slow, pytest.mark.verification]
MODULE = "*.soyuz_ms09.bo_*"
WINDOW = ("2018-06-08T13:01:00Z", "2018-08-29T23:00:00Z")


@cache
def tree():
    return build(sampled(solve("soyuz_ms09")))


@pytest.mark.parametrize(
    "environment", ["total", "debris", ["nasa91", "grun_ssp"], "nasa91"]
)
def test_the_share_of_holes_of_two_millimetres(environment):
    """1.75 to 2.25 mm behind the rear-wall prior: 0.06 to 0.084 was worked out by hand."""
    found = predict_breaches(tree(), MODULE, window=WINDOW, environment=environment)
    share = found.probability(1.75e-3, 2.25e-3)
    assert 0.06 - 3.0 * share.stderr < share.value < 0.084
    assert share.effective_samples > 100.0


def test_the_taper_alone_makes_them_rare():
    """The wall's own relation with its taper: 0.011 to 0.021 by hand."""
    found = predict_breaches(tree(), MODULE, window=WINDOW, hole_model="maiden")
    share = found.probability(1.75e-3, 2.25e-3)
    assert 0.011 < share.value < 0.0215
    assert found.extrapolated_share(1.5e-3, 2.5e-3) > 0.9


def test_counts_agree_with_the_zones_and_carry_three_intervals():
    found = predict_breaches(tree(), MODULE, window=WINDOW)
    zones = tree()["zones"]["expected"].sel(environment="total", damage="penetration")
    mine = [n in found.zones for n in zones["zone"].values]
    assert found.expected().value == pytest.approx(float(zones.values[mine].sum()))
    interval = found.model_interval(2e-3)
    assert interval.sampling[1] / interval.sampling[0] < 1.05
    for low, high in (interval.environment, interval.damage):
        assert high / low > 3.0


def test_a_hole_of_0_8_mm_is_no_entry_hole_in_the_radiator():
    skin = predict_breaches(
        tree(), "*.soyuz_ms09.pao_radiator", hole_model="maiden", window=WINDOW
    )
    with pytest.raises(InputError, match=r"0\.9 particle diameters"):
        invert_entry_hole(skin, 0.75e-3, 0.85e-3, particle=(1e-3, 1.5e-3))
