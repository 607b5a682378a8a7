"""Debris that arrives in the local horizontal plane: azimuth and speed are one variable.

Two circular orbits of one altitude that cross at an angle meet at a relative speed
v = 2 v_orb cos(theta), theta being the azimuth of the radiant from ram; left and right
are equally likely. A law of the collision speed is therefore also a law of direction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.integrate import quad
from scipy.optimize import brentq

from mmod.flux.table import ThreatBins

FloatArray = NDArray[np.float64]

BINS = 200
"""Speed bins on each side at ``refine = 1``."""


@dataclass(frozen=True)
class CollisionSpeedLaw:
    """Density of the collision speed and the points where it is not smooth.

    Parameters
    ----------
    density : callable
        Speed [m/s] array -> density, any normalisation, zero outside the breaks.
    breaks : tuple of float
        Increasing speeds [m/s]: ends of the support and kinks in between.
    """

    density: Callable[[FloatArray], FloatArray]
    breaks: tuple[float, ...]

    def mean(self, function: Callable[[FloatArray], FloatArray]) -> float:
        """Return the mean of a smooth function of the speed.

        Parameters
        ----------
        function : callable
            Speed [m/s] array -> value.

        Returns
        -------
        float
            The mean, by adaptive quadrature between the breaks.

        Notes
        -----
        Valid for functions without kinks other than at the breaks.

        References
        ----------
        .. [1] As the law.
        """
        return self.integral(function) / self.integral(np.ones_like)

    def integral(
        self, function: Callable[[FloatArray], FloatArray], kinks: ArrayLike = ()
    ) -> float:
        """Return the integral of density times function.

        Parameters
        ----------
        function : callable
            Speed [m/s] array -> value.
        kinks : array_like
            Speeds at which the function has a kink [m/s].

        Returns
        -------
        float
            Adaptive quadrature on every smooth piece.

        Notes
        -----
        Valid as `mean`.

        References
        ----------
        .. [1] QUADPACK, through scipy.integrate.quad.
        """
        low, high = self.breaks[0], self.breaks[-1]
        inside = [float(k) for k in np.ravel(kinks) if low < k < high]
        edges = sorted({*self.breaks, *inside})

        def integrand(speed: float) -> float:
            v = np.array([speed])
            return float((self.density(v) * function(v))[0])

        return sum(
            float(quad(integrand, a, b, epsabs=0.0, epsrel=1e-9, limit=200)[0])
            for a, b in pairwise(edges)
        )


def supported(
    density: Callable[[FloatArray], FloatArray], largest: float
) -> CollisionSpeedLaw:
    """Return the law of a signed density whose negative part counts as zero.

    Parameters
    ----------
    density : callable
        Signed density of the speed [m/s].
    largest : float
        Speed above which there is nothing [m/s].

    Returns
    -------
    CollisionSpeedLaw
        Zero where ``density`` is negative; its zero crossings are breaks.

    Notes
    -----
    Valid for densities whose lobes are wider than ``largest`` / 4000.

    References
    ----------
    .. [1] SSP 30425 rev. B section 8 (negative values are set to zero).
    """
    grid = np.linspace(0.0, largest, 4001)
    values = density(grid)
    crossing = np.nonzero(values[:-1] * values[1:] < 0.0)[0]
    roots = [
        float(brentq(lambda v: float(density(np.array([v]))[0]), grid[k], grid[k + 1]))
        for k in crossing
    ]
    edges = [0.0, *roots, largest]
    middle = [0.5 * (a + b) for a, b in pairwise(edges)]
    used = density(np.array(middle)) > 0.0
    breaks = sorted({edge for k in np.nonzero(used)[0] for edge in edges[k : k + 2]})

    def clipped(speed: FloatArray) -> FloatArray:
        inside = (speed >= 0.0) & (speed <= largest)
        return np.where(inside, np.maximum(density(speed), 0.0), 0.0)

    return CollisionSpeedLaw(clipped, tuple(breaks))


def horizontal_bins(
    laws: tuple[CollisionSpeedLaw, ...], coupling_speed: float, refine: int
) -> ThreatBins:
    """Return coupled speed bins on either side, one set for every size curve.

    Parameters
    ----------
    laws : tuple of CollisionSpeedLaw
        One for each size curve.
    coupling_speed : float
        Speed of a head-on meeting, 2 v_orb [m/s].
    refine : int
        Divides the bins.

    Returns
    -------
    ThreatBins
        Weights by 4-point Gauss-Legendre quadrature in every bin.

    Notes
    -----
    Valid for laws that are smooth between their breaks. Faster than 2 v_orb counts as
    straight from ram.

    References
    ----------
    .. [1] Kessler et al., NASA TM-100471 (1989); NASA TM-104825 (1996) Table 4.
    """
    lower, upper, weight, curve, side = [], [], [], [], []
    for index, law in enumerate(laws):
        edges = _edges(law, coupling_speed, refine)
        x, w = np.polynomial.legendre.leggauss(4)
        half = 0.5 * np.diff(edges)
        middle = 0.5 * (edges[:-1] + edges[1:])
        nodes = middle[:, None] + half[:, None] * x
        mass = half * np.sum(law.density(nodes) * w, axis=1)
        for sign in (1, -1):
            lower.append(edges[:-1])
            upper.append(edges[1:])
            weight.append(mass)
            curve.append(np.full(mass.size, index, dtype=np.int32))
            side.append(np.full(mass.size, sign, dtype=np.int8))
    v_lower, v_upper = np.concatenate(lower), np.concatenate(upper)
    sign_of = np.concatenate(side)
    wide = np.arccos(np.clip(v_lower / coupling_speed, 0.0, 1.0))
    narrow = np.arccos(np.clip(v_upper / coupling_speed, 0.0, 1.0))
    flat = np.zeros_like(v_lower)
    return ThreatBins(
        azimuth_lower=np.where(sign_of > 0, narrow, -wide),
        azimuth_upper=np.where(sign_of > 0, wide, -narrow),
        sin_elevation_lower=flat,
        sin_elevation_upper=flat,
        speed_lower=v_lower,
        speed_upper=v_upper,
        weight=np.concatenate(weight),
        size_curve_index=np.concatenate(curve),
        side=sign_of,
        coupling_speed=coupling_speed,
    )


def _edges(law: CollisionSpeedLaw, coupling_speed: float, refine: int) -> FloatArray:
    low, high = law.breaks[0], law.breaks[-1]
    kinks = [coupling_speed] if low < coupling_speed < high else []
    fixed = sorted({*law.breaks, *kinks})
    width = (high - low) / (BINS * refine)
    parts = [
        np.linspace(a, b, max(refine, round((b - a) / width)) + 1)[:-1]
        for a, b in pairwise(fixed)
    ]
    return np.concatenate([*parts, [high]])


def horizontal_face_shares(
    law: CollisionSpeedLaw,
    coupling_speed: float,
    normals: ArrayLike,
    speed_power: float,
) -> FloatArray:
    """Return integrals of max(0, cos) speed^p over the law, by adaptive quadrature.

    Parameters
    ----------
    law : CollisionSpeedLaw
        Speeds.
    coupling_speed : float
        2 v_orb [m/s].
    normals : array_like, shape (n, 3)
        Outward unit normals (LVLH).
    speed_power : float
        p.

    Returns
    -------
    ndarray, shape (n,)
        Share of the cross-sectional flux that a one-sided face sees, times speed^p.

    Notes
    -----
    Valid as `horizontal_bins`, of which it is independent. Kinks where a face turns
    away from the stream are break points of the quadrature.

    References
    ----------
    .. [1] As `horizontal_bins`.
    """
    total = law.integral(np.ones_like)
    shares = []
    for normal in np.atleast_2d(np.asarray(normals, dtype=np.float64)):
        share = 0.0
        for sign in (1.0, -1.0):

            def seen(
                v: FloatArray, normal: FloatArray = normal, sign: float = sign
            ) -> FloatArray:
                cosine = np.minimum(v / coupling_speed, 1.0)
                sine = sign * np.sqrt(1.0 - cosine**2)
                facing = cosine * normal[0] + sine * normal[1]
                return np.asarray(np.maximum(facing, 0.0) * v**speed_power)

            turning = (
                coupling_speed
                * abs(normal[1])
                / max(float(np.hypot(normal[0], normal[1])), 1e-300)
            )
            share += 0.5 * law.integral(seen, [turning, coupling_speed])
        shares.append(share / total)
    return np.array(shares)
