"""Depths that fail, solved from the printed crater depths by root finding.

The depths are typed out here once more, in cm, g/cm3 and km/s; nothing of the package
is used for the expected values.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from scipy.optimize import brentq

from mmod.errors import InputError
from mmod.shields.ballistic_limits import (
    afrsi,
    avcoat,
    glass,
    pica,
    rcc,
    single_wall,
    single_wall_composite,
    single_wall_titanium,
    tile,
)
from mmod.shields.ballistic_limits._regimes import Limit
from mmod.units import CM, DEGREE, G_CM3, KM

Depth = Callable[[float, float, float], float]
IMPACTS = [
    (v, a, rho) for v in (0.7, 6.8, 20.0) for a in (0, 45, 80) for rho in (0.5, 2.8, 8)
]
T, TI = 0.4 * CM, {"brinell": 257.0, "sound_speed": 4.26 * KM}
AL = {"brinell": 95.0, "sound_speed": 5.05 * KM}


def avcoat_depth(d: float, vn: float, rho: float) -> float:
    k = 1.25 if rho / 0.528 <= 4.0 else 1.61
    return k * d**1.06 * rho**0.5 * vn ** (2 / 3)


def aluminium_depth(d: float, vn: float, rho: float) -> float:
    ratio = rho / 2.7
    a = 0.5 if ratio < 1.5 else 2 / 3
    return 5.24 * d ** (19 / 18) * 95**-0.25 * ratio**a * (vn / 5.05) ** (2 / 3)


# name: (limit of 0.4 cm, depth at (d, V c, rho_p), thickness that fails / depth,
#        tolerance: 0 where the inverse is exact, else the rounding of the document)
LAWS: dict[str, tuple[Limit, Depth, float, float]] = {
    "aluminium": (
        single_wall.aluminium_wall_limit(thickness=T, wall_density=2700.0, **AL),
        aluminium_depth,
        1.8,
        0.0,
    ),
    "titanium": (
        single_wall_titanium.titanium_wall_limit(
            thickness=T, wall_density=4730.0, criterion="detached_spall", **TI
        ),
        lambda d, vn, rho: (
            5.24 * d * 257**-0.25 * (rho / 4.73) ** 0.5 * (vn / 4.26) ** (2 / 3)
        ),
        2.4,
        0.0,
    ),
    "cfrp": (
        single_wall_composite.cfrp_wall_limit(
            thickness=T, wall_density=1550.0, criterion="detached_spall"
        ),
        lambda d, vn, rho: 0.62 * d * (rho / 1.55) ** 0.5 * vn ** (2 / 3),
        3.0,
        0.0,
    ),
    "cfrp original": (
        single_wall_composite.cfrp_wall_limit(
            thickness=T, wall_density=1550.0, form="original"
        ),
        lambda d, vn, rho: 0.52 * d * rho**0.5 * vn ** (2 / 3),
        1.8,
        0.0,
    ),
    "fibreglass": (
        single_wall_composite.fibreglass_wall_limit(thickness=T, wall_density=1800.0),
        lambda d, vn, rho: 0.434 * d * (rho / 1.8) ** 0.5 * vn ** (2 / 3),
        1.8,
        0.0,
    ),
    "silica": (
        glass.fused_silica_limit(thickness=T, criterion="perforation"),
        lambda d, vn, rho: 0.53 * rho**0.5 * d ** (19 / 18) * vn ** (2 / 3),
        2.0,
        2e-3,
    ),
    "quartz": (
        glass.fused_quartz_limit(thickness=T, criterion="no_crack"),
        lambda d, vn, rho: 0.758 * rho**0.5 * d ** (19 / 18) * vn ** (2 / 3),
        7.0,
        1e-3,
    ),
    "silica crater": (
        glass.fused_silica_limit(criterion="crater_diameter", crater_diameter=T),
        lambda d, vn, rho: 30.9 * rho**0.44 * d**1.33 * vn**0.44,
        1.0,
        0.0,
    ),
    "quartz crater": (
        glass.fused_quartz_limit(criterion="crater_diameter", crater_diameter=T),
        lambda d, vn, rho: 15.1 * rho**0.44 * d**1.33 * vn**0.44,
        1.0,
        0.0,
    ),
    "LI-900": (
        tile.tile_limit(depth=T, tile_density=140.0),
        lambda d, vn, rho: 1.27 * d * (rho / 0.14) ** 0.5 * vn ** (2 / 3),
        1.0,
        0.0,
    ),
    "AETB-8": (
        tile.tile_limit(depth=T, tile_density=240.0, kind="AETB-8"),
        lambda d, vn, rho: 1.177 * d * (rho / 0.24) ** 0.5 * vn ** (2 / 3),
        1.0,
        0.0,
    ),
    "AFRSI": (
        afrsi.afrsi_limit(depth=T),
        lambda d, vn, rho: 1.44 * d * rho**0.5 * vn ** (2 / 3),
        1.0,
        0.0,
    ),
    "RCC": (
        rcc.rcc_limit(thickness=T, criterion="spall"),
        lambda d, vn, rho: 0.61 * d * (rho / 1.6) ** 0.5 * vn ** (2 / 3),
        4.5,
        0.0,
    ),
    "RCC hole": (
        rcc.rcc_limit(criterion="hole_diameter", hole_diameter=T),
        lambda d, vn, rho: 2.20 * d * (rho * vn) ** (1 / 3) - 0.36,
        1.0,
        0.0,
    ),
    "PICA": (
        pica.pica_limit(depth=T, ablator_density=240.0),
        lambda d, vn, rho: 0.72 * d**0.85 * rho**0.5 * 0.24**-0.92 * vn ** (2 / 3),
        1.0,
        0.0,
    ),
    "PICA report": (
        pica.pica_limit(depth=T, ablator_density=240.0, edition="report"),
        lambda d, vn, rho: 0.72 * d ** (19 / 18) * rho**0.5 * vn ** (2 / 3),
        1.0,
        0.0,
    ),
    "Avcoat": (avcoat.avcoat_limit(depth=T), avcoat_depth, 1.0, 0.0),
}


def solved(depth: Depth, k: float, vn: float, rho: float) -> float:
    """Return the particle [cm] whose crater, k times as deep, is 0.4 cm."""
    return float(brentq(lambda d: k * depth(d, vn, rho) - 0.4, 1e-9, 1e3, xtol=1e-16))


def worst(limit: Limit, depth: Depth, k: float) -> float:
    errors = []
    for v, angle, rho in IMPACTS:
        found = limit.critical_diameter(v * KM, angle * DEGREE, rho * G_CM3) / CM
        vn = v * math.cos(angle * DEGREE)
        errors.append(abs(float(found) / solved(depth, k, vn, rho) - 1.0))
    return max(errors)


@pytest.mark.parametrize("name", LAWS)
def test_critical_diameter_is_the_root_of_the_printed_depth(name) -> None:
    limit, depth, k, rounding = LAWS[name]
    assert worst(limit, depth, k) <= max(rounding, 1e-9)


@pytest.mark.parametrize("name", LAWS)
def test_planted_error_in_the_depth_is_seen(name) -> None:
    """A depth 1 % off, or an exponent of speed 1 % off, must not pass."""
    limit, depth, k, rounding = LAWS[name]
    tolerance = max(rounding, 1e-9)
    assert worst(limit, lambda d, vn, rho: 1.01 * depth(d, vn, rho), k) > tolerance
    assert worst(limit, lambda d, vn, rho: depth(d, vn**1.01, rho), k) > tolerance


MISPRINTS: dict[str, tuple[str, Depth]] = {
    "density ratio inverted (RC11 eq. 18)": (
        "fibreglass",
        lambda d, vn, rho: 0.434 * d * (1.8 / rho) ** 0.5 * vn ** (2 / 3),
    ),
    "speed over sound speed (BLAP eq. 21)": (
        "fibreglass",
        lambda d, vn, rho: 0.434 * d * (rho / 1.8) ** 0.5 * (vn / 2.5) ** (2 / 3),
    ),
    "depth to the power 1 (HB eq. 5-36)": (
        "PICA",
        lambda d, vn, rho: d / (1.47 * rho**-0.588 * 0.24**1.082 * vn**-0.784),
    ),
}


@pytest.mark.parametrize("name", MISPRINTS)
def test_misprints_are_seen(name) -> None:
    law, depth = MISPRINTS[name]
    limit, _, k, _ = LAWS[law]
    assert worst(limit, depth, k) > 0.1


def test_depth_functions_give_back_the_depth() -> None:
    impact = (9e3, 0.6, 3000.0)
    pairs = [
        (tile.tile, tile.tile_depth, {"tile_density": 350.0, "kind": "LI"}),
        (tile.tile, tile.tile_depth, {"tile_density": 240.0, "kind": "AETB-8"}),
        (afrsi.afrsi, afrsi.afrsi_depth, {}),
        (pica.pica, pica.pica_depth, {"ablator_density": 480.0}),
        (avcoat.avcoat, avcoat.avcoat_depth, {"ablator_density": 528.0}),
    ]
    for critical, depth, given in pairs:
        d = critical(*impact, depth=0.02, **given)
        assert depth(d, *impact, **given) == pytest.approx(0.02, rel=1e-12)
        assert depth(1.01 * d, *impact, **given) > 0.02 * 1.005
    d = rcc.rcc(*impact, thickness=0.0063)
    assert rcc.rcc_depth(d, *impact) * 2.3 == pytest.approx(0.0063, rel=1e-12)


@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan, math.inf])
def test_bad_particles_never_give_a_depth(bad) -> None:
    for depth in (afrsi.afrsi_depth, rcc.rcc_depth, avcoat.avcoat_depth):
        with pytest.raises(InputError, match="diameter"):
            depth([1e-3, bad], 7e3, 0.0, 2800.0)


def test_printed_inverses_are_these_rounded() -> None:
    """0.79, 0.85, 1.639, 1.28 and PICA's exponents, to the digits printed."""
    at = (1e3, 0.0, 1000.0)
    one = 1.0 * CM

    def constant(found: object) -> float:
        return float(found) / CM  # type: ignore[arg-type]

    li = constant(tile.tile(*at, depth=one, tile_density=1000.0))
    aetb = constant(tile.tile(*at, depth=one, tile_density=1000.0, kind="AETB-8"))
    carbon = constant(rcc.rcc(*at, thickness=2.3 * one, panel_density=1000.0))
    e_glass = single_wall_composite.fibreglass_wall(
        *at, thickness=one, wall_density=1000.0
    )
    assert (round(li, 2), round(aetb, 2)) == (0.79, 0.85)
    assert round(carbon, 3) == 1.639
    assert round(constant(e_glass), 2) == 1.28
    phenolic = pica.pica_limit(depth=one, ablator_density=1000.0)
    base = constant(phenolic.critical_diameter(*at))
    assert round(base, 2) == 1.47
    fast = constant(phenolic.critical_diameter(10e3, 0.0, 1000.0))
    dense = constant(phenolic.critical_diameter(1e3, 0.0, 10e3))
    thick = constant(pica.pica(*at, depth=one, ablator_density=10e3))
    assert round(math.log10(fast / base), 3) == -0.784
    assert round(math.log10(dense / base), 3) == -0.588
    assert round(math.log10(thick / base), 3) == 1.082


