"""Bounding volume hierarchy: binned SAH, collapsed to sixteen children a node.

Boxes are single precision and padded; triangles are double precision, so that no ray
leaks through an edge at station scale.

References
----------
.. [1] I. Wald, "On fast construction of SAH-based bounding volume hierarchies", IEEE
   Symposium on Interactive Ray Tracing (2007), doi:10.1109/RT.2007.4342588.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mmod.kernel._jit import jit
from mmod.kernel.wide import BOXES, WIDTH

_BINS = 16
_LEAF = WIDTH
MAX_SAH_DEPTH = 40
"""Binary levels split by cost; below, lists are halved. With at most 2**28 triangles
the tree then has fewer than 66 levels, for which the stack of a ray is made."""
_PAD = 4e-6
"""Box padding relative to the extent of the scene (single precision is 6e-8)."""


class Bvh(NamedTuple):
    """A hierarchy as flat arrays, ready for the kernels and for a memory map.

    ``planes`` (n, 96) float32: x low (16), x high (16), y low ... per node;
    ``children`` (n, 16) int32: >= 0 inner node, < 0 the leaf block ``-1 - child``;
    ``blocks`` (b, 72) float64: corner and two edges of eight triangles, lane by lane;
    ``ids`` (b, 8) int32: triangle numbers, -1 where a lane is empty.
    """

    planes: NDArray[np.float32]
    children: NDArray[np.int32]
    blocks: NDArray[np.float64]
    ids: NDArray[np.int32]


def build_bvh(vertices: NDArray[np.float64], triangles: NDArray[np.int32]) -> Bvh:
    """Build the hierarchy of a triangle mesh.

    Parameters
    ----------
    vertices : ndarray of float64, shape (n_node, 3)
        Corner positions [m].
    triangles : ndarray of int32, shape (n_face, 3)
        Corner numbers of each triangle.

    Returns
    -------
    Bvh

    Raises
    ------
    ValueError
        When there are no triangles or a coordinate is not finite.
    """
    if len(triangles) == 0 or not np.isfinite(vertices).all():
        raise ValueError("a hierarchy needs at least one triangle, all finite")
    corners = np.ascontiguousarray(vertices[triangles], dtype=np.float64)
    low = corners.min(axis=1)
    high = corners.max(axis=1)
    order, bounds, links = _binary_tree(low, high)
    scene = max(float(np.ptp(vertices, axis=0).max()), float(np.abs(vertices).max()))
    nodes, leaves = _collapse(links, bounds)
    planes = _node_planes(nodes, bounds, _PAD * scene)
    return Bvh(
        planes, _children(nodes, leaves), *_blocks(corners, order, links, leaves)
    )


@jit
def _half_area(b: NDArray[np.float64]) -> float:
    x, y, z = b[3] - b[0], b[4] - b[1], b[5] - b[2]
    area: float = x * y + y * z + z * x
    return area


@jit
def _grow(
    b: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64]
) -> None:
    for k in range(3):
        b[k] = min(b[k], low[k])
        b[k + 3] = max(b[k + 3], high[k])


@jit
def _reset(b: NDArray[np.float64]) -> None:
    b[:3] = np.inf
    b[3:] = -np.inf


@jit
def _binary_tree(
    low: NDArray[np.float64], high: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Return order of triangles, node bounds (n, 6) and links (n, 2).

    A leaf has links (-1 - first, count); an inner node its two children.
    """
    n = low.shape[0]
    order = np.arange(n)
    centre = 0.5 * (low + high)
    bounds = np.zeros((2 * n, 6))
    links = np.zeros((2 * n, 2), dtype=np.int64)
    ranges = np.zeros((2 * n, 2), dtype=np.int64)
    ranges[0, 1] = n
    depth = np.zeros(2 * n, dtype=np.int64)
    count = 1
    bin_box = np.zeros((3, _BINS, 6))
    bin_n = np.zeros((3, _BINS), dtype=np.int64)
    left_cost = np.zeros(_BINS)
    box = np.zeros(6)
    spread = np.zeros(6)
    todo = np.zeros(2 * n, dtype=np.int64)
    n_todo = 1
    while n_todo > 0:
        n_todo -= 1
        node = todo[n_todo]
        first, last = ranges[node, 0], ranges[node, 1]
        _reset(bounds[node])
        _reset(spread)
        for i in range(first, last):
            p = order[i]
            _grow(bounds[node], low[p], high[p])
            _grow(spread, centre[p], centre[p])
        size = last - first
        if size <= _LEAF:
            links[node, 0] = -1 - first
            links[node, 1] = size
            continue
        # Cost of every split of every axis.
        for a in range(3):
            for b in range(_BINS):
                bin_n[a, b] = 0
                _reset(bin_box[a, b])
        for i in range(first, last):
            p = order[i]
            for a in range(3):
                width = spread[a + 3] - spread[a]
                if width > 0.0:
                    b = min(int((centre[p, a] - spread[a]) / width * _BINS), _BINS - 1)
                    bin_n[a, b] += 1
                    _grow(bin_box[a, b], low[p], high[p])
        best, axis, cut = np.inf, -1, 0
        for a in range(3):
            if depth[node] >= MAX_SAH_DEPTH:
                break  # a chain of slivers: halve the list from here on
            if spread[a + 3] <= spread[a]:
                continue
            _reset(box)
            total = 0
            for b in range(_BINS - 1):
                if bin_n[a, b] > 0:
                    _grow(box, bin_box[a, b, :3], bin_box[a, b, 3:])
                total += bin_n[a, b]
                left_cost[b] = _half_area(box) * total if total > 0 else np.inf
            _reset(box)
            total = 0
            for b in range(_BINS - 1, 0, -1):
                if bin_n[a, b] > 0:
                    _grow(box, bin_box[a, b, :3], bin_box[a, b, 3:])
                total += bin_n[a, b]
                if total > 0 and left_cost[b - 1] < np.inf:
                    cost = left_cost[b - 1] + _half_area(box) * total
                    if cost < best:
                        best, axis, cut = cost, a, b
        middle = (first + last) // 2
        if axis >= 0:
            i, j = first, last - 1
            width = spread[axis + 3] - spread[axis]
            while i <= j:
                p = order[i]
                b = min(
                    int((centre[p, axis] - spread[axis]) / width * _BINS), _BINS - 1
                )
                if b < cut:
                    i += 1
                else:
                    order[i], order[j] = order[j], order[i]
                    j -= 1
            middle = i
        # All centres in one point (or an empty side): halve the list.
        if middle in (first, last):
            middle = (first + last) // 2
        links[node, 0] = count
        links[node, 1] = count + 1
        depth[count] = depth[count + 1] = depth[node] + 1
        ranges[count, 0], ranges[count, 1] = first, middle
        ranges[count + 1, 0], ranges[count + 1, 1] = middle, last
        todo[n_todo] = count + 1
        todo[n_todo + 1] = count
        n_todo += 2
        count += 2
    return order, bounds[:count].copy(), links[:count].copy()


