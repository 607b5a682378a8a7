"""What a reader of an external file hands over: bins, size curves and what it says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from mmod.flux.base import Flag
from mmod.flux.card import AreaConvention, Kind, UncertaintyLaw
from mmod.flux.table import SizeCurves, ThreatBins, build_threats
from mmod.flux.uncertainty import law_of_deviations

FloatArray = NDArray[np.float64]
Interval = tuple[float, float]

TUMBLING_TO_CROSS_SECTION = 4.0
"""Cross-section of a convex body over its surface, turned round."""


@dataclass(frozen=True)
class FileFacts:
    """What the files themselves say of their validity; None where they are silent.

    Parameters
    ----------
    altitude_km : tuple of float, optional
        Perigee and apogee [km].
    inclination_deg : tuple of float, optional
        Lowest and highest inclination [deg].
    epoch_year : tuple of float, optional
        Decimal years of begin and end; the calendar year 2024 is (2024, 2025).
    diameter_mm : tuple of float, optional
        Smallest and largest size [mm].
    """

    altitude_km: Interval | None = None
    inclination_deg: Interval | None = None
    epoch_year: Interval | None = None
    diameter_mm: Interval | None = None


@dataclass(frozen=True)
class FluxSigma:
    """One standard deviation of the cumulative flux, as the files give it.

    Parameters
    ----------
    diameter : ndarray, shape (n,)
        Sizes [m].
    lower, upper : ndarray, shape (n,)
        Downward and upward deviation, positive, in the unit and area convention of
        the flux beside them [1/m2/s].
    """

    diameter: FloatArray
    lower: FloatArray
    upper: FloatArray


@dataclass(frozen=True)
class ExternalEnvironment:
    """An environment computed by another program, as read from its files.

    Parameters
    ----------
    format : str
        Name of the format in `mmod.flux.external.FORMATS`.
    kind : {"debris", "meteoroid"}
        What the file holds.
    bins : ThreatBins
        Directions (radiants, LVLH), speeds, weights, ``population``.
    curves : SizeCurves
        Cumulative flux [1/m2/s] in the area convention of the *file*, and densities.
    populations : tuple of str
        Names that ``bins.population`` points to.
    files : tuple of Path
        Every file that was read; their SHA-256 go into the provenance.
    facts : FileFacts
        Orbit, epoch and sizes from the headers.
    area_convention : {"cross_section", "tumbling_surface"}, optional
        What the file states; None where it does not say.
    notes : tuple of Flag
        Caveats that travel with every result.
    sigma : FluxSigma, optional
        Uncertainty where the files have one.
    law : UncertaintyLaw, optional
        The same as a law, where the files, or their format, have no deviations of a
        spectrum but a rule.
    extra : dict, optional
        Further facts of the files, by name.
    """

    format: str
    kind: Kind
    bins: ThreatBins
    curves: SizeCurves
    populations: tuple[str, ...]
    files: tuple[Path, ...]
    facts: FileFacts = FileFacts()
    area_convention: AreaConvention | None = None
    notes: tuple[Flag, ...] = ()
    sigma: FluxSigma | None = None
    law: UncertaintyLaw | None = None
    extra: dict[str, Any] | None = None

    def uncertainty(self) -> UncertaintyLaw | None:
        """Return the uncertainty law of the files, from `law` or from `sigma`.

        Returns
        -------
        UncertaintyLaw or None
            None where the files are silent.

        Raises
        ------
        InputError
            For deviations that are not numbers, or without any flux beside them.

        Notes
        -----
        Valid as the files. The deviations are set against the sum of the size curves.

        References
        ----------
        .. [1] docs/theory.md, section 5.4.
        """
        if self.law is not None or self.sigma is None:
            return self.law
        size = self.sigma.diameter
        nodes = np.log(self.curves.diameter)
        flux = sum(
            np.exp(np.interp(np.log(size), nodes, np.log(c))) for c in self.curves.flux
        )
        return law_of_deviations(
            size,
            np.asarray(flux),
            self.sigma.lower,
            self.sigma.upper,
            f"standard deviations of the files ({self.format})",
        )

    def cross_sectional(self, convention: AreaConvention) -> ExternalEnvironment:
        """Return the same environment with cross-sectional fluxes.

        Parameters
        ----------
        convention : {"cross_section", "tumbling_surface"}
            Of the file's numbers, as its card declares.

        Returns
        -------
        ExternalEnvironment
            Fluxes times 4 where they were per surface of a tumbling plate.

        Notes
        -----
        Valid for convex bodies. Never inferred from the numbers.

        References
        ----------
        .. [1] ECSS-E-ST-10-04C Rev.1 (2020) 10.2.2.2.
        """
        if convention == "cross_section":
            return replace(self, area_convention="cross_section")
        factor = TUMBLING_TO_CROSS_SECTION
        sigma = self.sigma
        if sigma is not None:
            sigma = FluxSigma(
                sigma.diameter, factor * sigma.lower, factor * sigma.upper
            )
        return replace(
            self,
            curves=replace(self.curves, flux=factor * self.curves.flux),
            sigma=sigma,
            area_convention="cross_section",
        )

    def table(self, convention: AreaConvention, **attrs: object) -> xr.Dataset:
        """Return the threat table.

        Parameters
        ----------
        convention : {"cross_section", "tumbling_surface"}
            Of the file's numbers.
        **attrs
            Override attributes: ``model``, ``altitude`` [m], ``inclination`` [rad],
            ``epoch`` (decimal year), ``flags``.

        Returns
        -------
        xarray.Dataset
            As `mmod.flux.table` describes; orbit and epoch are the middles of what
            the files state, NaN where they are silent.

        Raises
        ------
        InputError
            When the contents break a rule of a threat table.

        Notes
        -----
        Valid as the files are.

        References
        ----------
        .. [1] None; bookkeeping.
        """
        own = self.cross_sectional(convention)
        sizes = self.facts.diameter_mm or (np.nan, np.nan)
        complete: dict[str, Any] = {
            "model": self.format,
            "kind": self.kind,
            "altitude": _middle(self.facts.altitude_km) * 1e3,
            "inclination": np.radians(_middle(self.facts.inclination_deg)),
            "epoch": _middle(self.facts.epoch_year),
            "flags": "\n".join(str(note) for note in self.notes),
            "table_min_diameter": sizes[0] * 1e-3,
            "table_max_diameter": sizes[1] * 1e-3,
            **attrs,
        }
        return build_threats(
            own.bins, own.curves, complete, self.populations, own.uncertainty()
        )


def _middle(interval: Interval | None) -> float:
    return float("nan") if interval is None else 0.5 * (interval[0] + interval[1])


@dataclass(frozen=True)
class Format:
    """A file format that a card of the family ``external`` may name.

    Parameters
    ----------
    read : callable
        ``read(path, **settings) -> ExternalEnvironment``.
    settings : tuple of str
        Keyword arguments of ``read`` that a card may declare as options.
    summary : str
        One line for people.
    """

    read: Callable[..., ExternalEnvironment]
    settings: tuple[str, ...]
    summary: str
