"""The table of operations: contractions, padding, segments, convolutions and interpolation."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

import anygrad as ag
from anygrad.ops import convolutions
from tests.table.base import Draw, Operation, S, Sample

# --- contractions -----------------------------------------------------------------------------------------------------

CONTRACTIONS: list[tuple[str, tuple[tuple[int, ...], ...]]] = [
    ("ij,jk->ik", ((2, 3), (3, 2))),
    ("ij,jk->ki", ((2, 3), (3, 2))),
    ("ij,jk", ((2, 3), (3, 4))),
    ("ba,ac", ((2, 3), (3, 2))),
    ("i,i", ((3,), (3,))),
    ("i,j->ji", ((2,), (3,))),
    ("ij,ij->ij", ((2, 3), (2, 3))),
    ("bij,bjk->bik", ((2, 2, 3), (2, 3, 2))),
    ("bqhd,bkhd->bhqk", ((1, 2, 2, 3), (1, 3, 2, 3))),
    ("bi,bi->b", ((2, 3), (2, 3))),
    ("ijk,jkl->il", ((2, 3, 2), (3, 2, 2))),
    ("ii", ((3, 3),)),
    ("iij->ji", ((2, 2, 3),)),
    ("iii->i", ((2, 2, 2),)),
    ("ij->", ((2, 3),)),
    ("ji", ((2, 3),)),
    ("...ij,...jk", ((2, 2, 3), (3, 2))),
    ("i...->...", ((2, 3),)),
    ("a...,...b->b...a", ((2, 3, 1), (3, 2, 2))),
    ("...,...", ((2, 1), (3,))),
    ("ij,jk,kl->il", ((2, 3), (3, 2), (2, 3))),
    ("ij,j,ik,k->i", ((2, 3), (3,), (2, 2), (2,))),
    ("i,ij,j", ((1,), (3, 2), (2,))),
    (" i j , k -> j k ", ((2, 3), (2,))),
    (",i->i", ((), (3,))),
    ("ij,jk->ik", ((0, 3), (3, 2))),
    ("ij,jk->ik", ((2, 0), (0, 2))),
]


def contracted(m: Draw) -> Iterator[Sample]:
    for subscripts, shapes in CONTRACTIONS:
        yield S(subscripts, *(m(*shape) for shape in shapes))
    yield S("ij,jk->ik", m(3, 2).T, m(6)[::-2].reshape(3, 1))
    yield S("ij,jk->ik", m(2, 3), m.other(3, 2))
    yield S(",i,->i", 2.0, m(3), 1.5)
    yield S("ij,jk,kl->il", m(2, 3), m(3, 2), m(2, 2), optimize=False)
    yield S("ij,jk,kl->il", m(2, 3), m(3, 2), m(2, 2), optimize=[(1, 2), (0, 1)])
    yield S("ij,jk,kl->il", m.integers(2, 3), m.integers(3, 2), m.integers(2, 2))
    yield S("ij->j", m.integers(2, 3).astype(np.int16))


def einsum_reference(subscripts: str, *operands: Any, optimize: Any = True) -> Any:
    return np.einsum(subscripts, *operands).astype(np.result_type(*operands))


# --- padding and segments ---------------------------------------------------------------------------------------------


def padded(m: Draw) -> Iterator[Sample]:
    yield S(m(2, 3), 1)
    yield S(m(3), (2, 0), constant_values=1.5)
    yield S(m(2, 3), ((1, 2), (0, 1)), constant_values=((1, 2), (3, 4)))
    yield S(m(3, 2).T, {-1: (1, 2)})
    yield S(m(), 1)
    yield S(m(0, 2), 1)
    yield S(m(2), 0)
    for mode in ("edge", "reflect", "symmetric", "wrap"):
        yield S(m(3), (2, 1), mode)
        yield S(m(2, 4), ((1, 0), (3, 2)), mode=mode)
        yield S(m(3), (7, 5), mode=mode)
        yield S(m(1, 2), ((2, 1), (0, 0)), mode=mode)
        yield S(m(6)[::-2], [[0, 2]], mode=mode)
    yield S(m.integers(2, 2), 1, mode="reflect")
    yield S(m.integers(3), 1, constant_values=7)


def pad_reference(x: Any, pad_width: Any, mode: Any = "constant", **options: Any) -> Any:
    return np.pad(x, pad_width, mode, **options)


def segmented(m: Draw) -> Iterator[Sample]:
    yield S(m(4), np.array([2, 0, 2, 1]))
    yield S(m(3, 2), np.array([0, 3, 0]), num_segments=5)
    yield S(m(4, 2), np.array([-1, 1, 2, 1], np.int32), num_segments=2)
    yield S(m(3, 2, 2), np.array([1, 1, 1]), 2)
    yield S(m(0, 2), np.zeros(0, int))
    yield S(m(2), np.array([0, 1]), num_segments=0)
    yield S(m.integers(3), np.array([1, 0, 1], np.uint8), num_segments=300)


def segment_sum_reference(x: Any, segment_ids: Any, num_segments: int | None = None) -> Any:
    n = max(segment_ids, default=-1) + 1 if num_segments is None else num_segments
    out = np.zeros((n, *x.shape[1:]), x.dtype)
    for row, i in zip(x, segment_ids):
        if 0 <= i < n:
            out[i] += row
    return out


# --- convolutions -----------------------------------------------------------------------------------------------------


def signals(m: Draw) -> Iterator[Sample]:
    for mode in ("full", "same", "valid"):
        for n, k in ((5, 3), (5, 2), (2, 5), (3, 4), (4, 4), (3, 1), (1, 1)):
            yield S(m(n), m(k), mode)
    yield S(m(8)[::-2], m(2))
    yield S(m(4), m.other(3))
    yield S(m.integers(4), m.integers(2), "full")


def images(m: Draw) -> Iterator[Sample]:
    yield S(m(2, 1, 5), m(2, 1, 3))
    yield S(m(1, 2, 6), m(1, 2, 2), stride=2, padding=1)
    yield S(m(1, 2, 7), m(2, 2, 3), dilation=2, padding="same")
    yield S(m(2, 2, 4, 3), m(3, 2, 2, 2))
    yield S(m(1, 1, 5, 4), m(2, 1, 3, 2), stride=(2, 1), padding=((0, 2), (1, 0)), dilation=(1, 2))
    yield S(m(1, 4, 3, 3), m(2, 2, 2, 2), groups=2, padding="valid")
    yield S(m(2, 2, 3), m(4, 1, 2), groups=2, padding=(1,))
    yield S(m(1, 1, 5, 6), m(1, 1, 2, 3), stride=3, padding="same")
    yield S(m(1, 2, 3, 2, 3), m(2, 2, 2, 1, 2))
    yield S(m(1, 1, 2, 2, 2, 2), m(1, 1, 2, 1, 2, 1), padding=(0, 1, 0, 0))
    yield S(m(3, 2, 2, 2), m(4, 2, 2, 2))
    yield S(m(0, 1, 3), m(2, 1, 2))
    yield S(m(3, 1, 2).T, m(2, 1, 4)[:, :, ::-2])
    yield S(m(1, 1, 4), m.other(1, 1, 2))
    yield S(m.integers(1, 2, 3), m.integers(1, 2, 2))


def conv_reference(x: Any, w: Any, *, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1) -> Any:
    """Place by place and channel by channel."""
    spatial = x.ndim - 2
    stride, dilation = ((v,) * spatial if isinstance(v, int) else v for v in (stride, dilation))
    reach = [(k - 1) * d + 1 for k, d in zip(w.shape[2:], dilation)]
    if padding == "same":
        totals = [max((-(-n // s) - 1) * s + r - n, 0) for n, s, r in zip(x.shape[2:], stride, reach)]
        padding = tuple((t // 2, t - t // 2) for t in totals)
    padding = 0 if padding == "valid" else padding
    padding = (padding,) * spatial if isinstance(padding, int) else padding
    x = np.pad(x, [(0, 0), (0, 0), *((p, p) if isinstance(p, int) else p for p in padding)])
    places = [(n - r) // s + 1 for n, r, s in zip(x.shape[2:], reach, stride)]
    out = np.zeros((x.shape[0], w.shape[0], *places), np.result_type(x, w))
    inputs, outputs = w.shape[1], w.shape[0] // groups
    for o, at in itertools.product(range(w.shape[0]), np.ndindex(*places)):
        channels = slice(o // outputs * inputs, (o // outputs + 1) * inputs)
        window = tuple(slice(i * s, i * s + r, d) for i, s, r, d in zip(at, stride, reach, dilation))
        out[:, o, *at] = (x[:, channels, *window] * w[o]).sum(axis=tuple(range(1, x.ndim)))
    return out


GEOMETRIES: list[tuple[tuple[int, ...], tuple[int, ...], dict[str, Any]]] = [
    ((2, 2, 6), (3, 2, 3), {"stride": (2,), "dilation": (1,), "groups": 1}),
    ((1, 4, 4, 5), (2, 2, 2, 2), {"stride": (1, 2), "dilation": (2, 1), "groups": 2}),
    ((1, 1, 2, 3, 2), (2, 1, 1, 2, 2), {"stride": (1, 1, 1), "dilation": (1, 1, 1), "groups": 1}),
]


def of_outputs_and_kernels(m: Draw) -> Iterator[Sample]:
    for x, w, options in GEOMETRIES:
        y = conv_reference(np.zeros(x), np.zeros(w), **options).shape
        yield S(m(*y), m(*w), lengths=x[2:], **options)


def of_inputs_and_outputs(m: Draw) -> Iterator[Sample]:
    for x, w, options in GEOMETRIES:
        y = conv_reference(np.zeros(x), np.zeros(w), **options).shape
        yield S(m(*x), m(*y), lengths=w[2:], **options)


def conv_input_reference(y: Any, w: Any, lengths: Any, groups: int, **options: Any) -> Any:
    shape = (y.shape[0], w.shape[1] * groups, *lengths)
    out = np.zeros(shape, np.result_type(y, w))
    for index in np.ndindex(shape):  # one element of x at a time
        x = np.zeros(shape)
        x[index] = 1
        out[index] = np.sum(y * conv_reference(x, w, groups=groups, **options))
    return out


def conv_kernel_reference(x: Any, y: Any, lengths: Any, groups: int, **options: Any) -> Any:
    shape = (y.shape[1], x.shape[1] // groups, *lengths)
    out = np.zeros(shape, np.result_type(x, y))
    for index in np.ndindex(shape):
        w = np.zeros(shape)
        w[index] = 1
        out[index] = np.sum(y * conv_reference(x, w, groups=groups, **options))
    return out


# --- interpolation ----------------------------------------------------------------------------------------------------


def interpolated(m: Draw) -> Iterator[Sample]:
    knots = np.array([-1.0, 0.25, 0.5, 2.0]).astype(m.dtype)
    inside = np.array([[-0.7, 0.3, 1.9], [0.4, 0.1, 1.1]]).astype(m.dtype)
    outside = np.array([-1.5, 0.0, 2.5]).astype(m.dtype)
    yield S(inside, knots, m(4))
    yield S(outside, knots, m(4))
    yield S(outside, knots, m(4), left=5.0, right=-3.0)
    yield S(np.array([-4.3, 0.2, 1.7, 9.1]).astype(m.dtype), knots, m(4), period=3.5)
    yield S(np.array([0.2, 5.1]).astype(m.dtype), knots[::-1], m(4), period=-3.3)
    yield S(np.array(0.3).astype(m.dtype), knots, m(4))
    yield S(inside[:, ::2].T, knots, m(8)[::2])
    yield S(outside, knots[:1], m(1))
    yield S(m(0), knots, m(4))
    yield S(0.3, knots, m(4))


def interp_reference(x: Any, xp: Any, fp: Any, **options: Any) -> Any:
    out = np.interp(x, xp, fp, **options)
    return np.asarray(out).astype(np.result_type(xp, fp))


OPERATIONS = [
    Operation("einsum", ag.einsum, einsum_reference, contracted, is_complex=True, is_analytic=True),
    Operation("pad", ag.pad, pad_reference, padded, is_complex=True, is_analytic=True),
    Operation("segment_sum", ag.segment_sum, segment_sum_reference, segmented, is_complex=True, is_analytic=True),
    Operation("convolve", ag.convolve, np.convolve, signals, is_complex=True, is_analytic=True),
    Operation("correlate", ag.correlate, np.correlate, signals, is_complex=True),
    Operation("conv", ag.conv, conv_reference, images, is_complex=True, is_analytic=True),
    Operation(
        "conv_input",
        convolutions.conv_input,
        conv_input_reference,
        of_outputs_and_kernels,
        is_complex=True,
        is_analytic=True,
    ),
    Operation(
        "conv_kernel",
        convolutions.conv_kernel,
        conv_kernel_reference,
        of_inputs_and_outputs,
        is_complex=True,
        is_analytic=True,
    ),
    Operation("interp", ag.interp, interp_reference, interpolated, in_double=True),
]
