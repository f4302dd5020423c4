"""What every library gets by default: the few operations the array API standard lacks, written in the standard.

They are right on any library and fast on none; a backend overrides those that matter to it. Everything stays on the
array's device: a key becomes positions in the flattened array by arithmetic on arrays, and neither indices nor values
are looked at on the host.
"""

from __future__ import annotations

import importlib
import math
import operator
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from anygrad.ops.datatypes import kind_of
from anygrad.primitive import Array

if TYPE_CHECKING:
    from anygrad.backends import Backend

__all__ = ["expanded", "has_array", "library", "positions", "spread", "supply_defaults"]

Shape = tuple[int, ...]


def library(module: str) -> Callable[[], ModuleType]:
    """A function that imports a module when a backend is first used."""
    return lambda: importlib.import_module(module)


def supply_defaults(backend: Backend) -> None:
    """Implement on a backend, in the standard's own functions, what the standard does not name."""
    xp = backend.namespace

    def new_zeros(x: Array, shape: Shape) -> Array:
        return xp.zeros(shape, dtype=x.dtype, device=_device(x))

    def new_arange(x: Array, n: int) -> Array:
        return xp.arange(n, device=_device(x))

    def copy(x: Array) -> Array:
        return xp.asarray(x, copy=True)

    def getitem(x: Array, key: Any) -> Array:
        if not has_array(key):
            return x[expanded(key, x.shape)]
        if _is_mask(key) and not isinstance(key, np.ndarray):
            return x[key]
        at = positions(xp, x, key)
        return xp.reshape(xp.take(flat(x), flat(at), axis=0), at.shape)

    def index_set(x: Array, values: Array, key: Any) -> Array:
        if backend.mutable and not has_array(key):
            return write(x, values, key, lambda old, new: new)
        at = positions(xp, x, key)
        if 0 in at.shape:
            return copy(x)
        order, start, stop = groups(at, x)
        last = xp.take(order, xp.clip(stop - 1, 0), axis=0)
        written = xp.take(flat(spread(xp, x, values, at.shape)), last, axis=0)
        return xp.reshape(xp.where(stop > start, written, flat(x)), x.shape)

    def index_add(x: Array, values: Array, key: Any) -> Array:
        if backend.mutable and not has_array(key):
            return write(x, values, key, operator.add)
        at = positions(xp, x, key)
        if 0 in at.shape:
            return copy(x)
        order, start, stop = groups(at, x)
        values = flat(spread(xp, x, values, at.shape))
        totals = running_totals(xp.take(flat(at), order, axis=0), xp.take(values, order, axis=0))
        total = xp.take(totals, xp.clip(stop - 1, 0), axis=0)
        return xp.reshape(xp.where(stop > start, flat(x) + total, flat(x)), x.shape)

    def write(x: Array, values: Array, key: Any, combine: Callable[[Array, Array], Array]) -> Array:
        """Change a copy at a key of integers and slices, which names no element twice."""
        out = copy(x)
        with_new_axes = expanded(key, x.shape)
        at = tuple(part for part in with_new_axes if part is not None)
        old = out[at]
        if 0 in old.shape:
            return out
        values = spread(xp, x, values, x[with_new_axes].shape)
        out[at] = combine(old, xp.reshape(values, old.shape))
        return out

    def groups(at: Array, x: Array) -> tuple[Array, Array, Array]:
        """The order that sorts positions, and where in it those of each element of x start and stop."""
        order = xp.argsort(flat(at), stable=True)
        in_order = xp.take(flat(at), order, axis=0)
        elements = xp.arange(math.prod(x.shape), device=_device(x))
        return order, xp.searchsorted(in_order, elements), xp.searchsorted(in_order, elements, side="right")

    def running_totals(at: Array, values: Array) -> Array:
        """The sums of values that share a position, up to each one; ``at`` is sorted.

        By doubling: after k steps each total covers 2**k values. The difference of two cumulative sums would do with
        one step, but loses digits, and carries a NaN of one position into all later ones.
        """
        step = 1
        while step < at.shape[0]:
            later = xp.where(at[step:] == at[:-step], values[step:] + values[:-step], values[step:])
            values = xp.concat([values[:step], later])
            step *= 2
        return values

    def flat(x: Array) -> Array:
        return xp.reshape(x, (-1,))

    for function in (new_zeros, new_arange, copy, getitem, index_set, index_add):
        backend.overrides.setdefault(function.__name__, function)


def spread(xp: Any, x: Array, values: Array, shape: Shape) -> Array:
    """Values to be written into x, as an array of its dtype and of a shape."""
    if not hasattr(values, "shape"):
        values = xp.asarray(values, dtype=x.dtype, device=_device(x))
    return xp.broadcast_to(xp.astype(values, x.dtype, copy=False), shape)


def _device(x: Array) -> Any:
    return getattr(x, "device", None)  # Dask's arrays have none


