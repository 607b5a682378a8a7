"""Compiled code of the equations is kept under a key of their own sources."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mmod.kernel import _jit
from mmod.shields.ballistic_limits import _thin_bumper

PLAIN = os.environ.get("NUMBA_DISABLE_JIT", "0") not in {"", "0"}
digest = _jit.source_digest.__wrapped__  # without its memory


def test_key_follows_every_file_of_the_folder(tmp_path) -> None:
    (tmp_path / "one.py").write_text("a = 1\n")
    first = digest(tmp_path)
    assert first != digest()
    (tmp_path / "two.py").write_text("b = 1\n")
    second = digest(tmp_path)
    (tmp_path / "one.py").write_text("a = 2\n")
    assert len({first, second, digest(tmp_path)}) == 3


@pytest.mark.skipif(PLAIN, reason="nothing is compiled with NUMBA_DISABLE_JIT=1")
def test_kept_code_of_the_equations_is_keyed_by_them() -> None:
    key = digest(Path(_thin_bumper.__file__).parent)[:16]
    assert key != digest()[:16]
    file = getattr(_thin_bumper.diameters._cache, "_cache_file", None)
    assert file is None or key in file._index_name
