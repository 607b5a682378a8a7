"""Marginals of threat tables against sampled threats and tables made by hand."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from statistics_helpers import assert_counts

from mmod.errors import InputError
from mmod.flux import load_flux
from mmod.flux.base import ExposureState
from mmod.flux.spectra import (
    AZIMUTH_EDGES,
    ELEVATION_EDGES,
    SPEED_EDGES,
    Spectra,
    spectra,
)
from mmod.flux.table import SizeCurves, ThreatBins, build_threats, diameter_grid
from mmod.units import DEGREE, KM, MM

STATE = ExposureState(400.0 * KM, 51.6 * DEGREE, 2016.8, accept_extrapolation=True)
SAMPLES = 400_000
MODELS = ("nasa91", "master8_iss_ecss", "grun_ssp", "grun_ecss")


@cache
def table_of(name):
    return load_flux(name).threats(STATE)


def drawn(table, seed):
    """Draw directions and speeds bin by bin, as the table's definition says."""
    random = np.random.default_rng(seed)
    weight = (
        table["weight"].values
        * table["flux"].values[
            table["size_curve_index"].values, table["flux"].shape[1] // 2
        ]
    )
    pick = random.choice(len(weight), SAMPLES, p=weight / weight.sum())
    u, v, w = random.random((3, SAMPLES))

    def between(name, share):
        lower, upper = (
            table[f"{name}_{end}"].values[pick] for end in ("lower", "upper")
        )
        return lower + share * (upper - lower)

    speed = between("speed", v)
    azimuth = between("azimuth", u)
    if table.attrs["coupled"]:
        ratio = np.minimum(speed / table.attrs["coupling_speed"], 1.0)
        azimuth = table["side"].values[pick] * np.arccos(ratio)
    return azimuth, between("sin_elevation", w), speed


def compare(table, seen: Spectra, seed: int) -> None:
    found = drawn(table, seed)
    for values, edges, share in zip(
        found,
        (AZIMUTH_EDGES, ELEVATION_EDGES, SPEED_EDGES),
        (seen.azimuth, seen.sin_elevation, seen.speed),
        strict=True,
    ):
        counts = np.histogram(values, edges)[0]
        if (share > 0.0).sum() == 1:  # debris in the horizontal plane
            assert counts[share > 0.0].sum() == SAMPLES
            continue
        assert_counts(counts, share * SAMPLES, detects=0.05)
    spread = found[2].std() / np.sqrt(SAMPLES)
    assert abs(found[2].mean() - seen.mean_speed) < 5.0 * spread


@pytest.mark.parametrize("name", MODELS)
def test_marginals_are_those_of_drawn_threats(name):
    table = table_of(name)
    # any size will do: the models here have one size curve each
    seen = spectra(table, [1 * MM], 1 * MM)
    compare(table, seen, 1)
    for wrong in (
        replace(seen, azimuth=np.roll(seen.azimuth, 1)),
        replace(seen, speed=np.roll(seen.speed, 1)),
        replace(seen, mean_speed=1.01 * seen.mean_speed),
    ):
        with pytest.raises(AssertionError):
            compare(table, wrong, 1)


@pytest.mark.parametrize("name", MODELS)
def test_size_spectrum_is_the_models_own_flux(name):
    sizes = np.array([0.0123, 0.1, 0.777, 1.0, 5.0, 42.0]) * MM
    found = spectra(table_of(name), sizes, 1 * MM)
    wanted = load_flux(name).cumulative(sizes, STATE)
    np.testing.assert_allclose(found.flux, wanted, rtol=2e-4)
    for share in (found.azimuth, found.sin_elevation, found.speed):
        assert share.sum() == pytest.approx(1.0, abs=1e-12)
        assert share.min() >= 0.0


def by_hand(side=None, coupling=None):
    """Three bins: a point, a wide one, and a fast one with a steeper size curve."""
    size = diameter_grid()
    flux = np.stack([1e-8 * (size / MM) ** -2.0, 1e-8 * (size / MM) ** -4.0])
    bins = ThreatBins(
        azimuth_lower=np.array([0.0, -20.0, 170.0]) * DEGREE,
        azimuth_upper=np.array([0.0, 20.0, 180.0]) * DEGREE,
        sin_elevation_lower=np.array([0.0, 0.0, -1.0]),
        sin_elevation_upper=np.array([0.0, 0.5, -1.0]),
        speed_lower=np.array([5.0, 10.0, 100.0]) * KM,
        speed_upper=np.array([5.0, 14.0, 120.0]) * KM,
        weight=np.array([1.0, 3.0, 1.0]),
        size_curve_index=np.array([0, 0, 1], dtype=np.int32),
        side=side,
        coupling_speed=coupling,
    )
    attrs = {
        "model": "by hand",
        "kind": "debris",
        "altitude": 4e5,
        "inclination": 0.9,
        "epoch": 2020.0,
        "options": "",
        "flags": "",
        "table_min_diameter": 1e-6,
        "table_max_diameter": 1.0,
    }
    curves = SizeCurves(size, flux, np.full(flux.shape, 2700.0))
    return build_threats(bins, curves, attrs, "debris")


def test_bins_made_by_hand():
    seen = spectra(by_hand(), [1 * MM, 2 * MM], 1 * MM)
    np.testing.assert_allclose(seen.flux, [2e-8, 1e-8 / 4 + 1e-8 / 16], rtol=1e-9)
    wanted = np.zeros(36)
    wanted[16:20] = 0.375 / 4  # half of the flux, of that 3/4 over 40 deg
    wanted[18] += 0.125  # the point stands on an edge: it belongs to the bin above
    wanted[35] = 0.5
    np.testing.assert_allclose(seen.azimuth, wanted, atol=1e-12)
    assert seen.sin_elevation[0] == pytest.approx(0.5)  # nadir
    np.testing.assert_allclose(seen.speed[10:14], 0.375 / 4)
    assert seen.speed[-1] == seen.beyond == pytest.approx(0.5)
    assert seen.mean_speed == pytest.approx((0.125 * 5 + 0.375 * 12 + 0.5 * 110) * KM)
    # larger particles: the steep curve has less of them
    large = spectra(by_hand(), [1 * MM], 2 * MM)
    assert large.azimuth[35] == pytest.approx(0.2)


def test_coupled_azimuths_made_by_hand():
    side = np.array([1, -1, 1], dtype=np.int8)
    seen = spectra(by_hand(side, 15.0 * KM), [1 * MM], 1 * MM)
    wanted = np.zeros(36)
    wanted[18 + 7] = 0.125  # acos(5/15) = 70.5 deg, port
    wanted[18] = 0.5  # faster than the coupling speed: ram
    cosine = 15.0 * np.cos(AZIMUTH_EDGES[9:19])  # starboard, -90 deg to 0
    wanted[9:18] = 0.375 * np.diff(np.clip((cosine - 10.0) / 4.0, 0.0, 1.0))
    np.testing.assert_allclose(seen.azimuth, wanted, atol=1e-12)
    assert wanted.sum() == pytest.approx(1.0)


@pytest.mark.parametrize("wrong", [0.0, -1 * MM, np.nan, 2.0, 1e-8])
def test_sizes_outside_the_table_are_refused(wrong):
    with pytest.raises(InputError, match="diameter"):
        spectra(table_of("nasa91"), [wrong], 1 * MM)
    with pytest.raises(InputError, match="diameter"):
        spectra(table_of("nasa91"), [1 * MM], wrong)
