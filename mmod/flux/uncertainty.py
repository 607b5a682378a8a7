"""The uncertainty of a flux model: a lognormal law, one deviate for the whole model.

ln F(>= d) = ln F0(>= d) + sigma(d) z with z standard normal, the same z for all sizes,
directions, speeds, phases and zones. Models of debris and of meteoroids have deviates of
their own. See docs/theory.md section 5.4.
"""

from __future__ import annotations

import math
from typing import get_args

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from mmod.errors import bad
from mmod.flux.card import LARGEST_LOG_STDERR, Tag, UncertaintyLaw
from mmod.units import MM

FloatArray = NDArray[np.float64]

NORMAL_97_5 = 1.959963984540054
"""Normal deviate that 97.5 % stay below."""
_UPWARD = np.array([0.5, 1.0, 1.5, NORMAL_97_5, 2.5, 3.0])
FLUX_DEVIATES: FloatArray = np.concatenate([-_UPWARD[::-1], [0.0], _UPWARD])
"""Deviates z at which expected numbers are stored; -1.96 and 1.96 are the 95 % limits."""
FLUX_DEVIATES.flags.writeable = False

_NOTHING = 1e-24
"""Share of the flux of the smallest sizes below which there are no particles."""

METEOROID_LAW = UncertaintyLaw(
    diameter_mm=(1.0,),
    log_stderr=(round(math.log(3.0) / NORMAL_97_5, 4),),
    source="factor 0.33 to 3 at a mass (ECSS-E-ST-10-04C Rev.1 J.2.3.2), taken as 95 %:"
    " the standard does not say which quantile",
    tag="estimate",
)
"""Of meteoroid models whose files state no uncertainty of the model."""


def log_stderr(law: UncertaintyLaw, diameter: ArrayLike) -> FloatArray:
    """Return one standard error of the log of the cumulative flux.

    Parameters
    ----------
    law : UncertaintyLaw
        Of a card, or from files.
    diameter : array_like [m]
        Least diameters, positive.

    Returns
    -------
    ndarray [1]
        sigma(d), of the shape of ``diameter``: linear in log d, constant beyond the
        nodes.

    Notes
    -----
    Valid wherever the flux is. A factor exp(sigma) is one standard error.

    References
    ----------
    .. [1] docs/theory.md, section 5.4.
    """
    nodes = np.log(np.asarray(law.diameter_mm) * MM)
    at = np.log(np.asarray(diameter, dtype=np.float64))
    return np.asarray(np.interp(at, nodes, np.asarray(law.log_stderr)))


def law_of_deviations(
    diameter: FloatArray,
    flux: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
    source: str,
) -> UncertaintyLaw:
    """Return the law of files that give a downward and an upward standard deviation.

    Parameters
    ----------
    diameter : ndarray, shape (n,) [m]
        Sizes, increasing.
    flux, lower, upper : ndarray, shape (n,) [1/m2/s, or any one unit]
        Cumulative flux and its deviations. Sizes without flux are left out, and those
        with an upper deviation of 0: a file that knows none writes that.
    source : str
        Where the numbers are from.

    Returns
    -------
    UncertaintyLaw
        Diameters in mm; sigma [1] = mean of ln(1 + upper / F) and -ln(1 - lower / F);
        where the lower deviation reaches the flux itself, the first alone.

    Raises
    ------
    InputError
        Where no size has both flux and a deviation, or a deviation is not a number
        >= 0.

    Notes
    -----
    A flux is never known exactly: between and beyond the sizes that are left the law is
    as `log_stderr` continues it. Valid for deviations of either sign that are read as
    those of a lognormal: the two forms agree to the second order of the relative
    deviation. Beyond `LARGEST_LOG_STDERR` the law is cut off.

    References
    ----------
    .. [1] docs/theory.md, section 5.4.
    """
    keep = flux > _NOTHING * flux.max(initial=0.0)
    both = np.concatenate([lower[keep], upper[keep]])
    if not keep.any() or not np.all(np.isfinite(both) & (both >= 0.0)):
        raise bad(source, "sigma", "no usable numbers", "deviations >= 0 beside a flux")
    keep = keep & (upper > _NOTHING * flux)  # 1e-99 stands for 0
    if not keep.any():
        expected = "a deviation above 0 at some size, or uncertainty_law in the card"
        raise bad(source, "sigma", "0 at every size", expected)
    above = np.log1p(upper[keep] / flux[keep])
    share = np.minimum(lower[keep] / flux[keep], 1.0)
    below = -np.log1p(-np.where(share < 1.0, share, 0.0))
    sigma = np.where(share < 1.0, 0.5 * (above + below), above)
    return UncertaintyLaw(
        diameter_mm=tuple((diameter[keep] / MM).tolist()),
        log_stderr=tuple(np.minimum(sigma, LARGEST_LOG_STDERR).tolist()),
        source=source,
        tag="read",
    )


