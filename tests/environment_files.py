"""Tables, spectra and cards for the tests of environment files, from our own models."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

import numpy as np
import xarray as xr

from mmod.constants import YEAR
from mmod.flux import ExposureState, load_flux
from mmod.flux.quadrature import face_sums
from mmod.flux.readers import stenvi
from mmod.flux.table import curve_flux

NAMES = ("nasa91", "master8_iss_ecss", "grun_ssp", "grun_ecss")
STATE = ExposureState(400e3, math.radians(51.64), 2016.5)
CUBE = np.array(
    [[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]], dtype=float
)


@cache
def model_table(name: str) -> xr.Dataset:
    """Return the threat table of a model of the library."""
    return load_flux(name).threats(STATE)


@cache
def small_table(kind: str = "debris") -> xr.Dataset:
    """Return a lopsided table on a coarse grid, with two densities and few rows."""
    model = "nasa91" if kind == "debris" else "grun_ecss"
    table = model_table(model)
    weight = table["weight"].values
    middle = 0.5 * (table["azimuth_lower"].values + table["azimuth_upper"].values)
    # more from port than from starboard: a swapped sign shows
    weight = weight * np.where(middle > 0.0, 1.6, 0.4)
    total = math.fsum(weight)
    return table.assign(weight=("threat", weight / total, table["weight"].attrs))


def coarse_bins(table: xr.Dataset, step: float = 30.0) -> stenvi.StenviBins:
    """Return few bins, so that a file is small."""
    own = stenvi.default_bins(table)
    flat = own.elevation.size == 2
    count = round(180.0 / step)
    return stenvi.StenviBins(
        azimuth=np.linspace(-math.pi, math.pi, 2 * count + 1),
        elevation=(
            own.elevation if flat else np.linspace(-0.5, 0.5, count + 1) * math.pi
        ),
        speed=np.linspace(0.0, own.speed[-1], 5),
        diameter=np.array([1e-4, 1e-3, 1e-2, 5e-2]),
        density=own.density,
    )


def off_centre(bins: stenvi.StenviBins) -> np.ndarray:
    """Return diameters on the edges of the bins: totals are exact there."""
    return bins.diameter[[0, bins.diameter.size // 2, -2]]


def cube_errors(old: xr.Dataset, new: xr.Dataset, diameter: np.ndarray) -> np.ndarray:
    """Return differences of the six faces as shares of the sum over the cube."""
    before, after = (face_sums(t, CUBE, diameter) for t in (old, new))
    return np.abs(after - before) / before.sum(axis=0)


def total_flux(table: xr.Dataset, diameter: np.ndarray) -> np.ndarray:
    """Return the cross-sectional flux of a table [1/m2/s]."""
    weights = np.bincount(
        table["size_curve_index"].values,
        table["weight"].values,
        minlength=table.sizes["size_curve"],
    )
    return weights @ curve_flux(table, diameter)


def write_spectrum(
    path: Path,
    table: xr.Dataset,
    *,
    order: tuple[str, ...] = ("lower", "upper", "Fragments", "NaK", "Total"),
    title: str | None = None,
    edges: np.ndarray | None = None,
    factor: float = 1.0,
    footer: float | None = None,
) -> np.ndarray:
    """Write the size or speed spectrum of a table as MASTER might; return the rows.

    ``order`` gives the columns, ``title`` the header in their place, ``factor`` scales
    the rows and ``footer`` the total flux.
    """
    quantity = {".dia": "Diameter", ".vel": "Velocity"}[path.suffix]
    if edges is None:
        edges = np.geomspace(1e-4, 1e-1, 13)
    if quantity == "Diameter":
        cumulative = total_flux(table, edges) * YEAR
        part = cumulative[:-1] - cumulative[1:]
        total = cumulative[:-1] if path.stem.endswith("_c") else part
    else:
        speed = 0.5 * (table["speed_lower"].values + table["speed_upper"].values) / 1e3
        shares, _ = np.histogram(speed, edges, weights=table["weight"].values)
        total = shares * total_flux(table, np.array([1e-4]))[0] * YEAR
    columns = {
        "lower": edges[:-1],
        "upper": edges[1:],
        "middle": 0.5 * (edges[:-1] + edges[1:]),
        "Fragments": 0.75 * total,
        "NaK": 0.25 * total,
        "Total": total,
    }
    places = ("lower", "middle", "upper")
    names = [f"{quantity}_{n}" if n in places else n for n in order]
    unit = {"Diameter": "[m]", "Velocity": "[km/s]"}[quantity]
    rows = np.stack([columns[n] for n in order], axis=1)
    scaled = rows * np.where([n in places for n in order], 1.0, factor)
    whole = total[0] if path.stem.endswith("_c") else total.sum()
    said = whole * (factor if footer is None else footer)
    lines = [
        "# spectrum of a target orbit",
        "# " + (title if title is not None else f"{'  '.join(names)}  {unit}"),
        *(" ".join(f"{v:.5E}" for v in row).replace("E", "D") for row in scaled),
        f"# Total flux in this spectrum is {said:.5E} 1/m^2/yr",
    ]
    path.write_text("\n".join(lines) + "\n", encoding="ascii")
    return rows
