"""Which hole model goes with a shield."""

from __future__ import annotations

from mmod.errors import bad
from mmod.shields.ballistic_limits.single_wall import ALUMINIUM_CRITERIA
from mmod.shields.hole_size.model import HoleModel
from mmod.shields.hole_size.plate_model import NAMES, ThinPlate
from mmod.shields.hole_size.rear_wall import RearWall
from mmod.shields.hole_size.surface import CarbonPanel, TileEntry, WindowCrater
from mmod.shields.hole_size.thin_plate import Plate
from mmod.shields.shield import Shield
from mmod.shields.stack import Layer

MODELS = (*NAMES, "rear_wall", "rcc", "tile_entry", "window_crater")
"""Names that a user may give."""
_REAR_WALL = (
    "whipple.",
    "stuffed_whipple",
    "multi_shock.",
    "mesh_double_bumper",
    "mli_over_wall.",
    "enhanced_blanket",
    "blanket_over_wall.",
    "triple_wall.",
    "ablator_over_whipple",
    "foam_core",
    "honeycomb.nno",
    "honeycomb.srl_aluminium",
)
"""Equations (or beginnings of their names) of a metal wall behind something else."""
_PLATE = ("single_wall.aluminium", "single_wall.titanium", "single_wall.steel")
_REASONS = {
    "none": "nothing penetrates a part that only casts shadows",
    "single_wall.": "no relation for holes in composites is known here",
    "honeycomb.srl_": "no relation for holes in composite face sheets is known here",
    "transparent.polycarbonate": "no relation for craters on polycarbonate is known",
    "tile.": "its criterion speaks of the depth or of what lies behind the tile: name"
    " tile_entry for the entry hole, or rear_wall",
    "afrsi": "no relation for holes in flexible insulation is known here",
    "pica": "no relation for holes in ablators is known here",
    "avcoat": "no relation for holes in ablators is known here",
}
_WALL_ROLES = ("wall", "tube", "pane", "bumper", "skin")
_DIAMETER_EXPONENT = 18.0 / 19.0


def hole_model_for(shield: Shield, name: str | None = None) -> HoleModel:
    """Return the hole model that goes with a shield.

    Parameters
    ----------
    shield : Shield
        A shield with a damage equation.
    name : str, optional
        One of `MODELS`, to be used in place of the shield's own.

    Returns
    -------
    HoleModel
        With the layers of the shield put in.

    Raises
    ------
    InputError
        When no relation is known for such a shield, with the reason; when the name is
        unknown, or is ``rcc`` for any other shield, or needs a layer that the shield
        does not have.

    Notes
    -----
    By the equation of the card: one metal plate, `ThinPlate` with the relation of
    Maiden; a metal wall behind a bumper, blanket, mesh or ablator, `RearWall`; a tube
    behind a skin, the same prior, all of it out of range [estimate]; glass, carbon and
    tiles LI-900 and LI-2200, their own relations; anything else is refused. A
    thin-plate relation asked for by name is applied to the wall (or tube) that the
    criterion speaks of, behind the ballistic limit of the whole shield.

    Where the criterion is met before there is a hole (detached or incipient spall of
    one aluminium plate) the gate is the limit of perforation, higher by
    (k/1.8)^(18/19). Where a criterion joins perforation and detached spall of a rear
    wall there is no such factor: such failures count as holes, which is conservative.

    References
    ----------
    .. [1] NASA/TM-2009-214785 (2009), sect. 4 and 5; the relations cite their own.
    """
    gate = _gate(shield)
    if name is not None:
        return _named(shield, name, gate)
    equation = shield.equation
    if equation in _PLATE:
        return ThinPlate("maiden", _plate(shield, "maiden"), gate)
    if equation.startswith("tube_behind_skin."):
        return RearWall(gate, second_wall=True)
    if equation.startswith(_REAR_WALL):
        return RearWall(gate)
    if equation == "rcc":
        return _named(shield, "rcc", gate)
    if equation == "tile.li":
        return TileEntry()
    if equation in ("transparent.fused_silica", "transparent.fused_quartz"):
        return _named(shield, "window_crater", gate)
    reason = "its equation is not part of this package: name a model"
    for start, words in _REASONS.items():
        if equation.startswith(start):
            reason = words
            break
    raise bad(shield.path, "hole model", f"equation {equation}", reason)


def _gate(shield: Shield) -> float:
    """Return how far above the shield's limit a hole begins."""
    if shield.equation != "single_wall.aluminium":
        return 1.0
    factor = ALUMINIUM_CRITERIA[shield.criterion] / ALUMINIUM_CRITERIA["perforation"]
    return float(factor**_DIAMETER_EXPONENT)


def _named(shield: Shield, name: str, gate: float) -> HoleModel:
    """Return a model by name, with the shield's layers."""
    if shield.is_none:
        raise bad(shield.path, "hole model", name, _REASONS["none"])
    if name in NAMES:
        return ThinPlate(name, _plate(shield, name), gate)
    if name == "rear_wall":
        return RearWall(gate)
    if name == "tile_entry":
        return TileEntry()
    if name == "rcc":
        if shield.equation != "rcc":
            expected = "a shield with the equation rcc: this relation is of its panels"
            value = f"{name}, of a shield with the equation {shield.equation}"
            raise bad(shield.path, "hole model", value, expected)
        wall = _layer(shield)
        if wall is None or wall.thickness is None:
            raise bad(shield.path, "hole model", name, "a wall with a thickness")
        return CarbonPanel(wall.thickness)
    if name == "window_crater":
        quartz = shield.equation == "transparent.fused_quartz"
        return WindowCrater("fused_quartz" if quartz else "fused_silica")
    raise bad(shield.path, "hole model", name, f"one of {', '.join(MODELS)}")


def _layer(shield: Shield) -> Layer | None:
    """Return the layer that the criterion speaks of: the innermost wall or tube."""
    for role in _WALL_ROLES:
        found = [layer for layer in shield.layers if layer.role == role]
        if found:
            return found[-1]
    return None


def _plate(shield: Shield, name: str) -> Plate:
    """Return the plate in which a thin-plate relation makes its hole."""
    wall = _layer(shield)
    wanted = "a wall with a thickness and a material with density and sound speed"
    if wall is None or wall.thickness is None or wall.material is None:
        raise bad(shield.path, "hole model", name, wanted)
    density, sound = wall.material.density, wall.material.sound_speed
    if density is None or sound is None:
        raise bad(shield.path, "hole model", name, wanted)
    return Plate(wall.thickness, density, sound)
