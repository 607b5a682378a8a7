"""What a block of faces adds up: sums over replicates, histograms, kept samples."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mmod.kernel._jit import leaf
from mmod.kernel.tables import Floats, Ints

EVENT_FIELDS = (
    "face",
    "x",
    "y",
    "z",
    "azimuth",
    "sin_elevation",
    "speed",
    "cosine",
    "threat",
    "expected",
    "priority",
)
N_FIELDS = 11

AZIMUTH_BINS = 36
ELEVATION_BINS = 36
SPEED_BINS = 45
COSINE_BINS = 20
DIAMETER_BINS = 50
LOG_DIAMETER_MIN = np.log(1e-5)
LOG_DIAMETER_MAX = np.log(1.0)
SPEED_MAX = 90_000.0
"""End of the speed histogram [m/s]: beyond every meteoroid bound to the Sun."""
N_BINS = AZIMUTH_BINS + ELEVATION_BINS + SPEED_BINS + COSINE_BINS + DIAMETER_BINS


class FaceTally(NamedTuple):
    """Sums over the replicates of one block of faces.

    ``first`` and ``second`` (n, n_model + 1, n_damage): sums over the replicates of
    the replicate's estimate and of its square; the last model is the total.
    ``free`` the same without shadows; ``bound`` (n, n_model + 1, n_damage) that number
    by the coarse cells alone, never 0 where anything can reach the face; ``outside``
    (n, n_model + 1): sum of the penetrations outside the validity range; ``seen``,
    ``drawn`` (n,) rays; ``histogram`` (n_model, N_BINS): penetrations by azimuth,
    sin(elevation), speed, cosine of the obliquity, log diameter; ``events`` (n_model,
    n_event + 1, N_FIELDS) the samples of highest priority; ``covariance`` (n_model,
    n_model, n_damage): of the means over the replicates under two models, which share
    their rays, summed over the faces.
    """

    first: Floats
    second: Floats
    free: Floats
    bound: Floats
    outside: Floats
    seen: Ints
    drawn: Ints
    histogram: Floats
    events: Floats
    covariance: Floats


@leaf
def lowest_priority(events: Floats, e: int) -> int:
    """Return the slot of the kept sample that gives way first."""
    slot = 0
    for k in range(1, events.shape[1]):
        if events[e, k, 10] < events[e, slot, 10]:
            slot = k
    return slot


@leaf
def fill_histogram(
    histogram: Floats,
    e: int,
    azimuth: float,
    sine: float,
    speed: float,
    cosine: float,
    log_diameter: float,
    hit: float,
) -> None:
    """Add a hit to the five histograms of a model."""
    a = int((azimuth + np.pi) / (2.0 * np.pi) * AZIMUTH_BINS)
    histogram[e, min(max(a, 0), AZIMUTH_BINS - 1)] += hit
    b = min(max(int((sine + 1.0) * 0.5 * ELEVATION_BINS), 0), ELEVATION_BINS - 1)
    histogram[e, AZIMUTH_BINS + b] += hit
    c = min(int(speed / SPEED_MAX * SPEED_BINS), SPEED_BINS - 1)
    histogram[e, AZIMUTH_BINS + ELEVATION_BINS + c] += hit
    g = min(int(cosine * COSINE_BINS), COSINE_BINS - 1)
    histogram[e, AZIMUTH_BINS + ELEVATION_BINS + SPEED_BINS + g] += hit
    span = LOG_DIAMETER_MAX - LOG_DIAMETER_MIN
    h = int((log_diameter - LOG_DIAMETER_MIN) / span * DIAMETER_BINS)
    h = min(max(h, 0), DIAMETER_BINS - 1)
    histogram[e, N_BINS - DIAMETER_BINS + h] += hit
