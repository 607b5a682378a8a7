"""Penetrating flux against sums over fine sizes; tables against penetrating flux.

The brute force reads the threat table by itself: it cuts the size curve into thousands
of short cells, interpolates flux and density log-log as the table's contract says, and
asks the damage equation at both ends of each cell whether that particle penetrates. It
knows nothing of pieces, regimes, breaks or of the form of the penetrating set.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pytest
import xarray as xr
from kernel_helpers import NO_SHIELD, SpeedShield
from scipy.stats import qmc
from shield_makers import MAKERS

from mmod.engine.penetration import (
    SizeCurve,
    build_tables,
    damaging_intervals,
    penetrating,
    table_error,
)
from mmod.flux import ExposureState, load_flux
from mmod.geometry.vehicle import load_vehicle
from mmod.kernel.tables import fill_flux
from mmod.shields import Shield, load_shield

CURVES: dict[str, tuple[str, dict[str, Any]]] = {
    "nasa91 law": ("nasa91", {"density": "law"}),
    "nasa91 constant": ("nasa91", {"density": "constant"}),
    "master8": ("master8_iss_ecss", {}),
    "master8 law": ("master8_iss_ecss", {"density": "law"}),
    "ssp stepped": ("grun_ssp", {"density": "stepped"}),
    "ssp constant": ("grun_ssp", {"density": "constant"}),
    "ecss": ("grun_ecss", {}),
}
SHIELDS = {
    "Whipple, NNO": "pma",
    "MLI over wall": "soyuz_bo",
    "Whipple of the ISS": "usl_cyl",
    "Whipple of Node 2": "node23_cyl_w",
    "ablator over NNO": "soyuz_sa",
    "stuffed Whipple": "usl_cyl_sw",
    "multi-shock": "beam",
    "mesh double bumper": "fgb_cyl",
    "tube behind skin": "soyuz_radiator",
}
SLOW_LAWS = [
    # A density that slopes with the diameter takes many pieces.
    pytest.param(name, marks=pytest.mark.slow) if name == "nasa91 law" else name
    for name in CURVES
]
FINE = 4  # cells between two nodes of the size curve
POINTS = 250
TABLE_POINTS = 2**15
TOLERANCE = 1e-3
"""What the tables may cost, of N."""


@cache
def threats(name: str) -> xr.Dataset:
    model, options = CURVES[name]
    state = ExposureState(altitude=404e3, inclination=np.radians(51.64), epoch=2018.55)
    return load_flux(model, **options).threats(state)


@cache
def shield(name: str) -> Shield:
    return load_shield(name)


@cache
def station_shields() -> tuple[Shield, ...]:
    """All shields of the station that have a damage equation."""
    names = sorted({z.shield for z in load_vehicle("iss_2018_soyuz_ms09").zones})
    return tuple(s for s in map(shield, names) if not s.is_none)


@dataclass(frozen=True)
class BruteForce:
    """A size curve in short cells; ends go on at their slope and density."""

    size: np.ndarray  # log diameter of the cell ends
    flux: np.ndarray  # log cumulative flux there
    density: np.ndarray  # log density there

    @classmethod
    def of(cls, table: xr.Dataset, index: int = 0) -> BruteForce:
        x = np.log(table["diameter"].to_numpy())
        f = np.log(table["flux"].to_numpy()[index])
        rho = np.log(table["density"].to_numpy()[index])
        at = np.arange(len(x))
        fine = np.arange(FINE * (len(x) - 1) + 1) / FINE
        low = np.linspace(np.log(1e-8), x[0], 400)[:-1]
        high = np.linspace(x[-1], np.log(1e3), 2000)[1:]
        slopes = (f[1] - f[0]) / (x[1] - x[0]), (f[-1] - f[-2]) / (x[-1] - x[-2])
        return cls(
            np.concatenate([low, np.interp(fine, at, x), high]),
            np.concatenate(
                [
                    f[0] + slopes[0] * (low - x[0]),
                    np.interp(fine, at, f),
                    f[-1] + slopes[1] * (high - x[-1]),
                ]
            ),
            np.concatenate(
                [
                    np.full(len(low), rho[0]),
                    np.interp(fine, at, rho),
                    np.full(len(high), rho[-1]),
                ]
            ),
        )

    def penetrating(
        self, guard: Any, speed: np.ndarray, angle: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the penetrating flux of each point and its share outside the tests."""
        known, which = np.unique(self.density.round(12), return_inverse=True)
        rho = np.exp(known)[:, None]
        critical = np.log(guard.critical_diameter(speed, angle, rho))
        valid = guard.valid(speed, angle, rho)
        above = np.exp(self.flux)
        flux, outside = np.zeros(len(speed)), np.zeros(len(speed))
        for i in range(len(speed)):
            g = self.size - critical[which, i]
            a, b = g[:-1], g[1:]
            part = np.where((a >= 0.0) & (b >= 0.0), above[:-1] - above[1:], 0.0)
            for j in np.flatnonzero((a < 0.0) != (b < 0.0)):
                u = a[j] / (a[j] - b[j])
                middle = np.exp(self.flux[j] + u * (self.flux[j + 1] - self.flux[j]))
                part[j] = middle - above[j + 1] if b[j] >= 0.0 else above[j] - middle
            tail = above[-1] if g[-1] >= 0.0 else 0.0
            flux[i] = part.sum() + tail
            beyond = part[~valid[which[:-1], i]].sum()
            beyond += 0.0 if valid[which[-1], i] else tail
            outside[i] = beyond / max(flux[i], 1e-300)
        return flux, outside


