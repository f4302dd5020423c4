"""Statistical functions, cumulative ones, and those of the standard's utility chapter."""

from __future__ import annotations

from typing import Any

from anygrad.ops._axes import Axes, Shape, count, inverse, kept, normalized
from anygrad.ops.creation import ones_like, zeros_like
from anygrad.ops.datatypes import astype, is_complex
from anygrad.ops.elementwise import add, conj, divide, multiply, subtract
from anygrad.ops.indexing import getitem
from anygrad.ops.logic import equal
from anygrad.ops.manipulation import broadcast_to, concat, flip, moveaxis, permute_dims, reshape
from anygrad.ops.searching import where
from anygrad.primitive import Array, linear, nondifferentiable, primitive

# --- reductions -------------------------------------------------------------------------------------------------------


@linear(lambda g, x_shape, axis: broadcast_to(reshape(g, kept(x_shape, axis)), x_shape))
def sum(x: Array, /, *, axis: Axes = None, dtype: Any = None, keepdims: bool = False) -> Array:
    """The sum of the elements over all axes, or the given ones.

    >>> ag.sum(ag.Tensor([[1.0, 2.0], [3.0, 6.0]]), axis=1)
    Tensor([3., 9.])
    """


@linear(lambda g, x_shape, axis: _spread_mean(g, x_shape, axis))
def mean(x: Array, /, *, axis: Axes = None, keepdims: bool = False) -> Array:
    """The mean of the elements over all axes, or the given ones.

    >>> ag.mean(ag.Tensor([[1.0, 2.0], [3.0, 6.0]]), axis=1)
    Tensor([1.5, 4.5])
    """


@primitive(lambda g, x, axis: _prod_rule(g, x, axis))
def prod(x: Array, /, *, axis: Axes = None, dtype: Any = None, keepdims: bool = False) -> Array:
    """The product of the elements over all axes, or the given ones.

    >>> ag.prod(ag.Tensor([[1.0, 2.0], [3.0, 6.0]]), axis=1)
    Tensor([ 2., 18.])
    """


@primitive(lambda g, x, out, axis: _share_among_ties(g, x, out, axis))
def max(x: Array, /, *, axis: Axes = None, keepdims: bool = False) -> Array:
    """The largest element over all axes, or the given ones; equal ones share the gradient evenly.

    >>> ag.max(ag.Tensor([[1.0, 2.0], [3.0, 6.0]]), axis=1)
    Tensor([2., 6.])
    """


@primitive(lambda g, x, out, axis: _share_among_ties(g, x, out, axis))
def min(x: Array, /, *, axis: Axes = None, keepdims: bool = False) -> Array:
    """The smallest element over all axes, or the given ones; equal ones share the gradient evenly.

    >>> ag.min(ag.Tensor([[1.0, 2.0], [3.0, 6.0]]), axis=1)
    Tensor([1., 3.])
    """


@primitive(lambda g, x, axis, correction: _var_rule(g, x, axis, correction))
def var(x: Array, /, *, axis: Axes = None, correction: float = 0.0, keepdims: bool = False) -> Array:
    """The variance of the elements, with ``n - correction`` as divisor, over all axes or the given ones.

    >>> ag.var(ag.Tensor([[1.0, 2.0], [3.0, 6.0]]), axis=1)
    Tensor([0.25, 2.25])
    """


@primitive(lambda g, x, out, axis, correction: _std_rule(g, x, out, axis, correction))
def std(x: Array, /, *, axis: Axes = None, correction: float = 0.0, keepdims: bool = False) -> Array:
    """The standard deviation of the elements over all axes, or the given ones; its derivative is 0 where it is 0.

    >>> ag.std(ag.Tensor([[1.0, 2.0], [3.0, 6.0]]), axis=1)
    Tensor([0.5, 1.5])
    """


@nondifferentiable
def all(x: Array, /, *, axis: Axes = None, keepdims: bool = False) -> Array:
    """Whether every element is true, over all axes or the given ones.

    >>> ag.all(ag.Tensor([[True, False], [True, True]]), axis=1)
    Tensor([False,  True])
    """


@nondifferentiable
def any(x: Array, /, *, axis: Axes = None, keepdims: bool = False) -> Array:
    """Whether some element is true, over all axes or the given ones.

    >>> ag.any(ag.Tensor([[True, False], [True, True]]), axis=1)
    Tensor([ True,  True])
    """


# --- along an axis ----------------------------------------------------------------------------------------------------


@linear(lambda g, axis, include_initial: _cumulative_sum_rule(g, axis, include_initial))
def cumulative_sum(x: Array, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False) -> Array:
    """The sums of the elements up to each one along an axis.

    >>> ag.cumulative_sum(ag.Tensor([3.0, 1.0, 2.0]))
    Tensor([3., 4., 6.])
    """


@primitive(lambda g, x, axis, include_initial: _cumulative_prod_rule(g, x, axis, include_initial))
def cumulative_prod(x: Array, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False) -> Array:
    """The products of the elements up to each one along an axis.

    >>> ag.cumulative_prod(ag.Tensor([3.0, 1.0, 2.0]))
    Tensor([3., 3., 6.])
    """


