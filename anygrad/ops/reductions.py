"""Statistical functions, cumulative ones, and those of the standard's utility chapter."""

from __future__ import annotations

import math
from typing import Any

from anygrad.core.kinds import is_complex
from anygrad.core.primitive import Array, linear, nondifferentiable, primitive
from anygrad.ops._axes import Axes, Shape, count, inverse, kept, normalized
from anygrad.ops.creation import new_zeros, ones_like, zeros_like
from anygrad.ops.datatypes import astype, wide
from anygrad.ops.elementwise import (
    add,
    chain,
    conj,
    divide,
    may_have_nan,
    multiply,
    strong_product,
    subtract,
)
from anygrad.ops.indexing import getitem
from anygrad.ops.joining import concat
from anygrad.ops.logic import equal, greater, isfinite, logical_and, logical_not
from anygrad.ops.magnitudes import magnitude, nan_for_zero
from anygrad.ops.manipulation import broadcast_to, flip, moveaxis, permute_dims, reshape
from anygrad.ops.searching import where

# --- reductions -------------------------------------------------------------------------------------------------------


@linear(lambda g, x_shape, axis: _spread(g, x_shape, axis))
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


@primitive(
    lambda g, x, axis: weighted_cotangent(g, _others(x, axis), axis),
    jvp=(lambda t, x, axis, keepdims: weighted_tangent(t, _others(x, axis), axis, keepdims),),
)
def prod(x: Array, /, *, axis: Axes = None, dtype: Any = None, keepdims: bool = False) -> Array:
    """The product of the elements over all axes, or the given ones.

    >>> ag.prod(ag.Tensor([[1.0, 2.0], [3.0, 6.0]]), axis=1)
    Tensor([ 2., 18.])
    """


@primitive(
    lambda g, x, out, axis: _to_chosen(g, x, out, axis),
    jvp=(lambda t, x, out, axis, keepdims: _from_chosen(t, x, out, axis, keepdims),),
)
def max(x: Array, /, *, axis: Axes = None, keepdims: bool = False) -> Array:
    """The largest element over all axes, or the given ones; equal ones share the gradient evenly.

    >>> ag.max(ag.Tensor([[1.0, 2.0], [3.0, 6.0]]), axis=1)
    Tensor([2., 6.])
    """


@primitive(
    lambda g, x, out, axis: _to_chosen(g, x, out, axis),
    jvp=(lambda t, x, out, axis, keepdims: _from_chosen(t, x, out, axis, keepdims),),
)
def min(x: Array, /, *, axis: Axes = None, keepdims: bool = False) -> Array:
    """The smallest element over all axes, or the given ones; equal ones share the gradient evenly.

    >>> ag.min(ag.Tensor([[1.0, 2.0], [3.0, 6.0]]), axis=1)
    Tensor([1., 3.])
    """


@primitive(
    lambda g, x, axis, correction: weighted_cotangent(g, _deviation(x, axis, correction), axis),
    jvp=(
        lambda t, x, axis, correction, keepdims: weighted_tangent(t, _deviation(x, axis, correction), axis, keepdims),
    ),
)
def var(x: Array, /, *, axis: Axes = None, correction: float = 0.0, keepdims: bool = False) -> Array:
    """The variance of the elements, with ``n - correction`` as divisor, over all axes or the given ones.

    >>> ag.var(ag.Tensor([[1.0, 2.0], [3.0, 6.0]]), axis=1)
    Tensor([0.25, 2.25])
    """


@magnitude(lambda x, axis, correction, keepdims: var(x, axis=axis, correction=correction, keepdims=keepdims))
@primitive(
    lambda g, x, out, axis, correction: weighted_cotangent(g, _std_gradient(x, out, axis, correction), axis),
    jvp=(
        lambda t, x, out, axis, correction, keepdims: weighted_tangent(
            t, _std_gradient(x, out, axis, correction), axis, keepdims
        ),
    ),
)
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


@primitive(
    lambda g, x, axis, include_initial: _cumulative_prod_rule(g, x, axis, include_initial),
    jvp=(lambda t, x, axis, include_initial: _cumulative_prod_forward(t, x, axis, include_initial),),
)
def cumulative_prod(x: Array, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False) -> Array:
    """The products of the elements up to each one along an axis.

    >>> ag.cumulative_prod(ag.Tensor([3.0, 1.0, 2.0]))
    Tensor([3., 3., 6.])
    """


@primitive(
    lambda g, x: _cumulative_prod_rule(g, x, -1, False),
    jvp=(lambda t, x: _cumulative_prod_forward(t, x, -1, False),),
)
def _strong_products(x: Array, /) -> Array:
    """The cumulative products along the last axis, which an exact 0 ends: beside it no overflow makes a NaN."""
    products = cumulative_prod(x, axis=-1)
    if not may_have_nan(products):
        return products
    counts = (cumulative_sum(astype(y, "int32"), axis=-1) for y in (equal(x, 0), logical_not(isfinite(x))))
    ended, spoilt = (greater(n, 0) for n in counts)
    return where(logical_and(ended, logical_not(spoilt)), zeros_like(products), products)


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
    if axis is not None and len(g.shape) != len(shape):
        g = reshape(g, kept(shape, axis))
    return broadcast_to(g, shape)


HALF = 1 << 15
"""A count that half precision still holds."""


