"""A user's own equation, named by a card: found, fed from the layers, checked.

A card names it in one of three ways: ``FILE.py:FUNCTION``, a file in the folder of the
card; ``PACKAGE.MODULE:FUNCTION``, what this Python can import; or the name of an entry
point of the group ``mmod.ballistic_limits`` of an installed package. Loading such a
card runs that code, with all rights of the user: treat it like a program. Nothing else
is accepted (no other folders, no addresses), no search path is changed, and the hash
of the file goes into the results.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from mmod import library
from mmod.errors import InputError, bad
from mmod.shields.ballistic_limits._function import FunctionLimit
from mmod.shields.ballistic_limits._regimes import Limit
from mmod.shields.equations._checked import CheckedLimit, check
from mmod.shields.equations._equation import Coefficients, of_card
from mmod.shields.equations._feeding import arguments
from mmod.shields.stack import Stack

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "mmod.ballistic_limits"
"""Entry point group in which installed packages offer equations."""
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True)
class OwnEquation:
    """An equation that is not part of this package.

    Parameters
    ----------
    name : str
        As in the card.
    function : callable
        Speed, obliquity, density and quantities of the shield to critical diameters,
        or quantities of the shield to a `Limit`.
    sources : dict
        Where it came from, to the SHA-256 of that file.
    """

    name: str
    function: Callable[..., Any]
    sources: dict[str, str]

    def limit(self, stack: Stack, criterion: str, coefficients: Coefficients) -> Limit:
        """Return the limit of one shield, checked on a grid of impacts.

        Parameters
        ----------
        stack : Stack
            Its layers.
        criterion : str
            What counts as failure, in the words of the card; handed over where the
            equation has a parameter of this name.
        coefficients : mapping
            Numbers that the card gives.

        Returns
        -------
        Limit
            Refuses every result that is not finite, positive and of the right shape.

        Raises
        ------
        InputError
            When layers or coefficients do not fit, or a result of the grid is wrong.
        """
        direct, given = arguments(
            self.function, self.name, stack, criterion, coefficients
        )
        made: object = None
        if direct:
            made = FunctionLimit(partial(self.function, **given))
        else:
            try:
                made = self.function(**given)
            except InputError as error:
                raise of_card(error, stack.source, self.name) from error
            except (Exception, SystemExit) as error:
                raise _failed(stack.source, self.name, "work", error) from error
        if not isinstance(made, Limit):
            expected = (
                "a function (speed, obliquity, density, ...) that returns diameters,"
                f" or one that returns a mmod.shields.Limit, not {type(made).__name__}"
            )
            raise bad(stack.source, "equation", self.name, expected)
        checked = CheckedLimit(made, stack.source, self.name)
        check(checked)
        return checked


def installed() -> tuple[str, ...]:
    """Return the names of the equations that installed packages offer."""
    return tuple(sorted({point.name for point in _entry_points()}))


def find(card: Path, name: str) -> OwnEquation | None:
    """Return the equation that a card names.

    Parameters
    ----------
    card : Path
        The card; a file is looked for in its folder.
    name : str
        ``FILE.py:FUNCTION``, ``PACKAGE.MODULE:FUNCTION`` or an entry point's name.

    Returns
    -------
    OwnEquation or None
        None when it is neither of the first two, nor an installed entry point.

    Raises
    ------
    InputError
        When the file, module or function is not there, or its import fails.
    """
    if ":" not in name:
        return _from_entry_point(card, name)
    place, _, attribute = name.rpartition(":")
    if place.endswith(".py"):
        module, digest = _from_file(card, name, place)
        return OwnEquation(name, _function(card, name, module, attribute), digest)
    if not all(part.isidentifier() for part in place.split(".")):
        expected = "FILE.py:FUNCTION beside the card, or PACKAGE.MODULE:FUNCTION"
        raise bad(card, "equation", name, expected)
    try:
        module = importlib.import_module(place)
    except (Exception, SystemExit) as error:
        raise _failed(card, name, f"import {place}", error) from error
    function = _function(card, name, module, attribute)
    return OwnEquation(name, function, _sources(card, name, place, function))


def _from_entry_point(card: Path, name: str) -> OwnEquation | None:
    found = [point for point in _entry_points() if point.name == name]
    values = sorted({f"{point.value} of {_package(point)}" for point in found})
    if not found:
        return None
    if len(values) > 1:
        expected = f"a name that one package offers, not several: {', '.join(values)}"
        raise bad(card, "equation", name, expected)
    try:
        function = found[0].load()
    except (Exception, SystemExit) as error:
        raise _failed(card, name, f"load {values[0]}", error) from error
    if not callable(function):
        raise bad(card, "equation", name, f"a function at {values[0]}")
    sources = _sources(card, name, found[0].module, function)
    origin = {f"{name} = {values[0]}, {k}": v for k, v in sources.items()}
    return OwnEquation(name, function, origin)


def _entry_points() -> list[EntryPoint]:
    from importlib.metadata import entry_points

    return list(entry_points(group=GROUP))


def _package(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist else "?"


def _from_file(card: Path, name: str, place: str) -> tuple[ModuleType, dict[str, str]]:
    """Run a file beside the card; the hash is that of the very bytes that ran."""
    path = card.parent / place
    if Path(place).name != place or not path.is_file():
        expected = f"a file in the folder of the card, {card.parent}"
        raise bad(card, "equation", name, expected)
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    label = f"mmod_own_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}_{digest}"
    with _ONE_AT_A_TIME:
        if label not in sys.modules:
            module = ModuleType(label)
            module.__file__ = str(path)
            sys.modules[label] = module  # dataclasses look their module up
            try:
                exec(compile(content, str(path), "exec"), module.__dict__)
            except (Exception, SystemExit) as error:
                del sys.modules[label]
                raise _failed(card, name, f"run {place}", error) from error
    return sys.modules[label], {place: digest}


def _function(
    card: Path, name: str, module: ModuleType, attribute: str
) -> Callable[..., Any]:
    try:
        function = attrgetter(attribute)(module)
    except AttributeError:
        function = None
    if not callable(function):
        where = Path(module.__file__).name if module.__file__ else module.__name__
        raise bad(card, "equation", name, f"a function {attribute!r} of {where}")
    checked: Callable[..., Any] = function
    return checked


def _sources(
    card: Path, name: str, module: str, function: Callable[..., Any]
) -> dict[str, str]:
    """Return the modules that were named and that define the function, hashed."""
    names = {module, getattr(inspect.unwrap(function), "__module__", None) or module}
    found = {}
    for each in sorted(names):
        origin = getattr(sys.modules.get(each), "__file__", None)
        if origin is None or not Path(origin).is_file():
            raise bad(card, "equation", name, f"a module {each} that comes from a file")
        found[each] = library.sha256(Path(origin))
    return found


def _failed(card: object, name: str, what: str, error: BaseException) -> InputError:
    text = f"an equation that can {what}; {type(error).__name__}: {error}"
    return bad(card, "equation", name, text)
