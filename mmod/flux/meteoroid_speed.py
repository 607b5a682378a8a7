"""Laws of the meteoroid speed near the Earth: SSP 30425 and HRMP (ECSS).

A law is a density over the Earth-frame speed at the spacecraft, as seen by a plate at
rest (flux-weighted), smooth between its breaks and normalised.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mmod.units import KM

FloatArray = NDArray[np.float64]

WIDEST_PIECE = 0.05
"""Largest relative width of a piece that one Gauss rule integrates."""


@dataclass(frozen=True)
class MeteoroidSpeedLaw:
    """Flux-weighted density of the Earth-frame speed at the spacecraft.

    Parameters
    ----------
    density : callable
        Speed [m/s] array -> density, any normalisation.
    breaks : ndarray
        Increasing speeds [m/s]: the ends of the support and every jump or kink.
    """

    density: Callable[[FloatArray], FloatArray]
    breaks: FloatArray

    @cached_property
    def quadrature(self) -> tuple[FloatArray, FloatArray]:
        """Speeds [m/s] and probabilities of a fine Gauss rule (sum 1)."""
        edges = self.edges(WIDEST_PIECE, merge=False)
        nodes, weights = self._rule(edges)
        return nodes.ravel(), weights.ravel() / np.sum(weights)

    def edges(self, relative_width: float, *, merge: bool = True) -> FloatArray:
        """Return bin edges of about a relative width, on breaks where these are wider.

        Parameters
        ----------
        relative_width : float
            Aimed width / speed.
        merge : bool
            Join neighbouring pieces between breaks that are narrower.

        Returns
        -------
        ndarray
            Increasing edges [m/s] from the first to the last break.

        Notes
        -----
        Valid for positive speeds.

        References
        ----------
        .. [1] As the law.
        """
        kept = [float(self.breaks[0])]
        last = len(self.breaks) - 1
        for k, stop in enumerate(self.breaks[1:], start=1):
            start = kept[-1]
            wide = np.log(stop / start) / relative_width
            if merge and k < last and wide < 0.75:
                continue
            pieces = max(1, int(np.ceil(wide - 0.25)))
            kept.extend(np.geomspace(start, stop, pieces + 1)[1:].tolist())
            kept[-1] = float(stop)
        return np.array(kept)

    def cells(self, edges: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return a two-point Gauss rule of the probability in every cell.

        Parameters
        ----------
        edges : ndarray, shape (n + 1,)
            Cell edges [m/s].

        Returns
        -------
        nodes, probabilities : ndarray, shape (n, 2)
            Speeds [m/s] inside the cells and probabilities that sum to 1; the first
            four moments (0 to 3) of every cell are exact.

        Notes
        -----
        Valid for cells of positive probability; one without gets zeros.

        References
        ----------
        .. [1] As the law.
        """
        fine = np.unique(np.concatenate([self.breaks, edges]))
        nodes, weights = self._rule(fine)
        cell = np.searchsorted(edges, 0.5 * (fine[:-1] + fine[1:]), side="right") - 1
        count = edges.size - 1

        def moment(values: FloatArray) -> FloatArray:
            sums = np.bincount(cell, np.sum(values, axis=1), minlength=count)
            return np.asarray(sums, dtype=np.float64)

        mass = moment(weights)
        safe = np.where(mass > 0.0, mass, 1.0)
        mean = moment(weights * nodes) / safe
        offset = nodes - mean[cell, None]
        sigma = np.sqrt(np.maximum(moment(weights * offset**2) / safe, 1e-30))
        skew = moment(weights * offset**3) / safe / sigma**3
        root = np.sqrt(1.0 + 0.25 * skew**2)
        points = mean[:, None] + sigma[:, None] * np.stack(
            [0.5 * skew - root, 0.5 * skew + root], axis=1
        )
        shares = 0.5 + np.stack([0.25 * skew / root, -0.25 * skew / root], axis=1)
        return points, shares * (mass / np.sum(mass))[:, None]

    def mean(self, function: Callable[[FloatArray], FloatArray]) -> float:
        """Return the flux-weighted mean of a function of the speed.

        Parameters
        ----------
        function : callable
            Speed [m/s] array -> value.

        Returns
        -------
        float
            The mean.

        Notes
        -----
        Valid for functions that are smooth between the breaks.

        References
        ----------
        .. [1] As the law.
        """
        nodes, weights = self.quadrature
        return float(np.sum(weights * function(nodes)))

    def _rule(self, edges: FloatArray) -> tuple[FloatArray, FloatArray]:
        x, w = np.polynomial.legendre.leggauss(4)
        half = 0.5 * np.diff(edges)[:, None]
        nodes = 0.5 * (edges[:-1] + edges[1:])[:, None] + half * x
        return nodes, half * w * self.density(nodes)


