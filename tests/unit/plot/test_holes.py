"""The page on one hole: what is drawn follows the numbers."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hole_cases import RANGES, card, marks, two_pairs

matplotlib = pytest.importorskip("matplotlib")

from mmod.errors import InputError  # noqa: E402
from mmod.forensics.assessment import assess  # noqa: E402
from mmod.forensics.case import load_case, parse_case  # noqa: E402
from mmod.forensics.marks import load_marks  # noqa: E402
from mmod.plot import draw_hole, holes  # noqa: E402

STARTS = {".png": b"\x89PNG\r\n\x1a\n", ".pdf": b"%PDF", ".svg": b"<?xml"}


@cache
def plate():
    wide = {"name": "fleet of plates", "exposure_years": 5.0, "source": "test"}
    case = parse_case({**card(), "class": [wide]})
    return assess(case, two_pairs(), marks=marks(*RANGES))


@cache
def crack():
    case = load_case("zvezda_prk")
    return assess(case, marks=load_marks(case.marks))


@cache
def drawn(which):
    """Return the finished figure of a case, so that its artists can be looked at."""
    kept = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(holes, "finish", lambda canvas, _: kept.append(canvas))
        holes.plot(which())
    return kept[0]


def titled(canvas, word):
    (axes,) = [a for a in canvas.axes if word in a.get_title(loc="left")]
    return axes


@pytest.mark.parametrize("suffix", STARTS)
def test_files(tmp_path, suffix):
    file = draw_hole(crack(), file=tmp_path / f"a{suffix}")
    assert file.read_bytes().startswith(STARTS[suffix])
    assert [p.name for p in tmp_path.iterdir()] == [f"a{suffix}"]


def test_files_that_cannot_be_written(tmp_path):
    for name in ("a.doc", "none/a.png"):
        with pytest.raises(InputError):
            draw_hole(crack(), file=tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_curves_of_size_add_up_to_one_beside_the_observation():
    axes = titled(drawn(plate), "Sizes of holes")
    curves = {k.get_label().split(" (")[0]: k for k in axes.lines}
    assert set(curves) == {"all", "debris", "meteoroid"}
    x = np.log(np.asarray(curves["all"].get_xdata()))
    y = {name: np.asarray(k.get_ydata()) for name, k in curves.items()}
    assert y["all"] == pytest.approx(y["debris"] + y["meteoroid"], rel=1e-6, abs=1e-12)
    # A few holes of a plate are smaller than the least size drawn.
    assert np.trapezoid(y["all"], x) == pytest.approx(1.0, abs=0.03)
    size = np.exp(np.linspace(np.log(1.5e-3), np.log(2e-3), 200))
    inside = np.trapezoid(plate().breaches.log_density(size), np.log(size))
    drawn_inside = np.interp(np.log(size / 1e-3), x, y["all"])
    assert np.trapezoid(drawn_inside, np.log(size)) == pytest.approx(inside, rel=0.01)
    (band,) = axes.patches
    left, width = band.get_x(), band.get_width()
    assert (left, left + width) == pytest.approx((1.5, 2.0))


def test_rates_by_class():
    axes = titled(drawn(plate), "probability by class")
    plain = [k.get_xdata()[0] for k in axes.lines if k.get_marker() == "o"]
    marginal = [k.get_xdata()[0] for k in axes.lines if k.get_marker() == "D"]
    assert plain == [c.plain for c in plate().classes]
    assert marginal == [c.marginal for c in plate().classes]
    names = [t.get_text().replace("\n", " ") for t in axes.get_yticklabels()]
    assert names == [c.name for c in plate().classes]


def test_the_ladder_of_odds():
    axes = titled(drawn(plate), "group by group")
    steps = plate().posterior.ladder
    bars = [tuple(k.get_xdata()) for k in axes.lines if k.get_linewidth() == 7]
    assert bars == [(s.low, s.high) for s in steps]
    dots = [k.get_xdata()[0] for k in axes.lines if k.get_marker() == "o"]
    assert dots == [s.impact for s in steps]
    low, high = axes.get_xlim()
    assert low < min(s.low for s in steps)
    assert high >= 1.0


def test_words_lie_inside_the_page():
    canvas = drawn(plate)
    said = canvas.axes[-1].texts[0].get_text()
    for count in plate().counts:
        assert count.pairing.label in said
    assert "elicited marks decide" in said
    renderer = canvas.canvas.get_renderer()
    page = canvas.bbox
    for axes in canvas.axes:
        box = axes.get_tightbbox(renderer)
        assert box.x0 >= page.x0
        assert box.x1 <= page.x1
        assert box.y0 >= page.y0
        assert box.y1 <= page.y1
    title = canvas._suptitle.get_text()
    assert f"with everything: {plate().verdict.word}" in title


def test_marks_without_rates():
    image = draw_hole(crack())
    assert image.dtype == np.uint8
    assert image.std() > 5.0
    axes = titled(drawn(crack), "no rates")
    bars = [tuple(k.get_xdata()) for k in axes.lines if k.get_linewidth() == 7]
    assert bars == [(f.low, f.high) for f in crack().factors]
    assert "no result" in [t.get_text() for a in drawn(crack).axes for t in a.texts]
