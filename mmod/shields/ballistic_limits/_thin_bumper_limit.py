"""Limits of the Whipple equations that correct for a thin bumper, with their kinks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mmod.shields.ballistic_limits._handbook import FloatArray, Impact
from mmod.shields.ballistic_limits._regimes import WHIPPLE_CAP, Limit, Validity

if TYPE_CHECKING:
    from mmod.shields.ballistic_limits._thin_bumper import Shape

NORMAL_BORDER = 7.0
"""Normal speed from which on the high regime holds [km/s]."""
_FASTEST = 1000.0
"""Speed up to which kinks are listed [km/s]."""


@dataclass(frozen=True)
class ThinBumperLimit(Limit):
    """A Whipple shield with the thin-bumper correction put in.

    Parameters
    ----------
    shape : Shape
        The shield, in the units of the documents.
    validity : Validity
        Range of the tests.
    """

    shape: Shape
    validity: Validity
    angle_breaks: tuple[float, ...] = (WHIPPLE_CAP,)

    def _diameter(self, impact: Impact) -> FloatArray:
        from mmod.shields.ballistic_limits._thin_bumper import diameters

        cosine = np.cos(np.minimum(impact.obliquity, WHIPPLE_CAP))
        given = np.broadcast_arrays(impact.speed, cosine, impact.density)
        # copies: compiled code takes no views that numpy has broadcast
        speed, cosine, density = (np.array(x, order="C").reshape(-1) for x in given)
        found = np.zeros(speed.shape)
        diameters(speed, cosine, density, self.shape, found)
        return found.reshape(given[0].shape)

    def _borders(self, impact: Impact) -> list[FloatArray]:
        cosine = np.cos(np.minimum(impact.obliquity, WHIPPLE_CAP))
        cosine, density = np.broadcast_arrays(cosine, impact.density)
        onset, ratio = self._of_each(cosine, density)
        normal = [
            onset,
            np.full(cosine.shape, NORMAL_BORDER),
            *(
                np.maximum(self._reached(d, q, ratio, density), NORMAL_BORDER)
                for d, q in self._kinks(density)
            ),
            self._as_good(ratio, density),
        ]
        return [v / cosine for v in normal]

    @property
    def _modified(self) -> bool:
        from mmod.shields.ballistic_limits._thin_bumper import JSC_MODIFIED

        return self.shape.form == JSC_MODIFIED

    def _of_each(
        self, cosine: FloatArray, density: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return the onset, and r at the upper border for 1 cm (modified: 1 km/s)."""
        from mmod.shields.ballistic_limits import _thin_bumper as compiled

        shape, speed = self.shape, 1.0 if self._modified else NORMAL_BORDER
        pairs = [(float(c), float(d)) for c, d in zip(cosine.flat, density.flat)]  # noqa: B905 the same shape
        onset = [
            compiled.onset_speed(compiled.low_diameter(c, d, shape), shape)
            for c, d in pairs
        ]
        ratio = [compiled.bare_ratio(speed, c, d, shape) for c, d in pairs]
        return (
            np.asarray(onset).reshape(cosine.shape),
            np.asarray(ratio).reshape(cosine.shape),
        )

    def _kinks(self, density: FloatArray) -> list[tuple[FloatArray, FloatArray]]:
        """Return diameters [cm] where F2 kinks or jumps, with the ratio q there."""
        bumper, standoff = self.shape.bumper, self.shape.standoff
        ones = np.ones_like(density)
        if self._modified:
            scale = density / self.shape.bumper_density
            first, second = standoff / 30.0, standoff / 15.0
            middle = (bumper / scale + standoff / 300.0) / 0.30
            saturated = np.where(
                bumper / scale <= 0.20 * first,
                bumper / (0.20 * scale),
                np.where(
                    bumper / scale >= 0.25 * second, bumper / (0.25 * scale), middle
                ),
            )
            return [
                (saturated, bumper / saturated),
                (first * ones, 0.20 * scale),
                (second * ones, 0.25 * scale),
            ]
        jump = standoff / 30.0
        if bumper <= 0.20 * jump:
            end, q = bumper / 0.20, 0.20
        elif bumper >= 0.25 * jump:
            end, q = bumper / 0.25, 0.25
        else:
            end, q = jump, 0.20
        return [
            (end * ones, q * ones),
            (jump * ones, 0.20 * ones),
            (jump * ones, 0.25 * ones),
        ]

    def _as_good(self, ratio: FloatArray, density: FloatArray) -> FloatArray:
        """Return the normal speed [km/s] at which r falls to 1, where it is held."""
        scale = np.log(self.shape.high / np.cbrt(density))  # of C at 1 km/s
        power = self.shape.decay / 9.0
        if self._modified:  # r = ratio v^(-1/3) C^(-power), C ~ v^(-2/3)
            slope = 1.0 / 3.0 - 2.0 / 3.0 * power
            found = (np.log(ratio) - power * scale) / slope
        else:
            found = 1.5 * (scale - np.log(ratio) / power)
        inside = (found > math.log(NORMAL_BORDER)) & (found < math.log(_FASTEST))
        return np.exp(np.where(inside, found, math.log(NORMAL_BORDER)))

    def _reached(
        self, d: FloatArray, q: FloatArray, ratio: FloatArray, density: FloatArray
    ) -> FloatArray:
        """Return the normal speed [km/s] at which the high regime equals d."""
        shape = self.shape
        # d^(3/2) F2 = wanted / v, F2 = 1 + w (r - 1), modified: r = ratio v^(-1/3)
        wanted = np.sqrt(shape.high**3 / density) / d**1.5
        thinness = np.maximum(1.0 - shape.bumper / (d * q), 0.0)
        w = thinness * thinness
        ratio = ratio * d ** (-shape.decay / 9.0)
        if not self._modified:
            r = np.maximum(ratio, 1.0)
            return np.asarray(wanted / (1.0 + w * (r - 1.0)))
        # s = v^(1/3): (1 - w) s^3 + w ratio s^2 = wanted; Newton from above, convex
        s = np.cbrt(wanted / (1.0 - w))
        for _ in range(60):
            value = ((1.0 - w) * s + w * ratio) * s * s - wanted
            s = s - value / ((3.0 * (1.0 - w) * s + 2.0 * w * ratio) * s)
        return np.where(s <= ratio, s**3, wanted)
