"""Expected numbers when the flux models are off: against the engine on another flux."""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import Any

import numpy as np
import pytest
import xarray as xr
from engine_helpers import BACKEND, CHUNK, StandIn, run_table, sampled, solve

from mmod.engine.problem import ResolvedProblem
from mmod.engine.rounds import Sampler
from mmod.engine.uncertainty import zone_given_flux
from mmod.engine.work import make_blocks
from mmod.errors import InputError
from mmod.flux.card import UncertaintyLaw
from mmod.flux.uncertainty import FLUX_DEVIATES, log_stderr
from mmod.results.outcome import Outcome

DEBRIS = {"model": "nasa91", "kind": "debris"}
METEOROIDS = {"model": "grun_ssp", "kind": "meteoroid"}
STEEP = UncertaintyLaw(
    diameter_mm=(0.3, 1.0, 3.0, 10.0),
    log_stderr=(1.2, 1.0, 0.5, 0.3),
    source="a test",
    tag="estimate",
)
AT = {z: int(np.argmin(np.abs(FLUX_DEVIATES - z))) for z in (-1.0, 0.0, 1.0)}


def table_of_run(**keys: Any) -> dict[str, Any]:
    sampling = {"samples": 200_000, "events_per_zone": 0}
    return run_table(
        "soyuz_ms", DEBRIS, METEOROIDS, element_size_m=0.8, sampling=sampling, **keys
    )


def with_law(table: xr.Dataset, law: UncertaintyLaw) -> xr.Dataset:
    sigma = log_stderr(law, table["diameter"].values)
    return table.assign(log_stderr=("diameter", sigma))


def moved(table: xr.Dataset, deviate: float) -> xr.Dataset:
    """Return the table that a model off by a deviate would have, node by node.

    Every size curve keeps its share of the particles of a size.
    """
    flux, sigma = table["flux"].values, table["log_stderr"].values
    total = flux.sum(axis=0)
    new = total * np.exp(sigma * deviate)
    fall = -np.diff(total)
    ratio = np.divide(
        -np.diff(new), fall, out=np.exp(deviate * sigma[:-1]), where=fall > 0.0
    )
    assert (ratio >= 0.0).all(), "the law leaves no cumulative flux here"
    part = np.concatenate(
        [-np.diff(flux, axis=1) * ratio, flux[:, -1:] * np.exp(sigma[-1] * deviate)], 1
    )
    return table.assign(flux=(table["flux"].dims, np.cumsum(part[:, ::-1], 1)[:, ::-1]))


def stand_ins(tables: list[xr.Dataset]) -> dict[str, StandIn]:
    names = ("nasa91", "grun_ssp")
    kinds = ("debris", "meteoroid")
    return {
        n: StandIn(t, name=n, kind=k)
        for n, k, t in zip(names, kinds, tables, strict=True)
    }


@cache
def plain() -> tuple[ResolvedProblem, Outcome]:
    problem = solve(table_of_run())
    return problem, sampled(problem)


def tables() -> list[xr.Dataset]:
    return list(plain()[0].threats[0])


@cache
def steep() -> tuple[ResolvedProblem, Outcome]:
    lawful = [with_law(t, STEEP) for t in tables()]
    problem = solve(table_of_run(), models=stand_ins(lawful))
    return problem, sampled(problem)


def given(outcome: Outcome) -> np.ndarray:
    assert outcome.zone_given_flux is not None
    return outcome.zone_given_flux


def test_constant_law_is_a_factor() -> None:
    problem, outcome = plain()
    values = given(outcome)
    wanted = outcome.zone_expected[:, 1, :, None] * np.exp(
        problem.threats[0][1]["log_stderr"].values[0] * FLUX_DEVIATES
    )
    np.testing.assert_allclose(values[:, 1], wanted, rtol=1e-12)
    np.testing.assert_allclose(
        values[..., AT[0.0]], outcome.zone_expected[:, :-1], rtol=1e-12
    )


