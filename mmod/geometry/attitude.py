"""Attitude: from body axes to the spacecraft's local vertical, local horizontal frame."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mmod.errors import InputError, Problem


def lvlh_from_body(yaw: float, pitch: float, roll: float) -> NDArray[np.float64]:
    """Return the matrix that takes body vectors to the LVLH frame.

    Parameters
    ----------
    yaw, pitch, roll : float
        Angles that turn the body axes away from the reference triad (ram, starboard,
        nadir), in that order [rad].

    Returns
    -------
    array, shape (3, 3)
        Proper rotation M; ``v_lvlh = M @ v_body``, where LVLH is +x ram, +y port,
        +z zenith.

    Raises
    ------
    InputError
        When an angle is not finite.

    Notes
    -----
    The passive matrix R = Rx(roll) Ry(pitch) Rz(yaw) takes reference components to
    body components, hence M = diag(1, -1, -1) R^T. With all angles zero body +X is
    ram, +Y starboard, +Z nadir: the "+XVV +Z nadir" attitude of the International
    Space Station. Entries below 1e-15 (rounding at right angles) are set to zero.
    """
    named = {"yaw": yaw, "pitch": pitch, "roll": roll}
    wrong = [
        Problem("attitude", key, value, "a finite angle [rad]")
        for key, value in named.items()
        if not math.isfinite(value)
    ]
    if wrong:
        raise InputError(wrong)
    cy, sy = math.cos(yaw), math.sin(yaw)
    cp, sp = math.cos(pitch), math.sin(pitch)
    cr, sr = math.cos(roll), math.sin(roll)
    about_z = np.array([[cy, sy, 0.0], [-sy, cy, 0.0], [0.0, 0.0, 1.0]])
    about_y = np.array([[cp, 0.0, -sp], [0.0, 1.0, 0.0], [sp, 0.0, cp]])
    about_x = np.array([[1.0, 0.0, 0.0], [0.0, cr, sr], [0.0, -sr, cr]])
    body_from_reference = about_x @ about_y @ about_z
    matrix: NDArray[np.float64] = np.diag([1.0, -1.0, -1.0]) @ body_from_reference.T
    matrix[np.abs(matrix) < 1e-15] = 0.0
    return matrix + 0.0
