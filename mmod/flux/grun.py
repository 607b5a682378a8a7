"""Meteoroids after Grün et al. (1985): sizes, focusing, shielding, motion."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from mmod.constants import ATMOSPHERE_HEIGHT, EARTH_RADIUS
from mmod.errors import InputError, Problem, bad
from mmod.flux.base import ExposureState, Flag, FluxModel
from mmod.flux.card import ModelCard, OptionValue
from mmod.flux.densities import SSP_STEPS, SteppedDensity, constant_density
from mmod.flux.frames import escape_speed, orbit_radius, orbit_speed, shadow_angle
from mmod.flux.isotropic import isotropic_bins, motion_factor
from mmod.flux.isotropic_faces import isotropic_face_shares
from mmod.flux.meteoroid_speed import (
    MeteoroidSpeedLaw,
    focusing,
    hrmp_conservative,
    hrmp_literal,
    ssp_speed_law,
)
from mmod.flux.mixture import mix_threats
from mmod.flux.streams import LONGEST_WINDOW, StreamModel, ecss_streams
from mmod.flux.table import SizeCurves, ThreatBins, diameter_grid
from mmod.units import GRAM, KM, PER_YEAR

FloatArray = NDArray[np.float64]

SECONDS_A_YEAR_IN_FORMULA = 3.15576e7
"""The factor that turns the formula's 1/s into 1/year."""
STREAM = "stream"
"""Name of the population of streams."""
PART_FLAG = "part-of-all-meteoroids"
"""Flag of the streams that does not hold where they are added."""
TUMBLING_TO_CROSS_SECTION = 4.0
"""The formula counts hits on a one-sided, randomly tumbling plate."""


def interplanetary_flux(mass: ArrayLike) -> FloatArray:
    """Return the Grün flux far from the Earth at 1 AU.

    Parameters
    ----------
    mass : array_like
        Masses [kg].

    Returns
    -------
    ndarray
        Flux of particles at least this heavy on a single-sided randomly tumbling plate
        [1/m2/s]; a quarter of the cross-sectional flux.

    Notes
    -----
    Valid for 1e-21 to 0.1 kg (1e-18 to 100 g); Table J-5 of [2]_ is reproduced within
    its rounding from 1e-12 to 500 g.

    References
    ----------
    .. [1] Grün, Zook, Fechtig, Giese, Icarus 62 (1985) 244,
       doi:10.1016/0019-1035(85)90121-6.
    .. [2] ECSS-E-ST-10-04C Rev.1 (2020) eq. 10-1, Table J-5.
    """
    m = np.asarray(mass, dtype=np.float64) / GRAM
    large = (2.2e3 * m**0.306 + 15.0) ** -4.38
    middle = 1.3e-9 * (m + 1e11 * m**2 + 1e27 * m**4) ** -0.36
    small = 1.3e-16 * (m + 1e6 * m**2) ** -0.85
    yearly = SECONDS_A_YEAR_IN_FORMULA * (large + middle + small)
    return np.asarray(yearly * PER_YEAR)


def ssp_focusing(altitude: float) -> float:
    """Return the focusing factor of SSP 30425, 1 + 6478 km / r.

    Parameters
    ----------
    altitude : float
        [m].

    Returns
    -------
    float
        2 at 100 km, 1 far away; 1.956 at 400 km.

    Notes
    -----
    Valid from 100 km on. Recalled; the altitude ratios 0.967 to 1.130 that NASA/TM-
    2009-214785 Table 2-3 prints for 300 to 1500 km follow from it and the shielding.

    References
    ----------
    .. [1] SSP 30425 rev. B section 8; NASA TM-4527 (1994).
    """
    return 1.0 + (EARTH_RADIUS + ATMOSPHERE_HEIGHT) / orbit_radius(altitude)


