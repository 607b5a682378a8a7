"""Holes in thin plates (bumpers, skins): five relations and their ensemble.

None of the coefficients has been compared with its paper: all are [recalled]. What
supports them: four independent forms agree within 2 to 8 % (standard deviation of the
log) for plates of 0.2 to 1 particle diameter at 6.5 to 9 km/s, and one published shot.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from mmod.errors import InputError, Problem, bad
from mmod.shields.ballistic_limits._crater import diameter_in_cm
from mmod.shields.ballistic_limits._handbook import (
    FloatArray,
    Impact,
    in_handbook_units,
)
from mmod.units import CM, DEGREE

Relation = Literal["maiden", "nysmith_denardo", "lundeberg", "sawle"]
RELATIONS: tuple[Relation, ...] = get_args(Relation)
"""The four forms for normal impact that the ensemble joins."""
SPEED_CAP = 12.0
"""Speed from which on the relations are held [km/s] [estimate]."""
LEAST_RATIO = 0.9
"""A clean hole is at least this share of the particle."""
REFERENCES: dict[str, str] = {
    "maiden": "C. J. Maiden, J. W. Gehring, A. R. McMillan (1963), as ref. 30 of"
    " NASA/TM-2009-214785; coefficients [recalled]",
    "nysmith_denardo": "C. R. Nysmith, B. P. Denardo, NASA TN D-5492 (1969);"
    " coefficients [recalled]",
    "lundeberg": "J. F. Lundeberg, P. H. Stern, R. J. Bristow, NASA CR-54201 (1965);"
    " coefficients [recalled]",
    "sawle": "D. R. Sawle (1969); coefficients [recalled]",
    "schonberg_taylor": "W. P. Schonberg, R. A. Taylor (1989); coefficients [recalled]",
    "ensemble": "geometric mean of the forms of Maiden, Nysmith-Denardo, Lundeberg and"
    " Sawle; coefficients [recalled]",
}


@dataclass(frozen=True)
class Plate:
    """A plate, SI, checked.

    Parameters
    ----------
    thickness : float
        Plate [m].
    density : float
        Of the plate's material [kg/m3].
    sound_speed : float
        Of the plate's material [m/s].
    """

    thickness: float
    density: float
    sound_speed: float

    def __post_init__(self) -> None:
        in_handbook_units(
            "plate",
            thickness=(self.thickness, "length"),
            density=(self.density, "density"),
            sound_speed=(self.sound_speed, "speed"),
        )

    def in_units(self) -> dict[str, float]:
        """Return thickness [cm], density [g/cm3] and sound speed [km/s]."""
        return in_handbook_units(
            "plate",
            thickness=(self.thickness, "length"),
            density=(self.density, "density"),
            sound_speed=(self.sound_speed, "speed"),
        )


def hole_diameter(
    relation: str,
    diameter: ArrayLike,
    speed: ArrayLike,
    density: ArrayLike,
    *,
    plate: Plate,
) -> FloatArray:
    r"""Return the diameter of a clean hole through a thin plate.

    With x = t/d, speeds in km/s, densities in g/cm3, C and rho_t of the plate::

        maiden           D/d = 0.45 V x^(2/3) + 0.9
        nysmith_denardo  D/d = 0.88 (rho_p V)^0.5 x^0.45
        lundeberg        D/d = 3.4 x^(1/3) (V/C)^(1/3) (1 - 0.0308 rho_t/rho_p)
        sawle            D/d = 3.2 (rho_p V/(rho_t C))^0.22 x^(2/3) + 1
        ensemble         geometric mean of the four

    Parameters
    ----------
    relation : {"maiden", "nysmith_denardo", "lundeberg", "sawle", "ensemble"}
        The form.
    diameter : array_like
        Particle [m].
    speed, density : array_like
        Impact speed [m/s], particle density [kg/m3].
    plate : Plate
        The plate.

    Returns
    -------
    ndarray
        Hole diameter [m], of the broadcast shape.

    Raises
    ------
    InputError
        When the relation is unknown or a number is out of range.

    Notes
    -----
    For aluminium on aluminium at normal incidence and 0.05 <= t/d <= 1; between 1 and 2
    with a wider scatter, beyond 2 out of range. Never below 0.9 d. Speeds above 12
    km/s count as 12 km/s, the value from which on the linear form of Maiden would run
    away [estimate]. The form of Maiden is also printed as 2.4 (V/C)(t/d)^(2/3) + 0.9
    with C = 5.35 km/s. For oblique impact the whole speed is used: by
    `oblique_hole_axes` the diameter of equal area changes by less than 10 % up to 65
    deg (6.5 km/s, t/d = 0.21).

    It does not know the ballistic limit: a plate that is not perforated has no hole,
    whatever this returns.

    References
    ----------
    .. [1] C. J. Maiden, J. W. Gehring, A. R. McMillan (1963): ref. 30 of
       NASA/TM-2009-214785. Coefficients recalled, unverified.
    .. [2] C. R. Nysmith, B. P. Denardo, NASA TN D-5492 (1969). Recalled, unverified.
    .. [3] J. F. Lundeberg, P. H. Stern, R. J. Bristow, NASA CR-54201 (1965). Recalled,
       unverified.
    .. [4] D. R. Sawle (1969). Recalled, unverified.
    """
    if relation not in (*RELATIONS, "ensemble"):
        expected = f"one of {', '.join((*RELATIONS, 'ensemble'))}"
        raise bad("thin plate", "relation", relation, expected)
    d = diameter_in_cm("thin plate", diameter)
    impact = Impact.from_si(speed, 0.0, density)
    names = RELATIONS if relation == "ensemble" else (relation,)
    logs = [np.log(_RATIO[name](d, impact, plate)) for name in names]
    ratio = np.exp(sum(logs) / len(logs))
    return np.asarray(np.maximum(ratio, LEAST_RATIO) * d * CM)


def spread_of_forms(
    diameter: ArrayLike, speed: ArrayLike, density: ArrayLike, *, plate: Plate
) -> FloatArray:
    """Return how far the four forms are apart: standard deviation of ln D.

    Parameters
    ----------
    diameter, speed, density : array_like
        As in `hole_diameter` [m], [m/s], [kg/m3].
    plate : Plate
        The plate.

    Returns
    -------
    ndarray
        Sample standard deviation over the four forms [1].

    Raises
    ------
    InputError
        When a number is out of range.

    References
    ----------
    .. [1] As in `hole_diameter`.
    """
    logs = [
        np.log(hole_diameter(name, diameter, speed, density, plate=plate))
        for name in RELATIONS
    ]
    return np.asarray(np.std(np.stack(logs), axis=0, ddof=1))


def oblique_hole_axes(
    diameter: ArrayLike, speed: ArrayLike, obliquity: ArrayLike, *, plate: Plate
) -> tuple[FloatArray, FloatArray]:
    r"""Return the short and the long axis of a hole of an oblique impact.

    With x = V/C, y = t/d and the obliquity theta::

        D_min/d = 2.794 x^0.962 y^0.895 cos(theta)^0.821 + 1.120
        D_max/d = 3.356 x^1.064 y^0.926 exp(0.00965 theta_deg) + 0.971

    Parameters
    ----------
    diameter : array_like
        Particle [m].
    speed, obliquity : array_like
        Impact speed [m/s], angle from the normal [rad].
    plate : Plate
        The plate.

    Returns
    -------
    short, long : ndarray
        Axes [m], of the broadcast shape; ``short <= long``.

    Raises
    ------
    InputError
        When a number is out of range.

    Notes
    -----
    Aluminium on aluminium. The two fits cross near normal incidence: there they differ
    by 0.1 % (x = 1.27, y = 0.21) up to several per cent and are returned in order of
    size, so a round hole comes out slightly oval. Never below 0.9 d; speeds above 12
    km/s count as 12 km/s.

    References
    ----------
    .. [1] W. P. Schonberg, R. A. Taylor (1989), oblique hypervelocity impact of thin
       plates. Coefficients recalled, unverified.
    """
    d = diameter_in_cm("thin plate", diameter)
    impact = Impact.from_si(speed, obliquity, 1000.0)
    p = plate.in_units()
    x = np.minimum(impact.speed, SPEED_CAP) / p["sound_speed"]
    y = p["thickness"] / d
    cosine = np.maximum(np.cos(impact.obliquity), 0.0)
    first = 2.794 * x**0.962 * y**0.895 * cosine**0.821 + 1.120
    degrees = impact.obliquity / DEGREE
    second = 3.356 * x**1.064 * y**0.926 * np.exp(0.00965 * degrees) + 0.971
    short = np.maximum(np.minimum(first, second), LEAST_RATIO) * d * CM
    long = np.maximum(np.maximum(first, second), LEAST_RATIO) * d * CM
    return np.asarray(short), np.asarray(long)


def entry_particle_range(
    hole: tuple[float, float], particle: tuple[float, float]
) -> tuple[float, float]:
    """Return the particles of a range that can have made a clean entry hole.

    Parameters
    ----------
    hole : tuple of float
        Least and greatest observed diameter of the hole [m].
    particle : tuple of float
        Least and greatest particle that is considered [m].

    Returns
    -------
    tuple of float
        The part of the range with 0.9 d below the hole [m].

    Raises
    ------
    InputError
        When there is none, with the reason; or a range is not positive and ordered.

    Notes
    -----
    A clean hole in a thin plate is larger than 0.9 particle diameters. A smaller hole
    is that of a second wall, a marginal perforation near the ballistic limit, or
    a misreading (MS-22: 0.8 mm reported beside a particle of 1 to 1.5 mm).

    References
    ----------
    .. [1] NASA/TM-2009-214785, sect. 7.2.2: a thin film keeps holes of about the
       particle's size.
    """
    problems = [
        Problem("entry hole", key, pair, "two lengths > 0 [m], the first not greater")
        for key, pair in (("hole", hole), ("particle", particle))
        if not 0.0 < pair[0] <= pair[1] < np.inf
    ]
    if problems:
        raise InputError(problems)
    largest = hole[1] / LEAST_RATIO
    # The ratio is 0.9 at a thickness of 0 only: equal lengths, as printed, are refused.
    if largest <= particle[0] * (1.0 + 1e-9):
        raise bad(
            "entry hole",
            "hole",
            f"up to {hole[1] * 1e3:.3g} mm",
            f"more than 0.9 particle diameters, {LEAST_RATIO * particle[0] * 1e3:.3g} mm"
            f" for particles from {particle[0] * 1e3:.3g} mm on: a clean hole in a thin"
            " plate is always larger, so this is not the entry hole (a second wall, a"
            " marginal perforation or a misreading)",
        )
    return particle[0], min(particle[1], largest)


def _maiden(d: FloatArray, impact: Impact, plate: Plate) -> FloatArray:
    speed = np.minimum(impact.speed, SPEED_CAP)
    y = plate.in_units()["thickness"] / d
    return np.asarray(0.45 * speed * y ** (2.0 / 3.0) + 0.9)


def _nysmith_denardo(d: FloatArray, impact: Impact, plate: Plate) -> FloatArray:
    speed = np.minimum(impact.speed, SPEED_CAP)
    y = plate.in_units()["thickness"] / d
    return np.asarray(0.88 * np.sqrt(impact.density * speed) * y**0.45)


def _lundeberg(d: FloatArray, impact: Impact, plate: Plate) -> FloatArray:
    p = plate.in_units()
    x = np.minimum(impact.speed, SPEED_CAP) / p["sound_speed"]
    y = p["thickness"] / d
    # The last factor vanishes for particles 32 times lighter than the plate.
    light = np.maximum(1.0 - 0.0308 * p["density"] / impact.density, 1e-3)
    return np.asarray(3.4 * np.cbrt(y * x) * light)


def _sawle(d: FloatArray, impact: Impact, plate: Plate) -> FloatArray:
    p = plate.in_units()
    speed = np.minimum(impact.speed, SPEED_CAP)
    x = impact.density * speed / (p["density"] * p["sound_speed"])
    y = p["thickness"] / d
    return np.asarray(3.2 * x**0.22 * y ** (2.0 / 3.0) + 1.0)


_RATIO: dict[str, Callable[[FloatArray, Impact, Plate], FloatArray]] = {
    "maiden": _maiden,
    "nysmith_denardo": _nysmith_denardo,
    "lundeberg": _lundeberg,
    "sawle": _sawle,
}
