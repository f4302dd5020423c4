"""Forward mode: Dual, an array that carries a tangent."""

from __future__ import annotations

from typing import Any, ClassVar

from anygrad.backends import Dtype, numpy_dtype
from anygrad.mixin import ArrayMixin, operators_of, unwrapped_key
from anygrad.ops.datatypes import kinds
from anygrad.ops.indexing import getitem
from anygrad.primitive import Array, Implementation, Primitive, device_of, register_type, scalar_results
from anygrad.pushforward import pushforward_of
from anygrad.record import leaves_to

__all__ = ["Dual"]


class Dual(ArrayMixin):
    """An array and its tangent, the directional derivative that travels with it; made by :func:`anygrad.jvp`.

    Attributes:
        data: the array.
        tangent: of its shape and dtype; None where it is zero.
    """

    __slots__ = ("data", "tangent")

    level: ClassVar[int] = 0
    _levels: ClassVar[dict[int, type[Dual]]] = {}

    data: Array
    tangent: Array | None

    def __init__(self, data: Array, tangent: Array | None) -> None:
        self.data = data
        self.tangent = tangent

    @classmethod
    def at_level(cls, level: int) -> type[Dual]:
        """The type of Duals of the transform that is nested ``level`` deep."""
        found = cls._levels.get(level)
        if found is None:
            found = type("Dual", (Dual,), {"__slots__": (), "level": level, "__module__": Dual.__module__})
            cls._levels[level] = found
            for name, method in operators_of(found).items():
                setattr(found, name, method)
            found.__hash__ = object.__hash__  # type: ignore[assignment,method-assign]
        return found

    @property
    def shape(self) -> tuple[int, ...]:  # type: ignore[override]
        """The length of each axis."""
        return tuple(self.data.shape)

    @property
    def dtype(self) -> Dtype:
        """The dtype, a NumPy dtype whatever the library."""
        return numpy_dtype(self.data.dtype)

    @property
    def device(self) -> str:
        """The name of the device."""
        return device_of(self.data)

    def __repr__(self) -> str:
        return f"Dual({self.data!r}, tangent={self.tangent!r})"

    def __getitem__(self, key: Any) -> Any:
        return getitem(self, unwrapped_key(key))

    def __array_namespace__(self, /, *, api_version: str | None = None) -> Any:
        import anygrad

        return anygrad


def _handler(op: Primitive, dual_type: type[Dual]) -> Implementation:
    """The implementation of a primitive for the Duals of one level."""
    push = None if op.kind == "none" else pushforward_of(op)
    is_binary = op.operands == ("x1", "x2")
    has_key = "key" in op.defaults

    def run(*operands: Any, **params: Any) -> Any:
        if op.variadic:
            operands = (*operands[0], *operands[1:])
        elif is_binary and leaves_to(operands[1], dual_type.level):
            return NotImplemented
        if has_key:
            params = {**params, "key": unwrapped_key(params["key"])}
        is_ours = [type(x) is dual_type for x in operands]
        primals = tuple(x.data if ours else x for x, ours in zip(operands, is_ours))
        tangents = [x.tangent if ours else None for x, ours in zip(operands, is_ours)]
        out = op.apply(primals, params)
        tangent = None
        if push is not None and any(t is not None for t in tangents) and _carries(out):
            tangent = push(primals, tangents, params, out)
        return _wrapped(out, tangent, dual_type)

    return run


def _carries(out: Any) -> bool:
    parts = out if isinstance(out, tuple) else (out,)
    return any(kinds[part.dtype] in "fc" for part in parts)


def _wrapped(out: Any, tangent: Any, dual_type: type[Dual]) -> Any:
    if isinstance(out, tuple):
        tangents = (None,) * len(out) if tangent is None else tangent
        parts = [_wrapped(part, t, dual_type) for part, t in zip(out, tangents)]
        return type(out)(*parts) if hasattr(out, "_fields") else tuple(parts)
    if not hasattr(out, "shape"):
        return out
    if type(out) in scalar_results:
        out = scalar_results[type(out)](out)
    return dual_type(out, tangent)


register_type(Dual, _handler, lambda dual: dual.device)
