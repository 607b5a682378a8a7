"""Code of the user that prints or exits: the command line keeps its promises."""

from __future__ import annotations

import json
import sys

import own_equations
import pytest

from mmod.cli import report
from mmod.cli.main import main

PRINTS = (
    'print("at import")\n'
    + own_equations.SIMPLE
    + "    print('at work')\n    return np.full(np.shape(speed), 1e-3)\n"
)


def answers(monkeypatch, action):
    """Let `mmod list` do something of the user's while it answers."""
    from mmod.cli import list as catalogue

    found = catalogue.answer

    def answer(arguments):
        action()
        return found(arguments)

    monkeypatch.setattr(catalogue, "answer", answer)


def test_an_equation_that_prints_leaves_json_whole(tmp_path, capsys):
    card = own_equations.write(tmp_path, PRINTS)
    assert main(["shield", "curve", str(card), "--json"]) == 0
    captured = capsys.readouterr()
    document = json.loads(captured.out)
    assert document["equation"] == "own.py:f"
    assert document["equation_title"] == "an equation of the user's own"
    assert "at import" in captured.err
    assert "at work" in captured.err


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_what_is_printed_while_answering_goes_to_stderr(form, monkeypatch, capsys):
    assert main(["list", "run", *form]) == 0
    alone = capsys.readouterr()
    answers(monkeypatch, lambda: print("aside"))
    assert main(["list", "run", *form]) == 0
    captured = capsys.readouterr()
    assert captured.out == alone.out
    assert captured.err == alone.err + "aside\n"


def test_stdout_is_back_after_a_failure(monkeypatch, capsys):
    before = sys.stdout

    def fail():
        print("aside")
        raise ZeroDivisionError

    answers(monkeypatch, fail)
    assert main(["list", "run", "--json"]) == 1
    assert sys.stdout is before
    captured = capsys.readouterr()
    assert json.loads(captured.out)["error"]["kind"] == "bug"
    assert captured.err.startswith("aside\n")


@pytest.mark.parametrize("code", [0, None, 3, "bye"])
def test_exit_by_the_user_is_an_error(code, monkeypatch, capsys):
    answers(monkeypatch, lambda: sys.exit(code))
    assert main(["list", "run", "--json"]) == 2
    captured = capsys.readouterr()
    (problem,) = json.loads(captured.out)["error"]["problems"]
    assert problem["key"] == "exit"
    assert problem["value"] == code
    assert "asked Python to exit" in captured.err
    with pytest.raises(ValueError, match="asked Python to exit"):
        main(["list", "run", "--debug"])  # not SystemExit, which would end with 0


def test_width_of_a_report_is_that_of_stdout(monkeypatch):
    """While an answer is made sys.stdout is stderr, perhaps a terminal."""

    class Terminal:
        def isatty(self):
            return True

    widths = []
    monkeypatch.setattr(
        "mmod.results.text.report", lambda _, **keys: widths.append(keys["width"])
    )
    monkeypatch.setattr(sys, "__stdout__", None)
    monkeypatch.setattr(sys, "stdout", Terminal())
    report.text(None, all_zones=False)
    monkeypatch.setattr(sys, "__stdout__", Terminal())
    report.text(None, all_zones=False)
    assert widths[0] is None
    assert widths[1] > 0
