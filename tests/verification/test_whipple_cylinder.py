"""The Handbook's Whipple cylinder: an end-to-end case with a full shield.

NASA/TM-2009-214785 Fig. 2-9: 1 m diameter, 1.5 m long, 1.3 mm Al 6061-T6, 100 mm,
3.2 mm Al 2219-T87; one year, 2010, 400 km, ORDEM2000 and SSP 30425 rev. B. Not stated:
inclination, particle densities, ends, damage equation; so absolute values are held to
25 % and nothing is tuned.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from engine_helpers import OFF, biased, lvlh, sampled, solve
from penetration_quadrature import penetrations
from statistics_helpers import assert_mean

from mmod.engine.problem import ResolvedProblem
from mmod.results.outcome import Outcome
from mmod.shields import load_shield

pytestmark = pytest.mark.verification

ATTITUDES = {
    "axis along the velocity": (0.0, 0.0, 9.31e-5),
    "axis normal to the orbit": (90.0, 0.0, 8.22e-5),
    "axis along the radius": (0.0, 90.0, 1.06e-4),
}
"""Yaw, pitch [deg] and the published penetrations in a year."""
ALLOWED = 0.25
LAW_HIGH = (0.30, 0.60)
"""Where the density law may lie above the published value.

35 to 50 % is expected: its small particles have 4.0 g/cm3 in place of 2.8, and the
attitude across the orbit, where constant density already lies 17 % high, adds to it.
"""


@dataclass(frozen=True)
class Case:
    problem: ResolvedProblem
    outcome: Outcome

    def total(self, debris: str) -> tuple[float, float]:
        """Return penetrations by a debris model and the meteoroids, and their error."""
        labels = [debris, "grun_ssp"]
        if (
            debris == "nasa91"
        ):  # the models of the total: their error is not theirs apart
            columns = [len(self.problem.models)]
        else:
            columns = [self.problem.models.index(label) for label in labels]
        value = self.outcome.zone_expected[:, columns, -1].sum()
        return float(value), float(
            np.sqrt(self.outcome.zone_variance[:, columns, -1]).sum()
        )


@pytest.fixture(scope="module")
def cases() -> dict[str, Case]:
    out = {}
    for name, (yaw, pitch, _) in ATTITUDES.items():
        problem = solve(
            "whipple_cylinder",
            overrides={
                "phase[0].yaw_deg": yaw,
                "phase[0].pitch_deg": pitch,
                "sampling.samples": 1_000_000,
                "sampling.events_per_zone": 0,
            },
        )
        out[name] = Case(problem, sampled(problem))
    return out


def test_published_penetrations(cases: dict[str, Case]) -> None:
    print("\npenetrations in a year    constant 2.8     density law     Handbook")
    for name, (_, _, published) in ATTITUDES.items():
        constant, error = cases[name].total("nasa91")
        law, _ = cases[name].total("nasa91_density_law")
        print(
            f"{name:26s}{constant:9.3e} {constant / published - 1.0:+5.0%}"
            f"  {law:9.3e} {law / published - 1.0:+5.0%}  {published:9.3e}"
        )
        assert 6.64 * error < 0.01 * constant, "sampling is the smaller error"
        assert abs(constant / published - 1.0) < ALLOWED, name
        assert LAW_HIGH[0] < law / published - 1.0 < LAW_HIGH[1], name


def test_published_values_see_a_wrong_area_convention(cases: dict[str, Case]) -> None:
    for name, (_, _, published) in ATTITUDES.items():
        for factor in (4.0, 0.25):
            case = cases[name]
            wrong = Case(case.problem, biased(case.outcome, factor))
            assert abs(wrong.total("nasa91")[0] / published - 1.0) > ALLOWED


def ring(case: Case, attitude: tuple[float, float], model: str) -> float:
    """Return penetrations of the closed cylinder by quadrature over its normals."""
    problem = case.problem
    turn = lvlh(attitude[0], attitude[1], 0.0)
    shield = load_shield("whipple_cylinder_wall")
    index = problem.models.index(model)
    around = 2.0 * np.pi * (np.arange(24) + 0.5) / 24
    side = [turn @ [0.0, np.cos(a), np.sin(a)] for a in around]
    ends = [turn @ [x, 0.0, 0.0] for x in (1.0, -1.0)]
    rate = {
        key: np.mean([penetrations(problem, index, shield, n, 48) for n in normals])
        for key, normals in (("side", side), ("ends", ends))
    }
    return float(np.pi * 1.5 * rate["side"] + 2.0 * np.pi * 0.25 * rate["ends"])


@pytest.mark.parametrize("name", ATTITUDES)
@pytest.mark.parametrize("model", ["nasa91", "nasa91_density_law"])
def test_cylinder_against_quadrature(
    name: str, model: str, cases: dict[str, Case]
) -> None:
    """Convex, so that nothing is shadowed: a sum over its normals is exact."""
    case = cases[name]
    index = case.problem.models.index(model)
    truth = ring(case, ATTITUDES[name][:2], model)
    for factor in (1.0, 1.01):
        outcome = biased(case.outcome, factor)
        arguments = (
            float(outcome.zone_expected[:, index, -1].sum()),
            float(np.sqrt(outcome.zone_variance[:, index, -1].sum())),
            truth,
        )
        if factor == 1.0:
            assert_mean(*arguments, dof=15.0, detects=0.01, floor=0.002)
        else:
            with pytest.raises(AssertionError, match=OFF):
                assert_mean(*arguments, dof=15.0, detects=0.01, floor=0.002)
