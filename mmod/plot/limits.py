"""Ballistic limit curves: regimes, failure side, extrapolation, shots."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from mmod.plot._around import (
    BORDER,
    COLOURS,
    DASHES,
    FAILS,
    HOLDS,
    MARKERS,
    held_name,
    layout,
    name_stretches,
)
from mmod.plot._frame import check_file, figure, finish
from mmod.shields.curves import Curve, Curves
from mmod.units import DEGREE, KM, MM
from mmod.verification.similar import SimilarShot, near, suspect_note

_HEADROOM, _FOOTROOM = 1.5, 0.68
_BAND = 1.07
"""Width of the shade where several curves share a panel."""


def plot(
    curves: Curves,
    *,
    title: str = "",
    criterion: str = "",
    certainty: str = "",
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
    certainty : str
        How well the shield is known, in the words of its card.
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
    are the regime borders of the curve whose stretches are named. Shots whose diameter
    is multiplied by a suspect factor have markers of their own, and a line above the
    panels counts them.
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
    facts = [f"sphere of {curves.density:g} kg/m³"]
    if criterion:
        facts.append(f"failure: {criterion.replace('_', ' ')}")
    if certainty:
        facts.append(f"certainty: {certainty}")
    notes = [n for n in (note, suspect_note(shots)) if n]
    layout(canvas, title, ["; ".join(facts), *notes], curves, shots)
    unit = KM if curves.against == "speed" else DEGREE
    for axes, drawn in zip(grid.flat, panels, strict=False):
        name_stretches(axes, drawn[0], unit)
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
    for border in lowest.borders / unit:
        axes.axvline(border, color=BORDER, linewidth=0.9, linestyle=":", zorder=1)
    if alone and shots:
        seen = _of(shots, curves, lowest)
        count = f"{len(seen)} shot{'' if len(seen) == 1 else 's'}"
        count += f", {sum(s.perforated for s in seen)} perforated"
        suspect = sum(s.suspect for s in seen)
        count += f", {suspect} enlarged" if suspect else ""
        name = held_name(curves, lowest)
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
            linestyle="-" if inside else DASHES,
            zorder=3,
        )


def _shots(axes: Axes, shots: list[SimilarShot], curves: Curves, unit: float) -> None:
    name = "velocity" if curves.against == "speed" else "angle"
    for (perforated, suspect), marker in MARKERS.items():
        of = [s for s in shots if (s.perforated, s.suspect) == (perforated, suspect)]
        if suspect and not of:
            continue
        colour = FAILS if perforated else HOLDS
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