def impacts(table: xr.Dataset, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return speeds of the model and obliquities of a tumbling plate, evenly spread."""
    u = qmc.Sobol(3, seed=seed).random(n)
    reach = np.cumsum(table["weight"].to_numpy())
    bins = np.minimum(np.searchsorted(reach, u[:, 0] * reach[-1]), len(reach) - 1)
    low, high = (table[f"speed_{end}"].to_numpy()[bins] for end in ("lower", "upper"))
    speed = np.maximum(low + u[:, 1] * (high - low), 100.0)
    return speed, np.arccos(np.sqrt(np.maximum(u[:, 2], 1e-6)))


def awkward(guard: Any, density: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return impacts close to the borders of speed and angle of a shield."""
    rng = np.random.default_rng(seed)
    angle = rng.uniform(0.0, 1.5, 60)
    breaks = np.array([*guard.angle_breaks, 0.7])
    angle[:30] = np.minimum(rng.choice(breaks, 30) + rng.normal(0.0, 1e-3, 30), 1.57)
    borders = guard.speed_breaks(angle, np.full(60, density))
    speed = rng.uniform(2e3, 2e4, 60)
    if borders.shape[-1]:
        pick = borders[np.arange(60), rng.integers(0, borders.shape[-1], 60)]
        speed = np.where(rng.random(60) < 0.7, pick * rng.normal(1.0, 1e-3, 60), speed)
    return np.clip(speed, 100.0, 9e4), angle


@dataclass(frozen=True)
class Altered:
    """A shield with a planted error."""

    real: Any
    factor: float = 1.0
    silent: bool = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def critical_diameter(self, speed: Any, obliquity: Any, density: Any) -> Any:
        return self.factor * self.real.critical_diameter(speed, obliquity, density)

    @property
    def angle_breaks(self) -> tuple[float, ...]:
        return () if self.silent else self.real.angle_breaks

    def speed_breaks(self, obliquity: Any, density: Any) -> Any:
        found = self.real.speed_breaks(obliquity, density)
        return found[..., :0] if self.silent else found


@dataclass(frozen=True)
class Bare:
    """A limit in the place of a shield."""

    name: str
    limit: Any
    vulnerable_fraction: float = 1.0
    is_none: bool = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.limit, name)


class Jumpy(SpeedShield):
    """A made-up shield with a name."""

    name = "jumpy"


def error_of(found: np.ndarray, truth: np.ndarray) -> float:
    return abs(float(found.sum() / truth.sum()) - 1.0)


