"""The threat table of a model over a phase: its states, mixed by their shares."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from mmod.engine.exposure import ModelStates, flag_orbit, model_states
from mmod.engine.orbits import PhaseOrbit
from mmod.flux import ExposureState, Flag, FluxModel
from mmod.flux.mixture import mix_threats
from mmod.orbit.altitude_table import AltitudeTable
from mmod.orbit.track import Track
from mmod.units import DEGREE, KM, MM

if TYPE_CHECKING:
    from mmod.config.schema import Phase

FloatArray = NDArray[np.float64]

COMPARED = 1.0 * MM
"""Size at which fluxes are compared beside the run's impact diameters [m]."""
_WORTH_SAYING = 5e-3


@dataclass(frozen=True)
class PhaseExposure:
    """The orbit of a phase and its states for every model.

    Parameters
    ----------
    orbit : str
        What the orbit comes from, in words.
    models : dict
        Name of the environment -> its states.
    """

    orbit: str
    models: dict[str, ModelStates]

    def to_dict(self) -> dict[str, Any]:
        """Return the same as plain data, with units in the keys."""
        return {
            "orbit": self.orbit,
            "models": {
                name: {
                    "samples": found.samples,
                    "change_by_halving_the_samples": found.sampling_change,
                    "error_of_the_states": found.state_error,
                    "states": [
                        _plain(state, share)
                        for state, share in zip(found.states, found.shares, strict=True)
                    ],
                }
                for name, found in self.models.items()
            },
        }

    def to_text(self) -> str:
        """Return one line: the orbit, the range of its states, how well it is known."""
        states = [s for found in self.models.values() for s in found.states]
        low = min(s.altitude for s in states) / KM
        high = max(s.altitude for s in states) / KM
        tilt = np.mean([s.inclination for s in states]) / DEGREE
        span = f"{low:.1f}" if high - low < 0.05 else f"{low:.1f} to {high:.1f}"
        text = f"{self.orbit}: {span} km, {tilt:.2f} deg"
        counts = [f"{name} {len(f.states)}" for name, f in self.models.items()]
        text += f"; states {', '.join(counts)}"
        samples = max(found.samples for found in self.models.values())
        if samples:
            change = max(f.sampling_change for f in self.models.values())
            text += f"; {samples} samples, halving changes a flux by {change:.1e}"
        error = max(found.state_error for found in self.models.values())
        return f"{text}; states within {error:.1e} of the flux over the phase"

    @property
    def is_plain(self) -> bool:
        """Whether the phase is one circular orbit in one state."""
        states = [found.states for found in self.models.values()]
        return self.orbit == CIRCULAR and all(len(s) == 1 for s in states)


CIRCULAR = "circular orbit"


def _plain(state: ExposureState, share: float) -> dict[str, Any]:
    node = state.right_ascension
    return {
        "share": share,
        "altitude_km": state.altitude / KM,
        "inclination_deg": state.inclination / DEGREE,
        "right_ascension_deg": None if node is None else node / DEGREE,
        "epoch_year": state.epoch,
    }


def orbit_name(found: PhaseOrbit) -> str:
    """Return what an orbit comes from, in words."""
    if isinstance(found.orbit, Track):
        return found.orbit.name
    if isinstance(found.orbit, AltitudeTable):
        return f"altitudes by year of {found.orbit.title}"
    return CIRCULAR


def orbit_flags(found: PhaseOrbit, phase: Phase) -> list[str]:
    """Return what is to be said of the orbit of a phase, whatever the model."""
    return [*found.flags, *flag_orbit(found.orbit, phase.start, phase.end)]


def phase_threats(
    model: FluxModel,
    found: PhaseOrbit,
    phase: Phase,
    diameters: FloatArray,
    *,
    accept_extrapolation: bool = False,
) -> tuple[list[Flag], list[str], xr.Dataset, ModelStates]:
    """Return the threat table of a model over a phase.

    Parameters
    ----------
    model : FluxModel
        Debris or meteoroids.
    found : PhaseOrbit
        The orbit.
    phase : Phase
        Of the run file.
    diameters : ndarray, shape (n,)
        Impact diameters of the run [m]; fluxes are compared at these and at 1 mm.
    accept_extrapolation : bool
        Outside the model's validity give a flag instead of an error.

    Returns
    -------
    caveats : list of Flag
        Of the model at its states.
    notes : list of str
        What is not adequate about states and samples, and what the uncertainty of a
        table of altitudes comes to.
    table : xarray.Dataset
        Threat table: of the only state, or the mixture of several.
    states : ModelStates
        What it is a mixture of.

    Raises
    ------
    InputError
        Where the model does not hold.

    Notes
    -----
    Valid as the model; see `mmod.engine.exposure.model_states`.

    References
    ----------
    .. [1] As the model.
    """
    states = model_states(
        found.orbit,
        phase.start,
        phase.end,
        model,
        np.union1d(diameters, [COMPARED]),
        accept_extrapolation=accept_extrapolation,
    )
    said = [*states.caveats, *(f for s in states.states for f in model.validity(s))]
    caveats = worst_flags(said)
    caveats |= {flag.code: flag for flag in model.size_flags(diameters)}
    tables = [model.threats(state) for state in states.states]
    table = tables[0] if len(tables) == 1 else mix_threats(tables, states.shares)
    table.attrs["flags"] = "\n".join(str(flag) for flag in caveats.values())
    notes = list(states.flags)
    if isinstance(found.orbit, AltitudeTable):
        notes += _effect(found.orbit, states, model)
    return list(caveats.values()), notes, table, states


def worst_flags(flags: list[Flag]) -> dict[str, Flag]:
    """Return one flag a code: that of the state farthest outside the validity.

    Parameters
    ----------
    flags : list of Flag
        Of all states of a phase.

    Returns
    -------
    dict
        Code -> flag, in the order of the codes; it says where messages differ.

    Notes
    -----
    Valid for any flags.

    References
    ----------
    .. [1] None; bookkeeping.
    """
    found: dict[str, Flag] = {}
    for flag in flags:
        if flag.code not in found or flag.excess > found[flag.code].excess:
            found[flag.code] = flag
    several = {f.code for f in flags if f.message != found[f.code].message}
    worst, other = "the farthest of the phase", "and so at other states of the phase"
    return {
        code: replace(
            flag, message=f"{flag.message} ({worst if flag.excess else other})"
        )
        if code in several
        else flag
        for code, flag in found.items()
    }


def _effect(table: AltitudeTable, states: ModelStates, model: FluxModel) -> list[str]:
    """Return what the uncertainty of a table of altitudes does to a model's flux."""
    total = np.zeros(3)
    for state, share in zip(states.states, states.shares, strict=True):
        for k, shift in enumerate((-table.uncertainty, 0.0, table.uncertainty)):
            moved = replace(
                state, altitude=state.altitude + shift, accept_extrapolation=True
            )
            total[k] += share * float(model.cumulative([COMPARED], moved)[0])
    low, high = total[0] / total[1], total[2] / total[1]
    if max(abs(low - 1.0), abs(high - 1.0)) < _WORTH_SAYING:
        return []
    text = (
        f"{model.name}: {table.uncertainty / KM:g} km lower or higher, as the table of"
        f" altitudes is uncertain, is x{low:.2f} or x{high:.2f} of its flux at 1 mm"
    )
    return [text]
