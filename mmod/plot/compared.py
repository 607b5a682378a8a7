"""Environments of a run side by side: fluxes by size, expected numbers by zone."""

from __future__ import annotations

import math
import os
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from mmod.constants import YEAR
from mmod.plot._frame import check_file, figure, finish
from mmod.plot.environments import COLOURS, STYLES
from mmod.results.comparison import ComparedRow, Comparison
from mmod.results.outcome import PENETRATION
from mmod.units import MM

MARKERS = {"debris": "o", "meteoroid": "D"}
_ROWS = 10
_SHIFT = {"debris": 0.16, "meteoroid": -0.16}


def plot(
    comparison: Comparison,
    *,
    title: str = "",
    damage: str = PENETRATION,
    file: str | os.PathLike[str] | None = None,
) -> Path | NDArray[np.uint8]:
    """Draw the environments of a run side by side.

    Parameters
    ----------
    comparison : Comparison
        From `mmod.results.comparison.compare`.
    title : str
        Of the run.
    damage : str
        Damage class of the numbers by zone.
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
    Bars are one standard error of the sampling, mostly smaller than the marks. A line
    joins the models of a kind that a factor is taken over; the factor stands at its
    end.
    """
    target = check_file(file)
    kept = list(comparison.rows[:_ROWS])
    canvas = figure(13.0, 3.2 + 0.42 * (len(kept) + 1))
    left, right = canvas.subplots(1, 2, width_ratios=(1.0, 1.35))
    style = {m: COLOURS[i % len(COLOURS)] for i, m in enumerate(comparison.kinds)}
    _by_size(left, comparison, style)
    _by_zone(right, comparison, kept, comparison.damage.index(damage), style)
    what = "penetrations" if damage == PENETRATION else damage
    right.set_title(f"expected {what} over the exposure", fontsize=11)
    canvas.text(0.02, 0.955, title or "Environments", fontsize=13, weight="bold")
    handles = [
        Line2D(
            [], [], color=style[m], ls=STYLES[k], marker=MARKERS[k], label=f"{m} ({k})"
        )
        for m, k in comparison.kinds.items()
    ]
    canvas.legend(
        handles=handles, loc="lower center", ncols=min(len(handles), 3), frameon=False
    )
    lines = -(-len(handles) // 3)
    canvas.tight_layout(rect=(0.0, 0.02 + 0.05 * lines, 1.0, 0.94))
    return finish(canvas, target)


def _by_size(axes: Axes, comparison: Comparison, style: dict[str, str]) -> None:
    drawn = False
    for i, (model, flux) in enumerate(comparison.flux.items()):
        shown = flux > 0.0
        drawn = drawn or bool(shown.any())
        axes.plot(
            comparison.diameter[shown] / MM,
            flux[shown] * YEAR,
            color=style[model],
            ls=STYLES[comparison.kinds[model]],
            lw=1.5 + 0.6 * (len(comparison.flux) - 1 - i),
        )
    if drawn:
        axes.set_xscale("log")
        axes.set_yscale("log")
    axes.set_xlabel("least diameter [mm]")
    axes.set_ylabel("cross-sectional flux [1/m²/yr]")
    axes.set_title("flux by size", fontsize=11)
    axes.grid(True, color="0.9")
    axes.spines[["top", "right"]].set_visible(False)


def _by_zone(
    axes: Axes,
    comparison: Comparison,
    rows: list[ComparedRow],
    index: int,
    style: dict[str, str],
) -> None:
    listed = [comparison.vehicle, *reversed(rows)]
    least = math.inf
    for level, row in enumerate(listed):
        for model, kind in comparison.kinds.items():
            number = float(row.risk[model].expected[index])
            if not number > 0.0:
                continue
            least = min(least, number)
            axes.errorbar(
                number,
                level + _SHIFT[kind],
                xerr=float(row.risk[model].stderr[index]),
                color=style[model],
                marker=MARKERS[kind],
                ms=6,
                ls="none",
            )
        for kind, factors in row.factor.items():
            found = factors[index]
            if not math.isfinite(found.value):
                continue
            low, high = (
                float(row.risk[m].expected[index])
                for m in (found.smallest, found.largest)
            )
            height = level + _SHIFT[kind]
            axes.plot([low, high], [height, height], color="0.6", lw=1.0, zorder=0)
            axes.annotate(
                f"×{found.value:.3g}",
                (high, height),
                xytext=(8, -3),
                textcoords="offset points",
                fontsize=8,
            )
    if math.isfinite(least):
        axes.set_xscale("log")
    axes.margins(x=0.14)
    axes.set_yticks(range(len(listed)), [_short(r.name) for r in listed], fontsize=8)
    axes.axhline(0.5, color="0.8", lw=0.8)
    axes.set_ylim(-0.6, len(listed) - 0.4)
    axes.set_xlabel("expected number")
    axes.grid(True, axis="x", color="0.9")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _short(name: str) -> str:
    """Return a zone's name without that of the vehicle, where it has one."""
    head, _, rest = name.partition(".")
    return rest if "." in rest else (rest or head)
