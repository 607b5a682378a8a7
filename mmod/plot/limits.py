"""Ballistic limit curves: regimes, failure side, extrapolation, shots."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from mmod.plot._frame import check_file, figure, finish
from mmod.shields.curves import Curve, Curves
from mmod.units import DEGREE, KM, MM
from mmod.verification.similar import ANGLE, SPEED, SimilarShot, near

COLOURS = ("#1b4f72", "#c0561a", "#2e7d4f", "#7b4a9e", "#8a7a1d", "#b0305c")
FAILS = "#c0392b"
"""Colour of the failure side and of perforations."""
HOLDS = "#1e6fa8"
"""Colour of shots without perforation."""
_BORDER = "0.45"
_HEADROOM, _FOOTROOM = 1.5, 0.68
_BAND = 1.07
"""Width of the shade where several curves share a panel."""
_DASHES = (0, (4.0, 2.2))


def plot(
    curves: Curves,
    *,
    title: str = "",
    criterion: str = "",
    shots: Sequence[SimilarShot] = (),
    note: str = "",
    file: str | os.PathLike[str] | None = None,
) -> Path | NDArray[np.uint8]:
    """Draw critical diameters over speed or obliquity.

    Parameters
    ----------
    curves : Curves
        What to draw.
    title, criterion : str
        What the shield is, and what counts as failure.
    shots : sequence of SimilarShot
        Shots at similar shields; each is drawn with the curve whose obliquity (or
        speed) it is near. With shots every curve has a panel of its own.
    note : str
        What a reader should know of the shots.
    file : path, optional
        Picture to write (.png, .pdf or .svg).

    Returns
    -------
    Path or ndarray of uint8, shape (height, width, 3)
        The file, or the image.

    Raises
    ------
    InputError
        When the file cannot be written.

    Notes
    -----
    Full lines are inside the range of the tests behind the equation, dashed ones
    outside. The shaded side of a curve fails. Dots are kinks and jumps; dotted lines
    are the regime borders of the curve whose stretches are named.
    """
    target = check_file(file)
    panels = [[c] for c in curves.curves] if shots else [list(curves.curves)]
    columns = min(len(panels), 2)
    rows = math.ceil(len(panels) / columns)
    width, height = (9.0, 6.2) if len(panels) == 1 else (12.5, 1.2 + 4.2 * rows)
    canvas = figure(width, height)
    grid = canvas.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    limits = _limits(curves, shots)
    for axes in grid.flat[len(panels) :]:
        axes.set_visible(False)
    for number, (axes, drawn) in enumerate(zip(grid.flat, panels, strict=False)):
        _panel(axes, curves, drawn, shots, limits, first=number)
        if number + columns >= len(panels):
            axes.set_xlabel(
                "impact speed [km/s]"
                if curves.against == "speed"
                else "obliquity from the normal [deg]"
            )
            axes.tick_params(labelbottom=True)
        if number % columns == 0:
            axes.set_ylabel("critical diameter of a sphere [mm]")
    _heading(canvas, title, criterion, curves.density, note)
    _legend(canvas, curves, shots)
    return finish(canvas, target)


def _limits(curves: Curves, shots: Sequence[SimilarShot]) -> tuple[float, float]:
    """Return the range of diameters to show [mm]."""
    sizes = np.concatenate([c.diameter for c in curves.curves]) / MM
    shown = [s.diameter / MM for c in curves.curves for s in _of(shots, curves, c)]
    least = min([sizes.min(), *shown])
    # grazing and slow impacts need very large particles: they do not set the scale
    ordinary = [np.quantile(c.diameter, 0.97) / MM for c in curves.curves]
    most = max([*ordinary, *shown])
    return _FOOTROOM * least, _HEADROOM * most


def _of(
    shots: Sequence[SimilarShot], curves: Curves, curve: Curve
) -> list[SimilarShot]:
    """Return the shots of a curve that lie in the range shown."""
    name = "velocity" if curves.against == "speed" else "angle"
    return [
        s
        for s in near(shots, curves.against, curve.held)
        if curve.x[0] <= s.shot.value(name) <= curve.x[-1]
    ]


def _panel(
    axes: Axes,
    curves: Curves,
    drawn: list[Curve],
    shots: Sequence[SimilarShot],
    limits: tuple[float, float],
    *,
    first: int,
) -> None:
    unit = KM if curves.against == "speed" else DEGREE
    axes.set_yscale("log")
    axes.set_ylim(*limits)
    axes.set_xlim(drawn[0].x[0] / unit, drawn[0].x[-1] / unit)
    lowest = drawn[0]
    alone = len(drawn) == 1
    for number, curve in enumerate(drawn, start=first):
        colour = COLOURS[number % len(COLOURS)]
        x, y = curve.x / unit, curve.diameter / MM
        _line(axes, x, y, curve.valid, colour)
        top = np.full_like(y, limits[1]) if alone else y * _BAND
        shade = FAILS if alone else colour
        axes.fill_between(
            x, y, top, color=shade, alpha=0.07 if alone else 0.2, linewidth=0
        )
        kinks = np.interp(curve.breaks, curve.x, curve.diameter) / MM
        axes.plot(curve.breaks / unit, kinks, "o", color=colour, ms=3.5, zorder=4)
        _shots(axes, _of(shots, curves, curve), curves, unit)
    _regimes(axes, lowest, unit, limits)
    if alone and shots:
        seen = _of(shots, curves, lowest)
        count = f"{len(seen)} shot{'' if len(seen) == 1 else 's'}"
        count += f", {sum(s.perforated for s in seen)} perforated"
        name = _name(curves, lowest)
        axes.set_title(f"{name}   ({count})", loc="left", fontsize=11)
    axes.grid(which="major", color="0.9", linewidth=0.7)
    axes.grid(which="minor", axis="y", color="0.95", linewidth=0.5)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    _decimals(axes, limits)


def _decimals(axes: Axes, limits: tuple[float, float]) -> None:
    """Write diameters as plain numbers; more of them on a short scale."""
    from matplotlib.ticker import (
        FuncFormatter,
        LogLocator,
        MaxNLocator,
        NullFormatter,
    )

    plain = FuncFormatter(lambda value, _: f"{value:g}")
    axes.yaxis.set_major_formatter(plain)
    axes.yaxis.set_minor_formatter(NullFormatter())
    span = limits[1] / limits[0]
    if span < 300.0:
        steps = (1.0, 2.0, 5.0) if span > 30.0 else (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)
        axes.yaxis.set_major_locator(LogLocator(subs=steps))
    axes.xaxis.set_major_locator(MaxNLocator(10, steps=[1, 2, 5, 10]))


def _line(
    axes: Axes,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    valid: NDArray[np.bool_],
    colour: str,
) -> None:
    """Draw full inside the range of the tests and dashed outside, joined."""
    edges = np.flatnonzero(np.diff(valid)) + 1
    for part in np.split(np.arange(x.size), edges):
        joined = np.append(part, part[-1] + 1) if part[-1] + 1 < x.size else part
        inside = bool(valid[part[0]])
        axes.plot(
            x[joined],
            y[joined],
            color=colour,
            linewidth=2.0 if inside else 1.5,
            linestyle="-" if inside else _DASHES,
            zorder=3,
        )


def _regimes(
    axes: Axes, curve: Curve, unit: float, limits: tuple[float, float]
) -> None:
    """Mark the regime borders of a curve and name the stretches between."""
    if not curve.regimes:
        return
    for border in curve.borders / unit:
        axes.axvline(border, color=_BORDER, linewidth=0.9, linestyle=":", zorder=1)
    ends = [curve.x[0], *curve.borders, curve.x[-1]]
    for name, start, end in zip(curve.regimes, ends, ends[1:], strict=False):
        narrow = (end - start) < 0.12 * (curve.x[-1] - curve.x[0])
        axes.text(
            0.5 * (start + end) / unit,
            limits[0] * 1.03,
            name.replace(" ", "\n") if narrow else name,
            ha="center",
            va="bottom",
            fontsize=8.5,
            color="0.35",
        )


def _shots(axes: Axes, shots: list[SimilarShot], curves: Curves, unit: float) -> None:
    name = "velocity" if curves.against == "speed" else "angle"
    for perforated, marker, colour in ((False, "o", HOLDS), (True, "X", FAILS)):
        of = [s for s in shots if s.perforated is perforated]
        axes.scatter(
            [s.shot.value(name) / unit for s in of],
            [s.diameter / MM for s in of],
            marker=marker,
            s=30 if perforated else 26,
            facecolors=colour if perforated else "white",
            edgecolors="white" if perforated else colour,
            linewidths=0.5 if perforated else 1.2,
            clip_on=False,
            zorder=5,
        )


def _name(curves: Curves, curve: Curve) -> str:
    if curves.against == "speed":
        return f"{curve.held / DEGREE:.3g} deg"
    return f"{curve.held / KM:.3g} km/s"


def _heading(
    canvas: Figure, title: str, criterion: str, density: float, note: str
) -> None:
    canvas.text(0.02, 0.985, title, weight="bold", fontsize=12, va="top")
    what = f"; failure: {criterion.replace('_', ' ')}" if criterion else ""
    canvas.text(
        0.02,
        0.985 - 0.27 / canvas.get_figheight(),
        f"sphere of {density:g} kg/m³{what}{'; ' if note else ''}{note}",
        fontsize=9.5,
        color="0.3",
        va="top",
    )


def _legend(canvas: Figure, curves: Curves, shots: Sequence[SimilarShot]) -> None:
    """Explain curves beside them, and what all panels share below."""
    drawn = curves.curves
    alone = bool(shots) or len(drawn) == 1
    if not shots:
        canvas.axes[0].legend(
            handles=[
                Line2D([], [], color=COLOURS[i % len(COLOURS)], lw=2, label=name)
                for i, name in enumerate(_name(curves, c) for c in drawn)
            ],
            loc="upper right",
            frameon=False,
        )
    valid = np.concatenate([c.valid for c in drawn])
    handles: list[Line2D | Patch] = []
    if valid.any():
        handles.append(Line2D([], [], color="0.2", lw=2, label="inside the tests"))
    if not valid.all():
        handles.append(
            Line2D([], [], color="0.2", lw=1.5, ls=_DASHES, label="extrapolated")
        )
    handles.append(
        Patch(color=FAILS if alone else "0.3", alpha=0.2, lw=0, label="failure side")
    )
    if any(c.breaks.size for c in drawn):
        handles.append(
            Line2D([], [], color="0.2", marker="o", ms=3.5, ls="", label="kink or jump")
        )
    if any(c.borders.size for c in drawn):
        where = "" if alone else f" at {_name(curves, drawn[0])}"
        handles.append(
            Line2D([], [], color=_BORDER, lw=1, ls=":", label=f"regime border{where}")
        )
    if shots:
        over_speed = curves.against == "speed"
        within = f"{ANGLE / DEGREE:g} deg" if over_speed else f"{SPEED / KM:g} km/s"
        handles += [
            Line2D([], [], marker="X", ls="", color=FAILS, label="perforated"),
            Line2D(
                [],
                [],
                marker="o",
                ls="",
                mfc="white",
                mec=HOLDS,
                label=f"not perforated (similar shields, scaled; ±{within})",
            ),
        ]
    canvas.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(0.01, 0.0),
        ncols=len(handles),
        frameon=False,
        fontsize=9,
        columnspacing=1.4,
        handletextpad=0.5,
    )
    height = canvas.get_figheight()
    canvas.tight_layout(rect=(0.0, 0.3 / height, 1.0, 1.0 - 0.5 / height))