def diff(x: Array, /, *, axis: int = -1, n: int = 1, prepend: Array = None, append: Array = None) -> Array:
    """The differences between neighbours along an axis, taken n times.

    >>> ag.diff(ag.Tensor([3.0, 1.0, 2.0]))
    Tensor([-2.,  1.])
    """
    if n < 0:
        raise ValueError(f"diff: n must not be negative, given {n}")
    x = concat([part for part in (prepend, x, append) if part is not None], axis=axis)
    (at,) = normalized(axis, len(x.shape), "diff")
    before = (slice(None),) * at
    for _ in range(n):
        x = subtract(getitem(x, (*before, slice(1, None))), getitem(x, (*before, slice(None, -1))))
    return x


# --- pieces of the rules above ----------------------------------------------------------------------------------------


def _spread(g: Array, shape: Shape, axis: Axes) -> Array:
    return broadcast_to(reshape(g, kept(shape, axis)), shape)


def _spread_mean(g: Array, shape: Shape, axis: Axes) -> Array:
    n = count(shape, axis)
    return _spread(divide(g, n) if n else g, shape, axis)


def _share_among_ties(g: Array, x: Array, out: Array, axis: Axes) -> Array:
    shape = tuple(x.shape)
    chosen = astype(equal(x, reshape(out, kept(shape, axis))), out.dtype)
    return multiply(divide(chosen, sum(chosen, axis=axis, keepdims=True)), reshape(g, kept(shape, axis)))


def _var_rule(g: Array, x: Array, axis: Axes, correction: float) -> Array:
    shape = tuple(x.shape)
    centred = subtract(x, mean(x, axis=axis, keepdims=True))
    return multiply(centred, reshape(multiply(g, 2 / (count(shape, axis) - correction)), kept(shape, axis)))


def _std_rule(g: Array, x: Array, out: Array, axis: Axes, correction: float) -> Array:
    at_zero = equal(out, 0)
    twice = multiply(where(at_zero, ones_like(out), out), 2)
    return _var_rule(where(at_zero, zeros_like(out), divide(g, twice)), x, axis, correction)


def _prod_rule(g: Array, x: Array, axis: Axes) -> Array:
    """Each element's cotangent is that of the product, times the product of the others: no division, so zeros work."""
    shape = tuple(x.shape)
    flat, restore = _last(x, axis)
    before = _shifted_products(flat, reverse=False)
    after = _shifted_products(flat, reverse=True)
    others = restore(multiply(before, after))
    others = conj(others) if is_complex(others) else others
    return multiply(others, reshape(g, kept(shape, axis)))


def _last(x: Array, axis: Axes) -> tuple[Array, Any]:
    """The array with the reduced axes flattened into a last one, and the way back."""
    shape = tuple(x.shape)
    axes = normalized(axis, len(shape))
    order = tuple(i for i in range(len(shape)) if i not in axes) + axes
    moved = permute_dims(x, order) if order else x
    rest = tuple(shape[i] for i in order[: len(shape) - len(axes)])
    flat = reshape(moved, (*rest, count(shape, axis)))

    def restore(y: Array) -> Array:
        y = reshape(y, tuple(shape[i] for i in order))
        return permute_dims(y, inverse(order)) if order else y

    return flat, restore


def _shifted_products(x: Array, *, reverse: bool) -> Array:
    """The products of all elements before each one along the last axis (after it, if reversed)."""
    n = x.shape[-1]
    if n == 0:
        return x
    x = flip(x, axis=-1) if reverse else x
    ones = ones_like(getitem(x, (..., slice(0, 1))))
    shifted = concat([ones, getitem(x, (..., slice(0, n - 1)))], axis=-1)
    products = cumulative_prod(shifted, axis=-1)
    return flip(products, axis=-1) if reverse else products


def _without_initial(g: Array, axis: int, include_initial: bool) -> Array:
    return getitem(g, (slice(None),) * (axis % len(g.shape)) + (slice(1, None),)) if include_initial else g


def _cumulative_sum_rule(g: Array, axis: int | None, include_initial: bool) -> Array:
    axis = 0 if axis is None else axis
    g = _without_initial(g, axis, include_initial)
    return flip(cumulative_sum(flip(g, axis=axis), axis=axis), axis=axis)


def _cumulative_prod_rule(g: Array, x: Array, axis: int | None, include_initial: bool) -> Array:
    """The cotangent of x[k] is sum_j>=k g[j] prod_{i<=j, i!=k} x[i]: exact with any number of zeros.

    With P[k] the product before k, it is P[k] R[k] for R[k] = g[k] + x[k+1] R[k+1], a linear recurrence that doubling
    solves in log2(n) steps, without a division.
    """
    axis = 0 if axis is None else axis % len(x.shape)
    g = moveaxis(_without_initial(g, axis, include_initial), axis, -1)
    x = moveaxis(x, axis, -1)
    if is_complex(x):
        x = conj(x)
    n = x.shape[-1]
    if n == 0:
        return moveaxis(x, -1, axis)
    zero = zeros_like(getitem(x, (..., slice(0, 1))))
    factor = concat([getitem(x, (..., slice(1, None))), zero], axis=-1)
    total = g
    step = 1
    while step < n:
        pad = broadcast_to(zero, (*x.shape[:-1], step))
        total = add(total, multiply(factor, concat([getitem(total, (..., slice(step, None))), pad], axis=-1)))
        factor = multiply(factor, concat([getitem(factor, (..., slice(step, None))), pad], axis=-1))
        step *= 2
    return moveaxis(multiply(_shifted_products(x, reverse=False), total), -1, axis)
