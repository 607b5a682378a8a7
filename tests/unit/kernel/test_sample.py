"""Proposal over the cells: true bounds, nothing out of reach, right shares."""

from __future__ import annotations

import numpy as np
import pytest
from kernel_helpers import PLAIN, Bin, directions, flat_tables, size, threats_of, unit
from statistics_helpers import assert_counts

from mmod.kernel.draw import search
from mmod.kernel.sample import (
    IMPACT_SHARE,
    MODEL_SHARE,
    RISK_SHARE,
    cosine_bound,
    fill_proposal,
    spread,
)

PATCHES = size(400, 60)
_GRID = np.linspace(0.0, 1.0, 201)


def random_patch(rng):
    """Bounds of azimuth and sin(elevation); now and then of no width, or all around."""
    az0 = rng.uniform(-np.pi, np.pi)
    az1 = az0 + rng.choice([0.0, 1e-6, 0.1, 1.0, 3.0, 2.0 * np.pi]) * rng.random()
    s0, s1 = np.sort(rng.uniform(-1.0, 1.0, 2))
    match rng.integers(0, 6):
        case 0:
            s1 = s0
        case 1:
            s0 = -1.0
        case 2:
            s1 = 1.0
        case 3:
            s0, s1 = -0.0, 0.0
    return float(az0), float(az1), float(s0), float(s1)


def patch_directions(patch, u=_GRID):
    """All directions of a fine grid on the patch, its edges included."""
    az0, az1, s0, s1 = patch
    az = (az0 + u * (az1 - az0))[:, None]
    low, high = np.arcsin([s0, s1])
    s = np.clip(np.sin(low + u * (high - low)), s0, s1)[None, :]
    flat = np.sqrt(1.0 - s * s)
    return np.stack(
        [flat * np.cos(az), flat * np.sin(az), np.broadcast_to(s, (len(u), len(u)))],
        axis=-1,
    ).reshape(-1, 3)


def normals(rng, n):
    """General normals, and those along the axes (a patch may hold their very pole)."""
    found = directions(rng, n)
    axes = np.vstack([np.eye(3), -np.eye(3)])
    found[: len(axes)] = axes
    return found


def worst_gap(bound, seed):
    """Largest shortfall, and largest excess, of a bound over dense samples."""
    rng = np.random.default_rng(seed)
    short, excess = -np.inf, -np.inf
    for normal in normals(rng, PATCHES):
        patch = random_patch(rng)
        top = float((patch_directions(patch) @ normal).max())
        found = bound(*normal, *patch)
        assert -1.0 <= found <= 1.0
        short, excess = max(short, top - found), max(excess, found - top)
    return short, excess


def test_cosine_bound_is_true_and_attained(seed):
    short, excess = worst_gap(cosine_bound, seed)
    # Steps of up to pi / 100 rad: a maximum between two of them stands out by 2e-4.
    assert short < 1e-12
    assert excess < 3e-4


def test_a_bound_from_the_corners_alone_is_seen_to_be_false(seed):
    def corners(nx, ny, nz, az0, az1, s0, s1):
        return max(
            float(d @ (nx, ny, nz))
            for d in patch_directions((az0, az1, s0, s1), np.array([0.0, 1.0]))
        )

    short, _ = worst_gap(corners, seed)
    assert short > 0.01


@pytest.mark.parametrize(
    ("normal", "patch", "expected"),
    [
        ((1, 0, 0), (-0.1, 0.2, -0.1, 0.3), 1.0),
        ((0, 0, 1), (-3.0, 3.0, 0.2, 0.7), 0.7),
        ((0, 0, -1), (-3.0, 3.0, 0.2, 0.7), -0.2),
        ((-1, 0, 0), (3.0, 3.5, 0.0, 0.0), 1.0),  # across the cut at pi
        ((-1, 0, 0), (-0.5, 0.5, 0.0, 0.0), -np.cos(0.5)),
        ((0, 1, 0), (0.0, 0.0, 0.0, 0.0), 0.0),
        ((0, 0.6, 0.8), (0.0, np.pi, -1.0, 1.0), 1.0),
        ((0, -0.6, 0.8), (0.0, np.pi, 0.0, 0.5), 0.8 * 0.5),
    ],
)
def test_cosine_bound_by_hand(normal, patch, expected):
    assert cosine_bound(*map(float, normal), *map(float, patch)) == pytest.approx(
        expected, abs=1e-12
    )


