"""Which streams are active within a window, and how an orbit lies to them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mmod.flux.base import ExposureState
from mmod.flux.frames import orbit_speed, shadow_angle
from mmod.flux.stream_activity import Exposure, Stream, exposure
from mmod.flux.stream_directions import (
    focusing_from_top,
    moving_flux,
    nodal_rate,
    orbit_normal,
    speed_at,
)
from mmod.units import DEGREE, PER_YEAR

FloatArray = NDArray[np.float64]

STEP = 0.5 * DEGREE
"""Longest step of solar longitude [rad] where the node is averaged."""
MOST_STEPS = 48
"""Of one passage of a stream where the node is averaged."""
NODE_STEP = 1.0 * DEGREE
"""Longest way of the node within a step [rad] where the node is known."""
FEW_STEPS = 12
"""Up to here every step has the first of two numbers of nodes, beyond the second."""
TRUTH_NODES = (720, 240)
"""Nodes over which fluxes and face factors are averaged; each step shifts them."""
SUN_RATE = 2.0 * np.pi * PER_YEAR
"""Mean rate of the solar longitude [rad/s]."""
GOLDEN = 0.5 * (math.sqrt(5.0) - 1.0)
"""Shift of the nodes from step to step, as a share of their distance."""


@dataclass(frozen=True)
class Part:
    """One stream as it is active within a window.

    Parameters
    ----------
    index : int
        Row of the stream in the table.
    stream : Stream
        The stream.
    seen : Exposure
        Its activity.
    sigma : ndarray, shape (step, node)
        Components of the radiant along the orbit's normals [1].
    speed : float
        At the altitude of the orbit [m/s].
    coefficient : float
        k of F = k m^-alpha at the maximum, focused to the altitude [1/m2/s].
    content : float
        Mean cross-sectional flux over that at the maximum, at rest and unshadowed:
        activity, Earth shadow and motion together [1].
    """

    index: int
    stream: Stream
    seen: Exposure
    sigma: FloatArray
    speed: float
    coefficient: float
    content: float

    @property
    def strength(self) -> float:
        """Mean cross-sectional flux of particles of at least 1 kg [1/m2/s]."""
        return self.coefficient * self.content


def active_parts(
    streams: Sequence[Stream],
    state: ExposureState,
    window: tuple[float, float],
    nodes: tuple[int, int],
) -> tuple[Part, ...]:
    """Return the streams that are active within a window.

    Parameters
    ----------
    streams : sequence of Stream
        All of them.
    state : ExposureState
        The orbit; with ``right_ascension`` the node is followed.
    window : tuple of float
        Start and end, since J2000 [s].
    nodes : tuple of int
        Nodes to average over where the node is not known, for streams of few and of
        many steps.

    Returns
    -------
    tuple of Part
        In the order given; empty where none is active.

    Notes
    -----
    Valid for circular orbits. A known node moves at its secular rate; the radiant is
    that of the middle of each step.

    References
    ----------
    .. [1] ECSS-E-ST-10-04C Rev.1 (2020) C.1.4.
    """
    start, end = window
    V, shadow = orbit_speed(state.altitude), shadow_angle(state.altitude)
    known = state.right_ascension
    rate = nodal_rate(state.altitude, state.inclination)
    step, most = STEP, MOST_STEPS
    if known is not None:
        step = min(STEP, NODE_STEP * SUN_RATE / max(abs(rate), 1e-30))
        most = 100_000
    found = []
    for index, stream in enumerate(streams):
        seen = exposure(stream, start, end, step, most)
        steps = seen.share.size
        if steps == 0:
            continue
        if known is None:
            number = nodes[0] if steps <= FEW_STEPS else nodes[1]
            shift = GOLDEN * np.arange(steps) % 1.0
            angle = np.arange(number) + shift[:, None]
            angle = angle * (2.0 * np.pi / number)
        else:
            angle = known + rate * (seen.time - 0.5 * (start + end))[:, None]
        normal = orbit_normal(state.inclination, angle)
        sigma = np.einsum("snk,sk->sn", normal, stream.radiant(seen.offset))
        sigma = np.clip(sigma, -1.0, 1.0)
        speed = speed_at(stream.speed, state.altitude)
        mean = moving_flux(sigma, speed, V, shadow).mean(axis=1)
        focused = focusing_from_top(stream.speed, state.altitude)
        found.append(
            Part(
                index,
                stream,
                seen,
                sigma,
                speed,
                stream.coefficient * focused,
                float(seen.share @ mean),
            )
        )
    return tuple(found)
