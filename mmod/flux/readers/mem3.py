"""Meteoroid environments of NASA MEM 3, from the folder of a run.

A run holds ``info.txt``, ``options.txt``, ``input.txt``, ``hidensity.txt``,
``lodensity.txt`` and the folders ``HiDensity`` and ``LoDensity`` with ``igloo_avg.txt``
or ``flux_avg.txt`` and ``cube_avg.txt``. Bins are radiants in the body-fixed frame, +x
ram, +y port, +z zenith; fluxes are cross-sectional, of particles above the limiting
mass.
"""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmod.errors import bad
from mmod.flux.base import Flag
from mmod.flux.readers._environment import ExternalEnvironment, FileFacts, Format
from mmod.flux.readers.mem3_density import (
    MASS_RANGE,
    density_nodes,
    diameter_of,
    mass_of,
    mass_scaling,
)
from mmod.flux.readers.mem3_folder import (
    Mem3Population,
    Mem3Run,
    read_deviations,
    read_run,
)
from mmod.flux.readers.mem3_grids import FluxGrid, igloo_ring_counts
from mmod.flux.readers.mem3_run import VERSION_SEEN
from mmod.flux.table import SizeCurves, ThreatBins, diameter_grid
from mmod.flux.uncertainty import METEOROID_LAW
from mmod.units import DEGREE, GRAM, MM, PER_YEAR

FloatArray = NDArray[np.float64]

DENSITY_NODES = 3
"""Size curves of a population unless another number is asked for."""
MOST_NODES = 20
LEAST_FLUX = 1e-40
"""Population with less than this has none [1/m2/s]."""
MOST_THREATS = 4_000_000
"""Bins times densities; more would not fit into the memory of a small machine."""

__all__ = ["FORMAT", "environment", "read", "read_deviations", "read_run"]


def read(
    path: str | Path,
    *,
    grid: str = "auto",
    density_nodes: float = DENSITY_NODES,
    origin: str = "earth",
) -> ExternalEnvironment:
    """Read the folder of a run into bins and size curves.

    Parameters
    ----------
    path : str or Path
        The folder.
    grid, origin
        As `read_run`.
    density_nodes : float
        Whole number of densities, so of size curves, that stand for the distribution
        of a population; 0 for every bin of its file.

    Returns
    -------
    ExternalEnvironment
        Two populations. The flux of all curves together above the limiting mass is
        the sum of the bins.

    Raises
    ------
    InputError
        As `read_run`; for a population without any flux in both.

    Notes
    -----
    Valid for 1e-6 to 10 g; the sizes that are inside this range at every density are
    stated as the range of diameters. Outside the Grün scaling goes on.

    References
    ----------
    .. [1] As `read_run`.
    """
    if density_nodes not in range(MOST_NODES + 1):
        expected = f"a whole number from 0 to {MOST_NODES}"
        raise bad("<argument>", "density_nodes", density_nodes, expected)
    return environment(read_run(path, grid=grid, origin=origin), int(density_nodes))


def environment(run: Mem3Run, nodes: int = DENSITY_NODES) -> ExternalEnvironment:
    """Return the bins and size curves of a run.

    Parameters
    ----------
    run : Mem3Run
        From `read_run`.
    nodes : int
        Densities of a population; 0 for every bin of its distribution.

    Returns
    -------
    ExternalEnvironment
        As `read`.

    Raises
    ------
    InputError
        When no population has any flux.

    Notes
    -----
    Valid as `read`.

    References
    ----------
    .. [1] As `read_run`.
    """
    present = [p for p in run.populations if _flux(p) > 0.0]
    if not present:
        raise bad(run.path, "flux", 0.0, "flux in at least one population")
    diameter = diameter_grid()
    bins: list[ThreatBins] = []
    flux: list[FloatArray] = []
    density: list[FloatArray] = []
    extremes: list[float] = []
    for number, population in enumerate(present):
        own = _bins(population.grid)
        total = _flux(population)
        densities, shares = density_nodes(population.density, nodes)
        if (len(flux) + densities.size) * own.weight.size > MOST_THREATS:
            threats = (len(flux) + densities.size) * own.weight.size
            expected = f"fewer densities: {threats} bins exceed {MOST_THREATS}"
            raise bad("<argument>", "density_nodes", nodes, expected)
        for rho, share in zip(densities, shares, strict=True):
            bins.append(_member(own, len(flux), number))
            mass = mass_of(diameter, rho)
            scaled = mass_scaling(mass, run.info.limiting_mass)
            flux.append(share * total * scaled)
            density.append(np.full(diameter.size, rho))
            extremes.append(float(rho))
    sizes = (
        diameter_of(MASS_RANGE[0], min(extremes)) / MM,
        diameter_of(MASS_RANGE[1], max(extremes)) / MM,
    )
    orbit = run.orbit
    facts = FileFacts(
        altitude_km=None if orbit is None else orbit.altitude_km,
        inclination_deg=None if orbit is None else orbit.inclination_deg,
        epoch_year=None if orbit is None else orbit.epoch_year,
        diameter_mm=sizes,
    )
    return ExternalEnvironment(
        format="mem3",
        kind="meteoroid",
        bins=_joined(bins),
        curves=SizeCurves(diameter, np.stack(flux), np.stack(density)),
        populations=tuple(p.name for p in present),
        files=run.files,
        facts=facts,
        area_convention="cross_section",
        notes=tuple(_notes(run, nodes)),
        law=METEOROID_LAW,
        extra=_extra(run),
    )