def test_cfrp_forms_agree_at_the_density_of_the_tests_alone() -> None:
    def ratio(density: float) -> float:
        forms = [
            float(
                single_wall_composite.cfrp_wall(
                    6e3, 0.0, 2800.0, thickness=T, wall_density=density, form=form
                )
            )
            for form in single_wall_composite.FORMS
        ]
        return forms[0] / forms[1]

    assert ratio(1420.0) == pytest.approx(1.0, abs=2e-3)
    assert ratio(1800.0) == pytest.approx(math.sqrt(1.80 / 1.42), rel=2e-3)


def test_blanket_in_front() -> None:
    """m = 0.05 g/cm2, 2.8 g/cm3, 7 km/s at 60 deg, by hand."""
    at = (7e3, 60 * DEGREE, 2800.0)
    metal = 2.2 * 0.05 * 2.8**-0.47 * 3.5**-0.63
    plate = {"thickness": T, "wall_density": 4730.0, **TI}
    with_it = single_wall_titanium.titanium_wall(*at, external_blanket=0.5, **plate)
    without = single_wall_titanium.titanium_wall(*at, **plate)
    assert (with_it - without) / CM == pytest.approx(metal, rel=1e-9)
    for wall in (
        single_wall_composite.cfrp_wall,
        single_wall_composite.fibreglass_wall,
    ):
        covered = wall(*at, thickness=T, wall_density=1500.0, external_blanket=0.5)
        thicker = wall(*at, thickness=T + 0.15 * CM, wall_density=1500.0)
        assert covered == pytest.approx(float(thicker), rel=1e-12)


