"""Flow of a gas or a liquid through an orifice."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmod.errors import InputError, Problem, bad

FloatArray = NDArray[np.float64]

AIR_GAS_CONSTANT = 287.05
"""Specific gas constant of dry air [J/(kg K)]."""
AIR_GAMMA = 1.4
"""Ratio of specific heats of air [1]."""


def flow_factor(gamma: float = AIR_GAMMA) -> float:
    """Return ``sqrt(gamma) (2/(gamma+1))^((gamma+1)/(2 (gamma-1)))``; 0.684731 for air.

    Parameters
    ----------
    gamma : float [1]
        Ratio of specific heats, > 1.

    Returns
    -------
    float [1]
        The factor of choked flow.

    Raises
    ------
    InputError
        When gamma is not above 1.
    """
    if not 1.0 < gamma < math.inf:
        raise bad("leaks", "gamma", gamma, "a ratio of specific heats > 1")
    exponent = (gamma + 1.0) / (2.0 * (gamma - 1.0))
    return float(math.sqrt(gamma) * (2.0 / (gamma + 1.0)) ** exponent)


def critical_ratio(gamma: float = AIR_GAMMA) -> float:
    """Return the pressure ratio below which the flow is choked; 0.5283 for air [1].

    Raises
    ------
    InputError
        When gamma is not above 1.
    """
    flow_factor(gamma)
    return float((2.0 / (gamma + 1.0)) ** (gamma / (gamma - 1.0)))


def orifice_flow(
    upstream: ArrayLike,
    downstream: ArrayLike,
    temperature: ArrayLike,
    area: ArrayLike,
    discharge: ArrayLike,
    *,
    gamma: float = AIR_GAMMA,
    gas_constant: float = AIR_GAS_CONSTANT,
) -> FloatArray:
    """Return the flow of a gas through an orifice, choked or not.

    Parameters
    ----------
    upstream, downstream : array_like, broadcastable [Pa]
        Pressures, ``0 <= downstream <= upstream``; 0 is vacuum.
    temperature : array_like [K]
        Of the gas upstream, > 0.
    area : array_like [m2]
        Area of the orifice, >= 0.
    discharge : array_like [1]
        Discharge coefficient, 0 to 1.
    gamma : float [1]
        Ratio of specific heats.
    gas_constant : float [J/(kg K)]
        Specific gas constant, > 0.

    Returns
    -------
    ndarray, broadcast shape [kg/s]
        The flow.

    Raises
    ------
    InputError
        With every argument that is out of range.

    Notes
    -----
    Isentropic flow of an ideal gas to the throat; choked below `critical_ratio`, and
    then independent of what is downstream. Friction in a bore longer than wide, ragged
    or partly plugged holes act through an effective area.

    References
    ----------
    .. [1] J. D. Anderson, "Modern compressible flow", 3rd ed. 2003, ch. 5 (nozzle
       flow). Chapter recalled, unverified.
    """
    factor, limit = flow_factor(gamma), critical_ratio(gamma)
    p0, p1, t, a, c = np.broadcast_arrays(
        *(np.asarray(v, dtype=np.float64) for v in (upstream, downstream, temperature)),
        np.asarray(area, dtype=np.float64),
        np.asarray(discharge, dtype=np.float64),
    )
    check(
        ("upstream", p0, p0 >= 0.0, "a pressure >= 0 [Pa]"),
        ("downstream", p1, (p1 >= 0.0) & (p1 <= p0), "0 to the upstream one [Pa]"),
        ("temperature", t, t > 0.0, "a temperature > 0 [K]"),
        ("area", a, a >= 0.0, "an area >= 0 [m2]"),
        ("discharge", c, (c >= 0.0) & (c <= 1.0), "a coefficient from 0 to 1"),
        ("gas_constant", gas_constant, gas_constant > 0.0, "a number > 0 [J/(kg K)]"),
    )
    ratio = np.divide(p1, p0, out=np.zeros(p0.shape), where=p0 > 0.0)
    free = np.maximum(ratio, limit)
    head = free ** (2.0 / gamma) - free ** ((gamma + 1.0) / gamma)
    unchoked = np.sqrt(2.0 * gamma / (gamma - 1.0) * np.maximum(head, 0.0))
    shape = np.where(ratio <= limit, factor, unchoked)
    return np.asarray(c * a * p0 * shape / np.sqrt(gas_constant * t))


def liquid_flow(
    pressure_difference: ArrayLike,
    density: ArrayLike,
    area: ArrayLike,
    discharge: ArrayLike,
) -> FloatArray:
    """Return the flow of a liquid through an orifice.

    Parameters
    ----------
    pressure_difference : array_like, broadcastable [Pa]
        Over the hole, >= 0.
    density : array_like [kg/m3]
        Of the liquid, > 0.
    area : array_like [m2]
        Area of the orifice, >= 0.
    discharge : array_like [1]
        Discharge coefficient, 0 to 1.

    Returns
    -------
    ndarray, broadcast shape [kg/s]
        ``C_d A sqrt(2 rho dP)``.

    Raises
    ------
    InputError
        With every argument that is out of range.

    Notes
    -----
    Flashing to vapour, which lowers the flow of a coolant into vacuum, is left out.
    """
    dp, rho, a, c = np.broadcast_arrays(
        *(
            np.asarray(v, dtype=np.float64)
            for v in (pressure_difference, density, area, discharge)
        )
    )
    check(
        ("pressure_difference", dp, dp >= 0.0, "a pressure >= 0 [Pa]"),
        ("density", rho, rho > 0.0, "a density > 0 [kg/m3]"),
        ("area", a, a >= 0.0, "an area >= 0 [m2]"),
        ("discharge", c, (c >= 0.0) & (c <= 1.0), "a coefficient from 0 to 1"),
    )
    return np.asarray(c * a * np.sqrt(2.0 * rho * dp))


def check(*arguments: tuple[str, object, object, str]) -> None:
    """Raise `InputError` for arguments that break their condition or are not finite."""
    wrong = []
    for name, value, condition, expected in arguments:
        array = np.asarray(value, dtype=np.float64)
        fine = np.asarray(condition) & np.isfinite(array)
        if not np.all(fine):
            shown = float(np.broadcast_to(array, fine.shape)[~fine].flat[0])
            wrong.append(Problem("leaks", name, shown, expected))
    if wrong:
        raise InputError(wrong)
