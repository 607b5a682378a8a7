"""Physical constants, SI, each with its source."""

from __future__ import annotations

# Earth: values that the ECSS and SSP environment documents use.
EARTH_RADIUS = 6_378_000.0
"""Equatorial radius used by ECSS-E-ST-10-04C and SSP 30425 [m]."""
EARTH_GM = 3.986e14
"""Gravitational parameter as in ECSS-E-ST-10-04C Rev.1 annex C [m3/s2]."""
ATMOSPHERE_HEIGHT = 100_000.0
"""Height of the layer that stops meteoroids, ECSS-E-ST-10-04C annex C [m]."""
YEAR = 365.25 * 86400.0
"""Julian year [s]: the year in which public fluxes are quoted."""
KSI = 6.895e6
"""One ksi [Pa], rounded as in NASA/TM-2009-214785 p. 70."""
