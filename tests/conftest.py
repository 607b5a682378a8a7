"""Fixtures shared by all tests: data, seeds, goldens and the Numba cache.

``pytest`` tests the installed package; ``python -m pytest`` puts the checkout first.
The header of every run says which of the two it is.
"""

from __future__ import annotations

import csv
import hashlib
import importlib.util
import math
import os
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_SEED = 20261122
SHARED_VARIABLE = "MMOD_SHARED"
REQUIRE_VARIABLE = "MMOD_REQUIRE_SHARED"
SEED_VARIABLE = "MMOD_TEST_SEED"
INSTALLED_VARIABLE = "MMOD_TEST_INSTALLED"
GOLDEN_RTOL = 1e-12

Row = Mapping[str, object]


def _package_folder() -> Path | None:
    spec = importlib.util.find_spec("mmod")
    return Path(spec.origin).resolve().parent if spec and spec.origin else None


def _numba_cache() -> None:
    """Give the session a Numba cache of its own version of the kernels.

    Numba notices that the file of a function changed, but not that a function which it
    calls, in another file, did. A cache keyed by all kernel sources cannot be stale.
    """
    folder = _package_folder()
    if "NUMBA_CACHE_DIR" in os.environ or folder is None:
        return
    digest = hashlib.sha256()
    for source in sorted(folder.joinpath("kernel").rglob("*.py")):
        digest.update(source.read_bytes())
    user = os.getuid() if hasattr(os, "getuid") else "user"
    name = f"mmod-numba-{user}-{digest.hexdigest()[:12]}"
    os.environ["NUMBA_CACHE_DIR"] = str(Path(tempfile.gettempdir()) / name)


_numba_cache()


def _settle_hypothesis() -> None:
    """Make property tests repeatable; a seed from outside makes them explore."""
    try:
        from hypothesis import HealthCheck, settings
    except ModuleNotFoundError:
        return
    settings.register_profile(
        "mmod",
        deadline=None,  # the first call of a kernel compiles it
        database=None,
        derandomize=SEED_VARIABLE not in os.environ,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow],
    )
    settings.load_profile("mmod")


_settle_hypothesis()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        default=False,
        help="write the golden files; the tests that use them then skip, never pass",
    )


def pytest_configure(config: pytest.Config) -> None:
    folder = _package_folder()
    if os.environ.get(INSTALLED_VARIABLE) == "1" and folder in {None, ROOT / "mmod"}:
        pytest.exit(
            f"{INSTALLED_VARIABLE}=1 asks for the installed package,"
            f" but `import mmod` gives {folder}",
            returncode=4,
        )


def pytest_report_header() -> list[str]:
    shared = _shared_folder()
    return [
        f"mmod: {_package_folder()}",
        f"seed: {_seed()} ({SEED_VARIABLE} overrides)",
        f"shared data: {shared if shared.is_dir() else 'absent'}",
    ]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "shared" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.shared)


def _seed() -> int:
    return int(os.environ.get(SEED_VARIABLE, DEFAULT_SEED))


def _shared_folder() -> Path:
    given = os.environ.get(SHARED_VARIABLE)
    return Path(given) if given else ROOT.parent / "shared"


@pytest.fixture(scope="session")
def repo_root() -> Path:
    """Folder of the checkout that holds pyproject.toml."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of data that is not part of the repository.

    Absent: the test skips and names the folder, or fails where it must be there.
    """
    folder = _shared_folder()
    if folder.is_dir():
        return folder
    message = f"needs the folder {folder} (set {SHARED_VARIABLE} to put it elsewhere)"
    if os.environ.get(REQUIRE_VARIABLE) == "1":
        pytest.fail(f"{message}; {REQUIRE_VARIABLE}=1 forbids to skip", pytrace=False)
    pytest.skip(message)


@pytest.fixture(scope="session")
def seed() -> int:
    """Fixed seed of the session; never changed to get a test to pass."""
    return _seed()


@pytest.fixture
def golden(
    request: pytest.FixtureRequest, repo_root: Path
) -> Callable[[str, Sequence[Row], str], None]:
    """Compare rows with ``tests/golden/<name>.csv``: ``golden(name, rows, why)``.

    Integers and text must be equal, floats agree to 1e-12. With ``--update-golden``
    the file is written and the test skips.
    """

    def compare(name: str, rows: Sequence[Row], why: str) -> None:
        path = repo_root / "tests" / "golden" / f"{name}.csv"
        if request.config.getoption("--update-golden"):
            _write_golden(path, rows, why, repo_root, request.node.nodeid)
            pytest.skip(f"wrote {path.relative_to(repo_root)}: read the difference")
        assert path.is_file(), f"{path} is missing: make it with --update-golden"
        lines = path.read_text(encoding="utf-8").splitlines()
        kept = list(csv.DictReader(s for s in lines if not s.startswith("#")))
        assert len(kept) == len(rows), f"{path.name}: {len(kept)} rows, got {len(rows)}"
        for number, (old, new) in enumerate(zip(kept, rows, strict=True)):
            assert list(old) == list(new), f"{path.name}: columns differ"
            for key, value in new.items():
                assert _same(old[key], value), (
                    f"{path.name} row {number} {key}: kept {old[key]}, got {value!r}"
                )

    return compare


def _same(kept: str, value: object) -> bool:
    if isinstance(value, float):
        old = float(kept)
        both_missing = math.isnan(old) and math.isnan(value)
        return both_missing or math.isclose(old, value, rel_tol=GOLDEN_RTOL)
    return kept == str(value)


def _write_golden(
    path: Path, rows: Sequence[Row], why: str, root: Path, nodeid: str
) -> None:
    git = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(f"# pytest --update-golden {nodeid}\n")
        file.write(f"# seed {_seed()}, after commit {git.stdout.strip() or 'none'}\n")
        file.write(f"# {why}\n")
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow(
                {k: repr(v) if isinstance(v, float) else v for k, v in row.items()}
            )
