"""Joint density of marks: it integrates to 1, and follows known laws."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from breach_cases import DENSITY, PLATE_ZONE, SPEED, WALL, debris_tree, plate_tree

from mmod.errors import InputError
from mmod.forensics.breaches import predict_breaches
from mmod.forensics.densities import Marks, silverman
from mmod.shields import load_shield


@cache
def debris():
    return predict_breaches(debris_tree(), PLATE_ZONE)


@cache
def plate():
    return predict_breaches(plate_tree(), PLATE_ZONE)


def test_sizes_alone_are_the_probability():
    found = debris().joint_density(Marks(size=(1e-3, 2e-3)))
    assert found.value == pytest.approx(debris().probability(1e-3, 2e-3).value)
    assert found.units == "1"


def test_it_integrates_to_one():
    breaches = debris()
    theta = (np.arange(60) + 0.5) * np.pi / 120.0
    along = [breaches.joint_density(Marks(obliquity=float(t))).value for t in theta]
    assert np.sum(along) * np.pi / 120.0 == pytest.approx(1.0, abs=2e-3)
    sine = -1.0 + 2.0 * (np.arange(24) + 0.5) / 24
    turn = -np.pi + 2.0 * np.pi * (np.arange(48) + 0.5) / 48
    total = sum(
        breaches.joint_density(Marks(direction=(float(a), float(np.arcsin(s))))).value
        for s in sine
        for a in turn
    )
    assert total * 4.0 * np.pi / (24 * 48) == pytest.approx(1.0, abs=0.05)
    y = -1.0 + 2.0 * (np.arange(20) + 0.5) / 20
    place = sum(
        breaches.joint_density(Marks(position=(0.0, float(a), float(b)))).value
        for a in y
        for b in y
    )
    assert place * 4.0 / 400 == pytest.approx(1.0, abs=0.02)


def test_obliquity_of_a_plate_in_a_flux_from_everywhere():
    """p ~ sin cos d_c(theta)^-3, within the kernel's width and the sampling."""
    shield = load_shield(WALL)
    theta = np.linspace(0.0, np.pi / 2, 2001)
    law = np.sin(theta) * np.cos(theta)
    law *= shield.critical_diameter(SPEED, theta, DENSITY) ** -3.0
    law /= law.mean() * np.pi / 2
    for at in (0.3, 0.6, 0.9):
        found = plate().joint_density(Marks(obliquity=at))
        wanted = float(np.interp(at, theta, law))
        assert found.value == pytest.approx(wanted, rel=0.25)
        assert found.effective_samples > 30.0


def test_place_is_uniform_on_a_plate():
    found = plate().joint_density(Marks(position=(0.0, 0.1, -0.1)))
    assert found.value == pytest.approx(1.0, rel=0.3)
    assert found.units == "m-2"


def test_marks_multiply_only_where_independent():
    """Place and size of a plate are; obliquity and size are not."""
    a = plate().joint_density(Marks(size=(5e-3, 1e-2))).value
    b = plate().joint_density(Marks(position=(0.0, 0.1, 0.1))).value
    both = plate().joint_density(Marks(size=(5e-3, 1e-2), position=(0.0, 0.1, 0.1)))
    assert both.value == pytest.approx(a * b, rel=0.25)
    found = plate().joint_density(
        Marks(size=(5e-3, 1e-2), obliquity=0.4, direction=(0.1, 0.2))
    )
    assert found.units == "rad-1 sr-1"
    assert set(found.widths) == {"obliquity", "direction"}


def test_populations():
    found = debris().joint_density(Marks(population=0)).value
    assert found == pytest.approx(1.0)
    assert debris().joint_density(Marks(population=5)).value == 0.0


def test_silverman():
    assert silverman(2.0, 1000.0, 1) == pytest.approx(
        2.0 * (4.0 / 3.0) ** 0.2 * 1000.0**-0.2
    )
    assert silverman(1.0, 100.0, 2) == pytest.approx(100.0 ** (-1.0 / 6.0))


@pytest.mark.parametrize(
    "marks",
    [
        Marks(),
        Marks(size=(2e-3, 1e-3)),
        Marks(size=(float("nan"), 1e-3)),
        Marks(obliquity=2.0),
        Marks(direction=(0.0, 2.0)),
        Marks(direction=(float("nan"), 0.0)),
        Marks(position=(0.0, float("inf"), 0.0)),
    ],
)
def test_wrong_marks_are_refused(marks):
    with pytest.raises(InputError):
        plate().joint_density(marks)
