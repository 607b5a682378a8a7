"""The report of a run as text: what was computed, by zone, and how sure it is."""

from __future__ import annotations

import json
import math
from collections import Counter
from typing import Any, Literal

import numpy as np
import xarray as xr

from mmod.constants import YEAR
from mmod.results import risk, schema
from mmod.results.numbers import interval, near_one, none_of, percent, with_error
from mmod.results.outcome import PENETRATION
from mmod.results.table import make_table

_TOP = 15
_TUBE = "tube_behind_skin"
_LAW_SIZES = (1e-4, 1e-3, 1e-2)  # [m]
_SAMPLING_ONLY = (
    "95 %, sampling error only: they do not hold the error of the flux models,"
    " of the damage equations, of the shields or of the attitude."
)
_FLUX_ONLY = (
    "'by flux model': 95 % under the uncertainty of the flux models alone, apart from"
    " the sampling; shields, damage equations and attitude are in neither."
)


def report(
    tree: xr.DataTree,
    *,
    all: bool = False,
    order: Literal["risk", "module", "file"] = "risk",
    by: Literal["zone", "module"] = "zone",
    environment: str = "total",
    width: int | None = None,
) -> str:
    """Return the report of a result: heading, zone table, totals by environment.

    Parameters
    ----------
    tree : xarray.DataTree
        A result.
    all : bool
        Every row; by default the fifteen with the greatest risk, the rest pooled.
    order : {"risk", "module", "file"}
        Order of the rows.
    by : {"zone", "module"}
        What a row is.
    environment : str
        Environment of the table.
    width : int, optional
        Wrap the table into blocks no wider than this.

    Returns
    -------
    str
        Text, without a trailing newline.

    Raises
    ------
    InputError
        When the environment or the order is unknown.
    """
    table = make_table(tree, by=by, environment=environment, order=order)
    # a pooled remainder only makes sense below the greatest risks
    top = None if all or order != "risk" else _TOP
    caption = (
        f"By {by}, environment {environment!r}; N and penetrations are expected"
        " numbers over the exposure, shown with the digits that their standard error"
        " allows;\ndiameters in mm are least particle diameters; extrap. is the share of"
        " the penetrations outside the tests of the damage equation."
    )
    parts = [
        heading(tree),
        caption,
        table.to_text(top=top, width=width),
        equations(tree, environment),
        pressure(tree, environment),
        knowledge(tree, environment),
        environments(tree),
        flux_uncertainty(tree),
    ]
    return "\n\n".join(part for part in parts if part)


def heading(tree: xr.DataTree) -> str:
    """Return vehicle, exposure, models, criterion, sampling and flags of a result."""
    zones = schema.group(tree, "/zones")
    config, about = _json(tree.attrs.get("config")), provenance(tree)
    area, exposed = float(zones["area"].sum()), float(zones["exposed_area"].sum())
    spread = float(np.sqrt((zones["exposed_area_stderr"] ** 2).sum()))
    shown, faces = float(f"{area:.4g}"), tree.sizes["face"]
    vehicle = str(config.get("vehicle", "vehicle"))
    lines = [
        ("vehicle", f"{vehicle}: {faces:,} faces, {_zones(zones.sizes['zone'])},"),
        ("", f"area {shown:,g} m², exposed {with_error(exposed, spread, 'm²')}"),
        *_labelled("exposure", _exposure(tree, config)),
        *_labelled("models", _models(tree)),
        *_labelled("criterion", _criteria(zones)),
        *_labelled("shadowing", _shadowing(about)),
        *_labelled("sampling", [_sampling(tree, about)]),
        *_labelled("flags", str(tree.attrs.get("flags", "")).splitlines() or ["none"]),
        ("intervals", _SAMPLING_ONLY),
        *([("", _FLUX_ONLY)] if _with_flux_uncertainty(tree) is not None else []),
    ]
    title = str(tree.attrs.get("title", "")) or "mmod result"
    return "\n".join([title, *(f"  {k:<10} {v}" for k, v in lines)])


