"""Keys: what is taken between brackets, and the places that one names.

Whatever a caller writes becomes, once and before anything else looks at it, a normal key: integers, slices, ``...``,
None, and index arrays of the library of the array that is indexed (:func:`normal_key`). The rest is written in the
array API, so it runs on the arrays of any library and on wrappers of them.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from anygrad.core.kinds import kind_of
from anygrad.core.primitive import Array, describe
from anygrad.core.types import rank

__all__ = [
    "device_object",
    "expanded",
    "has_array",
    "hidden_axis",
    "is_mask",
    "is_plain",
    "is_split",
    "normal_index",
    "normal_key",
    "owned_key",
    "parts_of",
    "positions",
    "unwrapped",
]

Shape = tuple[int, ...]


def device_object(x: Array) -> Any:
    """The library's own device object of an array, None where its arrays have none."""
    return getattr(x, "device", None)


def parts_of(key: Any) -> tuple[Any, ...]:
    """What stands between the commas of a key."""
    return key if isinstance(key, tuple) else (key,)


# --- normal keys ------------------------------------------------------------------------------------------------------

PLAIN = frozenset({int, slice, type(None), type(...)})


def is_plain(key: Any) -> bool:
    """Whether a key is of integers, slices, ``...`` and None alone, which are normal as they are."""
    if type(key) is not tuple:
        return type(key) in PLAIN
    for part in key:  # noqa: SIM110  which a generator takes twice as long for
        if type(part) not in PLAIN:
            return False
    return True


def normal_key(key: Any, beside: Callable[[Any], Array], stack: Callable[[list[Any]], Array]) -> Any:
    """A key of integers, slices, ``...``, None, and index arrays.

    Args:
        key: what NumPy takes between brackets. A tuple within a tuple, a list, a range, and whatever else NumPy makes
            an array of, is an index array.
        beside: makes an index array, NumPy's or any library's, one of the library and device of what is indexed.
        stack: joins index arrays.

    Raises:
        IndexError: a part is no index.
    """
    if isinstance(key, tuple):
        return tuple(part if type(part) in PLAIN else normal_index(part, beside, stack) for part in key)
    return key if type(key) in PLAIN else normal_index(key, beside, stack)


def normal_index(part: Any, beside: Callable[[Any], Array], stack: Callable[[list[Any]], Array]) -> Any:
    """One part of a key: an integer, or an index array; see :func:`normal_key`."""
    part = unwrapped(part)
    its_rank = rank(type(part))
    if its_rank >= 0 and not isinstance(part, np.generic):
        if kind_of(part.dtype) not in "bi":
            _refuse_index(part)
        return part if its_rank > 0 else beside(part)
    if hasattr(type(part), "__index__") and not isinstance(part, bool | np.bool_):
        return operator.index(part)
    if _holds_arrays(part):
        return stack([_joined(inner, beside, stack) for inner in part])
    return beside(_on_host(part))


def unwrapped(value: Any) -> Any:
    """The array under wrappers; one that hides an axis, and so differs between the members of a batch, stays."""
    while rank(type(value)) > 0 and not value.hides_axis:
        value = value.data
    return value


def _holds_arrays(value: Any) -> bool:
    """Whether lists hold arrays that NumPy must not be asked to join: they may live on a device, or hide an axis."""
    if isinstance(value, list | tuple):
        return any(map(_holds_arrays, value))
    return rank(type(value)) >= 0 and not isinstance(value, np.generic | np.ndarray)


def _joined(value: Any, beside: Callable[[Any], Array], stack: Callable[[list[Any]], Array]) -> Array:
    index = normal_index(value, beside, stack)
    return beside(np.asarray(index)) if type(index) is int else index


def _on_host(part: Any) -> Any:
    """The index array that a sequence, or what NumPy makes an array of, means between brackets."""
    if isinstance(part, str | bytes | slice) or part is None:
        _refuse_index(part)
    try:
        array = np.asarray(part)
    except ValueError:  # a ragged list
        _refuse_index(part)
    if array.size == 0 and not hasattr(part, "dtype"):  # of an empty list NumPy makes floats
        return array.astype(np.int64)
    if array.dtype.kind not in "biu":
        _refuse_index(part)
    return array


def _refuse_index(part: Any) -> NoReturn:
    raise IndexError(
        f"an index must be an integer, a slice, ..., None, or an array or a list of integers or of truth values, "
        f"given {describe(part)}"
    )


def owned_key(key: Any, copy: Callable[[Array], Array]) -> Any:
    """A key whose arrays the caller cannot change afterwards."""
    if is_plain(key):
        return key
    if isinstance(key, tuple):
        return tuple(copy(part) if _is_array(part) else part for part in key)
    return copy(key)


def hidden_axis(key: Any) -> Any:
    """The first index of a normal key that differs between the members of a batch, None without one."""
    if type(key) is not tuple:
        return key if rank(type(key)) > 0 else None
    for part in key:
        if type(part) not in PLAIN and rank(type(part)) > 0:
            return part
    return None


# --- what is in a key -------------------------------------------------------------------------------------------------


def _is_array(part: Any) -> bool:
    return hasattr(part, "shape") and not isinstance(part, np.generic)


def has_array(key: Any) -> bool:
    """Whether an array of integers or a mask is in a key."""
    return not is_plain(key) and any(_is_array(part) for part in parts_of(key))


def is_split(key: Any) -> bool:
    """Whether something stands between the index arrays of a key: the axes that they make together then come first.

    As to NumPy an integer is one of them, and a ``...`` of no axes splits too.
    """
    parts = parts_of(key)
    at = [i for i, part in enumerate(parts) if part is not None and part is not ... and not isinstance(part, slice)]
    return bool(at) and at[-1] - at[0] + 1 > len(at)


def is_mask(part: Any) -> bool:
    """Whether a part of a key is an array of truth values."""
    return _is_array(part) and kind_of(part.dtype) == "b"


def expanded(key: Any, shape: Shape) -> tuple[Any, ...]:
    """A key with a part for each axis: ``...`` written out, and slices within the bounds that the standard asks for.

    Raises:
        IndexError: the key has more parts than there are axes, or parts that are no index.
    """
    parts = parts_of(key)
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
    joint = indexed[0] if indexed and not is_split(key) else 0
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
