"""Materials of shields: the facts that limit equations use, each with its source."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mmod import library
from mmod.errors import InputError, Problem
from mmod.units import G_CM2, G_CM3, KM, KSI


@dataclass(frozen=True)
class Material:
    """One material, SI; what its source does not give is None.

    Parameters
    ----------
    name : str
        Name used in shield cards.
    density : float, optional
        Bulk density [kg/m3].
    yield_strength : float, optional
        0.2 % yield stress [Pa].
    brinell : float, optional
        Brinell hardness number.
    sound_speed : float, optional
        Sound speed [m/s].
    sheet_areal_density : float, optional
        Areal density of one sheet or blanket [kg/m2].
    source, note : str
        Where the numbers come from, and what to know about them.
    """

    name: str
    density: float | None
    yield_strength: float | None
    brinell: float | None
    sound_speed: float | None
    sheet_areal_density: float | None
    source: str
    note: str


_COLUMNS: dict[str, tuple[str, float]] = {
    # column of the table: (attribute, unit in SI)
    "density_g_cm3": ("density", G_CM3),
    "yield_ksi": ("yield_strength", KSI),
    "brinell": ("brinell", 1.0),
    "sound_speed_km_s": ("sound_speed", KM),
    "sheet_areal_density_g_cm2": ("sheet_areal_density", G_CM2),
}
_HEADER = ("name", *_COLUMNS, "source", "note")


@dataclass(frozen=True)
class MaterialTable(Mapping[str, Material]):
    """The materials by name, with the file they come from.

    Parameters
    ----------
    path : Path
        The table.
    sha256 : str
        Its hash, for the provenance of results.
    rows : dict
        Name to `Material`.
    """

    path: Path
    sha256: str
    rows: dict[str, Material]

    def __getitem__(self, name: str) -> Material:
        return self.rows[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


def load_materials(
    name: str = "materials", *, relative_to: Path | None = None
) -> MaterialTable:
    """Read a table of materials.

    Parameters
    ----------
    name : str
        Name in the library, or path of a CSV file with the same columns.
    relative_to : Path, optional
        Folder of the file that names the table.

    Returns
    -------
    MaterialTable
        Every material, SI.

    Raises
    ------
    InputError
        When the table is missing, has other columns, repeats a name, lacks a source,
        or holds a number that is not positive; lists all of it.
    """
    path = library.resolve("materials", name, relative_to=relative_to)
    problems: list[Problem] = []
    rows: dict[str, Material] = {}
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            reader = csv.DictReader(stream)
            header = tuple(reader.fieldnames or ())
            if header != _HEADER:
                raise InputError(
                    Problem(str(path), "header", ",".join(header), ",".join(_HEADER))
                )
            for line, row in enumerate(reader, start=2):
                _read_row(str(path), line, row, rows, problems)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            Problem(str(path), "file", str(error), "a readable CSV file in UTF-8")
        ) from None
    if problems:
        raise InputError(problems)
    return MaterialTable(path, library.sha256(path), rows)


def _read_row(
    source: str,
    line: int,
    row: dict[str, str | None],
    rows: dict[str, Material],
    problems: list[Problem],
) -> None:
    name = (row["name"] or "").strip()
    if not name or name in rows:
        problems.append(Problem(source, f"line {line}: name", name, "a new name"))
        return
    values: dict[str, float | None] = {}
    for column, (attribute, unit) in _COLUMNS.items():
        text = (row[column] or "").strip()
        value = _number(text)
        if text and not (0.0 < value < math.inf):
            problems.append(
                Problem(
                    source, f"line {line}: {column}", text, "a number > 0, or blank"
                )
            )
        values[attribute] = value * unit if text else None
    cited = (row["source"] or "").strip()
    if not cited:
        problems.append(Problem(source, f"line {line}: source", "", "a citation"))
    rows[name] = Material(
        name=name, source=cited, note=(row["note"] or "").strip(), **values
    )


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
