"""The wheel, built from the sdist: what it holds, what it leaves out, its size."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("build")
pytest.importorskip("hatchling")
pytestmark = pytest.mark.slow

LARGEST = 5_000_000  # bytes
FOLDERS = (
    "flux_models",
    "geometry",
    "runs/examples",
    "runs/observations",
    "runs/orbits",
)
LEFT_OUT = ("runs/out", "__pycache__", ".git", "/tests/", ".ipynb_checkpoints")


@pytest.fixture(scope="module")
def built(repo_root, tmp_path_factory):
    """Build in a copy that also has a result of a run and a file nobody asked for."""
    folder = tmp_path_factory.mktemp("build")
    tree = folder / "tree"
    hidden = (".git", ".venv", "dist", "out", "__pycache__", ".*_cache", ".hypothesis")
    shutil.copytree(repo_root, tree, ignore=shutil.ignore_patterns(*hidden))
    out = tree / "runs" / "out"
    out.mkdir()
    (out / "ms09.nc").write_bytes(b"a result")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir"]
    done = subprocess.run(
        [*command, str(folder / "dist"), str(tree)],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = (folder / "dist").glob("*.whl")
    (sdist,) = (folder / "dist").glob("*.tar.gz")
    return tree, wheel, sdist


def names_of(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_every_definition_of_the_checkout_is_in_the_wheel(built):
    tree, wheel, _ = built
    names = names_of(wheel)
    for folder in FOLDERS:
        files = [p for p in (tree / folder).rglob("*") if p.is_file()]
        assert files, f"{folder} is empty"
        for path in files:
            assert f"mmod/_library/{path.relative_to(tree).as_posix()}" in names


def test_every_module_of_the_checkout_is_in_the_wheel(built):
    tree, wheel, _ = built
    names = names_of(wheel)
    wanted = {p.relative_to(tree).as_posix() for p in (tree / "mmod").rglob("*.py")}
    assert wanted <= names
    assert "mmod/py.typed" in names


def test_nothing_else_is_in_the_wheel(built):
    _, wheel, _ = built
    names = names_of(wheel)
    assert {n.split("/")[0].split("-")[0] for n in names} == {"mmod"}
    for word in LEFT_OUT:
        assert not [n for n in names if word in f"/{n}"], word
    suffixes = {Path(n).suffix for n in names if n.startswith("mmod/_library/")}
    assert not suffixes & {".nc", ".py", ".pyc", ".ipynb"}


def test_the_sdist_can_be_tested_and_holds_no_results(built):
    _, _, sdist = built
    with tarfile.open(sdist) as archive:
        names = {n.split("/", 1)[1] for n in archive.getnames() if "/" in n}
    assert {"pyproject.toml", "LICENSE", "tests/conftest.py", "README.md"} <= names
    assert not [n for n in names if n.startswith("runs/out")]


def test_sizes(built):
    _, wheel, sdist = built
    assert wheel.stat().st_size <= LARGEST
    assert sdist.stat().st_size <= 2 * LARGEST


def test_licence_and_script_are_declared(built):
    _, wheel, _ = built
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (metadata,) = (n for n in names if n.endswith(".dist-info/METADATA"))
        (script,) = (n for n in names if n.endswith("entry_points.txt"))
        assert "License-Expression: BSD-3-Clause" in archive.read(metadata).decode()
        assert "mmod = mmod.cli.main:main" in archive.read(script).decode()
    assert any(n.endswith("licenses/LICENSE") for n in names)