def equations(tree: xr.DataTree, environment: str = "total") -> str:
    """Return the penetrations by damage equation, since they do not mean the same.

    Parameters
    ----------
    tree : xarray.DataTree
        A result.
    environment : str
        Environment of the numbers.

    Returns
    -------
    str
        A line an equation, by falling penetrations; empty where there is one or none.

    Raises
    ------
    InputError
        When the environment is unknown.
    """
    names = [str(n) for n in schema.group(tree, "/zones")["equation"].values]
    note = ""
    if any(name.startswith(_TUBE) for name in names):
        note = (
            f"They do not mean the same: a perforated coolant tube ({_TUBE}) is a leak of"
            " a radiator, not a hole in a cabin."
        )
    return _grouped(tree, environment, "damage equation", names, note)


def knowledge(tree: xr.DataTree, environment: str = "total") -> str:
    """Return the penetrations by how well the shields are known.

    Parameters
    ----------
    tree : xarray.DataTree
        A result.
    environment : str
        Environment of the numbers.

    Returns
    -------
    str
        A line a certainty of the shield card, by falling penetrations; empty where
        there is one or none.

    Raises
    ------
    InputError
        When the environment is unknown.
    """
    zones = schema.group(tree, "/zones")
    return _grouped(
        tree,
        environment,
        "certainty of the shield",
        [str(n) for n in zones["certainty"].values],
        "",
    )


def pressure(tree: xr.DataTree, environment: str = "total") -> str:
    """Return the penetrations of pressurised parts apart from the others.

    Parameters
    ----------
    tree : xarray.DataTree
        A result.
    environment : str
        Environment of the numbers.

    Returns
    -------
    str
        Two lines; empty where all parts are alike.

    Raises
    ------
    InputError
        When the environment is unknown.
    """
    words = {True: "pressurised parts", False: "other parts"}
    zones = schema.group(tree, "/zones")
    return _grouped(
        tree,
        environment,
        "pressurised or not",
        [words[bool(v)] for v in zones["pressurised"].values],
        "",
    )


def _grouped(
    tree: xr.DataTree, environment: str, what: str, names: list[str], note: str
) -> str:
    """Return penetrations by a label of the zones; empty for fewer than two."""
    found = []
    for name in dict.fromkeys(names):
        members = [i for i, other in enumerate(names) if other == name]
        part = risk.select(tree, members, environment)
        if not np.isnan(part.expected[-1]):
            found.append((float(part.expected[-1]), name, len(members), part))
    if len(found) < 2:
        return ""
    whole = sum(number for number, *_ in found)
    cells = [
        (
            name,
            _zones(count),
            with_error(number, float(part.stderr[-1])),
            percent(number / whole, 3) if whole > 0.0 else "-",
            near_one(float(part.pnp[-1]), *(float(v[-1]) for v in part.pnp_interval)),
        )
        for number, name, count, part in sorted(found, key=lambda f: -f[0])
    ]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        (
            f"By {what}, environment {environment!r}: penetrations over the"
            " exposure ± one standard error, share, PNP [95 % interval]."
        )
    ]
    if note:
        lines.append(note)
    for name, count, number_text, share, pnp in cells:
        lines.append(
            f"  {name:<{widths[0]}}  {count:>{widths[1]}}  {number_text:<{widths[2]}}"
            f"  {share:>{widths[3]}}  {pnp}"
        )
    return "\n".join(lines)


def environments(tree: xr.DataTree) -> str:
    """Return penetrations of the whole vehicle under each model, and the total."""
    labels = [str(m) for m in schema.group(tree, "/threats")["model"].values]
    labels.append("total")
    years = float(schema.group(tree, "/")["duration"]) / YEAR
    wide = max(len(label) for label in labels)
    lines = [
        (
            "Whole vehicle, all equations: penetrations over the exposure ± one standard"
            " error (per year), PNP [95 % interval]:"
        )
    ]
    for label in labels:
        total = risk.select(tree, None, label)
        number, error = float(total.expected[-1]), float(total.stderr[-1])
        low, high = (float(v[-1]) for v in total.pnp_interval)
        if np.isnan(number):
            lines.append(f"  {label:<{wide}}  not defined (no shield)")
            continue
        lines.append(
            f"  {label:<{wide}}  {with_error(number, error)}"
            f"  ({number / years:.3g} /yr)"
            f"  PNP {near_one(float(total.pnp[-1]), low, high)}"
        )
    return "\n".join(lines)


