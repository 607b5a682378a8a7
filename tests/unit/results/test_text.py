"""Numbers with the digits that their error allows, tables, the report."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.results import synthetic

from mmod.results import build
from mmod.results.direction import words
from mmod.results.numbers import near_one, none_of, percent, rounded, with_error
from mmod.results.text import equations


@pytest.fixture(scope="module")
def tree():
    return build(synthetic.outcome())


@pytest.mark.parametrize(
    "value,error,text",
    [
        (1.23456e-5, 1e-8, "1.2346e-05"),
        (1.23456e-5, 4e-8, "1.235e-05"),
        (1.23456e-5, 4e-6, "1.2e-05"),
        (1234.567, 40.0, "1.23e+03"),
        (123.4567, 0.5, "123.5"),
        (0.0123456, 0.0002, "0.01235"),
        (0.0, 0.0, "0"),
        (math.nan, 1.0, "-"),
        (3.14159265, 0.0, "3.142"),
        (3.14159265, 1e-12, "3.14159"),
        (5e-9, 1e-7, "5e-09"),
    ],
)
def test_rounded(value, error, text):
    assert rounded(value, error) == text


@given(st.floats(1e-15, 1e5), st.floats(1e-5, 0.5))
def test_rounding_stays_inside_the_error(value, relative):
    """What is lost by rounding is below the standard error: no digit is missing."""
    shown = float(rounded(value, relative * value))
    assert abs(shown - value) <= 0.5 * relative * value + 5e-6 * value


def test_with_error_never_says_zero_plus_minus_zero_of_something_unseen():
    assert with_error(1.2345e-5, 1e-7) == "1.234e-05 ± 0.81 %"
    assert with_error(1.2345e-5, 1e-7, "1/yr") == "1.234e-05 ± 0.81 % 1/yr"
    assert with_error(0.0, 3e-6) == "0 ± 3.0e-06"
    assert with_error(2.0, 0.0) == "2.000 ± <0.01 %"
    assert with_error(math.nan, 1.0) == "-"


def test_percent():
    assert percent(0.09999) == "10 %"
    assert percent(0.0084) == "0.84 %"
    assert percent(1e-7) == "<0.01 %"
    assert percent(0.0) == "0 %"
    assert percent(math.nan) == "-"


def test_near_one():
    assert near_one(0.998712, 0.998690, 0.998731) == "0.998712 [0.998690, 0.998731]"
    assert near_one(1.0, 1.0 - 6.15e-8, 1.0) == ">0.999999938"
    assert near_one(1.0 - 2.3e-12, 1.0 - 3e-12, 1.0 - 1e-12) == "1 - 2.3e-12"
    text = near_one(1.0 - 2e-8, 1.0 - 1.2e-7, 1.0 - 1e-9)
    assert text == "0.999999980 [0.999999880, 0.999999999]"  # no limit rounds to one
    assert near_one(math.nan, 0.0, 1.0) == "-"


@given(st.floats(1e-4, 0.3), st.floats(1e-3, 0.5))
def test_near_one_tells_the_limits_apart(risk, relative):
    value, half = 1.0 - risk, relative * risk
    text = near_one(value, value - half, value + half)
    middle, limits = text.split(" [")
    low, high = limits.rstrip("]").split(", ")
    assert float(low) < float(middle) < float(high)


def test_none_of():
    assert none_of(0.0634) == "0.9386"
    assert none_of(3.78) == "0.02282"
    assert none_of(4e-5) == "0.999960"
    assert none_of(2e-8) == "0.999999980"
    assert none_of(2.3e-12) == "1 - 2.3e-12"
    assert none_of(1e-20) == "1 - 1.0e-20"  # exp of it is one
    assert none_of(0.0) == "1"
    assert none_of(math.nan) == "-"


@given(st.floats(-18.0, 1.5))
def test_a_chance_of_none_never_reads_one(exponent):
    number = 10.0**exponent
    text = none_of(number)
    head, _, distance = text.partition(" - ")
    shown = float(distance) if distance else 1.0 - float(head)
    assert shown > 0.0
    assert shown == pytest.approx(-math.expm1(-number), rel=0.06)


@pytest.mark.parametrize(
    "vector,text",
    [
        ((0.9, 0.1, 0.0), "ram"),
        ((0.6, 0.5, 0.0), "ram-port"),
        ((-0.7, -0.1, 0.1), "wake"),
        ((0.1, -0.8, 0.0), "starboard"),
        ((0.3, 0.0, 0.6), "zenith-ram"),
        ((0.0, 0.0, -0.9), "nadir"),
        ((0.1, 0.1, 0.05), "diffuse"),
        ((math.nan, 0.0, 0.0), ""),
    ],
)
def test_words(vector, text):
    import numpy as np

    assert words(np.array(vector)) == text


def test_report_says_what_an_analyst_needs(tree):
    text = tree.mmod.report()
    for part in (
        "Made-up run",
        "82.4 d",
        "404.0 km",
        "51.64 deg",
        "deb_b (debris, beside the total)",
        "met (meteoroid, in the total)",
        "perforation (6 zones)",
        "sampling error only",
        "epoch 2018.5 extrapolated",
        "PNP [95 % interval]",
        "unseen",
        "exact",
        "1 zone)",
    ):
        assert part in text, part
    row = next(s for s in text.splitlines() if s.startswith("box.port"))
    assert "<" in row
    assert " 0 " not in row.split("unseen")[0].split("0", 1)[1]
    assert "nan" not in text.lower().replace("attitude", "")


def test_top_rows_and_the_rest(tree):
    table = tree.mmod.zones()
    text = table.to_text(top=2)
    assert "other zones (5)" in text
    assert len(text.splitlines()) == 2 + 3 + 2
    assert "other" not in table.to_text(top=6)  # a rest of one row is shown itself
    assert "other" not in table.to_text()


def test_blocks_fit_the_width(tree):
    wide = tree.mmod.zones().to_text()
    narrow = tree.mmod.zones().to_text(width=80)
    assert max(map(len, narrow.splitlines())) <= 80 < max(map(len, wide.splitlines()))
    for word in ("exposed", "penetrations", "PNP", "main dir.", "extrap."):
        assert word in narrow


def test_units_are_named(tree):
    header = tree.mmod.zones().to_text().splitlines()[0]
    assert "m²" in header
    assert ">=0.1mm" in header


def with_equations(tree, names):
    """Return the tree with other damage equations, one a zone in turn."""
    zones = tree["zones"].to_dataset()
    turn = [names[i % len(names)] for i in range(zones.sizes["zone"])]
    other = tree.copy()
    other["zones"] = type(tree)(zones.assign(equation=("zone", turn)))
    return other


def test_equations_add_up_and_tubes_are_not_walls(tree):
    zones = tree["zones"].to_dataset()
    numbers = zones["expected"].sel(environment="total", damage="penetration").values
    names = ["tube_behind_skin.steel", "whipple.nno"]
    text = equations(with_equations(tree, names))
    assert "not a hole in a cabin" in text
    for place, name in enumerate(names):
        line = next(x for x in text.splitlines() if x.split()[0] == name)
        value = float(line.split(" ± ")[0].split()[-1])
        assert value == pytest.approx(np.nansum(numbers[place::2]), rel=0.02)
    assert "cabin" not in equations(
        with_equations(tree, ["single.wall", "whipple.nno"])
    )


def test_one_equation_needs_no_breakdown(tree):
    assert equations(with_equations(tree, ["whipple.nno"])) == ""
