"""Every benchmark runs, at a small size: ``pytest -m benchmark -s``."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import mmod

pytestmark = pytest.mark.benchmark

HERE = Path(__file__).parent
SMALL = {
    "bench_rays": ["--rays", "100000", "--repeats", "3"],
    "bench_build": ["--repeats", "3"],
    "bench_samples": ["--per-face", "2", "--repeats", "2"],
    "bench_merit": ["--repeats", "1", "--rays", "200000", "--per-mille", "10"],
    "bench_parallel": ["--per-face", "2", "--repeats", "2"],
    "bench_memory": ["--repeats", "1"],
    "bench_import": ["--repeats", "2"],
    "bench_limits": ["--impacts", "100000", "--repeats", "3"],
    "bench_environments": ["--samples", "200000", "--repeats", "2"],
}


def test_every_script_is_listed():
    scripts = {p.stem for p in HERE.glob("bench_*.py")}
    assert scripts == set(SMALL)
    readme = (HERE / "README.md").read_text(encoding="utf-8")
    assert all(f"{name}.py" in readme for name in scripts)


@pytest.mark.parametrize("name", list(SMALL))
def test_script_runs(name):
    # The script measures the package that is tested here.
    folder = str(Path(mmod.__file__).resolve().parents[1])
    done = subprocess.run(
        [sys.executable, HERE / f"{name}.py", *SMALL[name]],
        env={**os.environ, "PYTHONPATH": folder},
        capture_output=True,
        text=True,
        check=False,
    )
    print(done.stdout)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
