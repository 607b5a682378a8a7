"""Names, units and limits of the project's own threat table files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mmod.errors import InputError, Problem, bad

NAME = "mmod-threat-table"
VERSION = "1.1"
READABLE = ("1.0", "1.1")
"""1.1 added the optional `log_stderr`."""
WANTED = f"a threat table of mmod, format version {VERSION}"
MAX_THREATS = 4_000_000
MAX_TEXT = 50_000
MAX_NODES = 20_000_000
"""Most size curves times diameters."""

UNITS = {
    "azimuth_lower": "rad",
    "azimuth_upper": "rad",
    "sin_elevation_lower": "1",
    "sin_elevation_upper": "1",
    "speed_lower": "m s-1",
    "speed_upper": "m s-1",
    "weight": "1",
    "diameter": "m",
    "flux": "m-2 s-1",
    "density": "kg m-3",
}
"""Variables with a unit; the file must state the same."""
OPTIONAL_UNITS = {"log_stderr": "1"}
"""The same for variables that need not be there."""
INTEGERS: Mapping[str, np.dtype[Any]] = {
    "size_curve_index": np.dtype(np.int32),
    "population": np.dtype(np.int32),
    "side": np.dtype(np.int8),
}
THREAT = (*(n for n in UNITS if n.endswith(("_lower", "_upper"))), "weight")
"""Variables over the bins, in the order of the CSV."""
_PLACES = {
    **dict.fromkeys([*THREAT, *INTEGERS], ("threat",)),
    "flux": ("size_curve", "diameter"),
    "density": ("size_curve", "diameter"),
    "diameter": ("diameter",),
    "log_stderr": ("diameter",),
}
_ALLOWED = (("threat",), ("size_curve", "diameter"))
_ATTRIBUTES: Mapping[str, tuple[type, ...]] = {
    "model": (str,),
    "kind": (str,),
    "area_convention": (str,),
    "flags": (str,),
    "coupled": (int, np.integer),
    "altitude": (float, int, np.floating, np.integer),
    "inclination": (float, int, np.floating, np.integer),
    "epoch": (float, int, np.floating, np.integer),
    "table_min_diameter": (float, int, np.floating, np.integer),
    "table_max_diameter": (float, int, np.floating, np.integer),
    "coupling_speed": (float, int, np.floating, np.integer),
}


def dims_problem(name: str, dims: tuple[Any, ...], kind: str) -> str:
    """Return what is wrong with a variable; an empty string when nothing is."""
    if kind not in "fiu":
        return f"type {kind}"
    if name in _PLACES:
        return "" if tuple(dims) == _PLACES[name] else f"over {', '.join(dims)}"
    return "" if tuple(dims) in _ALLOWED else f"over {', '.join(dims) or 'nothing'}"


def is_plain(value: object) -> bool:
    """Return whether an attribute is text, a number or NaN (not known)."""
    if isinstance(value, str):
        return "\0" not in value and len(value) <= MAX_TEXT
    if isinstance(value, float | np.floating):
        return not np.isinf(value)
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        return False
    return -(2**63) <= int(value) < 2**63


def check_header(source: str, attrs: Mapping[str, Any]) -> None:
    """Refuse another format, an unknown version and attributes of a wrong kind.

    Parameters
    ----------
    source : str
        The file.
    attrs : mapping
        Global attributes.

    Raises
    ------
    InputError
        With everything that is wrong.
    """
    if attrs.get("mmod_format") != NAME:
        raise bad(source, "mmod_format", attrs.get("mmod_format", "missing"), WANTED)
    version = str(attrs.get("mmod_format_version", "missing"))
    if version not in READABLE:
        raise bad(
            source,
            "mmod_format_version",
            version,
            f"{' or '.join(READABLE)}, which this program reads; a newer file needs a"
            " newer mmod",
        )
    problems = []
    for key, kinds in _ATTRIBUTES.items():
        value = attrs.get(key)
        missing = value is None and key != "coupling_speed"
        if missing or (value is not None and not isinstance(value, kinds)):
            shown = "missing" if value is None else value
            kind = "text" if kinds == (str,) else "a number"
            problems.append(Problem(source, f"attrs.{key}", shown, kind))
    if not problems:
        if attrs["coupled"] not in {0, 1}:
            problems.append(Problem(source, "attrs.coupled", attrs["coupled"], "0, 1"))
        if attrs["kind"] not in {"debris", "meteoroid"}:
            expected = "debris or meteoroid"
            problems.append(Problem(source, "attrs.kind", attrs["kind"], expected))
    if problems:
        raise InputError(problems)
