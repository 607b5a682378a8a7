"""Imports point down only; a planted import in the wrong direction is caught."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("importlinter")

PLANTED = [
    # module, offending line, words of the contract that must break
    ("kernel/planted.py", "import mmod.results", "layers point down only"),
    ("flux/planted.py", "import mmod.shields", "layers point down only"),
    ("results/planted.py", "import mmod.engine", "layers point down only"),
    ("library.py", "import mmod.config", "layers point down only"),
    ("kernel/planted.py", "import scipy.stats", "kernel knows numpy and numba alone"),
    ("engine/planted.py", "import dask", "dask only in engine.dask_backend"),
    ("results/planted.py", "import distributed", "dask only in engine.dask_backend"),
    ("cli/planted.py", "import matplotlib", "matplotlib and pyvista only in plot"),
    ("engine/planted.py", "import pyvista", "matplotlib and pyvista only in plot"),
]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the package in `folder`."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONSAFEPATH"}
    environment |= {"PYTHONPATH": str(folder), "NO_COLOR": "1", "COLUMNS": "200"}
    command = "from importlinter.cli import lint_imports_command as run; run()"
    return subprocess.run(
        [sys.executable, "-c", command, "--config", "pyproject.toml", "--no-cache"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(repo_root, tmp_path):
    """A copy of the package and of its contracts."""
    skip = shutil.ignore_patterns("__pycache__", "_library")
    shutil.copytree(repo_root / "mmod", tmp_path / "mmod", ignore=skip)
    shutil.copy(repo_root / "pyproject.toml", tmp_path)
    return tmp_path


def test_layers_hold(copy):
    result = lint(copy)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 broken" in result.stdout


@pytest.mark.parametrize(("module", "line", "contract"), PLANTED)
def test_planted_import_is_caught(copy, module, line, contract):
    path = copy / "mmod" / module
    kept = path.read_text(encoding="utf-8") if path.is_file() else ""
    path.write_text(f"{kept}\n{line}\n", encoding="utf-8")
    result = lint(copy)
    assert result.returncode == 1, result.stdout + result.stderr
    broken = [s for s in result.stdout.splitlines() if " BROKEN" in s]
    assert any(s.startswith(contract) for s in broken), result.stdout


LIGHT = {
    "mmod": ("dask", "distributed", "matplotlib", "pyvista", "numba", "netCDF4"),
    "mmod.config": ("dask", "distributed", "matplotlib", "pyvista"),
    "mmod.flux": ("dask", "distributed", "matplotlib", "pyvista"),
    "mmod.geometry": ("dask", "distributed", "matplotlib", "pyvista"),
    "mmod.results": ("dask", "distributed", "matplotlib", "pyvista"),
    "mmod.shields": ("dask", "distributed", "matplotlib", "pyvista"),
}


@pytest.mark.parametrize("module", LIGHT)
def test_import_is_light(module):
    code = (
        f"import sys, {module}; print(*sorted(m for m in sys.modules if '.' not in m))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    heavy = set(result.stdout.split()) & set(LIGHT[module])
    assert not heavy, f"import {module} loads {sorted(heavy)}"
