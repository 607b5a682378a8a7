"""Formats of the shot tables: one database a shield family, units in the headers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from mmod.units import CM, DEGREE, G_CM2, G_CM3, KM, KSI

Rule = Literal["text", "positive", "not negative", "angle", "flag"]

UNITS: dict[str, float] = {
    # ending of a header: SI per unit; the first that fits counts
    "_g_cm3": G_CM3,
    "_g_cm2": G_CM2,
    "_km_s": KM,
    "_cm": CM,
    "_deg": DEGREE,
    "_ksi": KSI,
    "_percent": 0.01,
}
BOUNDS: dict[str, tuple[float, float]] = {
    # ending of a header, the longest that fits counts: least and most, in its unit
    "_g_cm3": (0.01, 25.0),
    "_g_cm2": (1e-4, 100.0),
    "_km_s": (0.01, 100.0),
    "_cm": (1e-5, 1000.0),
    "_thickness_cm": (1e-5, 100.0),
    "_diameter_cm": (1e-4, 50.0),
    "_ksi": (1.0, 250.0),
    "_percent": (0.5, 100.0),
    "foam_pores_per_inch": (1.0, 1000.0),
    "mli_areal_density_AS_GIVEN_unit_suspect": (1e-4, 1000.0),
    "diameter_suspect_factor": (1e-3, 1e3),
}
"""Generous physical bounds. Beyond them a value is in another unit, or mistyped."""


@dataclass(frozen=True)
class Column:
    """One column of a shot table.

    Parameters
    ----------
    header : str
        Header with its unit, as in the file.
    rule : str
        What a cell may hold: text; a number above zero; a number not below zero; an
        angle of 0 to 90 degrees; 0 or 1.
    blank : bool
        True if a cell may be blank or ``???`` (not known).
    """

    header: str
    rule: Rule = "text"
    blank: bool = False

    @property
    def unit(self) -> str:
        """Ending of the header that gives the unit, empty without."""
        return next((u for u in UNITS if self.header.endswith(u)), "")

    @property
    def name(self) -> str:
        """The header without its unit: the quantity, in SI once read."""
        return self.header.removesuffix(self.unit)

    @property
    def bounds(self) -> tuple[float, float] | None:
        """Least and most that a cell may hold, in its unit; None without bounds."""
        endings = [e for e in BOUNDS if self.header.endswith(e)]
        if not endings:
            return None
        low, high = BOUNDS[max(endings, key=len)]
        return (0.0 if self.rule == "not negative" else low, high)


@dataclass(frozen=True)
class Database:
    """The format of the shot table of one shield family.

    Parameters
    ----------
    name : str
        Short name, also of the file: ``hvi_tests_<name>.csv``.
    title : str
        What was shot at.
    columns : tuple of Column
        Its columns, all of them, in any order.
    conventions : tuple of str
        How its cells are read where that is a choice.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    conventions: tuple[str, ...] = field(default=())

    @property
    def file(self) -> str:
        """Name of its file in a folder of tables."""
        return f"hvi_tests_{self.name}.csv"


def _text(*headers: str) -> tuple[Column, ...]:
    return tuple(Column(h, blank=True) for h in headers)


def _positive(*headers: str) -> tuple[Column, ...]:
    return tuple(Column(h, "positive") for h in headers)


_SHOT = (
    Column("row_id", "not negative"),
    Column("source_key"),
    *_text("shot_id", "projectile_material"),
    *_positive("projectile_density_g_cm3", "projectile_diameter_cm", "velocity_km_s"),
    Column("angle_deg", "angle", blank=True),
    *_text("result"),
    Column("perforated", "flag", blank=True),
)
_SANDWICH = (
    *_positive(
        "core_thickness_cm",
        "front_facesheet_thickness_cm",
        "rear_facesheet_density_g_cm3",
        "rear_facesheet_thickness_cm",
    ),
    Column("rear_facesheet_yield_ksi", "positive", blank=True),
    *_text("front_facesheet_material", "rear_facesheet_material"),
)

WHIPPLE = Database(
    "whipple",
    "two-wall Whipple shields, aluminium",
    (
        *_SHOT,
        *_text("bumper_material", "rear_wall_material"),
        *_positive(
            "bumper_density_g_cm3",
            "bumper_thickness_cm",
            "standoff_cm",
            "rear_wall_density_g_cm3",
            "rear_wall_yield_ksi",
            "rear_wall_thickness_cm",
        ),
    ),
    ("the table has no blankets: none are put in",),
)
STUFFED = Database(
    "stuffed",
    "stuffed Whipple shields",
    (
        *_SHOT,
        *_text("MLI_type", "bumper_material", "stuffing_description"),
        *_text("rear_wall_material"),
        Column("mli_areal_density_g_cm2", "positive", blank=True),
        Column("mli_standoff_cm", "not negative", blank=True),
        *_positive(
            "bumper_thickness_cm",
            "bumper_density_g_cm3",
            "stuffing_areal_density_g_cm2",
            "standoff_cm",
            "rear_wall_thickness_cm",
            "rear_wall_density_g_cm3",
            "rear_wall_yield_ksi",
            "diameter_suspect_factor",
        ),
    ),
    (
        "the stuffing is the sum of its layers; the table does not split it",
        (
            "blankets are read as their header says, g/cm2; some values look like another"
            " unit, so one case leaves them out"
        ),
        (
            "diameter_suspect_factor other than 1 marks diameters that look a factor off"
            " (inferred from the results, no source at hand)"
        ),
    ),
)
HONEYCOMB = Database(
    "hcsp",
    "honeycomb sandwich panels",
    (
        *_SHOT,
        *_SANDWICH,
        Column("facesheet_class"),
        *_text("MLI_type", "honeycomb_material"),
        Column("mli_areal_density_AS_GIVEN_unit_suspect", "positive", blank=True),
        Column("mli_standoff_cm", "not negative", blank=True),
        Column("front_facesheet_density_g_cm3", "positive"),
        Column("honeycomb_cell_diameter_cm", "positive", blank=True),
        Column("honeycomb_foil_thickness_cm", "positive", blank=True),
        Column("honeycomb_material_density_g_cm3", "positive", blank=True),
    ),
    (
        (
            "blanket areal density is read as kg/m2: under its g/cm2 header a blanket of"
            " 0.0447 g/cm2 (SRL 2008 p. 1790) is listed as 0.447"
        ),
        (
            "a missing yield stress (CFRP face sheets) is 59.5 ksi, which the equation for"
            " CFRP does not use"
        ),
        (
            "facesheet_class Aluminium and CFRP have equations of their own; any other"
            " class has the one for other materials, aluminium sheets of equal mass"
        ),
        (
            "rows without a `result` all carry perforated = 0: most likely a default and"
            " not an observation"
        ),
    ),
)
FOAM = Database(
    "foam",
    "foam-core sandwich panels",
    (
        *_SHOT,
        *_SANDWICH,
        *_text("foam_material"),
        Column("front_facesheet_density_g_cm3", "positive", blank=True),
        *_positive(
            "foam_relative_density_percent",
            "foam_pores_per_inch",
            "foam_parent_material_density_g_cm3",
        ),
    ),
    (
        "bulk density of the foam is its relative density times the parent metal's",
        "a front sheet without density has that of the rear sheet (titanium rows)",
    ),
)

DATABASES: dict[str, Database] = {
    d.name: d for d in (WHIPPLE, STUFFED, HONEYCOMB, FOAM)
}
"""The databases by name."""
