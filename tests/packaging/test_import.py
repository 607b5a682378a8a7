"""``import mmod`` is light, and its public names are few and come when asked for."""

from __future__ import annotations

import ast
import importlib.metadata
import os
import subprocess
import sys
from pathlib import Path

import pytest

import mmod

HEAVY = (
    "numba",
    "netCDF4",
    "pydantic",
    "dask",
    "distributed",
    "matplotlib",
    "pyvista",
    "scipy",
    "xarray",
    "numpy",
)


def loaded_after(code: str) -> set[str]:
    probe = f"{code}\nimport sys\nprint(*[m for m in {HEAVY!r} if m in sys.modules])"
    places = [str(Path(mmod.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    done = subprocess.run(
        [sys.executable, "-c", probe],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, places))},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_import_loads_nothing_heavy():
    assert loaded_after("import mmod") == set()


def test_the_probe_notices_a_heavy_import():
    assert "numpy" in loaded_after("import mmod\nimport numpy")


@pytest.mark.parametrize(
    "package", ["config", "flux", "geometry", "shields", "results"]
)
def test_packages_import_neither_dask_nor_plots(package):
    found = loaded_after(f"import mmod.{package}")
    assert not found & {"dask", "distributed", "matplotlib", "pyvista"}


def test_public_names():
    assert len(mmod.__all__) <= 20
    assert sorted(mmod.__all__) == dir(mmod)
    for name in mmod.__all__:
        assert getattr(mmod, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = mmod.nonsense


def test_errors_are_the_ones_raised():
    with pytest.raises(mmod.InputError):
        mmod.load_run("no_such_run")
    assert issubclass(mmod.InputError, mmod.MmodError)
    assert issubclass(mmod.InputError, ValueError)


def test_type_checkers_see_the_same_names():
    tree = ast.parse(Path(mmod.__file__).read_text(encoding="utf-8"))
    guarded = next(
        node
        for node in tree.body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    )
    typed = {
        alias.name: node.module
        for node in guarded.body
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("mmod")
        for alias in node.names
    }
    assert typed == mmod._PUBLIC
    assert {*typed, "__version__"} == set(mmod.__all__)


def test_version_is_that_of_the_distribution():
    try:
        installed = importlib.metadata.version("mmod")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("mmod is not installed: the checkout is tested in place")
    assert mmod.__version__ == installed


@pytest.mark.parametrize(
    "order",
    [
        "import mmod, xarray as xr",
        "import xarray as xr, mmod",
        "import mmod, mmod.results.accessor, xarray as xr",
        "import importlib, mmod; xr = importlib.import_module('xarray')",
    ],
)
def test_plain_xarray_has_the_accessor(order):
    code = f"{order}\nassert hasattr(xr.DataTree, 'mmod'), 'no accessor'"
    assert "xarray" in loaded_after(code)
