"""Environments of a result side by side: factors, their errors, text."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from unit.results import synthetic

from mmod.cli.output import to_json
from mmod.errors import InputError
from mmod.results import build
from mmod.results.comparison import SIZES_MM, compare, document, ratio_error
from mmod.results.comparison_text import comparison_text
from mmod.units import MM


@pytest.fixture(scope="module")
def outcome():
    return synthetic.outcome()


@pytest.fixture(scope="module")
def tree(outcome):
    return build(outcome)


def test_factor_by_hand(outcome, tree):
    found = compare(tree)
    debris = [m for m, k in found.kinds.items() if k == "debris"]
    assert len(debris) == 2
    assert list(found.kinds.values()) == sorted(found.kinds.values())
    assert set(found.vehicle.factor) == {"debris"}  # one model of meteoroids
    a, b = (outcome.models.index(m) for m in debris)
    for d in range(len(outcome.damage)):
        numbers = outcome.zone_expected[:, [a, b], d].sum(axis=0)
        covariance = outcome.zone_covariance[:, :, :, d].sum(axis=0)
        high, low = (a, b) if numbers[0] >= numbers[1] else (b, a)
        x, y = numbers.max(), numbers.min()
        factor = found.vehicle.factor["debris"][d]
        assert factor.value == pytest.approx(x / y)
        assert (factor.largest, factor.smallest) == (
            outcome.models[high],
            outcome.models[low],
        )
        gradient = np.array([1.0 / y, -x / y**2])
        pair = covariance[np.ix_([high, low], [high, low])]
        # zones in which nothing was seen add an error of their own
        error = math.sqrt(gradient @ pair @ gradient)
        assert factor.stderr == pytest.approx(error, rel=1e-4)
        # planted: the same without the covariance is another number
        lone = gradient @ np.diag(np.diag(pair)) @ gradient
        assert factor.stderr != pytest.approx(math.sqrt(lone), rel=1e-3)


def test_ratio_error():
    assert ratio_error((2.0, 4.0), (0.2, 0.4), None) == pytest.approx(0.2)
    assert ratio_error((2.0, 4.0), (0.2, 0.4), 0.0) == pytest.approx(0.1 * math.sqrt(2))
    assert ratio_error((2.0, 4.0), (0.2, 0.4), 0.08) < 1e-7  # wholly correlated
    assert ratio_error((2.0, 4.0), (0.2, 0.4), -0.08) == pytest.approx(0.2)


def test_file_without_covariance_gives_a_bound(outcome, tree):
    old = build(replace(outcome, zone_covariance=None))
    assert "covariance" not in old["zones"].variables
    bound, found = compare(old), compare(tree)
    assert found.common
    assert not bound.common
    for row, other in zip(found.rows, bound.rows, strict=True):
        for a, b in zip(row.factor["debris"], other.factor["debris"], strict=True):
            assert math.isnan(a.value) == math.isnan(b.value)
            if math.isfinite(a.value):
                assert b.value == a.value
                assert b.stderr > a.stderr
    assert "upper bounds" in comparison_text(bound)
    assert "upper bounds" not in comparison_text(found)


def test_modules_patterns_and_refusals(tree):
    by_module = compare(tree, by="module")
    assert {r.name for r in by_module.rows} == set(tree["zones"]["module"].values)
    first = by_module.rows[0].name
    chosen = compare(tree, by="module", zones=first[:-1] + "?")
    assert first in {r.name for r in chosen.rows}
    assert chosen.vehicle.zones == tree["zones"].sizes["zone"]  # still all of it
    with pytest.raises(InputError, match="zones = 'nowhere'"):
        compare(tree, zones="nowhere")
    with pytest.raises(InputError, match="damage = 'spall'"):
        comparison_text(chosen, damage="spall")


def test_zero_and_missing(outcome):
    expected = outcome.zone_expected.copy()
    debris = [i for i, k in enumerate(outcome.model_kind) if k == "debris"]
    expected[0, debris[1]] = 0.0
    variance = outcome.zone_variance.copy()
    variance[0, debris[1]] = 0.0
    bare = outcome.zone_unshadowed.copy()
    bare[0, debris[1]] = 0.0
    changed = replace(
        outcome, zone_expected=expected, zone_variance=variance, zone_unshadowed=bare
    )
    found = compare(build(changed))
    row = next(r for r in found.rows if r.name == outcome.vehicle.zone_name[0])
    assert math.isinf(row.factor["debris"][0].value)
    text = comparison_text(found, damage=outcome.damage[0], all_rows=True)
    assert "one has none" in text
    # zones without a shield have no penetrations, and no factor of them
    bare_zones = ~outcome.zone_penetrates()
    assert bare_zones.any()
    for r in found.rows:
        if bare_zones[outcome.vehicle.zone_name.index(r.name)]:
            assert math.isnan(r.factor["debris"][-1].value)
    parsed = json.loads(to_json(document(found)))
    plain = next(r for r in parsed["rows"] if r["name"] == row.name)
    assert plain["factor"]["debris"][outcome.damage[0]]["value"] is None


def test_text_says_what_differs_and_by_how_much(tree):
    found = compare(tree)
    text = comparison_text(found, title="made up", flags=("be careful",))
    lines = text.splitlines()
    assert lines[0].startswith("made up: 82.4 d")
    assert "flag: be careful" in lines
    assert any("largest / smallest" in line for line in lines)
    assert any(line.startswith("Penetrations by debris differ") for line in lines)
    assert "uncertainty of a flux model is not in it" in text
    for model in found.kinds:
        assert f"{model} ({found.kinds[model]}" in text


def test_streams_alone_are_left_out_of_the_factors(outcome):
    threats = []
    for table in outcome.threats:
        threats.append(table.copy())
        if table.attrs["model"] == outcome.models[1]:
            threats[-1].attrs["part_of_kind"] = 1
    found = compare(build(replace(outcome, threats=threats)))
    assert found.partial == (outcome.models[1],)
    assert not found.vehicle.factor
    assert "left out of the factors" in comparison_text(found)


def test_flux_by_size(tree):
    found = compare(tree)
    assert found.diameter[found.printed()] == pytest.approx(np.array(SIZES_MM) * MM)
    for flux in found.flux.values():
        known = flux[np.isfinite(flux)]
        assert np.all(np.diff(known) <= 0.0)
    factor = found.flux_factor("debris")
    assert np.all(np.isnan(factor) | (factor >= 1.0))
    assert np.all(np.isnan(found.flux_factor("meteoroid")))


def test_picture(tree, tmp_path):
    pytest.importorskip("matplotlib")
    from mmod.plot import draw_comparison

    image = draw_comparison(compare(tree), title="made up")
    assert image.ndim == 3
    assert image.std() > 5.0
    file = tmp_path / "factors.svg"
    assert draw_comparison(compare(tree), file=file) == file
    assert file.stat().st_size > 10_000
