"""NASA 1991 debris model: sizes, collision speeds, directions.

Flux = H(d) phi(h, S) psi(i) [F1(d) g1(t) + F2(d) g2(t)] impacts/m2/year with d in cm, h
in km, t in calendar years and S the smoothed F10.7 of the year before.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmod.errors import Problem
from mmod.flux.base import ExposureState, Flag, FluxModel
from mmod.flux.card import ModelCard, OptionValue
from mmod.flux.densities import nasa91_density, nasa91_density_break
from mmod.flux.frames import orbit_speed
from mmod.flux.horizontal import (
    CollisionSpeedLaw,
    horizontal_bins,
    horizontal_face_shares,
    supported,
)
from mmod.flux.table import SizeCurves, ThreatBins, diameter_grid
from mmod.units import CM, DEGREE, KM, PER_YEAR

FloatArray = NDArray[np.float64]

FASTEST_IN_V0 = 2.1
"""Collision speeds above this many v0 count as zero: the authors' rule, since the
clipped form has a second, spurious lobe near 3.5 to 4 v0 for inclinations above 60."""


@dataclass(frozen=True)
class Growth:
    """Growth of the debris population.

    Parameters
    ----------
    mass : float
        p, of the mass in orbit, a year (linear).
    fragments : float
        q, of the fragments, a year (compound) before 2011.
    fragments_later : float
        q', the same from 2011 on.
    """

    mass: float
    fragments: float
    fragments_later: float
    base_year: float = 1988.0
    change_year: float = 2011.0

    def small(self, year: float) -> float:
        """Return g1, the factor of the fragments.

        Parameters
        ----------
        year : float
            Decimal year.

        Returns
        -------
        float
            1 in the base year.

        Notes
        -----
        Valid from the base year on; before it the law is run backwards.

        References
        ----------
        .. [1] SSP 30425 rev. B section 8; ESA SPENVIS, NASA90 model help page.
        """
        early = min(year, self.change_year) - self.base_year
        late = max(year - self.change_year, 0.0)
        return float(
            (1.0 + self.fragments) ** early * (1.0 + self.fragments_later) ** late
        )

    def large(self, year: float) -> float:
        """Return g2, the factor of the large objects.

        Parameters
        ----------
        year : float
            Decimal year.

        Returns
        -------
        float
            1 in the base year.

        Notes
        -----
        Valid from the base year on.

        References
        ----------
        .. [1] As `small`.
        """
        return 1.0 + self.mass * (year - self.base_year)


def nasa91_flux(
    diameter: ArrayLike,
    *,
    altitude: float,
    year: float,
    solar_flux: float,
    inclination_factor: float,
    growth: Growth,
) -> FloatArray:
    """Return the flux expression of the NASA-91 model as printed.

    Parameters
    ----------
    diameter : array_like
        Diameters [m].
    altitude : float
        Of the circular orbit [m].
    year : float
        Epoch, decimal [yr], e.g. 2018.5.
    solar_flux : float
        13-month smoothed F10.7 of the preceding year [sfu].
    inclination_factor : float
        psi(i) [1].
    growth : Growth
        Growth rates.

    Returns
    -------
    ndarray
        Cumulative flux [1/m2/s] in the area convention of the card.

    Notes
    -----
    Valid up to 2000 km altitude. The expression is quoted by public software, since
    the primary documents were not available.

    References
    ----------
    .. [1] SSP 30425 rev. B section 8; Kessler et al., NASA TM-100471 (1989).
    """
    d = np.asarray(diameter, dtype=np.float64) / CM
    h = altitude / KM
    enhancement = 10.0 ** (0.5 * np.exp(-(((np.log10(d) - 0.78) / 0.637) ** 2)))
    phi1 = 10.0 ** (h / 200.0 - solar_flux / 140.0 - 1.5)
    fragments = 1.22e-5 * d**-2.5 * growth.small(year)
    large = 8.1e10 * (d + 700.0) ** -6 * growth.large(year)
    yearly = (
        enhancement * phi1 / (phi1 + 1.0) * inclination_factor * (fragments + large)
    )
    return np.asarray(yearly * PER_YEAR)


def nasa91_speed_law(inclination: float) -> CollisionSpeedLaw:
    """Return the law of the collision speed for an orbit's inclination.

    Parameters
    ----------
    inclination : float
        [rad].

    Returns
    -------
    CollisionSpeedLaw
        Not normalised; zero where the expression is negative and above 2.1 v0.

    Notes
    -----
    Valid for 24 to 120 deg. Constants recalled; they are continuous at their breaks and
    give the published mean of 10.8 km/s at 51.6 deg. The cut at 2.1 v0 is the authors'.

    References
    ----------
    .. [1] Kessler et al., NASA TM-100471 (1989); SSP 30425 rev. B section 8.
    .. [2] National Research Council, Protecting the Space Station from Meteoroids and
       Orbital Debris (1997), p. 90 (mean 10.8 km/s).
    """
    i = inclination / DEGREE
    A = 2.5
    B = 0.5 if i < 60 else 0.5 - 0.01 * (i - 60) if i < 80 else 0.3
    C = 0.0125 if i < 100 else 0.0125 + 0.00125 * (i - 100)
    D = 1.3 - 0.01 * (i - 30)
    E = 0.55 + 0.005 * (i - 30)
    if i < 50:
        F = 0.3 + 0.0008 * (i - 50) ** 2
    else:
        F = 0.3 - 0.01 * (i - 50) if i < 80 else 0.0
    G = 18.7 if i < 60 else 18.7 + 0.0289 * (i - 60) ** 3 if i < 80 else 250.0
    H = 1.0 - 7.57e-5 * (i - 60) ** 2
    v0 = (7.25 + 0.015 * (i - 30) if i < 60 else 7.7) * KM

    def signed(speed: FloatArray) -> FloatArray:
        v = np.asarray(speed) / v0
        peak = G * np.exp(-(((v - A) / B) ** 2)) + F * np.exp(-(((v - D) / E) ** 2))
        return np.asarray((2.0 * v - v**2) * peak + H * C * (4.0 * v - v**2))

    return supported(signed, FASTEST_IN_V0 * v0)


class HorizontalDebris(FluxModel):
    """Debris with the density options that NASA-91 and MASTER sizes share."""

    def _density(self, diameter: FloatArray) -> FloatArray:
        if self._text_option("density") == "law":
            return nasa91_density(diameter)
        return np.full(np.shape(diameter), self._number_option("density_kg_m3"))

    def _density_nodes(self) -> tuple[float, ...]:
        is_law = self._text_option("density") == "law"
        return (nasa91_density_break(),) if is_law else ()

    def _laws(self, state: ExposureState) -> tuple[CollisionSpeedLaw, ...]:
        """Return the law of the collision speed of every size curve."""
        return (nasa91_speed_law(state.inclination),)

    def _bins(self, state: ExposureState, refine: int) -> ThreatBins:
        coupling = 2.0 * orbit_speed(state.altitude)
        return horizontal_bins(self._laws(state), coupling, refine)

    def face_shares(
        self, state: ExposureState, normals: ArrayLike, *, speed_power: float = 0.0
    ) -> FloatArray:
        """Return oriented-face factors of every size curve (see the base class).

        Parameters
        ----------
        state : ExposureState
            Orbit and epoch.
        normals : array_like, shape (n, 3)
            Outward unit normals (LVLH).
        speed_power : float
            p in the weight speed^p.

        Returns
        -------
        ndarray, shape (size_curve, n)
            Factors [(m/s)^p].

        Notes
        -----
        Valid as the model.

        References
        ----------
        .. [1] The ``citation`` of the card.
        """
        coupling = 2.0 * orbit_speed(state.altitude)
        return np.stack(
            [
                horizontal_face_shares(law, coupling, normals, speed_power)
                for law in self._laws(state)
            ]
        )


class Nasa91Model(HorizontalDebris):
    """The NASA-91 model with its inclination table and the solar flux of the card."""

    def __init__(
        self, name: str, card: ModelCard, path: Path, options: dict[str, OptionValue]
    ) -> None:
        super().__init__(name, card, path, options)
        self._growth = Growth(
            self._number("growth_mass"),
            self._number("growth_fragments"),
            self._number("growth_fragments_after_2011"),
        )
        self._psi = self._table("inclination", ("inclination_deg", "psi"))
        self._solar = self._table(
            "solar_flux", ("year", "annual_of_smoothed_obs", "n_smoothed_months")
        )

    def inclination_factor(self, inclination: float) -> float:
        """Return psi, interpolated linearly in the card's table.

        Parameters
        ----------
        inclination : float
            [rad].

        Returns
        -------
        float
            psi; 1.028 at 51.6 deg. Beyond the table its end values.

        Notes
        -----
        Valid for 24 to 120 deg. The table is recalled.

        References
        ----------
        .. [1] SSP 30425 rev. B section 8.
        """
        return float(
            np.interp(
                inclination / DEGREE, self._psi["inclination_deg"], self._psi["psi"]
            )
        )

    def solar_flux(self, year: float) -> float | None:
        """Return the smoothed F10.7 of the year before, or the option that replaces it.

        Parameters
        ----------
        year : float
            Decimal year of the exposure.

        Returns
        -------
        float or None
            [sfu]; None where the table has no complete year before.

        Notes
        -----
        Valid from 1960 on. Mean over the preceding calendar year of the 13-month
        smoothed flux as observed.

        References
        ----------
        .. [1] CelesTrak space weather data (underlying: DRAO Penticton).
        """
        given = self.options.get("solar_flux")
        if isinstance(given, int | float):
            return float(given)
        before = math.floor(year) - 1
        complete = self._solar["n_smoothed_months"] >= 12
        match = (self._solar["year"] == before) & complete
        if not np.any(match):
            return None
        return float(self._solar["annual_of_smoothed_obs"][match][0])

    def _extra_flags(self, state: ExposureState) -> tuple[list[Flag], list[Problem]]:
        source = f"flux model {self.name}"
        problems = []
        if self.solar_flux(state.epoch) is None:
            years = self._solar["year"][self._solar["n_smoothed_months"] >= 12]
            expected = (
                f"an epoch from {years.min() + 1:.0f} to the end of"
                f" {years.max() + 1:.0f} (F10.7 of the year before is tabulated),"
                " or the option solar_flux"
            )
            problems.append(Problem(source, "epoch_year", state.epoch, expected))
        if self._growth.large(state.epoch) <= 0.0:
            first = self._growth.base_year - 1.0 / self._growth.mass
            problems.append(
                Problem(source, "epoch_year", state.epoch, f"after {first:g}")
            )
        if self._text_option("area_convention") == "tumbling_surface":
            message = "the printed flux was read as per tumbling surface (four times)"
            return [Flag("area-convention", message)], problems
        message = (
            "the printed flux is read as cross-sectional, by numerical inference: four"
            " times as much if it is per tumbling surface (option area_convention)"
        )
        return [Flag("area-convention", message)], problems

    def _cumulative(self, diameter: FloatArray, state: ExposureState) -> FloatArray:
        solar_flux = self.solar_flux(state.epoch)
        if solar_flux is None:  # refused by validity(), which every caller asks first
            return np.full(np.shape(diameter), np.nan)
        per_surface = self._text_option("area_convention") == "tumbling_surface"
        return (4.0 if per_surface else 1.0) * nasa91_flux(
            diameter,
            altitude=state.altitude,
            year=state.epoch,
            solar_flux=solar_flux,
            inclination_factor=self.inclination_factor(state.inclination),
            growth=self._growth,
        )

    def _curves(self, state: ExposureState) -> SizeCurves:
        nodes = diameter_grid(self._density_nodes())
        return SizeCurves(
            nodes, self._cumulative(nodes, state)[None, :], self._density(nodes)[None]
        )
