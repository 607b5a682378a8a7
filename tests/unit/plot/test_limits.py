"""Ballistic limit curves as pictures: what is drawn follows the numbers."""

from __future__ import annotations

import itertools
import sys
from dataclasses import replace

import numpy as np
import pytest
import shot_tables

from mmod.errors import InputError
from mmod.shields import load_shield
from mmod.shields.curves import against_obliquity, against_speed

matplotlib = pytest.importorskip("matplotlib")

from mmod.plot import draw_curves, limits  # noqa: E402
from mmod.verification.shots import read_shots  # noqa: E402
from mmod.verification.similar import similar_shots  # noqa: E402

RHO = 2800.0
STARTS = {".png": b"\x89PNG\r\n\x1a\n", ".pdf": b"%PDF", ".svg": b"<?xml"}


@pytest.fixture
def shield():
    return load_shield("mplm_ec")


@pytest.fixture
def shots(tmp_path, shield):
    """The card's own shield, shot at three times."""
    from mmod.verification.similar import measures

    given = measures(shield, "whipple")
    like = {
        "bumper_density_g_cm3": 2.7,
        "bumper_thickness_cm": given["bumper"] / 27.0,
        "standoff_cm": given["standoff"] * 100.0,
        "rear_wall_density_g_cm3": 2.84,
        "rear_wall_thickness_cm": given["wall"] / 28.4,
        "rear_wall_yield_ksi": given["yield"] / 6.895e6,
    }
    path = shot_tables.write(
        tmp_path,
        "whipple",
        like | {"velocity_km_s": 6.0},
        like | {"velocity_km_s": 6.5, "projectile_diameter_cm": 1.0, "perforated": 1},
        like | {"velocity_km_s": 5.0, "angle_deg": 45.0},
    )
    found = similar_shots(shield, {"whipple": read_shots(path)}, density=RHO)
    assert len(found) == 3
    return found


@pytest.fixture
def drawn(monkeypatch):
    """Keep the figure that is finished, so that its artists can be looked at."""
    kept = []
    finish = limits.finish

    def keep(canvas, file):
        kept.append(canvas)
        return finish(canvas, file)

    monkeypatch.setattr(limits, "finish", keep)
    return kept


@pytest.mark.parametrize("suffix", STARTS)
def test_files(tmp_path, shield, suffix):
    curves = against_speed(shield, [0.0, 0.8], RHO)
    file = draw_curves(curves, title="x", file=tmp_path / f"a{suffix}")
    assert file.read_bytes().startswith(STARTS[suffix])
    assert [p.name for p in tmp_path.iterdir()] == [f"a{suffix}"]


def test_image_without_a_file(shield):
    image = draw_curves(against_obliquity(shield, [7e3], RHO))
    assert image.dtype == np.uint8
    assert image.std() > 10.0


def test_lines_are_the_curves_dashed_where_extrapolated(shield, drawn):
    curves = against_speed(shield, [0.0], RHO)
    limits.plot(curves)
    (axes,) = drawn[0].axes
    lines = [k for k in axes.lines if len(k.get_xdata()) > 10]
    (curve,) = curves.curves
    for line in lines:
        x, y = np.asarray(line.get_xdata()) * 1e3, np.asarray(line.get_ydata()) / 1e3
        assert y == pytest.approx(np.interp(x, curve.x, curve.diameter), rel=1e-12)
        inside = shield.valid(x[1:-1], 0.0, RHO)
        assert inside.all() if line.get_linestyle() == "-" else not inside.any()
    assert {line.get_linestyle() for line in lines} == {"-", "--"}
    assert sum(len(line.get_xdata()) - 1 for line in lines) == len(curve.x) - 1


def test_regimes_are_marked_and_named(shield, drawn):
    curves = against_speed(shield, [0.0], RHO)
    limits.plot(curves)
    (axes,) = drawn[0].axes
    borders = [k.get_xdata()[0] for k in axes.lines if k.get_linestyle() == ":"]
    assert borders == pytest.approx(curves.curves[0].borders / 1e3)
    words = {t.get_text().replace("\n", " ") for t in axes.texts}
    assert words == {"low speed", "intermediate", "high speed"}


def test_failure_side_is_above_the_curve(shield, drawn):
    curves = against_speed(shield, [0.0], RHO)
    limits.plot(curves)
    (axes,) = drawn[0].axes
    (shade,) = axes.collections[:1]
    corners = shade.get_paths()[0].vertices
    curve = np.interp(
        corners[:, 0] * 1e3, curves.curves[0].x, curves.curves[0].diameter
    )
    assert (corners[:, 1] >= curve * 1e3 * (1.0 - 1e-6)).all()
    assert corners[:, 1].max() == pytest.approx(axes.get_ylim()[1])


def test_shots_in_the_panel_of_their_obliquity(shield, shots, drawn):
    curves = against_speed(shield, [0.0, np.pi / 4], RHO)
    limits.plot(curves, shots=shots)
    found = []
    for axes in drawn[0].axes:
        points = [np.asarray(c.get_offsets()) for c in axes.collections[1:]]
        found.append([p.round(6).tolist() for p in points])
    held, perforated = [[6.0, 2.0]], [[6.5, 10.0]]
    assert found == [[held, perforated], [[[5.0, 2.0]], []]]
    assert "2 shots, 1 perforated" in drawn[0].axes[0].get_title(loc="left")
    # planted: without the shot at 45 deg its panel is empty
    limits.plot(curves, shots=shots[:2])
    assert "0 shots" in drawn[1].axes[1].get_title(loc="left")


