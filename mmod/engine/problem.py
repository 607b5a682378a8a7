"""A run file resolved into arrays: vehicle, shields, threats and tables per phase."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from mmod.engine.cells import CellTable, gather_threats
from mmod.engine.exposure import ModelStates
from mmod.engine.held_sizes import sizes_not_held, texts_of
from mmod.engine.orbits import orbit_of
from mmod.engine.penetration import SizeCurve, build_tables, table_error
from mmod.engine.phase_threats import (
    PhaseExposure,
    orbit_flags,
    orbit_name,
    phase_threats,
)
from mmod.engine.surface import scene_and_faces
from mmod.errors import InputError, MmodError, Problem
from mmod.flux import FluxModel, load_flux
from mmod.flux.grun import GrunModel
from mmod.flux.streams import LONGEST_WINDOW
from mmod.geometry.attitude import lvlh_from_body
from mmod.geometry.vehicle import Vehicle, load_vehicle
from mmod.kernel.ray import Scene
from mmod.kernel.tables import Faces, Floats, Ints, Tables, Threats
from mmod.library import available, distinct_labels, sha256
from mmod.shields import Shield, load_shield
from mmod.units import DAY, DEGREE, MM

if TYPE_CHECKING:
    from mmod.config.schema import Environment, RunConfig

RAY_OFFSET = 1e-7
"""Distance by which rays start off a face, as a share of the mesh's extent."""
TABLE_TOLERANCE = 1e-3
"""Largest error of N that the penetration tables may cause without a flag."""
_ERROR_POINTS = 2500


@dataclass(frozen=True)
class PhaseArrays:
    """What the kernels need of one phase."""

    threats: Threats
    tables: Tables
    to_lvlh: Floats


@dataclass(frozen=True)
class Payload:
    """All arrays of a run: what a worker needs, and nothing else."""

    scene: Scene
    faces: Faces
    phases: tuple[PhaseArrays, ...]
    in_total: Ints
    replicates: int
    events: int
    offset: float
    seed: int


@dataclass(frozen=True)
class ResolvedProblem:
    """A run, resolved: ready to be planned and sampled."""

    config: RunConfig
    vehicle: Vehicle
    shields: tuple[Shield, ...]
    zone_shield: Ints
    models: tuple[str, ...]
    flux_models: tuple[FluxModel, ...]
    threats: tuple[tuple[xr.Dataset, ...], ...]  # [phase][model]
    cells: tuple[CellTable, ...]
    curves: tuple[tuple[tuple[SizeCurve, ...], ...], ...]  # [phase][model][curve]
    durations: Floats
    payload: Payload
    table_error: float
    flags: tuple[str, ...]
    sources: dict[str, str]
    exposure: tuple[PhaseExposure, ...] = ()


