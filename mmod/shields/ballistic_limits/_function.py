"""A ballistic limit made of any function of speed, obliquity and particle density."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mmod.errors import bad
from mmod.shields.ballistic_limits._handbook import FloatArray, Impact
from mmod.shields.ballistic_limits._regimes import GRAZING, Limit, Validity
from mmod.units import CM, G_CM3, KM

UNDECLARED = Validity(
    speed=(math.inf, 0.0),
    obliquity=0.0,
    basis="not declared by the equation: every impact counts as extrapolated",
)
"""Range of an equation that declares none: nothing is inside."""


@dataclass(frozen=True)
class FunctionLimit(Limit):
    """A ballistic limit from a function in SI, with what it declares about itself.

    Parameters
    ----------
    function : callable
        ``function(speed, obliquity, density)``: three arrays of one shape, read-only
        [m/s], [rad], [kg/m3], to the critical diameters [m] of that shape. Each impact
        counts by itself.
    validity : Validity
        Range of the tests behind it. Without one every impact counts as extrapolated.
    angle_breaks : tuple of float
        Obliquities at which the critical diameter kinks or jumps [rad]; the cap is
        added.
    density_breaks : tuple of float
        Particle densities at which it kinks or jumps [kg/m3].
    borders : callable, optional
        ``borders(obliquity, density)`` to a sequence of speeds [m/s] at which the
        critical diameter kinks or jumps; each a number or an array like ``obliquity``.
    cap : float
        Obliquity above which the function is evaluated at the cap [rad].

    Notes
    -----
    Penetration tables get nodes at every break that is declared. A break that is not
    declared costs accuracy there; the largest error of the tables is in the results.
    """

    function: Callable[[FloatArray, FloatArray, FloatArray], ArrayLike]
    validity: Validity = UNDECLARED
    angle_breaks: tuple[float, ...] = ()
    density_breaks: tuple[float, ...] = ()
    borders: Callable[[FloatArray, FloatArray], Sequence[ArrayLike]] | None = None
    cap: float = GRAZING

    def __post_init__(self) -> None:
        """Count the cap among the breaks."""
        breaks = tuple(sorted({*self.angle_breaks, self.cap}))
        object.__setattr__(self, "angle_breaks", breaks)

    def _diameter(self, impact: Impact) -> FloatArray:
        speed, obliquity, density = np.broadcast_arrays(
            impact.speed * KM,
            np.minimum(impact.obliquity, self.cap),
            impact.density * G_CM3,
        )
        shape = speed.shape
        given = [_frozen(x) for x in (speed, obliquity, density)]
        found = np.asarray(self.function(*given))
        if found.dtype.kind not in "fiu":
            raise bad("own equation", "its result", str(found.dtype), "real numbers")
        if found.shape != given[0].shape:
            expected = f"an array of the shape of speed, {given[0].shape}"
            raise bad("own equation", "shape of its result", found.shape, expected)
        return np.asarray(found.reshape(shape) / CM, dtype=np.float64)

    def _borders(self, impact: Impact) -> list[FloatArray]:
        if self.borders is None:
            return []
        obliquity, density = np.broadcast_arrays(
            np.minimum(impact.obliquity, self.cap), impact.density * G_CM3
        )
        shape = obliquity.shape
        found = self.borders(_frozen(obliquity), _frozen(density))
        flat = (obliquity.size,)
        speeds = [np.asarray(x, dtype=np.float64) / KM for x in found]
        return [np.broadcast_to(x, flat).reshape(shape) for x in speeds]


def _frozen(values: FloatArray) -> FloatArray:
    """Return a flat copy that cannot be written to."""
    flat = np.array(values, dtype=np.float64).reshape(-1)
    flat.flags.writeable = False
    return flat
