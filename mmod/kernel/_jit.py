"""All Numba options in one place.

``fastmath`` stays off: equal bits on every worker and honest NaN. Compiled code is
kept on disk, so that every process but the first is spared the compilation. No
explicit signatures, so that importing the package compiles nothing.

Numba keys its files by the source file of the compiled function alone, while our
kernels are inlined into each other over several files: code kept before a change of
another file would be used after it, and give wrong numbers without a word. Our files
are therefore keyed by all kernel sources together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])

_njit: Any = numba.njit  # `_nrt` is not in its annotations
_OPTIONS: dict[str, Any] = {
    "error_model": "numpy",
    "fastmath": False,
    "nogil": True,
}


_HERE = Path(__file__).parent


@cache
def source_digest(folder: Path = _HERE) -> str:
    """Return a digest of the sources of all kernels, and of another folder's."""
    digest = hashlib.sha256()
    for place in dict.fromkeys((_HERE, folder)):
        for path in sorted(place.glob("*.py")):
            digest.update(path.name.encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _kept(dispatcher: Any) -> Any:
    """Keep compiled code on disk, keyed by the sources that it may come from."""
    if not hasattr(dispatcher, "enable_caching"):
        return dispatcher  # compilation is switched off: a plain function
    from numba.core import caching

    files: Any = caching  # not annotated
    try:
        kept = files.FunctionCache(dispatcher.py_func)
    except RuntimeError:
        return dispatcher  # nowhere to write: every process compiles for itself
    key = source_digest(Path(dispatcher.py_func.__code__.co_filename).parent)
    kept._cache_file = files.IndexDataCacheFile(
        cache_path=kept._cache_path,
        filename_base=f"{kept._impl.filename_base}-{key[:16]}",
        source_stamp=key,
    )
    dispatcher._cache = kept
    return dispatcher


def jit(function: F) -> F:
    """Compile a kernel function (no Python objects, no global state)."""
    return cast(F, _kept(_njit(**_OPTIONS)(function)))


def leaf(function: F) -> F:
    """Compile a hot kernel function that allocates nothing.

    Without Numba's run time no reference is counted: arrays taken out of a named tuple
    would otherwise cost two atomic operations each, more than the ray itself.
    """
    return cast(F, _kept(_njit(_nrt=False, **_OPTIONS)(function)))


def inlined(function: F) -> F:
    """Compile a `leaf` function into its callers.

    A call would copy every array of a named tuple to the stack, some ninety words.
    """
    return cast(F, _kept(_njit(_nrt=False, forceinline=True, **_OPTIONS)(function)))
