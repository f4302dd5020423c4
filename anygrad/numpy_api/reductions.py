"""Reductions, running sums and products, with NumPy's ``dtype=``, ``where=`` and ``initial=``, and those past NaN."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

import anygrad as ag
from anygrad.arrays.wrapper import bottom
from anygrad.core.kinds import is_complex, kind_of
from anygrad.core.primitive import Array
from anygrad.numpy_api.registry import as_array, cast, dtype_of, floating, implements
from anygrad.ops._axes import count

__all__: list[str] = []

Axes = Any


# --- what the functions share -----------------------------------------------------------------------------------------


def _chosen(a: Array, where: Any, neutral: Any) -> Array:
    """The elements that are to be reduced, and in place of the others one that does not count."""
    return a if where is True else ag.where(_mask(where, a), a, ag.full_like(a, neutral))


def _mask(where: Any, a: Array) -> Array:
    mask = as_array(where, a)
    return mask if kind_of(mask.dtype) == "b" else mask != 0


def _numbers(a: Array) -> Array:
    """Truth values as integers."""
    return ag.astype(a, np.int64) if kind_of(a.dtype) == "b" else a


def _amount(a: Array, axis: Axes, where: Any, keepdims: bool) -> Any:
    """How many elements are reduced: a number, or an array where a condition chooses them."""
    if where is True:
        return count(a.shape, axis)
    mask = ag.broadcast_to(_mask(where, a), tuple(a.shape))
    return ag.sum(ag.astype(mask, _counting(dtype_of(a))), axis=axis, keepdims=keepdims)


def _counting(dtype: Any) -> Any:
    """A floating dtype to count in beside another, as half precision ends at 65504."""
    return np.promote_types(dtype, np.float32)


def _per(total: Array, amount: Any) -> Array:
    """A quotient with a number of elements, in the dtype of the dividend."""
    return cast(cast(total, _counting(dtype_of(total))) / amount, dtype_of(total))


def _lowest(a: Array, sign: int) -> Any:
    """The least value of an array's dtype, or for a negative sign the greatest."""
    dtype = dtype_of(a)
    if dtype.kind == "b":
        return sign < 0
    if dtype.kind in "iu":
        return np.iinfo(dtype).min if sign > 0 else np.iinfo(dtype).max
    return -sign * np.inf


def _axes(axis: Axes) -> Axes:
    return tuple(axis) if isinstance(axis, list) else axis


# --- sums and their like ----------------------------------------------------------------------------------------------


@implements("sum", kind="numbers")
def sum(
    a: Array, axis: Axes = None, dtype: Any = None, *, keepdims: bool = False, initial: Any = 0, where: Any = True
) -> Array:
    """The sum of the elements."""
    total = ag.sum(_numbers(cast(_chosen(a, where, 0), dtype)), axis=_axes(axis), keepdims=keepdims)
    return cast(total if isinstance(initial, int) and initial == 0 else total + initial, dtype)


@implements("prod", kind="numbers")
def prod(
    a: Array, axis: Axes = None, dtype: Any = None, *, keepdims: bool = False, initial: Any = 1, where: Any = True
) -> Array:
    """The product of the elements."""
    product = ag.prod(_numbers(cast(_chosen(a, where, 1), dtype)), axis=_axes(axis), keepdims=keepdims)
    return cast(product if isinstance(initial, int) and initial == 1 else product * initial, dtype)


@implements("mean")
def mean(a: Array, axis: Axes = None, dtype: Any = None, *, keepdims: bool = False, where: Any = True) -> Array:
    """The mean of the elements."""
    a = floating(cast(a, dtype))
    if where is True:
        found = ag.mean(a, axis=_axes(axis), keepdims=keepdims)
    else:
        found = _per(sum(a, axis, keepdims=keepdims, where=where), _amount(a, _axes(axis), where, keepdims))
    return cast(found, dtype)


