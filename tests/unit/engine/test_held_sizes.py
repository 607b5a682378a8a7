"""Sizes that a model does not hold: shares against closed forms, texts, real tables."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import xarray as xr

from mmod.engine.held_sizes import SizesNotHeld, sizes_not_held, texts_of
from mmod.engine.penetration import SizeCurve

SLOPE = 2.5


@dataclasses.dataclass(frozen=True)
class CosineShield:
    """Critical diameter d0 cos^-2: uniform in 1 / x where x = cos^2 is uniform."""

    limit: float
    name: str = "plate"
    is_none: bool = False

    def critical_diameter(self, speed, obliquity, density):
        cosine = np.cos(np.asarray(obliquity))
        return self.limit / cosine**2 + 0.0 * np.asarray(speed) * density

    def valid(self, speed, obliquity, density, *, diameter=None):
        return np.ones(np.broadcast(speed, obliquity, density, diameter).shape, bool)


def table(smallest, largest, starts=(None,), weight=None, speeds=None):
    """Curves of flux d^-2.5, flat below their starts, continued above the largest."""
    diameter = np.geomspace(1e-6, 1.0, 601)
    own = [smallest if start is None else start for start in starts]
    flux = np.stack([np.maximum(diameter, low) ** -SLOPE for low in own])
    speed = np.full(len(own), 1e4) if speeds is None else np.asarray(speeds)
    found = xr.Dataset(
        {
            "flux": (("size_curve", "diameter"), flux),
            "density": (("size_curve", "diameter"), np.full_like(flux, 2800.0)),
            "size_curve_index": ("threat", np.arange(len(own))),
            "weight": ("threat", np.ones(len(own)) if weight is None else weight),
            "speed_lower": ("threat", 0.99 * speed),
            "speed_upper": ("threat", 1.01 * speed),
        },
        coords={"diameter": diameter},
        attrs={
            "table_min_diameter": smallest,
            "table_max_diameter": largest,
            "model": "file",
        },
    )
    return found, [SizeCurve.of(found, c) for c in range(len(own))]


def one(limit, smallest, largest, **kwargs):
    found, curves = table(smallest, largest, **kwargs)
    (item,) = sizes_not_held([CosineShield(limit)], [found], [curves])
    return item


def expected_left_out(limit, smallest):
    """Integrals over x = cos^2 in (0, 1): the limit is below the smallest at x > x0."""
    x0 = limit / smallest
    if x0 >= 1.0:
        return 0.0
    lost = (1.0 - x0) * smallest**-SLOPE
    held = limit**-SLOPE * x0 ** (SLOPE + 1.0) / (SLOPE + 1.0)
    return lost / (lost + held)


@pytest.mark.parametrize("limit_mm", [0.05, 0.3, 0.7, 0.95])
def test_left_out_is_the_integral(limit_mm):
    item = one(limit_mm * 1e-3, 1e-3, 1.0)
    assert item.first == pytest.approx(1e-3, rel=1e-6)
    assert item.below == 0.0
    assert item.left_out == pytest.approx(expected_left_out(limit_mm, 1.0), abs=0.015)


def test_nothing_is_left_out_above_the_smallest_or_where_the_law_goes_on():
    assert one(1.05e-3, 1e-3, 1.0).left_out == 0.0
    assert one(1e-7, 1e-6, 1.0).left_out == 0.0
    assert one(1e-7, 1e-8, 1.0).left_out == 0.0


def test_a_curve_that_goes_on_below_what_is_stated_is_continued_not_left_out():
    # Stated from 1 mm, in the table a law from 1 um: they are counted.
    item = one(0.3e-3, 1e-3, 1.0, starts=(1e-6,))
    assert item.left_out == 0.0
    # Of d > 0.3 / x mm those below 1 mm, over x = cos^2 in (0, 1).
    x0 = 0.3
    total = 0.3**-SLOPE / (SLOPE + 1.0)
    held = 0.3**-SLOPE * x0 ** (SLOPE + 1.0) / (SLOPE + 1.0) + (1.0 - x0)
    assert item.below == pytest.approx(1.0 - held / total, abs=0.01)
    (text,) = texts_of([item])
    assert "is stated for no particles below 1 mm" in text
    assert "lower limits" not in text


def test_a_mixture_is_stated_for_what_some_part_is():
    found, curves = table(1e-3, 1e-2, starts=(1e-6,))
    found.attrs |= {"any_min_diameter": 1e-6, "any_max_diameter": 1.0}
    (item,) = sizes_not_held([CosineShield(0.3e-3)], [found], [curves])
    assert (item.smallest, item.largest) == (1e-6, 1.0)
    assert max(item.below, item.above) < 1e-6


class SlowShield(CosineShield):
    """Only slow particles below 1 mm penetrate."""

    def critical_diameter(self, speed, obliquity, density):
        found = super().critical_diameter(speed, obliquity, density)
        return np.where(np.asarray(speed) < 8e3, found, 100.0 * found)


def test_every_curve_has_its_own_speeds():
    # The slow curve has hardly any flux: nothing to speak of is left out.
    found, curves = table(1e-3, 1.0, starts=(None, None), speeds=(4e3, 15e3))
    assert sizes_not_held([SlowShield(0.3e-3)], [found], [curves])[0].left_out > 0.8
    thin = found.assign(
        flux=found["flux"] * xr.DataArray([1e-9, 1.0], dims="size_curve")
    )
    curves = [SizeCurve.of(thin, c) for c in range(2)]
    assert sizes_not_held([SlowShield(0.3e-3)], [thin], [curves])[0].left_out < 1e-3


@pytest.mark.parametrize("limit_mm", [0.2, 1.0, 5.0])
def test_continued_above_is_the_integral(limit_mm):
    # Above 10 mm: all of what penetrates where limit / x >= 10 mm, (x limit / ...)^.
    found = one(limit_mm * 1e-3, 1e-6, 1e-2).above
    x0 = limit_mm / 10.0
    above = (1.0 - x0) * 10.0**-SLOPE
    grazing = limit_mm**-SLOPE * x0 ** (SLOPE + 1.0) / (SLOPE + 1.0)
    total = limit_mm**-SLOPE / (SLOPE + 1.0)
    # Nodes of the curve are 2.3 % apart.
    assert found == pytest.approx((above + grazing) / total, rel=0.03, abs=1e-4)


def test_a_class_of_large_particles_alone_is_not_missing_small_ones():
    # The second curve begins at 10 mm; the model holds 1 mm, the limit is 2 mm.
    both = {"starts": (None, 1e-2)}
    assert one(2e-3, 1e-3, 1.0, **both).left_out == 0.0
    # A limit below both; a curve without weight does not count.
    found = one(0.5e-3, 1e-3, 1.0, **both, weight=np.array([1.0, 0.0]))
    assert found.left_out == pytest.approx(one(0.5e-3, 1e-3, 1.0).left_out, rel=1e-12)


def test_shields_that_nothing_penetrates_are_left_out():
    found, curves = table(1e-3, 1.0)
    none = CosineShield(1e-4, is_none=True)
    assert sizes_not_held([none], [found], [curves]) == []


def item(model, shield, left_out, above=0.0):
    return SizesNotHeld(model, shield, left_out, 0.0, above, 3e-4, 2e-4, 0.0125)


def test_texts_name_the_largest_share_of_each_shield_once():
    found = [
        item("mem3", "thin", 0.2),
        item("mem3", "thin", 0.4),  # another phase
        item("mem3", "thick", 0.0, 0.93),
        item("mem3", "skin", 0.011),
        item("ordem", "thin", 0.009, 0.09),
    ]
    assert texts_of(found) == [
        (
            "mem3: holds no particles below 0.3 mm: where smaller ones penetrate too they"
            " are missing, and expected numbers are lower limits: so at 40% of the"
            " penetrations of shield thin, 1% of shield skin"
        ),
        (
            "mem3: is stated for no particles above 12.5 mm, its size curve is continued: larger"
            " ones make 93% of the penetrations of shield thick"
        ),
    ]


def test_many_shields_are_counted():
    (text,) = texts_of([item("mem3", f"s{k}", 0.5 - 0.01 * k) for k in range(7)])
    assert text.endswith("47% of shield s3, less of 3 more")
    assert text.count("shield") == 4
