"""Small problems for tests of the engine: made in memory, with stand-ins for models.

Import as ``from engine_helpers import solve`` (tests/ is on the path). A stand-in is put
where the engine looks a definition up, so that everything behind that door is the real
engine: cells, tables, proposals, rays, tallies, rounds.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import ConvexHull
from scipy.spatial.transform import Rotation

from mmod.config import load_run, parse_run
from mmod.config.schema import RunConfig
from mmod.engine import problem as engine_problem
from mmod.engine.local import LocalBackend
from mmod.engine.problem import ResolvedProblem, resolve
from mmod.engine.run import compute
from mmod.flux import ExposureState, load_flux
from mmod.flux.spectra import flux_above
from mmod.flux.table import SizeCurves, ThreatBins, build_threats
from mmod.flux.uncertainty import METEOROID_LAW
from mmod.geometry.mesh import Mesh
from mmod.geometry.vehicle import Vehicle, load_vehicle
from mmod.results.outcome import Outcome
from mmod.units import DEGREE, KM

FloatArray = NDArray[np.float64]

BACKEND = LocalBackend(2)
OFF = r"\d+ of \d+ off"
"""What a failed comparison says; one that is too weak to compare says something else."""
CHUNK = 20_000
"""Small, so that small problems use both threads; the results do not depend on it."""


# -- runs ------------------------------------------------------------------------------


def run_table(vehicle: str, *models: Mapping[str, Any], **keys: Any) -> dict[str, Any]:
    """Return a run file as a table: one year at 400 km and 51.6 deg.

    ``phase`` (a mapping) changes keys of the only phase; other keys are those of the
    file. Without ``in_total`` the first model of a kind enters the total.
    """
    phase = {
        "start": datetime(2018, 1, 1, tzinfo=UTC),
        "end": datetime(2019, 1, 1, 6, tzinfo=UTC),  # 365.25 days
        "altitude_km": 400.0,
        "inclination_deg": 51.6,
        **keys.pop("phase", {}),
    }
    kinds: set[str] = set()
    environment = []
    for model in models:
        entry = {"in_total": model["kind"] not in kinds, **model}
        kinds.add(entry["kind"])
        environment.append(entry)
    return {
        "schema_version": 1,
        "title": "test",
        "vehicle": vehicle,
        "seed": 1,
        "phase": [phase],
        "environment": environment,
        "damage": {"impact_diameters_mm": [0.1, 1.0]},
        "sampling": {"samples": 100_000, "events_per_zone": 0},
        **keys,
    }


def configured(
    run: str | Path | Mapping[str, Any], overrides: Mapping[str, Any] | None = None
) -> RunConfig:
    """Return the configuration of a library run, a file or a table."""
    if isinstance(run, Mapping):
        return parse_run(run, overrides=overrides)
    return load_run(run, overrides=overrides)


def solve(
    run: str | Path | Mapping[str, Any],
    *,
    overrides: Mapping[str, Any] | None = None,
    models: Mapping[str, Any] | None = None,
    vehicle: Vehicle | None = None,
    refine: int = 1,
) -> ResolvedProblem:
    """Resolve a run, with stand-ins for flux models (by name) and for the vehicle.

    ``refine`` divides the bins of direction and speed of every model.
    """
    config = configured(run, overrides)

    def flux(name: str, **options: Any) -> Any:
        given = models is not None and name in models
        model = models[name] if given else load_flux(name, **options)
        return model if refine == 1 else Refined(model, refine)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine_problem, "load_flux", flux)
        if vehicle is not None:
            patch.setattr(engine_problem, "load_vehicle", lambda *_, **__: vehicle)
        return resolve(config)


def sampled(problem: ResolvedProblem, seed: int | None = None) -> Outcome:
    """Sample a resolved problem, with another seed if one is given."""
    given = problem if seed is None else reseeded(problem, seed)
    return compute(given, BACKEND, chunk_samples=CHUNK)


def reseeded(problem: ResolvedProblem, seed: int) -> ResolvedProblem:
    """Return the problem with other random numbers: nothing is resolved again."""
    payload = dataclasses.replace(problem.payload, seed=seed)
    return dataclasses.replace(problem, payload=payload)


def state_of(problem: ResolvedProblem, phase: int = 0) -> ExposureState:
    """Return the orbit that the flux models of a phase see."""
    given = problem.config.phase[phase]
    return ExposureState(
        given.altitude_km * KM, given.inclination_deg * DEGREE, given.epoch
    )


# -- planted errors --------------------------------------------------------------------


def biased(outcome: Outcome, factor: float = 1.01) -> Outcome:
    """Return an outcome with every number off by a factor (1 % of flux or area)."""
    names = [
        f"{what}_{name}"
        for what in ("face", "zone")
        for name in ("expected", "variance", "unshadowed")
    ]
    powers = [2.0 if name.endswith("variance") else 1.0 for name in names]
    return dataclasses.replace(
        outcome,
        **{
            name: getattr(outcome, name) * factor**power
            for name, power in zip(names, powers, strict=True)
        },
    )


def turned(problem: ResolvedProblem, matrix: ArrayLike) -> ResolvedProblem:
    """Return the problem with the vehicle turned further by an LVLH rotation."""
    rotation = np.asarray(matrix, dtype=np.float64)
    phases = tuple(
        dataclasses.replace(p, to_lvlh=np.ascontiguousarray(rotation @ p.to_lvlh))
        for p in problem.payload.phases
    )
    return dataclasses.replace(
        problem, payload=dataclasses.replace(problem.payload, phases=phases)
    )


def ghostly(vehicle: Vehicle) -> Vehicle:
    """Return the vehicle with every part thin: ``shadowing = "absent"`` sees through."""
    mesh = vehicle.mesh
    everything = np.ones(len(mesh.solid_name), dtype=bool)
    return dataclasses.replace(
        vehicle, mesh=dataclasses.replace(mesh, solid_is_thin=everything)
    )


# -- attitude, by another road ---------------------------------------------------------


def lvlh(yaw: float, pitch: float, roll: float) -> FloatArray:
    """Return the rotation body -> LVLH from intrinsic turns of the vehicle [deg].

    The vehicle is first turned about its third axis, then about its second, then about
    its first, starting from ram, starboard, nadir.
    """
    reference = np.diag([1.0, -1.0, -1.0])
    active = Rotation.from_euler("ZYX", [yaw, pitch, roll], degrees=True)
    return np.asarray(reference @ active.as_matrix())


# -- stand-ins for flux models ---------------------------------------------------------


class Refined:
    """A flux model whose threat tables have bins of a fraction of the size."""

    def __init__(self, model: Any, refine: int) -> None:
        self._model, self._refine = model, refine

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def threats(self, state: ExposureState) -> xr.Dataset:
        return self._model.threats(state, refine=self._refine)


@dataclasses.dataclass
class StandIn:
    """A flux model that is nothing but a threat table.

    Parameters
    ----------
    table : Dataset
        Its threats, whatever the orbit.
    """

    table: xr.Dataset
    name: str = "stand_in"
    title: str = "stand-in"
    kind: str = "meteoroid"
    part_of_kind: bool = False
    sources: dict[str, str] = dataclasses.field(default_factory=dict)
    options: dict[str, Any] = dataclasses.field(default_factory=dict)

    def validity(self, state: ExposureState) -> list[Any]:
        del state
        return []

    def size_flags(self, diameter: ArrayLike) -> list[Any]:
        del diameter
        return []

    def cumulative(self, diameter: ArrayLike, state: ExposureState) -> FloatArray:
        del state
        return flux_above(self.table, diameter)

    def threats(self, state: ExposureState, *, refine: int = 1) -> xr.Dataset:
        del state, refine
        return self.table.copy()


STAND_IN = {"model": "stand_in", "kind": "meteoroid"}
FLUX_AT_1_MM = 1e-7
"""Cross-sectional flux of the stand-ins at 1 mm [1/m2/s]; it falls with d^-3."""


def stand_in_flux(diameter: ArrayLike) -> FloatArray:
    """Return the cross-sectional flux of the stand-ins [1/m2/s]."""
    return FLUX_AT_1_MM * (np.asarray(diameter, dtype=np.float64) / 1e-3) ** -3.0


def _table(bins: ThreatBins) -> xr.Dataset:
    nodes = np.geomspace(1e-6, 1.0, 61)
    flux = stand_in_flux(nodes)
    curves = SizeCurves(nodes, flux[None, :], np.full((1, len(nodes)), 2000.0))
    attrs = {
        "model": "stand_in",
        "kind": "meteoroid",
        "altitude": 4e5,
        "inclination": 0.9,
        "epoch": 2018.5,
        "flags": "",
        "table_min_diameter": 1e-6,
        "table_max_diameter": 1.0,
    }
    return build_threats(bins, curves, attrs, "meteoroid", METEOROID_LAW)


def isotropic(
    speed: float = 1e4, azimuths: int = 24, levels: int = 12
) -> dict[str, StandIn]:
    """Return a flux from everywhere alike, in bins of equal solid angle."""
    azimuth = np.linspace(-np.pi, np.pi, azimuths + 1)
    sine = np.linspace(-1.0, 1.0, levels + 1)
    low_a, low_s = (a.ravel() for a in np.meshgrid(azimuth[:-1], sine[:-1]))
    high_a, high_s = (a.ravel() for a in np.meshgrid(azimuth[1:], sine[1:]))
    flat = np.full(len(low_a), speed)
    return _as_model(low_a, high_a, low_s, high_s, flat)


def streams(radiants: Sequence[Sequence[float]], speed: float = 1e4) -> Any:
    """Return parallel streams of equal flux from LVLH directions (need not be unit)."""
    s = np.atleast_2d(np.asarray(radiants, dtype=np.float64))
    s = s / np.linalg.norm(s, axis=1, keepdims=True)
    azimuth, sine = np.arctan2(s[:, 1], s[:, 0]), s[:, 2]
    return _as_model(azimuth, azimuth, sine, sine, np.full(len(s), speed))


def _as_model(
    low_a: FloatArray,
    high_a: FloatArray,
    low_s: FloatArray,
    high_s: FloatArray,
    speed: FloatArray,
) -> dict[str, StandIn]:
    bins = ThreatBins(
        azimuth_lower=low_a,
        azimuth_upper=high_a,
        sin_elevation_lower=low_s,
        sin_elevation_upper=high_s,
        speed_lower=speed,
        speed_upper=speed,
        weight=np.ones(len(low_a)),
        size_curve_index=np.zeros(len(low_a), dtype=np.int32),
    )
    return {"stand_in": StandIn(_table(bins))}


# -- vehicles --------------------------------------------------------------------------

PART = {
    "module": "body",
    "position_m": [0.0, 0.0, 0.0],
    "shield": "none",
    "certainty": "definition",
    "source": "test",
}


def vehicle_of(
    folder: Path, *parts: Mapping[str, Any], element_size: float = 0.5
) -> Vehicle:
    """Write a vehicle card of some parts into a folder and load it."""
    lines = [
        "schema_version = 1",
        'title = "test body"',
        'frame = "body"',
        f"element_size_m = {element_size}",
    ]
    for part in parts:
        lines.append("[[part]]")
        merged = {**PART, **part}
        lines += [f"{key} = {_toml(value)}" for key, value in merged.items()]
    card = folder / "vehicle.toml"
    card.write_text("\n".join(lines) + "\n")
    return load_vehicle(card)


def convex_body(points: ArrayLike) -> Vehicle:
    """Return the convex hull of some points as a vehicle of one zone."""
    corners = np.asarray(points, dtype=np.float64)
    hull = ConvexHull(corners)
    triangles = hull.simplices.astype(np.int32)
    a, b, c = (corners[triangles[:, i]] for i in range(3))
    inward = (np.cross(b - a, c - a) * hull.equations[:, :3]).sum(axis=1) < 0.0
    triangles[inward] = triangles[inward][:, ::-1]
    mesh = Mesh(
        vertices=corners,
        triangles=triangles,
        face_zone=np.zeros(len(triangles), dtype=np.int32),
        face_solid=np.zeros(len(triangles), dtype=np.int32),
        solid_name=["body.hull"],
        solid_solidity=np.ones(1),
        solid_is_panel=np.zeros(1, dtype=bool),
        solid_is_thin=np.zeros(1, dtype=bool),
    )
    cube = load_vehicle("cube")
    return dataclasses.replace(cube, name="hull", mesh=mesh, zones=cube.zones[:1])


def without_face(problem: ResolvedProblem, face: int) -> ResolvedProblem:
    """Return the problem with one face lost from the tally."""
    faces = problem.payload.faces
    areas = faces.areas.copy()
    areas[face] = 0.0
    payload = dataclasses.replace(problem.payload, faces=faces._replace(areas=areas))
    return dataclasses.replace(problem, payload=payload)


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(v) for v in value) + "]"
    return repr(float(value)) if not isinstance(value, int) else str(value)


# -- comparison ------------------------------------------------------------------------


def variables(tree: xr.DataTree) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield every variable of a result tree, coordinates included, by its path."""
    for node in tree.subtree:
        dataset = node.to_dataset(inherit=False)
        for name in dataset.variables:
            yield f"{node.path.rstrip('/')}/{name}", dataset[name].to_numpy()


def different(first: xr.DataTree, second: xr.DataTree) -> list[str]:
    """Return the paths of variables whose bytes differ, or that one tree lacks."""
    a, b = dict(variables(first)), dict(variables(second))
    out = sorted(set(a) ^ set(b))
    for path in sorted(set(a) & set(b)):
        x, y = a[path], b[path]
        if x.dtype != y.dtype or x.shape != y.shape or x.tobytes() != y.tobytes():
            out.append(path)
    return out
