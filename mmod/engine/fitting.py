"""Which flux models of the library hold for all the phases of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mmod.engine.exposure import model_states
from mmod.engine.orbits import orbit_of
from mmod.errors import InputError
from mmod.flux import FluxModel, load_flux
from mmod.flux.card import EXTERNAL
from mmod.library import available, library_root
from mmod.units import MM

if TYPE_CHECKING:
    from mmod.config.schema import RunConfig


def fitting_models(config: RunConfig) -> dict[str, str]:
    """Return the models of the shipped library that hold for all phases of a run.

    Parameters
    ----------
    config : RunConfig
        The run.

    Returns
    -------
    dict of str to str
        Name -> "debris" or "meteoroid", by name. Left out: what the run names already,
        files of other programs, streams (a part of the meteoroids), and models whose
        card refuses a phase; what a card flags instead is flagged in the results.
    """
    root = library_root()
    used = {e.model for e in config.environment}
    found: dict[str, str] = {}
    for name, path in sorted(available("flux_model").items()):
        if name in used or not path.is_relative_to(root):
            continue
        model = load_flux(name)
        if model.part_of_kind or model.card.family == EXTERNAL:
            continue
        try:
            _hold(config, model)
        except InputError:
            continue
        found[name] = model.kind
    return found


def _hold(config: RunConfig, model: FluxModel) -> None:
    """Raise `InputError` where a model does not hold for a phase."""
    sizes = np.array(config.damage.impact_diameters_mm) * MM
    for i, phase in enumerate(config.phase):
        source = str(config.path or "run")
        found = orbit_of(phase, f"phase[{i}]", source, config.folder)
        states = model_states(found.orbit, phase.start, phase.end, model, sizes)
        for state in states.states:
            model.validity(state)
