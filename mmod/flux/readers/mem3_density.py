"""Densities of the two populations of NASA MEM 3, and sizes from masses.

MEM 3 gives the flux of particles above one mass, and for each of two populations a
distribution of densities. Sizes follow from masses: above mass m the flux is that
above the limiting mass times g(m) / g(m_lim), g the interplanetary flux of Grün et al.,
whatever the density; a particle of density rho and diameter d has mass rho pi d^3 / 6.
So every density has a size curve of its own, inverted in mass; no density belongs to a
diameter.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmod.errors import bad
from mmod.flux.grun import interplanetary_flux
from mmod.flux.readers._lines import LineReader, TextFile
from mmod.units import GRAM

FloatArray = NDArray[np.float64]

MASS_RANGE = (1e-6 * GRAM, 10.0 * GRAM)
"""Masses for which MEM 3 is made [kg]."""
SUM_TOLERANCE = 0.01
"""Of the fractions of a density file, whose digits are rounded."""

_MAX_BINS = 10_000
_LEAST_SHARE = 1e-12


@dataclass(frozen=True)
class DensityDistribution:
    """Share of the particles of a population in bins of density.

    Parameters
    ----------
    path : Path
        The file.
    lower, upper : ndarray, shape (n,)
        Edges of the bins [kg/m3].
    fraction : ndarray, shape (n,)
        Of the particles; the sum is 1.
    """

    path: Path
    lower: FloatArray
    upper: FloatArray
    fraction: FloatArray

    @property
    def mean(self) -> float:
        """Mean density [kg/m3]."""
        return float(self.fraction @ (0.5 * (self.lower + self.upper)))


def read_density(path: str | Path) -> DensityDistribution:
    """Read ``hidensity.txt`` or ``lodensity.txt``.

    Parameters
    ----------
    path : str or Path
        The file: two header lines, then lower and upper density [kg/m3] and fraction.

    Returns
    -------
    DensityDistribution
        With the fractions scaled to a sum of 1.

    Raises
    ------
    InputError
        For a header of other length, a line that is not three numbers, densities that
        are not positive or overlap, and fractions that do not sum to 1 within 1 %.

    Notes
    -----
    Valid for MEM 3. Columns, unit and two header lines are known from programs that
    read the file, not from a file: whatever the header says, the sum of the fractions
    and the range 50 to 20 000 kg/m3 are checked (a file in g/cm3 or per cent is
    refused).

    References
    ----------
    .. [1] Public readers of MEM 3 output (LunarEjecta; a MEM 3 to STENVI converter).
    """
    file = TextFile(path, max_lines=_MAX_BINS)
    reader = LineReader(file)
    for _ in range(2):
        text = reader.next("one of two header lines")
        if _three_numbers(text):
            expected = "two header lines before the numbers"
            raise file.fail(reader.number, "", text, expected)
    names = ("lower density", "upper density", "fraction")
    rows: list[list[float]] = []
    for number, text in reader:
        if not text.strip():
            continue
        row = file.floats(number, text, 3, names=names)
        if not 50.0 <= row[0] < row[1] <= 20_000.0:
            expected = "lower < upper density, 50 to 20000 kg/m3"
            raise file.fail(number, "1 to 2", f"{row[0]:g} {row[1]:g}", expected)
        if rows and row[0] < rows[-1][1] - 1e-6 * row[0]:
            expected = f"at least {rows[-1][1]:g}, the end of the bin before"
            raise file.fail(number, "1 (lower density)", row[0], expected)
        if row[2] > 1.0 + SUM_TOLERANCE:
            raise file.fail(number, "3 (fraction)", row[2], "a fraction, 0 to 1")
        rows.append(row)
    if not rows:
        raise file.fail(reader.number + 1, "", "end of file", "rows of three numbers")
    table = np.array(rows)
    total = math.fsum(table[:, 2])
    if abs(total - 1.0) > SUM_TOLERANCE:
        raise bad(file.path, "sum of the fractions", total, "1 within 1 %")
    return DensityDistribution(file.path, table[:, 0], table[:, 1], table[:, 2] / total)


def _three_numbers(text: str) -> bool:
    try:
        return len([float(token) for token in text.split()]) == 3
    except ValueError:
        return False


def density_nodes(
    distribution: DensityDistribution, count: int
) -> tuple[FloatArray, FloatArray]:
    """Return a few densities that stand for a distribution.

    Parameters
    ----------
    distribution : DensityDistribution
        Of a population.
    count : int
        How many; 0, or more than there are bins with particles, for every bin.

    Returns
    -------
    density, fraction : ndarray, shape (count,)
        Densities [kg/m3], increasing, and the share of the particles of each.

    Raises
    ------
    InputError
        For a negative count.

    Notes
    -----
    Valid for any distribution. Nodes and weights of the Gauss rule whose weight
    function is the distribution of the logarithm of the density (bins at their
    middles): its first 2 count - 1 moments are exact, so that whatever depends
    smoothly on the density (a flux above a diameter, a power law in a ballistic limit)
    is right to a fraction of a per cent with three nodes. A ballistic limit that jumps
    at a density sees the jump only at the nodes: ask for more, or for every bin.

    References
    ----------
    .. [1] Golub and Welsch, Math. Comp. 23 (1969) 221, doi:10.1090/S0025-5718-69-99647-1.
    """
    if type(count) is not int or count < 0:
        raise bad("<argument>", "density_nodes", count, "a whole number >= 0")
    held = distribution.fraction > _LEAST_SHARE
    middle = 0.5 * (distribution.lower + distribution.upper)[held]
    share = distribution.fraction[held]
    if count == 0 or count >= middle.size:
        return middle, share
    x = np.log(middle)
    shift, scale = float(share @ x), float(np.ptp(x))
    z = (x - shift) / scale
    # orthonormal polynomials of the discrete measure: three-term recurrence
    before, here = np.zeros_like(z), np.ones_like(z)
    diagonal, beside = np.zeros(count), np.zeros(count)
    for k in range(count):
        diagonal[k] = float(share @ (z * here**2))
        after = (z - diagonal[k]) * here - beside[k - 1] * before * (k > 0)
        beside[k] = math.sqrt(float(share @ after**2))
        before, here = here, after / max(beside[k], 1e-300)
    matrix = np.diag(diagonal)
    matrix += np.diag(beside[: count - 1], 1) + np.diag(beside[: count - 1], -1)
    node, vector = np.linalg.eigh(matrix)
    weight = vector[0] ** 2
    return np.exp(shift + scale * node), weight / math.fsum(weight)


def mass_scaling(mass: ArrayLike, limiting_mass: float) -> FloatArray:
    """Return the flux above a mass over that above the limiting mass.

    Parameters
    ----------
    mass : array_like
        [kg].
    limiting_mass : float
        Of the run [kg].

    Returns
    -------
    ndarray
        g(m) / g(m_lim), g of `mmod.flux.grun.interplanetary_flux`.

    Notes
    -----
    Valid for 1e-6 to 10 g, the range of MEM 3; below, it is the Grün flux. That MEM 3
    itself uses this scaling is recalled, and done by a public converter.

    References
    ----------
    .. [1] Grün, Zook, Fechtig, Giese, Icarus 62 (1985) 244,
       doi:10.1016/0019-1035(85)90121-6.
    """
    limit = float(interplanetary_flux(limiting_mass))
    return np.asarray(interplanetary_flux(mass) / limit)


def mass_of(diameter: ArrayLike, density: ArrayLike) -> FloatArray:
    """Return the mass of spheres.

    Parameters
    ----------
    diameter : array_like
        [m].
    density : array_like
        [kg/m3].

    Returns
    -------
    ndarray
        rho pi d^3 / 6 [kg].

    Notes
    -----
    Valid for spheres.

    References
    ----------
    .. [1] None; geometry.
    """
    size = np.asarray(diameter, dtype=np.float64)
    return np.asarray(np.asarray(density) * (math.pi / 6.0) * size**3)


def diameter_of(mass: float, density: float) -> float:
    """Return the diameter of a sphere [m].

    Parameters
    ----------
    mass : float
        [kg].
    density : float
        [kg/m3].

    Returns
    -------
    float
        [m]; the inverse of `mass_of`.

    Notes
    -----
    Valid for spheres.

    References
    ----------
    .. [1] None; geometry.
    """
    return float(np.cbrt(6.0 * mass / (math.pi * density)))
