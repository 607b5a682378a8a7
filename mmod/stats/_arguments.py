"""Checks of arguments that the intervals and the tests share."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmod.errors import bad


def check_level(name: str, value: float) -> float:
    """Return a probability strictly inside (0, 1), or raise `InputError`."""
    level = float(value)
    if not 0.0 < level < 1.0:
        raise bad("mmod.stats", name, value, "a number inside (0, 1)")
    return level


def finite(
    name: str,
    value: ArrayLike,
    *,
    lowest: float = -np.inf,
    highest: float = np.inf,
    whole: bool = False,
) -> NDArray[np.float64]:
    """Return finite numbers inside [lowest, highest] as float64, or raise."""
    array = np.asarray(value, dtype=np.float64)
    wrong = ~np.isfinite(array) | (array < lowest) | (array > highest)
    if whole:
        wrong |= array != np.floor(array)
    if np.any(wrong):
        kind = "whole numbers" if whole else "finite numbers"
        limits = f" >= {lowest:g}" if np.isfinite(lowest) else ""
        limits += f" <= {highest:g}" if np.isfinite(highest) else ""
        raise bad("mmod.stats", name, float(array[wrong].flat[0]), kind + limits)
    return array
