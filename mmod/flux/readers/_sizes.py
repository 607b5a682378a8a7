"""Size curves of files that give the flux in classes of size.

A class of sizes from ``lower`` to ``upper`` gets a size curve of its own: flat below
``lower``, falling inside, next to nothing from ``upper`` on. A bin of direction and
speed then has one weight a class, so that every class keeps its own directions and
speeds, and the sum over classes is the cumulative flux of the file at every edge.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mmod.errors import bad
from mmod.flux.table import diameter_grid, distinct

FloatArray = NDArray[np.float64]
Spectrum = Callable[[FloatArray], FloatArray]

FLOOR = 1e-30
"""Of a class above its upper edge, as a share of its flux: curves stay positive."""
LEAST_SLOPE = 0.5
"""Of the open class above the largest size, where the file's last step is flat."""
_TAIL = 10.0
_CROWD = 8e-3
"""With this step of sqrt(distance) the sum over classes is good to 2e-4."""


def class_grid(edges: FloatArray, extra: FloatArray | None = None) -> FloatArray:
    """Return nodes for curves of size classes.

    Parameters
    ----------
    edges : ndarray, shape (k,)
        Edges of the classes [m], increasing.
    extra : ndarray, optional
        Further nodes [m], e.g. those of a tabulated spectrum.

    Returns
    -------
    ndarray
        Diameters [m]: a smooth grid, the edges, nodes that crowd below each edge,
        where the curve of a class falls to nothing, and ten times the last edge.

    Raises
    ------
    InputError
        For edges that are not positive and increasing.
    """
    if edges.size == 0 or edges[0] <= 0.0 or np.any(np.diff(edges) <= 0.0):
        raise bad("<argument>", "edges", edges.tolist(), "positive, increasing sizes")
    # the flux of a class goes to zero in proportion to the distance x to its edge;
    # even steps of sqrt(x) give log-log interpolation an even error
    crowd = 1.0 - np.concatenate([[1e-8], (_CROWD * np.arange(1, 69)) ** 2])
    nodes = [diameter_grid(edges.tolist()), edges, (edges[:, None] * crowd).ravel()]
    if extra is not None:
        nodes.append(extra)
    top = _TAIL * max(float(edges[-1]), 1.0)
    every = np.concatenate([*nodes, [top]])
    # an edge must survive among its neighbours, bit by bit
    grid = distinct(every.tolist())
    near = np.min(np.abs(grid[:, None] / edges[None, :] - 1.0), axis=1)
    return np.sort(np.concatenate([grid[near > 2e-9], edges]))


def log_log(diameter: FloatArray, flux: FloatArray) -> Spectrum:
    """Return a cumulative spectrum through nodes, log-log between them.

    Parameters
    ----------
    diameter : ndarray, shape (n,)
        Nodes [m], increasing.
    flux : ndarray, shape (n,)
        Cumulative flux at the nodes, not rising; zero above some size.

    Returns
    -------
    callable
        Cumulative flux of diameters [m]; constant below the nodes, and above them
        unless it has become zero.

    Raises
    ------
    InputError
        Without any flux.
    """
    positive = flux > 0.0
    if not np.any(positive):
        raise bad("<argument>", "flux", 0.0, "a spectrum that is not zero everywhere")
    x, y = np.log(diameter[positive]), np.log(flux[positive])
    end = np.inf if positive[-1] else diameter[positive][-1] * (1.0 + 1e-12)

    def spectrum(d: FloatArray) -> FloatArray:
        value = np.exp(np.interp(np.log(d), x, y))
        return np.asarray(np.where(d > end, 0.0, value))

    return spectrum


def class_curves(
    grid: FloatArray, edges: FloatArray, spectrum: Spectrum | None = None
) -> FloatArray:
    """Return curves of the size classes, each 1 below its class.

    Parameters
    ----------
    grid : ndarray, shape (n,)
        Nodes [m] from `class_grid` of the same edges.
    edges : ndarray, shape (k,)
        Edges of the classes [m].
    spectrum : callable, optional
        Cumulative flux against diameter [m]: the shape inside the classes. Without
        it, and where it does not fall in a class, the class is uniform in log d.

    Returns
    -------
    ndarray, shape (k, n)
        Curve j is of sizes edges[j] to edges[j + 1], the last one of edges[-1] and
        more (it goes on with the slope of the class before).

    Notes
    -----
    Valid for any classes. No particle is invented below the first edge: the flux of
    the file is constant there.
    """
    curves = np.zeros((edges.size, grid.size))
    for j in range(edges.size - 1):
        low, high = edges[j], edges[j + 1]
        inside = np.clip(grid, low, high)
        shape = np.log(high / inside) / np.log(high / low)
        if spectrum is not None:
            first, last = spectrum(np.array([low, high]))
            if np.isfinite(first) and first > last * (1.0 + 1e-9):
                shape = (spectrum(inside) - last) / (first - last)
        floor = FLOOR * (high / np.maximum(grid, high))
        shape = np.where(grid >= high, floor, np.maximum(shape, floor))
        curves[j] = np.minimum.accumulate(np.where(grid <= low, 1.0, shape))
    slope = LEAST_SLOPE
    if spectrum is not None and edges.size > 1:
        first, last = spectrum(edges[-2:])
        if first > last > 0.0:
            slope = max(
                slope, float(np.log(first / last) / np.log(edges[-1] / edges[-2]))
            )
    curves[-1] = (np.maximum(grid, edges[-1]) / edges[-1]) ** -slope
    return curves


def class_fluxes(cumulative: FloatArray) -> FloatArray:
    """Return the flux in each class from the cumulative flux at the edges.

    Parameters
    ----------
    cumulative : ndarray, shape (..., k)
        Flux of sizes of at least each edge; must not rise.

    Returns
    -------
    ndarray, shape (..., k)
        Differences; the last column (open class) stays as it is.
    """
    after = np.zeros_like(cumulative)
    after[..., :-1] = cumulative[..., 1:]
    return np.asarray(cumulative - after)