def ssp_speed_law() -> MeteoroidSpeedLaw:
    """Return the speed law of SSP 30425, near the Earth.

    Returns
    -------
    MeteoroidSpeedLaw
        0.112 (11.1 to 16.3 km/s), 3.328e5 v^-5.34 (to 55), 1.695e-4 (to 72.2), per
        km/s, renormalised (its integral is 1.0037).

    Notes
    -----
    Valid near the Earth, for every altitude alike. Constants recalled: they are
    continuous at both breaks to 0.1 %.

    References
    ----------
    .. [1] SSP 30425 rev. B section 8; NASA TM-4527 (1994); after Erickson (1968) and
       Kessler (1969).
    """

    def density(speed: FloatArray) -> FloatArray:
        v = np.asarray(speed) / KM
        fast = np.where(v < 55.0, 3.328e5 * v**-5.34, 1.695e-4)
        inside = (v >= 11.1) & (v <= 72.2)
        return np.where(inside, np.where(v < 16.3, 0.112, fast), 0.0)

    return MeteoroidSpeedLaw(density, np.array([11.1, 16.3, 55.0, 72.2]) * KM)


def piecewise_law(edges: FloatArray, probability: FloatArray) -> MeteoroidSpeedLaw:
    """Return a law that is uniform in every bin.

    Parameters
    ----------
    edges : ndarray, shape (n + 1,)
        Bin edges [m/s], increasing.
    probability : ndarray, shape (n,)
        Weight of every bin, any normalisation.

    Returns
    -------
    MeteoroidSpeedLaw
        The law.

    Notes
    -----
    Valid for non-negative weights.

    References
    ----------
    .. [1] None; a histogram.
    """
    level = probability / (np.sum(probability) * np.diff(edges))

    def density(speed: FloatArray) -> FloatArray:
        v = np.asarray(speed)
        index = np.searchsorted(edges, v, side="right") - 1
        inside = (v >= edges[0]) & (v < edges[-1])
        return np.where(inside, level[np.clip(index, 0, level.size - 1)], 0.0)

    return MeteoroidSpeedLaw(density, edges)


def hrmp_conservative(
    speed_infinity: FloatArray, density_infinity: FloatArray, escape: float
) -> MeteoroidSpeedLaw:
    """Return the HRMP law at altitude, every row keeping its focused probability.

    Parameters
    ----------
    speed_infinity : ndarray, shape (n,)
        Regular speeds far from the Earth [m/s].
    density_infinity : ndarray, shape (n,)
        Their density.
    escape : float
        Speed of escape at the spacecraft [m/s].

    Returns
    -------
    MeteoroidSpeedLaw
        Row k carries n_k G_k, spread uniformly over the speeds at altitude of its bin
        v_k +- half a step.

    Notes
    -----
    Valid for any altitude. It reproduces K = 1.09 and the front to rear ratio 7.7 of
    ECSS Tables J-6 and J-1 at 400 km.

    References
    ----------
    .. [1] ECSS-E-ST-10-04C Rev.1 (2020) C.1.2, C.1.3, Table C-1.
    """
    half = 0.5 * (speed_infinity[1] - speed_infinity[0])
    outer = np.concatenate([speed_infinity - half, [speed_infinity[-1] + half]])
    return piecewise_law(
        np.hypot(np.maximum(outer, 0.0), escape),
        density_infinity * focusing(speed_infinity, escape),
    )


def hrmp_literal(
    speed_infinity: FloatArray, density_infinity: FloatArray, escape: float
) -> MeteoroidSpeedLaw:
    """Return the HRMP law at altitude as ECSS interpolates it (no Jacobian).

    Parameters
    ----------
    speed_infinity, density_infinity, escape
        As `hrmp_conservative`.

    Returns
    -------
    MeteoroidSpeedLaw
        The value n G is moved to v = sqrt(vinf^2 + vesc^2) and read again, linearly, at
        the regular speeds of the table; uniform within half a step of each.

    Notes
    -----
    Valid as ECSS uses it. This does not conserve probability: it reproduces the
    printed 400 km column to about 3 % and its mean of 19.7 km/s.

    References
    ----------
    .. [1] ECSS-E-ST-10-04C Rev.1 (2020) C.1.3, Table C-1.
    """
    step = speed_infinity[1] - speed_infinity[0]
    speed = np.hypot(speed_infinity, escape)
    value = density_infinity * focusing(speed_infinity, escape)
    read = np.interp(speed_infinity, speed, value, left=0.0, right=0.0)
    used = speed_infinity >= speed[0]
    centre = speed_infinity[used]
    edges = np.concatenate([centre - 0.5 * step, [centre[-1] + 0.5 * step]])
    edges[0] = max(edges[0], escape)
    return piecewise_law(edges, read[used])


def focusing(speed_infinity: FloatArray, escape: float) -> FloatArray:
    """Return the gravitational focusing of the flux, 1 + vesc^2 / vinf^2.

    Parameters
    ----------
    speed_infinity : ndarray
        Speeds far from the Earth [m/s].
    escape : float
        Speed of escape at the spacecraft [m/s].

    Returns
    -------
    ndarray
        G, at least 1.

    Notes
    -----
    Valid for positive speeds.

    References
    ----------
    .. [1] ECSS-E-ST-10-04C Rev.1 (2020) eq. C-13 (the extracted text lost an exponent).
    """
    return np.asarray(1.0 + (escape / speed_infinity) ** 2)
