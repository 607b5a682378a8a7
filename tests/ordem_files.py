"""Files of an ORDEM 3.x case made from our own NASA-91 model."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mmod.constants import YEAR
from mmod.flux import ExposureState, load_flux

YEAR_OF_CASE, ALTITUDE_KM, INCLINATION_DEG = 2024, 550.0, 51.6
SIZES = 1e-5 * 10.0 ** (np.arange(11) / 2.0)
LABELS = [
    "10um",
    "31.6um",
    "100um",
    "316um",
    "1mm",
    "3.16mm",
    "1cm",
    "3.16cm",
    "10cm",
    "31.6cm",
    "1m",
]
DECADES = [0, 2, 4, 6, 8, 10]
POPULATIONS = ("NK", "LD", "MD", "HD", "IN")
AZIMUTH = np.arange(-180.0, 181.0, 10.0)
ELEVATION = np.arange(-90.0, 91.0, 10.0)
SPEED = np.arange(0.0, 24.0)
STATE = ExposureState(
    ALTITUDE_KM * 1e3, math.radians(INCLINATION_DEG), YEAR_OF_CASE + 0.5, True
)


@dataclass(frozen=True)
class Case:
    """Cumulative flux [1/m2/yr] over azimuth, elevation, speed, population, size."""

    flux: np.ndarray

    @property
    def spectrum(self) -> np.ndarray:
        return self.flux.sum(axis=(0, 1, 2, 3))


def nasa91_case(lopsided: float = 0.0) -> Case:
    """Deposit NASA-91 into an igloo; ``lopsided`` moves flux to positive azimuths."""
    model = load_flux("nasa91", solar_flux=120.0)
    table = model.threats(STATE)
    speed = 0.5 * (table["speed_lower"].values + table["speed_upper"].values) / 1e3
    side = table["side"].values
    cosine = np.minimum(speed * 1e3 / table.attrs["coupling_speed"], 1.0)
    azimuth = np.degrees(side * np.arccos(cosine))
    shape = np.zeros((36, 18, 23))
    weight = table["weight"].values * (1.0 + lopsided * side)
    where = (
        np.clip(np.digitize(azimuth, AZIMUTH) - 1, 0, 35),
        np.clip(np.digitize(speed, SPEED) - 1, 0, 22),
    )
    for level, share in ((7, 0.2), (8, 0.3), (9, 0.4), (10, 0.1)):
        np.add.at(shape, (where[0], level, where[1]), share * weight)
    # nearly all from ahead: leave a little everywhere, so that no bin is special
    shape[:, 6:12, :20] += 1e-5
    total = model.cumulative(SIZES, STATE) * YEAR
    part = total - np.append(total[1:], 0.0)
    # the share of populations and the tilt to the sides change with size
    mix = np.stack([np.linspace(a, b, 11) for a, b in MIX])
    tilt = np.linspace(1.0, 0.0, 11)
    side_ways = np.abs(np.sin(np.radians(0.5 * (AZIMUTH[1:] + AZIMUTH[:-1]))))
    bins = shape[..., None] * (1.0 + tilt * side_ways[:, None, None, None])
    bins /= bins.sum(axis=(0, 1, 2))
    each = bins[..., None, :] * mix * part
    return Case(np.cumsum(each[..., ::-1], axis=-1)[..., ::-1])


MIX = ((0.0, 0.1), (0.4, 0.1), (0.3, 0.3), (0.2, 0.2), (0.1, 0.3))


def header(unit: str, version: str = "3.2.0") -> list[str]:
    return [
        f" ORDEM {version} -  ORDEM Spacecraft Mode",
        f" Debris Flux ({unit})",
        (
            f"  Year: {YEAR_OF_CASE}  Perigee Altitude = {ALTITUDE_KM:10.3f}"
            f"  Apogee Altitude = {ALTITUDE_KM:9.3f}  inc = {INCLINATION_DEG:8.2f}"
        ),
        *[" *"] * 7,
    ]


def number(value: float) -> str:
    return f"{max(1e-99, value):.2E}"


def size_lines(case: Case) -> list[str]:
    grid = 1e-5 * 10.0 ** (np.arange(501) / 100.0)
    flux = np.exp(np.interp(np.log(grid), np.log(SIZES), np.log(case.spectrum)))
    rows = [
        "  " + "   ".join(number(v) for v in (d, f, 0.2 * f, 0.3 * f))
        for d, f in zip(grid, flux, strict=True)
    ]
    return [
        *header("#/m^2/yr"),
        "  Size (m)   Flux       -Sigma     +Sigma",
        "  --------   --------   --------   --------",
        *rows,
    ]


def marginal_lines(
    unit: str, names: tuple[str, str], edges: np.ndarray, density: np.ndarray
) -> list[str]:
    """``density`` (rows, 6) per unit of the edges."""
    printed = [[number(v) for v in row] for row in density]
    columns = np.array([[float(v) for v in row] for row in printed])
    columns = np.where(columns < 1e-98, np.nan, columns)
    ends = [
        f"   {word}          " + "   ".join(number(v) for v in values)
        for word, values in (
            ("Min.:", np.nanmin(columns, axis=0)),
            ("Max.:", np.nanmax(columns, axis=0)),
        )
    ]
    form = "{:6.1f}" if unit.endswith("kps") else "{:6.0f}"
    rows = [
        "  " + form.format(a) + "  " + form.format(b) + "    " + "   ".join(row)
        for a, b, row in zip(edges[:-1], edges[1:], printed, strict=True)
    ]
    dashes = " ------  ------   " + "   ".join(["--------"] * 6)
    titles = "   ".join(f">{LABELS[k]}" for k in DECADES)
    return [
        *header(unit),
        f" {names[0]}   {names[1]}    {titles}",
        dashes,
        *ends,
        dashes,
        *rows,
    ]


def speed_lines(case: Case) -> list[str]:
    density = np.repeat(case.flux.sum(axis=(0, 1, 3))[:, DECADES], 10, axis=0)
    edges = np.arange(231) / 10.0
    return marginal_lines("#/m^2/yr/kps", ("Vel 1", "Vel 2"), edges, density)


def azimuth_lines(case: Case) -> list[str]:
    density = np.repeat(case.flux.sum(axis=(1, 2, 3))[:, DECADES] / 10.0, 10, axis=0)
    edges = np.arange(-180.0, 181.0)
    return marginal_lines("#/m^2/yr/deg", ("Az 1", "Az 2"), edges, density)


def igloo_lines(flux: np.ndarray, factor: float = 1.0) -> list[str]:
    """Rows of the igloo; fewer azimuths than 36 are as much wider."""
    titles = ["Az 1", "Az 2", "El 1", "El 2", "Vel 1", "Vel 2"]
    titles += [f"{p}>{label}" for p in POPULATIONS for label in LABELS]
    rows = []
    azimuth = np.linspace(-180.0, 180.0, len(flux) + 1)
    for i, j, k in np.ndindex(len(flux), 18, 23):
        edges = (*azimuth[i : i + 2], *ELEVATION[j : j + 2], *SPEED[k : k + 2])
        text = "  ".join(f"{e:g}" for e in edges)
        values = (factor * flux[i, j, k]).ravel()
        body = "  ".join(map(number, values)) if values.any() else _ZEROS
        rows.append(f"  {text}  {body}")
    return [*header("#/m^2/yr"), "  " + "  ".join(titles), "  ------  ------", *rows]


_ZEROS = "  ".join(["1.00E-99"] * 55)


def input_lines() -> list[str]:
    return [
        "!ORDEM ORDEM 3.2.0 file=ORDEM.IN",
        "1       ! type of assessment (1=spacecraft 2=telescope/radar)",
        f"{YEAR_OF_CASE}    ! year of observation (2016-2050)",
        "!---------- Spacecraft assessment -----",
        "1       ! way to determine orbit (1=apogee and perigee,2=semi major axis)",
        f"{ALTITUDE_KM}  ! perigee altitude (km)",
        f"{ALTITUDE_KM}  ! apogee altitude (km)",
        "0       ! semi-major axis (km)",
        "0       ! eccentricity (0-1)",
        f"{INCLINATION_DEG}   ! inclination (0 to 180 deg)",
        ".00     ! argument of perigee (0 to 360 deg, -1=random)",
        ".00     ! right ascension of the ascending node, RAAN (0 to 360 deg)",
        "IGLOO_10x10x1.SIG  ! file defining all igloo element boundaries (az, el, vel)",
        "!---------- Telescope/Radar assessment -----",
        "000.00  ! sensor latitude (SP=-90 to NP=90)",
    ]


def project_lines() -> list[str]:
    values = {
        "Version": "ORDEM 3.2.0",
        "SpacecraftObservationYear": YEAR_OF_CASE,
        "SpacecraftOrbitTypeAxis": "false",
        "SpacecraftPerigee": ALTITUDE_KM,
        "SpacecraftApogee": ALTITUDE_KM,
        "SpacecraftAxis": 0,
        "SpacecraftEccentricity": 0,
        "SpacecraftInclination": INCLINATION_DEG,
        "SpacecraftIglooFile": "IGLOO_10x10x1.SIG",
    }
    return [
        ' <?xml version="1.0" standalone="yes"?>',
        "<DocumentElement>",
        "  <ProjectValues>",
        *(f"  <{key}>{value}</{key}>" for key, value in values.items()),
        "  <TleLine1 />",
        "  </ProjectValues>",
        "</DocumentElement>",
    ]


def write(folder: Path, name: str, lines: list[str]) -> Path:
    path = folder / name
    path.write_text("\n".join(lines) + "\n")
    return path


def write_case(folder: Path, case: Case, *, igloo: bool = False) -> Path:
    """Write the files of a case, the igloo and its sigmas only when asked."""
    folder.mkdir(parents=True, exist_ok=True)
    write(folder, "SIZEFLUX_SC.OUT", size_lines(case))
    write(folder, "VELFLUX_SC.OUT", speed_lines(case))
    write(folder, "BFLY_SC.OUT", azimuth_lines(case))
    write(folder, "ORDEM.IN", input_lines())
    write(folder, "ORDEM-Proj.prj", project_lines())
    if igloo:
        write(folder, "IGLOOFLUX_SC.OUT", igloo_lines(case.flux))
        write(folder, "IGLOOFLUX_SIGMAPOP_SC.OUT", igloo_lines(case.flux, 0.2))
        write(folder, "IGLOOFLUX_SIGMARAN_SC.OUT", igloo_lines(case.flux, 0.5))
    return folder


CARD = """
schema_version = 1
title = "ORDEM case"
kind = "debris"
family = "external"
format = "ordem3"
path = "{path}"
how_to_get = "from the NASA Orbital Debris Program Office"
citation = ["NASA ORDEM 3.2"]
equation = "as computed by ORDEM"
area_convention = "cross_section"
uncertainty = "as in the files"
licence = "not redistributed"
"""


def write_card(folder: Path, files: Path, more: str = "") -> Path:
    """Write a card that names the files; return it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "model.toml"
    path.write_text(CARD.format(path=files) + more)
    return path
