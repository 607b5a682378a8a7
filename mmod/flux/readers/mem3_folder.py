"""The folder of a run of NASA MEM 3: what belongs together, and whether it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec, TypeVar

from mmod.errors import InputError, Problem, bad
from mmod.flux.readers.mem3_checks import check_cube
from mmod.flux.readers.mem3_cube import CubeTable, read_cube
from mmod.flux.readers.mem3_density import DensityDistribution, read_density
from mmod.flux.readers.mem3_grids import FluxGrid, read_flux, read_igloo
from mmod.flux.readers.mem3_run import (
    ORIGINS,
    RunInfo,
    RunOptions,
    RunOrbit,
    read_info,
    read_options,
    read_state_vectors,
)
from mmod.units import DEGREE, GRAM, KM

P = ParamSpec("P")
T = TypeVar("T")

GRIDS = ("auto", "igloo", "flux")
"""Tables that the bins may be taken from; auto prefers the igloo."""
POPULATIONS = (
    ("high density", "HiDensity", "hidensity.txt"),
    ("low density", "LoDensity", "lodensity.txt"),
)
"""Name, folder and density file of each population."""


@dataclass(frozen=True)
class Mem3Population:
    """One of the two populations of a run.

    Parameters
    ----------
    name : str
        ``high density`` or ``low density``.
    grid : FluxGrid
        Bins of radiant and speed.
    density : DensityDistribution
        Of its particles.
    cube : CubeTable or None
        Fluxes on faces, where the run has them.
    """

    name: str
    grid: FluxGrid
    density: DensityDistribution
    cube: CubeTable | None


@dataclass(frozen=True)
class Mem3Run:
    """Everything that was read of a run.

    Parameters
    ----------
    path : Path
        Its folder.
    info : RunInfo
        Version, limiting mass, resolution.
    options : RunOptions
        Bodies and axes.
    orbit : RunOrbit or None
        Of the state vectors, where they are at hand and about the Earth.
    populations : tuple of Mem3Population
        High and low density.
    files : tuple of Path
        Every file that was read.
    """

    path: Path
    info: RunInfo
    options: RunOptions
    orbit: RunOrbit | None
    populations: tuple[Mem3Population, ...]
    files: tuple[Path, ...]


def read_run(path: str | Path, *, grid: str = "auto", origin: str = "earth") -> Mem3Run:
    """Read the folder of a run.

    Parameters
    ----------
    path : str or Path
        The folder.
    grid : {"auto", "igloo", "flux"}
        Which table the bins are taken from; ``auto``: the igloo where both
        populations have one.
    origin : str
        Body that the run must be about, as `mem3_run.ORIGINS`.

    Returns
    -------
    Mem3Run
        With populations that agree with their cube_avg, where there is one.

    Raises
    ------
    InputError
        With the problems of all files: what is missing, malformed or contradicts
        another file; axes other than body-fixed; another body.

    Notes
    -----
    Valid for MEM 3; layouts as the readers of the single files say.

    References
    ----------
    .. [1] Output of MEM 3.0.1 (public LunarEjecta repository).
    """
    folder = Path(path)
    if grid not in GRIDS:
        raise bad("<argument>", "grid", grid, "one of " + ", ".join(GRIDS))
    if origin not in ORIGINS.values():
        expected = "one of " + ", ".join(ORIGINS.values())
        raise bad("<argument>", "origin", origin, expected)
    if not folder.is_dir():
        raise bad(folder, "path", str(folder), "the folder of a run of MEM 3")
    collect = _Collector()
    info = collect(read_info, folder / "info.txt")
    options = collect(read_options, folder / "options.txt")
    if options is not None:
        collect(_about, folder / "options.txt", options, info, origin)
    chosen = _grid_file(folder, grid)
    populations = []
    for name, inside, densities in POPULATIONS:
        reader = read_igloo if chosen == "igloo_avg.txt" else read_flux
        bins = collect(reader, folder / inside / chosen)
        density = collect(read_density, folder / densities)
        cube_file = folder / inside / "cube_avg.txt"
        cube = collect(read_cube, cube_file) if cube_file.exists() else None
        if bins is None or density is None:
            continue
        if options is not None:
            collect(_resolution, bins, options)
        if cube is not None:
            collect(check_cube, bins, cube)
        populations.append(Mem3Population(name, bins, density, cube))
    vectors = folder / "input.txt"
    orbit = None
    known = options is not None and options.input_origin == options.origin == "earth"
    if options is not None and known and vectors.exists():
        orbit = collect(read_state_vectors, vectors, options.input_axes)
    if collect.problems:
        raise InputError(collect.problems)
    assert info is not None
    assert options is not None
    return Mem3Run(
        folder, info, options, orbit, tuple(populations), tuple(collect.files)
    )


def read_deviations(path: str | Path, *, grid: str = "igloo") -> dict[str, FluxGrid]:
    """Read the standard deviations of a run, ``igloo_std.txt`` or ``flux_std.txt``.

    Parameters
    ----------
    path : str or Path
        The folder of the run.
    grid : {"igloo", "flux"}
        Which table.

    Returns
    -------
    dict
        Name of the population -> deviation of the flux in every bin [1/m2/s].

    Raises
    ------
    InputError
        As `read_igloo` and `read_flux`.

    Notes
    -----
    This is the spread over the state vectors of the run, not the error of the model,
    which is a factor of 0.33 to 3. That the layout is that of the averages is
    unverified: another is refused.

    References
    ----------
    .. [1] ECSS-E-ST-10-04C Rev.1 (2020) J.2.3.2 (error of the model).
    """
    if grid not in GRIDS[1:]:
        raise bad("<argument>", "grid", grid, "one of " + ", ".join(GRIDS[1:]))
    reader = read_igloo if grid == "igloo" else read_flux
    collect = _Collector()
    found = {
        name: collect(reader, Path(path) / inside / f"{grid}_std.txt")
        for name, inside, _ in POPULATIONS
    }
    if collect.problems:
        raise InputError(collect.problems)
    return {name: table for name, table in found.items() if table is not None}


class _Collector:
    """Calls readers; keeps the problems of all and the files that were asked for."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.files: list[Path] = []

    def __call__(
        self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T | None:
        first = args[0] if args else None
        if isinstance(first, Path) and first not in self.files:
            self.files.append(first)
        try:
            return function(*args, **kwargs)
        except InputError as error:
            self.problems.extend(error.problems)
            return None


def _grid_file(folder: Path, grid: str) -> str:
    if grid == "auto":
        igloos = [(folder / p / "igloo_avg.txt").exists() for _, p, _ in POPULATIONS]
        grids = [(folder / p / "flux_avg.txt").exists() for _, p, _ in POPULATIONS]
        grid = "flux" if all(grids) and not all(igloos) else "igloo"
    return f"{grid}_avg.txt"


def _about(path: Path, options: RunOptions, info: RunInfo | None, origin: str) -> None:
    """Refuse another body, other axes, and options that are not those of info.txt."""
    problems = []
    source = str(path)
    if options.axes != "body-fixed":
        expected = "body-fixed axes (bo): only these are tied to the vehicle"
        problems.append(Problem(source, "Line 11 (axes)", options.axes, expected))
    if options.origin != origin:
        expected = f"{origin}, the body that the reader was told"
        problems.append(Problem(source, "Line 10 (origin)", options.origin, expected))
    if info is not None:
        mass = 10.0**options.log_mass * GRAM
        if abs(mass / info.limiting_mass - 1.0) > 1e-6:
            expected = f"the limiting mass of info.txt, {info.limiting_mass / GRAM:g} g"
            found = f"{mass / GRAM:g} g"
            problems.append(Problem(source, "Line 6 (log10 mass)", found, expected))
        if options.step != info.step:
            expected = f"the resolution of info.txt, {info.step} degrees"
            problems.append(Problem(source, "Line 12 (angle)", options.step, expected))
    if problems:
        raise InputError(problems)


def _resolution(grid: FluxGrid, options: RunOptions) -> None:
    """Refuse a table of another resolution than the run asked for."""
    problems = []
    for key, found, due in (
        ("angle step [deg]", round(grid.step / DEGREE), options.step),
        ("speed step [km/s]", round(grid.speed_edges[1] / KM), options.speed_step),
    ):
        if found != due:
            problems.append(
                Problem(str(grid.path), key, found, f"{due}, as options.txt has it")
            )
    if problems:
        raise InputError(problems)