def _spread_mean(g: Array, shape: Shape, axis: Axes) -> Array:
    n = count(shape, axis)
    if n:
        g = divide(g, n) if n < HALF else multiply(g, 1 / n)
    return _spread(g, shape, axis)


# A reduction that is not linear has one gradient for each element of its operand. Both modes are products with it.


def weighted_cotangent(g: Array, gradient: Array, axis: Axes) -> Array:
    """The operand's cotangent, from that of the result of a reduction."""
    return chain(reshape(g, kept(tuple(gradient.shape), axis)), gradient)


def weighted_tangent(t: Array, gradient: Array, axis: Axes, keepdims: bool) -> Array:
    """The result's tangent, from that of the operand of a reduction."""
    return sum(chain(t, conj(gradient) if is_complex(gradient) else gradient), axis=axis, keepdims=keepdims)


def chosen_among(x: Array, out: Array, axis: Axes) -> tuple[Array, Array]:
    """Where the elements of a reduction stand that are its result, and how many of them there are."""
    chosen = equal(x, reshape(out, kept(tuple(x.shape), axis)))
    return chosen, sum(astype(chosen, wide[out.dtype]), axis=axis, keepdims=True)


def _to_chosen(g: Array, x: Array, out: Array, axis: Axes) -> Array:
    chosen, n = chosen_among(x, out, axis)
    return chain(divide(reshape(g, kept(tuple(x.shape), axis)), n), chosen)


def _from_chosen(t: Array, x: Array, out: Array, axis: Axes, keepdims: bool) -> Array:
    chosen, n = chosen_among(x, out, axis)
    return sum(divide(chain(t, chosen), n), axis=axis, keepdims=keepdims)


def _deviation(x: Array, axis: Axes, correction: float) -> Array:
    centred = subtract(x, mean(x, axis=axis, keepdims=True))
    freedom = count(tuple(x.shape), axis) - correction
    return multiply(centred, 2 / freedom if freedom > 0 else math.inf)


def _std_gradient(x: Array, out: Array, axis: Axes, correction: float) -> Array:
    return divide(_deviation(x, axis, correction), multiply(reshape(nan_for_zero(out), kept(tuple(x.shape), axis)), 2))


def _others(x: Array, axis: Axes) -> Array:
    """The product of the other elements, conjugated, for each one: no division, so zeros work."""
    flat, restore = _last(x, axis)
    others = restore(strong_product(_shifted_products(flat, reverse=False), _shifted_products(flat, reverse=True)))
    return conj(others) if is_complex(others) else others


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
    products = _strong_products(shifted)
    return flip(products, axis=-1) if reverse else products


def _without_initial(g: Array, axis: int, include_initial: bool) -> Array:
    return getitem(g, (slice(None),) * (axis % len(g.shape)) + (slice(1, None),)) if include_initial else g


def _cumulative_sum_rule(g: Array, axis: int | None, include_initial: bool) -> Array:
    axis = 0 if axis is None else axis
    g = _without_initial(g, axis, include_initial)
    return flip(cumulative_sum(flip(g, axis=axis), axis=axis), axis=axis)


def _cumulative_prod_rule(g: Array, x: Array, axis: int | None, include_initial: bool) -> Array:
    """The cotangent of x[k] is sum_j>=k g[j] prod_{i<=j, i!=k} x[i]: exact with any number of zeros.

    With P[k] the product before k, it is P[k] R[k] for R[k] = g[k] + x[k+1] R[k+1].
    """
    axis = 0 if axis is None else axis % len(x.shape)
    g = moveaxis(_without_initial(g, axis, include_initial), axis, -1)
    x = moveaxis(x, axis, -1)
    if is_complex(x):
        x = conj(x)
    if x.shape[-1] == 0:
        return moveaxis(x, -1, axis)
    factor = concat([getitem(x, (..., slice(1, None))), zeros_like(getitem(x, (..., slice(0, 1))))], axis=-1)
    return moveaxis(strong_product(_recurrence(g, factor), _shifted_products(x, reverse=False)), -1, axis)


def _cumulative_prod_forward(t: Array, x: Array, axis: int | None, include_initial: bool) -> Array:
    """The tangent T[k] = x[k] T[k-1] + P[k] t[k], with P[k] the product before k."""
    axis = 0 if axis is None else axis % len(x.shape)
    t, x = moveaxis(t, axis, -1), moveaxis(x, axis, -1)
    if x.shape[-1]:
        source = strong_product(_shifted_products(x, reverse=False), t)
        t = flip(_recurrence(flip(source, axis=-1), flip(x, axis=-1)), axis=-1)
    if include_initial:
        t = concat([new_zeros(t, (*t.shape[:-1], 1)), t], axis=-1)
    return moveaxis(t, -1, axis)


def _recurrence(source: Array, factor: Array) -> Array:
    """The solution of R[k] = source[k] + factor[k] R[k+1] along the last axis, in log2(n) steps of doubling."""
    step = 1
    while step < factor.shape[-1]:
        pad = new_zeros(factor, (*factor.shape[:-1], step))
        later, factors = (concat([getitem(y, (..., slice(step, None))), pad], axis=-1) for y in (source, factor))
        source = add(source, strong_product(factor, later))
        factor = strong_product(factor, factors)
        step *= 2
    return source
