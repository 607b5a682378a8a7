"""Combine the risk of zones: modules, the vehicle, shares, no-penetration odds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from mmod.errors import bad
from mmod.flux.uncertainty import FLUX_DEVIATES
from mmod.results.flux_uncertainty import limits, sum_of_independent
from mmod.results.outcome import KINDS
from mmod.results.schema import group
from mmod.stats import satterthwaite_dof, t_interval

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.int64]
_ESTIMATES = ("expected", "expected_stderr", "dof", "expected_lower", "expected_upper")


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
    model_lower, model_upper : ndarray
        95 % interval of the number under the uncertainty of the flux models alone; NaN
        where a result of format 1.0 does not have it.
    """

    expected: FloatArray
    stderr: FloatArray
    dof: FloatArray
    lower: FloatArray
    upper: FloatArray
    model_lower: FloatArray
    model_upper: FloatArray

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

    @property
    def pnp_model_interval(self) -> tuple[FloatArray, FloatArray]:
        """95 % interval of `pnp` (uncertainty of the flux models only) [1]."""
        return np.exp(-self.model_upper), np.exp(-self.model_lower)


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
        The sum; NaN where it is defined for no zone. Without the interval by flux
        model, which needs more than estimates.

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
    unknown = np.full(np.shape(total), np.nan)
    return Risk(total, error, freedom, lower, upper, unknown, unknown)


def given_flux(
    tree: xr.DataTree, zones: Sequence[int] | IndexArray | None, environment: str
) -> tuple[FloatArray, FloatArray]:
    """Return the summed numbers of some zones when the flux models are off.

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
    deviates : ndarray, shape (q,) [1]
        Normal deviates z.
    given : ndarray, shape (D, q) [1]
        N(z) for each damage class; for the total the quantiles at these deviates of
        the sum of debris and meteoroids, which are independent. NaN where it is
        defined for no zone, or where the result (format 1.0) does not have it.

    Raises
    ------
    InputError
        When the environment or a zone is not in the result.

    Notes
    -----
    A model has one deviate, so zones add at equal z, exactly. The uncertainty of the
    flux models is all there is in it: neither sampling nor shields.

    References
    ----------
    .. [1] docs/theory.md, section 5.4.
    """
    data = group(tree, "/zones")
    check_label(data, "environment", environment)
    chosen = _zones(data, zones)
    return _deviates(data), _given(data, chosen, environment)


def given_by_kind(
    data: xr.Dataset, zones: IndexArray, environment: str
) -> list[FloatArray]:
    """Return the numbers of some zones at deviates, apart for each flux model.

    Parameters
    ----------
    data : xarray.Dataset
        The group ``/zones``.
    zones : ndarray of int
        Indices of the zones.
    environment : str
        Label of `environment`.

    Returns
    -------
    list of ndarray, shape (D, q) [1]
        One for a model or a kind; for the total those of debris and of meteoroids, as
        far as they are there. NaN as in `given_flux`.
    """
    if "expected_given_flux" not in data:
        return [np.full((data.sizes["damage"], FLUX_DEVIATES.size), np.nan)]
    labels = [environment]
    if environment == "total":
        known = [str(v) for v in data["environment"].values]
        labels = [kind for kind in KINDS if kind in known]
    parts = []
    for label in labels:
        values = _stored(data, zones, label)
        none = np.isnan(values).all(axis=0)
        parts.append(np.where(none, np.nan, np.nansum(values, axis=0)))
    return parts


def _deviates(data: xr.Dataset) -> FloatArray:
    if "flux_deviate" in data.variables:
        return np.asarray(data["flux_deviate"].values, dtype=np.float64)
    return np.array(FLUX_DEVIATES)


def _stored(data: xr.Dataset, zones: IndexArray, label: str) -> FloatArray:
    """Return N(z) of the file, (zone, damage, deviate)."""
    variable = data["expected_given_flux"].variable
    place = [str(v) for v in data["environment"].values].index(label)
    part = variable.isel(zone=zones, environment=place)
    return np.asarray(part.transpose("zone", "damage", "flux_deviate").values)


def _given(data: xr.Dataset, zones: IndexArray, environment: str) -> FloatArray:
    """Return N(z) of the zones together, (damage, deviate)."""
    if len(zones) == 1 and "expected_given_flux" in data:
        return np.asarray(_stored(data, zones, environment)[0])
    parts = given_by_kind(data, zones, environment)
    return parts[0] if len(parts) == 1 else sum_of_independent(*parts)


def _zones(data: xr.Dataset, zones: Sequence[int] | IndexArray | None) -> IndexArray:
    """Return zone indices; all by default."""
    count = data.sizes["zone"]
    if zones is None:
        return np.arange(count)
    chosen = np.asarray(zones, dtype=np.int64)
    if np.any((chosen < -count) | (chosen >= count)):
        expected = f"indices of zones from 0 to {count - 1}"
        raise bad("result", "zones", chosen.tolist(), expected)
    return chosen


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
        Arrays of shape (D,); a single zone keeps the intervals of the file.

    Raises
    ------
    InputError
        When the environment is not in the result.
    """
    data = group(tree, "/zones")
    check_label(data, "environment", environment)
    chosen = _zones(data, zones)
    part = data[list(_ESTIMATES)].sel(environment=environment).isel(zone=chosen)
    low, high = limits(_given(data, chosen, environment))
    if part.sizes["zone"] == 1:
        one = part.isel(zone=0)
        return Risk(
            expected=one["expected"].values,
            stderr=one["expected_stderr"].values,
            dof=one["dof"].values,
            lower=one["expected_lower"].values,
            upper=one["expected_upper"].values,
            model_lower=low,
            model_upper=high,
        )
    expected, stderr, dof = (
        part[n].transpose("zone", "damage").values for n in _ESTIMATES[:3]
    )
    return replace(combine(expected, stderr, dof), model_lower=low, model_upper=high)


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
