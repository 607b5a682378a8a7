"""`python -m mmod` is the command."""

from __future__ import annotations

import subprocess
import sys


def test_the_package_runs_as_a_module():
    done = subprocess.run(
        [sys.executable, "-m", "mmod", "list", "run"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "soyuz_ms09" in done.stdout
