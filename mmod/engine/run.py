"""Run a configuration: resolve, sample, collect, build the results."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from mmod.engine.checkpoint import Checkpointed, open_checkpoint
from mmod.engine.collect import (
    Estimates,
    PhaseSum,
    face_estimates,
    tally_shape,
    zone_covariance,
    zone_estimates,
)
from mmod.engine.events import make_events
from mmod.engine.local import LocalBackend, available_cores
from mmod.engine.plan import Plan, make_plan
from mmod.engine.problem import ResolvedProblem, require_finite, resolve
from mmod.engine.rounds import Sampler
from mmod.engine.uncertainty import zone_given_flux
from mmod.engine.work import (
    DEFAULT_CHUNK_SAMPLES,
    VISIBILITY_RAYS,
    Backend,
    Block,
    Progress,
    make_blocks,
)
from mmod.errors import InputError, Problem
from mmod.kernel.sample import IMPACT_SHARE, MODEL_SHARE
from mmod.kernel.tally import (
    AZIMUTH_BINS,
    COSINE_BINS,
    DIAMETER_BINS,
    ELEVATION_BINS,
    LOG_DIAMETER_MAX,
    LOG_DIAMETER_MIN,
    SPEED_BINS,
    SPEED_MAX,
)
from mmod.results.build import build
from mmod.results.outcome import Outcome, Surface

if TYPE_CHECKING:
    import xarray as xr

    from mmod.config.schema import RunConfig
    from mmod.kernel.tables import Floats


def check(config: RunConfig) -> Plan:
    """Resolve a run without sampling: vehicle, mesh, shields, models, validity.

    Parameters
    ----------
    config : RunConfig
        From `mmod.load_run`.

    Returns
    -------
    Plan
        Sizes, table error, flags.

    Raises
    ------
    InputError
        Every problem at once.
    """
    return make_plan(resolve(config))


def run(
    config: RunConfig,
    *,
    client: Any = None,
    workers: int | None = None,
    threads: int | None = None,
    scheduler: str | None = None,
    scheduler_file: str | None = None,
    progress: Progress | None = None,
    chunk_samples: int = DEFAULT_CHUNK_SAMPLES,
    checkpoint: str | os.PathLike[str] | None = None,
) -> xr.DataTree:
    """Run a configuration and return its results.

    Parameters
    ----------
    config : RunConfig
        From `mmod.load_run`.
    client : distributed.Client, optional
        A Dask client to compute on; it is left open.
    workers : int, optional
        Start a Dask cluster of this many processes on this machine.
    threads : int, optional
        Threads of this process when no cluster is used (default: all cores).
    scheduler, scheduler_file : str, optional
        Address, or file, of a running Dask scheduler.
    progress : callable, optional
        Called with a label, the samples done and the samples in all.
    chunk_samples : int
        Samples sent out together. Like everything else but ``config``, it changes
        the time and not one bit of the results.
    checkpoint : path, optional
        Folder for finished chunks. A run that was cut short goes on from what it finds
        there, with the same results; the folder stays
        (`mmod.engine.checkpoint.remove_checkpoint`).

    Returns
    -------
    xarray.DataTree
        See docs/format.md.

    Raises
    ------
    InputError
        When the configuration does not resolve, the cluster does not answer, or the
        checkpoint is not of this run.
    """
    given = {"workers": workers, "threads": threads, "chunk_samples": chunk_samples}
    wrong = [
        Problem("argument", name, value, "a whole number of at least 1")
        for name, value in given.items()
        if value is not None and value < 1
    ]
    if wrong:
        raise InputError(wrong)
    started = datetime.now(UTC)
    clock = time.perf_counter()
    problem = resolve(config)
    with _backend(client, workers, threads, scheduler, scheduler_file) as backend:
        where: Backend = backend
        if checkpoint is not None:
            folder = open_checkpoint(checkpoint, problem.payload)
            where = Checkpointed(backend, folder)
        outcome = compute(problem, where, progress, chunk_samples)
    provenance = outcome.provenance
    provenance["started"] = started.isoformat(timespec="seconds")
    provenance["finished"] = datetime.now(UTC).isoformat(timespec="seconds")
    provenance["wall_seconds"] = round(time.perf_counter() - clock, 3)
    return build(outcome)


@contextmanager
def _backend(
    client: Any,
    workers: int | None,
    threads: int | None,
    scheduler: str | None,
    scheduler_file: str | None,
) -> Iterator[Backend]:
    if client is not None:
        from mmod.engine.dask_backend import DaskBackend

        yield DaskBackend(client)
    elif workers is not None or scheduler is not None or scheduler_file is not None:
        from mmod.engine.dask_backend import connect

        with connect(
            workers=workers, address=scheduler, scheduler_file=scheduler_file
        ) as backend:
            yield backend
    else:
        yield LocalBackend(threads if threads is not None else available_cores())


def compute(
    problem: ResolvedProblem,
    backend: Backend,
    progress: Progress | None = None,
    chunk_samples: int = DEFAULT_CHUNK_SAMPLES,
) -> Outcome:
    """Sample a resolved problem on a backend.

    Parameters
    ----------
    problem : ResolvedProblem
    backend : Backend
    progress : callable, optional
    chunk_samples : int

    Returns
    -------
    Outcome
    """
    blocks = make_blocks(problem.payload, len(problem.vehicle.zones))
    sampler = Sampler(problem, blocks, backend, progress, chunk_samples)
    visibility = sampler.visibility()
    sums = sampler.run()
    faces = face_estimates(problem, sums)
    zones = zone_estimates(problem, sums)
    for name, value in (("faces", faces), ("zones", zones)):
        require_finite(name, value.expected)
        require_finite(name, value.variance)
    return _outcome(problem, sampler, blocks, sums, faces, zones, visibility)


def _outcome(
    problem: ResolvedProblem,
    sampler: Sampler,
    blocks: tuple[Block, ...],
    sums: list[PhaseSum],
    faces: Estimates,
    zones: Estimates,
    visibility: Floats,
) -> Outcome:
    config = problem.config
    n_face, _, _ = tally_shape(problem)
    n_zone = len(problem.vehicle.zones)
    zone = problem.payload.faces.zone
    seen = sum((s.seen for s in sums), np.zeros(n_face, dtype=np.int64))
    drawn = sum((s.drawn for s in sums), np.zeros(n_face, dtype=np.int64))
    outside = np.zeros(faces.expected.shape[:2])
    for duration, total in zip(problem.durations, sums, strict=True):
        outside += duration * total.outside
    damage = [f"impact>={d:g}mm" for d in config.damage.impact_diameters_mm]
    none = np.array([s.is_none for s in problem.shields])
    return Outcome(
        title=config.title,
        models=problem.models,
        model_kind=tuple(m.kind for m in problem.flux_models),
        in_total=tuple(e.in_total for e in config.environment),
        damage=(*damage, "penetration"),
        damage_diameter=np.array(
            [*(d * 1e-3 for d in config.damage.impact_diameters_mm), np.nan]
        ),
        duration=float(problem.durations.sum()),
        face_expected=faces.expected,
        face_variance=faces.variance,
        face_unshadowed=faces.free,
        face_samples=drawn,
        face_seen=seen,
        face_dof=faces.dof[:, -1, -1],
        face_visibility=visibility,
        # Rays are stratified: that of independent ones is an upper bound.
        face_visibility_variance=visibility
        * (1.0 - visibility)
        / (VISIBILITY_RAYS - 1),
        face_extrapolated=outside,
        zone_expected=zones.expected,
        zone_variance=zones.variance,
        zone_dof=zones.dof,
        zone_unshadowed=zones.free,
        zone_covariance=zone_covariance(problem, sums),
        zone_given_flux=zone_given_flux(problem, blocks, sums),
        zone_samples=np.bincount(zone, weights=drawn, minlength=n_zone).astype(
            np.int64
        ),
        zone_seen=np.bincount(zone, weights=seen, minlength=n_zone).astype(np.int64),
        face_penetrates=~none[problem.payload.faces.shield],
        drivers=_drivers(problem, blocks, sums),
        events=make_events(problem, sums, zones.expected),
        threats=[t for row in problem.threats for t in row],
        vehicle=_surface(problem),
        provenance=_provenance(problem, sampler),
        flags=(*problem.flags, *sampler.missed(sums)),
    )


def _drivers(
    problem: ResolvedProblem, blocks: tuple[Block, ...], sums: list[PhaseSum]
) -> dict[str, tuple[Floats, Floats]]:
    edges = {
        "azimuth": np.linspace(-np.pi, np.pi, AZIMUTH_BINS + 1),
        "sin_elevation": np.linspace(-1.0, 1.0, ELEVATION_BINS + 1),
        "speed": np.linspace(0.0, SPEED_MAX, SPEED_BINS + 1),
        "cos_obliquity": np.linspace(0.0, 1.0, COSINE_BINS + 1),
        "diameter": np.exp(
            np.linspace(LOG_DIAMETER_MIN, LOG_DIAMETER_MAX, DIAMETER_BINS + 1)
        ),
    }
    block_zone = np.array([b.zone for b in blocks])
    shape = (len(problem.vehicle.zones), *sums[0].histogram.shape[1:])
    models = np.zeros(shape)
    for duration, total in zip(problem.durations, sums, strict=True):
        np.add.at(models, block_zone, duration * total.histogram)
    in_total = problem.payload.in_total.astype(np.float64)
    everything = np.einsum("zeb,e->zb", models, in_total)
    values = np.concatenate([models, everything[:, None]], axis=1)
    ends = np.cumsum([len(e) - 1 for e in edges.values()])
    parts = np.split(values, ends[:-1], axis=2)
    return {
        name: (edge, np.ascontiguousarray(part))
        for (name, edge), part in zip(edges.items(), parts, strict=True)
    }


def _surface(problem: ResolvedProblem) -> Surface:
    mesh = problem.vehicle.mesh
    zones = problem.vehicle.zones
    shields = [problem.shields[i] for i in problem.zone_shield]
    return Surface(
        vertices=np.asarray(mesh.vertices),
        triangles=np.asarray(mesh.triangles),
        normals=np.asarray(mesh.normals),
        areas=np.asarray(mesh.areas),
        centroids=np.asarray(mesh.centroids),
        face_zone=np.asarray(mesh.face_zone),
        face_two_sided=np.asarray(mesh.two_sided, dtype=np.bool_),
        zone_name=tuple(z.name for z in zones),
        zone_module=tuple(z.module for z in zones),
        zone_shield=tuple(s.name for s in shields),
        zone_equation=tuple("none" if s.is_none else s.equation for s in shields),
        zone_criterion=tuple("none" if s.is_none else s.criterion for s in shields),
        zone_certainty=tuple(s.certainty for s in shields),
        zone_source=tuple(z.source for z in zones),
        zone_geometry_certainty=tuple(z.certainty for z in zones),
        zone_pressurised=tuple(z.pressurised for z in zones),
        zone_vulnerable_fraction=tuple(
            1.0 if s.is_none else s.vulnerable_fraction for s in shields
        ),
    )


def _provenance(problem: ResolvedProblem, sampler: Sampler) -> dict[str, Any]:
    import numba
    import scipy
    import xarray as xr

    import mmod

    return {
        "config": problem.config.canonical_json(),
        "config_sha256": problem.config.sha256,
        "seed": problem.config.seed,
        "versions": {
            "mmod": mmod.__version__,
            "numpy": np.__version__,
            "numba": numba.__version__,
            "scipy": scipy.__version__,
            "xarray": xr.__version__,
        },
        "sources": problem.sources,
        "estimator": "importance",
        "random_numbers": "Philox4x32-10",
        "rounds": sampler.rounds,
        "samples": sampler.samples,
        "replicates": problem.payload.replicates,
        "proposal_share": min(MODEL_SHARE, IMPACT_SHARE) / len(problem.models),
        "table_error": problem.table_error,
        "shadowing": problem.config.shadowing,
        "omitted": list(problem.vehicle.omitted),
        "exposure": [phase.to_dict() for phase in problem.exposure],
    }
