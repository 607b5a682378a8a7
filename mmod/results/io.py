"""Write and read result files: netCDF-4, all or nothing."""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from mmod.errors import InputError, Problem, bad
from mmod.results import schema

_COMPRESSION = {"zlib": True, "complevel": 1, "shuffle": True}
_SMALL = 4096
"""Arrays up to this size [byte] are stored as they are: faster and not larger."""
_WANTED = f"a result file of mmod, format version {schema.FORMAT_VERSION}"


def check_writable(path: str | os.PathLike[str]) -> Path:
    """Return the path when a result file can be written there.

    Call it before computing. It writes and removes an empty file beside the path.

    Parameters
    ----------
    path : path
        File that will be written (it may exist and is then replaced).

    Returns
    -------
    Path
        The path.

    Raises
    ------
    InputError
        When the folder is missing or not writable, or the path is a folder.
    """
    target = Path(path)
    if target.is_dir():
        raise bad(target, "output", "a folder", "the name of a file to write")
    if not target.parent.is_dir():
        raise bad(target, "output", str(target.parent), "a folder that exists")
    try:
        with tempfile.TemporaryFile(dir=target.parent):
            pass
    except OSError as error:
        expected = f"a writable folder ({error.strerror})"
        raise bad(target, "output", str(target.parent), expected) from None
    return target


def save(tree: xr.DataTree, path: str | os.PathLike[str]) -> Path:
    """Write a result tree to a netCDF-4 file, all or nothing.

    Parameters
    ----------
    tree : xarray.DataTree
        Result of `mmod.run` or `mmod.results.build`.
    path : path
        File to write; an existing one is replaced once the new one is complete.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        When the tree is not a result or the file cannot be written.

    Notes
    -----
    Written beside the target under another name, flushed to disk and renamed; a
    failure or an interrupt leaves nothing behind and an older file untouched. Each
    group also holds the coordinates that it inherits, so that it opens alone.
    """
    problems = _problems(tree, "<tree>")
    if problems:
        raise InputError(problems)
    target = check_writable(path)
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        _write(tree, part)
        _flush(part)
        part.replace(target)
        _flush(target.parent)
    except OSError as error:
        expected = f"a writable file ({error.strerror or error})"
        raise bad(target, "output", str(target), expected) from error
    finally:
        part.unlink(missing_ok=True)
    return target


def open_results(path: str | os.PathLike[str]) -> xr.DataTree:
    """Read a result file into memory.

    Parameters
    ----------
    path : path
        File written by `save`.

    Returns
    -------
    xarray.DataTree
        The result; the file is closed again.

    Raises
    ------
    InputError
        When the file is missing, truncated, not a result, of an unknown or newer
        format version, or lacks variables; names everything that is missing.
    """
    source = Path(path)
    if not source.is_file():
        raise bad(source, "file", "not found", _WANTED)
    _check_header(source)
    try:
        with xr.open_datatree(source, engine="netcdf4") as opened:
            tree = xr.DataTree.from_dict(
                {
                    node.path: node.to_dataset(inherit=False).load()
                    for node in opened.subtree
                }
            )
    except (OSError, RuntimeError, ValueError, KeyError, IndexError) as error:
        raise bad(source, "content", str(error), f"{_WANTED}, complete") from None
    problems = _problems(tree, str(source))
    if problems:
        raise InputError(problems)
    return tree


def _check_header(source: Path) -> None:
    """Refuse what is not netCDF, not ours, or of another version."""
    from netCDF4 import Dataset

    try:
        with Dataset(source, "r") as file:
            attrs = {name: file.getncattr(name) for name in file.ncattrs()}
    except (OSError, RuntimeError) as error:
        raise bad(source, "file", str(error), f"{_WANTED} (netCDF-4)") from None
    if attrs.get("mmod_format") != schema.FORMAT:
        found = attrs.get("mmod_format", attrs.get("Conventions", "missing"))
        raise bad(source, "mmod_format", found, _WANTED)
    _check_version(str(source), str(attrs.get("mmod_format_version", "missing")))


def _check_version(source: str, version: str) -> None:
    if version in schema.READABLE_VERSIONS:
        return
    expected = f"{' or '.join(schema.READABLE_VERSIONS)}, which this program reads"
    try:
        newer = _numbers(version) > _numbers(schema.FORMAT_VERSION)
    except ValueError:
        newer = False
    if newer:
        expected += "; the file is newer: update mmod"
    raise bad(source, "mmod_format_version", version, expected)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _problems(tree: xr.DataTree, source: str) -> list[Problem]:
    """Return what a tree lacks of the format."""
    found: list[Problem] = []
    if tree.attrs.get("mmod_format") != schema.FORMAT:
        value = tree.attrs.get("mmod_format", "missing")
        return [Problem(source, "mmod_format", value, _WANTED)]
    nodes = {node.path: node for node in tree.subtree}
    found.extend(
        Problem(source, group, "missing", "the group is there")
        for group in schema.GROUPS
        if group not in nodes
    )
    for path, node in nodes.items():
        for name, spec in schema.VARIABLES.get(schema.group_key(path), {}).items():
            where = f"{path.rstrip('/')}/{name}"
            if spec.optional and name not in node.variables:
                continue
            if name not in node.variables:
                found.append(Problem(source, where, "missing", "the variable is there"))
            elif node[name].dims != spec.dims:
                dims = node[name].dims
                found.append(Problem(source, where, dims, f"dimensions {spec.dims}"))
    return found


def _write(tree: xr.DataTree, path: Path) -> None:
    """Write every group, each with the inherited coordinates that it uses."""
    from netCDF4 import Dataset

    with Dataset(path, "w", format="NETCDF4") as file:
        for node in tree.subtree:
            group = node.to_dataset(inherit=False)
            used = {d for v in group.data_vars.values() for d in v.dims}
            inherited = {
                name: coord
                for name, coord in node.coords.items()
                if name not in group.variables and name in used
            }
            data = group.assign_coords(inherited).drop_encoding()
            target = file if node.path == "/" else file.createGroup(node.path)
            data.dump_to_store(
                xr.backends.NetCDF4DataStore(target),  # type: ignore[no-untyped-call]
                encoding={str(n): _encoding(v) for n, v in data.variables.items()},
            )


def _encoding(variable: xr.Variable) -> dict[str, Any]:
    kind = variable.dtype.kind
    if kind not in "fiub":
        return {}
    encoding: dict[str, Any] = dict(_COMPRESSION) if variable.nbytes > _SMALL else {}
    encoding["_FillValue"] = np.nan if kind == "f" and _has_gaps(variable) else None
    return encoding


def _has_gaps(variable: xr.Variable) -> bool:
    return bool(np.isnan(variable.values).any())


def _flush(path: Path) -> None:
    """Make a file, or the names in a folder, survive a power cut."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:  # folders cannot be opened everywhere
        return
    try:
        os.fsync(handle)
    except OSError:
        if path.is_file():
            raise
    finally:
        os.close(handle)
