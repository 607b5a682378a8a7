"""Thermal blanket with added fabric: Nextel outside, Kevlar inside, foam between."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mmod.shields.ballistic_limits._handbook import FloatArray, in_handbook_units
from mmod.shields.ballistic_limits._regimes import (
    COMMON_OBLIQUITY,
    DENSITY_NOTE,
    GUN_DENSITIES,
    Border,
    PowerLaw,
    PowerLawLimit,
    Regimes,
    Validity,
)
from mmod.units import KM

CRITERIA = ("perforation",)
VALIDITY = Validity(
    speed=(2.0 * KM, 8.0 * KM),
    obliquity=COMMON_OBLIQUITY,
    density=GUN_DENSITIES,
    basis="Christiansen & Lear 2015, aluminium spheres near 7 km/s; no range of speeds"
    " or angles is known here, 2-8 km/s and 60 deg are those of light-gas guns [estimate]"
    f"{DENSITY_NOTE}",
)
INSULATION_SHARE = 0.25
"""Share of the mass of MLI and foam that counts in the high regime."""
_SPREAD = 29.0 * math.pi / 6.0
_FRONT = 0.185


@dataclass(frozen=True)
class CubicTerm:
    """The high regime: the positive root d of a cubic [cm; km/s, g/cm3].

    Parameters
    ----------
    coefficient : float
        Effective areal density m_eff [g/cm2].
    standoff : float
        First to last layer [cm].

    Notes
    -----
    The cubic d^3 + p d = q with p, q > 0 rises throughout and has one root. With
    d = 2 (p/3)^(1/2) sinh(u) it reads sinh(3 u) = (3 q / 2 p) (3/p)^(1/2): Cardano's
    formula without its cancellation, exact to rounding from p -> 0 to p -> infinity.
    """

    coefficient: float
    standoff: float

    def __call__(
        self, log_speed: FloatArray, log_cosine: FloatArray, log_density: FloatArray
    ) -> FloatArray:
        """Evaluate from natural logarithms."""
        cube = _SPREAD / self.standoff**2 * np.exp(log_speed + log_cosine)
        p = _FRONT / cube
        q = self.coefficient / cube * np.exp(-log_density)
        scale = np.sqrt(p / 3.0)
        return np.asarray(2.0 * scale * np.sinh(np.arcsinh(0.5 * q / scale**3) / 3.0))


def enhanced_blanket_limit(
    *,
    bumper_areal_density: float,
    wall_areal_density: float,
    standoff: float,
    insulation_areal_density: float = 0.0,
) -> PowerLawLimit:
    """Return the limit of one blanket; parameters as in `enhanced_blanket`."""
    p = in_handbook_units(
        "enhanced_blanket",
        allow_zero=("insulation_areal_density",),
        bumper_areal_density=(bumper_areal_density, "areal density"),
        wall_areal_density=(wall_areal_density, "areal density"),
        standoff=(standoff, "length"),
        insulation_areal_density=(insulation_areal_density, "areal density"),
    )
    front, wall = p["bumper_areal_density"], p["wall_areal_density"]
    low = PowerLaw(2.7 * (0.5 * wall + 0.37 * front), -2.0 / 3.0, -4.0 / 3.0, -0.5)
    effective = front + wall + INSULATION_SHARE * p["insulation_areal_density"]
    high = CubicTerm(effective, p["standoff"])
    regimes = Regimes((low,), (high,), Border(2.4, -0.5), Border(6.4, -0.25))
    return PowerLawLimit((regimes,), VALIDITY)


def enhanced_blanket(
    speed: ArrayLike,
    obliquity: ArrayLike,
    density: ArrayLike,
    *,
    bumper_areal_density: float,
    wall_areal_density: float,
    standoff: float,
    insulation_areal_density: float = 0.0,
) -> FloatArray:
    r"""Return the critical diameter of a thermal blanket toughened with fabrics.

    With lengths in cm, areal densities in g/cm2, density in g/cm3, speeds in km/s and
    c the cosine of the obliquity::

        V <= 2.4 c^(-1/2)  d = 2.7 (0.5 m_w + 0.37 m_b) c^(-4/3) rho_p^(-1/2) V^(-2/3)
        V >= 6.4 c^(-1/4)  (29 pi/6) rho_p V c d^3 / S^2 + 0.185 rho_p d = m_eff
                           m_eff = m_b + m_w + 0.25 (m_MLI + m_foam)

    and a straight line in V between.

    Parameters
    ----------
    speed, obliquity, density : array_like
        Impact speed [m/s], angle from the normal [rad], particle density [kg/m3].
    bumper_areal_density : float
        Fabrics at the outside, m_b [kg/m2].
    wall_areal_density : float
        Fabrics at the inside, m_w [kg/m2]. With a wall close behind that must not be
        perforated: its mass added.
    standoff : float
        First layer to last layer, S [m]; with a wall behind: to that wall.
    insulation_areal_density : float
        MLI and foam between [kg/m2].

    Returns
    -------
    ndarray
        Critical diameter [m]. Criterion: perforation of the last layer.

    Raises
    ------
    InputError
        When a parameter or an impact condition is out of range.

    Notes
    -----
    The cubic has exactly one positive root; it is taken in closed form. The linear
    term carries the particle density, as in eq. 9 of [1]_. Table 4 there prints
    m_eff = 0.174 for configuration 3 (m_b 0.092, m_w 0.0827, S 3.32 cm): that is
    m_b + m_w, its MLI and foam are not in it; they would raise the critical diameter
    by 2 to 4 % [derived]. No angle cap in the source; held at 89 deg. From 88.9 deg on
    the onset is clipped to the upper border. Far above 7 km/s it falls with V^(-1/3).

    References
    ----------
    .. [1] E. L. Christiansen, D. M. Lear, "Toughened thermal blanket for
       micrometeoroid and orbital debris protection", Procedia Engineering 103, 73-80
       (2015), p. 78-79, eq. 9, Table 4.
    """
    return enhanced_blanket_limit(
        bumper_areal_density=bumper_areal_density,
        wall_areal_density=wall_areal_density,
        standoff=standoff,
        insulation_areal_density=insulation_areal_density,
    ).critical_diameter(speed, obliquity, density)
