"""Nodes, their rays and their hole sizes seen as flat arrays of one length."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mmod.errors import bad
from mmod.forensics.nodes import Nodes, Rays
from mmod.shields.hole_size.model import HoleSize

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

_OF_THE_RAY = (
    *("zone", "model", "phase", "population", "x", "y", "z"),
    *("azimuth", "elevation", "speed", "obliquity"),
)


@dataclass(frozen=True)
class NodeViews:
    """Weighted nodes: impacts that breach a zone, with the size of the hole.

    Parameters
    ----------
    rays : Rays
        Rays of the run; the nodes refer to them.
    nodes : Nodes
        Nodes over the diameter.
    sizes : HoleSize
        Size of the hole at each node.
    """

    rays: Rays
    nodes: Nodes
    sizes: HoleSize

    def __len__(self) -> int:
        return len(self.nodes.ray)

    @property
    def weight(self) -> FloatArray:
        """Expected number of each node in the window, shape (n,) [1]."""
        return self.nodes.weight

    @property
    def ray(self) -> IntArray:
        """Ray of each node, shape (n,)."""
        return self.nodes.ray

    @property
    def diameter(self) -> FloatArray:
        """Particle, shape (n,) [m]."""
        return self.nodes.diameter

    @property
    def critical_diameter(self) -> FloatArray:
        """Ballistic limit for the node's impact, shape (n,) [m]."""
        return self.nodes.critical_diameter

    @property
    def density(self) -> FloatArray:
        """Particle density, shape (n,) [kg/m3]."""
        return self.nodes.density

    @property
    def extrapolated(self) -> BoolArray:
        """Damage equation or hole model outside their ranges, shape (n,)."""
        return self.nodes.extrapolated | ~self.sizes.in_range

    @property
    def log_median(self) -> FloatArray:
        """Log of the median hole, shape (n,) [ln m]; -inf where there is none."""
        return self.sizes.log_median

    @property
    def log_sd(self) -> FloatArray:
        """Scatter of the log of the hole, shape (n,) [1]."""
        return self.sizes.log_sd

    @property
    def log_stderr(self) -> FloatArray:
        """Error of the hole model, common to all nodes, shape (n,) [1]."""
        return self.sizes.log_stderr

    @property
    def shape(self) -> FloatArray:
        """Long over short axis of the hole, shape (n,) [1]; NaN where unknown."""
        return self.sizes.axis_ratio

    @property
    def kind(self) -> NDArray[np.str_]:
        """Kind of each node: "debris" or "meteoroid", shape (n,)."""
        return np.where(self.rays.meteoroid[self.ray], "meteoroid", "debris")

    def at_node(self, name: str) -> NDArray[np.generic]:
        """Return a quantity of the ray at each node.

        Parameters
        ----------
        name : str
            "zone", "model", "phase", "population" (indices), "x", "y", "z" [m],
            "azimuth", "elevation", "obliquity" [rad] or "speed" [m/s]; or one of the
            node itself: "diameter", "critical_diameter" [m], "density" [kg/m3].

        Returns
        -------
        ndarray, shape (n,)
            The values.

        Raises
        ------
        InputError
            When the name is unknown.
        """
        if name in _OF_THE_RAY:
            values: NDArray[np.generic] = getattr(self.rays, name)
            return values[self.ray]
        own = ("diameter", "critical_diameter", "density")
        if name in own:
            found: NDArray[np.generic] = getattr(self.nodes, name)
            return found
        raise bad("breaches", "name", name, f"one of {', '.join((*_OF_THE_RAY, *own))}")

    @property
    def zone(self) -> IntArray:
        """Zone (index in the run) at each node."""
        return np.asarray(self.at_node("zone"))

    @property
    def model(self) -> IntArray:
        """Flux model (index in the run) at each node."""
        return np.asarray(self.at_node("model"))

    @property
    def population(self) -> IntArray:
        """Population of the flux model at each node."""
        return np.asarray(self.at_node("population"))

    @property
    def speed(self) -> FloatArray:
        """Impact speed at each node [m/s]."""
        return np.asarray(self.at_node("speed"))

    @property
    def obliquity(self) -> FloatArray:
        """Angle from the normal at each node [rad]."""
        return np.asarray(self.at_node("obliquity"))

    @property
    def azimuth(self) -> FloatArray:
        """Azimuth of the radiant at each node [rad]."""
        return np.asarray(self.at_node("azimuth"))

    @property
    def elevation(self) -> FloatArray:
        """Elevation of the radiant at each node [rad]."""
        return np.asarray(self.at_node("elevation"))

    @property
    def x(self) -> FloatArray:
        """Impact point at each node, x of the body frame [m]."""
        return np.asarray(self.at_node("x"))

    @property
    def y(self) -> FloatArray:
        """Impact point at each node, y of the body frame [m]."""
        return np.asarray(self.at_node("y"))

    @property
    def z(self) -> FloatArray:
        """Impact point at each node, z of the body frame [m]."""
        return np.asarray(self.at_node("z"))