class TestPenetratingFlux:
    """`penetrating` against the brute force, point by point and in sum."""

    def compare(self, name, guard, altered=None):
        table = threats(name)
        curve = SizeCurve.of(table, 0)
        speed, angle = (
            np.concatenate(pair)
            for pair in zip(
                impacts(table, POINTS, 7),
                awkward(guard, curve.main_density, 8),
                strict=True,
            )
        )
        truth, outside = BruteForce.of(table).penetrating(guard, speed, angle)
        found, share = penetrating(altered or guard, curve, speed, angle)
        return found, truth, share, outside

    @pytest.mark.filterwarnings("ignore:The balance properties of Sobol")
    @pytest.mark.parametrize("kind", list(SHIELDS))
    @pytest.mark.parametrize("name", list(CURVES))
    def test_flux_is_that_of_the_fine_cells(self, name, kind):
        guard = shield(SHIELDS[kind])
        found, truth, share, outside = self.compare(name, guard)
        error = np.abs(found / truth - 1.0)
        if "law" not in name:
            assert error.max() < 1e-9
            assert np.abs(share - outside).max() < 1e-9
            return
        # A density that falls with the size is followed in a dozen straight pieces; at
        # the very border of a regime one of them may hold the jump.
        assert error_of(found[:POINTS], truth[:POINTS]) < 0.2 * TOLERANCE
        assert error[:POINTS].max() < 5e-3
        assert np.quantile(error[POINTS:], 0.8) < 5e-3
        difference = (found * share - truth * outside)[:POINTS].sum()
        # A piece whose ends differ in validity counts as outside.
        assert abs(difference) < 0.05 * truth[:POINTS].sum()

    @pytest.mark.filterwarnings("ignore:The balance properties of Sobol")
    @pytest.mark.parametrize("name", list(CURVES))
    def test_two_percent_of_the_critical_diameter_are_seen(self, name):
        guard = shield("soyuz_bo")
        found, truth, _, _ = self.compare(name, guard, Altered(guard, 1.02))
        assert error_of(found, truth) > 10.0 * TOLERANCE

    def test_a_density_law_that_is_not_followed_is_seen(self):
        # All particles as dense as a millimetre one: more than the bar.
        guard = shield("usl_cyl")
        table = threats("nasa91 law")
        curve = SizeCurve.of(table, 0)
        flat = table.copy()
        flat["density"] = xr.full_like(table["density"], curve.main_density)
        speed, angle = impacts(table, 256, 7)
        truth, _ = BruteForce.of(table).penetrating(guard, speed, angle)
        found, _ = penetrating(guard, SizeCurve.of(flat, 0), speed, angle)
        assert error_of(found, truth) > TOLERANCE

    def test_nothing_wider_than_the_face_matters_for_none(self):
        tables = build_tables(
            [NO_SHIELD], [[SizeCurve.of(threats("master8"), 0)]], np.array([1e-3])
        )
        assert (tables.index == -1).all()


class TestUnionOfIntervals:
    """A step of the density: small dense and large light particles, nothing between."""

    GAP = (2e-3, 2.6e-3)

    def curve(self) -> SizeCurve:
        x = np.array([1e-6, *self.GAP, 1.0])
        table = xr.Dataset(
            {
                "diameter": ("diameter", x),
                "flux": (
                    ("size_curve", "diameter"),
                    np.array([[1e0, 1e-6, 1e-6, 1e-13]]),
                ),
                "density": (
                    ("size_curve", "diameter"),
                    np.array([[4e3, 4e3, 1e3, 1e3]]),
                ),
            }
        )
        return SizeCurve.of(table, 0)

    def flux_above(self, d: float) -> float:
        ends = (
            ((1e-6, 1e0), (2e-3, 1e-6)) if d <= 2e-3 else ((2.6e-3, 1e-6), (1.0, 1e-13))
        )
        (a, fa), (b, fb) = ends
        return float(fa * (d / a) ** (np.log(fb / fa) / np.log(b / a)))

    @pytest.mark.parametrize(
        ("heavy", "light"),
        [
            (1.9e-3, 3.8e-3),  # two intervals
            (1.1e-3, 2.2e-3),  # the light limit falls into the gap
            (2.2e-3, 4.4e-3),  # no dense particle is large enough
            (1.0e-3, 2.0e-3),  # every light particle is
        ],
    )
    def test_both_sides_of_the_step_count(self, heavy, light):
        # d_c = k rho^-1/2: twice as large for the light ones.
        guard = SpeedShield(scale=light, b=0.0, c=0.0, jump=1.0, cap=2.0)
        speed, angle = np.array([6e3]), np.array([0.3])
        assert guard.critical_diameter(6e3, 0.3, 4000.0) == pytest.approx(
            heavy, rel=1e-12
        )
        flux, _ = penetrating(guard, self.curve(), speed, angle)
        dense = max(self.flux_above(heavy) - 1e-6, 0.0) if heavy < 2e-3 else 0.0
        truth = dense + self.flux_above(max(light, 2.6e-3))
        assert flux[0] == pytest.approx(truth, rel=1e-9)

    def test_intervals_are_what_penetrates(self):
        guard = SpeedShield(scale=3.8e-3, b=0.0, c=0.0, jump=1.0, cap=2.0)
        curve = self.curve()
        one = np.array([6e3]), np.array([0.0])
        start, stop, _ = damaging_intervals(guard, curve, *one)
        for d in np.exp(np.linspace(np.log(1e-5), np.log(0.5), 400)):
            if self.GAP[0] <= d <= self.GAP[1]:
                continue
            density = 4000.0 if d < 2e-3 else 1000.0
            inside = ((start < np.log(d)) & (np.log(d) < stop)).any()
            assert inside == (d > guard.critical_diameter(6e3, 0.0, density))

    def test_near_misses_go_down_to_the_asked_share(self):
        guard = SpeedShield(scale=5e-3, b=0.0, c=0.0, jump=1.0, cap=2.0)
        one = np.array([6e3]), np.array([0.0])
        start, _, _ = damaging_intervals(guard, self.curve(), *one)
        near, _, _ = damaging_intervals(guard, self.curve(), *one, ratio=0.8)
        light = np.isclose(np.exp(start[:, 0]), 5e-3)
        assert light.sum() == 1
        assert np.exp(near[light, 0]) == pytest.approx(4e-3, rel=1e-12)
        assert (near <= start).all()

    def test_gap_holds_no_flux_and_no_length(self):
        curve = self.curve()
        low, high = np.log(self.GAP)
        assert curve.flux_between(np.array(low), np.array(high)) == 0.0
        assert (
            float(curve.reduced(np.array(high)) - curve.reduced(np.array(low))) < 1e-6
        )
        x = np.log([1e-8, 1e-5, 1.99e-3, 2.7e-3, 0.4, 30.0])
        assert np.allclose(curve.unreduced(curve.reduced(x)), x, atol=1e-9)


