"""Where an equation of the user's own came from, and when its code is run."""

from __future__ import annotations

import hashlib
import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest
from own_equations import IMPACT, IMPORTS, SIMPLE, load, refused

from mmod import library
from mmod.shields import load_shield
from mmod.shields.equations import EQUATIONS, own


def test_the_file_that_ran_is_recorded(tmp_path) -> None:
    shield = load(tmp_path, SIMPLE + "    return wall_thickness * 1e3 / speed\n")
    digest = hashlib.sha256((tmp_path / "own.py").read_bytes()).hexdigest()
    assert shield.equation_sources == {"own.py": digest}
    assert shield.sources["own.py"] == digest
    assert not (tmp_path / "__pycache__").exists()
    changed = load(tmp_path, SIMPLE + "    return 2 * wall_thickness * 1e3 / speed\n")
    assert changed.equation_sources["own.py"] != digest
    ratio = changed.critical_diameter(*IMPACT) / shield.critical_diameter(*IMPACT)
    assert ratio == pytest.approx(2.0)
    assert load_shield("soyuz_bo").equation_sources == {}


def test_an_importable_module(tmp_path, monkeypatch) -> None:
    package = tmp_path / "site" / "plate_limits_for_test"
    package.mkdir(parents=True)
    code = SIMPLE + "    return wall_thickness * 1e3 / speed\n"
    (package / "__init__.py").write_text(
        "from plate_limits_for_test.inner import f, F\n"
    )
    inner = package / "inner.py"
    inner.write_text(
        f"{IMPORTS}{code}class F(Limit):\n    def __init__(self, *, wall_thickness):\n"
        "        self.t = wall_thickness\n        self.validity = Validity("
        "(1e3, 9e3), 1.0, 'test')\n"
        "    def _diameter(self, impact):\n        return 100 * self.t / impact.speed"
        " + 0 * impact.obliquity + 0 * impact.density\n"
        "    def _borders(self, impact):\n        return []\n"
    )
    monkeypatch.syspath_prepend(tmp_path / "site")
    by_name = load(tmp_path, "", equation="plate_limits_for_test:f")
    assert by_name.critical_diameter(1e3, 0.0, 1e3) == pytest.approx(3.2e-3)
    assert set(by_name.equation_sources) == {
        "plate_limits_for_test",
        "plate_limits_for_test.inner",
    }
    digest = hashlib.sha256(inner.read_bytes()).hexdigest()
    assert by_name.equation_sources["plate_limits_for_test.inner"] == digest
    of_class = load(tmp_path, "", equation="plate_limits_for_test.inner:F")
    assert of_class.critical_diameter(1e3, 0.0, 1e3) == pytest.approx(3.2e-3)
    assert of_class.valid(*IMPACT)


def install(folder: Path, package: str, value: str, monkeypatch) -> None:
    """Install a package with an entry point, as an installer would."""
    site = folder / f"site_{package}"
    info = site / f"{package}-1.2.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.2\n"
    )
    (info / "entry_points.txt").write_text(f"[{own.GROUP}]\nplate_for_test = {value}\n")
    module = value.partition(":")[0]
    code = SIMPLE + "    return wall_thickness * 1e3 / speed\n"
    (site / f"{module}.py").write_text(code)
    monkeypatch.syspath_prepend(site)


def test_an_entry_point(tmp_path, monkeypatch) -> None:
    install(tmp_path, "mmod_test_one", "mmod_test_one_plate:f", monkeypatch)
    assert "plate_for_test" in own.installed()
    shield = load(tmp_path, "", equation="plate_for_test")
    assert shield.equation == "plate_for_test"
    assert shield.critical_diameter(1e3, 0.0, 1e3) == pytest.approx(3.2e-3)
    (origin,) = shield.equation_sources
    assert origin == (
        "plate_for_test = mmod_test_one_plate:f of mmod_test_one 1.2,"
        " mmod_test_one_plate"
    )
    unknown = refused(tmp_path, "", equation="plate_for_tests")["equation"]
    assert "plate_for_test;" in unknown
    install(tmp_path, "mmod_test_two", "mmod_test_two_plate:f", monkeypatch)
    twice = refused(tmp_path, "", equation="plate_for_test")["equation"]
    assert "mmod_test_one 1.2" in twice
    assert "mmod_test_two 1.2" in twice


def test_an_entry_point_that_leads_nowhere(tmp_path, monkeypatch) -> None:
    install(tmp_path, "mmod_test_three", "mmod_test_three_plate:g", monkeypatch)
    found = refused(tmp_path, "", equation="plate_for_test")["equation"]
    assert "AttributeError" in found


def test_entry_points_are_read_only_when_a_card_needs_them(monkeypatch) -> None:
    def never(**_: str) -> None:
        raise AssertionError("entry points were read")

    monkeypatch.setattr(importlib.metadata, "entry_points", never)
    assert load_shield("soyuz_bo").critical_diameter(*IMPACT) > 0.0
    with pytest.raises(AssertionError, match="entry points were read"):
        own.installed()


def test_import_runs_no_foreign_code(tmp_path) -> None:
    """`import mmod` looks for no equation, and stays light."""
    info = tmp_path / "loud-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: loud\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{own.GROUP}]\nloud = loud_limits:f\n")
    (tmp_path / "loud_limits.py").write_text("raise SystemExit('loaded')\n")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import mmod;"
        "assert 'mmod.shields' not in sys.modules;"
        "mmod.load_shield('soyuz_bo'); assert 'loud_limits' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_no_card_of_the_library_names_code() -> None:
    for path in library.available("shield").values():
        assert library.read_toml(path)["equation"] in {"none", *EQUATIONS}, path
