"""Error bars: 200 runs with other seeds, pooled over zones.

The truth of a run is the mean of the others, so a bias common to all runs is invisible
here (it is looked for against quadrature and forward rays in tests/verification). Every
run resolves nothing anew: pilot, allocation, rounds and tallies are repeated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from engine_helpers import run_table, sampled, solve
from numpy.typing import NDArray
from scipy import stats
from statistics_helpers import assert_coverage, assert_pulls

from mmod.engine.problem import ResolvedProblem
from mmod.results.build import build

pytestmark = [pytest.mark.statistical, pytest.mark.slow]

FloatArray = NDArray[np.float64]
RUNS = 200
FIRST_SEED = 20_000
LEVEL = 0.95
SHARE = 1e-3
"""Zones with a smaller share of the penetrations are looked at by themselves."""
ALARM = 1e-6
WITHIN = 0.03
"""Pooled coverage may be off its 95 % by this much."""


@dataclass(frozen=True)
class Ensemble:
    """Estimates of many runs, (run, zone), of one damage class and the total."""

    expected: FloatArray
    variance: FloatArray
    dof: FloatArray
    lower: FloatArray
    upper: FloatArray
    unshadowed: FloatArray

    def truth(self) -> FloatArray:
        """Mean of all other runs."""
        n = len(self.expected)
        return np.asarray((self.expected.sum(axis=0) - self.expected) / (n - 1))

    def pulls(self, variance: FloatArray | None = None) -> FloatArray:
        """Deviation from the truth in units of its error."""
        n = len(self.expected)
        given = self.variance if variance is None else variance
        spread = np.sqrt(given * (1.0 + 1.0 / (n - 1)))
        with np.errstate(invalid="ignore", divide="ignore"):  # zones never reached
            return np.asarray((self.expected - self.truth()) / spread)

    def heavy(self) -> Any:
        """Zones that matter."""
        mean = self.expected.mean(axis=0)
        return mean >= SHARE * mean.sum()


def ensemble(problem: ResolvedProblem, damage: int) -> Ensemble:
    rows: dict[str, list[Any]] = {
        name: [] for name in ("expected", "variance", "dof", "lower", "upper", "free")
    }
    for seed in range(FIRST_SEED, FIRST_SEED + RUNS):
        outcome = sampled(problem, seed)
        rows["expected"].append(outcome.zone_expected[:, -1, damage])
        rows["variance"].append(outcome.zone_variance[:, -1, damage])
        rows["dof"].append(outcome.zone_dof[:, -1, damage])
        zones = build(outcome)["zones"].sel(environment="total").isel(damage=damage)
        rows["lower"].append(zones["expected_lower"].to_numpy())
        rows["upper"].append(zones["expected_upper"].to_numpy())
        rows["free"].append(outcome.zone_unshadowed[:, -1, damage])
    return Ensemble(*(np.array(values) for values in rows.values()))


def soyuz(yaw: float, **sampling: Any) -> ResolvedProblem:
    """A Soyuz: arrays, domes and overlapping solids shadow each other."""
    table = run_table(
        "soyuz_ms",
        {"model": "master8_iss_ecss", "kind": "debris"},
        {"model": "grun_ssp", "kind": "meteoroid"},
        phase={"yaw_deg": yaw},
        element_size_m=0.45,
        sampling={**sampling, "events_per_zone": 0},
    )
    return solve(table)


def plates() -> ResolvedProblem:
    return solve(
        "two_plates",
        overrides={
            "element_size_m": 0.1,
            "shields": {"*": "aluminium_wall"},
            "sampling.samples": 60_000,
            "sampling.events_per_zone": 0,
        },
    )


CASES: dict[str, tuple[Callable[[], ResolvedProblem], int]] = {
    "soyuz, given samples": (lambda: soyuz(0.0, samples=60_000), -1),
    "soyuz, target and rounds": (lambda: soyuz(70.0, target_relative_error=0.03), -1),
    "soyuz, impacts": (lambda: soyuz(-40.0, samples=60_000), 0),
    "plates": (plates, -1),
}


@pytest.fixture(scope="module", params=CASES)
def runs(request: pytest.FixtureRequest) -> Ensemble:
    make, damage = CASES[request.param]
    return ensemble(make(), damage)


def coverage(runs: Ensemble, variance: FloatArray) -> float:
    heavy = runs.heavy()
    limit = stats.t.isf(0.5 * (1.0 - LEVEL), runs.dof)
    inside = np.abs(runs.pulls(variance)) <= limit
    return float(inside[:, heavy].mean())


def test_intervals_cover_what_they_say(runs: Ensemble) -> None:
    covered = coverage(runs, runs.variance)
    heavy = runs.heavy()
    print(f"\n{covered:.4f} of {RUNS} runs x {heavy.sum()} zones are covered")
    kept = runs.expected.mean(axis=0)[heavy] / runs.unshadowed.mean(axis=0)[heavy]
    print(f"shadows leave {kept.min():.0%} to {kept.max():.0%} of a zone")
    assert kept.min() < 0.9, "some zones are shadowed"
    assert abs(covered - LEVEL) <= WITHIN
    if heavy.sum() >= 10:
        half = stats.t.isf(0.5 * (1.0 - LEVEL), runs.dof) * np.sqrt(runs.variance)
        assert_coverage(
            (runs.expected - half)[:, heavy],
            (runs.expected + half)[:, heavy],
            runs.truth()[:, heavy],
            detects=WITHIN,
        )
    # planted: half the variance; a variance over samples as if all were independent of
    # the grid that spreads them, several times too large
    for factor in (0.5, 4.0):
        assert abs(coverage(runs, factor * runs.variance) - LEVEL) > WITHIN


def test_pulls_follow_their_t_distribution(runs: Ensemble) -> None:
    heavy = runs.heavy()
    pulls, dof = runs.pulls()[:, heavy], runs.dof[:, heavy]
    scores = stats.norm.ppf(np.clip(stats.t.cdf(pulls, dof), 1e-15, 1.0 - 1e-15))
    print(f"\npulls of {pulls.size}: mean {scores.mean():+.3f}, sd {scores.std():.3f}")
    assert_pulls(pulls, dof=dof, alarm=ALARM, detects=0.35, label="pulls")
    wrong = runs.pulls(0.5 * runs.variance)[:, heavy]
    with pytest.raises(AssertionError, match="mean square of the pulls"):
        assert_pulls(wrong, dof=dof, alarm=ALARM, detects=0.35, label="pulls")


def test_stated_errors_have_the_size_of_the_spread(runs: Ensemble) -> None:
    """The mean of the variances is the variance of the estimates, zone by zone."""
    heavy = runs.heavy()
    stated = runs.variance.mean(axis=0)[heavy]
    spread = runs.expected.var(axis=0, ddof=1)[heavy]
    ratio = np.sqrt(stated / spread)
    print(f"\nstated error / spread: {ratio.min():.3f} to {ratio.max():.3f}")
    # An error of 200 runs is known to 5 %; Sidak over the zones at 1e-6.
    limit = stats.norm.isf(0.5e-6 / heavy.sum()) * 0.05 * 1.5
    assert np.all(np.abs(np.log(ratio)) < limit)


def test_intervals_of_the_results_are_these(runs: Ensemble) -> None:
    heavy = runs.heavy()
    half = stats.t.isf(0.5 * (1.0 - LEVEL), runs.dof) * np.sqrt(runs.variance)
    lower = np.maximum(runs.expected - half, 0.0)[:, heavy]
    np.testing.assert_allclose(runs.lower[:, heavy], lower, rtol=1e-9)
    upper = (runs.expected + half)[:, heavy]
    np.testing.assert_allclose(runs.upper[:, heavy], upper, rtol=1e-9)


def test_zones_that_are_hardly_seen_have_an_upper_limit(runs: Ensemble) -> None:
    """Where few samples arrive, limits hold and nothing prints 0 +- 0."""
    mean = runs.expected.mean(axis=0)
    rare = (mean > 0.0) & ~runs.heavy()
    if not rare.any():
        return
    above = runs.upper[:, rare] >= mean[rare]
    print(f"\n{rare.sum()} rare zones: {above.mean():.3f} of the upper limits hold")
    assert np.all(runs.upper[:, rare] > 0.0)
    assert above.mean() > LEVEL - 0.15