def test_spread_is_true_and_attained(seed):
    rng = np.random.default_rng(seed)
    patches = [random_patch(rng) for _ in range(PATCHES)]
    middle = directions(rng, PATCHES)
    wide = 0
    for j, patch in enumerate(patches):
        inside = patch_directions(patch)
        if j % 2:
            middle[j] = unit(inside[rng.integers(len(inside))])
        nearest = (inside @ middle[j]).min()
        found = spread(middle[j : j + 1], np.array([patch]))[0]
        if nearest < 1e-12:
            wide += 1
            assert found == 2.0 or (nearest > -1e-12 and found > 1.0 - 1e-12)
        elif found < 2.0:
            across = np.sqrt(max(1.0 - nearest**2, 0.0))
            # The sine of a small angle is what is left of 1 - cosine**2: 1e-8.
            assert across - 3e-8 < found < across + 3e-4 / max(nearest, 0.02) + 3e-4
        else:
            assert nearest < 3e-4
    assert 0 < wide < PATCHES


def many_bins(rng, n, models):
    """Bins over the whole sphere; a quarter of the models has no flux in a bin."""
    found = []
    for _ in range(n):
        az0, az1, s0, s1 = random_patch(rng)
        az1 = min(az1, az0 + 0.6)
        s1 = min(s1, s0 + 0.4)
        v0 = rng.uniform(2e3, 4e4)
        weight = rng.exponential(size=models) * (rng.random(models) < 0.75)
        if weight.sum() == 0.0:
            weight[0] = 1.0
        found.append(Bin((az0, az1), (s0, s1), (v0, v0 * 1.1), tuple(weight)))
    return found


def proposal(threats, tables, in_total, normal, slack=0.0, shield=0, two_sided=0):
    models, cells = threats.cell_weight.shape
    room = np.zeros((models, 2, cells)), np.zeros((models, 2))
    chance, reach = np.zeros(cells), np.zeros(cells)
    free = np.full((models, tables.impact.shape[2] + 1), np.nan)
    mass = fill_proposal(
        threats,
        tables,
        np.asarray(in_total, dtype=np.int64),
        shield,
        two_sided,
        *map(float, normal),
        slack,
        *room,
        chance,
        reach,
        free,
    )
    return mass, chance, reach, free


def mixture(threats, flux, in_total, normal, slack=0.0, two_sided=0):
    """The proposal from its description, in whole arrays."""
    models, cells = threats.cell_weight.shape
    bound = np.array([cosine_bound(*map(float, normal), *p) for p in threats.patch])
    if two_sided:
        other = [cosine_bound(*(-np.asarray(normal, float)), *p) for p in threats.patch]
        bound = np.maximum(bound, other)
    bound = np.minimum(bound + slack, 1.0)
    middle = threats.cell_direction @ np.asarray(normal, float)
    if two_sided:
        middle = np.abs(middle)
    cosine = np.where(
        bound > 0.0, np.maximum(np.minimum(middle, 1.0), 0.35 * bound), 0.0
    )
    hits = cosine * threats.cell_weight
    risk = hits * np.asarray(flux)[:, None]
    g = np.zeros(cells)
    counted = np.asarray(in_total, bool)
    if risk[counted].sum() > 0.0:
        g += RISK_SHARE * risk[counted].sum(axis=0) / risk[counted].sum()
    for e in range(models):
        for part, share in ((risk[e], MODEL_SHARE), (hits[e], IMPACT_SHARE)):
            if part.sum() > 0.0:
                g += share / models * part / part.sum()
    return (g / g.sum() if g.sum() > 0.0 else g), hits, risk


CASES = {
    "one model": ((1,), 0.0, 0, 0),
    "three models, one beside the total": ((1, 0, 1), 0.0, 0, 0),
    "a group of normals": ((1, 1), 0.1, 0, 0),
    "two-sided": ((1, 0), 0.0, 0, 1),
    "two-sided group": ((1, 0), 0.05, 0, 1),
    "shield none": ((1, 1), 0.02, 1, 0),
    "nothing in the total": ((0, 0), 0.0, 0, 0),
}


