"""Meteoroid streams after Jenniskens and McBride, with dates (ECSS C.1.4)."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmod.errors import InputError, Problem, bad
from mmod.flux.base import ExposureState, Flag, FluxModel
from mmod.flux.card import ModelCard, OptionValue, read_card
from mmod.flux.densities import constant_density
from mmod.flux.frames import orbit_speed, shadow_angle
from mmod.flux.solar_longitude import seconds_since_j2000
from mmod.flux.stream_activity import (
    COLUMNS,
    Stream,
    names_of,
    streams_of,
)
from mmod.flux.stream_directions import (
    direction_bins,
    face_flux,
    zenith_attraction,
)
from mmod.flux.stream_parts import TRUTH_NODES, Part, active_parts
from mmod.flux.table import SizeCurves, ThreatBins, diameter_grid
from mmod.library import resolve
from mmod.units import DEGREE, GRAM, KM

FloatArray = NDArray[np.float64]

LONGEST_WINDOW = 21.0 * 86400.0
"""Up to here streams may be added to a yearly mean [s] (ECSS 10.2.2.2c: 3 weeks)."""
NODES = (180, 72)
"""Nodes over which the bins of a stream are averaged (few, many steps)."""
NARROW = 0.2
"""A stream whose sigma spreads less is a line across the sky, not an area."""
FINER = 3
"""Its bins are finer by this; they are few, and a face's horizon cuts them."""
KEPT = 8
"""Windows of which the active streams are kept."""


