"""Choosing elements: by index, by condition, along diagonals; and NumPy's functions that write into an array."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

import anygrad as ag
from anygrad.arrays.views import read_only
from anygrad.arrays.wrapper import Wrapper, bottom, lifted
from anygrad.core.kinds import kind_of
from anygrad.core.primitive import Array, describe
from anygrad.numpy_api.registry import as_array, as_arrays, cast, dtype_of, implements, of_one_dtype, promoted
from anygrad.ops.keys import widened

__all__: list[str] = []


# --- by index ---------------------------------------------------------------------------------------------------------


def _within(indices: Array, n: int, mode: str) -> Array:
    """Indices within an axis: counted from the end if negative, clipped or wrapped if asked for."""
    indices = _widened(indices)
    if mode == "raise":
        return ag.where(indices < 0, indices + n, indices)
    return _moved(indices, n, mode)


def _widened(indices: Array) -> Array:
    """Indices in the dtype of places; truth values and the floats of an empty list are integers to NumPy."""
    is_number = kind_of(indices.dtype) == "b" or (kind_of(indices.dtype) == "f" and 0 in indices.shape)
    return widened(ag.astype(indices, np.int64) if is_number else indices)


def _moved(indices: Array, n: int, mode: str) -> Array:
    if mode == "clip":
        return ag.clip(indices, 0, n - 1)
    if mode == "wrap":
        return ag.remainder(indices, n)
    raise ValueError(f"mode must be 'raise', 'clip' or 'wrap', given {mode!r}")


def _numbered(name: str, indices: Array, n: int, mode: str) -> Array:
    """Indices that do not count from the end.

    Raises:
        ValueError: one is out of bounds, and ``mode`` is ``"raise"``.
    """
    indices = _widened(indices)
    if mode != "raise":
        return _moved(indices, n, mode)
    if not bool(ag.all(bottom((indices >= 0) & (indices < n)))):
        raise ValueError(f"numpy.{name}: an index is out of bounds; those of {n} places are 0 to {n - 1}")
    return indices


@implements("take", arrays=2)
def take(a: Array, indices: Array, axis: int | None = None, *, mode: str = "raise") -> Array:
    """The elements at indices along an axis, or of the flattened array."""
    a, axis = (ag.reshape(a, (-1,)), 0) if axis is None else (a, normalize_axis_index(axis, len(a.shape)))
    a, indices = as_arrays((a, indices))
    flat = _within(ag.reshape(indices, (-1,)), a.shape[axis], mode)
    return ag.reshape(ag.take(a, flat, axis=axis), (*a.shape[:axis], *indices.shape, *a.shape[axis + 1 :]))


@implements("take_along_axis", arrays=2)
def take_along_axis(arr: Array, indices: Array, axis: int | None = -1) -> Array:
    """The elements at indices of their own for each line along an axis."""
    if axis is None:
        arr, axis = ag.reshape(arr, (-1,)), 0
    return ag.take_along_axis(arr, indices, axis=axis)


@implements("choose")
def choose(a: Array, choices: Any, *, mode: str = "raise") -> Array:
    """For each element the one of that number among several arrays."""
    first, *arrays = as_arrays((a, *choices))
    numbers, *chosen = ag.broadcast_arrays(first, *promoted(arrays))
    return ag.take_along_axis(ag.stack(chosen), _numbered("choose", numbers, len(chosen), mode)[None], axis=0)[0]


@implements("compress", arrays=2)
def compress(condition: Array, a: Array, axis: int | None = None) -> Array:
    """The slices along an axis at which a condition holds."""
    a, axis = (ag.reshape(a, (-1,)), 0) if axis is None else (a, axis)
    return ag.take(a, ag.nonzero(condition)[0], axis=axis)


@implements("extract", arrays=2)
def extract(condition: Array, arr: Array) -> Array:
    """The elements at which a condition holds."""
    return compress(ag.reshape(condition, (-1,)), arr)


# --- by condition -----------------------------------------------------------------------------------------------------


def _truth(x: Array) -> Array:
    return x if kind_of(x.dtype) == "b" else x != 0


@implements("where")
def where(condition: Array, x: Any = None, y: Any = None, /) -> Any:
    """The one array where a condition holds and the other elsewhere; without them the places where it holds."""
    if x is None and y is None:
        return ag.nonzero(condition)
    like = next(value for value in (condition, x, y) if isinstance(value, Wrapper))
    return ag.where(_truth(condition), *of_one_dtype((x, y), like))


@implements("select", arrays=0)
def select(condlist: Any, choicelist: Any, default: Any = 0) -> Array:
    """The first of several arrays whose condition holds."""
    like = next(value for value in (*condlist, *choicelist, default) if isinstance(value, Wrapper))
    *choices, result = of_one_dtype((*choicelist, default), like)
    conditions = [as_array(condition, like) for condition in condlist]
    for condition, choice in reversed(list(zip(conditions, choices))):
        result = ag.where(condition, choice, result)
    return result


@implements("piecewise")
def piecewise(x: Array, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Array:
    """Functions, or numbers, each where its condition holds, the last elsewhere.

    Every function runs on all elements; where its result is not taken no gradient comes back.
    """
    conditions = as_arrays((x, *(condlist if isinstance(condlist, list | tuple) else [condlist])))[1:]
    if len(funclist) not in (len(conditions), len(conditions) + 1):
        raise ValueError(f"numpy.piecewise: {len(conditions)} conditions need as many functions, or one more")
    values = [f(x, *args, **kw) if callable(f) else f for f in funclist]
    values = [cast(ag.broadcast_to(as_array(value, x), tuple(x.shape)), dtype_of(x)) for value in values]
    result = values[-1] if len(values) > len(conditions) else ag.zeros_like(x)
    for condition, value in zip(conditions, values):
        result = ag.where(condition, value, result)
    return result


# --- diagonals and triangles ------------------------------------------------------------------------------------------


@implements("diagonal")
def diagonal(a: Array, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Array:
    """The diagonal of the plane of two axes, as last axis: a view for reading."""
    return read_only(ag.linalg.diagonal(ag.moveaxis(a, (axis1, axis2), (-2, -1)), offset=offset))


@implements("linalg.diagonal")
def linalg_diagonal(x: Array, /, *, offset: int = 0) -> Array:
    """The diagonals of the last two axes: a view for reading."""
    return read_only(ag.linalg.diagonal(x, offset=offset))


@implements("trace")
def trace(a: Array, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Array:
    """The sum along a diagonal."""
    return ag.sum(cast(diagonal(a, offset, axis1, axis2), dtype), axis=-1)


@implements("linalg.trace")
def linalg_trace(x: Array, /, *, offset: int = 0, dtype: Any = None) -> Array:
    """The sums along the diagonals of the last two axes."""
    return trace(x, offset, -2, -1, dtype)


@implements("diag")
def diag(v: Array, k: int = 0) -> Array:
    """The diagonal of a matrix, or the matrix that has a diagonal."""
    if len(v.shape) == 2:
        return linalg_diagonal(v, offset=k)
    if len(v.shape) != 1:
        raise ValueError(f"numpy.diag: v must have one axis or two, given shape {tuple(v.shape)}")
    size = v.shape[0] + abs(k)
    rows, columns = np.arange(v.shape[0]) + max(-k, 0), np.arange(v.shape[0]) + max(k, 0)
    places = as_array((rows * size + columns).tolist(), v)
    zeros = ag.broadcast_to(ag.zeros_like(ag.sum(v)), (size * size,))
    return ag.reshape(ag.index_set(zeros, v, places.data) if len(v) else zeros, (size, size))


@implements("diagflat")
def diagflat(v: Array, k: int = 0) -> Array:
    """The matrix whose diagonal has the elements of an array."""
    return diag(ag.reshape(v, (-1,)), k)


@implements("tril")
def tril(m: Array, k: int = 0) -> Array:
    """Zeros above a diagonal."""
    return ag.tril(_matrix(m), k=k)


@implements("triu")
def triu(m: Array, k: int = 0) -> Array:
    """Zeros below a diagonal."""
    return ag.triu(_matrix(m), k=k)


def _matrix(m: Array) -> Array:
    """A vector as the matrix of which it is each row, which NumPy takes it for."""
    return ag.broadcast_to(m, m.shape * 2) if len(m.shape) == 1 else m


@implements("tril_indices_from", kind="plain")
def tril_indices_from(arr: Array, k: int = 0) -> Any:
    """The places of the lower triangle."""
    return np.tril_indices(arr.shape[-2], k=k, m=arr.shape[-1])


@implements("triu_indices_from", kind="plain")
def triu_indices_from(arr: Array, k: int = 0) -> Any:
    """The places of the upper triangle."""
    return np.triu_indices(arr.shape[-2], k=k, m=arr.shape[-1])


@implements("diag_indices_from", kind="plain")
def diag_indices_from(arr: Array) -> Any:
    """The places of the diagonal."""
    return np.diag_indices(arr.shape[0], len(arr.shape))


# --- places -----------------------------------------------------------------------------------------------------------


@implements("nonzero", kind="plain")
def nonzero(a: Array) -> Any:
    """The places of the elements that are not zero."""
    return ag.nonzero(a)


@implements("flatnonzero", kind="plain")
def flatnonzero(a: Array) -> Array:
    """The places, in the flattened array, of the elements that are not zero."""
    return ag.nonzero(ag.reshape(a, (-1,)))[0]


@implements("argwhere", kind="plain")
def argwhere(a: Array) -> Array:
    """The places of the elements that are not zero, one a row."""
    return ag.stack(ag.nonzero(a), axis=-1)


@implements("ix_", arrays=0, kind="plain")
def ix_(*args: Array) -> tuple[Array, ...]:
    """Indices along each axis, shaped to name a grid."""
    arrays = [ag.nonzero(x)[0] if kind_of(x.dtype) == "b" else x for x in as_arrays(args)]
    return tuple(ag.reshape(x, (1,) * i + (-1,) + (1,) * (len(arrays) - i - 1)) for i, x in enumerate(arrays))


@implements("unravel_index", kind="plain")
def unravel_index(indices: Array, shape: Any, order: str = "C") -> tuple[Array, ...]:
    """The index along each axis of places in the flattened array."""
    lengths = tuple(shape) if np.ndim(shape) else (shape,)
    indices = _numbered("unravel_index", indices, math.prod(lengths), "raise")
    parts = []
    for n in reversed(lengths) if order == "C" else lengths:
        parts.append(ag.remainder(indices, n))
        indices = ag.floor_divide(indices, n)
    return tuple(parts[::-1] if order == "C" else parts)


@implements("ravel_multi_index", arrays=0, kind="plain")
def ravel_multi_index(multi_index: Any, dims: Any, mode: str = "raise", order: str = "C") -> Array:
    """The places in the flattened array of indices along each axis."""
    modes = mode if isinstance(mode, tuple) else (mode,) * len(dims)
    parts = [(_numbered("ravel_multi_index", i, n, m), n) for i, n, m in zip(as_arrays(multi_index), dims, modes)]
    result: Any = 0
    for index, n in parts if order == "C" else reversed(parts):
        result = result * n + index
    return result


# --- writing ----------------------------------------------------------------------------------------------------------


def _target(name: str, array: Any, remedy: str) -> Any:
    """The array that is written into, which must be one of anygrad's to hold a gradient."""
    if not isinstance(array, Wrapper):
        raise TypeError(
            f"numpy.{name}: a plain array cannot hold a gradient; make it with np.zeros(shape, like=x), "
            f"or write {remedy}"
        )
    return array


