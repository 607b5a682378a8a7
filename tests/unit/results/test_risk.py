"""Combining zones: against products, simulation and plain sums."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from unit.results import synthetic

from mmod.errors import InputError
from mmod.results import build, risk


@pytest.fixture(scope="module")
def tree():
    return build(synthetic.outcome())


def test_pnp_of_zones_is_the_product_of_theirs():
    expected = [0.01, 0.3, math.nan, 1e-12]
    product = math.exp(-0.01) * math.exp(-0.3) * math.exp(-1e-12)
    assert risk.pnp(expected) == pytest.approx(product, rel=1e-14)
    assert risk.probability(1e-18) == pytest.approx(1e-18)


def test_pnp_by_simulation(seed):
    """200,000 exposures of three zones; z < 5; a lost zone of 20 % is seen."""
    rng = np.random.default_rng(seed)
    expected = np.array([0.02, 0.05, 0.2])
    hits = rng.poisson(expected, (200_000, 3)).sum(axis=1)
    share = np.mean(hits == 0)
    sd = math.sqrt(share * (1 - share) / 200_000)
    assert abs(share - float(risk.pnp(expected))) < 5.0 * sd
    assert abs(share - float(risk.pnp(expected[:2]))) > 5.0 * sd


def test_combine_against_simulation(seed):
    """Interval of a sum of zones with few replicates: 95 % +- 0.77 % + 0.5 %."""
    rng = np.random.default_rng(seed)
    truth, sigma = np.array([5.0, 2.0, 9.0]), np.array([0.1, 0.5, 0.2])
    covered = naive = 0
    for _ in range(4000):
        x = truth + sigma * rng.standard_normal((16, 3)) * 4.0
        summed = risk.combine(
            x.mean(axis=0), x.std(axis=0, ddof=1) / 4.0, np.full(3, 15.0)
        )
        covered += summed.lower < 16.0 < summed.upper
        # planted: the largest error alone instead of the quadrature of all, halved
        naive += abs(summed.expected - 16.0) < 0.5 * 1.96 * summed.stderr
    tolerance = 5.0 * math.sqrt(0.95 * 0.05 / 4000) + 0.005
    assert abs(covered / 4000 - 0.95) < tolerance
    assert abs(naive / 4000 - 0.95) > tolerance


def test_modules_sum_their_zones(tree):
    zones = {row["name"]: row for row in tree.mmod.zones()}
    modules = {row["name"]: row for row in tree.mmod.modules()}
    box = [row for name, row in zones.items() if ".box." in name]
    assert modules["box"]["penetrations"] == pytest.approx(
        math.fsum(row["penetrations"] for row in box)
    )
    assert modules["box"]["penetrations_stderr"] == pytest.approx(
        math.sqrt(math.fsum(row["penetrations_stderr"] ** 2 for row in box))
    )
    assert modules["box"]["pnp"] == pytest.approx(
        math.prod(row["pnp"] for row in box), rel=1e-12
    )
    for label in ("impact>=0.1mm", "impact>=10mm"):
        assert tree.mmod.total()["impacts"][label] == pytest.approx(
            math.fsum(row["impacts"][label] for row in zones.values())
        )
    assert math.isnan(modules["array"]["penetrations"])


def test_shares_and_split_add_up(tree):
    table = tree.mmod.zones()
    known = [row for row in table if not math.isnan(row["penetrations"])]
    assert math.fsum(row["share"] for row in known) == pytest.approx(1.0)
    for row in (*known, table.total):
        if row["penetrations"] > 0.0:
            assert row["debris"] + row["meteoroid"] == pytest.approx(1.0)
            assert row["extrapolated_fraction"] == pytest.approx(0.1)
    assert math.fsum(tree.mmod.share().values()) == pytest.approx(1.0)


def test_order(tree):
    numbers = [row["penetrations"] for row in tree.mmod.zones()]
    known = [n for n in numbers if not math.isnan(n)]
    assert known == sorted(known, reverse=True)
    assert math.isnan(numbers[-1])
    names = [row["name"] for row in tree.mmod.zones(order="file")]
    assert names == list(tree["zones"]["zone"].values)


def test_other_environment(tree):
    one, total = tree.mmod.total("deb_a"), tree.mmod.total()
    assert one["penetrations"] < total["penetrations"]
    other = tree.mmod.total("meteoroid")["penetrations"]
    assert one["penetrations"] + other == pytest.approx(total["penetrations"])


def test_machine_forms(tree):
    table = tree.mmod.zones()
    value = json.loads(table.to_json())
    assert value["rows"][-1]["penetrations"] is None
    assert value["total"]["zones"] == 7
    data = table.to_xarray()
    assert data["penetrations"].values == pytest.approx(
        [row["penetrations"] for row in table], nan_ok=True
    )
    assert data["impacts"].dims == ("zone", "damage")


@pytest.mark.parametrize(
    "call",
    [
        lambda t: t.mmod.zones("nasa"),
        lambda t: t.mmod.zones(order="name"),
        lambda t: t.mmod.report(by="face"),
        lambda t: risk.select(t, None, "nasa"),
    ],
)
def test_unknown_labels_are_refused(tree, call):
    with pytest.raises(InputError):
        call(tree)
