"""A run again with more events: the same estimates, and refusals."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

import mmod
from mmod.config import parse_run
from mmod.errors import InputError
from mmod.forensics.breaches import predict_breaches
from mmod.forensics.enrich import enrich


@cache
def tree():
    from engine_helpers import run_table

    table = run_table(
        "cube",
        {"model": "master8_iss_ecss", "kind": "debris"},
        shields={"*": "aluminium_wall"},
        element_size_m=1.0,
        sampling={"samples": 20_000, "events_per_zone": 40},
    )
    return mmod.run(parse_run(table), threads=1)


def test_more_events_and_the_same_estimates():
    zones = [str(n) for n in tree()["zones"]["zone"].values]
    # MASTER's debris flies in the horizontal plane: zenith and nadir see nothing.
    lit = tree()["zones"]["expected"].sel(environment="total", damage="penetration")
    wanted = zones[int(np.argmax(lit.values))]
    fresh = enrich(tree(), wanted, 400, threads=1)
    before, after = (predict_breaches(t, wanted) for t in (tree(), fresh))
    assert len(after.rays) > 5 * len(before.rays)
    assert after.expected().value == pytest.approx(before.expected().value, rel=1e-9)
    a, b = before.expected(4e-3), after.expected(4e-3)
    assert b.stderr < a.stderr
    assert abs(a.value - b.value) < 5.0 * np.hypot(a.stderr, b.stderr)
    names = {zones[i] for i in fresh["events"]["zone_index"].values}
    assert names == {wanted}


def test_refusals():
    for number in (40, 1, 10_001):
        with pytest.raises(InputError, match="more than the run's 40"):
            enrich(tree(), "*", number)
    changed = tree().copy(deep=True)
    changed["zones"]["expected"].values[:] *= 1.01
    with pytest.raises(InputError, match="has changed since"):
        enrich(changed, "*", 50, threads=1)
    changed.attrs["config"] = "{}"
    with pytest.raises(InputError, match="a configuration to run"):
        enrich(changed, "*", 50)
