"""The elements of an array in another order or shape."""

from __future__ import annotations

from anygrad.core.primitive import Array, linear, view
from anygrad.ops._axes import Axes, Shape, inverse
from anygrad.ops.creation import copy

# --- one array --------------------------------------------------------------------------------------------------------


@view()
@linear(lambda g, x_shape: reshape(g, x_shape))
def reshape(x: Array, /, shape: Shape, *, copy: bool | None = None) -> Array:
    """The elements in another shape, in row-major order; one length may be -1.

    >>> ag.reshape(ag.Tensor([[1, 2], [3, 4]]), (4,))
    Tensor([1, 2, 3, 4])
    """


@view()
@linear(lambda g, axes: permute_dims(g, inverse(axes)))
def permute_dims(x: Array, /, axes: tuple[int, ...]) -> Array:
    """The array with its axes in another order.

    >>> ag.permute_dims(ag.Tensor([[1, 2], [3, 4]]), (1, 0))
    Tensor([[1, 3],
            [2, 4]])
    """


@view()
@linear(lambda g, x_shape: reshape(g, x_shape))
def expand_dims(x: Array, /, axis: Axes) -> Array:
    """The array with axes of length 1 inserted.

    >>> ag.expand_dims(ag.Tensor([1, 2]), axis=0)
    Tensor([[1, 2]])
    """


@view()
@linear(lambda g, x_shape: reshape(g, x_shape))
def squeeze(x: Array, /, axis: Axes) -> Array:
    """The array without some of its axes of length 1.

    >>> ag.squeeze(ag.Tensor([[1, 2]]), axis=0)
    Tensor([1, 2])
    """


@view(None)
@linear(lambda g: g)  # the engine sums a cotangent to its operand's shape
def broadcast_to(x: Array, /, shape: Shape) -> Array:
    """The array repeated, without a copy, to a shape that it broadcasts to.

    >>> ag.broadcast_to(ag.Tensor([1, 2]), (2, 2))
    Tensor([[1, 2],
            [1, 2]])
    """


@view()
@linear(lambda g, source, destination: moveaxis(g, destination, source))
def moveaxis(x: Array, source: int | tuple[int, ...], destination: int | tuple[int, ...], /) -> Array:
    """The array with some axes moved to other places.

    >>> ag.moveaxis(ag.zeros((2, 3, 4)), 0, -1).shape
    (3, 4, 2)
    """


@view()
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


@view()
@linear(lambda g: matrix_transpose(g))
def matrix_transpose(x: Array, /) -> Array:
    """The transpose of a matrix, or of each of a stack of matrices.

    >>> ag.matrix_transpose(ag.Tensor([[1, 2], [3, 4]]))
    Tensor([[1, 3],
            [2, 4]])
    """


# --- several arrays ---------------------------------------------------------------------------------------------------


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
    grids = [copy(grid) for grid in broadcast_arrays(*spread)]
    if indexing == "xy" and n > 1:
        return tuple(permute_dims(grid, (1, 0, *range(2, n))) for grid in grids)
    return tuple(grids)


# --- pieces of the rules above ----------------------------------------------------------------------------------------


def _negated(shift: int | tuple[int, ...]) -> int | tuple[int, ...]:
    return tuple(-s for s in shift) if isinstance(shift, tuple) else -shift
