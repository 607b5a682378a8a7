"""What `shadowing` says that it does: in the schema, and in the report of a result."""

from __future__ import annotations

import dataclasses

import pytest
from unit.results import synthetic

from mmod.config.schema import RunConfig
from mmod.results import build
from mmod.results.text import heading


def test_absent_leaves_shadows_out_and_not_the_parts() -> None:
    words = RunConfig.model_fields["shadowing"].description
    assert words is not None
    assert "their shadows left out" in words
    assert "hits stay" in words


@pytest.mark.parametrize(
    "value, said",
    [
        ("absent", "thin parts cast no shadows; hits on them are counted"),
        ("opaque", "thin parts stop every ray"),
        ("solidity", None),
        (None, None),  # results of other makers
    ],
)
def test_report_names_another_shadowing(value: str | None, said: str | None) -> None:
    outcome = synthetic.outcome()
    about = {**outcome.provenance, "shadowing": value}
    if value is None:
        about.pop("shadowing")
    tree = build(dataclasses.replace(outcome, provenance=about))
    lines = [s for s in heading(tree).splitlines() if s.startswith("  shadowing")]
    if said is None:
        assert lines == []
    else:
        assert lines == [f"  shadowing  {value}: {said}"]
