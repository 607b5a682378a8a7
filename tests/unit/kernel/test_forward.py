"""Forward rays of one batch: closed forms, counts, translucent parts, leaks."""

from __future__ import annotations

import numpy as np
import pytest
from kernel_helpers import (
    PLAIN,
    Bin,
    Part,
    box,
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

from mmod.kernel.forward import forward_batch, search_cell
from mmod.kernel.rng import STREAM_FORWARD, make_key

FLUX = 3e-7
IMPACT = (2e-4, 5e-6)
TABLES = flat_tables([FLUX], [IMPACT])
CUBE = box((-0.5, -0.5, -0.5), (0.5, 0.5, 0.5))
BATCHES = 32
RAYS = size(40_000, 60)


def fly(
    scene,
    faces,
    threats,
    *,
    tables=TABLES,
    radius=1.0,
    centre=(0.0, 0.0, 0.0),
    n_zone=1,
    target=-1,
    seed=1,
    batches=BATCHES,
    rays=RAYS,
    to_lvlh=None,
):
    """Mean and standard error over batches (zones, models + 1, damages), hits, back."""
    draw = threats.weight.sum(axis=0)
    draw = draw / draw.sum()
    reach = np.cumsum(draw)
    reach[-1] = 1.0
    models = threats.weight.shape[0]
    found = [
        forward_batch(
            scene,
            faces,
            threats,
            tables,
            np.ones(models, dtype=np.int64),
            np.eye(3) if to_lvlh is None else np.ascontiguousarray(to_lvlh),
            draw,
            reach,
            np.asarray(centre, float),
            radius,
            20.0,
            b,
            rays,
            n_zone,
            target,
            make_key(seed, STREAM_FORWARD, 0),
        )
        for b in range(batches)
    ]
    zones = np.array([f.zones for f in found])
    return (
        zones.mean(axis=0),
        zones.std(axis=0, ddof=1) / np.sqrt(batches),
        sum(f.hits for f in found),
        sum(f.back for f in found),
    )


def test_cube_under_isotropic_flux_takes_a_quarter_of_its_area(seed):
    scene, corners = scene_of([Part(CUBE)])
    zone = np.arange(12) // 2
    mean, error, hits, back = fly(
        scene,
        faces_of(corners, zone=zone),
        threats_of(sphere_bins(6, 12)),
        n_zone=6,
        seed=seed,
    )
    areas = np.bincount(zone, weights=normals_of(corners)[1])
    truth = np.array([*IMPACT, FLUX]) * areas[:, None, None] / 4.0
    detects = 3.0 if PLAIN else 0.04
    assert_means(mean, error, truth, detects=detects, dof=BATCHES - 1)
    assert back == 0
    # A quarter of 6 m2 is hit out of a disk of pi m2.
    share = 1.5 / np.pi
    assert hits / (BATCHES * RAYS) == pytest.approx(
        share, abs=5 * np.sqrt(share / BATCHES / RAYS)
    )


@pytest.mark.skipif(PLAIN, reason="needs many rays")
def test_two_percent_is_seen(seed):
    scene, corners = scene_of([Part(CUBE)])
    mean, error, _, _ = fly(
        scene, faces_of(corners), threats_of(sphere_bins(6, 12)), seed=seed
    )
    with pytest.raises(AssertionError, match="off"):
        assert_mean(
            mean[0, 0, -1],
            error[0, 0, -1],
            1.02 * FLUX * 1.5,
            detects=0.02,
            dof=BATCHES - 1,
        )


def test_beam_on_one_side_of_a_cube_hits_that_side_alone():
    scene, corners = scene_of([Part(CUBE)])
    zone = np.arange(12) // 2  # -z, +z, -y, +y, +x, -x
    for k, (azimuth, sine) in enumerate(
        [(0, -1), (0, 1), (-np.pi / 2, 0), (np.pi / 2, 0), (0, 0), (np.pi, 0)]
    ):
        beam = threats_of([Bin((azimuth, azimuth), (sine, sine), (9e3, 9e3))])
        mean, error, _, back = fly(scene, faces_of(corners, zone=zone), beam, n_zone=6)
        assert np.flatnonzero(mean[:, 0, -1]).tolist() == [k]
        assert abs(mean[k, 0, -1] - FLUX) < 6.0 * error[k, 0, -1] + 1e-12 * FLUX
        assert back == 0


def test_turned_vehicle_sees_the_turned_flux():
    scene, corners = scene_of([Part(CUBE)])
    beam = threats_of([Bin((0, 0), (0, 0), (9e3, 9e3))])
    to_lvlh = np.array(
        [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    )  # body z is ram
    mean, _, _, _ = fly(
        scene,
        faces_of(corners, zone=np.arange(12) // 2),
        beam,
        n_zone=6,
        to_lvlh=to_lvlh,
    )
    assert np.flatnonzero(mean[:, 0, -1]).tolist() == [1]


def test_first_wall_shadows_the_second():
    front, behind = (square((0, 0, z), (5, 0, 0), (0, 5, 0)) for z in (1.0, 0.0))
    scene, corners = scene_of([Part(front, panel=True), Part(behind, panel=True)])
    beam = threats_of([Bin((0, 0), (1, 1), (9e3, 9e3))])
    faces = faces_of(corners, two_sided=True, zone=[0, 0, 1, 1])
    mean, _, hits, _ = fly(scene, faces, beam, n_zone=2)
    assert mean[0, 0, -1] == pytest.approx(FLUX * np.pi, rel=1e-9)  # the whole disk
    assert not mean[1].any()
    assert hits == BATCHES * RAYS


def test_translucent_walls_share_what_flies():
    # Panel of 0.3, closed box of 0.4 (once, on the way in), then a full wall.
    parts = [
        Part(square((0, 0, 6), (9, 0, 0), (0, 9, 0)), 0.3, panel=True),
        Part(box((-9, -9, 3), (9, 9, 5)), 0.4),
        Part(square((0, 0, 1), (9, 0, 0), (0, 9, 0))),
    ]
    scene, corners = scene_of(parts)
    zone = np.repeat([0, 1, 2], [2, 12, 2])
    solidity = np.repeat([0.3, 0.4, 1.0], [2, 12, 2])
    faces = faces_of(corners, zone=zone)._replace(
        solidity=solidity, two_sided=np.repeat([1, 0, 0], [2, 12, 2]).astype(np.uint8)
    )
    beam = threats_of([Bin((0.3, 0.3), (0.99, 0.99), (9e3, 9e3))])
    mean, _, _, back = fly(scene, faces, beam, n_zone=3, centre=(0.0, 0.0, 4.0))
    disk = np.pi * FLUX
    shares = np.array([0.3, 0.7 * 0.4, 0.7 * 0.6]) * disk
    assert np.allclose(mean[:, 0, -1], shares, rtol=1e-9)
    assert mean[:, 0, -1].sum() == pytest.approx(disk, rel=1e-9)  # nothing is lost
    assert back == 0


def test_only_the_target_counts_and_its_own_disk_will_do(seed):
    apart = box((3.0, 0.0, 0.0), (3.4, 0.4, 0.4))
    scene, corners = scene_of([Part(CUBE), Part(apart)])
    faces = faces_of(corners, zone=np.arange(24) // 12)
    threats = threats_of(sphere_bins(6, 12))
    mean, error, _, _ = fly(
        scene,
        faces,
        threats,
        n_zone=2,
        target=1,
        centre=(3.2, 0.2, 0.2),
        radius=0.35,
        seed=seed,
    )
    assert not mean[0].any()
    # Little is in the way: between the free value and a few per cent below it.
    free = FLUX * 6 * 0.16 / 4
    assert (
        0.9 * free - 5 * error[1, 0, -1] < mean[1, 0, -1] < free + 5 * error[1, 0, -1]
    )


def test_an_open_body_shows_its_back_faces(seed):
    scene, corners = scene_of([Part(CUBE[2:])])  # the side towards -z is missing
    beam = threats_of([Bin((0, 0), (-1, -1), (9e3, 9e3))])  # from below
    mean, _, hits, back = fly(scene, faces_of(corners), beam)
    assert hits == 0
    assert back > 0
    assert not mean.any()


def test_batches_are_repeatable_and_differ():
    scene, corners = scene_of([Part(CUBE)])
    faces, threats = faces_of(corners), threats_of(sphere_bins(6, 12))
    one, two = (fly(scene, faces, threats, batches=3, rays=200) for _ in range(2))
    assert one[0].tobytes() == two[0].tobytes()
    assert one[1].max() > 0.0
    other = fly(scene, faces, threats, batches=3, rays=200, seed=2)
    assert other[0].tobytes() != one[0].tobytes()


def test_search_cell_is_the_cell_of_each_threat():
    first = np.array([0, 1, 4, 9, 10])
    cells = np.repeat(np.arange(4), np.diff(first))
    assert [search_cell(first, t) for t in range(10)] == cells.tolist()
    assert search_cell(np.array([0, 3]), 2) == 0
