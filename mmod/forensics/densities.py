"""Joint density of the marks of a breach: size, obliquity, direction, place."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mmod.errors import InputError, Problem

if TYPE_CHECKING:
    from mmod.forensics.breaches import Breaches

FloatArray = NDArray[np.float64]

NARROWED = 0.5
"""Kernel widths over those of Silverman's rule."""
LEAST_WIDTHS = {"obliquity": 0.01, "direction": 0.01, "position": 0.01}
"""Least widths of kernels: obliquity and direction [rad], position [m]."""
_DIMENSIONS = {"obliquity": 1, "direction": 2, "position": 2}


@dataclass(frozen=True)
class Marks:
    """What is known of one breach; None where nothing is.

    Parameters
    ----------
    size : tuple of float, optional
        Least and greatest diameter of the hole [m].
    obliquity : float, optional
        Angle of the path from the normal [rad].
    direction : tuple of float, optional
        Azimuth and elevation of the radiant, spacecraft frame [rad].
    position : tuple of float, optional
        Point on the surface, body frame [m].
    population : int, optional
        Index of the population of the flux model.
    """

    size: tuple[float, float] | None = None
    obliquity: float | None = None
    direction: tuple[float, float] | None = None
    position: tuple[float, float, float] | None = None
    population: int | None = None


@dataclass(frozen=True)
class JointDensity:
    """Density of the marks of a breach, given that the zones are breached.

    Parameters
    ----------
    value : float
        The density; its unit is in `units`.
    units : str
        Product of those of the marks: 1 for a range of sizes and a population, rad-1
        for the obliquity, sr-1 for the direction, m-2 for the place.
    effective_samples : float [1]
        (sum w)^2 / sum w^2 over the rays that make up the value.
    widths : dict of str to float
        Widths of the kernels: obliquity and direction [rad], position [m].
    """

    value: float
    units: str
    effective_samples: float
    widths: dict[str, float]


def joint_density(breaches: Breaches, marks: Marks) -> JointDensity:
    """Return the density of the marks of one breach, given a breach of the zones.

    Parameters
    ----------
    breaches : Breaches
        The prediction.
    marks : Marks
        What is known of the breach; marks that are None are integrated over.

    Returns
    -------
    JointDensity
        Mean over the weighted nodes of the product of the marks' kernels.

    Raises
    ------
    InputError
        When a mark is out of its range, none is given, or nothing is predicted; lists
        all of it.

    Notes
    -----
    The hole's own scatter is the kernel of the size. Others: a normal kernel in the
    obliquity, mirrored at 0 and 90 deg; a von Mises-Fisher kernel on the sphere of
    radiants; a normal kernel in the distance along the surface, taken as flat over a
    width. Widths are half of Silverman's rule, from the weighted spread and the
    effective number of rays.

    References
    ----------
    .. [1] B. W. Silverman, Density Estimation for Statistics and Data Analysis (1986),
       p. 45-48, 86-87.
    .. [2] N. I. Fisher, T. Lewis, B. J. J. Embleton, Statistical Analysis of Spherical
       Data (1987), sect. 4.4. Recalled, unverified.
    """
    _check(marks, breaches)
    rays = breaches.rays
    weight = _by_ray(breaches, breaches.weight)
    whole = float(weight.sum())
    effective = whole**2 / float((weight**2).sum())
    value = weight / whole
    if marks.size is not None:
        share = breaches.size_share(*marks.size)
        value = _by_ray(breaches, breaches.weight * share) / whole
    units: list[str] = []
    widths: dict[str, float] = {}

    def width(name: str, spread: float) -> float:
        found = NARROWED * silverman(spread, effective, _DIMENSIONS[name])
        widths[name] = max(found, LEAST_WIDTHS[name])
        return widths[name]

    if marks.population is not None:
        value = value * (rays.population == marks.population)
    if marks.obliquity is not None:
        h = width("obliquity", _spread(rays.obliquity, weight))
        value = value * _mirrored(marks.obliquity, rays.obliquity, h)
        units.append("rad-1")
    if marks.direction is not None:
        radiant = _unit(rays.azimuth, rays.elevation)
        mean = (radiant * weight[:, None]).sum(axis=0) / whole
        # Spread of one axis of a nearly plane distribution of directions.
        spread = math.sqrt(max(1.0 - float(mean @ mean), 0.0) / 2.0)
        h = width("direction", spread)
        wanted = _unit(np.array([marks.direction[0]]), np.array([marks.direction[1]]))[
            0
        ]
        value = value * _fisher(radiant @ wanted, 1.0 / h**2)
        units.append("sr-1")
    if marks.position is not None:
        point = np.stack([rays.x, rays.y, rays.z], axis=1)
        variance = sum(_spread(point[:, i], weight) ** 2 for i in range(3))
        h = width("position", math.sqrt(variance / 2.0))
        apart = ((point - np.array(marks.position)) ** 2).sum(axis=1)
        value = value * np.exp(-0.5 * apart / h**2) / (2.0 * math.pi * h**2)
        units.append("m-2")
    square = float((value**2).sum())
    total = float(value.sum())
    return JointDensity(
        value=total,
        units=" ".join(units) or "1",
        effective_samples=total**2 / square if square > 0.0 else 0.0,
        widths=widths,
    )


