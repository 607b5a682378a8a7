"""Writes runs of NASA MEM 3 from our own models: files whose contents are known.

A threat table is taken apart into samples of direction and speed. Igloo and flux grid
count the samples in their bins; the fluxes of the cube are sums over the samples
themselves, so that they do not know the bins.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import xarray as xr

from mmod.constants import EARTH_GM, EARTH_RADIUS, YEAR

SPEED_COLUMNS = 80
FRAMES = "+x ram|-x wake|+y port|-y starboard|+z zenith|-z nadir"
FRAMES += "|Earth|Sun|anti-Sun|rot (x)|rot (y)|rot (z)"
INFO = """Meteoroid Engineering Model (MEM) version {version}
Run started at 15:44:14 PM 03/09/20

================================================================================
INPUT FILES AND CHOICES

User's input file:    somewhere/states.txt
Limiting mass:        10^{log_mass:g} grams
State vectors used:   all {vectors}
Output resolution:    {step} degrees
High fidelity mode:   yes (required for standard deviation calculation)
"""
OPTIONS = """# Input file for the command line version of MEM 3
# Line 1 - name of input file
somewhere/states.txt
{input_origin}
{input_axes}
a
0
{log_mass:g}
y high fidelity
somewhere
run
{origin}
{axes}
{step}
{speed_step}
n intermediate files
y igloo files
y standard deviations
"""


@dataclass(frozen=True)
class Samples:
    """Points in direction and speed, each with its flux [1/m2/yr]."""

    azimuth: np.ndarray
    sine: np.ndarray
    speed: np.ndarray
    flux: np.ndarray

    @property
    def total(self) -> float:
        return math.fsum(self.flux)

    def turned(self, angle: float, factor: float = 1.0) -> Samples:
        """Rotate about the vertical, towards port, and scale the flux."""
        azimuth = np.mod(self.azimuth + angle, 2.0 * np.pi)
        return Samples(azimuth, self.sine, self.speed, factor * self.flux)

    def directions(self) -> np.ndarray:
        level = np.sqrt(1.0 - self.sine**2)
        return np.stack(
            [level * np.cos(self.azimuth), level * np.sin(self.azimuth), self.sine]
        )


def samples_of(table: xr.Dataset, flux: float, points: int = 2) -> Samples:
    """Take a threat table apart; ``flux`` is its total [1/m2/yr]."""
    parts = (np.arange(points) + 0.5) / points
    rows = []
    edges = {
        k: (table[f"{k}_lower"].values, table[f"{k}_upper"].values)
        for k in ("azimuth", "sin_elevation", "speed")
    }
    weight = table["weight"].values / points**3
    for f in parts:
        for g in parts:
            for h in parts:
                at = [
                    low + part * (high - low)
                    for part, (low, high) in zip((f, g, h), edges.values(), strict=True)
                ]
                rows.append([np.mod(at[0], 2.0 * np.pi), at[1], at[2], weight * flux])
    return Samples(*(np.concatenate(column) for column in zip(*rows, strict=True)))


def rings(step: int) -> list[int]:
    """The counts of bins in the igloo's rings, worked out one by one."""
    counts = []
    for low in range(-90, 90, step):
        band = math.sin(math.radians(low + step)) - math.sin(math.radians(low))
        counts.append(round(360.0 * band * 180.0 / math.pi / step**2))
    return counts


