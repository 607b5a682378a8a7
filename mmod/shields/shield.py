"""A shield ready for use: critical diameter, validity and kinks of one card."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from mmod import library
from mmod.errors import bad
from mmod.shields.ballistic_limits._handbook import BoolArray, FloatArray, Impact
from mmod.shields.ballistic_limits._regimes import Limit, Validity
from mmod.shields.cards import ShieldCard, parse_card
from mmod.shields.equations import EQUATIONS, Equation, own
from mmod.shields.materials import MaterialTable, load_materials
from mmod.shields.stack import Layer, build_stack

NONE = "none"
"""Equation (and criterion) of parts that only cast shadows."""


@dataclass(frozen=True)
class Shield:
    """Layers, damage equation and failure criterion of one card.

    Parameters
    ----------
    name : str
        Name of the card.
    card : ShieldCard
        The card as read.
    layers : tuple of Layer
        Outside in, SI.
    path : Path
        The card's file.
    sources : dict
        Path to SHA-256 of every file that was read; with `equation_sources`.
    limit : Limit, optional
        The equation with the layers put in; None for the equation ``none``.
    equation_sources : dict
        For an equation that is not part of this package: the file beside the card, or
        the module, to the SHA-256 of its file. Empty otherwise.
    """

    name: str
    card: ShieldCard
    layers: tuple[Layer, ...]
    path: Path
    sources: dict[str, str]
    limit: Limit | None = field(repr=False)
    equation_sources: dict[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What the shield is, in one line."""
        return self.card.title

    @property
    def equation(self) -> str:
        """Name of the ballistic limit equation, or ``none``."""
        return self.card.equation

    @property
    def criterion(self) -> str:
        """What counts as failure, or ``none``."""
        return self.card.criterion

    @property
    def certainty(self) -> str:
        """How well the numbers are known."""
        return self.card.certainty

    @property
    def source(self) -> str:
        """Citation of the numbers."""
        return self.card.source

    @property
    def vulnerable_fraction(self) -> float:
        """Share of the face that fails when the particle is large enough."""
        return self.card.vulnerable_fraction

    @property
    def sha256(self) -> str:
        """Hash of the card's file."""
        return self.sources[str(self.path)]

    @property
    def is_none(self) -> bool:
        """True when impacts are counted and penetration is not defined."""
        return self.limit is None

    @property
    def areal_density(self) -> float | None:
        """Mass per area of all layers [kg/m2]; None when one of them is unknown."""
        known = [x.areal_density for x in self.layers if x.areal_density is not None]
        return sum(known) if self.layers and len(known) == len(self.layers) else None

    @property
    def validity(self) -> Validity | None:
        """Range of the tests behind the equation; None for ``none``."""
        return None if self.limit is None else self.limit.validity

    @property
    def angle_breaks(self) -> tuple[float, ...]:
        """Obliquities at which the critical diameter kinks or jumps [rad]."""
        return () if self.limit is None else self.limit.angle_breaks

    @property
    def density_breaks(self) -> tuple[float, ...]:
        """Particle densities at which it kinks or jumps [kg/m3]."""
        return () if self.limit is None else self.limit.density_breaks

    def critical_diameter(
        self, speed: ArrayLike, obliquity: ArrayLike, density: ArrayLike
    ) -> FloatArray:
        """Return the smallest sphere that makes the shield fail.

        Parameters
        ----------
        speed : array_like
            Impact speed [m/s], > 0.
        obliquity : array_like
            Angle from the surface normal [rad], 0 to pi/2.
        density : array_like
            Particle density [kg/m3], > 0.

        Returns
        -------
        ndarray
            Critical diameter [m], of the broadcast shape. Never NaN; infinite for the
            equation ``none``, for which nothing fails.

        Raises
        ------
        InputError
            On NaN or values outside the ranges above.
        """
        if self.limit is not None:
            return self.limit.critical_diameter(speed, obliquity, density)
        return np.full(_shape(speed, obliquity, density), np.inf)

    def valid(
        self,
        speed: ArrayLike,
        obliquity: ArrayLike,
        density: ArrayLike,
        *,
        diameter: ArrayLike | None = None,
    ) -> BoolArray:
        """Return where the equation is used inside the range of its tests.

        Parameters
        ----------
        speed : array_like
            Impact speed [m/s], > 0.
        obliquity : array_like
            Angle from the surface normal [rad], 0 to pi/2.
        density : array_like
            Particle density [kg/m3], > 0.
        diameter : array_like, optional
            Critical diameters there [m], where they are at hand; saves computing them.

        Returns
        -------
        ndarray of bool
            False where the critical diameter is an extrapolation; True everywhere for
            the equation ``none``.
        """
        if self.limit is not None:
            return self.limit.valid(speed, obliquity, density, diameter=diameter)
        return np.full(_shape(speed, obliquity, density), True)

    def speed_breaks(self, obliquity: ArrayLike, density: ArrayLike) -> FloatArray:
        """Return the speeds at which the critical diameter kinks or jumps.

        Parameters
        ----------
        obliquity : array_like
            Angle from the surface normal [rad].
        density : array_like
            Particle density [kg/m3].

        Returns
        -------
        ndarray
            Speeds [m/s], broadcast shape + (n,), not decreasing along the last axis.
        """
        if self.limit is not None:
            return self.limit.speed_breaks(obliquity, density)
        return np.zeros((*_shape(1.0, obliquity, density), 0))


