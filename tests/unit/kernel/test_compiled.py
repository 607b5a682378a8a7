"""Every kernel function runs compiled, or every one plain."""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
from pathlib import Path

import numpy as np
import pytest
from kernel_helpers import (
    PLAIN,
    Part,
    box,
    faces_of,
    flat_tables,
    scene_of,
    sphere_bins,
    threats_of,
)
from numba.core.dispatcher import Dispatcher

import mmod.kernel
from mmod.kernel import (
    _jit,
    bvh,
    draw,
    estimate,
    forward,
    ray,
    rng,
    sample,
    tables,
    tally,
    visibility,
)


def kernel_functions() -> dict[str, object]:
    """Every function that a kernel module defines, by its full name."""
    found: dict[str, object] = {}
    for info in pkgutil.iter_modules(mmod.kernel.__path__):
        module = importlib.import_module(f"mmod.kernel.{info.name}")
        for name, value in vars(module).items():
            own = getattr(value, "__module__", None) == module.__name__
            if own and (callable(value) and not isinstance(value, type)):
                found[f"{info.name}.{name}"] = value
    return found


def warm_up() -> None:
    """Call every public kernel function once."""
    scene, corners = scene_of(
        [Part(box((0, 0, 0), (1, 1, 1))), Part(box((2, 0, 0), (3, 1, 1)), 0.5)]
    )
    faces, threats = faces_of(corners), threats_of(sphere_bins(2, 4))
    table = flat_tables([1e-7], [[1e-5]])
    key, one = rng.make_key(1), np.ones(1, dtype=np.int64)
    scratch = ray.make_scratch()
    point, flight = np.array([[5.0, 0.4, 0.3]]), np.array([[-1.0, 0.0, 0.0]])
    rng.philox4x32(*[np.uint64(k) for k in range(6)])
    rng.uniforms(key, 0, 0, 0, 0)
    ray.transmission(scene, scratch, *point[0], *flight[0])
    ray.first_hit(scene, scratch, *point[0], *flight[0], 0.0, -1)
    ray.brute_force_hit(corners, *point[0], *flight[0], 0.0)
    ray.transmissions(scene, point, flight)
    ray.first_hits(scene, point, flight)
    sample.cosine_bound(0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0)
    cells = threats.cell_weight.shape[1]
    chance, reach = np.zeros(cells), np.zeros(cells)
    work, share = np.zeros((1, 2, cells)), np.zeros((1, 2))
    sample.fill_proposal(
        threats,
        table,
        one,
        0,
        0,
        0.0,
        0.0,
        1.0,
        0.0,
        work,
        share,
        chance,
        reach,
        np.zeros((1, 2)),
    )
    sample.logs(np.ones(2))
    sample.spread(threats.cell_direction, threats.patch)
    draw.search(reach, 0, cells, 0.5)
    draw.guide_entry(0, cells, 0.5)
    draw.walk(threats.drawn.row, 0, 1, 0.5)
    room = draw.make_draws(threats.drawn.row.shape[1])
    draw.draw_threats(threats, reach, key, 0, 1, 0, 1, room)
    tables.critical_size(table, 0, 7e3, 0.5)
    tables.log_flux_above(table, 0, 0, -7.0)
    tables.log_diameter_of(table, 0, 0, -16.0)
    tables.penetrating_flux(table, 0, 0, 0, 0, 7e3, 0.5)
    tables.penetrating_flux_at(table, 0, 0, 0, 0, 9.0, 0.5, -0.7)
    tables.fill_flux(table, 0, 0, 0, np.array([7e3]), np.array([0.5]), np.zeros(1))
    tally.lowest_priority(np.zeros((1, 2, tally.N_FIELDS)), 0)
    bins = np.zeros((1, tally.N_BINS))
    tally.fill_histogram(bins, 0, 0.1, 0.1, 7e3, 0.5, -7.0, 1.0)
    members = np.arange(2)
    estimate.importance_block(
        scene,
        faces,
        threats,
        table,
        one,
        np.eye(3),
        members,
        members + 1,
        2,
        3,
        1e-7,
        key,
        key,
    )
    visibility.visibility_block(scene, faces, members, 4, 1e-7, key)
    forward.forward_batch(
        scene,
        faces,
        threats,
        table,
        one,
        np.eye(3),
        reach,
        reach,
        np.zeros(3),
        3.0,
        9.0,
        0,
        5,
        1,
        -1,
        key,
    )
    forward.search_cell(threats.first, 1)
    bvh.build_bvh(np.eye(3), np.array([[0, 1, 2]], dtype=np.int32))


PLAIN_BY_DESIGN = {
    # Called once a run, or the plain twins of vector code.
    "layout.distinct_rows",
    "layout.lay_out",
    "layout.threat_guide",
    "bvh.build_bvh",
    "bvh._node_planes",
    "bvh._children",
    "bvh._blocks",
    "ray.make_scene",
    "rng.make_key",
    "rng._mix64",
    "wide.box_hits_plain",
    "wide.triangle_hits_plain",
    "wide.lowest_bit_plain",
}


@pytest.mark.skipif(PLAIN, reason="nothing is compiled with NUMBA_DISABLE_JIT=1")
def test_public_kernel_functions_have_compiled_versions_without_objects():
    warm_up()
    dispatchers = {
        name: f for name, f in kernel_functions().items() if isinstance(f, Dispatcher)
    }
    assert len(dispatchers) >= 25
    for name, function in dispatchers.items():
        # Private ones may come with their callers, out of the cache.
        if not name.split(".")[1].startswith("_"):
            assert function.nopython_signatures, f"{name} was never compiled"
        assert len(function.nopython_signatures) == len(function.signatures), name


@pytest.mark.skipif(PLAIN, reason="nothing is compiled with NUMBA_DISABLE_JIT=1")
def test_options_keep_bits_equal_and_the_lock_free():
    for name, function in kernel_functions().items():
        if isinstance(function, Dispatcher):
            options = function.targetoptions
            assert not options.get("fastmath"), f"{name}: fastmath changes bits"
            assert options["nogil"], f"{name} holds the interpreter's lock"
            assert options["error_model"] == "numpy", name
            assert not options.get("parallel"), name


def test_code_on_disk_is_keyed_by_every_kernel_source():
    digest = hashlib.sha256()
    for source in sorted(Path(mmod.kernel.__path__[0]).glob("*.py")):
        digest.update(source.name.encode() + source.read_bytes())
    assert _jit.source_digest() == digest.hexdigest()
    if PLAIN:
        return
    for name, function in kernel_functions().items():
        if isinstance(function, Dispatcher):
            file = getattr(function._cache, "_cache_file", None)
            assert file is None or digest.hexdigest()[:16] in file._index_name, name


def test_what_is_not_compiled_is_known():
    plain = {
        name
        for name, f in kernel_functions().items()
        if not isinstance(f, Dispatcher)
        and not name.startswith(("_jit.", "wide._"))
        and type(f).__name__ == "function"
    }
    if PLAIN:
        assert plain >= PLAIN_BY_DESIGN
        warm_up()
    else:
        assert plain == PLAIN_BY_DESIGN
