"""The one border between SI and the units in which the documents print formulas.

Ballistic limit equations are printed for centimetres, g/cm3, g/cm2, km/s and ksi,
and their constants carry those units. Public functions take SI; what lies below
`Impact` and `in_handbook_units` never does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmod.errors import InputError, Problem
from mmod.units import CM, G_CM2, G_CM3, KM, KSI

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
Quantity = Literal["length", "density", "areal density", "yield", "speed", "number"]

RIGHT_ANGLE = math.pi / 2
_ROUNDING = 1e-12
_UNIT: dict[str, tuple[float, str]] = {
    "length": (CM, "m"),
    "density": (G_CM3, "kg/m3"),
    "areal density": (G_CM2, "kg/m2"),
    "yield": (KSI, "Pa"),
    "speed": (KM, "m/s"),
    "number": (1.0, "-"),
}


@dataclass(frozen=True)
class Impact:
    """Impact conditions, checked, in the units of the documents.

    Parameters
    ----------
    speed : ndarray
        Impact speed [km/s].
    obliquity : ndarray
        Angle from the surface normal [rad], 0 to pi/2.
    density : ndarray
        Particle density [g/cm3].
    """

    speed: FloatArray
    obliquity: FloatArray
    density: FloatArray

    @classmethod
    def from_si(
        cls, speed: ArrayLike, obliquity: ArrayLike, density: ArrayLike
    ) -> Impact:
        """Check the conditions and convert them.

        Parameters
        ----------
        speed : array_like
            Impact speed [m/s], finite and positive.
        obliquity : array_like
            Angle from the surface normal [rad], 0 to pi/2.
        density : array_like
            Particle density [kg/m3], finite and positive.

        Returns
        -------
        Impact
            Arrays as given (not yet broadcast against each other).

        Raises
        ------
        InputError
            When a value is NaN, infinite or outside its range; lists all of it.
        """
        v = np.asarray(speed, dtype=np.float64)
        theta = np.asarray(obliquity, dtype=np.float64)
        rho = np.asarray(density, dtype=np.float64)
        problems = [
            *_refused("speed", v, (v > 0.0) & (v < np.inf), "finite, > 0 [m/s]"),
            *_refused(
                "obliquity",
                theta,
                (theta >= 0.0) & (theta <= RIGHT_ANGLE + _ROUNDING),
                "0 to pi/2 [rad]",
            ),
            *_refused(
                "density", rho, (rho > 0.0) & (rho < np.inf), "finite, > 0 [kg/m3]"
            ),
        ]
        if problems:
            raise InputError(problems)
        return cls(v / KM, np.minimum(theta, RIGHT_ANGLE), rho / G_CM3)


def _refused(
    key: str, values: FloatArray, accepted: BoolArray, expected: str
) -> list[Problem]:
    if bool(np.all(accepted)):
        return []
    first = float(values[~accepted].flat[0])
    return [Problem("impact conditions", key, first, expected)]


def in_handbook_units(
    source: str,
    /,
    *,
    allow_zero: tuple[str, ...] = (),
    **given: tuple[float, Quantity],
) -> dict[str, float]:
    """Check shield parameters and convert them from SI.

    Parameters
    ----------
    source : str
        Equation that asks, for the error message.
    allow_zero : tuple of str
        Parameters that may be zero (an absent blanket); others must be positive.
    **given : tuple
        Name = (value in SI, quantity); quantities are length [m], density [kg/m3],
        areal density [kg/m2], yield [Pa], speed [m/s] and pure number.

    Returns
    -------
    dict
        The values in cm, g/cm3, g/cm2, ksi and km/s.

    Raises
    ------
    InputError
        When a value is not finite, negative, or zero without leave; lists all of it.
    """
    problems: list[Problem] = []
    converted: dict[str, float] = {}
    for name, (value, quantity) in given.items():
        unit, symbol = _UNIT[quantity]
        zero_is_fine = name in allow_zero
        if not math.isfinite(value) or value < 0.0 or (value == 0 and not zero_is_fine):
            limit = ">= 0" if zero_is_fine else "> 0"
            problems.append(Problem(source, name, value, f"finite, {limit} [{symbol}]"))
        converted[name] = value / unit
    if problems:
        raise InputError(problems)
    return converted


def criterion_factor(source: str, criterion: str, factors: dict[str, float]) -> float:
    """Return the thickness factor of a failure criterion.

    Parameters
    ----------
    source : str
        Equation that asks, for the error message.
    criterion : str
        Name of the criterion.
    factors : dict
        The criteria that the source gives, each with its factor.

    Raises
    ------
    InputError
        When the equation does not have this criterion.
    """
    if criterion not in factors:
        raise InputError(
            Problem(source, "criterion", criterion, f"one of {', '.join(factors)}")
        )
    return factors[criterion]
