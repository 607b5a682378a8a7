"""Combine the risk of zones: modules, the vehicle, shares, no-penetration odds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from mmod.errors import bad
from mmod.results.schema import group
from mmod.stats import satterthwaite_dof, t_interval

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.int64]


@dataclass(frozen=True)
class Risk:
    """Expected number and its sampling error, arrays of one shape [1].

    Parameters
    ----------
    expected, stderr, dof : ndarray
        Estimate, standard error and its degrees of freedom; NaN where the quantity
        is not defined.
    lower, upper : ndarray
        95 % interval of `expected` (sampling only).
    """

    expected: FloatArray
    stderr: FloatArray
    dof: FloatArray
    lower: FloatArray
    upper: FloatArray

    @property
    def probability(self) -> FloatArray:
        """Probability of one or more, ``1 - exp(-expected)`` [1]."""
        return np.asarray(-np.expm1(-self.expected), dtype=np.float64)

    @property
    def pnp(self) -> FloatArray:
        """Probability of none (of no penetration), ``exp(-expected)`` [1]."""
        return np.asarray(np.exp(-self.expected), dtype=np.float64)

    @property
    def pnp_interval(self) -> tuple[FloatArray, FloatArray]:
        """95 % interval of `pnp` (sampling only) [1]."""
        return np.exp(-self.upper), np.exp(-self.lower)


def probability(expected: ArrayLike) -> FloatArray:
    """Return the probability of one or more of a Poisson number.

    Parameters
    ----------
    expected : array_like [1]
        Expected number, >= 0.

    Returns
    -------
    ndarray [1]
        ``1 - exp(-expected)``, exact to rounding also for tiny numbers.

    References
    ----------
    .. [1] NASA/TM-2009-214785 (Handbook for Designing MMOD Protection), p. 15-16:
       PNP = exp(-N). Page recalled, unverified.
    """
    return np.asarray(-np.expm1(-np.asarray(expected, dtype=np.float64)))


def pnp(expected: ArrayLike, axis: int | tuple[int, ...] | None = None) -> FloatArray:
    """Return the probability that nothing happens in any of some independent zones.

    Parameters
    ----------
    expected : array_like [1]
        Expected numbers; NaN (not defined) is left out.
    axis : int or tuple of int, optional
        Axes over which the zones lie; all by default.

    Returns
    -------
    ndarray [1]
        ``exp(-sum expected)``, the product of the zones' own probabilities.
    """
    whole = np.nansum(np.asarray(expected, dtype=np.float64), axis=axis)
    return np.asarray(np.exp(-whole), dtype=np.float64)


def combine(
    expected: FloatArray, stderr: FloatArray, dof: FloatArray, axis: int = 0
) -> Risk:
    """Sum independent estimates: errors in quadrature, Satterthwaite's freedom.

    Parameters
    ----------
    expected, stderr, dof : ndarray, one shape [1]
        Estimates by zone; NaN (not defined) is left out.
    axis : int
        Axis of the zones.

    Returns
    -------
    Risk
        The sum; NaN where it is defined for no zone.

    Notes
    -----
    Zones are sampled with independent random numbers, so their errors do not
    correlate.

    References
    ----------
    .. [1] F. E. Satterthwaite (1946), https://doi.org/10.2307/3002019
    """
    none = np.isnan(expected).all(axis=axis)
    total = np.where(none, np.nan, np.nansum(expected, axis=axis))
    variance = np.nan_to_num(stderr, nan=0.0) ** 2
    error = np.where(none, np.nan, np.sqrt(variance.sum(axis=axis)))
    kept = np.where(np.isnan(expected), 0.0, variance)
    freedom = satterthwaite_dof(kept, dof, axis=axis)
    lower, upper = t_interval(total, error, freedom, floor=0.0)
    return Risk(total, error, freedom, lower, upper)


def zone_indices(tree: xr.DataTree) -> dict[str, IndexArray]:
    """Return zone -> its own index, in the order of the file."""
    names = [str(n) for n in group(tree, "/zones")["zone"].values]
    return {name: np.array([i]) for i, name in enumerate(names)}


def module_indices(tree: xr.DataTree) -> dict[str, IndexArray]:
    """Return module -> indices of its zones, modules in order of appearance."""
    found: dict[str, list[int]] = {}
    for index, name in enumerate(group(tree, "/zones")["module"].values):
        found.setdefault(str(name), []).append(index)
    return {name: np.array(members) for name, members in found.items()}


def select(
    tree: xr.DataTree, zones: Sequence[int] | IndexArray | None, environment: str
) -> Risk:
    """Return the summed risk of some zones, for each damage class.

    Parameters
    ----------
    tree : xarray.DataTree
        A result.
    zones : sequence of int, optional
        Indices of the zones; all by default.
    environment : str
        Label of `environment`.

    Returns
    -------
    Risk
        Arrays of shape (D,); a single zone keeps the interval of the file.

    Raises
    ------
    InputError
        When the environment is not in the result.
    """
    data = group(tree, "/zones")
    check_label(data, "environment", environment)
    part = data.sel(environment=environment)
    if zones is not None:
        part = part.isel(zone=np.asarray(zones, dtype=np.int64))
    if part.sizes["zone"] == 1:
        one = part.isel(zone=0)
        return Risk(
            expected=one["expected"].values,
            stderr=one["expected_stderr"].values,
            dof=one["dof"].values,
            lower=one["expected_lower"].values,
            upper=one["expected_upper"].values,
        )
    names = ("expected", "expected_stderr", "dof")
    expected, stderr, dof = (part[n].transpose("zone", "damage").values for n in names)
    return combine(expected, stderr, dof)


def share(tree: xr.DataTree, environment: str = "total") -> dict[str, float]:
    """Return each module's share of the expected penetrations [1].

    Raises
    ------
    InputError
        When the environment is not in the result.
    """
    whole = float(select(tree, None, environment).expected[-1])
    if not whole > 0.0:
        return {name: float("nan") for name in module_indices(tree)}
    return {
        name: float(np.nan_to_num(select(tree, members, environment).expected[-1]))
        / whole
        for name, members in module_indices(tree).items()
    }


def check_label(data: xr.Dataset, dim: str, label: str) -> None:
    """Raise `InputError` when a label is not on a dimension, naming those that are."""
    known = [str(v) for v in data[dim].values]
    if label not in known:
        raise bad("result", dim, label, f"one of {', '.join(known)}")
