"""Shapes: what rearranges, splits and repeats the elements of an array."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

import anygrad as ag
from anygrad.arrays.layouts import layout_of
from anygrad.arrays.views import window
from anygrad.arrays.wrapper import Wrapper
from anygrad.core.primitive import Array
from anygrad.numpy_api.registry import as_arrays, cast, dtype_of, implements
from anygrad.ops._axes import normalized
from anygrad.ops.creation import copy as _copy

__all__: list[str] = []


def _axes_by(order: str | None, a: Array) -> tuple[int, ...]:
    """The axes in the order in which elements are read: the last one is gone through first."""
    if order not in ("C", "F", "A", "K", None):
        raise ValueError(f"order must be 'C', 'F', 'A' or 'K', given {order!r}")
    axes = tuple(range(len(a.shape)))
    flags = a.flags if order in ("A", "K") and len(axes) > 1 else None
    if order == "F" or (flags is not None and flags.f_contiguous and not flags.c_contiguous):
        return axes[::-1]
    if order == "K" and flags is not None and not flags.c_contiguous:
        steps = layout_of(a).strides
        return tuple(sorted(axes, key=lambda i: -abs(steps[i])))
    return axes


@implements("reshape")
def reshape(a: Array, /, shape: Any, order: str = "C", *, copy: bool | None = None) -> Array:
    """The elements in another shape, read and placed by rows, by columns for "F", or as they lie in memory for "A"."""
    lengths = tuple(shape) if isinstance(shape, Sequence) else (operator.index(shape),)
    if order == "K":
        raise ValueError("reshape: order must be 'C', 'F' or 'A', given 'K'")
    axes = _axes_by(order, a)
    if axes == tuple(range(len(axes))) and order != "F":
        return ag.reshape(a, lengths, copy=copy)
    return _reversed_axes(ag.reshape(ag.permute_dims(a, axes), lengths[::-1], copy=copy))


def _reversed_axes(a: Array) -> Array:
    return ag.permute_dims(a, tuple(reversed(range(len(a.shape)))))


@implements("ravel")
def ravel(a: Array, order: str = "C") -> Array:
    """The elements along one axis: a view of what lies so in memory, else a copy."""
    axes = _axes_by(order, a)
    read = a if axes == tuple(range(len(axes))) else ag.permute_dims(a, axes)
    return ag.reshape(read, (-1,), copy=None if read.flags.c_contiguous else True)


@implements("transpose", "permute_dims")
def transpose(a: Array, axes: Any = None) -> Array:
    """The axes in another order, reversed if none is given."""
    return _reversed_axes(a) if axes is None else ag.permute_dims(a, tuple(axes))


@implements("matrix_transpose", "linalg.matrix_transpose")
def matrix_transpose(x: Array, /) -> Array:
    """The transpose of a matrix, or of each of a stack."""
    return ag.matrix_transpose(x)


@implements("swapaxes")
def swapaxes(a: Array, axis1: int, axis2: int) -> Array:
    """Two axes exchanged."""
    order = list(range(len(a.shape)))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return ag.permute_dims(a, tuple(order))


@implements("moveaxis")
def moveaxis(a: Array, source: Any, destination: Any) -> Array:
    """Axes moved to other places."""
    return ag.moveaxis(a, _tuple(source), _tuple(destination))


def _tuple(axis: Any) -> tuple[int, ...]:
    return tuple(axis) if isinstance(axis, Sequence) else (operator.index(axis),)


@implements("rollaxis")
def rollaxis(a: Array, axis: int, start: int = 0) -> Array:
    """An axis moved before another."""
    ndim = len(a.shape)
    axis, start = normalize_axis_index(axis, ndim), normalize_axis_index(start, ndim + (start >= 0))
    return ag.moveaxis(a, axis, start - 1 if start > axis else start)


@implements("expand_dims")
def expand_dims(a: Array, axis: Any) -> Array:
    """Axes of length 1 added."""
    ndim = len(a.shape) + len(_tuple(axis))
    for i in sorted(normalized(_tuple(axis), ndim, "expand_dims")):
        a = ag.expand_dims(a, axis=i)
    return a


@implements("squeeze")
def squeeze(a: Array, axis: Any = None) -> Array:
    """Axes of length 1 taken away, all if none is given."""
    axes = tuple(i for i, n in enumerate(a.shape) if n == 1) if axis is None else _tuple(axis)
    return ag.squeeze(a, axis=axes) if axes else a


def _at_least(ndim: int, places: dict[int, tuple[slice | None, ...]]) -> Any:
    def extended(*arrays: Array) -> Any:
        results = tuple(x if len(x.shape) >= ndim else x[places[len(x.shape)]] for x in as_arrays(arrays))
        return results[0] if len(results) == 1 else results

    extended.__name__ = f"atleast_{ndim}d"
    return implements(f"atleast_{ndim}d", arrays=0)(extended)


ALL = slice(None)
atleast_1d = _at_least(1, {0: (None,)})
atleast_2d = _at_least(2, {0: (None, None), 1: (None, ALL)})
atleast_3d = _at_least(3, {0: (None, None, None), 1: (None, ALL, None), 2: (ALL, ALL, None)})


@implements("broadcast_to")
def broadcast_to(array: Array, shape: Any, subok: bool = False) -> Array:
    """The array repeated to a shape."""
    return ag.broadcast_to(array, _tuple(shape))


@implements("broadcast_arrays", arrays=0)
def broadcast_arrays(*args: Array, subok: bool = False) -> tuple[Array, ...]:
    """The arrays repeated to a common shape."""
    return tuple(ag.broadcast_arrays(*as_arrays(args)))


@implements("astype")
def astype(x: Array, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Array:
    """The elements in another dtype."""
    return cast(x, dtype) if not copy or np.dtype(dtype) != dtype_of(x) else _copy(x)


# --- repeated and turned ----------------------------------------------------------------------------------------------


@implements("tile")
def tile(A: Array, reps: Any) -> Array:
    """The array over again, along each axis."""
    return ag.tile(A, _tuple(reps))


@implements("repeat")
def repeat(a: Array, repeats: Any, axis: int | None = None) -> Array:
    """Each element over again."""
    if axis is None:
        a, axis = ag.reshape(a, (-1,)), 0
    if isinstance(repeats, Sequence | np.ndarray):
        return ag.take(a, np.repeat(np.arange(a.shape[axis]), repeats), axis=axis)
    return ag.repeat(a, repeats if isinstance(repeats, Wrapper) else operator.index(repeats), axis=axis)


@implements("flip")
def flip(m: Array, axis: Any = None) -> Array:
    """The order along axes reversed."""
    return ag.flip(m, axis=axis)


@implements("flipud")
def flipud(m: Array) -> Array:
    """The order along the first axis reversed."""
    return ag.flip(m, axis=0)


@implements("fliplr")
def fliplr(m: Array) -> Array:
    """The order along the second axis reversed."""
    return ag.flip(m, axis=1)


@implements("rot90")
def rot90(m: Array, k: int = 1, axes: Any = (0, 1)) -> Array:
    """The plane of two axes turned by right angles."""
    first, second = axes
    if k % 2 == 0:
        return ag.flip(m, axis=(first, second)) if k % 4 else m
    turned = swapaxes(ag.flip(m, axis=second) if k % 4 == 1 else m, first, second)
    return turned if k % 4 == 1 else ag.flip(turned, axis=second)


@implements("roll")
def roll(a: Array, shift: Any, axis: Any = None) -> Array:
    """The elements moved along axes, the last ones to the front."""
    if axis is None:
        return ag.roll(a, int(np.sum(shift)))
    totals: dict[int, int] = {}
    for by, i in np.broadcast(shift, normalized(axis if np.ndim(axis) == 0 else tuple(axis), len(a.shape), "roll")):
        totals[int(i)] = totals.get(int(i), 0) + int(by)
    return ag.roll(a, tuple(totals.values()), axis=tuple(totals))


@implements("resize")
def resize(a: Array, new_shape: Any) -> Array:
    """The elements over again in another shape."""
    lengths, flat = _tuple(new_shape), ag.reshape(a, (-1,))
    size = int(np.prod(lengths))
    if not flat.shape[0]:  # of nothing NumPy makes zeros
        return ag.broadcast_to(ag.zeros_like(ag.sum(flat)), lengths)
    return ag.reshape(ag.tile(flat, (-(-size // flat.shape[0]),))[:size], lengths)


@implements("pad")
def pad(array: Array, pad_width: Any, mode: Any = "constant", **options: Any) -> Array:
    """Elements added around: constant, edge, reflected, symmetric or wrapped."""
    return ag.pad(array, _nested(pad_width), mode, **{name: _nested(value) for name, value in options.items()})


def _nested(widths: Any) -> Any:
    """Lists and arrays of numbers as the tuples that they mean."""
    if isinstance(widths, np.ndarray):
        widths = widths.tolist()
    if isinstance(widths, Sequence) and not isinstance(widths, str):
        parts = tuple(map(_nested, widths))
        return parts[0] if len(parts) == 1 else parts
    return widths


# --- split ------------------------------------------------------------------------------------------------------------


@implements("array_split")
def array_split(ary: Array, indices_or_sections: Any, axis: int = 0) -> list[Array]:
    """The parts between places along an axis, or a number of parts as equal as can be."""
    length = ary.shape[axis]
    if isinstance(indices_or_sections, int | np.integer):
        parts = int(indices_or_sections)
        if parts <= 0:
            raise ValueError(f"numpy.array_split: there must be at least one section, given {parts}")
        sizes = [length // parts + (i < length % parts) for i in range(parts)]
        bounds = [0, *np.cumsum(sizes).tolist()]
    else:
        bounds = [0, *map(operator.index, indices_or_sections), length]
    before = (ALL,) * (axis % len(ary.shape))
    return [ary[(*before, slice(start, stop))] for start, stop in itertools.pairwise(bounds)]


@implements("split")
def split(ary: Array, indices_or_sections: Any, axis: int = 0) -> Any:
    """The parts between places along an axis, or a number of equal parts."""
    if isinstance(indices_or_sections, int | np.integer) and ary.shape[axis] % indices_or_sections:
        raise ValueError(f"numpy.split: {ary.shape[axis]} elements do not make {indices_or_sections} equal parts")
    return array_split(ary, indices_or_sections, axis)


@implements("vsplit")
def vsplit(ary: Array, indices_or_sections: Any) -> Any:
    """The parts along the first axis."""
    return split(ary, indices_or_sections, 0)


@implements("hsplit")
def hsplit(ary: Array, indices_or_sections: Any) -> Any:
    """The parts along the second axis, of an array of one axis along that."""
    return split(ary, indices_or_sections, 1 if len(ary.shape) > 1 else 0)


@implements("dsplit")
def dsplit(ary: Array, indices_or_sections: Any) -> Any:
    """The parts along the third axis."""
    return split(ary, indices_or_sections, 2)


@implements("unstack")
def unstack(x: Array, /, *, axis: int = 0) -> tuple[Array, ...]:
    """The slices along an axis."""
    return tuple(ag.unstack(x, axis=axis))


@implements("trim_zeros")
def trim_zeros(filt: Array, trim: str = "fb", axis: Any = None) -> Array:
    """The array without the zeros before the first and behind the last element that is none."""
    axes = normalized(tuple(axis) if isinstance(axis, list) else axis, len(filt.shape))
    key: list[Any] = [ALL] * len(filt.shape)
    for i in axes:
        others = tuple(j for j in range(len(filt.shape)) if j != i)
        used = np.flatnonzero(ag.any(filt != 0, axis=others)._on_host())
        first, last = (int(used[0]), int(used[-1]) + 1) if len(used) else (0, 0)
        if not len(used) and "b" not in trim.lower():
            first = last = filt.shape[i]
        key[i] = slice(first if "f" in trim.lower() else 0, last if "b" in trim.lower() else filt.shape[i])
    return filt[tuple(key)]


@implements("lib.stride_tricks.sliding_window_view")
def sliding_window_view(
    x: Array, window_shape: Any, axis: Any = None, *, subok: bool = False, writeable: bool = False
) -> Array:
    """The windows of a length along axes, each as last axes of its own."""
    lengths = _tuple(window_shape)
    axes = normalized(tuple(axis) if isinstance(axis, list) else axis, len(x.shape))
    if len(axes) != len(lengths):
        raise ValueError(f"sliding_window_view: window_shape needs one length for each of the axes {axes}")
    for i, length in zip(axes, lengths):
        starts = np.arange(x.shape[i] - length + 1)
        if length < 0 or not len(starts):
            raise ValueError(f"sliding_window_view: a window of {length} does not fit into shape {tuple(x.shape)}")
        x = ag.moveaxis(window(x, (ALL,) * i + (starts[:, None] + np.arange(length),)), i + 1, -1)
    return x
