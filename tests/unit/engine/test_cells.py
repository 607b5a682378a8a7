"""Threat tables gathered into cells: nothing lost, nothing invented, patches that hold."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import xarray as xr

from mmod.engine.cells import CellTable, gather_threats
from mmod.flux import ExposureState, load_flux

STATE = ExposureState(altitude=404e3, inclination=np.radians(51.64), epoch=2018.55)
RUNS = {
    "debris alone": ("nasa91",),
    "meteoroids alone": ("grun_ssp",),
    "as the station's run": ("master8_iss_ecss", "nasa91", "grun_ssp"),
    "other meteoroids": ("grun_ecss", "master8_iss_ecss"),
    "all": ("nasa91", "master8_iss_ecss", "grun_ssp", "grun_ecss"),
}
EDGES = ("azimuth", "sin_elevation", "speed")


@cache
def table(name: str) -> xr.Dataset:
    return load_flux(name).threats(STATE)


@cache
def gathered(run: str) -> CellTable:
    return gather_threats([table(m) for m in RUNS[run]])


@pytest.fixture(params=list(RUNS))
def run(request) -> str:
    return request.param


def cell_of(threats) -> np.ndarray:
    return np.repeat(np.arange(len(threats.cell_speed)), np.diff(threats.first))


def edges_of(data: xr.Dataset) -> np.ndarray:
    return np.stack(
        [data[f"{n}_{e}"].to_numpy() for n in EDGES for e in ("lower", "upper")], axis=1
    )


def test_every_bin_of_every_model_is_there_with_its_weight(run):
    threats = gathered(run).threats
    for e, name in enumerate(RUNS[run]):
        data = table(name)
        weight = data["weight"].to_numpy()
        side = (
            data["side"].to_numpy() if data.attrs["coupled"] else np.zeros(len(weight))
        )
        own = np.column_stack([edges_of(data), side, data["size_curve_index"], weight])
        own = own[weight > 0.0]
        there = threats.weight[e] > 0.0
        found = np.column_stack(
            [
                threats.edges[there],
                threats.side[there],
                gathered(run).curve_of[e][there],
                threats.weight[e][there],
            ]
        )
        assert len(found) == len(own)
        assert (found[np.lexsort(found.T)] == own[np.lexsort(own.T)]).all()
        assert threats.weight[e].sum() == pytest.approx(1.0, abs=1e-12)


def test_a_lost_bin_is_seen():
    # Negative control of the comparison above: one bin fewer, one weight off by 1 %.
    data = table("nasa91")
    less = data.isel(threat=slice(1, None))
    assert gather_threats([less]).threats.weight.sum() < 1.0 - 1e-9
    threats = gathered("debris alone").threats
    assert len(gather_threats([less]).threats.chance) == len(threats.chance) - 1


def test_chances_are_a_law_of_probability_in_every_cell(run):
    threats = gathered(run).threats
    assert threats.first[0] == 0
    assert threats.first[-1] == len(threats.chance)
    assert (np.diff(threats.first) > 0).all()
    for a, b in zip(threats.first[:-1], threats.first[1:], strict=True):
        assert threats.chance[a:b].sum() == pytest.approx(1.0, abs=1e-12)
        assert (np.diff(threats.reach[a:b]) >= 0.0).all()
        assert threats.reach[b - 1] == 1.0
    # What has weight under any model can be drawn.
    assert (threats.chance[threats.weight.max(axis=0) > 0.0] > 0.0).all()
    assert (threats.weight.max(axis=0) > 0.0).all()


def test_chance_is_the_mean_share_of_the_models_in_the_cell(run):
    threats = gathered(run).threats
    cell = cell_of(threats)
    total = np.stack(
        [
            np.bincount(cell, w, minlength=len(threats.cell_speed))
            for w in threats.weight
        ]
    )
    assert np.allclose(threats.cell_weight, total, rtol=1e-12)
    share = np.where(
        total[:, cell] > 0.0, threats.weight / np.maximum(total[:, cell], 1e-300), 0.0
    )
    mean = share.sum(axis=0) / (total[:, cell] > 0.0).sum(axis=0)
    assert np.allclose(threats.chance, mean, rtol=1e-9)


def test_a_cell_has_one_size_curve(run):
    threats, curves = gathered(run).threats, gathered(run).curve_of
    cell = cell_of(threats)
    for e in range(len(RUNS[run])):
        assert ((threats.curve[e] >= 0) == (threats.cell_weight[e] > 0.0)).all()
        used = threats.weight[e] > 0.0
        assert (curves[e][used] == threats.curve[e][cell[used]]).all()
        assert (curves[e][~used] == -1).all()


def test_patches_hold_every_direction_that_can_be_drawn(run, seed):
    threats = gathered(run).threats
    rng = np.random.default_rng(seed)
    patch = threats.patch[cell_of(threats)]
    ends = np.array([0.0, 1.0])
    for u in (*ends, *rng.random((6, len(patch)))):
        speed = threats.edges[:, 4] + u * (threats.edges[:, 5] - threats.edges[:, 4])
        free = threats.edges[:, 0] + u * (threats.edges[:, 1] - threats.edges[:, 0])
        coupled = threats.side * np.arccos(np.clip(speed / threats.coupling, -1.0, 1.0))
        azimuth = np.where(threats.side == 0, free, coupled)
        sine = threats.edges[:, 2] + u * (threats.edges[:, 3] - threats.edges[:, 2])
        # Rounding of the edges, in rad: nothing beside the width of a patch.
        assert (azimuth >= patch[:, 0] - 1e-7).all()
        assert (azimuth <= patch[:, 1] + 1e-7).all()
        assert (sine >= patch[:, 2]).all()
        assert (sine <= patch[:, 3]).all()


def test_patches_are_small(run):
    # The proposal takes one cosine and one speed for a cell.
    threats = gathered(run).threats
    wide = threats.patch[:, 1] - threats.patch[:, 0]
    high = threats.patch[:, 3] - threats.patch[:, 2]
    assert wide.max() <= np.radians(40.0)
    assert high.max() <= 0.35
    cell = cell_of(threats)
    middle = 0.5 * (threats.edges[:, 4] + threats.edges[:, 5])
    ratio = middle / threats.cell_speed[cell]
    fast = threats.cell_speed[cell] > 2_000.0  # slow debris penetrates nothing
    assert ratio[fast].min() > 0.7
    assert ratio[fast].max() < 1.45


def test_middles_lie_in_their_patches(run):
    threats = gathered(run).threats
    assert np.allclose(np.linalg.norm(threats.cell_direction, axis=1), 1.0, atol=1e-12)
    azimuth = np.arctan2(threats.cell_direction[:, 1], threats.cell_direction[:, 0])
    low, high = threats.patch[:, 0], threats.patch[:, 1]
    turn = 2.0 * np.pi
    off = np.minimum(np.abs((azimuth - low) % turn), np.abs((high - azimuth) % turn))
    assert (off <= (high - low) + 1e-9).all()
    assert (threats.cell_direction[:, 2] >= threats.patch[:, 2] - 0.05).all()
    assert (threats.cell_direction[:, 2] <= threats.patch[:, 3] + 0.05).all()
    cell = cell_of(threats)
    low_speed = np.full(len(threats.cell_speed), np.inf)
    high_speed = np.zeros(len(threats.cell_speed))
    np.minimum.at(low_speed, cell, threats.edges[:, 4])
    np.maximum.at(high_speed, cell, threats.edges[:, 5])
    assert (threats.cell_speed >= low_speed - 1e-9).all()
    assert (threats.cell_speed <= high_speed + 1e-9).all()


def test_models_of_equal_bins_share_their_threats():
    alone = len(gathered("debris alone").threats.chance)
    meteoroids = len(gathered("meteoroids alone").threats.chance)
    three = gathered("as the station's run").threats
    assert len(three.chance) == alone + meteoroids
    both = (three.weight[0] > 0.0) & (three.weight[1] > 0.0)
    assert both.sum() == alone
    assert not (both & (three.weight[2] > 0.0)).any()


def test_bins_without_flux_are_left_out():
    data = table("nasa91").copy(deep=True)
    weight = data["weight"].to_numpy().copy()
    weight[::3] = 0.0
    data["weight"] = ("threat", weight)
    found = gather_threats([data]).threats
    assert len(found.chance) == (weight > 0.0).sum()
    assert (found.weight > 0.0).all()


def test_the_order_of_the_models_does_not_matter():
    names = RUNS["as the station's run"]
    straight = gathered("as the station's run").threats
    swapped = gather_threats([table(n) for n in reversed(names)]).threats

    def rows(threats, models):
        found = np.column_stack([threats.edges, threats.side, *threats.weight[models]])
        return found[np.lexsort(found.T)]

    assert (rows(straight, [0, 1, 2]) == rows(swapped, [2, 1, 0])).all()
    assert len(straight.cell_speed) == len(swapped.cell_speed)


def test_several_size_curves_never_share_a_cell():
    # A model whose bins alternate between two curves (as tables of bins bring them).
    data = table("nasa91")
    index = np.arange(data.sizes["threat"], dtype=np.int32) % 2
    double = xr.concat([data[["flux", "density"]]] * 2, dim="size_curve")
    both = data.drop_vars(["flux", "density"]).assign(
        flux=double["flux"],
        density=double["density"],
        size_curve_index=("threat", index),
    )
    both.attrs = dict(data.attrs)
    found = gather_threats([both])
    cell = cell_of(found.threats)
    assert (found.curve_of[0] == found.threats.curve[0][cell]).all()
    assert set(found.threats.curve[0].tolist()) == {0, 1}
    assert len(found.threats.chance) == data.sizes["threat"]


def test_populations_come_with_their_threats(run):
    found = gathered(run)
    for e, name in enumerate(RUNS[run]):
        data = table(name)
        there = found.threats.weight[e] > 0.0
        own = np.sort(data["population"].to_numpy()[data["weight"].to_numpy() > 0.0])
        assert (np.sort(found.population_of[there]) == own).all()


def test_everything_is_ready_for_the_kernels(run):
    fields = gathered(run).threats._asdict()
    drawn = fields.pop("drawn")._asdict()
    for name, array in [*fields.items(), *drawn.items()]:
        assert array.flags.c_contiguous, name
        assert array.dtype in {np.dtype(np.float64), np.dtype(np.int64)}, name
        assert np.isfinite(array).all(), name
