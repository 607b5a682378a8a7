"""Merge results of one configuration sampled with other random numbers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from mmod.errors import InputError, Problem
from mmod.results.build import build
from mmod.results.outcome import (
    DRIVERS,
    EVENT_COLUMNS,
    OPTIONAL_EVENT_COLUMNS,
    FloatArray,
    Outcome,
    Surface,
)
from mmod.results.schema import group
from mmod.stats import satterthwaite_dof


def outcome_of(tree: xr.DataTree) -> Outcome:
    """Return the outcome that a result tree was built from.

    Parameters
    ----------
    tree : xarray.DataTree
        A result.

    Returns
    -------
    Outcome
        Variances are squares of the stored standard errors, 0 where nothing was seen.
    """
    root = group(tree, "/")
    zones = group(tree, "/zones")
    head = group(tree, "/threats")
    models = tuple(str(m) for m in head["model"].values)
    columns = [*models, "total"]
    about: dict[str, Any] = json.loads(tree.attrs["provenance"])
    area = root["area"].values
    two_sided = root["two_sided"].values
    histograms, table = group(tree, "/drivers"), group(tree, "/events")
    drivers = {}
    for name in DRIVERS:
        bounds = histograms[f"{name}_bounds"].values
        edges = np.append(bounds[:, 0], bounds[-1, 1])
        counts = histograms[f"penetrations_by_{name}"].sel(environment=columns).values
        drivers[name] = (edges, np.nan_to_num(counts, nan=0.0))
    events: dict[str, NDArray[Any]] = {
        name: table[f"{name}_index" if kind == "i" else name].values
        for name, kind in (EVENT_COLUMNS | OPTIONAL_EVENT_COLUMNS).items()
        if name in EVENT_COLUMNS or f"{name}_index" in table.variables
    }
    events["weight"] = table["weight"].sel(environment=list(models)).values
    face, zone = _tallies(root, columns), _tallies(zones, columns)
    visibility, spread = (
        np.divide(root[name].values, area, out=np.zeros(area.shape), where=area > 0.0)
        for name in ("exposed_area", "exposed_area_stderr")
    )

    def text(name: str) -> tuple[str, ...]:
        return tuple(str(v) for v in zones[name].values)

    return Outcome(
        title=str(tree.attrs["title"]),
        models=models,
        model_kind=tuple(str(k) for k in head["kind"].values),
        in_total=tuple(bool(t) for t in head["in_total"].values),
        damage=tuple(str(d) for d in root["damage"].values),
        damage_diameter=root["diameter"].values,
        duration=float(root["duration"]),
        face_expected=face[0],
        face_variance=face[1],
        face_unshadowed=face[2],
        face_samples=root["samples"].values,
        face_seen=root["seen"].values,
        face_dof=root["dof"].values,
        face_visibility=np.clip(visibility, 0.0, 1.0),
        face_visibility_variance=spread**2,
        face_extrapolated=root["extrapolated"].sel(environment=columns).values,
        zone_expected=zone[0],
        zone_variance=zone[1],
        zone_dof=zones["dof"].sel(environment=columns).values,
        zone_unshadowed=zone[2],
        zone_samples=zones["samples"].values,
        zone_seen=zones["seen"].values,
        face_penetrates=root["penetrates"].values,
        drivers=drivers,
        events=events,
        threats=[
            _with_phase(node.to_dataset(inherit=False))
            for node in tree["threats"].children.values()
        ],
        vehicle=Surface(
            vertices=np.stack([root[f"mesh_node_{a}"].values for a in "xyz"], axis=1),
            triangles=root["mesh_face_nodes"].values,
            normals=root["normal"].values,
            areas=area / np.where(two_sided, 2.0, 1.0),
            centroids=root["centroid"].values,
            face_zone=root["zone_index"].values,
            face_two_sided=two_sided,
            zone_name=text("zone"),
            zone_module=text("module"),
            zone_shield=text("shield"),
            zone_equation=text("equation"),
            zone_criterion=text("criterion"),
            zone_certainty=text("certainty"),
            zone_source=text("source"),
            zone_geometry_certainty=text("geometry_certainty"),
            zone_pressurised=tuple(bool(v) for v in zones["pressurised"].values),
            zone_vulnerable_fraction=tuple(
                float(v) for v in zones["vulnerable_fraction"].values
            ),
        ),
        provenance=about,
        flags=tuple(str(tree.attrs["flags"]).splitlines()),
        zone_covariance=(
            zones["covariance"].values if "covariance" in zones.variables else None
        ),
        zone_given_flux=(
            zones["expected_given_flux"].sel(environment=list(models)).values
            if "expected_given_flux" in zones.variables
            else None
        ),
    )


def merge(trees: Sequence[xr.DataTree]) -> xr.DataTree:
    """Return the result of several runs of one configuration taken together.

    Parameters
    ----------
    trees : sequence of xarray.DataTree
        Results that differ in the seed, or in the replicates, only.

    Returns
    -------
    xarray.DataTree
        Means weighed by the rays of each zone; variances likewise, with
        Satterthwaite's degrees of freedom; samples and events added.

    Raises
    ------
    InputError
        When configurations (but for the seed), definitions or meshes differ, or two
        results share their random numbers; names everything that differs.

    Notes
    -----
    Faces are weighed as their zone is, so that they still sum to it. Weights are
    numbers of rays; runs that stopped at a target error chose them from the data,
    which biases the mean by far less than its error.

    References
    ----------
    .. [1] F. E. Satterthwaite (1946), https://doi.org/10.2307/3002019
    """
    outcomes = [outcome_of(tree) for tree in trees]
    problems = _differences(outcomes)
    if problems:
        raise InputError(problems)
    if len(outcomes) == 1:
        return build(outcomes[0])
    rays = np.stack([o.zone_samples for o in outcomes]).astype(np.float64)
    whole = rays.sum(axis=0)
    equal = np.full(rays.shape, 1.0 / len(outcomes))
    weight = np.divide(rays, whole, out=equal, where=whole > 0.0)
    zone = outcomes[0].vehicle.face_zone
    return build(
        replace(
            outcomes[0],
            **_merged_tallies(outcomes, weight, weight[:, zone]),
            drivers=_merged_drivers(outcomes, weight),
            events=_merged_events(outcomes, weight),
            provenance=_merged_provenance(outcomes),
        )
    )


def _tallies(
    data: xr.Dataset, columns: list[str]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    part = data.sel(environment=columns)
    expected, unshadowed = part["expected"].values, part["unshadowed"].values
    variance = part["expected_stderr"].values ** 2
    unseen = (expected == 0.0) & (unshadowed > 0.0)
    return expected, np.where(unseen, 0.0, variance), unshadowed


def _with_phase(table: xr.Dataset) -> xr.Dataset:
    table.attrs["phase"] = int(table.attrs["phase"])
    return table


def _signature(outcome: Outcome) -> dict[str, str]:
    """Return what must agree, as text: configuration without seed, definitions."""
    config = outcome.provenance.get("config", "{}")
    value = json.loads(config) if isinstance(config, str) else dict(config)
    value.pop("seed", None)
    surface = outcome.vehicle
    shape = (len(surface.vertices), len(surface.triangles), surface.zone_name)
    return {
        "config without seed": json.dumps(value, sort_keys=True),
        "sources": json.dumps(outcome.provenance.get("sources", {}), sort_keys=True),
        "models": repr((outcome.models, outcome.in_total, outcome.damage)),
        "mesh": repr(shape),
        "estimator": str(outcome.provenance.get("estimator")),
    }


def _stream(outcome: Outcome) -> tuple[int, int, int]:
    """Return seed, first replicate and one past the last."""
    about = outcome.provenance
    first = int(about.get("first_replicate", 0))
    return int(about["seed"]), first, first + int(about.get("replicates", 1))


def _streams(outcome: Outcome) -> list[tuple[int, int, int]]:
    merged = outcome.provenance.get("merged")
    if merged:
        return [(int(a), int(b), int(c)) for a, b, c in merged]
    return [_stream(outcome)]


def _differences(outcomes: Sequence[Outcome]) -> list[Problem]:
    if not outcomes:
        return [Problem("merge", "results", 0, "one result at least")]
    problems = []
    first = _signature(outcomes[0])
    for index, outcome in enumerate(outcomes[1:], start=1):
        for key, value in _signature(outcome).items():
            if value != first[key]:
                problems.append(
                    Problem(f"result {index}", key, value, f"as result 0: {first[key]}")
                )
    known: list[tuple[int, tuple[int, int, int]]] = []
    for index, outcome in enumerate(outcomes):
        for stream in _streams(outcome):
            for other, (seed, low, high) in known:
                if seed == stream[0] and low < stream[2] and stream[1] < high:
                    problems.append(
                        Problem(
                            f"result {index}",
                            "seed",
                            stream[0],
                            f"another seed, or other replicates, than result {other}",
                        )
                    )
            known.append((index, stream))
    return problems


def _mean(values: list[FloatArray], weight: FloatArray) -> FloatArray:
    stacked = np.stack(values)
    shaped = weight.reshape(weight.shape + (1,) * (stacked.ndim - weight.ndim))
    return np.asarray((stacked * shaped).sum(axis=0), dtype=np.float64)


def _merged_tallies(
    outcomes: Sequence[Outcome], by_zone: FloatArray, by_face: FloatArray
) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for where, weight in (("face", by_face), ("zone", by_zone)):
        for name in ("expected", "unshadowed"):
            key = f"{where}_{name}"
            merged[key] = _mean([getattr(o, key) for o in outcomes], weight)
        parts = [getattr(o, f"{where}_variance") for o in outcomes]
        merged[f"{where}_variance"] = _mean(parts, weight**2)
        for name in ("samples", "seen"):
            key = f"{where}_{name}"
            merged[key] = np.sum([getattr(o, key) for o in outcomes], axis=0)
        dof = np.stack([getattr(o, f"{where}_dof") for o in outcomes])
        scaled = np.stack(parts) * weight[:, :, None, None] ** 2
        if where == "face":  # one number a face: that of its largest variances
            scaled = np.nan_to_num(scaled, nan=0.0).sum(axis=(2, 3))
        merged[f"{where}_dof"] = satterthwaite_dof(scaled, dof, axis=0)
    for key in ("face_visibility", "face_extrapolated"):
        merged[key] = _mean([getattr(o, key) for o in outcomes], by_face)
    shared = [o.zone_covariance for o in outcomes if o.zone_covariance is not None]
    merged["zone_covariance"] = (
        _mean(shared, by_zone**2) if len(shared) == len(outcomes) else None
    )
    given = [o.zone_given_flux for o in outcomes if o.zone_given_flux is not None]
    merged["zone_given_flux"] = (
        _mean(given, by_zone) if len(given) == len(outcomes) else None
    )
    spread = [o.face_visibility_variance for o in outcomes]
    merged["face_visibility_variance"] = _mean(spread, by_face**2)
    merged["face_visibility"] = np.clip(merged["face_visibility"], 0.0, 1.0)
    return merged


def _merged_drivers(
    outcomes: Sequence[Outcome], weight: FloatArray
) -> dict[str, tuple[FloatArray, FloatArray]]:
    return {
        name: (edges, _mean([o.drivers[name][1] for o in outcomes], weight))
        for name, (edges, _) in outcomes[0].drivers.items()
    }


def _merged_events(
    outcomes: Sequence[Outcome], weight: FloatArray
) -> dict[str, NDArray[Any]]:
    scaled = [
        o.events["weight"] * weight[i][o.events["zone"].astype(np.int64)][:, None]
        for i, o in enumerate(outcomes)
    ]
    merged = {
        name: np.concatenate([o.events[name] for o in outcomes])
        for name in (*EVENT_COLUMNS, *OPTIONAL_EVENT_COLUMNS)
        if all(name in o.events for o in outcomes)
    }
    merged["weight"] = np.concatenate(scaled)
    return merged


def _merged_provenance(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    about = dict(outcomes[0].provenance)
    streams = [s for o in outcomes for s in _streams(o)]
    about["merged"] = [list(s) for s in streams]
    about["replicates"] = sum(high - low for _, low, high in streams)
    for key, pick in (("started", min), ("finished", max)):
        times = [str(o.provenance[key]) for o in outcomes if key in o.provenance]
        if times:
            about[key] = pick(times)
    return about
