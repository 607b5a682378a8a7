"""Penetrations by particles of sizes that a model makes no statement on.

A file of another program begins at some smallest particle. Where the shield's limit
lies below it, smaller particles would penetrate too, and they are missing from every
number. Where a curve goes on beyond the sizes that its model is stated for, it is an
extrapolation. Both are said, by shield.
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

WORTH_SAYING = {"left_out": 0.01, "below": 0.1, "above": 0.1}
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
        smallest one in the table would penetrate as well, and are missing.
    below, above : float
        Shares of the penetrations by particles that are smaller or larger than those
        for which the model is stated: its curve is continued there.
    first : float
        Smallest particle in the table [m].
    smallest, largest : float
        Sizes for which the model is stated [m].
    """

    model: str
    shield: str
    left_out: float
    below: float
    above: float
    first: float
    smallest: float
    largest: float


def sizes_not_held(
    shields: Sequence[Shield],
    tables: Sequence[xr.Dataset],
    curves: Sequence[Sequence[SizeCurve]],
) -> list[SizesNotHeld]:
    """Return how much of the penetrations rests on sizes that models do not hold.

    Parameters
    ----------
    shields : sequence of Shield
        Those that zones have.
    tables : sequence of xarray.Dataset
        ThreatTable of each model, with ``table_min_diameter``, ``table_max_diameter``
        [m]; of a mixture, ``any_min_diameter``, ``any_max_diameter`` where they are
        given: what some part of it is stated for.
    curves : sequence of sequence of SizeCurve
        Size curves of each model.

    Returns
    -------
    list of SizesNotHeld
        For each model and shield that can be penetrated.

    Notes
    -----
    Shares are over each curve's own speeds and obliquities spread evenly in cos^2 (a
    tumbling plate), by 250 points: to about 5 % of themselves, enough to say so.
    """
    found = []
    for table, own in zip(tables, curves, strict=True):
        attrs = table.attrs
        smallest, largest = (
            float(attrs.get(f"any_{end}_diameter", attrs[f"table_{end}_diameter"]))
            for end in ("min", "max")
        )
        parts = _parts(table, own)
        first = min(start for *_, start in parts)
        for shield in shields:
            if shield.is_none:
                continue
            shares = _shares(shield, parts, first, np.log(smallest), np.log(largest))
            found.append(
                SizesNotHeld(
                    str(attrs["model"]),
                    shield.name,
                    *shares,
                    float(np.exp(first)),
                    smallest,
                    largest,
                )
            )
    return found


_Part = tuple[SizeCurve, float, Floats, float]


def _parts(table: xr.Dataset, curves: Sequence[SizeCurve]) -> list[_Part]:
    """Return each curve, its weight, speeds [m/s] and the log of its first particle."""
    index = table["size_curve_index"].to_numpy()
    weight = table["weight"].to_numpy().astype(np.float64)
    middle = 0.5 * (table["speed_lower"].to_numpy() + table["speed_upper"].to_numpy())
    parts: list[_Part] = []
    for c, curve in enumerate(curves):
        mine = np.flatnonzero((index == c) & (weight > 0.0))
        if len(mine) == 0:
            continue
        mine = mine[np.argsort(middle[mine], kind="stable")]
        reach = np.cumsum(weight[mine])
        u = (np.arange(_POINTS) + 0.5) / _POINTS * reach[-1]
        pick = mine[np.minimum(np.searchsorted(reach, u), len(mine) - 1)]
        falls = np.flatnonzero(curve.log_flux < curve.log_flux[0] - 1e-9)
        begin = int(falls[0]) - 1 if len(falls) else len(curve.log_flux) - 1
        parts.append(
            (
                curve,
                float(reach[-1]),
                np.maximum(middle[pick].astype(np.float64), 200.0),
                float(curve.log_diameter[begin]),
            )
        )
    return parts


def _shares(
    shield: Shield, parts: Sequence[_Part], first: float, low: float, high: float
) -> tuple[float, float, float]:
    total, missing, below, above = 0.0, 0.0, 0.0, 0.0
    # Golden-ratio points: even in cos^2, unrelated to the order of the speeds.
    cosine = np.sqrt((0.5 + np.arange(_POINTS) * 0.6180339887498949) % 1.0)
    obliquity = np.arccos(np.maximum(cosine, 2e-3))
    for curve, part, speed, _ in parts:
        start, stop, _ = damaging_intervals(shield, curve, speed, obliquity)
        flux = part * curve.flux_between(start, stop).sum(axis=0)
        total += float(flux.sum())
        over = curve.flux_between(np.maximum(start, high), stop)
        above += part * float(over.sum())
        under = curve.flux_between(start, np.minimum(stop, low))
        below += part * float(under.sum())
        # From its very first node on, the curve is a law: it goes on below.
        if first > curve.log_diameter[0]:
            lowest = np.where(stop > start, start, np.inf).min(axis=0)
            missing += float(flux[lowest < first - 1e-6].sum())
    if not total > 0.0:
        return 0.0, 0.0, 0.0
    return missing / total, below / total, above / total


def texts_of(found: Sequence[SizesNotHeld]) -> list[str]:
    """Return what a reader of the result must know, at most three texts a model.

    Parameters
    ----------
    found : sequence of SizesNotHeld
        Of all phases: the largest share of each shield counts.
    """
    texts = []
    for model in dict.fromkeys(item.model for item in found):
        own = [item for item in found if item.model == model]
        left_out = _largest(own, "left_out")
        if left_out:
            texts.append(
                f"{model}: holds no particles below"
                f" {max(item.first for item in own) / MM:.3g} mm: where smaller ones"
                " penetrate too they are missing, and expected numbers are lower limits:"
                f" so at {_listed(left_out)}"
            )
        for side, word, size in (
            ("below", "smaller", max(item.smallest for item in own)),
            ("above", "larger", min(item.largest for item in own)),
        ):
            continued = _largest(own, side)
            if continued:
                texts.append(
                    f"{model}: is stated for no particles {side} {size / MM:.3g} mm, its"
                    f" size curve is continued: {word} ones make {_listed(continued)}"
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
