"""Ablator in front of a pressure wall: descent modules."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from mmod.shields.ballistic_limits._handbook import (
    FloatArray,
    Impact,
    criterion_factor,
    in_handbook_units,
)
from mmod.shields.ballistic_limits._regimes import (
    Limit,
    PowerLawLimit,
    Validity,
)
from mmod.shields.ballistic_limits.avcoat import avcoat_limit
from mmod.shields.ballistic_limits.whipple_nno import whipple_nno_limit

CRITERIA = {"perforation": 0.0, "ablator_penetration": 1.0}
"""Hole in the pressure wall, or depth equal to the ablator's thickness."""
VALIDITY = Validity(
    speed=(math.inf, 0.0),
    obliquity=0.0,
    basis="no test of this combination is known: every impact counts as extrapolated",
)
_SEARCH = (1e-3, 1e3)
_STEPS = 60
_GOLDEN = 0.5 * (3.0 - math.sqrt(5.0))


@dataclass(frozen=True)
class LargerOf(Limit):
    """Failure needs both: the larger of two critical diameters.

    Parameters
    ----------
    first, second : PowerLawLimit
        The two limits; the second has two regime borders, the first none.
    validity : Validity
        Range in which the combination is backed by tests.
    """

    first: PowerLawLimit
    second: PowerLawLimit
    validity: Validity

    @property
    def angle_breaks(self) -> tuple[float, ...]:  # type: ignore[override]
        """Obliquities at which the critical diameter kinks or jumps [rad]."""
        return tuple(sorted({*self.first.angle_breaks, *self.second.angle_breaks}))

    @property
    def density_breaks(self) -> tuple[float, ...]:  # type: ignore[override]
        """Particle densities at which it kinks or jumps [kg/m3]."""
        return tuple(sorted({*self.first.density_breaks, *self.second.density_breaks}))

    def _diameter(self, impact: Impact) -> FloatArray:
        return np.maximum(self.first._diameter(impact), self.second._diameter(impact))

    def _borders(self, impact: Impact) -> list[FloatArray]:
        theta, density = np.broadcast_arrays(impact.obliquity, impact.density)
        borders = self.second._borders(Impact(np.ones(()), theta, density))
        low, high = (np.broadcast_to(b, theta.shape) for b in borders)
        ends = [np.full(theta.shape, _SEARCH[0]), low]
        ends += [self._nearest(low, high, theta, density), high]
        ends.append(np.full(theta.shape, _SEARCH[1]))
        crossings = [self._crossing(a, b, theta, density) for a, b in pairwise(ends)]
        return [low, high, *crossings]

    def _difference(
        self, speed: FloatArray, theta: FloatArray, density: FloatArray
    ) -> FloatArray:
        impact = Impact(speed, theta, density)
        return self.first._diameter(impact) - self.second._diameter(impact)

    def _nearest(
        self, a: FloatArray, b: FloatArray, theta: FloatArray, density: FloatArray
    ) -> FloatArray:
        """Return where a falling power law comes nearest to a straight line.

        Their difference is convex in speed: two crossings lie on both sides of it.
        """
        lower, upper = a.copy(), b.copy()
        for _ in range(_STEPS):
            step = (upper - lower) * _GOLDEN
            left = self._difference(lower + step, theta, density)
            right = self._difference(upper - step, theta, density)
            lower = np.where(left > right, lower + step, lower)
            upper = np.where(left > right, upper, upper - step)
        return np.asarray(0.5 * (lower + upper))

    def _crossing(
        self, a: FloatArray, b: FloatArray, theta: FloatArray, density: FloatArray
    ) -> FloatArray:
        """Return where the two limits cross between two speeds, or the second."""
        lower, upper = a.copy(), b.copy()
        sign = np.sign(self._difference(lower, theta, density))
        crossed = sign * np.sign(self._difference(upper, theta, density)) < 0.0
        for _ in range(_STEPS):
            middle = np.sqrt(lower * upper)
            same = np.sign(self._difference(middle, theta, density)) == sign
            lower = np.where(same, middle, lower)
            upper = np.where(same, upper, middle)
        return np.where(crossed, upper, np.where(b < _SEARCH[1], b, a))