def resolve(config: RunConfig) -> ResolvedProblem:
    """Resolve a run file into arrays.

    Parameters
    ----------
    config : RunConfig
        A validated run file.

    Returns
    -------
    ResolvedProblem

    Raises
    ------
    InputError
        Every problem of vehicle, mesh, shields, models and validity at once.
    """
    problems: list[Problem] = []
    source = str(config.path or "run")
    vehicle = _collect(
        problems,
        (source, "vehicle"),
        load_vehicle,
        config.vehicle,
        **_vehicle_options(config),
    )
    shields, zone_shield = (
        _resolve_shields(config, vehicle, problems)
        if vehicle is not None
        else ([], np.zeros(0, np.int64))
    )
    models = _resolve_models(config, problems)
    threats: list[tuple[xr.Dataset, ...]] = []
    flags: list[str] = [] if vehicle is None else list(vehicle.flags)
    exposure: list[PhaseExposure] = []
    orbit_sources: dict[str, str] = {}
    diameters = np.array(config.damage.impact_diameters_mm) * MM
    for i, phase in enumerate(config.phase):
        row: list[xr.Dataset] = []
        key = f"phase[{i}]"
        where = (source, key)
        orbit = _collect(problems, where, orbit_of, phase, key, source, config.folder)
        if orbit is None:
            continue
        said = _collect(problems, where, orbit_flags, orbit, phase)
        if said is None:
            continue
        _add(flags, [f"{key}: {text}" for text in said])
        _add_sources(orbit_sources, orbit.sources, key)
        used: dict[str, ModelStates] = {}
        for environment, model in zip(config.environment, models, strict=True):
            if model is not None:
                found = _collect(
                    problems,
                    where,
                    phase_threats,
                    model,
                    orbit,
                    phase,
                    diameters,
                    accept_extrapolation=environment.accept_outside_validity,
                )
                if found is None:
                    continue
                caveats, notes, table, states = found
                words = [f.message.removeprefix(f"{model.name} ") for f in caveats]
                _add(flags, [f"{environment.name}: {text}" for text in words])
                _add(flags, [f"{key}: {text}" for text in notes])
                used[environment.name] = states
                table.attrs |= {
                    "phase": i,
                    "model": environment.name,
                    "part_of_kind": int(model.part_of_kind),
                }
                row.append(table)
        threats.append(tuple(row))
        exposure.append(PhaseExposure(orbit_name(orbit), used))
    if problems:
        raise InputError(problems)
    assert vehicle is not None
    flux_models = tuple(model for model in models if model is not None)

    curves = tuple(
        tuple(
            tuple(SizeCurve.of(t, c) for c in range(t.sizes["size_curve"])) for t in row
        )
        for row in threats
    )
    cells = tuple(gather_threats(list(row)) for row in threats)
    tables = tuple(
        build_tables(list(shields), [list(m) for m in row], diameters) for row in curves
    )
    worst = max(
        table_error(
            tables[p],
            list(shields),
            [list(m) for m in curves[p]],
            *_error_sample(cells[p].threats),
        )
        for p in range(len(tables))
    )
    not_held = [
        item
        for p, row in enumerate(threats)
        for item in sizes_not_held(shields, row, curves[p])
    ]
    _add(flags, texts_of(not_held))
    if worst > TABLE_TOLERANCE:
        flags.append(
            f"penetration tables: their error reaches {worst:.1e} of N for some shield"
            f" and model, above the {TABLE_TOLERANCE:g} aimed at"
        )
    scene, faces, extent = scene_and_faces(vehicle, zone_shield, config.shadowing)
    payload = Payload(
        scene=scene,
        faces=faces,
        phases=tuple(
            PhaseArrays(
                cells[p].threats,
                tables[p],
                np.ascontiguousarray(
                    lvlh_from_body(
                        phase.yaw_deg * DEGREE,
                        phase.pitch_deg * DEGREE,
                        phase.roll_deg * DEGREE,
                    )
                ),
            )
            for p, phase in enumerate(config.phase)
        ),
        in_total=np.array([int(e.in_total) for e in config.environment]),
        replicates=config.sampling.replicates,
        events=config.sampling.events_per_zone,
        offset=RAY_OFFSET * extent,
        seed=config.seed,
    )
    return ResolvedProblem(
        config=config,
        vehicle=vehicle,
        shields=tuple(shields),
        zone_shield=zone_shield,
        models=tuple(e.name for e in config.environment),
        flux_models=flux_models,
        threats=tuple(threats),
        cells=cells,
        curves=curves,
        durations=np.array([phase.duration for phase in config.phase]),
        payload=payload,
        table_error=worst,
        flags=tuple(flags),
        sources=_sources(config, vehicle, shields, flux_models) | orbit_sources,
        exposure=tuple(exposure),
    )


def _add(known: list[str], texts: list[str]) -> None:
    """Append the texts that are not known yet."""
    known.extend(text for text in dict.fromkeys(texts) if text not in known)


def _add_sources(known: dict[str, str], more: dict[str, str], key: str) -> None:
    """Add digests; files of one name and other content get the phase's key."""
    for name, digest in more.items():
        other = known.get(name, digest) != digest
        known[f"{name} ({key})" if other else name] = digest


def _collect(
    problems: list[Problem],
    where: tuple[str, str],
    function: Any,
    *args: Any,
    **kwargs: Any,
) -> Any:
    """Call; on bad input keep the problems and return None.

    Problems of an argument become those of the key ``where`` of the run file.
    """
    try:
        return function(*args, **kwargs)
    except InputError as error:
        problems.extend(_of_run_file(where, p) for p in error.problems)
        return None


def _of_run_file(where: tuple[str, str], problem: Problem) -> Problem:
    """Name the file and key of the run where a loader only knows its argument."""
    source, key = where
    if problem.source == "<argument>":
        if problem.key.startswith("element_size"):
            key = f"element_size_m.{problem.value}"
        return Problem(source, key, problem.value, problem.expected)
    if problem.source.startswith("flux model"):
        return Problem(
            source,
            f"{key}.{problem.key}",
            problem.value,
            f"{problem.expected} ({problem.source})",
        )
    return problem


def _vehicle_options(config: RunConfig) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if config.path is not None:
        options["relative_to"] = config.path.parent
    if config.element_size_m is not None:
        options["element_size"] = config.element_size_m
    return options


