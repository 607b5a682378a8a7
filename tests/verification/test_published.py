"""Soyuz beside the Handbook, and beside an independent ray-traced estimate.

NASA/TM-2009-214785 Table 6-2 gives PNP 0.900 over 15 years for a Soyuz as built and
0.966 with a toughened blanket on its orbital module: N = 7.0e-3 and 2.3e-3 a year. Its
environment is not established and its failure criteria differ, so that a band is all
that is asked for; agreement inside it is no validation.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from engine_helpers import biased, sampled, solve

from mmod.engine.problem import ResolvedProblem
from mmod.results.outcome import Outcome

pytestmark = pytest.mark.verification

HANDBOOK = {"as built": 7.0e-3, "toughened blanket": 2.3e-3}
"""Penetrations a year [derived from PNP 0.900 and 0.966 over 15 years]."""
BAND = (0.5e-2, 2.0e-2)
GROUPS = {
    "orbital module": ("soyuz_bo",),
    "descent module": ("soyuz_sa",),
    "instrument module": ("soyuz_pao", "soyuz_pao_po"),
    "radiator (coolant leak)": ("soyuz_radiator",),
}
"""Zones of the Soyuz by shield."""
DEBRIS = ("master8_iss_ecss", "nasa91", "nasa91_2800")
RAY_TRACED = {
    "nasa91": 9.0e-3,
    "nasa91_2800": 6.7e-3,
    "master8_iss_ecss": 1.5e-3,
    "grun_ssp": 5.1e-3,
}
"""Orbital module, a year, docked 2018, 405 km, opaque arrays and truss: an estimate by
other code on another mesh, printed with two digits."""


@dataclass(frozen=True)
class Docked:
    problem: ResolvedProblem
    outcome: Outcome

    def number(self, group: str, models: tuple[str, ...]) -> float:
        """Return penetrations a year of a group of Soyuz zones."""
        zones = self.zones(group)
        columns = [self.problem.models.index(m) for m in models]
        chosen = self.outcome.zone_expected[np.ix_(zones, columns)][:, :, -1]
        return float(chosen.sum())

    def zones(self, group: str) -> list[int]:
        surface = self.outcome.vehicle
        names = zip(surface.zone_name, surface.zone_shield, strict=True)
        return [
            z
            for z, (name, shield) in enumerate(names)
            if ".soyuz_ms09." in name and shield in GROUPS[group]
        ]

    def extrapolated(self, group: str, model: str) -> float:
        """Return the share of N for which the damage equation is extrapolated."""
        faces = np.isin(self.outcome.vehicle.face_zone, self.zones(group))
        m = self.problem.models.index(model)
        beyond = float(self.outcome.face_extrapolated[faces, m].sum())
        return beyond / self.number(group, (model,))

    def error(self, group: str, model: str) -> float:
        m = self.problem.models.index(model)
        variance = self.outcome.zone_variance[self.zones(group), m, -1].sum()
        return float(np.sqrt(variance)) / self.number(group, (model,))


def docked(repo_root: Path, shadowing: str) -> Docked:
    """A Soyuz docked through 2018, with every choice of debris."""
    run = repo_root / "runs" / "examples" / "soyuz_ms09" / "run.toml"
    raw: dict[str, Any] = tomllib.loads(run.read_text())
    constant = {"label": "nasa91_2800", "model": "nasa91", "kind": "debris"}
    constant |= {"density": "constant", "density_kg_m3": 2800.0, "in_total": False}
    raw["environment"].append(constant)
    overrides = {
        "shadowing": shadowing,
        "phase[0].start": datetime(2018, 1, 1, tzinfo=UTC),
        "phase[0].end": datetime(2019, 1, 1, 6, tzinfo=UTC),
        "phase[0].altitude_km": 405.0,
        "sampling.target_relative_error": 0.01,
        "sampling.events_per_zone": 0,
    }
    problem = solve(raw, overrides=overrides)
    return Docked(problem, sampled(problem))


@pytest.fixture(scope="module")
def opaque(repo_root: Path) -> Docked:
    return docked(repo_root, "opaque")


@pytest.mark.slow
def test_soyuz_beside_the_handbook(opaque: Docked) -> None:
    print(
        "\nexpected penetrations a year, docked through 2018, opaque arrays and truss"
    )
    print(f"{'zones':26s}{'SSP':>10s}" + "".join(f"{m:>18s}" for m in DEBRIS))
    for group in GROUPS:
        values = [opaque.number(group, (m,)) for m in ("grun_ssp", *DEBRIS)]
        print(
            f"{group:26s}{values[0]:10.2e}"
            + "".join(f"{value:18.2e}" for value in values[1:])
        )
    hull = dict.fromkeys(DEBRIS, 0.0)
    for debris in DEBRIS:
        pair = (debris, "grun_ssp")
        parts = {group: opaque.number(group, pair) for group in GROUPS}
        hull[debris] = parts["orbital module"] + parts["descent module"]
        vehicle = hull[debris] + parts["instrument module"]
        share = opaque.number("orbital module", ("grun_ssp",)) / parts["orbital module"]
        print(
            f"{debris} + SSP: pressure hulls {hull[debris]:.2e}, with the instrument"
            f" module {vehicle:.2e}; orbital module {parts['orbital module']:.2e}"
            f" ({share:.0%} meteoroids)"
        )
    for model in ("grun_ssp", *DEBRIS):
        beyond = opaque.extrapolated("orbital module", model)
        print(f"{model}: {beyond:.1%} outside the tests of the damage equation")
        assert 0.5 < beyond <= 1.0 + 1e-9
    print("Handbook: " + ", ".join(f"{k} {v:.1e}" for k, v in HANDBOOK.items()))
    for debris, value in hull.items():
        assert BAND[0] <= value <= BAND[1], debris
    for wrong in (0.25, 4.0):  # an area convention mistaken
        off = Docked(opaque.problem, biased(opaque.outcome, wrong))
        pair = ("master8_iss_ecss", "grun_ssp")
        value = off.number("orbital module", pair) + off.number("descent module", pair)
        assert not BAND[0] <= value <= BAND[1]


@pytest.mark.slow
def test_orbital_module_beside_the_ray_traced_estimate(opaque: Docked) -> None:
    print("\norbital module, a year: mmod, ray-traced estimate, ratio")
    for model, estimate in RAY_TRACED.items():
        value = opaque.number("orbital module", (model,))
        print(f"{model:18s}{value:10.3e}{estimate:10.1e}{value / estimate:8.3f}")
        assert opaque.error("orbital module", model) < 0.01
        assert value == pytest.approx(estimate, rel=0.06)


@pytest.mark.slow
def test_shadow_keeps_debris_and_takes_meteoroids(opaque: Docked) -> None:
    """0.95 of the debris and 0.42 of the meteoroids reach the docked orbital module."""
    zones = opaque.zones("orbital module")
    expected = opaque.outcome.zone_expected[zones].sum(axis=0)[:-1, -1]
    free = opaque.outcome.zone_unshadowed[zones].sum(axis=0)[:-1, -1]
    kept = dict(zip(opaque.problem.models, expected / free, strict=True))
    print("\nkept by the shadow: " + ", ".join(f"{m} {k:.3f}" for m, k in kept.items()))
    assert kept["nasa91"] == pytest.approx(0.95, abs=0.02)
    assert kept["grun_ssp"] == pytest.approx(0.42, abs=0.03)


@pytest.mark.slow
def test_thin_structures_take_a_tenth_of_the_meteoroids(
    opaque: Docked, repo_root: Path
) -> None:
    """Opaque arrays, truss and radiators cut the module's meteoroid N by 11 %."""
    bare = docked(repo_root, "absent").number("orbital module", ("grun_ssp",))
    cut = 1.0 - opaque.number("orbital module", ("grun_ssp",)) / bare
    print(f"\nthin structures take {cut:.1%} of the meteoroids")
    assert cut == pytest.approx(0.11, abs=0.03)
