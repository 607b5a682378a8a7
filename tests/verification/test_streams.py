"""Streams against closed forms, independent sampling and bent paths.

Every comparison has a twin with a planted error that must fail.
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from statistics_helpers import TooWeakError, assert_mean

from mmod.constants import ATMOSPHERE_HEIGHT, EARTH_GM, EARTH_RADIUS
from mmod.flux import ExposureState, load_flux, stream_directions
from mmod.flux.frames import orbit_radius, orbit_speed, shadow_angle
from mmod.flux.quadrature import face_sums, face_sums_of_model
from mmod.flux.stream_directions import (
    direction_bins,
    face_flux,
    focusing_from_top,
    half_arc,
    moving_flux,
    nodal_rate,
    orbit_normal,
    speed_at,
    zenith_attraction,
)
from mmod.flux.streams import StreamModel
from mmod.units import DEGREE

pytestmark = pytest.mark.verification

CUBE = np.vstack([np.eye(3), -np.eye(3)])
OBLIQUE = np.array(
    [
        [0.6, 0.64, 0.48],
        [-0.6, 0.64, -0.48],
        [-0.8, -0.6, 0.0],
        [0.3, -0.2, -math.sqrt(1.0 - 0.13)],
        [-0.5, 0.1, math.sqrt(1.0 - 0.26)],
    ]
)
NORMALS = np.vstack([CUBE, OBLIQUE])
SIZES = np.array([1e-4, 1e-3])
TOLERANCE = 1e-3
NIGHT = datetime(2022, 12, 14, 1, tzinfo=UTC)
STATE = ExposureState(
    400e3, 51.64 * DEGREE, 2022.95, start=NIGHT, end=NIGHT + timedelta(days=1)
)
STATES = {
    "night": STATE,
    "node": replace(STATE, right_ascension=1.0),
    "hour": replace(STATE, end=NIGHT + timedelta(hours=1), right_ascension=4.0),
    "polar": replace(STATE, inclination=98.0 * DEGREE, altitude=800e3),
    "equator": replace(STATE, inclination=0.0),
    "fortnight": replace(STATE, end=NIGHT + timedelta(days=14)),
}
V = orbit_speed(400e3)
ETA = shadow_angle(400e3)


def model() -> StreamModel:
    found = load_flux("ecss_streams")
    assert isinstance(found, StreamModel)
    return found


def largest_error(table: xr.Dataset, truth: np.ndarray, power: float) -> float:
    got = face_sums(table, NORMALS, SIZES, speed_power=power)
    seen = truth > 1e-2 * truth.max(axis=0)
    faint = np.abs(got - truth) / truth.max(axis=0)
    relative = np.abs(got / np.where(seen, truth, 1.0) - 1.0)
    return float(np.max(np.where(seen, relative, faint)))


SLOW = {"polar", "fortnight", "equator"}
every_case = pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, marks=pytest.mark.slow if case in SLOW else ())
        for case in STATES
    ],
)


@every_case
def test_faces_of_table_and_model(case: str) -> None:
    loaded, state = model(), STATES[case]
    table = loaded.threats(state)
    fast = face_sums_of_model(loaded, state, NORMALS, SIZES, speed_power=2.0)
    assert largest_error(table, fast, 2.0) < TOLERANCE
    truth = face_sums_of_model(loaded, state, NORMALS, SIZES)
    assert largest_error(table, truth, 0.0) < TOLERANCE
    # planted: 1 % more from ahead; port and starboard exchanged
    ahead = np.abs(table["azimuth_lower"] + table["azimuth_upper"]) < np.pi / 2
    biased = table.assign(weight=table["weight"] * xr.where(ahead, 1.01, 1.0))
    assert largest_error(biased, truth, 0.0) > TOLERANCE
    turned = table.assign(
        azimuth_lower=-table["azimuth_upper"], azimuth_upper=-table["azimuth_lower"]
    )
    assert largest_error(turned, truth, 0.0) > TOLERANCE


@pytest.mark.parametrize("case", ["night", "node"])
def test_halving_the_bins(case: str) -> None:
    loaded, state = model(), STATES[case]
    coarse, fine = loaded.threats(state), loaded.threats(state, refine=2)
    assert fine.sizes["threat"] > 1.8 * coarse.sizes["threat"]
    for power in (0.0, 2.0):
        halved = face_sums(fine, NORMALS, SIZES, speed_power=power)
        assert largest_error(coarse, halved, power) < TOLERANCE


@every_case
def test_totals_are_exact(case: str) -> None:
    loaded, state = model(), STATES[case]
    table = loaded.threats(state)
    index = table["size_curve_index"].values
    for curve in range(table.sizes["size_curve"]):
        weight = table["weight"].values[index == curve]
        assert math.fsum(weight) == pytest.approx(1.0, abs=1e-14)
    nodes = table["diameter"].values
    total = table["flux"].sum("size_curve").values
    np.testing.assert_allclose(total, loaded.cumulative(nodes, state), rtol=1e-12)


# closed forms on a circle of constant sigma


def test_plate_at_rest() -> None:
    """V = 0: F max(0, cos) of a beam, averaged over a revolution without an Earth."""
    sigma = np.array([-0.3, 0.0, 0.5, 0.9, 1.0])
    level = np.sqrt(1.0 - sigma**2)
    rest = {"speed": 30e3, "orbit_speed": 0.0, "shadow": 0.0}
    zenith = face_flux(sigma, normal=[0, 0, 1], **rest)
    np.testing.assert_allclose(zenith, level / np.pi, rtol=1e-10, atol=1e-9)
    ram = face_flux(sigma, normal=[1, 0, 0], **rest)
    np.testing.assert_allclose(ram, level / np.pi, rtol=1e-10, atol=1e-9)
    port = face_flux(sigma, normal=[0, 1, 0], **rest)
    np.testing.assert_allclose(port, np.maximum(sigma, 0.0), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(moving_flux(sigma, **rest), 1.0, rtol=1e-12)
    assert not np.allclose(face_flux(sigma, normal=[0, 1, 0], **rest), sigma, rtol=1e-3)


def test_nothing_comes_through_the_earth() -> None:
    """A radiant at nadir never arrives; the share of the sky is the visible arc."""
    for altitude in (100e3, 400e3, 2000e3):
        eta = shadow_angle(altitude)
        up = half_arc(np.array([0.0]), eta)[0]
        assert up == pytest.approx(np.pi - eta)
        boxes = direction_bins(np.zeros(1), np.ones(1), 30e3, 1e-6, eta, 2)
        assert boxes[2].min() > -math.cos(eta) - 1e-9
        at_rest = moving_flux(np.zeros(1), 30e3, 0.0, eta)[0]
        assert at_rest == pytest.approx(1.0 - eta / np.pi, rel=1e-12)
        assert boxes[-1].sum() == pytest.approx(at_rest, rel=1e-9)
    # over the pole of the orbit it never sets
    assert half_arc(np.array([0.97]), ETA)[0] == pytest.approx(np.pi)
    nadir = face_flux(np.zeros(1), 30e3, 0.0, ETA, [0, 0, -1])[0]
    assert nadir == pytest.approx((1.0 - math.sin(ETA)) / np.pi, rel=1e-9)


def test_ram_minus_wake() -> None:
    """Ram less wake is the mean of w . x / v, for any shadow: V over v at each p."""
    sigma = np.linspace(-0.9, 0.9, 7)
    faces = [face_flux(sigma, 36e3, V, ETA, [x, 0, 0]) for x in (1.0, -1.0)]
    # the visible arc is symmetric, so only V remains
    expected = V / 36e3 * half_arc(sigma, ETA) / np.pi
    np.testing.assert_allclose(faces[0] - faces[1], expected, rtol=1e-9)
    assert not np.allclose(faces[0] - faces[1], expected * 36.0 / 35.0, rtol=1e-3)


@given(
    sigma=st.floats(-0.999, 0.999),
    speed=st.floats(12e3, 72e3),
    azimuth=st.floats(-np.pi, np.pi),
    sine=st.floats(-1.0, 1.0),
)
@settings(max_examples=30)
def test_faces_by_brute_force(
    sigma: float, speed: float, azimuth: float, sine: float
) -> None:
    level = math.sqrt(1.0 - sine**2)
    normal = np.array([level * math.cos(azimuth), level * math.sin(azimuth), sine])
    p = 2.0 * np.pi * (np.arange(40_000) + 0.5) / 40_000 - np.pi
    flat = math.sqrt(1.0 - sigma**2)
    radiant = np.stack([flat * np.sin(p), np.full_like(p, sigma), flat * np.cos(p)])
    arrival = speed * radiant + np.array([[V], [0.0], [0.0]])
    up = radiant[2] > -math.cos(ETA)
    fast = np.linalg.norm(arrival, axis=0)
    for power in (0.0, 2.0):
        seen = np.maximum(normal @ arrival, 0.0) * fast**power / speed * up
        got = face_flux(np.array([sigma]), speed, V, ETA, normal, power)[0]
        assert got == pytest.approx(seen.mean(), rel=1e-3, abs=2e-4 * speed**power)
    total = moving_flux(np.array([sigma]), speed, V, ETA)[0]
    assert total == pytest.approx(np.mean(fast / speed * up), rel=2e-4)


@pytest.mark.parametrize("turn", [0.7, 3.0])
def test_turning_node_and_radiants_changes_nothing(turn: float) -> None:
    loaded = model()
    state = STATES["hour"]
    turned = replace(state, right_ascension=state.right_ascension + turn)
    before = loaded.face_shares(state, NORMALS)
    moved = model()
    moved.streams = tuple(
        replace(s, right_ascension=s.right_ascension + turn) for s in moved.streams
    )
    np.testing.assert_allclose(
        moved.face_shares(turned, NORMALS), before, rtol=1e-9, atol=1e-12
    )
    assert np.max(np.abs(loaded.face_shares(turned, NORMALS) - before)) > 0.05


@pytest.mark.slow
def test_all_nodes_together_are_the_mean_over_the_node() -> None:
    loaded = model()
    nodes = 2.0 * np.pi * np.arange(24) / 24
    flux, faces = 0.0, np.zeros(len(NORMALS))
    for node in nodes:
        state = replace(STATE, right_ascension=float(node))
        shares = face_sums_of_model(loaded, state, NORMALS, [1e-3])[:, 0]
        flux += float(loaded.cumulative(1e-3, state)) / 24
        faces += shares / 24
    assert flux == pytest.approx(float(loaded.cumulative(1e-3, STATE)), rel=2e-3)
    mean = face_sums_of_model(loaded, STATE, NORMALS, [1e-3])[:, 0]
    np.testing.assert_allclose(faces, mean, rtol=0.01, atol=2e-3 * mean.max())


@pytest.mark.slow
def test_halving_the_averages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps of time, nodes and points: half as fine moves faces by less than 0.3 %."""
    fine = {k: face_sums(model().threats(s), NORMALS, SIZES) for k, s in STATES.items()}
    half = "mmod.flux.stream_parts."
    monkeypatch.setattr(half + "STEP", 1.0 * DEGREE)
    monkeypatch.setattr(half + "NODE_STEP", 2.0 * DEGREE)
    monkeypatch.setattr("mmod.flux.streams.TRUTH_NODES", (360, 120))
    monkeypatch.setattr("mmod.flux.streams.NODES", (120, 72))
    monkeypatch.setattr(stream_directions, "ARC_POINTS", 72)
    for case, state in STATES.items():
        table = model().threats(state)
        assert largest_error(table, fine[case], 0.0) < 3e-3, case