def test_handbook_shortcut_for_silica() -> None:
    """HB eq. 6-13: 0.95 t^0.94 rho^(-0.47) (V c)^(-0.63), within 2 %."""
    for t in (0.3, 1.0, 2.5, 5.0):
        found = glass.fused_silica(
            7e3, 0.0, 2800.0, thickness=t * CM, criterion="perforation"
        )
        shortcut = 0.95 * t**0.94 * 2.8**-0.47 * 7**-0.63
        assert found / CM == pytest.approx(shortcut, rel=0.02)
        assert found / CM != pytest.approx(1.05 * shortcut, rel=0.02)


def test_avcoat_takes_the_smaller_constant_up_to_the_ratio() -> None:
    edge = 4 * 528.0
    at, above = avcoat.avcoat(7e3, 0.0, [edge, edge * (1 + 1e-12)], depth=0.02)
    assert above / at == pytest.approx((1.25 / 1.61) ** (1 / 1.06), rel=1e-9)
    limit = avcoat.avcoat_limit(depth=0.02)
    assert limit.density_breaks == pytest.approx([edge])


def test_what_lies_outside_the_tests_is_flagged() -> None:
    quartz = glass.fused_quartz_limit(thickness=14e-3)
    assert quartz.valid(6.8e3, 45 * DEGREE, 8000.0)
    assert not quartz.valid(7.5e3, 45 * DEGREE, 8000.0)
    assert not quartz.valid(6.8e3, 65 * DEGREE, 8000.0)
    titanium = LAWS["titanium"][0]
    assert titanium.valid(6.8e3, 0.0, 2800.0)
    assert not titanium.valid(6.8e3, 0.1, 2800.0)
    assert not titanium.valid(6.8e3, 0.0, 1000.0)
    for limit, *_ in LAWS.values():
        assert not limit.valid(25e3, 0.0, 2800.0)
        assert math.isfinite(float(limit.critical_diameter(25e3, 0.0, 2800.0)))


