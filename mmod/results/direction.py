"""Main direction of the threat to a zone, as a vector and in words."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_DIFFUSE = 0.2
"""Below this length of the mean radiant there is no main direction [1]."""
_SECOND = np.tan(np.pi / 8.0)
"""A second word is named from 22.5 degrees off the first axis on [1]."""
_WORDS = (("ram", "wake"), ("port", "starboard"), ("zenith", "nadir"))


def mean_radiant(
    azimuth_edges: FloatArray,
    azimuth: FloatArray,
    sine_edges: FloatArray,
    sine: FloatArray,
) -> FloatArray:
    """Return the mean radiant vector of histograms over azimuth and sin(elevation).

    Parameters
    ----------
    azimuth_edges : ndarray, shape (n+1,) [rad]
        Bin edges, from ram towards port.
    azimuth : ndarray, shape (..., n) [1]
        Expected penetrations by azimuth.
    sine_edges : ndarray, shape (k+1,) [1]
        Bin edges in the sine of elevation.
    sine : ndarray, shape (..., k) [1]
        Expected penetrations by sine of elevation.

    Returns
    -------
    ndarray, shape (..., 3) [1]
        Mean of the unit radiants (x ram, y port, z zenith); NaN where nothing
        penetrates.

    Notes
    -----
    The two histograms are marginals: azimuth and elevation are taken as independent
    within a zone. Within a bin the flux counts at its middle azimuth.

    References
    ----------
    .. [1] K. V. Mardia, P. E. Jupp, "Directional Statistics", Wiley 2000, section
       9.2.1 (mean direction and resultant length).
    """
    middle = 0.5 * (azimuth_edges[1:] + azimuth_edges[:-1])
    height = np.clip(0.5 * (sine_edges[1:] + sine_edges[:-1]), -1.0, 1.0)
    by_azimuth, by_sine = azimuth.sum(axis=-1), sine.sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        cosine = (azimuth @ np.cos(middle)) / by_azimuth
        sideways = (azimuth @ np.sin(middle)) / by_azimuth
        up = (sine @ height) / by_sine
        level = (sine @ np.sqrt(1.0 - height**2)) / by_sine
    return np.stack([cosine * level, sideways * level, up], axis=-1)


def words(vector: FloatArray) -> str:
    """Return a mean radiant in words: "ram", "ram-port", "zenith", "diffuse", "".

    Parameters
    ----------
    vector : ndarray, shape (3,) [1]
        Mean radiant (x ram, y port, z zenith), length 0..1; NaN for none.

    Returns
    -------
    str
        The nearest axis and, from 22.5 degrees off it on, the second nearest;
        "diffuse" where the vector is shorter than 0.2, "" for NaN.
    """
    if not np.isfinite(vector).all():
        return ""
    if float(np.linalg.norm(vector)) < _DIFFUSE:
        return "diffuse"
    order = np.argsort(-np.abs(vector), kind="stable")
    first, second = int(order[0]), int(order[1])
    name = _WORDS[first][int(vector[first] < 0.0)]
    if abs(vector[second]) >= _SECOND * abs(vector[first]):
        name += "-" + _WORDS[second][int(vector[second] < 0.0)]
    return name
