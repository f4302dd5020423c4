"""vmap: Batch, an array that hides an axis."""

from __future__ import annotations

from typing import Any

from anygrad.arrays.scalar import type_without_axes
from anygrad.arrays.wrapper import Wrapper, leaves_to, with_list
from anygrad.arrays.writes import set_shape
from anygrad.batch import products  # noqa: F401  which has rules of its own
from anygrad.batch.axes import axes_check
from anygrad.batch.indexing import at_each
from anygrad.batch.rules import Unbatched, batch_rule_of
from anygrad.batch.selection import Selection
from anygrad.core.keys import parts_of
from anygrad.core.primitive import Array, Implementation, Primitive
from anygrad.core.types import register_type
from anygrad.ops.manipulation import broadcast_to

__all__ = ["Batch"]


class Batch(Wrapper, is_family=True):
    """An array whose first axis is hidden: what a function mapped by :func:`anygrad.vmap` sees of each member.

    Attributes:
        data: the whole array, the batch axis first.
        born: the level of the transform that it belongs to.
    """

    __slots__ = ("__weakref__", "_view", "born", "data")

    hides_axis = True

    data: Array

    def __init__(self, data: Array) -> None:
        self.data = data
        self.born = self.place.level

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis of a member."""
        return tuple(self.data.shape[1:])

    @shape.setter
    def shape(self, lengths: Any) -> None:
        set_shape(self, lengths)

    def __repr__(self) -> str:
        return f"Batch({self.data!r})"

    def selected(self, x: Any, key: Any) -> Selection:
        """``x[key]``, where this is a mask in the key."""
        return Selection.read(x, key)

    def _refuse(self, what: str) -> Any:
        raise TypeError(
            f"{what} of an array under vmap: it stands for {self.data.shape[0]} values at once; use anygrad.where in "
            f"place of if, and anygrad.take(x, i) to index a NumPy array with it"
        )

    def _number(self) -> Any:
        return self._refuse("the number")

    def __bool__(self) -> bool:
        return bool(self._refuse("the truth"))

    def __index__(self) -> int:
        return int(self._refuse("the index"))

    _described = "an array under vmap"
    _remedy = "; to index a NumPy array x with it write anygrad.take(x, i)"
    _carries = True

    def _check_can_leave(self, what: str) -> None:
        self._refuse(what)

    def _holding(self, data: Any) -> Batch:
        return self.array_type(broadcast_to(data, (self.data.shape[0], *data.shape)))  # type: ignore[no-any-return]


def _handler(op: Primitive, batch_type: type[Batch]) -> Implementation:
    """The implementation of a primitive for the Batches of one level."""
    rule, check = batch_rule_of(op), axes_check(op)
    batch_type = batch_type.array_type
    is_binary = op.operands == ("x1", "x2")

    def run(*operands: Any, **params: Any) -> Any:
        if op.variadic:
            operands = (*operands[0], *operands[1:])
        elif is_binary and (leaves_to(operands[1], batch_type.place.level) or isinstance(operands[0], list | tuple)):
            return with_list(op, *operands)
        if "key" in params and any(map(batch_type.is_of_level, parts_of(params["key"]))):
            return at_each(op, operands, params["key"], batch_type)
        is_batched = [batch_type.is_of_level(x) for x in operands]
        inner = [x.data if batched else x for x, batched in zip(operands, is_batched)]
        if check is not None:
            check(inner, is_batched, params)
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
    return (batch_type if len(out.shape) > 1 else type_without_axes(op, batch_type))(out)


register_type(Batch, _handler, lambda batch: batch.device)
