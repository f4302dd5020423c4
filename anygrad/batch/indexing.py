"""Reading and writing parts of batches."""

from __future__ import annotations

import builtins
import math
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from anygrad.arrays.above import above
from anygrad.arrays.wrapper import Wrapper
from anygrad.batch.rules import Params, batch_rule, is_array, lined_up, own_ndim, shifted, with_axis
from anygrad.core.keys import has_array, is_mask, is_split, parts_of, positions
from anygrad.core.primitive import Array, Primitive
from anygrad.core.types import device_of
from anygrad.ops.creation import new_arange, zeros_like
from anygrad.ops.datatypes import astype
from anygrad.ops.elementwise import add, multiply
from anygrad.ops.indexing import getitem, index_add, take
from anygrad.ops.keys import widened
from anygrad.ops.logic import equal, less, less_equal, logical_not
from anygrad.ops.manipulation import broadcast_to, expand_dims, moveaxis, reshape
from anygrad.ops.reductions import any, sum

__all__ = ["at_each"]


@batch_rule("take")
def _take(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    (x, indices), (bx, bi) = operands, is_batched
    n, axis = own_ndim(x, bx), params["axis"]
    if axis is None and n != 1:  # NumPy and CuPy then read from the flattened array
        x, n = reshape(x, (size, -1) if bx else (-1,)), 1
    axis = (axis or 0) % n
    if not bi:
        return op.apply((x, indices), {"axis": axis + 1})
    if not bx:
        flat = op.apply((x, reshape(indices, (-1,))), {"axis": axis})
        shape = (*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :])
        return moveaxis(reshape(flat, shape), axis, 0)
    # Members read from rows of their own: the batch and the axis become one.
    indices = widened(indices)
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


def _key_of_batch(key: Any) -> tuple[tuple[Any, ...], int]:
    """A key of members as a key of the batch, and where the batch axis of what it reads stands."""
    parts = parts_of(key)
    if not has_array(parts) or not is_split(parts):
        return (slice(None), *parts), 0
    # A slice between index arrays: the axes these make come first, and the batch axis after them.
    depth = builtins.max(1 if is_mask(part) else len(part.shape) for part in parts if hasattr(part, "shape"))
    return (slice(None), *parts), depth


@batch_rule("getitem")
def _getitem(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    (x,) = operands
    key, at = _key_of_batch(params["key"])
    out = op.apply((x,), {"key": key})
    return moveaxis(out, at, 0) if at else out


@batch_rule("index_set", "index_iset", "index_add", "index_iadd")
def _written(op: Primitive, operands: Sequence[Any], is_batched: Sequence[bool], params: Params, size: int) -> Any:
    (x, values), (bx, bv) = operands, is_batched
    key, at = _key_of_batch(params["key"])
    if not bx:
        x = with_axis(x, False, size)
        op = index_add if op.name == "index_iadd" else op  # a broadcast array is not for writing into
    if is_array(values):
        values = _spread_values(x, values, bv, key, at)
    return op.apply((x, values), {"key": key})


def _spread_values(x: Array, values: Array, is_batched: bool, key: Any, at: int) -> Array:
    """Values of each member, or of all, lined up with what a key of the batch reads."""
    ndim = len(getitem(x, key).shape) - 1
    values = _fitted(values, is_batched, ndim)
    if own_ndim(values, is_batched) > ndim:
        raise ValueError(f"values with {own_ndim(values, is_batched)} axes do not fit a part of a member with {ndim}")
    if is_batched:
        (values,) = lined_up((values,), (True,), ndim)
        return moveaxis(values, 0, at) if at else values
    missing = len(values.shape) - (ndim - at)
    return expand_dims(values, axis=missing) if missing > 0 else values


def _fitted(values: Any, is_batched: bool, ndim: int) -> Any:
    """Values without the leading axes of length 1 that an assignment drops."""
    added = own_ndim(values, is_batched) - ndim
    if added <= 0 or values.shape[is_batched : is_batched + added] != (1,) * added:
        return values
    return reshape(values, (*values.shape[:is_batched], *values.shape[is_batched + added :]))


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


def at_each(op: Primitive, operands: Any, key: Any, batch_type: type[Any]) -> Any:
    """Read, write or add at places of each member's own."""
    x, *written = operands
    at = _places(x, key)
    if op.name == "getitem":
        return reshape(take(reshape(x, (-1,)), reshape(at, (-1,)), axis=0), tuple(at.shape))
    (values,) = written
    shape = tuple(x.shape)
    size, length = at.data.shape[0], math.prod(shape)
    if batch_type.is_of_level(values):
        values = broadcast_to(batch_type(_fitted(values.data, True, len(at.shape))), tuple(at.shape)).data
    else:
        values = _fitted(values, False, len(at.shape))
        values = broadcast_to(add(zeros_like(getitem(at.data, 0)), values), (size, *at.shape))
    whole = x.data if batch_type.is_of_level(x) else broadcast_to(x, (size, *shape))
    starts = reshape(multiply(new_arange(at.data, size), length), (size, *(1,) * len(at.shape)))
    places = reshape(add(at.data, starts), (-1,))
    write = index_add if op.name == "index_iadd" else op
    out = write(reshape(whole, (-1,)), reshape(values, (-1,)), places)
    return batch_type(reshape(out, (size, *shape)))


def _places(x: Any, key: Any) -> Any:
    """The positions that a key names in the flattened array, as a Batch."""
    like = SimpleNamespace(shape=tuple(x.shape), device=device_of(x))
    return _bare(positions(above.namespace, like, key))


def _bare(places: Any) -> Any:
    """Positions without the Tensors they were computed with, which are constants."""
    if getattr(places, "hides_axis", False):
        return type(places)(_bare(places.data))
    return _bare(places.data) if isinstance(places, Wrapper) else places
