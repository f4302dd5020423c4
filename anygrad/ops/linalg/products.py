"""Products of vectors and matrices, and the diagonal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from anygrad.core.primitive import Array, bilinear, linear, view
from anygrad.ops._axes import inverse, normalized
from anygrad.ops.creation import new_arange, zeros_like
from anygrad.ops.datatypes import astype
from anygrad.ops.elementwise import add, chain, multiply
from anygrad.ops.indexing import Scatter, index_iset
from anygrad.ops.linalg._matrices import adjoint, conjugate
from anygrad.ops.logic import equal, isfinite, logical_not, not_equal
from anygrad.ops.manipulation import expand_dims, permute_dims, reshape
from anygrad.ops.reductions import sum
from anygrad.ops.searching import where

TensordotAxes = int | tuple[Sequence[int], Sequence[int]]


@bilinear(lambda g, x2, x1_shape: _matmul_left(g, x2, x1_shape), lambda g, x1, x2_shape: _matmul_right(g, x1, x2_shape))
def matmul(x1: Array, x2: Array, /) -> Array:
    """The product of matrices, or of stacks of them; a vector stands for a row on the left, a column on the right.

    >>> ag.matmul(ag.Tensor([[1, 2], [3, 4]]), ag.Tensor([1, 1]))
    Tensor([3, 7])
    """


@bilinear(lambda g, x2, x1_shape: _matmul_left(g, x2, x1_shape), lambda g, x1, x2_shape: _matmul_right(g, x1, x2_shape))
def strong_matmul(x1: Array, x2: Array, /) -> Array:
    """The product of matrices, or of stacks of them, in which an exact 0 of either stays 0.

    So a cotangent that is 0 stays 0 where it meets what is infinite or NaN. Libraries for which looking at a number
    means to wait for it multiply as they are used to.
    """
    return matmul(x1, x2)


def without_zeros(product: Array, x1: Array, x2: Array) -> Array:
    """A product of matrices without the terms in which one factor is 0 and the other infinite or NaN."""

    def counted(rows: Array, columns: Array) -> Array:
        return matmul(astype(rows, product.dtype), astype(columns, product.dtype))

    is_met = add(
        counted(logical_not(isfinite(x1)), not_equal(x2, 0)), counted(not_equal(x1, 0), logical_not(isfinite(x2)))
    )
    finite = (where(isfinite(x), x, zeros_like(x)) for x in (x1, x2))
    return where(equal(is_met, 0), matmul(*finite), product)


@bilinear(
    lambda g, x2, axis: chain(conjugate(expand_dims(g, axis)), x2),
    lambda g, x1, axis: chain(expand_dims(g, axis), x1),
)
def vecdot(x1: Array, x2: Array, /, *, axis: int = -1) -> Array:
    """The dot product of vectors along an axis, the first of them conjugated.

    >>> ag.vecdot(ag.Tensor([1, 2]), ag.Tensor([3, 4]))
    Tensor(11)
    """


@bilinear(
    lambda g, x2, x1_shape, axes: _tensordot_left(g, x2, x1_shape, axes),
    lambda g, x1, x2_shape, axes: _tensordot_right(g, x1, x2_shape, axes),
)
def tensordot(x1: Array, x2: Array, /, *, axes: TensordotAxes = 2) -> Array:
    """The product of two arrays summed over pairs of axes.

    >>> ag.tensordot(ag.Tensor([[1, 2], [3, 4]]), ag.Tensor([[1, 2], [3, 4]]), axes=1)
    Tensor([[ 7, 10],
            [15, 22]])
    """


@bilinear(
    lambda g, x2, axis: _cross(conjugate(x2), g, axis=axis),
    lambda g, x1, axis: _cross(g, conjugate(x1), axis=axis),
)
def _cross(x1: Array, x2: Array, /, *, axis: int = -1) -> Array:
    """The library's own cross product."""


def cross(x1: Array, x2: Array, /, *, axis: int = -1) -> Array:
    """The cross product of vectors of three elements along an axis; the other axes broadcast.

    >>> ag.linalg.cross(ag.Tensor([1, 0, 0]), ag.Tensor([0, 1, 0]))
    Tensor([0, 0, 1])
    """
    for name, x in (("x1", x1), ("x2", x2)):
        (at,) = normalized(axis, len(x.shape), "cross")
        if x.shape[at] != 3:
            raise ValueError(f"cross: {name} must have 3 elements along axis {axis}, given shape {tuple(x.shape)}")
    return _cross(x1, x2, axis=axis)


def outer(x1: Array, x2: Array, /) -> Array:
    """The products of all pairs of elements of two vectors, of shape ``(len(x1), len(x2))``.

    >>> ag.linalg.outer(ag.Tensor([1, 2]), ag.Tensor([3, 4]))
    Tensor([[3, 4],
            [6, 8]])
    """
    for name, x in (("x1", x1), ("x2", x2)):
        if len(x.shape) != 1:
            raise ValueError(f"outer: {name} must have one axis, given shape {tuple(x.shape)}; flatten it with reshape")
    return multiply(expand_dims(x1, axis=-1), expand_dims(x2, axis=-2))


