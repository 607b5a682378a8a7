"""Penetrations by particles of sizes that a model makes no statement on.

A file of another program begins at some smallest particle. Where the shield's limit
lies below it, smaller particles would penetrate too, and they are missing from every
number. Above the largest particle curves are continued. Both are said, by shield.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from mmod.engine.penetration import SizeCurve, damaging_intervals
from mmod.kernel.tables import Floats
from mmod.shields import Shield
from mmod.units import MM

WORTH_SAYING = {"left_out": 0.01, "continued": 0.1}
"""Shares of a shield's penetrations above which sizes that are not held are flagged."""
_POINTS = 250
_NAMED = 4


@dataclass(frozen=True)
class SizesNotHeld:
    """What a shield's penetrations under a model rest on beyond the model's sizes.

    Attributes
    ----------
    model, shield : str
    left_out : float
        Share of the penetrations at speeds and obliquities where particles below the
        smallest one held would penetrate as well, and are missing.
    continued : float
        Share of the penetrations by particles above the largest one held.
    smallest, largest : float
        Sizes that the model holds [m].
    """

    model: str
    shield: str
    left_out: float
    continued: float
    smallest: float
    largest: float


def sizes_not_held(
    shields: Sequence[Shield],
    tables: Sequence[xr.Dataset],
    curves: Sequence[Sequence[SizeCurve]],
    speeds: Sequence[Floats],
) -> list[SizesNotHeld]:
    """Return how much of the penetrations rests on sizes that models do not hold.

    Parameters
    ----------
    shields : sequence of Shield
        Those that zones have.
    tables : sequence of xarray.Dataset
        ThreatTable of each model, with ``table_min_diameter``, ``table_max_diameter``
        [m].
    curves : sequence of sequence of SizeCurve
        Size curves of each model.
    speeds : sequence of ndarray
        Impact speeds of each model, evenly over its flux [m/s].

    Returns
    -------
    list of SizesNotHeld
        For each model and shield that can be penetrated.

    Notes
    -----
    Shares are over the model's speeds and obliquities spread evenly in cos^2 (a
    tumbling plate), by 250 points: to about 5 % of themselves, enough to say so.
    """
    found = []
    for table, own, speed in zip(tables, curves, speeds, strict=True):
        pick = np.linspace(0, len(speed) - 1, min(_POINTS, len(speed))).astype(int)
        # Golden-ratio points: even in cos^2, unrelated to the order of the speeds.
        cosine = np.sqrt((0.5 + np.arange(len(pick)) * 0.6180339887498949) % 1.0)
        obliquity = np.arccos(np.maximum(cosine, 2e-3))
        index = table["size_curve_index"].to_numpy()
        weights = table["weight"].to_numpy().astype(np.float64)
        parts = np.bincount(index, weights, minlength=len(own)).astype(np.float64)
        smallest = float(table.attrs["table_min_diameter"])
        largest = float(table.attrs["table_max_diameter"])
        for shield in shields:
            if shield.is_none:
                continue
            left_out, continued = _shares(
                shield, own, parts, speed[pick], obliquity, smallest, largest
            )
            found.append(
                SizesNotHeld(
                    str(table.attrs["model"]),
                    shield.name,
                    left_out,
                    continued,
                    smallest,
                    largest,
                )
            )
    return found


def _shares(
    shield: Shield,
    curves: Sequence[SizeCurve],
    parts: Floats,
    speed: Floats,
    obliquity: Floats,
    smallest: float,
    largest: float,
) -> tuple[float, float]:
    total, missing, beyond = 0.0, 0.0, 0.0
    low, high = np.log(smallest * (1.0 - 1e-6)), np.log(largest)
    for curve, part in zip(curves, parts.tolist(), strict=True):
        start, stop, _ = damaging_intervals(shield, curve, speed, obliquity)
        flux = part * curve.flux_between(start, stop).sum(axis=0)
        total += float(flux.sum())
        above = curve.flux_between(np.maximum(start, high), stop)
        beyond += part * float(above.sum())
        # Below its nodes a table has no statement to leave out: laws begin there.
        if low > curve.log_diameter[0]:
            lowest = np.where(stop > start, start, np.inf).min(axis=0)
            missing += float(flux[lowest < low].sum())
    return (missing / total, beyond / total) if total > 0.0 else (0.0, 0.0)


def texts_of(found: Sequence[SizesNotHeld]) -> list[str]:
    """Return what a reader of the result must know, at most two texts a model.

    Parameters
    ----------
    found : sequence of SizesNotHeld
        Of all phases: the largest share of each shield counts.
    """
    texts = []
    for model in dict.fromkeys(item.model for item in found):
        own = [item for item in found if item.model == model]
        small = max(item.smallest for item in own) / MM
        large = min(item.largest for item in own) / MM
        left_out = _largest(own, "left_out")
        if left_out:
            texts.append(
                f"{model}: holds no particles below {small:.3g} mm: where smaller ones"
                " penetrate too they are missing, and expected numbers are lower limits:"
                f" so at {_listed(left_out)}"
            )
        continued = _largest(own, "continued")
        if continued:
            texts.append(
                f"{model}: holds no particles above {large:.3g} mm, its size curve is"
                f" continued: larger ones make {_listed(continued)}"
            )
    return texts


def _largest(found: Sequence[SizesNotHeld], name: str) -> dict[str, float]:
    shares: dict[str, float] = {}
    for item in found:
        share = float(getattr(item, name))
        if share > max(WORTH_SAYING[name], shares.get(item.shield, 0.0)):
            shares[item.shield] = share
    return shares


def _listed(shares: dict[str, float]) -> str:
    order = sorted(shares, key=lambda shield: (-shares[shield], shield))
    words = [f"{shares[shield]:.0%} of shield {shield}" for shield in order[:_NAMED]]
    words[0] = words[0].replace("% of", "% of the penetrations of", 1)
    if len(order) > _NAMED:
        words.append(f"less of {len(order) - _NAMED} more")
    return ", ".join(words)
