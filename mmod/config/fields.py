"""What a field of the run file accepts, in words, and guesses at the usual slips."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, TypeGuard

from pydantic import ValidationInfo
from pydantic_core import PydanticCustomError

from mmod.constants import EARTH_RADIUS
from mmod.units import KM

FIELD_ERROR = "mmod_field"
"""Type of the errors that this package raises inside pydantic for one value."""
CROSS_ERROR = "mmod_cross"
"""Type of the errors that concern several fields together."""

_EARTH_RADIUS_KM = EARTH_RADIUS / KM


@dataclass(frozen=True)
class Expect:
    """What a field accepts, for the reader of an error message.

    Parameters
    ----------
    text : str
        Completes the sentence "expected ...", range and unit included.
    hint : callable, optional
        Value -> a guess at what went wrong, or an empty string.
    """

    text: str
    hint: Callable[[float], str] | None = None

    def sentence(self, value: object) -> str:
        """Return the expectation, with a hint where the value suggests one."""
        guess = ""
        if isinstance(value, str):
            guess = _quoted_number(value)
        elif self.hint is not None and _is_number(value):
            guess = self.hint(float(value))
        return f"{self.text} ({guess})" if guess else self.text


def _is_number(value: object) -> TypeGuard[int | float]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value)


def _quoted_number(value: str) -> str:
    head = value.strip().split(" ")[0]
    try:
        float(head)
    except ValueError:
        pass
    else:
        return "a number without quotes or unit: the key states the unit"
    try:
        datetime.fromisoformat(value.strip())
    except ValueError:
        return ""
    return "a TOML date or date-time has no quotes"


def altitude_hint(value: float) -> str:
    """Guess metres, or a radius, in a key that wants kilometres of altitude."""
    if 1.0e5 <= value <= 2.0e6:
        return f"looks like metres: {value:g} m is {value / KM:g} km"
    above = value - _EARTH_RADIUS_KM
    if 100.0 <= above <= 2000.0:
        return f"looks like a distance from the Earth's centre: altitude {above:g} km"
    return ""


def diameter_hint(value: float) -> str:
    """Guess metres or micrometres in a key that wants millimetres."""
    if 0.0 < value < 1.0e-3:
        return f"looks like metres: {value:g} m is {value * 1e3:g} mm"
    if value > 1.0e3:
        return f"looks like micrometres: {value:g} um is {value * 1e-3:g} mm"
    return ""


def element_hint(value: float) -> str:
    """Guess millimetres in a key that wants metres."""
    return f"looks like millimetres: {value * 1e-3:g} m" if value > 100.0 else ""


def fraction_hint(value: float) -> str:
    """Guess per cent in a key that wants a fraction."""
    if 0.5 < value <= 50.0:
        return f"looks like per cent: {value:g} % is {value / 100.0:g}"
    return ""


def refuse(expected: str) -> PydanticCustomError:
    """Return the error of a single value (to be raised inside a validator)."""
    return PydanticCustomError(FIELD_ERROR, "{expected}", {"expected": expected})


def as_utc(value: object) -> datetime | None:
    """Return a TOML date or date-time as UTC (without an offset: UTC), else None."""
    if isinstance(value, datetime):
        return (
            value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        )
    if isinstance(value, date):
        return datetime.combine(value, time(), tzinfo=UTC)
    return None


def instant(value: Any, info: ValidationInfo) -> Any:
    """Turn what TOML (or canonical JSON) offers for an instant into UTC."""
    if info.mode == "json" and isinstance(value, str):
        value = datetime.fromisoformat(value)
    moment = as_utc(value)
    return value if moment is None else moment


def as_tuple(value: Any) -> Any:
    """Turn a TOML array into a tuple, so that a frozen model holds no list."""
    return tuple(value) if isinstance(value, list) else value


def element_sets(value: Any) -> Any:
    """Check a source of element sets: a file name, or the lines themselves."""
    wanted = "the path of a file of element sets, or an array of their lines"
    lines = value if isinstance(value, list | tuple) else (value,)
    if not all(isinstance(line, str) and line.strip() for line in lines):
        raise refuse(wanted)
    if isinstance(value, str):
        if "\n" in value:
            raise refuse(f"{wanted}: one text a line")
        return value
    if len(lines) < 2:
        raise refuse(f"{wanted} (two an element set)")
    return tuple(lines)


def as_integer(value: Any) -> Any:
    """Accept a whole number written with an exponent (``2e8``)."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def option(value: Any) -> Any:
    """Accept as a model option: text, truth value, finite number, or array of these."""
    if isinstance(value, list | tuple):
        return tuple(option(item) for item in value)
    if isinstance(value, bool | str | int) or _is_number(value):
        return value
    raise refuse("text, true or false, a finite number, or an array of these")


def element_size(value: Any) -> Any:
    """Check element sizes: one number, or a table of zone or module -> number [m]."""
    expected = Expect("an element size of 0.001 to 100 m", element_hint)

    def good(size: object) -> bool:
        return _is_number(size) and 1.0e-3 <= float(size) <= 100.0

    if value is None or good(value):
        return value if value is None else float(value)
    if isinstance(value, dict) and value:
        wrong = [
            (f"element_size_m.{name}", size, expected.sentence(size))
            for name, size in value.items()
            if not good(size)
        ]
        if not wrong:
            return {str(name): float(size) for name, size in value.items()}
        raise PydanticCustomError(FIELD_ERROR, "element size", {"problems": wrong})
    raise refuse(
        expected.sentence(value) + ", or a table of zone or module -> element size"
    )
