"""Statistics of uniformity against scipy and closed forms."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from mmod.errors import InputError
from mmod.stats import anderson_darling, kolmogorov_smirnov, simulated_p


def test_distance_is_that_of_scipy():
    rng = np.random.default_rng(3)
    for n in (1, 2, 7, 100):
        u = rng.random(n)
        assert kolmogorov_smirnov(u) == pytest.approx(
            stats.kstest(u, "uniform").statistic
        )


def test_anderson_darling_is_its_integral():
    # A^2 = n int (F_n(x) - x)^2 / (x (1 - x)) dx, by quadrature between the points
    u = np.array([0.1, 0.15, 0.6, 0.83])
    edges = np.concatenate([[0.0], u, [1.0]])
    x, w = np.polynomial.legendre.leggauss(200)
    total = 0.0
    for i, (a, b) in enumerate(itertools.pairwise(edges)):
        t = 0.5 * (b - a) * x + 0.5 * (a + b)
        level = i / len(u)
        total += 0.5 * (b - a) * w @ ((level - t) ** 2 / (t * (1.0 - t)))
    assert anderson_darling(u) == pytest.approx(len(u) * total, rel=1e-9)
    assert anderson_darling([[0.0, 0.5], [0.3, 0.5]])[0] == math.inf


def test_simulated_p_counts():
    p, error = simulated_p(2.0, [1.0, 2.0, 3.0])
    assert p == pytest.approx(3 / 4)
    assert error == pytest.approx(math.sqrt(0.75 * 0.25 / 3))
    assert simulated_p(9.0, np.zeros(99))[0] == 0.01


def test_bad_input_is_refused():
    for wrong in ([1.2], [math.nan], []):
        with pytest.raises(InputError):
            kolmogorov_smirnov(wrong)
        with pytest.raises(InputError):
            anderson_darling(wrong)
    for values in ([], [math.nan]):
        with pytest.raises(InputError):
            simulated_p(1.0, values)
