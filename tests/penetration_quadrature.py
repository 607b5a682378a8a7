"""Penetrations of an oriented, unshadowed face by quadrature of first principles.

Nothing of the threat tables, penetration tables or kernels is used: the meteoroids'
speed law, the law of the collision speed of debris, cumulative fluxes, densities and
`Shield.critical_diameter` are put together anew. Import as
``from penetration_quadrature import penetration_rate`` (tests/ is on the path).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmod.flux import ExposureState, FluxModel, frames
from mmod.flux.grun import GrunModel, interplanetary_flux
from mmod.flux.nasa91 import HorizontalDebris
from mmod.shields import Shield

FloatArray = NDArray[np.float64]

SSP_DENSITIES = (2000.0, 1000.0, 500.0)
"""Of meteoroids below 1e-6 g, to 1e-2 g, above [kg/m3] (SSP 30425)."""
SSP_MASSES = (0.0, 1e-9, 1e-5, np.inf)
"""[kg]"""


def penetration_rate(
    model: FluxModel,
    state: ExposureState,
    shield: Shield,
    normal: ArrayLike,
    points: int = 96,
) -> float:
    """Return what penetrates a square metre of a one-sided face in a second [1/m2/s].

    ``points`` midpoints in sin(elevation) and twice as many in azimuth (meteoroids), or
    ten times as many in speed (debris).
    """
    face = np.asarray(normal, dtype=np.float64)
    if isinstance(model, GrunModel):
        rate = _meteoroids(model, state, shield, face, points)
    elif isinstance(model, HorizontalDebris):
        rate = _debris(model, state, shield, face, 10 * points)
    else:
        raise TypeError(model)
    return rate * shield.vulnerable_fraction


def _meteoroids(
    model: GrunModel,
    state: ExposureState,
    shield: Shield,
    normal: FloatArray,
    points: int,
) -> float:
    law = model.speed_law(state.altitude)
    speeds, shares = law.cells(law.edges(0.05))
    orbit = frames.orbit_speed(state.altitude)
    lowest = -np.cos(frames.shadow_angle(state.altitude))
    middle = (np.arange(points) + 0.5) / points
    sine = (lowest + (1.0 - lowest) * middle)[:, None]
    turn = np.pi * (np.arange(2 * points) + 0.5) / points
    flat = np.sqrt(1.0 - sine**2)
    radiant = np.stack(
        [flat * np.cos(turn), flat * np.sin(turn), sine + 0.0 * turn], axis=-1
    ).reshape(-1, 3)
    solid_angle = 0.5 * (1.0 - lowest) / len(radiant)  # share of the whole sphere
    total = 0.0
    for v, p in zip(speeds.ravel(), (shares / shares.sum()).ravel(), strict=True):
        wind = v * radiant + np.array([orbit, 0.0, 0.0])
        facing = wind @ normal
        seen = facing > 0.0
        wind, facing = wind[seen], facing[seen]
        speed = np.linalg.norm(wind, axis=1)
        angle = np.arccos(np.minimum(facing / speed, 1.0))
        flux = 4.0 * _stationary(model, state.altitude, shield, speed, angle)
        total += p / v * float(np.sum(facing * flux)) * solid_angle
    return total


def _stationary(
    model: GrunModel,
    altitude: float,
    shield: Shield,
    speed: FloatArray,
    angle: FloatArray,
) -> FloatArray:
    """Return the focused flux of a tumbling plate at rest that penetrates here."""
    stepped = model.options["density"] == "stepped"
    densities = SSP_DENSITIES if stepped else (float(model.options["density_kg_m3"]),)
    masses = SSP_MASSES if stepped else (0.0, np.inf)
    flux = np.zeros_like(speed)
    for density, low, high in zip(densities, masses[:-1], masses[1:], strict=True):
        critical = shield.critical_diameter(speed, angle, density)
        mass = np.maximum(density * np.pi / 6.0 * critical**3, low)
        above = interplanetary_flux(np.minimum(mass, 1e3))
        beyond = interplanetary_flux(high) if np.isfinite(high) else 0.0
        flux += np.where(mass < high, above - beyond, 0.0)
    return np.asarray(flux * model.focusing(altitude))


def _debris(
    model: HorizontalDebris,
    state: ExposureState,
    shield: Shield,
    normal: FloatArray,
    points: int,
) -> float:
    if model.options.get("directions", "nasa91") != "nasa91":
        raise ValueError("one law of the speed only")
    (law,) = model._laws(state)
    head_on = 2.0 * frames.orbit_speed(state.altitude)
    total = weight = 0.0
    for low, high in zip(law.breaks[:-1], law.breaks[1:], strict=True):
        speed = low + (high - low) * (np.arange(points) + 0.5) / points
        share = law.density(speed) * (high - low) / points
        weight += float(share.sum())
        along = np.minimum(speed / head_on, 1.0)
        for side in (1.0, -1.0):
            across = side * np.sqrt(1.0 - along**2)
            facing = along * normal[0] + across * normal[1]
            seen = facing > 1e-9
            angle = np.arccos(np.minimum(facing[seen], 1.0))
            flux = _penetrating_debris(model, state, shield, speed[seen], angle)
            total += 0.5 * float(np.sum(share[seen] * facing[seen] * flux))
    return total / weight


def _penetrating_debris(
    model: FluxModel,
    state: ExposureState,
    shield: Shield,
    speed: FloatArray,
    angle: FloatArray,
) -> FloatArray:
    """Sum the flux over every diameter that penetrates at its own density."""
    if model.options["density"] == "constant":
        density = float(model.options["density_kg_m3"])
        critical = shield.critical_diameter(speed, angle, density)
        return model.cumulative(np.minimum(critical, 10.0), state)
    size = np.geomspace(2e-5, 0.5, 400)
    flux = model.cumulative(size, state)
    own = model.density(size)
    out = np.zeros_like(speed)
    known: dict[float, FloatArray] = {}

    def margin(k: int) -> FloatArray:
        rho = float(own[k])
        if rho not in known:
            known[rho] = np.log(shield.critical_diameter(speed, angle, rho))
        return np.asarray(np.log(size[k]) - known[rho])

    before = margin(0)
    for k in range(1, len(size)):
        after = margin(k)
        # The share of the step, in log diameter, that penetrates; log-log flux in it.
        steep = np.log(flux[k - 1] / flux[k])
        with np.errstate(invalid="ignore", divide="ignore"):
            root = np.clip(before / (before - after), 0.0, 1.0)
        split = flux[k - 1] * np.exp(-steep * np.where(np.isfinite(root), root, 0.0))
        rising, falling = split - flux[k], flux[k - 1] - split
        out += np.where(
            before >= 0.0,
            np.where(after >= 0.0, flux[k - 1] - flux[k], falling),
            np.where(after >= 0.0, rising, 0.0),
        )
        before = after
    return np.asarray(out + np.where(before >= 0.0, flux[-1], 0.0))


def penetrations(
    problem: Any, model: int, shield: Shield, normal: ArrayLike, points: int = 96
) -> float:
    """Return `penetration_rate` summed over the phases of a resolved problem [1/m2]."""
    from mmod.units import DEGREE, KM

    total = 0.0
    for phase, duration in zip(problem.config.phase, problem.durations, strict=True):
        state = ExposureState(
            phase.altitude_km * KM, phase.inclination_deg * DEGREE, phase.epoch
        )
        total += duration * penetration_rate(
            problem.flux_models[model], state, shield, normal, points
        )
    return total