def ablator_over_whipple_limit(
    *,
    ablator_thickness: float,
    ablator_density: float,
    standoff: float,
    wall_thickness: float,
    wall_density: float,
    wall_yield: float,
    external_blanket: float = 0.0,
    criterion: str = "perforation",
) -> Limit:
    """Return the limit of one shield; parameters as in `ablator_over_whipple`."""
    name = "ablator_over_whipple"
    ablator_alone = criterion_factor(name, criterion, CRITERIA) > 0.0
    in_handbook_units(
        name,
        allow_zero=("external_blanket",),
        ablator_thickness=(ablator_thickness, "length"),
        ablator_density=(ablator_density, "density"),
        wall_density=(wall_density, "density"),
        external_blanket=(external_blanket, "areal density"),
    )
    depth = avcoat_limit(
        depth=ablator_thickness, ablator_density=ablator_density, validity=VALIDITY
    )
    if ablator_alone:
        return depth
    areal = ablator_thickness * ablator_density
    whipple = whipple_nno_limit(
        bumper_thickness=areal / wall_density,
        bumper_density=wall_density,
        standoff=standoff,
        wall_thickness=wall_thickness,
        wall_yield=wall_yield,
        external_blanket=external_blanket,
    )
    return LargerOf(depth, whipple, VALIDITY)


def ablator_over_whipple(
    speed: ArrayLike,
    obliquity: ArrayLike,
    density: ArrayLike,
    *,
    ablator_thickness: float,
    ablator_density: float,
    standoff: float,
    wall_thickness: float,
    wall_density: float,
    wall_yield: float,
    external_blanket: float = 0.0,
    criterion: str = "perforation",
) -> FloatArray:
    r"""Return the critical diameter of an ablator in front of a pressure wall.

    The wall fails when the particle both passes the ablator and would pass a Whipple
    shield whose bumper has the ablator's mass: the larger of two diameters. With
    lengths in cm, densities in g/cm3, speeds in km/s and c the cosine of the obliquity
    the crater in the ablator (rho_t) is::

        P = K d^1.06 rho_p^(1/2) (V c)^(2/3),  K = 1.25 (rho_p/rho_t <= 4) or 1.61

    and the first diameter is that with P equal to the ablator's thickness. The second
    is that of `whipple_nno` with a bumper of the wall's material and thickness
    t_a rho_a/rho_w.

    Parameters
    ----------
    speed, obliquity, density : array_like
        Impact speed [m/s], angle from the normal [rad], particle density [kg/m3].
    ablator_thickness, ablator_density : float
        Ablator [m], [kg/m3].
    standoff : float
        Ablator to pressure wall [m].
    wall_thickness, wall_density, wall_yield : float
        Pressure wall [m], [kg/m3], [Pa].
    external_blanket : float
        Blanket over the ablator [kg/m2]; thickens the bumper in the low regime.
    criterion : {"perforation", "ablator_penetration"}
        Perforation or detached spall of the pressure wall, or a crater as deep as the
        ablator.

    Returns
    -------
    ndarray
        Critical diameter [m].

    Raises
    ------
    InputError
        When a parameter or an impact condition is out of range.

    Notes
    -----
    An engineering model [estimate]: the crater relation was found for Avcoat (0.528
    g/cm3), the Whipple equations for metal bumpers, and no test of both together is
    known. Insulation between is not counted. At rho_p/rho_t = 4 the first diameter
    drops by a factor 0.79.

    References
    ----------
    .. [1] E. L. Christiansen et al., NASA/TM-2009-214785 (2009), p. 47-48 (NNO), p. 96
       (Avcoat).
    """
    return ablator_over_whipple_limit(
        ablator_thickness=ablator_thickness,
        ablator_density=ablator_density,
        standoff=standoff,
        wall_thickness=wall_thickness,
        wall_density=wall_density,
        wall_yield=wall_yield,
        external_blanket=external_blanket,
        criterion=criterion,
    ).critical_diameter(speed, obliquity, density)
