"""Size curves of classes: together they penetrate as the one spectrum they came from."""

from __future__ import annotations

import numpy as np
import pytest

from mmod.engine.penetration import SizeCurve, build_tables, penetrating, table_error
from mmod.flux.readers._sizes import class_curves, class_fluxes, class_grid, log_log
from mmod.flux.table import SizeCurves, ThreatBins, build_threats
from mmod.shields import load_shield

EDGES = np.array([1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0])
FLUX = np.array([6.9e3, 33.0, 0.19, 3.5e-5, 3e-6, 1.1e-6])
ATTRS = {
    "model": "classes",
    "kind": "debris",
    "altitude": 4e5,
    "inclination": 0.9,
    "epoch": 2024.0,
    "flags": "",
    "table_min_diameter": 1e-5,
    "table_max_diameter": 1.0,
}


def curves(flux: np.ndarray, grid: np.ndarray) -> list[SizeCurve]:
    n = len(flux)
    index = np.arange(n, dtype=np.int32)
    zero, one = np.zeros(n), np.ones(n)
    bins = ThreatBins(zero, zero, zero, zero, one, one, one, index)
    density = np.full_like(flux, 2800.0)
    table = build_threats(bins, SizeCurves(grid, flux, density), ATTRS, ["a", "b"])
    return [SizeCurve.of(table, i) for i in range(n)]


@pytest.mark.parametrize("name", ["soyuz_bo", "aluminium_wall"])
def test_classes_penetrate_as_their_sum(name: str) -> None:
    grid = class_grid(EDGES)
    spectrum = log_log(EDGES, FLUX)
    shapes = class_curves(grid, EDGES, spectrum)
    part = class_fluxes(FLUX)
    classes = curves(part[:, None] * shapes, grid)
    (whole,) = curves((part @ shapes)[None], grid)
    shield = load_shield(name)
    speed, angle = (
        a.ravel()
        for a in np.meshgrid(np.geomspace(1e3, 2e4, 40), np.linspace(0, 1.4, 9))
    )
    each = np.array([penetrating(shield, c, speed, angle)[0] for c in classes])
    wanted = penetrating(shield, whole, speed, angle)[0]
    np.testing.assert_allclose(each.sum(axis=0), wanted, rtol=5e-4)
    # planted error: one class left out
    most = int(np.argmax(each.sum(axis=1)))
    assert not np.allclose(np.delete(each, most, axis=0).sum(axis=0), wanted, rtol=0.05)


def test_table_error_counts_what_a_class_adds() -> None:
    """Classes that never penetrate leave no trace in the error of N."""
    grid = class_grid(EDGES)
    shapes = class_curves(grid, EDGES, log_log(EDGES, FLUX))
    classes = curves(class_fluxes(FLUX)[:, None] * shapes, grid)
    shields = [load_shield("soyuz_bo")]
    tables = build_tables(shields, [classes], np.array([1e-4]))
    speed = np.geomspace(2e3, 1.6e4, 2500)
    weight = [np.ones(2500)]
    assert table_error(tables, shields, [classes], [speed], weight) < 3e-4
    # planted error: the table of the class that matters is 5 % off
    spoilt = tables._replace(log_curve=tables.log_curve + np.log(1.05))
    assert table_error(spoilt, shields, [classes], [speed], weight) > 0.04
