"""Speed laws, densities, the tilted directions of the Handbook scenario."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad

from mmod.errors import InputError
from mmod.flux import ExposureState, load_flux
from mmod.flux.card import read_table
from mmod.flux.densities import SSP_STEPS, nasa91_density_break
from mmod.flux.frames import orbit_speed
from mmod.flux.horizontal import CollisionSpeedLaw
from mmod.flux.master8 import Master8Model, side_to_ram, tilted_law
from mmod.flux.meteoroid_speed import hrmp_literal, piecewise_law, ssp_speed_law
from mmod.flux.nasa91 import nasa91_speed_law
from mmod.flux.table import curve_flux
from mmod.library import available

COUPLING = 2.0 * orbit_speed(400e3)
STATE = ExposureState(400e3, math.radians(51.6), 2016.5)


def v0(inclination: float) -> float:
    return (7.25 + 0.015 * (inclination - 30)) * 1e3 if inclination < 60 else 7.7e3


@pytest.mark.parametrize("inclination", [28.5, 51.6, 65.0, 82.0, 98.0, 110.0])
def test_nothing_faster_than_the_cut(inclination: float) -> None:
    law = nasa91_speed_law(math.radians(inclination))
    assert law.breaks[-1] <= 2.1 * v0(inclination) + 1e-6
    beyond = np.linspace(2.1 * v0(inclination) + 1.0, 6 * v0(inclination), 1000)
    np.testing.assert_array_equal(law.density(beyond), 0.0)
    assert np.all(law.density(np.linspace(0, 40e3, 4000)) >= 0.0)


def test_high_inclinations_need_the_cut() -> None:
    """Without it the clipped form has a second lobe: the reason for the rule."""
    inclination = 82.0
    v = np.linspace(2.1, 4.0, 500)
    C, H = 0.0125, 1.0 - 7.57e-5 * (inclination - 60) ** 2
    peak = 250.0 * np.exp(-(((v - 2.5) / 0.3) ** 2))
    assert np.max((2 * v - v**2) * peak + H * C * (4 * v - v**2)) > 0.0


@pytest.mark.parametrize("edge", [50.0, 60.0, 80.0, 100.0])
def test_speed_coefficients_are_continuous(edge: float) -> None:
    below, above = (
        nasa91_speed_law(math.radians(edge + s * 1e-6)).mean(lambda v: v)
        for s in (-1, 1)
    )
    assert below == pytest.approx(above, rel=1e-3)


def test_ssp_law_is_continuous_and_close_to_normalised() -> None:
    law = ssp_speed_law()
    for edge, jump in ((16.3e3, 2e-3), (55e3, 2e-3)):
        left, right = law.density(np.array([edge - 1e-3, edge]))
        assert left == pytest.approx(right, rel=jump)
    parts = list(pairwise(law.breaks))
    total = sum(quad(lambda v: float(law.density(v)), a, b)[0] for a, b in parts)
    assert total / 1e3 == pytest.approx(1.0037, abs=5e-5)
    nodes, p = law.quadrature
    assert math.fsum(p) == pytest.approx(1.0)
    direct = sum(quad(lambda v: float(law.density(v)) / v, a, b)[0] for a, b in parts)
    assert law.mean(lambda v: 1.0 / v) == pytest.approx(direct / total, rel=1e-7)
    assert nodes.min() > 11.1e3


def test_two_point_rules_keep_four_moments() -> None:
    law = ssp_speed_law()
    edges = law.edges(0.08)
    nodes, p = law.cells(edges)
    assert np.all((nodes > edges[:-1, None]) & (nodes < edges[1:, None]))
    for power in range(4):
        direct = law.mean(lambda v, power=power: (v / 2e4) ** power)
        assert np.sum(p * (nodes / 2e4) ** power) == pytest.approx(direct, rel=1e-6)


def test_edges_join_narrow_pieces_and_split_wide_ones() -> None:
    law = piecewise_law(np.linspace(10e3, 20e3, 101), np.ones(100))
    coarse, fine = law.edges(0.05), law.edges(0.002)
    assert coarse.size < 20
    assert np.all(np.isin(coarse, law.breaks))
    assert fine.size > 300
    for edges in (coarse, fine):
        assert edges[0] == 10e3
        assert edges[-1] == 20e3


def test_literal_law_reproduces_the_printed_column() -> None:
    card = available("flux_model")["grun_ecss"]
    table = read_table(
        card.with_name("ecss_table_C1_hrmp_velocity.csv"),
        ("v_kms", "n_vinf", "n_v400km"),
        key="speed",
    )
    law = hrmp_literal(table["v_kms"] * 1e3, table["n_vinf"], 10845.1)
    grid = table["v_kms"] * 1e3
    width = grid + 250.0 - np.maximum(grid - 250.0, law.breaks[0])
    read = law.density(grid + 1.0) * width  # the first bin begins at escape
    printed = table["n_v400km"]
    used = printed > 0.0
    ratio = read[used] / read[used].sum() / (printed[used] / printed[used].sum())
    assert np.max(np.abs(ratio - 1.0)) < 0.06
    assert np.median(np.abs(ratio - 1.0)) < 0.01


def test_tilted_law_has_the_wanted_ratio() -> None:
    plain = nasa91_speed_law(STATE.inclination)
    law = tilted_law(plain, COUPLING, 1.52)
    assert side_to_ram(plain, COUPLING) == pytest.approx(0.457, abs=1e-3)
    assert side_to_ram(law, COUPLING) == pytest.approx(1.52, rel=1e-9)
    assert law.mean(lambda v: v) == pytest.approx(4.69e3, rel=1e-2)
    same = tilted_law(plain, COUPLING, side_to_ram(plain, COUPLING))
    assert same.mean(lambda v: v) == pytest.approx(plain.mean(lambda v: v), rel=1e-6)


def test_ratio_out_of_reach() -> None:
    head_on = CollisionSpeedLaw(np.ones_like, (0.9 * COUPLING, 0.95 * COUPLING))
    with pytest.raises(InputError, match="ratio"):
        tilted_law(head_on, COUPLING, 50.0)


def test_split_of_the_size_curves() -> None:
    model = load_flux("master8_iss_ecss", directions="handbook_side_ram")
    assert isinstance(model, Master8Model)
    d = np.array([1e-5, 1e-4, 1e-3, 5e-3, 0.99e-2, 2e-2])
    tilted, plain = curve_flux(model.threats(STATE), d)
    total = model.cumulative(d, STATE)
    np.testing.assert_allclose(tilted + plain, total, rtol=1e-4)
    share = tilted / total
    assert np.all(np.diff(share) < 0.0)
    assert share[-1] < 1e-8

    # by direct integration of share(x) dF from 1 mm on
    def differential(x: float) -> float:
        here, there = model.cumulative(np.exp([x, x + 1e-6]), STATE)
        return float(here - there) / 1e-6

    def weighted(x: float) -> float:
        return (math.log(1e-2) - x) / math.log(100.0) * differential(x)

    nodes = np.log([1e-3, 2e-3, 3e-3, 5e-3, 7e-3, 1e-2 - 1e-9])
    direct = sum(quad(weighted, a, b)[0] for a, b in pairwise(nodes))
    assert tilted[2] == pytest.approx(direct, rel=1e-4)
    # nothing larger than 0.1 mm is tilted fully, everything smaller is
    below = (tilted[0] - tilted[1]) / (total[0] - total[1])
    assert below == pytest.approx(1.0, rel=1e-6)


def test_steps_in_mass() -> None:
    assert nasa91_density_break() == pytest.approx(6.175e-3, rel=1e-4)
    d = np.geomspace(1e-6, 0.1, 5001)
    mass, rho = SSP_STEPS.mass(d), SSP_STEPS.density(d)
    assert np.all(np.diff(mass) >= 0.0)
    assert np.all(np.diff(rho) <= 1e-9)
    outside = np.ones(d.size, dtype=bool)
    for low, high in SSP_STEPS.gaps:
        outside &= (d <= low) | (d >= high)
    np.testing.assert_allclose(mass[outside], (rho * math.pi / 6 * d**3)[outside])
    assert set(np.round(rho[outside]).tolist()) == {2000.0, 1000.0, 500.0}