def igloo_flux(samples: Samples, step: int = 5, speed_step: int = 1) -> np.ndarray:
    counts = np.array(rings(step))
    first = np.concatenate([[0], np.cumsum(counts)[:-1]])
    latitude = np.degrees(np.arcsin(np.clip(samples.sine, -1.0, 1.0)))
    ring = np.clip(((latitude + 90.0) // step).astype(int), 0, counts.size - 1)
    share = samples.azimuth / (2.0 * np.pi)
    place = np.minimum((share * counts[ring]).astype(int), counts[ring] - 1)
    return _count(samples, first[ring] + place, int(counts.sum()), speed_step)


def grid_flux(samples: Samples, step: int = 5, speed_step: int = 1) -> np.ndarray:
    latitude = np.degrees(np.arcsin(np.clip(samples.sine, -1.0, 1.0)))
    ring = np.clip(((latitude + 90.0) // step).astype(int), 0, 180 // step - 1)
    around = 360 // step
    place = (samples.azimuth / (2.0 * np.pi) * around).astype(int) % around
    return _count(samples, ring * around + place, around * (180 // step), speed_step)


def _count(samples: Samples, row: np.ndarray, rows: int, speed_step: int) -> np.ndarray:
    columns = SPEED_COLUMNS // speed_step
    column = (samples.speed / 1e3 / speed_step).astype(int)
    assert column.max() < columns
    flux = np.bincount(row * columns + column, samples.flux, minlength=rows * columns)
    return flux.reshape(rows, columns)


def surface_factors(samples: Samples) -> np.ndarray:
    """Cosine factors of the twelve surfaces, shape (12, n)."""
    x, y, z = samples.directions()
    faces = [np.maximum(sign * u, 0.0) for u in (x, y, z) for sign in (1.0, -1.0)]
    sun = (x + y) / math.sqrt(2.0)
    faces += [np.maximum(-z, 0.0), np.maximum(sun, 0.0), np.maximum(-sun, 0.0)]
    faces += [np.sqrt(1.0 - u**2) for u in (x, y, z)]
    return np.stack(faces)


def igloo_text(flux: np.ndarray, step: int = 5, speed_step: int = 1) -> str:
    lines = _head(flux, "boundaries and center of angular bin (degrees)")
    labels = "ID   I   J   PHI1   PHI2 THETA1 THETA2 PHIavg THETAavg"
    middles = (np.arange(flux.shape[1]) + 0.5) * speed_step
    lines.append(f"#  {labels} " + " ".join(f"{v:12.1f}" for v in middles) + " ")
    identity = 0
    for i, count in enumerate(rings(step)):
        low = -90.0 + i * step
        sines = [math.sin(math.radians(v)) for v in (low, low + step)]
        average = math.degrees(math.asin(0.5 * sum(sines)))
        for j in range(count):
            left, right = 360.0 * j / count, 360.0 * (j + 1) / count
            middle = 0.5 * (left + right)
            angles = (low, low + step, left, right, average, middle)
            text = " ".join(f"{v:.2f}" for v in angles)
            body = " ".join(f"{v:.6e}" for v in flux[identity])
            identity += 1
            lines.append(f"{identity} {i + 1} {j + 1} {text} {body}")
    return "\n".join(lines) + "\n"


def grid_text(flux: np.ndarray, step: int = 5, speed_step: int = 1) -> str:
    lines = _head(flux, "minimum value of angular range (degrees)")
    labels = np.arange(flux.shape[1]) * speed_step
    lines.append("# PHI1 THETA1 " + " ".join(f"{v:12d}" for v in labels) + "  ")
    around = 360 // step
    for k, row in enumerate(flux):
        body = " ".join(f"{v:.6e}" for v in row)
        lines.append(
            f"{-90 + step * (k // around):6d} {step * (k % around):6d} {body} "
        )
    return "\n".join(lines) + "\n"


def _head(flux: np.ndarray, angles: str) -> list[str]:
    return [
        f"# {flux.shape[0]} rows of flux data",
        f"# {flux.shape[1]} columns of flux data",
        "#",
        "# flux is distributed by angle and speed:",
        f"# angle values give {angles}",
        "# numeric column labels give midpoint of speed range (km/s)",
        "#",
    ]


def cube_text(
    by_speed: np.ndarray, cross_section: float, mean_speed: np.ndarray, step: int = 1
) -> str:
    totals = by_speed.sum(axis=0)
    row = "".join(f"{v:13.6e}" for v in totals)
    lines = [
        f"# {by_speed.shape[0]} rows of flux data",
        "# 12 columns of flux data",
        "# ",
        f"# total cross-sectional flux  {cross_section:.6e} /m^2/yr",
        "#",
        "# " + " " * 21 + "".join(f"{name:>13}" for name in FRAMES.split("|")) + " ",
        "# average speed (km/s) " + "".join(f"{v:13.2f}" for v in mean_speed) + " ",
        f"# total flux (#/m2/yr)  {row} ",
        "# velocity (km/s)",
    ]
    for k, values in enumerate(by_speed):
        body = " ".join(f"{v:.6e}" for v in values)
        lines.append(f"{(k + 0.5) * step:8.1f}                {body} ")
    return "\n".join(lines) + "\n\n\n"


def cube_of(samples: Samples, speed_step: int = 1) -> str:
    columns = SPEED_COLUMNS // speed_step
    column = (samples.speed / 1e3 / speed_step).astype(int)
    by_speed = np.stack(
        [
            np.bincount(column, samples.flux * factor, minlength=columns)
            for factor in surface_factors(samples)
        ],
        axis=1,
    )
    middle = (np.arange(columns) + 0.5) * speed_step
    means = middle @ by_speed / np.maximum(by_speed.sum(axis=0), 1e-300)
    return cube_text(by_speed, samples.total, means, speed_step)


def density_text(centre: float, spread: float) -> str:
    """A lognormal distribution in the bins of MEM 3; ``centre`` in kg/m3."""
    low = np.arange(100.0, 8000.0, 50.0)
    weight = np.exp(-0.5 * (np.log((low + 25.0) / centre) / spread) ** 2) / (low + 25.0)
    weight[weight < 1e-6 * weight.max()] = 0.0
    weight /= weight.sum()
    rows = [
        f"{a:8.0f} {a + 50.0:8.0f} {w:.6e}" for a, w in zip(low, weight, strict=True)
    ]
    return "# density distribution\n# kg/m3 kg/m3 fraction\n" + "\n".join(rows) + "\n"


def states_text(altitude: float, inclination: float, count: int = 40) -> str:
    """State vectors of a circular orbit in equatorial axes, over half a year."""
    radius = (EARTH_RADIUS + altitude) / 1e3
    speed = math.sqrt(EARTH_GM / (EARTH_RADIUS + altitude)) / 1e3
    lines = ["#", "#     JD   X   Y   Z   VX   VY   VZ"]
    for k in range(count):
        node, phase = 0.31 * k, 0.77 * k
        flat = np.array([math.cos(phase), math.sin(phase), 0.0])
        along = np.array([-math.sin(phase), math.cos(phase), 0.0])
        ci, si = math.cos(inclination), math.sin(inclination)
        cn, sn = math.cos(node), math.sin(node)
        turn = np.array(
            [[cn, -sn * ci, sn * si], [sn, cn * ci, -cn * si], [0.0, si, ci]]
        )
        values = np.concatenate([radius * turn @ flat, speed * turn @ along])
        date = 2458119.5 + 180.0 * k / count  # from 2018 January 1
        lines.append(f"{date:.9f} " + " ".join(f"{v:.12g}" for v in values))
    return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Run:
    """Settings of a synthetic run; populations in the order high, low density."""

    populations: tuple[Samples, Samples]
    step: int = 5
    speed_step: int = 1
    log_mass: float = -6.0
    version: str = "3.0.1"
    origin: str = "ea"
    axes: str = "bo"
    altitude: float = 400e3
    inclination: float = math.radians(51.64)
    tables: tuple[str, ...] = ("igloo", "flux", "cube")
    densities: tuple[tuple[float, float], ...] = ((3800.0, 0.2), (900.0, 0.4))
    changes: dict[str, str] = field(default_factory=dict)

    def write(self, folder: Path) -> Path:
        settings = {
            **{k: getattr(self, k) for k in ("step", "speed_step", "log_mass")},
            **{k: getattr(self, k) for k in ("version", "origin", "axes")},
            "input_origin": self.origin,
            "input_axes": "eq",
            "vectors": 40,
        }
        texts = {
            "info.txt": INFO.format(**settings),
            "options.txt": OPTIONS.format(**settings),
            "input.txt": states_text(self.altitude, self.inclination),
        }
        for k, place in enumerate(("HiDensity", "LoDensity")):
            samples = self.populations[k]
            name = ("hidensity.txt", "lodensity.txt")[k]
            texts[name] = density_text(*self.densities[k])
            if "igloo" in self.tables:
                flux = igloo_flux(samples, self.step, self.speed_step)
                text = igloo_text(flux, self.step, self.speed_step)
                texts[f"{place}/igloo_avg.txt"] = text
            if "flux" in self.tables:
                flux = grid_flux(samples, self.step, self.speed_step)
                text = grid_text(flux, self.step, self.speed_step)
                texts[f"{place}/flux_avg.txt"] = text
            if "cube" in self.tables:
                texts[f"{place}/cube_avg.txt"] = cube_of(samples, self.speed_step)
        for name, text in {**texts, **self.changes}.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        return folder


def per_year(flux: float) -> float:
    """1/m2/s -> 1/m2/yr."""
    return flux * YEAR


CARD = """
schema_version = 1
title = "MEM 3 run"
kind = "meteoroid"
family = "external"
format = "mem3"
path = "{path}"
how_to_get = "from the NASA Meteoroid Environment Office"
citation = ["NASA MEM 3"]
equation = "as computed by MEM 3, scaled in mass after Grün et al."
area_convention = "{convention}"
uncertainty = "a factor of 0.33 to 3 at a mass"
licence = "not redistributed"
"""


def write_card(
    folder: Path, files: Path, convention: str = "cross_section", more: str = ""
) -> Path:
    """Write a card that names a run; return it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "model.toml"
    path.write_text(CARD.format(path=files, convention=convention) + more)
    return path
