"""How an operation runs on a whole batch at once.

The counterpart of :mod:`anygrad.pullback` and :mod:`anygrad.pushforward` for ``vmap``. A rule gets operands, of which
some have a batch axis in front, and gives a result that has it there too. Elementwise operations need no rule: their
operands are lined up, and broadcast. Of the others most share one of a few: the axes they name are shifted by one, or
they work on the last axes and let those in front alone.
"""

from __future__ import annotations

import builtins
import functools
import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from anygrad.keys import expanded, has_array, is_mask
from anygrad.ops import indexing
from anygrad.ops.convolutions import conv
from anygrad.ops.creation import new_arange
from anygrad.ops.datatypes import astype
from anygrad.ops.elementwise import add, multiply
from anygrad.ops.linalg.products import matmul
from anygrad.ops.logic import equal, less, less_equal, logical_and, logical_not
from anygrad.ops.manipulation import (
    broadcast_to,
    expand_dims,
    flip,
    matrix_transpose,
    moveaxis,
    permute_dims,
    reshape,
    stack,
)
from anygrad.ops.reductions import any, max, sum
from anygrad.ops.searching import where
from anygrad.primitive import Array, Primitive, rank

__all__ = ["BatchRule", "Unbatched", "batch_rule_of", "loop_rule", "refused_rule"]

Params: TypeAlias = dict[str, Any]
BatchRule: TypeAlias = Callable[[Primitive, Sequence[Any], Sequence[bool], Params, int], Any]
"""``rule(op, operands, is_batched, params, size)``; the batch axis of an operand, where it has one, is the first."""


class Unbatched:
    """A result that is the same for every member of the batch."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


rules: dict[str, BatchRule] = {}
"""The rule of each operation that is not elementwise, by name."""


def batch_rule_of(op: Primitive) -> BatchRule:
    """The rule by which an operation runs on a batch; without one it runs member by member."""
    if op.name in rules:
        return rules[op.name]
    is_elementwise = op.kind == "elementwise" or op.__module__ == "anygrad.ops.logic"
    return _aligned_rule if is_elementwise else loop_rule


def _rule(*names: str) -> Callable[[BatchRule], BatchRule]:
    def register(rule: BatchRule) -> BatchRule:
        rules.update(dict.fromkeys(names, rule))
        return rule

    return register


# --- pieces -----------------------------------------------------------------------------------------------------------


def _is_array(x: Any) -> bool:
    return rank(type(x)) >= 0


def _own_ndim(x: Any, is_batched: bool) -> int:
    """The number of axes of one member."""
    return len(x.shape) - is_batched if _is_array(x) else 0


def _spread(x: Array, is_batched: bool, size: int) -> Array:
    """The operand with a batch axis, if need be a broadcast one."""
    return x if is_batched else broadcast_to(x, (size, *x.shape))


def _aligned(operands: Sequence[Any], is_batched: Sequence[bool], ndim: int | None = None) -> tuple[Any, ...]:
    """Operands whose members broadcast: axes of length 1 inserted after the batch axis of those that have fewer."""
    most = builtins.max(map(_own_ndim, operands, is_batched)) if ndim is None else ndim
    lined_up = []
    for x, batched in zip(operands, is_batched):
        missing = most - _own_ndim(x, batched)
        if batched and missing:
            x = reshape(x, (x.shape[0], *(1,) * missing, *x.shape[1:]))
        lined_up.append(x)
    return tuple(lined_up)


def _shifted(axis: Any) -> Any:
    """An axis of a member, or several, as those of the batch."""
    if isinstance(axis, tuple | list):
        return tuple(map(_shifted, axis))
    return axis + 1 if axis >= 0 else axis


def _all_axes(x: Array) -> tuple[int, ...]:
    return tuple(range(1, len(x.shape)))


def _flat(x: Array) -> Array:
    return reshape(x, (x.shape[0], math.prod(x.shape[1:])))


# --- rules that many operations share ---------------------------------------------------------------------------------


def _aligned_rule(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    return op.apply(_aligned(operands, is_batched), params)


def loop_rule(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    """Member by member, with a warning once."""
    _warn_of_loop(op.name)
    members = [
        op.apply(tuple(indexing.getitem(x, i) if b else x for x, b in zip(operands, is_batched)), params)
        for i in range(size)
    ]
    if op.outputs is not None:
        return tuple(stack(list(parts)) for parts in zip(*members))
    return stack(members)


@functools.cache
def _warn_of_loop(name: str) -> None:
    warnings.warn(
        f"vmap: {name} has no batch rule and runs once for each member of the batch", RuntimeWarning, stacklevel=2
    )


for _name in ("where", "conj", "real", "imag", "copy"):
    rules[_name] = _aligned_rule


@_rule(
    *("zeros_like", "ones_like", "empty_like", "full_like", "sign", "astype", "to_device"),
    *("tril", "triu", "matrix_transpose", "diagonal", "inv", "pinv", "cholesky", "eigh", "eigvalsh", "eig", "eigvals"),
    *("svd", "svdvals", "qr", "det", "slogdet", "matrix_rank"),
)
def _same(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    """Elementwise in the array operand, or on its last axes."""
    return op.apply(tuple(operands), params)


@_rule("may_have_zero", "has_zero", "new_zeros", "new_arange")
def _like_one(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    """About the array's library and device, or about all members."""
    return Unbatched(op.apply(tuple(operands), params))


