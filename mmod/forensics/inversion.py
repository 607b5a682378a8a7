"""What made a hole of an observed size: a posterior over particles, never a formula."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mmod.errors import InputError, Problem, bad
from mmod.shields.hole_size.plate_model import NAMES
from mmod.shields.hole_size.thin_plate import LEAST_RATIO, entry_particle_range

if TYPE_CHECKING:
    from mmod.forensics.breaches import Breaches
    from mmod.forensics.size_law import Kind

FloatArray = NDArray[np.float64]

QUANTITIES: dict[str, str] = {
    "diameter": "m",
    "speed": "m s-1",
    "density": "kg m-3",
    "obliquity": "rad",
    "critical_diameter": "m",
}
"""Quantities of the posterior, with their units."""


@dataclass(frozen=True)
class Posterior:
    """Particles that can have made a hole, as weighted nodes.

    Parameters
    ----------
    weight : ndarray, shape (n,)
        Posterior probability of each node [1]; they sum to 1.
    values : dict of str to ndarray, shape (n,)
        Each of `QUANTITIES` at the nodes, SI.
    meteoroid : ndarray of bool, shape (n,)
        Kind of each node.
    effective_samples : float [1]
        (sum w)^2 / sum w^2 over the rays that carry the posterior.
    evidence : float [1]
        Expected number of breaches with such a hole in the window.
    extrapolated_share : float [1]
        Posterior probability of impacts outside the range of the laws used.
    size : tuple of float
        The observed range of diameters of the hole [m].
    flags : tuple of str
        What the reader must know.
    """

    weight: FloatArray
    values: dict[str, FloatArray]
    meteoroid: NDArray[np.bool_]
    effective_samples: float
    evidence: float
    extrapolated_share: float
    size: tuple[float, float]
    flags: tuple[str, ...]

    @property
    def meteoroid_share(self) -> float:
        """Posterior probability that it was a meteoroid, given one or the other [1]."""
        return min(float(self.weight[self.meteoroid].sum()), 1.0)

    def mean(self, name: str) -> float:
        """Return the posterior mean of a quantity of `QUANTITIES`, SI.

        Raises
        ------
        InputError
            When the name is unknown.
        """
        return float((self.weight * self._values(name)).sum())

    def quantiles(
        self, name: str, levels: Sequence[float] = (0.025, 0.5, 0.975)
    ) -> FloatArray:
        """Return posterior quantiles of a quantity of `QUANTITIES`, SI.

        Parameters
        ----------
        name : str
            The quantity.
        levels : sequence of float
            Probabilities, 0 to 1.

        Returns
        -------
        ndarray
            The least values that reach each level.

        Raises
        ------
        InputError
            When the name is unknown or a level is not in 0 to 1.
        """
        asked = np.asarray(levels, dtype=np.float64)
        if not bool(np.all((asked >= 0.0) & (asked <= 1.0))):
            raise bad("posterior", "levels", list(levels), "0 to 1")
        values = self._values(name)
        carried = np.flatnonzero(self.weight > 0.0)
        order = carried[np.argsort(values[carried], kind="stable")]
        reach = np.cumsum(self.weight[order])
        place = np.searchsorted(reach, asked * reach[-1] * (1.0 - 1e-12))
        return np.asarray(values[order[np.minimum(place, len(order) - 1)]])

    def _values(self, name: str) -> FloatArray:
        if name not in self.values:
            raise bad("posterior", "name", name, f"one of {', '.join(QUANTITIES)}")
        return self.values[name]


def invert(
    breaches: Breaches,
    low: float,
    high: float,
    kind: Kind | None = None,
) -> Posterior:
    """Return what can have made a hole of an observed size.

    Parameters
    ----------
    breaches : Breaches
        The prediction for the zone and window, with its hole model.
    low, high : float
        Observed diameter of the hole [m], low <= D < high.
    kind : {"debris", "meteoroid"}, optional
        One kind of particle; both by default.

    Returns
    -------
    Posterior
        Over diameter, speed, density and obliquity, from the flux through the window.

    Raises
    ------
    InputError
        When the range is not one or nothing that breaches the zones makes such a hole.

    Notes
    -----
    The prior is the flux of particles that breach the zones, the likelihood the
    probability of the observed size under the hole model. A particle below the
    ballistic limit has no weight: it makes no hole.

    References
    ----------
    .. [1] Bayes' rule over the weighted sample: docs/theory.md, section 11.1.
    """
    evidence = breaches.cell(low, high, kind)
    if not evidence.value > 0.0:
        raise bad(
            "inversion",
            "size",
            f"{low * 1e3:g} to {high * 1e3:g} mm",
            "a hole that some particle above the ballistic limit makes",
        )
    raw = breaches.weight * breaches.size_share(low, high)
    if kind is not None:
        raw = raw * (breaches.kind == kind)
    keep = raw > 0.0
    flags = list(breaches.flags)
    if not evidence.well_sampled:
        flags.append(
            f"inversion: {evidence.effective_samples:.0f} effective rays make such holes;"
            " 100 are wanted (run again with more events_per_zone)"
        )
    weight = raw / raw.sum()
    return Posterior(
        weight=weight[keep],
        values={n: np.asarray(breaches.at_node(n))[keep] for n in QUANTITIES},
        meteoroid=breaches.rays.meteoroid[breaches.ray[keep]],
        effective_samples=evidence.effective_samples,
        evidence=evidence.value,
        extrapolated_share=min(float(weight[breaches.extrapolated].sum()), 1.0),
        size=(low, high),
        flags=tuple(flags),
    )


def invert_entry_hole(
    breaches: Breaches,
    low: float,
    high: float,
    *,
    particle: tuple[float, float] | None = None,
    kind: Kind | None = None,
) -> Posterior:
    """Return what can have made a clean entry hole in a plate, or refuse.

    Parameters
    ----------
    breaches : Breaches
        A prediction with a thin-plate relation as its hole model.
    low, high : float
        Observed diameter of the hole [m].
    particle : tuple of float, optional
        A claimed particle, least and greatest diameter [m].
    kind : {"debris", "meteoroid"}, optional
        One kind of particle.

    Returns
    -------
    Posterior
        Of particles with 0.9 d at most the hole and clear of the ballistic limit.

    Raises
    ------
    InputError
        With the reason: the hole model is no thin-plate relation; the claimed particle
        is too large for a clean hole of this size; every particle that passes the
        ballistic limit is too large for it; or none makes a hole of this size.

    Notes
    -----
    A thin-plate relation turned round gives a particle for any hole, also one that
    could not have passed the plate: a hole of 2 mm in 2.5 mm of aluminium would need
    0.02 to 0.22 mm, where the limit is 0.8 mm (9 km/s, 45 deg). Hence the gate.

    References
    ----------
    .. [1] NASA/TM-2009-214785, sect. 7.2.2, fig. 4-2.
    """
    problems = [
        Problem(
            "inversion", f"hole model of {zone}", m.name, f"one of {', '.join(NAMES)}"
        )
        for zone, m in breaches.hole_models.items()
        if m.name not in NAMES
    ]
    if problems:
        raise InputError(problems)
    if particle is not None:
        entry_particle_range((low, high), particle)
    passing = breaches.weight > 0.0
    if not passing.any():
        raise bad("inversion", "zones", list(breaches.zones), "zones that are breached")
    least = float(breaches.diameter[passing].min())
    if high < LEAST_RATIO * least:
        raise bad(
            "inversion",
            "size",
            f"{low * 1e3:.3g} to {high * 1e3:.3g} mm",
            f"at least {LEAST_RATIO * least * 1e3:.3g} mm: the smallest particle that"
            f" passes the ballistic limit has {least * 1e3:.3g} mm, and a clean hole is"
            " at least 0.9 of it. The only reading as an impact is a marginal"
            " perforation, with spall behind it",
        )
    clean = clean_holes(breaches, high)
    found = float((clean.weight * clean.size_share(low, high)).sum())
    if not found > 1e-6 * float(breaches.weight.sum()):
        raise bad(
            "inversion",
            "size",
            f"{low * 1e3:.3g} to {high * 1e3:.3g} mm",
            "a clean hole that some particle above the ballistic limit makes: those that"
            " pass it make larger ones, or only marginal ones of this size",
        )
    return invert(clean, low, high, kind)


def clean_holes(breaches: Breaches, high: float) -> Breaches:
    """Return the breaches with clean holes no smaller than 0.9 d can be.

    Parameters
    ----------
    breaches : Breaches
        A prediction.
    high : float
        Greatest diameter of the hole [m].

    Returns
    -------
    Breaches
        Without particles of more than high/0.9, and without marginal perforations
        (d/d_c below 1.3).
    """
    from mmod.shields.hole_size.plate_model import NEAR_LIMIT

    fits = breaches.diameter <= high / LEAST_RATIO
    clear = breaches.diameter >= NEAR_LIMIT * breaches.critical_diameter
    return breaches.taken(fits & clear)
