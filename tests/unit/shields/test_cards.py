"""Wrong cards name themselves: file, key, value, expectation."""

from __future__ import annotations

from pathlib import Path

import pytest

from mmod.errors import InputError
from mmod.shields import load_materials, load_shield
from mmod.shields.shield import Shield

GOOD = """
title = "Two walls"
equation = "whipple.nno"
criterion = "perforation_or_detached_spall"
certainty = "assumption"
source = "test"

[[layer]]
role = "bumper"
material = "Al 6061-T6"
thickness_mm = 1.3
gap_mm = 100.0

[[layer]]
role = "blanket"
areal_density_kg_m2 = 0.5
gap_mm = 7.0

[[layer]]
role = "wall"
material = "Al 2219-T87"
thickness_mm = 3.2
"""
STUFFED = (
    GOOD.replace("whipple.nno", "stuffed_whipple")
    .replace('role = "blanket"', 'role = "stuffing"\nmaterial = "Nextel AF62"')
    .replace("areal_density_kg_m2 = 0.5", "plies = 6")
)


def load(folder: Path, text: str) -> Shield:
    (folder / "card.toml").write_text(text, encoding="utf-8")
    return load_shield("card.toml", relative_to=folder)


def problems(folder: Path, text: str) -> dict[str, str]:
    """Return key -> message of everything that is wrong with a card."""
    with pytest.raises(InputError) as caught:
        load(folder, text)
    assert all(p.source.endswith("card.toml") for p in caught.value.problems)
    return {p.key: str(p) for p in caught.value.problems}


def test_good_card(tmp_path) -> None:
    shield = load(tmp_path, GOOD)
    assert shield.name == "card"
    assert shield.areal_density == pytest.approx(1.3 * 2.7 + 0.5 + 3.2 * 2.84)
    assert shield.vulnerable_fraction == 1.0
    assert set(shield.sources) == {str(shield.path), str(load_materials().path)}
    assert len(shield.sha256) == 64
    assert not shield.is_none
    assert shield.validity is not None


def test_plies_give_the_areal_density(tmp_path) -> None:
    assert load(tmp_path, STUFFED).layers[1].areal_density == pytest.approx(6.0)


@pytest.mark.parametrize(
    ("old", "new", "key", "words"),
    [
        ("Al 6061-T6", "unobtainium", "layer[0].material", "materials.csv"),
        ("thickness_mm = 1.3", "thickness_mm = -1.3", "layer[0].thickness_mm", "-1.3"),
        ("thickness_mm = 1.3", "thickness_mm = nan", "layer[0].thickness_mm", "nan"),
        ("thickness_mm = 1.3", "thickness_mm = inf", "layer[0].thickness_mm", "inf"),
        ("thickness_mm = 1.3", 'thickness_mm = "1"', "layer[0].thickness_mm", "number"),
        ("thickness_mm = 1.3", "thickness_cm = 1.3", "layer[0].thickness_cm", "Extra"),
        ("gap_mm = 100.0\n", "", "layer[0].gap_mm", "standoff"),
        ("gap_mm = 100.0", "gap_mm = -1", "layer[0].gap_mm", "-1"),
        ("perforation_or_detached_spall", "leak", "criterion", "whipple.nno"),
        ("whipple.nno", "whipple.nmo", "equation", "whipple.jsc_modified"),
        ('"assumption"', '"sure"', "certainty", "published"),
        ('source = "test"\n', "", "source", "missing"),
        ('title = "Two walls"', 'title = ""', "title", "character"),
        ('source = "test"', 'source = "t"\nx = 1', "x", "Extra"),
        (
            'source = "test"',
            'source = "t"\nvulnerable_fraction = 1.2',
            "vulnerable_fraction",
            "1.2",
        ),
        (
            'source = "test"',
            'source = "t"\nvulnerable_fraction = 0.0',
            "vulnerable_fraction",
            "0.0",
        ),
        ('role = "blanket"', 'role = "tube"', "layer[1].role", "bumper"),
        ('role = "blanket"', 'role = "duvet"', "layer[1].role", "blanket"),
        (
            "thickness_mm = 3.2",
            "thickness_mm = 3.2\ngap_mm = 1.0",
            "layer[2].gap_mm",
            "last",
        ),
        ("thickness_mm = 3.2", "", "layer[2].thickness_mm", "one of"),
        (
            "thickness_mm = 3.2",
            "areal_density_kg_m2 = 9.0",
            "layer[2].thickness",
            "NNO",
        ),
        (
            'material = "Al 2219-T87"',
            'material = "RCC"',
            "layer[2].yield_strength",
            "yield",
        ),
        ("areal_density_kg_m2 = 0.5", "plies = 2", "layer[1].areal_density", "areal"),
        (
            'source = "test"',
            'source = "t"\n[coefficients]\nK_H = 0.6',
            "coefficients.K_H",
            "none",
        ),
    ],
)
def test_wrong_card(tmp_path, old, new, key, words) -> None:
    assert old in GOOD
    found = problems(tmp_path, GOOD.replace(old, new))
    assert key in found
    assert words.lower() in found[key].lower().replace("whipple.nno", "whipple.nno nno")


