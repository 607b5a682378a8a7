"""Every flux model of the library reproduces the published values beside its card."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from mmod.errors import InputError
from mmod.flux.card import read_card
from mmod.flux.checks import Check, evaluate, read_checks
from mmod.library import available

CARDS = available("flux_model")
CHECKS = [
    pytest.param(name, check, id=f"{name}-{number}-{check.quantity}")
    for name, card in CARDS.items()
    for number, check in enumerate(read_checks(card.with_name("checks.csv")))
]


@pytest.mark.parametrize("name, check", CHECKS)
def test_published_value(name: str, check: Check) -> None:
    value = evaluate(name, check)
    assert check.passes(value), (
        f"{check.where}: {value:.6g} {check.unit}, expected {check.expected:g}"
        f" within {check.relative_tolerance:.2%} ({check.source})"
    )
    # planted error: the same value off by two tolerances and 1e-6 must not pass
    shift = 2.0 * check.relative_tolerance + 1e-6
    scale = abs(check.expected) if check.expected else 1.0
    assert not check.passes(value + shift * scale) or not check.passes(
        value - shift * scale
    )


def test_four_models() -> None:
    assert {"nasa91", "master8_iss_ecss", "grun_ssp", "grun_ecss"} <= set(CARDS)


@pytest.mark.parametrize("name", CARDS)
def test_card_is_complete(name: str) -> None:
    folder = CARDS[name].parent
    card = read_card(CARDS[name])
    for table in card.tables.values():
        assert (folder / table).read_text(encoding="utf-8").startswith("#"), table
    readme = (folder / "README.md").read_text(encoding="utf-8")
    for heading in ("Equation", "Validity", "Area convention", "Unverified", "Cite"):
        assert f"## {heading}" in readme
    for option in card.options:
        assert f"`{option}`" in readme


def test_bad_rows_are_all_reported(tmp_path: Path) -> None:
    file = tmp_path / "checks.csv"
    file.write_text(
        "quantity,arguments,expected,unit,relative_tolerance,source,tag\n"
        "speed_of_light,,1,1,0.1,x,read\n"
        "mean_speed,,nan,m/s,0.1,x,rumour\n"
    )
    with pytest.raises(InputError) as error:
        read_checks(file)
    keys = [problem.key for problem in error.value.problems]
    assert keys == ["quantity", "unit", "tag", "expected"]


def test_quantity_of_another_family_is_refused() -> None:
    check = dataclasses.replace(
        read_checks(CARDS["nasa91"].with_name("checks.csv"))[0], where="here"
    )
    with pytest.raises(InputError, match="family"):
        evaluate("grun_ssp", check)