def flux_uncertainty(tree: xr.DataTree) -> str:
    """Return penetrations of the whole vehicle with the uncertainty of each flux model.

    Parameters
    ----------
    tree : xarray.DataTree
        A result.

    Returns
    -------
    str
        A line a model, the total, and what the laws rest on; of the impacts of the
        smallest class where nothing can penetrate. Empty for results of format 1.0.
    """
    index = _with_flux_uncertainty(tree)
    if index is None:
        return ""
    damage = str(schema.group(tree, "/zones")["damage"].values[index])
    penetration = damage == PENETRATION
    what = "penetrations" if penetration else f"number of {damage}"
    labels = [str(m) for m in schema.group(tree, "/threats")["model"].values]
    labels.append("total")
    wide = max(len(label) for label in labels)
    lines = [
        (
            f"The same by flux model: 95 % interval of the {what} under the"
            f" uncertainty of the flux models alone{', and of PNP' * penetration}."
        ),
        (
            "This is not the sampling error above, which more rays make smaller; and"
            " shields, damage equations and attitude are in neither."
        ),
    ]
    for label in labels:
        total = risk.select(tree, None, label)
        low, high = float(total.model_lower[index]), float(total.model_upper[index])
        if np.isnan(low):
            continue
        text = f"  {label:<{wide}}  {interval(low, high)}"
        if low > 0.0:
            text += f"  (a factor {high / low:.2g})"
        if penetration:
            text += f"  PNP {none_of(high)} to {none_of(low)}"
        lines.append(text)
    laws: dict[str, list[str]] = {}
    for name, text in uncertainty_laws(tree).items():
        laws.setdefault(text, []).append(name)
    lines += [f"  {', '.join(names)}: {text}" for text, names in laws.items()]
    lines.append(
        "  One normal deviate a model for all sizes, directions, phases and zones;"
        " debris and meteoroids independent."
    )
    return "\n".join(lines)


def _with_flux_uncertainty(tree: xr.DataTree) -> int | None:
    """Return the damage class whose uncertainty of the flux is printed; None: none."""
    known = np.isfinite(risk.select(tree, None, "total").model_upper)
    if known[-1]:
        return len(known) - 1
    return int(np.argmax(known)) if known.any() else None


def uncertainty_laws(tree: xr.DataTree) -> dict[str, str]:
    """Return what the uncertainty law of each flux model rests on, with its tag.

    Parameters
    ----------
    tree : xarray.DataTree
        A result.

    Returns
    -------
    dict
        Label of the model -> factors of one standard error at 0.1, 1 and 10 mm, source
        and tag, in words; empty for results of format 1.0.
    """
    found: dict[str, str] = {}
    for node in tree["threats"].children.values():
        table = node.to_dataset(inherit=False)
        if "log_stderr" not in table:
            continue
        attrs = table["log_stderr"].attrs
        values = table["log_stderr"].values
        at = [float(v) for v in np.interp(_LAW_SIZES, table["diameter"].values, values)]
        sizes = ", ".join(
            f"{math.exp(s):.2g} ({d * 1e3:g} mm)"
            for s, d in zip(at, _LAW_SIZES, strict=True)
        )
        if max(at) - min(at) < 1e-9:
            sizes = f"{math.exp(at[0]):.2g}"
        found.setdefault(
            str(table.attrs["model"]),
            f"factor of one standard error {sizes}; {attrs.get('source', '')}"
            f" [{attrs.get('tag', 'unverified')}]",
        )
    return found


def provenance(tree: xr.DataTree) -> dict[str, Any]:
    """Return what is known of the run, as a dict (empty when unreadable)."""
    return _json(tree.attrs.get("provenance"))