def test_wrong_parameters_name_themselves() -> None:
    with pytest.raises(InputError, match="crater_diameter"):
        glass.fused_silica_limit(thickness=T, criterion="crater_diameter")
    with pytest.raises(InputError, match="crater_diameter"):
        glass.fused_silica_limit(thickness=T, crater_diameter=T)
    with pytest.raises(InputError, match="thickness"):
        glass.fused_quartz_limit(criterion="perforation")
    with pytest.raises(InputError, match="hole_diameter"):
        rcc.rcc_limit(thickness=T, criterion="hole_diameter")
    with pytest.raises(InputError, match="hole_diameter"):
        rcc.rcc_limit(thickness=T, hole_diameter=T)
    with pytest.raises(InputError, match="thickness"):
        rcc.rcc_limit()
    with pytest.raises(InputError, match="handbook, report"):
        pica.pica_limit(
            depth=T,
            ablator_density=240.0,
            edition="other",  # type: ignore[arg-type]
        )
    with pytest.raises(InputError, match="LI, AETB-8"):
        tile.tile_limit(depth=T, tile_density=240.0, kind="x")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="density_explicit, original"):
        single_wall_composite.cfrp_wall_limit(
            thickness=T,
            wall_density=1500.0,
            form="x",  # type: ignore[arg-type]
        )
    with pytest.raises(InputError, match="perforation, detached_spall"):
        single_wall_composite.cfrp_wall_limit(
            thickness=T, wall_density=1500.0, criterion="incipient_spall"
        )
