"""Text files of other programs: lines, limits, numbers, places of errors."""

from __future__ import annotations

import gzip
import time
from pathlib import Path

import pytest

from mmod.errors import InputError
from mmod.flux.readers._lines import LineReader, TextFile


def made(folder: Path, content: bytes) -> TextFile:
    path = folder / "a.out"
    path.write_bytes(content)
    return TextFile(path)


def refusal(call: object) -> str:
    with pytest.raises(InputError) as error:
        call()  # type: ignore[operator]
    return str(error.value)


def test_lines_are_numbered(tmp_path: Path) -> None:
    file = made(tmp_path, b"\xef\xbb\xbfone\r\ntwo\n\nfour")
    assert list(file.lines()) == [(1, "one"), (2, "two"), (3, ""), (4, "four")]
    assert "a.out" in repr(file)


@pytest.mark.parametrize(
    "content, words",
    [
        (gzip.compress(b"1 2 3", mtime=0), "gzip"),
        (b"PK\x03\x04abc", "zip"),
        (b"\x89HDF\r\n\x1a\n", "HDF5"),
        (b"1 2\n3 \0 4\n", "a.out:2: column 3 = 'a NUL byte'"),
        (b"1\n2\n\xff\xfe\n", "a.out:3: column 1 = 'byte 0xff'"),
        (b"1\n" + b"x" * 30_000, "a.out:2: line"),
    ],
)
def test_what_is_not_plain_text(tmp_path: Path, content: bytes, words: str) -> None:
    file = made(tmp_path, content)
    assert words in refusal(lambda: list(file.lines()))


def test_what_is_no_file(tmp_path: Path) -> None:
    assert "not a file" in refusal(lambda: TextFile(tmp_path))
    assert "No such file" in refusal(lambda: TextFile(tmp_path / "b"))
    (tmp_path / "empty").write_bytes(b"")
    assert "empty" in refusal(lambda: TextFile(tmp_path / "empty"))


def test_one_gigabyte_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "huge.out"
    with path.open("wb") as handle:
        handle.truncate(1_000_000_000)  # sparse
    start = time.perf_counter()
    assert "at most 256000000 bytes" in refusal(lambda: TextFile(path))
    # and a file within the limit with one endless line stops at the line limit
    with path.open("wb") as handle:
        handle.truncate(200_000_000)
    assert "a.out" not in refusal(lambda: list(TextFile(path).lines()))
    assert time.perf_counter() - start < 1.0


def test_too_many_lines(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"\n" * 50)
    text = refusal(lambda: list(TextFile(path, max_lines=20).lines()))
    assert "a:21" in text
    assert "at most 20 lines" in text


def test_numbers(tmp_path: Path) -> None:
    file = made(tmp_path, b"x")
    assert file.floats(1, " 1.5D+01  2e-3 .5 7 3.d0", 5) == [15.0, 2e-3, 0.5, 7.0, 3.0]
    assert file.floats(1, "1.00E-99 2", 2, zero_below=1e-99) == [0.0, 2.0]
    assert file.floats(1, "1.00E-99", 1) == [1e-99]
    assert file.floats(1, "-2", 1, negative=True) == [-2.0]
    assert file.floats(1, "") == []


@pytest.mark.parametrize(
    "token", ["nan", "NaN", "inf", "-Infinity", "1_0", "1e999", "--1", "٣", "0x1", "E"]
)
def test_what_is_no_number(tmp_path: Path, token: str) -> None:
    file = made(tmp_path, b"x")
    text = refusal(lambda: file.floats(7, f"1.0 {token} 3", 3, names=["a", "b", "c"]))
    assert f"a.out:7: column 2 (b) = {token!r}" in text
    assert "finite number" in text


def test_negative_and_wrong_count(tmp_path: Path) -> None:
    file = made(tmp_path, b"x")
    assert "column 2 = '-3'" in refusal(lambda: file.floats(1, "1 -3"))
    assert "expected 4 numbers" in refusal(lambda: file.floats(1, "1 2 3", 4))
    assert "expected 2 numbers" in refusal(lambda: file.floats(1, "1 2 3", 2))


def test_a_long_value_is_cut(tmp_path: Path) -> None:
    assert len(str(made(tmp_path, b"x").fail(1, 1, "y" * 5000, "z"))) < 400


def test_reader_says_what_is_missing_at_the_end(tmp_path: Path) -> None:
    reader = LineReader(made(tmp_path, b"one\n"))
    assert reader.next("the first") == "one"
    assert "a.out:2: line = 'end of file': expected more" in refusal(
        lambda: reader.next("more")
    )
    reader = LineReader(made(tmp_path, b"one\ntwo\n"))
    assert "a.out:1" in refusal(lambda: reader.require(lambda s: s == "two", "two"))
    assert list(reader) == [(2, "two")]


def test_a_path_that_cannot_be(tmp_path: Path) -> None:
    assert "readable text file" in refusal(lambda: TextFile(f"{tmp_path}/a\0b"))
