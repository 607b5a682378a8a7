"""Small runs with breaches, and what they must give by quadrature of first principles.

Import as ``from breach_cases import plate_tree`` (tests/ is on the path).
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from functools import cache
from typing import Any

import numpy as np
import xarray as xr
from engine_helpers import (
    STAND_IN,
    isotropic,
    run_table,
    sampled,
    solve,
    stand_in_flux,
    streams,
)
from numpy.typing import NDArray
from scipy.special import ndtr

from mmod.results.build import build
from mmod.shields import load_shield

FloatArray = NDArray[np.float64]

SPEED = 1e4
DENSITY = 2000.0
YEAR = 365.25 * 86400.0
PLATE_ZONE = "plate.body.plate"
WALL = "aluminium_wall"
THICKNESS, SOUND, TARGET = 2.0e-3, 5050.0, 2700.0
"""The wall of `WALL`: Al 6061-T6."""


def _built(table: dict[str, Any], models: Any = None) -> xr.DataTree:
    return build(sampled(solve(table, models=models)))


def plate_table(*models: Any, **keys: Any) -> dict[str, Any]:
    """Return a run of the plate of 1 m2 with a wall of 2 mm of aluminium."""
    options: dict[str, Any] = {
        "shields": {"*": WALL},
        "sampling": {"samples": 40_000, "events_per_zone": 800},
        **keys,
    }
    return run_table("plate", *models, **options)


@cache
def plate_tree() -> xr.DataTree:
    """Return the plate under a flux from everywhere alike, 10 km/s, falling as d^-3."""
    return _built(plate_table(STAND_IN), isotropic(SPEED))


@cache
def stream_tree() -> xr.DataTree:
    """Return the plate under a stream along its normal, 10 km/s, falling as d^-3."""
    return _built(plate_table(STAND_IN), streams([[1.0, 0.0, 0.0]], SPEED))


@cache
def debris_tree() -> xr.DataTree:
    """Return the plate facing ram under NASA-91 (density law) and SSP meteoroids."""
    return _built(
        plate_table(
            {"model": "nasa91", "kind": "debris"},
            {"model": "grun_ssp", "kind": "meteoroid"},
            {"model": "master8_iss_ecss", "kind": "debris", "label": "master8"},
            sampling={"samples": 60_000, "events_per_zone": 500},
        )
    )


@cache
def two_phases() -> xr.DataTree:
    """Return the plate facing ram for a year, then turned by 60 deg for half a year."""
    table = plate_table({"model": "nasa91", "kind": "debris"})
    second = {
        **table["phase"][0],
        "start": datetime(2019, 1, 2, tzinfo=UTC),
        "end": datetime(2019, 7, 1, tzinfo=UTC),
        "yaw_deg": 60.0,
    }
    return _built({**table, "phase": [table["phase"][0], second]})


def maiden_above(
    size: float, diameter: FloatArray, limit: FloatArray, speed: FloatArray
) -> FloatArray:
    """Return P(D >= size): Maiden with gate, taper and scatter, written out anew."""
    v = np.minimum(speed / 1e3, 12.0)
    over = diameter / limit - 1.0
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        clean = np.maximum(0.45 * v * (THICKNESS / diameter) ** (2 / 3) + 0.9, 0.9)
        median = np.log(clean * diameter * (1.0 - np.exp(-over / 0.1)))
        ratio = THICKNESS / diameter
        sd = np.where(ratio < 0.5, 0.1, np.where(ratio <= 1.0, 0.15, 0.25))
        sd = np.where(ratio > 2.0, 0.4, sd)
        sd = np.where(over < 0.3, np.maximum(sd, 0.4), sd)
        sd = np.sqrt(sd**2 + np.where(speed > 9e3, 0.15**2, 0.0))
        share = ndtr((median - math.log(size)) / sd)
    return np.where(over > 0.0, share, 0.0)


def isotropic_truth(size: float) -> float:
    """Return the number of holes of at least a size in `plate_tree`, by quadrature.

    A flat face sees F/2 c dc of an isotropic cross-sectional flux F; the plate has two.
    """
    shield = load_shield(WALL)
    node, weight = np.polynomial.legendre.leggauss(200)
    cosine, weight = 0.5 * (node + 1.0), 0.5 * weight
    limit = shield.critical_diameter(SPEED, np.arccos(cosine), DENSITY)
    edge = np.concatenate([[0.0], np.geomspace(1e-5, 6.0, 4000)])
    log_d = np.log(limit)[:, None] + edge
    middle = 0.5 * (log_d[:, 1:] + log_d[:, :-1])
    flux = stand_in_flux(np.exp(log_d[:, :-1])) - stand_in_flux(np.exp(log_d[:, 1:]))
    share = np.ones_like(middle)
    if size > 0.0:
        speed = np.full_like(middle, SPEED)
        share = maiden_above(size, np.exp(middle), limit[:, None], speed)
    per_side = 0.5 * ((flux * share).sum(axis=1) * cosine * weight).sum()
    return float(2.0 * per_side * YEAR)


def direct_truth(table: xr.Dataset, sizes: tuple[float, ...]) -> FloatArray:
    """Return the holes of a plate facing ram, threat by threat and size by size.

    Coupled tables alone (debris in the horizontal plane).
    """
    shield = load_shield(WALL)
    speed = 0.5 * (table["speed_lower"].values + table["speed_upper"].values)
    # Port and starboard see the plate alike.
    speed, place = np.unique(speed, return_inverse=True)
    share = np.bincount(place, weights=table["weight"].values)
    cosine = np.minimum(speed / float(table.attrs["coupling_speed"]), 1.0)
    nodes = np.log(table["diameter"].values)
    log_d = np.linspace(np.log(1e-4), np.log(0.2), 1500)
    flux = np.exp(np.interp(log_d, nodes, np.log(table["flux"].values[0])))
    middle = 0.5 * (log_d[1:] + log_d[:-1])
    density = np.exp(np.interp(middle, nodes, np.log(table["density"].values[0])))
    part, d = flux[:-1] - flux[1:], np.exp(middle)
    total = np.zeros(len(sizes))
    for v, c, w in zip(speed, cosine, share, strict=True):
        limit = shield.critical_diameter(v, math.acos(c), density)
        for k, size in enumerate(sizes):
            holes = (d >= limit).astype(float)
            if size > 0.0:
                holes *= maiden_above(size, d, limit, np.full_like(d, v))
            total[k] += w * c * float((part * holes).sum())
    return np.asarray(total * YEAR)
