"""Critical diameters a CPU-second of the two-wall equations, one thread.

Baseline: the NNO equations written down as printed, in plain numpy, without any check
of the input. Speeds, obliquities and densities are spread over all regimes. The bumper
of the Lab is thick enough for most particles; the thin one is not, and every root of
the implicit equations has to be found.
"""

from __future__ import annotations

import numpy as np
from runner import Floats, arguments, header, interleaved, report

from mmod.shields.ballistic_limits import (
    whipple_ck2001,
    whipple_jsc,
    whipple_nno,
    whipple_reimerdes,
)
from mmod.units import CM, DEGREE, G_CM3, KM, KSI, MM

LAB = {
    "bumper_thickness": 2.0 * MM,
    "bumper_density": 2700.0,
    "standoff": 107.0 * MM,
    "wall_thickness": 4.8 * MM,
    "wall_yield": 57.0 * KSI,
}
THIN = {**LAB, "bumper_thickness": 0.3 * MM}
BASELINE = "NNO as printed, numpy"


def as_printed(speed: Floats, obliquity: Floats, density: Floats) -> Floats:
    """Return the NNO critical diameter of the Lab shield [m]."""
    tb, s, tw = (
        LAB[k] / CM for k in ("bumper_thickness", "standoff", "wall_thickness")
    )
    sigma, rho_b = LAB["wall_yield"] / KSI, LAB["bumper_density"] / G_CM3
    v, rho = speed / KM, density / G_CM3
    c = np.cos(np.minimum(obliquity, 65.0 * DEGREE))

    def low(v: Floats) -> Floats:
        strength = tw * (sigma / 40.0) ** 0.5 + tb
        need = 0.6 * c ** (5.0 / 3.0) * rho**0.5 * v ** (2.0 / 3.0)
        return (strength / need) ** (18.0 / 19.0)

    def high(v: Floats) -> Floats:
        shield = (
            3.918 * tw ** (2.0 / 3.0) * s ** (1.0 / 3.0) * (sigma / 70.0) ** (1 / 3)
        )
        particle = rho ** (1.0 / 3.0) * rho_b ** (1.0 / 9.0) * (v * c) ** (2.0 / 3.0)
        return shield / particle

    start, end = 3.0 / c, 7.0 / c
    first = low(start)
    between = first + (high(end) - first) * (v - start) / (end - start)
    return np.where(v <= start, low(v), np.where(v >= end, high(v), between)) * CM


def main(impacts: int, repeats: int) -> None:
    rng = np.random.default_rng(20240601)
    impact = (
        rng.uniform(1.0, 20.0, impacts) * KM,
        rng.uniform(0.0, 85.0, impacts) * DEGREE,
        rng.uniform(0.5, 8.0, impacts) * G_CM3,
    )
    limits = {
        "whipple.nno": whipple_nno.whipple_nno_limit(**LAB),
        "whipple.ck2001": whipple_ck2001.whipple_ck2001_limit(
            wall_density=2840.0, **LAB
        ),
        "whipple.jsc": whipple_jsc.whipple_jsc_limit(modified=False, **LAB),
        "whipple.jsc_modified": whipple_jsc.whipple_jsc_limit(**LAB),
        "whipple.jsc_modified, thin bumper": whipple_jsc.whipple_jsc_limit(**THIN),
        "whipple.reimerdes": whipple_reimerdes.whipple_reimerdes_limit(**LAB),
        "whipple.reimerdes, thin bumper": whipple_reimerdes.whipple_reimerdes_limit(
            **THIN
        ),
    }
    difference = limits["whipple.nno"].critical_diameter(*impact) / as_printed(*impact)
    header(f"{impacts} impacts of all regimes")
    print(f"  whipple.nno differs from the baseline by {np.ptp(difference):.1e}")
    found = interleaved(
        {
            BASELINE: lambda: as_printed(*impact),
            **{
                name: lambda limit=limit: limit.critical_diameter(*impact)
                for name, limit in limits.items()
            },
        },
        repeats,
    )
    report(found, BASELINE, dict.fromkeys(found.seconds, impacts / 1e6), "Mdiameter")


if __name__ == "__main__":
    options = arguments(__doc__, impacts=1_000_000, repeats=7)
    main(options.impacts, options.repeats)