def test_everything_wrong_is_told_at_once(tmp_path) -> None:
    text = (
        GOOD.replace("thickness_mm = 1.3", "thickness_mm = -1")
        .replace('"assumption"', '"sure"')
        .replace("gap_mm = 7.0", "gap_mm = nan")
    )
    assert set(problems(tmp_path, text)) == {
        "certainty",
        "layer[0].thickness_mm",
        "layer[1].gap_mm",
    }


def test_layers_and_criterion_are_told_together(tmp_path) -> None:
    text = GOOD.replace("perforation_or_detached_spall", "leak")
    text = text.replace('role = "bumper"', 'role = "mesh"')
    assert {"criterion", "layer[0].role", "layer"} <= set(problems(tmp_path, text))


def test_layers_in_the_wrong_order(tmp_path) -> None:
    head, first, second, third = GOOD.split("[[layer]]")
    third = third + "gap_mm = 5.0\n"
    first = first.replace("gap_mm = 100.0\n", "")
    text = "[[layer]]".join([head, third, second, first])
    assert "outside in" in problems(tmp_path, text)["layer"]


def test_two_measures_of_a_layer(tmp_path) -> None:
    text = GOOD.replace("thickness_mm = 3.2", "thickness_mm = 3.2\nplies = 2")
    assert "one of" in problems(tmp_path, text)["layer[2].thickness_mm"]


def test_iss_constants_must_be_there(tmp_path) -> None:
    found = problems(tmp_path, GOOD.replace("whipple.nno", "whipple.iss"))
    assert {f"coefficients.{k}" for k in ("K_H", "K_L", "e_L")} <= set(found)


def test_iss_exponent_is_a_pair(tmp_path) -> None:
    constants = "\n".join(f"{k} = 1.0" for k in ("K_H", "K_L", "V_L", "x_H", "x_L"))
    text = GOOD.replace("whipple.nno", "whipple.iss").replace(
        'source = "test"', f'source = "t"\n[coefficients]\nV_H = 7.0\n{constants}\nEL'
    )
    assert "coefficients.e_L" in problems(tmp_path, text.replace("EL", "e_L = -0.5"))
    shield = load(tmp_path, text.replace("EL", "e_L = [-0.5, -0.5]"))
    assert shield.critical_diameter(7e3, 0.0, 1000.0) > 0.0


def test_none_takes_no_criterion(tmp_path) -> None:
    text = GOOD.replace("whipple.nno", "none")
    assert "criterion" in problems(tmp_path, text)


def test_not_toml(tmp_path) -> None:
    assert "syntax" in problems(tmp_path, "title = ")


def test_unknown_shield_lists_the_library() -> None:
    with pytest.raises(InputError, match="soyuz_bo"):
        load_shield("soyuz_b0")


def test_coefficient_of_the_card_is_used(tmp_path) -> None:
    plain = load(tmp_path, STUFFED).critical_diameter(10e3, 0.0, 2800.0)
    given = STUFFED.replace(
        'source = "test"', 'source = "t"\n[coefficients]\nK_H = 0.3'
    )
    half = load(tmp_path, given).critical_diameter(10e3, 0.0, 2800.0)
    assert half < plain


def test_wrong_materials_table(tmp_path) -> None:
    good = load_materials().path.read_text(encoding="utf-8").splitlines()
    table = tmp_path / "mine.csv"
    rows = [
        good[0],
        "A,2.7,,,,,source,",
        "A,2.7,,,,,source,",
        "B,-1,,,,,,",
        "C,x,,,,,s,",
    ]
    table.write_text("\n".join(rows) + "\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_materials("mine.csv", relative_to=tmp_path)
    keys = [p.key for p in caught.value.problems]
    assert keys == [
        "line 3: name",
        "line 4: density_g_cm3",
        "line 4: source",
        "line 5: density_g_cm3",
    ]
    table.write_text("name,density\n", encoding="utf-8")
    with pytest.raises(InputError, match="header"):
        load_materials("mine.csv", relative_to=tmp_path)
