"""Properties of every hole model: the gate, growth with the particle, the taper."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmod.shields import load_shield
from mmod.shields.hole_size.choice import MODELS, hole_model_for
from mmod.shields.hole_size.plate_model import NAMES
from mmod.shields.hole_size.surface import CarbonPanel

SHIELD = load_shield("soyuz_bo")
WALL = load_shield("aluminium_wall")
PANEL = CarbonPanel(6.3e-3)
IMPACTS = {
    "speed": st.floats(200.0, 7e4),
    "obliquity": st.floats(0.0, 1.5),
    "density": st.floats(300.0, 9000.0),
}


@pytest.mark.parametrize("name", MODELS)
@settings(max_examples=25)
@given(ratio=st.floats(1e-3, 20.0), **IMPACTS)
def test_no_particle_below_the_limit_makes_a_hole(name, ratio, **impact):
    for shield in (SHIELD, WALL):
        # the relation of carbon panels is for their shields alone
        model = PANEL if name == "rcc" else hole_model_for(shield, name)
        limit = float(shield.critical_diameter(**impact))
        found = model.distribution(ratio * limit, limit, **impact)
        assert np.isfinite(found.log_sd)
        assert not np.isnan(found.log_median)
        if ratio < 1.0 - 1e-12:
            assert found.log_median == -np.inf


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25)
@given(limit=st.floats(1e-5, 1e-2), **IMPACTS)
def test_marginal_holes_grow_from_nothing(name, limit, **impact):
    model = hole_model_for(WALL, name)
    ratio = np.array([1.0, 1.0001, 1.01, 1.1, 1.3])
    found = model.distribution(ratio * limit, limit, **impact)
    assert found.log_median[0] == -np.inf
    assert (np.diff(found.log_median[1:]) > 0.0).all()
    far = model.distribution(5.0 * limit, limit, **impact)
    assert far.log_median >= np.log(0.9 * 5.0 * limit) - 1e-12


@settings(max_examples=25)
@given(limit=st.floats(1e-5, 1e-2), factor=st.floats(1.0, 30.0), **IMPACTS)
def test_rear_wall_holes_grow_with_the_particle(limit, factor, **impact):
    model = hole_model_for(SHIELD, "rear_wall")
    small, large = model.distribution(
        np.array([1.0, factor]) * limit, limit, **impact
    ).log_median
    assert large >= small
