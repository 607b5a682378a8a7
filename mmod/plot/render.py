"""Draw coloured triangles as seen along a direction: pyvista, or matplotlib alone."""

from __future__ import annotations

import ctypes
import os
import sys
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmod.errors import bad

FloatArray = NDArray[np.float64]
BACKENDS = ("pyvista", "matplotlib")


@dataclass(frozen=True)
class View:
    """A parallel projection.

    Parameters
    ----------
    right, up, towards : ndarray, shape (3,) [1]
        Unit vectors of the picture: to the right, upwards, towards the viewer.
    centre : ndarray, shape (3,) [m]
        Point in the middle of the picture.
    half_width, half_height : float [m]
        Half the extent of what is shown.
    """

    right: FloatArray
    up: FloatArray
    towards: FloatArray
    centre: FloatArray
    half_width: float
    half_height: float


def fit_view(
    points: FloatArray, towards: FloatArray, up: FloatArray, aspect: float
) -> View:
    """Return the view that holds all points.

    Parameters
    ----------
    points : ndarray, shape (n, 3) [m]
        What must be seen.
    towards : ndarray, shape (3,) [1]
        From the scene to the viewer.
    up : ndarray, shape (3,) [1]
        Direction that shall point up; replaced by x where it is along `towards`.
    aspect : float [1]
        Width of the picture over its height.

    Returns
    -------
    View
        With a margin of 4 %.
    """
    look = towards / np.linalg.norm(towards)
    rough = up - (up @ look) * look
    if np.linalg.norm(rough) < 1e-6:
        rough = np.array([1.0, 0.0, 0.0])
        rough = rough - (rough @ look) * look
    upward = rough / np.linalg.norm(rough)
    right = np.cross(upward, look)
    flat = points @ np.stack([right, upward, look]).T
    low, high = flat.min(axis=0), flat.max(axis=0)
    half = 0.52 * (high - low)
    half_height = max(float(half[1]), float(half[0]) / aspect, 1e-9)
    centre = 0.5 * (low + high) @ np.stack([right, upward, look])
    return View(right, upward, look, centre, half_height * aspect, half_height)


def render(
    backend: str,
    points: FloatArray,
    triangles: NDArray[np.int32],
    colours: FloatArray,
    view: View,
    pixels: tuple[int, int],
) -> NDArray[np.uint8]:
    """Return the picture of coloured triangles.

    Parameters
    ----------
    backend : {"pyvista", "matplotlib"}
        pyvista resolves what hides what pixel by pixel; matplotlib sorts whole faces,
        which shows artefacts where faces differ in size.
    points : ndarray, shape (n, 3) [m]
        Nodes.
    triangles : ndarray of int, shape (f, 3) [1]
        Faces.
    colours : ndarray, shape (f, 3) [1]
        Red, green, blue of each face, 0..1.
    view : View
        Projection.
    pixels : tuple of int
        Width and height.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
        The image on white.

    Raises
    ------
    InputError
        When the backend is unknown, or pyvista is asked for and not installed.

    Warns
    -----
    UserWarning
        When there is neither a display nor EGL: matplotlib draws instead.
    """
    if backend not in BACKENDS:
        raise bad("plot", "backend", backend, f"one of {BACKENDS}")
    if backend == "pyvista":
        _require_pyvista()
        if _can_render():
            return _with_pyvista(points, triangles, colours, view, pixels)
        warnings.warn(
            "no display and no libEGL.so.1: drawn by matplotlib (on Debian or Ubuntu:"
            " apt-get install libegl1 libegl-mesa0 libgl1-mesa-dri)",
            stacklevel=2,
        )
    return _with_matplotlib(points, triangles, colours, view, pixels)


def _require_pyvista() -> None:
    headless = sys.platform.startswith("linux") and not os.environ.get("DISPLAY")
    if headless:  # before VTK loads; otherwise it first tries, and reports, no X server
        os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")
    try:
        import pyvista  # noqa: F401
    except ImportError as error:
        raise bad(
            "plot",
            "backend",
            f"pyvista ({error})",
            'pyvista to be installed (pip install "mmod[plot]"), or'
            ' backend="matplotlib"',
        ) from None


def _can_render() -> bool:
    """Return whether VTK will find something to draw with (it aborts otherwise)."""
    if not sys.platform.startswith("linux") or os.environ.get("DISPLAY"):
        return True
    try:
        ctypes.CDLL("libEGL.so.1")
    except OSError:
        return False
    return True


def _with_pyvista(
    points: FloatArray,
    triangles: NDArray[np.int32],
    colours: FloatArray,
    view: View,
    pixels: tuple[int, int],
) -> NDArray[np.uint8]:
    import pyvista

    cells = np.column_stack([np.full(len(triangles), 3), triangles])
    mesh = pyvista.PolyData(points, cells.ravel())
    mesh.cell_data["colour"] = np.round(colours * 255.0).astype(np.uint8)
    plotter: Any = pyvista.Plotter(
        off_screen=True, window_size=list(pixels), lighting="none"
    )
    try:
        plotter.set_background("white")
        plotter.add_mesh(
            mesh, scalars="colour", rgb=True, lighting=False, show_scalar_bar=False
        )
        edges = mesh.clean().extract_feature_edges(
            feature_angle=35.0, boundary_edges=True, manifold_edges=False
        )
        if edges.n_cells:
            plotter.add_mesh(edges, color="#303030", line_width=1.0, opacity=0.55)
        reach = 4.0 * float(np.linalg.norm(np.ptp(points, axis=0)))
        plotter.camera.position = tuple(view.centre + reach * view.towards)
        plotter.camera.focal_point = tuple(view.centre)
        plotter.camera.up = tuple(view.up)
        plotter.enable_parallel_projection()
        plotter.camera.parallel_scale = view.half_height
        plotter.reset_camera_clipping_range()
        plotter.enable_anti_aliasing("ssaa")
        image = plotter.screenshot(return_img=True)
    finally:
        plotter.close()
    return np.asarray(image)[..., :3].astype(np.uint8)


def _with_matplotlib(
    points: FloatArray,
    triangles: NDArray[np.int32],
    colours: FloatArray,
    view: View,
    pixels: tuple[int, int],
) -> NDArray[np.uint8]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.collections import PolyCollection
    from matplotlib.figure import Figure

    flat = (points - view.centre) @ np.stack([view.right, view.up, view.towards]).T
    corners = flat[triangles]
    order = np.argsort(corners[:, :, 2].mean(axis=1), kind="stable")
    canvas = Figure(figsize=(pixels[0] / 100.0, pixels[1] / 100.0), dpi=100)
    axes = canvas.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_axis_off()
    axes.set_xlim(-view.half_width, view.half_width)
    axes.set_ylim(-view.half_height, view.half_height)
    axes.add_collection(
        PolyCollection(
            list(corners[order, :, :2]),
            facecolors=colours[order],
            edgecolors=colours[order],
            linewidths=0.2,
        )
    )
    agg: Any = FigureCanvasAgg(canvas)  # its methods carry no types
    agg.draw()
    return np.asarray(agg.buffer_rgba())[..., :3].copy()
