"""Tables of zones and modules: rows to compute with, text to read."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import xarray as xr

from mmod.errors import bad
from mmod.results import risk, schema
from mmod.results.flux_uncertainty import limits, sum_of_independent
from mmod.results.layout import Row, layout, risk_columns
from mmod.results.outcome import PENETRATION

Order = Literal["risk", "module", "file"]
GIVEN_FLUX = "_given_flux"
"""Key of a row's penetrations at deviates of each kind of model: to pool rows with."""


@dataclass(frozen=True)
class RiskTable:
    """Rows of zones or modules, with a totals row.

    Parameters
    ----------
    kind : str
        What a row is: "zone" or "module".
    environment : str
        Environment of the numbers.
    rows : tuple of dict
        Numbers, SI; see `Row` keys in the notes.
    total : dict
        The same for the vehicle.
    damage : tuple of str
        Labels of the damage classes.

    Notes
    -----
    Keys of a row: name, module, area, exposed_area, exposed_area_stderr [m2]; impacts, impacts_stderr (a
    dict: label -> number); penetrations, penetrations_stderr, penetrations_dof,
    penetrations_lower, penetrations_upper (sampling); penetrations_model_lower,
    penetrations_model_upper (uncertainty of the flux models, and nothing else);
    pnp, pnp_lower, pnp_upper; share, debris, meteoroid,
    extrapolated_fraction [1]; direction (words); zones (how many the row holds).
    """

    kind: str
    environment: str
    rows: tuple[Row, ...]
    total: Row
    damage: tuple[str, ...]

    def __repr__(self) -> str:
        return self.to_text()

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __str__(self) -> str:
        return self.to_text()

    def to_dict(self) -> dict[str, Any]:
        """Return plain dicts and lists.

        Returns
        -------
        dict
            kind, environment, damage (labels), rows and total; keys and units of a row
            as in the notes of the class. Missing numbers are None.
        """
        return {
            "kind": self.kind,
            "environment": self.environment,
            "damage": list(self.damage),
            "rows": [_plain(row) for row in self.rows],
            "total": _plain(self.total),
        }

    def to_json(self, indent: int | None = 2) -> str:
        """Return the table as JSON text.

        Parameters
        ----------
        indent : int, optional
            Spaces a level; None: one line.

        Returns
        -------
        str
            `to_dict`, with null for missing numbers.
        """
        return json.dumps(self.to_dict(), indent=indent, allow_nan=False)

    def to_xarray(self) -> xr.Dataset:
        """Return the numbers as a dataset over the rows and damage classes.

        Returns
        -------
        xarray.Dataset
            A variable for each key of a row (notes of the class: areas in m2, all else
            1) over the dimension ``zone`` or ``module``; impacts over ``damage`` too.
            Missing numbers are NaN. Without the totals row.
        """
        names = [row["name"] for row in self.rows]
        impacts = [d for d in self.damage if d != PENETRATION]
        data: dict[str, Any] = {
            key: (self.kind, [row[key] for row in self.rows])
            for key in self.total
            if key not in {"name", "impacts", "impacts_stderr", GIVEN_FLUX}
        }
        for key in ("impacts", "impacts_stderr"):
            values = [[row[key][d] for d in impacts] for row in self.rows]
            shaped = np.asarray(values, dtype=np.float64).reshape(-1, len(impacts))
            data[key] = ((self.kind, "damage"), shaped)
        coords = {self.kind: names, "damage": impacts}
        return xr.Dataset(data, coords=coords, attrs={"environment": self.environment})

    def to_text(self, *, top: int | None = None, width: int | None = None) -> str:
        """Return the table as aligned text.

        Parameters
        ----------
        top : int, optional
            Show so many rows and pool the rest; all by default.
        width : int, optional
            Wrap columns into blocks no wider than this; one block by default.

        Returns
        -------
        str
            Lines without a trailing newline.
        """
        rows = _without_common_prefix(self.rows)
        if top is not None and len(rows) > top + 1:
            rows = [*rows[:top], pool(rows[top:], f"other {self.kind}s")]
        by_flux = math.isfinite(self.total["penetrations_model_upper"])
        columns = risk_columns(self.kind, self.damage, by_flux=by_flux)
        return layout(columns, rows, self.total, width)


