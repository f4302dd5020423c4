"""The door of all operations at a key: what a caller writes between brackets becomes a normal key here, and only here.

It stands before every mode and every library, so that all of them index alike: ``x[key]`` and ``x[key] = value``, and
the functions of anygrad on raw arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from anygrad.core.keys import (
    device_object,
    expanded,
    hidden_axis,
    is_mask,
    is_plain,
    is_split,
    normal_index,
    normal_key,
)
from anygrad.core.kinds import kind_of
from anygrad.core.primitive import Array, Primitive
from anygrad.core.types import rank
from anygrad.ops.creation import new_arange, new_index
from anygrad.ops.datatypes import astype
from anygrad.ops.elementwise import add
from anygrad.ops.indexing import getitem, index_add, index_iadd, index_iset, index_set, take, take_along_axis
from anygrad.ops.joining import stack
from anygrad.ops.manipulation import reshape
from anygrad.ops.searching import where

__all__ = ["masked_part", "widened"]


def _at_key(op: Primitive, operands: tuple[Any, ...], params: dict[str, Any]) -> Any:
    """A call with a key."""
    if is_plain(params["key"]) or rank(type(operands[0])) < 0:
        return op.linked(operands, params)
    op.check_complete(operands, params)
    key = normal_key(params["key"], _beside(operands[0]), stack)
    hiding = hidden_axis(key)
    if hiding is None or not is_mask(hiding):
        return op.linked(operands, {"key": key})
    return hiding.selected(*operands, key) if op is getitem else _written_where(op, operands, key)


def _at_indices(op: Primitive, operands: tuple[Any, ...], params: dict[str, Any]) -> Any:
    """A call with an operand that is an index array."""
    op.check_complete(operands, params)
    x, indices = operands
    if rank(type(x)) >= 0 >= rank(type(indices)):
        indices = normal_index(indices, _beside(x), stack)
    return op.linked((x, indices), params)


def _beside(x: Array) -> Callable[[Any], Array]:
    while rank(type(x)) > 0:
        x = x.data

    def beside(index: Any) -> Array:
        is_there = type(index) is type(x) and device_object(index) == device_object(x)
        return widened(index if is_there else new_index(x, index))

    return beside


_widest: dict[Any, Any] = {}
"""The dtype of places in arrays, for each type of arrays and each dtype of their indices."""


def widened(index: Array) -> Array:
    """Indices in the dtype of places: positions are computed with them, which shorter integers cannot hold."""
    dtype = index.dtype
    kind = type(index), dtype
    if kind not in _widest:
        _widest[kind] = new_arange(index, 0).dtype if kind_of(dtype) == "i" else dtype
    widest = _widest[kind]
    return index if dtype == widest else astype(index, widest)


for _op in (getitem, index_set, index_iset, index_add, index_iadd):
    _op.door = _at_key
for _op in (take, take_along_axis):
    _op.door = _at_indices


# --- a mask that differs between the members of a batch ---------------------------------------------------------------


def masked_part(x: Array, key: Any) -> tuple[Any, Array, int]:
    """What a key with such a mask names, without looking at the mask.

    Returns:
        The key with slices in the mask's place, the mask in a shape that broadcasts with what that key reads, and the
        number of axes after those of the mask.

    Raises:
        TypeError: there are index arrays beside the mask.
    """
    parts = expanded(key, tuple(x.shape))
    ((at, mask),) = [(i, part) for i, part in enumerate(parts) if is_mask(part)][:1]
    others = (*parts[:at], *parts[at + 1 :])
    if is_split(key) or any(hasattr(part, "shape") for part in others):
        raise TypeError(
            "beside a mask that differs between the members of a batch a key can have slices, and integers next to the "
            "mask; write where(mask, value, x)"
        )
    after = sum(not isinstance(part, int) for part in parts[at + 1 :])
    whole = (slice(None),) * len(mask.shape)
    return (*parts[:at], *whole, *parts[at + 1 :]), reshape(mask, (*mask.shape, *(1,) * after)), after


def _written_where(op: Primitive, operands: tuple[Any, ...], key: Any) -> Array:
    """Values at the places that a mask names in each member."""
    x, values = operands
    key_of_all, mask, after = masked_part(x, key)
    part = getitem(x, key_of_all)
    shape = tuple(getattr(values, "shape", ()))
    if hasattr(values, "hiding_mask"):
        values = values.at(key)
    elif len(shape) > after:
        if shape[-after - 1] != 1:
            raise TypeError(
                f"a mask that differs between the members of a batch is true in different numbers of places, so that "
                f"values of shape {shape} cannot be written there; write where(mask, value, x)"
            )
        leading, trailing = shape[: len(shape) - after - 1], shape[len(shape) - after :]
        values = reshape(values, (*leading, *(1,) * (len(mask.shape) - after), *trailing))
    written = values if op in (index_set, index_iset) else add(part, values)
    return index_set(x, where(mask, written, part), key_of_all)