def test_nodal_rate_of_the_station() -> None:
    """About -5.0 deg a day; polar orbits stand still, retrograde ones go forward."""
    rate = nodal_rate(410e3, 51.64 * DEGREE) * 86400.0 / DEGREE
    assert rate == pytest.approx(-5.0, abs=0.05)
    assert nodal_rate(410e3, 90.0 * DEGREE) == pytest.approx(0.0, abs=1e-20)
    sun = nodal_rate(800e3, 98.6 * DEGREE) * 86400.0 / DEGREE
    assert sun == pytest.approx(360.0 / 365.2422, rel=0.01)


# forward sampling


def sampled(rng: np.random.Generator, speed: float, dec: float, count: int):
    """Return arrivals (zero where the Earth is in between) at random nodes."""
    node, at = rng.uniform(0.0, 2.0 * np.pi, (2, count))
    zero = np.zeros_like(node)
    rising = np.stack([np.cos(node), np.sin(node), zero], axis=1)
    normal = orbit_normal(STATE.inclination, node)
    ahead = np.cross(normal, rising)
    c, s = np.cos(at)[:, None], np.sin(at)[:, None]
    zenith, ram = c * rising + s * ahead, c * ahead - s * rising
    radiant = np.array([math.cos(dec), 0.0, math.sin(dec)])
    place = orbit_radius(400e3) * zenith
    # a straight line along the radiant meets the sphere of 6478 km ahead or not
    along = place @ radiant
    miss = np.linalg.norm(place - along[:, None] * radiant, axis=1)
    hidden = (along < 0.0) & (miss < EARTH_RADIUS + ATMOSPHERE_HEIGHT)
    moving = speed * radiant + V * ram
    frame = np.stack([ram, normal, zenith], axis=1)
    return np.where(hidden[:, None], 0.0, np.einsum("nij,nj->ni", frame, moving))


