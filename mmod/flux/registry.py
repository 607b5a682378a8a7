"""Load a flux model by the name of its card."""

from __future__ import annotations

from pathlib import Path

from mmod.errors import InputError, Problem, bad
from mmod.flux.base import FluxModel
from mmod.flux.card import ModelCard, OptionValue, read_card
from mmod.flux.external import ExternalModel
from mmod.flux.grun import GrunModel
from mmod.flux.master8 import Master8Model
from mmod.flux.nasa91 import Nasa91Model
from mmod.flux.streams import StreamModel
from mmod.library import resolve

FAMILIES: dict[str, type[FluxModel]] = {
    "external": ExternalModel,
    "grun": GrunModel,
    "master8": Master8Model,
    "nasa91": Nasa91Model,
    "streams": StreamModel,
}
"""Implementations that a card may name as its ``family``."""


def load_flux(
    name: str, *, relative_to: Path | None = None, **options: OptionValue
) -> FluxModel:
    """Load a flux model.

    Parameters
    ----------
    name : str
        Name in the library (``nasa91``, ``grun_ssp``, ...) or path of a card.
    relative_to : Path, optional
        Folder of the file that names the model.
    **options
        Override the card's defaults, e.g. ``density="constant"``.

    Returns
    -------
    FluxModel
        Ready to be asked for fluxes and threats.

    Raises
    ------
    InputError
        Unknown model, bad card, unknown option or a value the option refuses; all
        problems at once.

    References
    ----------
    .. [1] The ``citation`` of the card.
    """
    path = resolve("flux_model", name, relative_to=relative_to, key="model")
    card = read_card(path)
    resolved = resolve_options(path, card, options)
    if card.family not in FAMILIES:
        raise bad(path, "family", card.family, "one of " + ", ".join(sorted(FAMILIES)))
    return FAMILIES[card.family](path.parent.name, card, path, resolved)


def resolve_options(
    path: Path, card: ModelCard, given: dict[str, OptionValue]
) -> dict[str, OptionValue]:
    """Return every option of a card with the value in force.

    Parameters
    ----------
    path : Path
        The card, for error messages.
    card : ModelCard
        Declares the options.
    given : dict
        Overrides.

    Returns
    -------
    dict
        Option -> value, in the card's order.

    Raises
    ------
    InputError
        With every unknown option and every refused value.
    """
    problems: list[Problem] = []
    known = ", ".join(card.options) or "none"
    resolved: dict[str, OptionValue] = {k: o.default for k, o in card.options.items()}
    for key, value in given.items():
        option = card.options.get(key)
        if option is None:
            expected = f"an option of {path.parent.name} ({known})"
            problems.append(Problem(str(path), f"options.{key}", value, expected))
        elif value is None and option.default is None:
            continue
        elif value is None or option.refusal(value):
            expected = option.expected
            problems.append(Problem(str(path), f"options.{key}", value, expected))
        else:
            resolved[key] = value if isinstance(value, str) else float(value)
    if problems:
        raise InputError(problems)
    return resolved
