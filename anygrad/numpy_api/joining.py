"""Joining arrays: along axes that they have, along new ones, in blocks."""

from __future__ import annotations

from typing import Any

import numpy as np

import anygrad as ag
from anygrad.arrays.wrapper import Wrapper
from anygrad.core.primitive import Array
from anygrad.numpy_api.registry import as_array, as_arrays, cast, dtype_of, implements, promoted
from anygrad.numpy_api.shapes import atleast_1d, atleast_2d, atleast_3d

__all__: list[str] = []


def _parts(arrays: Any) -> list[Any]:
    """The arrays to be joined, in one dtype."""
    return promoted(as_arrays(arrays))


@implements("concatenate", "concat", arrays=0)
def concatenate(arrays: Any, /, axis: int | None = 0, *, dtype: Any = None, casting: str = "same_kind") -> Array:
    """The arrays one after the other along an axis, flattened if it is None."""
    return cast(ag.concat(_parts(arrays), axis=axis), dtype)


@implements("stack", arrays=0)
def stack(arrays: Any, axis: int = 0, *, dtype: Any = None, casting: str = "same_kind") -> Array:
    """The arrays side by side along a new axis."""
    return cast(ag.stack(_parts(arrays), axis=axis), dtype)


def _extended(arrays: Any, extend: Any) -> list[Any]:
    return [extend(x) for x in as_arrays(arrays)]


@implements("vstack", arrays=0)
def vstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Array:
    """The arrays as rows."""
    return concatenate(_extended(tup, atleast_2d), 0, dtype=dtype)


@implements("hstack", arrays=0)
def hstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Array:
    """The arrays along the second axis, or the only one."""
    arrays = _extended(tup, atleast_1d)
    return concatenate(arrays, 1 if len(arrays[0].shape) > 1 else 0, dtype=dtype)


@implements("dstack", arrays=0)
def dstack(tup: Any) -> Array:
    """The arrays along the third axis."""
    return concatenate(_extended(tup, atleast_3d), 2)


@implements("column_stack", arrays=0)
def column_stack(tup: Any) -> Array:
    """The arrays as columns."""
    arrays = as_arrays(tup)
    return concatenate([x if len(x.shape) > 1 else ag.reshape(x, (-1, 1)) for x in arrays], 1)


@implements("block", arrays=0)
def block(arrays: Any) -> Array:
    """The arrays of nested lists, the innermost along the last axis."""
    like = next(_leaves(arrays))
    depth = _depth(arrays)
    ndim = max([depth, *(len(as_array(x, like).shape) for x in _leaves(arrays, wrappers=False))])

    def joined(part: Any, axis: int) -> Array:
        if isinstance(part, list):
            return concatenate([joined(x, axis + 1) for x in part], axis)
        x = as_array(part, like)
        return ag.reshape(x, (1,) * (ndim - len(x.shape)) + tuple(x.shape))

    found = joined(arrays, -depth)
    return found if isinstance(arrays, list) else ag.asarray(found, copy=True)


def _leaves(part: Any, wrappers: bool = True) -> Any:
    if isinstance(part, list):
        for x in part:
            yield from _leaves(x, wrappers)
    elif not wrappers or isinstance(part, Wrapper):
        yield part


def _depth(part: Any) -> int:
    return 1 + max(map(_depth, part)) if isinstance(part, list) else 0


@implements("append", arrays=2)
def append(arr: Array, values: Array, axis: int | None = None) -> Array:
    """Values at the end of an axis, or of the flattened array."""
    arr, values = as_arrays((arr, values))
    if axis is None:
        arr, values, axis = ag.reshape(arr, (-1,)), ag.reshape(values, (-1,)), 0
    return concatenate((arr, values), axis)


@implements("insert")
def insert(arr: Array, obj: Any, values: Any, axis: int | None = None) -> Array:
    """Values before places along an axis, or in the flattened array."""
    if axis is None:
        arr, axis = ag.reshape(arr, (-1,)), 0
    arr, values = as_arrays((arr, values))
    n, ndim = arr.shape[axis], len(arr.shape)
    places = np.arange(n)[obj] if isinstance(obj, slice) else np.asarray(obj)
    places = np.flatnonzero(places) if places.dtype == bool else places.astype(np.intp)
    if places.size == 1:  # any number of values, all before one place
        values = ag.reshape(values, (1,) * (ndim - len(values.shape)) + tuple(values.shape))
        values = values if places.ndim else ag.moveaxis(values, 0, axis)
        places = np.full(values.shape[axis], places.item())
    shape = list(arr.shape)
    shape[axis] = len(places)
    values = ag.broadcast_to(cast(values, dtype_of(arr)), tuple(shape))
    order = np.argsort(np.concatenate([np.arange(n) + 0.5, np.where(places < 0, places + n, places)]), kind="stable")
    return ag.take(ag.concat([arr, values], axis=axis), order, axis=axis)


@implements("delete")
def delete(arr: Array, obj: Any, axis: int | None = None) -> Array:
    """The array without places along an axis, or of the flattened array."""
    if axis is None:
        arr, axis = ag.reshape(arr, (-1,)), 0
    return ag.take(arr, np.delete(np.arange(arr.shape[axis]), obj), axis=axis)
