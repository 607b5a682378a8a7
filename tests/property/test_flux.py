"""What holds of every flux model at every state and size."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mmod.flux import ExposureState, load_flux
from mmod.flux.frames import azimuth_elevation, direction, orbit_speed, shadow_angle
from mmod.flux.horizontal import horizontal_bins
from mmod.flux.isotropic import (
    full_sky_motion_factor,
    motion_factor,
    relative_speed,
    shadow_edge,
    shielding_factor,
)
from mmod.flux.meteoroid_speed import ssp_speed_law
from mmod.flux.nasa91 import nasa91_speed_law

DEBRIS = [load_flux("nasa91", solar_flux=100.0), load_flux("master8_iss_ecss")]
METEOROIDS = [load_flux("grun_ssp"), load_flux("grun_ecss")]
altitudes = st.floats(150e3, 2000e3)
speeds = st.floats(11.1e3, 72e3)
angles = st.floats(-math.pi + 1e-9, math.pi)


@given(
    model=st.sampled_from(DEBRIS + METEOROIDS),
    altitude=altitudes,
    inclination=st.floats(24.1, 119.9),
    logs=st.lists(st.floats(-5.9, -0.1), min_size=2, max_size=20),
)
@settings(max_examples=60)
def test_flux_falls_with_size(model, altitude, inclination, logs) -> None:
    state = ExposureState(altitude, math.radians(inclination), 2015.5, True)
    d = 10.0 ** np.sort(logs)
    flux = model.cumulative(d, state)
    assert np.all(np.isfinite(flux) & (flux > 0.0))
    assert np.all(np.diff(flux) <= 1e-12 * flux[:-1])
    assert np.all(model.density(d) > 0.0)


@given(azimuth=angles, elevation=st.floats(-1.57, 1.57), length=st.floats(1e-3, 1e3))
def test_directions_round_trip(azimuth, elevation, length) -> None:
    az, el = azimuth_elevation(length * direction(azimuth, elevation))
    assert abs(math.remainder(float(az) - azimuth, 2 * math.pi)) < 1e-9
    assert abs(float(el) - elevation) < 1e-9


@given(speed=speeds, cosine=st.floats(-1.0, 1.0), orbit=st.floats(6e3, 8e3))
def test_velocities_add(speed, cosine, orbit) -> None:
    u = relative_speed(np.array(speed), np.array(cosine), orbit)
    assert u > 0.0
    back = math.sqrt(u**2 + orbit**2 - 2 * u * orbit * cosine)
    assert math.isclose(back, speed, rel_tol=1e-9)


@given(azimuth=angles, speed=speeds, altitude=altitudes)
def test_shadow_edge_lies_on_the_cone(azimuth, speed, altitude) -> None:
    """The edge, taken back into the Earth frame, is eta away from nadir."""
    orbit, eta = orbit_speed(altitude), shadow_angle(altitude)
    edge = float(shadow_edge(np.array(azimuth), np.array(speed), orbit, eta))
    assert -1.0 < edge < 0.0
    radiant = direction(azimuth, math.asin(edge))
    u = float(relative_speed(np.array(speed), radiant[0], orbit))
    earth_frame = u * radiant - [orbit, 0.0, 0.0]
    assert math.isclose(-earth_frame[2] / speed, math.cos(eta), rel_tol=1e-9)


@given(altitude=altitudes)
@settings(max_examples=20)
def test_motion_and_shadow_bounds(altitude) -> None:
    law, orbit = ssp_speed_law(), orbit_speed(altitude)
    eta = shadow_angle(altitude)
    moving = motion_factor(law, orbit, eta)
    at_rest = shielding_factor(eta)
    closed = law.mean(lambda v: full_sky_motion_factor(v, orbit))
    assert at_rest < moving < at_rest * closed * 1.001


@given(inclination=st.floats(24.0, 120.0), altitude=altitudes)
@settings(max_examples=25)
def test_horizontal_streams_are_symmetric(inclination, altitude) -> None:
    law = nasa91_speed_law(math.radians(inclination))
    bins = horizontal_bins((law,), 2.0 * orbit_speed(altitude), 1)
    assert bins.side is not None
    port, starboard = (bins.weight[bins.side == s] for s in (1, -1))
    np.testing.assert_array_equal(port, starboard)
    assert np.all(bins.weight >= 0.0)
    assert np.all(np.abs(bins.azimuth_lower) <= math.pi / 2)
    assert np.all(bins.azimuth_lower <= bins.azimuth_upper)
