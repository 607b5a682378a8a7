"""A user's own equation under supervision: shape, sign, NaN, exceptions, breaks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmod.errors import InputError, bad
from mmod.shields.ballistic_limits._handbook import BoolArray, FloatArray, Impact
from mmod.shields.ballistic_limits._regimes import Limit, Validity
from mmod.shields.equations._equation import of_card
from mmod.units import DEGREE, KM

SPEEDS = np.array([0.1, 0.5, 1.0, 2.5, 5.0, 7.3, 11.0, 20.0, 40.0, 100.0]) * KM
OBLIQUITIES = np.array([0.0, 10.0, 30.0, 45.0, 60.0, 70.0, 85.0, 90.0]) * DEGREE
DENSITIES = np.array([100.0, 500.0, 1000.0, 2800.0, 7900.0, 9000.0])
"""Grid of impacts on which an equation is tried: those of all flux models and more."""
_ROUNDING = 1e-9


@dataclass(frozen=True)
class CheckedLimit(Limit):
    """A limit of which every answer is checked.

    Parameters
    ----------
    inner : Limit
        The equation with the shield put in.
    source : str
        The card, for error messages.
    name : str
        The equation, as the card names it.
    """

    inner: Limit
    source: str
    name: str

    @property
    def validity(self) -> Validity:  # type: ignore[override]
        """Range of the tests that the equation declares."""
        return self.inner.validity

    @property
    def angle_breaks(self) -> tuple[float, ...]:  # type: ignore[override]
        """Obliquities at which it says that it kinks or jumps [rad]."""
        return self.inner.angle_breaks

    @property
    def density_breaks(self) -> tuple[float, ...]:  # type: ignore[override]
        """Particle densities at which it says that it kinks or jumps [kg/m3]."""
        return self.inner.density_breaks

    def critical_diameter(
        self, speed: ArrayLike, obliquity: ArrayLike, density: ArrayLike
    ) -> FloatArray:
        """Return the critical diameter [m]; refuse what is none.

        Parameters
        ----------
        speed, obliquity, density : array_like
            As in `Limit.critical_diameter`.

        Returns
        -------
        ndarray
            Critical diameter [m], of the broadcast shape; finite and positive.

        Raises
        ------
        InputError
            On impact conditions out of range, or when the equation gives anything
            else than one finite positive number an impact.
        """
        impact = Impact.from_si(speed, obliquity, density)
        given = (impact.speed, impact.obliquity, impact.density)
        shape = np.broadcast_shapes(*(x.shape for x in given))
        function = self.inner.critical_diameter
        found = self._floats(function, speed, obliquity, density, shape=shape)
        wrong = ~(np.isfinite(found) & (found > 0.0))
        if wrong.any():
            at = int(np.flatnonzero(wrong)[0])
            v, theta, rho = (
                float(np.broadcast_to(np.asarray(x, dtype=float), shape).flat[at])
                for x in (speed, obliquity, density)
            )
            raise self._refused(
                f"finite, positive diameters [m]; it gave {found.flat[at]} for"
                f" {v:g} m/s, {theta / DEGREE:g} deg, {rho:g} kg/m3"
            )
        return found

    def valid(
        self,
        speed: ArrayLike,
        obliquity: ArrayLike,
        density: ArrayLike,
        *,
        diameter: ArrayLike | None = None,  # noqa: ARG002
    ) -> BoolArray:
        """Return where the equation says that it is inside its tests.

        Parameters
        ----------
        speed, obliquity, density : array_like
            As in `Limit.critical_diameter`.
        diameter : array_like, optional
            Not passed on: an equation of a user may decide otherwise.

        Returns
        -------
        ndarray of bool
            False where the critical diameter is an extrapolation.
        """
        shape = np.broadcast_shapes(*(np.shape(x) for x in (speed, obliquity, density)))
        found = self._call(self.inner.valid, speed, obliquity, density)
        inside = np.asarray(found)
        if inside.shape != shape or inside.dtype != np.bool_:
            raise self._refused(f"a range of validity as booleans of shape {shape}")
        return inside

    def speed_breaks(self, obliquity: ArrayLike, density: ArrayLike) -> FloatArray:
        """Return the speeds at which it says that it kinks or jumps [m/s].

        Parameters
        ----------
        obliquity, density : array_like
            As in `Limit.speed_breaks`.

        Returns
        -------
        ndarray
            Speeds [m/s], broadcast shape + (n,), not decreasing along the last axis.
        """
        shape = np.broadcast_shapes(np.shape(obliquity), np.shape(density))
        found = self._floats(self.inner.speed_breaks, obliquity, density)
        positive = np.isfinite(found) & (found > 0.0)
        if found.shape[:-1] != shape or found.ndim == 0 or not positive.all():
            raise self._refused("finite, positive speeds [m/s] where it kinks or jumps")
        if (np.diff(found, axis=-1) < 0.0).any():
            raise self._refused("speeds of kinks that do not decrease")
        return found

    def _diameter(self, impact: Impact) -> FloatArray:
        return self.inner._diameter(impact)

    def _borders(self, impact: Impact) -> list[FloatArray]:
        return self.inner._borders(impact)

    def _refused(self, expected: str) -> InputError:
        return bad(self.source, "equation", self.name, expected)

    def _call(self, function: Callable[..., Any], *given: ArrayLike) -> Any:
        """Return what the equation gives; an exception of its own names the card."""
        try:
            with np.errstate(all="ignore"):  # the values themselves are looked at
                return function(*given)
        except InputError as error:
            raise of_card(error, self.source, self.name) from error
        except (Exception, SystemExit) as error:
            text = f"a result; it raised {type(error).__name__}: {error}"
            raise self._refused(text) from error

    def _floats(
        self,
        function: Callable[..., Any],
        *given: ArrayLike,
        shape: tuple[int, ...] | None = None,
    ) -> FloatArray:
        found = np.asarray(self._call(function, *given))
        if found.dtype.kind not in "fiu":
            raise self._refused(f"real numbers, not {found.dtype}")
        if shape is not None and found.shape != shape:
            raise self._refused(f"a result of shape {shape}, not {found.shape}")
        return found.astype(np.float64, copy=False)


def check(limit: CheckedLimit) -> None:
    """Try an equation on a grid of impacts.

    Parameters
    ----------
    limit : CheckedLimit
        The equation with the shield put in.

    Raises
    ------
    InputError
        On a wrong shape, a value that is not finite and positive, an exception, a
        result that depends on what else is asked for, or breaks out of range.
    """
    speed, angle, density = SPEEDS[:, None, None], OBLIQUITIES[:, None], DENSITIES
    whole = limit.critical_diameter(speed, angle, density)
    one = limit.critical_diameter(SPEEDS[4], OBLIQUITIES[2], DENSITIES[3])
    every = [x.reshape(-1) for x in np.broadcast_arrays(speed, angle, density)]
    some = limit.critical_diameter(*(x[::-3] for x in every))
    alone = np.allclose(some, whole.reshape(-1)[::-3], rtol=_ROUNDING, atol=0.0)
    if not alone or not np.isclose(one, whole[4, 2, 3], rtol=_ROUNDING, atol=0.0):
        raise limit._refused("one diameter an impact, whatever else is asked for")
    limit.valid(speed, angle, density)
    limit.speed_breaks(angle, density)
    for name, breaks, highest in (
        ("angle_breaks", limit.angle_breaks, np.pi / 2),
        ("density_breaks", limit.density_breaks, np.inf),
    ):
        values = np.asarray(breaks, dtype=float)
        if values.ndim != 1 or not np.all((values > 0.0) & (values <= highest)):
            raise limit._refused(f"{name} between 0 and {highest:.4g}")