def _flux(population: Mem3Population) -> float:
    """Return the flux above the limiting mass; next to nothing is nothing."""
    total = float(population.grid.flux.sum())
    return total if total > LEAST_FLUX else 0.0


def _bins(grid: FluxGrid) -> ThreatBins:
    """Return the bins of a grid that hold flux; those across the wake cut in two."""
    row, column = np.nonzero(grid.flux > 0.0)
    low, high = grid.azimuth_lower[row], grid.azimuth_upper[row]
    weight = grid.flux[row, column]
    low, high = (np.where(np.abs(a - np.pi) < 1e-12, np.pi, a) for a in (low, high))
    across = (low < np.pi) & (high > np.pi)
    share = np.where(across, (np.pi - low) / (high - low), 1.0)
    turn = np.where(low >= np.pi, 2.0 * np.pi, 0.0)
    # first parts, then what lies beyond the wake
    ends = np.where(across, np.pi, high)
    low = np.concatenate([low - turn, np.full(int(across.sum()), -np.pi)])
    high = np.concatenate([ends - turn, high[across] - 2.0 * np.pi])
    weight = np.concatenate([weight * share, (weight * (1.0 - share))[across]])
    row, column = (np.concatenate([a, a[across]]) for a in (row, column))
    return ThreatBins(
        azimuth_lower=np.clip(low, -np.pi, np.pi),
        azimuth_upper=np.clip(high, -np.pi, np.pi),
        sin_elevation_lower=np.sin(grid.elevation_lower)[row],
        sin_elevation_upper=np.sin(grid.elevation_upper)[row],
        speed_lower=grid.speed_edges[column],
        speed_upper=grid.speed_edges[column + 1],
        weight=weight,
        size_curve_index=np.zeros(row.size, dtype=np.int32),
        population=np.zeros(row.size, dtype=np.int32),
    )


def _member(bins: ThreatBins, curve: int, population: int) -> ThreatBins:
    """Return the bins as those of a curve of a population."""
    count = bins.weight.size
    return replace(
        bins,
        size_curve_index=np.full(count, curve, dtype=np.int32),
        population=np.full(count, population, dtype=np.int32),
    )


def _joined(parts: list[ThreatBins]) -> ThreatBins:
    given = [
        f.name for f in fields(ThreatBins) if getattr(parts[0], f.name) is not None
    ]
    arrays: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in parts]) for name in given
    }
    return ThreatBins(**arrays)


def _notes(run: Mem3Run, nodes: int) -> list[Flag]:
    notes = [
        Flag(
            "mem3-mass-scaling",
            f"flux above {run.info.limiting_mass / GRAM:g} g is scaled to other masses"
            " by the Grün flux (recalled to be MEM 3's own scaling); outside 1e-6 to"
            " 10 g it is extrapolated",
        ),
        Flag(
            "mem3-uncertainty",
            "the uncertainty of the model, a factor of 0.33 to 3, is not in its files;"
            " *_std is the spread over the orbit",
        ),
    ]
    if nodes:
        notes.append(
            Flag(
                "mem3-densities",
                f"{nodes} densities stand for the distribution of each population",
            )
        )
    if run.info.version != VERSION_SEEN:
        notes.append(
            Flag(
                "mem3-version",
                f"files of version {run.info.version}; their layout is known from"
                f" {VERSION_SEEN}",
            )
        )
    if run.options.origin != "earth":
        notes.append(Flag("mem3-origin", f"the run is about the {run.options.origin}"))
    for population in run.populations:
        if population.cube is None:
            notes.append(
                Flag(
                    "mem3-unchecked",
                    f"no cube_avg.txt of the {population.name} population to check the"
                    " bins against",
                )
            )
        if _flux(population) == 0.0:
            notes.append(
                Flag("mem3-empty", f"no flux in the {population.name} population")
            )
    grid = run.populations[0].grid
    step = round(grid.step / DEGREE)
    rule = int(igloo_ring_counts(step).sum())
    if grid.path.name.startswith("igloo") and grid.flux.shape[0] != rule:
        text = f"the igloo has {grid.flux.shape[0]} bins, not the {rule} of the rule"
        notes.append(Flag("mem3-rings", f"{text} known from 5 degrees"))
    return notes


def _extra(run: Mem3Run) -> dict[str, Any]:
    extra: dict[str, Any] = {
        "version": run.info.version,
        "limiting_mass": run.info.limiting_mass,
        "origin": run.options.origin,
    }
    for population in run.populations:
        key = population.name.replace(" ", "_")
        extra[f"{key}_flux_per_year"] = _flux(population) / PER_YEAR
        extra[f"{key}_mean_density"] = population.density.mean
    return extra


FORMAT = Format(
    read=read,
    settings=("grid", "density_nodes", "origin"),
    summary="folder of a run of NASA MEM 3 (igloo_avg or flux_avg, two densities)",
)
