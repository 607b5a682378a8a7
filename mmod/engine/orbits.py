"""The orbit that a phase of a run file asks for: its files found and read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mmod.errors import bad
from mmod.library import resolve, sha256
from mmod.orbit._text import read_text
from mmod.orbit.altitude_table import AltitudeTable, read_altitude_table
from mmod.orbit.instants import posix
from mmod.orbit.oem import MEGABYTES as OEM_MEGABYTES
from mmod.orbit.oem import OemTrack
from mmod.orbit.oem_file import parse_oem
from mmod.orbit.tle import MEGABYTES as TLE_MEGABYTES
from mmod.orbit.tle import TleTrack, parse_tle
from mmod.orbit.track import Track
from mmod.units import KM

if TYPE_CHECKING:
    from mmod.config.schema import Phase


@dataclass(frozen=True)
class CircularOrbit:
    """One altitude [m] and inclination [rad]; node [rad] in the middle of the phase."""

    altitude: float
    inclination: float
    right_ascension: float | None


Orbit = CircularOrbit | AltitudeTable | Track


@dataclass(frozen=True)
class PhaseOrbit:
    """The orbit of a phase and where it comes from.

    Parameters
    ----------
    orbit : CircularOrbit, AltitudeTable or Track
        What gives altitude, inclination and node.
    flags : tuple of str
        Caveats.
    sources : dict
        File name -> SHA-256 of what was read.
    """

    orbit: Orbit
    flags: tuple[str, ...]
    sources: dict[str, str]


def orbit_of(phase: Phase, key: str, source: str, folder: Path | None) -> PhaseOrbit:
    """Return the orbit of a phase.

    Parameters
    ----------
    phase : Phase
        Of the run file.
    key : str
        Its key, ``phase[0]``, for error messages.
    source : str
        The run file, for error messages.
    folder : Path or None
        Where its relative paths start.

    Returns
    -------
    PhaseOrbit

    Raises
    ------
    InputError
        Files that are missing or damaged, and phases that they do not cover.

    Notes
    -----
    Valid for phases that the schema has accepted.

    References
    ----------
    .. [1] As the readers of `mmod.orbit`.
    """
    span = posix(phase.start), posix(phase.end)
    track: Track
    if phase.tle is not None:
        if isinstance(phase.tle, str):
            file = _found(phase.tle, f"{key}.tle", source, folder)
            what = "two-line element sets"
            text = read_text(file, key="tle", megabytes=TLE_MEGABYTES, what=what)
            where, sources = str(file), {f"orbit/{file.name}": sha256(file)}
        else:
            text, where, sources = "\n".join(phase.tle), f"{source}: {key}.tle", {}
        track = TleTrack(parse_tle(text, where), where)
        return PhaseOrbit(track, tuple(track.limits(*span)), sources)
    if phase.oem is not None:
        file = _found(phase.oem, f"{key}.oem", source, folder)
        what = "an Orbit Ephemeris Message"
        text = read_text(file, key="oem", megabytes=OEM_MEGABYTES, what=what)
        track = OemTrack(parse_oem(text, str(file)), str(file))
        sources = {f"orbit/{file.name}": sha256(file)}
        return PhaseOrbit(track, tuple(track.limits(*span)), sources)
    if phase.altitude_table is not None:
        file = resolve(
            "altitude_table",
            phase.altitude_table,
            relative_to=folder,
            source=source,
            key=f"{key}.altitude_table",
        )
        table = read_altitude_table(file)
        flag = (
            f"altitudes by year are those of {table.title} [{table.tag}],"
            f" +-{table.uncertainty / KM:g} km"
        )
        return PhaseOrbit(table, (flag,), {f"orbit/{file.name}": sha256(file)})
    assert phase.altitude is not None
    assert phase.inclination is not None
    circular = CircularOrbit(phase.altitude, phase.inclination, phase.right_ascension)
    return PhaseOrbit(circular, (), {})


def _found(name: str, key: str, source: str, folder: Path | None) -> Path:
    """Return the path of a file beside the run file; never of the current directory."""
    path = Path(name)
    if not path.is_absolute():
        if folder is None:
            expected = "an absolute path: this run has no file to start from"
            raise bad(source, key, name, expected)
        path = folder / path
    if not path.is_file():
        raise bad(source, key, name, f"an existing file (looked for {path})")
    return path.resolve()
