"""What a run predicts of a set of breaches: counts by zone, sizes, times."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Literal

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from mmod.errors import InputError, Problem, bad
from mmod.forensics.rates import FLUX_LOG_ERROR, ModelError
from mmod.results.risk import check_label
from mmod.results.schema import group
from mmod.units import MM

FloatArray = NDArray[np.float64]

DAMAGE_LOG_ERROR = 0.2
"""ln SD of a damage law against a population of one feature [estimate]."""
POPULATION_LOG_ERROR = math.hypot(FLUX_LOG_ERROR, DAMAGE_LOG_ERROR)
"""ln SD of flux (a factor 2) and damage law together: 0.72 [estimate]."""
KINDS: tuple[Literal["debris"], Literal["meteoroid"]] = ("debris", "meteoroid")
_GRID = 400
_LAW_SIZES = (1e-4, 1e-3)


@dataclass(frozen=True, eq=False)
class SizeTable:
    """Distribution of a hole size, tabulated; linear in ln size between the nodes.

    Parameters
    ----------
    size : ndarray, shape (n,) [m]
        Increasing sizes, > 0.
    cdf : ndarray, shape (n,) [1]
        Probability of a smaller hole, given one; from 0 to 1, not decreasing.

    Raises
    ------
    InputError
        When the table is not such.
    """

    size: FloatArray
    cdf: FloatArray

    def __post_init__(self) -> None:
        size, cdf = np.asarray(self.size), np.asarray(self.cdf)
        sound = (
            size.ndim == 1
            and size.shape == cdf.shape
            and size.size >= 2
            and bool(np.isfinite(size).all() and np.isfinite(cdf).all())
            and bool(size[0] > 0.0 and (np.diff(size) > 0.0).all())
            and bool((np.diff(cdf) >= 0.0).all())
            and abs(float(cdf[0])) < 1e-9
            and abs(float(cdf[-1]) - 1.0) < 1e-9
        )
        if not sound:
            expected = "increasing sizes > 0 and probabilities that rise from 0 to 1"
            raise bad("SizeTable", "table", size.shape, expected)

    @classmethod
    def of(
        cls, below: Callable[[float], float], least: float, most: float
    ) -> SizeTable:
        """Tabulate a distribution function between two sizes [m]."""
        size = np.geomspace(least, most, _GRID)
        cdf = np.maximum.accumulate([below(float(s)) for s in size])
        cdf = (cdf - cdf[0]) / (cdf[-1] - cdf[0])
        return cls(size, np.clip(cdf, 0.0, 1.0))

    def below(self, size: ArrayLike) -> FloatArray:
        """Return the probability of a hole smaller than `size` [m]."""
        x = np.maximum(np.asarray(size, dtype=np.float64), self.size[0])
        return np.asarray(np.interp(np.log(x), np.log(self.size), self.cdf))

    def quantile(self, u: ArrayLike) -> FloatArray:
        """Return the size [m] below which a share `u` of the holes lies."""
        share = np.asarray(u, dtype=np.float64)
        rising = np.concatenate([[True], np.diff(self.cdf) > 0.0])
        return np.asarray(
            np.exp(np.interp(share, self.cdf[rising], np.log(self.size[rising])))
        )


@dataclass(frozen=True, eq=False)
class Clock:
    """How the expected number grows over the phases of a run.

    Parameters
    ----------
    start, end : ndarray, shape (p,) [s]
        Phases, seconds since 1970 (UTC), in their order.
    share : ndarray, shape (p,) [1]
        Share of the expected number that falls into each phase; they sum to 1. NaN
        where they are not known.
    basis : str
        Where the shares come from.
    unknown : str
        Why they are not known; empty where they are.
    """

    start: FloatArray
    end: FloatArray
    share: FloatArray
    basis: str
    unknown: str = ""

    def before(self, moment: datetime | float) -> float:
        """Return the share of the expected number before an instant [1]."""
        t = seconds(moment)
        done = np.clip((t - self.start) / (self.end - self.start), 0.0, 1.0)
        return float(done @ self.share)

    def covers(self, moment: datetime | float) -> bool:
        """Return True when an instant lies inside a phase."""
        t = seconds(moment)
        return bool(((self.start <= t) & (t <= self.end)).any())


@dataclass(frozen=True, eq=False)
class Prediction:
    """Expected numbers of breaches, ready to be compared.

    Parameters
    ----------
    zones : tuple of str, length z
        Zones in which the number is defined.
    expected, stderr : ndarray, shape (z, 2) [1]
        Numbers from debris and from meteoroids over the window; sampling error.
    error : ModelError
        Lognormal errors of the two kinds, shared by all zones.
    damage : str
        Label of the damage class.
    clock : Clock
        Growth over the exposure.
    first, last : float [s]
        Window that was surveyed, seconds since 1970.
    sizes : tuple of SizeTable or None, length z
        Hole sizes in each zone, where they are known.
    notes : tuple of str
        What the reader must know.
    """

    zones: tuple[str, ...]
    expected: FloatArray
    stderr: FloatArray
    error: ModelError
    damage: str
    clock: Clock
    first: float
    last: float
    sizes: tuple[SizeTable | None, ...]
    notes: tuple[str, ...] = ()

    @property
    def by_zone(self) -> FloatArray:
        """Expected number by zone, both kinds [1]."""
        return np.asarray(self.expected.sum(axis=1))

    @property
    def by_kind(self) -> FloatArray:
        """Expected number by kind, all zones [1]."""
        return np.asarray(self.expected.sum(axis=0))

    @property
    def total(self) -> float:
        """Expected number, all zones and kinds [1]."""
        return float(self.expected.sum())

    @property
    def log_stderr(self) -> tuple[float, float]:
        """Ln SD of the factors on debris and on meteoroids [1]."""
        return (self.error.debris, self.error.meteoroid)


def seconds(moment: datetime | float) -> float:
    """Return an instant as seconds since 1970, UTC."""
    return moment.timestamp() if isinstance(moment, datetime) else float(moment)


def words(moment: float) -> str:
    """Return an instant as a date, with the time unless it is midnight."""
    when = datetime.fromtimestamp(moment, tz=UTC)
    return when.strftime("%Y-%m-%d" if moment % 86400.0 == 0.0 else "%Y-%m-%dT%H:%MZ")


def zones_of(results: xr.DataTree, patterns: Sequence[str]) -> list[int]:
    """Return the indices of the zones that fit any of some patterns.

    Parameters
    ----------
    results : xarray.DataTree
        A result.
    patterns : sequence of str
        Names, with ``*`` and ``?``.

    Returns
    -------
    list of int
        In the order of the file.

    Raises
    ------
    InputError
        For every pattern that fits no zone.
    """
    names = [str(n) for n in group(results, "/zones")["zone"].values]
    problems = [
        Problem("observations", "zones", p, f"a zone of the results, {_some(names)}")
        for p in patterns
        if not any(fnmatchcase(name, p) for name in names)
    ]
    if problems:
        raise InputError(problems)
    return [
        i for i, name in enumerate(names) if any(fnmatchcase(name, p) for p in patterns)
    ]


def expected_numbers(
    results: xr.DataTree, zones: Sequence[int], damage: str
) -> tuple[FloatArray, FloatArray]:
    """Return expected numbers of debris and meteoroids, and their sampling errors.

    Parameters
    ----------
    results : xarray.DataTree
        A result.
    zones : sequence of int
        Indices of zones.
    damage : str
        Label of the damage class.

    Returns
    -------
    expected, stderr : ndarray, shape (z, 2) [1]
        NaN where the class is not defined; 0 for a kind that the run lacks.

    Raises
    ------
    InputError
        When the run has no such class.
    """
    data = group(results, "/zones")
    check_label(data, "damage", damage)
    part = data.sel(damage=damage).isel(zone=np.asarray(zones, dtype=np.int64))
    labels = {str(v) for v in data["environment"].values}
    columns = []
    for name in ("expected", "expected_stderr"):
        total = part[name].sel(environment="total").values
        rows = [
            part[name].sel(environment=kind).values
            if kind in labels
            else np.where(np.isnan(total), np.nan, 0.0)
            for kind in KINDS
        ]
        columns.append(np.stack(rows, axis=1))
    return columns[0], columns[1]


def wider_laws(results: xr.DataTree, error: ModelError) -> list[str]:
    """Return a note for each flux model whose own law of error is wider than one used.

    Parameters
    ----------
    results : xarray.DataTree
        A result.
    error : ModelError
        ln SD used for debris and for meteoroids.

    Returns
    -------
    list of str
        Models of the total with an ln SD above that used, at 0.1 or 1 mm; empty where
        the file holds no laws.
    """
    head = group(results, "/threats")
    notes = []
    for m, name in enumerate(head["model"].values):
        kind = str(head["kind"].values[m])
        table = group(results, f"/threats/{head['group'].values[0, m]}")
        if not bool(head["in_total"].values[m]) or "log_stderr" not in table:
            continue
        used = error.debris if kind == "debris" else error.meteoroid
        at = np.log(table["diameter"].values)
        law = np.interp(np.log(_LAW_SIZES), at, table["log_stderr"].values)
        if (law > used).any():
            stated = ", ".join(
                f"{s:.2g} at {d / MM:g} mm"
                for s, d in zip(law, _LAW_SIZES, strict=True)
            )
            notes.append(
                f"{name} states an error of its own wider than the {used:.2g} used here:"
                f" ln SD {stated} (--model-error takes another)"
            )
    return notes


def _some(names: Sequence[str], most: int = 8) -> str:
    """Return a few names, and how many more there are."""
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return f"such as {', '.join(names[:most])}{rest}"


__all__ = [
    "Clock",
    "Prediction",
    "SizeTable",
    "expected_numbers",
    "wider_laws",
    "zones_of",
]
