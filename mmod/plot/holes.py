"""One page on one hole: predicted sizes, rates over classes, odds term by term."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from mmod.forensics.assessment import Assessment
from mmod.plot._frame import check_file, figure, finish
from mmod.units import MM

COLOURS = {"all": "#20262e", "debris": "#c0561a", "meteoroid": "#1b4f72"}
_GREY, _BAND = "#6b7480", "#e8c96a"
_SIZES = np.geomspace(0.05, 50.0, 241)
_SHORT = 44


def plot(
    found: Assessment, *, file: str | os.PathLike[str] | None = None
) -> Path | NDArray[np.uint8]:
    """Draw an assessment of a hole on one page.

    Parameters
    ----------
    found : Assessment
        From `mmod.forensics.assessment.assess`.
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
    Sizes: density per unit of ln D, given a hole. Rates: probability of one perforation
    or more, plain and averaged over the model error. Odds: posterior of an impact as
    groups of evidence are added, with its worst and best corners.
    """
    target = check_file(file)
    canvas = figure(11.7, 8.3)
    title = f"{found.case.title}\nwith everything: {found.verdict.word}"
    canvas.suptitle(
        f"{title}; with size and leak alone: {found.without_marks.word}", fontsize=13
    )
    sizes = canvas.add_axes((0.07, 0.47, 0.41, 0.38))
    rates = canvas.add_axes((0.62, 0.60, 0.34, 0.25))
    odds = canvas.add_axes((0.62, 0.13, 0.34, 0.31))
    words = canvas.add_axes((0.04, 0.03, 0.44, 0.34))
    _draw_sizes(sizes, found)
    _draw_rates(rates, found)
    _draw_odds(odds, found)
    _draw_words(words, found)
    return finish(canvas, target)


def _empty(axes: Axes, title: str, reason: str) -> None:
    axes.set_title(title, fontsize=10, loc="left")
    axes.text(0.5, 0.5, reason, ha="center", va="center", color=_GREY, wrap=True)
    axes.set_axis_off()


def _draw_sizes(axes: Axes, found: Assessment) -> None:
    title = "Sizes of holes predicted here, given a perforation"
    breaches = found.breaches
    if breaches is None:
        _empty(axes, title, "no result")
        return
    axes.set_title(title, fontsize=10, loc="left")
    total = breaches.expected(0.0).value
    for kind in (None, *dict.fromkeys(breaches.kinds)):
        own = total if kind is None else breaches.expected(0.0, kind).value  # type: ignore[arg-type]
        if not own > 0.0:
            continue
        density = breaches.log_density(_SIZES * MM, kind)  # type: ignore[arg-type]
        name = kind or "all"
        share = "" if kind is None else f" ({100.0 * own / total:.0f} %)"
        axes.plot(
            _SIZES,
            density * own / total,
            color=COLOURS[name],
            lw=2.2 if kind is None else 1.4,
            label=name + share,
        )
    if found.size is not None:
        low, high = (v / MM for v in found.size.size)
        axes.axvspan(low, high, color=_BAND, alpha=0.6, lw=0, label="reported")
    axes.set(xscale="log", xlabel="diameter of the hole [mm]", ylabel="dP / d ln D [1]")
    axes.set_xlim(_SIZES[0], _SIZES[-1])
    axes.set_ylim(bottom=0.0)
    axes.legend(fontsize=8, frameon=False)
    axes.spines[["top", "right"]].set_visible(False)


def _draw_rates(axes: Axes, found: Assessment) -> None:
    title = "One perforation or more: probability by class"
    if not found.classes:
        _empty(axes, title, "no class with a stated exposure")
        return
    axes.set_title(title, fontsize=10, loc="left")
    place = np.arange(len(found.classes))[::-1]
    for y, one in zip(place, found.classes, strict=True):
        axes.plot([one.plain, one.marginal], [y, y], color=_GREY, lw=1.0, zorder=1)
        axes.plot(one.plain, y, "o", color=COLOURS["meteoroid"], ms=7)
        axes.plot(one.marginal, y, "D", color=COLOURS["debris"], ms=6)
        axes.annotate(
            f"{one.plain:.2g} / {one.marginal:.2g}",
            (max(one.plain, one.marginal), y),
            xytext=(8, 7),
            textcoords="offset points",
            ha="right",
            fontsize=8,
        )
    axes.set_yticks(place, [_short(c.name) for c in found.classes], fontsize=8)
    axes.set_ylim(-0.6, len(place) - 0.3)
    low = min(c.plain for c in found.classes)
    axes.set(xscale="log", xlim=(0.3 * low, 1.3))
    axes.set_xlabel("circle: plain; diamond: over the model error", fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)


def _short(name: str) -> str:
    """Break a name over lines that fit beside an axis."""
    lines, line = [], ""
    for word in name.split():
        if line and len(line) + len(word) > _SHORT // 2:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return "\n".join([*lines, line])


def _draw_odds(axes: Axes, found: Assessment) -> None:
    title = "Posterior of an impact, group by group"
    posterior = found.posterior
    if posterior is None:
        _factors(axes, found)
        return
    axes.set_title(title, fontsize=10, loc="left")
    steps = posterior.ladder
    place = np.arange(len(steps))[::-1]
    for y, step in zip(place, steps, strict=True):
        axes.plot([step.low, step.high], [y, y], color=_BAND, lw=7, zorder=1)
        axes.plot(step.impact, y, "o", color=COLOURS["all"], ms=6)
        axes.annotate(
            f"{step.impact:.1g}",
            (step.impact, y),
            xytext=(0, 7),
            textcoords="offset points",
            ha="center",
            fontsize=8,
        )
    names = [
        s.name if i == 0 else f"+ {s.name.replace('_', ' ')}"
        for i, s in enumerate(steps)
    ]
    axes.set_yticks(place, names, fontsize=8)
    axes.set_ylim(-0.6, len(place) - 0.3)
    axes.set(xscale="log", xlim=(0.3 * min(s.low for s in steps), 1.5))
    axes.set_xlabel(
        "prior x1; bar: worst to best corner of the elicited ranges", fontsize=8
    )
    axes.spines[["top", "right"]].set_visible(False)


def _factors(axes: Axes, found: Assessment) -> None:
    title = "Evidence for an impact (no rates: no posterior)"
    if not found.factors:
        _empty(axes, title, "no marks with ranges")
        return
    axes.set_title(title, fontsize=10, loc="left")
    place = np.arange(len(found.factors))[::-1]
    for y, one in zip(place, found.factors, strict=True):
        axes.plot([one.low, one.high], [y, y], color=_BAND, lw=7, zorder=1)
        axes.plot(one.central, y, "o", color=COLOURS["all"], ms=6)
    names = [f"{f.group} / {f.alternative}".replace("_", " ") for f in found.factors]
    axes.set_yticks(place, [_short(n) for n in names], fontsize=8)
    axes.set_ylim(-0.6, len(place) - 0.4)
    axes.axvline(1.0, color=_GREY, lw=0.8)
    axes.set(xscale="log")
    axes.set_xlabel("likelihood factor [1]; bar: corners of the ranges", fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)


def _draw_words(axes: Axes, found: Assessment) -> None:
    import textwrap

    axes.set_axis_off()
    lines: list[str] = []
    if found.counts:
        least = found.counts[0].sizes[-1][0]
        what = "Perforations" if least == 0.0 else f"Holes >= {least / MM:.3g} mm"
        lines.append(f"{what} expected here [95 %: sampling, flux, limit, hole model]:")
    for count in found.counts:
        interval = count.sizes[-1][1]
        low, high = interval.combined
        lines.append(
            f"  {interval.value:.2g} [{low:.1g}, {high:.1g}] {count.pairing.label}"
        )
    if found.size is not None:
        lines.append(
            f"size, given a perforation: p = {found.size.p:.2g};"
            f" {100.0 * found.size.extrapolated_share:.0f} % outside the range of the"
            " laws"
        )
    if found.leak is not None and found.leak.fit is not None:
        lines.append(found.leak.fit.sentence)
    if found.pair_given_two is not None:
        lines.append(f"two so close, given two: {found.pair_given_two:.2g} (post hoc)")
    if any(f.elicited for f in found.factors):
        lines.append(
            "elicited marks decide; the word is about the source, not a person"
        )
    text = "\n".join(textwrap.fill(line, 88, subsequent_indent="  ") for line in lines)
    axes.text(0.0, 1.0, text, va="top", fontsize=8.5, linespacing=1.4)
