"""Micrometeoroid and orbital debris impact risk, panel by panel.

A run puts a vehicle with its shields into an environment for an exposure and returns,
for every panel and zone, the expected number and probability of impacts and
penetrations with their uncertainty, as an `xarray.DataTree`.

Examples
--------
>>> import mmod
>>> config = mmod.load_run("plate")            # a name in the library, or a path
>>> plan = mmod.check(config)                  # doctest: +SKIP
>>> results = mmod.run(config)                 # doctest: +SKIP
>>> results.mmod.zones()                       # doctest: +SKIP
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

    from mmod.config.load import load_run
    from mmod.engine.run import check, run
    from mmod.errors import CheckError, InputError, MmodError
    from mmod.flux import load_flux
    from mmod.geometry.vehicle import load_vehicle
    from mmod.results.io import open_results, save
    from mmod.results.merge import merge
    from mmod.shields import load_shield

__version__ = "0.1.0"

_PUBLIC = {
    "CheckError": "mmod.errors",
    "InputError": "mmod.errors",
    "MmodError": "mmod.errors",
    "check": "mmod.engine.run",
    "load_flux": "mmod.flux",
    "load_run": "mmod.config.load",
    "load_shield": "mmod.shields",
    "load_vehicle": "mmod.geometry.vehicle",
    "merge": "mmod.results.merge",
    "open_results": "mmod.results.io",
    "run": "mmod.engine.run",
    "save": "mmod.results.io",
}

__all__ = [
    "CheckError",
    "InputError",
    "MmodError",
    "__version__",
    "check",
    "load_flux",
    "load_run",
    "load_shield",
    "load_vehicle",
    "merge",
    "open_results",
    "run",
    "save",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used (PEP 562)."""
    module = _PUBLIC.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(module), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted(__all__)


class _AccessorOnImport:
    """Register ``tree.mmod`` once xarray is imported, and not import it before.

    A result file opened with plain xarray has the accessor after ``import mmod``, in
    whichever order the two are imported, while ``import mmod`` alone stays light.
    """

    _ACCESSOR = "mmod.results.accessor"

    @classmethod
    def install(cls) -> None:
        """Register now if xarray is there, else when it comes."""
        if "xarray" in sys.modules:
            importlib.import_module(cls._ACCESSOR)
        elif not any(isinstance(finder, cls) for finder in sys.meta_path):
            sys.meta_path.insert(0, cls())

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None = None,  # noqa: ARG002
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        """Let the other finders find xarray, then have its loader register."""
        if name != "xarray":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def load_and_register(module: ModuleType) -> None:
                load(module)
                importlib.import_module(self._ACCESSOR)

            spec.loader.exec_module = load_and_register  # type: ignore[method-assign]
        return spec


_AccessorOnImport.install()
