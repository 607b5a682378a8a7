"""Hole sizes as they are reported: errors, rounding, threshold; u values of a set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mmod.errors import bad
from mmod.forensics.prediction import SizeTable

FloatArray = NDArray[np.float64]

_AVERAGE = (np.arange(15) + 0.5) / 15.0
_DRAWS = 200
"""Attempts, in sets, to draw a size above the threshold."""


@dataclass(frozen=True, eq=False)
class Reported:
    """A hole size as reported, and the distribution predicted where it was found.

    Parameters
    ----------
    label : str
        Which breach.
    size : float [m]
        Reported size, or the middle of the range.
    half_range : float [m]
        Half of the reported range; 0 for a single number.
    error : float [m]
        Standard error of the size, normal; 0 for none.
    law : SizeTable
        Predicted distribution of holes in that zone.
    """

    label: str
    size: float
    half_range: float
    error: float
    law: SizeTable


def size_statistics(
    sizes: Sequence[Reported],
    smallest: float,
    rounding: float,
    seed: int,
    simulations: int,
) -> tuple[FloatArray, FloatArray]:
    """Return the u values of a set of sizes, and those of simulated sets.

    Parameters
    ----------
    sizes : sequence of Reported, length n
        Sizes as reported, none below the threshold.
    smallest : float [m]
        Threshold of the survey; 0 for none.
    rounding : float [m]
        Step to which sizes are rounded; 0 for none.
    seed : int
        Key of the random numbers.
    simulations : int
        Sets to simulate, >= 0.

    Returns
    -------
    u : ndarray, shape (n,) [1]
        Share of the predicted holes above the threshold that are smaller, averaged
        over the error of the size.
    simulated : ndarray, shape (simulations, n) [1]
        The same of sizes drawn from the prediction, changed by a random error of the
        same kind, rounded, and drawn anew where they fall below the threshold.

    Raises
    ------
    InputError
        When (nearly) nothing above the threshold is predicted.
    """
    generator = np.random.Generator(np.random.Philox(key=seed))
    observed = np.array(
        [_u(r, np.array([r.size]), smallest, rounding)[0] for r in sizes]
    )
    simulated = np.zeros((simulations, len(sizes)))
    for k, reported in enumerate(sizes):
        drawn = _draw(reported, smallest, rounding, generator, simulations)
        simulated[:, k] = _u(reported, drawn, smallest, rounding)
    return observed, simulated


def _u(
    reported: Reported, size: FloatArray, smallest: float, rounding: float
) -> FloatArray:
    """Return the mean of the distribution function over the error of each size."""
    from scipy.special import ndtri

    law = reported.law
    half = reported.half_range or 0.5 * rounding
    offset = (2.0 * _AVERAGE - 1.0) * half
    if reported.error > 0.0:
        offset = ndtri(_AVERAGE) * reported.error
    least = float(law.below(smallest)) if smallest > 0.0 else 0.0
    if least > 1.0 - 1e-9:
        expected = f"a prediction with holes above the threshold {smallest:g} m"
        raise bad(reported.label, "size", size[0], expected)
    inside = law.below(np.maximum(size[:, None] + offset[None, :], smallest))
    u = (inside.mean(axis=1) - least) / (1.0 - least)
    return np.asarray(np.clip(u, 0.0, 1.0))


def _draw(
    reported: Reported,
    smallest: float,
    rounding: float,
    generator: np.random.Generator,
    count: int,
) -> FloatArray:
    """Draw sizes, give each an error, round, and keep those above the threshold."""
    kept = np.zeros(0)
    for _ in range(_DRAWS):
        if len(kept) >= count:
            break
        size = reported.law.quantile(generator.random(count))
        size = size + reported.half_range * (2.0 * generator.random(count) - 1.0)
        size = size + reported.error * generator.standard_normal(count)
        if rounding > 0.0:
            size = rounding * np.rint(size / rounding)
        kept = np.concatenate([kept, size[(size >= smallest) & (size > 0.0)]])
    if len(kept) < count:
        expected = "a threshold that leaves at least 1 of 200 predicted holes"
        raise bad(reported.label, "complete_above_mm", smallest, expected)
    return kept[:count]


__all__ = ["Reported", "size_statistics"]