class StreamModel(FluxModel):
    """Streams of a table: activity, drifting radiants, Earth shadow, motion.

    Needs ``start`` and ``end`` of the `ExposureState`; where ``right_ascension`` is
    given the node is followed, elsewhere it is averaged over.
    """

    part_of_kind = True

    def __init__(
        self, name: str, card: ModelCard, path: Path, options: dict[str, OptionValue]
    ) -> None:
        super().__init__(name, card, path, options)
        file = path.parent / card.tables.get("streams", "")
        names = names_of(file) if file.is_file() else []
        self.streams = tuple(streams_of(names, self._table("streams", COLUMNS), file))
        self.populations = tuple(stream.name for stream in self.streams)
        self._size = constant_density(self._number_option("density_kg_m3"))
        self._least_mass = self._number_option("smallest_mass_g") * GRAM
        self._kept: dict[tuple[ExposureState, tuple[int, int]], tuple[Part, ...]] = {}

    # activity

    def window(self, state: ExposureState) -> tuple[float, float]:
        """Return the window of a state.

        Parameters
        ----------
        state : ExposureState
            With start and end.

        Returns
        -------
        tuple of float
            Start and end, since J2000 [s].

        Raises
        ------
        InputError
            Where one of them is missing.

        Notes
        -----
        Valid for every date.

        References
        ----------
        .. [1] As `mmod.flux.solar_longitude.seconds_since_j2000`.
        """
        if state.start is None or state.end is None:
            raise bad(
                f"flux model {self.name}",
                "start, end",
                None,
                "a start and an end: streams depend on the date",
            )
        return seconds_since_j2000(state.start), seconds_since_j2000(state.end)

    def parts(
        self, state: ExposureState, nodes: tuple[int, int] | None = None
    ) -> tuple[Part, ...]:
        """Return the streams that are active within the window of a state.

        Parameters
        ----------
        state : ExposureState
            Orbit and window.
        nodes : tuple of int, optional
            As `mmod.flux.stream_parts.active_parts`; by default those of fluxes.

        Returns
        -------
        tuple of Part
            In the order of the table.

        Raises
        ------
        InputError
            Without a window, or where no stream is active.

        Notes
        -----
        Valid as the card.

        References
        ----------
        .. [1] The ``citation`` of the card.
        """
        nodes = TRUTH_NODES if nodes is None else nodes
        key = (state, nodes)
        if key not in self._kept:
            if len(self._kept) >= KEPT:
                self._kept.clear()
            window = self.window(state)
            self._kept[key] = active_parts(self.streams, state, window, nodes)
            if not self._kept[key]:
                text = "a window in which a stream is active"
                where = f"flux model {self.name}"
                raise bad(where, "start, end", str(state.start), text)
        return self._kept[key]

    def flux_at_top(self, mass: ArrayLike, state: ExposureState) -> FloatArray:
        """Return the mean flux of all streams at the top of the atmosphere.

        Parameters
        ----------
        mass : array_like
            Least masses [kg].
        state : ExposureState
            Its window; the orbit does not matter.

        Returns
        -------
        ndarray
            Across the beams, at rest, unshadowed [1/m2/s], of the shape of ``mass``.

        Raises
        ------
        InputError
            Without a window, or where no stream is active.

        Notes
        -----
        Valid as the card; formulas as they stand for every mass.

        References
        ----------
        .. [1] ECSS-E-ST-10-04C Rev.1 (2020) C.1.4.
        """
        m = np.asarray(mass, dtype=np.float64)
        total = np.zeros_like(m)
        for part in self.parts(state):
            active = part.stream.coefficient * float(part.seen.share.sum())
            total += active * m**-part.stream.exponent
        return total

    def stream(self, name: str) -> Stream:
        """Return a stream of the table by its name.

        Parameters
        ----------
        name : str
            As in the table, e.g. ``Geminids``.

        Returns
        -------
        Stream
            Its row.

        Raises
        ------
        InputError
            For an unknown name.

        Notes
        -----
        Valid for every row.

        References
        ----------
        .. [1] ECSS-E-ST-10-04C Rev.1 (2020) Table C-2.
        """
        for stream in self.streams:
            if stream.name == name:
                return stream
        known = ", ".join(self.populations)
        raise bad(f"flux model {self.name}", "stream", name, f"one of {known}")

    def stream_flux(
        self, state: ExposureState, diameter: ArrayLike
    ) -> dict[str, FloatArray]:
        """Return the cross-sectional flux of every active stream.

        Parameters
        ----------
        state : ExposureState
            Orbit and window.
        diameter : array_like
            [m].

        Returns
        -------
        dict
            Name -> mean flux of particles at least this large [1/m2/s].

        Raises
        ------
        InputError
            As `FluxModel.validity`.

        Notes
        -----
        Valid as the card. The sum is `cumulative`.

        References
        ----------
        .. [1] The ``citation`` of the card.
        """
        self.validity(state)
        mass = self._mass(np.asarray(diameter, dtype=np.float64))
        return {
            part.stream.name: part.strength * mass**-part.stream.exponent
            for part in self.parts(state)
        }

    # the model

    def _extra_flags(self, state: ExposureState) -> tuple[list[Flag], list[Problem]]:
        try:
            start, end = self.window(state)
            if not 100e3 <= state.altitude <= 2000e3:
                return [], []  # refused by the card, or by the shadow
            parts = self.parts(state)
        except InputError as error:
            return [], list(error.problems)
        flags = []
        if state.right_ascension is None:
            text = (
                "the node of the orbit is not known: directions of streams are"
                " averaged over it"
            )
            flags.append(Flag("node-averaged", text))
        if end - start > LONGEST_WINDOW:
            text = (
                "the window is longer than 3 weeks: the yearly means of other"
                " meteoroid models contain these streams (ECSS 10.2.2.2c), never add"
                " them"
            )
            flags.append(Flag("streams-beside", text))
        slowest = min(part.stream.speed for part in parts)
        edge = math.pi - shadow_angle(state.altitude)
        bent = zenith_attraction(edge, slowest, state.altitude) / DEGREE
        text = (
            f"streams fly straight here; gravity bends them by up to {bent:.2g} deg"
            f" (the slowest that is active, {slowest / KM:g} km/s, at the Earth's rim)"
        )
        flags.append(Flag("straight-paths", text))
        return flags, []

    def _mass(self, diameter: FloatArray) -> FloatArray:
        """Return the mass [kg]; below the smallest one nothing is lighter."""
        return np.maximum(self._size.mass(diameter), self._least_mass)

    def _cumulative(self, diameter: FloatArray, state: ExposureState) -> FloatArray:
        _, flux = self._by_exponent(diameter, state)
        return np.asarray(flux.sum(axis=0))

    def _by_exponent(
        self, diameter: FloatArray, state: ExposureState
    ) -> tuple[FloatArray, FloatArray]:
        """Return the mass exponents of active streams and the flux of each."""
        parts = self.parts(state)
        exponents = np.unique([part.stream.exponent for part in parts])
        strength = np.zeros(exponents.size)
        for part in parts:
            row = np.searchsorted(exponents, part.stream.exponent)
            strength[row] += part.strength
        mass = self._mass(np.asarray(diameter, dtype=np.float64))
        shape = (-1,) + (1,) * mass.ndim
        flux = strength.reshape(shape) * mass ** -exponents.reshape(shape)
        return exponents, np.asarray(flux)

    def _density(self, diameter: FloatArray) -> FloatArray:
        return self._size.density(diameter)

    def _curves(self, state: ExposureState) -> SizeCurves:
        density = float(self._size.densities[0])
        least = (6.0 * self._least_mass / (math.pi * density)) ** (1.0 / 3.0)
        nodes = diameter_grid([least])
        _, flux = self._by_exponent(nodes, state)
        return SizeCurves(nodes, flux, np.full_like(flux, density))

    def _bins(self, state: ExposureState, refine: int) -> ThreatBins:
        V, shadow = orbit_speed(state.altitude), shadow_angle(state.altitude)
        exact = self.parts(state)
        coarse = self.parts(state, (NODES[0] * refine, NODES[1] * refine))
        exponents = np.unique([part.stream.exponent for part in exact])
        boxes, curves, members = [], [], []
        for true, part in zip(exact, coarse, strict=True):
            number = part.sigma.shape[1]
            finer = FINER if np.ptp(part.sigma) < NARROW else 1
            found = direction_bins(
                part.sigma.ravel(),
                np.repeat(part.seen.share / number, number),
                part.speed,
                V,
                shadow,
                finer * refine,
            )
            # the total of the bins is the flux of the stream, to rounding
            found[-1] *= true.strength / found[-1].sum()
            boxes.append(found)
            row = int(np.searchsorted(exponents, part.stream.exponent))
            curves.append(np.full(found.shape[1], row, dtype=np.int32))
            members.append(np.full(found.shape[1], part.index, dtype=np.int32))
        box = np.concatenate(boxes, axis=1)
        return ThreatBins(
            azimuth_lower=box[0],
            azimuth_upper=box[1],
            sin_elevation_lower=box[2],
            sin_elevation_upper=box[3],
            speed_lower=box[4],
            speed_upper=box[5],
            weight=box[6],
            size_curve_index=np.concatenate(curves),
            population=np.concatenate(members),
        )

    def face_shares(
        self, state: ExposureState, normals: ArrayLike, *, speed_power: float = 0.0
    ) -> FloatArray:
        """Return oriented-face factors of every size curve (see the base class).

        Parameters
        ----------
        state : ExposureState
            Orbit and window.
        normals : array_like, shape (n, 3)
            Outward unit normals (LVLH).
        speed_power : float
            p in the weight speed^p.

        Returns
        -------
        ndarray, shape (size_curve, n)
            Factors [(m/s)^p]; one size curve for every mass exponent.

        Notes
        -----
        Valid as the model. By the exact arcs of `mmod.flux.stream_directions`, no bins.

        References
        ----------
        .. [1] The ``citation`` of the card.
        """
        faces = np.atleast_2d(np.asarray(normals, dtype=np.float64))
        V, shadow = orbit_speed(state.altitude), shadow_angle(state.altitude)
        parts = self.parts(state)
        exponents = np.unique([part.stream.exponent for part in parts])
        sums = np.zeros((exponents.size, len(faces)))
        total = np.zeros(exponents.size)
        for part in parts:
            row = np.searchsorted(exponents, part.stream.exponent)
            total[row] += part.strength
            for column, normal in enumerate(faces):
                seen = face_flux(
                    part.sigma, part.speed, V, shadow, normal, speed_power
                ).mean(axis=1)
                sums[row, column] += part.coefficient * float(part.seen.share @ seen)
        return sums / total[:, None]


def ecss_streams() -> StreamModel:
    """Return the streams of the library with the defaults of their card.

    Returns
    -------
    StreamModel
        ``ecss_streams``.

    Notes
    -----
    Valid as the card. Found as any model of that name (``MMOD_PATH`` first); path and
    hash of what was found go into the results.

    References
    ----------
    .. [1] The ``citation`` of the card.
    """
    path = resolve("flux_model", "ecss_streams")
    card = read_card(path)
    defaults = {key: option.default for key, option in card.options.items()}
    return StreamModel(path.parent.name, card, path, defaults)
