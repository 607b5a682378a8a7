"""Predicted beside observed: breaches by zone, sizes and times; populations."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from mmod.forensics.comparison import Comparison
from mmod.forensics.comparison_text import p_text
from mmod.forensics.populations import PopulationCard, PopulationRow
from mmod.plot._frame import check_file, figure, finish

PREDICTED, OBSERVED = "#1b4f72", "#c0561a"
_MOST_ZONES = 14
_MARGINS = {"left": 0.24, "right": 0.97}


def plot(
    comparison: Comparison,
    *,
    title: str = "",
    file: str | os.PathLike[str] | None = None,
) -> Path | NDArray[np.uint8]:
    """Draw a survey beside what a run predicts.

    Parameters
    ----------
    comparison : Comparison
        From `mmod.forensics.comparison.compare`.
    title : str
        Of the run.
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
    Bars: 95 % interval of the mean behind the observed number (exact Poisson), and of
    the predicted count with model error. Below: where each size and time lies in the
    distribution predicted; uniform if the prediction holds.
    """
    target = check_file(file)
    found = comparison.assessment
    rows = sorted(found.rows[:-1], key=lambda r: (-min(r.observed, 1), -r.expected))
    rows = [found.rows[-1], *rows[:_MOST_ZONES]]
    sets = [("sizes", found.u_sizes), ("times", found.u_times)]
    sets = [(name, u) for name, u in sets if len(u)]
    height = 2.75 + 0.42 * len(rows) + (2.2 if sets else 0.0)
    canvas = figure(9.5, height)
    top = 1.0 - 1.3 / height
    low = (2.9 if sets else 0.85) / height
    axes = canvas.add_axes((0.27, low, 0.70, top - low))
    _zones(axes, rows)
    for number, (name, u) in enumerate(sets):
        width = 0.70 / len(sets) - 0.06
        left = 0.27 + number * (width + 0.12)
        small = canvas.add_axes((left, 0.6 / height, width, 1.45 / height))
        _staircase(small, name, u)
    canvas.text(
        0.02, 1.0 - 0.35 / height, comparison.survey.title, size=13, weight="bold"
    )
    p = {t.name: t.p_marginal_holm for t in found.tests if t.p_marginal >= 0.0}
    said = "; ".join(f"{name} {p_text(value)}" for name, value in p.items())
    line = f"{title}\nadjusted p with model error: {said}"
    canvas.text(0.02, 1.0 - 0.75 / height, line, size=8.5, color="0.25")
    return finish(canvas, target)


def plot_population(
    card: PopulationCard,
    rows: Sequence[PopulationRow],
    *,
    title: str = "",
    file: str | os.PathLike[str] | None = None,
) -> Path | NDArray[np.uint8]:
    """Draw a population beside what a run predicts.

    Parameters
    ----------
    card : PopulationCard
        The population.
    rows : sequence of PopulationRow
        From `mmod.forensics.populations.compare_population`.
    title : str
        Of the run.
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
    Bars are 95 % intervals: observed, and predicted under the model error.
    """
    target = check_file(file)
    height = 1.9 + 0.85 * len(rows)
    canvas = figure(10.5, height)
    axes = canvas.add_axes((0.40, 0.65 / height, 0.57, 1.0 - 1.75 / height))
    lows, highs = [], []
    for y, row in enumerate(reversed(rows)):
        _pair(
            axes,
            y,
            (row.predicted, row.predicted_lower, row.predicted_upper),
            (row.observed, row.observed_lower, row.observed_upper),
        )
        known = [
            v for v in (row.predicted_lower, row.observed_lower, row.observed) if v > 0
        ]
        lows.append(min([row.predicted, *known]))
        highs.append(max(row.predicted_upper, row.observed_upper))
    none = any(row.observed == 0.0 for row in rows)
    if none:  # a zero has no place on a logarithmic axis
        axes.set_xscale("symlog", linthresh=1.0)
        axes.set_xlim(-0.05, 1.4 * max(highs))
    else:
        axes.set_xscale("log")
        axes.set_xlim(0.6 * min(lows), 1.6 * max(highs))
    axes.set_yticks(range(len(rows)))
    axes.set_yticklabels(
        [
            f"{r.name}\np {p_text(r.p_marginal)} with model error"
            for r in reversed(rows)
        ],
        fontsize=8.5,
    )
    ratio = any(r.quantity == "ratio" for r in rows)
    unit = "ratio [1]" if ratio else "number [1]"
    axes.set_xlabel(f"{unit}, linear below 1" if none else unit)
    _finish_axes(axes, len(rows))
    canvas.text(0.02, 1.0 - 0.35 / height, card.title, size=12.5, weight="bold")
    line = title or "expected number as published"
    canvas.text(0.02, 1.0 - 0.62 / height, line, size=8.5, color="0.25")
    return finish(canvas, target)


def _zones(axes: Axes, rows: Sequence[object]) -> None:
    highs = []
    for y, row in enumerate(reversed(rows)):
        r: object = row
        values = {k: float(v) for k, v in vars(r).items() if k != "zone"}
        _pair(
            axes,
            y,
            (values["expected"], values["model_lower"], values["model_upper"]),
            (values["observed"], values["lower"], values["upper"]),
        )
        highs.append(max(values["model_upper"], values["upper"]))
    axes.set_xscale("symlog", linthresh=1.0)
    axes.set_xlim(-0.05, 1.4 * max(highs))
    axes.set_yticks(range(len(rows)))
    axes.set_yticklabels([vars(r)["zone"] for r in reversed(rows)], fontsize=8.5)
    axes.set_xlabel("number of breaches [1], linear below 1")
    _finish_axes(axes, len(rows))


def _pair(
    axes: Axes,
    y: float,
    predicted: tuple[float, float, float],
    observed: tuple[float, float, float],
) -> None:
    """Draw a predicted and an observed value, each with its interval."""
    for values, colour, marker, shift, name in (
        (predicted, PREDICTED, "s", 0.13, "predicted, 95 % with model error"),
        (observed, OBSERVED, "o", -0.13, "observed, 95 %"),
    ):
        centre, low, high = values
        axes.plot([low, high], [y + shift] * 2, color=colour, lw=2.2, alpha=0.65)
        axes.plot(
            [centre], [y + shift], marker, color=colour, ms=6, label=None if y else name
        )


def _staircase(axes: Axes, name: str, u: NDArray[np.float64]) -> None:
    x = np.concatenate([[0.0], np.sort(u), [1.0]])
    y = np.concatenate([np.arange(len(u) + 1) / len(u), [1.0]])
    axes.step(x, y, where="post", color=OBSERVED, lw=1.8)
    axes.plot([0.0, 1.0], [0.0, 1.0], color=PREDICTED, lw=1.4, ls="--")
    axes.set_xlim(0.0, 1.0)
    axes.set_ylim(0.0, 1.02)
    axes.set_xlabel(f"{name}: share of the predicted ones below [1]", fontsize=8.5)
    axes.set_ylabel("share [1]", fontsize=8.5)
    axes.spines[["top", "right"]].set_visible(False)


def _finish_axes(axes: Axes, rows: int) -> None:
    axes.set_ylim(-0.6, rows - 0.4)
    axes.set_axisbelow(True)
    axes.grid(True, axis="x", color="0.9")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        ncols=2,
        frameon=False,
        fontsize=8.5,
    )