def law_of_table(table: xr.Dataset, source: str) -> UncertaintyLaw | None:
    """Return the law that a threat table carries.

    Parameters
    ----------
    table : xarray.Dataset
        Threat table (see `mmod.flux.table`).
    source : str
        Where it is from, if the table does not say.

    Returns
    -------
    UncertaintyLaw or None
        None where the table has no `log_stderr`.

    Raises
    ------
    InputError
        When its tag is none of those of cards.

    Notes
    -----
    Valid for validated tables.

    References
    ----------
    .. [1] docs/theory.md, section 5.4.
    """
    if "log_stderr" not in table:
        return None
    stated = table["log_stderr"].attrs
    tag = str(stated.get("tag", "unverified"))
    if tag not in get_args(Tag):
        raise bad(source, "log_stderr.tag", tag, f"one of {', '.join(get_args(Tag))}")
    return UncertaintyLaw.model_validate(
        {
            "diameter_mm": tuple((table["diameter"].values / MM).tolist()),
            "log_stderr": tuple(table["log_stderr"].values.tolist()),
            "source": str(stated.get("source", "")) or source,
            "tag": tag,
        }
    )


def flux_given_deviate(
    diameter: FloatArray, flux: FloatArray, sigma: FloatArray, deviate: ArrayLike
) -> FloatArray:
    """Return the cumulative flux of a model that is off by some deviates.

    Parameters
    ----------
    diameter : ndarray, shape (n,) [m]
        Increasing sizes.
    flux : ndarray, shape (n,) [1/m2/s, or any unit]
        Nominal cumulative flux, not increasing.
    sigma : ndarray, shape (n,) [1]
        Its log standard error.
    deviate : array_like, shape (q,) [1]
        Normal deviates z.

    Returns
    -------
    ndarray, shape (q, n) [unit of the flux]
        max over d' >= d of F(d') exp(sigma(d') z).

    Raises
    ------
    InputError
        When the first three differ in shape.

    Notes
    -----
    The maximum keeps a cumulative flux cumulative: where sigma falls with the size more
    steeply than the flux does, a low z would leave fewer particles above d than above
    some larger d'. Elsewhere it changes nothing. It rises with z.

    References
    ----------
    .. [1] docs/theory.md, section 5.4.
    """
    if not diameter.shape == flux.shape == sigma.shape:
        raise bad("<argument>", "sigma", sigma.shape, f"shape {diameter.shape}")
    factor = np.exp(np.asarray(deviate, dtype=np.float64)[:, None] * sigma[None, :])
    shifted = flux[None, :] * factor
    return np.asarray(np.maximum.accumulate(shifted[:, ::-1], axis=1)[:, ::-1])


def size_ratios(
    table: xr.Dataset, edges: ArrayLike, deviate: ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """Return by how much classes of sizes grow when a model is off by some deviates.

    Parameters
    ----------
    table : xarray.Dataset
        Threat table with `log_stderr`.
    edges : array_like, shape (n,) [m]
        Increasing diameters within the nodes of the table.
    deviate : array_like, shape (q,)
        Normal deviates z.

    Returns
    -------
    above : ndarray, shape (q, n) [1]
        Flux of particles of at least each edge over the nominal one.
    between : ndarray, shape (q, n) [1]
        The same for particles from each edge to the next; above the last edge, all.

    Raises
    ------
    InputError
        When the table has no `log_stderr`.

    Notes
    -----
    Of the sum over the size curves: which bin of direction and speed a particle belongs
    to does not matter. Where a class is empty its ratio is exp(sigma z).

    References
    ----------
    .. [1] docs/theory.md, section 5.4.
    """
    if "log_stderr" not in table:
        source = f"threat table of {table.attrs.get('model', 'an unnamed model')}"
        raise bad(source, "log_stderr", "missing", "the uncertainty law of the model")
    nodes, at = table["diameter"].values, np.asarray(edges, dtype=np.float64)
    if not (nodes[0] <= at[0] and at[-1] <= nodes[-1] and np.all(np.diff(at) > 0.0)):
        expected = f"increasing diameters from {nodes[0]:g} to {nodes[-1]:g} m"
        raise bad("<argument>", "edges", [float(at[0]), float(at[-1])], expected)
    grid = np.unique(np.concatenate([nodes, at]))
    x, log_nodes = np.log(grid), np.log(nodes)
    flux = np.zeros(grid.shape)
    for row in table["flux"].values:
        flux += np.exp(np.interp(x, log_nodes, np.log(row)))
    sigma = np.interp(x, log_nodes, table["log_stderr"].values)
    shifted = flux_given_deviate(grid, flux, sigma, deviate)
    place = np.searchsorted(grid, at)
    nominal, moved = flux[place], shifted[:, place]
    above = moved / nominal
    part = nominal - np.append(nominal[1:], 0.0)
    moved_part = moved - np.concatenate([moved[:, 1:], 0.0 * moved[:, :1]], axis=1)
    empty = part <= 1e-12 * nominal
    between = np.where(empty, above, moved_part / np.where(empty, 1.0, part))
    return above, between
