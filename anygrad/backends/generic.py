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
from typing import Any

import numpy as np

from anygrad.core.keys import device_object, expanded, has_array, is_mask, positions
from anygrad.core.kinds import kinds
from anygrad.core.primitive import Array
from anygrad.ops import keys  # noqa: F401  the door of all operations at a key

__all__ = [
    "add_in_order",
    "check_can_hold",
    "expanded",
    "has_array",
    "library",
    "positions",
    "spread",
    "supply_defaults",
]

Shape = tuple[int, ...]


def library(module: str) -> Callable[[], ModuleType]:
    """A function that imports a module when a backend is first used."""
    return lambda: importlib.import_module(module)


def supply_defaults(backend: Any) -> None:
    """Implement on a backend, in the standard's own functions, what the standard does not name."""
    xp = backend.namespace

    def new_zeros(x: Array, shape: Shape) -> Array:
        return xp.zeros(shape, dtype=x.dtype, device=device_object(x))

    def new_arange(x: Array, n: int) -> Array:
        return xp.arange(n, device=device_object(x))

    def new_index(x: Array, index: Any) -> Array:
        return backend.index_beside(x, index)

    def copy(x: Array) -> Array:
        return xp.asarray(x, copy=True)

    def getitem(x: Array, key: Any) -> Array:
        if not has_array(key):
            return x[expanded(key, x.shape)]
        if is_mask(key) and not isinstance(key, np.ndarray):
            return x[key]
        at = positions(xp, x, key)
        return xp.reshape(xp.take(flat(xp, x), flat(xp, at), axis=0), at.shape)

    def index_set(x: Array, values: Array, key: Any) -> Array:
        if backend.mutable and not has_array(key):
            return write(x, values, key, lambda old, new: new)
        at = positions(xp, x, key)
        if 0 in at.shape:
            return copy(x)
        order, is_named, last = groups(xp, x, at)
        written = xp.take(flat(xp, spread(xp, x, values, at.shape)), xp.take(order, last, axis=0), axis=0)
        return xp.reshape(xp.where(is_named, written, flat(xp, x)), x.shape)

    def index_add(x: Array, values: Array, key: Any) -> Array:
        if backend.mutable and not has_array(key):
            return write(x, values, key, operator.add)
        at = positions(xp, x, key)
        return add_in_order(xp, x, spread(xp, x, values, at.shape), at)

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

    for function in (new_zeros, new_arange, new_index, copy, getitem, index_set, index_add):
        backend.overrides.setdefault(function.__name__, function)


# --- the values that share a place ------------------------------------------------------------------------------------


def add_in_order(xp: Any, x: Array, values: Array, at: Array) -> Array:
    """A copy of x with values added at positions in the flattened x, one after the other in the order they come in."""
    if 0 in at.shape:
        return xp.asarray(x, copy=True)
    order, is_named, last = groups(xp, x, at)
    totals = running_totals(xp, xp.take(flat(xp, at), order, axis=0), xp.take(flat(xp, values), order, axis=0))
    total = xp.take(totals, last, axis=0)
    return xp.reshape(xp.where(is_named, flat(xp, x) + total, flat(xp, x)), x.shape)


def groups(xp: Any, x: Array, at: Array) -> tuple[Array, Array, Array]:
    """The order that sorts positions; of each element of x, whether one names it, and where in that order the last."""
    order = xp.argsort(flat(xp, at), stable=True)
    in_order = xp.take(flat(xp, at), order, axis=0)
    elements = xp.arange(math.prod(x.shape), device=device_object(x))
    start, stop = xp.searchsorted(in_order, elements), xp.searchsorted(in_order, elements, side="right")
    is_named = stop > start
    return order, is_named, xp.where(is_named, stop - 1, xp.zeros_like(stop))


def running_totals(xp: Any, at: Array, values: Array) -> Array:
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


def flat(xp: Any, x: Array) -> Array:
    return xp.reshape(x, (-1,))


def spread(xp: Any, x: Array, values: Array, shape: Shape) -> Array:
    """Values to be written into x, as an array of its dtype and of a shape."""
    check_can_hold(x, values)
    if not hasattr(values, "shape"):
        values = xp.asarray(values, dtype=x.dtype, device=device_object(x))
    return xp.broadcast_to(xp.astype(fitted(xp, values, len(shape)), x.dtype, copy=False), shape)


def check_can_hold(x: Array, values: Any) -> None:
    """Refuse to write complex values into a real array, which libraries do with no more than a warning.

    Raises:
        TypeError: the imaginary parts would be lost.
    """
    kind = kinds[values.dtype] if hasattr(values, "dtype") else "c" if type(values) is complex else "f"
    if kind == "c" and kinds[x.dtype] != "c":
        raise TypeError(
            f"complex values do not fit into an array of {x.dtype}, which would drop their imaginary parts; make the "
            f"array complex, or write anygrad.real(values)"
        )


def fitted(xp: Any, values: Array, ndim: int) -> Array:
    """Values without the leading axes of length 1 that an assignment drops."""
    added = len(getattr(values, "shape", ())) - ndim
    drops = added > 0 and tuple(values.shape[:added]) == (1,) * added
    return xp.reshape(values, tuple(values.shape[added:])) if drops else values
