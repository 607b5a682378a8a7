"""What the reader of an assessment must know of the numbers behind it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

import xarray as xr

from mmod.errors import bad
from mmod.forensics.breaches import ENOUGH_RAYS, Breaches, Estimate
from mmod.results.schema import group
from mmod.units import MM

GAUGES = "crater_*"
"""Names of shields that count craters and stand for no plate."""
_REMEDY = (
    f"{ENOUGH_RAYS:.0f} are wanted: run again with more sampling.events_per_zone, or"
    " mmod.forensics.enrich for these zones alone"
)


def least(size: float) -> str:
    """Return the least size of a hole [m] in words."""
    return "any" if size == 0.0 else f">= {size / MM:.3g} mm"


def few_rays(
    counts: Iterable[tuple[str, Sequence[tuple[float, float]]]],
    probability: Estimate | None = None,
) -> tuple[str, ...]:
    """Return flags on numbers that too few rays carry.

    Parameters
    ----------
    counts : iterable of (str, sequence of (float, float))
        Environment, then the least size of the hole [m] and the effective rays [1] of
        each of its numbers.
    probability : Estimate, optional
        P(size in the reported range | perforation).

    Returns
    -------
    tuple of str
        One for each environment with such a number, and one for the probability.
    """
    flags = []
    for label, cells in counts:
        few = [f"{least(s)} {r:.0f}" for s, r in cells if not r >= ENOUGH_RAYS]
        if few:
            flags.append(
                f"few rays, {label}: effective rays of holes {', '.join(few)}; the number"
                f" and its error are not to be relied on; {_REMEDY}"
            )
    if probability is not None and not probability.well_sampled:
        flags.append(
            "few rays, size: P(size | perforation) and its p rest on"
            f" {probability.effective_samples:.0f} effective rays; {_REMEDY}"
        )
    return tuple(flags)


def gauges(results: xr.DataTree, breaches: Breaches) -> tuple[str, ...]:
    """Return a flag where a zone has a shield that counts craters.

    Parameters
    ----------
    results : xarray.DataTree
        The result.
    breaches : Breaches
        Prediction of its zones.

    Returns
    -------
    tuple of str
        One flag; empty where there is no such zone.
    """
    data = group(results, "/zones")
    used = {
        str(shield)
        for zone, shield in zip(data["zone"].values, data["shield"].values, strict=True)
        if str(zone) in breaches.zones and fnmatchcase(str(shield), GAUGES)
    }
    if not used:
        return ()
    words = (
        f"shield {', '.join(sorted(used))}: it counts craters in thick metal and stands"
        " for no plate: a perforation of it is a crater, and the sizes of holes in it"
        " mean nothing"
    )
    return (words,)


def refuse_no_hole(
    breaches: Breaches, reported: tuple[float, float], within: tuple[float, float]
) -> None:
    """Refuse a size that no perforation of these zones has.

    Parameters
    ----------
    breaches : Breaches
        A prediction.
    reported, within : (low, high)
        Size as reported and as tested [m].

    Raises
    ------
    InputError
        When there are perforations, but none of these sizes.
    """
    if not breaches.expected().value > 0.0:
        return
    some = all(breaches.expected(size).value > 0.0 for size in reported)
    if some and breaches.cell(*within).value > 0.0:
        return
    low, high = (size / MM for size in reported)
    raise bad(
        "case",
        "size.reported_mm (--diameter)",
        f"{low:g} mm" if low == high else f"{low:g} to {high:g} mm",
        "a diameter that some perforation of these zones can have",
    )
