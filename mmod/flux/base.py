"""What every flux model is: a card, options, validity, sizes, densities and threats."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from mmod.errors import InputError, Problem, bad
from mmod.flux.card import (
    Kind,
    ModelCard,
    OptionValue,
    UncertaintyLaw,
    ValidityRange,
    read_table,
)
from mmod.flux.table import SizeCurves, ThreatBins, build_threats
from mmod.flux.uncertainty import log_stderr
from mmod.library import sha256
from mmod.units import DEGREE, KM, MM

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class ExposureState:
    """One phase of an exposure as a flux model sees it.

    Parameters
    ----------
    altitude : float
        Of the circular orbit above 6378 km [m].
    inclination : float
        Of the orbit [rad], 0 to pi.
    epoch : float
        Decimal year of the middle of the phase.
    accept_extrapolation : bool
        Outside a model's validity give a flag instead of an error.
    start, end : datetime, optional
        First and last instant of the phase (with an offset), for models that depend
        on the date, such as meteoroid streams.
    right_ascension : float, optional
        Right ascension of the ascending node in the middle of the phase [rad], for
        models with directions that are fixed among the stars; None: not known.

    Raises
    ------
    InputError
        For values that are not finite or not physical.
    """

    altitude: float
    inclination: float
    epoch: float
    accept_extrapolation: bool = False
    start: datetime | None = None
    end: datetime | None = None
    right_ascension: float | None = None

    def __post_init__(self) -> None:
        problems = [
            Problem("exposure state", key, value, expected)
            for key, value, low, high, expected in (
                ("altitude", self.altitude, 0.0, 1e9, "a height from 0 to 1e9 m"),
                ("inclination", self.inclination, 0.0, math.pi, "0 to pi rad"),
                ("epoch", self.epoch, 1900.0, 2200.0, "a decimal year 1900 to 2200"),
            )
            if not (math.isfinite(value) and low <= value <= high)
        ]
        node = self.right_ascension
        if node is not None and not math.isfinite(node):
            expected = "a finite angle [rad]"
            problems.append(
                Problem("exposure state", "right_ascension", node, expected)
            )
        moments = {"start": self.start, "end": self.end}
        problems += [
            Problem("exposure state", key, value, "an instant with an offset")
            for key, value in moments.items()
            if value is not None and value.utcoffset() is None
        ]
        if not problems and self.start and self.end and self.end <= self.start:
            expected = f"an instant after the start {self.start}"
            problems.append(Problem("exposure state", "end", self.end, expected))
        if problems:
            raise InputError(problems)


@dataclass(frozen=True)
class Flag:
    """A caveat that travels with every result.

    Parameters
    ----------
    code : str
        Short stable name, e.g. ``extrapolated-epoch_year``.
    message : str
        One sentence for a reader.
    excess : float
        How far a state is outside the validity, in the unit of the range: of several
        states the worst is named.
    """

    code: str
    message: str
    excess: float = field(default=0.0, compare=False)

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class FluxModel(ABC):
    """A debris or meteoroid environment.

    Made by `mmod.flux.load_flux`; a family implements the abstract methods.

    Parameters
    ----------
    name : str
        Library name of the card.
    card : ModelCard
        The validated card.
    path : Path
        Where the card is; its tables lie beside it.
    options : dict
        Every option of the card with the value in force.

    Attributes
    ----------
    title : str
        From the card.
    kind : {"debris", "meteoroid"}
        From the card.
    populations : tuple of str
        Names of the populations of its threat tables.
    sources : dict
        Path -> SHA-256 of every file that was read.
    part_of_kind : bool
        True for a part of the debris or meteoroids (streams), which is not comparable
        with models of the whole kind.
    """

    part_of_kind: bool = False

    def __init__(
        self, name: str, card: ModelCard, path: Path, options: dict[str, OptionValue]
    ) -> None:
        self.name = name
        self.card = card
        self.path = path
        self.title = card.title
        self.kind: Kind = card.kind
        self.options = dict(options)
        self.populations: tuple[str, ...] = (card.kind,)
        self.sources: dict[str, str] = {str(path): sha256(path)}

    def __repr__(self) -> str:
        chosen = ", ".join(f"{k}={v!r}" for k, v in self.options.items())
        return f"<flux model {self.name} ({self.kind}): {chosen}>"

    # what a family provides

    @abstractmethod
    def _cumulative(self, diameter: FloatArray, state: ExposureState) -> FloatArray:
        """Return the cross-sectional flux [1/m2/s] at checked diameters [m]."""

    @abstractmethod
    def _density(self, diameter: FloatArray) -> FloatArray:
        """Return the particle density [kg/m3] at checked diameters [m]."""

    @abstractmethod
    def _curves(self, state: ExposureState) -> SizeCurves:
        """Return the size curves of the threat table."""

    @abstractmethod
    def _bins(self, state: ExposureState, refine: int) -> ThreatBins:
        """Return the bins of direction and speed of the threat table."""

    @abstractmethod
    def face_shares(
        self, state: ExposureState, normals: ArrayLike, *, speed_power: float = 0.0
    ) -> FloatArray:
        """Return oriented-face factors by quadrature of the model's own densities.

        Parameters
        ----------
        state : ExposureState
            Orbit and epoch.
        normals : array_like, shape (n, 3)
            Outward unit normals in the LVLH frame.
        speed_power : float
            p in the weight speed^p.

        Returns
        -------
        ndarray, shape (size_curve, n)
            Integral of max(0, cos) speed^p over the directions and speeds of each
            size curve, per unit of its cross-sectional flux [(m/s)^p].

        Notes
        -----
        Independent of the bins of `threats`: this is the truth of their tests.
        """

    # common behaviour

    def _extra_flags(self, state: ExposureState) -> tuple[list[Flag], list[Problem]]:
        """Return flags and refusals of a family beyond the card's ranges."""
        del state
        return [], []

    def validity(self, state: ExposureState) -> list[Flag]:
        """Return the caveats of this model at a state.

        Parameters
        ----------
        state : ExposureState
            Orbit and epoch.

        Returns
        -------
        list of Flag
            The card's own and one for every accepted extrapolation.

        Raises
        ------
        InputError
            Outside a range that the card refuses, unless the state accepts
            extrapolation. Names model, key, value and range; all of them at once.
        """
        limits = self.card.validity
        flags = [Flag(flag.code, flag.message) for flag in self.card.flags]
        problems: list[Problem] = []
        seen: tuple[tuple[str, float, ValidityRange | None], ...] = (
            ("altitude_km", state.altitude / KM, limits.altitude_km),
            ("inclination_deg", state.inclination / DEGREE, limits.inclination_deg),
            ("epoch_year", state.epoch, limits.epoch_year),
        )
        for key, value, limit in seen:
            if limit is None:
                continue
            if limit.contains(value):
                continue
            text = f"{limit.minimum:g} to {limit.maximum:g} ({limit.source})"
            if limit.outside == "refuse" and not state.accept_extrapolation:
                problems.append(
                    Problem(
                        f"flux model {self.name}",
                        key,
                        round(value, 6),
                        f"{text}; accept_outside_validity = true goes beyond",
                    )
                )
            else:
                flags.append(
                    Flag(
                        f"extrapolated-{key}",
                        f"{self.name} is used at {key} = {value:.6g},"
                        f" outside its validity {text}",
                        max(limit.minimum - value, value - limit.maximum),
                    )
                )
        more_flags, more_problems = self._extra_flags(state)
        if problems or more_problems:
            raise InputError([*problems, *more_problems])
        return [*flags, *more_flags]

    def size_flags(self, diameter: ArrayLike) -> list[Flag]:
        """Return the caveats of this model at particle sizes.

        Parameters
        ----------
        diameter : array_like
            Diameters that are asked for [m], positive and finite.

        Returns
        -------
        list of Flag
            One that names all sizes outside ``card.validity.diameter_mm``; none where
            all of them are inside.

        Raises
        ------
        InputError
            For bad diameters.

        Notes
        -----
        Valid for any sizes. Beyond the range formulas are continued as they stand; a
        file holds nothing there.

        References
        ----------
        .. [1] The ``citation`` of the card.
        """
        limit = self.card.validity.diameter_mm
        asked = np.unique(_checked(diameter)) / MM
        beyond = [float(d) for d in asked if not limit.contains(float(d))]
        if not beyond:
            return []
        sizes = ", ".join(f"{d:.4g}" for d in beyond)
        text = (
            f"{self.name} is used at diameter_mm = {sizes}, outside its sizes"
            f" {limit.minimum:.4g} to {limit.maximum:.4g} ({limit.source}): numbers for"
            " these sizes are no statement of the model"
        )
        return [Flag("extrapolated-diameter_mm", text)]

    def cumulative(self, diameter: ArrayLike, state: ExposureState) -> FloatArray:
        """Return the cross-sectional flux of particles at least this large.

        Parameters
        ----------
        diameter : array_like
            Diameters [m], positive and finite.
        state : ExposureState
            Orbit and epoch.

        Returns
        -------
        ndarray
            Flux [1/m2/s], of the shape of ``diameter``: hits per projected area of a
            moving sphere. An oriented face sees sum over directions of this times
            max(0, cos); a randomly tumbling one-sided plate a quarter.

        Raises
        ------
        InputError
            For bad diameters, and outside the validity as `validity`.

        Notes
        -----
        Sizes outside ``card.validity.diameter_mm`` are extrapolated (formulas as they
        stand, tables by their last segment, log-log).

        References
        ----------
        .. [1] The ``citation`` of the card.
        """
        self.validity(state)
        return self._cumulative(_checked(diameter), state)

    def density(self, diameter: ArrayLike) -> FloatArray:
        """Return the density of particles of a diameter.

        Parameters
        ----------
        diameter : array_like
            Diameters [m], positive and finite.

        Returns
        -------
        ndarray
            Density [kg/m3], of the shape of ``diameter``.

        Raises
        ------
        InputError
            For bad diameters.

        Notes
        -----
        Valid wherever the flux is.

        References
        ----------
        .. [1] The ``citation`` of the card.
        """
        return self._density(_checked(diameter))

    def threats(self, state: ExposureState, *, refine: int = 1) -> xr.Dataset:
        """Return the threat table of one phase.

        Parameters
        ----------
        state : ExposureState
            Orbit and epoch.
        refine : int
            1 for the working resolution, 2 for bins of half the size, and so on.

        Returns
        -------
        xarray.Dataset
            As `mmod.flux.table` describes. The weights of each size curve sum to 1 and
            the sum of the size curves is `cumulative` at every node.

        Raises
        ------
        InputError
            Outside the validity, as `validity`, and for a bad ``refine``.

        References
        ----------
        .. [1] The ``citation`` of the card.
        """
        if type(refine) is not int or refine < 1:
            raise bad("<argument>", "refine", refine, "a whole number >= 1")
        flags = self.validity(state)
        sizes = self.card.validity.diameter_mm
        attrs: dict[str, Any] = {
            "model": self.name,
            "kind": self.kind,
            "altitude": float(state.altitude),
            "inclination": float(state.inclination),
            "epoch": float(state.epoch),
            "options": "; ".join(f"{k} = {v}" for k, v in self.options.items()),
            "flags": "\n".join(str(flag) for flag in flags),
            "table_min_diameter": sizes.minimum * MM,
            "table_max_diameter": sizes.maximum * MM,
        }
        return build_threats(
            self._bins(state, refine),
            self._curves(state),
            attrs,
            self.populations,
            self.uncertainty_law,
        )

    @property
    def uncertainty_law(self) -> UncertaintyLaw:
        """Uncertainty of the cumulative flux: of the card, or of external files."""
        if self.card.uncertainty_law is None:
            expected = "a table: diameter_mm, log_stderr, source, tag"
            raise bad(self.path, "uncertainty_law", None, expected)
        return self.card.uncertainty_law

    def log_stderr(self, diameter: ArrayLike) -> FloatArray:
        """Return one standard error of the log of the cumulative flux.

        Parameters
        ----------
        diameter : array_like
            Least diameters [m], positive and finite.

        Returns
        -------
        ndarray [1]
            sigma of ln F(>= d), of the shape of ``diameter``.

        Raises
        ------
        InputError
            For bad diameters.

        Notes
        -----
        Valid wherever the flux is; one deviate for the whole model.

        References
        ----------
        .. [1] The ``uncertainty_law`` of the card; docs/theory.md, section 5.4.
        """
        return log_stderr(self.uncertainty_law, _checked(diameter))

    # help for families

    def _number(self, key: str) -> float:
        """Return a scalar constant of the card."""
        value = self.card.constants.get(key)
        if not isinstance(value, int | float):
            raise bad(self.path, f"constants.{key}", value, "a number")
        return float(value)

    def _numbers(self, key: str) -> FloatArray:
        """Return a list constant of the card."""
        value = self.card.constants.get(key)
        if not isinstance(value, tuple):
            raise bad(self.path, f"constants.{key}", value, "a list of numbers")
        return np.asarray(value, dtype=np.float64)

    def _text_option(self, key: str) -> str:
        """Return a text option in force."""
        value = self.options.get(key)
        if not isinstance(value, str):
            raise bad(self.path, f"options.{key}", value, "an option with a default")
        return value

    def _number_option(self, key: str) -> float:
        """Return a numeric option in force."""
        value = self.options.get(key)
        if not isinstance(value, int | float):
            raise bad(self.path, f"options.{key}", value, "an option with a default")
        return float(value)

    def _table(self, key: str, columns: tuple[str, ...]) -> dict[str, FloatArray]:
        """Read a table of the card and record its hash."""
        name = self.card.tables.get(key)
        if name is None:
            raise bad(self.path, f"tables.{key}", None, "the name of a CSV file")
        file = self.path.parent / name
        table = read_table(file, columns, key=key)
        self.sources[str(file)] = sha256(file)
        return table


def _checked(diameter: ArrayLike) -> FloatArray:
    values = np.asarray(diameter, dtype=np.float64)
    wrong = ~(np.isfinite(values) & (values > 0.0))
    if np.any(wrong):
        raise bad(
            "<argument>",
            "diameter",
            float(values[wrong].flat[0]),
            "positive finite diameters [m]",
        )
    return values
