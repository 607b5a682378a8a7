"""What predicted breaches are read from: zones, models, rays and shields of a run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from mmod.errors import InputError, Problem, bad
from mmod.forensics.exposure import Exposure
from mmod.forensics.nodes import Curves, Rays
from mmod.results.outcome import PENETRATION
from mmod.results.schema import group
from mmod.shields import Shield, load_shield
from mmod.shields.hole_size.choice import hole_model_for
from mmod.shields.hole_size.model import HoleModel
from mmod.shields.hole_size.rear_wall import RearWall

SAME_LIMIT = 1e-6
"""Relative difference of critical diameters up to which a shield counts as unchanged."""


@dataclass(frozen=True)
class Stratum:
    """The run's estimate of the failures of one zone under one model.

    Parameters
    ----------
    zone : int
        Index of the zone in the run.
    zone_name : str
        Its name.
    model : int
        Index of the model in the run.
    model_name, kind : str
        Its label and kind.
    expected, stderr : float
        Expected number over the whole run and its standard error [1].
    """

    zone: int
    zone_name: str
    model: int
    model_name: str
    kind: str
    expected: float
    stderr: float


@dataclass(frozen=True, order=True)
class Model:
    """A flux model of the run: its place, label and kind."""

    place: int
    name: str
    kind: str


@dataclass(frozen=True)
class ZoneShield:
    """Zones under one shield; `shield` is None where it could not be read again."""

    zones: tuple[int, ...]
    shield: Shield | None


def resolve_zones(
    results: xr.DataTree, zones: str | int | Sequence[str | int]
) -> list[int]:
    """Return the indices of zones given by names, patterns or indices, each once.

    Raises
    ------
    InputError
        For every name or index that no zone has, and for zones on which penetration
        is not defined.
    """
    data = group(results, "/zones")
    names = [str(n) for n in data["zone"].values]
    equation = [str(e) for e in data["equation"].values]
    asked = [zones] if isinstance(zones, str | int) else list(zones)
    problems: list[Problem] = []
    found: dict[int, None] = {}
    for item in asked:
        if isinstance(item, bool) or not isinstance(item, str | int | np.integer):
            problems.append(Problem("breaches", "zones", item, "a name or an index"))
            continue
        if isinstance(item, str):
            matches = [i for i, n in enumerate(names) if fnmatchcase(n, item)]
        else:
            matches = [int(item)] if 0 <= item < len(names) else []
        defined = [i for i in matches if equation[i] != "none"]
        if not matches:
            expected = f"a zone of the run, such as {', '.join(names[:3])}"
            problems.append(Problem("breaches", "zones", item, expected))
        elif not defined:
            expected = "a zone with a damage equation (these only cast shadows)"
            problems.append(Problem("breaches", "zones", item, expected))
        found |= dict.fromkeys(defined)
    if not asked:
        problems.append(Problem("breaches", "zones", [], "at least one zone"))
    if problems:
        raise InputError(problems)
    return sorted(found)


def resolve_models(
    results: xr.DataTree, environment: str | Sequence[str]
) -> list[Model]:
    """Return the flux models that an environment stands for.

    Raises
    ------
    InputError
        When a label is unknown, or two models are of one kind.
    """
    head = group(results, "/threats")
    labels = [str(m) for m in head["model"].values]
    models = [
        Model(i, n, str(k))
        for i, (n, k) in enumerate(zip(labels, head["kind"].values, strict=True))
    ]
    in_total = [bool(t) for t in head["in_total"].values]
    asked = [environment] if isinstance(environment, str) else list(environment)
    problems: list[Problem] = []
    chosen: dict[int, Model] = {}
    for name in asked:
        if name in labels:
            mine = [models[labels.index(name)]]
        else:
            mine = [
                m
                for m, t in zip(models, in_total, strict=True)
                if t and name in ("total", m.kind)
            ]
        if not mine:
            known = ", ".join([*labels, "debris", "meteoroid", "total"])
            problems.append(
                Problem("breaches", "environment", name, f"in the run: one of {known}")
            )
        chosen |= {m.place: m for m in mine}
    kinds = [m.kind for m in chosen.values()]
    if len(set(kinds)) < len(kinds):
        both = [m.name for m in chosen.values()]
        problems.append(
            Problem("breaches", "environment", both, "at most one model of a kind")
        )
    if not asked:
        problems.append(Problem("breaches", "environment", [], "at least one model"))
    if problems:
        raise InputError(problems)
    return sorted(chosen.values())


def read_strata(
    results: xr.DataTree, zones: Sequence[int], models: Sequence[Model]
) -> list[Stratum]:
    """Return the run's own estimates by zone and model."""
    data = group(results, "/zones").sel(damage=PENETRATION)
    names = [str(n) for n in data["zone"].values]
    return [
        Stratum(
            z,
            names[z],
            m.place,
            m.name,
            m.kind,
            float(data["expected"].sel(environment=m.name).values[z]),
            float(data["expected_stderr"].sel(environment=m.name).values[z]),
        )
        for z in zones
        for m in models
    ]


