"""The pieces of the equations against independent arithmetic."""

from __future__ import annotations

import math
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import brentq

from mmod.errors import InputError
from mmod.shields.ballistic_limits._handbook import in_handbook_units
from mmod.shields.ballistic_limits._regimes import (
    GRAZING,
    Border,
    PowerLaw,
    PowerLawLimit,
    Regimes,
    Validity,
)
from mmod.shields.ballistic_limits.ablator import ablator_over_whipple_limit
from mmod.shields.ballistic_limits.single_wall import aluminium_wall
from mmod.shields.ballistic_limits.stuffed_whipple import high_coefficient
from mmod.shields.ballistic_limits.tube_behind_skin import tube_behind_skin
from mmod.shields.ballistic_limits.whipple_jsc import whipple_jsc, whipple_jsc_limit
from mmod.shields.ballistic_limits.whipple_nno import whipple_nno
from mmod.units import CM, DEGREE, G_CM3, KM, KSI

EVERYWHERE = Validity((1e3, 8e3), 1.0, "test", (1e-3, 1.9e-2), (1e3, 3e3))
LINE = PowerLawLimit(
    (
        Regimes(
            (PowerLaw(2.0, -1.0),),
            (PowerLaw(3.0, -1.0), PowerLaw(0.25)),
            Border(2.0, -1.0),
            Border(6.0, -0.5),
        ),
    ),
    EVERYWHERE,
)


def test_regimes_and_the_line_between() -> None:
    speed = np.array([1.0, 2.0, 4.0, 6.0, 12.0])
    expected = [2.0, 1.0, (1.0 + 0.75) / 2, 0.75, 0.5]
    found = LINE.critical_diameter(speed * KM, 0.0, 1000.0) / CM
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_onset_is_clipped_to_the_upper_border() -> None:
    angle = LINE.angle_breaks[0]
    assert math.cos(angle) == pytest.approx((2.0 / 6.0) ** 2)
    assert LINE.angle_breaks == (angle, GRAZING)
    borders = LINE.speed_breaks([0.0, angle, 1.55], 1000.0)
    assert borders.shape == (3, 2)
    assert borders[0] == pytest.approx([2e3, 6e3])
    assert borders[2, 0] == borders[2, 1]


def test_validity_is_told_in_each_direction() -> None:
    inside = (3e3, 0.5, 2000.0)
    assert LINE.valid(*inside)
    assert not LINE.valid(9e3, 0.5, 2000.0)
    assert not LINE.valid(0.9e3, 0.5, 2000.0)
    assert not LINE.valid(3e3, 1.1, 2000.0)
    assert not LINE.valid(3e3, 0.5, 4000.0)
    assert not LINE.valid(1.0e3, 0.0, 2000.0)  # 2 cm
    assert LINE.valid([3e3, 9e3], 0.5, 2000.0).tolist() == [True, False]


def test_broadcasting() -> None:
    shape = LINE.critical_diameter(np.ones((3, 1)) * KM, np.zeros(4), 1000.0).shape
    assert shape == (3, 4)
    assert LINE.critical_diameter(1e3, 0.0, 1e3).shape == ()


def test_right_angle_is_accepted_and_more_refused() -> None:
    assert np.isfinite(LINE.critical_diameter(1e3, math.acos(0.0), 1e3))
    with pytest.raises(InputError, match="obliquity"):
        LINE.critical_diameter(1e3, 1.6, 1e3)


def test_all_bad_parameters_are_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        whipple_nno(
            7e3,
            0.0,
            2800.0,
            bumper_thickness=-1.0,
            bumper_density=2700.0,
            standoff=0.0,
            wall_thickness=math.nan,
            wall_yield=KSI,
        )
    keys = {p.key for p in caught.value.problems}
    assert keys == {"bumper_thickness", "standoff", "wall_thickness"}


def test_handbook_units() -> None:
    found = in_handbook_units(
        "test",
        a=(0.01, "length"),
        b=(1000.0, "density"),
        c=(10.0, "areal density"),
        d=(6.895e6, "yield"),
        e=(1000.0, "speed"),
        f=(5.0, "number"),
    )
    assert list(found.values()) == pytest.approx([1.0, 1.0, 1.0, 1.0, 1.0, 5.0])


def jsc_by_brentq(
    normal: float, c: float, rho: float, tb: float, s: float, tw: float, *, mod: bool
) -> float:
    """Solve d F2^(2/3) = C as printed, cm and km/s, sigma 57 ksi, bumper 2.7."""
    sigma, rho_b = 57.0, 2.7
    top = 3.918 * tw ** (2 / 3) * s ** (1 / 3) * (sigma / 70) ** (1 / 3)
    top /= rho ** (1 / 3) * rho_b ** (1 / 9) * normal ** (2 / 3)
    v = (normal if mod else 7.0) / c

    def excess(d: float) -> float:
        if mod:
            q = np.interp(s / d, [15.0, 30.0], [0.25, 0.20]) * rho / rho_b
        else:
            q = 0.20 if s / d >= 30.0 else 0.25
        u = tb / d / q
        mass = math.pi * d**3 * rho / 6
        bare = 0.6 * d ** (19 / 18) * c ** (5 / 3) * rho**0.5 * v ** (2 / 3)
        bare /= (sigma / 40) ** 0.5
        best = 0.16 * d**0.5 * (rho * rho_b) ** (1 / 6) * mass ** (1 / 3) * v * c
        best *= s**-0.5 * (70 / sigma) ** 0.5
        r = max(bare / best, 1.0)
        f2 = 1.0 if u >= 1 else r - 2 * u * (r - 1) + u * u * (r - 1)
        return d * f2 ** (2 / 3) - top

    return float(brentq(excess, 0.005 * top, 20 * top, xtol=1e-15, rtol=1e-14))


