"""Files: round trip, all or nothing, refusal of what is not a result."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import xarray as xr
from unit.results import synthetic

import mmod.results.io as io
from mmod.errors import InputError
from mmod.results import build, check_writable, open_results, save


@pytest.fixture(scope="module")
def tree():
    return build(synthetic.outcome())


@pytest.fixture(scope="module")
def saved(tree, tmp_path_factory):
    return save(tree, tmp_path_factory.mktemp("saved") / "result.nc")


@pytest.fixture
def file(saved, tmp_path):
    """A copy that a test may change."""
    return Path(shutil.copy(saved, tmp_path / "result.nc"))


def test_round_trip_is_identical(tree, file):
    opened = open_results(file)
    assert tree.identical(opened)
    for node in tree.subtree:
        left = node.to_dataset(inherit=False)
        xr.testing.assert_identical(left, opened[node.path].to_dataset(inherit=False))
        for name, variable in left.variables.items():
            other = opened[node.path].to_dataset(inherit=False).variables[name]
            if variable.dtype.kind in "fiub":
                assert other.dtype == variable.dtype, name
                assert other.values.tobytes() == variable.values.tobytes(), name
    again = save(opened, file.with_name("again.nc"))
    assert open_results(again).identical(tree)
    assert opened.mmod.report() == tree.mmod.report()


def test_round_trip_without_events(tmp_path):
    outcome = synthetic.outcome()
    empty = {k: v[:0] for k, v in outcome.events.items()}
    tree = build(replace(outcome, events=empty, threats=[]))
    assert open_results(save(tree, tmp_path / "a.nc")).identical(tree)


def test_saves_nothing_but_the_file(tree, tmp_path):
    save(tree, tmp_path / "result.nc")
    save(tree, tmp_path / "result.nc")  # replaced
    assert [p.name for p in tmp_path.iterdir()] == ["result.nc"]
    mode = stat.S_IMODE((tmp_path / "result.nc").stat().st_mode)
    assert mode & stat.S_IRUSR


@pytest.mark.parametrize("error", [OSError("no space left"), KeyboardInterrupt()])
def test_failure_leaves_nothing_behind(tree, tmp_path, monkeypatch, error):
    kept = save(tree, tmp_path / "result.nc").read_bytes()

    def fail(*_args):
        raise error

    monkeypatch.setattr(io, "_flush", fail)
    with pytest.raises((InputError, KeyboardInterrupt)):
        save(tree, tmp_path / "result.nc")
    assert [p.name for p in tmp_path.iterdir()] == ["result.nc"]
    assert (tmp_path / "result.nc").read_bytes() == kept


def test_each_group_opens_alone(tree, file):
    for node in tree.subtree:
        with xr.open_dataset(file, group=node.path) as alone:
            for dim in set(alone.dims) & {"environment", "damage", "zone", "model"}:
                assert dim in alone.coords, (node.path, dim)
    with xr.open_dataset(file, group="zones") as zones:
        number = zones["expected"].sel(
            zone="cube.box.ram", environment="total", damage="penetration"
        )
        assert float(number) == float(
            tree["zones"]["expected"].sel(
                zone="cube.box.ram", environment="total", damage="penetration"
            )
        )


@pytest.mark.filterwarnings("ignore:No standard_name:UserWarning")  # not a map
@pytest.mark.filterwarnings("ignore:No CRS:UserWarning")
def test_xugrid_reads_mesh_and_faces(tree, file):
    xugrid = pytest.importorskip("xugrid")
    data = xugrid.open_dataset(file)
    assert data.ugrid.grid.n_face == tree.sizes["face"]
    assert data.ugrid.grid.n_node == tree.sizes["node"]
    faces = np.asarray(data.ugrid.grid.face_node_connectivity)
    assert (faces == tree["mesh_face_nodes"].values).all()
    assert data["expected"].values == pytest.approx(
        tree["expected"].values, nan_ok=True
    )
    assert (data["mesh_node_z"].values == tree["mesh_node_z"].values).all()


@pytest.mark.filterwarnings("ignore")  # of the libraries that it pulls in
def test_uxarray_reads_mesh_and_faces(tree, file):
    uxarray = pytest.importorskip("uxarray")
    data = uxarray.open_dataset(file, file)
    assert data.uxgrid.n_face == tree.sizes["face"]
    assert data["area"].values == pytest.approx(tree["area"].values)


def _rewrite(file, **attrs):
    with netCDF4.Dataset(file, "a") as opened:
        for name, value in attrs.items():
            opened.setncattr(name, value)


@pytest.mark.parametrize("version", ["1.2", "2.0", "0.9", "one", ""])
def test_other_versions_are_refused(file, version):
    _rewrite(file, mmod_format_version=version)
    with pytest.raises(InputError) as caught:
        open_results(file)
    (problem,) = caught.value.problems
    assert problem.source == str(file)
    assert problem.key == "mmod_format_version"
    assert "1.0" in problem.expected
    assert ("newer" in problem.expected) == (version in {"1.2", "2.0"})


def test_foreign_and_damaged_files_are_refused(file, tmp_path):
    foreign = tmp_path / "foreign.nc"
    xr.Dataset({"a": ("x", [1.0])}).to_netcdf(foreign, engine="netcdf4")
    text = tmp_path / "text.nc"
    text.write_text("not a netCDF file")
    empty = tmp_path / "empty.nc"
    empty.touch()
    whole = file.read_bytes()
    cut = []
    for share in (0.3, 0.7, 0.99):
        part = tmp_path / f"cut_{share}.nc"
        part.write_bytes(whole[: int(share * len(whole))])
        cut.append(part)
    for bad in (foreign, text, empty, *cut, tmp_path / "absent.nc", tmp_path):
        with pytest.raises(InputError) as caught:
            open_results(bad)
        assert str(bad) in str(caught.value)
        assert "format version 1.1" in str(caught.value)


def test_missing_variables_are_all_named(file):
    with netCDF4.Dataset(file, "a") as opened:
        opened.renameVariable("area", "surface")
        opened["zones"].renameVariable("expected", "number")
    with pytest.raises(InputError) as caught:
        open_results(file)
    assert {p.key for p in caught.value.problems} == {"/area", "/zones/expected"}


def test_unwritable_output_is_refused(tree, tmp_path, monkeypatch):
    for path in (tmp_path, tmp_path / "missing" / "a.nc"):
        with pytest.raises(InputError):
            check_writable(path)
        with pytest.raises(InputError):
            save(tree, path)

    def refuse(*_args, **_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(io.tempfile, "TemporaryFile", refuse)
    with pytest.raises(InputError, match="writable") as caught:
        check_writable(tmp_path / "a.nc")
    (problem,) = caught.value.problems
    assert problem.value == str(tmp_path)  # what is wrong, and why it is
    assert "Permission denied" in problem.expected
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(os.name != "posix" or os.getuid() == 0, reason="needs permissions")
def test_read_only_folder_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(InputError, match="writable"):
            check_writable(tmp_path / "a.nc")
    finally:
        tmp_path.chmod(0o700)


def test_other_trees_are_refused(tmp_path):
    with pytest.raises(InputError, match="mmod_format"):
        save(xr.DataTree(), tmp_path / "a.nc")
    assert not list(tmp_path.iterdir())


def test_import_is_light():
    code = (
        "import sys, mmod.results, mmod.stats, mmod.plot;"
        "print([m for m in ('dask', 'matplotlib', 'pyvista', 'netCDF4') if m in sys.modules])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"
