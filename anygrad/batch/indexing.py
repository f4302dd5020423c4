"""Reading and writing parts of batches."""

from __future__ import annotations

import builtins
import math
from collections.abc import Sequence
from typing import Any

from anygrad.arrays.above import above
from anygrad.arrays.wrapper import Wrapper
from anygrad.batch.rules import Params, batch_rule, is_array, lined_up, own_ndim, shifted, with_axis
from anygrad.core.keys import expanded, has_array, is_mask, positions
from anygrad.core.primitive import Array, Primitive
from anygrad.ops.creation import new_arange, zeros_like
from anygrad.ops.datatypes import astype
from anygrad.ops.elementwise import add, multiply
from anygrad.ops.indexing import getitem, index_add, take
from anygrad.ops.logic import equal, less, less_equal, logical_not
from anygrad.ops.manipulation import broadcast_to, expand_dims, moveaxis, reshape
from anygrad.ops.reductions import any, sum

__all__ = ["read_at_each", "written_at_each"]


@batch_rule("take")
def _take(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    (x, indices), (bx, bi) = operands, is_batched
    n = own_ndim(x, bx)
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


@batch_rule("take_along_axis")
def _take_along_axis(
    op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int
) -> Any:
    x, indices = (with_axis(x, b, size) for x, b in zip(operands, is_batched))
    return op.apply((x, indices), {"axis": shifted(params["axis"])})


def _key_of_batch(key: Any, shape: tuple[int, ...]) -> tuple[tuple[Any, ...], int]:
    """A key of members as a key of the batch, and where the batch axis of what it reads stands."""
    parts = expanded(key, shape)
    arrays = [i for i, part in enumerate(parts) if not isinstance(part, slice) and part is not None]
    if not has_array(parts) or arrays[-1] - arrays[0] + 1 == len(arrays):
        return (slice(None), *parts), 0
    # A slice between index arrays: the axes these make come first, and the batch axis after them.
    depth = builtins.max(1 if is_mask(part) else len(part.shape) for part in parts if hasattr(part, "shape"))
    return (slice(None), *parts), depth


@batch_rule("getitem")
def _getitem(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    (x,) = operands
    key, at = _key_of_batch(params["key"], tuple(x.shape[1:]))
    out = op.apply((x,), {"key": key})
    return moveaxis(out, at, 0) if at else out


@batch_rule("index_set", "index_iset", "index_add", "index_iadd")
def _written(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    (x, values), (bx, bv) = operands, is_batched
    key, at = _key_of_batch(params["key"], tuple(x.shape[bx:]))
    if not bx:
        x = with_axis(x, False, size)
        op = index_add if op.name == "index_iadd" else op  # a broadcast array is not for writing into
    if bv:
        values = _spread_values(x, values, key, at)
    return op.apply((x, values), {"key": key})


def _spread_values(x: Array, values: Array, key: Any, at: int) -> Array:
    """Values of each member, lined up with what a key of the batch reads."""
    ndim = len(getitem(x, key).shape)
    (values,) = lined_up((values,), (True,), ndim - 1)
    return moveaxis(values, 0, at) if at else values


@batch_rule("searchsorted")
def _searchsorted(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    """The number of elements before each value: all pairs are compared."""
    (x1, x2), (b1, b2) = operands, is_batched
    if params["sorter"] is not None:
        x1 = take(x1, params["sorter"], axis=-1)
    if not b1:
        return op.apply((x1, x2), {**params, "sorter": None})
    values = expand_dims(x2, axis=-1) if is_array(x2) else x2
    if b1 and own_ndim(x2, b2):
        x1 = reshape(x1, (size, *(1,) * own_ndim(x2, b2), x1.shape[1]))
    before = (less if params["side"] == "left" else less_equal)(x1, values)
    return sum(astype(before, new_arange(x1, 0).dtype), axis=-1)


@batch_rule("isin")
def _isin(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    (x1, x2), (b1, b2) = operands, is_batched
    if not b2:
        return op.apply((x1, x2), params)
    x1 = expand_dims(with_axis(x1, b1, size), axis=-1) if is_array(x1) else x1
    ndim = len(x1.shape) - 1 if is_array(x1) else 1
    members = reshape(x2, (size, *(1,) * (ndim - 1), math.prod(x2.shape[1:])))
    found = any(equal(x1, members), axis=-1)
    return logical_not(found) if params["invert"] else found


# --- index arrays that differ between members -------------------------------------------------------------------------


def read_at_each(x: Any, key: Any) -> Any:
    """``x[key]``, where an index array is a Batch."""
    at = _places(x, key)
    return reshape(take(reshape(x, (-1,)), reshape(at, (-1,)), axis=0), tuple(at.shape))


def written_at_each(op: Primitive, operands: Any, key: Any, batch_type: type[Any]) -> Any:
    """Write, or add, at places of each member's own."""
    if op.name == "getitem":
        return read_at_each(operands[0], key)
    x, values = operands
    at = _places(x, key)
    shape = tuple(x.shape)
    size, length = at.data.shape[0], math.prod(shape)
    if batch_type.is_of_level(values):
        values = broadcast_to(values, tuple(at.shape)).data
    else:
        values = broadcast_to(add(zeros_like(getitem(at.data, 0)), values), (size, *at.shape))
    whole = x.data if batch_type.is_of_level(x) else broadcast_to(x, (size, *shape))
    starts = reshape(multiply(new_arange(at.data, size), length), (size, *(1,) * len(at.shape)))
    places = reshape(add(at.data, starts), (-1,))
    write = index_add if op.name == "index_iadd" else op
    out = write(reshape(whole, (-1,)), reshape(values, (-1,)), places)
    return batch_type(reshape(out, (size, *shape)))


def _places(x: Any, key: Any) -> Any:
    """The positions that a key names in the flattened array, as a Batch."""
    if builtins.any(is_mask(part) for part in expanded(key, tuple(x.shape))):
        raise TypeError("a mask that differs between the members of a batch would give arrays of different shapes")
    return _bare(positions(above.namespace, x, key))


def _bare(places: Any) -> Any:
    """Positions without the Tensors they were computed with, which are constants."""
    if getattr(places, "hides_axis", False):
        return type(places)(_bare(places.data))
    return _bare(places.data) if isinstance(places, Wrapper) else places