@pytest.mark.parametrize("modified", [True, False])
@pytest.mark.parametrize("bumper", [0.005, 0.03, 0.08, 0.3])
def test_thin_bumper_root_against_brentq(modified, bumper) -> None:
    for speed in (7.0, 9.0, 15.0, 40.0):
        for angle in (0.0, 40.0):
            for rho in (0.5, 2.8, 7.9):
                c = math.cos(angle * DEGREE)
                found = whipple_jsc(
                    speed / c * KM,
                    angle * DEGREE,
                    rho * G_CM3,
                    bumper_thickness=bumper * CM,
                    bumper_density=2.7 * G_CM3,
                    standoff=6.0 * CM,
                    wall_thickness=0.3 * CM,
                    wall_yield=57 * KSI,
                    modified=modified,
                )
                truth = jsc_by_brentq(speed, c, rho, bumper, 6.0, 0.3, mod=modified)
                assert float(found) / CM == pytest.approx(truth, rel=1e-9)


def test_root_inside_the_jump_is_the_jump() -> None:
    """JSC: F2 jumps up at d = S/30; there is a range of speeds that gives S/30."""
    limit = whipple_jsc_limit(
        bumper_thickness=0.03 * CM,
        bumper_density=2700.0,
        standoff=6.0 * CM,
        wall_thickness=0.3 * CM,
        wall_yield=57 * KSI,
        modified=False,
    )
    borders = limit.speed_breaks(0.0, 2800.0)
    inside = [
        float(np.sqrt(a * b))
        for a, b in pairwise(borders)
        if a >= 7e3 and b > a * 1.001
    ]
    found = limit.critical_diameter(inside, 0.0, 2800.0)
    assert np.isclose(found, 0.2 * CM, rtol=1e-12).sum() == 1


def test_stuffing_coefficient() -> None:
    assert high_coefficient(0.05) == 0.45
    assert high_coefficient(0.15) == 0.45
    assert high_coefficient(0.20) == pytest.approx(0.525)
    assert high_coefficient(0.25) == pytest.approx(0.60)
    assert high_coefficient(0.40) == pytest.approx(0.60)
    assert high_coefficient(0.2499, "step") == 0.45
    assert high_coefficient(0.25, "step") == 0.60
    with pytest.raises(InputError, match="linear or step"):
        high_coefficient(0.2, "other")  # type: ignore[arg-type]


def test_tube_is_a_wall_with_the_skins_mass() -> None:
    material = {"brinell": 73.0, "sound_speed": 5070.0}
    tube = tube_behind_skin(
        7e3,
        0.2,
        2800.0,
        tube_thickness=1e-3,
        tube_density=2630.0,
        skin_areal_density=2.104,
        **material,
    )
    wall = aluminium_wall(
        7e3, 0.2, 2800.0, thickness=1.8e-3, wall_density=2630.0, **material
    )
    assert tube == pytest.approx(float(wall), rel=1e-12)
    with pytest.raises(InputError, match="brinell"):
        tube_behind_skin(7e3, 0.2, 2800.0, tube_thickness=1e-3, tube_density=2630.0)


def test_ablator_needs_both() -> None:
    """A thick ablator decides alone, a thin one leaves the Whipple shield to decide."""

    def limit(thickness: float, criterion: str = "perforation"):
        return ablator_over_whipple_limit(
            ablator_thickness=thickness,
            ablator_density=528.0,
            standoff=0.02,
            wall_thickness=2.5e-3,
            wall_density=2630.0,
            wall_yield=35 * KSI,
            criterion=criterion,
        )

    impact = (7e3, 0.0, 2800.0)
    depth = (8.0 / (1.61 * 2.8**0.5 * 7 ** (2 / 3))) ** (1 / 1.06) * CM
    alone = limit(0.08, "ablator_penetration").critical_diameter(*impact)
    assert alone == pytest.approx(depth, rel=1e-9)
    assert limit(0.08).critical_diameter(*impact) == pytest.approx(depth, rel=1e-9)
    thin = limit(0.001)
    assert thin.critical_diameter(*impact) > limit(
        0.001, "ablator_penetration"
    ).critical_diameter(*impact)
    assert thin.density_breaks == pytest.approx([4 * 528.0])


def test_importing_shields_loads_no_compiler() -> None:
    code = (
        "import sys, mmod.shields;"
        "bad = {'numba', 'dask', 'matplotlib', 'pyvista'} & set(sys.modules);"
        "sys.exit(repr(bad) if bad else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
