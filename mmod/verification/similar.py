"""Shots at shields like a given one, brought to its scale."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from mmod.errors import bad
from mmod.shields import Shield
from mmod.shields.stack import Stack
from mmod.units import DEGREE, KM
from mmod.verification.shots import Shot, ShotTable, observed

LIKE = 1.25
"""Largest factor between the proportions of two similar shields [-]."""
LARGEST_SCALE = 4.0
"""Largest factor between the sizes of two similar shields [-]."""
YIELD = 1.5
"""Largest factor between the yield stresses of their rear walls [-]."""
DENSITY = 0.1
"""Largest relative difference of the particle densities [-]."""
ANGLE = 5.0 * DEGREE
"""Largest difference to the obliquity of a curve [rad]."""
SPEED = 0.25 * KM
"""Largest difference to the speed of a curve [m/s]."""

FAMILIES: tuple[tuple[str, str], ...] = (
    # beginning of an equation's name, database
    ("whipple.", "whipple"),
    ("stuffed_whipple", "stuffed"),
    ("honeycomb.", "hcsp"),
    ("foam_core", "foam"),
)
_PARTS: dict[str, dict[str, tuple[str, ...]]] = {
    # database: part of the shield -> columns whose product measures it
    "whipple": {
        "bumper": ("bumper_thickness", "bumper_density"),
        "standoff": ("standoff",),
        "wall": ("rear_wall_thickness", "rear_wall_density"),
    },
    "stuffed": {
        "bumper": ("bumper_thickness", "bumper_density"),
        "stuffing": ("stuffing_areal_density",),
        "standoff": ("standoff",),
        "wall": ("rear_wall_thickness", "rear_wall_density"),
    },
    "hcsp": {
        "bumper": ("front_facesheet_thickness", "front_facesheet_density"),
        "standoff": ("core_thickness",),
        "wall": ("rear_facesheet_thickness", "rear_facesheet_density"),
    },
    "foam": {
        "bumper": ("front_facesheet_thickness", "front_facesheet_density"),
        "core": (
            "core_thickness",
            "foam_relative_density",
            "foam_parent_material_density",
        ),
        "standoff": ("core_thickness",),
        "wall": ("rear_facesheet_thickness", "rear_facesheet_density"),
    },
}
_YIELD = {"hcsp": "rear_facesheet_yield", "foam": "rear_facesheet_yield"}


@dataclass(frozen=True)
class SimilarShot:
    """A shot at a similar shield.

    Parameters
    ----------
    shot : Shot
        As measured.
    scale : float
        Size of the given shield over that of the shot's [-].
    diameter : float
        Projectile diameter times the scale and times `factor` [m].
    perforated : bool
        What was observed.
    factor : float
        What the diameter as listed seems to lack [-]: `diameter_suspect_factor` of the
        table, inferred from internal evidence [unverified]; 1 where nothing is amiss.
    """

    shot: Shot = field(repr=False)
    scale: float
    diameter: float
    perforated: bool
    factor: float = 1.0

    @property
    def suspect(self) -> bool:
        """Whether the diameter is not the one that the table lists."""
        return self.factor != 1.0


def database_of(shield: Shield) -> str | None:
    """Return the database with shots at shields of this family, None without."""
    for beginning, database in FAMILIES:
        if shield.equation.startswith(beginning):
            return database
    return None


def similar_shots(
    shield: Shield,
    tables: Mapping[str, ShotTable],
    *,
    density: float,
    like: float = LIKE,
) -> list[SimilarShot]:
    """Return the shots at shields similar to a given one, scaled to it.

    Speeds are kept and all lengths scaled, as hypervelocity impact scales while
    strength and strain rate play no part: with the ratios of bumper, standoff and wall
    (stuffing, foam) of the given shield to the shot's, the scale is their geometric
    mean and the diameter is multiplied by it. Similar means

    - same family: the database of the shield's equation;
    - same proportions: every ratio within a factor `like` of the scale;
    - same size within a factor `LARGEST_SCALE`;
    - yield stress of the rear wall within a factor `YIELD`;
    - particle density within a relative `DENSITY`.

    Sheets and fabrics are compared by areal density, standoffs by length. Blankets are
    not compared. A `diameter_suspect_factor` of the table multiplies the diameter; it
    is inferred, not measured [unverified], and `suspect_note` says how many have one.

    Parameters
    ----------
    shield : Shield
        The given shield.
    tables : mapping
        Name of a database to its shots.
    density : float
        Particle density of the curves [kg/m3].
    like : float
        Factor of the proportions, > 1.

    Returns
    -------
    list of SimilarShot
        In the order of the table; empty where the family has no table, and where a
        layer of the shield is not known.

    Raises
    ------
    InputError
        When `like` is not above 1.
    """
    if not like > 1.0:
        raise bad("similar shots", "like", like, "a factor above 1")
    name = database_of(shield)
    given = None if name is None else measures(shield, name)
    if name is None or name not in tables or given is None:
        return []
    found = []
    for shot, perforated in observed(tables[name]):
        scale = _scale(shot, name, given, like, density)
        if scale is None:
            continue
        factor = shot.values.get("diameter_suspect_factor") or 1.0
        size = shot.value("projectile_diameter") * factor * scale
        found.append(SimilarShot(shot, scale, size, perforated, factor))
    return found


def suspect_note(shots: Sequence[SimilarShot]) -> str:
    """Return how many shots carry a suspect factor and what it is worth.

    Parameters
    ----------
    shots : sequence of SimilarShot
        Shots that are shown.

    Returns
    -------
    str
        Empty when no shot carries one.
    """
    factors = [s.factor for s in shots if s.suspect]
    if not factors:
        return ""
    which = " or ".join(f"{f:g}" for f in sorted(set(factors)))
    return (
        f"{len(factors)} of {len(shots)} shots have their diameter multiplied by"
        f" {which}, a factor inferred from internal evidence [unverified]"
    )


def near(
    shots: Sequence[SimilarShot], against: Literal["speed", "obliquity"], held: float
) -> list[SimilarShot]:
    """Return the shots that belong to a curve.

    Parameters
    ----------
    shots : sequence of SimilarShot
        To choose from.
    against : {"speed", "obliquity"}
        What the curve is drawn over.
    held : float
        The obliquity [rad] or speed [m/s] that it holds: shots within `ANGLE` or
        `SPEED` belong to it.
    """
    name, within = ("angle", ANGLE) if against == "speed" else ("velocity", SPEED)
    return [s for s in shots if abs(s.shot.value(name) - held) <= within]


def measures(shield: Shield, database: str) -> dict[str, float] | None:
    """Return what shields of a family are compared by.

    Parameters
    ----------
    shield : Shield
        A shield.
    database : str
        Name of its database.

    Returns
    -------
    dict or None
        Areal densities [kg/m2] of bumper, stuffing, core and wall, standoff [m] and
        yield stress [Pa] of the wall; None where one of them is not known.
    """
    stack = Stack(str(shield.path), shield.layers)
    bumpers, walls = stack.all("bumper"), stack.all("wall")
    if len(bumpers) != 1 or len(walls) != 1:
        return None
    found: dict[str, float | None] = {
        "bumper": bumpers[0].areal_density,
        "stuffing": stack.mass("stuffing"),
        "core": stack.mass("core"),
        "standoff": stack.gap(bumpers[0], walls[0]),
        "wall": walls[0].areal_density,
    }
    wanted = {part: found[part] for part in _PARTS[database]}
    wanted["yield"] = walls[0].quantity("yield_strength")
    known = {k: v for k, v in wanted.items() if v is not None and v > 0.0}
    return known if len(known) == len(wanted) else None


def _scale(
    shot: Shot, database: str, given: Mapping[str, float], like: float, density: float
) -> float | None:
    """Return the scale of a similar shot, None for another."""
    parts = _PARTS[database]
    strength = _YIELD.get(database, "rear_wall_yield")
    columns = {c for of in parts.values() for c in of}
    if not shot.known(strength, "angle", *columns):
        return None
    logs = [
        math.log(given[part] / math.prod(shot.value(c) for c in of))
        for part, of in parts.items()
    ]
    mean = sum(logs) / len(logs)
    ratio = shot.value("projectile_density") / density
    fits = (
        abs(mean) <= math.log(LARGEST_SCALE)
        and all(abs(x - mean) <= math.log(like) for x in logs)
        and abs(math.log(given["yield"] / shot.value(strength))) <= math.log(YIELD)
        and abs(ratio - 1.0) <= DENSITY
    )
    return math.exp(mean) if fits else None
