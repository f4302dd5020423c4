"""Products and convolutions of batches."""

from __future__ import annotations

import builtins
import math
import operator
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from anygrad.batch.rules import Params, batch_rule, lined_up, own_ndim, shifted, with_axis
from anygrad.core.primitive import Array, Primitive
from anygrad.ops.convolutions import conv
from anygrad.ops.creation import new_arange
from anygrad.ops.elementwise import add, multiply
from anygrad.ops.keys import widened
from anygrad.ops.linalg.products import contracted, matmul
from anygrad.ops.logic import less, less_equal, logical_and
from anygrad.ops.manipulation import expand_dims, flip, matrix_transpose, moveaxis, permute_dims, reshape
from anygrad.ops.reductions import max
from anygrad.ops.searching import where
from anygrad.ops.special.networks import check_layer

# --- products ---------------------------------------------------------------------------------------------------------


@batch_rule("matmul", "strong_matmul")
def _matmul(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    (x1, x2), (b1, b2) = operands, is_batched
    n1, n2 = own_ndim(x1, b1), own_ndim(x2, b2)
    if not b2 and n2 <= 2:
        return op(x1, x2)
    if not b1 and n1 == 2 and n2 == 1:
        return op(x2, matrix_transpose(x1))
    x1 = expand_dims(x1, axis=-2) if n1 == 1 else x1
    x2 = expand_dims(x2, axis=-1) if n2 == 1 else x2
    out = op(*lined_up((x1, x2), is_batched))
    dropped = ((n1 == 1) * (-2,)) + ((n2 == 1) * (-1,))
    shape = tuple(n for i, n in enumerate(out.shape) if i - len(out.shape) not in dropped)
    return reshape(out, shape)


@batch_rule("linear")
def _linear(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    check_layer(*(SimpleNamespace(shape=x.shape[batched:]) for x, batched in zip(operands, is_batched)))
    if tuple(is_batched) == (True, False, False):
        return op.apply(tuple(operands), params)
    product = operands[:2], is_batched[:2]
    is_product_batched = builtins.any(is_batched[:2])
    out = _matmul(matmul, *product, {}, size) if is_product_batched else matmul(*operands[:2])
    return add(*lined_up((out, operands[2]), (is_product_batched, is_batched[2])))


@batch_rule("vecdot", "cross")
def _along_common(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    axis = params["axis"]
    if axis >= 0:
        axis -= builtins.max(map(own_ndim, operands, is_batched))
    return op.apply(lined_up(operands, is_batched), {**params, "axis": axis})


@batch_rule("cross_entropy")
def _of_one_shape(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    spread = tuple(with_axis(x, batched, size) for x, batched in zip(operands, is_batched))
    return op.apply(spread, {**params, "axis": shifted(params["axis"])})


@batch_rule("tensordot")
def _tensordot(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    (x1, x2), (b1, b2) = operands, is_batched
    n1, n2 = own_ndim(x1, b1), own_ndim(x2, b2)
    axes1, axes2 = contracted(params["axes"], n1, n2)
    lengths = ([x.shape[i + b] for i in axes] for x, b, axes in ((x1, b1, axes1), (x2, b2, axes2)))
    if not operator.eq(*lengths):
        raise ValueError(f"the lengths of the axes that are summed over differ, of {axes1} of x1 and {axes2} of x2")
    if not b2:
        return op.apply((x1, x2), {"axes": (shifted(axes1), axes2)})
    if not b1:
        return moveaxis(op.apply((x1, x2), {"axes": (axes1, shifted(axes2))}), n1 - len(axes1), 0)
    free1 = tuple(i for i in range(n1) if i not in axes1)
    free2 = tuple(i for i in range(n2) if i not in axes2)
    left = permute_dims(x1, (0, *shifted(free1), *shifted(axes1)))
    right = permute_dims(x2, (0, *shifted(axes2), *shifted(free2)))
    shape1, shape2 = left.shape[1 : 1 + len(free1)], right.shape[1 + len(axes2) :]
    inner = math.prod(right.shape[1 : 1 + len(axes2)])
    left = reshape(left, (size, math.prod(shape1), inner))
    return reshape(matmul(left, reshape(right, (size, inner, math.prod(shape2)))), (size, *shape1, *shape2))


@batch_rule("solve")
def _solve(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    (x1, x2), (_, b2) = operands, is_batched
    is_vector = own_ndim(x2, b2) == 1
    x2 = expand_dims(x2, axis=-1) if is_vector else x2
    out = op.apply(lined_up((x1, x2), is_batched), params)
    return reshape(out, tuple(out.shape[:-1])) if is_vector else out


# --- convolutions -----------------------------------------------------------------------------------------------------


def _channels(x: Array, is_batched: bool, size: int) -> Array:
    """Images of shape (batch, N, channels, *spatial) as (N, batch * channels, *spatial)."""
    x = moveaxis(with_axis(x, is_batched, size), 0, 1)
    return reshape(x, (x.shape[0], x.shape[1] * x.shape[2], *x.shape[3:]))


@batch_rule("conv", "conv_input")
def _conv(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    """With one kernel for all, members are more images; otherwise each member is a group of channels."""
    (x, w), (bx, bw) = operands, is_batched
    if not bw:
        out = op.apply((reshape(x, (size * x.shape[1], *x.shape[2:])), w), params)
        return reshape(out, (size, x.shape[1], *out.shape[1:]))
    kernels = reshape(w, (size * w.shape[1], *w.shape[2:]))
    out = op.apply((_channels(x, bx, size), kernels), {**params, "groups": size * params["groups"]})
    return moveaxis(reshape(out, (out.shape[0], size, out.shape[1] // size, *out.shape[2:])), 1, 0)


@batch_rule("conv_kernel")
def _conv_kernel(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    x, y = (_channels(x, b, size) for x, b in zip(operands, is_batched))
    out = op.apply((x, y), {**params, "groups": size * params["groups"]})
    return reshape(out, (size, out.shape[0] // size, *out.shape[1:]))


@batch_rule("convolve")
def _convolve(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    """Each member is a channel of one image, with a kernel of its own."""
    a, v = sorted((with_axis(x, b, size) for x, b in zip(operands, is_batched)), key=lambda x: -x.shape[1])
    margin = v.shape[1] - 1 if params["mode"] == "full" else 0
    kernels = expand_dims(flip(v, axis=1), axis=1)
    return reshape(conv(expand_dims(a, axis=0), kernels, padding=margin, groups=size), (size, -1))


@batch_rule("segment_sum")
def _segment_sum(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    (x, ids), (bx, bi) = operands, is_batched
    n = params["num_segments"]
    if n is None:
        n = int(max(ids)) + 1 if math.prod(ids.shape) else 0
    if not bi:
        return moveaxis(op.apply((moveaxis(x, 0, 1), ids), {"num_segments": n}), 1, 0)
    x = with_axis(x, bx, size)
    ids = widened(ids)
    starts = multiply(expand_dims(new_arange(ids, size), axis=1), n)
    own = where(logical_and(less_equal(0, ids), less(ids, n)), add(ids, starts), -1)
    rows = reshape(x, (size * x.shape[1], *x.shape[2:]))
    out = op.apply((rows, reshape(own, (-1,))), {"num_segments": size * n})
    return reshape(out, (size, n, *x.shape[2:]))
