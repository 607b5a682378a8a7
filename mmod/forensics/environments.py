"""The pairs of flux models that a result offers: one of debris, one of meteoroids."""

from __future__ import annotations

from dataclasses import dataclass

import xarray as xr

from mmod.errors import bad
from mmod.results.schema import group


@dataclass(frozen=True)
class Pairing:
    """One environment: the models that act together.

    Parameters
    ----------
    models : tuple of str
        Labels of the run, one a kind.
    in_total : bool
        Whether these are the models of the run's total.
    """

    models: tuple[str, ...]
    in_total: bool

    @property
    def label(self) -> str:
        """The models, joined."""
        return " + ".join(self.models)


def pairings(results: xr.DataTree) -> list[Pairing]:
    """Return every pair of a debris and a meteoroid model of a run.

    Parameters
    ----------
    results : xarray.DataTree
        Result of a run.

    Returns
    -------
    list of Pairing
        That of the total first; single models where a run has one kind only. A model
        that is a part of its kind (streams) is no environment and left out.

    Raises
    ------
    InputError
        When no model of the run is in its total.
    """
    head = group(results, "/threats")
    rows = [
        (str(model), str(kind), bool(inside))
        for model, kind, inside in zip(
            head["model"].values,
            head["kind"].values,
            head["in_total"].values,
            strict=True,
        )
        if not _is_part(results, str(model))
    ]
    debris = [r for r in rows if r[1] == "debris"]
    meteoroid = [r for r in rows if r[1] == "meteoroid"]
    if debris and meteoroid:
        found = [
            Pairing((d[0], m[0]), d[2] and m[2]) for d in debris for m in meteoroid
        ]
    else:
        found = [Pairing((r[0],), r[2]) for r in rows]
    first = [p for p in found if p.in_total]
    if not first:
        expected = "a debris and a meteoroid model in the total, or one of one kind"
        raise bad("<tree>", "/threats/in_total", [r[0] for r in rows], expected)
    return [*first, *(p for p in found if not p.in_total)]


def _is_part(results: xr.DataTree, model: str) -> bool:
    """Return whether a model is a part of its kind, such as streams of meteoroids."""
    head = group(results, "/threats")
    names = head["group"].isel(
        model=[str(m) for m in head["model"].values].index(model)
    )
    filled = [str(name) for name in names.values.ravel() if str(name)]
    tables = (group(results, f"/threats/{name}") for name in filled)
    return any(int(table.attrs.get("part_of_kind", 0)) for table in tables)
