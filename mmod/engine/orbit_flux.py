"""A model's flux along an orbit: asked at few altitudes, interpolated between them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mmod.config.schema import decimal_year
from mmod.flux import ExposureState, Flag, FluxModel
from mmod.orbit.sampling import Part, bands
from mmod.units import KM

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class PartStates:
    """A part of a phase with the altitudes that stand for it.

    Parameters
    ----------
    part : Part
        Stretch of time.
    altitude, weight : ndarray, shape (n,)
        Altitudes [m] and shares of the phase's time; these sum to the part's share.
    inclination, epoch : ndarray, shape (n,)
        [rad] and decimal years.
    node : float or None
        Right ascension of the node in the middle of the part [rad].
    """

    part: Part
    altitude: FloatArray
    weight: FloatArray
    inclination: FloatArray
    epoch: FloatArray
    node: float | None


class AskedFlux:
    """A model's flux at given states; what was asked is remembered.

    Parameters
    ----------
    model : FluxModel
        To be asked.
    diameters : ndarray, shape (k,)
        Sizes [m].
    accept : bool
        Outside the model's validity give a flag instead of an error.
    """

    def __init__(self, model: FluxModel, diameters: FloatArray, accept: bool) -> None:
        self.model = model
        self.diameters = diameters
        self.accept = accept
        self._known: dict[ExposureState, FloatArray] = {}
        self._flags: dict[str, Flag] = {}

    def state(
        self,
        part: Part,
        altitude: float,
        inclination: float,
        epoch: float,
        node: float | None,
    ) -> ExposureState:
        """Return a state in the middle of a part: [m], [rad], year, [rad]."""
        return ExposureState(
            altitude=altitude,
            inclination=inclination,
            epoch=epoch,
            accept_extrapolation=self.accept,
            start=part.start,
            end=part.end,
            right_ascension=node,
        )

    def states(self, item: PartStates) -> list[ExposureState]:
        """Return the states of a part, one an altitude."""
        return [
            self.state(item.part, float(h), float(i), float(t), item.node)
            for h, i, t in zip(item.altitude, item.inclination, item.epoch, strict=True)
        ]

    def at(self, state: ExposureState) -> FloatArray:
        """Return the flux at a state, shape (k,) [1/m2/s]."""
        if state not in self._known:
            for flag in self.model.validity(state):
                known = self._flags.setdefault(flag.code, flag)
                if flag.excess > known.excess:
                    self._flags[flag.code] = flag
            self._known[state] = self.model.cumulative(self.diameters, state)
        return self._known[state]

    @property
    def caveats(self) -> tuple[Flag, ...]:
        """What the model said of the states that it was asked for."""
        return tuple(self._flags.values())

    def __call__(self, item: PartStates) -> FloatArray:
        """Return the flux at every state of a part, shape (n, k) [1/m2/s]."""
        return np.stack([self.at(state) for state in self.states(item)])


class SmoothFlux:
    """Flux against altitude in every band of every part, through few exact values.

    Parameters
    ----------
    flux : AskedFlux
        Exact values.
    samples : list of PartStates
        The parts.
    reach : ndarray, shape (part, 2)
        Lowest and highest altitude that will be asked for [m].

    Notes
    -----
    Valid for models smooth in the altitude: the log of the flux is a polynomial through
    five Chebyshev points a band (three in a band below 2 km, one below 1 m).
    """

    def __init__(
        self, flux: AskedFlux, samples: list[PartStates], reach: FloatArray
    ) -> None:
        self._edges: list[FloatArray] = []
        self._fits: list[list[tuple[FloatArray, FloatArray, bool]]] = []
        for item, (low, high) in zip(samples, reach, strict=True):
            edges = bands(np.array([low, high]))
            fits = []
            for a, b in pairwise(edges):
                count = 1 if b - a < 1.0 else 3 if b - a < 2.0 * KM else 5
                x = np.cos(np.pi * np.arange(count) / max(count - 1, 1))[::-1]
                x = x if count > 1 else np.zeros(1)
                altitude = np.clip(0.5 * (a + b) + 0.5 * (b - a) * x, a, b)
                mean = float(np.mean(item.inclination))
                epoch = decimal_year(item.part.middle)
                values = np.stack(
                    [
                        flux.at(flux.state(item.part, float(h), mean, epoch, item.node))
                        for h in altitude
                    ]
                )
                logs = bool(np.all(values > 0.0))
                values = np.log(values) if logs else values
                power = np.vander(x, count, increasing=True)
                fits.append((np.linalg.solve(power, values), np.array([a, b]), logs))
            self._edges.append(edges)
            self._fits.append(fits)

    def mean(self, parts: list[PartStates]) -> FloatArray:
        """Return the weighted sum of the flux over all parts, shape (k,) [1/m2/s]."""
        total = np.zeros(0)
        for item, edges, fits in zip(parts, self._edges, self._fits, strict=True):
            band = np.clip(
                np.searchsorted(edges, item.altitude, side="right") - 1,
                0,
                len(fits) - 1,
            )
            for k in np.unique(band):
                mine = band == k
                fit, (low, high), logs = fits[k]
                half = 0.5 * (high - low) or 1.0
                x = (item.altitude[mine] - 0.5 * (low + high)) / half
                value = np.vander(x, len(fit), increasing=True) @ fit
                value = np.exp(value) if logs else value
                part = item.weight[mine] @ value
                total = part if total.size == 0 else total + part
        return total
