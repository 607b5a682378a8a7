"""Text files of other programs, line by line, with errors that name the place."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from mmod.errors import InputError, Problem

MAX_BYTES = 256_000_000
"""Largest file that is read; every known output of the programs is smaller."""
MAX_LINES = 4_000_000
MAX_LINE = 20_000
"""Longest line [bytes]; an igloo row has about 1000."""

_SHOWN = 60
_NUMERIC = re.compile(r"[0-9eEdD+\-.\s]*\Z")
_SIGNATURES = (
    (b"\x1f\x8b", "a gzip file"),
    (b"PK\x03\x04", "a zip file"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ", "an xz file"),
    (b"\x28\xb5\x2f\xfd", "a zstandard file"),
    (b"\x89HDF", "a netCDF-4 or HDF5 file"),
    (b"CDF\x01", "a netCDF file"),
)


class TextFile:
    """A text file that is read one line at a time.

    Parameters
    ----------
    path : str or Path
        The file.
    max_bytes, max_lines, max_line : int
        Limits; beyond them the file is refused, so that memory stays bounded.

    Raises
    ------
    InputError
        When there is no such file, it is a folder, cannot be read, is empty or is
        larger than ``max_bytes``.

    Notes
    -----
    Valid for UTF-8 (so also ASCII) text with LF or CRLF line ends; a byte order mark
    is skipped.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        max_bytes: int = MAX_BYTES,
        max_lines: int = MAX_LINES,
        max_line: int = MAX_LINE,
    ) -> None:
        self.path = Path(path)
        self._max_lines, self._max_line = max_lines, max_line
        try:
            is_file, size = self.path.is_file(), self.path.stat().st_size
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise self._refuse("file", reason, "a readable text file") from None
        if not is_file:
            raise self._refuse("file", "not a file", "a readable text file")
        if size == 0:
            raise self._refuse("file", "empty", "a file with content")
        if size > max_bytes:
            raise self._refuse("size", size, f"at most {max_bytes} bytes")

    def __repr__(self) -> str:
        return f"<text file {self.path}>"

    def lines(self) -> Iterator[tuple[int, str]]:
        """Iterate over the lines.

        Yields
        ------
        tuple of int and str
            Number of the line, from 1, and its text without the line end.

        Raises
        ------
        InputError
            For a compressed or binary file, bytes that are not UTF-8, a line that is
            too long, and too many lines.
        """
        try:
            with self.path.open("rb") as handle:
                number = 0
                while raw := handle.readline(self._max_line + 1):
                    number += 1
                    yield number, self._text(number, raw)
        except OSError as error:
            raise self._refuse("file", error.strerror, "a readable file") from None

    def _text(self, number: int, raw: bytes) -> str:
        if number == 1:
            for signature, what in _SIGNATURES:
                if raw.startswith(signature):
                    raise self._refuse("content", what, "plain text (unpack it first)")
            raw = raw.removeprefix(b"\xef\xbb\xbf")
        if number > self._max_lines:
            raise self.fail(number, "", number, f"at most {self._max_lines} lines")
        if b"\0" in raw:
            raise self.fail(number, raw.index(b"\0") + 1, "a NUL byte", "plain text")
        if len(raw) > self._max_line:
            expected = f"lines of at most {self._max_line} bytes"
            raise self.fail(number, "", f"more than {self._max_line} bytes", expected)
        try:
            return raw.decode("utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            value = f"byte 0x{raw[error.start]:02x}"
            raise self.fail(number, error.start + 1, value, "UTF-8 text") from None

    def fail(
        self, line: int, column: int | str, value: object, expected: str
    ) -> InputError:
        """Return the error of one place in the file (to be raised by the caller).

        Parameters
        ----------
        line : int
            Number of the line, from 1.
        column : int or str
            Number of the column, from 1, or its name; empty for the whole line.
        value : object
            What stands there; long text is cut.
        expected : str
            What would have been accepted.

        Returns
        -------
        InputError
            Source ``file:line``, key ``column N``.
        """
        key = f"column {column}" if column != "" else "line"
        if isinstance(value, str) and len(value) > _SHOWN:
            value = value[:_SHOWN] + "..."
        return InputError(Problem(f"{self.path}:{line}", key, value, expected))

    def floats(
        self,
        line: int,
        text: str,
        count: int | None = None,
        *,
        negative: bool = False,
        zero_below: float = 0.0,
        names: Sequence[str] = (),
    ) -> list[float]:
        """Return the numbers of a line.

        Parameters
        ----------
        line : int
            Number of the line.
        text : str
            Its text: numbers between blanks; exponents may be written with D.
        count : int, optional
            How many there must be.
        negative : bool
            Accept negative numbers.
        zero_below : float
            Numbers up to this stand for zero where the format says so (ORDEM writes
            zero as 1.00E-99).
        names : sequence of str
            Names of the columns, for the message.

        Returns
        -------
        list of float
            The numbers, all finite.

        Raises
        ------
        InputError
            Naming line and column: not a number, NaN, infinite, negative, too few or
            too many.
        """
        tokens = text.split()
        if count is not None and len(tokens) != count:
            expected = f"{count} numbers"
            where = min(len(tokens), count) + 1
            raise self.fail(line, where, f"{len(tokens)} columns", expected)
        values = self._fast(text, tokens)
        if values is None or (not negative and min(values, default=0.0) < 0.0):
            self._find(line, tokens, negative, names)
        assert values is not None
        if zero_below > 0.0:
            values = [0.0 if abs(v) <= zero_below else v for v in values]
        return values

    def _fast(self, text: str, tokens: list[str]) -> list[float] | None:
        if _NUMERIC.match(text) is None:
            return None
        if "d" in text or "D" in text:
            tokens = [t.replace("d", "e").replace("D", "e") for t in tokens]
        try:
            values = list(map(float, tokens))
        except ValueError:
            return None
        return values if all(map(math.isfinite, values)) else None

    def _find(
        self, line: int, tokens: list[str], negative: bool, names: Sequence[str]
    ) -> None:
        """Raise for the first token that is not an acceptable number."""
        expected = "a finite number" if negative else "a finite number >= 0"
        for i, token in enumerate(tokens):
            value = self._fast(token, [token])
            if value is None or (not negative and value[0] < 0.0):
                column: int | str = f"{i + 1} ({names[i]})" if i < len(names) else i + 1
                raise self.fail(line, column, token, expected)
        raise self.fail(line, "", " ".join(tokens), "finite numbers")

    def _refuse(self, key: str, value: object, expected: str) -> InputError:
        return InputError(Problem(str(self.path), key, value, expected))


class LineReader:
    """Lines taken one after the other, with a clear error at a sudden end.

    Parameters
    ----------
    file : TextFile
        The file.
    """

    def __init__(self, file: TextFile) -> None:
        self.file = file
        self.number = 0
        self._lines = file.lines()

    def next(self, expected: str) -> str:
        """Return the next line.

        Parameters
        ----------
        expected : str
            What should stand there, for the error.

        Raises
        ------
        InputError
            At the end of the file.
        """
        found = next(self._lines, None)
        if found is None:
            raise self.file.fail(self.number + 1, "", "end of file", expected)
        self.number, text = found
        return text

    def require(self, matches: Callable[[str], bool], expected: str) -> str:
        """Return the next line, which must satisfy a condition.

        Raises
        ------
        InputError
            When it does not, or at the end of the file.
        """
        text = self.next(expected)
        if not matches(text):
            raise self.file.fail(self.number, "", text, expected)
        return text

    def __iter__(self) -> Iterator[tuple[int, str]]:
        for number, text in self._lines:
            self.number = number
            yield number, text
