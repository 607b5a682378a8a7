"""Leaks: effective diameter from a falling pressure, time constants, units asked for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

from mmod.errors import InputError, Problem, bad
from mmod.forensics.orifice import AIR_GAMMA, AIR_GAS_CONSTANT, check, flow_factor
from mmod.units import DAY, HOUR, MBAR, MMHG, POUND

Pair: TypeAlias = tuple[float, float]

DISCHARGE: Pair = (0.6, 0.85)
"""Discharge coefficient of a hole in a thin wall, uniform; up to 1 as an option [1]."""

PRESSURE_UNITS = {"Pa": 1.0, "hPa": 100.0, "mbar": MBAR, "mmHg": MMHG}
TIME_UNITS = {"s": 1.0, "h": HOUR, "day": DAY}
MASS_UNITS = {"kg": 1.0, "lb": POUND}
RATE_UNITS = tuple(f"{p}/{t}" for p in PRESSURE_UNITS for t in TIME_UNITS)
"""Units of a rate of pressure."""
FLOW_UNITS = tuple(f"{m}/{t}" for m in MASS_UNITS for t in TIME_UNITS)
"""Units of a flow of mass."""


def pressure_rate(value: float, unit: str) -> float:
    """Return a rate of falling pressure in SI; a number without a unit is refused.

    Parameters
    ----------
    value : float [`unit`]
        The rate, > 0 for a falling pressure.
    unit : str
        One of `RATE_UNITS`: "mbar/h", "mmHg/h", "Pa/s", ...

    Returns
    -------
    float [Pa/s]
        The rate.

    Raises
    ------
    InputError
        When the unit is missing or unknown, or the value not a positive number.

    Notes
    -----
    1 mmHg is 1.333 mbar: a mistaken unit makes 15 % of a diameter.
    """
    return _converted(value, unit, RATE_UNITS, PRESSURE_UNITS, "pressure_rate")


def mass_flow(value: float, unit: str) -> float:
    """Return a flow of mass in SI; a number without a unit is refused.

    Parameters
    ----------
    value : float [`unit`]
        The flow, > 0.
    unit : str
        One of `FLOW_UNITS`: "kg/day", "lb/day", ...

    Returns
    -------
    float [kg/s]
        The flow.

    Raises
    ------
    InputError
        When the unit is missing or unknown, or the value not a positive number.
    """
    return _converted(value, unit, FLOW_UNITS, MASS_UNITS, "mass_flow")


@dataclass(frozen=True)
class Cabin:
    """A volume of gas that leaks to vacuum; ranges are uniform.

    Parameters
    ----------
    volume : (low, high) [m3]
        Of everything that is connected.
    temperature : (low, high) [K]
        Of the gas.
    pressure : (low, high) [Pa]
        At the time of the measurement.
    gamma : float [1]
        Ratio of specific heats.
    gas_constant : float [J/(kg K)]
        Specific gas constant.

    Raises
    ------
    InputError
        With every range that is not positive, finite and ordered.
    """

    volume: Pair
    temperature: Pair = (293.0, 297.0)
    pressure: Pair = (101_300.0, 101_300.0)
    gamma: float = AIR_GAMMA
    gas_constant: float = AIR_GAS_CONSTANT

    def __post_init__(self) -> None:
        units = {"volume": "m3", "temperature": "K", "pressure": "Pa"}
        wrong = [
            Problem("Cabin", name, getattr(self, name), f"0 < low <= high [{unit}]")
            for name, unit in units.items()
            if not _ordered(getattr(self, name))
        ]
        if wrong:
            raise InputError(wrong)

    def conductance(self, volume: float, temperature: float) -> float:
        """Return ``V / (factor sqrt(R T))``: effective area C_d A times tau [m2 s]."""
        speed = math.sqrt(self.gas_constant * temperature)
        return volume / (flow_factor(self.gamma) * speed)


@dataclass(frozen=True)
class Interval:
    """A number with its corners.

    Parameters
    ----------
    low, central, high : float [`unit`]
        Value at the least and greatest corner of all ranges and at their middles.
    unit : str
        Unit.
    """

    low: float
    central: float
    high: float
    unit: str


def effective_area(rate: Pair, cabin: Cabin) -> Interval:
    """Return the effective area C_d A of a leak from its rate of pressure.

    Parameters
    ----------
    rate : (low, high) [Pa/s]
        Rate at which the pressure falls by the leak alone (`net_rate`).
    cabin : Cabin
        What leaks.

    Returns
    -------
    Interval [m2]
        ``V (dP/dt) / (P factor sqrt(R T))``: choked, isothermal.

    Raises
    ------
    InputError
        When the rate is not positive and ordered.
    """
    _check_rate(rate)

    def area(fall: float, v: float, t: float, p: float) -> float:
        return cabin.conductance(v, t) * fall / p

    (v0, v1), (t0, t1), (p0, p1) = cabin.volume, cabin.temperature, cabin.pressure
    middle = area(*(_middle(r) for r in (rate, *_ranges(cabin))))
    low, high = area(rate[0], v0, t1, p1), area(rate[1], v1, t0, p0)
    return Interval(low, middle, high, "m2")


def effective_diameter(
    rate: Pair, cabin: Cabin, discharge: Pair = DISCHARGE
) -> Interval:
    """Return the effective diameter of a leak from its rate of pressure.

    Parameters
    ----------
    rate : (low, high) [Pa/s]
        Rate at which the pressure falls by the leak alone (`net_rate`).
    cabin : Cabin
        What leaks.
    discharge : (low, high) [1]
        Range of the discharge coefficient, up to 1.

    Returns
    -------
    Interval [m]
        Diameter ``sqrt(4 A / pi)`` of the open round hole that leaks alike.

    Raises
    ------
    InputError
        When a range is not positive and ordered, or the coefficient above 1.

    Notes
    -----
    A ragged or partly plugged hole is larger than its effective diameter.
    """
    _check_discharge(discharge)
    area = effective_area(rate, cabin)
    return Interval(
        _diameter(area.low / discharge[1]),
        _diameter(area.central / _middle(discharge)),
        _diameter(area.high / discharge[0]),
        "m",
    )


def effective_diameter_of_flow(
    flow: Pair, cabin: Cabin, discharge: Pair = DISCHARGE
) -> Interval:
    """Return the effective diameter of a leak from its flow of mass, to vacuum.

    Parameters
    ----------
    flow : (low, high) [kg/s]
        Flow of the leak alone.
    cabin : Cabin
        Pressure and temperature; the volume does not matter.
    discharge : (low, high) [1]
        Range of the discharge coefficient, up to 1.

    Returns
    -------
    Interval [m]
        Diameter of the open round hole that leaks alike.

    Raises
    ------
    InputError
        When a range is not positive and ordered, or the coefficient above 1.
    """
    _check_discharge(discharge)
    if not _ordered(flow):
        raise bad("leaks", "flow", flow, "0 < low <= high [kg/s]")
    factor = flow_factor(cabin.gamma)

    def diameter(m: float, c: float, t: float, p: float) -> float:
        speed = math.sqrt(cabin.gas_constant * t)
        return _diameter(m * speed / (factor * p * c))

    (t0, t1), (p0, p1) = cabin.temperature, cabin.pressure
    middle = (_middle(r) for r in (flow, discharge, cabin.temperature, cabin.pressure))
    return Interval(
        diameter(flow[0], discharge[1], t0, p1),
        diameter(*middle),
        diameter(flow[1], discharge[0], t1, p0),
        "m",
    )


def open_hole_rate(
    diameter: Pair, cabin: Cabin, discharge: Pair = DISCHARGE
) -> Interval:
    """Return the rate of pressure that an open hole would make.

    Parameters
    ----------
    diameter : (low, high) [m]
        Diameter of the hole.
    cabin : Cabin
        What leaks.
    discharge : (low, high) [1]
        Range of the discharge coefficient, up to 1.

    Returns
    -------
    Interval [Pa/s]
        Rate at which the pressure falls, choked and isothermal.

    Raises
    ------
    InputError
        When a range is not positive and ordered, or the coefficient above 1.
    """
    _check_discharge(discharge)
    if not _ordered(diameter):
        raise bad("leaks", "diameter", diameter, "0 < low <= high [m]")

    def fall(d: float, c: float, v: float, t: float, p: float) -> float:
        return c * 0.25 * math.pi * d**2 * p / cabin.conductance(v, t)

    (v0, v1), (t0, t1), (p0, p1) = cabin.volume, cabin.temperature, cabin.pressure
    middle = (_middle(r) for r in (diameter, discharge, *_ranges(cabin)))
    return Interval(
        fall(diameter[0], discharge[0], v1, t0, p0),
        fall(*middle),
        fall(diameter[1], discharge[1], v0, t1, p1),
        "Pa/s",
    )


def time_constant(
    volume: float,
    area: float,
    temperature: float,
    *,
    gamma: float = AIR_GAMMA,
    gas_constant: float = AIR_GAS_CONSTANT,
) -> float:
    """Return the time in which a cabin open to vacuum falls to 1/e, isothermal.

    Parameters
    ----------
    volume : float [m3]
        Volume, > 0.
    area : float [m2]
        Effective area C_d A, > 0.
    temperature : float [K]
        Of the gas, > 0.
    gamma : float [1]
        Ratio of specific heats.
    gas_constant : float [J/(kg K)]
        Specific gas constant.

    Returns
    -------
    float [s]
        ``tau = V / (C_d A factor sqrt(R T))``; ``P = P0 exp(-t/tau)``.

    Raises
    ------
    InputError
        When an argument is not positive.
    """
    check(
        ("volume", volume, volume > 0.0, "a volume > 0 [m3]"),
        ("area", area, area > 0.0, "an area > 0 [m2]"),
        ("temperature", temperature, temperature > 0.0, "a temperature > 0 [K]"),
    )
    return volume / (area * flow_factor(gamma) * math.sqrt(gas_constant * temperature))


def time_to_pressure(
    tau: float, ratio: float, *, adiabatic: bool = False, gamma: float = AIR_GAMMA
) -> float:
    """Return the time in which the pressure of a cabin falls by a ratio.

    Parameters
    ----------
    tau : float [s]
        `time_constant` at the first temperature, > 0.
    ratio : float [1]
        First over last pressure, >= 1.
    adiabatic : bool
        Gas that takes up no heat from the walls: the fast limit.
    gamma : float [1]
        Ratio of specific heats.

    Returns
    -------
    float [s]
        ``tau ln(ratio)``, or ``tau 2/(gamma-1) (ratio^((gamma-1)/(2 gamma)) - 1)``.

    Raises
    ------
    InputError
        When an argument is out of range.

    Notes
    -----
    Slow leaks are isothermal. Choked to the end: below about 2 Pa into a vacuum the
    flow is no longer continuous.
    """
    check(
        ("tau", tau, tau > 0.0, "a time > 0 [s]"),
        ("ratio", ratio, ratio >= 1.0, "a ratio of pressures >= 1"),
    )
    flow_factor(gamma)
    if not adiabatic:
        return tau * math.log(ratio)
    power = (gamma - 1.0) / (2.0 * gamma)
    return float(tau * 2.0 / (gamma - 1.0) * (ratio**power - 1.0))


def time_constant_between(first: float, last: float, duration: float) -> float:
    """Return the time constant of an isolated volume from two pressures.

    Parameters
    ----------
    first, last : float [Pa]
        Pressures (any one unit), first > last > 0.
    duration : float [s]
        Time between them, > 0.

    Returns
    -------
    float [s]
        ``duration / ln(first/last)``. Without the volume no diameter follows.

    Raises
    ------
    InputError
        When an argument is out of range.
    """
    check(
        ("last", last, last > 0.0, "a pressure > 0"),
        ("first", first, first > last, "a pressure above the last one"),
        ("duration", duration, duration > 0.0, "a time > 0 [s]"),
    )
    return duration / math.log(first / last)


def net_rate(observed: Pair, background: Pair, make_up: Pair = (0.0, 0.0)) -> Pair:
    """Return the rate of a leak from the observed fall of a station's pressure.

    Parameters
    ----------
    observed : (low, high) [Pa/s]
        Observed rate at which the pressure falls.
    background : (low, high) [Pa/s]
        Rate of the station's usual losses, >= 0.
    make_up : (low, high) [Pa/s]
        Rate at which gas that was let in raised the pressure, >= 0.

    Returns
    -------
    (low, high) [Pa/s]
        ``observed + make_up - background``.

    Raises
    ------
    InputError
        When a range is not ordered, or nothing may be left for the leak.
    """
    wrong = [
        Problem("leaks", name, pair, "low <= high, finite [Pa/s]")
        for name, pair in (("observed", observed),)
        if not (pair[0] <= pair[1] and all(map(math.isfinite, pair)))
    ]
    wrong += [
        Problem("leaks", name, pair, "0 <= low <= high [Pa/s]")
        for name, pair in (("background", background), ("make_up", make_up))
        if not 0.0 <= pair[0] <= pair[1] < math.inf
    ]
    low = observed[0] + make_up[0] - background[1]
    if not wrong and not low > 0.0:
        expected = "more than the background explains: no leak is left to size"
        wrong.append(Problem("leaks", "observed", observed, expected))
    if wrong:
        raise InputError(wrong)
    return low, observed[1] + make_up[1] - background[0]


def _converted(
    value: float, unit: str, known: tuple[str, ...], first: dict[str, float], name: str
) -> float:
    wrong = []
    if unit not in known:
        expected = f"one of {', '.join(known)}; a number alone has no meaning"
        wrong.append(Problem(name, "unit", unit, expected))
    if isinstance(value, bool) or not 0.0 < value < math.inf:
        wrong.append(Problem(name, "value", value, "a finite number > 0"))
    if wrong:
        raise InputError(wrong)
    above, below = unit.split("/")
    return float(value) * first[above] / TIME_UNITS[below]


def _check_rate(rate: Pair) -> None:
    if not _ordered(rate):
        expected = "0 < low <= high [Pa/s], made by pressure_rate"
        raise bad("leaks", "rate", rate, expected)


def _check_discharge(discharge: Pair) -> None:
    if not (_ordered(discharge) and discharge[1] <= 1.0):
        raise bad("leaks", "discharge", discharge, "0 < low <= high <= 1")


def _ordered(pair: Pair) -> bool:
    low, high = pair
    return 0.0 < low <= high < math.inf


def _middle(pair: Pair) -> float:
    return 0.5 * (pair[0] + pair[1])


def _ranges(cabin: Cabin) -> tuple[Pair, Pair, Pair]:
    return cabin.volume, cabin.temperature, cabin.pressure


def _diameter(area: float) -> float:
    return math.sqrt(4.0 * area / math.pi)
