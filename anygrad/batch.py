"""vmap: Batch, an array that hides an axis."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from anygrad.backends import Dtype, numpy_dtype
from anygrad.batching import Unbatched, batch_rule_of
from anygrad.keys import expanded, is_mask, positions
from anygrad.mixin import ArrayMixin, operators_of
from anygrad.ops.creation import new_arange, zeros_like
from anygrad.ops.elementwise import add, multiply
from anygrad.ops.indexing import getitem, index_add, take
from anygrad.ops.manipulation import broadcast_to, reshape
from anygrad.primitive import Array, Implementation, Primitive, device_of, register_type, scalar_results
from anygrad.record import leaves_to

__all__ = ["Batch"]


class Batch(ArrayMixin):
    """An array whose first axis is hidden: what a function mapped by :func:`anygrad.vmap` sees of each member.

    Attributes:
        data: the whole array, the batch axis first.
    """

    __slots__ = ("data",)

    level: ClassVar[int] = 0
    _levels: ClassVar[dict[int, type[Batch]]] = {}

    data: Array

    def __init__(self, data: Array) -> None:
        self.data = data

    @classmethod
    def at_level(cls, level: int) -> type[Batch]:
        """The type of Batches of the transform that is nested ``level`` deep."""
        found = cls._levels.get(level)
        if found is None:
            found = type("Batch", (Batch,), {"__slots__": (), "level": level, "__module__": Batch.__module__})
            cls._levels[level] = found
            for name, method in operators_of(found).items():
                setattr(found, name, method)
            found.__hash__ = object.__hash__  # type: ignore[assignment,method-assign]
        return found

    @property
    def shape(self) -> tuple[int, ...]:  # type: ignore[override]
        """The length of each axis of a member."""
        return tuple(self.data.shape[1:])

    @property
    def dtype(self) -> Dtype:
        """The dtype, a NumPy dtype whatever the library."""
        return numpy_dtype(self.data.dtype)

    @property
    def device(self) -> str:
        """The name of the device."""
        return device_of(self.data)

    def __repr__(self) -> str:
        return f"Batch({self.data!r})"

    def __getitem__(self, key: Any) -> Any:
        return getitem(self, key)

    def __array_namespace__(self, /, *, api_version: str | None = None) -> Any:
        import anygrad

        return anygrad

    def _refuse(self, what: str) -> Any:
        raise TypeError(
            f"{what} of an array under vmap: it stands for {self.data.shape[0]} values at once; use anygrad.where in "
            f"place of if, and anygrad.take(x, i) to index a NumPy array with it"
        )

    def __bool__(self) -> bool:
        return self._refuse("the truth")  # type: ignore[no-any-return]

    def __float__(self) -> float:
        return self._refuse("the number")  # type: ignore[no-any-return]

    __int__ = __complex__ = __index__ = __float__

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return self._refuse("the NumPy array")


def _handler(op: Primitive, batch_type: type[Batch]) -> Implementation:
    """The implementation of a primitive for the Batches of one level."""
    rule = batch_rule_of(op)
    is_binary = op.operands == ("x1", "x2")

    def run(*operands: Any, **params: Any) -> Any:
        if op.variadic:
            operands = (*operands[0], *operands[1:])
        elif is_binary and leaves_to(operands[1], batch_type.level):
            return NotImplemented
        if "key" in params and holds_batch(params["key"]):
            return _at_batched_key(op, operands, params["key"], batch_type)
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


def holds_batch(key: Any) -> bool:
    """Whether an index array in a key is a Batch."""
    return any(isinstance(part, Batch) for part in (key if isinstance(key, tuple) else (key,)))


def _at_batched_key(op: Primitive, operands: Any, key: Any, batch_type: type[Batch]) -> Any:
    """Read or write at places of each member's own, by their positions in the flattened array."""
    import anygrad

    x = operands[0]
    shape = tuple(x.shape)
    if any(is_mask(part) for part in expanded(key, shape)):
        raise TypeError("a mask that differs between the members of a batch would give arrays of different shapes")
    at = batch_type(_bare(positions(anygrad, x, key).data))
    if op.name == "getitem":
        return reshape(take(reshape(x, (-1,)), reshape(at, (-1,)), axis=0), tuple(at.shape))
    size, length = at.data.shape[0], math.prod(shape)
    values = operands[1]
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


def _bare(places: Any) -> Any:
    """Positions without the Tensors they were computed with, which are constants."""
    while isinstance(places, ArrayMixin) and not isinstance(places, Batch):
        places = places.data  # type: ignore[attr-defined]
    return places


register_type(Batch, _handler, lambda batch: batch.device)
