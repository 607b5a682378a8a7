"""Each equation of a shipped card: the card, spoilt in one place, names itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mmod import library
from mmod.errors import InputError
from mmod.shields import load_shield
from mmod.shields.equations import EQUATIONS
from mmod.shields.stack import Stack

CARDS = {
    card["equation"]: path
    for path in reversed(library.available("shield").values())
    if (card := library.read_toml(path))["equation"] in EQUATIONS
}
"""A shipped card of each equation that has one."""
ALL = pytest.mark.parametrize("equation", CARDS)


def refused(folder: Path, text: str) -> dict[str, str]:
    """Return key -> message; every problem names the file."""
    card = folder / "spoilt.toml"
    card.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_shield(card)
    assert all(p.source == str(card) for p in caught.value.problems)
    return {p.key: str(p) for p in caught.value.problems}


def spoilt(equation: str, pattern: str, replacement: str) -> str | None:
    """Return the card with the first match of a pattern replaced."""
    text = CARDS[equation].read_text(encoding="utf-8")
    changed, count = re.subn(pattern, replacement, text, count=1, flags=re.MULTILINE)
    return changed if count else None


def test_there_are_cards() -> None:
    assert len(CARDS) >= 12


@ALL
def test_good_as_shipped(tmp_path, equation) -> None:
    card = tmp_path / "copy.toml"
    card.write_bytes(CARDS[equation].read_bytes())
    assert load_shield(card).equation == equation


@ALL
def test_unknown_material(tmp_path, equation) -> None:
    wrong = 'material = "unobtainium"'
    text = spoilt(equation, r'^material = ".*"', wrong)
    if text is None:  # its layers give areal densities
        text = spoilt(
            equation, r"^areal_density_kg_m2", f"{wrong}\\nareal_density_kg_m2"
        )
    assert text is not None
    (key,) = refused(tmp_path, text)
    assert re.fullmatch(r"layer\[\d\]\.material", key)
    assert "unobtainium" in refused(tmp_path, text)[key]


@ALL
def test_negative_thickness(tmp_path, equation) -> None:
    text = spoilt(equation, r"^(thickness_mm|areal_density_kg_m2) = ", r"\1 = -")
    assert text is not None
    (key,) = refused(tmp_path, text)
    assert re.fullmatch(r"layer\[\d\]\.(thickness_mm|areal_density_kg_m2)", key)
    assert "greater than" in refused(tmp_path, text)[key]


@ALL
def test_missing_standoff(tmp_path, equation) -> None:
    text = spoilt(equation, r"^gap_mm = .*\n", "")
    if text is None:  # one plate
        assert len(load_shield(CARDS[equation]).layers) == 1
        return
    (key,) = refused(tmp_path, text)
    assert re.fullmatch(r"layer\[\d\]\.gap_mm", key)
    assert "standoff" in refused(tmp_path, text)[key]


@pytest.mark.parametrize(
    "equation",
    [x for x in CARDS if x.startswith(("whipple.nno", "stuffed", "multi_shock"))],
)
def test_no_standoff_at_all(tmp_path, equation) -> None:
    """Sheets that touch: an equation with a standoff says so, with the card's name."""
    text = CARDS[equation].read_text(encoding="utf-8")
    text = re.sub(r"^gap_mm = .*$", "gap_mm = 0.0", text, flags=re.MULTILINE)
    found = refused(tmp_path, text)
    assert equation in found["standoff"]


@ALL
def test_criterion_that_the_equation_does_not_have(tmp_path, equation) -> None:
    text = spoilt(equation, r'^criterion = ".*"', 'criterion = "leak"')
    assert text is not None
    found = refused(tmp_path, text)
    assert set(found) == {"criterion"}
    assert all(known in found["criterion"] for known in EQUATIONS[equation].criteria)


@pytest.mark.parametrize("equation", EQUATIONS)
def test_every_equation_refuses_a_criterion_of_another(equation) -> None:
    """Also those of which no card is shipped; layers are told of together with it."""
    with pytest.raises(InputError) as caught:
        EQUATIONS[equation].limit(Stack("card.toml", ()), "leak", {"x": 1.0})
    found = {p.key: str(p) for p in caught.value.problems}
    assert "leak" in found["criterion"]
    assert {"criterion", "layer", "coefficients.x"} <= set(found)