# --- keys -------------------------------------------------------------------------------------------------------------


def _parts(key: Any) -> tuple[Any, ...]:
    return key if isinstance(key, tuple) else (key,)


def _is_array(part: Any) -> bool:
    return hasattr(part, "shape") and not isinstance(part, np.generic)


def has_array(key: Any) -> bool:
    """Whether an array of integers or a mask is in a key."""
    return any(_is_array(part) for part in _parts(key))


def _is_mask(part: Any) -> bool:
    return _is_array(part) and kind_of(part.dtype) == "b"


def expanded(key: Any, shape: Shape) -> tuple[Any, ...]:
    """A key with a part for each axis: ``...`` written out, and slices within the bounds that the standard asks for.

    Raises:
        IndexError: the key has more parts than there are axes, or parts that are no index.
    """
    parts = _parts(key)
    used = sum(len(part.shape) if _is_mask(part) else part is not None and part is not Ellipsis for part in parts)
    if used > len(shape):
        raise IndexError(f"too many indices: the array has {len(shape)} axes, and {used} are indexed")
    omitted = (slice(None),) * (len(shape) - used)
    dots = [i for i, part in enumerate(parts) if part is Ellipsis]
    if len(dots) > 1:
        raise IndexError("an index can have only one ellipsis (...)")
    at = dots[0] if dots else len(parts)
    full: list[Any] = []
    axis = 0
    for part in (*parts[:at], *omitted, *parts[at + 1 :]):
        if part is None:
            full.append(None)
            continue
        full.append(_within(part, shape[axis]))
        axis += len(part.shape) if _is_mask(part) else 1
    return tuple(full)


def _within(part: Any, n: int) -> Any:
    if _is_array(part):
        return part
    if isinstance(part, slice):
        start, stop, step = part.indices(n)
        empty = not range(start, stop, step)
        return slice(0, 0, 1) if empty else slice(start, stop if stop >= 0 else None, step)
    if isinstance(part, bool | np.bool_):
        raise IndexError(f"True and False are no indices; write None for a new axis, given {part}")
    return operator.index(part)


def positions(xp: Any, x: Array, key: Any) -> Array:
    """The positions in the flattened x that a key reads, of the shape that NumPy's indexing rules give.

    An index out of bounds becomes a position out of bounds, so that reading there fails where the library checks.
    """
    size = math.prod(x.shape)
    parts = _per_axis(xp, x, key)
    indexed = [i for i, (part, _, _) in enumerate(parts) if part is not None and not isinstance(part, slice)]
    kept = len(parts) - len(indexed)
    # The axes that the index arrays make together stand where the arrays did, or first if a slice is between them.
    adjacent = bool(indexed) and indexed[-1] - indexed[0] + 1 == len(indexed)
    joint = indexed[0] if adjacent else 0
    depth = max((len(part.shape) for part, _, _ in parts if _is_array(part)), default=0)
    ndim = kept + depth
    dtype = xp.arange(0, device=_device(x)).dtype
    result = xp.zeros((1,) * ndim, dtype=dtype, device=_device(x))
    axis = 0
    for part, n, stride in parts:
        if _is_array(part):
            index = xp.astype(part, dtype, copy=False)
            index = xp.where(index < 0, index + n, index)
            inside = xp.logical_and(index >= 0, index < n)
            offset = xp.where(inside, index * stride, xp.full_like(index, size))
            result = result + xp.reshape(offset, (*part.shape, *(1,) * (kept - joint)))
        elif isinstance(part, int):
            if not -n <= part < n:
                raise IndexError(f"index {part} is out of bounds for an axis of length {n}")
            result = result + part % n * stride
        else:
            axis += depth if axis == joint else 0
            if part is not None:
                offset = xp.arange(*part.indices(n), device=_device(x)) * stride
                result = result + xp.reshape(offset, (*(1,) * axis, -1, *(1,) * (ndim - axis - 1)))
            axis += 1
    return result


def _per_axis(xp: Any, x: Array, key: Any) -> list[tuple[Any, int, int]]:
    """The parts of a key, masks as the index arrays they stand for, each with its axis's length and stride."""
    parts: list[tuple[Any, int, int]] = []
    axis = 0
    for part in expanded(key, x.shape):
        if part is None:
            parts.append((None, 1, 0))
            continue
        if isinstance(part, np.ndarray) and not isinstance(x, np.ndarray):
            part = xp.asarray(part, device=_device(x))
        if _is_mask(part):
            lengths = tuple(x.shape[axis : axis + len(part.shape)])
            if tuple(part.shape) != lengths:
                raise IndexError(f"a mask must have the shape {lengths} of the axes it indexes, given {part.shape}")
        for index in xp.nonzero(part) if _is_mask(part) else (part,):
            parts.append((index, x.shape[axis], math.prod(x.shape[axis + 1 :])))
            axis += 1
    return parts
