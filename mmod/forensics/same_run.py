"""Whether a result is of the run that a card names."""

from __future__ import annotations

import json

import xarray as xr

from mmod.errors import InputError

_KEYS = ("vehicle", "phase", "environment", "shields", "shadowing", "damage")
"""Keys of a run file that make its numbers."""


def differs(run: str, results: xr.DataTree) -> tuple[str, ...]:
    """Return a note where a result is not of the run that a card names.

    Parameters
    ----------
    run : str
        A run of the library, or the path of a run file.
    results : xarray.DataTree
        A result.

    Returns
    -------
    tuple of str
        One note that names the keys that differ; empty where none does. Title, seed and
        sampling may differ.

    Raises
    ------
    InputError
        When there is no such run, or its file is wrong.

    Notes
    -----
    The texts of the two run files are compared, not the files that they name.
    """
    from mmod.config import load_run

    mine = json.loads(str(results.attrs["config"]))
    wanted = json.loads(load_run(run).canonical_json())
    other = [key for key in _KEYS if mine.get(key) != wanted.get(key)]
    if not other:
        return ()
    words = f"{', '.join(other)} {'differs' if len(other) == 1 else 'differ'}"
    return (f"the result is not of run {run} as shipped: {words}",)


def differs_or_unknown(run: str, results: xr.DataTree) -> tuple[str, ...]:
    """Return `differs`, or a note where the run cannot be read and nothing is checked.

    Parameters
    ----------
    run : str
        A run of the library, or the path of a run file.
    results : xarray.DataTree
        A result.

    Returns
    -------
    tuple of str
        One note; empty where nothing differs.
    """
    try:
        return differs(run, results)
    except InputError:
        note = (
            f"run {run} of the case cannot be read here: whether the result is of it"
            " was not checked"
        )
        return (note,)
