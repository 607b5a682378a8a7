"""Flat arrays that the estimators read: threats in cells, penetration tables, faces.

A *threat* is one bin of direction and speed. Threats are gathered into *cells*, coarse
enough that the proposal of a face can be made over all of them, fine enough that the
proposal resembles the contribution; inside a cell a threat is drawn by a fixed law.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mmod.kernel._jit import inlined, leaf
from mmod.kernel.layout import DrawnThreats

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Threats(NamedTuple):
    """Threat bins (n), sorted by cell, and their cells (m), in the LVLH frame.

    ``edges`` (n, 6): azimuth low, high [rad], sin(elevation) low, high, speed low,
    high [m/s]; ``side`` (n,) int64: 0, or the sign of the azimuth where it follows
    from the speed; ``coupling`` (n,) [m/s]: cos(azimuth) = speed / coupling there;
    ``chance`` (n,), ``reach`` (n,): probability and cumulative probability in the
    cell; ``weight`` (n_model, n): share of the model's flux;
    ``drawn``: the same once more, laid out for drawing;
    ``first`` (m + 1,): first threat of each cell; ``patch`` (m, 4): azimuth and
    sin(elevation) bounds; ``cell_speed`` (m,) [m/s], ``cell_log_speed`` (m,) its log;
    ``cell_direction`` (m, 3); ``cell_spread`` (m,): see `mmod.kernel.sample.spread`;
    ``cell_weight`` (n_model, m); ``curve`` (n_model, m) int64: size curve, -1 where
    the model has no flux.
    """

    edges: Floats
    side: Ints
    coupling: Floats
    chance: Floats
    reach: Floats
    weight: Floats
    drawn: DrawnThreats
    first: Ints
    patch: Floats
    cell_speed: Floats
    cell_log_speed: Floats
    cell_direction: Floats
    cell_spread: Floats
    cell_weight: Floats
    curve: Ints


class Tables(NamedTuple):
    """Penetration of each (shield, model, size curve) over speed and obliquity.

    What is tabulated is the *effective critical size*: the point of the size curve
    above which it holds as much flux as penetrates. It is smooth between the borders
    of the regimes, and the kinks of the size curve stay in the curve. Sizes are
    *reduced* log diameters: gaps, in which the curve has no particles (steps of the
    density), have no length, so that a critical size does not jump over them.
    ``index``
    (n_shield, n_model, n_curve) int64: table number, -1 where nothing can penetrate by
    definition (shield "none"); ``share`` (n_shield,) vulnerable fraction of the face;
    ``cosine``, ``log_cosine`` (n_table, n_row) increasing; ``hint`` (n_table, n_hint)
    int64: row at or below each cosine; ``border`` (n_table, n_row, n_border): log speed
    of the regime borders, first and last the ends of the table; ``size``
    (n_table, n_row, n_node); ``outside`` the same shape: share of the flux for which
    the damage equation is used outside its tests; ``segments``, ``steps`` (n_table,)
    int64; ``log_curve`` (n_model, n_curve, n_size) log of the cumulative flux
    [1/m2/s] at log diameters ``curve_start`` + k ``curve_step``; ``impact``
    (n_model, n_curve, n_threshold) flux of impactors of at least each diameter.
    """

    index: Ints  # type: ignore[assignment]  # not tuple.index
    share: Floats
    cosine: Floats
    log_cosine: Floats
    hint: Ints
    border: Floats
    size: Floats
    outside: Floats
    segments: Ints
    steps: Ints
    log_curve: Floats
    curve_diameter: Floats
    curve_start: float
    curve_step: float
    impact: Floats


class Faces(NamedTuple):
    """Faces of the mesh in the body frame.

    ``corners`` (n, 3, 3) [m]; ``normals`` (n, 3) unit, outward; ``areas`` (n,) one
    side [m2]; ``two_sided`` (n,) uint8; ``solidity`` (n,) share of the face that is
    there; ``zone`` (n,), ``shield`` (n,) int64; ``orientation`` (n,) int64: number of
    the group of similar normals a face shares its proposal with; ``axis`` (m, 3) the
    mean normal of each group, ``slack`` (m,) sine of its widest angle to a member.
    """

    corners: Floats
    normals: Floats
    areas: Floats
    two_sided: NDArray[np.uint8]
    solidity: Floats
    zone: Ints
    shield: Ints
    orientation: Ints
    axis: Floats
    slack: Floats


@inlined
def critical_size(
    tables: Tables, table: int, speed: float, cosine: float
) -> tuple[float, float]:
    """Return the effective critical size and the outside share.

    Parameters
    ----------
    tables : Tables
    table : int
        Which table.
    speed : float
        Impact speed [m/s].
    cosine : float
        Cosine of the obliquity, 0 < cosine <= 1.

    Returns
    -------
    size : float
        Reduced log diameter.
    outside : float
        Share of the penetrating flux outside the validity range.
    """
    return _critical_size(tables, table, np.log(speed), cosine, np.log(cosine))


@inlined
def _critical_size(
    tables: Tables, table: int, x: float, cosine: float, log_cosine: float
) -> tuple[float, float]:
    rows = tables.cosine.shape[1]
    n_hint = tables.hint.shape[1]
    row = tables.hint[table, min(int(cosine * n_hint), n_hint - 1)]
    while row < rows - 2 and tables.cosine[table, row + 1] <= cosine:
        row += 1
    low = tables.log_cosine[table, row]
    high = tables.log_cosine[table, row + 1]
    f = 0.0
    if high > low:
        f = min(max((log_cosine - low) / (high - low), 0.0), 1.0)
    g = 1.0 - f
    last = tables.segments[table]
    segment = 0
    start = tables.border[table, row, 0] * g + tables.border[table, row + 1, 0] * f
    stop = start
    for k in range(last):
        stop = (
            tables.border[table, row, k + 1] * g
            + tables.border[table, row + 1, k + 1] * f
        )
        segment = k
        if x < stop or k == last - 1:
            break
        start = stop
    steps = tables.steps[table]
    u = 0.0
    if stop > start:
        u = min(max((x - start) / (stop - start), 0.0), 1.0) * steps
    i = min(int(u), steps - 1)
    u -= i
    # Each segment has its own first and last node: a jump at a border stays sharp.
    node = segment * (steps + 1) + i
    w = 1.0 - u
    size = tables.size
    share = tables.outside
    a = size[table, row, node] * w + size[table, row, node + 1] * u
    b = size[table, row + 1, node] * w + size[table, row + 1, node + 1] * u
    c = share[table, row, node] * w + share[table, row, node + 1] * u
    d = share[table, row + 1, node] * w + share[table, row + 1, node + 1] * u
    return a * g + b * f, c * g + d * f


@inlined
def log_flux_above(tables: Tables, model: int, curve: int, size: float) -> float:
    """Return the log of the cumulative flux of a size curve [log 1/m2/s].

    Parameters
    ----------
    tables : Tables
    model, curve : int
        Which size curve.
    size : float
        Reduced log diameter; beyond the ends the last slope goes on.
    """
    n = tables.log_curve.shape[2]
    u = (size - tables.curve_start) / tables.curve_step
    i = min(max(int(u), 0), n - 2)
    u -= i
    below: float = tables.log_curve[model, curve, i]
    above: float = tables.log_curve[model, curve, i + 1]
    return float(below * (1.0 - u) + above * u)


@inlined
def log_diameter_of(tables: Tables, model: int, curve: int, log_flux: float) -> float:
    """Return the log diameter above which a size curve holds a flux (its inverse)."""
    values = tables.log_curve
    low, high = 0, values.shape[2] - 2
    while low < high:
        middle = (low + high) // 2
        if values[model, curve, middle + 1] < log_flux:
            high = middle
        else:
            low = middle + 1
    fall = values[model, curve, low] - values[model, curve, low + 1]
    u = 0.0
    if fall > 0.0:
        u = (values[model, curve, low] - log_flux) / fall
    below: float = tables.curve_diameter[model, curve, low]
    above: float = tables.curve_diameter[model, curve, low + 1]
    return below * (1.0 - u) + above * u


@inlined
def penetrating_flux(
    tables: Tables,
    shield: int,
    model: int,
    curve: int,
    table: int,
    speed: float,
    cosine: float,
) -> tuple[float, float]:
    """Return the penetrating flux [1/m2/s] and its share outside validity.

    Parameters
    ----------
    tables : Tables
    shield, model, curve, table : int
        Which shield and size curve, and their table.
    speed : float
        Impact speed [m/s].
    cosine : float
        Cosine of the obliquity, 0 < cosine <= 1.
    """
    return penetrating_flux_at(
        tables, shield, model, curve, table, np.log(speed), cosine, np.log(cosine)
    )


@inlined
def penetrating_flux_at(
    tables: Tables,
    shield: int,
    model: int,
    curve: int,
    table: int,
    log_speed: float,
    cosine: float,
    log_cosine: float,
) -> tuple[float, float]:
    """Return `penetrating_flux` where the logs are at hand (many models at once)."""
    size, outside = _critical_size(tables, table, log_speed, cosine, log_cosine)
    return (
        tables.share[shield] * np.exp(log_flux_above(tables, model, curve, size)),
        outside,
    )


@leaf
def fill_flux(
    tables: Tables,
    shield: int,
    model: int,
    curve: int,
    speed: Floats,
    cosine: Floats,
    out: Floats,
) -> None:
    """Fill ``out`` with `penetrating_flux` at arrays of speed [m/s] and cosine."""
    table = tables.index[shield, model, curve]
    for i in range(speed.shape[0]):
        out[i], _ = penetrating_flux(
            tables, shield, model, curve, table, speed[i], cosine[i]
        )
