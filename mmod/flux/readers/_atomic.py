"""Write a file all or nothing."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mmod.errors import bad


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a name beside the target to write to; at the end it becomes the target.

    Parameters
    ----------
    path : path
        File that will be written; an existing one is replaced once the new one is
        complete.

    Yields
    ------
    Path
        Name of the part file.

    Raises
    ------
    InputError
        When the target is a folder, or its folder is missing or cannot be written.

    Notes
    -----
    The part is flushed to disk before it is renamed. A failure or an interrupt leaves
    nothing behind and an older file untouched.
    """
    target = Path(path)
    if target.is_dir():
        raise bad(target, "path", "a folder", "the name of a file to write")
    if not target.parent.is_dir():
        raise bad(target, "path", str(target.parent), "a folder that exists")
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        yield part
        with part.open("rb") as handle:
            os.fsync(handle.fileno())
        part.replace(target)
    except OSError as error:
        reason = error.strerror or str(error)
        raise bad(target, "path", reason, "a writable file") from error
    finally:
        part.unlink(missing_ok=True)
