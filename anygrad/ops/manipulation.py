"""Reordering and joining arrays without changing an element."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from anygrad.ops import indexing  # which imports this module: neither can take names from the other
from anygrad.ops._axes import Axes, Shape, inverse, normalized
from anygrad.ops.creation import new_arange
from anygrad.primitive import Array, linear, nondifferentiable

# --- one array --------------------------------------------------------------------------------------------------------


@linear(lambda g, x_shape: reshape(g, x_shape))
def reshape(x: Array, /, shape: Shape, *, copy: bool | None = None) -> Array:
    """The elements in another shape, in row-major order; one length may be -1.

    >>> ag.reshape(ag.Tensor([[1, 2], [3, 4]]), (4,))
    Tensor([1, 2, 3, 4])
    """


@linear(lambda g, axes: permute_dims(g, inverse(axes)))
def permute_dims(x: Array, /, axes: tuple[int, ...]) -> Array:
    """The array with its axes in another order.

    >>> ag.permute_dims(ag.Tensor([[1, 2], [3, 4]]), (1, 0))
    Tensor([[1, 3],
            [2, 4]])
    """


@linear(lambda g, x_shape: reshape(g, x_shape))
def expand_dims(x: Array, /, axis: Axes) -> Array:
    """The array with axes of length 1 inserted.

    >>> ag.expand_dims(ag.Tensor([1, 2]), axis=0)
    Tensor([[1, 2]])
    """


@linear(lambda g, x_shape: reshape(g, x_shape))
def squeeze(x: Array, /, axis: Axes) -> Array:
    """The array without some of its axes of length 1.

    >>> ag.squeeze(ag.Tensor([[1, 2]]), axis=0)
    Tensor([1, 2])
    """


@linear(lambda g: g)  # the engine sums a cotangent to its operand's shape
def broadcast_to(x: Array, /, shape: Shape) -> Array:
    """The array repeated, without a copy, to a shape that it broadcasts to.

    >>> ag.broadcast_to(ag.Tensor([1, 2]), (2, 2))
    Tensor([[1, 2],
            [1, 2]])
    """


@linear(lambda g, source, destination: moveaxis(g, destination, source))
def moveaxis(x: Array, source: int | tuple[int, ...], destination: int | tuple[int, ...], /) -> Array:
    """The array with some axes moved to other places.

    >>> ag.moveaxis(ag.zeros((2, 3, 4)), 0, -1).shape
    (3, 4, 2)
    """


@linear(lambda g, axis: flip(g, axis=axis))
def flip(x: Array, /, *, axis: Axes = None) -> Array:
    """The elements in reverse order along axes, by default all.

    >>> ag.flip(ag.Tensor([3.0, 1.0, 2.0]))
    Tensor([2., 1., 3.])
    """


@linear(lambda g, shift, axis: roll(g, _negated(shift), axis=axis))
def roll(x: Array, /, shift: int | tuple[int, ...], *, axis: Axes = None) -> Array:
    """The elements shifted along axes, those pushed out re-entering at the other end.

    >>> ag.roll(ag.Tensor([1, 2, 3]), 1)
    Tensor([3, 1, 2])
    """


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
    if isinstance(repeats, int):
        spread = broadcast_to(expand_dims(x, axis + 1), (*x.shape[: axis + 1], repeats, *x.shape[axis + 1 :]))
        return reshape(spread, (*x.shape[:axis], length * repeats, *x.shape[axis + 1 :]))
    return indexing.take(x, _repeat(new_arange(x, length), repeats), axis=axis)


def tile(x: Array, repetitions: tuple[int, ...], /) -> Array:
    """The array laid side by side a number of times along each axis.

    >>> ag.tile(ag.Tensor([1, 2]), (2,))
    Tensor([1, 2, 1, 2])
    """
    ndim = max(len(repetitions), len(x.shape))
    times = (1,) * (ndim - len(repetitions)) + tuple(repetitions)
    lengths = (1,) * (ndim - len(x.shape)) + tuple(x.shape)
    spread = reshape(x, tuple(n for length in lengths for n in (1, length)))
    spread = broadcast_to(spread, tuple(n for pair in zip(times, lengths) for n in pair))
    return reshape(spread, tuple(n * length for n, length in zip(times, lengths)))


@linear(lambda g: matrix_transpose(g))
def matrix_transpose(x: Array, /) -> Array:
    """The transpose of a matrix, or of each of a stack of matrices.

    >>> ag.matrix_transpose(ag.Tensor([[1, 2], [3, 4]]))
    Tensor([[1, 3],
            [2, 4]])
    """


# --- several arrays ---------------------------------------------------------------------------------------------------


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
    return tuple(indexing.getitem(x, (slice(None),) * axis + (i,)) for i in range(x.shape[axis]))


def broadcast_shapes(*shapes: Shape) -> Shape:
    """The shape that arrays of several shapes broadcast to.

    Raises:
        ValueError: they do not broadcast together.

    >>> ag.broadcast_shapes((2, 1), (3,))
    (2, 3)
    """
    ndim = max((len(shape) for shape in shapes), default=0)
    padded = [(1,) * (ndim - len(shape)) + tuple(shape) for shape in shapes]
    lengths = [sorted(set(column) - {1}) for column in zip(*padded)]
    if any(len(column) > 1 for column in lengths):
        raise ValueError(f"broadcast_shapes: the shapes {', '.join(map(str, shapes))} do not broadcast together")
    return tuple(column[0] if column else 1 for column in lengths)


def broadcast_arrays(*arrays: Array) -> tuple[Array, ...]:
    """Arrays broadcast to the shape they have in common.

    >>> [x.shape for x in ag.broadcast_arrays(ag.ones((2, 1)), ag.ones(3))]
    [(2, 3), (2, 3)]
    """
    shape = broadcast_shapes(*(tuple(x.shape) for x in arrays))
    return tuple(broadcast_to(x, shape) for x in arrays)


def meshgrid(*arrays: Array, indexing: str = "xy") -> tuple[Array, ...]:
    """Coordinate arrays of the grid that vectors of coordinates span.

    Raises:
        ValueError: ``indexing`` is neither ``"xy"`` nor ``"ij"``, or an array is not one-dimensional.

    >>> ag.meshgrid(ag.Tensor([1, 2]), ag.Tensor([3, 4]))[0]
    Tensor([[1, 2],
            [1, 2]])
    """
    if indexing not in ("xy", "ij"):
        raise ValueError(f"meshgrid: indexing must be 'xy' or 'ij', given {indexing!r}")
    if any(len(x.shape) != 1 for x in arrays):
        raise ValueError(f"meshgrid: arrays must be one-dimensional, given shapes {[tuple(x.shape) for x in arrays]}")
    n = len(arrays)
    spread = [reshape(x, (1,) * i + (-1,) + (1,) * (n - 1 - i)) for i, x in enumerate(arrays)]
    grids = broadcast_arrays(*spread)
    if indexing == "xy" and n > 1:
        return tuple(permute_dims(grid, (1, 0, *range(2, n))) for grid in grids)
    return grids


# --- pieces of the rules above ----------------------------------------------------------------------------------------


def _negated(shift: int | tuple[int, ...]) -> int | tuple[int, ...]:
    return tuple(-s for s in shift) if isinstance(shift, tuple) else -shift


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
            pieces.append(reshape(indexing.getitem(g, slice(start, stop)), shape))
        else:
            (at,) = normalized(axis, len(shape))
            stop = start + shape[at]
            pieces.append(indexing.getitem(g, (slice(None),) * at + (slice(start, stop),)))
        start = stop
    return pieces
