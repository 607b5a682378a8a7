"""Pictures: written off-screen, coloured by the numbers, clear when they cannot be."""

from __future__ import annotations

import builtins
import subprocess
import sys

import numpy as np
import pytest
from unit.results import synthetic

from mmod.errors import InputError
from mmod.results import build

matplotlib = pytest.importorskip("matplotlib")

from mmod.plot import PICTURES, draw  # noqa: E402
from mmod.plot import render as rendering  # noqa: E402
from mmod.plot.surface import CAMERAS, plot  # noqa: E402

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def tree():
    return build(synthetic.outcome())


def test_pyvista_writes_a_picture(tree, tmp_path):
    pytest.importorskip("pyvista")
    file = tree.mmod.plot("penetration_flux", tmp_path / "a.png")
    assert file.read_bytes()[:8] == PNG
    image = tree.mmod.plot("penetration_flux")
    assert image.dtype == np.uint8
    assert image.std() > 10.0  # not an empty sheet


@pytest.mark.parametrize("quantity", PICTURES)
def test_every_picture_without_pyvista(tree, tmp_path, quantity):
    options = {}
    if PICTURES[quantity].endswith("surface:plot"):
        options["backend"] = "matplotlib"
    file = draw(tree, quantity, file=tmp_path / f"{quantity}.png", **options)
    assert file.read_bytes()[:8] == PNG
    assert [p.name for p in tmp_path.iterdir()] == [f"{quantity}.png"]


@pytest.mark.parametrize("camera", CAMERAS)
def test_every_camera(tree, camera):
    image = plot(tree, camera=camera, backend="matplotlib")
    assert image.shape == (900, 1440, 3)


def _centre_colour(tree, camera, **options):
    """Median colour in the middle of the picture, seen along one axis."""
    image = plot(tree, camera=camera, zones="box", backend="matplotlib", **options)
    return np.median(image[380:480, 580:680].reshape(-1, 3), axis=0)


def test_colours_follow_the_numbers(tree):
    """The face that looks to the viewer shows its own value on the colour scale."""
    from matplotlib import colormaps
    from matplotlib.colors import LogNorm

    limits = (1e-5, 1e-3)
    zones = tree["zones"].to_dataset(inherit=True)
    years = float(tree["duration"]) / (365.25 * 86400.0)
    for camera, name in (
        ("zenith", "zenith"),
        ("wake", "wake"),
        ("starboard", "starboard"),
    ):
        faces = np.flatnonzero(
            tree["zone_index"].values
            == list(zones["zone"].values).index(f"cube.box.{name}")
        )
        part = (
            tree["expected"]
            .sel(environment="total", damage="penetration")
            .values[faces]
        )
        flux = part / tree["area"].values[faces] / years
        wanted = np.array(colormaps["inferno"](LogNorm(*limits)(flux)))[:, :3] * 255.0
        shown = _centre_colour(tree, camera, limits=limits)
        distance = np.abs(wanted - shown).max(axis=1)
        assert distance.min() < 3.0, (name, wanted, shown)
        # planted: the face of another zone has another colour
        assert np.abs(_centre_colour(tree, "ram", limits=limits) - shown).max() > 10.0


def test_missing_and_unseen_have_their_own_colours(tree):
    from mmod.plot.surface import _MISSING, _NOTHING

    port = _centre_colour(tree, "port")  # nothing was seen there
    assert port == pytest.approx(np.array(_NOTHING) * 255.0, abs=3.0)
    image = plot(tree, camera="starboard", zones="array", backend="matplotlib")
    panel = np.median(image[300:600, 620:680].reshape(-1, 3), axis=0)
    assert panel == pytest.approx(np.array(_MISSING) * 255.0, abs=3.0)


def test_views_are_right_handed_and_upright():
    up = np.array([0.0, 0.0, 1.0])
    points = np.random.default_rng(1).normal(size=(50, 3))
    for towards in CAMERAS.values():
        view = rendering.fit_view(points, np.asarray(towards), up, 1.6)
        assert np.cross(view.right, view.up) == pytest.approx(view.towards)
        flat = (points - view.centre) @ np.stack([view.right, view.up]).T
        assert (np.abs(flat) <= [view.half_width, view.half_height]).all()
    # from starboard, ram is on the right
    view = rendering.fit_view(points, np.array([0.0, -1.0, 0.0]), up, 1.6)
    assert view.right == pytest.approx([1.0, 0.0, 0.0])


def test_without_pyvista_the_error_says_what_to_do(tree, monkeypatch):
    real = builtins.__import__

    def refuse(name, *args, **options):
        if name.partition(".")[0] == "pyvista":
            raise ImportError("No module named 'pyvista'")
        return real(name, *args, **options)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(InputError, match=r"mmod\[plot\].*matplotlib"):
        tree.mmod.plot("penetration_flux")


def test_without_egl_matplotlib_draws(tree, monkeypatch):
    pytest.importorskip("pyvista")
    monkeypatch.setattr(rendering, "_can_render", lambda: False)
    with pytest.warns(UserWarning, match="libegl1"):
        image = plot(tree)
    assert (image == plot(tree, backend="matplotlib")).all()


@pytest.mark.parametrize(
    "quantity,options",
    [
        ("flux", {}),
        ("penetration_flux", {"environment": "nasa"}),
        ("penetration_flux", {"damage": "hole"}),
        ("penetration_flux", {"camera": "left"}),
        ("penetration_flux", {"zones": "mir"}),
        ("penetration_flux", {"limits": (0.0, 1.0)}),
        ("penetration_flux", {"limits": (2.0, 1.0)}),
        ("penetration_flux", {"backend": "vtk"}),
        ("penetration_flux", {"colour": "red"}),
        ("penetration_flux", {"file": "a.gif"}),
        ("penetration_flux", {"file": "missing/a.png"}),
        ("drivers", {"zone": "mir"}),
        ("drivers", {"camera": "ram"}),
        ("zones", {"top": 0}),
        ("zones", {"by": "face"}),
    ],
)
def test_bad_options_are_refused(tree, tmp_path, quantity, options):
    if "file" in options:
        options = {"file": tmp_path / options["file"]}
    with pytest.raises(InputError):
        draw(tree, quantity, **options)
    assert not list(tmp_path.iterdir())


def test_importing_plot_loads_nothing_that_draws():
    code = (
        "import sys, mmod.plot;"
        "print([m for m in ('matplotlib', 'pyvista', 'vtk') if m in sys.modules])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("values", "where"),
    [
        ([0.2, 0.9, 0.0, np.nan], "neither"),
        ([0.05, 0.9], "min"),
        ([0.2, 1.1], "max"),
        ([0.05, 1.1], "both"),
    ],
)
def test_bar_shows_that_values_lie_beyond_it(values, where):
    from matplotlib.colors import LogNorm

    from mmod.plot.surface import _beyond

    assert _beyond(np.asarray(values), LogNorm(0.1, 1.0)) == where