@_rule(
    *("sum", "mean", "prod", "max", "min", "var", "std", "all", "any", "count_nonzero", "vector_norm", "flip"),
    *("logsumexp", "signed_logsumexp", "softmax", "log_softmax", "standardize"),
)
def _over_all(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    """No axis means all of them."""
    axis = params["axis"]
    spread = [_spread(x, b, size) for x, b in zip(operands, is_batched)]  # of several operands any may be the batch
    aligned = _aligned(spread, (True,) * len(spread))
    return op.apply(aligned, {**params, "axis": _all_axes(aligned[0]) if axis is None else _shifted(axis)})


@_rule("argmax", "argmin", "roll", "sort", "argsort", "cumulative_sum", "cumulative_prod", "expand_dims", "squeeze")
def _over_flattened(
    op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int
) -> Any:
    """No axis means the flattened array."""
    (x,) = operands
    axis = params["axis"]
    if axis is not None:
        return op.apply((x,), {**params, "axis": _shifted(axis)})
    out = op.apply((_flat(x),), {**params, "axis": 1})
    if op.name == "roll":
        return reshape(out, tuple(x.shape))
    return reshape(out, (size, *(1,) * (len(x.shape) - 1))) if params.get("keepdims") else out


@_rule("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")
def _along_one(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    return op.apply(tuple(operands), {**params, "axis": _shifted(params["axis"])})


@_rule("fftn", "ifftn", "rfftn", "irfftn")
def _along_several(
    op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int
) -> Any:
    (x,) = operands
    axes = params["axes"]
    if axes is None:
        axes = tuple(range(-len(x.shape[1:] if params["s"] is None else params["s"]), 0))
    return op.apply((x,), {**params, "axes": _shifted(tuple(axes))})


@_rule("nonzero", "unique_values", "unique_counts", "unique_inverse", "unique_all", "repeat")
def refused_rule(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    """Not for batches: members would have results of different shapes."""
    raise TypeError("under vmap the shape of a result must not depend on values; use where() or a mask multiplied in")


# --- manipulation -----------------------------------------------------------------------------------------------------


@_rule("reshape")
def _reshape(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    shape = params["shape"]
    (x,) = operands
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    if -1 in shape:  # of an empty batch the library could not tell
        known = -math.prod(shape)
        shape = tuple(math.prod(x.shape[1:]) // builtins.max(known, 1) if n == -1 else n for n in shape)
    return op.apply((x,), {**params, "shape": (size, *shape)})


@_rule("broadcast_to")
def _broadcast_to(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    shape = tuple(params["shape"])
    return op.apply(_aligned(operands, is_batched, len(shape)), {**params, "shape": (size, *shape)})


@_rule("permute_dims")
def _permute_dims(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    (x,) = operands
    return op.apply((x,), {"axes": (0, *(a % (len(x.shape) - 1) + 1 for a in params["axes"]))})


@_rule("moveaxis")
def _moveaxis(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    x, source, destination = operands
    return op.apply((x, _shifted(source), _shifted(destination)), params)


@_rule("concat", "stack")
def _joined(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    parts = [_spread(x, b, size) for x, b in zip(operands, is_batched)]
    if params["axis"] is None:
        return op.apply(tuple(map(_flat, parts)), {"axis": 1})
    return op.apply(tuple(parts), {"axis": _shifted(params["axis"])})


# --- products ---------------------------------------------------------------------------------------------------------


@_rule("matmul")
def _matmul(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    (x1, x2), (b1, b2) = operands, is_batched
    n1, n2 = _own_ndim(x1, b1), _own_ndim(x2, b2)
    if n1 == 0 or n2 == 0:
        raise ValueError("each operand must have an axis")
    if not b2 and n2 <= 2:
        return matmul(x1, x2)
    if not b1 and n1 == 2 and n2 == 1:
        return matmul(x2, matrix_transpose(x1))
    x1 = expand_dims(x1, axis=-2) if n1 == 1 else x1
    x2 = expand_dims(x2, axis=-1) if n2 == 1 else x2
    out = matmul(*_aligned((x1, x2), is_batched))
    dropped = ((n1 == 1) * (-2,)) + ((n2 == 1) * (-1,))
    shape = tuple(n for i, n in enumerate(out.shape) if i - len(out.shape) not in dropped)
    return reshape(out, shape)


@_rule("linear")
def _linear(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    if tuple(is_batched) == (True, False, False):
        return op.apply(tuple(operands), params)
    product = operands[:2], is_batched[:2]
    is_product_batched = builtins.any(is_batched[:2])
    out = _matmul(matmul, *product, {}, size) if is_product_batched else matmul(*operands[:2])
    return add(*_aligned((out, operands[2]), (is_product_batched, is_batched[2])))


@_rule("vecdot", "cross")
def _along_common(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    axis = params["axis"]
    if axis >= 0:
        axis -= builtins.max(map(_own_ndim, operands, is_batched))
    return op.apply(_aligned(operands, is_batched), {**params, "axis": axis})


@_rule("cross_entropy")
def _of_one_shape(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    spread = tuple(_spread(x, batched, size) for x, batched in zip(operands, is_batched))
    return op.apply(spread, {**params, "axis": _shifted(params["axis"])})


@_rule("tensordot")
def _tensordot(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    from anygrad.ops.linalg.products import contracted

    (x1, x2), (b1, b2) = operands, is_batched
    n1, n2 = _own_ndim(x1, b1), _own_ndim(x2, b2)
    axes1, axes2 = contracted(params["axes"], n1, n2)
    if not b2:
        return op.apply((x1, x2), {"axes": (_shifted(axes1), axes2)})
    if not b1:
        return moveaxis(op.apply((x1, x2), {"axes": (axes1, _shifted(axes2))}), n1 - len(axes1), 0)
    free1 = tuple(i for i in range(n1) if i not in axes1)
    free2 = tuple(i for i in range(n2) if i not in axes2)
    left = permute_dims(x1, (0, *_shifted(free1), *_shifted(axes1)))
    right = permute_dims(x2, (0, *_shifted(axes2), *_shifted(free2)))
    shape1, shape2 = left.shape[1 : 1 + len(free1)], right.shape[1 + len(axes2) :]
    inner = math.prod(right.shape[1 : 1 + len(axes2)])
    left = reshape(left, (size, math.prod(shape1), inner))
    return reshape(matmul(left, reshape(right, (size, inner, math.prod(shape2)))), (size, *shape1, *shape2))


@_rule("solve")
def _solve(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    (x1, x2), (_, b2) = operands, is_batched
    is_vector = _own_ndim(x2, b2) == 1
    x2 = expand_dims(x2, axis=-1) if is_vector else x2
    out = op.apply(_aligned((x1, x2), is_batched), params)
    return reshape(out, tuple(out.shape[:-1])) if is_vector else out


# --- convolutions -----------------------------------------------------------------------------------------------------


def _channels(x: Array, is_batched: bool, size: int) -> Array:
    """Images of shape (batch, N, channels, *spatial) as (N, batch * channels, *spatial)."""
    x = moveaxis(_spread(x, is_batched, size), 0, 1)
    return reshape(x, (x.shape[0], x.shape[1] * x.shape[2], *x.shape[3:]))


@_rule("conv", "conv_input")
def _conv(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    """With one kernel for all, members are more images; otherwise each member is a group of channels."""
    (x, w), (bx, bw) = operands, is_batched
    if not bw:
        out = op.apply((reshape(x, (size * x.shape[1], *x.shape[2:])), w), params)
        return reshape(out, (size, x.shape[1], *out.shape[1:]))
    kernels = reshape(w, (size * w.shape[1], *w.shape[2:]))
    out = op.apply((_channels(x, bx, size), kernels), {**params, "groups": size * params["groups"]})
    return moveaxis(reshape(out, (out.shape[0], size, out.shape[1] // size, *out.shape[2:])), 1, 0)


@_rule("conv_kernel")
def _conv_kernel(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    x, y = (_channels(x, b, size) for x, b in zip(operands, is_batched))
    out = op.apply((x, y), {**params, "groups": size * params["groups"]})
    return reshape(out, (size, out.shape[0] // size, *out.shape[1:]))


@_rule("convolve")
def _convolve(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    """Each member is a channel of one image, with a kernel of its own."""
    a, v = sorted((_spread(x, b, size) for x, b in zip(operands, is_batched)), key=lambda x: -x.shape[1])
    margin = v.shape[1] - 1 if params["mode"] == "full" else 0
    kernels = expand_dims(flip(v, axis=1), axis=1)
    return reshape(conv(expand_dims(a, axis=0), kernels, padding=margin, groups=size), (size, -1))


@_rule("segment_sum")
def _segment_sum(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    (x, ids), (bx, bi) = operands, is_batched
    n = params["num_segments"]
    if n is None:
        n = int(max(ids)) + 1 if math.prod(ids.shape) else 0
    if not bi:
        return moveaxis(op.apply((moveaxis(x, 0, 1), ids), {"num_segments": n}), 1, 0)
    x = _spread(x, bx, size)
    starts = multiply(expand_dims(new_arange(ids, size), axis=1), n)
    own = where(logical_and(less_equal(0, ids), less(ids, n)), add(ids, starts), -1)
    rows = reshape(x, (size * x.shape[1], *x.shape[2:]))
    out = op.apply((rows, reshape(own, (-1,))), {"num_segments": size * n})
    return reshape(out, (size, n, *x.shape[2:]))


# --- indexing ---------------------------------------------------------------------------------------------------------


@_rule("take")
def _take(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    (x, indices), (bx, bi) = operands, is_batched
    n = _own_ndim(x, bx)
    axis = 0 if params["axis"] is None else params["axis"] % n
    if not bi:
        return op.apply((x, indices), {"axis": axis + 1})
    if not bx:
        flat = op.apply((x, reshape(indices, (-1,))), {"axis": axis})
        shape = (*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :])
        return moveaxis(reshape(flat, shape), axis, 0)
    # Members read from rows of their own: the batch and the axis become one.
    rows = moveaxis(x, axis + 1, 1)
    length = rows.shape[1]
    offsets = reshape(multiply(new_arange(indices, size), length), (size, *(1,) * (len(indices.shape) - 1)))
    wrapped = add(indices, multiply(astype(less(indices, 0), indices.dtype), length))
    merged = reshape(rows, (size * length, *rows.shape[2:]))
    out = op.apply((merged, reshape(add(wrapped, offsets), (-1,))), {"axis": 0})
    return moveaxis(reshape(out, (*indices.shape, *rows.shape[2:])), 1, axis + 1)


@_rule("take_along_axis")
def _take_along_axis(
    op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int
) -> Any:
    x, indices = (_spread(x, b, size) for x, b in zip(operands, is_batched))
    return op.apply((x, indices), {"axis": _shifted(params["axis"])})


def _key_of_batch(key: Any, shape: tuple[int, ...]) -> tuple[tuple[Any, ...], int]:
    """A key of members as a key of the batch, and where the batch axis of what it reads stands."""
    parts = expanded(key, shape)
    arrays = [i for i, part in enumerate(parts) if not isinstance(part, slice) and part is not None]
    if not has_array(parts) or arrays[-1] - arrays[0] + 1 == len(arrays):
        return (slice(None), *parts), 0
    # A slice between index arrays: the axes these make come first, and the batch axis after them.
    depth = builtins.max(1 if is_mask(part) else len(part.shape) for part in parts if hasattr(part, "shape"))
    return (slice(None), *parts), depth


@_rule("getitem")
def _getitem(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    (x,) = operands
    key, at = _key_of_batch(params["key"], tuple(x.shape[1:]))
    out = op.apply((x,), {"key": key})
    return moveaxis(out, at, 0) if at else out


@_rule("index_set", "index_add", "index_iadd")
def _written(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    (x, values), (bx, bv) = operands, is_batched
    key, at = _key_of_batch(params["key"], tuple(x.shape[bx:]))
    if not bx:
        x = _spread(x, False, size)
        op = indexing.index_add if op.name == "index_iadd" else op  # a broadcast array is not for writing into
    if bv:
        values = _spread_values(x, values, key, at)
    return op.apply((x, values), {"key": key})


def _spread_values(x: Array, values: Array, key: Any, at: int) -> Array:
    """Values of each member, lined up with what a key of the batch reads."""
    ndim = len(indexing.getitem(x, key).shape)
    (values,) = _aligned((values,), (True,), ndim - 1)
    return moveaxis(values, 0, at) if at else values


@_rule("searchsorted")
def _searchsorted(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    """The number of elements before each value: all pairs are compared."""
    (x1, x2), (b1, b2) = operands, is_batched
    if params["sorter"] is not None:
        x1 = indexing.take(x1, params["sorter"], axis=-1)
    if not b1:
        return op.apply((x1, x2), {**params, "sorter": None})
    values = expand_dims(x2, axis=-1) if _is_array(x2) else x2
    if b1 and _own_ndim(x2, b2):
        x1 = reshape(x1, (size, *(1,) * _own_ndim(x2, b2), x1.shape[1]))
    before = (less if params["side"] == "left" else less_equal)(x1, values)
    return sum(astype(before, new_arange(x1, 0).dtype), axis=-1)


@_rule("isin")
def _isin(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    (x1, x2), (b1, b2) = operands, is_batched
    if not b2:
        return op.apply((x1, x2), params)
    x1 = expand_dims(_spread(x1, b1, size), axis=-1) if _is_array(x1) else x1
    ndim = len(x1.shape) - 1 if _is_array(x1) else 1
    members = reshape(x2, (size, *(1,) * (ndim - 1), math.prod(x2.shape[1:])))
    found = any(equal(x1, members), axis=-1)
    return logical_not(found) if params["invert"] else found
