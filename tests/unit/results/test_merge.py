"""Merging runs: against one pooled computation; refusal of what does not belong."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from unit.results import synthetic

from mmod.errors import InputError
from mmod.results import build, merge, outcome_of


@pytest.fixture(scope="module")
def trees():
    """Three runs; the second has twice, the third four times the rays."""
    return [
        build(synthetic.outcome(seed=s, samples=4000 * 2**i))
        for i, s in enumerate((1, 2, 3))
    ]


def test_outcome_and_back_is_identical(trees):
    again = build(outcome_of(trees[0]))
    for node in trees[0].subtree:
        left = node.to_dataset(inherit=False)
        right = again[node.path].to_dataset(inherit=False)
        assert left.attrs == right.attrs
        for name in left.variables:
            a, b = left[name], right[name]
            if a.dtype.kind == "f":
                assert b.values == pytest.approx(a.values, rel=1e-12, nan_ok=True), name
            else:
                assert (a.values == b.values).all(), name


def test_mean_is_weighed_by_rays(trees):
    merged = merge(trees)
    weights = np.array([1.0, 2.0, 4.0]) / 7.0
    parts = [t["zones"]["expected"].values for t in trees]
    mean = sum(w * p for w, p in zip(weights, parts, strict=True))
    assert merged["zones"]["expected"].values == pytest.approx(mean, nan_ok=True)
    # planted: a mean without weights is told apart
    assert merged["zones"]["expected"].values[0] != pytest.approx(
        np.mean(parts, axis=0)[0], rel=1e-6
    )
    errors = [t["zones"]["expected_stderr"].values for t in trees]
    together = np.sqrt(sum((w * e) ** 2 for w, e in zip(weights, errors, strict=True)))
    lit = [0, 1, 2, 5]
    assert merged["zones"]["expected_stderr"].values[lit][..., :3] == pytest.approx(
        together[lit][..., :3]
    )
    assert (merged["zones"]["dof"].values[0] > 15.0).all()
    assert int(merged["zones"]["samples"].sum()) == sum(
        int(t["zones"]["samples"].sum()) for t in trees
    )


def test_faces_and_events_still_sum_to_zones(trees):
    merged = merge(trees)
    zones = merged["zones"].to_dataset(inherit=True)
    faces = merged["expected"].values
    index = merged["zone_index"].values
    events = merged["events"].to_dataset(inherit=True)
    weight = events["weight"].sel(environment="total").values
    for z in range(6):
        number = zones["expected"].values[z]
        assert faces[index == z].sum(axis=0) == pytest.approx(number)
        inside = (events["zone_index"].values == z) & events["penetrating"].values
        assert weight[inside].sum() == pytest.approx(
            float(zones["expected"].sel(environment="total", damage="penetration")[z])
        )


def test_unseen_stays_bounded_and_tighter(trees):
    merged = merge(trees)
    labels = {"environment": "total", "damage": "penetration"}
    before = float(
        trees[0]["zones"]["expected_upper"].sel(zone="cube.box.port", **labels)
    )
    after = float(merged["zones"]["expected_upper"].sel(zone="cube.box.port", **labels))
    assert 0.0 < after == pytest.approx(before / 7.0, rel=0.01)


def test_merging_is_associative(trees):
    left = merge([merge(trees[:2]), trees[2]])
    right = merge(trees)
    for name in ("expected", "expected_stderr", "samples", "extrapolated_fraction"):
        assert left["zones"][name].values == pytest.approx(
            right["zones"][name].values, rel=1e-12, nan_ok=True
        )
    assert json.loads(left.attrs["provenance"])["merged"] == [
        [1, 0, 16],
        [2, 0, 16],
        [3, 0, 16],
    ]
    assert json.loads(left.attrs["provenance"])["replicates"] == 48


def test_accessor_merges(trees):
    assert trees[0].mmod.merge(trees[1]).identical(merge(trees[:2]))


def test_same_random_numbers_are_refused(trees):
    with pytest.raises(InputError, match="seed"):
        merge([trees[0], trees[0]])
    with pytest.raises(InputError, match="seed"):
        merge([merge(trees[:2]), trees[1]])


def test_disjoint_replicates_of_one_seed_merge():
    first, second = synthetic.outcome(seed=1), synthetic.outcome(seed=2)
    about = {**first.provenance, "first_replicate": 16}
    merged = merge([build(first), build(replace(second, provenance=about))])
    assert json.loads(merged.attrs["provenance"])["merged"] == [[1, 0, 16], [1, 16, 32]]


@pytest.mark.parametrize("key", ["config", "sources", "estimator"])
def test_other_runs_are_refused(trees, key):
    outcome = synthetic.outcome(seed=9)
    config = {**json.loads(outcome.provenance["config"]), "shadowing": "opaque"}
    other = {
        "config": json.dumps(config),
        "sources": {"geometry/cube/vehicle.toml": "2" * 64},
        "estimator": "forward",
    }[key]
    about = {**outcome.provenance, key: other}
    with pytest.raises(InputError, match=key):
        merge([trees[0], build(replace(outcome, provenance=about))])


def test_nothing_to_merge():
    with pytest.raises(InputError):
        merge([])
