"""Hole in a wall behind a bumper, a blanket or a skin: an interim prior."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from mmod.shields.ballistic_limits._crater import diameter_in_cm
from mmod.shields.ballistic_limits._handbook import FloatArray
from mmod.shields.hole_size.model import HoleModel, HoleSize, Impacts, within
from mmod.units import CM, KM

BORDER = 1.2
"""d/d_c at which the prior changes [estimate]."""
NEAR = (0.7, 0.6)
"""Median of D/d and standard deviation of its log below the border [estimate]."""
FAR = (2.0, 0.7)
"""The same above it [estimate]."""
LOG_STDERR = 0.5
"""Error of both medians (standard deviation of the log), common to all impacts
[estimate]."""
CRACK = (1.0, 5.0)
"""Least and greatest length of cracks, over the hole's diameter [estimate]."""


class RearWall(HoleModel):
    """Hole in a rear wall: a share of the particle's diameter with a wide scatter.

    Parameters
    ----------
    gate : float
        Least particle that makes a hole, over the critical diameter.
    second_wall : bool
        True for a tube behind a skin, for which nothing at all is known: every impact
        is then out of range.

    Notes
    -----
    ::

        D = d LN(median 0.7, s 0.6) for 1 <= d/d_c < 1.2,  d LN(2, 0.7) from there on

    An interim prior [estimate]: no closed form for rear walls is verified. Five
    published shots on aluminium Whipple shields bracket it: at 6.4 to 11.0 km/s and 0
    to 60 deg, holes of 0.56 to 5.1 particle diameters, 6 % above the limit already 4
    mm. The model's own error of a factor e^0.5 is a judgement. In range: 6.4 to 11.0
    km/s, up to 60 deg, aluminium particles. Cracks are `CRACK` times the hole.

    References
    ----------
    .. [1] E. L. Christiansen, NASA/TM-2009-214785 (2009), Table 4-7: the shots.
    """

    def __init__(self, gate: float = 1.0, *, second_wall: bool = False) -> None:
        what = "a tube behind a skin" if second_wall else "a rear wall"
        super().__init__(
            "rear_wall",
            f"hole in {what}, interim prior",
            "[estimate]: interim prior, bracketed by five published shots"
            + ("; no shot on tubes" if second_wall else ""),
            "NASA/TM-2009-214785 Table 4-7 (shots); medians and scatter [estimate]",
            gate,
        )
        self.second_wall = second_wall

    def _sizes(self, impacts: Impacts) -> HoleSize:
        far = impacts.diameter >= BORDER * impacts.critical * self.gate
        median = np.where(far, math.log(FAR[0]), math.log(NEAR[0]))
        inside = within(impacts, speed=(6.4 * KM, 11.1 * KM), obliquity_deg=60.0)
        if self.second_wall:
            inside = np.zeros_like(inside)
        return HoleSize(
            np.log(impacts.diameter) + median,
            np.where(far, FAR[1], NEAR[1]),
            inside,
            np.full(far.shape, LOG_STDERR),
            np.full(far.shape, np.nan),
        )


def crack_length(hole: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return the least and greatest length of cracks beside a hole in a rear wall.

    Parameters
    ----------
    hole : array_like
        Diameter of the hole [m], > 0.

    Returns
    -------
    least, greatest : ndarray
        Tip to tip [m]: 1 to 5 hole diameters [estimate].

    Raises
    ------
    InputError
        When a size is not finite and positive.

    References
    ----------
    .. [1] E. L. Christiansen, NASA/TM-2009-214785 (2009), Table 4-7: cracks of 15 mm
       from a particle of 7.1 mm, 32 mm from 9.5 mm.
    """
    size = diameter_in_cm("crack", hole) * CM
    return np.asarray(CRACK[0] * size), np.asarray(CRACK[1] * size)