@pytest.mark.parametrize("name", list(CASES))
def test_proposal_is_the_mixture_that_is_described(name, seed):
    in_total, slack, shield, two_sided = CASES[name]
    rng = np.random.default_rng(seed)
    models = len(in_total)
    threats = threats_of(many_bins(rng, size(300, 40), models))
    flux = np.array([3e-9, 5e-11, 2e-10][:models])
    tables = flat_tables(flux, [[1e-6]] * models)
    for normal in normals(rng, size(20, 7)):
        mass, chance, reach, free = proposal(
            threats, tables, in_total, normal, slack, shield, two_sided
        )
        seen = np.zeros(models) if shield == 1 else flux
        expected, hits, risk = mixture(
            threats, seen, in_total, normal, slack, two_sided
        )
        assert mass > 0.0
        assert np.allclose(chance, expected, rtol=1e-10, atol=1e-18)
        assert chance.sum() == pytest.approx(1.0, abs=1e-12)
        assert (np.diff(reach) >= 0.0).all()
        assert reach[-1] == 1.0
        assert np.allclose(reach, np.cumsum(chance), atol=1e-12)
        # The free number by the cells alone: impacts, then penetrations.
        assert np.allclose(free[:, 0], 1e-6 * hits.sum(axis=1), rtol=1e-10)
        assert np.allclose(free[:, 1], risk.sum(axis=1), rtol=1e-10)


def test_what_any_member_of_a_group_can_see_can_be_drawn(seed):
    rng = np.random.default_rng(seed)
    threats = threats_of(many_bins(rng, size(200, 40), 1))
    tables = flat_tables([1e-9], [[1e-6]])
    grid = [patch_directions(p, np.linspace(0, 1, 21)) for p in threats.patch]
    grazing = 0
    for normal in normals(rng, size(25, 8)):
        slack = float(rng.choice([0.0, 0.01, 0.2]))
        _, chance, _, _ = proposal(threats, tables, [1], normal, slack)
        across = unit(np.cross(normal, rng.normal(size=(8, 3))))
        angle = np.arcsin(slack)
        members = np.cos(angle) * normal + np.sin(angle) * across
        for j, d in enumerate(grid):
            best = float((d @ np.vstack([normal, members]).T).max())
            if best > 1e-9:
                assert chance[j] > 0.0
                own = float((d @ normal).max())
                grazing += own < 0.02
            bound = cosine_bound(*normal, *threats.patch[j])
            if bound + slack < 0.0:
                assert chance[j] == 0.0
    assert grazing > 20  # cells that only just can be seen were among them


def test_ratio_of_contribution_and_chance_has_a_bound(seed):
    # A weight without bound is what ruins an importance sampler near grazing.
    rng = np.random.default_rng(seed)
    threats = threats_of(many_bins(rng, size(200, 40), 1))
    tables = flat_tables([1e-9], [[1e-6]])
    for normal in normals(rng, size(25, 8)):
        _, chance, _, _ = proposal(threats, tables, [1], normal)
        best = np.array(
            [
                max((patch_directions(p, np.linspace(0, 1, 41)) @ normal).max(), 0.0)
                for p in threats.patch
            ]
        )
        contribution = threats.cell_weight[0] * best
        reachable = contribution > 1e-12
        ratio = contribution[reachable] / chance[reachable]
        assert ratio.max() <= contribution.sum() / 0.35 * (1.0 + 1e-9)


def test_nothing_to_see_gives_no_mass():
    below = threats_of([Bin((-1.0, 1.0), (-0.9, -0.5), (1e4, 1e4))])
    tables = flat_tables([1e-9], [[1e-6]])
    mass, chance, reach, free = proposal(below, tables, [1], (0.0, 0.0, 1.0))
    assert mass == 0.0
    assert (chance == 0.0).all()
    assert (reach == 0.0).all()
    assert (free == 0.0).all()
    assert proposal(below, tables, [1], (0.0, 0.0, 1.0), two_sided=1)[0] > 0.0


def test_drawn_cells_follow_their_chance(seed, tmp_path):
    # Systematic draws over all cells: counts deviate by less than one from n * chance.
    rng = np.random.default_rng(seed)
    threats = threats_of(many_bins(rng, 60, 2))
    tables = flat_tables([1e-9, 3e-9], [[1e-6]] * 2)
    _, chance, reach, _ = proposal(
        threats, tables, [1, 1], unit(np.array([1.0, 0.4, -0.2]))
    )
    n = size(20_000, 2000)
    shift = rng.random()
    even = [search(reach, 0, len(reach), (k + shift) / n) for k in range(n)]
    counts = np.bincount(even, minlength=len(chance))
    assert np.abs(counts - n * chance).max() <= 1.0 + 1e-6 * n
    assert (counts[chance == 0.0] == 0).all()
    loose = [search(reach, 0, len(reach), float(u)) for u in rng.random(n)]
    counts = np.bincount(loose, minlength=len(chance))
    assert_counts(counts, n * chance, detects=1.0 if PLAIN else 0.15, dump=tmp_path)
