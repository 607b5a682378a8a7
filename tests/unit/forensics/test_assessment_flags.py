"""What an assessment says of the numbers behind it: rays, run, shields, laws."""

from __future__ import annotations

import json
from functools import cache

import pytest
import xarray as xr
from breach_cases import plate_table
from engine_helpers import sampled, solve
from hole_cases import card, two_pairs

from mmod.cli.output import to_json
from mmod.config import load_run
from mmod.errors import InputError
from mmod.forensics.assessment import OWN_RUN, assess
from mmod.forensics.assessment_document import document
from mmod.forensics.assessment_flags import few_rays
from mmod.forensics.assessment_text import text
from mmod.forensics.breaches import ENOUGH_RAYS, Estimate
from mmod.forensics.case import parse_case
from mmod.forensics.rates import ModelError
from mmod.forensics.same_run import differs, differs_or_unknown
from mmod.results.build import build


def found(flags, start):
    return [flag for flag in flags if flag.startswith(start)]


@cache
def few() -> xr.DataTree:
    """Return a plate whose shield counts craters, with thirty rays."""
    table = plate_table(
        {"model": "nasa91", "kind": "debris"},
        {"model": "grun_ssp", "kind": "meteoroid"},
        shields={"*": "crater_500um"},
        sampling={"samples": 10_000, "events_per_zone": 30},
    )
    return build(sampled(solve(table)))


def test_every_number_below_a_hundred_rays_is_named():
    counts = [
        ("a + b", [(0.0, 100.0), (1.5e-3, 99.9), (2e-3, 0.0)]),
        ("a + c", [(0.0, 1e3), (2e-3, 100.0)]),
    ]
    (flag,) = few_rays(counts)
    assert flag.startswith("few rays, a + b: effective rays of holes >= 1.5 mm")
    assert ">= 2 mm 0" in flag
    assert "any" not in flag
    assert "events_per_zone" in flag
    assert "enrich" in flag
    assert few_rays(counts[1:], Estimate(0.1, 0.01, 100.0)) == ()
    (flag,) = few_rays(counts[1:], Estimate(0.1, 0.01, 99.0))
    assert "size" in flag
    assert "99 effective rays" in flag
    assert few_rays([("a", [(0.0, float("nan"))])]) != ()


def test_few_rays_are_told_in_text_and_document():
    poor = assess(parse_case(card()), few(), seed=1)
    assert all(r < ENOUGH_RAYS for c in poor.counts for _, _, r in c.sizes)
    flags = found(poor.flags, "few rays")
    assert len(flags) == len(poor.counts) + 1
    assert found(poor.flags, "inversion: ")
    said = " ".join(text(poor).split())
    listed = json.loads(to_json(document(poor)))["flags"]
    for flag in flags:
        assert flag in said
        assert flag in listed
    rich = assess(parse_case(card()), two_pairs(), seed=1)
    assert all(r >= ENOUGH_RAYS for c in rich.counts for _, _, r in c.sizes)
    assert found(rich.flags, "few rays") == []
    assert found(rich.flags, "inversion: ") == []


def test_a_shield_that_counts_craters_is_told():
    poor = assess(parse_case(card()), few(), seed=1)
    (flag,) = found(poor.flags, "shield crater_500um")
    assert "no plate" in flag
    rich = assess(parse_case(card()), two_pairs(), seed=1)
    assert found(rich.flags, "shield ") == []


def test_a_law_wider_than_the_error_used_is_told():
    case = parse_case(card())
    flags = assess(case, two_pairs(), seed=1).flags
    (flag,) = found(flags, "nasa91 states an error of its own wider than the 0.9")
    assert "ln SD" in flag
    wide = assess(case, two_pairs(), seed=1, model_error=ModelError(3.5, 3.5))
    assert found(wide.flags, "nasa91 states") == []


def result_of(run: str, **changed: object) -> xr.DataTree:
    tree = xr.DataTree()
    config = {**json.loads(load_run(run).canonical_json()), **changed}
    tree.attrs["config"] = json.dumps(config)
    return tree


def test_a_result_of_another_run_is_told():
    assert differs("soyuz_ms09", result_of("soyuz_ms09", seed=1, title="a")) == ()
    (note,) = differs("soyuz_ms09", result_of("soyuz_ms09", shields={"*": "none"}))
    assert note == "the result is not of run soyuz_ms09 as shipped: shields differs"
    (note,) = differs("soyuz_ms09", result_of("soyuz_ms22"))
    assert "vehicle, phase" in note
    with pytest.raises(InputError):
        differs("no_such_run", result_of("soyuz_ms09"))
    (note,) = differs_or_unknown("no_such_run", result_of("soyuz_ms09"))
    assert "not checked" in note


def test_the_run_of_a_case_is_compared_and_ones_own_is_not():
    case = card()
    assert found(assess(parse_case(case), two_pairs()).flags, "the result is not of")
    own = parse_case({**case, "run": OWN_RUN})
    assert found(assess(own, two_pairs()).flags, "the result is not of") == []


def test_a_size_that_no_hole_has_is_blamed_on_the_size():
    size = {"reported_mm": [1e9, 1e9]}
    case = parse_case(card(size=size))
    with pytest.raises(InputError) as caught:
        assess(case, two_pairs())
    (problem,) = caught.value.problems
    assert "diameter" in problem.key
    assert problem.value == "1e+09 mm"
