"""Joining arrays, taking them apart, and laying them side by side."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from numbers import Integral
from typing import Any

from anygrad.core.primitive import Array, linear, nondifferentiable
from anygrad.ops._axes import Shape, normalized
from anygrad.ops.creation import new_arange
from anygrad.ops.indexing import getitem, take
from anygrad.ops.manipulation import broadcast_to, expand_dims, reshape


@linear(lambda g, arrays_shape, axis: _split(g, arrays_shape, axis))
def concat(arrays: Sequence[Array], /, *, axis: int | None = 0) -> Array:
    """Arrays joined along an existing axis; flattened first if the axis is None.

    >>> ag.concat([ag.Tensor([1, 2]), ag.Tensor([3])])
    Tensor([1, 2, 3])
    """


@linear(lambda g, axis: unstack(g, axis=axis))
def stack(arrays: Sequence[Array], /, *, axis: int = 0) -> Array:
    """Arrays of one shape joined along a new axis.

    >>> ag.stack([ag.Tensor([1, 2]), ag.Tensor([3, 4])])
    Tensor([[1, 2],
            [3, 4]])
    """


def unstack(x: Array, /, *, axis: int = 0) -> tuple[Array, ...]:
    """The slices of an array along an axis, which they no longer have.

    >>> ag.unstack(ag.Tensor([[1, 2], [3, 4]]))
    (Tensor([1, 2]), Tensor([3, 4]))
    """
    (axis,) = normalized(axis, len(x.shape), "unstack")
    return tuple(getitem(x, (slice(None),) * axis + (i,)) for i in range(x.shape[axis]))


@nondifferentiable
def _repeat(x: Array, repeats: Any, /) -> Array:
    """The library's own repeat, for indices."""


def repeat(x: Array, repeats: Any, /, *, axis: int | None = None) -> Array:
    """Each element repeated, a number of times or its own number of times, along an axis.

    >>> ag.repeat(ag.Tensor([1, 2]), 2)
    Tensor([1, 1, 2, 2])
    """
    if axis is None:
        x, axis = reshape(x, (-1,)), 0
    (axis,) = normalized(axis, len(x.shape), "repeat")
    length = x.shape[axis]
    if isinstance(repeats, Integral):
        repeats = operator.index(repeats)
        spread = broadcast_to(expand_dims(x, axis + 1), (*x.shape[: axis + 1], repeats, *x.shape[axis + 1 :]))
        return reshape(spread, (*x.shape[:axis], length * repeats, *x.shape[axis + 1 :]), copy=True)
    return take(x, _repeat(new_arange(x, length), repeats), axis=axis)


def tile(x: Array, repetitions: tuple[int, ...], /) -> Array:
    """The array laid side by side a number of times along each axis.

    >>> ag.tile(ag.Tensor([1, 2]), (2,))
    Tensor([1, 2, 1, 2])
    """
    ndim = max(len(repetitions), len(x.shape))
    times = (1,) * (ndim - len(repetitions)) + tuple(map(operator.index, repetitions))
    lengths = (1,) * (ndim - len(x.shape)) + tuple(x.shape)
    spread = reshape(x, tuple(n for length in lengths for n in (1, length)))
    spread = broadcast_to(spread, tuple(n for pair in zip(times, lengths) for n in pair))
    return reshape(spread, tuple(n * length for n, length in zip(times, lengths)), copy=True)


# --- pieces of the rules above ----------------------------------------------------------------------------------------


def _split(g: Array, shapes: Sequence[Shape], axis: int | None) -> list[Array]:
    pieces = []
    start = 0
    for shape in shapes:
        if axis is None:
            stop = start
            length = 1
            for n in shape:
                length *= n
            stop = start + length
            pieces.append(reshape(getitem(g, slice(start, stop)), shape))
        else:
            (at,) = normalized(axis, len(shape))
            stop = start + shape[at]
            pieces.append(getitem(g, (slice(None),) * at + (slice(start, stop),)))
        start = stop
    return pieces
