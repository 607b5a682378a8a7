"""The shared fixtures: goldens never look green when written, missing data is named."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

GOLDEN = """
def test_kept(golden):
    golden("kept", [{"zone": "ram", "hits": 3, "n": VALUE}], "a test")
"""
DATA = """
def test_data(shared):
    assert shared.is_dir()
"""


@pytest.fixture
def session(repo_root, tmp_path):
    """Run pytest on one test file in a project of its own."""
    tests = tmp_path / "project" / "tests"
    tests.mkdir(parents=True)
    shutil.copy(repo_root / "tests" / "conftest.py", tests)
    (tests.parent / "pytest.ini").write_text("[pytest]\nmarkers = shared: data\n")

    def run(text: str, *arguments: str, **variables: str) -> tuple[int, str]:
        (tests / "test_it.py").write_text(text, encoding="utf-8")
        names = {"MMOD_SHARED", "MMOD_REQUIRE_SHARED", "MMOD_TEST_INSTALLED"}
        kept = {k: v for k, v in os.environ.items() if k not in names}
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-rs",
                "-p",
                "no:cacheprovider",
                *arguments,
            ],
            cwd=tests.parent,
            env=kept | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"} | variables,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    run.golden = tests / "golden" / "kept.csv"
    return run


def test_golden(session):
    first = GOLDEN.replace("VALUE", "0.1")
    code, out = session(first)
    assert code == 1
    assert "make it with --update-golden" in out

    code, out = session(first, "--update-golden")
    assert "1 skipped" in out
    assert "passed" not in out
    lines = session.golden.read_text(encoding="utf-8").splitlines()
    assert [s[0] for s in lines[:3]] == ["#", "#", "#"]
    assert lines[3:] == ["zone,hits,n", "ram,3,0.1"]

    code, out = session(first)
    assert (code, "1 passed" in out) == (0, True)


@pytest.mark.parametrize(
    ("value", "code"),
    [("0.1 * (1 + 1e-13)", 0), ("0.1 * (1 + 1e-11)", 1), ("float('nan')", 1)],
)
def test_golden_notices_a_change(session, value, code):
    session.golden.parent.mkdir()
    session.golden.write_text("# why\nzone,hits,n\nram,3,0.1\n", encoding="utf-8")
    assert session(GOLDEN.replace("VALUE", value))[0] == code


def test_golden_integers_are_exact(session):
    session.golden.parent.mkdir()
    session.golden.write_text("zone,hits,n\nram,4,0.1\n", encoding="utf-8")
    code, out = session(GOLDEN.replace("VALUE", "0.1"))
    assert code == 1
    assert "kept 4, got 3" in out


def test_missing_data_skips_by_name_or_fails(session, tmp_path):
    missing = str(tmp_path / "nowhere")
    code, out = session(DATA, MMOD_SHARED=missing)
    assert code == 0
    assert "1 skipped" in out
    assert missing in out.replace("\n", "")

    code, out = session(DATA, MMOD_SHARED=missing, MMOD_REQUIRE_SHARED="1")
    assert code == 1
    assert "forbids to skip" in out

    code, out = session(DATA, MMOD_SHARED=str(tmp_path), MMOD_REQUIRE_SHARED="1")
    assert (code, "1 passed" in out) == (0, True)


def test_seed_from_outside(session):
    text = "def test_seed(seed):\n    assert seed == 7\n"
    assert session(text)[0] == 1
    assert session(text, MMOD_TEST_SEED="7")[0] == 0
