"""Curves of size classes: exact at the edges, the file's shape in between."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from mmod.errors import InputError
from mmod.flux.readers._sizes import class_curves, class_fluxes, class_grid, log_log

EDGES = np.array([1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0])
FLUX = np.array([6.9e3, 33.0, 0.19, 3.5e-5, 3e-6, 1.1e-6])


def total(grid: np.ndarray, curves: np.ndarray, d: np.ndarray) -> np.ndarray:
    part = class_fluxes(FLUX)
    rows = [np.interp(np.log(d), np.log(grid), np.log(c)) for c in curves]
    return np.asarray(part @ np.exp(rows))


def test_sum_is_the_spectrum() -> None:
    grid = class_grid(EDGES)
    spectrum = log_log(EDGES, FLUX)
    curves = class_curves(grid, EDGES, spectrum)
    np.testing.assert_allclose(total(grid, curves, EDGES), FLUX, rtol=1e-14)
    between = np.geomspace(1e-5, 1.0, 4001)
    np.testing.assert_allclose(
        total(grid, curves, between), spectrum(between), rtol=2e-4
    )
    # planted error: another shape inside the classes is seen
    flat = class_curves(grid, EDGES)
    np.testing.assert_allclose(total(grid, flat, EDGES), FLUX, rtol=1e-14)
    worst = np.abs(total(grid, flat, between) / spectrum(between) - 1.0).max()
    assert worst > 0.3


def test_every_curve_is_one_below_and_nothing_above_its_class() -> None:
    grid = class_grid(EDGES)
    curves = class_curves(grid, EDGES, log_log(EDGES, FLUX))
    assert np.all(np.diff(curves, axis=1) <= 0.0)
    assert np.all(curves > 0.0)
    for j, (low, high) in enumerate(itertools.pairwise(EDGES)):
        assert np.all(curves[j][grid <= low] == 1.0)
        assert np.all(curves[j][grid >= high] <= 1e-30)
    assert grid[0] <= 1e-6
    assert grid[-1] == 10.0
    assert curves[-1][-1] < curves[-1][-2]  # falls, so that it can be inverted


def test_spectrum_that_ends() -> None:
    spectrum = log_log(EDGES, np.array([5.0, 1.0, 0.1, 0.0, 0.0, 0.0]))
    assert spectrum(np.array([1e-3, 2e-3, 1.0])) == pytest.approx([0.1, 0.0, 0.0])
    grid = class_grid(EDGES)
    assert np.all(class_curves(grid, EDGES, spectrum) > 0.0)
    with pytest.raises(InputError):
        log_log(EDGES, np.zeros(6))


@pytest.mark.parametrize("edges", [[], [0.0, 1.0], [1.0, 1.0], [2.0, 1.0]])
def test_bad_edges(edges: list[float]) -> None:
    with pytest.raises(InputError):
        class_grid(np.array(edges))