@pytest.mark.statistical
def test_arrivals_by_sampling(seed: int) -> None:
    """Places drawn at random, rays against a sphere: another road to every face."""
    speed, dec = 36e3, 32.0 * DEGREE
    rng = np.random.Generator(np.random.Philox(key=seed))
    arrivals = sampled(rng, speed, dec, 400_000)
    node = 2.0 * np.pi * (np.arange(720) + 0.5) / 720
    radiant = np.array([math.cos(dec), 0.0, math.sin(dec)])
    sigma = orbit_normal(STATE.inclination, node) @ radiant
    cases = [(np.linalg.norm(arrivals, axis=1), moving_flux(sigma, speed, V, ETA))]
    for normal in NORMALS[[0, 1, 2, 3, 6]]:
        seen = np.maximum(arrivals @ normal, 0.0)
        cases.append((seen, face_flux(sigma, speed, V, ETA, normal)))
    for hits, truth in cases:
        mean = float(hits.mean()) / speed
        error = float(hits.std()) / math.sqrt(len(hits)) / speed
        expected = float(truth.mean())
        assert_mean(mean, error, expected, detects=0.06, label="stream")
        # planted: 6 % of the flux lost; a sample too small to see it
        with pytest.raises(AssertionError):
            assert_mean(mean, error, 1.06 * expected, detects=0.06)
        with pytest.raises(TooWeakError):
            assert_mean(mean, 10.0 * error, expected, detects=0.02)


