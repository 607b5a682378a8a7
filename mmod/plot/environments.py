"""Flux models side by side: size spectrum, azimuth butterfly, speeds."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from mmod.constants import YEAR
from mmod.flux.spectra import AZIMUTH_EDGES, SPEED_EDGES, Spectra
from mmod.plot._frame import check_file, figure, finish
from mmod.units import DEGREE, KM, MM

COLOURS = ("#1b4f72", "#c0561a", "#2e7d4f", "#7b4a9e", "#8a7a1d", "#b0305c")
STYLES = {"debris": "-", "meteoroid": (0, (5.0, 2.0))}
PARTS = ("size", "direction", "speed")
_MOST = 6


def plot(
    spectra: Mapping[str, Spectra],
    kinds: Mapping[str, str],
    *,
    title: str = "",
    parts: Sequence[str] = PARTS,
    file: str | os.PathLike[str] | None = None,
) -> Path | NDArray[np.uint8]:
    """Draw flux models side by side.

    Parameters
    ----------
    spectra : mapping of str to Spectra
        Label to marginals, from `mmod.flux.spectra`.
    kinds : mapping of str to str
        Label to "debris" or "meteoroid": full and dashed lines.
    title : str
        Orbit and epoch.
    parts : sequence of {"size", "direction", "speed"}
        Panels to draw.
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
    The butterfly and the speeds are densities: share of the flux per 10 deg and per
    km/s.
    """
    target = check_file(file)
    canvas = figure(1.0 + 4.9 * len(parts), 5.4)
    lines: list[Any] = []
    for number, part in enumerate(parts, start=1):
        polar = "polar" if part == "direction" else None
        axes = canvas.add_subplot(1, len(parts), number, projection=polar)
        found = [
            # Models that coincide stay visible: earlier ones are drawn wider.
            _curve(
                axes,
                part,
                seen,
                color=COLOURS[i % _MOST],
                ls=STYLES[kinds[label]],
                lw=1.5 + 0.8 * (len(spectra) - 1 - i),
            )
            for i, (label, seen) in enumerate(spectra.items())
        ]
        lines = lines or found
        _dress(axes, part, next(iter(spectra.values())).least_diameter)
    canvas.text(0.02, 0.965, f"Flux models at {title}", fontsize=13, weight="bold")
    canvas.legend(
        lines,
        [f"{label} ({kinds[label]})" for label in spectra],
        loc="lower center",
        ncols=min(len(spectra), 4),
        frameon=False,
    )
    rows = -(-len(spectra) // 4)
    canvas.subplots_adjust(
        0.06 if len(parts) > 1 else 0.14, 0.16 + 0.04 * rows, 0.97, 0.86
    )
    canvas.subplots_adjust(wspace=0.28)
    return finish(canvas, target)


def _curve(axes: Axes, part: str, seen: Spectra, **keys: Any) -> Any:
    if part == "size":
        shown = seen.flux > 0.0
        (line,) = axes.plot(seen.diameter[shown] / MM, seen.flux[shown] * YEAR, **keys)
        return line
    if part == "direction":
        edges, share = np.repeat(AZIMUTH_EDGES, 2)[1:-1], np.repeat(seen.azimuth, 2)
        (line,) = axes.plot(edges, 100.0 * share, **keys)
        return line
    return axes.stairs(100.0 * seen.speed, SPEED_EDGES / KM, baseline=None, **keys)


def _dress(axes: Any, part: str, least: float) -> None:
    size = f"at least {least / MM:g} mm"
    if part == "size":
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlabel("least diameter [mm]")
        axes.set_ylabel("cross-sectional flux [1/m²/yr]")
        axes.set_title("by size", fontsize=11)
    elif part == "direction":
        axes.set_theta_zero_location("N")  # ram ahead, port to the left
        axes.set_xticks(np.arange(0.0, 360.0, 45.0) * DEGREE)
        axes.set_xticklabels(["ram", "", "port", "", "wake", "", "starboard", ""])
        axes.set_rlabel_position(200.0)
        axes.set_title(f"by azimuth, % per 10 deg, {size}", fontsize=11, pad=16)
    else:
        axes.set_xlabel("speed relative to the spacecraft [km/s]")
        axes.set_ylabel("% of the flux per km/s")
        axes.set_xlim(0.0, 75.0)
        axes.set_ylim(bottom=0.0)
        axes.set_title(f"by speed, {size}", fontsize=11)
    axes.set_axisbelow(True)
    axes.grid(True, color="0.9")
    if part != "direction":
        axes.spines[["top", "right"]].set_visible(False)
