"""Weighted impact events: what penetrates a zone, and what nearly does.

Each zone and model keeps the samples of highest priority (contribution divided by a
uniform number). Such a sample of the samples can be joined over blocks, rounds and
phases in any order, and its weights estimate every sum without bias.

References
----------
.. [1] N. Duffield, C. Lund, M. Thorup, "Priority sampling for estimation of arbitrary
   subset sums", J. ACM 54 (2007) 32, doi:10.1145/1314690.1314696.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmod.engine.collect import EXPECTED, PRIORITY, PhaseSum
from mmod.engine.penetration import damaging_intervals
from mmod.engine.problem import ResolvedProblem
from mmod.kernel.rng import STREAM_EVENTS, make_key, uniforms
from mmod.kernel.tables import Floats, Ints

NEAR_LIMIT = 0.5
"""Events are kept down to this share of the critical diameter."""
_COLUMNS = (
    "face",
    "x",
    "y",
    "z",
    "azimuth",
    "sin_elevation",
    "speed",
    "cosine",
    "threat",
)


@dataclass(frozen=True)
class _Chosen:
    """Samples kept for one zone and model."""

    zone: int
    model: int
    phase: Ints
    record: Floats
    weight: Floats


def choose_events(
    problem: ResolvedProblem, sums: list[PhaseSum], zone_expected: Floats
) -> list[_Chosen]:
    """Join the kept samples of blocks, rounds and phases, zone by zone.

    Parameters
    ----------
    problem : ResolvedProblem
    sums : list of PhaseSum
    zone_expected : ndarray, shape (n_zone, n_model + 1, n_damage)
        The estimates, to which the weights of a zone are normalised.
    """
    keep = problem.payload.events
    pools: dict[tuple[int, int], list[tuple[int, Floats]]] = {}
    for p, (duration, total) in enumerate(zip(problem.durations, sums, strict=True)):
        for z, kept in zip(total.block_zone.tolist(), total.events, strict=True):
            for factor, records in kept:
                for e in range(records.shape[0]):
                    rows = records[e][records[e][:, PRIORITY] > 0.0].copy()
                    if len(rows) == 0:
                        continue
                    rows[:, EXPECTED] *= duration * factor
                    rows[:, PRIORITY] *= duration * factor
                    pools.setdefault((z, e), []).append((p, rows))
    chosen = []
    for (z, e), pool in sorted(pools.items()):
        rows = np.concatenate([r for _, r in pool])
        phase = np.concatenate([np.full(len(r), p) for p, r in pool])
        order = np.argsort(-rows[:, PRIORITY], kind="stable")
        floor = rows[order[keep], PRIORITY] if len(order) > keep else 0.0
        order = order[:keep]
        weight = np.maximum(rows[order, EXPECTED], floor)
        expected = zone_expected[z, e, -1]
        if expected <= 0.0 or weight.sum() <= 0.0:
            continue
        chosen.append(
            _Chosen(z, e, phase[order], rows[order], weight * (expected / weight.sum()))
        )
    return chosen


def make_events(
    problem: ResolvedProblem, sums: list[PhaseSum], zone_expected: Floats
) -> dict[str, NDArray[Any]]:
    """Return the events of a run as one-dimensional arrays.

    Parameters
    ----------
    problem : ResolvedProblem
    sums : list of PhaseSum
        Counted rounds per phase.
    zone_expected : ndarray, shape (n_zone, n_model + 1, n_damage)
        Estimates per zone.

    Returns
    -------
    dict of ndarray
        Fields of `mmod.results.outcome.Outcome.events`. For each kept sample one
        event that penetrates and one between `NEAR_LIMIT` and 1 of the critical
        diameter, at the same place, direction and speed. The weights of the
        penetrating events of a zone under a model sum to its expected number.
    """
    parts = [
        part
        for chosen in choose_events(problem, sums, zone_expected)
        for part in _draw(problem, chosen)
    ]
    names = (
        *("face", "zone", "phase", "model", "x", "y", "z", "azimuth", "elevation"),
        *("speed", "obliquity", "diameter", "critical_diameter", "density"),
        *("population", "size_curve", "penetrating", "extrapolated", "weight"),
    )
    if not parts:
        empty: dict[str, NDArray[Any]] = {n: np.zeros(0) for n in names}
        for n in ("face", "zone", "phase", "model", "population", "size_curve"):
            empty[n] = np.zeros(0, dtype=np.int32)
        for n in ("penetrating", "extrapolated"):
            empty[n] = np.zeros(0, dtype=np.bool_)
        empty["weight"] = np.zeros((0, len(problem.models)))
        return empty
    return {n: np.concatenate([p[n] for p in parts]) for n in names}


def _draw(problem: ResolvedProblem, chosen: _Chosen) -> list[dict[str, NDArray[Any]]]:
    out = []
    column = {name: i for i, name in enumerate(_COLUMNS)}
    shield = problem.shields[problem.zone_shield[chosen.zone]]
    for p in np.unique(chosen.phase).tolist():
        in_phase = chosen.phase == p
        cells = problem.cells[p]
        threat_all = chosen.record[:, column["threat"]].astype(np.int64)
        # Other phases have other threats, and not as many.
        curve_all = np.full(len(threat_all), -1, dtype=np.int64)
        curve_all[in_phase] = cells.curve_of[chosen.model, threat_all[in_phase]]
        for c in np.unique(curve_all[in_phase]).tolist():
            pick = np.flatnonzero(in_phase & (curve_all == c))
            record = chosen.record[pick]
            threat = threat_all[pick]
            speed = record[:, column["speed"]]
            cosine = np.minimum(record[:, column["cosine"]], 1.0)
            obliquity = np.arccos(cosine)
            curve = problem.curves[p][chosen.model][c]
            start, stop, valid = damaging_intervals(shield, curve, speed, obliquity)
            near, _, _ = damaging_intervals(
                shield, curve, speed, obliquity, ratio=NEAR_LIMIT
            )
            near = np.minimum(near, start)
            flux = curve.flux_between(start, stop)
            near_flux = curve.flux_between(near, start)
            weight = chosen.weight[pick]
            total = flux.sum(axis=0)
            near_total = near_flux.sum(axis=0)
            u = _uniform(problem.payload.seed, chosen, p, pick)
            for penetrating in (True, False):
                piece, log_d, rho = _pick_diameter(
                    curve,
                    flux if penetrating else near_flux,
                    start if penetrating else near,
                    u[:, 0:2] if penetrating else u[:, 2:4],
                )
                # Critical diameter at this particle's own density.
                density = np.exp(rho)
                critical = shield.critical_diameter(speed, obliquity, density)
                scale = np.ones_like(weight)
                if not penetrating:
                    scale = np.where(total > 0.0, near_total / total, 0.0)
                matrix = np.zeros((len(pick), len(problem.models)))
                matrix[:, chosen.model] = weight * scale
                n = len(pick)
                out.append(
                    {
                        "face": record[:, column["face"]].astype(np.int32),
                        "zone": np.full(n, chosen.zone, dtype=np.int32),
                        "phase": np.full(n, p, dtype=np.int32),
                        "model": np.full(n, chosen.model, dtype=np.int32),
                        "x": record[:, column["x"]],
                        "y": record[:, column["y"]],
                        "z": record[:, column["z"]],
                        "azimuth": record[:, column["azimuth"]],
                        "elevation": np.arcsin(
                            np.clip(record[:, column["sin_elevation"]], -1.0, 1.0)
                        ),
                        "speed": speed,
                        "obliquity": obliquity,
                        "diameter": np.exp(log_d),
                        "critical_diameter": critical,
                        "density": density,
                        "population": cells.population_of[threat].astype(np.int32),
                        "size_curve": np.full(n, c, dtype=np.int32),
                        "penetrating": np.full(n, penetrating),
                        "extrapolated": ~valid[piece, np.arange(n)],
                        "weight": matrix,
                    }
                )
    return out


def _pick_diameter(
    curve: Any, flux: Floats, start: Floats, u: Floats
) -> tuple[Ints, Floats, Floats]:
    """Draw a diameter from the union of the intervals, by flux."""
    total = flux.sum(axis=0)
    reach = np.cumsum(flux, axis=0)
    target = u[:, 0] * total
    piece = np.minimum((reach <= target).sum(axis=0), flux.shape[0] - 1)
    lane = np.arange(flux.shape[1])
    begin = start[piece, lane]
    above = np.exp(curve.log_flux_above(begin))
    # Flux above the drawn diameter, uniform between the ends of the interval.
    drawn = above - u[:, 1] * flux[piece, lane]
    log_d = curve.log_diameter_of(np.log(np.maximum(drawn, above * 1e-15)))
    return piece, np.maximum(log_d, begin), curve.log_density_at(piece, log_d)


def _uniform(seed: int, chosen: _Chosen, phase: int, pick: Ints) -> Floats:
    key = make_key(seed, STREAM_EVENTS, 1 << 20, phase, chosen.zone, chosen.model)
    return np.array([uniforms(key, int(i), 0, 0, 0) for i in pick])
