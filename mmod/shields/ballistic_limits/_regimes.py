"""What nearly all ballistic limit equations share: power laws between speed regimes.

A critical diameter is a sum of power laws of speed, cosine and particle density below
an onset speed (projectile intact), another one above a second speed (projectile
molten), and a straight line in speed between the two. Only the constants differ from
family to family, and they come with the layers of the shield. Regime order, angle
caps and splits are treated here once.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmod.shields.ballistic_limits._handbook import BoolArray, FloatArray, Impact
from mmod.units import CM, DEGREE, G_CM3, KM

GRAZING = 89.0 * DEGREE
"""Obliquity at which equations without a cap of their own are held [rad]: their low
regime grows without bound towards grazing."""
_BLOCK = 16384
"""Conditions treated at once: the temporary arrays then stay in the cache."""
WHIPPLE_CAP = 65.0 * DEGREE
"""Obliquity above which two-wall equations are evaluated at 65 deg [rad]."""


@dataclass(frozen=True)
class Validity:
    """Range of the tests behind an equation, SI.

    Parameters
    ----------
    speed : tuple of float
        Lowest and highest impact speed [m/s].
    obliquity : float
        Highest obliquity [rad].
    basis : str
        Where the range comes from, and what it leaves open.
    diameter : tuple of float
        Smallest and largest particle [m]; a critical diameter beyond is extrapolated.
    density : tuple of float
        Lowest and highest particle density [kg/m3].
    """

    speed: tuple[float, float]
    obliquity: float
    basis: str
    diameter: tuple[float, float] = (0.0, math.inf)
    density: tuple[float, float] = (0.0, math.inf)


GUN_DENSITIES = (1.1 * G_CM3, 8.96 * G_CM3)
"""Nylon to copper [kg/m3]: projectiles of light-gas guns, where a source prints none
[estimate]. The 1,135 Whipple shots of the scoring tables are all of aluminium."""
COMMON_OBLIQUITY = 60.0 * DEGREE
"""To which such tests commonly go [rad], where a source prints none [estimate]."""
DENSITY_NOTE = "; densities from nylon to copper [estimate]"
"""What a basis says that has `GUN_DENSITIES`."""


class Limit(ABC):
    """A ballistic limit with the shield put in: critical diameter of an impact."""

    validity: Validity
    angle_breaks: tuple[float, ...] = ()
    """Obliquities at which the critical diameter kinks or jumps [rad]."""
    density_breaks: tuple[float, ...] = ()
    """Particle densities at which it kinks or jumps [kg/m3]."""

    @abstractmethod
    def _diameter(self, impact: Impact) -> FloatArray:
        """Return the critical diameter [cm]; broadcasts the impact conditions."""

    @abstractmethod
    def _borders(self, impact: Impact) -> list[FloatArray]:
        """Return the speeds [km/s] of the regime borders (any order)."""

    def critical_diameter(
        self, speed: ArrayLike, obliquity: ArrayLike, density: ArrayLike
    ) -> FloatArray:
        """Return the smallest sphere that makes the shield fail.

        Parameters
        ----------
        speed : array_like
            Impact speed [m/s], > 0.
        obliquity : array_like
            Angle from the surface normal [rad], 0 to pi/2.
        density : array_like
            Particle density [kg/m3], > 0.

        Returns
        -------
        ndarray
            Critical diameter [m], of the broadcast shape; finite on valid input.

        Raises
        ------
        InputError
            On NaN or values outside the ranges above.
        """
        impact = Impact.from_si(speed, obliquity, density)
        given = (impact.speed, impact.obliquity, impact.density)
        shape = np.broadcast_shapes(*(x.shape for x in given))
        if math.prod(shape) <= _BLOCK:
            return np.broadcast_to(self._diameter(impact), shape) * CM
        flat = [np.broadcast_to(x, shape).reshape(-1) for x in given]
        found = np.zeros(flat[0].shape)
        for start in range(0, found.size, _BLOCK):
            part = slice(start, start + _BLOCK)
            found[part] = self._diameter(Impact(*(x[part] for x in flat)))
        return found.reshape(shape) * CM

    def valid(
        self,
        speed: ArrayLike,
        obliquity: ArrayLike,
        density: ArrayLike,
        *,
        diameter: ArrayLike | None = None,
    ) -> BoolArray:
        """Return where the equation is used inside the range of its tests.

        Parameters
        ----------
        speed : array_like
            Impact speed [m/s], > 0.
        obliquity : array_like
            Angle from the surface normal [rad], 0 to pi/2.
        density : array_like
            Particle density [kg/m3], > 0.
        diameter : array_like, optional
            Critical diameters there [m], where they are at hand; saves computing them.

        Returns
        -------
        ndarray of bool
            False where the critical diameter is an extrapolation.
        """
        if diameter is None:
            diameter = self.critical_diameter(speed, obliquity, density)
        size = np.asarray(diameter, dtype=float)
        v, theta, rho = (
            np.asarray(x, dtype=float) for x in (speed, obliquity, density)
        )
        inside = self.validity
        return np.asarray(
            (v >= inside.speed[0])
            & (v <= inside.speed[1])
            & (theta <= inside.obliquity)
            & (rho >= inside.density[0])
            & (rho <= inside.density[1])
            & (size >= inside.diameter[0])
            & (size <= inside.diameter[1])
        )

    def speed_breaks(self, obliquity: ArrayLike, density: ArrayLike) -> FloatArray:
        """Return the speeds at which the critical diameter kinks or jumps.

        Parameters
        ----------
        obliquity : array_like
            Angle from the surface normal [rad].
        density : array_like
            Particle density [kg/m3].

        Returns
        -------
        ndarray
            Speeds [m/s], broadcast shape + (n,), not decreasing along the last axis;
            two are equal where a regime has no width.
        """
        impact = Impact.from_si(1.0, obliquity, density)
        shape = np.broadcast_shapes(impact.obliquity.shape, impact.density.shape)
        borders = [np.broadcast_to(b, shape) for b in self._borders(impact)]
        if not borders:
            return np.zeros((*shape, 0))
        return np.sort(np.stack(borders, axis=-1), axis=-1) * KM


class Term(Protocol):
    """One term of a critical diameter [cm; km/s, g/cm3]; absent where it is 0."""

    @property
    def coefficient(self) -> float:
        """Scale of the term, not negative."""

    def __call__(
        self, log_speed: FloatArray, log_cosine: FloatArray, log_density: FloatArray
    ) -> FloatArray:
        """Evaluate from natural logarithms (shared between the terms)."""


@dataclass(frozen=True)
class PowerLaw:
    """One term K V^a cos^b rho^e of a critical diameter [cm; km/s, g/cm3].

    Parameters
    ----------
    coefficient : float
        K, not negative; a term with K = 0 is absent.
    speed, cosine, density : float
        The exponents a, b and e.
    """

    coefficient: float
    speed: float = 0.0
    cosine: float = 0.0
    density: float = 0.0

    def __call__(
        self, log_speed: FloatArray, log_cosine: FloatArray, log_density: FloatArray
    ) -> FloatArray:
        """Evaluate from natural logarithms (shared between the terms)."""
        if self.coefficient <= 0.0:
            return np.zeros(())
        fixed = math.log(self.coefficient) + self.cosine * log_cosine
        fixed = fixed + self.density * log_density
        return np.asarray(np.exp(self.speed * log_speed + fixed))


@dataclass(frozen=True)
class Border:
    """A regime border V = speed * cos^exponent [km/s]."""

    speed: float
    cosine: float = 0.0

    def log(self, log_cosine: FloatArray) -> FloatArray:
        """Return the logarithm of the border speed."""
        return np.asarray(math.log(self.speed) + self.cosine * log_cosine)


@dataclass(frozen=True)
class Regimes:
    """Low and high regime with a straight line in speed between them.

    Parameters
    ----------
    low : tuple of Term
        Terms at and below the onset, power laws as a rule.
    high : tuple of Term
        Terms at and above the hypervelocity border; empty for a single regime.
    onset, hypervelocity : Border, optional
        The two borders. Where the onset passes the hypervelocity border it is
        clipped to it, and the critical diameter jumps there.
    """

    low: tuple[Term, ...]
    high: tuple[Term, ...] = ()
    onset: Border | None = None
    hypervelocity: Border | None = None

    def diameter(
        self, speed: FloatArray, log_cosine: FloatArray, log_density: FloatArray
    ) -> FloatArray:
        """Return the critical diameter [cm] for speeds [km/s]."""
        log_speed = np.log(speed)
        low = _total(self.low, log_speed, log_cosine, log_density)
        if self.onset is None or self.hypervelocity is None:
            return low
        log_high = self.hypervelocity.log(log_cosine)
        log_low = np.minimum(self.onset.log(log_cosine), log_high)
        high = _total(self.high, log_speed, log_cosine, log_density)
        first = _total(self.low, log_low, log_cosine, log_density)
        last = _total(self.high, log_high, log_cosine, log_density)
        start, end = np.exp(log_low), np.exp(log_high)
        width = np.where(end > start, end - start, 1.0)
        between = first + (last - first) / width * (speed - start)
        return np.where(
            log_speed >= log_high, high, np.where(log_speed <= log_low, low, between)
        )

    def borders(self, log_cosine: FloatArray) -> list[FloatArray]:
        """Return the border speeds [km/s]."""
        if self.onset is None or self.hypervelocity is None:
            return []
        end = self.hypervelocity.log(log_cosine)
        start = np.minimum(self.onset.log(log_cosine), end)
        return [np.exp(start), np.exp(end)]

    def crossing(self) -> float | None:
        """Return the obliquity [rad] where the onset meets the upper border."""
        if self.onset is None or self.hypervelocity is None:
            return None
        exponent = self.hypervelocity.cosine - self.onset.cosine
        if exponent == 0.0:
            return None
        cosine = (self.onset.speed / self.hypervelocity.speed) ** (1.0 / exponent)
        return math.acos(cosine) if 0.0 < cosine < 1.0 else None


def _total(
    terms: tuple[Term, ...],
    log_speed: FloatArray,
    log_cosine: FloatArray,
    log_density: FloatArray,
) -> FloatArray:
    total = terms[0](log_speed, log_cosine, log_density)
    for term in terms[1:]:
        if term.coefficient > 0.0:
            total = total + term(log_speed, log_cosine, log_density)
    return total


@dataclass(frozen=True)
class PowerLawLimit(Limit):
    """A ballistic limit made of power laws, split by obliquity or density.

    Parameters
    ----------
    branches : tuple of Regimes
        One for each interval of the split, in increasing order; one without a split.
    validity : Validity
        Range of the tests.
    cap : float
        Obliquity above which everything is evaluated at the cap [rad].
    angle_edge : float or tuple of float, optional
        Obliquities, increasing, from which on the next branch holds [rad].
    density_edge : float, optional
        Particle density from which on the second branch holds [kg/m3].
    """

    branches: tuple[Regimes, ...]
    validity: Validity
    cap: float = GRAZING
    angle_edge: float | tuple[float, ...] | None = None
    density_edge: float | None = None

    @property
    def _angle_edges(self) -> tuple[float, ...]:
        if self.angle_edge is None:
            return ()
        edge = self.angle_edge
        return edge if isinstance(edge, tuple) else (edge,)

    @property
    def angle_breaks(self) -> tuple[float, ...]:  # type: ignore[override]
        """Obliquities at which the critical diameter kinks or jumps [rad]."""
        edges = self._angle_edges
        found = {self.cap, *edges}
        for index, branch in enumerate(self.branches):
            angle = branch.crossing()
            if angle is None or angle >= self.cap:
                continue
            if not edges or index == bisect_right(edges, angle):
                found.add(angle)
        return tuple(sorted(found))

    @property
    def density_breaks(self) -> tuple[float, ...]:  # type: ignore[override]
        """Particle densities at which it kinks or jumps [kg/m3]."""
        return () if self.density_edge is None else (self.density_edge,)

    def with_terms(self, low: tuple[PowerLaw, ...]) -> PowerLawLimit:
        """Return the same limit with further terms in the low regime."""
        branches = tuple(replace(b, low=(*b.low, *low)) for b in self.branches)
        return replace(self, branches=branches)

    def _branch(self, impact: Impact) -> NDArray[np.intp] | None:
        """Return the branch that holds for each condition, None when there is one."""
        if self.angle_edge is not None:
            return np.searchsorted(self._angle_edges, impact.obliquity, side="right")
        if self.density_edge is not None:
            edge = self.density_edge / G_CM3
            return np.searchsorted([edge], impact.density, side="right")
        return None

    def _diameter(self, impact: Impact) -> FloatArray:
        log_cosine = np.log(np.cos(np.minimum(impact.obliquity, self.cap)))
        log_density = np.log(impact.density)
        found = [
            b.diameter(impact.speed, log_cosine, log_density) for b in self.branches
        ]
        return _chosen(self._branch(impact), found)

    def _borders(self, impact: Impact) -> list[FloatArray]:
        log_cosine = np.log(np.cos(np.minimum(impact.obliquity, self.cap)))
        found = [b.borders(log_cosine) for b in self.branches]
        branch = self._branch(impact)
        return [_chosen(branch, list(of)) for of in zip(*found, strict=True)]


def _chosen(branch: NDArray[np.intp] | None, values: list[FloatArray]) -> FloatArray:
    """Return for each condition the value of the branch that holds."""
    chosen = values[0]
    if branch is not None:
        for index, value in enumerate(values[1:], start=1):
            chosen = np.where(branch == index, value, chosen)
    return chosen
