"""Read a small text file, and refuse what is not one before it fills the memory."""

from __future__ import annotations

from pathlib import Path

from mmod.errors import bad
from mmod.units import MEGABYTE


def read_text(path: Path, *, key: str, megabytes: int, what: str) -> str:
    """Return the text of a file.

    Parameters
    ----------
    path : Path
        The file.
    key : str
        Key of the run file that names it, for error messages.
    megabytes : int
        Largest size that is read [MB].
    what : str
        What the file should be, in words.

    Returns
    -------
    str
        ASCII text; lines end in a line feed.

    Raises
    ------
    InputError
        Missing, unreadable, too large, compressed, binary or not ASCII.
    """
    try:
        if not path.is_file():
            raise bad(path, key, str(path), f"an existing file: {what}")
        size = path.stat().st_size
        if size > megabytes * MEGABYTE:
            shown = f"{size / MEGABYTE:.0f} MB"
            raise bad(path, "size", shown, f"at most {megabytes} MB: {what}")
        raw = path.read_bytes()
    except OSError as error:
        raise bad(path, key, error.strerror, f"a readable file: {what}") from None
    if raw[:2] == b"\x1f\x8b":
        raise bad(path, "content", "gzip", f"{what}, not compressed")
    try:
        text = raw.decode("ascii")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        shown = f"byte {raw[error.start]:#x}"
        raise bad(path, f"line {line}", shown, f"{what}, in ASCII") from None
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise bad(path, f"line {line}", "a zero byte", f"{what}, as text")
    return text.replace("\r\n", "\n").replace("\r", "\n")
