"""A phase as few weighted states that a flux model can take, and how good they are.

Flux models know circular orbits of one epoch. A phase on a changing orbit is cut at new
years, sampled in time, and its samples are replaced by few states, so that each model's
flux is the mean over the samples.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from mmod.config.schema import decimal_year
from mmod.engine.orbit_flux import AskedFlux, PartStates, SmoothFlux
from mmod.engine.orbits import CircularOrbit, Orbit
from mmod.flux import ExposureState, Flag, FluxModel
from mmod.orbit.altitude_table import AltitudeTable, altitude_of
from mmod.orbit.elements import Elements, node_rate
from mmod.orbit.instants import posix
from mmod.orbit.sampling import (
    BAND,
    Part,
    bands,
    gauss_nodes,
    sample_times,
    year_parts,
)
from mmod.orbit.track import Track
from mmod.units import DEGREE, KM

FloatArray = NDArray[np.float64]

SAMPLING_TOLERANCE = 3e-3
"""Largest change of a model's flux by halving the samples."""
STATE_TOLERANCE = 1e-3
"""Largest difference between a model's flux of the states and of the samples."""
ECCENTRIC = 0.02
"""Eccentricity beyond which the circular orbits of the models are flagged."""
STRATA, POINTS = 64, 16
"""Revolutions sampled in a part, and instants in each, to begin with."""
MOST_SAMPLES = 2**15
MOST_NODES = 6
"""States of a band of altitude."""


@dataclass(frozen=True)
class ModelStates:
    """The states of a phase for one model.

    Parameters
    ----------
    states : tuple of ExposureState
        At least one.
    shares : tuple of float
        Of the time; they sum to 1.
    samples : int
        Instants at which the orbit was sampled; 0 where nothing had to be.
    sampling_change : float
        Largest relative change of the flux by halving them.
    state_error : float
        Largest relative difference of the flux of the states from that of the samples.
    flags : tuple of str
        What is not adequate.
    caveats : tuple of Flag
        Of the model, at any orbit that it was asked for on the way.
    """

    states: tuple[ExposureState, ...]
    shares: tuple[float, ...]
    samples: int = 0
    sampling_change: float = 0.0
    state_error: float = 0.0
    flags: tuple[str, ...] = ()
    caveats: tuple[Flag, ...] = ()


def flag_orbit(orbit: Orbit, start: datetime, end: datetime) -> list[str]:
    """Return what is to be said of an orbit whatever the model.

    Parameters
    ----------
    orbit : CircularOrbit, AltitudeTable or Track
        Of the phase.
    start, end : datetime
        Of the phase.

    Returns
    -------
    list of str
        A caveat where the orbit is far from circular.

    Raises
    ------
    InputError
        Where the orbit has no state.

    Notes
    -----
    Valid for any orbit.

    References
    ----------
    .. [1] None; geometry.
    """
    if not isinstance(orbit, Track):
        return []
    found = [_sampled(orbit, part, STRATA, POINTS) for part in year_parts(start, end)]
    worst = max(float(item.eccentricity.max()) for item in found)
    if worst <= ECCENTRIC:
        return []
    angle = max(float(np.abs(item.flight_path).max()) for item in found) / DEGREE
    low = min(float(item.altitude.min()) for item in found) / KM
    high = max(float(item.altitude.max()) for item in found) / KM
    return [
        (
            f"the orbit is eccentric (e up to {worst:.3f}, {low:.0f} to {high:.0f} km):"
            " flux models take it as circular orbits of every altitude; the velocity"
            f" leaves the local horizontal plane by up to {angle:.1f} deg, and its size"
            " is that of the circular orbit"
        )
    ]


