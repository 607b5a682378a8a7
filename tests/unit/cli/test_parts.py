"""Settings, tables, JSON and progress: the small parts of the command line."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from mmod.cli.arguments import folder_of, settings, toml_value
from mmod.cli.output import plain, table, to_json
from mmod.cli.progress import Progress, duration_text, progress_line
from mmod.errors import InputError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("1e6", 1e6),
        ("true", True),
        ('"3"', "3"),
        ("[0.1, 1.0]", [0.1, 1.0]),
        ("2018-06-08T13:01:00Z", datetime(2018, 6, 8, 13, 1, tzinfo=UTC)),
        ("2018-06-08", date(2018, 6, 8)),
        ("soyuz_ms09", "soyuz_ms09"),
        ("404 km", "404 km"),
        ("", ""),
        ("1\nb = 2", "1\nb = 2"),
    ],
)
def test_values_are_toml_and_bare_words_are_text(text, value):
    assert toml_value(text) == value
    assert type(toml_value(text)) is type(value)


def test_settings_keep_equals_signs_in_values():
    assert settings(["a.b=1", " c = x=y "]) == {"a.b": 1, "c": "x=y"}
    with pytest.raises(InputError) as caught:
        settings(["a", "b=1", "=2"])
    assert [p.value for p in caught.value.problems] == ["a", "=2"]


def test_only_what_looks_like_a_path_starts_here():
    assert folder_of("cube") is None
    assert folder_of("./cube") == Path.cwd()
    assert folder_of("vehicle.toml") == Path.cwd()


def test_plain_values():
    document = {
        1: (np.float64(2.5), np.int32(3), np.bool_(True)),
        "nan": [float("nan"), np.inf, np.array([1.0, np.nan])],
        "path": Path("a"),
        "time": datetime(2018, 1, 1, tzinfo=UTC),
        "none": None,
        "object": 1j,
    }
    assert plain(document) == {
        "1": [2.5, 3, True],
        "nan": [None, None, [1.0, None]],
        "path": "a",
        "time": "2018-01-01T00:00:00Z",
        "none": None,
        "object": "1j",
    }
    assert json.loads(to_json(document)) == plain(document)


def test_table_aligns_words_left_and_numbers_right():
    text = table([("a", 1), ("bbb", 100)], indent="")
    assert text == "a      1\nbbb  100"
    assert table([]) == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (-1, "0 s"), (99, "99 s"), (100, "2 min"), (6000, "1.7 h")],
)
def test_durations(seconds, text):
    assert duration_text(seconds) == text


def test_progress_line_has_share_rate_and_time_left():
    line = progress_line("round 2", 2.0e6, 8.0e6, 4.0)
    assert line == "round 2:  25.0 %  5e+05 samples/s  time left 12 s"
    assert "unknown" in progress_line("", 0, 0, 0.0)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_rewrites_one_line_on_a_terminal():
    now = [0.0]
    stream = Terminal()
    with Progress(stream, clock=lambda: now[0]) as progress:
        for now[0] in (0.1, 0.3, 0.4, 0.6):
            progress("x" * int(10 - 10 * now[0]), now[0], 1.0)
    assert stream.getvalue().count("%") == 2
    assert "\n" not in stream.getvalue()
    assert stream.getvalue().endswith("\r")


def test_progress_in_a_log_is_a_line_every_ten_seconds():
    now = [0.0]
    stream = io.StringIO()
    with Progress(stream, clock=lambda: now[0]) as progress:
        for second in range(1, 26):
            now[0] = float(second)
            progress("all", second, 25)
    assert len(stream.getvalue().splitlines()) == 2


def test_rate_is_that_of_the_step():
    now = [0.0]
    stream = io.StringIO()
    progress = Progress(stream, clock=lambda: now[0])
    now[0] = 100.0
    progress("first", 50, 50)
    now[0] = 120.0
    progress("second", 40, 100)
    assert "second:  40.0 %  2 samples/s  time left 30 s" in stream.getvalue()


def test_quiet_progress_writes_nothing():
    now = [0.0]
    stream = Terminal()
    with Progress(stream, quiet=True, clock=lambda: now[0]) as progress:
        now[0] = 100.0
        progress("all", 1, 2)
    assert stream.getvalue() == ""


def test_dask_talks_only_of_errors(capsys):
    import logging

    from mmod.cli.main import _log

    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    root.handlers.clear()
    try:
        _log(everything=False)
        for name in ("distributed.nanny", "distributed.core", "other"):
            logging.getLogger(name).setLevel(logging.INFO)
            logging.getLogger(name).propagate = True
            logging.getLogger(name).info("info of %s", name)
            logging.getLogger(name).warning("warning of %s", name)
            logging.getLogger(name).error("error of %s", name)
    finally:
        root.handlers[:] = before
        root.setLevel(level)
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "ERROR: error of distributed.nanny",
        "ERROR: error of distributed.core",
        "WARNING: warning of other",
        "ERROR: error of other",
    ]
