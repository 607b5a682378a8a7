"""Find definitions: run files, vehicles, shields, flux models, observations, orbits.

Order of search: a path relative to the file that names it; then each folder of the
environment variable ``MMOD_PATH``; then the library shipped with the package. The
current directory is never searched, so that the same run file means the same run
everywhere.
"""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mmod.errors import bad

PATH_VARIABLE = "MMOD_PATH"

_LAYOUT: dict[str, tuple[str, str]] = {
    # kind: (folder below a library root, pattern of the card below that folder)
    "flux_model": ("flux_models", "{name}/model.toml"),
    "vehicle": ("geometry", "{name}/vehicle.toml"),
    "shield": ("geometry/shields", "{name}.toml"),
    "materials": ("geometry/shields", "{name}.csv"),
    "run": ("runs/examples", "{name}/run.toml"),
    "observations": ("runs/observations", "{name}.csv"),
    "case": ("runs/observations/cases", "{name}.toml"),
    "marks": ("runs/observations/marks", "{name}.toml"),
    "population": ("runs/observations/populations", "{name}.toml"),
    "altitude_table": ("runs/orbits", "{name}.csv"),
}
KINDS = tuple(_LAYOUT)


def library_root() -> Path:
    """Return the shipped library: beside this file, else the checkout around it."""
    beside = Path(__file__).parent / "_library"
    checkout = Path(__file__).parent.parent
    if beside.is_dir():
        return beside
    if (checkout / "pyproject.toml").is_file() and (checkout / "flux_models").is_dir():
        return checkout
    raise bad(
        __file__, "library", str(beside), "the definitions shipped with the package"
    )


def search_roots() -> list[Path]:
    """Return the library roots in order of search (``MMOD_PATH`` first)."""
    own = [Path(p) for p in os.environ.get(PATH_VARIABLE, "").split(os.pathsep) if p]
    return [*own, library_root()]


def available(kind: str) -> dict[str, Path]:
    """Return every definition of a kind: name -> card (first root found wins)."""
    folder, pattern = _LAYOUT[kind]
    found: dict[str, Path] = {}
    for root in search_roots():
        for name, path in _cards(root / folder, pattern):
            found.setdefault(name, path)
    return dict(sorted(found.items()))


def _cards(folder: Path, pattern: str) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.glob(pattern.format(name="*"))):
        yield (path.parent.name if "/" in pattern else path.stem), path


def resolve(
    kind: str,
    name: str,
    *,
    relative_to: Path | None = None,
    source: str = "<argument>",
    key: str = "name",
) -> Path:
    """Return the card of a definition.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    name : str
        A library name, or a path to a card (absolute, or relative to
        ``relative_to``).
    relative_to : Path, optional
        Folder of the file that names the definition.
    source, key : str
        Who asks, for the error message.

    Returns
    -------
    Path
        The card.

    Raises
    ------
    InputError
        When nothing is found; lists what the library has.
    """
    candidate = Path(name)
    if candidate.is_absolute() and candidate.is_file():
        return candidate
    if relative_to is not None:
        local = relative_to / candidate
        if local.is_file():
            return local.resolve()
        _, pattern = _LAYOUT[kind]
        inside = local / pattern.rsplit("/", maxsplit=1)[-1]
        if local.is_dir() and "{name}" not in inside.name and inside.is_file():
            return inside.resolve()
    found = available(kind)
    if name in found:
        return found[name]
    raise bad(
        source,
        key,
        name,
        f"the name of a {kind.replace('_', ' ')} in the library"
        f" ({', '.join(found) or 'none'}) or the path of its card",
    )


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML card.

    Raises
    ------
    InputError
        When the file cannot be read or is not TOML (with line and column).
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise bad(path, "file", error.strerror, "a readable file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise bad(path, "syntax", str(error), "valid TOML in UTF-8") from None


def distinct_labels(files: Sequence[tuple[str, Path]], parents: int = 0) -> list[str]:
    """Name files by a prefix and their name, where that tells them apart.

    Parameters
    ----------
    files : sequence of (str, Path)
        Prefix of the label, and the file.
    parents : int
        Parent folders that every label has.

    Returns
    -------
    list of str
        A label for each; other files of one label get as many more parent folders as
        it takes, so that a label stays the same on every machine.
    """
    parts = [path.absolute().parts[1:] for _, path in files]
    same = [path.resolve() for _, path in files]
    depth = [min(parents, len(names) - 1) for names in parts]
    while True:
        labels = [
            prefix + "/".join(names[-1 - count :])
            for (prefix, _), names, count in zip(files, parts, depth, strict=True)
        ]
        held: dict[str, set[Path]] = {}
        for label, path in zip(labels, same, strict=True):
            held.setdefault(label, set()).add(path)
        clash = [
            i
            for i, label in enumerate(labels)
            if len(held[label]) > 1 and depth[i] < len(parts[i]) - 1
        ]
        if not clash:
            return labels
        for i in clash:
            depth[i] += 1


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, for the provenance of results."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
