"""The threat table: what the engine reads of a flux model for one phase.

An ``xarray.Dataset`` in the spacecraft (LVLH) frame, relative to the moving
spacecraft, with dimensions ``threat``, ``size_curve`` and ``diameter``. A threat is a
bin in azimuth, sin(elevation) and speed in which the flux is uniform; its flux is its
``weight`` times the size curve it belongs to. Where the attribute ``coupled`` is 1 the
azimuth follows from the speed: ``side * acos(min(speed / coupling_speed, 1))``.

Between nodes the size curves are interpolated log-log, densities likewise. Where the
flux of a curve is the same at two neighbouring nodes there is no particle between
them, so the density there has no meaning (a step of the density in *mass* leaves such
a gap in diameter: the denser value at its lower, the lighter at its upper node).

``log_stderr`` over ``diameter`` is one standard error of the log of the total flux of at
least that size (see `mmod.flux.uncertainty`); the tables of models all have it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from mmod.errors import InputError, Problem
from mmod.flux.card import LARGEST_LOG_STDERR, UncertaintyLaw
from mmod.flux.uncertainty import log_stderr

FloatArray = NDArray[np.float64]

SMALLEST_DIAMETER = 1e-6
"""Every size curve starts at or below this [m]."""
LARGEST_DIAMETER = 1.0
"""Every size curve ends at or above this [m]."""
NODES_PER_DECADE = 200
"""Of smooth size curves: log-log interpolation is then good to 1e-4."""
WEIGHT_TOLERANCE = 1e-14
LOG_STDERR_NAME = "standard error of the log of the flux of at least the diameter"
AREA_CONVENTION = "cross_section"

_THREAT_FIELDS = {
    "azimuth_lower": ("rad", "lower edge of the radiant's azimuth, ram towards port"),
    "azimuth_upper": ("rad", "upper edge of the radiant's azimuth, ram towards port"),
    "sin_elevation_lower": ("1", "lower edge of the sine of the radiant's elevation"),
    "sin_elevation_upper": ("1", "upper edge of the sine of the radiant's elevation"),
    "speed_lower": ("m s-1", "lower edge of the speed relative to the spacecraft"),
    "speed_upper": ("m s-1", "upper edge of the speed relative to the spacecraft"),
    "weight": ("1", "share of the size curve's flux in this bin"),
}
_ATTRIBUTES = (
    "model",
    "kind",
    "coupled",
    "area_convention",
    "altitude",
    "inclination",
    "epoch",
    "flags",
    "table_min_diameter",
    "table_max_diameter",
)


@dataclass(frozen=True)
class SizeCurves:
    """Cumulative flux and density against diameter.

    Parameters
    ----------
    diameter : ndarray, shape (n,)
        Nodes [m], increasing.
    flux : ndarray, shape (c, n)
        Cross-sectional flux of particles at least this large [1/m2/s].
    density : ndarray, shape (c, n)
        Particle density at the nodes [kg/m3].
    """

    diameter: FloatArray
    flux: FloatArray
    density: FloatArray


@dataclass(frozen=True)
class ThreatBins:
    """Bins of direction and speed; all arrays of shape (threat,), SI.

    ``side`` and ``coupling_speed`` [m/s] are given where the azimuth follows from the
    speed, ``population`` where there are several. Weights need not be normalised.
    """

    azimuth_lower: FloatArray
    azimuth_upper: FloatArray
    sin_elevation_lower: FloatArray
    sin_elevation_upper: FloatArray
    speed_lower: FloatArray
    speed_upper: FloatArray
    weight: FloatArray
    size_curve_index: NDArray[np.int32]
    side: NDArray[np.int8] | None = None
    coupling_speed: float | None = None
    population: NDArray[np.int32] | None = None


def diameter_grid(extra: Sequence[float] = ()) -> FloatArray:
    """Return the nodes of a smooth size curve [m], with extra nodes merged in.

    Parameters
    ----------
    extra : sequence of float
        Kinks that must be nodes [m].

    Returns
    -------
    ndarray
        Increasing diameters [m] from 1e-6 to 1 m, `NODES_PER_DECADE` a decade; a
        regular node closer than 1e-6 (relative) to an extra one gives way to it.
    """
    decades = round(math.log10(LARGEST_DIAMETER / SMALLEST_DIAMETER))
    regular = np.geomspace(
        SMALLEST_DIAMETER, LARGEST_DIAMETER, decades * NODES_PER_DECADE + 1
    )
    regular[0], regular[-1] = SMALLEST_DIAMETER, LARGEST_DIAMETER
    own = distinct(extra)
    low, high = SMALLEST_DIAMETER * (1.0 + 1e-6), LARGEST_DIAMETER * (1.0 - 1e-6)
    own = own[(own > low) & (own < high)]
    if own.size == 0:
        return regular
    distance = np.min(np.abs(np.log(regular[:, None] / own[None, :])), axis=1)
    return np.sort(np.concatenate([regular[distance > 1e-6], own]))


def distinct(diameter: Sequence[float]) -> FloatArray:
    """Return diameters in order, those within 1e-9 (relative) of a smaller one left out.

    Parameters
    ----------
    diameter : sequence of float
        Diameters [m], any order.

    Returns
    -------
    ndarray
        Strictly increasing diameters [m].
    """
    ordered = np.sort(np.asarray(diameter, dtype=np.float64))
    return ordered[np.diff(ordered, prepend=0.0) > 1e-9 * ordered]


def normalised(weight: FloatArray) -> FloatArray:
    """Return weights whose exact (``fsum``) sum is 1 within one part in 1e15.

    Parameters
    ----------
    weight : ndarray
        Non-negative weights.

    Returns
    -------
    ndarray
        The same, scaled; the last rounding error goes to the largest weight.
    """
    scaled = weight / math.fsum(weight)
    largest = int(np.argmax(scaled))
    scaled[largest] += 1.0 - math.fsum(scaled)
    return scaled


def build_threats(
    bins: ThreatBins,
    curves: SizeCurves,
    attrs: Mapping[str, Any],
    populations: str | Sequence[str],
    uncertainty: UncertaintyLaw | None = None,
) -> xr.Dataset:
    """Assemble and validate a threat table; bins of zero weight are left out.

    Parameters
    ----------
    bins : ThreatBins
        Directions and speeds.
    curves : SizeCurves
        Sizes and densities.
    attrs : mapping
        Model, kind, state, flags, table range.
    populations : str or sequence of str
        Names of the populations; the only one as text.
    uncertainty : UncertaintyLaw, optional
        Of the model; without it the table has no ``log_stderr``.

    Returns
    -------
    xarray.Dataset
        The table (see the module's description).

    Raises
    ------
    InputError
        When the result would break a rule of `validate_threats`.
    """
    keep = bins.weight > 0.0
    index = bins.size_curve_index[keep].astype(np.int32)
    weight = bins.weight[keep]
    for curve in range(curves.flux.shape[0]):
        mine = index == curve
        weight[mine] = normalised(weight[mine])
    data: dict[str, Any] = {}
    for name, (unit, text) in _THREAT_FIELDS.items():
        values = weight if name == "weight" else getattr(bins, name)[keep]
        data[name] = ("threat", values, {"units": unit, "long_name": text})
    data["size_curve_index"] = (
        "threat",
        index,
        {"long_name": "size curve that the bin belongs to"},
    )
    members = np.zeros_like(bins.size_curve_index)
    if bins.population is not None:
        members = bins.population
    data["population"] = (
        "threat",
        members[keep].astype(np.int32),
        {
            "long_name": "index into population_names",
            "population_names": (
                populations if isinstance(populations, str) else ", ".join(populations)
            ),
        },
    )
    if bins.side is not None:
        data["side"] = (
            "threat",
            bins.side[keep].astype(np.int8),
            {"long_name": "sign of the azimuth: +1 port, -1 starboard"},
        )
    data["flux"] = (
        ("size_curve", "diameter"),
        curves.flux,
        {
            "units": "m-2 s-1",
            "long_name": "cross-sectional flux of particles at least this large",
        },
    )
    data["density"] = (
        ("size_curve", "diameter"),
        curves.density,
        {"units": "kg m-3", "long_name": "particle density"},
    )
    if uncertainty is not None:
        data["log_stderr"] = (
            "diameter",
            log_stderr(uncertainty, curves.diameter),
            {
                "units": "1",
                "long_name": LOG_STDERR_NAME,
                "source": uncertainty.source,
                "tag": uncertainty.tag,
            },
        )
    complete = {
        **attrs,
        "coupled": int(bins.side is not None),
        "area_convention": AREA_CONVENTION,
    }
    if bins.coupling_speed is not None:
        complete["coupling_speed"] = float(bins.coupling_speed)
    table = xr.Dataset(
        data,
        coords={
            "diameter": (
                "diameter",
                curves.diameter,
                {"units": "m", "long_name": "particle diameter"},
            )
        },
        attrs=complete,
    )
    validate_threats(table)
    return table


def curve_flux(table: xr.Dataset, diameter: FloatArray) -> FloatArray:
    """Return the flux of every size curve, interpolated log-log.

    Parameters
    ----------
    table : xarray.Dataset
        Threat table.
    diameter : ndarray, shape (n,)
        Diameters [m] within the grid.

    Returns
    -------
    ndarray, shape (size_curve, n)
        Cross-sectional cumulative flux [1/m2/s].
    """
    nodes = np.log(table["diameter"].values)
    return np.stack(
        [
            np.exp(np.interp(np.log(diameter), nodes, np.log(row)))
            for row in table["flux"].values
        ]
    )


def validate_threats(table: xr.Dataset) -> None:
    """Check a threat table against its contract.

    Parameters
    ----------
    table : xarray.Dataset
        Threat table.

    Raises
    ------
    InputError
        With every rule that is broken: missing variables or attributes, shapes,
        non-finite values, edges out of order or range, weights of a size curve that do
        not sum to 1, fluxes that are not positive and non-increasing, densities that
        are not positive, a diameter grid that does not cover 1e-6 to 1 m, a
        ``log_stderr`` that is negative or beyond 5.
    """
    source = f"threat table of {table.attrs.get('model', 'an unnamed model')}"
    problems: list[Problem] = []

    def complain(key: str, value: object, expected: str) -> None:
        problems.append(Problem(source, key, value, expected))

    for key in _ATTRIBUTES:
        if key not in table.attrs:
            complain(f"attrs.{key}", None, "to be given")
    wanted = {
        **dict.fromkeys([*_THREAT_FIELDS, "size_curve_index", "population"], "threat"),
        **dict.fromkeys(["flux", "density"], "size_curve diameter"),
        "diameter": "diameter",
    }
    if "log_stderr" in table:
        wanted["log_stderr"] = "diameter"
    coupled = bool(table.attrs.get("coupled", 0))
    if coupled:
        wanted["side"] = "threat"
        speed = table.attrs.get("coupling_speed", math.nan)
        if not (math.isfinite(speed) and speed > 0.0):
            complain("attrs.coupling_speed", speed, "a positive speed [m/s]")
    for name, dims in wanted.items():
        if name not in table:
            complain(name, "missing", f"a variable over {dims}")
        elif " ".join(str(d) for d in table[name].dims) != dims:
            complain(name, table[name].dims, f"dimensions {dims}")
        elif not np.all(np.isfinite(table[name].values)):
            complain(name, "non-finite values", "finite numbers")
    if problems:
        raise InputError(problems)
    if table.attrs["area_convention"] != AREA_CONVENTION:
        complain(
            "attrs.area_convention", table.attrs["area_convention"], AREA_CONVENTION
        )
    _check_bins(table, coupled, complain)
    _check_curves(table, complain)
    if problems:
        raise InputError(problems)


def _check_bins(table: xr.Dataset, coupled: bool, complain: Any) -> None:
    pi = math.pi * (1.0 + 1e-15)
    limits = {"azimuth": (-pi, pi), "sin_elevation": (-1.0, 1.0), "speed": (0.0, 1e6)}
    for name, (low, high) in limits.items():
        lower = table[f"{name}_lower"].values
        upper = table[f"{name}_upper"].values
        if np.any(lower > upper):
            complain(name, int(np.argmax(lower > upper)), "lower edges <= upper edges")
        if np.any(lower < low) or np.any(upper > high):
            complain(
                name,
                [float(lower.min(initial=0.0)), float(upper.max(initial=0.0))],
                f"edges from {low:g} to {high:g}",
            )
    if coupled and not np.all(np.abs(table["side"].values) == 1):
        complain("side", "other values", "-1 or +1")
    weight = table["weight"].values
    index = table["size_curve_index"].values
    if np.any(weight < 0.0):
        complain("weight", float(weight.min()), "numbers >= 0")
    curves = table.sizes["size_curve"]
    if np.any((index < 0) | (index >= curves)):
        complain("size_curve_index", int(index.max()), f"indices below {curves}")
    for curve in range(curves):
        total = math.fsum(weight[index == curve])
        if abs(total - 1.0) > WEIGHT_TOLERANCE:
            complain(f"weight of size curve {curve}", total, "a sum of exactly 1")


def _check_curves(table: xr.Dataset, complain: Any) -> None:
    diameter = table["diameter"].values
    if np.any(np.diff(diameter) <= 0.0):
        complain("diameter", "not increasing", "strictly increasing nodes [m]")
    if diameter[0] <= 0.0:
        complain("diameter", float(diameter[0]), "positive nodes [m]")
    if diameter[0] > SMALLEST_DIAMETER or diameter[-1] < LARGEST_DIAMETER:
        complain(
            "diameter", [diameter[0], diameter[-1]], "a grid covering 1e-6 m to 1 m"
        )
    flux = table["flux"].values
    if np.any(flux <= 0.0):
        complain("flux", float(flux.min()), "strictly positive numbers")
    if np.any(np.diff(flux, axis=1) > 0.0):
        complain("flux", "increases with diameter", "a cumulative (falling) flux")
    if np.any(table["density"].values <= 0.0):
        complain("density", float(table["density"].values.min()), "positive numbers")
    if "log_stderr" in table:
        values = table["log_stderr"].values
        if np.any((values < 0.0) | (values > LARGEST_LOG_STDERR)):
            worst = float(values[np.argmax(np.abs(values))])
            expected = f"numbers from 0 to {LARGEST_LOG_STDERR:g}"
            complain("log_stderr", worst, expected)
