"""Pictures of results; matplotlib and pyvista are imported when one is drawn."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from mmod.errors import bad

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mmod.flux.spectra import Spectra
    from mmod.forensics.assessment import Assessment
    from mmod.forensics.comparison import Comparison as ObservedComparison
    from mmod.forensics.populations import PopulationCard, PopulationRow
    from mmod.results.comparison import Comparison
    from mmod.shields.curves import Curves
    from mmod.verification.similar import SimilarShot

PICTURES: dict[str, str] = {
    "penetration_flux": "mmod.plot.surface:plot",
    "penetration_probability": "mmod.plot.surface:plot",
    "exposed_fraction": "mmod.plot.surface:plot",
    "relative_error": "mmod.plot.surface:plot",
    "drivers": "mmod.plot.charts:drivers",
    "zones": "mmod.plot.charts:zones",
}
"""What can be drawn, and the function that draws it."""


def draw(
    tree: xr.DataTree,
    quantity: str = "penetration_flux",
    *,
    file: str | os.PathLike[str] | None = None,
    **options: Any,
) -> Path | NDArray[np.uint8]:
    """Draw one of `PICTURES`.

    Parameters
    ----------
    tree : xarray.DataTree
        A result.
    quantity : str
        Key of `PICTURES`.
    file : path, optional
        Picture to write (.png, .pdf or .svg); without it the image is returned.
    **options
        Options of the function that draws.

    Returns
    -------
    Path or ndarray of uint8, shape (height, width, 3)
        The file, or the image.

    Raises
    ------
    InputError
        When the quantity is unknown or an option does not fit it.
    """
    if quantity not in PICTURES:
        raise bad("plot", "quantity", quantity, f"one of {', '.join(PICTURES)}")
    module = PICTURES[quantity].partition(":")[0]
    function = _function(PICTURES[quantity])
    known = set(function.__kwdefaults__ or {}) - {"file"}
    for key, value in options.items():
        if key not in known:
            raise bad("plot", key, value, f"an option among {sorted(known)}")
    if module.endswith("surface"):
        options["quantity"] = quantity
        function = _by_keyword(function)
    result: Path | NDArray[np.uint8] = function(tree, file=file, **options)
    return result


def draw_curves(
    curves: Curves,
    *,
    title: str = "",
    criterion: str = "",
    certainty: str = "",
    shots: Sequence[SimilarShot] = (),
    note: str = "",
    file: str | os.PathLike[str] | None = None,
) -> Path | NDArray[np.uint8]:
    """Draw ballistic limit curves; see `mmod.plot.limits.plot`.

    Parameters
    ----------
    curves : Curves
        From `mmod.shields.curves`.
    title, criterion : str
        What the shield is, and what counts as failure.
    certainty : str
        How well the shield is known, in the words of its card.
    shots : sequence of SimilarShot
        From `mmod.verification.similar.similar_shots`.
    note : str
        What a reader should know of the shots.
    file : path, optional
        Picture to write (.png, .pdf or .svg); without it the image is returned.

    Returns
    -------
    Path or ndarray of uint8, shape (height, width, 3)
        The file, or the image.

    Raises
    ------
    InputError
        When matplotlib is not installed or the file cannot be written.
    """
    function = _function("mmod.plot.limits:plot")
    result: Path | NDArray[np.uint8] = function(
        curves,
        title=title,
        criterion=criterion,
        certainty=certainty,
        shots=shots,
        note=note,
        file=file,
    )
    return result


def draw_environments(
    spectra: Mapping[str, Spectra],
    kinds: Mapping[str, str],
    *,
    title: str = "",
    parts: Sequence[str] = ("size", "direction", "speed"),
    file: str | os.PathLike[str] | None = None,
) -> Path | NDArray[np.uint8]:
    """Draw flux models side by side; see `mmod.plot.environments.plot`.

    Parameters
    ----------
    spectra : mapping of str to Spectra
        Label to marginals, from `mmod.flux.spectra`.
    kinds : mapping of str to str
        Label to "debris" or "meteoroid".
    title : str
        Orbit and epoch.
    parts : sequence of {"size", "direction", "speed"}
        Panels to draw.
    file : path, optional
        Picture to write (.png, .pdf or .svg); without it the image is returned.

    Returns
    -------
    Path or ndarray of uint8, shape (height, width, 3)
        The file, or the image.

    Raises
    ------
    InputError
        When matplotlib is not installed or the file cannot be written.
    """
    function = _function("mmod.plot.environments:plot")
    result: Path | NDArray[np.uint8] = function(
        spectra, kinds, title=title, parts=parts, file=file
    )
    return result


def draw_comparison(
    comparison: Comparison,
    *,
    title: str = "",
    damage: str = "penetration",
    file: str | os.PathLike[str] | None = None,
) -> Path | NDArray[np.uint8]:
    """Draw the environments of a run side by side; see `mmod.plot.compared.plot`.

    Parameters
    ----------
    comparison : Comparison
        From `mmod.results.comparison.compare`.
    title : str
        Of the run.
    damage : str
        Damage class of the numbers by zone.
    file : path, optional
        Picture to write (.png, .pdf or .svg); without it the image is returned.

    Returns
    -------
    Path or ndarray of uint8, shape (height, width, 3)
        The file, or the image.

    Raises
    ------
    InputError
        When matplotlib is not installed or the file cannot be written.
    """
    function = _function("mmod.plot.compared:plot")
    result: Path | NDArray[np.uint8] = function(
        comparison, title=title, damage=damage, file=file
    )
    return result


def draw_hole(
    found: Assessment, *, file: str | os.PathLike[str] | None = None
) -> Path | NDArray[np.uint8]:
    """Draw an assessment of a hole on one page; see `mmod.plot.holes.plot`.

    Parameters
    ----------
    found : Assessment
        From `mmod.forensics.assessment.assess`.
    file : path, optional
        Picture to write (.png, .pdf or .svg); without it the image is returned.

    Returns
    -------
    Path or ndarray of uint8, shape (height, width, 3)
        The file, or the image.

    Raises
    ------
    InputError
        When matplotlib is not installed or the file cannot be written.
    """
    function = _function("mmod.plot.holes:plot")
    result: Path | NDArray[np.uint8] = function(found, file=file)
    return result


def draw_observed(
    comparison: ObservedComparison,
    *,
    title: str = "",
    file: str | os.PathLike[str] | None = None,
) -> Path | NDArray[np.uint8]:
    """Draw observed breaches beside predicted ones; see `mmod.plot.observed.plot`.

    Parameters
    ----------
    comparison : Comparison
        From `mmod.forensics.comparison.compare`.
    title : str
        Of the run.
    file : path, optional
        Picture to write (.png, .pdf or .svg); without it the image is returned.

    Returns
    -------
    Path or ndarray of uint8, shape (height, width, 3)
        The file, or the image.

    Raises
    ------
    InputError
        When matplotlib is not installed or the file cannot be written.
    """
    function = _function("mmod.plot.observed:plot")
    result: Path | NDArray[np.uint8] = function(comparison, title=title, file=file)
    return result


def draw_population(
    card: PopulationCard,
    rows: Sequence[PopulationRow],
    *,
    title: str = "",
    file: str | os.PathLike[str] | None = None,
) -> Path | NDArray[np.uint8]:
    """Draw a population; see `mmod.plot.observed.plot_population`.

    Parameters
    ----------
    card : PopulationCard
        The population.
    rows : sequence of PopulationRow
        From `mmod.forensics.populations.compare_population`.
    title : str
        Of the run.
    file : path, optional
        Picture to write (.png, .pdf or .svg); without it the image is returned.

    Returns
    -------
    Path or ndarray of uint8, shape (height, width, 3)
        The file, or the image.

    Raises
    ------
    InputError
        When matplotlib is not installed or the file cannot be written.
    """
    function = _function("mmod.plot.observed:plot_population")
    result: Path | NDArray[np.uint8] = function(card, rows, title=title, file=file)
    return result


def check_picture(file: str | os.PathLike[str]) -> None:
    """Raise `InputError` when a picture could not be drawn or written to a file."""
    _function("mmod.plot._frame:check_file")(file)


def _function(where: str) -> Any:
    """Import a function that draws; say what to install where that cannot be."""
    module, name = where.split(":")
    try:
        return getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "matplotlib":
            raise
        raise bad(
            "plot", "matplotlib", "not installed", 'pip install "mmod[plot]"'
        ) from None


def _by_keyword(function: Any) -> Any:
    def call(tree: xr.DataTree, *, quantity: str, **rest: Any) -> Any:
        return function(tree, quantity, **rest)

    return call


__all__ = [
    "PICTURES",
    "check_picture",
    "draw",
    "draw_comparison",
    "draw_curves",
    "draw_environments",
    "draw_observed",
    "draw_population",
]
