"""Read a run file: TOML -> `RunConfig`, with every problem at once."""

from __future__ import annotations

import copy
import difflib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from mmod.config import consistency
from mmod.config.fields import CROSS_ERROR, Expect, as_utc
from mmod.config.schema import RunConfig
from mmod.errors import InputError, Problem, bad
from mmod.library import available, read_toml, resolve

OVERRIDE = "override"
"""Source of problems in values that came from outside the file (``--set``)."""
_KEYED_BY_ZONE = frozenset({"shields", "element_size_m"})
_EITHER_OR = {
    "sampling.samples": "sampling.target_relative_error",
    "sampling.target_relative_error": "sampling.samples",
}


def load_run(
    name_or_path: str | os.PathLike[str], *, overrides: Mapping[str, Any] | None = None
) -> RunConfig:
    """Read a run.

    Parameters
    ----------
    name_or_path : str or path
        A run of the library (``"soyuz_ms09"``), or the path of a run file or of its
        folder. Text without a folder separator and without ``.toml`` is a name; write
        ``./my_run`` for a folder of the current directory.
    overrides : mapping, optional
        Dotted key -> value in place of the file's, e.g.
        ``{"sampling.samples": 100000, "phase[0].altitude_km": 410.0}``. Of
        ``samples`` and ``target_relative_error`` the overridden one drops the other.

    Returns
    -------
    RunConfig
        The run, defaults resolved; its ``path`` is the file.

    Raises
    ------
    InputError
        With every problem found: file, key, value and what was expected.

    Notes
    -----
    Definitions that the run names (vehicle, flux models, shields) are looked up when it
    is checked or run, not here.

    Examples
    --------
    >>> from mmod import load_run
    >>> load_run("plate").name
    'plate'
    """
    path = find_run(name_or_path)
    raw = read_toml(path)
    return parse_run(raw, source=path, overrides=overrides)


def find_run(name_or_path: str | os.PathLike[str]) -> Path:
    """Return the file of a run (see `load_run` for what is a name and what a path)."""
    text = os.fspath(name_or_path)
    is_path = (
        not isinstance(name_or_path, str)
        or "/" in text
        or os.sep in text
        or text.endswith(".toml")
        or text in {".", ".."}
    )
    if not is_path:
        if text not in available("run") and Path(text, "run.toml").is_file():
            raise bad(
                "<argument>",
                "run",
                text,
                f"a run in the library, or ./{text} for the folder of that name",
            )
        return resolve("run", text, source="<argument>", key="run")
    path = Path(text)
    file = path / "run.toml" if path.is_dir() else path
    if not file.is_file():
        raise bad("<argument>", "run", text, "a run file, or a folder with a run.toml")
    return file.resolve()


def parse_run(
    raw: Mapping[str, Any],
    *,
    source: str | os.PathLike[str] = "<run>",
    overrides: Mapping[str, Any] | None = None,
) -> RunConfig:
    """Return the run that a table describes.

    Parameters
    ----------
    raw : mapping
        What a run file holds, as `tomllib` returns it.
    source : str or path
        File for error messages; a path becomes the run's ``path``.
    overrides : mapping, optional
        As in `load_run`.

    Returns
    -------
    RunConfig
        The run, defaults resolved.

    Raises
    ------
    InputError
        With every problem found.
    """
    table, problems = _override(raw, overrides or {})
    try:
        config = RunConfig.model_validate(table)
    except ValidationError as error:
        found = [*_problems(error), *consistency.contradictions(table)]
        problems += [
            Problem(_blame(key, overrides, source), key, value, expected)
            for key, value, expected in found
        ]
    if problems:
        raise InputError(problems)
    config._path = Path(source) if isinstance(source, os.PathLike) else None
    return config


def _blame(
    key: str, overrides: Mapping[str, Any] | None, source: str | os.PathLike[str]
) -> str:
    for name in overrides or {}:
        typed = _dotted(_steps(name))
        inner, outer = sorted((typed, key), key=len, reverse=True)
        if inner == outer or inner.startswith((f"{outer}.", f"{outer}[")):
            return OVERRIDE
    return os.fspath(source)


# -- overrides ---------------------------------------------------------------------


