"""Philox4x32-10: published answers, uniformity, independence of neighbours, keys."""

from __future__ import annotations

import numpy as np
import pytest
from kernel_helpers import PLAIN, size
from statistics_helpers import assert_counts, assert_mean

from mmod.kernel import rng
from mmod.kernel._jit import jit

# Known answers of the Random123 distribution (kat_vectors, philox 4x32 10).
PI = ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0")
KNOWN = [
    ("0 0 0 0", "0 0", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    (
        "ffffffff ffffffff ffffffff ffffffff",
        "ffffffff ffffffff",
        "408f276d 41c83b0e a20bc7c6 6d5451fd",
    ),
    (*PI, "d16cfe09 94fdcceb 5001e420 24126ea1"),
]


def words(text: str) -> list[np.uint64]:
    return [np.uint64(int(w, 16)) for w in text.split()]


@jit
def draw_over(key, face, replicate, sample, block, which, count):
    """Four uniforms of ``count`` neighbours along one word of the counter."""
    out = np.zeros((count, 4))
    for i in range(count):
        out[i] = rng.uniforms(
            key,
            face + (i if which == 0 else 0),
            replicate + (i if which == 1 else 0),
            sample + (i if which == 2 else 0),
            block + (i if which == 3 else 0),
        )
    return out


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN)
def test_known_answers(counter, key, answer):
    found = rng.philox4x32(*words(counter), *words(key))
    assert [int(w) for w in found] == [int(w) for w in words(answer)]


def test_known_answers_see_one_wrong_bit():
    counter, key = words(PI[0]), words(PI[1])
    counter[2] ^= np.uint64(1)
    found = rng.philox4x32(*counter, *key)
    assert [int(w) for w in found] != [int(w) for w in words(KNOWN[2][2])]


def philox_of_the_paper(counter: list[int], key: list[int]) -> list[int]:
    """Ten rounds in unbounded integers, written from the definition."""
    left0, right0, left1, right1 = counter[1], counter[0], counter[3], counter[2]
    k0, k1 = key
    for _ in range(10):
        high0, low0 = divmod(right0 * 0xD2511F53, 2**32)
        high1, low1 = divmod(right1 * 0xCD9E8D57, 2**32)
        right0, left0, right1, left1 = (
            high1 ^ left0 ^ k0,
            low1,
            high0 ^ left1 ^ k1,
            low0,
        )
        k0, k1 = (k0 + 0x9E3779B9) % 2**32, (k1 + 0xBB67AE85) % 2**32
    return [right0, left0, right1, left1]


def test_matches_unbounded_integers_over_random_counters(seed):
    draw = np.random.default_rng(seed)
    for row in draw.integers(0, 2**32, size=(size(2000, 100), 6), dtype=np.uint64):
        expected = philox_of_the_paper(
            [int(w) for w in row[:4]], [int(w) for w in row[4:]]
        )
        assert [int(w) for w in rng.philox4x32(*row)] == expected


def test_uniforms_stay_inside_the_open_interval():
    lowest, highest = (np.float64(w) for w in (0, 2**32 - 1))
    assert (lowest + 0.5) * 2.0**-32 > 0.0
    assert (highest + 0.5) * 2.0**-32 < 1.0
    found = draw_over(rng.make_key(1), 0, 0, 0, 0, 2, size(200_000, 500))
    assert found.min() > 0.0
    assert found.max() < 1.0


def test_uniforms_use_all_words_of_the_counter_and_of_the_key():
    key = rng.make_key(3, 1)
    base = rng.uniforms(key, 5, 6, 7, 8)
    assert base == rng.uniforms(key, 5, 6, 7, 8)
    others = [
        rng.uniforms(key, 4, 6, 7, 8),
        rng.uniforms(key, 5, 5, 7, 8),
        rng.uniforms(key, 5, 6, 6, 8),
        rng.uniforms(key, 5, 6, 7, 7),
        rng.uniforms(key[::-1].copy(), 5, 6, 7, 8),
    ]
    assert len({base, *others}) == 6
    assert base == tuple(
        (w + 0.5) / 2**32
        for w in philox_of_the_paper([5, 6, 7, 8], [int(k) for k in key])
    )


