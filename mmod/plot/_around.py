"""What stands around ballistic limit curves: heading, legend, names of the regimes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text

from mmod.shields.curves import Curve, Curves
from mmod.units import DEGREE, KM
from mmod.verification.similar import ANGLE, SPEED, SimilarShot

COLOURS = ("#1b4f72", "#c0561a", "#2e7d4f", "#7b4a9e", "#8a7a1d", "#b0305c")
FAILS = "#c0392b"
"""Colour of the failure side and of perforations."""
HOLDS = "#1e6fa8"
"""Colour of shots without perforation."""
BORDER = "0.45"
DASHES = (0, (4.0, 2.2))
MARKERS = {
    # perforated, diameter multiplied by a suspect factor: marker
    (False, False): "o",
    (True, False): "X",
    (False, True): "s",
    (True, True): "^",
}
_EDGE, _TITLE, _LINE = 0.12, 0.27, 0.2  # [inch]


def held_name(curves: Curves, curve: Curve) -> str:
    """Return the obliquity or speed that a curve holds, in words."""
    if curves.against == "speed":
        return f"{curve.held / DEGREE:.3g} deg"
    return f"{curve.held / KM:.3g} km/s"


def layout(
    canvas: Figure,
    title: str,
    lines: Sequence[str],
    curves: Curves,
    shots: Sequence[SimilarShot],
) -> None:
    """Write heading and legend, and give the panels what is left between.

    Parameters
    ----------
    canvas : Figure
        Panels that are drawn.
    title : str
        In bold; broken where it is too wide, as the lines are.
    lines : sequence of str
        What stands below the title.
    curves : Curves
        What is drawn.
    shots : sequence of SimilarShot
        Shots that are drawn.
    """
    height = canvas.get_figheight()
    top = _EDGE
    for text, bold in ((title, True), *((line, False) for line in lines)):
        for part in _broken(canvas, text, bold=bold):
            _write(canvas, part, 1.0 - top / height, bold=bold)
            top += _TITLE if bold else _LINE
    legend = _legend(canvas, curves, shots)
    bottom = legend.get_window_extent().height / canvas.dpi
    canvas.tight_layout(rect=(0.0, bottom / height, 1.0, 1.0 - top / height))


def name_stretches(axes: Axes, curve: Curve, unit: float) -> None:
    """Write the names of the regimes along the lower edge, each inside its stretch.

    A name is broken where its stretch is narrow, and upright where it is narrower yet.
    To be called when the size of the panel is settled.
    """
    ends = [curve.x[0], *curve.borders, curve.x[-1]]
    for name, start, end in zip(curve.regimes, ends, ends[1:], strict=False):
        left, right = (
            axes.transData.transform((e / unit, 1.0))[0] for e in (start, end)
        )
        written: Text | None = None
        for words, rotation in ((name, 0), (name.replace(" ", "\n"), 0), (name, 90)):
            if written is not None:
                written.remove()
            written = axes.text(
                0.5 * (start + end) / unit,
                0.015,
                words,
                transform=axes.get_xaxis_transform(),
                ha="center",
                va="bottom",
                rotation=rotation,
                fontsize=8.5,
                color="0.35",
            )
            if written.get_window_extent().width < 0.85 * (right - left):
                break


def _write(canvas: Figure, words: str, y: float, *, bold: bool) -> Text:
    look = {"weight": "bold", "fontsize": 12} if bold else {"fontsize": 9.5}
    colour = "black" if bold else "0.3"
    return canvas.text(0.02, y, words, va="top", color=colour, **look)


def _broken(canvas: Figure, words: str, *, bold: bool) -> list[str]:
    """Return a text in parts that are not wider than the figure."""
    parts: list[str] = []
    for word in words.split():
        longer = f"{parts[-1]} {word}" if parts else word
        trial = _write(canvas, longer, 0.5, bold=bold)
        fits = trial.get_window_extent().x1 < 0.98 * canvas.bbox.width
        trial.remove()
        if fits and parts:
            parts[-1] = longer
        else:
            parts.append(word)
    return parts


def _legend(canvas: Figure, curves: Curves, shots: Sequence[SimilarShot]) -> Legend:
    """Explain curves beside them, and what all panels share below."""
    drawn = curves.curves
    alone = bool(shots) or len(drawn) == 1
    if not shots:
        canvas.axes[0].legend(
            handles=[
                Line2D([], [], color=COLOURS[i % len(COLOURS)], lw=2, label=name)
                for i, name in enumerate(held_name(curves, c) for c in drawn)
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
            Line2D([], [], color="0.2", lw=1.5, ls=DASHES, label="extrapolated")
        )
    handles.append(
        Patch(color=FAILS if alone else "0.3", alpha=0.2, lw=0, label="failure side")
    )
    if any(c.breaks.size for c in drawn):
        handles.append(
            Line2D([], [], color="0.2", marker="o", ms=3.5, ls="", label="kink or jump")
        )
    if any(c.borders.size for c in drawn):
        where = "" if alone else f" at {held_name(curves, drawn[0])}"
        handles.append(
            Line2D([], [], color=BORDER, lw=1, ls=":", label=f"regime border{where}")
        )
    if shots:
        handles += _markers(curves, shots)
    columns = len(handles)
    while True:
        legend = canvas.legend(
            handles=handles,
            loc="lower left",
            bbox_to_anchor=(0.01, 0.0),
            ncols=columns,
            frameon=False,
            fontsize=9,
            columnspacing=1.4,
            handletextpad=0.5,
        )
        if columns == 1 or legend.get_window_extent().x1 < canvas.bbox.width:
            return legend
        legend.remove()
        columns -= 1


def _markers(curves: Curves, shots: Sequence[SimilarShot]) -> list[Line2D | Patch]:
    """Return what the markers of shots mean."""
    over_speed = curves.against == "speed"
    within = f"{ANGLE / DEGREE:g} deg" if over_speed else f"{SPEED / KM:g} km/s"
    kinds = [(True, False), (False, False)]
    factors = sorted({s.factor for s in shots if s.suspect})
    if factors:
        kinds += [(True, True), (False, True)]
    times = f", diameter x {' or '.join(f'{f:g}' for f in factors)} [unverified]"
    handles: list[Line2D | Patch] = []
    for perforated, suspect in kinds:
        colour = FAILS if perforated else HOLDS
        label = "perforated" if perforated else "not perforated"
        if suspect:
            label += times
        elif not perforated:
            label += f" (similar shields, scaled; ±{within})"
        handles.append(
            Line2D(
                [],
                [],
                marker=MARKERS[perforated, suspect],
                ls="",
                mfc=colour if perforated else "white",
                mec=colour,
                label=label,
            )
        )
    return handles