def read_rays(
    results: xr.DataTree,
    zones: Sequence[int],
    models: Sequence[Model],
    exposure: Exposure,
    curves: Curves,
) -> Rays:
    """Return the penetrating events of zones under models as rays."""
    data = group(results, "/events")
    index = {
        n: data[f"{n}_index"].values.astype(np.int64)
        for n in ("zone", "model", "phase", "population")
    }
    keep = np.isin(index["zone"], zones) & data["penetrating"].values.astype(np.bool_)
    keep &= np.isin(index["model"], [m.place for m in models])
    pick = np.flatnonzero(keep)
    weight = np.zeros(len(pick))
    for m in models:
        mine = index["model"][pick] == m.place
        own = data["weight"].sel(environment=m.name).values[pick]
        weight[mine] = own[mine]
    phase = index["phase"][pick]
    if len(phase) and int(phase.max()) >= len(exposure.overlap):
        raise bad(
            "<tree>", "/events/phase_index", int(phase.max()), "a phase of the run"
        )
    if "size_curve_index" in data.variables:
        curve = data["size_curve_index"].values[pick].astype(np.int64)
    else:  # no telling, unless there is only one
        only = [m.place for m in models if curves.number(m.place) == 1]
        curve = np.where(np.isin(index["model"][pick], only), 0, -1).astype(np.int64)
    meteoroid = {m.place: m.kind == "meteoroid" for m in models}
    own_model = index["model"][pick]
    real = {
        n: data[n].values[pick].astype(np.float64)
        for n in (
            *("x", "y", "z", "azimuth", "elevation", "speed", "obliquity"),
            *("diameter", "critical_diameter", "density"),
        )
    }
    return Rays(
        zone=index["zone"][pick],
        model=own_model,
        phase=phase,
        population=index["population"][pick],
        curve=curve,
        meteoroid=np.array([meteoroid[int(m)] for m in own_model], dtype=np.bool_),
        weight=weight,
        scale=exposure.scale[phase],
        extrapolated=data["extrapolated"].values[pick].astype(np.bool_),
        **real,
    )


def read_curves(
    results: xr.DataTree, models: Sequence[Model]
) -> tuple[Curves, dict[int, tuple[str, ...]]]:
    """Return the threat tables of models, and the names of their populations."""
    head = group(results, "/threats")
    tables: dict[tuple[int, int], xr.Dataset] = {}
    names: dict[int, tuple[str, ...]] = {}
    for p, phase in enumerate(head["phase"].values.tolist()):
        for m in models:
            place = str(head["group"].values[p, m.place])
            table = group(results, f"/threats/{place}")
            tables[int(phase), m.place] = table
            listed = str(table["population"].attrs.get("population_names", m.name))
            names[m.place] = tuple(n.strip() for n in listed.split(","))
    return Curves(tables), names


