"""Draw threats for a face: proposal over the cells, then a threat in the cell."""

from __future__ import annotations

import numpy as np

from mmod.kernel._jit import inlined, jit, leaf
from mmod.kernel.tables import Floats, Ints, Tables, Threats, penetrating_flux_at

RISK_SHARE = 0.5
"""Share of the proposal that follows the penetrations of the models in the total."""
MODEL_SHARE = 0.25
"""Share spread evenly over the models, by their penetrations."""
CORNER_SHARE = 0.35
"""Least cosine that a cell counts with, as a share of that of its best direction."""
IMPACT_SHARE = 0.25
"""Share spread evenly over the models, by their impacts (defends all the rest)."""


@leaf
def cosine_bound(
    nx: float, ny: float, nz: float, az0: float, az1: float, s0: float, s1: float
) -> float:
    """Return the largest cosine between a normal and a patch of directions.

    Parameters
    ----------
    nx, ny, nz : float
        Unit normal, LVLH.
    az0, az1 : float
        Azimuth bounds [rad], az0 <= az1, at most one turn apart.
    s0, s1 : float
        Bounds of sin(elevation).

    Returns
    -------
    float
        True upper bound (the maximum), in [-1, 1].
    """
    return _highest(np.hypot(nx, ny), np.arctan2(ny, nx), nz, az0, az1, s0, s1)


@inlined
def _highest(
    across: float,
    centre: float,
    nz: float,
    az0: float,
    az1: float,
    s0: float,
    s1: float,
) -> float:
    """Return `cosine_bound` for a normal of some horizontal length and azimuth."""
    # Largest cos(azimuth - centre) in the interval.
    turn = 2.0 * np.pi
    offset = (centre - az0) - turn * np.floor((centre - az0) / turn)
    if offset <= az1 - az0:
        swing = 1.0
    else:
        swing = max(np.cos(az0 - centre), np.cos(az1 - centre))
    h = across * swing
    c0 = np.sqrt(max(1.0 - s0 * s0, 0.0))
    c1 = np.sqrt(max(1.0 - s1 * s1, 0.0))
    best: float = max(nz * s0 + h * c0, nz * s1 + h * c1)
    size = np.hypot(nz, h)
    if h > 0.0 and size > 0.0:
        top = nz / size
        if s0 < top < s1:
            best = max(best, size)
    return min(best, 1.0)


@jit
def logs(values: Floats) -> Floats:
    """Return natural logs, with the bits that the kernels give.

    Parameters
    ----------
    values : ndarray, shape (m,)
        Above 0.
    """
    found = np.empty_like(values)
    for j in range(values.shape[0]):
        found[j] = np.log(values[j])
    return found


@jit
def spread(direction: Floats, patch: Floats) -> Floats:
    """Return how far directions of each patch lie from its middle, as a sine.

    Parameters
    ----------
    direction : ndarray, shape (m, 3)
        Unit vectors, LVLH.
    patch : ndarray, shape (m, 4)
        Azimuth low, high [rad], sin(elevation) low, high.

    Returns
    -------
    ndarray, shape (m,)
        Sine of the widest angle between a direction of the patch and the middle; 2
        where that is a right angle or more: no plane has such a patch behind it for
        certain.
    """
    found = np.full(direction.shape[0], 2.0)
    for j in range(direction.shape[0]):
        nearest = -cosine_bound(
            -direction[j, 0],
            -direction[j, 1],
            -direction[j, 2],
            patch[j, 0],
            patch[j, 1],
            patch[j, 2],
            patch[j, 3],
        )
        if nearest > 0.0:
            found[j] = np.sqrt(max(1.0 - nearest * nearest, 0.0))
    return found


