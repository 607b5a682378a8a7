"""The six dimensions of a STENVI file and their cards."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mmod.units import DEGREE, G_CM3, KM


@dataclass(frozen=True)
class Dimension:
    """One of the six dimensions of a STENVI file.

    Parameters
    ----------
    name : str
        In words.
    card : str
        Keyword of the card "n min max label".
    bins : str
        Keyword of the cards "index lower upper".
    column : str
        Word in the header of the rows.
    unit : str
        Of the numbers in the file.
    scale : float
        To SI.
    low, high : float
        Limits in the unit of the file; beyond them the unit must be another.
    """

    name: str
    card: str
    bins: str
    column: str
    unit: str
    scale: float
    low: float
    high: float


DIMENSIONS = (
    Dimension("azimuth", "AZIMUTH", "DISTAZI", "Azi", "deg", DEGREE, -180.0, 180.0),
    Dimension("elevation", "ELEVATION", "DISTELE", "Ele", "deg", DEGREE, -90.0, 90.0),
    Dimension("speed", "VELOCITY", "DISTVEL", "Vel", "km/s", KM, 0.0, 200.0),
    Dimension("diameter", "DIAMETER", "DISTDIA", "Dia", "m", 1.0, 1e-9, 1000.0),
    Dimension("latitude", "LATITUDE", "DISTLAT", "Lat", "deg", DEGREE, -360.0, 360.0),
    Dimension("density", "DENSITY", "DISTDEN", "Den", "g/cm3", G_CM3, 0.0, 30.0),
)
"""In the order of the indices in a row."""

COLUMNS = tuple(d.column for d in DIMENSIONS)
BY_CARD = {d.card: d for d in DIMENSIONS}
BY_BINS = {d.bins: d for d in DIMENSIONS}
TIMES = ("MISSBEGIN", "MISSEND")
ORBIT = {
    "SEMIAXIS": (6378.0, math.inf, "km from the centre of the Earth"),
    "ECCENTRI": (0.0, 1.0, "0 to 1"),
    "INCLIN": (0.0, 180.0, "0 to 180 deg"),
    "RAAN": (-360.0, 360.0, "-360 to 360 deg"),
    "ARGPERI": (-360.0, 360.0, "-360 to 360 deg"),
}
"""Cards of the orbit: least, greatest value, in words."""

MODEL = "environment model"
KIND = "mmod kind"
AREA = "mmod area convention"
TOTAL = "mmod total"
"""Comments of our own writer: ``# mmod total = FLUX 1/m^2/yr in N rows``."""
