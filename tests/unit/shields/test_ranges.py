"""Where equations end: ranges of tests, constants of one shield, pairs of kinks."""

from __future__ import annotations

import numpy as np
import pytest
from shield_makers import MAKERS

from mmod import load_shield
from mmod.errors import InputError
from mmod.library import resolve
from mmod.shields.ballistic_limits import whipple_ellipsoid, whipple_iss
from mmod.units import CM, DEGREE, KM, MM


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_ranges_are_not_wider_than_their_words(name):
    limit = MAKERS[name](2 * MM)
    inside = limit.validity
    assert (
        inside.density[1] < np.inf
        or "no range" in inside.basis
        or (
            inside.speed[0] > inside.speed[1]  # nothing is inside
        )
        or name.startswith(("transparent", "rcc", "tile", "afrsi", "pica", "avcoat"))
    )
    assert inside.obliquity < 89.0 * DEGREE
    if "no range of speeds or angles" in inside.basis:
        assert "[estimate]" in inside.basis


def test_an_untested_combination_is_never_inside():
    shield = load_shield("soyuz_sa")
    speed = np.linspace(1.0, 20.0, 50) * KM
    assert not shield.valid(speed, 0.0, 2800.0).any()
    assert "no test" in shield.validity.basis


def test_nno_is_inside_its_printed_speeds_only():
    shield = load_shield("whipple_cylinder_wall")
    speed = np.array([1.0, 6.6, 6.8, 7.4, 7.6]) * KM
    assert shield.valid(speed, 0.0, 2800.0).tolist() == [
        False,
        False,
        True,
        True,
        False,
    ]
    assert not shield.valid(7e3, 0.0, 1e9).any()


@pytest.mark.parametrize("degrees", [70.0, 80.0, 85.0, 88.0])
@pytest.mark.parametrize("density", [500.0, 1000.0, 2800.0])
def test_every_kink_of_an_ablator_over_a_wall_is_listed(degrees, density):
    """Also two crossings within one regime; found here by a fine search."""
    limit, angle = load_shield("soyuz_sa").limit, degrees * DEGREE
    speed = np.geomspace(1e3, 80e3, 40_001)
    leads = limit.first.critical_diameter(speed, angle, density) > (
        limit.second.critical_diameter(speed, angle, density)
    )
    kinks = speed[1:][np.diff(leads.astype(int)) != 0]
    listed = limit.speed_breaks(angle, density)
    for kink in kinks:
        assert np.abs(listed / kink - 1.0).min() < 2e-4
    if (degrees, density) == (85.0, 1000.0):
        assert len(kinks) >= 2


def card(tmp_path, name, old, new):
    text = resolve("shield", name, key="shield").read_text()
    assert old in text
    file = tmp_path / "card.toml"
    file.write_text(text.replace(old, new, 1))
    return file


def test_published_constants_belong_to_their_layers(tmp_path):
    thin = card(tmp_path, "usl_cyl", "thickness_mm = 2.0", "thickness_mm = 0.01")
    with pytest.raises(InputError, match="us_lab_cylinder") as error:
        load_shield(thin)
    (problem,) = error.value.problems
    assert problem.source == str(thin)
    assert problem.key == "bumper"
    # constants of one's own may describe any layers
    own = card(tmp_path, "usl_cyl", "K_H = 4.643", "K_H = 4.0")
    assert load_shield(own).limit is not None


def test_every_published_shield_has_layers():
    assert whipple_iss.ISS_LAYERS.keys() == whipple_iss.ISS_COEFFICIENTS.keys()
    for bumper, standoff, wall in whipple_iss.ISS_LAYERS.values():
        assert 0.0 < bumper * CM < wall * CM < standoff * CM


@pytest.mark.parametrize(
    "old, new, word",
    [
        ("V_L = 1.5", "V_L = 9.0", "below V_H"),
        ("x_L = 1.9", "x_L = 1e9", "0 to 3"),
        ("x_L = 1.9", "x_L = -5.0", "0 to 3"),
        ("e_L = [-0.3333333333333333", "e_L = [4.0", "-2 to 0"),
    ],
)
def test_odd_constants_are_refused(tmp_path, old, new, word):
    with pytest.raises(InputError, match=word):
        load_shield(card(tmp_path, "usl_cyl", old, new))


@pytest.mark.parametrize("ratio", [0.1, 5.0, 100.0])
def test_shapes_far_outside_are_refused(ratio):
    with pytest.raises(InputError, match=r"0\.2 to 3"):
        whipple_ellipsoid.shape_factors(ratio)


@pytest.mark.parametrize("where", ["speed, obliquity, density", "border"])
@pytest.mark.parametrize("code", [0, 3])
def test_an_equation_that_exits_is_refused(tmp_path, where, code):
    (tmp_path / "own.py").write_text(
        f"import sys\ndef leave({where}):\n    sys.exit({code})\n"
    )
    file = tmp_path / "card.toml"
    layers = "" if "speed" in where else "[coefficients]\nborder = 1.0\n"
    file.write_text(
        'title = "leaves"\nequation = "own.py:leave"\ncriterion = "perforation"\n'
        'certainty = "assumption"\nsource = "test"\n'
        f"{layers}"
    )
    with pytest.raises(InputError, match="SystemExit") as error:
        load_shield(file)
    assert error.value.problems[0].source == str(file)


def test_layers_too_thin_to_be_meant_are_refused(tmp_path):
    with pytest.raises(InputError, match="thickness_mm"):
        load_shield(card(tmp_path, "pma", "thickness_mm = ", "thickness_mm = 1e-300 #"))
