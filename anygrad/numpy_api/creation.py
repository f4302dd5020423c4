"""New arrays after the model of another, by NumPy's ``like=``: of its device, at its level, ready to be assigned to."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral
from typing import Any

import numpy as np

import anygrad as ag
from anygrad.arrays.creation import constant
from anygrad.arrays.layouts import in_order, is_in_order
from anygrad.arrays.wrapper import Wrapper, lifted
from anygrad.core.kinds import kind_of
from anygrad.core.primitive import Array
from anygrad.numpy_api.registry import as_arrays, cast, dtype_of, floating, implements, of_one_dtype
from anygrad.ops.creation import copy as _copy

__all__: list[str] = []


# --- like= ------------------------------------------------------------------------------------------------------------


def _maker(name: str) -> Callable[..., Any]:
    """NumPy's own function, run for its values, which then move to the device of ``like``."""
    function = getattr(np, name)

    def make(like: Any, *args: Any, order: str = "C", device: Any = None, **options: Any) -> Array:
        made = function(*args, **options)
        kind_of(made.dtype)  # which refuses what holds no numbers
        return in_order(lifted(made, like), order)

    make.__name__ = name
    return make


for _name in ("arange", "empty", "eye", "identity", "ones", "tri", "zeros"):
    implements(_name, kind="creation")(_maker(_name))


@implements("full", kind="creation")
def full(like: Any, shape: Any, fill_value: Any, dtype: Any = None, order: str = "C", *, device: Any = None) -> Array:
    """One value everywhere; the gradient travels back to it."""
    value = lifted(cast(constant(fill_value, like.device), dtype), like)
    made = _copy(ag.broadcast_to(value, (shape,) if isinstance(shape, Integral) else tuple(shape))).unfrozen()
    return in_order(made, order)


@implements("array", kind="creation")
def array(
    like: Any,
    a: Any,
    dtype: Any = None,
    *,
    copy: bool | None = True,
    order: str = "K",
    subok: bool = False,
    ndmin: int = 0,
    device: Any = None,
) -> Array:
    """Numbers, arrays and nested lists of them; of arrays in lists the stack, which keeps their gradients."""
    made = constant(np.asarray(a) if isinstance(a, np.generic) else a, like.device)
    copy = copy or (copy is None and isinstance(a, Wrapper) and not is_in_order(a, order))
    is_new = copy or made is not a
    made = lifted(cast(_copy(made) if copy and made is a else made, dtype), like).unfrozen()
    made = in_order(made, order, a if isinstance(a, Wrapper) else None) if is_new else made
    return ag.reshape(made, (1,) * (ndmin - len(made.shape)) + tuple(made.shape)) if len(made.shape) < ndmin else made


@implements("asarray", "asanyarray", kind="creation")
def asarray(
    like: Any, a: Any, dtype: Any = None, order: str = "K", *, copy: bool | None = None, device: Any = None
) -> Array:
    """Numbers, nested lists, and arrays as they are."""
    return array(like, a, dtype, copy=copy, order=order)


@implements("ascontiguousarray", kind="creation")
def ascontiguousarray(like: Any, a: Any, dtype: Any = None) -> Array:
    """An array of an axis or more that lies in memory by rows."""
    return array(like, a, dtype, copy=None, order="C", ndmin=1)


@implements("asfortranarray", kind="creation")
def asfortranarray(like: Any, a: Any, dtype: Any = None) -> Array:
    """An array of an axis or more that lies in memory by columns."""
    return array(like, a, dtype, copy=None, order="F", ndmin=1)


@implements("copy")
def copy(a: Array, order: str = "K", subok: bool = False) -> Array:
    """A copy, through which the gradient travels back."""
    return in_order(_copy(a).unfrozen(), order, a)


@implements("fromfunction", kind="creation")
def fromfunction(like: Any, function: Any, shape: Any, *, dtype: Any = float, **options: Any) -> Any:
    """A function of the indices along each axis."""
    return function(*(lifted(index, like) for index in np.indices(shape, dtype=dtype)), **options)


# --- like an argument -------------------------------------------------------------------------------------------------


@implements("zeros_like")
def zeros_like(a: Array, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None) -> Array:
    """Zeros of an array's shape, or of another."""
    return full_like(a, 0, dtype, order, shape=shape)