@implements("var")
def var(
    a: Array,
    axis: Axes = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    where: Any = True,
    mean: Any = None,
    correction: float | None = None,
) -> Array:
    """The mean square of the distances from the mean."""
    if where is True and mean is None and not is_complex(a):
        a = floating(cast(a, dtype))
        return ag.var(a, axis=_axes(axis), correction=ddof if correction is None else correction, keepdims=keepdims)
    distances, axis, left = _distances(
        a, axis, dtype, keepdims, where, mean, ddof if correction is None else correction
    )
    return _per(ag.sum(_squared(distances), axis=axis, keepdims=keepdims), left)


def _distances(
    a: Array, axis: Axes, dtype: Any, keepdims: bool, where: Any, mean: Any, correction: float
) -> tuple[Array, Axes, Any]:
    """The distances from the mean, 0 of those that are not chosen; along which axes, and what to divide squares by."""
    a, axis = floating(cast(a, dtype)), _axes(axis)
    distances = a - (_mean(a, axis, keepdims=True, where=where) if mean is None else mean)
    amount = _amount(a, axis, where, keepdims)
    if where is True:
        return distances, axis, builtins.max(amount - correction, 0)
    return ag.where(_mask(where, a), distances, 0.0), axis, ag.maximum(amount - correction, 0.0)


_mean = mean


def _squared(x: Array) -> Array:
    return ag.square(ag.real(x)) + ag.square(ag.imag(x)) if is_complex(x) else ag.square(x)


@implements("std")
def std(a: Array, axis: Axes = None, dtype: Any = None, **options: Any) -> Array:
    """The root of the variance; where that is 0 its derivative is taken as 0."""
    correction = options.get("correction", options.get("ddof", 0))
    keepdims = options.get("keepdims", False)
    if options.keys() <= {"ddof", "keepdims", "correction"} and not is_complex(a):
        return ag.std(floating(cast(a, dtype)), axis=_axes(axis), correction=correction, keepdims=keepdims)
    where, mean = options.get("where", True), options.get("mean")
    distances, axis, left = _distances(a, axis, dtype, True, where, mean, correction)
    scaled = cast(distances, _counting(dtype_of(distances))) / left**0.5
    return cast(ag.linalg.vector_norm(scaled, axis=axis, keepdims=keepdims), dtype_of(ag.real(distances)))


# --- extremes ---------------------------------------------------------------------------------------------------------


@implements("max", "amax", kind="numbers")
def max(a: Array, axis: Axes = None, *, keepdims: bool = False, initial: Any = None, where: Any = True) -> Array:
    """The largest element; equal ones share the gradient."""
    _check_initial("max", initial, where)
    return _extreme(ag.max, ag.maximum, _chosen(a, where, _lowest(a, 1)), _axes(axis), keepdims, initial)


@implements("min", "amin", kind="numbers")
def min(a: Array, axis: Axes = None, *, keepdims: bool = False, initial: Any = None, where: Any = True) -> Array:
    """The smallest element; equal ones share the gradient."""
    _check_initial("min", initial, where)
    return _extreme(ag.min, ag.minimum, _chosen(a, where, _lowest(a, -1)), _axes(axis), keepdims, initial)


def _extreme(reduce: Any, of_two: Any, a: Array, axis: Axes, keepdims: bool, initial: Any) -> Array:
    """The extreme of the elements and of ``initial``, which of none is that alone."""
    if initial is None:
        return reduce(a, axis=axis, keepdims=keepdims)
    if count(tuple(a.shape), axis):
        return of_two(reduce(a, axis=axis, keepdims=keepdims), initial)
    nothing = ag.zeros_like(ag.all(a, axis=axis, keepdims=keepdims), dtype=dtype_of(a))
    return nothing + initial


def _check_initial(name: str, initial: Any, where: Any) -> None:
    if initial is None and where is not True:
        raise ValueError(f"numpy.{name}: where= may leave nothing, so it needs initial=")


@implements("ptp", kind="numbers")
def ptp(a: Array, axis: Axes = None, *, keepdims: bool = False) -> Array:
    """The distance from the smallest to the largest element."""
    return max(a, axis, keepdims=keepdims) - min(a, axis, keepdims=keepdims)