def _without_common_prefix(rows: Sequence[Row]) -> list[Row]:
    """Return the rows with the vehicle's name taken off where all of them bear it."""
    heads = {str(row["name"]).partition(".")[0] for row in rows}
    if len(heads) != 1 or any("." not in str(row["name"]) for row in rows):
        return list(rows)
    return [{**row, "name": str(row["name"]).partition(".")[2]} for row in rows]


def make_table(
    tree: xr.DataTree,
    *,
    by: Literal["zone", "module"] = "zone",
    environment: str = "total",
    order: Order = "risk",
) -> RiskTable:
    """Return the table of zones or modules of a result.

    Parameters
    ----------
    tree : xarray.DataTree
        A result.
    by : {"zone", "module"}
        What a row is.
    environment : str
        Environment of the numbers.
    order : {"risk", "module", "file"}
        By falling penetrations; by module, then penetrations; or as in the file.

    Returns
    -------
    RiskTable
        The rows and the totals.

    Raises
    ------
    InputError
        When the environment, order or kind of row is unknown.
    """
    if order not in {"risk", "module", "file"}:
        raise bad("table", "order", order, "risk, module or file")
    if by not in {"zone", "module"}:
        raise bad("table", "by", by, "zone or module")
    data = schema.group(tree, "/zones")
    risk.check_label(data, "environment", environment)
    members = risk.zone_indices(tree) if by == "zone" else risk.module_indices(tree)
    everything = np.arange(data.sizes["zone"])
    total = _row(tree, data, "total", everything, environment)
    whole = total["penetrations"]
    rows = [_row(tree, data, n, i, environment, whole) for n, i in members.items()]
    total["share"] = 1.0 if whole > 0.0 else math.nan
    if order != "file":
        rows.sort(key=_rank)
    if order == "module":
        modules = list(risk.module_indices(tree))
        rows.sort(key=lambda r: modules.index(r["module"]))
    damage = tuple(str(d) for d in data["damage"].values)
    return RiskTable(by, environment, tuple(rows), total, damage)


_ROW = (
    "module",
    "area",
    "exposed_area",
    "exposed_area_stderr",
    "expected",
    "extrapolated_fraction",
    "main_azimuth",
    "main_elevation",
    "main_concentration",
    "main_direction",
)
"""Variables of a zone that its row is made of (others cost time to cut out)."""


def _rank(row: Row) -> tuple[bool, float, float]:
    value = row["penetrations"]
    missing = math.isnan(value)
    return missing, 0.0 if missing else -value, -row["exposed_area"]


def _row(
    tree: xr.DataTree,
    group: xr.Dataset,
    name: str,
    members: risk.IndexArray,
    environment: str,
    whole: float = math.nan,
) -> Row:
    part = group[list(_ROW)].isel(zone=members)
    labels = [str(d) for d in group["damage"].values]
    summed = risk.select(tree, members, environment)
    low, high = summed.pnp_interval
    number = float(summed.expected[-1])
    here = part.sel(environment=environment)
    beyond = here["extrapolated_fraction"] * here["expected"].sel(damage=PENETRATION)
    modules = sorted({str(m) for m in part["module"].values})
    known = [str(e) for e in group["environment"].values]

    def origin(kind: str) -> float:
        if environment != "total" or not number > 0.0:
            return math.nan
        if kind not in known:
            return 0.0
        chosen = part["expected"].sel(environment=kind, damage=PENETRATION)
        return float(np.nansum(chosen.values)) / number

    return {
        "name": name,
        "module": modules[0] if len(modules) == 1 else "",
        "zones": len(members),
        "area": float(part["area"].sum()),
        "exposed_area": float(part["exposed_area"].sum()),
        "exposed_area_stderr": float(np.sqrt((part["exposed_area_stderr"] ** 2).sum())),
        "impacts": dict(zip(labels[:-1], summed.expected[:-1].tolist(), strict=True)),
        "impacts_stderr": dict(
            zip(labels[:-1], summed.stderr[:-1].tolist(), strict=True)
        ),
        "penetrations": number,
        "penetrations_stderr": float(summed.stderr[-1]),
        "penetrations_dof": float(summed.dof[-1]),
        "penetrations_lower": float(summed.lower[-1]),
        "penetrations_upper": float(summed.upper[-1]),
        "penetrations_model_lower": float(summed.model_lower[-1]),
        "penetrations_model_upper": float(summed.model_upper[-1]),
        GIVEN_FLUX: [
            values[-1] for values in risk.given_by_kind(group, members, environment)
        ],
        "pnp": float(summed.pnp[-1]),
        "pnp_lower": float(low[-1]),
        "pnp_upper": float(high[-1]),
        "share": number / whole if whole > 0.0 else math.nan,
        "debris": origin("debris"),
        "meteoroid": origin("meteoroid"),
        "direction": _direction(here),
        "extrapolated_fraction": (
            float(np.nansum(beyond.values)) / number if number > 0.0 else math.nan
        ),
    }


