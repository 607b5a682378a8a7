"""Made-up outcomes of a run, with plausible patterns, for tests of the results.

``import unit.results.synthetic`` (tests/ is on the path).
"""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import xarray as xr

from mmod.flux.uncertainty import FLUX_DEVIATES
from mmod.results import Outcome, Surface

DAMAGE = ("impact>=0.1mm", "impact>=1mm", "impact>=10mm", "penetration")
DIAMETER = np.array([1e-4, 1e-3, 1e-2, np.nan])
RATE = np.array([3.0, 2e-2, 1e-5, 4e-4])  # per m2 of face that looks to ram
MODELS = ("deb_a", "deb_b", "met")
KIND = ("debris", "debris", "meteoroid")
IN_TOTAL = (True, False, True)
SIGMA = np.array([0.6, 0.9, 0.5605])  # of ln flux, for every size

_CUBE = np.array(
    [[x, y, z] for z in (-0.5, 0.5) for y in (-0.5, 0.5) for x in (-0.5, 0.5)]
)
_QUADS = {  # body axes: +x ram, +y starboard, +z nadir
    "ram": (1, 3, 7, 5),
    "wake": (0, 4, 6, 2),
    "starboard": (2, 6, 7, 3),
    "port": (0, 1, 5, 4),
    "nadir": (4, 5, 7, 6),
    "zenith": (0, 2, 3, 1),
}


def surface() -> Surface:
    """Return a unit cube of six zones beside a two-sided panel without a shield."""
    triangles, zone = [], []
    for index, quad in enumerate(_QUADS.values()):
        a, b, c, d = quad
        triangles += [[a, b, c], [a, c, d]]
        zone += [index, index]
    panel = np.array(
        [[-0.5, 2.0, -1.0], [0.5, 2.0, -1.0], [0.5, 2.0, 1.0], [-0.5, 2.0, 1.0]]
    )
    triangles += [[8, 9, 10], [8, 10, 11]]
    zone += [6, 6]
    names = [f"cube.box.{n}" for n in _QUADS] + ["cube.array.panel"]
    return _surface(
        np.concatenate([_CUBE, panel]),
        np.array(triangles, dtype=np.int32),
        np.array(zone, dtype=np.int32),
        np.arange(14) >= 12,
        names,
        ["box"] * 6 + ["array"],
        ["wall"] * 6 + ["none"],
        ["single_wall"] * 6 + ["none"],
    )


def _surface(vertices, triangles, zone, panel, names, modules, shields, equations):
    a, b, c = (vertices[triangles[:, i]] for i in range(3))
    cross = np.cross(b - a, c - a)
    twice = np.linalg.norm(cross, axis=1)
    return Surface(
        vertices=vertices,
        triangles=triangles,
        normals=cross / twice[:, None],
        areas=twice / 2.0,
        centroids=(a + b + c) / 3.0,
        face_zone=zone,
        face_two_sided=panel,
        zone_name=tuple(names),
        zone_module=tuple(modules),
        zone_shield=tuple(shields),
        zone_equation=tuple(equations),
        zone_criterion=tuple(
            "none" if e == "none" else "perforation" for e in equations
        ),
        zone_certainty=("estimate",) * len(names),
        zone_source=("made up",) * len(names),
        zone_geometry_certainty=("E",) * len(names),
        zone_pressurised=tuple(i % 2 == 0 for i in range(len(names))),
        zone_vulnerable_fraction=(1.0,) * len(names),
    )


def of_vehicle(vehicle) -> Surface:
    """Return the surface of a vehicle of the library."""
    mesh = vehicle.mesh
    return replace(
        _surface(
            mesh.vertices,
            mesh.triangles,
            mesh.face_zone,
            mesh.two_sided,
            [z.name for z in vehicle.zones],
            [z.module for z in vehicle.zones],
            [z.shield for z in vehicle.zones],
            [
                "none" if z.shield in {"none", "truss", "solar_array"} else z.shield
                for z in vehicle.zones
            ],
        ),
        normals=mesh.normals,
    )


