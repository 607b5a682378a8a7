"""Numbers as people read them: no more digits than the error allows."""

from __future__ import annotations

import math

_MOST_DIGITS = 6
_NEAR_ONE_DIGITS = 9


def rounded(value: float, stderr: float, digits: int = 4) -> str:
    """Return a value with the digits that its standard error allows.

    Parameters
    ----------
    value : float [any unit]
        The number.
    stderr : float [same unit]
        Its standard error; 0 or NaN: `digits` significant digits are shown.
    digits : int
        Significant digits where the error sets none.

    Returns
    -------
    str
        The last digit shown is at the first digit of the error (one further when
        that is 1 or 2); at most six significant digits. "-" for NaN.
    """
    if not math.isfinite(value):
        return "-"
    if value == 0.0:
        return "0"
    shown = digits
    size = math.floor(math.log10(abs(value)))
    if math.isfinite(stderr) and stderr > 0.0:
        place = math.floor(math.log10(stderr))
        if stderr / 10.0**place < 2.95:
            place -= 1
        shown = min(max(size - place + 1, 1), _MOST_DIGITS)
    return _significant(value, shown)


def _significant(value: float, digits: int) -> str:
    text = f"{value:.{digits - 1}e}"
    size = int(text.split("e")[1])
    if -4 < size < 6 and size < max(digits, 3):
        return f"{float(text):.{max(digits - 1 - size, 0)}f}"
    return text


def percent(fraction: float, digits: int = 2) -> str:
    """Return a fraction in per cent: "0.84 %", "<0.01 %" when tiny, "-" for NaN."""
    if not math.isfinite(fraction):
        return "-"
    value = 100.0 * fraction
    if value == 0.0:
        return "0 %"
    if abs(value) < 0.01:
        return "<0.01 %"
    size = int(f"{value:.{digits - 1}e}".split("e")[1])
    return f"{value:.{min(max(digits - 1 - size, 0), 2)}f} %"


def with_error(value: float, stderr: float, unit: str = "") -> str:
    """Return a value with its relative standard error and unit.

    Parameters
    ----------
    value, stderr : float [unit]
        The number and its standard error, >= 0.
    unit : str
        Unit, appended.

    Returns
    -------
    str
        "1.234e-05 +/- 0.80 % 1/m2/yr" with a plus-minus sign; the error is absolute
        when it is not below the value. "-" for NaN.

    Notes
    -----
    One standard error of the sampling, not an interval.
    """
    if not math.isfinite(value):
        return "-"
    tail = f" {unit}" if unit else ""
    if stderr > 0.0 and (value == 0.0 or stderr >= abs(value)):
        return f"{rounded(value, stderr)} ± {_significant(stderr, 2)}{tail}"
    relative = stderr / abs(value) if value != 0.0 else 0.0
    if value != 0.0 and 0.0 <= relative < 1e-4:
        return f"{rounded(value, stderr)} ± <0.01 %{tail}"
    return f"{rounded(value, stderr)} ± {percent(relative)}{tail}"


def interval(lower: float, upper: float) -> str:
    """Return the ends of an interval, two digits each: "1.2e-05 to 9.8e-05".

    Parameters
    ----------
    lower, upper : float [any unit]
        Its ends.

    Returns
    -------
    str
        "-" where an end is NaN or both are 0.
    """
    if not (math.isfinite(lower) and math.isfinite(upper)) or upper == 0.0:
        return "-"
    return f"{_significant(lower, 2) if lower else '0'} to {_significant(upper, 2)}"


def near_one(value: float, lower: float, upper: float) -> str:
    """Return a probability near one with its interval: "0.99871 [0.99869, 0.99873]".

    Parameters
    ----------
    value, lower, upper : float [1]
        Probability of nothing happening, and its limits.

    Returns
    -------
    str
        As many decimals as tell the limits apart, at most 9; where the distance to
        one needs more, "1 - 2.3e-12" is shown; ">0.99999" where nothing was seen and
        only the bound is known. "-" for NaN.
    """
    if not math.isfinite(value):
        return "-"
    width = max(upper - lower, 0.0)
    if value == 1.0 and 0.0 < 1.0 - lower < 0.1:  # nothing seen: a bound is all
        decimals = min(1 - math.floor(math.log10(1.0 - lower)), 12)
        return f">{math.floor(lower * 10**decimals) / 10**decimals:.{decimals}f}"
    if 1.0 - value < 5e-9 and value < 1.0:
        return f"1 - {1.0 - value:.1e}"
    decimals = 4
    if width > 0.0:
        decimals = min(max(1 - math.floor(math.log10(width)), 2), _NEAR_ONE_DIGITS)
    elif value < 1.0:
        decimals = min(
            max(3 - math.floor(math.log10(1.0 - value)), 4), _NEAR_ONE_DIGITS
        )
    least = upper if upper < 1.0 else value
    while decimals < _NEAR_ONE_DIGITS and least < 1.0 and round(least, decimals) == 1.0:
        decimals += 1
    return f"{value:.{decimals}f} [{lower:.{decimals}f}, {upper:.{decimals}f}]"


def none_of(number: float) -> str:
    """Return the Poisson probability of none of an expected number of events.

    Parameters
    ----------
    number : float [1]
        Expected number, >= 0.

    Returns
    -------
    str
        exp(-number) with four significant digits, or with as many decimals as show two
        digits of its distance to one, at most 9; beyond that "1 - 2.3e-12". It is "1"
        for the number 0 alone; "-" for NaN.
    """
    if not math.isfinite(number):
        return "-"
    distance = -math.expm1(-number)
    if distance == 0.0 or distance >= 0.1:
        return f"{math.exp(-number):.4g}"
    if distance < 10.0 ** (1 - _NEAR_ONE_DIGITS):
        return f"1 - {distance:.1e}"
    decimals = min(max(1 - math.floor(math.log10(distance)), 4), _NEAR_ONE_DIGITS)
    return f"{1.0 - distance:.{decimals}f}"
