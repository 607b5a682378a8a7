"""How predicted breaches are made, so that they can be made again with other limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from mmod.forensics.nodes import Curves, Nodes, Rays, drawn_nodes, quadrature_nodes
from mmod.forensics.source import ZoneShield
from mmod.shields.hole_size.model import HoleModel, HoleSize

KEPT_NODES = 400_000
"""Sets of nodes up to this size are kept in memory."""


@dataclass(frozen=True)
class Recipe:
    """What `Breaches` are made from, so that they can be made again.

    Parameters
    ----------
    rays : Rays
        The rays.
    curves : Curves
        Size curves of the threat tables.
    shields : tuple of ZoneShield
        Zones of a shield, with the shield where it could be read again.
    hole_models : dict of int to HoleModel
        By zone.
    """

    rays: Rays
    curves: Curves
    shields: tuple[ZoneShield, ...]
    hole_models: dict[int, HoleModel]
    _made: dict[float, tuple[Nodes, HoleSize]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def of_zone(self, zone: int) -> Recipe:
        """Return the recipe of one zone."""
        mine = tuple(replace(s, zones=(zone,)) for s in self.shields if zone in s.zones)
        return replace(self, shields=mine, hole_models={zone: self.hole_models[zone]})

    def make(
        self, limit_factor: float = 1.0, models: Sequence[int] | None = None
    ) -> tuple[Nodes, HoleSize]:
        """Return nodes and hole sizes with the ballistic limit times a factor.

        Those of all models (none given) and of up to `KEPT_NODES` nodes are kept, for the
        next size that is asked.
        """
        if models is None and limit_factor in self._made:
            return self._made[limit_factor]
        parts: list[Nodes] = []
        for group in self.shields:
            mine = np.isin(self.rays.zone, group.zones)
            if models is not None:
                mine &= np.isin(self.rays.model, models)
            pick = np.flatnonzero(mine)
            if group.shield is None:
                parts.append(drawn_nodes(self.rays, pick))
            else:
                parts.append(
                    quadrature_nodes(
                        self.rays,
                        pick,
                        group.shield,
                        self.curves,
                        limit_factor=limit_factor,
                    )
                )
        nodes = Nodes.joined(parts)
        sizes = self._sizes(nodes)
        if models is None and len(nodes.ray) <= KEPT_NODES:
            self._made[limit_factor] = (nodes, sizes)
        return nodes, sizes

    def _sizes(self, nodes: Nodes) -> HoleSize:
        zone = self.rays.zone[nodes.ray]
        n = len(nodes.ray)
        out = HoleSize(
            np.full(n, -np.inf),
            np.zeros(n),
            np.ones(n, dtype=np.bool_),
            np.zeros(n),
            np.full(n, np.nan),
        )
        models = {id(m): m for m in self.hole_models.values()}
        for key, model in models.items():
            mine = [z for z, m in self.hole_models.items() if id(m) == key]
            at = np.flatnonzero(np.isin(zone, mine))
            ray = nodes.ray[at]
            found = model.distribution(
                nodes.diameter[at],
                nodes.critical_diameter[at],
                self.rays.speed[ray],
                self.rays.obliquity[ray],
                nodes.density[at],
            )
            for whole, part in zip(out, found, strict=True):
                whole[at] = part
        return out
