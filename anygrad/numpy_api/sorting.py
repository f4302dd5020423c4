"""Sorting, searching in what is sorted, and sets."""

from __future__ import annotations

from typing import Any

import numpy as np

import anygrad as ag
from anygrad.core.kinds import is_complex, kind_of
from anygrad.core.primitive import Array
from anygrad.numpy_api.registry import as_array, as_arrays, cast, dtype_of, implements, promoted

__all__: list[str] = []


def _check_order(name: str, order: Any) -> None:
    if order is not None:
        raise TypeError(f"numpy.{name}: order= names fields, which anygrad's arrays do not have")


@implements("sort")
def sort(a: Array, axis: int | None = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Array:
    """The elements in order along an axis, or of the flattened array."""
    _check_order("sort", order)
    if axis is None:
        a, axis = ag.reshape(a, (-1,)), -1
    if is_complex(a):
        return ag.take_along_axis(a, argsort(a, axis), axis=axis)
    return ag.sort(a, axis=axis)


@implements("argsort", kind="plain")
def argsort(a: Array, axis: int | None = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Array:
    """The indices of the elements in order."""
    _check_order("argsort", order)
    if axis is None:
        a, axis = ag.reshape(a, (-1,)), -1
    return lexsort((ag.imag(a), ag.real(a)), axis) if is_complex(a) else ag.argsort(a, axis=axis)


@implements("lexsort", arrays=0, kind="plain")
def lexsort(keys: Any, axis: int = -1) -> Array:
    """The indices that sort by the last key, within it by the one before, and so on."""
    first, *others = as_arrays(keys)
    order = ag.argsort(first, axis=axis)
    for key in others:
        again = ag.argsort(ag.take_along_axis(key, order, axis=axis), axis=axis)
        order = ag.take_along_axis(order, again, axis=axis)
    return order


@implements("partition")
def partition(a: Array, kth: Any, axis: int | None = -1, kind: Any = None, order: Any = None) -> Array:
    """The elements in order, which is one of the orders that put the kth in its place."""
    return sort(a, axis, order=order)


@implements("argpartition", kind="plain")
def argpartition(a: Array, kth: Any, axis: int | None = -1, kind: Any = None, order: Any = None) -> Array:
    """The indices of the elements in order, which is one of the orders that put the kth in its place."""
    return argsort(a, axis, order=order)


@implements("sort_complex")
def sort_complex(a: Array) -> Array:
    """The elements as complex numbers, by their real and then their imaginary parts."""
    return sort(a if is_complex(a) else cast(a, "complex128"))


@implements("searchsorted", arrays=2, kind="plain")
def searchsorted(a: Array, v: Array, side: str = "left", sorter: Any = None) -> Array:
    """Where values belong in a sorted array."""
    a, v = promoted((a, v))
    return ag.searchsorted(a, v, side=side, sorter=None if sorter is None else as_array(sorter, a))


@implements("digitize", arrays=2, kind="plain")
def digitize(x: Array, bins: Array, right: bool = False) -> Array:
    """The number of the bin that each element falls into."""
    side = "left" if right else "right"
    if bool(ag.all(bins[1:] >= bins[:-1])):
        return searchsorted(bins, x, side)
    if not bool(ag.all(bins[1:] <= bins[:-1])):
        raise ValueError("numpy.digitize: bins must increase throughout, or decrease")
    return bins.shape[0] - searchsorted(ag.flip(bins), x, side)


# --- sets -------------------------------------------------------------------------------------------------------------


@implements("unique", kind="numbers")
def unique(
    ar: Array,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: Any = None,
    *,
    equal_nan: bool = True,
    sorted: bool = True,
) -> Any:
    """The distinct elements; of equal ones one gets the gradient."""
    if axis is None and not (return_index or return_inverse or return_counts or _is_floating(ar)):
        return ag.unique_values(ar)
    values, index, inverse, counts = ag.unique_all(ar) if axis is None else _unique_along(ar, axis)
    if axis is None and equal_nan and _is_floating(ar):
        values, index, inverse, counts = _of_one_nan(values, index, inverse, counts)
    wanted = ((return_index, index), (return_inverse, inverse), (return_counts, counts))
    found = tuple(part for is_wanted, part in wanted if is_wanted)
    return (values, *found) if found else values


def _is_floating(x: Array) -> bool:
    return kind_of(x.dtype) in "fc"


def _of_one_nan(values: Array, index: Array, inverse: Array, counts: Array) -> tuple[Array, Array, Array, Array]:
    """What was found, of several NaN at the end the first, which stands for all."""
    n = int(ag.count_nonzero(~ag.isnan(values)))
    if n >= values.shape[0] - 1:
        return values, index, inverse, counts
    first = ag.min(index[n:], keepdims=True)
    total = ag.sum(counts[n:], keepdims=True)
    return (
        values[: n + 1],
        ag.concat([index[:n], first]),
        ag.minimum(inverse, n),
        ag.concat([counts[:n], ag.astype(total, dtype_of(counts))]),
    )


def _unique_along(ar: Array, axis: int) -> tuple[Array, Array, Array, Array]:
    """The distinct slices along an axis, their first indices, for each slice that of its equal, and their counts."""
    n = ar.shape[axis]
    rows = ag.reshape(ag.moveaxis(ar, axis, 0), (n, -1))
    order = lexsort(ag.unstack(rows, axis=1)[::-1])
    ordered = ag.take(rows, order, axis=0)
    is_new = ag.any(ordered[1:] != ordered[:-1], axis=1)
    is_first = ag.concat([ag.ones_like(order[:1], dtype=np.bool_), is_new])
    starts = ag.nonzero(is_first)[0]
    index = ag.take(order, starts, axis=0)
    inverse = ag.index_set(
        ag.zeros_like(order), ag.cumulative_sum(ag.astype(is_first, dtype_of(order))) - 1, order.data
    )
    counts = ag.diff(ag.concat([starts, ag.full_like(starts[:1], n)]))
    return ag.take(ar, index, axis=axis), index, inverse, counts


for _name in ("all", "counts", "inverse", "values"):
    implements(f"unique_{_name}", kind="numbers")(getattr(ag, f"unique_{_name}"))


@implements("isin", arrays=2, kind="plain")
def isin(
    element: Array, test_elements: Array, assume_unique: bool = False, invert: bool = False, *, kind: Any = None
) -> Array:
    """Whether each element is among others."""
    return ag.isin(*promoted((element, test_elements)), invert=invert)


def _flat(*arrays: Array) -> list[Array]:
    return [ag.reshape(x, (-1,)) for x in promoted(arrays)]


@implements("union1d", arrays=2)
def union1d(ar1: Array, ar2: Array) -> Array:
    """The distinct elements of two arrays."""
    return ag.unique_values(ag.concat(_flat(ar1, ar2)))


@implements("intersect1d", arrays=2)
def intersect1d(ar1: Array, ar2: Array, assume_unique: bool = False) -> Array:
    """The distinct elements that are in both arrays."""
    ar1, ar2 = _flat(ar1, ar2)
    both = ag.unique_values(ar1)
    return both[ag.isin(both, ar2)]


@implements("setdiff1d", arrays=2)
def setdiff1d(ar1: Array, ar2: Array, assume_unique: bool = False) -> Array:
    """The distinct elements of one array that are not in the other."""
    ar1, ar2 = _flat(ar1, ar2)
    own = ar1 if assume_unique else ag.unique_values(ar1)
    return own[ag.isin(own, ar2, invert=True)]


@implements("setxor1d", arrays=2)
def setxor1d(ar1: Array, ar2: Array, assume_unique: bool = False) -> Array:
    """The distinct elements that are in one of two arrays alone."""
    return ag.sort(ag.concat([setdiff1d(ar1, ar2), setdiff1d(ar2, ar1)]))