def _by_ray(breaches: Breaches, values: FloatArray) -> FloatArray:
    """Return the sum of a quantity of the nodes for each ray."""
    out = np.zeros(len(breaches.rays))
    np.add.at(out, breaches.ray, values)
    return out


def silverman(spread: float, samples: float, dimensions: int) -> float:
    """Return the width of a normal kernel by Silverman's rule.

    Parameters
    ----------
    spread : float
        Standard deviation of the data, along one axis [any unit].
    samples : float
        Number of (effective) samples.
    dimensions : int
        Number of axes.

    Returns
    -------
    float
        (4 / (d + 2))^(1/(d + 4)) n^(-1/(d + 4)) times the spread, in its unit.

    References
    ----------
    .. [1] B. W. Silverman, Density Estimation for Statistics and Data Analysis (1986),
       eq. 4.14.
    """
    power = 1.0 / (dimensions + 4.0)
    return float((4.0 / (dimensions + 2.0) / max(samples, 1.0)) ** power * spread)


def _check(marks: Marks, breaches: Breaches) -> None:
    problems: list[Problem] = []

    def refuse(key: str, value: object, expected: str) -> None:
        problems.append(Problem("marks", key, value, expected))

    if all(v is None for v in vars(marks).values()):
        refuse("marks", None, "at least one mark")
    if marks.size is not None and not 0.0 <= marks.size[0] < marks.size[1]:
        refuse("size", marks.size, "two diameters >= 0 [m], the first the smaller")
    if marks.obliquity is not None and not 0.0 <= marks.obliquity <= 0.5 * math.pi:
        refuse("obliquity", marks.obliquity, "0 to pi/2 [rad]")
    if marks.direction is not None and not (
        abs(marks.direction[0]) <= 2.0 * math.pi
        and abs(marks.direction[1]) <= 0.5 * math.pi
    ):
        refuse("direction", marks.direction, "azimuth and elevation [rad]")
    if marks.position is not None and not np.isfinite(marks.position).all():
        refuse("position", marks.position, "three finite coordinates [m]")
    if not float(breaches.weight.sum()) > 0.0:
        refuse("zones", list(breaches.zones), "zones that are breached")
    if problems:
        raise InputError(problems)


def _spread(values: FloatArray, weight: FloatArray) -> float:
    """Return the weighted standard deviation."""
    mean = float((values * weight).sum()) / float(weight.sum())
    return math.sqrt(float((weight * (values - mean) ** 2).sum()) / float(weight.sum()))


def _mirrored(wanted: float, values: FloatArray, h: float) -> FloatArray:
    """Return a normal kernel in 0 to pi/2 that loses nothing over the ends [1/rad]."""
    out = np.zeros(len(values))
    for image in (values, -values, math.pi - values):
        out += np.exp(-0.5 * ((wanted - image) / h) ** 2)
    return out / (math.sqrt(2.0 * math.pi) * h)


def _unit(azimuth: FloatArray, elevation: FloatArray) -> FloatArray:
    """Return radiants as unit vectors, shape (n, 3)."""
    flat = np.cos(elevation)
    return np.stack(
        [flat * np.cos(azimuth), flat * np.sin(azimuth), np.sin(elevation)], axis=-1
    )


def _fisher(cosine: FloatArray, kappa: float) -> FloatArray:
    """Return the von Mises-Fisher density on the unit sphere [1/sr]."""
    norm = kappa / (2.0 * math.pi * -math.expm1(-2.0 * kappa))
    return np.asarray(norm * np.exp(kappa * (np.clip(cosine, -1.0, 1.0) - 1.0)))
