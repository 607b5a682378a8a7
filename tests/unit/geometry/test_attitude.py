"""Attitude: the named cases, and a rotation built by other means."""

import math

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from mmod.errors import InputError
from mmod.geometry import lvlh_from_body

X, Y, Z = np.eye(3)
RAM, PORT, ZENITH = np.eye(3)
QUARTER = 0.5 * math.pi


@pytest.mark.parametrize(
    "angles, axis, where",
    [
        ((0.0, 0.0, 0.0), X, RAM),
        ((0.0, 0.0, 0.0), Y, -PORT),
        ((0.0, 0.0, 0.0), Z, -ZENITH),
        ((QUARTER, 0.0, 0.0), X, -PORT),
        ((0.0, QUARTER, 0.0), X, ZENITH),
        ((0.0, 0.0, QUARTER), Y, -ZENITH),
        ((QUARTER, QUARTER, 0.0), X, ZENITH),
        ((QUARTER, QUARTER, 0.0), Y, -RAM),
    ],
)
def test_named_attitudes(angles, axis, where):
    assert (lvlh_from_body(*angles) @ axis == where).all()


def test_docked_soyuz_is_below_the_station():
    below = lvlh_from_body(0.0, 0.0, 0.0) @ np.array([-10.71, 0.0, 15.0])
    assert below[2] < -10.0
    assert below[0] < 0.0


def test_agrees_with_intrinsic_rotations_of_another_library():
    """Yaw, pitch, roll about the moving axes Z, Y', X'' of the reference triad."""
    rng = np.random.default_rng(11)
    for yaw, pitch, roll in rng.uniform(-math.pi, math.pi, size=(50, 3)):
        active = Rotation.from_euler("ZYX", [yaw, pitch, roll]).as_matrix()
        expected = np.diag([1.0, -1.0, -1.0]) @ active
        found = lvlh_from_body(yaw, pitch, roll)
        assert np.abs(found - expected).max() < 1e-14
        other = Rotation.from_euler("XYZ", [roll, pitch, yaw]).as_matrix()
        assert np.abs(found - np.diag([1.0, -1.0, -1.0]) @ other).max() > 1e-3  # twin


def test_bad_angles_are_all_named():
    with pytest.raises(InputError) as caught:
        lvlh_from_body(math.nan, 0.0, math.inf)
    assert [p.key for p in caught.value.problems] == ["yaw", "roll"]
