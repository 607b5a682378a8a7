"""What a hole model is: the size of a hole, with its scatter and its own error."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmod.errors import InputError, Problem
from mmod.shields.ballistic_limits._handbook import BoolArray, FloatArray, Impact
from mmod.units import DEGREE, G_CM3, KM

ALUMINIUM_PARTICLE = (2.5 * G_CM3, 3.0 * G_CM3)
"""Densities of particles that count as aluminium [kg/m3]."""
ALUMINIUM_PLATE = (2.55 * G_CM3, 2.9 * G_CM3)
"""Densities of plates that count as aluminium [kg/m3]."""


class HoleSize(NamedTuple):
    """Size of a hole or crater as a lognormal; arrays of one shape.

    Parameters
    ----------
    log_median : ndarray
        Natural log of the median diameter [ln m]; -inf where there is no hole.
    log_sd : ndarray
        Scatter from impact to impact: standard deviation of the log diameter [1].
    in_range : ndarray of bool
        Whether the relation is used inside the range that its support covers.
    log_stderr : ndarray
        Error of the model itself, common to all impacts: standard deviation of the
        log median [1]. It does not average out over impacts.
    axis_ratio : ndarray
        Long over short axis of the hole [1]; NaN where nothing is known.
    """

    log_median: FloatArray
    log_sd: FloatArray
    in_range: BoolArray
    log_stderr: FloatArray
    axis_ratio: FloatArray

    def taken(self, keep: BoolArray) -> HoleSize:
        """Return the sizes of some of the impacts."""
        return HoleSize(
            self.log_median[keep],
            self.log_sd[keep],
            self.in_range[keep],
            self.log_stderr[keep],
            self.axis_ratio[keep],
        )


class Impacts(NamedTuple):
    """Impacts that make a hole, one-dimensional and checked, SI."""

    diameter: FloatArray
    critical: FloatArray
    speed: FloatArray
    obliquity: FloatArray
    density: FloatArray


class HoleModel(ABC):
    """A relation for the size of a hole, with the shield put in.

    Parameters
    ----------
    name : str
        Short name, as users type it.
    title : str
        What it gives, in a few words.
    support : str
        What stands behind the numbers, with their tags.
    source : str
        Citation.
    gate : float
        Least particle that makes a hole, over the critical diameter of the shield
        (above 1 where the criterion of the shield is met before there is a hole).
    """

    def __init__(
        self, name: str, title: str, support: str, source: str, gate: float = 1.0
    ) -> None:
        self.name = name
        self.title = title
        self.support = support
        self.source = source
        self.gate = gate

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    def distribution(
        self,
        diameter: ArrayLike,
        critical_diameter: ArrayLike,
        speed: ArrayLike,
        obliquity: ArrayLike,
        density: ArrayLike,
    ) -> HoleSize:
        """Return the size of the hole that an impact makes.

        Parameters
        ----------
        diameter : array_like
            Particle [m], > 0.
        critical_diameter : array_like
            Ballistic limit of the shield for the same impact [m], > 0; infinite where
            nothing fails.
        speed, obliquity, density : array_like
            Impact speed [m/s], angle from the normal [rad], particle density [kg/m3].

        Returns
        -------
        HoleSize
            Of the broadcast shape. Below the ballistic limit (times `gate`) there is
            no hole: a log median of -inf.

        Raises
        ------
        InputError
            On NaN or values outside the ranges above; lists all of it.
        """
        impact = Impact.from_si(speed, obliquity, density)
        given = {"diameter": np.asarray(diameter, dtype=np.float64)}
        given["critical_diameter"] = np.asarray(critical_diameter, dtype=np.float64)
        problems = []
        for key, values in given.items():
            top = values < np.inf if key == "diameter" else ~np.isnan(values)
            accepted = (values > 0.0) & top
            if not bool(np.all(accepted)):
                first = float(values[~accepted].flat[0])
                problems.append(Problem(self.name, key, first, "finite, > 0 [m]"))
        if problems:
            raise InputError(problems)
        arrays = np.broadcast_arrays(
            given["diameter"],
            given["critical_diameter"],
            impact.speed * KM,
            impact.obliquity,
            impact.density * G_CM3,
        )
        shape = arrays[0].shape
        flat = [np.ascontiguousarray(a, dtype=np.float64).reshape(-1) for a in arrays]
        hole = flat[0] >= flat[1] * self.gate
        part = self._sizes(Impacts(*(a[hole] for a in flat)))
        fields = [
            _spread(v, hole, empty, shape) for v, empty in zip(part, _NONE, strict=True)
        ]
        return HoleSize(*fields)

    @abstractmethod
    def _sizes(self, impacts: Impacts) -> HoleSize:
        """Return the sizes for impacts that make a hole."""


_NONE = (-np.inf, 0.0, True, 0.0, np.nan)
"""What `HoleSize` holds where there is no hole."""


def _spread(
    values: NDArray[Any], hole: BoolArray, empty: float | bool, shape: tuple[int, ...]
) -> NDArray[Any]:
    """Put the values of the impacts that make a hole among all of them."""
    out = np.full(hole.shape, empty, dtype=values.dtype)
    out[hole] = values
    return out.reshape(shape)


def within(
    impacts: Impacts,
    *,
    speed: tuple[float, float],
    obliquity_deg: float,
    density: tuple[float, float] = ALUMINIUM_PARTICLE,
) -> BoolArray:
    """Return which impacts lie inside a range of speed, obliquity and density [SI]."""
    inside = (impacts.speed >= speed[0]) & (impacts.speed <= speed[1])
    inside &= impacts.obliquity <= obliquity_deg * DEGREE * (1.0 + 1e-12)
    inside &= (impacts.density >= density[0]) & (impacts.density <= density[1])
    return np.asarray(inside, dtype=np.bool_)
