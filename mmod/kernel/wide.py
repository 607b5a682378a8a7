"""Sixteen boxes, or eight triangles, against one ray: vector code, plain twin.

Numba does not vectorise these loops by itself, so two small intrinsics emit the LLVM
vector instructions. ``llvm.fma`` is avoided: without hardware support it becomes a
library call. With ``NUMBA_DISABLE_JIT=1`` the plain twins run instead; both give the
same hits.

References
----------
.. [1] T. Möller, B. Trumbore, "Fast, minimum storage ray/triangle intersection",
   J. Graphics Tools 2 (1997) 21-28, doi:10.1080/10867651.1997.10487468.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

WIDTH = 8
"""Triangles in a leaf block."""
BOXES = 16
"""Children of a node."""
EDGE = 1e-10
"""Barycentric tolerance: neighbours overlap by it, so no ray slips between them."""
_FAR = 1.0 + 2.0**-20
"""Relative widening of the far distance of a box (single precision is 2**-24)."""


def box_hits_plain(
    planes: NDArray[np.float32],
    base: int,
    near_x: int,
    near_y: int,
    near_z: int,
    ox: float,
    oy: float,
    oz: float,
    ix: float,
    iy: float,
    iz: float,
    t_min: float,
    t_max: float,
    entry: NDArray[np.float32],
) -> int:
    """Return a bit mask of the boxes hit; ``entry`` gets the entry distances."""
    mask = 0
    planes = planes.ravel()  # the vector code counts from the first number on
    one = np.float32
    for k in range(BOXES):
        a = (planes[base + near_x + k] - one(ox)) * one(ix)
        b = (planes[base + BOXES - near_x + k] - one(ox)) * one(ix)
        c = (planes[base + 2 * BOXES + near_y + k] - one(oy)) * one(iy)
        d = (planes[base + 3 * BOXES - near_y + k] - one(oy)) * one(iy)
        e = (planes[base + 4 * BOXES + near_z + k] - one(oz)) * one(iz)
        f = (planes[base + 5 * BOXES - near_z + k] - one(oz)) * one(iz)
        start = max(a, c, e, one(t_min))
        stop = min(b, d, f, one(t_max)) * one(_FAR)
        entry[k] = start
        if start <= stop:
            mask |= 1 << k
    return mask


def triangle_hits_plain(
    blocks: NDArray[np.float64],
    base: int,
    ox: float,
    oy: float,
    oz: float,
    dx: float,
    dy: float,
    dz: float,
    t_min: float,
    t_max: float,
    distance: NDArray[np.float64],
) -> int:
    """Return a bit mask of the triangles hit; ``distance`` gets the distances."""
    mask = 0
    blocks = blocks.ravel()
    for k in range(WIDTH):
        b = blocks[base + k : base + 72 : WIDTH]
        px, py, pz = (
            dy * b[8] - dz * b[7],
            dz * b[6] - dx * b[8],
            dx * b[7] - dy * b[6],
        )
        det = b[3] * px + b[4] * py + b[5] * pz
        if det == 0.0:
            continue
        inverse = 1.0 / det
        sx, sy, sz = ox - b[0], oy - b[1], oz - b[2]
        u = (sx * px + sy * py + sz * pz) * inverse
        qx, qy, qz = (
            sy * b[5] - sz * b[4],
            sz * b[3] - sx * b[5],
            sx * b[4] - sy * b[3],
        )
        v = (dx * qx + dy * qy + dz * qz) * inverse
        t = (b[6] * qx + b[7] * qy + b[8] * qz) * inverse
        distance[k] = t
        if u >= -EDGE and v >= -EDGE and u + v <= 1.0 + EDGE and t_min < t < t_max:
            mask |= 1 << k
    return mask


def _splat(builder: Any, value: Any, vector: Any) -> Any:
    lane0 = builder.insert_element(
        ir.Constant(vector, ir.Undefined), value, ir.Constant(ir.IntType(32), 0)
    )
    width = vector.count
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), width), [0] * width)
    return builder.shuffle_vector(lane0, ir.Constant(vector, ir.Undefined), zeros)


def _constant(value: float, vector: Any) -> Any:
    return ir.Constant(vector, [ir.Constant(vector.element, value)] * vector.count)


def _pointer(context: Any, builder: Any, array_type: Any, array: Any) -> Any:
    proxy: Any = cgutils.create_struct_proxy
    return proxy(array_type)(context, builder, value=array).data


def _load(builder: Any, pointer: Any, offset: Any, vector: Any, align: int) -> Any:
    place = builder.gep(pointer, [offset])
    return builder.load(builder.bitcast(place, vector.as_pointer()), align=align)


def _mask(builder: Any, bits: Any) -> Any:
    return builder.zext(
        builder.bitcast(bits, ir.IntType(bits.type.count)), ir.IntType(64)
    )


def lowest_bit_plain(mask: int) -> int:
    """Return the number of the lowest set bit of a mask that is not 0."""
    return (int(mask) & -int(mask)).bit_length() - 1


@intrinsic  # type: ignore[untyped-decorator,unused-ignore]
def _lowest_bit(typingctx: Any, mask: Any) -> Any:
    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.int64), codegen


@intrinsic  # type: ignore[untyped-decorator,unused-ignore]
def _box_hits(
    typingctx: Any,
    planes: Any,
    base: Any,
    near_x: Any,
    near_y: Any,
    near_z: Any,
    ox: Any,
    oy: Any,
    oz: Any,
    ix: Any,
    iy: Any,
    iz: Any,
    t_min: Any,
    t_max: Any,
    entry: Any,
) -> Any:
    signature = types.int64(planes, *([types.int64] * 4), *([types.float32] * 8), entry)

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        vector = ir.VectorType(ir.FloatType(), BOXES)
        data = _pointer(context, builder, sig.args[0], args[0])
        origins = [_splat(builder, a, vector) for a in args[5:8]]
        inverses = [_splat(builder, a, vector) for a in args[8:11]]
        start = _splat(builder, args[11], vector)
        stop = _splat(builder, args[12], vector)
        i64 = ir.IntType(64)
        for axis in range(3):
            near = builder.add(
                args[1], builder.add(args[2 + axis], ir.Constant(i64, 2 * BOXES * axis))
            )
            far = builder.sub(
                builder.add(args[1], ir.Constant(i64, (2 * axis + 1) * BOXES)),
                args[2 + axis],
            )
            t0, t1 = (
                builder.fmul(
                    builder.fsub(_load(builder, data, k, vector, 4), origins[axis]),
                    inverses[axis],
                )
                for k in (near, far)
            )
            start = builder.select(builder.fcmp_ordered(">", t0, start), t0, start)
            stop = builder.select(builder.fcmp_ordered("<", t1, stop), t1, stop)
        stop = builder.fmul(stop, _constant(_FAR, vector))
        out = _pointer(context, builder, sig.args[13], args[13])
        builder.store(start, builder.bitcast(out, vector.as_pointer()), align=4)
        return _mask(builder, builder.fcmp_ordered("<=", start, stop))

    return signature, codegen


@intrinsic  # type: ignore[untyped-decorator,unused-ignore]
def _triangle_hits(
    typingctx: Any,
    blocks: Any,
    base: Any,
    ox: Any,
    oy: Any,
    oz: Any,
    dx: Any,
    dy: Any,
    dz: Any,
    t_min: Any,
    t_max: Any,
    distance: Any,
) -> Any:
    signature = types.int64(blocks, types.int64, *([types.float64] * 8), distance)

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        vector = ir.VectorType(ir.DoubleType(), WIDTH)
        data = _pointer(context, builder, sig.args[0], args[0])
        i64 = ir.IntType(64)
        b = [
            _load(
                builder,
                data,
                builder.add(args[1], ir.Constant(i64, WIDTH * k)),
                vector,
                8,
            )
            for k in range(9)
        ]
        o = [_splat(builder, a, vector) for a in args[2:5]]
        d = [_splat(builder, a, vector) for a in args[5:8]]
        t_min_, t_max_ = (_splat(builder, a, vector) for a in args[8:10])
        mul, sub, add = builder.fmul, builder.fsub, builder.fadd

        def cross(p: Any, q: Any) -> list[Any]:
            return [
                sub(mul(p[1], q[2]), mul(p[2], q[1])),
                sub(mul(p[2], q[0]), mul(p[0], q[2])),
                sub(mul(p[0], q[1]), mul(p[1], q[0])),
            ]

        def dot(p: Any, q: Any) -> Any:
            return add(add(mul(p[0], q[0]), mul(p[1], q[1])), mul(p[2], q[2]))

        v0, e1, e2 = b[0:3], b[3:6], b[6:9]
        p = cross(d, e2)
        inverse = builder.fdiv(_constant(1.0, vector), dot(e1, p))
        s = [sub(o[k], v0[k]) for k in range(3)]
        u = mul(dot(s, p), inverse)
        q = cross(s, e1)
        v = mul(dot(d, q), inverse)
        t = mul(dot(e2, q), inverse)
        low = _constant(-EDGE, vector)
        hit = builder.and_(
            builder.fcmp_ordered(">=", u, low), builder.fcmp_ordered(">=", v, low)
        )
        hit = builder.and_(
            hit,
            builder.fcmp_ordered("<=", add(u, v), _constant(1.0 + EDGE, vector)),
        )
        hit = builder.and_(hit, builder.fcmp_ordered(">", t, t_min_))
        hit = builder.and_(hit, builder.fcmp_ordered("<", t, t_max_))
        out = _pointer(context, builder, sig.args[10], args[10])
        builder.store(t, builder.bitcast(out, vector.as_pointer()), align=8)
        return _mask(builder, hit)

    return signature, codegen


if getattr(numba.config, "DISABLE_JIT", 0):
    box_hits: Any = box_hits_plain
    triangle_hits: Any = triangle_hits_plain
    lowest_bit: Any = lowest_bit_plain
else:
    box_hits = _box_hits
    triangle_hits = _triangle_hits
    lowest_bit = _lowest_bit