def _steps(key: str) -> list[str | int]:
    """Split ``phase[0].altitude_km`` or ``phase.0.altitude_km`` into its steps.

    Below a table whose keys are names of zones, which have dots, the rest is one key.
    """
    head, _, rest = key.partition(".")
    if head in _KEYED_BY_ZONE and rest:
        return [head, rest]
    parts = [p for p in re.split(r"\.|\[|\]", key) if p]
    return [int(p) if p.isdecimal() else p for p in parts]


def _dotted(steps: list[str | int]) -> str:
    text = "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in steps)
    return text.removeprefix(".")


def _override(
    raw: Mapping[str, Any], overrides: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Problem]]:
    table: dict[str, Any] = copy.deepcopy(dict(raw))
    problems = []
    for key, value in overrides.items():
        rival = _EITHER_OR.get(key)
        sampling = table.get("sampling")
        if rival is not None and rival not in overrides and isinstance(sampling, dict):
            sampling.pop(rival.rpartition(".")[2], None)
        if expected := _put(table, _steps(key), value):
            problems.append(Problem(OVERRIDE, key, value, expected))
    return table, problems


def _put(table: dict[str, Any], steps: list[str | int], value: object) -> str:
    """Set a value below a table; return what was expected where that cannot be done."""
    if not steps:
        return "a dotted key, e.g. sampling.samples"
    here: Any = table
    for depth, step in enumerate(steps):
        last = depth == len(steps) - 1
        if isinstance(here, list):
            if not isinstance(step, int) or step >= len(here):
                count = len(here)
                return f"an index of 0 to {count - 1} after {_dotted(steps[:depth])}"
        elif not isinstance(here, dict) or isinstance(step, int):
            return (
                f"a key that exists: {_dotted(steps[:depth]) or 'the run'} has no part"
            )
        if last:
            here[step] = value
        elif isinstance(here, dict):
            here = here.setdefault(step, {})
        else:
            here = here[step]
    return ""


# -- pydantic's errors in the words of the field -------------------------------------


def _problems(error: ValidationError) -> list[tuple[str, object, str]]:
    found: list[tuple[str, object, str]] = []
    for item in error.errors(include_url=False):
        context = item.get("ctx", {})
        if item["type"] == CROSS_ERROR:
            continue  # found again, with those of a file that has other mistakes
        if "problems" in context:
            found.extend(context["problems"])
            continue
        key, expect, known = _field(item["loc"])
        value = item["input"]
        if item["type"] == "extra_forbidden":
            near = difflib.get_close_matches(str(item["loc"][-1]), known, n=1)
            guess = f" (did you mean {near[0]}?)" if near else ""
            found.append((key, value, f"a known key{guess}: {', '.join(known)}"))
        elif item["type"] == "missing":
            found.append((key, None, f"{expect.text} (the key is missing)"))
        elif "expected" in context and item["type"].startswith("mmod"):
            found.append((key, _shown(value), str(context["expected"])))
        else:
            found.append((key, _shown(value), expect.sentence(value)))
    return found


def _shown(value: object) -> object:
    moment = as_utc(value)
    return value if moment is None else consistency.utc(moment)


def _field(location: tuple[int | str, ...]) -> tuple[str, Expect, list[str]]:
    """Return the dotted key of an error, what was expected there and the known keys."""
    model: type[BaseModel] | None = RunConfig
    known: list[str] = list(RunConfig.model_fields)
    expect = Expect("a table of the run file")
    for step in location:
        if isinstance(step, int) or model is None:
            continue
        known = list(model.model_fields)
        field = model.model_fields.get(step)
        if field is None:
            break
        expect = _expect(field.metadata) or expect
        model, inner = _inside(field)
        if model is None and len(location) > location.index(step) + 1:
            expect = inner or expect
    steps = [step for step in location if step != "[key]"]
    return _dotted(steps), expect, known


def _expect(metadata: list[Any]) -> Expect | None:
    return next((m for m in metadata if isinstance(m, Expect)), None)


def _inside(field: FieldInfo) -> tuple[type[BaseModel] | None, Expect | None]:
    """Return the model of a field's items, or what is expected of its plain items."""
    for argument in (field.annotation, *get_args(field.annotation)):
        if isinstance(argument, type) and issubclass(argument, BaseModel):
            return argument, None
        if expect := _expect(list(getattr(argument, "__metadata__", ()))):
            return None, expect
    return None, None
