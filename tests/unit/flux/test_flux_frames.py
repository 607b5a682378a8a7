from __future__ import annotations

import math

import numpy as np
import pytest

from mmod.errors import InputError
from mmod.flux import frames


@pytest.mark.parametrize(
    "azimuth, elevation, expected",
    [
        (0.0, 0.0, (1, 0, 0)),
        (math.pi / 2, 0.0, (0, 1, 0)),
        (math.pi, 0.0, (-1, 0, 0)),
        (-math.pi / 2, 0.0, (0, -1, 0)),
        (0.3, math.pi / 2, (0, 0, 1)),
        (0.3, -math.pi / 2, (0, 0, -1)),
    ],
)
def test_axes(azimuth: float, elevation: float, expected: tuple[int, ...]) -> None:
    np.testing.assert_allclose(
        frames.direction(azimuth, elevation), expected, atol=1e-15
    )


def test_azimuth_is_in_the_half_open_interval() -> None:
    azimuth, elevation = frames.azimuth_elevation([[-1.0, -0.0, 0.0], [-2, 1e-300, 0]])
    np.testing.assert_allclose(azimuth, math.pi)
    np.testing.assert_array_equal(elevation, 0.0)
    assert frames.azimuth_elevation([0.0, 0.0, -3.0])[0] == 0.0


@pytest.mark.parametrize("vector", [[0, 0, 0], [np.nan, 0, 1], [np.inf, 0, 0]])
def test_no_direction(vector: list[float]) -> None:
    with pytest.raises(InputError, match="non-zero"):
        frames.azimuth_elevation(vector)


def test_orbit_at_400_km() -> None:
    assert frames.orbit_speed(400e3) == pytest.approx(7668.6, abs=0.1)
    assert frames.escape_speed(400e3) == pytest.approx(10845.0, abs=0.5)
    assert math.degrees(frames.shadow_angle(400e3)) == pytest.approx(72.89, abs=0.01)
    assert frames.shadow_angle(100e3) == pytest.approx(math.pi / 2)


@pytest.mark.parametrize("altitude", [-1.0, math.nan, math.inf])
def test_bad_altitude(altitude: float) -> None:
    for function in (frames.orbit_speed, frames.escape_speed, frames.shadow_angle):
        with pytest.raises(InputError, match="altitude"):
            function(altitude)


def test_no_shadow_inside_the_air() -> None:
    with pytest.raises(InputError, match="100 km"):
        frames.shadow_angle(99e3)
