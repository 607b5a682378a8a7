"""Threat tables of all models of a phase -> the kernel's threats in cells."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from mmod.kernel.layout import distinct_rows, lay_out
from mmod.kernel.sample import logs, spread
from mmod.kernel.tables import Floats, Ints, Threats

_AZIMUTH_CELL = np.pi / 10.0
_SINE_CELL = 1.0 / 7.0
_SPEED_RATIO = 1.3
_COUPLED_SPEED = 500.0


@dataclass(frozen=True)
class _Bins:
    """Bins of one group of models: equal tables share their threats."""

    edges: Floats  # (n, 6)
    side: Ints
    coupling: float
    curve: Ints
    population: Ints

    @classmethod
    def of(cls, table: xr.Dataset) -> _Bins:
        names = ("azimuth", "sin_elevation", "speed")
        edges = np.stack(
            [
                table[f"{name}_{end}"].to_numpy().astype(np.float64)
                for name in names
                for end in ("lower", "upper")
            ],
            axis=1,
        )
        coupled = int(table.attrs["coupled"]) == 1
        side = (
            table["side"].to_numpy().astype(np.int64)
            if coupled
            else np.zeros(len(edges), dtype=np.int64)
        )
        return cls(
            np.ascontiguousarray(edges),
            side,
            float(table.attrs["coupling_speed"]) if coupled else 1.0,
            table["size_curve_index"].to_numpy().astype(np.int64),
            table["population"].to_numpy().astype(np.int64),
        )

    def key(self) -> tuple[bytes, bytes, float, bytes]:
        return (
            self.edges.tobytes(),
            self.side.tobytes(),
            self.coupling,
            self.curve.tobytes(),
        )

    def cell_labels(self) -> NDArray[np.int64]:
        middle = 0.5 * (self.edges[:, 0::2] + self.edges[:, 1::2])
        azimuth, sine, speed = middle[:, 0], middle[:, 1], middle[:, 2]
        parts = np.where(
            (self.side != 0)[:, None],
            np.stack(
                [self.side, np.zeros_like(self.side), np.floor(speed / _COUPLED_SPEED)],
                axis=1,
            ),
            np.stack(
                [
                    100 + np.floor((azimuth + np.pi) / _AZIMUTH_CELL),
                    np.floor((sine + 1.0) / _SINE_CELL),
                    np.floor(np.log(np.maximum(speed, 1.0)) / np.log(_SPEED_RATIO)),
                ],
                axis=1,
            ),
        ).astype(np.int64)
        label = np.concatenate([self.curve[:, None], parts], axis=1)
        _, inverse = distinct_rows(label)
        return inverse


@dataclass(frozen=True)
class CellTable:
    """Kernel threats and where each came from (for events)."""

    threats: Threats
    curve_of: Ints  # (n_model, n_threat)
    population_of: Ints  # (n_threat,)


def gather_threats(tables: list[xr.Dataset]) -> CellTable:
    """Gather the threats of all models of one phase into cells.

    Parameters
    ----------
    tables : list of Dataset
        One ThreatTable per model, in the order of the run's models.

    Returns
    -------
    CellTable

    Notes
    -----
    Models with identical bins (NASA-91 and MASTER-8 share directions and speeds) use
    the same threats, so an alternative model costs no further rays.
    """
    models = len(tables)
    groups: dict[tuple[bytes, bytes, float, bytes], list[int]] = {}
    bins: list[_Bins] = [_Bins.of(t) for t in tables]
    for e, b in enumerate(bins):
        groups.setdefault(b.key(), []).append(e)

    parts: list[tuple[_Bins, Ints, Floats]] = []
    offset = 0
    for members in groups.values():
        b = bins[members[0]]
        weight = np.zeros((models, len(b.edges)))
        for e in members:
            weight[e] = tables[e]["weight"].to_numpy()
        labels = b.cell_labels() + offset
        offset = int(labels.max()) + 1
        parts.append((b, labels, weight))

    edges = np.concatenate([b.edges for b, _, _ in parts])
    side = np.concatenate([b.side for b, _, _ in parts])
    coupling = np.concatenate([np.full(len(b.edges), b.coupling) for b, _, _ in parts])
    curve = np.concatenate([b.curve for b, _, _ in parts])
    population = np.concatenate([b.population for b, _, _ in parts])
    labels = np.concatenate([label for _, label, _ in parts])
    weight = np.concatenate([w for _, _, w in parts], axis=1)

    keep = weight.sum(axis=0) > 0.0
    order = np.flatnonzero(keep)[np.argsort(labels[keep], kind="stable")]
    labels = labels[order]
    starts = np.flatnonzero(np.diff(labels, prepend=-1))
    first = np.append(starts, len(order)).astype(np.int64)
    edges, side, coupling = edges[order], side[order], coupling[order]
    curve, population = curve[order], population[order]
    weight = np.ascontiguousarray(weight[:, order])

    cell_weight = np.add.reduceat(weight, starts, axis=1)
    n_cell = len(starts)
    cell_of = np.repeat(np.arange(n_cell), np.diff(first))
    with np.errstate(invalid="ignore", divide="ignore"):
        relative = np.where(
            cell_weight[:, cell_of] > 0.0, weight / cell_weight[:, cell_of], 0.0
        ).sum(axis=0)
    chance = relative / np.add.reduceat(relative, starts)[cell_of]
    reach = _running_sum(chance, first)

    patch = np.stack(
        [
            np.minimum.reduceat(edges[:, 0], starts),
            np.maximum.reduceat(edges[:, 1], starts),
            np.minimum.reduceat(edges[:, 2], starts),
            np.maximum.reduceat(edges[:, 3], starts),
        ],
        axis=1,
    )
    speed = 0.5 * (edges[:, 4] + edges[:, 5])
    sine = 0.5 * (edges[:, 2] + edges[:, 3])
    azimuth = np.where(
        side == 0,
        0.5 * (edges[:, 0] + edges[:, 1]),
        side * np.arccos(np.clip(speed / coupling, -1.0, 1.0)),
    )
    flat = np.sqrt(1.0 - np.minimum(sine * sine, 1.0))
    direction = np.stack([flat * np.cos(azimuth), flat * np.sin(azimuth), sine], axis=1)
    mean_direction = np.add.reduceat(direction * chance[:, None], starts, axis=0)
    size = np.linalg.norm(mean_direction, axis=1, keepdims=True)
    mean_direction = mean_direction / np.where(size > 0.0, size, 1.0)
    cell_speed = np.add.reduceat(speed * chance, starts)

    in_group = cell_weight > 0.0
    cell_curve = np.where(in_group, curve[starts], -1).astype(np.int64)
    threats = Threats(
        edges=np.ascontiguousarray(edges),
        side=np.ascontiguousarray(side),
        coupling=np.ascontiguousarray(coupling),
        chance=chance,
        reach=reach,
        weight=weight,
        drawn=lay_out(edges, side, coupling, chance, reach, weight, first),
        first=first,
        patch=np.ascontiguousarray(patch),
        cell_speed=np.ascontiguousarray(cell_speed),
        cell_log_speed=logs(np.ascontiguousarray(cell_speed)),
        cell_direction=np.ascontiguousarray(mean_direction),
        cell_spread=spread(
            np.ascontiguousarray(mean_direction), np.ascontiguousarray(patch)
        ),
        cell_weight=np.ascontiguousarray(cell_weight),
        curve=np.ascontiguousarray(cell_curve),
    )
    curve_of = np.where(weight > 0.0, curve, -1).astype(np.int64)
    return CellTable(threats, curve_of, population.astype(np.int64))


def _running_sum(chance: Floats, first: Ints) -> Floats:
    reach = np.zeros_like(chance)
    for a, b in itertools.pairwise(first):
        np.cumsum(chance[a:b], out=reach[a:b])
        reach[b - 1] = 1.0
    return reach
