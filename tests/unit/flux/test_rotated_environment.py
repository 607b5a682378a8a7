"""Rotating vehicle and environment together changes nothing, files included."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from environment_files import CUBE, NAMES, model_table, small_table

from mmod.flux.quadrature import POINTS, face_sums
from mmod.flux.readers import stenvi, threat_table
from mmod.flux.table import normalised, validate_threats
from mmod.geometry.attitude import lvlh_from_body

SIZES = np.array([1e-4, 1e-2])
ANGLES = [(0.3, 0.0, 0.0), (0.0, -0.8, 0.0), (2.1, 0.4, -1.3), (2.9, 0.2, 0.5)]
_BINS = ("azimuth", "sin_elevation", "speed")


def turned_by(yaw: float, pitch: float, roll: float) -> np.ndarray:
    """Return the rotation from the attitude of no angles to another."""
    return lvlh_from_body(yaw, pitch, roll) @ lvlh_from_body(0.0, 0.0, 0.0).T


def some(table: xr.Dataset, most: int = 800) -> xr.Dataset:
    """Return a table of a few of the bins: the sums stay quick."""
    step = max(1, table.sizes["threat"] // most)
    part = table.isel(threat=slice(0, None, step))
    return part.assign(weight=("threat", normalised(part["weight"].values)))


def rotated(table: xr.Dataset, matrix: np.ndarray) -> xr.Dataset:
    """Return the Gauss points of every bin, their radiants turned by a matrix."""
    x, w = np.polynomial.legendre.leggauss(POINTS)
    f, g, h = (a.ravel() for a in np.meshgrid(*[0.5 * (1.0 + x)] * 3, indexing="ij"))
    share = np.prod(np.meshgrid(*[0.5 * w] * 3, indexing="ij"), axis=0).ravel()
    low = {n: table[f"{n}_lower"].values[:, None] for n in _BINS}
    width = {n: table[f"{n}_upper"].values[:, None] - low[n] for n in _BINS}
    azimuth, sine, speed = (
        low[n] + k * width[n] for n, k in zip(_BINS, (f, g, h), strict=True)
    )
    if table.attrs["coupled"]:
        cosine = np.minimum(speed / table.attrs["coupling_speed"], 1.0)
        azimuth = table["side"].values[:, None] * np.arccos(cosine)
    level = np.sqrt(1.0 - sine**2)
    radiant = np.stack([level * np.cos(azimuth), level * np.sin(azimuth), sine])
    turned = matrix @ radiant.reshape(3, -1)
    new = {
        "azimuth": np.arctan2(turned[1], turned[0]),
        "sin_elevation": np.clip(turned[2], -1.0, 1.0),
        "speed": speed.ravel(),
    }
    count = share.size
    data = {}
    for name in _BINS:
        for edge in ("lower", "upper"):
            old = table[f"{name}_{edge}"]
            data[f"{name}_{edge}"] = ("threat", new[name], old.attrs)
    weight = (table["weight"].values[:, None] * share).ravel()
    index = np.repeat(table["size_curve_index"].values, count)
    for curve in np.unique(index):
        weight[index == curve] = normalised(weight[index == curve])
    data["weight"] = ("threat", weight, table["weight"].attrs)
    for name in ("size_curve_index", "population"):
        values = np.repeat(table[name].values, count)
        data[name] = ("threat", values, table[name].attrs)
    data |= {n: table[n] for n in ("flux", "density")}
    attrs = {k: v for k, v in table.attrs.items() if k != "coupling_speed"}
    out = xr.Dataset(data, {"diameter": table["diameter"]}, {**attrs, "coupled": 0})
    validate_threats(out)
    return out


def faces() -> np.ndarray:
    more = np.random.default_rng(5).normal(size=(14, 3))
    return np.vstack([CUBE, more / np.linalg.norm(more, axis=1, keepdims=True)])


def worst(before: np.ndarray, after: np.ndarray) -> float:
    return float(np.max(np.abs(after - before) / before.sum(axis=0)))


@pytest.mark.parametrize("angles", ANGLES)
@pytest.mark.parametrize("name", NAMES)
def test_rotating_both_changes_nothing(
    name: str, angles: tuple[float, float, float], tmp_path: Path
) -> None:
    table = some(model_table(name))
    matrix = turned_by(*angles)
    before = face_sums(table, faces(), SIZES)
    turned = rotated(table, matrix)
    after = face_sums(turned, faces() @ matrix.T, SIZES)
    assert worst(before, after) < 1e-12
    # impact speeds too
    fast = face_sums(table, faces(), SIZES, speed_power=2.0)
    again = face_sums(turned, faces() @ matrix.T, SIZES, speed_power=2.0)
    assert worst(fast, again) < 1e-12
    # planted: only the vehicle, only the environment, the environment backwards
    assert worst(before, face_sums(table, faces() @ matrix.T, SIZES)) > 1e-3
    assert worst(before, face_sums(turned, faces(), SIZES)) > 1e-3
    back = rotated(table, matrix.T)
    assert worst(before, face_sums(back, faces() @ matrix.T, SIZES)) > 1e-3
    # and so through a file
    if angles == ANGLES[2]:
        path = threat_table.write(turned, tmp_path / "t.nc")
        read = face_sums(threat_table.read_table(path), faces() @ matrix.T, SIZES)
        assert np.array_equal(read, after)


@pytest.mark.parametrize("kind", ["debris", "meteoroid"])
def test_yaw_by_whole_bins_through_a_stenvi_file(kind: str, tmp_path: Path) -> None:
    """Bins stay bins: the file of a turned table is the turned file."""
    table = some(small_table(kind))
    own = stenvi.default_bins(table)
    bins = stenvi.StenviBins(
        azimuth=np.linspace(-math.pi, math.pi, 25),
        elevation=own.elevation,
        speed=own.speed[:: 4 if kind == "meteoroid" else 1],
        diameter=np.array([1e-4, 1e-2]),
        density=own.density,
    )
    if bins.speed[-1] < own.speed[-1]:
        bins = stenvi.StenviBins(
            bins.azimuth,
            bins.elevation,
            np.append(bins.speed, own.speed[-1]),
            bins.diameter,
            bins.density,
        )
    step = 2.0 * math.pi / 24
    first = stenvi.read(stenvi.write(table, tmp_path / "a.sei", bins=bins))
    plain = first.table("cross_section", model="t")
    for turns in (1, 6, 12):
        matrix = turned_by(turns * step, 0.0, 0.0)
        sign = round(math.atan2(matrix[1, 0], matrix[0, 0]) / step)
        shift = {
            f"azimuth_{e}": (
                "threat",
                _wrapped(plain, sign * step)[e],
                plain[f"azimuth_{e}"].attrs,
            )
            for e in ("lower", "upper")
        }
        path = stenvi.write(plain.assign(shift), tmp_path / "b.sei", bins=bins)
        turned = stenvi.read(path).table("cross_section", model="t")
        before = face_sums(plain, faces(), SIZES[:1])
        after = face_sums(turned, faces() @ matrix.T, SIZES[:1])
        assert worst(before, after) < 2e-9
        assert worst(before, face_sums(turned, faces(), SIZES[:1])) > 1e-3


def _wrapped(table: xr.Dataset, angle: float) -> dict[str, np.ndarray]:
    low, high = (table[f"azimuth_{e}"].values + angle for e in ("lower", "upper"))
    middle = 0.5 * (low + high)
    turn = 2.0 * math.pi * np.round(middle / (2.0 * math.pi))
    return {
        "lower": np.maximum(low - turn, -math.pi),
        "upper": np.minimum(high - turn, math.pi),
    }