class TestSizeCurve:
    @pytest.mark.parametrize("name", list(CURVES))
    def test_pieces_cover_every_size_once(self, name):
        curve = SizeCurve.of(threats(name), 0)
        assert curve.pieces[0, 0] == -np.inf
        assert curve.pieces[-1, 1] == np.inf
        assert (curve.pieces[1:, 0] == curve.pieces[:-1, 1]).all()

    @pytest.mark.parametrize("name", list(CURVES))
    def test_density_of_the_pieces_is_that_of_the_table(self, name):
        table = threats(name)
        curve, own = SizeCurve.of(table, 0), BruteForce.of(table)
        flux = np.exp(own.flux)
        there = np.diff(flux) < -1e-12 * flux[:-1]  # inside a gap nothing has a density
        middle = 0.5 * (own.size[1:] + own.size[:-1])[there]
        truth = 0.5 * (own.density[1:] + own.density[:-1])[there]
        piece = np.searchsorted(curve.pieces[:, 1], middle)
        found = curve.log_density_at(piece, middle)
        assert np.abs(found - truth).max() < 1e-9

    @pytest.mark.parametrize("name", list(CURVES))
    def test_flux_and_its_inverse(self, name):
        table = threats(name)
        curve = SizeCurve.of(table, 0)
        x = np.log(np.geomspace(1e-7, 8.0, 2001))
        own = BruteForce.of(table)
        truth = np.interp(x, own.size, own.flux)
        found = curve.log_flux_above(x)
        assert np.abs(found - truth).max() < 1e-6
        back = curve.log_diameter_of(found)
        assert np.abs(curve.log_flux_above(back) - found).max() < 1e-9

    def test_parts_of_the_flux_add_up(self):
        curve = SizeCurve.of(threats("ssp stepped"), 0)
        ends = np.log(np.geomspace(1e-6, 1.0, 40))
        parts = curve.flux_between(ends[:-1], ends[1:])
        whole = curve.flux_between(ends[:1], np.array([np.inf]))
        rest = curve.flux_between(ends[-1:], np.array([np.inf]))
        assert parts.sum() + rest[0] == pytest.approx(whole[0], rel=1e-12)
        assert (curve.flux_between(ends[1:], ends[:-1]) == 0.0).all()


