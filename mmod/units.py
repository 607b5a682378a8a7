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
PER_YEAR = 1.0 / YEAR
"""One per Julian year [1/s]."""
__all__ = ["CM", "DEGREE", "GRAM", "G_CM2", "G_CM3", "KM", "KSI", "MM", "PER_YEAR"]
