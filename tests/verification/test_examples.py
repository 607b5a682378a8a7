"""Every example run gives the numbers kept beside it in ``expected.toml``.

The file holds numbers of a real run, each with the tolerance that another run of the
same settings (another seed, machine or version of a dependency) must keep.
``pytest --update-golden`` writes the files anew, and skips.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from engine_helpers import sampled, solve

import mmod
from mmod.config import load_run
from mmod.library import available
from mmod.results.outcome import Outcome

pytestmark = pytest.mark.verification

LONG = (
    *("soyuz_ms09", "soyuz_ms22", "soyuz_ms22_geminids", "soyuz_ms_free"),
    *("hst_array", "hst_wfpc2", "ldef"),
)
EXAMPLES = [
    pytest.param(name, marks=pytest.mark.slow if name in LONG else ())
    for name in sorted(available("run"))
]
GROUPS = {
    "soyuz_ms_free": ("*.bo_*", "*.sa_*", "*.pao_radiator", "*.array_*", "*"),
    "soyuz_ms09": (
        "*.soyuz_ms09.bo_*",
        "*.soyuz_ms09.sa_*",
        "*.soyuz_ms09.pao_radiator",
        "*.pvr_*",
        "*.hrs_*",
        "*.zvezda_sm.*",
        "*.zarya_fgb.*",
        "*.mrm_1_rassvet.*",
        "*",
    ),
    "soyuz_ms22": (
        "*.soyuz_ms22.bo_*",
        "*.soyuz_ms22.sa_*",
        "*.soyuz_ms22.pao_radiator",
        "*.pvr_*",
        "*.zvezda_sm.*",
        "*.mlm_nauka.*",
        "*",
    ),
    "soyuz_ms22_geminids": (
        "*.soyuz_ms22.bo_*",
        "*.soyuz_ms22.pao_radiator",
        "*.pvr_*",
        "*",
    ),
}
"""Patterns of zones that are summed; elsewhere every zone stands by itself."""
LEAST = 0.01
SIGMAS = 8.0
"""Tolerance: this many standard errors of the run that gave the number, at least 1 %.
Two runs differ by sqrt(2) of it, so that a false alarm takes 5.6 of their errors."""


@dataclass(frozen=True)
class Row:
    zones: str
    environment: str
    damage: str
    number: float
    stderr: float


def rows_of(name: str, outcome: Outcome) -> Iterator[Row]:
    """Yield the sums over zones that are kept, total first."""
    labels = outcome.vehicle.zone_name
    for pattern in GROUPS.get(name, labels):
        zones = [z for z, label in enumerate(labels) if fnmatchcase(label, pattern)]
        for m in (len(outcome.models), *range(len(outcome.models))):
            environment = (*outcome.models, "total")[m]
            for d in sorted({0, len(outcome.damage) - 1}):
                number = float(outcome.zone_expected[zones, m, d].sum())
                error = float(np.sqrt(outcome.zone_variance[zones, m, d].sum()))
                if number > 0.0 and error / number < 0.025:
                    yield Row(pattern, environment, outcome.damage[d], number, error)


def tolerance_of(row: Row) -> float:
    return max(LEAST, float(np.ceil(1e3 * SIGMAS * row.stderr / row.number)) / 1e3)


HEADER = """\
# Expected numbers of `mmod run {name}`, checked and (--update-golden) made by
# tests/verification/test_examples.py. A row sums the zones that fit its pattern; the
# tolerance is relative: eight standard errors of the run below, at least 1 %.
source = "mmod {version}, mmod run {name}, seed {seed}, {samples} samples"
expected = [
"""


def write(path: Path, name: str, outcome: Outcome) -> None:
    text = HEADER.format(
        name=name,
        version=mmod.__version__,
        seed=outcome.provenance["seed"],
        samples=outcome.provenance["samples"],
    )
    for row in rows_of(name, outcome):
        text += (
            f'  {{ zones = "{row.zones}", environment = "{row.environment}",'
            f' damage = "{row.damage}", number = {row.number:.6g},'
            f" stderr = {row.stderr:.2g}, tolerance = {tolerance_of(row):g} }},\n"
        )
    path.write_text(text + "]\n", encoding="utf-8")


def assert_kept(name: str, outcome: Outcome, kept: list[dict[str, Any]]) -> None:
    found = {(r.zones, r.environment, r.damage): r for r in rows_of(name, outcome)}
    for entry in kept:
        key = (entry["zones"], entry["environment"], entry["damage"])
        assert key in found, f"{key} is missing, or too uncertain"
        number, wanted = found[key].number, entry["number"]
        off = number / wanted - 1.0
        assert abs(off) <= entry["tolerance"], (
            f"{key}: {number:.6g} is {off:+.2%} from {wanted:.6g},"
            f" allowed {entry['tolerance']:.1%}"
        )


@pytest.mark.parametrize("name", EXAMPLES)
def test_example(name: str, request: pytest.FixtureRequest, repo_root: Path) -> None:
    outcome = sampled(solve(name, overrides={"sampling.events_per_zone": 0}))
    if request.config.getoption("--update-golden"):
        path = repo_root / "runs" / "examples" / name / "expected.toml"
        write(path, name, outcome)
        pytest.skip(f"wrote {path.relative_to(repo_root)}: read the difference")
    folder = load_run(name).folder
    assert folder is not None
    document = tomllib.loads((folder / "expected.toml").read_text(encoding="utf-8"))
    assert name in document["source"]
    kept = document["expected"]
    assert len(kept) >= 3
    assert {"total"} < {entry["environment"] for entry in kept}
    assert all(LEAST <= entry["tolerance"] <= 0.2 for entry in kept)
    assert_kept(name, outcome, kept)
    wrong = [{**e, "number": e["number"] * (1.0 + 3.0 * e["tolerance"])} for e in kept]
    for entry in wrong:
        with pytest.raises(AssertionError, match="allowed"):
            assert_kept(name, outcome, [entry])
