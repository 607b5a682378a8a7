"""All Numba options in one place.

``fastmath`` stays off: equal bits on every worker and honest NaN. ``cache=True``
spares every process but the first the compilation. No explicit signatures, so that
importing the package compiles nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])

_njit: Any = numba.njit  # `_nrt` is not in its annotations
_OPTIONS: dict[str, Any] = {
    "cache": True,
    "error_model": "numpy",
    "fastmath": False,
    "nogil": True,
}


def jit(function: F) -> F:
    """Compile a kernel function (no Python objects, no global state)."""
    return cast(F, _njit(**_OPTIONS)(function))


def leaf(function: F) -> F:
    """Compile a hot kernel function that allocates nothing.

    Without Numba's run time no reference is counted: arrays taken out of a named tuple
    would otherwise cost two atomic operations each, more than the ray itself.
    """
    return cast(F, _njit(_nrt=False, **_OPTIONS)(function))


def inlined(function: F) -> F:
    """Compile a `leaf` function into its callers.

    A call would copy every array of a named tuple to the stack, some ninety words.
    """
    return cast(F, _njit(_nrt=False, forceinline=True, **_OPTIONS)(function))
