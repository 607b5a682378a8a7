"""One-dimensional spectra of MASTER beside the models of `mmod flux`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmod.cli.output import table
from mmod.constants import YEAR
from mmod.errors import Problem, bad
from mmod.units import DEGREE, KM, MM

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mmod.flux.readers.master_spectrum import MasterSpectrum
    from mmod.flux.spectra import Spectra

    FloatArray = NDArray[np.float64]

SUFFIXES = (".dia", ".vel", ".azi", ".ele")
WIDTH = 14
_NOTE = (
    "spectra of files, within the thresholds of the run that made them; they tell size,"
    " speed and direction one by one: a run needs them together (STENVI, format stenvi)"
)


@dataclass(frozen=True)
class FileView:
    """A spectrum of a file.

    Parameters
    ----------
    label : str
        As typed.
    spectrum : MasterSpectrum
        What the file holds, cross-sectional.
    """

    label: str
    spectrum: MasterSpectrum


def is_spectrum(name: str) -> bool:
    """Return whether a name typed by the user is that of a MASTER spectrum."""
    return Path(name).suffix.lower() in SUFFIXES


def load(given: str, name: str, options: Mapping[str, Any]) -> FileView:
    """Read a spectrum with the options typed behind its name.

    Parameters
    ----------
    given, name : str
        All that was typed, and the path in it.
    options : mapping
        ``area_convention`` (needed) and ``form``, as the reader has them.

    Returns
    -------
    FileView

    Raises
    ------
    InputError
        For other options, and what the reader refuses.
    """
    from mmod.errors import InputError
    from mmod.flux.readers import master_spectrum

    problems = [
        Problem(given, key, value, "area_convention or form")
        for key, value in options.items()
        if key not in {"area_convention", "form"}
    ]
    if "area_convention" not in options:
        expected = f"{name}:area_convention=cross_section, or =tumbling_surface"
        problems.append(Problem(given, "area_convention", None, expected))
    if problems:
        raise InputError(problems)
    return FileView(
        given,
        master_spectrum.read(
            name, area_convention=options["area_convention"], form=options.get("form")
        ),
    )


def cumulative(spectrum: MasterSpectrum, diameter: FloatArray) -> FloatArray:
    """Return the flux of particles of at least some diameters [1/m2/s].

    Parameters
    ----------
    spectrum : MasterSpectrum
        Over diameter.
    diameter : ndarray [m]
        Least diameters.

    Returns
    -------
    ndarray
        Log-log between the sizes of the file; NaN outside them. A differential
        spectrum is summed from above, so that it lacks what is above its last bin.

    Raises
    ------
    InputError
        For a differential spectrum whose bins have no edges in the file.
    """
    import numpy as np

    if spectrum.form == "cumulative":
        # Where a row has two edges it holds what is above the lower one: the first row
        # of a cumulative spectrum is all of it, as the footer has it.
        lower = spectrum.lower
        sizes = spectrum.values if lower is None else lower
        flux = spectrum.total
    elif spectrum.lower is None:
        expected = "two edges of every bin, to sum the flux above a size"
        raise bad(spectrum.path, "diameter", "one column", expected)
    else:
        sizes, flux = spectrum.lower, np.cumsum(spectrum.total[::-1])[::-1]
    some = flux > 0.0
    if not some.any():
        return np.full(len(diameter), np.nan)
    x, y = np.log(sizes[some]), np.log(flux[some])
    wanted = np.log(diameter)
    inside = (wanted >= x[0] - 1e-9) & (wanted <= x[-1] + 1e-9)
    return np.where(inside, np.exp(np.interp(wanted, x, y)), np.nan)


def text(
    files: Sequence[FileView], models: Mapping[str, Spectra], sizes_mm: Sequence[float]
) -> list[str]:
    """Return lines that put spectra of files beside models.

    Parameters
    ----------
    files : sequence of FileView
        What was read.
    models : mapping of str to Spectra
        Label -> marginals of the models at ``sizes_mm``.
    sizes_mm : sequence of float
        Diameters of the rows [mm].

    Returns
    -------
    list of str
        None without files.
    """
    import numpy as np

    lines: list[str] = []
    for view in files:
        seen = view.spectrum
        lines += ["", f"{view.label}: {seen.quantity}, {seen.form}"]
        if seen.quantity == "diameter":
            flux = cumulative(seen, np.array(sizes_mm) * MM)
            heads = ["1/m2/yr", *(f"/ {label}" for label in models)]
            rows = [("mm", *(h.rjust(WIDTH) for h in heads))]
            for i, size in enumerate(sizes_mm):
                if not np.isfinite(flux[i]):
                    continue
                ratios = [flux[i] / m.flux[i] for m in models.values()]
                cells = [f"{flux[i] * YEAR:.3e}", *(f"{r:.3g}" for r in ratios)]
                rows.append((f"{size:g}", *(c.rjust(WIDTH) for c in cells)))
            lines += table(rows, indent="").splitlines()
            continue
        lines.append(
            f"total {seen.total_flux * YEAR:.3e} 1/m2/yr; share of it"
            + ("; sign of the azimuth as in the file" * (seen.quantity == "azimuth"))
        )
        share = seen.total / max(float(seen.total.sum()), 1e-300)
        unit, name = (KM, "km/s") if seen.quantity == "speed" else (DEGREE, "deg")
        steps = _steps(seen.quantity)
        rows = [(name, "share".rjust(WIDTH))]
        for a, b in pairwise(steps):
            inside = (seen.values / unit >= a) & (seen.values / unit < b)
            cell = f"{100.0 * float(share[inside].sum()):.2f} %"
            rows.append((f"{a:g} to {b:g}", cell.rjust(WIDTH)))
        mean = f"{float(share @ seen.values) / unit:.2f}"
        if seen.quantity == "speed":
            rows.append(("mean", f"{mean} km/s".rjust(WIDTH)))
        lines += table(rows, indent="").splitlines()
    return ["", _NOTE, *lines[1:]] if lines else []


def _steps(quantity: str) -> tuple[float, ...]:
    return {
        "speed": (0.0, 3.0, 7.0, 10.0, 15.0, 20.0, 30.0, 50.0, 90.0),
        "azimuth": tuple(-180.0 + 45.0 * k for k in range(9)),
        "elevation": (-90.0, -30.0, 0.0, 30.0, 90.0),
    }[quantity]


def document(files: Sequence[FileView]) -> dict[str, Any]:
    """Return the spectra of files as plain data, fluxes in 1/m2/yr."""
    return {
        view.label: {
            "quantity": view.spectrum.quantity,
            "form": view.spectrum.form,
            "values_si": view.spectrum.values,
            "flux_1_m2_yr": view.spectrum.total * YEAR,
            "total_flux_1_m2_yr": view.spectrum.total_flux * YEAR,
        }
        for view in files
    }
