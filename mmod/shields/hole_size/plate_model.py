"""Hole in a plate that particles just perforate: relation, gate and taper."""

from __future__ import annotations

import math

import numpy as np

from mmod.errors import bad
from mmod.shields.ballistic_limits._handbook import FloatArray
from mmod.shields.hole_size.model import (
    ALUMINIUM_PLATE,
    HoleModel,
    HoleSize,
    Impacts,
    within,
)
from mmod.shields.hole_size.thin_plate import (
    REFERENCES,
    RELATIONS,
    Plate,
    hole_diameter,
    oblique_hole_axes,
    spread_of_forms,
)
from mmod.units import KM

NAMES = (*RELATIONS, "schonberg_taylor", "ensemble")
"""Relations that a `ThinPlate` can use; the first is the default."""
TAPER_WIDTH = 0.1
"""Width w of the taper in d/d_c - 1 [estimate]."""
TAPER_RANGE = (0.03, 0.3)
"""Log-uniform range of w [estimate]."""
TAPER_LOG_SD = math.log(TAPER_RANGE[1] / TAPER_RANGE[0]) / math.sqrt(12.0)
"""Standard deviation of ln w of that range."""
NEAR_LIMIT = 1.3
"""d/d_c below which a perforation is marginal [estimate]."""
NEAR_LIMIT_LOG_SD = 0.4
FAST = 9.0 * KM
"""Speed above which the relations are extrapolated [m/s]."""
_FAST_LOG_SD = 0.15
_LEAST_LOG_STDERR = 0.08
_SUPPORT = (
    "coefficients [recalled], supported by the agreement of four forms and one published"
    " shot; scatter and taper near the limit [estimate]"
)


class ThinPlate(HoleModel):
    """A thin-plate relation behind the ballistic limit of the plate.

    Parameters
    ----------
    relation : str
        One of `NAMES`.
    plate : Plate
        The plate.
    gate : float
        Least particle that makes a hole, over the critical diameter.
    taper_width : float
        Width w of the taper [1].

    Raises
    ------
    InputError
        When the relation is unknown or the width is not positive.

    Notes
    -----
    ::

        D = D_relation(d) (1 - exp(-(d/d_c - 1)/w)),  D = 0 below d_c

    Perforation begins where the crater of the front meets the spall of the rear, with a
    hole much smaller than the relation says: class B4 of Dahl and Cour-Palais. w = 0.1,
    log-uniform in 0.03 to 0.3 [estimate]. Scatter (standard deviation of ln D)
    [estimate]: 0.10 for t/d < 0.5, 0.15 to 1, 0.25 to 2, 0.4 beyond (out of range) and
    wherever d/d_c < 1.3; 0.15 more in quadrature above 9 km/s. The model's own error is
    that of w, d ln D/d ln w times 0.66, in quadrature with the spread of the four forms
    (at least 0.08).

    In range: 3 to 9 km/s [estimate of the lower end], up to 45 deg (65 deg for
    Schonberg-Taylor) [estimate], aluminium on aluminium, 0.05 <= t/d <= 2 and
    d/d_c >= 1.3.

    References
    ----------
    .. [1] E. L. Christiansen, NASA/TM-2009-214785 (2009), fig. 4-2, sect. 7.2.2.
    .. [2] Christiansen, SN3-91-42 (1991), citing J. M. Dahl, B. G. Cour-Palais (1990):
       classes of damage.
    """

    def __init__(
        self,
        relation: str,
        plate: Plate,
        gate: float = 1.0,
        taper_width: float = TAPER_WIDTH,
    ) -> None:
        if relation not in NAMES:
            raise bad("hole model", "relation", relation, f"one of {', '.join(NAMES)}")
        if not 0.0 < taper_width < math.inf:
            raise bad("hole model", "taper_width", taper_width, "a number > 0")
        super().__init__(
            relation,
            f"hole in a plate of {plate.thickness * 1e3:g} mm, {relation} with the"
            " perforation gate and a taper near the limit",
            _SUPPORT,
            REFERENCES[relation],
            gate,
        )
        self.plate = plate
        self.taper_width = taper_width

    def _sizes(self, impacts: Impacts) -> HoleSize:
        d, speed, plate = impacts.diameter, impacts.speed, self.plate
        short, long = oblique_hole_axes(d, speed, impacts.obliquity, plate=plate)
        if self.name == "schonberg_taylor":
            clean = np.sqrt(short * long)
        else:
            clean = hole_diameter(self.name, d, speed, impacts.density, plate=plate)
        over = d / (impacts.critical * self.gate) - 1.0
        reach = np.minimum(np.maximum(over, 0.0) / self.taper_width, 500.0)
        with np.errstate(divide="ignore"):
            log_taper = np.log(-np.expm1(-reach))
        steep = np.divide(
            reach, np.expm1(reach), out=np.ones_like(reach), where=reach > 0.0
        )
        forms = np.maximum(
            spread_of_forms(d, speed, impacts.density, plate=plate), _LEAST_LOG_STDERR
        )
        angle = 65.0 if self.name == "schonberg_taylor" else 45.0
        inside = within(impacts, speed=(3.0 * KM, FAST), obliquity_deg=angle)
        ratio = plate.thickness / d
        inside &= (ratio >= 0.05) & (ratio <= 2.0) & (over >= NEAR_LIMIT - 1.0)
        inside &= ALUMINIUM_PLATE[0] <= plate.density <= ALUMINIUM_PLATE[1]
        return HoleSize(
            np.log(clean) + log_taper,
            self._scatter(ratio, over, speed),
            inside,
            np.hypot(forms, TAPER_LOG_SD * steep),
            long / short,
        )

    def _scatter(
        self, ratio: FloatArray, over: FloatArray, speed: FloatArray
    ) -> FloatArray:
        """Return the standard deviation of ln D from impact to impact."""
        by_ratio = np.select(
            [ratio < 0.5, ratio <= 1.0, ratio <= 2.0], [0.10, 0.15, 0.25], 0.4
        )
        near = np.where(over < NEAR_LIMIT - 1.0, NEAR_LIMIT_LOG_SD, 0.0)
        sd = np.maximum(by_ratio, near)
        return np.asarray(np.hypot(sd, np.where(speed > FAST, _FAST_LOG_SD, 0.0)))
