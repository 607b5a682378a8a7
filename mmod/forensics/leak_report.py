"""What a case says of its leak: diameter, the hole beside it, history, route."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from mmod.forensics.case import CaseCard, LeakCard
from mmod.forensics.leak_history import LeakFit, LeakHistory, fit_to_hole, leak_history
from mmod.forensics.leaks import (
    Cabin,
    Interval,
    effective_diameter,
    effective_diameter_of_flow,
    mass_flow,
    pressure_rate,
    time_constant_between,
)

Pair = tuple[float, float]

DISCHARGES = (0.62, 0.80, 1.0)
"""Discharge coefficients for which the diameter is also given alone [1]."""
_HPA = 100.0
_HOUR = 3600.0


@dataclass(frozen=True)
class LeakReport:
    """A leak, computed.

    Parameters
    ----------
    rate : (low, high) [Pa/s], optional
        Rate at which the pressure falls.
    rate_text : str
        The rate as it was reported, with its unit.
    cabin : Cabin, optional
        What leaks, where its volume is known.
    diameter : Interval [m], optional
        Effective diameter over all ranges.
    by_discharge : tuple of (coefficient, low, high)
        Effective diameter [m] at one coefficient, at the ends of the other ranges.
    fit : LeakFit, optional
        The leak beside the reported hole.
    flows : tuple of (datetime, text, Interval [m])
        Effective diameter of each dated flow.
    isolated : float [s], optional
        Time constant of an isolated volume.
    history : LeakHistory
        Growth, onset, route.
    """

    rate: Pair | None
    rate_text: str
    cabin: Cabin | None
    diameter: Interval | None
    by_discharge: tuple[tuple[float, float, float], ...]
    fit: LeakFit | None
    flows: tuple[tuple[datetime, str, Interval], ...]
    isolated: float | None
    history: LeakHistory


def leak_report(case: CaseCard) -> LeakReport | None:
    """Compute the leak of a case; None where it tells of none.

    Parameters
    ----------
    case : CaseCard
        The case.

    Returns
    -------
    LeakReport or None
        See there.

    Raises
    ------
    InputError
        When a range is not one.
    """
    leak = case.leak
    if leak is None:
        return None
    cabin = _cabin(leak)
    rate, text = None, ""
    diameter, fit = None, None
    single: list[tuple[float, float, float]] = []
    if leak.rate is not None and leak.rate_unit is not None:
        low, high = (pressure_rate(v, leak.rate_unit) for v in leak.rate)
        rate = (low, high)
        text = f"{leak.rate[0]:g} to {leak.rate[1]:g} {leak.rate_unit}"
        if cabin is not None:
            diameter = effective_diameter(rate, cabin, leak.discharge)
            for one in DISCHARGES:
                ends = effective_diameter(rate, cabin, (one, one))
                single.append((one, ends.low, ends.high))
            if case.size is not None:
                fit = fit_to_hole(rate, case.size.diameter, cabin, leak.discharge)
    return LeakReport(
        rate=rate,
        rate_text=text,
        cabin=cabin,
        diameter=diameter,
        by_discharge=tuple(single),
        fit=fit,
        flows=_flows(leak, cabin),
        isolated=_isolated(leak),
        history=leak_history(
            [(f.date, _kilograms(f.flow, f.unit)) for f in leak.flow], leak.onset
        ),
    )


def _cabin(leak: LeakCard) -> Cabin | None:
    if leak.volume_m3 is None:
        return None
    low, high = leak.pressure_hpa
    return Cabin(leak.volume_m3, leak.temperature_kelvin, (low * _HPA, high * _HPA))


def _kilograms(flow: Pair, unit: str) -> Pair:
    return mass_flow(flow[0], unit), mass_flow(flow[1], unit)


def _flows(
    leak: LeakCard, cabin: Cabin | None
) -> tuple[tuple[datetime, str, Interval], ...]:
    if cabin is None:
        return ()
    return tuple(
        (
            f.date,
            f"{f.flow[0]:g} to {f.flow[1]:g} {f.unit}",
            effective_diameter_of_flow(
                _kilograms(f.flow, f.unit), cabin, leak.discharge
            ),
        )
        for f in leak.flow
    )


def _isolated(leak: LeakCard) -> float | None:
    two = leak.isolated
    if two is None:
        return None
    first, last = (0.5 * sum(pair) for pair in (two.first, two.last))
    hours = 0.5 * sum(two.duration_h)
    found = time_constant_between(first, last, hours * _HOUR)
    return found if math.isfinite(found) else None
