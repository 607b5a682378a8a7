"""An observed hole read as a clean entry hole: what made it, or why that is refused."""

from __future__ import annotations

from collections.abc import Sequence

import xarray as xr

from mmod.errors import InputError
from mmod.forensics.breaches import Breaches, predict_breaches
from mmod.forensics.inversion import invert_entry_hole

NEXT_TO_NOTHING = 1e-3
"""Share of the perforations below which a reading of the hole is called excluded [1]."""


def read_as_entry_hole(
    results: xr.DataTree,
    zones: Sequence[str],
    breaches: Breaches,
    size: tuple[float, float],
    claim: tuple[float, float] | None = None,
) -> str:
    """Return in words what a hole would need to be the clean entry hole of a particle.

    Parameters
    ----------
    results : xarray.DataTree
        Result of a run with events.
    zones : sequence of str
        Patterns of zones.
    breaches : Breaches
        The prediction for these zones, its models and its window.
    size : (low, high)
        Diameter of the hole [m].
    claim : (low, high), optional
        A particle that somebody claims made it [m].

    Returns
    -------
    str
        Particles with their share of the perforations, or the refusal with its reason;
        first for the claimed particle, then for any.

    Notes
    -----
    The walls are taken as plates with Maiden's relation, in place of the hole model of
    the shield: the reading that a thin-plate formula turned round would give, behind the
    gate of the ballistic limit.

    References
    ----------
    .. [1] NASA/TM-2009-214785, sect. 7.2.2.
    """
    try:
        plate = predict_breaches(
            results,
            list(zones),
            window=breaches.exposure,
            environment=list(breaches.models),
            hole_model="maiden",
        )
    except InputError as error:
        return _refusal(error)
    said = []
    if claim is not None:
        low, high = (1e3 * v for v in claim)
        said.append(
            f"made by the claimed particle of {low:g} to {high:g} mm:"
            f" {_entry(plate, size, breaches, claim)}"
        )
    least = "by any particle" if said else "by a particle"
    said.append(f"{least} of these models: {_entry(plate, size, breaches)}")
    return "; ".join(said)


def _refusal(error: InputError) -> str:
    return "refused: " + "; ".join(
        f"{p.value}: expected {p.expected}" for p in error.problems
    )


def _entry(
    plate: Breaches,
    size: tuple[float, float],
    breaches: Breaches,
    claim: tuple[float, float] | None = None,
) -> str:
    """Return what a clean entry hole in the plate would need, or the refusal."""
    try:
        clean = invert_entry_hole(plate, *size, particle=claim)
    except InputError as error:
        return _refusal(error)
    low, middle, high = (1e3 * clean.quantiles("diameter")).tolist()
    share = clean.evidence / max(breaches.expected(0.0).value, 1e-300)
    words = "next to excluded" if share < NEXT_TO_NOTHING else "possible"
    return (
        f"{words}, it needs {low:.2g} to {high:.2g} mm (median {middle:.2g}), which make"
        f" {100.0 * share:.1g} % of the perforations"
    )