@implements("copyto", arrays=0)
def copyto(dst: Any, src: Any, casting: Any = "same_kind", where: Any = True) -> None:
    """Write elements into an array of anygrad, which rebinds it as assignment does.

    Raises:
        TypeError: elements of ``dst`` cannot hold those of ``src`` by the rule that ``casting`` names.
    """
    dst = _target("copyto", dst, "dst = np.where(where, src, dst)")
    src = as_array(src, dst)
    if (
        isinstance(src.dtype, np.dtype)
        and isinstance(dst.dtype, np.dtype)
        and not np.can_cast(src.dtype, dst.dtype, casting)
    ):
        raise TypeError(
            f"np.copyto: {describe(src)} cannot be written to {describe(dst)} by casting={casting!r}; convert it "
            f"with .astype(dst.dtype) first, or write casting='unsafe'"
        )
    src = cast(src, dst.dtype)
    dst[...] = src if where is True else ag.where(_truth(lifted(as_array(where, dst), dst)), src, dst)


@implements("put", arrays=0)
def put(a: Any, ind: Any, v: Any, mode: str = "raise") -> None:
    """Write at places of the flattened array, which rebinds it as assignment does."""
    a = _target("put", a, "a = anygrad.index_set(a, v, ind)")
    places = ag.reshape(_within(as_array(ind, a), a.size, mode), (-1,))
    values = ag.reshape(as_array(v, a), (-1,))
    if not values.shape[0]:
        return
    if values.shape[0] not in (1, places.shape[0]):
        values = ag.tile(values, (-(-places.shape[0] // values.shape[0]),))[: places.shape[0]]
    a.flat[places] = values


@implements("put_along_axis", arrays=0)
def put_along_axis(arr: Any, indices: Any, values: Any, axis: int | None) -> None:
    """Write at indices of their own for each line along an axis, which rebinds the array as assignment does."""
    arr = _target("put_along_axis", arr, "arr = anygrad.index_set(arr, values, key)")
    indices = as_array(indices, arr)
    if axis is None:
        arr.flat[indices] = values
        return
    grid = list(ix_(*(as_array(list(range(n)), arr) for n in indices.shape)))
    grid[axis] = indices
    arr[tuple(grid)] = values


@implements("fill_diagonal", arrays=0)
def fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    """Write along the main diagonal, which rebinds the array as assignment does."""
    if wrap:
        raise TypeError(
            "numpy.fill_diagonal: wrap=True is not supported on anygrad's arrays; assign to a[rows, columns]"
        )
    if len(a.shape) < 2 or (len(a.shape) > 2 and len(set(a.shape)) > 1):
        raise ValueError(f"numpy.fill_diagonal: a must be a matrix, or have axes of one length, given {describe(a)}")
    n = min(a.shape)
    values = as_array(val, a)
    if len(values.shape):  # over again, or as many as there are places
        values = ag.reshape(values, (-1,))
        values = ag.tile(values, (-(-n // values.shape[0]),))[:n]
    a[(np.arange(n),) * len(a.shape)] = values
