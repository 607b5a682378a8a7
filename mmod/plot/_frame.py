"""What the pictures share: figures without global state, files, names, attitude."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from mmod.errors import bad
from mmod.geometry.attitude import lvlh_from_body
from mmod.results.io import check_writable
from mmod.results.text import phases
from mmod.units import DEGREE

_SUFFIXES = (".png", ".pdf", ".svg")


def figure(width: float, height: float) -> Figure:
    """Return a white figure [inch] that needs no display and no pyplot."""
    canvas = Figure(figsize=(width, height), dpi=120, facecolor="white")
    FigureCanvasAgg(canvas)
    return canvas


def check_file(file: str | os.PathLike[str] | None) -> Path | None:
    """Return the picture to write, or raise `InputError` before anything is drawn."""
    if file is None:
        return None
    path = Path(file)
    if path.suffix.lower() not in _SUFFIXES:
        raise bad(path, "file", path.suffix, f"a name that ends in {_SUFFIXES}")
    return check_writable(path)


def finish(canvas: Figure, file: Path | None) -> Path | NDArray[np.uint8]:
    """Write the figure, or return it as an image of shape (height, width, 3)."""
    if file is not None:
        canvas.savefig(file)
        return file
    agg: Any = FigureCanvasAgg(canvas)  # its methods carry no types
    agg.draw()
    return np.asarray(agg.buffer_rgba())[..., :3].copy()


def config_of(tree: xr.DataTree) -> dict[str, Any]:
    """Return the resolved run configuration, empty when there is none."""
    try:
        value = json.loads(str(tree.attrs.get("config", "")))
    except json.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def attitude_of(tree: xr.DataTree) -> tuple[NDArray[np.float64], bool]:
    """Return LVLH-from-body of the first phase, and whether all phases agree."""
    listed = phases(config_of(tree)) or [{}]
    angles = [
        tuple(float(p.get(f"{a}_deg", 0.0)) for a in ("yaw", "pitch", "roll"))
        for p in listed
    ]
    yaw, pitch, roll = (v * DEGREE for v in angles[0])
    return lvlh_from_body(yaw, pitch, roll), len(set(angles)) == 1


def choose(data: xr.Dataset, dim: str, label: str) -> str:
    """Return a label of a dimension, or raise `InputError` naming the known ones."""
    known = [str(v) for v in data[dim].values]
    if label not in known:
        raise bad("plot", dim, label, f"one of {', '.join(known)}")
    return label
