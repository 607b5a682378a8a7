"""The same bytes in every variable, wherever and in whatever order chunks are computed."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import xarray as xr
from engine_helpers import configured, different, reseeded, run_table, variables

import mmod
from mmod.engine.local import LocalBackend
from mmod.engine.problem import Payload, ResolvedProblem, resolve
from mmod.engine.run import compute
from mmod.engine.work import DEFAULT_CHUNK_SAMPLES, Backend, Chunk, Done
from mmod.results.build import build


def table() -> dict[str, Any]:
    """Two phases of different attitude, three models, several zones, two rounds."""
    raw = run_table(
        "soyuz_ms",
        {"model": "nasa91", "kind": "debris"},
        {"model": "grun_ssp", "kind": "meteoroid"},
        {"model": "nasa91", "kind": "debris", "label": "other", "density": "constant"},
        element_size_m=0.6,
        sampling={"target_relative_error": 0.05, "events_per_zone": 8},
    )
    second = {
        **raw["phase"][0],
        "start": datetime(2019, 1, 2, tzinfo=UTC),
        "end": datetime(2019, 2, 1, tzinfo=UTC),
        "yaw_deg": 70.0,
        "roll_deg": -25.0,
    }
    return {**raw, "phase": [raw["phase"][0], second]}


@lru_cache
def problem() -> ResolvedProblem:
    return resolve(configured(table()))


def results(
    backend: Backend | None = None,
    chunk_samples: int = DEFAULT_CHUNK_SAMPLES,
    seed: int | None = None,
) -> xr.DataTree:
    given = problem() if seed is None else reseeded(problem(), seed)
    return build(compute(given, backend or LocalBackend(1), None, chunk_samples))


@lru_cache
def reference() -> xr.DataTree:
    return results()


@dataclass
class Rearranged:
    """A backend that computes chunks in another order, or hands them back in one."""

    order: Callable[[int], Sequence[int]]
    hand_back: Callable[[list[Any]], list[Any]] = field(default=list)

    def map(
        self, payload: Payload, chunks: Sequence[Chunk], done: Done
    ) -> list[list[Any]]:
        results: list[list[Any]] = [[] for _ in chunks]
        for i in self.order(len(chunks)):
            results[i] = chunks[i].run(payload)
            done(chunks[i], results[i])
        return self.hand_back(results)

    def describe(self) -> str:
        return "rearranged"


def backwards(n: int) -> Sequence[int]:
    return range(n - 1, -1, -1)


def odd_first(n: int) -> Sequence[int]:
    return [*range(1, n, 2), *range(0, n, 2)]


def test_the_problem_has_rounds_phases_and_many_chunks() -> None:
    provenance = json.loads(reference().attrs["provenance"])
    assert provenance["rounds"] >= 1
    assert provenance["samples"] > 4 * DEFAULT_CHUNK_SAMPLES // 16
    assert len(problem().durations) == 2
    assert len(dict(variables(reference()))) > 60


def test_repeated() -> None:
    assert different(reference(), results()) == []


def test_two_threads() -> None:
    assert different(reference(), results(LocalBackend(2), 2_000)) == []


@pytest.mark.parametrize("chunk_samples", [1_000, 16 * DEFAULT_CHUNK_SAMPLES])
def test_chunk_size(chunk_samples: int) -> None:
    assert different(reference(), results(chunk_samples=chunk_samples)) == []


@pytest.mark.parametrize("order", [backwards, odd_first])
def test_chunk_order(order: Callable[[int], Sequence[int]]) -> None:
    assert different(reference(), results(Rearranged(order), 2_000)) == []


def test_another_seed_is_noticed() -> None:
    changed = different(reference(), results(seed=2))
    assert "/expected" in changed
    assert "/zones/expected" in changed
    assert "/events/x" in changed
    assert "/area" not in changed


def test_chunks_handed_back_in_the_wrong_order_are_noticed() -> None:
    wrong = Rearranged(range, hand_back=lambda results: results[::-1])
    try:
        changed = different(reference(), results(wrong, 2_000))
    except (ValueError, IndexError, TypeError):
        return  # the parts do not even fit
    assert "/expected" in changed


def digest(tree: xr.DataTree) -> str:
    total = hashlib.sha256()
    for path, values in sorted(variables(tree), key=lambda row: row[0]):
        total.update(path.encode())
        total.update(values.tobytes())
    return total.hexdigest()


SCRIPT = """
import sys
sys.path[:0] = {paths!r}
from test_determinism import digest, results
print(digest(results()))
"""


@pytest.mark.slow
def test_a_fresh_process() -> None:
    package = Path(mmod.__file__).parents[1]
    paths = [str(package), str(Path(__file__).parents[2]), str(Path(__file__).parent)]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(paths=paths)],
        env={**os.environ, "PYTHONHASHSEED": "7"},
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.split()[-1] == digest(reference())


@pytest.mark.slow
@pytest.mark.dask
@pytest.mark.parametrize("workers", [1, 2, 3])
def test_dask_workers(workers: int) -> None:
    tree = mmod.run(configured(table()), workers=workers, chunk_samples=20_000)
    assert different(reference(), tree) == []


@pytest.mark.slow
@pytest.mark.dask
def test_a_client_of_the_user(tmp_path: Path) -> None:
    from distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None
        ) as cluster,
        Client(cluster) as client,
    ):
        given = {"client": client, "chunk_samples": 20_000}
        tree = mmod.run(configured(table()), **given, checkpoint=tmp_path / "parts")
        parts = sorted((tmp_path / "parts").glob("part-*"))
        for part in parts[::2]:
            part.unlink()
        again = mmod.run(configured(table()), **given, checkpoint=tmp_path / "parts")
    assert len(parts) > 3
    assert different(reference(), tree) == []
    assert different(reference(), again) == []
