"""Draw threats for a face: proposal over the cells, then a threat in the cell."""

from __future__ import annotations

import numpy as np

from mmod.kernel._jit import inlined, leaf
from mmod.kernel.tables import Floats, Ints, Tables, Threats, penetrating_flux

RISK_SHARE = 0.5
"""Share of the proposal that follows the penetrations of the models in the total."""
MODEL_SHARE = 0.25
"""Share spread evenly over the models, by their penetrations."""
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
    across = np.hypot(nx, ny)
    centre = np.arctan2(ny, nx)
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
    bound = -1.0
    for j in range(cells):
        # Cells of one patch stand together (they differ in speed): one bound for all.
        if (
            j == 0
            or threats.patch[j, 0] != threats.patch[j - 1, 0]
            or threats.patch[j, 1] != threats.patch[j - 1, 1]
            or threats.patch[j, 2] != threats.patch[j - 1, 2]
            or threats.patch[j, 3] != threats.patch[j - 1, 3]
        ):
            az0, az1 = threats.patch[j, 0], threats.patch[j, 1]
            s0, s1 = threats.patch[j, 2], threats.patch[j, 3]
            bound = cosine_bound(nx, ny, nz, az0, az1, s0, s1)
            if two_sided:
                bound = max(bound, cosine_bound(-nx, -ny, -nz, az0, az1, s0, s1))
            # The cosine is 1-Lipschitz in the angle: no member of the group can see
            # the patch at a larger one.
            bound = min(bound + slack, 1.0)
            # A patch that ends at grazing incidence is not seen: rounding is no angle.
            if bound < 1e-12:
                bound = 0.0
        cosine = 0.0
        if bound > 0.0:
            middle = (
                nx * threats.cell_direction[j, 0]
                + ny * threats.cell_direction[j, 1]
                + nz * threats.cell_direction[j, 2]
            )
            if two_sided:
                middle = abs(middle)
            # Between the middle of the patch and its best corner: positive for every
            # cell that any direction of the patch can use.
            cosine = max(min(middle, 1.0), 0.35 * bound)
        for e in range(models):
            hits = cosine * threats.cell_weight[e, j]
            risk = 0.0
            if hits > 0.0:
                table = tables.index[shield, e, threats.curve[e, j]]
                if table >= 0:
                    flux, _ = penetrating_flux(
                        tables,
                        shield,
                        e,
                        threats.curve[e, j],
                        table,
                        threats.cell_speed[j],
                        max(cosine, 1e-3),
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


@inlined
def search(reach: Floats, first: int, last: int, u: float) -> int:
    """Return the first index in [first, last) whose running sum exceeds u."""
    low, high = first, last - 1
    while low < high:
        middle = (low + high) // 2
        if reach[middle] > u:
            high = middle
        else:
            low = middle + 1
    return low


@inlined
def guided_search(reach: Floats, guide: Ints, first: int, last: int, u: float) -> int:
    """Return what `search` returns, from a guess: a step or two for any length."""
    t = int(guide[first + min(int(u * (last - first)), last - first - 1)])
    while t > first and reach[t - 1] > u:
        t -= 1
    while t < last - 1 and reach[t] <= u:
        t += 1
    return t
