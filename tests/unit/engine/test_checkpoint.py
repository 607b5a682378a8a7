"""Runs that are cut short go on from their finished chunks, with the same bytes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from engine_helpers import configured, different, reseeded, run_table

import mmod
from mmod.cli.main import main
from mmod.engine.checkpoint import (
    MANIFEST,
    Checkpointed,
    open_checkpoint,
    remove_checkpoint,
)
from mmod.engine.local import LocalBackend
from mmod.engine.problem import Payload, ResolvedProblem, resolve
from mmod.engine.run import compute
from mmod.engine.work import Chunk, Done
from mmod.errors import InputError
from mmod.results.build import build

CHUNK = 1_500


def table() -> dict[str, Any]:
    return run_table(
        "soyuz_ms",
        {"model": "nasa91", "kind": "debris"},
        {"model": "grun_ssp", "kind": "meteoroid"},
        element_size_m=0.7,
        sampling={"target_relative_error": 0.05, "events_per_zone": 6},
    )


@lru_cache
def problem() -> ResolvedProblem:
    return resolve(configured(table()))


class Falls:
    """A backend that stops in the middle, after some chunks, and counts them."""

    def __init__(self, chunks: float = np.inf) -> None:
        self.left = chunks
        self.computed = 0

    def map(
        self, payload: Payload, chunks: Sequence[Chunk], done: Done
    ) -> list[list[Any]]:
        results = []
        for chunk in chunks:
            if self.left <= 0:
                raise KeyboardInterrupt
            self.left -= 1
            self.computed += 1
            results.append(chunk.run(payload))
            done(chunk, results[-1])
        return results

    def describe(self) -> str:
        return "falls"


def run_in(folder: Path, backend: Any, chunk: int = CHUNK) -> xr.DataTree:
    kept = Checkpointed(backend, open_checkpoint(folder, problem().payload))
    return build(compute(problem(), kept, None, chunk))


@lru_cache
def reference() -> xr.DataTree:
    return build(compute(problem(), LocalBackend(1), None, CHUNK))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """A folder with every chunk, and how many there are."""
    folder = tmp_path_factory.mktemp("whole") / "parts"
    backend = Falls()
    assert different(reference(), run_in(folder, backend)) == []
    assert backend.computed > 20
    return folder, backend.computed


@pytest.fixture
def parts(whole: tuple[Path, int], tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole[0], tmp_path / "parts"))


@pytest.mark.parametrize("after", [0, 1, 7, 19])
def test_a_run_that_fell_goes_on(whole, tmp_path: Path, after: int) -> None:
    folder, falls = tmp_path / "parts", Falls(after)
    with pytest.raises(KeyboardInterrupt):
        run_in(folder, falls)
    again = Falls()
    assert different(reference(), run_in(folder, again)) == []
    assert again.computed == whole[1] - after


def test_a_whole_folder_computes_nothing_and_threads_do_not_matter(parts: Path) -> None:
    backend = Falls(0)
    assert different(reference(), run_in(parts, backend)) == []
    for part in sorted(parts.glob("part-*"))[::2]:
        part.unlink()
    assert different(reference(), run_in(parts, LocalBackend(2))) == []


def test_chunks_of_another_size_are_computed_again(parts: Path) -> None:
    backend = Falls()
    assert different(reference(), run_in(parts, backend, 5_000)) == []
    assert backend.computed > 5


def cut(part: Path) -> None:
    part.write_bytes(part.read_bytes()[: part.stat().st_size // 2])


def empty(part: Path) -> None:
    part.write_bytes(b"")


def flip(part: Path) -> None:
    content = bytearray(part.read_bytes())
    content[len(content) // 3] ^= 0x10
    part.write_bytes(content)


def text(part: Path) -> None:
    part.write_text("no numbers")


def other_fields(part: Path) -> None:
    with part.open("wb") as file:
        np.savez(file, nothing=np.zeros(3))


@pytest.mark.parametrize("damage", [cut, empty, flip, text, other_fields])
def test_damaged_parts_are_computed_again(parts: Path, damage: Any) -> None:
    chosen = sorted(parts.glob("part-*"))[::3]
    for part in chosen:
        damage(part)
    backend = Falls()
    assert different(reference(), run_in(parts, backend)) == []
    assert backend.computed == len(chosen)


def test_a_part_with_another_number_would_be_seen(parts: Path) -> None:
    """The parts really are what the result is made of."""
    for part in sorted(parts.glob("part-*")):
        with np.load(part) as file:
            arrays = {name: file[name] for name in file.files}
        if "0.first" in arrays:
            arrays["0.first"] = arrays["0.first"] * 2.0
            with part.open("wb") as file:
                np.savez(file, **arrays)
    assert "/zones/expected" in different(reference(), run_in(parts, Falls()))


def test_another_run_is_refused_and_loses_nothing(parts: Path) -> None:
    before = sorted(p.name for p in parts.iterdir())
    with pytest.raises(InputError) as caught:
        open_checkpoint(parts, reseeded(problem(), 2).payload)
    assert [p.key for p in caught.value.problems] == ["inputs_sha256"]
    assert sorted(p.name for p in parts.iterdir()) == before


@pytest.mark.parametrize("key", ["numba", "kernels_sha256", "machine"])
def test_other_software_is_refused(parts: Path, key: str) -> None:
    manifest = json.loads((parts / MANIFEST).read_text())
    (parts / MANIFEST).write_text(json.dumps({**manifest, key: "other"}))
    with pytest.raises(InputError, match=f"{key} = 'other'"):
        open_checkpoint(parts, problem().payload)


@pytest.mark.parametrize("content", ["", "[1, 2]", "{}", "{"])
def test_a_manifest_that_is_none_is_refused(parts: Path, content: str) -> None:
    (parts / MANIFEST).write_text(content)
    with pytest.raises(InputError, match=MANIFEST):
        open_checkpoint(parts, problem().payload)


def test_folders_of_others_are_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(InputError, match=r"thesis\.tex"):
        open_checkpoint(tmp_path, problem().payload)
    with pytest.raises(InputError, match="writable folder"):
        open_checkpoint(tmp_path / "thesis.tex", problem().payload)
    assert (tmp_path / "thesis.tex").read_text() == "years of work"


def test_removing_takes_own_files_alone(parts: Path) -> None:
    (parts / "note.txt").write_text("mine")
    remove_checkpoint(parts)
    assert [p.name for p in parts.iterdir()] == ["note.txt"]
    (parts / "note.txt").unlink()
    open_checkpoint(parts, problem().payload)
    remove_checkpoint(parts)
    assert not parts.exists()


def test_from_python_and_the_command_line(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    config = mmod.load_run("plate")
    plain = mmod.run(config, threads=1)
    kept = mmod.run(config, threads=2, checkpoint=tmp_path / "parts")
    assert different(plain, kept) == []
    assert len(list((tmp_path / "parts").glob("part-*"))) > 1
    assert main(["run", "plate", "--checkpoint", "parts", "--quiet"]) == 0
    assert "written: plate.nc" in capsys.readouterr().out
    assert not (tmp_path / "parts").exists()
    with mmod.open_results(tmp_path / "plate.nc") as written:
        assert different(plain, written) == []
    assert main(["run", "plate", "--checkpoint", "plate.nc", "--quiet"]) == 2
    assert "checkpoint" in capsys.readouterr().err