@jit
def _collapse(
    links: NDArray[np.int64], bounds: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return wide nodes (n, 16) of binary node numbers (-1 empty) and the leaves."""
    n = links.shape[0]
    wide = np.full((n, BOXES), -1, dtype=np.int64)
    leaves = np.zeros(n, dtype=np.int64)
    n_leaves = 0
    slots = np.zeros(n, dtype=np.int64)  # binary node that a wide node stands for
    n_wide = 1
    k = 0
    while k < n_wide:
        members = 1
        wide[k, 0] = slots[k]
        while members < BOXES:
            pick, area = -1, -1.0
            for j in range(members):
                c = wide[k, j]
                if links[c, 0] >= 0 and _half_area(bounds[c]) > area:
                    pick, area = j, _half_area(bounds[c])
            if pick < 0:
                break
            c = wide[k, pick]
            wide[k, pick] = links[c, 0]
            wide[k, members] = links[c, 1]
            members += 1
        for j in range(members):
            c = wide[k, j]
            if links[c, 0] >= 0:
                slots[n_wide] = c
                n_wide += 1
            else:
                leaves[n_leaves] = c
                n_leaves += 1
        k += 1
    return wide[:n_wide].copy(), leaves[:n_leaves].copy()


def _node_planes(
    nodes: NDArray[np.int64], bounds: NDArray[np.float64], pad: float
) -> NDArray[np.float32]:
    planes = np.zeros((len(nodes), 6, BOXES), dtype=np.float32)
    empty = nodes < 0
    for axis in range(3):
        low = np.where(empty, np.inf, bounds[nodes, axis] - pad)
        high = np.where(empty, -np.inf, bounds[nodes, axis + 3] + pad)
        planes[:, 2 * axis] = low
        planes[:, 2 * axis + 1] = high
    return planes.reshape(len(nodes), 6 * BOXES)


def _children(nodes: NDArray[np.int64], leaves: NDArray[np.int64]) -> NDArray[np.int32]:
    # Wide nodes and leaves were numbered in the order in which slots were met.
    children = np.zeros(nodes.shape, dtype=np.int32)
    leaf_number = {int(c): i for i, c in enumerate(leaves)}
    inner = 0
    for k, row in enumerate(nodes.tolist()):
        for j, c in enumerate(row):
            if c < 0:
                continue
            if c in leaf_number:
                children[k, j] = -1 - leaf_number[c]
            else:
                inner += 1
                children[k, j] = inner
    return children


def _blocks(
    corners: NDArray[np.float64],
    order: NDArray[np.int64],
    links: NDArray[np.int64],
    leaves: NDArray[np.int64],
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    first = -1 - links[leaves, 0]
    lane = first[:, None] + np.arange(_LEAF)
    used = np.arange(_LEAF) < links[leaves, 1][:, None]
    ids = np.where(used, order[np.minimum(lane, len(order) - 1)], -1).astype(np.int32)
    picked = np.where(used[..., None, None], corners[ids], 0.0)
    edges = np.concatenate(
        [
            picked[:, :, 0],
            picked[:, :, 1] - picked[:, :, 0],
            picked[:, :, 2] - picked[:, :, 0],
        ],
        axis=-1,
    )
    return np.ascontiguousarray(edges.transpose(0, 2, 1).reshape(len(ids), 72)), ids