def model_states(
    orbit: Orbit,
    start: datetime,
    end: datetime,
    model: FluxModel,
    diameters: FloatArray,
    *,
    accept_extrapolation: bool = False,
    strata: int = STRATA,
    points: int = POINTS,
    most_samples: int = MOST_SAMPLES,
) -> ModelStates:
    """Return the states of a phase for one model, as few as its flux allows.

    Parameters
    ----------
    orbit : CircularOrbit, AltitudeTable or Track
        Of the phase.
    start, end : datetime
        Of the phase.
    model : FluxModel
        To be asked for its flux.
    diameters : ndarray, shape (n,)
        Sizes at which the flux is compared [m].
    accept_extrapolation : bool
        Outside the model's validity give a flag instead of an error.
    strata, points, most_samples : int
        Samples to begin with, and the most there may be in a part.

    Returns
    -------
    ModelStates
        Also the change of the flux by halving the samples, with a flag where it stays
        above `SAMPLING_TOLERANCE`.

    Raises
    ------
    InputError
        Where the orbit has no state or the model does not hold.

    Notes
    -----
    Valid for models whose flux is smooth in the altitude. Between samples the flux is
    interpolated in bands of at most 100 km (five nodes, polynomial in the altitude of
    the logarithm of the flux). States are Gauss nodes of the altitudes of a band, with
    the mean inclination and epoch of its samples; a single state in the middle of the
    phase is taken where that is as good.

    References
    ----------
    .. [1] Golub and Welsch, Math. Comp. 23 (1969) 221-230 (Gauss nodes of a sample).
    """
    parts = year_parts(start, end)
    whole = Part(start.astimezone(UTC), end.astimezone(UTC), 1.0)
    flux = AskedFlux(model, diameters, accept_extrapolation)
    if not isinstance(orbit, Track):
        given = [_fixed(orbit, part, whole) for part in parts]
        reference = sum(
            (item.weight @ flux(item) for item in given), np.zeros(diameters.shape)
        )
        return _fewest(flux, _fixed(orbit, whole, whole), given, given, reference, 0.0)
    samples, change, surrogate = _adequate(
        orbit, parts, flux, strata, points, most_samples
    )
    reference = surrogate.mean(samples)
    for count in range(1, MOST_NODES + 1):
        grouped = [_grouped(item, count) for item in samples]
        error = _distance(surrogate.mean(grouped), reference)
        if error <= STATE_TOLERANCE:
            break
    one = _samples(orbit, whole, 1, 1)
    found = _fewest(flux, one, samples, grouped, reference, error)
    flags = []
    if change > SAMPLING_TOLERANCE:
        flags.append(
            f"{model.name}: its flux changes by {100.0 * change:.2g} % when the samples"
            f" of the orbit are halved, more than {100.0 * SAMPLING_TOLERANCE:g} %"
        )
    if found.state_error > STATE_TOLERANCE:
        flags.append(
            f"{model.name}: its flux over the states of the orbit is off by"
            f" {100.0 * found.state_error:.2g} % from that over the samples"
        )
    return replace(
        found,
        samples=sum(item.altitude.size for item in samples),
        sampling_change=change,
        flags=tuple(flags),
    )


def extreme_states(orbit: Orbit, start: datetime, end: datetime) -> list[ExposureState]:
    """Return the lowest and highest states of every calendar year of a phase.

    Parameters
    ----------
    orbit : CircularOrbit, AltitudeTable or Track
        Of the phase.
    start, end : datetime
        Of the phase.

    Returns
    -------
    list of ExposureState
        To ask a model whether it holds; not to be averaged.

    Raises
    ------
    InputError
        Where the orbit has no state.

    Notes
    -----
    Valid as the sampling that `model_states` begins with.

    References
    ----------
    .. [1] None; extremes.
    """
    parts = year_parts(start, end)
    whole = Part(start.astimezone(UTC), end.astimezone(UTC), 1.0)
    states = []
    for part in parts:
        if isinstance(orbit, Track):
            item = _samples(orbit, part, STRATA, POINTS)
        else:
            item = _fixed(orbit, part, whole)
        chosen = {int(item.altitude.argmin()), int(item.altitude.argmax())}
        states += [
            ExposureState(
                altitude=float(item.altitude[k]),
                inclination=float(item.inclination[k]),
                epoch=float(item.epoch[k]),
                start=part.start,
                end=part.end,
                right_ascension=item.node,
            )
            for k in sorted(chosen)
        ]
    return states


def _sampled(track: Track, part: Part, strata: int, points: int) -> Elements:
    start, end = part.seconds
    period = track.period(0.5 * (start + end))
    return track.elements(sample_times(start, end, period, strata, points))


def _samples(track: Track, part: Part, strata: int, points: int) -> PartStates:
    """Return the samples of a part, each with its instant; the node of its middle."""
    start, end = part.seconds
    middle = track.elements(np.array([posix(part.middle)]))
    period = track.period(0.5 * (start + end))
    times = sample_times(start, end, period, strata, points)
    found = track.elements(times)
    first, last = decimal_year(part.start), decimal_year(part.end)
    return PartStates(
        part,
        found.altitude,
        np.full(times.size, part.share / times.size),
        found.inclination,
        first + (times - start) / (end - start) * (last - first),
        float(middle.right_ascension[0]),
    )