def _direction(part: xr.Dataset) -> str:
    """Return the main direction of some zones: their vectors weighed by number."""
    from mmod.results.direction import words

    if part.sizes["zone"] == 1:
        return str(part["main_direction"].values[0])
    azimuth, elevation = part["main_azimuth"].values, part["main_elevation"].values
    length = part["main_concentration"].values
    number = part["expected"].sel(damage=PENETRATION).values
    level = length * np.cos(elevation)
    vectors = np.stack(
        [level * np.cos(azimuth), level * np.sin(azimuth), length * np.sin(elevation)]
    )
    kept = np.isfinite(vectors).all(axis=0) & (np.nan_to_num(number) > 0.0)
    if not kept.any():
        return ""
    mean = (vectors[:, kept] @ number[kept]) / number[kept].sum()
    return words(np.asarray(mean, dtype=np.float64))


def pool(rows: Sequence[Row], name: str) -> Row:
    """Return the sum of rows: numbers added, sampling errors in quadrature.

    Notes
    -----
    The direction stays empty.
    """
    known = [r for r in rows if not math.isnan(r["penetrations"])]
    names = ("penetrations", "penetrations_stderr", "penetrations_dof")
    value, error_of, dof = (
        np.asarray([r[n] for r in rows], dtype=np.float64) for n in names
    )
    summed = risk.combine(value, error_of, dof)
    number, error = float(summed.expected), float(summed.stderr)
    low, high = float(summed.lower), float(summed.upper)

    def weighed(key: str) -> float:
        parts = [r[key] * r["penetrations"] for r in known if math.isfinite(r[key])]
        return sum(parts) / number if parts and number > 0.0 else math.nan

    parts = [
        sum(values) for values in zip(*(r[GIVEN_FLUX] for r in known), strict=True)
    ]
    model = [math.nan, math.nan]
    if parts and not any(np.isnan(part).any() for part in parts):
        given = parts[0] if len(parts) == 1 else sum_of_independent(*parts)
        model = [float(limit) for limit in limits(given)]
    classes = rows[0]["impacts"]
    return {
        "name": f"{name} ({len(rows)})",
        "module": "",
        "zones": sum(r["zones"] for r in rows),
        "area": sum(r["area"] for r in rows),
        "exposed_area": sum(r["exposed_area"] for r in rows),
        "exposed_area_stderr": math.sqrt(
            sum(r["exposed_area_stderr"] ** 2 for r in rows)
        ),
        "impacts": {d: sum(r["impacts"][d] for r in rows) for d in classes},
        "impacts_stderr": {
            d: math.sqrt(sum(r["impacts_stderr"][d] ** 2 for r in rows))
            for d in classes
        },
        "penetrations": number,
        "penetrations_stderr": error,
        "penetrations_dof": float(summed.dof),
        "penetrations_lower": low,
        "penetrations_upper": high,
        "penetrations_model_lower": model[0],
        "penetrations_model_upper": model[1],
        GIVEN_FLUX: parts,
        "pnp": math.exp(-number),
        "pnp_lower": math.exp(-high),
        "pnp_upper": math.exp(-low),
        "share": sum(r["share"] for r in known) if known else math.nan,
        "debris": weighed("debris"),
        "meteoroid": weighed("meteoroid"),
        "direction": "",
        "extrapolated_fraction": weighed("extrapolated_fraction"),
    }


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items() if k != GIVEN_FLUX}
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
