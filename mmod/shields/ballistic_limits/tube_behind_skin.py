"""Coolant tube behind a skin: radiators."""

from __future__ import annotations

from dataclasses import replace

from numpy.typing import ArrayLike

from mmod.errors import bad
from mmod.shields.ballistic_limits import single_wall
from mmod.shields.ballistic_limits._handbook import FloatArray, in_handbook_units
from mmod.shields.ballistic_limits._regimes import PowerLawLimit

CRITERIA = ("perforation",)
TUBES = ("aluminium", "steel")


def tube_behind_skin_limit(
    *,
    tube_thickness: float,
    tube_density: float,
    skin_areal_density: float = 0.0,
    tube: str = "aluminium",
    brinell: float | None = None,
    sound_speed: float | None = None,
) -> PowerLawLimit:
    """Return the limit of one radiator; parameters as in `tube_behind_skin`."""
    in_handbook_units(
        "tube_behind_skin",
        allow_zero=("skin_areal_density",),
        tube_thickness=(tube_thickness, "length"),
        tube_density=(tube_density, "density"),
        skin_areal_density=(skin_areal_density, "areal density"),
    )
    thickness = tube_thickness + skin_areal_density / tube_density
    if tube == "steel":
        limit = single_wall.steel_wall_limit(
            thickness=thickness, wall_density=tube_density
        )
    elif tube != "aluminium":
        raise bad("tube_behind_skin", "tube", tube, f"one of {', '.join(TUBES)}")
    elif brinell is None or sound_speed is None:
        raise bad(
            "tube_behind_skin",
            "brinell, sound_speed",
            (brinell, sound_speed),
            "both, for an aluminium tube",
        )
    else:
        limit = single_wall.aluminium_wall_limit(
            thickness=thickness,
            wall_density=tube_density,
            brinell=brinell,
            sound_speed=sound_speed,
        )
    basis = f"that of the single wall ({limit.validity.basis}); skin: estimate"
    return replace(limit, validity=replace(limit.validity, basis=basis))


def tube_behind_skin(
    speed: ArrayLike,
    obliquity: ArrayLike,
    density: ArrayLike,
    *,
    tube_thickness: float,
    tube_density: float,
    skin_areal_density: float = 0.0,
    tube: str = "aluminium",
    brinell: float | None = None,
    sound_speed: float | None = None,
) -> FloatArray:
    r"""Return the critical diameter of a coolant tube behind a skin.

    The tube is a single wall of thickness ``t_tube + m_skin/rho_tube``: the skin counts
    by its mass and not as a bumper.

    Parameters
    ----------
    speed, obliquity, density : array_like
        Impact speed [m/s], angle from the normal [rad], particle density [kg/m3].
    tube_thickness, tube_density : float
        Wall of the tube [m], [kg/m3].
    skin_areal_density : float
        Fin or face sheet in front of the tube [kg/m2].
    tube : {"aluminium", "steel"}
        Single-wall equation of the tube.
    brinell, sound_speed : float
        Of an aluminium tube [-], [m/s].

    Returns
    -------
    ndarray
        Critical diameter [m] of a hit on the tube. Criterion: perforation of the tube
        wall, a leak.

    Raises
    ------
    InputError
        When a parameter or an impact condition is out of range.

    Notes
    -----
    An engineering model [estimate], not from the documents; they name tube perforation
    as the failure and give the single walls. Hits beside the tube do no harm: that
    share is the ``vulnerable_fraction`` of the card (projected tube area over face
    area). Curvature of the tube and rupture by pressure are left out.

    References
    ----------
    .. [1] E. L. Christiansen et al., NASA/TM-2009-214785 (2009), p. 11 (criterion),
       p. 34-39 (single walls).
    """
    return tube_behind_skin_limit(
        tube_thickness=tube_thickness,
        tube_density=tube_density,
        skin_areal_density=skin_areal_density,
        tube=tube,
        brinell=brinell,
        sound_speed=sound_speed,
    ).critical_diameter(speed, obliquity, density)