def read_shields(
    results: xr.DataTree,
    zones: Sequence[int],
    rays: Rays,
    hole_model: str | HoleModel | Mapping[str, str | HoleModel] | None,
) -> tuple[list[ZoneShield], dict[int, HoleModel], list[str]]:
    """Load the shields of zones again, and choose their hole models.

    Raises
    ------
    InputError
        For every zone that no hole model is known for.
    """
    data = group(results, "/zones")
    names = [str(n) for n in data["zone"].values]
    cards = [str(s) for s in data["shield"].values]
    hashes = _hashes(results)
    problems: list[Problem] = []
    flags: list[str] = []
    out: list[ZoneShield] = []
    models: dict[int, HoleModel] = {}
    by_card: dict[str, list[int]] = {}
    for z in zones:
        by_card.setdefault(cards[z], []).append(z)
    patterns = (
        dict(hole_model) if isinstance(hole_model, Mapping) else {"*": hole_model}
    )
    unused = {p for p in patterns if not any(fnmatchcase(names[z], p) for z in zones)}
    problems.extend(
        Problem("breaches", f"hole_model.{p}", str(patterns[p]), "a pattern of a zone")
        for p in sorted(unused)
    )
    for card, mine in by_card.items():
        found, reason = _load(card, hashes)
        pick = np.flatnonzero(np.isin(rays.zone, mine))
        if found is not None:
            reason = _differs(found, rays, pick)
            found = None if reason else found
        usable = found
        if found is not None and (rays.curve[pick] < 0).any():
            reason = "the results do not say which size curve an event belongs to"
            usable = None
        if reason:
            flags.append(
                f"shield {card}: {reason}; the diameters that the run drew are used"
            )
        out.append(ZoneShield(tuple(mine), usable))
        for z in mine:
            wanted: str | HoleModel | None = None
            for pattern, value in patterns.items():
                if fnmatchcase(names[z], pattern):
                    wanted = value
            try:
                models[z] = _hole_model(card, found, reason, wanted, models, mine)
            except InputError as error:
                problems.extend(p for p in error.problems if p not in problems)
    if problems:
        raise InputError(problems)
    return out, models, flags


def _hole_model(
    card: str,
    shield: Shield | None,
    reason: str,
    wanted: str | HoleModel | None,
    known: dict[int, HoleModel],
    alike: Sequence[int],
) -> HoleModel:
    """Return the hole model of a zone, the same object for zones of one shield."""
    if isinstance(wanted, HoleModel):
        return wanted
    if shield is not None:
        fresh = hole_model_for(shield, wanted)
    elif wanted == "rear_wall":  # needs no layers
        fresh = RearWall()
    else:
        raise bad(
            "breaches",
            "hole_model",
            wanted,
            f"rear_wall or a HoleModel: of shield {card} {reason}",
        )
    for z in alike:
        if z in known and known[z].name == fresh.name:
            return known[z]
    return fresh


def _hashes(results: xr.DataTree) -> dict[str, str]:
    try:
        return dict(json.loads(str(results.attrs["provenance"])).get("sources") or {})
    except (KeyError, TypeError, ValueError):
        return {}


def _load(card: str, hashes: dict[str, str]) -> tuple[Shield | None, str]:
    """Load a card of the library, or say why it does not serve."""
    try:
        shield = load_shield(card)
    except InputError as error:
        return None, f"the card cannot be read again ({error.problems[0].expected})"
    if hashes.get(f"geometry/shields/{card}.toml") != shield.sha256:
        return None, "the card is not the one of the run"
    return shield, ""


def _differs(shield: Shield, rays: Rays, pick: NDArray[np.int64]) -> str:
    """Say in what a shield differs from the run's, by the critical diameters."""
    if len(pick) == 0:
        return ""
    again = shield.critical_diameter(
        rays.speed[pick], rays.obliquity[pick], rays.density[pick]
    )
    worst = float(np.max(np.abs(again / rays.critical_diameter[pick] - 1.0)))
    if worst > SAME_LIMIT:
        return f"the critical diameters differ from the run's by up to {worst:.1e}"
    return ""