def _resolve_shields(
    config: RunConfig, vehicle: Vehicle, problems: list[Problem]
) -> tuple[list[Shield], Ints]:
    source = str(config.path)
    used: dict[tuple[str, Path | None], int] = {}
    number: dict[Path, int] = {}
    shields: list[Shield] = []
    zone_shield = np.zeros(len(vehicle.zones), dtype=np.int64)
    matched: set[str] = set()
    missing: set[tuple[str, Path | None]] = set()
    for z, zone in enumerate(vehicle.zones):
        name, key = zone.shield, f"shield of zone {zone.name}"
        file = zone.card or config.path  # the one that names the shield
        for pattern, card in config.shields.items():
            if fnmatchcase(zone.name, pattern):
                name, key, file = card, f"shields.{pattern}", config.path
                matched.add(pattern)
        folder = file.parent if file is not None else None
        asked = (name, folder)
        if asked in missing:
            continue
        if asked not in used:
            where = (str(file or "run"), key)
            shield = _collect(problems, where, load_shield, name, relative_to=folder)
            if shield is None:
                missing.add(asked)
                continue
            used[asked] = number.setdefault(shield.path.resolve(), len(shields))
            if used[asked] == len(shields):
                shields.append(shield)
        zone_shield[z] = used[asked]
    # Other cards of one name get their folders to it; the library's keeps the name, by
    # which results load it again.
    library = available("shield")
    labels = distinct_labels([("", s.path.with_suffix("")) for s in shields])
    for i, (shield, label) in enumerate(zip(shields, labels, strict=True)):
        if library.get(shield.name) != shield.path:
            shields[i] = replace(shield, name=label)
    problems.extend(
        Problem(
            source,
            f"shields.{pattern}",
            card,
            f"a pattern that matches a zone of {vehicle.name}",
        )
        for pattern, card in config.shields.items()
        if pattern not in matched
    )
    return shields, zone_shield


def _resolve_models(
    config: RunConfig, problems: list[Problem]
) -> list[FluxModel | None]:
    relative = config.path.parent if config.path is not None else None
    models: list[FluxModel | None] = []
    for i, environment in enumerate(config.environment):
        model = _collect(
            problems,
            (str(config.path or "run"), f"environment[{i}].model"),
            load_flux,
            environment.model,
            relative_to=relative,
            **environment.options,
        )
        if model is not None and model.kind != environment.kind:
            problems.append(_kind_problem(config, i, environment, model))
        if model is not None and not environment.accept_outside_validity:
            problems += _stream_problems(config, i, environment, model)
        models.append(model)
    return models


def _stream_problems(
    config: RunConfig, i: int, environment: Environment, model: FluxModel
) -> list[Problem]:
    """Refuse a part of a kind in its place, and streams over a long mission."""
    source, found = str(config.path or "run"), []
    beyond = "accept_outside_validity = true goes beyond"
    if model.part_of_kind and environment.in_total:
        key = f"environment[{i}].in_total"
        expected = f"false: {model.name} is only a part of all {model.kind}s; {beyond}"
        found.append(Problem(source, key, True, expected))
    begin = min(phase.start for phase in config.phase)
    length = (max(phase.end for phase in config.phase) - begin).total_seconds()
    adds = isinstance(model, GrunModel) and model.streams is not None
    if adds and length > LONGEST_WINDOW:
        key = f"environment[{i}].streams"
        expected = (
            f"none for a run of {length / DAY:.4g} days: streams are added for at most"
            f" {LONGEST_WINDOW / DAY:g} days, phases together (ECSS 10.2.2.2c); {beyond}"
        )
        found.append(Problem(source, key, "ecss", expected))
    return found


def _kind_problem(
    config: RunConfig, i: int, environment: Environment, model: FluxModel
) -> Problem:
    return Problem(
        str(config.path),
        f"environment[{i}].kind",
        environment.kind,
        f"{model.kind!r}, as the card of {model.name} says",
    )


def _error_sample(threats: Threats) -> tuple[list[Floats], list[Floats]]:
    """Draw a few hundred speeds per model, evenly over its flux."""
    speeds, weights = [], []
    middle = 0.5 * (threats.edges[:, 4] + threats.edges[:, 5])
    for weight in threats.weight:
        order = np.argsort(middle, kind="stable")
        reach = np.cumsum(weight[order])
        u = (np.arange(_ERROR_POINTS) + 0.5) / _ERROR_POINTS * reach[-1]
        pick = order[np.minimum(np.searchsorted(reach, u), len(order) - 1)]
        speeds.append(np.maximum(middle[pick], 200.0))
        weights.append(np.ones(_ERROR_POINTS))
    return speeds, weights


def _sources(
    config: RunConfig,
    vehicle: Vehicle,
    shields: list[Shield],
    models: tuple[FluxModel, ...],
) -> dict[str, str]:
    found: dict[str, str] = {}
    if config.path is not None and config.path.is_file():
        found[config.path.name] = sha256(config.path)
    tables = [
        ((f"flux_models/{model.name}/", Path(file)), digest)
        for model in models
        for file, digest in model.sources.items()
    ]
    labels = distinct_labels([file for file, _ in tables])
    found |= dict(zip(labels, (digest for _, digest in tables), strict=True))
    found |= {f"geometry/{k}": v for k, v in vehicle.sources.items()}
    for shield in shields:
        found[f"geometry/shields/{shield.name}.toml"] = shield.sha256
        found |= {
            f"ballistic_limits/{shield.name}/{k}": v
            for k, v in shield.equation_sources.items()
        }
    return found


def require_finite(name: str, value: Floats) -> None:
    """Refuse a tally that holds NaN or infinity: a bug, never a result."""
    if not np.isfinite(value).all():
        bad = int(np.count_nonzero(~np.isfinite(value)))
        raise MmodError(f"{name}: {bad} values are not finite; please report this")
