"""Sizes of holes over weighted nodes: shares, distribution, density, marginals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from mmod.errors import InputError, Problem, bad
from mmod.forensics.views import BoolArray, FloatArray, NodeViews

Kind = Literal["debris", "meteoroid"]


@dataclass(frozen=True)
class SizeLaw(NodeViews):
    """Weighted nodes with what follows from them about the sizes of holes.

    Parameters
    ----------
    zones : tuple of str
        Names of the zones, for messages.
    """

    zones: tuple[str, ...]

    def size_share(
        self, low: float = 0.0, high: float = np.inf, *, shift: float = 0.0
    ) -> FloatArray:
        """Return the probability at each node that the hole lies in a range of sizes.

        Parameters
        ----------
        low, high : float
            Hole diameters [m], low <= D < high. A low of 0 with an infinite high takes
            every failure, also those without a hole.
        shift : float
            Standard deviations by which the hole model is taken to err [1].

        Returns
        -------
        ndarray, shape (n,)
            Probabilities [1].
        """
        from scipy.special import ndtr

        _check_range("hole", low, high)
        if low == 0.0 and np.isinf(high):
            return np.ones(len(self))
        median = self.log_median + shift * self.log_stderr
        hole = np.isfinite(self.log_median)
        out = np.zeros(len(self))
        above = ndtr(self._score(median, low)[hole]) if low > 0.0 else 1.0
        beyond = ndtr(self._score(median, high)[hole]) if np.isfinite(high) else 0.0
        out[hole] = above - beyond
        return np.maximum(out, 0.0)

    def _score(self, median: FloatArray, size: float) -> FloatArray:
        """Return (median - ln size) / sd, with 0 for no hole."""
        sd = np.where(self.log_sd > 0.0, self.log_sd, 1.0)
        known = np.where(np.isfinite(median), median, 0.0)
        return np.asarray((known - np.log(size)) / sd)

    def cumulative(self, sizes: ArrayLike, kind: Kind | None = None) -> FloatArray:
        """Return the distribution of hole sizes given a perforation with a hole.

        Parameters
        ----------
        sizes : array_like, shape (k,)
            Hole diameters [m], > 0.
        kind : {"debris", "meteoroid"}, optional
            Given also this kind.

        Returns
        -------
        ndarray, shape (k,)
            P(D <= size) [1].

        Raises
        ------
        InputError
            When a size is not positive, the kind unknown, or nothing is predicted.
        """
        size, weight, _ = self._mixture(sizes, kind)
        holes = float(weight[np.isfinite(self.log_median)].sum())
        flat = [1.0 - float((weight * self.size_share(s)).sum()) / holes for s in size]
        return np.asarray(np.clip(np.array(flat), 0.0, 1.0))

    def log_density(self, sizes: ArrayLike, kind: Kind | None = None) -> FloatArray:
        """Return the density of hole sizes per unit of ln D, given a hole.

        Parameters
        ----------
        sizes : array_like, shape (k,)
            Hole diameters [m], > 0.
        kind : {"debris", "meteoroid"}, optional
            Given also this kind.

        Returns
        -------
        ndarray, shape (k,)
            dP/d(ln D) [1]; it integrates to 1 over ln D.

        Raises
        ------
        InputError
            When a size is not positive, the kind unknown, or nothing is predicted.
        """
        size, weight, hole = self._mixture(sizes, kind)
        w, sd = weight[hole], self.log_sd[hole]
        out = np.zeros(len(size))
        for i, s in enumerate(size):
            score = (np.log(s) - self.log_median[hole]) / sd
            out[i] = float((w * np.exp(-0.5 * score**2) / sd).sum())
        return np.asarray(out / (np.sqrt(2.0 * np.pi) * float(w.sum())))

    def _mixture(
        self, sizes: ArrayLike, kind: Kind | None
    ) -> tuple[FloatArray, FloatArray, BoolArray]:
        size = np.atleast_1d(np.asarray(sizes, dtype=np.float64))
        if not bool(np.all((size > 0.0) & (size < np.inf))):
            raise bad("breaches", "sizes", size.tolist(), "finite, > 0 [m]")
        weight = self.weight * self._of_kind(kind)
        hole = np.isfinite(self.log_median)
        if not float(weight[hole].sum()) > 0.0:
            raise bad("breaches", "zones", list(self.zones), "zones with holes")
        return size, weight, hole

    def marginal(
        self,
        name: str,
        edges: ArrayLike,
        kind: Kind | None = None,
        *,
        low: float = 0.0,
        high: float = np.inf,
    ) -> FloatArray:
        """Return the expected number of breaches by a quantity of the impact.

        Parameters
        ----------
        name : str
            As in `at_node`.
        edges : array_like, shape (k + 1,)
            Edges of the bins, increasing, in the unit of the quantity.
        kind : {"debris", "meteoroid"}, optional
            One kind of particle.
        low, high : float
            Only holes of these diameters [m].

        Returns
        -------
        ndarray, shape (k,)
            Expected numbers [1]; the last bin holds its upper edge.

        Raises
        ------
        InputError
            When the name, the edges, the kind or the range are wrong.
        """
        borders = np.asarray(edges, dtype=np.float64)
        if borders.ndim != 1 or len(borders) < 2 or not (np.diff(borders) > 0.0).all():
            raise bad("breaches", "edges", borders.tolist(), "two or more, increasing")
        weight = self.weight * self._of_kind(kind) * self.size_share(low, high)
        values = np.asarray(self.at_node(name), dtype=np.float64)
        counts, _ = np.histogram(values, bins=borders, weights=weight)
        return np.asarray(counts, dtype=np.float64)

    def extrapolated_share(
        self, low: float = 0.0, high: float = np.inf, kind: Kind | None = None
    ) -> float:
        """Return the share of the breaches of a range for which laws are extrapolated.

        Parameters
        ----------
        low, high : float
            Diameters of the hole [m].
        kind : {"debris", "meteoroid"}, optional
            One kind of particle.

        Returns
        -------
        float
            Share outside the tests of the damage equation or of the hole model [1];
            NaN when nothing is predicted there.
        """
        weight = self.weight * self._of_kind(kind) * self.size_share(low, high)
        whole = float(weight.sum())
        return float(weight[self.extrapolated].sum()) / whole if whole > 0.0 else np.nan

    def _of_kind(self, kind: Kind | None) -> FloatArray:
        if kind is None:
            return np.ones(len(self))
        if kind not in ("debris", "meteoroid"):
            raise bad("breaches", "kind", kind, "debris or meteoroid")
        wanted = self.rays.meteoroid if kind == "meteoroid" else ~self.rays.meteoroid
        return np.asarray(wanted[self.ray], dtype=np.float64)


def _check_range(what: str, low: float, high: float) -> None:
    problems = []
    if not 0.0 <= low < np.inf:
        problems.append(Problem(what, "at least", low, "finite, >= 0 [m]"))
    if not high > low:
        problems.append(Problem(what, "below", high, f"more than {low:g} [m]"))
    if problems:
        raise InputError(problems)
