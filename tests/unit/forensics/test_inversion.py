"""What made a hole: the posterior against quadrature, and holes that cannot be."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from breach_cases import (
    DENSITY,
    PLATE_ZONE,
    SPEED,
    WALL,
    debris_tree,
    maiden_above,
    stand_in_flux,
    stream_tree,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from mmod.errors import InputError
from mmod.forensics.breaches import predict_breaches
from mmod.forensics.inversion import invert, invert_entry_hole
from mmod.shields import load_shield


@cache
def stream():
    return predict_breaches(stream_tree(), PLATE_ZONE)


@cache
def debris():
    return predict_breaches(debris_tree(), PLATE_ZONE)


@pytest.mark.parametrize(("low", "high"), [(1.5e-3, 2e-3), (6e-3, 8e-3)])
def test_the_posterior_of_a_stream_against_quadrature(low, high):
    """One speed, one angle, one density: only the diameter is unknown."""
    shield = load_shield(WALL)
    limit = float(shield.critical_diameter(SPEED, 0.0, DENSITY))
    edge = limit * np.exp(np.concatenate([[0.0], np.geomspace(1e-5, 5.0, 6000)]))
    d = np.sqrt(edge[1:] * edge[:-1])
    prior = stand_in_flux(edge[:-1]) - stand_in_flux(edge[1:])
    speed = np.full_like(d, SPEED)
    inside = maiden_above(low, d, limit, speed) - maiden_above(high, d, limit, speed)
    weight = prior * inside / (prior * inside).sum()
    found = invert(stream(), low, high)
    assert found.mean("diameter") == pytest.approx(float((weight * d).sum()), rel=5e-3)
    reach = np.cumsum(weight)
    truth = [d[np.searchsorted(reach, p)] for p in (0.1, 0.5, 0.9)]
    got = found.quantiles("diameter", [0.1, 0.5, 0.9])
    np.testing.assert_allclose(got, truth, rtol=0.05)  # a node is up to 10 % wide
    assert found.quantiles("speed").tolist() == [SPEED] * 3
    assert found.meteoroid_share == pytest.approx(1.0)


def test_weights_and_evidence():
    found = invert(debris(), 1e-3, 2e-3)
    assert found.weight.sum() == pytest.approx(1.0)
    assert found.evidence == pytest.approx(debris().cell(1e-3, 2e-3).value)
    part = debris().cell(1e-3, 2e-3, "meteoroid").value / found.evidence
    assert found.meteoroid_share == pytest.approx(part)
    assert found.effective_samples > 100.0
    only = invert(debris(), 1e-3, 2e-3, "debris")
    assert only.meteoroid_share == 0.0
    assert 0.0 < found.extrapolated_share <= 1.0
    for name in ("diameter", "speed", "density", "obliquity"):
        low, middle, high = found.quantiles(name)
        assert low <= middle <= high
        assert low <= found.mean(name) <= high


@settings(max_examples=30)
@given(low=st.floats(1e-5, 1e-2), width=st.floats(1.01, 3.0))
def test_never_a_particle_below_the_limit(low, width):
    try:
        found = invert(debris(), low, low * width)
    except InputError:
        return
    assert (found.values["diameter"] >= found.values["critical_diameter"]).all()
    least = float(debris().critical_diameter.min())
    assert found.quantiles("diameter", [0.0])[0] >= least


def test_few_rays_are_told():
    few = debris().taken(debris().ray < 20)
    assert any("100 are wanted" in f for f in invert(few, 1e-3, 2e-3).flags)
    assert not any("wanted" in f for f in invert(debris(), 1e-3, 2e-3).flags)


def test_the_hole_of_ms_22():
    """0.8 mm beside a particle of 1 to 1.5 mm: no clean entry hole."""
    with pytest.raises(
        InputError, match=r"0\.9 particle diameters.*not the entry hole"
    ):
        invert_entry_hole(debris(), 0.75e-3, 0.85e-3, particle=(1e-3, 1.5e-3))


def test_a_hole_smaller_than_any_that_passes():
    least = float(debris().diameter.min())
    with pytest.raises(InputError, match="marginal perforation"):
        invert_entry_hole(debris(), 0.5 * least, 0.8 * least)


def test_a_hole_that_only_marginal_perforations_make():
    """The stream passes from about 1 mm on: clear holes begin far above that."""
    least = float(stream().diameter.min())
    with pytest.raises(InputError, match="only marginal ones"):
        invert_entry_hole(stream(), 0.95 * least, 1.2 * least)


def test_a_clean_entry_hole():
    found = invert_entry_hole(debris(), 6e-3, 7e-3, particle=(1e-3, 9e-3))
    d, limit = found.values["diameter"], found.values["critical_diameter"]
    assert (d >= 1.3 * limit).all()
    assert (d <= 7e-3 / 0.9).all()


def test_wrong_questions_are_refused():
    wall = predict_breaches(debris_tree(), PLATE_ZONE, hole_model="rear_wall")
    with pytest.raises(InputError, match="hole model of plate"):
        invert_entry_hole(wall, 1e-3, 2e-3)
    for low, high in ((2e-3, 1e-3), (-1.0, 1e-3), (float("nan"), 1e-3), (0.0, 1e-9)):
        with pytest.raises(InputError):
            invert(debris(), low, high)
    found = invert(debris(), 1e-3, 2e-3)
    with pytest.raises(InputError, match="one of diameter"):
        found.mean("colour")
    with pytest.raises(InputError, match="0 to 1"):
        found.quantiles("speed", [1.5])