def outcome(
    skin: Surface | None = None, *, seed: int = 1, samples: int = 4000
) -> Outcome:
    """Return a made-up outcome.

    The last face of the first zone and all faces of the fourth (port) are dark: nothing
    was seen there.
    """
    skin = surface() if skin is None else skin
    rng = np.random.default_rng(seed)
    f, z = len(skin.triangles), len(skin.zone_name)
    m, d = len(MODELS), len(DAMAGE)
    # body -> LVLH with all angles zero
    normal = skin.normals * np.array([1.0, -1.0, -1.0])
    area = skin.areas * np.where(skin.face_two_sided, 2.0, 1.0)
    ahead = np.zeros(f)
    for azimuth in np.radians([-60, -40, -20, 20, 40, 60]):
        ahead += np.maximum(normal @ [np.cos(azimuth), np.sin(azimuth), 0.0], 0.0) / 6.0
    above = 0.5 * (1.0 + normal[:, 2]) * 0.2
    pattern = np.stack([ahead, 1.5 * ahead, above], axis=1)
    bare = area[:, None, None] * pattern[:, :, None] * RATE
    visibility = rng.uniform(0.3, 1.0, f)
    dark = np.zeros(f, bool)
    dark[np.flatnonzero(skin.face_zone == 0)[-1]] = True
    dark |= skin.face_zone == 3
    visibility[dark] = 0.0
    noise = 1.0 + 0.02 * rng.standard_normal((f, m, d))
    expected = bare * visibility[:, None, None] * noise
    variance = (0.02 * bare * visibility[:, None, None]) ** 2
    none = np.array([e == "none" for e in skin.zone_equation])
    penetrates = ~none[skin.face_zone]
    chosen = np.asarray(IN_TOTAL)

    def with_total(values):
        return np.concatenate([values, values[:, chosen].sum(axis=1, keepdims=True)], 1)

    expected, variance, bare = (with_total(v) for v in (expected, variance, bare))
    for values in (expected, variance, bare):
        values[~penetrates, :, -1] = 0.0
    samples_of = np.full(f, samples, dtype=np.int64)
    seen = (samples * visibility).astype(np.int64)

    def by_zone(values):
        result = np.zeros((z, *values.shape[1:]), dtype=values.dtype)
        np.add.at(result, skin.face_zone, values)
        return result

    return Outcome(
        title="Made-up run",
        models=MODELS,
        model_kind=KIND,
        in_total=IN_TOTAL,
        damage=DAMAGE,
        damage_diameter=DIAMETER,
        duration=82.4 * 86400.0,
        face_expected=expected,
        face_variance=variance,
        face_unshadowed=bare,
        face_samples=samples_of,
        face_seen=seen,
        face_dof=np.full(f, 15.0),
        face_visibility=visibility,
        face_visibility_variance=visibility * (1.0 - visibility) / 23.0,
        face_extrapolated=0.1 * expected[:, :, -1],
        zone_expected=by_zone(expected),
        zone_variance=by_zone(variance),
        zone_dof=np.full((z, m + 1, d), 15.0),
        zone_unshadowed=by_zone(bare),
        zone_samples=by_zone(samples_of),
        zone_seen=by_zone(seen),
        face_penetrates=penetrates,
        drivers=_drivers(by_zone(expected)[:, :, -1]),
        events=_events(skin, penetrates, expected[:, :-1, -1], rng),
        threats=[_threats(p, name) for p in range(2) for name in MODELS],
        vehicle=skin,
        provenance=_provenance(seed),
        flags=("deb_a: epoch 2018.5 extrapolated from 2016",),
        zone_covariance=_covariance(by_zone(variance)[:, :-1]),
        zone_given_flux=_given_flux(by_zone(expected)[:, :-1]),
    )


def _given_flux(expected):
    """Return numbers at deviates of the models: a log standard error each."""
    return expected[..., None] * np.exp(SIGMA[:, None, None] * FLUX_DEVIATES)


def _covariance(variance):
    """Return covariances with a correlation of a half between the models."""
    error = np.sqrt(variance)
    half = 0.5 + 0.5 * np.eye(variance.shape[1])
    return error[:, :, None] * error[:, None] * half[:, :, None]


def _drivers(penetrations):
    """Spread penetrations: debris ahead in the horizontal plane, meteoroids above."""
    edges = {
        "azimuth": np.linspace(-np.pi, np.pi, 37),
        "sin_elevation": np.linspace(-1.0, 1.0, 21),
        "speed": np.linspace(0.0, 72e3, 37),
        "cos_obliquity": np.linspace(0.0, 1.0, 11),
        "diameter": np.geomspace(1e-6, 1.0, 31),
    }
    result = {}
    for name, edge in edges.items():
        x = 0.5 * (edge[1:] + edge[:-1])
        y = np.log(np.sqrt(np.maximum(edge[1:] * edge[:-1], 1e-12)))
        debris, meteoroid = {
            "azimuth": (np.exp(-((np.abs(x) - 0.8) ** 2) / 0.1), 1.5 + np.cos(x)),
            "sin_elevation": (np.abs(x) < 0.1, (x > -0.3) * (1.0 + 0.5 * x)),
            "speed": (
                np.exp(-(((x - 11e3) / 3e3) ** 2)),
                np.exp(-(((x - 2e4) / 1e4) ** 2)),
            ),
            "cos_obliquity": (x, x**2),
            "diameter": (np.exp(-((y + 6.0) ** 2)), np.exp(-((y + 6.5) ** 2))),
        }[name]
        shape = np.stack([debris, debris, meteoroid]).astype(float)
        shape /= shape.sum(axis=1, keepdims=True)
        values = penetrations[:, :-1, None] * shape[None]
        total = values[:, np.asarray(IN_TOTAL)].sum(axis=1, keepdims=True)
        result[name] = (edge, np.concatenate([values, total], axis=1))
    return result