def _shape(
    speed: ArrayLike, obliquity: ArrayLike, density: ArrayLike
) -> tuple[int, ...]:
    impact = Impact.from_si(speed, obliquity, density)
    return np.broadcast_shapes(
        impact.speed.shape, impact.obliquity.shape, impact.density.shape
    )


def load_shield(
    name: str | Path,
    *,
    relative_to: Path | None = None,
    materials: MaterialTable | None = None,
) -> Shield:
    """Read a shield card and put its layers into its equation.

    Parameters
    ----------
    name : str or Path
        Name in the library (``soyuz_bo``), or path of a card.
    relative_to : Path, optional
        Folder of the file that names the shield.
    materials : MaterialTable, optional
        Materials to use; the library's by default.

    Returns
    -------
    Shield
        Ready for use.

    Raises
    ------
    InputError
        When the card, a material, the equation, the criterion or a layer is wrong;
        names the card, key, value and what was expected.

    Notes
    -----
    A card may name a Python function as its equation; loading such a card runs it. See
    `mmod.shields.equations.own`.
    """
    path = library.resolve("shield", str(name), relative_to=relative_to, key="shield")
    card = parse_card(path, library.read_toml(path))
    table = load_materials() if materials is None else materials
    stack = build_stack(str(path), card, table)
    equation = _equation(path, card)
    limit = None
    if equation is not None:
        limit = equation.limit(stack, card.criterion, card.coefficients)
    theirs = equation.sources if isinstance(equation, own.OwnEquation) else {}
    ours = {str(path): library.sha256(path), str(table.path): table.sha256}
    return Shield(
        name=path.stem,
        card=card,
        layers=stack.layers,
        path=path,
        sources=ours | theirs,
        limit=limit,
        equation_sources=theirs,
    )


def _equation(path: Path, card: ShieldCard) -> Equation | own.OwnEquation | None:
    if card.equation == NONE:
        if card.criterion != NONE:
            raise bad(path, "criterion", card.criterion, "none, as the equation")
        return None
    if card.equation in EQUATIONS:
        return EQUATIONS[card.equation]
    found = own.find(path, card.equation)
    if found is None:
        names = (NONE, *EQUATIONS, *own.installed())
        expected = (
            f"an equation: {', '.join(names)}; or your own, FILE.py:FUNCTION beside"
            " the card or PACKAGE.MODULE:FUNCTION"
        )
        raise bad(path, "equation", card.equation, expected)
    return found
