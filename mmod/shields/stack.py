"""The layers of a shield with their materials put in, and what equations ask of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mmod.errors import InputError, Problem
from mmod.shields.cards import LayerCard, ShieldCard
from mmod.shields.materials import Material, MaterialTable
from mmod.units import MM


@dataclass(frozen=True)
class Layer:
    """One layer, SI.

    Parameters
    ----------
    role : str
        What it does in the shield.
    material : Material, optional
        Its material, where the card names one.
    thickness : float, optional
        Solid thickness [m].
    areal_density : float, optional
        Mass per area [kg/m2]: as given, from the plies, or thickness times density.
    gap : float
        Free distance to the next layer [m]; 0 after the last.
    cell_diameter : float, optional
        Cell of a honeycomb core [m].
    pores_per_inch : float, optional
        Pores of a foam core [1/inch].
    relative_density : float, optional
        Bulk density of a core over that of its material.
    """

    role: str
    material: Material | None
    thickness: float | None
    areal_density: float | None
    gap: float
    cell_diameter: float | None = None
    pores_per_inch: float | None = None
    relative_density: float | None = None

    @property
    def bulk_density(self) -> float | None:
        """Density with the voids of a core counted [kg/m3]; None when unknown."""
        return _bulk_density(self.role, self.material, self.relative_density)

    def quantity(self, name: str) -> float | None:
        """Return a quantity of the layer or of its material, None when unknown."""
        own = name in _OF_THE_LAYER
        source = self if own else self.material
        value: float | None = getattr(source, name) if source is not None else None
        return value


def _bulk_density(
    role: str, material: Material | None, relative: float | None
) -> float | None:
    density = material.density if material is not None else None
    if relative is None:
        return density if role != "core" else None
    return density * relative if density is not None else None


FILLERS = frozenset({"core", "insulation"})
"""Roles of layers that fill a gap: their thickness is part of the standoff."""
_OF_THE_LAYER = frozenset(
    {"thickness", "areal_density", "cell_diameter", "pores_per_inch", "bulk_density"}
)
WORDS = {
    "thickness": "a thickness (thickness_mm)",
    "areal_density": "an areal density (areal_density_kg_m2, plies, or a solid)",
    "density": "a material with a density",
    "yield_strength": "a material with a yield stress",
    "brinell": "a material with a Brinell hardness",
    "sound_speed": "a material with a sound speed",
    "cell_diameter": "a cell diameter (cell_mm)",
    "pores_per_inch": "pores_per_inch",
    "bulk_density": "a material and a relative_density",
}
"""How error messages ask for a quantity of a layer."""


@dataclass(frozen=True)
class LayerRule:
    """What an equation asks of the layers with one role.

    Parameters
    ----------
    role : str
        The role.
    needs : tuple of str
        Quantities that each such layer must have.
    count : tuple of int
        Least and largest number of such layers.
    anywhere : bool
        True if the layer may stand anywhere before the last one.
    """

    role: str
    needs: tuple[str, ...] = ()
    count: tuple[int, int] = (1, 1)
    anywhere: bool = False


@dataclass(frozen=True)
class Stack:
    """The layers of one shield, outside in.

    Parameters
    ----------
    source : str
        The card, for error messages.
    layers : tuple of Layer
        Outside in.
    """

    source: str
    layers: tuple[Layer, ...]

    def __iter__(self) -> Iterator[Layer]:
        return iter(self.layers)

    def all(self, role: str) -> list[Layer]:
        """Return the layers with a role."""
        return [layer for layer in self.layers if layer.role == role]

    def one(self, role: str) -> Layer:
        """Return the only layer with a role (its presence has been checked)."""
        (layer,) = self.all(role)
        return layer

    def value(self, role: str, name: str) -> float:
        """Return a quantity of the only layer with a role (checked to exist)."""
        value = self.one(role).quantity(name)
        if value is None:
            raise KeyError(f"{role}.{name}")
        return value

    def mass(self, role: str) -> float:
        """Return the summed areal density of the layers with a role [kg/m2]."""
        return sum(layer.areal_density or 0.0 for layer in self.all(role))

    def gap(self, first: Layer, last: Layer) -> float:
        """Return the distance between two layers [m].

        The gaps and the thickness of fillers; fabrics and sheets between are not
        counted.
        """
        start = next(i for i, x in enumerate(self.layers) if x is first)
        stop = next(i for i, x in enumerate(self.layers) if x is last)
        gaps = sum(layer.gap for layer in self.layers[start:stop])
        return gaps + sum(
            layer.thickness or 0.0
            for layer in self.layers[start:stop]
            if layer.role in FILLERS and layer is not first
        )

    def before(self, role: str, other: str) -> list[Layer]:
        """Return the layers with a role that stand outside the first `other`."""
        stop = next(i for i, x in enumerate(self.layers) if x.role == other)
        return [layer for layer in self.layers[:stop] if layer.role == role]

    def after(self, role: str, other: str) -> list[Layer]:
        """Return the layers with a role that stand inside of the first `other`."""
        start = next(i for i, x in enumerate(self.layers) if x.role == other)
        return [layer for layer in self.layers[start:] if layer.role == role]

    def check(self, equation: str, rules: tuple[LayerRule, ...]) -> list[Problem]:
        """Return what keeps the layers from feeding an equation.

        Parameters
        ----------
        equation : str
            Name of the equation, for the message.
        rules : tuple of LayerRule
            Its demands, outside in.

        Returns
        -------
        list of Problem
            Empty when the layers fit.
        """
        problems: list[Problem] = []
        known = {rule.role: rule for rule in rules}
        for index, layer in enumerate(self.layers):
            key = f"layer[{index}]"
            rule = known.get(layer.role)
            if rule is None:
                expected = f"a role that {equation} uses: {', '.join(known)}"
                problems.append(
                    Problem(self.source, f"{key}.role", layer.role, expected)
                )
                continue
            problems.extend(
                Problem(
                    self.source,
                    f"{key}.{need}",
                    layer.material.name if layer.material else None,
                    f"{WORDS[need]}, for {equation}",
                )
                for need in rule.needs
                if layer.quantity(need) is None
            )
        for rule in rules:
            low, high = rule.count
            found = len(self.all(rule.role))
            if not low <= found <= high:
                wanted = str(low) if low == high else f"{low} to {high}"
                expected = f"{wanted} layers with role {rule.role!r} for {equation}"
                problems.append(Problem(self.source, "layer", found, expected))
        order = [r.role for r in rules if not r.anywhere]
        actual = [x.role for x in self.layers if x.role in order]
        if not problems and (
            actual != sorted(actual, key=order.index)
            or (order and self.layers[-1].role not in order)
        ):
            found_roles = ", ".join(x.role for x in self.layers)
            expected = f"outside in: {', '.join(order)}"
            problems.append(Problem(self.source, "layer", found_roles, expected))
        return problems


def build_stack(source: str, card: ShieldCard, materials: MaterialTable) -> Stack:
    """Put the materials into the layers of a card.

    Parameters
    ----------
    source : str
        The card, for error messages.
    card : ShieldCard
        Checked against the schema.
    materials : MaterialTable
        Known materials.

    Returns
    -------
    Stack
        Layers in SI.

    Raises
    ------
    InputError
        Unknown material, no or several measures of a layer, missing standoff.
    """
    problems: list[Problem] = []
    layers = tuple(
        _build_layer(source, i, layer, i == len(card.layer) - 1, materials, problems)
        for i, layer in enumerate(card.layer)
    )
    if problems:
        raise InputError(problems)
    return Stack(source, layers)


def _build_layer(
    source: str,
    index: int,
    card: LayerCard,
    last: bool,
    materials: MaterialTable,
    problems: list[Problem],
) -> Layer:
    key = f"layer[{index}]"

    def problem(field: str, value: object, expected: str) -> None:
        problems.append(Problem(source, f"{key}.{field}", value, expected))

    material = materials.get(card.material) if card.material else None
    if card.material and material is None:
        problem("material", card.material, f"a material of {materials.path}")
    measures = (card.thickness_mm, card.areal_density_kg_m2, card.plies)
    given = sum(x is not None for x in measures)
    if given != 1:
        problem(
            "thickness_mm", given, "one of thickness_mm, areal_density_kg_m2 and plies"
        )
    if not last and card.gap_mm is None:
        problem("gap_mm", None, "the standoff to the next layer (0 if they touch)")
    if last and card.gap_mm is not None:
        problem("gap_mm", card.gap_mm, "no gap after the last layer")
    thickness = card.thickness_mm * MM if card.thickness_mm is not None else None
    areal = card.areal_density_kg_m2
    if card.plies is not None:
        sheet = material.sheet_areal_density if material else None
        if material is not None and sheet is None:
            problem("plies", card.plies, "a material with an areal density per sheet")
        areal = card.plies * sheet if sheet is not None else None
    elif areal is None and thickness is not None:
        bulk = _bulk_density(card.role, material, card.relative_density)
        areal = thickness * bulk if bulk is not None else None
    for field in ("cell_mm", "pores_per_inch", "relative_density"):
        value = getattr(card, field)
        if value is not None and card.role != "core":
            problem(field, value, "nothing: it describes a layer with role 'core'")
    return Layer(
        card.role,
        material,
        thickness,
        areal,
        (card.gap_mm or 0.0) * MM,
        card.cell_mm * MM if card.cell_mm is not None else None,
        card.pores_per_inch,
        card.relative_density,
    )
