"""Forward histories: single particles that fly, hit and may penetrate, unweighted.

Each particle is drawn from the flux models, with a diameter of its own, and compared
with the damage equation itself. Neither the proposal of the importance estimator nor
the penetration tables are used, so that synthetic breaches made of such histories put
the whole of a prediction to the test.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from mmod.engine.forward import BACK_FACE_LIMIT, bounding_ball
from mmod.engine.penetration import SizeCurve
from mmod.engine.problem import ResolvedProblem
from mmod.errors import CheckError, bad
from mmod.kernel.ray import first_hits
from mmod.kernel.tables import Floats, Ints, Threats
from mmod.shields import Shield

MOST_PARTICLES = 50_000_000
"""Particles that a call may fly."""
_BLOCK = 200_000
_MARGIN = 0.95
Columns = dict[str, NDArray[Any]]
_SPEEDS, _ANGLES = 160, 40


@dataclass(frozen=True, eq=False)
class Histories:
    """Particles that penetrated, in the order of their time within each set.

    Parameters
    ----------
    sets : int
        Number of independent sets: each is one exposure.
    set_index, zone, phase, model : ndarray of int64, shape (n,)
        Which set, zone, phase of the run and flux model.
    time : ndarray, shape (n,) [s]
        Time since the beginning of the phase.
    speed, obliquity, diameter, density, critical_diameter : ndarray, shape (n,)
        Impact speed [m/s], angle from the normal [rad], particle diameter [m],
        density [kg/m3], critical diameter of that impact [m].
    particles : int
        Particles that were flown.
    """

    sets: int
    set_index: Ints
    zone: Ints
    phase: Ints
    model: Ints
    time: Floats
    speed: Floats
    obliquity: Floats
    diameter: Floats
    density: Floats
    critical_diameter: Floats
    particles: int

    def counts(self, zones: int) -> NDArray[np.int64]:
        """Return the penetrations by set and zone.

        Parameters
        ----------
        zones : int
            Zones of the vehicle, more than the largest index in `zone`.

        Returns
        -------
        ndarray of int64, shape (sets, zones) [1]
            Particles that penetrated.
        """
        flat = np.bincount(
            self.set_index * zones + self.zone, minlength=self.sets * zones
        )
        return flat.reshape(self.sets, zones)


def fly_histories(problem: ResolvedProblem, sets: int, seed: int) -> Histories:
    """Fly the particles of some independent exposures and keep those that penetrate.

    Parameters
    ----------
    problem : ResolvedProblem
        The run; its models in the total fly.
    sets : int
        Independent exposures, >= 1.
    seed : int
        Key of the random numbers.

    Returns
    -------
    Histories
        A Poisson process: the number of particles is drawn too.

    Raises
    ------
    InputError
        When a part lets rays pass, nothing can be penetrated, or more than
        `MOST_PARTICLES` would fly.
    CheckError
        When more than `BACK_FACE_LIMIT` of the first hits are on back faces.

    Notes
    -----
    Diameters start below the least critical diameter over a grid of speeds, angles and
    densities of the models, less 5 %.
    """
    if sets < 1:
        raise bad("fly_histories", "sets", sets, "at least 1")
    if np.any(problem.payload.scene.through > 0.0):
        expected = "parts that stop every ray (solidity 1, or shadowing = opaque)"
        raise bad(problem.vehicle.name, "solidity", "below 1", expected)
    generator = np.random.Generator(np.random.Philox(key=seed))
    parts: list[Columns] = []
    particles, hits, back = 0, 0, 0
    for phase in range(len(problem.durations)):
        for model in np.flatnonzero(problem.payload.in_total).tolist():
            flight = _Flight.of(problem, phase, model)
            mean = sets * flight.rate * float(problem.durations[phase])
            if particles + mean > MOST_PARTICLES:
                expected = f"fewer than {MOST_PARTICLES:g} particles to fly"
                raise bad("fly_histories", "sets", sets, expected)
            left = int(generator.poisson(mean))
            particles += left
            while left > 0:
                count = min(left, _BLOCK)
                left -= count
                found, reached, missed = flight.fly(generator, count)
                found["set_index"] = generator.integers(0, sets, len(found["zone"]))
                parts.append(found)
                hits, back = hits + reached, back + missed
    if back > BACK_FACE_LIMIT * max(hits + back, 1):
        raise CheckError(
            f"{problem.vehicle.name}: {back} of {hits + back} particles hit a back face"
            f" first (limit {BACK_FACE_LIMIT:.0e}): the mesh is open or inverted there"
        )
    return _joined(parts, sets, particles)


def _joined(parts: list[Columns], sets: int, particles: int) -> Histories:
    """Join what the blocks found, ordered by set, phase and time."""
    whole = ("set_index", "zone", "phase", "model")
    names = (*whole, "time", "speed", "obliquity", "diameter", "density")
    columns: Columns = {
        name: np.concatenate([p[name] for p in parts]) if parts else np.zeros(0)
        for name in (*names, "critical_diameter")
    }
    for name in whole:
        columns[name] = columns[name].astype(np.int64)
    order = np.lexsort((columns["time"], columns["phase"], columns["set_index"]))
    ordered: dict[str, Any] = {name: c[order] for name, c in columns.items()}
    return Histories(sets=sets, particles=particles, **ordered)


@dataclass(frozen=True, eq=False)
class _Flight:
    """Particles of one model in one phase: where they start, how many there are."""

    problem: ResolvedProblem
    phase: int
    model: int
    least: float  # log diameter from which particles are drawn
    chance: Floats  # of each threat
    rate: float  # particles a second through the starting disks
    centre: Floats
    radius: float

    @classmethod
    def of(cls, problem: ResolvedProblem, phase: int, model: int) -> _Flight:
        table = problem.threats[phase][model]
        curves = problem.curves[phase][model]
        least = np.log(_MARGIN * _least_critical(problem.shields, table))
        if not np.isfinite(least):
            raise bad(problem.vehicle.name, "shield", "none", "a shield that can fail")
        above = np.array([np.exp(c.log_flux_above(np.array(least))) for c in curves])
        threats = problem.payload.phases[phase].threats
        curve = problem.cells[phase].curve_of[model]
        weight = threats.weight[model] * np.where(curve >= 0, above[curve], 0.0)
        corners = problem.payload.faces.corners.reshape(-1, 3)
        centre, radius = bounding_ball(corners)
        flux = float(weight.sum())
        rate = flux * np.pi * radius**2
        return cls(problem, phase, model, least, weight / flux, rate, centre, radius)

    def fly(
        self, generator: np.random.Generator, count: int
    ) -> tuple[Columns, int, int]:
        """Fly some particles; return what penetrated, front hits and back hits."""
        payload = self.problem.payload
        arrays = payload.phases[self.phase]
        threat = np.asarray(generator.choice(len(self.chance), count, p=self.chance))
        radiant, speed = _radiants(arrays.threats, threat, generator)
        flight = -radiant @ arrays.to_lvlh
        across = generator.random((2, count))
        origin = _starts(flight, across, self.centre, self.radius)
        size = generator.random(count)
        time = generator.random(count) * self.problem.durations[self.phase]
        thinning = generator.random(count)
        face, _ = first_hits(payload.scene, origin, np.ascontiguousarray(flight))
        hit = np.flatnonzero(face >= 0)
        face = face[hit]
        along = np.einsum("ij,ij->i", flight[hit], payload.faces.normals[face])
        wrong = (along > 0.0) & (payload.faces.two_sided[face] == 0)
        hit, face, along = hit[~wrong], face[~wrong], along[~wrong]
        obliquity = np.arccos(np.clip(np.abs(along), 1e-12, 1.0))
        diameter, density = self._sizes(threat[hit], size[hit])
        zone = payload.faces.zone[face]
        critical = np.full(len(hit), np.inf)
        share = np.zeros(len(hit))
        for s in np.unique(payload.faces.shield[face]).tolist():
            shield = self.problem.shields[s]
            if not _can_fail(shield):
                continue
            on = payload.faces.shield[face] == s
            critical[on] = shield.critical_diameter(
                speed[hit][on], obliquity[on], density[on]
            )
            share[on] = shield.vulnerable_fraction
        through = (diameter >= critical) & (thinning[hit] < share)
        found: Columns = {
            "zone": zone[through],
            "time": time[hit][through],
            "speed": speed[hit][through],
            "obliquity": obliquity[through],
            "diameter": diameter[through],
            "density": density[through],
            "critical_diameter": critical[through],
        }
        n = int(np.count_nonzero(through))
        found["phase"] = np.full(n, self.phase)
        found["model"] = np.full(n, self.model)
        return found, len(hit), int(np.count_nonzero(wrong))

    def _sizes(self, threat: Ints, u: Floats) -> tuple[Floats, Floats]:
        """Draw diameters above the least one, and their densities."""
        log_d, rho = np.zeros(len(threat)), np.zeros(len(threat))
        curve_of = self.problem.cells[self.phase].curve_of[self.model][threat]
        for c in np.unique(curve_of).tolist():
            pick = np.flatnonzero(curve_of == c)
            curve: SizeCurve = self.problem.curves[self.phase][self.model][c]
            above = float(curve.log_flux_above(np.array(self.least)))
            log_d[pick] = curve.log_diameter_of(above + np.log1p(-u[pick]))
            piece = np.searchsorted(curve.pieces[:, 1], log_d[pick])
            piece = np.minimum(piece, len(curve.pieces) - 1)
            rho[pick] = curve.log_density_at(piece, log_d[pick])
        return np.exp(log_d), np.exp(rho)


def _radiants(
    threats: Threats, threat: Ints, generator: np.random.Generator
) -> tuple[Floats, Floats]:
    """Draw unit radiants (LVLH) and speeds of some threats."""
    u = generator.random((3, len(threat)))
    low, high = threats.edges[threat, 0::2], threats.edges[threat, 1::2]
    azimuth, sine, speed = (low + u.T * (high - low)).T
    coupled = threats.side[threat] != 0
    follow = np.clip(speed / threats.coupling[threat], -1.0, 1.0)
    azimuth = np.where(coupled, threats.side[threat] * np.arccos(follow), azimuth)
    flat = np.sqrt(np.maximum(1.0 - sine * sine, 0.0))
    return (
        np.column_stack([flat * np.cos(azimuth), flat * np.sin(azimuth), sine]),
        speed,
    )


def _starts(flight: Floats, u: Floats, centre: Floats, radius: float) -> Floats:
    """Return points on disks across the flight, before the bounding ball."""
    helper = np.where(np.abs(flight[:, :1]) < 0.9, [[1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]])
    first = np.cross(flight, helper)
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    second = np.cross(flight, first)
    rho, phi = radius * np.sqrt(u[0]), 2.0 * np.pi * u[1]
    offset = (rho * np.cos(phi))[:, None] * first + (rho * np.sin(phi))[
        :, None
    ] * second
    return np.ascontiguousarray(centre + offset - (radius + 1.0) * flight)


def _can_fail(shield: Shield) -> bool:
    return shield.equation != "none"


def _least_critical(shields: tuple[Shield, ...], table: xr.Dataset) -> float:
    """Return the least critical diameter over the speeds and densities of a model."""
    low = max(float(table["speed_lower"].min()), 100.0)
    high = max(float(table["speed_upper"].max()), low)
    rho = table["density"].to_numpy()
    v, a, r = np.meshgrid(
        np.geomspace(low, high, _SPEEDS),
        np.linspace(0.0, np.radians(89.0), _ANGLES),
        np.geomspace(rho.min(), rho.max(), 5),
    )
    sizes = [
        float(s.critical_diameter(v.ravel(), a.ravel(), r.ravel()).min())
        for s in shields
        if _can_fail(s)
    ]
    return min(sizes, default=np.inf)


__all__ = ["Histories", "fly_histories"]
