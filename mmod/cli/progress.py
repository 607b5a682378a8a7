"""Progress of a run on stderr: how much is done, how fast, how long it will take."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TextIO

_TERMINAL_INTERVAL, _LOG_INTERVAL = 0.2, 10.0  # [s]


class Progress:
    """Callable that the engine tells how far it is.

    On a terminal one line is rewritten; elsewhere (a log of a batch job) a line is
    written every ten seconds. Nothing is written for a run that takes less.

    Parameters
    ----------
    stream : file, optional
        Where to write; stderr by default.
    quiet : bool
        Write nothing.
    clock : callable
        Returns the time [s]; for tests.
    """

    def __init__(
        self,
        stream: TextIO | None = None,
        *,
        quiet: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._quiet = quiet
        self._clock = clock
        self._step = self._seen = self._last = clock()
        self._label = ""
        self._terminal = self._stream.isatty()
        self._width = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __call__(self, label: str, done: float, total: float) -> None:
        """Take note of the state of the run.

        Parameters
        ----------
        label : str
            Step that the engine is at, e.g. a round of sampling. Rate and time left
            are those of the step: how many follow is known only at its end.
        done, total : float
            Samples taken in this step, and to take.
        """
        now = self._clock()
        if label != self._label:
            self._label, self._step = label, self._seen
        self._seen = now
        interval = _TERMINAL_INTERVAL if self._terminal else _LOG_INTERVAL
        if self._quiet or now - self._last < interval:
            return
        self._last = now
        line = progress_line(label, done, total, now - self._step)
        if self._terminal:
            self._stream.write("\r" + line.ljust(self._width))
            self._width = len(line)
        else:
            self._stream.write(line + "\n")
        self._stream.flush()

    def close(self) -> None:
        """Wipe the line from the terminal."""
        if self._width:
            self._stream.write("\r" + " " * self._width + "\r")
            self._stream.flush()
            self._width = 0


def progress_line(label: str, done: float, total: float, elapsed: float) -> str:
    """Return the state of a run in one line.

    Parameters
    ----------
    label : str
        Step that the engine is at.
    done, total : float
        Samples taken and to take in this step.
    elapsed : float
        Time since the start of the step [s].

    Returns
    -------
    str
        Share done, rate and time left.
    """
    share = min(done / total, 1.0) if total > 0 else 0.0
    rate = done / elapsed if elapsed > 0 else 0.0
    left = duration_text((total - done) / rate) if rate > 0 else "unknown"
    return f"{label}: {100 * share:5.1f} %  {rate:.3g} samples/s  time left {left}"


def duration_text(seconds: float) -> str:
    """Return a time span [s] in the unit that suits it."""
    seconds = max(seconds, 0.0)
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    if seconds < 99.5 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