def score(
    base: Outcome, other: Outcome, deviate: float, bias: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return how far predictions are off, in allowed errors; zones and vehicle.

    Allowed: 5 standard errors of the two runs, and a relative bias.
    """
    predicted = given(base)[..., AT[deviate]]
    before, seen = base.zone_expected[:, :-1], other.zone_expected[:, :-1]
    ratio = np.divide(predicted, before, out=np.ones(before.shape), where=before > 0.0)
    variance = base.zone_variance[:, :-1] * ratio**2 + other.zone_variance[:, :-1]

    def off(a: np.ndarray, b: np.ndarray, square: np.ndarray) -> np.ndarray:
        allowed = 5.0 * np.sqrt(square) + bias * b
        return np.divide(
            np.abs(a - b), allowed, out=np.zeros(b.shape), where=allowed > 0.0
        )

    whole = off(predicted.sum(axis=0), seen.sum(axis=0), variance.sum(axis=0))
    return off(predicted, seen, variance), whole


@pytest.mark.parametrize("deviate", [-1.0, 1.0])
def test_against_the_engine_on_the_other_flux(deviate: float) -> None:
    """Another run, on tables of a flux that is off: 5 standard errors and 0.5 %."""
    problem, base = steep()
    lawful = problem.threats[0]
    other = sampled(
        solve(table_of_run(), models=stand_ins([moved(t, deviate) for t in lawful]))
    )
    zones, whole = score(base, other, deviate, 0.005)
    assert whole.max() < 1.0
    assert zones.max() < 1.0
    # planted: the factor at one millimetre for every penetration is seen
    flat = base.zone_expected[:, :-1, -1:, None] * np.exp(deviate * 1.0 * FLUX_DEVIATES)
    values = np.concatenate([given(base)[:, :, :-1], flat], axis=2)
    wrong = dataclasses.replace(base, zone_given_flux=values)
    assert score(wrong, other, deviate, 0.005)[1][0, -1] > 3.0


def test_wide_bins_change_little() -> None:
    """Bins twice as wide: 1.5 % at z = -1.96 to 1.96; five times: seen."""
    problem, _ = steep()
    blocks = make_blocks(problem.payload, len(problem.vehicle.zones))
    sums = Sampler(problem, blocks, BACKEND, None, CHUNK).run()

    def vehicle(merged: int) -> np.ndarray:
        found = zone_given_flux(problem, blocks, sums, merged_bins=merged)
        return found.sum(axis=0)[:, -1, 2:-2]

    fine = vehicle(1)
    np.testing.assert_allclose(vehicle(2), fine, rtol=0.015)
    assert not np.allclose(vehicle(5), fine, rtol=0.05)


def test_impacts_at_the_ends_of_the_sizes() -> None:
    table = table_of_run(damage={"impact_diameters_mm": [0.001, 1.0, 1000.0]})
    table["sampling"] = {"samples": 20_000, "events_per_zone": 0}
    problem = solve(table, models=stand_ins(tables()))
    outcome = sampled(problem)
    sigma = problem.threats[0][0]["log_stderr"].values[[0, -1]]
    ratio = (
        given(outcome)[:, 0].sum(axis=0)[[0, 2]]
        / (outcome.zone_expected[:, 0].sum(axis=0)[[0, 2]][:, None])
    )
    wanted = np.exp(sigma[:, None] * FLUX_DEVIATES)
    np.testing.assert_allclose(ratio, wanted, rtol=1e-9)


def test_phases_add() -> None:
    table = table_of_run()
    phase = table["phase"][0]
    middle = phase["start"] + (phase["end"] - phase["start"]) / 2
    table["phase"] = [{**phase, "end": middle}, {**phase, "start": middle}]
    outcome = sampled(solve(table))
    values = given(outcome)
    np.testing.assert_allclose(
        values[..., AT[0.0]], outcome.zone_expected[:, :-1], rtol=1e-12
    )
    whole, one = values.sum(axis=0), given(plain()[1]).sum(axis=0)
    np.testing.assert_allclose(whole, one, rtol=0.03)
    assert (np.diff(values, axis=-1) >= 0.0).all()


@pytest.mark.slow
def test_classes_of_sizes_with_their_own_directions() -> None:
    """Size curves as ORDEM's: small ones from port, large ones from starboard."""
    table = with_law(tables()[0], STEEP)
    nodes, flux = table["diameter"].values, table["flux"].values[0]
    border = 1.5e-3
    above = np.exp(np.interp(np.log(border), np.log(nodes), np.log(flux)))
    large = np.minimum(flux, above)
    small = np.maximum(flux - above, 1e-12 * flux)
    small = np.minimum.accumulate(small)
    side = np.where(table["azimuth_lower"].values >= 0.0, 0, 1).astype(np.int32)
    if "side" in table:
        side = np.where(table["side"].values > 0, 0, 1).astype(np.int32)
    weight = table["weight"].values.copy()
    for k in (0, 1):
        weight[side == k] /= weight[side == k].sum()
        weight[np.flatnonzero(side == k)[0]] += 1.0 - weight[side == k].sum()
    split = table.drop_vars(["flux", "density"]).assign(
        flux=(("size_curve", "diameter"), np.stack([small, large])),
        density=(
            ("size_curve", "diameter"),
            np.repeat(table["density"].values, 2, axis=0),
        ),
        size_curve_index=("threat", side),
        weight=("threat", weight),
    )
    tables_ = [split, with_law(tables()[1], STEEP)]
    base = sampled(solve(table_of_run(), models=stand_ins(tables_)))
    for deviate in (-1.0, 1.0):
        other = sampled(
            solve(
                table_of_run(), models=stand_ins([moved(t, deviate) for t in tables_])
            )
        )
        assert score(base, other, deviate, 0.01)[1][:, -1].max() < 1.0
        # impacts from directions that depend on the size: nearly
        assert score(base, other, deviate, 0.03)[1].max() < 1.0


def test_a_table_without_a_law_is_refused() -> None:
    problem, _ = plain()
    bare = tuple(t.drop_vars("log_stderr") for t in tables())
    with pytest.raises(InputError, match="log_stderr"):
        sampled(dataclasses.replace(problem, threats=(bare,)))
