"""Environments of other programs, read from their files: the family ``external``.

A card names format, file and how to get it; the files themselves are never shipped.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmod.errors import InputError, Problem, bad
from mmod.flux.base import ExposureState, Flag, FluxModel
from mmod.flux.card import (
    EXTERNAL,
    AreaConvention,
    ModelCard,
    OptionValue,
    UncertaintyLaw,
    Validity,
    ValidityRange,
)
from mmod.flux.quadrature import curve_shares
from mmod.flux.readers._environment import ExternalEnvironment, FileFacts, Format
from mmod.flux.readers.mem3 import FORMAT as MEM3
from mmod.flux.readers.ordem import FORMAT as ORDEM3
from mmod.flux.readers.stenvi import FORMAT as STENVI
from mmod.flux.readers.threat_table import FORMAT as THREAT_TABLE
from mmod.flux.table import SizeCurves, ThreatBins

FloatArray = NDArray[np.float64]

FORMATS: dict[str, Format] = {
    "mem3": MEM3,
    "ordem3": ORDEM3,
    "stenvi": STENVI,
    "threat_table": THREAT_TABLE,
}
"""File formats that an external card may name."""

__all__ = ["FORMATS", "ExternalEnvironment", "ExternalModel", "FileFacts", "Format"]


class ExternalModel(FluxModel):
    """An environment that another program computed for one orbit and time.

    The files are read when the model is made. A run far from their orbit, year or
    sizes is refused, or flagged where the run accepts that.

    Attributes
    ----------
    environment : ExternalEnvironment
        What was read, with cross-sectional fluxes.
    """

    def __init__(
        self, name: str, card: ModelCard, path: Path, options: dict[str, OptionValue]
    ) -> None:
        super().__init__(name, card, path, options)
        if card.family != EXTERNAL or card.format not in FORMATS:
            raise bad(
                path, "format", card.format, f"one of {', '.join(sorted(FORMATS))}"
            )
        form = FORMATS[card.format]
        unknown = [key for key in options if key not in form.settings]
        if unknown:
            known = ", ".join(form.settings) or "none"
            raise InputError(
                Problem(
                    str(path),
                    f"options.{key}",
                    options[key],
                    f"an option of the format {card.format} ({known})",
                )
                for key in unknown
            )
        assert card.path is not None
        file = path.parent / card.path
        if not file.exists():
            raise bad(path, "path", str(file), f"an existing file; {card.how_to_get}")
        settings = {k: v for k, v in options.items() if v is not None}
        found = form.read(file, **settings)
        _agrees(path, card, found)
        self.environment = found.cross_sectional(card.area_convention)
        self.card = card.model_copy(
            update={
                "validity": _validity(path, card, found.facts),
                "uncertainty_law": _uncertainty(path, card, self.environment),
            }
        )
        self.populations = found.populations
        for each in found.files:
            self.sources[str(each)] = file_digest(each)

    def _extra_flags(self, state: ExposureState) -> tuple[list[Flag], list[Problem]]:
        del state
        return list(self.environment.notes), []

    def _cumulative(self, diameter: FloatArray, state: ExposureState) -> FloatArray:
        del state
        return np.asarray(self._each(diameter).sum(axis=0))

    def _each(self, diameter: FloatArray) -> FloatArray:
        """Return the flux of every curve, log-log, its end slopes continued."""
        curves = self.environment.curves
        nodes, x = np.log(curves.diameter), np.log(diameter)
        rows = []
        for row in np.log(curves.flux):
            high = (row[-1] - row[-2]) / (nodes[-1] - nodes[-2])
            low = (row[1] - row[0]) / (nodes[1] - nodes[0])
            value = np.interp(x, nodes, row)
            value += np.where(x > nodes[-1], high * (x - nodes[-1]), 0.0)
            value += np.where(x < nodes[0], low * (x - nodes[0]), 0.0)
            rows.append(np.exp(value))
        return np.stack(rows)

    def _density(self, diameter: FloatArray) -> FloatArray:
        curves = self.environment.curves
        # of the particles about this size: differential flux over one per cent
        amount = self._each(diameter / 1.005) - self._each(diameter * 1.005)
        amount = amount + 1e-12 * self._each(diameter)
        density = np.stack(
            [
                np.exp(np.interp(np.log(diameter), np.log(curves.diameter), row))
                for row in np.log(curves.density)
            ]
        )
        return np.asarray((amount * density).sum(axis=0) / amount.sum(axis=0))

    def _curves(self, state: ExposureState) -> SizeCurves:
        del state
        return self.environment.curves

    def _bins(self, state: ExposureState, refine: int) -> ThreatBins:
        del state
        return split_bins(self.environment.bins, refine)

    def face_shares(
        self, state: ExposureState, normals: ArrayLike, *, speed_power: float = 0.0
    ) -> FloatArray:
        """Return oriented-face factors, as `FluxModel.face_shares`.

        Parameters
        ----------
        state, normals, speed_power
            As `FluxModel.face_shares`.

        Returns
        -------
        ndarray, shape (size_curve, n)
            The factors.

        Raises
        ------
        InputError
            Outside the validity.

        Notes
        -----
        Valid as the files. Their bins are all there is: quadrature over bins of half
        the size.

        References
        ----------
        .. [1] None; quadrature.
        """
        table = self.threats(state, refine=2)
        return np.asarray(curve_shares(table, normals, speed_power=speed_power).T)


def _agrees(path: Path, card: ModelCard, found: ExternalEnvironment) -> None:
    """Refuse a card that contradicts what the files say."""
    problems = []
    if found.kind != card.kind:
        problems.append(Problem(str(path), "kind", card.kind, f"{found.kind!r}"))
    stated: AreaConvention | None = found.area_convention
    if stated is not None and stated != card.area_convention:
        problems.append(
            Problem(
                str(path),
                "area_convention",
                card.area_convention,
                f"{stated!r}, as the files state",
            )
        )
    if problems:
        raise InputError(problems)


def _validity(path: Path, card: ModelCard, facts: FileFacts) -> Validity:
    """Return the ranges: the files' own with the card's tolerance, else the card's."""
    tolerance = card.tolerance
    ranges: dict[str, ValidityRange | None] = {}
    problems = []
    outside: Literal["refuse", "flag"]
    for key, stated, slack, outside in (
        ("altitude_km", facts.altitude_km, tolerance.altitude_km, "refuse"),
        ("inclination_deg", facts.inclination_deg, tolerance.inclination_deg, "refuse"),
        ("epoch_year", facts.epoch_year, tolerance.epoch_year, "refuse"),
        ("diameter_mm", facts.diameter_mm, 0.0, "flag"),
    ):
        own = getattr(card.validity, key, None)
        if stated is not None:
            low, high = stated
            text = f"{low:g}" if low == high else f"{low:g} to {high:g}"
            ranges[key] = ValidityRange(
                minimum=low - slack - 1e-9 * max(abs(low), 1e-3),
                maximum=high + slack + 1e-9 * max(abs(high), 1e-3),
                outside=outside,
                source=f"the files state {text}, tolerance {slack:g}",
                tag="read" if slack == 0.0 else "estimate",
            )
        elif own is not None or key == "epoch_year":
            ranges[key] = own
        else:
            expected = "a range in the card, as the files do not state it"
            problems.append(Problem(str(path), f"validity.{key}", None, expected))
    if problems:
        raise InputError(problems)
    return Validity.model_validate(ranges)


