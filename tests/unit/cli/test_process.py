"""The command line as a process: streams, signals and what it imports."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import mmod

# the package under test, wherever the process starts
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join(
        [str(Path(mmod.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    ).rstrip(os.pathsep),
}

FAKE_ENGINE = """
import sys, time, types
fake = types.ModuleType("mmod.engine.run")
def run(config, **kwargs):
    print("started", file=sys.stderr, flush=True)
    time.sleep(60)
fake.run = run
sys.modules["mmod.engine.run"] = fake
"""


def python(code: str, *argv: str, **kwargs) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *argv],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=ENVIRONMENT,
        **kwargs,
    )


MAIN = "import sys\nfrom mmod.cli.main import main\nsys.exit(main())\n"


def test_exit_codes_and_streams():
    good = python(MAIN, "list", "run", "--json")
    assert good.returncode == 0
    assert good.stderr == ""
    assert "run" in json.loads(good.stdout)
    bad = python(MAIN, "check", "no_such_run")
    assert bad.returncode == 2
    assert bad.stdout == ""
    assert "no_such_run" in bad.stderr
    assert "Traceback" not in bad.stderr


def test_the_package_runs_as_a_module():
    done = subprocess.run(
        [sys.executable, "-m", "mmod", "list", "run"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=ENVIRONMENT,
    )
    assert done.returncode == 0, done.stderr
    assert "soyuz_ms09" in done.stdout


def test_light_verbs_import_nothing_heavy():
    code = (
        "import sys\nfrom mmod.cli.main import main\nmain(['list'])\n"
        "heavy = {'numba', 'netCDF4', 'dask', 'distributed', 'matplotlib', 'pyvista',"
        " 'scipy', 'xarray', 'pydantic', 'numpy'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)\n"
    )
    done = python(code)
    assert done.returncode == 0
    assert done.stderr.strip() == "[]"


@pytest.mark.skipif(os.name == "nt", reason="pipes and signals of POSIX")
def test_a_reader_that_leaves_is_no_error():
    process = subprocess.Popen(
        [sys.executable, "-c", MAIN, "show", "schema", "run"],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    process.stdout.close()
    error = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=60) == 141
    assert error == ""


@pytest.mark.skipif(os.name == "nt", reason="pipes and signals of POSIX")
def test_ctrl_c_leaves_nothing(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", FAKE_ENGINE + MAIN, "run", "plate"],
        cwd=folder,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr.readline().strip() == "started"
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == ""
    assert error.strip() == "interrupted: no result was written"
    assert list(folder.iterdir()) == []