@pytest.mark.skipif(PLAIN, reason="a million draws need the compiled kernel")
@pytest.mark.parametrize("which", [0, 1, 2, 3])
def test_neighbouring_counters_are_uniform_and_independent(which, seed, tmp_path):
    # Each test: false alarm 1e-6 (the helpers' default for one table).
    count, side = 400_000, 16
    key = rng.make_key(seed, rng.STREAM_CHECKS, which)
    u = draw_over(key, 11, 2, 40, 0, which, count)
    even = np.full(256, 4 * count / 256)
    single = np.bincount((u * 256).astype(int).ravel(), minlength=256)
    assert_counts(single, even, detects=0.04, dump=tmp_path, label="uniform")
    cell = (u * side).astype(int)
    flat = np.full(side * side, count / side**2)
    for i in range(4):
        for j in range(i + 1, 4):
            pairs = np.bincount(cell[:, i] * side + cell[:, j], minlength=side**2)
            assert_counts(pairs, flat, detects=0.05, dump=tmp_path, label=f"{i}{j}")
        follow = np.bincount(cell[:-1, i] * side + cell[1:, i], minlength=side**2)
        lag = np.full(side * side, (count - 1) / side**2)
        assert_counts(follow, lag, detects=0.05, dump=tmp_path, label=f"lag of {i}")
    # The lag correlation has standard error 1/sqrt(n) on a scale of 1.
    z = (u[:-1] - 0.5) * (u[1:] - 0.5) * 12.0
    assert_mean(1.0 + z.mean(), z.std() / np.sqrt(z.size), 1.0, detects=0.01)


@pytest.mark.skipif(PLAIN, reason="a million draws need the compiled kernel")
def test_a_weak_counter_fails_the_same_tests(seed):
    count, side = 400_000, 16
    low = (np.arange(count) * 0x9E3779B9 + seed) % 2**32 / 2**32  # a lattice
    cell = (low * side).astype(int)
    follow = np.bincount(cell[:-1] * side + cell[1:], minlength=side**2)
    with pytest.raises(AssertionError):
        assert_counts(follow, np.full(side**2, (count - 1) / side**2), detects=0.05)


def test_keys_are_distinct_and_repeatable():
    seen = {}
    for seed in (0, 1, 2, 2**32, 2**64 - 1, 20180830):
        for stream in ((), (0,), (1,), (0, 0), (0, 1), (1, 0), (0, 0, 0), (5, 1, 2)):
            key = rng.make_key(seed, *stream)
            assert key.dtype == np.uint64
            assert key.shape == (2,)
            assert (key < 2**32).all()
            assert (key == rng.make_key(seed, *stream)).all()
            seen[seed, stream] = tuple(key.tolist())
    assert len(set(seen.values())) == len(seen)


def test_keys_of_many_streams_do_not_collide():
    # 40,000 keys of 64 bits: 4e-11 chance that two agree.
    keys = {
        tuple(rng.make_key(s, p, r).tolist())
        for s in range(20)
        for p in range(40)
        for r in range(50)
    }
    assert len(keys) == 40_000


def test_every_bit_of_the_seed_reaches_the_key():
    base = rng.make_key(0, 1)
    flips = [rng.make_key(1 << bit, 1) ^ base for bit in range(64)]
    changed = np.array(
        [[(int(w) >> k) & 1 for w in f for k in range(32)] for f in flips]
    )
    # Half of the 64 bits on average: 64 * 64 coins, 5 sigma.
    assert abs(changed.mean() - 0.5) < 5 * 0.5 / np.sqrt(changed.size)
    assert changed.any(axis=1).all()


@pytest.mark.parametrize("words", [(-1,), (2**64,), (0, -1), (0, 1, 2**64)])
def test_keys_refuse_words_that_do_not_fit(words):
    bad = next(w for w in words if not 0 <= w < 2**64)
    with pytest.raises(ValueError, match=str(bad)):
        rng.make_key(*words)


def test_blocks_and_streams_have_names_of_their_own():
    blocks = [getattr(rng, n) for n in dir(rng) if n.startswith("BLOCK_")]
    streams = [getattr(rng, n) for n in dir(rng) if n.startswith("STREAM_")]
    assert len(set(blocks)) == len(blocks) > 0
    assert len(set(streams)) == len(streams) > 0
