"""Inputs of NASA ORDEM 3.x beside its output: ORDEM.IN and the project file."""

from __future__ import annotations

import re
import xml.parsers.expat
from dataclasses import dataclass
from pathlib import Path

from mmod.errors import bad
from mmod.flux.readers._lines import TextFile
from mmod.flux.readers.ordem_header import YEARS

EARTH_RADIUS_KM = 6378.137
"""With which semi-major axis and eccentricity become perigee and apogee."""
_LARGEST = 1_000_000


@dataclass(frozen=True)
class Case:
    """What was asked of ORDEM.

    Parameters
    ----------
    year : int
        Of observation.
    perigee_km, apogee_km, inclination_deg : float
        Orbit.
    igloo : str
        Name of the igloo definition, e.g. ``IGLOO_10x10x1.SIG``.
    version : str
        Of ORDEM; empty where not stated.
    """

    year: int
    perigee_km: float
    apogee_km: float
    inclination_deg: float
    igloo: str
    version: str = ""


def read_input(path: Path) -> Case:
    """Read ORDEM.IN.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Case
        Year, orbit and igloo.

    Raises
    ------
    InputError
        Naming file and line; a telescope case is refused.

    Notes
    -----
    Valid for ORDEM 3.x: values in fixed order, each with a comment after ``!``; the
    comments are checked, since the order is all that tells the values apart.

    References
    ----------
    .. [1] A real ORDEM.IN of ORDEM 3.2.0 (900 km, 89 deg, 2023).
    """
    file = TextFile(path, max_bytes=_LARGEST, max_lines=1000)
    fields: list[tuple[int, str, str]] = []
    version, last = "", 1
    for last, text in file.lines():
        if text.startswith("!"):
            match = re.search(r"ORDEM\s+(3\.\d+(?:\.\d+)*)", text)
            version = match.group(1) if match and not version else version
        elif text.strip():
            value, _, comment = text.partition("!")
            fields.append((last, value.strip(), comment.lower()))
    words = (
        "type of assessment",
        "year",
        "determine orbit",
        "perigee",
        "apogee",
        "semi-major",
        "eccentricity",
        "inclination",
        "argument",
        "raan",
        "igloo",
    )
    if len(fields) < len(words):
        raise file.fail(last, "", "end of file", f"a value for {words[len(fields)]}")
    for (line, value, comment), word in zip(fields, words, strict=False):
        if word not in comment:
            expected = f"a value with a comment on {word!r}"
            raise file.fail(line, 2, f"{value} ! {comment.strip()}", expected)
    values = {
        word: file.floats(line, text, 1, negative=True)[0]
        for (line, text, _), word in zip(fields, words[:-1], strict=False)
    }
    if values["type of assessment"] != 1.0:
        kind = values["type of assessment"]
        raise file.fail(fields[0][0], 1, kind, "1, a spacecraft assessment")
    if values["determine orbit"] not in (1.0, 2.0):
        raise file.fail(fields[2][0], 1, values["determine orbit"], "1 or 2")
    return _case(
        file.path,
        version,
        fields[10][1],
        axis=values["determine orbit"] == 2.0,
        year=values["year"],
        perigee=values["perigee"],
        apogee=values["apogee"],
        semi_major=values["semi-major"],
        eccentricity=values["eccentricity"],
        inclination=values["inclination"],
    )


def read_project(path: Path) -> Case:
    """Read a project file (``.prj``, XML).

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Case
        Year, orbit and igloo.

    Raises
    ------
    InputError
        For broken XML (line and column) and values that are missing or not numbers.

    Notes
    -----
    Valid for ORDEM 3.x. A blank before the XML declaration, as ORDEM writes it, is
    accepted; document types and entities are refused.

    References
    ----------
    .. [1] Real project files of ORDEM 3.2.0.
    """
    file = TextFile(path, max_bytes=_LARGEST, max_lines=10_000)
    text = "\n".join(text for _, text in file.lines())
    found: dict[str, str] = {}
    open_tags: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        del attributes
        open_tags.append(name)

    def end(name: str) -> None:
        del name
        open_tags.pop()

    def data(content: str) -> None:
        key = open_tags[-1] if open_tags else ""
        found[key] = found.get(key, "") + content

    def refuse(*args: object) -> None:
        del args
        raise file.fail(parser.CurrentLineNumber, "", "a document type", "plain XML")

    parser = xml.parsers.expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = data
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(text.lstrip(), True)
    except xml.parsers.expat.ExpatError as error:
        raise file.fail(error.lineno, error.offset + 1, str(error), "XML") from None

    def number(key: str) -> float:
        value = found.get(key, "").strip()
        if value == "":
            raise bad(path, key, None, "a number")
        return file.floats(1, value, 1, names=[key])[0]

    axis = found.get("SpacecraftOrbitTypeAxis", "").strip()
    if axis not in {"true", "false"}:
        raise bad(path, "SpacecraftOrbitTypeAxis", axis, "true or false")
    version = found.get("Version", "").replace("ORDEM", "").strip()
    return _case(
        path,
        version,
        found.get("SpacecraftIglooFile", "").strip(),
        axis=axis == "true",
        year=number("SpacecraftObservationYear"),
        perigee=number("SpacecraftPerigee"),
        apogee=number("SpacecraftApogee"),
        semi_major=number("SpacecraftAxis"),
        eccentricity=number("SpacecraftEccentricity"),
        inclination=number("SpacecraftInclination"),
    )


def _case(
    path: Path,
    version: str,
    igloo: str,
    *,
    axis: bool,
    year: float,
    perigee: float,
    apogee: float,
    semi_major: float,
    eccentricity: float,
    inclination: float,
) -> Case:
    if axis:
        if not 0.0 <= eccentricity < 1.0:
            raise bad(path, "eccentricity", eccentricity, "0 to below 1")
        perigee = semi_major * (1.0 - eccentricity) - EARTH_RADIUS_KM
        apogee = semi_major * (1.0 + eccentricity) - EARTH_RADIUS_KM
    if not (year == int(year) and YEARS[0] <= year <= YEARS[1]):
        raise bad(path, "year", year, f"a year {YEARS[0]} to {YEARS[1]}")
    if not 0.0 < perigee <= apogee <= 1e5:
        raise bad(path, "perigee, apogee", (perigee, apogee), "0 < perigee <= apogee")
    if not 0.0 <= inclination <= 180.0:
        raise bad(path, "inclination", inclination, "0 to 180 deg")
    return Case(int(year), perigee, apogee, inclination, igloo, version)
