"""The vehicle, panel by panel, coloured by a result."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from mmod.constants import YEAR
from mmod.errors import bad
from mmod.plot._frame import attitude_of, check_file, choose, figure, finish
from mmod.plot.render import View, fit_view, render
from mmod.results.outcome import PENETRATION
from mmod.results.schema import group

FloatArray = NDArray[np.float64]

CAMERAS: dict[str, tuple[float, float, float]] = {
    "oblique": (0.75, -0.55, 0.5),
    "oblique_port": (0.75, 0.55, 0.5),
    "below": (0.65, -0.5, -0.6),
    "behind": (-0.75, -0.55, 0.5),
    "ram": (1.0, 0.0, 0.0),
    "wake": (-1.0, 0.0, 0.0),
    "port": (0.0, 1.0, 0.0),
    "starboard": (0.0, -1.0, 0.0),
    "zenith": (0.0, 0.0, 1.0),
    "nadir": (0.0, 0.0, -1.0),
}
"""Where the viewer is: x ram, y port, z zenith."""
AXES = {
    "ram": ((1.0, 0.0, 0.0), "#c0392b"),
    "starboard": ((0.0, -1.0, 0.0), "#1e8449"),
    "nadir": ((0.0, 0.0, -1.0), "#2155a3"),
}
_MISSING = (0.80, 0.81, 0.83)
_NOTHING = (0.42, 0.46, 0.52)
_DECADES = 4.0
_PIXELS = (1440, 900)


@dataclass(frozen=True)
class _Quantity:
    """What is drawn: values of the faces, heading, scale."""

    values: Callable[[xr.Dataset], FloatArray]
    label: str
    logarithmic: bool
    colours: str = "inferno"


def _flux(data: xr.Dataset) -> FloatArray:
    years = float(data["duration"]) / YEAR
    return np.asarray(data["expected"].values / data["area"].values / years)


def _error(data: xr.Dataset) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = data["expected_stderr"].values / data["expected"].values
    return np.where(np.isfinite(ratio), 100.0 * ratio, np.nan)


QUANTITIES: dict[str, _Quantity] = {
    "penetration_flux": _Quantity(_flux, "{what} per m² per year", True),
    "penetration_probability": _Quantity(
        lambda d: np.asarray(d["probability"].values),
        "probability of {what} per panel, exposure",
        True,
    ),
    "exposed_fraction": _Quantity(
        lambda d: np.asarray((d["exposed_area"] / d["area"]).values),
        "exposed fraction of the area",
        False,
        "cividis",
    ),
    "relative_error": _Quantity(
        _error, "standard error of {what} [%]", True, "viridis"
    ),
}


def plot(
    tree: xr.DataTree,
    quantity: str = "penetration_flux",
    *,
    environment: str = "total",
    damage: str = PENETRATION,
    camera: str = "oblique",
    zones: str | None = None,
    limits: tuple[float, float] | None = None,
    title: str | None = None,
    backend: str = "pyvista",
    file: str | os.PathLike[str] | None = None,
) -> Path | NDArray[np.uint8]:
    """Draw the vehicle, panel by panel, coloured by a result.

    Parameters
    ----------
    tree : xarray.DataTree
        A result.
    quantity : str
        Key of `QUANTITIES`: ``penetration_flux`` (expected number [1/m2/yr] over the
        area, both sides of panels), ``penetration_probability`` (per panel and
        exposure), ``exposed_fraction``, ``relative_error`` (of `expected` [%]).
    environment, damage : str
        Labels of the result; with a damage class such as "impact>=1mm" the flux is
        that of impacts.
    camera : str
        Key of `CAMERAS`: where the viewer is.
    zones : str, optional
        Show only zones whose name contains this text (others still cast shadows).
    limits : tuple of float, optional
        Ends of the colour scale [unit of the quantity]; by default the greatest
        value and at most four decades below it.
    title : str, optional
        Heading; by default title, environment and damage.
    backend : {"pyvista", "matplotlib"}
        What draws the surface.
    file : path, optional
        Picture to write (.png, .pdf or .svg).

    Returns
    -------
    Path or ndarray of uint8, shape (height, width, 3)
        The file, or the image.

    Raises
    ------
    InputError
        When a label or option is unknown, pyvista is missing, or the file cannot be
        written.

    Notes
    -----
    Parallel projection; ram, starboard and nadir are those of the first phase.
    Faces without a failure criterion are light grey, faces that nothing reaches dark
    grey.
    """
    target = check_file(file)
    root = group(tree, "/")
    if quantity not in QUANTITIES:
        raise bad("plot", "quantity", quantity, f"one of {', '.join(QUANTITIES)}")
    if camera not in CAMERAS:
        raise bad("plot", "camera", camera, f"one of {', '.join(CAMERAS)}")
    choose(root, "environment", environment)
    choose(root, "damage", damage)
    what = QUANTITIES[quantity]
    values = what.values(root.sel(environment=environment, damage=damage))
    shown = _shown(tree, root, zones)
    lvlh, constant = attitude_of(tree)
    nodes = np.stack([root[f"mesh_node_{a}"].values for a in "xyz"], axis=1) @ lvlh.T
    triangles = root["mesh_face_nodes"].values[shown]
    towards = np.asarray(CAMERAS[camera])
    up = np.array([0.0, 0.0, 1.0])
    used = nodes[np.unique(triangles)]
    view = fit_view(used, towards, up, _PIXELS[0] / _PIXELS[1])
    norm = _scale(values[shown], what.logarithmic, limits)
    mapper = ScalarMappable(norm, what.colours)
    normals = root["normal"].values[shown] @ lvlh.T
    colours = _colours(values[shown], mapper, what.logarithmic)
    shaded = colours * _shade(normals, view)[:, None]
    image = render(backend, nodes, triangles, np.clip(shaded, 0, 1), view, _PIXELS)
    canvas = figure(12.0, 7.5)
    axes = canvas.add_axes((0.0, 0.0, 0.88, 0.93))
    axes.imshow(image, interpolation="antialiased")
    axes.set_axis_off()
    noun = "penetrations" if damage == PENETRATION else damage.replace(">=", " ≥ ")
    if quantity in {"penetration_probability", "relative_error"}:
        noun = noun.removesuffix("s")
    _bar(canvas, mapper, what.label.format(what=noun), _beyond(values[shown], norm))
    _legend(canvas, values[shown], what.logarithmic)
    _triad(canvas, view, constant)
    heading = title or _heading(tree, environment, damage)
    canvas.text(0.02, 0.955, heading, fontsize=13, weight="bold", va="center")
    return finish(canvas, target)


def _shown(
    tree: xr.DataTree, root: xr.Dataset, pattern: str | None
) -> NDArray[np.intp]:
    if pattern is None:
        return np.arange(root.sizes["face"])
    names = [str(n) for n in group(tree, "/zones")["zone"].values]
    wanted = [i for i, name in enumerate(names) if pattern in name]
    if not wanted:
        raise bad("plot", "zones", pattern, "part of the name of a zone of the result")
    return np.flatnonzero(np.isin(root["zone_index"].values, wanted))


def _scale(
    values: FloatArray, logarithmic: bool, limits: tuple[float, float] | None
) -> Normalize:
    if limits is not None:
        low, high = float(limits[0]), float(limits[1])
        if not (np.isfinite([low, high]).all() and low < high):
            raise bad("plot", "limits", limits, "two finite numbers, increasing")
        if logarithmic and low <= 0.0:
            raise bad("plot", "limits", limits, "numbers > 0 on a logarithmic scale")
        return LogNorm(low, high) if logarithmic else Normalize(low, high)
    if not logarithmic:
        return Normalize(0.0, 1.0)
    positive = values[np.isfinite(values) & (values > 0.0)]
    if not positive.size:
        return LogNorm(0.1, 1.0)
    high = float(positive.max())
    low = max(float(np.quantile(positive, 0.02)), high / 10.0**_DECADES)
    return LogNorm(min(low, high / 10.0), high)


def _colours(
    values: FloatArray, mapper: ScalarMappable, logarithmic: bool
) -> FloatArray:
    safe = np.where(np.isfinite(values), values, 1.0)
    lowest = mapper.norm.vmin if mapper.norm.vmin is not None else 0.0
    colours = np.asarray(mapper.to_rgba(np.maximum(safe, lowest)))[:, :3].copy()
    if logarithmic:
        colours[values == 0.0] = _NOTHING
    colours[~np.isfinite(values)] = _MISSING
    return colours


def _shade(normals: FloatArray, view: View) -> FloatArray:
    """Return a mild headlight shading; colours stay close to those of the bar."""
    facing = np.abs(normals @ (view.towards + 0.35 * view.up))
    return np.asarray(0.80 + 0.20 * np.clip(facing, 0.0, 1.0), dtype=np.float64)


def _beyond(values: FloatArray, norm: Normalize) -> str:
    """Return at which ends values lie beyond a scale, as matplotlib's ``extend``."""
    kept = values[np.isfinite(values)]
    if isinstance(norm, LogNorm):
        kept = kept[kept > 0.0]  # zero has a colour of its own
    low = bool((kept < (norm.vmin if norm.vmin is not None else -np.inf)).any())
    high = bool((kept > (norm.vmax if norm.vmax is not None else np.inf)).any())
    return {(0, 0): "neither", (1, 0): "min", (0, 1): "max"}.get((low, high), "both")