@implements("ones_like")
def ones_like(a: Array, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None) -> Array:
    """Ones of an array's shape, or of another."""
    return full_like(a, 1, dtype, order, shape=shape)


@implements("empty_like")
def empty_like(a: Array, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None) -> Array:
    """Zeros, which is what an array of any value may be."""
    return full_like(a, 0, dtype, order, shape=shape)


@implements("full_like")
def full_like(
    a: Array, fill_value: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None
) -> Array:
    """One value everywhere, of an array's shape or of another; the gradient travels back to the value."""
    made = full(a, a.shape if shape is None else shape, fill_value, dtype_of(a) if dtype is None else dtype)
    return in_order(made, order, a)


# --- sequences between two ends ---------------------------------------------------------------------------------------


def _ends(*ends: Any) -> list[Array]:
    """The two ends as floating arrays of one dtype."""
    like = next((x for x in ends if isinstance(x, Wrapper)), None)
    if like is None:  # what is traced is some other argument of the caller's
        like, *_ = ends = tuple(map(ag.asarray, ends))
    return of_one_dtype([x + 0.0 if type(x) is int else floating(x) for x in ends], like)


@implements("linspace", arrays=0)
def linspace(
    start: Array,
    stop: Array,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """Numbers at even distances between two ends, arrays of which broadcast."""
    start, stop = _ends(start, stop)
    intervals = max(num - 1 if endpoint else num, 1)
    delta = ag.expand_dims(stop - start, axis=0)
    share = ag.linspace(0.0, num - 1.0, num, device=delta.device) if num else ag.zeros(0, device=delta.device)
    share = ag.reshape(cast(share, dtype_of(delta)), (num, *(1,) * (len(delta.shape) - 1)))
    points = ag.expand_dims(start, axis=0) + share * (delta / intervals)
    if endpoint and num > 1:  # exactly the end
        points = ag.concat([points[:-1], ag.broadcast_to(ag.expand_dims(stop, axis=0), (1, *points.shape[1:]))])
    points = cast(ag.moveaxis(points, 0, axis), dtype)
    return (points, (stop - start) / intervals) if retstep else points


@implements("logspace", arrays=0)
def logspace(
    start: Array,
    stop: Array,
    num: int = 50,
    endpoint: bool = True,
    base: Any = 10.0,
    dtype: Any = None,
    axis: int = 0,
) -> Array:
    """Powers of a base, with exponents at even distances."""
    exponents = linspace(start, stop, num, endpoint, axis=axis)
    return cast(ag.pow(base, exponents), dtype)


@implements("geomspace", arrays=0)
def geomspace(
    start: Array, stop: Array, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0
) -> Array:
    """Numbers of even ratios between two ends."""
    start, stop = (cast(x, np.result_type(dtype_of(x), np.float64)) for x in _ends(start, stop))
    exponents = linspace(ag.zeros_like(stop / start), ag.log(stop / start), num, endpoint, axis=axis)
    start = ag.expand_dims(start + 0 * stop, axis=axis) if len((start + stop).shape) else start
    return cast(start * ag.exp(exponents), dtype)


@implements("meshgrid", arrays=0)
def meshgrid(*xi: Array, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> tuple[Array, ...]:
    """The coordinates of a grid."""
    arrays = [ag.reshape(x, (-1,)) for x in as_arrays(xi)]
    if not sparse:
        return ag.meshgrid(*arrays, indexing=indexing)
    places = [1, 0, *range(2, len(arrays))] if indexing == "xy" and len(arrays) > 1 else list(range(len(arrays)))
    shapes = [tuple(-1 if i == place else 1 for i in range(len(arrays))) for place in places]
    return tuple(ag.reshape(x, shape, copy=copy or None) for x, shape in zip(arrays, shapes))


@implements("vander")
def vander(x: Array, N: int | None = None, increasing: bool = False) -> Array:
    """The powers of each element, in columns."""
    x = cast(x, np.result_type(dtype_of(x), np.int64))
    columns = [ag.ones_like(x)]
    for _ in range(1, x.shape[0] if N is None else N):
        columns.append(columns[-1] * x)
    columns = columns[: x.shape[0] if N is None else N]
    return ag.stack(columns if increasing else columns[::-1], axis=1)