@leaf
def fill_proposal(
    threats: Threats,
    tables: Tables,
    in_total: Ints,
    shield: int,
    two_sided: int,
    nx: float,
    ny: float,
    nz: float,
    slack: float,
    work: Floats,
    share: Floats,
    chance: Floats,
    reach: Floats,
    free: Floats,
) -> float:
    """Fill the probabilities of the cells for one group of orientations and a shield.

    Parameters
    ----------
    threats, tables : Threats, Tables
    in_total : ndarray of int64, shape (n_model,)
        1 for the models that enter the total.
    shield : int
        Shield number.
    two_sided : int
        1 where impacts on either side count.
    nx, ny, nz : float
        Unit normal of the orientation group, LVLH.
    slack : float
        Sine of the angle by which normals of the group may differ from it.
    work : ndarray, shape (n_model, 2, m)
        Work space.
    share : ndarray, shape (n_model, 2)
        Filled: factors of each model's penetrations and impacts in the proposal.
    chance, reach : ndarray, shape (m,)
        Filled: probability of each cell and its running sum (the last exactly 1).

    free : ndarray, shape (n_model, n_damage)
        Filled: unshadowed flux on the face by the cells alone [1/m2/s]: coarse, never
        0 where a threat can reach the face.

    Returns
    -------
    float
        Sum before normalisation; 0 when no threat can reach this face.
    """
    models, cells = threats.cell_weight.shape
    sizes = tables.impact.shape[2]
    for e in range(models):
        share[e, 0] = 0.0
        share[e, 1] = 0.0
        for d in range(sizes + 1):
            free[e, d] = 0.0
    across, centre = np.hypot(nx, ny), np.arctan2(ny, nx)
    behind = np.arctan2(-ny, -nx)
    for j in range(cells):
        middle = (
            nx * threats.cell_direction[j, 0]
            + ny * threats.cell_direction[j, 1]
            + nz * threats.cell_direction[j, 2]
        )
        if two_sided:
            middle = abs(middle)
        # Between the middle of the patch and its best corner: positive for every
        # cell that any direction of the patch can use. The corner is costly: it is
        # not asked where it cannot matter.
        cosine = min(middle, 1.0)
        if middle < CORNER_SHARE:
            cosine = 0.0
            if two_sided or middle >= -threats.cell_spread[j] - slack - 1e-9:
                az0, az1 = threats.patch[j, 0], threats.patch[j, 1]
                s0, s1 = threats.patch[j, 2], threats.patch[j, 3]
                bound = _highest(across, centre, nz, az0, az1, s0, s1)
                if two_sided:
                    other = _highest(across, behind, -nz, az0, az1, s0, s1)
                    bound = max(bound, other)
                # The cosine is 1-Lipschitz in the angle: no member of the group can
                # see the patch at a larger one.
                bound = min(bound + slack, 1.0)
                # A patch that ends at grazing incidence is not seen: rounding is no
                # angle.
                if bound >= 1e-12:
                    cosine = max(min(middle, 1.0), CORNER_SHARE * bound)
        log_cosine = np.log(max(cosine, 1e-3))
        for e in range(models):
            hits = cosine * threats.cell_weight[e, j]
            risk = 0.0
            if hits > 0.0:
                table = tables.index[shield, e, threats.curve[e, j]]
                if table >= 0:
                    flux, _ = penetrating_flux_at(
                        tables,
                        shield,
                        e,
                        threats.curve[e, j],
                        table,
                        threats.cell_log_speed[j],
                        max(cosine, 1e-3),
                        log_cosine,
                    )
                    risk = hits * flux
            work[e, 0, j] = risk
            work[e, 1, j] = hits
            share[e, 0] += risk
            share[e, 1] += hits
            if hits > 0.0:
                for d in range(sizes):
                    free[e, d] += hits * tables.impact[e, threats.curve[e, j], d]
                free[e, sizes] += risk
    risk_total = 0.0
    for e in range(models):
        if in_total[e] == 1:
            risk_total += share[e, 0]
    for e in range(models):
        # From sizes of the components to factors that normalise and weigh them.
        if share[e, 0] > 0.0:
            follow = 0.0
            if in_total[e] == 1 and risk_total > 0.0:
                follow = RISK_SHARE / risk_total
            share[e, 0] = MODEL_SHARE / models / share[e, 0] + follow
        if share[e, 1] > 0.0:
            share[e, 1] = IMPACT_SHARE / models / share[e, 1]
    total = 0.0
    for j in range(cells):
        g = 0.0
        for e in range(models):
            g += share[e, 0] * work[e, 0, j] + share[e, 1] * work[e, 1, j]
        chance[j] = g
        total += g
        reach[j] = total
    if total > 0.0:
        for j in range(cells):
            chance[j] /= total
            reach[j] /= total
        reach[cells - 1] = 1.0
    return total
