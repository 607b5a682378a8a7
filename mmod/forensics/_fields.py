"""Fields that cards of marks and of cases share, and their errors in this package's terms."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, TypeAlias, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from mmod.errors import InputError, Problem

IMPACT = ("meteoroid", "debris")
"""Hypotheses that are impacts."""
ALTERNATIVES = ("drilled_inside", "tool_outside", "flaw", "crack")
"""Named hypotheses that are not."""
OTHER = "other"
"""What no named hypothesis covers; its marks are flat."""
HYPOTHESES = (*IMPACT, *ALTERNATIVES, OTHER)
SPOKEN = {
    "meteoroid": "meteoroid",
    "debris": "debris",
    "impact": "meteoroid or debris",
    "drilled_inside": "drilled or punched from inside",
    "tool_outside": "tool from outside",
    "flaw": "manufacturing flaw",
    "crack": "crack or corrosion",
    "other": "other (flat marks)",
}

Pair: TypeAlias = tuple[float, float]
_Card = TypeVar("_Card", bound=BaseModel)


class Table(BaseModel):
    """A table of a card: unknown keys are errors, values are not converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _pair(value: Any, lowest: float, highest: float, *, inside: bool, what: str) -> Any:
    """Return (low, high) of a number or of an array of two, or raise."""
    both = [value, value] if _number(value) else value
    fine = isinstance(both, list | tuple) and len(both) == 2 and all(map(_number, both))
    if fine:
        low, high = (float(v) for v in both)
        within = lowest < low and high < highest
        if not inside:
            within = lowest <= low and high < highest
        fine = within and low <= high
    if not fine:
        raise PydanticCustomError("mmod_range", "{what}", {"what": what})
    return (low, high)


def probability_range(value: Any) -> Any:
    """Accept ``0.9`` or ``[0.3, 0.6]``, strictly between 0 and 1."""
    what = "a probability or [low, high] with 0 < low <= high < 1"
    return _pair(value, 0.0, 1.0, inside=True, what=what)


def positive_range(value: Any) -> Any:
    """Accept a number or [low, high], positive and finite."""
    what = "a number > 0 or [low, high] with 0 < low <= high"
    return _pair(value, 0.0, float("inf"), inside=True, what=what)


def kelvin_range(value: Any) -> Any:
    """Accept a temperature of air that people breathe, in kelvin and not in deg C."""
    return _pair(
        value, 200.0, 400.0, inside=False, what="200 to 400 K, one or [low, high]"
    )


def hectopascal_range(value: Any) -> Any:
    """Accept the pressure of a cabin, in hPa and not in Pa."""
    what = "1 to 2000 hPa, one or [low, high]"
    return _pair(value, 1.0, 2000.0, inside=False, what=what)


def share_range(value: Any) -> Any:
    """Accept a share or [low, high] from 0 to below 1."""
    what = "a share or [low, high] with 0 <= low <= high < 1"
    return _pair(value, 0.0, 1.0, inside=False, what=what)


Probability: TypeAlias = Annotated[Pair, BeforeValidator(probability_range)]
Positive: TypeAlias = Annotated[Pair, BeforeValidator(positive_range)]
Kelvin: TypeAlias = Annotated[Pair, BeforeValidator(kelvin_range)]
Hectopascal: TypeAlias = Annotated[Pair, BeforeValidator(hectopascal_range)]
Share: TypeAlias = Annotated[Pair, BeforeValidator(share_range)]
Text: TypeAlias = Annotated[str, Field(min_length=1)]
Name: TypeAlias = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_]*$")]


def by_hypothesis(value: Any) -> Any:
    """Check the names of hypotheses; ``impact`` stands for meteoroid and debris."""
    if not isinstance(value, dict):
        return value
    known = ("impact", *IMPACT, *ALTERNATIVES)
    unknown = [str(k) for k in value if k not in known]
    if unknown:
        what = f"hypotheses among {', '.join(known)}; not {', '.join(unknown)}"
        raise PydanticCustomError("mmod_hypothesis", "{what}", {"what": what})
    if "impact" in value and any(k in value for k in IMPACT):
        what = "either impact, or meteoroid and debris: not both"
        raise PydanticCustomError("mmod_hypothesis", "{what}", {"what": what})
    spread = {k: v for k, v in value.items() if k != "impact"}
    if "impact" in value:
        spread |= dict.fromkeys(IMPACT, value["impact"])
    return spread


ByHypothesis: TypeAlias = Annotated[
    dict[str, Probability], BeforeValidator(by_hypothesis)
]


def problems_of(path: Path | str, error: ValidationError) -> list[Problem]:
    """Return a `Problem` for each error of a card."""
    found = []
    for e in error.errors(include_url=False):
        key = dotted(e["loc"])
        if e["type"] == "missing":
            found.append(Problem(str(path), key, None, "a value: key is missing"))
        elif e["type"] == "extra_forbidden":
            found.append(Problem(str(path), key, e["input"], "no key of this name"))
        else:
            said = re.sub(r"^(Input should be |Value error, )", "", e["msg"])
            if e["type"] == "literal_error":
                said = f"one of {str(e['ctx']['expected']).replace(' or ', ', ')}"
            found.append(Problem(str(path), key, _told(e["input"]), said))
    return found


def _told(value: Any) -> Any:
    """Return a value with its moments in ISO 8601."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {k: _told(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_told(v) for v in value)
    return value


def parse(model: type[_Card], content: dict[str, Any], path: Path | str) -> _Card:
    """Return a card, or raise `InputError` with every problem of its fields."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise InputError(problems_of(path, error)) from None


def dotted(location: tuple[int | str, ...]) -> str:
    """Return a key as ``mark[0].likelihood.impact``."""
    key = ""
    for part in location:
        key += f"[{part}]" if isinstance(part, int) else f".{part}" if key else part
    return key or "card"