@view(lambda part, x, offset: index_iset(x, part, _diagonal_key(part, offset)))
@linear(lambda g, offset, x_shape: Scatter(g, _diagonal_key(g, offset), x_shape))
def diagonal(x: Array, /, *, offset: int = 0) -> Array:
    """The diagonal of a matrix, or of each of a stack; ``offset`` counts diagonals above (below, if negative) the main.

    >>> ag.linalg.diagonal(ag.Tensor([[1, 2], [3, 4]]))
    Tensor([1, 4])
    """


def trace(x: Array, /, *, offset: int = 0, dtype: Any = None) -> Array:
    """The sum along a diagonal of a matrix, or of each of a stack; arguments as of :func:`diagonal`.

    >>> ag.linalg.trace(ag.Tensor([[1, 2], [3, 4]]))
    Tensor(5)
    """
    return sum(diagonal(x, offset=offset), axis=-1, dtype=dtype)


# --- pieces of the rules above ----------------------------------------------------------------------------------------


def _matmul_left(g: Array, x2: Array, x1_shape: tuple[int, ...]) -> Array:
    if len(x2.shape) == 1:
        return chain(expand_dims(g, -1), conjugate(x2))
    if len(x1_shape) == 1:
        product = strong_matmul(conjugate(x2), expand_dims(g, -1))
        return reshape(product, tuple(product.shape[:-1]))
    return strong_matmul(g, adjoint(x2))


def _matmul_right(g: Array, x1: Array, x2_shape: tuple[int, ...]) -> Array:
    if len(x1.shape) == 1 and len(x2_shape) == 1:
        return chain(g, conjugate(x1))
    if len(x1.shape) == 1:
        return chain(expand_dims(g, -2), expand_dims(conjugate(x1), -1))
    if len(x2_shape) == 1:
        product = strong_matmul(adjoint(x1), expand_dims(g, -1))
        return reshape(product, tuple(product.shape[:-1]))
    return strong_matmul(adjoint(x1), g)


def contracted(axes: TensordotAxes, ndim1: int, ndim2: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The axes of each operand that a tensordot sums over, none of them negative."""
    if isinstance(axes, int):
        axes = tuple(range(-axes, 0)), tuple(range(axes))
    return normalized(tuple(axes[0]), ndim1), normalized(tuple(axes[1]), ndim2)


def _free(axes: tuple[int, ...], ndim: int) -> tuple[int, ...]:
    return tuple(i for i in range(ndim) if i not in axes)


def _tensordot_left(g: Array, x2: Array, x1_shape: tuple[int, ...], axes: TensordotAxes) -> Array:
    ndim1, ndim2 = len(x1_shape), len(x2.shape)
    axes1, axes2 = contracted(axes, ndim1, ndim2)
    free1, free2 = _free(axes1, ndim1), _free(axes2, ndim2)
    g_axes = tuple(range(len(free1), len(free1) + len(free2)))
    product = _strong_tensordot(g, conjugate(x2), (g_axes, free2))
    by_axis2 = sorted(range(len(axes2)), key=axes2.__getitem__)
    order = inverse((*free1, *(axes1[i] for i in by_axis2))) if ndim1 else ()
    return permute_dims(product, order)


def _tensordot_right(g: Array, x1: Array, x2_shape: tuple[int, ...], axes: TensordotAxes) -> Array:
    ndim1, ndim2 = len(x1.shape), len(x2_shape)
    axes1, axes2 = contracted(axes, ndim1, ndim2)
    free1, free2 = _free(axes1, ndim1), _free(axes2, ndim2)
    product = _strong_tensordot(conjugate(x1), g, (free1, tuple(range(len(free1)))))
    by_axis1 = sorted(range(len(axes1)), key=axes1.__getitem__)
    order = inverse((*(axes2[i] for i in by_axis1), *free2)) if ndim2 else ()
    return permute_dims(product, order)


def _strong_tensordot(x1: Array, x2: Array, axes: tuple[tuple[int, ...], tuple[int, ...]]) -> Array:
    free1, free2 = (_free(a, len(x.shape)) for a, x in zip(axes, (x1, x2)))
    rows, inner, columns = (tuple(x.shape[i] for i in a) for x, a in ((x1, free1), (x1, axes[0]), (x2, free2)))
    left = reshape(permute_dims(x1, (*free1, *axes[0])), (math.prod(rows), math.prod(inner)))
    right = reshape(permute_dims(x2, (*axes[1], *free2)), (math.prod(inner), math.prod(columns)))
    return reshape(strong_matmul(left, right), (*rows, *columns))


def _diagonal_key(g: Array, offset: int) -> tuple[Any, ...]:
    """The key at which the elements of a diagonal stand in its matrix."""
    rows = new_arange(g, g.shape[-1])
    return (..., add(rows, max(-offset, 0)), add(rows, max(offset, 0)))