def _zones(count: int) -> str:
    return f"{count} zone{'s' * (count != 1)}"


def _json(text: object) -> dict[str, Any]:
    try:
        value = json.loads(str(text))
    except json.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def _labelled(label: str, lines: list[str]) -> list[tuple[str, str]]:
    return [(label if i == 0 else "", line) for i, line in enumerate(lines)]


def phases(config: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the phases of a resolved run configuration."""
    listed = config.get("phase") or config.get("phases") or []
    return [p for p in listed if isinstance(p, dict)]


def _exposure(tree: xr.DataTree, config: dict[str, Any]) -> list[str]:
    seconds = float(schema.group(tree, "/")["duration"])
    listed = phases(config)
    lines = [
        f"{seconds / 86400.0:.6g} d ({seconds / YEAR:.4g} yr), {len(listed)} phase"
    ]
    lines[0] += "" if len(listed) == 1 else "s"
    known = provenance(tree).get("exposure")
    used = known if isinstance(known, list) and len(known) == len(listed) else None
    for index, phase in enumerate(listed[:6]):
        angles = "/".join(
            f"{float(phase.get(f'{a}_deg', 0.0)):g}" for a in ("yaw", "pitch", "roll")
        )
        lines.append(
            f"{phase.get('start', '?')} to {phase.get('end', '?')},"
            f" {_orbit(phase, used[index] if used else {})},"
            f" yaw/pitch/roll {angles} deg"
        )
    if len(listed) > 6:
        lines.append(f"... and {len(listed) - 6} more")
    return lines


def _orbit(phase: dict[str, Any], used: dict[str, Any]) -> str:
    """Return altitude and inclination of a phase: as given, or of the states used."""
    if "altitude_km" in phase:
        return f"{phase['altitude_km']} km, {phase.get('inclination_deg', '?')} deg"
    models = used.get("models", {}).values()
    states = [state for model in models for state in model["states"]]
    if not states:
        return "orbit not known"
    heights = [float(state["altitude_km"]) for state in states]
    low, high = (f"{h:.1f}" for h in (min(heights), max(heights)))
    span = low if low == high else f"{low} to {high}"
    tilt = float(np.mean([state["inclination_deg"] for state in states]))
    return f"{used.get('orbit', '?')}, states at {span} km, {tilt:.2f} deg"


def _models(tree: xr.DataTree) -> list[str]:
    group = schema.group(tree, "/threats")
    rows = zip(
        group["model"].values,
        group["kind"].values,
        group["in_total"].values,
        strict=True,
    )
    return [
        f"{model} ({kind}, {'in the total' if inside else 'beside the total'})"
        for model, kind, inside in rows
    ]


def _criteria(zones: xr.Dataset) -> list[str]:
    numbers = zones["expected"].sel(damage=PENETRATION).isel(environment=-1).values
    defined = ~np.isnan(numbers)
    names = zones["criterion"].values[defined]
    counts = Counter(str(n) for n in names)
    lines = [f"{name} ({_zones(count)})" for name, count in counts.most_common()]
    bare = int((~defined).sum())
    if bare:
        lines.append(f"none, casts shadows only ({_zones(bare)})")
    return lines


def _shadowing(about: dict[str, Any]) -> list[str]:
    """Return how thin parts cast shadows, where it is not as their cards say."""
    words = {
        "opaque": "opaque: thin parts stop every ray",
        "absent": "absent: thin parts cast no shadows; hits on them are counted",
    }
    chosen = str(about.get("shadowing", "solidity"))
    return [words[chosen]] if chosen in words else []


def _sampling(tree: xr.DataTree, about: dict[str, Any]) -> str:
    rays = int(schema.group(tree, "/zones")["samples"].sum())
    text = f"{tree.attrs.get('estimator') or 'importance'}, {rays:,} rays"
    if "replicates" in about:
        text += f", {about['replicates']} replicates"
    text += f", seed {tree.attrs.get('seed')}"
    if isinstance(about.get("table_error"), int | float):
        text += f"; penetration tables within {about['table_error']:.1e} of N"
    return text