def _bar(canvas: Figure, mapper: ScalarMappable, label: str, extend: str) -> None:
    """Draw the colour bar, pointed at an end that values lie beyond."""
    axes = canvas.add_axes((0.895, 0.16, 0.018, 0.70))
    bar = canvas.colorbar(mapper, cax=axes, extend=extend)
    bar.set_label(label, fontsize=12)
    bar.ax.tick_params(labelsize=11)


def _legend(canvas: Figure, values: FloatArray, logarithmic: bool) -> None:
    entries = []
    if np.isnan(values).any():
        entries.append(Patch(color=_MISSING, label="not assessed (casts shadows only)"))
    if logarithmic and (values == 0.0).any():
        entries.append(Patch(color=_NOTHING, label="nothing arrives or was seen"))
    if entries:
        canvas.legend(
            handles=entries, loc="lower right", fontsize=10, frameon=False, ncols=2
        )


def _triad(canvas: Figure, view: View, constant: bool) -> None:
    """Draw ram, starboard and nadir as seen from the viewer."""
    axes = canvas.add_axes((0.025, 0.01, 0.15, 0.24))
    axes.set_xlim(-2.1, 2.1)
    axes.set_ylim(-2.1, 2.1)
    axes.set_axis_off()
    for name, (vector, colour) in AXES.items():
        arrow = np.asarray(vector)
        x, y = float(arrow @ view.right), float(arrow @ view.up)
        depth = float(arrow @ view.towards)
        if np.hypot(x, y) < 0.15:  # along the line of sight
            mark = "o" if depth > 0.0 else "x"
            axes.plot([0.0], [0.0], mark, color=colour, ms=9, mew=2, mfc="none")
            axes.text(0.15, 0.15, name, color=colour, fontsize=10)
            continue
        axes.annotate(
            "",
            xy=(x, y),
            xytext=(0.0, 0.0),
            arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 2.0},
            zorder=2.0 + depth,
        )
        length = float(np.hypot(x, y))
        away = (length + 0.15) / length
        side = "left" if x > 0.4 else "right" if x < -0.4 else "center"
        axes.text(
            away * x, away * y, name, color=colour, fontsize=10, ha=side, va="center"
        )
    if not constant:
        axes.text(0.0, -2.0, "first phase", fontsize=8, ha="center", color="0.4")


def _heading(tree: xr.DataTree, environment: str, damage: str) -> str:
    title = str(tree.attrs.get("title", "")) or "mmod result"
    kind = PENETRATION if damage == PENETRATION else damage.replace(">=", " ≥ ")
    return f"{title}: {kind}, {environment}"
