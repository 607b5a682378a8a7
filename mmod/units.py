"""The only place where units are converted. Inside the package everything is SI."""

from __future__ import annotations

import math

from mmod.constants import KSI, YEAR

MM = 1e-3
CM = 1e-2
KM = 1e3
DEGREE = math.pi / 180.0
GRAM = 1e-3
G_CM3 = 1e3
"""One g/cm3 [kg/m3]."""
G_CM2 = 10.0
"""One g/cm2 [kg/m2]."""
MEGABYTE = 1e6
"""[B]."""
MBAR = 100.0
"""One millibar, one hectopascal [Pa]."""
MMHG = 133.3224
"""One conventional millimetre of mercury [Pa] (NIST SP 811)."""
HOUR = 3600.0
"""[s]."""
DAY = 86400.0
"""[s]."""
POUND = 0.45359237
"""Avoirdupois pound [kg]."""
PER_YEAR = 1.0 / YEAR
"""One per Julian year [1/s]."""
__all__ = [
    "CM",
    "DAY",
    "DEGREE",
    "GRAM",
    "G_CM2",
    "G_CM3",
    "HOUR",
    "KM",
    "KSI",
    "MBAR",
    "MEGABYTE",
    "MM",
    "MMHG",
    "PER_YEAR",
    "POUND",
]
