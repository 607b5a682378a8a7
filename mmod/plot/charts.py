"""Charts of a result: what drives the penetrations, and which zones carry them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from numpy.typing import NDArray

from mmod.errors import bad
from mmod.plot._frame import check_file, choose, figure, finish
from mmod.results.schema import group
from mmod.results.table import make_table
from mmod.units import DEGREE, KM, MM

FloatArray = NDArray[np.float64]
COLOURS = {"debris": "#b5521b", "meteoroid": "#2b6ca3"}
_DEGREES = 1.0 / DEGREE


def drivers(
    tree: xr.DataTree,
    *,
    zone: str | None = None,
    environment: str = "total",
    file: str | os.PathLike[str] | None = None,
) -> Path | NDArray[np.uint8]:
    """Draw the penetrations over azimuth, elevation, speed, obliquity and diameter.

    Parameters
    ----------
    tree : xarray.DataTree
        A result.
    zone : str, optional
        Name of a zone; the whole vehicle by default.
    environment : str
        Label of `environment`; "total" is split into debris and meteoroids.
    file : path, optional
        Picture to write (.png, .pdf or .svg).

    Returns
    -------
    Path or ndarray of uint8, shape (height, width, 3)
        The file, or the image.

    Raises
    ------
    InputError
        When a label is unknown or the file cannot be written.

    Notes
    -----
    Heights are expected penetrations over the exposure in each bin; bins are those of
    the result. Elevation is drawn on a scale of its sine: equal widths are equal
    solid angles.
    """
    target = check_file(file)
    data = group(tree, "/drivers")
    choose(data, "environment", environment)
    if zone is not None:
        choose(data, "zone", zone)
        data = data.sel(zone=[zone])
    parts = _parts(data, environment)
    canvas = figure(12.0, 7.0)
    grid = canvas.subplots(2, 3)
    panels: list[tuple[str, str, float, bool]] = [
        ("azimuth", "azimuth of the radiant [deg], 0 ram, +90 port", _DEGREES, False),
        ("sin_elevation", "elevation of the radiant [deg], +90 zenith", 1.0, False),
        ("speed", "impact speed [km/s]", 1.0 / KM, False),
        ("cos_obliquity", "obliquity [deg]", 1.0, False),
        ("diameter", "particle diameter [mm]", 1.0 / MM, True),
    ]
    for axes, (name, label, factor, logarithmic) in zip(
        grid.flat, panels, strict=False
    ):
        _histogram(axes, data, name, parts, factor)
        axes.set_xlabel(label)
        if logarithmic:
            axes.set_xscale("log")
            _trim(axes, data, name, parts, factor)
        if name == "speed":
            _trim(axes, data, name, parts, factor)
    _angles(grid.flat[1], np.array([-90, -30, 0, 30, 90]), np.sin)
    _angles(grid.flat[3], np.array([90, 75, 60, 45, 30, 0]), np.cos)
    grid.flat[3].invert_xaxis()
    grid.flat[0].set_xticks([-180, -90, 0, 90, 180])
    for row in range(2):
        grid[row, 0].set_ylabel("expected penetrations per bin")
    _notes(grid.flat[5], parts)
    title = str(tree.attrs.get("title", "")) or "mmod result"
    where = zone or "whole vehicle"
    canvas.suptitle(
        f"{title}: drivers of penetration, {where}, {environment}",
        x=0.02,
        ha="left",
        weight="bold",
    )
    canvas.tight_layout(rect=(0.0, 0.0, 1.0, 0.97))
    return finish(canvas, target)


def _parts(data: xr.Dataset, environment: str) -> dict[str, str]:
    """Return label -> environment of what is stacked."""
    known = {str(e) for e in data["environment"].values}
    kinds = {str(k): str(k) for k in COLOURS if k in known}
    return kinds if environment == "total" and kinds else {environment: environment}


def _counts(data: xr.Dataset, name: str, environment: str) -> FloatArray:
    part = data[f"penetrations_by_{name}"].sel(environment=environment)
    return np.asarray(part.sum("zone").values, dtype=np.float64)


def _edges(data: xr.Dataset, name: str, factor: float) -> FloatArray:
    bounds = data[f"{name}_bounds"].values
    return np.asarray(np.append(bounds[:, 0], bounds[-1, 1]) * factor)


def _histogram(
    axes: Axes, data: xr.Dataset, name: str, parts: dict[str, str], factor: float
) -> None:
    edges = _edges(data, name, factor)
    below = np.zeros(len(edges) - 1)
    for label, environment in parts.items():
        top = below + _counts(data, name, environment)
        colour = COLOURS.get(label, "#5b6770")
        axes.stairs(top, edges, baseline=below, fill=True, color=colour, alpha=0.85)
        below = top
    axes.stairs(below, edges, color="0.2", linewidth=0.8)
    axes.set_ylim(bottom=0.0)
    axes.margins(x=0.0)
    axes.ticklabel_format(axis="y", style="sci", scilimits=(-2, 3), useMathText=True)
    axes.spines[["top", "right"]].set_visible(False)


def _trim(
    axes: Axes, data: xr.Dataset, name: str, parts: dict[str, str], factor: float
) -> None:
    """Leave out the empty ends of a histogram."""
    edges = _edges(data, name, factor)
    whole = np.sum([_counts(data, name, e) for e in parts.values()], axis=0)
    kept = np.flatnonzero(whole > 1e-4 * whole.max(initial=0.0))
    if kept.size and whole.max() > 0.0:
        axes.set_xlim(edges[kept[0]], edges[kept[-1] + 1])


def _angles(axes: Axes, degrees: NDArray[np.int64], function: Any) -> None:
    axes.set_xticks(
        function(degrees * DEGREE), [f"{d}".replace("-", "−") for d in degrees]
    )


def _notes(axes: Axes, parts: dict[str, str]) -> None:
    from matplotlib.patches import Patch

    axes.set_axis_off()
    handles = [
        Patch(color=COLOURS.get(k, "#5b6770"), alpha=0.85, label=k) for k in parts
    ]
    axes.legend(handles=handles, loc="upper left", frameon=False, fontsize=12)
    axes.text(
        0.02,
        0.45,
        "Bars are stacked.\nElevation and obliquity: scales of\nequal solid angle and of cosine.",
        transform=axes.transAxes,
        fontsize=10,
        color="0.35",
        va="top",
    )


def zones(
    tree: xr.DataTree,
    *,
    environment: str = "total",
    top: int = 20,
    by: str = "zone",
    file: str | os.PathLike[str] | None = None,
) -> Path | NDArray[np.uint8]:
    """Draw the zones that carry most penetrations, with their 95 % intervals.

    Parameters
    ----------
    tree : xarray.DataTree
        A result.
    environment : str
        Label of `environment`; "total" is split into debris and meteoroids.
    top : int
        So many zones are shown, >= 1.
    by : {"zone", "module"}
        What a bar is.
    file : path, optional
        Picture to write (.png, .pdf or .svg).

    Returns
    -------
    Path or ndarray of uint8, shape (height, width, 3)
        The file, or the image.

    Raises
    ------
    InputError
        When a label is unknown, `top` is below 1 or the file cannot be written.

    Notes
    -----
    Intervals hold the sampling error only.
    """
    target = check_file(file)
    if top < 1:
        raise bad("plot", "top", top, "a number >= 1")
    if by not in {"zone", "module"}:
        raise bad("plot", "by", by, "zone or module")
    table = make_table(
        tree, by="zone" if by == "zone" else "module", environment=environment
    )
    rows = [r for r in table if not np.isnan(r["penetrations"])][:top]
    if not rows:
        raise bad("plot", "zones", "none", "a zone on which penetration is defined")
    number = np.array([r["penetrations"] for r in rows])
    interval = np.array(
        [[r["penetrations_lower"], r["penetrations_upper"]] for r in rows]
    )
    reach = np.abs(interval - number[:, None]).T
    canvas = figure(11.0, 1.6 + 0.3 * len(rows))
    axes = canvas.subplots()
    place = np.arange(len(rows))
    left = np.zeros(len(rows))
    for kind in ("debris", "meteoroid"):
        share = np.nan_to_num(np.array([r[kind] for r in rows]))
        if environment == "total" and share.any():
            axes.barh(place, share * number, left=left, color=COLOURS[kind], label=kind)
            left += share * number
    if not left.any():
        axes.barh(place, number, color="#5b6770", label=environment)
    axes.errorbar(
        number,
        place,
        xerr=reach,
        fmt="none",
        ecolor="0.1",
        capsize=3,
        lw=1.2,
        label="95 % interval, sampling only",
    )
    axes.set_yticks(place, _short([str(r["name"]) for r in rows]))
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(left=0.0)
    axes.set_xlabel("expected penetrations over the exposure")
    axes.ticklabel_format(axis="x", style="sci", scilimits=(-2, 3), useMathText=True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="lower right", frameon=False)
    title = str(tree.attrs.get("title", "")) or "mmod result"
    axes.set_title(
        f"{title}: penetrations by {by}, {environment}", loc="left", weight="bold"
    )
    canvas.tight_layout()
    return finish(canvas, target)


def _short(names: list[str]) -> list[str]:
    """Return names without the vehicle where all of them bear the same."""
    heads = {n.partition(".")[0] for n in names}
    if len(heads) != 1 or any("." not in n for n in names):
        return names
    return [n.partition(".")[2] for n in names]
