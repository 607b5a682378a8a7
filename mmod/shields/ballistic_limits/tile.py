"""Ceramic tiles of a heat shield: LI-900, LI-2200 and AETB-8, crater depth."""

from __future__ import annotations

from typing import Literal

from numpy.typing import ArrayLike

from mmod.errors import bad
from mmod.shields.ballistic_limits._crater import (
    UNSTATED,
    CraterLaw,
    diameter_in_cm,
)
from mmod.shields.ballistic_limits._handbook import (
    FloatArray,
    Impact,
    in_handbook_units,
)
from mmod.shields.ballistic_limits._regimes import PowerLawLimit
from mmod.units import CM

Tile = Literal["LI", "AETB-8"]

VALIDITY = UNSTATED
CONSTANT: dict[Tile, float] = {"LI": 1.27, "AETB-8": 1.177}
"""Constant of the crater depth; LI stands for LI-900 and LI-2200."""


def _law(kind: Tile, tile_density: float) -> CraterLaw:
    if kind not in CONSTANT:
        raise bad("tile", "kind", kind, f"one of {', '.join(CONSTANT)}")
    p = in_handbook_units("tile", tile_density=(tile_density, "density"))
    return CraterLaw(CONSTANT[kind] * p["tile_density"] ** -0.5)


def tile_depth(
    diameter: ArrayLike,
    speed: ArrayLike,
    obliquity: ArrayLike,
    density: ArrayLike,
    *,
    tile_density: float,
    kind: Tile = "LI",
) -> FloatArray:
    r"""Return the depth of the cavity in a thick tile.

    With lengths in cm, densities in g/cm3, speed in km/s and c the cosine of the
    obliquity::

        P = K d (rho_p/rho_T)^(1/2) (V c)^(2/3),  K = 1.27 (LI) or 1.177 (AETB-8)

    Parameters
    ----------
    diameter : array_like
        Particle [m].
    speed, obliquity, density : array_like
        Impact speed [m/s], angle from the normal [rad], particle density [kg/m3].
    tile_density : float
        Tile [kg/m3].
    kind : {"LI", "AETB-8"}
        LI-900 and LI-2200, or AETB-8.

    Returns
    -------
    ndarray
        Depth [m], of the broadcast shape.

    Raises
    ------
    InputError
        When the kind, a parameter or an impact condition is out of range.

    Notes
    -----
    As in `tile`.

    References
    ----------
    .. [1] E. L. Christiansen et al., NASA/TM-2009-214785 (2009), p. 82-84.
    """
    particle = diameter_in_cm("tile", diameter)
    impact = Impact.from_si(speed, obliquity, density)
    return _law(kind, tile_density).depth(particle, impact) * CM


def tile_limit(
    *, depth: float, tile_density: float, kind: Tile = "LI"
) -> PowerLawLimit:
    """Return the limit of one tile; parameters as in `tile`."""
    law = _law(kind, tile_density)
    p = in_handbook_units("tile", depth=(depth, "length"))
    return law.limit(p["depth"], VALIDITY)


def tile(
    speed: ArrayLike,
    obliquity: ArrayLike,
    density: ArrayLike,
    *,
    depth: float,
    tile_density: float,
    kind: Tile = "LI",
) -> FloatArray:
    r"""Return the particle whose cavity in a tile is as deep as allowed.

    With lengths in cm, densities in g/cm3, speed in km/s and c the cosine of the
    obliquity::

        P = K d (rho_p/rho_T)^(1/2) (V c)^(2/3),  K = 1.27 (LI) or 1.177 (AETB-8)
        d_c = (P_c/K) (rho_T/rho_p)^(1/2) (V c)^(-2/3)

    Parameters
    ----------
    speed, obliquity, density : array_like
        Impact speed [m/s], angle from the normal [rad], particle density [kg/m3].
    depth : float
        P_c, the depth that fails [m]: the tile's thickness, or less.
    tile_density : float
        Tile [kg/m3]: 140 (LI-900), 350 (LI-2200), 240 (AETB-8 with its TUFI surface,
        3.2 cm thick, overall).
    kind : {"LI", "AETB-8"}
        LI-900 and LI-2200, or AETB-8.

    Returns
    -------
    ndarray
        Critical diameter [m]. Criterion: crater depth.

    Raises
    ------
    InputError
        When the kind, a parameter or an impact condition is out of range.

    Notes
    -----
    The inverse is printed with 0.79 and 0.85; 1/1.27 = 0.787 and 1/1.177 = 0.850 are
    used, so that the depth of d_c is P_c. References [2]_ (eq. 99) and [3]_ (eq. 71)
    print other exponents and a further d: misprints. No range of tests is known here
    [estimate]. No angle cap; held at 89 deg.

    References
    ----------
    .. [1] E. L. Christiansen et al., NASA/TM-2009-214785 (2009), p. 82-84.
    .. [2] S. Ryan, E. L. Christiansen, NASA/TM-2009-214789 (2009), eq. 99.
    .. [3] S. Ryan, E. L. Christiansen, Acta Astronautica 69, 245-257 (2011), eq. 71.
    """
    return tile_limit(
        depth=depth, tile_density=tile_density, kind=kind
    ).critical_diameter(speed, obliquity, density)
