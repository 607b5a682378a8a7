"""Predicted breaches of zones: how many, how large, from where, by what.

The kept rays of a run, with the diameter integrated above the ballistic limit and the
size of the hole as a lognormal at every node, are a weighted sample of the marked
Poisson process of breaches.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import xarray as xr

from mmod.errors import InputError, Problem, bad
from mmod.forensics.densities import JointDensity, Marks, joint_density
from mmod.forensics.exposure import Exposure, Moment, expose
from mmod.forensics.intervals import ModelInterval, model_interval
from mmod.forensics.nodes import Nodes, Rays
from mmod.forensics.recipe import Recipe
from mmod.forensics.size_law import Kind, SizeLaw
from mmod.forensics.source import (
    Stratum,
    read_curves,
    read_rays,
    read_shields,
    read_strata,
    resolve_models,
    resolve_zones,
)
from mmod.forensics.views import BoolArray, FloatArray
from mmod.shields.hole_size.model import HoleModel

ENOUGH_RAYS = 100.0
"""Least effective number of rays in a tested cell."""


@dataclass(frozen=True)
class Estimate:
    """An expected number, or a probability, with its sampling error.

    Parameters
    ----------
    value : float [1]
        The estimate.
    stderr : float [1]
        Standard error of the sampling alone.
    effective_samples : float [1]
        (sum w)^2 / sum w^2 over the rays that carry the value.
    """

    value: float
    stderr: float
    effective_samples: float

    @property
    def well_sampled(self) -> bool:
        """Whether at least `ENOUGH_RAYS` effective rays carry the value."""
        return self.effective_samples >= ENOUGH_RAYS


@dataclass(frozen=True)
class Breaches(SizeLaw):
    """Predicted breaches of some zones in a window, as weighted nodes.

    Parameters
    ----------
    models, kinds : tuple of str
        Names of the flux models used, and their kinds.
    populations : dict of int to tuple of str
        Names of the populations of each model (by index of the model in the run).
    exposure : Exposure
        The window over the phases.
    strata : tuple of Stratum
        Zone and model with the run's own estimate: where sampling errors come from.
    hole_models : dict of str to HoleModel
        The model used for each zone.
    integrated : bool
        True where the diameter is integrated; False where it is the one that the run
        drew.
    flags : tuple of str
        What the reader must know.
    recipe : Recipe
        What the nodes were made from.
    partial : bool
        True where some nodes were left out (`taken`): their ballistic limits cannot be
        varied.
    """

    models: tuple[str, ...]
    kinds: tuple[str, ...]
    populations: dict[int, tuple[str, ...]]
    exposure: Exposure
    strata: tuple[Stratum, ...]
    hole_models: dict[str, HoleModel]
    integrated: bool
    flags: tuple[str, ...]
    recipe: Recipe = field(repr=False, compare=False)
    partial: bool = False

    def expected(self, at_least: float = 0.0, kind: Kind | None = None) -> Estimate:
        """Return the expected number of breaches of at least a size.

        Parameters
        ----------
        at_least : float
            Diameter of the hole [m]; 0 for every failure of the criterion.
        kind : {"debris", "meteoroid"}, optional
            One kind of particle; all by default.

        Returns
        -------
        Estimate
            In the covered part of the window.

        Raises
        ------
        InputError
            When the size is negative or not a number, or the kind unknown.
        """
        return self.cell(at_least, np.inf, kind)

    def cell(self, low: float, high: float, kind: Kind | None = None) -> Estimate:
        """Return the expected number of breaches with a hole in a range of sizes.

        Parameters
        ----------
        low, high : float
            Diameters of the hole [m], low <= D < high.
        kind : {"debris", "meteoroid"}, optional
            One kind of particle; all by default.

        Returns
        -------
        Estimate
            In the covered part of the window.

        Raises
        ------
        InputError
            When the range is upside down or not a number, or the kind unknown.

        Notes
        -----
        The rays of a zone and model share the estimate N of the run. Of a share p of N
        the variance is that of N times p^2, plus the spread sum w_i^2 (q_i - p)^2 of
        the rays' own shares q_i. Zones are independent; models of a zone share their
        rays, so the first terms are added linearly within a zone.
        """
        share = self.size_share(low, high) * self._of_kind(kind)
        by_ray = self._by_ray(self.weight * share)
        variance = self._variance(by_ray, kind)
        return Estimate(
            float(by_ray.sum()), float(np.sqrt(variance)), _effective(by_ray)
        )

    def probability(
        self, low: float, high: float = np.inf, kind: Kind | None = None
    ) -> Estimate:
        """Return the probability that the hole lies in a range, given a perforation.

        Parameters
        ----------
        low, high : float
            Diameters of the hole [m], low <= D < high.
        kind : {"debris", "meteoroid"}, optional
            Given also this kind; all by default.

        Returns
        -------
        Estimate
            A share of the failures of the same zones in the same window [1].

        Raises
        ------
        InputError
            When the range is not one, the kind unknown, or nothing is predicted.
        """
        mine = self._of_kind(kind)
        weight = self.weight * mine
        whole = float(weight.sum())
        if not whole > 0.0:
            raise bad("breaches", "zones", list(self.zones), "zones that are breached")
        share = self.size_share(low, high)
        all_of, part = self._by_ray(weight), self._by_ray(weight * share)
        p = float(part.sum()) / whole
        # Between zones and models the mix is known with the errors of their numbers.
        between = 0.0
        for stratum in self._strata(kind):
            rays = self._rays_of(stratum)
            n_s = float(all_of[rays].sum())
            if n_s > 0.0 and stratum.expected > 0.0:
                own = float(part[rays].sum()) / n_s
                error = stratum.stderr / stratum.expected * n_s
                between += ((own - p) * error) ** 2
        spread = float(((part - p * all_of) ** 2).sum())
        return Estimate(p, float(np.sqrt(spread + between)) / whole, _effective(part))

    def by_zone(self, at_least: float = 0.0) -> dict[str, Estimate]:
        """Return `expected` of each zone [1].

        Parameters
        ----------
        at_least : float
            Diameter of the hole [m].

        Returns
        -------
        dict of str to Estimate
            Zone to its expected number in the window.
        """
        return {name: self.of_zone(name).expected(at_least) for name in self.zones}

    def of_zone(self, name: str) -> Breaches:
        """Return the breaches of one of the zones alone.

        Raises
        ------
        InputError
            When it is not one of them.
        """
        index = {s.zone_name: s.zone for s in self.strata}
        if name not in index:
            raise bad("breaches", "zone", name, f"one of {', '.join(self.zones)}")
        return replace(
            self.taken(self.rays.zone[self.ray] == index[name]),
            partial=self.partial,
            zones=(name,),
            strata=tuple(s for s in self.strata if s.zone_name == name),
            hole_models={name: self.hole_models[name]},
            recipe=self.recipe.of_zone(index[name]),
        )

    def taken(self, keep: BoolArray) -> Breaches:
        """Return the breaches with some of the nodes alone.

        Parameters
        ----------
        keep : ndarray of bool, shape (n,)
            Nodes to keep.

        Returns
        -------
        Breaches
            The others count as impacts that do not breach.
        """
        nodes = Nodes(**{name: value[keep] for name, value in vars(self.nodes).items()})
        return replace(self, nodes=nodes, sizes=self.sizes.taken(keep), partial=True)

    def with_limit(
        self, factor: float, models: Sequence[int] | None = None
    ) -> Breaches:
        """Return the breaches had every ballistic limit been off by a factor.

        Parameters
        ----------
        factor : float
            On the critical diameters, > 0.
        models : sequence of int, optional
            Only the nodes of these models of the run; all by default.

        Returns
        -------
        Breaches
            With the diameters integrated anew; where they are those that the run drew,
            unchanged.

        Raises
        ------
        InputError
            When the factor is not positive, or these are not all nodes of their zones.
        """
        if self.partial:
            raise bad("breaches", "nodes", "some of them", "all nodes of their zones")
        if not 0.0 < factor < np.inf:
            raise bad("breaches", "factor", factor, "a number > 0")
        nodes, sizes = self.recipe.make(factor, models)
        return replace(self, nodes=nodes, sizes=sizes, partial=models is not None)

    def model_interval(
        self, at_least: float = 0.0, kind: Kind | None = None, **options: float
    ) -> ModelInterval:
        """Return `expected` with its intervals by cause.

        Parameters
        ----------
        at_least : float
            Diameter of the hole [m].
        kind : {"debris", "meteoroid"}, optional
            One kind of particle.
        **options : float
            Of `mmod.forensics.intervals.model_interval`.

        Returns
        -------
        ModelInterval
            Sampling, environment and damage model apart, and all together [1].
        """
        return model_interval(self, at_least, kind, **options)

    def joint_density(self, marks: Marks) -> JointDensity:
        """Return the density of the marks of one breach.

        Parameters
        ----------
        marks : Marks
            Size, obliquity, direction, place, population, as far as known.

        Returns
        -------
        JointDensity
            See `mmod.forensics.densities.joint_density`.
        """
        return joint_density(self, marks)

    def _by_ray(self, values: FloatArray) -> FloatArray:
        """Return the sum of a quantity of the nodes for each ray, shape (r,)."""
        out = np.zeros(len(self.rays))
        np.add.at(out, self.ray, values)
        return out

    def _strata(self, kind: Kind | None) -> list[Stratum]:
        return [s for s in self.strata if kind is None or s.kind == kind]

    def _rays_of(self, stratum: Stratum) -> BoolArray:
        same = self.rays.zone == stratum.zone
        return np.asarray(same & (self.rays.model == stratum.model))

    def _variance(self, by_ray: FloatArray, kind: Kind | None) -> float:
        """Return the sampling variance of the sum of contributions by ray."""
        window = float(self.exposure.overlap.sum() / self.exposure.duration.sum())
        linear: dict[int, float] = {}
        spread = 0.0
        for stratum in self._strata(kind):
            rays = self._rays_of(stratum)
            whole = float(self.rays.weight[rays].sum())
            if whole > 0.0:
                p = float(by_ray[rays].sum()) / whole
                own = by_ray[rays] - p * self.rays.weight[rays]
                spread += float((own**2).sum())
            else:  # nothing was seen: its upper error counts in full
                p = window
            linear[stratum.zone] = linear.get(stratum.zone, 0.0) + p * stratum.stderr
        return spread + sum(v * v for v in linear.values())


def predict_breaches(
    results: xr.DataTree,
    zones: str | int | Sequence[str | int],
    *,
    window: Exposure | tuple[Moment | None, Moment | None] | None = None,
    environment: str | Sequence[str] = "total",
    hole_model: str | HoleModel | Mapping[str, str | HoleModel] | None = None,
) -> Breaches:
    """Predict the breaches of zones in a window from a run.

    Parameters
    ----------
    results : xarray.DataTree
        Result of a run, with events.
    zones : str, int or sequence of them
        Names, patterns (``*`` and ``?``) or indices of zones.
    window : Exposure or (start, end), optional
        From last known intact to first seen; the whole run by default.
    environment : str or sequence of str
        ``total``, ``debris``, ``meteoroid``, a flux model of the run, or several models,
        at most one of a kind.
    hole_model : str, HoleModel or mapping, optional
        In place of the one that goes with the shield: a name of
        `mmod.shields.hole_size.choice.MODELS`, a model, or zone pattern -> either.

    Returns
    -------
    Breaches
        Weighted nodes over rays and diameters, with the size of their holes.

    Raises
    ------
    InputError
        With every problem of zones, window, environment and hole model; for zones on
        which penetration is not defined; for results without events.

    Notes
    -----
    The diameter is integrated over the size curves of the run's threat tables above the
    ballistic limit, if the shield's card can be read again, has the hash that the
    results name, and gives the critical diameters of the run's events to 1e-6.
    Otherwise the one diameter that the run drew for each ray is used, and flagged.

    References
    ----------
    .. [1] Marked Poisson processes: J. F. C. Kingman, Poisson Processes (1993), ch. 5.
    """
    problems: list[Problem] = []
    exposure, indices, models = None, [], []
    try:
        exposure = _window(results, window)
    except InputError as error:
        problems.extend(error.problems)
    try:
        indices = resolve_zones(results, zones)
    except InputError as error:
        problems.extend(error.problems)
    try:
        models = resolve_models(results, environment)
    except InputError as error:
        problems.extend(error.problems)
    if problems or exposure is None:
        raise InputError(problems)
    strata = read_strata(results, indices, models)
    curves, populations = read_curves(results, models)
    rays = read_rays(results, indices, models, exposure, curves)
    _refuse_no_events(strata, rays)
    shields, hole_models, flags = read_shields(results, indices, rays, hole_model)
    recipe = Recipe(rays, curves, tuple(shields), hole_models)
    nodes, sizes = recipe.make()
    names = {s.zone: s.zone_name for s in strata}
    extra = [f"hole model {m.name}: {m.support}" for m in _once(hole_models)]
    return Breaches(
        zones=tuple(names[z] for z in indices),
        models=tuple(m.name for m in models),
        kinds=tuple(m.kind for m in models),
        populations=populations,
        exposure=exposure,
        rays=rays,
        nodes=nodes,
        sizes=sizes,
        strata=tuple(strata),
        hole_models={names[z]: m for z, m in hole_models.items()},
        integrated=all(s.shield is not None for s in shields),
        flags=(*exposure.flags, *flags, *extra),
        recipe=recipe,
    )


def _once(hole_models: dict[int, HoleModel]) -> list[HoleModel]:
    """Return the models, each kind of support once."""
    return list({(m.name, m.support): m for m in hole_models.values()}.values())


def _window(
    results: xr.DataTree,
    window: Exposure | tuple[Moment | None, Moment | None] | None,
) -> Exposure:
    if isinstance(window, Exposure):
        return window
    start, end = (None, None) if window is None else window
    return expose(results, start, end)


def _refuse_no_events(strata: Sequence[Stratum], rays: Rays) -> None:
    """Refuse results that expect breaches but kept no rays."""
    seen = set(zip(rays.zone.tolist(), rays.model.tolist(), strict=True))
    missing = [
        Problem(
            "<tree>",
            "/events",
            f"none for {s.zone_name} under {s.model_name}",
            "weighted events: run again with sampling.events_per_zone > 0",
        )
        for s in strata
        if s.expected > 0.0 and (s.zone, s.model) not in seen
    ]
    if missing:
        raise InputError(missing)


def _effective(weights: FloatArray) -> float:
    square = float((weights**2).sum())
    return float(weights.sum()) ** 2 / square if square > 0.0 else 0.0
