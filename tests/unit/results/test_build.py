"""The tree against plain loops over the outcome, and the errors it must refuse."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from unit.results import synthetic

from mmod.errors import InputError
from mmod.results import build, schema


@pytest.fixture(scope="module")
def outcome():
    return synthetic.outcome()


@pytest.fixture(scope="module")
def tree(outcome):
    return build(outcome)


def test_environment_labels(tree):
    assert list(tree["environment"].values) == [
        "deb_a",
        "deb_b",
        "met",
        "debris",
        "meteoroid",
        "total",
    ]
    expected = tree["expected"].sel(damage="impact>=1mm")
    assert (
        expected.sel(environment="debris") == expected.sel(environment="deb_a")
    ).all()
    assert (
        expected.sel(environment="meteoroid") == expected.sel(environment="met")
    ).all()


def test_numbers_by_loops(tree, outcome):
    """Stderr, interval and probability of every zone, one number at a time."""
    zones = tree["zones"].to_dataset(inherit=True)
    quantile = 2.1314495  # Student's t, 15 degrees of freedom, two-sided 95 %, table
    for z, name in enumerate(outcome.vehicle.zone_name):
        for d in range(3):
            one = zones.sel(zone=name, environment="total").isel(damage=d)
            n = outcome.zone_expected[z, -1, d]
            error = math.sqrt(outcome.zone_variance[z, -1, d])
            assert float(one["expected"]) == n
            assert float(one["probability"]) == pytest.approx(
                1 - math.exp(-n), abs=1e-15
            )
            if error == 0.0:
                continue
            assert float(one["expected_stderr"]) == pytest.approx(error)
            low, high = max(n - quantile * error, 0.0), n + quantile * error
            assert float(one["expected_lower"]) == pytest.approx(low, rel=1e-6)
            assert float(one["expected_upper"]) == pytest.approx(high, rel=1e-6)
            top = float(one["probability_upper"])
            assert top == pytest.approx(1 - math.exp(-high), rel=1e-6)
            # planted: the normal quantile is seen
            assert high != pytest.approx(n + 1.96 * error, rel=1e-6)


def test_tiny_probability_keeps_its_digits(outcome):
    small = replace(
        outcome,
        face_expected=outcome.face_expected * 1e-14,
        face_variance=outcome.face_variance * 1e-28,
    )
    p = build(small)["probability"].sel(environment="total", damage="impact>=1mm")
    n = small.face_expected[:, -1, 1]
    lit = n > 0.0
    assert p.values[lit] == pytest.approx(n[lit], rel=1e-12, abs=0.0)
    # planted: without expm1 they are lost
    assert 1.0 - np.exp(-n[lit]) != pytest.approx(n[lit], rel=1e-3, abs=0.0)


def test_penetration_is_missing_where_nothing_can_fail(tree, outcome):
    none = [i for i, e in enumerate(outcome.vehicle.zone_equation) if e == "none"]
    assert none == [6]
    zones = tree["zones"].to_dataset(inherit=True)
    for name in ("expected", "expected_stderr", "probability", "expected_upper"):
        values = zones[name].sel(damage="penetration").values
        assert np.isnan(values[6]).all()
        assert np.isfinite(values[:6]).all()
        assert np.isfinite(zones[name].sel(damage="impact>=1mm").values).all()
    faces = tree["expected"].sel(damage="penetration").values
    assert (np.isnan(faces).all(axis=1) == ~outcome.face_penetrates).all()
    share = zones["share"].sel(environment="total").values
    assert np.isnan(share[6])
    assert np.nansum(share) == pytest.approx(1.0)


def test_nothing_seen_is_never_zero_and_zero(tree, outcome):
    zones = tree["zones"].to_dataset(inherit=True)
    port = zones.sel(zone="cube.box.port", environment="total")
    assert (port["expected"].values == 0.0).all()
    assert (port["expected_stderr"].values > 0.0).all()
    assert (port["expected_lower"].values == 0.0).all()
    for face in np.flatnonzero(outcome.face_seen == 0):
        for d in range(4):
            bare = outcome.face_unshadowed[face, -1, d]
            one = tree.to_dataset().isel(face=face, damage=d).sel(environment="total")
            if np.isnan(float(one["expected"])):
                continue
            assert float(one["expected_stderr"]) == pytest.approx(bare / 4001.0)
            top = -math.log1p(-float(one["probability_upper"]))
            # the defining equation: all rays blocked with a probability of 5 %
            assert (1.0 - top / bare) ** 4000 == pytest.approx(0.05, rel=1e-6)


def test_exact_zero_where_nothing_arrives(tree):
    """Nadir: no debris in the horizontal plane, no meteoroids from below."""
    zones = tree["zones"].to_dataset(inherit=True)
    nadir = zones.sel(zone="cube.box.nadir")
    for name in ("expected", "expected_stderr", "expected_upper", "probability_upper"):
        assert (nadir[name].values == 0.0).all()


def test_unseen_zone_bound_holds_for_any_visible_share(outcome):
    """Maximise sum u p under prod (1 - p)^n >= 5 % by brute force; two faces."""
    faces = np.flatnonzero(outcome.vehicle.face_zone == 3)
    samples = outcome.face_samples.copy()
    samples[faces] = [40, 900]  # spread badly
    tree = build(replace(outcome, face_samples=samples))
    zones = tree["zones"].to_dataset(inherit=True)
    top = float(
        zones["expected_upper"].sel(
            zone="cube.box.port", environment="total", damage="penetration"
        )
    )
    u = outcome.face_unshadowed[faces, -1, -1]
    budget = np.linspace(0.0, math.log(20.0), 20_001)
    first = u[0] * -np.expm1(-budget / 40.0)
    second = u[1] * -np.expm1(-(budget[-1] - budget) / 900.0)
    assert top >= (first + second).max()
    # planted: taking the rays of the zone as one pool would not hold
    pooled = u.sum() * (1.0 - 0.05 ** (1.0 / 940.0))
    assert pooled < (first + second).max()


def test_proposal_share_weakens_the_bound(outcome):
    shared = replace(outcome, provenance={**outcome.provenance, "proposal_share": 0.1})
    labels = {"environment": "total", "damage": "penetration"}
    one, other = (
        build(o)["zones"]["expected_upper"].sel(zone="cube.box.port", **labels)
        for o in (outcome, shared)
    )
    assert float(other / one) == pytest.approx(10.0, rel=0.01)


def test_areas_count_both_sides_of_panels(tree):
    zones = tree["zones"]
    assert zones["area"].values == pytest.approx([1.0] * 6 + [4.0])
    assert float(tree["area"].sum()) == pytest.approx(10.0)


def test_drivers_sum_to_expected(tree):
    zones = tree["zones"].to_dataset(inherit=True)
    expected = zones["expected"].sel(damage="penetration")
    for name in ("azimuth", "speed", "diameter"):
        counts = tree["drivers"][f"penetrations_by_{name}"]
        assert counts.sum(name, skipna=False).values == pytest.approx(
            expected.values, nan_ok=True
        )


def test_penetrating_events_sum_to_expected(tree):
    events = tree["events"].to_dataset(inherit=True)
    zones = tree["zones"].to_dataset(inherit=True)
    for z in range(6):
        inside = (events["zone_index"] == z) & events["penetrating"]
        for environment in ("deb_b", "debris", "total"):
            weight = events["weight"].sel(environment=environment)
            number = (
                zones["expected"]
                .isel(zone=z)
                .sel(environment=environment, damage="penetration")
            )
            assert float(weight.where(inside, 0.0).sum()) == pytest.approx(
                float(number)
            )


def test_main_direction(tree):
    zones = tree["zones"].to_dataset(inherit=True)
    words = zones["main_direction"].sel(environment="debris")
    assert str(words.sel(zone="cube.box.ram").values) == "ram"
    above = zones["main_direction"].sel(environment="meteoroid", zone="cube.box.zenith")
    assert "zenith" in str(above.values)
    assert str(words.sel(zone="cube.box.nadir").values) == ""


def test_every_variable_has_a_unit_and_a_name(tree):
    for node in tree.subtree:
        specs = schema.VARIABLES[schema.group_key(node.path)]
        data = node.to_dataset(inherit=False)
        assert set(map(str, data.variables)) <= set(specs)
        missing = {n for n, s in specs.items() if not s.optional} - set(
            map(str, node.variables)
        )
        assert not missing, node.path
        for name, variable in data.variables.items():
            assert variable.attrs["long_name"]
            numeric = variable.dtype.kind == "f"
            if numeric and not str(name).endswith("_bounds"):
                assert "units" in variable.attrs, name


def test_provenance(tree, outcome):
    about = json.loads(tree.attrs["provenance"])
    assert about == outcome.provenance
    assert json.loads(tree.attrs["config"])["vehicle"] == "cube"
    assert tree.attrs["mmod_format_version"] == "1.1"
    assert set(tree.attrs) == set(schema.ROOT_ATTRIBUTES)


def _break(outcome, name, change):
    values = np.array(getattr(outcome, name), copy=True)
    return replace(outcome, **{name: change(values)})


def _first(value):
    def change(array):
        array.flat[0] = value
        return array

    return change


@pytest.mark.parametrize(
    "name,change",
    [
        ("face_expected", _first(np.nan)),
        ("face_expected", _first(-1e-9)),
        ("face_variance", _first(np.inf)),
        ("zone_expected", lambda a: a[:, :, :2]),
        ("zone_unshadowed", _first(-1.0)),
        ("face_visibility", _first(1.5)),
        ("face_visibility_variance", _first(-1.0)),
        ("face_samples", _first(-1)),
        ("zone_seen", lambda a: a + 10_000_000),
        ("damage_diameter", _first(np.nan)),
        ("face_extrapolated", _first(np.nan)),
    ],
)
def test_unsound_outcome_is_refused(outcome, name, change):
    with pytest.raises(InputError, match=name):
        build(_break(outcome, name, change))


@pytest.mark.parametrize(
    "change",
    [
        {"models": ("deb_a", "deb_a", "met")},
        {"models": ("deb_a", "total", "met")},
        {"model_kind": ("debris", "dust", "meteoroid")},
        {"in_total": (True, True, True)},
        {"in_total": (False, False, False)},
        {"damage": ("penetration", "a", "b", "c")},
        {"duration": 0.0},
        {"duration": math.nan},
        {"drivers": {}},
        {"events": {}},
        {"threats": [xr.Dataset()]},
    ],
)
def test_unsound_labels_are_refused(outcome, change):
    with pytest.raises(InputError, match=next(iter(change))):
        build(replace(outcome, **change))


def test_every_problem_at_once(outcome):
    with pytest.raises(InputError) as caught:
        build(replace(outcome, duration=-1.0, drivers={}, face_dof=np.zeros(3)))
    assert len(caught.value.problems) >= 3


def test_without_meteoroids_and_without_events(outcome):
    keep = np.array([0, 3])
    lone = replace(
        outcome,
        models=("deb_a",),
        model_kind=("debris",),
        in_total=(True,),
        **{
            name: getattr(outcome, name)[:, keep]
            for name in (
                "face_expected",
                "face_variance",
                "face_unshadowed",
                "face_extrapolated",
                "zone_expected",
                "zone_variance",
                "zone_dof",
                "zone_unshadowed",
            )
        },
        drivers={k: (e, v[:, keep]) for k, (e, v) in outcome.drivers.items()},
        events={
            k: v[:0, :1] if k == "weight" else v[:0] for k, v in outcome.events.items()
        },
        threats=[],
        zone_covariance=None,
        zone_given_flux=None,
    )
    tree = build(lone)
    assert list(tree["environment"].values) == ["deb_a", "debris", "total"]
    assert tree["events"].sizes["event"] == 0
    assert "met (meteoroid" not in tree.mmod.report()
    assert tree.mmod.total()["meteoroid"] == 0.0
