"""Keys: what is taken between brackets, and the places that one names.

All of it is written in the array API, so it runs on the arrays of any library and on wrappers of them.
"""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from anygrad.core.kinds import kind_of
from anygrad.core.primitive import Array

__all__ = ["device_object", "expanded", "has_array", "is_mask", "positions"]

Shape = tuple[int, ...]


def device_object(x: Array) -> Any:
    """The library's own device object of an array, None where its arrays have none."""
    return getattr(x, "device", None)


def _parts(key: Any) -> tuple[Any, ...]:
    return key if isinstance(key, tuple) else (key,)


def _is_array(part: Any) -> bool:
    return hasattr(part, "shape") and not isinstance(part, np.generic)


def has_array(key: Any) -> bool:
    """Whether an array of integers or a mask is in a key."""
    return any(_is_array(part) for part in _parts(key))


def is_mask(part: Any) -> bool:
    """Whether a part of a key is an array of truth values."""
    return _is_array(part) and kind_of(part.dtype) == "b"


def expanded(key: Any, shape: Shape) -> tuple[Any, ...]:
    """A key with a part for each axis: ``...`` written out, and slices within the bounds that the standard asks for.

    Raises:
        IndexError: the key has more parts than there are axes, or parts that are no index.
    """
    parts = _parts(key)
    used = sum(len(part.shape) if is_mask(part) else part is not None and part is not Ellipsis for part in parts)
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
        if is_mask(part) and part.shape == ():  # it indexes no axis, and adds one
            full.append(part)
            continue
        full.append(_within(part, shape[axis]))
        axis += len(part.shape) if is_mask(part) else 1
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
    dtype = xp.arange(0, device=device_object(x)).dtype
    result = xp.zeros((1,) * ndim, dtype=dtype, device=device_object(x))
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
                offset = xp.arange(*part.indices(n), device=device_object(x)) * stride
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
            part = xp.asarray(part, device=device_object(x))
        if is_mask(part) and part.shape == ():
            parts.append((xp.nonzero(xp.reshape(part, (1,)))[0], 1, 0))
            continue
        if is_mask(part):
            lengths = tuple(x.shape[axis : axis + len(part.shape)])
            if tuple(part.shape) != lengths:
                raise IndexError(f"a mask must have the shape {lengths} of the axes it indexes, given {part.shape}")
        for index in xp.nonzero(part) if is_mask(part) else (part,):
            parts.append((index, x.shape[axis], math.prod(x.shape[axis + 1 :])))
            axis += 1
    return parts
