"""Finished chunks kept in a folder, so that a run that was cut short goes on from there.

The results of a chunk are a function of the arrays of the run, of the kernels, and of
the chunk: faces, samples, round. A file is named by the last, the folder answers for
the first two. A run that finds a chunk there gives the bits it would have computed.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import platform
import secrets
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmod.engine.problem import Payload
from mmod.engine.work import Backend, Chunk, Done, ImportanceChunk, VisibilityChunk
from mmod.errors import InputError, Problem, bad
from mmod.kernel._jit import source_digest
from mmod.kernel.tally import FaceTally

FORMAT = 1
MANIFEST = "checkpoint.json"
_SUFFIX = ".npz"
_DAMAGED = (
    OSError,
    EOFError,
    KeyError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,  # a zip header whose bits ask for another method
)


@dataclass
class Checkpointed:
    """A backend that keeps what is finished and computes what is missing.

    Parameters
    ----------
    backend : Backend
        Computes the missing chunks.
    folder : Path
        From `open_checkpoint`.
    """

    backend: Backend
    folder: Path
    restored: int = 0

    def map(
        self, payload: Payload, chunks: Sequence[Chunk], done: Done
    ) -> list[list[Any]]:
        """Return each chunk's results, in the order of the chunks."""
        results: list[list[Any] | None] = [_load(self.folder, c) for c in chunks]
        for chunk, found in zip(chunks, results, strict=True):
            if found is not None:
                self.restored += 1
                done(chunk, found)
        missing = [i for i, found in enumerate(results) if found is None]

        def keep(chunk: Chunk, values: list[Any]) -> None:
            _save(self.folder, chunk, values)
            done(chunk, values)

        computed = self.backend.map(payload, [chunks[i] for i in missing], keep)
        for i, values in zip(missing, computed, strict=True):
            results[i] = values
        return [found for found in results if found is not None]

    def describe(self) -> str:
        """Say what this is, for the log."""
        return f"{self.backend.describe()}, finished parts kept in {self.folder}"


def open_checkpoint(folder: str | os.PathLike[str], payload: Payload) -> Path:
    """Return a folder for the finished chunks of a run: a new one, or its own.

    Parameters
    ----------
    folder : path
        Made, with its parents, where it does not exist.
    payload : Payload
        All arrays of the run.

    Returns
    -------
    Path

    Raises
    ------
    InputError
        When the folder cannot be written, holds something else, or belongs to another
        run, other inputs or other software: every difference at once.
    """
    path = Path(folder)
    ours = _manifest(payload)
    try:
        path.mkdir(parents=True, exist_ok=True)
        manifest = path / MANIFEST
        if not manifest.exists():
            foreign = sorted(p.name for p in path.iterdir() if not _is_part(p))
            if foreign:
                expected = "an empty folder, or one that a run began to fill"
                raise bad(path, "checkpoint", foreign[0], expected)
            _write(manifest, json.dumps(ours, indent=1).encode())
            return path
        content = manifest.read_bytes()
    except OSError as error:
        expected = f"a writable folder ({error.strerror or error})"
        raise bad("argument", "checkpoint", str(path), expected) from None
    try:
        theirs = json.loads(content)
    except ValueError:
        expected = "what a run wrote; remove the folder"
        raise bad(manifest, "content", "no JSON", expected) from None
    differences = [
        Problem(
            str(path / MANIFEST),
            key,
            theirs.get(key) if isinstance(theirs, dict) else theirs,
            f"{value!r}, as of this run; give it another folder",
        )
        for key, value in ours.items()
        if not isinstance(theirs, dict) or theirs.get(key) != value
    ]
    if differences:
        raise InputError(differences)
    return path


def remove_checkpoint(folder: str | os.PathLike[str]) -> None:
    """Remove the files of a checkpoint, and its folder where nothing else is in it.

    Parameters
    ----------
    folder : path
        As given to `open_checkpoint`.
    """
    path = Path(folder)
    for part in [p for p in path.iterdir() if _is_part(p)]:
        part.unlink(missing_ok=True)
    (path / MANIFEST).unlink(missing_ok=True)
    if not any(path.iterdir()):
        path.rmdir()


def _is_part(path: Path) -> bool:
    return path.name.startswith(("part-", ".part-"))


def _manifest(payload: Payload) -> dict[str, Any]:
    import llvmlite
    import numba

    digest = hashlib.sha256()
    _feed(digest, payload)
    return {
        "checkpoint_format": FORMAT,
        "inputs_sha256": digest.hexdigest(),
        "kernels_sha256": source_digest(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "numba": numba.__version__,
        "llvmlite": llvmlite.__version__,
        "machine": platform.machine(),
    }


def _feed(digest: Any, value: Any) -> None:
    """Add a value, or all values inside it, to a digest, with types and shapes."""
    digest.update(type(value).__name__.encode())
    if isinstance(value, np.ndarray):
        digest.update(f"{value.dtype.str}{value.shape}".encode())
        digest.update(np.ascontiguousarray(value).data)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            digest.update(field.name.encode())
            _feed(digest, getattr(value, field.name))
    elif isinstance(value, tuple):
        digest.update(str(len(value)).encode())
        for item in value:
            _feed(digest, item)
    else:
        digest.update(repr(value).encode())


def _name(chunk: Chunk) -> str:
    if isinstance(chunk, ImportanceChunk):
        parts: tuple[Any, ...] = (
            chunk.phase,
            chunk.round,
            *(b.members for b in chunk.blocks),
            *chunk.samples,
        )
    elif isinstance(chunk, VisibilityChunk):
        parts = tuple(b.members for b in chunk.blocks)
    else:
        raise TypeError(f"{type(chunk).__name__} is not kept in checkpoints")
    digest = hashlib.sha256(type(chunk).__name__.encode())
    _feed(digest, parts)
    return f"part-{digest.hexdigest()[:40]}{_SUFFIX}"


def _save(folder: Path, chunk: Chunk, values: list[Any]) -> None:
    arrays: dict[str, Any] = {}
    for i, value in enumerate(values):
        if isinstance(value, FaceTally):
            arrays |= {f"{i}.{k}": v for k, v in value._asdict().items()}
        else:
            arrays[f"{i}"] = value
    target = folder / _name(chunk)
    part = target.with_name(f".{target.stem}.{secrets.token_hex(4)}")
    try:
        with part.open("wb") as file:
            np.savez(file, **arrays)
        part.replace(target)
    except OSError as error:
        expected = f"a folder with room ({error.strerror or error})"
        raise bad("argument", "checkpoint", str(folder), expected) from None
    finally:
        part.unlink(missing_ok=True)


def _load(folder: Path, chunk: Chunk) -> list[Any] | None:
    """Return the results of a chunk, None where they are not whole and sound."""
    path = folder / _name(chunk)
    if not path.is_file():
        return None
    names = FaceTally._fields if isinstance(chunk, ImportanceChunk) else None
    blocks = getattr(chunk, "blocks", ())
    try:
        # Zip files hold a checksum of every array: what is damaged does not load.
        with np.load(path, allow_pickle=False) as file:
            if names is None:
                return [file[f"{i}"] for i in range(len(blocks))]
            return [
                FaceTally(*(file[f"{i}.{name}"] for name in names))
                for i in range(len(blocks))
            ]
    except _DAMAGED:
        return None


def _write(path: Path, content: bytes) -> None:
    part = path.with_name(f".part-{secrets.token_hex(4)}")
    try:
        part.write_bytes(content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