@implements("all", kind="plain")
def all(a: Array, axis: Axes = None, *, keepdims: bool = False, where: Any = True) -> Array:
    """Whether all elements are true."""
    return ag.all(_chosen(a != 0 if kind_of(a.dtype) != "b" else a, where, True), axis=_axes(axis), keepdims=keepdims)


@implements("any", kind="plain")
def any(a: Array, axis: Axes = None, *, keepdims: bool = False, where: Any = True) -> Array:
    """Whether some element is true."""
    return ag.any(_chosen(a != 0 if kind_of(a.dtype) != "b" else a, where, False), axis=_axes(axis), keepdims=keepdims)


@implements("argmax", kind="plain")
def argmax(a: Array, axis: int | None = None, *, keepdims: bool = False) -> Array:
    """The index of the largest element."""
    return ag.argmax(_numbers(a), axis=axis, keepdims=keepdims)


@implements("argmin", kind="plain")
def argmin(a: Array, axis: int | None = None, *, keepdims: bool = False) -> Array:
    """The index of the smallest element."""
    return ag.argmin(_numbers(a), axis=axis, keepdims=keepdims)


@implements("count_nonzero", kind="plain")
def count_nonzero(a: Array, axis: Axes = None, *, keepdims: bool = False) -> Array:
    """How many elements are not zero."""
    return ag.count_nonzero(a, axis=_axes(axis), keepdims=keepdims)


# --- running sums and products ----------------------------------------------------------------------------------------


@implements("cumsum", kind="numbers")
def cumsum(a: Array, axis: int | None = None, dtype: Any = None) -> Array:
    """The sums of the elements so far, of the flattened array if no axis is given."""
    a, axis = (ag.reshape(a, (-1,)), 0) if axis is None else (a, axis)
    return cast(ag.cumulative_sum(_numbers(cast(a, dtype)), axis=axis), dtype)


@implements("cumprod", kind="numbers")
def cumprod(a: Array, axis: int | None = None, dtype: Any = None) -> Array:
    """The products of the elements so far, of the flattened array if no axis is given."""
    a, axis = (ag.reshape(a, (-1,)), 0) if axis is None else (a, axis)
    return cast(ag.cumulative_prod(_numbers(cast(a, dtype)), axis=axis), dtype)


@implements("cumulative_sum", kind="numbers")
def cumulative_sum(x: Array, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False) -> Array:
    """The sums of the elements so far, from 0 on if asked for."""
    return cast(ag.cumulative_sum(_numbers(cast(x, dtype)), axis=axis, include_initial=include_initial), dtype)


@implements("cumulative_prod", kind="numbers")
def cumulative_prod(x: Array, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False) -> Array:
    """The products of the elements so far, from 1 on if asked for."""
    return cast(ag.cumulative_prod(_numbers(cast(x, dtype)), axis=axis, include_initial=include_initial), dtype)


# --- past NaN ---------------------------------------------------------------------------------------------------------


def _numbered(a: Array, where: Any) -> Any:
    """Which elements are chosen and no NaN."""
    return ~ag.isnan(a) if where is True else ~ag.isnan(a) & _mask(where, a)


@implements("nansum", kind="numbers")
def nansum(
    a: Array, axis: Axes = None, dtype: Any = None, *, keepdims: bool = False, initial: Any = 0, where: Any = True
) -> Array:
    """The sum of the elements that are not NaN."""
    return sum(a, axis, dtype, keepdims=keepdims, initial=initial, where=_numbered(a, where))


@implements("nanprod", kind="numbers")
def nanprod(
    a: Array, axis: Axes = None, dtype: Any = None, *, keepdims: bool = False, initial: Any = 1, where: Any = True
) -> Array:
    """The product of the elements that are not NaN."""
    return prod(a, axis, dtype, keepdims=keepdims, initial=initial, where=_numbered(a, where))


