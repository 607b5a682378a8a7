"""Threat tables against quadrature of the models' own densities, closed forms, errors.

Every comparison has a twin with a planted error that must fail.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
import xarray as xr
from scipy.integrate import quad

from mmod.constants import YEAR
from mmod.errors import InputError
from mmod.flux import ExposureState, FluxModel, frames, grun, isotropic, load_flux
from mmod.flux.isotropic import (
    full_sky_motion_factor,
    isotropic_bins,
    motion_factor,
    shielding_factor,
)
from mmod.flux.meteoroid_speed import MeteoroidSpeedLaw, piecewise_law, ssp_speed_law
from mmod.flux.quadrature import face_sums, face_sums_of_model
from mmod.flux.table import curve_flux

pytestmark = pytest.mark.verification

STATE = ExposureState(400e3, math.radians(51.6), 2016.5)
CUBE = np.array(
    [[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]], dtype=float
)
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
SIZES = np.array([1e-5, 1e-4, 1e-3, 1e-2])
TOLERANCE = 1e-3
CASES = {
    "nasa91": ("nasa91", {}),
    "nasa91-constant": ("nasa91", {"density": "constant"}),
    "nasa91-surface": ("nasa91", {"area_convention": "tumbling_surface"}),
    "nasa91-solar": ("nasa91", {"solar_flux": 200.0}),
    "master8": ("master8_iss_ecss", {}),
    "master8-law": ("master8_iss_ecss", {"density": "law"}),
    "master8-side": ("master8_iss_ecss", {"directions": "handbook_side_ram"}),
    "ssp-stepped": ("grun_ssp", {}),
    "ssp-constant": ("grun_ssp", {"density": "constant"}),
    "ecss": ("grun_ecss", {}),
    "ecss-literal": ("grun_ecss", {"speed_law": "ecss_literal"}),
    "ecss-stepped": ("grun_ecss", {"density": "stepped"}),
}
every_case = pytest.mark.parametrize("case", CASES)


def load(case: str) -> FluxModel:
    name, options = CASES[case]
    return load_flux(name, **options)


def largest_error(
    table: xr.Dataset, truth: dict[int, np.ndarray], normals: np.ndarray = NORMALS
) -> float:
    worst = 0.0
    for power, expected in truth.items():
        got = face_sums(table, normals, SIZES, speed_power=power)
        seen = expected > 1e-9 * expected.max(axis=0)
        assert np.all(np.where(seen, 0.0, got) <= 1e-9 * expected.max(axis=0))
        worst = max(worst, float(np.max(np.abs(got[seen] / expected[seen] - 1.0))))
    return worst


def truth_of(model: FluxModel, state: ExposureState = STATE) -> dict[int, np.ndarray]:
    return {
        power: face_sums_of_model(model, state, NORMALS, SIZES, speed_power=power)
        for power in (0, 2)
    }


@every_case
def test_faces_of_table_and_model(case: str) -> None:
    model = load(case)
    table, truth = model.threats(STATE), truth_of(model)
    assert largest_error(table, truth) < TOLERANCE
    # planted: a 1 % bias of weights ahead; ram and wake exchanged
    ahead = np.abs(table["azimuth_lower"] + table["azimuth_upper"]) < np.pi / 2
    biased = table.assign(weight=table["weight"] * xr.where(ahead, 1.01, 1.0))
    assert largest_error(biased, truth) > TOLERANCE
    if table.attrs["coupled"]:
        turned = table.assign_attrs(coupling_speed=table.attrs["coupling_speed"] * 1.01)
    else:
        turned = table.assign(
            azimuth_lower=np.pi / 2 - table["azimuth_upper"],
            azimuth_upper=np.pi / 2 - table["azimuth_lower"],
        )
    assert largest_error(turned, truth) > TOLERANCE


@pytest.mark.parametrize(
    "case", ["nasa91", "master8-side", "ssp-stepped", "ecss", "ecss-literal"]
)
def test_halving_the_bins(case: str) -> None:
    model = load(case)
    coarse, fine = model.threats(STATE), model.threats(STATE, refine=2)
    normals = NORMALS[[0, 1, 2, 4, 5, 6, 10]]
    halved = {p: face_sums(fine, normals, SIZES, speed_power=p) for p in (0, 2)}
    assert largest_error(coarse, halved, normals) < TOLERANCE
    assert fine.sizes["threat"] > 1.8 * coarse.sizes["threat"]


@every_case
def test_weights_and_totals(case: str) -> None:
    model = load(case)
    table = model.threats(STATE)
    index = table["size_curve_index"].values
    for curve in range(table.sizes["size_curve"]):
        assert math.fsum(table["weight"].values[index == curve]) == pytest.approx(
            1.0, abs=1e-14
        )
    nodes = table["diameter"].values
    total = table["flux"].sum("size_curve").values
    np.testing.assert_allclose(total, model.cumulative(nodes, STATE), rtol=1e-12)
    middle = np.sqrt(nodes[1:] * nodes[:-1])
    between = curve_flux(table, middle).sum(axis=0)
    np.testing.assert_allclose(between, model.cumulative(middle, STATE), rtol=1e-4)
    density = model.density(middle)
    nodal = np.exp(
        np.interp(np.log(middle), np.log(nodes), np.log(table["density"].values[0]))
    )
    np.testing.assert_allclose(nodal, density, rtol=1e-4)


@pytest.mark.parametrize("altitude", [150e3, 900e3, 2000e3])
@pytest.mark.parametrize("case", ["nasa91", "ssp-stepped", "ecss", "ecss-literal"])
def test_faces_at_other_altitudes(case: str, altitude: float) -> None:
    model = load(case)
    state = ExposureState(altitude, math.radians(98.0), 2010.5)
    assert largest_error(model.threats(state), truth_of(model, state)) < 1.5e-3


# closed forms


def ssp_cube() -> np.ndarray:
    model = load_flux("grun_ssp", density="constant")
    return face_sums(model.threats(STATE), CUBE, [1e-4])[:, 0] * YEAR


def test_cube_of_the_handbook_conditions() -> None:
    faces = ssp_cube()
    expected = [7.578, 1.0439, 3.5333, 3.5333, 5.1611, 0.4467]
    np.testing.assert_allclose(faces, expected, rtol=3e-3)
    assert faces.sum() == pytest.approx(21.296, rel=3e-3)


@pytest.mark.parametrize("what", ["shadow radius", "speed", "shielding"])
def test_cube_finds_planted_errors(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if what == "shadow radius":
        wrong = float(np.arcsin(6378.0 / 6778.0))
        monkeypatch.setattr(grun, "shadow_angle", lambda _: wrong)
    elif what == "speed":
        wrong_law = piecewise_law(np.array([14.4e3, 14.6e3]), np.array([1.0]))
        monkeypatch.setattr(grun, "ssp_speed_law", lambda: wrong_law)
    else:
        monkeypatch.setattr(grun, "ssp_focusing", lambda _: 1.956 * 1.01)
    expected = np.array([7.578, 1.0439, 3.5333, 3.5333, 5.1611, 0.4467])
    assert np.max(np.abs(ssp_cube() / expected - 1.0)) > 3e-3


@pytest.mark.parametrize("case", ["ssp-stepped", "ecss", "ecss-literal"])
def test_ram_minus_wake_identity(case: str) -> None:
    model = load(case)
    assert isinstance(model, grun.GrunModel)
    faces = face_sums(model.threats(STATE), CUBE[:2], SIZES)
    difference = faces[0] - faces[1]
    law = model.speed_law(STATE.altitude)
    speed = frames.orbit_speed(STATE.altitude)
    visible = shielding_factor(frames.shadow_angle(STATE.altitude))
    at_rest = model.stationary_flux(SIZES, STATE.altitude)
    expected = 4.0 * at_rest * visible * speed * law.mean(lambda v: 1.0 / v)
    np.testing.assert_allclose(difference, expected, rtol=1e-3)
    if case == "ssp-stepped":
        rest = load_flux("grun_ssp", density="constant")
        assert isinstance(rest, grun.GrunModel)
        per_year = 4.0 * rest.stationary_flux(1e-4, STATE.altitude) * YEAR
        exact = per_year * visible * speed * law.mean(lambda v: 1.0 / v)
        assert exact == pytest.approx(6.534, rel=2e-4)
    # planted: the mean speed instead of the mean of 1/v
    wrong = 4.0 * at_rest * visible * speed / law.mean(lambda v: v)
    assert np.min(np.abs(difference / wrong - 1.0)) > 1e-3


def bins_as_table(law: MeteoroidSpeedLaw, speed: float, shadow: float) -> xr.Dataset:
    bins = isotropic_bins(law, speed, shadow, 1)
    names = ("azimuth", "sin_elevation", "speed")
    data = {
        f"{n}_{e}": ("threat", getattr(bins, f"{n}_{e}"))
        for n in names
        for e in ("lower", "upper")
    }
    data["weight"] = ("threat", bins.weight)
    data["size_curve_index"] = ("threat", bins.size_curve_index)
    curves = {
        "flux": (("size_curve", "diameter"), np.ones((1, 2))),
        "diameter": ("diameter", [1e-6, 1.0]),
    }
    return xr.Dataset({**data, **curves}, attrs={"coupled": 0})


def zenith_side_nadir(eta: float) -> np.ndarray:
    side = 1.0 - (eta - math.sin(eta) * math.cos(eta)) / math.pi
    return np.array([1.0, side, math.cos(eta) ** 2]) / 4.0


def test_earth_shadow_in_closed_form() -> None:
    eta = frames.shadow_angle(400e3)
    faces = CUBE[[4, 2, 5]]
    at_rest = bins_as_table(ssp_speed_law(), 1e-3, eta)
    got = face_sums(at_rest, faces, [1e-3])[:, 0]
    np.testing.assert_allclose(got, zenith_side_nadir(eta), rtol=1e-4)
    assert at_rest["weight"].sum() == pytest.approx(shielding_factor(eta), rel=1e-7)
    planted = bins_as_table(ssp_speed_law(), 1e-3, math.pi / 2 - eta)
    wrong = face_sums(planted, faces, [1e-3])[:, 0]
    assert np.max(np.abs(wrong / zenith_side_nadir(eta) - 1.0)) > 0.1


def test_zenith_and_nadir_do_not_depend_on_motion() -> None:
    eta = frames.shadow_angle(400e3)
    moving = bins_as_table(ssp_speed_law(), frames.orbit_speed(400e3), eta)
    got = face_sums(moving, CUBE[4:], [1e-3])[:, 0]
    np.testing.assert_allclose(got, zenith_side_nadir(eta)[[0, 2]], rtol=1e-4)


@pytest.mark.parametrize("altitude", [100e3, 400e3, 2000e3])
@pytest.mark.parametrize("case", ["ssp-stepped", "ecss", "ecss-literal"])
def test_cells_fill_the_sky(case: str, altitude: float) -> None:
    model = load(case)
    assert isinstance(model, grun.GrunModel)
    law, speed = model.speed_law(altitude), frames.orbit_speed(altitude)
    eta = frames.shadow_angle(altitude)
    content = isotropic_bins(law, speed, eta, 1).weight.sum()
    assert content == pytest.approx(motion_factor(law, speed, eta), rel=3e-5)


def test_motion_factor_without_shadow() -> None:
    law, speed = ssp_speed_law(), frames.orbit_speed(400e3)
    closed = law.mean(lambda v: full_sky_motion_factor(v, speed))
    assert motion_factor(law, speed, 0.0) == pytest.approx(closed, rel=1e-9)
    assert motion_factor(law, speed, 1.0) != pytest.approx(closed, rel=1e-3)

    def integrand(cosine: float, v: float = 17e3) -> float:
        return 0.5 * math.sqrt(v * v + speed * speed + 2 * v * speed * cosine) / v

    direct = quad(integrand, -1.0, 1.0)[0]
    assert full_sky_motion_factor(17e3, speed) == pytest.approx(direct, rel=1e-12)


def test_closed_forms_of_the_horizontal_plane() -> None:
    """Sum over faces that box the horizon: any horizontal stream of unit flux gives
    the mean of |cos| + |sin| over the four vertical faces of a cube."""
    model = load("nasa91")
    table = model.threats(STATE)
    speeds = np.linspace(0, 1, 9)[None, :]
    low = table["speed_lower"].values[:, None]
    high = table["speed_upper"].values[:, None]
    cosine = (low + speeds * (high - low)) / table.attrs["coupling_speed"]
    angle = np.arccos(np.minimum(cosine, 1.0))
    both = np.abs(np.cos(angle)) + np.abs(np.sin(angle))
    simpson = np.array([1, 4, 2, 4, 2, 4, 2, 4, 1]) / 24.0
    mean = float(np.sum(table["weight"].values * (both @ simpson)))
    shares = face_sums(table, CUBE, [1e-3])[:, 0] / model.cumulative(1e-3, STATE)
    assert shares.sum() == pytest.approx(mean, rel=1e-5)
    np.testing.assert_allclose(shares[4:], 0.0, atol=1e-15)
    assert shares[2] == pytest.approx(shares[3], rel=1e-12)


def test_forward_kinematics_by_sampling(seed: int) -> None:
    """Earth-frame particles drawn at random and boosted: another road to the faces."""
    model = load("ecss")
    assert isinstance(model, grun.GrunModel)
    rng = np.random.default_rng(seed)
    law = model.speed_law(STATE.altitude)
    V = frames.orbit_speed(STATE.altitude)
    low = -math.cos(frames.shadow_angle(STATE.altitude))
    nodes, p = law.quadrature
    n = 400_000
    v = rng.choice(nodes, size=n, p=p / p.sum())
    s_z = rng.uniform(low, 1.0, n)
    phi = rng.uniform(-np.pi, np.pi, n)
    s_h = np.sqrt(1.0 - s_z**2)
    w = v[:, None] * np.stack([s_h * np.cos(phi), s_h * np.sin(phi), s_z], axis=1)
    w[:, 0] += V
    visible = 0.5 * (1.0 - low)
    hits = np.maximum(w @ NORMALS.T, 0.0) / v[:, None] * visible
    mean, error = hits.mean(axis=0), hits.std(axis=0) / math.sqrt(n)
    flux = 4.0 * model.stationary_flux(1e-3, STATE.altitude)
    got = face_sums(model.threats(STATE), NORMALS, [1e-3])[:, 0] / flux
    assert np.all(np.abs(got - mean) < 5.0 * error)
    assert np.all(5.0 * error[:5] < 0.03 * mean[:5])
    # planted: a spacecraft that flies backwards
    backwards = face_sums(model.threats(STATE), NORMALS * [-1, 1, 1], [1e-3])[:, 0]
    assert np.any(np.abs(backwards / flux - mean) > 5.0 * error)


def test_too_high_an_orbit_is_refused() -> None:
    with pytest.raises(InputError, match="orbit too high"):
        isotropic_bins(ssp_speed_law(), 9e3, 0.5, 1)


@pytest.mark.parametrize("cells, finer", [("AZIMUTH_CELLS", 4), ("UPPER_CELLS", 2)])
def test_coarse_cells_are_noticed(
    cells: str, finer: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = load("ecss")
    truth = truth_of(model)
    monkeypatch.setattr(isotropic, cells, finer)
    assert largest_error(model.threats(STATE), truth) > TOLERANCE