def _uncertainty(
    path: Path, card: ModelCard, found: ExternalEnvironment
) -> UncertaintyLaw:
    """Return the law of the card, which goes before that of the files."""
    law = card.uncertainty_law or found.uncertainty()
    if law is None:
        expected = (
            "a table in the card (diameter_mm, log_stderr, source, tag), as the files"
            " do not state it"
        )
        raise bad(path, "uncertainty_law", None, expected)
    return law


def split_bins(bins: ThreatBins, refine: int) -> ThreatBins:
    """Return the same flux in bins of a fraction of the size.

    Parameters
    ----------
    bins : ThreatBins
        Bins of uniform flux.
    refine : int
        Divides every edge that has a width.

    Returns
    -------
    ThreatBins
        At most refine^3 times as many bins.

    Notes
    -----
    Valid for any bins: flux is uniform within one.
    """
    if refine == 1:
        return bins
    edges = {
        name: (getattr(bins, f"{name}_lower"), getattr(bins, f"{name}_upper"))
        for name in ("azimuth", "sin_elevation", "speed")
    }
    weight, index = bins.weight, np.arange(bins.weight.size)
    for name in list(edges):
        low, high = edges[name]
        if np.all(low == high) or (bins.side is not None and name != "speed"):
            continue
        part = np.repeat(np.arange(refine), index.size)
        index, weight = np.tile(index, refine), np.tile(weight, refine) / refine
        edges = {
            other: (np.tile(pair[0], refine), np.tile(pair[1], refine))
            for other, pair in edges.items()
        }
        low, high = edges[name]
        step = (high - low) / refine
        edges[name] = (low + part * step, np.minimum(low + (part + 1) * step, high))
    return ThreatBins(
        *edges["azimuth"],
        *edges["sin_elevation"],
        *edges["speed"],
        weight=weight,
        size_curve_index=bins.size_curve_index[index],
        side=None if bins.side is None else bins.side[index],
        coupling_speed=bins.coupling_speed,
        population=None if bins.population is None else bins.population[index],
    )


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file, read piece by piece.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    str
        Hexadecimal digest.
    """
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