class TestTables:
    """The error of N that a table causes, for each shield of the station and curve."""

    def errors(self, name, built, real):
        """Signed and absolute error of N, per shield."""
        table = threats(name)
        curve = SizeCurve.of(table, 0)
        tables = build_tables(list(built), [[curve]], np.array([1e-3]))
        speed, angle = impacts(table, TABLE_POINTS, 11)
        cosine = np.cos(angle)
        net, gross = {}, {}
        for k, guard in enumerate(real):
            truth = (
                guard.vulnerable_fraction * penetrating(guard, curve, speed, angle)[0]
            )
            found = np.zeros(len(speed))
            fill_flux(tables, k, 0, 0, speed, cosine, found)
            net[guard.name] = float((found - truth).sum() / truth.sum())
            gross[guard.name] = float(np.abs(found - truth).sum() / truth.sum())
        return net, gross

    @pytest.mark.parametrize("name", SLOW_LAWS)
    def test_every_shield_of_the_station(self, name):
        shields = station_shields()
        assert len(shields) >= 30
        net, gross = self.errors(name, shields, shields)
        for guard in shields:
            print(
                f"{name:16} {guard.name:20} {net[guard.name]:+.1e} {gross[guard.name]:.1e}"
            )
        assert max(map(abs, net.values())) < TOLERANCE
        # Not even if no error made up for another.
        assert max(gross.values()) < TOLERANCE

    @pytest.mark.parametrize("name", ["master8", "ssp stepped"])
    def test_every_equation_of_the_library(self, name):
        limits = [Bare(key, make(2e-3)) for key, make in MAKERS.items()]
        assert len(limits) >= 50
        net, gross = self.errors(name, limits, limits)
        worst = max(gross, key=lambda key: gross[key])
        print(f"{name:16} {worst:20} {net[worst]:+.1e} {gross[worst]:.1e}")
        assert max(map(abs, net.values())) < TOLERANCE
        assert max(gross.values()) < TOLERANCE

    def test_two_percent_of_the_critical_diameter_are_seen(self):
        shields = station_shields()[::4]
        net, _ = self.errors("master8", [Altered(s, 1.02) for s in shields], shields)
        assert min(map(abs, net.values())) > 10.0 * TOLERANCE

    def test_breaks_that_are_not_respected_are_seen(self):
        # A made-up shield that jumps by half at a border and by two at a cap.
        jumpy = Jumpy()
        _, good = self.errors("master8", [jumpy], [jumpy])
        _, bad = self.errors("master8", [Altered(jumpy, silent=True)], [jumpy])
        assert good["jumpy"] < 0.1 * TOLERANCE
        assert bad["jumpy"] > TOLERANCE
        # Those of the station: an order of magnitude for most, above the bar for some.
        shields = station_shields()
        _, good = self.errors("master8", shields, shields)
        silent = [Altered(s, silent=True) for s in shields]
        _, bad = self.errors("master8", silent, shields)
        worse = [bad[s.name] > 10.0 * good[s.name] for s in shields]
        assert np.mean(worse) > 0.6
        assert max(bad.values()) > TOLERANCE

    def test_the_engines_own_error_is_of_this_size(self):
        # `table_error` is what a run reports: the worst net error over its own points.
        table = threats("master8")
        curve = SizeCurve.of(table, 0)
        shields = [shield(n) for n in ("soyuz_bo", "usl_cyl_sw", "radiator_pvr")]
        speed, _ = impacts(table, 4096, 3)
        good = build_tables(shields, [[curve]], np.array([1e-3]))
        weights = [np.ones(len(speed))]
        assert table_error(good, shields, [[curve]], [speed], weights) < 0.3 * TOLERANCE
        wrong = build_tables(
            [Altered(s, 1.02) for s in shields], [[curve]], np.array([1e-3])
        )
        reported = table_error(wrong, shields, [[curve]], [speed], weights)
        net, _ = self.errors("master8", [Altered(s, 1.02) for s in shields], shields)
        assert reported == pytest.approx(max(map(abs, net.values())), rel=0.05)

    def test_rows_and_nodes_stand_on_both_sides_of_every_break(self):
        guard = shield("usl_cyl")
        curve = SizeCurve.of(threats("master8"), 0)
        tables = build_tables([guard], [[curve]], np.array([1e-3]))
        angle = np.arccos(np.clip(tables.cosine[0], -1.0, 1.0))
        for limit in guard.angle_breaks:
            near = angle[np.abs(angle - limit) < 1e-6]
            assert (near < limit).any()
            assert (near > limit).any()
        assert (np.diff(tables.cosine[0]) > 0.0).all()
        borders = guard.speed_breaks(angle, np.full_like(angle, curve.main_density))
        inside = np.clip(borders, 100.0, 1e5)
        assert np.allclose(
            np.exp(tables.border[0, :, 1 : 1 + borders.shape[1]]), inside
        )
