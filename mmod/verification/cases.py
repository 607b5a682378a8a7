"""What is scored against what: one case for a database, an equation and its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mmod.shields.ballistic_limits import (
    foam_core,
    honeycomb_nno,
    srl_dual_wall,
    stuffed_whipple,
    whipple_ck2001,
    whipple_jsc,
    whipple_nno,
    whipple_reimerdes,
)
from mmod.shields.ballistic_limits._regimes import Limit
from mmod.verification.shots import Shot

Adapter = Callable[[Shot], Limit]
"""Shot to the equation with its shield put in."""
Leave = Callable[[Shot], str]
"""Shot to the reason why it is left out of a case; empty for a shot that is used."""


@dataclass(frozen=True)
class Case:
    """One equation on the shots of one database.

    Parameters
    ----------
    database : str
        Name of the database.
    equation : str
        Name of the equation, as on shield cards where it is one.
    rows : str
        Which rows, and read how, in few words; empty for all as they are.
    limit : callable
        Shot to limit.
    needs : tuple of str
        Numbers that a shot must have beside diameter, speed, density and angle.
    leave : callable
        Shots that the case leaves out.
    factor : callable
        Factor on the listed diameter [-].
    """

    database: str
    equation: str
    limit: Adapter
    rows: str = ""
    needs: tuple[str, ...] = ()
    leave: Leave = lambda _: ""
    factor: Callable[[Shot], float] = lambda _: 1.0

    @property
    def name(self) -> str:
        """Equation and rows in one line."""
        return f"{self.equation}, {self.rows}" if self.rows else self.equation


# -- two-wall Whipple shields --------------------------------------------------------


def two_walls(shot: Shot) -> dict[str, float]:
    """Return bumper, standoff and wall of a Whipple shot, SI."""
    return {
        "bumper_thickness": shot.value("bumper_thickness"),
        "bumper_density": shot.value("bumper_density"),
        "standoff": shot.value("standoff"),
        "wall_thickness": shot.value("rear_wall_thickness"),
        "wall_yield": shot.value("rear_wall_yield"),
    }


def _nno(shot: Shot) -> Limit:
    return whipple_nno.whipple_nno_limit(**two_walls(shot))


def _jsc(shot: Shot) -> Limit:
    return whipple_jsc.whipple_jsc_limit(**two_walls(shot), modified=False)


def _jsc_modified(shot: Shot) -> Limit:
    return whipple_jsc.whipple_jsc_limit(**two_walls(shot), modified=True)


def _ck2001(shot: Shot) -> Limit:
    density = shot.value("rear_wall_density")
    return whipple_ck2001.whipple_ck2001_limit(**two_walls(shot), wall_density=density)


def _reimerdes(shot: Shot) -> Limit:
    return whipple_reimerdes.whipple_reimerdes_limit(
        **two_walls(shot), criterion="perforation"
    )


def _srl_two_plates(shot: Shot) -> Limit:
    return srl_dual_wall.srl_dual_wall_limit(**two_walls(shot))


WHIPPLE: Mapping[str, Adapter] = {
    "whipple.nno": _nno,
    "whipple.ck2001": _ck2001,
    "whipple.jsc": _jsc,
    "whipple.jsc_modified": _jsc_modified,
    "whipple.reimerdes": _reimerdes,
    "honeycomb.srl_aluminium": _srl_two_plates,
}
"""Equations for two walls; the last was made for panels."""


# -- stuffed Whipple shields ---------------------------------------------------------


def _stuffed(
    *, blankets: bool, transition: stuffed_whipple.Transition = "linear"
) -> Adapter:
    def limit(shot: Shot) -> Limit:
        bumper = shot.value("bumper_thickness") * shot.value("bumper_density")
        blanket = shot.value("mli_areal_density", 0.0) if blankets else 0.0
        return stuffed_whipple.stuffed_whipple_limit(
            bumper_areal_density=bumper,
            stuffing_areal_density=shot.value("stuffing_areal_density"),
            standoff=shot.value("standoff"),
            wall_thickness=shot.value("rear_wall_thickness"),
            wall_density=shot.value("rear_wall_density"),
            wall_yield=shot.value("rear_wall_yield"),
            blanket=blanket,
            transition=transition,
        )

    return limit


def suspect_factor(shot: Shot) -> float:
    """Return the factor that a suspect diameter seems to lack [-]."""
    return shot.value("diameter_suspect_factor")


def _suspect(shot: Shot) -> str:
    return "suspect diameter" if suspect_factor(shot) != 1.0 else ""


# -- sandwich panels -----------------------------------------------------------------

_CLASSES: dict[str, srl_dual_wall.Sheet | None] = {"Aluminium": None, "CFRP": "cfrp"}
"""Face sheets with constants of their own; None for the equation for aluminium."""


def _front(shot: Shot) -> dict[str, float]:
    """Return front sheet and blanket of a honeycomb panel, SI."""
    return {
        "bumper_thickness": shot.value("front_facesheet_thickness"),
        "bumper_density": shot.value("front_facesheet_density"),
        "external_blanket": shot.value("mli_areal_density_AS_GIVEN_unit_suspect", 0.0),
    }


def _srl(shot: Shot) -> Limit:
    sheet = _CLASSES.get(shot.words["facesheet_class"], "other")
    standoff = shot.value("core_thickness")
    wall = shot.value("rear_facesheet_thickness")
    if sheet is None:
        return srl_dual_wall.srl_dual_wall_limit(
            **_front(shot),
            standoff=standoff,
            wall_thickness=wall,
            wall_yield=shot.value("rear_facesheet_yield"),
        )
    return srl_dual_wall.srl_dual_wall_composite_limit(
        **_front(shot),
        sheet=sheet,
        standoff=standoff,
        wall_thickness=wall,
        wall_density=shot.value("rear_facesheet_density"),
    )


def _honeycomb_nno(shot: Shot) -> Limit:
    return honeycomb_nno.honeycomb_nno_limit(
        **_front(shot),
        cell_diameter=shot.value("honeycomb_cell_diameter"),
        core_thickness=shot.value("core_thickness"),
        wall_thickness=shot.value("rear_facesheet_thickness"),
        wall_yield=shot.value("rear_facesheet_yield"),
    )


def _no_result(shot: Shot) -> str:
    return "" if shot.words["result"] else "no result in words"


def _not_aluminium(shot: Shot) -> str:
    aluminium = shot.words["facesheet_class"] == "Aluminium"
    return "" if aluminium else "face sheets are not aluminium"


def _foam(shot: Shot) -> Limit:
    rear = shot.value("rear_facesheet_density")
    parent = shot.value("foam_parent_material_density")
    return foam_core.foam_core_limit(
        bumper_thickness=shot.value("front_facesheet_thickness"),
        bumper_density=shot.value("front_facesheet_density", rear),
        foam_thickness=shot.value("core_thickness"),
        foam_density=shot.value("foam_relative_density") * parent,
        wall_thickness=shot.value("rear_facesheet_thickness"),
        wall_density=rear,
        wall_yield=shot.value("rear_facesheet_yield"),
    )


CASES: tuple[Case, ...] = (
    *(Case("whipple", name, adapter) for name, adapter in WHIPPLE.items()),
    Case(
        "stuffed",
        "stuffed_whipple",
        _stuffed(blankets=True),
        "suspect diameters corrected",
        factor=suspect_factor,
    ),
    Case(
        "stuffed",
        "stuffed_whipple",
        _stuffed(blankets=True),
        "suspect diameters left out",
        leave=_suspect,
    ),
    Case(
        "stuffed",
        "stuffed_whipple",
        _stuffed(blankets=True),
        "diameters as listed",
    ),
    Case(
        "stuffed",
        "stuffed_whipple",
        _stuffed(blankets=False),
        "suspect diameters corrected, no blankets",
        factor=suspect_factor,
    ),
    Case(
        "stuffed",
        "stuffed_whipple.step",
        _stuffed(blankets=True, transition="step"),
        "suspect diameters corrected",
        factor=suspect_factor,
    ),
    Case("hcsp", "honeycomb.srl", _srl, "rows with a result", leave=_no_result),
    Case("hcsp", "honeycomb.srl", _srl, "all rows"),
    Case(
        "hcsp",
        "honeycomb.nno",
        _honeycomb_nno,
        "aluminium face sheets",
        needs=("honeycomb_cell_diameter", "rear_facesheet_yield"),
        leave=_not_aluminium,
    ),
    Case("foam", "foam_core", _foam),
)
"""Every case, in the order of the report."""