# what straight lines leave out


def test_zenith_attraction_against_an_integrated_orbit() -> None:
    """Fly a particle backwards from its arrival and look where it came from."""
    top, altitude, zenith_distance = 18e3, 400e3, 80.0 * DEGREE
    speed, radius = speed_at(top, altitude), orbit_radius(altitude)
    start = [
        radius,
        0.0,
        speed * math.cos(zenith_distance),
        speed * math.sin(zenith_distance),
    ]

    def motion(_: float, y: np.ndarray) -> list[float]:
        pull = -EARTH_GM / math.hypot(y[0], y[1]) ** 3
        return [y[2], y[3], pull * y[0], pull * y[1]]

    far = solve_ivp(motion, (0.0, 3e7), start, rtol=1e-10, atol=1e-3).y[:, -1]
    asymptote = math.atan2(far[3], far[2])
    bent = zenith_attraction(zenith_distance, top, altitude)
    assert asymptote - zenith_distance == pytest.approx(bent, rel=2e-3)
    assert bent / DEGREE == pytest.approx(11.2, abs=0.3)


def bent(top: float, dec: float, points: int = 360) -> tuple[float, np.ndarray]:
    """Return cross-section and cube of a beam on its hyperbolas, over F at the top.

    Flux tubes of a beam about the Earth: at the angle psi from the radiant the impact
    parameter b solves b^2 / r = b sin psi + (GM / v^2)(1 - cos psi), in two ways.
    """
    radius, ground = orbit_radius(400e3), EARTH_RADIUS + ATMOSPHERE_HEIGHT
    far2 = top**2 - 2.0 * EARTH_GM / ground
    far, here = math.sqrt(far2), speed_at(top, 400e3)
    node, at = np.meshgrid(*[2.0 * np.pi * (np.arange(points) + 0.5) / points] * 2)
    node, at = node.ravel(), at.ravel()
    rising = np.stack([np.cos(node), np.sin(node), np.zeros_like(node)], axis=1)
    normal = orbit_normal(STATE.inclination, node)
    ahead = np.cross(normal, rising)
    c, s = np.cos(at)[:, None], np.sin(at)[:, None]
    zenith, ram = c * rising + s * ahead, c * ahead - s * rising
    radiant = np.array([math.cos(dec), 0.0, math.sin(dec)])
    cosine = np.clip(zenith @ radiant, -1.0, 1.0)
    sine = np.sqrt(np.maximum(1.0 - cosine**2, 1e-12))
    scale = EARTH_GM / (radius * far2)
    root = np.sqrt(sine**2 + 4.0 * scale * (1.0 - cosine))
    away = (cosine[:, None] * zenith - radiant) / sine[:, None]
    cross, faces = 0.0, np.zeros(6)
    for sign in (1.0, -1.0):
        b = 0.5 * radius * (sine + sign * root)
        slope = cosine + sign * (sine * cosine + 2.0 * scale * sine) / root
        tube = np.abs(b * 0.5 * radius * slope) / (radius**2 * sine)
        outward = -far * (b * cosine + EARTH_GM / far2 * sine) / b
        around = b * far / radius
        motion = outward[:, None] * zenith + around[:, None] * away
        np.testing.assert_allclose(np.linalg.norm(motion, axis=1), here, rtol=1e-6)
        perigee = b**2 * far2 / EARTH_GM / (1.0 + np.hypot(1.0, b * far2 / EARTH_GM))
        blocked = (outward > 0.0) & (perigee < ground)
        density = np.where(blocked, 0.0, tube / np.maximum(np.abs(outward), 1e-6))
        w = np.stack(
            [-(motion * axis).sum(axis=1) for axis in (ram, normal, zenith)], axis=1
        )
        w[:, 0] += V
        cross += float(np.mean(density * np.linalg.norm(w, axis=1)))
        faces += np.mean(density[:, None] * np.maximum(w @ CUBE.T, 0.0), axis=0)
    focus = top**2 / far2
    return cross / focus, faces / focus


