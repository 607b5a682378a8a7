"""Looking penetrations up: against the shield and the size curve themselves."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from kernel_helpers import NO_SHIELD, SpeedShield, size

from mmod.engine.penetration import SizeCurve, build_tables
from mmod.kernel.tables import (
    critical_size,
    fill_flux,
    log_diameter_of,
    log_flux_above,
    penetrating_flux,
)

SLOPE = 2.7
GAP = (np.log(2e-3), np.log(2.6e-3))
POINTS = size(20_000, 150)


def curve(gap: bool = False) -> SizeCurve:
    """F = 1e-7 (d / mm)^-2.7 [1/m2/s]; with a gap: 4000 kg/m3 below it, 1000 above."""
    log_d = np.linspace(np.log(1e-6), 0.0, 1201)
    if gap:
        inside = (log_d > GAP[0]) & (log_d < GAP[1])
        log_d = np.unique(np.concatenate([log_d[~inside], GAP]))
    table = xr.Dataset(
        {
            "diameter": ("diameter", np.exp(log_d)),
            "flux": (("size_curve", "diameter"), np.exp(log_flux(log_d, gap))[None]),
            "density": (
                ("size_curve", "diameter"),
                np.where(gap & (log_d <= GAP[0]), 4000.0, 1000.0)[None],
            ),
        }
    )
    return SizeCurve.of(table, 0)


def log_flux(log_d, gap):
    """Closed form; with a gap its stretch holds nothing, and what follows moves up."""
    if gap:
        log_d = log_d - np.clip(log_d - GAP[0], 0.0, GAP[1] - GAP[0])
    return np.log(1e-7) - SLOPE * (log_d - np.log(1e-3))


def direct(shield, speed, cosine, gap=False):
    """Penetrating flux from the critical diameters of the two densities."""
    angle = np.arccos(cosine)
    if not gap:
        critical = np.log(shield.critical_diameter(speed, angle, 1000.0))
        return shield.vulnerable_fraction * np.exp(log_flux(critical, False))
    heavy = np.log(shield.critical_diameter(speed, angle, 4000.0))
    light = np.log(shield.critical_diameter(speed, angle, 1000.0))
    small = np.exp(log_flux(heavy, True)) - np.exp(log_flux(GAP[0], True))
    large = np.exp(log_flux(np.maximum(light, GAP[1]), True))
    return shield.vulnerable_fraction * (np.maximum(small, 0.0) + large)


def looked_up(tables, speed, cosine, shield=0):
    out = np.zeros(len(speed))
    fill_flux(tables, shield, 0, 0, speed, cosine, out)
    return out


def general_points(rng, n=POINTS):
    return np.exp(rng.uniform(np.log(150.0), np.log(9e4), n)), np.sqrt(
        rng.random(n) + 1e-5
    )


def awkward_points(shield, rng, n=POINTS // 2):
    """On either side of the regime border and of the angle cap, down to 1e-6 of them."""
    near = 1.0 + rng.choice([-1.0, 1.0], n) * 10.0 ** rng.uniform(-6.0, -1.5, n)
    speed, cosine = general_points(rng, n)
    at_border = rng.random(n) < 0.5
    cosine = np.where(at_border, cosine, np.cos(np.minimum(shield.cap * near, 1.56)))
    border = shield.speed_breaks(np.arccos(cosine), 1000.0)[..., 0]
    return np.where(at_border, border * near, speed), cosine


@pytest.mark.parametrize("gap", [False, True])
@pytest.mark.parametrize("where", ["anywhere", "at borders"])
def test_flux_is_that_of_the_shield(gap, where, seed):
    rng = np.random.default_rng(seed)
    shield = SpeedShield(vulnerable_fraction=0.3)
    tables = build_tables([shield], [[curve(gap)]], np.array([1e-3]))
    speed, cosine = (
        general_points(rng) if where == "anywhere" else awkward_points(shield, rng)
    )
    speed, cosine = np.clip(speed, 100.0, 1e5), np.clip(cosine, 1e-3, 1.0)
    found, truth = looked_up(tables, speed, cosine), direct(shield, speed, cosine, gap)
    assert abs(np.sum(found * cosine) / np.sum(truth * cosine) - 1.0) < 1e-4
    # The last row reaches from 88.5 deg to the end: what grazes more is left to the sum.
    error = np.abs(found / truth - 1.0)[cosine > 0.03]
    assert len(error) > len(found) // 2
    if gap:
        # Two densities: their critical diameters pass the gap at different speeds, and
        # the sum bends there, between two nodes. Elsewhere the table is exact.
        assert np.quantile(error, 0.9) < 3e-3
        assert np.quantile(error, 0.99) < 3e-2
        assert error.max() < 0.3
    else:
        # Power laws are straight lines in the table's coordinates: rounding is left.
        assert error.max() < 1e-5


def test_a_border_that_is_not_respected_is_seen(seed):
    # The same shield whose border and cap the tables are not told about.
    class Silent(SpeedShield):
        @property
        def angle_breaks(self):
            return ()

        def speed_breaks(self, obliquity, density):
            return super().speed_breaks(obliquity, density)[..., :0]

    rng = np.random.default_rng(seed)
    tables = build_tables([Silent()], [[curve()]], np.array([1e-3]))
    speed, cosine = awkward_points(SpeedShield(), rng)
    speed, cosine = np.clip(speed, 100.0, 1e5), np.clip(cosine, 1e-3, 1.0)
    truth = direct(SpeedShield(), speed, cosine)
    error = np.abs(looked_up(tables, speed, cosine) / truth - 1.0)
    assert (error > 0.1).mean() > 0.2


def test_jump_at_the_border_is_sharp():
    shield = SpeedShield()
    tables = build_tables([shield], [[curve()]], np.array([1e-3]))
    for cosine in (1.0, 0.93, 0.6, 0.5, 0.3):
        border = float(shield.speed_breaks(np.arccos(cosine), 1000.0)[0])
        below, above = (
            penetrating_flux(tables, 0, 0, 0, 0, border * f, cosine)[0]
            for f in (1.0 - 1e-6, 1.0 + 1e-6)
        )
        assert below / above == pytest.approx(shield.jump**SLOPE, rel=1e-4)


def test_jump_at_the_cap_is_sharp():
    shield = SpeedShield()
    tables = build_tables([shield], [[curve()]], np.array([1e-3]))
    for speed in (400.0, 7_000.0, 3e4):
        inside, outside = (
            penetrating_flux(tables, 0, 0, 0, 0, speed, float(np.cos(shield.cap + a)))[
                0
            ]
            for a in (-1e-6, 1e-6)
        )
        assert inside / outside == pytest.approx(2.0**SLOPE, rel=1e-4)


def test_ends_of_the_table_hold_their_last_value():
    tables = build_tables([SpeedShield()], [[curve()]], np.array([1e-3]))
    low, end = (penetrating_flux(tables, 0, 0, 0, 0, v, 0.7) for v in (3.0, 100.0))
    assert low == pytest.approx(end, rel=1e-6)
    high, end = (penetrating_flux(tables, 0, 0, 0, 0, v, 0.7) for v in (3e5, 1e5))
    assert high == pytest.approx(end, rel=1e-6)
    flat, end = (penetrating_flux(tables, 0, 0, 0, 0, 7e3, c) for c in (1e-9, 1e-3))
    assert flat == pytest.approx(end, rel=1e-9)


def test_share_outside_the_tests_follows_the_shield(seed):
    rng = np.random.default_rng(seed)
    tables = build_tables([SpeedShield()], [[curve()]], np.array([1e-3]))
    for speed, cosine in zip(*general_points(rng, size(2000, 100)), strict=True):
        _, outside = critical_size(tables, 0, speed, cosine)
        assert 0.0 <= outside <= 1.0
        if abs(np.log(speed / 8e3)) > 0.2 and cosine > 0.1:
            assert outside == pytest.approx(float(speed >= 8e3), abs=1e-9)


def test_one_table_for_each_pair_and_none_for_none():
    shields = [
        SpeedShield(),
        NO_SHIELD,
        SpeedShield(scale=2e-3, vulnerable_fraction=0.5),
    ]
    curves = [[curve(), curve(gap=True)], [curve()]]
    tables = build_tables(shields, curves, np.array([1e-4, 1e-3]))
    assert tables.index.shape == (3, 2, 2)
    assert (tables.index[1] == -1).all()
    assert (tables.index[[0, 2], 1, 1] == -1).all()
    used = tables.index[tables.index >= 0]
    assert sorted(used.tolist()) == list(range(6))
    assert tables.share.tolist() == [1.0, 1.0, 0.5]
    # Twice the critical diameter, half the face.
    thin, thick = (
        penetrating_flux(tables, s, 1, 0, int(tables.index[s, 1, 0]), 7e3, 0.8)[0]
        for s in (0, 2)
    )
    assert thin / thick == pytest.approx(2.0 * 2.0**SLOPE, rel=1e-5)
    # Impact classes are the flux above their thresholds.
    assert np.allclose(
        tables.impact[1, 0], np.exp(log_flux(np.log([1e-4, 1e-3]), False))
    )


def test_fill_flux_is_penetrating_flux_one_by_one(seed):
    rng = np.random.default_rng(seed)
    tables = build_tables([SpeedShield()], [[curve(gap=True)]], np.array([1e-3]))
    speed, cosine = general_points(rng, 50)
    one = [
        penetrating_flux(tables, 0, 0, 0, 0, v, c)[0]
        for v, c in zip(speed, cosine, strict=True)
    ]
    assert looked_up(tables, speed, cosine).tolist() == one


def test_size_curve_in_the_kernel_is_the_curve(seed):
    rng = np.random.default_rng(seed)
    for gap in (False, True):
        own = curve(gap)
        tables = build_tables([SpeedShield()], [[own]], np.array([1e-3]))
        log_d = rng.uniform(np.log(2e-7), np.log(5.0), size(3000, 100))
        for x in log_d:
            found = log_flux_above(tables, 0, 0, float(own.reduced(np.array(x))))
            assert found == pytest.approx(float(log_flux(np.array(x), gap)), abs=2e-3)


def test_drawn_diameters_are_never_in_a_gap_and_give_their_flux_back(seed):
    rng = np.random.default_rng(seed)
    for gap in (False, True):
        tables = build_tables([SpeedShield()], [[curve(gap)]], np.array([1e-3]))
        top, end = (float(log_flux(np.log(d), gap)) for d in (2e-6, 0.5))
        drawn = []
        for value in rng.uniform(end, top, size(3000, 100)):
            x = log_diameter_of(tables, 0, 0, value)
            drawn.append(x)
            # At a gap the cell of the table that holds it is 0.012 wide.
            assert log_flux(x, gap) == pytest.approx(value, abs=0.013)
        if gap:
            inside = (np.array(drawn) > GAP[0] + 5e-3) & (
                np.array(drawn) < GAP[1] - 5e-3
            )
            assert inside.mean() < 5e-3


def test_size_curve_goes_on_beyond_its_ends():
    tables = build_tables([SpeedShield()], [[curve()]], np.array([1e-3]))
    start, stop = tables.curve_start, tables.curve_start + 4096 * tables.curve_step
    for x in (start - 2.0, stop + 2.0):
        assert log_flux_above(tables, 0, 0, x) == pytest.approx(
            float(log_flux(np.array(x), False)), rel=1e-9
        )
