"""Sandwich panel with a core of open-cell metal foam."""

from __future__ import annotations

from numpy.typing import ArrayLike

from mmod.errors import bad
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

CRITERIA = ("perforation_or_detached_spall",)
PORES: dict[int, float] = {40: 1.0, 20: 0.95, 10: 0.95}
"""Factor on the critical diameter for the pores per inch of the foam."""
EXTERNAL_BLANKET = 3.0
"""Front sheet that a blanket on the outside is worth, times its areal density over the
density of the sheet (NASA/TM-2009-214789 p. 42 eq. 125)."""
VALIDITY = Validity(
    speed=(2.0 * KM, 8.0 * KM),
    obliquity=COMMON_OBLIQUITY,
    density=GUN_DENSITIES,
    basis="derived for aluminium foam of 40 pores per inch; no range of speeds or angles"
    " was at hand, 2-8 km/s and 60 deg are those of the light-gas guns used [estimate]"
    f"{DENSITY_NOTE}",
)


def foam_core_limit(
    *,
    bumper_thickness: float,
    bumper_density: float,
    foam_thickness: float,
    foam_density: float,
    wall_thickness: float,
    wall_density: float,
    wall_yield: float,
    pores_per_inch: float = 40,
    external_blanket: float = 0.0,
) -> PowerLawLimit:
    """Return the limit of one panel; parameters as in `foam_core`."""
    if pores_per_inch not in PORES:
        expected = f"one of {', '.join(str(x) for x in sorted(PORES))}"
        raise bad("foam_core", "pores_per_inch", pores_per_inch, expected)
    p = in_handbook_units(
        "foam_core",
        allow_zero=("external_blanket",),
        bumper_thickness=(bumper_thickness, "length"),
        bumper_density=(bumper_density, "density"),
        foam_thickness=(foam_thickness, "length"),
        foam_density=(foam_density, "density"),
        wall_thickness=(wall_thickness, "length"),
        wall_density=(wall_density, "density"),
        wall_yield=(wall_yield, "yield"),
        external_blanket=(external_blanket, "areal density"),
    )
    factor = PORES[int(pores_per_inch)]
    core, ratio = p["foam_thickness"], p["foam_density"] / p["wall_density"]
    front = (
        p["bumper_thickness"]
        + EXTERNAL_BLANKET * p["external_blanket"] / p["bumper_density"]
    )
    wall = p["wall_thickness"] * (p["wall_yield"] / 40.0) ** 0.5
    n = 18.0 / 19.0
    low = PowerLaw(
        factor * 1.83 * (front + wall + core**1.1 * ratio),
        -2.0 / 3.0 * n,
        -4.0 / 5.0 * n,
        -0.5 * n,
    )
    high = PowerLaw(
        factor
        * 2.152
        * (p["wall_thickness"] + 0.5 * core * ratio) ** (2.0 / 3.0)
        * 0.89
        * core**0.45
        * (p["wall_yield"] / 70.0) ** (1.0 / 3.0)
        * p["bumper_density"] ** (-1.0 / 9.0),
        -2.0 / 5.0,
        -4.0 / 5.0,
        -1.0 / 3.0,
    )
    third = -1.0 / 3.0
    regimes = Regimes((low,), (high,), Border(2.25, third), Border(4.0, third))
    return PowerLawLimit((regimes,), VALIDITY)


def foam_core(
    speed: ArrayLike,
    obliquity: ArrayLike,
    density: ArrayLike,
    *,
    bumper_thickness: float,
    bumper_density: float,
    foam_thickness: float,
    foam_density: float,
    wall_thickness: float,
    wall_density: float,
    wall_yield: float,
    pores_per_inch: float = 40,
    external_blanket: float = 0.0,
) -> FloatArray:
    r"""Return the critical diameter of a sandwich panel with a foam core.

    With lengths in cm, densities in g/cm3, speeds in km/s, the yield stress in ksi
    and c the cosine of the obliquity::

        V <= 2.25 c^(-1/3)  d = 1.83 (t_b + t_w (sigma/40)^(1/2)
                                      + t_f^1.1 rho_f/rho_w)
                                / (rho_p^(1/2) V^(2/3) c^(4/5))^(18/19)
        V >= 4.0 c^(-1/3)   d = 2.152 (t_w + 0.5 t_f rho_f/rho_w)^(2/3)
                                0.89 t_f^0.45 (sigma/70)^(1/3)
                                / (rho_p^(1/3) rho_b^(1/9) V^(2/5) c^(4/5))

    and a straight line in V between; 5 % lower for foams of 10 and 20 pores per inch.

    Parameters
    ----------
    speed, obliquity, density : array_like
        Impact speed [m/s], angle from the normal [rad], particle density [kg/m3].
    bumper_thickness, bumper_density : float
        Front sheet [m], [kg/m3].
    foam_thickness, foam_density : float
        Core [m] and its bulk density [kg/m3] (relative density times that of the
        metal).
    wall_thickness, wall_density, wall_yield : float
        Rear sheet [m], [kg/m3], [Pa].
    pores_per_inch : {40, 20, 10}
        Pores of the foam [1/inch].
    external_blanket : float
        Blanket on the front sheet [kg/m2]; thickens it by 3 m/rho_b, in the low regime
        only.

    Returns
    -------
    ndarray
        Critical diameter [m]. Criterion: perforation or detached spall of the rear
        sheet.

    Raises
    ------
    InputError
        When a parameter or an impact condition is out of range.

    Notes
    -----
    The exponent 18/19 stands on the denominator only, as printed. V^(-2/5) falls more
    slowly than constant energy would: not tested, and probably optimistic, at the
    speeds of meteoroids. No angle cap in the source; held at 89 deg. Other pore
    densities are refused: the source has none. The criterion is taken as that of the
    other two-wall equations [unverified: the page was not at hand]. The blanket term
    is the general rule for several walls [2]_, not of [1]_.

    References
    ----------
    .. [1] S. Ryan, E. Ordonez, E. L. Christiansen, D. M. Lear, "Hypervelocity impact
       performance of open cell foam core sandwich panel structures", Hypervelocity
       Impact Symposium, p. 712-713, eq. 1-5.
    .. [2] S. Ryan, E. L. Christiansen, NASA/TM-2009-214789 (2009), p. 42 eq. 125.
    """
    return foam_core_limit(
        bumper_thickness=bumper_thickness,
        bumper_density=bumper_density,
        foam_thickness=foam_thickness,
        foam_density=foam_density,
        wall_thickness=wall_thickness,
        wall_density=wall_density,
        wall_yield=wall_yield,
        pores_per_inch=pores_per_inch,
        external_blanket=external_blanket,
    ).critical_diameter(speed, obliquity, density)