class GrunModel(FluxModel):
    """Grün meteoroids with the speeds and focusing of SSP 30425 or of ECSS.

    A card with a ``speed`` table (speeds far from the Earth) is focused speed by speed
    after ECSS; one without uses the near-Earth law and the single factor of SSP 30425.
    With the option ``streams`` the streams of a short window come on top of the yearly
    mean, as a population of their own.
    """

    def __init__(
        self, name: str, card: ModelCard, path: Path, options: dict[str, OptionValue]
    ) -> None:
        super().__init__(name, card, path, options)
        self._size = self._size_law()
        self._motion: dict[float, float] = {}
        self._laws: dict[float, MeteoroidSpeedLaw] = {}
        self._infinity: tuple[FloatArray, FloatArray] | None = None
        if "speed" in card.tables:
            table = self._table("speed", ("v_kms", "n_vinf"))
            self._infinity = (table["v_kms"] * KM, table["n_vinf"])
            steps = np.diff(table["v_kms"])
            if not np.allclose(steps, steps[0]) or np.any(table["n_vinf"] < 0.0):
                raise bad(
                    path.parent / card.tables["speed"],
                    "v_kms, n_vinf",
                    "irregular or negative",
                    "regularly spaced speeds and densities >= 0",
                )
        self.streams: StreamModel | None = None
        if self.options.get("streams", "none") == "ecss":
            self.streams = ecss_streams()
            self.sources |= self.streams.sources
            self.populations = (card.kind, STREAM)

    def _size_law(self) -> SteppedDensity:
        if self._text_option("density") == "stepped":
            return SSP_STEPS
        return constant_density(self._number_option("density_kg_m3"))

    def speed_law(self, altitude: float) -> MeteoroidSpeedLaw:
        """Return the law of the Earth-frame speed at altitude.

        Parameters
        ----------
        altitude : float
            [m].

        Returns
        -------
        MeteoroidSpeedLaw
            Flux-weighted on a plate at rest.

        Notes
        -----
        Valid as the card.

        References
        ----------
        .. [1] The ``citation`` of the card.
        """
        if altitude not in self._laws:
            if self._infinity is None:
                law = ssp_speed_law()
            elif self._text_option("speed_law") == "ecss_literal":
                law = hrmp_literal(*self._infinity, escape_speed(altitude))
            else:
                law = hrmp_conservative(*self._infinity, escape_speed(altitude))
            self._laws[altitude] = law
        return self._laws[altitude]

    def focusing(self, altitude: float) -> float:
        """Return the mean gravitational focusing at altitude.

        Parameters
        ----------
        altitude : float
            [m].

        Returns
        -------
        float
            SSP: 1 + 6478 km / r. ECSS: mean of 1 + vesc^2 / vinf^2 over the flux far
            from the Earth.

        Notes
        -----
        Valid from 100 km on. Summing Table C-1 gives 2.29 at 400 km where Table J-6 of
        [1]_ prints 2.00; the rows of 0.5 and 1 km/s carry 0.26 of it.

        References
        ----------
        .. [1] ECSS-E-ST-10-04C Rev.1 (2020) C.1.3, Table J-6.
        """
        if self._infinity is None:
            return ssp_focusing(altitude)
        speed, density = self._infinity
        factor = focusing(speed, escape_speed(altitude))
        return float(np.sum(density * factor) / np.sum(density))

    def motion_factor(self, altitude: float) -> float:
        """Return cross-sectional flux on the moving spacecraft over 4 F G.

        Parameters
        ----------
        altitude : float
            [m].

        Returns
        -------
        float
            Shielding and motion together (sf K, K taken over the visible sky).

        Notes
        -----
        Valid from 100 km on.

        References
        ----------
        .. [1] ECSS-E-ST-10-04C Rev.1 (2020) eq. C-25.
        """
        if altitude not in self._motion:
            self._motion[altitude] = motion_factor(
                self.speed_law(altitude), orbit_speed(altitude), shadow_angle(altitude)
            )
        return self._motion[altitude]

    def stationary_flux(self, diameter: ArrayLike, altitude: float) -> FloatArray:
        """Return F G: the focused flux on a tumbling plate at rest, unshadowed.

        Parameters
        ----------
        diameter : array_like
            [m].
        altitude : float
            [m].

        Returns
        -------
        ndarray
            [1/m2/s], single-sided tumbling plate.

        Notes
        -----
        Valid as the card.

        References
        ----------
        .. [1] The ``citation`` of the card.
        """
        mass = self._size.mass(np.asarray(diameter, dtype=np.float64))
        return interplanetary_flux(mass) * self.focusing(altitude)

    def _extra_flags(self, state: ExposureState) -> tuple[list[Flag], list[Problem]]:
        if self.streams is None:
            return [], []
        try:
            flags = self.streams.validity(state)
            start, end = self.streams.window(state)
        except InputError as error:
            return [], list(error.problems)
        text = (
            f"{self.name} counts streams twice: its yearly mean holds their mean share"
            " (3.5 % at 1e-6 g, 12.6 % at 1e-2 g), the streams of the window are added"
        )
        flags = [flag for flag in flags if flag.code != PART_FLAG]
        flags.append(Flag("streams-added", text))
        length = (end - start) / 86400.0
        if end - start > LONGEST_WINDOW and not state.accept_extrapolation:
            expected = (
                "at most 21 days with streams: a longer one has them in the yearly mean"
                " (ECSS 10.2.2.2c); accept_outside_validity = true goes beyond"
            )
            key = "start, end"
            where = f"flux model {self.name}"
            return [], [Problem(where, key, f"{length:.6g} days", expected)]
        return flags, []

    def size_flags(self, diameter: ArrayLike) -> list[Flag]:
        """Return the caveats at particle sizes (see the base class).

        Parameters
        ----------
        diameter : array_like
            Diameters that are asked for [m].

        Returns
        -------
        list of Flag
            Of the yearly mean and, where they are added, of the streams.

        Raises
        ------
        InputError
            For bad diameters.

        Notes
        -----
        Valid for any sizes.

        References
        ----------
        .. [1] The ``citation`` of the card.
        """
        flags = super().size_flags(diameter)
        if self.streams is not None:
            flags += [
                replace(flag, code=f"{flag.code}-streams")
                for flag in self.streams.size_flags(diameter)
            ]
        return flags

    def threats(self, state: ExposureState, *, refine: int = 1) -> xr.Dataset:
        """Return the threat table of one phase (see the base class).

        Parameters
        ----------
        state : ExposureState
            Orbit, epoch and, with streams, the window.
        refine : int
            Divides the bins.

        Returns
        -------
        xarray.Dataset
            With streams a second population, ``stream``, and a size curve for every
            mass exponent.

        Raises
        ------
        InputError
            As the base class; with streams also for a window that is missing or longer
            than 3 weeks.

        Notes
        -----
        Valid as the card.

        References
        ----------
        .. [1] The ``citation`` of the card; ECSS-E-ST-10-04C Rev.1 (2020) 10.2.2.2c.
        """
        sporadic = super().threats(state, refine=refine)
        if self.streams is None:
            return sporadic
        sporadic["population"].attrs["population_names"] = self.kind
        streams = self.streams.threats(state, refine=refine)
        streams["population"][:] = 0
        streams["population"].attrs["population_names"] = STREAM
        both = mix_threats([sporadic, streams], [1.0, 1.0])
        keep = ("model", "options", "flags")
        both.attrs |= {key: sporadic.attrs[key] for key in keep}
        return both

    def _cumulative(self, diameter: FloatArray, state: ExposureState) -> FloatArray:
        flux = self._sporadic(diameter, state)
        if self.streams is not None:
            flux = flux + self.streams.cumulative(diameter, state)
        return flux

    def _sporadic(self, diameter: FloatArray, state: ExposureState) -> FloatArray:
        """Return the cross-sectional flux of the yearly mean [1/m2/s]."""
        factor = TUMBLING_TO_CROSS_SECTION * self.motion_factor(state.altitude)
        return factor * self.stationary_flux(diameter, state.altitude)

    def _density(self, diameter: FloatArray) -> FloatArray:
        return self._size.density(diameter)

    def _curves(self, state: ExposureState) -> SizeCurves:
        gaps = self._size.gaps
        nodes = diameter_grid([edge for gap in gaps for edge in gap])
        for low, high in gaps:
            nodes = nodes[(nodes <= low) | (nodes >= high)]
        flux = self._sporadic(nodes, state)
        for low, high in gaps:  # flat to the last bit: nothing is in between
            step = self._sporadic(np.sqrt([low * high]), state)
            flux[(nodes == low) | (nodes == high)] = step
        return SizeCurves(nodes, flux[None, :], self._density(nodes)[None, :])

    def _bins(self, state: ExposureState, refine: int) -> ThreatBins:
        return isotropic_bins(
            self.speed_law(state.altitude),
            orbit_speed(state.altitude),
            shadow_angle(state.altitude),
            refine,
        )

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
            Factors [(m/s)^p]; the yearly mean first.

        Notes
        -----
        Valid as the model.

        References
        ----------
        .. [1] The ``citation`` of the card.
        """
        shares = isotropic_face_shares(
            self.speed_law(state.altitude),
            orbit_speed(state.altitude),
            shadow_angle(state.altitude),
            normals,
            speed_power,
        )
        mean = shares[None, :] / self.motion_factor(state.altitude)
        if self.streams is None:
            return mean
        more = self.streams.face_shares(state, normals, speed_power=speed_power)
        return np.concatenate([mean, more])