@implements("nanmean")
def nanmean(a: Array, axis: Axes = None, dtype: Any = None, *, keepdims: bool = False, where: Any = True) -> Array:
    """The mean of the elements that are not NaN."""
    a = floating(a)
    return mean(a, axis, dtype, keepdims=keepdims, where=_numbered(a, where))


@implements("nanvar")
def nanvar(a: Array, axis: Axes = None, dtype: Any = None, *, where: Any = True, **options: Any) -> Array:
    """The variance of the elements that are not NaN."""
    a = floating(a)
    chosen = _numbered(a, where)
    return _where_free(var(a, axis, dtype, where=chosen, **options), a, axis, chosen, **options)


def _where_free(found: Array, a: Array, axis: Axes, chosen: Array, **options: Any) -> Array:
    """What was found where there are degrees of freedom, else NaN."""
    left = _amount(a, _axes(axis), chosen, options.get("keepdims", False))
    left = left - options.get("correction", options.get("ddof", 0))
    return ag.where(left > 0, found, found * np.nan)


@implements("nanstd")
def nanstd(a: Array, axis: Axes = None, dtype: Any = None, *, where: Any = True, **options: Any) -> Array:
    """The root of the variance of the elements that are not NaN."""
    a = floating(a)
    chosen = _numbered(a, where)
    return _where_free(std(a, axis, dtype, where=chosen, **options), a, axis, chosen, **options)


@implements("nanmax", kind="numbers")
def nanmax(a: Array, axis: Axes = None, *, keepdims: bool = False, initial: Any = None, where: Any = True) -> Array:
    """The largest element that is not NaN; NaN where there is none."""
    return _past_nan(max, 1, a, axis, keepdims, initial, where)


@implements("nanmin", kind="numbers")
def nanmin(a: Array, axis: Axes = None, *, keepdims: bool = False, initial: Any = None, where: Any = True) -> Array:
    """The smallest element that is not NaN; NaN where there is none."""
    return _past_nan(min, -1, a, axis, keepdims, initial, where)


def _past_nan(extreme: Any, sign: int, a: Array, axis: Axes, keepdims: bool, initial: Any, where: Any) -> Array:
    chosen = _numbered(a, where)
    found = extreme(_chosen(a, chosen, _lowest(a, sign)), axis, keepdims=keepdims, initial=initial)
    if kind_of(a.dtype) in "iu" or initial is not None:
        return found
    return ag.where(any(chosen, axis, keepdims=keepdims), found, ag.full_like(found, np.nan))


@implements("nanargmax", kind="plain")
def nanargmax(a: Array, axis: int | None = None, *, keepdims: bool = False) -> Array:
    """The index of the largest element that is not NaN."""
    return ag.argmax(_with_a_number("nanargmax", a, axis, 1), axis=axis, keepdims=keepdims)


@implements("nanargmin", kind="plain")
def nanargmin(a: Array, axis: int | None = None, *, keepdims: bool = False) -> Array:
    """The index of the smallest element that is not NaN."""
    return ag.argmin(_with_a_number("nanargmin", a, axis, -1), axis=axis, keepdims=keepdims)


def _with_a_number(name: str, a: Array, axis: int | None, sign: int) -> Array:
    chosen = _numbered(a, True)
    if not builtins.bool(ag.all(bottom(ag.any(chosen, axis=axis)))):
        raise ValueError(f"numpy.{name}: a slice is NaN throughout")
    return _chosen(a, chosen, _lowest(a, sign))


@implements("nancumsum", kind="numbers")
def nancumsum(a: Array, axis: int | None = None, dtype: Any = None) -> Array:
    """The sums so far of the elements that are not NaN."""
    return cumsum(_chosen(a, _numbered(a, True), 0), axis, dtype)


@implements("nancumprod", kind="numbers")
def nancumprod(a: Array, axis: int | None = None, dtype: Any = None) -> Array:
    """The products so far of the elements that are not NaN."""
    return cumprod(_chosen(a, _numbered(a, True), 1), axis, dtype)
