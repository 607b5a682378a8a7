"""Importance estimator and visibility of one block: closed forms, sums, equal bits."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from kernel_helpers import (
    PLAIN,
    Bin,
    Part,
    box,
    directions,
    faces_of,
    flat_tables,
    normals_of,
    scene_of,
    size,
    sphere_bins,
    square,
    threats_of,
)
from statistics_helpers import assert_mean, assert_means

from mmod.kernel.estimate import importance_block
from mmod.kernel.rng import STREAM_EVENTS, STREAM_MAIN, make_key
from mmod.kernel.tally import (
    AZIMUTH_BINS,
    COSINE_BINS,
    DIAMETER_BINS,
    ELEVATION_BINS,
    EVENT_FIELDS,
    N_BINS,
    SPEED_BINS,
    SPEED_MAX,
)
from mmod.kernel.visibility import visibility_block

FLUX = 3e-7
IMPACT = (2e-4, 5e-6)
TABLES = flat_tables([FLUX], [IMPACT])
OFFSET = 1e-7
COLUMN = {name: i for i, name in enumerate(EVENT_FIELDS)}
AT_REST = np.eye(3)
CUBE = box((-0.5, -0.5, -0.5), (0.5, 0.5, 0.5))


def run(
    scene,
    faces,
    threats,
    *,
    tables=TABLES,
    members=None,
    samples=8,
    replicates=16,
    events=0,
    in_total=None,
    to_lvlh=AT_REST,
    seed=1,
):
    models = threats.weight.shape[0]
    members = np.arange(len(faces.areas)) if members is None else np.asarray(members)
    counts = np.broadcast_to(np.asarray(samples, np.int64), members.shape).copy()
    total = (
        np.ones(models, np.int64)
        if in_total is None
        else np.asarray(in_total, np.int64)
    )
    return importance_block(
        scene,
        faces,
        threats,
        tables,
        total,
        np.ascontiguousarray(to_lvlh),
        members.astype(np.int64),
        counts,
        replicates,
        events,
        OFFSET,
        make_key(seed, STREAM_MAIN, 0, 1),
        make_key(seed, STREAM_EVENTS, 0, 1),
    )


def mean_and_error(tally, replicates):
    mean = tally.first / replicates
    variance = np.maximum(tally.second / replicates - mean**2, 0.0) / (replicates - 1)
    return mean, np.sqrt(variance)


def two_models():
    """Isotropic flux shared in different proportions over two models."""
    rng = np.random.default_rng(3)
    bins = [
        Bin(b.azimuth, b.sine, (4e3 + 5e3 * i / 32, 6e3 + 5e3 * i / 32), tuple(w))
        for i, (b, w) in enumerate(
            zip(sphere_bins(4, 8), rng.dirichlet(np.ones(32), 2).T, strict=True)
        )
    ]
    return threats_of(bins), flat_tables([FLUX, 4e-8], [IMPACT, (1e-5, 3e-7)])


def grouped(faces):
    """Faces of boxes; each two neighbouring sides share a proposal between them."""
    n = len(faces.areas)
    one = np.array([0, 0, 1, 1, 0, 0, 2, 2, 1, 1, 2, 2])  # -z -y, +z +x, +y -x
    group = (3 * np.arange(n // 12)[:, None] + one).ravel()
    axis = np.zeros((group.max() + 1, 3))
    np.add.at(axis, group, faces.normals)
    axis /= np.linalg.norm(axis, axis=1, keepdims=True)
    slack = np.zeros(len(axis))
    apart = np.linalg.norm(np.cross(faces.normals, axis[group]), axis=1)
    np.maximum.at(slack, group, apart * (1.0 + 1e-9))
    return faces._replace(orientation=group, axis=axis, slack=slack)


class TestClosedForms:
    def cube(self, seed):
        scene, corners = scene_of([Part(CUBE)])
        replicates = 64 if not PLAIN else 16
        tally = run(
            scene,
            faces_of(corners),
            threats_of(sphere_bins(12, 24)),
            samples=size(600, 12),
            replicates=replicates,
            seed=seed,
        )
        mean, error = mean_and_error(tally, replicates)
        truth = (
            np.array([*IMPACT, FLUX]) * (normals_of(corners)[1] / 4.0)[:, None, None]
        )
        return mean, error, np.broadcast_to(truth, mean.shape), replicates - 1

    def test_cube_under_isotropic_flux_takes_a_quarter_of_its_area(self, seed):
        mean, error, truth, dof = self.cube(seed)
        assert_means(mean, error, truth, detects=0.5 if PLAIN else 0.01, dof=dof)

    @pytest.mark.skipif(PLAIN, reason="needs many samples")
    def test_one_percent_is_seen(self, seed):
        mean, error, truth, dof = self.cube(seed)
        with pytest.raises(AssertionError, match="off"):
            assert_means(mean, error, 1.01 * truth, detects=0.01, dof=dof)

    @pytest.mark.parametrize("angle", [0.0, 0.4, 1.2, 1.5])
    def test_beam_on_a_plate_follows_the_cosine(self, angle):
        # A beam of no width leaves nothing to chance but rounding.
        corners = square((0, 0, 0), (1, 0, 0), (0, 0.5, 0))
        scene, _ = scene_of([Part(corners)])
        sine = float(np.cos(angle))
        beam = threats_of([Bin((0.7, 0.7), (sine, sine), (9e3, 9e3))])
        tally = run(scene, faces_of(corners), beam)
        for d, flux in enumerate((*IMPACT, FLUX)):
            assert np.allclose(
                tally.first[:, 0, d] / 16, flux * 1.0 * np.cos(angle), rtol=1e-12
            )
        behind = (
            threats_of([Bin((0.7, 0.7), (-sine - 1e-3, -sine - 1e-3), (9e3, 9e3))])
            if sine < 0.9
            else None
        )
        if behind is not None:
            tally = run(scene, faces_of(corners), behind)
            assert not tally.first.any()
            assert not tally.drawn.any()

    def test_two_sided_plate_counts_both_sides(self):
        corners = square((0, 0, 0), (1, 0, 0), (0, 0.5, 0))
        scene, _ = scene_of([Part(corners, panel=True)])
        up, down = 0.8, -0.3
        beams = threats_of(
            [
                Bin((0, 0), (up, up), (9e3, 9e3), (0.6,)),
                Bin((1, 1), (down, down), (9e3, 9e3), (0.4,)),
            ]
        )
        replicates = size(256, 64)
        tally = run(
            scene,
            faces_of(corners, two_sided=True),
            beams,
            samples=16,
            replicates=replicates,
        )
        mean, _ = mean_and_error(tally, replicates)
        truth = FLUX * (0.6 * up + 0.4 * -down)
        assert np.allclose(mean[:, 0, -1], truth, rtol=1e-2)
        one_sided = run(
            scene, faces_of(corners), beams, samples=16, replicates=replicates
        )
        assert np.allclose(
            one_sided.first[:, 0, -1] / replicates, FLUX * 0.6 * up, rtol=1e-12
        )
        # A lid on the upper side: what comes from below is left.
        lidded, _ = scene_of(
            [Part(corners, panel=True), Part(box((-5, -5, 1e-3), (5, 5, 1)))]
        )
        below = run(
            lidded,
            faces_of(corners, two_sided=True),
            beams,
            samples=16,
            replicates=replicates,
        )
        mean, _ = mean_and_error(below, replicates)
        assert np.allclose(mean[:, 0, -1], FLUX * 0.4 * -down, rtol=2e-2)
        assert np.allclose(below.free, tally.free, rtol=1e-12)

    def test_turned_vehicle_sees_the_turned_flux(self):
        corners = square((0, 0, 0), (1, 0, 0), (0, 0.5, 0))
        scene, _ = scene_of([Part(corners)])
        beam = threats_of([Bin((0.5, 0.5), (0.2, 0.2), (9e3, 9e3))])
        # Body z shows along LVLH x: columns are the body axes in LVLH.
        to_lvlh = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
        tally = run(scene, faces_of(corners), beam, to_lvlh=to_lvlh)
        truth = FLUX * np.sqrt(1.0 - 0.04) * np.cos(0.5)
        assert np.allclose(tally.first[:, 0, -1] / 16, truth, rtol=1e-12)

    def test_cosine_to_the_edge_of_grazing(self, seed):
        # One wide bin, mostly below the horizon of the face: the mean of max(cos, 0).
        corners = square((0, 0, 0), (1, 0, 0), (0, 0.5, 0))
        scene, _ = scene_of([Part(corners)])
        replicates = 64
        tally = run(
            scene,
            faces_of(corners),
            threats_of([Bin((-1.0, 1.0), (-0.9, 0.1), (9e3, 9e3))]),
            samples=size(60_000, 20),
            replicates=replicates,
            seed=seed,
        )
        mean, error = mean_and_error(tally, replicates)
        truth = FLUX * 0.1**2 / 2.0  # integral of s over 0..0.1, over a width of 1
        assert_means(
            mean[:, 0, -1],
            error[:, 0, -1],
            truth,
            detects=1.2 if PLAIN else 0.02,
            dof=63,
        )


class TestShadows:
    def test_a_closed_lid_is_dark_and_free_is_what_it_was(self):
        corners = square((0, 0, 0), (1, 0, 0), (0, 0.5, 0))
        lid = box((-2, -2, -2), (2, 2, 2))
        bare, _ = scene_of([Part(corners)])
        shut, _ = scene_of([Part(corners), Part(lid)])
        threats = threats_of(sphere_bins(4, 8))
        faces = faces_of(corners)
        free, dark = run(bare, faces, threats), run(shut, faces, threats)
        assert not dark.first.any()
        assert not dark.second.any()
        assert not dark.outside.any()
        assert not dark.seen.any()
        assert not dark.histogram.any()
        assert dark.drawn.tolist() == [8 * 16] * 2
        assert dark.free.tobytes() == free.free.tobytes()
        assert np.allclose(free.free, free.first / 16, rtol=1e-12)

    def test_a_translucent_hull_takes_its_share(self):
        corners = square((0, 0, 0), (1, 0, 0), (0, 0.5, 0))
        scene, _ = scene_of([Part(corners), Part(box((-2, -2, -2), (2, 2, 2)), 0.3)])
        tally = run(scene, faces_of(corners), threats_of(sphere_bins(4, 8)), events=4)
        assert np.allclose(tally.first / 16, 0.7 * tally.free, rtol=1e-12)
        assert (tally.seen > 0).all()

    def test_a_face_of_solidity_below_one_has_less_area(self):
        corners = square((0, 0, 0), (1, 0, 0), (0, 0.5, 0))
        scene, _ = scene_of([Part(corners, 0.25, panel=True)])
        threats = threats_of(sphere_bins(4, 8))
        full = run(scene, faces_of(corners), threats)
        part = run(scene, faces_of(corners, solidity=0.25), threats)
        assert np.allclose(part.first, 0.25 * full.first, rtol=1e-12)

    def test_seen_counts_rays_that_were_not_blocked(self):
        # A wall over the half space x > 0, seen from a strip: beams from either side.
        corners = square((0, 0, 0), (0.01, 0, 0), (0, 0.01, 0))
        scene, _ = scene_of([Part(corners), Part(box((1, -50, -1), (2, 50, 50)))])
        s = float(np.sin(0.5))
        beams = threats_of(
            [
                Bin((0, 0), (s, s), (9e3, 9e3), (0.5,)),
                Bin((np.pi, np.pi), (s, s), (9e3, 9e3), (0.5,)),
            ]
        )
        tally = run(scene, faces_of(corners), beams, samples=10)
        assert tally.drawn.tolist() == [160, 160]
        assert tally.seen.tolist() == [80, 80]  # systematic draws: exactly half
        assert np.allclose(tally.first / 16, 0.5 * tally.free, rtol=1e-12)


class TestSums:
    def test_replicates_are_summed_one_by_one(self):
        scene, corners = scene_of([Part(CUBE), Part(box((1, -1, -1), (2, 1, 1)))])
        faces, (threats, tables) = faces_of(corners), two_models()
        runs = [
            run(scene, faces, threats, tables=tables, replicates=n, samples=3)
            for n in range(1, 6)
        ]
        firsts = [np.zeros_like(runs[0].first), *(r.first for r in runs)]
        each = [b - a for a, b in pairwise(firsts)]
        scale = np.abs(firsts[-1]).max()
        assert np.allclose(
            runs[-1].second, sum(x * x for x in each), atol=1e-11 * scale**2
        )
        assert (np.ptp([x[0] for x in each], axis=0) > 0.0).any()  # they differ
        # A lone replicate is the first of many.
        assert np.allclose(runs[0].second, runs[0].first ** 2, rtol=1e-12)

    def test_free_and_outside_are_means(self):
        scene, corners = scene_of([Part(CUBE), Part(box((1, -1, -1), (2, 1, 1)))])
        threats, tables = two_models()
        tally = run(scene, faces_of(corners), threats, tables=tables)
        # flat_tables: a quarter of the penetrations is outside the tests of the shield.
        assert np.allclose(tally.outside, 0.25 * tally.first[:, :, -1] / 16, rtol=1e-12)
        assert (tally.free - tally.first / 16 >= -1e-12 * tally.free).all()

    @pytest.mark.parametrize("in_total", [(1, 0), (0, 1), (1, 1), (0, 0)])
    def test_the_total_is_the_sum_of_its_models(self, in_total):
        scene, corners = scene_of([Part(CUBE)])
        threats, tables = two_models()
        tally = run(scene, faces_of(corners), threats, tables=tables, in_total=in_total)
        counted = np.flatnonzero(in_total)
        for field in (tally.first, tally.free, tally.bound, tally.outside):
            assert np.allclose(field[:, -1], field[:, counted].sum(axis=1), rtol=1e-12)

    def test_bound_is_the_coarse_number_and_needs_no_luck(self):
        # Isotropic flux over few cells: near area / 4, whatever stands around.
        lid = Part(box((-2, -2, -2), (2, 2, 2)))
        threats = threats_of(sphere_bins(8, 16))
        for parts in ([Part(CUBE)], [Part(CUBE), lid]):
            scene, corners = scene_of(parts)
            for samples in (0, 1):
                tally = run(
                    scene,
                    faces_of(corners),
                    threats,
                    members=np.arange(12),
                    samples=samples,
                )
                truth = np.array([*IMPACT, FLUX]) * normals_of(CUBE)[1][:, None] / 4.0
                assert np.allclose(tally.bound[:, 0], truth, rtol=0.1)
                assert (tally.bound[:, 0] > 0.0).all()

    def test_histograms_hold_the_penetrations(self):
        scene, corners = scene_of([Part(CUBE)])
        threats, tables = two_models()
        tally = run(scene, faces_of(corners), threats, tables=tables)
        ends = np.cumsum(
            [AZIMUTH_BINS, ELEVATION_BINS, SPEED_BINS, COSINE_BINS, DIAMETER_BINS]
        )
        assert ends[-1] == N_BINS
        for part in np.split(tally.histogram, ends[:-1], axis=1):
            assert np.allclose(
                part.sum(axis=1), tally.first[:, :2, -1].sum(axis=0) / 16
            )

    def test_a_beam_falls_into_one_bin_of_each(self):
        corners = square((0, 0, 0), (1, 0, 0), (0, 0.5, 0))
        scene, _ = scene_of([Part(corners)])
        speed, sine, azimuth = 17_500.0, 0.61, -1.05
        beam = threats_of([Bin((azimuth, azimuth), (sine, sine), (speed, speed))])
        parts = np.split(
            run(scene, faces_of(corners), beam).histogram[0],
            np.cumsum([AZIMUTH_BINS, ELEVATION_BINS, SPEED_BINS, COSINE_BINS]),
        )
        wanted = (
            ((azimuth + np.pi) / (2 * np.pi), AZIMUTH_BINS),
            ((sine + 1.0) / 2.0, ELEVATION_BINS),
            (speed / SPEED_MAX, SPEED_BINS),
            (sine, COSINE_BINS),
        )
        for part, (u, n) in zip(parts, wanted, strict=False):
            assert np.flatnonzero(part).tolist() == [int(u * n)]
        # Everything above 1 mm penetrates, F ~ d^-3: none smaller, an eighth above 2 mm.
        edges = np.linspace(np.log(1e-5), 0.0, DIAMETER_BINS + 1)
        assert not parts[4][edges[1:] < np.log(1e-3)].any()

    def test_no_samples_no_numbers(self):
        scene, corners = scene_of([Part(CUBE)])
        counts = np.where(np.arange(12) % 2 == 0, 5, 0)
        tally = run(
            scene, faces_of(corners), threats_of(sphere_bins(4, 8)), samples=counts
        )
        assert tally.drawn.tolist() == (16 * counts).tolist()
        assert not tally.first[1::2].any()
        assert np.isfinite(tally.first).all()
        assert (tally.first[::2, 0, -1] > 0.0).all()

    def test_shield_none_counts_impacts_alone(self):
        scene, corners = scene_of([Part(CUBE)])
        threats = threats_of(sphere_bins(4, 8))
        tally = run(scene, faces_of(corners, shield=1), threats, events=8)
        assert not tally.first[:, :, -1].any()
        assert not tally.outside.any()
        assert not tally.histogram.any()
        assert not tally.events.any()
        assert (tally.first[:, 0, 0] > 0.0).all()
        assert np.allclose(
            tally.first[:, 0, 1] / tally.first[:, 0, 0], IMPACT[1] / IMPACT[0]
        )

    def test_vulnerable_fraction_scales_penetrations_alone(self):
        scene, corners = scene_of([Part(CUBE)])
        threats = threats_of(sphere_bins(4, 8))
        small = flat_tables([FLUX], [IMPACT], share=0.03)
        a, b = (
            run(scene, faces_of(corners), threats, tables=t) for t in (TABLES, small)
        )
        assert np.allclose(b.first[:, 0, -1], 0.03 * a.first[:, 0, -1], rtol=1e-12)
        assert np.allclose(b.first[:, 0, :-1], a.first[:, 0, :-1], rtol=1e-12)


class TestEvents:
    def kept(self, events: int, *, samples=4, seed=1):
        scene, corners = scene_of([Part(CUBE), Part(box((1, -1, -1), (2, 1, 1)))])
        threats, tables = two_models()
        faces = faces_of(corners)
        tally = run(
            scene,
            faces,
            threats,
            tables=tables,
            samples=samples,
            events=events,
            seed=seed,
        )
        return tally, faces, threats

    def test_with_room_for_all_their_weights_are_the_estimate(self):
        tally, _, _ = self.kept(size(3000, 3000))
        for e in range(2):
            used = tally.events[e][tally.events[e][:, COLUMN["priority"]] > 0.0]
            assert len(used) == int(
                (tally.events[e][:, COLUMN["expected"]] > 0.0).sum()
            )
            total = tally.first[:, e, -1].sum() / 16
            assert used[:, COLUMN["expected"]].sum() == pytest.approx(total, rel=1e-12)
            by_face = np.bincount(
                used[:, COLUMN["face"]].astype(int),
                weights=used[:, COLUMN["expected"]],
                minlength=24,
            )
            assert np.allclose(by_face, tally.first[:, e, -1] / 16, rtol=1e-12)

    def test_few_events_are_those_of_highest_priority(self):
        everything, _, _ = self.kept(3000)
        few, _, _ = self.kept(10)
        order = COLUMN["priority"]
        for e in range(2):
            all_rows = everything.events[e]
            top = all_rows[np.argsort(-all_rows[:, order], kind="stable")][:11]
            rows = few.events[e][np.argsort(-few.events[e][:, order], kind="stable")]
            assert rows.tobytes() == top.tobytes()

    def test_the_estimate_does_not_know_of_the_events(self):
        none, _, _ = self.kept(0)
        many, _, _ = self.kept(50)
        for name in (
            "first",
            "second",
            "free",
            "outside",
            "seen",
            "drawn",
            "histogram",
        ):
            assert getattr(none, name).tobytes() == getattr(many, name).tobytes()

    def test_each_event_is_a_possible_impact(self):
        tally, faces, threats = self.kept(3000)
        for e in range(2):
            for row in tally.events[e][tally.events[e][:, COLUMN["priority"]] > 0.0][
                :300
            ]:
                r = dict(zip(EVENT_FIELDS, row, strict=True))
                face, t = int(r["face"]), int(r["threat"])
                azimuth = threats.edges[t, 0:2]
                assert azimuth[0] <= r["azimuth"] <= azimuth[1]
                assert threats.edges[t, 2] <= r["sin_elevation"] <= threats.edges[t, 3]
                assert threats.edges[t, 4] <= r["speed"] <= threats.edges[t, 5]
                assert threats.weight[e, t] > 0.0
                flat = np.sqrt(1.0 - r["sin_elevation"] ** 2)
                d = (
                    flat * np.cos(r["azimuth"]),
                    flat * np.sin(r["azimuth"]),
                    r["sin_elevation"],
                )
                assert r["cosine"] == pytest.approx(
                    float(faces.normals[face] @ d), abs=1e-12
                )
                a, b, c = faces.corners[face]
                point = (
                    np.array([r["x"], r["y"], r["z"]]) - OFFSET * faces.normals[face]
                )
                u, v = np.linalg.lstsq(
                    np.column_stack([b - a, c - a]), point - a, rcond=None
                )[0]
                assert min(u, v, 1.0 - u - v) > -1e-12
                assert np.allclose(a + u * (b - a) + v * (c - a), point, atol=1e-12)
                assert r["priority"] > r["expected"] > 0.0

    def test_priorities_are_the_weights_over_uniform_numbers(self):
        tally, _, _ = self.kept(size(8000, 3000), samples=size(16, 4))
        rows = tally.events[0][tally.events[0][:, COLUMN["priority"]] > 0.0]
        u = rows[:, COLUMN["expected"]] / rows[:, COLUMN["priority"]]
        n = len(u)
        assert n > size(5000, 300)
        error = 1.0 / np.sqrt(12.0 * n)
        assert_mean(float(u.mean()), error, 0.5, detects=0.2 if PLAIN else 0.06)
        assert_mean(
            float((u**2).mean()),
            np.sqrt(4.0 / 45.0 / n),
            1 / 3,
            detects=0.4 if PLAIN else 0.12,
        )


class TestBits:
    FIELDS = ("first", "second", "free", "bound", "outside", "seen", "drawn")

    def scene(self):
        scene, corners = scene_of(
            [
                Part(CUBE),
                Part(box((1, -1, -1), (2, 1, 1))),
                Part(box((-3, -1, -1), (-2, 1, 1)), 0.4),
            ]
        )
        return scene, faces_of(corners), *two_models()

    def rows(self, tally, i):
        return [getattr(tally, name)[i].tobytes() for name in self.FIELDS]

    def test_a_face_gives_the_same_bits_in_any_company(self):
        scene, faces, threats, tables = self.scene()
        n = len(faces.areas)
        samples = 1 + np.arange(n) % 5
        whole = run(scene, faces, threats, tables=tables, samples=samples)
        order = np.random.default_rng(4).permutation(n)
        mixed = run(
            scene, faces, threats, tables=tables, members=order, samples=samples[order]
        )
        for i, f in enumerate(order):
            assert self.rows(mixed, i) == self.rows(whole, f)
        for f in (0, 7, n - 1):
            alone = run(
                scene, faces, threats, tables=tables, members=[f], samples=samples[f]
            )
            assert self.rows(alone, 0) == self.rows(whole, f)

    def test_repeated_runs_are_equal_and_other_keys_are_not(self):
        scene, faces, threats, tables = self.scene()
        one = run(scene, faces, threats, tables=tables, events=6)
        two = run(scene, faces, threats, tables=tables, events=6)
        other = run(scene, faces, threats, tables=tables, events=6, seed=2)
        assert all(a.tobytes() == b.tobytes() for a, b in zip(one, two, strict=True))
        assert one.first.tobytes() != other.first.tobytes()
        assert one.events.tobytes() != other.events.tobytes()

    def test_a_shared_proposal_depends_on_the_group_not_on_the_order(self):
        scene, faces, threats, tables = self.scene()
        n = len(faces.areas)
        shared_faces = grouped(faces)
        whole = run(scene, shared_faces, threats, tables=tables)
        back = run(
            scene, shared_faces, threats, tables=tables, members=np.arange(n)[::-1]
        )
        for f in range(n):
            assert self.rows(back, n - 1 - f) == self.rows(whole, f)


@pytest.mark.skipif(PLAIN, reason="needs many samples")
def test_a_shared_proposal_is_without_bias(seed):
    # Cube faces that share a proposal 45 degrees off their normals.
    scene, corners = scene_of([Part(CUBE)])
    faces = grouped(faces_of(corners))
    assert (faces.slack[faces.orientation] > 0.7).all()
    tally = run(
        scene,
        faces,
        threats_of(sphere_bins(12, 24)),
        samples=2000,
        replicates=64,
        seed=seed,
    )
    mean, error = mean_and_error(tally, 64)
    assert_means(
        mean[:, 0, -1], error[:, 0, -1], FLUX * faces.areas / 4.0, detects=0.01, dof=63
    )


class TestVisibility:
    def of(self, parts, corners, count, seed=1, two_sided=False):
        scene, _ = scene_of(parts)
        faces = faces_of(corners, two_sided=two_sided)
        return visibility_block(
            scene, faces, np.arange(len(corners)), count, OFFSET, make_key(seed, 2)
        )

    def test_a_free_convex_body_sees_everything(self):
        assert (self.of([Part(CUBE)], CUBE, 50) == 1.0).all()

    def test_inside_another_body_nothing(self):
        parts = [Part(CUBE), Part(box((-2, -2, -2), (2, 2, 2)))]
        assert (self.of(parts, CUBE, 50) == 0.0).all()
        hull = [Part(CUBE), Part(box((-2, -2, -2), (2, 2, 2)), 0.4)]
        assert np.allclose(self.of(hull, CUBE, 50), 0.6)

    def test_parallel_squares_see_one_minus_the_view_factor(self, seed):
        # Unit squares one metre apart: view factor 0.19982 (closed form of two
        # directly opposed rectangles).
        x = 1.0
        factor = (2.0 / np.pi) * (
            np.log((1 + x * x) / np.sqrt(1 + 2 * x * x))
            + 2.0 * np.sqrt(1 + x * x) * np.arctan(x / np.sqrt(1 + x * x))
            - 2.0 * np.arctan(x)
        )
        assert factor == pytest.approx(0.19982, abs=1e-5)
        low = square((0, 0, 0), (0.5, 0, 0), (0, 0.5, 0))
        high = square((0, 0, 1), (0.5, 0, 0), (0, -0.5, 0))
        count = size(200_000, 300)
        found = self.of(
            [Part(low), Part(high)], np.concatenate([low, high]), count, seed
        )
        # The triangles of a square see the same by symmetry; stratified rays do better
        # than the binomial error that is used here.
        error = np.sqrt(factor * (1 - factor) / count) * np.ones(4)
        assert_means(found, error, 1.0 - factor, detects=0.4 if PLAIN else 0.01)

    def test_a_panel_sees_the_mean_of_both_sides(self, seed):
        corners = square((0, 0, 0), (0.5, 0, 0), (0, 0.5, 0))
        lid = Part(box((-50, -50, 0.001), (50, 50, 1)))
        count = size(20_000, 300)
        two = self.of([Part(corners), lid], corners, count, seed, two_sided=True)
        assert two == pytest.approx([0.5, 0.5], abs=2e-3 if not PLAIN else 5e-3)
        one = self.of([Part(corners), lid], corners, count, seed)
        assert one == pytest.approx([0.0, 0.0], abs=1e-3)

    def test_faces_are_independent_of_their_block(self, seed):
        rng = np.random.default_rng(seed)
        parts = [Part(CUBE), *(Part(box(c, c + 0.5)) for c in 1.0 + directions(rng, 5))]
        scene, corners = scene_of(parts)
        faces, key = faces_of(corners), make_key(5, 2)
        members = np.arange(len(corners))
        whole = visibility_block(scene, faces, members, 24, OFFSET, key)
        back = visibility_block(scene, faces, members[::-1].copy(), 24, OFFSET, key)
        assert back[::-1].tobytes() == whole.tobytes()
        assert 0.0 < whole.mean() < 1.0