def test_shots_over_obliquity(shield, shots, drawn):
    limits.plot(against_obliquity(shield, [6e3], RHO), shots=shots)
    (axes,) = drawn[0].axes
    assert "1 shot, 0 perforated" in axes.get_title(loc="left")


def words(canvas):
    return [t.get_text() for t in canvas.texts]


def test_certainty_is_below_the_title(shield, drawn):
    curves = against_speed(shield, [0.0], RHO)
    limits.plot(curves, title="x", criterion="a_b", certainty="assumption")
    subtitle = "sphere of 2800 kg/m³; failure: a b; certainty: assumption"
    assert words(drawn[0]) == ["x", subtitle]
    limits.plot(curves, title="x", criterion="a_b")
    assert "certainty" not in words(drawn[1])[1]


def test_enlarged_shots_have_their_own_markers(shield, shots, drawn):
    curves = against_speed(shield, [0.0], RHO)
    enlarged = [replace(shots[0], factor=10.0), *shots[1:]]
    legends = []
    for of in (shots, enlarged):
        limits.plot(curves, shots=of)
        (legend,) = drawn[-1].legends
        legends.append([t.get_text() for t in legend.get_texts()])
    plain, marked = (figure.axes[0] for figure in drawn)
    assert len(plain.collections[1:]) == 2  # not perforated, perforated
    held, perforated, square = marked.collections[1:]
    assert [len(c.get_offsets()) for c in (held, perforated, square)] == [0, 1, 1]
    assert square.get_offsets()[0].tolist() == pytest.approx([6.0, 2.0])
    shapes = [len(c.get_paths()[0].vertices) for c in (held, square)]
    assert shapes[0] != shapes[1]
    assert "1 enlarged" in marked.get_title(loc="left")
    assert "enlarged" not in plain.get_title(loc="left")
    assert not any("[unverified]" in label for label in legends[0])
    assert sum("x 10 [unverified]" in label for label in legends[1]) == 2
    assert "1 of 3 shots have their diameter" in words(drawn[1])[-1]
    assert len(words(drawn[0])) < len(words(drawn[1]))


@pytest.mark.parametrize("number", [1, 4, 10])
def test_heading_legend_and_panels_do_not_overlap(shield, shots, drawn, number):
    angles = np.linspace(0.0, 1.3, number)
    marked = [replace(shots[0], factor=10.0), *shots[1:]]
    note = "this shield has a blanket, which is not compared"
    title = "a title that is far too long for one line of a single panel " * 2
    limits.plot(
        against_speed(shield, angles, RHO), title=title, shots=marked, note=note
    )
    (canvas,) = drawn
    canvas.draw_without_rendering()
    heading = [t.get_window_extent() for t in canvas.texts]
    assert len(heading) >= 4
    for above, below in itertools.pairwise(heading):
        assert above.y0 >= below.y0
        assert below.y1 <= above.y1 - 10.0
    (legend,) = canvas.legends
    low = legend.get_window_extent()
    assert low.x1 <= canvas.bbox.width
    panels = [a for a in canvas.axes if a.get_visible()]
    assert len(panels) == number
    for axes in panels:
        box = axes.get_tightbbox()
        assert box.y1 <= min(t.y0 for t in heading)
        assert box.y0 >= low.y1
    assert max(t.x1 for t in heading) <= canvas.bbox.width


@pytest.mark.parametrize("many", [1, 4])
def test_names_of_regimes_stay_inside_their_stretch(shots, drawn, many):
    narrow = load_shield("usl_cyl")
    curves = against_speed(narrow, [0.0] * many, RHO)
    limits.plot(curves, shots=shots if many > 1 else ())
    (canvas,) = drawn
    canvas.draw_without_rendering()
    for axes in canvas.axes:
        box = axes.get_window_extent()
        names = {t.get_text(): t for t in axes.texts}
        ends = [0.5, *(curves.curves[0].borders / 1e3), 20.0]
        pixels = [axes.transData.transform((x, 1.0))[0] for x in ends]
        assert list(names) == ["low speed", "intermediate", "high speed"]
        for text, left, right in zip(names.values(), pixels, pixels[1:], strict=False):
            extent = text.get_window_extent()
            assert left <= extent.x0
            assert extent.x1 <= right
            assert box.y0 <= extent.y0


@pytest.mark.parametrize("name", ["a.gif", "missing/a.png"])
def test_bad_files_are_refused_before_drawing(tmp_path, shield, name):
    with pytest.raises(InputError):
        draw_curves(against_speed(shield, [0.0], RHO), file=tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_without_matplotlib_the_error_says_what_to_install(shield, monkeypatch):
    monkeypatch.delitem(sys.modules, "mmod.plot.limits")
    for name in [m for m in sys.modules if m.partition(".")[0] == "matplotlib"]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(InputError, match=r'pip install "mmod\[plot\]"'):
        draw_curves(against_speed(shield, [0.0], RHO))