def _events(skin, penetrates, expected, rng):
    """Return two penetrating events and a near miss for every face that is seen."""
    lit = np.flatnonzero(penetrates & (expected.sum(axis=1) > 0.0))
    face = np.repeat(lit, 3)
    e = len(face)
    through = np.tile([True, True, False], len(lit))
    weight = np.where(through[:, None], expected[face] / 2.0, expected[face] * 0.3)
    critical = rng.uniform(1e-3, 5e-3, e)
    point = skin.centroids[face]
    return {
        "face": face.astype(np.int32),
        "zone": skin.face_zone[face].astype(np.int32),
        "phase": np.zeros(e, dtype=np.int32),
        "model": rng.integers(0, len(MODELS), e).astype(np.int32),
        "population": np.zeros(e, dtype=np.int32),
        "size_curve": np.zeros(e, dtype=np.int32),
        "x": point[:, 0].copy(),
        "y": point[:, 1].copy(),
        "z": point[:, 2].copy(),
        "azimuth": rng.uniform(-np.pi, np.pi, e),
        "elevation": rng.uniform(-0.1, 0.5, e),
        "speed": rng.uniform(3e3, 2e4, e),
        "obliquity": rng.uniform(0.0, 1.5, e),
        "diameter": critical * np.where(through, 1.3, 0.8),
        "critical_diameter": critical,
        "density": np.full(e, 2800.0),
        "penetrating": through,
        "extrapolated": rng.random(e) < 0.1,
        "weight": weight,
    }


def _threats(phase: int, model: str) -> xr.Dataset:
    n = 5 if model == "met" else 3
    edges = np.linspace(-1.0, 1.0, n + 1)
    grid = np.geomspace(1e-6, 1.0, 13)
    one = ("threat",)
    data = {
        "azimuth_lower": (one, edges[:-1]),
        "azimuth_upper": (one, edges[1:]),
        "sin_elevation_lower": (one, np.zeros(n)),
        "sin_elevation_upper": (one, np.zeros(n)),
        "speed_lower": (one, np.full(n, 8e3)),
        "speed_upper": (one, np.full(n, 1e4)),
        "weight": (one, np.full(n, 1.0 / n)),
        "size_curve_index": (one, np.zeros(n, dtype=np.int32)),
        "population": (one, np.zeros(n, dtype=np.int32)),
        "flux": (("size_curve", "diameter"), 1e-13 * grid[None] ** -2.0),
        "density": (("size_curve", "diameter"), np.full((1, 13), 2800.0)),
        "log_stderr": (("diameter",), np.full(13, SIGMA[MODELS.index(model)])),
    }
    if model != "met":
        data["side"] = (one, np.ones(n, dtype=np.int8))
    return xr.Dataset(
        data,
        coords={"diameter": grid},
        attrs={
            "phase": phase,
            "model": model,
            "coupled": model != "met",
            "population_names": ["all"],
            "flags": "",
        },
    )


def _provenance(seed: int) -> dict:
    config = {
        "title": "Made-up run",
        "vehicle": "cube",
        "seed": seed,
        "phase": [
            {
                "start": "2018-06-08T13:01:00+00:00",
                "end": "2018-08-29T23:00:00+00:00",
                "altitude_km": 404.0,
                "inclination_deg": 51.64,
                "yaw_deg": 0.0,
                "pitch_deg": 0.0,
                "roll_deg": 0.0,
            }
        ],
    }
    return {
        "config": json.dumps(config, sort_keys=True),
        "config_sha256": "0" * 64,
        "seed": seed,
        "versions": {"mmod": "0.1.0", "numpy": np.__version__},
        "sources": {"geometry/cube/vehicle.toml": "1" * 64},
        "git": "",
        "estimator": "importance",
        "rounds": 2,
        "replicates": 16,
        "table_error": 4e-4,
        "started": "2026-11-22T10:00:00+00:00",
        "finished": "2026-11-22T10:01:00+00:00",
    }