def _adequate(
    track: Track,
    parts: tuple[Part, ...],
    flux: AskedFlux,
    strata: int,
    points: int,
    most: int,
) -> tuple[list[PartStates], float, SmoothFlux]:
    """Sample until halving changes nothing that counts, or there are too many."""
    while True:
        full, fewer, coarser = (
            [_samples(track, part, s, p) for part in parts]
            for s, p in (
                (strata, points),
                (max(strata // 2, 1), points),
                (strata, max(points // 2, 1)),
            )
        )
        reach = np.array(
            [
                [
                    min(float(item.altitude.min()) for item in items),
                    max(float(item.altitude.max()) for item in items),
                ]
                for items in zip(full, fewer, coarser, strict=True)
            ]
        )
        surrogate = SmoothFlux(flux, full, reach)
        mean = surrogate.mean(full)
        by_strata = _distance(surrogate.mean(fewer), mean)
        by_points = _distance(surrogate.mean(coarser), mean)
        change = max(by_strata, by_points)
        if change <= SAMPLING_TOLERANCE or 2 * strata * points > most:
            return full, change, surrogate
        if by_strata >= by_points:
            strata *= 2
        else:
            points *= 2


def _fixed(orbit: CircularOrbit | AltitudeTable, part: Part, whole: Part) -> PartStates:
    """Return the only state of a part of an orbit that is given."""
    node = None
    if isinstance(orbit, AltitudeTable):
        altitude = altitude_of(orbit, part.middle.year)
    else:
        altitude = orbit.altitude
        node = orbit.right_ascension
    if node is not None:
        later = (part.middle - whole.middle).total_seconds()
        node = node + node_rate(altitude, orbit.inclination) * later
    return PartStates(
        part,
        np.array([altitude]),
        np.array([part.share]),
        np.array([orbit.inclination]),
        np.array([decimal_year(part.middle)]),
        node,
    )


def _grouped(item: PartStates, count: int) -> PartStates:
    """Replace the samples of every band by a few Gauss nodes."""
    edges = bands(item.altitude)
    band = np.searchsorted(edges[1:-1], item.altitude, side="right")
    altitude, weight, inclination, epoch = [], [], [], []
    for k in np.unique(band):
        mine = band == k
        nodes, shares = gauss_nodes(item.altitude[mine], count)
        altitude.append(nodes)
        weight.append(shares * item.weight[mine].sum())
        inclination.append(np.full(nodes.size, item.inclination[mine].mean()))
        epoch.append(_trend(item.altitude[mine], item.epoch[mine], nodes))
    return PartStates(
        item.part,
        np.concatenate(altitude),
        np.concatenate(weight),
        np.concatenate(inclination),
        np.concatenate(epoch),
        item.node,
    )


def _trend(x: FloatArray, y: FloatArray, at: FloatArray) -> FloatArray:
    """Return y at some x by linear regression, within the range of y."""
    spread = float(np.mean((x - x.mean()) ** 2))
    slope = 0.0 if spread == 0.0 else float(np.mean((x - x.mean()) * y)) / spread
    return np.asarray(np.clip(y.mean() + slope * (at - x.mean()), y.min(), y.max()))


def _distance(flux: FloatArray, reference: FloatArray) -> float:
    """Return the largest relative difference; sizes without any flux do not count."""
    some = reference > 0.0
    if not np.any(some):
        return 0.0 if np.all(flux == 0.0) else math.inf
    return float(np.max(np.abs(flux[some] / reference[some] - 1.0)))


def _fewest(
    flux: AskedFlux,
    whole: PartStates,
    samples: list[PartStates],
    grouped: list[PartStates],
    reference: FloatArray,
    error: float,
) -> ModelStates:
    """Return one state for the whole phase where that is as good, else the groups."""
    one = flux.state(
        whole.part,
        _weighted(samples, [item.altitude for item in samples]),
        _weighted(samples, [item.inclination for item in samples]),
        decimal_year(whole.part.middle),
        whole.node,
    )
    altitudes = np.concatenate([item.altitude for item in samples])
    if len(altitudes) == 1:
        return ModelStates((one,), (1.0,))
    # limits on the length of a phase are not those of its parts
    flux.model.validity(one)
    if np.ptp(altitudes) <= BAND:
        apart = _distance(flux.at(one), reference)
        if apart <= STATE_TOLERANCE:
            return ModelStates((one,), (1.0,), state_error=apart, caveats=flux.caveats)
    states = tuple(state for item in grouped for state in flux.states(item))
    shares = tuple(float(w) for item in grouped for w in item.weight)
    return ModelStates(states, shares, state_error=error, caveats=flux.caveats)


def _weighted(items: list[PartStates], values: list[FloatArray]) -> float:
    """Return the mean over all samples; not a rounding error outside their range."""
    weight = np.concatenate([item.weight for item in items])
    value = np.concatenate(values)
    mean = float(weight @ value / weight.sum())
    return min(max(mean, float(value.min())), float(value.max()))
