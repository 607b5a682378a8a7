"""Whether the tables of a run of NASA MEM 3 agree with each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mmod.errors import InputError, Problem
from mmod.flux.readers.mem3_cube import CUBE_SURFACES, CubeTable
from mmod.flux.readers.mem3_grids import FluxGrid
from mmod.units import KM, PER_YEAR

FloatArray = NDArray[np.float64]

TOTAL_TOLERANCE = 1e-3
"""Sum of the bins against the total cross-sectional flux of cube_avg, relative."""
FACE_TOLERANCE = 0.02
"""Flux on a face against cube_avg, as a share of the cross-sectional flux: bins of 5
degrees in which the flux is uniform explain some 0.003."""
SPEED_TOLERANCE = 0.2 * KM
"""Mean speed on a face against cube_avg [m/s]; half a bin would be 500."""
LEAST_SHARE = 0.02
"""Of the cross-sectional flux, for the mean speed of a face to be compared."""
BODY_SURFACES = 6
"""Of `CUBE_SURFACES`, the first ones: faces of the cube."""

_POINTS = 4


def surface_fluxes(grid: FluxGrid) -> FloatArray:
    """Return the flux on body-fixed surfaces by quadrature of a grid.

    Parameters
    ----------
    grid : FluxGrid
        Igloo or flux grid.

    Returns
    -------
    ndarray, shape (k, 9)
        Flux of every speed bin [1/m2/s] on the six faces of a cube, and on surfaces
        that rotate about x, y and z (projected like a cylinder about that axis), in
        the order of `CUBE_SURFACES` without Earth, Sun and anti-Sun.

    Notes
    -----
    Valid for any grid; the flux is uniform in solid angle within a bin. That rot (x)
    means sum of flux x sine of the angle from x is inferred: in the file of the lunar
    sample it lies between the bounds that its faces put on that sum, and above the
    largest value, 1/pi of the total, of the mean over the rotation of one side.

    References
    ----------
    .. [1] cube_avg.txt of MEM 3.0.1 (public LunarEjecta repository).
    """
    x, w = np.polynomial.legendre.leggauss(_POINTS)
    part, weight = 0.5 * (1.0 + x), 0.5 * w
    z_low, z_high = np.sin(grid.elevation_lower), np.sin(grid.elevation_upper)
    low, high = grid.azimuth_lower, grid.azimuth_upper
    factor = np.zeros((low.size, BODY_SURFACES + 3))
    for f, wf in zip(part, weight, strict=True):
        z = z_low + f * (z_high - z_low)
        level = np.sqrt(1.0 - z**2)
        for g, wg in zip(part, weight, strict=True):
            azimuth = low + g * (high - low)
            axes = (level * np.cos(azimuth), level * np.sin(azimuth), z)
            for k, along in enumerate(axes):
                factor[:, 2 * k] += wf * wg * np.maximum(along, 0.0)
                factor[:, 2 * k + 1] += wf * wg * np.maximum(-along, 0.0)
                factor[:, BODY_SURFACES + k] += wf * wg * np.sqrt(1.0 - along**2)
    return np.asarray(grid.flux.T @ factor)


def check_cube(grid: FluxGrid, cube: CubeTable) -> None:
    """Refuse a grid that does not give the fluxes of cube_avg.

    Parameters
    ----------
    grid : FluxGrid
        Igloo or flux grid of a population.
    cube : CubeTable
        Of the same population.

    Raises
    ------
    InputError
        With every disagreement: speed bins, sum of the bins against the total
        cross-sectional flux, flux and mean speed on each face.

    Notes
    -----
    Valid for body-fixed axes. Catches tables of different runs, a factor (an area of
    another kind, seconds for years), a swapped axis or sense of azimuth where the flux
    is not symmetric, and speeds shifted by half a bin.

    References
    ----------
    .. [1] None; bookkeeping.
    """
    problems: list[Problem] = []
    source = str(grid.path)

    def complain(key: str, value: float, expected: str) -> None:
        problems.append(Problem(source, key, float(f"{value:.7g}"), expected))

    total = float(grid.flux.sum())
    if abs(total - cube.cross_section) > TOTAL_TOLERANCE * cube.cross_section:
        complain(
            "sum of all bins [1/m2/yr]",
            total / PER_YEAR,
            f"{cube.cross_section / PER_YEAR:.7g}, the total of {cube.path.name}",
        )
    if not np.array_equal(grid.speed_edges, cube.speed_edges):
        step = float(grid.speed_edges[1] / KM)
        complain("speed step [km/s]", step, f"the speed bins of {cube.path.name}")
        raise InputError(problems)
    faces = surface_fluxes(grid)[:, :BODY_SURFACES]
    middle = 0.5 * (grid.speed_edges[:-1] + grid.speed_edges[1:])
    for k, name in enumerate(CUBE_SURFACES[:BODY_SURFACES]):
        flux, due = float(faces[:, k].sum()), float(cube.flux[k])
        if abs(flux - due) > FACE_TOLERANCE * cube.cross_section:
            expected = f"{due / PER_YEAR:.7g}, as {cube.path.name} has it"
            complain(f"flux on {name} [1/m2/yr]", flux / PER_YEAR, expected)
        elif due > LEAST_SHARE * cube.cross_section:
            speed = float(middle @ faces[:, k]) / flux
            if abs(speed - cube.mean_speed[k]) > SPEED_TOLERANCE:
                mean = cube.mean_speed[k] / KM
                expected = f"{mean:.5g}, as {cube.path.name} has it"
                complain(f"mean speed on {name} [km/s]", speed / KM, expected)
    if problems:
        raise InputError(problems)
