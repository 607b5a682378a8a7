"""The orbit of a CCSDS Orbit Ephemeris Message."""

from __future__ import annotations

from datetime import UTC

import numpy as np
from numpy.typing import NDArray

from mmod.constants import EARTH_GM
from mmod.errors import bad
from mmod.orbit.elements import precession
from mmod.orbit.instants import moment_of, tai_minus_utc
from mmod.orbit.interpolation import interpolate
from mmod.orbit.oem_file import Segment
from mmod.orbit.track import Track, not_covered
from mmod.units import KM

FloatArray = NDArray[np.float64]

MEGABYTES = 32
FLAG_ERROR = 0.1 * KM
"""Interpolation that may be further off than this is flagged [m]."""
LARGEST_ERROR = 5.0 * KM
"""Interpolation that may be further off than this is refused [m]."""
LONGEST_STEP = 0.2
"""Of a revolution, between states: beyond it no estimate of the error holds."""
_OF_DATE = ("TEME", "TOD")
_MOST_TESTED = 4000


class OemTrack(Track):
    """Segments of one object, interpolated as their file says.

    Parameters
    ----------
    segments : sequence of Segment
        From `mmod.orbit.oem_file.parse_oem`.
    source : str
        File.

    Notes
    -----
    Valid within the useable intervals. States on the equator of J2000 (EME2000, GCRF,
    ICRF) are turned to the mean equator of date: the inclination differs by up to
    0.14 deg in 2026.

    References
    ----------
    .. [1] CCSDS 502.0-B-3, Orbit Data Messages, section 5.
    """

    def __init__(self, segments: tuple[Segment, ...], source: str) -> None:
        self.source = source
        self.name = f"OEM of object {segments[0].object_id}"
        self.segments = segments

    def limits(self, start: float, end: float) -> list[str]:
        """Refuse times outside the useable intervals and coarse tables.

        Parameters
        ----------
        start, end : float
            `mmod.orbit.instants.posix` seconds [s].

        Returns
        -------
        list of str
            A caveat where the interpolation is worse than `FLAG_ERROR`.

        Raises
        ------
        InputError
            With what is covered; or where it is worse than `LARGEST_ERROR`.
        """
        first, last = (t + float(tai_minus_utc(t)) for t in (start, end))
        reached = first
        for segment in self.segments:
            if segment.start <= reached + 1e-3 and segment.stop > reached:
                reached = segment.stop
        if not reached + 1e-3 >= last or first < self.segments[0].start - 1e-3:
            covered = ", ".join(
                " to ".join(_utc_text(t) for t in (s.start, s.stop))
                for s in self.segments[:5]
            )
            raise not_covered(self.source, "phase", start, end, covered)
        used = [s for s in self.segments if s.stop > first and s.start < last]
        turn = max(longest_step(segment) for segment in used)
        if turn > LONGEST_STEP:
            raise bad(
                self.source,
                "step of the states",
                f"{turn:.2g} of a revolution",
                f"states at most {LONGEST_STEP:g} of a revolution apart",
            )
        error = max(interpolation_error(segment) for segment in used)
        if error > LARGEST_ERROR:
            raise bad(
                self.source,
                "step of the states",
                f"interpolation off by about {error / KM:.3g} km",
                f"states so close that it is good to {LARGEST_ERROR / KM:g} km",
            )
        if error > FLAG_ERROR:
            message = (
                f"the ephemeris is interpolated to about {error / KM:.2g} km only"
                " (estimated by leaving out every second state)"
            )
            return [message]
        return []

    def vectors(self, seconds: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return interpolated states on the equator of date, as `Track.vectors`.

        Parameters
        ----------
        seconds : ndarray, shape (n,)
            `mmod.orbit.instants.posix` seconds [s].

        Returns
        -------
        position, velocity : ndarray, shape (n, 3)
            [m] and [m/s].

        Raises
        ------
        InputError
            Outside the useable intervals.

        Notes
        -----
        Valid as the file. Where two segments meet, the later one is used.

        References
        ----------
        .. [1] As `mmod.orbit.interpolation.interpolate`.
        """
        tai = seconds + tai_minus_utc(seconds)
        starts = np.array([s.start for s in self.segments])
        which = np.searchsorted(starts, tai + 1e-3, side="right") - 1
        position = np.zeros((seconds.size, 3))
        velocity = np.zeros((seconds.size, 3))
        for k in np.unique(which):
            mine = which == k
            segment = self.segments[max(int(k), 0)]
            at = tai[mine]
            outside = (at < segment.start - 1e-3) | (at > segment.stop + 1e-3)
            if np.any(outside):
                wrong = float(seconds[mine][np.argmax(outside)])
                covered = f"{_utc_text(segment.start)} to {_utc_text(segment.stop)}"
                raise not_covered(self.source, "instant", wrong, wrong, covered)
            position[mine], velocity[mine] = interpolate(
                segment.time,
                segment.position,
                segment.velocity,
                np.clip(at, segment.time[0], segment.time[-1]),
                segment.method,
                segment.points,
            )
            if segment.frame not in _OF_DATE and seconds.size:
                position[mine], velocity[mine] = _of_date(
                    seconds[mine], position[mine], velocity[mine]
                )
        return position, velocity


def _of_date(
    seconds: FloatArray, position: FloatArray, velocity: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Turn states to the mean equator of date.

    Month by month: in half of one the pole moves by an arc second.
    """
    turned = np.zeros_like(position), np.zeros_like(velocity)
    month = np.floor(seconds / (30.0 * 86400.0))
    for m in np.unique(month):
        mine = month == m
        matrix = precession(float((m + 0.5) * 30.0 * 86400.0))
        turned[0][mine] = position[mine] @ matrix.T
        turned[1][mine] = velocity[mine] @ matrix.T
    return turned


def longest_step(segment: Segment) -> float:
    """Return the longest step between states as a share of a revolution.

    Parameters
    ----------
    segment : Segment
        States.

    Returns
    -------
    float
        Of the circular orbit at the lower end of the step [1].

    Notes
    -----
    Valid for nearly circular orbits.

    References
    ----------
    .. [1] Kepler's third law.
    """
    distance = np.linalg.norm(segment.position, axis=1)
    lower = np.minimum(distance[1:], distance[:-1])
    step = np.diff(segment.time)
    return float(np.max(step * np.sqrt(EARTH_GM / lower**3)) / (2.0 * np.pi))


def interpolation_error(segment: Segment) -> float:
    """Return an estimate of the error of interpolated distances.

    Parameters
    ----------
    segment : Segment
        States.

    Returns
    -------
    float
        Largest miss [m] of the distance from the centre at states that were left out,
        with the order of the polynomial in the step taken off; 0 where there are too
        few states to tell.

    Notes
    -----
    Valid for smooth tables within `LONGEST_STEP`: every second state is left out, so the step is doubled, and
    a polynomial with m unknowns then errs about 2^m times as much.

    References
    ----------
    .. [1] None; step doubling.
    """
    unknowns = segment.points * (2 if segment.method == "HERMITE" else 1)
    kept = np.arange(0, segment.time.size, 2)
    if kept.size < segment.points:
        return 0.0
    left_out = np.arange(1, kept[-1], 2)
    # ends of a table are its worst places, and rarely matter
    left_out = left_out[:: max(1, left_out.size // _MOST_TESTED)]
    found, _ = interpolate(
        segment.time[kept],
        segment.position[kept],
        segment.velocity[kept],
        segment.time[left_out],
        segment.method,
        segment.points,
    )
    distance = np.linalg.norm(segment.position[left_out], axis=1)
    miss = np.abs(np.linalg.norm(found, axis=1) - distance)
    return float(miss.max(initial=0.0)) / 2.0**unknowns


def _utc_text(tai: float) -> str:
    seconds = tai - float(tai_minus_utc(tai))
    return moment_of(seconds).astimezone(UTC).isoformat(timespec="seconds")
