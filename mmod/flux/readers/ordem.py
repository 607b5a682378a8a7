"""NASA ORDEM 3.x, spacecraft mode: the folder of a case becomes an environment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mmod.errors import InputError, Problem, bad
from mmod.flux.base import Flag
from mmod.flux.readers._environment import (
    ExternalEnvironment,
    FluxSigma,
    Format,
)
from mmod.flux.readers._ordem_case import (
    DENSITIES,
    NAMES,
    SIZE_FILE,
    UNKNOWN_DENSITY,
    agree,
    check_settings,
    facts,
    notes,
    same_case,
    sigma,
    turned,
)
from mmod.flux.readers._sizes import (
    Spectrum,
    class_curves,
    class_fluxes,
    class_grid,
    log_log,
)
from mmod.flux.readers.ordem_files import (
    Marginal,
    read_azimuth_flux,
    read_size_flux,
    read_speed_flux,
)
from mmod.flux.readers.ordem_header import ROUNDING
from mmod.flux.readers.ordem_igloo import (
    POPULATIONS,
    SIZES,
    Igloo,
    read_igloo,
    read_sigmas,
)
from mmod.flux.table import SizeCurves, ThreatBins
from mmod.units import DEGREE, KM, PER_YEAR

FloatArray = NDArray[np.float64]

SPEED_FILE, AZIMUTH_FILE, DIRECTION_FILE, IGLOO_FILE = (
    "VELFLUX_SC.OUT",
    "BFLY_SC.OUT",
    "DIRFLUX_SC.OUT",
    "IGLOOFLUX_SC.OUT",
)


def read(
    path: str | Path,
    *,
    tables: str = "auto",
    azimuth_positive: str = "port",
    density_kg_m3: float = 2800.0,
    **densities: float,
) -> ExternalEnvironment:
    """Read the folder of an ORDEM 3.x case in spacecraft mode.

    Parameters
    ----------
    path : str or Path
        Folder with SIZEFLUX, VELFLUX, BFLY or IGLOOFLUX (``_SC.OUT``).
    tables : {"auto", "igloo", "marginals"}
        What to build on: the igloo, or the one-dimensional files; ``auto`` takes the
        igloo where there is one.
    azimuth_positive : {"port", "starboard"}
        Side of positive azimuths in the files.
    density_kg_m3 : float
        Of every particle where only one-dimensional files are read [kg/m3].
    **densities : float
        Of the populations of an igloo [kg/m3], as in `DENSITIES`.

    Returns
    -------
    ExternalEnvironment
        One size curve for each class of sizes (and population); fluxes [1/m2/s] as
        in the files (cross-sectional by all evidence, but the files do not say so).

    Raises
    ------
    InputError
        Naming file, line and column; missing files; files of different cases.

    Notes
    -----
    Valid for ORDEM 3.x; tried on files of 3.2.0. From the one-dimensional files,
    inside each class of sizes (decades) azimuth and speed are taken as independent,
    and every arrival as horizontal: a flag says so. The side of positive azimuths is
    unverified, the densities are recalled. DIRFLUX is not read, as its layout is not
    known: ``tables = "directions"`` is refused, and a flag says where the file lies
    beside spectra. The deviations are those of SIZEFLUX;
    without it those of the igloo's sigma files.

    References
    ----------
    .. [1] Real output files of ORDEM 3.2.0 (550 km, 89 deg, 2024).
    """
    known = {**DENSITIES, **densities}
    check_settings(tables, azimuth_positive, {UNKNOWN_DENSITY: density_kg_m3, **known})
    files = _files(Path(path))
    use_igloo = tables == "igloo" or (tables == "auto" and IGLOO_FILE in files)
    needed = [IGLOO_FILE] if use_igloo else [SIZE_FILE, SPEED_FILE, AZIMUTH_FILE]
    missing = [name for name in needed if name not in files]
    if missing:
        raise InputError(
            Problem(str(path), name, "missing", "this file of the case")
            for name in missing
        )
    sign = 1.0 if azimuth_positive == "port" else -1.0
    if use_igloo:
        found = _from_igloo(files, sign, known)
    else:
        found = _from_marginals(files, sign, density_kg_m3)
    return found


def _files(path: Path) -> dict[str, Path]:
    if not path.is_dir():
        raise bad(path, "path", "not a folder", "the folder of an ORDEM case")
    try:
        return {p.name.upper(): p for p in sorted(path.iterdir()) if p.is_file()}
    except OSError as error:
        raise bad(path, "path", error.strerror, "a readable folder") from None


def _from_marginals(
    files: dict[str, Path], sign: float, density: float
) -> ExternalEnvironment:
    size = read_size_flux(files[SIZE_FILE])
    speed = read_speed_flux(files[SPEED_FILE])
    azimuth = read_azimuth_flux(files[AZIMUTH_FILE])
    used = [files[n] for n in (SIZE_FILE, SPEED_FILE, AZIMUTH_FILE)]
    headers = {
        SIZE_FILE: size.header,
        SPEED_FILE: speed.header,
        AZIMUTH_FILE: azimuth.header,
    }
    used += same_case(files, headers)
    edges = speed.sizes
    if not np.allclose(edges, azimuth.sizes, rtol=1e-9):
        raise bad(
            files[AZIMUTH_FILE], "sizes", azimuth.sizes.tolist(), f"{edges.tolist()}"
        )
    spectrum = log_log(size.diameter, size.flux)
    total = spectrum(edges)
    for name, each in ((SPEED_FILE, speed), (AZIMUTH_FILE, azimuth)):
        agree(files[name], edges, each.contents().sum(axis=0), total)
    flux = class_fluxes(total)
    keep = flux > 0.0
    speed, azimuth = speed.merged(), azimuth.merged()
    shares = [_class_shares(m)[:, keep] for m in (azimuth, speed)]
    weight = shares[0][:, None, :] * shares[1][None, :, :]
    i, j, k = np.nonzero(weight)
    low, high = turned(azimuth.low[i], azimuth.high[i], sign)
    level = np.zeros(i.size)
    grid, curves = _curves(edges, flux, spectrum, keep, size.diameter)
    return ExternalEnvironment(
        format="ordem3",
        kind="debris",
        bins=ThreatBins(
            low,
            high,
            level,
            level,
            speed.low[j] * KM,
            speed.high[j] * KM,
            weight[i, j, k],
            k.astype(np.int32),
        ),
        curves=SizeCurves(grid, curves, np.full_like(curves, density)),
        populations=("all",),
        files=tuple(used),
        facts=facts(size.header),
        notes=(
            Flag(
                "ordem-marginals",
                "no igloo: built from size, azimuth and speed spectra; in each decade"
                " of size azimuth and speed are taken as independent and every arrival"
                " as horizontal",
            ),
            *_unread(files),
            Flag(
                "ordem-density",
                f"the spectra do not tell densities: {density:g} kg/m3 for all debris",
            ),
            *notes(size.header, sign),
        ),
        sigma=sigma(size),
    )


def _from_igloo(
    files: dict[str, Path], sign: float, densities: Mapping[str, float]
) -> ExternalEnvironment:
    igloo = read_igloo(files[IGLOO_FILE])
    used, headers = [files[IGLOO_FILE]], {IGLOO_FILE: igloo.header}
    edges = np.array(SIZES)
    total = igloo.flux.sum(axis=(0, 1))
    nodes = edges
    spectrum = log_log(edges, total)
    if SIZE_FILE in files:
        size = read_size_flux(files[SIZE_FILE])
        headers[SIZE_FILE] = size.header
        used.append(files[SIZE_FILE])
        nodes, spectrum = size.diameter, log_log(size.diameter, size.flux)
        agree(files[IGLOO_FILE], edges, total, spectrum(edges))
        deviation: FluxSigma | None = sigma(size)
    else:
        deviation, more = _igloo_sigma(files, igloo)
        used += more
    used += same_case(files, headers)
    # every class of every population has its own bins: exact at all half decades
    parts = np.maximum(class_fluxes(igloo.flux), 0.0)
    flux = parts.sum(axis=0)
    keep = (flux > 0.0).ravel()
    number = np.cumsum(keep) - 1
    weight = parts.reshape(len(parts), -1)[:, keep]
    i, k = np.nonzero(weight)
    population = np.flatnonzero(keep)[k] // len(SIZES)
    grid = class_grid(edges, nodes)
    shapes = class_curves(grid, edges, spectrum)
    curves = (flux[:, :, None] * shapes[None]).reshape(-1, grid.size)[keep] * PER_YEAR
    assert number[-1] + 1 == len(curves)
    rho = np.repeat(np.array([densities[key] for key in DENSITIES]), len(SIZES))[keep]
    low, high = turned(igloo.edges[i, 0], igloo.edges[i, 1], sign)
    return ExternalEnvironment(
        format="ordem3",
        kind="debris",
        bins=ThreatBins(
            low,
            high,
            np.sin(igloo.edges[i, 2] * DEGREE),
            np.sin(igloo.edges[i, 3] * DEGREE),
            igloo.edges[i, 4] * KM,
            igloo.edges[i, 5] * KM,
            weight[i, k],
            k.astype(np.int32),
            population=population.astype(np.int32),
        ),
        curves=SizeCurves(grid, curves, np.repeat(rho[:, None], grid.size, axis=1)),
        populations=NAMES,
        files=tuple(used),
        facts=facts(igloo.header),
        notes=(
            Flag(
                "ordem-igloo-layout",
                "columns of the igloo file are recalled; their titles were checked",
            ),
            *notes(igloo.header, sign),
        ),
        sigma=deviation,
        extra={"populations": POPULATIONS},
    )


def _igloo_sigma(
    files: dict[str, Path], igloo: Igloo
) -> tuple[FluxSigma | None, list[Path]]:
    sigmas, used = read_sigmas(files, igloo)
    value = sigmas * PER_YEAR
    return (FluxSigma(np.array(SIZES), value, value) if used else None), used


def _curves(
    edges: FloatArray,
    flux: FloatArray,
    spectrum: Spectrum,
    keep: NDArray[np.bool_],
    nodes: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    grid = class_grid(edges, nodes)
    shapes = class_curves(grid, edges, spectrum)
    return grid, np.asarray((flux[:, None] * shapes)[keep] * PER_YEAR)


def _unread(files: dict[str, Path]) -> tuple[Flag, ...]:
    """Say that a file of directions lies there and is not used."""
    if DIRECTION_FILE not in files:
        return ()
    text = (
        f"{DIRECTION_FILE} is not read: its layout is not known; elevations are taken as"
        " 0 although the case holds them"
    )
    return (Flag("ordem-dirflux-unread", text),)


def _class_shares(marginal: Marginal) -> FloatArray:
    """Return how a class of sizes is spread over the rows, shape (n, k), sums 1."""
    contents = marginal.contents()
    part = np.maximum(class_fluxes(contents), 0.0)
    # a class that drowns in the rounding goes as all that are larger
    empty = part.sum(axis=0) <= ROUNDING * contents.sum(axis=0)
    part = np.where(empty, contents, part)
    return np.asarray(part / np.maximum(part.sum(axis=0), 1e-300))


FORMAT = Format(
    read=read,
    settings=("tables", "azimuth_positive", UNKNOWN_DENSITY, *DENSITIES),
    summary="NASA ORDEM 3.x, spacecraft mode: the folder of a case",
)
