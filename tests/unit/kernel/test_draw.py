"""Draws of threats: the search, the layout in memory, samples one by one or together."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from kernel_helpers import Bin, size, threats_of

from mmod.kernel.draw import (
    BATCH,
    draw_threats,
    guide_entry,
    make_draws,
    search,
    walk,
)
from mmod.kernel.layout import (
    AZIMUTH,
    CHANCE,
    GUIDE,
    REACH,
    SINE,
    SPEED,
    WEIGHT,
    distinct_rows,
    lay_out,
    threat_guide,
)
from mmod.kernel.rng import BLOCK_BIN, BLOCK_SHIFT, make_key, uniforms

FIELDS = ("cell", "threat", "shift", "place", "row", "flight")


def cells_of_threats(rng, members, models=2):
    """Threats in cells of some members; speed decides the azimuth of every third."""
    first = np.cumsum([0, *members])
    n = int(first[-1])
    low = np.stack(
        [
            rng.choice(np.linspace(-3.0, 3.0, 7), n),
            rng.choice(np.linspace(-1.0, 0.9, 6), n),
            rng.choice([2e3, 7e3, 12e3], n),
        ],
        axis=1,
    )
    edges = np.stack([low, low + np.array([0.1, 0.05, 1e3])], axis=-1).reshape(n, 6)
    side = np.where(np.arange(n) % 3 == 0, rng.choice([-1, 1], n), 0).astype(np.int64)
    coupling = np.where(side == 0, 1.0, 15.3e3)
    weight = rng.exponential(size=(models, n)) ** 2
    chance, reach = np.zeros(n), np.zeros(n)
    for a, b in pairwise(first.tolist()):
        chance[a:b] = weight[0, a:b] / weight[0, a:b].sum()
        reach[a:b] = np.cumsum(chance[a:b])
        reach[b - 1] = 1.0
    fields = {
        "edges": edges,
        "side": side,
        "coupling": coupling,
        "chance": chance,
        "reach": reach,
        "weight": weight,
        "first": first,
    }
    some = threats_of([Bin((0.0, 0.1), (0.0, 0.1), (7e3, 8e3), (1.0,) * models)])
    return some._replace(**fields, drawn=lay_out(**fields))


def proposal_of(rng, cells):
    chance = rng.exponential(size=cells) * (rng.random(cells) < 0.8)
    chance[rng.integers(cells)] += 0.1
    reach = np.cumsum(chance) / chance.sum()
    reach[-1] = 1.0
    return reach


def drawn_in_pieces(threats, reach, key, face, count, replicates, room):
    """All samples of a face, drawn as many at a time as there is room for."""
    draws = make_draws(threats.drawn.row.shape[1])
    draws = type(draws)(*(field[:room] for field in draws))
    pieces = {name: [] for name in FIELDS}
    start, stop = 0, replicates * count
    while start < stop:
        number = draw_threats(threats, reach, key, face, count, start, stop, draws)
        assert 0 < number <= room
        for name in FIELDS:
            pieces[name].append(getattr(draws, name)[:number].copy())
        start += number
    return {name: np.concatenate(found) for name, found in pieces.items()}


def test_search_is_the_first_running_sum_above(seed):
    rng = np.random.default_rng(seed)
    for n in (1, 2, 3, 10, 257):
        weight = rng.exponential(size=n) * (rng.random(n) < 0.6)
        weight[rng.integers(n)] += 0.1
        reach = np.cumsum(weight) / weight.sum()
        reach[-1] = 1.0
        values = np.concatenate(
            [rng.random(size(300, 60)), [0.0, 1.0 - 2.0**-33], reach[:-1]]
        )
        for u in values:
            found = search(reach, 0, n, float(u))
            assert found == min(np.searchsorted(reach, u, side="right"), n - 1)
            if 0.0 < u < reach[-1]:
                assert reach[found] > u


def test_a_walk_from_the_guide_finds_what_search_finds(seed):
    rng = np.random.default_rng(seed)
    first = np.cumsum([0, 1, 2, 3, 10, 257])
    reach = np.zeros(first[-1])
    for a, b in pairwise(first.tolist()):
        weight = rng.exponential(size=b - a) ** 3 * (rng.random(b - a) < 0.6)
        weight[rng.integers(b - a)] += 1e-3
        reach[a:b] = np.cumsum(weight) / weight.sum()
        reach[b - 1] = 1.0
    guide = threat_guide(reach, first)
    row = np.column_stack([guide, reach])
    for a, b in pairwise(first.tolist()):
        steps = np.arange(b - a) / (b - a)
        assert [search(reach, a, b, float(u)) for u in steps] == guide[a:b].tolist()
        edges = np.concatenate([reach[a:b][:-1], steps[1:]])
        values = np.concatenate(
            [
                rng.random(size(300, 60)),
                [0.0, 1.0 - 2.0**-33],
                edges,
                np.nextafter(edges, 0.0),
                np.nextafter(edges, 1.0),
            ]
        )
        for u in values[(values >= 0.0) & (values < 1.0)].tolist():
            guess = guide[guide_entry(a, b, u)]
            found = search(reach, a, b, u)
            assert guess <= found
            assert walk(row, int(guess), b, u) == found


def test_the_layout_holds_the_fields(seed):
    rng = np.random.default_rng(seed)
    threats = cells_of_threats(rng, [1, 2, 40, 7])
    row, azimuth, sine, speed = threats.drawn
    a, s, v = (row[:, k].astype(int) for k in (AZIMUTH, SINE, SPEED))
    np.testing.assert_array_equal(azimuth[a, :2], threats.edges[:, 0:2])
    np.testing.assert_array_equal(azimuth[a, 2], threats.side)
    np.testing.assert_array_equal(azimuth[a, 3], threats.coupling)
    np.testing.assert_array_equal(sine[s], threats.edges[:, 2:4])
    np.testing.assert_array_equal(speed[v], threats.edges[:, 4:6])
    np.testing.assert_array_equal(row[:, CHANCE], threats.chance)
    np.testing.assert_array_equal(row[:, REACH], threats.reach)
    np.testing.assert_array_equal(row[:, WEIGHT:].T, threats.weight)
    guide = threat_guide(threats.reach, threats.first)
    np.testing.assert_array_equal(row[:, GUIDE], guide)
    # What many threats share is stored once.
    assert len(sine) <= 6
    assert len(speed) == 3
    assert row.flags.c_contiguous


@pytest.mark.parametrize("kind", [np.int64, np.float64])
def test_distinct_rows_are_those_of_numpy(seed, kind):
    rng = np.random.default_rng(seed)
    rows = rng.integers(-3, 4, (500, 4)).astype(kind)
    rows[:, 1] *= 0.1 if kind is np.float64 else 1
    found, which = distinct_rows(rows)
    expected, inverse = np.unique(rows, axis=0, return_inverse=True)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(which, inverse.reshape(-1))
    assert found.flags.c_contiguous
    many = rng.random((3000, 4))
    found, which = distinct_rows(many)
    np.testing.assert_array_equal(found[which], many)


@pytest.mark.parametrize(("count", "replicates"), [(1, 16), (3, 5), (70, 2)])
def test_draws_are_those_of_one_sample_at_a_time(seed, count, replicates):
    rng = np.random.default_rng(seed)
    threats = cells_of_threats(rng, [1, 2, 40, 7, 1, 90])
    reach, key, face = proposal_of(rng, 6), make_key(seed), 5
    found = drawn_in_pieces(threats, reach, key, face, count, replicates, BATCH)
    assert len(found["threat"]) == count * replicates
    for j in range(count * replicates):
        r, k = divmod(j, count)
        shift = uniforms(key, face, r, 0, BLOCK_SHIFT)
        u, w_speed, w_azimuth, w_sine = uniforms(key, face, r, k, BLOCK_BIN)
        cell = search(reach, 0, 6, (k + shift[0]) / count)
        t = search(threats.reach, threats.first[cell], threats.first[cell + 1], u)
        assert (found["cell"][j], found["threat"][j]) == (cell, t)
        assert tuple(found["shift"][j]) == shift[1:3]
        np.testing.assert_array_equal(found["row"][j], threats.drawn.row[t])
        low, width = threats.edges[t, 0::2], np.diff(threats.edges[t])[0::2]
        azimuth = low[0] + w_azimuth * width[0]
        speed = low[2] + w_speed * width[2]
        if threats.side[t] != 0:
            azimuth = threats.side[t] * np.arccos(speed / threats.coupling[t])
        np.testing.assert_allclose(
            found["flight"][j], [speed, azimuth, low[1] + w_sine * width[1]], rtol=1e-14
        )


def test_pieces_of_any_length_give_the_same_bits(seed):
    rng = np.random.default_rng(seed)
    threats = cells_of_threats(rng, [3, 20, 1])
    reach, key = proposal_of(rng, 3), make_key(seed)
    whole = drawn_in_pieces(threats, reach, key, 9, 7, 4, BATCH)
    for room in (1, 2, 5, 27):
        pieces = drawn_in_pieces(threats, reach, key, 9, 7, 4, room)
        for name in FIELDS:
            np.testing.assert_array_equal(pieces[name], whole[name], err_msg=name)


def test_search_inside_a_range_leaves_the_rest_alone():
    reach = np.array([0.5, 1.0, 0.25, 0.5, 1.0, 1.0])
    assert [search(reach, 0, 2, u) for u in (0.0, 0.49, 0.5, 0.999)] == [0, 0, 1, 1]
    assert [search(reach, 2, 5, u) for u in (0.1, 0.25, 0.4, 0.5, 0.9)] == [
        2,
        3,
        3,
        4,
        4,
    ]
    assert search(reach, 5, 6, 0.7) == 5
