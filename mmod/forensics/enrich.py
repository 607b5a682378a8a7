"""Run a result's own configuration again with more rays kept for some zones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from mmod.errors import InputError, bad
from mmod.forensics.source import resolve_zones
from mmod.results.schema import group

MOST_EVENTS = 10_000
"""Most events a zone that a run keeps."""


def enrich(
    results: xr.DataTree,
    zones: str | int | Sequence[str | int],
    events_per_zone: int = 2048,
    *,
    threads: int | None = None,
) -> xr.DataTree:
    """Run a configuration again with more events kept for some zones.

    Parameters
    ----------
    results : xarray.DataTree
        Result of a run; its configuration, seed and definitions are used again.
    zones : str, int or sequence of them
        Names, patterns or indices of the zones wanted; events of others are left out.
    events_per_zone : int
        Events kept for each zone and model.
    threads : int, optional
        Threads of this process; all cores by default.

    Returns
    -------
    xarray.DataTree
        A result with the same estimates and more events of those zones.

    Raises
    ------
    InputError
        When the number is out of range or not more than the run's, when the stored
        configuration does not resolve any more, or when the definitions have changed
        so that the estimates differ.

    Notes
    -----
    The same seed gives the same rays and the same estimates, bit by bit; only the
    number kept differs. Random numbers do not depend on it. It costs what the run did.

    References
    ----------
    .. [1] docs/theory.md, section 8.6.
    """
    from mmod.config.schema import RunConfig
    from mmod.engine.run import run

    chosen = resolve_zones(results, zones)
    try:
        config = RunConfig.from_json(str(results.attrs["config"]))
    except (KeyError, ValueError) as error:
        raise bad("<tree>", "config", str(error), "a configuration to run") from None
    had = config.sampling.events_per_zone
    if not had < events_per_zone <= MOST_EVENTS:
        expected = f"more than the run's {had}, at most {MOST_EVENTS}"
        raise bad("enrich", "events_per_zone", events_per_zone, expected)
    sampling = config.sampling.model_copy(update={"events_per_zone": events_per_zone})
    fresh = run(config.model_copy(update={"sampling": sampling}), threads=threads)
    old, new = (group(t, "/zones")["expected"].values for t in (results, fresh))
    if old.shape != new.shape or not np.array_equal(old, new, equal_nan=True):
        raise InputError(
            bad(
                "enrich",
                "zones",
                "other estimates",
                "those of the results: a definition or the program has changed since",
            ).problems
        )
    events = fresh.children["events"].to_dataset(inherit=False)
    keep = np.flatnonzero(np.isin(events["zone_index"].values, chosen))
    fresh["events"] = xr.DataTree(events.isel(event=keep))
    return fresh
