"""What gives states of motion over a time: the base of element sets and ephemerides."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from mmod.constants import ATMOSPHERE_HEIGHT
from mmod.errors import InputError, Problem, bad
from mmod.orbit.elements import Elements, osculating, period
from mmod.orbit.instants import moment_of
from mmod.units import KM

FloatArray = NDArray[np.float64]

LOWEST = ATMOSPHERE_HEIGHT
"""Altitude below which an object has come down [m]."""


class Track(ABC):
    """An orbit as a function of time.

    Attributes
    ----------
    source : str
        File or key, for error messages.
    name : str
        For tables: kind and object.
    """

    source: str
    name: str

    @abstractmethod
    def vectors(self, seconds: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return position [m] and velocity [m/s] on the equator of date.

        Parameters
        ----------
        seconds : ndarray, shape (n,)
            `mmod.orbit.instants.posix` seconds, within what `limits` allow [s].

        Returns
        -------
        position, velocity : ndarray, shape (n, 3)
            [m] and [m/s].

        Raises
        ------
        InputError
            Where there is no state.
        """

    @abstractmethod
    def limits(self, start: float, end: float) -> list[str]:
        """Refuse a stretch of time that is not covered; return caveats.

        Parameters
        ----------
        start, end : float
            `mmod.orbit.instants.posix` seconds [s].

        Returns
        -------
        list of str
            One sentence each.

        Raises
        ------
        InputError
            With what is covered.
        """

    def elements(self, seconds: FloatArray) -> Elements:
        """Return osculating elements; refuse open and decayed orbits.

        Parameters
        ----------
        seconds : ndarray, shape (n,)
            `mmod.orbit.instants.posix` seconds [s].

        Returns
        -------
        Elements
            At every instant.

        Raises
        ------
        InputError
            As `vectors`; for orbits that are not closed, and below `LOWEST`: names the
            instant.

        Notes
        -----
        Valid as `mmod.orbit.elements.osculating`.

        References
        ----------
        .. [1] As `mmod.orbit.elements.osculating`.
        """
        found = osculating(*self.vectors(seconds))
        problems = []
        # the sign of the axis is that of minus the energy; NaN is not closed either
        is_open = ~((found.semi_major_axis > 0.0) & (found.eccentricity < 1.0))
        low = ~is_open & ~(found.altitude >= LOWEST)
        for wrong, key, value, expected in (
            (is_open, "eccentricity", found.eccentricity, "a closed orbit"),
            (
                low,
                "altitude_km",
                found.altitude / KM,
                f"at least {LOWEST / KM:g} km above 6378 km (it has come down)",
            ),
        ):
            if np.any(wrong):
                at = int(np.argmax(wrong))
                when = moment_of(float(seconds[at])).isoformat(timespec="seconds")
                shown = round(float(value[at]), 3)
                problems.append(
                    Problem(self.source, f"{key} at {when}", shown, expected)
                )
        if problems:
            raise InputError(problems)
        return found

    def period(self, at: float) -> float:
        """Return the osculating period at an instant.

        Parameters
        ----------
        at : float
            `mmod.orbit.instants.posix` seconds [s].

        Returns
        -------
        float
            [s].

        Raises
        ------
        InputError
            As `elements`.

        Notes
        -----
        Valid as `elements`.

        References
        ----------
        .. [1] As `mmod.orbit.elements.period`.
        """
        return period(float(self.elements(np.array([at])).semi_major_axis[0]))


def not_covered(
    source: str, key: str, start: float, end: float, covered: str
) -> InputError:
    """Return the error of a stretch of time that is not covered."""
    shown = " to ".join(
        moment_of(t).isoformat(timespec="seconds") for t in (start, end)
    )
    return bad(source, key, shown, f"a time within {covered}")
