"""vmap: Batch, an array that hides an axis."""

from __future__ import annotations

import math
from typing import Any

from anygrad.batching import Unbatched, batch_rule_of
from anygrad.keys import expanded, is_mask, positions
from anygrad.ops.creation import new_arange, zeros_like
from anygrad.ops.elementwise import add, multiply
from anygrad.ops.indexing import getitem, index_add, take
from anygrad.ops.manipulation import broadcast_to, reshape
from anygrad.primitive import Array, Implementation, Primitive, register_type, scalar_results
from anygrad.record import leaves_to
from anygrad.wrapper import Wrapper, holds_wrapper

__all__ = ["Batch"]


class Batch(Wrapper, is_family=True):
    """An array whose first axis is hidden: what a function mapped by :func:`anygrad.vmap` sees of each member.

    Attributes:
        data: the whole array, the batch axis first.
    """

    __slots__ = ("data",)

    hides_axis = True

    data: Array

    def __init__(self, data: Array) -> None:
        self.data = data

    @property
    def shape(self) -> tuple[int, ...]:  # type: ignore[override]
        """The length of each axis of a member."""
        return tuple(self.data.shape[1:])

    def __repr__(self) -> str:
        return f"Batch({self.data!r})"

    def _refuse(self, what: str) -> Any:
        raise TypeError(
            f"{what} of an array under vmap: it stands for {self.data.shape[0]} values at once; use anygrad.where in "
            f"place of if, and anygrad.take(x, i) to index a NumPy array with it"
        )

    def item(self) -> Any:
        """Refused: there is no single element."""
        return self._refuse("the number")

    def tolist(self) -> Any:
        """Refused: there is no single list."""
        return self._refuse("the list")

    def __bool__(self) -> bool:
        return bool(self._refuse("the truth"))

    def __index__(self) -> int:
        return int(self._refuse("the index"))

    _described = "an array under vmap"
    _carries = True

    def _check_can_leave(self, what: str) -> None:
        self._refuse(what)

    def _holding(self, data: Any) -> Batch:
        return type(self)(broadcast_to(data, (self.data.shape[0], *data.shape)))


def _handler(op: Primitive, batch_type: type[Batch]) -> Implementation:
    """The implementation of a primitive for the Batches of one level."""
    rule = batch_rule_of(op)
    is_binary = op.operands == ("x1", "x2")

    def run(*operands: Any, **params: Any) -> Any:
        if op.variadic:
            operands = (*operands[0], *operands[1:])
        elif is_binary and leaves_to(operands[1], batch_type.level):
            return NotImplemented
        if "key" in params and holds_wrapper(params["key"]):
            return written_at_each(op, operands, params["key"], batch_type)
        is_batched = [type(x) is batch_type for x in operands]
        inner = [x.data if batched else x for x, batched in zip(operands, is_batched)]
        size = next(x.shape[0] for x, batched in zip(inner, is_batched) if batched)
        out = rule(op, inner, is_batched, params, size)
        return _wrapped(out, batch_type, op)

    return run


def _wrapped(out: Any, batch_type: type[Batch], op: Primitive) -> Any:
    if isinstance(out, Unbatched):
        return out.value
    if isinstance(out, tuple):
        parts = [_wrapped(part, batch_type, op) for part in out]
        return tuple(parts) if op.outputs is None else op.outputs(*parts)
    return batch_type(scalar_results[type(out)](out) if type(out) in scalar_results else out)


# --- index arrays that differ between members -------------------------------------------------------------------------


def read_at_each(x: Any, key: Any) -> Any:
    """``x[key]``, where an index array is a Batch."""
    at = _places(x, key)
    return reshape(take(reshape(x, (-1,)), reshape(at, (-1,)), axis=0), tuple(at.shape))


def written_at_each(op: Primitive, operands: Any, key: Any, batch_type: type[Batch]) -> Any:
    """Write, or add, at places of each member's own."""
    if op.name == "getitem":
        return read_at_each(operands[0], key)
    x, values = operands
    at = _places(x, key)
    shape = tuple(x.shape)
    size, length = at.data.shape[0], math.prod(shape)
    if type(values) is batch_type:
        values = broadcast_to(values, tuple(at.shape)).data
    else:
        values = broadcast_to(add(zeros_like(getitem(at.data, 0)), values), (size, *at.shape))
    whole = x.data if type(x) is batch_type else broadcast_to(x, (size, *shape))
    starts = reshape(multiply(new_arange(at.data, size), length), (size, *(1,) * len(at.shape)))
    places = reshape(add(at.data, starts), (-1,))
    write = index_add if op.name == "index_iadd" else op
    out = write(reshape(whole, (-1,)), reshape(values, (-1,)), places)
    return batch_type(reshape(out, (size, *shape)))


def _places(x: Any, key: Any) -> Any:
    """The positions that a key names in the flattened array, as a Batch."""
    import anygrad

    if any(is_mask(part) for part in expanded(key, tuple(x.shape))):
        raise TypeError("a mask that differs between the members of a batch would give arrays of different shapes")
    return _bare(positions(anygrad, x, key))


def _bare(places: Any) -> Any:
    """Positions without the Tensors they were computed with, which are constants."""
    if isinstance(places, Batch):
        return type(places)(_bare(places.data))
    return _bare(places.data) if isinstance(places, Wrapper) else places


register_type(Batch, _handler, lambda batch: batch.device)
