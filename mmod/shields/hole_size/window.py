"""Craters on window panes: fused silica and fused quartz."""

from __future__ import annotations

from typing import Literal

from numpy.typing import ArrayLike

from mmod.errors import bad
from mmod.shields.ballistic_limits._crater import CraterLaw, diameter_in_cm
from mmod.shields.ballistic_limits._handbook import FloatArray, Impact
from mmod.units import CM

Glass = Literal["fused_silica", "fused_quartz"]
CRATER: dict[Glass, CraterLaw] = {
    "fused_silica": CraterLaw(30.9, 1.33, 0.44, 0.44),
    "fused_quartz": CraterLaw(15.1, 1.33, 0.44, 0.44),
}
"""Diameter of the damaged surface [cm; g/cm3, km/s]."""


def window_crater_diameter(
    diameter: ArrayLike,
    speed: ArrayLike,
    obliquity: ArrayLike,
    density: ArrayLike,
    *,
    glass: Glass = "fused_silica",
) -> FloatArray:
    r"""Return the diameter of the crater (surface damage) on a pane.

    With lengths in cm, density in g/cm3, speed in km/s and c the cosine of the
    obliquity::

        D = K rho_p^0.44 d^1.33 (V c)^0.44,  K = 30.9 (silica) or 15.1 (quartz)

    Parameters
    ----------
    diameter : array_like
        Particle [m].
    speed, obliquity, density : array_like
        Impact speed [m/s], angle from the normal [rad], particle density [kg/m3].
    glass : {"fused_silica", "fused_quartz"}
        What the pane is made of.

    Returns
    -------
    ndarray
        Crater diameter [m], of the broadcast shape.

    Raises
    ------
    InputError
        When the glass, a diameter or an impact condition is out of range.

    Notes
    -----
    Tests: silica 2.7-12 km/s, 0-60 deg, 0.14-0.40 cm; quartz 6.61-6.97 km/s, 0-60 deg,
    0.07-0.20 cm. The critical diameter of the criterion ``crater_diameter`` is the
    inverse. Held at 89 deg.

    References
    ----------
    .. [1] S. Ryan, E. L. Christiansen, NASA/TM-2009-214789 (2009), p. 14-15, eq. 29,
       30.
    """
    if glass not in CRATER:
        raise bad("window crater", "glass", glass, f"one of {', '.join(CRATER)}")
    particle = diameter_in_cm("window crater", diameter)
    impact = Impact.from_si(speed, obliquity, density)
    return CRATER[glass].depth(particle, impact) * CM
