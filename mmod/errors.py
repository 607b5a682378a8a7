"""Errors that say which file, key and value is wrong and what was expected."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with the input.

    Parameters
    ----------
    source : str
        File (or object) in which the problem was found.
    key : str
        Dotted key, column or element, e.g. ``phase[0].altitude_km``.
    value : object
        The offending value as read.
    expected : str
        What would have been accepted, in words.
    """

    source: str
    key: str
    value: object
    expected: str

    def __str__(self) -> str:
        return f"{self.source}: {self.key} = {self.value!r}: expected {self.expected}"


class MmodError(Exception):
    """Base of every error that this package raises on purpose."""

    exit_code = 1


class InputError(MmodError, ValueError):
    """Bad input: a file, key or argument. Carries every problem found.

    Parameters
    ----------
    problems : Problem or iterable of Problem
        What is wrong; all of it, not only the first.
    """

    exit_code = 2

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        listed = [problems] if isinstance(problems, Problem) else list(problems)
        self.problems: tuple[Problem, ...] = tuple(listed)
        super().__init__("\n".join(str(p) for p in listed))

    def __reduce__(self) -> tuple[type[InputError], tuple[tuple[Problem, ...]]]:
        return (type(self), (self.problems,))


class CheckError(MmodError):
    """A check that the user asked for did not pass."""

    exit_code = 3


def bad(source: object, key: str, value: object, expected: str) -> InputError:
    """Return an `InputError` with a single problem (to be raised by the caller)."""
    return InputError(Problem(str(source), key, value, expected))
