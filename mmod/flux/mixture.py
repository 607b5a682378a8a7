"""One threat table out of several: the weighted sum of their fluxes.

A phase on a changing orbit is the time-weighted mean of several states; a meteoroid
environment with streams is the sum of two. Both are mixtures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from mmod.errors import InputError, Problem, bad
from mmod.flux.card import weakest_tag
from mmod.flux.table import SizeCurves, ThreatBins, build_threats, distinct

FloatArray = NDArray[np.float64]

NO_SHARE = 1e-200
"""Shares below this part of the largest are none: their fluxes would not be normal."""
COUPLING_SPREAD = 0.02
"""Coupling speeds within this of each other are replaced by their mean."""
PROPORTIONAL = 1e-4
"""Curves whose ratio is constant to this share one curve: their exact sum."""
_EDGES = (
    "azimuth_lower",
    "azimuth_upper",
    "sin_elevation_lower",
    "sin_elevation_upper",
    "speed_lower",
    "speed_upper",
)
_KNOWN = {
    *_EDGES,
    "weight",
    "size_curve_index",
    "population",
    "side",
    "flux",
    "density",
    "log_stderr",
}
_MEANS = ("altitude", "inclination", "epoch")


@dataclass(frozen=True)
class _Unit:
    """One size curve with the bins that it owns; weights sum to 1."""

    flux: FloatArray
    density: FloatArray
    edges: FloatArray  # (6, n)
    side: NDArray[np.int8]  # zeros where not coupled
    population: NDArray[np.int32]
    weight: FloatArray

    def bins_key(self) -> bytes:
        return b"|".join(
            array.tobytes() for array in (self.edges, self.side, self.population)
        )


def mix_threats(tables: Sequence[xr.Dataset], shares: Sequence[float]) -> xr.Dataset:
    """Return the weighted sum of threat tables as one threat table.

    Parameters
    ----------
    tables : sequence of xarray.Dataset
        Threat tables (see `mmod.flux.table`) of one kind, debris or meteoroid.
    shares : sequence of float
        Factor of each table's flux: shares of time of a phase, or 1 for each of
        several environments that act together.

    Returns
    -------
    xarray.Dataset
        Its total flux is the sum of share times flux at every node. Altitude,
        inclination and epoch become share-weighted means, with ``_min`` and ``_max``
        beside them; flags are joined; populations are united by name. With
        ``log_stderr`` (standard error of ln flux) in every table it is the
        flux-weighted mean, i.e. full correlation.

    Raises
    ------
    InputError
        No table, numbers that do not pair, shares that are negative, not finite or all
        zero, kinds that differ, variables that a mixture cannot carry, ``log_stderr``
        in some tables but not in all.

    Notes
    -----
    Valid for any tables. Curves are brought to the union of their diameter nodes,
    log-log as the table defines them, end slopes continued; so nothing is approximated
    there. Curves with equal bins and densities are added; proportional curves share
    one, their exact sum, whose directions are off by `PROPORTIONAL` times the
    difference between theirs. Where the azimuth follows from the speed, coupling speeds
    within `COUPLING_SPREAD` are replaced by their flux-weighted mean, so that the error
    of a face's flux is of second order; others give up the coupling within a bin and
    keep its box of azimuth and speed. Both change face sums by less than 1e-3 of the
    greatest.

    References
    ----------
    .. [1] None; sums.
    """
    factors = _checked(tables, shares)
    least = NO_SHARE * max(factors)
    used = [(t, s) for t, s in zip(tables, factors, strict=True) if s > least]
    nodes = _common_nodes([table for table, _ in used])
    names = list(dict.fromkeys(n for table, _ in used for n in _populations(table)))
    coupling = _common_coupling(used)
    units: list[_Unit] = []
    for table, share in used:
        units += _units(table, share, nodes, names, coupling)
    if not units:
        raise bad("mixture", "tables", len(tables), "a table with some flux")
    units = _proportional(_added(units))
    index = np.repeat(np.arange(len(units)), [len(u.weight) for u in units])
    edges = np.concatenate([u.edges for u in units], axis=1)
    side = np.concatenate([u.side for u in units])
    mixed = build_threats(
        ThreatBins(
            **dict(zip(_EDGES, edges, strict=True)),
            weight=np.concatenate([u.weight for u in units]),
            size_curve_index=index.astype(np.int32),
            side=side if coupling is not None else None,
            coupling_speed=coupling,
            population=np.concatenate([u.population for u in units]),
        ),
        SizeCurves(
            nodes,
            np.stack([u.flux for u in units]),
            np.stack([u.density for u in units]),
        ),
        _attributes(used),
        names,
    )
    if "log_stderr" in used[0][0]:
        mixed["log_stderr"] = _mean_log_stderr(used, nodes)
    return mixed


def _checked(tables: Sequence[xr.Dataset], shares: Sequence[float]) -> FloatArray:
    """Return the shares as an array; refuse what cannot be mixed."""
    factors = np.asarray(list(shares), dtype=np.float64)
    if not len(tables) or factors.shape != (len(tables),):
        raise bad(
            "mixture", "shares", factors.tolist(), f"one share a table ({len(tables)})"
        )
    problems = []
    if not np.all(np.isfinite(factors) & (factors >= 0.0)) or not np.any(factors > 0):
        expected = "finite numbers >= 0, not all of them 0"
        problems.append(Problem("mixture", "shares", factors.tolist(), expected))
    kinds = list(dict.fromkeys(str(table.attrs["kind"]) for table in tables))
    if len(kinds) > 1:
        problems.append(Problem("mixture", "kind", kinds, "tables of one kind"))
    unknown = sorted({str(n) for t in tables for n in t.data_vars} - _KNOWN)
    if unknown:
        expected = "variables that a mixture knows how to carry"
        problems.append(Problem("mixture", "variables", unknown, expected))
    uncertain = ["log_stderr" in table for table in tables]
    if any(uncertain) and not all(uncertain):
        expected = "in every table, or in none"
        problems.append(Problem("mixture", "log_stderr", uncertain, expected))
    if problems:
        raise InputError(problems)
    return factors


def _common_nodes(tables: Sequence[xr.Dataset]) -> FloatArray:
    """Return the union of the diameter nodes [m]; equal grids stay as they are."""
    grids = [table["diameter"].to_numpy() for table in tables]
    if all(np.array_equal(grid, grids[0]) for grid in grids):
        return grids[0]
    return distinct(np.concatenate(grids).tolist())


def _populations(table: xr.Dataset) -> list[str]:
    kind = str(table.attrs["kind"])
    return str(table["population"].attrs.get("population_names", kind)).split(", ")


def _common_coupling(used: Sequence[tuple[xr.Dataset, float]]) -> float | None:
    """Return the coupling speed of the mixture [m/s]; None: boxes."""
    if not all(int(table.attrs["coupled"]) for table, _ in used):
        return None
    speeds = np.array([float(table.attrs["coupling_speed"]) for table, _ in used])
    if np.ptp(speeds) > COUPLING_SPREAD * speeds.min():
        return None
    if np.ptp(speeds) == 0.0:
        return float(speeds[0])
    # at a millimetre, which is what matters most to a shield
    flux = [
        share * float(np.exp(_log_log(table, np.log(np.array([1e-3]))).sum()))
        for table, share in used
        if table.sizes["size_curve"] == 1
    ]
    weight = flux if len(flux) == len(used) else [share for _, share in used]
    return float(np.average(speeds, weights=weight))


def _log_log(table: xr.Dataset, at: FloatArray) -> FloatArray:
    """Return ln flux of every curve at ln diameters, its end slopes continued."""
    nodes = np.log(table["diameter"].to_numpy())
    rows = []
    for row in np.log(table["flux"].to_numpy()):
        low = (row[1] - row[0]) / (nodes[1] - nodes[0])
        high = (row[-1] - row[-2]) / (nodes[-1] - nodes[-2])
        value = np.interp(at, nodes, row)
        value += np.where(at < nodes[0], low * (at - nodes[0]), 0.0)
        value += np.where(at > nodes[-1], high * (at - nodes[-1]), 0.0)
        rows.append(value)
    return np.stack(rows)


def _density_at(table: xr.Dataset, curve: int, at: FloatArray) -> FloatArray:
    """Return the density at ln diameters: log-log, constant where there is nothing."""
    nodes = np.log(table["diameter"].to_numpy())
    density = table["density"].to_numpy()[curve]
    flux = table["flux"].to_numpy()[curve]
    found = np.exp(np.interp(at, nodes, np.log(density)))
    own = np.searchsorted(nodes, at)
    exact = (own < nodes.size) & (nodes[np.minimum(own, nodes.size - 1)] == at)
    left = np.clip(np.searchsorted(nodes, at, side="right") - 1, 0, nodes.size - 2)
    gap = (flux[left] == flux[left + 1]) & (at > nodes[0]) & (at < nodes[-1])
    flat = density[left] == density[left + 1]
    found = np.where(gap | flat, density[left], found)
    found = np.where(exact, density[np.minimum(own, nodes.size - 1)], found)
    found = np.where(at < nodes[0], density[0], found)
    return np.asarray(np.where(at > nodes[-1], density[-1], found))


def _units(
    table: xr.Dataset,
    share: float,
    nodes: FloatArray,
    names: list[str],
    coupling: float | None,
) -> list[_Unit]:
    """Return the curves of a table on common nodes with the flux times its share."""
    same = np.array_equal(table["diameter"].to_numpy(), nodes)
    flux = table["flux"].to_numpy()
    at = np.log(nodes)
    with np.errstate(divide="ignore", invalid="ignore"):
        shown = flux if same else np.exp(_log_log(table, at))
    edges = np.stack([table[name].to_numpy() for name in _EDGES]).astype(np.float64)
    index = table["size_curve_index"].to_numpy()
    side = np.zeros(index.size, dtype=np.int8)
    if coupling is not None:
        side = table["side"].to_numpy().astype(np.int8)
        if float(table.attrs["coupling_speed"]) != coupling:
            edges[0], edges[1] = _coupled_azimuth(edges[4], edges[5], side, coupling)
    place = np.array([names.index(n) for n in _populations(table)], dtype=np.int32)
    population = place[table["population"].to_numpy()]
    weight = table["weight"].to_numpy().astype(np.float64)
    units = []
    for curve in range(len(flux)):
        if not np.any(flux[curve] > 0.0):
            continue
        mine = index == curve
        density = (
            table["density"].to_numpy()[curve]
            if same
            else _density_at(table, curve, at)
        )
        units.append(
            _Unit(
                np.minimum.accumulate(share * shown[curve]),
                density,
                np.ascontiguousarray(edges[:, mine]),
                side[mine],
                population[mine],
                weight[mine],
            )
        )
    return units


def _coupled_azimuth(
    slow: FloatArray, fast: FloatArray, side: NDArray[np.int8], coupling: float
) -> tuple[FloatArray, FloatArray]:
    """Return the azimuth edges [rad] that follow from the speed edges."""
    wide = np.arccos(np.clip(slow / coupling, 0.0, 1.0))
    narrow = np.arccos(np.clip(fast / coupling, 0.0, 1.0))
    port = side > 0
    return np.where(port, narrow, -wide), np.where(port, wide, -narrow)


def _added(units: list[_Unit]) -> list[_Unit]:
    """Add the curves that have equal bins, weights and densities."""
    found: dict[tuple[bytes, bytes, bytes], _Unit] = {}
    for unit in units:
        key = (unit.bins_key(), unit.weight.tobytes(), unit.density.tobytes())
        known = found.get(key)
        found[key] = (
            unit if known is None else replace(known, flux=known.flux + unit.flux)
        )
    return list(found.values())


def _proportional(units: list[_Unit]) -> list[_Unit]:
    """Give curves of constant ratio and equal density one curve with all their bins."""
    groups: list[list[_Unit]] = []
    for unit in units:
        for group in groups:
            first = group[0]
            with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
                ratio = unit.flux / first.flux
                alike = bool(np.ptp(ratio) <= PROPORTIONAL * ratio[0])
            if alike and np.array_equal(unit.density, first.density):
                group.append(unit)
                break
        else:
            groups.append([unit])
    return [_joined(group) for group in groups]


def _joined(group: list[_Unit]) -> _Unit:
    """Return one unit of several; bins that are equal in all of them are added."""
    if len(group) == 1:
        return group[0]
    flux = np.sum([unit.flux for unit in group], axis=0)
    # of the smallest particles: the ratio is the same everywhere
    parts = [unit.flux[0] / flux[0] for unit in group]
    if len({unit.bins_key() for unit in group}) == 1:
        weight = np.sum(
            [p * u.weight for p, u in zip(parts, group, strict=True)], axis=0
        )
        return replace(group[0], flux=flux, weight=weight)
    return _Unit(
        flux,
        group[0].density,
        np.concatenate([u.edges for u in group], axis=1),
        np.concatenate([u.side for u in group]),
        np.concatenate([u.population for u in group]),
        np.concatenate([p * u.weight for p, u in zip(parts, group, strict=True)]),
    )


def _mean_log_stderr(
    used: Sequence[tuple[xr.Dataset, float]], nodes: FloatArray
) -> xr.DataArray:
    """Return the flux-weighted mean of the standard errors of ln flux."""
    at = np.log(nodes)
    above, below = np.zeros(nodes.size), np.zeros(nodes.size)
    for table, share in used:
        flux = share * np.exp(_log_log(table, at)).sum(axis=0)
        grid = np.log(table["diameter"].to_numpy())
        above += flux * np.interp(at, grid, table["log_stderr"].to_numpy())
        below += flux
    attrs = dict(used[0][0]["log_stderr"].attrs)
    stated = [t["log_stderr"].attrs for t, _ in used]
    given = [str(each["source"]) for each in stated if each.get("source")]
    if given:
        attrs["source"] = "; ".join(dict.fromkeys(given))
    if any("tag" in each for each in stated):
        attrs["tag"] = weakest_tag(str(each.get("tag", "")) for each in stated)
    return xr.DataArray(above / below, dims="diameter", attrs=attrs)


def _attributes(used: Sequence[tuple[xr.Dataset, float]]) -> dict[str, Any]:
    """Return the attributes of a mixture."""
    tables = [table for table, _ in used]
    shares = np.array([share for _, share in used])
    attrs: dict[str, Any] = {}
    for key in ("model", "options"):
        given = [str(t.attrs[key]) for t in tables if key in t.attrs]
        if given:
            attrs[key] = " + ".join(dict.fromkeys(given))
    attrs["kind"] = tables[0].attrs["kind"]
    for key in _MEANS:
        values = np.array([float(t.attrs[key]) for t in tables])
        mean = float(np.average(values, weights=shares))
        attrs[key] = min(max(mean, float(values.min())), float(values.max()))
        low = [float(t.attrs.get(f"{key}_min", t.attrs[key])) for t in tables]
        high = [float(t.attrs.get(f"{key}_max", t.attrs[key])) for t in tables]
        if min(low) < max(high):
            attrs |= {f"{key}_min": min(low), f"{key}_max": max(high)}
    lines = [line for t in tables for line in str(t.attrs["flags"]).splitlines()]
    attrs["flags"] = "\n".join(dict.fromkeys(lines))
    # sizes for which every part is valid
    least = max(float(t.attrs["table_min_diameter"]) for t in tables)
    most = min(float(t.attrs["table_max_diameter"]) for t in tables)
    if least >= most:
        least = min(float(t.attrs["table_min_diameter"]) for t in tables)
        most = max(float(t.attrs["table_max_diameter"]) for t in tables)
    attrs |= {"table_min_diameter": least, "table_max_diameter": most}
    # sizes for which some part is
    attrs["any_min_diameter"] = min(_widest(t, "min") for t in tables)
    attrs["any_max_diameter"] = max(_widest(t, "max") for t in tables)
    return attrs


def _widest(table: xr.Dataset, end: str) -> float:
    own = table.attrs[f"table_{end}_diameter"]
    return float(table.attrs.get(f"any_{end}_diameter", own))
