"""Turn the outcome of a run into the result tree (format version 1)."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from mmod.flux.uncertainty import FLUX_DEVIATES
from mmod.results import schema
from mmod.results.direction import mean_radiant, words
from mmod.results.flux_uncertainty import limits, sum_of_independent
from mmod.results.outcome import (
    DRIVERS,
    EVENT_COLUMNS,
    KINDS,
    OPTIONAL_EVENT_COLUMNS,
    FloatArray,
    Outcome,
)
from mmod.stats import t_interval, unseen_stderr, unseen_upper

CONFIDENCE = 0.95
_COMMENT = (
    "Spacecraft frame: +x ram, +y port, +z zenith; a radiant is where a particle comes"
    " from. Mesh and impact points: body frame of the vehicle. Intervals of expected and"
    " probability hold the sampling error only; model_lower and model_upper the"
    " uncertainty of the flux models only. None holds the error of shields, damage"
    " equations or attitude."
)


def build(outcome: Outcome) -> xr.DataTree:
    """Return the result tree of a run.

    Parameters
    ----------
    outcome : Outcome
        What the engine tallied.

    Returns
    -------
    xarray.DataTree
        Groups ``/`` (UGRID mesh and faces), ``/zones``, ``/drivers``, ``/events``,
        ``/threats``; see docs/format.md.

    Raises
    ------
    InputError
        When the outcome is not sound (shapes, non-finite or negative numbers).

    Notes
    -----
    Where nothing was seen although something would arrive without shadows, the
    standard error is ``unshadowed / (n + 1)`` and the upper limit
    ``unshadowed * (1 - 0.05**(1/n))`` with n the effective number of rays: the rays
    of the face, times the least share that any class of impact has in the proposal
    (``provenance["proposal_share"]``, 1 when absent). For a zone n is
    ``U / max(u_f / n_f)`` over its faces, which makes the limit hold for any way in
    which rays are spread over faces.
    """
    outcome.validate()
    picker = _Environment(outcome)
    face, zone = _face_estimates(outcome), _zone_estimates(outcome)
    tree = xr.DataTree.from_dict(
        {
            "/": _root(outcome, picker, face),
            "/zones": _zones(outcome, picker, zone),
            "/drivers": _drivers(outcome, picker),
            "/events": _events(outcome, picker),
            **_threats(outcome),
        }
    )
    tree.attrs = _attributes(outcome)
    return tree


class _Environment:
    """Spreads the models (+ total) over the labels of dimension `environment`."""

    def __init__(self, outcome: Outcome) -> None:
        m = len(outcome.models)
        self.labels = list(outcome.models)
        self.kinds = list(outcome.model_kind)
        self.columns = list(range(m))
        for kind in KINDS:
            for i in range(m):
                if outcome.in_total[i] and outcome.model_kind[i] == kind:
                    self.labels.append(kind)
                    self.kinds.append(kind)
                    self.columns.append(i)
        self.labels.append("total")
        self.kinds.append("total")
        self.columns.append(m)

    def spread(self, values: NDArray[Any], axis: int = 1) -> NDArray[Any]:
        return np.take(values, self.columns, axis=axis)


class _Estimates:
    """Expected numbers with everything derived from them, (n, M+1, D)."""

    def __init__(
        self,
        expected: FloatArray,
        variance: FloatArray,
        unshadowed: FloatArray,
        dof: FloatArray,
        effective: FloatArray,
        defined: NDArray[np.bool_],
    ) -> None:
        absent = np.zeros(expected.shape, dtype=np.bool_)
        absent[~defined, :, -1] = True
        value = np.where(absent, 0.0, expected)
        spread = np.where(absent, 0.0, variance)
        bare = np.where(absent, 0.0, unshadowed)
        unseen = (value == 0.0) & (spread == 0.0) & (bare > 0.0)
        error = np.where(unseen, unseen_stderr(bare, effective), np.sqrt(spread))
        lower, upper = t_interval(value, error, dof, CONFIDENCE, floor=0.0)
        lower = np.where(unseen, 0.0, lower)
        upper = np.where(unseen, unseen_upper(bare, effective, CONFIDENCE), upper)

        def gap(values: FloatArray) -> FloatArray:
            return np.where(absent, np.nan, values)

        self.expected, self.stderr = gap(value), gap(error)
        self.lower, self.upper, self.unshadowed = gap(lower), gap(upper), gap(bare)


def proposal_share(outcome: Outcome) -> float:
    """Return the least share of a class of impact in the proposal, 0 < a <= 1 [1]."""
    return min(max(float(outcome.provenance.get("proposal_share", 1.0)), 1e-12), 1.0)


def _face_estimates(outcome: Outcome) -> _Estimates:
    rays = proposal_share(outcome) * outcome.face_samples.astype(np.float64)
    return _Estimates(
        outcome.face_expected,
        outcome.face_variance,
        outcome.face_unshadowed,
        outcome.face_dof[:, None, None],
        np.broadcast_to(rays[:, None, None], outcome.face_expected.shape),
        outcome.face_penetrates,
    )


def _zone_estimates(outcome: Outcome) -> _Estimates:
    rays = proposal_share(outcome) * outcome.face_samples.astype(np.float64)
    bare = np.nan_to_num(outcome.face_unshadowed, nan=0.0)
    sampled = np.where(rays > 0.0, rays, 1.0)[:, None, None]
    per_ray = np.where((rays > 0.0)[:, None, None], bare / sampled, np.inf)
    per_ray = np.where(bare > 0.0, per_ray, 0.0)
    worst = np.zeros(outcome.zone_expected.shape)
    np.maximum.at(worst, outcome.vehicle.face_zone, per_ray)
    unshadowed = np.nan_to_num(outcome.zone_unshadowed, nan=0.0)
    effective = np.divide(
        unshadowed, worst, out=np.zeros(worst.shape), where=worst > 0.0
    )
    return _Estimates(
        outcome.zone_expected,
        outcome.zone_variance,
        outcome.zone_unshadowed,
        outcome.zone_dof,
        effective,
        outcome.zone_penetrates(),
    )


def _variable(group: str, name: str, values: Any) -> xr.Variable:
    spec = schema.VARIABLES[group][name]
    return xr.Variable(spec.dims, values, spec.attributes())


def _dataset(group: str, values: dict[str, Any]) -> xr.Dataset:
    specs = schema.VARIABLES[group]
    variables = {k: _variable(group, k, v) for k, v in values.items()}
    coords = {k: v for k, v in variables.items() if specs[k].coordinate}
    data = {k: v for k, v in variables.items() if k not in coords}
    return xr.Dataset(data, coords=coords)


def _strings(values: Any) -> NDArray[Any]:
    return np.asarray(list(values), dtype=np.str_)


def _shared(outcome: Outcome, picker: _Environment) -> dict[str, Any]:
    return {
        "environment": _strings(picker.labels),
        "damage": _strings(outcome.damage),
        "diameter": np.asarray(outcome.damage_diameter, dtype=np.float64),
        "duration": np.float64(outcome.duration),
    }


def _estimate_values(part: _Estimates, picker: _Environment) -> dict[str, Any]:
    return {
        "expected": picker.spread(part.expected),
        "expected_stderr": picker.spread(part.stderr),
        "unshadowed": picker.spread(part.unshadowed),
        "probability": picker.spread(-np.expm1(-part.expected)),
        "probability_lower": picker.spread(-np.expm1(-part.lower)),
        "probability_upper": picker.spread(-np.expm1(-part.upper)),
    }


def _root(outcome: Outcome, picker: _Environment, part: _Estimates) -> xr.Dataset:
    vehicle = outcome.vehicle
    nodes = np.asarray(vehicle.vertices, dtype=np.float64)
    area = vehicle.areas * np.where(vehicle.face_two_sided, 2.0, 1.0)
    missing = ~outcome.face_penetrates[:, None]
    beyond = np.where(missing, np.nan, outcome.face_extrapolated)
    data = _dataset(
        "/",
        {
            "mesh": np.int32(0),
            "mesh_node_x": nodes[:, 0],
            "mesh_node_y": nodes[:, 1],
            "mesh_node_z": nodes[:, 2],
            "mesh_face_nodes": np.asarray(vehicle.triangles, dtype=np.int32),
            "normal": np.asarray(vehicle.normals, dtype=np.float64),
            "centroid": np.asarray(vehicle.centroids, dtype=np.float64),
            "two_sided": np.asarray(vehicle.face_two_sided, dtype=np.bool_),
            "zone_index": np.asarray(vehicle.face_zone, dtype=np.int32),
            "penetrates": np.asarray(outcome.face_penetrates, dtype=np.bool_),
            "area": area,
            "exposed_area": area * outcome.face_visibility,
            "exposed_area_stderr": area * np.sqrt(outcome.face_visibility_variance),
            "samples": np.asarray(outcome.face_samples, dtype=np.int64),
            "seen": np.asarray(outcome.face_seen, dtype=np.int64),
            "dof": np.asarray(outcome.face_dof, dtype=np.float64),
            "extrapolated": picker.spread(beyond),
            **_shared(outcome, picker),
            **_estimate_values(part, picker),
        },
    )
    names = [n.replace(" ", "_") for n in vehicle.zone_name]
    flags = np.arange(len(names), dtype=np.int32)
    data["zone_index"].attrs["flag_values"] = flags if len(flags) > 1 else flags[0]
    data["zone_index"].attrs["flag_meanings"] = " ".join(names)
    return data


def _zones(outcome: Outcome, picker: _Environment, part: _Estimates) -> xr.Dataset:
    vehicle = outcome.vehicle
    z = len(vehicle.zone_name)
    defined = outcome.zone_penetrates()
    area = vehicle.areas * np.where(vehicle.face_two_sided, 2.0, 1.0)

    def by_zone(values: FloatArray) -> FloatArray:
        result = np.zeros((z, *values.shape[1:]))
        np.add.at(result, vehicle.face_zone, values)
        return result

    penetrations = part.expected[:, :, -1]
    whole = np.nansum(penetrations, axis=0)
    beyond = by_zone(np.nan_to_num(outcome.face_extrapolated, nan=0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(defined[:, None], penetrations / whole, np.nan)
        fraction = np.where(penetrations > 0.0, beyond / penetrations, np.nan)
    azimuth, sine = outcome.drivers["azimuth"], outcome.drivers["sin_elevation"]
    mean = mean_radiant(azimuth[0], azimuth[1], sine[0], sine[1])
    length = np.sqrt(np.sum(mean**2, axis=-1))
    names = [[words(v) for v in row] for row in picker.spread(mean)]
    with np.errstate(divide="ignore", invalid="ignore"):
        elevation = np.arcsin(np.clip(mean[..., 2] / length, -1.0, 1.0))
    return _dataset(
        "/zones",
        {
            "zone": _strings(vehicle.zone_name),
            "module": _strings(vehicle.zone_module),
            "shield": _strings(vehicle.zone_shield),
            "equation": _strings(vehicle.zone_equation),
            "criterion": _strings(vehicle.zone_criterion),
            "certainty": _strings(vehicle.zone_certainty),
            "source": _strings(vehicle.zone_source),
            "geometry_certainty": _strings(vehicle.zone_geometry_certainty),
            "pressurised": np.asarray(vehicle.zone_pressurised, dtype=np.bool_),
            "vulnerable_fraction": np.asarray(
                vehicle.zone_vulnerable_fraction, dtype=np.float64
            ),
            "area": by_zone(area),
            "exposed_area": by_zone(area * outcome.face_visibility),
            "exposed_area_stderr": np.sqrt(
                by_zone(area**2 * outcome.face_visibility_variance)
            ),
            "samples": np.asarray(outcome.zone_samples, dtype=np.int64),
            "seen": np.asarray(outcome.zone_seen, dtype=np.int64),
            "dof": picker.spread(np.asarray(outcome.zone_dof, dtype=np.float64)),
            "expected_lower": picker.spread(part.lower),
            "expected_upper": picker.spread(part.upper),
            "share": picker.spread(share),
            "extrapolated_fraction": picker.spread(fraction),
            "main_azimuth": picker.spread(np.arctan2(mean[..., 1], mean[..., 0])),
            "main_elevation": picker.spread(elevation),
            "main_concentration": picker.spread(length),
            "main_direction": np.asarray(names, dtype=np.str_),
            **_covariance(outcome),
            **_given_flux(outcome, picker),
            **_shared(outcome, picker),
            **_estimate_values(part, picker),
        },
    )


def _covariance(outcome: Outcome) -> dict[str, Any]:
    """Return the covariance of the models by zone, where the run took it."""
    if outcome.zone_covariance is None:
        return {}
    values = np.array(outcome.zone_covariance, dtype=np.float64)
    values[~outcome.zone_penetrates(), :, :, -1] = np.nan
    models = _strings(outcome.models)
    return {"model": models, "other_model": models, "covariance": values}


def _given_flux(outcome: Outcome, picker: _Environment) -> dict[str, Any]:
    """Return the numbers at deviates of the flux models, and their 95 % limits."""
    if outcome.zone_given_flux is None:
        return {}
    models = np.array(outcome.zone_given_flux, dtype=np.float64)
    # rounding may leave a last bit that falls
    models = np.maximum.accumulate(models, axis=-1)
    chosen = [models[:, i] for i, used in enumerate(outcome.in_total) if used]
    total = chosen[0] if len(chosen) == 1 else sum_of_independent(*chosen)
    given = np.concatenate([models, total[:, None]], axis=1)
    given[~outcome.zone_penetrates(), :, -1] = np.nan
    lower, upper = limits(given)
    return {
        "flux_deviate": np.array(FLUX_DEVIATES),
        "expected_given_flux": picker.spread(given),
        "model_lower": picker.spread(lower),
        "model_upper": picker.spread(upper),
    }


def _drivers(outcome: Outcome, picker: _Environment) -> xr.Dataset:
    values: dict[str, Any] = {
        "zone": _strings(outcome.vehicle.zone_name),
        "environment": _strings(picker.labels),
    }
    defined = outcome.zone_penetrates()[:, None, None]
    for name in DRIVERS:
        edges, counts = outcome.drivers[name]
        middle = 0.5 * (edges[1:] + edges[:-1])
        if name == "diameter" and edges[0] > 0.0:
            middle = np.sqrt(edges[1:] * edges[:-1])
        values[name] = middle
        values[f"{name}_bounds"] = np.stack([edges[:-1], edges[1:]], axis=1)
        values[f"penetrations_by_{name}"] = picker.spread(
            np.where(defined, counts, np.nan)
        )
    return _dataset("/drivers", values)


def _events(outcome: Outcome, picker: _Environment) -> xr.Dataset:
    kinds: dict[str, Any] = {"i": np.int32, "f": np.float64, "b": np.bool_}
    values: dict[str, Any] = {"environment": _strings(picker.labels)}
    columns = EVENT_COLUMNS | {
        n: k for n, k in OPTIONAL_EVENT_COLUMNS.items() if n in outcome.events
    }
    for name, kind in columns.items():
        stored = f"{name}_index" if kind == "i" else name
        values[stored] = np.asarray(outcome.events[name], dtype=kinds[kind])
    weight = np.asarray(outcome.events["weight"], dtype=np.float64)
    chosen = np.asarray(outcome.in_total, dtype=np.bool_)
    whole = weight[:, chosen].sum(axis=1, keepdims=True)
    values["weight"] = picker.spread(np.concatenate([weight, whole], axis=1))
    return _dataset("/events", values)


def _threats(outcome: Outcome) -> dict[str, xr.Dataset]:
    """Return ``/threats`` and one subgroup a phase and model."""
    phases = sorted({int(t.attrs["phase"]) for t in outcome.threats}) or [0]
    names = [["" for _ in outcome.models] for _ in phases]
    groups: dict[str, xr.Dataset] = {}
    for table in outcome.threats:
        phase, model = int(table.attrs["phase"]), _model_index(outcome, table)
        name = f"phase{phase}_model{model}"
        names[phases.index(phase)][model] = name
        groups[f"/threats/{name}"] = _table(table, outcome.models[model])
    head = {
        "model": _strings(outcome.models),
        "kind": _strings(outcome.model_kind),
        "in_total": np.asarray(outcome.in_total, dtype=np.bool_),
        "phase": np.asarray(phases, dtype=np.int32),
        "group": np.asarray(names, dtype=np.str_),
    }
    return {"/threats": _dataset("/threats", head), **groups}


def _model_index(outcome: Outcome, table: xr.Dataset) -> int:
    label = table.attrs["model"]
    if isinstance(label, str):
        return outcome.models.index(label)
    return int(label)


def _table(table: xr.Dataset, label: str) -> xr.Dataset:
    """Return a threat table with attributes that netCDF can hold."""
    result = table.copy(deep=False)
    specs = schema.VARIABLES["/threats/*"]
    for name in result.variables:
        variable = result[name].variable
        given = specs[str(name)].attributes() if name in specs else {}
        merged = {**given, **variable.attrs}
        result[name].attrs = {str(k): storable(v) for k, v in merged.items()}
    result.attrs = {str(k): storable(v) for k, v in table.attrs.items()}
    result.attrs["model"] = label
    return result.drop_encoding()


def storable(value: Any) -> Any:
    """Return an attribute as netCDF holds it: text or number, else JSON text."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, bool | np.bool_):
        return int(value)
    if isinstance(value, str | int | float | np.integer | np.floating):
        return value
    return "" if value is None else json.dumps(value, sort_keys=True, default=str)


def _attributes(outcome: Outcome) -> dict[str, Any]:
    about = outcome.provenance
    version = dict(about.get("versions") or {}).get("mmod", "")
    return {
        "Conventions": schema.CONVENTIONS,
        "mmod_format": schema.FORMAT,
        "mmod_format_version": schema.FORMAT_VERSION,
        "title": outcome.title,
        "source": f"mmod {version}".strip(),
        "history": f"{about.get('started', '')} started;"
        f" {about.get('finished', '')} finished",
        "comment": _COMMENT,
        "confidence": CONFIDENCE,
        "config": str(about.get("config", "")),
        "config_sha256": str(about.get("config_sha256", "")),
        "seed": int(about.get("seed", 0)),
        "estimator": str(about.get("estimator", "")),
        "provenance": json.dumps(about, sort_keys=True, default=str),
        "flags": "\n".join(outcome.flags),
    }