@pytest.mark.parametrize(
    "top, dec", [(36e3, 32.0), (61e3, 58.0), (25e3, -54.0), (18e3, -58.0)]
)
def test_straight_lines_are_good_to_the_stated_bounds(top: float, dec: float) -> None:
    cross, faces = bent(top, dec * DEGREE)
    node = 2.0 * np.pi * (np.arange(720) + 0.5) / 720
    radiant = np.array([math.cos(dec * DEGREE), 0.0, math.sin(dec * DEGREE)])
    sigma = orbit_normal(STATE.inclination, node) @ radiant
    speed, focus = speed_at(top, 400e3), focusing_from_top(top, 400e3)
    total = focus * float(moving_flux(sigma, speed, V, ETA).mean())
    straight = [focus * float(face_flux(sigma, speed, V, ETA, n).mean()) for n in CUBE]
    assert cross == pytest.approx(total, rel=0.012)
    off = np.abs(faces / np.maximum(straight, 1e-12) - 1.0)
    lit = np.array(straight) > 0.03
    assert np.all(off[lit] < 0.05)
    assert np.all(np.abs(faces - straight)[~lit] < 0.005)
    # planted: focused as at infinity, or not shadowed
    assert abs(cross * top**2 / (top**2 - 1.11e4**2) / total - 1.0) > 0.012
    assert abs(cross / (focus * moving_flux(sigma, speed, V, 0.0).mean()) - 1) > 0.1
