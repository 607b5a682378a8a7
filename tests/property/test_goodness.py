"""Invariances of the tests of fit, over generated cases."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmod.stats import (
    anderson_darling,
    kolmogorov_smirnov,
    lognormal_law,
    multinomial_test,
)

counts = st.lists(st.integers(0, 6), min_size=2, max_size=4)
shares = st.lists(st.floats(0.05, 1.0), min_size=4, max_size=4)


@settings(max_examples=40)
@given(counts, shares, st.randoms(use_true_random=False))
def test_order_of_the_zones_is_nothing(seen, raw, random):
    p = np.array(raw[: len(seen)]) / sum(raw[: len(seen)])
    order = list(range(len(seen)))
    random.shuffle(order)
    first = multinomial_test(seen, p).p
    again = multinomial_test([seen[i] for i in order], p[order]).p
    assert first == pytest.approx(again, rel=1e-9)
    assert 0.0 < first <= 1.0


@settings(max_examples=30)
@given(
    st.integers(0, 60),
    st.floats(0.01, 40.0),
    st.floats(0.0, 40.0),
    st.floats(0.0, 1.2),
    st.floats(0.0, 1.2),
)
def test_laws_of_counts_are_laws(count, debris, meteoroid, s, t):
    law = lognormal_law([debris, meteoroid], [s, t])
    same = lognormal_law([meteoroid, debris], [t, s])
    assert law.at_most(count) + law.at_least(count + 1) == pytest.approx(1.0, abs=1e-9)
    assert law.pmf(count) == pytest.approx(same.pmf(count), rel=1e-6, abs=1e-12)
    for p in (law.two_sided(count), law.doubled_mid_p(count)):
        assert 0.0 <= p <= 1.0
    assert law.two_sided(count) >= law.pmf(count) * (1.0 - 1e-6)
    assert law.weights.sum() == pytest.approx(1.0)


@given(st.lists(st.floats(1e-6, 1.0 - 1e-6), min_size=1, max_size=12))
def test_turning_the_scale_over_changes_no_statistic(u):
    x = np.array(u)
    assert kolmogorov_smirnov(x) == pytest.approx(kolmogorov_smirnov(1.0 - x), abs=1e-9)
    assert anderson_darling(x) == pytest.approx(anderson_darling(1.0 - x), abs=1e-6)
