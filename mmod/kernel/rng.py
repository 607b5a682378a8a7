"""Counter-based random numbers: Philox4x32-10.

A random number is a pure function of (seed, stream, face, replicate, sample, block),
so that results never depend on workers, threads, chunks or order.

References
----------
.. [1] J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as
   easy as 1, 2, 3", SC11 (2011), doi:10.1145/2063384.2063405.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mmod.kernel._jit import inlined

_MASK = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)
_M0 = np.uint64(0xD2511F53)
_M1 = np.uint64(0xCD9E8D57)
_W0 = np.uint64(0x9E3779B9)
_W1 = np.uint64(0xBB67AE85)
_TO_UNIT = 2.0**-32

# Blocks of four words that one sample may draw: the names of the last counter word.
BLOCK_CELL = 0
BLOCK_BIN = 1
BLOCK_EVENT = 2
BLOCK_SHIFT = 3

# Streams: what the numbers are for (low bits of the stream word).
STREAM_PILOT = 0
STREAM_MAIN = 1
STREAM_VISIBILITY = 2
STREAM_FORWARD = 3
STREAM_EVENTS = 4
STREAM_CHECKS = 5


@inlined
def philox4x32(
    c0: np.uint64,
    c1: np.uint64,
    c2: np.uint64,
    c3: np.uint64,
    k0: np.uint64,
    k1: np.uint64,
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Return one block of four 32-bit words (ten rounds).

    Parameters
    ----------
    c0, c1, c2, c3 : uint64 below 2**32
        Counter.
    k0, k1 : uint64 below 2**32
        Key.

    Returns
    -------
    tuple of four uint64 below 2**32

    References
    ----------
    See the module; constants of table 2 there.
    """
    for _ in range(10):
        p0 = _M0 * c0
        p1 = _M1 * c2
        c0, c1, c2, c3 = (
            (p1 >> _SHIFT) ^ c1 ^ k0,
            p1 & _MASK,
            (p0 >> _SHIFT) ^ c3 ^ k1,
            p0 & _MASK,
        )
        k0 = (k0 + _W0) & _MASK
        k1 = (k1 + _W1) & _MASK
    return c0, c1, c2, c3


@inlined
def uniforms(
    key: NDArray[np.uint64], face: int, replicate: int, sample: int, block: int
) -> tuple[float, float, float, float]:
    """Return four uniform numbers in the open interval (0, 1).

    Parameters
    ----------
    key : ndarray of uint64, shape (2,)
        From `make_key`.
    face, replicate, sample, block : int
        The counter: which history the numbers belong to.

    Returns
    -------
    tuple of four float
        Multiples of 2**-32 plus 2**-33: never 0, never 1.
    """
    w0, w1, w2, w3 = philox4x32(
        np.uint64(face),
        np.uint64(replicate),
        np.uint64(sample),
        np.uint64(block),
        key[0],
        key[1],
    )
    return (
        (np.float64(w0) + 0.5) * _TO_UNIT,
        (np.float64(w1) + 0.5) * _TO_UNIT,
        (np.float64(w2) + 0.5) * _TO_UNIT,
        (np.float64(w3) + 0.5) * _TO_UNIT,
    )


def make_key(seed: int, *stream: int) -> NDArray[np.uint64]:
    """Return the Philox key of a stream of a run.

    Parameters
    ----------
    seed : int
        The run's seed, 0 <= seed < 2**64.
    *stream : int
        Names of the stream: purpose, phase, round ...

    Returns
    -------
    ndarray of uint64, shape (2,)
        Two 32-bit words, each a full mix (SplitMix64 finaliser) of all arguments.

    Raises
    ------
    ValueError
        When an argument is negative or does not fit into 64 bits.
    """
    state = 0x6D6D6F64  # "mmod"
    for word in (seed, *stream):
        if not 0 <= word < 2**64:
            raise ValueError(f"seed and stream words must be in [0, 2**64), not {word}")
        state = _mix64(state ^ _mix64(word))
    return np.array([state & 0xFFFFFFFF, state >> 32], dtype=np.uint64)


def _mix64(x: int) -> int:
    x = (x + 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
    return x ^ (x >> 31)
